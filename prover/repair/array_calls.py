"""The functions and methods of NumPy, torch and einops that an expression may call, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from prover.errors import InputError
from prover.repair import array_operations as ops
from prover.repair.array_expression import KNOWN
from prover.repair.array_operations import Array, shape_text

Options = Mapping[str, Any]

_SAME = ("contiguous", "clone", "copy", "detach", "ascontiguousarray", "asarray", "cpu")
_ON_SHAPES = ("reshape", "view", "permute", "transpose", "swapaxes", "swapdims", "moveaxis", "movedim", "t", "ravel")
_CUTS = ("chunk", "split")


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {shape_text(value.shape)}"
    kinds = {int: "a whole number", str: "a text", tuple: "a list", type(None): "None"}
    return kinds.get(type(value), "one entry" if isinstance(value, np.integer) else "an index")


def list_array(values: Sequence[Any]) -> Array:
    """A list of whole numbers as an array."""
    odd = next((value for value in values if type(value) is not int), None)
    if not values or any(type(value) is not int for value in values):
        raise InputError(f"expected a list of whole numbers, got {kind_of(odd) if values else 'an empty one'}")
    if max(values) > np.iinfo(np.int32).max or min(values) < np.iinfo(np.int32).min:
        raise InputError("a number is too large for the number of a row")
    return np.asarray(values, dtype=np.int32)


def call_function(name: str, library: str, values: list[Any], options: Options) -> Any:
    """np.NAME(values), torch.NAME or einops.NAME."""
    if library == "einops":
        return _rearrange(name, values, options)
    if name in ("array", "tensor", "asarray") and len(values) == 1 and isinstance(values[0], tuple):
        _only(name, options, "dtype")
        return list_array(values[0])
    if name in ("cat", "concat", "concatenate", "stack"):
        if not values or not isinstance(values[0], tuple) or not values[0]:
            raise InputError(f"{name} takes a list of arrays", advice="Write torch.cat([W[::2], W[1::2]])")
        arrays = [_array(value) for value in values[0]]
        ops.require_room(sum(each.size for each in arrays))
        axis = _axis(name, values[1:], options, 0)
        return ops.stack(arrays, axis) if name == "stack" else ops.join(arrays, axis)
    if not values:
        raise InputError(f"{name[:40]} takes an array")
    return call_method(name, _array(values[0]), values[1:], options, library, library)


def call_method(
    name: str, array: Array, values: list[Any], options: Options, library: str | None, hint: str | None
) -> Any:
    """array.NAME(values), or the function of that name in `library`. `hint`: whose rules the expression follows."""
    if name in _SAME:
        _only(name, options)
        return np.ascontiguousarray(array) if name in ("contiguous", "ascontiguousarray", "clone", "copy") else array
    if name in _ON_SHAPES:
        _only(name, options)
        is_tuple = len(values) == 1 and isinstance(values[0], tuple)
        return _moved(name, array, _wholes(name, values[0] if is_tuple else values), library or hint, is_tuple)
    if name in _CUTS:
        return _cut(name, array, values, options, library or hint)
    if name in _OTHERS:
        return _OTHERS[name](array, values, options)
    raise InputError(f"'{name[:40]}' is not known", advice=f"Known: {KNOWN}")


def _array(value: Any) -> Array:
    if isinstance(value, tuple):
        return list_array(value)
    if not isinstance(value, np.ndarray):
        raise InputError(f"{kind_of(value)} where an array is expected")
    return value


def _only(name: str, options: Options, *known: str) -> None:
    odd = next((key for key in options if key not in known), None)
    if odd is not None:
        raise InputError(f"{name[:40]} with '{odd[:40]}=' is not known", advice=f"Known: {', '.join(known) or 'none'}")


def _wholes(name: str, values: Sequence[Any]) -> tuple[int, ...]:
    for value in values:
        if type(value) is not int:
            raise InputError(f"{name} takes whole numbers, got {kind_of(value)}")
    return tuple(values)


def _axis(name: str, values: Sequence[Any], options: Options, default: int | None) -> int:
    """The axis that is given by place, as dim= or as axis=."""
    _only(name, options, "dim", "axis")
    found = [*values, *options.values()] or [default]
    if len(found) != 1 or type(found[0]) is not int:
        raise InputError(f"{name} takes one axis", advice="Write dim=0 or axis=0")
    return found[0]


def _two(name: str, values: list[Any], options: Options) -> tuple[int, Any]:
    """An axis, and a list of whole numbers."""
    _only(name, options)
    if len(values) != 2 or type(values[0]) is not int or not isinstance(values[1], (tuple, np.ndarray)):
        raise InputError(f"{name} takes an axis and a list of whole numbers")
    return values[0], values[1]


def _moved(name: str, array: Array, numbers: tuple[int, ...], library: str | None, is_tuple: bool) -> Array:
    match name:
        case "reshape" | "view":
            return ops.reshape(array, numbers, name == "view")
        case "permute":
            return ops.permute(array, numbers)
        case "transpose":
            return _transpose(array, numbers, library, is_tuple)
        case "t":
            if numbers or array.ndim > 2:
                raise InputError("t() takes no axes and an array of at most two")
            return array.T
        case "ravel":
            return array.reshape(-1)
    if len(numbers) != 2:
        raise InputError(f"{name} takes two axes, got {len(numbers)}")
    return (ops.swap if name.startswith("swap") else ops.move_axis)(array, *numbers)


def _transpose(array: Array, axes: tuple[int, ...], library: str | None, is_tuple: bool) -> Array:
    """NumPy's takes all axes or none, torch's the two that change places; refused where it matters which it is."""
    numpy = torch = None
    if library != "torch" and not axes and not is_tuple:
        numpy = array.T
    elif library != "torch" and len(axes) == array.ndim:
        numpy = ops.permute(array, axes)
    if library != "numpy" and len(axes) == 2 and not is_tuple:
        torch = ops.swap(array, *axes)
    if numpy is None and torch is None:
        raise InputError(
            f"transpose{shape_text(axes)} of an array with {array.ndim} axes",
            advice="torch takes the two axes that change places, NumPy all axes in their new order",
        )
    if numpy is not None and torch is not None and (numpy.shape, numpy.strides) != (torch.shape, torch.strides):
        raise InputError(
            f"transpose{shape_text(axes)} of an array with two axes is one thing in torch and another in NumPy",
            advice=f"Write swapaxes{shape_text(axes)} if they change places",
        )
    found = torch if numpy is None else numpy
    assert found is not None
    return found


def _flatten(array: Array, values: list[Any], options: Options) -> Array:
    _only("flatten", options, "start_dim", "end_dim")
    given = dict(zip(("start_dim", "end_dim"), values, strict=False)) | dict(options)
    if len(values) > 2 or len(given) < len(values) + len(options):
        raise InputError("flatten takes at most two axes")
    _wholes("flatten", tuple(given.values()))
    return ops.flatten(array, given.get("start_dim", 0), given.get("end_dim", -1))


def _flip(array: Array, values: list[Any], options: Options) -> Array:
    _only("flip", options, "dims", "axis", "dim")
    given = [*values, *options.values()]
    axes = given[0] if len(given) == 1 and isinstance(given[0], tuple) else given
    return ops.flip(array, _wholes("flip", axes) if given else None)


def _argsort(array: Array, values: list[Any], options: Options) -> Array:
    _only("argsort", options)
    if values:
        raise InputError("argsort takes no axis here")
    return ops.inverse(array)


def _squeeze(array: Array, values: list[Any], options: Options) -> Array:
    return ops.squeeze(array, _axis("squeeze", values, options, None) if values or options else None)


def _unsqueeze(array: Array, values: list[Any], options: Options) -> Array:
    return ops.unsqueeze(array, _axis("unsqueeze", values, options, None))


def _unflatten(array: Array, values: list[Any], options: Options) -> Array:
    axis, sizes = _two("unflatten", values, options)
    return ops.unflatten(array, axis, _wholes("unflatten", tuple(sizes)))


def _unbind(array: Array, values: list[Any], options: Options) -> tuple[Array, ...]:
    at = ops.axis_of(array, _axis("unbind", values, options, 0))
    return tuple(part.squeeze(at) for part in ops.parts(array, [1] * array.shape[at], at))


def _index_select(array: Array, values: list[Any], options: Options) -> Array:
    axis, numbers = _two("index_select", values, options)
    return ops.take(array, numbers, axis)


def _take(array: Array, values: list[Any], options: Options) -> Array:
    if not values or not isinstance(values[0], (tuple, np.ndarray)):
        raise InputError("take takes a list of whole numbers and an axis", advice="Write np.take(W, [0, 2, 1, 3], 0)")
    return ops.take(array, values[0], _axis("take", values[1:], options, None))


_OTHERS = {
    "flatten": _flatten, "flip": _flip, "argsort": _argsort, "squeeze": _squeeze, "unsqueeze": _unsqueeze,
    "expand_dims": _unsqueeze, "unflatten": _unflatten, "unbind": _unbind, "index_select": _index_select, "take": _take,
}


def _cut(name: str, array: Array, values: list[Any], options: Options, library: str | None) -> tuple[Array, ...]:
    """chunk, and split, which takes the size of a part in torch and the number of parts in NumPy and MLX."""
    axis = _axis(name, values[1:], options, 0)
    what = values[0] if values else None
    if name == "split" and isinstance(what, tuple):
        sizes = _wholes(name, what)
        if library == "numpy":
            sizes = tuple(b - a for a, b in pairwise((0, *sizes, array.shape[ops.axis_of(array, axis)])))
        return ops.parts(array, sizes, axis)
    if type(what) is not int:
        raise InputError(f"{name} takes a whole number")
    is_count = name == "chunk" or library == "numpy"
    return ops.parts(array, ops.equal_sizes(array, what, axis) if is_count else ops.pieces_of(array, what, axis), axis)


def _rearrange(name: str, values: list[Any], options: Options) -> Array:
    if name != "rearrange":
        raise InputError(f"'{name[:40]}' is not known", advice=f"Known: {KNOWN}")
    if len(values) != 2 or not isinstance(values[1], str):
        raise InputError(
            "rearrange takes an array and a pattern",
            advice='Write rearrange(W, "(h r d) c -> (h d r) c", h=heads, r=2)',
        )
    _wholes(name, tuple(options.values()))
    return ops.rearrange(_array(values[0]), values[1], options)
