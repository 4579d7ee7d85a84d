"""Rows that are not those of the source's layer: are they of another of its layers, or of another model?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from prover.errors import ProverError
from prover.sources.engine_llama_cpp import read_converted
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.weights.audited.lanes import Layer, primary
from prover.weights.audited.verified import Fault, Group, Item, Verified
from prover.weights.audited.verify import Side, ranges
from prover.weights.packed.slots import Kind, Role

Digests = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What the two sides call their architecture. `text`: in words, "" if that may be one. `is_certain`: it is not."""

    text: str = ""
    is_certain: bool = False


def architectures(
    ours: str, theirs: str, configs: tuple[Keys | Metadata, Keys | Metadata]
) -> Names:
    """The architectures of source and target, whose names there are, told apart if they differ.

    A config's is what llama.cpp's converter makes of it where the other side is a GGUF file.
    """
    if ours == theirs:
        return Names()
    text = f"the source is {ours}, the target {theirs}"
    if isinstance(configs[0], Metadata) == isinstance(configs[1], Metadata):
        return Names(text, True)
    made: list[str] = []
    for name, config in zip((ours, theirs), configs, strict=True):
        try:
            made.append(read_converted(config).kind if isinstance(config, Keys) else name)
        except ProverError:
            return Names(text)
    return Names() if made[0] == made[1] else Names(text, True)


def is_unrelated(found: Verified) -> bool:
    """Whether in every layer rows of q and of k have no partner."""
    items = [item for group in found.groups for item in group.items
             if item.role in (Role.Q, Role.K) and item.kind in (Kind.WEIGHT, Kind.LORA_B)]
    return bool(items) and all(Fault.UNRELATED in item.faults for item in items)


def with_origins(found: Verified, source: Side, target: Side) -> Verified:
    """The answer; of rows without a partner it is said of which layers of the source they all are, number by number."""
    known: dict[tuple[str, Role, int | None], dict[Digests, list[int]]] = {}
    return replace(found, groups=tuple(
        replace(group, items=tuple(_with_origin(item, group, source, target, known) for item in group.items))
        for group in found.groups))


def _with_origin(
    item: Item, group: Group, source: Side, target: Side,
    known: dict[tuple[str, Role, int | None], dict[Digests, list[int]]],
) -> Item:
    if item.role not in (Role.Q, Role.K, Role.V) or item.faults != (Fault.UNRELATED,) or not item.count:
        return item
    part = group.need.meeting.source.name
    place = part, item.role, item.rank
    if place not in known:
        table: dict[Digests, list[int]] = {}
        for layer in source.layers(part):
            table.setdefault(_digests(source.layer(part, layer, item.rank), item.role), []).append(layer)
        known[place] = table
    rows = _digests(target.layer(part, item.layer, item.rank), item.role)
    layers = known[place].get(rows, []) if rows else []
    if not layers or item.layer in layers:
        return item
    return replace(item, why=f"they are those of its layer{'s' * (len(layers) > 1)} {ranges(layers)}")


def _digests(layer: Layer, role: Role) -> Digests:
    """Of each row of a role, in whatever order they stand."""
    found = primary(layer, layer, role)
    return () if found is None else tuple(sorted(_row_digests(layer, role, found)))


def _row_digests(layer: Layer, role: Role, kind: tuple[Kind, str]) -> Iterator[str]:
    places = layer.places(role, *kind)
    for lines, row in map(layer.at, places.values()):
        values = np.ascontiguousarray(lines.read(row, row + 1), dtype=np.float64)
        yield hashlib.sha256(values.tobytes()).hexdigest()
