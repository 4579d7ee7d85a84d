"""The operations of a recipe, one after the other, done in whatever stands in for floating-point numbers.

`outputs` walks through a recipe as its kernel would. With `Terms` every operation is a symbol, with
`Machine` it is NumPy's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from prover.bits.formats import CARRIERS, Array, round_to
from prover.bits.recipe import Recipe
from prover.errors import InputError, LimitError, ProverError
from prover.exact.angle import Angle
from prover.exact.storing import format_of
from prover.language.evaluation import CompiledCondition, compiled, number
from prover.language.expression import Written
from prover.layouts.expand import scope_of
from prover.layouts.loading import Loaded

V = TypeVar("V")
_OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}


class Numbers(Protocol[V]):
    """What a recipe computes with."""

    def constant(self, value: Fraction, precision: str) -> V:
        """The floating-point number nearest to `value`."""

    def position(self, place: Angle, precision: str) -> V:
        """The whole number on an axis, a linear form over a token's coordinates, rounded."""

    def lane(self, index: int, precision: str) -> V:
        """The entry of the head at lane `index`."""

    def convert(self, value: V, precision: str) -> V:
        """`value` rounded to another precision."""

    def apply(self, operation: str, precision: str, *values: V) -> V:
        """One operation with its result rounded: add sub mul div pow neg cos sin sqrt log floor ceil min max abs."""


def outputs(
    loaded: Loaded, recipe: Recipe, places: Mapping[str, Angle], numbers: Numbers[V]
) -> tuple[list[V], list[V]]:
    """What the kernel writes to each lane, and the angle of each pair.

    Raises InputError where it is not said how something is rounded, LimitError for a recipe nested too deeply.
    """
    try:
        return _outputs(loaded, recipe, places, numbers)
    except RecursionError:
        raise LimitError("is nested too deeply", where=f"{loaded.layout.name[:80]}: recipe") from None


def _outputs(
    loaded: Loaded, recipe: Recipe, places: Mapping[str, Angle], numbers: Numbers[V]
) -> tuple[list[V], list[V]]:
    layout, table = loaded.layout, recipe.table
    written = [numbers.lane(lane, table) for lane in range(layout.width)]
    result, angles = list(written), []
    walk = _Walk(loaded, recipe, places, numbers)
    for pair, (angle, magnitude) in zip(layout.pairs, walk.pairs(len(layout.pairs)), strict=True):
        angles.append(angle)
        cos, sin = (
            numbers.convert(
                numbers.apply("mul", recipe.precision, numbers.apply(name, recipe.precision, angle), magnitude), table
            )
            for name in ("cos", "sin")
        )
        x, y = (written[lane] for lane in pair.read)
        a, b, c, d = (
            numbers.apply("mul", table, *factors) for factors in ((x, cos), (y, sin), (x, sin), (y, cos))
        )
        result[pair.write[0]] = numbers.apply("sub", table, a, b)
        result[pair.write[1]] = numbers.apply("add", table, c, d)
    return result, angles


class _Walk(Generic[V]):
    """One run of a recipe over the pairs. What no float has touched stays an exact rational."""

    def __init__(self, loaded: Loaded, recipe: Recipe, places: Mapping[str, Angle], numbers: Numbers[V]) -> None:
        self.recipe, self.numbers, self.places = recipe, numbers, places
        self.scope = scope_of(loaded.family, dict(loaded.given))
        self.where = f"{loaded.layout.name[:80]}: recipe"
        self.known: dict[str, V | Fraction] = {}

    def pairs(self, count: int) -> Iterator[tuple[V, V]]:
        carried: dict[str, V | Fraction] = {}
        for index in range(count):
            if index == 0:
                self.scope.at(0)
            # A step sees the pair before, so it is taken before the index moves on.
            carried = {
                name: self.value(initial if index == 0 else step, None)
                for name, (initial, step) in self.recipe.states.items()
            }
            self.scope.at(index)
            self.known = dict(carried)
            angle, magnitude = (self.value(part, None) for part in (self.recipe.angle, self.recipe.magnitude))
            yield self.rounded(angle), self.rounded(magnitude)

    def rounded(self, value: V | Fraction) -> V:
        return self.numbers.constant(value, self.recipe.precision) if isinstance(value, Fraction) else value

    def value(self, written: Written, node: ast.expr | None) -> V | Fraction:
        """The value of a part of an expression; exact while index arithmetic on whole numbers gave it."""
        node = node or written.tree
        match node:
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = self.value(written, operand)
                return -value if isinstance(value, Fraction) else self.apply("neg", value)
            case ast.UnaryOp(operand=operand):
                return self.value(written, operand)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                try:
                    taken = CompiledCondition(written.condition(test), self.scope.moving_names).test(self.scope)
                except (ProverError, KeyError):
                    raise InputError(
                        f"'{written.source(test)}' cannot be decided without rounding", where=self.where,
                        advice="Conditions may use parameters, let names of the layout and j, but no floats",
                    ) from None
                return self.value(written, body if taken else orelse)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.value(written, left), self.value(written, right)
                if isinstance(a, Fraction) and isinstance(b, Fraction) and a.denominator == b.denominator == 1:
                    whole = self.whole(op, a, b, written.source(node))
                    if whole is not None:
                        return whole
                if type(op) not in _OPERATORS:
                    raise InputError(f"'{written.source(node)}' is not on whole numbers", where=self.where,
                                     advice="// and % are index arithmetic here")
                return self.apply(_OPERATORS[type(op)], a, b)
            case ast.Call(func=ast.Name(id=function), args=arguments) if function not in ("sum", "len"):
                if not (len(arguments) == 1 and function in ("min", "max")):
                    return self.call(function, [self.value(written, argument) for argument in arguments])
        # A literal, an entry of a list, sum, len: no operation of the kernel.
        return self.exact(written, node)

    def name(self, name: str) -> V | Fraction:
        if name in self.known:
            return self.known[name]
        if name in self.recipe.lets:
            self.known[name] = self.value(self.recipe.lets[name], None)
            return self.known[name]
        if name in self.places:
            return self.numbers.position(self.places[name], self.recipe.precision)
        return self.rational(name, self.scope.lookup(name) if name not in ("j", "pi") else
                             self.scope.index if name == "j" else None)

    def exact(self, written: Written, node: ast.expr) -> Fraction:
        try:
            value = compiled(written.translator.value(node), self.scope.moving_names).compute(self.scope)
        except KeyError:
            value = None
        return self.rational(written.source(node), value)

    def rational(self, text: str, value: object) -> Fraction:
        found = None if value is None else number(value, text).rational  # type: ignore[arg-type]
        if found is None:
            raise InputError(
                f"'{text[:60]}' is no rational number, so it is not said how the kernel rounds it", where=self.where,
                advice="Write out in [recipe] how it is computed, or its decimals",
            )
        return found

    def whole(self, op: ast.operator, a: Fraction, b: Fraction, text: str) -> Fraction | None:
        """Index arithmetic, which no kernel rounds; None for an operation that is not of that kind."""
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.FloorDiv() | ast.Mod():
                if not b:
                    raise InputError(f"'{text}' divides by 0", where=self.where)
                return Fraction(a // b) if isinstance(op, ast.FloorDiv) else a % b
        return None

    def call(self, function: str, values: list[V | Fraction]) -> V | Fraction:
        exact = [value for value in values if isinstance(value, Fraction)]
        if len(exact) == len(values) and function in ("min", "max"):
            return min(exact) if function == "min" else max(exact)
        if len(exact) == len(values) and function == "abs":
            return abs(exact[0])
        result = values[0]
        if len(values) == 1:
            return self.apply(function, result)
        for value in values[1:]:
            result = self.apply(function, result, value)
        return result

    def apply(self, operation: str, *values: V | Fraction) -> V:
        return self.numbers.apply(operation, self.recipe.precision, *map(self.rounded, values))


def rounded(value: Fraction, precision: str) -> np.floating:
    """The nearest floating-point number, to even in a tie. Raises InputError if it would be infinite."""
    near = format_of(precision).rounded(value)
    if near is None:
        raise InputError(f"{float(value) if abs(value) < 10**300 else 'a number'} does not fit into {precision}")
    return CARRIERS[precision](float(near))


class Terms:
    """Operations as symbols. A term is the number of its node; equal nodes have equal numbers.

    Five facts of IEEE 754 arithmetic that hold in every bit are used, and no other: addition and
    multiplication commute, a sign can be taken out of a product or quotient, a - b is a + (-b),
    times 1 and divided by 1 change nothing.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[str, tuple[int, ...]]] = []
        self.numbers: dict[tuple[str, tuple[int, ...]], int] = {}

    def node(self, symbol: str, *arguments: int) -> int:
        key = (symbol, arguments)
        if key not in self.numbers:
            self.numbers[key] = len(self.nodes)
            self.nodes.append(key)
        return self.numbers[key]

    def constant(self, value: Fraction, precision: str) -> int:
        near = rounded(abs(value), precision)
        term = self.node(f"{precision} {float(near).hex()}")
        return self.negated(term, precision) if value < 0 else term

    def position(self, place: Angle, precision: str) -> int:
        if place.constant is not None and place.phase.rational is not None:
            return self.constant(place.phase.rational, precision)
        parts = [f"{frequency}*{name}" for name, frequency in place.frequencies]
        if place.phase.rational:
            parts.append(str(place.phase))
        return self.node(f"{precision} of {' + '.join(parts)}")

    def lane(self, index: int, precision: str) -> int:
        return self.node(f"{precision} x{index}")

    def convert(self, value: int, precision: str) -> int:
        symbol = f"to_{precision}"
        return value if self._precision(value) == precision else self.node(symbol, value)

    def _precision(self, value: int) -> str:
        symbol = self.nodes[value][0]
        return symbol.split()[0] if not self.nodes[value][1] else symbol.rpartition("_")[2]

    def negated(self, value: int, precision: str) -> int:
        symbol, arguments = self.nodes[value]
        return arguments[0] if symbol == f"neg_{precision}" else self.node(f"neg_{precision}", value)

    def apply(self, operation: str, precision: str, *values: int) -> int:
        if operation == "neg":
            return self.negated(values[0], precision)
        if operation == "sub":
            operation, values = "add", (values[0], self.negated(values[1], precision))
        if operation in ("mul", "div"):
            return self._product(operation, precision, *values)
        if operation == "add":
            values = tuple(sorted(values))
        return self.node(f"{operation}_{precision}", *values)

    def _product(self, operation: str, precision: str, a: int, b: int) -> int:
        minus = False
        sizes = []
        for value in (a, b):
            symbol, arguments = self.nodes[value]
            negative = symbol == f"neg_{precision}"
            minus ^= negative
            sizes.append(arguments[0] if negative else value)
        one = self.constant(Fraction(1), precision)
        if operation == "mul":
            sizes.sort()
        if sizes[1] == one:
            term = sizes[0]
        elif operation == "mul" and sizes[0] == one:
            term = sizes[1]
        else:
            term = self.node(f"{operation}_{precision}", *sizes)
        return self.negated(term, precision) if minus else term


class Machine:
    """NumPy's operations, on many positions at once. `coordinates`: whole numbers, one array per name.

    pow, cos, sin and log are worked out in float64 and then rounded.
    """

    def __init__(self, coordinates: Mapping[str, npt.NDArray[np.int64]], head: npt.NDArray[np.float64]) -> None:
        self.coordinates, self.head = coordinates, head
        self.count = head.shape[0]

    def constant(self, value: Fraction, precision: str) -> Array:
        return np.full(self.count, rounded(value, precision))

    def position(self, place: Angle, precision: str) -> Array:
        total = np.full(self.count, int(place.phase.rational or 0), dtype=np.int64)
        for name, frequency in place.frequencies:
            total += int(frequency.rational or 0) * self.coordinates[name]
        return round_to(total, precision)

    def lane(self, index: int, precision: str) -> Array:
        return round_to(self.head[:, index], precision)

    def convert(self, value: Array, precision: str) -> Array:
        return round_to(value, precision)

    def apply(self, operation: str, precision: str, *values: Array) -> Array:
        with np.errstate(all="ignore"):
            # NumPy's float32 versions miss the nearest number more often than those of C libraries and torch; and it
            # has no bfloat16, whose operations come out right by way of float64, which has more than twice its bits.
            wide = operation in _LIBRARY or precision == "bfloat16"
            if wide:
                values = tuple(value.astype(np.float64) for value in values)
            result: Array = _FUNCTIONS[operation](*values)
            if wide:
                result = round_to(result, precision)
        if result.dtype != CARRIERS[precision]:
            raise TypeError(f"{operation} gave {result.dtype}, expected {precision}")
        return result


_LIBRARY = ("pow", "cos", "sin", "log")
_FUNCTIONS: dict[str, np.ufunc] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power, "neg": np.negative,
    "cos": np.cos, "sin": np.sin, "sqrt": np.sqrt, "log": np.log, "floor": np.floor, "ceil": np.ceil,
    "min": np.minimum, "max": np.maximum, "abs": np.absolute,
}
