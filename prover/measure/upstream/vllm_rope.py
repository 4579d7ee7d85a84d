"""vLLM's rotary modules as get_rope makes them, by forward_native. Source: vllm-project/vllm 0.33.0,
vllm/model_executor/layers/rotary_embedding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from prover.measure.probe import Kernel
from prover.measure.upstream.served import ROWS, entries, kernel_of
from prover.measure.upstream.software import Software, Values

DEEPSEEK = ("deepseek_yarn", "deepseek_llama_scaling")
# The rope_type that vLLM has for a word of ours, where it is another.
KINDS = {"ntk_mixed": "ntk", "dynamic_alpha": "dynamic"}


@contextmanager
def _engine(max_model_len: int | None = None) -> Iterator[None]:
    """The config that modules ask for as they are made."""
    from vllm.config import VllmConfig, set_current_vllm_config

    config = VllmConfig()
    if max_model_len is not None:
        config.model_config = SimpleNamespace(max_model_len=max_model_len)
    with set_current_vllm_config(config):
        yield


def _made(values: Values, kind: str, adjacent: bool, parameters: dict[str, Any], **more: Any) -> Any:
    """What get_rope makes."""
    import torch
    from vllm.model_executor.layers.rotary_embedding import get_rope

    longest = parameters.get("max_model_len")  # stays: get_rope gives again what it made for the same entries
    parameters |= {"rope_type": kind, "rope_theta": values.number("base"), "rope_dim": values.whole("rotary_dim")}
    with _engine(longest):
        return get_rope(values.whole("head_size"), more.pop("max_position", ROWS), not adjacent, parameters,
                        torch.float32, **more)


def _adjacent(values: Values) -> bool:
    return not values.flag("is_neox_style")


def _rope(values: Values) -> Kernel:
    word, parameters, more = values.word("rope_type"), entries(values), {}
    if word == "dynamic":
        parameters["max_trained_positions"] = parameters["original_max_position_embeddings"]
        more["max_position"] = parameters["max_position_embeddings"]
    module = _made(values, KINDS.get(word, word), _adjacent(values), parameters, **more)
    return kernel_of(module, module.forward_native, headed=word in DEEPSEEK)


def _longrope(values: Values) -> Kernel:
    parameters = entries(values, "max_model_len") | {"max_model_len": values.whole("max_model_len")}
    module = _made(values, "longrope", False, parameters, max_position=parameters["max_position_embeddings"])
    return kernel_of(module, module.forward)


def _mrope(values: Values) -> Kernel:
    parameters = entries(values, "mrope_positions_factor") | {"mrope_interleaved": values.flag("mrope_interleaved")}
    module = _made(values, values.word("rope_type"), _adjacent(values), parameters,
                   mrope_positions_factor=values.whole("mrope_positions_factor"))
    return kernel_of(module, module.forward_native)


def _bailing(values: Values) -> Kernel:
    module = _made(values, "bailing_mrope", _adjacent(values), entries(values, "height", "width_patches"))
    return kernel_of(module, module.forward_native)


def _openpangu(values: Values) -> Kernel:
    module = _made(values, "openpangu", _adjacent(values), entries(values) | {"mrope_interleaved": True})
    return kernel_of(module, module.forward)  # forward_native is that of MRotaryEmbedding, with another order of axes


def _ernie(values: Values) -> Kernel:
    import torch
    from vllm.model_executor.layers.rotary_embedding.ernie45_vl_rope import Ernie4_5_VLRotaryEmbedding

    with _engine():
        module = Ernie4_5_VLRotaryEmbedding(
            values.whole("head_size"), values.whole("rotary_dim"), ROWS, values.number("base"), False, torch.float32,
            mrope_section=entries(values)["mrope_section"])
    return kernel_of(module, module.forward_native)


def _gemma4(values: Values) -> Kernel:
    import torch
    from vllm.model_executor.layers.rotary_embedding import get_rope

    parameters = entries(values, "head_dim") | {"rope_type": "proportional"}
    with _engine():
        module = get_rope(values.whole("head_dim"), ROWS, True, parameters, torch.float32)
    return kernel_of(module, module.forward_native)


def _deepseek_v4(values: Values) -> Kernel:
    parameters = entries(values, "inverse", "compress") | {"is_deepseek_v4": True}
    if values.word("rope_type") == "default":  # as models/deepseek_v4/common/rope.py has it
        parameters |= {"factor": 1.0, "original_max_position_embeddings": ROWS, "mscale": 0, "mscale_all_dim": 0}
    module = _made(values, "deepseek_yarn", True, parameters)
    inverse = bool(values.whole("inverse"))
    return kernel_of(module, lambda *arguments: module.forward_native(*arguments, inverse=inverse), headed=True)


def _dual_chunk(values: Values) -> Kernel:
    """The first of five queries, that of a key in the same chunk."""
    chunks = {name: values.whole(name) for name in ("chunk_size", "local_size")}
    module = _made(values, "default", _adjacent(values), {}, dual_chunk_attention_config=chunks)
    return kernel_of(module, module.forward_native)


_BUILDS = {
    "vllm/rope": _rope, "vllm/longrope": _longrope, "vllm/mrope": _mrope, "vllm/bailing-mrope": _bailing,
    "vllm/openpangu-mrope": _openpangu, "vllm/ernie-vl": _ernie, "vllm/gemma4": _gemma4,
    "vllm/deepseek-v4": _deepseek_v4, "vllm/dual-chunk": _dual_chunk,
}
_HEAD = "head_size=64:rotary_dim=32:base=500000"
_LENGTH = "original_max_position_embeddings"
_YARN = f"factor=4:{_LENGTH}=4096"
_UNREAD = "max_position_embeddings=512"
_DEEP = f"{_HEAD}:{_YARN}:beta_fast=64:beta_slow=2:mscale=0.707:mscale_all_dim=0.5:truncate=false:attention_factor=2"
_SHORT, _FAR = (",".join(f"{first + i}/{below}" for i in range(16)) for first, below in ((32, 32), (2, 1)))
_PHI = f"{_HEAD}:{_LENGTH}=128:short_factor={_SHORT}:long_factor={_FAR}"
_V4 = "head_size=64:rotary_dim=32"
_CHUNKS = "chunk_size=96:local_size=32"
_ROWS = {
    "vllm/rope": (
        "head_size=64", f"{_HEAD}:is_neox_style=false", "head_size=64:rotary_dim=24",
        f"{_HEAD}:rope_type=linear:factor=8:is_neox_style=false",
        f"{_HEAD}:rope_type=ntk:factor=4", *(f"{_HEAD}:rope_type=ntk_mixed:factor=4:mixed_b={n}" for n in (0, 1, 2)),
        f"{_HEAD}:rope_type=dynamic:factor=4", f"{_HEAD}:rope_type=dynamic:factor=4:{_LENGTH}=128:{_UNREAD}",
        f"{_HEAD}:rope_type=dynamic_alpha:alpha=50", "rope_type=llama3:base=500000",
        f"{_HEAD}:rope_type=llama3:factor=16:low_freq_factor=2:high_freq_factor=8:{_LENGTH}=4096",
        f"{_HEAD}:rope_type=llama3:factor=16:high_freq_factor=1:{_LENGTH}=4096",
        f"head_size=64:rope_type=yarn:{_YARN}", f"{_HEAD}:rope_type=yarn:{_YARN}:truncate=false:{_UNREAD}",
        f"{_HEAD}:rope_type=yarn:{_YARN}:mscale=0.707:mscale_all_dim=1", f"{_HEAD}:rope_type=yarn:{_YARN}:mscale=0.707",
        f"{_HEAD}:rope_type=yarn:{_YARN}:attention_factor=1.25:beta_fast=64:beta_slow=2:is_neox_style=false",
        f"{_HEAD}:rope_type=yarn:factor=0.5:{_LENGTH}=4096",
        f"head_size=64:rope_type=deepseek_yarn:factor=40:{_LENGTH}=4096:is_neox_style=false",
        *(f"{_DEEP}:{_UNREAD}:rope_type={kind}" for kind in DEEPSEEK),
    ),
    "vllm/longrope": tuple(f"{_PHI}:{more}" for more in (
        "max_model_len=100:max_position_embeddings=1024", "max_model_len=1024:max_position_embeddings=1024",
        "max_model_len=128:max_position_embeddings=128",
        "max_model_len=100:max_position_embeddings=1024:short_mscale=1.1:long_mscale=1.243",
        "max_model_len=1024:max_position_embeddings=1024:short_mscale=1.1:long_mscale=1.243",
        "max_model_len=1024:max_position_embeddings=1024:factor=32:attention_factor=1.19",
    )),
    "vllm/mrope": (
        *(f"base=500000:mrope_section=24,20,20:mrope_interleaved={turns}:is_neox_style={half}"
          for turns in ("false", "true") for half in ("true", "false")),
        "rotary_dim=64:mrope_section=11,11,10:mrope_interleaved=true",
        "head_size=32:mrope_section=2,10,4:mrope_interleaved=true",
        f"head_size=64:mrope_section=8,12,12:rope_type=yarn:{_YARN}",
        f"{_HEAD}:mrope_section=2,8,6:rope_type=yarn:{_YARN}:mrope_positions_factor=1:beta_fast=64:beta_slow=2"
        f":truncate=false:mscale=0.707:mscale_all_dim=1:{_UNREAD}",
        f"{_HEAD}:mrope_section=2,8,6:rope_type=yarn:{_YARN}:attention_factor=1.25:mrope_interleaved=true",
    ),
    "vllm/bailing-mrope": ("head_size=64:mrope_section=8,12,12", f"{_HEAD}:mrope_section=4,6,6:is_neox_style=true"),
    "vllm/openpangu-mrope": (
        "mrope_section=24,20,20", "head_size=64:mrope_section=16,8,8",
        f"{_HEAD}:mrope_section=8,4,4:is_neox_style=false",
    ),
    "vllm/ernie-vl": ("head_size=64:mrope_section=12,12,8", f"{_HEAD}:mrope_section=6,6,4"),
    "vllm/gemma4": tuple(f"head_dim=64:rope_theta=1000000{part}" for part in (
        "", ":partial_rotary_factor=0.25:factor=8", ":partial_rotary_factor=0.36")),
    "vllm/deepseek-v4": (
        _V4, f"{_V4}:inverse=true:base=160000", f"{_V4}:rope_type=deepseek_yarn:{_YARN}",
        f"{_DEEP}:{_UNREAD}:rope_type=deepseek_yarn:inverse=true",
    ),
    "vllm/dual-chunk": (f"head_size=64:{_CHUNKS}", f"{_HEAD}:{_CHUNKS}:is_neox_style=false"),
}
SOFTWARE = Software(
    ("vllm", "torch"), _BUILDS, tuple(f"{name}:{row}" for name, rows in _ROWS.items() for row in rows),
    has_extra=False,  # what it needs depends on the machine
)
