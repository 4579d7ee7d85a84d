"""Evidence: a witness, or a refutation at one position with two disjoint intervals.

Every refutation kind is a number that a rung of the ladder leaves unchanged:

- entry:  K(p)[row, column], unchanged if the kernels are identical;
- score:  M(p, p')[a, b], the score of one-hot q and k, unchanged if scores are equal;
- trace:  tr(G**(power + 1) D(p)) with G the squared magnitudes. Power -1 is unchanged under every
          linear map, higher powers under every permutation;
- not-relative: a score of one side at two token pairs with the same difference. It is unchanged
          for a rotation, so a side where it changes is linked to no rotation by any linear map.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.claims.relation import Relation

Bounds = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Token:
    """A token: which feed it comes through and its coordinates."""

    feed: int
    position: tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """W_target_rows = W_source_rows[permutation]; under pair-map each target lane is also scaled

    by the source pair's magnitude over the target pair's.
    """

    relation: Relation
    permutation: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EntryRefutation:
    """The kernels' entry at lanes (row, column) differs at a token."""

    row: int
    column: int
    token: Token
    source: Bounds
    target: Bounds
    relation: Relation = Relation.IDENTICAL


@dataclass(frozen=True, slots=True)
class ScoreRefutation:
    """The score of q one-hot at lane `query_lane` and k one-hot at `key_lane` differs."""

    query_lane: int
    key_lane: int
    query: Token
    key: Token
    source: Bounds
    target: Bounds
    relation: Relation = Relation.EQUAL_SCORES


@dataclass(frozen=True, slots=True)
class TraceRefutation:
    """The (weighted) traces differ at a stacked position: coordinates per feed, offsets as "1"."""

    relation: Relation
    power: int
    position: tuple[tuple[tuple[str, Fraction], ...], ...]
    source: Bounds
    target: Bounds


@dataclass(frozen=True, slots=True)
class NotRelativeRefutation:
    """One side's score changes between two token pairs of equal difference; the other's cannot."""

    side: str
    query_lane: int
    key_lane: int
    tokens: tuple[Token, Token, Token, Token]
    first: Bounds
    second: Bounds
    relation: Relation = Relation.LINEAR


Refutation = EntryRefutation | ScoreRefutation | TraceRefutation | NotRelativeRefutation
