"""Feeds: what a runtime puts on each axis of a kernel, as a function of a token's coordinates.

A feed maps every axis to a rational linear form in the coordinates (text: p; image: t, h, w),
plus a constant. Several feeds together describe one sequence of several modalities. A feed may say which axis of
one layout is which of the other (`prover.layouts.axes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from prover.errors import InputError, ProverError
from prover.exact.angle import Angle, axis_angle
from prover.layouts.axes import START, axis_maps, match_axes
from prover.layouts.family import Family
from prover.layouts.feed_text import MAX_COORDINATES, coordinate_names, read_position
from prover.layouts.layout import Layout

MAX_FEEDS = 8
FREE = "free"

AxisPositions = tuple[tuple[str, Angle], ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """One modality: the position of each axis of both layouts over the same coordinates."""

    name: str
    coordinates: tuple[str, ...]
    source: AxisPositions
    target: AxisPositions


def resolve_feeds(
    texts: Sequence[str], source: Family, target: Family
) -> tuple[Feed, ...]:
    """The feeds named or written in `texts`; with none, free positions on all axes.

    Raises InputError if the two layouts' axes do not match or a feed leaves an axis open.
    """
    if not texts:
        return (_free_feed(source, target),)
    if len(texts) > MAX_FEEDS:
        raise InputError(f"{len(texts)} feeds; at most {MAX_FEEDS}")
    if len(set(texts)) < len(texts):
        raise InputError("the same feed is given twice")
    return tuple(_resolve(text, source, target) for text in texts)


def pull_back(angle: Angle, positions: AxisPositions) -> Angle:
    """The angle as a function of the coordinates: F transposed times omega."""
    places = dict(positions)
    if all(places[axis] == axis_angle(axis) for axis, _ in angle.frequencies):
        return angle  # each axis is a coordinate of its own name
    total = Angle((), angle.phase)
    for axis, frequency in angle.frequencies:
        total = total + places[axis].scaled(frequency)
    return total


def layout_under(text: str, family: Family, layout: Layout) -> Layout:
    """A family's layout as it is under one feed: its angles pulled back to the token's coordinates, which are its axes.

    Raises InputError if the family has no such feed or the feed leaves an axis open.
    """
    (feed,) = resolve_feeds([text], family, family)
    pairs = tuple(pair.with_angles(lambda angle: pull_back(angle, feed.source)) for pair in layout.pairs)
    return replace(layout, axes=feed.coordinates, pairs=pairs)


def _free_feed(source: Family, target: Family) -> Feed:
    only = sorted(set(source.axes) ^ set(target.axes))
    if only:
        sides = ", ".join(
            f"'{axis}' only in the {'source' if axis in source.axes else 'target'}" for axis in only
        )
        raise InputError(
            f"the axes do not match: {sides} (source {', '.join(source.axes)}; "
            f"target {', '.join(target.axes)})", advice=_suggestion(source, target),
        )
    places = tuple((axis, axis_angle(axis)) for axis in sorted(source.axes))
    return Feed(FREE, source.axes, places, places)


def _suggestion(source: Family, target: Family) -> str:
    """Feeds that keep the axes apart, so that a layout and the one with two axes exchanged stay different."""
    shared = sorted({name for name, _ in source.feeds} & {name for name, _ in target.feeds})
    apart = [name for name in shared if _keeps_apart(name, source, target)]
    if apart:
        return f"Say what each axis gets, as both layouts do: --feed {apart[0]}"
    maps = list(islice(axis_maps(source.axes, target.axes), 3))
    if not maps:
        return "Say what each axis gets with --feed \"AXIS=POSITION,...\""
    more = " or another pairing" if len(maps) > 2 else ""
    told = f"Say which axis is which: {' or '.join(f'--axes {text}' for text in maps[:2])}{more}"
    if shared and 1 in (len(source.axes), len(target.axes)):
        told += f"; or ask about {shared[0]} alone, where axes may hold one position: --feed {shared[0]}"
    return told


def _keeps_apart(name: str, source: Family, target: Family) -> bool:
    """Whether both layouts' feeds of this name are over the same coordinates, one of them for each axis."""
    held = []
    for family in (source, target):
        try:
            places = [place for _, place in _positions(_named(name, family, ""), family, [])]
        except ProverError:
            return False
        held.append({axis for place in places for axis, _ in place.frequencies})
        if len(held[-1]) < len(family.axes) or any(len(place.frequencies) != 1 for place in places):
            return False
    return held[0] == held[1]


def _resolve(text: str, source: Family, target: Family) -> Feed:
    where = f"feed '{text[:60]}'"
    try:
        if text.startswith(START):
            tables = _under_axes(text.removeprefix(START), source, target)
        elif "=" in text:
            tables = [_written(text, source, target)] * 2
        else:
            tables = [_named(text, source, "source"), _named(text, target, "target")]
        names = [n for table in tables for text in table.values() for n in coordinate_names(text)]
        coordinates = list(dict.fromkeys(names))
        if len(coordinates) > MAX_COORDINATES:
            raise InputError(f"{len(coordinates)} coordinates; at most {MAX_COORDINATES}")
        sides = [
            _positions(table, family, coordinates)
            for table, family in zip(tables, (source, target), strict=True)
        ]
    except ProverError as fault:
        raise fault.inside(where) from None
    return Feed(text, tuple(coordinates), sides[0], sides[1])


def _under_axes(text: str, source: Family, target: Family) -> list[dict[str, str]]:
    """The two tables of a feed that says which axis is which, and perhaps what they hold.

    In a written feed a name is the target's axis of that name, if there is one.
    """
    pairs, _, feed = text.partition(";")
    feed = feed.strip() or FREE
    same = match_axes(pairs, source.axes, target.axes)
    for axis in source.axes:
        if axis not in same and axis in target.axes:
            raise InputError(f"axis '{axis}' of the source is left over", advice="Say which axis it is too")
    if feed == FREE:
        return [{a: same.get(a, a) for a in source.axes}, {b: b for b in target.axes}]
    if "=" in feed:
        table = _written(feed, source, target)
        own = {a: place for a, place in table.items() if a not in target.axes}
        for a, b in same.items():
            if a in own and own[a] != table.get(b, own[a]):
                raise InputError(f"axes '{a}' and '{b}' are the same, but '{own[a]}' is not '{table[b]}'")
        tables = [own, {b: place for b, place in table.items() if b in target.axes}]
    else:
        has = [feed in dict(family.feeds) for family in (source, target)]
        if all(has):
            raise InputError(f"both layouts say what '{feed[:40]}' puts on their axes", advice="Leave --axes out")
        tables = [
            _named(feed, family, side) if has[place] or not any(has) else {}
            for place, (family, side) in enumerate(((source, "source"), (target, "target")))
        ]
    coordinates = {name for table in tables for place in table.values() for name in coordinate_names(place)}
    for a, b in same.items():
        named = (tables[1].get(b), tables[0].get(a), b if b in coordinates else None, a if a in coordinates else None)
        held = next((place for place in named if place is not None), None)
        if held is None:
            raise InputError(f"axis '{b}' gets no position", advice=f"Add {b}=… to the feed")
        tables[0][a] = tables[1][b] = held
    return tables


def _written(text: str, source: Family, target: Family) -> dict[str, str]:
    table = _split_feed(text)
    known = {*source.axes, *target.axes}
    for axis in table:
        if axis not in known:
            raise InputError(f"neither layout has an axis '{axis}'", advice=f"Axes: {', '.join(sorted(known))}")
    return table


def _split_feed(text: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for part in text.split(","):
        axis, equals, position = (piece.strip() for piece in part.partition("="))
        if not equals or not axis or not position:
            raise InputError(f"'{part}' is not AXIS=POSITION", advice="Write t=p,h=p,w=p,e=0")
        if "=" in position.lstrip("="):
            raise InputError(
                f"'{part.strip()[:60]}' is more than one axis", advice="Write commas between: t=p,h=p,w=p,e=0"
            )
        if axis in table:
            raise InputError(f"axis '{axis}' is given twice")
        table[axis] = position
    return table


def _named(name: str, family: Family, side: str) -> dict[str, str]:
    feeds = dict(family.feeds)
    if name not in feeds:
        raise InputError(
            f"the {side} {family.name} has no feed '{name[:40]}'",
            advice=f"It has {', '.join(sorted(feeds)) or 'none'}; or write one: t=p,h=p,w=p,e=0",
        )
    return dict(feeds[name])


def _positions(table: Mapping[str, str], family: Family, coordinates: list[str]) -> AxisPositions:
    """The place of every axis; one that is not mentioned takes the coordinate of its own name."""
    places: list[tuple[str, Angle]] = []
    for axis in sorted(family.axes):
        text = table.get(axis, axis if axis in coordinates else None)
        if text is None:
            raise InputError(
                f"axis '{axis}' of {family.name} gets no position",
                advice=f"Add {axis}=… to the feed",
            )
        try:
            places.append((axis, read_position(text)))
        except ProverError as fault:
            raise fault.inside(f"axis {axis}") from None
    return tuple(places)
