"""Which tensors of a checkpoint hold the rows of q, k, v and o: tables, one entry for model types that are alike.

The comments of the tables say what each field means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from prover.files import typed_toml
from prover.resources import PACKINGS

TRANSFORMERS = PACKINGS / "transformers.toml"


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What keeps rows from being changed: the lowest rung that it keeps out, why, and where that stands upstream.

    `when`: the key, flag or tensor that brings it about; "" always.
    """

    relation: str
    why: str
    symbol: str
    when: str = ""


class Packing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tensors of some model types; the table says what each field means."""

    types: list[str]
    path: str
    symbol: str
    layer: str
    rows: dict[str, str]
    output: dict[str, str] = {}
    gains: dict[str, str] = {}
    norm: str = ""
    within: list[str] = []
    widths: dict[str, list[str]] = {}
    part: str = ""
    stops: list[Stop] = []
    shared: str = ""
    note: str = ""


class Packings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The packings of one project's checkpoints.

    `within`: what may stand in front of the layers of a part. `widths`: keys, in order, that a width is taken from.
    `kv_heads`: what config classes have for the number of KV heads where the file has none.
    """

    title: str
    version: str
    repo: str
    within: dict[str, list[str]]
    widths: dict[str, list[str]]
    kv_heads: dict[str, list[str]]
    packing: list[Packing]

    def source(self, entry: Packing) -> str:
        """Where an entry's tensors stand upstream."""
        return f"{self.repo}@{self.version} {entry.path} {entry.symbol}"


@cache
def packings() -> Packings:
    """The packings of transformers' checkpoints."""
    return typed_toml(TRANSFORMERS, Packings)


@cache
def by_type() -> Mapping[str, tuple[Packing, ...]]:
    """The packings by model type; a type may have several, whose checkpoints have other names."""
    found: dict[str, list[Packing]] = {}
    for entry in packings().packing:
        for name in entry.types:
            found.setdefault(name, []).append(entry)
    return {name: tuple(entries) for name, entries in found.items()}


@cache
def default_kv_heads() -> Mapping[str, int]:
    """The number of KV heads of config classes that have one, by model type."""
    return {name: int(number) for number, names in packings().kv_heads.items() for name in names}
