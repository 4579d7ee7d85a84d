"""The keys that TextModel of llama.cpp's converter writes for every model, as far as they have to do with attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prover.sources.converting.work import Work


def write_base(work: Work) -> None:
    """TextModel.set_gguf_parameters, as far as it has to do with attention."""
    work.put("block_count", work.blocks)
    for key, names in (
        ("context_length", ("max_position_embeddings", "n_ctx", "n_positions", "max_length", "max_sequence_length",
                            "model_max_length")),
        ("embedding_length", ("hidden_size", "n_embd", "dim")),
        ("attention.head_count", ("num_attention_heads", "n_head", "n_heads")),
        ("attention.head_count_kv", ("num_key_value_heads", "n_kv_heads")),
    ):
        if (value := work.find(*names)) is not None:
            work.put(key, value)
    full = work.full()
    if (rule := full.get("rope_type")) is not None:
        _write_rule(work, full, rule)
    if "mrope_section" in work.rope:
        sections = work.rope["mrope_section"]
        if not isinstance(sections, list):
            raise work.refuse("mrope_section is no list")
        work.put("rope.dimension_sections", [*sections, *[0] * (4 - len(sections))][:4])
    if (base := full.get("rope_theta")) is not None:
        work.put("rope.freq_base", base)
    if (base := work.rope.get("sliding_attention", {}).get("rope_theta")) is not None:
        work.put("rope.freq_base_swa", base)
    if (width := work.hparams.get("head_dim")) is not None:
        work.put("attention.key_length", width)
        work.put("attention.value_length", width)


def _write_rule(work: Work, full: Mapping[str, Any], rule: Any) -> None:
    factor = full.get("factor")
    if rule in ("linear", "yarn") and factor is not None:
        work.put("rope.scaling.type", rule)
        work.put("rope.scaling.factor", factor)
        if rule == "yarn":
            _write_yarn(work, full)
    elif rule in ("su", "longrope"):
        work.put("rope.scaling.type", "longrope")
    elif rule in ("linear", "yarn"):
        work.findings.append(f"{rule} has no factor: it is lost on the way into the file")
    elif rule == "dynamic" and work.entry.arch not in ("hunyuan-moe", "hunyuan-dense"):
        work.findings.append("dynamic is lost on the way into the file: llama.cpp has no such rule")
    elif rule.lower() == "llama3" and not work.tensors:
        work.findings.append("llama3 is lost on the way into the file: this class of the converter makes no factors")
    elif rule.lower() not in ("default", "dynamic", "llama3", "mrope", "proportional"):
        work.findings.append(f"rope_type {rule[:40]} is not known to the converter, and lost on the way into the file")


def _write_yarn(work: Work, full: Mapping[str, Any]) -> None:
    if "original_max_position_embeddings" not in full:
        raise work.stop("yarn has no original_max_position_embeddings")
    work.put("rope.scaling.original_context_length", full["original_max_position_embeddings"])
    for key, value in (
        ("ext_factor", full.get("extrapolation_factor")),
        ("attn_factor", full.get("attention_factor", full.get("attn_factor"))),
        ("beta_fast", full.get("beta_fast")),
        ("beta_slow", full.get("beta_slow")),
    ):
        if value is not None:
            work.put(f"rope.scaling.yarn_{key}", value)
    if full.get("truncate") is False:
        work.findings.append("truncate false is lost on the way into the file")
