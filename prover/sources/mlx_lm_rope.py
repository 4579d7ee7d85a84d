"""What mlx-lm makes of base, scaling and head: the layout that a rotary module of it computes, and its values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from prover.errors import InputError
from prover.sources.keys import Keys, list_text, number_text
from prover.sources.mlx_lm_parameters import PART, Parameters, Watched
from prover.sources.mlx_lm_readings import Reading
from prover.sources.model import Finding, Value

ORIGINAL, LONGEST = "original_max_position_embeddings", "max_position_embeddings"
YARN = ("yarn", "deepseek_yarn", "telechat3-yarn")
LONG = ("longrope", "su")
LATENT = "latent"
PROPORTIONAL = "mlx-lm/proportional"  # its base is called rope_theta
Found = tuple[str, list[Value]]


def read_rope(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """Layout and values of layers that are alike. Raises InputError where mlx-lm breaks off."""
    scaling = given.scaling
    if scaling is not None and entry.parameters in ("", "lists"):
        _check(scaling, entry)
    layout, values = RULES[entry.rope](keys, entry, given, findings)
    if scaling is not None and isinstance(scaling.table, Watched):
        scaling.table.seen |= {"rope_theta"} if entry.parameters else set()
        if left := scaling.table.unseen():
            place = ", ".join(scaling.where.split(", ")[1:]) or scaling.where
            findings.append(Finding("RP003", f"not read in {place.replace(', ', '.')}: {', '.join(left)[:400]}"))
    theta = given.theta
    if layout == PROPORTIONAL:
        theta = Value("rope_theta", theta.text, theta.origin)
    return layout, [*_head(keys, entry, given), theta, *values]


def _check(scaling: Keys, entry: Reading) -> None:
    """What a model file demands of rope_scaling before it is used."""
    for key in entry.needs:
        if key not in scaling:
            raise scaling.wrong(key, f"a value, without which {entry.types[0]} of mlx-lm breaks off")
    if entry.rules:
        key = "rope_type" if "rope_type" in entry.needs else "type"
        rule = scaling.text(key)
        if rule not in entry.rules:
            raise scaling.wrong(key, f"one of {', '.join(entry.rules)}, which {entry.types[0]} of mlx-lm knows")


def head_width(keys: Keys, entry: Reading) -> Value:
    """Lanes of one head."""
    if entry.head == "given" or (entry.head == "given or ratio" and keys.is_given(entry.head_key)):
        if entry.same_head and keys.whole(entry.head_key) * keys.whole(entry.heads_key) != keys.whole(entry.width_key):
            raise keys.wrong(entry.head_key, f"{entry.width_key} // {entry.heads_key}, or mlx-lm breaks off")
        return Value("head_dim", str(keys.whole(entry.head_key)), keys.origin(entry.head_key))
    names = f"{entry.width_key} // {entry.heads_key}"
    both = [keys.origin(entry.width_key), keys.origin(entry.heads_key)]
    lanes = keys.whole(entry.width_key) // keys.whole(entry.heads_key)
    return Value("head_dim", str(lanes), names if "default" not in both else f"{names}, by default")


def _head(keys: Keys, entry: Reading, given: Parameters) -> Iterator[Value]:
    """The head, its rotated lanes if it is not turned whole, and its pairing where that is not the usual."""
    if entry.head == LATENT:
        for key, least in (("qk_nope_head_dim", 0), ("qk_rope_head_dim", 2)):
            yield Value(key, str(keys.whole(key, least)), keys.origin(key))
        return
    head = head_width(keys, entry)
    yield head
    lanes = rotated_lanes(keys, entry, given, int(head.text))
    if lanes is not None and lanes.text != head.text:
        yield lanes


def rotated_lanes(keys: Keys, entry: Reading, given: Parameters, head: int) -> Value | None:
    """The rotated lanes of a head: a number, or a part of it as int(head * factor) gives it in floats."""
    if entry.lanes == "half":
        return Value("dims", str(head // 2), "head_dim // 2")
    if entry.lanes == "ratio":
        own = head_width(keys, entry.but({"head": "ratio"}))
        return Value("dims", own.text, own.origin)
    has_lanes = keys.is_given(entry.lanes_key) or (entry.lanes_key not in keys and entry.lanes_key in keys.defaults)
    if entry.lanes_key and (has_lanes or entry.lanes_key in entry.required or entry.lanes == "not null"):
        return Value("dims", str(keys.whole(entry.lanes_key)), keys.origin(entry.lanes_key))
    if given.part is None:
        return None
    return Value("dims", str(int(head * float(Fraction(given.part.text)))), f"head_dim * {given.part.origin}")


def _traditional(keys: Keys, entry: Reading) -> Value | None:
    usual = entry.head == LATENT
    if isinstance(entry.traditional, bool):
        flag, origin = entry.traditional, "always so"
    else:
        key = entry.traditional
        if key in keys and (keys.table[key] is not None or not entry.null_traditional):
            if not isinstance(keys.table[key], bool):
                raise keys.wrong(key, "true or false")
            flag, origin = keys.flag(key, False), key
        else:
            flag, origin = bool(entry.defaults[key]), "default"
    return None if flag is usual else Value("traditional", "true" if flag else "false", origin)


def _some(*values: Value | None) -> list[Value]:
    return [value for value in values if value is not None]


def _plain(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """nn.RoPE with a base and no more."""
    scale = None
    if entry.scale_key:
        scale = Value("scale", number_text(keys.number(entry.scale_key)), keys.origin(entry.scale_key))
    if given.scaling is not None and entry.needs:
        findings.append(Finding("RP002", f"{entry.scaling} is looked at, and then not applied"))
        given.scaling.table.get("factor")
    return "mlx/rope", _some(_traditional(keys, entry), scale)


def _linear(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """nn.RoPE with 1/factor where type is linear; other types are passed over."""
    scaling = given.scaling
    scale = None
    if scaling is not None:
        rule = scaling.text("type")
        if rule == "linear":
            if not entry.whole_factor and not isinstance(scaling.table.get("factor"), Fraction):
                raise scaling.wrong("factor", "a number with a decimal point, which mlx-lm asserts")
            factor = scaling.number("factor")
            if not factor > 0:
                raise scaling.wrong("factor", "a number above 0")
            scale = Value("scale", number_text(1 / factor), f"1 / {_origin(scaling, 'factor')}")
        else:
            findings.append(Finding("RP002", f"type '{rule[:40]}' of {entry.scaling} is not applied"))
    return "mlx/rope", _some(_traditional(keys, entry), scale)


def _initialized(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """initialize_rope: the rule that type names, or rope_type where type is absent or null."""
    scaling = given.scaling
    layout = entry.layout or ("mlx-lm/latent" if entry.head == LATENT else "mlx-lm/rope")
    rule = "default"
    if scaling is not None:
        key = "type" if scaling.table.get("type") not in (None, "") else "rope_type"
        rule = scaling.text(key) if key in scaling else "default"
        if {"rope_type", "type"} <= scaling.table.keys() and scaling.table["type"] != scaling.table["rope_type"]:
            findings.append(Finding("RP005", f"type and rope_type differ: {key} {rule[:40]} is taken"))
    if scaling is None or rule in ("default", "mrope"):
        if scaling is not None and rule == "mrope" and len(scaling.numbers("mrope_section")) != 3:
            raise scaling.wrong("mrope_section", "3 numbers")
        return layout, _some(_traditional(keys, entry))
    named = Value("rope_type", rule, _origin(scaling, key))
    if rule == "longrope":
        return _long(keys, entry, given, scaling)
    if rule == "proportional" and entry.head != LATENT:
        return _proportional(keys, entry, given, scaling)
    if rule not in VALUES:
        raise InputError(f"'{rule[:40]}' is no rule that mlx-lm takes here", where=f"{scaling.where}, {key}",
                         advice=f"Rules: {', '.join(['default', *VALUES, 'longrope', 'proportional', 'mrope'])}")
    values = [*_some(_traditional(keys, entry)), named]
    return layout, [*values, *VALUES[rule](keys, entry, scaling)]


def _number(scaling: Keys, key: str) -> Value:
    return Value(key, number_text(scaling.number(key)), _origin(scaling, key))


def _origin(scaling: Keys, key: str) -> str:
    path = scaling.where.split(", ")
    start = next((index for index, name in enumerate(path) if name in ("rope_scaling", "rope_parameters")), None)
    return "default" if start is None or key not in scaling.table else ".".join([*path[start:], key])


def _factor(keys: Keys, entry: Reading, scaling: Keys) -> Iterator[Value]:
    yield _number(scaling, "factor")


def _dynamic(keys: Keys, entry: Reading, scaling: Keys) -> Iterator[Value]:
    yield _number(scaling, "factor")
    yield _longest(keys, entry)


def _yarn(keys: Keys, entry: Reading, scaling: Keys) -> Iterator[Value]:
    yield _number(scaling, "factor")
    yield from (_number(scaling, key) for key in (ORIGINAL, "beta_fast", "beta_slow", "mscale", "mscale_all_dim")
                if key in scaling)


def _llama3(keys: Keys, entry: Reading, scaling: Keys) -> Iterator[Value]:
    yield _number(scaling, "factor")
    yield from (_number(scaling, key) for key in ("low_freq_factor", "high_freq_factor", ORIGINAL) if key in scaling)


def _longest(keys: Keys, entry: Reading) -> Value:
    if not entry.longest_key:
        raise InputError(f"is not handed on by {entry.types[0]} of mlx-lm, which breaks off",
                         where=f"{keys.where}, {LONGEST}")
    return Value(LONGEST, str(keys.whole(entry.longest_key)), keys.origin(entry.longest_key))


def _long(keys: Keys, entry: Reading, given: Parameters, scaling: Keys) -> Found:
    """SuScaledRoPE with the lengths of rope_scaling."""
    scaling.numbers("short_factor")
    values = [_list(keys, entry, given, scaling), _longest(keys, entry), _number(scaling, ORIGINAL)]
    return _su(keys, entry, given, values)


def _su(keys: Keys, entry: Reading, given: Parameters, values: list[Value]) -> Found:
    if entry.head == LATENT:
        return "mlx-lm/latent", [Value("traditional", "false", "always so"),
                                 Value("rope_type", "longrope", "SuScaledRoPE"), *values]
    return "mlx-lm/su-rope", values


def _list(keys: Keys, entry: Reading, given: Parameters, scaling: Keys) -> Value:
    return Value("long_factor", list_text(scaling.numbers("long_factor")), _origin(scaling, "long_factor"))


def _proportional(keys: Keys, entry: Reading, given: Parameters, scaling: Keys) -> Found:
    """The part is counted as int(dims * factor) in floats."""
    head = int(head_width(keys, entry).text)
    lanes = rotated_lanes(keys, entry, given, head)
    dims = int(lanes.text) if lanes is not None else head
    part = scaling.number(PART) if PART in scaling else Fraction(1)
    counted = Fraction(int(dims * float(part)), dims)
    values = _some(_traditional(keys, entry))
    values.append(Value(PART, number_text(part if dims * part // 1 == counted * dims else counted),
                        _origin(scaling, PART) if PART in scaling else "default"))
    if "factor" in scaling:
        values.append(_number(scaling, "factor"))
    return PROPORTIONAL, values


def _yarn_always(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """YaRN whatever type says; rope_scaling must be there."""
    scaling = given.scaling
    if scaling is None:
        raise keys.wrong(entry.scaling, f"an object with factor, which {entry.types[0]} of mlx-lm takes YaRN from")
    key = "type" if "type" in scaling else "rope_type"
    if key in scaling and scaling.table[key] != "yarn":
        findings.append(Finding("RP010", f"{key} is not read: {entry.types[0]} takes yarn"))
    values = [*_some(_traditional(keys, entry)), Value("rope_type", "yarn", "always so")]
    return "mlx-lm/latent", [*values, *_yarn(keys, entry, scaling)]


def _su_always(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """SuScaledRoPE whatever type says, with the lengths of rope_scaling or their defaults."""
    scaling = given.scaling
    if scaling is None:
        raise keys.wrong(entry.scaling, f"an object, which {entry.types[0]} of mlx-lm takes long_factor from")
    key = "type" if "type" in scaling else "rope_type"
    if key in scaling and scaling.table[key] not in LONG:
        findings.append(Finding("RP010", f"{key} is not read: {entry.types[0]} takes longrope"))
    if "short_factor" in scaling:
        scaling.table["short_factor"]
    if "long_factor" in scaling:
        listed = _list(keys, entry, given, scaling)
    else:
        listed = Value("long_factor", ",".join(["1"] * (keys.whole("qk_rope_head_dim") // 2)), "default")
    original = _number(scaling, ORIGINAL) if ORIGINAL in scaling else Value(ORIGINAL, "4096", "default")
    return _su(keys, entry, given, [listed, _longest(keys, entry), original])


def _phi3(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """SuScaledRoPE for longrope and su, with the original length of the top; linear; other types are passed over."""
    scaling = given.scaling
    if scaling is None or scaling.text("type") not in LONG:
        return _linear(keys, entry, given, findings)
    if "short_factor" not in scaling:
        raise scaling.wrong("short_factor", "a list of numbers")
    top = Value(ORIGINAL, number_text(keys.number(ORIGINAL)), keys.origin(ORIGINAL))
    scaling.table.get("short_factor")
    return _su(keys, entry, given, [_list(keys, entry, given, scaling), _longest(keys, entry), top])


def _phimoe(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """SuScaledRoPE with magnitudes that are given, if there is a rope_scaling at all."""
    scaling = given.scaling
    if scaling is None:
        if keys.is_given(entry.scaling):
            raise keys.wrong(entry.scaling, "null, or an object with long_factor and long_mscale")
        return "mlx/rope", []
    for key in ("short_factor", "short_mscale", "long_mscale"):
        if key not in scaling:
            raise scaling.wrong(key, "a value, which phimoe of mlx-lm takes")
    values = [_list(keys, entry, given, scaling), _longest(keys, entry),
              Value(ORIGINAL, number_text(keys.number(ORIGINAL)), keys.origin(ORIGINAL))]
    if scaling.is_given("long_mscale") and scaling.number("long_mscale"):
        values.append(_number(scaling, "long_mscale"))
    return _su(keys, entry, given, values)


def _alpha(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """A base times a power of alpha, whatever type says."""
    scaling = given.scaling
    if scaling is None:
        if entry.required:
            raise keys.wrong(entry.scaling, f"an object with alpha, which {entry.types[0]} of mlx-lm takes")
        return "mlx-lm/alpha", []
    for key in ("factor", "type"):
        scaling.table.get(key)
    return "mlx-lm/alpha", [_number(scaling, "alpha")]


def _reversed(keys: Keys, entry: Reading, given: Parameters, findings: list[Finding]) -> Found:
    """Negative periods."""
    return "mlx-lm/reversed", []


VALUES: Mapping[str, Callable[[Keys, Reading, Keys], Iterator[Value]]] = {
    "linear": _factor, "dynamic": _dynamic, "llama3": _llama3, **dict.fromkeys(YARN, _yarn),
}
RULES: Mapping[str, Callable[[Keys, Reading, Parameters, list[Finding]], Found]] = {
    "initialize_rope": _initialized, "nn.RoPE": _plain, "linear": _linear, "yarn": _yarn_always, "su": _su_always,
    "phi3": _phi3, "phimoe": _phimoe, "alpha": _alpha, "reversed": _reversed,
}
