"""Which SPEC each table measured from a real kernel must equal: of ggml, of transformers, of thirty other projects."""

from __future__ import annotations

import json
import math
from pathlib import Path

MEASURED = Path(__file__).parent / "measured"
TABLES = MEASURED / "kernels"
_SPECS = json.loads((MEASURED / "kernel-specs.json").read_text())
# By table and entry: the spec of the project's own layout; and, for some, that of another project's which is the same.
KERNELS: dict[str, dict[str, str]] = _SPECS["table to entry to spec"]
SAME: dict[str, dict[str, str]] = _SPECS["the same by another spec"]
# By table and entry of `measured/fed`: the spec, and the feed under which its kernel was measured.
FED: dict[str, dict[str, tuple[str, str]]] = {
    table: {entry: (spec, feed) for entry, (spec, feed) in entries.items()}
    for table, entries in _SPECS["under a feed"].items()
}


def projects(table: str) -> set[str]:
    """Whose layouts a table tells of: the project measured, and for onnxruntime ONNX, whose operators it runs."""
    name = table.removesuffix("-triton").removesuffix("-jax")
    return {"onnxruntime", "onnx"} if name == "onnxruntime" else {name}


HALF_96 = "transformers/half:head_dim=96:rope_type=longrope:max_position_embeddings=131072"
SHORT_48 = ",".join(f"{100 + i}/100" for i in range(48))
LONG_48 = ",".join(f"{4 + 5 * i}/4" for i in range(48))
SHORT_64 = ",".join(f"{100 + i}/100" for i in range(64))
LONG_64 = ",".join(f"{4 + 5 * i}/4" for i in range(64))
PHIMOE = (
    f"transformers/phimoe:head_dim=32:short_factor={','.join(f'{32 + i}/32' for i in range(16))}:short_mscale=1.25"
    ":long_mscale=1.5:original_max_position_embeddings=128"
)
LLAMA_3_1_FACTORS = ",".join(
    ["1"] * 29
    + ["1.20748387", "1.55341463", "2.02631321", "2.69452969", "3.68425253", "5.25732659"]
    + ["8"] * 29
)
GEMMA_4_FACTORS = "1,1,1e30,1e30,1e30,1e30,1e30,1e30"

# What the random projector of the probe gave: only lanes, pairing and the sum of the two axes are compared.
_LIGHTGLUE = json.loads((MEASURED / "transformers.json").read_text())["entries"]["lightglue_learned"]["pairs"]
LIGHTGLUE_X, LIGHTGLUE_Y = (",".join(f"{pair[4][axis]:.12f}" for pair in _LIGHTGLUE) for axis in (0, 1))
# exp(alpha) for the alpha of the probe, 0.1*sin(i).
MISTRAL_FACTORS = ",".join(f"{math.exp(0.1 * math.sin(i)):.12f}" for i in range(32))

GGML = {
    "normal_d8": "ggml/normal:head_dim=8",
    "normal_d64": "ggml/normal:head_dim=64",
    "normal_d128": "ggml/normal:base=500000",
    "normal_d128_n64_partial": "ggml/normal:n_rot=64",
    "neox_d8": "ggml/neox:head_dim=8",
    "neox_d16_n8_partial": "ggml/neox:head_dim=16:n_rot=8",
    "neox_d64": "ggml/neox:head_dim=64",
    "neox_d128": "ggml/neox:base=1000000",
    "neox_d256_n64_partial": "ggml/neox:head_dim=256:n_rot=64:base=10000000",
    "mrope_d8_2110": "ggml/mrope:head_dim=8:sections=2,1,1,0",
    "mrope_d64_11_11_10": "ggml/mrope:head_dim=64:sections=11,11,10,0",
    "mrope_qwen2vl": "ggml/mrope:sections=16,24,24,0:base=1000000",
    "mrope_d128_24_20_20": "ggml/mrope:sections=24,20,20,0:base=5000000",
    "mrope_glm4v": "ggml/mrope:n_rot=64:sections=8,12,12,0",
    "imrope_d8_2110": "ggml/imrope:head_dim=8:sections=2,1,1,0",
    "imrope_qwen35": "ggml/imrope:head_dim=256:n_rot=64:sections=11,11,10,0:base=10000000",
    "imrope_d64_11_11_10": "ggml/imrope:head_dim=64:sections=11,11,10,0",
    "imrope_qwen3vl": "ggml/imrope:sections=24,20,20,0:base=5000000",
    "imrope_d128_22_21_21": "ggml/imrope:sections=22,21,21,0:base=5000000",
    "mrope_wrap_8_8_8_n128": "ggml/mrope:sections=8,8,8,0",
    "mrope_wrap_4_3_3_n64": "ggml/mrope:head_dim=64:sections=4,3,3,0",
    "mrope_t_only_n16": "ggml/mrope:head_dim=16:sections=4,0,0,0",
    "mrope_four_3221_n16": "ggml/mrope:head_dim=16:sections=3,2,2,1",
    "mrope_oversum_24_20_20_n64_d128": "ggml/mrope:n_rot=64:sections=24,20,20,0",
    "mrope_d16_n8_partial_offs4": "ggml/mrope:head_dim=16:n_rot=8:offset=4:sections=2,1,1,0",
    "imrope_wrap_8_8_8_n128": "ggml/imrope:sections=8,8,8,0",
    "imrope_wrap_11_11_10_n128": "ggml/imrope:sections=11,11,10,0",
    "imrope_t_only_n16": "ggml/imrope:head_dim=16:sections=4,0,0,0",
    "imrope_20_20_20_4_n128": "ggml/imrope:sections=20,20,20,4",
    "imrope_d16_n8_partial_offs4": "ggml/imrope:head_dim=16:n_rot=8:offset=4:sections=2,1,1,0",
    "imrope_equal_n64_0_0_5_0": "ggml/imrope:head_dim=64:sections=0,0,5,0",
    "vision_d8_2222": "ggml/vision:head_dim=8:sections=2,2,2,2",
    "vision_d8_2200": "ggml/vision:head_dim=8:sections=2,2,0,0",
    "vision_d64": "ggml/vision:head_dim=64:sections=16,16,16,16",
    "vision_d72_qwen3vl": "ggml/vision:head_dim=72:sections=18,18,18,18",
    "vision_d128": "ggml/vision:sections=32,32,32,32",
    "vision_four_axes_8888_d64": "ggml/vision:head_dim=64:sections=8,8,8,8",
    "vision_wrap_10_6_d64": "ggml/vision:head_dim=64:sections=10,6,0,0",
    "neox_linear_scale_0p5_d64": "ggml/neox:head_dim=64:freq_scale=0.5",
    "neox_yarn_d128_f4":
        "ggml/neox:base=1000000:freq_scale=0.25"
        ":ext_factor=1:beta_fast=32:beta_slow=1:n_ctx_orig=32768",
    "neox_yarn_gptoss":
        "ggml/neox:head_dim=64:base=150000:freq_scale=0.03125"
        ":ext_factor=1:beta_fast=32:beta_slow=1:n_ctx_orig=4096",
    "normal_llama31_ff": f"ggml/normal:base=500000:freq_factors={LLAMA_3_1_FACTORS}",
    "neox_gemma4_proportional_ff1e30":
        f"ggml/neox:head_dim=16:base=1000000:freq_factors={GEMMA_4_FACTORS}",
}

TRANSFORMERS = {
    "llama2_default": "transformers/half",
    "llama3_1_llama3":
        "transformers/half:rope_type=llama3:rope_theta=500000:factor=8:low_freq_factor=1"
        ":high_freq_factor=4:original_max_position_embeddings=8192",
    "linear_factor4": "transformers/half:rope_type=linear:factor=4",
    "dynamic_ntk_within_max":
        "transformers/half:rope_type=dynamic:factor=2:max_position_embeddings=4096:seq_len=2001",
    "qwen2_5_yarn4":
        "transformers/half:rope_type=yarn:rope_theta=1000000:factor=4"
        ":original_max_position_embeddings=32768",
    "gpt_oss_yarn_notrunc":
        "transformers/half:head_dim=64:rope_type=yarn:rope_theta=150000:factor=32:truncate=false"
        ":original_max_position_embeddings=4096",
    "phi3_mini_128k_short":
        f"{HALF_96}:original_max_position_embeddings=4096"
        f":short_factor={SHORT_48}:long_factor={LONG_48}:seq_len=4096",
    "phi3_mini_128k_long":
        f"{HALF_96}:original_max_position_embeddings=4096"
        f":short_factor={SHORT_48}:long_factor={LONG_48}:seq_len=4097",
    "phimoe_long_positions":
        "transformers/half:rope_type=longrope:original_max_position_embeddings=4096"
        f":short_factor={SHORT_64}:long_factor={LONG_64}:attention_factor=1.243163121016122",
    "gpt_neox_20b_partial25": "transformers/half:head_dim=96:partial_rotary_factor=0.25",
    "glm4_moe_4_5_partial50": "transformers/half:rope_theta=1000000:partial_rotary_factor=0.5",
    "qwen3_next_partial25":
        "transformers/half:head_dim=256:rope_theta=10000000:partial_rotary_factor=0.25",
    "glm4_interleaved_partial50": "transformers/adjacent:partial_rotary_factor=0.5",
    "moonshine_base_partial62": "transformers/adjacent:head_dim=52:partial_rotary_factor=0.62",
    "cohere_command_r": "transformers/adjacent:rope_theta=8000000",
    "cohere2_sliding_layer": "transformers/adjacent:rope_theta=50000",
    "cohere2_full_layer_nope": "generic/nope",
    "smollm3_nope_layer": "generic/nope",
    "ernie4_5_text": "transformers/adjacent:rope_theta=500000",
    "nanochat_reverse": "transformers/nanochat",
    "qwen3_qknorm": "transformers/half:rope_theta=1000000",
    "hunyuan_dense_alpha": "transformers/half:rope_type=ntk_alpha:alpha=1000",
    "gemma3_sliding": "transformers/half:head_dim=256",
    "modernbert_full": "transformers/half:head_dim=64:rope_theta=160000",
    "gemma4_full_proportional":
        "transformers/proportional:head_dim=512:rope_theta=1000000:partial_rotary_factor=0.25",
    "laguna_full_partial50": "transformers/half:rope_theta=500000:partial_rotary_factor=0.5",
    "gptj_6b": "transformers/adjacent:head_dim=256:partial_rotary_factor=0.25",
    "roformer": "transformers/adjacent:head_dim=64",
    "clvp_encoder": "transformers/half:head_dim=64",
    "llama4_text":
        "transformers/adjacent:rope_type=llama3:rope_theta=500000:factor=16:low_freq_factor=1"
        ":high_freq_factor=1:original_max_position_embeddings=8192",
    "llama4_text_nope_layer": "generic/nope",
    "deepseek_v3_interleave":
        "transformers/adjacent-to-half:rope_type=yarn:factor=40:mscale=1:mscale_all_dim=1"
        ":original_max_position_embeddings=4096",
    "deepseek_v3_no_interleave":
        "transformers/latent:rope_type=yarn:factor=40:mscale=1:mscale_all_dim=1"
        ":original_max_position_embeddings=4096",
    "deepseek_v2_complex":
        "transformers/latent:pairing=adjacent:rope_type=yarn:factor=40:mscale=0.707"
        ":mscale_all_dim=0.707:original_max_position_embeddings=4096",
    "minicpm3": "transformers/latent:qk_nope_head_dim=64:qk_rope_head_dim=32",
    "deepseek_v4_main":
        "transformers/latent:pairing=adjacent:qk_nope_head_dim=448:qk_rope_head_dim=64",
    "qwen2_vl_mrope_16_24_24":
        "transformers/mrope-chunked:rope_theta=1000000:mrope_section=16,24,24",
    "qwen3_vl_imrope_24_20_20":
        "transformers/mrope-stride3:rope_theta=5000000:mrope_section=24,20,20",
    "qwen3_5_imrope_11_11_10_partial25":
        "transformers/mrope-stride3:head_dim=256:rope_theta=10000000:partial_rotary_factor=0.25"
        ":mrope_section=11,11,10",
    "glm4_1v_mrope_8_12_12_interleaved":
        "transformers/mrope-chunked:pairing=adjacent:partial_rotary_factor=0.5"
        ":mrope_section=8,12,12",
    "ernie4_5_vl_22_22_20":
        "transformers/mrope-ernie:rope_theta=500000:mrope_section=22,22,20",
    "hunyuan_vl_4axis_16x4": "transformers/hunyuan-vl:alpha=1000:mrope_section=16,16,16,16",
    "qwen2_vl_vision": "transformers/vision-chunked:head_dim=80",
    "qwen3_vl_vision": "transformers/vision-chunked:head_dim=72",
    "pixtral_vision": "transformers/pixtral",
    "dinov3_vit": "transformers/dinov3:rope_theta=100",
    "kimi_k25_vision": "transformers/vision-alternating:head_dim=72",
    "minimax_m3_vision_3d": "transformers/vision-three-axes:head_dim=80",
    "gemma4_vision": "transformers/vision-separate:rope_theta=100",
    "llama4_vision": "transformers/vision-adjacent:head_dim=88",
    "vjepa2": "transformers/vjepa2:head_dim=64",
    "wav2vec2_bert_rotary": "transformers/hidden-states:head_dim=64",
    "neomme_sliding_2d": "transformers/row-column:head_dim=64",
    "esmfold2_xyz_uid": "transformers/coordinates",
    "efficientloftr": "transformers/whole-hidden",
    "lightglue_learned": f"transformers/learned-directions:freqs_x={LIGHTGLUE_X}:freqs_y={LIGHTGLUE_Y}",
    "mistral_large4_learned_scale":
        "transformers/latent-learned:qk_nope_head_dim=0:qk_rope_head_dim=64:rope_type=yarn:factor=2048"
        f":original_max_position_embeddings=512:attention_factor=1:multipliers={MISTRAL_FACTORS}",
    "qwen2_5_omni_dit_head0":
        "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=64",
    "phimoe_longrope_short": PHIMOE,
    "phimoe_longrope_long": f"{PHIMOE}:seq_len=501",
    "step3p7_vision": "transformers/vision-w-first",
    "inkling2_vision": "transformers/vision-w-first-adjacent",
    "deepseek_v32_indexer": "transformers/indexer",
    "deepseek_v32_indexer_yarn": "transformers/indexer:rope_type=yarn:factor=40:original_max_position_embeddings=4096",
    "glm_moe_dsa_indexer": "transformers/indexer:pairing=adjacent-to-half:rope_theta=1000000",
    "hy_v4_indexer": "transformers/indexer:head_dim=96:part=trailing",
    "hy_v4_vl_indexer_text": "transformers/indexer:pairing=adjacent:part=trailing",
    "hy_v4_vl": "transformers/latent-mrope:qk_nope_head_dim=32:rope_theta=500000:mrope_section=12,10,10",
    "deepseek_v4_output": "transformers/output-back:qk_nope_head_dim=96:qk_rope_head_dim=32:rope_theta=50000",
    "musicflamingo": "transformers/musicflamingo:hidden_size=80",
}
