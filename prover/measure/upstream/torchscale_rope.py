"""torchscale's rotation of xPos, its scale left at 1. Source: microsoft/torchscale 0.3.0,
torchscale/component/xpos_relative_position.py."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken, whole_head

CELLS = 64  # more than any position that is probed


def _rope(values: Values) -> Kernel:
    import torch

    if values.number("rope_theta") != 10000:
        raise ValueError("the kernel's base is 10000")
    xpos = taken("torchscale/component/xpos_relative_position.py", "fixed_pos_embedding", "rotate_every_two",
                 "duplicate_interleave", "apply_rotary_pos_emb")
    sin, cos = xpos.fixed_pos_embedding(torch.ones(CELLS, whole_head(values) // 2))

    def turn(x: Any, place: tuple[int, ...]) -> Any:  # [batch and heads, tokens, lanes]
        return xpos.apply_rotary_pos_emb(x[0].transpose(0, 1), sin[[place[0]]], cos[[place[0]]]).transpose(0, 1)[None]

    return in_torch(turn)


_ROPE = "torchscale/rope"
SOFTWARE = Software(
    ("torchscale", "torch"), {_ROPE: _rope}, (_ROPE, f"{_ROPE}:head_dim=64"), bare=("torchscale",),
)
