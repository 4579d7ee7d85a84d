"""`prove --for-all` and `solve`: the answer to a statement, its relation, and the points that show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import sympy

from prover.claims.relation import LADDER, Outcome, Relation, outcome
from prover.claims.solver import Solver
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.language.expression import INDEX
from prover.language.logic import Condition, any_of, in_range, negation
from prover.theorems.closed_form import ClosedForm, closed_form, proved_writes, same_lanes
from prover.theorems.comparison import Comparison
from prover.theorems.instance import Instance, Point, instance, point_text, sample_points, small_points, smallest_point
from prover.theorems.study import Statement, Study, make_statement
from prover.theorems.symbolic import find_variables
from prover.theorems.theorem import Answer, Scope, decide

SAMPLES = 6
MAX_LISTED = 400

Track = Callable[[Sequence[str]], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Theorem:
    """What is known for all sizes.

    `relation`: the lowest rung that is proved where the families are equal. `below`: a point at which
    the rung below fails. `smallest`: parameters at which nothing within the limit holds; `is_least`: it is known
    that there are none before them.
    `tried`: at how many points on the equal and on the different side the concrete engine agreed.
    `listed`: within `bound`, the points at which they are equal, where no condition was found.
    `saved`: a question that the solver left open. `for_condition`: it was asked for which parameters they are equal.
    """

    statement: Statement
    feeds: tuple[str, ...]
    limit: Relation | None
    answer: Answer
    outcome: Outcome
    for_condition: bool = False
    relation: Relation | None = None
    form: ClosedForm | None = None
    below: Instance | None = None
    smallest: Instance | None = None
    is_least: bool = False
    tried: tuple[int, int] = (0, 0)
    unneeded: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    bound: int = 0
    questions: int = 0
    agreement: str = ""
    saved: str = ""


def state_theorem(
    source: str, target: str, names: str, where: Sequence[str], feeds: Sequence[str], limit: Relation | None,
    solver: Solver, bound: int = 0, track: Track = iter,
) -> Theorem:
    """The theorem about two specs for all `names` (with commas between) under the conditions `where`.

    Raises InputError for a name that no layout has, or a hypothesis outside the language.
    """
    variables = find_variables([name.strip() for name in names.split(",")], (source, target))
    statement = make_statement(source, target, feeds, variables, where)
    return prove_for_all(statement, feeds, limit, solver, bound, track)


def solve_for(
    source: str, target: str, names: str, where: Sequence[str], feeds: Sequence[str], solver: Solver, bound: int,
    track: Track = iter,
) -> Theorem:
    """The same, asked for the condition: where none is found the answer is open, even if a counterexample is known."""
    found = state_theorem(source, target, names, where, feeds, None, solver, bound, track)
    is_open = found.answer.scope is Scope.OPEN
    return replace(found, outcome=Outcome.UNDECIDED if is_open else found.outcome, for_condition=True)


def prove_for_all(
    statement: Statement, feeds: Sequence[str], limit: Relation | None, solver: Solver, bound: int = 0,
    track: Track = iter,
) -> Theorem:
    """Decide a statement for all sizes.

    `bound`: where no condition is found, the points up to it are decided one by one; `track` shows progress.

    Raises EvidenceError if the concrete engine contradicts what the solver proved.
    """
    study = Study(statement, solver)
    answer = decide(study)
    found = Theorem(statement, tuple(feeds), limit, answer, Outcome.UNDECIDED)
    if answer.scope is Scope.OPEN:
        found = _open(study, found, bound, track)
    else:
        found = _relation(study, found) if answer.scope is not Scope.NEVER else found
        found = replace(found, outcome=_outcome(found))
        found = _tried(study, found)
        found = replace(found, unneeded=tuple(_unneeded(statement, answer, solver)))
        if found.outcome is Outcome.DIFFERENT:
            found = replace(found, smallest=_smallest(study, found), is_least=_is_least(study, found))
    if found.outcome is Outcome.UNDECIDED and study.unknown:
        found = replace(found, saved=solver.save(study.unknown[0]))
    return replace(found, questions=len(solver.asked), agreement=solver.agreement)


def _outcome(found: Theorem) -> Outcome:
    """Of all parameters: where the two are equal at some only, or at none, nothing linear helps at the others."""
    if found.answer.scope is not Scope.ALWAYS:
        return outcome(None, LADDER[-1], found.limit)
    return outcome(found.relation, found.below.verdict.fails if found.below else None, found.limit)


def _relation(study: Study, found: Theorem) -> Theorem:
    """The lowest rung that is proved for all sizes at which the families are equal."""
    answer = found.answer
    where = study.assuming(*answer.condition)
    if answer.sign > 0 and answer.same_magnitude and same_lanes(where, reads=True):
        proved_writes(where)
        relation = Relation.IDENTICAL if same_lanes(where, reads=False) else Relation.EQUAL_SCORES
        return replace(found, relation=relation, below=_below(study, found, relation))
    form = None
    # By T3 a permutation exists all the same where its closed form is not found.
    with suppress(UndecidedError):
        form = closed_form(where, swaps=answer.sign < 0)
    relation = Relation.PERMUTATION if answer.same_magnitude else Relation.PAIR_MAP
    return replace(found, relation=relation, form=form, below=_below(study, found, relation))


def _below(study: Study, found: Theorem, relation: Relation) -> Instance | None:
    """The least point, among those where the families are equal, at which this rung is the lowest."""
    if relation is Relation.IDENTICAL:
        return None
    source, target = study.statement.source, study.statement.target
    lanes = ("write_first", "write_second") if relation is Relation.EQUAL_SCORES else ("first", "second")
    apart = any_of(
        sympy.Ne(getattr(source, name), getattr(target, name), evaluate=False)
        for name in lanes
        if getattr(source, name) != getattr(target, name)
    )
    if apart == sympy.false:
        apart = sympy.true
    point = smallest_point(study, *found.answer.condition, in_range(INDEX, source.count), apart)
    if point is None:
        return None
    shown = instance(study.statement, point, found.feeds, Relation.LINEAR, study.solver)
    return shown if shown.verdict.holds is relation else None


def _smallest(study: Study, found: Theorem) -> Instance | None:
    """The least point outside the condition, or where the rung below fails, if the concrete engine agrees."""
    if found.relation is not None and found.answer.scope is Scope.ALWAYS:
        point = None if found.below is None else found.below.point
    else:
        conditions = [any_of(map(negation, found.answer.condition))] if found.answer.condition else []
        point = smallest_point(study, *conditions)
    if point is None:
        return None
    shown = instance(study.statement, point, found.feeds, found.limit, study.solver)
    return shown if shown.verdict.outcome is Outcome.DIFFERENT else None


def _is_least(study: Study, found: Theorem) -> bool:
    """Whether what `_smallest` looks for, from 0 on, is all that can differ within the limit."""
    negated = [any_of(map(negation, found.answer.condition))] if found.answer.condition else []
    below = any_of(sympy.Lt(s, 0, evaluate=False) for v in study.statement.variables if v.is_whole for s in v.symbols)
    if below != sympy.false and study.ask(
        "below-zero", "Can they differ where a whole number is below 0?", below, *negated
    ) != "unsat":
        return False
    if found.relation is None:
        return True
    if found.limit is None:
        return True
    if found.answer.scope is Scope.ALWAYS:
        return found.limit.rung == found.relation.rung - 1
    return found.relation.rung <= found.limit.rung


def _tried(study: Study, found: Theorem) -> Theorem:
    """Hold the answer against the concrete engine at points on both sides of the condition."""
    answer = found.answer
    sides: list[tuple[bool, list[Condition]]] = []
    if answer.scope is not Scope.NEVER:
        sides.append((True, list(answer.condition)))
    if answer.scope is not Scope.ALWAYS:
        sides.append((False, [any_of(map(negation, answer.condition))] if answer.condition else []))
    counts = {True: 0, False: 0}
    for equal, conditions in sides:
        for point in sample_points(study, SAMPLES, *conditions):
            shown = instance(study.statement, point, found.feeds, Relation.LINEAR, study.solver)
            holds = shown.verdict.holds
            agrees = (
                holds is not None and found.relation is not None and holds.rung <= found.relation.rung
                if equal else shown.verdict.fails is LADDER[-1]
            )
            if not agrees:
                raise EvidenceError(
                    f"at {shown.text} the concrete engine says {holds.value if holds else 'different'}, against "
                    "what was proved for all sizes",
                    advice="This is a fault of rope-prover; please report the two specs",
                )
            counts[equal] += 1
    return replace(found, tried=(counts[True], counts[False]))


def _unneeded(statement: Statement, answer: Answer, solver: Solver) -> Iterator[str]:
    """The words of hypotheses without which the answer is the same."""
    for hypothesis in statement.where:
        rest = tuple(h for h in statement.where if h != hypothesis)
        try:
            without = decide(Study(replace(statement, where=rest), solver))
        except InputError:
            continue
        if (without.scope, set(without.condition)) == (answer.scope, set(answer.condition)):
            yield hypothesis[1]


def _open(study: Study, found: Theorem, bound: int, track: Track) -> Theorem:
    """Nothing is proved for all sizes: look for a point that refutes it, and list points if asked to."""
    try:
        mismatch = Comparison(study.statement).mismatch()
        point = smallest_point(study, in_range(INDEX, study.statement.source.count), mismatch)
    except UndecidedError:
        point = None
    is_least = point is not None and found.limit in (None, Relation.LINEAR)
    if point is None:
        point = next(iter(sample_points(study, 1)), None)
    if point is not None:
        # The least point at which pairs of the same index differ need not be one where nothing helps.
        shown = instance(study.statement, point, found.feeds, found.limit, study.solver)
        if shown.verdict.outcome is Outcome.DIFFERENT:
            found = replace(found, outcome=Outcome.DIFFERENT, smallest=shown, is_least=is_least)
    points, reached = _points(study.statement, bound)
    named = {point_text(study.statement, point): point for point in points}
    equal = tuple(
        text for text in track(list(named))
        if instance(study.statement, named[text], found.feeds, found.limit, study.solver).verdict.outcome
        in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE)
    )
    return replace(found, listed=equal, bound=reached)


def _points(statement: Statement, bound: int) -> tuple[list[Point], int]:
    """Every point with whole numbers from 0 to a bound that the hypotheses allow, and that bound.

    The bound is the largest one asked for with at most MAX_LISTED points; 0 if there is none, or if a
    variable is no whole number.
    """
    if any(not v.is_whole for v in statement.variables):
        return [], 0
    found: list[Point] = []
    for point in small_points(statement, bound, {}):
        found.append(point)
        if len(found) > MAX_LISTED:
            reached = max(point.values())
            return [p for p in found if max(p.values()) < reached], int(reached) - 1
    return found, bound
