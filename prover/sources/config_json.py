"""A config.json as transformers reads it: which layout the attention of its layers computes.

What differs between model types stands in the table of readings; here is what transformers does for all of them:
`rope_scaling` over `rope_parameters`, `type` for `rope_type`, keys at the top for what the two lack, and nulls.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from prover.errors import InputError, ProverError
from prover.layouts.loading import load
from prover.layouts.spec import catalogue
from prover.sources.json_text import read_json_object
from prover.sources.keys import Keys, list_text, number_text
from prover.sources.model import Model, Part, Value
from prover.sources.readings import Reading, Without, find_reading, table

CONFIG = "config.json"
ORIGINAL = "original_max_position_embeddings"
PART = "partial_rotary_factor"
QUERY_SCALE = "llama_4_scaling_beta"
_DEFAULT = "the default"
MAX_LAYERS = 10_000
# Keys of a config that have to do with RoPE somewhere; those that a reading does not take are told.
ROPE_KEYS = (
    "rope_theta", "rotary_emb_base", "partial_rotary_factor", "rotary_pct", "rotary_dim", "rope_local_base_freq",
    "global_rope_theta", "local_rope_theta", "rope_interleave", "rope_interleaved", "no_rope_layers",
    "no_rope_layer_interval", "mrope_section", "mrope_interleaved", "rope_pct", "rope_ratio", "use_rope",
    "alibi", "position_embedding_type", "original_max_position_embeddings",
)
# What each rule takes besides rope_type and rope_theta.
RULES = {
    "default": (),
    "linear": ("factor",),
    "dynamic": ("factor",),
    "yarn": ("factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "attention_factor", "mscale",
             "mscale_all_dim", "truncate"),
    "longrope": ("short_factor", "long_factor", "factor", "original_max_position_embeddings", "attention_factor"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}


def is_config(name: str) -> bool:
    """Whether a name given for a layout is that of a config: a .json file, or a folder that no layout is called by."""
    if not name or name in catalogue():
        return False
    return Path(name).suffix == ".json" or os.path.isdir(name)


def read_config(name: str) -> Model:
    """The parts of the model that a config.json, or the folder that holds one, is about.

    Raises InputError with file, key, got and expected; nothing in the file is executed or imported.
    """
    path = Path(name)
    if path.is_dir():
        path /= CONFIG
        if not path.exists():
            raise InputError(f"is a directory that holds no {CONFIG}", where=name, advice="Name the file itself")
    keys = Keys(read_json_object(path), str(path))
    kind = keys.text("model_type")
    try:
        entry = find_reading(kind)
    except InputError as fault:
        raise fault.inside(str(path)) from None
    engine, source = f"{table().title} {table().version}", table().source
    if isinstance(entry, Without):
        part = Part("text", None, None, instead=entry.has)
        return Model(str(path), kind, engine, source, (part,), tuple(_unread(keys, set(), None)))
    layers = tuple(range(_layers(keys))) if keys.is_given("num_hidden_layers") else None
    layout, values, findings = _read(keys, entry)
    part = Part("text", layers, layout, values)
    try:
        load(str(part.spec))  # a SPEC that no command takes is none
    except ProverError as fault:
        raise fault.inside(str(path)) from None
    return Model(str(path), kind, engine, source, (part,), findings)


def _layers(keys: Keys) -> int:
    count = keys.whole("num_hidden_layers")
    if count > MAX_LAYERS:
        raise keys.wrong("num_hidden_layers", f"at most {MAX_LAYERS}")
    return count


def _read(keys: Keys, entry: Reading) -> tuple[str, tuple[Value, ...], tuple[str, ...]]:
    """The layout, its values, and what else is to be said."""
    layout = entry.layout
    taken = {entry.theta_key}
    findings = []
    if entry.interleave:
        taken.add("rope_interleave")
        layout = layout if keys.flag("rope_interleave", True) else entry.interleave
    if "auto_map" in keys:
        findings.append("auto_map names code of the model's own: it is not read, and may do something else")
    rope = _rope_parameters(keys, entry, findings)
    values = [*_head(keys, entry), *_theta(keys, entry, rope)]
    rule = _rule(entry, rope, findings)
    if entry.partial is not None:
        taken |= {entry.partial_key, entry.lanes_key}
        values += _partial(keys, entry, rope, values)
    elif rule != "default" and any(each.is_given(PART) and each.number(PART) != 1 for each in (keys, rope)):
        raise InputError(
            "partial_rotary_factor shortens the frequencies but not the rotated head, which transformers cannot run",
            where=keys.where,
        )
    if entry.own_head and rule in ("dynamic", "yarn", "longrope") and not keys.is_given("head_dim"):
        raise InputError(f"{entry.types[0]} leaves head_dim null, which {rule} of transformers breaks off at",
                         where=keys.where, advice="Give head_dim in the file")
    if rule != "default":
        values.append(Value("rope_type", rule, _origin(rope, "rope_type" if "rope_type" in rope else "type")))
        values += _scaling(keys, entry, rope, rule)
    if ORIGINAL in RULES[rule]:
        taken.add(ORIGINAL)
    inner = {"rope_theta", "rope_type", "type", *RULES[rule], *([PART] if entry.partial else [])}
    if entry.scales_query and rope.is_given(QUERY_SCALE):
        inner.add(QUERY_SCALE)
        findings.append(f"queries are scaled with their position besides ({QUERY_SCALE}), which no layout says")
    findings += _unread(keys, taken, rope, inner)
    return layout, tuple(values), tuple(findings)


def _rope_parameters(keys: Keys, entry: Reading, findings: list[str]) -> Keys:
    """rope_scaling if it has anything, else rope_parameters, else what the config class has."""
    scaling, parameters = keys.object("rope_scaling"), keys.object("rope_parameters")
    if scaling is not None and parameters is not None and dict(scaling.table) != dict(parameters.table):
        findings.append("rope_scaling and rope_parameters differ: rope_scaling is taken")
    found = scaling or parameters
    if found is None:
        absent: Mapping[str, Any] = {} if keys.is_given("rope_parameters") else entry.absent
        return Keys(absent, f"{keys.where}, {_DEFAULT} of {entry.types[0]}")
    inner = [key for key, value in found.table.items() if isinstance(value, dict)]
    if inner:
        raise InputError(
            f"gives parameters by layer type ({', '.join(inner)[:80]}), which {entry.types[0]} does not read",
            where=found.where,
        )
    return found


def _rule(entry: Reading, rope: Keys, findings: list[str]) -> str:
    key = "rope_type" if "rope_type" in rope else "type"
    rule = rope.text(key) if key in rope else "default"
    if {"rope_type", "type"} <= rope.table.keys() and rope.table["type"] != rope.table["rope_type"]:
        findings.append(f"type and rope_type differ: rope_type {rule[:40]} is taken")
    told, rule = rule, entry.renamed.get(rule, rule)
    allowed = entry.rules or list(RULES)
    if rule not in allowed:
        raise InputError(f"'{rule[:40]}' is no rule that {entry.types[0]} takes in transformers",
                         where=f"{rope.where}, {key}", advice=f"Rules: {', '.join(allowed)}")
    if told not in RULES and ORIGINAL in RULES[rule]:
        rope.number(ORIGINAL)  # looked for before the rule gets the name under which it would be filled in
    return rule


def _head(keys: Keys, entry: Reading) -> Iterator[Value]:
    if entry.head == "latent":
        for key, default, least in (("qk_nope_head_dim", 128, 0), ("qk_rope_head_dim", 64, 2)):
            given = keys.whole(key, least) if key in keys else default
            yield Value(key, str(given), key if key in keys else "default")
        if "head_dim" in keys and keys.whole("head_dim") != given:
            raise keys.wrong("head_dim", f"qk_rope_head_dim = {given}, for which frequencies are made")
        return
    if isinstance(entry.head, int):
        given = keys.whole("head_dim") if "head_dim" in keys else entry.head
        yield Value("head_dim", str(given), "head_dim" if "head_dim" in keys else "default")
        return
    if entry.head == "computed" and keys.is_given("head_dim"):
        yield Value("head_dim", str(keys.whole("head_dim")), "head_dim")
        return
    hidden, heads = keys.whole("hidden_size"), keys.whole("num_attention_heads")
    if keys.is_given("head_dim") and keys.whole("head_dim") != hidden // heads:
        raise keys.wrong("head_dim", f"hidden_size // num_attention_heads = {hidden // heads}, as the attention takes")
    yield Value("head_dim", str(hidden // heads), "hidden_size // num_attention_heads")


def _theta(keys: Keys, entry: Reading, rope: Keys) -> Iterator[Value]:
    source, key = (rope, "rope_theta") if "rope_theta" in rope else (keys, entry.theta_key)
    if key not in source:
        yield Value("rope_theta", str(entry.theta), "default")
        return
    yield Value("rope_theta", number_text(source.number(key)), _origin(source, key))


def _partial(keys: Keys, entry: Reading, rope: Keys, values: list[Value]) -> Iterator[Value]:
    """The rotated part of the head; lanes as int(head_dim * factor) gives them in floats."""
    assert entry.partial is not None
    head = int(values[0].text)
    part, origin = Fraction(entry.partial), "default"
    if PART in rope:
        part, origin = rope.number(PART), _origin(rope, PART)
    elif entry.partial_key in keys:
        if keys.is_given(entry.partial_key) or entry.own_part or entry.partial_key != PART:
            part, origin = keys.number(entry.partial_key), entry.partial_key
        else:
            part, origin = Fraction(1), f"{entry.partial_key} is null"
    elif entry.lanes_key and keys.is_given(entry.lanes_key):
        part, origin = Fraction(keys.whole(entry.lanes_key), head), f"{entry.lanes_key} / head_dim"
    if not 0 < part <= 1:
        raise InputError(f"expected a part from 0 to 1, got {number_text(part)[:40]}", where=f"{keys.where}, {origin}")
    lanes = int(head * float(part))
    if lanes != head * part // 1:
        part = Fraction(lanes, head)
    if part != 1:
        yield Value(PART, number_text(part), origin)


def _scaling(keys: Keys, entry: Reading, rope: Keys, rule: str) -> Iterator[Value]:
    """What the rule takes, each where it is given; what is null or 0 and then stands for a default is left out."""
    if rule == "dynamic":
        yield _number(rope, "factor")
        yield Value("max_position_embeddings", str(keys.whole("max_position_embeddings")), "max_position_embeddings")
        return
    original = _original(keys, entry, rope) if ORIGINAL in RULES[rule] else None
    if rule in ("yarn", "longrope") and not rope.is_given("factor") and (rule == "longrope" or "factor" in rope):
        assert original is not None
        most = keys.whole("max_position_embeddings")
        if not Fraction(original.text) > 0:
            raise InputError(f"expected a number above 0, got {original.text[:40]}",
                             where=f"{keys.where}, {original.origin}")
        yield Value("factor", number_text(most / Fraction(original.text)),
                    "max_position_embeddings / original_max_position_embeddings")
    else:
        yield _number(rope, "factor")
    if original is not None:
        yield original
    if rule == "llama3":
        yield from (_number(rope, key) for key in ("low_freq_factor", "high_freq_factor"))
    if rule == "longrope":
        yield from (Value(key, list_text(rope.numbers(key)), _origin(rope, key)) for key in
                    ("short_factor", "long_factor"))
    if rule in ("yarn", "longrope") and rope.is_given("attention_factor"):
        if not rope.number("attention_factor") > 0:
            raise rope.wrong("attention_factor", "a number above 0")
        yield _number(rope, "attention_factor")
    if rule == "yarn":
        for key in ("beta_fast", "beta_slow", "mscale", "mscale_all_dim"):
            if rope.is_given(key) and rope.number(key):
                yield _number(rope, key)
        if not rope.flag("truncate", True):
            yield Value("truncate", "0", _origin(rope, "truncate"))


def _number(rope: Keys, key: str) -> Value:
    return Value(key, number_text(rope.number(key)), _origin(rope, key))


def _original(keys: Keys, entry: Reading, rope: Keys) -> Value:
    """A key at the top stands above that of the rule; without either it is the longest context."""
    key = ORIGINAL
    if key in keys:
        return Value(key, number_text(keys.number(key)), f"{key} at the top")
    if entry.original is not None:
        return Value(key, str(entry.original), "default")
    if key in rope:
        return _number(rope, key)
    return Value(key, str(keys.whole("max_position_embeddings")), "max_position_embeddings")


def _origin(source: Keys, key: str) -> str:
    """Where a key stands: by the name of its object."""
    if _is_default(source):
        return "default"
    inside = source.where.rpartition(", ")[2]
    return f"{inside}.{key}" if inside in ("rope_scaling", "rope_parameters") else key


def _is_default(source: Keys) -> bool:
    return source.where.rpartition(", ")[2].startswith(_DEFAULT)


def _unread(keys: Keys, taken: set[str], rope: Keys | None, inner: set[str] | None = None) -> Iterator[str]:
    """Keys that have to do with RoPE and are not taken: at the top, and in the parameters but for those of `inner`."""
    left = [key for key in ROPE_KEYS if key in keys and key not in taken]
    if rope is None:
        left += [key for key in ("rope_scaling", "rope_parameters") if keys.is_given(key)]
    elif {"rope_theta"} <= keys.table.keys() & rope.table.keys():
        left = [key for key in left if key != "rope_theta"]
        if keys.table["rope_theta"] != rope.table["rope_theta"]:
            yield "rope_theta stands twice with two values: that beside rope_type is taken"
    if left:
        yield f"not read: {', '.join(left)}"
    if rope is not None and not _is_default(rope):
        unknown = [key for key in rope.table if key not in (inner or set()) and rope.is_given(key)]
        if unknown:
            yield f"not read in {rope.where.rpartition(', ')[2]}: {', '.join(unknown)[:400]}"
