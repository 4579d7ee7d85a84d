"""Tensors that may hold rows of q and k and are in no slot, and what --tensors leaves of what is known of a model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from generated import LLAMA, Arrays, llama_shapes, random_arrays, write_model

from prover.api import permute_weights, verify_weights
from prover.errors import InputError
from prover.sources.arguments import read_arguments
from prover.sources.config_json import config_model
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys
from prover.sources.llama_cpp import read_llama_cpp
from prover.weights.packed.find_slots import find_slots
from prover.weights.packed.given import read_given
from prover.weights.packed.packings import gguf_packings
from prover.weights.packed.slots import Barrier
from prover.weights.stored.tensors import Format
from sources.llama_truth import metadata_of
from weights.truth import checkpoint_of, shapes_of, table

TO = "ggml/normal"
MEANT = "ggml/normal:head_dim=8:base=10000"
# By hand: row 2j of adjacent pairs is row j of halves.
HALF_TO_ADJACENT = [0, 4, 1, 5, 2, 6, 3, 7]
ONE = LLAMA | {"num_hidden_layers": 1}
AT = "model.layers.0.self_attn"
PEFT = f"base_model.model.{AT}"
GIVEN = "q=foo.{layer}.q_proj.weight,k=foo.{layer}.k_proj.weight"


def moved(arrays: Arrays, *words: str) -> Arrays:
    """The rows of each head as adjacent pairs need them, of tensors with one of these words in their names."""
    rows = [8 * head + row for head in range(8) for row in HALF_TO_ADJACENT]
    return {name: array[rows[: len(array)]] if any(word in name for word in words) else array
            for name, array in arrays.items()}


def barriers_of(config: dict[str, Any], shapes: dict[str, Any], given: str = "") -> list[Barrier]:
    """What keeps rows of tensors of these shapes from being moved."""
    keys = Keys(parse_json_object(json.dumps(config), "config.json"), "config.json")
    found = find_slots(checkpoint_of(shapes), keys, config_model(keys), read_given(given) if given else {})
    return [each for each in found.barriers if each.relation == "permutation"]


UNPLACED = [
    "mtp.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.k_proj.weight", f"ema.{AT}.q_proj.weight",
    f"{AT}.q_norm.weight", f"{AT}.k_layernorm.bias", f"{AT}.q_bias", f"{AT}.qkv_proj.weight",
    f"{AT}.k_proj.modules_to_save.weight", f"{AT}.q_proj.modules_to_save.default.weight", f"{AT}.query_key_value.bias",
    f"{AT}.c_attn.weight", f"{AT}.in_proj_weight", f"{AT}.Wqkv.weight", "model.layers.0.attention.wq.weight",
    "model.layers.0.attention.self.key.weight", "model.layers.0.attn_q_2.weight", "model.layers.0.mixer.k_proj.weight",
]


@pytest.mark.parametrize("name", UNPLACED)
def test_what_may_hold_rows_and_is_in_no_slot(name: str) -> None:
    """It keeps the rows of its part still, and is named."""
    (barrier,) = barriers_of(ONE, {**llama_shapes(ONE), name: (64, 64)})
    assert "text" == barrier.part
    assert name in barrier.why


@pytest.mark.parametrize("name", [
    f"{AT}.o_proj.bias", f"{AT}.v_proj.bias", f"{AT}.gate_proj.weight", f"{AT}.sinks", "model.layers.0.mlp.key.weight",
    f"{AT}.rotary_emb.inv_freq", "model.layers.0.cross_attn.q_proj.weight", "model.layers.0.linear_attn.in_proj.weight",
    "vision_tower.encoder.layers.0.self_attn.q_proj.weight", "audio_tower.layers.0.self_attn.q_proj.weight",
    "visual.merger.ln_q.weight", "model.layers.0.attn_norm.weight", f"{AT}.q_a_proj.weight",
])
def test_what_holds_no_rows_that_turn(name: str) -> None:
    """Other projections, other towers, attention to another sequence, and what goes into a latent keep nothing."""
    assert [] == barriers_of(ONE, {**llama_shapes(ONE), name: (16,) if name.endswith("v_proj.bias") else (64,)})


def test_a_tensor_in_one_layer_keeps_that_layer_still() -> None:
    """Layers of another type may move."""
    config = LLAMA | {"num_hidden_layers": 3}
    shapes = {**llama_shapes(config), "model.layers.1.self_attn.q_norm.weight": (8,)}
    assert [(1,)] == [each.layers for each in barriers_of(config, shapes)]
    assert [()] == [each.layers for each in barriers_of(config, {**shapes, f"mtp.{AT}.k_proj.weight": (16, 64)})]


def test_layers_behind_the_last(tmp_path: Path) -> None:
    """Further layers of a type whose drafts are not known are not moved by halves, nor called right."""
    config = ONE | {"num_nextn_predict_layers": 1}
    source = random_arrays(llama_shapes({**config, "num_hidden_layers": 2}))
    model = write_model(tmp_path / "model", config, source)
    found = permute_weights(str(model), target=TO, out=str(tmp_path / "out"))
    assert (1, False) == (found.exit_code, (tmp_path / "out").exists())
    assert "model.layers.1.self_attn.k_proj.weight" in found.to_text().replace("\n            ", " ")
    half = write_model(tmp_path / "half", config, moved(source, "layers.0.self_attn.q_", "layers.0.self_attn.k_"))
    compared = verify_weights(str(model), str(half), meant_for=MEANT)
    assert "undecided" == compared.verdict
    assert "model.layers.1.self_attn.k_proj.weight" in compared.to_text().replace("\n", " ")
    other = write_model(tmp_path / "other", config, moved(source, "layers.1.self_attn.q_", "layers.1.self_attn.k_"))
    compared = verify_weights(str(model), str(other))
    assert "undecided" == compared.verdict
    assert "model.layers.1.self_attn.k_proj.weight" in compared.to_text().replace("\n", " ")


@pytest.mark.parametrize("left_out", [("model.layers.1.self_attn.k_norm.weight",),
                                      tuple(f"model.layers.{layer}.self_attn.k_norm.weight" for layer in range(3))])
def test_a_norm_that_is_missing(left_out: tuple[str, ...]) -> None:
    """A norm of one layer, or of k alone, may stand under another name: rows do not move without it."""
    qwen3 = LLAMA | {"model_type": "qwen3"}
    shapes = llama_shapes(qwen3, norms=True)
    assert [] == barriers_of(qwen3, shapes)
    (barrier,) = barriers_of(qwen3, {name: shape for name, shape in shapes.items() if name not in left_out})
    assert tuple(int(name.split(".")[2]) for name in left_out) == barrier.layers
    assert "k_norm" in barrier.why


def without_norms(shapes: dict[str, Any]) -> dict[str, Any]:
    """The tensors but for norms of q and k."""
    return {name: shape for name, shape in shapes.items() if not re.search(r"(q|k)_(layer)?norm\.", name)}


@pytest.mark.parametrize(("kind", "keys", "is_kept"), [
    ("qwen3", {}, True), ("gemma3_text", {}, True), ("lfm2", {}, True), ("olmo2", {}, True), ("qwen3_next", {}, True),
    ("persimmon", {}, True), ("persimmon", {"qk_layernorm": False}, False), ("glm4_moe", {"use_qk_norm": True}, True),
    ("glm4_moe", {}, False), ("cohere", {}, False), ("cohere", {"use_qk_norm": True}, True), ("phi", {}, False),
    ("stablelm", {"qk_layernorm": True}, True), ("gemma3n_text", {}, True), ("llama", {}, False),
])
def test_norms_that_a_type_always_has(kind: str, keys: dict[str, bool], is_kept: bool) -> None:
    """Where none of them is there they may have other names: rows do not move, in layers that rotate."""
    row = table("transformers_tensors.json")[kind]
    shapes = shapes_of(row["tensors"])
    config = {key: value for key, value in row["config"].items() if key not in ("use_qk_norm", "qk_layernorm")}
    whys = [each.why for each in barriers_of({**config, **keys}, without_norms(shapes))]
    assert is_kept == bool(whys)
    assert [] == [why for why in whys if "this type of attention always has, is missing" not in why]


@pytest.mark.parametrize("kind", table("transformers_tensors.json"))
def test_no_norm_is_missed_that_transformers_does_not_write(kind: str) -> None:
    """What it saves of a model has all norms that are expected."""
    row = table("transformers_tensors.json")[kind]
    assert [] == [each.why for each in barriers_of(row["config"], shapes_of(row["tensors"])) if "missing" in each.why]


@pytest.mark.parametrize("name", table("llama_cpp_tensors.json"))
def test_norms_that_llama_cpp_asks_for(name: str) -> None:
    """No norm is missed beside the tensors that it asks for; without any, rows of those that need some do not move."""
    row = table("llama_cpp_tensors.json")[name]
    keys = {f"{name}.{key}": value for key, value in row["keys"].items()}
    metadata = metadata_of(name, keys, {"rope_freqs.weight": 64} if name == "gemma4" else {})
    model = read_llama_cpp(metadata, read_arguments("", ""))

    def missed(shapes: dict[str, Any]) -> bool:
        found = find_slots(checkpoint_of(shapes, Format.GGUF), metadata, model)
        return any("is missing" in each.why for each in found.barriers)

    shapes = shapes_of(row["tensors"], "blk.")
    assert not missed(shapes)
    assert (name in gguf_packings().normed) == missed(without_norms(shapes))


def test_a_name_of_no_tensor_is_refused() -> None:
    """A slip of the pen in --tensors does not leave out what it names."""
    shapes = {name.replace(AT, "foo.0"): shape for name, shape in llama_shapes(ONE).items()}
    with pytest.raises(InputError, match=r"'foo\.\{layer\}\.qnorm' names no tensor of any layer"):
        barriers_of(ONE, shapes, f"{GIVEN},q_norm=foo.{{layer}}.qnorm.weight")


def test_an_adapter_of_whole_modules_alone() -> None:
    """A copy of a whole projection in an adapter without a B of q and k is told too."""
    shapes = {f"{PEFT}.k_proj.modules_to_save.weight": (16, 64), f"{PEFT}.o_proj.lora_B.weight": (64, 4)}
    assert ["text"] == [each.part for each in barriers_of(ONE, shapes)]


@pytest.mark.parametrize("name", ["blk.12.attn_q.weight", "blk.0.attn_q_2.weight", "mtp.0.attn_k.weight"])
def test_a_gguf_file_with_more(name: str) -> None:
    """Layers beyond block_count and second projections keep rows still."""
    row = table("llama_cpp_tensors.json")["gemma2"]
    metadata = metadata_of("gemma2", {f"gemma2.{key}": value for key, value in row["keys"].items()}, {})
    assert 12 == row["keys"]["block_count"]
    model = read_llama_cpp(metadata, read_arguments("", ""))
    shapes = shapes_of(row["tensors"], "blk.")
    assert () == find_slots(checkpoint_of(shapes, Format.GGUF), metadata, model).barriers
    (barrier,) = find_slots(checkpoint_of({**shapes, name: [64, 64]}, Format.GGUF), metadata, model).barriers
    assert ("text", "permutation", True) == (barrier.part, barrier.relation, name in barrier.why)


def test_a_known_model_by_other_names_keeps_its_norms() -> None:
    """Qwen3's norms move with rows: beside tensors that --tensors names they have to be named too."""
    qwen3 = ONE | {"model_type": "qwen3"}
    shapes = {name.replace(AT, "foo.0"): shape for name, shape in llama_shapes(qwen3, norms=True).items()}
    (barrier,) = barriers_of(qwen3, shapes, GIVEN)
    assert "foo.0.k_norm.weight, foo.0.q_norm.weight" in barrier.why or "foo.0.q_norm.weight" in barrier.why
    assert [] == barriers_of(qwen3, shapes, f"{GIVEN},q_norm=foo.{{layer}}.q_norm.weight,"
                                            "k_norm=foo.{layer}.k_norm.weight")


def test_a_known_model_by_other_names_keeps_its_barriers() -> None:
    """A norm behind the rotation (Hunyuan), and v that is k (Gemma 4), keep rows still by whatever names."""
    shapes = {name.replace(AT, "foo.0"): shape for name, shape in llama_shapes(ONE).items()}
    hunyuan = ONE | {"model_type": "hunyuan_v1_dense"}
    assert ["a norm with a gain stands behind the rotation, whose lanes are those that were written"] == [
        each.why for each in barriers_of(hunyuan, shapes, GIVEN)]
    gemma = ONE | {"model_type": "gemma4_text", "layer_types": ["full_attention"], "attention_k_eq_v": True,
                   "global_head_dim": 8, "num_global_key_value_heads": 2}
    assert ["v is k before its norm: moving the rows of one moves those of the other"] == [
        each.why for each in barriers_of(gemma, shapes, GIVEN)]


@pytest.mark.parametrize(("architecture", "given", "why"), [
    ("hunyuan-dense", "", "a norm with a gain stands behind the rotation, whose lanes are those that were written"),
    ("gemma4", "", "v is k before its norm: moving the rows of one moves those of the other"),
    ("gemma4", ",v=blk.{layer}.attn_v.weight", ""),
])
def test_a_gguf_file_by_other_names_keeps_its_barriers(architecture: str, given: str, why: str) -> None:
    """A norm behind the rotation; v that is k, but where a tensor of v is named."""
    row = table("llama_cpp_tensors.json")[architecture]
    keys = {f"{architecture}.{key}": value for key, value in row["keys"].items()}
    metadata = metadata_of(architecture, keys, {"rope_freqs.weight": 64} if architecture == "gemma4" else {})
    model = read_llama_cpp(metadata, read_arguments("", ""))
    shapes = {name: shape for name, shape in shapes_of(row["tensors"], "blk.").items() if "norm" not in name}
    said = read_given("q=blk.{layer}.attn_q.weight,k=blk.{layer}.attn_k.weight" + given)
    found = find_slots(checkpoint_of(shapes, Format.GGUF), metadata, model, said)
    assert ([why] if why else []) == [each.why for each in found.barriers if each.relation == "permutation"]
