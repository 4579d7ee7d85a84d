"""Tensors of GGUF files: their places, their shapes with rows first, parts of split files, and cut ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.errors import InputError
from prover.weights.stored.checkpoint import open_checkpoint
from prover.weights.stored.gguf_checkpoint import by_importance
from prover.weights.stored.tensors import Checkpoint, Format, Tensor
from prover.weights.stored.values import open_rows
from sources.gguf_writer import LLAMA, STR, U16, U32, U64, Key, floats, gguf

F32, Q4_K, Q8_0 = 0, 12, 8
Q = bytes(range(102))
PARTS = ("m-00001-of-00002.gguf", "m-00002-of-00002.gguf")


def contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The bytes of each tensor, at the place where it is said to be."""
    return {name: open_rows(tensor, 1).tobytes() for name, tensor in checkpoint.tensors.items()}


def test_a_file(tmp_path: Path) -> None:
    """A quantised tensor of 3 rows of 32 numbers, which the file calls 32 by 3; and one of float32 behind it."""
    file = tmp_path / "model.gguf"
    file.write_bytes(gguf(LLAMA, [("q", [32, 3], Q8_0, Q), ("n", [4], F32, floats(1, 2, 3, 4))]))
    start = file.stat().st_size - 128 - 32
    q = Tensor("q", "Q8_0", (3, 32), file, start, 102)
    n = Tensor("n", "F32", (4,), file, start + 128, 16)
    found = open_checkpoint(file)
    assert found == Checkpoint(file, Format.GGUF, (file,), {"n": n, "q": q}, file)
    assert contents(found) == {"q": Q, "n": floats(1, 2, 3, 4)}
    assert open_rows(q, 3)[2].tobytes() == Q[68:]
    assert open_checkpoint(tmp_path).tensors == found.tensors


def test_an_alignment_of_its_own(tmp_path: Path) -> None:
    """general.alignment moves the tensors."""
    file = tmp_path / "model.gguf"
    keys: list[Key] = [*LLAMA, ("general.alignment", U32, 256)]
    file.write_bytes(gguf(keys, [("a", [1], F32, floats(7)), ("b", [2, 2], F32, floats(1, 2, 3, 4))], 256))
    found = open_checkpoint(file)
    assert [each.offset % 256 for each in found.tensors.values()] == [0, 0]
    assert contents(found) == {"a": floats(7), "b": floats(1, 2, 3, 4)}


def write_parts(folder: Path, second: bytes | None = None) -> None:
    """A split file: q in the first part, k in the second."""
    def keys(part: int) -> list[Key]:
        told: list[Key] = [("split.no", U16, part), ("split.count", U16, 2)]
        return [*LLAMA, *told] if part == 0 else told

    (folder / PARTS[0]).write_bytes(gguf(keys(0), [("q", [32, 3], Q8_0, Q)]))
    right = gguf(keys(1), [("k", [2, 1], F32, floats(5, 6))])
    (folder / PARTS[1]).write_bytes(right if second is None else second)


def test_a_split_file(tmp_path: Path) -> None:
    """Tensors of both parts, whether the first part or the folder is given."""
    write_parts(tmp_path)
    for path in (tmp_path, tmp_path / PARTS[0]):
        found = open_checkpoint(path)
        assert [each.name for each in found.files] == list(PARTS)
        assert contents(found) == {"q": Q, "k": floats(5, 6)}
        assert found.tensors["k"].file == tmp_path / PARTS[1]
        assert found.config == tmp_path / PARTS[0]


def test_parts_that_are_missing(tmp_path: Path) -> None:
    """The second part alone, the first alone, and a first part under another name."""
    write_parts(tmp_path)
    with pytest.raises(InputError, match="is part 2 of 2 of a split file"):
        open_checkpoint(tmp_path / PARTS[1])
    (tmp_path / "other.gguf").write_bytes((tmp_path / PARTS[0]).read_bytes())
    with pytest.raises(InputError, match=r"is not named as a part is.*Put all parts beside the first"):
        open_checkpoint(tmp_path / "other.gguf")
    (tmp_path / PARTS[1]).unlink()
    with pytest.raises(InputError, match=f"{PARTS[1]} is not beside the first part"):
        open_checkpoint(tmp_path / PARTS[0])


def test_a_file_of_very_many_parts(tmp_path: Path) -> None:
    """A count that no split has is refused before names are made of it."""
    file = tmp_path / PARTS[0]
    file.write_bytes(gguf([*LLAMA, ("split.no", U64, 0), ("split.count", U64, 2**60)], [("q", [32, 3], Q8_0, Q)]))
    with pytest.raises(InputError, match=rf"{PARTS[0]}: split\.count is {2**60}"):
        open_checkpoint(file)


def test_cut_files(tmp_path: Path) -> None:
    """A file that ends anywhere before its last tensor does is refused; padding behind may be missing."""
    whole = gguf(LLAMA, [("q", [32, 3], Q8_0, Q), ("n", [4], F32, floats(1, 2, 3, 4))])
    file = tmp_path / "model.gguf"
    ends = len(whole) - 16
    file.write_bytes(whole[:ends])
    assert len(open_checkpoint(file).tensors) == 2
    for length in (*range(0, ends - 40, 7), *range(ends - 40, ends)):
        file.write_bytes(whole[:length])
        with pytest.raises(InputError):
            open_checkpoint(file)
    with pytest.raises(InputError, match=r"n: ends at byte \d+, and the file at byte \d+\. Is the file cut off"):
        open_checkpoint(file)


def test_a_cut_part(tmp_path: Path) -> None:
    """The second part ends before its tensor does."""
    write_parts(tmp_path)
    right = (tmp_path / PARTS[1]).read_bytes()
    write_parts(tmp_path, right[:-25])
    with pytest.raises(InputError, match=rf"{PARTS[1]}, k: ends at byte"):
        open_checkpoint(tmp_path)


def test_types_that_llama_cpp_does_not_read(tmp_path: Path) -> None:
    """How large a row is is not known."""
    file = tmp_path / "model.gguf"
    file.write_bytes(gguf(LLAMA, [("q", [32, 3], 137, Q)]))
    with pytest.raises(InputError, match=r"q: is of type 137, which llama\.cpp does not read"):
        open_checkpoint(file)


def test_a_file_quantised_by_importance(tmp_path: Path) -> None:
    """llama-quantize leaves the name of the matrix."""
    file = tmp_path / "model.gguf"
    file.write_bytes(gguf(LLAMA))
    assert not by_importance(file)
    file.write_bytes(gguf([*LLAMA, ("quantize.imatrix.file", STR, "imatrix.gguf")]))
    assert by_importance(file)


def test_no_tensors(tmp_path: Path) -> None:
    """A file of keys alone, as vocabularies are shared."""
    file = tmp_path / "model.gguf"
    file.write_bytes(gguf(LLAMA))
    with pytest.raises(InputError, match=r"model\.gguf: holds no tensors"):
        open_checkpoint(file)


def test_a_gguf_file_by_any_name(tmp_path: Path) -> None:
    """Told by its first bytes, as Ollama's files of digits are."""
    file = tmp_path / "sha256-0123"
    file.write_bytes(gguf(LLAMA, [("n", [1], F32, floats(7))]))
    assert contents(open_checkpoint(file)) == {"n": floats(7)}
