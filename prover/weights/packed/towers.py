"""The configs of a model's parts: which keys and which model type each part of a `Model` was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prover.errors import InputError
from prover.sources.config_json import MAX_NESTING
from prover.sources.keys import Keys
from prover.sources.readings import Composite, Inner, Reading, defaults, find_reading


@dataclass(frozen=True, slots=True)
class Tower:
    """One part: what it is called, its model type, and its keys."""

    part: str
    kind: str
    keys: Keys


def towers(keys: Keys) -> tuple[Tower, ...]:
    """The towers of a config, those inside it first to last. Raises InputError."""
    kind = keys.text("model_type")
    return tuple(_towers(keys, "ministral" if kind == "mistral" and "layer_types" in keys else kind, "", 0))


def _towers(keys: Keys, kind: str, name: str, depth: int) -> Iterator[Tower]:
    try:
        entry = find_reading(kind)
    except InputError:
        return
    if isinstance(entry, Composite):
        for inner in entry.parts if depth < MAX_NESTING else ():
            yield from _inside(keys, inner, depth)
        return
    own = defaults().get(kind)
    if own is not None:
        keys = Keys(keys.table, keys.where, own.names, {**own.numbers, **keys.defaults})
    part = entry.part if isinstance(entry, Reading) else "text"
    yield Tower(name or part, kind, keys)


def _inside(keys: Keys, inner: Inner, depth: int) -> Iterator[Tower]:
    found = keys.object(inner.key) or (keys.object(inner.older) if inner.older else None)
    if found is not None:
        found = Keys(found.table, found.where, defaults=inner.fills)
    elif inner.flat:
        own = {key: value for key, value in keys.table.items() if not inner.only or key in inner.only}
        found = Keys(own, keys.where, defaults=inner.fills)
    else:
        return
    kind = inner.type
    if not kind:
        kind = found.text("model_type") if "model_type" in found or not inner.absent else inner.absent
        kind = inner.renamed.get(kind, kind)
    yield from _towers(found, kind, inner.name, depth + 1)
