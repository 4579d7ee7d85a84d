"""ONNX operators that rotate: a model of one node, and the caches of cosines and sines that it takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from prover.measure.probe import Array
from prover.measure.upstream.software import Values

ONNX, MICROSOFT = "", "com.microsoft"
BASE = 10000.0  # of the caches, which are inputs of the operators
OPSET = 23


def rotary_node(values: Values, domain: str) -> bytes:
    """A RotaryEmbedding of either domain; x is [batch, 1, 1, head_size]: each vector is a sequence of one token."""
    names = ["x", "cos", "sin", "ids"] if domain == ONNX else ["x", "ids", "cos", "sin"]
    return _model("RotaryEmbedding", domain, names, "ids", [None, 1], **_attributes(values))


def mrotary_node(values: Values) -> bytes:
    """ONNX Runtime's MRotaryEmbedding."""
    more = {"mrope_section": [int(n) for n in values.numbers("mrope_section")],
            "mrope_layout": int(values.word("mrope_layout"))}
    names = ["x", "ids", "cos", "sin"]
    return _model("MRotaryEmbedding", MICROSOFT, names, "ids", [3, None, 1], **_attributes(values), **more)


def inputs_of(values: Values, vectors: Array, position: tuple[float, ...]) -> dict[str, Any]:
    """Inputs of a node: each axis has a row of the caches of its own, so that they are as short as can be."""
    lanes = values.whole("rotary_embedding_dim") or values.whole("head_size")
    frequencies = BASE ** (-np.arange(0, lanes, 2) / lanes)
    angles = np.asarray(position)[:, None] * frequencies
    ids = np.repeat(np.arange(len(position))[:, None, None], len(vectors), axis=1)
    return {
        "x": vectors.astype(np.float32)[:, None, None], "cos": np.cos(angles).astype(np.float32),
        "sin": np.sin(angles).astype(np.float32), "ids": ids if len(position) > 1 else ids[0],
    }


def _attributes(values: Values) -> dict[str, Any]:
    lanes = values.whole("rotary_embedding_dim")
    return {"interleaved": int(values.word("interleaved")), "rotary_embedding_dim": lanes, "num_heads": 1}


def _model(kind: str, domain: str, names: list[str], ids: str, shape: list[int | None], **attributes: Any) -> bytes:
    from onnx import TensorProto, helper

    node = helper.make_node(kind, names, ["y"], domain=domain, **attributes)
    floats = {"x": [None, 1, 1, None], "cos": [None, None], "sin": [None, None]}
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in floats.items()]
    inputs.append(helper.make_tensor_value_info(ids, TensorProto.INT64, shape))
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1, 1, None])]
    opsets = [helper.make_opsetid(ONNX, OPSET), helper.make_opsetid(MICROSOFT, 1)]
    graph = helper.make_graph([node], "rotary", inputs, outputs)
    made: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return made
