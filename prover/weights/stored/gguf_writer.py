"""A copy of a GGUF file with one tensor put in, or replaced; every key and every other tensor's bytes as they were.

The format is that of ggml-org/llama.cpp 0c1e57098, ggml/src/gguf.cpp `gguf_write_to_buf`: tensors follow one another in
the order of their list, each from a multiple of general.alignment on.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from prover.errors import InputError
from prover.files import beside, finish, open_regular
from prover.resources import shown_path
from prover.sources.gguf_bytes import FETCH
from prover.sources.gguf_file import KEYS_START, Places, read_gguf, read_places
from prover.sources.gguf_tensors import ALIGNMENT, Entry, padded
from prover.sources.gguf_types import TENSOR_TYPES
from prover.sources.metadata import Metadata, Tensor
from prover.weights.stored.new_file import publish, require_new

PIECE = 1 << 20
F32 = next(number for number, blocks in TENSOR_TYPES.items() if blocks.name == "f32")
SPLIT = "split.count"
MAX_ALIGNMENT = 1 << 16


@dataclass(frozen=True, slots=True)
class Copied:
    """What was written. `replaced`: the file had a tensor of that name; `added`: bytes more than before."""

    path: Path
    replaced: bool
    added: int


def write_with_tensor(
    source: Path, target: Path, name: str, values: Sequence[Fraction],
    track: Callable[[Sequence[str]], Iterator[str]] = iter,
) -> Copied:
    """Copy a GGUF file and put these float32 numbers in as a tensor of one dimension; a whole file is made or none.

    `track` goes around the names of the tensors. Raises InputError for a file that is cut off, is split or has tensors
    whose size is not known, for a target that is there, and where nothing can be written.
    """
    before = read_gguf(source)
    places = read_places(source)
    _require_whole(source, before, places)
    require_new(target, source)
    data = struct.pack(f"<{len(values)}f", *map(float, values))
    stored = struct.unpack(f"<{len(values)}f", data)
    assert [Fraction(each) for each in stored] == list(values), "the numbers are float32 numbers"
    entries = _with_entry(places, Entry(name, (len(values),), "f32", F32, len(data), 0))
    with open_regular(source) as stream, beside(target) as sink:
        stamp = _stamp(stream)
        _copy(stream, sink, places, entries, {name: data}, track)
        finish(sink)
        if _stamp(stream) != stamp:
            raise InputError("changed while it was copied", where=shown_path(source), advice="Try again")
        _require_copied(before, Path(sink.name), name, tuple(values))
        publish(Path(sink.name), target)
    replaced = any(entry.name == name for entry in places.listing.entries)
    return Copied(target, replaced, target.stat().st_size - places.size)


def _require_whole(source: Path, file: Metadata, places: Places) -> None:
    where = shown_path(source)
    split = file.keys.get(SPLIT)
    if split is not None and split.value not in (0, 1):
        raise InputError(f"is one of {split.value} parts of a split file", where=f"{where}, {SPLIT}",
                         advice="Merge them with llama.cpp's llama-gguf-split --merge first")
    if places.alignment > MAX_ALIGNMENT:
        raise InputError(f"is {places.alignment}, expected at most {MAX_ALIGNMENT}: a copy would be mostly padding",
                         where=f"{where}, {ALIGNMENT}")
    if places.listing.end > places.size:
        raise InputError(f"is cut off: it ends at byte {places.size}, its tensors at {places.listing.end}", where=where,
                         advice=FETCH)
    unknown = next((entry for entry in places.listing.entries if entry.size is None), None)
    if unknown is not None:
        raise InputError(f"is of {unknown.kind}, whose size is not known here: it cannot be copied",
                         where=f"{where}, {unknown.name[:80]}")


def _with_entry(places: Places, made: Entry) -> list[Entry]:
    """The list with this tensor in place of the one of its name, or last; all at their new places."""
    old = list(places.listing.entries)
    new = [made if entry.name == made.name else entry for entry in old]
    if made not in new:
        new.append(made)
    offset, placed = 0, []
    for entry in new:
        placed.append(replace(entry, offset=offset))
        offset = padded(offset + (entry.size or 0), places.alignment)
    return placed


def _copy(
    stream: BinaryIO, sink: BinaryIO, places: Places, entries: Sequence[Entry], made: dict[str, bytes],
    track: Callable[[Sequence[str]], Iterator[str]],
) -> None:
    old = {entry.name: entry for entry in places.listing.entries}
    sink.write(_read(stream, 0, 8))
    sink.write(struct.pack("<qq", len(entries), places.key_count))
    _pieces(stream, sink, KEYS_START, places.keys_end - KEYS_START)
    for entry in entries:
        called = entry.name.encode()
        form = f"<Q{len(called)}sI{len(entry.shape)}qiQ"
        sink.write(struct.pack(form, len(called), called, len(entry.shape), *entry.shape, entry.number, entry.offset))
    _fill(sink, places.alignment)
    start, by_name = sink.tell(), {entry.name: entry for entry in entries}
    for name in track([entry.name for entry in entries]):
        assert sink.tell() == start + by_name[name].offset, "a tensor stands where the list says it does"
        if name in made:
            sink.write(made[name])
        else:
            _pieces(stream, sink, places.listing.start + old[name].offset, old[name].size or 0)
        _fill(sink, places.alignment)


def _pieces(stream: BinaryIO, sink: BinaryIO, place: int, count: int) -> None:
    """Copy bytes, never many of them at once."""
    for done in range(0, count, PIECE):
        sink.write(_read(stream, place + done, min(PIECE, count - done)))


def _read(stream: BinaryIO, place: int, count: int) -> bytes:
    where = shown_path(Path(stream.name))
    try:
        stream.seek(place)
        data = stream.read(count)
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=where) from None
    if len(data) < count:
        raise InputError("ends before its tensors do: did it change meanwhile?", where=where, advice=FETCH)
    return data


def _fill(sink: BinaryIO, alignment: int) -> None:
    """Zeros up to the next multiple of the alignment."""
    missing = padded(sink.tell(), alignment) - sink.tell()
    for done in range(0, missing, PIECE):
        sink.write(bytes(min(PIECE, missing - done)))


def _stamp(stream: BinaryIO) -> tuple[int, int]:
    """What changes when a file does."""
    found = os.fstat(stream.fileno())
    return found.st_size, found.st_mtime_ns


def _require_copied(before: Metadata, copy: Path, name: str, values: tuple[Fraction, ...]) -> None:
    """Read the copy as any file is read: it says what the file says, and has the tensor."""
    after = read_gguf(copy)
    tensors = {**(before.tensors or {}), name: Tensor((len(values),), "f32", values)}
    assert (dict(after.keys), dict(after.tensors or {})) == (dict(before.keys), tensors), "the copy says the same"
