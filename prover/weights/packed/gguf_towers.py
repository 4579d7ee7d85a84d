"""The attentions of towers in GGUF files that llama.cpp takes beside a model (--mmproj)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from prover.errors import InputError
from prover.sources.heads import load_head
from prover.sources.llama.header import Header
from prover.sources.llama.towers import PROJECTOR
from prover.sources.model import Model, Part
from prover.weights.packed.attention import Attention
from prover.weights.packed.modules import Modules
from prover.weights.packed.packings import LAYER, GgufTower, gguf_packings
from prover.weights.packed.slots import Role
from prover.weights.packed.sourced import Sourced


@dataclass(frozen=True, slots=True)
class TowerWidths(Sourced):
    """The numbers of a tower, from its keys. `head`: lanes of the layout's head."""

    header: Header
    tower: str
    head: int

    def found(self, name: str) -> tuple[int, str]:
        """A number and the key that says it. Raises InputError."""
        if name == "heads":
            key = f"{self.tower}.attention.head_count"
            return self.header.whole(key).whole, key
        if name in ("q", "k", "v", "o"):
            return self.head, "the layout's head"
        raise InputError(f"'{name}' is no number of a tower", where=self.header.metadata.file)


def tower_entry(header: Header, part: str) -> GgufTower | None:
    """The packing of a tower, by what it ends in; None where it is not known."""
    projector = header.text(PROJECTOR, "") or header.text(f"{part}.{PROJECTOR}", "")
    return next((each for each in gguf_packings().tower if projector in each.projectors and part == each.part), None)


def tower_attentions(
    header: Header, model: Model, modules: Modules
) -> Iterator[tuple[Attention, int, tuple[Role, ...]]]:
    """Each attention of the towers whose packing is known, with the lanes and roles that it must have."""
    for part in model.parts:
        entry = tower_entry(header, part.name)
        if entry is not None and part.spec is not None:
            for layer in part.layers or ():
                yield _attention(header, part, layer, entry, modules), 0, (Role.Q, Role.K)


def _attention(header: Header, part: Part, layer: int, entry: GgufTower, modules: Modules) -> Attention:
    upstream = f"{gguf_packings().repo}@{gguf_packings().commit}"
    numbers = TowerWidths(header, part.name, load_head(str(part.spec), header.metadata.file).layout.width)
    module = partial(_module, entry.layer.replace(LAYER, str(layer)))
    source = f"{upstream} {entry.symbol}"
    return Attention(part, layer, entry, modules, numbers, module, lambda _: False, source, upstream)


def _module(layer: str, name: str) -> str:
    return f"{layer}.{name}"
