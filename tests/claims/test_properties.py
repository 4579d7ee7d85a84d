"""Properties of one layout under feeds: what the kernel measurements and public reports say of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from conftest import prove_specs
from prover.claims.properties import properties
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.reports.explain import explanation


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


@pytest.mark.parametrize(
    ("more", "relative"),
    [
        ('sine_angle = "-p"\nsecond_sine_angle = "p"\nsecond_angle = "p + pi"', None),
        ('sine_angle = "p + 1"\nsecond_sine_angle = "p"\nsecond_angle = "p + 1"', None),
        ('second_angle = "2*p"', False),
    ],
    ids=["reflection", "slanted", "two frequencies"],
)
def test_what_is_no_rotation_may_depend_on_differences_alone(more: str, relative: bool | None, tmp_path: Path) -> None:
    """In NumPy the scores of a reflection and of a slanted rotation do not change where all moves on: no 'no' then."""
    path = tmp_path / "pair.toml"
    path.write_text(f'title = "pair"\naxes = ["p"]\nwidth = "2"\n[pairs]\ncount = "1"\nfirst = "0"\nsecond = "1"\n'
                    f'angle = "p"\n{more}\n')
    loaded = load(str(path))
    kernel = make_kernel(loaded.layout)

    def scores(query: float, key: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        ours, theirs = (kernel.apply(np.eye(2), np.array([at])) for at in (query, key))
        return ours @ theirs.T

    assert (relative is not False) is bool(np.allclose(scores(1, 4), scores(3, 6)))
    found = properties(loaded.family, loaded.layout)
    assert (False, relative) == (found.is_rotation, found.relative)
    told = explanation(prove_specs(str(path), "transformers/half:head_dim=2"))
    assert (relative is False) is ("absolute positions" in told)


def test_a_cache_is_shifted_if_no_feed_and_no_rotation_has_a_phase(tmp_path: Path) -> None:
    """sin(pi - p) is sin p, so this is a rotation without a phase; a feed with an offset has one, whichever it is."""
    path = tmp_path / "pair.toml"
    path.write_text('title = "pair"\naxes = ["p"]\nwidth = "2"\n[pairs]\ncount = "1"\nfirst = "0"\nsecond = "1"\n'
                    'angle = "p"\nsine_angle = "pi - p"\nsecond_sine_angle = "p"\nsecond_angle = "-p"\n')
    loaded = load(str(path))
    kernel = make_kernel(loaded.layout)
    twice = [kernel.apply(kernel.apply(np.eye(2), np.array([3.0])), np.array([4.0]))]
    assert np.allclose(twice, [kernel.apply(np.eye(2), np.array([7.0]))])
    for feeds, shiftable in (((), True), (("p=p", "p=p + 7"), False), (("p=p + 7", "p=p"), False)):
        assert shiftable is properties(loaded.family, loaded.layout, feeds).shiftable
