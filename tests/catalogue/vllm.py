"""Rows for models/vllm: vLLM 0.33.0, vllm/model_executor/layers/rotary_embedding and the vision towers."""

from __future__ import annotations

import math

import numpy as np

from catalogue.kernels import (
    Array,
    Positions,
    Row,
    by_axis,
    default_frequencies,
    llama3_frequencies,
    negate_and_swap_adjacent,
    one_axis,
    rotate_adjacent,
    rotate_halves,
    two_tables,
    yarn_frequencies,
)


def ntk(base: float, n_rot: int, factor: float) -> Array:
    """NTKScalingRotaryEmbedding without mixed_b."""
    return default_frequencies(base * factor, n_rot) / factor ** (2 / n_rot)


def ntk_mixed(base: float, n_rot: int, factor: float, b: float) -> Array:
    """NTKScalingRotaryEmbedding with mixed_b."""
    a = math.log(factor) / (n_rot / 2) ** b
    return default_frequencies(base, n_rot) / np.exp(a * np.arange(1, n_rot // 2 + 1) ** b)


def dynamic(base: float, n_rot: int, factor: float, length: float, original: float) -> Array:
    """DynamicNTKScalingRotaryEmbedding, its table built once."""
    grown = base * (factor * length / original - (factor - 1)) ** (n_rot / (n_rot - 2))
    return default_frequencies(grown, n_rot)


def ramp(n_rot: int, base: float, length: float, fast: float = 32, slow: float = 1, truncate: bool = True) -> Array:
    """yarn_find_correction_range and yarn_linear_ramp_mask."""
    low, high = (n_rot * math.log(length / (turns * 2 * math.pi)) / (2 * math.log(base)) for turns in (fast, slow))
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, n_rot - 1)
    high += 0.001 if low == high else 0
    return np.clip((np.arange(n_rot // 2) - low) / (high - low), 0, 1)


def yarn(base: float, n_rot: int, factor: float, ramp: Array) -> Array:
    """YaRNScalingRotaryEmbedding._compute_inv_freq."""
    powers = base ** (np.arange(0, n_rot, 2) / n_rot)
    mask = 1 - ramp
    return 1 / (factor * powers) * (1 - mask) + 1 / powers * mask


def mscale(scale: float, weight: float = 1) -> float:
    """yarn_get_mscale."""
    return 1.0 if scale <= 1 else 0.1 * weight * math.log(scale) + 1.0


def llama3(base: float, n_rot: int, factor: float, low: float, high: float, original: float) -> Array:
    """Llama3RotaryEmbedding._compute_inv_freq, where by where."""
    plain = default_frequencies(base, n_rot)
    lengths = 2 * math.pi / plain
    smooth = (original / lengths - low) / (high - low) if low != high else 0
    blended = (1 - smooth) * plain / factor + smooth * plain
    return np.where(lengths < original / high, plain, np.where(lengths > original / low, plain / factor, blended))


def greedy(t: int, h: int, w: int) -> list[str]:
    """MRotaryEmbeddingInterleaved.get_mrope_interleaved_id_list with force_last, by its loop."""
    wanted = {0: t - 1, 1: h, 2: w}
    placed = dict.fromkeys(wanted, 0)
    order: list[int] = []
    while len(order) < sum(wanted.values()):
        open_axes = [k for k in wanted if placed[k] < wanted[k]]
        able = [k for k in open_axes if not order or k != order[-1]] or open_axes
        best = sorted(able, key=lambda k: (placed[k] / wanted[k], k))[0]
        placed[best] += 1
        order.append(best)
    return ["thw"[k] for k in [*order, 0]]


def one_vision_2(at: Positions) -> Array:
    """The table of LLaVA-OneVision-2 for 64 lanes: t, h, w as 8, 12, 12 entries, laid out twice."""
    parts = [at[axis] * 10000.0 ** (-np.arange(n) / n) for axis, n in (("t", 8), ("h", 12), ("w", 12))]
    return np.tile(np.concatenate(parts), 2)


F128 = default_frequencies(10000, 128)
CHUNKS = ["t"] * 16 + ["h"] * 24 + ["w"] * 24
TURNS = ["thw"[j % 3] if j < 60 else "t" for j in range(64)]
SPATIAL = ["hw"[j % 2] if j < 44 else "t" for j in range(64)]
YARN16 = "head_size=16:base=100:rope_type=yarn:factor=4:original_max_position_embeddings=64"
QUARTER = default_frequencies(10000, 32)

ROWS = (
    Row("vllm/rope", one_axis(rotate_halves, F128)),
    Row("vllm/rope:is_neox_style=false:rotary_dim=32:base=500000",
        one_axis(rotate_adjacent, default_frequencies(500000, 32))),
    Row("vllm/rope:rope_type=linear:factor=4", one_axis(rotate_halves, F128 / 4)),
    Row("vllm/rope:rope_type=ntk:factor=4", one_axis(rotate_halves, ntk(10000, 128, 4))),
    Row("vllm/rope:rope_type=ntk_mixed:factor=4:mixed_b=2", one_axis(rotate_halves, ntk_mixed(10000, 128, 4, 2))),
    Row("vllm/rope:rope_type=dynamic:factor=4:original_max_position_embeddings=2048", one_axis(rotate_halves, F128)),
    Row("vllm/rope:rope_type=dynamic:factor=4:original_max_position_embeddings=2048:max_position_embeddings=8192",
        one_axis(rotate_halves, dynamic(10000, 128, 4, 8192, 2048))),
    Row("vllm/rope:rope_type=dynamic_alpha:alpha=1000",
        one_axis(rotate_halves, default_frequencies(10000 * 1000 ** (128 / 126), 128))),
    Row("vllm/rope:rope_type=llama3:base=500000:factor=8:low_freq_factor=1:high_freq_factor=4",
        one_axis(rotate_halves, llama3_frequencies(500000, 128, 8, 1, 4, 8192))),
    Row("vllm/rope:rope_type=yarn:factor=4:original_max_position_embeddings=32768:base=1000000",
        one_axis(rotate_halves, yarn_frequencies(1e6, 128, 4, 32768), size=0.1 * math.log(4) + 1)),
    Row("vllm/rope:is_neox_style=false:head_size=64:rope_type=deepseek_yarn:factor=40"
        ":original_max_position_embeddings=4096:mscale=0.707",
        one_axis(rotate_adjacent, yarn_frequencies(10000, 64, 40, 4096), size=0.0707 * math.log(40) + 1)),
    Row(f"vllm/rope:{YARN16}:truncate=false:beta_fast=7:beta_slow=2:attention_factor=1.3",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2, False)), size=1.3)),
    Row(f"vllm/rope:{YARN16}:mscale=0.7:mscale_all_dim=0.3",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), size=mscale(4, 0.7) / mscale(4, 0.3))),
    Row(f"vllm/rope:{YARN16}:mscale=0:mscale_all_dim=0.3",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), size=mscale(4))),
    Row(f"vllm/rope:{YARN16}:truncate=false:beta_fast=2:beta_slow=2:max_position_embeddings=4096",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 2, 2, False)), size=mscale(4))),
    Row(f"vllm/rope:{YARN16}:beta_fast=1:beta_slow=5",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 1, 5)), size=mscale(4))),
    Row("vllm/rope:head_size=16:base=100:rope_type=yarn:factor=0.5:original_max_position_embeddings=64",
        one_axis(rotate_halves, yarn(100, 16, 0.5, ramp(16, 100, 64)))),
    Row("vllm/rope:head_size=16:base=100:rope_type=yarn:factor=1:original_max_position_embeddings=1",
        one_axis(rotate_halves, default_frequencies(100, 16))),
    Row("vllm/rope:head_size=16:base=100:rope_type=deepseek_yarn:factor=4:original_max_position_embeddings=64"
        ":mscale=0.7:mscale_all_dim=0.3:beta_fast=7:beta_slow=2:truncate=false:attention_factor=2",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2)), size=mscale(4, 0.7) / mscale(4, 0.3))),
    Row("vllm/rope:head_size=16:base=100:rope_type=deepseek_llama_scaling:factor=4:original_max_position_embeddings=64",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), size=mscale(4))),
    Row("vllm/rope:head_size=16:base=100:rope_type=deepseek_yarn:factor=4:original_max_position_embeddings=64:mscale=0",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)))),
    *(Row("vllm/rope:head_size=16:base=100:rope_type=llama3:factor=3:original_max_position_embeddings=64"
          f":low_freq_factor={low}:high_freq_factor={high}",
          one_axis(rotate_halves, llama3(100, 16, 3, low, high, 64))) for low, high in ((1, 5), (4, 1), (2, 2))),
    Row("vllm/longrope:head_size=8:short_factor=1,2,3,4:long_factor=5,6,7,8:max_position_embeddings=8192"
        ":original_max_position_embeddings=4096:max_model_len=8192",
        one_axis(rotate_halves, default_frequencies(10000, 8) / np.array([5, 6, 7, 8]),
                 size=math.sqrt(1 + math.log(2) / math.log(4096)))),
    Row("vllm/longrope:head_size=8:short_factor=1,2,3,4:long_factor=5,6,7,8:max_position_embeddings=8192"
        ":original_max_position_embeddings=4096:max_model_len=8192:short_mscale=1.1:long_mscale=1.2:factor=32",
        one_axis(rotate_halves, default_frequencies(10000, 8) / np.array([5, 6, 7, 8]), size=1.2)),
    Row("vllm/longrope:head_size=8:short_factor=1,2,3,4:long_factor=5,6,7,8:max_position_embeddings=8192"
        ":original_max_position_embeddings=4096:short_mscale=1.1:long_mscale=1.2:attention_factor=1.3",
        one_axis(rotate_halves, default_frequencies(10000, 8) / np.array([1, 2, 3, 4]), size=1.1)),
    *(Row(f"vllm/mrope:{YARN16}:mrope_section=2,3,3{given}",
          by_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, length)), ["t"] * 2 + ["h"] * 3 + ["w"] * 3,
                  size=mscale(4)))
      for given, length in (("", 256), (":mrope_positions_factor=1", 64), (":mrope_positions_factor=2", 128))),
    Row(f"vllm/mrope:{YARN16}:mrope_section=2,3,3:truncate=false:beta_fast=7:beta_slow=2:mscale=0.7:mscale_all_dim=0.3",
        by_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 256, 7, 2, False)), ["t"] * 2 + ["h"] * 3 + ["w"] * 3,
                size=mscale(4, 0.7) / mscale(4, 0.3))),
    Row("vllm/mrope", by_axis(rotate_halves, F128, CHUNKS)),
    Row("vllm/mrope:is_neox_style=false:mrope_interleaved=true:mrope_section=24,20,20",
        by_axis(rotate_adjacent, F128, TURNS)),
    Row("vllm/openpangu-mrope", by_axis(rotate_halves, F128, greedy(24, 20, 20))),
    Row("vllm/openpangu-mrope:mrope_section=40,12,12", by_axis(rotate_halves, F128, greedy(40, 12, 12))),
    Row("vllm/openpangu-mrope:head_size=32:mrope_section=6,5,5",
        by_axis(rotate_halves, default_frequencies(10000, 32), greedy(6, 5, 5))),
    Row("vllm/openpangu-mrope:head_size=32:mrope_section=1,3,12",
        by_axis(rotate_halves, default_frequencies(10000, 32), greedy(1, 3, 12))),
    Row("vllm/ernie-vl", by_axis(rotate_adjacent, F128, SPATIAL)),
    Row("vllm/bailing-mrope", by_axis(rotate_adjacent, F128, SPATIAL)),
    Row("vllm/dual-chunk:rotary_dim=64", one_axis(rotate_halves, default_frequencies(10000, 64))),
    Row("vllm/deepseek-v4:rotary_dim=64", one_axis(rotate_adjacent, default_frequencies(10000, 64), 64)),
    Row("vllm/deepseek-v4:rotary_dim=64:inverse=true", one_axis(rotate_adjacent, -default_frequencies(10000, 64), 64)),
    Row("vllm/deepseek-v4:rotary_dim=64:rope_type=deepseek_yarn:factor=16:original_max_position_embeddings=65536",
        one_axis(rotate_adjacent, yarn_frequencies(10000, 64, 16, 65536), 64)),
    Row("vllm/deepseek-v4:head_size=32:rotary_dim=16:base=100:rope_type=deepseek_yarn:factor=4:beta_fast=7:beta_slow=2"
        ":original_max_position_embeddings=64:mscale=0.7:mscale_all_dim=0.3",
        one_axis(rotate_adjacent, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2)), 16, mscale(4, 0.7) / mscale(4, 0.3))),
    Row("vllm/latent", one_axis(rotate_adjacent, default_frequencies(10000, 64), 128)),
    Row("vllm/latent:qk_nope_head_dim=16:qk_rope_head_dim=16:rope_theta=100:rope_type=deepseek_yarn:factor=4:beta_fast=7"
        ":beta_slow=2:original_max_position_embeddings=64:mscale=0.7:mscale_all_dim=0.3",
        one_axis(rotate_adjacent, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2)), 16, mscale(4, 0.7) / mscale(4, 0.3))),
    Row("vllm/gemma4:head_dim=64", one_axis(rotate_halves, default_frequencies(10000, 64))),
    Row("vllm/gemma4:head_dim=16:rope_theta=100:partial_rotary_factor=0.45:factor=8",
        one_axis(rotate_halves, np.where(np.arange(8) < 3, default_frequencies(100, 16), 0.0))),
    Row("vllm/k2-horizon:head_dim=64", one_axis(rotate_halves, default_frequencies(10000, 64))),
    Row("vllm/k2-horizon:head_dim=16:rope_theta=100:partial_rotary_factor=0.5",
        one_axis(rotate_halves, np.concatenate([default_frequencies(100, 8), np.zeros(4)]))),
    Row("vllm/llama4-vision",
        by_axis(rotate_adjacent, np.concatenate([QUARTER, QUARTER]), ["x"] * 16 + ["y"] * 16)),
    Row("vllm/moonvit", by_axis(rotate_adjacent, np.repeat(QUARTER, 2), ["w", "h"] * 16)),
    Row("vllm/pixtral",
        by_axis(rotate_adjacent, np.concatenate([default_frequencies(10000, 64)[0::2],
                                                 default_frequencies(10000, 64)[1::2]]), ["h"] * 16 + ["w"] * 16)),
    Row("vllm/vision", by_axis(rotate_halves, np.concatenate([QUARTER, QUARTER]), ["h"] * 16 + ["w"] * 16)),
    Row("vllm/minimax-m3-vision:head_dim=80",
        by_axis(rotate_halves, np.tile(default_frequencies(10000, 26), 3), ["t"] * 13 + ["h"] * 13 + ["w"] * 13)),
    Row("vllm/llava-onevision2", two_tables(negate_and_swap_adjacent, one_vision_2)),
    Row("vllm/xdrope:alpha=1000",
        by_axis(rotate_halves, default_frequencies(10000 * 1000 ** (128 / 126), 128),
                ["p"] * 16 + ["w"] * 16 + ["h"] * 16 + ["image"] * 16)),
)
