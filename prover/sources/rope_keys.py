"""The RoPE parameters of a config, as transformers fills and reads them.

What differs between model types stands in the table of readings; here is what transformers does for all of them:
`rope_scaling` over `rope_parameters`, `type` for `rope_type`, keys at the top for what the two lack, and nulls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from prover.errors import InputError
from prover.sources.keys import Keys, list_text, number_text
from prover.sources.labelled import has_own_magnitude, labelled_rope, listed_rope
from prover.sources.model import Finding, Value
from prover.sources.readings import LayerRope, Reading

ORIGINAL = "original_max_position_embeddings"
PART = "partial_rotary_factor"
SECTIONS = "mrope_section"
_DEFAULT = "the default"
# What each rule takes besides rope_type and rope_theta.
RULES = {
    "default": (),
    "axial": (),
    "linear": ("factor",),
    "dynamic": ("factor",),
    "yarn": ("factor", ORIGINAL, "beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate"),
    "longrope": ("short_factor", "long_factor", "factor", ORIGINAL, "attention_factor"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", ORIGINAL),
    "proportional": ("factor",),
    "ntk_alpha": ("alpha",),
    "longrope_mscale": ("short_factor", "long_factor", "short_mscale", "long_mscale", ORIGINAL, "factor"),
}
# Rules that have a layout of their own.
OWN_LAYOUTS = {"proportional": "transformers/proportional", "longrope_mscale": "transformers/phimoe"}
USUAL = ("default", "linear", "dynamic", "yarn", "longrope", "llama3")


def rope_parameters(keys: Keys, entry: Reading, findings: list[Finding]) -> Keys:
    """rope_scaling if it has anything, else rope_parameters, else what the config class has."""
    if entry.ropes == "none":
        return _default(entry, {}, keys)
    parameters = keys.object("rope_parameters")
    if entry.ropes == "parameters" and "rope_parameters" in keys and parameters is None:
        raise keys.wrong("rope_parameters", f"an object, without which {entry.types[0]} breaks off")
    scaling = None if entry.ropes == "parameters" else keys.object("rope_scaling")
    if scaling is not None and parameters is not None and dict(scaling.table) != dict(parameters.table):
        findings.append(Finding("RP004", "rope_scaling and rope_parameters differ: rope_scaling is taken"))
    found = scaling or parameters
    if found is None:
        return _default(entry, {} if keys.is_given("rope_parameters") else entry.absent, keys)
    inner = [key for key, value in found.table.items() if isinstance(value, dict)]
    if inner:
        raise InputError(
            f"gives parameters by layer type ({', '.join(inner)[:80]}), which {entry.types[0]} does not read",
            where=found.where,
        )
    return found


def layer_rope(keys: Keys, entry: Reading, kind: str, findings: list[Finding], first: int = 0) -> Keys:
    """The parameters of one layer type: its object in rope_parameters, with rope_scaling on top where it is scaled.

    `first`: the first of its layers.
    """
    row = entry.by_type[kind]
    if entry.ropes == "listed":
        return listed_rope(keys, entry, kind, first, findings)
    if entry.ropes == "labelled":
        return labelled_rope(keys, entry, row, findings)
    parameters = keys.object("rope_parameters")
    allowed = dict | None if entry.null_passes else dict
    if entry.typed and parameters and not (
        all(isinstance(each, allowed) for each in parameters.table.values())
        and (entry.null_passes or parameters.table.keys() <= entry.by_type.keys())
    ):
        raise keys.wrong("rope_parameters", f"an object for each layer type ({', '.join(entry.by_type)})")
    if entry.ropes in ("given", "filled"):
        if "rope_scaling" in keys:
            raise InputError(f"is not what {entry.types[0]} takes", where=f"{keys.where}, rope_scaling",
                             advice="Give rope_parameters, with an object for each layer type")
        if not keys.is_given("rope_parameters") and row.theta and entry.ropes == "given":
            return _default(entry, {"rope_theta": row.theta, **row.absent}, keys)
        inner = parameters.object(kind) if parameters else None
        if entry.ropes == "filled":
            own = _default(entry, row.absent, keys)
            return Keys({**own.table, **inner.table}, inner.where) if inner is not None else own
        if inner is None:
            raise InputError(f"has nothing for {kind}, which {entry.types[0]} has layers of",
                             where=f"{keys.where}, rope_parameters")
        return inner
    inner = parameters.object(kind) if parameters else None
    if parameters is not None and not any(isinstance(each, dict) for each in parameters.table.values()):
        names = ", ".join(parameters.table)[:400]
        findings.append(Finding("RP003", f"not read in rope_parameters: {names} (it is read by layer type)"))
    scaling = keys.object("rope_scaling") if row.scaled else None
    if scaling is None:
        return inner or _default(entry, {}, keys)
    if keys.is_given("rope_parameters") and inner is None:
        raise InputError(f"has nothing for {kind}, which rope_scaling is put on",
                         where=f"{keys.where}, rope_parameters")
    table = {"rope_type": "default", **scaling.table} if inner is None else {**inner.table, **scaling.table}
    if inner is None and "rope_type" not in scaling.table and scaling.table.get("type", "default") != "default":
        findings.append(Finding("RP011", f"rope_scaling has type, not rope_type: {entry.types[0]} takes default"))
    return Keys(table, scaling.where)


def _default(entry: Reading, table: Mapping[str, Any], keys: Keys) -> Keys:
    # TOML's decimals are read as their text, so that they stay exact.
    numbers = {key: value if key in ("rope_type", "type") or not isinstance(value, str) else Fraction(value)
               for key, value in table.items()}
    return Keys(numbers, f"{keys.where}, {_DEFAULT} of {entry.types[0]}")


def rope_rule(entry: Reading, rope: Keys, findings: list[Finding]) -> str:
    """The name of the rule; one for another where the model type takes it so. Raises InputError for one it has not."""
    key = "rope_type" if "rope_type" in rope else "type"
    rule = rope.text(key) if key in rope else "default"
    if {"rope_type", "type"} <= rope.table.keys() and rope.table["type"] != rope.table["rope_type"]:
        findings.append(Finding("RP005", f"type and rope_type differ: rope_type {rule[:40]} is taken"))
    told, rule = rule, entry.renamed.get(rule, rule)
    if rule == "dynamic" and entry.stretch and rope.is_given(entry.stretch) and rope.number(entry.stretch):
        return "ntk_alpha"
    allowed = entry.rules or list(USUAL)
    if rule not in allowed:
        raise InputError(f"'{rule[:40]}' is no rule that {entry.types[0]} takes in transformers",
                         where=f"{rope.where}, {key}", advice=f"Rules: {', '.join(allowed)}")
    if told not in RULES and ORIGINAL in RULES[rule]:
        rope.number(ORIGINAL)  # looked for before the rule gets the name under which it would be filled in
    return rule


def theta(keys: Keys, entry: Reading, rope: Keys, row: LayerRope | None) -> Value:
    """The base: beside rope_type, else at the top, else the config class's."""
    if "rope_theta" in rope:
        return Value("rope_theta", number_text(rope.number("rope_theta")), origin(rope, "rope_theta"))
    key = row.theta_key if row else entry.theta_key
    if entry.ropes == "filled" and key in keys and not keys.is_given(key):
        key = ""
    if entry.ropes in ("given", "parameters") and not is_default(rope):
        rope.number("rope_theta")
    if key and key in keys:
        return Value("rope_theta", number_text(keys.number(key)), origin(keys, key))
    default = row.theta if row else keys.defaults["rope_theta"]
    return Value("rope_theta", str(default), "default")


def partial(keys: Keys, entry: Reading, rope: Keys, head: int) -> tuple[Fraction, str]:
    """The rotated part of the head, and where it comes from."""
    part, source = Fraction(entry.partial or 1), "default"
    if PART in rope:
        part, source = rope.number(PART), origin(rope, PART)
    elif entry.partial_key and entry.partial_key in keys:
        if keys.is_given(entry.partial_key) or entry.own_part or entry.partial_key != PART:
            part, source = keys.number(entry.partial_key), entry.partial_key
        else:
            part, source = Fraction(1), f"{entry.partial_key} is null"
    elif entry.lanes_key and (keys.is_given(entry.lanes_key) or entry.lanes_key in keys.defaults):
        part = Fraction(keys.whole(entry.lanes_key), head)
        source = f"{keys.origin(entry.lanes_key)} / head_dim"
    if not 0 < part <= 1:
        raise InputError(f"expected a part from 0 to 1, got {number_text(part)[:40]}", where=f"{keys.where}, {source}")
    return part, source


def rotated_part(part: Fraction, source: str, head: int, is_taken: bool) -> Iterator[Value]:
    """The part as a layout takes it; lanes as int(head_dim * factor) gives them in floats.

    `is_taken`: whether the layout has a parameter for it, so that a whole head can be told with the key that says it.
    """
    lanes = int(head * float(part))
    if lanes != head * part // 1:
        part = Fraction(lanes, head)
    if part != 1 or (is_taken and source != "default"):
        yield Value(PART, number_text(part), source)


def check_share(keys: Keys, entry: Reading, rope: Keys, rule: str, passed: int, turned: int) -> None:
    """That the part of the head for which frequencies are made is the one that turns. Raises InputError."""
    head = passed + turned
    place = rope.where.rpartition(", ")[2]
    if rule == "default":
        part, source = 1.0, "rope_type default makes frequencies for the whole head"
    elif PART in rope:
        part, source = float(rope.number(PART)), f"{origin(rope, PART)} makes frequencies for another part of the head"
    elif place == "rope_scaling" and PART in keys:
        part, source = float(keys.number(PART)), f"{PART} makes frequencies for another part of the head"
    else:
        part = 1.0 if place == "rope_scaling" else turned / head
        source = f"without {PART} frequencies are made for the whole head"
    if int(head * part) != turned:
        raise InputError(f"{source}, not for the {turned} lanes that {entry.types[0]} turns: transformers breaks off",
                         where=rope.where)


def proportional(keys: Keys, entry: Reading, rope: Keys, head: int) -> Iterator[Value]:
    """The part of the pairs that turn, counted as int(factor * head_dim // 2) in floats; and a divisor."""
    part, source = partial(keys, entry, rope, head)
    pairs = int(float(part) * head // 2)
    if pairs != part * head // 2:
        part = Fraction(2 * pairs, head)
    yield Value(PART, number_text(part), source)
    if "factor" in rope:
        yield _number(rope, "factor")


def scaling(keys: Keys, entry: Reading, rope: Keys, rule: str, is_nested: bool) -> Iterator[Value]:
    """What the rule takes, each where it is given; what is null or 0 and then stands for a default is left out."""
    if rule == "dynamic":
        yield _number(rope, "factor")
        yield _longest(keys, "max_position_embeddings")
        return
    if rule == "ntk_alpha":
        keys.whole("head_dim")  # read as it stands in the file
        yield _number(rope, entry.stretch)
        return
    original = _original(keys, entry, rope, is_nested) if ORIGINAL in RULES[rule] else None
    if rule == "longrope_mscale":
        rope.numbers("long_factor")
        assert original is not None
        yield Value("short_factor", list_text(rope.numbers("short_factor")), origin(rope, "short_factor"))
        yield from (_number(rope, "short_mscale"), _number(rope, "long_mscale"), original)
        return
    if rule in ("yarn", "longrope") and not rope.is_given("factor") and (rule == "longrope" or "factor" in rope):
        assert original is not None
        most = int(_longest(keys, "max_position_embeddings").text)
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
        yield from (Value(key, list_text(rope.numbers(key)), origin(rope, key)) for key in
                    ("short_factor", "long_factor"))
    if rule in ("yarn", "longrope") and rope.is_given("attention_factor"):
        if not rope.number("attention_factor") > 0:
            raise rope.wrong("attention_factor", "a number above 0")
        yield _number(rope, "attention_factor")
    elif rule == "yarn" and has_own_magnitude(keys, entry) and "attention_factor" not in rope:
        yield Value("attention_factor", "1", "default")
    if rule == "yarn":
        for key in ("beta_fast", "beta_slow", "mscale", "mscale_all_dim"):
            if rope.is_given(key) and rope.number(key):
                yield _number(rope, key)
        # By layer type, truncate is looked for beside the layer types and not in them.
        place = (keys.object("rope_parameters") or Keys({}, keys.where)) if is_nested else rope
        if entry.ropes in ("labelled", "listed"):
            place = Keys({}, keys.where)
        if not place.flag("truncate", True):
            yield Value("truncate", "0", origin(place, "truncate"))


def sections(keys: Keys, entry: Reading, rope: Keys, turned: int) -> Iterator[Value]:
    """The pairs of each axis. `turned`: the lanes that turn, which some types share out exactly. Raises InputError."""
    if not entry.sections:
        return
    own = entry.sections_key
    key = own if own and own in rope else SECTIONS
    if {own, SECTIONS} <= rope.table.keys() and rope.table[own] != rope.table[SECTIONS]:
        raise InputError(f"has both {own} and {SECTIONS}, which differ", where=rope.where)
    given = list_text(rope.numbers(key)) if key in rope else entry.sections
    pairs = [Fraction(each) for each in given.split(",")] if entry.sections_fit else []
    if pairs and (len(pairs) != 3 or sum(pairs) != turned // 2):
        raise InputError(f"expected three of {SECTIONS} that sum to {turned // 2}, half the lanes that turn, got "
                         f"{given[:80]}", where=rope.where)
    if key in rope:
        yield Value(SECTIONS, given, origin(rope, key))
    elif entry.sections_given and (entry.sections == "given" or keys.is_given("rope_parameters")
                                   or not is_default(rope)):
        raise InputError(f"expected {SECTIONS}, which {entry.types[0]} looks for, got nothing", where=rope.where)
    else:
        yield Value(SECTIONS, entry.sections, "default")


def _number(rope: Keys, key: str) -> Value:
    return Value(key, number_text(rope.number(key)), origin(rope, key))


def _original(keys: Keys, entry: Reading, rope: Keys, is_nested: bool) -> Value:
    """A key at the top stands above that of the only rule; without either it is the longest context."""
    key = ORIGINAL
    if not is_nested:
        if key in keys:
            return Value(key, number_text(keys.number(key)), f"{key} at the top")
        if entry.original is not None:
            return Value(key, str(entry.original), "default")
    if key in rope or entry.ropes == "listed":  # which fills nothing in
        return _number(rope, key)
    return _longest(keys, key)


def _longest(keys: Keys, name: str) -> Value:
    """The longest context, for a parameter of this name; by a config class's own name of it where it has one."""
    key = "max_position_embeddings"
    if keys.name(key) == key and key in keys.names and key in keys:
        raise InputError(f"is called {keys.names[key]} by this model type, which reads it too late for RoPE",
                         where=f"{keys.where}, {key}", advice=f"Give {keys.names[key]}")
    return Value(name, str(keys.whole(key)), keys.name(key) if key in keys else f"default of {key}")


def origin(source: Keys, key: str) -> str:
    """Where a key stands: by the name of its object."""
    if is_default(source):
        return "default"
    path = source.where.split(", ")
    inside = next((index for index, name in enumerate(path) if name in ("rope_scaling", "rope_parameters")), None)
    return ".".join([*path[inside:], key]) if inside is not None else source.name(key)


def is_default(source: Keys) -> bool:
    """Whether these are the config class's own."""
    return source.where.rpartition(", ")[2].startswith(_DEFAULT)
