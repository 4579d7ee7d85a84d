"""What a thing is called in other projects: from a name that a layout does not have to the one it has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import cache

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.layouts.choices import Choice
from prover.layouts.family import Family
from prover.layouts.roles import role_names
from prover.layouts.spec import Spec
from prover.resources import MODELS

ALIASES = MODELS / "aliases.toml"
_ARCHITECTURE = re.compile(r"[a-z0-9_-]+\.(?=(rope|attention)\.)")


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of one thing. `choice`: the kind of rules that a choice of it picks, whatever its name.

    `config`, `gguf`: the key under which a config.json, and llama.cpp's metadata behind the architecture, have it.
    """

    thing: str
    names: tuple[str, ...]
    role: str = ""
    choice: str = ""
    note: str = ""
    config: str = ""
    gguf: str = ""
    worked_out: dict[str, str] = {}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    alias: list[Alias]


@cache
def aliases() -> tuple[Alias, ...]:
    """All of them, the names of a role among its own."""
    roles = role_names()
    return tuple(
        msgspec.structs.replace(alias, names=tuple(dict.fromkeys([*roles.get(alias.role, ()), *alias.names])))
        for alias in typed_toml(ALIASES, _File).alias
    )


def unknown_parameter(name: str, family: Family, choices: Collection[Choice], spec: Spec) -> InputError:
    """The error for a parameter that the layout of a spec does not have; it tells the one that is meant, if any."""
    here = [*(choice.name for choice in choices), *(parameter.name for parameter in family.parameters)]
    told = _other_names(name, family, choices, spec)
    with_words = [
        f"{spec.name}:{choice.name}={word.name}" for choice in choices for word in choice.words
        if name in word.parameters
    ]
    if with_words:
        told.append(f"It comes with {' or '.join(with_words[:3])}{' and others' if len(with_words) > 3 else ''}.")
    near = difflib.get_close_matches(name, here, n=3, cutoff=0.7)
    if near and not told:
        told.append(f"Did you mean {' or '.join(near)}?")
    listed = ", ".join(sorted(here)) or "no parameters"
    return InputError(f"unknown parameter '{name[:40]}'", advice=" ".join([*told, f"This layout has {listed}"]))


def _other_names(name: str, family: Family, choices: Collection[Choice], spec: Spec) -> list[str]:
    """Sentences on what stands here for the thing of that name."""
    meanings = {choice.name: choice.meaning for choice in choices} | {p.name: p.meaning for p in family.parameters}
    plain = _plain(name)
    found = []
    for alias in aliases():
        if plain not in map(_plain, alias.names):
            continue
        same = [other for other in meanings if other in alias.names]
        same += [c.name for c in choices if alias.choice and c.kind == alias.choice and c.name not in same]
        worked = [other for other in alias.worked_out if other in meanings]
        brought = [
            f"{parameter} under {spec.name}:{choice.name}={word.name}" for choice in choices for word in choice.words
            for parameter in word.parameters if parameter in alias.names
        ]
        if same:
            told = [f"{other}{f' ({meanings[other]})' if meanings[other] else ''}" for other in same[:3]]
            here = f"here called {' or '.join(told)}"
        elif worked:
            here = f"here give {' or '.join(f'{other} = {alias.worked_out[other]}' for other in worked[:2])}"
        elif brought and name not in (text.partition(" ")[0] for text in brought):
            here = f"here called {' or '.join(brought[:3])}"
        elif brought:
            continue
        else:
            here = "which no parameter changes here"
        found.append(f"'{name[:40]}' is {alias.thing}, {here}{f'; {alias.note}' if alias.note else ''}.")
    return found


def _plain(name: str) -> str:
    """A name without the dashes of an option and the architecture of a GGUF key."""
    return _ARCHITECTURE.sub("", name.lower().lstrip("-")).replace("-", "_")
