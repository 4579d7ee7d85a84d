"""Models from what people name: what is in files and folders, as each engine reads it."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.layouts.loading import load
from prover.layouts.spec import catalogue
from prover.sources.arguments import Arguments, read_arguments, split_arguments
from prover.sources.as_layout import as_layout
from prover.sources.beside import UNSAID
from prover.sources.config_json import config_model, config_of
from prover.sources.engine_llama_cpp import read_converted, tell_of_rows, with_rows
from prover.sources.engine_mlx_lm import read_mlx_lm
from prover.sources.engine_sglang import read_sglang
from prover.sources.engine_vllm import read_vllm
from prover.sources.gguf import decode, read_metadata
from prover.sources.gguf_file import MAGIC, OLDER, read_gguf, read_magic
from prover.sources.gguf_json import is_dump_object, read_dump_object
from prover.sources.gguf_text import MAX_TEXT, read_gguf_text
from prover.sources.json_text import MAX_BYTES, parse_json_object
from prover.sources.keys import Keys
from prover.sources.llama_cpp import read_llama_cpp
from prover.sources.metadata import Metadata
from prover.sources.model import Model, Part, Value
from prover.sources.named import STDIN, is_model, resolve_told


def read_model(name: str, engine: str = "", kind: str = "") -> Model:
    """What an engine makes of a model: transformers of a config.json, llama.cpp of a GGUF file or a text about one.

    `name`: that of a file or folder, with or without arguments of the engine behind it, such as "model.gguf
    --rope-scale 4". `engine`: another engine, one of ENGINES; if not told, the one whose arguments they are. `kind`:
    what a config's model_type is taken for. Raises InputError with file, key, got and expected; nothing of the model is
    executed or imported.
    """
    name, words = split_arguments(name)
    arguments = read_arguments(words, engine)
    engine = engine or arguments.engine
    if engine and engine not in ENGINES:
        names = ", ".join(ENGINES)
        raise InputError(f"there is no engine '{engine[:40]}'", where="engine", advice=f"Engines: {names}")
    found = _found(name)
    if isinstance(found, Keys):
        if _is_layout(kind):
            if engine:
                raise InputError(f"'{kind[:60]}' is a layout, which no engine reads a config as", where="--as",
                                 advice="Leave --engine out, or give a model type")
            return as_layout(found, kind)
        if kind:
            found = Keys({**found.table, "model_type": kind}, found.where)
        return ENGINES[engine or "transformers"](found, arguments)
    if kind:
        raise InputError("is no config.json, whose model type could be taken for another", where=f"{found.file}, --as")
    if engine not in ("", "llama.cpp"):
        raise InputError(f"{engine} does not run GGUF files here", where=found.file, advice="Give its config.json")
    return tell_of_rows(read_llama_cpp(found, arguments))


def _found(name: str) -> Keys | Metadata:
    """What a file, a folder or standard input holds: a config, or GGUF metadata. Raises InputError."""
    if name == STDIN:
        return _text(decode(_standard_input()), "standard input")
    if os.path.isdir(name):
        return _text(decode(read_bytes(config_of(name), MAX_BYTES)), str(config_of(name)), is_json=True)
    path = Path(name)
    magic = read_magic(path)
    if magic in (MAGIC, MAGIC[::-1], *OLDER) or path.suffix == ".gguf":
        return read_gguf(path)
    if path.suffix == ".json":
        return _text(decode(read_bytes(path, MAX_BYTES)), name, is_json=True)
    return read_metadata(path)


def _is_layout(kind: str) -> bool:
    """Whether what a config is taken for is a layout, and no model type."""
    name = kind.partition(":")[0]
    return "/" in name or name.endswith(".toml") or name in catalogue()


def read_side(name: str, engine: str = "", kind: str = "") -> Model:
    """A model, or a layout as one with a single text part. Raises InputError."""
    if is_model(name):
        return read_model(name, engine, kind)
    if engine:
        raise InputError("is no model that an engine reads", where=f"spec '{name[:80]}'")
    spec, told = resolve_told(name)
    layout, _, given = spec.partition(":")
    load(spec)
    values = tuple(Value(key, value, "the SPEC") for key, _, value in (each.partition("=") for each in given.split(":"))
                   if key)
    return Model(name, layout, "a layout", "", (Part("text", None, layout, values, beside=UNSAID),), told)


def read_sides(source: str, target: str, engine: str, kind: str) -> tuple[Model, Model]:
    """Two models to be compared; `engine` reads the target, and `kind` is what a config's type is taken for.

    Where an engine reads the target, a layout that stands for a type is the source's: what it was trained with. A GGUF
    file beside a config has the rows that llama.cpp's converter gives it. Raises InputError.
    """
    a = read_side(source, "", kind)
    is_file = is_model(target) and isinstance(_found(split_arguments(target)[0]), Metadata)
    is_for_source = is_model(source) and bool(engine) and _is_layout(kind)
    b = read_side(target, engine, "" if is_file or is_for_source else kind)
    if not is_file or not a.engine.startswith("transformers"):
        return a, b
    try:
        return a, with_rows(b, read_side(source, "llama.cpp", kind))
    except InputError:
        return a, b


def _text(text: str, where: str, is_json: bool = False) -> Keys | Metadata:
    """What a text holds: a config, a dump or a log."""
    if not is_json and not text.lstrip().startswith("{"):
        return read_gguf_text(text, where)
    found = parse_json_object(text, where)
    return read_dump_object(found, where) if is_dump_object(found) else Keys(found, where)


def _transformers(keys: Keys, _: Arguments) -> Model:
    return config_model(keys)


def _mlx_lm(keys: Keys, _: Arguments) -> Model:
    return read_mlx_lm(keys)


_KEPT: weakref.WeakKeyDictionary[object, bytes] = weakref.WeakKeyDictionary()
# How each engine reads a config, with arguments that it takes.
ENGINES: dict[str, Callable[[Keys, Arguments], Model]] = {
    "transformers": _transformers, "llama.cpp": read_converted, "vllm": read_vllm, "sglang": read_sglang,
    "mlx-lm": _mlx_lm,
}


def _standard_input() -> bytes:
    """All of it, kept for the next that asks: several engines may read one model. Raises InputError."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("is closed", where="standard input", advice="Give the name of a file")
    try:
        data = _KEPT.get(sys.stdin) or sys.stdin.buffer.read(MAX_TEXT + 1)
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot be read: {fault}", where="standard input") from None
    if not data.strip() or len(data) > MAX_TEXT:
        raise InputError("is empty" if not data.strip() else f"has more than {MAX_TEXT} bytes", where="standard input",
                         advice="Give a config.json, a loader's log or a dump on it, and only one model can be")
    _KEPT[sys.stdin] = data
    return data
