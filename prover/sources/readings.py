"""How engines read RoPE out of a config.json: tables, one entry for model types that are read alike.

The comments of the tables say what each field means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.upstream import Upstream, unknown_type

TABLE = READINGS / "transformers.toml"
DEFAULTS = READINGS / "transformers-defaults.toml"


class LayerTypes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which layers are of which type where the file has no layer_types."""

    kinds: tuple[str, str] = ("full_attention", "sliding_attention")
    every: int | None = None
    key: str = ""
    full: str = "last"
    listed: str = ""
    absent: list[int] = []
    ends_full: bool = False
    required: bool = False


class LayerRope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The RoPE of one layer type: what its parameters are where the file has none."""

    theta: int
    theta_key: str = ""
    scaled: bool = False
    absent: dict[str, int | str] = {}
    head_key: str = ""
    head: int = 0


class NoRope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Layers without RoPE by no_rope_layers: every so many where the file has none, or an empty list if that counts."""

    every: int
    empty_is_absent: bool = False


class Indexer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second rotated head in the same layers."""

    layout: str
    head_key: str
    shares: bool = False


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How some model types are read."""

    types: list[str]
    layout: str
    head: str = "computed"
    part: str = "text"
    width_key: str = "hidden_size"
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
    sections: str = ""
    stretch: str = ""
    states: dict[str, bool] = {}
    layer_types: LayerTypes | None = None
    passes: dict[str, str] = {}
    no_rope: NoRope | None = None
    window: str = ""
    needs: dict[str, str] = {}
    otherwise: str = "no positions"
    unreadable: list[str] = []
    whole: bool = False
    ropes: str = ""
    typed: bool = False
    by_type: dict[str, LayerRope] = {}
    indexer: Indexer | None = None
    halves_rows: bool = False
    note: list[str] = []


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a model: the key that its config stands under, and its model type.

    `type` is what it is whatever the file says; `absent` what it is where the file does not say, else it is an error.
    """

    key: str
    name: str = ""
    type: str = ""
    absent: str = ""
    renamed: dict[str, str] = {}
    flat: bool = False


class Composite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model types that are made of parts with configs of their own."""

    types: list[str]
    parts: list[Inner]


class Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model types whose attention has no RoPE, and what it has instead."""

    types: list[str]
    has: str


class Table(Upstream, frozen=True, forbid_unknown_fields=True):
    """The readings of transformers."""

    reading: list[Reading]
    composite: list[Composite]
    without: list[Without]


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the config class of one model type has where the file has nothing, and its own names of keys."""

    numbers: dict[str, int]
    names: dict[str, str] = {}


class DefaultsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults of one engine's config classes."""

    defaults: dict[str, Defaults]


Entry = Reading | Composite | Without


@cache
def table() -> Table:
    """The readings of transformers."""
    return typed_toml(TABLE, Table)


@cache
def defaults() -> Mapping[str, Defaults]:
    """The defaults of transformers' config classes by model type."""
    return typed_toml(DEFAULTS, DefaultsTable).defaults


@cache
def _entries() -> Mapping[str, Entry]:
    found = table()
    rows: list[Entry] = [*found.reading, *found.composite, *found.without]
    return {name: each for each in rows for name in each.types}


def find_reading(kind: str) -> Entry:
    """How a model type is read. Raises InputError for one that is not known here, with the nearest names."""
    entries = _entries()
    if kind in entries:
        return entries[kind]
    raise unknown_type(table().title, kind, entries)
