"""A layout beside a measured kernel: the same lanes, axes, directions, magnitudes and frequencies?

The measured numbers are floats, so this is a numeric comparison within stated tolerances, never a proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prover.exact.angle import Angle
from prover.exact.number import ONE
from prover.kernels.kernel import to_float
from prover.layouts.layout import Layout
from prover.measure.measured import Measured, MeasuredPair, Vector, opposite


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
    first: Vector
    second: Vector
    magnitude: float
    has_phase: bool


def conform(layout: Layout, measured: Measured) -> Conformance:
    """Compare lane by lane. Pairs that turn nowhere count as lanes that pass, on either side."""
    differences: list[Difference] = []
    if layout.width != measured.width:
        differences.append(Difference("width", (), f"{layout.width} lanes", f"{measured.width} lanes"))
    pairs, passes = _expanded(layout)
    theirs = {pair.read: pair for pair in measured.pairs}
    differences += _passing(passes, dict(measured.passes))
    for read in sorted(pairs.keys() ^ theirs.keys()):
        ours = "turned together" if read in pairs else "not a pair"
        differences.append(Difference("pair", read, ours, "not a pair" if read in pairs else "turned together"))
    largest, at, allowed = 0.0, None, 0.0
    for read in sorted(pairs.keys() & theirs.keys()):
        mine, real = pairs[read], theirs[read]
        differences += _pair_differences(mine, real, measured.magnitude_tolerance)
        for vector, found in ((mine.first, real.first), (mine.second, real.second)):
            worst = _error(vector, found)
            if worst is not None and worst >= largest:
                largest, at, allowed = worst, read, real.tolerance
    return Conformance(layout.name, measured, tuple(differences), largest, at, allowed)


def _expanded(layout: Layout) -> tuple[dict[tuple[int, int], _Pair], dict[int, int]]:
    pairs: dict[tuple[int, int], _Pair] = {}
    passes = dict(layout.passes)
    for pair in layout.pairs:
        if pair.angle == Angle() and pair.second_angle is None and pair.magnitude == ONE:
            passes |= dict(zip(pair.read, pair.write, strict=True))
            continue
        angles = (pair.angle, pair.angle if pair.second_angle is None else pair.second_angle)
        first, second = map(_floats, angles)
        made = _Pair(pair.read, pair.write, first, second, to_float(pair.magnitude), any(a.phase for a in angles))
        if made.read[0] > made.read[1]:
            made = _Pair(made.read[::-1], made.write[::-1], opposite(second), opposite(first), made.magnitude,
                         made.has_phase)
        pairs[made.read] = made
    return pairs, passes


def _floats(angle: Angle) -> Vector:
    return tuple(sorted((axis, to_float(frequency)) for axis, frequency in angle.frequencies))


def _passing(ours: dict[int, int], theirs: dict[int, int]) -> list[Difference]:
    def told(passes: dict[int, int], lane: int) -> str:
        return f"passes to lane {passes[lane]}" if lane in passes else "does not pass"

    lanes = sorted(ours.keys() | theirs.keys())
    return [
        Difference("pass-through", (lane,), told(ours, lane), told(theirs, lane))
        for lane in lanes
        if ours.get(lane) != theirs.get(lane)
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
    for vector, measured in dict.fromkeys([(mine.first, real.first), (mine.second, real.second)]):
        kind = _vector_difference(vector, measured, real.tolerance)
        if kind:
            found.append(Difference(kind, mine.read, _told(vector), _told(measured)))
    return found


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
    return max((abs(a - b) / abs(b) for (_, a), (_, b) in zip(mine, real, strict=True)), default=0.0)


def _told(vector: Vector) -> str:
    return " + ".join(f"{number:.9g}*{axis}" for axis, number in vector) or "does not turn"


def conform_json(found: Conformance) -> dict[str, Any]:
    """The comparison as JSON types."""
    return {
        "schema": "rope-prover/conform/1",
        "spec": found.spec,
        "entry": found.measured.name,
        "conforms": found.conforms,
        "strength": "numeric only",
        "largest_relative_error": found.largest_error,
        "largest_at_lanes": list(found.largest_at or ()),
        "tolerance": {
            "frequency_there": found.allowed_there,
            "magnitude": found.measured.magnitude_tolerance,
            "why": found.measured.why,
        },
        "differences": [
            {"kind": d.kind, "lanes": list(d.lanes), "layout": d.layout, "measured": d.measured}
            for d in found.differences
        ],
    }
