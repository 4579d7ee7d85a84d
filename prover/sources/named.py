"""Which names are models, and the layouts of their parts as SPECs. Models are read only where one is named."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from prover.errors import InputError
from prover.layouts.spec import MAX_SPEC, catalogue
from prover.sources.arguments import split_arguments
from prover.sources.beside import UNSAID, Beside
from prover.sources.calls import call_spec, is_call
from prover.sources.model import Finding, Model, Part

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
    from prover.sources.changed_beside import beside_changed
    from prover.sources.reading import read_model

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
    from prover.sources.reading import read_model

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
