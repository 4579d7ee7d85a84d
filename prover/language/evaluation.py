"""Exact values of expressions.

An expression is compiled once into closures and then evaluated for many pair indices. Parts that
do not depend on the index j are computed once per scope.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from prover.errors import ExpressionError, InputError, ProverError, UndecidedError
from prover.exact import enclosure
from prover.exact.angle import Angle, as_number
from prover.exact.number import ONE, PI, ZERO, Exact, exact
from prover.exact.text import number_text
from prover.language.term import Kind, Term

if TYPE_CHECKING:
    import sympy

Expression: TypeAlias = "Term | sympy.Basic"
Value = Exact | Angle | tuple[Exact | Angle, ...]
Plain = int | Fraction
Compute = Callable[["Scope"], Value]
ComputePlain = Callable[["Scope"], Plain]
Test = Callable[["Scope"], bool]
MOST_BITS = 500  # of plain numbers: one step more does not reach the limit of an exact number


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
        self.plain: dict[object, Plain] = {}
        self.lines: dict[object, tuple[Plain, Plain] | None] = {}
        self.no_plain: set[object] = set()
        self.moving: dict[str, Value] = {}
        self.place = 0

    def at(self, index: int) -> Scope:
        """The same scope at pair index `index`; states step from pair to pair, so in rising order."""
        if index == 0:
            # Another block of pairs may have been run through before.
            self.place, self.moving = 0, {}
        if self.states:
            parts = [(name, initial if index == 0 else step) for name, (initial, step) in self.states.items()]
            carried = {name: part.compute(self) for name, part in parts}
        else:
            carried = {}
        self.place = index
        self.moving = carried
        return self

    @property
    def index(self) -> Exact:
        """The pair index as a number."""
        return exact(self.place)

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

    def seen_by(
        self, expression: Expression
    ) -> tuple[tuple[tuple[str, Value], ...], tuple[tuple[str, Expression], ...]]:
        """The values and the lets that an expression names, directly or through one another, in alphabetical order."""
        values: dict[str, Value] = {}
        lets: dict[str, Expression] = {}
        pending = [expression]
        while pending:
            for name in names_in(pending.pop()) - values.keys() - lets.keys():
                if name in self.values:
                    values[name] = self.values[name]
                elif name in self.lets:
                    lets[name] = self.lets[name].expression
                    pending.append(lets[name])
        return tuple(sorted(values.items())), tuple(sorted(lets.items()))


class Compiled:
    """An expression ready to be evaluated."""

    __slots__ = ("_plain", "compute", "expression", "moves")

    def __init__(self, expression: Expression, moving_names: frozenset[str]) -> None:
        self.expression = expression
        read = _read(expression)
        self.moves = _moves(read, moving_names)
        self.compute = _compile(read, moving_names)
        self._plain = plain_arithmetic(read, moving_names) if self.moves else None

    def whole(self, scope: Scope) -> int | None:
        """The value where plain arithmetic finds a whole number; None says nothing."""
        if self._plain is None:
            return None
        try:
            found = self._plain(scope)
        except NotPlain:
            return None
        return found.numerator if found.denominator == 1 else None

    def line(self, scope: Scope) -> tuple[int, int] | None:
        """Whole numbers a and b, where the value is a + b*j at every pair; None says nothing."""
        if self._plain is None:
            return None
        try:
            first, step = _line(_read(self.expression), scope.moving_names, scope)
        except (NotPlain, ProverError):
            return None
        return (first, step) if isinstance(first, int) and isinstance(step, int) else None


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
def node_count(expression: Expression, moving_names: frozenset[str]) -> int:
    """How many operations and names of an expression depend on the pair index; the others are worked out once."""
    return sum(1 for node in _read(expression).whole_tree if _moves(node, moving_names))


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
    if kind in ("add", "mul", "mod", "floor", "ceil") and _moves(expression, moving):
        return _quickly(plain_arithmetic(expression, moving), _operated(expression, moving))
    return _operated(expression, moving)


def _quickly(plain: ComputePlain | None, general: Compute) -> Compute:
    """Plain arithmetic until it does not suffice, then the general way, which also says what is wrong."""
    if plain is None:
        return general
    key = object()

    def compute(scope: Scope) -> Value:
        if key in scope.no_plain:
            return general(scope)
        try:
            return exact(plain(scope))
        except NotPlain:
            scope.no_plain.add(key)
            return general(scope)

    return compute


def _operated(expression: Term, moving: frozenset[str]) -> Compute:
    kind = expression.kind
    if kind == "add":
        return _associative(expression, moving, _add)
    if kind == "mul":
        return _associative(expression, moving, _multiply)
    parts = [_compile(argument, moving) for argument in expression.args]
    operation = _operation(expression)
    if len(parts) == 2:
        left, right = parts
        return lambda scope: operation(left(scope), right(scope))

    def apply(scope: Scope) -> Value:
        return operation(*(part(scope) for part in parts))

    return apply


def _associative(expression: Term, moving: frozenset[str], combine: Callable[[list[Value]], Value]) -> Compute:
    """A sum or product, flattened; what does not depend on j is combined once per scope."""
    terms = _flat(expression, expression.kind)
    fixed = [_compile(term, moving) for term in terms if not _moves(term, moving)]
    parts = [_compile(term, moving) for term in terms if _moves(term, moving)]
    key = object()

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

        def compare(scope: Scope) -> bool:
            return _same(number(left(scope)), number(right(scope))) is wanted
    else:
        accepted = _ACCEPTED[kind]

        def compare(scope: Scope) -> bool:
            return enclosure.compare(number(left(scope)), number(right(scope))) in accepted

    a, b = (plain_arithmetic(side, moving) for side in expression.args)
    if a is None or b is None or not _moves(expression, moving):
        return compare
    order = _ORDERS[kind]

    def compare_plain(scope: Scope) -> bool:
        try:
            return order(a(scope), b(scope))
        except NotPlain:
            return compare(scope)

    return compare_plain


_ACCEPTED: dict[Kind, tuple[int, ...]] = {"lt": (-1,), "le": (-1, 0), "gt": (1,), "ge": (0, 1)}
_ORDERS: dict[Kind, Callable[[Plain, Plain], bool]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}


class NotPlain(Exception):
    """Plain arithmetic does not say what this is."""


def plain_arithmetic(expression: Term, moving: frozenset[str]) -> ComputePlain | None:
    """The expression with Python's own numbers, which are quicker; None if there is more in it than arithmetic with j.

    What it gives or raises is what `compute` does, which takes the same steps in the same order. It raises NotPlain
    where a value is no rational number, where there is none, and where one is so long that it might reach a limit.
    """
    kind = expression.kind
    if not _moves(expression, moving):
        return _plain_constant(_compile(expression, moving))
    if kind == "index":
        return lambda scope: scope.place
    if kind == "name":
        name = str(expression.value)
        return _by_line(expression, moving, lambda scope: _plain(scope.lookup(name)))
    if kind in ("add", "mul"):
        found = _plain_combined(expression, moving)
        return None if found is None else _by_line(expression, moving, found)
    if kind not in ("mod", "floor", "ceil"):
        return None
    parts = [plain_arithmetic(argument, moving) for argument in expression.args]
    first, last = parts[0], parts[-1]
    if first is None or last is None:
        return None
    if kind == "mod":
        return lambda scope: _plain_modulo(first(scope), last(scope))
    if kind == "floor":
        return lambda scope: first(scope) // 1
    return lambda scope: -(-first(scope) // 1)


def _by_line(expression: Term, moving: frozenset[str], otherwise: ComputePlain) -> ComputePlain:
    """a + b*j where the expression is that at every pair, which is found once per scope."""
    key = object()

    def compute(scope: Scope) -> Plain:
        if key not in scope.lines:
            try:
                scope.lines[key] = _line(expression, moving, scope)
            except (NotPlain, ProverError):
                scope.lines[key] = None
        line = scope.lines[key]
        return otherwise(scope) if line is None else line[0] + line[1] * scope.place

    return compute


def _line(expression: Term, moving: frozenset[str], scope: Scope) -> tuple[Plain, Plain]:
    """The numbers a and b of a + b*j. Raises NotPlain if it is no such sum, or is not seen to be one."""
    if not _moves(expression, moving):
        return _plain(_compile(expression, moving)(scope)), 0
    if expression.kind == "index":
        return 0, 1
    if expression.kind == "name":
        name = str(expression.value)
        if name in scope.values or name in scope.states or name not in scope.lets:
            raise NotPlain
        return _line(_read(scope.lets[name].expression), scope.moving_names, scope)
    if expression.kind not in ("add", "mul"):
        raise NotPlain
    (a, b), (c, d) = (_line(part, moving, scope) for part in expression.args)
    if expression.kind == "add":
        return _short(a + c), _short(b + d)
    if b and d:
        raise NotPlain
    return _short(a * c), _short(a * d + b * c)


def _short(value: Plain) -> Plain:
    if value.numerator.bit_length() > MOST_BITS or value.denominator.bit_length() > MOST_BITS:
        raise NotPlain
    return value.numerator if value.denominator == 1 else value


def _plain_constant(compute: Compute) -> ComputePlain:
    """A part that does not depend on j, worked out once per scope."""
    key = object()

    def known(scope: Scope) -> Plain:
        found = scope.plain.get(key)
        if found is None:
            found = scope.plain[key] = _plain(compute(scope))
        return found

    return known


def _plain_combined(expression: Term, moving: frozenset[str]) -> ComputePlain | None:
    """A sum or product, its fixed parts combined once per scope, as `_associative` has it."""
    terms = _flat(expression, expression.kind)
    parts = [plain_arithmetic(term, moving) for term in terms if _moves(term, moving)]
    ready = [part for part in parts if part is not None]
    if len(ready) < len(parts):
        return None
    is_sum = expression.kind == "add"
    fixed = [_compile(term, moving) for term in terms if not _moves(term, moving)]
    if fixed:
        combine = _add if is_sum else _multiply
        ready.append(_plain_constant(lambda scope: combine([part(scope) for part in fixed])))
    first, *others = ready

    def compute(scope: Scope) -> Plain:
        total = first(scope)
        for part in others:
            total = _short(total + part(scope) if is_sum else total * part(scope))
        return total

    return compute


def _plain_modulo(value: Plain, divisor: Plain) -> Plain:
    if not divisor:
        raise NotPlain
    return value % divisor


def _plain(value: Value) -> Plain:
    """A rational number as Python's own."""
    found = value.rational if isinstance(value, Exact) else None
    if found is None:
        raise NotPlain
    return _short(found)


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
        if type(value) is Exact:
            factor = value if factor is ONE else factor * value
        elif isinstance(value, Angle) and value.constant is None:
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
