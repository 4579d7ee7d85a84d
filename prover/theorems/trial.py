"""A rewrite tried with numbers: the concrete engine compares the two, pair by pair, before anything is said.

Small sizes come first, in order. Corners are sizes at which something turns: no pair, one, two; a parameter at
0 or beside it; either side of each bound in a hypothesis or in a choice of a layout. Those that small sizes have
not met are asked of the solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, islice

import sympy

from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import InputError, LimitError, ProverError, UndecidedError
from prover.exact.display import show_angle
from prover.exact.number import exact
from prover.language.evaluation import CompiledCondition, Scope
from prover.language.logic import Condition, in_range
from prover.language.symbolic import INDEX, AllOf
from prover.language.symbols import Carried
from prover.layouts.expand import expand
from prover.layouts.family import Given
from prover.layouts.layout import Layout
from prover.layouts.spec import parse_spec
from prover.theorems.instance import Point, instance, point_text, usual_reals
from prover.theorems.simulation import Row, holds, rows, value_at
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import SymbolicLayout
from prover.theorems.variables import parameter_value

LARGEST = 16
MAX_LOOKED_AT = 60_000
MAX_ROWS = 160
ROWS_OF_ONE = 12
MAX_CORNERS = 96
MOST_PAIRS = (64, 4096)
ENOUGH = 4
LONG_RUNS = (33, 65, 129, 257)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many sizes are tried, and how many pairs together."""

    points: int
    pairs: int


FIRST = Budget(40, 160)
SEARCH = Budget(2000, 6000)
CORNERS = Budget(MAX_CORNERS, 8192)


@dataclass(frozen=True, slots=True)
class Difference:
    """Parameters at which the two differ, and the first pair that does."""

    text: str
    pair: int
    old: str
    new: str
    point: Point


@dataclass(slots=True)
class Trial:
    """What came of the sizes tried.

    `tried`: at how many the two agreed at every pair; `agreed`: the first of them with the `most` pairs, up to a few.
    `reason`: why that is not known of one. `fault`: of one at which there are no such layouts.
    """

    statement: Statement
    solver: Solver
    tried: int = 0
    pairs: int = 0
    seen: list[Row] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    difference: Difference | None = None
    reason: str = ""
    fault: str = ""
    agreed: Point | None = None
    most: int = -1

    def try_all(self, points: Iterator[Point], budget: Budget) -> bool:
        """Whether the two agree at all points, as far as the budget goes; stops at the first that differs."""
        tried, pairs = self.tried, self.pairs
        for point in points:
            if not self._agree(point):
                return False
            if self.tried - tried >= budget.points or self.pairs - pairs >= budget.pairs:
                break
        return True

    def rows_of(self, statement: Statement) -> list[Row]:
        """What the loops of another form of the statement carry at the points tried."""
        sides = (statement.source, statement.target)
        return list(islice(chain.from_iterable(rows(p, sides, ROWS_OF_ONE) for p in self.points), MAX_ROWS))

    def _agree(self, point: Point) -> bool:
        if point in self.points:
            return True
        self.points.append(point)
        statement = self.statement
        sides = (statement.source, statement.target)
        if len(self.seen) < MAX_ROWS:
            self.seen += rows(point, sides, ROWS_OF_ONE)
        found, faults = list[Layout](), list[ProverError]()
        for side in sides:
            try:
                found.append(_layout(side, statement, point))
            except ProverError as fault:
                faults.append(fault)
        if faults:
            self.fault = f"at {point_text(statement, point)}: {faults[0].message}"
            if len(faults) == 1 and not isinstance(faults[0], LimitError):
                self.reason = self.reason or f"only one of the two is a layout {self.fault}"
            return True
        old, new = found
        if old.width != new.width:
            raise InputError(
                f"at {point_text(statement, point)} the heads have {old.width} and {new.width} lanes",
                advice="A rewrite has the same head width for all parameters",
            )
        self.tried += 1
        self.pairs += len(old.pairs) + 1
        agree = old.pairs == new.pairs or self._is_identical(point, old, new)
        if agree and not self.reason and len(old.pairs) > self.most:
            self.agreed, self.most = point, min(len(old.pairs), ENOUGH)
        return agree

    def _is_identical(self, point: Point, old: Layout, new: Layout) -> bool:
        """Pairs in another order, or numbers written otherwise, are the same kernel all the same."""
        shown = instance(self.statement, point, [], Relation.IDENTICAL, self.solver)
        text = point_text(self.statement, point)
        if shown.verdict.outcome is Outcome.EQUIVALENT:
            return True
        if shown.verdict.outcome is Outcome.UNDECIDED:
            self.reason = self.reason or f"whether they are identical at {text} is undecided"
            return True
        pair = next(n for n in range(max(len(old.pairs), len(new.pairs))) if old.pairs[n:n + 1] != new.pairs[n:n + 1])
        self.difference = Difference(text, pair, _pair_text(old, pair), _pair_text(new, pair), point)
        return False


def _layout(side: SymbolicLayout, statement: Statement, point: Point) -> Layout:
    """The exact layout of one side at a point."""
    known = {p.name: p for p in side.family.parameters}
    given: dict[str, Given] = {}
    for name, text in parse_spec(side.spec).values:
        if name in known:
            value = parameter_value(text, known[name], statement.variables)
            given[name] = tuple(_number(e, point) for e in value) if isinstance(value, tuple) else _number(value, point)
    for variable in statement.variables:
        if variable.name in known and variable.name not in given:
            entries = tuple(_number(s, point) for s in variable.symbols)
            given[variable.name] = entries if variable.is_list else entries[0]
    return expand(side.family, given, side.spec)


def _number(e: sympy.Basic, point: Point) -> Fraction:
    row: Row = {s: Fraction(int(v.p), int(v.q)) for s, v in point.items()}
    value = value_at(e, row)
    if value is None:
        raise UndecidedError(f"'{e}' has no value that is worked out here")
    return Fraction(value)


def _pair_text(layout: Layout, pair: int) -> str:
    if pair >= len(layout.pairs):
        return "no such pair"
    found = layout.pairs[pair]
    size = "" if str(found.magnitude) == "1" else f", times {found.magnitude}"
    to = "" if found.write == found.read else f", written to {found.write[0]} and {found.write[1]}"
    return f"lanes {found.read[0]} and {found.read[1]} by {show_angle(found.angle, 'nothing')}{size}{to}"


def reals(study: Study) -> Point | None:
    """A value for each real variable, a usual one where that is possible."""
    usual = usual_reals(study, ())
    symbols = [s for v in study.statement.variables if not v.is_whole for s in v.symbols]
    if usual is not None or not symbols:
        return usual
    found = study.model("real", "Which values may the real parameters have?", values=symbols)
    return _point(symbols, found) if found else None


def _point(symbols: Sequence[sympy.Symbol], values: Sequence[Fraction]) -> Point:
    return {s: sympy.Rational(v.numerator, v.denominator) for s, v in zip(symbols, values, strict=True)}


def small_sizes(statement: Statement, fixed: Point) -> Iterator[Point]:
    """Points with whole numbers from 0 on that the hypotheses allow: by their largest number, then in order."""
    symbols = [s for v in statement.variables if v.is_whole for s in v.symbols]
    due: list[list[Condition]] = [[] for _ in range(len(symbols) + 1)]
    for hypothesis in statement.hypotheses:
        due[max((symbols.index(s) + 1 for s in hypothesis.free_symbols - fixed.keys()), default=0)].append(hypothesis)
    # By as many of the numbers as each asks about, so that whole blocks of points are not looked at one by one.
    allowed = [_allowed(hypotheses) for hypotheses in due]
    left = MAX_LOOKED_AT

    def search(values: tuple[int, ...], largest: int) -> Iterator[Point]:
        nonlocal left
        more = len(symbols) - len(values)
        number = (largest + 1) ** more - (0 if not symbols or largest in values else largest ** more)
        if not number:
            return
        point = {**fixed, **{s: sympy.Integer(v) for s, v in zip(symbols, values, strict=False)}}
        if not allowed[len(values)](point):
            left -= number
        elif more:
            for value in range(largest + 1):
                if left > 0:
                    yield from search((*values, value), largest)
        else:
            left -= 1
            yield point

    for largest in range(LARGEST + 1):
        if left > 0:
            yield from search((), largest)


def allowed_points(statement: Statement) -> Callable[[Point], bool]:
    """A test of whether the hypotheses allow a point."""
    return _allowed(statement.hypotheses)


def _allowed(hypotheses: Sequence[Condition]) -> Callable[[Point], bool]:
    tests = [(h, CompiledCondition(h, frozenset())) for h in hypotheses]

    def allowed(point: Point) -> bool:
        row: Row = {s: int(v.p) if v.q == 1 else Fraction(int(v.p), int(v.q)) for s, v in point.items()}
        scope: Scope | None = None
        for hypothesis, test in tests:
            found = holds(hypothesis, row)
            if found is None:
                scope = scope or Scope({s.name: exact(v) for s, v in row.items()}, {})
                try:
                    found = test.test(scope)
                except ProverError:
                    return False
            if not found:
                return False
        return True

    return allowed


def corners(study: Study, seen: Sequence[Row], fixed: Point, counts: Sequence[int]) -> Iterator[Point]:
    """Points with something that turns and that no row has met, as the solver finds them under what is assumed.

    Points with `counts` pairs are among them. Those with many pairs come last.
    """
    statement = study.statement
    variables = [s for v in statement.variables for s in v.symbols]
    inside = in_range(INDEX, statement.source.count)
    caps = [
        [c for c in (sympy.LessThan(statement.source.count, most, evaluate=False),
                     sympy.LessThan(statement.source.width, 4 * most, evaluate=False)) if study.is_expressible(c)]
        for most in MOST_PAIRS
    ]
    usual = [sympy.Eq(s, v, evaluate=False) for s, v in fixed.items()]
    allowed = allowed_points(statement)
    large: list[Point] = []
    long_runs = [sympy.Eq(statement.source.count, count, evaluate=False) for count in counts]
    for turns in (*_turning(statement), *long_runs):
        if any(holds(turns, row) for row in seen) or not study.is_expressible(turns):
            continue
        within = [inside] if turns.has(INDEX) or turns.has(Carried) else []
        # Most turns that small sizes have not met are met at no size.
        for held in ([], [*usual, *caps[0]], [*usual, *caps[1]], caps[1]):
            asks = "Is there a size at which this turns?"
            found = study.model("corner", asks, turns, *within, *held, values=variables)
            if not found and not held:
                break
            if found and held:
                point = _point(variables, found)
                # Remainders are not told in full, so a model need not be one.
                if allowed(point) and held[-1:] == caps[0][-1:]:
                    yield point
                elif allowed(point):
                    large.append(point)
                break
    yield from large


def _turning(statement: Statement) -> list[Condition]:
    """Conditions that hold at a corner."""
    found: dict[Condition, None] = {}
    sides = (statement.source, statement.target)
    for count in range(3):
        found.setdefault(sympy.Eq(sides[0].count, count, evaluate=False))
    for symbol in (s for v in statement.variables if v.is_whole for s in v.symbols):
        for value in (0, 1, -1, -2):
            found.setdefault(sympy.Eq(symbol, value, evaluate=False))
    conditions = [*statement.hypotheses]
    for side in sides:
        conditions += [guard for case in side.cases for guard in case.guards]
        conditions += [guard for guards, _ in side.magnitude for guard in guards]
        more = [side.first, side.second, side.write_first, side.write_second, side.width, side.count]
        more += [e for _, initial, step in side.states for e in (initial, step)]
        more += [e for case in side.cases for _, e in case.vector] + [e for _, e in side.magnitude]
        conditions += sorted({a for e in more for a in e.atoms(sympy.core.relational.Relational)},
                             key=sympy.default_sort_key)
    for atom in dict.fromkeys(atom for condition in conditions for atom in _atoms(condition)):
        apart = sympy.expand(atom.args[0] - atom.args[1])
        apart = -apart if apart.could_extract_minus_sign() else apart
        for beside in (0, 1, -1):
            found.setdefault(sympy.Eq(apart, beside, evaluate=False))
        if isinstance(atom, sympy.Eq | sympy.Ne):
            found.setdefault(sympy.Ne(*atom.args, evaluate=False))
        else:
            found.setdefault(sympy.StrictGreaterThan(apart, 1, evaluate=False))
            found.setdefault(sympy.StrictLessThan(apart, -1, evaluate=False))
    return list(found)


def _atoms(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf | sympy.Not):
        for part in condition.args:
            yield from _atoms(part)
    elif isinstance(condition, sympy.core.relational.Relational):
        yield condition
