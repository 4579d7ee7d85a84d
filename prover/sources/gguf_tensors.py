"""The tensors that a GGUF file names, and the numbers of those that hold RoPE's factors.

Checked as llama.cpp checks them (ggml-org/llama.cpp 0c1e57098, ggml/src/gguf.cpp `gguf_init_from_reader`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from prover.sources.gguf_bytes import Bytes
from prover.sources.gguf_types import TENSOR_TYPES
from prover.sources.metadata import Place, Stored, Tensor

MAX_TENSORS = 1 << 16
MAX_NAME = 63
MAX_DIMENSIONS = 4
MAX_FACTORS = 1 << 15
MAX_TYPES = 1 << 10   # forks of llama.cpp have types of their own, up to some hundred
SMALLEST_ENTRY = 8 + 4 + 4 + 8
ALIGNMENT = "general.alignment"
DEFAULT_ALIGNMENT = 32
FACTORS = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor as the file tells it. `size`: its bytes, None for a type that is not known.

    `number`: of its type. `offset`: where it starts, counted from the first tensor.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    number: int
    size: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of a file's tensors, in its order, and where the bytes of the first start and of the last end."""

    entries: tuple[Entry, ...]
    start: int
    end: int


def read_alignment(source: Bytes, keys: Mapping[str, Stored]) -> int:
    """What the places of tensors are multiples of. Raises InputError unless it is a power of two, as u32."""
    stored = keys.get(ALIGNMENT, Stored("u32", DEFAULT_ALIGNMENT))
    value = stored.value
    if stored.kind != "u32" or not isinstance(value, int):
        raise source.fault(f"is of type {stored.kind}, expected u32", ALIGNMENT)
    if value <= 0 or value & value - 1:
        raise source.fault(f"is {value}, expected a power of two", ALIGNMENT)
    return value


def read_listing(source: Bytes, count: int, alignment: int) -> Listing:
    """The list of tensors from here on; the file may end before their bytes do. Raises InputError."""
    if count > MAX_TENSORS:
        raise source.fault(f"is said to hold {count} tensors, expected at most {MAX_TENSORS}", "number of tensors")
    source.need(count * SMALLEST_ENTRY, "list of tensors")
    entries: dict[str, Entry] = {}
    for number in range(count):
        entry = _read_entry(source, number)
        if entry.name in entries:
            raise source.fault("stands twice in the list of tensors", entry.name[:80])
        entries[entry.name] = entry
    start = padded(source.position, alignment) if count else source.position
    return Listing(tuple(entries.values()), start, start + _check_places(source, entries, alignment))


def read_tensors(source: Bytes, count: int, alignment: int) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors listed from here on, and findings. Raises InputError."""
    listing = read_listing(source, count, alignment)
    findings = []
    if listing.end > source.size:
        findings.append(f"the file is cut off: it ends at byte {source.size}, its tensors at {listing.end} or later")
    unknown = sorted({entry.kind for entry in listing.entries if entry.size is None})
    if unknown:
        findings.append(f"types of tensors that llama.cpp does not read: {', '.join(unknown)[:200]}")
    return {entry.name: _with_values(source, entry, listing.start, findings) for entry in listing.entries}, findings


def _read_entry(source: Bytes, number: int) -> Entry:
    what = f"tensor {number}"
    name = source.text(MAX_NAME, f"name of {what}")
    what = name or what
    dimensions = source.whole("I", what)
    if dimensions > MAX_DIMENSIONS:
        raise source.fault(f"has {dimensions} dimensions, expected at most {MAX_DIMENSIONS}", what)
    shape = tuple(source.whole("q", what) for _ in range(dimensions))
    if any(length < 0 for length in shape) or math.prod(max(length, 1) for length in shape) >= 1 << 63:
        raise source.fault(f"has the impossible shape {shape}", what)
    type_number = source.whole("i", what)
    offset = source.whole("Q", what)
    blocks = TENSOR_TYPES.get(type_number)
    if blocks is None:
        if not 0 <= type_number < MAX_TYPES:
            raise source.fault(f"has type {type_number}, expected 0 to {MAX_TYPES - 1}", what)
        return Entry(name, shape, f"type {type_number}", type_number, None, offset)
    row = shape[0] if shape else 1
    if row % blocks.elements:
        raise source.fault(f"has rows of {row} numbers, expected a multiple of {blocks.elements} for {blocks.name}",
                           what)
    size = math.prod(shape) // blocks.elements * blocks.size
    return Entry(name, shape, blocks.name, type_number, size, offset)


def _check_places(source: Bytes, entries: Mapping[str, Entry], alignment: int) -> int:
    """The end of the last tensor, counted from the first: they must follow one another, as llama.cpp demands."""
    expected: int | None = 0
    end = 0
    for entry in entries.values():
        if expected is None and entry.offset >= end and entry.offset % alignment == 0:
            expected = entry.offset  # what is before has a type whose size is not known
        if entry.offset != expected:
            raise source.fault(f"is said to be at {entry.offset}, expected {end if expected is None else expected}",
                               entry.name)
        end = entry.offset + (entry.size or 0)
        expected = None if entry.size is None else padded(end, alignment)
    return end


def _with_values(source: Bytes, entry: Entry, start: int, findings: list[str]) -> Tensor:
    """The tensor, with its numbers if it holds factors of RoPE."""
    tensor = Tensor(entry.shape, entry.kind, place=Place(source.path, start + entry.offset, entry.size))
    if entry.name not in FACTORS:
        return tensor
    count = math.prod(entry.shape)
    if entry.kind != "f32" or not 1 <= count <= MAX_FACTORS or entry.shape[:1] != (count,):
        findings.append(f"{entry.name}: its numbers are not read, since it is {entry.kind} of shape {entry.shape}, "
                        f"expected f32 of one dimension of 1 to {MAX_FACTORS}")
        return tensor
    if start + entry.offset + 4 * count > source.size:
        findings.append(f"{entry.name}: its numbers are not in the file, which is cut off before them")
        return tensor
    values = source.floats_at(start + entry.offset, count, entry.name)
    numbers = tuple(value for value in values if isinstance(value, Fraction))
    if len(numbers) != count:
        place = next(place for place, value in enumerate(values) if isinstance(value, str))
        raise source.fault(f"holds {values[place]} as its number {place}, expected numbers", entry.name)
    return replace(tensor, values=numbers)


def padded(place: int, alignment: int) -> int:
    """The next multiple of the alignment."""
    return -(-place // alignment) * alignment
