"""Rows for scalings of FlashInfer, TensorRT-LLM, gpt-fast, torchtune, DeepSeek's reference and M-RoPE beside them.

Every kernel is written from the source that its layout cites; every parameter is away from its default somewhere.
"""

from __future__ import annotations

import math

import numpy as np

from catalogue.kernels import (
    Array,
    Row,
    by_axis,
    default_frequencies,
    one_axis,
    rotate_adjacent,
    rotate_adjacent_to_halves,
    rotate_halves,
)
from catalogue.sglang import chunks, turns


def one_by_one(base: float, n: int, factor: float, low: float, high: float, original: float) -> Array:
    """apply_scaling of torchtune, gpt-fast and TensorRT-LLM: a loop that asks for short wavelengths first."""
    found = []
    for frequency in default_frequencies(base, n):
        length = 2 * math.pi / frequency
        if length < original / high:
            found.append(frequency)
        elif length > original / low:
            found.append(frequency / factor)
        else:
            smooth = (original / length - low) / (high - low)
            found.append((1 - smooth) * frequency / factor + smooth * frequency)
    return np.array(found)


def fused_multiply_add(base: float, n: int, factor: float, low: float, high: float, original: float) -> Array:
    """FlashInfer's kernel: smooth = clamp(frequency*a + b)."""
    a = original / (2 * math.pi * high - 2 * math.pi * low)
    b = -1 / (high / low - 1)
    plain = default_frequencies(base, n)
    smooth = np.maximum(0, np.minimum(1, plain * a + b))
    return (1 - smooth) * plain / factor + smooth * plain


def yarn(base: float, n: int, factor: float, original: float, fast: float = 32, slow: float = 1) -> Array:
    """precompute_freqs_cis of DeepSeek-V3 and create_sinusoidal_positions_yarn of TensorRT-LLM."""
    low, high = (n * math.log(original / (turn * 2 * math.pi)) / (2 * math.log(base)) for turn in (fast, slow))
    first, last = max(math.floor(low), 0), min(math.ceil(high), n - 1)
    smooth = 1 - np.clip((np.arange(n // 2) - first) / (last - first if last != first else 0.001), 0, 1)
    plain = default_frequencies(base, n)
    return plain / factor * (1 - smooth) + plain * smooth


def mscale(factor: float, weight: float) -> float:
    """yarn_get_mscale."""
    return 1.0 if factor <= 1 else 0.1 * weight * math.log(factor) + 1.0


F16, F64, F128 = (default_frequencies(base, n) for base, n in ((100, 16), (10000, 64), (10000, 128)))
TRT16 = "tensorrt-llm/rope:head_size=16:rotary_embedding_base=100"
MLA16 = "deepseek/mla:qk_head_dim=24:qk_rope_head_dim=16:rope_theta=100"
ENDS = ((1, 5), (4, 1))

ROWS = (
    *(Row(f"flashinfer/llama31:head_dim=16:rope_theta=100:rope_scale=3:old_context_len=64:low_freq_factor={low}"
          f":high_freq_factor={high}", one_axis(rotate_halves, fused_multiply_add(100, 16, 3, low, high, 64)))
      for low, high in ENDS),
    *(Row(f"torchtune/llama3-1:head_dim=16:base=100:scale_factor=3:old_context_len=64:low_freq_factor={low}"
          f":high_freq_factor={high}", one_axis(rotate_adjacent, one_by_one(100, 16, 3, low, high, 64)))
      for low, high in ENDS),
    *(Row(f"gpt-fast/rope:head_dim=16:rope_base=100:rope_scaling=llama3:factor=3:original_max_position_embeddings=64"
          f":low_freq_factor={low}:high_freq_factor={high}",
          one_axis(rotate_adjacent, one_by_one(100, 16, 3, low, high, 64))) for low, high in ENDS),
    *(Row(f"{TRT16}:rotary_scaling_type=llama3:factor=3:original_max_position_embeddings=64"
          f":low_freq_factor={low}:high_freq_factor={high}",
          one_axis(rotate_halves, one_by_one(100, 16, 3, low, high, 64))) for low, high in ENDS),
    Row(f"{TRT16}:rotary_scaling_type=linear", one_axis(rotate_halves, F16)),
    Row(f"{TRT16}:rotary_scaling_type=linear:factor=3", one_axis(rotate_halves, F16 / 3)),
    Row(f"{TRT16}:rotary_scaling_type=dynamic:alpha=50",
        one_axis(rotate_halves, default_frequencies(100 * 50 ** (16 / 14), 16))),
    Row(f"{TRT16}:rotary_scaling_type=yarn", one_axis(rotate_halves, F16)),
    Row(f"{TRT16}:rotary_scaling_type=yarn:factor=4:original_max_position_embeddings=64:beta_fast=7:beta_slow=2"
        ":mscale=0.7:mscale_all_dim=0.3",
        one_axis(rotate_halves, yarn(100, 16, 4, 64, 7, 2), size=mscale(4, 0.7) / mscale(4, 0.3))),
    Row(f"{TRT16}:rotary_scaling_type=yarn:factor=4:original_max_position_embeddings=64:mscale=1:mscale_all_dim=0",
        one_axis(rotate_halves, yarn(100, 16, 4, 64), size=mscale(4, 1))),
    Row(f"{MLA16}:rope_factor=4:original_seq_len=64:max_seq_len=65:beta_fast=7:beta_slow=2",
        one_axis(rotate_adjacent, yarn(100, 16, 4, 64, 7, 2), 8)),
    Row(f"{MLA16}:rope_factor=4:original_seq_len=64:max_seq_len=64", one_axis(rotate_adjacent, F16, 8)),
    Row(f"{MLA16}:rope_factor=0.5:original_seq_len=64", one_axis(rotate_adjacent, yarn(100, 16, 0.5, 64), 8)),
    Row("mlc-llm/deepseek:qk_nope_head_dim=8:qk_rope_head_dim=16:rope_theta=100",
        one_axis(rotate_adjacent_to_halves, F16, 8)),
    Row("mlc-llm/mrope:head_dim=16:rope_theta=100:mrope_section=2,3,3:attention_scaling=1.5",
        by_axis(rotate_halves, F16, chunks([2, 3, 3]), size=1.5)),
    Row("onnxruntime-genai/mrope:head_dim=128:partial_rotary_factor=0.5:mrope_section=11,11,10",
        by_axis(rotate_halves, F64, turns([11, 11, 10], 32))),
    Row("liger/qwen2vl-mrope:head_dim=16:rope_theta=100:mrope_section=1,3,3",
        by_axis(rotate_halves, F16, chunks([1, 3, 4]))),
    Row("megatron-bridge/ernie-vl:head_size=16:base=100:mrope_section=9,1,2:seq_len_interpolation_factor=3",
        by_axis(rotate_adjacent, F16 / 3, [*"hwhwhw", *"tt"])),
)
