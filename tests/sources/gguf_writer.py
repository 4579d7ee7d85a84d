"""A tiny writer of GGUF files, right and wrong: the format of ggml-org/llama.cpp 0c1e57098, ggml/src/gguf.cpp."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

# The numbers of types in ggml/include/gguf.h, and how struct writes them.
U8, I8, U16, I16, U32, I32, F32, BOOL, STR, ARR, U64, I64, F64 = range(13)
FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}
Key = tuple[str, int, Any]
Tensor = tuple[str, Sequence[int], int, bytes]


def text(value: str | bytes) -> bytes:
    """A text with its length before it."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def value(kind: int, what: Any) -> bytes:
    """A value without its type; an array is (type, elements)."""
    if kind == STR:
        return text(what)
    if kind == ARR:
        inner, elements = what
        return struct.pack("<iQ", inner, len(elements)) + b"".join(value(inner, each) for each in elements)
    return struct.pack(f"<{FORMATS[kind]}", what)


def key(name: str | bytes, kind: int, what: Any) -> bytes:
    """One key with its value."""
    return text(name) + struct.pack("<i", kind) + value(kind, what)


def header(tensors: int, keys: int, version: int = 3, magic: bytes = b"GGUF", order: str = "<") -> bytes:
    """The first bytes."""
    return magic + struct.pack(f"{order}Iqq", version, tensors, keys)


def info(name: str, shape: Sequence[int], kind: int, offset: int) -> bytes:
    """One entry in the list of tensors."""
    return text(name) + struct.pack(f"<I{len(shape)}qiQ", len(shape), *shape, kind, offset)


def padded(data: bytes, alignment: int = 32) -> bytes:
    """With zeros up to a multiple of the alignment."""
    return data + bytes(-len(data) % alignment)


def gguf(keys: Sequence[Key], tensors: Sequence[Tensor] = (), alignment: int = 32, version: int = 3) -> bytes:
    """A whole file; a tensor is (name, shape, type, bytes)."""
    data = header(len(tensors), len(keys), version) + b"".join(key(*each) for each in keys)
    offset = 0
    for name, shape, kind, content in tensors:
        data += info(name, shape, kind, offset)
        offset += len(padded(content, alignment))
    if not tensors:
        return data
    return padded(data, alignment) + b"".join(padded(content, alignment) for *_, content in tensors)


def floats(*values: float) -> bytes:
    """The bytes of float32 numbers."""
    return struct.pack(f"<{len(values)}f", *values)


LLAMA: tuple[Key, ...] = (
    ("general.architecture", STR, "llama"),
    ("llama.context_length", U32, 4096),
    ("llama.embedding_length", U32, 1024),
    ("llama.block_count", U32, 2),
    ("llama.feed_forward_length", U32, 64),
    ("llama.attention.head_count", U32, 8),
    ("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
    ("llama.rope.freq_base", F32, 10000.0),
)

# The file that the dumps beside this module are of.
DUMPED: tuple[Key, ...] = (
    ("general.architecture", STR, "qwen35"),
    ("general.name", STR, "A model whose name is longer than sixty characters, to be cut, by all"),
    ("qwen35.block_count", U32, 32),
    ("qwen35.context_length", U32, 262144),
    ("qwen35.embedding_length", U32, 4096),
    ("qwen35.attention.head_count", U32, 16),
    ("qwen35.attention.head_count_kv", ARR, (U32, [0, 0, 0, 4] * 8)),
    ("qwen35.rope.dimension_sections", ARR, (I32, [11, 11, 10, 0])),
    ("qwen35.rope.freq_base", F32, 10000000.0),
    ("qwen35.rope.scaling.type", STR, "yarn"),
    ("qwen35.rope.scaling.factor", F32, 4.0),
    ("qwen35.rope.scaling.yarn_log_multiplier", F32, 0.1),
    ("qwen35.attention.layer_norm_rms_epsilon", F32, 1e-6),
    ("qwen35.full_attention_interval", U64, 4),
    ("qwen35.a.bool", BOOL, True),
    ("qwen35.a.double", F64, 0.1),
    ("qwen35.a.negative", I16, -7),
    ("tokenizer.ggml.tokens", ARR, (STR, ["!", '"', "a, b", "Ġ Ġ", "é", "]", "x`y"])),
    ("tokenizer.ggml.scores", ARR, (F32, [0.5, -1000.0, 0.1, 2, 3, 4, 5, 6])),
)
DUMPED_TENSORS: tuple[Tensor, ...] = (
    ("rope_freqs.weight", [4], 0, floats(1, 1.5, 8, 32)),
    ("output_norm.weight", [4], 0, floats(0, 0, 0, 0)),
    ("blk.0.attn_q.weight", [256, 3], 12, bytes(144 * 3)),
)
