"""The shipped layouts against what real kernels were measured to do.

`measured/*.json` hold pairs, axes, signs, frequencies, magnitudes and pass-through lanes that were
read off running kernels: ggml's C API and transformers' attention modules. Every entry has a row
here that names the spec it must equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from prover.angle import Angle
from prover.conform import conform
from prover.exact import exact, power
from prover.layout import Layout, Pair
from prover.loading import load
from prover.measured import Measured, read_measured

MEASURED = Path(__file__).parent / "measured"

HALF_96 = "transformers/half:head_dim=96:rope_type=longrope:max_position_embeddings=131072"
SHORT_48 = ",".join(f"{100 + i}/100" for i in range(48))
LONG_48 = ",".join(f"{4 + 5 * i}/4" for i in range(48))
SHORT_64 = ",".join(f"{100 + i}/100" for i in range(64))
LONG_64 = ",".join(f"{4 + 5 * i}/4" for i in range(64))
LLAMA_3_1_FACTORS = ",".join(
    ["1"] * 29
    + ["1.20748387", "1.55341463", "2.02631321", "2.69452969", "3.68425253", "5.25732659"]
    + ["8"] * 29
)
GEMMA_4_FACTORS = "1,1,1e30,1e30,1e30,1e30,1e30,1e30"

# What the random projector of the probe gave: only lanes, pairing and the sum of the two axes are compared.
_LIGHTGLUE = json.loads((MEASURED / "transformers.json").read_text())["entries"]["lightglue_learned"]["pairs"]
LIGHTGLUE_X, LIGHTGLUE_Y = (",".join(f"{pair[4][axis]:.12f}" for pair in _LIGHTGLUE) for axis in (0, 1))
# exp(alpha) for the alpha of the probe, 0.1*sin(i).
MISTRAL_FACTORS = ",".join(f"{math.exp(0.1 * math.sin(i)):.12f}" for i in range(32))

GGML = {
    "normal_d8": "ggml/normal:head_dim=8",
    "normal_d64": "ggml/normal:head_dim=64",
    "normal_d128": "ggml/normal:base=500000",
    "normal_d128_n64_partial": "ggml/normal:n_rot=64",
    "neox_d8": "ggml/neox:head_dim=8",
    "neox_d16_n8_partial": "ggml/neox:head_dim=16:n_rot=8",
    "neox_d64": "ggml/neox:head_dim=64",
    "neox_d128": "ggml/neox:base=1000000",
    "neox_d256_n64_partial": "ggml/neox:head_dim=256:n_rot=64:base=10000000",
    "mrope_d8_2110": "ggml/mrope:head_dim=8:sections=2,1,1,0",
    "mrope_d64_11_11_10": "ggml/mrope:head_dim=64:sections=11,11,10,0",
    "mrope_qwen2vl": "ggml/mrope:sections=16,24,24,0:base=1000000",
    "mrope_d128_24_20_20": "ggml/mrope:sections=24,20,20,0:base=5000000",
    "mrope_glm4v": "ggml/mrope:n_rot=64:sections=8,12,12,0",
    "imrope_d8_2110": "ggml/imrope:head_dim=8:sections=2,1,1,0",
    "imrope_qwen35": "ggml/imrope:head_dim=256:n_rot=64:sections=11,11,10,0:base=10000000",
    "imrope_d64_11_11_10": "ggml/imrope:head_dim=64:sections=11,11,10,0",
    "imrope_qwen3vl": "ggml/imrope:sections=24,20,20,0:base=5000000",
    "imrope_d128_22_21_21": "ggml/imrope:sections=22,21,21,0:base=5000000",
    "mrope_wrap_8_8_8_n128": "ggml/mrope:sections=8,8,8,0",
    "mrope_wrap_4_3_3_n64": "ggml/mrope:head_dim=64:sections=4,3,3,0",
    "mrope_t_only_n16": "ggml/mrope:head_dim=16:sections=4,0,0,0",
    "mrope_four_3221_n16": "ggml/mrope:head_dim=16:sections=3,2,2,1",
    "mrope_oversum_24_20_20_n64_d128": "ggml/mrope:n_rot=64:sections=24,20,20,0",
    "mrope_d16_n8_partial_offs4": "ggml/mrope:head_dim=16:n_rot=8:offset=4:sections=2,1,1,0",
    "imrope_wrap_8_8_8_n128": "ggml/imrope:sections=8,8,8,0",
    "imrope_wrap_11_11_10_n128": "ggml/imrope:sections=11,11,10,0",
    "imrope_t_only_n16": "ggml/imrope:head_dim=16:sections=4,0,0,0",
    "imrope_20_20_20_4_n128": "ggml/imrope:sections=20,20,20,4",
    "imrope_d16_n8_partial_offs4": "ggml/imrope:head_dim=16:n_rot=8:offset=4:sections=2,1,1,0",
    "imrope_equal_n64_0_0_5_0": "ggml/imrope:head_dim=64:sections=0,0,5,0",
    "vision_d8_2222": "ggml/vision:head_dim=8:sections=2,2,2,2",
    "vision_d8_2200": "ggml/vision:head_dim=8:sections=2,2,0,0",
    "vision_d64": "ggml/vision:head_dim=64:sections=16,16,16,16",
    "vision_d72_qwen3vl": "ggml/vision:head_dim=72:sections=18,18,18,18",
    "vision_d128": "ggml/vision:sections=32,32,32,32",
    "vision_four_axes_8888_d64": "ggml/vision:head_dim=64:sections=8,8,8,8",
    "vision_wrap_10_6_d64": "ggml/vision:head_dim=64:sections=10,6,0,0",
    "neox_linear_scale_0p5_d64": "ggml/neox:head_dim=64:freq_scale=0.5",
    "neox_yarn_d128_f4":
        "ggml/neox:base=1000000:freq_scale=0.25"
        ":ext_factor=1:beta_fast=32:beta_slow=1:n_ctx_orig=32768",
    "neox_yarn_gptoss":
        "ggml/neox:head_dim=64:base=150000:freq_scale=0.03125"
        ":ext_factor=1:beta_fast=32:beta_slow=1:n_ctx_orig=4096",
    "normal_llama31_ff": f"ggml/normal:base=500000:freq_factors={LLAMA_3_1_FACTORS}",
    "neox_gemma4_proportional_ff1e30":
        f"ggml/neox:head_dim=16:base=1000000:freq_factors={GEMMA_4_FACTORS}",
}

TRANSFORMERS = {
    "llama2_default": "transformers/half",
    "llama3_1_llama3":
        "transformers/half:rope_type=llama3:rope_theta=500000:factor=8:low_freq_factor=1"
        ":high_freq_factor=4:original_max_position_embeddings=8192",
    "linear_factor4": "transformers/half:rope_type=linear:factor=4",
    "dynamic_ntk_within_max":
        "transformers/half:rope_type=dynamic:factor=2:max_position_embeddings=4096:seq_len=2001",
    "qwen2_5_yarn4":
        "transformers/half:rope_type=yarn:rope_theta=1000000:factor=4"
        ":original_max_position_embeddings=32768",
    "gpt_oss_yarn_notrunc":
        "transformers/half:head_dim=64:rope_type=yarn:rope_theta=150000:factor=32:truncate=false"
        ":original_max_position_embeddings=4096",
    "phi3_mini_128k_short":
        f"{HALF_96}:original_max_position_embeddings=4096"
        f":short_factor={SHORT_48}:long_factor={LONG_48}:seq_len=4096",
    "phi3_mini_128k_long":
        f"{HALF_96}:original_max_position_embeddings=4096"
        f":short_factor={SHORT_48}:long_factor={LONG_48}:seq_len=4097",
    "phimoe_long_positions":
        "transformers/half:rope_type=longrope:original_max_position_embeddings=4096"
        f":short_factor={SHORT_64}:long_factor={LONG_64}:attention_factor=1.243163121016122",
    "gpt_neox_20b_partial25": "transformers/half:head_dim=96:partial_rotary_factor=0.25",
    "glm4_moe_4_5_partial50": "transformers/half:rope_theta=1000000:partial_rotary_factor=0.5",
    "qwen3_next_partial25":
        "transformers/half:head_dim=256:rope_theta=10000000:partial_rotary_factor=0.25",
    "glm4_interleaved_partial50": "transformers/adjacent:partial_rotary_factor=0.5",
    "moonshine_base_partial62": "transformers/adjacent:head_dim=52:partial_rotary_factor=0.62",
    "cohere_command_r": "transformers/adjacent:rope_theta=8000000",
    "cohere2_sliding_layer": "transformers/adjacent:rope_theta=50000",
    "cohere2_full_layer_nope": "generic/nope",
    "smollm3_nope_layer": "generic/nope",
    "ernie4_5_text": "transformers/adjacent:rope_theta=500000",
    "nanochat_reverse": "transformers/nanochat",
    "qwen3_qknorm": "transformers/half:rope_theta=1000000",
    "hunyuan_dense_alpha": "transformers/half:rope_type=ntk_alpha:alpha=1000",
    "gemma3_sliding": "transformers/half:head_dim=256",
    "modernbert_full": "transformers/half:head_dim=64:rope_theta=160000",
    "gemma4_full_proportional":
        "transformers/proportional:head_dim=512:rope_theta=1000000:partial_rotary_factor=0.25",
    "laguna_full_partial50": "transformers/half:rope_theta=500000:partial_rotary_factor=0.5",
    "gptj_6b": "transformers/adjacent:head_dim=256:partial_rotary_factor=0.25",
    "roformer": "transformers/adjacent:head_dim=64",
    "clvp_encoder": "transformers/half:head_dim=64",
    "llama4_text":
        "transformers/adjacent:rope_type=llama3:rope_theta=500000:factor=16:low_freq_factor=1"
        ":high_freq_factor=1:original_max_position_embeddings=8192",
    "llama4_text_nope_layer": "generic/nope",
    "deepseek_v3_interleave":
        "transformers/adjacent-to-half:rope_type=yarn:factor=40:mscale=1:mscale_all_dim=1"
        ":original_max_position_embeddings=4096",
    "deepseek_v3_no_interleave":
        "transformers/latent:rope_type=yarn:factor=40:mscale=1:mscale_all_dim=1"
        ":original_max_position_embeddings=4096",
    "deepseek_v2_complex":
        "transformers/latent:pairing=adjacent:rope_type=yarn:factor=40:mscale=0.707"
        ":mscale_all_dim=0.707:original_max_position_embeddings=4096",
    "minicpm3": "transformers/latent:qk_nope_head_dim=64:qk_rope_head_dim=32",
    "deepseek_v4_main":
        "transformers/latent:pairing=adjacent:qk_nope_head_dim=448:qk_rope_head_dim=64",
    "qwen2_vl_mrope_16_24_24":
        "transformers/mrope-chunked:rope_theta=1000000:mrope_section=16,24,24",
    "qwen3_vl_imrope_24_20_20":
        "transformers/mrope-stride3:rope_theta=5000000:mrope_section=24,20,20",
    "qwen3_5_imrope_11_11_10_partial25":
        "transformers/mrope-stride3:head_dim=256:rope_theta=10000000:partial_rotary_factor=0.25"
        ":mrope_section=11,11,10",
    "glm4_1v_mrope_8_12_12_interleaved":
        "transformers/mrope-chunked:pairing=adjacent:partial_rotary_factor=0.5"
        ":mrope_section=8,12,12",
    "ernie4_5_vl_22_22_20":
        "transformers/mrope-ernie:rope_theta=500000:mrope_section=22,22,20",
    "hunyuan_vl_4axis_16x4": "transformers/hunyuan-vl:alpha=1000:mrope_section=16,16,16,16",
    "qwen2_vl_vision": "transformers/vision-chunked:head_dim=80",
    "qwen3_vl_vision": "transformers/vision-chunked:head_dim=72",
    "pixtral_vision": "transformers/pixtral",
    "dinov3_vit": "transformers/dinov3:rope_theta=100",
    "kimi_k25_vision": "transformers/vision-alternating:head_dim=72",
    "minimax_m3_vision_3d": "transformers/vision-three-axes:head_dim=80",
    "gemma4_vision": "transformers/vision-separate:rope_theta=100",
    "llama4_vision": "transformers/vision-adjacent:head_dim=88",
    "vjepa2": "transformers/vjepa2:head_dim=64",
    "wav2vec2_bert_rotary": "transformers/hidden-states:head_dim=64",
    "neomme_sliding_2d": "transformers/row-column:head_dim=64",
    "esmfold2_xyz_uid": "transformers/coordinates",
    "efficientloftr": "transformers/whole-hidden",
    "lightglue_learned": f"transformers/learned-directions:freqs_x={LIGHTGLUE_X}:freqs_y={LIGHTGLUE_Y}",
    "mistral_large4_learned_scale":
        "transformers/latent-learned:qk_nope_head_dim=0:qk_rope_head_dim=64:rope_type=yarn:factor=2048"
        f":original_max_position_embeddings=512:attention_factor=1:multipliers={MISTRAL_FACTORS}",
    "qwen2_5_omni_dit_head0":
        "transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=64",
}

@cache
def measured(engine: str) -> dict[str, Measured]:
    """All measured entries of one engine, by name."""
    return read_measured(MEASURED / f"{engine}.json")


@cache
def layout_of(spec: str) -> Layout:
    """The layout of a spec, expanded once."""
    return load(spec).layout


@pytest.mark.parametrize("name", GGML)
def test_ggml(name: str) -> None:
    """The shipped layout is what ggml's CPU kernel was measured to do."""
    assert () == conform(layout_of(GGML[name]), measured("ggml")[name]).differences


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers(name: str) -> None:
    """The shipped layout is what the attention module of transformers was measured to do."""
    assert () == conform(layout_of(TRANSFORMERS[name]), measured("transformers")[name]).differences


def test_every_ggml_entry_has_a_row() -> None:
    """No measured ggml kernel is left out."""
    assert sorted(measured("ggml")) == sorted(GGML)


def test_every_transformers_entry_has_a_row() -> None:
    """No measured kernel of transformers is left out."""
    assert sorted(measured("transformers")) == sorted(TRANSFORMERS)


def running_exponents(sections: tuple[int, int, int, int], count: int) -> list[tuple[str, int]]:
    """Axis and exponent per pair of ggml's VISION loop, which keeps one counter for each axis.

    The resets stand in one chain of else-ifs (ggml_mrope_cache_init), so an empty section keeps
    the counter of a later one from being reset.
    """
    starts = [0, sections[0], sum(sections[:2]), sum(sections[:3])]
    counters = [0, 0, 0, 0]
    found = []
    for index in range(count):
        sector = index % sum(sections)
        if sector in starts:
            counters[starts.index(sector)] = 0
        axis = max(i for i in range(4) if sector >= starts[i])
        found.append(("thwe"[axis], counters[axis]))
        counters = [counter + 1 for counter in counters]
    return found


@pytest.mark.parametrize(
    "sections",
    [(0, 16, 0, 0), (5, 0, 3, 0), (0, 0, 3, 2), (2, 0, 0, 3), (3, 2, 0, 1), (0, 2, 1, 3)],
)
def test_vision_exponents_restart_as_in_the_kernel(sections: tuple[int, int, int, int]) -> None:
    """ggml/vision has the exponents of the kernel's loop, where a section is empty too."""
    spec = f"ggml/vision:head_dim=128:sections={','.join(map(str, sections))}"
    expected = [
        ((axis, power(exact(10000), Fraction(-exponent, 32))),)
        for axis, exponent in running_exponents(sections, 64)
    ]
    assert expected == [pair.angle.frequencies for pair in layout_of(spec).pairs]


def _last_turning(layout: Layout) -> int:
    return max(i for i, pair in enumerate(layout.pairs) if pair.angle != Angle())


def _other_axis(pair: Pair, layout: Layout) -> Pair:
    (_, frequency), *more = pair.angle.frequencies
    other = next((name for name in layout.axes if name not in dict(pair.angle.frequencies)), "elsewhere")
    return replace(pair, angle=Angle.of({other: frequency, **dict(more)}))


PERTURBATIONS: dict[str, Callable[[Pair, Layout], Pair]] = {
    "axis": _other_axis,
    "frequency": lambda pair, _: replace(
        pair, angle=pair.angle.scaled(exact(Fraction(1001, 1000)))
    ),
    "direction": lambda pair, _: replace(pair, angle=-pair.angle),
    "lanes read": lambda pair, _: replace(pair, read=pair.read[::-1]),
    "lanes written": lambda pair, _: replace(pair, write=pair.write[::-1]),
    "magnitude": lambda pair, _: replace(
        pair, magnitude=pair.magnitude * exact(Fraction(10001, 10000))
    ),
}

KERNELS = [
    *(pytest.param("ggml", name, spec, id=name) for name, spec in GGML.items()),
    *(
        pytest.param("transformers", name, spec, id=name)
        for name, spec in TRANSFORMERS.items()
        if spec != "generic/nope"
    ),
]


@pytest.mark.parametrize("change", PERTURBATIONS)
@pytest.mark.parametrize(("engine", "name", "spec"), KERNELS)
def test_one_changed_pair_is_noticed(engine: str, name: str, spec: str, change: str) -> None:
    """Negative control: the comparison fails when a single pair differs."""
    layout = layout_of(spec)
    index = _last_turning(layout)
    pairs = list(layout.pairs)
    pairs[index] = PERTURBATIONS[change](pairs[index], layout)
    changed = conform(replace(layout, pairs=tuple(pairs)), measured(engine)[name])
    assert not changed.conforms
