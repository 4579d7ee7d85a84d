"""A layout read out of a black-box kernel by running it on basis vectors, as a table that `conform` reads.

The kernel gets vectors of one head and a position per axis. Nothing is assumed about which lanes go
together; a kernel that is not linear, or that no pairs of lanes describe, is reported as that.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import ProverError

Array = npt.NDArray[np.float64]
Kernel = Callable[[Array, tuple[float, ...]], Array]

ROUNDING = 2.0**-24
Turns = tuple[list[float], list[float], list[float], list[float]]  # alpha, beta, gamma, delta, by axis
COSINES = (0, 3)
MAX_DOUBLINGS = 17
AGAIN = 0.5  # radians within which an angle twice as far out has to be
LAST = 3  # readings whose differences tell the error
# Places for the check at the end, one number per axis.
MIXED = ((3, 5, 7, 11, 13, 17, 19, 23), (40, 9, 26, 2, 31, 14, 5, 33))


class NotALayout(ProverError):
    """The kernel was measured, and what it does is no layout."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Probe:
    """A measured table in the transformers format, and how far it is from the kernel elsewhere.

    `errors`: in how far the last readings of a pair's frequencies differ, for pairs read again further out.
    """

    case: dict[str, Any]
    residual: float
    tolerance: float
    errors: dict[tuple[int, int], float] = field(default_factory=dict)


def probe(
    kernel: Kernel, width: int, axes: Sequence[str], units: Sequence[float] | None = None, doublings: int = 0,
) -> Probe:
    """Measure a kernel: (n, width) vectors and a position per axis to (n, width) vectors.

    `units` is the step on each axis at which a frequency is read; no pair may turn by pi or more in
    it. With `doublings` it is read again at 2, 4 ... steps, whole turns counted by what was read before.
    Raises NotALayout if the kernel is not linear or mixes lanes in no pairs.
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
    turns: dict[tuple[int, int], Turns] = {}
    for a, b in pairs:
        if not math.isclose(scale[a], scale[b], rel_tol=8 * ROUNDING):
            raise NotALayout(f"lanes {a} and {b} turn together with magnitudes {scale[a]:.6g} and {scale[b]:.6g}")
        read = [(blocks[place][[a, b]][:, [a, b]], step) for place, step in zip(places, steps, strict=True)]
        # blocks[i, k] is what input lane i puts on the place of lane k.
        up = [math.atan2(-m[1, 0], m[0, 0]) / step for m, step in read]
        down = [math.atan2(m[0, 1], m[1, 1]) / step for m, step in read]
        turns[a, b] = (up, up, down, down)
    general = [pair for pair in pairs if not _explained(blocks, mixed, [pair], turns)]
    if general:
        def at(place: tuple[float, ...]) -> Array:
            return _matrix(kernel, width, place)[:, write] / scale[:, None]

        turns |= _four_angles(at, steps, general, {place: blocks[place] for place in mixed})
    errors: dict[tuple[int, int], float] = {}
    if doublings:
        def further(place: tuple[float, ...]) -> Array:
            return _matrix(kernel, width, place)[:, write] / scale[:, None]

        turns, errors = _read_further(further, steps, turns, set(general), doublings)
    residual, tolerance = _residual(blocks, mixed, pairs, turns)
    if residual > tolerance:
        raise NotALayout(
            f"angles are not a fixed frequency times the position: at {', '.join(map(str, mixed))} the kernel is "
            f"{residual:.3g} from the table read at one step, where rounding explains {tolerance:.3g}"
        )
    case = _case(width, axes, pairs, turns, write, scale)
    return Probe(case, residual, tolerance, errors)


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


def _read_further(
    at: Callable[[tuple[float, ...]], Array], steps: tuple[float, ...], turns: dict[tuple[int, int], Turns],
    general: set[tuple[int, int]], doublings: int,
) -> tuple[dict[tuple[int, int], Turns], dict[tuple[int, int], float]]:
    """Frequencies of pairs with an angle for each lane, read at 2, 4 ... steps, and how far the last readings differ.

    Twice as far, an angle is known to within twice the error of the last one: whole turns are counted by it, and an
    angle that is not where it has to be is no fixed frequency times the position.
    """
    found = {pair: [list(four[0]), list(four[2])] for pair, four in turns.items() if pair not in general}
    errors = dict.fromkeys(found, 0.0)
    for axis, step in enumerate(steps):
        readings: dict[tuple[int, int], list[tuple[float, float]]] = {pair: [] for pair in found}
        for k in range(1, doublings + 1):
            place = tuple(step * 2**k if i == axis else 0.0 for i in range(len(steps)))
            block = at(place)
            for (a, b), own in found.items():
                m = block[[a, b]][:, [a, b]]
                for lane, angle in enumerate((math.atan2(-m[1, 0], m[0, 0]), math.atan2(m[0, 1], m[1, 1]))):
                    expected = own[lane][axis] * place[axis]
                    off = math.remainder(angle - expected, 2 * math.pi)
                    if abs(off) > AGAIN:
                        raise NotALayout(
                            f"the angle of lanes {a} and {b} is no fixed frequency times the position: at position "
                            f"{place[axis]:g} it is {off:.3g} from where the positions before say"
                        )
                    own[lane][axis] = (expected + off) / place[axis]
                readings[a, b].append((own[0][axis], own[1][axis]))
        for pair, read in readings.items():
            last = read[-LAST:]
            errors[pair] = max(errors[pair], *(abs(r[lane] - last[-1][lane]) for r in last for lane in (0, 1)))
    return turns | {pair: (up, up, down, down) for pair, (up, down) in found.items()}, errors


def _four_angles(
    at: Callable[[tuple[float, ...]], Array], steps: tuple[float, ...], pairs: Sequence[tuple[int, int]],
    mixed: dict[tuple[float, ...], Array],
) -> dict[tuple[int, int], Turns]:
    """Each entry's own frequency on every axis, where no angle gives both a lane's cosine and its sine.

    A cosine near 1 tells little, so an entry is read at the first of 1, 2, 4 ... steps where it has turned by half a
    radian; the signs of a cosine's frequencies are those that fit where all axes move.
    """
    found: dict[tuple[int, int], list[list[float]]] = {pair: [[], [], [], []] for pair in pairs}
    for axis, step in enumerate(steps):
        far = [tuple(step * 2**k if i == axis else 0.0 for i in range(len(steps))) for k in range(MAX_DOUBLINGS)]
        waiting = {(pair, which) for pair in pairs for which in range(4)}
        for k, place in enumerate(far):
            block = at(place) if waiting else None
            for pair, which in sorted(waiting):
                assert block is not None
                value = min(1.0, max(-1.0, _entry(block, pair, which)))
                turn = math.acos(value) if which in COSINES else math.asin(value)
                if abs(turn) > 0.5 or k == MAX_DOUBLINGS - 1:
                    found[pair][which].append(turn / (step * 2**k))
                    waiting.remove((pair, which))
    for pair, four in found.items():
        for which in COSINES:
            signs = itertools.product((1, -1), repeat=max(0, len(steps) - 1))
            choices = [[four[which][0], *(s * f for s, f in zip(own, four[which][1:], strict=True))] for own in signs]
            four[which] = min(choices, key=lambda choice: max(
                abs(_entry(block, pair, which) - math.cos(_turn(choice, place))) for place, block in mixed.items()
            ))
    return {pair: (four[0], four[1], four[2], four[3]) for pair, four in found.items()}


def _entry(block: Array, pair: tuple[int, int], which: int) -> float:
    """cos alpha, sin beta, sin gamma or cos delta: block[i, k] is what input lane i puts on the place of lane k."""
    a, b = pair
    return float((block[a, a], -block[b, a], block[a, b], block[b, b])[which])


def _turn(frequencies: Sequence[float], place: tuple[float, ...]) -> float:
    return sum(f * p for f, p in zip(frequencies, place, strict=True))


def _explained(
    blocks: dict[tuple[float, ...], Array], mixed: Sequence[tuple[float, ...]], pairs: Sequence[tuple[int, int]],
    turns: dict[tuple[int, int], Turns],
) -> bool:
    residual, tolerance = _residual(blocks, mixed, pairs, turns)
    return residual <= tolerance


def _residual(
    blocks: dict[tuple[float, ...], Array], mixed: Sequence[tuple[float, ...]], pairs: Sequence[tuple[int, int]],
    turns: dict[tuple[int, int], Turns],
) -> tuple[float, float]:
    """Largest distance of the kernel on these lanes from the table where all axes move, and what rounding explains.

    A frequency read at one step is off by some roundings of the frequency itself, and the position
    multiplies that; the same holds for the kernel's own float32 angle.
    """
    worst, largest = 0.0, 0.0
    alone = len(pairs) == 1
    for place in mixed:
        expected = np.eye(len(blocks[place]))
        for a, b in pairs:
            alpha, beta, gamma, delta = (_turn(frequencies, place) for frequencies in turns[a, b])
            sizes = (sum(abs(f * p) for f, p in zip(t, place, strict=True)) for t in turns[a, b])
            largest = max(largest, *sizes)
            expected[a, a], expected[b, a] = math.cos(alpha), -math.sin(beta)
            expected[a, b], expected[b, b] = math.sin(gamma), math.cos(delta)
        off = np.abs(blocks[place] - expected)
        worst = max(worst, float((off[list(pairs[0])] if alone else off).max()))
    return worst, 64 * ROUNDING * (1 + largest)


def _case(
    width: int, axes: Sequence[str], pairs: Sequence[tuple[int, int]], turns: dict[tuple[int, int], Turns],
    write: npt.NDArray[np.intp], scale: Array,
) -> dict[str, Any]:
    rotations: list[list[Any]] = []
    twisted: list[list[Any]] = []
    general: list[list[Any]] = []
    for a, b in pairs:
        up, sine, other, down = turns[a, b]
        if not (np.allclose(up, sine, rtol=1e-5, atol=1e-12) and np.allclose(other, down, rtol=1e-5, atol=1e-12)):
            general.append([a, b, *([_short(f) for f in four] for four in turns[a, b])])
            continue
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
    listed = range(width) if len({f"{scale[lane]:.6f}" for lane in turning}) > 1 else sorted(turning)
    for lane in listed:
        sizes.setdefault(f"{scale[lane]:.6f}", []).append(lane)
    order = np.argsort(write)
    case: dict[str, Any] = {
        "head_dim": width, "axes": list(axes), "is_rotation": not twisted and not general, "pairs": rotations,
        "passthrough": sorted(set(range(width)) - turning),
        "scale": {size: "all" if len(sizes) == 1 else lanes for size, lanes in sizes.items()} or {"1.0": "all"},
        "output_permutation": None if (order == np.arange(width)).all() else order.tolist(),
    }
    still = [lane for lane in case["passthrough"] if not math.isclose(scale[lane], 1, rel_tol=8 * ROUNDING)]
    if still:
        raise NotALayout(f"lane {still[0]} never turns and is multiplied by {scale[still[0]]:.6g}")
    more = {"non_rotation_pairs": twisted, "general_pairs": general}
    return case | {name: rows for name, rows in more.items() if rows}


def _short(value: float) -> float:
    return float(f"{value:.9g}")
