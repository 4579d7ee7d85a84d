"""Known slips: what a wrong permutation is, where undoing the slip makes a right one.

Nothing here decides: `is_right` is a proof. A slip is told only of what it was asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

Rows = tuple[int, ...]
IsRight = Callable[[Rows], bool]


class Kind(Enum):
    """What went wrong."""

    NOT_NEEDED = "not needed"
    NOTHING = "nothing moved"
    INVERSE = "inverse"
    TWICE = "applied twice"
    HEADS = "head count"
    EXTENT = "other lanes"
    CROSSING = "between heads"


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip, and what it is about.

    `heads`, `width`: what a permutation of a whole matrix is right for. `lanes`, `needed`: which lanes of a head move,
    of such a one where these are given, and which would have to, ends excluded. `rows`: rows that come from another
    head. `is_inverse`: it is turned round too.
    """

    kind: Kind
    heads: int = 0
    width: int = 0
    lanes: tuple[int, int] = (0, 0)
    needed: tuple[int, int] = (0, 0)
    rows: Rows = ()
    is_inverse: bool = False

    def is_whole(self, width: int) -> bool:
        """Whether all lanes of a head of another width move, where of those of `width` some, fewer, have to."""
        start, stop = self.needed
        is_part = stop - start < min(width, self.width)
        return self.kind is Kind.HEADS and self.lanes == (0, self.width) and is_part


@dataclass(frozen=True, slots=True)
class Riffle:
    """Lanes from start to stop as reshape(parts, -1), transposed; all others stay."""

    start: int
    stop: int
    parts: int

    def rows(self, width: int) -> Rows:
        """The permutation of a head of this width."""
        step = (self.stop - self.start) // self.parts
        inner = (self.start + part * step + place for place in range(step) for part in range(self.parts))
        return (*range(self.start), *inner, *range(self.stop, width))

    def cut(self, width: int, size: int) -> Iterator[Riffle]:
        """The same in heads of `size` in place of `width` lanes, however a permutation with that width does it."""
        for lanes in spans((self.start, self.stop), width, size):
            yield from self.over(*lanes)

    def over(self, start: int, stop: int) -> Iterator[Riffle]:
        """The same on other lanes: with as many parts, and with parts as long."""
        step, length = (self.stop - self.start) // self.parts, stop - start
        for parts in dict.fromkeys((self.parts, length // step)):
            if parts > 1 and length % parts == 0 and length > parts:
                yield Riffle(start, stop, parts)


def spans(lanes: tuple[int, int], width: int, size: int) -> tuple[tuple[int, int], ...]:
    """These lanes of a head of `width` in one of `size`: as many, where they are there; as large a share; all."""
    start, stop = lanes
    same = (max(size - (stop - start), 0), size) if start and stop == width else (start, min(stop, size))
    share = (start * size // width, stop * size // width)
    return tuple(each for each in dict.fromkeys((same, share, (0, size))) if each[0] < each[1])


def inverse(rows: Sequence[int]) -> Rows:
    """The permutation that undoes it."""
    found = [0] * len(rows)
    for place, row in enumerate(rows):
        found[row] = place
    return tuple(found)


def find_riffle(rows: Sequence[int]) -> Riffle | None:
    """The riffle that a permutation is, if it is one."""
    moved = [place for place, row in enumerate(rows) if place != row]
    if not moved:
        return None
    start, stop = moved[0] - 1, moved[-1] + 2  # a riffle leaves its first and its last lane where they are
    if start < 0 or stop > len(rows):
        return None
    step = rows[start + 1] - start
    if step < 2 or (stop - start) % step:
        return None
    found = Riffle(start, stop, (stop - start) // step)
    return found if found.rows(len(rows)) == tuple(rows) else None


def slips_of_head(
    rows: Rows, needed: Rows | None, extents: Sequence[tuple[int, int]], is_right: IsRight
) -> Iterator[Slip]:
    """What the move within a head is. `needed`: a right one, if known; `extents`: lanes that may have to move."""
    identity = tuple(range(len(rows)))
    if needed == identity:
        yield Slip(Kind.NOT_NEEDED)
        return
    if rows == identity:
        yield Slip(Kind.NOTHING)
    elif is_right(inverse(rows)):
        yield Slip(Kind.INVERSE)
    if needed is not None and any(rows[lane] != lane != row for lane, row in enumerate(needed)):
        undo = inverse(needed)  # moved once it is right; had its lanes stayed, nothing was done twice
        if is_right(tuple(undo[row] for row in rows)):
            yield Slip(Kind.TWICE)
    riffle = find_riffle(rows)
    if riffle is None:
        return
    lanes = riffle.start, riffle.stop
    for extent in dict.fromkeys(extents):
        if extent == lanes:
            continue
        turned = _undone(tuple(riffle.over(*extent)), len(rows), is_right)
        if turned is not None:
            yield Slip(Kind.EXTENT, lanes=lanes, needed=extent, is_inverse=turned)
            return


def slips_of_matrix(
    rows: Rows, heads: int, width: int, extents: Sequence[tuple[int, int]], is_right: IsRight
) -> Iterator[Slip]:
    """What the move of a whole matrix is, beyond that of a head. `extents`: lanes that may have to move."""
    crossing = tuple(place for place, row in enumerate(rows) if row // width != place // width)
    if crossing:
        yield Slip(Kind.CROSSING, rows=crossing)
    size = block_size(rows)
    if size == width or size < 2:
        return
    riffle = find_riffle(rows[:size])
    if riffle is None:
        return
    lanes = riffle.start, riffle.stop
    for extent in dict.fromkeys(extents):
        if lanes not in spans(extent, width, size):
            continue
        turned = _undone(tuple(riffle.over(*extent)), width, is_right)
        if turned is not None:
            yield Slip(Kind.HEADS, len(rows) // size, size, lanes, extent, is_inverse=turned)
            return


def block_size(rows: Sequence[int]) -> int:
    """The least number of rows that move among themselves, the same way again and again."""
    count = len(rows)
    for size in range(1, count + 1):
        if count % size == 0 and all(
            rows[place] - place // size * size == rows[place % size] < size for place in range(count)
        ):
            return size
    return count


def _undone(riffles: Sequence[Riffle], width: int, is_right: IsRight) -> bool | None:
    """False: one of these is right. True: one is, turned round. None: none is."""
    every = [riffle.rows(width) for riffle in riffles]
    if any(is_right(rows) for rows in every):
        return False
    return True if any(is_right(inverse(rows)) for rows in every) else None
