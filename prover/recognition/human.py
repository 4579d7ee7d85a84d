"""Numbers that people write: the plainest one in an interval."""

from __future__ import annotations

import math
from fractions import Fraction

MAX_DIGITS = 9
# Of a number that is no power of two: more digits than this are a number that came about, not one that was written.
WRITTEN_DIGITS = 3
LARGEST_MULTIPLE = 1 << 30  # beyond it any number of few digits is a multiple of 1024
BASES = (
    10000, 100, 500000, 1000000, 10000000, 5000000, 150000, 160000, 8000000, 100000, 50000, 20000, 40000, 100000000,
)


def plainest(low: float, high: float) -> Fraction | None:
    """The number of the fewest digits from `low` to `high`, both positive; a power of two before any of more than one.

    None if there is none of up to nine digits.
    """
    if not (0 < low <= high and math.isfinite(high)):
        return None
    power = 2.0 ** math.floor(math.log2(high))
    one_digit = _rounded(low, high, 1)
    if one_digit is not None:
        return one_digit
    if power >= low:
        return Fraction(power)
    return next((found for digits in range(2, MAX_DIGITS + 1) if (found := _rounded(low, high, digits))), None)


def _rounded(low: float, high: float, digits: int) -> Fraction | None:
    middle = (low + high) / 2
    found = Fraction(f"{middle:.{digits - 1}e}")
    return found if low <= found <= high else None


def near(value: float, tolerance: float) -> Fraction | None:
    """The plainest number within a relative tolerance of a positive value."""
    return plainest(value * (1 - tolerance), value * (1 + tolerance))


def digits_of(value: Fraction) -> int:
    """Digits with which people write a number; a power of two has two of them."""
    if value and _is_power_of_two(value):
        return min(2, len(_significant(value)))
    return len(_significant(value))


def is_written(value: Fraction | None) -> bool:
    """Whether people write such a number: a few digits, or a small multiple of a power of two."""
    if value is None:
        return False
    if digits_of(value) <= WRITTEN_DIGITS:
        return True
    return value.denominator == 1 and value.numerator % 1024 == 0 and value < LARGEST_MULTIPLE


def _is_power_of_two(value: Fraction) -> bool:
    return value.numerator & (value.numerator - 1) == 0 and value.denominator & (value.denominator - 1) == 0


def _significant(value: Fraction) -> str:
    return f"{float(value):.15e}".partition("e")[0].replace(".", "").lstrip("-").rstrip("0")

