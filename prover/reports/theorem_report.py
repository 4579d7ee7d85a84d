"""A theorem as JSON types, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from prover.claims.relation import Outcome, Relation, Strength
from prover.language.formula import formula
from prover.reports.text import labelled_markdown, labelled_text
from prover.theorems.for_all import Theorem
from prover.theorems.instance import Instance
from prover.theorems.symbolic import Variable
from prover.theorems.theorem import Scope

JSON = dict[str, Any]
SCHEMA = "rope-prover/theorem/1"
_RUNGS = {
    Relation.IDENTICAL: "the two kernels are identical, lane by lane, at every position",
    Relation.EQUAL_SCORES: "the scores are equal with the weights as they are",
    Relation.PERMUTATION: "one fixed permutation of the rows of W_q and W_k makes the scores equal",
    Relation.PAIR_MAP: "one fixed 2x2 map per pair makes the scores equal",
}


def theorem_json(found: Theorem) -> JSON:
    """Everything that is known of a theorem."""
    statement, answer = found.statement, found.answer
    form = found.form
    return {
        "schema": SCHEMA,
        "verdict": found.outcome.value,
        "headline": headline(found),
        "source": statement.source.spec,
        "target": statement.target.spec,
        "titles": {"source": statement.source.family.title, "target": statement.target.family.title},
        "feeds": [feed.name for feed in statement.feeds],
        "for_all": [
            {"name": v.name, "kind": _kind(v), "entries": len(v.symbols) if v.is_list else None}
            for v in statement.variables
        ],
        "hypotheses": [shown(h, statement.variables) for h in statement.hypotheses],
        "not_needed": list(found.unneeded),
        "scope": answer.scope.value,
        "condition": [shown(c, statement.variables) for c in answer.condition],
        "relation": found.relation.value if found.relation else None,
        "differ": answer.differ or None,
        "reason": answer.reason or None,
        "witness": None if form is None else {
            "source_lane": formula(form.source_lane), "reshape": form.reshape or None,
            "own_inverse_at": form.own_inverse or None,
        },
        "rung_below_fails_at": _instance(found.below),
        "smallest_difference": _instance(found.smallest),
        "is_smallest": found.is_least if found.smallest else None,
        "tried": {"equal": found.tried[0], "different": found.tried[1], "checked": found.checked},
        "equal_up_to_bound": {"bound": found.bound, "points": list(found.listed)} if found.bound else None,
        "questions": found.questions,
        "second_opinion": found.agreement or None,
        "open_question": found.saved or None,
        "strength": _strength(found).value,
    }


def shown(e: sympy.Basic, variables: Sequence[Variable]) -> str:
    """An expression as text, with the sum and the least entry of a list written as such."""
    text = formula(e)
    for variable in variables:
        if variable.is_list and len(variable.symbols) > 1:
            names = [s.name for s in variable.symbols]
            total = f"sum({variable.name})"
            text = text.replace(" + ".join(names), total).replace(f"({total})", total)
            text = text.replace(f"min({', '.join(names)})", f"min({variable.name})")
    return text[1:-1] if isinstance(e, sympy.Mod | sympy.floor) and text.startswith("(") else text


def _kind(variable: Variable) -> str:
    """Numbers are algebraic: only of these is it known that no two frequencies differ by whole turns."""
    return "whole" if variable.is_whole else "algebraic"


def _instance(at: Instance | None) -> JSON | None:
    if at is None:
        return None
    verdict = at.verdict
    return {
        "parameters": at.text, "pair": at.pair, "source": at.source, "target": at.target,
        "verdict": verdict.outcome.value, "relation": verdict.holds.value if verdict.holds else None,
        "strength": verdict.strength.value,
    }


def _strength(found: Theorem) -> Strength:
    if found.answer.scope is not Scope.OPEN:
        return Strength.SOLVER
    return Strength.CHECKED if found.outcome is Outcome.DIFFERENT else Strength.NONE


def headline(found: Theorem) -> str:
    """The answer in one sentence."""
    answer = found.answer
    if found.outcome is Outcome.EQUIVALENT and found.relation is not None:
        return f"For all parameters that the hypotheses allow, {_RUNGS[found.relation]}."
    if answer.scope is Scope.NEVER:
        return "For no parameters that the hypotheses allow does a fixed change of W_q and W_k make them equal."
    if found.outcome is Outcome.UNDECIDED and found.relation is not None:
        return f"What holds for all is that {_RUNGS[found.relation]}; whether {found.limit.value} does is left open."
    if answer.scope is Scope.ALWAYS and found.relation is not None:
        return f"Not for all parameters without more: what holds for all is that {_RUNGS[found.relation]}."
    if answer.scope is Scope.SOMETIMES:
        return f"Not for all parameters: they are equal exactly where {condition_text(found)}."
    if found.outcome is Outcome.DIFFERENT:
        return "Not for all parameters; for which is left open."
    return "Neither a proof for all parameters nor a counterexample was found."


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
    rows += [("unneeded", f"the answer is the same without {text}") for text in found.unneeded]
    if answer.scope is Scope.SOMETIMES:
        rows.append(("equal if", condition_text(found)))
        rows.append(("otherwise", "no fixed linear map of any kind makes them equal"))
    if found.relation is not None:
        where = " where they are equal" if answer.scope is Scope.SOMETIMES else ""
        rows.append(("relation", f"{found.relation.value}{where}"))
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
    if found.smallest is not None:
        least = found.smallest
        pair = "" if least.pair is None else f"; pair {least.pair} differs"
        label = "smallest" if found.is_least else "one case"
        rows.append((label, f"different at {least.text}{pair} ({least.verdict.strength.value})"))
        rows.append(("", f"rope-prover prove {least.source} {least.target}"
                     + "".join(f' --feed "{feed}"' for feed in found.feeds)))
    if found.bound:
        rows.append(("equal at", "; ".join(found.listed) or "no parameters"))
        rows.append(("", f"of all whole numbers from 0 to {found.bound}, each decided by itself"))
    rows.append(("proof", f"{found.questions} questions to Z3" + (f"; {found.agreement}" if found.agreement else "")))
    if sum(found.tried):
        rows.append(("tried", f"the concrete engine agrees at {found.tried[0]} points where they should be equal and "
                              f"{found.tried[1]} where not, at {found.checked} of them with a checked certificate"))
    if found.saved:
        rows.append(("saved", f"the question that was left open is in {found.saved}"))
    rows.append(("strength", _strength(found).value))
    return rows


def _all_rows(found: Theorem) -> list[tuple[str, str]]:
    statement = found.statement
    return [
        ("source", f"{statement.source.spec}  ({statement.source.family.title})"),
        ("target", f"{statement.target.spec}  ({statement.target.family.title})"),
        ("feeds", ", ".join(feed.name for feed in statement.feeds)),
        *_rows(found),
    ]


def theorem_text(found: Theorem) -> str:
    """Plain text, a label a line."""
    return labelled_text(f"{found.outcome.value.upper()}: {headline(found)}", _all_rows(found))


def theorem_markdown(found: Theorem) -> str:
    """A pull-request comment."""
    return labelled_markdown(f"{found.outcome.value.capitalize()}: {headline(found)}", _all_rows(found))
