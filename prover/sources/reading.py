"""Models from what people name: which names are models, what is in them, and the layouts of their parts as SPECs."""

from __future__ import annotations

from pathlib import Path

from prover.errors import InputError
from prover.layouts.spec import MAX_SPEC
from prover.sources.config_json import is_config, read_config
from prover.sources.model import Model


def is_model(name: str) -> bool:
    """Whether a name is that of a model, and not that of a layout."""
    return is_config(name)


def read_model(name: str) -> Model:
    """What the engine makes of a model. Raises InputError."""
    return read_config(name)


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
                             advice="Parts are of a config.json, or of the folder that holds one")
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
    head, colon, given = spec.partition(".json:")
    return (f"{head}.json", "", given) if colon else (spec, "", "")
