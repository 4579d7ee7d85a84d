"""Arithmetic that upstream kernels share, in float64 on one head: x has shape (width,)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Positions = Mapping[str, float]
Kernel = Callable[[Array, Positions], Array]


@dataclass(frozen=True, slots=True)
class Row:
    """A spec of the catalogue and the kernel that it must be. Several rows may share a layout file."""

    spec: str
    kernel: Kernel


def default_frequencies(base: float, n_rot: int) -> Array:
    """base**(-2j/n_rot) for the n_rot/2 pairs."""
    return 1.0 / base ** (np.arange(0, n_rot, 2) / n_rot)


def rotate_halves(x: Array, angles: Array) -> Array:
    """Lanes (j, j + n/2) turned by angles[j], for x of shape (n,)."""
    a, b = np.split(x, 2)
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), b * np.cos(angles) + a * np.sin(angles)])


def rotate_adjacent(x: Array, angles: Array) -> Array:
    """Lanes (2j, 2j + 1) turned by angles[j], for x of shape (n,)."""
    turned = (x[0::2] + 1j * x[1::2]) * np.exp(1j * angles)
    return np.stack([turned.real, turned.imag], axis=-1).reshape(-1)


def prefix(x: Array, rotated: Array) -> Array:
    """The head with its first lanes replaced by the rotated ones."""
    return np.concatenate([rotated, x[len(rotated):]])


def suffix(x: Array, rotated: Array) -> Array:
    """The head with its last lanes replaced by the rotated ones."""
    return np.concatenate([x[: len(x) - len(rotated)], rotated])
