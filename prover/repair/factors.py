"""Frequency factors: by which number a kernel divides the angle of each pair, so that it turns as a source does.

A positive factor changes how fast a pair turns, never with what it turns: of each ray, the direction of a frequency
vector whatever its length and sign, the target needs as many pairs as the source has. At whole positions it may have
more, since a pair that turns by whole turns stands still. A pair can become one of another ray only by whole turns too,
and of algebraic frequencies none does (T5), so fewer pairs of a ray are a proof that no factors help. What is found
here is a proposal; the layout with the factors put in is decided like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest

from prover.claims.claim import Claim
from prover.claims.decide import make_side
from prover.claims.unit import Unit
from prover.exact.enclosure import bounds, enclose, sign
from prover.exact.number import ONE, PI, ZERO, Exact, exact
from prover.exact.storing import format_of
from prover.layouts.expand import expand, parameter_values
from prover.layouts.family import Family, Given
from prover.layouts.loading import Loaded

Ray = tuple[Exact, ...]
Rays = dict[Ray, list[Unit]]
STORED = format_of("float32")
PRECISION = 256


@dataclass(frozen=True, slots=True)
class Uneven:
    """A ray with more pairs on one side: one pair that shows it, the side it is on, and how many each side has.

    `is_proof`: no factors whatever help.
    """

    pair: int
    in_source: bool
    counts: tuple[int, int]
    is_proof: bool


@dataclass(frozen=True, slots=True)
class Factor:
    """One frequency factor, exact and as a file stores it."""

    value: Exact
    stored: Fraction


@dataclass(frozen=True, slots=True)
class Factors:
    """One factor for each pair of the target, in their order. `stilled`: pairs that turn by whole turns with it."""

    values: tuple[Exact, ...]
    stilled: tuple[int, ...] = ()


def refuses_factors(family: Family) -> str | None:
    """Why a kernel takes no frequency factors, with where that is seen; None if it does."""
    limit = next((each for each in family.limits if each.of == "factors" and each.refuses), None)
    if limit is not None:
        return f"{family.name} takes no frequency factors: {limit.text} ({limit.source})"
    return None if family.factors else f"{family.name} has no frequency factors"


def with_factors(target: Loaded, values: Sequence[Exact], name: str) -> Loaded:
    """The target with these exact factors in place of its own."""
    parameter = target.family.factors
    assert parameter is not None
    ones = tuple(Fraction(1) for _ in values)  # which meet the requirements as any positive numbers do
    given: dict[str, Given] = {**dict(target.given), parameter: ones}
    layout = expand(target.family, given, name, {parameter: tuple(values)})
    changed = replace(target, layout=layout, given=tuple(given.items()), stored=(), rows=None)
    return changed if target.rows is None else changed.moved(target.rows)


def find_factors(claim: Claim, may_move: bool, may_still: bool = False) -> Factors | Uneven | None:
    """Factors with which the target, whose own are 1, turns as the source does; None if there are none that fit.

    `may_move`: whether rows of the weights may be moved. `may_still`: whether a factor may make a pair turn by whole
    turns. Raises ProverError for a number that cannot be had.
    """
    sides = make_side(claim, claim.source, "source"), make_side(claim, claim.target, "target")
    if any(side.twisted for side in sides):
        return None
    ours, theirs = (_by_ray(side.units) for side in sides)
    uneven = _uneven(claim, ours, theirs)
    if uneven is not None and (uneven.in_source or not may_still or not claim.whole_positions):
        return uneven
    values, stilled = [ONE] * len(claim.target.pairs), []
    matched, moves = _matched(ours, theirs)
    if moves and not may_move:
        return None
    for mine, other in matched:
        assert other.pair is not None
        lead = next(place for place, value in enumerate(other.vector) if value)
        if mine is None:
            stilled.append(other.pair)
        quotient = other.vector[lead] / (exact(2) * PI if mine is None else mine.vector[lead])
        values[other.pair] = quotient if sign(quotient) > 0 else -quotient
    return Factors(tuple(values), tuple(sorted(stilled)))


def _uneven(claim: Claim, ours: Rays, theirs: Rays) -> Uneven | None:
    """A ray of which the source has more, if there is one, and else one of which the target has."""
    more = [ray for ray in ours if len(ours[ray]) > len(theirs.get(ray, ()))]
    more += [ray for ray in theirs if len(theirs[ray]) > len(ours.get(ray, ()))]
    if not more:
        return None
    first, second = ours.get(more[0], []), theirs.get(more[0], [])
    in_source = len(first) > len(second)
    shown = (first if in_source else second)[-1].pair
    assert shown is not None
    is_proof = not claim.whole_positions or (in_source and _is_algebraic(ours) and _is_algebraic(theirs))
    return Uneven(shown, in_source, (len(first), len(second)), is_proof)


def _is_algebraic(rays: Rays) -> bool:
    """Whether every frequency is an algebraic number, by its form."""
    numbers = (value for units in rays.values() for unit in units for value in unit.vector)
    return all(atom.kind == "prime" for value in numbers for monomial, _ in value.terms for atom, _ in monomial)


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


def _by_ray(units: Sequence[Unit]) -> Rays:
    """The pairs that turn, by their rays."""
    found: Rays = {}
    for unit in units:
        if len(unit.lanes) == 2:
            found.setdefault(ray_of(unit.vector), []).append(unit)
    return found


def ray_of(vector: Sequence[Exact]) -> Ray:
    """A vector's direction, up to sign; all zero for one that does not turn."""
    lead = next((value for value in vector if value), None)
    return tuple(vector) if lead is None else tuple(value / lead if value else ZERO for value in vector)


def _matched(ours: Rays, theirs: Rays) -> tuple[list[tuple[Unit | None, Unit]], bool]:
    """For each pair of the target one of the source, None where it has to stand still; and whether any is moved.

    On the same lanes if all can be, and else in their order within a ray.
    """
    on = {unit.lanes: (ray, unit) for ray, units in ours.items() for unit in units}
    turning = {lane for lanes in on for lane in lanes}
    same = [(on.get(unit.lanes), ray, unit) for ray, units in theirs.items() for unit in units]
    if all(found[0] == ray if found else turning.isdisjoint(unit.lanes) for found, ray, unit in same):
        return [(found[1] if found else None, unit) for found, _, unit in same], False
    return [both for ray, units in theirs.items() for both in zip_longest(ours.get(ray, ()), units)], True


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

