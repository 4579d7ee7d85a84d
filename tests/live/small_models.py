"""Small random models that transformers builds: their sizes, and what single config classes ask for besides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# What a config class takes of these; head_dim is not hidden_size over heads where the class has a key of its own.
SIZES: dict[str, Any] = {
    "hidden_size": 64, "intermediate_size": 32, "num_hidden_layers": 4, "num_attention_heads": 8, "vocab_size": 128,
    "num_key_value_heads": 2, "num_kv_heads": 2, "head_dim": 16, "max_position_embeddings": 128,
    "moe_intermediate_size": 16, "n_routed_experts": 4, "num_experts": 4, "num_local_experts": 4,
    "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1,
    "q_lora_rank": 24, "kv_lora_rank": 20, "qk_nope_head_dim": 6, "qk_rope_head_dim": 8, "v_head_dim": 10,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "shared_expert_intermediate_size": 16,
    "moe_shared_expert_intermediate_size": 16, "linear_num_value_heads": 4, "linear_num_key_heads": 4,
    "linear_key_head_dim": 8, "linear_value_head_dim": 8, "mamba_d_state": 8, "mamba_n_heads": 8, "mamba_d_head": 16,
    "mamba_n_groups": 1, "depth": 3, "num_heads": 4, "embed_dim": 64, "out_hidden_size": 64, "patch_size": 4,
    "image_size": 16, "spatial_merge_size": 2, "in_channels": 3, "num_channels": 3, "global_head_dim": 32,
    "vocab_size_per_layer_input": 128, "hidden_size_per_layer_input": 8, "laurel_rank": 4, "num_kv_shared_layers": 0,
    "index_head_dim": 16, "index_n_heads": 2, "rotary_dim": 4, "ffn_hidden_size": 32, "vision_output_dim": 64,
    "projector_input_dim": 64, "projector_output_dim": 64, "pixel_shuffle_ratio": 0.5, "num_patches": 16,
}
HYBRID = ["linear_attention", "full_attention", "linear_attention", "full_attention"]
SLIDING = ["sliding_attention", "full_attention", "sliding_attention", "full_attention"]


def sections(*numbers: int) -> dict[str, Any]:
    """RoPE parameters with sections for heads of 16 or 8 lanes."""
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": list(numbers)}}


# None takes a size away.
OWN: dict[str, dict[str, Any]] = {
    "falcon": {"head_dim": None},
    "qwen3_next": {"layer_types": HYBRID}, "qwen3_5_text": {"layer_types": HYBRID, **sections(1, 1, 0)},
    "qwen3_5_moe_text": {"layer_types": HYBRID, **sections(1, 1, 0)},
    "olmo_hybrid": {"layer_types": HYBRID}, "minimax": {"layer_types": HYBRID},
    "lfm2": {"layer_types": ["conv", "full_attention"] * 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2}, "bamba": {"attn_layer_indices": [1, 3]},
    "gemma3_text": {"layer_types": SLIDING}, "gemma3n_text": {"layer_types": SLIDING, "num_kv_shared_layers": 2},
    "gemma4_text": {"layer_types": SLIDING, "num_global_key_value_heads": 1},
    "gemma4_unified_text": {"layer_types": SLIDING, "num_global_key_value_heads": 1},
    "qwen2_vl_text": sections(2, 1, 1), "qwen2_5_vl_text": sections(2, 1, 1),
    "qwen2_5_omni_text": sections(2, 1, 1), "qwen3_vl_text": sections(4, 2, 2),
    "qwen3_vl_moe_text": sections(4, 2, 2), "glm4v_text": sections(2, 1, 1), "glm4v_moe_text": sections(1, 1, 0),
    "glm_ocr_text": sections(2, 1, 1), "paddleocr_vl_text": sections(4, 2, 2), "ernie4_5_vl_moe_text": {
        **sections(2, 1, 1), "moe_intermediate_size": [16, 16]},
    "dots1": {"n_shared_experts": 1, "layer_types": None}, "mllama_text_model": {"cross_attention_layers": [1]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"] * 2, "position_embedding_type": "rope"},
    "helium": {"head_dim": 8},
    "chameleon": {"vocabulary_map": {"<image>": 9},
                  "vq_config": {"embed_dim": 8, "num_embeddings": 16, "base_channels": 32}},
    "glm_ocr_vision": {"head_dim": 8},
    "falcon_h1": {"mamba_d_ssm": 128}, "esmc": {"num_key_value_heads": 8, "head_dim": 8}, "lfm3": {
        "layer_types": ["conv", "full_attention"] * 2},
    "mimo_v2_flash": {"layer_types": SLIDING, "head_dim": 24},
}


def _fields(config: Any) -> set[str]:
    return set(getattr(config, "__dataclass_fields__", {})) | set(getattr(config, "attribute_map", {}))


def settings(config: Any) -> dict[str, Any]:
    """What a small model of a config class is made with, configs inside it included."""
    own, renamed = OWN.get(config.model_type, {}), getattr(config, "attribute_map", {})
    found: dict[str, Any] = {}
    for key, value in SIZES.items():
        if key in _fields(config) and renamed.get(key, key) not in found:
            found[renamed.get(key, key)] = value
    for name, inner in getattr(config, "sub_configs", {}).items():
        if "AutoConfig" in str(inner):
            default = getattr(config(), name, None)
            if default is None:
                continue
            inner = type(default)
        found[name] = {**settings(inner), "model_type": inner.model_type}
    found.update(own)
    return {key: value for key, value in found.items() if value is not None}


def build(kind: str, **more: Any) -> Any:
    """A random model of a type: every number of it is drawn, gains and biases too."""
    import torch
    from transformers.models.auto import modeling_auto
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    config = CONFIG_MAPPING[kind](**{**settings(CONFIG_MAPPING[kind]), **more})
    names = ("CAUSAL_LM", "IMAGE_TEXT_TO_TEXT", "")
    for name in names if not config.sub_configs else ("IMAGE_TEXT_TO_TEXT", "CAUSAL_LM", ""):
        mapping = getattr(modeling_auto, f"MODEL_FOR_{name}_MAPPING" if name else "MODEL_MAPPING")
        if type(config) in mapping:
            made = mapping[type(config)]
            break
    torch.manual_seed(0)
    model = (made[0] if isinstance(made, tuple) else made)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)
    return model


def save(model: Any, folder: Path) -> dict[str, Any]:
    """The model's checkpoint, and its config as it lies on disk."""
    model.save_pretrained(folder)
    return dict(json.loads((folder / "config.json").read_text()))
