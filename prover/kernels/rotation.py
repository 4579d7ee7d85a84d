"""A rotation at given positions, applied to whole sequences block by block.

Every lane has the bits of

    y_c = m (x_a cos - x_b sin),   y_d = m (x_a sin' + x_b cos')

with each product, sum and cast rounded for itself, whatever the shape, the strides and the blocks; a NaN is a NaN.
NumPy's product of complex numbers would be faster on neighbouring lanes, but where the processor can, it rounds a
product together with the sum, which gives other bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from prover.errors import InputError
from prover.kernels.compiled import rotate_compiled

Array = npt.NDArray[np.floating]
Index: TypeAlias = slice | npt.NDArray[np.intp]
BLOCK_BYTES = 1 << 19   # of all temporaries: within a second-level cache, whatever the tensor


@dataclass(frozen=True, slots=True)
class Lanes:
    """Which lanes of a head are read and written: both of each pair, and those that pass; a slice if evenly spaced."""

    width: int
    read: tuple[Index, Index]
    write: tuple[Index, Index]
    passes: tuple[Index, Index]


def lanes_of(
    width: int, read: npt.NDArray[np.intp], write: npt.NDArray[np.intp], passes: npt.NDArray[np.intp]
) -> Lanes:
    """Lanes from arrays of shape (pairs, 2), and (lanes, 2) for those that pass."""
    columns = [(_index(each[:, 0]), _index(each[:, 1])) for each in (read, write, passes)]
    return Lanes(width, *columns)


def _index(lanes: npt.NDArray[np.intp]) -> Index:
    """The same lanes as a slice, if they are in even steps upwards."""
    if not lanes.size:
        return slice(0, 0, 1)
    start, step = int(lanes[0]), int(lanes[1] - lanes[0]) if lanes.size > 1 else 1
    if step < 1 or (np.diff(lanes) != step).any():
        return lanes
    return slice(start, int(lanes[-1]) + 1, step)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Tables of shape (pairs,) for one position, or (tokens, pairs); magnitudes of shape (pairs,)."""

    lanes: Lanes
    cosine: Array
    sine: Array
    last_sine: Array
    last_cosine: Array
    magnitudes: Array

    def rotate(self, x: Array, out: Array | None = None, compiled: bool = False) -> Array:
        """x rotated, of shape (..., width), with tables of tokens (tokens, ..., width); dtype and shape stay.

        `out` takes the result; it may be x. Temporaries have half a MiB or, if that is more, four rows; only an `out`
        that overlaps x otherwise, or is x where compiled code would write before it reads, makes a copy of x.
        `compiled`: by numba, with the same bits; float16, mixed formats and lanes in uneven steps go NumPy's way.
        Raises InputError for shapes that do not fit, and where numba is needed and not installed.
        """
        self._check(x, out)
        in_place = False
        if out is None:
            out = np.empty_like(x)
        else:
            in_place = (x.ctypes.data, x.strides) == (out.ctypes.data, out.strides)
            x = x.copy() if not in_place and np.shares_memory(x, out) else x
        places = *self.lanes.read, *self.lanes.write, *self.lanes.passes
        even = all(isinstance(each, slice) for each in places)
        if compiled and even and x.dtype == self.cosine.dtype and x.dtype in (np.float32, np.float64):
            tables = self.cosine, self.sine, self.last_sine, self.last_cosine
            stay = (self.lanes.read, self.lanes.passes[0]) == (self.lanes.write, self.lanes.passes[1])
            rotate_compiled(x.copy() if in_place and not stay else x, out, places, tables, self.magnitudes)
        else:
            self._rotate_in_blocks(x, out)
        return out

    def _check(self, x: Array, out: Array | None) -> None:
        tokens = self.cosine.shape[:-1]
        fits = x.shape[-1:] == (self.lanes.width,) and (not tokens or (x.ndim > 1 and x.shape[:1] == tokens))
        if not fits:
            wanted = ", ".join((*map(str, tokens), "...", str(self.lanes.width)))
            raise InputError(f"the tensor has the shape {x.shape}, expected ({wanted})", where="rotate",
                             advice="Tokens come first and lanes last")
        if out is not None and (out.shape, out.dtype) != (x.shape, x.dtype):
            raise InputError(f"`out` is {out.dtype}{out.shape}, expected {x.dtype}{x.shape}", where="rotate",
                             advice="Give a buffer of the tensor's own shape and format")

    def _rotate_in_blocks(self, x: Array, out: Array) -> None:
        (first, second), (to_first, to_second) = self.lanes.read, self.lanes.write
        pairs = self.cosine.shape[-1]
        dtype = np.result_type(x, self.cosine)
        scaled = bool((self.magnitudes != 1).any())
        scratch: Array | None = None
        for at in _cut(x.shape[:-1], max(1, BLOCK_BYTES // max(1, 4 * pairs * dtype.itemsize))):
            here, there = x[at], out[at]
            shape = *here.shape[:-1], pairs
            if scratch is None:   # the first block is the largest
                scratch = np.empty((4, prod(shape)), dtype)
            a, b, one, two = (each[: prod(shape)].reshape(shape) for each in scratch)
            cosine, sine, last_sine, last_cosine = (
                table if table.ndim == 1 else np.expand_dims(table[at[0]], tuple(range(1, here.ndim - 1)))
                for table in (self.cosine, self.sine, self.last_sine, self.last_cosine)
            )
            # All lanes are read before one is written, since both may be the same memory.
            a[...], b[...] = here[..., first], here[..., second]
            there[..., self.lanes.passes[1]] = here[..., self.lanes.passes[0]]
            np.subtract(np.multiply(a, cosine, out=one), np.multiply(b, sine, out=two), out=one)
            np.add(np.multiply(a, last_sine, out=a), np.multiply(b, last_cosine, out=b), out=a)
            for result, lanes in ((one, to_first), (a, to_second)):
                there[..., lanes] = np.multiply(self.magnitudes, result, out=result) if scaled else result


def _cut(shape: tuple[int, ...], most: int) -> Iterator[tuple[slice, ...]]:
    """Slices that cut an array of this shape into parts of at most `most` cells, the first of them the largest."""
    if not shape:
        yield ()
        return
    inner = prod(shape[1:])
    for start in range(0, shape[0], max(1, most // max(1, inner))):
        here = slice(start, start + max(1, most // max(1, inner)))
        if inner > most:
            for rest in _cut(shape[1:], most):
                yield here, *rest
        else:
            yield (here,)
