"""Deciding a claim: the lowest rung of the ladder that holds and the highest that fails.

The rungs imply one another upwards, so a witness for one rung and a refutation of the rung just
below settle the whole ladder. Where the search finds neither, the gap stays undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prover.claims.claim import Claim
from prover.claims.compare import Place, differing_columns, differing_places, differing_units
from prover.claims.evidence import (
    EntryRefutation,
    NotRelativeRefutation,
    Refutation,
    ScoreRefutation,
    Witness,
)
from prover.claims.matching import Match, Mismatch, match_units
from prover.claims.refute import Side, refute_identical, refute_match, refute_relative, refute_scores
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.claims.turned import Turned, turned_pairs
from prover.claims.unit import Unit, make_units, stack_keys
from prover.layouts.layout import Layout


@dataclass(frozen=True, slots=True)
class Decision:
    """What the search found, before any check.

    `turned`: the pairs of each side under the feeds.
    `counterexample` shows the difference of the kernels as they are, weights untouched;
    `mismatch` the classes that have no partner; `differing` the pair indices of each side that
    differ lane by lane; `not_rotations` the pairs of each side that are no rotation.
    """

    holds: Witness | None
    fails: Refutation | None
    counterexample: ScoreRefutation | EntryRefutation | None
    mismatch: Mismatch | None
    turned: tuple[tuple[Turned, ...], tuple[Turned, ...]]
    units: tuple[tuple[Unit, ...], tuple[Unit, ...]]
    differing: tuple[tuple[int, ...], tuple[int, ...]]
    not_rotations: tuple[tuple[int, ...], tuple[int, ...]]


def decide(claim: Claim, solver: Solver) -> Decision:
    """Search all rungs. Raises UndecidedError only if Z3's work budget runs out."""
    source = make_side(claim, claim.source, "source")
    is_one = claim.is_of_one_table
    target = source if is_one else make_side(claim, claim.target, "target")
    columns = set() if is_one else _differing_columns(claim, source, target)
    nothing = Decision(
        holds=None,
        fails=None,
        counterexample=None,
        mismatch=None,
        turned=(source.turned, target.turned),
        units=(source.units, target.units),
        differing=(_pairs_at(source, columns), _pairs_at(target, columns)),
        not_rotations=(source.twisted, target.twisted),
    )
    if not columns:
        return replace(nothing, holds=Witness(Relation.IDENTICAL, tuple(range(claim.source.width))))
    if source.twisted or target.twisted:
        return _decide_twisted(claim, (source, target), columns, nothing)
    return _decide_rotations(claim, (source, target), nothing, solver)


def make_side(claim: Claim, layout: Layout, name: str) -> Side:
    """One side of a claim, "source" or "target", as it turns under the feeds."""
    turned = turned_pairs(claim, layout, name)
    twisted = tuple(i for i, turn in enumerate(turned) if not turn.is_rotation)
    units = () if twisted else make_units(claim, layout, turned)
    return Side(layout, turned, units, twisted, claim.whole_positions)


def _decide_rotations(
    claim: Claim, sides: tuple[Side, Side], nothing: Decision, solver: Solver
) -> Decision:
    """Both sides are rotations and differ somewhere: scores, permutation, pair map, in this order."""
    keys, whole = stack_keys(claim), claim.whole_positions
    source, target = sides
    ours, theirs = differing_units(source.units, target.units, keys, whole)
    if not ours and not theirs:
        entry = refute_identical(claim, sides, differing_entries(claim, *sides))
        holds = Witness(Relation.EQUAL_SCORES, tuple(range(claim.source.width)))
        return replace(nothing, holds=holds, fails=entry, counterexample=entry)
    score = refute_scores(claim, sides, lane_pairs([*ours, *theirs]))
    nothing = replace(nothing, counterexample=score, fails=score)
    by_size = match_units(source.units, target.units, keys, whole, by_magnitude=True, solver=solver)
    if isinstance(by_size, Match):
        return replace(nothing, holds=_witness(Relation.PERMUTATION, by_size, sides))
    freely: Match | Mismatch = by_size
    if len({unit.magnitude for unit in (*source.units, *target.units)}) > 1:
        freely = match_units(source.units, target.units, keys, whole, by_magnitude=False, solver=solver)
    if isinstance(freely, Match):
        trace = refute_match(claim, sides, by_size, Relation.PERMUTATION)
        holds = _witness(Relation.PAIR_MAP, freely, sides)
        return replace(nothing, holds=holds, fails=trace or score, mismatch=by_size)
    trace = refute_match(claim, sides, freely, Relation.LINEAR)
    return replace(nothing, fails=trace or score, mismatch=freely)


def _decide_twisted(
    claim: Claim, sides: tuple[Side, Side], columns: set[int], nothing: Decision
) -> Decision:
    """A side is no rotation: against a rotation no linear map helps; two such are left at scores."""
    lanes = {
        (a, b)
        for side in sides
        for pair in side.layout.pairs
        if not columns.isdisjoint(pair.read)
        for a in pair.read
        for b in pair.read
    }
    score = refute_scores(claim, sides, sorted(lanes))
    shown = score or refute_identical(claim, sides, differing_entries(claim, *sides))
    relative: NotRelativeRefutation | None = None
    if not (sides[0].twisted and sides[1].twisted):
        side, name = (sides[0], "source") if sides[0].twisted else (sides[1], "target")
        relative = refute_relative(claim, side, name)
    return replace(nothing, fails=relative or shown, counterexample=shown)


def _differing_columns(claim: Claim, source: Side, target: Side) -> set[int]:
    """Columns of the kernels that differ under some feed."""
    ours, theirs = ((side.layout, side.turned) for side in (source, target))
    return {
        column for feed in range(len(claim.feeds))
        for column in differing_columns(ours, theirs, feed, claim.whole_positions)
    }


def differing_entries(claim: Claim, source: Side, target: Side) -> list[tuple[int, Place]]:
    """Feed and (row, column) of the kernels' entries that differ by their normal forms."""
    ours, theirs = ((side.layout, side.turned) for side in (source, target))
    return [
        (feed, place) for feed in range(len(claim.feeds))
        for place in differing_places(ours, theirs, feed, claim.whole_positions)
    ]


def _pairs_at(side: Side, columns: set[int]) -> tuple[int, ...]:
    return tuple([i for i, pair in enumerate(side.layout.pairs) if not columns.isdisjoint(pair.read)])


def lane_pairs(units: Sequence[Unit]) -> list[Place]:
    """Lanes of q and k whose score shows a unit: across its two lanes first, then on one lane."""
    across = [(unit.lanes[0], unit.lanes[1]) for unit in units if len(unit.lanes) == 2]
    return [*across, *((lane, lane) for unit in units for lane in unit.lanes)]


def _witness(relation: Relation, match: Match, sides: tuple[Side, Side]) -> Witness:
    permutation = [0] * sides[0].layout.width
    for unit, (index, swapped) in zip(sides[1].units, match.source_of, strict=True):
        lanes = sides[0].units[index].lanes
        for own, fed in zip(unit.lanes, lanes[::-1] if swapped else lanes, strict=True):
            permutation[own] = fed
    return Witness(relation, tuple(permutation))
