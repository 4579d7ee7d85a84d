"""Rigorous enclosures of exact numbers, and the decisions that rest on them.

Balls come from Arb (python-flint). A decision is made only when the whole ball lies on one side;
otherwise the precision grows up to `MAX_PRECISION` and then `UndecidedError` is raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from flint import arb, ctx, fmpq

from prover.errors import ExpressionError, UndecidedError
from prover.exact.number import ONE, Atom, Exact, exact, log, of_atom, power, vanishes
from prover.exact.text import number_text

PRECISIONS = (64, 192, 768, 3072)
MAX_PRECISION = PRECISIONS[-1]
MAX_SHOWN = 200


@lru_cache(maxsize=1 << 18)
def enclose(value: Exact, precision: int) -> arb:
    """A ball that contains `value`, computed with `precision` bits."""
    with ctx.workprec(precision):
        total = arb(0)
        for monomial, coefficient in value.terms:
            term = rational_ball(coefficient)
            for atom, exponent in monomial:
                term = term * _atom_power(atom, exponent, precision)
            total = total + term
        return total


def is_surely_below(value: Exact, limit: int) -> bool:
    """Whether |value| is below a positive number, where that is seen without an enclosure; False says nothing."""
    if len(value.terms) != 1:
        return not value
    ((monomial, coefficient),) = value.terms
    most = abs(coefficient.numerator)
    for atom, _ in monomial:  # exponents of primes are in (0, 1)
        if not isinstance(atom.argument, int):
            return False
        most *= atom.argument
    return most < limit * coefficient.denominator


def rational_ball(value: Fraction) -> arb:
    """A ball around a rational, at the current precision."""
    return arb(fmpq(value.numerator, value.denominator))


def _atom_power(atom: Atom, exponent: Fraction, precision: int) -> arb:
    if atom.kind == "pi":
        base = arb.pi()
    elif isinstance(atom.argument, int):
        base = arb(atom.argument)
    elif isinstance(atom.argument, tuple):
        low, high = map(rational_ball, atom.argument)
        base = low.union(high)
    else:
        assert atom.argument is not None
        inner = enclose(atom.argument, precision)
        base = inner.log() if atom.kind == "log" else inner
    if exponent == 1:
        return base
    if exponent.denominator == 1:
        return base ** int(exponent)
    return base ** rational_ball(exponent)


def bounds(ball: arb) -> tuple[Fraction, Fraction]:
    """Rational lower and upper bound of a finite ball."""
    with ctx.workprec(2 * MAX_PRECISION):  # lower() and upper() round to the current precision
        return _dyadic(ball.lower()), _dyadic(ball.upper())


def _dyadic(point: arb) -> Fraction:
    mantissa, exponent = point.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def sign(value: Exact) -> int:
    """-1, 0 or 1. Raises UndecidedError if no precision separates the value from zero."""
    rational = value.rational
    if rational is not None:
        return (rational.numerator > 0) - (rational.numerator < 0)
    if len(value.terms) == 1 and all(a.kind in ("prime", "pi") for a, _ in value.terms[0][0]):
        return 1 if value.terms[0][1] > 0 else -1
    for precision in PRECISIONS:
        ball = enclose(value, precision)
        if ball > 0:
            return 1
        if ball < 0:
            return -1
    if vanishes(value):
        return 0
    raise UndecidedError(
        f"cannot decide the sign of {_shown(value)}: it is closer to 0 than {MAX_PRECISION} bits show"
    )


def equal(left: Exact, right: Exact) -> bool | None:
    """True or False where normal forms or enclosures settle it, None where neither does."""
    if left == right:
        return True
    if left.is_algebraic_in_pi and right.is_algebraic_in_pi:
        return False
    try:
        return sign(left - right) == 0
    except UndecidedError:
        return None


def compare(left: Exact, right: Exact) -> int:
    """-1, 0 or 1 as left is below, equal to or above right."""
    a, b = left.rational, right.rational
    if a is not None and b is not None:
        return (a > b) - (a < b)
    return 0 if left == right else sign(left - right)


def floor(value: Exact) -> Exact:
    """The largest whole number not above `value`."""
    rational = value.rational
    if rational is not None:
        return exact(rational.numerator // rational.denominator)
    low, high = Fraction(0), Fraction(1)
    for low, high in _bound_ladder(value):
        if low // 1 == high // 1:
            return exact(low // 1)
    if high - low < 1 and vanishes(value - exact(high // 1)):
        return exact(high // 1)
    raise UndecidedError(f"cannot decide the whole part of {_shown(value)}")


def _bound_ladder(value: Exact) -> Iterator[tuple[Fraction, Fraction]]:
    for precision in PRECISIONS:
        ball = enclose(value, precision)
        if ball.is_finite():
            yield bounds(ball)


def positive_log(value: Exact) -> Exact:
    """log(value), or ExpressionError if the value is not positive."""
    if sign(value) <= 0:
        raise ExpressionError(f"log of {_shown(value)}, which is not positive")
    _require_positive_atoms(value)
    return log(value)


def positive_power(base: Exact, exponent: Exact) -> Exact:
    """base ** exponent; the exponent must be rational, and the base positive if it is a fraction."""
    rational = exponent.rational
    if rational is None:
        raise ExpressionError(f"the exponent {_shown(exponent)} is not a rational number")
    known = base.rational
    if known is not None and known.numerator > 0:
        return ONE if known.numerator == known.denominator else power(base, rational)
    return _checked_power(base, rational)


@lru_cache(maxsize=1 << 14)
def _checked_power(base: Exact, rational: Fraction) -> Exact:
    if rational.denominator != 1 and base and sign(base) < 0:
        raise ExpressionError(f"a fractional power ({rational}) of {_shown(base)}, which is negative")
    if rational.denominator != 1:
        _require_positive_atoms(base)
    return power(base, rational) if base or rational > 0 else _zero_power(rational)


def _require_positive_atoms(value: Exact) -> None:
    """Roots and logarithms of a product are taken factor by factor, so each must be positive."""
    if len(value.terms) != 1:
        return
    for atom, _ in value.terms[0][0]:
        if atom.kind in ("log", "sum") and sign(of_atom(atom)) <= 0:
            raise ExpressionError(
                f"a root or logarithm of {_shown(value)}, whose factor {_shown(of_atom(atom))} is negative"
            )


def _shown(value: Exact) -> str:
    text = number_text(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _zero_power(exponent: Fraction) -> Exact:
    if exponent == -1:
        raise ExpressionError("division by zero")
    if exponent:
        raise ExpressionError("zero to a negative power")
    return ONE
