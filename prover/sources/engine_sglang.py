"""A config.json as SGLang reads it: which rotary class its get_rope makes for the attention of each layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from prover.errors import InputError
from prover.sources.arguments import NO_ARGUMENTS, Arguments
from prover.sources.config_json import QUERY_SCALE
from prover.sources.engine_config import Reader, read_engine, rotated_lanes
from prover.sources.engine_table import Engine
from prover.sources.keys import Keys, list_text, number_text
from prover.sources.model import Finding, Model, Value
from prover.sources.overriding import put_overrides
from prover.sources.rope_keys import ORIGINAL, PART, SECTIONS
from prover.sources.scaled_queries import ALL_DIM
from prover.sources.standard import Standard

RAMP = ("factor", ORIGINAL, "extrapolation_factor", "attn_factor", "beta_fast", "beta_slow")
# What get_rope passes on to the class of each rule; what is left out has a value of the class's own.
TAKEN = {
    "default": (), "proportional": (), "linear": ("factor",), "dynamic": ("factor", "alpha"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", ORIGINAL),
    "yarn": (*RAMP, "mscale", "mscale_all_dim", "truncate"),
    "deepseek_yarn": (*RAMP, "mscale", "mscale_all_dim"),
    "longrope": ("short_factor", "long_factor", ORIGINAL, "short_mscale", "long_mscale"),
}
# What config classes demand of each rule, besides what they fill in.
NEEDED = {
    "linear": ("factor",), "dynamic": ("factor",), "yarn": ("factor",), "longrope": ("short_factor", "long_factor"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor"),
}
TRANSFORMERS_VERSION = "5.19.0"
# Null is no value to these classes; every other null is passed on and breaks off.
NULLS = {"yarn": ("mscale", "mscale_all_dim"), "longrope": ("short_mscale", "long_mscale")}
BESIDES = ("rope_type", "type", "rope_theta", PART, SECTIONS, "mrope_interleaved")
# Flags that make get_rope take a class that another layout says.
OTHER_CLASSES = {"video_rope": "sglang/bailing-mrope", "mrope_interleaved_glm": "sglang/mrope-glm", "use_fope": ""}


def read_sglang(keys: Keys, arguments: Arguments = NO_ARGUMENTS) -> Model:
    """What SGLang makes of a config.json, started with `arguments`. Raises InputError."""
    model = read_engine(put_overrides(keys, arguments), Reader("sglang", _get_rope, has_length_at_top=False))
    return replace(model, engine=f"{model.engine} {arguments}".strip())


def _get_rope(
    entry: Engine, rope: Standard, head: Value, keys: Keys, findings: list[Finding],
) -> tuple[str, list[Value]]:
    if keys.is_given("dual_chunk_attention_config"):
        raise InputError("makes SGLang turn queries of its own for each chunk", where=f"{keys.where}, "
                         "dual_chunk_attention_config", advice="The layout is sglang/dual-chunk")
    over = keys.override.rope if keys.override is not None else None
    if over is not None and PART in over and entry.part_at != "parameters":
        raise InputError(f"is not read there by {entry.symbol}, which takes it from elsewhere",
                         where=f"{rope.keys.where}, {PART}", advice="Write it into config.json")
    if entry.takes:
        table = {key: value for key, value in rope.keys.table.items() if key in entry.takes}
        rope = replace(rope, keys=Keys(table, rope.keys.where))
    for key in NEEDED.get(rope.rule, ()):
        if key not in rope.keys and not entry.takes:
            raise InputError(f"is not in the file, and transformers {TRANSFORMERS_VERSION}, which SGLang loads configs "
                             "with, breaks off", where=f"{rope.keys.where}, {key}", advice="Add the key")
    given = keys.object("rope_scaling") or keys.object("rope_parameters")
    if rope.told != rope.rule == "longrope" and given is not None and ORIGINAL not in given:
        raise InputError(f"is not beside type '{rope.told[:40]}', and transformers {TRANSFORMERS_VERSION} breaks off",
                         where=f"{rope.keys.where}, {ORIGINAL}", advice="Call the type longrope")
    rule = _rule(entry, rope)
    axes = SECTIONS in rope.keys and rule in ("default", "yarn") and entry.scaling
    style = str(_is_neox(entry, keys)).lower()
    is_latent = entry.kernel == "latent"
    if is_latent and entry.renames_all:
        axes = False
    elif is_latent and (axes or rule in ("longrope", "proportional")):
        raise InputError(f"{'M-RoPE' if axes else rule} of a latent head is said by no layout", where=rope.keys.where)
    values = [head if is_latent else Value("head_size", head.text, head.origin)]
    if is_latent:
        layout = f"sglang/latent:is_neox_style={style}"
    elif rule in ("proportional", "longrope"):
        layout = {"proportional": "sglang/gemma4", "longrope": "sglang/longrope"}[rule]
        if style == "false":
            raise InputError(f"{rule} of SGLang pairs halves only here", where=rope.keys.where)
    else:
        layout = f"sglang/{'mrope' if axes else 'rope'}:is_neox_style={style}"
    lanes = _lanes(entry, rope, head, keys)
    if lanes is not None and is_latent:
        raise InputError("turns a part of the rotated slice alone, which is not known here",
                         where=f"{rope.keys.where}, {PART}")
    if lanes is not None and rule == "proportional":
        values.append(Value(PART, number_text(Fraction(int(lanes.text), int(head.text))), lanes.origin))
    elif lanes is not None:
        values.append(lanes)
    values.append(_theta(entry, rope, keys, "rope_theta" if is_latent else "base"))
    if axes:
        values.append(Value(SECTIONS, list_text(rope.keys.numbers(SECTIONS)), rope.origin(SECTIONS)))
        if rope.keys.flag("mrope_interleaved", False):
            values.append(Value("mrope_interleaved", "true", rope.origin("mrope_interleaved")))
    values += _scaled(rope, keys, rule, axes)
    findings += _told(entry, rope, rule, keys)
    return layout, values


def _is_neox(entry: Engine, keys: Keys) -> bool:
    if not entry.adjacent_key:
        return entry.neox
    return not keys.flag(entry.adjacent_key, not entry.neox)


def _rule(entry: Engine, rope: Standard) -> str:
    if entry.rule:
        return entry.rule
    if not entry.scaling:
        return "default"
    told = rope.rule
    if entry.kernel == "latent" and entry.renames_all and told != "default":
        return "deepseek_yarn"
    if told not in TAKEN:
        raise InputError(f"'{told[:40]}' is no rope_type that get_rope of SGLang has a class for",
                         where=rope.keys.where, advice=f"Rules: {', '.join(TAKEN)}")
    for flag, layout in OTHER_CLASSES.items():
        if rope.keys.flag(flag, False):
            raise InputError("makes SGLang take another rotary class, which is not read here",
                             where=f"{rope.keys.where}, {flag}",
                             advice=f"The layout is {layout}" if layout else "No layout says what it does")
    if SECTIONS in rope.keys and told not in ("default", "yarn"):
        raise InputError(f"has no M-RoPE under {told} in SGLang", where=f"{rope.keys.where}, {SECTIONS}")
    return told


def _lanes(entry: Engine, rope: Standard, head: Value, keys: Keys) -> Value | None:
    """The rotated lanes: of the parameters, or of a key at the top alone, or of none."""
    if entry.part_at == "none":
        if not entry.lanes_key:
            return None
        return Value("rotary_dim", str(keys.whole(entry.lanes_key)), keys.origin(entry.lanes_key))
    if not rope.has(PART) and PART in keys and not keys.is_given(PART):
        raise keys.wrong(PART, "a number")
    if entry.part_at == "top":
        table = {key: value for key, value in rope.keys.table.items() if key != PART}
        origins = dict(rope.origins)
        if PART in keys:
            table[PART], origins[PART] = keys.table[PART], PART
        elif PART in rope.origins:
            table[PART] = rope.keys.table[PART]
        rope = Standard(Keys(table, keys.where), origins, rope.rule, rope.theta, rope.told)
    return rotated_lanes(rope, entry, head, keys)


def _theta(entry: Engine, rope: Standard, keys: Keys, name: str) -> Value:
    if entry.theta:
        return Value(name, entry.theta, entry.symbol)
    if entry.theta_at_top:
        given = "rope_theta" in keys
        base = keys.number("rope_theta") if given else Fraction(keys.defaults["rope_theta"])
        return Value(name, number_text(base), "rope_theta" if given else "default")
    if entry.theta_in:
        inner = keys.object(entry.theta_in)
        if inner is None:
            raise InputError(f"is not in the file, where {entry.symbol} takes rope_theta from",
                             where=f"{keys.where}, {entry.theta_in}")
        theta = Value(name, number_text(inner.number("rope_theta")), f"{entry.theta_in}.rope_theta")
    else:
        theta = Value(name, rope.theta.text, rope.theta.origin)
    if not entry.whole_theta:
        return theta
    return Value(name, str(int(Fraction(theta.text))), theta.origin)


def _scaled(rope: Standard, keys: Keys, rule: str, axes: bool) -> Iterator[Value]:
    """What the rule's class gets, each where it is given."""
    if rule in ("default", "proportional"):
        return
    origin = rope.origin("rope_type" if "rope_type" in rope.keys else "type")
    if rule == "dynamic" and "alpha" in rope.keys:
        yield Value("rope_type", "dynamic_alpha", origin)
        yield rope.number("alpha")
        return
    if rule != "longrope":
        yield Value("rope_type", rule, origin)
    if rule == "linear" and type(rope.keys.table.get("factor")) is int:
        raise InputError(f"is written without a point ({rope.keys.table['factor']}): LinearScalingRotaryEmbedding of "
                         "SGLang takes it for a list of factors and breaks off",
                         where=f"{rope.keys.where}, factor", advice="Write it with a point, such as 4.0")
    for key in TAKEN[rule]:
        if key not in rope.keys or (key in NULLS.get(rule, ()) and not rope.has(key)):
            continue
        if axes and key in ("mscale", "mscale_all_dim"):
            raise InputError("is nothing that YaRNScalingMRotaryEmbedding of SGLang takes: it breaks off",
                             where=f"{rope.keys.where}, {key}", advice="Leave it out")
        if key == "truncate":
            if not rope.keys.flag(key, True):
                yield Value(key, "0", rope.origin(key))
        elif key in ("short_factor", "long_factor"):
            yield Value(key, list_text(rope.keys.numbers(key)), rope.origin(key))
        else:
            yield rope.number(key)
    if rule == "longrope" or (ORIGINAL in TAKEN[rule] and ORIGINAL not in rope.keys):
        longest = "max_position_embeddings"
        yield Value(longest, str(keys.whole(longest)), keys.origin(longest))


def _told(entry: Engine, rope: Standard, rule: str, keys: Keys) -> Iterator[Finding]:
    """Keys of the parameters, and at the top, that get_rope or the class before it leaves out."""
    taken = {*BESIDES, *TAKEN[rule], *([QUERY_SCALE] if entry.query is not None else ()),
             *([ALL_DIM] if entry.softmax else ())}
    if not entry.scaling:
        taken = {"rope_theta"} if rope.rule != "default" else taken
    if entry.part_at != "parameters":
        taken.discard(PART)
    if entry.theta or entry.theta_at_top:
        taken.discard("rope_theta")
    lost = [key for key in rope.keys.table if key not in taken and rope.has(key) and key not in rope.origins]
    if lost:
        reader = "get_rope" if entry.fused else entry.symbol
        yield Finding("RP003", f"not read by {reader} of SGLang: {', '.join(lost)[:400]}")
    if entry.fused and rule != "default":
        yield Finding("RP016", f"what get_rope makes is told. {entry.fused}")
    tops = [key for key, is_left in ((PART, entry.part_at == "none"), ("rope_theta", bool(entry.theta)))
            if is_left and keys.is_given(key)]
    if tops:
        yield Finding("RP002", f"not read: {', '.join(tops)}")
