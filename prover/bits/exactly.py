"""The operations of a recipe on rational numbers, each rounded by the definition; no float takes part.

pow, cos, sin and log are enclosed until the number of the format that is nearest is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx

from prover.errors import UndecidedError
from prover.exact.angle import Angle
from prover.exact.enclosure import PRECISIONS, bounds, rational_ball
from prover.exact.storing import format_of

MOST_POWER = 64


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a format; zeros have a sign."""

    number: Fraction
    is_negative: bool

    @property
    def float(self) -> float:
        """The same number; float64 has all of every format."""
        return -0.0 if self.is_negative and not self.number else float(self.number)


class Exactly:
    """One position and one head. Raises UndecidedError for infinity, no number, and what is too near a middle."""

    def __init__(self, coordinates: Mapping[str, int], head: Sequence[Fraction]) -> None:
        self.coordinates, self.head = coordinates, head

    def constant(self, value: Fraction, precision: str) -> Value:
        return _rounded(value, precision)

    def position(self, place: Angle, precision: str) -> Value:
        total = place.phase.rational or Fraction(0)
        for name, frequency in place.frequencies:
            total += (frequency.rational or 0) * self.coordinates[name]
        return _rounded(total, precision)

    def lane(self, index: int, precision: str) -> Value:
        return _rounded(self.head[index], precision)

    def convert(self, value: Value, precision: str) -> Value:
        return _rounded(value.number, precision, value.is_negative)

    def apply(self, operation: str, precision: str, *values: Value) -> Value:
        numbers = [value.number for value in values]
        signs = [value.is_negative for value in values]
        match operation, numbers:
            case "neg", (a,):
                return Value(-a, not signs[0])
            case "abs", (a,):
                return Value(abs(a), False)
            case ("min" | "max"), (a, b) if a != b or signs[0] is signs[1]:
                is_first = a == b or (a < b) is (operation == "min")
                return values[0] if is_first else values[1]
            case "add", (a, b):
                return _rounded(a + b, precision, all(signs))
            case "sub", (a, b):
                return _rounded(a - b, precision, signs[0] and not signs[1])
            case "mul", (a, b):
                return _rounded(a * b, precision, signs[0] is not signs[1])
            case "fma", (a, b, c):
                return _rounded(a * b + c, precision, signs[0] is not signs[1] and signs[2])
            case "div", (a, b) if b:
                return _rounded(a / b, precision, signs[0] is not signs[1])
            case "floor", (a,):
                return _rounded(Fraction(a // 1), precision, signs[0])
            case "ceil", (a,):
                return _rounded(Fraction(-(-a // 1)), precision, signs[0])
            case "pow", (a, b) if b.denominator == 1 and abs(b) <= MOST_POWER and (a or b >= 0):
                return _rounded(a ** int(b), precision, signs[0] and int(b) % 2 == 1)
            case "pow", (a, b) if a > 0:
                return _nearest(lambda: rational_ball(a) ** rational_ball(b), precision)
            case "cos", (a,):
                return _nearest(lambda: rational_ball(a).cos(), precision)
            case "sin", (a,):
                return _nearest(lambda: rational_ball(a).sin(), precision, signs[0])
            case "sqrt", (a,) if a >= 0:
                return _nearest(lambda: rational_ball(a).sqrt(), precision, signs[0])
            case "log", (a,) if a > 0:
                return _nearest(lambda: rational_ball(a).log(), precision)
        raise UndecidedError(f"{operation} gives no number here")


def _rounded(value: Fraction, precision: str, is_negative: bool = False) -> Value:
    """The nearest number of the format; `is_negative`: the sign of an exact zero."""
    near = format_of(precision).rounded(value)
    if near is None:
        raise UndecidedError(f"a number is too large for {precision}")
    return Value(near, value < 0 if value else is_negative)


def _nearest(function: Callable[[], arb], precision: str, is_negative: bool = False) -> Value:
    """The number of the format nearest to a real that is enclosed."""
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            low, high = (_rounded(end, precision, is_negative) for end in bounds(function()))
        if low == high:
            return low
    raise UndecidedError(f"it is not known which {precision} is nearest to a number")
