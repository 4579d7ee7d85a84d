"""Reading GGUF files: the keys, the list of tensors, and RoPE's factors; never the weights.

The format is that of ggml-org/llama.cpp 0c1e57098, ggml/src/gguf.cpp `gguf_init_from_reader`; what it refuses is
refused here. A file split by gguf-split has its keys in the first part, and tensors in all
(tools/gguf-split/gguf-split.cpp `split_strategy`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prover.errors import InputError
from prover.files import open_regular
from prover.resources import shown_path
from prover.sources.gguf_bytes import FETCH, Bytes
from prover.sources.gguf_tensors import MAX_TENSORS, Listing, read_alignment, read_listing, read_tensors
from prover.sources.gguf_types import ARRAY, KINDS, TEXT
from prover.sources.metadata import UNTOLD, Metadata, Stored, Tensor

MAGIC = b"GGUF"
OLDER = {b"lmgg": "GGML", b"fmgg": "GGMF", b"tjgg": "GGJT", b"algg": "GGLA"}
MAX_KEYS = 1 << 14
MAX_KEY_BYTES = (1 << 16) - 1
MAX_TEXT = 1 << 10
MAX_NUMBERS = 1 << 13
MAX_KEPT = 1 << 19
KEYS_START = 4 + 4 + 8 + 8
SMALLEST_KEY = 8 + 1 + 4 + 1
PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf", re.DOTALL)
AGAIN = "Convert the model again with a current llama.cpp"


def is_gguf(path: Path) -> bool:
    """Whether a regular file starts as a GGUF file does. Raises InputError if it cannot be read."""
    return read_magic(path) == MAGIC


def read_magic(path: Path) -> bytes:
    """The first bytes of a regular file, by which kinds of files are told apart. Raises InputError."""
    with open_regular(path) as stream:
        try:
            return stream.read(len(MAGIC))
        except OSError as fault:
            raise InputError(f"cannot be read: {fault.strerror}", where=shown_path(path)) from None


def read_gguf(path: Path) -> Metadata:
    """What the file says. Raises InputError with file, key or tensor, what was expected, and what to do."""
    with Bytes(path) as source:
        tensor_count, key_count = _read_start(source)
        keys, findings = _read_keys(source, key_count)
        part, parts = _part(keys)
        if parts > 1 and part > 0:
            raise source.fault(f"is part {part + 1} of {parts} of a split file, whose keys are in the first part",
                               advice=f"Give {_part_name(path, 0, parts)}")
        architecture = keys.get("general.architecture")
        if architecture is None or architecture.kind != "str" or not isinstance(architecture.value, str):
            kind = "is not there" if architecture is None else f"is of type {architecture.kind}"
            raise source.fault(f"{kind}, expected a text, by which a model is told from other files",
                               "general.architecture")
        tensors, told = read_tensors(source, tensor_count, read_alignment(source, keys))
    findings += told
    is_whole = parts <= 1 or _read_parts(path, parts, tensors, findings)
    if is_whole and parts > 1:
        expected = keys.get("split.tensors.count")
        if expected is not None and expected.value != len(tensors):
            raise InputError(f"is {expected.value}, but the parts list {len(tensors)} tensors",
                             where=f"{shown_path(path)}, split.tensors.count", advice=FETCH)
    return Metadata(shown_path(path), keys, tensors, tuple(findings), has_all_tensors=is_whole)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of one file lie: magic and version, two counts, from KEYS_START on the keys, and the tensors."""

    key_count: int
    keys_end: int
    keys: Mapping[str, Stored]
    alignment: int
    listing: Listing
    size: int


def read_places(path: Path) -> Places:
    """Where the keys and tensors of one file lie, be it one of several parts. Raises InputError as `read_gguf` does."""
    with Bytes(path) as source:
        tensor_count, key_count = _read_start(source)
        keys, _ = _read_keys(source, key_count)
        keys_end, alignment = source.position, read_alignment(source, keys)
        listing = read_listing(source, tensor_count, alignment)
        return Places(key_count, keys_end, keys, alignment, listing, source.size)


def _read_start(source: Bytes) -> tuple[int, int]:
    """How many tensors and keys the file is said to hold."""
    if source.size == 0:
        raise source.fault("is empty", advice=FETCH)
    magic = source.take(4, "first bytes")
    if magic in OLDER:
        raise source.fault(f"is a {OLDER[magic]} file, which came before GGUF", advice=AGAIN)
    if magic == MAGIC[::-1]:
        raise source.fault("starts with GGUF turned round: it was written in big-endian order", advice=AGAIN)
    if magic != MAGIC:
        raise source.fault(f"starts with {magic!r}, expected {MAGIC!r}", advice="Is it the right file?")
    version = source.whole("I", "version")
    if version and not version & 0xFFFF:
        raise source.fault("is big-endian: its version is read as one far too large",
                           advice="Turn it round with gguf-py's gguf-convert-endian FILE little")
    if version == 1:
        raise source.fault("is GGUF version 1, which llama.cpp does not read either", advice=AGAIN)
    if version not in (2, 3):
        raise source.fault(f"is GGUF version {version}, expected 2 or 3", "version")
    tensors, keys = source.whole("q", "number of tensors"), source.whole("q", "number of keys")
    if not 0 <= keys <= MAX_KEYS:
        raise source.fault(f"is said to hold {keys} keys, expected 0 to {MAX_KEYS}", "number of keys")
    if tensors < 0:
        raise source.fault(f"is said to hold {tensors} tensors", "number of tensors")
    source.need(keys * SMALLEST_KEY, "list of keys")
    return tensors, keys


def _read_keys(source: Bytes, count: int) -> tuple[dict[str, Stored], list[str]]:
    """The keys in the file's order, and findings about numbers that are none."""
    keys: dict[str, Stored] = {}
    findings = []
    kept = 0
    for number in range(count):
        before = source.position
        key = source.text(MAX_KEY_BYTES, f"key {number}")
        shown = key[:80]
        if not key:
            raise source.fault("is empty", f"key {number}")
        if key in keys:
            raise source.fault("stands twice in the file", shown, "Which of the two is meant? llama.cpp refuses it")
        kept += source.position - before
        before = source.position
        stored = _read_value(source, shown)
        keys[key] = stored
        kept += MAX_TEXT if stored.cut else source.position - before
        if kept > MAX_KEPT:
            raise source.fault(f"makes the keys larger than {MAX_KEPT} bytes, long arrays and texts aside", shown)
        if stored.kind in ("f32", "f64") and stored.value in ("nan", "inf", "-inf"):
            findings.append(f"{shown} is {stored.value}, which is no number")
    return keys, findings


def _read_value(source: Bytes, key: str) -> Stored:
    number = source.whole("i", f"type of {key}")
    kind = KINDS[number] if 0 <= number < len(KINDS) else None
    if kind is None:
        raise source.fault(f"has type {number}, expected 0 to {len(KINDS) - 1}", key)
    if kind is TEXT:
        text, is_cut = source.beginning(MAX_TEXT, key)
        return Stored(kind.name, text, UNTOLD if is_cut else 0)
    if kind is not ARRAY:
        return Stored(kind.name, source.numbers(kind, 1, key)[0])
    number, count = source.whole("i", f"type of {key}"), source.whole("Q", f"length of {key}")
    kind = KINDS[number] if 0 <= number < len(KINDS) else ARRAY
    if kind is ARRAY:
        raise source.fault(f"is an array of type {number}, expected numbers or texts", key)
    source.need(count * (kind.size or 8), key)
    if kind is TEXT:
        source.skip_texts(count, key)
        return Stored(kind.name, (), count)
    if count > MAX_NUMBERS:
        source.skip(count * kind.size, key)
        return Stored(kind.name, (), count)
    return Stored(kind.name, source.numbers(kind, count, key))


def _part(keys: Mapping[str, Stored]) -> tuple[int, int]:
    """Which part of how many the file is, the first being 0."""
    found = []
    for key, default in (("split.no", 0), ("split.count", 1)):
        value = keys[key].value if key in keys else default
        found.append(value if isinstance(value, int) else default)
    return found[0], found[1]


def _part_name(path: Path, part: int, parts: int) -> str:
    """What a part is called beside another one; llama.cpp counts from 1 in names (src/llama.cpp `llama_split_path`)."""
    match = PART.fullmatch(path.name)
    return f"{match[1] if match else 'NAME'}-{part + 1:05}-of-{parts:05}.gguf"


def part_paths(path: Path, metadata: Metadata) -> tuple[Path, ...]:
    """The file and, of a split one that has all its tensors, the other parts, which lie beside it."""
    _, parts = _part(metadata.keys)
    return (path, *(path.with_name(_part_name(path, part, parts)) for part in range(1, parts)))


def _read_parts(path: Path, parts: int, tensors: dict[str, Tensor], findings: list[str]) -> bool:
    """Add the tensors of the other parts that lie beside the first; whether all of them do."""
    match = PART.fullmatch(path.name)
    if match is None or int(match[3]) != parts:
        findings.append(f"split.count is {parts}, and the file is not named as a part is: tensors of other parts are "
                        "not known")
        return False
    for part in range(1, parts):
        other = path.with_name(_part_name(path, part, parts))
        if not other.exists():
            findings.append(f"{other.name[:120]} is not beside the first part: which tensors it and later ones hold "
                            "is not known")
            return False
        with Bytes(other) as source:
            tensor_count, key_count = _read_start(source)
            keys, _ = _read_keys(source, key_count)
            if _part(keys)[0] != part:
                raise source.fault(f"is {_part(keys)[0]}, expected {part} by the file's name", "split.no")
            found, told = read_tensors(source, tensor_count, read_alignment(source, keys))
            twice = sorted(found.keys() & tensors.keys())
            if twice:
                raise source.fault("stands in two parts of the file", twice[0])
            if len(tensors) + len(found) > MAX_TENSORS:
                raise source.fault(f"lists more than {MAX_TENSORS} tensors, with the parts before")
        tensors |= found
        findings += [f"{other.name[:120]}: {finding}" for finding in told]
    return True
