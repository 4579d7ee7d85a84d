"""The operations of a recipe as symbols: equal operations on equal arguments are one term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from prover.bits.formats import rounded
from prover.exact.angle import Angle
from prover.exact.storing import format_of

LANE = "x"   # a constant's text begins with a digit or a sign, a position's with "of"


@dataclass(frozen=True, slots=True)
class Span:
    """What is known of a number: if it is not 0 it has at most `bits` bits, a size from `least` to `most`, and is a
    multiple of `grid`, a power of two."""

    bits: int
    least: Fraction
    most: Fraction
    grid: Fraction

    def fits(self, precision: str) -> bool:
        """Whether a format has every such number."""
        kind = format_of(precision)
        return self.bits <= kind.bits and self.grid >= kind.number(1) and self.most <= kind.number(kind.last)

    def times(self, other: Span) -> Span:
        """What is known of the exact product."""
        return Span(self.bits + other.bits, self.least * other.least, self.most * other.most, self.grid * other.grid)


def span_of(precision: str, least: Fraction = Fraction(0), most: Fraction | None = None) -> Span:
    """The numbers of a format that are 0 or of sizes from `least`, a power of two, to `most`."""
    kind = format_of(precision)
    lowest, highest = kind.number(1), kind.number(kind.last)
    grid = max(lowest, least / 2 ** (kind.bits - 1))
    return Span(kind.bits, max(lowest, least), highest if most is None else min(highest, most), grid)


class Terms:
    """Operations as symbols. A term is the number of its node; equal nodes have equal numbers.

    Facts of IEEE 754 arithmetic that hold in every bit, for finite numbers, are used, and no other: addition and
    multiplication commute, a sign can be taken out of a product or quotient, a - b is a + (-b), times 1 and divided
    by 1 change nothing; and a product that the format has exactly may be rounded before a sum or not. For the last
    one numbers of a head, cosines and sines are 0 or not below `least`, and cosines and sines not above 1.
    """

    def __init__(self, least: Fraction = Fraction(0)) -> None:
        self.nodes: list[tuple[str, tuple[int, ...]]] = []
        self.numbers: dict[tuple[str, tuple[int, ...]], int] = {}
        self.least = least
        self.open_choices = 0

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
        return self.node(f"{precision} {LANE}{index}")

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
        if operation == "fma":
            return self._fused(precision, *values)
        if operation == "add":
            values = tuple(sorted(values))
        return self.node(f"{operation}_{precision}", *values)

    def undetermined(self, ways: Sequence[int]) -> int:
        """What may be worked out in any of several ways: the term that they all are, else one equal to no other."""
        if len(set(ways)) == 1:
            return ways[0]
        self.open_choices += 1
        return self.node(f"choice{self.open_choices}_{self._precision(ways[0])}", *ways)

    def factored(
        self, operation: str, precision: str, found: int, values: Sequence[tuple[int, tuple[int, int] | None]]
    ) -> tuple[int, tuple[int, int]]:
        """A result and what a compiler may take it for the product of.

        It leaves out 1, so that fma(1, a, b) may be another fused sum; and a quotient, a power, a size, a least or
        largest number may come to a product: x/0.5 is x*2, x**2 is x*x, max(x, x) is x.
        """
        one = self.constant(Fraction(1), precision)
        ones = one, self.negated(one, precision)
        for (value, _), (_, inner) in (values, values[::-1]) if operation == "mul" else ():
            if inner and value in ones:
                return found, ((inner[0] if value == one else self.negated(inner[0], precision)), inner[1])
        if operation == "mul":
            return found, (values[0][0], values[1][0])
        self.open_choices += 1
        unknown = self.node(f"choice{self.open_choices}_{precision}", found)
        folds = operation == "fma" and not {values[0][0], values[1][0]}.isdisjoint(ones)
        return (unknown if folds else found), (found, unknown)

    def _fused(self, precision: str, a: int, b: int, c: int) -> int:
        minus, sizes = self._sizes(precision, a, b)
        sizes.sort()
        product = self._product("mul", precision, a, b)
        exact = self.constant(Fraction(1), precision) in sizes or (
            self.span(a).times(self.span(b)).fits(precision)
        )
        if exact:
            return self.apply("add", precision, product, c)
        return self.node(f"{'fnma' if minus else 'fma'}_{precision}", *sizes, c)

    def span(self, value: int) -> Span:
        """What is known of the size and the bits of a term."""
        symbol, arguments = self.nodes[value]
        precision = self._precision(value)
        operation = symbol.rpartition("_")[0]
        if not arguments:
            is_lane = symbol.split()[1].startswith(LANE)
            return span_of(precision, self.least if is_lane else Fraction(0))
        if operation == "neg":
            return self.span(arguments[0])
        if operation in ("cos", "sin"):
            return span_of(precision, self.least, Fraction(1))
        if operation == "to":
            before = self.span(arguments[0])
            # Rounding keeps sizes on their side of a power of two that the format has.
            least = before.least if before.least >= format_of(precision).number(1) else Fraction(0)
            most = before.most if before.most <= 1 else None
            return before if before.fits(precision) else span_of(precision, least, most)
        return span_of(precision)

    def _sizes(self, precision: str, *values: int) -> tuple[bool, list[int]]:
        """The factors without their signs, and whether that leaves a minus."""
        minus, sizes = False, []
        for value in values:
            symbol, arguments = self.nodes[value]
            negative = symbol == f"neg_{precision}"
            minus ^= negative
            sizes.append(arguments[0] if negative else value)
        return minus, sizes

    def _product(self, operation: str, precision: str, a: int, b: int) -> int:
        minus, sizes = self._sizes(precision, a, b)
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
