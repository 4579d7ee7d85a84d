"""How a pair turns under the feeds: its four angles, and the one angle of those that are a rotation.

A kernel entry is a magnitude times the cosine of an angle, a sine being a cosine shifted by a quarter turn.
Angles are kept reduced where whole turns do not count: in phases always, in frequencies at whole positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.claims.claim import Claim
from prover.exact.angle import Angle
from prover.exact.number import PI, Exact, exact
from prover.layouts.feed import AxisPositions, pull_back
from prover.layouts.layout import Angles, Layout, Pair

QUARTER = PI * exact(Fraction(1, 2))
BACK = -QUARTER


@dataclass(frozen=True, slots=True)
class Turned:
    """A pair under the feeds. For each feed: its four angles, and the angle of the rotation that they make.

    `turns` has None where they make none.
    """

    angles: tuple[Angles, ...]
    turns: tuple[Angle | None, ...]

    @property
    def is_rotation(self) -> bool:
        return None not in self.turns

    @property
    def rotation(self) -> tuple[Angle, ...]:
        """The angle for each feed; only rotations have it."""
        found = tuple(turn for turn in self.turns if turn is not None)
        assert len(found) == len(self.turns)
        return found


def turned_pairs(claim: Claim, layout: Layout, side: str) -> tuple[Turned, ...]:
    """Every pair of one side pulled back along the claim's feeds; angles reduced where allowed."""
    places = [feed.source if side == "source" else feed.target for feed in claim.feeds]
    return tuple(_turned(pair, places, claim.whole_positions) for pair in layout.pairs)


def _turned(pair: Pair, places: list[AxisPositions], whole: bool) -> Turned:
    if len(pair.distinct_angles) == 1:
        turns = tuple(_reduced(pull_back(pair.angle, place), whole) for place in places)
        return Turned(tuple((turn, turn, turn, turn) for turn in turns), turns)
    angles = tuple(_four(pair.angles, place, whole) for place in places)
    return Turned(angles, tuple(_rotation(four, whole) for four in angles))


def _four(angles: Angles, place: AxisPositions, whole: bool) -> Angles:
    alpha, beta, gamma, delta = (_reduced(pull_back(angle, place), whole) for angle in angles)
    return alpha, beta, gamma, delta


def _rotation(angles: Angles, whole: bool) -> Angle | None:
    """The angle whose cosine and sine are those of all four at every position, if there is one.

    Its cosine is that of alpha; where that vanishes everywhere, its sine is that of beta.
    """
    alpha, beta, gamma, delta = angles
    if alpha == beta == gamma == delta:
        return alpha
    supplement = shifted(mirrored(beta, whole), PI)
    for turn in (alpha, mirrored(alpha, whole), beta, supplement):
        cosines = all(same_cosine(turn, own, whole) for own in (alpha, delta))
        if cosines and all(same_cosine(_sine(turn), _sine(own), whole) for own in (beta, gamma)):
            return turn
    return None


def _sine(angle: Angle) -> Angle:
    """The angle whose cosine is the sine of this one."""
    return shifted(angle, BACK)


def same_cosine(left: Angle, right: Angle, whole: bool) -> bool:
    """The two cosines are equal at every position by their normal forms."""
    if left == right or left == mirrored(right, whole):
        return True
    return vanishes(left, whole) and vanishes(right, whole)


def shifted(angle: Angle, by: Exact) -> Angle:
    """The angle with something added to its phase, which is less than a whole turn."""
    if not angle.phase:
        return Angle(angle.frequencies, by)
    return Angle(angle.frequencies, reduce_turns(angle.phase + by))


def mirrored(angle: Angle, whole: bool) -> Angle:
    """The opposite angle, which has the same cosine."""
    frequencies = {c: reduce_turns(-f) if whole else -f for c, f in angle.frequencies}
    return Angle.of(frequencies, reduce_turns(-angle.phase))


def vanishes(angle: Angle, whole: bool) -> bool:
    """cos of the angle is 0 at every position (angles are reduced; half turns count if whole)."""
    return bool(angle.phase) and angle.phase in (QUARTER, BACK) and all(whole and f == PI for _, f in angle.frequencies)


def _reduced(angle: Angle, whole: bool) -> Angle:
    frequencies = {c: reduce_turns(f) if whole else f for c, f in angle.frequencies}
    phase = reduce_turns(angle.phase)
    if phase is angle.phase and all(frequencies[c] is f for c, f in angle.frequencies):
        return angle
    return Angle.of(frequencies, phase)


def reduce_turns(value: Exact) -> Exact:
    """The same angle with its multiple of pi in (-1, 1]; other parts stay as they are."""
    for monomial, coefficient in value.terms:
        if len(monomial) == 1 and monomial[0][0].kind == "pi" and monomial[0][1] == 1:
            if -coefficient.denominator < coefficient.numerator <= coefficient.denominator:
                return value
            turns = -((1 - coefficient) // 2)
            return value - PI * exact(Fraction(2) * turns)
    return value
