"""Compilers that may contract a product and a sum into one fused multiply-add, which rounds once.

Languages and compilers differ in where they do it (GCC wherever it sees both, for the languages' GNU dialects; nvcc and
Triton too), and which product of a*b + c*d they take nobody says. So every choice counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from prover.bits.floating import Numbers
from prover.bits.terms import Terms
from prover.exact.angle import Angle

V = TypeVar("V")
AS_WRITTEN, FIRST_FUSED, LAST_FUSED = "each operation rounded", "first products fused", "last products fused"
CHOICES: dict[str, int] = {AS_WRITTEN: 0, FIRST_FUSED: 1, LAST_FUSED: -1}
"""What a compiler may do with every sum, by the place of the candidate: as written, or fused with a product."""


@dataclass(frozen=True, slots=True)
class Traced(Generic[V]):
    """A number, and the two it is the product of, if it is one that could be fused with a sum."""

    value: V
    factors: tuple[V, V] | None = None


class Contracting(Generic[V]):
    """Numbers whose sums are fused with products as `choose` says, of all ways there are; the first is as written."""

    def __init__(self, numbers: Numbers[V], choose: Callable[[Sequence[V]], V]) -> None:
        self.numbers, self.choose = numbers, choose

    def constant(self, value: Fraction, precision: str) -> Traced[V]:
        return Traced(self.numbers.constant(value, precision))

    def position(self, place: Angle, precision: str) -> Traced[V]:
        return Traced(self.numbers.position(place, precision))

    def lane(self, index: int, precision: str) -> Traced[V]:
        return Traced(self.numbers.lane(index, precision))

    def convert(self, value: Traced[V], precision: str) -> Traced[V]:
        return Traced(self.numbers.convert(value.value, precision))

    def apply(self, operation: str, precision: str, *values: Traced[V]) -> Traced[V]:
        plain = [each.value for each in values]
        found = self.numbers.apply(operation, precision, *plain)
        match operation, values:
            case "mul", (a, b) if not isinstance(self.numbers, Terms):
                return Traced(found, (a.value, b.value))
            case ("mul" | "div" | "pow" | "abs" | "min" | "max" | "fma"), _ if isinstance(self.numbers, Terms):
                pairs = [(each.value, each.factors) for each in values]
                return Traced(*self.numbers.factored(operation, precision, found, pairs))
            case "neg", (Traced(factors=(x, y)),):
                return Traced(found, (self.numbers.apply("neg", precision, x), y))
            case ("add" | "sub"), (a, b):
                return Traced(self.choose([found, *self._fused(operation == "sub", precision, a, b)]))
        return Traced(found)

    def _fused(self, minus: bool, precision: str, a: Traced[V], b: Traced[V]) -> list[V]:
        """The sum a + b, or a - b, with the one product or the other not rounded before it."""
        apply = self.numbers.apply
        found = []
        if a.factors:
            found.append(apply("fma", precision, *a.factors, apply("neg", precision, b.value) if minus else b.value))
        if b.factors:
            x, y = b.factors
            found.append(apply("fma", precision, apply("neg", precision, x) if minus else x, y, a.value))
        return found
