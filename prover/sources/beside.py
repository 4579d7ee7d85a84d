"""What acts on scores beside the layout: a scale of queries that grows with their position, a factor of the softmax.

Two sides with layouts that are alike give the same attention only if these are alike too. No fixed linear maps A for
queries and B for keys make up for scales of queries s and s' whose ratio to their value at position 0 differs at some
position p: of A^T K(p)^T K(p) B and K(0) alike the determinants are in the ratio (s(p) / s(0)) ** width, which A and B
do not change. A constant factor can be multiplied into the rows of W_q.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from prover.claims.relation import Outcome, Relation, outcome, worst_of
from prover.errors import UndecidedError
from prover.exact.display import approximate, show_number
from prover.exact.enclosure import compare as order
from prover.exact.number import ONE, Exact, exact, log
from prover.layouts.loading import Loaded
from prover.sources.keys import number_text
from prover.sources.printed import nearest

NONE = "none"
SOFTMAX = "softmax factor"
SHORT = 12


@dataclass(frozen=True, slots=True)
class Given:
    """A number as it is given; `is_stored`: as a float32, which stands for all reals that round to it."""

    number: Fraction
    is_stored: bool = False

    def __str__(self) -> str:
        text = number_text(self.number)
        return text if len(text) <= SHORT else approximate(self.number)

    def is_like(self, other: Given, exactly: bool) -> bool:
        """Whether both are one number, or the stored one stands for the other."""
        if self.number == other.number:
            return True
        return not exactly and self.is_stored is not other.is_stored and (
            nearest(self.number, "f32") == nearest(other.number, "f32"))


TENTH = Given(nearest(Fraction(1, 10), "f32"), is_stored=True)


@dataclass(frozen=True, slots=True)
class QueryScale:
    """Queries at position p are multiplied by 1 + rise*log(1 + floor((p + offset)/length)).

    `rise` is above 0, and `length` above `offset`, so that the scale is 1 at position 0.
    """

    rise: Given
    length: int
    offset: int = 0

    def __str__(self) -> str:
        place = f"(p + {self.offset})" if self.offset else "p"
        return f"1 + {self.rise}*log(1 + floor({place}/{self.length}))"

    def step(self, position: int) -> int:
        """How many steps it has risen by at a position."""
        return (position + self.offset) // self.length

    def at(self, position: int) -> Exact:
        """The scale at a position."""
        return ONE + exact(self.rise.number) * log(exact(1 + self.step(position)))

    def steps(self) -> tuple[int, int]:
        """The first two positions at which it is larger than before."""
        return self.length - self.offset, 2 * self.length - self.offset


@dataclass(frozen=True, slots=True)
class SoftmaxFactor:
    """Scores are multiplied by the square of the product of all 1 + weight*log(factor); `factor` is above 1."""

    weights: tuple[Given, ...]
    factor: Given

    def __str__(self) -> str:
        parts = [f"(1 + {weight}*log({self.factor}))" for weight in self.weights]
        return f"{'*'.join(f'{part}**2' for part in parts)}, about {approximate(self.value)}"

    @property
    def value(self) -> Exact:
        """The factor on scores."""
        value = ONE
        for weight in self.weights:
            one = ONE + exact(weight.number) * log(exact(self.factor.number))
            value = value * one * one
        return value

    def is_like(self, other: SoftmaxFactor, exactly: bool) -> bool:
        """Whether the numbers are the same, or stand for the same."""
        return len(self.weights) == len(other.weights) and self.factor.is_like(other.factor, exactly) and all(
            a.is_like(b, exactly) for a, b in zip(self.weights, other.weights, strict=True))


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why something beside the layout is not known; `is_there`: that it is there is.

    `formula`: what it is where that is known, and compared with nothing but itself.
    """

    why: str
    is_there: bool = False
    formula: str = ""

    def __str__(self) -> str:
        return self.formula or f"not known, {self.why}"


class Law(Enum):
    """By which parameters of its layout a side has its factor of the softmax, whether it is there or not.

    ALL_DIM: mscale_all_dim and factor; OWN, TENTH: llama.cpp's scale, with yarn_log_multiplier or 0.1; UNTOLD: some.
    """

    NONE = "none"
    ALL_DIM = "mscale_all_dim"
    OWN = "own"
    TENTH = "tenth"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Beside:
    """What one side does beside its layout. None is nothing. `law`: what a change of parameters makes of it."""

    query: QueryScale | Unknown | None = None
    softmax: SoftmaxFactor | Unknown | None = None
    law: Law = field(default=Law.NONE, compare=False)


NOTHING = Beside()
_SPEC = Unknown("a SPEC says only how heads turn")
UNSAID = Beside(_SPEC, _SPEC)


@dataclass(frozen=True, slots=True)
class Held:
    """Both sides held against each other in one thing beside the layout.

    `factors`: what scores of source and target are multiplied by. `is_exact`: none of these is a stored number.
    """

    name: str
    outcome: Outcome
    text: str
    factors: tuple[Exact, Exact] | None = None
    is_exact: bool = True


def hold(source: Beside, target: Beside, limit: Relation | None, ulps: int | None) -> tuple[Held, ...]:
    """What is to be said of everything that is beside a layout on either side. `ulps`: None takes numbers exactly."""
    found = (_queries(source.query, target.query, limit, ulps is None),
             _softmax(source.softmax, target.softmax, limit, ulps is None))
    return tuple(held for held in found if held is not None)


def _queries(a: QueryScale | Unknown | None, b: QueryScale | Unknown | None, limit: Relation | None,
             exactly: bool) -> Held | None:
    name = "query scale"
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return _unknown(name, a, b)
    if a is None and b is None:
        return None
    if a is not None and b is not None and (a.length, a.offset) == (b.length, b.offset) and (
        a.rise.is_like(b.rise, exactly)
    ):
        return Held(name, Outcome.EQUIVALENT, f"equal: {a}")
    position, values = _first_apart(a, b, exactly)
    first, second = map(show_number, values)
    return Held(name, outcome(None, Relation.LINEAR, limit),
                f"source {a or NONE}, target {b or NONE}: at position {position} queries are multiplied by {first} and "
                f"by {second}, and no fixed linear map makes up for that")


def _first_apart(a: QueryScale | None, b: QueryScale | None, exactly: bool) -> tuple[int, tuple[Exact, Exact]]:
    """The first position at which two scales differ, and their values there.

    Both are 1 up to a first step. Where the first two steps agree in place and height, so do length, offset and rise.
    """
    is_like = a is not None and b is not None and a.rise.is_like(b.rise, exactly)
    for position in sorted({step for side in (a, b) if side is not None for step in side.steps()}):
        if is_like and a is not None and b is not None and a.step(position) == b.step(position):
            continue
        values = (ONE if a is None else a.at(position), ONE if b is None else b.at(position))
        if order(*values):
            return position, values
    raise AssertionError("scales that differ do so at one of their first two steps")


def _softmax(a: SoftmaxFactor | Unknown | None, b: SoftmaxFactor | Unknown | None, limit: Relation | None,
             exactly: bool) -> Held | None:
    name = SOFTMAX
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return _unknown(name, a, b)
    if a is None and b is None:
        return None
    values = (ONE if a is None else a.value, ONE if b is None else b.value)
    if (a is not None and b is not None and a.is_like(b, exactly)) or not order(*values):
        return Held(name, Outcome.EQUIVALENT, f"equal: {a}")
    low, high = (approximate(value) for value in values)
    return Held(name, outcome(Relation.PAIR_MAP, Relation.PERMUTATION, limit),
                f"source {a or NONE}, target {b or NONE}: scores are multiplied by {low} and by {high}; the rows of W_q"
                f" times {low}/{high} make up for that", values, not any(
                    each.is_stored for side in (a, b) if side is not None for each in (*side.weights, side.factor)))


def _unknown(name: str, a: object, b: object) -> Held | None:
    """Undecided where one side is known to have it, or to have what is not known."""
    if isinstance(a, Unknown) and a.formula and a == b:
        return Held(name, Outcome.EQUIVALENT, f"equal: {a}")
    if not any(side.is_there if isinstance(side, Unknown) else side is not None for side in (a, b)):
        return None
    return Held(name, Outcome.UNDECIDED, f"source {a or NONE}; target {b or NONE}")


def together(
    alone: Outcome, holds: Relation | None, beside: Sequence[Held],
    sides: Callable[[], tuple[Loaded, Loaded]] | None = None,
) -> Outcome:
    """The word of layouts, of which `holds` is the lowest rung, and of what is beside them: the worse of the two.

    Undecided where magnitudes are all that the layouts differ in: a factor of the softmax may be what they lack, unless
    `sides`, the layouts, show that it is not.
    """
    factors = [held for held in beside if held.name == SOFTMAX and held.outcome is not Outcome.EQUIVALENT]
    may_cancel = holds is Relation.PAIR_MAP and factors and alone is not Outcome.EQUIVALENT
    if may_cancel and not (sides is not None and all(never_cancels(*sides(), held) for held in factors)):
        return worst_of([Outcome.UNDECIDED, *(held.outcome for held in beside if held not in factors)])
    return worst_of([alone, *(held.outcome for held in beside)])


def never_cancels(source: Loaded, target: Loaded, held: Held) -> bool:
    """Whether it is certain that a factor of the softmax is not what the magnitudes of rotations differ by.

    The scores of each lane of q with the same lane of k at one position are, summed up, the factor times the lanes that
    pass and twice the square of each pair's magnitude. No permutation of rows changes that sum.
    """
    if held.factors is None or not held.is_exact or source.stored or target.stored:
        return False
    sums = []
    for factor, layout in zip(held.factors, (source.layout, target.layout), strict=True):
        if any(len(pair.distinct_angles) > 1 for pair in layout.pairs):
            return False
        total = exact(len(layout.passes))
        for magnitude, count in Counter(pair.magnitude for pair in layout.pairs).items():
            total = total + exact(2 * count) * magnitude * magnitude
        sums.append(factor * total)
    try:
        return order(*sums) != 0
    except UndecidedError:
        return False


def told(beside: Beside) -> Iterator[str]:
    """What one side does beside its layout, in lines."""
    for name, value in (("query scale", beside.query), (SOFTMAX, beside.softmax)):
        if value is not None and (not isinstance(value, Unknown) or value.is_there):
            yield f"{name} {value}"
