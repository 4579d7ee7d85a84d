"""Another feed: an axis of the target that gets what another axis gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from prover.claims.claim import Claim
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
