"""The types of GGUF's values and tensors, by the numbers that files name them by.

ggml-org/llama.cpp 0c1e57098, ggml/include/gguf.h `gguf_type`, ggml/include/ggml.h `ggml_type`, and the sizes of the
blocks in ggml/src/ggml-common.h.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of value. `format`: how struct names it; empty for what has no fixed size."""

    name: str
    format: str = ""
    size: int = 0

    @property
    def is_float(self) -> bool:
        """Whether its values are floating point."""
        return self.name in ("f32", "f64")


TEXT, ARRAY = Kind("str"), Kind("arr")
KINDS = (
    Kind("u8", "B", 1), Kind("i8", "b", 1), Kind("u16", "H", 2), Kind("i16", "h", 2), Kind("u32", "I", 4),
    Kind("i32", "i", 4), Kind("f32", "f", 4), Kind("bool", "B", 1), TEXT, ARRAY, Kind("u64", "Q", 8),
    Kind("i64", "q", 8), Kind("f64", "d", 8),
)
KIND_NAMES = frozenset(kind.name for kind in KINDS) - {"arr"}

# How gguf-py names the same types.
PYTHON_KINDS = {
    "UINT8": "u8", "INT8": "i8", "UINT16": "u16", "INT16": "i16", "UINT32": "u32", "INT32": "i32", "FLOAT32": "f32",
    "BOOL": "bool", "STRING": "str", "UINT64": "u64", "INT64": "i64", "FLOAT64": "f64",
}


def whole_range(kind: str) -> tuple[int, int]:
    """The least and the greatest number of a type of whole numbers."""
    bits = int(kind[1:])
    return (0, (1 << bits) - 1) if kind[0] == "u" else (-(1 << bits - 1), (1 << bits - 1) - 1)


@dataclass(frozen=True, slots=True)
class Blocks:
    """A type of tensor: rows are made of blocks of `elements` numbers, each of `size` bytes."""

    name: str
    elements: int
    size: int


# 4, 5, 31 to 33 and 36 to 38 are types that llama.cpp has given up and refuses.
TENSOR_TYPES = {
    number: Blocks(name, elements, size) for number, name, elements, size in (
        (0, "f32", 1, 4), (1, "f16", 1, 2), (2, "q4_0", 32, 18), (3, "q4_1", 32, 20), (6, "q5_0", 32, 22),
        (7, "q5_1", 32, 24), (8, "q8_0", 32, 34), (9, "q8_1", 32, 36), (10, "q2_k", 256, 84),
        (11, "q3_k", 256, 110), (12, "q4_k", 256, 144), (13, "q5_k", 256, 176), (14, "q6_k", 256, 210),
        (15, "q8_k", 256, 292), (16, "iq2_xxs", 256, 66), (17, "iq2_xs", 256, 74), (18, "iq3_xxs", 256, 98),
        (19, "iq1_s", 256, 50), (20, "iq4_nl", 32, 18), (21, "iq3_s", 256, 110), (22, "iq2_s", 256, 82),
        (23, "iq4_xs", 256, 136), (24, "i8", 1, 1), (25, "i16", 1, 2), (26, "i32", 1, 4), (27, "i64", 1, 8),
        (28, "f64", 1, 8), (29, "iq1_m", 256, 56), (30, "bf16", 1, 2), (34, "tq1_0", 256, 54),
        (35, "tq2_0", 256, 66), (39, "mxfp4", 32, 17), (40, "nvfp4", 64, 36), (41, "q1_0", 128, 18),
        (42, "q2_0", 64, 18),
    )
}
