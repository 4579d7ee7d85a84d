"""What each shipped layout rests on: a kernel that was measured, source that was read, or documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from prover.errors import InputError
from prover.files import read_toml
from prover.layouts.spec import catalogue
from prover.resources import MODELS, shown_path

EVIDENCE = MODELS / "evidence.toml"


class Kind(StrEnum):
    """The strongest thing that a layout was held against, the strongest first."""

    MEASURED = "measured"
    SOURCE = "source"
    DOCUMENTATION = "documentation"
    GIVEN = "given"

    @property
    def meaning(self) -> str:
        """What it says, in a few words."""
        return {
            Kind.MEASURED: "held against tables measured from the project's own kernel as it ran",
            Kind.SOURCE: "held against a kernel written by hand from the source that the layout cites",
            Kind.DOCUMENTATION: "held against a kernel written by hand from the documentation that the layout cites",
            Kind.GIVEN: "what its parameters give; no kernel stands behind it",
        }[self]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of measured kernels: its place under tests/measured, what was run, and entries by layout."""

    table: str
    software: str
    layouts: dict[str, int]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    documentation: list[str]
    given: list[str]
    measured: list[Table]


@dataclass(frozen=True, slots=True)
class Held:
    """A file of measured tables that a layout was held against: where, of what software, at how many settings."""

    table: str
    software: str
    entries: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a layout rests on; `held` is empty unless it was measured."""

    kind: Kind
    held: tuple[Held, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """It as JSON types."""
        tables = [{"table": h.table, "software": h.software, "entries": h.entries} for h in self.held]
        return {"kind": str(self.kind), "tables": tables}


@cache
def evidence() -> Mapping[str, Evidence]:
    """What every layout of the catalogue rests on, by name. Raises InputError if the file is no such."""
    try:
        found = msgspec.convert(read_toml(EVIDENCE), _File)
    except msgspec.ValidationError as fault:
        raise InputError(str(fault), where=shown_path(EVIDENCE)) from None
    held: dict[str, list[Held]] = {}
    for table in found.measured:
        for name, entries in table.layouts.items():
            held.setdefault(name, []).append(Held(table.table, table.software, entries))

    def of(name: str) -> Evidence:
        if name in held:
            return Evidence(Kind.MEASURED, tuple(held[name]))
        return Evidence(
            Kind.DOCUMENTATION if name in found.documentation else Kind.GIVEN if name in found.given else Kind.SOURCE
        )

    return MappingProxyType({name: of(name) for name in catalogue()})
