"""Arithmetic that upstream kernels share, in float64 on one head: x has shape (width,)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
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


def rotate_adjacent_to_halves(x: Array, angles: Array) -> Array:
    """Lanes (2j, 2j + 1) turned and written to (j, j + n/2): what a de-interleave before rotate_half does."""
    return rotate_halves(np.concatenate([x[0::2], x[1::2]]), angles)


def one_axis(
    turn: Callable[[Array, Array], Array], frequencies: Array, start: int = 0, size: float = 1.0, axis: str = "p"
) -> Kernel:
    """A window of a head, from lane `start` on, turned with one position."""
    stop = start + 2 * len(frequencies)

    def kernel(x: Array, at: Positions) -> Array:
        return np.concatenate([x[:start], size * turn(x[start:stop], at[axis] * frequencies), x[stop:]])

    return kernel


def by_axis(
    turn: Callable[[Array, Array], Array], frequencies: Array, axes: Sequence[str], start: int = 0, size: float = 1.0
) -> Kernel:
    """The same with an axis for each pair."""
    stop = start + 2 * len(frequencies)

    def kernel(x: Array, at: Positions) -> Array:
        angles = np.array([at[axis] for axis in axes]) * frequencies
        return np.concatenate([x[:start], size * turn(x[start:stop], angles), x[stop:]])

    return kernel


def two_tables(turned: Callable[[Array], Array], angles: Callable[[Positions], Array]) -> Kernel:
    """x*cos(table) + turned(x)*sin(table) with an angle for each lane, as rotate_half kernels write it."""

    def kernel(x: Array, at: Positions) -> Array:
        table = angles(at)
        return x * np.cos(table) + turned(x) * np.sin(table)

    return kernel


def negate_and_swap_halves(x: Array) -> Array:
    """rotate_half of transformers."""
    a, b = np.split(x, 2)
    return np.concatenate([-b, a])


def negate_and_swap_adjacent(x: Array) -> Array:
    """rotate_every_two of GPT-J."""
    return np.stack([-x[1::2], x[0::2]], axis=-1).reshape(-1)


def yarn_frequencies(
    base: float, n_rot: int, factor: float, original: float, fast: float = 32, slow: float = 1, truncate: bool = True
) -> Array:
    """YaRN's blend, its upper clip at n_rot - 1 as in transformers and vLLM."""
    plain = default_frequencies(base, n_rot)
    low, high = (
        n_rot * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base)) for turns in (fast, slow)
    )
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, n_rot - 1)
    high = high + 0.001 if low == high else high
    ramp = np.clip((np.arange(n_rot // 2) - low) / (high - low), 0, 1)
    return plain / factor * ramp + plain * (1 - ramp)


def llama3_frequencies(
    base: float, n_rot: int, factor: float, low: float, high: float, original: float
) -> Array:
    """Llama 3.1: by wavelength kept, divided, or blended."""
    plain = default_frequencies(base, n_rot)
    smooth = np.clip((original * plain / (2 * math.pi) - low) / (high - low), 0, 1)
    return (1 - smooth) * plain / factor + smooth * plain
