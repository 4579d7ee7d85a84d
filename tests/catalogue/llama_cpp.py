"""Rows for models/llama-cpp and for backends of ggml that differ from its CPU kernel (llama.cpp 0c1e57098)."""

from __future__ import annotations

import numpy as np

from catalogue.kernels import (
    Kernel,
    Row,
    by_axis,
    default_frequencies,
    one_axis,
    rotate_adjacent,
    rotate_halves,
)
from catalogue.sglang import chunks

F128 = default_frequencies(10000, 128)
F64 = default_frequencies(10000, 64)


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


ROWS = (
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
