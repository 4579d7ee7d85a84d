"""Some pairs of a layout in floating point: near enough to see whether it can be what was measured, and fast.

Numbers stay rational as long as they can. Where rounding could decide something (a floor beside a whole number, a
comparison of equals) or an expression has no value, nothing is said: `CannotTell` asks for the exact engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from prover.language.expression import AXES
from prover.language.term import Kind, Term
from prover.layouts.expand import moving_names
from prover.layouts.family import Block, Family, Given, Parameter
from prover.layouts.layout import MAX_WIDTH

NEAR = 1e-9        # relative: what rounding here is far below
MAX_POWER = 64     # of a rational number, as an exact one
PHASE = ""         # in an angle, beside its axes

Compute = Callable[["_Scope"], Any]  # a number, an angle as a mapping from axis to number, or a tuple of these


class CannotTell(Exception):
    """Floating point does not decide it."""


class Unmet(Exception):
    """A requirement of the layout does not hold."""


@dataclass(frozen=True, slots=True)
class FloatPair:
    """Lanes read and written, the angles of both sines by axis, and the magnitude."""

    read: tuple[int, int]
    write: tuple[int, int]
    sines: tuple[dict[str, float], dict[str, float]]
    magnitude: float


def float_pairs(family: Family, given: Mapping[str, Given], count: int) -> tuple[int, dict[int, FloatPair]]:
    """The width and about `count` pairs of each block by their places. Raises CannotTell and Unmet."""
    try:
        return _pairs(family, given, count)
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as fault:
        raise CannotTell from fault


def _pairs(family: Family, given: Mapping[str, Given], count: int) -> tuple[int, dict[int, FloatPair]]:
    scope = _Scope(_plan(family, frozenset(given)), given)
    for parameter in family.parameters:
        _require(parameter, scope)
    if not all(_test(requirement.condition)(scope) for requirement in family.requirements):
        raise Unmet
    width = _whole(_compiled(family.width)(scope))
    if not 1 <= width <= MAX_WIDTH:
        raise Unmet
    found: dict[int, FloatPair] = {}
    start = 0
    for block in family.blocks:
        size = _whole(_compiled(block.count)(scope))
        if not 0 <= size <= width // 2 - start:
            raise Unmet
        found |= {start + place: pair for place, pair in _block(block, scope, size, count).items()}
        start += size
    return width, found


def _require(parameter: Parameter, scope: _Scope) -> None:
    value = scope.lookup(parameter.name)
    entries = value if isinstance(value, tuple) else (value,)
    if parameter.is_whole and any(Fraction(entry).denominator != 1 for entry in entries):
        raise Unmet
    if parameter.requirement is not None and not _test(parameter.requirement)(scope):
        raise Unmet


def _block(block: Block, scope: _Scope, size: int, count: int) -> dict[int, FloatPair]:
    fields = (block.first, block.second, block.write_first, block.write_second)
    lanes = [_compiled(each) for each in fields]
    beta = _compiled(block.sine_angle if block.sine_angle is not None else block.angle)
    gamma = _compiled(_first(block.second_sine_angle, block.second_angle, block.sine_angle, block.angle))
    magnitude = _compiled(block.magnitude)
    wanted = {(size - 1) * part // max(1, count - 1) for part in range(count if size else 0)}
    found = {}
    for index in range(size) if scope.plan.states else sorted(wanted):
        scope.at(index)
        if index in wanted:
            a, b, c, d = (_whole(lane(scope)) for lane in lanes)
            found[index] = FloatPair(
                (a, b), (c, d), (_angle(beta(scope)), _angle(gamma(scope))), float(magnitude(scope)),
            )
    return found


def _first(*expressions: Term | None) -> Term:
    """The first that is given; the last always is."""
    return next(each for each in expressions if each is not None)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for all values of a family's parameters."""

    defaults: tuple[tuple[str, tuple[Fraction, ...]], ...]
    lets: dict[str, Compute]
    moving: frozenset[str]
    states: tuple[tuple[str, Compute, Compute], ...]
    axes: tuple[str, ...]
    lists: frozenset[str]


@lru_cache(maxsize=1024)
def _plan(family: Family, given: frozenset[str]) -> _Plan:
    known = {parameter.name: parameter for parameter in family.parameters}
    if not given <= known.keys() or any(p.default is None for name, p in known.items() if name not in given):
        raise Unmet
    rest = [parameter for parameter in family.parameters if parameter.name not in given]
    texts: dict[str, Term] = dict(family.lets)
    texts |= {p.name: p.default for p in rest if not isinstance(p.default, tuple) and p.default is not None}
    return _Plan(
        tuple((p.name, p.default) for p in rest if isinstance(p.default, tuple)),
        {name: _compiled(each) for name, each in texts.items()},
        moving_names(texts, [name for name, _, _ in family.states]),
        tuple((name, _compiled(first), _compiled(step)) for name, first, step in family.states),
        family.axes,
        frozenset(name for name, parameter in known.items() if parameter.is_list),
    )


class _Scope:
    """The names that an expression can see, for one pair at a time."""

    def __init__(self, plan: _Plan, given: Mapping[str, Given]) -> None:
        self.plan = plan
        axes = tuple({axis: 1} for axis in plan.axes)
        self.fixed: dict[str, Any] = dict(zip(plan.axes, axes, strict=True)) | {AXES: axes}
        self.fixed |= {name: tuple(map(_plain, value)) for name, value in plan.defaults}
        for name, value in given.items():
            if isinstance(value, tuple) != (name in plan.lists):
                raise CannotTell
            self.fixed[name] = tuple(map(_plain, value)) if isinstance(value, tuple) else _plain(value)
        self.moving: dict[str, Any] = {}
        self.index = 0

    def at(self, index: int) -> None:
        """Go on to a pair; states step from pair to pair."""
        if index == 0:
            self.index, self.moving = 0, {}
        carried = {name: (first if index == 0 else step)(self) for name, first, step in self.plan.states}
        self.index, self.moving = index, carried

    def lookup(self, name: str) -> Any:
        if name in self.fixed:
            return self.fixed[name]
        if name not in self.moving:
            store = self.moving if name in self.plan.moving else self.fixed
            store[name] = self.plan.lets[name](self)
            return store[name]
        return self.moving[name]


def _plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def _whole(value: Any) -> int:
    if isinstance(value, float) or Fraction(value).denominator != 1:
        raise CannotTell
    return int(value)


def _angle(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        value = {PHASE: value}
    return {axis: float(number) for axis, number in value.items() if number}


@lru_cache(maxsize=4096)
def _compiled(expression: Term) -> Compute:
    kind = expression.kind
    if (value := expression.number) is not None:
        constant = _plain(value)
        return lambda scope: constant
    if kind == "pi":
        return lambda scope: math.pi
    if kind == "index":
        return lambda scope: scope.index
    if kind == "name":
        name = str(expression.value)
        return lambda scope: scope.lookup(name)
    if kind == "choice":
        test = _test(expression.args[0])
        body, other = map(_compiled, expression.args[1:])
        return lambda scope: body(scope) if test(scope) else other(scope)
    parts = [_compiled(argument) for argument in expression.args]
    if kind == "add":
        return lambda scope: _sum([part(scope) for part in parts])
    if kind == "mul":
        return lambda scope: _product([part(scope) for part in parts])
    operation = _OPERATIONS.get(kind)
    if operation is None:
        raise CannotTell
    return lambda scope: operation(*(part(scope) for part in parts))


@lru_cache(maxsize=4096)
def _test(condition: Term) -> Callable[[_Scope], bool]:
    kind = condition.kind
    if kind in ("true", "false"):
        truth = kind == "true"
        return lambda scope: truth
    if kind in ("and", "or", "not"):
        tests = [_test(argument) for argument in condition.args]
        if kind == "or":
            return lambda scope: any(test(scope) for test in tests)
        if kind == "and":
            return lambda scope: all(test(scope) for test in tests)
        return lambda scope: not tests[0](scope)
    left, right = map(_compiled, condition.args)
    accepted = _ACCEPTED[kind]
    return lambda scope: _sign(left(scope), right(scope)) in accepted


_ACCEPTED: dict[Kind, tuple[int, ...]] = {
    "lt": (-1,), "le": (-1, 0), "gt": (1,), "ge": (0, 1), "eq": (0,), "ne": (-1, 1),
}


def _sign(left: Any, right: Any) -> int:
    """-1, 0 or 1 as the left is less, equal or more; floats that are too near for that are no answer."""
    is_rounded = isinstance(left, float) or isinstance(right, float)
    if is_rounded and not abs(left - right) > NEAR * max(abs(left), abs(right)):
        raise CannotTell
    return int(left > right) - int(left < right)


def _sum(values: list[Any]) -> Any:
    if not any(isinstance(value, dict) for value in values):
        return sum(values)
    total: dict[str, Any] = {}
    for value in values:
        for axis, number in value.items() if isinstance(value, dict) else ((PHASE, value),):
            total[axis] = total.get(axis, 0) + number
    return total


def _product(values: list[Any]) -> Any:
    factor: Any = 1
    angle = None
    for value in values:
        if isinstance(value, dict):
            if angle is not None:
                raise CannotTell
            angle = value
        else:
            factor = factor * value
    return factor if angle is None else {axis: number * factor for axis, number in angle.items()}


def _power(base: Any, exponent: Any) -> Any:
    if not isinstance(exponent, float) and Fraction(exponent).denominator == 1 and abs(exponent) <= MAX_POWER:
        whole = int(exponent)
        return base**whole if whole >= 0 or isinstance(base, float) else _plain(Fraction(base) ** whole)
    if base <= 0 or isinstance(exponent, float):
        raise CannotTell
    return float(base) ** float(exponent)


def _floor(value: float | Fraction) -> int:
    if isinstance(value, float) and abs(value - round(value)) <= NEAR * max(1.0, abs(value)):
        raise CannotTell
    return math.floor(value)


def _modulo(value: Any, divisor: Any) -> Any:
    is_rounded = isinstance(value, float) or isinstance(divisor, float)
    return value - divisor * _floor(value / divisor if is_rounded else Fraction(value) / divisor)


def _item(values: Any, place: Any) -> Any:
    where = _whole(place)
    if where < 0:
        raise CannotTell
    return values[where]


_OPERATIONS: dict[Kind, Callable[..., Any]] = {
    "pow": _power, "mod": _modulo, "floor": _floor, "ceil": lambda value: -_floor(-value), "abs": abs, "log": math.log,
    "smallest": lambda *values: min(values), "largest": lambda *values: max(values), "item": _item,
    "total": lambda values: _sum(list(values)), "length": len, "lowest": min, "highest": max,
}
