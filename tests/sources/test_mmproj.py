"""What is said of llama.cpp's converter with --mmproj, beside what it wrote: mmproj_truth.json says how it was made."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_converter import exactly

from prover.claims.relation import Relation
from prover.errors import InputError
from prover.layouts.loading import load
from prover.sources.comparing import compare
from prover.sources.converting.mmproj import Mmproj, convert_towers, table
from prover.sources.converting.mmproj_steps import PROCEDURES
from prover.sources.keys import Keys
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.reading import read_model

WHOLE: dict[str, Any] = json.loads((Path(__file__).parent / "mmproj_truth.json").read_text())
TRUTH: dict[str, Any] = WHOLE["configs"]
PUBLISHED: dict[str, Any] = WHOLE["published"]
OTHER_HEADS = "kimi_k25"  # whose rows the converter moves by 16 heads, whatever vt_num_attention_heads is


def converted(config: dict[str, Any]) -> Mmproj | None:
    """What is said of a config; its decimals come exactly, as the reader of files gives them."""
    return convert_towers(Keys(exactly(config), "config.json"))


def told(config: dict[str, Any]) -> dict[str, Any] | None:
    """The keys that are said of a config; None where it is refused, or nothing is said."""
    try:
        found = converted(config)
    except InputError:
        return None
    return None if found is None else {key: stored.value for key, stored in found.metadata.keys.items()}


def patched(config: dict[str, Any], patch: list[Any]) -> dict[str, Any]:
    """A config with one change."""
    config = copy.deepcopy(config)
    if patch == ["text"]:
        config.get("text_config", config).pop("hidden_size", None)
        return config
    *outer, last, value = patch
    place = config[outer[0]] if outer else config
    if value == "(absent)":
        place.pop(last, None)
    else:
        place[last] = value
    return config


def is_said(config: dict[str, Any], patch: list[Any]) -> bool:
    """Whether anything is said of such a change: of a tower without a key in the file nothing is."""
    return len(patch) != 2 or any(config.get(key) for key in ("vision_config", "audio_config") if key != patch[0])


@pytest.mark.parametrize("name", [name for name in TRUTH if name != OTHER_HEADS])
def test_keys_of_the_towers(name: str) -> None:
    """Keys are those that the converter writes, for a config and for each change of it; where it breaks off, we do."""
    row = TRUTH[name]
    given, keys = row["given"], row["kv"]
    cases: list[tuple[list[Any], Any]] = [(["text_config", given.get("text_config", "(absent)")], keys)]
    cases += [(patch, keys) for patch in row["same"]] + [(patch, None) for patch in row["broken"]]
    for patch, changes in row["changed"]:
        cases.append((patch, {key: value for key, value in {**(keys or {}), **changes}.items() if value != "(absent)"}))
    found = []
    for patch, expected in cases:
        if (patch[0] == "text_config" or is_said(given, patch)) and not moves_otherwise(name, expected):
            ours = told(patched(given, patch))
            found += [] if expected == ours else [(patch, expected, ours)]
    assert [] == found


@pytest.mark.parametrize("name", PUBLISHED)
def test_towers_of_published_configs(name: str) -> None:
    """The same for configs as published: keys, and whether rows move."""
    row = PUBLISHED[name]
    assert row["kv"] == told(row["given"])
    if row["kv"] is not None:
        found = converted(row["given"])
        assert found is not None
        assert row["moves"] == bool(found.rows)


def moves_otherwise(name: str, keys: dict[str, Any] | None) -> bool:
    """Whether the converter moves the rows of Kimi's tower as those of another number of heads."""
    heads = "clip.vision.attention.head_count"
    return name.startswith(OTHER_HEADS) and keys is not None and keys[heads] != TRUTH[name]["kv"][heads]


@pytest.mark.parametrize("name", [name for name, row in TRUTH.items() if row["kv"] and name != OTHER_HEADS])
def test_rows_of_q_and_k(name: str) -> None:
    """Rows move as the converter moves them, biases too; where it moves none, none do."""
    truth = TRUTH[name].get("rows", {})
    found = converted(TRUTH[name]["given"])
    assert found is not None
    ours = found.rows.get("vision")
    assert bool(truth) == (ours is not None)
    assert {} == truth or {"q", "k", "q.bias", "k.bias"} == truth.keys()
    for rows in truth.values():
        if isinstance(rows, str):
            width = int(rows.removeprefix("half->adjacent/"))
            expected = tuple(lane for pair in range(width // 2) for lane in (pair, pair + width // 2))
        else:
            expected = tuple(rows[1])
        assert ours is not None
        assert expected == ours.sources(len(expected))


def test_rows_of_another_number_of_heads_are_refused() -> None:
    """Kimi-K2.5's converter moves rows as those of 16 heads where vt_num_attention_heads is given: refused."""
    with pytest.raises(InputError, match="it moves rows as those of 16 heads"):
        converted(TRUTH[OTHER_HEADS]["given"])


def test_every_procedure_is_used() -> None:
    """The table names exactly the procedures that there are."""
    lines = {line for entry in table().entries for tower in entry.towers.values() for line in tower.sets}
    assert {line.removeprefix("@") for line in lines if line.startswith("@")} == PROCEDURES.keys()


def saved(folder: Path, config: dict[str, Any]) -> str:
    """The name of a file that holds the config."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return str(path)


# Towers of transformers 5.24.0 whose kernels are those of llama.cpp once its rows are moved, each by reading both:
# models/*/modeling_*.py (apply_rotary_pos_emb_vision and the like) and tools/mtmd/models/*.cpp.
SAME = {
    "qwen2_vl": "ggml/vision", "qwen2_5_vl": "ggml/vision", "qwen3_vl": "ggml/vision", "glm4v": "ggml/vision",
    "llama4": "llama-cpp/vision-2d:first=w", "llava pixtral": "llama-cpp/vision-2d:first=h",
    "mistral3": "llama-cpp/vision-2d:first=h", "paddleocr_vl": "ggml/vision", "qwen3_5": "ggml/vision",
    "gemma4": "llama-cpp/vision-separate", "kimi_k25 plain": "llama-cpp/vision-2d:first=w",
}


TEXT_TYPES = {
    "qwen2_vl": "qwen2_vl_text", "qwen2_5_vl": "qwen2_5_vl_text", "qwen3_vl": "qwen3_vl_text", "glm4v": "glm4v_text",
    "llama4": "llama4_text", "llava pixtral": "llama", "mistral3": "mistral",
    "paddleocr_vl": "paddleocr_vl_text", "qwen3_5": "qwen3_5_text", "gemma4": "gemma4_text",
    "kimi_k25 plain": "deepseek_v3",
}
TEXT = {"hidden_size": 512, "num_attention_heads": 4, "num_key_value_heads": 4, "num_hidden_layers": 2,
        "vocab_size": 64, "intermediate_size": 64, "intermediate_size_mlp": 64, "head_dim": 128,
        "qk_rope_head_dim": 128}
SECTIONS = {"rope_scaling": {"type": "default", "mrope_section": [16, 24, 24]}}


@pytest.mark.parametrize("name", SAME)
def test_tower_against_transformers(name: str, tmp_path: Path) -> None:
    """llama.cpp's tower turns q and k of a published checkpoint as transformers' own does, once rows are moved."""
    text = {**TEXT, "model_type": TEXT_TYPES[name], **(SECTIONS if SAME[name] == "ggml/vision" else {})}
    config = {**TRUTH[name]["given"], "text_config": text}
    made = converted(config)
    assert made is not None
    model = read_llama_cpp(made.of("vision"))
    rows = made.rows.get("vision")
    width = load(str(model.parts[0].spec)).layout.width
    model = replace(model, parts=(replace(model.parts[0], rows=rows and rows.sources(width)),))
    found = list(compare(read_model(saved(tmp_path, config)), model, None))
    assert [(SAME[name], Relation.IDENTICAL)] == [
        (each.meeting.target.layout, each.verdict.holds) for each in found if each.verdict is not None
    ]


def test_a_model_with_its_tower(tmp_path: Path) -> None:
    """A config read for llama.cpp has the text model and the tower, each with the rows that its class moves."""
    config = {**TRUTH["llava pixtral"]["given"], "text_config": {**TEXT, "model_type": "llama"}}
    model = read_model(saved(tmp_path, config), "llama.cpp")
    halves = {part.name: [lane for pair in range(width // 2) for lane in (pair, pair + width // 2)]
              for part, width in zip(model.parts, (128, 24), strict=True)}
    assert {name: tuple(lanes) for name, lanes in halves.items()} == {part.name: part.rows for part in model.parts}
    assert ["", "vision"] == [each.part for each in model.findings if each.code == "RP202"]


def test_text_is_read_where_the_towers_are_not(tmp_path: Path) -> None:
    """A config whose towers the converter breaks off at still has its text part, and a finding that says why."""
    config = copy.deepcopy(TRUTH["llava clip"]["given"])
    config["text_config"] |= {"model_type": "llama"}
    model = read_model(saved(tmp_path, config), "llama.cpp")
    assert ["text"] == [part.name for part in model.parts]
    assert ["RP207"] == [each.code for each in model.findings if "clip_vision_model" in each.text]


def test_a_tower_beside_one_that_is_not_told(tmp_path: Path) -> None:
    """Sound is told where the image tower of the same file has no layout here."""
    config = copy.deepcopy(TRUTH["gemma4 audio"]["given"])
    config["vision_config"]["num_attention_heads"] = 5
    found = converted(config)
    assert found is not None
    assert ["clip.has_audio_encoder"] == [key for key in found.of("audio").keys if "_encoder" in key]
    assert ("vision", "audio") == found.given
