"""Rows for models/sglang: SGLang 0.5.23, python/sglang/srt/layers/rotary_embedding."""

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
from catalogue.vllm import QUARTER, dynamic, llama3, mscale, ramp


def corrected(section: list[int], wanted: int) -> list[int]:
    """MRotaryEmbedding.__init__ on sections that do not sum to rotary_dim // 2."""
    total = sum(section)
    if total == 0:
        return [wanted // 3 + (1 if i < wanted % 3 else 0) for i in range(3)]
    scaled = [max(1, int(n * (wanted / total))) for n in section]
    scaled[-1] += wanted - sum(scaled)
    return scaled


def chunks(section: list[int]) -> list[str]:
    """One letter per pair, axis after axis."""
    return [axis for axis, count in zip("thw", section, strict=True) for _ in range(count)]


def turns(section: list[int], count: int) -> list[str]:
    """apply_interleaved_rope: h and w overwrite t at their turns, within their sections."""
    axes = ["t"] * count
    for offset, axis in ((1, "h"), (2, "w")):
        for j in range(offset, min(3 * section[offset], count), 3):
            axes[j] = axis
    return axes


def round_robin(section: list[int]) -> list[str]:
    """mrope_interleaved_glm's axis_map, by its loop."""
    used = [0, 0, 0]
    axes = []
    for j in range(sum(section)):
        axis = j % 3
        while used[axis] >= section[axis]:
            axis = (axis + 1) % 3
        used[axis] += 1
        axes.append("thw"[axis])
    return axes


def yarn(base: float, n_rot: int, factor: float, ramp: Array, extrapolation: float = 1) -> Array:
    """_compute_inv_freq of the YaRN classes, with its mask times extrapolation_factor."""
    powers = base ** (np.arange(0, n_rot, 2) / n_rot)
    mask = (1 - ramp) * extrapolation
    return 1 / (factor * powers) * (1 - mask) + 1 / powers * mask


def grown(base: float, n_rot: int, factor: float) -> Array:
    """DynamicNTKScalingRotaryEmbedding, for a table of the context length times factor."""
    return dynamic(base, n_rot, factor, 64 * factor, 64)


LONG8 = (
    "head_size=8:base=100:short_factor=1,2,3,4:long_factor=5,6,7,8:original_max_position_embeddings=64"
    ":max_position_embeddings=256:short_mscale=1.3:long_mscale=1.1"
)
SHORT, LONG = (default_frequencies(100, 8) / np.array(divisors) for divisors in ((1, 2, 3, 4), (5, 6, 7, 8)))
F16 = "head_size=16:base=100"
YARN16 = f"{F16}:rope_type=yarn:factor=4:original_max_position_embeddings=64"
DEEPSEEK16 = f"{F16}:rope_type=deepseek_yarn:factor=4:original_max_position_embeddings=64"
F128 = default_frequencies(10000, 128)

ROWS = (
    Row("sglang/rope:is_neox_style=false", one_axis(rotate_adjacent, F128)),
    Row("sglang/rope:rope_type=dynamic:factor=4", one_axis(rotate_halves, dynamic(10000, 128, 4, 8192, 2048))),
    Row(f"sglang/rope:{F16}:rope_type=dynamic:factor=0.5", one_axis(rotate_halves, grown(100, 16, 0.5))),
    *(Row(f"sglang/rope:{F16}:rope_type={kind}", one_axis(rotate_halves, default_frequencies(100, 16)))
      for kind in ("linear", "dynamic", "llama3", "yarn", "deepseek_yarn")),
    Row(f"sglang/rope:{F16}:rope_type=linear:factor=3", one_axis(rotate_halves, default_frequencies(100, 16) / 3)),
    Row(f"sglang/rope:{F16}:rope_type=dynamic_alpha:alpha=50",
        one_axis(rotate_halves, default_frequencies(100 * 50 ** (16 / 14), 16))),
    Row(f"sglang/rope:{F16}:rope_type=llama3:factor=3:max_position_embeddings=64",
        one_axis(rotate_halves, llama3(100, 16, 3, 1, 4, 64))),
    *(Row(f"sglang/rope:{F16}:rope_type=llama3:factor=3:original_max_position_embeddings=64"
          f":low_freq_factor={low}:high_freq_factor={high}",
          one_axis(rotate_halves, llama3(100, 16, 3, low, high, 64))) for low, high in ((1, 5), (4, 1), (2, 2))),
    Row(f"sglang/rope:{F16}:rope_type=yarn:factor=4:max_position_embeddings=64:attention_factor=1",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), size=mscale(4))),
    Row(f"sglang/rope:{YARN16}:attn_factor=1.3:extrapolation_factor=0.25:beta_fast=7:beta_slow=2:truncate=false",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2, False), 0.25), size=1.3 * mscale(4))),
    Row(f"sglang/rope:{YARN16}:extrapolation_factor=0",
        one_axis(rotate_halves, default_frequencies(100, 16) / 4, size=mscale(4))),
    *(Row(f"sglang/rope:{YARN16}:mscale={above}:mscale_all_dim={below}:attn_factor=0.5",
          one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), size=0.5 * mscale(4, above) / mscale(4, below)))
      for above, below in ((0, 0), (0, 1), (1, 0), (0.7, 0.3))),
    *(Row(f"sglang/rope:{YARN16}:{given}=0",
          one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), size=mscale(4)))
      for given in ("mscale", "mscale_all_dim")),
    Row(f"sglang/rope:{DEEPSEEK16}:mscale=0.7:mscale_all_dim=0.3:attn_factor=1.3:extrapolation_factor=0.25:beta_fast=7"
        ":beta_slow=2:truncate=false:attention_factor=2",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2), 0.25),
                 size=1.3 * mscale(4, 0.7) / mscale(4, 0.3))),
    Row(f"sglang/rope:{DEEPSEEK16}:mscale=0",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)))),
    Row("sglang/mrope", by_axis(rotate_halves, F128, chunks([16, 24, 24]))),
    Row(f"sglang/mrope:{YARN16}:mrope_section=2,3,3",
        by_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64)), chunks([2, 3, 3]), size=mscale(4))),
    Row(f"sglang/mrope:{YARN16}:mrope_section=2,3,3:mrope_interleaved=true:attn_factor=1.3:extrapolation_factor=0.25"
        ":beta_fast=7:beta_slow=2:truncate=false:attention_factor=2",
        by_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2, False), 0.25), turns([2, 3, 3], 8),
                size=1.3 * mscale(4))),
    Row("sglang/mrope:mrope_section=8,12,12", by_axis(rotate_halves, F128, chunks(corrected([8, 12, 12], 64)))),
    Row("sglang/mrope:mrope_section=1,50,50", by_axis(rotate_halves, F128, chunks(corrected([1, 50, 50], 64)))),
    Row("sglang/mrope:mrope_section=0,0,0", by_axis(rotate_halves, F128, chunks(corrected([0, 0, 0], 64)))),
    Row("sglang/mrope:mrope_interleaved=true:mrope_section=24,20,20",
        by_axis(rotate_halves, F128, turns([24, 20, 20], 64))),
    Row("sglang/mrope:mrope_interleaved=true:mrope_section=11,11,10",
        by_axis(rotate_halves, F128, turns(corrected([11, 11, 10], 64), 64))),
    Row("sglang/mrope-glm", by_axis(rotate_halves, F128, round_robin([16, 24, 24]))),
    Row("sglang/mrope-glm:head_size=64:mrope_section=8,12,12",
        by_axis(rotate_halves, default_frequencies(10000, 64), round_robin([8, 12, 12]))),
    Row("sglang/mrope-glm:mrope_section=40,4,20", by_axis(rotate_halves, F128, round_robin([40, 4, 20]))),
    Row("sglang/mrope-glm:mrope_interleaved=false:mrope_section=40,4,20",
        by_axis(rotate_halves, F128, chunks([40, 4, 20]))),
    Row("sglang/mrope-glm:head_size=64:mrope_section=3,5,5",
        by_axis(rotate_halves, default_frequencies(10000, 64), round_robin(corrected([3, 5, 5], 32)))),
    Row(f"sglang/longrope:{LONG8}:seq_len=66", one_axis(rotate_halves, LONG, size=1.1)),
    Row(f"sglang/longrope:{LONG8}:seq_len=65:factor=3", one_axis(rotate_halves, SHORT, size=1.3)),
    Row("sglang/longrope:head_size=8:base=100:short_factor=1,2,3,4:long_factor=5,6,7,8"
        ":original_max_position_embeddings=64:max_position_embeddings=256:seq_len=66",
        one_axis(rotate_halves, LONG, size=math.sqrt(1 + math.log(4) / math.log(64)))),
    Row("sglang/gemma4:head_size=16:base=100:partial_rotary_factor=0.45:factor=8:is_neox_style=false",
        one_axis(rotate_adjacent, np.where(np.arange(8) < 3, default_frequencies(100, 16), 0.0))),
    Row("sglang/gemma4:head_size=16:base=100", one_axis(rotate_halves, default_frequencies(100, 16))),
    Row(f"sglang/bailing-mrope:{F16}:mrope_section=2,3,3:factor=0.5:attn_factor=2:is_neox_style=false",
        by_axis(rotate_adjacent, default_frequencies(100, 16), [*"hwhwhw", *"tt"])),
    Row(f"sglang/bailing-mrope:{F16}:mrope_section=2,3,3:factor=4:original_max_position_embeddings=64:attn_factor=1.3"
        ":extrapolation_factor=0.25:beta_fast=7:beta_slow=2:truncate=false",
        by_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2, False), 0.25), [*"hwhwhw", *"tt"],
                size=1.3 * mscale(4))),
    Row("sglang/deepseek-npu:qk_nope_head_dim=8:qk_rope_head_dim=16:rope_theta=100:rope_type=deepseek_yarn:factor=4"
        ":original_max_position_embeddings=64:mscale=0.7:mscale_all_dim=0.3:beta_fast=7:beta_slow=2:attn_factor=1.3"
        ":extrapolation_factor=0.25",
        one_axis(rotate_adjacent_to_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2), 0.25), 8,
                 1.3 * mscale(4, 0.7) / mscale(4, 0.3))),
    Row("sglang/deepseek-npu",
        one_axis(rotate_adjacent_to_halves, default_frequencies(10000, 64), 128)),
    Row("sglang/latent", one_axis(rotate_adjacent, default_frequencies(10000, 64), 128)),
    Row("sglang/latent:qk_nope_head_dim=8:qk_rope_head_dim=16:rope_theta=100:rope_type=deepseek_yarn:factor=4"
        ":original_max_position_embeddings=64:mscale=0.7:mscale_all_dim=0.3:beta_fast=7:beta_slow=2:attn_factor=1.3"
        ":extrapolation_factor=0.25:is_neox_style=true",
        one_axis(rotate_halves, yarn(100, 16, 4, ramp(16, 100, 64, 7, 2), 0.25), 8,
                 1.3 * mscale(4, 0.7) / mscale(4, 0.3))),
    Row("sglang/vision", by_axis(rotate_halves, np.concatenate([QUARTER, QUARTER]), ["h"] * 16 + ["w"] * 16)),
    Row("sglang/llama4-vision", by_axis(rotate_adjacent, np.concatenate([QUARTER, QUARTER]), ["x"] * 16 + ["y"] * 16)),
    Row("sglang/dual-chunk:head_size=16:rotary_dim=8:base=100:chunk_size=64:local_size=8:is_neox_style=false",
        one_axis(rotate_adjacent, default_frequencies(100, 8))),
    Row(f"sglang/ernie-vl:{F16}:mrope_section=3,3,2",
        by_axis(rotate_adjacent, default_frequencies(100, 16), [*"hwhwhw", *"tt"])),
    Row(f"sglang/ernie-vl:{F16}:mrope_section=22,22,20:is_neox_style=true",
        by_axis(rotate_halves, default_frequencies(100, 16), [*"hwhw", *"tttt"])),
)
