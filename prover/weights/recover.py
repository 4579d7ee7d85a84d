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
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from prover.weights.lines import Doubles, Floats, Lines, rounded

Rows = tuple[int, ...]
Indices = npt.NDArray[np.intp]
SEEN = 64              # columns that are looked at first
AT_ONCE = 256          # rows of the target that are held against all of the source together
MAX_PARTNERS = 64      # of a row, beyond which they are not told apart
SLACK = 2.0**-20       # of what the arithmetic of decoding and comparing adds, relative
UNITS = {"F64": 2.0**-24, "F32": 2.0**-24, "F16": 2.0**-11, "BF16": 2.0**-8}  # half the spacing of numbers near 1


class Closeness(Enum):
    """How the rows of the target agree with those of the source, the worst of them; in this order."""

    EQUAL = "equal"
    ROUNDED = "equal once rounded"
    WITHIN = "within the error of quantisation"

    @property
    def rank(self) -> int:
        return list(Closeness).index(self)


@dataclass(frozen=True, slots=True)
class Related:
    """For each row of the target the rows of the source that it can be.

    `partners`: none where no row of the source, times any factor, is near enough. `overlapping`: rows whose partners
    are not equal to one another and yet within the error. `factors`: what a partner has to be multiplied by, of rows
    where that is not 1. `closeness`: None where nothing agrees.
    """

    partners: tuple[Rows, ...]
    overlapping: Rows
    factors: tuple[tuple[int, float], ...]
    closeness: Closeness | None

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
    for cast_source, cast_target, word in _casts(source, target):
        groups: dict[bytes, list[int]] = {}
        for row, key in enumerate(_digests(source, cast_source)):
            groups.setdefault(key, []).append(row)
        same = [tuple(groups.get(key, ())) for key in _digests(target, cast_target)]
        if word is Closeness.EQUAL:
            equal = {row: rows[0] for rows in groups.values() for row in rows}
        if sum(map(bool, same)) > sum(map(bool, found)):
            found, closeness = same, word
        if all(found) and all(len(rows) == count for rows, count in Counter(found).items()):
            return Related(tuple(found), (), (), closeness)
    overlapping: list[int] = []
    if source.error is not None or target.error is not None:
        # What was quantised may be equal to one row and come from another.
        for row, partners in _within(source, target, range(target.count)):
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

    def bound(start: int, stop: int) -> Doubles:
        return gathered(source.errors, rows[start:stop]) + target.errors(start, stop)

    if source.columns != target.columns or len(rows) != target.count or max(rows, default=-1) >= source.count:
        return None
    for start, stop in target.blocks():
        ours, theirs = gathered(source.read, rows[start:stop]), target.read(start, stop)
        word = compare(
            ours if change is None else change(ours), theirs, source, target, partial(bound, start, stop)
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
    a, b = np.asarray(ours), np.asarray(theirs)

    def bound(start: int, stop: int) -> Doubles:
        both = []
        for lines, at in ((source, a), (target, b)):
            errors = lines.errors(start, stop)
            both.append(errors if errors.shape[1] == 1 else errors[:, at])
        return both[0] + both[1]

    for start, stop in (source if source.columns > target.columns else target).blocks():
        word = compare(source.read(start, stop)[:, a], target.read(start, stop)[:, b], source, target,
                       partial(bound, start, stop))
        if word is None:
            return None
        worst = max(worst, word, key=lambda each: each.rank)
    return worst


def compare(
    ours: Floats, theirs: Floats, source: Lines, target: Lines, bound: Callable[[], Doubles]
) -> Closeness | None:
    """How close numbers of the source and of the target are. `bound`: by how much they may differ, if it is asked."""
    if np.array_equal(ours, theirs):
        return Closeness.EQUAL
    if np.array_equal(rounded(ours, target.dtype), theirs) or np.array_equal(ours, rounded(theirs, source.dtype)):
        return Closeness.ROUNDED
    if source.error is None and target.error is None:
        return None
    return Closeness.WITHIN if _is_within(ours, theirs, bound()).all() else None


_Numbers = TypeVar("_Numbers", Floats, Doubles)


def gathered(read: Callable[[int, int], _Numbers], rows: Sequence[int]) -> _Numbers:
    """Rows by their numbers; runs of them are read together."""
    first, last = min(rows), max(rows) + 1
    if last - first <= 2 * len(rows):
        return cast(_Numbers, read(first, last)[np.asarray(rows) - first])
    return cast(_Numbers, np.concatenate([read(row, row + 1) for row in rows]))


def _casts(source: Lines, target: Lines) -> Iterator[tuple[str, str, Closeness]]:
    """What both are rounded to before they are compared: not at all, the source to the target's type, the other way."""
    yield "", "", Closeness.EQUAL
    if source.dtype != target.dtype:
        if target.dtype in ("F16", "BF16"):
            yield target.dtype, "", Closeness.ROUNDED
        if source.dtype in ("F16", "BF16"):
            yield "", source.dtype, Closeness.ROUNDED


def _digests(lines: Lines, dtype: str) -> Iterator[bytes]:
    for start, stop in lines.blocks():
        values = np.ascontiguousarray(rounded(lines.read(start, stop), dtype) + np.float32(0))  # -0 and 0 are equal
        yield from (hashlib.blake2b(row.data, digest_size=20).digest() for row in values)


def _is_within(ours: Floats, theirs: Floats, bound: Doubles) -> npt.NDArray[np.bool_]:
    """Entry by entry, whether two numbers are no farther apart than this and what arithmetic adds."""
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    return np.asarray(np.abs(a - b) <= bound * (1 + SLACK) + SLACK * (np.abs(a) + np.abs(b)))


def _seen(columns: int) -> Indices:
    """The columns that are looked at first."""
    return np.unique(np.linspace(0, columns - 1, min(SEEN, columns)).astype(np.intp))


def _columns(lines: Lines, at: Indices) -> tuple[Doubles, Doubles]:
    """These columns of all rows, and their errors."""
    values, bounds = [], []
    for start, stop in lines.blocks():
        values.append(lines.read(start, stop)[:, at].astype(np.float64))
        errors = lines.errors(start, stop)
        bounds.append(np.broadcast_to(errors if errors.shape[1] == 1 else errors[:, at], (stop - start, len(at))))
    return np.concatenate(values), np.concatenate(bounds)


def _within(source: Lines, target: Lines, rest: Sequence[int]) -> Iterator[tuple[int, Rows]]:
    """For each of these rows of the target all rows of the source within the error of both."""
    at = _seen(source.columns)
    ours, our_bounds = _columns(source, at)
    theirs, their_bounds = _columns(target, at)
    our_bounds = our_bounds + SLACK * np.abs(ours)
    their_bounds = their_bounds + SLACK * np.abs(theirs)
    squares, bound_squares = (ours**2).sum(axis=1), (our_bounds**2).sum(axis=1)
    for start in range(0, len(rest), AT_ONCE):
        block = np.asarray(rest[start : start + AT_ONCE])
        t, e = theirs[block], their_bounds[block]
        apart = (t**2).sum(axis=1)[:, None] + squares[None, :] - 2 * t @ ours.T
        allowed = (e**2).sum(axis=1)[:, None] + bound_squares[None, :] + 2 * e @ our_bounds.T
        near = apart <= allowed * (1 + SLACK) + SLACK * ((t**2).sum(axis=1)[:, None] + squares[None, :])
        for row, candidates in zip(block.tolist(), near, strict=True):
            yield row, tuple(_verified(source, target, row, np.flatnonzero(candidates)))


def _verified(source: Lines, target: Lines, row: int, candidates: Indices) -> Iterator[int]:
    """Those candidates that are within the error in every column; two more than enough where there are very many."""
    theirs, bound = target.read(row, row + 1), target.errors(row, row + 1)
    kept = 0
    for each in candidates.tolist():
        ours = source.read(each, each + 1)
        if _is_within(ours, theirs, bound + source.errors(each, each + 1)).all():
            yield each
            kept += 1
            if kept > MAX_PARTNERS:
                return


def _scaled(source: Lines, target: Lines, rest: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Of these rows those that are one row of the source times a factor, with it; a factor is one for all columns."""
    if not rest or source.columns < 4:
        return
    at = _seen(source.columns)
    ours, _ = _columns(source, at)
    theirs, _ = _columns(target, at)
    units, wanted = _normed(ours), _normed(theirs)
    for start in range(0, len(rest), AT_ONCE):
        block = np.asarray(rest[start : start + AT_ONCE])
        cosines = np.abs(wanted[block] @ units.T)
        for row, likeness in zip(block.tolist(), cosines, strict=True):
            nearest = np.argsort(-likeness, kind="stable")[:2]
            found = [(each, c) for each in nearest.tolist() if likeness[each] > 0.9
                     if (c := _factor(source, target, each, row)) is not None]
            if len(found) == 1:
                yield row, found[0][0], found[0][1]


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
    if factor and abs(abs(factor) - 1) < 1e-3 and np.array_equal(np.sign(factor) * s, t):
        return float(np.sign(factor))
    unit = max(UNITS.get(source.dtype, UNITS["F32"]), UNITS.get(target.dtype, UNITS["F32"]))
    bound = target.errors(theirs, theirs + 1) + abs(factor) * source.errors(ours, ours + 1)
    near = np.abs(t - factor * s) <= bound + 4 * unit * (np.abs(t) + np.abs(factor * s)) + 1e-30
    return factor if factor and bool(near.all()) else None
