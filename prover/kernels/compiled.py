"""A rotation compiled by numba, the extra of that name: one pass over the tensor, each operation rounded for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import InputError

Array = npt.NDArray[np.floating]


def rotate_compiled(
    x: Array, out: Array, lanes: Sequence[Any], tables: Sequence[Array], magnitudes: Array
) -> None:
    """Write x rotated to `out`. Raises InputError without numba.

    `lanes`: slices, two that pairs are read from, two they go to, what passes and where, and two for a pair's places in
    the tables. `tables`: cosines and sines of shape (lanes,), or (tokens, lanes) with tokens the first axis of x.
    """
    if tables[0].ndim == 1:
        x, out, tables = x[None], out[None], [table[None] for table in tables]
    if x.ndim == 2:
        x, out = x[:, None], out[:, None]
    work = _compile(tuple((each.start, each.stop, each.step) for each in lanes))
    for middle in np.ndindex(x.shape[1:-2]):
        at = slice(None), *middle
        work(x[at], out[at], *tables, magnitudes)


@cache
def _compile(lanes: tuple[tuple[int, int, int], ...]) -> Callable[..., None]:
    """Code for lanes in these places: starts, steps and counts that are constants let many pairs be taken at once."""
    try:
        import numba
    except ImportError as error:
        raise InputError("numba is not installed", where="rotate",
                         advice="pip install 'rope-prover[numba]', or rotate without it") from error
    (i, stop, first), (j, _, second), (k, _, to_first), (n, _, to_second), (p, end, step), (r, _, to_step) = lanes[:6]
    (u, _, jump), (v, _, _) = lanes[6:]
    pairs, passing = len(range(i, stop, first)), len(range(p, end, step))

    @numba.njit(nogil=True, fastmath=False)   # with fastmath, products and sums would be rounded together
    def rotate(x, out, cosines, sines, magnitudes):  # type: ignore[no-untyped-def]
        for token in range(x.shape[0]):
            for head in range(x.shape[1]):
                for pair in range(pairs):
                    a, b = x[token, head, i + first * pair], x[token, head, j + second * pair]
                    one = a * cosines[token, u + jump * pair] + b * sines[token, u + jump * pair]
                    two = a * sines[token, v + jump * pair] + b * cosines[token, v + jump * pair]
                    out[token, head, k + to_first * pair] = magnitudes[pair] * one
                    out[token, head, n + to_second * pair] = magnitudes[pair] * two
                for lane in range(passing):
                    out[token, head, r + to_step * lane] = x[token, head, p + step * lane]

    compiled: Callable[..., None] = rotate
    return compiled
