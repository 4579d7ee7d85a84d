"""Layouts under a feed: a table measured under one has the token's coordinates as its axes, and not the layout's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from prover.errors import ProverError
from prover.kernels.kernel import to_float
from prover.layouts.expand import feed_texts
from prover.layouts.family import Family, Given
from prover.layouts.feed import layout_under, resolve_feeds
from prover.layouts.layout import Layout

# What a feed puts on each axis: how much of each coordinate.
Images = Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=4096)
def _images(feed: str, family: Family) -> Images | None:
    try:
        (found,) = resolve_feeds([feed], family, family)
    except ProverError:
        return None
    return {
        axis: {coordinate: to_float(number) for coordinate, number in place.frequencies}
        for axis, place in found.source
    }


def images(feed: str, family: Family, given: Mapping[str, Given]) -> Images | None:
    """What a feed puts on the axes of a family; None if the family has no such feed, or no value of it is known."""
    try:
        return _images(feed, feed_texts(family, given) if feed in dict(family.feeds) else family)
    except ProverError:
        return None


def has_feed(feed: str, family: Family) -> bool:
    """Whether a feed is one of a family's; its positions may depend on parameters that are not given yet."""
    return feed in dict(family.feeds) or images(feed, family, {}) is not None


def pulled_back(angle: Mapping[str, float], on: Images) -> dict[str, float]:
    """An angle by axis as one by coordinate; what is no axis (a phase) stays."""
    total: dict[str, float] = {}
    for axis, frequency in angle.items():
        for coordinate, number in on.get(axis, {axis: 1.0}).items():
            total[coordinate] = total.get(coordinate, 0.0) + frequency * number
    return {coordinate: number for coordinate, number in total.items() if number}


def under(feed: str, family: Family, given: Mapping[str, Given], layout: Layout) -> Layout:
    """A layout as it is under a feed; itself without one. Raises ProverError."""
    return layout_under(feed, feed_texts(family, given), layout) if feed else layout


def axes_of(turn: Mapping[str, float], on: Images) -> tuple[str, ...]:
    """The axes that can have turned a pair alone: those whose image is along its turn."""
    return tuple(axis for axis, image in on.items() if image and _along(turn, image))


def _along(turn: Mapping[str, float], image: Mapping[str, float]) -> bool:
    if turn.keys() != image.keys():
        return False
    ratios = [turn[coordinate] / image[coordinate] for coordinate in turn]
    return max(ratios) - min(ratios) <= 1e-5 * max(map(abs, ratios))


def is_joined(on: Images) -> bool:
    """Whether two axes get positions along one line, so that what each turns cannot be told apart."""
    held = [image for image in on.values() if image]
    return any(_along(one, other) for place, one in enumerate(held) for other in held[:place])


def keeps_axes(on: Images) -> bool:
    """Whether a feed does nothing: each axis holds the coordinate of its own name."""
    return all(dict(image) == {axis: 1.0} for axis, image in on.items())
