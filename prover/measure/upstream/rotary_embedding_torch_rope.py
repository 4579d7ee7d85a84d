"""rotary-embedding-torch's RotaryEmbedding and apply_rotary_emb. Source: lucidrains/rotary-embedding-torch 0.9.1,
rotary_embedding_torch/rotary_embedding_torch.py."""

from __future__ import annotations

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Software, Values


def _rope(values: Values) -> Kernel:
    import torch
    from rotary_embedding_torch import RotaryEmbedding, apply_rotary_emb

    names = {"theta": "theta", "theta_rescale_factor": "theta_rescale_factor", "max_freq": "max_freq"}
    more = {name: values.number(given) for given, name in names.items() if given in values.values}
    more |= {"num_freqs": values.whole("num_freqs")} if "num_freqs" in values.values else {}
    rotary = RotaryEmbedding(
        values.whole("dim"), freqs_for=values.word("freqs_for"), interpolate_factor=values.number("interpolate_factor"),
        cache_if_possible=False, **more)

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        with torch.no_grad():
            place = rotary.get_seq_pos(1, offset=position[0]).expand(len(vectors))
            x = torch.tensor(vectors, dtype=torch.float32)[None]
            return np.asarray(apply_rotary_emb(rotary(place), x, values.whole("start_index"))[0].double())

    return kernel


_LAYOUT = "lucidrains/rope"
SOFTWARE = Software(
    ("rotary-embedding-torch", "torch"), {_LAYOUT: _rope},
    (f"{_LAYOUT}:head_dim=64", f"{_LAYOUT}:head_dim=64:dim=32:interpolate_factor=2",
     f"{_LAYOUT}:head_dim=64:theta=500000", f"{_LAYOUT}:head_dim=64:dim=16:start_index=8",
     f"{_LAYOUT}:head_dim=64:dim=32:theta_rescale_factor=8",
     f"{_LAYOUT}:head_dim=64:freqs_for=constant:num_freqs=4:dim=8"),
)
