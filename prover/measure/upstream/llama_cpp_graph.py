"""llama.cpp's graphs by architecture: the rotations that they make, at the parameters of a SPEC.

A parameter of a layout is written into the key of a GGUF file that it is, or set as the program's option for it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.llama_cpp_files import HEADS, write_model
from prover.measure.upstream.llama_cpp_process import GraphProcess
from prover.measure.upstream.llama_cpp_run import BACK, ROPE
from prover.measure.upstream.software import Build, Software, Values

_NUMBERS = {"base": "rope.freq_base", "freq_base": "rope.freq_base", "alpha": "rope.scaling.alpha",
            "attn_factor": "rope.scaling.attn_factor", "yarn_log_multiplier": "rope.scaling.yarn_log_multiplier"}
_WHOLE = {"n_rot": "rope.dimension_count", "n_ctx_orig": "rope.scaling.original_context_length"}
_OPTIONS = {"ext_factor": "yarn_ext_factor", "yarn_attn_factor": "yarn_attn_factor", "beta_fast": "yarn_beta_fast",
            "beta_slow": "yarn_beta_slow"}
_FACTORS = {"freq_factors": "rope_freqs.weight", "short_factor": "rope_factors_short.weight",
            "long_factor": "rope_factors_long.weight"}


def _built(arch: str | None, operation: str = ROPE) -> Build:
    def build(values: Values) -> Kernel:
        name, width = arch or values.word("arch"), values.whole("head_dim")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            hidden = write_model(path, name, width, _keys(values), _factors(values))
            graph = GraphProcess(path, width, HEADS, hidden, operation, **_settings(values))

        def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
            return graph.rotated(vectors, position)

        return kernel

    return build


def _given(values: Values, names: dict[str, str], read: Callable[[str], Any]) -> dict[str, Any]:
    return {key: read(name) for name, key in names.items() if name in values.values}


def _keys(values: Values) -> dict[str, Any]:
    """Keys of the file; those that are 0 or empty in a layout are not in it."""
    found = {key: value for key, value in _given(values, _NUMBERS, values.number).items() if value}
    found |= {key: value for key, value in _given(values, _WHOLE, values.whole).items() if value}
    if "sections" in values.values:
        found["rope.dimension_sections"] = [int(number) for number in values.numbers("sections")]
    scale = values.number("freq_scale") if "freq_scale" in values.values else 1.0
    if scale != 1:
        found |= {"rope.scaling.type": "yarn" if values.number("ext_factor") else "linear",
                  "rope.scaling.factor": 1 / scale}
    return found


def _factors(values: Values) -> dict[str, list[float]]:
    found: dict[str, list[float]] = _given(values, _FACTORS, values.numbers)
    return {tensor: numbers for tensor, numbers in found.items() if numbers}


def _settings(values: Values) -> dict[str, float]:
    """Options of the program: --yarn-ext-factor and others, --ctx-size. Few architectures read those from a file."""
    found = _given(values, _OPTIONS, values.number)
    if found.get("yarn_attn_factor") == 1:  # given, it would replace that of the file
        del found["yarn_attn_factor"]
    if "n_ctx" in values.values and values.whole("n_ctx"):
        found["n_ctx"] = values.whole("n_ctx")
    return found


_TEXT, _MROPE, _IMROPE, _LONG = "llama-cpp/text", "llama-cpp/mrope", "llama-cpp/imrope", "llama-cpp/longrope"
_ALPHA, _ALPHAS = "llama-cpp/hunyuan", "llama-cpp/hunyuan-vl"
_INDEXER, _BACK = "llama-cpp/indexer", "llama-cpp/output-back"
_YARN = ":freq_scale=0.25:ext_factor=1:n_ctx_orig=4096"
_SHORT, _FAR = ",".join(f"{8 + i}/8" for i in range(16)), ",".join(f"{32 + 8 * i}/8" for i in range(16))
SOFTWARE = Software(
    ("xllamacpp", "gguf"),
    {_TEXT: _built(None), _MROPE: _built(None), _IMROPE: _built(None), _LONG: _built(None),
     _ALPHA: _built("hunyuan_vl"), _ALPHAS: _built("hunyuan_vl"), _INDEXER: _built(None),
     _BACK: _built("deepseek4", BACK)},
    (f"{_TEXT}:head_dim=64", f"{_TEXT}:head_dim=64:base=500000:freq_factors=" + ",".join(["1"] * 16 + ["8"] * 16),
     f"{_TEXT}:head_dim=64{_YARN}", f"{_TEXT}:head_dim=64:freq_scale=0.125",
     f"{_TEXT}:arch=qwen2:head_dim=64:base=1000000",
     f"{_TEXT}:arch=qwen2:head_dim=64{_YARN}:attn_factor=1.5:beta_fast=64:beta_slow=2",
     f"{_TEXT}:arch=qwen2:head_dim=64:yarn_attn_factor=1.25",
     f"{_TEXT}:arch=qwen3:head_dim=64", f"{_TEXT}:arch=gemma:head_dim=32", f"{_TEXT}:arch=glm4:head_dim=64:n_rot=32",
     f"{_TEXT}:arch=mistral3:head_dim=64{_YARN}:yarn_log_multiplier=0.5",
     f"{_TEXT}:arch=hunyuan-dense:head_dim=64", f"{_TEXT}:arch=phi3:head_dim=64",
     f"{_MROPE}:head_dim=64:sections=8,12,12,0", f"{_MROPE}:arch=glm4:head_dim=64:n_rot=32:sections=4,6,6,0",
     f"{_IMROPE}:head_dim=64:sections=12,10,10,0", f"{_IMROPE}:head_dim=64:sections=8,12,12,0:base=5000000",
     f"{_LONG}:head_dim=32:short_factor={_SHORT}:long_factor={_FAR}:n_ctx_orig=512:n_ctx=256",
     f"{_LONG}:head_dim=32:short_factor={_SHORT}:long_factor={_FAR}:n_ctx_orig=512:n_ctx=1024",
     f"{_ALPHA}:head_dim=64:alpha=50", f"{_ALPHAS}:head_dim=64:alpha=50:sections=8,8,8,8",
     f"{_INDEXER}:head_dim=64:n_rot=32", f"{_INDEXER}:head_dim=64:n_rot=32{_YARN}:yarn_log_multiplier=0.1",
     f"{_BACK}:head_dim=96:n_rot=32:offset=64:base=50000"),
)
