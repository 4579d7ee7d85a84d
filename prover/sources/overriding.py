"""What overrides of vLLM and SGLang make of a config, after transformers' class has loaded it.

Sources: vllm-project/vllm 0.33.0 vllm/config/model.py ModelConfig._apply_dict_overrides and _update_nested,
vllm/transformers_utils/config.py get_config and patch_rope_parameters; sgl-project/sglang 0.5.23
python/sglang/srt/utils/hf_transformers/config.py get_config; both with a transformers (5.19) whose rope_scaling is
another name of rope_parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from prover.errors import InputError
from prover.sources.arguments import Arguments
from prover.sources.json_text import parse_json_object
from prover.sources.keys import Keys, Override, number_text
from prover.sources.model import Finding, Value
from prover.sources.rope_keys import ORIGINAL, PART, SECTIONS
from prover.sources.standard import FILLED, Standard

ROPE = ("rope_scaling", "rope_parameters")
MODEL_TYPE = "model_type"


@dataclass(frozen=True, slots=True)
class Manner:
    """How an engine puts parameters of RoPE onto a loaded config, at its top and in the configs inside.

    `merges_top`, `merges_inner`: into those that are there, else in their place. `patches`: what stands at the top is
    moved into the parameters again.
    """

    flag: str
    merges_top: bool
    merges_inner: bool
    patches: bool


MANNERS = {
    "vllm": Manner("--hf-overrides", merges_top=False, merges_inner=True, patches=True),
    "sglang": Manner("--json-model-override-args", merges_top=True, merges_inner=False, patches=False),
}
LENGTH = "--max-model-len"
# Keys that a config class has worked into others, such as layer_types or head_dim, before an override comes.
WORKED_IN = (
    "head_dim", "hidden_size", "num_attention_heads", "num_hidden_layers", "layer_types", "no_rope_layers",
    "no_rope_layer_interval", "sliding_window_pattern", "qk_rope_head_dim", "qk_nope_head_dim", "rotary_dim",
    "rotary_pct", "rotary_emb_base", "rotary_emb_fraction", "rope_local_base_freq", "rope_interleave",
    "global_head_dim", "attn_config", "rope_ratio", "use_rope", "layer_rope_theta",
)


def put_overrides(keys: Keys, arguments: Arguments) -> Keys:
    """A config with the overrides of a command line on it. Raises InputError."""
    if not arguments.flags:
        return keys
    manner = MANNERS[arguments.engine]
    given: dict[str, Any] = {}
    ours = [(flag, value) for flag, value in arguments.flags if flag.partition(".")[0] == manner.flag]
    if len({"." in flag for flag, _ in ours}) > 1:
        raise InputError("stands both with an object and with dots, which replace the object", where=manner.flag,
                         advice="Write all of it in one object")
    for flag, value in ours:
        path = flag.partition(".")[2]
        if path:
            _nest(given, path.split("."), value, flag)
        else:
            given = dict(parse_json_object(value, flag))
    if MODEL_TYPE in given:
        raise InputError("makes another model of it", where=f"{manner.flag}, {MODEL_TYPE}",
                         advice="'--as TYPE' takes a config for that of another model type")
    length = arguments.last(LENGTH)
    if length is not None and not (length.isascii() and length.isdigit() and 0 < len(length) < 11):
        raise InputError(f"expected a whole number, got '{length[:40]}'", where=LENGTH)
    return replace(keys, override=_override(given, keys.table, manner, None if length is None else int(length)))


def _nest(given: dict[str, Any], path: list[str], value: str, flag: str) -> None:
    """Put the value of a dotted flag where its dots lead."""
    if any(name.endswith("+") or not name for name in path):
        raise InputError("has no name between dots, or one with a +, which is not read here", where=flag[:80],
                         advice="Write all of it in one object")
    try:
        found = parse_json_object(f'{{"value": {value}}}', flag)
        worth = found["value"] if len(found) == 1 else value
    except InputError:
        worth = value
    for name in path[:-1]:
        inner = given.setdefault(name, {})
        if not isinstance(inner, dict):
            raise InputError("leads into a value that is no object", where=flag[:80])
        given = inner
    given[path[-1]] = worth


def _override(given: Mapping[str, Any], table: Mapping[str, Any], manner: Manner, length: int | None,
              is_inner: bool = False) -> Override:
    """What is given for one config: parameters of RoPE, configs inside, and single keys."""
    ropes = [key for key in ROPE if isinstance(given.get(key), dict)]
    if len(ropes) == 2:
        raise InputError("rope_scaling and rope_parameters are two names of one thing", where=manner.flag,
                         advice="Give one of them")
    inner = {
        key: _override(value, table[key], manner, length, is_inner=True)
        for key, value in given.items()
        if isinstance(value, dict) and key not in ROPE and isinstance(table.get(key), dict)
    }
    flat = {key: value for key, value in given.items() if key not in ropes and key not in inner}
    lost = [key for key, value in flat.items() if isinstance(value, dict) or key in ROPE]
    if lost:
        raise InputError("what this override does is not known here", where=f"{manner.flag}, {lost[0][:80]}",
                         advice="The config of a part must be in the file, and rope_parameters an object")
    rope = given[ropes[0]] if ropes else None
    return Override(manner.flag, flat, rope, manner.merges_inner if is_inner else manner.merges_top,
                    manner.patches and not is_inner, inner, length)



def loaded_keys(keys: Keys) -> Keys:
    """A config's keys as its class of the engine finds them, those of the command line above those of the file.

    Raises InputError for keys that the config class has worked into others by then.
    """
    override = keys.override
    if override is None:
        return keys
    late = [key for key in override.flat if key in WORKED_IN]
    if late:
        raise InputError("is worked into other keys when the config is loaded, and what it does afterwards is not "
                         "known here", where=f"{override.flag}, {late[0]}", advice="Write it into config.json")
    return replace(keys, table={**keys.table, **override.flat})


def put_parameters(rope: Standard, keys: Keys, kind: str, lost_theta: str, findings: list[Finding]) -> Standard:
    """The parameters of one layer type ("" where all are alike) with those of the command line.

    `keys`: the config, whose override says them; `lost_theta`: the base of an engine's class that finds none, "" where
    it breaks off or is not known. Raises InputError.
    """
    override = keys.override
    if override is None:
        return rope
    rope = _patched(rope, override, kind, findings)
    given = override.rope
    if given is None:
        return rope
    where = f"{override.flag}, {ROPE[1]}"
    if kind:
        if kind not in given and override.merges:
            findings.append(Finding("RP204", f"{override.flag}: nothing reads what stands beside the layer types; "
                                             f"{kind} stays as it is"))
            return rope
        inner = given.get(kind)
        if not isinstance(inner, dict):
            raise InputError(f"is not in it, and {override.flag} replaces all layer types",
                             where=f"{where}, {kind}", advice="Give rope_parameters with an object for each layer type")
        given, where = inner, f"{where}, {kind}"
    table: dict[str, Any] = {**rope.keys.table, **given} if override.merges else dict(given)
    origins = dict(rope.origins) if override.merges else {}
    origins |= {key: f"{override.flag} {key}" for key in given}
    if "rope_type" not in given:
        if not override.merges:
            raise InputError("rope_type is not in it, and it replaces the one that was there", where=where, advice=(
                "type is its old name, which is not read here" if "type" in given else "Give rope_type"))
        if "type" in given:
            findings.append(Finding("RP204", f"{override.flag} type: not read beside the rope_type of the loaded "
                                             f"config, {rope.rule}"))
        table.pop("type", None)
    rule = table["rope_type"]
    if not isinstance(rule, str):
        raise InputError("expected a text", where=f"{where}, rope_type")
    theta = rope.theta
    if "rope_theta" in table and "rope_theta" in given:
        theta = Value("rope_theta", number_text(Keys(table, where).number("rope_theta")), origins["rope_theta"])
    elif not override.merges:
        if not lost_theta:
            raise InputError("rope_theta is not in it: the object replaces the loaded one, base included", where=where,
                             advice=f"Repeat the base: \"rope_theta\": {theta.text}")
        theta = Value("rope_theta", lost_theta, f"the engine's own, for {override.flag} has none")
    _tell_dropped(rope, table, theta, override, findings)
    return Standard(Keys(table, where), origins, rule, theta, rule)


def _patched(rope: Standard, override: Override, kind: str, findings: list[Finding]) -> Standard:
    """The loaded parameters with single keys moved into them, where the engine does that."""
    table, origins = dict(rope.keys.table), dict(rope.origins)
    for key, value in override.flat.items():
        origin = f"{override.flag} {key}"
        if key not in ("rope_theta", PART, ORIGINAL):
            continue
        if not override.patches:
            raise InputError("what this key does at the top is not known here", where=origin,
                             advice=f"Give it in rope_parameters: {{\"rope_parameters\": {{\"{key}\": …}}}}")
        if key == ORIGINAL and rope.rule in FILLED and not kind:
            table[key], origins[key] = value, f"{key} at the top, {override.flag}"
        elif key == PART and PART not in table:
            table[key], origins[key] = value, origin
        elif key == PART and origins.get(PART, "default") != "default":
            raise InputError("stands at the top of the file too, and model types differ in which of the two counts",
                             where=origin, advice="Write it into config.json")
        else:
            findings.append(Finding("RP204", f"{origin}: no effect at the top, for the loaded config has it in "
                                             "rope_parameters, which is what counts"))
    return replace(rope, keys=Keys(table, rope.keys.where), origins=origins)


def _tell_dropped(rope: Standard, table: Mapping[str, Any], theta: Value, override: Override,
                  findings: list[Finding]) -> None:
    """Keys of the loaded parameters that the new ones lack, and a rule that is replaced."""
    if not override.merges:
        lost = [key for key in (PART, SECTIONS, "mrope_interleaved") if rope.has(key) and key not in table]
        told = [f"rope_theta: {theta.text} instead of {rope.theta.text}"] if theta.text != rope.theta.text and (
            "rope_theta" not in table) else []
        if lost or told:
            findings.append(Finding("RP206", f"{override.flag} replaces all parameters: lost "
                                             f"{', '.join([*told, *lost])}"))
    if rope.rule not in ("default", table["rope_type"]):
        findings.append(Finding("RP205", f"{rope.rule} of the model is replaced by {table['rope_type']}"))
