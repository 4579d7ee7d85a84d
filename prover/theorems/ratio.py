"""When two frequencies are equal, as a question that a linear solver can answer.

A frequency is a product of powers, such as base**(-2*j/n_rot). Two are equal when their quotient is
1, and a power b**e is 1 exactly when e = 0 or b = 1: for base > 1 the frequency is injective in its
exponent. A product of several powers is not 1 if all that is not 1 lies on the same side of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lcm

import sympy

from prover.language.symbolic import AllOf, AnyOf
from prover.theorems.factors import factors, is_opaque, is_positive_number, parity

MAX_BITS = 4096


@dataclass(frozen=True, slots=True)
class Power:
    """(above/below) ** (over/under): all four are positive or linear expressions, `under` positive."""

    above: sympy.Basic
    below: sympy.Basic
    over: sympy.Basic
    under: sympy.Basic

    def sides(self) -> tuple[sympy.Basic, sympy.Basic, sympy.Basic]:
        """Conditions under which the power is below 1, equal to 1, and above 1."""
        grows = sympy.StrictGreaterThan(self.above, self.below, evaluate=False)
        shrinks = sympy.StrictLessThan(self.above, self.below, evaluate=False)
        up = sympy.StrictGreaterThan(self.over, 0, evaluate=False)
        down = sympy.StrictLessThan(self.over, 0, evaluate=False)
        return (
            AnyOf(AllOf(grows, down), AllOf(shrinks, up)),
            AnyOf(sympy.Eq(self.above, self.below, evaluate=False), sympy.Eq(self.over, 0, evaluate=False)),
            AnyOf(AllOf(grows, up), AllOf(shrinks, down)),
        )


@dataclass(frozen=True, slots=True)
class Quotient:
    """sign * the product of powers; 0 is a sign that depends on parameters.

    `bases` and `divisors`: what must be positive for this to mean anything. `opaque`: a base of the two, perhaps
    one that cancelled, may be 0 for all that is known.
    """

    sign: int
    powers: tuple[Power, ...]
    bases: tuple[sympy.Basic, ...]
    divisors: tuple[sympy.Basic, ...]
    opaque: bool

    @property
    def positive(self) -> tuple[sympy.Basic, ...]:
        """Everything that must be positive."""
        return tuple(dict.fromkeys((*self.bases, *self.divisors)))

    @property
    def exactly(self) -> sympy.Basic | None:
        """The condition under which it is +-1; None where only `possibly` is known."""
        if not self.powers:
            return sympy.true
        return self.powers[0].sides()[1] if len(self.powers) == 1 else None

    @property
    def possibly(self) -> sympy.Basic:
        """A condition that holds wherever it is +-1."""
        if len(self.powers) <= 1:
            exact = self.exactly
            assert exact is not None
            return exact
        below, equal, above = zip(*(power.sides() for power in self.powers), strict=True)
        balanced = AllOf(AnyOf(*below), AnyOf(*above))
        if len(self.powers) == 2:
            balanced = AllOf(balanced, _steeper(*self.powers))
        return AnyOf(AllOf(*equal), balanced)


def _steeper(one: Power, other: Power) -> sympy.Basic:
    """What b**e * c**-f = 1 asks of bases above 1: the larger base has the smaller exponent."""
    if one.under != other.under or one.below != 1 or other.below != 1:
        return sympy.true
    b, e, c, f = one.above, one.over, other.above, -other.over
    compared = [
        AllOf(first(b, c, evaluate=False), AnyOf(
            AllOf(sympy.StrictGreaterThan(e, 0, evaluate=False), second(e, f, evaluate=False)),
            AllOf(sympy.StrictLessThan(e, 0, evaluate=False), second(f, e, evaluate=False)),
        ))
        for first, second in (
            (sympy.StrictGreaterThan, sympy.StrictLessThan),
            (sympy.StrictLessThan, sympy.StrictGreaterThan),
            (sympy.Eq, sympy.Eq),
        )
    ]
    large = [sympy.StrictGreaterThan(base, 1, evaluate=False) for base in (b, c)]
    return AnyOf(*map(_not_above_one, (b, c)), AllOf(*large, AnyOf(*compared)))


def _not_above_one(base: sympy.Basic) -> sympy.Basic:
    return sympy.LessThan(base, 1, evaluate=False)


@lru_cache(maxsize=4096)
def quotient(numerator: sympy.Basic, denominator: sympy.Basic) -> Quotient:
    """What numerator / denominator is made of, with common powers cancelled: they may not be 0."""
    turns, total, opaque = sympy.Integer(0), dict[sympy.Basic, sympy.Basic](), False
    for e, direction in ((numerator, 1), (denominator, -1)):
        own, found = factors(e)
        turns += direction * own
        opaque |= any(is_opaque(base) for base, _ in found)
        for base, exponent in found:
            total[base] = total.get(base, sympy.Integer(0)) + direction * exponent
    total = _with_one_number(total)
    grouped: dict[sympy.Basic, tuple[list[sympy.Basic], list[sympy.Basic]]] = {}
    for base, exponent in total.items():
        exponent = sympy.together(sympy.expand(exponent))
        if exponent == 0 or base == 1:
            continue
        flipped = -exponent in grouped or (exponent not in grouped and exponent.could_extract_minus_sign())
        key = sympy.together(-exponent) if flipped else exponent
        grouped.setdefault(key, ([], []))[1 if flipped else 0].append(base)
    powers, divisors = list[Power](), list[sympy.Basic]()
    for exponent, (above, below) in grouped.items():
        over, under = linear_fraction(exponent)
        divisors.append(under)
        if not above:
            above, below, over = below, above, -over
        powers.append(Power(sympy.Mul(*above), sympy.Mul(*below), over, under))
    bases = [base for row in grouped.values() for side in row for base in side]
    return Quotient(parity(turns), tuple(powers), _asked(bases), _asked(divisors), opaque)


def _asked(values: list[sympy.Basic]) -> tuple[sympy.Basic, ...]:
    """Without those that are positive by their form."""
    each = dict.fromkeys(part for value in values for part in sympy.Mul.make_args(value))
    return tuple(p for p in each if not is_positive_number(p) and not (p.free_symbols and p.is_positive))


def linear_fraction(exponent: sympy.Basic) -> tuple[sympy.Basic, sympy.Basic]:
    """Numerator and denominator of an exponent, the latter without a minus sign."""
    over, under = sympy.fraction(sympy.together(exponent))
    if (under.is_Integer and under < 0) or under.could_extract_minus_sign():
        over, under = -over, -under
    return sympy.expand(over), under


def _with_one_number(factors: dict[sympy.Basic, sympy.Basic]) -> dict[sympy.Basic, sympy.Basic]:
    """The same product with its numbers, such as 2 * 2**(-1/64), as one root of a rational; not if that is long.

    A single number stays a power of its base.
    """
    numbers = {base: exponent for base, exponent in factors.items()
               if base.is_Rational and base > 0 and exponent.is_Rational}
    root = lcm(*(int(exponent.q) for exponent in numbers.values()))
    size = sum(abs(exponent * root) * max(base.p, base.q).bit_length() for base, exponent in numbers.items())
    if len(numbers) < 2 or size > MAX_BITS:
        return factors
    number = sympy.Mul(*(base ** (exponent * root) for base, exponent in numbers.items()))
    rest = {base: exponent for base, exponent in factors.items() if base not in numbers}
    # The number may be a base that has an exponent with symbols already: 3**(-j/3) * (1/2)/(1/6).
    return {**rest, number: rest.get(number, sympy.Integer(0)) + sympy.Rational(1, root)}
