"""Dumps of GGUF files as JSON: what gguf-dump --json prints, and {"kv": {key: {type, value, text}}, "tensors": …}.

ggml-org/llama.cpp 0c1e57098, gguf-py/gguf/scripts/gguf_dump.py `dump_metadata_json`: arrays have their type and no
length, unless --json-array is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from prover.errors import InputError
from prover.sources.gguf_types import KIND_NAMES, PYTHON_KINDS
from prover.sources.gguf_values import read_array, read_json_value
from prover.sources.metadata import UNTOLD, Metadata, Stored, Tensor
from prover.sources.printed import read_fixed

ARRAY = re.compile(r"arr\[([a-z]+\d*),(\d{1,15})\]")


def is_dump_object(found: Mapping[str, Any]) -> bool:
    """Whether an object of JSON is a dump of a GGUF file."""
    return isinstance(found.get("kv"), dict) or (isinstance(found.get("metadata"), dict) and "endian" in found)


def read_dump_object(found: Mapping[str, Any], where: str) -> Metadata:
    """What the dump tells. Raises InputError with the key."""
    is_plain = isinstance(found.get("kv"), dict)
    keys: dict[str, Stored] = {}
    for key, entry in found["kv" if is_plain else "metadata"].items():
        if key.startswith("GGUF.") and not is_plain:
            continue  # the header's own numbers
        try:
            if not isinstance(entry, dict):
                raise InputError("expected an object with type and value")
            keys[key] = _plain(entry) if is_plain else _python(entry)
        except InputError as fault:
            raise fault.inside(f"{where}, {key[:80]}") from None
    tensors = _tensors(found.get("tensors"), where)
    findings = []
    has_keys = not is_plain or found.get("partial") is False
    if not has_keys:
        findings.append("the dump is said to be partial, or not said to be whole")
    if is_plain and tensors:
        findings.append("whether the dump names all tensors is not told")
    cut = [key for key, stored in keys.items() if stored.cut and stored.kind != "str"]
    if cut:
        findings.append(f"the dump cuts off: {', '.join(cut)[:400]}")
    return Metadata(where, keys, tensors or None, tuple(findings), has_keys, bool(tensors) and not is_plain)


def _plain(entry: Mapping[str, Any]) -> Stored:
    """A value with llama.cpp's name of its type, or null; as printed by the loader where there is a text."""
    told, value, text = entry.get("type"), entry.get("value"), entry.get("text")
    if told is None:
        return read_json_value("", value)
    array = ARRAY.fullmatch(told) if isinstance(told, str) else None
    kind = array[1] if array else told
    if not isinstance(kind, str) or kind not in KIND_NAMES:
        raise InputError(f"is of type {str(told)[:40]}, expected one of {', '.join(sorted(KIND_NAMES))}")
    if array:
        shown = value.get("truncated") if isinstance(value, dict) else None
        if isinstance(shown, str):
            return read_array(kind, int(array[2]), shown, read_fixed)
        if not isinstance(value, list) or len(value) != int(array[2]):
            raise InputError(f"expected a list of {array[2]} elements")
    if kind in ("f32", "f64") and isinstance(text, str):
        return read_fixed(text, kind)
    return read_json_value(kind, value)


def _python(entry: Mapping[str, Any]) -> Stored:
    """A value with gguf-py's name of its type."""
    told, inner = entry.get("type"), entry.get("array_types")
    if told == "ARRAY":
        told = inner[0] if isinstance(inner, list) and len(inner) == 1 else inner
    if not isinstance(told, str) or told not in PYTHON_KINDS:
        raise InputError(f"is of type {str(told)[:40]}, expected one of {', '.join(PYTHON_KINDS)}")
    kind = PYTHON_KINDS[told]
    if entry.get("type") == "ARRAY":
        if "value" not in entry:
            return Stored(kind, (), UNTOLD)
        if not isinstance(entry["value"], list):
            raise InputError("expected a list")
    return read_json_value(kind, entry.get("value"))


def _tensors(found: Any, where: str) -> dict[str, Tensor]:
    """Tensors by name, of either form; a shape that is not told is empty."""
    if isinstance(found, dict):
        rows = list(found.items())
    elif isinstance(found, list):
        rows = [(row.get("name"), row) for row in found if isinstance(row, dict)]
    else:
        return {}
    tensors = {}
    for name, row in rows:
        shape = row.get("shape") if isinstance(row, dict) else None
        lengths = shape if isinstance(shape, list) else []
        is_right = isinstance(name, str) and all(isinstance(each, int) and each >= 0 for each in lengths)
        if not is_right or len(lengths) > 4 or not isinstance(row, dict):
            raise InputError("holds a tensor without a name or with an impossible shape", where=f"{where}, tensors")
        tensors[name] = Tensor(tuple(lengths), str(row.get("type") or "").lower()[:20])
    return tensors
