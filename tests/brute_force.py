"""Layout files worked out without the package: Python's own arithmetic, and matrices, at given parameters.

The texts of a layout file are Python expressions, so Python evaluates them; whole numbers and fractions stay
exact until a power needs floats. What comes out is compared within one part in 10**9.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import CodeType

import numpy as np
import numpy.typing as npt

Number = int | float | Fraction
Values = Mapping[str, "Number | list[Number]"]
POSITIONS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.37, -0.61), (-2.11, 3.3))
CLOSE = 1e-9


class NoLayout(Exception):
    """There is no kernel at these parameters."""


@dataclass(frozen=True)
class Fields:
    """The texts of a layout file."""

    width: str
    count: str
    first: str
    second: str
    angle: str
    magnitude: str = "1"
    require: tuple[str, ...] = ()
    write: tuple[str, str] | None = None


@dataclass(frozen=True)
class Turn:
    """A pair with numbers: lanes, what it turns by for a step on each axis, and its magnitude."""

    read: tuple[int, int]
    write: tuple[int, int]
    steps: tuple[float, float]
    magnitude: float


@cache
def _code(text: str) -> CodeType:
    """Whole numbers in a text divide exactly, as in the layout language."""
    return compile(re.sub(r"(?<![\w.\[])(\d+)(?![\w.\]])", r"Q(\1)", text), "layout", "eval")


def work_out(text: str, values: Values) -> Number | bool:
    """A text as Python has it. Raises NoLayout where it has no value."""
    names = {"floor": math.floor, "ceil": math.ceil, "min": min, "max": max, "abs": abs, "sqrt": math.sqrt,
             "log": math.log, "sum": sum, "len": len, **values}
    try:
        found = eval(_code(text), {"__builtins__": {}, "Q": Fraction, **names})
    except (ZeroDivisionError, OverflowError, ValueError) as fault:
        raise NoLayout(str(fault)) from None
    if isinstance(found, complex):
        raise NoLayout("a root of a negative number")
    return found


def _whole(text: str, values: Values) -> int:
    found = work_out(text, values)
    if found != int(found):
        raise NoLayout(f"{text} is {found}")
    return int(found)


def layout(fields: Fields, values: Values, feed: Sequence[str] = ("t", "h")) -> tuple[int, list[Turn]]:
    """Width and pairs. `feed`: what the axes t and h get, in terms of t and h. Raises NoLayout."""
    given = {name: [Fraction(v) for v in value] if isinstance(value, list) else Fraction(value)
             for name, value in values.items()}
    if not all(work_out(text, given) for text in fields.require):
        raise NoLayout("a requirement is not met")
    width, count = _whole(fields.width, given), _whole(fields.count, given)
    if width < 1 or not 0 <= 2 * count <= width:
        raise NoLayout("no head")
    pairs = []
    for j in range(count):
        here = {**given, "j": Fraction(j)}
        read = (_whole(fields.first, here), _whole(fields.second, here))
        write = (_whole(fields.write[0], here), _whole(fields.write[1], here)) if fields.write else read
        steps = []
        for t, h in ((1, 0), (0, 1)):
            place = {"t": Fraction(t), "h": Fraction(h)}
            fed = {axis: work_out(text, place) for axis, text in zip("th", feed, strict=True)}
            steps.append(float(work_out(fields.angle, {**here, **fed})))
        size = float(work_out(fields.magnitude, here))
        if size <= 0:
            raise NoLayout("a magnitude that is not positive")
        pairs.append(Turn(read, write, (steps[0], steps[1]), size))
    for lanes in ([lane for p in pairs for lane in p.read], [lane for p in pairs for lane in p.write]):
        if len(set(lanes)) < len(lanes) or not set(lanes) <= set(range(width)):
            raise NoLayout("lanes clash")
    if {lane for p in pairs for lane in p.read} != {lane for p in pairs for lane in p.write}:
        raise NoLayout("other lanes are written")
    return width, pairs


def kernel(width: int, pairs: Sequence[Turn], place: tuple[float, float]) -> npt.NDArray[np.float64]:
    """The kernel's matrix at one position."""
    found = np.eye(width)
    for pair in pairs:
        for lane in pair.read:
            found[lane, lane] = 0
    for pair in pairs:
        (a, b), (c, d) = pair.read, pair.write
        angle = sum(s * p for s, p in zip(pair.steps, place, strict=True))
        cosine, sine = pair.magnitude * math.cos(angle), pair.magnitude * math.sin(angle)
        found[c, a], found[c, b], found[d, a], found[d, b] = cosine, -sine, sine, cosine
    return found


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return any(all(_same(a, sign * b) for a, b in zip(one, other, strict=True)) for sign in (1, -1))


def _matched(ours: list[tuple[tuple[float, float], float]], theirs: list[tuple[tuple[float, float], float]]) -> bool:
    left = list(theirs)
    for steps, size in ours:
        found = next((k for k, (s, z) in enumerate(left) if _alike(steps, s) and _same(size, z)), None)
        if found is None:
            return False
        left.pop(found)
    return not left


def _units(width: int, pairs: Sequence[Turn], by_size: bool) -> list[tuple[tuple[float, float], float]]:
    """What turns, and twice each lane that stands still, with its size."""
    found = [((0.0, 0.0), 1.0)] * (width - 2 * len(pairs))
    for pair in pairs:
        size = pair.magnitude if by_size else 1.0
        found += [(pair.steps, size)] if any(pair.steps) else [((0.0, 0.0), size)] * 2
    return found


RUNGS = ("identical", "equal-scores", "permutation", "pair-map", "linear")


def lowest(source: tuple[int, list[Turn]], target: tuple[int, list[Turn]]) -> str | None:
    """The lowest rung that holds between two layouts with numbers, or None."""
    if source[0] != target[0]:
        raise AssertionError("heads of different widths")
    ours, theirs = ([kernel(*side, place) for place in POSITIONS] for side in (source, target))
    if all(np.allclose(a, b, rtol=CLOSE, atol=CLOSE * 1e-3) for a, b in zip(ours, theirs, strict=True)):
        return "identical" if _matched(_units(*source, True), _units(*target, True)) else None
    if all(
        np.allclose(ours[p].T @ ours[q], theirs[p].T @ theirs[q], rtol=CLOSE, atol=CLOSE * 1e-3)
        for p in range(len(POSITIONS)) for q in range(len(POSITIONS))
    ):
        return "equal-scores"
    if _matched(_units(*source, True), _units(*target, True)):
        return "permutation"
    return "pair-map" if _matched(_units(*source, False), _units(*target, False)) else None
