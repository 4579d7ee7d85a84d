"""A config.json as transformers reads it: which layout the attention of its layers computes, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from prover.errors import InputError
from prover.sources import rope_keys
from prover.sources.beside import Beside, Law
from prover.sources.heads import load_head
from prover.sources.keys import Keys
from prover.sources.labelled import tail
from prover.sources.layer_types import Layers, group_layers, indexed
from prover.sources.model import Finding, Model, Part, Value
from prover.sources.readings import Composite, Inner, Reading, Without, defaults, find_reading
from prover.sources.readings import table as readings_table
from prover.sources.rope_keys import ORIGINAL, PART, RULES, SECTIONS
from prover.sources.scaled_queries import ALL_DIM, beside_still, beside_turning
from prover.sources.strict import UnloadableError, check_loads

CONFIG = "config.json"
QUERY_SCALE = "llama_4_scaling_beta"
MAX_NESTING = 4
# Keys of a config that have to do with RoPE somewhere; those that a reading does not take are told.
ROPE_KEYS = (
    "rope_theta", "rotary_emb_base", "partial_rotary_factor", "rotary_pct", "rotary_dim", "rope_local_base_freq",
    "global_rope_theta", "local_rope_theta", "rope_interleave", "rope_interleaved", "no_rope_layers",
    "no_rope_layer_interval", "mrope_section", "mrope_interleaved", "rope_pct", "rope_ratio", "use_rope",
    "alibi", "position_embedding_type", "original_max_position_embeddings",
)


def config_of(folder: str) -> Path:
    """The config.json of a model's folder. Raises InputError."""
    path = Path(folder) / CONFIG
    if not path.exists():
        raise InputError(f"is a directory that holds no {CONFIG}", where=folder, advice="Name the file itself")
    return path


def config_model(keys: Keys) -> Model:
    """The parts of the model that a config is about.

    Raises InputError with file, key, got and expected; nothing in the file is executed or imported.
    """
    where = keys.where
    if "model_type" not in keys and str(keys.table.get("schema", "")).startswith("rope-prover/"):
        raise InputError("is no config of a model, but was written by rope-prover", where=where,
                         advice="'rope-prover check' and 'rope-prover explain' take certificates")
    if "model_type" not in keys:
        raise InputError("is not in the file, and its value is not guessed", where=f"{where}, model_type",
                         advice="Add the key, or say what the model is: --as TYPE, or --as SPEC for its layout")
    kind = keys.text("model_type")
    findings: list[Finding] = []
    if "auto_map" in keys:
        findings.append(Finding("RP001", "auto_map names code of the model's own, which is not read"))
    # AutoConfig takes a whole model of this type for the other one where it has layer types.
    read_as = "ministral" if kind == "mistral" and "layer_types" in keys else kind
    parts = tuple(model_parts(keys, read_as, "", findings, 0))
    readings = readings_table()
    return Model(where, kind, f"{readings.title} {readings.version}", readings.source, parts, tuple(findings))


def model_parts(keys: Keys, kind: str, name: str, findings: list[Finding], depth: int) -> Iterator[Part]:
    """The parts of a model or of a part of it, which has `name` if a model around it gave one."""
    try:
        entry = find_reading(kind)
    except InputError as fault:
        raise fault.inside(keys.where) from None
    if isinstance(entry, Composite):
        if depth >= MAX_NESTING:
            raise InputError(f"is nested deeper than {MAX_NESTING}", where=keys.where)
        before = len(findings)
        found = [part for inner in entry.parts for part in _inner_parts(keys, inner, findings, depth)]
        if not found:
            said = "; ".join(each.text for each in findings[before:])
            raise InputError(f"has no part that is read: {said}", where=keys.where)
        yield from found
        return
    if isinstance(entry, Without):
        findings += _told(name, _unread(keys, set(), None, {}))
        yield Part(name or "text", None, None, instead=entry.has)
        return
    own = defaults()[kind]
    keys = Keys(keys.table, keys.where, own.names, {**own.numbers, **keys.defaults})
    check_loads(keys, entry, kind)
    told = [Finding(*entry.note)] if entry.note else []
    parts = tuple(_layers_parts(keys, entry, name or entry.part, told))
    findings += _told(name, told)
    for part in parts:
        if part.spec is not None:
            load_head(part.spec, keys.where)  # a SPEC that no command takes is none
    yield from parts


def _told(name: str, findings: Iterable[Finding]) -> list[Finding]:
    return [Finding(each.code, each.text, name) for each in dict.fromkeys(findings)]


def _inner_parts(keys: Keys, inner: Inner, findings: list[Finding], depth: int) -> Iterator[Part]:
    """The parts that stand under one key of a model."""
    found = keys.object(inner.key) or (keys.object(inner.older) if inner.older else None)
    if found is not None:
        found = Keys(found.table, found.where, defaults=inner.fills)
    elif inner.flat:
        own = {key: value for key, value in keys.table.items() if not inner.only or key in inner.only}
        found = Keys(own, keys.where, defaults=inner.fills)
    if found is None:
        if inner.name == "text":
            others = [key for key, value in keys.table.items() if isinstance(value, dict)]
            raise InputError(
                "is not in the file: transformers then makes a model of its own defaults, which is not this one"
                + (f" ({', '.join(others)[:200]} are not read)" if others else ""),
                where=f"{keys.where}, {inner.key}",
                advice=f"Name the part's own config.json, or give its keys under {inner.key}",
            )
        findings.append(Finding("RP008", f"{inner.key} is not in the file, nothing is said about it", inner.name))
        return
    kind = inner.type
    if not kind:
        kind = found.text("model_type") if "model_type" in found or not inner.absent else inner.absent
        kind = inner.renamed.get(kind, kind)
    try:
        yield from model_parts(found, kind, inner.name, findings, depth + 1)
    except UnloadableError:
        raise
    except InputError as fault:
        if inner.name in ("text", ""):
            raise
        findings.append(Finding("RP009", str(fault), inner.name))


def _layers_parts(keys: Keys, entry: Reading, name: str, findings: list[Finding]) -> Iterator[Part]:
    """A part for each layer type; what has no RoPE comes last."""
    groups = group_layers(keys, entry)
    for layers in groups:
        if layers.instead:
            yield Part(name, layers.indices, None, instead=layers.instead, layer_type=layers.type,
                       beside=beside_still(keys, entry.query))
            continue
        layout, values, beside = _read(keys, entry, layers, findings)
        part = Part(name, layers.indices, layout, values, layer_type=layers.type, beside=beside)
        if entry.halves_rows:
            width = load_head(str(part.spec), keys.where).layout.width
            part = replace(part, rows=(*range(0, width, 2), *range(1, width, 2)))
        yield part
        if entry.output:
            yield Part("attention output", layers.indices, entry.output, values, layer_type=layers.type)
        if entry.indexer is not None and (not entry.indexer.types or layers.type in entry.indexer.types):
            yield _indexer(keys, entry, indexed(keys, entry.indexer, layers.indices), values)
    if all(layers.instead for layers in groups):
        findings += _unread(keys, set(), None, {})


def _read(
    keys: Keys, entry: Reading, layers: Layers, findings: list[Finding],
) -> tuple[str, tuple[Value, ...], Beside]:
    """The layout of layers of one type, its values, and what is done beside it."""
    kind = layers.type
    for key in entry.not_null:
        if key in keys and not keys.is_given(key):
            raise InputError(f"is null, which {entry.types[0]} does not take", where=f"{keys.where}, {key}")
    sizes = {keys.whole(key) if key in keys else keys.defaults["num_attention_heads"] for key in entry.alike}
    if len(sizes) > 1:
        raise InputError(f"expected {' and '.join(entry.alike)} alike, since one rotary class is made for both, got "
                         f"{' and '.join(map(str, sorted(sizes)))}", where=keys.where)
    layout = entry.layout
    row = entry.by_type.get(kind)
    taken = {entry.theta_key}
    if entry.no_rope:
        taken |= {entry.no_rope.key, "no_rope_layer_interval"}
    taken |= {each.theta_key for each in entry.by_type.values()} | set(entry.needs)
    if entry.interleave:
        taken.add("rope_interleave")
        layout = layout if keys.flag("rope_interleave", True) else entry.interleave
    rope = rope_keys.layer_rope(keys, entry, kind, findings, (layers.indices or (0,))[0]) if row else (
        rope_keys.rope_parameters(keys, entry, findings))
    head = list(tail(keys, entry, rope) if entry.head == "tail" else _head(keys, entry, kind))
    values = [*head, rope_keys.theta(keys, entry, rope, row)]
    rule = rope_keys.rope_rule(entry, rope, findings)
    layout = rope_keys.OWN_LAYOUTS.get(rule, layout)
    if entry.head == "latent share":
        rope_keys.check_share(keys, entry, rope, rule, int(head[0].text), int(head[1].text))
    if rule == "proportional":
        values += rope_keys.proportional(keys, entry, rope, int(head[0].text))
    elif entry.head == "tail":
        taken.add(PART)
    elif entry.partial is not None:
        taken |= {entry.partial_key, entry.lanes_key}
        part, source = rope_keys.partial(keys, entry, rope, int(head[0].text))
        if entry.whole and part != 1:
            raise InputError(f"expected 1, got {float(part):g}: {entry.types[0]} turns the whole head and breaks off",
                             where=f"{keys.where}, {source}")
        values += rope_keys.rotated_part(part, source, int(head[0].text), not entry.whole)
        lanes = int(int(head[0].text) * float(part))
        if entry.lanes > 2 and lanes % entry.lanes:
            raise InputError(f"expected a part that turns a multiple of {entry.lanes} lanes, got {lanes}",
                             where=f"{keys.where}, {source}")
    elif entry.head != "latent share" and rule not in ("default", "axial") and any(
        each.is_given(PART) and each.number(PART) != 1 for each in (keys, rope)
    ):
        raise InputError(
            "partial_rotary_factor shortens the frequencies but not the rotated head, which transformers cannot run",
            where=keys.where,
        )
    if entry.own_head and rule in ("dynamic", "yarn", "longrope") and not keys.is_given("head_dim"):
        raise InputError(f"{entry.types[0]} leaves head_dim null, which {rule} of transformers breaks off at",
                         where=keys.where, advice="Give head_dim in the file")
    if rule not in ("default", "axial", "proportional"):
        key = "rope_type" if "rope_type" in rope else "type"
        if rule not in rope_keys.OWN_LAYOUTS:
            values.append(Value("rope_type", rule, rope_keys.origin(rope, key)))
        values += rope_keys.scaling(keys, entry, rope, rule, row is not None)
    elif entry.tells_rule:
        values.append(Value("rope_type", "default", "rope_type, or nothing"))
    values += rope_keys.sections(keys, entry, rope, int(head[-1].text))
    if ORIGINAL in RULES[rule] and row is None:
        taken.add(ORIGINAL)
    has_part = entry.partial is not None or entry.head == "latent share" or rule == "proportional"
    rule_keys = [key for key in RULES[rule] if row is None or key != "truncate"]
    inner = {"rope_theta", "rope_type", "type", *rule_keys, *([PART] if has_part else []),
             *([SECTIONS, entry.sections_key] if entry.sections else []), *entry.states,
             *([ALL_DIM] if entry.softmax else [])}
    for key, value in entry.states.items():
        if rope.is_given(key) and rope.table[key] is not value:
            findings.append(Finding("RP010", f"{key} is not read, and {entry.types[0]} does the opposite of it"))
    if entry.query is not None and entry.query.rise_in and rope.is_given(QUERY_SCALE):
        inner.add(QUERY_SCALE)
        findings.append(Finding("RP007", f"queries are scaled with their position besides ({QUERY_SCALE})"))
    findings += _unread(keys, taken, rope, inner, entry)
    beside = beside_turning(keys, entry.query, rope, entry.softmax and rule != "default", values)
    return layout, tuple(values), replace(beside, law=Law.ALL_DIM if entry.softmax else Law.NONE)


def _head(keys: Keys, entry: Reading, kind: str) -> Iterator[Value]:
    row = entry.by_type.get(kind)
    if row is not None and row.head_key:
        given = keys.whole(row.head_key) if row.head_key in keys else row.head
        yield Value("head_dim", str(given), keys.origin(row.head_key))
        return
    if entry.head in ("latent", "latent share", "rope part"):
        sizes: list[int] = []
        for key, least in (("qk_nope_head_dim", 0), ("qk_rope_head_dim", 2)):
            sizes.append(keys.whole(key, least))
            yield Value(key, str(sizes[-1]), keys.origin(key))
        given = sizes[-1]
        own = keys.whole("head_dim") if "head_dim" in keys or "head_dim" in keys.defaults else given
        if entry.head == "latent share" and "head_dim" in keys and own != sum(sizes):
            raise keys.wrong("head_dim", f"qk_nope_head_dim + qk_rope_head_dim = {sum(sizes)}")
        if entry.head == "latent" and own != given:
            raise keys.wrong("head_dim", f"qk_rope_head_dim = {given}, for which frequencies are made")
        return
    has_default = "head_dim" in keys.defaults
    if entry.head == "computed" and (keys.is_given("head_dim") or has_default):
        yield Value("head_dim", str(keys.whole("head_dim")), keys.origin("head_dim"))
        return
    hidden, heads = entry.widths * keys.whole(entry.width_key), keys.whole("num_attention_heads")
    demanded = "head_dim" in keys and (entry.head == "exact" or (entry.head == "ratio" and keys.is_given("head_dim")))
    if demanded and keys.whole("head_dim") != hidden // heads:
        raise keys.wrong("head_dim", f"{entry.width_key} // num_attention_heads = {hidden // heads}, which it takes")
    if entry.widths > 1 and "head_dim" in keys:
        raise keys.wrong("head_dim", "a number")
    times = f"{entry.widths} * " if entry.widths > 1 else ""
    names = f"{times}{keys.name(entry.width_key)} // {keys.name('num_attention_heads')}"
    both = [keys.origin(entry.width_key), keys.origin("num_attention_heads")]
    yield Value("head_dim", str(hidden // heads), names if "default" not in both else f"{names}, by default")


def _indexer(keys: Keys, entry: Reading, layers: tuple[int, ...] | None, values: tuple[Value, ...]) -> Part:
    """The indexer's own head, turned as fast as the attention's."""
    assert entry.indexer is not None
    key = entry.indexer.head_key
    rotated = next(value for value in values if value.name == "qk_rope_head_dim")
    rest = [value for value in values if value.name not in ("qk_nope_head_dim", "qk_rope_head_dim")]
    head = Value("head_dim", str(keys.whole(key)), keys.origin(key))
    if entry.indexer.is_latent:
        left = Value("qk_nope_head_dim", str(int(head.text) - int(rotated.text)), f"{head.origin} - {rotated.origin}")
        return Part("indexer", layers, entry.indexer.layout, (left, rotated, *rest))
    return Part("indexer", layers, entry.indexer.layout,
                (head, Value("n_rot", rotated.text, rotated.origin), *rest))


def _unread(
    keys: Keys, taken: set[str], rope: Keys | None, inner: set[str] | Mapping[str, Any], entry: Reading | None = None,
) -> Iterator[Finding]:
    """Keys that have to do with RoPE and are not taken: at the top, and in the parameters but for those of `inner`."""
    left = [key for key in ROPE_KEYS if key in keys and key not in taken]
    if entry is not None and entry.ropes == "parameters" and keys.is_given("rope_scaling"):
        left.append("rope_scaling")
    if rope is None or (entry is not None and entry.ropes == "none"):
        left += [key for key in ("rope_scaling", "rope_parameters") if keys.is_given(key)]
    elif {"rope_theta"} <= keys.table.keys() & rope.table.keys():
        left = [key for key in left if key != "rope_theta"]
        if keys.table["rope_theta"] != rope.table["rope_theta"]:
            yield Finding("RP006", "rope_theta stands twice with two values: that beside rope_type is taken")
    if entry is not None and entry.ropes == "given" and keys.is_given("rope_scaling"):
        left.append("rope_scaling")
    if left:
        yield Finding("RP002", f"not read: {', '.join(left)}")
    if rope is not None and not rope_keys.is_default(rope):
        unknown = [key for key in rope.table if key not in inner and rope.is_given(key)]
        if unknown:
            place = rope_keys.origin(rope, "")[:-1]
            yield Finding("RP003", f"not read in {place}: {', '.join(unknown)[:400]}")
