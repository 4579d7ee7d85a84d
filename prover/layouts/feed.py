"""Feeds: what a runtime puts on each axis of a kernel, as a function of a token's coordinates.

A feed maps every axis to a rational linear form in the coordinates (text: p; image: t, h, w),
plus a constant. Several feeds together describe one sequence of several modalities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prover.errors import InputError, ProverError
from prover.exact.angle import Angle, axis_angle
from prover.layouts.family import Family
from prover.layouts.feed_text import MAX_COORDINATES, coordinate_names, read_position

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
    total = Angle((), angle.phase)
    for axis, frequency in angle.frequencies:
        total = total + places[axis].scaled(frequency)
    return total


def _free_feed(source: Family, target: Family) -> Feed:
    only = sorted(set(source.axes) ^ set(target.axes))
    if only:
        sides = ", ".join(
            f"'{axis}' only in the {'source' if axis in source.axes else 'target'}" for axis in only
        )
        shared = sorted({n for n, _ in source.feeds} & {n for n, _ in target.feeds})
        advice = f"Say what each axis gets: --feed {shared[0]}" if shared else (
            "Say what each axis gets, such as --feed "
            f"\"{','.join(f'{a}=p' for a in sorted({*source.axes, *target.axes}))}\""
        )
        raise InputError(
            f"the axes do not match: {sides} (source {', '.join(source.axes)}; "
            f"target {', '.join(target.axes)})", advice=advice,
        )
    places = tuple((axis, axis_angle(axis)) for axis in sorted(source.axes))
    return Feed(FREE, source.axes, places, places)


def _resolve(text: str, source: Family, target: Family) -> Feed:
    where = f"feed '{text[:60]}'"
    try:
        if "=" in text:
            written = _split_feed(text)
            known = {*source.axes, *target.axes}
            for axis in written:
                if axis not in known:
                    raise InputError(
                        f"neither layout has an axis '{axis}'",
                        advice=f"Axes: {', '.join(sorted(known))}",
                    )
            tables = [written, written]
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


def _split_feed(text: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for part in text.split(","):
        axis, equals, position = (piece.strip() for piece in part.partition("="))
        if not equals or not axis or not position:
            raise InputError(f"'{part}' is not AXIS=POSITION", advice="Write t=p,h=p,w=p,e=0")
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
