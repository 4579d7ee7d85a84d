"""What transformers' config classes refuse to load: keys of another kind, heads and layers that do not fit.

The comments of the table say what each field means.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.json_text import CONSTANTS, kind_of
from prover.sources.keys import Keys, number_text
from prover.sources.layer_types import LEGACY
from prover.sources.readings import Reading
from prover.sources.upstream import Upstream

TABLE = READINGS / "transformers-strict.toml"
NAMES = {
    "int": "a whole number", "float": "a decimal", "bool": "true or false", "str": "a text",
    "list": "a list", "ints": "a list of whole numbers", "texts": "a list of texts", "numbers": "a list of numbers",
    "null": "null",
}
ITEMS = {"ints": {"int"}, "texts": {"str"}, "numbers": {"int", "float"}}
ADVICE = "transformers loads no config that has it otherwise"


class UnloadableError(InputError):
    """transformers' config class refuses the file, and with it the whole model."""


class Strict(Upstream, frozen=True, forbid_unknown_fields=True):
    """What the config classes validate, by model type."""

    layer_types: frozenset[str]
    mlp_layer_types: frozenset[str]
    divides: frozenset[str]
    unlisted: frozenset[str]
    fixed: dict[str, str]
    ends: frozenset[str]
    mlp: frozenset[str]
    kinds: dict[str, dict[str, str]]


@cache
def strict_table() -> Strict:
    """What the config classes of transformers validate."""
    return typed_toml(TABLE, Strict)


@cache
def _kinds(model_type: str) -> Mapping[str, frozenset[str]]:
    """The kinds that each key may be of, where that is known."""
    rows = strict_table().kinds.get(model_type, {})
    return {key: frozenset(kinds.split("-")) for kinds, keys in rows.items() for key in keys.split()}


def check_loads(keys: Keys, entry: Reading, model_type: str) -> None:
    """Raise UnloadableError for what the config class of a model type is known to refuse, whatever RoPE needs of it."""
    for key, kinds in _kinds(model_type).items():
        if key in keys.table and not _is_one_of(keys.table[key], kinds):
            allowed = " or ".join(NAMES[kind] for kind in NAMES if kind in kinds)
            raise _unloadable(keys, key, f"expected {allowed}, got {_told(keys.table[key])}")
    fixed = strict_table().fixed.get(model_type)
    if fixed is not None and fixed in keys.table:
        raise _unloadable(keys, fixed, f"expected no such key, since {model_type} computes it, got "
                          f"{_told(keys.table[fixed])}", "Leave the key out")
    if model_type not in strict_table().kinds or "per_layer_config" in keys.table:
        return
    if model_type in strict_table().divides:
        _check_heads(keys, model_type)
    if model_type not in strict_table().unlisted and not (entry.layer_types and entry.layer_types.padded):
        _check_layers(keys, entry, model_type)


def _is_one_of(value: Any, kinds: frozenset[str]) -> bool:
    if isinstance(value, str) and value in CONSTANTS:
        return not kinds.isdisjoint(("float", "str"))  # Python's JSON has numbers of these names
    if isinstance(value, dict):
        return value.keys() == {"__float__"} and "float" in kinds  # how transformers writes them
    if not isinstance(value, list) or "list" in kinds:
        return _kind(value) in kinds
    items = {_kind(each) for each in value}
    return any(items <= ITEMS[kind] for kind in kinds & ITEMS.keys())


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "bool", int: "int", Fraction: "float", str: "str", list: "list"}
    return names.get(type(value), "object")


def _check_heads(keys: Keys, model_type: str) -> None:
    width, heads = _whole(keys, "hidden_size"), _whole(keys, "num_attention_heads")
    if width is None or heads is None:
        return
    if not heads:
        raise _unloadable(keys, keys.name("num_attention_heads"), "expected a whole number from 1 on, got 0")
    if width % heads == 0:
        return
    raise _unloadable(keys, keys.name("hidden_size"), f"expected a multiple of {keys.name('num_attention_heads')} = "
                      f"{heads}, which the config class of {model_type} demands, got {width}")


def _check_layers(keys: Keys, entry: Reading, model_type: str) -> None:
    """Names and number of the layer types, and of those of MLPs where transformers comes to look at them."""
    strict, key = strict_table(), keys.name("layer_types")
    if _whole(keys, "num_hidden_layers") is None:
        return
    if key != "layer_types" and "layer_types" in keys.table:
        return  # which of the two counts is not asked here
    if keys.table.get(key) is not None:
        given = keys.table[key]
        beside = entry.layer_types.beside if entry.layer_types else ""
        if not beside or not isinstance(given, list) or beside not in given:
            replaced = 1 if model_type in strict.ends else 0
            _check_list(keys, key, strict.layer_types | LEGACY.keys(), replaced)
    elif model_type not in strict.mlp:
        return
    if keys.table.get("mlp_layer_types") is not None:
        _check_list(keys, "mlp_layer_types", strict.mlp_layer_types, 0)


def _check_list(keys: Keys, key: str, known: frozenset[str], replaced: int) -> None:
    given, count = keys.table[key], _whole(keys, "num_hidden_layers")
    if isinstance(given, str | dict):
        given = list(given)  # as Python walks through them
    if not isinstance(given, list):
        raise _unloadable(keys, key, f"expected a list of texts, got {_told(given)}")
    for index, each in enumerate(given[: len(given) - replaced]):
        if not isinstance(each, str) or each not in known:
            raise _unloadable(keys, key, f"expected a known layer type for each layer, got {_told(each)} for layer "
                              f"{index}", f"Known: {', '.join(sorted(known))}")
    if len(given) != count:
        name = keys.name("num_hidden_layers")
        raise _unloadable(keys, key, f"expected as many as {name} = {count}, got {len(given)}")


def _whole(keys: Keys, key: str) -> int | None:
    value = keys.table.get(keys.name(key), keys.defaults.get(key))
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _told(value: Any) -> str:
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, Fraction):
        return (number_text(value) + (".0" if value.denominator == 1 else ""))[:40]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:40]
    if isinstance(value, list) and value:
        odd = sorted({_kind(each) for each in value})
        return f"a list that holds {' and '.join(NAMES.get(each, 'an object') for each in odd)}"
    return kind_of(value) if not isinstance(value, list) else "an empty list"


def _unloadable(keys: Keys, key: str, message: str, advice: str = ADVICE) -> UnloadableError:
    return UnloadableError(message, where=f"{keys.where}, {key}", advice=advice)
