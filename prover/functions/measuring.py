"""The table of a person's function: found out how it is called, measured, and held against itself.

The probe reads the table from basis vectors at a few positions. Here it is held against the function at all small
positions and some far ones, and between whole ones where the function takes such.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np

from prover.errors import InputError, ProverError, UndecidedError
from prover.functions.calls import parse_call
from prover.functions.child import Child, running
from prover.functions.frames import Array
from prover.functions.further import NEGATIVE, at_negative_positions, in_a_batch
from prover.functions.holding import LONG, early, everywhere, hold, in_a_long_call, off, one_vector, require_forgetful
from prover.functions.limits import Limits
from prover.functions.mistakes import likeness
from prover.functions.plan import CallFailed, Given, NoNumbers, Plan, Position, respond, spread
from prover.functions.reference import Reference
from prover.functions.rounding import ADVICE, narrow_tables, told_format, why_not_proportional
from prover.functions.trials import WIDTHS, Found, find_plan
from prover.measure.measured import Measured, decode
from prover.measure.probe import MIXED, NotALayout, Probe, probe

FARTHEST = {"given": 1 << 6, "blind": 1 << 11, "": 1 << 16}  # positions, by how they are made
LONGEST = (64, 1 << 20)  # that may be asked for
ALL_UP_TO = {"given": 63, "blind": 127, "": 127}
SMALL = 7  # doublings of a position that is small
BETWEEN = 1 / 16
PRINTED = 5e-9  # of a frequency: half a unit in the ninth digit
MAX_WIDTH_HERE = 1024


def measure_function(
    reference: Reference, limits: Limits, call: str | None = None, head_dim: int | None = None,
    given: Given | None = None, longest: int | None = None, several: bool = False,
) -> dict[str, Any]:
    """The table of a function, in the transformers format. Raises NotALayout, UndecidedError or InputError.

    `given`: frequencies of the tables that are made for a function which builds none; else those of base 10000.
    `longest`: up to which position it is measured, and up to which number of tokens in a call.
    `several`: with positions on several axes, if it takes such and single ones too.
    """
    asked = None if call is None else parse_call(call)
    if head_dim is not None and not (0 < head_dim <= MAX_WIDTH_HERE and head_dim % 2 == 0):
        raise InputError(f"expected an even number up to {MAX_WIDTH_HERE}, got {head_dim}", where="--head-dim")
    if longest is not None and not LONGEST[0] <= longest <= LONGEST[1]:
        raise InputError(f"expected {LONGEST[0]} to {LONGEST[1]}, got {longest}", where="--longest")
    widths = (head_dim,) if head_dim is not None else WIDTHS
    start = time.monotonic()
    with running(reference, limits) as child:
        found = find_plan(child, asked, widths, given, several)
        if given is not None and "base" in found.plan.call.things:
            raise InputError(
                f"called as {found.plan.call} it takes its base as an argument, which no layout tells",
                where=reference.text, advice='Write the number in its place, as in --call "f(x, p, 500000)"',
            )
        try:
            entry = _entry(child, found, longest)
        except CallFailed as fault:
            raise NotALayout(f"called as {found.plan} it {fault}", where=reference.text) from None
        except NotALayout as fault:
            fault.where = fault.where or reference.text
            if why := why_not_proportional(child, found.plan) or _where_it_changes(child, found.plan, longest):
                fault.message += f"; {why}"
            raise
        libraries = child.libraries
    left = replace(limits, seconds=max(1.0, limits.seconds - (time.monotonic() - start)))
    with running(reference, left) as fresh:
        # What the search for a call left behind in the function is not in this process.
        try:
            require_forgetful(found.plan, decode("measured", entry, "measured"), early(fresh, found.plan))
        except NotALayout as fault:
            fault.where = reference.text
            raise
    return {"software": libraries, "cases": [{"id": reference.text, **entry}]}


def _entry(child: Child, found: Found, longest: int | None) -> dict[str, Any]:
    plan = found.plan
    gives = plan.call.gives_frequencies
    way = "given" if plan.call.gives_tables else "blind" if plan.is_blind else ""
    notes = list(found.notes)
    first = early(child, plan)
    if name := narrow_tables(child, plan):
        raise UndecidedError(f"called as {plan} it {told_format(name, 'turns by cosines and sines that')}",
                             where=child.reference.text, advice=ADVICE)
    reach, why = _reach(child, plan, FARTHEST[way] if way or longest is None else longest)
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
    hold(child, plan, table, small, [*far, *_apart(plan, reach - 1)])
    require_forgetful(plan, table, first)
    tokens, told = _in_other_calls(child, plan, table, reach if longest else min(reach, LONG), way)
    held = everywhere(child, plan, table, reach, tokens)
    negative = "" if way else at_negative_positions(child, plan, table)
    notes += [*told, *([negative] if negative else [])]
    if len(plan.places) == 1 and (like := likeness(table)):
        notes.append(like)
    notes += _axes_told(plan)
    if found.changes:
        notes.append("it changes its vectors in place; copies were measured")
    notes += [f"it was refused: {what}" for what in child.refused]
    return {
        "called": str(plan.call), "library": plan.library, "bits": plan.bits,
        "tried": _tried(way, reach, tokens, not negative),
        "frequencies_given": plan.given.source if gives else "", "notes": notes, **result.case,
        "frequency_errors": [_error(result, *row) for row in result.case["pairs"]],
        "checks": {
            "positions": kind, "reach": reach, "mixed_position_error": result.residual, "longest_call": tokens,
            "held_at": f"0 to {held - 1}" + "".join(f", {p}" for p in far if p >= held),
        },
    }


def _where_it_changes(child: Child, plan: Plan, longest: int | None) -> str:
    """The position from which on a function is not what its table of small positions says; or empty."""
    if plan.is_blind or plan.call.gives_tables:
        return ""
    try:
        table = decode("measured", _probed(child, plan, 1.0, SMALL).case, "measured")
        bad = longest or FARTHEST[""]
        places = [*(2**k for k in range(SMALL, bad.bit_length())), bad]

        def is_off(place: int, more: float = 1) -> bool:
            return off(table, plan, respond(child, plan, one_vector(plan), [place])[:, 0], [place], more) is not None

        # What float32 leaves open at small positions grows with the position.
        more = 64 if is_off(8 * 2**SMALL, 1 / 64) else 1
        first = next((n for n, place in enumerate(places) if is_off(place, more)), 0)
        if not first:
            return ""
        good, bad = places[first - 1], places[first]
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (good, middle) if is_off(middle, more) else (middle, bad)
    except (ProverError, CallFailed):
        return ""
    return f"up to position {good} it is what it is at small ones, and at {bad} it is not"


def _in_other_calls(child: Child, plan: Plan, table: Measured, tokens: int, way: str) -> tuple[int, list[str]]:
    """Hold the table against calls of many tokens, and of a batch; how many tokens, and notes.

    Raises NotALayout where a batch or the number of tokens makes a difference.
    """
    notes: list[str] = []
    if not way and "t" in plan.axes:
        tokens, notes = in_a_long_call(child, plan, table, tokens)
    else:
        tokens = 1 if plan.is_scalar else tokens
    return tokens, notes + in_a_batch(child, plan)


def _tried(way: str, reach: int, tokens: int, negative: bool) -> str:
    """At which positions a function was measured, in words."""
    told = f"measured at positions 0 to {reach - 1}"
    if way == "given":
        return f"{told} of tables that were made for it"
    if way == "blind":
        return f"{told}, which it counts itself"
    if negative:
        told = f"measured at positions {min(NEGATIVE)} to {reach - 1}"
    return f"{told}, " + (f"in calls of up to {tokens} tokens" if tokens > 1 else "one in a call")


def _error(result: Probe, a: int, b: int, *rest: Any) -> float:
    """In how far the last readings of a frequency differ, and the digit to which it is printed."""
    return float(f"{result.errors.get((a, b), 0.0) + PRINTED * float(np.abs(rest[-1]).max()):.2g}")


def _probed(child: Child, plan: Plan, step: float, doublings: int) -> Probe:
    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        turned_to: Array = respond(child, plan, vectors, [position])[0]
        return turned_to

    return probe(kernel, plan.width, plan.places, (step,) * len(plan.places), doublings)


def _apart(plan: Plan, farthest: int) -> list[Position]:
    """Positions of a call with several axes that differ from axis to axis: far on one alone, and on all."""
    count = len(plan.places)
    if count == 1:
        return []
    alone = [tuple(float(farthest * (axis == own)) for axis in range(count)) for own in range(count)]
    return [*alone, *spread(plan, [farthest, farthest // 3, farthest // 5, 1, farthest // 2, 0])]


def _axes_told(plan: Plan) -> list[str]:
    """Which part of an argument each position axis is, where several are in one."""
    told = []
    for argument in plan.call.arguments:
        if argument.count and argument.axes:
            name = argument.keyword or argument.thing
            at = [", ".join(str(n) if axis == argument.count else ":" for axis in argument.axes)
                  for n in range(len(argument.places))]
            told.append(", ".join(f"axis {p} is {name}[{i}]" for p, i in zip(argument.places, at, strict=True)))
    return told


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
    for place in [*(2**k for k in range(farthest.bit_length())), farthest]:
        if told := _fault(child, plan, place):
            bad, why = place, told
            break
        good = place
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
