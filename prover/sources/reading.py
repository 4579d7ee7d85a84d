"""Models from what people name: which names are models, what is in them, and the layouts of their parts as SPECs."""

from __future__ import annotations

import os
import re
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.layouts.loading import load
from prover.layouts.spec import MAX_SPEC, catalogue
from prover.sources.arguments import Arguments, read_arguments, split_arguments
from prover.sources.as_layout import as_layout
from prover.sources.beside import UNSAID, Beside
from prover.sources.calls import call_spec, is_call
from prover.sources.changed_beside import beside_changed
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
from prover.sources.model import Finding, Model, Part, Value

STDIN = "-"
_SUFFIX = re.compile(r"(.*?\.(?:json|gguf|log|txt))(?::(.*))?", re.DOTALL)


def is_model(name: str) -> bool:
    """Whether a name is that of a model, and not that of a layout: a folder, a file that is no layout file, or -."""
    name, _ = split_arguments(name)
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


def resolve(spec: str, folder: Path | None = None) -> str:
    """A SPEC without models in it, see `resolve_told`."""
    return resolve_told(spec, folder)[0]


def resolve_told(spec: str, folder: Path | None = None) -> tuple[str, tuple[Finding, ...]]:
    """A SPEC without models in it, see `resolve_part`, and what was found of the part."""
    found = resolve_part(spec, folder)
    return found.spec, found.told


@dataclass(frozen=True, slots=True)
class Resolved:
    """A SPEC without models in it, and what else is known of the part of a model that it is the layout of.

    `told`: what was found of the part; `beside`: what acts on scores besides; `rows`: how weights are moved on their
    way into the engine, as for Part.
    """

    spec: str
    told: tuple[Finding, ...] = ()
    beside: Beside = UNSAID
    rows: tuple[int, ...] | None = None


def resolve_part(spec: str, folder: Path | None = None, engine: str = "") -> Resolved:
    """A SPEC without models in it: MODEL#PART:NAME=VALUE as the part's own layout, with these values on top.

    Arguments of the engine may stand behind all that. ENGINE:NAME=VALUE is a call of its get_rope. `folder`: where a
    model's path starts, if not here. `engine`: which one reads the model; then it has to be one. What names no model is
    given back as it is. Raises InputError.
    """
    if len(spec) > MAX_SPEC:
        return Resolved(spec)
    if not engine and is_call(spec):
        return Resolved(call_spec(spec))
    named, words = split_arguments(spec)
    name, address, given = _split(named)
    path = str(folder / name) if folder is not None and not Path(name).is_absolute() else name
    if not is_model(path):
        if engine:
            raise InputError("is no model that an engine reads", where=f"spec '{name[:80]}'")
        if address:
            raise InputError(f"'{name[:80]}' is no model that has parts", where=f"spec '{spec[:80]}'",
                             advice="Parts are of a config.json, of the folder that holds one, or of a GGUF file")
        return Resolved(spec)
    model = read_model(f"{path} {words}".strip(), engine)
    part = model.part(address)
    values = {value.name: value.text for value in part.values}
    for each in given.split(":") if given else []:
        key, equals, value = each.partition("=")
        if not equals:
            raise InputError(f"'{each[:60]}' is not a parameter", where=f"spec '{spec[:80]}'",
                             advice="Write NAME=VALUE behind the part, such as #text:head_dim=64")
        values[key] = value
    if part.unseen and "freq_factors" not in values:
        raise InputError(part.unseen, where=f"spec '{spec[:80]}'",
                         advice="Give the GGUF file itself, or the numbers behind the part: :freq_factors=[...]")
    told = tuple(each for each in model.findings if each.part in ("", part.name))
    text = ":".join([str(part.layout), *(f"{key}={value}" for key, value in values.items())])
    beside = beside_changed(part.beside, str(part.spec), text) if given else part.beside
    return Resolved(text, told, beside, part.rows)


def named_part(spec: str, engine: str = "", folder: Path | None = None) -> tuple[Model, Part] | None:
    """The model and its part that a SPEC names, without values that the SPEC has on top; None if it names none.

    `engine`, `folder`: as for `resolve_part`.
    """
    if len(spec) > MAX_SPEC or (not engine and is_call(spec)):
        return None
    named, words = split_arguments(spec)
    name, address, given = _split(named)
    path = str(folder / name) if folder is not None and not Path(name).is_absolute() else name
    if not is_model(path):
        return None
    model = read_model(f"{path} {words}".strip(), engine)
    part = model.part(address)
    above = {each.partition("=")[0] for each in given.split(":")}
    return model, replace(part, values=tuple(value for value in part.values if value.name not in above))


def names_layer_type(spec: str) -> bool:
    """Whether a SPEC names one type of a part's layers, and not the part."""
    return "/" in _split(split_arguments(spec)[0])[1]


def _split(spec: str) -> tuple[str, str, str]:
    """Name, part and values of MODEL#PART:NAME=VALUE:..., each of the latter two may be empty."""
    name, hash_, rest = spec.partition("#")
    if hash_:
        address, _, given = rest.partition(":")
        return name, address, given
    plain = _SUFFIX.fullmatch(spec)
    return (plain[1], "", plain[2] or "") if plain else (spec, "", "")
