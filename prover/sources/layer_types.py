"""Which layers of a model are of which type, and which of them have RoPE, as transformers' config classes decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prover.errors import InputError
from prover.sources.keys import Keys
from prover.sources.labelled import ratio_types
from prover.sources.readings import Indexer, LayerTypes, Pattern, Reading

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
        if key in keys and keys.table[keys.name(key)] is not False:
            raise InputError("makes layers differ in a way that is not read", where=f"{keys.where}, {key}",
                             advice="Give the layouts themselves: 'rope-prover list' finds them")
    unmet = [key for key, value in entry.needs.items() if _said(keys, key, value) != value]
    if "num_hidden_layers" not in keys and "num_hidden_layers" not in keys.defaults:
        count = None
    else:
        own = entry.layers_key
        count = keys.whole(own if own and keys.is_given(own) else "num_hidden_layers")
        if entry.layer_types and _is_beside(keys, entry.layer_types):
            count //= 2
        if count > MAX_LAYERS:
            raise keys.wrong("num_hidden_layers", f"at most {MAX_LAYERS}")
    if count is None:
        return (Layers("", None),)
    types = _types(keys, entry, entry.layer_types, count) if entry.layer_types else ("",) * count
    if entry.layer_types:
        types = tuple(entry.layer_types.renamed.get(each, each) for each in types)
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
        given = keys.texts("layer_types")[::2 if _is_beside(keys, entry) else 1]
        types = tuple(LEGACY.get(each, each) for each in given)
        if entry.padded and entry.padded in keys and len(types) == count + keys.whole(entry.padded, 0):
            types = types[:count]
        if len(types) != count:
            raise keys.wrong("layer_types", f"as many texts as num_hidden_layers = {count}")
    elif entry.ratios_key and keys.is_given(entry.ratios_key):
        types = ratio_types(keys, entry.ratios_key, entry.ratios, count)
    elif entry.listed:
        there = keys.is_given(entry.listed)
        listed = set(map(int, keys.numbers(entry.listed))) if there else set(entry.absent or range(count))
        types = tuple(full if index in listed else other for index in range(count))
    elif reading.window == "all" and _has_no_window(keys):
        raise InputError("is null, and layer_types is not given: transformers breaks off",
                         where=f"{keys.where}, sliding_window")
    elif entry.required:
        raise keys.wrong("layer_types", "a list of texts")
    elif entry.pattern is not None:
        types = _patterned(keys, reading.types[0], entry.pattern, count)
    elif entry.every is not None:
        every = keys.whole(entry.key) if entry.key and entry.key in keys else entry.every
        first = {0} if entry.full == "first and last" else set()
        start = 0 if entry.full == "first" else every - 1
        of_full = first | set(range(start, count, every))
        types = tuple(full if index in of_full else other for index in range(count))
    else:
        types = (other,) * count
    return (*types[:-1], full) if entry.ends_full else types


def _is_beside(keys: Keys, entry: LayerTypes) -> bool:
    """Whether the file counts what stands between the layers as layers too."""
    return bool(entry.beside) and keys.is_given("layer_types") and entry.beside in keys.texts("layer_types")


def _patterned(keys: Keys, name: str, pattern: Pattern, count: int) -> tuple[str, ...]:
    repeat = pattern.repeat
    if pattern.key and pattern.key in keys:
        given = keys.texts(pattern.key)
        if not given or not set(given) <= pattern.names.keys():
            raise keys.wrong(pattern.key, f"a list of {' and '.join(pattern.names)}")
        repeat = [pattern.names[each] for each in given]
    if not repeat and len(pattern.start) != count:
        raise InputError(f"is not in the file, and {name} knows types of {len(pattern.start)} layers only",
                         where=f"{keys.where}, {keys.name('layer_types')}", advice="Give the layer types")
    rest = (repeat[index % len(repeat)] for index in range(len(pattern.start), count))
    types = (*pattern.start[:count], *rest)
    return (*types[:-1], pattern.end) if pattern.end else types


def indexed(keys: Keys, indexer: Indexer, layers: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Those of some layers that have an indexer of their own. Raises InputError."""
    if layers is None or not (indexer.listed and layers):
        return layers
    if keys.is_given(indexer.listed):
        types = keys.texts(indexer.listed)
        if len(types) <= max(layers):
            raise keys.wrong(indexer.listed, f"at least {max(layers) + 1} texts")
    elif indexer.pattern is not None:
        types = _patterned(keys, indexer.listed, indexer.pattern, max(layers) + 1)
    else:
        types = _scheduled(keys, max(layers) + 1)
    return tuple(layer for layer in layers if types[layer] == "full")


def _scheduled(keys: Keys, count: int) -> tuple[str, ...]:
    """Which layers have an indexer, by its letters or as every so many."""
    letters = "index_topk_pattern"
    if keys.is_given(letters):
        given = keys.table[letters]
        names = {"F": "full", "S": "shared"}
        if isinstance(given, str) and set(given) <= names.keys() and len(given) >= count:
            return tuple(names[each] for each in given)
        raise keys.wrong(letters, f"at least {count} letters F and S")
    every = max(keys.whole("index_topk_freq", 0), 1) if "index_topk_freq" in keys else 1
    offset = keys.whole("index_skip_topk_offset", 0) if "index_skip_topk_offset" in keys else 2
    return tuple("full" if max(layer - offset + 1, 0) % every == 0 else "shared" for layer in range(count))


def _rotating(keys: Keys, entry: Reading, types: tuple[str, ...]) -> tuple[bool, ...]:
    """Whether each layer has RoPE."""
    if entry.no_rope:
        key = entry.no_rope.key
        if keys.is_given(key) and (keys.table[key] or not entry.no_rope.empty_is_absent):
            flags = keys.numbers(key)
            if len(flags) != len(types):
                raise keys.wrong(key, f"as many numbers as num_hidden_layers = {len(types)}")
            return tuple(bool(flag) for flag in flags)
        interval = "no_rope_layer_interval"
        every = keys.whole(interval) if interval in keys and key == "no_rope_layers" else entry.no_rope.every
        shift = len(types) if entry.no_rope.from_end else 0
        return tuple((index + 1 - shift) % every != 0 for index in range(len(types)))
    if entry.window and _has_no_window(keys):
        return (entry.window == "all",) * len(types)
    known: Mapping[str, object] = {**entry.passes, **entry.by_type}
    unknown = [kind for kind in types if known and kind not in known and kind != _other(entry)]
    if unknown:
        raise InputError(f"layer type '{unknown[0][:40]}' is not known of {entry.types[0]}",
                         where=f"{keys.where}, layer_types", advice=f"Known: {', '.join(known)}")
    passed: set[str] = set()
    if entry.null_passes:
        parameters = keys.object("rope_parameters")
        passed = {
            kind for kind, row in entry.by_type.items()
            if (row.passes if parameters is None else kind in parameters and not parameters.is_given(kind))
        }
    return tuple(kind not in entry.passes and kind not in passed for kind in types)


def indexed_by_pattern(keys: Keys, layers: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Of some layers those with an indexer of their own, by index_topk_pattern and the counts beside it alone.

    Layers past the end of a pattern have one. Raises InputError.
    """
    if layers is None:
        return None
    pattern = "index_topk_pattern"
    if keys.is_given(pattern):
        is_text = isinstance(keys.table[pattern], str)
        marks = tuple(keys.text(pattern)) if is_text else keys.texts(pattern)
        return tuple(layer for layer in layers if layer >= len(marks) or marks[layer] != "S")
    every = keys.whole("index_topk_freq") if keys.is_given("index_topk_freq") else 1
    offset = keys.whole("index_skip_topk_offset", 0) if keys.is_given("index_skip_topk_offset") else 2
    return tuple(layer for layer in layers if max(layer - offset + 1, 0) % every == 0)


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
