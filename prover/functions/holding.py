"""A measured table held against the function it was read from: at other positions, before them, and in long calls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from prover.functions.child import Child
from prover.functions.frames import Array
from prover.functions.plan import CallFailed, Plan, Position, respond, turn
from prover.measure.measured import Measured, Vector
from prover.measure.probe import ROUNDING, NotALayout

EARLY = (0, 1, 2, 3, 5, 8)  # positions that are asked first of all
LONG = 8193  # tokens of the longest call, where no longer one is asked for
MAX_LONG = 1 << 24  # numbers of one


def one_vector(plan: Plan) -> Array:
    """One vector, the same each time: (1, lanes)."""
    return np.random.default_rng(2).standard_normal((1, plan.width))


def early(child: Child, plan: Plan) -> list[tuple[int, Array]]:
    """What becomes of one vector at small positions where the function takes them, before it is asked farther out."""
    found = []
    for position in EARLY:
        try:
            found.append((position, respond(child, plan, one_vector(plan), [position])[0, 0]))
        except CallFailed:
            break
    return found


def require_forgetful(plan: Plan, table: Measured, first: Sequence[tuple[int, Array]]) -> None:
    """Refuse a function that a call further out has changed. Raises NotALayout."""
    if first and (bad := off(table, plan, np.array([output for _, output in first]), [p for p, _ in first])):
        raise NotALayout(
            f"remembers its calls: at position {bad[0]} it was {bad[1]:.3g} from what its table says, before it was "
            f"called further out, where rounding explains {bad[2]:.3g}"
        )


def in_a_long_call(child: Child, plan: Plan, table: Measured, tokens: int) -> tuple[int, list[str]]:
    """Hold the table against one call of many tokens; how many it had, and a note where the function takes no such.

    Raises NotALayout where it turns them otherwise, as by a length at which its frequencies change.
    """
    plan = replace(plan, several_heads=False)
    tokens = min(tokens, MAX_LONG // plan.width)
    positions = [0] * tokens if plan.is_scalar else range(tokens)
    try:
        found = turn(child, plan, np.broadcast_to(one_vector(plan), (tokens, plan.heads, plan.width)), positions)[0]
    except CallFailed as fault:
        return 1, [] if plan.is_scalar else [f"with {tokens} tokens in one call it {fault}"]
    places = sorted({0, 1, tokens // 7, tokens // 3, tokens - 1})
    # With one position for all, tokens are alike or count on.
    bad = off(table, plan, found[places, 0], places)
    if bad and not (plan.is_scalar and off(table, plan, found[places, 0], [0] * len(places)) is None):
        raise NotALayout(
            f"depends on how many tokens a call has: of {tokens}, that at position {bad[0]} is {bad[1]:.3g} from "
            f"where it is in a short call, where rounding explains {bad[2]:.3g}"
        )
    return tokens, []


def hold(child: Child, plan: Plan, table: Measured, small: Array, far: Sequence[Position]) -> None:
    """Hold the table against the function at other positions than those it was read at. Raises NotALayout."""
    found = [*small, *(respond(child, plan, one_vector(plan), far)[:, 0] if far else [])]
    places = [*range(len(small)), *far]
    bad = off(table, plan, np.array(found), places)
    if bad is not None:
        raise NotALayout(
            f"at position {bad[0]} it is {bad[1]:.3g} from its own table, where rounding explains {bad[2]:.3g}"
        )


def off(
    table: Measured, plan: Plan, found: Array, positions: Sequence[Position], more: float = 1,
) -> tuple[str, float, float] | None:
    """The first position at which the function is not what its table says: with the distance, and what is allowed.

    Rounding is allowed each lane by the angle of its own pair, so that fast pairs do not hide what slow ones do; `more`
    times as much of it.
    """
    vector: Array = one_vector(plan)[0]
    size = 1 + float(np.abs(vector).max())
    for output, position in zip(found, positions, strict=True):
        at = _at(table, position)
        allowed = np.full(table.width, 64 * ROUNDING * size * more)
        for pair in table.pairs:
            sums = [sum(abs(f * at[axis]) for axis, f in turn) for turn in pair.turns]
            allowed[list(pair.write)] *= (1 + max(sums)) * max(1.0, *pair.magnitudes)
        distance = np.abs(output - turned(table, vector, position))
        if (distance > allowed).any():
            worst = int(np.argmax(distance / allowed))
            return told_place(position), float(distance[worst]), float(allowed[worst])
    return None


def told_place(position: Position) -> str:
    """A position in words."""
    return f"({', '.join(f'{n:g}' for n in position)})" if isinstance(position, tuple) else f"{position:g}"


def turned(table: Measured, vector: Array, position: Position) -> Array:
    """What a table says that becomes of one vector."""
    made = np.empty_like(vector)
    at = _at(table, position)
    for read, write in table.passes:
        made[write] = vector[read] * table.scales[read]
    for pair in table.pairs:
        (a, b), (c, d) = pair.read, pair.write
        alpha, beta, gamma, delta = (_angle(turn, at) for turn in pair.turns)
        up, down = pair.magnitudes
        made[c] = up * vector[a] * math.cos(alpha) - down * vector[b] * math.sin(beta)
        made[d] = up * vector[a] * math.sin(gamma) + down * vector[b] * math.cos(delta)
    return made


def _at(table: Measured, position: Position) -> dict[str, float]:
    """The number on each axis."""
    numbers = position if isinstance(position, tuple) else (position,) * len(table.axes)
    return dict(zip(table.axes, numbers, strict=True))


def _angle(vector: Vector, at: Mapping[str, float]) -> float:
    return sum(frequency * at[axis] for axis, frequency in vector)
