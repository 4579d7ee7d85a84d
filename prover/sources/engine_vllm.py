"""A config.json as vLLM reads it: which rotary class its get_rope makes for the attention of each layer."""

from __future__ import annotations

from dataclasses import replace

from prover.errors import InputError
from prover.sources.arguments import NO_ARGUMENTS, Arguments
from prover.sources.engine_config import Reader, read_engine, rotated_lanes
from prover.sources.engine_table import Engine
from prover.sources.keys import Keys, list_text
from prover.sources.model import Finding, Model, Value
from prover.sources.overriding import LENGTH, put_overrides
from prover.sources.rope_keys import ORIGINAL, PART, SECTIONS
from prover.sources.scaled_queries import ALL_DIM
from prover.sources.standard import Standard, refuse_types_that_differ

# What get_rope passes on to the class of each rule; None stands for no value in those of NULLS alone.
TAKEN = {
    "default": (), "proportional": (), "linear": ("factor",), "dynamic": ("factor", "alpha"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", ORIGINAL),
    "yarn": ("factor", ORIGINAL, "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor", "truncate"),
    "deepseek_yarn": ("factor", ORIGINAL, "beta_fast", "beta_slow", "mscale", "mscale_all_dim"),
    "longrope": ("short_factor", "long_factor", ORIGINAL, "short_mscale", "long_mscale"),
}
NEEDED = ("factor", ORIGINAL, "low_freq_factor", "high_freq_factor")
RENAMED = {"su": "longrope", "mrope": "default"}
NULLS = ("mscale", "mscale_all_dim", "attention_factor")
BESIDES = ("rope_type", "type", "rope_theta", PART, "rope_dim", SECTIONS, "mrope_interleaved")
# Other names of the rotated part, which vLLM puts where the config class has none.
PARTS = ("rotary_pct", "rotary_emb_fraction")


def read_vllm(keys: Keys, arguments: Arguments = NO_ARGUMENTS) -> Model:
    """What vLLM makes of a config.json, started with `arguments`. Raises InputError."""
    reader = Reader("vllm", _get_rope, RENAMED, lost_theta="10000", reaches_parts=True)
    model = read_engine(put_overrides(keys, arguments), reader)
    return replace(model, engine=f"{model.engine} {arguments}".strip())


def _get_rope(
    entry: Engine, rope: Standard, head: Value, keys: Keys, findings: list[Finding],
) -> tuple[str, list[Value]]:
    refuse_types_that_differ(rope.keys)
    if keys.is_given("dual_chunk_attention_config"):
        raise InputError("makes vLLM turn queries of its own for each chunk", where=f"{keys.where}, "
                         "dual_chunk_attention_config", advice="The layout is vllm/dual-chunk")
    rule = _rule(entry, rope)
    rope = _with_part(rope, keys)
    axes = SECTIONS in rope.keys and rule in ("default", "yarn") and not (entry.takes or not entry.scaling)
    style = str(entry.neox).lower()
    values = [Value("head_size" if rule != "proportional" and entry.kernel == "rope" else head.name, head.text,
                    head.origin)]
    is_whole = bool(entry.takes) or not entry.scaling or entry.whole_head
    lanes = None if is_whole else rotated_lanes(rope, entry, head, keys)
    if rope.has("rope_dim"):
        lanes = rope.number("rope_dim", "rotary_dim")
    base = "rope_theta" if rule == "proportional" or entry.kernel == "latent" else "base"
    if entry.kernel == "latent":
        layout = "vllm/latent"
    elif rule == "proportional":
        layout = "vllm/gemma4"
    elif rule == "longrope":
        layout = "vllm/longrope"
    elif axes:
        layout = f"vllm/mrope:is_neox_style={style}"
    else:
        layout = f"vllm/rope:is_neox_style={style}"
    if rule == "longrope" and not entry.neox:
        raise InputError("longrope of vLLM pairs halves only", where=rope.keys.where)
    if rule == "proportional" and rope.has(PART):
        values.append(rope.number(PART))
    elif lanes is not None and rule != "proportional":
        if entry.kernel == "latent":
            raise InputError("turns a part of the rotated slice alone, which is not known here",
                             where=f"{rope.keys.where}, {PART}")
        values.append(lanes)
    values.append(_theta(entry, rope, keys, base))
    if axes:
        values.append(Value(SECTIONS, list_text(rope.keys.numbers(SECTIONS)), rope.origin(SECTIONS)))
        if rope.keys.flag("mrope_interleaved", False):
            values.append(Value("mrope_interleaved", "true", rope.origin("mrope_interleaved")))
    values += _scaled(entry, rope, keys, rule, axes)
    _tell(entry, rope, rule, axes, findings)
    return layout, values


def _rule(entry: Engine, rope: Standard) -> str:
    told = rope.rule
    if rope.told == "mrope" and SECTIONS not in rope.keys:
        raise InputError("is taken only with mrope_section", where=f"{rope.keys.where}, rope_type")
    if entry.rule:
        return entry.rule
    if not entry.scaling:
        return "default"
    if entry.kernel == "latent" and told != "default":
        return "deepseek_yarn"
    if told not in TAKEN or rope.has("use_fope"):
        raise InputError(f"'{told[:40]}' is no rope_type whose reading by vLLM is known here",
                         where=rope.keys.where, advice=f"Rules: {', '.join(TAKEN)}")
    if SECTIONS in rope.keys and told not in ("default", "yarn"):
        raise InputError(f"has no M-RoPE under {told} in vLLM", where=f"{rope.keys.where}, {SECTIONS}")
    return told


def _with_part(rope: Standard, keys: Keys) -> Standard:
    """The rotated part under its other names, which vLLM takes where nothing else gave one."""
    given = next((key for key in PARTS if keys.is_given(key)), None)
    if given is None or PART in rope.keys or PART in keys:
        return rope
    table = {**rope.keys.table, PART: keys.number(given)}
    return replace(rope, keys=Keys(table, rope.keys.where), origins={**rope.origins, PART: given})


def _theta(entry: Engine, rope: Standard, keys: Keys, name: str) -> Value:
    if not entry.theta_in:
        return Value(name, rope.theta.text, rope.theta.origin)
    inner = keys.object(entry.theta_in)
    if inner is None:
        raise InputError(f"is not in the file, where {entry.symbol} takes rope_theta from",
                         where=f"{keys.where}, {entry.theta_in}")
    return Value(name, str(int(inner.number("rope_theta"))), f"{entry.theta_in}.rope_theta")


def _scaled(entry: Engine, rope: Standard, keys: Keys, rule: str, axes: bool) -> list[Value]:
    """What the rule's class gets, each where it is given; a null is passed on and breaks off but for those of NULLS."""
    values: list[Value] = []
    if rule in ("default", "proportional"):
        return values
    values.append(Value("rope_type", rule, rope.origin("rope_type" if "rope_type" in rope.keys else "type")))
    if rule == "dynamic":
        return [*_dynamic(rope), *([] if rope.has("alpha") else _lengths(rope, keys))]
    if rule == "longrope":
        values.pop()
        values += [Value(key, list_text(rope.keys.numbers(key)), rope.origin(key)) for key in TAKEN[rule][:2]]
        values.append(rope.number(ORIGINAL))
        longest = _longest(keys, "max_position_embeddings")
        values.append(longest)
        # vLLM sizes itself by the original length if that stands at the top, and by the longest otherwise.
        at_top = "at the top" in rope.origin(ORIGINAL) or rope.origin(ORIGINAL) == "default"
        values.append(_started(keys) or (
            rope.number(ORIGINAL, "max_model_len") if at_top else _longest(keys, "max_model_len")))
        return values + [rope.number(key) for key in TAKEN[rule][3:] if key in rope.keys]
    if rule == "linear" and type(rope.keys.table.get("factor")) is int:
        raise InputError(f"is written without a point ({rope.keys.table['factor']}): LinearScalingRotaryEmbedding of "
                         "vLLM takes it for a list of factors and breaks off",
                         where=f"{rope.keys.where}, factor", advice="Write it with a point, such as 4.0")
    for key in TAKEN[rule]:
        if entry.takes and key not in entry.takes:
            continue
        if key == "truncate":
            if key in rope.keys and not rope.keys.flag(key, True):
                values.append(Value(key, "0", rope.origin(key)))
        elif key in NEEDED or key in entry.takes or (
            key in rope.keys and (rope.has(key) or rule == "deepseek_yarn" or key not in NULLS)
        ):
            values.append(rope.number(key))
    if axes and entry.positions != 4:
        values.append(Value("mrope_positions_factor", str(entry.positions), entry.symbol))
    return values


def _dynamic(rope: Standard) -> list[Value]:
    key = "rope_type" if "rope_type" in rope.keys else "type"
    if rope.has("alpha"):
        return [Value("rope_type", "dynamic_alpha", rope.origin(key)), rope.number("alpha")]
    return [Value("rope_type", "dynamic", rope.origin(key)), rope.number("factor")]


def _lengths(rope: Standard, keys: Keys) -> list[Value]:
    """The engine's own length, max_position_embeddings, and what the model was trained for, the same if not given."""
    longest = _longest(keys, "max_position_embeddings")
    trained = rope.number("max_trained_positions", ORIGINAL) if rope.has("max_trained_positions") else Value(
        ORIGINAL, longest.text, longest.origin)
    return [trained, longest]


def _started(keys: Keys) -> Value | None:
    """The length that the engine is started with, if it is told."""
    length = keys.override.length if keys.override else None
    return None if length is None else Value("max_model_len", str(length), LENGTH)


def _longest(keys: Keys, name: str) -> Value:
    return Value(name, str(keys.whole("max_position_embeddings")), keys.origin("max_position_embeddings"))


def _tell(entry: Engine, rope: Standard, rule: str, axes: bool, findings: list[Finding]) -> None:
    """Keys of the parameters that get_rope or the class before it leaves out."""
    taken = {*BESIDES, *(entry.takes or TAKEN[rule]), *({"max_trained_positions"} if rule == "dynamic" else ())}
    taken |= {ALL_DIM} if entry.softmax else set()
    unknown = [key for key in rope.keys.table if key not in taken and rope.has(key)]
    if rule == "default" and not entry.scaling:
        unknown = [key for key in rope.keys.table if rope.rule != "default" and rope.has(key)]
    lost = [key for key in unknown if key not in rope.origins]
    if lost:
        findings.append(Finding("RP003", f"not read by {entry.symbol} of vLLM: {', '.join(lost)[:400]}"))
