"""The verdict: decided, certified, checked, and only then said."""

from __future__ import annotations

from dataclasses import dataclass

from prover import checker
from prover.claims.claim import Claim
from prover.claims.decide import Decision, decide
from prover.claims.relation import EXIT_CODES, Outcome, Relation, Strength, outcome
from prover.claims.solver import Solver
from prover.errors import EXIT_INTERNAL, EvidenceError
from prover.kernels.numeric import Confirmation, confirm
from prover.verdicts.certificate import write_certificate


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said about a claim when nothing above `limit` may be done to the weights; None: not said."""

    claim: Claim
    limit: Relation | None
    outcome: Outcome
    holds: Relation | None
    fails: Relation | None
    strength: Strength
    decision: Decision
    certificate: str | None
    confirmation: Confirmation

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome] if self.confirmation.passed else EXIT_INTERNAL


def prove(claim: Claim, limit: Relation | None = None, solver: Solver | None = None) -> Verdict:
    """Decide a claim. Raises EvidenceError if the checker rejects what the search found."""
    decision = decide(claim, solver or Solver())
    certificate = None
    holds = fails = None
    if decision.holds or decision.fails:
        certificate = write_certificate(claim, decision.holds, decision.fails)
        holds, fails = check_text(certificate)
    confirmation = confirm(claim, decision.holds, decision.fails, decision.counterexample)
    if not confirmation.passed:
        bad = next(c for c in confirmation.comparisons if not c.passed)
        raise EvidenceError(
            f"the kernels do not confirm the proof ({bad.precision}, {bad.what}: error "
            f"{bad.error:.3g}, tolerance {bad.tolerance:.3g})",
            advice="This is a fault of rope-prover; please report the two specs",
        )
    return Verdict(
        claim,
        limit,
        outcome(holds, fails, limit),
        holds,
        fails,
        Strength.CHECKED if certificate else Strength.NONE,
        decision,
        certificate,
        confirmation,
    )


def check_text(certificate: str) -> tuple[Relation | None, Relation | None]:
    """Run the checker. Raises EvidenceError with its reason."""
    try:
        holds, fails = checker.check(certificate)
    except checker.Rejected as fault:
        raise EvidenceError(f"the checker rejects the evidence: {fault}") from None
    return Relation(holds) if holds else None, Relation(fails) if fails else None
