"""Which row of the source each row of the target is: from the rows themselves.

Rows that are equal are found by their digests, as they are or once rounded to the other's type. The rest are held
against each other in a few columns first, by a bound that no true partner exceeds, and those that stay within it in
all columns. So every partner is found, and a row with one partner has no other.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.weights.stored.lines import Doubles, Floats, Indices, Lines, rounded
from prover.weights.stored.values import runs

Rows = tuple[int, ...]
Interval = tuple[Doubles, Doubles]
SEEN = 64              # columns that are looked at first
RUNS = 4               # in which they lie
AT_ONCE = 128          # rows of the target that are held against all of the source together
MAX_PARTNERS = 64      # of a row, beyond which they are not told apart
NOT_FINITE = b""       # in place of a digest
SLACK = 2.0**-20       # of what the arithmetic of decoding and comparing adds, relative
UNITS = {"F64": 2.0**-24, "F32": 2.0**-24, "F16": 2.0**-11, "BF16": 2.0**-8}  # half the spacing of numbers near 1


class Closeness(Enum):
    """How the rows of the target agree with those of the source, the worst of them; in this order."""

    EQUAL = "equal"
    ROUNDED = "equal once rounded"
    WITHIN = "within the error of quantisation"
    UNKNOWN = "no bounds are known"

    @property
    def rank(self) -> int:
        return list(Closeness).index(self)


@dataclass(frozen=True, slots=True)
class Related:
    """For each row of the target the rows of the source that it can be.

    `partners`: none where no row of the source, times any factor, is near enough. `overlapping`: rows whose partners
    are not equal to one another and yet within the error. `factors`: what a partner has to be multiplied by, of rows
    where that is not 1. `closeness`: None where nothing agrees. `not_finite`: rows of either side with infinite numbers
    or such that are none, which nothing tells apart.
    """

    partners: tuple[Rows, ...]
    overlapping: Rows
    factors: tuple[tuple[int, float], ...]
    closeness: Closeness | None
    not_finite: Rows = ()

    @property
    def alone(self) -> Rows:
        """Rows that have no partner."""
        return tuple(row for row, partners in enumerate(self.partners) if not partners)

    @property
    def doubled(self) -> bool:
        """Whether some row has several partners, all of them equal."""
        overlapping = set(self.overlapping)
        return any(len(partners) > 1 for row, partners in enumerate(self.partners) if row not in overlapping)


def relate(source: Lines, target: Lines) -> Related:
    """Find the partners of every row. Both have as many rows and columns."""
    assert (source.count, source.columns) == (target.count, target.columns)
    found: list[Rows] = [()] * target.count
    closeness: Closeness | None = None
    equal: dict[int, int] = {}
    wide = any(lines.read(0, 1).dtype == np.float64 for lines in (source, target))
    for cast_source, cast_target, word in _casts(source, target):
        groups: dict[bytes, list[int]] = {}
        for row, key in enumerate(_digests(source, cast_source, wide)):
            groups.setdefault(key, []).append(row)
        keys = list(_digests(target, cast_target, wide))
        strange = [row for row, key in enumerate(keys) if key == NOT_FINITE] or groups.pop(NOT_FINITE, [])
        if strange and word is Closeness.EQUAL:
            return Related(((),) * target.count, (), (), None, tuple(strange))
        same = [tuple(groups.get(key, ())) if key != NOT_FINITE else () for key in keys]
        equal = equal or {row: rows[0] for rows in groups.values() for row in rows}
        if sum(map(bool, same)) > sum(map(bool, found)):
            found, closeness = same, word
        if all(found) and all(len(rows) == count for rows, count in Counter(found).items()):
            return Related(tuple(found), (), (), closeness)
    overlapping: list[int] = []
    if source.bounds is not None or target.bounds is not None:
        # What was quantised may be equal to one row and come from another.
        for row, partners in _within(source, target):
            closeness = Closeness.WITHIN if set(partners) - set(found[row]) else closeness
            found[row] = tuple(sorted({*found[row], *partners}))
            if len({equal[partner] for partner in found[row]}) > 1:
                overlapping.append(row)
    factors: list[tuple[int, float]] = []
    rest = [row for row, partners in enumerate(found) if not partners]
    for row, partner, factor in _scaled(source, target, rest):
        found[row] = (partner,)
        factors.append((row, factor))
        closeness = closeness or Closeness.EQUAL
    return Related(tuple(found), tuple(overlapping), tuple(sorted(factors)), closeness)


def agree(
    source: Lines, target: Lines, rows: Sequence[int], change: Callable[[Floats], Floats] | None = None
) -> Closeness | None:
    """How close target row i is to source row rows[i], each of them; None if one is not. `change`: first of ours."""
    worst = Closeness.EQUAL

    def between(start: int, stop: int) -> tuple[Interval, Interval]:
        low, high = gathered_bounds(source, rows[start:stop])
        if change is not None:
            low, high = change(low).astype(np.float64), change(high).astype(np.float64)
        return (low, high), target.between(start, stop)

    if source.columns != target.columns or len(rows) != target.count or max(rows, default=-1) >= source.count:
        return None
    for start, stop in target.blocks():
        ours, theirs = gathered(source.read, rows[start:stop]), target.read(start, stop)
        word = compare(
            ours if change is None else change(ours), theirs, source, target, partial(between, start, stop)
        )
        if word is None:
            return None
        worst = max(worst, word, key=lambda each: each.rank)
    return worst


def agree_columns(source: Lines, target: Lines, ours: Sequence[int], theirs: Sequence[int]) -> Closeness | None:
    """How close column theirs[i] of the target is to column ours[i] of the source, all of them; None if one is not."""
    worst = Closeness.EQUAL
    if source.count != target.count:
        return None
    a, b = _picker(ours, source.columns), _picker(theirs, target.columns)

    def between(start: int, stop: int) -> tuple[Interval, Interval]:
        (low, high), (least, most) = source.between(start, stop), target.between(start, stop)
        return (a(low), a(high)), (b(least), b(most))

    for start, stop in (source if source.columns > target.columns else target).blocks():
        word = compare(a(source.read(start, stop)), b(target.read(start, stop)), source, target,
                       partial(between, start, stop))
        if word is None:
            return None
        worst = max(worst, word, key=lambda each: each.rank)
    return worst


def _picker(columns: Sequence[int], count: int) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    """What takes these columns of `count`, in this order; all of them as they are."""
    if list(columns) == list(range(count)):
        return lambda values: values
    at = np.asarray(columns)
    return lambda values: values[:, at]


def compare(
    ours: Floats, theirs: Floats, source: Lines, target: Lines, between: Callable[[], tuple[Interval, Interval]]
) -> Closeness | None:
    """How close numbers of the source and of the target are. `between`: the bounds of both, if they are asked for."""
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return Closeness.UNKNOWN
    if np.array_equal(ours, theirs):
        return Closeness.EQUAL
    if np.array_equal(rounded(ours, target.dtype), theirs) or np.array_equal(ours, rounded(theirs, source.dtype)):
        return Closeness.ROUNDED
    if source.bounds is None and target.bounds is None:
        return None
    bounds = between()
    if not _rows_meet(*bounds).all():
        return None
    for run in runs(*ours.shape):
        known = np.logical_and.reduce([np.isfinite(bound[run]) for side in bounds for bound in side])
        blind = ~known.any(axis=1)
        if blind.any() and (ours[run][blind] != theirs[run][blind]).any():
            return Closeness.UNKNOWN
    return Closeness.WITHIN


def gathered(read: Callable[[int, int], Floats], rows: Sequence[int]) -> Floats:
    """Rows by their numbers; runs of them are read together."""
    first, last = min(rows), max(rows) + 1
    if last - first <= 2 * len(rows):
        return np.asarray(read(first, last)[np.asarray(rows) - first])
    return np.concatenate([read(row, row + 1) for row in rows])


def gathered_bounds(lines: Lines, rows: Sequence[int]) -> Interval:
    """Bounds of rows by their numbers."""
    first, last = min(rows), max(rows) + 1
    if last - first <= 2 * len(rows):
        low, high = lines.between(first, last)
        return low[np.asarray(rows) - first], high[np.asarray(rows) - first]
    both = [lines.between(row, row + 1) for row in rows]
    return np.concatenate([low for low, _ in both]), np.concatenate([high for _, high in both])


def _casts(source: Lines, target: Lines) -> Iterator[tuple[str, str, Closeness]]:
    """What both are rounded to before they are compared: not at all, the source to the target's type, the other way."""
    yield "", "", Closeness.EQUAL
    if source.dtype != target.dtype and {source.dtype, target.dtype} <= set(UNITS):
        if target.dtype in ("F16", "BF16"):
            yield target.dtype, "", Closeness.ROUNDED
        if source.dtype in ("F16", "BF16"):
            yield "", source.dtype, Closeness.ROUNDED


def _digests(lines: Lines, dtype: str, wide: bool) -> Iterator[bytes]:
    """Of each row what only equal rows have; one for all rows with a number that is infinite or none."""
    for start, stop in lines.blocks():
        values: Floats = rounded(lines.read(start, stop), dtype).astype(np.float64 if wide else np.float32, copy=False)
        finite = np.atleast_1d(np.isfinite(values).all(axis=1))
        with np.errstate(invalid="ignore"):  # a signalling NaN
            values = values + np.float32(0)  # -0 is 0
        for row, is_finite in zip(np.ascontiguousarray(values), finite, strict=True):
            yield hashlib.blake2b(row.data, digest_size=20).digest() if is_finite else NOT_FINITE


def _rows_meet(ours: Interval, theirs: Interval) -> npt.NDArray[np.bool_]:
    """Row by row, whether in each entry one number lies within both bounds and what arithmetic adds to them."""
    found = np.empty(len(ours[0]), np.bool_)
    for run in runs(*ours[0].shape):
        low, high, least, most = ours[0][run], ours[1][run], theirs[0][run], theirs[1][run]
        slack = _finite(low)
        for bound in (high, least, most):
            slack += _finite(bound)
        slack *= SLACK
        found[run] = ((low <= most + slack) & (least <= high + slack)).all(axis=1)
    return found


def _finite(bound: Doubles) -> Doubles:
    """The magnitudes; 0 where a number is infinite or none."""
    found = np.abs(bound)
    finite = np.isfinite(found)
    if not finite.all():
        found[~finite] = 0.0
    return found


def _seen(columns: int) -> Indices:
    """The columns that are looked at first: in a few runs, so that most blocks of quantised rows stay unread."""
    if columns <= SEEN:
        return np.arange(columns)
    starts = np.linspace(0, columns - SEEN // RUNS, RUNS).astype(np.intp)
    return np.unique((starts[:, None] + np.arange(SEEN // RUNS)).reshape(-1))


def _middles(lines: Lines, at: Indices) -> tuple[Doubles, Doubles, Doubles]:
    """Of these columns of all rows: which have bounds on both sides, as 0 and 1, the middles, and half the widths."""
    known, middles, halves = [], [], []
    for start, stop in lines.blocks():
        low, high = lines.between_at(start, stop, at)
        both = np.isfinite(low) & np.isfinite(high)
        low, high = np.where(both, low, 0.0), np.where(both, high, 0.0)
        known.append(both.astype(np.float64))
        middles.append((low + high) / 2)
        halves.append((high - low) / 2 + SLACK * (np.abs(low) + np.abs(high)))
    return np.concatenate(known), np.concatenate(middles), np.concatenate(halves)


def _within(source: Lines, target: Lines) -> Iterator[tuple[int, Rows]]:
    """For each row of the target all rows of the source whose bounds meet its own in every column."""
    at = _seen(source.columns)
    known, ours, our_halves = _middles(source, at)
    their_known, theirs, their_halves = _middles(target, at)
    # The sum of squared distances is to be no more than that of what is allowed in each column; both are one product.
    squared, more = 1 - SLACK**2, 1 + SLACK
    columns = np.concatenate([
        known, squared * ours * ours - more * our_halves * our_halves, -2 * ours, -2 * more * our_halves], axis=1)
    for start in range(0, target.count, AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        m, t, h = their_known[rows], theirs[rows], their_halves[rows]
        near = np.concatenate([squared * t * t - more * h * h, m, t, h], axis=1) @ columns.T <= 0
        yield from _verified(source, target, start, [np.flatnonzero(row).tolist() for row in near])


def _verified(
    source: Lines, target: Lines, start: int, candidates: Sequence[Sequence[int]]
) -> Iterator[tuple[int, Rows]]:
    """For rows from `start` on, those candidates whose bounds meet in every column; of very many all, unseen."""
    low, high = target.between(start, start + len(candidates))
    found: list[list[int]] = [[] for _ in candidates]
    turn = 0
    rest = [place for place, each in enumerate(candidates) if each]
    while rest:
        ours = gathered_bounds(source, [candidates[place][turn] for place in rest])
        meets = _rows_meet(ours, (low[rest], high[rest]))
        for number, place in enumerate(rest):
            if meets[number]:
                found[place].append(candidates[place][turn])
        turn += 1
        rest = [place for place in rest if len(candidates[place]) > turn and len(found[place]) <= MAX_PARTNERS]
    for place, rows in enumerate(found):  # what is left out is taken to be no partner
        yield start + place, tuple(rows if len(rows) <= MAX_PARTNERS else candidates[place])


def _scaled(source: Lines, target: Lines, rest: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Of these rows those that are one row of the source times a factor, with it; a factor is one for all columns."""
    if not rest or source.columns < 4:
        return
    at = _seen(source.columns)
    units, wanted = _normed(_columns(source, at)), _normed(_columns(target, at))
    for start in range(0, len(rest), AT_ONCE):
        block = np.asarray(rest[start : start + AT_ONCE])
        cosines = np.abs(wanted[block] @ units.T)
        for row, likeness in zip(block.tolist(), cosines, strict=True):
            nearest = np.argsort(-likeness, kind="stable")[:2]
            found = [(each, c) for each in nearest.tolist() if likeness[each] > 0.9
                     if (c := _factor(source, target, each, row)) is not None]
            if len(found) == 1:
                yield row, found[0][0], found[0][1]


def _columns(lines: Lines, at: Indices) -> Doubles:
    return np.concatenate([lines.read(start, stop)[:, at].astype(np.float64) for start, stop in lines.blocks()])


def _normed(values: Doubles) -> Doubles:
    length = np.sqrt((values**2).sum(axis=1, keepdims=True))
    return np.asarray(values / np.where(length > 0, length, 1))


def _factor(source: Lines, target: Lines, ours: int, theirs: int) -> float | None:
    """What the one row is multiplied by to give the other, if there is such a factor."""
    s, t = source.read(ours, ours + 1).astype(np.float64), target.read(theirs, theirs + 1).astype(np.float64)
    length = float((s * s).sum())
    if not length:
        return None
    factor = float((s * t).sum()) / length
    if not factor:
        return None
    power = float(np.copysign(2.0 ** np.round(np.log2(abs(factor))), factor))
    if np.array_equal(power * s, t):
        return power
    if factor == power:
        return None  # a power of two decides what becomes of scores, and is told only where it is exact
    low, high = (factor * bound for bound in source.between(ours, ours + 1))
    unit = max(UNITS.get(source.dtype, UNITS["F32"]), UNITS.get(target.dtype, UNITS["F32"]))
    wider = 4 * unit * np.abs(t) + 1e-30
    least, most = target.between(theirs, theirs + 1)
    near = _rows_meet((np.minimum(low, high) - wider, np.maximum(low, high) + wider), (least, most))
    return factor if bool(near.all()) else None
