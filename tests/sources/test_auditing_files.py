"""Whatever lies in a folder, an audit goes on: each file that is no model is a row that says why."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from prover.api import audit
from prover.commands.cli import run_command
from prover.errors import EXIT_INTERNAL
from prover.sources import auditing

GOOD = {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_hidden_layers": 2, "head_dim": 8,
        "rope_theta": 10000.0, "max_position_embeddings": 4096, "architectures": ["LlamaForCausalLM"],
        "rms_norm_eps": 1e-6, "intermediate_size": 128, "vocab_size": 100}


def rows(folder: Path, **options: object) -> dict[str, dict[str, object]]:
    """What an audit under vLLM says of each file below a folder."""
    found = audit(str(folder), engines=("vllm",), **options).to_json()  # type: ignore[arg-type]
    return {os.path.relpath(row["file"], folder): row for row in found["models"]}


def test_hostile_files_are_rows(tmp_path: Path) -> None:
    """Empty, truncated, foreign, endless and missing files, and one good one."""
    folder = tmp_path / "models"
    (folder / "folder.json").mkdir(parents=True)
    (folder / "good.json").write_text(json.dumps(GOOD))
    (folder / "folder.json" / "inner.json").write_text(json.dumps(GOOD))
    (folder / "empty.json").write_bytes(b"")
    (folder / "truncated.json").write_text(json.dumps(GOOD)[:100])
    (folder / "list.json").write_text("[1, 2]")
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "latin.json").write_bytes(b'{"model_type": "\xff"}')
    (folder / "garbage.gguf").write_bytes(b"GGUF" + bytes(range(256)) * 4)
    (folder / "wrong.json").write_bytes(b"GGUF\3\0\0\0")
    with (folder / "large.json").open("wb") as stream:
        stream.truncate(100 << 20)
    (folder / "dangling.json").symlink_to(folder / "nowhere.json")
    (folder / "circle.json").symlink_to(folder / "circle.json")
    (folder / "round").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    os.mkfifo(folder / "pipe.gguf")
    (folder / "device.json").symlink_to("/dev/zero")
    told = {
        "empty.json": "is empty", "truncated.json": "is not JSON", "list.json": "holds a list at the top",
        "deep.json": "nested", "latin.json": "is not known here", "garbage.gguf": "GGUF", "wrong.json": "",
        "large.json": "larger",
        "dangling.json": "no such file: it is a symbolic link", "circle.json": "cannot be read",
        "pipe.json": "is not a regular file",
        "pipe.gguf": "is not a regular file", "device.json": "is not a regular file",
    }
    found = rows(folder, jobs=1)
    assert {"good.json", "folder.json/inner.json", *told} == set(found)
    assert "equivalent" == found["good.json"]["cells"]["vllm"]["verdict"]  # type: ignore[index]
    assert "equivalent" == found["folder.json/inner.json"]["cells"]["vllm"]["verdict"]  # type: ignore[index]
    faults = {name: found[name]["fault"] for name in told}
    assert {} == {name: (part, faults[name]) for name, part in told.items() if part not in str(faults[name] or "")}
    assert all(faults.values())
    assert not [fault for fault in faults.values() if str(folder) in str(fault)]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    """A file and a folder without permission."""
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    (tmp_path / "closed.json").write_text(json.dumps(GOOD))
    (tmp_path / "closed.json").chmod(0)
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut").chmod(0)
    try:
        found = rows(tmp_path, jobs=1)
    finally:
        (tmp_path / "shut").chmod(0o700)
    assert "Permission denied" in str(found["closed.json"]["fault"])
    assert "Permission denied" in str(found["shut"]["fault"])


def test_a_read_that_fails_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system's fault is told; one of ours too, and then the exit code is that of an internal failure."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_text(json.dumps(GOOD))
    real = auditing.read_model

    def read(name: str, engine: str = "") -> object:
        if name.endswith("a.json"):
            raise PermissionError(13, "Permission denied", name)
        if name.endswith("b.json"):
            raise KeyError("rope")
        return real(name, engine)

    monkeypatch.setattr(auditing, "read_model", read)
    found = audit(str(tmp_path), engines=("vllm",), jobs=1).to_json()
    assert ["cannot be read: Permission denied", "internal failure: KeyError: 'rope'. Please report it with the file",
            None] == [row["fault"] for row in found["models"]]
    assert EXIT_INTERNAL == found["exit_code"]


def test_only_the_config_of_a_model_folder(tmp_path: Path) -> None:
    """Beside a config.json below the folder that is named, a tokenizer's JSON is no model; a GGUF file is one."""
    for name in ("config.json", "tokenizer.json", "model.safetensors.index.json"):
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / name).write_text(json.dumps(GOOD))
    (tmp_path / "model" / "model.gguf").write_bytes(b"GGUF")
    (tmp_path / "loose.json").write_text(json.dumps(GOOD))
    assert ["loose.json", "model/config.json", "model/model.gguf"] == list(rows(tmp_path, jobs=1))


def test_equal_reasons_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of which the same is said share a number, and are named below it."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"model_type": "nosuch"}))
    (tmp_path / "c.json").write_text("[]")
    assert 2 == run_command(["audit", str(tmp_path), "--jobs", "1", "--engines", "vllm"])
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert ["model   vllm", "a.json  not read [1]", "b.json  not read [1]", "c.json  not read [2]"] == lines[2:6]
    assert 1 == said.count("'nosuch' is not known here")
    assert "    in a.json, b.json" in lines
    assert "3 models, 3 not read. Cells: none." == lines[-1]
    assert sys.stderr.isatty() or not capsys.readouterr().err
