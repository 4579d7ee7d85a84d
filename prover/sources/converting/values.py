"""Values of single keys that classes of llama.cpp's converter compute, by the names that the table calls them.

None writes nothing. Floats are Python's here, since it is Python's arithmetic that made the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prover.sources.converting.work import Work


def original(work: Work) -> Any:
    if "original_max_position_embeddings" not in work.rope:
        raise work.stop("there is no original_max_position_embeddings")
    return work.rope["original_max_position_embeddings"]


def _part(work: Work, default: float | None) -> Any:
    if default is None and "partial_rotary_factor" not in work.rope:
        raise work.stop("there is no partial_rotary_factor")
    return work.rope.get("partial_rotary_factor", default)


def part_of_row(work: Work, default: float | None = None) -> int:
    row = work.must("hidden_size", "n_embd")
    return int(int(_part(work, default) * row) // work.must("num_attention_heads", "n_head"))


def _head_part(work: Work, default: float | None = None) -> int:
    return int(work.head() * _part(work, default))


def _head_where_absent(work: Work) -> Any:
    return _given(work, "head_dim") if "head_dim" in work.hparams else work.quotient()


def _mrope_default(work: Work) -> Any:
    return None if "mrope_section" in work.rope else [11, 11, 10, 0]


def _recurrent(work: Work) -> Any:
    types = work.hparams.get("layer_types")
    if types is None:
        return None
    count = work.must("num_hidden_layers")
    if len(types) != count:
        raise work.stop("layer_types is not as long as num_hidden_layers")
    return [each == "linear_attention" for each in types] + [False] * (work.blocks - count)


def _more_blocks(work: Work) -> Any:
    return work.blocks - work.must("num_hidden_layers") or None


def _sliding_layers(work: Work) -> list[bool]:
    return [each == "sliding_attention" for each in work.must("layer_types")]


def _llama4_window(work: Work) -> Any:
    types = work.hparams.get("layer_types", ["chunked_attention"])
    return 0 if all(each == "full_attention" for each in types) else None


def _gemma3_window(work: Work) -> Any:
    return None if work.hparams.get("sliding_window_pattern") == 1 else _given(work, "sliding_window")


def _given(work: Work, key: str) -> Any:
    """A key that must be there; null is no number that the file could hold."""
    value = work.must(key)
    if value is None:
        raise work.stop(f"{key} is null")
    return value


def _file_window(work: Work) -> Any:
    window = work.given.get("sliding_window")
    if window is None:
        raise work.stop("sliding_window is not in the file")
    return window


def full_head(work: Work) -> Any:
    return _of_full_layers(work, "global_head_dim", "head_dim", must=True)


def _of_full_layers(work: Work, key: str, inner: str, *, must: bool) -> Any:
    found = work.hparams.get(key)
    layers = work.hparams.get("per_layer_config")
    if found is None and layers is not None:
        types = work.hparams.get("layer_types", [])
        found = next(
            (each[inner] for layer, each in layers.items()
             if int(layer) < len(types) and types[int(layer)] == "full_attention" and inner in each), None,
        )
    if found is None and must:
        raise work.stop(f"there is no {key}")
    return found


def _gemma4_kv(work: Work) -> Any:
    full = _of_full_layers(work, "num_global_key_value_heads", "num_key_value_heads", must=False)
    sliding = work.hparams.get("num_key_value_heads")
    if full is None or sliding is None:
        return None
    return [sliding if each else full for each in _sliding_layers(work)]


def _exaone_layers(work: Work) -> Any:
    """Exaone4Model: layers by their types, by a pattern of letters or by a period."""
    if work.hparams.get("sliding_window") is None:
        return None
    if "layer_types" in work.hparams:
        return _sliding_layers(work)
    pattern = work.hparams.get("sliding_window_pattern")
    count = work.must("num_hidden_layers")
    if isinstance(pattern, str):
        return [pattern[layer % len(pattern)] == "L" for layer in range(count)]
    if isinstance(pattern, int):
        return [(layer + 1) % pattern != 0 for layer in range(count)]
    return None


def _olmo_layers(work: Work) -> Any:
    if "sliding_window" not in work.hparams:
        return None
    if "layer_types" in work.hparams:
        return _sliding_layers(work)
    return [(layer + 1) % 4 != 0 for layer in range(work.must("num_hidden_layers"))]


def _exaone_part(work: Work) -> int:
    part = work.rope.get("partial_rotary_factor")
    return int((1.0 if part is None else part) * work.quotient())


def _chatglm_part(work: Work) -> int:
    width = work.hparams["attention_dim"] if "attention_dim" in work.hparams else work.quotient()
    return int(width * _part(work, 0.5))


def _falcon_heads(work: Work) -> Any:
    heads = work.hparams.get("num_attention_heads")
    return work.must("n_head") if heads is None else heads


def _falcon_kv(work: Work) -> Any:
    heads = work.hparams.get("num_kv_heads")
    return work.hparams.get("n_head_kv", 1) if heads is None else heads


def _hybrid_rope(work: Work) -> bool:
    return "BambaForCausalLM" in work.must("architectures") or not work.has_recurrent


def _hybrid_kv(work: Work) -> list[Any]:
    heads = work.must("num_key_value_heads", "n_head_kv")
    return [heads if layer in work.attention_layers else 0 for layer in range(work.blocks)]


def given_head(work: Work) -> Any:
    """NemotronHModel's head_dim, which it looks up before it drops the key."""
    width = work.hparams.get("head_dim", work.hparams.get("attention_head_dim"))
    if width is None:
        raise work.stop("there is no head_dim")
    return width


def _nemotron_factor(work: Work) -> Any:
    return work.hparams.get("factor") or work.rope.get("factor")


def _ministral(work: Work, key: str) -> Any:
    if work.hparams.get("model_type") != "ministral3":
        return None
    if work.rope.get("rope_type") != "yarn":
        raise work.stop("rope_type of ministral3 is not yarn")
    if key not in work.rope:
        raise work.stop(f"there is no {key}")
    return work.rope[key]


def _mscale(work: Work) -> Any:
    every = work.rope.get("mscale_all_dim")
    return None if every is None else 0.1 * every


def _jamba_kv(work: Work) -> list[Any]:
    heads, offset = work.must("num_key_value_heads"), work.must("attn_layer_offset")
    period = work.must("attn_layer_period")
    return [heads if layer >= offset and (layer - offset) % period == 0 else 0 for layer in range(work.blocks)]


def _indexer_types(work: Work) -> Any:
    types = work.hparams.get("indexer_types")
    return None if types is None else [each == "full" for each in types]


def _mimo_layers(work: Work) -> list[Any]:
    return [*work.must("hybrid_layer_pattern"), 1, 1, 1]


def _mimo_kv(work: Work) -> list[Any]:
    full, sliding = work.must("num_key_value_heads"), work.must("swa_num_key_value_heads")
    return [sliding if each == 1 else full for each in _mimo_layers(work)]


def _mpt_alibi(work: Work) -> Any:
    return work.must("attn_config.alibi_bias_max") if work.must("attn_config.alibi") else 0.0


def _hunyuan_moe(work: Work) -> None:
    """HunYuanMoEModel: dynamic is a base that is raised, for the one case that the class knows."""
    if work.rope.get("rope_type") != "dynamic":
        return
    base, alpha, width = work.rope.get("rope_theta", 10000.0), work.rope.get("alpha", 1000), work.quotient()
    _hunyuan(work, base, alpha, width)
    if alpha != 1000 or base != 10000.0 or width != 128:
        raise work.stop("dynamic with another alpha, rope_theta or width than 1000, 10000 and 128")
    _hunyuan_length(work)


def _hunyuan_dense(work: Work) -> None:
    rule = work.rope.get("rope_type")
    if rule not in ("dynamic", "xdrope"):
        return
    base = work.rope.get("rope_theta", 10000.0)
    _hunyuan(work, base, work.rope.get("alpha", 50), work.must("head_dim"))
    if rule == "dynamic":
        if base != 10000.0:
            raise work.stop("dynamic with another rope_theta than 10000")
        _hunyuan_length(work)


def _hunyuan(work: Work, base: Any, alpha: Any, width: Any) -> None:
    work.put("rope.freq_base", base * (alpha ** (width / (width - 2))))
    work.put("rope.scaling.type", "none")
    work.put("rope.scaling.factor", 1)


def _hunyuan_length(work: Work) -> None:
    work.put("rope.scaling.original_context_length", 1 << 18)
    work.put("context_length", 1 << 18)
    if work.must("max_position_embeddings") not in (1 << 15, 1 << 18):
        raise work.stop("dynamic with another max_position_embeddings than 32768 or 262144")


VALUES: Mapping[str, Callable[..., Any]] = {
    "head": lambda work: work.head(),
    "quotient": lambda work: work.quotient(),
    "head_where_absent": _head_where_absent,
    "blocks": lambda work: work.blocks,
    "theta": lambda work: work.full()["rope_theta"],
    "original": original,
    "head_part": _head_part,
    "part_of_row": part_of_row,
    "part_of_head": lambda work: int(_part(work, None) * work.quotient()),
    "neox_part": lambda work: int(work.must("rotary_pct") * work.quotient()),
    "latent_part": lambda work: int(work.must("qk_rope_head_dim") * _part(work, 1.0)),
    "latent_key": lambda work: work.hparams.get("kv_lora_rank", 512) + work.must("qk_rope_head_dim"),
    "latent_head": lambda work: work.must("qk_nope_head_dim") + work.must("qk_rope_head_dim"),
    "mscale": _mscale,
    "default_sections": _mrope_default,
    "recurrent": _recurrent,
    "more_blocks": _more_blocks,
    "sliding_layers": _sliding_layers,
    "llama4_window": _llama4_window,
    "gemma3_base": lambda work: work.full().get("rope_theta", 1_000_000.0),
    "gemma3_window": _gemma3_window,
    "file_window": _file_window,
    "gemma4_head": full_head,
    "gemma4_kv": _gemma4_kv,
    "gemma4_local": lambda work: int(work.must("head_dim") * _part(work, 1.0)),
    "window_or_0": lambda work: work.hparams.get("sliding_window") or 0,
    "exaone_layers": _exaone_layers,
    "exaone_part": _exaone_part,
    "olmo_window": lambda work: _given(work, "sliding_window") if "sliding_window" in work.hparams else None,
    "olmo_layers": _olmo_layers,
    "chatglm_part": _chatglm_part,
    "chatglm_base": lambda work: 10000 * work.hparams.get("rope_ratio", 1),
    "falcon_heads": _falcon_heads,
    "falcon_kv": _falcon_kv,
    "hybrid_kv": _hybrid_kv,
    "hybrid_rope": _hybrid_rope,
    "hybrid_context": lambda work: None if _hybrid_rope(work) else 1 << 20,
    "rotary_emb": lambda work: work.hparams.get("attn_rotary_emb") or None,
    "nemotron_head": lambda work: work.head_width,
    "nemotron_nextn": lambda work: work.blocks - work.must("num_hidden_layers") or None,
    "nemotron_rule": lambda work: "none" if _nemotron_factor(work) is None else "linear",
    "nemotron_factor": _nemotron_factor,
    "ministral_log": lambda work: _ministral(work, "mscale_all_dim"),
    "ministral_beta": lambda work: _ministral(work, "llama_4_scaling_beta"),
    "jamba_kv": _jamba_kv,
    "indexer_types": _indexer_types,
    "mimo_layers": _mimo_layers,
    "mimo_kv": _mimo_kv,
    "mimo_part": lambda work: int(work.must("head_dim") * _part(work, None)),
    "mpt_kv": lambda work: work.must("attn_config").get("kv_n_heads") or None,
    "mpt_alibi": _mpt_alibi,
    "hunyuan_moe": _hunyuan_moe,
    "hunyuan_dense": _hunyuan_dense,
}
