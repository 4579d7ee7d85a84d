"""A kernel's loop and its rewrite: equal at every pair, for all sizes, by induction.

A loop carries values from pair to pair. Candidates for what it carries are taken from the other
file: its expressions, under the conditions that choose them, and its own carried values. Those that
hold at pair 0 and are kept by a step, given each other, are the invariant; if the two files agree
wherever the invariant holds, they agree at every pair. Nothing is said before numbers agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import sympy

from prover.claims.relation import Outcome
from prover.claims.solver import Solver
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.language.formula import formula
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.symbolic import CHOICE, INDEX, AllOf, AnyOf
from prover.language.symbols import Axis, Carried
from prover.layouts.feed import resolve_feeds
from prover.layouts.loading import load
from prover.layouts.roles import role_names
from prover.theorems.comparison import Comparison
from prover.theorems.induction import Goal, Induction, Invariant, after, candidates
from prover.theorems.instance import Point
from prover.theorems.products import in_both, told, with_exponents, with_powers
from prover.theorems.ratio import quotient
from prover.theorems.simulation import Row
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import SymbolicLayout, read_hypotheses, symbolic_layout
from prover.theorems.trial import CORNERS, FIRST, LONG_RUNS, SEARCH, Difference, Trial, corners, reals, small_sizes
from prover.theorems.variables import Variable, find_variables
from prover.theorems.words import written

MAX_PROVED = 40
BUDGET = 2_000_000


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is known of a rewrite. `invariant` is empty where no loop needs one. `saved`: a question left open.

    `tried`: at how many sizes the concrete engine agreed; `point`: one of them, with pairs if it may. `reason`: why it
    is undecided, where that is known.
    """

    statement: Statement
    outcome: Outcome
    invariant: tuple[Invariant, ...] = ()
    difference: Difference | None = None
    tried: int = 0
    questions: int = 0
    agreement: str = ""
    saved: str = ""
    reason: str = ""
    point: Point | None = None

    @property
    def old(self) -> SymbolicLayout:
        return self.statement.source

    @property
    def new(self) -> SymbolicLayout:
        return self.statement.target

    @property
    def variables(self) -> tuple[Variable, ...]:
        return self.statement.variables


def check_rewrite(
    old: str, new: str, names: Sequence[str], where: Sequence[str], solver: Solver
) -> Rewrite:
    """Compare two layout files lane by lane at every pair, for all values of `names`.

    Without names, every whole-number parameter and base that both have and no spec gives stays symbolic.

    Raises EvidenceError if the concrete engine contradicts what was proved.
    """
    variables = find_variables(list(names), (old, new)) if names else _shared(old, new)
    first, second = symbolic_layout(old, variables, "old"), symbolic_layout(new, variables, "new")
    feeds = resolve_feeds([], first.family, second.family)
    hypotheses = read_hypotheses(where, variables, (first, second))
    statement = Statement(first, second, feeds, variables, hypotheses)
    study = Study(statement, solver, more=tuple(s for s, *_ in (*first.states, *second.states)), budget=BUDGET)
    found = Rewrite(statement, Outcome.UNDECIDED)
    if not study.is_about_something():
        saved = solver.save(study.unknown[0])
        return replace(found, questions=len(solver.asked), agreement=solver.agreement, saved=saved)
    study = _where_both_have_values(study)
    trial = Trial(study.statement, solver)
    found = replace(found, statement=study.statement)
    try:
        found = _decided(study, trial, found)
    except UndecidedError as fault:
        found = replace(found, reason=str(fault))
    if found.outcome is Outcome.UNDECIDED and not found.reason and study.unknown:
        found = replace(found, saved=solver.save(study.unknown[0]))
    found = replace(found, tried=trial.tried, point=trial.agreed)
    return replace(found, questions=len(solver.asked), agreement=solver.agreement)


def _decided(study: Study, trial: Trial, found: Rewrite) -> Rewrite:
    """Small sizes, then the proof, then corners: what they come to together."""
    fixed = reals(study)
    small = iter(()) if fixed is None else small_sizes(study.statement, fixed)
    if not trial.try_all(small, FIRST):
        return replace(found, outcome=Outcome.DIFFERENT, difference=trial.difference)
    proof, known = _proof(study, trial)
    held = study.assuming(*(c.condition for c in proof or known if study.is_expressible(c.condition)))
    agree = trial.try_all(corners(held, trial.seen, fixed or {}, () if proof is not None else LONG_RUNS), CORNERS)
    if agree and proof is None:
        agree = trial.try_all(small, SEARCH)
    if not agree:
        difference = trial.difference
        assert difference is not None
        if proof is not None:
            raise EvidenceError(
                f"at {difference.text} pair {difference.pair} differs, against what was proved for all sizes",
                advice="This is a fault of rope-prover; please report the two files",
            )
        return replace(found, outcome=Outcome.DIFFERENT, difference=difference)
    if trial.reason or proof is None:
        return replace(found, reason=trial.reason)
    if not trial.tried:
        return replace(found, reason=f"no size could be tried with numbers: {trial.fault or 'none was found'}")
    undefined = _undefined(held)
    if undefined:
        return replace(found, reason=undefined)
    return replace(found, outcome=Outcome.EQUIVALENT, invariant=proof)


def _shared(old: str, new: str) -> tuple[Variable, ...]:
    """The parameters that both files have, as far as they can stay symbolic."""
    loaded = [load(spec) for spec in (old, new)]
    given = {name for each in loaded for name, _ in each.given}
    both = {p.name for p in loaded[0].family.parameters} & {p.name for p in loaded[1].family.parameters} - given
    found: list[Variable] = []
    for name in [p.name for p in loaded[0].family.parameters if p.name in both]:
        with suppress(UndecidedError):
            found += [v for v in find_variables([name], (old, new)) if v.is_whole or name in role_names()["base"]]
    if not found:
        raise InputError("the two files have no parameter in common that could stay symbolic")
    return tuple(found)


def _where_both_have_values(study: Study) -> Study:
    """The study with what is asked of parameters so that every pair has a value at all: no division by 0."""
    needed = []
    for side in (study.statement.source, study.statement.target):
        for least, expressions in (
            (0, [side.first, side.second, side.write_first, side.write_second, side.angle]),
            (0, [initial for _, initial, _ in side.states]), (1, [step for *_, step in side.states]),
        ):
            needed += [(least, d) for e in expressions for guards, d in _divisors(e) if not guards]
    more = []
    for least, divisor in dict.fromkeys(needed):
        if divisor.has(INDEX) or divisor.has(Carried) or divisor.has(Axis):
            continue
        sound = sympy.Ne(divisor, 0, evaluate=False)
        few = sympy.LessThan(study.statement.source.count, least, evaluate=False)
        if not study.is_expressible(sound) or not study.is_expressible(few) or study.follows(
            "divisor", "May a divisor be 0?", sound, negation(few)
        ):
            continue
        always = study.follows("pairs", "May there be so few pairs?", negation(few))
        needed_there = sound if always else AnyOf(few, sound)
        more.append((needed_there, written(needed_there, study.statement.variables)))
    statement = study.statement
    return replace(study, statement=replace(statement, where=(*statement.where, *more)))


def _undefined(study: Study) -> str:
    """What may be divided by 0 at some pair, in words; empty if nothing is."""
    sound_always: dict[sympy.Basic, bool] = {}
    for side in (study.statement.source, study.statement.target):
        parts = [
            (in_range(INDEX, study.statement.source.count),
             [side.first, side.second, side.write_first, side.write_second, side.angle]),
            (in_range(INDEX, study.statement.source.count - 1), [step for *_, step in side.states]),
        ]
        for inside, expressions in parts:
            for guards, divisor in dict.fromkeys(d for e in expressions for d in _divisors(e)):
                sound = sympy.Ne(divisor, 0, evaluate=False)
                if divisor not in sound_always:
                    sound_always[divisor] = study.is_expressible(sound) and study.follows(
                        "divisor", "May a divisor be 0?", sound, in_range(INDEX, study.statement.source.count)
                    )
                if sound_always[divisor]:
                    continue
                known = [g for g in guards if study.is_expressible(g)]
                if not study.is_expressible(sound) or not study.follows(
                    "divisor", "May a divisor be 0?", sound, inside, *known
                ):
                    return f"'{formula(divisor)}', which is divided by, is not known to be other than 0"
    return ""


def _divisors(e: sympy.Basic) -> Iterator[tuple[tuple[Condition, ...], sympy.Basic]]:
    """Whatever is divided by, under the conditions under which it is."""
    if e.func == CHOICE:
        condition, body, other = e.args
        yield from _divisors(condition)
        for guard, part in ((condition, body), (negation(condition), other)):
            yield from (((guard, *guards), d) for guards, d in _divisors(part))
        return
    if isinstance(e, AllOf):
        before: list[Condition] = []
        for part in e.args:
            yield from (((*before, *guards), d) for guards, d in _divisors(part))
            before.append(negation(part) if isinstance(e, AnyOf) else part)
        return
    divisor = e.args[1] if isinstance(e, sympy.Mod) else None
    if isinstance(e, sympy.Pow) and e.args[1].is_Rational and e.args[1] < 0:
        divisor = e.args[0]
    if divisor is not None and not (divisor.is_Rational and divisor != 0):
        yield (), divisor
    for part in e.args:
        yield from _divisors(part)


def _proof(study: Study, trial: Trial) -> tuple[tuple[Invariant, ...] | None, tuple[Invariant, ...]]:
    """The invariant under which the two agree at every pair; or None, and what is known of the loops all the same."""
    known: tuple[Invariant, ...] = ()
    with suppress(UndecidedError):
        statement = study.statement
        if not study.follows(
            "width", "Are there parameters for which the heads have different widths?",
            sympy.Eq(statement.source.width, statement.target.width, evaluate=False),
        ) or not study.follows(
            "counts", "Are there parameters for which the numbers of pairs differ?",
            sympy.Eq(statement.source.count, statement.target.count, evaluate=False),
        ):
            return None, known
        study, powers = with_powers(study)
        study, counted = with_exponents(study)
        statement = study.statement
        seen = trial.rows_of(statement) if counted else trial.seen
        induction = Induction(study, (*statement.source.states, *statement.target.states))
        possible = _possible(study, seen)
        with suppress(UndecidedError):
            found = _proved(study, induction, possible)
            if found is not None:
                return tuple(told(counted, [*powers, *found])), known
        known = tuple(induction.proved(possible[:MAX_PROVED]))
        # With values put in for what is carried, more can cancel.
        values: dict[sympy.Symbol, Invariant] = {}
        for one in known:
            used = {s for c in values.values() for s in c.value.free_symbols}
            if not one.guards and one.state not in {*values, *used} and not one.value.free_symbols & values.keys():
                values[one.state] = one
        for state, one in values.items():
            statement = in_both(statement, state, one.value)
        if values:
            study, first = replace(study, statement=statement), induction
            induction = Induction(study, (*statement.source.states, *statement.target.states))
            found = _proved(study, induction, _possible(study, seen))
            if found is not None:
                return tuple(told(counted, [*powers, *first.behind(list(values.values())), *found])), known
    return None, known


def _possible(study: Study, seen: Sequence[Row]) -> list[Invariant]:
    source, target = study.statement.source, study.statement.target
    steps = {s: step for s, _, step in (*source.states, *target.states)}
    wanted = [
        (*a.guards, *b.guards, equation)
        for a, b, found in Comparison(study.statement).at_one_index
        for equation in sorted(found.surely.atoms(sympy.Eq), key=sympy.default_sort_key)
    ]
    return [
        c for c in candidates(source, target, wanted, seen)
        if study.is_expressible(c.condition) and study.is_expressible(after(c.condition, steps))
    ]


def _proved(study: Study, induction: Induction, possible: Sequence[Invariant]) -> tuple[Invariant, ...] | None:
    """The invariants with which lanes, magnitudes and turns agree at every pair, or None."""
    comparison = Comparison(study.statement)
    inside = in_range(INDEX, comparison.count)
    asks = "May a base or a divisor not be positive?"
    always: dict[sympy.Basic, bool] = {}
    for a, b, found in comparison.at_one_index:
        for value in (*found.bases, *found.divisors) if found.surely != sympy.false else ():
            positive = sympy.StrictGreaterThan(value, 0, evaluate=False)
            if value not in always:
                always[value] = study.follows("positive", asks, positive, inside)
            guards = [g for g in (*a.guards, *b.guards) if study.is_expressible(g)]
            if not always[value] and not study.follows("positive", asks, positive, inside, *guards):
                return None
    goals = _goals(comparison, study.statement)
    return None if goals is None else induction.invariants(goals, possible)


def _goals(comparison: Comparison, statement: Statement) -> tuple[Goal, ...] | None:
    """Lanes, magnitudes and turns agree; None where one of them cannot be put as a question."""
    ours, theirs = statement.source, statement.target
    goals = [
        Goal("lanes", "Is there a pair whose lanes differ?", sympy.Eq(a, b, evaluate=False))
        for a, b in (
            (ours.first, theirs.first), (ours.second, theirs.second),
            (ours.write_first, theirs.write_first), (ours.write_second, theirs.write_second),
        ) if a != b
    ]
    apart = []
    for guards, one in ours.magnitude:
        for others, other in theirs.magnitude:
            found = quotient(one, other)
            if found.exactly is None or found.sign <= 0:
                return None
            apart.append(all_of([*guards, *others, negation(found.exactly)]))
    goals.append(Goal("magnitudes", "Is there a pair whose magnitudes differ?", negation(any_of(apart))))
    turns = negation(_differs(comparison))
    goals.append(Goal("agree", "Do the two differ at a pair where the invariant holds?", turns))
    return tuple(dict.fromkeys(goal for goal in goals if goal.condition != sympy.true))


def _differs(comparison: Comparison) -> Condition:
    """Vectors that differ, or are not known to agree with their signs."""
    return any_of(
        all_of([*a.guards, *b.guards, *([] if found.sign in (-1, 0) else [negation(found.surely)])])
        for a, b, found in comparison.at_one_index
    )
