"""Rows for trainers, references, JAX and Keras."""

from __future__ import annotations

import math

import numpy as np

from catalogue.kernels import (
    Array,
    Row,
    by_axis,
    default_frequencies,
    llama3_frequencies,
    one_axis,
    rotate_adjacent,
    rotate_adjacent_to_halves,
    rotate_halves,
    yarn_frequencies,
)
from catalogue.sglang import turns

F128 = default_frequencies(10000, 128)
F64 = default_frequencies(10000, 64)
HALF = one_axis(rotate_halves, F128)
ADJACENT = one_axis(rotate_adjacent, F128)
QUARTER = default_frequencies(10000, 32)


def litgpt_yarn(base: float, n: int, factor: float, original: float) -> Array:
    """litgpt's build_rope_cache as it stands: ramp 0 takes the divided frequency, ramp 1 the plain one."""
    plain = default_frequencies(base, n)
    low, high = (n * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base)) for turns in (32, 1))
    low, high = max(math.floor(low), 0), min(math.ceil(high), n // 2 - 1)
    ramp = np.clip((np.arange(n // 2) - low) / (high - low), 0, 1)
    return plain / factor * (1 - ramp) + plain * ramp


def halves_to_adjacent(x: Array, angles: Array) -> Array:
    """Gemma in KerasHub: halves are turned and stacked pairwise."""
    a, b = np.split(rotate_halves(x, angles), 2)
    return np.stack([a, b], axis=-1).reshape(-1)


def padded(count: int, kept: int) -> Array:
    """Exponents over the whole head, infinite timescales from pair `kept` on."""
    return np.where(np.arange(count) < kept, default_frequencies(10000, 2 * count), 0.0)


def keras_yarn(n: int, factor: float, original: float) -> Array:
    """KerasHub's yarn: like others, but a ramp that ends before it begins is a step."""
    plain = default_frequencies(10000, n)
    low, high = (n * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(10000)) for turns in (32, 1))
    low, high = max(math.floor(low), 0), min(math.ceil(high), n - 1)
    ramp = np.clip((np.arange(n // 2) - low) / max(high - low, 0.001), 0, 1)
    return plain / factor * ramp + plain * (1 - ramp)


LLAMA31 = llama3_frequencies(500000, 128, 8, 1, 4, 8192)
SCALED = llama3_frequencies(10000, 128, 8, 1, 4, 8192)
YARN64 = yarn_frequencies(10000, 64, 40, 4096)
SU = "factor=40:original_max_seq_len=4096"

ROWS = (
    Row("meta/llama", ADJACENT),
    Row("meta/llama:use_scaled_rope=true:theta=500000", one_axis(rotate_adjacent, LLAMA31)),
    Row("gpt-fast/rope", ADJACENT),
    Row("gpt-fast/rope:rope_scaling=llama3", one_axis(rotate_adjacent, SCALED)),
    Row("torchtune/rope:base=500000", one_axis(rotate_adjacent, default_frequencies(500000, 128))),
    Row("torchtune/llama3-1:base=500000", one_axis(rotate_adjacent, LLAMA31)),
    Row("torchtune/llama3-1:scale_factor=32:old_context_len=4096",
        one_axis(rotate_adjacent, llama3_frequencies(10000, 128, 32, 1, 4, 4096))),
    Row("torchtune/phi3", HALF),
    Row("torchtune/qwen2", one_axis(rotate_halves, default_frequencies(1000000, 128))),
    Row("torchtune/vision", by_axis(rotate_adjacent, np.concatenate([QUARTER, QUARTER]), ["x"] * 16 + ["y"] * 16)),
    Row("torchtitan/rope", ADJACENT),
    Row("torchtitan/rope:backend=cos_sin", HALF),
    Row("torchtitan/llama", one_axis(rotate_adjacent, SCALED)),
    Row("torchtitan/yarn:head_dim=64:rope_factor=40:max_seq_len=8192", one_axis(rotate_adjacent, YARN64)),
    Row("torchtitan/cos-sin-yarn", HALF),
    Row("torchtitan/cos-sin-yarn:head_dim=64:theta=150000:rope_factor=32:beta_fast=1:beta_slow=32",
        one_axis(rotate_halves, yarn_frequencies(150000, 64, 32, 4096, truncate=False), size=0.1 * math.log(32) + 1)),
    Row("torchtitan/qwen3-5", by_axis(rotate_halves, F128, turns([24, 20, 20], 64))),
    Row("litgpt/rope", one_axis(rotate_halves, default_frequencies(10000, 32))),
    Row("litgpt/rope:rotary_percentage=1:rope_interleave=true:rope_condense_ratio=4",
        one_axis(rotate_adjacent_to_halves, F128 / 4)),
    Row(f"litgpt/rope:head_size=64:rotary_percentage=1:rope_adjustments=yarn:{SU}",
        one_axis(rotate_halves, litgpt_yarn(10000, 64, 40, 4096))),
    Row(f"litgpt/rope:head_size=64:rotary_percentage=1:rope_adjustments=yarn:{SU}:mscale=0.707",
        one_axis(rotate_halves, litgpt_yarn(10000, 64, 40, 4096), size=0.0707 * math.log(40) + 1)),
    Row("executorch/rope", ADJACENT),
    Row("executorch/rope:use_scaled_rope=true:partial_rotary_factor=0.5", one_axis(rotate_adjacent, SCALED)),
    Row("executorch/rope:use_hf_rope=true:partial_rotary_factor=0.5:use_scaled_rope=true",
        one_axis(rotate_halves, F64)),
    Row("deepseek/mla", one_axis(rotate_adjacent, YARN64, 128)),
    Row("deepseek/mla:max_seq_len=4096", one_axis(rotate_adjacent, F64, 128)),
    Row("nanochat/rope", one_axis(rotate_halves, -default_frequencies(100000, 128))),
    Row("gpt-neox/rope:rotary_ndims=32", one_axis(rotate_halves, default_frequencies(10000, 32))),
    Row("mesh-transformer-jax/rope", one_axis(rotate_adjacent, F64)),
    Row("roformer/rope", ADJACENT),
    Row("maxtext/rope:max_timescale=500000", one_axis(rotate_halves, default_frequencies(500000, 128))),
    Row("maxtext/rope:rope_linear_scaling_factor=8", one_axis(rotate_halves, F128 / 8)),
    Row("maxtext/partial", one_axis(rotate_halves, QUARTER)),
    Row("maxtext/llama:rope_theta=500000", one_axis(rotate_adjacent, LLAMA31)),
    Row("maxtext/llama:use_scale=false", ADJACENT),
    Row("maxtext/llama-vision",
        by_axis(rotate_adjacent, np.concatenate([QUARTER, QUARTER]), ["x"] * 16 + ["y"] * 16)),
    Row("maxtext/deepseek-v4", one_axis(rotate_adjacent, F64, 448)),
    Row("maxtext/deepseek-v4:reverse=true", one_axis(rotate_adjacent, -F64, 448)),
    Row("maxtext/yarn:head_dim=64", one_axis(rotate_adjacent_to_halves, YARN64)),
    Row("maxtext/yarn:rope=pairwise:head_dim=64", one_axis(rotate_adjacent, YARN64)),
    Row("maxtext/yarn:rope=no_interleave:head_dim=64:attention_scaling=true",
        one_axis(rotate_halves, YARN64, size=0.1 * math.log(40) + 1)),
    Row("maxtext/gemma4:head_dim=64", one_axis(rotate_halves, padded(32, 8))),
    Row("maxtext/qwen3-omni", by_axis(rotate_halves, F128, turns([24, 20, 20], 64))),
    Row("gemma/rope:head_dim=64:rope_proportion=0.5:scale_factor=8", one_axis(rotate_halves, padded(32, 16) / 8)),
    Row("flaxformer/rope", HALF),
    Row("axlearn/rope", ADJACENT),
    Row("keras-hub/rope:scaling_factor=4", one_axis(rotate_halves, F128 / 4)),
    Row("keras-hub/rope:rope_type=dynamic:scaling_factor=4", one_axis(rotate_halves, F128 / 4 ** (128 / 126))),
    Row("keras-hub/rope:denominator_dim=256", one_axis(rotate_halves, default_frequencies(10000, 256)[:64])),
    Row("keras-hub/rope:rope_type=dynamic:scaling_factor=4:denominator_dim=256",
        one_axis(rotate_halves, default_frequencies(10000, 256)[:64] / 4 ** (128 / 126))),
    Row("keras-hub/rope:rope_type=yarn:head_dim=64:scaling_factor=40",
        one_axis(rotate_halves, keras_yarn(64, 40, 4096), size=0.1 * math.log(40) + 1)),
    Row("keras-hub/rope:rope_type=yarn:head_dim=64:scaling_factor=0.5:original_max_position_embeddings=4",
        one_axis(rotate_halves, keras_yarn(64, 0.5, 4), size=0.1 * math.log(0.5) + 1)),
    Row("keras-hub/gemma", one_axis(halves_to_adjacent, F128)),
    Row("litert/rope:n_elem=64", one_axis(rotate_halves, F64)),
    Row("tinygrad/rope", HALF),
)
