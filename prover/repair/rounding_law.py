"""The law that frequencies were rounded to a format of floating point. Nothing here proves anything."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from prover.exact.angle import Angle
from prover.exact.enclosure import bounds, enclose
from prover.exact.number import Exact, exact
from prover.exact.storing import FORMATS, Format
from prover.layouts.layout import Layout
from prover.repair.axis_laws import RuleChange

PRECISIONS = (96, 256, 1024)


def rounded_changes(layout: Layout, other: Layout) -> Iterator[RuleChange]:
    """Where all frequencies of the other side are numbers of a format, these of this side rounded to it."""
    theirs = [f.rational for p in other.pairs for angle in p.distinct_angles for _, f in angle.frequencies]
    for kind in FORMATS:
        if not all(each is not None and (not each or kind.place(abs(each)) is not None) for each in theirs):
            continue
        try:
            pairs = tuple(pair.with_angles(lambda angle, kind=kind: _rounded(angle, kind))  # type: ignore[misc]
                          for pair in layout.pairs)
        except ArithmeticError:
            continue
        yield RuleChange({"format": kind.name}, pairs)


def _rounded(angle: Angle, kind: Format) -> Angle:
    return Angle.of({axis: exact(_nearest(f, kind)) for axis, f in angle.frequencies}, angle.phase)


def _nearest(value: Exact, kind: Format) -> Fraction:
    """The number of the format. Raises ArithmeticError where the value is too near to the middle of two."""
    if value.rational is not None:
        return kind.nearest(value.rational)
    for precision in PRECISIONS:
        low, high = (kind.nearest(end) for end in bounds(enclose(value, precision)))
        if low == high:
            return low
    raise ArithmeticError(f"{value} lies between two numbers of {kind.name}")
