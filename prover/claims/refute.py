"""The search for refutations: the smallest position where an invariant separates two layouts.

Balls from Arb separate; the checker recomputes the chosen number with its own arithmetic. Where
no candidate separates at any precision the result is None, and the rung stays undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import islice, product
from typing import TypeVar

from flint import arb, ctx

from prover.claims.claim import Claim
from prover.claims.compare import Entry, Place, pair_entries
from prover.claims.evidence import (
    Bounds,
    EntryRefutation,
    NotRelativeRefutation,
    ScoreRefutation,
    Token,
    TraceRefutation,
)
from prover.claims.matching import Mismatch
from prover.claims.relation import Relation
from prover.claims.turned import Turned
from prover.claims.unit import Key, Unit, Vector, stack_keys
from prover.exact.angle import Angle
from prover.exact.enclosure import bounds, enclose, is_surely_below, rational_ball
from prover.exact.number import Exact
from prover.layouts.layout import Layout

PRECISIONS = (128, 512, 2048)
MAX_POSITIONS = 400
MORE_POSITIONS = 40  # at higher precision: a difference that 128 bits do not show is tiny everywhere
MAX_STEPS = 12
MAX_FAILURES = 8
MAX_PLACES = 24
MAX_VALUE = 10**400  # the checker reads at most 500 digits
MAX_POWER = 8
FREE_BITS = 16  # of a turn, which cost no precision


class Side:
    """One layout with its pulled-back angles, and enclosures remembered while one search runs."""

    def __init__(
        self,
        layout: Layout,
        turned: tuple[Turned, ...],
        units: tuple[Unit, ...],
        twisted: tuple[int, ...],
        whole: bool,
    ) -> None:
        self.layout = layout
        self.turned = turned
        self.units = units
        self.twisted = twisted
        self.whole = whole
        self._pair_of = {
            lane: index for index, pair in enumerate(layout.pairs) for lane in pair.read
        }
        self._passes = dict(layout.passes)
        self._balls: dict[tuple[Exact, int], arb] = {}
        self._entries: dict[tuple[int, int], list[tuple[Place, Entry]]] = {}

    @cached_property
    def extra(self) -> int:
        """Bits that the whole part of the fastest turn per step takes away from the precision."""
        return _extra_bits(self.turned)

    def ball(self, value: Exact, precision: int) -> arb:
        key = (value, precision)
        if key not in self._balls:
            self._balls[key] = enclose(value, precision)
        return self._balls[key]

    def pair_entries(self, index: int, feed: int) -> list[tuple[Place, Entry]]:
        """The entries of one pair in the kernel matrix under one feed."""
        key = (index, feed)
        if key not in self._entries:
            self._entries[key] = pair_entries(self.layout.pairs[index], self.turned[index], feed, self.whole)
        return self._entries[key]

    def column(self, token: Token, lane: int, precision: int) -> dict[int, arb]:
        """Column `lane` of the kernel at a token: row to ball."""
        index = self._pair_of.get(lane)
        if index is None:
            return {self._passes[lane]: arb(1)}
        return {
            row: self.ball(entry.magnitude, precision) * self._cosine(entry.angle, token, precision)
            for (row, column), entry in self.pair_entries(index, token.feed)
            if column == lane
        }

    def _cosine(self, angle: Angle, token: Token, precision: int) -> arb:
        total = self.ball(angle.phase, precision)
        for coordinate, value in token.position:
            if value:
                total = total + self.ball(angle[coordinate], precision) * rational_ball(value)
        return total.cos()

    def entry(self, place: Place, token: Token, precision: int) -> arb:
        return self.column(token, place[1], precision).get(place[0], arb(0))

    def score(self, lanes: Place, query: Token, key: Token, precision: int) -> arb:
        left = self.column(query, lanes[0], precision)
        right = self.column(key, lanes[1], precision)
        return sum((left[row] * right[row] for row in left.keys() & right.keys()), arb(0))

    def trace(self, power: int, position: Sequence[Fraction], precision: int) -> arb:
        total = arb(0)
        for unit in self.units:
            weight = self.ball(unit.magnitude, precision) ** (2 * power + 2)
            total += len(unit.lanes) * weight * self.cosine_at(unit.vector, position, precision)
        return total

    def cosine_at(self, vector: Vector, position: Sequence[Fraction], precision: int) -> arb:
        total = arb(0)
        for frequency, value in zip(vector, position, strict=True):
            if frequency and value:
                total += self.ball(frequency, precision) * rational_ball(value)
        return total.cos()


def _extra_bits(turned: tuple[Turned, ...]) -> int:
    fastest = arb(1)
    angles = [angle for turn in turned for feed in range(len(turn.angles)) for angle in turn.distinct_angles(feed)]
    for value in {value for angle in angles for value in (angle.phase, *(f for _, f in angle.frequencies))}:
        if not is_surely_below(value, 1 << FREE_BITS - 1):
            fastest = fastest.max(abs(enclose(value, 64)))
    return max(0, int(bounds(fastest)[1]).bit_length() - FREE_BITS)


def _precisions(sides: Iterable[Side]) -> tuple[int, ...]:
    extra = max(side.extra for side in sides)
    return tuple(precision + extra for precision in PRECISIONS)


def _most(attempt: int) -> int:
    return MORE_POSITIONS if attempt else MAX_POSITIONS


def small_positions(count: int, whole: bool) -> Iterator[tuple[Fraction, ...]]:
    """Positions with `count` coordinates, smallest first; halves and thirds where allowed."""
    divisors = (1,) if whole else (1, 2, 3)
    for divisor in divisors:
        for size in range(1 << 16):
            for point in _of_size(count, size):
                yield tuple(Fraction(value, divisor) for value in point)
            if size >= 1 and len(divisors) * (size + 1) ** count > MAX_POSITIONS:
                break
            if not count:
                break


def _of_size(count: int, size: int) -> Iterator[tuple[int, ...]]:
    """Points whose largest coordinate is `size`, those with the fewest and first axes first."""
    if count > 6:
        points: Iterable[tuple[int, ...]] = (
            tuple(size if i == axis else 0 for i in range(count)) for axis in range(count)
        )
    else:
        points = (p for p in product(range(size + 1), repeat=count) if max(p, default=0) == size)
    return iter(sorted(points, key=lambda p: (sum(p), tuple(-v for v in p))))


def tokens(claim: Claim, feed: int) -> Iterator[Token]:
    """Tokens of one feed, smallest coordinates first."""
    names = claim.feeds[feed].coordinates
    for point in small_positions(len(names), claim.whole_positions):
        yield Token(feed, tuple(zip(names, point, strict=True)))


def refute_identical(
    claim: Claim, sides: tuple[Side, Side], places: Sequence[tuple[int, Place]]
) -> EntryRefutation | None:
    """The smallest token where one of the (feed, place) entries separates, with the widest gap."""
    ours, theirs = sides
    for attempt, precision in enumerate(_precisions(sides)):
        with ctx.workprec(precision):
            for feed in sorted({feed for feed, _ in places}):
                candidates = _spread([place for f, place in places if f == feed])
                for token in islice(tokens(claim, feed), _most(attempt)):
                    found = _widest(
                        (place, ours.entry(place, token, precision), theirs.entry(place, token, precision))
                        for place in candidates
                    )
                    if found:
                        (row, column), source, target = found
                        return EntryRefutation(row, column, token, source, target)
    return None


def refute_scores(
    claim: Claim, sides: tuple[Side, Side], lanes: Sequence[Place]
) -> ScoreRefutation | None:
    """The smallest token pair where one of the lane pairs' scores separates."""
    feeds, chosen = range(len(claim.feeds)), _spread(lanes)
    ours, theirs = sides
    for attempt, precision in enumerate(_precisions(sides)):
        with ctx.workprec(precision):
            for query, key in islice(_token_pairs(claim, feeds), _most(attempt)):
                found = _widest(
                    (
                        place,
                        ours.score(place, query, key, precision),
                        theirs.score(place, query, key, precision),
                    )
                    for place in chosen
                )
                if found:
                    (a, b), source, target = found
                    return ScoreRefutation(a, b, query, key, source, target)
    return None


def _token_pairs(claim: Claim, feeds: range) -> Iterator[tuple[Token, Token]]:
    """Token pairs, smallest first; the query stays at the origin of its feed."""
    streams = {key: tokens(claim, key) for key in feeds}
    while streams:
        for key in list(streams):
            token = next(streams[key], None)
            if token is None:
                del streams[key]
                continue
            yield next(tokens(claim, key)), token
            if key:
                yield next(tokens(claim, 0)), token


def refute_relative(claim: Claim, side: Side, name: str) -> NotRelativeRefutation | None:
    """Two token pairs of equal difference with unequal scores, on a pair that is no rotation."""
    for precision in _precisions([side])[:2]:
        with ctx.workprec(precision):
            for feed in range(len(claim.feeds)):
                steps = list(islice(tokens(claim, feed), MAX_STEPS))
                candidates = [
                    (a, b)
                    for index in _spread(side.twisted)
                    if side.turned[index].turns[feed] is None
                    for a in side.layout.pairs[index].read
                    for b in side.layout.pairs[index].read
                ]
                for step, start in product(steps, steps):
                    origin, moved = steps[0], _moved(start, step)
                    found = _widest(
                        (
                            place,
                            side.score(place, origin, step, precision),
                            side.score(place, start, moved, precision),
                        )
                        for place in candidates
                    )
                    if found:
                        (a, b), first, second = found
                        four = (origin, step, start, moved)
                        return NotRelativeRefutation(name, a, b, four, first, second)
    return None


def _moved(token: Token, step: Token) -> Token:
    return Token(
        token.feed,
        tuple((c, v + w) for (c, v), (_, w) in zip(token.position, step.position, strict=True)),
    )


def refute_match(
    claim: Claim, sides: tuple[Side, Side], mismatch: Mismatch, relation: Relation
) -> TraceRefutation | None:
    """The smallest position where the (weighted) traces separate.

    Classes that occur equally often on both sides cancel; the rest must show a difference.
    """
    keys = stack_keys(claim)
    failures = 0
    powers = (-1,) if relation is Relation.LINEAR else tuple(range(MAX_POWER))
    for attempt, precision in enumerate(_precisions(sides)):
        with ctx.workprec(precision):
            for power in powers:
                for position in islice(
                    small_positions(len(keys), claim.whole_positions), _most(attempt)
                ):
                    if _difference(sides[0], mismatch, power, position, precision) != 0:
                        found = _trace_bounds(sides, power, position, precision)
                        failures += found is None
                        if failures > MAX_FAILURES:
                            return None
                        if found:
                            return TraceRefutation(
                                relation, power, by_feed(claim, keys, position), *found
                            )
    return None


def _difference(
    side: Side, mismatch: Mismatch, power: int, position: tuple[Fraction, ...], precision: int
) -> arb:
    total = arb(0)
    for part in mismatch.all:
        kind = part.unit_class
        excess = (part.source_count - part.target_count) * kind.lanes
        size = arb(1) if kind.magnitude is None else side.ball(kind.magnitude, precision)
        cosine = side.cosine_at(kind.vector, position, precision)
        total += excess * size ** (2 * power + 2) * cosine
    return total


def _trace_bounds(
    sides: tuple[Side, Side], power: int, position: tuple[Fraction, ...], precision: int
) -> tuple[Bounds, Bounds] | None:
    for bits in (precision, 2 * precision):
        with ctx.workprec(bits):
            source, target = (side.trace(power, position, bits) for side in sides)
            if source != target and not source.overlaps(target):
                found = disjoint_bounds(source, target)
                if found:
                    return found
    return None


def by_feed(
    claim: Claim, keys: tuple[Key, ...], position: tuple[Fraction, ...]
) -> tuple[tuple[tuple[str, Fraction], ...], ...]:
    """A stacked position as coordinates per feed."""
    values = list(zip(keys, position, strict=True))
    return tuple(
        tuple((name, value) for (feed, name), value in values if feed == index)
        for index in range(len(claim.feeds))
    )


_Item = TypeVar("_Item")


def _spread(items: Sequence[_Item]) -> list[_Item]:
    """At most MAX_PLACES of the items, evenly spread, the first always among them."""
    if len(items) <= MAX_PLACES:
        return list(items)
    return [items[i * len(items) // MAX_PLACES] for i in range(MAX_PLACES)]


def _widest(
    candidates: Iterable[tuple[Place, arb, arb]],
) -> tuple[Place, Bounds, Bounds] | None:
    best: tuple[Place, arb, arb] | None = None
    gap = arb(0)
    for place, source, target in candidates:
        distance = abs(source - target)
        if distance > 0 and (best is None or distance.mid() > 1.01 * gap):
            best, gap = (place, source, target), distance.mid()
    if best is None:
        return None
    found = disjoint_bounds(best[1], best[2])
    return (best[0], *found) if found else None


def disjoint_bounds(source: arb, target: arb) -> tuple[Bounds, Bounds] | None:
    """Short decimal intervals around two balls that stay disjoint; None if the balls are too wide."""
    (a, b), (c, d) = bounds(source), bounds(target)
    gap = max(c - b, a - d)
    if gap <= 0 or max(map(abs, (a, b, c, d))) > MAX_VALUE:
        return None
    digits = 6
    while Fraction(10, 10**digits) > gap:
        digits += 1
        if digits > 500:
            return None
    unit = Fraction(1, 10**digits)
    widened = [((low // unit - 1) * unit, (-(-high // unit) + 1) * unit) for low, high in ((a, b), (c, d))]
    return widened[0], widened[1]
