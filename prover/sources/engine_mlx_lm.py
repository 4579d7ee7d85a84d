"""A config.json as mlx-lm reads it: which layout the attention of its layers computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from prover.errors import InputError
from prover.sources.beside import NOTHING, Law
from prover.sources.config_json import ROPE_KEYS
from prover.sources.heads import load_head
from prover.sources.keys import Keys
from prover.sources.mlx_lm_layers import group_layers
from prover.sources.mlx_lm_parameters import Parameters, Watched, parameters
from prover.sources.mlx_lm_readings import (
    Composite,
    Reading,
    Without,
    engine,
    find_reading,
    require_file,
    source,
    table,
)
from prover.sources.mlx_lm_rope import read_rope
from prover.sources.model import Finding, Model, Part
from prover.sources.scaled_queries import beside_still, beside_turning

TEXT = "text"
_NUMBER = ("0123456789-.")


def read_mlx_lm(keys: Keys) -> Model:
    """The layers of the model that a config.json is about, as mlx-lm makes them; towers for images are not loaded.

    Keys that have nothing to do with RoPE are not asked for. Raises InputError where mlx-lm breaks off over RoPE, for
    a model type that it has not, and for one that is not known here.
    """
    path = keys.where
    kind = keys.text("model_type")
    findings: list[Finding] = []
    if keys.is_given("model_file"):
        raise InputError("names Python code that mlx-lm would run in place of its own, which is not read",
                         where=f"{path}, model_file")
    if "auto_map" in keys:
        findings.append(Finding("RP001", "auto_map names code of the model's own, which is not read"))
    file = _file(keys, kind)
    try:
        require_file(file, kind)
        parts = tuple(_parts(keys, file, findings))
    except InputError as fault:
        raise fault.inside(path) if not str(fault).startswith(path) else fault from None
    return Model(path, kind, engine(), source(_text_file(keys, file)), parts, tuple(dict.fromkeys(findings)))


def _file(keys: Keys, kind: str) -> str:
    """The model file that mlx-lm loads for a model type."""
    given: Any = keys.table.get("architectures") or ()
    for name in (given,) if isinstance(given, str) else given if isinstance(given, list) else ():
        if isinstance(name, str) and (other := table().remapped_by_architecture.get(kind, {}).get(name)):
            return other
    return table().remapped.get(kind, kind)


def _text_file(keys: Keys, file: str) -> str:
    """The model file that reads the text."""
    entry = find_reading(file)
    if not isinstance(entry, Composite):
        return file
    inner = keys.table.get(entry.key)
    kind = inner.get("model_type") if isinstance(inner, dict) else None
    return entry.by_type.get(kind, entry.type) if isinstance(kind, str) else entry.type


def _parts(keys: Keys, file: str, findings: list[Finding]) -> Iterator[Part]:
    entry = find_reading(file)
    for key in () if isinstance(entry, Composite) else entry.required:
        if key not in keys:
            raise keys.wrong(key, f"a value, without which {entry.types[0]} of mlx-lm breaks off")
    if isinstance(entry, Without):
        yield Part(TEXT, None, None, instead=entry.has)
        return
    if isinstance(entry, Composite):
        inner = keys.object(entry.key)
        if inner is None and (not entry.flat or entry.key in keys):
            raise keys.wrong(entry.key, "an object, the config of the text")
        if inner is not None and entry.typed:
            inner.text("model_type")
        place = inner or keys
        table_ = {**entry.defaults, **place.table}
        findings += _beside(keys, inner)
        yield from _parts(Keys(table_, place.where), _text_file(keys, file), findings)
        return
    yield from _text(keys, entry, findings)


def _beside(keys: Keys, inner: Keys | None) -> Iterator[Finding]:
    """Keys around the text's config that have to do with RoPE: they are not read."""
    left = [key for key in (*ROPE_KEYS, "rope_scaling", "rope_parameters") if keys.is_given(key)]
    if inner is not None and left:
        yield Finding("RP002", f"not read beside the config of the text: {', '.join(left)}")


def _text(keys: Keys, entry: Reading, findings: list[Finding]) -> Iterator[Part]:
    """A part for each layer type; what has no RoPE comes last."""
    seen = Watched(keys.table)
    watching = Keys(seen, keys.where, {}, _defaults(entry))
    findings += [Finding(*entry.note)] if entry.note else []
    for layers in group_layers(watching, entry, findings):
        if layers.instead:
            yield Part(TEXT, layers.indices, None, instead=layers.instead, layer_type=layers.type,
                       beside=beside_still(keys, entry.query))
            continue
        own = entry.but(entry.by_type[layers.type]) if layers.type in entry.by_type else entry
        yield _part(watching, own, TEXT, layers.type, layers.indices, findings)
        if entry.indexer:
            yield _part(watching, own.but(entry.indexer), "indexer", layers.type, layers.indices, [])
    for key, value in entry.states.items():
        if key in seen and keys.table[key] is not value and keys.table[key] is not None:
            findings.append(Finding("RP010", f"{key} is not read, and {entry.types[0]} does the opposite of it"))
    known = seen.seen | set(entry.reads) | set(entry.states)
    left = [key for key in (*ROPE_KEYS, "rope_scaling", "rope_parameters") if keys.is_given(key) and key not in known]
    if left:
        findings.append(Finding("RP002", f"not read: {', '.join(left)}"))


def _part(
    keys: Keys, entry: Reading, name: str, kind: str, indices: tuple[int, ...] | None, findings: list[Finding],
) -> Part:
    keys = Keys(keys.table, keys.where, {}, _defaults(entry))
    given = parameters(keys, entry, kind, indices or (), findings)
    layout, values = read_rope(keys, entry, given, findings)
    beside = NOTHING
    if name == TEXT:
        is_scaled = _scales_softmax(entry, given)
        beside = replace(beside_turning(keys, entry.query, given.scaling, is_scaled),
                         law=Law.ALL_DIM if is_scaled else Law.UNTOLD if entry.softmax else Law.NONE)
    part = Part(name, indices, layout, tuple(values), layer_type=kind, beside=beside)
    load_head(str(part.spec), keys.where)  # a SPEC that no command takes is none
    return part


def _scales_softmax(entry: Reading, given: Parameters) -> bool:
    """Whether mscale_all_dim goes into the scale of the softmax."""
    if entry.softmax != "typed" or given.scaling is None:
        return bool(entry.softmax)
    table = given.scaling.table
    return bool((table.get("type") or table.get("rope_type", "default")) != "default")


def _defaults(entry: Reading) -> dict[str, Any]:
    """The defaults of the class; TOML's decimals are read as their text, so that they stay exact."""
    return {key: Fraction(value) if isinstance(value, str) and set(value) <= set(_NUMBER) else value
            for key, value in entry.defaults.items()}
