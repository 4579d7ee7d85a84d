"""What rounding does to an angle when a kernel is run: NumPy does the operations, and the error is held against the
exact angle. NumPy finds where it is worst; the error told is then the exact one at that place, by enclosures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from flint import acb, arb, ctx

from prover.bits.formats import round_to
from prover.bits.rounding import stored
from prover.bits.turns import Series, Turn
from prover.errors import EvidenceError
from prover.exact.enclosure import bounds, enclose, rational_ball
from prover.exact.number import Exact
from prover.exact.storing import Format

Doubles = npt.NDArray[np.float64]
Interval = tuple[Fraction, Fraction]

MAX_CELLS = 1 << 24
MAX_TRIED = 1 << 20
SEED = 20
WORKED_BITS = 256
LEADING_BITS = 22   # times a position below 2**31 the leading bits of a frequency are exact in float64
ROOM = 1e-6


@dataclass(frozen=True, slots=True)
class Measured:
    """The largest errors found, never above the true ones at their places; None: something was infinite there.

    `position`: where the angle is farthest off. `first`: the first position tried at which it is more than asked.
    """

    angle: Fraction | None
    position: int | None
    score: Fraction | None
    first: int | None


def tried_positions(last: int, turns: int) -> npt.NDArray[np.int64]:
    """Whole positions from 0 to `last`: all of them, or as many as are run: the first, the last, those about powers
    of two, and random ones.
    """
    most = min(MAX_TRIED, MAX_CELLS // turns)
    if last < most:
        return np.arange(last + 1, dtype=np.int64)
    edges = [(1 << e) + by for e in range(1, last.bit_length()) for by in (-1, 0, 1)]
    edges += [*(3 << e for e in range(last.bit_length())), last - 1, last]
    some = np.random.default_rng(SEED).integers(0, last + 1, most // 2)
    return np.unique(np.concatenate([np.arange(most // 2), [e for e in edges if e <= last], some]))


@dataclass(frozen=True, slots=True)
class Run:
    """One turn at many positions. `leading` and `rest` of its frequency are floats whose sum it is, nearly exactly."""

    turn: Turn
    at: npt.NDArray[np.int64]
    leading: float
    rest: float

    @staticmethod
    def of(turn: Turn, at: npt.NDArray[np.int64]) -> Run:
        middle = (turn.low + turn.high) / 2
        unit = Fraction(2) ** (middle.numerator.bit_length() - middle.denominator.bit_length() - LEADING_BITS)
        leading = middle // unit * unit
        return Run(turn, at, float(leading), float(middle - leading))

    def positions(self, near: Doubles) -> Angles:
        """Positions are rounded, to `near`, and nothing else."""
        moved: Doubles = np.asarray(near - self.at, np.float64)
        off: Doubles = np.asarray(moved * (self.leading + self.rest), np.float64)
        return Angles(self, off, lambda i: (Fraction(0), Fraction(-moved[i])))

    def frequency(self, near: float) -> Angles:
        """The frequency is rounded, and nothing else."""
        off = float(Fraction(near) - (self.turn.low + self.turn.high) / 2) if np.isfinite(near) else near
        with np.errstate(invalid="ignore"):   # 0 times infinity
            all_off: Doubles = np.asarray(self.at * off, np.float64)
        return Angles(self, all_off, lambda i: (Fraction(near) * int(self.at[i]), Fraction(int(self.at[i]))))

    def computed(self, angles: Doubles) -> Angles:
        """The kernel's own angles, as they came out of all operations."""
        off: Doubles = np.asarray((angles - self.at * self.leading) - self.at * self.rest, np.float64)
        return Angles(self, off, lambda i: (Fraction(float(angles[i])), Fraction(int(self.at[i]))))


@dataclass(frozen=True, slots=True)
class Angles:
    """What angles are off by, in radians. `exactly`: (a, b) at a place, where the angle is off by a - b * frequency."""

    run: Run
    off: Doubles
    exactly: Callable[[int], tuple[Fraction, Fraction]]

    def measured(self, radian: Fraction) -> Measured:
        """The largest errors, and where the first one is above `radian`."""
        first = _first(self.off, radian, lambda i: _least(self._off(i)), self.run.at)
        if not np.isfinite(self.off).all():
            return Measured(None, None, None, first)
        worst = int(np.abs(self.off).argmax())
        low, high = int(self.off.argmin()), int(self.off.argmax())
        if self.off[high] - self.off[low] > np.pi:   # no longer one arc: the farthest from either end
            _, low, high = max(
                (float(chords[at]), anchor, at)
                for anchor in (low, high)
                for chords in [np.abs(np.sin((self.off - self.off[anchor]) / 2))]
                for at in [int(chords.argmax())]
            )
        return Measured(_least(self._off(worst)), int(self.run.at[worst]), self._score(low, high), first)

    def _off(self, index: int) -> Interval:
        given, times = self.exactly(index)
        ends = given - times * self.run.turn.low, given - times * self.run.turn.high
        return min(ends), max(ends)

    def _score(self, one: int, other: int) -> Fraction:
        """By how much the score of tokens at two places is off, for q and k in the worst direction."""
        first, second = self._off(one), self._off(other)
        with ctx.workprec(WORKED_BITS):
            between = rational_ball(first[0] - second[1]).union(rational_ball(first[1] - second[0]))
            return _least(bounds(enclose(self.run.turn.magnitude, WORKED_BITS) ** 2 * 2 * (between / 2).sin()))


def run_product(kind: Format, values: Doubles, factor: float) -> Doubles:
    """Numbers of the format times a number of it, rounded once: the exact product fits into float64."""
    with np.errstate(invalid="ignore"):
        return rounded_doubles(values * factor, kind)


def stored_float(kind: Format, value: Exact) -> float:
    """The number of the format nearest to a real one."""
    near = stored(kind, value)
    return float("inf") if near is None else float(near)


def power_float(kind: Format, series: Series, step: int) -> float:
    """pow(base, -exponent * step): of the rounded operands, in float64, and rounded."""
    base, exponent = kind.rounded(series.base), kind.rounded(series.exponent * step)
    assert exponent is not None
    power = np.power(np.float64(np.inf if base is None else float(base)), -float(exponent))
    return float(rounded_doubles(np.array([power]), kind)[0])


def run_tables(run: Run, kinds: tuple[Format, ...], radian: Fraction) -> dict[str, Measured]:
    """Tables of cos and sin, times the magnitude, in each format; the angles are exact."""
    turn, at = run.turn, run.at
    size = float(sum(bounds(enclose(turn.magnitude, WORKED_BITS))) / 2)
    whole, rest = at * run.leading, at * run.rest
    c, s, c_rest, s_rest = np.cos(whole), np.sin(whole), np.cos(rest), np.sin(rest)
    cos, sin = c * c_rest - s * s_rest, s * c_rest + c * s_rest
    found = {}
    for kind in kinds:
        more_cos, more_sin = (rounded_doubles(size * entry, kind) / size - entry for entry in (cos, sin))
        with np.errstate(invalid="ignore"):   # 0 times infinity
            along, across = more_cos * cos + more_sin * sin, more_sin * cos - more_cos * sin
        found[kind.name] = _measured_tables(turn, at, kind, along, across, radian)
    return found


def _measured_tables(
    turn: Turn, at: npt.NDArray[np.int64], kind: Format, along: Doubles, across: Doubles, radian: Fraction
) -> Measured:
    """`along`, `across`: by what the point (cos, sin), turned back to (1, 0), is off."""
    if not np.isfinite(along).all():
        return Measured(None, None, None, int(at[np.argmin(np.isfinite(along))]))
    off = np.arctan2(across, 1 + along)

    def angle(index: int) -> Fraction:
        with ctx.workprec(WORKED_BITS):
            return _least(bounds(_turned_back(turn, int(at[index]), kind).arg()))

    # A score is off by |conj(1 + a) (1 + b) - 1| for tokens at two places, which lie at the rim of all places.
    rim = sorted({int(place) for part in (along, across, along + across, along - across)
                  for place in (part.argmin(), part.argmax())})
    moved = along[rim] + 1j * across[rim]
    scores = np.abs(np.conj(moved)[:, None] + moved + np.conj(moved)[:, None] * moved)
    one, other = (rim[int(place)] for place in np.unravel_index(scores.argmax(), scores.shape))
    with ctx.workprec(WORKED_BITS):
        first, second = (_turned_back(turn, int(at[i]), kind) for i in (one, other))
        score = _least(bounds(enclose(turn.magnitude, WORKED_BITS) ** 2 * abs(first.conjugate() * second - acb(1))))
    worst = int(np.abs(off).argmax())
    return Measured(angle(worst), int(at[worst]), score, _first(off, radian, angle, at))


def _turned_back(turn: Turn, position: int, kind: Format) -> acb:
    """The stored (cos, sin) of a position as a complex number, turned back by the exact angle, by the magnitude."""
    for precision in (WORKED_BITS, 4 * WORKED_BITS):
        with ctx.workprec(precision):
            theta, size = enclose(turn.frequency, precision) * position, enclose(turn.magnitude, precision)
            entries = [tuple(map(kind.rounded, bounds(size * value))) for value in (theta.cos(), theta.sin())]
            if all(low == high for low, high in entries):
                cos, sin = (arb(0) if low is None else rational_ball(low) for low, _ in entries)
                return acb(cos, sin) * acb(0, -theta).exp() / size
    raise EvidenceError(f"cos or sin of pair {turn.pair} at position {position} is too near the middle of two numbers")


def _first(off: Doubles, radian: Fraction, exactly: Callable[[int], Fraction], at: npt.NDArray[np.int64]) -> int | None:
    """The first position whose angle is more than `radian` off, or infinite."""
    for index in np.flatnonzero(~(np.abs(off) <= float(radian) * (1 - ROOM))):
        if not np.isfinite(off[index]) or exactly(int(index)) > radian:
            return int(at[index])
    return None


def _least(ends: Interval) -> Fraction:
    """The least size of a number between two ends."""
    low, high = ends
    return low if low > 0 else -high if high < 0 else Fraction(0)


def rounded_doubles(values: npt.NDArray[np.floating | np.integer], kind: Format) -> Doubles:
    """Rounded to the format, kept in float64."""
    with np.errstate(over="ignore", under="ignore"):
        return round_to(values, kind.name).astype(np.float64)
