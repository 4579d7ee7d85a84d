"""Laws about sections: what pairs past their bounds turn by, and sections that are laid over lanes instead of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.claims.claim import Claim
from prover.exact.angle import Angle
from prover.layouts.layout import Layout, Pair
from prover.repair.axis_laws import (
    RuleChange,
    are_still,
    axes_of_both,
    axis_pattern,
    pair_axes,
    same_axes,
    turn_of,
    unlike,
    which_pairs,
    with_axes,
)

SECTION_RULES = ("unbounded", "bounded", "beyond", "lanes")


def section_changes(rule: str, layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Pairs as a rule changes them. `own`: which side of the claim the layout is."""
    yield from _as_lanes(layout, claim, own) if rule == "lanes" else _as_bounded(rule, layout, claim, own)


def _as_bounded(rule: str, layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Where both sides take the same turns, pairs past a bound of either with the axis that the other side has there.

    Rules: "unbounded", this side has no pair past a bound; "bounded", the other has none; "beyond", both have all that
    differ.
    """
    both = axes_of_both(layout, claim, own)
    if both is None or (turn := turn_of(both[0])) is None or turn != turn_of(both[1]):
        return
    mine, other = both
    if unlike(mine[:turn], other[:turn], claim, own):
        return
    places, past = unlike(mine, other, claim, own), (_past(mine, turn), _past(other, turn))
    found = (
        "unbounded" if not past[0] else "bounded" if not past[1] else
        "beyond" if set(places) <= past[0] & past[1] else ""
    )
    if not places or found != rule or not set(places) <= past[0] | past[1]:
        return
    same = same_axes(claim, own)
    taken = {j: same.get(other[j], other[j]) for j in places}
    told = {
        "which": which_pairs(places), "axis": _axes_told([mine[j] for j in places], claim, own),
        "needed_axis": _axes_told([other[j] for j in places], claim, "source" if own == "target" else "target"),
        "new_axis": " and ".join(dict.fromkeys(taken.values())),
    }
    pairs = tuple(
        with_axes(pair, {mine[j]: taken[j]}) if j in taken else pair for j, pair in enumerate(layout.pairs)
    )
    yield RuleChange(told, pairs, is_other=not {*taken.values()} <= {*layout.axes})


def _past(axes: Sequence[str], turn: int) -> set[int]:
    """Pairs that have another axis than the one whose turn it is."""
    return {j for j, axis in enumerate(axes) if axis != axes[j % turn]}


def _axes_told(axes: Sequence[str], claim: Claim, side: str) -> str:
    names = list(dict.fromkeys(axes))
    return " and ".join(names) + (" (which the feed leaves at 0)" if are_still(names, claim, side) else "")


def _as_lanes(layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Where each lane of the other side has an axis of its own, each lane with that."""
    theirs = claim.source if own == "target" else claim.target
    mine, lanes = pair_axes(layout), _lane_axes(theirs)
    if mine is None or lanes is None or len(mine) != len(theirs.pairs) or pair_axes(theirs) is not None:
        return
    told = axis_pattern(mine), axis_pattern([lanes[lane] for lane in sorted(lanes)], "lanes")
    same = same_axes(claim, own)
    if None in told or not {*lanes.values()} <= same.keys():
        return
    pairs = tuple(
        _with_two(pair, axis, [same[lanes[lane]] for lane in other.read])
        for pair, axis, other in zip(layout.pairs, mine, theirs.pairs, strict=True)
    )
    yield RuleChange({"pattern": str(told[0]), "needed_pattern": str(told[1])}, pairs)


def _lane_axes(layout: Layout) -> dict[int, str] | None:
    """The one axis of each rotated lane; None if some lane has none or several."""
    found = {}
    for pair in layout.pairs:
        for lane, angle in zip(pair.read, (pair.angle, pair.second_angle or pair.angle), strict=True):
            if len(angle.frequencies) != 1:
                return None
            found[lane] = angle.frequencies[0][0]
    return found


def _with_two(pair: Pair, axis: str, axes: Sequence[str]) -> Pair:
    first, second = (Angle.of({new: pair.angle[axis]}, pair.angle.phase) for new in axes)
    return replace(pair, angle=first, second_angle=second if second != first else None)
