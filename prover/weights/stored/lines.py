"""Rows of one matrix wherever they lie: read a few at a time, with the bounds of what each number may have been."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.weights.stored.tensors import Tensor
from prover.weights.stored.values import row_values, value_bounds

Floats = npt.NDArray[np.floating[Any]]
Doubles = npt.NDArray[np.float64]
Reader = Callable[[int, int], Floats]
Bounds = Callable[[int, int], tuple[Doubles, Doubles]]
Indices = npt.NDArray[np.intp]
BoundsAt = Callable[[int, int, Indices], tuple[Doubles, Doubles]]
AT_ONCE = 1 << 22  # numbers that are read together


@dataclass(frozen=True, slots=True)
class Lines:
    """`count` rows of `columns` numbers. `dtype`: what they are stored as, as a tensor's.

    `read(start, stop)`: these rows. `bounds(start, stop)`: the least and greatest that each may have been before it was
    stored as it is, infinite where it is not known; None where nothing else is meant than the numbers themselves.
    `bounds_at`: the same of some columns, where that is less work.
    """

    count: int
    columns: int
    dtype: str
    read: Reader
    bounds: Bounds | None = None
    bounds_at: BoundsAt | None = None

    def between(self, start: int, stop: int) -> tuple[Doubles, Doubles]:
        """The bounds of these rows; the numbers themselves where there are none."""
        if self.bounds is not None:
            return self.bounds(start, stop)
        values = self.read(start, stop).astype(np.float64)
        return values, values

    def between_at(self, start: int, stop: int, columns: Indices) -> tuple[Doubles, Doubles]:
        """What `between` has in these columns."""
        if self.bounds_at is not None:
            return self.bounds_at(start, stop, columns)
        low, high = self.between(start, stop)
        return low[:, columns], high[:, columns]

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Start and stop of runs of rows, each as many numbers as are read together."""
        step = max(1, AT_ONCE // max(1, self.columns))
        yield from ((start, min(start + step, self.count)) for start in range(0, self.count, step))


def of_array(values: Floats, dtype: str = "F32", error: Floats | None = None) -> Lines:
    """The rows of an array in memory. `error`: by how much each number may be off."""
    matrix = values.reshape(len(values), -1)
    if error is None:
        return Lines(len(matrix), matrix.shape[1], dtype, lambda start, stop: matrix[start:stop])
    wide, off = matrix.astype(np.float64), error.reshape(matrix.shape).astype(np.float64)
    return Lines(len(matrix), matrix.shape[1], dtype, lambda start, stop: matrix[start:stop],
                 lambda start, stop: (wide[start:stop] - off[start:stop], wide[start:stop] + off[start:stop]))


def of_tensor(tensor: Tensor, rows: int) -> Lines:
    """The rows of a tensor of a checkpoint, of which its leading dimensions together make so many."""
    values = row_values(tensor, rows, 0, 1)
    return Lines(
        rows, values.shape[1], tensor.dtype, lambda start, stop: row_values(tensor, rows, start, stop),
        lambda start, stop: value_bounds(tensor, rows, start, stop),
        lambda start, stop, columns: value_bounds(tensor, rows, start, stop, columns=columns),
    )


def joined(parts: list[Lines]) -> Lines:
    """The rows of several, one after the other. All have as many columns, and are stored alike, or "mixed"."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(part.count for part in parts)]).tolist()

    def pieces(start: int, stop: int) -> Iterator[tuple[Lines, int, int]]:
        for number in range(max(0, bisect_right(starts, start) - 1), len(parts)):
            if starts[number] >= stop:
                return
            yield parts[number], max(start - starts[number], 0), min(stop - starts[number], parts[number].count)

    def read(start: int, stop: int) -> Floats:
        return np.concatenate([part.read(a, b) for part, a, b in pieces(start, stop)])

    def bounds(start: int, stop: int) -> tuple[Doubles, Doubles]:
        both = [part.between(a, b) for part, a, b in pieces(start, stop)]
        return np.concatenate([low for low, _ in both]), np.concatenate([high for _, high in both])

    def bounds_at(start: int, stop: int, columns: Indices) -> tuple[Doubles, Doubles]:
        both = [part.between_at(a, b, columns) for part, a, b in pieces(start, stop)]
        return np.concatenate([low for low, _ in both]), np.concatenate([high for _, high in both])

    types = {part.dtype for part in parts}
    is_exact = all(part.bounds is None for part in parts)
    return Lines(starts[-1], parts[0].columns, types.pop() if len(types) == 1 else "mixed", read,
                 None if is_exact else bounds, None if is_exact else bounds_at)


def picked(places: Sequence[tuple[Lines, int]]) -> Lines:
    """These rows in this order, each of some matrix."""
    runs: list[tuple[Lines, int, int]] = []
    for lines, row in places:
        if runs and runs[-1][0] is lines and runs[-1][2] == row:
            runs[-1] = lines, runs[-1][1], row + 1
        else:
            runs.append((lines, row, row + 1))
    return joined([part(lines, start, stop) for lines, start, stop in runs])


def part(lines: Lines, start: int, stop: int) -> Lines:
    """The rows from start to stop as rows of their own."""
    if (start, stop) == (0, lines.count):
        return lines
    bounds, bounds_at = lines.bounds, lines.bounds_at
    return Lines(
        stop - start, lines.columns, lines.dtype, lambda a, b: lines.read(start + a, start + b),
        None if bounds is None else lambda a, b: bounds(start + a, start + b),
        None if bounds_at is None else lambda a, b, columns: bounds_at(start + a, start + b, columns),
    )


def rounded(values: Floats, dtype: str) -> Floats:
    """The numbers after they were stored as this type, to nearest and even; those of other types as they are."""
    if dtype == "F16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(values.dtype)
    if dtype == "F32":
        return values.astype(np.float32).astype(values.dtype)
    if dtype == "BF16":
        bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
        kept = (bits + 0x7FFF + ((bits >> np.uint64(16)) & np.uint64(1))) & np.uint64(0xFFFF0000)
        return np.where(np.isnan(values), values, kept.astype(np.uint32).view(np.float32))
    return values
