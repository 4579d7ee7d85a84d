"""Where mlx-lm's model files take base, scaling and rotated part from: rope_theta and rope_scaling, or rope_parameters.

Most know only the keys of old; what they do with rope_parameters is a procedure of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from prover.sources.keys import Keys, number_text
from prover.sources.mlx_lm_readings import Reading
from prover.sources.model import Finding, Value

PARAMETERS, THETA, PART = "rope_parameters", "rope_theta", "partial_rotary_factor"
FULL = "full_attention"


class Watched(Mapping[str, Any]):
    """An object of a config that remembers which of its keys were looked at."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.seen.add(key)
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def unseen(self) -> list[str]:
        """Keys that nothing looked at and that are not null."""
        return [key for key, value in self._table.items() if key not in self.seen and value is not None]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Base, the object that says how frequencies are scaled, and the rotated part of the head where there is one."""

    theta: Value
    scaling: Keys | None = None
    part: Value | None = None


def parameters(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """What a model file takes for the layers of one type. Raises InputError."""
    return SOURCES[entry.parameters](keys, entry, kind, indices, findings)


def watched(keys: Keys | None) -> Keys | None:
    """The same object, whose keys are watched."""
    return None if keys is None else Keys(Watched(keys.table), keys.where, keys.names, keys.defaults)


def _theta(keys: Keys, entry: Reading, indices: tuple[int, ...]) -> Value:
    if not entry.theta_key:
        return Value("base", "10000", "always so")
    place = keys
    if entry.theta_inside:
        inner = keys.object(entry.theta_inside)
        if inner is None:
            raise keys.wrong(entry.theta_inside, "an object with rope_theta")
        place = inner
    if entry.parameters == "lists" and isinstance(place.table.get(entry.theta_key), list):
        return _one_of(place, entry.theta_key, indices, "base")
    return Value("base", _base(place, entry.theta_key), _origin(place, entry.theta_key))


def _base(keys: Keys, key: str) -> str:
    value = keys.number(key)
    if not value > 1:
        raise keys.wrong(key, "a number above 1")
    return number_text(value)


def _origin(keys: Keys, key: str) -> str:
    inside = [name for name in keys.where.split(", ")[1:] if name in (
        "rope_scaling", PARAMETERS, "attn_config", FULL, "sliding_attention")]
    return ".".join([*inside, key]) if key in keys.table else "default"


def _one_of(keys: Keys, key: str, indices: tuple[int, ...], name: str) -> Value:
    """The value of a list that is the same for these layers."""
    listed = keys.numbers(key)
    found = {listed[index] for index in indices if index < len(listed)}
    if len(found) != 1 or max(indices, default=0) >= len(listed):
        raise keys.wrong(key, "a list with one value for all layers of a type")
    return Value(name, number_text(found.pop()), key)


def _part(keys: Keys, entry: Reading) -> Value | None:
    if not entry.part_key:
        return None
    return Value(PART, number_text(keys.number(entry.part_key)), keys.origin(entry.part_key))


def _scaling(keys: Keys, entry: Reading) -> Keys | None:
    return watched(keys.object(entry.scaling)) if entry.scaling else None


def _old(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """rope_theta and rope_scaling; rope_parameters is not read."""
    return Parameters(_theta(keys, entry, indices), _scaling(keys, entry), _part(keys, entry))


def _only_theta(
    keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding],
) -> Parameters:
    """Of rope_parameters, rope_theta alone, which stands above that at the top."""
    inner = watched(keys.object(PARAMETERS))
    if inner is None or THETA not in inner:
        theta = _theta(keys, entry, indices)
    else:
        theta = Value("base", _base(inner, THETA), f"{PARAMETERS}.{THETA}")
    findings += _rest(inner)
    return Parameters(theta, _scaling(keys, entry), _part(keys, entry))


def _theta_or_default(
    keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding],
) -> Parameters:
    """The same, and where rope_parameters has none, the default, whatever stands at the top."""
    if keys.is_given(PARAMETERS) and THETA not in (keys.object(PARAMETERS) or Keys({}, "")):
        findings += _rest(watched(keys.object(PARAMETERS)))
        return Parameters(Value("base", str(keys.defaults[THETA]), "default"), None, None)
    return _only_theta(keys, entry, kind, indices, findings)


def _for_missing(
    keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding],
) -> Parameters:
    """rope_theta and rope_scaling, and rope_parameters for what of them is absent or null."""
    inner = watched(keys.object(PARAMETERS))
    if keys.is_given(THETA) or inner is None:
        theta = _theta(keys, entry, indices)
        if inner is not None and inner.table.get(THETA) not in (None, keys.table.get(THETA)):
            findings.append(Finding("RP006", "rope_theta stands twice with two values: that at the top is taken"))
    else:
        theta = Value("base", _base(inner, THETA), f"{PARAMETERS}.{THETA}")
    if keys.is_given("rope_scaling"):
        findings += _rest(inner)
        return Parameters(theta, _scaling(keys, entry))
    if inner is not None:
        inner.table.get(THETA)
    return Parameters(theta, inner)


def _all(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """rope_parameters, which must be there with rope_theta."""
    inner = watched(keys.object(PARAMETERS))
    if inner is None:
        raise keys.wrong(PARAMETERS, "an object with rope_theta")
    _require(inner, entry)
    return Parameters(Value("base", _base(inner, THETA), f"{PARAMETERS}.{THETA}"), inner)


def _require(inner: Keys, entry: Reading) -> None:
    for key in entry.inside:
        inner.number(key)


def _over(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """rope_parameters, which must be there, with a base of its own where it has none; rope_scaling never."""
    inner = watched(keys.object(PARAMETERS))
    if inner is None:
        raise keys.wrong(PARAMETERS, f"an object with {', '.join(entry.inside)}")
    _require(inner, entry)
    theta = Value("base", _base(inner, THETA), f"{PARAMETERS}.{THETA}") if THETA in inner else (
        Value("base", "100000", f"default of {PARAMETERS}"))
    return Parameters(theta, inner)


def _filled(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """rope_parameters, with the keys at the top for what it has not; rope_scaling never."""
    inner = watched(keys.object(PARAMETERS))
    if inner is None:
        return Parameters(_theta(keys, entry, indices), None, _part(keys, entry))
    theta = Value("base", _base(inner, THETA), f"{PARAMETERS}.{THETA}") if THETA in inner else (
        _theta(keys, entry, indices))
    part = Value(PART, number_text(inner.number(PART)), f"{PARAMETERS}.{PART}") if PART in inner else _part(keys, entry)
    return Parameters(theta, inner, part)


def _own_defaults(
    keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding],
) -> Parameters:
    """rope_parameters, with its own defaults; the keys at the top only where it is null or empty."""
    inner = watched(keys.object(PARAMETERS))
    if inner is None and PARAMETERS in keys:
        return Parameters(_theta(keys, entry, indices), _scaling(keys, entry), _part(keys, entry))
    place = inner or Keys({}, keys.where)
    base, part = keys.defaults[THETA], keys.defaults[PART]
    theta = Value("base", _base(place, THETA), f"{PARAMETERS}.{THETA}") if THETA in place else (
        Value("base", number_text(Fraction(base)), "default"))
    rotated = Value(PART, number_text(place.number(PART)), f"{PARAMETERS}.{PART}") if PART in place else (
        Value(PART, number_text(Fraction(part)), "default"))
    return Parameters(theta, inner, rotated)


def _by_layer(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """rope_parameters has an object for each layer type."""
    outer = keys.object(PARAMETERS)
    if outer is None and keys.is_given(PARAMETERS) and entry.required:
        raise keys.wrong(PARAMETERS, "an object for each layer type")
    if outer is None:
        if PARAMETERS in entry.required:
            raise keys.wrong(PARAMETERS, "an object for each layer type")
        absent = {} if keys.is_given(PARAMETERS) else ABSENT.get((entry.types[0], kind), {})
        inner = Keys(dict(absent), f"{keys.where}, default")
    else:
        given = outer.object(kind)
        if given is None and PARAMETERS in entry.required:
            raise outer.wrong(kind, "an object")
        inner = given or Keys({}, f"{keys.where}, {PARAMETERS}, {kind}")
    seen = watched(inner)
    assert seen is not None
    place = f"{PARAMETERS}.{kind}"
    if THETA in seen or "theta" in entry.inside:
        theta = Value("base", _base(seen, THETA), f"{place}.{THETA}" if outer is not None else "default")
    else:
        theta = Value("base", "10000", "default")
    part = None
    if "part" in entry.inside:
        if PART in seen:
            part = Value(PART, number_text(seen.number(PART)), f"{place}.{PART}")
        elif entry.part_key and keys.is_given(entry.part_key):
            part = _part(keys, entry)
    if "rope_type" in entry.inside:
        rule = seen.text("rope_type") if "rope_type" in seen else "default"
        if rule in ("default", "linear"):
            findings += [Finding("RP002", f"{place} says linear, which is not applied")] if rule == "linear" else []
            return Parameters(theta)
        seen = Keys(Watched({key: value for key, value in inner.table.items() if key != "type"}), seen.where)
    return Parameters(theta, None if "no scaling" in entry.inside else seen, part)


ABSENT: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("gemma4_text", FULL): {PART: Fraction(1, 4), THETA: 1_000_000, "rope_type": "proportional"},
    ("gemma4_text", "sliding_attention"): {THETA: 10_000, "rope_type": "default"},
}


def _lists(keys: Keys, entry: Reading, kind: str, indices: tuple[int, ...], findings: list[Finding]) -> Parameters:
    """Lists with a value for each layer, and a scaling that may be meant for some layer types only."""
    part = None
    if keys.is_given(entry.part_key) and keys.table[entry.part_key] != []:
        listed = keys.numbers(entry.part_key)
        found = {listed[index] if index < len(listed) else Fraction(1) for index in indices}
        if len(found) != 1:
            raise keys.wrong(entry.part_key, "a list with one value for all layers of a type")
        part = Value(PART, number_text(found.pop()), entry.part_key)
    only = keys.texts("yarn_only_types") if keys.is_given("yarn_only_types") else ()
    scaling = None if only and (kind or FULL) not in only else _scaling(keys, entry)
    return Parameters(_theta(keys, entry, indices), scaling, part)


def _rest(inner: Keys | None) -> Iterator[Finding]:
    """What of rope_parameters is not read."""
    if inner is not None and isinstance(inner.table, Watched):
        left = [key for key in inner.table.unseen() if (key, inner.table[key]) not in (
            ("rope_type", "default"), ("type", "default"))]
        if left:
            yield Finding("RP003", f"not read in {PARAMETERS}: {', '.join(left)[:400]}")


SOURCES: Mapping[str, Callable[[Keys, Reading, str, tuple[int, ...], list[Finding]], Parameters]] = {
    "": _old, "theta": _only_theta, "theta or default": _theta_or_default, "for missing": _for_missing, "all": _all,
    "over": _over, "filled": _filled, "own defaults": _own_defaults, "by layer": _by_layer, "lists": _lists,
}
