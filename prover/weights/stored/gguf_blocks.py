"""What the blocks of quantised GGUF tensors hold: whole numbers, and the steps and offsets that make values of them.

The layouts are those of ggml-org/llama.cpp 0c1e57098, ggml/src/ggml-common.h `block_q4_0` to `block_q6_K`, read as
ggml/src/ggml-quants.c `dequantize_row_*` reads them: value = step * code + offset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Codes:
    """Blocks of one type taken apart; every array is (blocks, elements), or can be spread to it.

    `step_half`, `offset_half`: how far the number that was rounded to the stored step or offset may be from it.
    """

    code: npt.NDArray[np.int16]
    step: Numbers
    offset: Numbers
    step_half: Numbers
    offset_half: Numbers


def take_apart(dtype: str, blocks: Bytes) -> Codes:
    """The codes of blocks of a type that is in LAYOUTS, one block a row."""
    return LAYOUTS[dtype](blocks)


def _q8_0(blocks: Bytes) -> Codes:
    return _rounded(blocks[:, 2:].view(np.int8).astype(np.int16), _half(blocks, 0), None)


def _q4_0(blocks: Bytes) -> Codes:
    return _rounded(_nibbles(blocks[:, 2:]) - 8, _half(blocks, 0), None)


def _q4_1(blocks: Bytes) -> Codes:
    return _rounded(_nibbles(blocks[:, 4:]), _half(blocks, 0), _half(blocks, 2))


def _q5_0(blocks: Bytes) -> Codes:
    return _rounded(_nibbles(blocks[:, 6:]) + 16 * _bits(blocks[:, 2:6]) - 16, _half(blocks, 0), None)


def _q5_1(blocks: Bytes) -> Codes:
    return _rounded(_nibbles(blocks[:, 8:]) + 16 * _bits(blocks[:, 4:8]), _half(blocks, 0), _half(blocks, 2))


def _q2_k(blocks: Bytes) -> Codes:
    scales = blocks[:, :16]
    return _exact(_pairs_of_bits(blocks[:, 16:80]), _half(blocks, 80), scales & 15, _half(blocks, 82), scales >> 4)


def _q3_k(blocks: Bytes) -> Codes:
    packed = blocks[:, 96:108]
    low = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], axis=1)
    high = _shifted(packed[:, 8:], (0, 2, 4, 6)) & 3
    scales = (low | high.reshape(-1, 16) << 4).astype(np.int16) - 32
    mask = _shifted(blocks[:, :32], range(8)) & 1
    code = _pairs_of_bits(blocks[:, 32:96]) + 4 * mask.reshape(-1, 256).astype(np.int16) - 4
    return _exact(code, _half(blocks, 108), scales, None, None)


def _q4_k(blocks: Bytes) -> Codes:
    scales, mins = _scales_and_mins(blocks[:, 4:16])
    return _exact(_nibbles_of_64(blocks[:, 16:]), _half(blocks, 0), scales, _half(blocks, 2), mins)


def _q5_k(blocks: Bytes) -> Codes:
    scales, mins = _scales_and_mins(blocks[:, 4:16])
    fifth = (_shifted(blocks[:, 16:48], range(8)) & 1).reshape(-1, 256).astype(np.int16)
    return _exact(_nibbles_of_64(blocks[:, 48:]) + 16 * fifth, _half(blocks, 0), scales, _half(blocks, 2), mins)


def _q6_k(blocks: Bytes) -> Codes:
    parts = blocks[:, :128].reshape(-1, 2, 64)
    low = np.stack([parts & 15, parts >> 4], axis=2).reshape(-1, 256)
    high = (_shifted(blocks[:, 128:192].reshape(-1, 32), (0, 2, 4, 6)) & 3).reshape(-1, 256)
    code = (low | high << 4).astype(np.int16) - 32
    return _exact(code, _half(blocks, 208), blocks[:, 192:208].view(np.int8), None, None)


LAYOUTS: dict[str, Callable[[Bytes], Codes]] = {
    "Q8_0": _q8_0, "Q4_0": _q4_0, "Q4_1": _q4_1, "Q5_0": _q5_0, "Q5_1": _q5_1,
    "Q2_K": _q2_k, "Q3_K": _q3_k, "Q4_K": _q4_k, "Q5_K": _q5_k, "Q6_K": _q6_k,
}


def _rounded(code: npt.NDArray[np.int16], step: npt.NDArray[np.float16], offset: npt.NDArray[np.float16] | None
             ) -> Codes:
    """Blocks whose codes were made before step and offset were rounded to float16."""
    none = np.zeros_like(step) if offset is None else offset
    halves = [np.abs(np.spacing(each)).astype(np.float64) / 2 for each in (step, none)]
    return Codes(code, step.astype(np.float64), none.astype(np.float64), halves[0],
                 np.zeros_like(halves[1]) if offset is None else halves[1])


def _exact(
    code: npt.NDArray[np.int16], step: npt.NDArray[np.float16], scales: npt.NDArray[np.integer],
    offset: npt.NDArray[np.float16] | None, mins: npt.NDArray[np.integer] | None,
) -> Codes:
    """Blocks of 256 whose codes were made with the stored steps and offsets, one of each for a part of the block."""
    width = code.shape[1] // scales.shape[1]
    steps = np.repeat(step.astype(np.float64) * scales, width, axis=1)
    nothing = np.zeros((1, 1))
    if offset is None or mins is None:
        return Codes(code, steps, nothing, nothing, nothing)
    return Codes(code, steps, np.repeat(-offset.astype(np.float64) * mins, width, axis=1), nothing, nothing)


def _half(blocks: Bytes, at: int) -> npt.NDArray[np.float16]:
    return np.ascontiguousarray(blocks[:, at:at + 2]).view("<f2")


def _nibbles(data: Bytes) -> npt.NDArray[np.int16]:
    """The lower halves of all bytes, then the upper ones."""
    return np.concatenate([data & 15, data >> 4], axis=1).astype(np.int16)


def _nibbles_of_64(data: Bytes) -> npt.NDArray[np.int16]:
    """The same of every 32 bytes."""
    parts = data.reshape(-1, 4, 32)
    return np.stack([parts & 15, parts >> 4], axis=2).reshape(-1, 256).astype(np.int16)


def _pairs_of_bits(data: Bytes) -> npt.NDArray[np.int16]:
    """Of every 32 bytes the lowest two bits, then the next two, to the highest."""
    return (_shifted(data.reshape(-1, 32), (0, 2, 4, 6)) & 3).reshape(-1, 256).astype(np.int16)


def _bits(data: Bytes) -> npt.NDArray[np.int16]:
    """All bits, each byte's lowest first."""
    return np.unpackbits(data, axis=1, bitorder="little").astype(np.int16)


def _shifted(data: Bytes, shifts: range | tuple[int, ...]) -> Bytes:
    """(rows, bytes) as (rows, shifts, bytes)."""
    return data[:, None, :] >> np.array(shifts, np.uint8)[None, :, None]


def _scales_and_mins(packed: Bytes) -> tuple[Bytes, Bytes]:
    """Eight scales and eight minima of 6 bits in 12 bytes (ggml-quants.c, `get_scale_min_k4`)."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], axis=1)
    mins = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)
    return scales, mins
