"""How precisely a layout's angles come out in a format, as JSON types and as text. Bounds are rounded up, what was
found is rounded down, so that nothing printed says more than is known.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from prover.bits.precision import Precision, Row, Variant
from prover.exact.display import number_json
from prover.exact.text import rational_text
from prover.reports.text import columns, plain

JSON = dict[str, Any]
SCHEMA = "rope-prover/precision/1"
DIGITS = 4
NEVER, NO_BOUND = "-", "none"
ROUNDED = {
    ("table", "positions"): "only positions are stored in the format",
    ("table", "frequencies"): "only inverse frequencies are stored in it",
    ("table", "angle"): "positions and inverse frequencies are stored in it, and their products are rounded",
    ("table", "tables"): "only cos and sin, times the magnitude, are stored in it",
    ("power", "frequencies"): "only inverse frequencies are worked out in it, each as a power of the base",
    ("power", "angle"): "positions are stored in it, frequencies are powers of the base, and products are rounded",
    ("recurrence", "angle"): "the rounded position is multiplied by one rounded factor, pair after pair",
}


def precision_json(found: Precision) -> JSON:
    """Everything that is known: every variant, every pair."""
    return {
        "schema": SCHEMA,
        "spec": found.loaded.layout.name,
        "title": found.loaded.about.title,
        "positions": found.last,
        "radian": rational_text(found.radian),
        "positions_run": found.tried,
        "series": found.series and {
            "base": rational_text(found.series.base), "exponent_per_step": str(found.series.exponent),
        },
        "strength": {"bounds": "proved", "measured": "numeric only"},
        "variants": [
            {
                "format": v.format, "kernel": v.kernel, "rounded": v.part, "means": ROUNDED[v.kernel, v.part],
                "worst": _worst_json(v), "pairs": [_row_json(row) for row in v.rows],
            }
            for v in found.variants
        ],
        "notes": _notes(found),
        "exit_code": 0,
    }


def _row_json(row: Row) -> JSON:
    seen = row.measured
    return {
        "pair": row.turn.pair,
        "axis": row.turn.axis,
        "frequency": number_json(row.turn.frequency),
        "magnitude": number_json(row.turn.magnitude),
        "angle": {"bound": _upper(row.bound), "measured": _lower(seen.angle), "at": seen.position},
        "score": {"bound": _upper(row.score_bound), "measured": _lower(seen.score)},
        "exceeds": {"bound": row.first_bound, "measured": seen.first},
    }


def _worst_json(variant: Variant) -> JSON:
    row, found = _worst(variant)
    return {
        "pair": row.turn.pair,
        "angle": {"bound": _upper(row.bound), "measured": _lower(found[0])},
        "score": {"bound": _upper(_largest(r.score_bound for r in variant.rows)), "measured": _lower(found[1])},
        "exceeds": {"bound": _first(r.first_bound for r in variant.rows),
                    "measured": _first(r.measured.first for r in variant.rows)},
    }


def _worst(variant: Variant) -> tuple[Row, tuple[Fraction | None, Fraction | None]]:
    """The pair with the largest bound, and the largest errors of angle and score that were found in any pair."""
    row = max(variant.rows, key=lambda row: (row.bound is None, row.bound or 0))
    measured = [row.measured for row in variant.rows]
    return row, (_largest(m.angle for m in measured), _largest(m.score for m in measured))


def _largest(values: Iterable[Fraction | None]) -> Fraction | None:
    """The largest; None, which stands for something infinite, is larger than all."""
    return max(values, key=lambda value: (value is None, value or 0))


def _first(values: Iterable[int | None]) -> int | None:
    """The least of those there are."""
    return min((value for value in values if value is not None), default=None)


def precision_text(found: Precision, every_pair: bool) -> str:
    """A line for each variant; with `every_pair` a table of each under it."""
    layout = found.loaded.layout
    count = len(found.variants[0].rows)
    lines = [
        f"Precision of {plain(layout.name)} ({plain(found.loaded.about.title)})",
        f"{count} pair{'s' * (count != 1)} that turn{'s' * (count == 1)}, positions 0 to {found.last} on each axis "
        f"({plain(', '.join(layout.axes))})",
        "",
    ]
    over = _over(found)
    head = ("format", "kernel", "rounded", "pair", "angle off", "found", "score off", "found", over, "found")
    lines += _table([head, *(_summary(variant) for variant in found.variants)], left=3)
    if every_pair:
        for variant in found.variants:
            lines += ["", f"{variant.format}, {variant.kernel} kernel: {ROUNDED[variant.kernel, variant.part]}"]
            titles = ("pair", "axis", "angle off", "found", "at", "score off", "found", over, "found")
            lines += _table([titles, *map(_pair, variant.rows)], left=0)
    lines += ["", *(line for note in _notes(found) for line in textwrap.wrap(
        note, columns(), initial_indent="", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False,
    ))]
    return "\n".join(lines) + "\n"


def _over(found: Precision) -> str:
    text = rational_text(found.radian)
    return f"over {text if len(text) <= 12 else f'{float(found.radian):.4g}'} at"


def _summary(variant: Variant) -> tuple[str, ...]:
    row, (angle, score) = _worst(variant)
    return (
        variant.format, variant.kernel, variant.part, str(row.turn.pair),
        _up(row.bound), _down(angle), _up(_largest(r.score_bound for r in variant.rows)), _down(score),
        _place(_first(r.first_bound for r in variant.rows)), _place(_first(r.measured.first for r in variant.rows)),
    )


def _pair(row: Row) -> tuple[str, ...]:
    seen = row.measured
    return (
        str(row.turn.pair), plain(row.turn.axis), _up(row.bound), _down(seen.angle), _place(seen.position),
        _up(row.score_bound), _down(seen.score), _place(row.first_bound), _place(seen.first),
    )


def _table(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Columns, the first `left` of them words, which stand to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) if place < left else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def _notes(found: Precision) -> list[str]:
    """What the columns are, and what is taken for granted."""
    radian, is_all = rational_text(found.radian), found.tried > found.last
    notes = [
        "angle off: in radians, proved to be no more, for the pair where that is largest. score off: the same for one "
        "score of a unit q and a unit k of one pair, at any two of the positions. found: the largest in a run of "
        f"NumPy at {'' if is_all else f'{found.tried} of '}all {found.last + 1} positions on each axis, "
        "held against exact angles.",
        f"{_over(found)}: the first position at which an angle may be off by more than {radian} rad by what is proved, "
        f"and the first {'' if is_all else 'run '}at which one is. {NEVER}: none up to {found.last}.",
    ]
    if any(row.bound is None for variant in found.variants for row in variant.rows):
        notes.append(f"{NO_BOUND}: a number there may be too large for the format, which makes it infinite.")
    parts = {(v.kernel, v.part): ROUNDED[v.kernel, v.part] for v in found.variants}
    notes += [f"{kernel}, {part}: {means}." for (kernel, part), means in parts.items()]
    notes.append("Operations are done in the order said, each rounded once to the nearest number, ties to even: no "
                 "fused multiply-add.")
    if found.series is not None:
        base, exponent = rational_text(found.series.base), found.series.exponent
        each = {"power": f"its frequencies are pow({base}, -k*{exponent}) for k = 0, 1, 2 and so on",
                "recurrence": f"its factor is pow({base}, -{exponent})"}
        notes += [
            f"{kernel}: {each[kernel]}. Assumed of pow: it is at most one ulp off the power of its rounded operands. "
            "The run takes the nearest number." for kernel in each if any(v.kernel == kernel for v in found.variants)
        ]
    return notes


def _up(value: Fraction | None) -> str:
    return NO_BOUND if value is None else _shown(value, ROUND_CEILING)


def _down(value: Fraction | None) -> str:
    return "infinite" if value is None else _shown(value, ROUND_FLOOR)


def _shown(value: Fraction, rounding: str) -> str:
    context = Context(prec=DIGITS, rounding=rounding)
    return f"{float(context.divide(Decimal(value.numerator), Decimal(value.denominator))):.{DIGITS}g}"


def _place(position: int | None) -> str:
    return NEVER if position is None else str(position)


def _upper(value: Fraction | None) -> float | None:
    if value is None:
        return None
    near = float(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


def _lower(value: Fraction | None) -> float | None:
    if value is None:
        return None
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, 0)
