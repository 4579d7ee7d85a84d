"""Configs as vLLM 0.33.0 reads them, held against its own rotary classes as its model classes make them.

vllm_truth.json says how it was made: for each model type and spelling of the keys, the rotary class of each layer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.errors import InputError
from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.engine_table import Engine, engine_table
from prover.sources.reading import read_model
from prover.sources.readings import Composite, Without, defaults
from prover.sources.readings import table as transformers_table

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "vllm_truth.json").read_text())
# The class computes tables in float32 and they are read back from cos and sin at position 1.
TOLERANCE = 2e-5
# What vLLM runs and this reading refuses: an odd number of rotated lanes, and kernels that no layout says.
REFUSED = {"part of floats", "sections of type mrope", "part", "part with parameters", "part under its legacy name"}

# More of these: keys that the reading of transformers refuses too, though the class does not look at them.
BY_TYPE = {
    "by layer type", "by layer type, one missing", "by layer type, not rounded", "by layer type, no base",
    "proportional", "yarn by layer type",
}
KNOWN: dict[str, set[str]] = {
    "dbrx": BY_TYPE | {"theta null"},
    "afmoe": {"head_dim null"},
    "ernie4_5": {"head_dim null"},
    "glm4_moe_lite": {"head_dim"},
    "gptj": {
        "parameters", "parameters and theta", "parameters empty", "scaling null", "scaling empty", "theta",
        "theta under its legacy name",
    },
    "paddleocr_vl_text": {"head_dim null"},
    "laguna": {"parameters", "parameters and theta", "parameters empty", "scaling null", "scaling empty", *BY_TYPE},
    "gemma4_text": {"parameters", "parameters and theta", "parameters empty", "scaling null", "scaling empty"},
}


def config(kind: str, spelling: str) -> dict[str, Any]:
    """The config of a row."""
    layers = {"layer_types": TRUTH["layers"][kind]} if kind in TRUTH["layers"] else {}
    return {
        "model_type": kind, **TRUTH["base"], **TRUTH["extra"].get(kind, {}), **layers, **TRUTH["spellings"][spelling],
    }


def turns_as(spec: str, rotary: list[Any], name: str = "text") -> None:
    """Assert that a layout turns as fast, as large and as paired as the rotary object."""
    kind, head, lanes, is_neox, magnitude, frequencies, sections, _ = rotary
    layout = load(spec).layout
    kernel = make_kernel(layout)
    mine, theirs = np.abs(kernel.frequencies).max(axis=1), np.array(frequencies)
    assert np.all(theirs[len(mine):] == 0)
    assert np.allclose(mine, theirs[:len(mine)], rtol=TOLERANCE, atol=0)
    assert np.allclose(kernel.magnitudes, magnitude, rtol=2e-6, atol=0)
    first = layout.pairs[0].read
    whole = kind == "Gemma4RotaryEmbedding"
    assert first[1] - first[0] == ((head if whole else lanes) // 2 if is_neox else 1)
    assert layout.width == head or spec.startswith("vllm/latent") or name == "indexer"
    assert bool(sections) == spec.startswith("vllm/mrope")


@pytest.mark.parametrize("kind", TRUTH["rows"])
def test_a_model_type_under_every_spelling(kind: str, tmp_path: Path) -> None:
    """Each layer that rotates has the rotary object that vLLM makes for it."""
    path = tmp_path / "config.json"
    refused = set()
    for spelling, layers in TRUTH["rows"][kind].items():
        path.write_text(json.dumps(config(kind, spelling)))
        try:
            parts = read_model(str(path), "vllm").parts
        except InputError:
            refused.add(spelling)
            continue
        for part in parts:
            for layer in part.layers or () if part.spec is not None else ():
                row = f"{layer}indexer" if part.name == "indexer" else str(layer)
                turns_as(str(part.spec), TRUTH["rotary"][layers[row]], part.name)
    assert refused <= REFUSED | KNOWN.get(kind, set())


def refusal(tmp_path: Path, **keys: Any) -> str:
    """What a config is refused with."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TRUTH["base"], **keys}))
    with pytest.raises(InputError) as fault:
        read_model(str(path), "vllm")
    return str(fault.value)


def test_a_type_that_vllm_lacks_and_one_not_known(tmp_path: Path) -> None:
    """The first is said to be missing in this version, the second not to be known here."""
    assert "vLLM 0.33.0 has no model of its own for model_type 'helium'" in refusal(tmp_path, model_type="helium")
    assert "how vLLM 0.33.0 reads model_type 'nobody' is not known" in refusal(tmp_path, model_type="nobody")


def test_linear_with_a_whole_factor(tmp_path: Path) -> None:
    """4 without a point is taken for a list by LinearScalingRotaryEmbedding, which breaks off; 4.0 is not."""
    said = refusal(tmp_path, model_type="llama", rope_scaling={"type": "linear", "factor": 4})
    assert "written without a point" in said


def test_types_that_differ(tmp_path: Path) -> None:
    """vLLM refuses what transformers only warns of."""
    said = refusal(tmp_path, model_type="llama", rope_scaling={"type": "yarn", "rope_type": "linear", "factor": 4.0})
    assert "differ, which is refused" in said


def test_each_type_stands_once_and_its_config_class_is_known() -> None:
    """No type is in two entries, and each that calls get_rope has the defaults of its config class."""
    found = engine_table("vllm")
    rows: list[Engine | Composite | Without] = [*found.reading, *found.composite, *found.without]
    names = [*(kind for row in rows for kind in row.types), *found.borrowed, *found.missing]
    assert sorted(set(names)) == sorted(names)
    assert {kind for row in found.reading for kind in row.types} - found.configs.keys() <= set(defaults())
    assert set(found.configs.values()) <= set(defaults())
    read = {kind for row in transformers_table().reading for kind in row.types}
    assert set(found.borrowed) <= read


def test_a_scale_of_queries_is_looked_for_elsewhere(tmp_path: Path) -> None:
    """MistralAttention looks for an object llama_4_scaling at the top: the key beside rope_type is told as unread."""
    yarn = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 512, "llama_4_scaling_beta": 0.1}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**TRUTH["base"], "model_type": "mistral", "rope_scaling": yarn}))
    found = read_model(str(path), "vllm")
    assert {"RP003", "RP007"} == {finding.code for finding in found.findings}
    assert found.parts[0].beside.query is None


# Frequencies per axis of the towers' own rotary objects with a head of 24 lanes, vLLM 0.33.0 run with torch 2.13.0:
# Rope2DPosEmbRepeated.get_freqs_cis (angles at row 1 and at column 1), Llama4VisionRotaryEmbedding.cos_sin_cache (base
# 500; what the angle gains from one patch to the next), get_rope with partial_rotary_factor 0.5 and, for PaddleOCR-VL,
# SigLIPRotaryEmbedding (both axes the same).
SIX = [1.0, 0.2154434, 0.04641588, 0.01, 0.002154434, 0.0004641589]
OF_500 = [1.0, 0.3549537, 0.1259921, 0.04472136, 0.01587401, 0.005634539]
NONE = [0.0] * 6
TOWERS: dict[str, tuple[str, int, list[float], list[float]]] = {
    "kimi_k25_vision": (
        "vllm/moonvit", 1, [turn for each in SIX for turn in (0, each)], [turn for each in SIX for turn in (each, 0)]),
    "llama4_vision_model": ("vllm/llama4-vision", 1, NONE + OF_500, OF_500 + NONE),
    "exaone4_5_vision": ("vllm/vision", 12, SIX + NONE, NONE + SIX),
    "glm_ocr_vision": ("vllm/vision", 12, SIX + NONE, NONE + SIX),
    "paddleocr_vl_vision": ("vllm/vision", 12, SIX + NONE, NONE + SIX),
    "qwen3_omni_moe_vision_encoder": ("vllm/vision", 12, SIX + NONE, NONE + SIX),
}


@pytest.mark.parametrize("kind", TOWERS)
def test_a_tower(kind: str, tmp_path: Path) -> None:
    """A tower turns as its rotary object in vLLM does: rows, columns, and how far apart the lanes of a pair are."""
    name, apart, rows, columns = TOWERS[kind]
    is_plain = kind in ("kimi_k25_vision", "llama4_vision_model", "paddleocr_vl_vision")
    heads = {"num_attention_heads": 2} if is_plain else {"num_heads": 2}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": kind, "hidden_size": 48, **heads, "rope_theta": 500}))
    [part] = read_model(str(path), "vllm").parts
    layout = load(str(part.spec)).layout
    frequencies = dict(zip(layout.axes, make_kernel(layout).frequencies.T, strict=True))
    h, w = ("y", "x") if "x" in frequencies else ("h", "w")
    assert (name, "vision", 24) == (part.layout, part.name, layout.width)
    assert {apart} == {pair.read[1] - pair.read[0] for pair in layout.pairs}
    assert np.allclose(frequencies[h], rows, rtol=TOLERANCE, atol=0)
    assert np.allclose(frequencies[w], columns, rtol=TOLERANCE, atol=0)


TEXT = {"hidden_size": 512, "num_attention_heads": 8, "num_key_value_heads": 8, "num_hidden_layers": 2, "head_dim": 64,
        "max_position_embeddings": 4096}
TOWER = {"hidden_size": 64, "num_attention_heads": 2}
VISUAL = {"hidden_size": 64, "num_heads": 2}
# Composites: what stands beside the text part, and how text and towers turn, read in the files that vllm.toml names.
COMPOSITES: dict[str, tuple[dict[str, Any], dict[str, str | None]]] = {
    "exaone4_5": (
        {"text_config": {**TEXT, "layer_types": ["full_attention"] * 2}, "vision_config": VISUAL},
        {"text": "vllm/rope:is_neox_style=true", "vision": "vllm/vision"}),
    "kimi_k25": (
        {"text_config": {**TEXT, "model_type": "kimi_k2"}, "vision_config": TOWER},
        {"text": "vllm/latent", "vision": "vllm/moonvit"}),
    "minicpmv4_6": (
        {"text_config": {**TEXT, "layer_types": ["full_attention"] * 2}, "vision_config": TOWER},
        {"text": "vllm/rope:is_neox_style=true", "vision": None}),
    "qwen3_asr": (
        {"thinker_config": {
            "text_config": {**TEXT, "rope_theta": 1000000, "rope_scaling": {
                "rope_type": "default", "mrope_section": [12, 10, 10], "mrope_interleaved": True}},
            "audio_config": TOWER}},
        {"text": "vllm/mrope:is_neox_style=true", "audio": None}),
    "qwen3_omni_moe": (
        {"thinker_config": {"text_config": {**TEXT}, "vision_config": VISUAL, "audio_config": TOWER}},
        {"text": "vllm/rope:is_neox_style=true", "vision": "vllm/vision", "audio": None}),
    "mistral3": (
        {"text_config": {**TEXT}, "vision_config": {**TOWER, "model_type": "pixtral"}},
        {"text": "vllm/rope:is_neox_style=true", "vision": "transformers/pixtral"}),
    "gemma4": (
        {"text_config": {**TEXT, "layer_types": ["sliding_attention"] * 2},
         "vision_config": TOWER, "audio_config": TOWER},
        {"text": "vllm/gemma4", "vision": "transformers/vision-separate", "audio": None}),
    "llama4": (
        {"text_config": {**TEXT}, "vision_config": TOWER},
        {"text": "vllm/rope:is_neox_style=true", "vision": "vllm/llama4-vision"}),
    "paddleocr_vl": (
        {**TEXT, "rope_scaling": {"rope_type": "default", "mrope_section": [8, 12, 12]}, "vision_config": TOWER},
        {"text": "vllm/mrope:is_neox_style=true", "vision": "vllm/vision"}),
    "glm_ocr": (
        {"text_config": {**TEXT}, "vision_config": VISUAL},
        {"text": "vllm/rope:is_neox_style=false", "vision": "vllm/vision"}),
}


@pytest.mark.parametrize("kind", COMPOSITES)
def test_a_model_of_several_parts(kind: str, tmp_path: Path) -> None:
    """Each part has the layout of the class that runs it, be it vLLM's or transformers'."""
    inner, expected = COMPOSITES[kind]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": kind, **inner}))
    model = read_model(str(path), "vllm")
    assert expected == {part.name: part.layout for part in model.parts}
    assert not [each for each in model.findings if each.code in ("RP008", "RP009")]


@pytest.mark.parametrize("kind", ["exaone4", "exaone_moe"])
@pytest.mark.parametrize(
    ("window", "types", "turning"),
    [(512, "sf", [0]), (512, "ff", [0, 1]), (None, "ff", [0, 1]), (None, "sf", []), (None, "ss", [])],
)
def test_layers_that_slide_without_a_window(
    kind: str, window: int | None, types: str, turning: list[int], tmp_path: Path,
) -> None:
    """EXAONE of vLLM turns layers with a window, or all if none slides; none where those that slide have no window."""
    names = {"s": "sliding_attention", "f": "full_attention"}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(
        {"model_type": kind, **TEXT, "sliding_window": window, "layer_types": [names[each] for each in types]}))
    parts = read_model(str(path), "vllm").parts
    assert turning == [layer for part in parts if part.spec is not None for layer in part.layers or ()]


def test_keys_that_vllms_own_config_class_fills_otherwise(tmp_path: Path) -> None:
    """DeepSeek-V3.2 is loaded by DeepSeek-V3's class, which has no indexer's width; Qwen3-ASR by one of vLLM's own."""
    assert "index_head_dim: is not in the file" in refusal(tmp_path, model_type="deepseek_v32").replace("\n", " ")
    text = {key: value for key, value in TEXT.items() if key != "head_dim"} | {"rope_theta": 1000000}
    said = refusal(tmp_path, model_type="qwen3_asr", thinker_config={"text_config": text})
    assert "head_dim: is not in the file, and what the engine's own config class has" in said
    said = refusal(tmp_path, model_type="deepseek_v3", index_topk=2048)
    assert "index_topk: is read by DeepseekV2MLAAttention" in said


# Layers of eight that run an indexer: GlmMoeDsaConfig.indexer_types of transformers 5.24.0 made of the keys, and
# DeepseekV32Attention of vLLM (vllm/models/deepseek_v32/attention.py), read by hand, which reads no indexer_types.
INDEXERS: dict[str, tuple[dict[str, Any], list[int], list[int]]] = {
    "all": ({}, list(range(8)), list(range(8))),
    "each fourth": ({"index_topk_freq": 4}, [0, 1, 5], [0, 1, 5]),
    "each third from 2 on": ({"index_topk_freq": 3, "index_skip_topk_offset": 3}, [0, 1, 2, 5], [0, 1, 2, 5]),
    "a pattern": ({"index_topk_pattern": "FSSFSSFS"}, [0, 3, 6], [0, 3, 6]),
    "types": ({"indexer_types": ["full", "shared"] * 4}, [0, 2, 4, 6], list(range(8))),
}


@pytest.mark.parametrize("name", INDEXERS)
def test_layers_with_an_indexer_of_their_own(name: str, tmp_path: Path) -> None:
    """The indexer is in the layers that have one; others take what an earlier one chose."""
    keys, *expected = INDEXERS[name]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": "glm_moe_dsa", "num_hidden_layers": 8, "index_head_dim": 128, **keys}))
    found = [read_model(str(path), engine).part("indexer").layers for engine in ("transformers", "vllm")]
    assert expected == [list(layers or ()) for layers in found]


def test_cohere2_without_a_window(tmp_path: Path) -> None:
    """Where layers slide, sliding_window + 1 breaks off at null; where none does, no layer turns."""
    assert "breaks off on layers that slide" in refusal(tmp_path, model_type="cohere2", sliding_window=None)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(
        {"model_type": "cohere2", **TEXT, "sliding_window": None, "layer_types": ["full_attention"] * 2}))
    assert [None] == [part.spec for part in read_model(str(path), "vllm").parts]
