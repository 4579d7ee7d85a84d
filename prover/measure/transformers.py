"""Attention modules of transformers, run on basis vectors.

The real attention module is built with one head of the real width; its projections and norms are replaced by
the identity, and a registered attention function catches the q and k that reach the kernel. What is measured
is therefore all that the module does between projection and scores. Needs the extra `live`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from typing import Any

import numpy as np

from prover.errors import InputError
from prover.measure.probe import Array, Kernel, NotALayout, Probe, probe
from prover.measure.transformers_calls import CALLS, Caught, Parts
from prover.measure.transformers_case import Case
from prover.measure.transformers_cases import CASES

_NAME = "rope_prover_capture"
_PLAIN = ("q_proj", "k_proj", "v_proj", "query", "key", "value", "q_a_proj", "q_b_proj", "o_proj",
          "out_proj", "proj", "wq_b", "wk")
_FUSED = ("qkv", "query_key_value", "qkv_proj")


def measure_transformers(name: str) -> dict[str, Any]:
    """The table of one case, in the transformers format. Raises InputError for an unknown name."""
    if name not in CASES:
        raise InputError(f"there is no case '{name[:60]}'", where="measure transformers",
                         advice="'measure transformers --list' names all")
    found = probe_case(CASES[name])
    versions = {package: importlib.metadata.version(package) for package in ("transformers", "torch")}
    case = CASES[name]
    entry = {
        "id": name, "source": f"{case.model}: {case.attention} + {case.rotary or 'its own positions'}",
        "config": case.values, **found.case, "checks": {"mixed_position_error": found.residual},
    }
    return {"software": versions, "cases": [entry]}


def probe_case(case: Case) -> Probe:
    """Build the module of a case and measure it."""
    kernel, width = case_kernel(case)
    return probe(kernel, width, case.axes, case.units)


def case_kernel(case: Case) -> tuple[Kernel, int]:
    """The module of a case as a kernel on vectors at one position, in float32, and its head_dim."""
    torch = _import_torch()
    module = importlib.import_module(f"transformers.models.{case.model}.modeling_{case.model}")
    settings = importlib.import_module(f"transformers.models.{case.model}.configuration_{case.model}")
    config = getattr(settings, case.config)(**case.values)
    config._attn_implementation = _NAME
    _register()
    attention = _attention(torch, module, config, case)
    width = _width(config, case)
    rotary = getattr(module, case.rotary)(config).eval() if case.rotary else None
    call, parts = CALLS[case.kind], Parts(torch, module, attention, rotary, case)

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        x = torch.tensor(vectors, dtype=torch.float32)
        with torch.no_grad():
            try:
                call(parts, x, position)
            except Caught as caught:
                q, k = caught.args
        found, other = (np.asarray(part.reshape(len(vectors), width).double().numpy()) for part in (q, k))
        # The k of latent attention shares only its rotated part with the hidden state.
        first = case.values.get("qk_nope_head_dim", 0)
        if not np.array_equal(found[:, first:], other[:, first:]):
            raise NotALayout(f"{case.attention} turns q and k differently")
        return found

    return kernel, width


def _import_torch() -> Any:
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError:
        raise InputError(
            "torch and transformers are not installed", where="measure transformers",
            advice="pip install 'rope-prover[live]'",
        ) from None
    return torch


def _register() -> None:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def capture(module: Any, query: Any, key: Any, *rest: Any, returned: Any = None, **more: Any) -> tuple[Any, None]:
        if returned is None:
            raise Caught(query, key)
        return returned, None

    ALL_ATTENTION_FUNCTIONS.register(_NAME, capture)


def _attention(torch: Any, module: Any, config: Any, case: Case) -> Any:
    kind = getattr(module, case.attention)
    if case.kind == "timed":
        return kind
    more = dict(case.attention_values)
    if "layer_idx" in inspect.signature(kind.__init__).parameters:
        more["layer_idx"] = 0
    attention = kind(config, **more).eval()

    class Repeat(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, times: int) -> None:
            super().__init__()
            self.times = times

        def forward(self, x: Any) -> Any:
            return torch.cat([x] * self.times, dim=-1)

    class Same(torch.nn.Identity):  # type: ignore[misc]
        weight = torch.zeros(())  # whose type HY-V4's indexer asks for

    for name, part in list(attention.named_children()):
        if name == "q_proj" and part.out_features == 2 * part.in_features:
            # Qwen3-Next and Qwen3.5 put a gate behind each head's query.
            setattr(attention, name, Repeat(2))
        elif name in _PLAIN or ("norm" in name and name != "kv_a_layernorm"):
            setattr(attention, name, Same())
        elif name in _FUSED:
            setattr(attention, name, Repeat(3))
        elif isinstance(part, torch.nn.Linear):
            torch.nn.init.zeros_(part.weight)
            if name == "kv_a_proj_with_mqa":
                rank, first, lanes = (
                    case.values[key] for key in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim")
                )
                with torch.no_grad():
                    part.weight[rank:, first:] = torch.eye(lanes)
    return attention


def _width(config: Any, case: Case) -> int:
    values = case.values
    if "audio_config" in values:
        return int(config.audio_config.hidden_size)
    if case.kind == "indexer":
        return int(values["index_head_dim"])
    if "qk_rope_head_dim" in values:
        return int(values["qk_nope_head_dim"]) + int(values["qk_rope_head_dim"])
    return int(values.get("head_dim") or getattr(config, "head_dim", None) or _hidden(config))


def _hidden(config: Any) -> int:
    return int(getattr(config, "embed_dim", None) or config.hidden_size)
