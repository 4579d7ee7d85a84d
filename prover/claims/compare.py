"""Where two layouts differ lane by lane: in their kernels, and in their scores."""

from __future__ import annotations

from dataclasses import dataclass

from prover.claims.turned import BACK, QUARTER, Turned, mirrored, only_half_turns, shifted, vanishes
from prover.claims.unit import Key, Unit, Vector, leads_positive, opposite
from prover.exact.angle import Angle
from prover.exact.number import ONE, Exact
from prover.layouts.layout import Layout, Pair

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """The kernel entry s * cos(angle)."""

    magnitude: Exact
    angle: Angle


def entries(
    layout: Layout, turned: tuple[Turned, ...], feed: int, whole: bool
) -> dict[Place, Entry]:
    """The kernel matrix under one feed: (row, column) to entry; entries that vanish are left out."""
    found = {(write, read): Entry(ONE, Angle()) for read, write in layout.passes}
    for pair, turn in zip(layout.pairs, turned, strict=True):
        for place, entry in pair_entries(pair, turn, feed, whole):
            found[place] = entry
    return found


def pair_entries(pair: Pair, turn: Turned, feed: int, whole: bool) -> list[tuple[Place, Entry]]:
    """The up to four entries of one pair."""
    (a, b), (c, d), magnitude = pair.read, pair.write, pair.magnitude
    four = [
        (place, Entry(magnitude, _angle(turn, which, feed)))
        for which, place in enumerate(((c, a), (c, b), (d, a), (d, b)))
    ]
    return [(place, entry) for place, entry in four if not vanishes(entry.angle, whole)]


def same_entry(left: Entry | None, right: Entry | None, whole: bool) -> bool:
    """True if the two entries are the same function by their normal forms."""
    if left is None or right is None:
        return left is right
    if left.magnitude != right.magnitude or not _same_monomials(left.angle, right.angle):
        return False
    return left.angle == right.angle or left.angle == mirrored(right.angle, whole)


def _same_monomials(left: Angle, right: Angle) -> bool:
    """A quick test that angles which are equal or mirrored pass: a change of sign keeps monomials."""
    if len(left.frequencies) != len(right.frequencies):
        return False
    return all(
        a == b and f.terms[0][0] == g.terms[0][0]
        for (a, f), (b, g) in zip(left.frequencies, right.frequencies, strict=True)
    )


def canonical_entry(entry: Entry, whole: bool) -> Entry:
    """The one of an entry's two spellings, cos(a) and cos(-a), that stands for both."""
    values = [*((f, whole) for _, f in entry.angle.frequencies), (entry.angle.phase, True)]
    return entry if leads_positive(values) else Entry(entry.magnitude, mirrored(entry.angle, whole))


Kernel = tuple[Layout, tuple[Turned, ...]]
_Cell = tuple[int, int, int]  # row, pair or -1 for a lane that passes, which of the pair's four entries
_PASSES = Entry(ONE, Angle())


def differing_columns(source: Kernel, target: Kernel, feed: int, whole: bool) -> list[int]:
    """Columns where the kernels differ by normal form under one feed, in rising order."""
    ours, theirs = (_columns(layout, turned, feed, whole) for layout, turned in (source, target))
    alike: dict[tuple[int, int], bool] = {}
    found: list[int] = []
    for column, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        if {cell[0] for cell in mine} != {cell[0] for cell in other}:
            found.append(column)
            continue
        pairs = (mine[0][1], other[0][1]) if mine else (-1, -1)
        if min(pairs) >= 0 and pairs not in alike:
            alike[pairs] = _alike(source, target, pairs, feed)
        if pairs != (-1, -1) and not alike.get(pairs) and _rows(source, target, feed, (mine, other), whole):
            found.append(column)
    return found


def differing_places(source: Kernel, target: Kernel, feed: int, whole: bool) -> list[Place]:
    """Places where the kernels differ by normal form under one feed, in order of columns and then of rows."""
    ours, theirs = (_columns(layout, turned, feed, whole) for layout, turned in (source, target))
    return [
        (row, column) for column in differing_columns(source, target, feed, whole)
        for row in _rows(source, target, feed, (ours[column], theirs[column]), whole)
    ]


def _rows(
    source: Kernel, target: Kernel, feed: int, cells: tuple[tuple[_Cell, ...], tuple[_Cell, ...]], whole: bool
) -> list[int]:
    """The rows in which a column of the two differs."""
    mine, other = ({row: (pair, which) for row, pair, which in each} for each in cells)
    return [
        row for row in sorted({*mine, *other})
        if row not in mine or row not in other
        or not same_entry(_entry(source, mine[row], feed), _entry(target, other[row], feed), whole)
    ]


def _columns(layout: Layout, turned: tuple[Turned, ...], feed: int, whole: bool) -> list[tuple[_Cell, ...]]:
    """The entries of each column that do not vanish."""
    found: list[tuple[_Cell, ...]] = [()] * layout.width
    for read, write in layout.passes:
        found[read] = ((write, -1, 0),)
    for index, (pair, turn) in enumerate(zip(layout.pairs, turned, strict=True)):
        (a, b), (c, d) = pair.read, pair.write
        found[a], found[b] = ((c, index, 0), (d, index, 2)), ((c, index, 1), (d, index, 3))
        if any(only_half_turns(angle, whole) for angle in turn.distinct_angles(feed)):
            for lane in pair.read:
                found[lane] = tuple(
                    cell for cell in found[lane] if not vanishes(_angle(turn, cell[2], feed), whole)
                )
    return found


def _alike(source: Kernel, target: Kernel, pairs: tuple[int, int], feed: int) -> bool:
    """Whether two pairs are the same in all that makes their entries."""
    (mine, turn), (other, turns) = (
        (layout.pairs[index], turned[index]) for (layout, turned), index in zip((source, target), pairs, strict=True)
    )
    return (
        mine.read == other.read and mine.write == other.write and mine.magnitude == other.magnitude
        and turn.angles[feed] == turns.angles[feed]
    )


def _entry(kernel: Kernel, cell: tuple[int, int], feed: int) -> Entry:
    (layout, turned), (index, which) = kernel, cell
    return _PASSES if index < 0 else Entry(layout.pairs[index].magnitude, _angle(turned[index], which, feed))


def _angle(turn: Turned, which: int, feed: int) -> Angle:
    """The angle of one of four entries: K[c, a], K[c, b], K[d, a], K[d, b]."""
    angle = turn.angles[feed][which]
    return shifted(angle, QUARTER) if which == 1 else shifted(angle, BACK) if which == 2 else angle


def oriented(unit: Unit, keys: tuple[Key, ...], whole: bool) -> tuple[tuple[int, ...], Vector, Exact]:
    """Lanes in rising order, the vector in that order, and the magnitude."""
    if len(unit.lanes) == 1 or unit.lanes[0] < unit.lanes[1]:
        return unit.lanes, unit.vector, unit.magnitude
    return unit.lanes[::-1], opposite(unit.vector, keys, whole), unit.magnitude


def differing_units(
    source: tuple[Unit, ...], target: tuple[Unit, ...], keys: tuple[Key, ...], whole: bool
) -> tuple[list[Unit], list[Unit]]:
    """Units of either side that the other side does not have on the same lanes."""
    ours = {oriented(unit, keys, whole): unit for unit in source}
    theirs = {oriented(unit, keys, whole): unit for unit in target}
    return (
        [unit for shape, unit in ours.items() if shape not in theirs],
        [unit for shape, unit in theirs.items() if shape not in ours],
    )
