"""A GGUF file: what is read of its header, exactly, and that nothing else is read."""

from __future__ import annotations

import struct
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InputError
from prover.sources.gguf import read_metadata
from prover.sources.gguf_file import MAX_NUMBERS, MAX_TEXT, is_gguf, read_gguf
from prover.sources.metadata import UNTOLD, Metadata, Stored, Tensor
from sources.gguf_writer import (
    ARR,
    BOOL,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    LLAMA,
    STR,
    U8,
    U16,
    U32,
    U64,
    Key,
    floats,
    gguf,
    header,
    info,
    key,
    padded,
)

FREQS = "rope_freqs.weight"


def read(tmp_path: Path, data: bytes, name: str = "model.gguf") -> Metadata:
    """What is read of a file of these bytes."""
    path = tmp_path / name
    path.write_bytes(data)
    return read_gguf(path)


# A type, what is written, and what is read: the ends of each type's range, and floats as the numbers that they are.
VALUES: list[tuple[int, Any, Stored]] = [
    (U8, 255, Stored("u8", 255)), (I8, -128, Stored("i8", -128)), (U16, 65535, Stored("u16", 65535)),
    (I16, -32768, Stored("i16", -32768)), (U32, 2**32 - 1, Stored("u32", 2**32 - 1)),
    (I32, -(2**31), Stored("i32", -(2**31))), (U64, 2**64 - 1, Stored("u64", 2**64 - 1)),
    (I64, -(2**63), Stored("i64", -(2**63))), (BOOL, True, Stored("bool", True)), (BOOL, False, Stored("bool", False)),
    (F32, 0.1, Stored("f32", Fraction(13421773, 2**27))), (F32, 999999.4375, Stored("f32", Fraction(15999991, 16))),
    (F32, 2.0**-149, Stored("f32", Fraction(1, 2**149))), (F32, -0.0, Stored("f32", Fraction(0))),
    (F64, 0.1, Stored("f64", Fraction(3602879701896397, 2**55))), (STR, "yarn", Stored("str", "yarn")),
    (STR, "", Stored("str", "")), (STR, "ä", Stored("str", "ä")), (STR, "nan", Stored("str", "nan")),
    (F32, float("nan"), Stored("f32", "nan")), (F64, float("-inf"), Stored("f64", "-inf")),
    (ARR, (I32, [24, 20, 20, 0]), Stored("i32", (24, 20, 20, 0))), (ARR, (BOOL, [True, False]),
                                                                  Stored("bool", (True, False))),
    (ARR, (F32, [0.5, float("inf")]), Stored("f32", (Fraction(1, 2), "inf"))), (ARR, (U32, []), Stored("u32", ())),
    (ARR, (STR, ["a", "", "ä"]), Stored("str", (), 3)),
    (ARR, (U8, [7] * (MAX_NUMBERS + 1)), Stored("u8", (), MAX_NUMBERS + 1)),
    (STR, "x" * (MAX_TEXT + 1), Stored("str", "x" * MAX_TEXT, UNTOLD)),
]


@pytest.mark.parametrize(("kind", "written", "stored"), VALUES, ids=lambda each: str(each)[:40])
def test_every_type_is_read_exactly(kind: int, written: Any, stored: Stored, tmp_path: Path) -> None:
    """Each type of GGUF, alone and with another key after it."""
    found = read(tmp_path, gguf([*LLAMA, ("x.y", kind, written), ("x.z", U8, 3)]))
    assert found.keys["x.y"] == stored
    assert found.keys["x.z"] == Stored("u8", 3)


def test_every_byte_but_0_is_true(tmp_path: Path) -> None:
    """llama.cpp takes any byte but 0 for true (gguf.cpp, `gguf_reader::read`)."""
    data = gguf([*LLAMA, ("x.y", BOOL, True)])
    assert read(tmp_path, data[:-1] + b"\x02").keys["x.y"] == Stored("bool", True)


@pytest.mark.parametrize("version", [2, 3])
def test_the_file_is_named_and_whole(version: int, tmp_path: Path) -> None:
    """Keys and tensors are all that the file holds; versions 2 and 3 look the same."""
    found = read(tmp_path, gguf(LLAMA, version=version))
    assert list(found.keys) == [name for name, _, _ in LLAMA]
    assert (found.tensors, found.has_all_keys, found.has_all_tensors, found.findings) == ({}, True, True, ())
    assert found.file == str(tmp_path / "model.gguf")


@pytest.mark.parametrize("alignment", [1, 8, 32, 4096])
def test_factors_are_read_where_they_lie(alignment: int, tmp_path: Path) -> None:
    """The numbers of RoPE's tensors, and only theirs, at their aligned places."""
    keys: list[Key] = [*LLAMA, ("general.alignment", U32, alignment)]
    found = read(tmp_path, gguf(keys, [
        ("token_embd.weight", [256, 5], 12, bytes(144 * 5)),
        ("rope_factors_long.weight", [3], 0, floats(1, 0.1, 64)),
        ("output.bias", [2], 1, bytes(4)),
        ("rope_factors_short.weight", [2, 1], 0, floats(1.25, 2)),
        (FREQS, [1], 0, floats(1e30)),
    ], alignment))
    assert found.tensors == {
        "token_embd.weight": Tensor((256, 5), "q4_k"),
        "rope_factors_long.weight": Tensor((3,), "f32", (Fraction(1), Fraction(13421773, 2**27), Fraction(64))),
        "output.bias": Tensor((2,), "f16"),
        "rope_factors_short.weight": Tensor((2, 1), "f32", (Fraction(5, 4), Fraction(2))),
        FREQS: Tensor((1,), "f32", (Fraction(*(struct.unpack("<f", floats(1e30))[0]).as_integer_ratio()),)),
    }
    assert found.findings == ()


@pytest.mark.parametrize(("shape", "kind", "content"), [
    ([4], 1, bytes(8)), ([], 0, bytes(4)), ([2, 2], 0, bytes(16)), ([0], 0, b""), ([1 << 16], 0, bytes(1 << 18)),
])
def test_factors_of_another_form_are_told(shape: list[int], kind: int, content: bytes, tmp_path: Path) -> None:
    """float16, two dimensions, none or too many numbers: not read, and told."""
    found = read(tmp_path, gguf(LLAMA, [(FREQS, shape, kind, content)]))
    assert found.tensors is not None
    assert found.tensors[FREQS].values is None
    assert [finding.split(",")[0] for finding in found.findings] == [f"{FREQS}: its numbers are not read"]


def test_types_of_tensors_that_are_not_known_are_told(tmp_path: Path) -> None:
    """A file of a fork with its own types of tensors is read all the same; places after them cannot be held."""
    data = header(2, len(LLAMA)) + b"".join(key(*each) for each in LLAMA)
    data += info("blk.0.attn_q.weight", [256], 137, 0) + info(FREQS, [2], 0, 64)
    found = read(tmp_path, padded(data) + bytes(64) + floats(1, 8))
    assert found.tensors == {"blk.0.attn_q.weight": Tensor((256,), "type 137"),
                             FREQS: Tensor((2,), "f32", (Fraction(1), Fraction(8)))}
    assert found.findings == ("types of tensors that llama.cpp does not read: type 137",)


def test_only_the_header_of_100_gigabytes_is_read(tmp_path: Path) -> None:
    """A sparse file of 100 GB with factors at its end: little memory, and the factors are there."""
    rows = (100 << 30) // 4 // 4096
    data = padded(header(2, len(LLAMA)) + b"".join(key(*each) for each in LLAMA)
                  + info("token_embd.weight", [4096, rows], 0, 0) + info(FREQS, [2], 0, 100 << 30))
    path = tmp_path / "large.gguf"
    path.write_bytes(data)
    with path.open("r+b") as stream:
        stream.seek(len(data) + (100 << 30))
        stream.write(floats(1, 8))
    tracemalloc.start()
    found = read_gguf(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.tensors is not None
    assert found.tensors[FREQS].values == (1, 8)
    assert path.stat().st_size > 100 << 30
    assert peak < 1 << 20


def test_a_vocabulary_is_skipped_with_little_memory(tmp_path: Path) -> None:
    """Twice 10 MB of texts, and scores, between the keys: never more than 4 MiB in memory."""
    count = 1 << 15
    tokens = struct.pack("<iiQ", ARR, STR, count) + b"".join(
        struct.pack("<Q", size % 700) + bytes(size % 700) for size in range(count))
    scores = struct.pack("<iiQ", ARR, F32, 1 << 20) + bytes(4 << 20)
    path = tmp_path / "model.gguf"
    path.write_bytes(header(0, 5) + key("general.architecture", STR, "llama") + struct.pack("<Q", 3) + b"x.t" + tokens
                     + struct.pack("<Q", 3) + b"x.s" + scores + struct.pack("<Q", 3) + b"x.m" + tokens
                     + key("llama.rope.freq_base", F32, 5e5))
    tracemalloc.start()
    found = read_gguf(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.keys == {
        "general.architecture": Stored("str", "llama"), "x.t": Stored("str", (), count),
        "x.s": Stored("f32", (), 1 << 20), "x.m": Stored("str", (), count),
        "llama.rope.freq_base": Stored("f32", Fraction(500000)),
    }
    assert peak < 4 << 20


def test_a_number_that_is_none_is_told(tmp_path: Path) -> None:
    """NaN as a base is never a number, and told."""
    found = read(tmp_path, gguf([*LLAMA, ("llama.rope.freq_base_swa", F32, float("nan"))]))
    assert found.findings == ("llama.rope.freq_base_swa is nan, which is no number",)


SPLIT: list[Key] = [*LLAMA, ("split.no", U16, 0), ("split.count", U16, 3), ("split.tensors.count", I32, 3)]


def part(number: int, *tensors: str) -> bytes:
    """A part of a split file as gguf-split writes it: only the first has the model's keys."""
    keys = [("split.no", U16, number), *SPLIT[-2:]]
    return gguf([*LLAMA, *keys] if number == 0 else keys, [(name, [2], 0, floats(1, 2)) for name in tensors])


def test_a_split_file_is_read_from_its_first_part(tmp_path: Path) -> None:
    """Tensors of all parts beside it, the factors in the last one."""
    for number, tensors in enumerate([[], ["output.bias", "x"], [FREQS]], 1):
        (tmp_path / f"m-0000{number}-of-00003.gguf").write_bytes(part(number - 1, *tensors))
    found = read_gguf(tmp_path / "m-00001-of-00003.gguf")
    assert found.tensors is not None
    assert list(found.tensors) == ["output.bias", "x", FREQS]
    assert found.tensors[FREQS].values == (1, 2)
    assert (found.has_all_tensors, found.findings) == (True, ())


def test_missing_parts_are_told(tmp_path: Path) -> None:
    """Without the last part it is not known which tensors there are."""
    for number, tensors in enumerate([[], ["output.bias"]], 1):
        (tmp_path / f"m-0000{number}-of-00003.gguf").write_bytes(part(number - 1, *tensors))
    found = read_gguf(tmp_path / "m-00001-of-00003.gguf")
    assert (list(found.tensors or {}), found.has_all_tensors) == (["output.bias"], False)
    assert found.findings == (
        "m-00003-of-00003.gguf is not beside the first part: which tensors it and later ones hold is not known",)
    renamed = read(tmp_path, part(0), "renamed.gguf")
    assert (renamed.has_all_tensors, len(renamed.findings)) == (False, 1)


@pytest.mark.parametrize(("parts", "message"), [
    ([part(0), part(1, "x"), part(1, "y")], "m-00003-of-00003.gguf, split.no: is 1, expected 2 by the file's name"),
    ([part(0, "x"), part(1, "x"), part(2)], "m-00002-of-00003.gguf, x: stands in two parts of the file"),
    ([part(0), part(1), part(2)], "m-00001-of-00003.gguf, split.tensors.count: is 3, but the parts list 0 tensors"),
])
def test_parts_that_do_not_fit_are_refused(parts: list[bytes], message: str, tmp_path: Path) -> None:
    """As llama.cpp does: numbers of parts, names of tensors, and their count (llama-model-loader.cpp)."""
    for number, data in enumerate(parts, 1):
        (tmp_path / f"m-0000{number}-of-00003.gguf").write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_gguf(tmp_path / "m-00001-of-00003.gguf")
    assert message in str(caught.value)


def test_a_later_part_says_which_file_to_give(tmp_path: Path) -> None:
    """The keys are in the first part."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, part(1), "m-00002-of-00003.gguf")
    assert str(caught.value) == (
        f"{tmp_path / 'm-00002-of-00003.gguf'}: is part 2 of 3 of a split file, whose keys are in the first part. "
        "Give m-00001-of-00003.gguf"
    )


def test_the_kind_of_file_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    """Whatever the file is called; a link to a regular file is followed."""
    path = tmp_path / "blob"
    path.write_bytes(gguf(LLAMA))
    link = tmp_path / "link"
    link.symlink_to(path)
    other = tmp_path / "text"
    other.write_text("gguf")
    assert [is_gguf(each) for each in (path, link, other)] == [True, True, False]
    assert read_metadata(link).keys == read_gguf(path).keys


@pytest.mark.parametrize("name", ["/dev/null", "/dev/zero", "fifo", "folder", "absent", "loop", "no\0name"])
def test_what_is_no_regular_file_is_refused(name: str, tmp_path: Path) -> None:
    """Devices, pipes, folders, links in a circle: refused before anything is opened."""
    import os
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for reader in (read_gguf, read_metadata, is_gguf):
        with pytest.raises(InputError):
            reader(tmp_path / name)
