"""Enclosures for people: two short decimals, rounded outward; and the steps of float32."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

DIGITS = 6
FLOAT32_BITS, FLOAT32_LOWEST = 24, -149


@dataclass(frozen=True, slots=True)
class Interval:
    """Two decimals of few digits that a number lies between."""

    lower: Fraction
    upper: Fraction

    def texts(self) -> tuple[str, str]:
        """Both ends as decimals, exactly."""
        return decimal_text(self.lower), decimal_text(self.upper)


def rounded(ends: tuple[Fraction, Fraction], digits: int = DIGITS) -> Interval:
    """Two ends with few digits, rounded outward."""
    return Interval(-_up(-ends[0], digits), _up(ends[1], digits))


def _up(value: Fraction, digits: int) -> Fraction:
    """The least decimal of at least so many digits, one or two more at most, that is not below the value."""
    if not value:
        return value
    size = abs(value)
    places = digits - len(str(int(size))) if size >= 1 else digits + len(str(int(1 / size))) - 1
    scale = Fraction(10) ** places
    return -((-value * scale) // 1) / scale


def decimal_text(value: Fraction, digits: int = 60) -> str:
    """A decimal, exactly if it has no more digits; with an exponent where it is long."""
    context = Context(prec=digits)
    found = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    plain = -7 < found.adjusted() < 16
    return f"{found:f}" if plain else f"{found:e}"


def float32_step(value: Fraction) -> Fraction:
    """By how much float32 numbers lie apart at a value from 0 on."""
    if value <= 0:
        return Fraction(2) ** FLOAT32_LOWEST
    above, below = value.numerator, value.denominator
    exponent = above.bit_length() - below.bit_length()
    if Fraction(2) ** exponent > value:
        exponent -= 1
    return Fraction(2) ** max(exponent - FLOAT32_BITS + 1, FLOAT32_LOWEST)
