"""By what keys in a cache may be shifted, as steps on the axes of a kernel.

A kernel K that is a rotation up to its write order, magnitude and phase has another, T, with T(d) K(p) = K(p + d) for
every step d and position p: it turns in place the lanes that K writes, with magnitude 1 and without phase. Where K has
none of these it is K itself, since K(d) K(p) = K(p + d) at p = 0 asks for K(0) = 1.

Of a pair that is no rotation each lane that is read may still be turned by an angle of its own, cos A and sin A into
the two written lanes, -sin B and cos B. Such a pair is shifted so along coordinates on which A and B have the same
frequency. What else may shift a pair that is no rotation is not looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from prover.claims.turned import Turned
from prover.exact.number import ONE
from prover.layouts.feed import Feed
from prover.layouts.layout import Angles, Layout

Vector = tuple[Fraction, ...]


class Change(Enum):
    """What a kernel must do otherwise than this one to shift its keys."""

    LANES = "lanes"
    MAGNITUDE = "magnitude"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class Shift:
    """The steps that a cache may be shifted by: sums of multiples of `steps`, each a number for each of `axes`.

    `axes`: those that pairs turn with. `idle`: those that none does, where any step changes nothing. Steps are those
    that the feeds leave: with several in one sequence, those that move all of them alike. `blocked`: pairs that are
    no rotation, for which steps are left out. `changes`: what the kernel must do otherwise; with none it is this one.
    """

    axes: tuple[str, ...]
    idle: tuple[str, ...]
    steps: tuple[Vector, ...]
    blocked: tuple[int, ...]
    changes: tuple[Change, ...]

    @property
    def takes_one_number(self) -> bool:
        """Whether one number put on all axes, as a kernel of one axis with these frequencies has it, is such a step."""
        ones = (Fraction(1),) * len(self.axes)
        return len(_reduced([*self.steps, ones])) == len(self.steps)


def cache_shift(layout: Layout, feeds: Sequence[Feed], turned: Sequence[Turned]) -> Shift:
    """The steps for one side of a claim. `feeds`: with the positions of its axes as `source`."""
    used = {axis for pair in layout.pairs for angle in pair.distinct_angles for axis, _ in angle.frequencies}
    axes = tuple(axis for axis in layout.axes if axis in used)
    twisted = [(i, turn) for i, turn in enumerate(turned) if not turn.is_rotation]
    blocked = tuple(i for i, turn in twisted if any(
        not _is_shifted(angles, name) for feed, angles in zip(feeds, turn.angles, strict=True)
        for name in feed.coordinates
    ))
    conditions: list[Vector] = []
    for number, feed in enumerate(feeds):
        free = [name for name in feed.coordinates
                if all(_is_shifted(turn.angles[number], name) for _, turn in twisted)]
        conditions += _orthogonal([_on_axes(feed, name, axes) for name in free], len(axes))
    return Shift(axes, tuple(axis for axis in layout.axes if axis not in used),
                 _reduced(_orthogonal(conditions, len(axes))), blocked, _changes(layout, turned))


def _changes(layout: Layout, turned: Sequence[Turned]) -> tuple[Change, ...]:
    found = []
    if any(pair.read != pair.write for pair in layout.pairs):
        found.append(Change.LANES)
    if any(pair.magnitude != ONE for pair in layout.pairs):
        found.append(Change.MAGNITUDE)
    if any(angle.phase for turn in turned
           for angle in (turn.rotation if turn.is_rotation else [a for angles in turn.angles for a in angles])):
        found.append(Change.PHASE)
    return tuple(found)


def _is_shifted(angles: Angles, coordinate: str) -> bool:
    """Whether steps on a coordinate shift a pair that is no rotation."""
    alpha, beta, gamma, delta = angles
    if not any(angle[coordinate] for angle in angles):
        return True
    return alpha in (gamma, -gamma) and delta in (beta, -beta) and gamma[coordinate] == beta[coordinate]


def _on_axes(feed: Feed, coordinate: str, axes: Sequence[str]) -> Vector:
    """By how much each axis moves where the coordinate moves by 1."""
    places = dict(feed.source)
    moved = [places[axis][coordinate].rational for axis in axes]
    return tuple(step for step in moved if step is not None)  # a feed is rational


def _orthogonal(vectors: Sequence[Vector], size: int) -> list[Vector]:
    """A basis of what is orthogonal to these vectors."""
    rows = _reduced(vectors)
    leading = [next(i for i, value in enumerate(row) if value) for row in rows]
    found = []
    for free in (column for column in range(size) if column not in leading):
        vector = [Fraction(int(column == free)) for column in range(size)]
        for row, lead in zip(rows, leading, strict=True):
            vector[lead] = -row[free]
        found.append(tuple(vector))
    return found


def _reduced(vectors: Sequence[Vector]) -> tuple[Vector, ...]:
    """The basis of what these vectors span in reduced echelon form."""
    rows: list[Vector] = []
    left = list(vectors)
    for column in range(len(vectors[0]) if vectors else 0):
        found = next((row for row in left if row[column]), None)
        if found is None:
            continue
        left.remove(found)
        lead = tuple(value / found[column] for value in found)
        rows, left = ([_without(row, lead, column) for row in each] for each in (rows, left))
        rows.append(lead)
    return tuple(rows)


def _without(row: Vector, lead: Vector, column: int) -> Vector:
    return tuple(value - row[column] * other for value, other in zip(row, lead, strict=True))
