"""Laws about axes: axes that are exchanged, and the axis of each pair as another pattern has it.

A pattern is recognised as chunks (t for some pairs, then h, then w) or turns (t, h, w, t, h, w, perhaps each only up to
a bound), with how many pairs each axis has; where one is neither, no law is told. One side may have a single axis where
the other has several: then axes were dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, permutations

from prover.claims.claim import Claim
from prover.exact.angle import Angle
from prover.exact.display import show_pairs
from prover.exact.number import exact
from prover.exact.text import rational_text
from prover.layouts.layout import Layout, Pair

MAX_EXCHANGED, MAX_TURN = 4, 4


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What is told of a change, and the pairs that come of it. `is_other`: their axes are those of the other side."""

    told: dict[str, str]
    pairs: tuple[Pair, ...]
    is_other: bool = False


def axis_changes(rule: str, layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Pairs as a rule changes them. `own`: which side of the claim the layout is."""
    if rule == "exchanged":
        yield from _exchanged(layout, own)
    elif rule == "pattern":
        yield from _as_other(layout, claim, own)
    elif rule == "scaled":
        yield from _scaled(layout, claim, own)
    elif rule == "several":
        yield from _as_several(layout, claim, own)
    else:
        yield from _as_single(layout, claim, own)


def _exchanged(layout: Layout, own: str) -> Iterator[RuleChange]:
    """Every exchange of the axes that turn something."""
    used = [axis for axis in layout.axes if any(angle[axis] for p in layout.pairs for angle in p.distinct_angles)]
    if not 2 <= len(used) <= MAX_EXCHANGED:
        return
    other = "source" if own == "target" else "target"
    for order in list(permutations(used))[1:]:
        new = dict(zip(used, order, strict=True))
        told = " and ".join(f"by {b} where the {own} does by {a}" for a, b in new.items() if a != b)
        pairs = tuple(with_axes(pair, new) for pair in layout.pairs)
        yield RuleChange({"pattern": f"the {other} turns {told}"}, pairs)


def with_axes(pair: Pair, new: Mapping[str, str]) -> Pair:
    """The pair with other axes for its own."""
    return pair.with_angles(lambda angle: Angle.of({new.get(a, a): f for a, f in angle.frequencies}, angle.phase))


def _as_other(layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Each pair with the axis that the pair of its index has on the other side."""
    theirs = claim.source if own == "target" else claim.target
    mine, other = pair_axes(layout), pair_axes(theirs)
    if mine is None or other is None or len(mine) != len(other):
        return
    same = same_axes(claim, own)
    named = [same.get(axis) for axis in other]
    told = axis_pattern(mine), axis_pattern([axis or "" for axis in named])
    if None in named or None in told or told[0] == told[1]:
        return
    pairs = tuple(
        with_axes(pair, {axis: str(new)}) for pair, axis, new in zip(layout.pairs, mine, named, strict=True)
    )
    yield RuleChange({"pattern": str(told[0]), "needed_pattern": str(told[1])}, pairs)


def _as_several(layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Where one axis turns every pair, those that get something else with the axis that they have on the other side."""
    both = axes_of_both(layout, claim, own)
    if both is None or len(set(both[0])) > 1 or len(set(both[1])) < 2:
        return
    (axis, *_), other = both
    places = unlike(*both, claim, own)
    dropped, kept = _apart(other, places)
    if not places:
        return
    told = {"axis": axis, "dropped": f"{' and '.join(dropped)} {'is' if len(dropped) == 1 else 'are'} dropped"}
    if len(kept) > 1 or are_still(dropped, claim, _opposite(own)):
        told["differing"] = f"turns {turned_by(places, dropped, claim, _opposite(own))}"
    else:
        told["differing"] = f"has {axis_pattern(other) or _counted(other)}"
        told["axis"] = axis if axis in kept or not kept else f"{axis} (as {kept[0]})"
    pairs = tuple(
        with_axes(pair, {axis: new}) if j in places else pair
        for j, (pair, new) in enumerate(zip(layout.pairs, other, strict=True))
    )
    yield RuleChange(told, pairs, is_other=True)


def _as_single(layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Where one axis turns every pair of the other side, those that get something else with an axis that gets it."""
    both = axes_of_both(layout, claim, own)
    if both is None or len(set(both[0])) < 2 or len(set(both[1])) > 1:
        return
    mine, (axis, *_) = both
    new, places = same_axes(claim, own).get(axis), unlike(*both, claim, own)
    if new is None or not places:
        return
    extra, kept = _apart(mine, places)
    if len(kept) > 1 or are_still(extra, claim, own):
        told = {"differing": f"turns {turned_by(places, extra, claim, own)}", "which": which_pairs(places)}
    else:
        told = {"differing": f"has {axis_pattern(mine) or _counted(mine)}", "which": "every pair"}
    pairs = tuple(
        with_axes(pair, {old: new}) if j in places else pair
        for j, (pair, old) in enumerate(zip(layout.pairs, mine, strict=True))
    )
    yield RuleChange(told | {"axis": axis, "own_axis": new}, pairs)


def _apart(axes: Sequence[str], places: Collection[int]) -> tuple[list[str], list[str]]:
    """The axes of pairs at these places, and of pairs at others."""
    there = [axis for j, axis in enumerate(axes) if j in places]
    return list(dict.fromkeys(there)), list(dict.fromkeys(axis for j, axis in enumerate(axes) if j not in places))


def unlike(mine: Sequence[str], other: Sequence[str], claim: Claim, own: str) -> tuple[int, ...]:
    """The pairs whose axes on the two sides the feeds give something else."""
    return tuple(
        j for j, (a, b) in enumerate(zip(mine, other, strict=True))
        if _fed(a, claim, own) != _fed(b, claim, _opposite(own))
    )


def are_still(axes: Sequence[str], claim: Claim, side: str) -> bool:
    """Whether the feeds leave these axes of a side at 0."""
    return not any(angle.frequencies or angle.phase for axis in axes for angle in _fed(axis, claim, side))


def turned_by(places: Sequence[int], axes: Sequence[str], claim: Claim, side: str) -> str:
    """In words: which pairs turn by which axes, and whether these are at 0."""
    still = f", which the feed leaves{' all' if len(axes) > 1 else ''} at 0" if are_still(axes, claim, side) else ""
    return f"{which_pairs(places)} by {' and '.join(axes)}{still}"


def which_pairs(places: Sequence[int]) -> str:
    """Pairs by their numbers."""
    return f"pair{'s' if len(places) > 1 else ''} {show_pairs(places)}"


def _fed(axis: str, claim: Claim, side: str) -> tuple[Angle, ...]:
    return tuple(dict(feed.source if side == "source" else feed.target)[axis] for feed in claim.feeds)


def _opposite(side: str) -> str:
    return "source" if side == "target" else "target"


def _scaled(layout: Layout, claim: Claim, own: str) -> Iterator[RuleChange]:
    """Where pairs of one axis alone are faster or slower, by one rational number, those as on the other side."""
    both = axes_of_both(layout, claim, own)
    theirs = claim.source if own == "target" else claim.target
    if both is None or len(set(both[0])) < 2:
        return
    mine, same = both[0], same_axes(claim, own)
    for axis in dict.fromkeys(mine):
        place = next(j for j, each in enumerate(mine) if each == axis)
        (_, now), (name, needed) = (each.pairs[place].angle.frequencies[0] for each in (layout, theirs))
        times = (needed / now).rational if same.get(name) == axis else None
        if times is not None and times > 0 and times != 1:
            pairs = tuple(
                _faster(pair, times) if each == axis else pair for pair, each in zip(layout.pairs, mine, strict=True)
            )
            yield RuleChange({"axis": axis, "times": rational_text(times)}, pairs)


def _faster(pair: Pair, times: Fraction) -> Pair:
    return pair.with_angles(lambda angle: angle.scaled(exact(times)))


def axes_of_both(layout: Layout, claim: Claim, own: str) -> tuple[list[str], list[str]] | None:
    """The axis of each pair on this side and on the other; None where there is no one axis, or another count."""
    mine, other = pair_axes(layout), pair_axes(claim.source if own == "target" else claim.target)
    return (mine, other) if mine is not None and other is not None and len(mine) == len(other) else None


def _counted(axes: Sequence[str]) -> str:
    return f"several axes ({', '.join(f'{axis} {axes.count(axis)}' for axis in dict.fromkeys(axes))} pairs)"


def same_axes(claim: Claim, own: str) -> dict[str, str]:
    """For each axis of the other side the axis of this one that gets the same, one of the same name before others."""
    feeds = [(dict(f.target), dict(f.source)) if own == "target" else (dict(f.source), dict(f.target))
             for f in claim.feeds]
    found = {}
    for axis in feeds[0][1]:
        fitting = [mine for mine in feeds[0][0] if all(ours[mine] == theirs[axis] for ours, theirs in feeds)]
        if fitting:
            found[axis] = axis if axis in fitting else fitting[0]
    return found


def pair_axes(layout: Layout) -> list[str] | None:
    """The one axis of each pair; None if some pair has none or several."""
    found: list[str] = []
    for pair in layout.pairs:
        angles = pair.distinct_angles
        if len(angles) > 1 or len(angles[0].frequencies) != 1:
            axes = {axis for angle in angles for axis, _ in angle.frequencies}
            if len(axes) != 1:
                return None
            found += axes
        else:
            found.append(angles[0].frequencies[0][0])
    return found or None


def axis_pattern(axes: Sequence[str], of: str = "pairs") -> str | None:
    """Chunks or turns in words, with the number of pairs of each axis; None if it is neither. `of`: or other things."""
    period = _period(axes)
    turn = turn_of(axes)
    if turn is not None and (period is None or period <= turn < len(axes)):
        counts = ", ".join(f"{axis} {axes.count(axis)}" for axis in dict.fromkeys(axes))
        return f"axes that take turns, {', '.join(axes[:turn])} ({counts} {of})"
    if period is None:
        return None
    counts = ", ".join(f"{axis} {len(list(run))}" for axis, run in groupby(axes[:period]))
    return f"axes in chunks ({counts} {of}{', again and again' if period < len(axes) else ''})"


def turn_of(axes: Sequence[str]) -> int | None:
    """How many axes take turns, each perhaps only up to a bound; None if they do not."""
    return next((n for n in range(2, MAX_TURN + 1) if _is_turn(axes, n)), None)


def _period(axes: Sequence[str]) -> int | None:
    """The length of the chunks of all axes, after which these may come again; None if they are no chunks."""
    ends, seen = list[int](), set[str]()
    for axis, run in groupby(axes):
        if axis in seen:
            break
        seen.add(axis)
        ends.append((ends[-1] if ends else 0) + len(list(run)))
    if ends and ends[-1] == len(axes):
        return len(axes)
    return next((n for n in ends[1:] if all(axis == axes[place % n] for place, axis in enumerate(axes))), None)


def _is_turn(axes: Sequence[str], length: int) -> bool:
    """Whether each pair has the axis whose turn it is, or past that axis's bound the one axis that is left."""
    order = axes[:length]
    if len(set(order)) < length or len(axes) < length:
        return False
    rest, done = set(), set[str]()
    for place, axis in enumerate(axes):
        due = order[place % length]
        if axis == due and due in done:
            return False
        if axis != due:
            done.add(due)
            rest.add(axis)
    return len(rest) <= 1
