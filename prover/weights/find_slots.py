"""The rows of q, k, v and o in a checkpoint: each tensor that holds some, layer by layer, and what keeps them still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from prover.errors import InputError
from prover.sources.heads import load_head
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.sources.model import Model, Part
from prover.sources.upstream import nearest
from prover.weights.covering import check_covered
from prover.weights.modules import Modules, stops_of, tensors_of
from prover.weights.packing import Packed, pack
from prover.weights.packings import Packing, by_type, default_kv_heads, packings
from prover.weights.slots import Barrier, Kind, Role, Slot, Slots
from prover.weights.tensors import Checkpoint
from prover.weights.towers import Tower, towers
from prover.weights.widths import Widths

WHAT_TO_WRITE = (
    "Say which tensors they are: --tensors q=model.layers.{layer}.attn.q.weight,k=model.layers.{layer}.attn.k.weight, "
    "with rows in place of a role where one tensor holds several: 'heads*q + kv_heads*k + kv_heads*v=...'"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A packing in one checkpoint: what stands in front of its layers there."""

    entry: Packing
    prefix: str

    def module(self, name: str, layer: int) -> str:
        """The full name of a module of one layer."""
        place = self.prefix + self.entry.layer.replace("{layer}", str(layer))
        return f"{place}.{name}" if place else name


def find_slots(
    checkpoint: Checkpoint, config: Keys | Metadata, model: Model, given: Mapping[str, str] | None = None
) -> Slots:
    """Every tensor that holds rows of q, k, v or o, and what keeps them from being changed.

    `config`: what `model` was read from. `given`: tensors by what they hold, as --tensors has them. Raises InputError
    for an architecture that is not known, a tensor that is not there, and a shape that does not fit the config.
    """
    if isinstance(config, Metadata):
        raise InputError("GGUF files are not read yet", where=config.file)
    found: list[Slot] = []
    barriers: list[Barrier] = []
    taken: list[str] = []
    modules = Modules.of(checkpoint.tensors)
    for tower in towers(config):
        parts = [part for part in model.parts if part.name == tower.part and part.layers is not None]
        if not parts:
            continue
        named = _named(tower, parts, modules, checkpoint)
        taken.append(tower.kind)
        for part in parts:
            for layer in part.layers or ():
                slots = tuple(_slots(named, tower, part, layer, modules))
                if part.spec is not None:
                    width = load_head(part.spec, config.where).layout.width
                    check_covered(slots, checkpoint, tower.part, layer, width, (Role.Q, Role.K))
                found += slots
                barriers += _barriers(named, tower, layer, modules, checkpoint)
    found.sort(key=lambda slot: (slot.part, slot.layer, slot.tensor.name))
    return Slots(" and ".join(dict.fromkeys(taken)), tuple(found), merged(barriers))


def _named(tower: Tower, parts: list[Part], modules: Modules, checkpoint: Checkpoint) -> Named:
    """The packing of a tower, and where in the checkpoint its layers stand. Raises InputError."""
    entries = [entry for entry in by_type().get(tower.kind, ()) if not entry.part]
    where = f"{tower.keys.where}, model_type"
    if not entries:
        raise InputError(f"which tensors of '{tower.kind}' hold the rows of q and k is not known here", where=where,
                         advice=nearest(tower.kind, by_type()) + WHAT_TO_WRITE)
    layers = [layer for part in parts for layer in part.layers or ()]
    usual = packings().within.get(tower.part, [])
    found = [
        named for entry in entries for prefix in entry.within or usual for named in (Named(entry, prefix),)
        if any(named.module(name, layer) in modules for layer in layers for name in entry.rows)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        places = " and ".join(f"'{each.module(next(iter(each.entry.rows)), layers[0])}'" for each in found[:4])
        raise InputError(f"holds {tower.part} layers twice, as {places}", where=str(checkpoint.root),
                         advice=WHAT_TO_WRITE)
    expected = Named(entries[0], (entries[0].within or usual or [""])[0]).module(next(iter(entries[0].rows)), layers[0])
    raise InputError(f"holds none of the tensors of {tower.kind} ({tower.part}), such as {expected}.weight",
                     where=str(checkpoint.root), advice=WHAT_TO_WRITE)


def _slots(named: Named, tower: Tower, part: Part, layer: int, modules: Modules) -> Iterator[Slot]:
    entry = named.entry
    head = None if part.spec is None else load_head(part.spec, tower.keys.where).layout.width
    widths = Widths(tower.keys, {**packings().widths, **entry.widths}, head, default_kv_heads().get(tower.kind))
    source = packings().source(entry)
    for name, text in entry.rows.items():
        module = named.module(name, layer)
        packed = pack(text, widths.number) if module in modules else Packed(0, ())
        for kind, tensor, rows_per_entry in tensors_of(modules, module, packed.rows, text, widths):
            yield Slot(tower.part, layer, kind, tensor, packed.rows, packed.blocks, rows_per_entry, source)
    for name, text in entry.gains.items():
        module = named.module(name, layer)
        if module not in modules:
            continue
        packed = pack(text, widths.number)
        for kind, tensor, _ in tensors_of(modules, module, packed.rows, text, widths):
            own = {Kind.WEIGHT: Kind.GAIN, Kind.BIAS: Kind.NORM_BIAS}[kind]
            yield Slot(tower.part, layer, own, tensor, packed.rows, packed.blocks, 1, source)
    for name, text in entry.output.items():
        module = named.module(name, layer)
        if module not in modules:
            continue
        packed = pack(text, widths.number)
        for kind, tensor, _ in tensors_of(modules, module, 0, text, widths):
            if kind is Kind.WEIGHT and len(tensor.shape) == 2:
                yield Slot(tower.part, layer, kind, tensor, tensor.shape[0], packed.blocks, 1, source)


def _barriers(named: Named, tower: Tower, layer: int, modules: Modules, checkpoint: Checkpoint) -> Iterator[Barrier]:
    entry, source = named.entry, packings().source(named.entry)
    for name in (*entry.rows, *entry.gains):
        for relation, why in stops_of(modules, named.module(name, layer)):
            yield Barrier(tower.part, (layer,), relation, why, source)
    if any(named.module(name, layer) in modules for name in entry.gains):
        why = f"{entry.norm or 'a norm'} stands in front of the rotation"
        yield Barrier(tower.part, (layer,), "pair-map", why, source)
    place = f"{packings().repo}@{packings().version} {entry.path}"
    for stop in entry.stops:
        if not stop.when or tower.keys.flag(stop.when, False):
            yield Barrier(tower.part, (layer,), stop.relation, stop.why, f"{place} {stop.symbol}")


def merged(barriers: list[Barrier]) -> tuple[Barrier, ...]:
    """Barriers that differ in their layers alone as one."""
    layers: dict[Barrier, list[int]] = {}
    for barrier in barriers:
        layers.setdefault(replace(barrier, layers=()), []).extend(barrier.layers)
    return tuple(replace(barrier, layers=tuple(dict.fromkeys(found))) for barrier, found in layers.items())
