"""Published dumps and logs of GGUF files, against what llama.cpp built from the same keys.

llama_cpp_dumps.json holds the keys and the GGML_OP_ROPE nodes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llama_truth import Node, compare, float32, node_of, some_factors

from prover.errors import InputError
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.metadata import Metadata, Scalar, Stored, Tensor
from prover.sources.model import Model

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "llama_cpp_dumps.json").read_text())
NODES = [node_of(TRUTH["fields"], row) for row in TRUTH["nodes"]]
LOADED = [name for name, row in TRUTH["dumps"].items() if not isinstance(row["graphs"], str)]
REFUSED = sorted(TRUTH["dumps"].keys() - set(LOADED))
# Fragments that lack a key that RoPE needs, so that llama.cpp's graph is one of keys that were filled in.
LACKING = {
    "phi3-4": "context_length",
    "gemma4-3": "rope.dimension_count_swa",
    "qwen35moe-2": "rope.dimension_sections",
    "qwen35-2": "rope.dimension_sections",
    "qwen3next-2": "context_length",
}


def to_stored(kind: str, value: Any, cut: int = 0) -> Stored:
    """A value of JSON as the source has it; a float is the float32 that it is printed of."""
    if isinstance(value, list):
        return Stored(kind, tuple(map(exact, value)), cut)
    return Stored(kind, exact(value))


def exact(value: Any) -> Scalar:
    """A number of JSON exactly."""
    found: Scalar = float32(value) if isinstance(value, float) else value
    return found


def read(name: str, is_filled: bool, nodes: list[Node]) -> Model:
    """What is read of a dump, with what its source lacks or without, and with the tensors that the graph used."""
    row = TRUTH["dumps"][name]
    keys = dict(row["keys"])
    tensors: dict[str, Tensor] | None = None
    if is_filled:
        keys |= row["filled"] | {"general.architecture": ["str", row["arch"]]}
        keys |= {key: [keys[key][0], values] for key, values in row["continued"].items()}
        tensors = {}
        for node in nodes:
            if node.factors:
                count = (node.width if row["arch"] == "gemma4" else node.n_dims) // 2
                tensors[node.factors] = Tensor((count,), "F32", some_factors(node.factors, count))
    return read_llama_cpp(Metadata(name, {key: to_stored(*given) for key, given in keys.items()}, tensors))


@pytest.mark.parametrize("name", LOADED)
def test_a_published_dump(name: str) -> None:
    """The parts that are read turn the lanes that the graph turns, layer by layer, as fast and as large."""
    if name == "gemma4-3":  # without rope.dimension_count_swa a graph is built that breaks off when it runs
        return
    row = TRUTH["dumps"][name]
    for context, numbers in row["graphs"]:
        nodes = [NODES[number] for number in numbers]
        assert [] == compare(read(name, True, nodes), nodes, context, row["layers"])


@pytest.mark.parametrize("name", LOADED)
def test_a_dump_as_it_is(name: str) -> None:
    """A dump that lacks what RoPE does not need has the same layouts; one that lacks more is refused with the key."""
    if name in LACKING:
        with pytest.raises(InputError, match=LACKING[name]):
            read(name, False, [])
        return
    row = TRUTH["dumps"][name]
    whole, part = read(name, True, []) if row["arch"] != "gemma4" else None, read(name, False, [])
    if whole is not None:
        assert {each.spec for each in whole.parts} == {each.spec for each in part.parts}
    if row["filled"].keys() & {f"{row['arch']}.{key}" for key in ("context_length", "embedding_length", "block_count")}:
        assert any("llama.cpp refuses the file as it is" in finding.text for finding in part.findings)


@pytest.mark.parametrize("name", REFUSED)
def test_a_dump_that_llama_cpp_refuses(name: str) -> None:
    """An architecture that llama.cpp does not know; a fragment of a tower, which it takes beside a model only."""
    words = "embedding_length: the key is not" if name == "clip-1" else "refuses the file"
    with pytest.raises(InputError, match=words):
        read(name, False, [])


def test_numbers_are_as_stored() -> None:
    """A float32 is written out as it is, and said to be one."""
    assert "base=f32(999999.4375):" in f"{_base(999999.4375)}:"
    assert "base=f32(1000000.0625):" in f"{_base(1000000.0625)}:"


def _base(value: float) -> str:
    keys = {
        "general.architecture": Stored("str", "qwen2"), "qwen2.attention.key_length": Stored("u32", 64),
        "qwen2.rope.freq_base": Stored("f32", float32(value)),
    }
    (part,) = read_llama_cpp(Metadata("x.gguf", keys, {})).parts
    return str(part.spec)
