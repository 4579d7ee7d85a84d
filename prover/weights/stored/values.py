"""The rows of a tensor: their bytes where they lie, their numbers, and between which numbers they may have been before.

Nothing is read but the pages that are asked for.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import InputError
from prover.files import open_regular
from prover.resources import shown_path
from prover.weights.stored.dtypes import BITS, BLOCKS, NUMPY, byte_table
from prover.weights.stored.gguf_blocks import LAYOUTS, take_apart
from prover.weights.stored.json_members import shown
from prover.weights.stored.tensors import Tensor

Values = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Bounds = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
# Least and greatest code that a quantiser gives.
_CODES = {
    "Q8_0": (-127, 127), "Q4_0": (-8, 7), "Q4_1": (0, 15), "Q5_0": (-16, 15), "Q5_1": (0, 31),
    "Q2_K": (0, 3), "Q3_K": (-4, 3), "Q4_K": (0, 15), "Q5_K": (0, 31), "Q6_K": (-32, 31),
}
IN_CACHE = 1 << 15  # numbers
STEP_AFTER_CODES = frozenset(("Q4_0", "Q4_1", "Q5_0", "Q5_1"))


def open_rows(tensor: Tensor, rows: int) -> npt.NDArray[np.uint8]:
    """The tensor's bytes, one row in each, mapped from the file and not to be written. Raises InputError.

    `rows`: what its leading dimensions are together.
    """
    _require_rows(tensor, rows)
    if not tensor.size:
        return np.zeros((rows, 0), np.uint8)
    whole = tensor.offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
    with open_regular(tensor.file) as stream:
        try:
            pages = mmap.mmap(stream.fileno(), tensor.offset + tensor.size - whole, access=mmap.ACCESS_READ,
                              offset=whole)
        except (OSError, ValueError) as fault:
            raise _fault(tensor, f"cannot be read: {fault}", "Did the file change meanwhile?") from None
    return np.frombuffer(pages, np.uint8, tensor.size, tensor.offset - whole).reshape(rows, -1)


def row_values(tensor: Tensor, rows: int, start: int, stop: int) -> Values:
    """The numbers of the rows from `start` to `stop`, exactly: float32 where that holds every number of the type.

    Quantised GGUF tensors as the package gguf dequantises them, in float32. Raises InputError for a type whose numbers
    are not known, and whole numbers of 64 bits that no float64 is.
    """
    data = open_rows(tensor, rows)[start:stop]
    if tensor.dtype in NUMPY:
        stored, exact = NUMPY[tensor.dtype]
        return _cast(_viewed(data, stored), exact)
    if tensor.dtype == "BF16":
        return (_viewed(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    table = byte_table(tensor.dtype)
    if table is not None:
        found: npt.NDArray[np.float32] = table[data]
        return found
    if tensor.dtype in ("I64", "U64"):
        return _wide(tensor, _viewed(data, "<i8" if tensor.dtype == "I64" else "<u8"))
    if tensor.dtype in BLOCKS:
        return _dequantised(tensor, data)
    raise _fault(tensor, f"is of type {tensor.dtype}, whose numbers are not read", "Convert the checkpoint to BF16")


def value_bounds(
    tensor: Tensor, rows: int, start: int, stop: int, by_importance: bool = False,
    columns: npt.NDArray[np.intp] | None = None,
) -> Bounds:
    """The least and greatest number that each value may have been before it was stored as it is; float64.

    `columns`: those that are wanted, in order; None for all. Blocks without one of them are not taken apart.
    `by_importance`: whether the file was quantised with an importance matrix, as `gguf_checkpoint.by_importance` tells.

    Blocks: a quantiser of llama.cpp takes the code nearest to (x - offset) / step, so that x is at most half a step
    from the value; what makes the bound wider is told at `_block_bounds`. A code at an end of a K-quant's range stands
    for all numbers beyond it as well, and a step of 0 for any: the bound is infinite there. F32, F16 and BF16: half
    the way to the next number of the type. Other plain types: the number itself. A value that is no number or infinite
    has NaN. Types without a known bound, which `has_bounds` tells: infinite. The bound reaches one step back, not
    beyond an F16 file that a BF16 model was quantised from.
    """
    if tensor.dtype in LAYOUTS and has_bounds(tensor.dtype, by_importance):
        data = open_rows(tensor, rows)[start:stop]
        return _bounds_in_runs(tensor, data) if columns is None else _bounds_at(tensor, data, columns)
    if tensor.dtype in BLOCKS:
        blocks = BLOCKS[tensor.dtype]
        wide = tensor.size // rows // blocks.size * blocks.elements if columns is None else len(columns)
        shape = (len(range(rows)[start:stop]), wide)
        return np.full(shape, -np.inf), np.full(shape, np.inf)
    values = row_values(tensor, rows, start, stop)
    values = values if columns is None else values[:, columns]
    low, high = np.empty(values.shape), np.empty(values.shape)
    for run in runs(*values.shape):
        half, middle = _half_gaps(tensor.dtype, values[run]), _cast(values[run], "f8")
        np.subtract(middle, half, out=low[run])
        np.add(middle, half, out=high[run])
    return low, high


def row_error(
    tensor: Tensor, rows: int, start: int, stop: int, by_importance: bool = False
) -> npt.NDArray[np.float64]:
    """For each row the widest distance that `value_bounds` gives on either side of a value, infinite ones left out.

    It is the error of those values that have a bound on both sides; infinite for a row that has none.
    """
    low, high = value_bounds(tensor, rows, start, stop, by_importance)
    values = _cast(row_values(tensor, rows, start, stop), "f8")
    error = np.maximum(values - low, high - values)
    bounded = np.where(np.isfinite(error), error, -1.0).max(axis=1, initial=-1.0)
    return np.where(bounded < 0, np.inf, bounded)


def has_bounds(dtype: str, by_importance: bool = False) -> bool:
    """Whether `value_bounds` knows bounds for a type: not for the IQ, TQ, MXFP4, NVFP4, Q1 and Q2_0 families."""
    return dtype not in BLOCKS or (dtype in LAYOUTS and not (by_importance and dtype in STEP_AFTER_CODES))


def runs(rows: int, columns: int) -> Iterator[slice]:
    """Runs of rows whose numbers fit into a processor's cache together, where many steps are done to each."""
    step = max(1, IN_CACHE // max(columns, 1))
    yield from (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def _bounds_in_runs(tensor: Tensor, data: npt.NDArray[np.uint8]) -> Bounds:
    """Bounds of whole rows."""
    blocks = BLOCKS[tensor.dtype]
    wide = data.shape[1] // blocks.size * blocks.elements
    low, high = np.empty((len(data), wide)), np.empty((len(data), wide))
    for run in runs(len(data), wide):
        low[run], high[run] = _block_bounds(tensor, data[run])
    return low, high


def _block_bounds(tensor: Tensor, data: npt.NDArray[np.uint8]) -> Bounds:
    """Bounds of what llama.cpp 0c1e57098 quantised (ggml/src/ggml-quants.c, `quantize_row_*`, and gguf-py's quants.py).

    x = (step + a) * (code + r) + (offset + b). K-quants take codes last, with the stored step and offset: a = b = 0.
    The others round step and offset to float16 afterwards: a and b are within half of its spacing. |r| <= 1/2, but for
    the greatest code of Q4_0 and Q5_0, which stands for up to one step beyond it, and the ends of K-quants. What is
    computed in float32 on the way moves r by less than (greatest code + 1) * 2**-22.

    Quantised with an importance matrix, the types of STEP_AFTER_CODES take their codes before the step, and the bound
    does not hold (`quantize_row_q4_0_impl` and its like).
    """
    blocks = BLOCKS[tensor.dtype]
    codes = take_apart(tensor.dtype, data.reshape(-1, blocks.size))
    least, greatest = _CODES[tensor.dtype]
    slack = (max(-least, greatest) + 1) * 2.0**-22
    below = np.full(codes.code.shape, 0.5 + slack)
    above = below.copy()
    if tensor.dtype in ("Q4_0", "Q5_0"):
        above[codes.code == greatest] = 1 + slack
    if tensor.dtype.endswith("_K"):
        below[(codes.code == least) | (codes.step == 0)] = np.inf
        above[(codes.code == greatest) | (codes.step == 0)] = np.inf
    with np.errstate(invalid="ignore", over="ignore"):
        ends = [codes.code - below, codes.code + above]
        reached = [codes.step * end + codes.offset for end in ends]
        moved = codes.offset_half
        if codes.step_half.any():
            wide = codes.step_half * np.maximum(*map(np.abs, ends)) + codes.offset_half
            moved = np.where(codes.step_half == 0, codes.offset_half, wide)
        low, high = np.minimum(*reached) - moved, np.maximum(*reached) + moved
    unknown = np.isnan(low) | np.isnan(high)
    if unknown.any():
        low, high = np.where(unknown, -np.inf, low), np.where(unknown, np.inf, high)
    return low.reshape(len(data), -1), high.reshape(len(data), -1)


def _bounds_at(tensor: Tensor, data: npt.NDArray[np.uint8], columns: npt.NDArray[np.intp]) -> Bounds:
    """The same of some columns, from the blocks that they are in."""
    blocks = BLOCKS[tensor.dtype]
    needed, place = np.unique(columns // blocks.elements, return_inverse=True)
    at = place * blocks.elements + columns % blocks.elements
    own = data.reshape(len(data), -1, blocks.size)[:, needed].reshape(len(data), -1)
    low, high = _block_bounds(tensor, own)
    return low[:, at], high[:, at]


def _half_gaps(dtype: str, values: Values) -> npt.NDArray[np.float64]:
    """Half the distance of a number of a floating type to the next, 0 for other types."""
    if dtype in ("F32", "F16"):
        with np.errstate(invalid="ignore", over="ignore"):
            gaps: npt.NDArray[np.float64] = np.abs(np.spacing(values.astype(NUMPY[dtype][0]))).astype(np.float64)
            return gaps / 2
    if dtype == "BF16":  # numbers below 2**-126 are stored as 0 by some
        _, exponent = np.frexp(_cast(values, "f8"))
        half = np.where(values == 0, 0, np.ldexp(0.5, exponent - 8))
        return np.where(np.isfinite(values), np.maximum(half, 2.0**-126), np.nan)
    return np.zeros(values.shape)


def _dequantised(tensor: Tensor, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    try:
        from gguf.constants import GGMLQuantizationType
        from gguf.quants import dequantize
    except ImportError:
        raise _fault(tensor, f"is of type {tensor.dtype}, which the package gguf dequantises, and that is not here",
                     "pip install 'rope-prover[weights]'") from None
    try:
        return np.asarray(dequantize(np.ascontiguousarray(data), GGMLQuantizationType[tensor.dtype]), np.float32)
    except (KeyError, NotImplementedError):
        raise _fault(tensor, f"is of type {tensor.dtype}, which the package gguf that is here does not dequantise",
                     "Take a later version of gguf, or a file of another type") from None


def _wide(tensor: Tensor, whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    limit = 1 << 53
    if whole.size and (int(whole.max()) > limit or int(whole.min()) < -limit):
        raise _fault(tensor, "holds whole numbers beyond 2**53, which no float64 is", "Is it a tensor of weights?")
    return whole.astype(np.float64)


def _viewed(data: npt.NDArray[np.uint8], stored: str) -> npt.NDArray[Any]:
    """Rows of bytes as rows of numbers; the bytes may begin anywhere."""
    return np.ascontiguousarray(data).view(stored)


def _cast(numbers: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    """Numbers in a wider type, where NumPy warns of some that are none."""
    with np.errstate(invalid="ignore"):
        return numbers.astype(kind, copy=False)


def _require_rows(tensor: Tensor, rows: int) -> None:
    """Raise InputError unless the tensor falls into this many rows of whole bytes and blocks."""
    blocks = BLOCKS.get(tensor.dtype)
    unit = blocks.size if blocks else max(BITS.get(tensor.dtype, 8) // 8, 1)
    if rows <= 0 or tensor.size % rows or tensor.size // rows % unit:
        raise _fault(tensor, f"of shape {tensor.shape} and {tensor.size} bytes has no {rows} rows of whole numbers")


def _fault(tensor: Tensor, message: str, advice: str = "") -> InputError:
    return InputError(message, where=f"{shown_path(tensor.file)}, {shown(tensor.name)}", advice=advice)
