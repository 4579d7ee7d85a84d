"""For which parameters a repair by moved rows and factors exists, as JSON types and as text."""

from __future__ import annotations

from typing import Any

import sympy

from prover.claims.relation import EXIT_CODES, Outcome, Strength
from prover.repair.reach import Ray, Reach
from prover.reports.document import Document, labelled
from prover.reports.text import labelled_text
from prover.reports.theorem_report import fixed_text
from prover.theorems.theorem import Scope
from prover.theorems.words import shown

SCHEMA = "rope-prover/reach/1"
JSON = dict[str, Any]
_OUTCOMES = {
    Scope.ALWAYS: Outcome.CONVERTIBLE, Scope.SOMETIMES: Outcome.DIFFERENT, Scope.NEVER: Outcome.DIFFERENT,
    Scope.OPEN: Outcome.UNDECIDED,
}


def reach_outcome(found: Reach) -> Outcome:
    """Convertible if a repair exists for all parameters, different if not for all, undecided if that is open."""
    return _OUTCOMES[found.scope]


def reach_json(found: Reach) -> JSON:
    """Everything that is known of the theorem."""
    statement, variables = found.statement, found.statement.variables
    outcome = reach_outcome(found)
    return {
        "schema": SCHEMA,
        "verdict": outcome.value,
        "headline": reach_headline(found),
        "exit_code": EXIT_CODES[outcome],
        "source": statement.source.spec,
        "target": statement.target.spec,
        "feeds": [feed.name for feed in statement.feeds],
        "for_all": [variable.name for variable in variables],
        "hypotheses": [shown(each, variables) for each in statement.hypotheses],
        "scope": found.scope.value,
        "condition": [shown(clause, variables) for clause in found.condition],
        "counts": [
            {"ray": _ray(count.ray), "source": shown(count.source, variables), "target": shown(count.target, variables)}
            for count in found.counts
        ],
        "rows_are_scaled_too": found.is_scaled,
        "tried": {"factors": found.tried[0], "none": found.tried[1]},
        "reason": found.reason or None,
        "strength": (Strength.NONE if found.scope is Scope.OPEN else Strength.SOLVER).value,
    }


def _ray(ray: Ray) -> str:
    return ", ".join(f"{key.partition(':')[2]}{'' if ratio == 1 else f' times {ratio}'}" for key, ratio in ray)


def _changes(found: Reach) -> str:
    return f"moved rows{', scaled rows' if found.is_scaled else ''} and frequency factors"


def reach_headline(found: Reach) -> str:
    """The answer in a sentence."""
    changes = _changes(found)
    if found.scope is Scope.ALWAYS:
        return f"For all parameters that the hypotheses allow, the target computes the source with {changes}."
    if found.scope is Scope.NEVER:
        return f"For no parameters that the hypotheses allow does the target compute the source with {changes}."
    if found.scope is Scope.SOMETIMES:
        return f"With {changes} the target computes the source exactly where {_condition(found)}."
    return f"It is not known for which parameters the target computes the source with {changes}."


def _condition(found: Reach) -> str:
    return " and ".join(shown(clause, found.statement.variables) for clause in found.condition)


def _rows(found: Reach) -> list[tuple[str, str]]:
    statement, variables = found.statement, found.statement.variables
    rows = [
        ("source", f"{statement.source.spec}  ({statement.source.family.title})"),
        ("target", f"{statement.target.spec}  ({statement.target.family.title})"),
        ("feeds", ", ".join(feed.name for feed in statement.feeds)),
        ("for all", ", ".join(variable.name for variable in variables)),
        ("assuming", "; ".join(shown(each, variables) for each in statement.hypotheses) or "nothing"),
    ]
    fixed = fixed_text(("source", statement.source), ("target", statement.target))
    rows += [("at", fixed)] if fixed else []
    rows += [("pairs", f"with {_ray(count.ray)}: {shown(count.source, variables)} of the source, "
                       f"{shown(count.target, variables)} of the target") for count in found.counts]
    if found.scope is not Scope.OPEN:
        rows.append(("why", "a factor changes how fast a pair turns, not with what: both sides need as many pairs with "
                            "each axis; factors that make a pair turn by whole turns are left out, since in floats it "
                            "drifts"))
        rows.append(("tried", f"the concrete engine finds factors at {found.tried[0]} points where there should be "
                              f"some, and that there are none at {found.tried[1]}"))
    rows += [("open", found.reason)] if found.reason else []
    rows += [("try", text) for text in _hints(found)]
    rows.append(("strength", reach_json(found)["strength"]))
    return rows


def _hints(found: Reach) -> list[str]:
    """Where it is open: lists whose sum is not assumed to be any number."""
    statement = found.statement
    return [
        f'what is missing may be the sum of {each.name}: a hypothesis such as --where "sum({each.name}) == 64" may help'
        for each in statement.variables if found.scope is Scope.OPEN and each.is_list and not any(
            isinstance(given, sympy.Eq) and set(each.symbols) <= given.free_symbols for given in statement.hypotheses)
    ]


def reach_text(found: Reach) -> str:
    """Plain text, a label a line."""
    word = {Scope.ALWAYS: "REPAIR", Scope.SOMETIMES: "REPAIR FOR SOME", Scope.NEVER: "NO REPAIR"}.get(
        found.scope, "UNDECIDED")
    return labelled_text(f"{word}: {reach_headline(found)}", _rows(found))


def reach_document(found: Reach) -> Document:
    """A pull-request comment."""
    return labelled(reach_headline(found), _rows(found))
