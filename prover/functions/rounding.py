"""The narrow format that a function rounds to, if it does: what it computes is then linear to a few bits alone.

Formats: IEEE 754 binary16, with 11 significant bits, and bfloat16, which is binary32 cut to 8.
"""

from __future__ import annotations

import numpy as np

from prover.functions.child import Child
from prover.functions.frames import Array
from prover.functions.plan import CallFailed, Plan, respond, spread

BITS = {"bfloat16": 8, "float16": 11}
ENOUGH = 8  # different numbers that are none of those every format has
NEAR = 1e-6  # relative: one of the angles of a float32 function beside the narrow number that it is
SLOW = 0.4  # radians at the first of the positions
POSITIONS = (3, 5, 7, 11, 13)
ADVICE = (
    "Measure it in float64 or float32, without what casts in it (.to(torch.bfloat16), .half(), autocast, a dtype that "
    "it was made with): the layout is the same"
)


def narrow_format(numbers: Array) -> str:
    """The narrow format in which all these numbers can be written; empty if there is none, or too few tell."""
    told = _telling(numbers)
    if len(told) < ENOUGH:
        return ""
    return next((name for name in BITS if (rounded(told, name) == told).all()), "")


def rounded(numbers: Array, name: str) -> Array:
    """Numbers rounded to a format, ties to even."""
    if name == "float16":
        with np.errstate(over="ignore"):
            return numbers.astype(np.float16).astype(np.float64)
    bits = numbers.astype(np.float32).view(np.uint32)
    up = bits + (np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1)))
    made: Array = (up & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)
    return made


def told_format(name: str, what: str) -> str:
    """That numbers are rounded, in words."""
    return (f"{what} are all {name} numbers, of {BITS[name]} significant bits, each off by up to one part in "
            f"{2 ** BITS[name]}: it rounds, and whether it is a layout, and which, cannot be told from that")


def narrow_tables(child: Child, plan: Plan) -> str:
    """The format of a function's cosines and sines, if it is a narrow one; else empty."""
    try:
        return narrow_format(respond(child, plan, np.eye(plan.width), spread(plan, POSITIONS)))
    except CallFailed:
        return ""


def why_not_proportional(child: Child, plan: Plan) -> str:
    """Why a function's angles are no fixed frequency times a position, as far as rounding explains it; or empty."""
    try:
        for name, bits in BITS.items():
            first = 2**bits
            # The first whole number that a format lacks is rounded to the even one before.
            one, other, before = respond(child, plan, np.eye(plan.width), [first, first + 1, first - 1])
            if np.array_equal(one, other) and not np.array_equal(one, before):
                return f"it takes position {first + 1} as {first}, as where positions are in {name}"
        angles = _angles(respond(child, plan, np.eye(plan.width), spread(plan, POSITIONS)))
    except CallFailed:
        return ""
    for name in BITS:
        if len(angles) >= ENOUGH and (np.abs(rounded(angles, name) - angles) <= NEAR * angles).all():
            return f"its angles are {name} numbers, as where a position and a frequency are multiplied in {name}"
    return ""


def _angles(matrices: Array) -> Array:
    """The different angles of the pairs that turn slowly enough for no whole turns, by the places on the diagonal."""
    lanes = np.arange(matrices.shape[-1])
    cosines = matrices[:, lanes, lanes]
    found = np.arctan2(np.sqrt(np.maximum((matrices**2).sum(axis=-1) - cosines**2, 0)), cosines)
    slow = (found[0] > 0.01) & (found[0] < SLOW)
    return _telling(np.round(found[:, slow], 12))


def _telling(numbers: Array) -> Array:
    """The different sizes among numbers, without 0 and the powers of two, which every format has."""
    sizes = np.unique(np.abs(numbers))
    told: Array = sizes[(np.frexp(sizes)[0] != 0.5) & (sizes != 0)]
    return told
