"""ExecuTorch's Rope of its llama. Source: pytorch/executorch 1.5.1, examples/models/llama/rope.py."""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch

NUMBERS = {  # of ModelArgs, and those whose zero or empty list is 'not given'
    "rope_freq_base": False, "use_scaled_rope": False, "rope_scale_factor": False, "high_freq_factor": False,
    "partial_rotary_factor": False, "original_max_position_embeddings": True, "max_position_embeddings": True,
    "rope_scaling_attention_factor": True,
}
LISTS = ("rope_scaling_short_factor", "rope_scaling_long_factor")


def _rope(values: Values) -> Kernel:
    import torch
    from executorch.examples.models.llama.model_args import ModelArgs
    from executorch.examples.models.llama.rope import Rope

    halves = values.flag("use_hf_rope")
    more: dict[str, Any] = {name: values.number(name) for name, optional in NUMBERS.items()
                            if name in values.values and (values.number(name) or not optional)}
    more |= {name: values.numbers(name) for name in LISTS if name in values.values and values.numbers(name)}
    if "max_context_len" in values.values:
        more |= {"max_context_len": values.whole("max_context_len"), "max_seq_len": values.whole("max_context_len")}
    rope = Rope(ModelArgs(head_dim=values.whole("head_dim"), use_hf_rope=halves, use_kv_cache=True,
                          enable_dynamic_shape=False, **more))

    def turn(x: Any, place: tuple[int, ...]) -> Any:
        cos, sin = rope.get_freqs(torch.tensor([place[0]]), 1)
        if halves:  # [batch, heads, tokens, lanes]
            x = x.transpose(1, 2)
            return rope(x, x, cos, sin)[0].transpose(1, 2)
        return rope(x, x, cos, sin)[0]

    return in_torch(turn)


_ROPE = "executorch/rope"
_SHORT, _LONG = (",".join(f"{k}/16" for k in range(first, first + 16)) for first in (16, 40))
SOFTWARE = Software(
    ("executorch", "torch"), {_ROPE: _rope},
    (_ROPE, f"{_ROPE}:head_dim=64:partial_rotary_factor=0.5",
     f"{_ROPE}:head_dim=64:use_scaled_rope=true:rope_scale_factor=32:high_freq_factor=8:rope_freq_base=500000",
     f"{_ROPE}:head_dim=64:use_hf_rope=true", f"{_ROPE}:head_dim=64:use_hf_rope=true:partial_rotary_factor=0.5",
     *(f"{_ROPE}:head_dim=32:use_hf_rope=true:rope_scaling_short_factor={_SHORT}:rope_scaling_long_factor={_LONG}"
       f":original_max_position_embeddings={length}:max_position_embeddings=131072" for length in (1024, 4096))),
    bare=("executorch",),
)
