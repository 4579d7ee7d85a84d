"""Slots: which tensors of a checkpoint hold rows of q, k, v and o, and what keeps them still."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from prover.errors import InputError
from prover.layouts.spec import catalogue
from prover.sources.arguments import read_arguments
from prover.sources.config_json import config_model
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys
from prover.sources.llama.architectures import architectures
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.readings import table as readings_table
from prover.weights.packed.adapter import check_adapter
from prover.weights.packed.find_slots import find_slots
from prover.weights.packed.given import read_given
from prover.weights.packed.packing import read_rows
from prover.weights.packed.packings import by_type, gguf_packings, packings
from prover.weights.packed.slots import Block, Kind, Role, Slot, Slots
from prover.weights.stored.tensors import Format
from sources.llama_truth import metadata_of
from weights.truth import checkpoint_of, shapes_of, table

TRANSFORMERS = table("transformers_tensors.json")
LLAMA_CPP = table("llama_cpp_tensors.json")
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2,
         "num_hidden_layers": 2, "head_dim": 12, "max_position_embeddings": 128}
# What llama.cpp's attention has besides: norms of the stream, projections into a latent, gates, sinks, adapters.
NO_ROWS = re.compile(
    r"attn_(norm|output|q_a|kv_a_norm|gate|k_b|v_b)"
    r"|hc_attn|indexer"
)

UNPLACED = "by their names rows of q or k may be in"  # what is told of tensors that no packing covers


def llama(layers: int = 2, before: str = "model.", **more: list[int]) -> dict[str, list[int]]:
    """The attention of a llama of 8 heads of 12 lanes with 2 KV heads."""
    own = {"q_proj.weight": [96, 64], "k_proj.weight": [24, 64], "v_proj.weight": [24, 64], "o_proj.weight": [64, 96]}
    return {f"{before}layers.{layer}.self_attn.{name}": shape for layer in range(layers)
            for name, shape in {**own, **more}.items()}


def slots_of(config: dict[str, Any], shapes: dict[str, list[int]], given: str = "") -> Slots:
    """The slots of tensors of these shapes."""
    keys = Keys(parse_json_object(json.dumps(config), "config.json"), "config.json")
    return find_slots(checkpoint_of(shapes), keys, config_model(keys), read_given(given) if given else {})


def heads(slots: tuple[Slot, ...], layer: int, role: Role) -> set[int | None]:
    """The heads of a role that a layer's weights have."""
    return {block.head for slot in slots if slot.layer == layer and slot.kind is Kind.WEIGHT
            for block in slot.blocks if block.role is role}


def test_the_heads_of_a_llama_are_blocks_of_their_width() -> None:
    """q_proj holds all heads of q one after another, k_proj those of k; o_proj has them in its columns."""
    found = slots_of(LLAMA, llama())
    assert ("llama", ()) == (found.architecture, found.barriers)
    assert 8 == len(found.slots)
    k, o, q, v = found.slots[:4]
    assert ("text", 0, Kind.WEIGHT, 24) == (k.part, k.layer, k.kind, k.rows)
    assert (Block(Role.K, 0, 0, 12), Block(Role.K, 1, 12, 12)) == k.blocks
    assert tuple(Block(Role.Q, head, 12 * head, 12) for head in range(8)) == q.blocks
    assert (Block(Role.V, 0, 0, 12), Block(Role.V, 1, 12, 12)) == v.blocks
    assert (64, tuple(Block(Role.O, head, 12 * head, 12) for head in range(8))) == (o.rows, o.blocks)


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_every_head_of_transformers_models(kind: str) -> None:
    """In each layer that rotates every head of q and of k is found, as many as the config says."""
    row = TRANSFORMERS[kind]
    found = slots_of(row["config"], shapes_of(row["tensors"]))
    model = config_model(Keys(parse_json_object(json.dumps(row["config"]), "config.json"), "config.json"))
    assert [] == [each.why for each in found.barriers if UNPLACED in each.why]
    text = row["config"].get("text_config", row["config"])
    number = text.get("num_attention_heads", text.get("n_head"))
    for part in model.parts:
        for layer in part.layers or () if part.name == "text" and part.layout else ():
            assert set(range(number)) == heads(found.slots, layer, Role.Q)
            shared = row["config"].get("num_kv_shared_layers") or 0
            if layer < text.get("num_hidden_layers", 0) - shared:
                assert heads(found.slots, layer, Role.K)


@pytest.mark.parametrize("architecture", LLAMA_CPP)
def test_every_head_of_llama_cpp(architecture: str) -> None:
    """In each layer that rotates every head of q and k is found, and no other tensor of the attention is left over."""
    row = LLAMA_CPP[architecture]
    keys = {f"{architecture}.{key}": value for key, value in row["keys"].items()}
    metadata = metadata_of(architecture, keys, {"rope_freqs.weight": 64} if architecture == "gemma4" else {})
    model = read_llama_cpp(metadata, read_arguments("", ""))
    shapes = shapes_of(row["tensors"], "blk.")
    found = find_slots(checkpoint_of(shapes, Format.GGUF), metadata, model, {})
    held = {slot.tensor.name for slot in found.slots}
    stopped = {layer for barrier in found.barriers if barrier.relation == "permutation" for layer in barrier.layers}
    assert [] == [each.why for each in found.barriers if UNPLACED in each.why]
    number = row["keys"]["attention.head_count"]
    for part in model.parts:
        for layer in part.layers or () if part.name == "text" and part.layout else ():
            own = number[layer] if isinstance(number, list) else number
            assert set(range(own)) == heads(found.slots, layer, Role.Q)
            assert heads(found.slots, layer, Role.K)
            left = {name for name in shapes if name.startswith(f"blk.{layer}.") and name not in held}
            assert set() == {name for name in left if layer not in stopped and not NO_ROWS.search(name)}


def test_biases_norms_and_scales_are_slots_with_the_weights_rows() -> None:
    """A bias and a scale have an entry for each row, and a norm's gain lanes that all heads share."""
    more = {"q_proj.bias": [96], "q_proj.weight_scale": [96, 1], "q_norm.weight": [12], "k_norm.weight": [12]}
    found = slots_of({**LLAMA, "model_type": "qwen3"}, llama(1, **more) | llama(2, **more))
    kinds = {slot.tensor.name.partition("self_attn.")[2]: slot for slot in found.slots if slot.layer == 1}
    weight = kinds["q_proj.weight"]
    assert (Kind.BIAS, weight.blocks) == (kinds["q_proj.bias"].kind, kinds["q_proj.bias"].blocks)
    assert (Kind.SCALE, weight.blocks) == (kinds["q_proj.weight_scale"].kind, kinds["q_proj.weight_scale"].blocks)
    gain = kinds["k_norm.weight"]
    assert (Kind.GAIN, 12, (Block(Role.K, None, 0, 12),)) == (gain.kind, gain.rows, gain.blocks)
    assert [("pair-map", (0, 1))] == [(each.relation, each.layers) for each in found.barriers]


def test_a_scale_of_the_whole_tensor_is_no_slot() -> None:
    """It does not move with rows."""
    found = slots_of(LLAMA, llama(**{"q_proj.weight_scale": [1], "k_proj.input_scale": []}))
    assert 8 == len(found.slots)
    assert () == found.barriers


def test_scales_of_blocks_of_rows() -> None:
    """As many rows share an entry as the config says; where that does not fit, nothing may move."""
    shapes = llama(**{"q_proj.weight_scale_inv": [3, 2]})
    fp8 = {"quant_method": "fp8", "weight_block_size": [32, 32]}
    found = slots_of({**LLAMA, "quantization_config": fp8}, shapes)
    scale = next(slot for slot in found.slots if slot.kind is Kind.BLOCK_SCALE)
    assert (32, 96) == (scale.rows_per_entry, scale.rows)
    assert () == found.barriers
    (barrier,) = slots_of({**LLAMA, "quantization_config": {**fp8, "weight_block_size": [64, 64]}}, shapes).barriers
    assert ("permutation", (0, 1)) == (barrier.relation, barrier.layers)


@pytest.mark.parametrize(("behind", "said"), [
    ({"q_proj.qweight": [8, 96], "q_proj.qzeros": [1, 12], "q_proj.scales": [1, 96], "q_proj.g_idx": [64]}, "GPTQ"),
    ({"q_proj.weight": [3072, 1], "q_proj.weight.absmax": [96], "q_proj.weight.quant_map": [16],
      "q_proj.weight.quant_state.bitsandbytes__nf4": [90]}, "bitsandbytes"),
    ({"q_proj.weight_packed": [96, 8], "q_proj.weight_zero_point": [12, 1]}, "zero points"),
    ({"q_proj.whatever": [96]}, "whatever"),
])
def test_rows_that_cannot_be_moved_are_told(behind: dict[str, list[int]], said: str) -> None:
    """Quantised rows that do not lie one after another, and tensors that are not known, keep rows still."""
    shapes = llama(**behind)
    if "q_proj.qweight" in behind or "q_proj.weight_packed" in behind:
        shapes = {name: shape for name, shape in shapes.items() if not name.endswith("q_proj.weight")}
    barriers = slots_of(LLAMA, shapes).barriers
    assert {"permutation"} == {each.relation for each in barriers}
    assert any(said in each.why for each in barriers)


@pytest.mark.parametrize(("config", "shapes", "said"), [
    (LLAMA, llama(**{"k_proj.weight": [96, 64]}),
     "expected 24 rows, kv_heads*k (kv_heads = 2, from num_key_value_heads; k = 12, the layout's head), got the shape "
     "[96, 64]"),
    (LLAMA, llama(1), "has no weight with rows of q in layer 1 of text. Is a shard missing"),
    (LLAMA, llama(before="encoder."), "it has encoder.layers.{layer}.self_attn.k_proj.weight, "),
    (LLAMA, llama(before="encoder."), "holds none of the tensors of llama (text), such as layers.0.self_attn.q_proj"),
    (LLAMA, llama() | llama(before="language_model."), "holds text layers twice"),
    ({**LLAMA, "model_type": "zamba2", "use_mem_rope": True, "layer_types": ["hybrid"] * 2, "attention_head_dim": 12},
     llama(), "which tensors of 'zamba2' hold the rows of q and k is not known here"),
])
def test_what_does_not_fit_is_refused(config: dict[str, Any], shapes: dict[str, list[int]], said: str) -> None:
    """A shape that the config does not say, a layer that is missing, names that are not known, and two towers."""
    with pytest.raises(InputError) as fault:
        slots_of(config, shapes)
    assert said in str(fault.value)


def test_a_head_of_one_tower_is_not_taken_for_another() -> None:
    """Layers of a vision tower have the same names behind another prefix."""
    shapes = llama() | llama(before="vision_tower.vision_model.encoder.", **{"q_proj.weight": [64, 64]})
    assert set(llama()) == {slot.tensor.name for slot in slots_of(LLAMA, shapes).slots}


GIVEN = "q=net.{layer}.query.weight,k=net.{layer}.key.weight,v=net.{layer}.value.weight,o=net.{layer}.out.weight"


def test_named_tensors() -> None:
    """What --tensors names is taken as it says."""
    shapes = {f"net.{layer}.{name}.weight": shape for layer in (0, 1)
              for name, shape in (("query", [96, 64]), ("key", [24, 64]), ("value", [24, 64]), ("out", [64, 96]))}
    assert [slot.blocks for slot in slots_of(LLAMA, llama()).slots if slot.layer == 0] == [
        slot.blocks for slot in slots_of(LLAMA, shapes, GIVEN).slots if slot.layer == 0]


def test_named_rows() -> None:
    """Rows stand in the place of a role where a tensor holds several; brackets may hold commas."""
    shapes = {f"net.{layer}.{name}.weight": shape for layer in (0, 1)
              for name, shape in (("qkv", [144, 64]), ("n", [12]))}
    given = "heads*q + kv_heads*(k[0, 4] + k[4, k]) + kv_heads*v=net.{layer}.qkv.weight,q_norm=net.{layer}.n.weight"
    found = slots_of(LLAMA, shapes, given)
    qkv = next(slot for slot in found.slots if slot.kind is Kind.WEIGHT)
    assert Block(Role.K, 1, 112, 8, 4) in qkv.blocks
    assert ["pair-map"] == [each.relation for each in found.barriers]


@pytest.mark.parametrize(("given", "said"), [
    ("q", "is not ROWS=NAME"), ("q=a.weight", "has no {layer}"), ("q={layer}.a,q={layer}.b", "stands twice"),
    ("heads*(q={layer}.a", "expected ), got the end"), ("audio/q={layer}.a", "the model has no part 'audio'"),
    ("q=net.{layer}.a.weight,k=net.{layer}.b.weight", "or is a name of --tensors wrong?"),
])
def test_wrong_names(given: str, said: str) -> None:
    """What --tensors cannot mean is refused."""
    with pytest.raises(InputError) as fault:
        slots_of(LLAMA, llama(), given)
    assert said in str(fault.value)


def test_adapters() -> None:
    """Of an adapter B and the magnitudes have the weight's rows; what it leaves out is not missed."""
    at = "base_model.model.model.layers.1.self_attn"
    shapes = {f"{at}.q_proj.lora_A.weight": [4, 64], f"{at}.q_proj.lora_B.weight": [96, 4],
              f"{at}.q_proj.lora_magnitude_vector": [96], f"{at}.v_proj.lora_A.default.weight": [4, 64],
              f"{at}.v_proj.lora_B.default.weight": [24, 4]}
    found = slots_of(LLAMA, shapes)
    assert [Kind.LORA_B, Kind.MAGNITUDE, Kind.LORA_B] == [slot.kind for slot in found.slots]
    assert () == found.barriers
    assert {1} == {slot.layer for slot in found.slots}


@pytest.mark.parametrize(("said", "fault"), [
    ({"r": 4}, ""), ({"r": 8, "rank_pattern": {"layers.1.self_attn.q_proj": 4, "v_proj": 4}}, ""),
    ({"r": 8}, "expected 8 columns (r), got 4"), ({"r": 4, "rank_pattern": {"q_proj": 2}}, "(rank_pattern, q_proj)"),
    ({"r": 4, "peft_type": "VERA"}, "expected 'LORA', since of others"), ({}, "is not in the file"),
    ({"r": 4, "peft_type": None}, "peft_type"),
    ({"r": 4, "target_parameters": ["mlp.experts.down_proj"]}, ""),
    ({"r": 4, "target_parameters": ["self_attn.q_proj.weight"]}, "names self_attn.q_proj.weight, and how B"),
    ({"r": 4, "layer_replication": None}, ""), ({"r": 4, "layer_replication": []}, ""),
    ({"r": 4, "layer_replication": [[1, 2], [0, 1]]}, "gives the layers other numbers"),
    ({"r": 4, "use_bdlora": None}, ""),
    ({"r": 4, "use_bdlora": {"target_modules_bd_a": ["q_proj"], "target_modules_bd_b": ["o_proj"]}}, ""),
    ({"r": 8, "rank_pattern": {".*q_proj": 16}, "use_bdlora": {"target_modules_bd_b": ["_proj"], "nblocks": 4}},
     "gives B of model.layers.1.self_attn.q_proj blocks along its diagonal"),
])
def test_the_rank_of_an_adapter(said: dict[str, Any], fault: str) -> None:
    """B has as many columns as adapter_config.json says, which may say it of single modules."""
    at = "base_model.model.model.layers.1.self_attn"
    found = slots_of(LLAMA, {f"{at}.q_proj.lora_B.weight": [96, 4], f"{at}.v_proj.lora_B.weight": [24, 4]})
    config = Keys({"peft_type": "LORA", **said}, "adapter_config.json")
    if not fault:
        check_adapter(found, config)
        return
    with pytest.raises(InputError) as caught:
        check_adapter(found, config)
    assert fault in str(caught.value)


def test_an_indexer_is_a_part_of_its_own() -> None:
    """Its heads share one key, in front of whose rotation a LayerNorm stands."""
    row = TRANSFORMERS["deepseek_v32"]
    found = slots_of(row["config"], shapes_of(row["tensors"]))
    mine = [slot for slot in found.slots if slot.part == "indexer" and slot.layer == 0]
    assert {"self_attn.indexer.wq_b.weight", "self_attn.indexer.wk.weight", "self_attn.indexer.k_norm.weight",
            "self_attn.indexer.k_norm.bias"} == {slot.tensor.name.partition("layers.0.")[2] for slot in mine}
    assert {None} == {block.head for slot in mine for block in slot.blocks if block.role is Role.K}


def test_keys_that_are_values_too_stay() -> None:
    """In full-attention layers of Gemma 4 with attention_k_eq_v there is no v_proj: v is k."""
    config = {**TRANSFORMERS["gemma4_text"]["config"], "attention_k_eq_v": True}
    shapes = shapes_of(TRANSFORMERS["gemma4_text"]["tensors"])
    types = config["layer_types"]
    full = {layer for layer, kind in enumerate(types) if kind == "full_attention"}
    shapes = {name: shape for name, shape in shapes.items()
              if not any(f"layers.{layer}.self_attn.v_proj" in name for layer in full)}
    barriers = [each for each in slots_of(config, shapes).barriers if each.relation == "permutation"]
    assert [tuple(sorted(full))] == [each.layers for each in barriers]


def test_an_indexer_of_a_gguf_file_stays() -> None:
    """Its tensors are not known, and it is told."""
    row = LLAMA_CPP["deepseek32"]
    keys = {f"deepseek32.{key}": value for key, value in row["keys"].items()}
    metadata = metadata_of("deepseek32", keys, {})
    model = read_llama_cpp(metadata, read_arguments("", ""))
    found = find_slots(checkpoint_of(shapes_of(row["tensors"], "blk."), Format.GGUF), metadata, model, {})
    assert [("indexer", "permutation")] == [(each.part, each.relation) for each in found.barriers]


def test_packings_are_no_layouts() -> None:
    """The catalogue does not list them."""
    assert [] == [name for name in catalogue() if name.startswith("packings/")]


def test_every_architecture_of_a_packing_is_one_of_llama_cpp() -> None:
    """No name is misspelt, and none has two packings."""
    names = [name for entry in gguf_packings().packing for name in entry.types if name]
    names += gguf_packings().refused
    assert [] == [name for name in names if name not in architectures().architecture]
    assert len(names) == len(set(names))


def test_every_type_of_a_packing_is_read() -> None:
    """No name is misspelt; kinds of one type are told apart by a part, by keys, or by their names on disk."""
    known = {name for each in readings_table().reading for name in each.types}
    assert set() == by_type().keys() - known
    for entry in packings().packing:
        gains = [text for texts in entry.gains.values() for text in texts]
        for text in (*entry.rows.values(), *entry.output.values(), *gains):
            read_rows(text)
