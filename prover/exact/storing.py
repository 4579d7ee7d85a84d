"""Numbers as formats store them: which reals round to a stored number, to nearest with ties to even.

The positive numbers of a binary format are counted from 1, the least, up to the last finite one, so that neighbours
have neighbouring places; an even place is an even significand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from prover.exact.number import Atom, Exact, of_atom
from prover.exact.text import rational_text

MAX_ULPS = 9999
_OPEN = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format. `word`: as specs write it; `bits` of the significand; `lowest`: 2**lowest is its least number.

    `binades`: how many values of the exponent field finite numbers have.
    """

    name: str
    word: str
    bits: int
    lowest: int
    binades: int

    def number(self, place: int) -> Fraction:
        """The positive number at a place; 0 at place 0, and at the place after the last what would follow."""
        shift = max((place >> self.bits - 1) - 1, 0)
        return Fraction(place - (shift << self.bits - 1) << shift) * Fraction(2) ** self.lowest

    def place(self, value: Fraction) -> int | None:
        """The place of a positive number, None if the format does not have it."""
        units = value / Fraction(2) ** self.lowest
        whole = units.numerator
        shift = max(whole.bit_length() - self.bits, 0)
        if units.denominator != 1 or whole <= 0 or whole % (1 << shift):
            return None
        found = (shift << self.bits - 1) + (whole >> shift)
        return found if found <= self.last else None

    @property
    def last(self) -> int:
        """The place of the largest finite number."""
        return (self.binades << self.bits - 1) - 1

    def written(self, value: Fraction) -> str:
        """A number of the format as a spec gives it, such as f32(500000)."""
        return f"{self.word}({rational_text(value)})"

    def nearest(self, value: Fraction) -> Fraction:
        """The finite number of the format that is nearest to a real, ties to even."""
        found = self.rounded(value)
        if found is None:
            return self.number(self.last) * (-1 if value < 0 else 1)
        return found

    def rounded(self, value: Fraction) -> Fraction | None:
        """The number of the format that a real rounds to, ties to even; None if that is infinite."""
        above, below = abs(value.numerator), value.denominator
        bits = above.bit_length() - below.bit_length()
        binade = bits + (above >= below << bits if bits > 0 else above << -bits >= below)
        shift = max(binade - self.bits, self.lowest)   # the size is below 2**binade, and not below half of that
        above, below = (above, below << shift) if shift > 0 else (above << -shift, below)
        found, rest = divmod(above, below)
        found += 2 * rest > below or (2 * rest == below and found % 2 == 1)
        if found.bit_length() + shift > self.lowest + self.binades - 2 + self.bits:
            return None
        found = -found if value < 0 else found
        return Fraction(found << shift) if shift > 0 else Fraction(found, 1 << -shift)

    @property
    def overflow(self) -> Fraction:
        """The least positive number that rounds to infinity: half way from the largest finite number to the next."""
        return _overflow(self)


@cache
def _overflow(kind: Format) -> Fraction:
    return (kind.number(kind.last) + kind.number(kind.last + 1)) / 2


FORMATS = (
    Format("float16", "f16", 11, -24, 31),
    Format("bfloat16", "bf16", 8, -133, 255),
    Format("float32", "f32", 24, -149, 255),
    Format("float64", "f64", 53, -1074, 2047),
)


def format_of(name: str) -> Format:
    """The format of that name."""
    return next(each for each in FORMATS if each.name == name)


def open_texts(text: str) -> list[str]:
    """The texts of the open numbers in a number's text, each once."""
    return list(dict.fromkeys(_OPEN.findall(text)))


@dataclass(frozen=True, slots=True)
class StoredNumber:
    """A positive stored number, which stands for every real that rounds to it or to one of `ulps` neighbours each side.

    `name`: side, parameter, and the place in a list, such as "source.factors.3".
    """

    name: str
    format: Format
    value: Fraction
    ulps: int

    @property
    def is_open(self) -> bool:
        """Whether all reals that it stands for are positive and finite, so that it can be left open."""
        place = self.format.place(self.value)
        return place is not None and self.ulps < place and place + self.ulps <= self.format.last

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The ends of the reals that it stands for."""
        place = self.format.place(self.value)
        assert place is not None
        assert self.is_open
        first, last = place - self.ulps, place + self.ulps
        number = self.format.number
        return (number(first - 1) + number(first)) / 2, (number(last) + number(last + 1)) / 2

    @property
    def has_ends(self) -> bool:
        """Whether the ends belong to them: ties go to the even number."""
        place = self.format.place(self.value)
        assert place is not None
        return (place + self.ulps) % 2 == 0

    @property
    def text(self) -> str:
        """As certificates write it. It says all there is, so equal texts are the same number, in any claim."""
        return f"{{{self.format.name}:{self.value}:{self.ulps}:{self.name}}}"

    @property
    def open(self) -> Exact:
        """The number left open: an atom of which nothing is known but its ends."""
        return of_atom(Atom(self.text, "stored", self.ends))

    @property
    def shown(self) -> str:
        """The stored value as people read it."""
        return rational_text(self.value)
