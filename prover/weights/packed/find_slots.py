"""The rows of q, k, v and o in a checkpoint: each tensor that holds some, layer by layer, and what keeps them still."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, takewhile
from typing import Any

from prover.errors import InputError
from prover.sources.heads import load_head
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.sources.model import Model, Part
from prover.sources.upstream import nearest
from prover.weights.packed.attention import PERMUTATION, UNREAD, Attention, merged, uneven, unfound
from prover.weights.packed.covering import check_covered
from prover.weights.packed.cut import Cut
from prover.weights.packed.drafts import first_draft, place_of
from prover.weights.packed.gguf_slots import gguf_attentions, without_slots
from prover.weights.packed.given import WHAT_TO_WRITE, WHERE, holdings, with_stops
from prover.weights.packed.modules import Modules
from prover.weights.packed.new_type import given_attentions, is_tensorrt_llm, is_unknown
from prover.weights.packed.packing import names
from prover.weights.packed.packings import (
    LAYER,
    Draft,
    Holding,
    Packing,
    by_type,
    default_kv_heads,
    draft_of,
    packings,
    tensorrt_llm,
)
from prover.weights.packed.rank_slots import of_ranks
from prover.weights.packed.slots import Barrier, Role, Slot, Slots
from prover.weights.packed.towers import Tower, towers
from prover.weights.packed.unplaced import unplaced
from prover.weights.packed.widths import Widths
from prover.weights.stored.json_members import shown
from prover.weights.stored.ranks import of_rank, unranked
from prover.weights.stored.tensors import Checkpoint

OUTPUT = "attention output"
CLIP = "clip_qkv"


@dataclass(frozen=True, slots=True)
class Named:
    """A packing in one checkpoint: what stands in front of its layers there.

    `draft`: what is known of its layers that predict further tokens, which are those from `first` on.
    """

    entry: Packing
    prefix: str
    draft: Draft | None = None
    first: int = 0

    def module(self, layer: int, name: str) -> str:
        """The full name of a module of one layer."""
        is_apart = self.draft is not None and self.draft.layer and layer >= self.first
        prefix = "" if is_apart else self.prefix
        return f"{prefix}{place_of(self.entry.layer, self.draft, self.first, layer)}.{name}"


def find_slots(
    checkpoint: Checkpoint, config: Keys | Metadata, model: Model, given: Mapping[str, str] | None = None
) -> Slots:
    """Every tensor that holds rows of q, k, v or o, and what keeps them from being changed.

    `config`: what `model` was read from. `given`: tensors by what they hold, as --tensors has them. Raises InputError
    for an architecture that is not known, a tensor that is not there, a shape that does not fit the config, and ranks
    that are not alike.
    """
    if not checkpoint.ranks:
        return _find_slots(checkpoint, config, model, given)
    count = len(checkpoint.ranks)
    return of_ranks([_find_slots(of_rank(checkpoint, rank), config, model, given, count) for rank in range(count)])


def _find_slots(
    checkpoint: Checkpoint, config: Keys | Metadata, model: Model, given: Mapping[str, str] | None, ranks: int = 1
) -> Slots:
    """What one checkpoint, or one of so many ranks, has."""
    modules = Modules.of(checkpoint.tensors, _block(config))
    said = holdings(given or {})
    found: list[Slot] = []
    barriers: list[Barrier] = []
    if isinstance(config, Metadata):
        attentions = gguf_attentions(config, model, modules, said.get("") or said.get("text"))
        architecture = model.kind
        for part in without_slots(config, model):
            if part.name != OUTPUT:
                why = f"which tensors of a GGUF file hold the rows of its {part.name} is not known here"
                barriers.append(Barrier(part.name, part.layers or (), PERMUTATION, why, config.file))
    elif (said or is_tensorrt_llm(config)) and is_unknown(config):
        meant, source = (said.get("") or said.get("text"), WHERE) if said else (
            tensorrt_llm().whole(), tensorrt_llm().source)
        attentions = given_attentions(config, model, modules, meant, checkpoint, ranks, source)
        architecture = model.kind
    else:
        taken = [tower for tower in towers(config) or (Tower("text", model.kind, config),) if _parts(model, tower.part)]
        attentions = (
            each for number, tower in enumerate(taken)
            for each in _attentions(checkpoint, tower, model, modules, _said(said, tower, number), barriers)
        )
        architecture = " and ".join(dict.fromkeys(tower.kind for tower in taken))
    strange = said.keys() - {"", *(part.name for part in model.parts)}
    if strange:
        raise InputError(f"the model has no part '{min(strange)[:60]}'", where="--tensors",
                         advice=f"Parts: {', '.join(dict.fromkeys(part.name for part in model.parts))}")
    seen: list[tuple[Attention, tuple[Role, ...]]] = []
    for whole, first, roles in attentions:
        attention = whole if ranks == 1 else replace(whole, numbers=Cut(whole.numbers, ranks))
        seen.append((attention, roles))
        copies = Cut(whole.numbers, ranks).copies() if ranks > 1 and _shares_keys(attention) else 1
        slots, stops = tuple(replace(slot, copies=copies) for slot in attention.slots()), tuple(attention.barriers())
        has_quantised = any(stop.relation == PERMUTATION for stop in stops)
        if attention.part.layout is not None and not modules.is_adapter and not has_quantised:
            width = attention.numbers.number("q")
            check_covered(slots, checkpoint, attention.part.name, attention.layer, first, width, roles)
        found += slots
        barriers += stops
    missing = "" if modules.is_adapter else unfound(each for each, _ in seen if each.source == WHERE)
    if missing:
        raise InputError(f"'{missing[:80]}' names no tensor of any layer", where=WHERE)
    barriers += () if modules.is_adapter else uneven(seen)
    barriers += unplaced(checkpoint, model, [attention for attention, _ in seen], found, barriers)
    for part in model.parts:
        if part.name == OUTPUT:
            why = "the attention output is turned too, so that rows of v would have to move"
            barriers.append(Barrier("text", part.layers or (), PERMUTATION, why, model.source))
    found.sort(key=lambda slot: (slot.part, slot.layer, slot.tensor.name))
    unscaled = merged([each for attention, _ in seen for each in attention.unscaled()])
    return Slots(architecture, tuple(found), merged(barriers), unscaled)


def _shares_keys(attention: Attention) -> bool:
    """Whether a layer's packing counts KV heads, of which several ranks may have copies."""
    has = (text for name, text in attention.holding.rows.items() if attention.module(name) in attention.modules)
    return any("kv_heads" in names(text) for text in has)


def _block(config: Keys | Metadata) -> int | None:
    """How many rows share a scale, as a config says it of weights that are quantised in blocks. Raises InputError."""
    quantised = config.object("quantization_config") if isinstance(config, Keys) else None
    if quantised is None or not quantised.is_given("weight_block_size"):
        return None
    rows = quantised.numbers("weight_block_size")[0]
    if rows.denominator != 1 or rows < 1:
        raise quantised.wrong("weight_block_size", "whole numbers from 1 on")
    return int(rows)


def _parts(model: Model, name: str) -> list[Part]:
    """The parts of a name whose layers have attention: those that rotate, and others if the file counts them."""
    return [part for part in model.parts if part.name == name and (part.layers is not None or part.layout)]


def _said(said: Mapping[str, Holding], tower: Tower, number: int) -> Holding | None:
    """What --tensors says of a tower; what it says of no part is about the first."""
    return said.get(tower.part) or (said.get("") if number == 0 else None)


def _attentions(
    checkpoint: Checkpoint, tower: Tower, model: Model, modules: Modules, said: Holding | None, barriers: list[Barrier]
) -> Iterator[tuple[Attention, int, tuple[Role, ...]]]:
    """The attentions of a tower and of what is read from the same config, with the lanes and roles that each must have.

    Of towers beside the text whose tensors are not known it is kept what stands in the way. Raises InputError.
    """
    entries = by_type().get(tower.kind, ())
    for name in dict.fromkeys((tower.part, *(entry.part for entry in entries if entry.part))):
        parts = _parts(model, name)
        known = [entry for entry in entries if (entry.part or tower.part) == name]
        if said is not None and name == tower.part:
            yield from _given(tower, parts, modules, said, known)
            continue
        if not any(part.layout for part in parts) and not known:
            continue
        if not known:
            fault = _unknown(tower)
            if tower.part == "text" or len(dict.fromkeys(part.name for part in model.parts)) == 1:
                raise fault
            layers = tuple(layer for part in parts for layer in part.layers or ())
            barriers.append(Barrier(name, layers, PERMUTATION, fault.message, fault.where))
            continue
        named = _named(tower, known, parts, modules, checkpoint)
        if named is not None and named.entry.scale:
            modules = modules.with_scale(named.entry.scale)
        for part in parts if named is not None else ():
            assert named is not None
            for layer in _layers(part, partial(_has, named, modules)):
                attention = _attention(named, tower, part, layer, modules)
                if attention.is_there or (part.layout is not None and not modules.is_adapter):
                    yield attention, 0, (Role.Q,) if _takes_keys(named.entry, tower, layer) else (Role.Q, Role.K)


def _given(
    tower: Tower, parts: list[Part], modules: Modules, said: Holding, known: list[Packing]
) -> Iterator[tuple[Attention, int, tuple[Role, ...]]]:
    """The attentions whose tensors a person named. What keeps the rows of a known type still does so by any name."""
    held = with_stops(said, [stop for entry in known for stop in entry.stops])
    upstream = next((_upstream(entry) for entry in known if entry.stops), WHERE)
    for part in parts:
        head = None if part.spec is None else load_head(part.spec, tower.keys.where).layout.width
        numbers = Widths(tower.keys, packings().widths, head, default_kv_heads().get(tower.kind))
        for layer in _layers(part, lambda index: any(_place(index, name) in modules for name in said.rows)):
            yield Attention(part, layer, held, modules, numbers, partial(_place, layer), partial(_flag, tower), WHERE,
                            upstream), 0, (Role.Q, Role.K)


def _flag(tower: Tower, key: str) -> bool:
    return tower.keys.flag(key, False)


def _upstream(entry: Packing) -> str:
    return packings().upstream(entry)


def _place(layer: int, name: str) -> str:
    return name.replace(LAYER, str(layer))


def _has(named: Named, modules: Modules, layer: int) -> bool:
    return any(named.module(layer, name) in modules for name in named.entry.rows)


def _layers(part: Part, has: Callable[[int], bool]) -> tuple[int, ...]:
    """A part's layers; where its file does not count them, all that the checkpoint has."""
    if part.layers is not None:
        return part.layers
    return tuple(takewhile(has, count()))


def _attention(named: Named, tower: Tower, part: Part, layer: int, modules: Modules) -> Attention:
    entry = named.entry
    head = None if part.spec is None else load_head(part.spec, tower.keys.where).layout.width
    rules = {**packings().widths, **entry.widths, **entry.typed.get(part.layer_type, {})}
    numbers = Widths(tower.keys, rules, head, default_kv_heads().get(tower.kind))
    return Attention(
        part, layer, entry, modules, numbers, partial(named.module, layer), partial(_flag, tower),
        packings().source(entry), _upstream(entry),
        not entry.optional or tower.keys.flag(entry.optional, entry.absent.get(entry.optional, False)),
        _unlinear(tower),
    )


def _unlinear(tower: Tower) -> str:
    """Why a factor of a row may not come out as one of a lane of the head; "" if it does."""
    if tower.kind not in packings().linear:
        return UNREAD
    return f"q and k are clipped behind their projections ({CLIP})" if _is_given(tower.keys.table, CLIP) else ""


def _is_given(table: Mapping[str, Any], key: str) -> bool:
    """Whether a key is there and not null, in an object or in one inside it."""
    return table.get(key) is not None or any(_is_given(each, key) for each in table.values() if isinstance(each, dict))


def _unknown(tower: Tower) -> InputError:
    return InputError(f"which tensors of '{tower.kind}' hold the rows of q and k is not known here",
                      where=f"{tower.keys.where}, model_type", advice=nearest(tower.kind, by_type()) + WHAT_TO_WRITE)


def _named(
    tower: Tower, known: list[Packing], parts: list[Part], modules: Modules, checkpoint: Checkpoint
) -> Named | None:
    """The packing of a tower, and where in the checkpoint its layers stand; None if it has none and turns nothing.

    Raises InputError.
    """
    entries = [entry for entry in known if all(
        tower.keys.flag(key, entry.absent.get(key, False)) is value for key, value in entry.when.items())]
    layers = [layer for part in parts for layer in (part.layers or (0,))]
    usual = packings().within.get(tower.part, packings().within["text"])
    found = [
        named for entry in entries for prefix in entry.within or usual for named in (Named(entry, prefix),)
        if any(_has(named, modules, layer) for layer in layers)
    ]
    if len(found) == 1:
        draft = draft_of(tower.kind)
        return found[0] if draft is None else replace(found[0], draft=draft, first=first_draft(tower))
    if found:
        places = " and ".join(f"'{each.module(layers[0], next(iter(each.entry.rows)))}'" for each in found[:4])
        raise InputError(f"holds {tower.part} layers twice, as {places}", where=str(checkpoint.root),
                         advice=WHAT_TO_WRITE)
    if modules.is_adapter or not any(part.layout for part in parts):
        return None
    entry = entries[0] if entries else known[0]
    expected = Named(entry, (entry.within or usual or [""])[0]).module(layers[0], next(iter(entry.rows)))
    raise InputError(f"holds none of the tensors of {tower.kind} ({tower.part}), such as {expected}.weight; it has "
                     f"{_some(checkpoint)}", where=str(checkpoint.root), advice=WHAT_TO_WRITE)


def _some(checkpoint: Checkpoint) -> str:
    """The first names of tensors in layers, or of any, for a person who has to say which they are."""
    known = sorted({unranked(name) for name in checkpoint.tensors})
    layered = {re.sub(r"\.\d+\.", ".{layer}.", name, count=1): None for name in known if re.search(r"\.\d+\.", name)}
    told = list(layered) or known
    return f"{', '.join(shown(name) for name in told[:12])}{' and others' if len(told) > 12 else ''}"


def _takes_keys(entry: Packing, tower: Tower, layer: int) -> bool:
    """Whether a layer takes the keys of an earlier one, and has none of its own."""
    if not entry.shared or not tower.keys.is_given(entry.shared):
        return False
    return layer >= tower.keys.whole("num_hidden_layers") - tower.keys.whole(entry.shared, 0)
