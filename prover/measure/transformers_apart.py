"""Cases of transformers with sparse attention, or whose rotation stands elsewhere than on an attention's q and k."""

from __future__ import annotations

from typing import Any

from prover.measure.transformers_case import Case, rope

_LANES = 64
_LATENT = {
    "qk_rope_head_dim": _LANES, "kv_lora_rank": 16, "v_head_dim": 16, "num_attention_heads": 1,
    "num_key_value_heads": 1, "num_hidden_layers": 1,
}


def _indexer(spec: str, model: str, prefix: str, width: int = 128, config: str = "Config", **more: Any) -> Case:
    shape = {"index_n_heads": 1, "index_head_dim": width, "q_lora_rank": width, "hidden_size": width}
    values = _LATENT | shape | {"qk_nope_head_dim": 0} | (more or rope())
    name = f"{prefix}RotaryEmbedding"
    return Case(model, f"{prefix}{config}", f"{prefix}Indexer", name, values, spec, kind="indexer")


_YARN: dict[str, Any] = {"factor": 40.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0, "beta_slow": 1.0}
_SECTIONS = [12, 10, 10]

APART: dict[str, Case] = {
    "deepseek_v32_indexer": _indexer("transformers/indexer", "deepseek_v32", "DeepseekV32"),
    "deepseek_v32_indexer_yarn": _indexer(
        "transformers/indexer:rope_type=yarn:factor=40:original_max_position_embeddings=4096",
        "deepseek_v32", "DeepseekV32", **rope("yarn", **_YARN),
    ),
    "glm_moe_dsa_indexer": _indexer(
        "transformers/indexer:pairing=adjacent-to-half:rope_theta=1000000", "glm_moe_dsa", "GlmMoeDsa",
        **rope(theta=1e6),
    ),
    "hy_v4_indexer": _indexer("transformers/indexer:head_dim=96:part=trailing", "hy_v4", "HYV4", 96),
    "hy_v4_vl_indexer_text": _indexer(
        "transformers/indexer:pairing=adjacent:part=trailing", "hy_v4_vl", "HYV4VL", config="TextConfig",
        **rope(mrope_section=_SECTIONS),
    ),
    "hy_v4_vl": Case(
        "hy_v4_vl", "HYV4VLTextConfig", "HYV4VLAttention", "HYV4VLRotaryEmbedding",
        _LATENT | {
            "qk_nope_head_dim": 32, "q_lora_rank": 32 + _LANES, "hidden_size": 32 + _LANES,
            "indexer_types": ["shared"], **rope(theta=500000.0, mrope_section=_SECTIONS),
        },
        "transformers/latent-mrope:qk_nope_head_dim=32:rope_theta=500000:mrope_section=12,10,10", ("t", "h", "w"),
    ),
    "deepseek_v4_output": Case(
        "deepseek_v4", "DeepseekV4Config", "DeepseekV4Attention", "DeepseekV4RotaryEmbedding",
        {"head_dim": 128, "hidden_size": 128, "q_lora_rank": 128, "num_attention_heads": 1, "num_hidden_layers": 1,
         "o_groups": 1, "layer_types": ["sliding_attention"], "mlp_layer_types": ["moe"],
         "partial_rotary_factor": 0.25, "rope_theta": 50000.0},
        "transformers/output-back:qk_nope_head_dim=96:qk_rope_head_dim=32:rope_theta=50000",
        kind="output", layer_type="main",
    ),
    "musicflamingo": Case(
        "musicflamingo", "MusicFlamingoConfig", "apply_rotary_time_emb", "MusicFlamingoRotaryEmbedding",
        {"audio_config": {"model_type": "audioflamingo3_encoder", "hidden_size": 80, "num_attention_heads": 1},
         "audio_frame_step": 0.25, "partial_rotary_factor": 0.2, "rope_theta": 1200.0},
        "transformers/musicflamingo:hidden_size=80", ("window", "place"), "timed",
    ),
}
