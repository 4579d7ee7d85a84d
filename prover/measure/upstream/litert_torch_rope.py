"""LiteRT's build_rope and apply_rope. Source: google-ai-edge/litert-torch 0.10.0,
litert_torch/generative/layers/rotary_position_embedding.py."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken


def _rope(values: Values) -> Kernel:
    import torch

    rotary = taken("litert_torch/generative/layers/rotary_position_embedding.py", "apply_rope", "build_rope")

    def turn(x: Any, place: tuple[int, ...]) -> Any:
        cos, sin = rotary.build_rope(torch.tensor([place[0]]), values.whole("n_elem"), values.number("base"))
        return rotary.apply_rope(x, cos, sin)

    return in_torch(turn)


_ROPE = "litert/rope"
SOFTWARE = Software(
    ("litert-torch", "torch"), {_ROPE: _rope}, (_ROPE, f"{_ROPE}:head_dim=128:n_elem=64:base=500000"),
    bare=("litert-torch",),
)
