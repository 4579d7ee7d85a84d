"""A measured table held against the function it was read from: at other positions, before them, and in long calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from prover.functions.child import Child
from prover.functions.frames import Array
from prover.functions.plan import CallFailed, Plan, Position, on_every_axis, respond, turn
from prover.measure.measured import Measured, Vector
from prover.measure.probe import ROUNDING, NotALayout

EARLY = (0, 1, 2, 3, 5, 8)  # positions that are asked first of all
LONG = 8193  # tokens of the longest call, where no longer one is asked for
MAX_LONG = 1 << 24  # numbers of one
TOGETHER = 128  # tokens of a call where every position is asked for
EVERY = {"many": (1 << 16) + 1, "one": 1 << 10}  # positions, by how many a call takes


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
    """Refuse a function that later calls have changed; `first`: what it was before. Raises NotALayout."""
    if first and (bad := off(table, plan, np.array([output for _, output in first]), [p for p, _ in first])):
        raise NotALayout(
            f"remembers its calls: at position {bad[0]} it was {bad[1]:.3g} from what its table says, before it had "
            f"been called as often and as far out, where rounding explains {bad[2]:.3g}"
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
    # With one position for all, tokens are alike or count on.
    bad = off(table, plan, found[:, 0], range(tokens))
    if bad and not (plan.is_scalar and off(table, plan, found[:, 0], [0] * tokens) is None):
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


def everywhere(child: Child, plan: Plan, table: Measured, reach: int, tokens: int) -> int:
    """Hold the table against the function at every position before `reach`; how many were held.

    `tokens`: of the longest call, which has held those before it. One position in a call: only the first of them are.
    Raises NotALayout where the function fails at some, or is something else there.
    """
    one = replace(plan, several_heads=False)
    try:
        respond(child, one, one_vector(one), [0])
    except CallFailed:
        one = plan  # it takes no single head
    stop = min(reach, EVERY["one" if plan.is_scalar else "many"])
    step = stop if plan.is_blind else max(tokens, TOGETHER)
    for start in range(0 if plan.is_scalar or tokens >= reach else tokens, stop, step):
        _hold_all(child, one, table, range(start, min(start + step, stop)))
    return stop


def _hold_all(child: Child, plan: Plan, table: Measured, places: Sequence[int]) -> None:
    """The same of positions in one call; in two, where it fails."""
    try:
        found = respond(child, plan, one_vector(plan), places)[:, 0]
    except CallFailed as fault:
        if len(places) == 1:
            raise NotALayout(f"{fault} at position {places[0]}, and works further out") from None
        for part in (places[: len(places) // 2], places[len(places) // 2 :]):
            _hold_all(child, plan, table, part)
        return
    if bad := off(table, plan, found, places):
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
    at = dict(zip(table.axes, on_every_axis(plan, positions).T, strict=True))
    allowed = np.full((len(positions), table.width), 64 * ROUNDING * (1 + float(np.abs(vector).max())) * more)
    for pair in table.pairs:
        sums = [sum((np.abs(f * at[axis]) for axis, f in turn), np.zeros(len(positions))) for turn in pair.turns]
        allowed[:, list(pair.write)] *= ((1 + np.max(sums, axis=0)) * max(1.0, *pair.magnitudes))[:, None]
    distance = np.abs(found - turned(table, vector, at))
    bad = np.flatnonzero(~(distance <= allowed).all(axis=1))
    if not len(bad):
        return None
    first = int(bad[0])
    worst = int(np.argmax(distance[first] / allowed[first]))
    return told_place(positions[first]), float(distance[first, worst]), float(allowed[first, worst])


def told_place(position: Position) -> str:
    """A position in words."""
    return f"({', '.join(f'{n:g}' for n in position)})" if isinstance(position, tuple) else f"{position:g}"


def turned(table: Measured, vector: Array, at: Mapping[str, Array]) -> Array:
    """(positions, lanes): what a table says that becomes of one vector, by the numbers on each axis."""
    made: Array = np.empty((*np.shape(next(iter(at.values()))), table.width))
    for read, write in table.passes:
        made[:, write] = vector[read] * table.scales[read]
    for pair in table.pairs:
        (a, b), (c, d) = pair.read, pair.write
        alpha, beta, gamma, delta = (_angle(turn, at) for turn in pair.turns)
        up, down = pair.magnitudes
        made[:, c] = up * vector[a] * np.cos(alpha) - down * vector[b] * np.sin(beta)
        made[:, d] = up * vector[a] * np.sin(gamma) + down * vector[b] * np.cos(delta)
    return made


def _angle(vector: Vector, at: Mapping[str, Array]) -> Array:
    return sum((frequency * at[axis] for axis, frequency in vector), np.zeros(1))
