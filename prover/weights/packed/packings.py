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
LLAMA_CPP = PACKINGS / "llama-cpp.toml"
TENSORRT_LLM = PACKINGS / "tensorrt-llm.toml"
LAYER = "{layer}"


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What keeps rows from being changed: the lowest rung that it keeps out, why, and where that stands upstream.

    `when`: the flag that brings it about; "" always. `layers`: the layer type that it is about; "" all.
    """

    relation: str
    why: str
    symbol: str
    when: str = ""
    layers: str = ""


class Holding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The modules of one attention that hold rows; the tables say what each field means."""

    rows: dict[str, str]
    output: dict[str, str] = {}
    gains: dict[str, list[str]] = {}
    norm: str = ""
    stops: list[Stop] = []
    beside: list[str] = []


class Packing(Holding, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tensors of some model types of transformers. `repo`: another project and version, whose names they are.

    `scale`: what stands behind a module's name for the scales of blocks of its rows, if that is not weight_scale_inv.
    """

    types: list[str]
    path: str
    symbol: str
    layer: str
    within: list[str] = []
    widths: dict[str, list[str]] = {}
    typed: dict[str, dict[str, list[str]]] = {}
    when: dict[str, bool] = {}
    absent: dict[str, bool] = {}
    part: str = ""
    shared: str = ""
    optional: str = ""
    repo: str = ""
    scale: str = ""


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The layers of some model types that predict further tokens; the tables say what each field means."""

    types: list[str]
    repo: str
    version: str
    path: str
    symbol: str
    count: list[str]
    layer: str = ""
    kind: str = ""


class Packings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The packings of transformers' checkpoints.

    `within`: what may stand in front of the layers of a part. `widths`: keys, in order, that a width is taken from.
    `kv_heads`: what config classes have for the number of KV heads where the file has none. `linear`: model types of
    which it was read that a factor of a row of q or k comes out as a factor of that lane where heads are rotated, and
    of the scores.
    """

    title: str
    version: str
    repo: str
    linear: list[str]
    within: dict[str, list[str]]
    widths: dict[str, list[str]]
    kv_heads: dict[str, list[str]]
    packing: list[Packing]
    draft: list[Draft]

    def source(self, entry: Packing) -> str:
        """Where an entry's tensors stand upstream."""
        return f"{self.upstream(entry)} {entry.symbol}"

    def upstream(self, entry: Packing) -> str:
        """The project and path that an entry's symbols stand behind."""
        return f"{entry.repo or f'{self.repo}@{self.version}'} {entry.path}"


class Architectures(Holding, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tensors of some architectures of llama.cpp. `types`: their names; "" stands for all others that rotate."""

    types: list[str]
    symbol: str
    nope: bool = False


class GgufDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The layers of an architecture that predict further tokens: of which kind they are, and where that stands."""

    symbol: str
    kind: str = ""
    layout: str = ""


class GgufTower(Holding, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tensors of towers that end in some projectors of llama.cpp. `part`: what the tower is called."""

    projectors: list[str]
    part: str
    symbol: str
    layer: str


class GgufPackings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The packings of GGUF files."""

    title: str
    commit: str
    repo: str
    layer: str
    normed: list[str]
    packing: list[Architectures]
    tower: list[GgufTower]
    drafts: dict[str, GgufDraft]
    refused: dict[str, str]


class Engine(Holding, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tensors of an engine's own checkpoints, which are the same for all its models."""

    title: str
    repo: str
    commit: str
    path: str
    symbol: str
    layer: str

    @property
    def source(self) -> str:
        """Where they stand upstream."""
        return f"{self.repo}@{self.commit} {self.path} {self.symbol}"

    def whole(self) -> Holding:
        """The same with the full names of the modules."""
        rows, output = ({f"{self.layer}.{name}": text for name, text in each.items()}
                        for each in (self.rows, self.output))
        return Holding(rows=rows, output=output)


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


def draft_of(kind: str) -> Draft | None:
    """The layers of a model type that predict further tokens; None where it is not known how these turn."""
    return next((each for each in packings().draft if kind in each.types), None)


@cache
def default_kv_heads() -> Mapping[str, int]:
    """The number of KV heads of config classes that have one, by model type."""
    return {name: int(number) for number, names in packings().kv_heads.items() for name in names}


@cache
def gguf_packings() -> GgufPackings:
    """The packings of GGUF files."""
    return typed_toml(LLAMA_CPP, GgufPackings)


@cache
def tensorrt_llm() -> Engine:
    """The packing of checkpoints of TensorRT-LLM."""
    return typed_toml(TENSORRT_LLM, Engine)


def find_architecture(name: str) -> Architectures:
    """The packing of an architecture that rotates."""
    entries = gguf_packings().packing
    return next((each for each in entries if name in each.types), next(each for each in entries if "" in each.types))
