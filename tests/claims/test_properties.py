"""Properties of one layout under feeds: what the kernel measurements and public reports say of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prover.claims.properties import properties
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load


@pytest.mark.parametrize(
    ("spec", "feeds", "mixed"),
    [
        ("ggml/imrope:sections=24,20,20,0", ("text", "audio"), (61, 62)),
        ("ggml/imrope:sections=24,20,20,0", ("text", "image"), ()),
        ("ggml/imrope:sections=24,20,20,0", ("text",), ()),
        ("ggml/imrope:n_rot=64:sections=11,11,10,0", ("text", "audio"), ()),
        ("ggml/mrope:sections=16,16,16,16", ("text", "audio"), tuple(range(48, 64))),
        ("transformers/half", ("p=2*p", "p=p"), tuple(range(64))),
        ("transformers/half", ("p=p + 7", "p=p"), ()),
    ],
)
def test_two_modalities_in_one_sequence(spec: str, feeds: tuple[str, ...], mixed: tuple[int, ...]) -> None:
    """llama.cpp puts 0 on e for text and p for audio, so pairs on e score by where both tokens stand."""
    loaded = load(spec)
    found = properties(loaded.family, loaded.layout, feeds)
    assert mixed == found.mixed
    assert (not mixed) is found.relative


def test_an_audio_key_under_a_text_query_carries_its_position() -> None:
    """In NumPy: both 100 further on, the score of pair 61 turns by 100 frequencies."""
    kernel = make_kernel(load("ggml/imrope:sections=24,20,20,0").layout)
    one = np.eye(128)[61]

    def score(query: float, key: float) -> float:
        text, audio = np.array([query, query, query, 0.0]), np.array([key] * 4)
        return float(kernel.apply(one, text) @ kernel.apply(one, audio))

    frequency = 10000 ** (-61 / 64)
    assert math.isclose(math.cos(20 * frequency), score(10, 20), rel_tol=1e-12)
    assert math.isclose(math.cos(120 * frequency), score(110, 120), rel_tol=1e-12)
    assert abs(score(110, 120) - score(10, 20)) > 1e-5


def test_hunyuan_vl_is_a_rotation_on_text_only() -> None:
    """The shipped transformers form mixes axes inside each pair; on text all axes are equal."""
    loaded = load("transformers/hunyuan-vl")
    assert not properties(loaded.family, loaded.layout).is_rotation
    assert properties(loaded.family, loaded.layout, ("text",)).is_rotation
