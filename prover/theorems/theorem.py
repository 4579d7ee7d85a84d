"""Theorems: for which parameters two families are equal, for all sizes at once.

Pair j of one family is compared with pair j of the other. Where their frequency vectors agree, up to
sign, for every j, the families are equal. Where they differ at some j and no other pair can have that
frequency, the multisets of frequency vectors differ, and no fixed linear map makes up for it. The
pair index is eliminated, so the condition is one on parameters; it is proved both ways by a solver,
and then held against the concrete engine at parameters on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import sympy

from prover.errors import InputError, UndecidedError
from prover.language.expression import INDEX, AllOf
from prover.language.formula import formula
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.substitution import substituted
from prover.language.symbols import index_symbol
from prover.theorems.comparison import Comparison, differing, same_magnitudes
from prover.theorems.elimination import Clause, empty_clauses
from prover.theorems.simplification import simplified
from prover.theorems.study import OTHER, Statement, Study


class Scope(Enum):
    """For which of the parameters that the hypotheses allow the families are equal."""

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Answer:
    """The families are equal exactly under `condition`, a conjunction; `sign` -1: with turns reversed.

    `differ`: in words, which pairs differ for all sizes where that is one of the usual answers.
    `reason`: why the scope is open.
    """

    scope: Scope
    condition: tuple[Condition, ...] = ()
    sign: int = 1
    same_magnitude: bool = True
    differ: str = ""
    reason: str = ""


def decide(study: Study) -> Answer:
    """For which parameters the families are equal. Raises InputError if no parameters are allowed."""
    try:
        found = _decide(study)
    except UndecidedError as fault:
        return Answer(Scope.OPEN, reason=fault.message)
    if found.scope in (Scope.NEVER, Scope.SOMETIMES) and _sees_whole_turns(study.statement):
        return Answer(Scope.OPEN, reason="pi is in a frequency, so whole turns may hide a difference")
    return found


def _sees_whole_turns(statement: Statement) -> bool:
    """Whether a frequency has pi in it while positions are whole; by T5 no other frequencies alias."""
    return any(
        layout.family.positions == "integer" and any(v.has(sympy.pi) for case in layout.cases for _, v in case.vector)
        for layout in (statement.source, statement.target)
    )


def _decide(study: Study) -> Answer:
    statement = study.statement
    if not study.is_about_something():
        return Answer(Scope.OPEN, reason="it is not known whether any parameters meet the hypotheses")
    widths = study.ask(
        "width", "Are there parameters for which the heads have different widths?",
        sympy.Ne(statement.source.width, statement.target.width, evaluate=False),
    )
    if widths == "sat":
        raise InputError(
            "the heads do not have the same width for all parameters",
            advice="Give one width in terms of the other, such as head_dim=n_rot",
        )
    if widths == "unknown":
        return Answer(Scope.OPEN, reason="it is not known whether the heads always have the same width")
    comparison = Comparison(statement)
    for value in comparison.positive():
        if not study.follows(
            "positive", "Are there parameters for which a base or a divisor is not positive?",
            sympy.StrictGreaterThan(value, 0, evaluate=False),
        ):
            return Answer(Scope.OPEN, reason=f"{_text(value)} is not known to be positive")
    if not study.follows(
        "counts", "Are there parameters for which the numbers of pairs differ?",
        sympy.Eq(statement.source.count, statement.target.count, evaluate=False),
    ):
        return _unequal_counts(study, comparison)
    return _equal_counts(study, comparison)


def _text(e: sympy.Basic) -> str:
    return f"'{formula(e)}'"


def _unequal_counts(study: Study, comparison: Comparison) -> Answer:
    """Different numbers of pairs that all turn leave different numbers of lanes that stand still."""
    source, target = study.statement.source, study.statement.target
    still = []
    for cases, layout in ((comparison.source, source), (comparison.target, target)):
        empty = any_of(all_of(case.guards) for case in cases if not case.vector)
        still.append(study.ask(
            "still", "Is there a pair that does not turn?", in_range(INDEX, layout.count), empty
        ) == "unsat")
    always = study.follows(
        "counts-differ", "Are there parameters for which the numbers of pairs are the same?",
        sympy.Ne(source.count, target.count, evaluate=False),
    )
    if all(still) and always:
        return Answer(Scope.NEVER, differ="the numbers of lanes that stand still differ")
    return Answer(Scope.OPEN, reason="the two rotate different numbers of lanes for some parameters")


def _equal_counts(study: Study, comparison: Comparison) -> Answer:
    inside = in_range(INDEX, comparison.count)
    mismatch = comparison.mismatch()
    signs = comparison.signs(study)
    if len(signs) > 1:
        return Answer(Scope.OPEN, reason="some pairs turn the same way and some the other way")
    sign = next(iter(signs), 1)
    magnitudes = same_magnitudes(study)
    if study.ask("differ", "Is there a pair at which the two turn differently?", inside, mismatch) == "unsat":
        return Answer(Scope.ALWAYS, (), sign, magnitudes)
    differ = differing(study, mismatch) if comparison.is_exact else ""
    try:
        clauses = _clauses(study, comparison, mismatch)
    except UndecidedError as fault:
        if _no_partner(study, comparison, ()):
            return Answer(Scope.NEVER, differ=differ)
        return Answer(Scope.OPEN, sign=sign, same_magnitude=magnitudes, reason=fault.message, differ=differ)
    return _by_condition(study, comparison, mismatch, clauses, Answer(Scope.OPEN, (), sign, magnitudes, differ))


def _by_condition(
    study: Study, comparison: Comparison, mismatch: Condition, clauses: tuple[Clause, ...], so_far: Answer
) -> Answer:
    """Prove the condition both ways: equal where it holds, different where it does not."""
    inside = in_range(INDEX, comparison.count)
    for clause in clauses:
        at = clause.witness
        here = substituted(AllOf(inside, mismatch), {INDEX: at})
        if not study.follows(
            "necessary", f"Where this clause fails, do the two agree at pair {at}, or is there no such pair?",
            here, *map(negation, clause.any_of),
        ):
            return replace(so_far, reason=f"no proof that they differ at pair {at}")
    condition = simplified([any_of(clause.any_of) for clause in clauses], study)
    fails = any_of(map(negation, condition))
    if not study.follows(
        "condition", "Do all clauses hold although the simplified condition fails?",
        all_of(condition), *(any_of(clause.any_of) for clause in clauses),
    ):
        return replace(so_far, reason="the simplified condition is not proved to follow")
    if study.ask(
        "sufficient", "Is there a pair at which the two turn differently although the condition holds?",
        inside, mismatch, *condition,
    ) != "unsat":
        return replace(so_far, reason="no proof that they are equal where the condition holds")
    if not (_only_at_own_index(study, comparison, fails) or _no_partner(study, comparison, (fails,))):
        return replace(so_far, condition=condition, reason="another pair may have the frequency of a differing one")
    possible = study.ask("possible", "Are there parameters for which the condition holds?", *condition)
    if possible == "unsat":
        return replace(so_far, scope=Scope.NEVER)
    if possible == "unknown":
        return replace(so_far, condition=condition, reason="it is not known whether the condition can hold")
    return replace(so_far, scope=Scope.SOMETIMES, condition=condition)


def _clauses(study: Study, comparison: Comparison, mismatch: Condition) -> tuple[Clause, ...]:
    if not comparison.is_exact:
        raise UndecidedError("the quotient of two frequencies has several powers in it")
    index, below, region = INDEX, [comparison.count], mismatch
    divisors = {e.args[1] for e in sympy.preorder_traversal(mismatch) if isinstance(e, sympy.Mod)
                and e.args[0] == INDEX and not e.args[1].is_Integer}
    for divisor in divisors:
        remainder = sympy.Mod(INDEX, divisor, evaluate=False)
        if study.follows(
            "remainder", "Is there a pair index as large as the divisor of a remainder?",
            sympy.StrictLessThan(INDEX, divisor, evaluate=False), in_range(INDEX, comparison.count),
        ):
            region = substituted(region, {remainder: INDEX})
            continue
        turned = substituted(region, {remainder: OTHER})
        if turned.has(INDEX) or not study.follows(
            "divisor", "Is the divisor of a remainder not positive?",
            sympy.StrictGreaterThan(divisor, 0, evaluate=False),
        ):
            raise UndecidedError(f"the pair index stands beside its remainder by {_text(divisor)}")
        index, region, below = OTHER, turned, [*below, divisor]
    return empty_clauses(region, index, below)


def _only_at_own_index(study: Study, comparison: Comparison, fails: Condition) -> bool:
    """Whether a pair of one side can only turn like the pair of the same index of the other."""
    return study.ask(
        "elsewhere", "Can pair i of the source turn like another pair j of the target?",
        fails, in_range(OTHER, comparison.count), in_range(INDEX, comparison.count),
        sympy.Ne(OTHER, INDEX, evaluate=False), comparison.meets(OTHER, INDEX),
    ) == "unsat"


def _no_partner(study: Study, comparison: Comparison, assumed: Sequence[Condition]) -> bool:
    """Whether the first or the last pair of a side always lacks a partner on the other.

    Only where every pair turns: then a pair without a partner leaves the multisets unequal.
    """
    still = any_of(all_of(case.guards) for case in (*comparison.source, *comparison.target) if not case.vector)
    if study.ask("still", "Is there a pair that does not turn?", in_range(INDEX, comparison.count), still) != "unsat":
        return False
    last = comparison.count - 1
    partners = [index_symbol(f"partner {n}") for n in range(4)]
    meetings = [
        comparison.meets(sympy.Integer(0), partners[0]), comparison.meets(last, partners[1]),
        comparison.meets(partners[2], sympy.Integer(0)), comparison.meets(partners[3], last),
    ]
    return study.assuming(*assumed, more=partners).ask(
        "partners", "Do the first and the last pair of both sides all have a partner on the other side?",
        sympy.StrictGreaterThan(comparison.count, 0, evaluate=False),
        *(in_range(p, comparison.count) for p in partners), *meetings,
    ) == "unsat"
