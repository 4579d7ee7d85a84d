"""Which layout a model has in which engine: a table of names, and what it says of a SPEC."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import msgspec

from prover.files import typed_toml
from prover.layouts.choices import choices_of
from prover.layouts.spec import catalogue
from prover.resources import MODELS

TABLE = MODELS / "models.toml"
ARCHITECTURES = ("arch", "model_type")


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    engine: str
    spec: str
    what: str = ""


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    specs: list[_Spec]
    also: list[str] = []


class _Packages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    engine: str
    spec: str
    packages: list[str]
    what: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    architectures: list[str]
    model: list[_Model]
    packages: list[_Packages]


@dataclass(frozen=True, slots=True)
class ModelLayout:
    """One model in one engine. `names`: all it is called, the first of which is shown."""

    names: tuple[str, ...]
    engine: str
    spec: str
    what: str

    def __str__(self) -> str:
        return f"{self.names[0]} in {self.engine}{f': {self.what}' if self.what else ''}"


@cache
def model_layouts() -> tuple[ModelLayout, ...]:
    """All rows: models by name, packages of engines, and architectures that a layout lets one choose."""
    table = typed_toml(TABLE, _File)
    rows = [
        ModelLayout((model.name, *model.also), row.engine, row.spec, row.what)
        for model in table.model for row in model.specs
    ]
    rows += [
        ModelLayout((package,), group.engine, group.spec, group.what)
        for group in table.packages for package in group.packages
    ]
    for name in table.architectures:
        engine = name.partition("/")[0].replace("llama-cpp", "llama.cpp")
        for choice in choices_of(catalogue()[name]):
            if choice.name not in ARCHITECTURES:
                continue
            differ = len({word.title for word in choice.words}) > 1
            rows += [
                ModelLayout((word.name,), engine, f"{name}:{choice.name}={word.name}", word.title if differ else "")
                for word in choice.words
            ]
    return tuple(rows)
