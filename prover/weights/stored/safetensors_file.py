"""Reading the header of a safetensors file: names, types, shapes and places, never the weights.

What huggingface/safetensors v0.8.0 refuses is refused here (safetensors/src/tensor.rs `SafeTensors::read_metadata`,
`Metadata::validate`). Refused besides: a name that stands twice, members of an entry that the format does not have,
more than 2^19 tensors, names longer than 4096 bytes, entries longer than that.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec

from prover.errors import InputError
from prover.files import open_regular
from prover.resources import shown_path
from prover.weights.stored.dtypes import BITS
from prover.weights.stored.json_members import Members, shown
from prover.weights.stored.tensors import Tensor

MAX_HEADER = 100_000_000
MAX_TENSORS = 1 << 19
MAX_METADATA = 1 << 16
METADATA = "__metadata__"
FETCH = "Is the file cut off? Fetch it again"
DAMAGED = "The file is damaged, or was written wrongly: fetch it again, or save it anew"
LENGTH = struct.Struct("<Q")
_MEMBERS = ("dtype", "shape", "data_offsets")

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One tensor as the header tells it; places count from the header's end."""

    dtype: str
    shape: list[_Count]
    data_offsets: tuple[_Count, _Count]


_DECODER = msgspec.json.Decoder(_Entry)


def read_safetensors(path: Path) -> tuple[Tensor, ...]:
    """The tensors of a file in the order of their places. Raises InputError with file, tensor, got and expected."""
    where = shown_path(path)
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            header = _header(stream, size, where)
        except OSError as fault:
            raise InputError(f"cannot be read: {fault.strerror}", where=where) from None
    start = LENGTH.size + len(header)
    entries = sorted(_entries(header, where).items(), key=lambda each: each[1].data_offsets)
    place = 0
    for name, entry in entries:
        _check(name, entry, place, where)
        place = entry.data_offsets[1]
    if start + place != size:
        raise InputError(f"is of {size} bytes, and its tensors end at byte {start + place}", where=where, advice=FETCH)
    return tuple(
        Tensor(name, entry.dtype, tuple(entry.shape), path, start + entry.data_offsets[0],
               entry.data_offsets[1] - entry.data_offsets[0])
        for name, entry in entries
    )


def _header(stream: BinaryIO, size: int, where: str) -> bytes:
    """The bytes of the JSON text, after its length was compared with the file's."""
    first = stream.read(64)
    if first.startswith(b"version https://git-lfs"):
        raise InputError("is a Git LFS pointer, not the file", where=where, advice="Run git lfs pull")
    if len(first) < LENGTH.size:
        raise InputError(f"is of {len(first)} bytes, and the length of its header takes {LENGTH.size}", where=where,
                         advice=FETCH)
    (length,) = LENGTH.unpack_from(first)
    if length > MAX_HEADER:
        raise InputError(f"is said to have a header of {length} bytes, expected at most {MAX_HEADER}", where=where,
                         advice="Is it a safetensors file?")
    if LENGTH.size + length > size:
        raise InputError(f"is of {size} bytes, and its header ends at byte {LENGTH.size + length}", where=where,
                         advice=FETCH)
    stream.seek(LENGTH.size)
    header = stream.read(length)
    if len(header) != length:
        raise InputError("ends within its header: did it change meanwhile?", where=where, advice=FETCH)
    return header


def _entries(header: bytes, where: str) -> dict[str, _Entry]:
    """The entries by name; the texts under __metadata__ are looked at and left."""
    found: dict[str, _Entry] = {}
    members = Members(header, where)
    for name in members.names(MAX_TENSORS, "the header"):
        if name == METADATA:
            if not members.null():
                for _ in members.names(MAX_METADATA, METADATA):
                    members.text()
        else:
            found[name] = _entry(members.flat(), members, name)
    members.end()
    return found


def _entry(text: bytes, members: Members, name: str) -> _Entry:
    try:
        entry = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise members.fault(f"is no entry of a tensor: {str(fault).replace('`', '')[:200]}", shown(name),
                            f"Its members are {', '.join(_MEMBERS)}") from None
    if text.count(b'"') > 2 * len(_MEMBERS) + 2:
        raise members.fault("has a member that stands twice", shown(name), "Which of the two is meant?")
    if b"-" in text:
        raise members.fault("holds -0, expected whole numbers from 0 on", shown(name))
    return entry


def _check(name: str, entry: _Entry, place: int, where: str) -> None:
    """Raise InputError unless the tensor begins where the one before it ends, and is as large as its shape says."""
    def fault(message: str, advice: str = DAMAGED) -> InputError:
        return InputError(message, where=f"{where}, {shown(name)}", advice=advice)

    begin, end = entry.data_offsets
    if entry.dtype not in BITS:
        raise fault(f"is of type {shown(entry.dtype)}, expected one of {', '.join(BITS)}", "Save it in one of these")
    if begin != place:
        what = "overlaps the tensor before it" if begin < place else "leaves a hole after the tensor before it"
        raise fault(f"{what}: it begins at byte {begin} of the data, expected {place}")
    if end < begin:
        raise fault(f"ends at byte {end}, before it begins at {begin}")
    bits = BITS[entry.dtype]
    count = 1
    for length in entry.shape:
        count *= length
        if count >= 1 << 64 or length >= 1 << 64:
            raise fault("has an impossibly large shape")
    if count * bits % 8:
        raise fault(f"has {count} numbers of {bits} bits, which end within a byte")
    if end - begin != count * bits // 8:
        raise fault(f"is given {end - begin} bytes, and {count} numbers of type {entry.dtype} take {count * bits // 8}")
