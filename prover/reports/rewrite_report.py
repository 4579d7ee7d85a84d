"""A rewrite as JSON types and as text."""

from __future__ import annotations

from prover.claims.relation import EXIT_CODES, Outcome, Strength
from prover.reports.document import Document, labelled_proof
from prover.reports.text import counted, labelled_text
from prover.reports.theorem_report import JSON, evidence_json, evidence_rows, fixed_parameters, fixed_text
from prover.theorems.induction import Invariant
from prover.theorems.rewrite import Rewrite
from prover.theorems.words import shown
from prover.verdicts.evidence import Evidence

SCHEMA = "rope-prover/rewrite-answer/1"


def rewrite_json(found: Rewrite, evidence: Evidence | None = None) -> JSON:
    """Everything that is known of a rewrite; of one without evidence, that it is the solver's alone."""
    difference = found.difference
    return {
        "schema": SCHEMA,
        "verdict": found.outcome.value,
        "headline": _headline(found),
        "old": found.old.spec,
        "new": found.new.spec,
        "for_all": [v.name for v in found.variables],
        "fixed": {"old": dict(fixed_parameters(found.old)), "new": dict(fixed_parameters(found.new))},
        "hypotheses": [shown(h, found.variables) for h in found.statement.hypotheses],
        "invariant": [invariant_text(found, i) for i in found.invariant],
        "first_difference": None if difference is None else {
            "parameters": difference.text, "pair": difference.pair, "old": difference.old, "new": difference.new,
        },
        "tried": found.tried,
        "questions": found.questions,
        "second_opinion": found.agreement or None,
        "open_question": found.saved or None,
        "reason": found.reason or None,
        **evidence_json(_strength(found, evidence), evidence),
        "exit_code": EXIT_CODES[found.outcome],
    }


def invariant_text(found: Rewrite, invariant: Invariant) -> str:
    """What a carried value is at every pair, and where."""
    where = " and ".join(shown(guard, found.variables) for guard in invariant.guards)
    text = f"{invariant.state} = {shown(invariant.value, found.variables)}"
    return f"{text} where {where}" if where else text


def _strength(found: Rewrite, evidence: Evidence | None) -> Strength:
    """Without a certificate of the whole; of a difference there is that of the one case, if there is no other."""
    if found.outcome is Outcome.EQUIVALENT or (evidence is not None and evidence.certificate):
        return Strength.SOLVER
    return Strength.CHECKED if found.difference else Strength.NONE


def _headline(found: Rewrite) -> str:
    if found.outcome is Outcome.EQUIVALENT:
        return "At every pair, for all sizes, the two do the same."
    if found.difference is not None:
        return f"They differ: at {found.difference.text}, pair {found.difference.pair} is the first."
    return "Neither an invariant that proves them equal nor a difference was found."


def _rows(found: Rewrite, evidence: Evidence | None, path: str | None) -> list[tuple[str, str]]:
    rows = [
        ("old", f"{found.old.spec}  ({found.old.family.title})"),
        ("new", f"{found.new.spec}  ({found.new.family.title})"),
        ("for all", ", ".join(v.name for v in found.variables)),
        ("assuming", "; ".join(shown(h, found.variables) for h in found.statement.hypotheses) or "nothing"),
    ]
    fixed = fixed_text(("old", found.old), ("new", found.new))
    rows += [("at", fixed)] if fixed else []
    if found.outcome is Outcome.EQUIVALENT:
        rows += [("invariant", invariant_text(found, i)) for i in found.invariant]
        if found.invariant:
            rows.append(("base", "the invariant holds at pair 0"))
            rows.append(("step", "if it holds at a pair and there is another one, it holds there"))
        rows.append(("so", "wherever it holds the two turn the same lanes by the same angle"
                     if found.invariant else "the two turn the same lanes by the same angle"))
    if found.difference is not None:
        rows.append(("old", f"pair {found.difference.pair} turns {found.difference.old}"))
        rows.append(("new", f"pair {found.difference.pair} turns {found.difference.new}"))
    rows.append(("proof", f"{counted(found.questions, 'question')} to Z3"
                          + (f"; {found.agreement}" if found.agreement else "")))
    if found.difference is not None:
        rows.append(("numbers", "a certificate that the kernels are not identical at these sizes was accepted"))
    if found.reason:
        rows.append(("open", found.reason))
    rows.append(("tried", f"{counted(found.tried, 'size')} at which they agree, pair by pair in exact numbers"))
    if found.saved:
        rows.append(("saved", f"the question that was left open is in {found.saved}"))
    return [*rows, *evidence_rows(_strength(found, evidence), evidence, path)]


def rewrite_text(found: Rewrite, evidence: Evidence | None = None, path: str | None = None) -> str:
    """Plain text, a label a line. `path`: where the certificate was written, if it was."""
    return labelled_text(f"{found.outcome.value.upper()}: {_headline(found)}", _rows(found, evidence, path))


def rewrite_document(found: Rewrite, evidence: Evidence | None = None, path: str | None = None) -> Document:
    """A pull-request comment."""
    return labelled_proof(f"{found.outcome.value.capitalize()}: {_headline(found)}", _rows(found, evidence, path), path)
