"""Numbers, angles and lists for people and for JSON: exact text, and what it is about. Nothing here decides."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb

from prover.errors import ProverError
from prover.exact.angle import Angle
from prover.exact.enclosure import MAX_PRECISION, enclose
from prover.exact.number import Exact, exact
from prover.exact.text import factor_text, number_text

MAX_SHOWN = 60
MAX_WHOLE_SHOWN = 40
JSON = dict[str, Any]


def approximate(value: Exact | Fraction, digits: int = 6) -> str:
    """A decimal with `digits` significant digits, all of them right."""
    number = value if isinstance(value, Exact) else exact(value)
    ball = sharp(number, digits)
    if not number or 1e-300 < abs(ball) < 1e300:
        return f"{float(ball.mid()):.{digits}g}"
    return str(ball.str(digits, radius=False))


def sharp(value: Exact, digits: int = 18) -> arb:
    """A ball that is small beside the value, though large terms may cancel in it; the smallest there is if none is."""
    precision = 96
    ball = enclose(value, precision)
    while ball.rel_accuracy_bits() < 4 * digits + 8 and precision < MAX_PRECISION:
        precision *= 4
        ball = enclose(value, precision)
    return ball


@lru_cache(maxsize=1 << 14)
def nearest(value: Exact) -> float | None:
    """The number as a float, None if it is out of the range of floats."""
    ball = sharp(value)
    inside = not value or 1e-307 < abs(ball) < 1e308
    return float(ball.mid()) if inside else None


def number_json(value: Exact) -> JSON:
    """The number as exact text, in the expression language, and as a float."""
    return {"exact": number_text(value), "value": nearest(value)}


def ratio_json(above: Exact, below: Exact) -> JSON:
    """The quotient of two numbers, the same way."""
    try:
        return number_json(above / below)
    except ProverError:  # too long as one number
        floats = nearest(above), nearest(below)
        value = floats[0] / floats[1] if floats[0] is not None and floats[1] else None
        return {"exact": f"({number_text(above)})/({number_text(below)})", "value": value}


def angle_json(angle: Angle) -> JSON:
    """The frequency of each axis, in radians per unit of position, and the phase if there is one."""
    found: JSON = {"frequencies": {axis: number_json(frequency) for axis, frequency in angle.frequencies}}
    return found | {"phase": number_json(angle.phase)} if angle.phase else found


def told(found: JSON) -> str:
    """A number of `number_json` in one line: exact where that is short, with a decimal where that helps."""
    text, value = str(found["exact"]), found["value"]
    about = "" if value is None else f"about {value:.6g}"
    if _is_plain(text):
        return text if len(text) <= MAX_WHOLE_SHOWN else about or text
    if len(text) > MAX_SHOWN and about:
        return about
    return f"{text} ({about})" if about else text


def _is_plain(text: str) -> bool:
    """Whether a text is a decimal or one quotient of whole numbers, which need no decimal beside them."""
    return not set(text) - set("0123456789.e/+-")


def show_number(value: Exact) -> str:
    """The number in its shortest exact form, with a decimal where that helps."""
    text = number_text(value)
    if value.rational is not None:
        return text if len(text) <= MAX_WHOLE_SHOWN else f"about {approximate(value)}"
    return f"{text} (about {approximate(value)})" if len(text) <= MAX_SHOWN else f"about {approximate(value)}"


@lru_cache(maxsize=1 << 14)
def _show_factor(value: Exact) -> str:
    text = factor_text(value)
    if value.rational is not None and len(text) <= MAX_WHOLE_SHOWN:
        return text
    return f"{text} (about {approximate(value)})" if len(text) <= MAX_SHOWN else f"about {approximate(value)}"


def runs_of(indices: Sequence[int]) -> list[list[int]]:
    """Rising whole numbers as [first, last] of each run."""
    found: list[list[int]] = []
    for index in indices:
        if found and index == found[-1][1] + 1:
            found[-1][1] = index
        else:
            found.append([index, index])
    return found


def show_pairs(indices: Sequence[int], most: int = 12) -> str:
    """Pair numbers with runs shortened: 0, 2-5, 9."""
    parts = [str(a) if a == b else f"{a}-{b}" for a, b in runs_of(indices)]
    more = f" and {len(parts) - most} more runs" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more if parts else "none"


def show_angle(angle: Angle, nothing: str = "0") -> str:
    """An angle as a sum over axes."""
    parts = [
        axis if frequency.rational == 1 else f"{axis} * {_show_factor(frequency)}"
        for axis, frequency in angle.frequencies
    ]
    parts += [show_number(angle.phase)] if angle.phase else []
    return " + ".join(parts) or nothing
