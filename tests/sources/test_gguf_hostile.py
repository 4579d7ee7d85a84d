"""GGUF files that are cut off, lie or are foreign: one clear refusal each, and little memory."""

from __future__ import annotations

import random
import struct
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest

from prover.errors import InputError
from prover.sources.gguf_bytes import MAX_HEADER, MAX_TEXTS
from prover.sources.gguf_file import MAX_KEPT, read_gguf
from prover.sources.gguf_tensors import MAX_TENSORS
from sources.gguf_writer import (
    ARR,
    F32,
    I32,
    LLAMA,
    STR,
    U8,
    U32,
    U64,
    floats,
    gguf,
    header,
    info,
    key,
    padded,
    text,
)

PLAIN = gguf(LLAMA)
KEYS = b"".join(key(*each) for each in LLAMA)
FREQS = "rope_freqs.weight"


def with_key(data: bytes) -> bytes:
    """A file with one more key, written by hand."""
    return header(0, len(LLAMA) + 1) + KEYS + data


def with_infos(*infos: bytes, content: bytes = bytes(4096)) -> bytes:
    """A file with tensors listed by hand."""
    return padded(header(len(infos), len(LLAMA)) + KEYS + b"".join(infos)) + content


def started(count: int, kind: int = STR) -> bytes:
    """A key that is an array of so many elements, of which none follow."""
    return text("x.y") + struct.pack("<iiQ", ARR, kind, count)


# What llama.cpp 0c1e57098 refuses (each was given to its loader), what more there is to refuse, and what is said.
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", "is empty. Is the file cut off"),
    "cut in the header": (PLAIN[:6], "version: needs 4 bytes from byte 4 on, and the file ends at byte 6"),
    "cut in a key": (PLAIN[:60], "the file ends at byte 60"),
    "cut in the last value": (PLAIN[:-2], "llama.rope.freq_base: needs 4 bytes"),
    "a tensor announced, none there": (header(1, len(LLAMA)) + KEYS, "list of tensors: needs 24 bytes"),
    "2^60 keys": (header(0, 1 << 60) + KEYS, "number of keys: is said to hold 1152921504606846976 keys"),
    "-1 keys": (header(0, -1) + KEYS, "is said to hold -1 keys"),
    "keys that are not there": (header(0, 9999) + KEYS, "list of keys: needs 139986 bytes"),
    "2^60 tensors": (header(1 << 60, len(LLAMA)) + KEYS, "is said to hold 1152921504606846976 tensors"),
    "-1 tensors": (header(-1, len(LLAMA)) + KEYS, "is said to hold -1 tensors"),
    "a text of 2^62 bytes": (with_key(text("x.y") + struct.pack("<iQ", STR, 1 << 62)), "x.y: needs 46116860184273"),
    "a key of 2^62 bytes": (with_key(struct.pack("<Q", 1 << 62) + bytes(20)), "key 8: is said to have 46116860184"),
    "an array of 2^60": (with_key(started(1 << 60, I32) + bytes(64)), "x.y: needs 4611686018427387904 bytes"),
    "an array of 2^62 texts": (with_key(started(1 << 62) + bytes(64)), "x.y: needs 36893488147419103232 bytes"),
    "an array of arrays": (with_key(started(1, ARR) + bytes(64)), "x.y: is an array of type 9, expected numbers"),
    "a type 99": (with_key(text("x.y") + struct.pack("<iQ", 99, 0)), "x.y: has type 99, expected 0 to 12"),
    "a type -1": (with_key(text("x.y") + struct.pack("<iQ", -1, 0)), "x.y: has type -1, expected 0 to 12"),
    "an array of type 99": (with_key(started(1, 99) + bytes(64)), "x.y: is an array of type 99"),
    "magic GGML": (b"GGML" + PLAIN[4:], "starts with b'GGML', expected b'GGUF'"),
    "magic in lower case": (b"gguf" + PLAIN[4:], "starts with b'gguf'"),
    "a file from before GGUF": (b"tjgg" + PLAIN[4:], "is a GGJT file, which came before GGUF. Convert"),
    "version 0": (header(0, 0, 0), "version: is GGUF version 0, expected 2 or 3"),
    "version 1": (header(0, 0, 1), "is GGUF version 1, which llama.cpp does not read either. Convert the model again"),
    "version 4": (header(0, len(LLAMA), 4) + KEYS, "is GGUF version 4, expected 2 or 3"),
    "big-endian": (header(0, 0, 3, order=">"), "is big-endian"),
    "big-endian, turned magic": (header(0, 0, 3, b"FUGG", ">"), "big-endian order"),
    "a key twice": (with_key(key("llama.rope.freq_base", F32, 5e5)), "llama.rope.freq_base: stands twice in the file"),
    "the architecture twice": (with_key(key("general.architecture", STR, "llama")), "stands twice"),
    "an empty key": (with_key(key("", U32, 1)), "key 8: is empty"),
    "a key that is no text": (with_key(key(b"\xff\xfe", U32, 1)), "key 8: is not UTF-8 text"),
    "the architecture as u32": (gguf([("general.architecture", U32, 1)]), "general.architecture: is of type u32"),
    "the architecture as texts": (gguf([("general.architecture", ARR, (STR, ["a"]))]), "general.architecture: is of"),
    "no architecture": (gguf([("general.name", STR, "x")]), "general.architecture: is not there"),
    "alignment 0": (with_key(key("general.alignment", U32, 0)), "general.alignment: is 0, expected a power of two"),
    "alignment 7": (with_key(key("general.alignment", U32, 7)), "general.alignment: is 7, expected a power of two"),
    "alignment as u64": (with_key(key("general.alignment", U64, 32)), "general.alignment: is of type u64, expected"),
    "alignment as a list": (with_key(key("general.alignment", ARR, (U32, [32]))), "general.alignment: is of type u32"),
    "a text within texts past the end": (with_key(started(2) + text("a") + struct.pack("<Q", 1 << 40)),
                                         "x.y: needs 1099511627776 bytes"),
    "texts past the end": (with_key(started(3) + text("a" * 30)), "x.y: needs 8 bytes"),
    "short arrays without end": (gguf([*LLAMA, *((f"x.{i}", ARR, (U8, [0] * 8192)) for i in range(70))]),
                                 f"makes the keys larger than {MAX_KEPT} bytes"),
    "a tensor twice": (with_infos(info("x", [1], 0, 0), info("x", [1], 0, 32)), "x: stands twice in the list"),
    "a name of 64 bytes": (with_infos(info("x" * 64, [1], 0, 0)), "name of tensor 0: is said to have 64 bytes"),
    "five dimensions": (with_infos(info("x", [1] * 5, 0, 0)), "x: has 5 dimensions, expected at most 4"),
    "a dimension below 0": (with_infos(info("x", [4, -1], 0, 0)), "x: has the impossible shape (4, -1)"),
    "more numbers than there are": (with_infos(info("x", [1 << 40, 1 << 40], 0, 0)), "x: has the impossible shape"),
    "a type of tensors 1024": (with_infos(info("x", [1], 1024, 0)), "x: has type 1024, expected 0 to 1023"),
    "a type of tensors -1": (with_infos(info("x", [1], -1, 0)), "x: has type -1, expected 0 to 1023"),
    "part of a block": (with_infos(info("x", [255], 12, 0)), "x: has rows of 255 numbers, expected a multiple of 256"),
    "a place past the end": (with_infos(info(FREQS, [4], 0, 1 << 40)), f"{FREQS}: is said to be at 1099511627776, "
                             "expected 0"),
    "a place of another tensor": (with_infos(info("x", [64], 0, 0), info(FREQS, [4], 0, 0)),
                                  f"{FREQS}: is said to be at 0, expected 256"),
    "a place that is not aligned": (with_infos(info("x", [4], 0, 0), info(FREQS, [4], 0, 16)), "expected 32"),
    "a place before a type not known": (with_infos(info("x", [4], 0, 0), info("y", [4], 99, 32),
                                                   info(FREQS, [4], 0, 0)), f"{FREQS}: is said to be at 0"),
    "a factor that is no number": (gguf(LLAMA, [(FREQS, [2], 0, floats(1, float("nan")))]),
                                   f"{FREQS}: holds nan as its number 1, expected numbers"),
    "an infinite factor": (gguf(LLAMA, [(FREQS, [1], 0, floats(float("-inf")))]), f"{FREQS}: holds -inf as its number"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_told(data: bytes, message: str, tmp_path: Path) -> None:
    """One error with the file and what is wrong in it, and little memory before it."""
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read_gguf(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert peak < 8 << 20


# Files of 64 GB, nearly all of it a hole: what is written at their start, and what is said.
SPARSE: dict[str, tuple[bytes, str]] = {
    "texts without end": (with_key(started(1 << 23)), f"x.y: lists more than {MAX_TEXTS} texts"),
    "a long text": (with_key(text("x.y") + struct.pack("<iQ", STR, 1 << 35)), f"beyond the first {MAX_HEADER} bytes"),
    "long numbers": (with_key(started(1 << 33, F32)), f"beyond the first {MAX_HEADER} bytes"),
    "a long text within texts": (with_key(started(2) + struct.pack("<Q", 1 << 35)), f"beyond the first {MAX_HEADER}"),
    "tensors without end": (header(1 << 30, len(LLAMA)) + KEYS, f"expected at most {MAX_TENSORS}"),
    "keys without a name": (header(0, 1 << 14) + KEYS, "key 8: is empty"),
}


@pytest.mark.parametrize(("data", "message"), SPARSE.values(), ids=SPARSE)
def test_a_large_file_does_not_help_a_lie(data: bytes, message: str, tmp_path: Path) -> None:
    """Counts that the file's size allows are bounded by themselves."""
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with path.open("r+b") as stream:
        stream.truncate(1 << 36)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read_gguf(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message in str(caught.value)
    assert peak < 4 << 20


WHOLE = gguf([*LLAMA, ("x.y", ARR, (STR, ["a", "bc"])), ("x.z", ARR, (I32, [1, 2]))],
             [("output.bias", [8], 0, floats(*range(8))), (FREQS, [4], 0, floats(1, 2, 4, 8))])
LISTED = len(WHOLE) - 64   # where the tensors' numbers begin
ENTRIES = WHOLE.index(FREQS.encode()) + len(FREQS) + 4 + 8 + 4 + 8   # where the list of tensors ends


def test_a_file_cut_anywhere_in_its_lists_is_refused(tmp_path: Path) -> None:
    """Within the keys and the list of tensors."""
    path = tmp_path / "model.gguf"
    for length in range(ENTRIES):
        path.write_bytes(WHOLE[:length])
        with pytest.raises(InputError, match=r"model\.gguf"):
            read_gguf(path)


def test_a_file_cut_after_its_lists_is_told(tmp_path: Path) -> None:
    """After the list of tensors the keys are whole: which numbers are missing is told."""
    path = tmp_path / "model.gguf"
    for length in range(ENTRIES, LISTED + 48):
        path.write_bytes(WHOLE[:length])
        found = read_gguf(path)
        assert (found.tensors or {})[FREQS].values is None
        assert [finding.partition(":")[0] for finding in found.findings] == ["the file is cut off", FREQS]
    path.write_bytes(WHOLE[:LISTED + 48])
    found = read_gguf(path)
    assert (found.tensors or {})[FREQS].values == (1, 2, 4, 8)
    assert found.findings == ()


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size was larger when it was asked for."""
    path = tmp_path / "model.gguf"
    path.write_bytes(PLAIN[:-2])
    monkeypatch.setattr("prover.sources.gguf_bytes.os.fstat", lambda _: SimpleNamespace(st_size=1 << 20))
    with pytest.raises(InputError, match=r"llama.rope.freq_base: the file ends before its 4 bytes: did it change"):
        read_gguf(path)


def test_changed_bytes_are_read_or_refused(tmp_path: Path) -> None:
    """Bytes changed at random raise nothing but the error for input."""
    chance = random.Random(7)
    path = tmp_path / "model.gguf"
    outcomes = set()
    for _ in range(800):
        data = bytearray(WHOLE)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        path.write_bytes(data)
        try:
            read_gguf(path)
            outcomes.add("read")
        except InputError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
