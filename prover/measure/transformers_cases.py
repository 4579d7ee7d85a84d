"""Which attention modules of transformers are measured, at which config, and the layout each must be.

Data only. `spec` is a layout of the catalogue; a module that is no rotation is measured as such.
"""

from __future__ import annotations

from typing import Any

from prover.measure.transformers_apart import APART
from prover.measure.transformers_case import Case, head, rope


def _llama(spec: str, rope: dict[str, Any], width: int = 128, **more: Any) -> Case:
    return Case("llama", "LlamaConfig", "LlamaAttention", "LlamaRotaryEmbedding", head(width, **rope, **more), spec)


def _mla(spec: str, model: str, prefix: str, values: dict[str, Any], nope: int = 128, rope: int = 64) -> Case:
    shape = {
        "qk_nope_head_dim": nope, "qk_rope_head_dim": rope, "q_lora_rank": None, "kv_lora_rank": 16, "v_head_dim": 16,
        "hidden_size": nope + rope, "num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 1,
        "max_position_embeddings": 131072,
    }
    return Case(model, f"{prefix}Config", f"{prefix}Attention", f"{prefix}RotaryEmbedding", shape | values, spec)


_YARN_MLA = {"factor": 40.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0, "beta_slow": 1.0}
_LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
_THREE = ("t", "h", "w")

CASES: dict[str, Case] = {
    "llama2_default": _llama("transformers/half", rope()),
    "llama3_1_llama3": _llama(
        "transformers/half:rope_type=llama3:rope_theta=500000:factor=8:original_max_position_embeddings=8192",
        rope("llama3", 500000.0, factor=8.0, **_LLAMA3),
    ),
    "linear_factor4": _llama("transformers/half:rope_type=linear:factor=4", rope("linear", factor=4.0)),
    "dynamic_ntk_within_max": _llama(
        "transformers/half:rope_type=dynamic:factor=2:max_position_embeddings=4096",
        rope("dynamic", factor=2.0), max_position_embeddings=4096,
    ),
    "qwen2_5_yarn4": Case(
        "qwen2", "Qwen2Config", "Qwen2Attention", "Qwen2RotaryEmbedding",
        head(128, **rope("yarn", 1e6, factor=4.0, original_max_position_embeddings=32768)),
        "transformers/half:rope_type=yarn:rope_theta=1000000:factor=4:original_max_position_embeddings=32768",
    ),
    "gpt_oss_yarn_notrunc": Case(
        "gpt_oss", "GptOssConfig", "GptOssAttention", "GptOssRotaryEmbedding",
        head(64, layer_types=["full_attention"], **rope(
            "yarn", 150000.0, factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=False,
            original_max_position_embeddings=4096)),
        "transformers/half:head_dim=64:rope_type=yarn:rope_theta=150000:factor=32:truncate=false"
        ":original_max_position_embeddings=4096",
    ),
    "gpt_neox_20b_partial25": Case(
        "gpt_neox", "GPTNeoXConfig", "GPTNeoXAttention", "GPTNeoXRotaryEmbedding",
        head(96, **rope(partial_rotary_factor=0.25)), "transformers/half:head_dim=96:partial_rotary_factor=0.25",
    ),
    "glm4_moe_4_5_partial50": Case(
        "glm4_moe", "Glm4MoeConfig", "Glm4MoeAttention", "Glm4MoeRotaryEmbedding",
        head(128, **rope(theta=1e6, partial_rotary_factor=0.5)),
        "transformers/half:rope_theta=1000000:partial_rotary_factor=0.5",
    ),
    "glm4_interleaved_partial50": Case(
        "glm4", "Glm4Config", "Glm4Attention", "Glm4RotaryEmbedding",
        head(128, **rope(partial_rotary_factor=0.5)), "transformers/adjacent:partial_rotary_factor=0.5",
    ),
    "cohere_command_r": Case(
        "cohere", "CohereConfig", "CohereAttention", "CohereRotaryEmbedding", head(128, **rope(theta=8e6)),
        "transformers/adjacent:rope_theta=8000000",
    ),
    "ernie4_5_text": Case(
        "ernie4_5", "Ernie4_5Config", "Ernie4_5Attention", "Ernie4_5RotaryEmbedding",
        head(128, **rope(theta=500000.0)), "transformers/adjacent:rope_theta=500000",
    ),
    "nanochat_reverse": Case(
        "nanochat", "NanoChatConfig", "NanoChatAttention", "NanoChatRotaryEmbedding", head(128, **rope()),
        "transformers/nanochat",
    ),
    "qwen3_qknorm": Case(
        "qwen3", "Qwen3Config", "Qwen3Attention", "Qwen3RotaryEmbedding", head(128, **rope(theta=1e6)),
        "transformers/half:rope_theta=1000000",
    ),
    "hunyuan_dense_alpha": Case(
        "hunyuan_v1_dense", "HunYuanDenseV1Config", "HunYuanDenseV1Attention", "HunYuanDenseV1RotaryEmbedding",
        head(128, **rope("dynamic", alpha=1000.0, factor=1.0)),
        "transformers/half:rope_type=ntk_alpha:alpha=1000",
    ),
    "gemma4_full_proportional": Case(
        "gemma4", "Gemma4TextConfig", "Gemma4TextAttention", "Gemma4TextRotaryEmbedding",
        head(512, global_head_dim=512, num_global_key_value_heads=1, attention_k_eq_v=False,
              layer_types=["full_attention"], num_kv_shared_layers=0, rope_parameters={
                  "full_attention": {
                      "rope_type": "proportional", "rope_theta": 1e6, "partial_rotary_factor": 0.25}}),
        "transformers/proportional:head_dim=512:rope_theta=1000000:partial_rotary_factor=0.25",
        layer_type="full_attention",
    ),
    "gptj_6b": Case(
        "gptj", "GPTJConfig", "GPTJAttention", "GPTJRotaryEmbedding",
        {"n_embd": 256, "n_head": 1, "n_layer": 1, "rotary_dim": 64, "n_positions": 2048},
        "transformers/adjacent:head_dim=256:partial_rotary_factor=0.25",
    ),
    "llama4_text": Case(
        "llama4", "Llama4TextConfig", "Llama4TextAttention", "Llama4TextRotaryEmbedding",
        head(128, use_qk_norm=False, no_rope_layers=[1], **rope(
            "llama3", 500000.0, factor=16.0, low_freq_factor=1.0, high_freq_factor=1.0,
            original_max_position_embeddings=8192)),
        "transformers/adjacent:rope_type=llama3:rope_theta=500000:factor=16:low_freq_factor=1:high_freq_factor=1"
        ":original_max_position_embeddings=8192",
    ),
    "deepseek_v3_interleave": _mla(
        "transformers/adjacent-to-half:rope_type=yarn:factor=40:mscale=1:mscale_all_dim=1"
        ":original_max_position_embeddings=4096", "deepseek_v3", "DeepseekV3",
        {"rope_interleave": True, **rope("yarn", mscale=1.0, mscale_all_dim=1.0, **_YARN_MLA)},
    ),
    "deepseek_v3_no_interleave": _mla(
        "transformers/latent:rope_type=yarn:factor=40:mscale=1:mscale_all_dim=1"
        ":original_max_position_embeddings=4096", "deepseek_v3", "DeepseekV3",
        {"rope_interleave": False, **rope("yarn", mscale=1.0, mscale_all_dim=1.0, **_YARN_MLA)},
    ),
    "deepseek_v2_complex": _mla(
        "transformers/latent:pairing=adjacent:rope_type=yarn:factor=40:mscale=0.707:mscale_all_dim=0.707"
        ":original_max_position_embeddings=4096", "deepseek_v2", "DeepseekV2",
        rope("yarn", mscale=0.707, mscale_all_dim=0.707, **_YARN_MLA),
    ),
    "qwen2_vl_mrope_16_24_24": Case(
        "qwen2_vl", "Qwen2VLTextConfig", "Qwen2VLAttention", "Qwen2VLRotaryEmbedding",
        head(128, **rope(theta=1e6, mrope_section=[16, 24, 24])),
        "transformers/mrope-chunked:rope_theta=1000000:mrope_section=16,24,24", _THREE,
    ),
    "qwen3_vl_imrope_24_20_20": Case(
        "qwen3_vl", "Qwen3VLTextConfig", "Qwen3VLTextAttention", "Qwen3VLTextRotaryEmbedding",
        head(128, **rope(theta=5e6, mrope_section=[24, 20, 20])),
        "transformers/mrope-stride3:rope_theta=5000000:mrope_section=24,20,20", _THREE,
    ),
    "qwen3_vl_imrope_16_24_24": Case(
        "qwen3_vl", "Qwen3VLTextConfig", "Qwen3VLTextAttention", "Qwen3VLTextRotaryEmbedding",
        head(128, **rope(theta=5e6, mrope_section=[16, 24, 24])),
        "transformers/mrope-stride3:rope_theta=5000000:mrope_section=22,21,21", _THREE,
    ),
    "glm4_1v_mrope_8_12_12_interleaved": Case(
        "glm4v", "Glm4vTextConfig", "Glm4vTextAttention", "Glm4vTextRotaryEmbedding",
        head(128, **rope(partial_rotary_factor=0.5, mrope_section=[8, 12, 12])),
        "transformers/mrope-chunked:pairing=adjacent:partial_rotary_factor=0.5:mrope_section=8,12,12", _THREE,
    ),
    "ernie4_5_vl_22_22_20": Case(
        "ernie4_5_vl_moe", "Ernie4_5_VLMoeTextConfig", "Ernie4_5_VLMoeTextAttention",
        "Ernie4_5_VLMoeTextRotaryEmbedding", head(128, **rope(theta=500000.0, mrope_section=[22, 22, 20])),
        "transformers/mrope-ernie:rope_theta=500000:mrope_section=22,22,20", _THREE,
    ),
    "hunyuan_vl_4axis_16x4": Case(
        "hunyuan_vl", "HunYuanVLTextConfig", "HunYuanVLDenseV1Attention", "HunYuanVLRotaryEmbedding",
        head(128, **rope("dynamic", alpha=1000.0, factor=1.0, mrope_section=[16, 16, 16, 16])),
        "transformers/hunyuan-vl:alpha=1000:mrope_section=16,16,16,16", ("pos", "w", "h", "image_index"),
    ),
    "cohere2_sliding_layer": Case(
        "cohere2", "Cohere2Config", "Cohere2Attention", "Cohere2RotaryEmbedding",
        head(128, layer_types=["sliding_attention"], **rope(theta=50000.0)), "transformers/adjacent:rope_theta=50000",
    ),
    "cohere2_full_layer_nope": Case(
        "cohere2", "Cohere2Config", "Cohere2Attention", "Cohere2RotaryEmbedding",
        head(128, layer_types=["full_attention"], **rope(theta=50000.0)), "generic/nope",
    ),
    "smollm3_nope_layer": Case(
        "smollm3", "SmolLM3Config", "SmolLM3Attention", "SmolLM3RotaryEmbedding",
        head(128, no_rope_layers=[0], **rope(theta=5e6)), "generic/nope",
    ),
    "gemma3_sliding": Case(
        "gemma3", "Gemma3TextConfig", "Gemma3Attention", "Gemma3RotaryEmbedding",
        head(256, layer_types=["sliding_attention"], rope_parameters={
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0}}),
        "transformers/half:head_dim=256", layer_type="sliding_attention",
    ),
    "phi3_mini_128k_short": Case(
        "phi3", "Phi3Config", "Phi3Attention", "Phi3RotaryEmbedding",
        head(96, original_max_position_embeddings=4096, pad_token_id=0, rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0,
            "short_factor": [1 + i / 128 for i in range(48)], "long_factor": [4.0] * 48}),
        "transformers/half:head_dim=96:rope_type=longrope:max_position_embeddings=131072"
        ":original_max_position_embeddings=4096:seq_len=4096"
        f":short_factor={','.join(f'{128 + i}/128' for i in range(48))}:long_factor={','.join(['4'] * 48)}",
    ),
    "phi_partial50": Case(
        "phi", "PhiConfig", "PhiAttention", "PhiRotaryEmbedding", head(64, **rope(partial_rotary_factor=0.5)),
        "transformers/half:head_dim=64:partial_rotary_factor=0.5",
    ),
    "helium": Case(
        "helium", "HeliumConfig", "HeliumAttention", "HeliumRotaryEmbedding", head(128, **rope(theta=100000.0)),
        "transformers/adjacent:rope_theta=100000",
    ),
    "olmo2": Case(
        "olmo2", "Olmo2Config", "Olmo2Attention", "Olmo2RotaryEmbedding", head(128, **rope(theta=500000.0)),
        "transformers/half:rope_theta=500000",
    ),
    "minicpm3": _mla(
        "transformers/latent:qk_nope_head_dim=64:qk_rope_head_dim=32", "minicpm3", "MiniCPM3", rope(), 64, 32,
    ),
    "glm4_moe_lite": _mla(
        "transformers/adjacent-to-half", "glm4_moe_lite", "Glm4MoeLite", {"rope_interleave": True, **rope()},
    ),
    "qwen3_next_partial25": Case(
        "qwen3_next", "Qwen3NextConfig", "Qwen3NextAttention", "Qwen3NextRotaryEmbedding",
        head(256, layer_types=["full_attention"], **rope(theta=1e7, partial_rotary_factor=0.25)),
        "transformers/half:head_dim=256:rope_theta=10000000:partial_rotary_factor=0.25",
    ),
    "qwen3_5_imrope_11_11_10_partial25": Case(
        "qwen3_5", "Qwen3_5TextConfig", "Qwen3_5Attention", "Qwen3_5TextRotaryEmbedding",
        head(256, layer_types=["full_attention"],
              **rope(theta=1e7, partial_rotary_factor=0.25, mrope_section=[11, 11, 10])),
        "transformers/mrope-stride3:head_dim=256:rope_theta=10000000:partial_rotary_factor=0.25:mrope_section=11,11,10",
        _THREE,
    ),
    "paddleocr_vl": Case(
        "paddleocr_vl", "PaddleOCRTextConfig", "PaddleOCRAttention", "PaddleOCRRotaryEmbedding",
        head(128, **rope(mrope_section=[16, 24, 24])), "transformers/mrope-chunked", _THREE,
    ),
    "glm4v_moe_mrope_8_12_12": Case(
        "glm4v_moe", "Glm4vMoeTextConfig", "Glm4vMoeTextAttention", "Glm4vMoeTextRotaryEmbedding",
        head(128, **rope(partial_rotary_factor=0.5, mrope_section=[8, 12, 12])),
        "transformers/mrope-chunked:partial_rotary_factor=0.5:mrope_section=8,12,12", _THREE,
    ),
    "neomme_sliding_2d": Case(
        "neomme", "NeoMMEConfig", "NeoMMEAttention", "NeoMMERotaryEmbedding",
        head(64, layer_types=["sliding_attention", "full_attention"], rope_parameters={
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            "full_attention": {"rope_type": "default", "rope_theta": 1e6, "partial_rotary_factor": 0.25}}) | {
                "num_hidden_layers": 2},
        "transformers/row-column:head_dim=64", ("row", "col"), layer_type="sliding_attention",
    ),
    "kimi_k25_vision": Case(
        "kimi_k25", "Kimi_K25VisionConfig", "Kimi_K25VisionAttention", "Kimi_K25VisionRotaryEmbedding",
        {"hidden_size": 72, "num_attention_heads": 1}, "transformers/vision-alternating:head_dim=72",
        ("h", "w"), "vision",
    ),
    "step3p7_vision": Case(
        "step3p7", "Step3p7VisionConfig", "Step3p7VisionAttention", "Step3p7VisionRotaryEmbedding",
        {"hidden_size": 96, "num_attention_heads": 1}, "transformers/vision-w-first:head_dim=96", ("h", "w"), "vision",
    ),
    "inkling2_vision": Case(
        "inkling2", "Inkling2VisionConfig", "Inkling2VisionAttention", "Inkling2VisionRotaryEmbedding",
        {"hidden_size": 64, "num_attention_heads": 1}, "transformers/vision-w-first-adjacent", ("h", "w"), "vision",
    ),
    "qwen2_vl_vision": Case(
        "qwen2_vl", "Qwen2VLVisionConfig", "VisionAttention", "Qwen2VLVisionRotaryEmbedding",
        {"embed_dim": 80, "num_heads": 1}, "transformers/vision-chunked:head_dim=80", ("h", "w"), "vision",
    ),
    "qwen3_vl_vision": Case(
        "qwen3_vl", "Qwen3VLVisionConfig", "Qwen3VLVisionAttention", "Qwen3VLVisionRotaryEmbedding",
        {"hidden_size": 72, "num_heads": 1}, "transformers/vision-chunked:head_dim=72", ("h", "w"), "vision",
    ),
    "pixtral_vision": Case(
        "pixtral", "PixtralVisionConfig", "PixtralAttention", "PixtralVisionRotaryEmbedding",
        {"hidden_size": 64, "num_attention_heads": 1, "head_dim": 64}, "transformers/pixtral", ("h", "w"), "patches",
    ),
    "dinov3_vit": Case(
        "dinov3_vit", "DINOv3ViTConfig", "DINOv3ViTAttention", "DINOv3ViTRopePositionEmbedding",
        {"hidden_size": 64, "num_attention_heads": 1, "num_register_tokens": 0}, "transformers/dinov3:rope_theta=100",
        ("y in [-1,1]", "x in [-1,1]"), "grid", units=(0.125, 0.125),
    ),
    "vjepa2": Case(
        "vjepa2", "VJEPA2Config", "VJEPA2RopeAttention", "",
        {"hidden_size": 64, "num_attention_heads": 1, "crop_size": 1024, "patch_size": 16},
        "transformers/vjepa2:head_dim=64", ("frame", "h", "w"), "video",
        attention_values={"hidden_size": 64, "num_attention_heads": 1},
    ),
} | APART
