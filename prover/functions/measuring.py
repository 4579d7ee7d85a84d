"""The table of a person's function: found out how it is called, measured, and held against itself.

The probe reads the table from basis vectors at a few positions. Here it is held against the function at all small
positions and some far ones, and between whole ones where the function takes such.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from prover.errors import InputError
from prover.functions.calls import parse_call
from prover.functions.child import Child, running
from prover.functions.frames import Array
from prover.functions.holding import early, hold, in_a_long_call, off, one_vector, require_forgetful
from prover.functions.limits import Limits
from prover.functions.mistakes import likeness
from prover.functions.plan import CallFailed, Given, NoNumbers, Plan, respond
from prover.functions.reference import Reference
from prover.functions.trials import WIDTHS, Found, find_plan
from prover.measure.measured import decode
from prover.measure.probe import MIXED, NotALayout, Probe, probe

FARTHEST = {"given": 6, "blind": 11, "": 16}  # powers of two of positions, by how they are made
ALL_UP_TO = {"given": 63, "blind": 127, "": 127}
BETWEEN = 1 / 16
PRINTED = 5e-9  # of a frequency: half a unit in the ninth digit
MAX_WIDTH_HERE = 1024


def measure_function(
    reference: Reference, limits: Limits, call: str | None = None, head_dim: int | None = None,
    given: Given | None = None,
) -> dict[str, Any]:
    """The table of a function, in the transformers format. Raises NotALayout or InputError.

    `given`: frequencies of the tables that are made for a function which builds none; else those of base 10000.
    """
    asked = None if call is None else parse_call(call)
    if head_dim is not None and not (0 < head_dim <= MAX_WIDTH_HERE and head_dim % 2 == 0):
        raise InputError(f"expected an even number up to {MAX_WIDTH_HERE}, got {head_dim}", where="--head-dim")
    widths = (head_dim,) if head_dim is not None else WIDTHS
    with running(reference, limits) as child:
        found = find_plan(child, asked, widths, given)
        if given is not None and "base" in found.plan.call.things:
            raise InputError(
                f"called as {found.plan.call} it takes its base as an argument, which no layout tells",
                where=reference.text, advice='Write the number in its place, as in --call "f(x, p, 500000)"',
            )
        try:
            entry = _entry(child, found)
        except CallFailed as fault:
            raise NotALayout(f"called as {found.plan} it {fault}", where=reference.text) from None
        except NotALayout as fault:
            fault.where = fault.where or reference.text
            raise
        return {"software": child.libraries, "cases": [{"id": reference.text, **entry}]}


def _entry(child: Child, found: Found) -> dict[str, Any]:
    plan = found.plan
    gives = plan.call.gives_frequencies
    way = "given" if plan.call.gives_tables else "blind" if plan.is_blind else ""
    notes = list(found.notes)
    first = early(child, plan)
    reach, why = _reach(child, plan, 2 ** FARTHEST[way])
    if why:
        notes.append(f"from position {reach} on it {why}")
    small = _small(child, plan, min(reach, ALL_UP_TO[way] + 1))
    if reach <= max(MIXED[0][0], MIXED[1][0]):
        raise NotALayout(f"works at positions 0 to {reach - 1} alone, too few to measure it: at {reach} it {why}")
    kind, doublings = "whole", int(math.log2(reach - 1))
    result = _probed(child, plan, 1.0, doublings)
    if not way:
        result, kind, told = _between(child, plan, result, doublings, reach)
        notes += told
    table = decode("measured", result.case, "measured")
    far = [p for p in sorted({reach - 1, reach // 3, reach // 7, 5 * reach // 8}) if p >= len(small)]
    hold(child, plan, table, small, far)
    require_forgetful(plan, table, first)
    if not way and "t" in plan.axes:
        notes += in_a_long_call(child, plan, table, reach)
    if like := likeness(table):
        notes.append(like)
    if found.changes:
        notes.append("it changes its vectors in place; copies were measured")
    notes += [f"it was refused: {what}" for what in child.refused]
    return {
        "called": str(plan.call), "library": plan.library, "bits": plan.bits,
        "frequencies_given": plan.given.source if gives else "", "notes": notes, **result.case,
        "frequency_errors": [_error(result, *row) for row in result.case["pairs"]],
        "checks": {
            "positions": kind, "reach": reach, "mixed_position_error": result.residual,
            "held_at": f"0 to {len(small) - 1}" + "".join(f", {p}" for p in far),
        },
    }


def _error(result: Probe, a: int, b: int, *rest: Any) -> float:
    """In how far the last readings of a frequency differ, and the digit to which it is printed."""
    return float(f"{result.errors.get((a, b), 0.0) + PRINTED * float(np.abs(rest[-1]).max()):.2g}")


def _probed(child: Child, plan: Plan, step: float, doublings: int) -> Probe:
    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        turned_to: Array = respond(child, plan, vectors, position)[0]
        return turned_to

    return probe(kernel, plan.width, ("p",), (step,), doublings)



def _fault(child: Child, plan: Plan, position: float) -> str:
    """How the function fails at a position; empty if it does not."""
    try:
        respond(child, plan, one_vector(plan), [position])
    except CallFailed as fault:
        return str(fault)
    return ""


def _reach(child: Child, plan: Plan, farthest: int) -> tuple[int, str]:
    """The first position from which on the function fails, at most one past `farthest`, and how it fails there."""
    good, bad, why = 0, farthest + 1, ""
    for k in range(farthest.bit_length()):
        if told := _fault(child, plan, 2**k):
            bad, why = 2**k, told
            break
        good = 2**k
    while why and bad - good > 1:
        middle = (good + bad) // 2
        if told := _fault(child, plan, middle):
            bad, why = middle, told
        else:
            good = middle
    return bad, why


def _small(child: Child, plan: Plan, count: int) -> Array:
    """What becomes of one vector at positions 0, 1 ... count - 1. Raises NotALayout if some fail."""
    try:
        return respond(child, plan, one_vector(plan), range(count))[:, 0]
    except CallFailed:
        failing = {position: told for position in range(count) if (told := _fault(child, plan, position))}
        if not failing:
            raise
        places = ", ".join(map(str, list(failing)[:8])) + (" ..." if len(failing) > 8 else "")
        first = next(iter(failing))
        raise NotALayout(
            f"{failing[first]} at position {places}, of 0 to {count - 1}", where=child.reference.text
        ) from None


def _between(
    child: Child, plan: Plan, result: Probe, doublings: int, reach: int
) -> tuple[Probe, str, list[str]]:
    """Hold the table against the function between whole positions, where it takes such; read finer if it has to be."""
    try:
        found = respond(child, plan, one_vector(plan), [0.0, BETWEEN, 1.0, 1 + BETWEEN])[:, 0]
    except (CallFailed, NoNumbers):
        return result, "whole", [_WHOLE]
    table = decode("measured", result.case, "measured")
    if off(table, plan, found, [0.0, BETWEEN, 1.0, 1 + BETWEEN]) is None:
        return result, "real", []
    if np.array_equal(found[1], found[0]) and np.array_equal(found[3], found[2]):
        return result, "whole", [f"it takes the whole part of a position; {_WHOLE}"]
    finer = _probed(child, plan, BETWEEN, doublings + 4)
    table = decode("measured", finer.case, "measured")
    whole = respond(child, plan, one_vector(plan), range(min(reach, 16)))[:, 0]
    if off(table, plan, whole, range(len(whole))) is None:
        return finer, "real", [f"a pair turns by pi or more from one position to the next: read at steps of {BETWEEN}"]
    return result, "whole", [f"between whole positions it does something else than at them; {_WHOLE}"]



_WHOLE = "frequencies were read at whole positions, where 2 pi more per position cannot be seen"
