"""Small models of random numbers, whole and in tensor-parallel ranks on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from checkpoint_files import safetensors
from cut_into_ranks import tensorrt_llm
from generated import LLAMA, Arrays, content, llama_shapes, random_arrays, read_arrays

# By hand: row 2j of adjacent pairs is row j of halves, in a head of 8 lanes.
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
NEOX, GPTJ = (f"tensorrt-llm/rope:position_embedding_type={name}" for name in ("rope_gpt_neox", "rope_gptj"))
DEEPSEEK: dict[str, Any] = {
    "model_type": "deepseek_v3", "hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 4,
    "num_hidden_layers": 2, "q_lora_rank": 6, "kv_lora_rank": 5, "qk_nope_head_dim": 6, "qk_rope_head_dim": 8,
    "v_head_dim": 10, "rope_theta": 10000.0, "max_position_embeddings": 2048, "vocab_size": 16,
    "intermediate_size": 32, "rope_interleave": True, "first_k_dense_replace": 2,
}


def whole(biases: bool = False, **keys: Any) -> tuple[dict[str, Any], Arrays]:
    """A small Llama of random numbers, its config first."""
    config = LLAMA | keys
    return config, random_arrays(llama_shapes(config, biases))


def moved(arrays: Arrays) -> Arrays:
    """The rows of q and k of each head of the whole as adjacent pairs need them, by a loop."""
    return {name: np.concatenate([array[at : at + 8][HALF_TO_ADJACENT] for at in range(0, len(array), 8)])
            if any(f".{part}." in name for part in ("q_proj", "k_proj")) else array for name, array in arrays.items()}


def trt_config(config: dict[str, Any], ranks: int, **more: Any) -> dict[str, Any]:
    """What TensorRT-LLM writes beside."""
    return {
        "architecture": "LlamaForCausalLM", "num_attention_heads": config["num_attention_heads"],
        "num_key_value_heads": config["num_key_value_heads"], "hidden_size": 64, "head_size": 8,
        "num_hidden_layers": config["num_hidden_layers"], "position_embedding_type": "rope_gpt_neox",
        "rotary_base": 10000.0, "rotary_scaling": None, "rotary_embedding_dim": 8,
        "mapping": {"world_size": ranks, "tp_size": ranks, "pp_size": 1}, **more,
    }


def write_ranks(folder: Path, names: Sequence[str], ranks: Sequence[Arrays], config: Any = None) -> Path:
    """A folder with a safetensors file for each rank."""
    folder.mkdir()
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    for name, arrays in zip(names, ranks, strict=True):
        (folder / name).write_bytes(safetensors({key: content(np.ascontiguousarray(a)) for key, a in arrays.items()}))
    return folder


def trt(folder: Path, ranks: int, biases: bool = False, **keys: Any) -> Path:
    """A checkpoint of TensorRT-LLM."""
    config, arrays = whole(biases, **keys)
    return write_ranks(folder, [f"rank{rank}.safetensors" for rank in range(ranks)],
                       tensorrt_llm(arrays, config, ranks), trt_config(config, ranks))


def read_ranks(folder: Path, names: Sequence[str], place: Path) -> list[Arrays]:
    """The tensors of each file, read apart from the package."""
    found = []
    for number, name in enumerate(names):
        (place / str(number)).mkdir(parents=True)
        (place / str(number) / "one.safetensors").write_bytes((folder / name).read_bytes())
        found.append(read_arrays(place / str(number)))
    return found


def deepseek_arrays() -> Arrays:
    """Two layers with latent attention."""
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (16, 16)}
    for layer in range(2):
        at = f"model.layers.{layer}.self_attn"
        shapes |= {
            f"{at}.q_a_proj.weight": (6, 16), f"{at}.q_a_layernorm.weight": (6,), f"{at}.q_b_proj.weight": (4 * 14, 6),
            f"{at}.kv_a_proj_with_mqa.weight": (5 + 8, 16), f"{at}.kv_a_layernorm.weight": (5,),
            f"{at}.kv_b_proj.weight": (4 * 16, 5), f"{at}.o_proj.weight": (16, 4 * 10),
        }
    return random_arrays(shapes)


def deepseek_moved(arrays: Arrays) -> Arrays:
    """The eight turned lanes behind six of each head of q, and behind five of the latent, from adjacent to halves."""
    inverse = [HALF_TO_ADJACENT.index(row) for row in range(8)]
    found = dict(arrays)
    for name, array in arrays.items():
        if "q_b_proj" in name:
            found[name] = np.concatenate([np.concatenate([array[at : at + 6], array[at + 6 : at + 14][inverse]])
                                          for at in range(0, len(array), 14)])
        elif "kv_a_proj" in name:
            found[name] = np.concatenate([array[:5], array[5:][inverse]])
    return found


def changed(file: Path, change: Callable[[Arrays], object]) -> None:
    """A file whose arrays are changed, written anew."""
    place = file.parent.with_name(f"{file.parent.name}-{file.stem}-alone")
    place.mkdir()
    (place / file.name).write_bytes(file.read_bytes())
    arrays = {name: array.copy() for name, array in read_arrays(place).items()}
    change(arrays)
    file.unlink()
    write_ranks(place / "new", [file.name], [arrays])
    (place / "new" / file.name).rename(file)


def keyed(folder: Path, **keys: Any) -> None:
    """A config with other keys."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))
