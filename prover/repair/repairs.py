"""The kinds of change that make a target compute a source, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from prover.claims.claim import Claim
from prover.claims.relation import UNTOUCHED, Outcome, Relation
from prover.errors import InputError
from prover.layouts.family import Limit
from prover.layouts.loading import Loaded
from prover.repair.factors import Factor, choices_with_factors, refuses_factors
from prover.repair.refeed import Fed
from prover.repair.size import Size
from prover.sources.beside import Held
from prover.verdicts.verdict import Verdict

NOTHING = "nothing"


class Kind(Enum):
    """What a repair may change, the least first."""

    PERMUTATION = "permutation"
    MAGNITUDE = "magnitude"
    PARAMETER = "parameter"
    FEED = "feed"
    FACTORS = "factors"


RUNTIME = (Kind.PERMUTATION, Kind.PARAMETER, Kind.FEED, Kind.FACTORS)
"""A permutation, and what a kernel accepts at run time."""


@dataclass(frozen=True, slots=True)
class Set:
    """A parameter of the target: its value as it is, None if it was left out, and as needed, empty to leave it out."""

    name: str
    was: str | None
    needed: str


@dataclass(frozen=True, slots=True)
class Repair:
    """A change of the target, and the verdict of the source against the target so changed.

    `spec`: of the changed target, with factors as they are stored; the verdict is of the exact ones. `lists`: the
    parameters that take the factors, each all of them. `left`: by how much the stored factors differ from the exact
    ones.
    """

    kinds: tuple[Kind, ...]
    spec: str
    verdict: Verdict
    parameters: tuple[Set, ...] = ()
    fed: Fed | None = None
    factors: tuple[Factor, ...] = ()
    lists: tuple[str, ...] = ()
    left: tuple[Claim, Size | None] | None = None
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """A kind of change that was allowed and is not the repair. `proved`: it cannot be one, not only was not found."""

    kind: Kind
    why: str
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Repairs:
    """The verdict as things are, the repair that was found, and what was tried before it.

    `beside`: what acts on the scores beside the layouts, held against each other; its outcome says what comes of it
    with what is allowed. The rest is about the layouts alone.
    """

    verdict: Verdict
    allowed: tuple[Kind, ...]
    found: Repair | None
    closed: tuple[Closed, ...]
    beside: tuple[Held, ...] = ()

    @property
    def final(self) -> Verdict:
        """The verdict of the repair, if one was found; else the one as things are."""
        return self.verdict if self.found is None else self.found.verdict

    @property
    def is_refuted(self) -> bool:
        """Whether it is proved that nothing that is allowed helps."""
        fails = self.verdict.fails  # kernels that are not identical may still score alike
        untouched = fails is not None and fails.rung >= UNTOUCHED.rung
        # A factor beside the layouts may be what their magnitudes differ by.
        may_cancel = self.verdict.holds is Relation.PAIR_MAP and any(
            held.outcome is not Outcome.EQUIVALENT for held in self.beside)
        return self.found is None and untouched and not may_cancel and all(each.proved for each in self.closed)


def allowed_kinds(words: Sequence[str], target: Loaded) -> tuple[Kind, ...]:
    """What may be changed, all if nothing is said.

    Raises InputError for a word that is none, a contradiction, and factors where the target's kernel takes none.
    """
    known = [kind.value for kind in Kind]
    for word in words:
        if word not in (*known, NOTHING):
            raise InputError(f"'{word[:40]}' is nothing that can be changed", where="--allow",
                             advice=f"Write some of {', '.join(known)}, or {NOTHING}")
        if words.count(word) > 1:
            raise InputError(f"'{word}' is given twice", where="--allow")
    if NOTHING in words:
        if len(words) > 1:
            raise InputError(f"'{NOTHING}' contradicts '{next(w for w in words if w != NOTHING)}'", where="--allow",
                             advice="Leave one of them out")
        return ()
    refused = refuses_factors(target.family)
    if Kind.FACTORS.value in words and refused is not None:
        chosen = " or ".join(f":{each}" for each in choices_with_factors(target))
        other = f"the target with {chosen}, where it takes some" if chosen else "a layout that takes factors"
        raise InputError(refused, where="--allow factors", advice=f"Leave it out, or name {other}")
    return tuple(kind for kind in Kind if not words or kind.value in words)
