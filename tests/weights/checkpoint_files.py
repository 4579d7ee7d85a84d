"""A tiny writer of safetensors files and their indexes, right and wrong."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Content = tuple[str, Sequence[int], bytes]


def safetensors(tensors: Mapping[str, Content], metadata: Mapping[str, str] | None = None) -> bytes:
    """A whole file; a tensor is (type, shape, bytes)."""
    entries: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    place, data = 0, b""
    for name, (dtype, shape, content) in tensors.items():
        entries[name] = entry(dtype, shape, place, place + len(content))
        place += len(content)
        data += content
    return with_header(json.dumps(entries).encode(), data)


def entry(dtype: Any, shape: Any, begin: Any, end: Any) -> dict[str, Any]:
    """One tensor of a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def with_header(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with this header, padded with spaces as the library does, and these bytes of weights."""
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def write_sharded(folder: Path, shards: Mapping[str, Mapping[str, Content]], index: Any = None) -> Path:
    """A folder with shards and model.safetensors.index.json; the index is the right one if none is given."""
    folder.mkdir(exist_ok=True)
    for name, tensors in shards.items():
        (folder / name).write_bytes(safetensors(tensors))
    weight_map = {tensor: name for name, tensors in shards.items() for tensor in tensors}
    told = {"metadata": {"total_size": 1}, "weight_map": weight_map} if index is None else index
    (folder / "model.safetensors.index.json").write_text(json.dumps(told))
    return folder
