"""Which call a function means, found by calling it: what it must do with vectors tells a right call from a wrong one.

A right call returns the vectors' shape, finite numbers, the same ones when it is called again, linear in the vectors,
for each token and head by itself, alike for all heads, and not alike at all positions.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from prover.errors import InputError, UndecidedError
from prover.functions.calls import POSITIONS, TABLES, Call
from prover.functions.child import Child, FunctionFault
from prover.functions.frames import Array
from prover.functions.guesses import guess_calls, readings, together, unsaid
from prover.functions.plan import (
    BASE,
    AlwaysFails,
    CallFailed,
    Given,
    NoNumbers,
    Plan,
    Position,
    TwoKernels,
    WrongShape,
    plain_given,
    respond,
    spread,
    turn,
    turn_apart,
)
from prover.functions.rounding import ADVICE, narrow_format, told_format
from prover.measure.probe import ROUNDING, NotALayout

WIDTHS = (64, 128, 32, 256, 96, 80, 16, 8)
TOKENS = 5
NEAR = 64 * ROUNDING
# How far a call came that did not do: the farthest is told.
RAISED, SHAPE, RAN, PROPERTY, ROUNDS = range(5)


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a call is not the right one."""

    rank: int
    plan: Plan
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """The right call, whether it changes its vectors in place, and what is to be told of how it was found."""

    plan: Plan
    changes: bool
    notes: tuple[str, ...]


def find_plan(
    child: Child, call: Call | None, widths: Sequence[int], given: Given | None, several: bool = False
) -> Found:
    """Try calls until one is right. Raises NotALayout or InputError with what came nearest.

    `several`: those with positions on several axes first, for a function that takes both.
    """
    misses: list[Miss] = []
    try:
        return _found(child, call, widths, given, several, misses)
    except FunctionFault as fault:
        if misses:
            fault.message += f". Called as {misses[0].plan} it {misses[0].text}"
        raise


def _found(
    child: Child, call: Call | None, widths: Sequence[int], given: Given | None, several: bool, misses: list[Miss]
) -> Found:
    """The same, with the call that came nearest left in `misses`."""
    calls = [call] if call is not None else guess_calls(child.parameters)
    tried = [(n, tables) for n in widths for tables in (given, plain_given(n)) if tables is not None]
    for width, tables in tried:
        for (library, bits), whole in product(_libraries(child), (True, False)):
            for each in [*together(calls), *calls] if several else [*calls, *together(calls)]:
                if not (whole or set(POSITIONS) & {*each.things}):
                    continue
                found: list[Found] = []
                for reading in readings(each):
                    plan = Plan(reading, library, bits, width, tables, whole)
                    came = try_plan(child, plan)
                    if isinstance(came, Found):
                        found.append(came)
                    elif not misses or came.rank > misses[0].rank:
                        misses[:] = [came]
                if found:
                    chosen = _chosen(child, found)
                    told = () if call is not None or several else _on_more_axes(child, chosen.plan, each)
                    return replace(chosen, notes=(*chosen.notes, *told))
            if misses and misses[0].rank >= RAN:
                raise _no_plan(child, misses, (width,))
    raise _no_plan(child, misses, widths)


def _on_more_axes(child: Child, plan: Plan, call: Call) -> tuple[str, ...]:
    """That a function called with one position for a token takes several, which each make a difference, as well."""
    vector = np.random.default_rng(4).standard_normal((1, plan.width))
    for each in together([call]) if "p" in call.things else []:
        for reading in readings(each):
            other = replace(plan, call=reading)
            if not isinstance(try_plan(child, other), Found):
                continue
            count = len(other.places)
            places = [(0.0,) * count, *(tuple(5.0 * (axis == own) for axis in range(count)) for own in range(count))]
            made = respond(child, other, vector, places)[:, 0]
            # An axis that turns one pair alone is a number for each pair, which NumPy lets stand for frequencies.
            if all((np.abs(made[1:] - made[0]) > NEAR).sum(axis=1) > 2):
                return (f"it takes positions on {count} axes as well, and then is another layout: "
                        f"--call \"{reading}\" measures that",)
    return ()


def _libraries(child: Child) -> list[tuple[str, int]]:
    numpy, torch = [("numpy", 64), ("numpy", 32)], [("torch", 64), ("torch", 32)]
    told = " ".join(str(parameter.get("annotation", "")) for parameter in child.parameters or ())
    if "ndarray" in told:
        return numpy
    if "torch" in child.libraries or "Tensor" in told:
        return torch + numpy
    return numpy + (torch if importlib.util.find_spec("torch") else [])


def try_plan(child: Child, plan: Plan) -> Found | Miss:
    """Hold one call against all that a right one does."""
    try:
        return _tried(child, plan)
    except (WrongShape, TwoKernels, NoNumbers) as fault:
        rank = SHAPE if isinstance(fault, WrongShape) else PROPERTY if isinstance(fault, TwoKernels) else RAN
        return Miss(rank, plan, str(fault))
    except AlwaysFails as fault:
        raise InputError(f"called as {plan} it {fault}", where=child.reference.text) from None
    except CallFailed as fault:
        return Miss(RAISED, plan, str(fault))


def _tried(child: Child, plan: Plan) -> Found | Miss:
    random = np.random.default_rng(0)
    tokens = 1 if plan.is_scalar else TOKENS
    shape = (tokens, plan.heads, plan.width)
    places = spread(plan, [0, 1, 2, 3, 4] if plan.is_blind else [4, 1, 6, 2, 9])
    at = places[:tokens]
    x, z = random.standard_normal(shape), random.standard_normal(shape)
    first, reply = turn(child, plan, x, at)
    if reply.nothing and not reply.changed:
        return Miss(SHAPE, plan, "returns nothing, and leaves its vectors as they are")
    largest = 1 + float(np.abs(first).max())

    def off(found: Array, expected: Array) -> bool:
        return float(np.abs(found - expected).max()) > NEAR * largest

    if not np.array_equal(first, turn(child, plan, x, at)[0]):
        return Miss(PROPERTY, plan, "gives other numbers when it is called again")
    if name := narrow_format(first):
        return Miss(ROUNDS, plan, told_format(name, "returns numbers that"))
    # Every token and head has its own: the first alone must not change with the others.
    mixed = z.copy()
    mixed[0, 0] = x[0, 0]
    if off(turn(child, plan, mixed, at)[0][0, 0], first[0, 0]):
        return Miss(RAN, plan, "makes of one token or head what depends on the others")
    same = np.broadcast_to(x[:1, :1], shape)
    alike = turn(child, plan, same, at)[0]
    if off(alike, alike[:, :1]):
        return Miss(RAN, plan, "treats one head otherwise than another")
    there = respond(child, plan, x[0, :1], places)[:, 0]
    if not plan.is_scalar and off(there, alike[:, 0]):
        return Miss(RAN, plan, "treats one token otherwise than another at the same position")
    second, sums = turn(child, plan, z, at)[0], turn(child, plan, x + 5 * z, at)[0]
    if np.array_equal(first, second):
        return Miss(PROPERTY, plan, "returns the same whatever its vectors are, as what makes cosines and sines does; "
                    "what turns vectors by them has to be named")
    error, allowed = float(np.abs(sums - first - 5 * second).max()), NEAR * (largest + 5 * float(np.abs(second).max()))
    if error > allowed:
        return Miss(PROPERTY, plan, f"is not linear in the vectors: a sum comes out {error:.2g} from the sum of what "
                    f"its parts become, where the rounding of float32 explains {allowed:.2g}")
    if not off(there, there[:1]):
        return Miss(RAN, plan, "gives the same at every position")
    if plan.is_scalar and "t" in plan.axes and not _follows(child, plan, x[:, :1], at[0], off):
        return Miss(RAN, plan, "treats the tokens of a call neither alike nor as positions that count on")
    notes = _of_numbers(plan)
    if plan.several:
        apart = turn_apart(child, plan, x, z, at)[:2]
        wanted = [first, second] if len(apart) > 1 else [first]
        if not any(not any(map(off, apart, each)) for each in (wanted, wanted[::-1], [second])):
            return Miss(PROPERTY, plan, "makes of one of its vectors what depends on the other, as of q on k")
        if len(apart) > 1 and off(apart[0], first):
            notes = (*notes, "it returns what becomes of its last vectors before what becomes of its first ones")
    return Found(plan, reply.changed, notes)


def _follows(
    child: Child, plan: Plan, vector: Array, first: Position, off: Callable[[Array, Array], bool]
) -> bool:
    """Whether several tokens, of a call with one position, have all that one, or it and those after it.

    True where it takes one token alone. `vector`: of one token and head.
    """
    try:
        whole = turn(child, plan, np.broadcast_to(vector, (TOKENS, plan.heads, plan.width)), [first] * TOKENS)[0]
    except CallFailed:
        return True
    after = respond(child, plan, vector[0], [first] if isinstance(first, tuple) else [first + n for n in range(TOKENS)])
    return any(not off(whole, expected) for expected in (after[:1], after) if len(after) in (1, len(whole)))


def _of_numbers(plan: Plan) -> tuple[str, ...]:
    """That a width or a base was given, which is then no finding."""
    told = {"head_dim": f"{plan.width}", "base": f"{BASE:g}"}
    given = [f"{thing} {told[thing]}" for thing in plan.call.things if thing in told]
    return (f"it was given {' and '.join(given)} as an argument",) if given else ()


def _chosen(child: Child, found: Sequence[Found]) -> Found:
    """The first of those that are right; where they differ, the one that turns by all frequencies it was given."""
    groups: list[tuple[Array, Found]] = []
    vector = np.random.default_rng(1).standard_normal((1, found[0].plan.width))
    for each in found:
        try:
            made = respond(child, each.plan, vector, spread(each.plan, [1, 2, 5]))
        except CallFailed:
            continue
        if not any(np.abs(made - other).max() <= NEAR * (1 + np.abs(other).max()) for other, _ in groups):
            groups.append((made, each))
    if len(groups) == 1:
        return groups[0][1]
    plans = [each for _, each in groups]
    tables = [tuple(thing for thing in each.plan.call.things if thing in TABLES) for each in plans]
    if len(set(tables)) > 1:
        turning = [_frequencies(child, each.plan) for each in plans]
        if turning.count(max(turning)) == 1 and max(turning) > 0:
            best = plans[turning.index(max(turning))]
            told = f"of the tables that it takes, those of {best.plan.call} are the ones by which it rotates every pair"
            return Found(best.plan, best.changes, (*best.notes, told))
    ways = " and ".join(str(each.plan.call) for each in plans[:4])
    orders = {each.plan.axes for each in plans}
    alike = len(orders) > len({tuple(sorted(order)) for order in orders})
    raise InputError(
        f"can be called in ways that differ in what comes out: {ways}"
        + ("; tokens and heads cannot be told apart" if alike else ""),
        where=child.reference.text, advice=f"Give one as --call \"{plans[0].plan.call}\"",
    )


def _frequencies(child: Child, plan: Plan) -> int:
    """How many different angles the function rotates by with this call; 0 if it is no rotation."""
    matrix = respond(child, plan, np.eye(plan.width), [1])[0]
    square = matrix @ matrix.T
    if np.abs(square - np.diag(np.diag(square))).max() > NEAR * (1 + np.abs(square).max()):
        return 0
    return len({round(float(entry), 9) for entry in (matrix + matrix.T).sum(axis=1)})


def _no_plan(child: Child, misses: Sequence[Miss], widths: Sequence[int]) -> Exception:
    """What is told where no call was found: the one that came nearest."""
    where = child.reference.text
    names = ", ".join(str(parameter.get("name"))[:40] for parameter in child.parameters or ()) or "not known"
    advice = 'Say how it is called, as in --call "f(x, p)"; the help of \'measure function\' has what can be given'
    if not misses:
        unknown = ", ".join(f"'{name[:40]}'" for name in unsaid(child.parameters)[:4])
        return InputError(
            f"its parameters ({names}) do not say what to call it with" + (f": what is {unknown}?" if unknown else ""),
            where=where, advice=advice,
        )
    miss = misses[0]
    if miss.rank == ROUNDS:
        return UndecidedError(f"called as {miss.plan} it {miss.text}", where=where, advice=ADVICE)
    if miss.rank in (RAN, PROPERTY):
        return NotALayout(f"called as {miss.plan} it {miss.text}", where=where, advice=(
            "If it is called otherwise, say so with --call" if miss.rank == RAN else ""
        ))
    tried = f" with heads of {', '.join(map(str, widths))} lanes" if len(widths) > 1 else ""
    return InputError(
        f"no call was found that it takes{tried}: called as {miss.plan} with {miss.plan.width} lanes it {miss.text}",
        where=where, advice=f"Its parameters: {names}. {advice}. --head-dim says its width, if it has one of its own",
    )
