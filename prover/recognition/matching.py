"""A few pairs of a layout beside the table: are lanes, axes and directions the same, and by what do numbers differ?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from prover.errors import ProverError
from prover.exact.angle import Angle
from prover.kernels.kernel import to_float
from prover.layouts.expand import expand_some
from prover.layouts.family import Family, Given
from prover.measure.conform import GRID_CELLS
from prover.measure.measured import ROUNDING, Vector, opposite
from prover.recognition.facts import Facts, Turning
from prover.recognition.fed import Images, images, pulled_back
from prover.recognition.floating import PHASE, CannotTell, FloatPair, Unmet, float_pairs

SAMPLE = 7  # pairs of each block


@dataclass(frozen=True, slots=True)
class Match:
    """Pairs that are the same but for numbers. By frequency: the logarithm of measured over layout, and its tolerance.

    `magnitude`: the same for all of them, of the layout; None where these differ. `off`: the largest of measured
    less layout's magnitudes.
    """

    places: tuple[tuple[int, str], ...]
    logs: tuple[float, ...]
    errors: tuple[float, ...]
    magnitude: float | None
    off: float

    @property
    def fits(self) -> bool:
        """Whether every frequency is within its tolerance."""
        return all(abs(log) <= error for log, error in zip(self.logs, self.errors, strict=True))


def match(family: Family, given: Mapping[str, Given], facts: Facts) -> Match | None:
    """None if the layout has no value at these parameters, or other lanes, axes or directions."""
    try:
        width, pairs = _some_pairs(family, given)
        if facts.feed:
            on = images(facts.feed, family, given)
            if on is None:
                return None
            pairs = {place: _fed(pair, on) for place, pair in pairs.items()}
        if width != facts.measured.width or not pairs:
            return None
        return _matched(family, pairs, facts)
    except (Unmet, ProverError, OverflowError, ZeroDivisionError, ValueError):
        return None


def _fed(pair: FloatPair, on: Images) -> FloatPair:
    return replace(pair, sines=(pulled_back(pair.sines[0], on), pulled_back(pair.sines[1], on)))


def _some_pairs(family: Family, given: Mapping[str, Given]) -> tuple[int, dict[int, FloatPair]]:
    try:
        return float_pairs(family, given, SAMPLE)
    except CannotTell:
        width, pairs = expand_some(family, given, SAMPLE)
    return width, {
        place: FloatPair(pair.read, pair.write, (_floats(pair.angles[1]), _floats(pair.angles[2])),
                         to_float(pair.magnitude))
        for place, pair in pairs.items()
    }


def _matched(family: Family, pairs: Mapping[int, FloatPair], facts: Facts) -> Match | None:
    grid = GRID_CELLS * ROUNDING if family.positions == "real" else 0.0
    places: list[tuple[int, str]] = []
    logs: list[float] = []
    errors: list[float] = []
    sizes: list[float] = []
    off = 0.0
    for place, pair in pairs.items():
        read, write, turn = _oriented(pair)
        if not turn:
            if any(facts.passes.get(lane) != to for lane, to in zip(read, write, strict=True)):
                return None
            continue
        real = facts.by_lanes.get(read)
        if real is None or not _same_kind(real, write, turn):
            return None
        sizes.append(pair.magnitude)
        off = max(off, abs(real.magnitude - pair.magnitude))
        for (axis, ours), (_, theirs) in zip(turn, real.turn, strict=True):
            places.append((place, axis))
            logs.append(math.log(theirs / ours))
            errors.append(real.tolerance + grid)
    if not logs:
        return None
    same = max(sizes) - min(sizes) <= 1e-9 * max(sizes)
    return Match(tuple(places), tuple(logs), tuple(errors), sizes[0] if same else None, off)


def _same_kind(real: Turning, write: tuple[int, int], turn: Vector) -> bool:
    return real.write == write and len(real.turn) == len(turn) and all(
        axis == other and (ours > 0) == (theirs > 0)
        for (axis, ours), (other, theirs) in zip(turn, real.turn, strict=True)
    )


def _oriented(pair: FloatPair) -> tuple[tuple[int, int], tuple[int, int], Vector]:
    """Lanes read and written, the lower one read first, and the turn of the sines."""
    beta, gamma = pair.sines
    if pair.read[0] < pair.read[1]:
        return pair.read, pair.write, _vector(beta or gamma)
    return pair.read[::-1], pair.write[::-1], opposite(_vector(gamma or beta))


def _vector(angle: Mapping[str, float]) -> Vector:
    return tuple(sorted((axis, number) for axis, number in angle.items() if axis != PHASE))


def _floats(angle: Angle) -> dict[str, float]:
    found = {axis: to_float(frequency) for axis, frequency in angle.frequencies}
    return {axis: number for axis, number in found.items() if number}
