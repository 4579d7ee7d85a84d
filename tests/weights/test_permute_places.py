"""Where a moved checkpoint may be written, what is copied, and what becomes of it if something is in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from generated import LLAMA, all_bytes, llama_shapes, random_arrays, same_files, write_model

from prover.api import permute_weights
from prover.errors import InputError
from prover.weights.moved import places
from prover.weights.moved.apply import unfinished

NORMAL = "ggml/normal"
# A run that kills itself: N files are finished, and the next one is half done.
KILLED = """
import os, signal, sys
from prover.weights.moved import apply, rewriting
from prover.commands.cli import run_command
left, sync = int(sys.argv[1]), rewriting._sync
def stop(stream, name):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    sync(stream, name)
rewriting._sync = stop
run_command([*sys.argv[2:], "--jobs", "1"])
"""
# A run that may write no file of more than so many bytes, as where a disk is full.
LIMITED = """
import resource, sys
from prover.commands.cli import run_command
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(run_command(sys.argv[2:]))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small Llama in four shards."""
    return write_model(tmp_path / "model", LLAMA, random_arrays(llama_shapes(LLAMA)), 4)


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own."""
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)


def refused(model: Path, out: Path, told: str) -> None:
    """Writing there is refused, the source is as it was, and nothing is there."""
    before, there = all_bytes(model), os.path.lexists(out)
    with pytest.raises(InputError, match=told):
        permute_weights(str(model), target=NORMAL, out=str(out))
    assert before == all_bytes(model)
    assert there == os.path.lexists(out)
    assert not unfinished(out).exists()


def test_a_place_that_exists_is_refused(model: Path, tmp_path: Path) -> None:
    """A folder, a file and a link that leads nowhere."""
    for name in ("folder", "file", "link"):
        out = tmp_path / name
        {"folder": out.mkdir, "file": out.touch, "link": lambda at=out: at.symlink_to("nowhere")}[name]()
        nowhere = f"is a symbolic link to {tmp_path / 'nowhere'}, where there is nothing. Name a new folder, or remove"
        refused(model, out, nowhere if name == "link" else "exists, and nothing is written over")


@pytest.mark.parametrize("mask", [0o002, 0o077])
def test_the_new_folder_follows_the_umask(mask: int, model: Path, tmp_path: Path) -> None:
    """It has the permissions that mkdir gives, whoever may read or write there."""
    before = os.umask(mask)
    try:
        permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"))
    finally:
        os.umask(before)
    assert 0o777 & ~mask == (tmp_path / "out").stat().st_mode & 0o777


def test_places_around_the_source(model: Path, tmp_path: Path) -> None:
    """Inside the source, the source itself, and the folder that holds it, by links too."""
    (tmp_path / "alias").symlink_to(model, target_is_directory=True)
    refused(model, model / "out", "lies inside the source")
    refused(model, tmp_path / "alias" / "out", "lies inside the source")
    refused(model, model, "holds the source")
    refused(model, tmp_path, "holds the source")


def test_a_place_in_no_folder(model: Path, tmp_path: Path) -> None:
    """The folder around it is not made."""
    refused(model, tmp_path / "no" / "out", "is in no folder that exists")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_place(model: Path, tmp_path: Path) -> None:
    """A folder that cannot be written to."""
    (tmp_path / "closed").mkdir(mode=0o555)
    refused(model, tmp_path / "closed" / "out", "cannot be written to")


def test_too_little_space(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is needed and what is free is told before anything is written."""
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr(places.shutil, "disk_usage", lambda folder: usage)
    refused(model, tmp_path / "out", "bytes are needed, 1,000 are free")


def test_a_full_disk(model: Path, tmp_path: Path) -> None:
    """Writing breaks off: exit code 2, the file is named, and no folder that looks whole."""
    before = all_bytes(model)
    done = run(LIMITED, 30000, "weights", "permute", model, "--to", NORMAL, "--out", tmp_path / "out")
    assert 2 == done.returncode
    assert "cannot be written: File too large" in done.stderr
    assert "the same command goes on from there" in done.stderr
    assert before == all_bytes(model)
    assert not (tmp_path / "out").exists()
    assert not list(unfinished(tmp_path / "out").rglob("*.part"))


@pytest.mark.parametrize("finished", [0, 1, 3])
def test_a_run_that_was_killed_goes_on(model: Path, tmp_path: Path, finished: int) -> None:
    """Killed within a file: nothing looks whole. Started again the same comes out, finished files are kept."""
    arguments = ["weights", "permute", str(model), "--to", NORMAL, "--out"]
    assert -signal.SIGKILL == run(KILLED, finished, *arguments, tmp_path / "out").returncode
    assert not (tmp_path / "out").exists()
    place = unfinished(tmp_path / "out")
    assert finished == len((place / "journal").read_text().splitlines()) - 1
    kept = {path.name: path.stat().st_ino for path in (place / "files").iterdir() if path.suffix != ".part"}
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"))
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "other"))
    assert all_bytes(tmp_path / "other") == all_bytes(tmp_path / "out")
    assert kept == {name: (tmp_path / "out" / name).stat().st_ino for name in kept}
    assert not place.exists()


def test_a_finished_file_that_was_changed_is_written_anew(model: Path, tmp_path: Path) -> None:
    """What was kept is held against its digest; a journal that was cut off in a line says nothing of that."""
    arguments = ["weights", "permute", str(model), "--to", NORMAL, "--out"]
    run(KILLED, 3, *arguments, tmp_path / "out")
    place = unfinished(tmp_path / "out")
    changed = place / "files" / json.loads((place / "journal").read_text().splitlines()[1])[0]
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    text = (place / "journal").read_text()
    (place / "journal").write_text(text[:-20])
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"))
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "other"))
    assert all_bytes(tmp_path / "other") == all_bytes(tmp_path / "out")


def test_unfinished_work_of_another_run_is_refused(model: Path, tmp_path: Path) -> None:
    """Another target, or a source that is another now: what is there is not gone on with."""
    run(KILLED, 2, "weights", "permute", model, "--to", NORMAL, "--out", tmp_path / "out")
    with pytest.raises(InputError, match="holds the unfinished work of another run"):
        permute_weights(str(model), engine="llama.cpp", out=str(tmp_path / "out"))
    (model / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="holds the unfinished work of another run"):
        permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"))


def test_links(model: Path, tmp_path: Path) -> None:
    """Links into the folder are copied as what they lead to; one out of it, to a folder or to nothing is refused."""
    (model / "also.json").symlink_to("tokenizer.json")
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"))
    assert not (tmp_path / "out" / "also.json").is_symlink()
    assert (model / "tokenizer.json").read_bytes() == (tmp_path / "out" / "also.json").read_bytes()
    secret = tmp_path / "secret"
    secret.write_text("not for others")
    for target, told in ((secret, "outside of the folder"), (tmp_path, "is a link to a folder"),
                         (tmp_path / "no", "cannot be read")):
        (model / "link").symlink_to(target)
        refused(model, tmp_path / "new", told)
        (model / "link").unlink()


def test_other_names_of_weights(model: Path, tmp_path: Path) -> None:
    """A link to weights, and the same file by another name, would be copied in the old order; they are left out."""
    shard = next(path.name for path in sorted(model.iterdir()) if path.suffix == ".safetensors")
    (model / "pytorch_model.bin").write_bytes(b"weights in the old order")
    (model / "copy.txt").symlink_to(shard)
    (model / "second.txt").symlink_to("pytorch_model.bin")
    (model / "deeper").mkdir()
    (model / "deeper" / "model.safetensors").symlink_to(f"../{shard}")
    os.link(model / shard, model / "hard.txt")
    found = permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out")).to_json()
    assert ["copy.txt", "deeper/model.safetensors", "hard.txt", "pytorch_model.bin", "second.txt"] == found["left_out"]
    assert [] == found["as_they_were"]
    assert not any((tmp_path / "out" / name).exists() for name in found["left_out"])


def test_a_model_by_other_names(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a link to its folder, by its index, and from where one stands: the same files."""
    (tmp_path / "alias").symlink_to(model, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("alias", "model", "model/model.safetensors.index.json")):
        permute_weights(name, target=NORMAL, out=f"out{number}")
    assert same_files(tmp_path / "out0", tmp_path / "out1")
    (tmp_path / "out1" / "tokenizer.json").unlink()
    assert same_files(tmp_path / "out1", tmp_path / "out2")


def test_a_snapshot_of_a_cache(tmp_path: Path) -> None:
    """huggingface_hub keeps files as links to blobs, which are copied and never written through."""
    model = write_model(tmp_path / "plain", LLAMA, random_arrays(llama_shapes(LLAMA)), 2)
    snapshot, blobs = tmp_path / "models--a--b" / "snapshots" / "0123", tmp_path / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, path in enumerate(sorted(model.iterdir())):
        (blobs / str(number)).write_bytes(path.read_bytes())
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    before = all_bytes(blobs)
    permute_weights(str(snapshot), target=NORMAL, out=str(tmp_path / "out"))
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "other"))
    assert before == all_bytes(blobs)
    assert same_files(tmp_path / "other", tmp_path / "out")


def test_what_is_no_file_is_refused(model: Path, tmp_path: Path) -> None:
    """A pipe is not read."""
    os.mkfifo(model / "pipe")
    with pytest.raises(InputError, match="is no regular file"):
        permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"))


def test_names_that_are_written_to(model: Path, tmp_path: Path) -> None:
    """A file of somebody else's that is called as the manifest is."""
    (model / "rope-prover.json").write_text("{}")
    refused(model, tmp_path / "out", "no manifest of rope-prover")
    (model / "rope-prover.json").unlink()
    (model / "rope-prover-certificates").mkdir()
    (model / "rope-prover-certificates" / "mine.json").write_text("{}")
    refused(model, tmp_path / "out", "no manifest of rope-prover is beside it")


def test_any_number_of_jobs_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    """Shards by one thread and by several."""
    for jobs in (1, 2, 4):
        permute_weights(str(model), target=NORMAL, out=str(tmp_path / str(jobs)), jobs=jobs)
    assert all_bytes(tmp_path / "1") == all_bytes(tmp_path / "2") == all_bytes(tmp_path / "4")
