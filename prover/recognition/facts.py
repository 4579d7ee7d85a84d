"""What a measured table says by itself, before any layout is asked: lanes, pairing, axes, direction, magnitudes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from prover.measure.conform import frequency_tolerance
from prover.measure.measured import Measured, MeasuredPair, Vector

Pairing = Literal["adjacent", "half", "either", "halves in blocks", "other", "none"]


@dataclass(frozen=True, slots=True)
class Turning:
    """A pair that turns. `index`: its place among the pairs; `turn`: radians per unit of each axis, of the sines.

    `others`: axes that turn its second lane, where these are others. `tolerance`: the relative error that its
    frequencies may have.
    """

    read: tuple[int, int]
    write: tuple[int, int]
    index: int
    turn: Vector
    others: tuple[str, ...]
    magnitude: float
    tolerance: float

    @property
    def size(self) -> float:
        """The largest frequency, without its sign."""
        return max(abs(number) for _, number in self.turn)


@dataclass(frozen=True, slots=True)
class Facts:
    """`start`, `span`: the first lane of the rotated part, and how many lanes it has with those that stand still in it.

    `turning`: in the order of the rotated part. `direction`: 1, -1, or 0 where pairs differ. `writes`: 'in place',
    'halves' (adjacent lanes are read) or 'elsewhere'. `magnitude`: None where pairs differ. `feed`: that under which
    the table was measured, so that its axes are coordinates of a token; empty where they are the kernel's own.
    `axes`: those that turn a pair, in the order of the table. `axis_of_pairs`: the axis of each turning pair; '+'
    between those that share one. `by_lanes`: the turning pairs by the lanes that they read;
    `passes`: where the lanes that do not turn are written.
    """

    measured: Measured
    turning: tuple[Turning, ...]
    pairing: Pairing
    start: int
    span: int
    direction: int
    writes: str
    magnitude: float | None
    is_rotation: bool
    moves: bool
    feed: str
    axes: tuple[str, ...]
    axis_of_pairs: tuple[str, ...]
    by_lanes: Mapping[tuple[int, int], Turning]
    passes: Mapping[int, int]

    @property
    def lanes(self) -> int:
        """How many lanes turn."""
        return 2 * len(self.turning)

    @property
    def angle_error(self) -> float:
        """Radians for each unit of position that an angle may be off, if frequencies are by their tolerances."""
        return max((pair.tolerance * pair.size for pair in self.turning), default=0.0)

    @property
    def is_mixed(self) -> bool:
        """Whether an axis shares a pair with another."""
        return any(len(pair.turn) > 1 for pair in self.turning)

    @property
    def axis_of_lanes(self) -> tuple[str, ...]:
        """The axis of each turning lane, where a pair's lanes may have two."""
        second = ("+".join(pair.others) or axis for pair, axis in zip(self.turning, self.axis_of_pairs, strict=True))
        return (*self.axis_of_pairs, *second)


def facts_of(measured: Measured, feed: str = "") -> Facts:
    """The facts of a table, measured under a feed if one is named."""
    real = [pair for pair in measured.pairs if any(pair.turns)]
    pairing, start, span, places = _pairing([pair.read for pair in real], measured.width)
    kind = measured.kind
    turning = sorted((_turning(pair, place, kind) for pair, place in zip(real, places, strict=True)),
                     key=lambda pair: (pair.index, pair.read))
    signs = {number > 0 for pair in turning for _, number in pair.turn}
    sizes = [pair.magnitudes for pair in real]
    same = {round(size / (2 * measured.magnitude_tolerance)) for two in sizes for size in two}
    uniform = bool(same) and max(same) - min(same) <= 1
    used = {axis for pair in turning for axis in (*pair.others, *(axis for axis, _ in pair.turn))}
    return Facts(
        measured, tuple(turning), pairing, start, span,
        0 if len(signs) != 1 else 1 if True in signs else -1,
        _writes(real, start, span), sizes[0][0] if uniform else None,
        all(_is_rotation(pair) for pair in real),
        any(read != write for read, write in measured.passes), feed,
        tuple(axis for axis in measured.axes if axis in used),
        tuple("+".join(axis for axis, _ in pair.turn) for pair in turning), {pair.read: pair for pair in turning},
        dict(measured.passes),
    )


def _turning(pair: MeasuredPair, place: int, kind: str) -> Turning:
    turn = pair.turns[1] or pair.turns[2] or pair.turns[0] or pair.turns[3]
    error = frequency_tolerance(kind, place, [abs(f) for _, f in turn], at_reals=False)
    others = dict.fromkeys(axis for vector in pair.turns for axis, _ in vector if axis not in dict(turn))
    return Turning(pair.read, pair.write, place, turn, tuple(others), pair.magnitudes[0], error)


def _pairing(reads: Sequence[tuple[int, int]], width: int) -> tuple[Pairing, int, int, list[int]]:
    """The pairing, where the rotated part begins, how wide it is, and each pair's place in it."""
    if not reads:
        return "none", 0, 0, []
    first = min(a for a, _ in reads)
    distances = {b - a for a, b in reads}
    distance = next(iter(distances))
    fits_half = len(distances) == 1 and all(a - first < distance for a, _ in reads)
    fits_adjacent = distances == {1} and all((a - first) % 2 == 0 for a, _ in reads)
    if fits_adjacent:
        last = max(b for _, b in reads)
        return ("either" if len(reads) == 1 else "adjacent"), first, last + 1 - first, [
            (a - first) // 2 for a, _ in reads
        ]
    if fits_half:
        start = 0 if 2 * distance == width else first
        return "half", start, 2 * distance, [a - start for a, _ in reads]
    order = {read: place for place, read in enumerate(sorted(reads))}
    span = max(b for _, b in reads) + 1 - first
    return ("halves in blocks" if _is_blocks(reads) else "other"), first, span, [order[read] for read in reads]


def _is_blocks(reads: Sequence[tuple[int, int]]) -> bool:
    """Whether runs of pairs are halves of blocks of their own, one behind another."""
    runs = [list(run) for _, run in groupby(sorted(reads), key=lambda read: read[1] - read[0])]
    return all(run[-1][0] - run[0][0] >= len(run) - 1 and len(run) % (run[0][1] - run[0][0]) == 0 for run in runs)


def _writes(pairs: Sequence[MeasuredPair], start: int, span: int) -> str:
    if all(pair.read == pair.write for pair in pairs):
        return "in place"
    half = span // 2
    if all(pair.write == (start + (pair.read[0] - start) // 2, start + half + (pair.read[0] - start) // 2)
           for pair in pairs):
        return "halves"
    return "elsewhere"


def _is_rotation(pair: MeasuredPair) -> bool:
    """Whether all four angles are the same, the sign of a cosine's aside; two magnitudes are none."""
    alpha, beta, gamma, delta = pair.turns
    if len(set(pair.magnitudes)) > 1 and not math.isclose(*pair.magnitudes, rel_tol=1e-5):
        return False
    return _close(beta, gamma, False) and _close(alpha, beta, True) and _close(delta, beta, True)


def _close(one: Vector, other: Vector, either_sign: bool) -> bool:
    if [axis for axis, _ in one] != [axis for axis, _ in other]:
        return False
    return any(
        all(math.isclose(a, sign * b, rel_tol=1e-5) for (_, a), (_, b) in zip(one, other, strict=True))
        for sign in ((1, -1) if either_sign else (1,))
    )


def period(letters: Sequence[str]) -> int:
    """The length of the shortest run of axes that the pairs repeat, the last time perhaps in part."""
    borders = [0] * len(letters)  # of each start of the run, the longest proper end that is a start too
    for place in range(1, len(letters)):
        size = borders[place - 1]
        while size and letters[place] != letters[size]:
            size = borders[size - 1]
        borders[place] = size + (letters[place] == letters[size])
    return len(letters) - borders[-1] if letters else 0


def runs(letters: Sequence[str]) -> list[tuple[str, int]]:
    """The axes in runs, each with how many pairs it has."""
    return [(axis, len(list(run))) for axis, run in groupby(letters)]
