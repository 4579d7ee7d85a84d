"""What a layout does not say and a caller meets all the same: negative positions, and batches of more than one."""

from __future__ import annotations

import numpy as np

from prover.functions.calls import POSITIONS, TABLES, VECTORS
from prover.functions.child import Child
from prover.functions.frames import Array
from prover.functions.holding import off, one_vector
from prover.functions.plan import BATCH, CallFailed, Plan, Position, respond, spread, turn, turn_batch
from prover.measure.measured import Measured
from prover.measure.probe import NotALayout

NEGATIVE = (-1, -2, -5, -8)


def at_negative_positions(child: Child, plan: Plan, table: Measured) -> str:
    """What a function that takes positions does with negative ones, in words; empty if what its table says."""
    places = spread(plan, NEGATIVE)
    try:
        found = respond(child, plan, one_vector(plan), places)[:, 0]
    except CallFailed as fault:
        return f"at negative positions it {fault}"
    bad = off(table, plan, found, places)
    if bad is None:
        return ""
    mirrored: list[Position] = [tuple(map(abs, p)) if isinstance(p, tuple) else abs(p) for p in places]
    still: list[Position] = [0.0 for _ in places]
    like = ("what the positive ones do, as by abs" if off(table, plan, found, mirrored) is None
            else "what position 0 does" if off(table, plan, found, still) is None else "something else")
    return (f"at negative positions it does {like}: at {bad[0]} it is {bad[1]:.3g} from what its table says, where "
            f"rounding explains {bad[2]:.3g}")


def in_a_batch(child: Child, plan: Plan) -> list[str]:
    """Try a batch of two whose entries have vectors, and positions if they can, of their own; what is to be told of it.

    Raises NotALayout where an entry depends on the other.
    """
    with_vectors = [argument for argument in plan.call.arguments if argument.thing in VECTORS]
    if plan.is_scalar or not all("b" in (argument.axes or ()) for argument in with_vectors):
        return []
    timed = [argument for argument in plan.call.arguments if argument.thing in (*POSITIONS, *TABLES)]
    own = bool(timed) and all("b" in (argument.axes or ()) for argument in timed)
    random = np.random.default_rng(3)
    numbers: tuple[int, ...] = (0, 1, 2, 3, 4) if plan.is_blind else (4, 1, 6, 2, 9)
    first, second = spread(plan, numbers), spread(plan, [7, 3, 0, 5, 8] if own else numbers)
    vectors = random.standard_normal((BATCH, len(numbers), plan.heads, plan.width))
    wanted = [turn(child, plan, x, at)[0] for x, at in zip(vectors, (first, second), strict=True)]
    try:
        found = turn_batch(child, plan, vectors, (first, second))
    except CallFailed as fault:
        return [f"with a batch of {BATCH} it {fault}"]

    def alike(one: Array, other: Array) -> bool:
        return bool(np.abs(one - other).max() <= 1e-5 * (1 + np.abs(other).max()))

    if all(map(alike, found, wanted)):
        return []
    if own and alike(found[0], wanted[0]) and alike(found[1], turn(child, plan, vectors[1], first)[0]):
        return [f"in a batch of {BATCH} it takes the positions of the first entry for all: {plan.call} was "
                      "measured with a batch of 1"]
    raise NotALayout(f"treats the entries of a batch of {BATCH} otherwise than each by itself")
