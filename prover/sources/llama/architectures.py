"""How llama.cpp reads RoPE out of GGUF metadata: a table, one entry for each architecture that it knows by name."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.upstream import nearest

TABLE = READINGS / "llama-cpp.toml"


class Sliding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Layers with a window, where RoPE is another in them; the table says what each field means."""

    window: Literal["always", "required", "positive", "unless 0", "64 layers"]
    base: Literal["own", "copied", "required", "full"]
    scale: Literal["one", "copied", "full"]
    every: int = 0
    dense_first: bool = False
    attention: bool = False
    lanes: Literal["", "each", "sliding"] = ""
    heads: bool = False
    plain: bool = False


class QueryScaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Queries that are scaled with their position; the table says what each field means."""

    rise: str
    length: str
    offset: int = 0
    still: bool = False


class Architecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one architecture is read; the table says what each field means."""

    file: str
    without: str = ""
    refused: str = ""
    layout: str = "llama-cpp/text"
    sections: Literal["", "required", "pair", "any"] = ""
    sectioned: str = ""
    head: Literal["", "whole", "trailing", "latent"] = ""
    halved: bool = False
    plain: bool = False
    base: Literal["", "unread"] = ""
    factors: Literal["", "freqs", "longrope", "lists"] = ""
    factors_of: Literal["", "head", "widest"] = ""
    factors_required: bool = False
    full_only: bool = False
    sliding: Sliding | None = None
    still: Literal["", "full", "last", "first", "pattern"] = ""
    dense_lead: bool = False
    recurrent: Literal["", "head_count"] | int = ""
    finetuned: bool = False
    rotates_at: int = 0
    otherwise: str = ""
    yarn: list[Literal["ext_factor", "attn_factor", "beta_fast", "beta_slow"]] = []
    beta_fast: int = 32
    log_multiplier: bool = False
    alpha: bool = False
    indexer: Literal["", "all", "types", "top_k", "required"] = ""
    compressed: bool = False
    drafts: bool = False
    query: QueryScaling | None = None
    softmax: Literal["", "tenth", "own"] = ""
    streams: bool = False
    loops: bool = False
    told: str = ""


class Tower(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the tower of one projector is read; the table says what each field means."""

    file: str = ""
    layout: str = ""
    sections: Literal[0, 2, 4] = 0
    interleaves: bool = False
    base: int = 10000
    untold: str = ""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The architectures of one commit of llama.cpp."""

    title: str
    commit: str
    repo: str
    path: str
    architecture: dict[str, Architecture]
    towers: str
    tower: dict[str, Tower]

    @property
    def engine(self) -> str:
        """The engine and its state."""
        return f"{self.title} {self.commit}"

    def source(self, name: str) -> str:
        """Where an architecture's reading stands upstream."""
        file = self.architecture[name].file
        place = f"{self.path}/{file}.cpp load_arch_hparams, graph" if file else "src/llama-arch.cpp LLM_ARCH_NAMES"
        place = f"{self.towers}/clip.cpp load_hparams, {self.towers}/models" if name == "clip" else place
        return f"{self.repo}@{self.commit} {place}"


@cache
def architectures() -> Table:
    """The architectures of llama.cpp."""
    return typed_toml(TABLE, Table)


def find_tower(projector: str) -> Tower:
    """How the tower before a projector is read. Raises InputError for one that llama.cpp does not know."""
    known = architectures().tower
    if projector in known:
        return known[projector]
    raise InputError(f"{architectures().engine} does not know the projector '{projector[:60]}'",
                     advice=f"{nearest(projector, known)}Known: {', '.join(sorted(known))}")


def find_architecture(name: str) -> Architecture:
    """How an architecture is read. Raises InputError for one that llama.cpp does not know, with the nearest names."""
    table = architectures()
    known = table.architecture
    if name in known:
        return known[name]
    hint = nearest(name, known)
    raise InputError(
        f"{table.engine} does not know the architecture '{name[:60]}', and refuses the file",
        advice=f"{hint}'rope-prover list {name[:40]}' may name its layout; known: {', '.join(sorted(known))}",
    )
