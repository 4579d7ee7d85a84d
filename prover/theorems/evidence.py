"""What a theorem rests on: a certificate that the checker of theorems accepted, or solvers alone, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

from prover import checker, theorem_checker
from prover.checker import canonical, digest
from prover.claims.relation import Strength
from prover.claims.solver import Question, Solver
from prover.errors import EvidenceError, UndecidedError
from prover.theorems.certificate import rewrite_certificate, theorem_certificate
from prover.theorems.for_all import Theorem
from prover.theorems.linear_proof import linear_proofs
from prover.theorems.rewrite import Rewrite
from prover.verdicts.evidence import Evidence

BUDGET = 20_000_000
_LOGIC = re.compile(r"\(set-logic (\w+)\)\n")


def evidence_of(
    found: Theorem | Rewrite, solver: Solver, names: tuple[str, str] | None = None, stored: str | None = None
) -> Evidence:
    """The certificate of what was proved for all sizes, checked. `names`: what it calls the two layouts. `stored`: one
    that there is; if it says the same and is accepted, it is taken, with its linear proofs or without.

    Raises EvidenceError if the checker finds that it proves nothing.
    """
    try:
        text = theorem_certificate(found, names) if isinstance(found, Theorem) else rewrite_certificate(found, names)
        if stored is not None and text == without_proofs(stored):
            try:
                return Evidence(checked(stored, solver), stored)
            except (EvidenceError, UndecidedError):
                pass  # the fault is in its proofs
        text, strength = _with_proofs(text, solver)
        return Evidence(strength, text)
    except UndecidedError as fault:
        return Evidence(Strength.SOLVER.value, reason=fault.message)


def without_proofs(text: str) -> str | None:
    """The certificate as it is without linear proofs; None where it is none in canonical form."""
    try:
        root = json.loads(text)
        if canonical(root) != text or root["digest"] != digest(root):
            return None
        root["evidence"].pop("proofs", None)
        return canonical(root | {"digest": digest(root)})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _with_proofs(text: str, solver: Solver) -> tuple[str, str]:
    """The certificate with linear proofs of what solvers were asked, and how strong it is. Raises as `checked`."""
    solve = cache(asked_by(solver))
    found = _accepted(text, solve)
    asked = {theorem_checker.proof_key(each.question): each.linear for each in found.obligations if each.linear}
    if proofs := linear_proofs(asked):
        root = json.loads(text)
        root["evidence"]["proofs"] = proofs
        text = canonical(root | {"digest": digest(root)})
        found = _accepted(text, solve)
    return text, strength_of(found)


def checked(text: str, solver: Solver) -> str:
    """How strong a certificate is, once the checker has accepted it.

    Raises EvidenceError with the checker's reason where it rejects it, UndecidedError where no solver shows a part.
    """
    return strength_of(accepted(text, solver))


def accepted(text: str, solver: Solver) -> theorem_checker.Accepted:
    """The same, with all that the checker says; certificates of instances in it go to theirs. Raises as `checked`."""
    return _accepted(text, asked_by(solver))


def _accepted(text: str, solve: theorem_checker.Solve) -> theorem_checker.Accepted:
    try:
        found = theorem_checker.check(text, solve)
        for instance in json.loads(text)["evidence"]["instances"]:
            checker.check(checker.canonical(instance))
        return found
    except theorem_checker.NotShown as fault:
        raise UndecidedError(f"the checker could not show a part: {fault}") from None
    except (checker.Rejected, theorem_checker.Rejected) as fault:
        raise EvidenceError(f"the checker rejects the evidence: {fault}") from None


def strength_of(found: theorem_checker.Accepted) -> str:
    """The strength in words: how many of the checker's obligations rest on solvers, and on which."""
    by = [each.discharged for each in found.obligations if "unsat" in each.discharged]
    names = [name for key, name in (("z3", "Z3"), ("cvc5", "cvc5")) if by and all(key in each for each in by)]
    if not by:
        return "checked"
    return f"checked, {len(by)} of {len(found.obligations)} obligations by {' and '.join(names) or 'Z3 or cvc5'}"


def asked_by(solver: Solver) -> Callable[[str], dict[str, str]]:
    """How the checker asks: name and word of each solver."""
    def solve(text: str) -> dict[str, str]:
        comment, body = text.split("\n", 1)
        logic = _LOGIC.search(body)
        question = Question(
            "obligation", comment.removeprefix("; "), "unsat: what the checker of theorems has to show is shown.",
            _LOGIC.sub("", body, count=1), budget=BUDGET, logic=logic[1] if logic else "ALL", of_word=True,
        )
        word = solver.ask(question).word
        said = {"z3": word}
        return said | {"cvc5": solver.asked[-1][2]} if solver.second else said

    return solve
