"""Exact signatures: two layouts whose signatures are equal stand in the relation they were made for.

A signature is built from normal forms only. Equal signatures are equal layouts up to the relation;
unequal ones are different wherever unequal normal forms are different numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace

from prover.claims.claim import Claim
from prover.claims.compare import canonical_entry, entries, oriented
from prover.claims.relation import Relation
from prover.claims.turned import Turned, turned_pairs
from prover.claims.unit import canonical_vector, make_units, stack_keys
from prover.layouts.feed import Feed, resolve_feeds
from prover.layouts.layout import Layout, at_integers
from prover.layouts.loading import Loaded


def signature(loaded: Loaded, feeds: Sequence[str], relation: Relation) -> Hashable:
    """What all layouts in `relation` with this one under the feeds have in common.

    Raises InputError if the layout has no such feed. Layouts that are no rotation are told apart
    lane by lane, whatever the relation.
    """
    resolved = tuple(map(_sorted, resolve_feeds(feeds, loaded.family, loaded.family)))
    layout = at_integers(loaded.layout)
    return side_signature(Claim(layout, layout, resolved), layout, "source", relation)


def side_signature(claim: Claim, layout: Layout, side: str, relation: Relation) -> Hashable:
    """The signature of one side of a claim, "source" or "target"."""
    turned = turned_pairs(claim, layout, side)
    about = (layout.width, layout.positions, tuple(feed.coordinates for feed in claim.feeds))
    is_rotation = all(turn.is_rotation for turn in turned)
    if relation is Relation.IDENTICAL or not is_rotation:
        return (*about, is_rotation, _lane_by_lane(claim, layout, turned))
    keys, whole = stack_keys(claim), claim.whole_positions
    units = make_units(claim, layout, turned)
    if relation is Relation.EQUAL_SCORES:
        return (*about, frozenset(oriented(unit, keys, whole) for unit in units))
    by_magnitude = relation is Relation.PERMUTATION
    counts = Counter(
        (len(unit.lanes), canonical_vector(unit.vector, keys, whole)[0], unit.magnitude if by_magnitude else None)
        for unit in units
    )
    return (*about, frozenset(counts.items()))


def _sorted(feed: Feed) -> Feed:
    return replace(feed, coordinates=tuple(sorted(feed.coordinates)))


def _lane_by_lane(claim: Claim, layout: Layout, turned: tuple[Turned, ...]) -> Hashable:
    whole = claim.whole_positions
    return tuple(
        frozenset(
            (place, entry.magnitude, canonical_entry(entry, whole).angle)
            for place, entry in entries(layout, turned, feed, whole).items()
        )
        for feed in range(len(claim.feeds))
    )
