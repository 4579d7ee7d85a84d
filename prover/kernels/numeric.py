"""Numeric confirmation on the CPU: the witness holds on real arithmetic, or the refutation shows.

Tolerances are derived, not chosen. With unit roundoff u, a turn theta made of n products has an
error of at most (n + 2) u * sum |frequency * position|; sine and cosine add 2 u, and a score of
width d adds (d + 8) u of its size. Both kernels err, so a score may be off by

    4 s**2 |q| |k| (turn error of q + turn error of k + (d + 8) u).

A negative control runs the same comparison on a damaged witness and has to exceed the tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from prover.claims.claim import Claim
from prover.claims.evidence import (
    EntryRefutation,
    NotRelativeRefutation,
    Refutation,
    ScoreRefutation,
    Token,
    TraceRefutation,
    Witness,
)
from prover.claims.relation import Relation
from prover.exact.enclosure import enclose, is_surely_below
from prover.exact.number import ONE, Exact
from prover.kernels.kernel import Kernel, axis_positions, make_kernel
from prover.kernels.rotation import Array, Rotation

SEED = 20260209
SAMPLES = 4
MAX_DENSE_WIDTH = 1024
MAX_TURN = 10**9
MAX_SIZE = 10**9
PRECISIONS: tuple[tuple[str, type[np.floating]], ...] = (
    ("float64", np.float64),
    ("float32", np.float32),
)
_PLACES = ((0, 1), (3, 2), (17, 5), (4095, 4096), (131071, 131000), (1000003, 999979))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the largest error over the tolerance there, and whether all went as proved."""

    what: str
    precision: str
    error: float
    tolerance: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Confirmation:
    """All comparisons of one verdict, the negative control last.

    `values` are what the source's and the target's float64 kernel give at the counterexample; None
    if there is none or its numbers are beyond floating point.
    """

    comparisons: tuple[Comparison, ...]
    values: tuple[float, float] | None = None

    @property
    def passed(self) -> bool:
        return all(c.passed for c in self.comparisons)


class _Run:
    """Both kernels of a claim in one precision. `tokens`: the pairs of tokens at which a witness is tried."""

    def __init__(
        self, claim: Claim, kernels: tuple[Kernel, Kernel], dtype: type[np.floating],
        tokens: Sequence[tuple[Token, Token]],
    ) -> None:
        self.claim = claim
        self.dtype = dtype
        # By the token's id, with the token, since hashing fractions is slow.
        self._positions: dict[tuple[int, str], tuple[Token, Array]] = {}
        self._rotations: dict[tuple[str, tuple[int, ...]], Rotation] = {}
        self._turn_errors: dict[int, float] = {}
        self.tokens = tokens
        self.source, self.target = (kernel.rounded(dtype) for kernel in kernels)
        self.roundoff = float(np.finfo(dtype).eps) / 2
        self.size = max(float(k.magnitudes.max(initial=1)) for k in (self.source, self.target))

    def lane_magnitudes(self, side: str) -> Array:
        """The magnitude that each lane is multiplied by when it is read."""
        kernel = self.kernel(side)
        found = np.ones(kernel.width, dtype=self.dtype)
        found[kernel.read] = kernel.magnitudes[:, None]
        return found

    def position(self, token: Token, side: str) -> Array:
        key = id(token), side
        if key not in self._positions:
            places = axis_positions(self.claim, token, side, self.kernel(side).axes)
            self._positions[key] = token, np.array([float(place) for place in places], dtype=self.dtype)
        return self._positions[key][1]

    def kernel(self, side: str) -> Kernel:
        return self.source if side == "source" else self.target

    def apply(self, side: str, x: Array, *tokens: Token) -> Array:
        """x at one token, or x of shape (tokens, ..., width) at several."""
        key = side, tuple(map(id, tokens))
        if key not in self._rotations:
            positions = [self.position(token, side) for token in tokens]
            self._rotations[key] = self.kernel(side).at(np.array(positions) if len(tokens) > 1 else positions[0])
        return self._rotations[key].rotate(x)

    def score(self, side: str, q: Array, k: Array, query: Token, key: Token) -> Array:
        """Scores of q and k of shape (..., width), shape (...)."""
        products = self.apply(side, q, query) * self.apply(side, k, key)
        return np.asarray(products.sum(axis=-1))

    def turn_error(self, token: Token) -> float:
        if id(token) not in self._turn_errors:
            self._turn_errors[id(token)] = max(
                (len(self.kernel(side).axes) + 2)
                * self.roundoff
                * self.kernel(side).largest_turn(self.position(token, side))
                for side in ("source", "target")
            )
        return self._turn_errors[id(token)]

    def tolerance(self, query: Token, key: Token, size: float) -> float:
        """What two scores may differ by. `size`: s**2 |q| |k|, with the largest magnitude s that meets q and k."""
        turns = self.turn_error(query) + self.turn_error(key)
        return 4 * size * (turns + (self.source.width + 8) * self.roundoff)


def confirm(
    claim: Claim,
    holds: Witness | None,
    fails: Refutation | None,
    counterexample: ScoreRefutation | EntryRefutation | None,
) -> Confirmation:
    """Run the kernels of both layouts on the evidence."""
    if not _in_float_range(claim):
        what = "kernels were not run, since a number of the claim is beyond 10**9"
        return Confirmation((Comparison(what, "float32", 0.0, 0.0, True),))
    found: list[Comparison] = []
    source = make_kernel(claim.source)
    kernels = source, source if claim.is_of_one_table else make_kernel(claim.target)
    tokens = _tokens(claim)
    runs = [_Run(claim, kernels, dtype, tokens) for _, dtype in PRECISIONS]
    for (precision, _), run in zip(PRECISIONS, runs, strict=True):
        if holds:
            found.append(_hold(run, precision, holds))
        shown = {id(e): e for e in (fails, counterexample) if e is not None}
        found += [_refute(run, precision, evidence) for evidence in shown.values()]
    if holds:
        found.append(_control(runs[0], holds))
    elif fails:
        found.append(_exchange(runs[0], counterexample or fails))
    values = _replay(runs[0], counterexample)[0] if counterexample else None
    return Confirmation(tuple(found), (values[0], values[1]) if values else None)


def _in_float_range(claim: Claim) -> bool:
    """True if frequencies, phases, magnitudes and feeds can be computed with in float32."""
    pairs = [pair for layout in (claim.source, claim.target) for pair in layout.pairs]
    angles = [angle for pair in pairs for angle in pair.distinct_angles]
    angles += [place for feed in claim.feeds for _, place in (*feed.source, *feed.target)]
    numbers = {number for angle in angles for number in (angle.phase, *(f for _, f in angle.frequencies))}
    sizes = {pair.magnitude for pair in pairs} - {ONE}
    return all(_below(number, MAX_TURN) for number in numbers) and all(
        _below(size, MAX_SIZE) and _below(ONE / size, MAX_SIZE) for size in sizes
    )


def _below(value: Exact, limit: int) -> bool:
    return is_surely_below(value, limit) or bool(abs(enclose(value, 64)) < limit)


def _tokens(claim: Claim) -> list[tuple[Token, Token]]:
    """Token pairs at small and large positions over all feeds; neither they nor their steps agree on two axes."""
    found = []
    for place in _PLACES:
        row = []
        for apart, shift in zip((7, 12), place, strict=True):
            for index, feed in enumerate(claim.feeds):
                position = tuple(
                    (name, Fraction(shift + apart * axis + index))
                    for axis, name in enumerate(feed.coordinates)
                )
                row.append(Token(index, position))
        half = len(row) // 2
        found += [(q, k) for q in row[:half] for k in row[half:]]
    return found


def _scale(run: _Run, holds: Witness) -> Array:
    """Factor on each target lane: source magnitude over target magnitude under a pair map."""
    if holds.relation is not Relation.PAIR_MAP:
        return np.ones(run.source.width, dtype=run.dtype)
    return np.asarray(run.lane_magnitudes("source")[np.array(holds.permutation)] / run.lane_magnitudes("target"))


def _compare(run: _Run, holds: Witness, permutation: Array, factor: Array) -> tuple[float, float]:
    """The comparison with the largest error relative to its tolerance: (error, tolerance)."""
    generator = np.random.default_rng(SEED)
    worst, ratio = (0.0, 0.0), -1.0
    loudest = max(float(run.lane_magnitudes("source").max()), float((factor * run.lane_magnitudes("target")).max()))
    for query, key in run.tokens:
        both = generator.standard_normal((2, SAMPLES, run.source.width)).astype(run.dtype)  # q and k
        norms = np.linalg.norm(both, axis=-1)
        ours = run.apply("source", both, query, key)
        theirs = run.apply("target", factor * both[..., permutation], query, key)
        scores = (ours[0] * ours[1]).sum(axis=-1) - (theirs[0] * theirs[1]).sum(axis=-1)
        size = float((norms[0] * norms[1]).max())
        found = [(float(np.abs(scores).max()), run.tolerance(query, key, loudest**2 * size))]
        if holds.relation is Relation.IDENTICAL:
            norm = float(norms[0].max())
            found.append((float(np.abs(ours[0] - theirs[0]).max()), run.tolerance(query, query, loudest * norm)))
        for error, tolerance in found:
            if error > ratio * tolerance:
                worst, ratio = (error, tolerance), error / tolerance
    return worst


def _hold(run: _Run, precision: str, holds: Witness) -> Comparison:
    permutation = np.array(holds.permutation)
    error, tolerance = _compare(run, holds, permutation, _scale(run, holds))
    what = f"the witness for {holds.relation.value} on random q, k"
    return Comparison(what, precision, error, tolerance, error <= tolerance)


def _control(run: _Run, holds: Witness) -> Comparison:
    """A damaged witness: the lanes of the fastest pair and of another unit change places, or a lane is doubled."""
    permutation, factor = np.array(holds.permutation), _scale(run, holds)
    speeds = np.zeros(run.target.width)
    for lanes in run.target.read.T:
        speeds[lanes] = np.abs(run.target.frequencies).sum(axis=1) * run.target.magnitudes
    fast, slow = int(speeds.argmax()), int(speeds.argmin())
    if speeds[fast] > speeds[slow]:
        damaged = permutation.copy()
        damaged[[fast, slow]] = damaged[[slow, fast]]
        error, tolerance = _compare(run, holds, damaged, factor)
        if error > tolerance:
            what = f"negative control: lanes {fast} and {slow} exchanged"
            return Comparison(what, "float64", error, tolerance, True)
    # Where nothing turns, or the feed moves no token, lanes may be exchanged freely. The loudest lane is always heard.
    loud = int((factor * run.lane_magnitudes("target")).argmax())
    factor = factor.copy()
    factor[loud] *= 2
    error, tolerance = _compare(run, holds, permutation, factor)
    return Comparison(f"negative control: lane {loud} doubled", "float64", error, tolerance, error > tolerance)


def _refute(run: _Run, precision: str, evidence: Refutation) -> Comparison:
    """Replay a refutation: each value within its stated interval, give or take the tolerance."""
    values, stated, tolerance, what = _replay(run, evidence)
    error = max(
        (
            max(float(low) - value, value - float(high), 0.0)
            for value, (low, high) in zip(values, stated, strict=True)
        ),
        default=0.0,
    )
    return Comparison(what, precision, error, tolerance, error <= tolerance)


def _exchange(run: _Run, evidence: Refutation) -> Comparison:
    """The refutation replayed with its two sides exchanged, which has to miss the intervals."""
    values, stated, tolerance, what = _replay(run, evidence)
    error = min(
        (
            max(float(low) - value, value - float(high))
            for value, (low, high) in zip(values[::-1], stated, strict=True)
        ),
        default=0.0,
    )
    if error <= tolerance:
        what = f"{what}: the difference is too small for float64, the proof rests on the intervals"
        return Comparison(what, "float64", error, tolerance, True)
    return Comparison(f"negative control: {what}, sides exchanged", "float64", error, tolerance, True)


def _replay(
    run: _Run, evidence: Refutation
) -> tuple[list[float], list[tuple[Fraction, Fraction]], float, str]:
    def hot(lane: int) -> Array:
        x = np.zeros(run.source.width, dtype=run.dtype)
        x[lane] = 1
        return x

    sides = ("source", "target")
    match evidence:
        case EntryRefutation(row=row, column=column, token=token):
            values = [float(run.apply(side, hot(column), token)[row]) for side in sides]
            tolerance = run.tolerance(token, token, run.size**2)
            return values, [evidence.source, evidence.target], tolerance, "the differing output"
        case ScoreRefutation(query=query, key=key):
            q, k = hot(evidence.query_lane), hot(evidence.key_lane)
            values = [float(run.score(side, q, k, query, key)) for side in sides]
            tolerance = run.tolerance(query, key, run.size**2)
            return values, [evidence.source, evidence.target], tolerance, "the differing score"
        case NotRelativeRefutation(side=side, tokens=tokens):
            q, k = hot(evidence.query_lane), hot(evidence.key_lane)
            values = [float(run.score(side, q, k, *pair)) for pair in (tokens[:2], tokens[2:])]
            tolerance = max(run.tolerance(*pair, run.size**2) for pair in (tokens[:2], tokens[2:]))
            what = "two scores at equal distance"
            return values, [evidence.first, evidence.second], tolerance, what
        case TraceRefutation():
            return _replay_trace(run, evidence)


def _replay_trace(
    run: _Run, evidence: TraceRefutation
) -> tuple[list[float], list[tuple[Fraction, Fraction]], float, str]:
    """tr(G**(power + 1) D) with D = product of the D of each feed's part of the position."""
    width = run.source.width
    if width > MAX_DENSE_WIDTH:
        return [], [], 0.0, f"the trace is not replayed above {MAX_DENSE_WIDTH} lanes"
    values = [_trace(run, side, evidence) for side in ("source", "target")]
    token = Token(0, tuple((n, v) for n, v in evidence.position[0]))
    size = width * run.size ** (2 * evidence.power + 4)
    tolerance = run.tolerance(token, token, size) * len(evidence.position) * 2
    return values, [evidence.source, evidence.target], tolerance, "the traces"


def _trace(run: _Run, side: str, evidence: TraceRefutation) -> float:
    basis: Array = np.eye(run.source.width, dtype=run.dtype)
    origins = [
        Token(i, tuple((name, Fraction(0)) for name in feed.coordinates))
        for i, feed in enumerate(run.claim.feeds)
    ]
    left = run.apply(side, basis, origins[0])

    def scores(key: Token) -> Array:
        return np.asarray(left @ run.apply(side, basis, key).T)

    at_origins = [scores(origin) for origin in origins]
    squares = np.diag(at_origins[0])
    total: Array | None = None
    for index, part in enumerate(evidence.position):
        offset = at_origins[index] / squares[:, None]
        moved = scores(Token(index, tuple((n, v) for n, v in part if n != "1"))) / squares[:, None]
        total = (offset.T if total is None else total @ offset.T) @ moved
        times = int(dict(part).get("1", 0))
        total = total @ np.linalg.matrix_power(offset, times) if times else total
    assert total is not None
    return float((squares ** (evidence.power + 1) * np.diag(total)).sum())
