"""ONNX Runtime's CPU kernels of the ONNX operator and of its own. Source: microsoft/onnxruntime 1.32.0,
onnxruntime/core/providers/cpu/llm and onnxruntime/contrib_ops/cpu/bert."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.onnx_operators import MICROSOFT, ONNX, inputs_of, mrotary_node, rotary_node
from prover.measure.upstream.software import Build, Software, Values


def _built(model: Callable[[Values], bytes]) -> Build:
    def build(values: Values) -> Kernel:
        from onnxruntime import InferenceSession

        session = InferenceSession(model(values), providers=["CPUExecutionProvider"])

        def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
            given = inputs_of(values, vectors, position)
            return np.asarray(session.run(None, given)[0], dtype=np.float64)[:, 0, 0]

        return kernel

    return build


_ONNX, _OWN, _MULTIMODAL = "onnx/rotary-embedding", "onnxruntime/rotary-embedding", "onnxruntime/mrotary-embedding"
SOFTWARE = Software(
    ("onnxruntime", "onnx"),
    {_ONNX: _built(lambda values: rotary_node(values, ONNX)),
     _OWN: _built(lambda values: rotary_node(values, MICROSOFT)),
     _MULTIMODAL: _built(mrotary_node)},
    (*(f"{layout}:head_size={width}:rotary_embedding_dim={lanes}:interleaved={adjacent}"
       for layout in (_ONNX, _OWN) for width, lanes in ((64, 0), (64, 32), (48, 16)) for adjacent in (0, 1)),
     *(f"{_MULTIMODAL}:head_size=64:rotary_embedding_dim={2 * sum(sections)}:interleaved={adjacent}"
       f":mrope_layout={order}:mrope_section={','.join(map(str, sections))}"
       for adjacent, order, sections in (
           (0, 0, (8, 12, 12)), (0, 1, (8, 12, 12)), (1, 0, (4, 6, 6)), (1, 1, (6, 5, 5)), (0, 1, (12, 2, 2)),
           (0, 1, (2, 2, 12))))),
)
