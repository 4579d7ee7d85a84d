"""tinygrad's precompute_freqs_cis and apply_rope. Source: tinygrad/tinygrad 0.14.0, tinygrad/llm/model.py.

They run on the device that is written in Python, which needs no compiler.
"""

from __future__ import annotations

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import taken

CELLS = 64  # more than any position that is probed


def _rope(values: Values) -> Kernel:
    from tinygrad import Context, Tensor

    model = taken("tinygrad/llm/model.py", "precompute_freqs_cis", "apply_rope", Tensor=Tensor)
    lanes = values.whole("n_rot")
    with Context(DEV="PYTHON"):
        table = model.precompute_freqs_cis(lanes, CELLS, values.number("theta")).numpy()

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        with Context(DEV="PYTHON"):  # [batch, heads, tokens, lanes]: each vector is a head of one token
            x = Tensor(vectors[:, :lanes].astype(np.float32))[None, :, None]
            turned = model.apply_rope(x, Tensor(table[[int(position[0])]])).numpy()[0, :, 0]
        return np.concatenate([turned, vectors[:, lanes:]], axis=-1).astype(np.float64)

    return kernel


_ROPE = "tinygrad/rope"
SOFTWARE = Software(
    ("tinygrad",), {_ROPE: _rope}, (f"{_ROPE}:head_dim=32", f"{_ROPE}:head_dim=64:n_rot=32:theta=500000"),
)
