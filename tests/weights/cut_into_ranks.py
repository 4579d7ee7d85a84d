"""A whole checkpoint of transformers cut into tensor-parallel ranks as upstream's converters do it, by loops."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
RENAMED = {
    "q_proj": "wq", "q_a_proj": "wq_a", "q_a_layernorm": "q_norm", "q_b_proj": "wq_b", "kv_a_proj_with_mqa": "wkv_a",
    "kv_a_layernorm": "kv_norm", "kv_b_proj": "wkv_b", "o_proj": "wo",
}
ROWS, COLUMNS = ("q_proj", "q_b_proj", "kv_b_proj"), ("o_proj",)


def piece(array: np.ndarray, ranks: int, rank: int, axis: int = 0) -> np.ndarray:
    """Equal runs of rows, or of columns."""
    size = array.shape[axis] // ranks
    assert size * ranks == array.shape[axis]
    return array[rank * size : (rank + 1) * size] if axis == 0 else array[:, rank * size : (rank + 1) * size]


def copied(array: np.ndarray, kv_heads: int, ranks: int) -> np.ndarray:
    """Each KV head as often as there are ranks for it, if there are fewer of them.

    NVIDIA/TensorRT-LLM 03961722f, tensorrt_llm/models/convert_utils.py `dup_kv_weight`.
    """
    if kv_heads >= ranks:
        return array
    width = len(array) // kv_heads
    heads = [array[head * width : (head + 1) * width] for head in range(kv_heads)]
    return np.concatenate([head for head in heads for _ in range(ranks // kv_heads)])


def tensorrt_llm(arrays: Arrays, config: dict[str, Any], ranks: int) -> list[Arrays]:
    """Each rank has its rows of q, of k and of v one after the other, weights and biases, and its columns of o.

    NVIDIA/TensorRT-LLM 04a2cacbf, tensorrt_llm/models/llama/convert.py `load_weights_from_hf_model`.
    """
    found: list[Arrays] = [{} for _ in range(ranks)]
    for rank in range(ranks):
        for layer in range(config["num_hidden_layers"]):
            own, at = f"model.layers.{layer}", f"transformer.layers.{layer}"
            for last in ("weight", "bias"):
                parts = [arrays.get(f"{own}.self_attn.{role}_proj.{last}") for role in "qkv"]
                if parts[0] is None:
                    continue
                whole = [part if role == "q" else copied(part, config["num_key_value_heads"], ranks)
                         for role, part in zip("qkv", parts, strict=True)]
                found[rank][f"{at}.attention.qkv.{last}"] = np.concatenate(
                    [piece(part, ranks, rank) for part in whole])
            o = arrays[f"{own}.self_attn.o_proj.weight"]
            found[rank][f"{at}.attention.dense.weight"] = piece(o, ranks, rank, 1)
            found[rank][f"{at}.input_layernorm.weight"] = arrays[f"{own}.input_layernorm.weight"]
    return found


def deepseek(arrays: Arrays, ranks: int) -> list[Arrays]:
    """Names of their own; rows of q_b, q and kv_b in runs, columns of o, and the rest in every rank.

    deepseek-ai/DeepSeek-V3 9b4e9788e, inference/convert.py `mapping`, `main`.
    """
    found: list[Arrays] = [{} for _ in range(ranks)]
    for name, array in arrays.items():
        words = name.removeprefix("model.").replace("self_attn", "attn").replace("weight_scale_inv", "scale").split(".")
        key = words[-2]
        words[-2] = RENAMED.get(key, key)
        for rank in range(ranks):
            axis = 0 if key in ROWS else 1 if key in COLUMNS else None
            found[rank][".".join(words)] = array if axis is None else piece(array, ranks, rank, axis)
    return found


def meta(arrays: Arrays, config: dict[str, Any], ranks: int) -> list[Arrays]:
    """Rows of wq, wk and wv in runs, columns of wo.

    meta-llama/llama 0504cf440, llama/model.py `Attention.__init__`: ColumnParallelLinear and RowParallelLinear.
    """
    found: list[Arrays] = [{} for _ in range(ranks)]
    for rank in range(ranks):
        for layer in range(config["num_hidden_layers"]):
            for role in "qkvo":
                array = arrays[f"model.layers.{layer}.self_attn.{role}_proj.weight"]
                found[rank][f"layers.{layer}.attention.w{role}.weight"] = piece(array, ranks, rank, int(role == "o"))
    return found


def megatron(arrays: Arrays, config: dict[str, Any], ranks: int) -> list[Arrays]:
    """Group after group the heads of q, then k and v of one KV head; these rows in runs.

    Megatron-Core 0.14.0, core/transformer/attention.py `SelfAttention.get_query_key_value_tensors`.
    """
    width, groups = config["head_dim"], config["num_key_value_heads"]
    each = config["num_attention_heads"] // groups * width
    found: list[Arrays] = [{} for _ in range(ranks)]
    for layer in range(config["num_hidden_layers"]):
        q, k, v, o = (arrays[f"model.layers.{layer}.self_attn.{role}_proj.weight"] for role in "qkvo")
        rows = np.concatenate([row for group in range(groups) for row in (
            q[group * each : (group + 1) * each], k[group * width : (group + 1) * width],
            v[group * width : (group + 1) * width])])
        at = f"decoder.layers.{layer}.self_attention"
        for rank in range(ranks):
            found[rank][f"{at}.linear_qkv.weight"] = piece(rows, ranks, rank)
            found[rank][f"{at}.linear_proj.weight"] = piece(o, ranks, rank, 1)
    return found
