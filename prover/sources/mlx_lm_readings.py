"""How mlx-lm's model files read RoPE out of a config.json: a table, an entry for files that do it alike.

The comments of the table say what each field means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.scaled_queries import QueryScaling
from prover.sources.upstream import Upstream, nearest, unknown_type

TABLE = READINGS / "mlx-lm.toml"


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How some model files are read. `defaults`: of their ModelArgs; what is used and has none must be in the file."""

    types: list[str]
    file: str = ""
    symbol: str = "Attention"
    rope: str = "initialize_rope"
    layout: str = ""
    head: str = "given or ratio"
    head_key: str = "head_dim"
    same_head: bool = False
    width_key: str = "hidden_size"
    heads_key: str = "num_attention_heads"
    layers_key: str = "num_hidden_layers"
    theta_key: str = "rope_theta"
    theta_inside: str = ""
    longest_key: str = "max_position_embeddings"
    traditional: bool | str = False
    part_key: str = ""
    lanes_key: str = ""
    lanes: str = ""
    scale_key: str = ""
    whole_factor: bool = True
    null_traditional: bool = False
    scaling: str = "rope_scaling"
    parameters: str = ""
    inside: list[str] = []
    needs: list[str] = []
    rules: list[str] = []
    defaults: dict[str, int | str | bool] = {}
    required: list[str] = []
    states: dict[str, bool] = {}
    reads: list[str] = []
    layers: str = ""
    layers_by: str = ""
    every: int = 0
    kinds: tuple[str, str] = ("full_attention", "sliding_attention")
    by_type: dict[str, dict[str, Any]] = {}
    passes: dict[str, str] = {}
    has_types: list[str] = []
    indexer: dict[str, Any] = {}
    query: QueryScaling | None = None
    softmax: str = ""
    note: list[str] = []

    def but(self, fields: Mapping[str, Any]) -> Reading:
        """The same with some fields otherwise; `defaults` come on top of what there is."""
        own = msgspec.to_builtins(self)
        defaults = {**own["defaults"], **fields.get("defaults", {})}
        return msgspec.convert({**own, **fields, "defaults": defaults}, Reading)


class Composite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model whose text stands under a key, read as another model file reads it.

    `type`: which; `by_type`: where the text's own model_type chooses. `flat`: its keys may stand around it. `typed`:
    its model_type must be in the file. `defaults`: what is put in where the text has none.
    """

    types: list[str]
    type: str
    by_type: dict[str, str] = {}
    flat: bool = False
    typed: bool = True
    key: str = "text_config"
    defaults: dict[str, int] = {}


class Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model files without RoPE, and what they have."""

    types: list[str]
    has: str
    required: list[str] = []


class Table(Upstream, frozen=True, forbid_unknown_fields=True):
    """All readings, the source that they follow, the names that load another file, and the files there are."""

    remapped: dict[str, str]
    remapped_by_architecture: dict[str, dict[str, str]]
    files: list[str]
    reading: list[Reading]
    composite: list[Composite]
    without: list[Without]


Entry = Reading | Composite | Without


@cache
def table() -> Table:
    """The readings of mlx-lm."""
    return typed_toml(TABLE, Table)


@cache
def entries() -> Mapping[str, Entry]:
    """The entry of each model file."""
    found = table()
    rows: list[Entry] = [*found.reading, *found.composite, *found.without]
    return {name: each for each in rows for name in each.types}


def engine() -> str:
    """Name and version."""
    return table().name


def source(kind: str) -> str:
    """Where the reading of a model file stands upstream."""
    found, entry = table(), entries()[kind]
    file, symbol = (entry.file or kind, f"ModelArgs, {entry.symbol}") if isinstance(entry, Reading) else (kind, "Model")
    return f"{found.repo}@{found.version} mlx_lm/models/{file}.py {symbol}"


def find_reading(file: str) -> Entry:
    """How a model file is read. Raises InputError for one that is not known here."""
    found = entries()
    if file in found:
        return found[file]
    raise unknown_type(engine(), file, found)


def require_file(file: str, kind: str) -> None:
    """Raises InputError for a model type that mlx-lm has no file for, with the nearest that it has."""
    if file not in table().files:
        near = nearest(kind, [*table().files, *table().remapped])
        raise InputError(f"{engine()} has no model_type '{kind[:60]}'", advice=f"{near}Ask about another engine")
