"""How engines read RoPE out of a config.json: tables, one entry for model types that are read alike."""

from __future__ import annotations

import difflib
from functools import cache

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS

TABLE = READINGS / "transformers.toml"


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How some model types are read; the table says what each field means."""

    types: list[str]
    layout: str
    head: int | str
    theta: int
    partial: str | None = None
    theta_key: str = "rope_theta"
    partial_key: str = "partial_rotary_factor"
    lanes_key: str = ""
    original: int | None = None
    absent: dict[str, int | str | bool] = {}
    renamed: dict[str, str] = {}
    rules: list[str] = []
    own_part: bool = False
    own_head: bool = False
    interleave: str = ""
    scales_query: bool = False


class Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model types whose attention has no RoPE, and what it has instead."""

    types: list[str]
    has: str


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The readings of one engine, and the source that they follow."""

    title: str
    version: str
    repo: str
    path: str
    symbol: str
    reading: list[Reading]
    without: list[Without]

    @property
    def source(self) -> str:
        """Where it stands upstream."""
        return f"{self.repo}@{self.version} {self.path} {self.symbol}"


@cache
def table() -> Table:
    """The readings of transformers."""
    return typed_toml(TABLE, Table)


def find_reading(kind: str) -> Reading | Without:
    """How a model type is read. Raises InputError for one that is not known here, with the nearest names."""
    entries: dict[str, Reading | Without] = {name: each for each in table().reading for name in each.types}
    entries |= {name: each for each in table().without for name in each.types}
    if kind in entries:
        return entries[kind]
    near = difflib.get_close_matches(kind, sorted(entries), n=3, cutoff=0.6)
    hint = f"Near it: {', '.join(near)}. " if near else ""
    raise InputError(
        f"how {table().title} reads model_type '{kind[:60]}' is not known here",
        advice=f"{hint}'rope-prover list {kind[:40]}' may name its layout; "
        f"known: {', '.join(sorted(entries))}",
    )
