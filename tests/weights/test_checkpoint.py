"""Checkpoints: which files are meant, which tensors they hold and where, and what is refused."""

from __future__ import annotations

from pathlib import Path

from prover.weights.checkpoint import open_checkpoint
from prover.weights.tensors import Checkpoint, Format, Tensor
from weights.checkpoint_files import Content, safetensors, write_sharded

Q: Content = ("F32", [2, 2], bytes(range(16)))
K: Content = ("BF16", [1, 2], b"abcd")
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    """The bytes of each tensor, at the place where it is said to be."""
    return {
        name: tensor.file.read_bytes()[tensor.offset:tensor.offset + tensor.size]
        for name, tensor in checkpoint.tensors.items()
    }


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


def test_a_sharded_folder(tmp_path: Path) -> None:
    """Two files and an index: all tensors, each in its file."""
    write_sharded(tmp_path, {SECOND: {"q": Q}, FIRST: {"k": K}})
    found = open_checkpoint(tmp_path)
    assert found.files == (tmp_path / FIRST, tmp_path / SECOND)
    assert found.config is None
    assert contents(found) == {"q": Q[2], "k": K[2]}
