"""Scores of whole attention layers by plain NumPy, apart from the package: are they the same after rows move?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PLACES = ((0, 0), (0, 1), (3, 1), (5, 12), (40, 2))


@dataclass(frozen=True)
class Kernel:
    """A rotation of heads of `width` lanes: pairs of lanes, and by how much each turns a step."""

    width: int
    pairs: tuple[tuple[int, int], ...]
    turns: tuple[float, ...]
    size: float = 1.0

    def apply(self, heads: Floats, position: int) -> Floats:
        """All heads of a token, (heads, width), rotated."""
        out = heads.copy()
        for (a, b), turn in zip(self.pairs, self.turns, strict=True):
            c, s = self.size * np.cos(turn * position), self.size * np.sin(turn * position)
            out[:, a], out[:, b] = heads[:, a] * c - heads[:, b] * s, heads[:, a] * s + heads[:, b] * c
        return out


def half(width: int, rotated: int | None = None, size: float = 1.0) -> Kernel:
    """Lanes j and j + n/2, as transformers and NEOX have them, base 10000."""
    n = rotated or width
    turns = tuple(10000.0 ** (-2 * j / n) for j in range(n // 2))
    return Kernel(width, tuple((j, j + n // 2) for j in range(n // 2)), turns, size)


def adjacent(width: int, rotated: int | None = None, size: float = 1.0) -> Kernel:
    """Lanes 2j and 2j + 1, as NORMAL has them."""
    n = rotated or width
    return Kernel(width, tuple((2 * j, 2 * j + 1) for j in range(n // 2)), half(width, n).turns, size)


def same_scores(
    source: Kernel, target: Kernel, q_rows: Sequence[int], k_rows: Sequence[int], seed: int = 7
) -> bool:
    """Whether every head of q scores the same with the target and rows moved as with the source and rows in place."""
    generator = np.random.default_rng(seed)
    width = source.width
    heads, kv_heads = len(q_rows) // width, len(k_rows) // width
    w_q, w_k = generator.normal(size=(heads * width, 3)), generator.normal(size=(kv_heads * width, 3))
    x, y = generator.normal(size=(2, 3))
    for first, second in PLACES:
        scores = []
        for kernel, q, k in ((source, w_q, w_k), (target, w_q[list(q_rows)], w_k[list(k_rows)])):
            turned_q = kernel.apply((q @ x).reshape(heads, width), first)
            turned_k = kernel.apply((k @ y).reshape(kv_heads, width), second)
            scores.append((turned_q * np.repeat(turned_k, heads // kv_heads, axis=0)).sum(axis=1))
        if not np.allclose(*scores, rtol=1e-9, atol=1e-9):
            return False
    return True
