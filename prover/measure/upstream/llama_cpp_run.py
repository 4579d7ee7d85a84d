"""llama.cpp's own graphs, run through its C API, with vectors put before a rotation and read behind it.

Source of the calls: ggml-org/llama.cpp b10605, include/llama.h and ggml/include/ggml.h; run is what xllamacpp has.
The scheduler's callback stops at every node, so that what a ggml_rope_ext of the graph gets can be overwritten when all
before it is computed; the graph itself, its parameters and its positions are llama.cpp's.
"""

from __future__ import annotations

import ctypes
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from prover.measure.probe import Array

ROPE, BACK = "ROPE", "ROPE_BACK"
_POINTER, _WHOLE, _NUMBER = ctypes.c_void_p, ctypes.c_int32, ctypes.c_float
_Callback = ctypes.CFUNCTYPE(ctypes.c_bool, _POINTER, ctypes.c_bool, _POINTER)
_Log = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, _POINTER)


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int), ("buffer", _POINTER), ("ne", ctypes.c_int64 * 4), ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int), ("op_params", _WHOLE * 16), ("flags", _WHOLE), ("src", _POINTER * 10),
        ("view_src", _POINTER), ("view_offs", ctypes.c_size_t), ("data", _POINTER), ("name", ctypes.c_char * 64),
    )


class _Context(ctypes.Structure):
    """llama_context_params up to its callback; what follows is longer here than in any version, and passed on."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max",
                                               "n_outputs_max_per_seq")),
        *((name, _WHOLE) for name in ("n_threads", "n_threads_batch", "ctx_type", "rope_scaling_type", "pooling_type",
                                      "attention_type", "flash_attn_type")),
        *((name, _NUMBER) for name in ("rope_freq_base", "rope_freq_scale", "yarn_ext_factor", "yarn_attn_factor",
                                       "yarn_beta_fast", "yarn_beta_slow")),
        ("yarn_orig_ctx", ctypes.c_uint32), ("defrag_thold", _NUMBER), ("cb_eval", _Callback), ("user_data", _POINTER),
        ("rest", ctypes.c_char * 256),
    )


# What the fields are unless set: a version with others before the callback is told by them.
_DEFAULTS = {
    "n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1, "ctx_type": 0, "rope_scaling_type": -1,
    "pooling_type": -1, "attention_type": -1, "flash_attn_type": -1, "rope_freq_base": 0.0, "rope_freq_scale": 0.0,
    "yarn_ext_factor": -1.0, "yarn_attn_factor": -1.0, "yarn_beta_fast": -1.0, "yarn_beta_slow": -1.0,
    "yarn_orig_ctx": 0, "defrag_thold": -1.0, "user_data": None,
}


class _Model(ctypes.Structure):
    _fields_ = (("rest", ctypes.c_char * 256), ("last", _POINTER))


class _Batch(ctypes.Structure):
    _fields_ = (
        ("n_tokens", _WHOLE), ("token", _POINTER), ("embd", _POINTER), ("pos", _POINTER), ("n_seq_id", _POINTER),
        ("seq_id", _POINTER), ("logits", _POINTER),
    )


class _Library:
    """The functions of llama.cpp that a run needs, and the last lines of its log."""

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))

        def function(name: str, result: Any, *arguments: Any) -> Any:
            found = getattr(library, name)
            found.restype, found.argtypes = result, list(arguments)
            return found

        self.lines: list[str] = []
        self._log = _Log(lambda level, text, user: self.lines.append(text.decode("utf-8", "replace")))
        function("llama_log_set", None, _Log, _POINTER)(self._log, None)
        function("llama_backend_init", None)()
        self.model_defaults = function("llama_model_default_params", _Model)
        self.context_defaults = function("llama_context_default_params", _Context)
        self.load = function("llama_model_load_from_file", _POINTER, ctypes.c_char_p, _Model)
        self.free_model = function("llama_model_free", None, _POINTER)
        self.start = function("llama_init_from_model", _POINTER, _POINTER, _Context)
        self.free = function("llama_free", None, _POINTER)
        self.decode = function("llama_decode", _WHOLE, _POINTER, _Batch)
        self.memory = function("llama_get_memory", _POINTER, _POINTER)
        self.clear = function("llama_memory_clear", None, _POINTER, ctypes.c_bool)
        self.name = function("ggml_op_name", ctypes.c_char_p, ctypes.c_int)

    def failed(self, what: str) -> ValueError:
        """An error with the last that llama.cpp said."""
        return ValueError(f"llama.cpp {what}: {''.join(self.lines[-3:]).strip()}")


@cache
def _library() -> _Library:
    found = importlib.util.find_spec("xllamacpp")
    for folder in (found and found.submodule_search_locations) or ():
        for path in (Path(folder) / name for name in ("xllamacpp.abi3.so", "xllamacpp.pyd")):
            if path.is_file():
                return _Library(path)
    raise ValueError("xllamacpp has no library where it is looked for")


class Graph:
    """A model in whose first layer rotations of heads with `width` lanes are run, `heads` of them at a time."""

    def __init__(self, path: Path, width: int, heads: int, hidden: int, operation: str = ROPE,
                 **settings: float) -> None:
        self._at, self._width, self._heads, self._hidden = _library(), width, heads, hidden
        self._operation = operation.encode()
        self._vectors, self._found = np.zeros((heads, width), np.float32), list[Array]()
        asked = self._at.context_defaults()
        if any(getattr(asked, name) != value for name, value in _DEFAULTS.items()):
            raise ValueError("llama_context_params has other fields in this version than those known here")
        for name, value in {"n_ctx": 256, "n_batch": 8, "n_ubatch": 8, "n_threads": 1, "n_threads_batch": 1,
                            **settings}.items():
            setattr(asked, name, value)
        self._callback = asked.cb_eval = _Callback(self._seen)
        self._at.lines.clear()
        self._model = self._at.load(str(path).encode(), self._at.model_defaults())
        if not self._model:
            raise self._at.failed("cannot load the model")
        self._context = self._at.start(self._model, asked)
        if not self._context:
            raise self._at.failed("cannot start")

    def __del__(self) -> None:
        if getattr(self, "_context", None):
            self._at.free(self._context)
        if getattr(self, "_model", None):
            self._at.free_model(self._model)

    def rotated(self, vectors: Array, position: tuple[float, ...]) -> Array:
        """(n, width) vectors at one position on each axis. Raises ValueError if queries and keys come out unlike."""
        done = []
        for start in range(0, len(vectors), self._heads):
            some = vectors[start : start + self._heads]
            self._vectors[:] = 0
            self._vectors[: len(some)] = some
            self._found.clear()
            self._decode(position)
            first = max(self._found, key=len, default=None)
            if first is None:
                raise ValueError(f"the graph has no {self._operation.decode()} of heads with {self._width} lanes")
            if any(not np.array_equal(first[: len(other)], other) for other in self._found):
                raise ValueError("queries and keys are not turned alike")
            done.append(first[: len(some)])
        return np.concatenate(done).astype(np.float64)

    def _decode(self, position: tuple[float, ...]) -> None:
        """One token alone, by its number; one with a position on each axis by its embedding, as an image has it."""
        places = np.array(position, np.int32)
        token, states, one, none = np.zeros(1, np.int32), np.full(self._hidden, 0.1, np.float32), _WHOLE(1), _WHOLE(0)
        sequences, logits = (_POINTER * 2)(ctypes.addressof(none), None), ctypes.c_int8(1)
        several = len(position) > 1
        batch = _Batch(
            1, None if several else token.ctypes.data, states.ctypes.data if several else None, places.ctypes.data,
            ctypes.addressof(one), ctypes.addressof(sequences), ctypes.addressof(logits),
        )
        self._at.clear(self._at.memory(self._context), True)
        if self._at.decode(self._context, batch) != 0:
            raise self._at.failed("cannot decode")

    def _seen(self, address: int, asked: bool, _: Any) -> bool:
        node = _Tensor.from_address(address)
        if self._at.name(node.op) != self._operation or node.ne[0] != self._width or not node.name.endswith(b"-0"):
            return True
        if asked:
            source, rows = _Tensor.from_address(node.src[0]), self._vectors
            for head in range(source.ne[1]):
                ctypes.memmove(source.data + head * source.nb[1], rows[head].ctypes.data, rows[head].nbytes)
        else:
            line = ctypes.c_float * self._width
            heads = [line.from_address(node.data + head * node.nb[1]) for head in range(node.ne[1])]
            self._found.append(np.array([np.frombuffer(bytes(head), np.float32) for head in heads]))
        return True

