"""Small parameters that hypotheses allow, and among them the corners, where theorems go wrong first.

A corner is where there are no pairs, or one; where a section is empty; where a factor is 0 or 1; and where a
bound of a hypothesis, of a choice or of the condition found is met, or missed by one. A corner that no small
point is at is asked of the solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, product

import sympy

from prover.errors import ProverError, UndecidedError
from prover.exact.number import exact
from prover.language.evaluation import Scope, Test, compiled_condition
from prover.language.logic import Condition, all_of, any_of, negation
from prover.language.substitution import substituted
from prover.language.symbolic import INDEX, AllOf, AnyOf
from prover.theorems.factors import factors, is_expressible
from prover.theorems.instance import Point
from prover.theorems.simulation import Row, holds
from prover.theorems.study import Statement, Study

WHOLE = (*range(13), -1, -2, -3)
REAL = (2, 1, Fraction(1, 2), 3, 10000, 0, -1, Fraction(3, 2))
FIRST = 6
MAX_VALUES = 24
MAX_STEPS = 12_000
MAX_SMALL = 120
MAX_CORNERS = 120
MAX_ASKED = 5
REAL_WEIGHT = 3
NEAR = 64
MAX_WHOLE = 10**6
MAX_REAL_BITS = 256


class _Known:
    """A condition ready to be tested, and whether it holds at numbers for its symbols, by numerator and denominator."""

    __slots__ = ("at", "plain", "symbols", "test")

    def __init__(self, condition: Condition) -> None:
        self.symbols: tuple[sympy.Symbol, ...] = tuple(sorted(condition.free_symbols, key=lambda s: str(s.name)))
        self.test: Test | None = None
        self.at: dict[tuple[int, ...], bool | None] = {}
        # Without powers and what is more, plain rational numbers are enough, and exact too.
        self.plain = None if condition.has(sympy.Pow) else condition
        with suppress(ProverError):
            self.test = compiled_condition(condition).test

    def holds(self, numbers: tuple[int, ...]) -> bool | None:
        if self.test is None:
            return None
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        values: Row = {s: p if q == 1 else Fraction(p, q) for s, (p, q) in zip(self.symbols, pairs, strict=True)}
        if self.plain is not None and (found := holds(self.plain, values)) is not None:
            return found
        scope = Scope({s.name: exact(value) for s, value in values.items()}, {})
        try:
            return self.test(scope)
        except ProverError:
            return None


@dataclass(slots=True)
class Truth:
    """Whether conditions hold at points, worked out exactly and once for the same numbers."""

    known: dict[Condition, _Known] = field(default_factory=dict)

    def holds(self, condition: Condition, point: Point) -> bool | None:
        """None where the condition has no value."""
        if condition is sympy.true or condition is sympy.false:
            return condition is sympy.true
        known = self.known.get(condition)
        if known is None:
            known = self.known[condition] = _Known(condition)
        numbers: list[int] = []
        for symbol in known.symbols:
            value = point[symbol]
            numbers += (int(value.p), int(value.q))
        key = tuple(numbers)
        if key not in known.at:
            known.at[key] = known.holds(key)
        return known.at[key]

    def all_hold(self, conditions: Iterable[Condition], point: Point) -> bool:
        return all(self.holds(condition, point) for condition in conditions)


def tried_points(study: Study, condition: Sequence[Condition], truth: Truth) -> tuple[list[Point], int]:
    """The points at which a theorem is tried, all allowed by the hypotheses, and how many, first, are corners."""
    statement = study.statement
    values = _values(statement, condition, truth)
    small = list(islice(_small(statement, values, truth), MAX_SMALL))
    found: dict[tuple[tuple[str, sympy.Rational], ...], Point] = {}
    missed = []
    for corner in corners(statement, condition):
        at = next((point for point in small if truth.holds(corner, point)), None)
        if at is None:
            missed.append(corner)
        else:
            found.setdefault(_key(at), at)
    for point in (*_asked(study, missed, values, truth), *_either_side(study, condition, small, truth)):
        found.setdefault(_key(point), point)
    number = len(found)
    for point in (*_single_steps(statement, values, small[:1], truth), *small):
        found.setdefault(_key(point), point)
    return list(found.values()), number


def _key(point: Point) -> tuple[tuple[str, sympy.Rational], ...]:
    return tuple((s.name, value) for s, value in point.items())


def corners(statement: Statement, condition: Sequence[Condition]) -> list[Condition]:
    """Conditions on parameters each of which holds at a corner."""
    zero, one = sympy.Integer(0), sympy.Integer(1)
    counts = (statement.source.count, statement.target.count)
    found: list[Condition] = [_equal(count, n) for n in (zero, one) for count in counts]
    for layout in (statement.source, statement.target):
        entries = [e for case in layout.all_cases for _, e in case.vector] + [e for _, e in layout.magnitude]
        for base in _bases(entries):
            found += [_equal(part, n) for part in _without_index(base, layout.count) for n in (zero, one)]
    found += [_equal(s, zero) for v in statement.variables if v.is_list for s in v.symbols]
    for clause in condition:
        # Where this clause alone fails, and where it only just does.
        fails = negation(clause)
        found.append(all_of([fails, *(other for other in condition if other != clause)]))
        found += [
            AllOf(fails, _equal(atom.args[0] - atom.args[1], sympy.Integer(n)))
            for atom in _atoms(clause) for n in (1, -1)
        ]
    guards = [g for layout in (statement.source, statement.target) for case in layout.all_cases for g in case.guards]
    for atom in dict.fromkeys(a for c in (*condition, *statement.hypotheses, *guards) for a in _atoms(c)):
        difference = atom.args[0] - atom.args[1]
        found += [
            _equal(part, sympy.Integer(n)) for part in _without_index(difference, counts[0]) for n in (0, 1, -1)
        ]
    kept = [c for c in dict.fromkeys(found) if c.free_symbols]
    return kept[:MAX_CORNERS]


def _bases(entries: Iterable[sympy.Basic]) -> list[sympy.Basic]:
    found = dict[sympy.Basic, None]()
    for e in entries:
        with suppress(UndecidedError):
            found |= dict.fromkeys(base for base, _ in factors(e)[1])
    return list(found)


def _equal(left: sympy.Basic, right: sympy.Basic) -> Condition:
    return sympy.Eq(left, right, evaluate=False)


def _without_index(e: sympy.Basic, count: sympy.Basic) -> list[sympy.Basic]:
    """An expression at pair 0, and past the last pair."""
    if not e.has(INDEX):
        return [e]
    found = []
    for index in (sympy.Integer(0), count):
        with suppress(ProverError):
            found.append(substituted(e, {INDEX: index}))
    return found


def _atoms(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf | sympy.Not):
        for part in condition.args:
            yield from _atoms(part)
    elif isinstance(condition, sympy.core.relational.Relational):
        yield condition


def _values(
    statement: Statement, condition: Sequence[Condition], truth: Truth
) -> dict[sympy.Symbol, list[sympy.Rational]]:
    """What to try for each variable: small numbers and those in the statement, as far as it alone is allowed."""
    said = [*condition, *statement.hypotheses]
    for layout in (statement.source, statement.target):
        said += [layout.count, layout.width]
        said += [e for case in layout.all_cases for e in (*case.guards, *(v for _, v in case.vector))]
    found: dict[sympy.Symbol, list[sympy.Rational]] = {}
    for variable in statement.variables:
        for symbol in variable.symbols:
            # m - 17 has the number -17 in it, and is 0 at 17.
            numbers = {
                sign * number for e in said if e.has(symbol) for number in e.atoms(sympy.Rational) for sign in (1, -1)
                if _is_short(number, variable.is_whole)
            }
            near = [*_met_at(symbol, condition, variable.is_whole), *sorted(numbers, key=lambda n: (abs(n), n))]
            step = sympy.Integer(1) if variable.is_whole else sympy.Rational(1, 2)
            usual = [sympy.Rational(n) for n in (WHOLE if variable.is_whole else REAL)]
            tried = [*usual[:FIRST], *(n + d for n in near for d in (0, -step, step)), *usual[FIRST:]]
            alone = [h for h in statement.hypotheses if h.free_symbols == {symbol}]
            allowed = [
                n for n in dict.fromkeys(tried)
                if (n.is_Integer or not variable.is_whole) and truth.all_hold(alone, {symbol: n})
            ]
            found[symbol] = allowed[:MAX_VALUES]
    return found


def _is_short(number: sympy.Rational, whole: bool) -> bool:
    """Whether a number is worth trying: a size makes lanes, while a base may be as large as anyone writes it."""
    if whole:
        return bool(abs(number) < MAX_WHOLE)
    return max(int(number.p).bit_length(), int(number.q).bit_length()) <= MAX_REAL_BITS


def _met_at(symbol: sympy.Symbol, condition: Sequence[Condition], whole: bool) -> list[sympy.Rational]:
    """Where both sides of a comparison of this variable alone are the same: 3*base >= 10**7 at 10**7/3."""
    found = dict[sympy.Rational, None]()
    for atom in (a for clause in condition for a in _atoms(clause) if a.free_symbols == {symbol}):
        difference = sympy.expand(atom.args[0] - atom.args[1])
        weight = difference.coeff(symbol, 1)
        rest = sympy.expand(difference - weight * symbol)
        if weight.is_Rational and weight != 0 and rest.is_Rational and _is_short(-rest / weight, whole):
            found[-rest / weight] = None
    return list(found)


def _small(
    statement: Statement, values: dict[sympy.Symbol, list[sympy.Rational]], truth: Truth
) -> Iterator[Point]:
    """Points by the sum of the places of their values, as far as a bounded search goes.

    Another number for a real variable counts as several steps: sizes change more than bases do.
    """
    symbols = list(values)
    weight = {s: 1 if v.is_whole else REAL_WEIGHT for v in statement.variables for s in v.symbols}
    due: list[list[Condition]] = [[] for _ in symbols]
    for hypothesis in statement.hypotheses:
        if len(hypothesis.free_symbols) > 1:
            due[max(symbols.index(s) for s in hypothesis.free_symbols)].append(hypothesis)
    steps = 0

    def search(point: dict[sympy.Symbol, sympy.Rational], rank: int) -> Iterator[Point]:
        nonlocal steps
        place = len(point)
        if place == len(symbols):
            if rank == 0:
                yield dict(point)
            return
        symbol = symbols[place]
        for number in range(min(rank // weight[symbol], len(values[symbol]) - 1) + 1):
            steps += 1
            if steps > MAX_STEPS:
                return
            point[symbol] = values[symbol][number]
            if truth.all_hold(due[place], point):
                yield from search(point, rank - number * weight[symbol])
            del point[symbol]

    if not all(values.values()) or not truth.all_hold((h for h in statement.hypotheses if not h.free_symbols), {}):
        return
    for rank in range(sum((len(v) - 1) * weight[s] for s, v in values.items()) + 1):
        yield from search({}, rank)
        if steps > MAX_STEPS:
            return


def _single_steps(
    statement: Statement, values: dict[sympy.Symbol, list[sympy.Rational]], start: Sequence[Point], truth: Truth
) -> Iterator[Point]:
    """From the first point, every other value of each variable alone: numbers said in the statement among them."""
    for point in start:
        for symbol, numbers in values.items():
            for number in numbers:
                moved = {**point, symbol: number}
                if moved != point and truth.all_hold(statement.hypotheses, moved):
                    yield moved


def _asked(
    study: Study, missed: Sequence[Condition], values: dict[sympy.Symbol, list[sympy.Rational]], truth: Truth
) -> Iterator[Point]:
    """Points at corners that no small point is at, if the solver knows any."""
    if not study.is_linear:
        return
    statement = study.statement
    wanted = [c for c in missed if is_expressible(c)]
    whole = [s for v in statement.variables if v.is_whole for s in v.symbols]
    reals = [s for v in statement.variables if not v.is_whole for s in v.symbols]
    barred: list[Condition] = []
    bounds = [
        AllOf(sympy.LessThan(s, NEAR, evaluate=False), sympy.GreaterThan(s, -NEAR, evaluate=False)) for s in whole
    ]
    for near in (bounds, []):
        for _ in range(MAX_ASKED):
            if not wanted or not whole:
                return
            word, found = study.answer(
                "corner", "Is there a corner that no small parameters are at?", any_of(wanted), *near, *barred,
                values=whole,
            )
            if word != "sat":
                break
            numbers = dict(zip(whole, map(sympy.Integer, found.values()), strict=True))
            barred.append(AnyOf(*(sympy.Ne(s, n, evaluate=False) for s, n in numbers.items())))
            for chosen in product(*(values[s] for s in reals)):
                point = _ordered(statement, {**numbers, **dict(zip(reals, chosen, strict=True))})
                reached = [c for c in wanted if truth.holds(c, point)]
                if reached and truth.all_hold(statement.hypotheses, point):
                    wanted = [c for c in wanted if c not in reached]
                    yield point
                    break


def _either_side(study: Study, condition: Sequence[Condition], small: Sequence[Point], truth: Truth) -> Iterator[Point]:
    """A point where the condition holds, and one where it fails: a small one, or one that the solver knows."""
    statement = study.statement
    symbols = [s for v in statement.variables for s in v.symbols]
    whole = all_of(condition)
    for side in (whole, negation(whole)) if condition else ():
        at = next((point for point in small if truth.holds(side, point)), None)
        if at is not None:
            yield at
        if at is not None or not (is_expressible(side) and study.is_linear):
            continue
        found = study.model("side", "Where does the condition hold, or fail?", side, values=symbols)
        if found:
            point = {s: sympy.Rational(v.numerator, v.denominator) for s, v in zip(symbols, found, strict=True)}
            if truth.holds(side, point) and truth.all_hold(statement.hypotheses, point):
                yield point


def _ordered(statement: Statement, point: Point) -> Point:
    return {s: point[s] for v in statement.variables for s in v.symbols}
