"""Random kernels with several angles for a pair, as layout files and run by plain Python, apart from the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path
from random import Random

Value = tuple[Fraction, Fraction]
Field = tuple[str, str, str, str, str]
Angle = tuple[str, Value]
Number = Callable[[int, int, int], Value]

FILE = """
title = "random kernel"
axes  = ["t", "h"]
width = "d"

[parameters]
d = {{ default = 12, whole = true, require = "{require}" }}
c = {{ default = 1, whole = true, require = "c >= 0 and c < 5" }}

[pairs]
count     = "{count}"
first     = "2*j"
second    = "2*j + 1"
magnitude = "{magnitude}"
{angles}
"""


def whole(value: int) -> Value:
    """A whole number."""
    return Fraction(value), Fraction(0)


NUMBERS: dict[str, Number] = {
    "1": lambda j, d, c: whole(1),
    "-1": lambda j, d, c: whole(-1),
    "(1 + j)": lambda j, d, c: whole(1 + j),
    "(j - 1)": lambda j, d, c: whole(j - 1),
    "(d - 6)": lambda j, d, c: whole(d - 6),
    "(c - 1)": lambda j, d, c: whole(c - 1),
    "(1 if d % 4 == 0 else -1)": lambda j, d, c: whole(1 if d % 4 == 0 else -1),
    "2**(-j)": lambda j, d, c: (Fraction(1), Fraction(-j)),
    "2**(-2*j/d)": lambda j, d, c: (Fraction(1), Fraction(-2 * j, d)),
    "3*2**(-2*(j - d//3)/d)": lambda j, d, c: (Fraction(3), Fraction(-2 * (j - d // 3), d)),
    "2**(-j/(d//2))": lambda j, d, c: (Fraction(1), Fraction(-j, d // 2)),
}
CONDITIONS = (
    "j < d//3", "2*j < d - 2*(d//3)", "2*j + 1 < d - 2*(d//3)", "j < c", "2*j + 1 < d//2 + c", "d % 3 == 1",
    "j >= 2*(d//6)", "2*j < d//2", "2*j < d//3 + 1", "d < 7", "j < d//4 and d % 5 < 3", "j % 2 == 0", "c == 0",
)
COUNTS = ("d//2", "d//2", "d//2", "d//4", "2*(d//6)")
MAGNITUDES = ("1", "1", "1", "2", "2 if j < d//3 else 1", "c + 1")
FIELDS = ("angle", "sine_angle", "second_angle", "second_sine_angle")


@dataclass(frozen=True, slots=True)
class Kernel:
    """`angles`: for each field a condition, and axis and number where it holds and where not."""

    count: str
    magnitude: str
    angles: tuple[tuple[str, Field], ...]

    def write(self, path: Path, require: str) -> str:
        """The layout file of it."""
        lines = "\n".join(
            f'{field} = "{axis}*{number} if {condition} else {other}*{rest}"'
            for field, (condition, axis, number, other, rest) in self.angles
        )
        path.write_text(FILE.format(require=require, count=self.count, magnitude=self.magnitude, angles=lines))
        return str(path)

    def pair(self, j: int, d: int, c: int) -> tuple[int, Angle, Angle, Angle, Angle]:
        """Magnitude, alpha, beta, gamma and delta; a pair that is not there is lanes that pass."""
        names = {"j": j, "d": d, "c": c}
        if j >= _python(self.count, names):
            return 1, STILL, STILL, STILL, STILL
        found = {}
        for field, (condition, axis, number, other, rest) in self.angles:
            holds = _python(condition, names)
            turn = _normal(*NUMBERS[number if holds else rest](j, d, c))
            found[field] = (axis if holds else other, turn) if turn[0] else STILL
        alpha = found["angle"]
        beta, delta = found.get("sine_angle", alpha), found.get("second_angle", alpha)
        gamma = found.get("second_sine_angle", delta if "second_angle" in found else beta)
        return _python(self.magnitude, names), alpha, beta, gamma, delta

    def is_identical(self, other: Kernel, d: int, c: int) -> bool:
        """Whether the two are the same matrix at every position."""
        for j in range(d // 2):
            size, alpha, beta, gamma, delta = self.pair(j, d, c)
            size2, alpha2, beta2, gamma2, delta2 = other.pair(j, d, c)
            if size != size2 or beta != beta2 or gamma != gamma2:
                return False
            if any(a not in (b, _opposite(b)) for a, b in ((alpha, alpha2), (delta, delta2))):
                return False
        return True


    def is_equal(self, other: Kernel, d: int, c: int) -> bool:
        """Whether some fixed linear map makes up for the difference, of kernels with one angle for a pair."""
        ours, theirs = (
            Counter(_size(kernel.pair(j, d, c)[1]) for j in range(d // 2)) for kernel in (self, other)
        )
        return ours == theirs


STILL: Angle = ("", (Fraction(0), Fraction(0)))


def _normal(number: Fraction, exponent: Fraction) -> Value:
    """number * 2**exponent with an exponent from 0 up to 1."""
    steps = floor(exponent)
    return number * Fraction(2) ** steps, exponent - steps


def _size(angle: Angle) -> Angle:
    axis, (number, exponent) = angle
    return axis, (abs(number), exponent)


def _opposite(angle: Angle) -> Angle:
    axis, (number, exponent) = angle
    return axis, (-number, exponent)


def _python(text: str, names: Mapping[str, int]) -> int:
    return eval(text, {"__builtins__": {}}, dict(names))  # type: ignore[no-any-return]


def random_kernels(random: Random, several: bool = True) -> tuple[Kernel, Kernel]:
    """Two kernels, the second mostly the first with a field or two changed; `several`: with several angles a pair."""
    one = _kernel(random, several)
    if random.random() < 0.25:
        return one, _kernel(random, several)
    other = one
    for _ in range(random.randint(1, 2)):
        change = random.random()
        if change < 0.15:
            other = replace(other, count=random.choice(COUNTS))
        elif change < 0.3:
            other = replace(other, magnitude=random.choice(MAGNITUDES))
        else:
            angles = dict(other.angles)
            field = random.choice(sorted(angles) if change < 0.7 or not several else FIELDS)
            old = angles.get(field, angles["angle"])
            new = _angle(random)
            angles[field] = (new[0], *old[1:]) if random.random() < 0.6 else new
            other = replace(other, angles=_with_all(angles))
    return one, other


def _with_all(angles: dict[str, Field]) -> tuple[tuple[str, Field], ...]:
    """In the order of a file; where sine_angle and second_angle are given, the fourth has to be."""
    if {"sine_angle", "second_angle"} <= angles.keys():
        angles.setdefault("second_sine_angle", angles["sine_angle"])
    return tuple((name, angles[name]) for name in FIELDS if name in angles)


def _kernel(random: Random, several: bool) -> Kernel:
    odds = dict(zip(FIELDS, (1.0, 0.6, 0.3, 0.2) if several else (1.0, 0.0, 0.0, 0.0), strict=True))
    fields = [name for name in FIELDS if random.random() < odds[name]]
    return Kernel(
        random.choice(COUNTS), random.choice(MAGNITUDES), _with_all({name: _angle(random) for name in fields})
    )


def _angle(random: Random) -> Field:
    numbers = sorted(NUMBERS)
    return (random.choice(CONDITIONS), random.choice("th"), random.choice(numbers), random.choice("th"),
            random.choice(numbers))
