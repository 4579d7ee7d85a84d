"""How a pair turns under the feeds: its four angles, and the one angle of those that are a rotation.

A kernel entry is a magnitude times the cosine of an angle, a sine being a cosine shifted by a quarter turn.
Angles are kept reduced where whole turns do not count: in phases always, in frequencies at whole positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.claims.claim import Claim
from prover.exact.angle import Angle, axis_angle
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

    def distinct_angles(self, feed: int) -> tuple[Angle, ...]:
        """One where the four are one object, as those of a pair with a single angle are."""
        four = self.angles[feed]
        return four[:1] if four[0] is four[1] is four[2] is four[3] else four

    @property
    def rotation(self) -> tuple[Angle, ...]:
        """The angle for each feed; only rotations have it."""
        found = tuple([turn for turn in self.turns if turn is not None])
        assert len(found) == len(self.turns)
        return found


def turned_pairs(claim: Claim, layout: Layout, side: str) -> tuple[Turned, ...]:
    """Every pair of one side pulled back along the claim's feeds; angles reduced where allowed."""
    feeds = [_Places(feed.source if side == "source" else feed.target) for feed in claim.feeds]
    return tuple([_turned(pair, feeds, claim.whole_positions) for pair in layout.pairs])


class _Places:
    """A feed's places, and the axes that are a coordinate of their own name, with which an angle stays as it is."""

    def __init__(self, positions: AxisPositions) -> None:
        self.positions = positions
        self.own = frozenset(axis for axis, place in positions if place == axis_angle(axis))

    def pulled(self, angle: Angle, whole: bool) -> Angle:
        """An angle over the coordinates, reduced where that is allowed."""
        for axis, _ in angle.frequencies:
            if axis not in self.own:
                return _reduced(pull_back(angle, self.positions), whole)
        return _reduced(angle, whole)


def _turned(pair: Pair, feeds: list[_Places], whole: bool) -> Turned:
    if len(pair.distinct_angles) == 1:
        turns = tuple([feed.pulled(pair.angle, whole) for feed in feeds])
        return Turned(tuple([(turn, turn, turn, turn) for turn in turns]), turns)
    angles = tuple([_four(pair.angles, feed, whole) for feed in feeds])
    return Turned(angles, tuple(_rotation(four, whole) for four in angles))


def _four(angles: Angles, feed: _Places, whole: bool) -> Angles:
    alpha, beta, gamma, delta = (feed.pulled(angle, whole) for angle in angles)
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
    return bool(angle.phase) and angle.phase in (QUARTER, BACK) and only_half_turns(angle, whole)


def only_half_turns(angle: Angle, whole: bool) -> bool:
    """Whether the cosine is a constant up to its sign at every position, so that it may vanish with some phase."""
    return all(whole and f == PI for _, f in angle.frequencies)


def _reduced(angle: Angle, whole: bool) -> Angle:
    if not angle.phase and not (whole and any(reduce_turns(f) is not f for _, f in angle.frequencies)):
        return angle
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
