"""The verdict: decided, certified, checked, and only then said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from prover import checker
from prover.claims.claim import Claim
from prover.claims.decide import Decision, decide
from prover.claims.relation import EXIT_CODES, Outcome, Relation, Strength, outcome
from prover.claims.solver import Solver
from prover.errors import EXIT_INTERNAL, EvidenceError
from prover.exact.number import Exact
from prover.exact.storing import StoredNumber
from prover.kernels.numeric import Confirmation, confirm
from prover.verdicts.certificate import write_certificates


class Found(Enum):
    """What came of the search for reals that round to the stored numbers and lead to more than the exact answer."""

    CHOICE = "a choice"
    NONE_EXISTS = "there is none"
    NONE_FOUND = "none was found"


@dataclass(frozen=True, slots=True)
class AsStored:
    """How stored numbers were taken. With a choice the verdict is as stored; else it is of the numbers as they are.

    `numbers`: each with the real chosen for it, if one was. `exactly`: parameters that only stand for themselves.
    `farther`: of what is different, how many ulps would be enough for which better verdict, if a few are.
    """

    found: Found
    ulps: int
    numbers: tuple[tuple[StoredNumber, Exact | None], ...]
    exactly: tuple[str, ...]
    farther: tuple[int, Outcome] | None = None

    @property
    def is_proved(self) -> bool:
        """Whether the certificate is about open numbers: of the choice, or that there is none."""
        return self.found is not Found.NONE_FOUND

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of what is stored, each once."""
        return tuple(dict.fromkeys(number.format.name for number, _ in self.numbers))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said about a claim when nothing above `limit` may be done to the weights; None: not said.

    `as_stored`: None where no number is stored, or an exact answer holds, or none but an exact one was asked for. With
    a choice in it, `claim` and `decision` are those with the choice put in.
    """

    claim: Claim
    limit: Relation | None
    outcome: Outcome
    holds: Relation | None
    fails: Relation | None
    strength: Strength
    decision: Decision
    certificate: str | None
    confirmation: Confirmation
    as_stored: AsStored | None = None

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome] if self.confirmation.passed else EXIT_INTERNAL


def prove(claim: Claim, limit: Relation | None = None, solver: Solver | None = None) -> Verdict:
    """Decide a claim. Raises EvidenceError if the checker rejects what the search found."""
    return prove_alike([claim], limit, solver)[0]


def prove_alike(claims: Sequence[Claim], limit: Relation | None = None, solver: Solver | None = None) -> list[Verdict]:
    """Decide claims that differ in nothing but the names of layouts: one search, a checked certificate for each.

    Raises EvidenceError if the checker rejects what the search found.
    """
    assert all(nameless(claim) == nameless(claims[0]) for claim in claims[1:]), "one search is of one claim"
    decision = decide(claims[0], solver or Solver())
    checked = _certified(claims, decision)
    confirmation = confirmed(claims[0], decision)
    return [
        Verdict(
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
        for claim, (certificate, holds, fails) in zip(claims, checked, strict=True)
    ]


def nameless(claim: Claim) -> Claim:
    """The claim without the names of its layouts, which decide nothing."""
    return replace(claim, source=replace(claim.source, name=""), target=replace(claim.target, name=""))


def _certified(
    claims: Sequence[Claim], decision: Decision
) -> list[tuple[str | None, Relation | None, Relation | None]]:
    if not (decision.holds or decision.fails):
        return [(None, None, None)] * len(claims)
    return [(text, *check_text(text)) for text in write_certificates(claims, decision.holds, decision.fails)]


def confirmed(claim: Claim, decision: Decision) -> Confirmation:
    """Run the kernels on the evidence. Raises EvidenceError if they do not show it."""
    confirmation = confirm(claim, decision.holds, decision.fails, decision.counterexample)
    if not confirmation.passed:
        bad = next(c for c in confirmation.comparisons if not c.passed)
        raise EvidenceError(
            f"the kernels do not confirm the proof ({bad.precision}, {bad.what}: error "
            f"{bad.error:.3g}, tolerance {bad.tolerance:.3g})",
            advice="This is a fault of rope-prover; please report the two specs",
        )
    return confirmation


def check_text(certificate: str, as_stored: bool = False) -> tuple[Relation | None, Relation | None]:
    """Run the checker. Raises EvidenceError with its reason."""
    try:
        found = checker.check(certificate)
    except checker.Rejected as fault:
        raise EvidenceError(f"the checker rejects the evidence: {fault}") from None
    if any(word is not None and word.endswith(checker.AS_STORED) is not as_stored for word in found):
        raise EvidenceError("the evidence is about stored numbers, or is not, and should be otherwise")
    holds, fails = (None if word is None else Relation(word.removesuffix(checker.AS_STORED)) for word in found)
    return holds, fails
