"""x-transformers' RotaryEmbedding and apply_rotary_pos_emb. Source: lucidrains/x-transformers 2.31.10,
x_transformers/x_transformers.py."""

from __future__ import annotations

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Software, Values


def _rope(values: Values) -> Kernel:
    import torch
    from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb

    rotary = RotaryEmbedding(
        values.whole("rotary_emb_dim"), base=values.number("base"),
        base_rescale_factor=values.number("rotary_base_rescale_factor"),
        interpolation_factor=values.number("rotary_interpolation_factor"))

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        with torch.no_grad():
            freqs, scale = rotary(torch.tensor([position[0]] * len(vectors)))
            x = torch.tensor(vectors, dtype=torch.float32)[None, None]
            return np.asarray(apply_rotary_pos_emb(x, freqs, scale)[0, 0].double())

    return kernel


_LAYOUT = "x-transformers/rope"
SOFTWARE = Software(
    ("x-transformers", "torch"), {_LAYOUT: _rope},
    (_LAYOUT, f"{_LAYOUT}:dim_head=64:rotary_emb_dim=64", f"{_LAYOUT}:dim_head=64:rotary_emb_dim=32:base=500000",
     f"{_LAYOUT}:dim_head=64:rotary_emb_dim=32:rotary_base_rescale_factor=8",
     f"{_LAYOUT}:dim_head=64:rotary_emb_dim=32:rotary_interpolation_factor=2"),
)
