"""Where two layouts differ lane by lane: in their kernels, and in their scores."""

from __future__ import annotations

from dataclasses import dataclass

from prover.claims.turned import BACK, QUARTER, Turned, mirrored, shifted, vanishes
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
    alpha, beta, gamma, delta = turn.angles[feed]
    four = [
        ((c, a), Entry(magnitude, alpha)),
        ((c, b), Entry(magnitude, shifted(beta, QUARTER))),
        ((d, a), Entry(magnitude, shifted(gamma, BACK))),
        ((d, b), Entry(magnitude, delta)),
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


def differing_places(
    left: dict[Place, Entry], right: dict[Place, Entry], whole: bool
) -> list[Place]:
    """Places where the kernels differ by normal form, in order of columns."""
    return sorted(
        (p for p in left.keys() | right.keys() if not same_entry(left.get(p), right.get(p), whole)),
        key=lambda place: (place[1], place[0]),
    )


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
