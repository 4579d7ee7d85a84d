"""Layers that predict further tokens: which tensors they are, and that they move with the layers that they are like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated import LLAMA, Arrays, llama_shapes, random_arrays, read_arrays, write_model

from prover.api import permute_weights, verify_weights
from prover.sources.arguments import read_arguments
from prover.sources.config_json import config_model
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.model import Model
from prover.sources.readings import table as readings_table
from prover.weights.packed.drafts import find_drafts
from prover.weights.packed.find_slots import find_slots
from prover.weights.packed.packings import by_type, gguf_packings, packings
from prover.weights.packed.slots import Slots
from prover.weights.stored.tensors import Format
from sources.gguf_writer import F32, STR, U32, gguf
from sources.llama_truth import metadata_of
from weights.truth import checkpoint_of, shapes_of, table

TRANSFORMERS = table("transformers_tensors.json")
LLAMA_CPP = table("llama_cpp_tensors.json")
GLM = LLAMA | {"model_type": "glm4_moe", "partial_rotary_factor": 1.0, "num_hidden_layers": 2,
               "num_nextn_predict_layers": 1}
# By hand: row 2j of adjacent pairs is row j of halves.
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
LATENT = {"q_b_proj.weight", "kv_a_proj_with_mqa.weight", "kv_b_proj.weight", "o_proj.weight"}
PLAIN = {"q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight"}
NORMED = PLAIN | {"q_norm.weight", "k_norm.weight"}
INDEXER = {"indexer.wq_b.weight", "indexer.wk.weight", "indexer.k_norm.weight", "indexer.k_norm.bias"}
# What vLLM 0.33.0 loads a draft from, and of MiMo llama.cpp's converter: the layer's front on disk, what transformers
# calls that of a like layer, keys of the part's config, and which tensors hold rows of heads.
KINDS: dict[str, tuple[str, str, dict[str, int], set[str]]] = {
    "deepseek_v3": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1}, LATENT),
    "deepseek_v32": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1}, LATENT | INDEXER),
    "glm_moe_dsa": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1}, LATENT | INDEXER),
    "glm4_moe": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1}, PLAIN),
    "glm4_moe with norms": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1},
                            NORMED | {"q_proj.bias", "k_proj.bias", "v_proj.bias"}),
    "glm4_moe_lite": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1}, LATENT),
    "glm_ocr": ("model.language_model.layers.4.", "model.language_model.layers.3.", {"num_nextn_predict_layers": 1},
                PLAIN),
    "hy_v3": ("model.layers.4.", "model.layers.3.", {"num_nextn_predict_layers": 1}, NORMED),
    "qwen3_next": ("mtp.layers.0.", "model.layers.3.", {}, NORMED),
    "qwen3_5": ("mtp.layers.0.", "model.language_model.layers.3.", {"mtp_num_hidden_layers": 1}, NORMED),
    "mimo_v2_flash": ("model.mtp.layers.0.", "model.layers.0.", {}, PLAIN),
    "exaone_moe": ("mtp.layers.0.", "model.layers.0.", {}, NORMED),
}


def read(config: dict[str, Any], shapes: dict[str, Any]) -> tuple[Slots, Model]:
    """The slots of tensors of these shapes, and the model with its drafts."""
    keys = Keys(parse_json_object(json.dumps(config), "config.json"), "config.json")
    checkpoint = checkpoint_of(shapes)
    model = config_model(keys)
    model = find_drafts(keys, model, checkpoint).into(model)
    return find_slots(checkpoint, keys, model), model


def unplaced(slots: Slots) -> list[str]:
    """Tensors that keep rows still since they are in no slot."""
    return [name for each in slots.barriers for name in each.unplaced]


def with_draft(kind: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The config of a model, its tensors with a draft beside them, and the draft's front."""
    front, like, keys, _ = KINDS[kind]
    row = TRANSFORMERS[kind]
    shapes = shapes_of(row["tensors"])
    shapes |= {front + name.removeprefix(like): shape for name, shape in shapes.items() if name.startswith(like)}
    config = dict(row["config"])
    if "text_config" in config:
        return {**config, "text_config": {**config["text_config"], **keys}}, shapes, front
    return {**config, **keys}, shapes, front


@pytest.mark.parametrize("kind", KINDS)
def test_the_tensors_of_a_draft(kind: str) -> None:
    """They count as a further layer of their kind, with its rows; and nothing keeps the others still."""
    config, shapes, front = with_draft(kind)
    slots, model = read(config, shapes)
    assert [] == unplaced(slots)
    mine = [slot for slot in slots.slots if slot.tensor.name.startswith(front)]
    assert KINDS[kind][3] == {slot.tensor.name.partition(".self_attn.")[2] for slot in mine}
    assert {4} == {slot.layer for slot in mine}
    like = KINDS[kind][1]
    blocks = {slot.tensor.name.removeprefix(like): slot.blocks for slot in slots.slots}
    assert all(slot.blocks == blocks[slot.tensor.name.removeprefix(front)] for slot in mine)
    number = int(like.rstrip(".").rpartition(".")[2])
    for name in {slot.part for slot in mine}:
        (part,) = [each for each in model.parts if each.name == name and 4 in (each.layers or ())]
        assert part.layout is not None
        assert number in (part.layers or ())


@pytest.mark.parametrize(("kind", "keys", "name"), [
    ("glm4_moe", {"num_nextn_predict_layers": 0}, "model.layers.4.self_attn.q_proj.weight"),
    ("glm4_moe", {"num_nextn_predict_layers": 1}, "model.layers.5.self_attn.q_proj.weight"),
    ("qwen3_next", {"num_nextn_predict_layers": 1}, "mtp.layers.1.self_attn.q_proj.weight"),
    ("qwen3_next", {}, "model.mtp.layers.0.self_attn.q_proj.weight"),
    ("ernie4_5_moe", {"num_nextn_predict_layers": 1}, "model.mtp_block.0.self_attn.q_proj.weight"),
    ("llama", {"num_nextn_predict_layers": 1}, "model.layers.4.self_attn.q_proj.weight"),
])
def test_what_is_no_known_draft_keeps_rows_still(kind: str, keys: dict[str, int], name: str) -> None:
    """Layers beyond those that the config counts, other names, and types whose drafts are not known or contradict."""
    row = TRANSFORMERS[kind]
    shapes = shapes_of(row["tensors"])
    wide = next(shape for each, shape in shapes.items() if each.endswith("self_attn.q_proj.weight"))
    assert [name] == unplaced(read({**row["config"], **keys}, {**shapes, name: wide})[0])


def test_a_checkpoint_without_its_drafts() -> None:
    """transformers saves none and leaves the key: then there is no further layer."""
    row = TRANSFORMERS["glm4_moe"]
    assert 1 == row["config"]["num_nextn_predict_layers"]
    slots, model = read(row["config"], shapes_of(row["tensors"]))
    assert ((0, 1, 2, 3),) == tuple(part.layers for part in model.parts)
    assert {0, 1, 2, 3} == {slot.layer for slot in slots.slots}


@pytest.mark.parametrize("kind", ["glm4_moe", "qwen3_5", "hy_v3"])
def test_a_count_of_drafts_that_is_far_too_large(kind: str) -> None:
    """The drafts that are there are those of an honest count, and the others are not looked for one by one."""
    config, shapes, _ = with_draft(kind)
    (key,) = KINDS[kind][2]
    inner = config.get("text_config", config)
    assert 1 == inner[key]
    slots, model = read(config, shapes)
    inner[key] = (1 << 31) - 1
    assert (slots, [part.layers for part in model.parts]) == (
        (found := read(config, shapes))[0], [part.layers for part in found[1].parts])


def moved(arrays: Arrays, *layers: int) -> Arrays:
    """The rows of q and k of these layers as adjacent pairs need them."""
    rows = [8 * head + row for head in range(8) for row in HALF_TO_ADJACENT]
    words = tuple(f"layers.{layer}.self_attn.{role}_" for layer in layers for role in "qk")
    return {name: array[rows[: len(array)]] if any(word in name for word in words) else array
            for name, array in arrays.items()}


def test_a_draft_moves_with_the_layers(tmp_path: Path) -> None:
    """GLM-4.5's layer behind the last is moved as the others; verify calls that right, and names one left behind."""
    source = random_arrays(llama_shapes({**GLM, "num_hidden_layers": 3}))
    model = write_model(tmp_path / "model", GLM, source)
    found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out"))
    assert 0 == found.exit_code, found.to_text()
    right, written = moved(source, 0, 1, 2), read_arrays(tmp_path / "out")
    assert right.keys() == written.keys()
    assert all((right[name] == written[name]).all() for name in right)
    assert "right" == verify_weights(str(model), str(tmp_path / "out")).verdict
    meant = "ggml/normal:head_dim=8:base=10000"
    done = write_model(tmp_path / "done", GLM, right)
    assert "right" == verify_weights(str(model), str(done), meant_for=meant).verdict
    half = write_model(tmp_path / "half", GLM, moved(source, 0, 1))
    compared = verify_weights(str(model), str(half), meant_for=meant)
    assert "wrong" == compared.verdict
    assert "layer 2" in compared.to_text().replace("\n", " ")
    other = write_model(tmp_path / "other", GLM, moved(source, 2))
    assert "wrong" == verify_weights(str(model), str(other)).verdict


def test_a_draft_that_is_left_out(tmp_path: Path) -> None:
    """A copy without it is not called the same: the layer was not compared."""
    source = random_arrays(llama_shapes({**GLM, "num_hidden_layers": 3}))
    model = write_model(tmp_path / "model", GLM, source)
    less = {name: array for name, array in source.items() if "layers.2." not in name}
    short = write_model(tmp_path / "short", GLM, less)
    compared = verify_weights(str(model), str(short))
    assert "text, layers 2: not compared, tensors of the source" in compared.to_text().replace("\n", " ")


def test_a_draft_beside_another_models_config(tmp_path: Path) -> None:
    """A target that is a whole model, or an engine, turns the draft as it does the layers that it is like."""
    source = random_arrays(llama_shapes({**GLM, "num_hidden_layers": 3}))
    model = write_model(tmp_path / "model", GLM, source)
    cohere = tmp_path / "cohere.json"
    cohere.write_text(json.dumps({**GLM, "model_type": "cohere"}))
    assert 0 == permute_weights(str(model), target=str(cohere), out=str(tmp_path / "out")).exit_code
    written = read_arrays(tmp_path / "out")
    right = moved(source, 0, 1, 2)
    assert all((right[name] == written[name]).all() for name in right)


@pytest.mark.parametrize("name", gguf_packings().drafts)
def test_the_last_blocks_of_a_gguf_file(name: str) -> None:
    """Of block_count layers the last nextn_predict_layers draft; llama.cpp has all tensors of one in each of them."""
    row = LLAMA_CPP[name]
    blocks = row["keys"]["block_count"]
    shapes = shapes_of(row["tensors"], "blk.")
    last = next(layer for layer in range(blocks - 1, -1, -1) if f"blk.{layer}.attn_output.weight" in shapes)
    shapes |= {each.replace(f"blk.{last}.", f"blk.{blocks}."): shape for each, shape in shapes.items()
               if each.startswith(f"blk.{last}.")}
    keys = {f"{name}.{key}": [*value, value[last]] if isinstance(value, list) and len(value) == blocks else value
            for key, value in row["keys"].items()}
    metadata = metadata_of(name, {**keys, f"{name}.block_count": blocks + 1, f"{name}.nextn_predict_layers": 1}, {})
    checkpoint = checkpoint_of(shapes, Format.GGUF)
    model = read_llama_cpp(metadata, read_arguments("", ""))
    assert [f"blk.{blocks}."] == sorted({each.partition(".attn")[0] + "." for each in unplaced(
        find_slots(checkpoint, metadata, model)) if "indexer" not in each})
    model = find_drafts(metadata, model, checkpoint).into(model)
    slots = find_slots(checkpoint, metadata, model)
    assert [] == [each for each in unplaced(slots) if "indexer" not in each]
    held, like = ({slot.tensor.name.partition(f"blk.{layer}.")[2] for slot in slots.slots if slot.layer == layer}
                  for layer in (blocks, last))
    assert held == like


def test_a_gguf_file_with_sections_has_no_known_draft() -> None:
    """llama.cpp turns glm4moe's draft without sections, and the other layers with them."""
    row = LLAMA_CPP["glm4moe"]
    shapes = shapes_of(row["tensors"], "blk.")
    keys = {f"glm4moe.{key}": value for key, value in row["keys"].items()}
    metadata = metadata_of("glm4moe", {**keys, "glm4moe.nextn_predict_layers": 1,
                                       "glm4moe.rope.dimension_sections": [16, 16, 16, 0]}, {})
    model = read_llama_cpp(metadata, read_arguments("", ""))
    assert {} == find_drafts(metadata, model, checkpoint_of(shapes, Format.GGUF)).like


def test_drafts_are_of_types_with_a_packing() -> None:
    """No name is misspelt, and none stands twice."""
    names = [name for each in packings().draft for name in each.types]
    assert len(names) == len(set(names))
    assert set() == set(names) - by_type().keys()
    assert set() == set(names) - {name for each in readings_table().reading for name in each.types}


def test_a_gguf_draft_moves_with_the_layers(tmp_path: Path) -> None:
    """glm4moe's last block is moved as the others, byte by byte as by hand."""
    random = np.random.default_rng(3)
    keys = [("general.architecture", STR, "glm4moe"), *((f"glm4moe.{key}", U32, value) for key, value in {
        "block_count": 3, "nextn_predict_layers": 1, "context_length": 128, "embedding_length": 64,
        "attention.head_count": 8, "attention.head_count_kv": 2, "attention.key_length": 8,
        "attention.value_length": 8, "rope.dimension_count": 8}.items()),
        ("glm4moe.rope.freq_base", F32, 10000.0)]
    rows = {"attn_q": 64, "attn_k": 16, "attn_v": 16, "attn_output": 64}
    arrays = {f"blk.{layer}.{name}.weight": random.standard_normal((count, 64)).astype("<f4")
              for layer in range(3) for name, count in rows.items()}
    order = [8 * head + row for head in range(8) for row in HALF_TO_ADJACENT]

    def write(file: str, arrays: Arrays) -> Path:
        tensors = [(name, each.shape[::-1], 0, each.tobytes()) for name, each in arrays.items()]
        (tmp_path / file).write_bytes(gguf(keys, tensors))
        return tmp_path / file

    model = write("model.gguf", arrays)
    right = write("right.gguf", {name: each[order[: len(each)]] if "attn_q" in name or "attn_k" in name else each
                                 for name, each in arrays.items()})
    found = permute_weights(str(model), target="ggml/normal", out=str(tmp_path / "out"))
    assert 0 == found.exit_code, found.to_text()
    (written,) = (tmp_path / "out").glob("*.gguf")
    assert right.read_bytes() == written.read_bytes()
