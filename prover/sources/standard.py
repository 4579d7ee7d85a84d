"""RoPE parameters as config classes of transformers leave them for others: one flat object, with origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from prover.errors import InputError
from prover.sources import rope_keys
from prover.sources.keys import Keys, number_text
from prover.sources.model import Finding, Value
from prover.sources.readings import Reading
from prover.sources.rope_keys import ORIGINAL, PART

# Rules whose original length is filled in where it is missing.
FILLED = ("llama3", "yarn", "longrope")


@dataclass(frozen=True, slots=True)
class Standard:
    """rope_parameters after loading. `origins`: where a key comes from, if not from the object itself."""

    keys: Keys
    origins: Mapping[str, str]
    rule: str
    theta: Value
    told: str

    def origin(self, key: str) -> str:
        """Where the value of a key comes from."""
        return self.origins.get(key) or rope_keys.origin(self.keys, key)

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.keys.is_given(key)

    def number(self, key: str, name: str = "") -> Value:
        """A number of the object, as a parameter of this name. Raises InputError."""
        return Value(name or key, number_text(self.keys.number(key)), self.origin(key))

    def of_base_alone(self) -> Standard:
        """The same base with no other parameter."""
        return Standard(Keys({"rope_type": "default"}, self.keys.where), {}, "default", self.theta, "default")


def standard(
    keys: Keys, entry: Reading, kind: str, findings: list[Finding], renamed: Mapping[str, str],
    has_length_at_top: bool = True,
) -> Standard:
    """The parameters of one layer type ("" where all are alike). Raises InputError.

    `renamed`: rules that the engine takes for another. `has_length_at_top`: whether the original length at the top
    stands above that of the parameters, and not only where the config class has one.
    """
    row = entry.by_type.get(kind)
    rope = rope_keys.layer_rope(keys, entry, kind, findings) if row else (
        rope_keys.rope_parameters(keys, entry, findings))
    theta = rope_keys.theta(keys, entry, rope, row)
    table: dict[str, Any] = dict(rope.table)
    origins: dict[str, str] = {}
    told = table.get("rope_type", table.get("type", "default"))
    if not isinstance(told, str):
        raise rope.wrong("rope_type" if "rope_type" in rope else "type", "a text")
    rule = entry.renamed.get(told, told)
    rule = renamed.get(rule, rule)
    if entry.rules and rule not in entry.rules:
        raise InputError(f"'{rule[:40]}' is no rule that the config class of {entry.types[0]} takes",
                         where=rope.where, advice=f"Rules: {', '.join(entry.rules)}")
    if entry.own_part and PART in keys and not keys.is_given(PART):
        raise keys.wrong(PART, "a number")
    if rule == "longrope" and entry.own_head and not keys.is_given("head_dim"):
        raise InputError(f"{entry.types[0]} leaves head_dim null, which longrope breaks off at", where=keys.where,
                         advice="Give head_dim in the file")
    if told == "su" and ORIGINAL not in keys and entry.original is not None and ORIGINAL not in rope:
        raise rope.wrong(ORIGINAL, "a number")
    if rule == "axial":
        rule = "default"
    table["rope_type"] = rule
    _fill_part(keys, entry, table, origins)
    if rule in FILLED:
        at_top = row is None and (has_length_at_top or entry.original is not None)
        _fill_length(keys, entry, rope, at_top, table, origins)
    return Standard(Keys(table, rope.where), origins, rule, theta, told)


def _fill_part(keys: Keys, entry: Reading, table: dict[str, Any], origins: dict[str, str]) -> None:
    """The rotated part at the top, by whichever name, or the config class's."""
    if PART in table:
        return
    for key in dict.fromkeys((PART, entry.partial_key)):
        if key and keys.is_given(key):
            table[PART], origins[PART] = keys.number(key), key
            return
    if entry.lanes_key or entry.partial is None or PART in keys or (entry.partial == "1" and not entry.own_part):
        return
    table[PART], origins[PART] = Fraction(entry.partial), "default"


def _fill_length(
    keys: Keys, entry: Reading, rope: Keys, at_top: bool, table: dict[str, Any], origins: dict[str, str],
) -> None:
    if at_top and (ORIGINAL in keys or entry.original is not None):
        if ORIGINAL in keys:
            table[ORIGINAL], origins[ORIGINAL] = keys.number(ORIGINAL), f"{ORIGINAL} at the top"
        else:
            table[ORIGINAL], origins[ORIGINAL] = entry.original, "default"
    elif ORIGINAL not in rope:
        table[ORIGINAL] = keys.whole("max_position_embeddings")
        given = "max_position_embeddings" in keys
        origins[ORIGINAL] = keys.name("max_position_embeddings") if given else "default of max_position_embeddings"


def refuse_types_that_differ(rope: Keys) -> None:
    """Raise InputError where type and rope_type differ and neither is the other's old name."""
    if not {"type", "rope_type"} <= rope.table.keys():
        return
    pair = (rope.text("type"), rope.text("rope_type"))
    if pair[0] != pair[1] and pair not in (("su", "longrope"), ("mrope", "default")):
        raise InputError(f"type '{pair[0][:40]}' and rope_type '{pair[1][:40]}' differ, which is refused",
                         where=rope.where, advice="Keep rope_type")
