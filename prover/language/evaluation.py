"""Exact values of expressions.

An expression is compiled once into closures and then evaluated for many pair indices. Parts that
do not depend on the index j are computed once per scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from prover.errors import ExpressionError, InputError, UndecidedError
from prover.exact import enclosure
from prover.exact.angle import Angle, as_number
from prover.exact.number import ONE, PI, ZERO, Exact, exact
from prover.exact.text import number_text
from prover.language.term import Kind, Term

if TYPE_CHECKING:
    import sympy

Expression: TypeAlias = "Term | sympy.Basic"
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
    """An expression ready to be evaluated."""

    __slots__ = ("compute", "expression", "moves")

    def __init__(self, expression: Expression, moving_names: frozenset[str]) -> None:
        self.expression = expression
        read = _read(expression)
        self.moves = _moves(read, moving_names)
        self.compute = _compile(read, moving_names)


@lru_cache(maxsize=4096)
def compiled(expression: Expression, moving_names: frozenset[str] = frozenset()) -> Compiled:
    """The compiled form, made once per expression; it holds no state."""
    return Compiled(expression, moving_names)


class CompiledCondition:
    """A condition ready to be tested. `moving_names`: those whose value depends on the pair index."""

    __slots__ = ("expression", "test")

    def __init__(self, expression: Expression, moving_names: frozenset[str]) -> None:
        self.expression = expression
        self.test = _condition(_read(expression), moving_names)


@lru_cache(maxsize=4096)
def compiled_condition(expression: Expression, moving_names: frozenset[str] = frozenset()) -> CompiledCondition:
    """The condition ready to be tested, made once."""
    return CompiledCondition(expression, moving_names)


def names_in(expression: Expression) -> frozenset[str]:
    """The names in an expression, the pair index as "j"."""
    return _read(expression).names


@lru_cache(maxsize=4096)
def node_count(expression: Expression) -> int:
    """How many operations, names and numbers an expression has."""
    return sum(1 for _ in _read(expression).whole_tree)


def _read(expression: Expression) -> Term:
    """The term; theorems have SymPy expressions."""
    if isinstance(expression, Term):
        return expression
    from prover.language.symbolic import as_term

    return as_term(expression)


def number(value: Value, what: str = "the value") -> Exact:
    """`value` as one number."""
    if isinstance(value, tuple):
        raise ExpressionError(f"{what} is a list, expected a number")
    return as_number(value, what)


def _moves(expression: Term, moving_names: frozenset[str]) -> bool:
    return "j" in expression.names or not expression.names.isdisjoint(moving_names)


def _once(expression: Term, compute: Compute, moving_names: frozenset[str]) -> Compute:
    """Wrap a part that does not depend on j so that it is computed once per scope."""
    if not expression.args or _moves(expression, moving_names):
        return compute

    def cached(scope: Scope) -> Value:
        found = scope.fixed.get(expression)
        if found is None:
            found = scope.fixed[expression] = compute(scope)
        assert not isinstance(found, bool)
        return found

    return cached


def _compile(expression: Term, moving: frozenset[str]) -> Compute:
    return _once(expression, _node(expression, moving), moving)


def _node(expression: Term, moving: frozenset[str]) -> Compute:
    kind = expression.kind
    if (value := expression.number) is not None:
        constant = exact(value)
        return lambda scope: constant
    if kind == "pi":
        return lambda scope: PI
    if kind == "index":
        return lambda scope: scope.index
    if kind == "name":
        name = str(expression.value)
        return lambda scope: scope.lookup(name)
    if kind == "choice":
        return _choice(expression, moving)
    if kind == "add":
        return _associative(expression, moving, _add)
    if kind == "mul":
        return _associative(expression, moving, _multiply)
    parts = [_compile(argument, moving) for argument in expression.args]
    operation = _operation(expression)

    def apply(scope: Scope) -> Value:
        return operation(*(part(scope) for part in parts))

    return apply


def _associative(expression: Term, moving: frozenset[str], combine: Callable[[list[Value]], Value]) -> Compute:
    """A sum or product, flattened; what does not depend on j is combined once per scope."""
    terms = _flat(expression, expression.kind)
    fixed = [_compile(term, moving) for term in terms if not _moves(term, moving)]
    parts = [_compile(term, moving) for term in terms if _moves(term, moving)]
    key = (expression.kind, expression)

    def compute(scope: Scope) -> Value:
        values = [part(scope) for part in parts]
        if fixed:
            known = scope.fixed.get(key)
            if known is None:
                known = scope.fixed[key] = combine([part(scope) for part in fixed])
            assert not isinstance(known, bool)
            values.append(known)
        return combine(values) if len(values) > 1 else values[0]

    return compute


def _flat(expression: Term, kind: Kind) -> list[Term]:
    if expression.kind != kind:
        return [expression]
    return [term for argument in expression.args for term in _flat(argument, kind)]


def _choice(expression: Term, moving: frozenset[str]) -> Compute:
    test = _test_once(expression.args[0], moving)
    body, other = (_compile(part, moving) for part in expression.args[1:])
    return lambda scope: body(scope) if test(scope) else other(scope)


def _test_once(condition: Term, moving: frozenset[str]) -> Test:
    """Test a condition that does not depend on j once per scope."""
    test = _condition(condition, moving)
    if not condition.args or _moves(condition, moving):
        return test

    def cached(scope: Scope) -> bool:
        found = scope.fixed.get(condition)
        if found is None:
            found = scope.fixed[condition] = test(scope)
        return found is True

    return cached


def _condition(expression: Term, moving: frozenset[str]) -> Test:
    kind = expression.kind
    if kind in ("true", "false"):
        truth = kind == "true"
        return lambda scope: truth
    if kind in ("and", "or", "not"):
        tests = [_condition(argument, moving) for argument in expression.args]
        if kind == "or":
            return lambda scope: any(test(scope) for test in tests)
        if kind == "and":
            return lambda scope: all(test(scope) for test in tests)
        return lambda scope: not tests[0](scope)
    left, right = (_compile(side, moving) for side in expression.args)
    if kind in ("eq", "ne"):
        wanted = kind == "eq"
        return lambda scope: _same(number(left(scope)), number(right(scope))) is wanted
    accepted = _ACCEPTED[kind]

    def compare(scope: Scope) -> bool:
        return enclosure.compare(number(left(scope)), number(right(scope))) in accepted

    return compare


_ACCEPTED: dict[Kind, tuple[int, ...]] = {"lt": (-1,), "le": (-1, 0), "gt": (1,), "ge": (0, 1)}


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


def _operation(expression: Term) -> Callable[..., Value]:
    kind, first = expression.kind, str(expression.args[0].value)
    match kind:
        case "pow":
            return lambda base, exponent: enclosure.positive_power(
                number(base, "the base of a power"), number(exponent, "an exponent")
            )
        case "mod":
            return lambda a, b: _modulo(number(a, "an operand of %"), number(b, "an operand of %"))
        case "floor":
            return lambda a: enclosure.floor(number(a, "the argument of floor"))
        case "ceil":
            return lambda a: -enclosure.floor(-number(a, "the argument of ceil"))
        case "abs":
            return lambda a: _absolute(number(a, "the argument of abs"))
        case "log":
            return lambda a: enclosure.positive_log(number(a, "the argument of log"))
        case "smallest" | "largest":
            side = -1 if kind == "smallest" else 1
            return lambda *values: _extreme([number(v) for v in values], side)
        case "item":
            return _item(first)
        case "total":
            return lambda values: _add(list(values))
        case "length":
            return lambda values: exact(len(values))
        case "lowest" | "highest":
            name, sign = ("min", -1) if kind == "lowest" else ("max", 1)
            return lambda values: _extreme_entry(list(values), sign, name, first)
    raise ExpressionError(f"'{kind}' cannot be evaluated")


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
