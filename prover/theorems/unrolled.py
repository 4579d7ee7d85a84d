"""Pairs one by one, where their number is known: what is fixed at a pair is a number, and a long list has one entry.

The same proofs as with a symbolic index, of every pair alone; a pair past the last of a side is lanes that pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy

from prover.errors import ExpressionError, LimitError, UndecidedError
from prover.language.logic import Condition, all_of, any_of, negation
from prover.language.symbolic import AllOf, AnyOf
from prover.theorems.comparison import Comparison
from prover.theorems.domination import are_dominated
from prover.theorems.elimination import Clause
from prover.theorems.identity import Meeting, meetings, require_same_lanes
from prover.theorems.ordering import are_below_half_a_turn, are_ordered
from prover.theorems.points import Truth
from prover.theorems.restated import in_order
from prover.theorems.study import Study
from prover.theorems.symbolic import Case, SymbolicLayout, symbolic_layout
from prover.theorems.theorem import (
    Answer,
    Rule,
    Scope,
    about,
    have_values,
    possible,
    proved_both_ways,
    unless_hidden,
)
from prover.theorems.variables import Variable

MAX_PAIRS = 128


def decide_unrolled(study: Study, identity: bool) -> Answer:
    """For which parameters the two are equal, or `identity`: identical. Open where the number of pairs is not known."""
    try:
        found = (_identical if identity else _equal)(study)
    except UndecidedError as fault:
        found = Answer(Scope.OPEN, reason=fault.message)
    return replace(found, is_one_by_one=True)


def _identical(study: Study) -> Answer:
    if (unknown := about(study)) is not None:
        return unknown
    require_same_lanes(study)
    found: list[tuple[int, Meeting]] = []
    pairs = _pairs(study)
    for number, pair in enumerate(pairs):
        if (unknown := have_values(pair)) is not None:
            return unknown
        found += [(number, met) for met in meetings(pair, sympy.true, True)]
    answer = _settled_by(study, found, Answer(Scope.OPEN, rule=Rule.LANES))
    statements = [pair.statement for pair in pairs]
    seen = unless_hidden(answer, statements)
    if seen is answer or any(each.outside for each in statements):
        return seen
    comparisons = [Comparison(pair.statement, pair) for pair in pairs]
    return answer if are_below_half_a_turn(study, comparisons) else seen


def _equal(study: Study) -> Answer:
    if (unknown := about(study)) is not None:
        return unknown
    statement = study.statement
    if any(block.more_angles for side in (statement.source, statement.target) for block in side.family.blocks):
        return Answer(Scope.OPEN, reason=statement.outside)
    found: list[tuple[int, Meeting]] = []
    comparisons, pairs = [], _pairs(study)
    for number, pair in enumerate(pairs):
        if (unknown := have_values(pair)) is not None:
            return unknown
        comparison = Comparison(pair.statement, pair)
        if comparison.doubtful_divisor(pair) is not None:
            raise UndecidedError("a divisor in an exponent is not known to be positive")
        comparisons.append(comparison)
        found += [(number, Meeting((*a.guards, *b.guards), one.surely, one.possibly))
                  for a, b, one in comparison.at_one_index if one.surely != sympy.true]
    agreed = [one for comparison in comparisons for *_, one in comparison.at_one_index if one.possibly != sympy.false]
    signs = {one.sign for one in agreed if one.sign is not None}
    sign = next(iter(signs), 1) if len(signs) <= 1 else 0
    answer = _settled_by(study, found, Answer(Scope.OPEN, sign=sign))
    seen = unless_hidden(answer, [pair.statement for pair in pairs])
    if seen is not answer and not are_below_half_a_turn(study, comparisons):
        return seen
    if answer.scope in (Scope.ALWAYS, Scope.OPEN):
        return answer
    fails = [any_of(map(negation, answer.condition))] if answer.condition else []
    for rule, is_so in ((Rule.DOMINATED, are_dominated), (Rule.ORDERED, are_ordered)):
        if is_so(study, comparisons, fails):
            return replace(answer, rule=rule)
    return Answer(Scope.OPEN, reason="another pair may have the frequency of a differing one")


def _settled_by(study: Study, found: Sequence[tuple[int, Meeting]], so_far: Answer) -> Answer:
    """Where none of the meetings is a mismatch, proved both ways."""
    if any(met.surely != met.possibly for _, met in found):
        raise UndecidedError("of some pairs it is not known whether they agree")
    mismatch = any_of(dict.fromkeys(met.mismatch for _, met in found))
    if study.ask("differ", "Is there a pair at which the two differ?", mismatch) == "unsat":
        return replace(so_far, scope=Scope.ALWAYS)
    clauses: dict[Condition, Clause] = {}
    for number, met in found:
        ways = tuple(part for c in (*map(negation, met.guards), met.surely) if c != sympy.false for part in _parts(c))
        clauses.setdefault(any_of(ways), Clause(ways, sympy.Integer(number)))
    proved = proved_both_ways(study, sympy.true, mismatch, tuple(clauses.values()), so_far)
    proved = replace(proved, condition=in_order(proved.condition))
    return possible(study, proved) if proved.condition else proved


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.args if isinstance(condition, AnyOf) else (condition,)


def _pairs(study: Study) -> list[Study]:
    """The study of each pair alone. Raises UndecidedError where their number is not known, or large."""
    statement = study.statement
    counts = (statement.source.count, statement.target.count)
    if not all(count.is_Integer and count <= MAX_PAIRS for count in counts):
        raise UndecidedError(statement.outside or "the number of pairs depends on parameters")
    truth = Truth()
    return [
        replace(study, statement=replace(
            statement,
            source=_at(statement.source, statement.variables, number, truth),
            target=_at(statement.target, statement.variables, number, truth),
        ))
        for number in range(max(map(int, counts), default=0))
    ]


def _at(layout: SymbolicLayout, variables: Sequence[Variable], number: int, truth: Truth) -> SymbolicLayout:
    if number >= layout.count:
        return replace(layout, cases=(Case((), ()),), angles=(), magnitude=(((), sympy.Integer(1)),), needs=(),
                       outside="")
    try:
        found = symbolic_layout(layout.spec, variables, at=number)
    except (ExpressionError, LimitError) as fault:
        raise UndecidedError(f"of pair {number}: {fault.message}") from None
    if found.outside and not found.angles:
        raise UndecidedError(found.outside)
    return replace(
        found,
        cases=_settled_cases(found.cases, truth),
        angles=tuple(_settled_cases(cases, truth) for cases in found.angles),
        magnitude=tuple((kept, e) for guards, e in found.magnitude if (kept := _settled(guards, truth)) is not None),
        needs=tuple(settled_constants(need, truth) for need in found.needs),
    )


def _settled_cases(cases: Sequence[Case], truth: Truth) -> tuple[Case, ...]:
    return tuple(
        Case(kept, case.vector) for case in cases if (kept := _settled(case.guards, truth)) is not None
    )


def _settled(guards: Sequence[Condition], truth: Truth) -> tuple[Condition, ...] | None:
    """The guards that are no constants; None where one does not hold."""
    kept = [settled_constants(guard, truth) for guard in guards]
    return None if sympy.false in kept else tuple(guard for guard in kept if guard != sympy.true)


def settled_constants(condition: Condition, truth: Truth) -> Condition:
    """The condition with comparisons of constants worked out exactly; one that has no value stays."""
    if isinstance(condition, AllOf):
        parts = [settled_constants(part, truth) for part in condition.args]
        return any_of(parts) if isinstance(condition, AnyOf) else all_of(parts)
    if condition in (sympy.true, sympy.false) or condition.free_symbols:
        return condition
    found = truth.holds(condition, {})
    return condition if found is None else sympy.true if found else sympy.false
