"""Files that torch.save wrote, against torch itself; pickles with code are refused and nothing of them is executed."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.errors import InputError
from prover.weights.stored.checkpoint import open_checkpoint
from prover.weights.stored.dtypes import byte_table
from prover.weights.stored.tensors import Format
from prover.weights.stored.torch_file import DTYPES, read_torch
from prover.weights.stored.values import open_rows, row_values

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.live


def some_tensor(name: str) -> Any:
    """Random bytes as a tensor of a type."""
    generator = torch.Generator().manual_seed(1)
    dtype = getattr(torch, name)
    if dtype is torch.bool:
        return torch.tensor([[True, False], [False, True]])
    width = torch.empty(0, dtype=dtype).element_size()
    return torch.randint(0, 256, (3, 4 * width), dtype=torch.uint8, generator=generator).view(dtype)


def saved(folder: Path, content: Any, name: str = "pytorch_model.bin", **options: Any) -> Path:
    """A file that torch.save wrote."""
    torch.save(content, folder / name, **options)
    return folder / name


@pytest.mark.parametrize("name", DTYPES)
def test_bytes_of_every_type(name: str, tmp_path: Path) -> None:
    """The place that is found holds the tensor's bytes, also of a part of a larger storage."""
    whole = some_tensor(name)
    saved(tmp_path, {"first": torch.ones(5), "whole": whole, "rows": whole[1:]})
    found = open_checkpoint(tmp_path)
    assert found.format is Format.TORCH
    for key, expected in (("whole", whole), ("rows", whole[1:])):
        tensor = found.tensors[key]
        assert (tensor.dtype, tensor.shape) == (DTYPES[name], tuple(expected.shape))
        rows = open_rows(tensor, len(expected))
        assert rows.tolist() == expected.contiguous().view(torch.uint8).reshape(len(expected), -1).tolist()


@pytest.mark.parametrize("name", sorted(DTYPES.keys() - {"int64", "uint64"}))
def test_values_of_every_type(name: str, tmp_path: Path) -> None:
    """Numbers are those that torch makes of the same bytes."""
    whole = some_tensor(name)
    (tensor,) = read_torch(saved(tmp_path, {"q": whole}))
    values = row_values(tensor, len(whole), 0, len(whole))
    np.testing.assert_array_equal(whole.to(torch.float64).numpy(), values)


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
                                  "float8_e8m0fnu"])
def test_every_byte_of_small_floats(name: str) -> None:
    """All 256, as torch has them."""
    expected = torch.arange(256, dtype=torch.uint8).view(getattr(torch, name)).to(torch.float32).numpy()
    np.testing.assert_array_equal(expected, byte_table(DTYPES[name]))


def test_parameters_wrappers_and_other_values(tmp_path: Path) -> None:
    """A state dict one level in, with parameters, and values beside that are no tensors."""
    tensor = torch.arange(6.0).reshape(2, 3)
    for content in ({"q": torch.nn.Parameter(tensor), "step": 3}, {"state_dict": {"q": tensor}, "epoch": 1},
                    {"model": {"q": tensor}}, torch.nn.ParameterDict({"q": tensor}).state_dict()):
        (found,) = read_torch(saved(tmp_path, content))
        assert (found.name, row_values(found, 2, 0, 2).tolist()) == ("q", tensor.tolist())


def test_tensors_that_share_their_bytes(tmp_path: Path) -> None:
    """Tied weights are at one place under two names."""
    tensor = torch.ones(2, 2)
    first, second = read_torch(saved(tmp_path, {"a": tensor, "b": tensor}))
    assert (first.offset, first.size) == (second.offset, second.size)


def test_shards(tmp_path: Path) -> None:
    """Two files and pytorch_model.bin.index.json."""
    names = ("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")
    saved(tmp_path, {"q": torch.ones(2, 2)}, names[0])
    saved(tmp_path, {"k": torch.zeros(1, 2)}, names[1])
    told = {"metadata": {}, "weight_map": {"q": names[0], "k": names[1]}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(told))
    found = open_checkpoint(tmp_path)
    assert {"q": names[0], "k": names[1]} == {name: each.file.name for name, each in found.tensors.items()}


class Code:
    """What pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


@pytest.mark.parametrize("function", [os.mkdir, os.system, eval, exec])
def test_code_is_refused_and_not_executed(function: Any, tmp_path: Path) -> None:
    """Beside tensors or in place of them, in a file and in a shard."""
    mark = tmp_path / "executed"
    python = f"__import__('os').mkdir('{mark}')"
    argument = {"mkdir": str(mark), "system": f"mkdir {mark}"}.get(function.__name__, python)
    for content in ({"q": torch.ones(2), "e": Code(function, argument)}, Code(function, argument)):
        file = saved(tmp_path, content)
        with pytest.raises(InputError, match=r"more than tensors: it names [\w.]+, and nothing of it was executed"):
            read_torch(file)
        assert not mark.exists()


def test_objects_are_refused(tmp_path: Path) -> None:
    """A whole module, which torch.save writes as well."""
    with pytest.raises(InputError, match=r"it names torch\.nn\.modules\.linear\.Linear"):
        read_torch(saved(tmp_path, torch.nn.Linear(2, 2)))


@pytest.mark.parametrize(("content", "message"), [
    ({"q": torch.ones(2, 3).t()}, r"q: does not lie row after row: its steps are \(1, 3\)"),
    ({"q": torch.ones(2, dtype=torch.complex64)}, r"q: is of type torch\.complex64"),
    ({"q": torch.eye(2).to_sparse()}, r"q: is of type torch\.float32, torch\.sparse_coo, which is not read"),
    ({}, "holds no tensors by name"), (torch.ones(2), "holds no tensors by name"),
    ([torch.ones(2)], "holds no tensors by name"), ({0: torch.ones(2)}, "holds no tensors by name"),
], ids=["transposed", "complex", "sparse", "empty", "a tensor", "a list", "numbers as names"])
def test_contents_that_are_not_read(content: Any, message: str, tmp_path: Path) -> None:
    """What has no rows, or no names."""
    with pytest.raises(InputError, match=message):
        read_torch(saved(tmp_path, content))


def test_an_old_file(tmp_path: Path) -> None:
    """The format from before PyTorch 1.6 is no archive."""
    with pytest.raises(InputError, match=r"is no zip archive, as torch\.save writes them since"):
        read_torch(saved(tmp_path, {"q": torch.ones(2)}, _use_new_zipfile_serialization=False))


def test_cut_files(tmp_path: Path) -> None:
    """A file that ends anywhere too early."""
    file = saved(tmp_path, {"q": torch.ones(20)})
    whole = file.read_bytes()
    for length in range(0, len(whole), 41):
        file.write_bytes(whole[:length])
        with pytest.raises(InputError):
            read_torch(file)


def rewritten(file: Path, change: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """The archive written again with other members."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, change.get(name.partition("/")[2], data))
    return file


def test_archives_that_torch_did_not_write(tmp_path: Path) -> None:
    """Compressed storages, storages too small, and the other order of bytes; the archive as it was is read."""
    tensor = {"q": torch.ones(20)}
    (found,) = read_torch(rewritten(saved(tmp_path, tensor), {}))
    assert row_values(found, 1, 0, 1).tolist() == [[1.0] * 20]
    for file in (rewritten(saved(tmp_path, tensor), {}, zipfile.ZIP_DEFLATED),
                 rewritten(saved(tmp_path, tensor), {"data/0": b"1234"}),
                 rewritten(saved(tmp_path, tensor), {"byteorder": b"big"})):
        with pytest.raises(InputError, match=r"pytorch_model\.bin"):
            read_torch(file)
