"""The attentions of a GGUF file: the tensors that llama.cpp takes rows of q, k, v and o from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from prover.errors import InputError
from prover.sources.heads import load_head
from prover.sources.llama.architectures import architectures
from prover.sources.llama.header import Header, open_header
from prover.sources.llama.heads import LENGTH, WIDTH
from prover.sources.llama.layers import HEADS, NO_ATTENTION
from prover.sources.llama.towers import TOWERS
from prover.sources.metadata import Metadata
from prover.sources.model import Model, Part
from prover.weights.packed.attention import Attention
from prover.weights.packed.gguf_towers import tower_attentions, tower_entry
from prover.weights.packed.given import WHAT_TO_WRITE, with_stops
from prover.weights.packed.modules import Modules
from prover.weights.packed.packings import LAYER, Holding, find_architecture, gguf_packings
from prover.weights.packed.slots import Role
from prover.weights.packed.sourced import Sourced

KV_HEADS = f"{HEADS}_kv"
VALUES = "attention.value_length"
LATENT = "attention.kv_lora_rank"
SLIDING = "sliding_attention"


@dataclass(frozen=True, slots=True)
class HeaderWidths(Sourced):
    """The numbers of one layer, from the keys of a GGUF file. `head`, `lanes`: of the layout, and how many turn."""

    header: Header
    layer: int
    count: int
    head: int | None
    lanes: int | None
    slides: bool

    def found(self, name: str) -> tuple[int, str]:
        """A number and the key that says it. Raises InputError."""
        if name == "heads":
            return self._of_layer(HEADS), HEADS
        if name == "kv_heads":
            return (self._of_layer(KV_HEADS), KV_HEADS) if KV_HEADS in self.header else self.found("heads")
        if name in ("q", "k", "gate"):
            return (self.head, "the layout's head") if self.head is not None else self._width(LENGTH)
        if name in ("v", "o"):
            return self._width(VALUES)
        if name == "latent":
            return self.header.whole(LATENT).whole, LATENT
        if name == "nope" and self.head is not None and self.lanes is not None:
            return self.head - self.lanes, "the layout's head less its rotated lanes"
        raise InputError(f"'{name}' is no number of a GGUF file", where=self.header.metadata.file)

    def _width(self, key: str) -> tuple[int, str]:
        for own in (f"{key}_mla", *([f"{key}_swa"] if self.slides else []), key):
            if own in self.header and self.header.whole(own).number:
                return self.header.whole(own).whole, own
        heads = self.header.per_layer(HEADS, self.count)
        first = heads[0] if isinstance(heads, tuple) else heads
        embedding = self.header.whole(WIDTH).whole
        if not first:
            raise self.header.absent(key, advice="It is not guessed")
        return embedding // first, f"{WIDTH} // {HEADS}"

    def _of_layer(self, key: str) -> int:
        found = self.header.per_layer(key, self.count)
        if isinstance(found, tuple):
            if self.layer >= len(found):
                raise self.header.wrong(key, f"a number for layer {self.layer}")
            return found[self.layer]
        if found is None:
            raise self.header.absent(key)
        return found


def without_slots(metadata: Metadata, model: Model) -> Iterator[Part]:
    """The parts that turn and whose tensors are not known here."""
    header = open_header(metadata, architectures().architecture)
    for part in model.parts:
        if part.layout is not None and part.name != "text" and tower_entry(header, part.name) is None:
            yield part


def gguf_attentions(
    metadata: Metadata, model: Model, modules: Modules, said: Holding | None
) -> Iterator[tuple[Attention, int, tuple[Role, ...]]]:
    """Each attention, the first lane of k that must be in rows, and the roles that it must have.

    `said`: what --tensors says, with {layer} in its names. Raises InputError.
    """
    table = gguf_packings()
    header = open_header(metadata, architectures().architecture)
    if header.name == TOWERS and said is None and any(tower_entry(header, part.name) for part in model.parts):
        yield from tower_attentions(header, model, modules)
        return
    if header.name in table.refused and said is None:
        raise InputError(f"which tensors of {header.name} hold rows of q and k is not said: "
                         f"{table.refused[header.name]}", where=metadata.file, advice=WHAT_TO_WRITE)
    known = find_architecture(header.name)
    entry: Holding = known if said is None else with_stops(said, known.stops)
    upstream = f"{table.repo}@{table.commit}"
    source = "--tensors" if said is not None else f"{upstream} {known.symbol}"
    for part in model.parts:
        for layer in part.layers or () if part.name == "text" and part.instead != NO_ATTENTION else ():
            numbers = _numbers(header, part, layer, metadata.file)
            attention = Attention(
                part, layer, entry, modules, numbers, partial(_module, "" if said else table.layer, layer),
                lambda _: False, source, upstream, said is None and header.name in table.normed,
            )
            if not attention.is_there and part.layout is None:
                continue
            first = 0
            if said is None and known.nope and attention.module("attn_k_b") in modules:
                first = numbers.number("nope")
            has_keys = _has_keys(attention, header, layer)
            yield attention, first, (Role.Q, Role.K) if has_keys else (Role.Q,)


def _module(layer: str, index: int, name: str) -> str:
    return f"{layer}.{name}".lstrip(".").replace(LAYER, str(index))


def _numbers(header: Header, part: Part, layer: int, where: str) -> HeaderWidths:
    head = None if part.spec is None else load_head(part.spec, where).layout.width
    lanes = next((int(value.text) for value in part.values if value.name == "n_rot"), None)
    return HeaderWidths(header, layer, header.whole("block_count").whole, head, lanes, part.layer_type == SLIDING)


def _has_keys(attention: Attention, header: Header, layer: int) -> bool:
    """Whether a layer has keys of its own, and does not take those of an earlier one."""
    shared = "attention.shared_kv_layers"
    count = header.whole("block_count").whole
    return not (shared in header and layer >= count - header.whole(shared).whole)
