"""Megatron-Core's rotary embeddings with its unfused apply_rotary_pos_emb. Source: NVIDIA/Megatron-LM, megatron-core
0.16.1, megatron/core/models/common/embeddings.

It puts its tables on the current CUDA device whatever it is told; here that is the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock

from prover.measure.probe import Kernel
from prover.measure.upstream.software import Software, Values
from prover.measure.upstream.taken import in_torch

FIRST = ("beta_fast", "beta_slow", "mscale", "mscale_all_dim", "original_max_position_embeddings")
Embed = Callable[[Any, tuple[int, ...]], tuple[Any, float]]  # torch and a place to angles and a magnitude


def _kernel(embed: Embed, lanes: int, start: int = 0, interleaved: bool = False, latent: bool = False) -> Kernel:
    """The `lanes` from `start` on are handed to the kernel."""
    import torch
    from megatron.core.models.common.embeddings.rope_utils import apply_rotary_pos_emb

    config = SimpleNamespace(apply_rope_fusion=False, rotary_interleaved=interleaved, multi_latent_attention=latent)

    def turn(x: Any, place: tuple[int, ...]) -> Any:  # of one token and one batch: which is first is no matter
        with mock.patch("torch.cuda.current_device", return_value="cpu"):
            freqs, magnitude = embed(torch, place)
        turned = apply_rotary_pos_emb(
            x[..., start : start + lanes], freqs, config, mscale=magnitude, cp_group=SimpleNamespace(size=lambda: 1))
        return torch.cat((x[..., :start], turned, x[..., start + lanes:]), dim=-1)

    return in_torch(turn)


def _built(name: str, *arguments: Any, **options: Any) -> Any:
    from megatron.core.models.common import embeddings

    with mock.patch("torch.cuda.current_device", return_value="cpu"):
        return getattr(embeddings, name)(*arguments, **options)


def _unscaled(rope: Any) -> Embed:
    return lambda _, place: (rope(1, offset=place[0]), 1.0)


def _factor(values: Values) -> float | None:
    """seq_len_interpolation_factor, which is not given rather than 1."""
    found = values.number("seq_len_interpolation_factor")
    return None if found == 1 else found


def _rope(values: Values) -> Kernel:
    width, interleaved, scaled = values.whole("kv_channels"), values.flag("rotary_interleaved"), "use_rope_scaling"
    more = {"rope_scaling_factor": values.number("rope_scaling_factor")} if values.flag(scaled) else {}
    rope = _built("RotaryEmbedding", width, values.number("rotary_percent"), interleaved, _factor(values),
                  values.number("rotary_base"), values.flag(scaled), use_cpu_initialization=True, **more)
    return _kernel(_unscaled(rope), width, interleaved=interleaved)


def _yarn_embedding(values: Values, lanes: int) -> Embed:
    more = {name: values.number(name) for name in FIRST}
    if "truncate" in values.values:
        more["correction_range_round_to_int"] = values.number("truncate")
    rope = _built("YarnRotaryEmbedding", lanes, rotary_base=values.number("rotary_base"), use_cpu_initialization=True,
                  scaling_factor=values.number("factor"), **more)
    return lambda _, place: rope(1, offset=place[0])


def _yarn(values: Values) -> Kernel:
    return _kernel(_yarn_embedding(values, values.whole("n_rot")), values.whole("kv_channels"))


def _mla(values: Values) -> Kernel:
    width, lanes = values.whole("qk_head_dim"), values.whole("qk_pos_emb_head_dim")
    embed = _yarn_embedding(values, lanes) if values.word("rope_type") == "yarn" else _unscaled(_built(
        "RotaryEmbedding", lanes, 1.0, False, None, values.number("rotary_base"), use_cpu_initialization=True))
    return _kernel(embed, lanes, width - lanes, latent=values.flag("mla_rotary_interleaved"))


def _mrope(values: Values) -> Kernel:
    lanes, sections = values.whole("n_rot"), [int(each) for each in values.numbers("mrope_section")]
    rope = _built("MultimodalRotaryEmbedding", lanes, 1.0, False, _factor(values), values.number("rotary_base"))
    return _kernel(lambda torch, place: (rope(torch.tensor(place)[:, None, None], sections), 1.0),
                   values.whole("kv_channels"))


_ROPE, _YARN, _MLA, _MROPE = "megatron/rope", "megatron/yarn", "megatron/mla", "megatron/mrope"
_FORTY = f"{_YARN}:kv_channels=64:factor=40"
SOFTWARE = Software(
    ("megatron-core", "torch"), {_ROPE: _rope, _YARN: _yarn, _MLA: _mla, _MROPE: _mrope},
    (_ROPE, f"{_ROPE}:kv_channels=64:rotary_percent=0.5:rotary_base=500000:rotary_interleaved=true",
     f"{_ROPE}:kv_channels=64:seq_len_interpolation_factor=4",
     *(f"{_ROPE}:rotary_base=500000:use_rope_scaling=true:rope_scaling_factor={factor}" for factor in (8, 32)),
     _FORTY, f"{_FORTY}:original_max_position_embeddings=8192:truncate=false",
     f"{_FORTY}:mscale=0.707:mscale_all_dim=0.5:beta_fast=64:beta_slow=2:rotary_base=150000",
     _MLA, f"{_MLA}:qk_head_dim=96:qk_pos_emb_head_dim=32:mla_rotary_interleaved=false",
     f"{_MLA}:qk_head_dim=96:qk_pos_emb_head_dim=32:rope_type=rope",
     _MROPE, f"{_MROPE}:kv_channels=64:n_rot=32:mrope_section=4,6,6",
     f"{_MROPE}:kv_channels=64:mrope_section=8,12,12:seq_len_interpolation_factor=2"),
)
