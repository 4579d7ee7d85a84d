"""How engines read RoPE out of a config.json: tables, one entry for model types that are read alike.

The comments of the tables say what each field means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.scaled_queries import QueryScaling
from prover.sources.upstream import Upstream, unknown_type

TABLE = READINGS / "transformers.toml"
DEFAULTS = READINGS / "transformers-defaults.toml"


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Layer types one by one: those of `repeat` over and over, over which those of `start` are laid.

    `end`: the last one. `key`: what stands in the place of `repeat` if the file has it, by the names in `names`.
    Without `repeat` there are as many layers as `start` has.
    """

    start: list[str] = []
    repeat: list[str] = []
    end: str = ""
    key: str = ""
    names: dict[str, str] = {}


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
    pattern: Pattern | None = None
    beside: str = ""
    padded: str = ""
    ratios_key: str = ""
    ratios: dict[str, str] = {}
    renamed: dict[str, str] = {}


class LayerRope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The RoPE of one layer type: what its parameters are where the file has none; without theta it must have them.

    `passes`: without parameters such layers have no RoPE. `label`: what its parameters stand under, if not its name.
    """

    theta: int = 0
    theta_key: str = ""
    scaled: bool = False
    absent: dict[str, int | str] = {}
    head_key: str = ""
    head: int = 0
    passes: bool = False
    label: str = ""


class NoRope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Layers without RoPE by no_rope_layers: every so many where the file has none, or an empty list if that counts.

    `key`: a list of another name whose zeros say the same. `from_end`: the count ends with the last layer.
    """

    every: int
    empty_is_absent: bool = False
    key: str = "no_rope_layers"
    from_end: bool = False


class Indexer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second rotated head in the same layers, or in those that the key `listed` calls full.

    Where the file has no such key they are as `pattern`; without one, by the keys index_topk_pattern, index_topk_freq
    and index_skip_topk_offset. `is_latent`: its layout takes what is left of the head and what turns.
    `types`: the layer types that have one, if not all.
    """

    layout: str
    head_key: str
    listed: str = ""
    pattern: Pattern | None = None
    is_latent: bool = False
    types: list[str] = []


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How some model types are read."""

    types: list[str]
    layout: str
    head: str = "computed"
    part: str = "text"
    width_key: str = "hidden_size"
    widths: int = 1
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
    query: QueryScaling | None = None
    softmax: bool = False
    sections: str = ""
    sections_given: bool = False
    sections_fit: bool = False
    sections_key: str = ""
    stretch: str = ""
    states: dict[str, bool] = {}
    layer_types: LayerTypes | None = None
    passes: dict[str, str] = {}
    no_rope: NoRope | None = None
    window: str = ""
    needs: dict[str, str] = {}
    otherwise: str = "no positions"
    unreadable: list[str] = []
    not_null: list[str] = []
    alike: list[str] = []
    whole: bool = False
    lanes: int = 2
    ropes: str = ""
    typed: bool = False
    by_type: dict[str, LayerRope] = {}
    indexer: Indexer | None = None
    output: str = ""
    layers_key: str = ""
    tells_rule: bool = False
    null_passes: bool = False
    halves_rows: bool = False
    note: list[str] = []


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a model: the key that its config stands under, and its model type.

    `type` is what it is whatever the file says; `absent` what it is where the file does not say, else it is an error.
    `fills`: numbers that the model around it puts where the part has none. `only`: the keys around it that are its own,
    where it is flat. `older`: another key for the same.
    """

    key: str
    name: str = ""
    type: str = ""
    absent: str = ""
    renamed: dict[str, str] = {}
    flat: bool = False
    fills: dict[str, int] = {}
    only: list[str] = []
    older: str = ""


class Composite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model types that are made of parts with configs of their own."""

    types: list[str]
    parts: list[Inner]


class Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model types whose attention has no RoPE, and what it has instead."""

    types: list[str]
    has: str


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Model types that are known and not read: why, and the layouts that may do, if any."""

    types: list[str]
    why: str
    layouts: list[str] = []


class Table(Upstream, frozen=True, forbid_unknown_fields=True):
    """The readings of transformers."""

    reading: list[Reading]
    composite: list[Composite]
    without: list[Without]
    refused: list[Refused]


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


@cache
def _refusals() -> Mapping[str, Refused]:
    return {name: each for each in table().refused for name in each.types}


def find_reading(kind: str) -> Entry:
    """How a model type is read. Raises InputError for one that is refused, or not known, with the nearest names."""
    entries = _entries()
    if kind in entries:
        return entries[kind]
    refused = _refusals().get(kind)
    if refused is not None:
        layouts = f"Give the layout itself: {', '.join(refused.layouts)}" if refused.layouts else ""
        raise InputError(f"model_type '{kind}' is not read: {refused.why}", advice=layouts)
    raise unknown_type(table().title, kind, entries)
