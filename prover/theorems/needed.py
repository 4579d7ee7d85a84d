"""Which hypotheses an answer needs, seen at a point: without one of them it is allowed, and the answer fails there."""

from __future__ import annotations

import sympy

from prover.claims.relation import Relation
from prover.errors import UndecidedError
from prover.language.logic import Condition, all_of, any_of, negation
from prover.theorems.gate import agrees, claim_at
from prover.theorems.points import NEAR, Truth
from prover.theorems.study import Study
from prover.theorems.theorem import Answer, Scope


def is_needed(wider: Study, answer: Answer, elsewhere: Relation) -> bool:
    """Whether the concrete engine finds a relation where the answer says that none up to `elsewhere` holds.

    `wider`: the study without the hypothesis. Nothing is said by False. The point is one at which all clauses of the
    answer hold although its condition fails: with the hypothesis there is none.
    """
    if answer.scope is Scope.ALWAYS or not answer.clauses:
        return False
    clauses = [any_of(clause.any_of) for clause in answer.clauses]
    fails = negation(all_of(answer.condition)) if answer.condition else sympy.true
    symbols = [s for v in wider.statement.variables for s in v.symbols]
    whole = [s for v in wider.statement.variables if v.is_whole for s in v.symbols]
    near: list[Condition] = [sympy.LessThan(s, NEAR, evaluate=False) for s in whole]
    same_width = sympy.Eq(wider.statement.source.width, wider.statement.target.width, evaluate=False)
    try:
        found = wider.model(
            "needed", "Without a hypothesis, are there parameters at which the answer may be another?",
            fails, *clauses, same_width, *near, values=symbols,
        )
    except UndecidedError:
        return False
    point = {s: sympy.Rational(v.numerator, v.denominator) for s, v in zip(symbols, found, strict=False)}
    truth = Truth()
    if not found or not truth.all_hold((fails, same_width, *wider.statement.hypotheses), point):
        return False
    claim = claim_at(wider.statement, point)
    return claim is not None and agrees(claim, None, elsewhere) is False
