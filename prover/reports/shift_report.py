"""By what a cache may be shifted, as JSON types and in words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from prover.claims.properties import Properties
from prover.claims.shift import Change, Shift, Vector
from prover.exact.display import show_number, show_pairs

_ONE = Fraction(1)


def shift_json(found: Properties) -> dict[str, Any]:
    """Axes, steps as fractions by axis, and the words."""
    shift = found.shift
    return {
        "axes": list(shift.axes),
        "axes_that_no_pair_turns_with": list(shift.idle),
        "steps": [{axis: str(step) for axis, step in zip(shift.axes, row, strict=True)} for row in shift.steps],
        "not_looked_at": list(shift.blocked),
        "needs": [change.value for change in shift.changes],
        "takes_one_number": shift.takes_one_number,
        "text": shift_text(found),
    }


def shift_text(found: Properties) -> str:
    """The steps, how the kernel must rotate for them, and what one number on all axes does."""
    shift = found.shift
    parts = []
    if shift.steps:
        parts.append(f"{_steps(shift)}, {_way(found)}")
    elif shift.axes and not shift.blocked:
        parts.append("no step moves what these feeds put on the axes alike")
    if shift.blocked:
        are = "pair {} is" if len(shift.blocked) == 1 else "pairs {} are"
        parts.append(f"{are.format(show_pairs(shift.blocked))} no rotation, and no {'other ' * bool(shift.steps)}steps "
                     "are known")
    if shift.idle:
        parts.append(f"no pair turns with {_listed(shift.idle)}, so any step there changes nothing")
    if len(shift.axes) > 1 and shift.steps:
        parts.append(_one_number(shift))
    return "; ".join(parts)


def _steps(shift: Shift) -> str:
    single = [row for row in shift.steps if sorted(row) == [0] * (len(row) - 1) + [1]]
    own = [axis for i, axis in enumerate(shift.axes) if any(row[i] for row in single)]
    told = [_together(shift.axes, row) for row in shift.steps if row not in single]
    if own:
        told.insert(0, f"any step on {own[0]}" if len(own) == 1 else f"a step of its own on each of {_listed(own)}")
    still = [axis for i, axis in enumerate(shift.axes) if not any(row[i] for row in shift.steps)]
    return " and ".join(told) + (f", none on {_listed(still)}" if still else "")


def _together(axes: Sequence[str], row: Vector) -> str:
    """Axes whose steps are tied."""
    moved = {axis: step for axis, step in zip(axes, row, strict=True) if step}
    if set(moved.values()) == {_ONE}:
        return f"the same step on {_listed(list(moved))}"
    return ", ".join(f"{axis} by {'s' if step == 1 else f'{step}*s'}" for axis, step in moved.items())


def _way(found: Properties) -> str:
    ways = []
    if Change.LANES in found.shift.changes:
        ways.append("that turns in place the lanes that this one writes")
    if Change.MAGNITUDE in found.shift.changes:
        sizes = [size for size in found.magnitudes if size.rational != 1]
        ways.append(f"with cos and sin without the factor {show_number(sizes[0])}" if len(sizes) == 1
                    else "with cos and sin without their factors")
    if Change.PHASE in found.shift.changes:
        ways.append("without the phase, so by the step alone")
    if not ways:
        return "by rotating again with the same kernel"
    return f"by rotating again, not with the same kernel but with one {' and '.join(ways)}"


def _one_number(shift: Shift) -> str:
    start = "one number for all axes is"
    if shift.takes_one_number:
        return f"{start} the same step on {_listed(shift.axes)}"
    return f"{start} none of these"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
