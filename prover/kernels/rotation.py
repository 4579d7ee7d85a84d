"""A rotation at given positions, applied to whole sequences block by block.

Every lane has the bits of

    y_c = m (x_a cos - x_b sin),   y_d = m (x_a sin' + x_b cos')

with each product, sum and cast rounded for itself, whatever the shape, the strides and the blocks; a NaN is a NaN.
A block is copied twice, as it is and with the lanes of each pair exchanged, and multiplied by (cos, cos') and
(-sin, sin'), all lanes at once; neither a sign nor the order of a sum changes a bit.

Only where `fused` is asked for, a sum may be rounded together with one of its products, as NumPy multiplies complex
numbers where the processor can. With u the unit roundoff and t the smallest positive number of the format, y_c then
differs by at most

    4 u (|x_a cos| + |x_b sin|) + 2 t

and y_d likewise, the sign of a zero too, unless one of both is beyond the largest number; infinities and NaN of x come
out the same. For let p and q be the exact products and P and Q the rounded ones, so that |P - p| <= u |p| + t/2, and
likewise q. The rounded sums P + Q and p + Q are off by at most u |P + Q| and u |p + Q| + t/2. So they differ by at most
u |p| + t/2 + u (|P| + |Q|) + u (|p| + |Q|) + t/2 <= (3 + u) u |p| + (2 + 2 u) u |q| + (1 + 3 u / 2) t, whichever of
the two products is not rounded.
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
Moves: TypeAlias = tuple[tuple[slice, Index], ...]
BLOCK_BYTES = 1 << 19   # of a block, copied twice: within a second-level cache, whatever the tensor
BUFFER = 2048   # numbers that NumPy lines up for a product with a table: within a first-level cache, unlike 8192


@dataclass(frozen=True, slots=True)
class Lanes:
    """Which lanes of a head are read and written: both of each pair, and those that pass; a slice if evenly spaced.

    `inside`: where the first and the second lane of each pair stand in a block, side by side if they are written so.
    `taken` and `put`: places in a block, with the lanes that come and go there. `neighbours`: the lanes that turn, if
    pairs are side by side in one piece and no lane moves.
    """

    width: int
    read: tuple[Index, Index]
    write: tuple[Index, Index]
    passes: tuple[Index, Index]
    inside: tuple[slice, slice]
    taken: Moves
    put: Moves
    neighbours: slice | None

    @property
    def turning(self) -> int:
        """How many lanes turn."""
        return int(self.inside[1].stop)


def lanes_of(
    width: int, read: npt.NDArray[np.intp], write: npt.NDArray[np.intp], passes: npt.NDArray[np.intp]
) -> Lanes:
    """Lanes from arrays of shape (pairs, 2), and (lanes, 2) for those that pass."""
    size = read.size
    by_pairs = isinstance(_index(write.ravel()), slice)
    half = size // 2
    inside = (slice(0, size, 2), slice(1, size, 2)) if by_pairs else (slice(0, half, 1), slice(half, size, 1))

    def moves(lanes: npt.NDArray[np.intp]) -> Moves:
        whole = _index(lanes.ravel() if by_pairs else lanes.T.ravel())
        if isinstance(whole, slice):
            return ((slice(0, size), whole),)
        return tuple(zip(inside, _columns(lanes), strict=True))

    stay = (read == write).all() and (passes[:, 0] == passes[:, 1]).all()
    turn = _index(read.ravel())
    return Lanes(width, _columns(read), _columns(write), _columns(passes), inside, moves(read), moves(write),
                 turn if stay and isinstance(turn, slice) and turn.step == 1 else None)


def _columns(lanes: npt.NDArray[np.intp]) -> tuple[Index, Index]:
    return _index(lanes[:, 0]), _index(lanes[:, 1])


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
    """Tables of shape (lanes,) for one position, or (tokens, lanes), in the order of a block.

    `cosines`: cos at the first and cos' at the second lane of each pair, `sines`: -sin and sin'. `magnitudes` of shape
    (pairs,). `has_one_angle`: whether cos is cos' and sin is sin'.
    """

    lanes: Lanes
    cosines: Array
    sines: Array
    magnitudes: Array
    has_one_angle: bool

    def rotate(self, x: Array, out: Array | None = None, compiled: bool = False, fused: bool = False) -> Array:
        """x rotated, of shape (..., width), with tables of tokens (tokens, ..., width); dtype and shape stay.

        `out` takes the result; it may be x. Temporaries have half a MiB or, if that is more, two rows; only an `out`
        that overlaps x otherwise, or is x where compiled code would write before it reads, makes a copy of x.
        `compiled`: by numba, with the same bits; float16, mixed formats and lanes in uneven steps go NumPy's way.
        `fused`: NumPy may multiply complex numbers, more than twice as fast, with bits that differ by the processor and
        the strides as told above; in float32 and float64, if pairs are side by side, have one angle and no magnitude.
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
        if compiled and even and x.dtype == self.cosines.dtype and x.dtype in (np.float32, np.float64):
            stay = (self.lanes.read, self.lanes.passes[0]) == (self.lanes.write, self.lanes.passes[1])
            rotate_compiled(x.copy() if in_place and not stay else x, out, (*places, *self.lanes.inside),
                            (self.cosines, self.sines), self.magnitudes)
        else:
            work = self._rotate_as_complex if fused and self._is_complex(x, out) else self._rotate_in_blocks
            kept = np.setbufsize(BUFFER)
            try:
                work(x, out)
            finally:
                np.setbufsize(kept)
        return out

    def _check(self, x: Array, out: Array | None) -> None:
        tokens = self.cosines.shape[:-1]
        fits = x.shape[-1:] == (self.lanes.width,) and (not tokens or (x.ndim > 1 and x.shape[:1] == tokens))
        if not fits:
            wanted = ", ".join((*map(str, tokens), "...", str(self.lanes.width)))
            raise InputError(f"the tensor has the shape {x.shape}, expected ({wanted})", where="rotate",
                             advice="Tokens come first and lanes last")
        if out is not None and (out.shape, out.dtype) != (x.shape, x.dtype):
            raise InputError(f"`out` is {out.dtype}{out.shape}, expected {x.dtype}{x.shape}", where="rotate",
                             advice="Give a buffer of the tensor's own shape and format")

    def _is_complex(self, x: Array, out: Array) -> bool:
        """Whether a pair lies in memory as a complex number does, and turns as one."""
        lies = self.lanes.neighbours is not None and x.strides[-1] == out.strides[-1] == x.itemsize
        turns = self.has_one_angle and (self.magnitudes == 1).all()
        return bool(lies and turns and x.dtype == self.cosines.dtype and x.dtype in (np.float32, np.float64))

    def _rotate_as_complex(self, x: Array, out: Array) -> None:
        (one, two), turning = self.lanes.inside, self.lanes.neighbours
        kind = np.result_type(x, np.complex64)
        cosine, sine = _over_heads(self.cosines[..., one], x.ndim), _over_heads(self.sines[..., two], x.ndim)
        for at in _cut(x.shape[:-1], max(1, BLOCK_BYTES // max(1, x.shape[-1] * x.itemsize))):
            here, there, tokens = x[at], out[at], at[: self.cosines.ndim - 1]
            turn = np.empty(cosine[tokens].shape, kind)
            turn.real, turn.imag = cosine[tokens], sine[tokens]
            if self.lanes.turning < self.lanes.width:
                there[...] = here
                here = there
            np.multiply(here[..., turning].view(kind), turn, out=there[..., turning].view(kind))

    def _rotate_in_blocks(self, x: Array, out: Array) -> None:
        one, two = self.lanes.inside
        dtype = np.result_type(x, self.cosines)
        loudness = np.empty(self.lanes.turning, dtype)
        loudness[one] = loudness[two] = self.magnitudes
        scaled = bool((loudness != 1).any())
        cosines, sines = _over_heads(self.cosines, x.ndim), _over_heads(self.sines, x.ndim)
        scratch: Array | None = None
        for at in _cut(x.shape[:-1], max(1, BLOCK_BYTES // max(1, 2 * loudness.nbytes))):
            here, there, tokens = x[at], out[at], at[: self.cosines.ndim - 1]
            shape = *here.shape[:-1], self.lanes.turning
            if scratch is None:   # the first block is the largest
                scratch = np.empty((2, prod(shape)), dtype)
            own, other = (each[: prod(shape)].reshape(shape) for each in scratch)
            # All lanes are read before one is written, since both may be the same memory.
            for place, lanes in self.lanes.taken:
                own[..., place] = here[..., lanes]
            there[..., self.lanes.passes[1]] = here[..., self.lanes.passes[0]]
            other[..., one], other[..., two] = own[..., two], own[..., one]
            other *= sines[tokens]
            own *= cosines[tokens]
            own += other
            if scaled:
                own *= loudness
            for place, lanes in self.lanes.put:
                there[..., lanes] = own[..., place]


def _over_heads(table: Array, axes: int) -> Array:
    """A table of tokens, for a tensor of so many axes."""
    return np.expand_dims(table, tuple(range(1, axes - 1))) if table.ndim > 1 else table


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
