"""Another feed: an axis of the target that gets what another axis gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from prover.claims.claim import Claim
from prover.exact.angle import Angle
from prover.exact.number import ONE
from prover.exact.text import number_text
from prover.layouts.feed import Feed


@dataclass(frozen=True, slots=True)
class Fed:
    """An axis of the target that gets what another one gets, in every feed."""

    axis: str
    like: str


def other_feeds(claim: Claim) -> Iterator[tuple[Fed, Claim]]:
    """The claim with one axis of the target fed like another one; the axes first that no token moves."""
    axes = claim.target.axes
    moved = {axis: any(dict(feed.target)[axis].frequencies for feed in claim.feeds) for axis in axes}
    for axis in sorted(axes, key=lambda each: moved[each]):
        for like in axes:
            feeds = tuple(_refed(feed, axis, like) for feed in claim.feeds)
            if like != axis and moved[like] and feeds != claim.feeds:
                yield Fed(axis, like), replace(claim, feeds=feeds)


def _refed(feed: Feed, axis: str, like: str) -> Feed:
    places = dict(feed.target)
    return replace(feed, target=tuple((name, places[like] if name == axis else place) for name, place in feed.target))


def written_feeds(claim: Claim) -> tuple[str, ...] | None:
    """The feeds of a claim as a person writes them; None where the two sides put other things on axes of one name."""
    texts = []
    for feed in claim.feeds:
        places = dict(feed.target)
        if any(places.setdefault(axis, place) != place for axis, place in feed.source):
            return None
        texts.append(",".join(f"{axis}={position_text(place)}" for axis, place in places.items()))
    return tuple(texts)


def position_text(place: Angle) -> str:
    """What an axis gets, as a feed has it: p, 2*t + 1, 0."""
    parts = [name if factor == ONE else f"{number_text(factor)}*{name}" for name, factor in place.frequencies]
    return " + ".join([*parts, *([number_text(place.phase)] if place.phase or not parts else [])])
