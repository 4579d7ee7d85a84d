"""A statement's expressions in plain rational numbers: what loops carry at small sizes, and which conditions hold.

Only for looking for candidates and for points worth trying; nothing is concluded from it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any

import sympy

from prover.language.logic import Condition
from prover.language.symbolic import CHOICE, INDEX, LARGEST, SMALLEST, AllOf, AnyOf
from prover.theorems.symbolic import SymbolicLayout

MAX_EXPONENT = 64
MAX_BITS = 256

Value = int | Fraction
Row = dict[sympy.Symbol, Value]
State = tuple[sympy.Symbol, sympy.Basic, sympy.Basic]


class NoValueError(Exception):
    """An expression has no rational value here, or none that is worked out."""


def holds(condition: Condition, row: Row) -> bool | None:
    """Whether the condition holds; None where that is not worked out."""
    try:
        return bool(_compiled(condition)(row))
    except NoValueError:
        return None


def value_at(e: sympy.Basic, row: Row) -> Value | None:
    """The value, or None where it is not worked out."""
    try:
        return _compiled(e)(row)  # type: ignore[no-any-return]
    except NoValueError:
        return None


def rows(point: Mapping[sympy.Symbol, sympy.Rational], sides: Sequence[SymbolicLayout], limit: int) -> Iterator[Row]:
    """The variables, the pair index and what is carried, at each of the first `limit` pairs."""
    row: Row = {s: _plain(v) for s, v in point.items()}
    count = value_at(sides[0].count, row)
    states = [state for side in sides for state in side.states]
    for index in range(min(int(count), limit) if count is not None else 0):
        carried = {s: value_at(initial if index == 0 else step, row) for s, initial, step in states}
        for s, value in carried.items():
            row.pop(s, None)
            if value is not None and abs(Fraction(value).numerator).bit_length() < MAX_BITS:
                row[s] = value
        row[INDEX] = index
        yield dict(row)


def _plain(value: sympy.Rational) -> Value:
    return int(value.p) if value.q == 1 else Fraction(int(value.p), int(value.q))


@lru_cache(maxsize=1 << 14)
def _compiled(e: sympy.Basic) -> Callable[[Row], Any]:
    if e in (sympy.true, sympy.false):
        truth = e == sympy.true
        return lambda row: truth
    if e.is_Rational:
        constant = _plain(e)
        return lambda row: constant
    if e.is_Symbol:
        return lambda row: _known(e, row)
    parts = [_compiled(part) for part in e.args]
    if e.func == CHOICE:
        test, body, other = parts
        return lambda row: body(row) if test(row) else other(row)
    if isinstance(e, AnyOf):
        return lambda row: any(part(row) for part in parts)
    if isinstance(e, AllOf):
        return lambda row: all(part(row) for part in parts)
    operation = _operation(e)
    if len(parts) == 2:
        left, right = parts
        return lambda row: operation(left(row), right(row))
    return lambda row: operation(*[part(row) for part in parts])


def _known(symbol: sympy.Symbol, row: Row) -> Value:
    try:
        return row[symbol]
    except KeyError:
        raise NoValueError from None


def _operation(e: sympy.Basic) -> Callable[..., Any]:
    for kind, operation in _OPERATIONS.items():
        if isinstance(e, kind):
            return operation
    if e.func in (SMALLEST, LARGEST):
        return min if e.func == SMALLEST else max
    return _refuse


def _refuse(*_: Value) -> Value:
    raise NoValueError


def _power(base: Value, exponent: Value) -> Value:
    whole = int(exponent)
    if exponent != whole or not -MAX_EXPONENT <= whole <= MAX_EXPONENT or (base == 0 and whole < 0):
        raise NoValueError
    return Fraction(base) ** whole


def _remainder(value: Value, divisor: Value) -> Value:
    if divisor == 0:
        raise NoValueError
    return value % divisor


_OPERATIONS: dict[type, Callable[..., Any]] = {
    sympy.Add: lambda *parts: sum(parts),
    sympy.Mul: lambda *parts: reduce(operator.mul, parts),
    sympy.Pow: _power,
    sympy.Mod: _remainder,
    sympy.floor: lambda a: a // 1,
    sympy.ceiling: lambda a: -(-a // 1),
    sympy.Abs: abs,
    sympy.Not: operator.not_,
    sympy.Eq: operator.eq,
    sympy.Ne: operator.ne,
    sympy.StrictLessThan: operator.lt,
    sympy.LessThan: operator.le,
    sympy.StrictGreaterThan: operator.gt,
    sympy.GreaterThan: operator.ge,
}
