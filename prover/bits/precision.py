"""How precisely a layout's angles come out in a format: a proved bound, and what a run shows, for each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prover.bits.error_bounds import (
    Bound,
    frequency_bound,
    positions_bound,
    power_frequency,
    product_bound,
    recurrence_bounds,
    score_bound,
    stored_frequency,
    table_bounds,
)
from prover.bits.error_run import (
    Doubles,
    Measured,
    Run,
    power_float,
    rounded_doubles,
    run_product,
    run_tables,
    stored_float,
    tried_positions,
)
from prover.bits.turns import Series, Turn, series_of, turns_of
from prover.errors import EvidenceError, InputError
from prover.exact.storing import Format, format_of
from prover.layouts.loading import Loaded

FORMATS = ("float32", "bfloat16", "float16")
PARTS = {
    "table": ("positions", "frequencies", "angle", "tables"),
    "power": ("frequencies", "angle"),
    "recurrence": ("angle",),
}
KERNELS = tuple(PARTS)
LAST_POSITION = (1 << 31) - 1
LEAST_RADIAN, MOST_RADIAN = Fraction(1, 10**30), Fraction(10**6)


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of a variant. Bounds are proved, in radians and for unit q and k; None: something may be infinite.

    `first_bound`, `first_measured`: the least position at which the angle's error, bound or found, is above the radian
    that was asked for.
    """

    turn: Turn
    bound: Fraction | None
    score_bound: Fraction | None
    first_bound: int | None
    measured: Measured


@dataclass(frozen=True, slots=True)
class Variant:
    """A format, how a kernel comes to its frequencies, and what of it is rounded: one of PARTS."""

    format: str
    kernel: str
    part: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Precision:
    """All variants asked for, at positions 0 to `last` on each axis. `tried`: how many of these were run.

    `series`: what a kernel takes powers of, where one does.
    """

    loaded: Loaded
    last: int
    radian: Fraction
    tried: int
    series: Series | None
    variants: tuple[Variant, ...]


def measure_precision(
    loaded: Loaded, last: int, radian: Fraction, formats: Sequence[str] = FORMATS, kernels: Sequence[str] = ("table",)
) -> Precision:
    """Bounds and measured errors of every pair. Raises InputError for what cannot be asked."""
    _check(last, radian, formats, kernels)
    turns = turns_of(loaded)
    series = series_of(loaded, turns) if set(kernels) - {"table"} else None
    kinds = tuple(format_of(name) for name in dict.fromkeys(formats))
    at = tried_positions(last, len(turns))
    near_at = {kind.name: rounded_doubles(at, kind) for kind in kinds}
    factors = {} if series is None else {kind.name: power_float(kind, series, 1) for kind in kinds}
    wanted = [(kind, kernel, part) for kind in kinds for kernel in dict.fromkeys(kernels) for part in PARTS[kernel]]
    found: dict[tuple[str, str, str], list[Measured]] = {
        (kind.name, kernel, part): [] for kind, kernel, part in wanted
    }
    carried: dict[str, Doubles] = {}
    for index, turn in enumerate(turns):
        run = Run.of(turn, at)
        tables = run_tables(run, kinds, radian) if "table" in kernels else {}
        for kind, kernel, part in wanted:
            if part == "tables":
                found[kind.name, kernel, part].append(tables[kind.name])
                continue
            positions = near_at[kind.name]
            if part == "positions":
                angles = run.positions(positions)
            elif series is not None and kernel == "recurrence":
                first = series.steps[index] == 0
                carried[kind.name] = positions if first else run_product(
                    kind, carried[kind.name], factors[kind.name]
                )
                angles = run.computed(carried[kind.name])
            else:
                if series is not None and kernel == "power":
                    near = power_float(kind, series, series.steps[index])
                else:
                    near = stored_float(kind, turn.frequency)
                alone = part == "frequencies"
                angles = run.frequency(near) if alone else run.computed(run_product(kind, positions, near))
            found[kind.name, kernel, part].append(angles.measured(radian))
    variants = tuple(
        Variant(kind.name, kernel, part, tuple(
            _row(turn, kind, bound, seen, last, radian, part)
            for turn, bound, seen in zip(
                turns, _bounds(kind, kernel, part, turns, series), found[kind.name, kernel, part], strict=True
            )
        ))
        for kind, kernel, part in wanted
    )
    return Precision(loaded, last, radian, at.size, series, variants)


def _check(last: int, radian: Fraction, formats: Sequence[str], kernels: Sequence[str]) -> None:
    if isinstance(last, bool) or not isinstance(last, int) or not 1 <= last <= LAST_POSITION:
        shown = str(last)[:40] if not isinstance(last, int) or abs(last) < 10**40 else "a number of more than 40 digits"
        raise InputError(f"is {shown}, expected a whole number from 1 to {LAST_POSITION}", where="positions",
                         advice="The largest position on each axis, such as 131072")
    if not LEAST_RADIAN <= radian <= MOST_RADIAN:
        raise InputError("is out of range, expected radians from 1e-30 to 1e6", where="radian")
    for what, given, known in (("format", formats, FORMATS), ("kernel", kernels, KERNELS)):
        if not given:
            raise InputError("none is given", where=what, advice=f"There are {', '.join(known)}")
        for name in given:
            if name not in known:
                raise InputError(f"there is no '{str(name)[:40]}'", where=what, advice=f"There are {', '.join(known)}")


def _bounds(
    kind: Format, kernel: str, part: str, turns: tuple[Turn, ...], series: Series | None
) -> Iterator[Bound | None]:
    """What is proved of each turn's angle; None for tables, whose error does not depend on the position."""
    if kernel == "recurrence":
        assert series is not None
        yield from recurrence_bounds(kind, series, turns)
        return
    for index, turn in enumerate(turns):
        if part == "positions":
            yield positions_bound(kind, turn)
        elif part == "tables":
            yield None
        else:
            near = stored_frequency(kind, turn)
            if kernel == "power":
                assert series is not None
                near = power_frequency(kind, series, series.steps[index], turn)
            yield frequency_bound(near) if part == "frequencies" else product_bound(kind, near)


def _row(
    turn: Turn, kind: Format, bound: Bound | None, seen: Measured, last: int, radian: Fraction, part: str
) -> Row:
    if bound is None:
        tables = table_bounds(kind, turn.magnitude)
        angle, score = (None, None) if tables is None else tables
        row = Row(turn, angle, score, 0 if angle is None or angle > radian else None, seen)
    else:
        error = bound(last)
        first = _first_above(bound, last, radian)
        row = Row(turn, None, None, first, seen) if error is None else Row(
            turn, error.angle, score_bound(error, turn.magnitude), first, seen
        )
    _require_below(row, f"pair {turn.pair}, {kind.name}, {part}")
    return row


def _first_above(bound: Bound, last: int, radian: Fraction) -> int | None:
    """The least position up to which the bound is above `radian`; it grows with the position."""
    def above(position: int) -> bool:
        error = bound(position)
        return error is None or error.angle > radian

    return _least(above, last) if above(last) else None


def _least(holds: Callable[[int], bool], last: int) -> int:
    """The least number from 0 to `last` for which something holds that holds for all after it."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _require_below(row: Row, what: str) -> None:
    """A run that errs by more than is proved is a fault of the bound, and nothing may be told then."""
    seen = row.measured
    pairs = ((row.bound, seen.angle), (row.score_bound, seen.score))
    if any(bound is not None and (found is None or found > bound) for bound, found in pairs) or (
        seen.first is not None and (row.first_bound is None or seen.first < row.first_bound)
    ):
        raise EvidenceError(f"{what}: the run errs by more than the bound that was proved",
                            advice="This is a fault of rope-prover; please report the spec")
