"""litgpt's build_rope_cache with apply_rope or apply_rope_interleave. Source: Lightning-AI/litgpt 0.5.13,
litgpt/model.py; what GPT.rope_cache hands on of rope_adjustments is handed on here."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken

CELLS = 64  # more than any position that is probed
ADJUSTED = {
    "none": (), "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_seq_len"),
    "yarn": ("factor", "beta_fast", "beta_slow", "original_max_seq_len", "truncate", "mscale", "mscale_all_dim"),
}


def _rope(values: Values) -> Kernel:
    import torch

    model = taken("litgpt/model.py", "build_rope_cache", "apply_rope", "apply_rope_interleave", "yarn_get_mscale")
    lanes = int(values.number("rotary_percentage") * values.whole("head_size"))
    extra = {name: values.number(name) for name in ADJUSTED[values.word("rope_adjustments")]}
    cos, sin = model.build_rope_cache(
        CELLS, lanes, base=values.number("rope_base"), condense_ratio=values.number("rope_condense_ratio"),
        extra_config=extra or None)
    apply = model.apply_rope_interleave if values.flag("rope_interleave") else model.apply_rope

    def turn(x: Any, place: tuple[int, ...]) -> Any:
        heads = x.transpose(1, 2)
        turned = apply(heads[..., :lanes], cos[None, [place[0]]], sin[None, [place[0]]])
        return torch.cat((turned, heads[..., lanes:]), dim=-1).transpose(1, 2)

    return in_torch(turn)


_ROPE = "litgpt/rope"
_YARN = f"{_ROPE}:head_size=64:rotary_percentage=1:rope_adjustments=yarn:factor=40:original_max_seq_len=4096"
SOFTWARE = Software(
    ("litgpt", "torch"), {_ROPE: _rope},
    (f"{_ROPE}:head_size=64", f"{_ROPE}:head_size=64:rotary_percentage=1:rope_condense_ratio=4",
     f"{_ROPE}:head_size=64:rotary_percentage=0.5:rope_interleave=true:rope_base=500000",
     f"{_ROPE}:head_size=64:rotary_percentage=1:rope_adjustments=linear:factor=8",
     f"{_ROPE}:head_size=128:rotary_percentage=1:rope_base=500000:rope_adjustments=llama3:factor=8:low_freq_factor=1"
     ":high_freq_factor=4:original_max_seq_len=8192",
     _YARN, f"{_YARN}:truncate=false:rope_interleave=true", f"{_YARN}:mscale=1:mscale_all_dim=0.5",
     f"{_YARN}:mscale_all_dim=0.5:beta_fast=64:beta_slow=2"),
    bare=("litgpt",),
)
