"""Configs as SGLang 0.5.23 reads them, held against its own rotary classes as its model classes make them.

sglang_truth.json says how it was made: for each model type and spelling of the keys, the rotary class of each layer, or
the error that SGLang breaks off with.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.errors import InputError
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.engine_table import Engine, engine_table
from prover.sources.model import Model
from prover.sources.reading import read_model
from prover.sources.readings import Composite, Without, defaults
from prover.sources.readings import table as transformers_table

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "sglang_truth.json").read_text())
# The class computes tables in float32 and they are read back from cos and sin at position 1.
TOLERANCE = 2e-5
# What SGLang runs and this reading refuses: an odd number of rotated lanes, and a key that turns the pairing about.
REFUSED = {"part of floats", "not neox"}
# More of these: a null at the top that the class does not look at, parameters that an own config class mixes, what the
# rope functions of gemma3 make otherwise of parameters lifted out of a layer type, and kernels that no layout says.
OWN_CONFIG = {"scaling empty", "parameters null", "parameters empty", "both"}
NULL_THETA = {"theta null"}
NO_FACTORS = {"linear without a factor", "llama3 with little"}
LIFTED = {
    "yarn with the original at the top", "yarn not rounded", "yarn with truncate null", "longrope of half the head",
    "llama3 with the original at the top", "by layer type, not rounded", "proportional", "part inside of scaling",
}
FLAT = {"parameters", "parameters and theta", "parameters empty", "part with parameters", "part at both"}
KNOWN: dict[str, set[str]] = {
    **dict.fromkeys(("granite", "granitemoe", "exaone4", "exaone_moe", "dbrx"), NULL_THETA),
    **dict.fromkeys(("granitemoehybrid", "qwen3_next", "qwen3_5", "falcon_h1"), OWN_CONFIG),
    **dict.fromkeys(("lfm2", "lfm2_moe"), NO_FACTORS),
    "afmoe": OWN_CONFIG | {"head_dim null"},
    "stablelm": {"rope_pct"}, "hunyuan_v1_dense": {"attention_head_dim"}, "glm4_moe_lite": {"head_dim"},
    "glm4v": {"part null"}, "glm4v_moe": {"part null"}, "mellum": {"by layer type, no base"}, "gemma3_text": LIFTED,
    "gemma3": LIFTED, "gptj": FLAT | {"theta", "theta of a fraction"},
    "gemma4": FLAT | {"part", "part null", "by layer type, one missing", "by layer type, no base"},
    "minicpm3": {
        "longrope", "longrope with a factor", "longrope with a magnitude", "sections", "sections interleaved",
        "sections with yarn", "sections of too many",
    },
}
# What SGLang breaks off at and this reading lets pass: a window of null, and nulls that have nothing to do with RoPE.
LENIENT: dict[str, set[str]] = {
    "gptj": {"theta null"}, "deepseek_v32": {"head_dim null"}, "glm_moe_dsa": {"head_dim null"},
}


def config(kind: str, spelling: str) -> dict[str, Any]:
    """The config of a row."""
    keys = {**TRUTH["base"], **TRUTH["extra"].get(kind, {}), **TRUTH["spellings"][spelling]}
    inner = TRUTH["nested"].get(kind)
    text = {"text_config": {"model_type": inner, **keys}} if inner else keys
    return {"model_type": kind, **text}


def turns_as(spec: str, index: int) -> None:
    """Assert that a layout turns as fast, as large and as paired as the rotary object of this index."""
    turns_as_object(spec, json.dumps(TRUTH["rotary"][index]))


@cache
def turns_as_object(spec: str, rotary: str) -> None:
    """The same of a rotary object that is told as JSON."""
    kind, head, lanes, is_neox, magnitude, frequencies, sections, is_interleaved = json.loads(rotary)
    layout = load(spec).layout
    kernel = make_kernel(layout)
    mine, theirs = np.abs(kernel.frequencies).max(axis=1), np.array(frequencies)
    assert len(mine) <= len(theirs)
    assert np.all(theirs[len(mine):] == 0)
    assert np.allclose(mine, theirs[:len(mine)], rtol=TOLERANCE, atol=0)
    assert np.allclose(kernel.magnitudes, magnitude, rtol=2e-6, atol=0)
    first = layout.pairs[0].read
    assert first[1] - first[0] == ((head if kind == "Gemma4RotaryEmbedding" else lanes) // 2 if is_neox else 1)
    assert layout.width == head or spec.startswith("sglang/latent")
    assert spec.startswith("transformers/half") == (kind == "Gemma3RotaryEmbedding")
    assert bool(sections) == spec.startswith("sglang/mrope")
    assert is_interleaved == ("mrope_interleaved=true" in spec)
    if sections:
        axes = [int(np.abs(row).argmax()) for row in kernel.frequencies]
        assert sections == [axes.count(axis) for axis in range(3)]


@pytest.mark.parametrize("kind", TRUTH["rows"])
def test_a_model_type_under_every_spelling(kind: str, tmp_path: Path) -> None:
    """Each layer that rotates has the rotary object that SGLang makes for it; what breaks off there is refused."""
    path = tmp_path / "config.json"
    refused, lenient = set(), set()
    for spelling, layers in TRUTH["rows"][kind].items():
        path.write_text(json.dumps(config(kind, spelling)))
        try:
            parts = [part for part in read_model(str(path), "sglang").parts if part.name == "text"]
        except InputError:
            refused |= {spelling} if isinstance(layers, dict) else set()
            continue
        if isinstance(layers, str):
            lenient.add(spelling)
            continue
        specs = {str(layer): part.spec for part in parts for layer in part.layers or () if part.spec is not None}
        assert specs.keys() == layers.keys(), spelling
        for layer, spec in specs.items():
            turns_as(str(spec), layers[layer])
    assert refused <= REFUSED | KNOWN.get(kind, set())
    assert lenient <= LENIENT.get(kind, set())


def read(tmp_path: Path, **keys: Any) -> Model:
    """What SGLang makes of a config."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TRUTH["base"], **keys}))
    return read_model(str(path), "sglang")


def refusal(tmp_path: Path, **keys: Any) -> str:
    """What a config is refused with."""
    with pytest.raises(InputError) as fault:
        read(tmp_path, **keys)
    return str(fault.value)


def test_a_type_that_sglang_lacks_and_one_not_known(tmp_path: Path) -> None:
    """The first is said to be missing in this version, the second not to be known here."""
    assert "SGLang 0.5.23 has no model of its own for model_type 'helium'" in refusal(tmp_path, model_type="helium")
    assert "how SGLang 0.5.23 reads model_type 'nobody' is not known" in refusal(tmp_path, model_type="nobody")


def test_a_text_part_alone(tmp_path: Path) -> None:
    """Llama 4's rows are moved by the class around it alone, and no class takes the text part of Qwen3-VL."""
    for kind in ("llama4_text", "qwen3_vl_text"):
        assert "only as a part of another model" in refusal(tmp_path, model_type=kind)


def test_the_indexer_pairs_halves(tmp_path: Path) -> None:
    """Indexer gets is_neox_style true unless indexer_rope_interleave is, and the leading lanes of its head."""
    dsa = {"model_type": "deepseek_v32", "index_head_dim": 128, "rope_theta": 20000}
    found = [part.spec for part in read(tmp_path, **dsa).parts]
    assert ["sglang/latent:is_neox_style=false:qk_nope_head_dim=32:qk_rope_head_dim=64:rope_theta=20000",
            "sglang/rope:is_neox_style=true:head_size=128:rotary_dim=64:base=20000"] == found
    found = [part.spec for part in read(tmp_path, **dsa, indexer_rope_interleave=True).parts]
    assert "sglang/rope:is_neox_style=false:head_size=128:rotary_dim=64:base=20000" == found[1]


def test_a_scaled_query_is_told_and_not_said_to_be_unread(tmp_path: Path) -> None:
    """Ministral3Attention reads llama_4_scaling_beta itself, and MistralForCausalLM does not."""
    yarn = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 512, "llama_4_scaling_beta": 0.1}
    assert ["RP007"] == [each.code for each in read(tmp_path, model_type="ministral3", rope_scaling=yarn).findings]
    assert ["RP003"] == [each.code for each in read(tmp_path, model_type="mistral", rope_scaling=yarn).findings]


def test_a_kernel_that_may_run_instead_is_told(tmp_path: Path) -> None:
    """get_rope leaves attention_factor out; the fused kernel of Qwen3-MoE and Mellum reads it, and is YaRN always."""
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512, "attention_factor": 1.0}
    plain = {"rope_type": "default", "rope_theta": 10000.0}
    by_type = {"full_attention": {**yarn, "rope_theta": 10000.0}, "sliding_attention": plain}
    types = ["full_attention", "sliding_attention"]
    for kind, keys, without, symbol in (
        ("qwen3_moe", {"rope_scaling": yarn}, {}, "compute_yarn_parameters"),
        ("mellum", {"rope_parameters": by_type, "layer_types": types}, {
            "rope_parameters": dict.fromkeys(by_type, plain), "layer_types": types,
        }, "_compute_yarn_from_rope_params"),
    ):
        lost, other = read(tmp_path, model_type=kind, **keys).findings
        assert (lost.code, lost.text) == ("RP003", "not read by get_rope of SGLang: attention_factor")
        assert other.code == "RP016"
        assert symbol in other.text
        assert () == read(tmp_path, model_type=kind, **without).findings
    (lost,) = read(tmp_path, model_type="qwen3", rope_scaling=yarn).findings
    assert (lost.code, lost.text) == ("RP003", "not read by Qwen3Attention of SGLang: attention_factor")


def test_a_base_and_a_part_that_are_left_out(tmp_path: Path) -> None:
    """Granite 4's class takes the base at the top alone, EXAONE 4's has its own, and Qwen3's turns the whole head."""
    rope = {"rope_type": "default", "rope_theta": 250000.0, "partial_rotary_factor": 0.5}
    granite = {"layer_types": ["mamba", "attention"], "model_type": "granitemoehybrid"}
    found = read(tmp_path, **granite, rope_parameters=rope)
    assert [("RP003", "not read by GraniteMoeHybridAttention of SGLang: rope_theta, partial_rotary_factor")] == [
        (each.code, each.text) for each in found.findings]
    assert "sglang/rope:is_neox_style=true:head_size=64:base=10000" == found.part("text").spec
    exaone = {"layer_types": ["sliding_attention", "full_attention"], "model_type": "exaone4"}
    found = read(tmp_path, **exaone, sliding_window_pattern="LG", rope_theta=20000)
    assert [("RP002", "not read: rope_theta")] == [(each.code, each.text) for each in found.findings]
    found = read(tmp_path, model_type="qwen3", partial_rotary_factor=0.5)
    assert [("RP002", "not read: partial_rotary_factor")] == [(each.code, each.text) for each in found.findings]


def test_flags_that_take_another_class(tmp_path: Path) -> None:
    """video_rope, mrope_interleaved_glm and use_fope are refused with the layout that says it, where one does."""
    for flag, said in (("video_rope", "sglang/bailing-mrope"), ("mrope_interleaved_glm", "sglang/mrope-glm"),
                       ("use_fope", "No layout says")):
        rope = {"rope_type": "default", "mrope_section": [12, 10, 10], flag: True}
        assert said in refusal(tmp_path, model_type="llama", rope_scaling=rope)


def test_dual_chunk_attention(tmp_path: Path) -> None:
    """A config that makes get_rope take the class with five queries is refused with the layout that says it."""
    dual = {"chunk_size": 262144, "local_size": 8192}
    assert "The layout is sglang/dual-chunk" in refusal(tmp_path, model_type="qwen2", dual_chunk_attention_config=dual)


def test_towers(tmp_path: Path) -> None:
    """A vision tower has a layout of its own, with the base that the class has."""
    vision = {"depth": 2, "hidden_size": 64, "num_heads": 4}
    found = read(tmp_path, model_type="qwen3_vl", text_config=TRUTH["base"], vision_config=vision).part("vision")
    assert "sglang/vision:head_dim=16" == found.spec


def test_each_type_stands_once_and_its_config_class_is_known() -> None:
    """No type is in two entries, and each that calls get_rope has the defaults of its config class."""
    found = engine_table("sglang")
    rows: list[Engine | Composite | Without] = [*found.reading, *found.composite, *found.without]
    names = [*(kind for row in rows for kind in row.types), *found.borrowed, *found.missing]
    assert sorted(set(names)) == sorted(names)
    assert {kind for row in found.reading for kind in row.types} <= set(defaults())
    read_there = [*transformers_table().reading, *transformers_table().composite, *transformers_table().without]
    assert set(found.missing) <= {kind for row in read_there for kind in row.types}
    measured = {TRUTH["nested"].get(kind, kind) for kind in TRUTH["rows"]}
    towers = {kind for row in found.reading if row.layout for kind in row.types}
    assert {kind for row in found.reading for kind in row.types} <= measured | towers
