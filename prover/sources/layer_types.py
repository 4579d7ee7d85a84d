"""Which layers of a model are of which type, and which of them have RoPE, as transformers' config classes decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prover.errors import InputError
from prover.sources.keys import Keys
from prover.sources.readings import LayerTypes, Reading

MAX_LAYERS = 10_000
# Names that transformers replaces when a config is loaded.
LEGACY = {
    "mamba": "linear_attention", "attention": "full_attention",
    "deepseek_sparse_attention": "indexed_attention", "qwen_sparse_attention": "indexed_attention",
}


@dataclass(frozen=True, slots=True)
class Layers:
    """Layers that are alike: their type ("" where all that rotate are alike), and what they have instead of RoPE."""

    type: str
    indices: tuple[int, ...] | None
    instead: str = ""


def group_layers(keys: Keys, entry: Reading) -> tuple[Layers, ...]:
    """The layers of a model by type, those with RoPE first. Raises InputError."""
    for key in entry.unreadable:
        if key in keys:
            raise InputError("makes layers differ in a way that is not read", where=f"{keys.where}, {key}",
                             advice="Give the layouts themselves: 'rope-prover list' finds them")
    unmet = [key for key, value in entry.needs.items() if _said(keys, key, value) != value]
    if "num_hidden_layers" not in keys and "num_hidden_layers" not in keys.defaults:
        count = None
    else:
        count = keys.whole("num_hidden_layers")
        if count > MAX_LAYERS:
            raise keys.wrong("num_hidden_layers", f"at most {MAX_LAYERS}")
    if count is None:
        return (Layers("", None),)
    types = _types(keys, entry, entry.layer_types, count) if entry.layer_types else ("",) * count
    if unmet:
        return (Layers("", tuple(range(count)), entry.otherwise),)
    rotates = _rotating(keys, entry, types)
    named = entry.by_type or entry.passes
    turned: dict[str, list[int]] = {}
    passed: dict[str, list[int]] = {}
    for index, (kind, turns) in enumerate(zip(types, rotates, strict=True)):
        groups = turned if turns else passed
        groups.setdefault(kind if named else "", []).append(index)
    return (
        *(Layers(kind, tuple(indices)) for kind, indices in turned.items()),
        *(Layers(kind, tuple(indices), entry.passes.get(kind, entry.otherwise)) for kind, indices in passed.items()),
    )


def _types(keys: Keys, reading: Reading, entry: LayerTypes, count: int) -> tuple[str, ...]:
    full, other = entry.kinds
    if keys.is_given("layer_types"):
        types = tuple(LEGACY.get(each, each) for each in keys.texts("layer_types"))
        if len(types) != count:
            raise keys.wrong("layer_types", f"as many texts as num_hidden_layers = {count}")
    elif entry.listed:
        given = keys.is_given(entry.listed)
        listed = set(map(int, keys.numbers(entry.listed))) if given else set(entry.absent or range(count))
        types = tuple(full if index in listed else other for index in range(count))
    elif reading.window == "all" and _has_no_window(keys):
        raise InputError("is null, and layer_types is not given: transformers breaks off",
                         where=f"{keys.where}, sliding_window")
    elif entry.required:
        raise keys.wrong("layer_types", "a list of texts")
    elif entry.every is not None:
        every = keys.whole(entry.key) if entry.key and entry.key in keys else entry.every
        first = {0} if entry.full == "first and last" else set()
        start = 0 if entry.full == "first" else every - 1
        of_full = first | set(range(start, count, every))
        types = tuple(full if index in of_full else other for index in range(count))
    else:
        types = (other,) * count
    return (*types[:-1], full) if entry.ends_full else types


def _rotating(keys: Keys, entry: Reading, types: tuple[str, ...]) -> tuple[bool, ...]:
    """Whether each layer has RoPE."""
    if entry.no_rope:
        key = "no_rope_layers"
        if keys.is_given(key) and (keys.table[key] or not entry.no_rope.empty_is_absent):
            flags = keys.numbers(key)
            if len(flags) != len(types):
                raise keys.wrong(key, f"as many numbers as num_hidden_layers = {len(types)}")
            return tuple(bool(flag) for flag in flags)
        interval = "no_rope_layer_interval"
        every = keys.whole(interval) if interval in keys else entry.no_rope.every
        return tuple((index + 1) % every != 0 for index in range(len(types)))
    if entry.window and _has_no_window(keys):
        return (entry.window == "all",) * len(types)
    known: Mapping[str, object] = {**entry.passes, **entry.by_type}
    unknown = [kind for kind in types if known and kind not in known and kind != _other(entry)]
    if unknown:
        raise InputError(f"layer type '{unknown[0][:40]}' is not known of {entry.types[0]}",
                         where=f"{keys.where}, layer_types", advice=f"Known: {', '.join(known)}")
    return tuple(kind not in entry.passes for kind in types)


def indexed_layers(keys: Keys, layers: tuple[int, ...] | None, types: bool) -> tuple[int, ...] | None:
    """Of some layers those with an indexer of their own; the others take what an earlier one chose. Raises InputError.

    `types`: whether indexer_types is read, and a pattern is for all layers, as in transformers.
    """
    if layers is None:
        return None
    if types and keys.is_given("indexer_types"):
        return _marked(keys, "indexer_types", keys.texts("indexer_types"), layers, "shared", types)
    pattern = "index_topk_pattern"
    if isinstance(keys.table.get(pattern), str):
        return _marked(keys, pattern, tuple(keys.text(pattern)), layers, "S", types)
    if keys.is_given(pattern):
        return _marked(keys, pattern, keys.texts(pattern), layers, "shared" if types else "S", types)
    every = keys.whole("index_topk_freq") if keys.is_given("index_topk_freq") else 1
    offset = keys.whole("index_skip_topk_offset", 0) if keys.is_given("index_skip_topk_offset") else 2
    return tuple(layer for layer in layers if max(layer - offset + 1, 0) % every == 0)


def _marked(
    keys: Keys, key: str, marks: tuple[str, ...], layers: tuple[int, ...], shared: str, of_all: bool,
) -> tuple[int, ...]:
    if of_all and max(layers, default=-1) >= len(marks):
        raise keys.wrong(key, f"as many as there are layers, {max(layers) + 1}")
    return tuple(layer for layer in layers if layer >= len(marks) or marks[layer] != shared)


def _said(keys: Keys, key: str, value: str) -> str:
    """What a key that is needed says, as text; nothing where it is absent or null."""
    if value in ("true", "false"):
        return "true" if keys.flag(key, False) else "false"
    return keys.text(key) if keys.is_given(key) else ""


def _has_no_window(keys: Keys) -> bool:
    return "sliding_window" in keys and not keys.is_given("sliding_window")


def _other(entry: Reading) -> str:
    """The type of layers that rotate, where the entry names those that pass."""
    kinds = entry.layer_types.kinds if entry.layer_types else ()
    return next((kind for kind in kinds if kind not in entry.passes), "")
