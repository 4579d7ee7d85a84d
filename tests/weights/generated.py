"""Small checkpoints of random numbers with the tensors of some architectures; float64, so that scores compare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from checkpoint_files import safetensors, write_sharded

Arrays = dict[str, np.ndarray]
NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "uint8": "U8", "int8": "I8"}

LLAMA: dict[str, Any] = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_attention_heads": 8,
    "num_key_value_heads": 2, "head_dim": 8, "num_hidden_layers": 3, "rope_theta": 10000.0,
    "max_position_embeddings": 2048, "vocab_size": 16, "intermediate_size": 32, "rms_norm_eps": 1e-6,
}


def random_arrays(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> Arrays:
    """Normal numbers for each name."""
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(shape) for name, shape in shapes.items()}


def content(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    """A tensor as the writer of safetensors takes it."""
    return NAMES[array.dtype.name], array.shape, array.tobytes()


def llama_shapes(config: Mapping[str, Any], biases: bool = False, norms: bool = False) -> dict[str, tuple[int, ...]]:
    """The tensors of a Llama-like model that matter here, and some that do not."""
    hidden, width = config["hidden_size"], config["head_dim"]
    q, k = config["num_attention_heads"] * width, config["num_key_value_heads"] * width
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config["vocab_size"], hidden)}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}.self_attn"
        found |= {f"{at}.q_proj.weight": (q, hidden), f"{at}.k_proj.weight": (k, hidden),
                  f"{at}.v_proj.weight": (k, hidden), f"{at}.o_proj.weight": (hidden, q)}
        if biases:
            found |= {f"{at}.q_proj.bias": (q,), f"{at}.k_proj.bias": (k,), f"{at}.v_proj.bias": (k,)}
        if norms:
            found |= {f"{at}.q_norm.weight": (width,), f"{at}.k_norm.weight": (width,)}
        found[f"model.layers.{layer}.input_layernorm.weight"] = (hidden,)
    return found


def write_model(folder: Path, config: Mapping[str, Any], arrays: Arrays, shards: int = 1) -> Path:
    """A model's folder, sharded or not, with a tokenizer beside the weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "tokenizer.json").write_text('{"version": "1.0"}')
    if shards == 1:
        (folder / "model.safetensors").write_bytes(safetensors({name: content(a) for name, a in arrays.items()}))
        return folder
    names = list(arrays)
    size = -(-len(names) // shards)
    cut = [names[at : at + size] for at in range(0, len(names), size)]
    return write_sharded(folder, {
        f"model-{number:05}-of-{len(cut):05}.safetensors": {name: content(arrays[name]) for name in part}
        for number, part in enumerate(cut, 1)
    })


def read_arrays(folder: Path) -> Arrays:
    """All tensors of the safetensors files of a folder, read apart from the package."""
    found: Arrays = {}
    types = {short: np.dtype(long) for long, short in NAMES.items()}
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        for name, row in json.loads(data[8:start]).items():
            if name != "__metadata__":
                begin, end = (start + offset for offset in row["data_offsets"])
                found[name] = np.frombuffer(data[begin:end], types[row["dtype"]]).reshape(row["shape"])
    return found


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}


def same_files(one: Path, other: Path) -> bool:
    """Whether two folders hold the same bytes, apart from what rope-prover writes beside."""
    def read(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
                if path.is_file() and not path.relative_to(folder).as_posix().startswith("rope-prover")}

    return read(one) == read(other)
