"""torchtitan's ComplexRoPE, CosSinRoPE and the MRoPE of Qwen3.5. Source: pytorch/torchtitan 0.3.0,
torchtitan/models/common/rope.py and torchtitan/models/qwen3_5/rope.py.

What shards a Module over devices takes much to install and nothing to do with the numbers, so a Module is torch's here.
"""

from __future__ import annotations

from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch, taken

CELLS = 64  # more than any position that is probed
NAMED = ("scaling_factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings", "rope_factor",
         "beta_fast", "beta_slow", "original_seq_len", "truncate")


def _common() -> Any:
    import torch

    module = type("Module", (torch.nn.Module,), {"Config": type("Config", (), {"__slots__": ()})})
    return taken("torchtitan/models/common/rope.py", "RoPE", "ComplexRoPE", "CosSinRoPE", "_yarn_inv_freq",
                 "_maybe_check_max_pos", "_reshape_for_broadcast", "_maybe_wrap_positions", Module=module)


def _kernel(rope: Any, values: Values, base: str, scaling: str, **more: Any) -> Kernel:
    import torch

    lanes = values.whole("n_rot")
    more |= {name: values.number(name) for name in NAMED if name in values.values}
    module = rope(rope.Config(dim=lanes, max_seq_len=CELLS, theta=values.number(base), scaling=scaling, **more))

    def turn(x: Any, place: tuple[int, ...]) -> Any:  # three axes are the last dimension of positions
        positions = torch.tensor([[place if len(place) > 1 else place[0]]])
        turned, _ = module(x[..., :lanes], x[..., :lanes], positions)
        return torch.cat((turned, x[..., lanes:]), dim=-1)

    return in_torch(turn)


def _of_backend(values: Values, scaling: str) -> Kernel:
    common = _common()
    return _kernel(common.ComplexRoPE if values.word("backend") == "complex" else common.CosSinRoPE,
                   values, "theta", scaling)


def _rope(values: Values) -> Kernel:
    return _of_backend(values, "none")


def _yarn(values: Values) -> Kernel:
    return _of_backend(values, "yarn")


def _llama(values: Values) -> Kernel:
    return _kernel(_common().ComplexRoPE, values, "theta", "llama")


def _qwen(values: Values) -> Kernel:
    common = vars(_common())
    rope = taken("torchtitan/models/qwen3_5/rope.py", "MRoPE", **common).MRoPE
    sections = [int(each) for each in values.numbers("mrope_section")]
    return _kernel(rope, values, "rope_theta", "none", mrope_section=sections)


_ROPE, _LLAMA, _YARN, _QWEN = "torchtitan/rope", "torchtitan/llama", "torchtitan/yarn", "torchtitan/qwen3-5"
_LONG = f"{_YARN}:head_dim=64:rope_factor=40"
SOFTWARE = Software(
    ("torchtitan", "spmd-types", "torch"), {_ROPE: _rope, _LLAMA: _llama, _YARN: _yarn, _QWEN: _qwen},
    (_ROPE, f"{_ROPE}:head_dim=64:n_rot=32:theta=500000", f"{_ROPE}:head_dim=64:backend=cos_sin",
     f"{_LLAMA}:theta=500000",
     f"{_LLAMA}:head_dim=64:scaling_factor=32:low_freq_factor=2:high_freq_factor=8:original_max_position_embeddings=2048",
     _YARN, _LONG, f"{_LONG}:backend=cos_sin:truncate=false:theta=150000",
     f"{_LONG}:beta_fast=64:beta_slow=2:original_seq_len=8192",
     _QWEN, f"{_QWEN}:head_dim=64:mrope_section=11,11,10", f"{_QWEN}:head_dim=256:n_rot=64:mrope_section=11,11,10"),
    bare=("torchtitan", "spmd-types"),
)
