"""Named feeds of vision and video layouts: where a token of the grid stands, as upstream's grids put it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from prover.layouts.feed_text import read_position
from prover.layouts.loading import load

# Spec, feed, a token's coordinates, and the position on each axis, each worked out from the grid
# code that the layout cites.
PLACES = (
    ("diffusers/qwen-image:height=5:width=7", "image", {"t": 1, "h": 0, "w": 0}, {"t": 1, "h": -3, "w": -4}),
    ("diffusers/qwen-image:height=5:width=7", "image", {"t": 0, "h": 4, "w": 6}, {"t": 0, "h": 1, "w": 2}),
    ("diffusers/qwen-image:height=4:width=6", "centred", {"t": 0, "h": 0, "w": 5}, {"t": 0, "h": -2, "w": 2}),
    ("diffusers/qwen-image:height=5:width=7", "text", {"p": 0}, {"t": 3, "h": 3, "w": 3}),
    ("diffusers/qwen-image:height=5:width=7:scale_rope=false", "image", {"t": 0, "h": 4, "w": 6},
     {"t": 0, "h": 4, "w": 6}),
    ("diffusers/qwen-image:height=5:width=7:scale_rope=false", "text", {"p": 2}, {"t": 9, "h": 9, "w": 9}),
    ("diffusers/flux", "image", {"h": 3, "w": 5}, {"t": 0, "h": 3, "w": 5}),
    ("diffusers/flux2", "text", {"p": 7}, {"t": 0, "h": 0, "w": 0, "l": 7}),
    ("diffusers/cosmos:fps=12", "video", {"t": 3, "h": 1, "w": 2}, {"t": 6, "h": 1, "w": 2}),
    ("diffusers/ltx", "image", {"t": 0, "h": 1, "w": Fraction(1, 4)}, {"t": -1, "h": 1, "w": Fraction(-1, 2)}),
    ("diffusers/ltx2-audio", "audio", {"t": Fraction(3, 4)}, {"t": Fraction(1, 2)}),
    ("timm/rope-cat:height=5:width=7", "pixel", {"h": 4, "w": 3}, {"h": 1, "w": 0}),
    ("timm/rope-cat:height=1:width=7", "pixel", {"h": 0, "w": 0}, {"h": -1, "w": -1}),
    ("timm/rope-cat-index:grid_offset=1", "offset", {"h": 0, "w": 6}, {"h": 1, "w": 7}),
    ("timm/mrope", "image", {"h": 4, "w": 2}, {"t": 0, "h": 4, "w": 2}),
    ("dinov3/rope:height=5:width=7", "separate", {"h": 0, "w": 6}, {"y": Fraction(-4, 5), "x": Fraction(6, 7)}),
    ("dinov3/rope:height=5:width=7", "max", {"h": 0, "w": 6}, {"y": Fraction(-6, 7), "x": Fraction(6, 7)}),
    ("timm/dinov3:height=5:width=7", "min", {"h": 0, "w": 6}, {"y": Fraction(-4, 5), "x": Fraction(8, 5)}),
    ("lucidrains/axial-video:frames=3:height=5:width=7", "pixel", {"t": 2, "h": 2, "w": 0}, {"t": 1, "h": 0, "w": -1}),
    ("maxtext/llama-vision", "image", {"h": 3, "w": 5}, {"x": 6, "y": 4}),
    ("maxtext/llama-vision", "class", {}, {"x": 0, "y": 0}),
    # Chunks of 96 - 64 lanes: the inter query stands at entry 31 of a table that counts 32, 33, ... and is cut at 96.
    ("vllm/dual-chunk:chunk_size=96:local_size=64", "query-inter", {}, {"p": 63}),
    ("vllm/dual-chunk:chunk_size=96:local_size=16", "query-inter", {}, {"p": 96}),
    ("vllm/dual-chunk:chunk_size=96:local_size=47", "query-inter", {}, {"p": 96}),
    ("vllm/dual-chunk:chunk_size=96:local_size=48", "query-inter", {}, {"p": 95}),
    ("vllm/dual-chunk:chunk_size=96:local_size=64", "query-successor", {"r": 31}, {"p": 63}),
    ("maxtext/deepseek-v4", "compressed", {"block": 3}, {"p": 12}),
)


@pytest.mark.parametrize(("spec", "feed", "token", "place"), PLACES, ids=[f"{row[0]} {row[1]}" for row in PLACES])
def test_a_token_stands_where_upstream_puts_it(
    spec: str, feed: str, token: dict[str, Fraction | int], place: dict[str, Fraction | int]
) -> None:
    """The feed's linear form at the token's coordinates is the position in upstream's grid, exactly."""
    texts = dict(dict(load(spec).family.feeds)[feed])
    assert place == {axis: _at(text, token) for axis, text in texts.items()}


def _at(text: str, token: dict[str, Fraction | int]) -> Fraction:
    position = read_position(text)
    rational = position.phase.rational
    assert rational is not None
    for coordinate, number in position.frequencies:
        assert number.rational is not None
        rational += number.rational * token[coordinate]
    return rational
