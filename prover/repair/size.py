"""By how much two layouts differ between two tokens whose coordinates are at most N apart. All bounds are proved.

Between tokens at distance n an angle differs by the sum of Delta * n over the coordinates of their feed, which is
largest at a corner. A score of unit q and k differs, at most, by the largest norm of s**2 * Rot(a) - t**2 * Rot(b) over
the pairs: sqrt((s**2 - t**2)**2 + 4 * s**2 * t**2 * sin((a - b) / 2)**2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import cos, isfinite, pi

from flint import arb, ctx

from prover.claims.claim import Claim
from prover.claims.decide import Decision, decide
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.claims.unit import OFFSET, stack_keys
from prover.errors import InputError, ProverError, UndecidedError
from prover.exact.display import show_pairs
from prover.exact.enclosure import PRECISIONS, bounds, enclose, rational_ball, sign
from prover.exact.number import Exact
from prover.repair.held import Held, Match, held_pairs
from prover.repair.interval import Interval, float32_step, rounded
from prover.verdicts.verdict import Verdict

DEFAULT_POSITIONS = 131072
MAX_POSITIONS = 10**12
THRESHOLDS = (Fraction(1, 1000), Fraction(1, 10), Fraction(1))
WORK = 256  # bits of sums and products; those of the numbers in them are fewer
SPARE_BITS = 24
RATIO_DIGITS = 12
TRIED = 64  # distances and half turns
GOOD_ENOUGH = arb(999999) / 1000000
TIED = 768  # bits after which two totals count as equal


@dataclass(frozen=True, slots=True)
class Place:
    """Which pairs, under which feed, and by how much the coordinates of two tokens are apart. None: it has no pair."""

    source_pair: int | None
    target_pair: int | None
    feed: int
    distance: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AngleSize:
    """The largest difference of an angle. `half_turn`: whether it passes pi, from where on scores come round again.

    `exceeds`: each threshold with the least distance from which the difference is above it; None: never up to N.
    `below_float32`: whether in every pair it is less than the step of float32 at the pair's own angle there.
    """

    radians: Interval
    degrees: Interval
    place: Place
    half_turn: bool
    exceeds: tuple[tuple[Fraction, int | None], ...]
    below_float32: bool


@dataclass(frozen=True, slots=True)
class ScoreSize:
    """The largest difference of one score for q and k of length 1; at `place` it is as much as the lower bound.

    `place` has no distance where it is only known that there is one.
    """

    bounds: Interval
    place: Place


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of two numbers of a pair."""

    bounds: Interval
    place: Place


@dataclass(frozen=True, slots=True)
class Size:
    """By how much two layouts differ up to distance `positions`, the pairs being `held` against one another.

    `pairs`: how many differ. `angle`: None where only magnitudes do. `frequency_ratios`: source over target, for the
    lowest and the highest frequency among those that differ. `score_ratios`: target over source, the smallest and the
    largest, where magnitudes differ. `reason`: why nothing of this is known; else empty.
    """

    positions: int
    held: Held | None = None
    pairs: int = 0
    angle: AngleSize | None = None
    score: ScoreSize | None = None
    frequency_ratios: tuple[Ratio, ...] = ()
    score_ratios: tuple[Ratio, ...] = ()
    reason: str = ""


def require_positions(value: int) -> None:
    """Refuse what is no distance between tokens."""
    if type(value) is not int or not 1 <= value <= MAX_POSITIONS:
        raise InputError(
            f"expected a whole number from 1 to {MAX_POSITIONS}, got {str(value)[:40]}", where="positions",
            advice="Give the largest distance between two tokens, such as 131072",
        )


def size_of(asked: Verdict | Claim, positions: int = DEFAULT_POSITIONS) -> Size | None:
    """By how much two layouts differ; None where no change of angles or magnitudes is needed, or nothing is decided.

    Raises InputError if `positions` is no whole number from 1 to 10**12.
    """
    require_positions(positions)
    if isinstance(asked, Verdict):
        if asked.outcome not in (Outcome.DIFFERENT, Outcome.CONVERTIBLE):
            return None
        claim, decision = asked.claim, asked.decision
    else:
        claim, decision = asked, decide(asked, Solver())
    if decision.holds is not None and decision.holds.relation.rung <= Relation.PERMUTATION.rung:
        return None
    for side, pairs in zip(("source", "target"), decision.not_rotations, strict=True):
        if pairs:
            which = f"pair{'s' * (len(pairs) > 1)} {show_pairs(pairs)}"
            return Size(positions, reason=f"the {side} is no rotation ({which}), so one angle does not tell it")
    try:
        with ctx.workprec(WORK):
            return _size(claim, decision, positions)
    except ProverError as fault:
        return Size(positions, reason=f"it was not worked out: {fault}")


@dataclass(frozen=True, slots=True)
class _Reach:
    """Two pairs held against one another, under one feed: by how much they differ per step of each coordinate.

    `total`: by how much where every coordinate is one apart, the way in which they add up; it has enough bits for the
    largest distance. `source`, `target`: what either side turns by.
    """

    match: Match
    feed: int
    coordinates: tuple[str, ...]
    steps: tuple[Exact, ...]
    total: arb
    source: tuple[arb, ...]
    target: tuple[arb, ...]

    def total_at(self, precision: int) -> arb:
        """The total with so many bits."""
        return _total(self.steps, precision)

    def corner(self, distance: int) -> tuple[int, ...]:
        """The distance in each coordinate at which the angles differ most."""
        return tuple(sign(step) * distance for step in self.steps)

    def place(self, distance: Sequence[int] | None) -> Place:
        """The pairs at a distance, which counts the same both ways: its first entry that is not 0 is positive."""
        source, target = self.match.source.pair, self.match.target.pair
        forward = next((n for n in distance or () if n), 0) >= 0
        found = tuple((name, n if forward else -n) for name, n in zip(self.coordinates, distance or (), strict=False))
        return Place(source, target, self.feed, found)


def _size(claim: Claim, decision: Decision, positions: int) -> Size:
    found = held_pairs(claim, *decision.units)
    if found is not None and decision.holds is not None and any(any(each.difference) for each in found[1]):
        found = held_pairs(claim, *decision.units, regroup=True)
    if found is None:
        return Size(positions, reason="lanes that do not turn are left over, and no two of them make a pair")
    held, matches = found
    differing = [match for match in matches if not match.is_same]
    if not differing:
        return Size(positions, reason="tokens of one feed score alike; between feeds there is a constant angle")
    reaches = [reach for match in differing for reach in _reaches(claim, match, positions)]
    turning = [reach for reach in reaches if any(reach.steps)]
    return Size(
        positions, held, len(differing), _angle(turning, positions) if turning else None,
        _score(reaches, positions, claim.whole_positions), _frequency_ratios(turning), _score_ratios(reaches),
    )


def _reaches(claim: Claim, match: Match, positions: int) -> Iterator[_Reach]:
    """What differs under each feed."""
    keys = [(place, key) for place, key in enumerate(stack_keys(claim)) if key[1] != OFFSET]
    for feed in range(len(claim.feeds)):
        own = [
            (step, place, key[1]) for step, (place, key) in zip(match.difference, keys, strict=True) if key[0] == feed
        ]
        steps = tuple(step for step, _, _ in own)
        if any(steps) or match.source.magnitude != match.target.magnitude:
            source, target = (
                tuple(enclose(unit.vector[place], PRECISIONS[0]) for _, place, _ in own)
                for unit in (match.source, match.target)
            )
            total = _sharp(steps, SPARE_BITS + positions.bit_length())
            yield _Reach(match, feed, tuple(name for _, _, name in own), steps, total, source, target)


def _total(steps: Sequence[Exact], precision: int) -> arb:
    return sum((abs(enclose(step, precision)) for step in steps if step), arb(0))


def _sharp(steps: Sequence[Exact], bits: int) -> arb:
    """The total to so many bits, if it can be had."""
    for precision in PRECISIONS:
        total = _total(steps, precision)
        if total.rel_accuracy_bits() >= bits or not total:
            break
    return total


def _largest(reaches: Sequence[_Reach]) -> list[_Reach]:
    """The one whose angles differ most; several where they cannot be told apart."""
    left = list({reach.steps: reach for reach in reversed(reaches)}.values())[::-1]
    totals = [reach.total for reach in left]
    for precision in (*PRECISIONS[1:], None):
        most = totals[0].lower()
        for total in totals[1:]:
            most = most.max(total.lower())
        left = [reach for reach, total in zip(left, totals, strict=True) if not total < most]
        if len(left) == 1 or precision is None or precision > TIED:
            break
        totals = [reach.total_at(precision) for reach in left]
    return left


def _ends(reaches: Sequence[_Reach], precision: int) -> tuple[Fraction, Fraction]:
    """Bounds of the largest total of a few; with precision 0, of those that are at hand."""
    ends = [bounds(reach.total_at(precision) if precision else reach.total) for reach in reaches]
    return max(low for low, _ in ends), max(high for _, high in ends)


def _angle(reaches: Sequence[_Reach], positions: int) -> AngleSize:
    largest = _largest(reaches)
    low, high = (end * positions for end in _ends(largest, 0))
    degrees, above = 180 / arb.pi(), tuple((each, _first_above(largest, each, positions)) for each in THRESHOLDS)
    in_degrees = bounds(rational_ball(low) * degrees)[0], bounds(rational_ball(high) * degrees)[1]
    return AngleSize(
        rounded((low, high)), rounded(in_degrees), largest[0].place(largest[0].corner(positions)),
        not rational_ball(high) <= arb.pi(), above,
        all(_is_below_float32(reach, positions) for reach in (*largest, *reaches)),
    )


def _first_above(reaches: Sequence[_Reach], threshold: Fraction, positions: int) -> int | None:
    """The least distance at which the largest difference is above a threshold; None: never up to `positions`."""
    steps = [step.rational for step in reaches[0].steps]
    whole = None if len(reaches) > 1 or None in steps else sum((abs(step) for step in steps if step), Fraction(0))
    for precision in (0, *PRECISIONS[1:]):
        low, high = (whole, whole) if whole is not None else _ends(reaches, precision)
        if high * positions <= threshold:
            return None
        if low > 0 and (least := threshold // high + 1) == threshold // low + 1:
            return least if least <= positions else None
    raise UndecidedError("it is not known from which distance on the angles differ by more than a threshold")


def _is_below_float32(reach: _Reach, positions: int) -> bool:
    """Whether the difference is less than the step of float32 at the angle itself, on both sides."""
    most = bounds(reach.total)[1] * positions
    corner = reach.corner(positions)
    for vector in (reach.source, reach.target):
        angle = abs(sum((value * n for value, n in zip(vector, corner, strict=True)), arb(0)))
        if most >= float32_step(bounds(angle)[0]):
            return False
    return True


def _score(reaches: Sequence[_Reach], positions: int, whole: bool) -> ScoreSize:
    """The largest norm over pairs and distances, and where it is found."""
    rows, highest, known = [], arb(0), dict[tuple[Exact, Exact], tuple[arb, arb, bool]]()
    for reach in reaches:
        total = reach.total * positions
        corner = bool(total <= arb.pi())
        sizes = reach.match.source.magnitude, reach.match.target.magnitude
        squares = known.get(sizes) or known.setdefault(sizes, _squares(reach.match))
        most = _norm(squares, total) if corner else squares[0] + squares[1]
        rows.append((most, corner, reach))
        highest = highest.max(most.upper())
    low, place = Fraction(-1), reaches[0].place(None)
    for most, corner, reach in sorted(rows, key=lambda row: -float(row[0].mid())):
        if low >= 0 and not rational_ball(low) < GOOD_ENOUGH * most:
            break
        distance: tuple[int, ...] | None = reach.corner(positions)
        below = bounds(most)[0]
        if not corner and whole:
            below, distance = _best(reach, positions)
        elif not corner:
            distance = None  # the distance of half a turn, which is no whole number
        if below > low:
            low, place = below, reach.place(distance)
    return ScoreSize(rounded((low, bounds(highest)[1])), place)


def _squares(match: Match) -> tuple[arb, arb, bool]:
    """The squared magnitudes, and whether they are the same."""
    sizes = [match.source.magnitude, match.target.magnitude]
    first, second = (enclose(size, PRECISIONS[1]) ** 2 for size in sizes)
    return first, second, sizes[0] == sizes[1]


def _norm(squares: tuple[arb, arb, bool], angle: arb) -> arb:
    """The norm of s**2 * Rot(a) - t**2 * Rot(b) for a difference of angles."""
    first, second, same = squares
    half = abs((angle / 2).sin())
    if same:
        return 2 * first * half
    found = ((first - second) ** 2 + 4 * first * second * half**2).max(arb(0)).sqrt()
    return found if found.is_finite() else abs(first - second).union(first + second)


def _best(reach: _Reach, positions: int) -> tuple[Fraction, tuple[int, ...]]:
    """A lower bound where the difference passes half a turn: at a distance that comes near an odd number of them.

    Floats propose it; what is told is proved of it.
    """
    corner = reach.corner(1)
    ways = [corner, *(
        tuple(sign if place == axis else 0 for place, sign in enumerate(corner))
        for axis in range(len(corner)) if len(corner) > 1 and corner[axis]
    )]
    best = 2.0, corner, 1
    for way in ways:
        used = [enclose(value, PRECISIONS[0]) for value, n in zip(reach.steps, way, strict=True) if n]
        step = sum(abs(float(ball.mid())) for ball in used)
        if not isfinite(step * positions):
            continue  # no float says where half a turn is: distance 1 is as good as any
        near = [*range(1, min(positions, TRIED) + 1), positions]
        if step * positions >= pi:
            near += [round((2 * turn + 1) * pi / step) for turn in range(TRIED)]
        best = min(best, *((cos(step * n), way, n) for n in near if 1 <= n <= positions))
    distance = tuple(sign * best[2] for sign in best[1])
    for precision in PRECISIONS[1:]:
        angle = sum((enclose(v, precision) * n for v, n in zip(reach.steps, distance, strict=True)), arb(0))
        if bounds(abs(angle))[1] - bounds(abs(angle))[0] < Fraction(1, 1 << SPARE_BITS):
            break
    return bounds(_norm(_squares(reach.match), angle))[0], distance


def _frequency_ratios(reaches: Sequence[_Reach]) -> tuple[Ratio, ...]:
    """Source over target, where both turn with the same single coordinate: of the lowest and the highest frequency."""
    rows = []
    for reach in reaches:
        used = [[place for place, value in enumerate(vector) if value != 0] for vector in (reach.source, reach.target)]
        if len(used[0]) == 1 and used[0] == used[1]:
            rows.append((abs(reach.source[used[0][0]]), used[0][0], reach))
    if not rows:
        return ()
    ends = [rows[0], rows[0]]
    for row in rows:
        ends = [row if row[0] < ends[0][0] else ends[0], row if row[0] > ends[1][0] else ends[1]]
    return tuple(
        Ratio(rounded(bounds(reach.source[place] / reach.target[place]), RATIO_DIGITS), reach.place(None))
        for _, place, reach in (ends if ends[0] is not ends[1] else ends[:1])
    )


def _score_ratios(reaches: Sequence[_Reach]) -> tuple[Ratio, ...]:
    """Target over source, where magnitudes differ: the smallest and the largest, one if they are the same."""
    found: dict[tuple[Exact, Exact], tuple[arb, _Reach]] = {}
    for reach in reaches:
        sizes = reach.match.source.magnitude, reach.match.target.magnitude
        if sizes[0] != sizes[1] and sizes not in found:
            found[sizes] = (enclose(sizes[1], PRECISIONS[1]) / enclose(sizes[0], PRECISIONS[1])) ** 2, reach
    if not found:
        return ()
    rows = sorted(found.values(), key=lambda row: bounds(row[0])[0])
    ends = rows[:1] if len(rows) == 1 else [rows[0], rows[-1]]
    return tuple(Ratio(rounded(bounds(ball), RATIO_DIGITS), reach.place(None)) for ball, reach in ends)
