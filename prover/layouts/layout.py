"""A layout: everything about one RoPE kernel at concrete parameters, frozen and exact.

Convention: for a pair that reads lanes (a, b) and writes lanes (c, d), with magnitude s,

    y[c] = s * (x[a] * cos(alpha) - x[b] * sin(beta))
    y[d] = s * (x[a] * sin(gamma) + x[b] * cos(delta))

A rotation has one angle for all four. Lanes are numbered from 0 inside one attention head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from prover.errors import InputError
from prover.exact.angle import Angle
from prover.exact.enclosure import compare
from prover.exact.number import ONE, Exact, exact

Positions = Literal["integer", "real"]
Angles = tuple[Angle, Angle, Angle, Angle]

MAX_WIDTH = 1 << 17
LARGEST = exact(10**100)
SMALLEST = ONE / LARGEST


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lanes turned together; `read` and `write` are lane numbers, angles in radians.

    `angle` is alpha and stands for what is left out; `second_angle`: delta; `sine_angle`: beta;
    `second_sine_angle`: gamma. With only `second_angle` gamma is delta, so each written lane has an
    angle; with only `sine_angle` gamma is beta, so cosines have one angle and sines another.
    """

    read: tuple[int, int]
    write: tuple[int, int]
    angle: Angle
    second_angle: Angle | None = None
    magnitude: Exact = ONE
    sine_angle: Angle | None = None
    second_sine_angle: Angle | None = None

    @property
    def angles(self) -> Angles:
        """Alpha, beta, gamma, delta."""
        alpha, beta, delta = self.angle, self.sine_angle or self.angle, self.second_angle or self.angle
        gamma = self.second_sine_angle or (self.sine_angle if self.second_angle is None else delta) or alpha
        return alpha, beta, gamma, delta

    @property
    def distinct_angles(self) -> tuple[Angle, ...]:
        """The angle, the two of the written lanes, or all four: as few as say the pair."""
        if self.second_angle is None and self.sine_angle is None and self.second_sine_angle is None:
            return (self.angle,)
        alpha, beta, gamma, delta = self.angles
        if alpha == beta and gamma == delta:
            return (alpha,) if alpha == delta else (alpha, delta)
        return alpha, beta, gamma, delta

    def with_angles(self, change: Callable[[Angle], Angle]) -> Pair:
        """The same pair with every angle changed alike."""
        second, sine, second_sine = (
            None if angle is None else change(angle)
            for angle in (self.second_angle, self.sine_angle, self.second_sine_angle)
        )
        return replace(self, angle=change(self.angle), second_angle=second, sine_angle=sine,
                       second_sine_angle=second_sine)


@dataclass(frozen=True, slots=True)
class Layout:
    """One head of `width` lanes. `passes` lists the (read, write) lanes copied unchanged."""

    name: str
    width: int
    axes: tuple[str, ...]
    positions: Positions
    pairs: tuple[Pair, ...]
    passes: tuple[tuple[int, int], ...]


def build_layout(
    name: str, width: int, axes: tuple[str, ...], positions: Positions, pairs: tuple[Pair, ...]
) -> Layout:
    """The layout of these pairs; every other lane passes. Raises InputError if lanes clash."""
    read = _claim_lanes(pairs, width, "read")
    written = _claim_lanes(pairs, width, "write")
    if set(read) != set(written):
        lane = min(set(read) ^ set(written))
        raise InputError(
            f"lane {lane} is {'read but never written' if lane in read else 'written, never read'}",
            advice="The lanes that the pairs write must be the lanes that they read",
        )
    sizes = {pair.magnitude: index for index, pair in reversed(list(enumerate(pairs)))}
    for size, index in sizes.items():
        if compare(size, SMALLEST) < 0 or compare(size, LARGEST) > 0:
            raise InputError(
                f"pair {index} has magnitude {str(size)[:60]}; it must lie from 1e-100 to 1e100"
            )
    passes = tuple((lane, lane) for lane in range(width) if lane not in read)
    return Layout(name, width, axes, positions, pairs, passes)


def move_rows(layout: Layout, rows: tuple[int, ...]) -> Layout:
    """The layout as weights see it whose rows are moved before they reach it: row i was row `rows[i]`."""
    def moved(lanes: tuple[int, int]) -> tuple[int, int]:
        return rows[lanes[0]], rows[lanes[1]]

    pairs = tuple(replace(pair, read=moved(pair.read), write=moved(pair.write)) for pair in layout.pairs)
    passes = tuple(sorted(map(moved, layout.passes)))
    return replace(layout, name=f"{layout.name} (rows moved)", pairs=pairs, passes=passes)


def at_integers(layout: Layout) -> Layout:
    """The layout for integer positions, if these decide the same as real ones; else as it is.

    They do unless pi is in a frequency: without it no two frequencies differ by a whole turn.
    """
    angles = (angle for pair in layout.pairs for angle in pair.distinct_angles)
    numbers = (number for angle in angles for _, number in angle.frequencies)
    atoms = (atom for number in numbers for monomial, _ in number.terms for atom, _ in monomial)
    return layout if any(atom.kind == "pi" for atom in atoms) else replace(layout, positions="integer")


def _claim_lanes(pairs: tuple[Pair, ...], width: int, what: str) -> dict[int, int]:
    owner: dict[int, int] = {}
    for index, pair in enumerate(pairs):
        for lane in pair.read if what == "read" else pair.write:
            if not 0 <= lane < width:
                raise InputError(
                    f"pair {index} would {what} lane {str(lane)[:40]}; "
                    f"the head has lanes 0 to {width - 1}",
                    advice="Check the rotated width, the offset and the number of pairs",
                )
            if lane in owner:
                raise InputError(
                    f"pair {index} would {what} lane {lane}, as pair {owner[lane]} does",
                    advice="Each lane belongs to at most one pair",
                )
            owner[lane] = index
    return owner
