"""The words of a verdict: relation, outcome and strength, and the exit code they lead to."""

from __future__ import annotations

from enum import Enum

from prover.errors import EXIT_DIFFERENT, EXIT_OK, EXIT_UNDECIDED


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

class Outcome(Enum):
    """The verdict word."""

    EQUIVALENT = "equivalent"
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
    Outcome.DIFFERENT: EXIT_DIFFERENT,
    Outcome.UNDECIDED: EXIT_UNDECIDED,
}


def outcome(holds: Relation | None, fails: Relation | None, limit: Relation) -> Outcome:
    """The verdict when nothing above `limit` may be done to the weights.

    `holds` is the lowest rung shown to hold, `fails` the highest shown to fail.
    """
    if holds is not None and holds.rung <= limit.rung:
        return Outcome.EQUIVALENT
    if fails is not None and fails.rung >= limit.rung:
        return Outcome.DIFFERENT
    return Outcome.UNDECIDED
