"""The words of a verdict: relation, outcome and strength, and the exit code they lead to.

Whatever is decided, here alone it gets its word and its exit code.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from prover.errors import EXIT_CONVERTIBLE, EXIT_DIFFERENT, EXIT_OK, EXIT_UNDECIDED


class Relation(Enum):
    """The ladder: each rung allows more to be done to the weights than the one before."""

    IDENTICAL = "identical"
    EQUAL_SCORES = "equal-scores"
    PERMUTATION = "permutation"
    PAIR_MAP = "pair-map"
    LINEAR = "linear"

    @property
    def rung(self) -> int:
        return LADDER.index(self)


LADDER = tuple(Relation)

UNTOUCHED = Relation.EQUAL_SCORES
"""The highest rung at which the weights stay as they are."""


class Outcome(Enum):
    """The verdict word.

    equivalent: the kernels can be exchanged as they are, or what the asker allowed holds. convertible:
    only after the weights are changed, and the asker did not say that they may be.
    """

    EQUIVALENT = "equivalent"
    CONVERTIBLE = "convertible"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Strength(Enum):
    """What the verdict rests on."""

    CHECKED = "checked certificate"
    SOLVER = "solver only"
    NUMERIC = "numeric only"
    NONE = "none"


EXIT_CODES = {
    Outcome.EQUIVALENT: EXIT_OK,
    Outcome.CONVERTIBLE: EXIT_CONVERTIBLE,
    Outcome.DIFFERENT: EXIT_DIFFERENT,
    Outcome.UNDECIDED: EXIT_UNDECIDED,
}


def worst_of(outcomes: Collection[Outcome]) -> Outcome:
    """The worst: a difference, then what was not decided, then a change of weights; undecided if there is none."""
    order = (Outcome.DIFFERENT, Outcome.UNDECIDED, Outcome.CONVERTIBLE, Outcome.EQUIVALENT)
    return next((each for each in order if each in outcomes), Outcome.UNDECIDED)


def outcome(holds: Relation | None, fails: Relation | None, limit: Relation | None) -> Outcome:
    """The verdict when nothing above `limit` may be done to the weights; None: the asker did not say.

    `holds` is the lowest rung shown to hold, `fails` the highest shown to fail. Where a change of weights
    is enough and it is not known whether they could stay, there is no word but undecided.
    """
    allowed = UNTOUCHED if limit is None else limit
    if holds is not None and holds.rung <= allowed.rung:
        return Outcome.EQUIVALENT
    if fails is None or fails.rung < allowed.rung:
        return Outcome.UNDECIDED
    if limit is not None or fails is LADDER[-1]:
        return Outcome.DIFFERENT
    return Outcome.UNDECIDED if holds is None else Outcome.CONVERTIBLE
