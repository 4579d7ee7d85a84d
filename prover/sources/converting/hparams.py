"""The keys of a config.json as llama.cpp's converter gets them: through transformers' config classes, or bare."""

from __future__ import annotations

import copy
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import READINGS
from prover.sources.upstream import Upstream

TABLE = READINGS / "llama-cpp-converter-configs.toml"
# What a config class takes for an error, and the converter then for a file to be read as it is.
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)
# Keys of PretrainedConfig itself that the converter looks at.
GENERAL = {"architectures": None, "max_length": 20}
LAYER_TYPES = ("full_attention", "sliding_attention", "chunked_attention", "linear_attention")
REQUIRED = {
    "default": set(),
    "linear": {"factor"},
    "dynamic": {"factor"},
    "yarn": {"factor"},
    "longrope": {"short_factor", "long_factor"},
    "llama3": {"factor", "original_max_position_embeddings", "low_freq_factor", "high_freq_factor"},
}
# Keys that the converter takes for the part of a model that has text.
NESTED = (
    ("llm_config",), ("lm_config",), ("thinker_config", "text_config"), ("language_config",), ("lfm",),
)

MAX_LAYERS = 10_000

Hparams = dict[str, Any]


class ConfigClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a config class of transformers fills in; the table says what each field means."""

    types: list[str]
    symbol: str
    shape: dict[str, int] = {}
    defaults: dict[str, Any] = {}
    nulls: list[str] = []
    kv_heads: bool = False
    head: str = ""
    scaling: str = ""
    early: bool = False
    ignored: list[str] = []
    layer_types: str = ""
    window: bool = False
    renamed: dict[str, str] = {}
    last: str = ""
    merged: list[str] = []
    forbidden: list[str] = []
    text: str = ""
    flat: bool = False
    text_type: str = ""
    text_defaults: dict[str, Any] = {}
    text_null: dict[str, Any] = {}


class Table(Upstream, frozen=True, forbid_unknown_fields=True):
    """The config classes of one version of transformers."""

    others: list[str]
    config: list[ConfigClass]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The converter's keys. `config`: the class that filled them in, "" where the file was read as it is."""

    hparams: Hparams
    config: str
    finding: str = ""


@cache
def table() -> Table:
    """The config classes that are known here."""
    return typed_toml(TABLE, Table)


@cache
def _classes() -> Mapping[str, ConfigClass]:
    return {name: each for each in table().config for name in each.types}


def fills_text(kind: str) -> bool:
    """Whether the config class of a model type makes a text_config that is null."""
    entry = _classes().get(kind)
    return entry is not None and bool(entry.text or entry.text_type)


def plain(value: Any) -> Any:
    """A value as Python's own JSON reader gives it: decimals are floats."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def load_hparams(given: Hparams, kind: str, file: str) -> Loaded:
    """ModelBase.load_hparams of the converter. Raises InputError for a config class that is not known here."""
    config, finding = "", ""
    hparams = copy.deepcopy(given)
    version = f"transformers {table().version}"
    if kind == "mistral" and "layer_types" in given:
        kind = "ministral"  # as AutoConfig does
    if kind in table().others:
        raise InputError(
            f"what {version} fills in for model_type '{kind[:60]}' is not known here, and the converter takes it",
            where=file,
        )
    entry = _classes().get(kind)
    if entry is not None:
        try:
            hparams = _build(entry, hparams)
            config = f"{version} {entry.symbol}"
        except FAULTS as fault:
            finding = (f"{entry.symbol} of {version} breaks off on this file ({str(fault)[:120]}): "
                       "llama.cpp's converter then reads it as it is, without defaults")
            hparams = copy.deepcopy(given)
    return Loaded(nest(hparams), config, finding)


def nest(hparams: Hparams) -> Hparams:
    """The keys with what the converter takes for the part of a model that has text."""
    found = {**hparams}
    for path in NESTED:
        if path[0] in found:
            inner: Any = found
            for key in path:
                inner = inner[key]
            found["text_config"] = inner
    return found


def _build(entry: ConfigClass, given: Hparams) -> Hparams:
    """What the class's to_dict gives."""
    if entry.text or entry.text_type:
        inner = given.get("text_config")
        if inner is None:
            inner = given if entry.flat else _python(entry.text_null)
        kind = entry.text or inner.get("model_type", entry.text_type)
        if kind not in _classes():
            raise KeyError(f"no config class for model_type {kind!r}"[:100])
        text = {**_python(entry.text_defaults), **inner}
        built = _build(_classes()[kind], text)
        if "model_type" not in inner or entry.flat:
            built["model_type"] = kind
        return {**GENERAL, **given, "text_config": built}
    found: Hparams = {**GENERAL, **dict.fromkeys(entry.nulls), **entry.shape, **_python(entry.defaults)}
    if refused := given.keys() & {*entry.forbidden, "use_return_dict"}:
        raise AttributeError(f"it has no room for {', '.join(sorted(refused))}")
    found.update({key: value for key, value in given.items() if key not in entry.renamed})
    found.update({name: given[key] for key, name in entry.renamed.items() if name and key in given})
    for key in entry.merged:
        found[key] = {**_number(entry.defaults[key]), **(given.get(key) or {})}
    _heads(entry, found, given)
    if entry.window:
        found["sliding_window"] = found["sliding_window"] if found.get("use_sliding_window") else None
    _layers(entry, found, given)
    if entry.scaling:
        _SCALING[entry.scaling](entry, found)
    if entry.last == "gpt_neox":
        found.setdefault("partial_rotary_factor", found["rotary_pct"])
        found.setdefault("rope_theta", found["rotary_emb_base"])
    elif entry.last == "lfm2":
        found["rope_theta"] = given.get("theta", found["rope_theta"])
    elif entry.last == "n_embed" and given.get("n_embed") is not None:
        found["hidden_size"] = found.pop("n_embed")
    return found


def _python(values: Mapping[str, Any]) -> Hparams:
    """Values of the table; its decimals are texts."""
    return {key: _number(value) for key, value in values.items()}


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        return _python(value)
    if isinstance(value, str) and value[:1].isdigit():
        return float(value)
    return value


def _heads(entry: ConfigClass, found: Hparams, given: Hparams) -> None:
    if entry.kv_heads and found["num_key_value_heads"] is None:
        found["num_key_value_heads"] = found["num_attention_heads"]
    if "num_kv_heads" in found and found["num_kv_heads"] is None:
        found["num_kv_heads"] = found["num_attention_heads"]
    rule, _, absent = entry.head.partition(" where ")
    if not rule or (absent and "head_dim" in given):
        return
    if rule == "latent":
        found["head_dim"] = found["qk_rope_head_dim"]
    elif absent or (not found["head_dim"] if rule == "or quotient" else found["head_dim"] is None):
        found["head_dim"] = found["hidden_size"] // found["num_attention_heads"]


def _layers(entry: ConfigClass, found: Hparams, given: Hparams) -> None:
    """layer_types where the file has none, and whether they are allowed."""
    rule = entry.layer_types
    types = given.get("layer_types")
    if not rule or (rule == "checked" and types is None):
        return
    count = found["num_hidden_layers"]
    if count > MAX_LAYERS:
        raise ValueError(f"more than {MAX_LAYERS} layers")
    if rule == "lfm2":
        if types is None:
            full = given.get("full_attn_idxs")
            full = range(count) if full is None else full
            types = ["full_attention" if layer in full else "conv" for layer in range(count)]
        found["layer_types"] = types
        return
    if types is None:
        types = [_layer_type(rule, found, given, layer) for layer in range(count)]
    if not all(each in LAYER_TYPES for each in types) or (len(types) != count and rule != "olmo3"):
        raise ValueError("layer_types are not one of the known for each layer")
    found["layer_types"] = types


def _layer_type(rule: str, found: Hparams, given: Hparams, layer: int) -> str:
    """The type of one layer, which stands at a period's end or not."""
    if rule == "llama4":
        turned = given.get("no_rope_layers")
        if not turned:
            return "chunked_attention" if (layer + 1) % given.get("no_rope_layer_interval", 4) else "full_attention"
        return "chunked_attention" if turned[layer] else "full_attention"
    if rule == "qwen3_next":
        return "linear_attention" if (layer + 1) % given.get("full_attention_interval", 4) else "full_attention"
    if rule == "olmo3":
        period = 4
    elif rule == "exaone4":
        period = 0 if found["sliding_window"] is None else found["sliding_window_pattern"]
    else:
        period = int(rule.removeprefix("every "))
    return "sliding_attention" if (layer + 1) % period else "full_attention"


def _copied(entry: ConfigClass, found: Hparams) -> None:
    scaling = found["rope_scaling"]
    if scaling is not None and "type" in scaling:
        scaling["rope_type"] = scaling["type"]
    _checked(entry, found)


def _mrope(entry: ConfigClass, found: Hparams) -> None:
    scaling = found["rope_scaling"]
    if scaling is not None and scaling.get("type") == "mrope":
        scaling["type"] = "default"
    _copied(entry, found)


def _floats(entry: ConfigClass, found: Hparams) -> None:
    scaling = found["rope_scaling"]
    if scaling is not None:
        if "type" in scaling:
            scaling["rope_type"] = scaling["type"]
        for key in ("beta_fast", "beta_slow", "factor"):
            if key in scaling:
                scaling[key] = float(scaling[key])
    _checked(entry, found)


def _checked(entry: ConfigClass, found: Hparams) -> None:
    """rope_config_validation: what it logs is passed over, what it raises is raised."""
    scaling = found.get("rope_scaling")
    if scaling is None:
        return
    rule = scaling.get("rope_type", scaling.get("type", "default"))
    if rule not in REQUIRED:
        return
    missing = ({"rope_type"} | REQUIRED[rule]) - (scaling.keys() - {"type"} - set(entry.ignored))
    if missing:
        raise KeyError(f"rope_scaling lacks {', '.join(sorted(missing))}")
    original = scaling.get("original_max_position_embeddings")
    if rule == "yarn":
        _compare(scaling.get("beta_fast") or 32, scaling.get("beta_slow") or 1)
        if original is not None:
            _divide(found["max_position_embeddings"], original)
    elif rule == "llama3":
        _compare(scaling["low_freq_factor"], scaling["high_freq_factor"])
        _compare(original, found["max_position_embeddings"])
    elif rule == "longrope":
        named = found if entry.early else {key: found[key] for key in (*entry.nulls, *entry.defaults)}
        head = named["head_dim"] if "head_dim" in named else found["hidden_size"] // found["num_attention_heads"]
        int(head * named.get("partial_rotary_factor", 1.0))
        len(scaling["short_factor"]), len(scaling["long_factor"])


def _compare(one: Any, other: Any) -> bool:
    return bool(one < other)


def _divide(one: Any, other: Any) -> Any:
    return one / other


def _two_fields(entry: ConfigClass, found: Hparams) -> None:
    """OlmoConfig's own check: type, linear or dynamic, and a factor that is a float above 1."""
    scaling = found["rope_scaling"]
    if scaling is None:
        return
    factor = scaling.get("factor")
    if len(scaling) != 2 or scaling.get("type") not in ("linear", "dynamic"):
        raise ValueError("rope_scaling must have type, linear or dynamic, and factor alone")
    if not isinstance(factor, float) or factor <= 1:
        raise ValueError("the factor of rope_scaling must be a float above 1")


def _phi3(entry: ConfigClass, found: Hparams) -> None:
    """Phi3Config's own check; su and yarn are other names of longrope."""
    scaling = found["rope_scaling"]
    if scaling is None:
        return
    if scaling.get("type") in ("su", "yarn"):
        scaling["type"] = "longrope"
    width = int(found["hidden_size"] // found["num_attention_heads"] * found["partial_rotary_factor"])
    if len(scaling) != 3 or scaling.get("type") != "longrope":
        raise ValueError("rope_scaling must have type longrope, short_factor and long_factor alone")
    for key in ("short_factor", "long_factor"):
        factors = scaling.get(key)
        if not isinstance(factors, list) or not all(isinstance(each, int | float) for each in factors):
            raise ValueError(f"{key} must be a list of numbers")
        if len(factors) != width // 2:
            raise ValueError(f"{key} must have {width // 2} numbers")


def _phimoe(entry: ConfigClass, found: Hparams) -> None:
    scaling = found["rope_scaling"]
    if isinstance(scaling, dict):
        scaling.setdefault("rope_type", scaling.get("type"))
        if "original_max_position_embeddings" in scaling:
            found["original_max_position_embeddings"] = scaling["original_max_position_embeddings"]
        for key in ("short_mscale", "long_mscale"):
            if not isinstance(scaling.get(key), int | float):
                raise TypeError(f"{key} of rope_scaling must be a number")
    _checked(entry, found)


_SCALING: Mapping[str, Callable[[ConfigClass, Hparams], None]] = {
    "copied": _copied,
    "checked": _checked,
    "mrope": _mrope,
    "floats": _floats,
    "two fields": _two_fields,
    "phi3": _phi3,
    "phimoe": _phimoe,
}
