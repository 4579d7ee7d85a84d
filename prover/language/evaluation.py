"""Exact values of SymPy expressions.

An expression is compiled once into closures and then evaluated for many pair indices. Parts that
do not depend on the index j are computed once per scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

import sympy

from prover.errors import ExpressionError, InputError, UndecidedError
from prover.exact import enclosure
from prover.exact.angle import Angle, as_number
from prover.exact.number import ONE, PI, ZERO, Exact, exact
from prover.exact.text import number_text
from prover.language.expression import (
    CHOICE,
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

Value = Exact | Angle | tuple[Exact | Angle, ...]
Compute = Callable[["Scope"], Value]
Test = Callable[["Scope"], bool]


class Scope:
    """The names an expression can see while it is evaluated, for one index j at a time."""

    def __init__(
        self,
        values: Mapping[str, Value],
        lets: Mapping[str, Compiled],
        moving_names: frozenset[str] = frozenset(),
        states: Mapping[str, tuple[Compiled, Compiled]] | None = None,
    ) -> None:
        self.values = values
        self.states = states or {}
        self.lets = lets
        self.moving_names = moving_names
        self.fixed: dict[object, Value | bool] = {}
        self.moving: dict[str, Value] = {}
        self.index = exact(0)

    def at(self, index: int) -> Scope:
        """The same scope at pair index `index`; states step from pair to pair, so in rising order."""
        if index == 0:
            # Another block of pairs may have been run through before.
            self.index, self.moving = exact(0), {}
        if self.states:
            parts = [(name, initial if index == 0 else step) for name, (initial, step) in self.states.items()]
            carried = {name: part.compute(self) for name, part in parts}
        else:
            carried = {}
        self.index = exact(index)
        self.moving = carried
        return self

    def lookup(self, name: str) -> Value:
        if name in self.values:
            return self.values[name]
        if name in self.states:
            if name not in self.moving:
                raise InputError(f"'{name}' is carried from pair to pair", advice="There is no pair here")
            return self.moving[name]
        let = self.lets[name]
        store = self.moving if let.moves else self.fixed
        if name not in store:
            try:
                store[name] = let.compute(self)
            except InputError as fault:
                raise fault.inside(f"in '{name}'") from None
        found = store[name]
        assert not isinstance(found, bool)
        return found


class Compiled:
    """A SymPy expression ready to be evaluated."""

    __slots__ = ("compute", "expression", "moves")

    def __init__(self, expression: sympy.Basic, moving_names: frozenset[str]) -> None:
        self.expression = expression
        self.moves = _moves(expression, moving_names)
        self.compute = _compile(expression, moving_names)


@lru_cache(maxsize=4096)
def compiled(expression: sympy.Basic, moving_names: frozenset[str] = frozenset()) -> Compiled:
    """The compiled form, made once per expression; it holds no state."""
    return Compiled(expression, moving_names)


class CompiledCondition:
    """A SymPy condition ready to be tested. `moving_names`: those whose value depends on the pair index."""

    __slots__ = ("expression", "test")

    def __init__(self, expression: sympy.Basic, moving_names: frozenset[str]) -> None:
        self.expression = expression
        self.test = _condition(expression, moving_names)


@lru_cache(maxsize=4096)
def compiled_condition(expression: sympy.Basic, moving_names: frozenset[str] = frozenset()) -> CompiledCondition:
    """The condition ready to be tested, made once."""
    return CompiledCondition(expression, moving_names)


@lru_cache(maxsize=4096)
def names_in(expression: sympy.Basic) -> frozenset[str]:
    """The names of the symbols in an expression."""
    return frozenset(symbol.name for symbol in expression.free_symbols)


@lru_cache(maxsize=4096)
def node_count(expression: sympy.Basic) -> int:
    """How many operations, names and numbers an expression has."""
    return sum(1 for _ in sympy.preorder_traversal(expression))


def number(value: Value, what: str = "the value") -> Exact:
    """`value` as one number."""
    if isinstance(value, tuple):
        raise ExpressionError(f"{what} is a list, expected a number")
    return as_number(value, what)


def _moves(expression: sympy.Basic, moving_names: frozenset[str]) -> bool:
    return any(s == INDEX or s.name in moving_names for s in expression.free_symbols)


def _once(
    expression: sympy.Basic, compute: Compute, moving_names: frozenset[str]
) -> Compute:
    """Wrap a part that does not depend on j so that it is computed once per scope."""
    if not expression.args or _moves(expression, moving_names):
        return compute

    def cached(scope: Scope) -> Value:
        if expression not in scope.fixed:
            scope.fixed[expression] = compute(scope)
        found = scope.fixed[expression]
        assert not isinstance(found, bool)
        return found

    return cached


def _compile(expression: sympy.Basic, moving: frozenset[str]) -> Compute:
    return _once(expression, _node(expression, moving), moving)


def _node(expression: sympy.Basic, moving: frozenset[str]) -> Compute:
    if isinstance(expression, sympy.Rational):
        constant = exact(Fraction(int(expression.p), int(expression.q)))
        return lambda scope: constant
    if expression == sympy.pi:
        return lambda scope: PI
    if expression == INDEX:
        return lambda scope: scope.index
    if isinstance(expression, sympy.Symbol):
        name = expression.name
        return lambda scope: scope.lookup(name)
    if expression.func == CHOICE:
        return _choice(expression, moving)
    if isinstance(expression, sympy.Add):
        return _associative(expression, moving, sympy.Add, _add)
    if isinstance(expression, sympy.Mul):
        return _associative(expression, moving, sympy.Mul, _multiply)
    parts = [_compile(argument, moving) for argument in expression.args]
    operation = _operation(expression)

    def apply(scope: Scope) -> Value:
        return operation(*(part(scope) for part in parts))

    return apply


def _associative(
    expression: sympy.Basic,
    moving: frozenset[str],
    kind: type,
    combine: Callable[[list[Value]], Value],
) -> Compute:
    """A sum or product, flattened; what does not depend on j is combined once per scope."""
    terms = _flat(expression, kind)
    fixed = [_compile(term, moving) for term in terms if not _moves(term, moving)]
    parts = [_compile(term, moving) for term in terms if _moves(term, moving)]
    key = (kind, expression)

    def compute(scope: Scope) -> Value:
        values = [part(scope) for part in parts]
        if fixed:
            if key not in scope.fixed:
                scope.fixed[key] = combine([part(scope) for part in fixed])
            known = scope.fixed[key]
            assert not isinstance(known, bool)
            values.append(known)
        return combine(values) if len(values) > 1 else values[0]

    return compute


def _flat(expression: sympy.Basic, kind: type) -> list[sympy.Basic]:
    if expression.func is not kind:
        return [expression]
    return [term for argument in expression.args for term in _flat(argument, kind)]


def _choice(expression: sympy.Basic, moving: frozenset[str]) -> Compute:
    test = _test_once(expression.args[0], moving)
    body, other = (_compile(part, moving) for part in expression.args[1:])
    return lambda scope: body(scope) if test(scope) else other(scope)


def _test_once(condition: sympy.Basic, moving: frozenset[str]) -> Test:
    """Test a condition that does not depend on j once per scope."""
    test = _condition(condition, moving)
    if not condition.args or _moves(condition, moving):
        return test

    def cached(scope: Scope) -> bool:
        if condition not in scope.fixed:
            scope.fixed[condition] = test(scope)
        return scope.fixed[condition] is True

    return cached


def _condition(expression: sympy.Basic, moving: frozenset[str]) -> Test:
    if expression in (sympy.true, sympy.false):
        truth = expression == sympy.true
        return lambda scope: truth
    if isinstance(expression, AllOf | sympy.Not):
        tests = [_condition(argument, moving) for argument in expression.args]
        if isinstance(expression, AnyOf):
            return lambda scope: any(test(scope) for test in tests)
        if isinstance(expression, AllOf):
            return lambda scope: all(test(scope) for test in tests)
        return lambda scope: not tests[0](scope)
    left, right = (_compile(side, moving) for side in expression.args)
    if isinstance(expression, sympy.Eq | sympy.Ne):
        wanted = isinstance(expression, sympy.Eq)
        return lambda scope: _same(number(left(scope)), number(right(scope))) is wanted
    accepted = _ACCEPTED[type(expression)]

    def compare(scope: Scope) -> bool:
        return enclosure.compare(number(left(scope)), number(right(scope))) in accepted

    return compare


_ACCEPTED: dict[type, tuple[int, ...]] = {
    sympy.StrictLessThan: (-1,),
    sympy.LessThan: (-1, 0),
    sympy.StrictGreaterThan: (1,),
    sympy.GreaterThan: (0, 1),
}


def _same(left: Exact, right: Exact) -> bool:
    found = enclosure.equal(left, right)
    if found is None:
        raise UndecidedError(f"cannot decide whether {number_text(left)[:200]} equals {number_text(right)[:200]}")
    return found


def _add(values: list[Value]) -> Value:
    total: Exact | Angle = ZERO
    for value in values:
        if isinstance(value, tuple):
            raise ExpressionError("a list cannot be added")
        if isinstance(value, Angle) or isinstance(total, Angle):
            left = total if isinstance(total, Angle) else Angle((), total)
            total = left + (value if isinstance(value, Angle) else Angle((), value))
        else:
            total = total + value
    return total


def _multiply(values: list[Value]) -> Value:
    factor = ONE
    angle: Angle | None = None
    for value in values:
        if isinstance(value, Angle) and value.constant is None:
            if angle is not None:
                raise ExpressionError("positions are multiplied; an angle must be linear in them")
            angle = value
        else:
            factor = factor * number(value)
    return factor if angle is None else angle.scaled(factor)


def _operation(expression: sympy.Basic) -> Callable[..., Value]:
    if isinstance(expression, sympy.Pow):
        return lambda base, exponent: enclosure.positive_power(
            number(base, "the base of a power"), number(exponent, "an exponent")
        )
    if isinstance(expression, sympy.Mod):
        return lambda a, b: _modulo(number(a, "an operand of %"), number(b, "an operand of %"))
    if isinstance(expression, sympy.floor):
        return lambda a: enclosure.floor(number(a, "the argument of floor"))
    if isinstance(expression, sympy.ceiling):
        return lambda a: -enclosure.floor(-number(a, "the argument of ceil"))
    if isinstance(expression, sympy.Abs):
        return lambda a: _absolute(number(a, "the argument of abs"))
    if isinstance(expression, sympy.log):
        return lambda a: enclosure.positive_log(number(a, "the argument of log"))
    if expression.func in (SMALLEST, LARGEST):
        side = -1 if expression.func == SMALLEST else 1
        return lambda *values: _extreme([number(v) for v in values], side)
    if expression.func == ITEM:
        return _item(str(expression.args[0]))
    if expression.func == TOTAL:
        return lambda values: _add(list(values))
    if expression.func == LENGTH:
        return lambda values: exact(len(values))
    if expression.func in (LOWEST, HIGHEST):
        name, sign = ("min", -1) if expression.func == LOWEST else ("max", 1)
        return lambda values: _extreme_entry(list(values), sign, name, str(expression.args[0]))
    raise ExpressionError(f"'{type(expression).__name__}' cannot be evaluated")


def _modulo(value: Exact, divisor: Exact) -> Exact:
    a, b = value.rational, divisor.rational
    if a is not None and b:
        return exact(a % b)
    return value - divisor * enclosure.floor(value / divisor)


def _absolute(value: Exact) -> Exact:
    return -value if enclosure.sign(value) < 0 else value


def _extreme(values: list[Exact], side: int) -> Exact:
    best = values[0]
    for value in values[1:]:
        if enclosure.compare(value, best) == side:
            best = value
    return best


def _extreme_entry(values: list[Exact], side: int, function: str, name: str) -> Exact:
    if not values:
        raise ExpressionError(f"{function}({name}) of an empty list", advice=f"Give {name} entries")
    return _extreme(values, side)


def _item(name: str) -> Callable[..., Value]:
    def item(values: tuple[Exact, ...], position: Value) -> Value:
        where = number(position, "an index").rational
        if where is None or where.denominator != 1 or not 0 <= where < len(values):
            raise ExpressionError(
                f"{name}[{where}] does not exist: {name} has {len(values)} entries",
                advice=f"Give {name} more entries",
            )
        return values[int(where)]

    return item
