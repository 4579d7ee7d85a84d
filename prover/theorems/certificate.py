"""Theorem certificates: a statement for all sizes with what it was proved by, as canonical JSON for a checker.

Both layouts stand in it in full, so that it can be checked without any file. No time, no path but those in specs, no
machine: the same theorem gives the same bytes on every run. proofs/README.md says what every field means.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy

from prover.checker import canonical, digest
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import UndecidedError
from prover.language.logic import Condition, all_of, any_of, negation
from prover.language.symbolic import INDEX
from prover.language.symbols import Carried
from prover.layouts.spec import parse_spec
from prover.theorems.elimination import Clause
from prover.theorems.for_all import Theorem
from prover.theorems.induction import Invariant
from prover.theorems.instance import Instance, Point
from prover.theorems.rewrite import Rewrite
from prover.theorems.spare import without_spare
from prover.theorems.stated import stated_layouts, stated_point, stated_variables
from prover.theorems.study import LANE, Statement, Study, make_statement
from prover.theorems.theorem import Rule, Scope
from prover.theorems.variables import Variable, find_variables
from prover.theorems.words import written
from prover.verdicts.certificate import feeds_json

JSON = dict[str, Any]
SCHEMA = "rope-prover/theorem-certificate/1"
ALWAYS, NOWHERE = "0 == 0", "0 == 1"
NOT_ALWAYS, AT_POINT = "not-always", "point"  # the scope and the rule of what differs at given parameters
MAX_CLAUSES = 64


def theorem_certificate(found: Theorem, names: tuple[str, str] | None = None) -> str:
    """The certificate's text. `names`: what the layouts are called in it; their specs if not said.

    Raises UndecidedError where nothing is proved for all sizes, or certificates have no fields for it.
    """
    answer, statement = found.answer, found.statement
    if answer.scope is Scope.OPEN:
        raise UndecidedError("nothing is proved for all sizes")
    # Which rows are permuted is told by the lanes of pairs of the same index where magnitudes differ too.
    form = found.form if found.relation is Relation.PERMUTATION else None
    if form is None and found.relation is Relation.PERMUTATION:
        raise UndecidedError("no closed form of the permutation was found")
    if answer.is_one_by_one and answer.order != INDEX:
        raise UndecidedError("pairs were decided one by one, and are matched in another order")
    variables = statement.variables
    holds, fails = (None if point is None else _point(variables, point) for point in found.points)
    order = "j" if found.relation is None else written(answer.order, variables)
    return _finished(statement, names, {
        "scope": answer.scope.value,
        "condition": [written(c, variables) for c in answer.condition],
        "relation": found.relation and found.relation.value,
        "elsewhere": (Relation.IDENTICAL if found.is_identity else Relation.LINEAR).value,
    }, {
        "order": None if answer.is_one_by_one else order,
        "sign": answer.sign if found.relation is not None else 1,
        "permutation": form and written(form.source_lane, variables, {LANE: "lane"}),
        "refutation": None if answer.scope is Scope.ALWAYS else _refutation(found),
        "invariant": [],
        "points": {"holds": holds, "fails": fails},
        "instances": _instances([found.below, found.smallest], statement, names),
    })


def rewrite_certificate(found: Rewrite, names: tuple[str, str] | None = None) -> str:
    """The same of a rewrite that is right at every pair; of a wrong one, that it is not: parameters and a pair."""
    variables, apart = found.variables, found.difference
    if apart is not None:
        return _finished(found.statement, names, {
            "scope": NOT_ALWAYS, "condition": [], "relation": None, "elsewhere": Relation.IDENTICAL.value,
        }, {
            "order": None, "sign": 1, "permutation": None,
            "refutation": {"rule": AT_POINT, "witness": [[NOWHERE, str(apart.pair)]]}, "invariant": [],
            "points": {"holds": None, "fails": _point(variables, apart.point)}, "instances": [],
        })
    if found.outcome is not Outcome.EQUIVALENT:
        raise UndecidedError("nothing is proved for all sizes")
    return _finished(found.statement, names, {
        "scope": Scope.ALWAYS.value, "condition": [], "relation": Relation.IDENTICAL.value,
        "elsewhere": Relation.IDENTICAL.value,
    }, {
        "order": "j", "sign": 1, "permutation": None, "refutation": None,
        "invariant": [_invariant(each, found) for each in found.invariant],
        "points": {"holds": found.point and _point(variables, found.point), "fails": None},
        "instances": [],
    })


def _finished(statement: Statement, names: tuple[str, str] | None, answer: JSON, evidence: JSON) -> str:
    specs = (statement.source.spec, statement.target.spec)
    sides = stated_layouts(specs, statement.variables, names or specs)
    root = {
        "schema": SCHEMA, "variables": stated_variables(statement.variables),
        "where": [text for _, text in statement.where], "feeds": feeds_json(statement.feeds), **sides,
        "answer": answer, "evidence": evidence,
    }
    return canonical(root | {"digest": digest(root)})


def difference(root: JSON, specs: tuple[str, str], feeds: Sequence[str]) -> str | None:
    """The first thing in which a certificate is not about the layouts of specs and feeds; names do not count.

    Raises InputError for specs or feeds that cannot be those of any.
    """
    names = [f"{v['name']}[{v['entries']}]" if v["entries"] else v["name"] for v in root["variables"]]
    variables = find_variables(names, specs)
    statement = make_statement(*specs, feeds, variables, [])
    wanted = stated_layouts(specs, variables, specs)
    for side in ("source", "target"):
        for key in sorted(wanted[side].keys() - {"name"}):
            if root[side][key] != wanted[side][key]:
                return f"its {side} has other {key} than --against"
    if stated_variables(variables) != root["variables"]:
        return "its parameters are not of the kind that those of --against are"
    mine, theirs = (
        [{k: v for k, v in feed.items() if k != "name"} for feed in each]
        for each in (root["feeds"], feeds_json(statement.feeds))
    )
    return None if mine == theirs else "its feeds are not those of --against; give them with --feed"


def _point(variables: Sequence[Variable], point: Point) -> JSON:
    values = [tuple(Fraction(int(point[s].p), int(point[s].q)) for s in v.symbols) for v in variables]
    return stated_point(variables, values)


def _instances(
    found: Sequence[Instance | None], statement: Statement, names: tuple[str, str] | None
) -> list[JSON]:
    """The certificates at points, which call the layouts as the whole does: not by where they lie here."""
    texts = [at.verdict.certificate for at in found if at is not None and at.verdict.certificate]
    roots = [json.loads(text) for text in dict.fromkeys(texts)]
    for root in roots:
        for side, layout, name in zip(
            ("source", "target"), (statement.source, statement.target), names or (), strict=False
        ):
            here = parse_spec(layout.spec).name
            root[side]["name"] = parse_spec(name).name + root[side]["name"].removeprefix(here)
        root["digest"] = digest(root)
    return roots


def _refutation(found: Theorem) -> JSON:
    answer, variables = found.answer, found.statement.variables
    if answer.rule is None:
        raise UndecidedError("how it was refuted is not known")
    witness = [] if answer.rule not in (Rule.OWN_INDEX, Rule.ORDERED, Rule.LANES) else [
        [NOWHERE if clause is None else written(clause, variables), written(index, variables)]
        for clause, index in _witnesses(found)
    ]
    return {"rule": answer.rule.value, "witness": witness}


def _witnesses(found: Theorem) -> list[tuple[Condition | None, sympy.Basic]]:
    """For each clause of the condition pairs of which one differs where it fails; None for what fails everywhere."""
    answer, study = found.answer, Study(found.statement, Solver())
    if not answer.condition:
        needed = _fewest(study, sympy.false, answer.clauses)
        return [(None, clause.witness) for clause in needed]
    return [
        (condition, clause.witness) for condition in answer.condition
        for clause in _fewest(study, condition, answer.clauses)
    ]


def _fewest(study: Study, condition: Condition, clauses: Sequence[Clause]) -> Sequence[Clause]:
    """Clauses of which one fails wherever the condition does; together they all are such."""
    fails = negation(condition)
    if len(clauses) > MAX_CLAUSES:
        return clauses

    def are_enough(kept: Sequence[Clause]) -> bool:
        return study.ask("witness", "Do all of these clauses hold where the condition fails?", fails,
                         all_of(any_of(clause.any_of) for clause in kept)) == "unsat"

    for clause in clauses:
        if are_enough([clause]):
            return [clause]

    def core(kept: Sequence[Clause]) -> Sequence[Clause]:
        follows, found = study.follows_from("witness", "Which of these clauses does the condition need?", condition,
                                            [any_of(clause.any_of) for clause in kept])
        return [kept[n] for n in found] if follows else kept

    order = sorted(clauses, key=lambda each: -len(list(sympy.preorder_traversal(each.witness))))
    return without_spare(clauses, order, lambda kept: bool(kept) and are_enough(kept), core)


def _invariant(invariant: Invariant, found: Rewrite) -> JSON:
    """What is carried, by the names that the side's file has; another side's values are not told apart."""
    source = {state for state, *_ in found.old.states}
    side = "source" if invariant.state in source else "target"
    carried = {s for e in (invariant.value, *invariant.guards) for s in e.free_symbols if isinstance(s, Carried)}
    names = {symbol: symbol.name.rpartition(" of ")[0] for symbol in carried | {invariant.state}}
    own = source if side == "source" else {state for state, *_ in found.new.states}
    if not carried | {invariant.state} <= source | {state for state, *_ in found.new.states}:
        raise UndecidedError("an invariant is about the exponent of a carried product, which no layout has")
    if not carried <= own:
        raise UndecidedError("an invariant is about what the loops of both sides carry")
    when = all_of(invariant.guards)
    return {
        "side": side, "state": names[invariant.state],
        "when": ALWAYS if when == sympy.true else written(when, found.variables, names),
        "value": written(invariant.value, found.variables, names),
    }
