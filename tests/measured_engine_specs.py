"""Which SPEC each table must equal that was measured from the kernels of vLLM and SGLang."""

from __future__ import annotations

LONGROPE = (
    "head_size=64:rotary_dim=32:original_max_position_embeddings=128"
    f":short_factor={','.join(f'{32 + i}/32' for i in range(16))}:long_factor={','.join(str(2 + i) for i in range(16))}"
)

VLLM = {
    "default": "vllm/rope:head_size=64",
    "gptj": "vllm/rope:head_size=64:is_neox_style=false",
    "partial_gptj": "vllm/rope:head_size=64:rotary_dim=32:is_neox_style=false",
    "rope_dim": "vllm/rope:head_size=64:rotary_dim=24",
    "linear_8_gptj": "vllm/rope:head_size=64:rope_type=linear:factor=8:is_neox_style=false",
    "ntk": "vllm/rope:head_size=64:rope_type=ntk:factor=4",
    "ntk_mixed_1": "vllm/rope:head_size=64:rope_type=ntk_mixed:factor=4:mixed_b=1",
    "ntk_mixed_2": "vllm/rope:head_size=64:rope_type=ntk_mixed:factor=4:mixed_b=2",
    "ntk_mixed_0": "vllm/rope:head_size=64:rope_type=ntk_mixed:factor=4:mixed_b=0",
    "dynamic_trained":
        "vllm/rope:head_size=64:rope_type=dynamic:factor=4:original_max_position_embeddings=128"
        ":max_position_embeddings=512",
    "llama3":
        "vllm/rope:head_size=128:rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4:base=500000"
        ":original_max_position_embeddings=8192",
    "yarn": "vllm/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096",
    "yarn_untruncated":
        "vllm/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096:truncate=false"
        ":base=150000",
    "yarn_mscales":
        "vllm/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096:mscale=0.707"
        ":mscale_all_dim=1",
    "yarn_mscale_only":
        "vllm/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096"
        ":mscale=0.707",
    "yarn_attention_factor":
        "vllm/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096"
        ":attention_factor=1.25",
    "yarn_factor_below_1": "vllm/rope:head_size=64:rope_type=yarn:factor=0.5:original_max_position_embeddings=4096",
    "deepseek_yarn":
        "vllm/rope:head_size=64:rope_type=deepseek_yarn:factor=40:original_max_position_embeddings=4096"
        ":is_neox_style=false",
    "deepseek_yarn_equal":
        "vllm/rope:head_size=64:rope_type=deepseek_yarn:factor=40:original_max_position_embeddings=4096"
        ":mscale=1:mscale_all_dim=1",
    "deepseek_yarn_ratio":
        "vllm/rope:head_size=64:rope_type=deepseek_yarn:factor=40:original_max_position_embeddings=4096"
        ":mscale=1:mscale_all_dim=0.5:is_neox_style=false",
    "longrope_short": f"vllm/longrope:{LONGROPE}:max_model_len=100:max_position_embeddings=1024",
    "longrope_long": f"vllm/longrope:{LONGROPE}:max_model_len=1024:max_position_embeddings=1024",
    "longrope_same": f"vllm/longrope:{LONGROPE}:max_model_len=128:max_position_embeddings=128",
    "longrope_attention_factor":
        f"vllm/longrope:{LONGROPE}:max_model_len=1024:max_position_embeddings=1024:attention_factor=1.19",
    "longrope_factor": f"vllm/longrope:{LONGROPE}:max_model_len=1024:max_position_embeddings=1024:factor=32",
    "longrope_long_mscale":
        f"vllm/longrope:{LONGROPE}:max_model_len=1024:max_position_embeddings=1024:long_mscale=1.243",
    "mrope_False_True_16_24_24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=16,24,24",
    "mrope_False_True_24_20_20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=24,20,20",
    "mrope_False_False_16_24_24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=16,24,24",
    "mrope_False_False_24_20_20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=24,20,20",
    "mrope_False_False_2_10_4":
        "vllm/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=2,10,4",
    "mrope_True_True_16_24_24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=16,24,24",
    "mrope_True_True_24_20_20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_True_True_2_10_4":
        "vllm/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=2,10,4",
    "mrope_True_False_16_24_24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=16,24,24",
    "mrope_True_False_11_11_10":
        "vllm/mrope:head_size=128:rotary_dim=64:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=11,11,10",
    "mrope_True_False_24_20_20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_yarn":
        "vllm/mrope:head_size=64:mrope_section=8,12,12:rope_type=yarn:factor=4"
        ":original_max_position_embeddings=4096",
    "mrope_yarn_factor_1":
        "vllm/mrope:head_size=64:mrope_section=8,12,12:rope_type=yarn:factor=4"
        ":original_max_position_embeddings=4096:mrope_positions_factor=1",
    "pangu": "vllm/openpangu-mrope:head_size=128:mrope_section=24,20,20",
    "pangu_gptj": "vllm/openpangu-mrope:head_size=64:mrope_section=16,8,8:is_neox_style=false",
    "bailing_False_128": "vllm/bailing-mrope:head_size=128:mrope_section=20,22,22:is_neox_style=false",
    "bailing_False_64": "vllm/bailing-mrope:head_size=64:mrope_section=8,12,12:is_neox_style=false",
    "bailing_True_64": "vllm/bailing-mrope:head_size=64:mrope_section=8,12,12:is_neox_style=true",
    "ernie_64_64": "vllm/ernie-vl:head_size=64:rotary_dim=64:mrope_section=12,12,8",
    "gemma4_0.25_False": "vllm/gemma4:head_dim=64:partial_rotary_factor=0.25:rope_theta=1000000",
    "gemma4_0.36_False": "vllm/gemma4:head_dim=64:partial_rotary_factor=0.36:rope_theta=1000000",
    "gemma4_1.0_False": "vllm/gemma4:head_dim=64:partial_rotary_factor=1.0:rope_theta=1000000",
    "gemma4_0.25_True": "vllm/gemma4:head_dim=64:partial_rotary_factor=0.25:rope_theta=1000000:factor=8",
    "gemma4_left_out": "vllm/gemma4:head_dim=64:rope_theta=1000000",
    "deepseek_v4_False_4.0_0":
        "vllm/deepseek-v4:head_size=64:rotary_dim=32:inverse=false:rope_type=deepseek_yarn:factor=4.0"
        ":original_max_position_embeddings=4096",
    "deepseek_v4_False_4.0_1":
        "vllm/deepseek-v4:head_size=64:rotary_dim=32:inverse=false:rope_type=deepseek_yarn:factor=4.0"
        ":original_max_position_embeddings=4096:mscale=1",
    "deepseek_v4_True_4.0_0":
        "vllm/deepseek-v4:head_size=64:rotary_dim=32:inverse=true:rope_type=deepseek_yarn:factor=4.0"
        ":original_max_position_embeddings=4096",
    "deepseek_v4_True_1.0_0": "vllm/deepseek-v4:head_size=64:rotary_dim=32:inverse=true",
    "deepseek_v4_True_4.0_1":
        "vllm/deepseek-v4:head_size=64:rotary_dim=32:inverse=true:rope_type=deepseek_yarn:factor=4.0"
        ":original_max_position_embeddings=4096:mscale=1",
    "llama4_vision": "vllm/llama4-vision:head_dim=32",
    "pixtral_64": "vllm/pixtral:head_dim=64",
    "moonvit_64": "vllm/moonvit:head_dim=64",
    "llava_onevision2_64": "vllm/llava-onevision2:head_dim=64",
    "qwen2_vl_tower_64": "vllm/vision:head_dim=64",
    "k2_horizon_32": "vllm/k2-horizon:head_dim=64:partial_rotary_factor=0.5:rope_theta=1000000",
    "k2_horizon_folded_32": "vllm/k2-horizon:head_dim=64:partial_rotary_factor=0.5:rope_theta=1000000",
    "k2_horizon_folded_16": "vllm/k2-horizon:head_dim=64:partial_rotary_factor=0.25:rope_theta=1000000",
    "k2_horizon_64": "vllm/k2-horizon:head_dim=64:partial_rotary_factor=1.0:rope_theta=1000000",
    "dual_chunk_query_True": "vllm/dual-chunk:head_size=64:rotary_dim=64:is_neox_style=true",
}

VLLM_TRITON = {
    "mrope_False_True_16,24,24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=16,24,24",
    "mrope_False_True_24,20,20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=24,20,20",
    "mrope_False_False_16,24,24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=16,24,24",
    "mrope_False_False_2,10,4":
        "vllm/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=2,10,4",
    "mrope_True_True_16,24,24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=16,24,24",
    "mrope_True_True_11,11,10":
        "vllm/mrope:head_size=128:rotary_dim=64:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=11,11,10",
    "mrope_True_True_24,20,20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_True_True_2,10,4":
        "vllm/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=2,10,4",
    "mrope_True_False_16,24,24":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=16,24,24",
    "mrope_True_False_11,11,10":
        "vllm/mrope:head_size=128:rotary_dim=64:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=11,11,10",
    "mrope_True_False_24,20,20":
        "vllm/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_True_False_2,10,4":
        "vllm/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=2,10,4",
    "minimax_m3_64": "vllm/minimax-m3-vision:head_dim=64",
    "bailing_128": "vllm/bailing-mrope:head_size=128:mrope_section=20,22,22",
}

SGLANG = {
    "default": "sglang/rope:head_size=64",
    "linear": "sglang/rope:head_size=64:rope_type=linear:factor=4",
    "llama3":
        "sglang/rope:head_size=128:rope_type=llama3:factor=8:low_freq_factor=1:high_freq_factor=4"
        ":base=500000:original_max_position_embeddings=8192",
    "llama3_bare": "sglang/rope:head_size=128:rope_type=llama3:base=500000",
    "yarn": "sglang/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096",
    "yarn_betas":
        "sglang/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096:beta_fast=64"
        ":beta_slow=2:is_neox_style=false",
    "yarn_untruncated":
        "sglang/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096"
        ":truncate=false:base=150000",
    "yarn_mscales":
        "sglang/rope:head_size=64:rope_type=yarn:factor=4:original_max_position_embeddings=4096:mscale=0.707"
        ":mscale_all_dim=1",
    "deepseek_yarn":
        "sglang/rope:head_size=64:rope_type=deepseek_yarn:factor=40:original_max_position_embeddings=4096"
        ":is_neox_style=false",
    "deepseek_yarn_ratio":
        "sglang/rope:head_size=64:rope_type=deepseek_yarn:factor=40:original_max_position_embeddings=4096"
        ":mscale=1:mscale_all_dim=0.5:is_neox_style=false",
    "deepseek_yarn_attn_factor":
        "sglang/rope:head_size=64:rope_type=deepseek_yarn:factor=40:original_max_position_embeddings=4096"
        ":attn_factor=1.25",
    "longrope": f"sglang/longrope:{LONGROPE}:max_position_embeddings=1024:seq_len=100",
    "gemma4_0.25": "sglang/gemma4:head_size=64:partial_rotary_factor=0.25:base=1000000",
    "gemma4_factor": "sglang/gemma4:head_size=64:partial_rotary_factor=0.25:base=1000000:factor=8",
    "mrope_False_True_16_24_24_d128":
        "sglang/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=16,24,24",
    "mrope_False_True_11_11_10_d64":
        "sglang/mrope:head_size=128:rotary_dim=64:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=11,11,10",
    "mrope_False_True_24_20_20_d128":
        "sglang/mrope:head_size=128:rotary_dim=128:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=24,20,20",
    "mrope_False_True_1_1_30_d32":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=1,1,30",
    "mrope_False_True_24_20_20_d64":
        "sglang/mrope:head_size=64:rotary_dim=64:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=24,20,20",
    "mrope_False_False_16_24_24_d128":
        "sglang/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=16,24,24",
    "mrope_False_False_11_11_10_d64":
        "sglang/mrope:head_size=128:rotary_dim=64:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=11,11,10",
    "mrope_False_False_24_20_20_d128":
        "sglang/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=24,20,20",
    "mrope_False_False_2_10_4_d32":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=2,10,4",
    "mrope_False_False_4_4_4_d32":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=4,4,4",
    "mrope_False_False_1_1_30_d32":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=1,1,30",
    "mrope_True_True_1_1_30_d32":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=1,1,30",
    "mrope_True_True_24_20_20_d64":
        "sglang/mrope:head_size=64:rotary_dim=64:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_True_False_16_24_24_d128":
        "sglang/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=16,24,24",
    "mrope_True_False_11_11_10_d64":
        "sglang/mrope:head_size=128:rotary_dim=64:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=11,11,10",
    "mrope_True_False_24_20_20_d128":
        "sglang/mrope:head_size=128:rotary_dim=128:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_True_False_4_4_4_d32":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=4,4,4",
    "mrope_True_False_16_24_24_d64":
        "sglang/mrope:head_size=64:rotary_dim=64:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=16,24,24",
    "mrope_True_False_24_20_20_d64":
        "sglang/mrope:head_size=64:rotary_dim=64:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=24,20,20",
    "mrope_glm_axis_map_False_8_12_12": "sglang/mrope-glm:head_size=64:mrope_section=8,12,12",
    "mrope_glm_native_False_16_8_8": "sglang/mrope:head_size=64:mrope_section=16,8,8",
    "mrope_glm_native_True_8_12_12": "sglang/mrope:head_size=64:mrope_interleaved=true:mrope_section=8,12,12",
    "mrope_glm_axis_map_True_8_12_12": "sglang/mrope-glm:head_size=64:mrope_section=8,12,12",
    "mrope_glm_native_True_16_8_8": "sglang/mrope:head_size=64:mrope_interleaved=true:mrope_section=16,8,8",
    "mrope_yarn":
        "sglang/mrope:head_size=64:mrope_section=8,12,12:rope_type=yarn:factor=4"
        ":original_max_position_embeddings=4096",
    "ernie_128": "vllm/ernie-vl:head_size=128:rotary_dim=128:mrope_section=22,22,20",
}

SGLANG_TRITON = {
    "mrope_False_True_2,10,4":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=false"
        ":mrope_section=2,10,4",
    "mrope_False_False_4,6,6":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=4,6,6",
    "mrope_False_False_6,5,5":
        "sglang/mrope:head_size=64:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=6,5,5",
    "mrope_False_False_2,10,4":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=false"
        ":mrope_section=2,10,4",
    "mrope_True_True_4,6,6":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=4,6,6",
    "mrope_True_True_6,5,5":
        "sglang/mrope:head_size=64:rotary_dim=32:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=6,5,5",
    "mrope_True_True_2,10,4":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=true:mrope_interleaved=true"
        ":mrope_section=2,10,4",
    "mrope_True_False_4,6,6":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=4,6,6",
    "mrope_True_False_6,5,5":
        "sglang/mrope:head_size=64:rotary_dim=32:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=6,5,5",
    "mrope_True_False_2,10,4":
        "sglang/mrope:head_size=32:rotary_dim=32:is_neox_style=false:mrope_interleaved=true"
        ":mrope_section=2,10,4",
    "mrope_glm_False_4,6,6": "sglang/mrope-glm:head_size=32:mrope_section=4,6,6:mrope_interleaved=false",
    "mrope_glm_True_4,6,6": "sglang/mrope-glm:head_size=32:mrope_section=4,6,6",
    "mrope_glm_False_8,4,4": "sglang/mrope-glm:head_size=32:mrope_section=8,4,4:mrope_interleaved=false",
    "ernie_32_32": "vllm/ernie-vl:head_size=32:rotary_dim=32:mrope_section=6,6,4",
    "ernie_32_16": "vllm/ernie-vl:head_size=32:rotary_dim=16:mrope_section=3,3,2",
}

ENGINES = {"vllm": VLLM, "vllm-triton": VLLM_TRITON, "sglang": SGLANG, "sglang-triton": SGLANG_TRITON}
