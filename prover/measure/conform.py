"""A layout beside a measured kernel: the same lanes, axes, directions, magnitudes and frequencies?

The measured numbers are floats, so this is a numeric comparison within stated tolerances, never a proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from prover.exact.angle import Angle
from prover.kernels.kernel import to_float
from prover.layouts.layout import Layout
from prover.measure.measured import ROUNDING, Measured, MeasuredPair, Turns, Vector, exchanged, opposite


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: its kind, the lanes it is about, and both sides in words."""

    kind: str
    lanes: tuple[int, ...]
    layout: str
    measured: str

    def __str__(self) -> str:
        lanes = f"lanes {', '.join(map(str, self.lanes))}: " if self.lanes else ""
        return f"{self.kind}: {lanes}{self.layout}; measured {self.measured}"


@dataclass(frozen=True, slots=True)
class Conformance:
    """`largest_error`: relative, of a frequency, over pairs that both sides have; where, and what is allowed there."""

    spec: str
    measured: Measured
    differences: tuple[Difference, ...]
    largest_error: float
    largest_at: tuple[int, int] | None
    allowed_there: float

    @property
    def conforms(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Pair:
    read: tuple[int, int]
    write: tuple[int, int]
    turns: Turns
    magnitude: float
    has_phase: bool
    tolerance: float


# Roundings of 2^-24 each. A frequency is a power, scaled and perhaps blended: base, exponent, power, reciprocal, ramp
# and its complement, two products, a sum, the product with the position, sine and arc tangent.
OPERATIONS = 12
# A power, or the exponential of a product: the logarithm of the base, the exponent and their product are each rounded.
E_FOLD = 3
# ggml's loop multiplies twice per pair, rounding each time.
LOOP = 2
# Real positions lie in [-1, 1]: one is off by a rounding of 1, counted for the cells of the finest grid.
GRID_CELLS = 64
WHY = {
    "transformers": f"{OPERATIONS} roundings of 2^-24, and up to three (logarithm, quotient, product) for each e-fold "
    f"of the frequency; {GRID_CELLS} more at real positions, for the cells of a grid",
    "ggml": f"{OPERATIONS} roundings of 2^-24, and {LOOP} more for each pair before, as ggml multiplies theta by a "
    "float32 theta_scale from pair to pair",
}


def conform(layout: Layout, measured: Measured) -> Conformance:
    """Compare lane by lane. Pairs that turn nowhere count as lanes that pass, on either side.

    What a frequency may be off by follows from the layout's own pair, never from the file.
    """
    measured = _standing_as_passing(measured)
    differences: list[Difference] = []
    if layout.width != measured.width:
        differences.append(Difference("width", (), f"{layout.width} lanes", f"{measured.width} lanes"))
    pairs, passes, scales = _expanded(layout, measured.kind)
    theirs = {pair.read: pair for pair in measured.pairs}
    differences += _passing(passes, dict(measured.passes))
    differences += _scaled(scales, measured)
    for read in sorted(pairs.keys() ^ theirs.keys()):
        ours = "turned together" if read in pairs else "not a pair"
        differences.append(Difference("pair", read, ours, "not a pair" if read in pairs else "turned together"))
    largest, at, allowed = 0.0, None, 0.0
    for read in sorted(pairs.keys() & theirs.keys()):
        mine, real = pairs[read], theirs[read]
        differences += _pair_differences(mine, real, measured.magnitude_tolerance)
        for which, (vector, found) in enumerate(zip(mine.turns, real.turns, strict=True)):
            worst = _error(vector, _nearest(vector, found) if which in COSINES else found)
            if worst is not None and worst >= largest:
                largest, at, allowed = worst, read, mine.tolerance
    return Conformance(layout.name, measured, tuple(differences), largest, at, allowed)


def _standing_as_passing(measured: Measured) -> Measured:
    """The table with the lanes of pairs that turn nowhere among those that pass."""
    still = [pair for pair in measured.pairs if not any(pair.turns)]
    if not still:
        return measured
    to = {lane: place for pair in still for lane, place in zip(pair.read, pair.write, strict=True)}
    sizes = {lane: size for pair in still for lane, size in zip(pair.read, pair.magnitudes, strict=True)}
    return replace(
        measured, pairs=tuple(pair for pair in measured.pairs if any(pair.turns)),
        passes=tuple(sorted((*measured.passes, *to.items()))), scales=measured.scales | sizes,
    )


def _expanded(layout: Layout, kind: str) -> tuple[dict[tuple[int, int], _Pair], dict[int, int], dict[int, float]]:
    """Pairs that turn, where other lanes go, and what these are multiplied by."""
    pairs: dict[tuple[int, int], _Pair] = {}
    passes, scales = dict(layout.passes), {read: 1.0 for read, _ in layout.passes}
    for index, pair in enumerate(layout.pairs):
        size = to_float(pair.magnitude)
        if pair.distinct_angles == (Angle(),):
            passes |= dict(zip(pair.read, pair.write, strict=True))
            scales |= dict.fromkeys(pair.read, size)
            continue
        alpha, beta, gamma, delta = map(_floats, pair.angles)
        turns = (alpha, beta, gamma, delta)
        allowed = _tolerance(layout, kind, index, turns)
        made = _Pair(pair.read, pair.write, turns, size, any(a.phase for a in pair.angles), allowed)
        if made.read[0] > made.read[1]:
            made = replace(made, read=made.read[::-1], write=made.write[::-1], turns=exchanged(turns))
        pairs[made.read] = made
    return pairs, passes, scales


def _tolerance(layout: Layout, kind: str, index: int, turns: Turns) -> float:
    sizes = [abs(f) for vector in turns for _, f in vector]
    return frequency_tolerance(kind, index, sizes, layout.positions == "real")


def frequency_tolerance(kind: str, index: int, sizes: Iterable[float], at_reals: bool) -> float:
    """The relative error that a float32 kernel's frequency may have: of the pair `index`, whose angles are `sizes`."""
    if kind == "ggml":
        return (OPERATIONS + LOOP * index) * ROUNDING
    logarithm = max((abs(math.log(size)) for size in sizes), default=0.0)
    return (OPERATIONS + E_FOLD * logarithm + (GRID_CELLS if at_reals else 0)) * ROUNDING


def _floats(angle: Angle) -> Vector:
    found = ((axis, to_float(frequency)) for axis, frequency in angle.frequencies)
    return tuple(sorted((axis, number) for axis, number in found if number))


def _passing(ours: dict[int, int], theirs: dict[int, int]) -> list[Difference]:
    def told(passes: dict[int, int], lane: int) -> str:
        return f"passes to lane {passes[lane]}" if lane in passes else "does not pass"

    lanes = sorted(ours.keys() | theirs.keys())
    return [
        Difference("pass-through", (lane,), told(ours, lane), told(theirs, lane))
        for lane in lanes
        if ours.get(lane) != theirs.get(lane)
    ]


def _scaled(scales: dict[int, float], measured: Measured) -> list[Difference]:
    """Lanes that pass on both sides with different magnitudes."""
    return [
        Difference("magnitude", (lane,), f"{mine:.9g}", f"{measured.scales[lane]:.9g}")
        for lane, mine in sorted(scales.items())
        if lane in measured.scales and abs(mine - measured.scales[lane]) > measured.magnitude_tolerance
    ]


def _pair_differences(mine: _Pair, real: MeasuredPair, magnitude_tolerance: float) -> list[Difference]:
    found = []
    if mine.has_phase:
        found.append(Difference("phase", mine.read, "has a phase", "no phase can be measured here"))
    if mine.write != real.write:
        found.append(Difference("write", mine.read, f"written to {mine.write}", str(real.write)))
    if any(abs(mine.magnitude - size) > magnitude_tolerance for size in real.magnitudes):
        sizes = " and ".join(f"{size:.9g}" for size in dict.fromkeys(real.magnitudes))
        found.append(Difference("magnitude", mine.read, f"{mine.magnitude:.9g}", sizes))
    compared = dict.fromkeys(
        (vector, _nearest(vector, turn) if which in COSINES else turn)
        for which, (vector, turn) in enumerate(zip(mine.turns, real.turns, strict=True))
    )
    wrong = [(kind, *both) for both in compared if (kind := _vector_difference(*both, mine.tolerance))]
    return found + [Difference(kind, mine.read, _told(vector), _told(turn)) for kind, vector, turn in wrong]


# Alpha and delta among a pair's four angles: the sign of a cosine's angle cannot be seen.
COSINES = (0, 3)


def _nearest(mine: Vector, real: Vector) -> Vector:
    """The measured vector of a cosine, with the sign that is nearer to the layout's."""
    same = sum(dict(mine).get(axis, 0.0) * number for axis, number in real) >= 0
    return real if same else opposite(real)


def _vector_difference(mine: Vector, real: Vector, tolerance: float) -> str | None:
    if [axis for axis, _ in mine] != [axis for axis, _ in real]:
        return "axis"
    if _within(mine, real, tolerance):
        return None
    return "sign" if _within(opposite(mine), real, tolerance) else "frequency"


def _within(mine: Vector, real: Vector, tolerance: float) -> bool:
    error = _error(mine, real)
    return error is not None and error <= tolerance


def _error(mine: Vector, real: Vector) -> float | None:
    """The largest relative error, or None if other axes take part."""
    if [axis for axis, _ in mine] != [axis for axis, _ in real]:
        return None
    return max((abs(a - b) / abs(a) for (_, a), (_, b) in zip(mine, real, strict=True)), default=0.0)


def _told(vector: Vector) -> str:
    return " + ".join(f"{number:.9g}*{axis}" for axis, number in vector) or "does not turn"
