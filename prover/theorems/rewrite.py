"""A kernel's loop and its rewrite: equal at every pair, for all sizes, by induction.

A loop carries values from pair to pair. Candidates for what it carries are taken from the other
file: its expressions, under the conditions that choose them, and its own carried values. Those that
hold at pair 0 and are kept by a step, given each other, are the invariant; if the two files agree
wherever the invariant holds, they agree at every pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

import sympy

from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import EvidenceError, InputError, UndecidedError
from prover.exact.display import show_angle
from prover.language.expression import INDEX, AnyOf
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.substitution import pieces, substituted
from prover.layouts.feed import resolve_feeds
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.layouts.roles import role_names
from prover.theorems.closed_form import same_lanes
from prover.theorems.comparison import Comparison, same_magnitudes
from prover.theorems.instance import Point, instance, point_text, small_points, spec_at, usual_reals
from prover.theorems.ratio import quotient
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import (
    SymbolicLayout,
    Variable,
    find_variables,
    is_whole,
    read_hypotheses,
    symbolic_layout,
)

MAX_CANDIDATES = 400
MAX_TRIED = 3000
MAX_CONFIRMED = 60
LARGEST = 16
NEXT = INDEX + 1

State = tuple[sympy.Symbol, sympy.Basic, sympy.Basic]


@dataclass(frozen=True, slots=True)
class Invariant:
    """Wherever `guards` hold, the carried value `state` is `value`."""

    state: sympy.Symbol
    guards: tuple[Condition, ...]
    value: sympy.Basic

    @property
    def condition(self) -> Condition:
        """The invariant as a condition."""
        equal = sympy.Eq(self.state, self.value, evaluate=False)
        return AnyOf(*map(negation, self.guards), equal) if self.guards else equal


@dataclass(frozen=True, slots=True)
class Difference:
    """The smallest parameters at which the two differ, and the first pair that does."""

    text: str
    pair: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What is known of a rewrite. `invariant` is empty where no loop needs one. `saved`: a question left open."""

    old: SymbolicLayout
    new: SymbolicLayout
    variables: tuple[Variable, ...]
    hypotheses: tuple[Condition, ...]
    outcome: Outcome
    invariant: tuple[Invariant, ...] = ()
    difference: Difference | None = None
    tried: int = 0
    questions: int = 0
    agreement: str = ""
    saved: str = ""


def check_rewrite(
    old: str, new: str, names: Sequence[str], where: Sequence[str], solver: Solver
) -> Rewrite:
    """Compare two layout files lane by lane at every pair, for all values of `names`.

    Without names, every whole-number parameter and base that both have and no spec gives stays symbolic.
    """
    variables = find_variables(list(names), (old, new)) if names else _shared(old, new)
    first, second = symbolic_layout(old, variables, "old"), symbolic_layout(new, variables, "new")
    feeds = resolve_feeds([], first.family, second.family)
    hypotheses = read_hypotheses(where, variables, (first, second))
    statement = Statement(first, second, feeds, variables, hypotheses)
    found = Rewrite(first, second, variables, statement.hypotheses, Outcome.UNDECIDED)
    study = Study(statement, solver, more=tuple(s for s, *_ in (*first.states, *second.states)))
    if not study.is_about_something():
        saved = solver.save(study.unknown[0])
        return replace(found, questions=len(solver.asked), agreement=solver.agreement, saved=saved)
    try:
        invariant = _proved(study)
    except UndecidedError:
        invariant = None
    fixed = usual_reals(study, ()) or {}
    points = islice(small_points(statement, LARGEST, fixed), MAX_TRIED if invariant is None else MAX_CONFIRMED)
    tried, difference = 0, None
    for point in points:
        tried += 1
        difference = _difference(statement, point, solver)
        if difference is not None:
            break
    if invariant is not None and difference is not None:
        raise EvidenceError(
            f"at {difference.text} pair {difference.pair} differs, against what was proved for all sizes",
            advice="This is a fault of rope-prover; please report the two files",
        )
    if invariant is not None:
        found = replace(found, outcome=Outcome.EQUIVALENT, invariant=invariant)
    elif difference is not None:
        found = replace(found, outcome=Outcome.DIFFERENT, difference=difference)
    elif study.unknown:
        found = replace(found, saved=solver.save(study.unknown[0]))
    return replace(found, tried=tried, questions=len(solver.asked), agreement=solver.agreement)


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


def _proved(study: Study) -> tuple[Invariant, ...] | None:
    """The invariant under which the two agree at every pair, or None."""
    statement = study.statement
    count = statement.source.count
    if not study.follows(
        "width", "Are there parameters for which the heads have different widths?",
        sympy.Eq(statement.source.width, statement.target.width, evaluate=False),
    ) or not study.follows(
        "counts", "Are there parameters for which the numbers of pairs differ?",
        sympy.Eq(count, statement.target.count, evaluate=False),
    ):
        return None
    statement, kept = _products(study)
    study = replace(study, statement=statement)
    whole = _whole_invariants(study)
    held = study.assuming(*(invariant.condition for invariant in whole))
    comparison = Comparison(statement)
    for value in comparison.positive():
        positive = sympy.StrictGreaterThan(value, 0, evaluate=False)
        if not study.follows("positive", "May a base or a divisor not be positive?", positive):
            return None
    if not _agree(held, comparison):
        return None
    return *kept, *_needed(study, comparison, whole)


def _agree(held: Study, comparison: Comparison) -> bool:
    """Whether lanes, magnitudes and turns agree at every pair, under what is held."""
    return (
        same_lanes(held, reads=True) and same_lanes(held, reads=False) and same_magnitudes(held) and held.ask(
            "agree", "Do the two differ at a pair where the invariant holds?",
            in_range(INDEX, comparison.count), _differs(comparison),
        ) == "unsat"
    )


def _needed(study: Study, comparison: Comparison, kept: Sequence[Invariant]) -> tuple[Invariant, ...]:
    """As few of the invariants as are found to keep each other and to suffice."""
    found = list(kept)
    last_first = kept[::-1]
    for one in sorted(last_first, key=lambda c: -len(c.guards)):
        rest = [c for c in found if c != one]
        if len(_inductive(study, rest)) == len(rest) and _agree(
            study.assuming(*(c.condition for c in rest)), comparison
        ):
            found = rest
    return tuple(found)


def _differs(comparison: Comparison) -> Condition:
    """Vectors that differ, or are not known to agree with their signs."""
    return any_of(
        all_of([*a.guards, *b.guards, *([] if found.sign in (-1, 0) else [negation(found.surely)])])
        for a, b, found in comparison.at_one_index
    )


def _products(study: Study) -> tuple[Statement, list[Invariant]]:
    """Carried values that are no whole numbers, replaced by the power that they are at every pair."""
    statement, kept = study.statement, []
    for side, other in (("source", "target"), ("target", "source")):
        for state, initial, step in getattr(statement, side).states:
            if state.is_integer:
                continue
            theirs = getattr(statement, other)
            grown = [initial * (e / state) ** INDEX for e in [step] if not (e / state).has(INDEX, state)]
            candidates = [e for e in theirs.inner if e.is_Pow] + [s for s, *_ in theirs.states if not s.is_integer]
            value = next(
                (e for e in candidates + grown if _is_carried(study, state, initial, step, e, theirs.states)), None
            )
            if value is None:
                # It may still cancel against itself.
                continue
            kept.append(Invariant(state, (), value))
            source, target = (_replaced(layout, state, value) for layout in (statement.source, statement.target))
            statement = replace(statement, source=source, target=target)
    return statement, kept


def _is_carried(
    study: Study, state: sympy.Symbol, initial: sympy.Basic, step: sympy.Basic, value: sympy.Basic,
    others: Sequence[State],
) -> bool:
    """Whether state = value at pair 0, and one step on if it holds before."""
    start = substituted(value, {INDEX: sympy.Integer(0), **{s: first for s, first, _ in others}})
    if not _is_one(study, "base", f"Can {state} be something else at pair 0?", initial, start):
        return False
    later = _after(value, {s: after for s, _, after in others})
    inside = in_range(INDEX, study.statement.source.count - 1)
    return all(
        _is_one(study, "step", f"Can a step take {state} somewhere else?", found, later, inside, *guards)
        for guards, found in pieces(substituted(step, {state: value}))
    )


def _is_one(
    study: Study, name: str, asks: str, one: sympy.Basic, other: sympy.Basic, *assumed: Condition
) -> bool:
    """Whether two products of positive powers are equal wherever `assumed` holds."""
    found = quotient(one, other)
    return found.sign > 0 and found.exactly is not None and study.follows(name, asks, found.exactly, *assumed) and all(
        study.follows("positive", "May a base or a divisor not be positive?",
                      sympy.StrictGreaterThan(value, 0, evaluate=False), *assumed)
        for value in found.positive
    )


def _replaced(layout: SymbolicLayout, state: sympy.Symbol, value: sympy.Basic) -> SymbolicLayout:
    new = {state: value}
    return replace(
        layout,
        cases=tuple(
            replace(
                case, guards=tuple(substituted(g, new) for g in case.guards),
                vector=tuple((axis, substituted(e, new)) for axis, e in case.vector),
            )
            for case in layout.cases
        ),
        magnitude=tuple(
            (tuple(substituted(g, new) for g in guards), substituted(e, new)) for guards, e in layout.magnitude
        ),
        states=tuple(row for row in layout.states if row[0] != state),
    )


def _whole_invariants(study: Study) -> tuple[Invariant, ...]:
    """The candidates that hold at pair 0 and are kept by a step, given each other."""
    source, target = study.statement.source, study.statement.target
    states = [s for s in (*source.states, *target.states) if s[0].is_integer]
    if not states:
        return ()
    kept = _candidates(source, target)
    count = source.count
    start = {INDEX: sympy.Integer(0), **{s: initial for s, initial, _ in states}}
    several = sympy.StrictGreaterThan(count, 0, evaluate=False)
    kept = [
        c for c in kept
        if study.follows(
            "base", f"Can {c.state} be something else at pair 0?", substituted(c.condition, start), several
        )
    ]
    while len(still := _inductive(study, kept)) < len(kept):
        kept = still
    return tuple(_strongest(kept))


def _inductive(study: Study, kept: Sequence[Invariant]) -> list[Invariant]:
    """Those that still hold one pair later if all of them hold."""
    statement = study.statement
    after = {s: step for s, _, step in (*statement.source.states, *statement.target.states)}
    held = study.assuming(*(c.condition for c in kept), in_range(INDEX, statement.source.count - 1))
    return [
        c for c in kept
        if held.follows("step", f"Can a step take {c.state} somewhere else?", _after(c.condition, after))
    ]


def _after(e: sympy.Basic, steps: dict[sympy.Symbol, sympy.Basic]) -> sympy.Basic:
    """An expression or condition one pair later: carried values have stepped, and j is one more."""
    marks = {s: sympy.Symbol(f"{s.name}_after", real=True, integer=s.is_integer) for s in steps}
    moved = substituted(substituted(e, marks), {INDEX: NEXT})
    return substituted(moved, {marks[s]: step for s, step in steps.items()})


def _candidates(source: SymbolicLayout, target: SymbolicLayout) -> list[Invariant]:
    found: dict[Invariant, None] = {}
    for mine, other in ((source, target), (target, source)):
        for state, initial, step in mine.states:
            if not state.is_integer:
                continue
            counted = [initial + (part - state) * INDEX for _, part in pieces(step) if not (part - state).has(state)]
            others = (s for s, *_ in other.states if s.is_integer)
            for value in (*others, *other.inner, *mine.inner, *counted, initial):
                if value.has(state) or not is_whole(value):
                    continue
                for guards, part in pieces(value):
                    found.setdefault(Invariant(state, guards, part))
                    fixed = tuple(g for g in guards if not g.has(INDEX))
                    if fixed != guards:
                        found.setdefault(Invariant(state, fixed, part))
    if len(found) > MAX_CANDIDATES:
        raise UndecidedError(f"{len(found)} candidates for an invariant; at most {MAX_CANDIDATES}")
    return [c for c in found if c.value != c.state]


def _strongest(kept: Sequence[Invariant]) -> Iterator[Invariant]:
    """Without those that another one says under fewer conditions."""
    for one in kept:
        if not any(
            other != one and (other.state, other.value) == (one.state, one.value)
            and set(other.guards) < set(one.guards) for other in kept
        ):
            yield one


def _difference(statement: Statement, point: Point, solver: Solver) -> Difference | None:
    """The first pair at which the two differ with these numbers, if the checker accepts that they do."""
    layouts = [load(spec_at(side, statement.variables, point)).layout for side in (statement.source, statement.target)]
    for pair in range(max(len(layout.pairs) for layout in layouts)):
        one, two = (_pair_text(layout, pair) for layout in layouts)
        if one != two:
            # The same pairs in another order are the same kernel.
            shown = instance(statement, point, [], Relation.IDENTICAL, solver)
            is_different = shown.verdict.outcome is Outcome.DIFFERENT
            return Difference(point_text(statement, point), pair, one, two) if is_different else None
    return None


def _pair_text(layout: Layout, pair: int) -> str:
    if pair >= len(layout.pairs):
        return "no such pair"
    found = layout.pairs[pair]
    size = "" if str(found.magnitude) == "1" else f", times {found.magnitude}"
    to = "" if found.write == found.read else f", written to {found.write[0]} and {found.write[1]}"
    return f"lanes {found.read[0]} and {found.read[1]} by {show_angle(found.angle, 'nothing')}{size}{to}"
