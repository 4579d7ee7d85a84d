"""Rows for vision towers and video: timm, DINOv3, rope-vit, ComRoPE, lucidrains, diffusers."""

from __future__ import annotations

import numpy as np

from catalogue.kernels import (
    Array,
    Kernel,
    Positions,
    Row,
    by_axis,
    default_frequencies,
    negate_and_swap_halves,
    one_axis,
    rotate_adjacent,
    rotate_halves,
    two_tables,
)
from catalogue.sglang import turns

BANDS = 10000.0 ** (-np.arange(16) / 16)
PIXEL = 112.0 ** (np.arange(16) / 15) * np.pi
LINEAR = np.linspace(1, 50, 16) * np.pi
HW = ["h"] * 16 + ["w"] * 16
PERIODS = 2 * np.pi / 100.0 ** (np.arange(16) / 16)
SPACED = 2 * np.pi / (0.5 * 8.0 ** np.linspace(0, 1, 16))
LEARNED = {"x": np.array([1, 0.5, 0, -0.5]), "y": np.array([0, 0.5, 1, 0.5])}
MOCHI = {"t": np.array([1, 0.5, 0, 0.1]), "h": np.array([0, 0.5, 1, 0.2]), "w": np.array([0, 0.25, 0.5, 1])}


def learned(table: dict[str, Array]) -> Kernel:
    """Adjacent pairs, each with a direction of its own."""
    return lambda x, at: rotate_adjacent(x, sum(at[axis] * column for axis, column in table.items()))


def repeated(axes: str, dims: tuple[int, ...]) -> list[str]:
    """The axis of each pair, for lanes per axis."""
    return [axis for axis, lanes in zip(axes, dims, strict=True) for _ in range(lanes // 2)]


def by_dims(dims: tuple[int, ...], theta: float, axes: str = "thw") -> Kernel:
    """Lanes by axis, each with its own run of frequencies, adjacent."""
    frequencies = np.concatenate([default_frequencies(theta, d) for d in dims])
    return by_axis(rotate_adjacent, frequencies, repeated(axes, dims))


def cut_at_thirds(width: int, theta: float = 10000) -> Kernel:
    """Wan before 0.36.0 and ChronoEdit: tables of 2*(width//6) lanes for h and w, cut at width//3 lanes each.

    Cosines are taken from the even columns, sines from the odd ones.
    """
    space = 2 * (width // 6)
    table = np.concatenate([np.repeat(default_frequencies(theta, d), 2) for d in (width - 2 * space, space, space)])
    third = width // 3
    cuts = np.repeat([0, 1, 2], [width - 2 * third, third, third])

    def kernel(x: Array, at: Positions) -> Array:
        columns = table * np.array([at["t"], at["h"], at["w"]])[cuts]
        cos, sin = np.cos(columns)[0::2], np.sin(columns)[1::2]
        return np.stack([x[0::2] * cos - x[1::2] * sin, x[0::2] * sin + x[1::2] * cos], axis=-1).reshape(-1)

    return kernel


def ltx(x: Array, at: Positions) -> Array:
    """LTX over 26 lanes of all heads: 4 frequencies, t, h, w at each, and 2 lanes left over in front."""
    frequencies = 10000.0 ** np.linspace(0, 1, 4) * np.pi / 2
    angles = (frequencies[:, None] * np.array([at["t"], at["h"], at["w"]])).reshape(-1)
    return np.concatenate([x[:2], rotate_adjacent(x[2:], angles)])


def ltx2(x: Array, at: Positions) -> Array:
    """LTX-2 split over two heads of 16 lanes: 15 pairs, one padded in front of the first head."""
    frequencies = 10000.0 ** np.linspace(0, 1, 5) * np.pi / 2
    angles = (frequencies[:, None] * np.array([at["t"], at["h"], at["w"]])).reshape(-1)
    angles = np.concatenate([[0.0], angles]).reshape(2, 8)
    return np.concatenate([rotate_halves(x[:16], angles[0]), rotate_halves(x[16:], angles[1])])


def ltx2_audio(x: Array, at: Positions) -> Array:
    """LTX-2 audio, split over two heads of 16 lanes: a frequency for every pair, none left over."""
    angles = (10000.0 ** np.linspace(0, 1, 16) * np.pi / 2 * at["t"]).reshape(2, 8)
    return np.concatenate([rotate_halves(x[:16], angles[0]), rotate_halves(x[16:], angles[1])])


def allegro(x: Array, at: Positions) -> Array:
    """Three thirds of the head, halves in each."""
    frequencies = default_frequencies(10000, 8)
    parts = zip(np.split(x, 3), "thw", strict=True)
    return np.concatenate([rotate_halves(part, at[axis] * frequencies) for part, axis in parts])


def ernie_image(at: Positions) -> Array:
    """Each angle twice in a row, over 32, 48 and 48 lanes."""
    parts = [at[axis] * default_frequencies(256, d) for axis, d in (("t", 32), ("h", 48), ("w", 48))]
    return np.repeat(np.concatenate(parts), 2)


def cosmos(head: int, scale: tuple[float, float, float]) -> Kernel:
    """Halves over t, h, w, each with its own stretched base."""
    space = head // 6 * 2
    dims = (head - 2 * space, space, space)
    runs = [default_frequencies(10000 * s ** (d / (d - 2)), d) for s, d in zip(scale, dims, strict=True)]
    return by_axis(rotate_halves, np.concatenate(runs), repeated("thw", dims))


def kandinsky(x: Array, at: Positions) -> Array:
    """Angles of rows divided by 2 and of columns by 4."""
    return by_dims((16, 24, 24), 10000)(x, {"t": at["t"], "h": at["h"] / 2, "w": at["w"] / 4})


def middle(x: Array, at: Positions) -> Array:
    """rotary-embedding-torch from lane 8 on, 32 lanes, positions divided by 2."""
    return np.concatenate([x[:8], rotate_adjacent(x[8:40], at["p"] / 2 * default_frequencies(10000, 32)), x[40:]])


VISION = (
    Row("timm/rope-cat", by_axis(rotate_adjacent, np.tile(PIXEL, 2), HW)),
    Row("timm/rope-cat:half=true:linear_bands=true:max_res=100", by_axis(rotate_halves, np.tile(LINEAR, 2), HW)),
    Row("timm/rope-cat:in_pixels=false", by_axis(rotate_adjacent, np.tile(BANDS, 2), HW)),
    Row("timm/rope-cat:in_pixels=false:grid_indexing=xy",
        by_axis(rotate_adjacent, np.tile(BANDS, 2), ["w"] * 16 + ["h"] * 16)),
    Row("timm/rope-cat-index:grid_indexing=xy", by_axis(rotate_adjacent, np.tile(BANDS, 2), ["w"] * 16 + ["h"] * 16)),
    Row("timm/rope-mixed", learned(LEARNED)),
    Row("timm/mrope", by_axis(rotate_halves, default_frequencies(10000, 64), turns([8, 12, 12], 32))),
    Row("timm/dinov3", by_axis(rotate_halves, np.tile(PERIODS, 2), ["y"] * 16 + ["x"] * 16)),
    Row("timm/dinov3:rotate_half=false:grid_indexing=xy:temperature=50",
        by_axis(rotate_adjacent, np.tile(2 * np.pi / 50.0 ** (np.arange(16) / 16), 2), ["x"] * 16 + ["y"] * 16)),
    Row("dinov3/rope", by_axis(rotate_halves, np.tile(PERIODS, 2), ["y"] * 16 + ["x"] * 16)),
    Row("dinov3/rope:min_period=0.5:max_period=4", by_axis(rotate_halves, np.tile(SPACED, 2), ["y"] * 16 + ["x"] * 16)),
    Row("rope-vit/axial",
        by_axis(rotate_adjacent, np.tile(100.0 ** (-np.arange(16) / 16), 2), ["x"] * 16 + ["y"] * 16)),
    Row("rope-vit/mixed", learned(LEARNED)),
    Row("comrope/ap", learned({"x": np.array([1, 0.5, 0, 0]), "y": np.array([0, 0, 1, 0.5])})),
    Row("comrope/ld", learned({"x": 0.5 ** np.arange(4), "y": 0.5 * 0.5 ** np.arange(4)})),
    Row("lucidrains/rope", one_axis(rotate_adjacent, default_frequencies(10000, 64))),
    Row("lucidrains/rope:start_index=8:dim=32:interpolate_factor=2", middle),
    Row("lucidrains/rope:freqs_for=pixel:max_freq=11", one_axis(rotate_adjacent, np.linspace(1, 5.5, 32) * np.pi)),
    Row("lucidrains/rope:freqs_for=constant", one_axis(rotate_adjacent, np.ones(1))),
    Row("lucidrains/rope:freqs_for=constant:num_freqs=3:start_index=2", one_axis(rotate_adjacent, np.ones(3), 2)),
    Row("lucidrains/rope:theta_rescale_factor=8",
        one_axis(rotate_adjacent, default_frequencies(10000 * 8 ** (64 / 62), 64))),
    Row("lucidrains/axial", by_axis(rotate_adjacent, np.tile(np.linspace(1, 5, 16) * np.pi, 2), HW)),
    Row("lucidrains/axial-video:freqs_for=lang:head_dim=100",
        by_axis(rotate_adjacent, np.tile(BANDS, 3), ["t"] * 16 + HW)),
    Row("x-transformers/rope", one_axis(rotate_adjacent, default_frequencies(10000, 32))),
    Row("x-transformers/rope:dim_head=128:rotary_base_rescale_factor=8:rotary_interpolation_factor=2",
        one_axis(rotate_adjacent, default_frequencies(10000 * 8 ** (64 / 62), 64) / 2)),
    Row("torchscale/rope", one_axis(rotate_adjacent, default_frequencies(10000, 128))),
)

DIFFUSERS = (
    Row("diffusers/flux", by_dims((16, 56, 56), 10000)),
    Row("diffusers/flux2", by_dims((32, 32, 32, 32), 2000, "thwl")),
    Row("diffusers/qwen-image", by_dims((16, 56, 56), 10000)),
    Row("diffusers/hunyuan-video", by_dims((16, 56, 56), 256)),
    Row("diffusers/wan", by_dims((44, 42, 42), 10000)),
    Row("diffusers/wan:head_dim=64", by_dims((24, 20, 20), 10000)),
    *(Row(f"diffusers/wan:head_dim={width}:slices=thirds", cut_at_thirds(width)) for width in (10, 16, 30, 64, 128)),
    *(Row(f"diffusers/chronoedit:head_dim={width}:theta=500", cut_at_thirds(width, 500)) for width in (8, 22, 40, 128)),
    Row("diffusers/sana-video:head_dim=112", by_dims((40, 36, 36), 10000)),
    Row("diffusers/skyreels", by_dims((44, 42, 42), 10000)),
    Row("diffusers/ltx:dim=26", ltx),
    Row("diffusers/ltx2:dim=26", ltx),
    Row("diffusers/ltx2:dim=32:rope_type=split:num_attention_heads=2", ltx2),
    Row("diffusers/ltx2-audio:dim=32:rope_type=split:num_attention_heads=2", ltx2_audio),
    Row("diffusers/cogvideox", by_dims((16, 24, 24), 10000)),
    Row("diffusers/cogview4", by_axis(rotate_halves, np.tile(BANDS, 2), HW)),
    Row("diffusers/mochi", learned(MOCHI)),
    Row("diffusers/cosmos", cosmos(128, (2, 1, 1))),
    Row("diffusers/allegro:head_dim=24", allegro),
    Row("diffusers/hunyuan-dit", by_axis(rotate_adjacent, np.tile(BANDS, 2), ["w"] * 16 + ["h"] * 16)),
    Row("diffusers/lumina:head_dim=64:ntk_factor=4:linear_factor=2",
        by_axis(rotate_adjacent, np.repeat(default_frequencies(40000, 32), 2) / 2, ["h", "w"] * 16)),
    Row("diffusers/lumina2", by_dims((32, 32, 32), 10000)),
    Row("diffusers/z-image", by_dims((32, 48, 48), 256)),
    Row("diffusers/ernie-image", two_tables(negate_and_swap_halves, ernie_image)),
    Row("diffusers/hidream", by_dims((64, 32, 32), 10000)),
    Row("diffusers/kandinsky5", by_dims((16, 24, 24), 10000)),
    Row("diffusers/kandinsky5:scale_factor=1,2,4", kandinsky),
    Row("diffusers/omnigen", one_axis(rotate_halves, default_frequencies(10000, 128))),
    Row("diffusers/omnigen:head_dim=4:rope_type=su:short_factor=1,1.5:long_factor=2,4:seq_len=5001",
        one_axis(rotate_halves, np.array([1 / 2, 0.01 / 4]), size=np.sqrt(1 + np.log(32) / np.log(4096)))),
    Row("diffusers/cosmos3", by_axis(rotate_halves, default_frequencies(5000000, 128), turns([24, 20, 20], 64))),
    Row("diffusers/ideogram4",
        by_axis(rotate_halves, default_frequencies(5000000, 256), [*turns([24, 20, 20], 64), *["t"] * 64])),
    Row("diffusers/flux3", by_dims((32, 32, 32, 32), 10000, "thwl")),
    Row("diffusers/krea2", by_dims((32, 48, 48), 1000)),
    Row("diffusers/glm-image",
        by_axis(rotate_halves, np.tile(10000.0 ** (-np.arange(10) / 10), 2), ["h"] * 10 + ["w"] * 10)),
    Row("diffusers/hunyuan-image",
        by_axis(rotate_adjacent, np.tile(256.0 ** (-np.arange(32) / 32), 2), ["h"] * 32 + ["w"] * 32)),
    Row("diffusers/stable-audio-3", one_axis(rotate_halves, default_frequencies(10000, 32))),
    Row("diffusers/stable-audio", one_axis(rotate_halves, default_frequencies(10000, 32))),
    Row("diffusers/prx:axes_dim=8,24:theta=500", by_dims((8, 24), 500, "hw")),
    Row("diffusers/minimax-h3:attention_head_dim=64:rope_freq_dim=8:rope_theta=500",
        by_axis(rotate_halves, np.tile(default_frequencies(500, 16), 3), "t" * 8 + "h" * 8 + "w" * 8)),
    Row("diffusers/minimax-h3-video:attention_head_dim=32",
        by_axis(rotate_halves, np.tile(2 * np.pi / 100.0 ** (np.arange(4) / 4), 3), "tttthhhhwwww")),
    Row("diffusers/ltx2-vae:head_dim=24:rope_base=500", by_dims((4, 10, 10), 500)),
    Row("diffusers/ltx2-vae:head_dim=64", by_dims((16, 24, 24), 10000)),
    Row("diffusers/kandinsky6-1d:head_dim=64:freqs_scaling=0.3:max_period=500",
        one_axis(rotate_adjacent, 0.3 * default_frequencies(500, 64))),
    Row("diffusers/qwen-image-21:axes_dims_rope=8,12,12", by_dims((8, 12, 12), 10000)),
    Row("diffusers/joyimage:rope_dim_list=8,12,12", by_dims((8, 12, 12), 256)),
)

ROWS = (*VISION, *DIFFUSERS)
