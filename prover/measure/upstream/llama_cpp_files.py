"""The smallest GGUF files that llama.cpp builds a graph of an architecture from: few layers, and all numbers alike.

Source of keys and tensors: ggml-org/llama.cpp b10605, src/models/*.cpp, load_arch_hparams and load_arch_tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HEADS = 8
_FEED, _RANK, _FIRST = 32, 64, 32
_SIZES = {"words": 8, "feed": _FEED, "feeds": 2 * _FEED, "rank": _RANK, "first": _FIRST, "heads": HEADS, "one": 1,
          "three": 3, "four": 4, "hundred": 128, "experts": 2, "streams": 4, "mixes": 24}

_COMMON = {
    "token_embd.weight": "words hidden", "output_norm.weight": "hidden", "output.weight": "words hidden",
    "attn_norm.weight": "hidden", "attn_q.weight": "queries hidden", "attn_k.weight": "width hidden",
    "attn_v.weight": "width hidden", "attn_output.weight": "hidden queries", "ffn_norm.weight": "hidden",
    "ffn_gate.weight": "feed hidden", "ffn_up.weight": "feed hidden", "ffn_down.weight": "hidden feed",
}
_WHOLE_MODEL = ("token_embd", "output", "output_norm", "output_hc_base", "output_hc_fn", "output_hc_scale")
_APART = ("attn_q.weight", "attn_k.weight", "attn_v.weight")
_BIASES = {"attn_q.bias": "queries", "attn_k.bias": "width", "attn_v.bias": "width"}
_NORMS = {"attn_q_norm.weight": "width", "attn_k_norm.weight": "width"}
_LATENT = {
    "attn_q_a_norm.weight": "rank", "attn_kv_a_norm.weight": "rank", "attn_q_a.weight": "rank hidden",
    "attn_q_b.weight": "mla_queries rank", "attn_kv_a_mqa.weight": "latent hidden",
    "attn_k_b.weight": "heads rank first", "attn_v_b.weight": "heads first rank",
    "attn_output.weight": "hidden mla_values", "indexer.k_norm.weight": "width", "indexer.k_norm.bias": "width",
    "indexer.attn_k.weight": "width hidden", "indexer.proj.weight": "heads hidden",
    "indexer.attn_q_b.weight": "queries rank",
}
_LATENT_KEYS = {
    "attention.key_length": "latent", "attention.value_length": "rank", "attention.key_length_mla": "mla",
    "attention.value_length_mla": "first", "attention.q_lora_rank": "rank", "attention.kv_lora_rank": "rank",
    "leading_dense_block_count": 1, "expert_feed_forward_length": 8, "expert_shared_count": 1, "expert_count": 2,
    "expert_used_count": 1, "expert_gating_func": 2, "attention.indexer.head_count": HEADS,
    "attention.indexer.key_length": "width", "attention.indexer.top_k": 8,
}
_STREAMS = {f"hc_{part}_{name}.weight": sizes for part in ("attn", "ffn")
            for name, sizes in (("fn", "mixes streamed"), ("base", "mixes"), ("scale", "three"))}
_EXPERTS = {
    "ffn_gate_inp.weight": "experts hidden", "exp_probs_b.bias": "experts",
    "ffn_gate_exps.weight": "experts feed hidden", "ffn_down_exps.weight": "experts hidden feed",
    "ffn_up_exps.weight": "experts feed hidden", "ffn_gate_shexp.weight": "feed hidden",
    "ffn_down_shexp.weight": "hidden feed", "ffn_up_shexp.weight": "feed hidden",
}


def _compressor(name: str, lanes: str, width: str, ratio: str) -> dict[str, str]:
    """DeepSeek-V4's of the keys: it makes one of `ratio`."""
    return {f"{name}_compressor_kv.weight": f"{lanes} hidden", f"{name}_compressor_gate.weight": f"{lanes} hidden",
            f"{name}_compressor_ape.weight": f"{ratio} {lanes}", f"{name}_compressor_norm.weight": width}


_FOURTH = {**_compressor("attn", "double", "width", "four"),
           **_compressor("indexer", "double_indexed", "indexed", "four"),
           "indexer.proj.weight": "heads hidden", "indexer.attn_q_b.weight": "all_indexed rank"}
_AFTER = {"post_attention_norm.weight": "hidden", "post_ffw_norm.weight": "hidden"}


@dataclass(frozen=True, slots=True)
class Architecture:
    """Tensors that it has more, as the names of their sizes, and those of the common ones that it lacks; more keys.

    A key that is a name of a size has its number. `layers`: what each layer has besides, where there are several.
    `partial`: whether its graph rotates less than the head, where others end the process.
    """

    more: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)
    partial: bool = False
    layers: tuple[Mapping[str, str], ...] = ({},)


ARCHITECTURES = {
    "llama": Architecture(), "mistral3": Architecture(), "gemma": Architecture(without=("output.weight",)),
    "qwen2": Architecture(_BIASES), "qwen2vl": Architecture(_BIASES), "qwen3": Architecture(_NORMS),
    "qwen3vl": Architecture(_NORMS, keys={"n_deepstack_layers": 0}),
    "hunyuan-dense": Architecture(_NORMS), "hunyuan_vl": Architecture(_NORMS),
    "glm4": Architecture({"ffn_up.weight": "feeds hidden", **_AFTER}, ("ffn_gate.weight",), partial=True),
    "phi3": Architecture({"attn_qkv.weight": "fused hidden", "ffn_up.weight": "feeds hidden"},
                         (*_APART, "ffn_gate.weight")),
    "deepseek32": Architecture(_LATENT, _APART, _LATENT_KEYS, partial=True),
    "deepseek4": Architecture(
        {**_STREAMS, **_EXPERTS, "output_hc_fn.weight": "streams streamed", "output_hc_base.weight": "streams",
         "output_hc_scale.weight": "one", "attn_sinks.weight": "heads", "attn_q_a.weight": "rank hidden",
         "attn_q_a_norm.weight": "rank", "attn_q_b.weight": "queries rank", "attn_kv.weight": "width hidden",
         "attn_kv_a_norm.weight": "width", "attn_output_a.weight": "rank queries",
         "attn_output_b.weight": "hidden rank"},
        (*_APART, "attn_output.weight", "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"),
        {"attention.q_lora_rank": "rank", "attention.sliding_window": 128, "expert_feed_forward_length": "feed",
         "expert_shared_count": 1, "expert_count": 2, "expert_used_count": 1, "expert_weights_scale": 1.0,
         "expert_weights_norm": True, "expert_gating_func": 4, "swiglu_clamp_exp": [10.0] * 3,
         "attention.indexer.head_count": HEADS, "attention.indexer.key_length": "indexed", "attention.indexer.top_k": 8,
         "attention.output_group_count": 1, "attention.output_lora_rank": "rank",
         "attention.compress_rope_freq_base": 10000.0, "attention.compress_ratios": [0, 4, 128],
         "hyper_connection.count": "streams",
         "hyper_connection.sinkhorn_iterations": 2, "hyper_connection.epsilon": 1e-6, "hash_layer_count": 0},
        partial=True, layers=({}, _FOURTH, _compressor("attn", "width", "width", "hundred"))),
}


def write_model(path: Path, name: str, width: int, keys: Mapping[str, Any], factors: Mapping[str, Any]) -> int:
    """A file of an architecture with heads of `width` lanes; its hidden width. `factors`: whole tensors, by name."""
    from gguf import GGUFWriter

    if name not in ARCHITECTURES:
        raise ValueError(f"no file of {name} is made here, but of {', '.join(ARCHITECTURES)}")
    kind = ARCHITECTURES[name]
    if keys.get("rope.dimension_count", width) != width and not kind.partial:
        raise ValueError(f"the graph of {name} rotates the whole head")
    hidden = HEADS * width
    turned = keys.get("rope.dimension_count", width)
    indexed = 64 if width == 128 else 128  # were it the width, DeepSeek-V4's cache would divide by 0
    sizes = _SIZES | {
        "indexed": indexed, "double_indexed": 2 * indexed, "all_indexed": HEADS * indexed,
        "hidden": hidden, "queries": hidden, "width": width, "fused": hidden + 2 * width, "latent": _RANK + turned,
        "mla": _FIRST + turned, "mla_queries": HEADS * (_FIRST + turned), "mla_values": HEADS * _FIRST,
        "streamed": 4 * hidden, "double": 2 * width,
    }
    found = {
        "vocab_size": "words", "context_length": 131072, "embedding_length": hidden, "block_count": len(kind.layers),
        "feed_forward_length": _FEED, "attention.head_count": HEADS, "attention.head_count_kv": 1,
        "attention.key_length": width, "attention.value_length": width,
        "attention.layer_norm_rms_epsilon": 1e-6, "attention.layer_norm_epsilon": 1e-6, **kind.keys, **keys,
    }
    writer = GGUFWriter(path, name)
    writer.add_string("tokenizer.ggml.model", "none")
    for key, value in found.items():
        _add(writer, f"{name}.{key}", sizes.get(value, value) if isinstance(value, str) else value)
    tensors = {**{tensor: names for tensor, names in _COMMON.items() if tensor not in kind.without}, **kind.more}
    placed = {name: names for name, names in tensors.items() if name.partition(".")[0] in _WHOLE_MODEL}
    for layer, besides in enumerate(kind.layers):
        own = {name: names for name, names in {**tensors, **besides}.items() if name not in placed}
        placed |= {f"blk.{layer}.{name}": names for name, names in own.items()}
    for tensor, names in placed.items():
        writer.add_tensor(tensor, np.full([sizes[each] for each in names.split()], 0.01, np.float32))
    for tensor, numbers in factors.items():
        writer.add_tensor(tensor, np.array(numbers, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hidden


def _add(writer: Any, key: str, value: Any) -> None:
    if isinstance(value, str):
        writer.add_string(key, value)
    elif isinstance(value, list):
        writer.add_array(key, value)
    elif isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_uint32(key, value)
