"""Rows for models/llama-cpp and for backends of ggml that differ from its CPU kernel (llama.cpp 0c1e57098)."""

from __future__ import annotations

import math

import numpy as np

from catalogue.kernels import (
    Array,
    Kernel,
    Positions,
    Row,
    by_axis,
    default_frequencies,
    one_axis,
    rotate_adjacent,
    rotate_halves,
    yarn_frequencies,
)
from catalogue.sglang import chunks

F128 = default_frequencies(10000, 128)
F64 = default_frequencies(10000, 64)
LISTS = "short_factor=1,1.5,2,2.5:long_factor=2,3,4,5"


def vision(sections: tuple[int, int], pairs: int, split: int) -> Kernel:
    """rope_vision of CUDA, and with split = sections[1] that of Metal: two axes over s0 + s1."""
    axes, exponents = [], []
    for j in range(pairs):
        sector = j % sum(sections)
        axes.append("t" if sector < split else "h")
        exponents.append(sector if sector < split else sector - sections[0])
    return by_axis(rotate_halves, 10000.0 ** (-2 * np.array(exponents) / pairs), axes)


def imrope_cpu(sections: tuple[int, int, int], pairs: int) -> list[str]:
    """ggml_mrope_cache_init, is_imrope: what no turn claims falls to e."""
    axes = []
    for j in range(pairs):
        sector = j % sum(sections)
        turn = sector % 3
        axes.append("thw"[turn] if sector < 3 * sections[turn] else "e")
    return axes


def context_factor(
    factor: float, *, log_mul: float = 0, is_deepseek2: bool = False, given: float = 1, yarn_given: float = 1,
    ext: int = 1,
) -> float:
    """What llama_context and, on top of it, rope_yarn put on cos and sin; `log_mul` as the loader leaves it."""
    def get_mscale(scale: float, mscale: float) -> float:
        return 1.0 if scale <= 1 else 0.1 * mscale * math.log(scale) + 1

    attn = yarn_given
    if ext != 0:
        mscale = log_mul if is_deepseek2 and log_mul != 1 else 1.0
        attn = get_mscale(factor, mscale) / get_mscale(factor, log_mul) if log_mul != 0 else get_mscale(factor, 1)
        attn *= 1 / (1 + 0.1 * math.log(factor))
    attn *= given
    return attn * (1 + 0.1 * math.log(factor)) if ext != 0 else attn


def rope_2d(order: str, scale: float, base: float = 10000) -> Kernel:
    """build_rope_2d on 32 lanes: ggml NORMAL over 16 lanes each, the second half times freq_scale."""
    half = default_frequencies(base, 16)
    return by_axis(rotate_adjacent, np.concatenate([half, scale * half]), [order[0]] * 8 + [order[1]] * 8)


def separate_halves(x: Array, at: Positions) -> Array:
    """gemma4v.cpp on 32 lanes: ggml NEOX over 16 lanes each, columns before rows."""
    half = default_frequencies(100, 16)
    return np.concatenate([rotate_halves(x[:16], at["w"] * half), rotate_halves(x[16:], at["h"] * half)])


YARN = "freq_scale=0.025:ext_factor=1:n_ctx_orig=4096"
YARN_128: Array = yarn_frequencies(10000, 128, 40, 4096)
YARN_64 = yarn_frequencies(10000, 64, 40, 4096)
MISTRAL = "llama-cpp/text:arch=mistral3:base=1e6:freq_scale=1/64:ext_factor=1:n_ctx_orig=4096"
MISTRAL_128 = yarn_frequencies(1e6, 128, 64, 4096, fast=4)

YARN_ROWS = (
    Row(f"{MISTRAL}:beta_fast=4", one_axis(rotate_adjacent, MISTRAL_128, size=context_factor(64))),
    Row(f"{MISTRAL}:beta_fast=4:yarn_log_multiplier=1",
        one_axis(rotate_adjacent, MISTRAL_128, size=context_factor(64, log_mul=1))),
    Row(f"{MISTRAL}:beta_fast=4:yarn_log_multiplier=0.5:attn_factor=2:yarn_attn_factor=3",
        one_axis(rotate_adjacent, MISTRAL_128, size=context_factor(64, log_mul=0.5, given=2, yarn_given=3))),
    Row("llama-cpp/text:arch=mistral3:yarn_log_multiplier=1:attn_factor=2:yarn_attn_factor=3",
        one_axis(rotate_adjacent, F128, size=context_factor(1, log_mul=1, given=2, yarn_given=3, ext=0))),
    Row(f"llama-cpp/text:arch=llama:{YARN}:attn_factor=2:yarn_attn_factor=3",
        one_axis(rotate_adjacent, YARN_128, size=context_factor(40, given=2, yarn_given=3))),
    Row("llama-cpp/text:arch=qwen2:freq_scale=2:ext_factor=1:n_ctx_orig=4096",
        one_axis(rotate_halves, yarn_frequencies(10000, 128, 0.5, 4096), size=context_factor(0.5))),
    Row("llama-cpp/text:arch=qwen2:freq_scale=0.25:attn_factor=2:yarn_attn_factor=3",
        one_axis(rotate_halves, F128 / 4, size=context_factor(4, given=2, yarn_given=3, ext=0))),
    Row(f"llama-cpp/text:arch=grok:{YARN}",
        one_axis(rotate_halves, yarn_frequencies(10000, 128, 40, 4096, fast=8), size=context_factor(40))),
    Row(f"llama-cpp/text:arch=deepseek2:{YARN}", one_axis(rotate_adjacent, YARN_128, size=context_factor(40))),
    Row(f"llama-cpp/text:arch=deepseek2:{YARN}:yarn_log_multiplier=0.0707:attn_factor=2",
        one_axis(rotate_adjacent, YARN_128, size=context_factor(40, log_mul=0.707, is_deepseek2=True, given=2))),
    Row(f"llama-cpp/text:arch=deepseek2:{YARN}:yarn_log_multiplier=0.1",
        one_axis(rotate_adjacent, YARN_128, size=context_factor(40, log_mul=1, is_deepseek2=True))),
    *(Row(f"llama-cpp/text:arch={arch}:{YARN}:yarn_log_multiplier=0.0707:attn_factor=2",
          one_axis(rotate_adjacent, YARN_128, size=context_factor(40, log_mul=0.707, given=2)))
      for arch in ("mistral4", "deepseek32")),
    Row(f"llama-cpp/text:arch=deepseek4:{YARN}", one_axis(rotate_adjacent, YARN_128)),
    Row(f"llama-cpp/output-back:{YARN}", one_axis(rotate_adjacent, -YARN_64, 448)),
    Row(f"llama-cpp/indexer:{YARN}:yarn_log_multiplier=0.05",
        one_axis(rotate_halves, YARN_64, size=context_factor(40, log_mul=0.5))),
    Row(f"llama-cpp/indexer:arch=glm-dsa:{YARN}", one_axis(rotate_adjacent, YARN_64, size=context_factor(40))),
    Row(f"llama-cpp/indexer:arch=deepseek4:{YARN}", one_axis(rotate_adjacent, YARN_64, 64)),
    Row("llama-cpp/imrope:freq_scale=0.25:attn_factor=2:yarn_attn_factor=3:sections=24,20,20,0",
        by_axis(rotate_halves, F128 / 4, imrope_cpu((24, 20, 20), 64),
                size=context_factor(4, given=2, yarn_given=3, ext=0))),
    Row(f"llama-cpp/mrope:{YARN}:attn_factor=2",
        by_axis(rotate_halves, YARN_128, chunks([24, 20, 20]), size=context_factor(40, given=2))),
)

VISION_2D = (
    Row("llama-cpp/vision-2d:head_dim=32", rope_2d("hw", 1)),
    Row("llama-cpp/vision-2d:head_dim=32:first=w:base=100", rope_2d("wh", 1, 100)),
    Row("llama-cpp/vision-2d:head_dim=32:interleave_freq=true", rope_2d("hw", 10000 ** (-2 / 32))),
    Row("llama-cpp/vision-separate:head_dim=32", separate_halves),
)

ROWS = (
    *YARN_ROWS,
    *VISION_2D,
    Row("llama-cpp/text:arch=cogvlm:base=500000", one_axis(rotate_halves, F128)),
    Row("llama-cpp/text", one_axis(rotate_adjacent, F128)),
    Row("llama-cpp/text:arch=qwen2:n_rot=64", one_axis(rotate_halves, F64)),
    Row("llama-cpp/text:arch=deepseek2-ocr", one_axis(rotate_halves, F128)),
    Row("llama-cpp/text:arch=glm4:n_rot=64", one_axis(rotate_adjacent, F64)),
    Row("llama-cpp/text:arch=gpt2", lambda x, at: x),
    Row("llama-cpp/mrope", by_axis(rotate_halves, F128, chunks([24, 20, 20]))),
    Row("llama-cpp/imrope:arch=qwen35", by_axis(rotate_halves, F128, imrope_cpu((24, 20, 20), 64))),
    Row("llama-cpp/indexer", one_axis(rotate_halves, F64)),
    Row("llama-cpp/indexer:arch=glm-dsa", one_axis(rotate_adjacent, F64)),
    Row("llama-cpp/indexer:arch=hy_v4", one_axis(rotate_adjacent, F64, 64)),
    Row("llama-cpp/indexer:arch=deepseek4:head_dim=512:freq_scale=0.25", one_axis(rotate_adjacent, F64 / 4, 448)),
    Row("llama-cpp/output-back", one_axis(rotate_adjacent, -F64, 448)),
    Row("llama-cpp/hunyuan-vl:alpha=1000",
        by_axis(rotate_halves, default_frequencies(10000 * 1000 ** (128 / 126), 128),
                [axis for axis in "thwe" for _ in range(16)])),
    Row("llama-cpp/hunyuan-vl:freq_base=500000",
        by_axis(rotate_halves, default_frequencies(500000, 128), [axis for axis in "thwe" for _ in range(16)])),
    Row("llama-cpp/hunyuan:freq_base=500000:n_rot=64", one_axis(rotate_halves, default_frequencies(500000, 64))),
    Row("llama-cpp/hunyuan:alpha=1000:freq_scale=0.5:attn_factor=2",
        one_axis(rotate_halves, default_frequencies(10000 * 1000 ** (128 / 126), 128) / 2, size=2)),
    Row(f"llama-cpp/longrope:head_dim=8:{LISTS}:n_ctx=4097:n_ctx_orig=4096",
        one_axis(rotate_halves, default_frequencies(10000, 8) / [2, 3, 4, 5])),
    Row(f"llama-cpp/longrope:arch=llama:head_dim=8:{LISTS}:n_ctx_orig=4096",
        one_axis(rotate_adjacent, default_frequencies(10000, 8) / [1, 1.5, 2, 2.5])),
    Row("llama-cpp/longrope:head_dim=8:short_factor=1,1.5,2,2.5:n_ctx=4097:n_ctx_orig=4096:attn_factor=1.25",
        one_axis(rotate_halves, default_frequencies(10000, 8), size=1.25)),
    Row("ggml/imrope-openvino", by_axis(rotate_halves, F128, ["thw"[j % 3] for j in range(64)])),
    Row("ggml/vision-cuda:head_dim=64:sections=10,6,0,0", vision((10, 6), 32, 10)),
    Row("ggml/vision-metal:head_dim=64:sections=10,6,0,0", vision((10, 6), 32, 6)),
    Row("ggml/vision-metal:head_dim=64:sections=16,16,0,0", vision((16, 16), 32, 16)),
)

# census of llama_model_rope_type: a few of each kind, the whole table is models/rules/llama-cpp/arch.toml
NORM = ("llama", "llama4", "deci", "baichuan", "internlm2", "minicpm", "command-r", "cohere2", "olmo", "arctic",
        "deepseek", "deepseek2", "plm", "chatglm", "granite", "granitemoe", "chameleon", "smollm3", "arcee", "ernie4_5",
        "mistral3", "glm-dsa", "nanbeige", "hy_v4")
NEOX = ("falcon", "grok", "dbrx", "bert", "nomic-bert", "stablelm", "bitnet", "qwen", "qwen2", "qwen2moe", "qwen3",
        "qwen3moe", "qwen3next", "olmo2", "olmoe", "phi2", "phi3", "gemma", "gemma2", "gemma3", "starcoder2", "gptneox",
        "nemotron", "exaone", "minicpm3", "dots1", "gpt-oss", "lfm2", "seed_oss", "minimax-m2", "jais2", "apertus")
NONE = ("gpt2", "gptj", "mpt", "bloom", "mamba", "t5", "rwkv6", "jais", "kimi-linear", "nemotron_h")
