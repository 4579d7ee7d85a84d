"""MLX's nn.RoPE and mx.fast.rope on the CPU. Source: ml-explore/mlx 0.32.4, mlx/fast.cpp `rope`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Software, Values


def kernel_from(rope: Callable[..., Any]) -> Kernel:
    """A kernel from what takes x of [batch, heads, tokens, lanes] and the offset of the first token."""
    import mlx.core as mx

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        # Tokens of one call have positions one after another, so that each vector is a head of its own.
        x = mx.array(vectors.astype(np.float32))[None, :, None, :]
        with mx.stream(mx.cpu):
            return np.array(rope(x, offset=int(position[0])), dtype=np.float64)[0, :, 0]

    return kernel


def _rope(values: Values) -> Kernel:
    import mlx.core as mx
    import mlx.nn as nn

    dims, traditional = values.whole("dims"), values.flag("traditional")
    base, scale, freqs = values.number("base"), values.number("scale"), values.numbers("freqs")
    if not freqs:
        return kernel_from(nn.RoPE(dims, traditional=traditional, base=base or 10000.0, scale=scale))
    periods = mx.array(np.array(freqs, dtype=np.float32))
    return kernel_from(lambda x, offset: mx.fast.rope(
        x, dims, traditional=traditional, base=None, scale=scale, offset=offset, freqs=periods))


_LAYOUT = "mlx/rope"
SOFTWARE = Software(
    ("mlx",), {_LAYOUT: _rope},
    (*(f"{_LAYOUT}:head_dim={width}:dims={lanes}:traditional={adjacent}"
       for width, lanes in ((64, 64), (64, 32), (128, 16), (8, 8)) for adjacent in ("false", "true")),
     f"{_LAYOUT}:head_dim=64:scale=0.25:base=500000",
     f"{_LAYOUT}:head_dim=32:dims=16:freqs=1.0,3.0,10.0,25.0,80.0,400.0,1024.0,5000.0:scale=0.5"),
)
