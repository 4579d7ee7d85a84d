"""What is asked of laws: one side of a claim, what the other needs of it, and a quick look at a few pairs."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise

from prover.claims.claim import Claim
from prover.claims.compare import oriented
from prover.claims.relation import Relation
from prover.claims.turned import mirrored, turned_pairs
from prover.claims.unit import canonical_vector, make_units, stack_keys
from prover.errors import ProverError
from prover.exact.angle import Angle
from prover.exact.number import ONE, Exact, exact
from prover.language.evaluation import Value
from prover.layouts.family import Family
from prover.layouts.layout import Layout, Pair, build_layout, move_rows
from prover.layouts.loading import Loaded
from prover.repair.axis_laws import pair_axes
from prover.repair.laws import Side


class Shape:
    """What laws may say of a layout, as it is before its rows are moved."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.places = _places(layout)

    @cached_property
    def fixed(self) -> dict[str, Value]:
        """Numbers that are the same for all pairs, `step` if `is_even`; one that there is not is left out."""
        pairs, width = self.layout.pairs, self.layout.width
        found: dict[str, int] = {
            "count": len(pairs), "width": width, "rotated": 2 * len(pairs),
            "low": min((lane for pair in pairs for lane in pair.read), default=0),
        }
        values: dict[str, Value] = {name: exact(value) for name, value in found.items()}
        first, second = (single(pair.angle) for pair in pairs[:2]) if len(pairs) > 1 else (None, None)
        if first and second:
            values |= {"first_frequency": first, "first_step": second / first}
        step = _step(pairs[:2])
        return values | ({"step": step} if step is not None else {})

    @cached_property
    def is_of_one_angle(self) -> bool:
        """Whether each pair has one."""
        return all(len(pair.distinct_angles) == 1 for pair in self.layout.pairs)

    @cached_property
    def is_even(self) -> bool:
        """Whether `step` is that of all pairs; `fixed` has it of the first two, as few laws need it."""
        return _step(self.layout.pairs) is not None


def _places(layout: Layout) -> list[tuple[int, int, int]]:
    """Of each pair its index among those of its axis, how many these are, and how many are of axes that come first."""
    axes = pair_axes(layout) or ["" for _ in layout.pairs]
    counts = {axis: axes.count(axis) for axis in dict.fromkeys(axes)}
    starts = dict(zip(counts, accumulate(counts.values(), initial=0), strict=False))
    seen: dict[str, int] = {}
    found = []
    for axis in axes:
        found.append((seen.get(axis, 0), counts[axis], starts[axis]))
        seen[axis] = seen.get(axis, 0) + 1
    return found


def _step(pairs: Sequence[Pair]) -> Exact | None:
    """The quotient of each frequency and the one before, if it is the same for all."""
    numbers = [single(pair.angle) for pair in pairs]
    if len(numbers) < 2 or not numbers[0] or not numbers[1]:
        return None
    try:
        step = numbers[1] / numbers[0]
        same = all(a is not None and a * step == b for a, b in pairwise(numbers))
    except ProverError:
        return None
    return step if same else None


def without_still_pairs(loaded: Loaded) -> Loaded:
    """The same kernel with pairs that never turn as lanes that pass, so that pairs are counted that turn."""
    layout = loaded.layout
    turning = tuple(pair for pair in layout.pairs if not _is_still(pair))
    if len(turning) == len(layout.pairs):
        return loaded
    return replace(loaded, layout=build_layout(layout.name, layout.width, layout.axes, layout.positions, turning))


def _is_still(pair: Pair) -> bool:
    if pair.angle.frequencies:
        return False
    return pair.read == pair.write and pair.magnitude == ONE and not any(
        angle.frequencies or angle.phase for angle in pair.distinct_angles
    )


def single(angle: Angle) -> Exact | None:
    """The one frequency of an angle, if it has one."""
    return angle.frequencies[0][1] if len(angle.frequencies) == 1 else None


@dataclass(frozen=True)
class Question:
    """One side of a claim that laws may change, and what the other needs of it.

    `wanted`: the relation; `loaded`: the side, whose layout may have its rows moved. `called`: the two sides, in words.
    `others`: the other side's family, None where it has none.
    `is_exact`: else the other side's numbers are rounded, so that no look is taken, and a law's number is a simple one.
    """

    claim: Claim
    own: Side
    loaded: Loaded
    wanted: Relation
    called: tuple[str, str] = ("the source", "the target")
    is_exact: bool = True
    others: Family | None = None

    @cached_property
    def shape(self) -> Shape:
        """The side's own, rows not yet moved."""
        layout = self.loaded.layout
        if (rows := self.loaded.rows) is not None:
            back = {row: lane for lane, row in enumerate(rows)}
            layout = move_rows(layout, tuple(back[lane] for lane in range(layout.width)))
        return Shape(layout)

    @property
    def other(self) -> Layout:
        return self.claim.source if self.own == "target" else self.claim.target

    @cached_property
    def classes(self) -> Collection[Hashable] | None:
        """What the other side's pairs are like; None if it is no rotation."""
        found = _classes(self.claim, self.other, self._others_side, self.wanted)
        return None if found is None else frozenset(found)

    @cached_property
    def turns(self) -> Collection[Hashable]:
        """The angles of each of the other side's pairs."""
        return frozenset(_turns(self.claim, self.other, self._others_side))

    @property
    def _others_side(self) -> Side:
        return "source" if self.own == "target" else "target"

    @cached_property
    def sample(self) -> tuple[int, ...]:
        """A few pairs that both sides have; the last first, for which numbers are shortest."""
        count = min(len(self.other.pairs), len(self.loaded.layout.pairs))
        return tuple(dict.fromkeys(j for j in (count - 1, count // 2, 1, 0) if 0 <= j < count))

    @cached_property
    def vectors(self) -> dict[int, tuple[tuple[Exact, ...], tuple[Exact, ...]]]:
        """Of pairs of the sample, this side's and the other's turn under all feeds, and after it its phase."""
        both = [_vectors(self.claim, layout, side, self.sample) for layout, side in (
            (self.claim.target if self.own == "target" else self.claim.source, self.own),
            (self.other, self._others_side),
        )]
        return {j: (mine, theirs) for j, mine, theirs in zip(self.sample, *both, strict=True) if mine and theirs}

    def moved(self, pairs: tuple[Pair, ...], is_whole: bool) -> Layout:
        """The side's layout with other pairs, its rows moved again; of a few pairs alone, without lanes that pass."""
        old = self.shape.layout
        if is_whole:
            layout = build_layout(old.name, old.width, old.axes, old.positions, pairs)
        else:
            layout = replace(old, pairs=pairs, passes=())
        return layout if self.loaded.rows is None else move_rows(layout, self.loaded.rows)

    def is_like(self, pairs: tuple[Pair, ...]) -> bool:
        """Whether each of a few changed pairs is like one of the other side."""
        try:
            if not self.is_exact:
                return True
            layout = replace(self.moved(pairs, is_whole=False), positions=self.other.positions)
            if self.classes is None:
                return all(each in self.turns for each in _turns(self.claim, layout, self.own))
            found = _classes(self.claim, layout, self.own, self.wanted)
        except ProverError:
            return False
        return found is not None and all(each in self.classes for each in found)


def _classes(claim: Claim, layout: Layout, side: Side, relation: Relation) -> list[Hashable] | None:
    turned = turned_pairs(claim, layout, side)
    if not all(turn.is_rotation for turn in turned):
        return None
    keys, whole = stack_keys(claim), claim.whole_positions
    units = make_units(claim, layout, turned)
    if relation.rung <= Relation.EQUAL_SCORES.rung:
        return [oriented(unit, keys, whole) for unit in units]
    is_sized = relation is Relation.PERMUTATION
    return [
        (len(unit.lanes), canonical_vector(unit.vector, keys, whole)[0], unit.magnitude if is_sized else None)
        for unit in units
    ]


def _turns(claim: Claim, layout: Layout, side: Side) -> list[Hashable]:
    """Of each pair, rotation or not, the angles under each feed, in any order and with either sign."""
    whole = claim.whole_positions
    return [
        tuple(frozenset(frozenset((angle, mirrored(angle, whole))) for angle in four) for four in turn.angles)
        for turn in turned_pairs(claim, layout, side)
    ]


def _vectors(claim: Claim, layout: Layout, side: Side, indices: Sequence[int]) -> list[tuple[Exact, ...]]:
    part = replace(layout, pairs=tuple(layout.pairs[j] for j in indices), passes=())
    return [
        tuple(number for feed, angle in zip(claim.feeds, turn.rotation, strict=True)
              for number in (*(angle[c] for c in feed.coordinates), angle.phase)) if turn.is_rotation else ()
        for turn in turned_pairs(claim, part, side)
    ]
