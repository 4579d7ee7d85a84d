"""Small checkpoints on disk, made by hand: transformers' folders and llama.cpp's files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from checkpoint_files import safetensors
from made_layers import COLUMNS, Made, flat

from prover.weights.stored.lines import rounded
from sources.gguf_writer import F32, STR, U32, gguf

ROLES = "qkv"


def save_folder(folder: Path, layers: Sequence[Made], kind: str = "llama", dtype: str = "F32", beside=None,
                left_out=(), **more) -> Path:
    """A folder as transformers has it. The config says what the contents are. `beside`: more arrays by name.

    `left_out`: names of those that are not saved.
    """
    first = layers[0]
    config = {
        "model_type": kind, "hidden_size": COLUMNS, "num_attention_heads": len(first.q), "head_dim": first.q.shape[1],
        "num_key_value_heads": len(first.k), "num_hidden_layers": len(layers), "max_position_embeddings": 128,
        "rope_theta": 10000.0, "vocab_size": 16, "intermediate_size": 32, **more,
    }
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    arrays = dict(beside or {})
    for number, made in enumerate(layers):
        at = f"model.layers.{number}.self_attn"
        for role in ROLES:
            arrays[f"{at}.{role}_proj.weight"] = flat(getattr(made, role))
            if made.biases:
                arrays[f"{at}.{role}_proj.bias"] = made.biases[role].reshape(-1)
        arrays[f"{at}.o_proj.weight"] = made.o
        for role, gain in made.gains.items():
            arrays[f"{at}.{role}_norm.weight"] = gain.reshape(-1)
    (folder / "model.safetensors").write_bytes(safetensors({
        name: (dtype, array.shape, stored(array, dtype)) for name, array in arrays.items() if name not in left_out}))
    return folder


def stored(array: np.ndarray, dtype: str) -> bytes:
    """The bytes of numbers in a type."""
    if dtype == "BF16":
        return (rounded(array, "BF16").view(np.uint32) >> 16).astype("<u2").tobytes()
    return array.astype({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 8, "Q4_K": 12, "Q6_K": 14, "BF16": 30}


def save_gguf(file: Path, layers: Sequence[Made], arch: str = "llama", dtype: str = "F32") -> Path:
    """A file of llama.cpp with the weights in a type; vectors stay float32."""
    first = layers[0]
    numbers = {
        "block_count": len(layers), "context_length": 128, "embedding_length": COLUMNS, "feed_forward_length": 32,
        "attention.head_count": len(first.q), "attention.head_count_kv": len(first.k),
        "attention.key_length": first.q.shape[1], "attention.value_length": first.v.shape[1],
        "rope.dimension_count": first.q.shape[1], "vocab_size": 16,
    }
    keys = [("general.architecture", STR, arch), *((f"{arch}.{key}", U32, value) for key, value in numbers.items()),
            (f"{arch}.rope.freq_base", F32, 10000.0), (f"{arch}.attention.layer_norm_rms_epsilon", F32, 1e-5)]
    arrays = {}
    for number, made in enumerate(layers):
        for role in ROLES:
            arrays[f"blk.{number}.attn_{role}.weight"] = flat(getattr(made, role)), dtype
            if made.biases:
                arrays[f"blk.{number}.attn_{role}.bias"] = made.biases[role].reshape(-1), "F32"
        arrays[f"blk.{number}.attn_output.weight"] = made.o, dtype
        for role, gain in made.gains.items():
            arrays[f"blk.{number}.attn_{role}_norm.weight"] = gain.reshape(-1), "F32"
    tensors = [(name, array.shape[::-1], TYPES[kind], _bytes(array, kind)) for name, (array, kind) in arrays.items()]
    file.write_bytes(gguf(keys, tensors))
    return file


def _bytes(array: np.ndarray, kind: str) -> bytes:
    if kind in ("F32", "F16", "BF16"):
        return stored(array, kind)
    from gguf.constants import GGMLQuantizationType
    from gguf.quants import quantize
    return quantize(np.ascontiguousarray(array), GGMLQuantizationType[kind]).tobytes()
