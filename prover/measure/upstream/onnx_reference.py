"""ONNX's reference evaluator. Source: onnx/onnx 1.23.2, onnx/reference/ops/op_rotary_embedding.py."""

from __future__ import annotations

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.onnx_operators import ONNX, inputs_of, rotary_node
from prover.measure.upstream.software import Software, Values


def _rotary(values: Values) -> Kernel:
    from onnx import load_from_string
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(load_from_string(rotary_node(values, ONNX)))

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        given = inputs_of(values, vectors, position)
        return np.asarray(session.run(None, given)[0], dtype=np.float64)[:, 0, 0]

    return kernel


_LAYOUT = "onnx/rotary-embedding"
SOFTWARE = Software(
    ("onnx",), {_LAYOUT: _rotary},
    tuple(f"{_LAYOUT}:head_size={width}:rotary_embedding_dim={lanes}:interleaved={adjacent}"
          for width, lanes in ((64, 0), (64, 32), (48, 16), (128, 128)) for adjacent in (0, 1)),
)
