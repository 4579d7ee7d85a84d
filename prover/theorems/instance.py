"""Parameters as numbers: a theorem's statement at one point, for the concrete engine to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import sympy

from prover.claims.claim import make_claim
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.errors import ExpressionError, InputError, UndecidedError
from prover.exact.number import exact
from prover.language.evaluation import CompiledCondition, Scope
from prover.language.logic import Condition
from prover.language.substitution import substituted
from prover.language.symbolic import AnyOf
from prover.layouts.loading import load
from prover.layouts.spec import parse_spec
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import SymbolicLayout
from prover.theorems.variables import Variable, parameter_value
from prover.verdicts.verdict import Verdict, prove

USUAL = (10000, 500000, 2, 4, Fraction(1, 2), Fraction(1, 4), 1, 0)
SAMPLE_BOUNDS = (4, 8, 24)

Point = Mapping[sympy.Symbol, sympy.Rational]


@dataclass(frozen=True, slots=True)
class Instance:
    """A statement at one point, the point as NAME=VALUE, the two specs, and what the concrete engine says."""

    point: Point
    text: str
    source: str
    target: str
    verdict: Verdict

    @property
    def pair(self) -> int | None:
        """The first pair of the target that differs lane by lane."""
        differing = self.verdict.decision.differing[1] or self.verdict.decision.differing[0]
        return min(differing, default=None)


def instance(
    statement: Statement, point: Point, feeds: Sequence[str], limit: Relation | None, solver: Solver
) -> Instance:
    """Decide the statement at one point. Raises InputError if a layout refuses the parameters."""
    specs = [spec_at(layout, statement.variables, point) for layout in (statement.source, statement.target)]
    claim = make_claim(load(specs[0]), load(specs[1]), feeds)
    return Instance(point, point_text(statement, point), specs[0], specs[1], prove(claim, limit, solver))


def instance_if_any(
    statement: Statement, point: Point, feeds: Sequence[str], limit: Relation | None, solver: Solver
) -> Instance | None:
    """The statement decided at one point; None where a layout refuses the parameters, so there is nothing to decide."""
    try:
        return instance(statement, point, feeds, limit, solver)
    except (InputError, UndecidedError):
        return None


def point_text(statement: Statement, point: Point, whole: bool | None = None) -> str:
    """The point as NAME=VALUE with commas between: all of it, its whole numbers, or its real numbers."""
    return ", ".join(
        f"{v.name}={_value(v, point)}" for v in statement.variables if whole is None or v.is_whole is whole
    )


def small_points(statement: Statement, bound: int, fixed: Point) -> Iterator[Point]:
    """Points with whole numbers up to `bound` that the hypotheses allow: by their largest number, then in order.

    `fixed` gives the variables that are no whole numbers. A hypothesis that has no value is not met.
    """
    symbols = _whole(statement.variables)
    tests = [CompiledCondition(hypothesis, frozenset()) for hypothesis in statement.hypotheses]
    known = {s.name: exact(Fraction(int(v.p), int(v.q))) for s, v in fixed.items()}
    for largest in range(bound + 1):
        for values in product(range(largest + 1), repeat=len(symbols)):
            if max(values, default=largest) < largest:
                continue
            scope = Scope(known | {s.name: exact(v) for s, v in zip(symbols, values, strict=True)}, {})
            with suppress(ExpressionError):
                if all(test.test(scope) for test in tests):
                    yield {**fixed, **{s: sympy.Integer(v) for s, v in zip(symbols, values, strict=True)}}


def _value(variable: Variable, point: Point) -> str:
    return ",".join(str(point[s]) for s in variable.symbols)


def spec_at(layout: SymbolicLayout, variables: Sequence[Variable], point: Point) -> str:
    """The spec of a layout with numbers in place of the variables."""
    spec = parse_spec(layout.spec)
    known = {p.name: p for p in layout.family.parameters}
    parts = [spec.name]
    for name, text in spec.values:
        if name in known:
            value = parameter_value(text, known[name], variables)
            entries = value if isinstance(value, tuple) else (value,)
            text = ",".join(str(substituted(entry, dict(point))) for entry in entries) or "[]"
        parts.append(f"{name}={text}")
    given = dict(spec.values)
    parts += [
        f"{v.name}={_value(v, point)}"
        for v in variables
        if v.name in known and v.name not in given
    ]
    return ":".join(parts)


def smallest_point(study: Study, *conditions: Condition) -> Point | None:
    """The lexicographically least whole numbers that meet the conditions, in the order of the variables.

    Real variables get a usual value that is possible. None if a question is left open.
    """
    fixed = usual_reals(study, conditions)
    if fixed is None:
        return None
    point: dict[sympy.Symbol, sympy.Rational] = dict(fixed)
    for symbol in _whole(study.statement.variables):
        known = [*conditions, *(sympy.Eq(s, value, evaluate=False) for s, value in point.items())]
        least = _least(study, symbol, known)
        if least is None:
            return None
        point[symbol] = sympy.Integer(least)
    return point


def _least(study: Study, symbol: sympy.Symbol, known: Sequence[Condition]) -> int | None:
    """The least value from 0 on, by halving; below 0 if there is none."""
    asks = "Which parameters are the smallest?"
    word, high = study.some_value("smallest", asks, *known, sympy.GreaterThan(symbol, 0, evaluate=False), of=symbol)
    if word == "unsat":
        _, values = study.answer("smallest", asks, *known, values=[symbol])
        return next(iter(values.values()), None)
    low = 0
    while word != "unknown" and low < high:
        middle = (low + high) // 2
        between = sympy.GreaterThan(symbol, low, evaluate=False), sympy.LessThan(symbol, middle, evaluate=False)
        word, found = study.some_value("smallest", asks, *known, *between, of=symbol)
        low, high = (low, found) if word == "sat" else (middle + 1, high)
    return None if word == "unknown" else high


def sample_points(study: Study, count: int, *conditions: Condition) -> list[Point]:
    """Up to `count` points that meet the conditions, small ones first, the same at each run."""
    if not study.is_linear:
        return []
    fixed = usual_reals(study, conditions)
    if fixed is None:
        return []
    symbols = _whole(study.statement.variables)
    held = [*conditions, *(sympy.Eq(s, value, evaluate=False) for s, value in fixed.items())]
    found: list[Point] = []
    for number, bound in enumerate(SAMPLE_BOUNDS, start=1):
        small = [sympy.LessThan(s, bound, evaluate=False) for s in symbols]
        while len(found) < count * number // len(SAMPLE_BOUNDS):
            word, values = study.answer("sample", "Which parameters shall be tried?", *held, *small, values=symbols)
            if word != "sat":
                break
            chosen = [sympy.Integer(value) for value in values.values()]
            found.append({**fixed, **dict(zip(symbols, chosen, strict=True))})
            if not symbols:
                return found
            held.append(_another(symbols, chosen))
    return found


def _another(symbols: Sequence[sympy.Symbol], values: Sequence[sympy.Integer]) -> Condition:
    return AnyOf(*(sympy.Ne(s, v, evaluate=False) for s, v in zip(symbols, values, strict=True)))


def _whole(variables: Sequence[Variable]) -> list[sympy.Symbol]:
    return [s for v in variables if v.is_whole for s in v.symbols]


def usual_reals(study: Study, conditions: Sequence[Condition]) -> Point | None:
    """A usual value for each real variable, one after the other."""
    point: dict[sympy.Symbol, sympy.Rational] = {}
    for symbol in (s for v in study.statement.variables if not v.is_whole for s in v.symbols):
        for usual in USUAL:
            value = sympy.Rational(usual)
            held = [sympy.Eq(s, v, evaluate=False) for s, v in {**point, symbol: value}.items()]
            if study.answer("real", "Is this value of a real parameter possible?", *conditions, *held)[0] == "sat":
                point[symbol] = value
                break
        else:
            return None
    return point
