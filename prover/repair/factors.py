"""Frequency factors: by which number a kernel divides the angle of each pair, so that it turns as a source does.

A positive factor changes how fast a pair turns, never with what it turns. So factors help exactly where each ray, the
direction of a frequency vector whatever its length and sign, has as many pairs on the one side as on the other. What is
found here is a proposal; the layout with the factors put in is decided like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.claims.claim import Claim
from prover.claims.decide import make_side
from prover.claims.unit import Unit
from prover.exact.enclosure import bounds, enclose, sign
from prover.exact.number import ONE, ZERO, Exact
from prover.exact.storing import format_of
from prover.layouts.expand import expand, parameter_values
from prover.layouts.family import Given
from prover.layouts.loading import Loaded

Ray = tuple[Exact, ...]
STORED = format_of("float32")
PRECISION = 256


@dataclass(frozen=True, slots=True)
class Uneven:
    """A ray with more pairs on one side: one pair that shows it, the side it is on, and how many each side has."""

    pair: int
    in_source: bool
    counts: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Factor:
    """One frequency factor, exact and as a file stores it."""

    value: Exact
    stored: Fraction


@dataclass(frozen=True, slots=True)
class Factors:
    """One factor for each pair of the target, in their order. `moves`: pairs of the source go to other lanes."""

    values: tuple[Exact, ...]
    moves: bool


def with_factors(target: Loaded, values: Sequence[Exact], name: str) -> Loaded:
    """The target with these exact factors in place of its own."""
    parameter = target.family.factors
    assert parameter is not None
    ones = tuple(Fraction(1) for _ in values)  # which meet the requirements as any positive numbers do
    given: dict[str, Given] = {**dict(target.given), parameter: ones}
    layout = expand(target.family, given, name, {parameter: tuple(values)})
    changed = replace(target, layout=layout, given=tuple(given.items()), stored=(), rows=None)
    return changed if target.rows is None else changed.moved(target.rows)


def find_factors(claim: Claim, may_move: bool) -> Factors | Uneven | None:
    """Factors with which the target, whose own are 1, turns as the source does; None if there are none that fit.

    `may_move`: whether rows of the weights may be moved.
    """
    sides = make_side(claim, claim.source, "source"), make_side(claim, claim.target, "target")
    if any(side.twisted for side in sides):
        return None
    ours, theirs = (_by_ray(side.units) for side in sides)
    for ray in dict.fromkeys((*ours, *theirs)):
        first, second = ours.get(ray, []), theirs.get(ray, [])
        if len(first) != len(second):
            shown = first[-1] if len(first) > len(second) else second[-1]
            return Uneven(shown.pair or 0, len(first) > len(second), (len(first), len(second)))
    values = [ONE] * len(claim.target.pairs)
    matched, moves = _matched(ours, theirs)
    if moves and not may_move:
        return None
    for mine, other in matched:
        assert other.pair is not None
        lead = next(place for place, value in enumerate(other.vector) if value)
        quotient = other.vector[lead] / mine.vector[lead]
        values[other.pair] = quotient if sign(quotient) > 0 else -quotient
    return Factors(tuple(values), moves)


def stored_factors(values: Sequence[Exact]) -> tuple[Factor, ...] | None:
    """Each factor with the float32 that it rounds to; None where one has none, or it is not known which."""
    found = []
    for value in values:
        ends = {STORED.rounded(end) for end in bounds(enclose(value, PRECISION))}
        near = ends.pop()
        if ends or not near:
            return None
        found.append(Factor(value, near))
    return tuple(found)


def _by_ray(units: Sequence[Unit]) -> dict[Ray, list[Unit]]:
    """The pairs that turn, by their rays."""
    found: dict[Ray, list[Unit]] = {}
    for unit in units:
        if len(unit.lanes) == 2:
            found.setdefault(ray_of(unit.vector), []).append(unit)
    return found


def ray_of(vector: Sequence[Exact]) -> Ray:
    """A vector's direction, up to sign; all zero for one that does not turn."""
    lead = next((value for value in vector if value), None)
    return tuple(vector) if lead is None else tuple(value / lead if value else ZERO for value in vector)


def _matched(
    ours: dict[Ray, list[Unit]], theirs: dict[Ray, list[Unit]]
) -> tuple[list[tuple[Unit, Unit]], bool]:
    """Pairs of the two sides held together, on the same lanes if all can be, and else in their order within a ray."""
    on = {unit.lanes: (ray, unit) for ray, units in ours.items() for unit in units}
    same = [(on.get(unit.lanes), ray, unit) for ray, units in theirs.items() for unit in units]
    if all(found is not None and found[0] == ray for found, ray, _ in same):
        return [(found[1], unit) for found, _, unit in same if found is not None], False
    return [both for ray, units in theirs.items() for both in zip(ours[ray], units, strict=True)], True


def counted_sections(claim: Claim, target: Loaded) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Other whole lists of the target with an entry for each axis, as they are for the pairs that the source has.

    Nothing where two axes cannot be told apart by what they are fed, or two stand still.
    """
    axes = target.family.axes
    rays = [_axis_ray(claim, axis) for axis in axes]
    turning = [ray for ray in rays if ray is not None]
    if len(set(turning)) < len(turning) or len(axes) - len(turning) > 1:
        return
    source = make_side(claim, claim.source, "source")
    if source.twisted:
        return
    found = [ray_of(unit.vector) for unit in source.units if len(unit.lanes) == 2]
    counts = [None if ray is None else found.count(ray) for ray in rays]
    left = len(claim.target.pairs) - sum(count for count in counts if count is not None)
    if left < 0 or (left and None not in counts):
        return
    wanted = tuple(left if count is None else count for count in counts)
    values = parameter_values(target.family, dict(target.given))
    for parameter in target.family.parameters:
        value = values[parameter.name]
        if not parameter.is_list or not parameter.asks_for_whole or not isinstance(value, tuple):
            continue
        own = tuple(entry.rational for entry in value if isinstance(entry, Exact))
        if len(own) == len(axes) and own != wanted:
            yield parameter.name, wanted


def _axis_ray(claim: Claim, axis: str) -> Ray | None:
    """With what a pair turns that turns with one axis of the target; None where no token moves it."""
    entries: list[Exact] = []
    for number, feed in enumerate(claim.feeds):
        place = dict(feed.target)[axis]
        entries += [place[coordinate] for coordinate in feed.coordinates]
        if number:
            entries.append(place.phase - dict(claim.feeds[0].target)[axis].phase)
    return ray_of(entries) if any(entries) else None

