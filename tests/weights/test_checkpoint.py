"""Checkpoints: which files are meant, which tensors they hold and where, and what is refused."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InputError
from prover.weights.stored.checkpoint import adapter_config, open_checkpoint, other_weights
from prover.weights.stored.tensors import Checkpoint, Format, Tensor
from prover.weights.stored.torch_file import MAX_PICKLE
from prover.weights.stored.values import open_rows
from weights.checkpoint_files import Content, safetensors, write_sharded

Q: Content = ("F32", [2, 2], bytes(range(16)))
K: Content = ("BF16", [1, 2], b"abcd")
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"
SHARDS = {SECOND: {"q": Q}, FIRST: {"k": K}}


def contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The bytes of each tensor, at the place where it is said to be."""
    return {name: open_rows(tensor, 1).tobytes() for name, tensor in checkpoint.tensors.items()}


def write(folder: Path, **files: bytes) -> Path:
    """A folder with files; __ in a name stands for a dot."""
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def test_a_folder_with_one_file(tmp_path: Path) -> None:
    """model.safetensors with its config.json: tensors with their places, by name."""
    file, config = tmp_path / "model.safetensors", tmp_path / "config.json"
    file.write_bytes(safetensors({"q": Q, "k": K}, {"format": "pt"}))
    config.write_text("{}")
    found = open_checkpoint(tmp_path)
    start = file.stat().st_size - 20
    q = Tensor("q", "F32", (2, 2), file, start, 16)
    k = Tensor("k", "BF16", (1, 2), file, start + 16, 4)
    assert found == Checkpoint(tmp_path, Format.SAFETENSORS, (file,), {"k": k, "q": q}, config)
    assert list(found.tensors) == ["k", "q"]
    assert contents(found) == {"q": Q[2], "k": K[2]}


def test_a_file_alone(tmp_path: Path) -> None:
    """A file by its name, with the config beside it."""
    file = tmp_path / "other.safetensors"
    file.write_bytes(safetensors({"q": Q}))
    assert open_checkpoint(file).config is None
    (tmp_path / "config.json").write_text("{}")
    found = open_checkpoint(file)
    assert (found.root, found.files, found.config) == (file, (file,), tmp_path / "config.json")
    assert open_checkpoint(tmp_path).files == (file,)


def test_a_sharded_folder(tmp_path: Path) -> None:
    """Two files and an index, given as folder or as index: all tensors, each in its file."""
    write_sharded(tmp_path, SHARDS)
    for path in (tmp_path, tmp_path / INDEX):
        found = open_checkpoint(path)
        assert (found.root, found.files, found.config) == (path, (tmp_path / FIRST, tmp_path / SECOND), None)
        assert contents(found) == {"q": Q[2], "k": K[2]}


def test_one_whole_file_goes_before_an_index(tmp_path: Path) -> None:
    """As transformers takes it."""
    write_sharded(tmp_path, SHARDS)
    (tmp_path / "model.safetensors").write_bytes(safetensors({"v": Q}))
    assert list(open_checkpoint(tmp_path).tensors) == ["v"]


def test_safetensors_go_before_torch_and_what_the_index_does_not_name(tmp_path: Path) -> None:
    """pytorch_model.bin, a trainer's files and a file that the index does not name stand beside; none is read."""
    write_sharded(tmp_path, SHARDS)
    write(tmp_path, pytorch_model__bin=b"\x80", training_args__bin=b"\x80", consolidated__safetensors=b"?",
          model__gguf=b"?")
    found = open_checkpoint(tmp_path)
    assert list(found.tensors) == ["k", "q"]
    assert [each.name for each in other_weights(found)] == ["consolidated.safetensors", "model.gguf",
                                                            "pytorch_model.bin"]
    assert other_weights(open_checkpoint(tmp_path / INDEX)) == ()


def test_a_cache_of_links(tmp_path: Path) -> None:
    """Caches of Hugging Face hold files of digits, and links to them in the folder of a snapshot."""
    real = write_sharded(tmp_path / "real", SHARDS)
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, name in enumerate((FIRST, SECOND, INDEX)):
        (real / name).rename(blobs / str(number))
        (snapshot / name).symlink_to(Path("../../blobs") / str(number))
    assert contents(open_checkpoint(snapshot)) == {"q": Q[2], "k": K[2]}
    (blobs / "1").unlink()
    with pytest.raises(InputError, match=f"{SECOND}: is a link to a file that is not there, and {INDEX} names it"):
        open_checkpoint(snapshot)


def test_an_adapter(tmp_path: Path) -> None:
    """PEFT's names; its own config is found, and no model's."""
    write(tmp_path, adapter_model__safetensors=safetensors({"q.lora_B": Q}), adapter_config__json=b"{}")
    found = open_checkpoint(tmp_path)
    assert (list(found.tensors), found.config) == (["q.lora_B"], None)
    assert adapter_config(found) == tmp_path / "adapter_config.json"
    (tmp_path / "adapter_config.json").unlink()
    assert adapter_config(found) is None


def test_no_adapter(tmp_path: Path) -> None:
    """A model beside an adapter's config is no adapter."""
    write(tmp_path, model__safetensors=safetensors({"q": Q}), adapter_config__json=b"{}")
    assert adapter_config(open_checkpoint(tmp_path)) is None


ONE = safetensors({"q": Q})
# Names of files and their bytes, and what is said of the folder.
UNCLEAR: list[tuple[dict[str, bytes], str]] = [
    ({}, r"holds no weights\. Known are \*\.safetensors, \*\.gguf, "),
    ({"config__json": b"{}", "training_args__bin": b"\x80"}, "holds no weights"),
    ({"__hidden__safetensors": ONE}, "holds no weights"),
    ({"a__safetensors": ONE, "b__safetensors": ONE},
     r"holds 2 files of weights, such as a\.safetensors, and no model\.safetensors\.index\.json"),
    ({"a__safetensors": ONE, "b__safetensors": ONE, "pytorch_model__bin": b"\x80"}, "holds 2 files of weights"),
    ({"model-00001-of-00002__safetensors": ONE}, "alone, one of 2 files, and no model.safetensors.index.json"),
    ({"model__safetensors": ONE, "adapter_model__safetensors": ONE}, "holds a model and an adapter: adapter_model"),
    ({"a__safetensors__index__json": b"{}", "b__safetensors__index__json": b"{}"}, "holds several indexes: a.safe"),
    ({"a__bin": b"\x80", "b__bin": b"\x80"}, "holds 2 files of weights, such as a.bin, and no pytorch_model.bin.ind"),
    ({"a__gguf": b"GGUF", "b__gguf": b"GGUF"}, r"holds 2 GGUF files: a\.gguf, b\.gguf\. Give the one file"),
    ({"a-00002-of-00002__gguf": b"GGUF"}, "holds a-00002-of-00002.gguf, and not the first part"),
    ({"model__safetensors": safetensors({})}, "model.safetensors: holds no tensors"),
]


@pytest.mark.parametrize(("files", "message"), UNCLEAR, ids=["+".join(each[0]) or "nothing" for each in UNCLEAR])
def test_folders_that_are_not_plain(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    """What could be meant is told, and nothing is guessed."""
    with pytest.raises(InputError, match=message):
        open_checkpoint(write(tmp_path, **files))


@pytest.mark.parametrize(("name", "message"), [
    ("absent", "absent: no such file"), ("absent.safetensors", "absent.safetensors: no such file"),
    ("absent.gguf", "absent.gguf: no such file"), ("absent.bin", "absent.bin: no such file"),
    ("absent.safetensors.index.json", "index.json: no such file"), ("a\0b", "a\0b: cannot be read"),
    ("config.json", "config.json: is no file of weights that is known by its name"),
    (FIRST, "is one of 2 files of a checkpoint. Give the folder"),
])
def test_files_that_are_none(name: str, message: str, tmp_path: Path) -> None:
    """Files that are not there, or not whole checkpoints."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=message):
        open_checkpoint(tmp_path / name)


def test_no_regular_files(tmp_path: Path) -> None:
    """Directories, broken links and pipes where weights are expected."""
    (tmp_path / "a" / "model.safetensors").mkdir(parents=True)
    with pytest.raises(InputError, match=r"model\.safetensors: is a directory, expected a file"):
        open_checkpoint(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "model.safetensors").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"model\.safetensors: no such file"):
        open_checkpoint(tmp_path / "b")
    os.mkfifo(tmp_path / "c.safetensors")
    with pytest.raises(InputError, match=r"c\.safetensors: is not a regular file"):
        open_checkpoint(tmp_path / "c.safetensors")
    write_sharded(tmp_path / "d", SHARDS)
    (tmp_path / "d" / FIRST).unlink()
    (tmp_path / "d" / FIRST).mkdir()
    with pytest.raises(InputError, match=f"{FIRST}: is a directory"):
        open_checkpoint(tmp_path / "d")


def test_a_folder_that_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be listed."""
    def scandir(path: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        open_checkpoint(tmp_path)


def weight_map(**places: str) -> dict[str, Any]:
    """An index with these files of tensors."""
    return {"metadata": {}, "weight_map": places}


INDEXES: list[tuple[str, Any, str]] = [
    ("absent tensor", weight_map(q=SECOND, v=SECOND, k=FIRST, o=FIRST),
     rf"{INDEX}, o: is said to be in {FIRST}, which does not hold it"),
    ("other file", weight_map(q=FIRST, k=FIRST, v=SECOND), rf"q: is said to be in {FIRST}, and is in {SECOND}"),
    ("unnamed tensor", weight_map(k=FIRST, v=SECOND), rf"{SECOND}, q: is in the file, and {INDEX} does not name it"),
    ("missing shard", weight_map(q=SECOND, k="x.safetensors"), rf"x\.safetensors: is not there, and {INDEX} names it"),
    *((f"escape by {file!r}", weight_map(q=file), r"q: is said to be in '.*', expected the name of a file beside")
      for file in ("../x.safetensors", "/etc/passwd", "a/b.safetensors", "..", ".", "", "C:\\x", "a\\..\\b", "a\0b",
                   "x" * 256)),
    ("number as file", {"weight_map": {"q": 1}}, r"expected a text, got b'1"),
    ("no map", {"metadata": {}}, r"weight_map: is not there, expected \{tensor: file\}"),
    ("empty map", {"weight_map": {}}, r"weight_map: names no tensors"),
    ("list as map", {"weight_map": ["q"]}, r"expected an object, weight_map"),
    ("a list", [], r"is no JSON object: Expected object, got array"),
    ("deep", {"metadata": json.loads("[" * 33 + "]" * 33)}, r"deeper than 32"),
]


@pytest.mark.parametrize(("index", "message"), [each[1:] for each in INDEXES], ids=[each[0] for each in INDEXES])
def test_wrong_indexes(index: Any, message: str, tmp_path: Path) -> None:
    """An index that does not fit its files, or leads out of the folder."""
    write_sharded(tmp_path, {SECOND: {"q": Q, "v": Q}, FIRST: {"k": K}}, index)
    with pytest.raises(InputError, match=message):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize(("text", "message"), [
    (b"", "is no JSON object"), (b'{"weight_map":{"q":"a"}', "is no JSON object: .* Fetch it again"),
    (b'{"weight_map":{"q":"a","q":"b"}}', "q: stands twice in weight_map"),
    (b'{"weight_map":{"q":"a"},"weight_map":{"q":"b"}}', "weight_map: stands twice in the index"),
    (b'{"a":' + b"[" * 10**6 + b"]" * 10**6 + b"}", "is nested too deeply"),
    (b'{"a":[' + b"0," * 600_000 + b"0]}", "holds too much beside what is read of it"),
    (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
    (b'{"weight_map":{"\xff":"a"}}', "is no JSON object|expected a text in UTF-8"),
], ids=["empty", "cut", "tensor twice", "map twice", "deep", "wide", "LFS pointer", "no UTF-8"])
def test_indexes_that_are_no_json(text: bytes, message: str, tmp_path: Path) -> None:
    """Texts that are no index, whatever their size."""
    (tmp_path / INDEX).write_bytes(text)
    with pytest.raises(InputError, match=message):
        open_checkpoint(tmp_path)


def test_a_tensor_in_two_files(tmp_path: Path) -> None:
    """Which of the two would be taken depends on the engine."""
    write_sharded(tmp_path, {FIRST: {"q": Q, "k": K}, SECOND: {"q": Q}})
    with pytest.raises(InputError, match=f"{SECOND}, q: stands in {FIRST} as well. Which of the two is meant"):
        open_checkpoint(tmp_path)


def test_a_cut_shard(tmp_path: Path) -> None:
    """One byte of weights is missing."""
    write_sharded(tmp_path, SHARDS)
    file = tmp_path / SECOND
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match=rf"{SECOND}: is of \d+ bytes, and its tensors end at byte"):
        open_checkpoint(tmp_path)


def test_values_in_an_index_that_are_left_out(tmp_path: Path) -> None:
    """Whatever stands beside the map is passed over: numbers, lists, objects, braces in texts."""
    told = {"metadata": {"total_size": 20, "a": [1, {"b": "}]\"{["}, None, -1.5e3], "c": {}}, "x": True,
            "weight_map": {"q": SECOND, "k": FIRST}, "y": []}
    write_sharded(tmp_path, SHARDS, told)
    assert list(open_checkpoint(tmp_path).tensors) == ["k", "q"]
    (tmp_path / INDEX).write_text(json.dumps(told, indent=2))
    assert list(open_checkpoint(tmp_path).tensors) == ["k", "q"]


def test_torch_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that torch.save may have written is told what it needs; nothing is unpickled."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with zipfile.ZipFile(tmp_path / "pytorch_model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nabort\n(tR.")
    with pytest.raises(InputError, match=r"is a file of torch, which is not here\. pip install torch\. Or convert it"):
        open_checkpoint(tmp_path)


def test_a_large_pickle(tmp_path: Path) -> None:
    """A pickle of a few MB could make objects of hundreds; it is not given to torch."""
    with zipfile.ZipFile(tmp_path / "pytorch_model.bin", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"]" * (MAX_PICKLE + 1))
    with pytest.raises(InputError, match=f"has a pickle of {MAX_PICKLE + 1} bytes, expected at most {MAX_PICKLE}"):
        open_checkpoint(tmp_path)


def test_an_archive_whose_members_lie(tmp_path: Path) -> None:
    """The order of bytes is not decompressed, and a member that is said to be beyond the file's end is told."""
    file = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/byteorder", b"little" * 10**6)
    with pytest.raises(InputError, match="was not written in little-endian order"):
        open_checkpoint(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/byteorder", b"little")
    file.write_bytes(file.read_bytes().replace(b"\x11\0\0\0archive", b"\x11\0\xff\0archive", 1))
    with pytest.raises(InputError, match=r"pytorch_model\.bin: cannot be read as a zip archive"):
        open_checkpoint(file)


@pytest.mark.parametrize(("data", "message"), [
    (b"", "is no zip archive"), (b"\x80\x02cos\nabort\n(tR.", "is no zip archive, as torch.save writes them since"),
    (b"PK\x03\x04" + bytes(100), "cannot be read as a zip archive"),
    (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
], ids=["empty", "a bare pickle", "a cut archive", "LFS pointer"])
def test_files_that_torch_did_not_write(data: bytes, message: str, tmp_path: Path) -> None:
    """They are refused before torch is asked for."""
    (tmp_path / "consolidated.00.pth").write_bytes(data)
    with pytest.raises(InputError, match=message):
        open_checkpoint(tmp_path)
