"""Exact numbers, vectors and text as people read them. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from prover.exact.angle import Angle
from prover.exact.enclosure import enclose
from prover.exact.number import Exact, exact

MAX_RADICAND = 10**15


def approximate(value: Exact | Fraction, digits: int = 6) -> str:
    """A decimal with `digits` significant digits."""
    number = value if isinstance(value, Exact) else exact(value)
    ball = enclose(number, 128)
    if not number or 1e-300 < abs(ball) < 1e300:
        return f"{float(ball.mid()):.{digits}g}"
    return str(ball.str(digits, radius=False))


def show_number(value: Exact) -> str:
    """The number in its shortest exact form, with a decimal where that helps."""
    rational = value.rational
    if rational is not None:
        return _rational_text(rational)
    text = _radical_text(value) or str(value)
    return f"{text} (about {approximate(value)})" if len(text) <= 60 else f"about {approximate(value)}"


def _rational_text(value: Fraction) -> str:
    if value.denominator == 1 or value.denominator > 10**6:
        text = str(value)
        return text if len(text) <= 40 else f"about {approximate(value)}"
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return str(value) if rest > 1 else f"{float(value):.15g}"


def _radical_text(value: Exact) -> str | None:
    """c * r^(a/b) as one power of one base, e.g. 10000^(-1/16), if it is such a number."""
    if len(value.terms) != 1:
        return None
    ((monomial, coefficient),) = value.terms
    if any(atom.kind != "prime" for atom, _ in monomial):
        return None
    exponents: dict[int, Fraction] = {}
    for atom, exponent in monomial:
        assert isinstance(atom.argument, int)
        exponents[atom.argument] = exponent
    rest = abs(coefficient)
    for prime in list(exponents):
        while rest.denominator % prime == 0:
            rest *= prime
            exponents[prime] -= 1
    if rest.denominator != 1 or rest.numerator != 1:
        return None
    if not exponents or max(exponents.values()) > 0:
        return None
    base = lcm(*(e.denominator for e in exponents.values()))
    whole = {p: int(-e * base) for p, e in exponents.items()}
    common = gcd(*whole.values())
    radicand = 1
    for prime, count in whole.items():
        if radicand > MAX_RADICAND:
            return None
        radicand *= prime ** (count // common)
    sign = "-" if coefficient < 0 else ""
    return f"{sign}{radicand}^({Fraction(-common, base)})" if radicand <= MAX_RADICAND else None


def show_pairs(indices: Sequence[int], most: int = 12) -> str:
    """Pair numbers with runs shortened: 0, 2-5, 9."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    parts = [str(a) if a == b else f"{a}-{b}" for a, b in runs]
    more = f" and {len(parts) - most} more runs" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more if parts else "none"


def show_angle(angle: Angle, nothing: str = "0") -> str:
    """An angle as a sum over axes."""
    parts = [
        axis if frequency.rational == 1 else f"{axis} * {show_number(frequency)}"
        for axis, frequency in angle.frequencies
    ]
    parts += [show_number(angle.phase)] if angle.phase else []
    return " + ".join(parts) or nothing
