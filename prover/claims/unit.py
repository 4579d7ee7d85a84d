"""What moves as one when weights are permuted: pairs that turn, and single lanes that do not.

A rotation's unit carries its frequency vector stacked over all feeds, with each feed's constant
offset from the first feed as one more entry; phases cancel in scores. At whole positions a
frequency counts modulo 2 pi. A pair that a swap of its lanes leaves alone (frequency 0 or pi)
falls apart into two single lanes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prover.claims.claim import Claim
from prover.claims.turned import Turned, reduce_turns
from prover.exact.number import PI, ZERO, Exact, exact
from prover.layouts.layout import Layout

Key = tuple[int, str]
Vector = tuple[Exact, ...]

OFFSET = "1"
PI_MONOMIAL = tuple(monomial for monomial, _ in PI.terms)


@dataclass(frozen=True, slots=True)
class Unit:
    """One or two lanes (numbers as read), their vector in this lane order, and their pair."""

    lanes: tuple[int, ...]
    vector: Vector
    magnitude: Exact
    pair: int | None


def stack_keys(claim: Claim) -> tuple[Key, ...]:
    """The entries of a stacked vector: (feed, coordinate), and (feed, "1") for its offset."""
    keys: list[Key] = []
    for index, feed in enumerate(claim.feeds):
        keys += [(index, coordinate) for coordinate in feed.coordinates]
        if index:
            keys.append((index, OFFSET))
    return tuple(keys)


def make_units(claim: Claim, layout: Layout, turned: tuple[Turned, ...]) -> tuple[Unit, ...]:
    """The units of a layout whose pairs are all rotations under the claim's feeds."""
    keys = stack_keys(claim)
    empty = tuple(ZERO for _ in keys)
    units = [Unit((read,), empty, exact(1), None) for read, _ in layout.passes]
    for index, (pair, turn) in enumerate(zip(layout.pairs, turned, strict=True)):
        vector = _stack(turn, keys)
        if _is_own_opposite(vector, keys, claim.whole_positions):
            units += [Unit((lane,), vector, pair.magnitude, index) for lane in pair.read]
        else:
            units.append(Unit(pair.read, vector, pair.magnitude, index))
    return tuple(units)


def _is_own_opposite(vector: Vector, keys: tuple[Key, ...], whole: bool) -> bool:
    """Angles are reduced, so only 0 and, where whole turns do not count, pi are their own opposite."""
    for value, (_, name) in zip(vector, keys, strict=True):
        if value.terms and not ((whole or name == OFFSET) and value == PI):
            return False
    return True


def _stack(turn: Turned, keys: tuple[Key, ...]) -> Vector:
    turns = turn.rotation
    return tuple([
        reduce_turns(turns[feed].phase - turns[0].phase) if name == OFFSET else turns[feed][name]
        for feed, name in keys
    ])


def opposite(vector: Vector, keys: tuple[Key, ...], whole: bool) -> Vector:
    """The vector of the same pair with its two lanes swapped."""
    return tuple(
        reduce_turns(-value) if whole or name == OFFSET else -value
        for value, (_, name) in zip(vector, keys, strict=True)
    )


def canonical_vector(vector: Vector, keys: tuple[Key, ...], whole: bool) -> tuple[Vector, bool]:
    """The class of a vector up to sign, and whether the vector is its class's representative."""
    turns = [(value, whole or name == OFFSET) for value, (_, name) in zip(vector, keys, strict=True)]
    own = leads_positive(turns)
    return (vector if own else opposite(vector, keys, whole)), own


def leads_positive(values: Iterable[tuple[Exact, bool]]) -> bool:
    """Whether the first term that a change of sign changes is positive, or there is none.

    With each value: whether whole turns do not count in it, so that pi is its own opposite.
    """
    for value, whole in values:
        for monomial, coefficient in value.terms:
            half_turn = whole and coefficient == 1 and (monomial,) == PI_MONOMIAL
            if not half_turn:
                return coefficient > 0
    return True
