"""RoFormer's apply_rotary at its own sinusoidal positions. Source: JunnYu/RoFormer_pytorch, roformer 0.4.3,
roformer/modeling_roformer.py."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken, whole_head

CELLS = 64  # more than any position that is probed


def _rope(values: Values) -> Kernel:
    if values.number("rope_theta") != 10000:
        raise ValueError("the kernel's base is 10000")
    embedding, attention = "RoFormerSinusoidalPositionalEmbedding", "RoFormerSelfAttention"
    found = vars(taken("roformer/modeling_roformer.py", embedding, attention))
    table = found[embedding](CELLS, whole_head(values))

    def turn(x: Any, place: tuple[int, ...]) -> Any:
        positions = table(1, place[0])[None, None].chunk(2, dim=-1)
        return found[attention].apply_rotary(x.transpose(1, 2), positions).transpose(1, 2)

    return in_torch(turn)


_ROPE = "roformer/rope"
SOFTWARE = Software(
    ("roformer", "torch"), {_ROPE: _rope}, (_ROPE, f"{_ROPE}:head_dim=32"), bare=("roformer",),
)
