"""Rows of one matrix wherever they lie: read a few at a time, as float32, each with how far it may be off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Reader = Callable[[int, int], Floats]
Bound = Callable[[int, int], npt.NDArray[np.floating]]
AT_ONCE = 1 << 22  # numbers that are read together


@dataclass(frozen=True, slots=True)
class Lines:
    """`count` rows of `columns` numbers. `dtype`: what they are stored as, as a tensor's.

    `read(start, stop)`: these rows. `error(start, stop)`: by how much what was quantised to them may differ from each,
    in one column or in as many as there are; None where numbers are kept as they are, or rounded to the type.
    """

    count: int
    columns: int
    dtype: str
    read: Reader
    error: Bound | None = None

    def errors(self, start: int, stop: int) -> Doubles:
        """The error of these rows, zeros where there is none."""
        if self.error is None:
            return np.zeros((stop - start, 1))
        return np.asarray(self.error(start, stop), dtype=np.float64)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Start and stop of runs of rows, each as many numbers as are read together."""
        step = max(1, AT_ONCE // max(1, self.columns))
        yield from ((start, min(start + step, self.count)) for start in range(0, self.count, step))


def of_array(values: Floats, dtype: str = "F32", error: Floats | None = None) -> Lines:
    """The rows of an array in memory."""
    matrix = values.reshape(len(values), -1)
    bound = None if error is None else error.reshape(len(values), -1)
    return Lines(
        len(matrix), matrix.shape[1], dtype, lambda start, stop: matrix[start:stop],
        None if bound is None else lambda start, stop: bound[start:stop],
    )


def joined(parts: list[Lines]) -> Lines:
    """The rows of several, one after the other. All have as many columns, and are stored alike, or "mixed"."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(part.count for part in parts)])

    def over(start: int, stop: int, what: Callable[[Lines, int, int], npt.NDArray[np.floating]]) -> Floats:
        found = []
        for part, first in zip(parts, starts.tolist(), strict=False):
            a, b = max(start - first, 0), min(stop - first, part.count)
            if a < b:
                found.append(what(part, a, b))
        widest = max((each.shape[1] for each in found), default=1)
        return np.concatenate([np.broadcast_to(each, (len(each), widest)) for each in found])

    types = {part.dtype for part in parts}
    return Lines(
        int(starts[-1]), parts[0].columns, types.pop() if len(types) == 1 else "mixed",
        lambda start, stop: over(start, stop, lambda part, a, b: part.read(a, b)),
        None if all(part.error is None for part in parts) else
        lambda start, stop: over(start, stop, lambda part, a, b: part.errors(a, b)),
    )


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
    error = lines.error
    return Lines(
        stop - start, lines.columns, lines.dtype, lambda a, b: lines.read(start + a, start + b),
        None if error is None else lambda a, b: error(start + a, start + b),
    )


def rounded(values: Floats, dtype: str) -> Floats:
    """The numbers after they were stored as this type, to nearest and even; those of other types as they are."""
    if dtype == "F16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(np.float32)
    if dtype == "BF16":
        bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
        kept = (bits + 0x7FFF + ((bits >> np.uint64(16)) & np.uint64(1))) & np.uint64(0xFFFF0000)
        return np.where(np.isnan(values), values, kept.astype(np.uint32).view(np.float32))
    return values
