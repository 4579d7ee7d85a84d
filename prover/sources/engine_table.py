"""How engines with rotary classes of their own read a config: tables, an entry for model types that are read alike.

The comments of the tables say what each field means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.readings import Composite, Inner, Without
from prover.sources.scaled_queries import QueryScaling
from prover.sources.upstream import Upstream, unknown_type


class Engine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the attention class of some model types calls get_rope."""

    types: list[str]
    path: str
    symbol: str
    kernel: str = "rope"
    neox: bool = True
    head: str = "computed"
    part: str = "text"
    partial: str | None = None
    lanes_key: str = ""
    rule: str = ""
    renamed: dict[str, str] = {}
    takes: list[str] = []
    demands: list[str] = []
    refuses: list[str] = []
    lost_theta: str | None = None
    given: list[str] = []
    theta_in: str = ""
    whole_theta: bool = False
    scaling: bool = True
    one_for_all: bool = False
    window_counts: bool = False
    needs_window: bool = False
    whole_head: bool = False
    reads_theta: bool = False
    positions: int = 4
    query: QueryScaling | None = None
    softmax: str = ""
    softmax_flags: list[str] = []
    layout: str = ""
    indexer_interleaves: str = ""
    halves_rows: bool = False
    note: list[str] = []
    part_at: str = "parameters"
    plain: list[str] = []
    theta: str = ""
    theta_at_top: bool = False
    own_config: bool = False
    length_at_top: bool = False
    passes_every: str = ""
    adjacent_key: str = ""
    renames_all: bool = True
    inner: bool = False
    fused: str = ""


class EngineTable(Upstream, frozen=True, forbid_unknown_fields=True):
    """The readings of one engine. `borrowed`: types whose attention is transformers' own; `missing`: it has none.

    `configs`: types that are loaded by the config class of another type.
    """

    reading: list[Engine]
    composite: list[Composite]
    without: list[Without]
    borrowed: list[str]
    missing: list[str]
    renamed: dict[str, str]
    configs: dict[str, str] = msgspec.field(default_factory=dict)


EngineEntry = Engine | Composite | Without | str


@cache
def engine_table(name: str) -> EngineTable:
    """The readings of an engine by the name of its file."""
    return typed_toml(Path(READINGS / f"{name}.toml"), EngineTable)


@cache
def _entries(name: str) -> Mapping[str, EngineEntry]:
    found = engine_table(name)
    rows: list[Engine | Composite | Without] = [*found.reading, *found.composite, *found.without]
    known: dict[str, EngineEntry] = {kind: each for each in rows for kind in each.types}
    return known | dict.fromkeys(found.borrowed, "borrowed")


def find_engine_entry(name: str, kind: str) -> EngineEntry:
    """How an engine reads a model type; "borrowed" where it runs transformers' class. Raises InputError."""
    entries, found = _entries(name), engine_table(name)
    if kind in entries:
        return entries[kind]
    if kind in found.missing:
        raise InputError(
            f"{found.name} has no model of its own for model_type '{kind}'",
            advice="If it falls back on transformers' model, the layout is that of --engine transformers",
        )
    raise unknown_type(found.name, kind, entries)


def inner_kind(inner: Inner, own: str) -> str:
    """The model type of a part, `own` being what the file says, or nothing."""
    return inner.type or inner.renamed.get(own or inner.absent, own or inner.absent)
