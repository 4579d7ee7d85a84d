"""Frequency factors: by which number a kernel divides the angle of each pair, so that it turns as a source does.

A positive factor changes how fast a pair turns, never with what it turns: of each ray, the direction of a frequency
vector whatever its length and sign, the target needs as many pairs as the source has. At whole positions a factor could
also make a pair turn by whole turns, that is, stand still, which no kernel that works in floats holds for long: such
factors are left out. Other pairs become one of another ray only by whole turns too, and of algebraic frequencies none
does (T5), so another number of pairs of a ray is a proof that no factors help. What is found here is a proposal; the
layout with the factors put in is decided like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.claims.claim import Claim
from prover.claims.decide import make_side
from prover.claims.unit import Unit
from prover.errors import ProverError
from prover.exact.enclosure import bounds, enclose, sign
from prover.exact.number import ONE, ZERO, Exact, exact
from prover.exact.storing import format_of
from prover.layouts.choices import choices_of
from prover.layouts.expand import expand, parameter_values, show_value
from prover.layouts.family import Family, Given
from prover.layouts.family_file import load_family
from prover.layouts.loading import Loaded
from prover.layouts.spec import parse_spec

Ray = tuple[Exact, ...]
Rays = dict[Ray, list[Unit]]
STORED = format_of("float32")
PRECISION = 256
ARCHITECTURE = "arch"  # which graph a file is run by, and nothing that is chosen for a repair
LEAST = Fraction(1, 2**126)  # below it a float32 has fewer bits


@dataclass(frozen=True, slots=True)
class Uneven:
    """A ray with more pairs on one side: one pair that shows it, the side it is on, and how many each side has.

    `is_proof`: no factors help, but for such as make a pair turn by whole turns.
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
    """One factor for each pair of the target, in their order."""

    values: tuple[Exact, ...]


def refuses_factors(family: Family) -> str | None:
    """Why a kernel takes no frequency factors, with where that is seen; None if it does."""
    limit = next((each for each in family.limits if each.of == "factors" and each.refuses), None)
    if limit is not None:
        return f"{family.name} takes no frequency factors: {limit.text} ({limit.source})"
    return None if family.factors else f"{family.name} has no frequency factors"


def choices_with_factors(target: Loaded) -> Iterator[str]:
    """What could be chosen in the target's spec so that its kernel takes factors, where it takes none as it is."""
    spec = parse_spec(target.layout.name.removesuffix(" (rows moved)"))
    choices = choices_of(spec.path)
    written = {name: word for name, word in spec.values if name in {choice.name for choice in choices}}
    for choice in choices:
        for word in choice.words if choice.name != ARCHITECTURE else ():
            family = load_family(spec.path, spec.name, written | {choice.name: word.name})
            if refuses_factors(family) is None:
                yield f"{choice.name}={word.name}"


def divides_angles(target: Loaded) -> bool:
    """Whether the factors of the target, at some values, divide the angle of each pair and change nothing else."""
    count = len(target.layout.pairs)
    plain, divided = (
        with_factors(target, [exact(value) for value in values], target.layout.name).layout.pairs
        for values in ([1] * count, range(2, count + 2))
    )
    return all(
        own.with_angles(lambda angle, by=value: angle.scaled(ONE / exact(by))) == other  # type: ignore[misc]
        for value, own, other in zip(range(2, count + 2), plain, divided, strict=True)
    )


def with_factors(target: Loaded, values: Sequence[Exact], name: str) -> Loaded:
    """The target with these exact factors in place of its own, in each of its lists of them."""
    ones = tuple(Fraction(1) for _ in values)  # which meet the requirements as any positive numbers do
    given: dict[str, Given] = {**dict(target.given), **dict.fromkeys(target.family.factors, ones)}
    layout = expand(target.family, given, name, dict.fromkeys(target.family.factors, tuple(values)))
    changed = replace(target, layout=layout, given=tuple(given.items()), stored=(), rows=None)
    return changed if target.rows is None else changed.moved(target.rows)


def without_contradiction(target: Loaded) -> tuple[tuple[tuple[str, str, str], ...], Loaded]:
    """The target without what is given in place of factors, such as a base: one parameter, if it takes them then.

    With it the parameter, its value, and that it is left out.
    """
    def takes(changed: Loaded) -> bool:
        try:
            found = with_factors(changed, [ONE] * len(target.layout.pairs), target.layout.name).layout
        except ProverError:
            return False
        return (found.width, len(found.pairs)) == (target.layout.width, len(target.layout.pairs))

    if takes(target):
        return (), target
    for name, _ in target.given:
        changed = replace(target, given=tuple(each for each in target.given if each[0] != name))
        if name not in target.family.factors and takes(changed):
            was = show_value(parameter_values(target.family, dict(target.given))[name])
            return ((name, was, ""),), changed
    return (), target


def find_factors(claim: Claim, may_move: bool) -> Factors | Uneven | None:
    """Factors with which the target, whose own are 1, turns as the source does; None if there are none that fit.

    `may_move`: whether rows of the weights may be moved. Raises ProverError for a number that cannot be had.
    """
    # At real positions, where whole turns count: a factor divides the frequency as it is.
    sides = replace(claim.source, positions="real"), replace(claim.target, positions="real")
    plain = Claim(sides[0], sides[1], claim.feeds)
    source, target = make_side(plain, sides[0], "source"), make_side(plain, sides[1], "target")
    if source.twisted or target.twisted:
        return None
    ours, theirs = _by_ray(source.units), _by_ray(target.units)
    uneven = _uneven(claim, ours, theirs)
    if uneven is not None:
        return uneven
    matched, moves = _matched(ours, theirs)
    if moves and not may_move:
        return None
    values = [ONE] * len(claim.target.pairs)
    for mine, other in matched:
        assert other.pair is not None
        lead = next(place for place, value in enumerate(other.vector) if value)
        quotient = other.vector[lead] / mine.vector[lead]
        values[other.pair] = quotient if sign(quotient) > 0 else -quotient
    return Factors(tuple(values))


def _uneven(claim: Claim, ours: Rays, theirs: Rays) -> Uneven | None:
    """A ray of which the sides have different numbers, one of which the source has more if there is one."""
    for in_source, more, fewer in ((True, ours, theirs), (False, theirs, ours)):
        for ray, units in more.items():
            if len(units) > len(fewer.get(ray, ())):
                counts = len(ours.get(ray, ())), len(theirs.get(ray, ()))
                # Between feeds a constant angle counts whole turns at all positions.
                sees_turns = claim.whole_positions or len(claim.feeds) > 1
                is_proof = not sees_turns or (_is_algebraic(ours) and _is_algebraic(theirs))
                return Uneven(units[-1].pair or 0, in_source, counts, is_proof)
    return None


def _is_algebraic(rays: Rays) -> bool:
    """Whether every frequency is an algebraic number, by its form."""
    numbers = (value for units in rays.values() for unit in units for value in unit.vector)
    return all(atom.kind == "prime" for value in numbers for monomial, _ in value.terms for atom, _ in monomial)


def stored_factors(values: Sequence[Exact]) -> tuple[Factor, ...] | None:
    """Each factor with the float32 that it rounds to; None where one has none of full precision, or it is not known."""
    found = []
    for value in values:
        ends = {STORED.rounded(end) for end in bounds(enclose(value, PRECISION))}
        near = ends.pop()
        if ends or not near or near < LEAST:
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


def _matched(ours: Rays, theirs: Rays) -> tuple[list[tuple[Unit, Unit]], bool]:
    """For each pair of the target one of the source, and whether any is moved.

    On the same lanes if all can be; else within a ray those of one magnitude first, in their order.
    """
    on = {unit.lanes: (ray, unit) for ray, units in ours.items() for unit in units}
    same = [(on.get(unit.lanes), ray, unit) for ray, units in theirs.items() for unit in units]
    if all(found is not None and found[0] == ray for found, ray, _ in same):
        return [(found[1], unit) for found, _, unit in same if found is not None], False
    return [both for ray, units in theirs.items() for both in _in_order(ours[ray], units)], True


def _in_order(ours: Sequence[Unit], theirs: Sequence[Unit]) -> Iterator[tuple[Unit, Unit]]:
    of_size: dict[Exact, list[Unit]] = {}
    for unit in reversed(ours):
        of_size.setdefault(unit.magnitude, []).append(unit)
    left = []
    for unit in theirs:
        if alike := of_size.get(unit.magnitude):
            yield alike.pop(), unit
        else:
            left.append(unit)
    rest = sorted((unit for units in of_size.values() for unit in units), key=lambda unit: unit.pair or 0)
    yield from zip(rest, left, strict=True)


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

