"""SGLang's rotary modules as get_rope makes them, by forward_native or what they have in its place. Source:
sgl-project/sglang 0.5.23, python/sglang/srt/layers/rotary_embedding."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.served import ROWS, entries, kernel_of
from prover.measure.upstream.software import Software, Values


def _made(values: Values, scaling: dict[str, Any] | None, half: bool | None = None, **more: Any) -> Any:
    """What get_rope makes; it prints what it does to sections."""
    import torch
    from sglang.srt.layers.rotary_embedding import get_rope

    half = values.flag("is_neox_style") if half is None else half
    width = values.whole("head_size")
    turned = values.whole("rotary_dim") if "rotary_dim" in values.values else width
    with contextlib.redirect_stdout(io.StringIO()):
        return get_rope(width, turned, more.pop("max_position", ROWS), values.number("base"), half, scaling,
                        torch.float32, **more)


def _rope(values: Values) -> Kernel:
    word = values.word("rope_type")
    scaling = entries(values) | {"rope_type": "dynamic" if word == "dynamic_alpha" else word}
    longest = {"max_position": scaling["max_position_embeddings"]} if "max_position_embeddings" in scaling else {}
    module = _made(values, None if word == "default" else scaling, **longest)
    return kernel_of(module, module.forward_native, headed=word == "deepseek_yarn")


def _longrope(values: Values) -> Kernel:
    """The batch ends with a token at seq_len - 1, which decides which table all of it reads."""
    import torch

    scaling = entries(values, "seq_len") | {"rope_type": "longrope"}
    module = _made(values, scaling, True, max_position=scaling["max_position_embeddings"])
    last = values.whole("seq_len") - 1

    def forward(positions: Any, *vectors: Any) -> list[Any]:
        positions = torch.cat((positions, torch.full_like(positions[:1], last)))
        return [turned[:-1] for turned in module.forward(positions, *(torch.cat((x, x[:1])) for x in vectors))]

    return kernel_of(module, forward)


def _mrope(values: Values) -> Kernel:
    word = values.word("rope_type")
    scaling = entries(values) | {"rope_type": word, "mrope_interleaved": values.flag("mrope_interleaved")}
    module = _made(values, scaling)
    return kernel_of(module, module.forward_native)


def _ernie(values: Values) -> Kernel:
    import torch
    from sglang.srt.layers.rotary_embedding import Ernie4_5_VLRotaryEmbedding

    with contextlib.redirect_stdout(io.StringIO()):
        module = Ernie4_5_VLRotaryEmbedding(
            values.whole("head_size"), values.whole("rotary_dim"), ROWS, values.number("base"),
            values.flag("is_neox_style"), torch.float32, mrope_section=entries(values)["mrope_section"])
    return kernel_of(module, module.forward_native)


def _gemma4(values: Values) -> Kernel:
    part = values.number("partial_rotary_factor")
    scaling = entries(values, "partial_rotary_factor") | {"rope_type": "proportional"}
    module = _made(values, scaling, partial_rotary_factor=part)
    return kernel_of(module, module.forward_native)


def _dual_chunk(values: Values) -> Kernel:
    """The first of five queries, that of a key in the same chunk; there is no forward_native."""
    chunks = {name: values.whole(name) for name in ("chunk_size", "local_size")}
    module = _made(values, None, dual_chunk_attention_config=chunks)
    return kernel_of(module, module.forward)


_BUILDS = {
    "sglang/rope": _rope, "sglang/longrope": _longrope, "sglang/mrope": _mrope, "sglang/ernie-vl": _ernie,
    "sglang/gemma4": _gemma4, "sglang/dual-chunk": _dual_chunk,
}
_HEAD = "head_size=64:rotary_dim=32:base=500000"
_LENGTH = "original_max_position_embeddings"
_YARN = f"factor=4:{_LENGTH}=4096"
_RAMP = f"{_HEAD}:{_YARN}:beta_fast=64:beta_slow=2:extrapolation_factor=0.5:attn_factor=1.25:attention_factor=2"
_SHORT, _FAR = (",".join(f"{first + i}/{below}" for i in range(16)) for first, below in ((32, 32), (2, 1)))
_PHI = f"{_HEAD}:{_LENGTH}=128:short_factor={_SHORT}:long_factor={_FAR}:max_position_embeddings=1024"
_CHUNKS = "chunk_size=96:local_size=32"
_ROWS = {
    "sglang/rope": (
        "head_size=64", f"{_HEAD}:is_neox_style=false", f"{_HEAD}:rope_type=linear:factor=8",
        f"{_HEAD}:rope_type=dynamic:factor=4", f"{_HEAD}:rope_type=dynamic_alpha:alpha=50",
        "rope_type=llama3:base=500000",
        f"{_HEAD}:rope_type=llama3:factor=16:low_freq_factor=2:high_freq_factor=8:{_LENGTH}=4096",
        f"{_HEAD}:rope_type=llama3:factor=16:max_position_embeddings=2048",
        f"head_size=64:rope_type=yarn:{_YARN}", f"{_HEAD}:rope_type=yarn:factor=4:max_position_embeddings=8192",
        f"{_HEAD}:rope_type=yarn:{_YARN}:mscale=0.707:mscale_all_dim=1", f"{_HEAD}:rope_type=yarn:{_YARN}:mscale=0.707",
        f"{_RAMP}:rope_type=yarn:truncate=false:is_neox_style=false",
        f"head_size=64:rope_type=deepseek_yarn:factor=40:{_LENGTH}=4096",  # halves of a part of a head raise
        f"{_HEAD}:rope_type=deepseek_yarn:factor=4:max_position_embeddings=8192:is_neox_style=false",
        f"{_RAMP}:rope_type=deepseek_yarn:mscale=0.707:mscale_all_dim=0.5:truncate=false:is_neox_style=false",
    ),
    "sglang/longrope": tuple(f"{_PHI}:{more}" for more in (
        "seq_len=100", "seq_len=1000", "seq_len=100:short_mscale=1.1:long_mscale=1.243",
        "seq_len=1000:short_mscale=1.1:long_mscale=1.243", "seq_len=1000:factor=32:attention_factor=1.19",
    )),
    "sglang/mrope": (
        *(f"base=500000:mrope_section=24,20,20:mrope_interleaved={turns}:is_neox_style={half}"
          for turns in ("false", "true") for half in ("true", "false")),
        "rotary_dim=64:mrope_section=11,11,10:mrope_interleaved=true",
        *(f"head_size=64:mrope_section={sections}:mrope_interleaved={turns}"
          for sections in ("24,20,20", "4,4,4", "1,1,30", "0,0,0") for turns in ("false", "true")),
        f"{_HEAD}:mrope_section=2,8,6:rope_type=yarn:factor=4:max_position_embeddings=8192",
        f"{_RAMP}:mrope_section=2,8,6:rope_type=yarn:truncate=false:mrope_interleaved=true",
    ),
    "sglang/ernie-vl": (
        "head_size=128", f"{_HEAD}:is_neox_style=true:mrope_section=6,6,4", "head_size=64"),
    "sglang/gemma4": tuple(f"head_size=64:base=1000000{part}" for part in (
        "", ":partial_rotary_factor=0.25:factor=8", ":partial_rotary_factor=0.36:is_neox_style=false")),
    "sglang/dual-chunk": (f"head_size=64:{_CHUNKS}", f"{_HEAD}:{_CHUNKS}:is_neox_style=false"),
}
SOFTWARE = Software(
    ("sglang", "torch"), _BUILDS, tuple(f"{name}:{row}" for name, rows in _ROWS.items() for row in rows),
    has_extra=False,  # what it needs depends on the machine
)
