"""Copies of GGUF files with a tensor put in, read back by our own reader and by gguf-py."""

from __future__ import annotations

import os
import random
import tracemalloc
from fractions import Fraction
from pathlib import Path

import pytest

from prover.errors import InputError
from prover.sources.gguf_file import read_gguf
from prover.weights.stored import gguf_writer
from prover.weights.stored.gguf_writer import write_with_tensor
from sources.gguf_writer import ARR, LLAMA, STR, U32, Tensor, floats, gguf, header, info, key, padded

FREQS = "rope_freqs.weight"
FACTORS = (Fraction(1), Fraction(3, 2), Fraction(8))
Q = ("blk.0.attn_q.weight", [32, 3], 8, bytes(range(102)))        # Q8_0, three rows of 34 bytes
NORM = ("output_norm.weight", [5], 0, floats(1, 2, 3, 4, 5))
TOKENS = ("tokenizer.ggml.tokens", ARR, (STR, ["a", "bc", "Ġ"] * 500))


def _file(path: Path, *tensors: Tensor, alignment: int = 32, version: int = 3) -> Path:
    keys = [*LLAMA, TOKENS, *([("general.alignment", U32, alignment)] if alignment != 32 else [])]
    path.write_bytes(gguf(keys, tensors, alignment, version))
    return path


@pytest.mark.parametrize("alignment", [8, 32, 256])
@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("tensors", [(Q, NORM), (NORM, Q), (Q,), ()], ids=["two", "turned", "one", "none"])
def test_the_copy_is_the_file_with_one_tensor_more(
    tensors: tuple[Tensor, ...], alignment: int, version: int, tmp_path: Path
) -> None:
    """Byte for byte what a writer makes that was given the tensor in the first place."""
    source = _file(tmp_path / "in.gguf", *tensors, alignment=alignment, version=version)
    before = source.read_bytes()
    made = write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS)
    expected = _file(tmp_path / "expected.gguf", *tensors, (FREQS, [3], 0, floats(1, 1.5, 8)), alignment=alignment,
                     version=version)
    assert expected.read_bytes() == (tmp_path / "out.gguf").read_bytes()
    assert (False, len(expected.read_bytes()) - len(before)) == (made.replaced, made.added)
    assert before == source.read_bytes()


@pytest.mark.parametrize("old", [floats(1, 1, 1), floats(*[1] * 64), floats(2)], ids=["as many", "more", "fewer"])
def test_a_tensor_of_that_name_is_replaced(old: bytes, tmp_path: Path) -> None:
    """In its place in the list, whatever its length was; what lies behind it moves."""
    source = _file(tmp_path / "in.gguf", NORM, (FREQS, [len(old) // 4], 0, old), Q)
    made = write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS)
    expected = _file(tmp_path / "expected.gguf", NORM, (FREQS, [3], 0, floats(1, 1.5, 8)), Q)
    assert expected.read_bytes() == (tmp_path / "out.gguf").read_bytes()
    assert made.replaced


def test_our_reader_finds_it(tmp_path: Path) -> None:
    """The numbers are those that were put in."""
    write_with_tensor(_file(tmp_path / "in.gguf", Q), tmp_path / "out.gguf", FREQS, FACTORS)
    assert FACTORS == (read_gguf(tmp_path / "out.gguf").tensors or {})[FREQS].values


def test_gguf_py_reads_it(tmp_path: Path) -> None:
    """llama.cpp's own Python reader finds the same keys and tensors, and the new one."""
    package = pytest.importorskip("gguf")
    source = _file(tmp_path / "in.gguf", Q, NORM, alignment=64)
    write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS)
    before, after = package.GGUFReader(source), package.GGUFReader(tmp_path / "out.gguf")
    assert list(before.fields) == list(after.fields)
    for name in before.fields:
        if not name.startswith("GGUF."):
            assert [part.tobytes() for part in before.fields[name].parts] == [
                part.tobytes() for part in after.fields[name].parts]
    old = {each.name: (each.tensor_type, each.shape.tolist(), each.data.tobytes()) for each in before.tensors}
    new = {each.name: (each.tensor_type, each.shape.tolist(), each.data.tobytes()) for each in after.tensors}
    assert {**old, FREQS: (package.GGMLQuantizationType.F32, [3], floats(1, 1.5, 8))} == new


def test_a_file_that_gguf_py_wrote(tmp_path: Path) -> None:
    """Its own padding and order are kept."""
    package = pytest.importorskip("gguf")
    numpy = pytest.importorskip("numpy")
    writer = package.GGUFWriter(tmp_path / "in.gguf", "llama")
    writer.add_block_count(2)
    writer.add_token_list(["a", "b"])
    writer.add_tensor("output_norm.weight", numpy.arange(5, dtype=numpy.float32))
    writer.add_tensor("blk.0.attn_q.weight", numpy.arange(70, dtype=numpy.float16).reshape(7, 10))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    write_with_tensor(tmp_path / "in.gguf", tmp_path / "out.gguf", FREQS, FACTORS)
    found = {each.name: each.data for each in package.GGUFReader(tmp_path / "out.gguf").tensors}
    assert list(range(5)) == found["output_norm.weight"].tolist()
    assert list(range(70)) == found["blk.0.attn_q.weight"].ravel().tolist()
    assert [1, 1.5, 8] == found[FREQS].tolist()


def test_memory_stays_small(tmp_path: Path) -> None:
    """A tensor of 128 MB, a hole, is copied a piece at a time."""
    source = tmp_path / "in.gguf"
    data = padded(header(1, len(LLAMA)) + b"".join(key(*each) for each in LLAMA) + info("x", [1 << 25], 0, 0))
    with source.open("wb") as stream:
        stream.write(data)
        stream.truncate(len(data) + (1 << 27))
    tracemalloc.start()
    write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


WHOLE = gguf(LLAMA, [NORM])
REFUSED = {
    "cut off in a tensor": (WHOLE[:-20], "is cut off"),
    "cut off in the keys": (WHOLE[:100], "ends at byte 100"),
    "a type that is not known": (gguf(LLAMA, [("x", [4], 99, bytes(32))]), "is of type 99, whose size is not known"),
    "a size of 2^63": (padded(header(1, len(LLAMA)) + b"".join(key(*each) for each in LLAMA)
                              + info("x", [1 << 62, 2], 0, 0)), "has the impossible shape"),
    "tensors that overlap": (padded(header(2, len(LLAMA)) + b"".join(key(*each) for each in LLAMA)
                                    + info("x", [64], 0, 0) + info("y", [64], 0, 0)) + bytes(512),
                             "is said to be at 0, expected 256"),
    "keys without end": (header(0, 1 << 60), "is said to hold 1152921504606846976 keys"),
    "one part of two": (gguf([*LLAMA, ("split.count", U32, 2)], [NORM]), "is one of 2 parts of a split file"),
    "an alignment of 2^31": (gguf([*LLAMA, ("general.alignment", U32, 1 << 31)]), "is 2147483648, expected at most"),
    "no GGUF file": (b"{}" * 100, "starts with b'{}{}', expected b'GGUF'"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_copied_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    """With what is wrong, and nothing is left behind."""
    (tmp_path / "in.gguf").write_bytes(data)
    with pytest.raises(InputError) as caught:
        write_with_tensor(tmp_path / "in.gguf", tmp_path / "out.gguf", FREQS, FACTORS)
    assert message in str(caught.value)
    assert ["in.gguf"] == os.listdir(tmp_path)


def test_files_with_a_broken_byte(tmp_path: Path) -> None:
    """Refused with nothing left behind, or copied: keys and other tensors are then what is in the file."""
    whole = gguf([*LLAMA, TOKENS], [Q, (FREQS, [2], 0, floats(1, 2)), NORM])
    start, generator = len(whole) - 3 * 32 - 128, random.Random(12)
    source, target = tmp_path / "in.gguf", tmp_path / "out.gguf"
    copied = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 2))):
            data[generator.randrange(start)] = generator.randrange(256)
        source.write_bytes(data)
        try:
            write_with_tensor(source, target, FREQS, FACTORS)
        except InputError:
            assert ["in.gguf"] == os.listdir(tmp_path)
            continue
        copied += 1
        before, after = read_gguf(source), read_gguf(target)
        assert before.keys == after.keys
        assert {**(before.tensors or {}), FREQS: (after.tensors or {})[FREQS]} == after.tensors
        assert FACTORS == (after.tensors or {})[FREQS].values
        target.unlink()
    assert 0 < copied < 400


def test_the_file_itself_is_refused(tmp_path: Path) -> None:
    """By its own name, through a link of either kind."""
    source = _file(tmp_path / "in.gguf", NORM)
    (tmp_path / "soft.gguf").symlink_to(source)
    os.link(source, tmp_path / "hard.gguf")
    for name in ("in.gguf", "soft.gguf", "hard.gguf"):
        with pytest.raises(InputError, match="is the file itself, which is never changed"):
            write_with_tensor(source, tmp_path / name, FREQS, FACTORS)


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    """Nor a folder, nor a link that leads nowhere."""
    source = _file(tmp_path / "in.gguf", NORM)
    (tmp_path / "out.gguf").write_bytes(b"precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("out.gguf", "folder", "dangling"):
        told = f"symbolic link to {tmp_path / 'nowhere'}, where there" if name == "dangling" else "is there already"
        with pytest.raises(InputError, match=told):
            write_with_tensor(source, tmp_path / name, FREQS, FACTORS)
    assert b"precious" == (tmp_path / "out.gguf").read_bytes()
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Is told, and is not made."""
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        write_with_tensor(_file(tmp_path / "in.gguf", NORM), tmp_path / "no" / "out.gguf", FREQS, FACTORS)


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun under a temporary name is gone."""
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    source = _file(tmp_path / "in.gguf", NORM)
    monkeypatch.setattr(gguf_writer, "_fill", full)
    with pytest.raises(InputError, match=r"out\.gguf: cannot be written: No space left on device"):
        write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS)
    assert ["in.gguf"] == os.listdir(tmp_path)


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle of the tensors."""
    def interrupted(names: object) -> object:
        raise KeyboardInterrupt

    source = _file(tmp_path / "in.gguf", NORM)
    with pytest.raises(KeyboardInterrupt):
        write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS, interrupted)  # type: ignore[arg-type]
    assert ["in.gguf"] == os.listdir(tmp_path)


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    """It is longer after the copy than it was before."""
    source = _file(tmp_path / "in.gguf", NORM)

    def changing(names: list[str]) -> list[str]:
        with source.open("ab") as stream:
            stream.write(b"x")
        return names

    with pytest.raises(InputError, match="changed while it was copied"):
        write_with_tensor(source, tmp_path / "out.gguf", FREQS, FACTORS, changing)  # type: ignore[arg-type]
    assert ["in.gguf"] == os.listdir(tmp_path)


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    """Another program made a file of the target's name while the copy was made."""
    def other(names: list[str]) -> list[str]:
        (tmp_path / "out.gguf").write_bytes(b"precious")
        return names

    with pytest.raises(InputError, match="was made by another program meanwhile"):
        write_with_tensor(_file(tmp_path / "in.gguf", NORM), tmp_path / "out.gguf", FREQS, FACTORS,
                          other)  # type: ignore[arg-type]
    assert b"precious" == (tmp_path / "out.gguf").read_bytes()
