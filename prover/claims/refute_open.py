"""Refutations of claims whose stored numbers are open: what is refuted, is so whatever they stand for.

The balls are as wide as the reals that round to the stored numbers, so they are apart at small positions or nowhere;
and where two numbers may be the same nothing is tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from flint import ctx

from prover.claims.claim import Claim
from prover.claims.compare import differing_units
from prover.claims.decide import differing_entries, lane_pairs, make_side
from prover.claims.evidence import Bounds, NotRelativeRefutation, Refutation, TraceRefutation
from prover.claims.refute import (
    MAX_POWER,
    Side,
    by_feed,
    disjoint_bounds,
    refute_identical,
    refute_relative,
    refute_scores,
    small_positions,
)
from prover.claims.relation import Relation
from prover.claims.unit import Unit, stack_keys
from prover.exact.enclosure import enclose

PRECISION = 128
MAX_TRIED = 60


def refute_open(claim: Claim, relation: Relation) -> Refutation | None:
    """A refutation of the relation for all choices of the open numbers, if one is found.

    Its intervals leave room for arithmetic that is wider than what found it.
    """
    sides = make_side(claim, claim.source, "source"), make_side(claim, claim.target, "target")
    found = _twisted(claim, sides) if sides[0].twisted or sides[1].twisted else _rotations(claim, sides, relation)
    return found and _with_room(found)


def _twisted(claim: Claim, sides: tuple[Side, Side]) -> Refutation | None:
    """Of two that are no rotation it is refuted that they are identical, of one that a map makes it a rotation."""
    if not (sides[0].twisted and sides[1].twisted):
        side, name = (sides[0], "source") if sides[0].twisted else (sides[1], "target")
        return refute_relative(claim, side, name)
    return refute_identical(claim, sides, differing_entries(claim, *sides))


def _rotations(claim: Claim, sides: tuple[Side, Side], relation: Relation) -> Refutation | None:
    if relation in (Relation.PAIR_MAP, Relation.LINEAR):
        return _trace(claim, sides, Relation.LINEAR, (-1,))
    if relation is Relation.PERMUTATION:
        return _trace(claim, sides, Relation.LINEAR, (-1,)) or _trace(claim, sides, relation, range(MAX_POWER))
    units = differing_units(sides[0].units, sides[1].units, stack_keys(claim), claim.whole_positions)
    lanes = lane_pairs([*_apart(units[0], sides[1].units), *_apart(units[1], sides[0].units)])
    score = refute_scores(claim, sides, lanes) if lanes else None
    if score is None and relation is Relation.IDENTICAL:
        return refute_identical(claim, sides, differing_entries(claim, *sides))
    return score


def _apart(units: Iterable[Unit], others: Iterable[Unit]) -> list[Unit]:
    """Units with which nothing on the same lanes of the other side may be the same."""
    known = {frozenset(unit.lanes): unit for unit in others}
    return [unit for unit in units if not _may_be_same(unit, known.get(frozenset(unit.lanes)))]


def _may_be_same(one: Unit, other: Unit | None) -> bool:
    if other is None:
        return False
    pairs = zip((one.magnitude, *one.vector), (other.magnitude, *other.vector), strict=True)
    return all(abs(enclose(a, PRECISION)).overlaps(abs(enclose(b, PRECISION))) for a, b in pairs)


def _trace(claim: Claim, sides: tuple[Side, Side], relation: Relation, powers: Iterable[int]) -> TraceRefutation | None:
    keys = stack_keys(claim)
    precision = PRECISION + max(side.extra for side in sides)
    with ctx.workprec(precision):
        for power in powers:
            for position in islice(small_positions(len(keys), claim.whole_positions), MAX_TRIED):
                found = disjoint_bounds(*(side.trace(power, position, precision) for side in sides))
                if found:
                    return TraceRefutation(relation, power, by_feed(claim, keys, position), *found)
    return None


def _with_room(fails: Refutation) -> Refutation:
    if isinstance(fails, NotRelativeRefutation):
        first, second = _widened(fails.first, fails.second)
        return replace(fails, first=first, second=second)
    source, target = _widened(fails.source, fails.target)
    return replace(fails, source=source, target=target)


def _widened(one: Bounds, other: Bounds) -> tuple[Bounds, Bounds]:
    """Two disjoint intervals, each widened by a quarter of what is between them."""
    room = max(other[0] - one[1], one[0] - other[1]) / 4
    return (one[0] - room, one[1] + room), (other[0] - room, other[1] + room)
