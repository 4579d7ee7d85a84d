"""A chain of frequencies, and whether powers of one base can be what was measured.

Everything is in logarithms and intervals: a number fits if it fits every pair within that pair's own tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SLACK = 1e-12  # of a logarithm: the arithmetic here, which is float64


@dataclass(frozen=True, slots=True)
class Point:
    """A pair of a chain: its place, its frequency without the sign, and the relative error that it may have."""

    place: int
    size: float
    error: float

    @property
    def log(self) -> float:
        """The logarithm of its frequency."""
        return math.log(self.size)


Chain = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`; none if `low` is above."""

    low: float
    high: float

    @property
    def is_empty(self) -> bool:
        return self.low > self.high

    def meet(self, other: Interval) -> Interval:
        """What both have."""
        return Interval(max(self.low, other.low), min(self.high, other.high))


ALL = Interval(-math.inf, math.inf)


def rate_of_plain(chain: Chain) -> Interval:
    """Rates r with which every frequency is exp(-r*place), which is 1 at place 0."""
    found = ALL
    for point in chain:
        slack = point.error + SLACK
        if point.place == 0:
            if abs(point.log) > slack:
                return Interval(1, 0)
            continue
        found = found.meet(Interval((-point.log - slack) / point.place, (-point.log + slack) / point.place))
    return found


def rate_and_first(chain: Chain) -> tuple[Interval, Interval]:
    """Rates r and logarithms c with which every frequency can be exp(c - r*place); empty if there are none.

    Each end of an interval fits with some value of the other.
    """
    first, last = chain[0], chain[-1]
    span = last.place - first.place
    slack = (first.error + last.error + 2 * SLACK) / span
    rate = (first.log - last.log) / span
    start = first.log + rate * first.place
    for point in chain:
        if abs(point.log - (start - rate * point.place)) > point.error + max(first.error, last.error) + 4 * SLACK:
            return Interval(1, 0), Interval(1, 0)
    error = first.error + slack * first.place + SLACK
    return Interval(rate - slack, rate + slack), Interval(start - error, start + error)
