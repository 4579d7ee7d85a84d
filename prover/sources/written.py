"""Under which key, or option, a person writes a parameter of a model's layout."""

from __future__ import annotations

from prover.errors import InputError
from prover.layouts.aliases import aliases
from prover.sources.llama.architectures import Architecture, find_architecture
from prover.sources.model import Model, Part

LLAMA_CPP, DEFAULT = "llama.cpp", "default"
INVERSE = "1 / "
OBJECTS = ("rope_parameters", "rope_scaling")


def origins(model: Model, part: Part) -> dict[str, str]:
    """Where each value of a part comes from, in full: a GGUF key with its architecture."""
    return {value.name: _full(model, value.origin) for value in part.values}


def written_keys(model: Model, part: Part) -> dict[str, str]:
    """The key, or option, for each parameter that the file does not say, as far as it is known."""
    if not model.source:
        return {}  # a layout, which no file says
    given = {value.name for value in part.values if value.origin != DEFAULT}
    own = _gguf_keys(model, part) if LLAMA_CPP in model.engine else _config_keys(part)
    return {name: key for name, key in own.items() if name not in given}


def _full(model: Model, origin: str) -> str:
    key = origin.removeprefix(INVERSE)
    if LLAMA_CPP not in model.engine or not key.startswith(("rope.", "attention.", "context_length")) or " " in key:
        return origin
    return f"{INVERSE if key != origin else ''}{model.kind}.{key}"


def _gguf_keys(model: Model, part: Part) -> dict[str, str]:
    """What llama.cpp reads for this architecture; most have no keys for YaRN's ramp, which are options then.

    Nothing is known of layers that slide, which have keys of their own, nor of towers.
    """
    entry = _architecture(model.kind)
    if entry is None or part.layer_type or part.name != "text":
        return {}
    unread = {"rope.freq_base"} if entry.base == "unread" else set()
    unread |= {"rope.dimension_count"} if entry.head == "whole" else set()
    found = {
        name: f"{model.kind}.{alias.gguf}" for alias in aliases() for name in alias.names
        if alias.gguf and alias.gguf not in unread and not (entry.plain and alias.gguf.startswith("rope.scaling"))
    }
    if entry.plain:
        return found
    for name in ("beta_fast", "beta_slow"):
        found[name] = f"{model.kind}.rope.scaling.yarn_{name}" if name in entry.yarn else (
            f"--yarn-{name.replace('_', '-')}")
    return found | {"freq_scale": f"{found['factor']} = 1/freq_scale"}


def _architecture(name: str) -> Architecture | None:
    try:
        return find_architecture(name)
    except InputError:
        return None


def _config_keys(part: Part) -> dict[str, str]:
    """Keys of a config.json, those of scaling in the object that the file has for it."""
    place = next((each for each in OBJECTS if any(value.origin.startswith(f"{each}.") for value in part.values)), "")
    found: dict[str, str] = {}
    for alias in aliases():
        if alias.config:
            inside, _, key = alias.config.rpartition(".")
            moved = f"{place}.{key}" if place and (inside or place == OBJECTS[0]) else alias.config
            found |= dict.fromkeys(alias.names, moved)
    return found
