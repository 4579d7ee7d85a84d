"""The operations of a recipe, one after the other, done in whatever stands in for floating-point numbers.

`outputs` walks through a recipe as its kernel would. With `Terms` every operation is a symbol, with
`Machine` it is NumPy's, with `Exactly` one of rational numbers, rounded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Generic, Protocol, TypeVar

from prover.bits.recipe import Recipe
from prover.bits.rotation import evaluated
from prover.errors import InputError, LimitError, ProverError
from prover.exact.angle import Angle
from prover.exact.number import Exact
from prover.language.evaluation import Compiled, CompiledCondition, compiled, number
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
        """One operation with its result rounded: add sub mul fma div pow neg cos sin sqrt log floor ceil min max abs.

        fma(a, b, c) is a*b + c, rounded once.
        """


@dataclass(frozen=True, slots=True)
class Turn(Generic[V]):
    """The angle of a pair, and its cosine and sine as they are multiplied with what is read."""

    angle: V
    cos: V
    sin: V


def outputs(
    loaded: Loaded, recipe: Recipe, places: Mapping[str, Angle], numbers: Numbers[V],
    turns: list[Turn[V]] | None = None,
) -> tuple[list[V], list[V]]:
    """What the kernel writes to each lane, and the angle of each pair.

    `turns`: those of the same kernel at the same positions, which no head changes; an empty list gets them.
    Raises InputError where it is not said how something is rounded, LimitError for a recipe nested too deeply.
    """
    turns = [] if turns is None else turns
    try:
        turns += [] if turns else _turns(loaded, recipe, places, numbers)
        return _outputs(loaded, recipe, numbers, turns)
    except RecursionError:
        raise LimitError("is nested too deeply", where=f"{loaded.layout.name[:80]}: recipe") from None


def _turns(
    loaded: Loaded, recipe: Recipe, places: Mapping[str, Angle], numbers: Numbers[V]
) -> Iterator[Turn[V]]:
    def table(name: str, angle: V, magnitude: V) -> V:
        exact = numbers.apply(name, recipe.precision, angle)
        kept = numbers.convert(numbers.apply("mul", recipe.precision, exact, magnitude), recipe.table)
        return numbers.convert(kept, recipe.rotation)

    for angle, magnitude in _Walk(loaded, recipe, places, numbers).pairs(len(loaded.layout.pairs)):
        yield Turn(angle, table("cos", angle, magnitude), table("sin", angle, magnitude))


def _outputs(
    loaded: Loaded, recipe: Recipe, numbers: Numbers[V], turns: Sequence[Turn[V]]
) -> tuple[list[V], list[V]]:
    layout = loaded.layout
    read = [numbers.lane(lane, recipe.head) for lane in range(layout.width)]
    result = list(read)
    apply, constant = partial(_apply, numbers, recipe.rotation), partial(numbers.constant, precision=recipe.rotation)
    for pair, turn in zip(layout.pairs, turns, strict=True):
        known = {name: numbers.convert(read[lane], recipe.rotation) for name, lane in zip("xy", pair.read, strict=True)}
        known |= {"cos": turn.cos, "sin": turn.sin}
        for lane, written in zip(pair.write, recipe.rotated, strict=True):
            result[lane] = numbers.convert(evaluated(written, known, apply, constant), recipe.head)
    return result, [turn.angle for turn in turns]


def _apply(numbers: Numbers[V], precision: str, operation: str, *values: V) -> V:
    return numbers.apply(operation, precision, *values)


class _Walk(Generic[V]):
    """One run of a recipe over the pairs. What no float has touched stays an exact rational."""

    def __init__(self, loaded: Loaded, recipe: Recipe, places: Mapping[str, Angle], numbers: Numbers[V]) -> None:
        self.recipe, self.numbers, self.places = recipe, numbers, places
        self.scope = scope_of(loaded.family, dict(loaded.given))
        self.where = f"{loaded.layout.name[:80]}: recipe"
        self.known: dict[str, V | Fraction] = {}
        self.tests: dict[ast.expr, CompiledCondition] = {}   # of parts of the tree, and so for every pair
        self.exactly: dict[ast.expr, Compiled] = {}

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
                    if test not in self.tests:
                        self.tests[test] = CompiledCondition(written.condition(test), self.scope.moving_names)
                    taken = self.tests[test].test(self.scope)
                except (ProverError, KeyError):
                    raise InputError(
                        f"'{written.source(test)}' cannot be decided without rounding", where=self.where,
                        advice="Conditions may use parameters, let names of the layout and j, but no floats",
                    ) from None
                return self.value(written, body if taken else orelse)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.value(written, left), self.value(written, right)
                if isinstance(a, Fraction) and isinstance(b, Fraction) and a.denominator == b.denominator == 1:
                    whole = self.whole(op, a, b, written, node)
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
            if node not in self.exactly:
                self.exactly[node] = compiled(written.translator.value(node), self.scope.moving_names)
            value = self.exactly[node].compute(self.scope)
        except KeyError:
            return self.rational(written.source(node), None)
        found = value.rational if isinstance(value, Exact) else None
        return self.rational(written.source(node), value) if found is None else found

    def rational(self, text: str, value: object) -> Fraction:
        found = None if value is None else number(value, text).rational  # type: ignore[arg-type]
        if found is None:
            raise InputError(
                f"'{text[:60]}' is no rational number, so it is not said how the kernel rounds it", where=self.where,
                advice="Write out in [recipe] how it is computed, or its decimals",
            )
        return found

    def whole(
        self, op: ast.operator, a: Fraction, b: Fraction, written: Written, node: ast.expr
    ) -> Fraction | None:
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
                    raise InputError(f"'{written.source(node)}' divides by 0", where=self.where)
                return Fraction(a // b) if isinstance(op, ast.FloorDiv) else a % b
        return None

    def call(self, function: str, values: list[V | Fraction]) -> V | Fraction:
        exact = [value for value in values if isinstance(value, Fraction)]
        if len(exact) == len(values) and function in ("min", "max"):
            return min(exact) if function == "min" else max(exact)
        if len(exact) == len(values) and function == "abs":
            return abs(exact[0])
        result = values[0]
        if function == "fma":
            return self.apply("fma", *values)
        if len(values) == 1:
            return self.apply(function, result)
        for value in values[1:]:
            result = self.apply(function, result, value)
        return result

    def apply(self, operation: str, *values: V | Fraction) -> V:
        return self.numbers.apply(operation, self.recipe.precision, *map(self.rounded, values))
