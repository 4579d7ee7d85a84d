"""Proved bounds on what rounding does to an angle, for all positions from 0 on up to a last one.

With p~ for the position, f~ for the frequency and h(x) for the largest error of rounding a real of size x, all in
one format, the error of an angle is at most (n the last position, P = round(n))

    positions alone    max |p~ - p| * f
    frequencies alone  n * |f~ - f|
    table              n * |f~ - f| + max |p~ - p| * f~ + h(P * f~)
    power              the same, with f~ up to an ulp off base~ ** round(-e)
    recurrence         n * |s~**k - s**k| + r(k), where r(0) = max |p~ - p|, r(k) = r(k-1) * s~ + h(t(k-1) * s~),
                       t(0) = P, t(k) = t(k-1) * s~ + h(t(k-1) * s~), and s~ is up to an ulp off base~ ** round(-e)

What stored frequencies do is exactly that; all other terms are bounds. The first term of each grows with the position
of one token, so between two tokens it counts once, and the others twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from flint import arb, ctx

from prover.bits.rounding import (
    largest_position_error,
    largest_rounding_error,
    rounded_down,
    rounded_up,
    stored,
    ulp,
)
from prover.bits.turns import Series, Turn
from prover.exact.enclosure import bounds, enclose, rational_ball
from prover.exact.number import Exact
from prover.exact.storing import Format

WORKED_BITS = 256


@dataclass(frozen=True, slots=True)
class Error:
    """What an angle is off by, in radians: `steady` in proportion to the position, `loose` either way."""

    steady: Fraction
    loose: Fraction

    @property
    def angle(self) -> Fraction:
        """At most this is one token's angle off."""
        return self.steady + self.loose

    @property
    def between(self) -> Fraction:
        """At most this is the difference of two tokens' angles off."""
        return self.steady + 2 * self.loose


Bound = Callable[[int], Error | None]   # of the last position, and growing with it; None: something is infinite


@dataclass(frozen=True, slots=True)
class Frequency:
    """A frequency in a format: from `low` to `high`, and at most `off` from what it should be.

    `is_shift`: it is known to be a power of two or 0, so that a product with it needs no rounding.
    """

    low: Fraction
    high: Fraction
    off: Fraction
    is_shift: bool


def stored_frequency(kind: Format, turn: Turn) -> Frequency | None:
    """The number of the format nearest to the frequency; None if that is infinite."""
    near = stored(kind, turn.frequency)
    return None if near is None else _frequency(near, near, turn, _is_power_of_two(near))


def power_frequency(kind: Format, series: Series, step: int, turn: Turn) -> Frequency:
    """pow(base, -exponent * step) in the format: at most an ulp off the power of its rounded operands."""
    exponent = kind.rounded(series.exponent * step)
    base = kind.rounded(series.base)
    assert exponent is not None
    if not exponent:
        return _frequency(Fraction(1), Fraction(1), turn, True)
    if base is None:   # pow of infinity is 0
        return _frequency(Fraction(0), Fraction(0), turn, True)
    with ctx.workprec(WORKED_BITS):
        low, high = bounds(rational_ball(base) ** rational_ball(-exponent))
    return _frequency(max(low - ulp(kind, high), Fraction(0)), high + ulp(kind, high), turn, False)


def _frequency(low: Fraction, high: Fraction, turn: Turn, is_shift: bool) -> Frequency:
    return Frequency(low, high, rounded_up(max(high - turn.low, turn.high - low, Fraction(0))), is_shift)


def _is_power_of_two(value: Fraction) -> bool:
    return value.numerator & value.numerator - 1 == 0 == value.denominator & value.denominator - 1


def positions_bound(kind: Format, turn: Turn) -> Bound:
    """Only positions are stored in the format."""
    def bound(last: int) -> Error | None:
        moved = largest_position_error(kind, last)
        return None if moved is None else Error(Fraction(0), rounded_up(moved * turn.high))

    return bound


def frequency_bound(near: Frequency | None) -> Bound:
    """Only the frequency is in the format."""
    return lambda last: None if near is None else Error(rounded_up(last * near.off), Fraction(0))


def product_bound(kind: Format, near: Frequency | None) -> Bound:
    """Position and frequency are in the format, and their product is rounded to it."""
    def bound(last: int) -> Error | None:
        moved, top = largest_position_error(kind, last), kind.rounded(Fraction(last))
        if near is None or moved is None or top is None or top * near.high >= kind.overflow:
            return None
        product = Fraction(0) if near.is_shift else largest_rounding_error(kind, top * near.high)
        return Error(rounded_up(last * near.off), rounded_up(moved * near.high + product))

    return bound


def recurrence_bounds(kind: Format, series: Series, turns: tuple[Turn, ...]) -> tuple[Bound, ...]:
    """The rounded position times a rounded factor, once a step and each time rounded; a bound for each turn."""
    exactly = dict(zip(series.steps, turns, strict=True))
    most = max(exactly)
    factor = power_frequency(kind, series, 1, exactly[min(1, most)])
    off, low, high = [Fraction(0)], Fraction(1), Fraction(1)
    for step in range(1, most + 1):
        low, high = rounded_down(low * factor.low), rounded_up(high * factor.high)
        off.append(_frequency(low, high, exactly[step], False).off)

    @cache
    def chain(last: int) -> tuple[Fraction | None, ...]:
        loose, top = largest_position_error(kind, last), kind.rounded(Fraction(last))
        found = [loose]
        for _ in range(most):
            if loose is None or top is None or top * factor.high >= kind.overflow:
                loose = None
            else:
                moved = Fraction(0) if factor.is_shift else largest_rounding_error(kind, top * factor.high)
                loose, top = rounded_up(loose * factor.high + moved), rounded_up(top * factor.high + moved)
            found.append(loose)
        return tuple(found)

    def bound_of(step: int) -> Bound:
        def bound(last: int) -> Error | None:
            loose = chain(last)[step]
            return None if loose is None else Error(rounded_up(last * off[step]), loose)

        return bound

    return tuple(map(bound_of, series.steps))


def table_bounds(kind: Format, magnitude: Exact) -> tuple[Fraction, Fraction] | None:
    """Only cos and sin times the magnitude are stored: bounds on angle and score, at any position."""
    with ctx.workprec(WORKED_BITS):
        low, high = bounds(enclose(magnitude, WORKED_BITS))
        if high >= kind.overflow:
            return None
        # Both entries may be off by half an ulp; the point (cos, sin) by the length of that vector.
        apart = rational_ball(largest_rounding_error(kind, high)) * arb(2).sqrt() / rational_ball(low)
        angle = apart.asin() if apart < 1 else arb.pi()
        size = rational_ball(high)
        return bounds(angle)[1], bounds(size * size * apart * (2 + apart))[1]


def score_bound(error: Error, magnitude: Exact) -> Fraction:
    """By how much one score of unit q and k may be off: their pair turns by a difference of angles that is off."""
    with ctx.workprec(WORKED_BITS):
        size = enclose(magnitude, WORKED_BITS) ** 2
        half = rational_ball(error.between) / 2
        chord = 2 * half.sin() if half < arb.pi() / 2 else arb(2)
        return bounds(size * chord)[1]
