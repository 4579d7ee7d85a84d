"""What the catalogue cannot hold: systems whose map is no layout, each with the reason."""

from __future__ import annotations

from typing import Any

import msgspec

from prover.errors import InputError
from prover.files import read_toml
from prover.resources import MODELS, shown_path

UNSUPPORTED = MODELS / "unsupported.toml"


class Unsupported(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One system: what it does, why no layout says it, and where it stands upstream."""

    name: str
    what: str
    reason: str
    repo: str
    path: str
    symbol: str
    version: str = ""
    commit: str = ""

    @property
    def source(self) -> str:
        """Where it stands, as layouts show their sources."""
        return f"{self.repo}@{self.commit or self.version} {self.path} {self.symbol}"

    def as_json(self) -> dict[str, Any]:
        """The row as JSON types."""
        return {"name": self.name, "what": self.what, "reason": self.reason, "source": self.source}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    unsupported: list[Unsupported]


def read_unsupported() -> tuple[Unsupported, ...]:
    """All rows, sorted by name."""
    try:
        found = msgspec.convert(read_toml(UNSUPPORTED), _File)
    except msgspec.ValidationError as fault:
        raise InputError(str(fault), where=shown_path(UNSUPPORTED)) from None
    return tuple(sorted(found.unsupported, key=lambda row: row.name.lower()))
