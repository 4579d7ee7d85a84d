"""Which layers of a model are of which type, as mlx-lm's model files decide it: a procedure for each way there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prover.errors import InputError
from prover.sources.keys import Keys
from prover.sources.layer_types import MAX_LAYERS, Layers
from prover.sources.mlx_lm_readings import Reading
from prover.sources.model import Finding

NOPE = "nope"
ALIKE = ("alike", "without")  # layer_types has to do with masks only
Types = Sequence[str]


def group_layers(keys: Keys, entry: Reading, findings: list[Finding]) -> tuple[Layers, ...]:
    """The layers of a model by type, those with RoPE first. Raises InputError."""
    if entry.layers in ("", "alike") and entry.layers_key not in keys and entry.layers_key not in keys.defaults:
        return (Layers("", None),)
    count = keys.whole(entry.layers_key)
    if count > MAX_LAYERS:
        raise keys.wrong(entry.layers_key, f"at most {MAX_LAYERS}")
    types = PATTERNS[entry.layers](keys, entry, count)
    known = [*entry.by_type, *entry.passes]
    for kind in dict.fromkeys(types):
        if kind not in ("", NOPE, *known):
            raise InputError(f"layer type '{kind[:40]}' is not known of {entry.types[0]}",
                             where=f"{keys.where}, layer_types", advice=f"Known: {', '.join(known)}")
    for kind in entry.has_types:
        if entry.layers in ALIKE and not keys.is_given("layer_types"):
            continue
        if kind not in (keys.texts("layer_types") if entry.layers in ALIKE else types):
            raise InputError(f"has no layer of {kind}, and mlx-lm's {entry.types[0]} breaks off", where=keys.where)
    if entry.layers == "every" and keys.is_given("layer_types") and list(keys.texts("layer_types")) != list(types):
        findings.append(Finding("RP010", f"layer_types is not read, and differs from what {entry.layers_by} makes"))
    groups: dict[str, list[int]] = {}
    for index, kind in enumerate(types):
        groups.setdefault(kind, []).append(index)
    return (
        *(Layers(kind, tuple(each)) for kind, each in groups.items() if kind == "" or kind in entry.by_type),
        *(Layers("" if kind == NOPE else kind, tuple(each), entry.passes.get(kind, "no positions"))
          for kind, each in groups.items() if kind == NOPE or kind in entry.passes),
    )


def _uniform(keys: Keys, entry: Reading, count: int) -> Types:
    return [""] * count


def _every(keys: Keys, entry: Reading, count: int) -> Types:
    """Each so many layers are of the first kind, whatever layer_types says."""
    every = keys.whole(entry.layers_by) if entry.layers_by else entry.every
    first, other = entry.kinds
    return [first if (index + 1) % every == 0 else other for index in range(count)]


def _listed(keys: Keys, entry: Reading, count: int) -> Types:
    """layer_types, or a pattern where that is absent or null."""
    if not keys.is_given("layer_types") and (entry.layers_by or entry.every):
        return _every(keys, entry, count)
    types = keys.texts("layer_types")
    if len(types) != count:
        raise keys.wrong("layer_types", f"as many texts as {entry.layers_key} = {count}")
    return types


def _without(keys: Keys, entry: Reading, count: int) -> Types:
    """A list with 0 for the layers that do not turn; a pattern where it may be absent."""
    if not keys.is_given(entry.layers_by) and entry.every:
        every = keys.whole("no_rope_layer_interval") if "no_rope_layer_interval" in keys else entry.every
        return ["" if (index + 1) % every else NOPE for index in range(count)]
    flags = keys.numbers(entry.layers_by)
    if len(flags) != count:
        raise keys.wrong(entry.layers_by, f"as many numbers as {entry.layers_key} = {count}")
    return ["" if flag else NOPE for flag in flags]


def _thetas(keys: Keys, entry: Reading, count: int) -> Types:
    """As the list layer_rope_theta says, or as the types of the layers where that is absent or null."""
    if keys.is_given(entry.layers_by):
        return _without(keys, entry, count)
    return [NOPE if kind == entry.kinds[0] else "" for kind in _listed(keys, entry.but({"layers_by": ""}), count)]


def _groups(keys: Keys, entry: Reading, count: int) -> Types:
    """The last layer of each group, and all behind the last whole group, are of the first kind."""
    size = keys.whole(entry.layers_by)
    first, other = entry.kinds
    rest = count // size * size
    return [first if (index + 1) % size == 0 or index >= rest else other for index in range(count)]


def _letters(keys: Keys, entry: Reading, count: int) -> Types:
    """L for the second kind in a repeated text; without a text all turn."""
    if not keys.is_given(entry.layers_by):
        return _uniform(keys, entry, count)
    text = keys.text(entry.layers_by)
    if not text:
        return _uniform(keys, entry, count)
    if not {"L", "G"} <= set(text):
        raise keys.wrong(entry.layers_by, "a text with L and G")
    first, other = entry.kinds
    return [other if text[index % len(text)] == "L" else first for index in range(count)]


def _indices(keys: Keys, entry: Reading, count: int) -> Types:
    """The layers whose numbers are listed are of the first kind; without a list, layer_types says which are."""
    first, other = entry.kinds
    if not keys.is_given(entry.layers_by):
        if entry.layers_by in entry.required:
            raise keys.wrong(entry.layers_by, "a list of numbers")
        return [first if kind == first else other for kind in _listed(keys, entry.but({"layers_by": ""}), count)]
    listed = set() if keys.table[entry.layers_by] == [] else set(keys.numbers(entry.layers_by))
    return [first if index in listed else other for index in range(count)]


def _ones(keys: Keys, entry: Reading, count: int) -> Types:
    """1 for the second kind."""
    flags = keys.numbers(entry.layers_by)
    if len(flags) != count:
        raise keys.wrong(entry.layers_by, f"as many numbers as {entry.layers_key} = {count}")
    first, other = entry.kinds
    return [other if flag == 1 else first for flag in flags]


def _repeated(keys: Keys, entry: Reading, count: int) -> Types:
    """A list of types, gone through again and again; by another name with a bar before it."""
    name = entry.layers_by if keys.is_given(entry.layers_by) else f"_{entry.layers_by}"
    types = keys.texts(name)
    if not types:
        raise keys.wrong(name, "a list of texts")
    return [types[index % len(types)] for index in range(count)]


def _blocks(keys: Keys, entry: Reading, count: int) -> Types:
    """An object for each layer, whose attention may be left out or be a linear map."""
    blocks = keys.table.get(entry.layers_by)
    if not isinstance(blocks, list) or len(blocks) != count or not all(isinstance(each, dict) for each in blocks):
        raise keys.wrong(entry.layers_by, f"a list of objects, as many as {entry.layers_key} = {count}")
    first, other = entry.kinds
    found = []
    for each in blocks:
        attention = Keys(each, f"{keys.where}, {entry.layers_by}").object("attention")
        left_out = attention and (attention.flag("no_op", False) or attention.flag("replace_with_linear", False))
        found.append(other if left_out else first)
    return found


def _mamba(keys: Keys, entry: Reading, count: int) -> Types:
    """One layer of attention among mamba_step, in the middle."""
    first, other = entry.kinds
    if not keys.flag("mamba_enabled", True):
        return [first] * count
    step = keys.whole("mamba_step", 2)
    if count <= step // 2:
        return [first if index == count - 1 else other for index in range(count)]
    return [first if index % step == step // 2 else other for index in range(count)]


def _nope_said(keys: Keys, entry: Reading, count: int) -> Types:
    """layer_types, whose attention turns unless position_embedding_type is nope."""
    nope = "position_embedding_type" in keys and keys.table["position_embedding_type"] == "nope"
    return [NOPE if nope and kind in entry.by_type else kind for kind in _listed(keys, entry, count)]


def _sliding_or_all(keys: Keys, entry: Reading, count: int) -> Types:
    """The sliding layers turn; all do if there is none."""
    types = _listed(keys, entry, count)
    return types if entry.kinds[1] in types else _uniform(keys, entry, count)


PATTERNS: Mapping[str, Callable[[Keys, Reading, int], Types]] = {
    "": _uniform, "alike": _uniform, "every": _every, "listed": _listed, "without": _without, "thetas": _thetas,
    "groups": _groups,
    "letters": _letters, "indices": _indices, "ones": _ones, "repeated": _repeated, "blocks": _blocks, "mamba": _mamba,
    "nope said": _nope_said, "sliding or all": _sliding_or_all,
}
