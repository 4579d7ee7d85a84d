"""yarn_log_multiplier of llama.cpp, and its two-dimensional vision function, held against numbers that it gave."""

from __future__ import annotations

import math

import pytest

from prover.commands.cli import run_command
from prover.kernels.kernel import to_float
from prover.layouts.layout import Layout
from prover.layouts.loading import load

MISTRAL = "llama-cpp/text:arch=mistral3:base=1e6:freq_scale=1/64:ext_factor=1:n_ctx_orig=4096"


def magnitude(spec: str) -> float:
    """The factor on cos and sin, the same for all pairs."""
    (value,) = {pair.magnitude for pair in load(spec).layout.pairs}
    return to_float(value)


def plain_and_divided(layout: Layout, factor: int) -> tuple[int, int]:
    """The last pair before the ramp, and the first one behind it."""
    unscaled = load("ggml/normal:base=1e6").layout
    kept = [i for i, pair in enumerate(layout.pairs) if pair.angle == unscaled.pairs[i].angle]
    divided = load(f"ggml/normal:base=1e6:freq_scale=1/{factor}").layout
    slowed = [i for i, pair in enumerate(layout.pairs) if pair.angle == divided.pairs[i].angle]
    return max(kept), min(slowed)


def test_a_multiplier_of_1_leaves_nothing_of_the_logarithm() -> None:
    """Mistral files carry 1: llama.cpp's net factor is 1, where a file without the key has 1.41589."""
    assert 1.0 == magnitude(f"{MISTRAL}:beta_fast=4:yarn_log_multiplier=1")
    assert 1.41589 == round(magnitude(f"{MISTRAL}:beta_fast=4"), 5)
    assert 1.41589 == round(magnitude(f"{MISTRAL}:beta_fast=4:yarn_log_multiplier=0"), 5)


def test_the_ramps_of_beta_fast_4_and_32() -> None:
    """Pairs 23 to 31 and 13 to 31 are blended, and pairs 14 to 30 differ."""
    four, many = (load(f"{MISTRAL}:beta_fast={beta}:yarn_log_multiplier=1").layout for beta in (4, 32))
    assert (23, 31) == plain_and_divided(four, 64)
    assert (13, 31) == plain_and_divided(many, 64)
    differing = [i for i in range(64) if four.pairs[i].angle != many.pairs[i].angle]
    assert [*range(14, 31)] == differing


@pytest.mark.parametrize(("arch", "handed"), [("mistral4", 0.79314), ("deepseek2", 0.73052)])
def test_a_tenth_of_mscale_all_dim_means_another_thing_for_each(arch: str, handed: float) -> None:
    """With factor 40 and 0.0707 in the file, llama.cpp 0c1e57098 was seen to hand the kernel this attn_factor."""
    spec = f"llama-cpp/text:arch={arch}:freq_scale=1/40:ext_factor=1:n_ctx_orig=4096:yarn_log_multiplier=0.0707"
    assert handed == round(magnitude(spec) / (1 + 0.1 * math.log(40)), 5)


def test_the_key_is_unknown_where_llama_cpp_does_not_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    """GLM's sparse attention is computed as DeepSeek's, but its loader does not read the key."""
    assert 2 == run_command(["show", "llama-cpp/text:arch=glm-dsa:yarn_log_multiplier=0.1"])
    assert "unknown parameter 'yarn_log_multiplier'" in capsys.readouterr().err


def test_alternating_axes_become_two_halves_by_a_permutation(capsys: pytest.CaptureFixture[str]) -> None:
    """Kimi's tower alternates columns and rows from pair to pair; its rows can be permuted for build_rope_2d."""
    arguments = ["vllm/moonvit:head_dim=72", "llama-cpp/vision-2d:head_dim=72", "--relation", "permutation"]
    assert 0 == run_command(["prove", *arguments])
    assert "permut" in capsys.readouterr().out
    assert 1 == run_command(["prove", arguments[0], f"{arguments[1]}:interleave_freq=true"])


def test_interleaved_frequencies_are_those_of_pixtral() -> None:
    """The even frequencies go to the rows and the odd ones to the columns, as in Pixtral's own code."""
    layout = load("llama-cpp/vision-2d:head_dim=8:interleave_freq=true:base=16").layout
    turns = [{axis: to_float(value) for axis, value in pair.angle.frequencies} for pair in layout.pairs]
    assert [{"h": 1.0}, {"h": 0.25}, {"w": 0.5}, {"w": 0.125}] == turns
    assert [(0, 1), (2, 3), (4, 5), (6, 7)] == [pair.read for pair in layout.pairs]
