"""Which stored number a printed one stands for: a text of few digits may be that of several.

f32 and f64 are the formats of IEEE 754. A printer that writes a fixed number of decimals (%f, as llama.cpp's loader)
writes many numbers alike; one that writes as many digits as tell a number from its neighbours (Python, JSON) does not.
"""

from __future__ import annotations

import re
from fractions import Fraction

from prover.errors import InputError
from prover.sources.metadata import Stored

PRECISION = {"f32": 24, "f64": 53}
LEAST = {"f32": -149, "f64": -1074}
MOST = {"f32": 128, "f64": 1024}
MAX_DIGITS = 60
FIXED = re.compile(r"[+-]?[0-9]+[.,][0-9]+")
DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?")
NO_NUMBERS = {"nan": "nan", "-nan": "nan", "inf": "inf", "-inf": "-inf", "infinity": "inf", "-infinity": "-inf"}


def read_fixed(text: str, kind: str) -> Stored:
    """A number printed with a fixed count of decimals: the one that prints so, or else the decimal, as rounded.

    At a tie both roundings count, since C libraries differ there. Raises InputError if no number prints so.
    """
    if text.lower() in NO_NUMBERS:
        return Stored(kind, NO_NUMBERS[text.lower()])
    if len(text) > MAX_DIGITS or not FIXED.fullmatch(text):
        raise InputError(f"expected a number with decimals, got {text[:40]!r}")
    text = text.replace(",", ".")
    shown = Fraction(text)
    margin = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    least, most = _above(shown - margin, kind), _below(shown + margin, kind)
    if least > most or abs(shown) >= 1 << MOST[kind]:
        raise InputError(f"no {kind} is printed as {text[:40]}")
    if least == most:
        return Stored(kind, least)
    return Stored(kind, shown, is_rounded=True)


def read_shortest(text: str, kind: str) -> Stored:
    """A number printed with as many digits as tell it from its neighbours: the nearest one, which is no guess."""
    if text.lower() in NO_NUMBERS:
        return Stored(kind, NO_NUMBERS[text.lower()])
    return Stored(kind, nearest(read_decimal(text), kind))


def read_decimal(text: str) -> Fraction:
    """The number that a text writes, with an exponent or without. Raises InputError."""
    if len(text) > MAX_DIGITS or not DECIMAL.fullmatch(text):
        raise InputError(f"expected a number, got {text[:40]!r}")
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > -LEAST["f64"]:
        raise InputError(f"number {text[:40]} is out of bounds")
    return Fraction(text)


def nearest(number: Fraction, kind: str) -> Fraction:
    """The number of a format that is nearest, the even one of two. Raises InputError past the largest."""
    step = _step(number, kind)
    found = round(number / step) * step
    if abs(found) >= 1 << MOST[kind]:
        raise InputError(f"is larger than any {kind}")
    return found


def _below(number: Fraction, kind: str) -> Fraction:
    """The greatest number of a format that is not above this one, as if it had no largest."""
    step = _step(number, kind)
    return number // step * step


def _above(number: Fraction, kind: str) -> Fraction:
    return -_below(-number, kind)


def _step(number: Fraction, kind: str) -> Fraction:
    """How far apart the format's numbers are from this one on, towards larger magnitudes."""
    size = abs(number)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if size < Fraction(2) ** exponent:
        exponent -= 1
    return Fraction(2) ** max(exponent - PRECISION[kind] + 1, LEAST[kind])
