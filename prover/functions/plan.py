"""A call with everything said: which arrays are made for vectors at positions, and the vectors that come back.

In here vectors are (tokens, heads, lanes), and a position belongs to a token: a number for each position axis of the
call, or one number, which then is the same on every axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prover.functions.calls import POSITIONS, TABLES, VECTORS, Argument, Axes, Call
from prover.functions.child import Child, Reply
from prover.functions.frames import Array
from prover.kernels.kernel import to_float
from prover.layouts.layout import Layout

HEADS = 3  # not a power of two, which the lanes of all heads together could be taken for
MAX_NUMBERS = 1 << 22  # of one array in a call
BASE = 10000.0
BATCH = 2


Position = float | tuple[float, ...]


class CallFailed(Exception):
    """The function raised or returned something of no use: in words."""


class AlwaysFails(CallFailed):
    """The function raised what it would raise with any arguments."""


class WrongShape(CallFailed):
    """The function returned no array of the vectors' shape."""


class NoNumbers(CallFailed):
    """The function returned NaN or infinity."""


class TwoKernels(CallFailed):
    """The function does different things to q and k."""


@dataclass(frozen=True, slots=True)
class Given:
    """Frequencies in radians per position, one for each pair, and a magnitude, for tables that we have to make."""

    frequencies: tuple[float, ...]
    magnitude: float = 1.0
    source: str = f"base {BASE:g}"


def plain_given(width: int) -> Given:
    """The frequencies of base 10000 for a head of this width: as many as it has pairs, no two alike."""
    return Given(tuple(BASE ** (-2 * j / width) for j in range(width // 2)))


def given_by(layout: Layout) -> Given | None:
    """The frequencies and the magnitude of a layout on one axis, by its pairs; None where that does not say it.

    Directions are left out: which way a function turns is measured.
    """
    sizes = {pair.magnitude for pair in layout.pairs}
    angles = [pair.distinct_angles for pair in layout.pairs]
    if len(sizes) != 1 or any(len(each) != 1 or each[0].phase or len(each[0].frequencies) > 1 for each in angles):
        return None
    found = [each[0].frequencies for each in angles]
    frequencies = tuple(abs(to_float(each[0][1])) if each else 0.0 for each in found)
    size = to_float(sizes.pop())
    also = f", and their magnitude {size:.9g}, given too" if size != 1 else ""
    return Given(frequencies, size, f"those of {layout.name}, in the order of its pairs{also}")


@dataclass(frozen=True, slots=True)
class Plan:
    """A call whose every argument has axes, in NumPy or torch, of 32 or 64 bits, for heads of `width` lanes.

    `whole`: whole positions are passed as whole numbers, else as floats too. `several_heads`: where it takes such.
    """

    call: Call
    library: str
    bits: int
    width: int
    given: Given
    whole: bool = True
    several_heads: bool = True

    @property
    def axes(self) -> Axes:
        """The axes of the vectors."""
        return next(a.axes or () for a in self.call.arguments if a.thing in VECTORS)

    @property
    def places(self) -> Axes:
        """The position axes."""
        return self.call.places

    @property
    def heads(self) -> int:
        return HEADS if self.several_heads and {"h", "hd"} & {*self.axes} else 1

    @property
    def is_scalar(self) -> bool:
        """Whether all tokens of a call are at one position, so that a call has one token."""
        return "position" in self.call.things or "t" not in self.axes

    @property
    def several(self) -> bool:
        """Whether more than one argument is vectors."""
        return sum(thing in VECTORS for thing in self.call.things) > 1

    @property
    def is_blind(self) -> bool:
        """Whether the function counts the positions itself, from 0."""
        return not any(thing in TABLES or thing in POSITIONS for thing in self.call.things)

    def __str__(self) -> str:
        return f"{self.call} in {'NumPy' if self.library == 'numpy' else self.library}, float{self.bits}"


def on_every_axis(plan: Plan, positions: Sequence[Position]) -> Array:
    """(positions, axes) numbers; a number alone is the same on every axis."""
    count = len(plan.places)
    return np.array([each if isinstance(each, tuple) else (each,) * count for each in positions], dtype=np.float64)


def spread(plan: Plan, numbers: Sequence[float]) -> list[Position]:
    """Positions that have these numbers on the first axis, and others on the others."""
    count = len(plan.places)
    if count == 1:
        return list(numbers)
    return [tuple(numbers[(place + axis) % len(numbers)] for axis in range(count)) for place in range(len(numbers))]


def turn(child: Child, plan: Plan, x: Array, positions: Sequence[Position]) -> tuple[Array, Reply]:
    """What the function makes of (tokens, heads, lanes) vectors, and the reply it is taken from.

    Raises CallFailed, and what the child raises.
    """
    found, reply = _outputs(child, plan, x, x, positions)
    if len(found) > 1 and plan.several and not np.array_equal(found[0], found[1]):
        raise TwoKernels("turns q and k differently")
    return found[0], reply


def turn_apart(child: Child, plan: Plan, q: Array, k: Array, positions: Sequence[Position]) -> list[Array]:
    """What the function makes of vectors that differ between its two arguments. Raises CallFailed."""
    return _outputs(child, plan, q, k, positions)[0]


def turn_batch(child: Child, plan: Plan, vectors: Array, positions: Sequence[Sequence[Position]]) -> list[Array]:
    """What becomes of (batch, tokens, heads, lanes) vectors, entries with positions of their own, in one call.

    Arguments without a batch axis are those of the first entry. Raises CallFailed.
    """
    made = [_arguments(plan, x, x, on_every_axis(plan, at)) for x, at in zip(vectors, positions, strict=True)]
    arrays = list(made[0][1])
    for row, argument in zip(made[0][0], plan.call.arguments, strict=True):
        if "array" in row and "b" in (argument.axes or ()):
            place = row["array"]
            axis = (argument.axes or ()).index("b")
            arrays[place] = np.concatenate([each[place] for _, each in made], axis=axis)
    reply = child.call(made[0][0], arrays, plan.library, plan.bits)
    if reply.failure:
        raise CallFailed(reply.failure)
    place = plan.axes.index("b")
    one = _arranged(vectors[0], plan.axes).shape
    shape = (*one[:place], len(vectors), *one[place + 1 :])
    fitting = [output for output in reply.outputs if output.shape == shape]
    if not fitting:
        shapes = ", ".join(str(list(output.shape)) for output in reply.outputs) or "nothing"
        raise WrongShape(f"returns {shapes} for vectors of shape {list(shape)}")
    return [_taken(part, plan.axes, vectors[0].shape) for part in np.split(fitting[0], len(vectors), axis=place)]


def _outputs(
    child: Child, plan: Plan, x: Array, last: Array, positions: Sequence[Position]
) -> tuple[list[Array], Reply]:
    """All that is returned in the vectors' shape; `last` is passed for the last argument that is vectors."""
    arguments, arrays = _arguments(plan, x, last, on_every_axis(plan, positions))
    reply = child.call(arguments, arrays, plan.library, plan.bits)
    if reply.failure:
        raise (AlwaysFails if reply.whatever else CallFailed)(reply.failure)
    shape = _arranged(x, plan.axes).shape
    fitting = [output for output in reply.outputs if output.shape == shape]
    if not fitting:
        shapes = ", ".join(str(list(output.shape)) for output in reply.outputs) or "nothing"
        raise WrongShape(f"returns {shapes} for vectors of shape {list(shape)}")
    if not all(np.isfinite(output).all() for output in fitting):
        raise NoNumbers("returns NaN or infinity")
    return [_taken(output, plan.axes, x.shape) for output in fitting], reply


def respond(child: Child, plan: Plan, vectors: Array, positions: Sequence[Position]) -> Array:
    """(positions, n, lanes): each of (n, lanes) vectors at each position. Raises CallFailed."""
    count, heads = len(vectors), plan.heads
    groups = math.ceil(count / heads)
    padded = np.zeros((groups * heads, plan.width))
    padded[:count] = vectors
    grouped = padded.reshape(groups, heads, plan.width)
    found = np.empty((len(positions), groups, heads, plan.width))
    if plan.is_scalar:
        for i, position in enumerate(positions):
            for j, group in enumerate(grouped):
                found[i, j] = turn(child, plan, group[None], [position])[0][0]
    elif plan.is_blind:
        rows = [int(position) for position in on_every_axis(plan, positions)[:, 0]]
        tokens = max(rows) + 1
        for j, group in enumerate(grouped):
            whole, _ = turn(child, plan, np.repeat(group[None], tokens, axis=0), range(tokens))
            found[:, j] = whole[rows]
    else:
        step = max(1, MAX_NUMBERS // (groups * heads * plan.width))
        for start in range(0, len(positions), step):
            part = list(positions[start : start + step])
            x = np.tile(grouped, (len(part), 1, 1))
            turned, _ = turn(child, plan, x, [position for position in part for _ in range(groups)])
            found[start : start + len(part)] = turned.reshape(len(part), groups, heads, plan.width)
    return found.reshape(len(positions), groups * heads, plan.width)[:, :count]


def _arguments(plan: Plan, x: Array, last: Array, positions: Array) -> tuple[list[dict[str, Any]], list[Array]]:
    made: list[dict[str, Any]] = []
    arrays: list[Array] = []
    kind = "int" if plan.whole and (positions == np.round(positions)).all() else "float"
    rows = np.arange(positions.max() + 1)
    vectors = [place for place, argument in enumerate(plan.call.arguments) if argument.thing in VECTORS]
    for place, argument in enumerate(plan.call.arguments):
        row: dict[str, Any] = {"keyword": argument.keyword}
        value: Any = None
        if argument.thing in VECTORS:
            mine = last if place == vectors[-1] else x
            value, row["kind"], row["vectors"] = _arranged(mine, argument.axes or ()), "float", True
        elif argument.thing == "p":
            value, row["kind"] = _shaped(_on(plan, argument, positions), _tokens(argument), argument.axes or ()), kind
        elif argument.thing == "position":
            value, row["kind"], row["scalar"] = _on(plan, argument, positions)[0], kind, True
        elif argument.thing == "inv_freq":
            value, row["kind"] = _shaped(np.array(plan.given.frequencies), ("f",), argument.axes or ("f",)), "float"
        elif argument.thing in TABLES:
            axes = argument.axes or ()
            own, at = (("n",), rows) if "n" in axes else (_tokens(argument), _on(plan, argument, positions))
            table = _table(argument.thing, at, plan.given)
            value = _shaped(table, (*own, *TABLES[argument.thing]), axes)
            row["kind"] = "complex" if argument.thing == "freqs_cis" else "float"
        else:
            row["value"] = _number(argument, plan, len(positions), len(rows))
        if "kind" in row:
            row["array"] = len(arrays)
            arrays.append(np.asarray(value, dtype=np.float64))
        made.append(row)
    return made, arrays


def _on(plan: Plan, argument: Argument, positions: Array) -> Array:
    """The (tokens,) positions on the axis of an argument; of one on several axes (tokens, axes)."""
    columns = [plan.places.index(place) for place in argument.places] or [0]
    return positions[:, columns] if argument.count else positions[:, columns[0]]


def _tokens(argument: Argument) -> Axes:
    return ("t", argument.count) if argument.count else ("t",)


def _number(argument: Argument, plan: Plan, tokens: int, rows: int) -> Any:
    has_rows = "n" in [axis for argument in plan.call.arguments for axis in argument.axes or ()]
    numbers = {
        "seq_len": max(tokens, rows) if "p" in plan.call.things or has_rows else tokens,
        "head_dim": plan.width, "base": BASE,
    }
    return numbers.get(argument.thing, argument.value)


def _table(thing: str, positions: Array, given: Given) -> Array:
    """Cosines, sines or angles, (rows, lanes) or (rows, axes, lanes) as positions are; complex: 2 parts each."""
    angles = positions[..., None] * np.array(given.frequencies)
    if thing.startswith("freqs"):
        both: Array = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * given.magnitude
        return both
    kind, _, alike = thing.partition("_")
    functions = {"cos": np.cos, "sin": np.sin}
    half: Array = angles if kind == "angles" else given.magnitude * functions[kind](angles)
    if "half" in alike or thing == "angles":
        return half
    made: Array = np.repeat(half, 2, axis=-1) if alike == "adjacent" else np.concatenate([half, half], axis=-1)
    return made


def _shaped(array: Array, own: Axes, wanted: Axes) -> Array:
    """An array whose axes are `own`, in the order of `wanted`; b and 1 are axes of length 1, complex ends in 2."""
    order = [own.index(axis) for axis in wanted if axis in own]
    last = list(range(len(own), array.ndim))
    moved = array.transpose([*order, *last])
    shaped: Array = moved.reshape(_lengths(moved.shape, wanted, own) + moved.shape[len(own) :])
    return shaped


def _lengths(shape: tuple[int, ...], wanted: Axes, own: Axes) -> tuple[int, ...]:
    lengths = iter(shape)
    return tuple(next(lengths) if axis in own else 1 for axis in wanted)


def _arranged(x: Array, axes: Axes) -> Array:
    """(tokens, heads, lanes) in the order of the function's axes."""
    own: Axes = ("t", "hd") if "hd" in axes else ("t", "h", "d")
    array: Any = x.reshape(len(x), -1) if "hd" in axes else x
    for axis in ("h", "t"):
        if axis in own and axis not in axes:
            array = array.take(0, axis=own.index(axis))
            own = tuple(each for each in own if each != axis)
    return _shaped(array, own, axes)


def _taken(output: Array, axes: Axes, shape: tuple[int, ...]) -> Array:
    """The reverse: (tokens, heads, lanes) of an output in the function's axes."""
    kept = tuple(axis for axis in axes if axis not in ("b", "1"))
    array = output.reshape([n for n, axis in zip(output.shape, axes, strict=True) if axis in kept])
    order = [kept.index(axis) for axis in ("t", "h", "d", "hd") if axis in kept]
    taken: Array = array.transpose(order).reshape(shape)
    return taken
