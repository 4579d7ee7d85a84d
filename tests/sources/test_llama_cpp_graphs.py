"""Every architecture of llama.cpp, in nine variants, against the graphs that llama.cpp itself builds.

llama_cpp_graphs.json holds the keys of each file and the GGML_OP_ROPE nodes of its graph.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llama_truth import Node, compare, metadata_of, node_of

from prover.errors import InputError
from prover.sources.llama.architectures import architectures
from prover.sources.llama_cpp import read_llama_cpp

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "llama_cpp_graphs.json").read_text())
NODES = [node_of(TRUTH["fields"], row) for row in TRUTH["nodes"]]
ROWS = [(name, variant) for name, row in TRUTH["architectures"].items() for variant in row["variants"]]
# Tensors whose length is half the head, whatever part of it turns.
HALF_HEAD = ("gemma4", "dflash", "phimoe")
# What llama.cpp builds a graph of and cannot run: the operation breaks off.
NEVER_RUN = {
    "paddleocr": "without sections: the operation asserts one of them above 0",
    "gemma4": "without rope.dimension_count_swa: 128 lanes of a head of 64 would turn",
}
# What llama.cpp built no graph of, for reasons that are not in the keys that RoPE takes.
NO_GRAPH = {
    "eagle3": "a drafter, which needs a second context",
    "rwkv6": "tensors of the minimal file",
    "rwkv6qwen2": "tensors of the minimal file",
    "arwkv7": "tensors of the minimal file",
    "wavtokenizer-dec": "tensors of the minimal file",
    "dots3note": "in the variant swa, other widths of the latent than the file's",
}


def keys_of(name: str, variant: str) -> dict[str, Any]:
    """The keys of one file."""
    more = {f"{name}.{key}": value for key, value in TRUTH["variants"][variant].items()}
    given: dict[str, Any] = TRUTH["architectures"][name]["given"]
    return given | more


def factors_of(name: str, nodes: list[Node]) -> dict[str, int]:
    """The tensors that a graph used, and how many numbers each has."""
    most = max((node.n_dims for node in nodes), default=0)
    return {
        node.factors: (node.width if name in HALF_HEAD else most if name == "step35" else node.n_dims) // 2
        for node in nodes if node.factors
    }


@pytest.mark.parametrize(("name", "variant"), ROWS, ids=[f"{name}-{variant}" for name, variant in ROWS])
def test_the_graph_of_an_architecture(name: str, variant: str) -> None:
    """The parts that are read turn the lanes that the graph turns, layer by layer, as fast and as large."""
    row = TRUTH["architectures"][name]
    graphs = row["variants"][variant]
    keys = keys_of(name, variant)
    if isinstance(graphs, str):
        if name not in NO_GRAPH:
            with pytest.raises(InputError):
                read_llama_cpp(metadata_of(name, keys, {}))
        return
    for context, numbers in graphs:
        nodes = [NODES[number] for number in numbers]
        metadata = metadata_of(name, keys, factors_of(name, nodes))
        if name in NEVER_RUN and variant not in ("keys", "swa", *(["sections"] if name == "paddleocr" else [])):
            with pytest.raises(InputError):
                read_llama_cpp(metadata)
            continue
        assert [] == compare(read_llama_cpp(metadata), nodes, context, row["layers"])


def test_every_architecture_is_in_the_table() -> None:
    """The names that llama.cpp knows are those of the table, and each is read or refused as it is."""
    assert set(TRUTH["architectures"]) == set(architectures().architecture)
