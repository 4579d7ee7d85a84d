"""Names in an expression replaced by what they stand for, and choices settled where that settles them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import TypeAlias

import sympy

from prover.errors import ExpressionError, InputError, LimitError, UndecidedError
from prover.language.bounds import bound_power, bound_product, bounded
from prover.language.evaluation import Scope, compiled, number
from prover.language.logic import Condition, negation
from prover.language.symbolic import (
    CHOICE,
    CLAMPED,
    HIGHEST,
    INDEX,
    ITEM,
    LARGEST,
    LENGTH,
    LOWEST,
    SMALLEST,
    TOTAL,
    AllOf,
    AnyOf,
)
from prover.language.symbols import axis_symbol

MAX_CASES = 256
MAX_POWER = 64
MAX_ENTRIES = 16
Symbolic: TypeAlias = "sympy.Basic | tuple[sympy.Basic, ...]"


class Inliner:
    """Replaces names by what they stand for, and settles what is settled."""

    def __init__(
        self, values: Mapping[str, Symbolic], texts: Mapping[str, sympy.Basic], axes: Collection[str] = ()
    ) -> None:
        self.values = dict(values)
        self.texts = texts
        self.axes = axes
        self.pending: list[str] = []

    def entries(self, name: str) -> tuple[sympy.Basic, ...]:
        value = self.values.get(name)
        if not isinstance(value, tuple):
            raise ExpressionError(f"'{name}' is no list here")
        return value

    def value(self, e: sympy.Basic) -> sympy.Basic:
        """The expression with every name replaced."""
        if e == INDEX or not e.args:
            return self.name(e) if isinstance(e, sympy.Symbol) and e != INDEX else e
        if e.func == CHOICE:
            return self.choice(e)
        if e.func in (ITEM, TOTAL, LENGTH, LOWEST, HIGHEST):
            return self.of_list(e)
        parts = [self.value(part) for part in e.args]
        return _rebuilt(e, parts)

    def name(self, symbol: sympy.Symbol) -> sympy.Basic:
        name = symbol.name
        if name in self.axes:
            return axis_symbol(name)
        if name not in self.values:
            if name not in self.texts:
                return symbol
            if name in self.pending:
                raise InputError(f"'{name}' is defined by itself")
            self.pending.append(name)
            self.values[name] = self.value(self.texts[name])
            self.pending.pop()
        value = self.values[name]
        if isinstance(value, tuple):
            raise ExpressionError(f"'{name}' is a list, expected a number")
        return value

    def choice(self, e: sympy.Basic) -> sympy.Basic:
        condition = self.condition(e.args[0])
        if condition in (sympy.true, sympy.false):
            return self.value(e.args[1] if condition == sympy.true else e.args[2])
        body, other = self.value(e.args[1]), self.value(e.args[2])
        return body if body == other else CHOICE(condition, body, other, evaluate=False)

    def of_list(self, e: sympy.Basic) -> sympy.Basic:
        entries = self.entries(e.args[0].name)
        if e.func == TOTAL:
            return bounded(sympy.Add(*entries))
        if e.func == LENGTH:
            return sympy.Integer(len(entries))
        if e.func in (LOWEST, HIGHEST):
            if not entries:
                raise ExpressionError(f"min or max of the empty list '{e.args[0].name}'")
            head = SMALLEST if e.func == LOWEST else LARGEST
            return _rebuilt(head(*entries), list(entries)) if len(entries) > 1 else entries[0]
        return _item(e.args[0].name, entries, self.value(e.args[1]))

    def condition(self, e: sympy.Basic) -> Condition:
        """The condition with every name replaced; true or false if that settles it."""
        if e in (sympy.true, sympy.false):
            return e
        if isinstance(e, AllOf):
            kind, stop, skip = type(e), sympy.false, sympy.true
            if isinstance(e, AnyOf):
                stop, skip = skip, stop
            parts: list[Condition] = []
            for part in e.args:
                found = self.condition(part)
                if found == stop:
                    # What follows a settled guard need not have a value.
                    return stop if not parts else kind(*parts, stop)
                if found != skip:
                    parts.append(found)
            return skip if not parts else parts[0] if len(parts) == 1 else kind(*parts)
        if isinstance(e, sympy.Not):
            return negation(self.condition(e.args[0]))
        left, right = (self.value(side) for side in e.args)
        difference = left - right
        if _is_plain(left) and _is_plain(right):
            bound_product(difference)
            difference = sympy.expand(difference)
        if difference.is_Rational:
            return sympy.true if bool(e.func(difference, 0)) else sympy.false
        return e.func(left, right, evaluate=False)


def substituted(e: sympy.Basic, values: Mapping[sympy.Basic, sympy.Basic]) -> sympy.Basic:
    """The expression or condition with parts replaced and nothing else touched."""
    return _substituted(e, values, {})


def _substituted(
    e: sympy.Basic, values: Mapping[sympy.Basic, sympy.Basic], done: dict[sympy.Basic, sympy.Basic]
) -> sympy.Basic:
    """`done`: the parts that were gone through already."""
    if e in values:
        return values[e]
    if not e.args:
        return e
    if e not in done:
        parts = [_substituted(part, values, done) for part in e.args]
        if all(new is old for new, old in zip(parts, e.args, strict=True)):
            done[e] = e
        elif isinstance(e, AllOf | sympy.Not):
            done[e] = e.func(*parts)
        elif isinstance(e, sympy.core.relational.Relational):
            done[e] = e.func(*parts, evaluate=False)
        else:
            done[e] = _rebuilt(e, parts)
    return done[e]


def _is_plain(e: sympy.Basic) -> bool:
    plain = sympy.Symbol | sympy.Rational | sympy.Add | sympy.Mul
    return all(isinstance(node, plain) for node in sympy.preorder_traversal(e))


def _rebuilt(e: sympy.Basic, parts: list[sympy.Basic]) -> sympy.Basic:
    """The operation on new operands, worked out where they are numbers and that is quick."""
    known = all(part.is_Rational for part in parts)
    if isinstance(e, sympy.Pow):
        base, exponent = parts
        bound_power(base, exponent)
        if base.is_Rational and exponent.is_Rational and (not exponent.is_Integer or abs(exponent) > MAX_POWER):
            return sympy.Pow(base, exponent, evaluate=False)
        if not base and exponent.is_negative:
            raise ExpressionError("division by zero")
        return bounded(sympy.Pow(base, exponent))
    if isinstance(e, sympy.Add | sympy.Mul):
        return bounded(e.func(*parts))
    if not known and isinstance(e, _EXACTLY) and not any(part.free_symbols for part in parts):
        return _constant(e, parts)
    if isinstance(e, sympy.Mod):
        if known and parts[1] == 0:
            raise ExpressionError("remainder of a division by zero")
        return sympy.Mod(*parts) if known else sympy.Mod(*parts, evaluate=False)
    if isinstance(e, sympy.floor | sympy.ceiling):
        return parts[0] if parts[0].is_integer else e.func(parts[0]) if known else e.func(parts[0], evaluate=False)
    if e.func in (SMALLEST, LARGEST) and known:
        return min(parts) if e.func == SMALLEST else max(parts)
    if isinstance(e, sympy.Abs) and known:
        return abs(parts[0])
    return e.func(*parts, evaluate=False)


_EXACTLY = sympy.floor | sympy.ceiling | sympy.Mod | sympy.Abs


def _constant(e: sympy.Basic, parts: list[sympy.Basic]) -> sympy.Basic:
    """An operation on constants, by exact numbers: SymPy would take the floor of a decimal."""
    function = type(e)
    if isinstance(e, sympy.Mod):
        value, divisor = parts
        quotient = sympy.Mul(value, sympy.Pow(divisor, -1, evaluate=False), evaluate=False)
        return bounded(value - divisor * _constant(sympy.floor(quotient, evaluate=False), [quotient]))
    found = number(compiled(function(*parts, evaluate=False)).compute(Scope({}, {})))
    if found.rational is not None:
        return bounded(sympy.Rational(found.rational.numerator, found.rational.denominator))
    return parts[0] if found == number(compiled(parts[0]).compute(Scope({}, {}))) else -parts[0]


def _item(name: str, entries: tuple[sympy.Basic, ...], index: sympy.Basic) -> sympy.Basic:
    if index.func == CHOICE:
        condition, body, other = index.args
        return CHOICE(condition, _item(name, entries, body), _item(name, entries, other), evaluate=False)
    if index.is_Integer:
        if not 0 <= index < len(entries):
            raise ExpressionError(f"{name}[{index}] does not exist: {name} has {len(entries)} entries")
        return entries[int(index)]
    if not entries or len(entries) > MAX_ENTRIES:
        raise UndecidedError(f"{name}[{index}]: a list of {len(entries)} entries at an index that is no number")
    found = entries[-1]
    for place in range(len(entries) - 2, -1, -1):
        found = CHOICE(sympy.Eq(index, place, evaluate=False), entries[place], found, evaluate=False)
    return found


def pieces(e: sympy.Basic) -> tuple[tuple[tuple[Condition, ...], sympy.Basic], ...]:
    """The expression without choices, under each way that its choices can go."""
    if not e.has(CHOICE) or e.func == CLAMPED:
        return (((), e),)
    if e.func == CHOICE:
        condition, body, other = e.args
        return tuple(
            ((way, *guards), found)
            for way, part in ((condition, body), (negation(condition), other))
            for guards, found in pieces(part)
        )
    ways = list(product(*(pieces(part) for part in e.args)))
    bound_cases(len(ways))
    return tuple(
        (tuple(guard for guards, _ in way for guard in guards), _rebuilt(e, [found for _, found in way]))
        for way in ways
    )


def bound_cases(count: int) -> None:
    if count > MAX_CASES:
        raise LimitError(f"an expression with {count} cases; at most {MAX_CASES}")
