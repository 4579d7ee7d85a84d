"""Deciding a claim: the lowest rung of the ladder that holds and the highest that fails.

The rungs imply one another upwards, so a witness for one rung and a refutation of the rung just
below settle the whole ladder. Where the search finds neither, the gap stays undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.claim import Claim
from prover.compare import Place, differing_places, differing_units, entries
from prover.evidence import (
    EntryRefutation,
    NotRelativeRefutation,
    Refutation,
    ScoreRefutation,
    Witness,
)
from prover.matching import Match, Mismatch, match_units
from prover.refute import Side, refute_identical, refute_match, refute_relative, refute_scores
from prover.relation import Relation
from prover.unit import Unit, make_units, stack_keys, turned_pairs


@dataclass(frozen=True, slots=True)
class Decision:
    """What the search found, before any check.

    `counterexample` shows the difference of the kernels as they are, weights untouched;
    `mismatch` the classes that have no partner; `differing` the pair indices of each side that
    differ lane by lane; `not_rotations` the pairs with two angles on each side.
    """

    holds: Witness | None
    fails: Refutation | None
    counterexample: ScoreRefutation | EntryRefutation | None
    mismatch: Mismatch | None
    units: tuple[tuple[Unit, ...], tuple[Unit, ...]]
    differing: tuple[tuple[int, ...], tuple[int, ...]]
    not_rotations: tuple[tuple[int, ...], tuple[int, ...]]


def decide(claim: Claim) -> Decision:
    """Search all rungs. Raises UndecidedError only if Z3's work budget runs out."""
    turned = (
        turned_pairs(claim, claim.source, "source"),
        turned_pairs(claim, claim.target, "target"),
    )
    twisted = tuple(
        tuple(i for i, turn in enumerate(side) if not turn.is_rotation) for side in turned
    )
    layouts = (claim.source, claim.target)
    units = tuple(
        () if bad else make_units(claim, layout, turn)
        for layout, turn, bad in zip(layouts, turned, twisted, strict=True)
    )
    sides = tuple(Side(layout, turn, own) for layout, turn, own in zip(layouts, turned, units, strict=True))
    return _decide(claim, (sides[0], sides[1]), (twisted[0], twisted[1]))


def _decide(
    claim: Claim, sides: tuple[Side, Side], twisted: tuple[tuple[int, ...], tuple[int, ...]]
) -> Decision:
    lanes = tuple(range(claim.source.width))
    places = _differing_places(claim, sides)
    pairs = (_pairs_at(sides[0], places), _pairs_at(sides[1], places))

    def found(
        holds: Witness | None,
        fails: Refutation | None,
        counterexample: ScoreRefutation | EntryRefutation | None = None,
        mismatch: Mismatch | None = None,
    ) -> Decision:
        units = (sides[0].units, sides[1].units)
        return Decision(holds, fails, counterexample, mismatch, units, pairs, twisted)

    if not places:
        return found(Witness(Relation.IDENTICAL, lanes), None)
    if twisted[0] or twisted[1]:
        return _decide_twisted(claim, sides, twisted, places, found)
    keys, whole = stack_keys(claim), claim.whole_positions
    ours, theirs = differing_units(sides[0].units, sides[1].units, keys, whole)
    if not ours and not theirs:
        entry = refute_identical(claim, sides, places)
        return found(Witness(Relation.EQUAL_SCORES, lanes), entry, entry)
    score = refute_scores(claim, sides, _lane_pairs([*ours, *theirs]))
    by_size = match_units(sides[0].units, sides[1].units, keys, whole, by_magnitude=True)
    if isinstance(by_size, Match):
        return found(_witness(Relation.PERMUTATION, by_size, sides), score, score)
    freely = match_units(sides[0].units, sides[1].units, keys, whole, by_magnitude=False)
    if isinstance(freely, Match):
        fails = refute_match(claim, sides, by_size, Relation.PERMUTATION)
        return found(_witness(Relation.PAIR_MAP, freely, sides), fails or score, score, by_size)
    trace = refute_match(claim, sides, freely, Relation.LINEAR)
    return found(None, trace or score, score, freely)


def _decide_twisted(claim, sides, twisted, places, found):  # type: ignore[no-untyped-def]
    """A side is no rotation: only identity is decided on its own; against a rotation, everything."""
    lanes = [
        (a, b)
        for side, own in zip(sides, ({p for _, p in places}, {p for _, p in places}), strict=True)
        for pair in side.layout.pairs
        if any(place[1] in pair.read for place in own)
        for a in pair.read
        for b in pair.read
    ]
    score = refute_scores(claim, sides, sorted(set(lanes)))
    counterexample = score or refute_identical(claim, sides, places)
    relative: NotRelativeRefutation | None = None
    if not (twisted[0] and twisted[1]):
        index = 0 if twisted[0] else 1
        name = ("source", "target")[index]
        relative = refute_relative(claim, sides[index], name, twisted[index])
    return found(None, relative or counterexample, counterexample)


def _differing_places(claim: Claim, sides: tuple[Side, Side]) -> list[tuple[int, Place]]:
    found: list[tuple[int, Place]] = []
    for feed in range(len(claim.feeds)):
        tables = [entries(side.layout, side.turned, feed) for side in sides]
        found += [(feed, p) for p in differing_places(*tables, claim.whole_positions)]
    return found


def _pairs_at(side: Side, places: Sequence[tuple[int, Place]]) -> tuple[int, ...]:
    rows_or_columns = {(row, column) for _, (row, column) in places}
    columns = {column for _, column in rows_or_columns}
    return tuple(
        i for i, pair in enumerate(side.layout.pairs) if columns & set(pair.read)
    )


def _lane_pairs(units: Sequence[Unit]) -> list[Place]:
    """Lanes of q and k whose score shows a unit: across its two lanes first, then on one lane."""
    across = [unit.lanes for unit in units if len(unit.lanes) == 2]
    along = [(lane, lane) for unit in units for lane in unit.lanes]
    return [*((a, b) for a, b in across), *along]


def _witness(relation: Relation, match: Match, sides: tuple[Side, Side]) -> Witness:
    permutation = [0] * sides[0].layout.width
    for unit, (index, swapped) in zip(sides[1].units, match.source_of, strict=True):
        lanes = sides[0].units[index].lanes
        for own, fed in zip(unit.lanes, lanes[::-1] if swapped else lanes, strict=True):
            permutation[own] = fed
    return Witness(relation, tuple(permutation))


__all__ = ["Decision", "decide"]
