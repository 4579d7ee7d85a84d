"""Reading what torch.save wrote, through torch's weights-only loader: names, types, shapes and places, never weights.

torch.load of torch 2.13.0 with weights_only and map_location="meta" makes tensors without storage, which know where
their numbers are in the file (torch/serialization.py `_load`, `_checkpoint_offset`). That place is held against the
archive's own list before it is used, so that rows are then read as those of any other file, without torch.
"""

from __future__ import annotations

import re
import struct
import threading
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prover.errors import InputError
from prover.files import open_regular
from prover.resources import shown_path
from prover.weights.stored.dtypes import BITS
from prover.weights.stored.json_members import shown
from prover.weights.stored.tensors import Tensor

MAX_RECORDS = 1 << 18
MAX_PICKLE = 1 << 22  # a tensor takes some 150 bytes; a byte of a pickle can make an object of 60
INSTEAD = ("Or convert it to safetensors: safetensors.torch.save_file(torch.load(FILE, weights_only=True), NEW) keeps "
           "names and rows")
SAFE = "Take the model's safetensors, from someone whom you trust"
WRAPPERS = ("state_dict", "model", "module")
DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0",
}
_LOCAL = struct.Struct("<4s22xHH")
_GLOBAL = re.compile(r"GLOBAL ([\w.]{1,100})")

_ALONE = threading.Lock()  # what torch takes for safe is one set for the whole process

Records = list[tuple[int, int]]


def read_torch(path: Path) -> tuple[Tensor, ...]:
    """The tensors of a file in the order of their places. Raises InputError.

    A state dict at the top or under one of WRAPPERS; what in it is no tensor is left out. Nothing is executed that the
    file names: one that holds more than tensors and plain values is refused.
    """
    where = shown_path(path)
    records = _records(path, where)
    found = _tensors_of(_loaded(path, where), where)
    return tuple(sorted((_placed(name, tensor, records, path, where) for name, tensor in found.items()),
                        key=lambda each: (each.offset, each.name)))


def _records(path: Path, where: str) -> Records:
    """Begin and end of the members that are stored as they are, in order. Raises InputError."""
    with open_regular(path) as stream:
        start = stream.read(32)
        if start.startswith(b"version https://git-lfs"):
            raise InputError("is a Git LFS pointer, not the file", where=where, advice="Run git lfs pull")
        if not start.startswith(b"PK\x03\x04"):
            raise InputError("is no zip archive, as torch.save writes them since PyTorch 1.6", where=where,
                             advice=f"Load and save it again with torch if it is older. {INSTEAD}")
        try:
            with zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
                if len(members) > MAX_RECORDS:
                    raise InputError(f"holds more than {MAX_RECORDS} members", where=where)
                records = []
                for member in members:
                    if member.filename.endswith("/data.pkl") and member.file_size > MAX_PICKLE:
                        raise InputError(f"has a pickle of {member.file_size} bytes, expected at most {MAX_PICKLE}",
                                         where=where)
                    if member.filename.endswith("/byteorder") and not _is_little(archive, member):
                        raise InputError("was not written in little-endian order", where=where, advice=INSTEAD)
                    if member.compress_type == zipfile.ZIP_STORED:
                        begin = _begin(stream, member)
                        records.append((begin, begin + member.file_size))
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, struct.error, RuntimeError) as fault:
            if isinstance(fault, InputError):
                raise
            raise InputError(f"cannot be read as a zip archive: {fault}"[:300], where=where,
                             advice="Is the file cut off? Fetch it again") from None
    return sorted(records)


def _is_little(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a small member says so; one that would have to be decompressed is not read."""
    return (member.compress_type == zipfile.ZIP_STORED and member.file_size == len(b"little")
            and archive.read(member) == b"little")


def _begin(stream: Any, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin, which its own header tells."""
    stream.seek(member.header_offset)
    magic, name, extra = _LOCAL.unpack(stream.read(_LOCAL.size))
    if magic != b"PK\x03\x04":
        raise zipfile.BadZipFile(f"{member.filename[:60]} is not where the archive says")
    return member.header_offset + _LOCAL.size + int(name) + int(extra)


def _loaded(path: Path, where: str) -> Any:
    try:
        import torch
    except ImportError:
        raise InputError("is a file of torch, which is not here", where=where,
                         advice=f"pip install torch. {INSTEAD}") from None
    try:
        with _ALONE, _nothing_marked_safe():
            return torch.load(path, map_location="meta", weights_only=True, mmap=True)
    except Exception as fault:  # torch raises all kinds
        named = _GLOBAL.search(str(fault))
        if named:
            raise InputError(f"holds more than tensors: it names {named[1]}, and nothing of it was executed",
                             where=where, advice=f"Only pickles of tensors are read. {SAFE}") from None
        raise InputError(f"is not read by torch's weights-only loader: {' '.join(str(fault).split())[:300]}",
                         where=where, advice=f"Is the file cut off? {INSTEAD}") from None


@contextmanager
def _nothing_marked_safe() -> Iterator[None]:
    """Without what libraries allow in pickles: importing Megatron-Core 0.16.1 allows argparse.Namespace."""
    from torch.serialization import add_safe_globals, clear_safe_globals, get_safe_globals

    marked = get_safe_globals()
    clear_safe_globals()
    try:
        yield
    finally:
        add_safe_globals(marked)


def _tensors_of(found: Any, where: str) -> dict[str, Any]:
    """The tensors of a state dict, at the top or one level in."""
    import torch

    for table in (found, *(found.get(name) for name in WRAPPERS if isinstance(found, Mapping))):
        if isinstance(table, Mapping):
            tensors = {name: each for name, each in table.items() if isinstance(each, torch.Tensor)}
            if tensors and all(isinstance(name, str) for name in tensors):
                return tensors
    raise InputError("holds no tensors by name", where=where,
                     advice=f"Expected a state dict, at the top or as {', '.join(WRAPPERS)}. {INSTEAD}")


def _placed(name: str, tensor: Any, records: Records, path: Path, where: str) -> Tensor:
    def fault(message: str) -> InputError:
        return InputError(message, where=f"{where}, {shown(name)}", advice=f"Save it again. {INSTEAD}")

    dtype = DTYPES.get(str(tensor.dtype).removeprefix("torch."))
    if dtype is None or str(tensor.layout) != "torch.strided" or tensor.is_quantized:
        raise fault(f"is of type {tensor.dtype}, {tensor.layout}, which is not read")
    if not tensor.is_contiguous():
        raise fault(f"does not lie row after row: its steps are {tuple(tensor.stride())}")
    begin = getattr(tensor.untyped_storage(), "_checkpoint_offset", None)
    if begin is None:
        raise InputError("does not tell where it lies: this torch is too old", where=f"{where}, {shown(name)}",
                         advice=f"Take torch 2.13 or later. {INSTEAD}")
    width = BITS[dtype] // 8
    offset, size = int(begin) + tensor.storage_offset() * width, tensor.numel() * width
    near = bisect_right(records, (int(begin), 1 << 63)) - 1
    is_there = near >= 0 and records[near][0] == begin and offset + size <= records[near][1]
    if size and not is_there:
        raise fault(f"is said to be at byte {offset}, where the archive has no {size} bytes for it")
    return Tensor(name, dtype, tuple(tensor.shape), path, offset, size)
