"""How far rounding to a format moves a number, exactly or at most. No float takes part."""

from __future__ import annotations

from fractions import Fraction

from prover.errors import UndecidedError
from prover.exact.enclosure import PRECISIONS, bounds, enclose
from prover.exact.number import Exact
from prover.exact.storing import Format

KEPT_BITS = 96


def stored(kind: Format, value: Exact) -> Fraction | None:
    """The number of the format nearest to a real one; None if that is infinite."""
    if value.rational is not None:
        return kind.rounded(value.rational)
    for precision in PRECISIONS:
        low, high = bounds(enclose(value, precision))
        if (found := kind.rounded(low)) == kind.rounded(high):
            return found
    raise UndecidedError(f"cannot decide which {kind.name} a number rounds to: it is too near the middle of two")


def largest_position_error(kind: Format, last: int) -> Fraction | None:
    """The largest |round(p) - p| of the whole numbers p from 0 to `last`; None if one of them rounds to infinity."""
    if last >= kind.overflow:
        return None
    binade = last.bit_length()
    step = 1 << max(binade - kind.bits, 0)
    # Whole numbers lie at most half a step off; in the last binade the middle between two may not be reached yet.
    reached = min(step // 2, last - (1 << binade - 1)) if step > 1 else 0
    return Fraction(max(step // 4, reached))


def largest_rounding_error(kind: Format, size: Fraction) -> Fraction:
    """At most this does rounding move a real of at most that size which does not overflow."""
    if not size:
        return Fraction(0)
    binade = _binade(size)
    if size == Fraction(2) ** (binade - 1):
        binade -= 1
    return min(size, Fraction(2) ** (max(binade - kind.bits, kind.lowest) - 1))


def ulp(kind: Format, size: Fraction) -> Fraction:
    """The distance of the format's numbers in the binade of a positive number."""
    return Fraction(2) ** max(_binade(size) - kind.bits, kind.lowest)


def rounded_up(value: Fraction) -> Fraction:
    """A number of few bits that is not below a non-negative one, and hardly above."""
    return -rounded_down(-value)


def rounded_down(value: Fraction) -> Fraction:
    """A number of few bits that is not above a number, and hardly below."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= KEPT_BITS:
        return value
    unit = Fraction(2) ** (_binade(abs(value)) - KEPT_BITS)
    return value // unit * unit


def _binade(size: Fraction) -> int:
    """The e with 2**(e - 1) <= size < 2**e."""
    guess = size.numerator.bit_length() - size.denominator.bit_length()
    return guess + 1 if size >= Fraction(2) ** guess else guess
