"""ggml's CPU kernel, run through its C API on a shared library.

Source of the calls: ggml-org/llama.cpp 0c1e57098, ggml/include/ggml.h and ggml-cpu.h. A library is a path
given by a person who trusts it: loading it runs its code.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prover.errors import InputError
from prover.kernels.kernel import to_float
from prover.layouts.expand import parameter_values
from prover.layouts.loading import Loaded, load
from prover.measure.probe import Array, Probe, probe

TYPES = {"normal": 0, "neox": 2, "mrope": 8, "vision": 24, "imrope": 40}
_F32, _I32 = 0, 26
_MEMORY = 1 << 28


class _InitParams(ctypes.Structure):
    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


# Packages that bring ggml: as installed, as imported, and where its CPU kernels are within; the first that is there.
PACKAGES = (
    ("llama-cpp-python", "llama_cpp", ("lib/libggml-cpu.so", "lib/libggml-cpu.dylib", "lib/ggml-cpu.dll")),
    ("xllamacpp", "xllamacpp", ("xllamacpp.abi3.so", "xllamacpp.pyd")),
)


def find_library(given: str | None) -> Path:
    """The ggml-cpu library: the path given, ROPE_PROVER_GGML, or that of an installed package."""
    named = given or os.environ.get("ROPE_PROVER_GGML")
    if named:
        path = Path(named)
        if not path.is_file():
            raise InputError("no such file", where=named, advice="Give the path of libggml-cpu.so or .dylib")
        return path
    for _, module, names in PACKAGES:
        found = importlib.util.find_spec(module)
        for folder in (found and found.submodule_search_locations) or ():
            for path in (Path(folder) / name for name in names):
                if path.is_file():
                    return path
    raise InputError(
        "no ggml library was found", where="measure ggml",
        advice="pip install 'rope-prover[ggml]', or name a libggml-cpu.so with --library or ROPE_PROVER_GGML",
    )


class Ggml:
    """The few functions of ggml that a rope needs. Raises InputError if the library lacks one."""

    def __init__(self, path: Path) -> None:
        try:
            cpu = ctypes.CDLL(str(path))
            base_name = path.name.replace("ggml-cpu", "ggml-base")
            base = ctypes.CDLL(str(path.with_name(base_name))) if path.with_name(base_name).is_file() else cpu
        except OSError as fault:
            raise InputError(f"cannot be loaded: {fault}", where=str(path)) from None
        pointer, number, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_float
        scaling = [number, real, real, real, real, real, real]
        self._init = self._function(base, "ggml_init", pointer, _InitParams)
        self._free = self._function(base, "ggml_free", None, pointer)
        self._tensor = self._function(base, "ggml_new_tensor_4d", pointer, pointer, number, *[ctypes.c_int64] * 4)
        self._data = self._function(base, "ggml_get_data", pointer, pointer)
        self._one = self._function(base, "ggml_rope_ext", pointer, *[pointer] * 4, number, number, *scaling)
        self._many = self._function(
            base, "ggml_rope_multi", pointer, *[pointer] * 4, number, ctypes.POINTER(number), number, *scaling
        )
        self._base = base
        self._graph = self._function(base, "ggml_new_graph", pointer, pointer)
        self._expand = self._function(base, "ggml_build_forward_expand", None, pointer, pointer)
        self._compute = self._function(cpu, "ggml_graph_compute_with_ctx", number, pointer, pointer, number)
        self._start = self._function(cpu, "ggml_cpu_init", None)
        self._start()
        self.version = self._text(base, "ggml_version")
        self.commit = self._text(base, "ggml_commit")

    @staticmethod
    def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
        try:
            function = getattr(library, name)
        except AttributeError:
            raise InputError(f"has no function {name}", where=str(library._name)) from None
        function.restype, function.argtypes = result, list(arguments)
        return function

    @staticmethod
    def _text(library: ctypes.CDLL, name: str) -> str:
        try:
            function = getattr(library, name)
        except AttributeError:
            return "unknown"
        function.restype = ctypes.c_char_p
        return str((function() or b"unknown").decode("ascii", "replace"))

    def rope(self, vectors: Array, positions: tuple[float, ...], call: Mapping[str, Any]) -> Array:
        """One head per token: (n, head_dim) vectors, all at the same positions (1 or 4 of them)."""
        tokens, width = vectors.shape
        context = self._init(_InitParams(_MEMORY, None, False))
        try:
            x = self._tensor(context, _F32, width, 1, tokens, 1)
            self._fill(x, vectors.astype(np.float32))
            where = self._tensor(context, _I32, tokens * len(positions), 1, 1, 1)
            self._fill(where, np.repeat(np.array(positions, dtype=np.int32), tokens))
            factors = None
            if call["freq_factors"]:
                factors = self._tensor(context, _F32, len(call["freq_factors"]), 1, 1, 1)
                self._fill(factors, np.array(call["freq_factors"], dtype=np.float32))
            scaling = [
                call["n_ctx_orig"], call["base"], call["freq_scale"], call["ext_factor"], call["attn_factor"],
                call["beta_fast"], call["beta_slow"],
            ]
            if len(positions) == 1:
                y = self._one(context, x, where, factors, call["n_rot"], call["mode"], *scaling)
            else:
                sections = (ctypes.c_int * 4)(*call["sections"])
                y = self._many(context, x, where, factors, call["n_rot"], sections, call["mode"], *scaling)
            if call["offset"]:  # a function that older ones lack
                pointer, number = ctypes.c_void_p, ctypes.c_int
                y = self._function(self._base, "ggml_rope_set_offset", pointer, pointer, number)(y, call["offset"])
            graph = self._graph(context)
            self._expand(graph, y)
            if self._compute(context, graph, 1) != 0:
                raise InputError("ggml could not compute the rope", where="measure ggml")
            out = (ctypes.c_float * (tokens * width)).from_address(self._data(y))
            return np.frombuffer(out, dtype=np.float32).reshape(tokens, width).astype(np.float64)
        finally:
            self._free(context)

    def _fill(self, tensor: int, values: Any) -> None:
        rows = np.ascontiguousarray(values)  # held until it is copied: its address alone does not keep it
        ctypes.memmove(self._data(tensor), rows.ctypes.data, rows.nbytes)


def measure_ggml(spec: str, library: Path) -> dict[str, Any]:
    """The table of ggml's kernel at the parameters of a layout ggml/..., in the ggml format."""
    loaded, kind, call = _read(spec)
    ggml, axes = Ggml(library), loaded.family.axes

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        return ggml.rope(vectors, position, call)

    found = _ggml_case(probe(kernel, loaded.layout.width, axes), call, kind)
    return {"software": f"ggml {ggml.version} ({ggml.commit}), {library.name}", "configs": {spec: found}}


def rope_ggml(spec: str, vectors: Array, position: tuple[float, ...], library: Path) -> Array:
    """What ggml's kernel makes of (n, head_dim) vectors, all at one position on each axis of the layout."""
    *_, call = _read(spec)
    return Ggml(library).rope(vectors, position, call)


def _read(spec: str) -> tuple[Loaded, str, dict[str, Any]]:
    """The layout of a spec, its rope type and what is passed to ggml. Raises InputError for another layout."""
    loaded = load(spec)
    kind = loaded.family.name.removeprefix("ggml/")
    if not loaded.family.name.startswith("ggml/") or kind not in TYPES:
        raise InputError(
            f"'{loaded.family.name[:60]}' is none of ggml's rope types", where=f"spec '{spec[:80]}'",
            advice=f"Write {', '.join('ggml/' + name for name in TYPES)}, with parameters",
        )
    return loaded, kind, _call(loaded, kind)


def _call(loaded: Loaded, kind: str) -> dict[str, Any]:
    values: dict[str, Any] = dict(parameter_values(loaded.family, dict(loaded.given)))

    def number(name: str, default: float) -> float:
        return to_float(values[name]) if name in values else default

    def numbers(name: str) -> list[float]:
        return [to_float(value) for value in values.get(name, ())]

    call: dict[str, Any] = {name: number(name, default) for name, default in (
        ("base", 10000), ("freq_scale", 1), ("ext_factor", 0), ("attn_factor", 1), ("beta_fast", 32), ("beta_slow", 1),
    )}
    call |= {name: int(number(name, 0)) for name in ("n_rot", "offset", "n_ctx_orig")}
    sections = [int(n) for n in numbers("sections")]
    return call | {
        "mode": TYPES[kind], "freq_factors": numbers("freq_factors"), "sections": [*sections, 0, 0, 0, 0][:4],
    }


def _ggml_case(found: Probe, call: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The probe's table with the names of the ggml format."""
    case = found.case
    letters = case["axes"]
    return {
        "type": kind.upper(), "mode": call["mode"], "head_dim": case["head_dim"], "n_dims": call["n_rot"],
        "n_offs": call["offset"], "sections": call["sections"], "freq_base": call["base"],
        "freq_scale": call["freq_scale"], "ext_factor": call["ext_factor"], "attn_factor": call["attn_factor"],
        "beta_fast": call["beta_fast"], "beta_slow": call["beta_slow"], "n_ctx_orig": call["n_ctx_orig"],
        "freq_factors": call["freq_factors"] or None,
        "pairs": [pair[:2] for pair in case["pairs"]], "axis": "".join(letters[pair[2]] for pair in case["pairs"]),
        "sign": 1, "freq": [pair[3] * pair[4] for pair in case["pairs"]],
        "scale": float(next(iter(case["scale"]))), "passthrough": case["passthrough"],
        "mixed_position_error": found.residual,
    }
