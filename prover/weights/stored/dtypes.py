"""Types of the numbers in tensors: how many bits each has, by the names that files give them in capitals.

The plain types are those of safetensors (huggingface/safetensors v0.8.0, safetensors/src/tensor.rs `Dtype`,
`Dtype::bitsize`); GGUF has the same names for those it shares, and its blocks are in `prover.sources.gguf_types`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from prover.sources.gguf_types import TENSOR_TYPES, Blocks

BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "BOOL": 8, "U8": 8, "I8": 8,
    "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}
# Types that NumPy has, and a floating type that holds each of their numbers exactly.
NUMPY = {
    "BOOL": ("?", "f4"), "U8": ("u1", "f4"), "I8": ("i1", "f4"), "U16": ("<u2", "f4"), "I16": ("<i2", "f4"),
    "U32": ("<u4", "f8"), "I32": ("<i4", "f8"), "F16": ("<f2", "f4"), "F32": ("<f4", "f4"), "F64": ("<f8", "f8"),
}
BLOCKS: dict[str, Blocks] = {blocks.name.upper(): blocks for blocks in TENSOR_TYPES.values() if blocks.elements > 1}
# Bits of exponent and mantissa, what is taken off the exponent, and how numbers that are none are written.
_SMALL_FLOATS = {
    "F8_E5M2": (5, 2, 15, "ieee"), "F8_E4M3": (4, 3, 7, "ones"), "F8_E5M2FNUZ": (5, 2, 16, "minus 0"),
    "F8_E4M3FNUZ": (4, 3, 8, "minus 0"), "F8_E8M0": (8, 0, 127, "exponent"),
}


@cache
def byte_table(dtype: str) -> npt.NDArray[np.float32] | None:
    """The number that each byte is, of a floating type of 8 bits; None for another type.

    E5M2 and E4M3 as in the Open Compute Project's OFP8, E8M0 as in its Microscaling formats, FNUZ as AMD has them.
    """
    if dtype not in _SMALL_FLOATS:
        return None
    exponent_bits, mantissa_bits, bias, kind = _SMALL_FLOATS[dtype]
    values = []
    for byte in range(256):
        exponent = byte >> mantissa_bits & (1 << exponent_bits) - 1
        mantissa = byte & (1 << mantissa_bits) - 1
        sign = 1.0 if kind == "exponent" or byte < 128 else -1.0
        top = exponent == (1 << exponent_bits) - 1
        if (kind == "exponent" and top) or (kind == "minus 0" and byte == 128):
            values.append(np.nan)
        elif kind == "ieee" and top:
            values.append(np.nan if mantissa else sign * np.inf)
        elif kind == "ones" and top and mantissa == (1 << mantissa_bits) - 1:
            values.append(np.nan)
        elif exponent or kind == "exponent":
            values.append(sign * (1 + mantissa / (1 << mantissa_bits)) * 2.0 ** (exponent - bias))
        else:
            values.append(sign * mantissa / (1 << mantissa_bits) * 2.0 ** (1 - bias))
    table = np.array(values, np.float32)
    table.setflags(write=False)
    return table
