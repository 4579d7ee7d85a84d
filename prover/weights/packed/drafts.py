"""Layers beside the text's that predict further tokens: where they stand, and whose layout they have.

transformers leaves these out when it reads a checkpoint, and llama.cpp's main graph does; engines that draft with them
turn their heads as they do those of the layers of one kind. So they count as further layers of that kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from prover.sources.keys import Keys
from prover.sources.llama.architectures import architectures
from prover.sources.llama.header import open_header
from prover.sources.llama.layers import MTP
from prover.sources.metadata import Metadata
from prover.sources.model import Model, Part
from prover.weights.packed.modules import Modules
from prover.weights.packed.packings import (
    LAYER,
    Draft,
    Packing,
    by_type,
    draft_of,
    find_architecture,
    gguf_packings,
    packings,
)
from prover.weights.packed.towers import Tower, towers
from prover.weights.packed.widths import Widths
from prover.weights.stored.tensors import Checkpoint

COUNT = "drafts"


@dataclass(frozen=True, slots=True)
class Drafts:
    """Layers of parts that predict further tokens, each by the part's name, with a layer whose layout they have."""

    like: Mapping[str, tuple[int, tuple[int, ...]]]

    def into(self, model: Model) -> Model:
        """The model with these layers where the one is that they are like; those that it has stay where they are."""
        return replace(model, parts=tuple(self._with(part, model) for part in model.parts)) if self.like else model

    def _with(self, part: Part, model: Model) -> Part:
        one, more = self.like.get(part.name, (-1, ()))
        if one not in (part.layers or ()):
            return part
        own = {layer for each in model.parts if each.name == part.name for layer in each.layers or ()}
        return replace(part, layers=(*(part.layers or ()), *(layer for layer in more if layer not in own)))


def find_drafts(
    config: Keys | Metadata, model: Model, checkpoint: Checkpoint, given: Mapping[str, str] | None = None
) -> Drafts:
    """Those that a checkpoint has of what `model`, read from `config`, may have. Raises InputError for wrong keys.

    Where a person names tensors (`given`) there are none: what such a layer is called is not said.
    """
    if given or (isinstance(config, Keys) and "model_type" not in config):
        return Drafts({})
    modules = Modules.of(checkpoint.tensors)
    found = _in_gguf(config, model, modules) if isinstance(config, Metadata) else _in_towers(config, model, modules)
    return Drafts({name: (one, layers) for name, one, layers in found if layers})


def place_of(layer: str, draft: Draft | None, first: int, number: int) -> str:
    """The module of layer `number`, as `layer` has it; from `first` on as the draft has it."""
    if draft is None or not draft.layer or number < first:
        return layer.replace(LAYER, str(number))
    return draft.layer.replace(LAYER, str(number - first)) + layer.partition(LAYER)[2]


def first_draft(tower: Tower) -> int:
    """The number that the first of a tower's drafts has: how many layers it has besides."""
    return tower.keys.whole("num_hidden_layers")


def _in_towers(config: Keys, model: Model, modules: Modules) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    for tower in towers(config):
        draft = draft_of(tower.kind)
        if draft is None or not tower.keys.is_given("num_hidden_layers"):
            continue
        first = first_draft(tower)
        # A layer has a tensor at least, so that a count that lies is not gone through.
        count = min(Widths(tower.keys, {COUNT: draft.count}).number(COUNT), len(modules.tensors))
        for entry in by_type().get(tower.kind, ()):
            name = entry.part or tower.part
            alike = _alike(model, name, draft.kind)
            if alike is not None:
                usual = entry.within or packings().within.get(tower.part, packings().within["text"])
                yield name, alike, tuple(layer for layer in range(first, first + count)
                                         if _is_there(entry, draft, first, layer, usual, modules))


def _is_there(entry: Packing, draft: Draft, first: int, layer: int, within: list[str], modules: Modules) -> bool:
    place = place_of(entry.layer, draft, first, layer)
    fronts = [""] if draft.layer else within
    return any(f"{front}{place}.{name}" in modules for front in fronts for name in entry.rows)


def _in_gguf(metadata: Metadata, model: Model, modules: Modules) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    header = open_header(metadata, architectures().architecture)
    draft = gguf_packings().drafts.get(header.name)
    alike = _alike(model, "text", draft.kind) if draft is not None else None
    if draft is None or alike is None or MTP not in header or "block_count" not in header:
        return
    if draft.layout and next(part.layout for part in model.parts if alike in (part.layers or ())) != draft.layout:
        return
    count = header.whole("block_count").whole
    rows = find_architecture(header.name).rows
    layers = range(count - header.whole(MTP).whole, count)
    yield "text", alike, tuple(layer for layer in layers if any(
        f"{gguf_packings().layer.replace(LAYER, str(layer))}.{name}" in modules for name in rows))


def _alike(model: Model, name: str, kind: str) -> int | None:
    """The last layer of the part's only layout, or of the only one of layers of a kind; None if there are several."""
    turning = [part for part in model.parts if part.name == name and part.layout is not None and part.layers
               and (not kind or part.layer_type in ("", kind))]
    return turning[0].layers[-1] if len(turning) == 1 and turning[0].layers else None
