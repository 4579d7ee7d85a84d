"""KerasHub's RotaryEmbedding, and what its Gemma does after it, with torch under Keras. Source: keras-team/keras-hub
0.32.0, keras_hub/src/layers/modeling/rotary_embedding.py and keras_hub/src/models/gemma/gemma_attention.py."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken, whole_head

NAMED = ("scaling_factor", "beta_fast", "beta_slow", "original_max_position_embeddings", "truncate")


def _layer(**options: Any) -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")  # read as Keras is imported
    layer = taken("keras_hub/src/layers/modeling/rotary_embedding.py", "RotaryEmbedding",
                  keras_hub_export=lambda path: lambda exported: exported)
    return layer.RotaryEmbedding(**options)


def _rope(values: Values) -> Kernel:
    import torch

    lanes = values.whole("n_rot")
    more = {name: values.number(name) for name in NAMED if name in values.values}
    layer = _layer(max_wavelength=values.number("max_wavelength"), rope_type=values.word("rope_type"),
                   denominator_dim=values.whole("denominator_dim"), **more)

    def turn(x: Any, place: tuple[int, ...]) -> Any:
        return torch.cat((layer(x[..., :lanes], start_index=place[0]), x[..., lanes:]), dim=-1)

    return in_torch(turn)


def _gemma(values: Values) -> Kernel:
    whole_head(values)
    attention = SimpleNamespace(rope_layer=_layer(max_wavelength=values.number("max_wavelength")))
    kernel = taken("keras_hub/src/models/gemma/gemma_attention.py", "CachedGemmaAttention").CachedGemmaAttention
    return in_torch(lambda x, place: kernel._apply_rope(attention, x, place[0]))


_ROPE, _GEMMA = "keras-hub/rope", "keras-hub/gemma"
_YARN = f"{_ROPE}:head_dim=64:rope_type=yarn:scaling_factor=40:original_max_position_embeddings=4096"
SOFTWARE = Software(
    ("keras-hub", "keras", "torch"), {_ROPE: _rope, _GEMMA: _gemma},
    (_ROPE, f"{_ROPE}:head_dim=64:scaling_factor=4:max_wavelength=500000",
     f"{_ROPE}:head_dim=64:n_rot=32:denominator_dim=64", f"{_ROPE}:head_dim=64:rope_type=dynamic:scaling_factor=4",
     _YARN, f"{_YARN}:truncate=false:beta_fast=64:beta_slow=2", f"{_GEMMA}:head_dim=64"),
    bare=("keras-hub",),
)
