"""Theorems: for which parameters two families are equal, for all sizes at once.

Pair j of one family is compared with pair j of the other. Where their frequency vectors agree, up to
sign, for every j, the families are equal. Where they differ at some j and no other pair can have that
frequency, the multisets of frequency vectors differ, and no fixed linear map makes up for it. The
pair index is eliminated, so the condition is one on parameters; it is proved both ways by a solver,
and then held against the concrete engine at parameters on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import sympy

from prover.errors import ExpressionError, InputError, UndecidedError
from prover.language.formula import formula
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.substitution import substituted
from prover.language.symbolic import INDEX, AllOf
from prover.language.symbols import index_symbol
from prover.theorems.comparison import Comparison, differing
from prover.theorems.domination import is_dominated
from prover.theorems.elimination import Clause, empty_clauses
from prover.theorems.factors import is_expressible
from prover.theorems.points import Truth, tried_points
from prover.theorems.restated import restated
from prover.theorems.simplification import simplified
from prover.theorems.study import OTHER, Statement, Study

FIRST_PAIRS = tuple(map(sympy.Integer, range(6)))
MAX_EQUATIONS = 6


class Scope(Enum):
    """For which of the parameters that the hypotheses allow the families are equal."""

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"
    OPEN = "open"


class Rule(Enum):
    """Why two families are not equal somewhere."""

    COUNTS = "counts"
    OWN_INDEX = "own-index"
    EDGE = "edge"
    DOMINATED = "dominated"
    ORDERED = "ordered"
    LANES = "lanes"


@dataclass(frozen=True, slots=True)
class Answer:
    """The families are equal exactly under `condition`, a conjunction.

    `sign`: -1 if turns are reversed there, 0 if of some pairs, or perhaps. `differ`: in words, which pairs differ
    for all sizes where that is one of the usual answers. `reason`: why the scope is open. `order`: the pair of the
    source that turns as pair j of the target does. `rule`: how it was refuted where the condition fails. `clauses`:
    they hold together exactly where the condition does, each with a pair that differs where it fails. `is_one_by_one`:
    every pair was decided alone.
    """

    scope: Scope
    condition: tuple[Condition, ...] = ()
    sign: int = 1
    differ: str = ""
    reason: str = ""
    order: sympy.Basic = INDEX
    rule: Rule | None = None
    clauses: tuple[Clause, ...] = ()
    is_one_by_one: bool = False


def decide(study: Study) -> Answer:
    """For which parameters the families are equal. Raises InputError if no parameters are allowed."""
    return settled(study, _decide)


def settled(study: Study, decided: Callable[[Study], Answer]) -> Answer:
    """The answer, open where a question has no answer or whole turns may hide a difference."""
    try:
        found = decided(study)
    except UndecidedError as fault:
        return Answer(Scope.OPEN, reason=fault.message)
    if found.scope is Scope.OPEN and study.refused:
        return replace(found, reason=study.refused[0].message)
    return unless_hidden(found, [study.statement])


def unless_hidden(found: Answer, statements: Iterable[Statement]) -> Answer:
    """The answer, open where it says that frequencies of the statements differ and whole turns may hide it."""
    if found.scope in (Scope.NEVER, Scope.SOMETIMES) and any(map(_sees_whole_turns, statements)):
        return Answer(Scope.OPEN, reason="pi or a logarithm is in a frequency, so whole turns may hide a difference")
    return found


def _sees_whole_turns(statement: Statement) -> bool:
    """Whether whole positions may hide a difference: by T5 no two algebraic frequencies differ by a whole turn."""
    return any(
        layout.family.positions == "integer"
        and not all(is_over_pi(v) for case in layout.all_cases for _, v in case.vector)
        for layout in (statement.source, statement.target)
    )


def is_over_pi(e: sympy.Basic) -> bool:
    """Whether it is a sum of algebraic numbers over whole powers of pi, by its form, at rational parameters.

    Where two such sums differ by 2*pi*k, or come to that together, pi solves an equation with 2*k in front of its
    highest power; pi is transcendental, so k is 0.
    """
    if _is_rational(e):
        return True
    if not e.has(sympy.pi, sympy.log):
        return all(_is_rational(power.exp) for power in e.atoms(sympy.Pow))
    if isinstance(e, sympy.Add | sympy.Mul):
        return all(map(is_over_pi, e.args))
    return isinstance(e, sympy.Pow) and e.exp.is_Integer and (
        is_over_pi(e.base) if e.exp > 0 else e.base == sympy.pi
    )


def _is_rational(e: sympy.Basic) -> bool:
    """Whether its form shows a rational number: 2**sqrt(2) is not algebraic."""
    if isinstance(e, sympy.floor | sympy.ceiling):
        return True
    if isinstance(e, sympy.Pow):
        return e.exp.is_Integer and _is_rational(e.base)
    return not e.is_NumberSymbol and not isinstance(e, sympy.log) and all(map(_is_rational, e.args))


def about(study: Study) -> Answer | None:
    """The open answer to a statement that is not known to be about any layouts; None where it is.

    Raises InputError if no parameters are allowed, or heads have different widths.
    """
    statement = study.statement
    if not study.is_about_something() and not _is_at_a_point(study):
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
    return None


def have_values(study: Study) -> Answer | None:
    """The open answer where an expression may have no value."""
    if _have_values(study):
        return None
    return Answer(Scope.OPEN, reason="an expression may have no value for some parameters (a division by 0?)")


def same_counts(study: Study) -> bool:
    """Whether the numbers of pairs are proved to be the same."""
    return study.follows(
        "counts", "Are there parameters for which the numbers of pairs differ?",
        sympy.Eq(study.statement.source.count, study.statement.target.count, evaluate=False),
    )


def _decide(study: Study) -> Answer:
    statement = study.statement
    if (unknown := about(study)) is not None:
        return unknown
    if statement.outside:
        return Answer(Scope.OPEN, reason=statement.outside)
    if (unknown := have_values(study)) is not None:
        return unknown
    comparison = Comparison(statement, study, same_counts(study))
    divisor = comparison.doubtful_divisor(study)
    if divisor is not None:
        return Answer(Scope.OPEN, reason=f"{_text(divisor)} is not known to be positive")
    if _counts_differ(study, comparison):
        return Answer(Scope.NEVER, differ="the numbers of lanes that stand still differ", rule=Rule.COUNTS)
    return _compared(study, comparison)


def _text(e: sympy.Basic) -> str:
    return f"'{formula(e)}'"


def _have_values(study: Study) -> bool:
    """Whether all expressions have values for all parameters, as far as that can be asked.

    What both sides need and no solver can be asked about is left out: where it fails there is no kernel at all.
    """
    source, target = study.statement.source, study.statement.target
    lacking = []
    for layout, other in ((source, target), (target, source)):
        for need in layout.needs:
            if need in other.needs and not is_expressible(need):
                continue
            inside = [in_range(INDEX, layout.count)] if need.has(INDEX) else []
            lacking.append(all_of([*inside, negation(need)]))
    return not lacking or study.ask("value", "Is there a pair at which an expression has no value?",
                                    any_of(lacking)) == "unsat"


def _all_turn(study: Study, comparison: Comparison) -> bool:
    """Whether every pair of both sides turns, whatever the parameters."""
    return all(
        comparison.still(side) == sympy.false
        or study.ask("still", "Is there a pair that does not turn?", in_range(INDEX, count), comparison.still(side))
        == "unsat"
        for side, count in zip((comparison.source, comparison.target), comparison.counts, strict=True)
    )


def _compared(study: Study, comparison: Comparison) -> Answer:
    mismatch = comparison.mismatch()
    so_far = Answer(Scope.OPEN, sign=comparison.sign(study))
    if study.ask(
        "differ", "Is there a pair at which the two turn differently?", comparison.inside, mismatch
    ) == "unsat":
        return replace(so_far, scope=Scope.ALWAYS)
    if comparison.is_exact:
        so_far = replace(so_far, differ=differing(study, comparison, mismatch))
    try:
        found = _by_condition(study, comparison, mismatch, _clauses(study, comparison, mismatch), so_far)
    except (UndecidedError, ExpressionError) as fault:
        found = replace(so_far, reason=fault.message)
    if found.scope is Scope.OPEN and not found.condition:
        found = _unless_empty(study, comparison, found)
    return _by_parameters(study, comparison, mismatch, found) if found.scope is Scope.OPEN else found


def _by_parameters(study: Study, comparison: Comparison, mismatch: Condition, so_far: Answer) -> Answer:
    """Equal exactly under one condition without a pair index, or never: no index is eliminated for it.

    One of the first few pairs, or the last one, differs wherever the condition fails. A single index leaves no
    remainder of the index, whatever it is divided by, and no bound on it.
    """
    if not comparison.is_exact or comparison.doubtful_divisor(study, at_two_indices=True) is not None:
        return so_far
    try:
        region = AllOf(comparison.inside, mismatch)
        pairs = [*FIRST_PAIRS, *([comparison.count - 1] if comparison.same_counts else [])]
        differ = {k: substituted(region, {INDEX: k}) for k in dict.fromkeys(pairs)}
    except ExpressionError:
        return so_far
    clauses = tuple(Clause((negation(each),), k) for k, each in differ.items())
    for condition in (sympy.false, *_without_index(mismatch)):
        fails = negation(condition)
        if study.ask(
            "first-pairs", "Are there parameters at which none of the first pairs, and not the last, differs?",
            fails, *map(negation, differ.values()),
        ) != "unsat":
            continue
        if condition != sympy.false and study.ask(
            "sufficient", "Is there a pair at which the two turn differently although the condition holds?",
            comparison.inside, mismatch, condition,
        ) != "unsat":
            continue
        rule = _rule(study, comparison, fails)
        if rule is None:
            continue
        found = replace(so_far, reason="", rule=rule, clauses=clauses, condition=())
        if condition == sympy.false:
            return replace(found, scope=Scope.NEVER)
        return possible(study, replace(found, condition=restated(simplified([condition], study), study)))
    return so_far


def _without_index(mismatch: Condition) -> list[Condition]:
    """Equations between parameters under which a part of the mismatch fails."""
    atoms = {a for a in sympy.preorder_traversal(mismatch) if isinstance(a, sympy.Ne) and not a.has(INDEX)}
    found = {_solved(negation(a)) for a in atoms if a.free_symbols and is_expressible(a)}
    return sorted(found, key=sympy.default_sort_key)[:MAX_EQUATIONS]


def _solved(equation: Condition) -> Condition:
    """An equation with a parameter of which there is a multiple alone on the left: f == 8 for f/8 - 1 == 0."""
    apart = sympy.expand(equation.args[0] - equation.args[1])
    for symbol in sorted(apart.free_symbols, key=str):
        weight = apart.coeff(symbol, 1)
        rest = sympy.expand(apart - weight * symbol)
        if weight.is_Rational and weight != 0 and not rest.has(symbol):
            return sympy.Eq(symbol, sympy.expand(-rest / weight), evaluate=False)
    return equation


def _unless_empty(study: Study, comparison: Comparison, so_far: Answer) -> Answer:
    """Where no condition is found: the two may differ whenever there is a pair, and are equal where there is none."""
    if comparison.doubtful_divisor(study, at_two_indices=True) is not None or not _no_partner(study, comparison, ()):
        return so_far
    none = [sympy.LessThan(count, 0, evaluate=False) for count in dict.fromkeys(comparison.counts)]
    possible = study.ask("empty", "Are there parameters for which there are no pairs at all?", *none)
    so_far = replace(so_far, rule=Rule.EDGE, clauses=())
    if possible == "unsat":
        return replace(so_far, scope=Scope.NEVER, reason="")
    condition = restated(simplified(none, study), study)
    is_same = study.follows("condition", "Are there no pairs although the condition fails?", all_of(condition), *none)
    is_same = is_same and study.follows(
        "condition", "Are there pairs although the condition holds?", all_of(none), *condition
    )
    if not is_same or possible == "unknown":
        return replace(so_far, reason="it is not known for which parameters there are no pairs")
    return replace(so_far, scope=Scope.SOMETIMES, condition=condition, reason="")


def _by_condition(
    study: Study, comparison: Comparison, mismatch: Condition, clauses: tuple[Clause, ...], so_far: Answer
) -> Answer:
    """Prove the condition both ways: equal where it holds, different where it does not."""
    found = proved_both_ways(study, comparison.inside, mismatch, clauses, so_far)
    if not found.condition:
        return found
    fails = any_of(map(negation, found.condition))
    rule = _rule(study, comparison, fails)
    if rule is None:
        return replace(found, reason="another pair may have the frequency of a differing one")
    return possible(study, replace(found, rule=rule))


def _rule(study: Study, comparison: Comparison, fails: Condition) -> Rule | None:
    """Why no other pair makes up for one that differs; None where that is not known."""
    if _counts_differ(study.assuming(fails), comparison):
        return Rule.COUNTS
    if comparison.doubtful_divisor(study, at_two_indices=True) is not None:
        return None
    if _only_at_own_index(study, comparison, fails):
        return Rule.OWN_INDEX
    if _no_partner(study, comparison, (fails,)):
        return Rule.EDGE
    return Rule.DOMINATED if is_dominated(study, comparison, (fails,)) else None


def proved_both_ways(
    study: Study, inside: Condition, mismatch: Condition, clauses: tuple[Clause, ...], so_far: Answer
) -> Answer:
    """The answer, still open, with the condition: a pair inside is at a mismatch exactly where it fails."""
    for clause in clauses:
        at = clause.witness
        here = substituted(AllOf(inside, mismatch), {INDEX: at})
        if not study.follows(
            "necessary", f"Where this clause fails, do the two agree at pair {at}, or is there no such pair?",
            here, *map(negation, clause.any_of),
        ):
            return replace(so_far, reason=f"no proof that they differ at pair {at}")
    condition = restated(simplified([any_of(clause.any_of) for clause in clauses], study), study)
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
    return replace(so_far, condition=condition, clauses=clauses)


def possible(study: Study, found: Answer) -> Answer:
    """The answer to a condition that is proved both ways: at some parameters, or at none."""
    word = study.ask("possible", "Are there parameters for which the condition holds?", *found.condition)
    if word == "unsat":
        return replace(found, scope=Scope.NEVER, condition=())
    if word == "unknown" and not _is_at_a_point(study, *found.condition):
        return replace(found, reason="it is not known whether the condition can hold")
    return replace(found, scope=Scope.SOMETIMES)


def _is_at_a_point(study: Study, *conditions: Condition) -> bool:
    """Whether small parameters are known that meet what no solver can be asked about; False where it can be."""
    if study.is_linear:
        return False
    truth = Truth()
    points, _ = tried_points(study, conditions, truth)
    return any(truth.all_hold((*study.assumed, *conditions), point) for point in points)


def _clauses(study: Study, comparison: Comparison, mismatch: Condition) -> tuple[Clause, ...]:
    if not comparison.is_exact:
        raise UndecidedError("the quotient of two frequencies has several powers in it")
    return clauses_of(study, comparison.inside, mismatch, [comparison.count] if comparison.same_counts else [])


def clauses_of(
    study: Study, inside: Condition, mismatch: Condition, below: list[sympy.Basic]
) -> tuple[Clause, ...]:
    """Clauses that hold together exactly where no pair is at a mismatch; pairs are below all of `below`."""
    index, region = INDEX, mismatch
    divisors = {e.args[1] for e in sympy.preorder_traversal(mismatch) if isinstance(e, sympy.Mod)
                and e.args[0] == INDEX and not e.args[1].is_Integer}
    for divisor in divisors:
        remainder = sympy.Mod(INDEX, divisor, evaluate=False)
        if study.follows(
            "remainder", "Is there a pair index as large as the divisor of a remainder?",
            sympy.StrictLessThan(INDEX, divisor, evaluate=False), inside,
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
    ours, theirs = comparison.counts
    return study.ask(
        "elsewhere", "Can pair i of the source turn like another pair j of the target?",
        fails, in_range(OTHER, ours), in_range(INDEX, theirs),
        sympy.Ne(OTHER, INDEX, evaluate=False), comparison.meets(OTHER, INDEX),
    ) == "unsat"


def _no_partner(study: Study, comparison: Comparison, assumed: Sequence[Condition]) -> bool:
    """Whether, where there are pairs, the first or the last pair of a side turns and lacks a partner on the other.

    A pair that turns like none of the other side leaves the multisets unequal.
    """
    partners = [index_symbol(f"partner {n}") for n in range(4)]
    (ours, theirs), first = comparison.counts, sympy.Integer(0)
    met = [
        (comparison.source, ours, first, theirs, partners[0], comparison.meets(first, partners[0])),
        (comparison.source, ours, ours - 1, theirs, partners[1], comparison.meets(ours - 1, partners[1])),
        (comparison.target, theirs, first, ours, partners[2], comparison.meets(partners[2], first)),
        (comparison.target, theirs, theirs - 1, ours, partners[3], comparison.meets(partners[3], theirs - 1)),
    ]
    return study.assuming(*assumed, more=partners).ask(
        "partners", "Do the first and the last pair of both sides, if they turn, all have a partner on the other side?",
        any_of(sympy.StrictGreaterThan(count, 0, evaluate=False) for count in comparison.counts),
        *(
            any_of([
                sympy.LessThan(own, 0, evaluate=False), substituted(comparison.still(side), {INDEX: index}),
                all_of([in_range(partner, other), meeting]),
            ])
            for side, own, index, other, partner, meeting in met
        ),
    ) == "unsat"


def _counts_differ(study: Study, comparison: Comparison) -> bool:
    """Whether all pairs turn and the numbers of pairs differ, so that different numbers of lanes stand still."""
    return not comparison.same_counts and _all_turn(study, comparison) and study.follows(
        "counts-differ", "Are there parameters for which the numbers of pairs are the same?",
        sympy.Ne(*comparison.counts, evaluate=False),
    )
