"""Rows for what each project makes of scaling: every parameter away from its default.

Written by hand from the sources that the layouts cite: mlx-lm 0.32.2, mlx-vlm 0.7.10, mlx 0.32.4, megatron-core
0.16.1, TransformerEngine 2.20.2, torchtitan 0.3.0, MaxText 07bcdad, litgpt 0.5.13, ExecuTorch 1.5.1, KerasHub 0.32.0,
LMDeploy 0.18.0, CTranslate2 132258e, diffusers 0.42.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from catalogue.kernels import (
    Array,
    Kernel,
    Positions,
    Row,
    by_axis,
    default_frequencies,
    llama3_frequencies,
    negate_and_swap_halves,
    one_axis,
    rotate_adjacent,
    rotate_adjacent_to_halves,
    rotate_halves,
    yarn_frequencies,
)
from catalogue.sglang import chunks, turns


def mscale(factor: float, weight: float = 1) -> float:
    """yarn_get_mscale, which most projects have in the same words."""
    return 1.0 if factor <= 1 else 0.1 * weight * math.log(factor) + 1.0


def root(growth: float, original: float) -> float:
    """LongRoPE's factor on cos and sin."""
    return 1.0 if growth <= 1 else math.sqrt(1 + math.log(growth) / math.log(original))


def kept(count: int, frequencies: Array) -> Array:
    """The first `count` frequencies, and infinite periods behind them."""
    return np.where(np.arange(len(frequencies)) < count, frequencies, 0.0)


def cut(sections: Sequence[int], lanes: int) -> list[str]:
    """mlx-vlm's _section_frequency_layout: six pieces t h w t h w of the table, the last takes what is left."""
    pieces = [axis for axis, length in zip("thwth", [*sections, *sections[:2]], strict=True) for _ in range(length)]
    return (pieces + ["w"] * lanes)[:lanes]


def sectioned(
    sections: Sequence[int], lanes: int, size: float, turned: Callable[[Array], Array], is_even_odd: bool
) -> Kernel:
    """apply_multimodal_rotary_pos_emb of mlx-vlm without Metal, a sectioned style."""
    frequencies = np.tile(default_frequencies(10000, lanes), 2)

    def kernel(x: Array, at: Positions) -> Array:
        table = np.array([at[axis] for axis in cut(sections, lanes)]) * frequencies
        if is_even_odd:
            table = np.repeat(table[: lanes // 2], 2)
        return size * (x * np.cos(table) + turned(x) * np.sin(table))

    return kernel


def even_odd(x: Array) -> Array:
    """rotate_half_even_odd."""
    return np.stack([-x[1::2], x[0::2]], axis=-1).reshape(-1)


def clamped_llama3(base: float, n: int, factor: float, low: float, high: float, original: float) -> Array:
    """litgpt's Llama 3 branch of build_rope_cache, which clamps the blend and compares nothing."""
    theta = default_frequencies(base, n)
    smooth = np.clip((original * theta / (2 * math.pi) - low) / (high - low), 0.0, 1.0)
    return (1 - smooth) * (theta / factor) + smooth * theta


def grown(base: float, n: int, factor: float, length: float, trained: float) -> Array:
    """The base grown for a length, as dynamic NTK has it."""
    return default_frequencies(base * (factor * length / trained - (factor - 1)) ** (n / (n - 2)), n)


def timescales(lowest: float, highest: float, lanes: int) -> Array:
    """1 over MaxText's timescales."""
    return 1 / (lowest * (highest / lowest) ** (2 * np.arange(lanes // 2) / lanes))


def maxtext_llama(lowest: float, highest: float, lanes: int) -> Array:
    """LLaMARotaryEmbedding, use_scale: by wavelength, factor 8, ends 1 and 4, length 8192."""
    plain = timescales(lowest, highest, lanes)
    wavelength = 2 * math.pi / plain
    smooth = (8192 / wavelength - 1) / 3
    blend = (1 - smooth) * plain / 8 + smooth * plain
    return np.where(wavelength > 8192, plain / 8, np.where(wavelength < 8192 / 4, plain, blend))


def high_first(base: float, n: int, factor: float, low: float, high: float, original: float) -> Array:
    """Meta's apply_scaling, which CTranslate2 has too: short wavelengths are kept before long ones are looked at."""
    plain = default_frequencies(base, n)
    wavelength = 2 * math.pi / plain
    smooth = (original / wavelength - low) / (high - low)
    blend = (1 - smooth) * plain / factor + smooth * plain
    return np.where(wavelength < original / high, plain, np.where(wavelength > original / low, plain / factor, blend))


YARN = "factor=8:original_max_position_embeddings=2048:beta_fast=64:beta_slow=2"
MSCALES = "mscale=0.5:mscale_all_dim=0.25"
RATIO = mscale(8, 0.5) / mscale(8, 0.25)
YARN_32 = yarn_frequencies(500000, 32, 8, 2048, 64, 2)
YARN_RAW = yarn_frequencies(500000, 32, 8, 2048, 64, 2, truncate=False)
LLAMA3 = "factor=4:low_freq_factor=2:high_freq_factor=8:original_max_position_embeddings=1024"
LLAMA3_32 = llama3_frequencies(500000, 32, 4, 2, 8, 1024)
LISTS = "short_factor=1,1.5,2,2.5:long_factor=2,3,4,5"
SHORT, LONG = np.array([1, 1.5, 2, 2.5]), np.array([2, 3, 4, 5])
PLAIN_8 = default_frequencies(500000, 8)
PLAIN_32 = default_frequencies(500000, 32)

MLX = (
    Row("mlx/rope:head_dim=8:dims=4:freqs=2,-10:scale=-0.5", one_axis(rotate_halves, -0.5 / np.array([2, -10]))),
    Row("mlx-lm/rope:head_dim=32:rope_type=mrope:base=500000", one_axis(rotate_halves, PLAIN_32)),
    Row(f"mlx-lm/rope:head_dim=32:rope_type=llama3:base=500000:{LLAMA3}", one_axis(rotate_halves, LLAMA3_32)),
    Row(f"mlx-lm/rope:head_dim=64:dims=32:traditional=true:rope_type=telechat3-yarn:base=500000:{YARN}:{MSCALES}",
        one_axis(rotate_adjacent, YARN_32, size=RATIO)),
    Row(f"mlx-lm/rope:head_dim=32:rope_type=deepseek_yarn:base=500000:{YARN}",
        one_axis(rotate_halves, YARN_32, size=mscale(8))),
    Row("mlx-lm/rope:head_dim=32:rope_type=yarn:factor=0.5",
        one_axis(rotate_halves, yarn_frequencies(10000, 32, 0.5, 4096))),
    Row("mlx-lm/rope:head_dim=32:rope_type=dynamic:base=500000:factor=2:max_position_embeddings=1024:seq_len=4096",
        one_axis(rotate_halves, grown(500000, 32, 2, 4096, 1024))),
    Row("mlx-lm/su-rope:head_dim=16:dims=8:base=500000:long_factor=2,3,4,5:long_mscale=1.5",
        one_axis(rotate_halves, PLAIN_8 / LONG, size=1.5)),
    Row("mlx-lm/su-rope:head_dim=8:base=500000:long_factor=2,3,4,5:max_position_embeddings=8192"
        ":original_max_position_embeddings=2048", one_axis(rotate_halves, PLAIN_8 / LONG, size=root(4, 2048))),
    Row(f"mlx-vlm/su-rope:head_dim=16:dims=8:base=500000:{LISTS}:short_mscale=1.25:long_mscale=1.5",
        one_axis(rotate_halves, PLAIN_8 / SHORT, size=1.25)),
    Row(f"mlx-vlm/su-rope:head_dim=8:base=500000:{LISTS}:short_mscale=1.25:seq_len=4097",
        one_axis(rotate_halves, PLAIN_8 / LONG, size=root(32, 4096))),
    Row("mlx-lm/proportional:head_dim=16:dims=12:partial_rotary_factor=0.6:factor=4:rope_theta=500000",
        one_axis(rotate_halves, kept(4, default_frequencies(500000, 12)) / 4)),
    Row("mlx-lm/proportional:head_dim=12:traditional=true:partial_rotary_factor=0.5",
        one_axis(rotate_adjacent, kept(3, default_frequencies(10000, 12)))),
    Row("mlx-lm/proportional:head_dim=12", one_axis(rotate_halves, default_frequencies(10000, 12))),
    Row("mlx-vlm/proportional:head_dim=16:dims=12:partial_rotary_factor=0.6",
        one_axis(rotate_halves, kept(3, default_frequencies(10000, 12)))),
    Row("mlx-vlm/mrope:head_dim=32:style=sectioned_half_split:mrope_section=4,2,3:attention_scaling=2",
        sectioned((4, 2, 3), 32, 2, negate_and_swap_halves, False)),
    Row("mlx-vlm/mrope:head_dim=32:style=sectioned_half_split:mrope_section=9,8,8",
        sectioned((9, 8, 8), 32, 1, negate_and_swap_halves, False)),
    Row("mlx-vlm/mrope:head_dim=32:style=sectioned_even_odd:mrope_section=2,3,1:attention_scaling=2",
        sectioned((2, 3, 1), 32, 2, even_odd, True)),
    Row("mlx-vlm/mrope:head_dim=64:dim=32:style=interleaved:base=500000:mrope_section=6,5,5:attention_scaling=2",
        by_axis(rotate_halves, PLAIN_32, turns([6, 5, 5], 16), size=2)),
    Row("mlx-vlm/ernie-vl:head_dim=32:mrope_section=6,6,4:rope_theta=500000",
        by_axis(rotate_adjacent, PLAIN_32, ["h", "w"] * 6 + ["t"] * 4)),
)

NVIDIA = (
    Row("megatron/mrope:kv_channels=64:n_rot=32:rotary_base=500000:mrope_section=4,6,6:seq_len_interpolation_factor=4",
        by_axis(rotate_halves, PLAIN_32 / 4, chunks([4, 6, 6]))),
    Row("megatron/yarn:kv_channels=32:rotary_base=500000", one_axis(rotate_halves, PLAIN_32)),
    Row(f"megatron/yarn:kv_channels=32:rotary_base=500000:{YARN}:{MSCALES}:truncate=false",
        one_axis(rotate_halves, YARN_RAW, size=RATIO)),
    Row("megatron/mla:qk_head_dim=96:qk_pos_emb_head_dim=32",
        one_axis(rotate_adjacent_to_halves, yarn_frequencies(10000, 32, 40, 4096), 64, mscale(40))),
    Row("transformer-engine/rope:head_dim=64:dim=32:rotary_base=500000:seq_len_interpolation_factor=4",
        one_axis(rotate_halves, PLAIN_32 / 4)),
    Row("transformer-engine/rope:head_dim=32:rotary_base=500000:seq_len_interpolation_factor=4"
        ":pretrained_max_position_embeddings=1024:max_seq_len=8192", one_axis(rotate_halves, PLAIN_32 / 8)),
)

TRAINERS = (
    Row("torchtitan/yarn:head_dim=32:theta=500000:rope_factor=8:original_seq_len=2048:beta_fast=64:beta_slow=2"
        ":max_seq_len=1024", one_axis(rotate_adjacent, YARN_32)),
    Row("torchtitan/yarn:head_dim=32:theta=500000:backend=cos_sin:rope_factor=8:original_seq_len=2048:beta_fast=64"
        ":beta_slow=2:truncate=false", one_axis(rotate_halves, YARN_RAW)),
    Row("torchtitan/yarn:head_dim=32:theta=500000:rope_factor=0.5:max_seq_len=8192",
        one_axis(rotate_adjacent, PLAIN_32)),
    Row("maxtext/gemma4:head_dim=64:partial_rotary_factor=0.36:min_timescale=2:rope_theta=500000",
        one_axis(rotate_halves, kept(11, timescales(2, 500000, 64)))),
    Row("maxtext/llama:rope_theta=500000:min_timescale=2", one_axis(rotate_adjacent, maxtext_llama(2, 500000, 128))),
    Row("maxtext/llama:head_dim=32:rope_theta=500000:min_timescale=2:use_scale=false",
        one_axis(rotate_adjacent, timescales(2, 500000, 32))),
    Row(f"maxtext/yarn:head_dim=32:rope_theta=500000:{YARN}:truncate=false:attention_scaling=true",
        one_axis(rotate_adjacent_to_halves, YARN_RAW, size=mscale(8))),
    Row("maxtext/qwen3-omni:head_dim=32:rope_theta=500000:min_timescale=2:mrope_section=6,5,5:attention_scaling=2",
        by_axis(rotate_halves, timescales(2, 500000, 32), turns([6, 5, 5], 16), size=2)),
    Row("litgpt/rope:head_size=32:rotary_percentage=1:rope_base=500000:rope_adjustments=llama3:factor=4:low_freq_factor=8"
        ":high_freq_factor=2:original_max_seq_len=1024",
        one_axis(rotate_halves, clamped_llama3(500000, 32, 4, 8, 2, 1024))),
    Row("executorch/rope:head_dim=16:use_hf_rope=true:partial_rotary_factor=0.5:rope_freq_base=500000"
        ":rope_scaling_short_factor=1,1.5,2,2.5:rope_scaling_long_factor=2,3,4,5:original_max_position_embeddings=1024"
        ":max_position_embeddings=8192", one_axis(rotate_halves, PLAIN_8 / LONG, size=root(8, 1024))),
    Row("executorch/rope:head_dim=8:use_hf_rope=true:rope_freq_base=500000:rope_scaling_short_factor=1,1.5,2,2.5"
        ":rope_scaling_long_factor=2,3,4,5:original_max_position_embeddings=1024:max_context_len=1024"
        ":rope_scaling_attention_factor=1.5", one_axis(rotate_halves, PLAIN_8 / SHORT, size=1.5)),
    Row("executorch/rope:head_dim=8:use_hf_rope=true:rope_freq_base=500000:rope_scaling_long_factor=2,3,4,5",
        one_axis(rotate_halves, PLAIN_8 / LONG)),
    Row("executorch/rope:head_dim=8:use_hf_rope=true:rope_freq_base=500000:rope_scaling_short_factor=1,1.5,2,2.5"
        ":original_max_position_embeddings=1024:max_context_len=4096",
        one_axis(rotate_halves, PLAIN_8 / SHORT, size=root(4, 1024))),
    Row("executorch/rope:head_dim=8:use_hf_rope=true:rope_freq_base=500000:rope_scaling_attention_factor=1.5",
        one_axis(rotate_halves, PLAIN_8, size=1.5)),
    Row("keras-hub/rope:head_dim=2:rope_type=dynamic:scaling_factor=4", one_axis(rotate_halves, np.array([1 / 16]))),
)

# A low end above the high end: what is asked first decides for the pairs between them.
CROSSED = "factor=4:low_freq_factor=32:high_freq_factor=2:original_max_position_embeddings=1024"

ENGINES = (
    Row(f"ctranslate2/rotary:head_dim=32:rotary_base=500000:rotary_scaling_type=llama3:{CROSSED}",
        one_axis(rotate_adjacent, high_first(500000, 32, 4, 32, 2, 1024))),
    Row("meta/llama:head_dim=64:use_scaled_rope=true:factor=4:high_freq_factor=0.0625",
        one_axis(rotate_adjacent, high_first(10000, 64, 4, 1, 0.0625, 8192))),
    Row("meta/llama:head_dim=32:theta=500000:use_scaled_rope=true:factor=16:high_freq_factor=1.5",
        one_axis(rotate_adjacent, high_first(500000, 32, 16, 1, 1.5, 8192))),
    Row(f"ctranslate2/rotary:head_dim=16:rotary_dim=8:rotary_base=500000:rotary_scaling_type=su:{LISTS}"
        ":original_max_position_embeddings=4096:max_position_embeddings=131071",
        one_axis(rotate_adjacent, PLAIN_8 / SHORT, size=root(31, 4096))),
    Row(f"ctranslate2/rotary:head_dim=8:rotary_interleave=false:rotary_base=500000:rotary_scaling_type=su:{LISTS}"
        ":original_max_position_embeddings=4096:num_positions=6144", one_axis(rotate_halves, PLAIN_8 / LONG)),
    Row("ctranslate2/rotary:head_dim=32:rotary_base=500000:rotary_scaling_type=linear:factor=4"
        ":original_max_position_embeddings=1024:max_position_embeddings=4096",
        one_axis(rotate_adjacent, PLAIN_32 / 4, size=root(4, 1024))),
    Row("ctranslate2/rotary:head_dim=32:rotary_base=500000:original_max_position_embeddings=1024"
        ":max_position_embeddings=2048", one_axis(rotate_adjacent, PLAIN_32, size=root(2, 1024))),
    Row(f"ctranslate2/rotary:head_dim=32:rotary_base=500000:rotary_scaling_type=llama3:{LLAMA3}",
        one_axis(rotate_adjacent, LLAMA3_32)),
    Row("lmdeploy/pytorch:head_dim=32:rope_theta=500000:rope_type=linear:factor=4:complex_mode=true",
        one_axis(rotate_adjacent, PLAIN_32 / 4)),
    Row("lmdeploy/pytorch:head_dim=32:rope_theta=500000:rope_type=dynamic:factor=2:max_position_embeddings=1024"
        ":seq_len=4096", one_axis(rotate_halves, grown(500000, 32, 2, 4096, 1024))),
    Row(f"lmdeploy/pytorch:head_dim=32:rope_theta=500000:rope_type=llama3:{LLAMA3}",
        one_axis(rotate_halves, LLAMA3_32)),
    Row(f"lmdeploy/pytorch:head_dim=32:rope_theta=500000:rope_type=yarn:{YARN}:{MSCALES}:truncate=false",
        one_axis(rotate_halves, YARN_RAW, size=RATIO)),
    Row(f"lmdeploy/pytorch:head_dim=32:rope_theta=500000:rope_type=yarn:{YARN}:mscale=0.5",
        one_axis(rotate_halves, YARN_32, size=mscale(8))),
    Row(f"lmdeploy/pytorch:head_dim=64:n_rot=32:rope_theta=500000:rope_type=yarn:{YARN}:attention_factor=1.5:{MSCALES}",
        one_axis(rotate_halves, YARN_32, size=1.5)),
    Row(f"lmdeploy/pytorch:head_dim=8:rope_theta=500000:rope_type=longrope:{LISTS}:max_position_embeddings=8192"
        ":original_max_position_embeddings=1024:seq_len=1025",
        one_axis(rotate_halves, PLAIN_8 / LONG, size=root(8, 1024))),
    Row(f"lmdeploy/pytorch:head_dim=8:rope_theta=500000:rope_type=su:{LISTS}",
        one_axis(rotate_halves, PLAIN_8 / SHORT)),
    Row(f"diffusers/omnigen:head_dim=8:rope_base=500000:rope_type=su:{LISTS}:max_position_embeddings=8192"
        ":original_max_position_embeddings=1024", one_axis(rotate_halves, PLAIN_8 / SHORT, size=root(8, 1024))),
)

ROWS = (*MLX, *NVIDIA, *TRAINERS, *ENGINES)
