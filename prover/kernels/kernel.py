"""NumPy kernels made from a layout: what a machine would compute, apart from any proof.

They take positions per kernel axis, so they share neither the feeds' pull-back nor the classes
that the search uses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from prover.claims.claim import Claim
from prover.claims.evidence import Token
from prover.exact.angle import Angle
from prover.exact.display import sharp
from prover.exact.number import Exact
from prover.kernels.rotation import Array, Lanes, Rotation, lanes_of
from prover.layouts.feed import AxisPositions
from prover.layouts.layout import Layout


@dataclass(frozen=True, slots=True)
class Kernel:
    """A layout in floating point. Arrays over pairs; frequencies are (pairs, axes) in radians.

    There is a table of frequencies and one of phases for each of a pair's four angles; those of a
    layout whose pairs have one angle each are one table.
    """

    width: int
    axes: tuple[str, ...]
    read: npt.NDArray[np.intp]
    tables: tuple[tuple[Array, Array], ...]
    magnitudes: Array
    lanes: Lanes

    @property
    def frequencies(self) -> Array:
        """Those of the first lane's cosine, which are all there are in a rotation."""
        return self.tables[0][0]

    @property
    def distinct_tables(self) -> tuple[tuple[Array, Array], ...]:
        """The one table of a layout whose pairs have one angle each, or all four."""
        first = self.tables[0]
        return (first,) if all(table is first for table in self.tables) else self.tables

    def at(self, positions: Array) -> Rotation:
        """The rotation at one position, of shape (axes,), or at one of each token, of shape (tokens, axes)."""
        turns = [
            np.matmul(frequencies, positions[..., None])[..., 0] + phases
            for frequencies, phases in self.distinct_tables
        ]
        cosines = [np.cos(turn) for turn in turns[::3]]
        sines = [np.sin(turn) for turn in turns[1:3] or turns]
        one, two = self.lanes.inside

        def table(first: Array, last: Array) -> Array:
            found = np.empty((*first.shape[:-1], self.lanes.turning), first.dtype)
            found[..., one], found[..., two] = first, last
            return found

        return Rotation(self.lanes, table(cosines[0], cosines[-1]), table(-sines[0], sines[-1]), self.magnitudes,
                        len(turns) == 1)

    def apply(self, x: Array, positions: Array) -> Array:
        """K(p) x for x of shape (..., width) and one position per axis; same dtype as x.

        With positions of shape (tokens, axes), x is of shape (tokens, ..., width).
        """
        return self.at(positions).rotate(x)

    def largest_turn(self, position: Array) -> float:
        """The sum of |frequency * position| over axes, plus |phase|, for the fastest pair."""
        turns = (np.abs(frequencies) @ np.abs(position) + np.abs(phases)
                 for frequencies, phases in self.distinct_tables)
        return float(max(turn.max(initial=0) for turn in turns))

    def rounded(self, dtype: type[np.floating]) -> Kernel:
        """The same kernel with its tables in `dtype`."""
        tables = tuple(
            (frequencies.astype(dtype), phases.astype(dtype)) for frequencies, phases in self.distinct_tables
        )
        four = tables * 4 if len(tables) == 1 else tables
        return replace(self, tables=four, magnitudes=self.magnitudes.astype(dtype))


def make_kernel(layout: Layout) -> Kernel:
    """The kernel of a layout in float64."""
    pairs = layout.pairs
    plain = all(len(pair.distinct_angles) == 1 for pair in pairs)
    places = {axis: place for place, axis in enumerate(layout.axes)}

    def table(angles: list[Angle]) -> Array:
        found = np.zeros((len(pairs), len(layout.axes)), dtype=np.float64)
        for row, angle in enumerate(angles):
            for axis, frequency in angle.frequencies:
                found[row, places[axis]] = to_float(frequency)
        return found

    def column(values: list[Exact]) -> Array:
        return np.array([to_float(value) for value in values], dtype=np.float64)

    four = [[pair.angles[which] for pair in pairs] for which in range(1 if plain else 4)]
    tables = [(table(angles), column([angle.phase for angle in angles])) for angles in four]
    read, write, passes = (
        np.array(rows, dtype=np.intp).reshape(-1, 2)
        for rows in ([pair.read for pair in pairs], [pair.write for pair in pairs], layout.passes)
    )
    return Kernel(
        width=layout.width,
        axes=layout.axes,
        read=read,
        tables=tuple(tables * 4 if plain else tables),
        magnitudes=column([pair.magnitude for pair in pairs]),
        lanes=lanes_of(layout.width, read, write, passes),
    )


@lru_cache(maxsize=1 << 18)
def to_float(value: Exact) -> float:
    """The nearest float64, give or take one unit in the last place."""
    rational = value.rational
    return float(rational) if rational is not None else float(sharp(value).mid())


def axis_positions(claim: Claim, token: Token, side: str, axes: tuple[str, ...]) -> list[Fraction]:
    """Where a token stands on each kernel axis of one side, in the order of `axes`."""
    feed = claim.feeds[token.feed]
    places: AxisPositions = feed.source if side == "source" else feed.target
    coordinates = dict(token.position)
    found: dict[str, Fraction] = {}
    for axis, angle in places:
        total = angle.phase.rational or Fraction(0)
        for coordinate, factor in angle.frequencies:
            total += (factor.rational or Fraction(0)) * coordinates[coordinate]
        found[axis] = total
    return [found[axis] for axis in axes]
