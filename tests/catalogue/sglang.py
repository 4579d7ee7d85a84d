"""Rows for models/sglang: SGLang 0.5.23, python/sglang/srt/layers/rotary_embedding."""

from __future__ import annotations

from catalogue.kernels import (
    Row,
    by_axis,
    default_frequencies,
    one_axis,
    rotate_adjacent,
    rotate_adjacent_to_halves,
    rotate_halves,
)
from catalogue.vllm import dynamic


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


F128 = default_frequencies(10000, 128)

ROWS = (
    Row("sglang/rope:is_neox_style=false", one_axis(rotate_adjacent, F128)),
    Row("sglang/rope:rope_type=dynamic:factor=4", one_axis(rotate_halves, dynamic(10000, 128, 4, 8192, 2048))),
    Row("sglang/mrope", by_axis(rotate_halves, F128, chunks([16, 24, 24]))),
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
    Row("sglang/deepseek-npu",
        one_axis(rotate_adjacent_to_halves, default_frequencies(10000, 64), 128)),
)
