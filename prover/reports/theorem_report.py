"""A theorem as JSON types, as text and as Markdown."""

from __future__ import annotations

from typing import Any

from prover.claims.relation import EXIT_CODES, UNTOUCHED, Outcome, Relation, Strength, outcome
from prover.language.formula import formula
from prover.reports.document import Document, labelled_proof
from prover.reports.text import counted, labelled_text, written_words
from prover.theorems.for_all import Theorem
from prover.theorems.instance import Instance, point_text
from prover.theorems.symbolic import SymbolicLayout
from prover.theorems.theorem import Scope
from prover.theorems.variables import Variable
from prover.theorems.words import shown
from prover.verdicts.evidence import Evidence

JSON = dict[str, Any]
SCHEMA = "rope-prover/theorem-answer/1"
_RUNGS = {
    Relation.IDENTICAL: "the two kernels are identical, lane by lane, at every position",
    Relation.EQUAL_SCORES: "the scores are equal with the weights as they are",
    Relation.PERMUTATION: "one fixed permutation of the rows of W_q and W_k makes the scores equal",
    Relation.PAIR_MAP: "one fixed 2x2 map per pair makes the scores equal",
}
_CHANGES = {
    Relation.PERMUTATION: "the rows of W_q and W_k are permuted",
    Relation.PAIR_MAP: "the rows of W_q and W_k are permuted and scaled",
}


def theorem_json(found: Theorem, evidence: Evidence | None = None) -> JSON:
    """Everything that is known of a theorem; of one without evidence, that it is the solver's alone."""
    statement, answer = found.statement, found.answer
    form = found.form
    return {
        "schema": SCHEMA,
        "verdict": found.outcome.value,
        "headline": first_line(found) if _condition_first(found) else headline(found),
        "exit_code": EXIT_CODES[found.outcome],
        "limit": found.limit and found.limit.value,
        "source": statement.source.spec,
        "target": statement.target.spec,
        "titles": {"source": statement.source.family.title, "target": statement.target.family.title},
        "feeds": [feed.name for feed in statement.feeds],
        "for_all": [
            {"name": v.name, "kind": _kind(v), "entries": len(v.symbols) if v.is_list else None}
            for v in statement.variables
        ],
        "fixed": {side: dict(fixed_parameters(getattr(statement, side))) for side in ("source", "target")},
        "hypotheses": [shown(h, statement.variables) for h in statement.hypotheses],
        "not_needed": list(found.unneeded),
        "scope": answer.scope.value,
        "condition": [shown(c, statement.variables) for c in answer.condition],
        "relation": found.relation.value if found.relation else None,
        "condition_of": Relation.IDENTICAL.value if found.is_identity else Relation.LINEAR.value,
        "differ": answer.differ or None,
        "reason": answer.reason or None,
        "witness": None if form is None else {
            "source_lane": formula(form.source_lane), "reshape": form.reshape or None,
            "own_inverse_at": form.own_inverse or None,
        },
        "rung_below_fails_at": _instance(found.below),
        "smallest_difference": _instance(found.smallest),
        "is_smallest": _is_smallest(found) if found.smallest else None,
        "smallest_for": _given(found) or None if found.smallest else None,
        "tried": {"equal": found.tried[0], "different": found.tried[1], "checked": found.checked},
        "equal_up_to_bound": {
            "bound": found.bound, "points": list(found.listed), "undecided": list(found.undecided),
            "pattern": found.pattern or None,
        } if found.bound else None,
        "questions": found.questions,
        "second_opinion": found.agreement or None,
        "open_question": found.saved or None,
        **evidence_json(_strength(found), evidence),
    }


def evidence_json(alone: Strength, evidence: Evidence | None) -> JSON:
    """What is said rests on this. `alone`: the strength without a certificate for all sizes."""
    proved = evidence if alone is Strength.SOLVER else None
    return {
        "strength": proved.strength if proved else alone.value,
        "strength_reason": (proved.reason or None) if proved else None,
        "certificate": proved.digest if proved else None,
    }


def evidence_rows(alone: Strength, evidence: Evidence | None, path: str | None) -> list[tuple[str, str]]:
    """The same in lines. `path`: where a certificate was written, if one was."""
    proved = evidence if alone is Strength.SOLVER else None
    if proved is None or proved.certificate is None:
        why = f": {proved.reason}" if proved and proved.reason else ""
        written = [("written", f"the certificate of the case above: {path}")] if path else []
        return [("strength", f"{alone.value}{why}"), *written]
    return [("strength", proved.strength),
            ("checked", f"{proved.digest}, accepted by the checker of theorems{written_words(path)}")]


def fixed_parameters(layout: SymbolicLayout) -> list[tuple[str, str]]:
    """Names and values of the parameters that a layout reads and that stay as they are: nothing is said of others."""
    found = []
    for name, value in layout.parameters:
        entries = value if isinstance(value, tuple) else (value,)
        if not any(e.free_symbols for e in entries):
            found.append((name, ",".join(map(formula, entries)) or "[]"))
    return sorted(found)


def fixed_text(first: tuple[str, SymbolicLayout], second: tuple[str, SymbolicLayout]) -> str:
    """NAME=VALUE for all of both sides; which side it is of, where the other does not have it too."""
    ours, theirs = (fixed_parameters(layout) for _, layout in (first, second))
    texts = [f"{name}={value}{'' if (name, value) in theirs else f' in the {first[0]}'}" for name, value in ours]
    texts += [f"{name}={value} in the {second[0]}" for name, value in theirs if (name, value) not in ours]
    return "; ".join(texts)


def _kind(variable: Variable) -> str:
    """Numbers are rational: what a config holds is, and of no two such frequencies do whole turns hide a difference."""
    return "whole" if variable.is_whole else "rational"


def _instance(at: Instance | None) -> JSON | None:
    if at is None:
        return None
    verdict = at.verdict
    return {
        "parameters": at.text, "pair": at.pair, "source": at.source, "target": at.target,
        "verdict": verdict.outcome.value, "relation": verdict.holds.value if verdict.holds else None,
        "strength": verdict.strength.value,
    }


def _is_smallest(found: Theorem) -> bool:
    """Only whole numbers have a smallest one; the reals among the parameters are given."""
    return found.is_least and any(v.is_whole for v in found.statement.variables)


def _given(found: Theorem) -> str:
    """The real parameters of the smallest difference, as NAME=VALUE."""
    return point_text(found.statement, found.smallest.point, whole=False) if found.smallest else ""


def _strength(found: Theorem) -> Strength:
    if found.answer.scope is not Scope.OPEN:
        return Strength.SOLVER
    return Strength.CHECKED if found.outcome is Outcome.DIFFERENT else Strength.NONE


def headline(found: Theorem) -> str:
    """The answer in one sentence, the first word apart."""
    answer = found.answer
    if answer.scope is Scope.ALWAYS and found.relation is not None:
        return _always(found, found.relation)
    if answer.scope is Scope.NEVER and found.is_identity:
        return "For no parameters that the hypotheses allow are the two kernels identical, lane by lane."
    if answer.scope is Scope.NEVER:
        return "For no parameters that the hypotheses allow does a fixed change of W_q and W_k make them equal."
    if answer.scope is Scope.SOMETIMES:
        return f"Not for all parameters: they are {_same(found)} exactly where {condition_text(found)}."
    if found.for_condition:
        known = "; at some they differ" if found.smallest is not None else ""
        return f"No condition was found under which the two are {_same(found)}{known}."
    if found.outcome is Outcome.DIFFERENT:
        return "Not for all parameters; for which is left open."
    return "Neither a proof for all parameters nor a counterexample was found."


def _same(found: Theorem) -> str:
    return "identical" if found.is_identity else "equal"


def _always(found: Theorem, relation: Relation) -> str:
    for_all = "For all parameters that the hypotheses allow"
    if found.outcome is Outcome.DIFFERENT:
        return f"Not for all parameters without more: what holds for all is that {_RUNGS[relation]}."
    if found.outcome is Outcome.UNDECIDED:
        less = f"'{found.limit.value}' would do" if found.limit else "the weights could stay as they are"
        return f"{for_all}, {_RUNGS[relation]}; whether {less} is left open."
    if relation.rung <= UNTOUCHED.rung:
        return f"{for_all}, {_RUNGS[relation]}."
    allowed = f", which --relation {found.limit.value} allows" if found.limit else ""
    return f"{for_all} the scores are equal, only after {_CHANGES[relation]}{allowed}."


def _condition_first(found: Theorem) -> bool:
    return found.for_condition and found.answer.scope is Scope.SOMETIMES and found.relation is not None


def first_line(found: Theorem) -> str:
    """The verdict word and the sentence; to a question for the condition, the condition first."""
    if _condition_first(found) and found.is_identity:
        return f"IDENTICAL EXACTLY WHERE {condition_text(found)}; not for any other parameters."
    if _condition_first(found) and found.relation is not None:
        there = outcome(found.relation, found.below.verdict.fails if found.below else None, None)
        word = there.value.upper() if there is not Outcome.UNDECIDED else "EQUIVALENT OR CONVERTIBLE"
        after = "" if there is Outcome.EQUIVALENT else f", once {_CHANGES[found.relation]}"
        return f"{word} EXACTLY WHERE {condition_text(found)}{after}; different for all other parameters."
    return f"{found.outcome.value.upper()}: {headline(found)}"


def condition_text(found: Theorem) -> str:
    """The condition as one expression of the layout language."""
    return " and ".join(shown(c, found.statement.variables) for c in found.answer.condition) or "True"


def _rows(found: Theorem) -> list[tuple[str, str]]:
    """Label and text of everything worth a line."""
    statement, answer = found.statement, found.answer
    names = ", ".join(
        f"{v.name} ({_kind(v)}{f', {len(v.symbols)} entries' if v.is_list else ''})"
        for v in statement.variables
    )
    assumed = [shown(h, statement.variables) for h in statement.hypotheses]
    rows = [("for all", names), ("assuming", "; ".join(assumed) or "nothing")]
    fixed = fixed_text(("source", statement.source), ("target", statement.target))
    rows += [("at", fixed)] if fixed else []
    rows += [("unneeded", f"the answer is the same without {text}") for text in found.unneeded]
    if _condition_first(found):
        rows.append(("of all", f"{found.outcome.value}: not {_same(found)} for all parameters that were asked about"))
    if answer.scope is Scope.SOMETIMES:
        rows.append(("identical if" if found.is_identity else "equal if", condition_text(found)))
        rows.append(("otherwise", "some lane differs; whether a change of weights would help was not asked"
                     if found.is_identity else "no fixed linear map of any kind makes them equal"))
    if found.relation is not None and not found.is_identity:
        where = " where they are equal" if answer.scope is Scope.SOMETIMES else ""
        allowed = f"; --relation {found.limit.value} was allowed" if found.limit else ""
        rows.append(("relation", f"{found.relation.value}{where}{allowed}"))
    if found.below is not None:
        rows.append(("below", f"at {found.below.text} nothing lower than {found.below.verdict.holds.value} holds"
                              if found.below.verdict.holds else ""))
    if answer.differ:
        rows.append(("differ", answer.differ))
    if answer.reason:
        rows.append(("open", answer.reason))
    if found.form is not None:
        rows.append(("weights", f"row lane of the target's is row {formula(found.form.source_lane)} of the source's"))
        if found.form.reshape:
            rows.append(("weights", f"that is, for the n = n_rot rows R of one head that rotate: {found.form.reshape}"))
        if found.form.own_inverse:
            rows.append(("weights", f"it is its own inverse at {found.form.own_inverse}"))
    if found.relation is not None and found.relation.rung > UNTOUCHED.rung:
        rows.append(("weights", "prove at given sizes prints the code, and what becomes of biases, norms, LoRA"))
    if found.smallest is not None:
        least = found.smallest
        pair = "" if least.pair is None else f"; pair {least.pair} differs"
        label = "smallest" if _is_smallest(found) else "one case"
        at = least.text
        if label == "smallest" and _given(found):
            at = f"{point_text(statement, least.point, whole=True)} for {_given(found)}"
        rows.append((label, f"different at {at}{pair} ({least.verdict.strength.value})"))
        rows.append(("", f"rope-prover prove {least.source} {least.target}"
                     + "".join(f' --feed "{feed}"' for feed in found.feeds)))
    if found.bound:
        rows.append(("equal at", "; ".join(found.listed) or "no parameters"))
        rows.append(("", f"of all whole numbers from 0 to {found.bound} that both layouts take, each decided alone"))
        if found.pattern:
            rows.append(("", f"of these, exactly where {found.pattern}; beyond {found.bound} nothing is proved"))
        rows += [("undecided", f"at {'; '.join(found.undecided)}")] if found.undecided else []
    rows.append(("proof", f"{counted(found.questions, 'question')} to Z3"
                          + (f"; {found.agreement}" if found.agreement else "")))
    if sum(found.tried):
        rows.append(("tried", f"the concrete engine agrees at {counted(found.tried[0], 'point')} where they should "
                              f"be equal and {found.tried[1]} where not, at {found.checked} of them with a checked "
                              "certificate"))
    if found.saved:
        rows.append(("saved", f"the question that was left open is in {found.saved}"))
    return rows


def _all_rows(found: Theorem, evidence: Evidence | None, path: str | None) -> list[tuple[str, str]]:
    statement = found.statement
    return [
        ("source", f"{statement.source.spec}  ({statement.source.family.title})"),
        ("target", f"{statement.target.spec}  ({statement.target.family.title})"),
        ("feeds", ", ".join(feed.name for feed in statement.feeds)),
        *_rows(found), *evidence_rows(_strength(found), evidence, path),
    ]


def theorem_text(found: Theorem, evidence: Evidence | None = None, path: str | None = None) -> str:
    """Plain text, a label a line. `path`: where the certificate was written, if it was."""
    return labelled_text(first_line(found), _all_rows(found, evidence, path))


def theorem_document(found: Theorem, evidence: Evidence | None = None, path: str | None = None) -> Document:
    """A pull-request comment."""
    word, colon, rest = first_line(found).partition(":" if not _condition_first(found) else " EXACTLY WHERE")
    return labelled_proof(f"{word.capitalize()}{colon.lower()}{rest}", _all_rows(found, evidence, path), path)
