"""What differs lane by lane in runs of pairs: consecutive ones that differ in the same ways, each with its sentence.

Every number in a sentence is exact, or the exact one cut to six digits behind the word "about". Which of a run's
numbers is the least and which the most is decided by enclosures and exact equality; where neither decides, none is
told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flint import arb

from prover.claims.claim import Claim
from prover.claims.turned import reduce_turns
from prover.errors import ProverError
from prover.exact.display import approximate, number_json, runs_of, show_pairs
from prover.exact.enclosure import PRECISIONS, compare, enclose, equal, sign
from prover.exact.number import Exact
from prover.layouts.feed import pull_back
from prover.layouts.layout import Pair
from prover.reports.differences import PAIR_KINDS, LaneByLane, of_one

JSON = dict[str, Any]
MOST_RUNS = 6
MOST_RANGES = 4
MOST_DIGITS = 12
SLOWER, FASTER = "slower", "faster"


@dataclass(frozen=True, slots=True)
class Quotient:
    """A quotient of two positive numbers of one pair, worked out only where it is told."""

    pair: int
    above: Exact
    below: Exact

    def ball(self, precision: int) -> arb:
        """A ball that holds it."""
        return enclose(self.above, precision) / enclose(self.below, precision)

    def equals(self, other: Quotient) -> bool:
        """Whether the two are known to be the same number."""
        if (self.above, self.below) == (other.above, other.below):
            return True
        try:
            return equal(self.above * other.below, other.above * self.below) is True
        except ProverError:
            return False


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a pair differs: a kind of `PAIR_KINDS`, or slower or faster; by how much, where that is told."""

    kind: str
    times: Quotient | None = None


_Row = tuple[int, tuple[Way, ...]]


@dataclass(frozen=True, slots=True)
class Run:
    """Pairs that differ in the same ways. `ways`: for each pair, its ways in the same order of kinds."""

    pairs: tuple[int, ...]
    ways: tuple[tuple[Way, ...], ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """How they differ."""
        return tuple(way.kind for way in self.ways[0])


def runs_json(claim: Claim, found: LaneByLane) -> list[JSON]:
    """The runs, ranges of pairs with both ends, with the kinds of difference, their numbers and a sentence."""
    return [_run_json(claim, run) for run in _runs(claim, found)]


def _run_json(claim: Claim, run: Run) -> JSON:
    parts = [_part(claim, run, place) for place in range(len(run.kinds))]
    one = len(run.pairs) == 1
    return {
        "pairs": runs_of(run.pairs),
        "subject": f"pair{'s' * (not one)} {_shown(run.pairs)}",
        "differ": [{"kind": kind, **ends} for kind, (_, ends) in zip(run.kinds, parts, strict=True)],
        "text": "; ".join(text for text, _ in parts),
    }


def _shown(pairs: Sequence[int]) -> str:
    ranges = runs_of(pairs)
    if len(ranges) == 1:
        first, last = ranges[0]
        return str(first) if first == last else f"{first} to {last}"
    return f"{show_pairs(pairs, MOST_RANGES)} ({len(pairs)} pairs)"


def _runs(claim: Claim, found: LaneByLane) -> list[Run]:
    """Consecutive pairs with the same kinds, those that have the same numbers apart; where they are many, by kind."""
    rows = list(_rows(claim, found))
    alike = [False, *(_is_alike(before, row) for before, row in pairwise(rows)), False]
    runs: list[list[_Row]] = []
    for place, row in enumerate(rows):
        before = rows[place - 1] if place else None
        goes_on = before is not None and before[0] == row[0] - 1 and _kinds(before) == _kinds(row) and (
            alike[place] or not any(alike[place - 1 : place + 2])
        )
        if goes_on:
            runs[-1].append(row)
        else:
            runs.append([row])
    if len(runs) > MOST_RUNS:
        groups: dict[tuple[str, ...], list[_Row]] = {}
        for row in rows:
            groups.setdefault(_kinds(row), []).append(row)
        runs = list(groups.values())
    return [Run(tuple(pair for pair, _ in run), tuple(ways for _, ways in run)) for run in runs]


def _kinds(row: _Row) -> tuple[str, ...]:
    return tuple(way.kind for way in row[1])


def _is_alike(before: _Row, row: _Row) -> bool:
    """Whether two neighbours differ in the same ways by the same numbers."""
    return before[0] == row[0] - 1 and _kinds(before) == _kinds(row) and all(
        mine.times is None if other.times is None else mine.times is not None and mine.times.equals(other.times)
        for mine, other in zip(before[1], row[1], strict=True)
    )


def _rows(claim: Claim, found: LaneByLane) -> Iterator[_Row]:
    """Each pair that differs, with the ways in which it does."""
    kinds: dict[int, list[str]] = {}
    for kind, pairs in found.kinds:
        for pair in pairs if kind in PAIR_KINDS else ():
            kinds.setdefault(pair, []).append(kind)
    for pair in sorted(kinds):
        ways: list[Way] = []
        for kind in kinds[pair]:
            if kind == "frequency":
                ways += _turn_ways(claim, pair)
            elif kind == "magnitude":
                sizes = [layout.pairs[pair].magnitude for layout in (claim.target, claim.source)]
                ways.append(Way(kind, Quotient(pair, *sizes)))
            else:
                ways.append(Way(kind))
        yield pair, tuple(ways)


def _turn_ways(claim: Claim, pair: int) -> list[Way]:
    """By how much the target turns slower or faster, where one number says it."""
    vectors = [_vector(claim, layout.pairs[pair], side)
               for layout, side in ((claim.source, "source"), (claim.target, "target"))]
    mine, other = vectors
    if mine is None or other is None or [bool(v) for v in mine] != [bool(v) for v in other] or not any(mine):
        return [Way("frequency")]
    first = next(place for place, value in enumerate(mine) if value)
    try:
        signs = sign(mine[first]), sign(other[first])
        if not all(a * other[first] == b * mine[first] for a, b in zip(mine, other, strict=True)):
            return [Way("frequency")]
        above, below = (value if side > 0 else -value for value, side in zip((mine[first], other[first]), signs,
                                                                            strict=True))
        order = compare(above, below)
    except ProverError:
        return [Way("frequency")]
    back = [Way("direction")] if signs[0] != signs[1] else []
    if order > 0:
        return [*back, Way(SLOWER, Quotient(pair, above, below))]
    return [*back, Way(FASTER, Quotient(pair, below, above))] if order < 0 else back or [Way("frequency")]


def _vector(claim: Claim, pair: Pair, side: str) -> tuple[Exact, ...] | None:
    """The frequencies of a pair with one angle under all feeds; None where whole turns were taken out of them."""
    if len(pair.distinct_angles) > 1:
        return None
    found: list[Exact] = []
    for feed in claim.feeds:
        angle = pull_back(pair.angle, feed.source if side == "source" else feed.target)
        for coordinate in feed.coordinates:
            value = angle[coordinate]
            if claim.whole_positions and reduce_turns(value) != value:
                return None
            found.append(value)
    return tuple(found)


def _part(claim: Claim, run: Run, place: int) -> tuple[str, JSON]:
    """The words of one kind over all pairs of a run, and the numbers in them."""
    kind, one = run.kinds[place], len(run.pairs) == 1
    times = [ways[place].times for ways in run.ways]
    quotients = [each for each in times if each is not None]
    ends = _ends(quotients) if quotients and len(quotients) == len(times) else None
    numbers = {} if ends is None else {
        name: {"pair": end.pair, **number_json(end.above / end.below)}
        for name, end in zip(("least", "most"), ends, strict=True)
    }
    if kind in (SLOWER, FASTER):
        turn = "turns" if one else "turn"
        if ends is None:
            return f"{turn} {kind} in the target", numbers
        if ends[0].equals(ends[1]):
            return f"{turn} {_number(ends[0])} times {kind} in the target", numbers
        return f"{turn} {kind} in the target, {_between(ends)}", numbers
    if kind == "magnitude" and ends is not None:
        have = "has" if one else "have"
        if ends[0].equals(ends[1]):
            return f"{have} {_number(ends[0])} times the magnitude in the target", numbers
        return f"{have} another magnitude in the target, {_between(ends)} that of the source", numbers
    if kind == "axis" and len(claim.feeds) == 1 and (axes := _axes(claim, run)):
        return f"turn{'s' * one} with {axes[0]} in the source and with {axes[1]} in the target", numbers
    if kind in ("lanes", "written") and (lanes := _lanes(claim, run, kind)):
        verb = ("is" if one else "are") + " written to" if kind == "written" else f"lie{'s' * one} on"
        return f"{verb} lanes {lanes[0]} in the source and {lanes[1]} in the target", numbers
    return (of_one(PAIR_KINDS[kind]) if one else PAIR_KINDS[kind]), numbers


def _ends(quotients: Sequence[Quotient]) -> tuple[Quotient, Quotient] | None:
    """The least and the most, if it is known which they are and both can be written."""
    least, most = _extreme(quotients, -1), _extreme(quotients, 1)
    if least is None or most is None:
        return None
    try:
        return (least, most) if all((each.above / each.below).terms for each in (least, most)) else None
    except ProverError:
        return None


def _extreme(quotients: Sequence[Quotient], way: int) -> Quotient | None:
    """The largest of them, the smallest where `way` is -1; the first of those that are known to be the same number."""
    left = list(quotients)
    for precision in PRECISIONS[:-1]:
        balls = [each.ball(precision) * way for each in left]
        best = balls[0].lower()
        for ball in balls[1:]:
            best = best.max(ball.lower())
        left = [each for each, ball in zip(left, balls, strict=True) if not ball < best]
        if all(each.equals(left[0]) for each in left[1:]):
            return left[0]
    return None


def _between(ends: tuple[Quotient, Quotient]) -> str:
    """Both ends, the one of the first pair first."""
    first, last = sorted(ends, key=lambda each: each.pair)
    return f"{_number(first)} times (pair {first.pair}) to {_number(last)} times (pair {last.pair})"


def _number(quotient: Quotient) -> str:
    value = quotient.above / quotient.below
    text = str(number_json(value)["exact"])
    return text if value.rational is not None and len(text) <= MOST_DIGITS else f"about {approximate(value)}"


def _axes(claim: Claim, run: Run) -> tuple[str, str] | None:
    """With which coordinates the pairs of a run turn on either side; those of one pair with several joined by +."""
    (feed,) = claim.feeds
    found = []
    for layout, places in ((claim.source, feed.source), (claim.target, feed.target)):
        words: dict[str, None] = {}
        for pair in (layout.pairs[index] for index in run.pairs):
            angles = [pull_back(angle, places) for angle in pair.distinct_angles]
            used = dict.fromkeys(c for angle in angles for c, value in angle.frequencies if value)
            words[" + ".join(sorted(used, key=feed.coordinates.index))] = None
        found.append(_either(sorted(words)))
    return None if found[0] == found[1] and len(run.pairs) == 1 else (found[0], found[1])


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _lanes(claim: Claim, run: Run, kind: str) -> tuple[str, str] | None:
    """The lanes of pair j on either side, where each is a whole number of times j and a constant in all of the run."""
    found = []
    for layout in (claim.source, claim.target):
        own = [layout.pairs[index] for index in run.pairs]
        lanes = [pair.read if kind == "lanes" else pair.write for pair in own]
        texts = [_law(run.pairs, [two[place] for two in lanes]) for place in (0, 1)]
        if None in texts:
            return None
        found.append(" and ".join(text for text in texts if text is not None))
    return found[0], found[1]


def _law(pairs: Sequence[int], lanes: Sequence[int]) -> str | None:
    if len(pairs) == 1:
        return str(lanes[0])
    times, rest = divmod(lanes[1] - lanes[0], pairs[1] - pairs[0])
    start = lanes[0] - times * pairs[0]
    if rest or times < 1 or any(times * pair + start != lane for pair, lane in zip(pairs, lanes, strict=True)):
        return None
    j = "j" if times == 1 else f"{times}j"
    return f"{j} {'-' if start < 0 else '+'} {abs(start)}" if start else j
