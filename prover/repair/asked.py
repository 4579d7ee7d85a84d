"""What is asked about the cause of a difference, and what a cause is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.claims.claim import Claim, make_claim
from prover.claims.evidence import Witness
from prover.claims.opened import shown_relation
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.layouts.loading import Loaded
from prover.repair.facts import Fact
from prover.repair.laws import Applied
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.certificate import write_certificate
from prover.verdicts.verdict import check_text

MAX_FACTS, MAX_TOLD = 3, 3


@dataclass(frozen=True, slots=True)
class Proved:
    """The relation that is proved of two sides, and the text of the certificate that the checker accepted."""

    relation: Relation
    certificate: str | None


def one_kernel(claim: Claim) -> Proved:
    """The proof that two equal tables are one kernel, for which nothing is searched. Raises EvidenceError."""
    text = write_certificate(claim, Witness(Relation.IDENTICAL, tuple(range(claim.source.width))), None)
    check_text(text)
    return Proved(Relation.IDENTICAL, text)


@dataclass(frozen=True, slots=True)
class Cause:
    """Facts with which the target would be as the source needs it, and the relation that is proved of it then.

    `is_lost`: the facts are the source's, and the target is what the source would be with them. `spec`: the side that
    is changed, with them, None where a law changes it too; `proof`: of that relation. `laws`: what no parameter says.
    `is_alone`: of the layouts alone, what is beside them staying unlike or unknown.
    """

    facts: tuple[Fact, ...]
    spec: str | None
    is_lost: bool
    proof: Proved
    laws: tuple[Applied, ...] = ()
    is_alone: bool = False

    @property
    def relation(self) -> Relation:
        """What is proved once all is changed."""
        return self.proof.relation

    @property
    def certificate(self) -> str | None:
        """The checked text of that proof."""
        return self.proof.certificate


@dataclass(frozen=True, slots=True)
class Asked:
    """Two sides, the relation that a cause has to leave, the feeds, and the ulps of stored numbers."""

    source: Loaded
    target: Loaded
    wanted: Relation
    feeds: Sequence[str]
    ulps: int | None

    @property
    def claim(self) -> Claim:
        """The claim about the two. Raises InputError."""
        return make_claim(self.source, self.target, self.feeds)

    def suffices(self, relation: Relation | None) -> bool:
        """Whether no more than what is wanted is left."""
        return relation is not None and relation.rung <= self.wanted.rung

    def shown(self) -> Relation | None:
        """The relation that a quick look shows, if it suffices."""
        try:
            found = shown_relation(self.claim)
        except ProverError:
            return None
        return found if self.suffices(found) else None

    def proved(self) -> Proved | None:
        """What is proved of the two, if it suffices."""
        try:
            if (claim := self.claim).is_of_one_table:
                return one_kernel(claim)
            found = prove_loaded(self.source, self.target, self.feeds, None, Solver(), self.ulps)
        except ProverError:
            return None
        return Proved(found.holds, found.certificate) if found.holds and self.suffices(found.holds) else None
