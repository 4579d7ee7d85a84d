"""Which pairs of two layouts are held against one another, where it is asked by how much they differ.

Any way to do it is one that a change of weights may choose: what is proved of it is true of the layouts so regrouped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum

from prover.claims.claim import Claim
from prover.claims.compare import oriented
from prover.claims.turned import reduce_turns
from prover.claims.unit import OFFSET, Key, Unit, Vector, canonical_vector, opposite, stack_keys
from prover.exact.enclosure import enclose
from prover.exact.number import Exact

PRECISION = 64
Units = Sequence[Unit]


class Held(Enum):
    """How the pairs of the two sides are told to each other."""

    LANES = "lane by lane"
    REGROUPED = "after regrouping, equal pairs first, then by index"


@dataclass(frozen=True, slots=True)
class Match:
    """Two planes, or two single lanes, held against one another; where one side does not turn, its vector is 0.

    `difference`: of the source's angle to the target's, per unit of each coordinate of each feed.
    """

    source: Unit
    target: Unit
    difference: Vector

    @property
    def is_same(self) -> bool:
        """Whether they score alike between tokens of one feed."""
        return not any(self.difference) and self.source.magnitude == self.target.magnitude


def held_pairs(claim: Claim, source: Units, target: Units, regroup: bool = False) -> tuple[Held, list[Match]] | None:
    """The pairs held against one another. Lane by lane where lanes agree, unless `regroup`.

    None if single lanes are left over that are no plane together.
    """
    keys, whole = stack_keys(claim), claim.whole_positions
    found = None if regroup else _lane_by_lane(source, target, keys, whole)
    if found is not None:
        return Held.LANES, [_match(a, b, keys, whole) for a, b in found]
    found = _regrouped(source, target, keys, whole)
    return None if found is None else (Held.REGROUPED, [_nearest(a, b, keys, whole) for a, b in found])


def _lane_by_lane(source: Units, target: Units, keys: tuple[Key, ...], whole: bool) -> list[tuple[Unit, Unit]] | None:
    """Units on the same lanes; None if a plane of one side lies across planes of the other."""
    ours, theirs = (
        {lanes: Unit(lanes, vector, size, unit.pair) for unit in units
         for lanes, vector, size in [oriented(unit, keys, whole)]}
        for units in (source, target)
    )
    found = []
    for mine, other, turn in ((ours, theirs, False), (theirs, ours, True)):
        for lanes, unit in mine.items():
            if lanes in other:
                if not turn:
                    found.append((unit, other[lanes]))
                continue
            if len(lanes) == 1:
                continue
            plane = _plane([other.get((lane,)) for lane in lanes])
            if plane is None:
                return None
            found.append((plane, unit) if turn else (unit, plane))
    return found


def _plane(lanes: Sequence[Unit | None]) -> Unit | None:
    """Two single lanes as a plane, if they are alike."""
    first, second = lanes
    if first is None or second is None or (first.vector, first.magnitude) != (second.vector, second.magnitude):
        return None
    pair = first.pair if first.pair == second.pair else None
    return Unit((*first.lanes, *second.lanes), first.vector, first.magnitude, pair)


def _regrouped(source: Units, target: Units, keys: tuple[Key, ...], whole: bool) -> list[tuple[Unit, Unit]] | None:
    """Units that are alike first, then pairs of one index, then what is left in its order."""

    def turn(unit: Unit) -> Hashable:
        return len(unit.lanes), canonical_vector(unit.vector, keys, whole)[0]

    ours, theirs, found = list(source), list(target), list[tuple[Unit, Unit]]()
    rules: tuple[Callable[[Unit], Hashable], ...] = (
        lambda unit: (turn(unit), unit.magnitude, unit.pair), lambda unit: (turn(unit), unit.magnitude), turn,
        lambda unit: (len(unit.lanes), unit.pair), lambda unit: len(unit.lanes),
    )
    for rule in rules:
        matched, ours, theirs = _taken(ours, theirs, rule)
        found += matched
    # Now one side has planes left over, the other as many lanes as these have, or nothing.
    for planes, lanes, back in ((ours, theirs, False), (theirs, ours, True)):
        if planes and len(planes[0].lanes) == 2:
            singles = sorted(lanes, key=lambda unit: (str(unit.vector), str(unit.magnitude), unit.lanes))
            for plane, first, second in zip(planes, singles[::2], singles[1::2], strict=True):
                other = _plane((first, second))
                if other is None:
                    return None
                found.append((other, plane) if back else (plane, other))
    return found


def _taken(ours: Units, theirs: Units, rule: Callable[[Unit], Hashable]) -> tuple[
    list[tuple[Unit, Unit]], list[Unit], list[Unit],
]:
    """Units that a rule says are alike, in their order, and what is left of either side."""
    places: dict[Hashable, list[Unit]] = {}
    for unit in reversed(theirs):
        places.setdefault(rule(unit), []).append(unit)
    found, left, taken = [], [], set[tuple[int, ...]]()
    for unit in ours:
        if others := places.get(rule(unit)):
            found.append((unit, others.pop()))
            taken.add(found[-1][1].lanes)
        else:
            left.append(unit)
    return found, left, [unit for unit in theirs if unit.lanes not in taken]


def _match(source: Unit, target: Unit, keys: tuple[Key, ...], whole: bool) -> Match:
    return Match(source, target, _difference(source.vector, target.vector, keys, whole))


def _nearest(source: Unit, target: Unit, keys: tuple[Key, ...], whole: bool) -> Match:
    """A regrouping may swap the two lanes of a pair: the way round that leaves the smaller difference."""
    back = Unit(target.lanes[::-1], opposite(target.vector, keys, whole), target.magnitude, target.pair)
    ways = [_match(source, unit, keys, whole) for unit in (target, back)]
    return min(ways, key=lambda way: sum(abs(float(enclose(value, PRECISION).mid())) for value in way.difference))


def _difference(source: Vector, target: Vector, keys: tuple[Key, ...], whole: bool) -> tuple[Exact, ...]:
    """Whole turns do not count at whole positions; what differs between feeds is left out."""
    return tuple(
        reduce_turns(a - b) if whole else a - b
        for a, b, (_, name) in zip(source, target, keys, strict=True) if name != OFFSET
    )
