"""Slots: which tensors of a checkpoint hold rows of q, k, v and o."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prover.sources.config_json import config_model
from prover.sources.keys import Keys
from prover.weights.find_slots import find_slots
from prover.weights.slots import Block, Kind, Role
from prover.weights.tensors import Checkpoint, Format, Tensor

LLAMA = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2,
         "num_hidden_layers": 2, "head_dim": 12, "max_position_embeddings": 128}


def checkpoint_of(shapes: dict[str, list[int]]) -> Checkpoint:
    """A checkpoint with tensors of these shapes."""
    file = Path("model.safetensors")
    tensors = {name: Tensor(name, "F32", tuple(shape), file, 0, 4) for name, shape in shapes.items()}
    return Checkpoint(Path("model"), Format.SAFETENSORS, (file,), tensors, None)


def slots_of(config: dict[str, Any], shapes: dict[str, list[int]]) -> Any:
    """The slots of tensors of these shapes."""
    keys = Keys(config, "config.json")
    return find_slots(checkpoint_of(shapes), keys, config_model(keys), {})


def test_the_heads_of_a_llama_are_blocks_of_their_width() -> None:
    """q_proj holds all heads of q one after another, k_proj those of k."""
    shapes = {
        f"model.layers.{layer}.self_attn.{name}.weight": [rows, 64]
        for layer in (0, 1) for name, rows in (("q_proj", 96), ("k_proj", 24), ("v_proj", 24))
    }
    shapes |= {f"model.layers.{layer}.self_attn.o_proj.weight": [64, 96] for layer in (0, 1)}
    found = slots_of(LLAMA, shapes)
    assert "llama" == found.architecture
    assert () == found.barriers
    assert 8 == len(found.slots)
    k, o, q, v = found.slots[:4]
    assert ("text", 0, Kind.WEIGHT, 24) == (k.part, k.layer, k.kind, k.rows)
    assert (Block(Role.K, 0, 0, 12), Block(Role.K, 1, 12, 12)) == k.blocks
    assert tuple(Block(Role.Q, head, 12 * head, 12) for head in range(8)) == q.blocks
    assert (Block(Role.V, 0, 0, 12), Block(Role.V, 1, 12, 12)) == v.blocks
    assert (64, tuple(Block(Role.O, head, 12 * head, 12) for head in range(8))) == (o.rows, o.blocks)
