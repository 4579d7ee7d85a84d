"""A layout read out of a black-box kernel by running it on basis vectors, as a table that `conform` reads.

The kernel gets vectors of one head and a position per axis. Nothing is assumed about which lanes go
together; a kernel that is not linear, or that no pairs of lanes describe, is reported as that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import ProverError

Array = npt.NDArray[np.float64]
Kernel = Callable[[Array, tuple[float, ...]], Array]

ROUNDING = 2.0**-24
# Places for the check at the end, one number per axis.
MIXED = ((3, 5, 7, 11, 13, 17, 19, 23), (40, 9, 26, 2, 31, 14, 5, 33))


class NotALayout(ProverError):
    """The kernel was measured, and what it does is no layout."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Probe:
    """A measured table in the transformers format, and how far it is from the kernel elsewhere."""

    case: dict[str, Any]
    residual: float
    tolerance: float


def probe(kernel: Kernel, width: int, axes: Sequence[str], units: Sequence[float] | None = None) -> Probe:
    """Measure a kernel: (n, width) vectors and a position per axis to (n, width) vectors.

    `units` is the step on each axis at which a frequency is read; no pair may turn by pi or more in
    it. Raises NotALayout if the kernel is not linear or mixes lanes in no pairs.
    """
    steps = tuple(units or (1.0,) * len(axes))
    _require_linear(kernel, width, steps)
    origin = (0.0,) * len(axes)
    write, scale = _at_origin(_matrix(kernel, width, origin))
    places = [(*origin[:i], steps[i], *origin[i + 1 :]) for i in range(len(axes))]
    mixed = [tuple(n * step for n, step in zip(numbers, steps, strict=False)) for numbers in MIXED]
    blocks = {place: _matrix(kernel, width, place)[:, write] / scale[:, None] for place in [*places, *mixed]}
    partner = _partners(list(blocks.values()), width)
    pairs = [(lane, other) for lane, other in enumerate(partner) if other is not None and lane < other]
    first: dict[tuple[int, int], list[float]] = {}
    second: dict[tuple[int, int], list[float]] = {}
    for a, b in pairs:
        if not math.isclose(scale[a], scale[b], rel_tol=8 * ROUNDING):
            raise NotALayout(f"lanes {a} and {b} turn together with magnitudes {scale[a]:.6g} and {scale[b]:.6g}")
        turns = [(blocks[place][[a, b]][:, [a, b]], step) for place, step in zip(places, steps, strict=True)]
        # blocks[i, k] is what input lane i puts on the place of lane k.
        first[a, b] = [math.atan2(-m[1, 0], m[0, 0]) / step for m, step in turns]
        second[a, b] = [math.atan2(m[0, 1], m[1, 1]) / step for m, step in turns]
    residual, tolerance = _residual(blocks, mixed, pairs, first, second)
    if residual > tolerance:
        raise NotALayout(
            f"angles are not a fixed frequency times the position: at {', '.join(map(str, mixed))} the kernel is "
            f"{residual:.3g} from the table read at one step, where rounding explains {tolerance:.3g}"
        )
    case = _case(width, axes, pairs, first, second, write, scale)
    return Probe(case, residual, tolerance)


def _matrix(kernel: Kernel, width: int, position: tuple[float, ...]) -> Array:
    """Row i: what the kernel makes of lane i."""
    found = np.asarray(kernel(np.eye(width), position), dtype=np.float64)
    if found.shape != (width, width) or not np.isfinite(found).all():
        raise NotALayout(f"{width} vectors of {width} lanes become an array of shape {found.shape}, or no numbers")
    return found


def _require_linear(kernel: Kernel, width: int, steps: tuple[float, ...]) -> None:
    """Sums and multiples of random vectors, and zero, against those of the basis."""
    random = np.random.default_rng(0)
    position = tuple(3 * step for step in steps)
    matrix = _matrix(kernel, width, position)
    vectors = random.standard_normal((8, width))
    vectors = np.concatenate([vectors, 5 * vectors[:2], np.zeros((1, width))])
    error = np.abs(kernel(vectors, position) - vectors @ matrix).max()
    allowed = 32 * ROUNDING * float(np.abs(vectors).max() * (1 + np.abs(matrix).max()))
    if not error <= allowed:
        raise NotALayout(
            f"the kernel is not linear: sums and multiples of vectors come out {error:.3g} apart, where rounding "
            f"explains {allowed:.3g}"
        )


def _at_origin(matrix: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Where each lane is written at position 0, and its magnitude there."""
    hits = matrix != 0
    if not ((hits.sum(axis=1) == 1).all() and (hits.sum(axis=0) == 1).all()):
        lane = int(np.argmax((hits.sum(axis=1) != 1) | (hits.sum(axis=0) != 1)))
        raise NotALayout(f"at position 0 lane {lane} is not written to one place: the angle has a phase, or more mixes")
    write = hits.argmax(axis=1)
    return write, matrix[np.arange(len(matrix)), write]


def _partners(blocks: Sequence[Array], width: int) -> list[int | None]:
    mixes = sum(block != 0 for block in blocks) > 0
    np.fill_diagonal(mixes, False)
    mixes |= mixes.T
    found: list[int | None] = []
    for lane in range(width):
        others = np.flatnonzero(mixes[lane])
        if len(others) > 1:
            raise NotALayout(f"lane {lane} mixes with lanes {', '.join(map(str, others[:8]))}: no pairs of lanes")
        found.append(int(others[0]) if len(others) else None)
    return found


def _residual(
    blocks: dict[tuple[float, ...], Array], mixed: Sequence[tuple[float, ...]], pairs: Sequence[tuple[int, int]],
    first: dict[tuple[int, int], list[float]], second: dict[tuple[int, int], list[float]],
) -> tuple[float, float]:
    """Largest distance of the kernel from the table where all axes move, and what rounding explains.

    A frequency read at one step is off by some roundings of the frequency itself, and the position
    multiplies that; the same holds for the kernel's own float32 angle.
    """
    worst, largest = 0.0, 0.0
    for place in mixed:
        expected = np.eye(len(blocks[place]))
        for a, b in pairs:
            up, down = (sum(f * p for f, p in zip(table[a, b], place, strict=True)) for table in (first, second))
            largest = max(largest, *(sum(abs(f * p) for f, p in zip(t[a, b], place, strict=True))
                                     for t in (first, second)))
            expected[a, a], expected[b, a] = math.cos(up), -math.sin(up)
            expected[a, b], expected[b, b] = math.sin(down), math.cos(down)
        worst = max(worst, float(np.abs(blocks[place] - expected).max()))
    return worst, 64 * ROUNDING * (1 + largest)


def _case(
    width: int, axes: Sequence[str], pairs: Sequence[tuple[int, int]], first: dict[tuple[int, int], list[float]],
    second: dict[tuple[int, int], list[float]], write: npt.NDArray[np.intp], scale: Array,
) -> dict[str, Any]:
    rotations: list[list[Any]] = []
    twisted: list[list[Any]] = []
    for a, b in pairs:
        up, down = first[a, b], second[a, b]
        if not np.allclose(up, down, rtol=1e-5, atol=1e-12):
            twisted.append([a, b, [_short(f) for f in up], [_short(f) for f in down]])
            continue
        moving = [i for i, f in enumerate(up) if f]
        if len(moving) == 1:
            f = up[moving[0]]
            rotations.append([a, b, moving[0], 1 if f > 0 else -1, _short(abs(f))])
        else:
            rotations.append([a, b, list(range(len(axes))), None, [_short(f) for f in up]])
    turning = {lane for pair in pairs for lane in pair}
    sizes: dict[str, list[int]] = {}
    for lane in sorted(turning):
        sizes.setdefault(f"{scale[lane]:.6f}", []).append(lane)
    order = np.argsort(write)
    case: dict[str, Any] = {
        "head_dim": width, "axes": list(axes), "is_rotation": not twisted, "pairs": rotations,
        "passthrough": sorted(set(range(width)) - turning),
        "scale": {size: "all" if len(sizes) == 1 else lanes for size, lanes in sizes.items()} or {"1.0": "all"},
        "output_permutation": None if (order == np.arange(width)).all() else order.tolist(),
    }
    still = [lane for lane in case["passthrough"] if not math.isclose(scale[lane], 1, rel_tol=8 * ROUNDING)]
    if still:
        raise NotALayout(f"lane {still[0]} never turns and is multiplied by {scale[still[0]]:.6g}")
    return case | ({"non_rotation_pairs": twisted} if twisted else {})


def _short(value: float) -> float:
    return float(f"{value:.9g}")
