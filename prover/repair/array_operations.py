"""What an expression about a weight matrix may do to an array of entry numbers: moves, in NumPy's and torch's terms.

Each function gives a new array, laid out in order as torch has it, or a view; none computes with entries. What cannot
be done raises InputError without a place, which whoever reads the expression adds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import InputError, LimitError

Array = npt.NDArray[np.int32]
Index = int | slice | None | Sequence[int]

MAX_ENTRIES = 1 << 24
MAX_AXES = 16
_PATTERN = re.compile(r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*|\.\.\.|1)|(?P<bracket>[()]))", re.ASCII)


def shape_text(shape: Sequence[int]) -> str:
    """A shape as it is written."""
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def reshape(array: Array, shape: Sequence[int], is_view: bool = False) -> Array:
    """The same entries in order under another shape, one number of which may be -1. `is_view`: torch's view."""
    if len(shape) > MAX_AXES:
        raise InputError(f"a shape of {len(shape)} axes; at most {MAX_AXES}")
    open_ = [size for size in shape if size == -1]
    if len(open_) > 1:
        raise InputError(f"{shape_text(shape)} has -1 more than once", advice="One size can be left open with -1")
    if any(size < -1 for size in shape):
        raise InputError(f"{shape_text(shape)} has a negative size", advice="Sizes are whole numbers; one may be -1")
    known = prod(size for size in shape if size != -1)
    if open_ and (not known or array.size % known):
        raise InputError(
            f"{shape_text(shape)}: {array.size} entries of shape {shape_text(array.shape)} cannot be cut into {known}",
            advice="The sizes must divide the number of entries",
        )
    if not open_ and known != array.size:
        raise InputError(
            f"{shape_text(shape)} has {known} entries, shape {shape_text(array.shape)} has {array.size}",
            advice="The sizes must multiply to the same number",
        )
    found = array.reshape(tuple(shape))
    if is_view and array.size and not np.may_share_memory(found, array):
        raise InputError(
            f"view{shape_text(shape)} is refused by torch here, since the axes were moved before",
            advice="Write reshape",
        )
    return found


def axis_of(array: Array, axis: int, more: int = 0) -> int:
    """An axis counted from 0. `more`: how many axes there may be beside those of the array."""
    count = array.ndim + more
    if not -count <= axis < count:
        raise InputError(f"axis {axis} of an array with {count} axes", advice=f"Axes are {-count} to {count - 1}")
    return axis % count


def swap(array: Array, first: int, second: int) -> Array:
    """Two axes exchanged."""
    return np.swapaxes(array, axis_of(array, first), axis_of(array, second))


def permute(array: Array, axes: Sequence[int]) -> Array:
    """All axes in a new order."""
    order = [axis_of(array, axis) for axis in axes]
    if sorted(order) != list(range(array.ndim)):
        raise InputError(f"{shape_text(axes)} is no order of the {array.ndim} axes", advice="Name each axis once")
    return array.transpose(order)


def move_axis(array: Array, source: int, destination: int) -> Array:
    """One axis put elsewhere."""
    return np.moveaxis(array, axis_of(array, source), axis_of(array, destination))


def flatten(array: Array, start: int = 0, end: int = -1) -> Array:
    """Axes from `start` to `end`, both of them included, made one."""
    if not array.ndim:
        return array.reshape(1)
    first, last = axis_of(array, start), axis_of(array, end)
    if first > last:
        raise InputError(f"axis {start} comes after axis {end}", advice="flatten(start, end) takes the lower one first")
    return array.reshape(*array.shape[:first], prod(array.shape[first : last + 1]), *array.shape[last + 1 :])


def unflatten(array: Array, axis: int, sizes: Sequence[int]) -> Array:
    """One axis made several."""
    at = axis_of(array, axis)
    if -1 in sizes and array.shape[at] % max(1, prod(size for size in sizes if size != -1)) == 0:
        sizes = [array.shape[at] // prod(s for s in sizes if s != -1) if size == -1 else size for size in sizes]
    if any(size < 0 for size in sizes) or prod(sizes) != array.shape[at]:
        raise InputError(f"axis {axis} has {array.shape[at]} entries, {shape_text(sizes)} has {prod(sizes)}")
    return reshape(array, (*array.shape[:at], *sizes, *array.shape[at + 1 :]))


def squeeze(array: Array, axis: int | None = None) -> Array:
    """Axes of one entry left out: all, or one, as torch does where it has more."""
    if axis is None:
        return array.squeeze()
    at = axis_of(array, axis)
    return array.squeeze(at) if array.shape[at] == 1 else array


def unsqueeze(array: Array, axis: int) -> Array:
    """A new axis of one entry."""
    return np.expand_dims(array, axis_of(array, axis, 1))


def flip(array: Array, axes: Sequence[int] | None = None) -> Array:
    """Axes reversed; all if none is named."""
    return np.ascontiguousarray(np.flip(array, None if axes is None else tuple(axis_of(array, axis) for axis in axes)))


def parts(array: Array, sizes: Sequence[int], axis: int) -> tuple[Array, ...]:
    """An axis cut into parts of these sizes."""
    at = axis_of(array, axis)
    if sum(sizes) != array.shape[at] or any(size < 1 for size in sizes):
        raise InputError(f"parts of {shape_text(sizes[:16])} are not the {array.shape[at]} entries of axis {axis}")
    if len(sizes) > 4096:
        raise LimitError(f"{len(sizes)} parts; at most 4096")
    ends = np.cumsum([0, *sizes]).tolist()
    return tuple(np.take(array, range(a, b), at) for a, b in pairwise(ends))


def equal_sizes(array: Array, count: int, axis: int) -> list[int]:
    """The sizes of `count` equal parts of an axis."""
    length = array.shape[axis_of(array, axis)]
    if count < 1 or length % count:
        raise InputError(f"{length} entries of axis {axis} cannot be cut into {count} equal parts")
    return [length // count] * count


def pieces_of(array: Array, size: int, axis: int) -> list[int]:
    """The sizes of parts of `size` entries, as torch's split has them: the last may be smaller."""
    length = array.shape[axis_of(array, axis)]
    if size < 1:
        raise InputError(f"parts of {size} entries", advice="A part has at least one")
    return [size] * (length // size) + [length % size] * (length % size > 0)


def join(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays one behind the other along an axis."""
    first = arrays[0]
    at = axis_of(first, axis)
    for each in arrays[1:]:
        if each.ndim != first.ndim or any(
            a != b for place, (a, b) in enumerate(zip(each.shape, first.shape, strict=True)) if place != at
        ):
            raise InputError(
                f"shapes {shape_text(first.shape)} and {shape_text(each.shape)} cannot be joined along axis {axis}",
                advice="All sizes but that of the axis must agree",
            )
    return np.ascontiguousarray(np.concatenate(arrays, at))


def stack(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays of one shape beside each other along a new axis."""
    for each in arrays[1:]:
        if each.shape != arrays[0].shape:
            raise InputError(f"shapes {shape_text(arrays[0].shape)} and {shape_text(each.shape)} cannot be stacked")
    return np.ascontiguousarray(np.stack(arrays, axis_of(arrays[0], axis, 1)))


def take(array: Array, numbers: Sequence[int] | Array, axis: int) -> Array:
    """Entries of an axis by their numbers."""
    at = axis_of(array, axis)
    key: list[Any] = [slice(None)] * at
    return np.ascontiguousarray(array[(*key, _numbers(array, numbers, at))])


def index(array: Array, items: Sequence[Any]) -> Array:
    """array[items]: whole numbers, slices, ..., None and at most one list of numbers."""
    named = sum(item is not None and item is not Ellipsis for item in items)
    if named > array.ndim or sum(item is Ellipsis for item in items) > 1:
        raise InputError(f"{len(items)} indices for an array with {array.ndim} axes")
    place = next((i for i, item in enumerate(items) if item is Ellipsis), len(items))
    full = [*items[:place], *[slice(None)] * (array.ndim - named), *items[place + 1 :]]
    lists = [item for item in full if isinstance(item, (tuple, np.ndarray))]
    if len(lists) > 1 or (lists and any(isinstance(item, int) for item in full)):
        raise InputError("a list of numbers beside another index", advice="Index one axis at a time")
    key: list[Any] = []
    axis = 0
    for item in full:
        if isinstance(item, int):
            axis_length = array.shape[axis]
            if not -axis_length <= item < axis_length:
                raise InputError(f"index {item} of an axis with {axis_length} entries")
        elif isinstance(item, (tuple, np.ndarray)):
            item = _numbers(array, item, axis)
        key.append(item)
        axis += item is not None
    found: Array = array[tuple(key)]
    return np.ascontiguousarray(found) if lists else found


def _numbers(array: Array, numbers: Sequence[int] | Array, axis: int) -> npt.NDArray[np.int64]:
    chosen = np.asarray(numbers)
    if chosen.ndim != 1 or not chosen.size or chosen.dtype.kind != "i":
        raise InputError("an index list must be a list of whole numbers", advice="Write W[[0, 2, 1, 3]]")
    length = array.shape[axis]
    wrong = chosen[(chosen < -length) | (chosen >= length)]
    if wrong.size:
        raise InputError(f"index {int(wrong[0])} of an axis with {length} entries")
    require_room(array.size // max(1, length) * chosen.size)
    return chosen.astype(np.int64)


def require_room(entries: int) -> None:
    """Raise LimitError for an array that is too large."""
    if entries > MAX_ENTRIES:
        raise LimitError(
            f"an array of {entries} entries; at most {MAX_ENTRIES}",
            advice="Ask about fewer heads or, where columns are many, write cols for their number",
        )


def inverse(array: Array) -> Array:
    """argsort of a list in which each number stands once: the permutation that undoes it."""
    if array.ndim != 1 or np.unique(array).size != array.size:
        raise InputError("argsort takes a list in which each number stands once")
    return np.argsort(array).astype(np.int32)


def rearrange(array: Array, pattern: str, sizes: Mapping[str, int]) -> Array:
    """einops' rearrange: "(h two d) c -> (h d two) c", axes of unknown size worked out."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise InputError(f"'{pattern[:60]}' is no pattern of rearrange", advice='Write "(h r d) c -> (h d r) c"')
    left, right = (_groups(side) for side in sides)
    names, wanted = ([name for group in groups for name in group] for groups in (left, right))
    for each in (names, wanted):
        twice = next((name for name in each if each.count(name) > 1), None)
        if twice:
            raise InputError(f"'{twice}' stands twice on one side of '{pattern[:60]}'")
    odd = sorted({*names} ^ {*wanted} | {*sizes} - {*names})
    if odd:
        raise InputError(
            f"'{odd[0][:40]}' is not on both sides of '{pattern[:60]}'", advice="rearrange only moves axes"
        )
    rest = array.ndim - sum(group != ("...",) for group in left)
    if rest < 0 or (rest and ("...",) not in left):
        raise InputError(f"'{pattern[:60]}' has {len(left)} axes on the left, the array {array.ndim}")
    known = dict(sizes)
    spread: tuple[str, ...] = ()
    shape = list(array.shape)
    for group in left:
        if group == ("...",):
            spread = tuple(f"...{place}" for place in range(rest))
            known |= dict(zip(spread, shape[:rest], strict=True))
            del shape[:rest]
            continue
        _solve(group, shape.pop(0), known)
    apart, order = (
        list(chain.from_iterable(spread if group == ("...",) else group for group in side)) for side in (left, right)
    )
    moved = array.reshape([known[name] for name in apart]).transpose([apart.index(name) for name in order])
    final = chain.from_iterable(
        [known[name] for name in spread] if group == ("...",) else [prod(known[name] for name in group)]
        for group in right
    )
    return moved.reshape(tuple(final))


def _solve(group: Sequence[str], length: int, known: dict[str, int]) -> None:
    left = [name for name in group if name not in known]
    whole = prod(known[name] for name in group if name in known)
    if len(left) > 1:
        raise InputError(f"the sizes of {' and '.join(left)} are not known", advice=f"Say {left[0]}=NUMBER")
    if whole < 1 or length % whole or (not left and whole != length):
        raise InputError(f"({' '.join(group)}): {length} entries cannot be cut into {whole}")
    if left:
        known[left[0]] = length // whole


def _groups(side: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    inside: list[str] | None = None
    text, at = side.rstrip(), 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise InputError(f"{text[at:].strip()[:20]!r} in a pattern of rearrange", advice="Use names, () and ...")
        at, name = match.end(), match["name"]
        if name is None:
            if (match["bracket"] == "(") is not (inside is None):
                raise InputError("brackets in a pattern of rearrange do not match")
            if inside is not None:
                found.append(tuple(inside))
            inside = [] if inside is None else None
        elif name == "..." and inside is not None:
            raise InputError("... stands inside brackets of a pattern of rearrange")
        elif inside is not None:
            inside += [name] if name != "1" else []
        else:
            found.append((name,) if name != "1" else ())
    if inside is not None:
        raise InputError("brackets in a pattern of rearrange do not match")
    if len(found) > MAX_AXES:
        raise InputError(f"a pattern of {len(found)} axes; at most {MAX_AXES}")
    return found
