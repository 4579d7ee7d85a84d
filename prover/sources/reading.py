"""Models from what people name: which names are models, what is in them, and the layouts of their parts as SPECs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.layouts.loading import load
from prover.layouts.spec import MAX_SPEC, catalogue
from prover.sources.config_json import config_model, config_of
from prover.sources.converter import convert
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
from prover.sources.model import Finding, Model, Part, Value

STDIN = "-"
_SUFFIX = re.compile(r"(.*?\.(?:json|gguf|log|txt))(?::(.*))?", re.DOTALL)


def is_model(name: str) -> bool:
    """Whether a name is that of a model, and not that of a layout: a folder, a file that is no layout file, or -."""
    if not name or name in catalogue() or name.endswith(".toml"):
        return False
    return name == STDIN or _SUFFIX.fullmatch(name) is not None or _is_there(name)


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def read_model(name: str, engine: str = "", kind: str = "") -> Model:
    """What an engine makes of a model: transformers of a config.json, llama.cpp of a GGUF file or a text about one.

    `engine`: another engine, one of ENGINES. `kind`: what a config's model_type is taken for. Raises InputError with
    file, key, got and expected; nothing of the model is executed or imported.
    """
    if engine and engine not in ENGINES:
        names = ", ".join(ENGINES)
        raise InputError(f"there is no engine '{engine[:40]}'", where="engine", advice=f"Engines: {names}")
    if name == STDIN:
        found = _text(decode(_standard_input()), "standard input")
    elif os.path.isdir(name):
        found = _text(decode(read_bytes(config_of(name), MAX_BYTES)), str(config_of(name)), is_json=True)
    else:
        path = Path(name)
        magic = read_magic(path)
        if magic in (MAGIC, MAGIC[::-1], *OLDER) or path.suffix == ".gguf":
            found = read_gguf(path)
        elif path.suffix == ".json":
            found = _text(decode(read_bytes(path, MAX_BYTES)), name, is_json=True)
        else:
            found = read_metadata(path)
    if isinstance(found, Keys):
        if kind:
            found = Keys({**found.table, "model_type": kind}, found.where)
        return ENGINES[engine or "transformers"](found)
    if engine not in ("", "llama.cpp"):
        raise InputError(f"{engine} does not run GGUF files here", where=found.file, advice="Give its config.json")
    return read_llama_cpp(found)


def read_side(name: str, engine: str = "", kind: str = "") -> Model:
    """A model, or a layout as one with a single text part. Raises InputError."""
    if is_model(name):
        return read_model(name, engine, kind)
    if engine:
        raise InputError("is no model that an engine reads", where=f"spec '{name[:80]}'")
    spec = resolve(name)
    layout, _, given = spec.partition(":")
    load(spec)
    values = tuple(Value(key, value, "the SPEC") for key, _, value in (each.partition("=") for each in given.split(":"))
                   if key)
    return Model(name, layout, "a layout", "", (Part("text", None, layout, values),), ())


def _text(text: str, where: str, is_json: bool = False) -> Keys | Metadata:
    """What a text holds: a config, a dump or a log."""
    if not is_json and not text.lstrip().startswith("{"):
        return read_gguf_text(text, where)
    found = parse_json_object(text, where)
    return read_dump_object(found, where) if is_dump_object(found) else Keys(found, where)


def _converted(keys: Keys) -> Model:
    """A config as llama.cpp reads the file that its converter makes of it."""
    done = convert(keys)
    model = read_llama_cpp(done.metadata)
    parts = tuple(
        part if part.spec is None or done.permutes is None or part.name != "text"
        else replace(part, rows=done.permutes.sources(load(part.spec).layout.width))
        for part in model.parts
    )
    told = [Finding("RP201", text) for text in done.findings]
    if done.permutes is not None:
        way = "half to adjacent" if done.permutes.half_to_adjacent else "adjacent to half"
        told.append(Finding("RP202", f"the converter moves rows of q and k within each head, {way}"))
    return Model(keys.where, model.kind, f"{model.engine}, by its converter", f"{done.source}; {model.source}", parts,
                 (*told, *model.findings))


# How each engine reads a config.
ENGINES: dict[str, Callable[[Keys], Model]] = {
    "transformers": config_model, "llama.cpp": _converted, "vllm": read_vllm, "sglang": read_sglang,
    "mlx-lm": read_mlx_lm,
}


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("is closed", where="standard input", advice="Give the name of a file")
    try:
        data = sys.stdin.buffer.read(MAX_TEXT + 1)
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot be read: {fault}", where="standard input") from None
    if not data.strip() or len(data) > MAX_TEXT:
        raise InputError("is empty" if not data.strip() else f"has more than {MAX_TEXT} bytes", where="standard input",
                         advice="Give a config.json, a loader's log or a dump on it, and only one model can be")
    return data


def resolve(spec: str, folder: Path | None = None) -> str:
    """A SPEC without models in it: MODEL#PART:NAME=VALUE as the part's own layout, with these values on top.

    `folder`: where a model's path starts, if not here. What names no model is given back as it is. Raises InputError.
    """
    if len(spec) > MAX_SPEC:
        return spec
    name, address, given = _split(spec)
    path = str(folder / name) if folder is not None and not Path(name).is_absolute() else name
    if not is_model(path):
        if address:
            raise InputError(f"'{name[:80]}' is no model that has parts", where=f"spec '{spec[:80]}'",
                             advice="Parts are of a config.json, of the folder that holds one, or of a GGUF file")
        return spec
    part = read_model(path).part(address)
    values = {value.name: value.text for value in part.values}
    for each in given.split(":") if given else []:
        key, equals, value = each.partition("=")
        if not equals:
            raise InputError(f"'{each[:60]}' is not a parameter", where=f"spec '{spec[:80]}'",
                             advice="Write NAME=VALUE behind the part, such as #text:head_dim=64")
        values[key] = value
    return ":".join([str(part.layout), *(f"{key}={value}" for key, value in values.items())])


def _split(spec: str) -> tuple[str, str, str]:
    """Name, part and values of MODEL#PART:NAME=VALUE:..., each of the latter two may be empty."""
    name, hash_, rest = spec.partition("#")
    if hash_:
        address, _, given = rest.partition(":")
        return name, address, given
    plain = _SUFFIX.fullmatch(spec)
    return (plain[1], "", plain[2] or "") if plain else (spec, "", "")
