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
from prover.weights.slots import Barrier, Block, Kind, Role, Slot, Slots
from prover.weights.tensors import Checkpoint
from prover.weights.towers import Tower, towers
from prover.weights.widths import Widths

WHAT_TO_WRITE = (
    "Say which tensors they are: --tensors q=model.layers.{layer}.attn.q.weight,k=model.layers.{layer}.attn.k.weight, "
    "with rows in place of a role where one tensor holds several: 'heads*q + kv_heads*k + kv_heads*v=...'"
)
HEAD = "{head}"


@dataclass(frozen=True, slots=True)
class Named:
    """A packing in one checkpoint: what stands in front of its layers there."""

    entry: Packing
    prefix: str

    def module(self, name: str, layer: int) -> str:
        """The full name of a module of one layer."""
        place = self.prefix + self.entry.layer.replace("{layer}", str(layer))
        return f"{place}.{name}" if place else name


@dataclass(frozen=True, slots=True)
class Place:
    """One layer of one tower: where its tensors are, and the numbers of its packing."""

    named: Named
    tower: Tower
    part: Part
    layer: int
    modules: Modules
    widths: Widths

    def module(self, name: str) -> str:
        """The full name of one of its modules."""
        return self.named.module(name, self.layer)


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
                place = Place(named, tower, part, layer, modules, _widths(named.entry, tower, part))
                slots = tuple(_slots(place))
                if part.layout is not None:
                    roles = (Role.Q,) if _takes_keys(place) else (Role.Q, Role.K)
                    check_covered(slots, checkpoint, tower.part, layer, place.widths.number("q"), roles)
                found += slots
                barriers += _barriers(place)
    found.sort(key=lambda slot: (slot.part, slot.layer, slot.tensor.name))
    return Slots(" and ".join(dict.fromkeys(taken)), tuple(found), merged(barriers))


def _named(tower: Tower, parts: list[Part], modules: Modules, checkpoint: Checkpoint) -> Named:
    """The packing of a tower, and where in the checkpoint its layers stand. Raises InputError."""
    known = [entry for entry in by_type().get(tower.kind, ()) if not entry.part]
    if not known:
        raise InputError(f"which tensors of '{tower.kind}' hold the rows of q and k is not known here",
                         where=f"{tower.keys.where}, model_type", advice=nearest(tower.kind, by_type()) + WHAT_TO_WRITE)
    entries = [entry for entry in known if all(
        tower.keys.flag(key, entry.absent.get(key, False)) is value for key, value in entry.when.items())]
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
    entry = entries[0] if entries else known[0]
    expected = Named(entry, (entry.within or usual or [""])[0]).module(next(iter(entry.rows)), layers[0])
    raise InputError(f"holds none of the tensors of {tower.kind} ({tower.part}), such as {expected}.weight",
                     where=str(checkpoint.root), advice=WHAT_TO_WRITE)


def _widths(entry: Packing, tower: Tower, part: Part) -> Widths:
    head = None if part.spec is None else load_head(part.spec, tower.keys.where).layout.width
    rules = {**packings().widths, **entry.widths, **entry.typed.get(part.layer_type, {})}
    return Widths(tower.keys, rules, head, default_kv_heads().get(tower.kind))


def _takes_keys(place: Place) -> bool:
    """Whether a layer takes the keys of an earlier one, and has none of its own."""
    key = place.named.entry.shared
    if not key or not place.tower.keys.is_given(key):
        return False
    count = place.tower.keys.whole("num_hidden_layers")
    return place.layer >= count - place.tower.keys.whole(key, 0)


def _slots(place: Place) -> Iterator[Slot]:
    entry, layer, part, modules = place.named.entry, place.layer, place.tower.part, place.modules
    source = packings().source(entry)
    for name, text in entry.rows.items():
        module = place.module(name)
        packed = pack(text, place.widths.number) if module in modules else Packed(0, ())
        for kind, tensor, shared in tensors_of(modules, module, packed.rows, text, place.widths):
            yield Slot(part, layer, kind, tensor, packed.rows, packed.blocks, shared, source)
    for module, text, head in _gains(place):
        packed = pack(text, place.widths.number)
        blocks = packed.blocks if head is None else tuple(replace(block, head=head) for block in packed.blocks)
        for kind, tensor, _ in tensors_of(modules, module, packed.rows, text, place.widths):
            own = {Kind.WEIGHT: Kind.GAIN, Kind.BIAS: Kind.NORM_BIAS}[kind]
            yield Slot(part, layer, own, tensor, packed.rows, blocks, 1, source)
    for name, text in entry.output.items():
        module = place.module(name)
        blocks = pack(text, place.widths.number).blocks if module in modules else ()
        for kind, tensor, _ in tensors_of(modules, module, 0, text, place.widths):
            if kind is Kind.WEIGHT and len(tensor.shape) == 2:
                yield Slot(part, layer, kind, tensor, tensor.shape[0], blocks, 1, source)


def _gains(place: Place) -> Iterator[tuple[str, str, int | None]]:
    """The norms in front of the rotation that are there: module, lanes, and the head if it is that of one."""
    for name, text in place.named.entry.gains.items():
        if HEAD not in name:
            if place.module(name) in place.modules:
                yield place.module(name), text, None
            continue
        head = 0
        while (module := place.module(name.replace(HEAD, str(head)))) in place.modules:
            yield module, text, head
            head += 1


def _barriers(place: Place) -> Iterator[Barrier]:
    entry, tower, layers = place.named.entry, place.tower, (place.layer,)
    source = packings().source(entry)
    for name in (*entry.rows, *entry.gains):
        for relation, why in stops_of(place.modules, place.module(name)):
            yield Barrier(tower.part, layers, relation, why, source)
    if any(_gains(place)):
        yield Barrier(tower.part, layers, "pair-map", f"{entry.norm} stands in front of the rotation", source)
    for stop in entry.stops:
        if stop.layers in ("", place.part.layer_type) and (not stop.when or tower.keys.flag(stop.when, False)):
            upstream = f"{packings().repo}@{packings().version} {entry.path} {stop.symbol}"
            yield Barrier(tower.part, layers, stop.relation, stop.why, upstream)


def merged(barriers: list[Barrier]) -> tuple[Barrier, ...]:
    """Barriers that differ in their layers alone as one."""
    layers: dict[Barrier, list[int]] = {}
    for barrier in barriers:
        layers.setdefault(replace(barrier, layers=()), []).extend(barrier.layers)
    return tuple(replace(barrier, layers=tuple(sorted(set(found)))) for barrier, found in layers.items())


def head_blocks(blocks: tuple[Block, ...], role: Role) -> dict[int | None, tuple[Block, ...]]:
    """The blocks of one role by head."""
    found: dict[int | None, list[Block]] = {}
    for block in blocks:
        if block.role is role:
            found.setdefault(block.head, []).append(block)
    return {head: tuple(each) for head, each in found.items()}
