"""torchtune's rotary modules. Source: pytorch/torchtune 0.6.1, torchtune/modules/position_embeddings.py and
torchtune/models/*/_position*_embeddings.py, which need nothing but torch."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Build, Software, Values
from prover.measure.upstream.taken import in_torch, taken, whole_head

CELLS = 41  # of each axis of a tile: places up to 40 are probed
SCALED = ("scale_factor", "low_freq_factor", "high_freq_factor", "old_context_len")


def _rope(path: str, name: str, further: tuple[str, ...] = ()) -> Build:
    def build(values: Values) -> Kernel:
        import torch

        width = whole_head(values)
        module = getattr(taken(f"torchtune/{path}", name), name)
        rope = module(width, base=values.number("base"), **{each: values.number(each) for each in further})
        return in_torch(lambda x, place: rope(x, input_pos=torch.tensor([place])))

    return build


def _vision(values: Values) -> Kernel:
    import torch

    width, base = values.whole("head_dim"), values.number("rope_theta")
    module = taken("torchtune/modules/position_embeddings.py", "VisionRotaryPositionalEmbeddings")
    rope, back = (module.VisionRotaryPositionalEmbeddings(1, CELLS, 1, width // 2, base) for _ in range(2))
    back.theta.neg_()
    back.build_rope_cache()

    def turned(kernel: Any, x: Any, cell: int) -> Any:
        tile = torch.zeros(1, CELLS * CELLS + 1, *x.shape[2:])  # the class token comes last
        tile[:, cell] = x[:, 0]
        return kernel(tile)[:, cell, None]

    # Rows and columns are counted from 1, so that no cell stands at angle 0: the first one's turn is taken back.
    return in_torch(lambda x, place: turned(back, turned(rope, x, place[1] * CELLS + place[0]), 0))


_SHARED, _ROPE, _PHI3, _QWEN2 = "modules/position_embeddings.py", "torchtune/rope", "torchtune/phi3", "torchtune/qwen2"
_LLAMA, _VISION = "torchtune/llama3-1", "torchtune/vision"
SOFTWARE = Software(
    ("torchtune", "torch"), {
        _ROPE: _rope(_SHARED, "RotaryPositionalEmbeddings"),
        _PHI3: _rope("models/phi3/_position_embeddings.py", "Phi3RotaryPositionalEmbeddings"),
        _QWEN2: _rope("models/qwen2/_positional_embeddings.py", "Qwen2RotaryPositionalEmbeddings"),
        _LLAMA: _rope("models/llama3_1/_position_embeddings.py", "Llama3ScaledRoPE", SCALED),
        _VISION: _vision,
    },
    (_ROPE, f"{_ROPE}:head_dim=64:base=500000", _PHI3, f"{_PHI3}:head_dim=96", _QWEN2, f"{_QWEN2}:head_dim=64",
     f"{_LLAMA}:base=500000", f"{_LLAMA}:head_dim=64:base=500000:scale_factor=32",
     f"{_LLAMA}:low_freq_factor=2:high_freq_factor=8:old_context_len=2048",
     f"{_VISION}:head_dim=32", f"{_VISION}:head_dim=48:rope_theta=500"),
    bare=("torchtune",),
)
