"""GGUF files with the keys and factors that llama.cpp's own converter wrote for published configs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sources import gguf_writer as writer

KINDS = {"u32": writer.U32, "i32": writer.I32, "f32": writer.F32, "bool": writer.BOOL, "str": writer.STR,
         "u64": writer.U64, "f64": writer.F64}
Change = Callable[[dict[str, bytes]], dict[str, bytes]]


@cache
def _truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parents[1] / "sources" / "converter_truth.json").read_text())
    return found


def factors(name: str) -> dict[str, bytes]:
    """The converter's tensors of factors for a published config, as the bytes of float32 numbers."""
    truth = _truth()
    return {tensor: bytes.fromhex(truth["factors"][place])
            for tensor, place in truth["configs"][name].get("tensors", {}).items()}


def published() -> list[str]:
    """Published configs that the converter read."""
    return sorted(name for name, row in _truth()["configs"].items() if "kv" in row)


def write_config(folder: Path, name: str, **keys: object) -> Path:
    """The published config, or with other keys in place of its own."""
    path = folder / "config.json"
    path.write_text(json.dumps({**_truth()["configs"][name]["given"], **keys}))
    return path


def write_gguf(path: Path, name: str, tensors: dict[str, bytes] | None = None, *keys: writer.Key) -> Path:
    """The converter's file for a published config, without weights; `tensors` in place of its own."""
    rows = [(key, *_value(*stored)) for key, stored in _truth()["configs"][name]["kv"].items()]
    listed = factors(name) if tensors is None else tensors
    path.write_bytes(writer.gguf([*rows, *keys], [(each, [len(data) // 4], 0, data) for each, data in listed.items()]))
    return path


def _value(kind: str, value: Any) -> tuple[int, Any]:
    return (writer.ARR, (KINDS[kind], value)) if isinstance(value, list) else (KINDS[kind], value)
