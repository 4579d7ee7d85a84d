"""Several files at once: the same bytes wherever they are written, told of while they are, and stopped together."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import joblib
import pytest
from generated import LLAMA, all_bytes, llama_shapes, random_arrays, write_model
from joblib.parallel import ThreadingBackend

from prover.api import permute_weights
from prover.errors import InputError
from prover.weights.moved import rewriting
from prover.weights.moved.apply import unfinished
from prover.weights.moved.spreading import Stopped, Told

NORMAL = "ggml/normal"
# A run that is interrupted while its first files are brought to disk.
INTERRUPTED = """
import os, signal, sys, threading, time
from prover.weights.moved import rewriting
from prover.commands.cli import run_command
sync = rewriting._sync
def stop(stream, name):
    assert threading.current_thread() is not threading.main_thread()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.3)
    sync(stream, name)
rewriting._sync = stop
code = run_command(sys.argv[1:])
print(sum(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate()))
sys.exit(code)
"""


class Listed(ThreadingBackend):
    """A backend that gives nothing before all of it is there, as those of Ray and multiprocessing."""

    supports_return_generator = False


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small Llama in eight shards."""
    return write_model(tmp_path / "model", LLAMA, random_arrays(llama_shapes(LLAMA)), 8)


def counting(told: list[int]) -> Callable[[int], Any]:
    """What takes down all numbers of bytes, that of all of them first and below zero."""
    @contextmanager
    def progress(total: int) -> Iterator[Callable[[int], None]]:
        told.append(-total)
        yield told.append

    return progress


@pytest.mark.parametrize("backend", [None, "threading", "loky", "listed"])
def test_the_same_bytes_from_every_backend(model: Path, tmp_path: Path, backend: str | None) -> None:
    """Every file and the manifest; what is told adds up to all bytes there are."""
    joblib.register_parallel_backend("listed", Listed)
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "alone"), jobs=1)
    told: list[int] = []
    with joblib.parallel_config(backend) if backend else nullcontext():
        permute_weights(str(model), target=NORMAL, out=str(tmp_path / "spread"), jobs=3, progress=counting(told))
    assert all_bytes(tmp_path / "alone") == all_bytes(tmp_path / "spread")
    assert -sum(path.stat().st_size for path in model.iterdir()) == told[0]
    assert 0 == sum(told)


def test_files_at_once_are_told_of_before_they_are_done(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files wait for each other with all bytes written and none on disk: these were told of."""
    told: list[int] = []
    met, before = threading.Barrier(2, timeout=60), []
    sync = rewriting._sync

    def meet(*arguments: Any) -> None:
        if len(before) < 2:
            met.wait()
            before.append(sum(told[1:]))
        sync(*arguments)

    shards = sorted(path for path in model.iterdir() if path.suffix == ".safetensors")
    for path in set(model.iterdir()) - {model / "config.json", model / "model.safetensors.index.json", *shards}:
        path.unlink()
    monkeypatch.setattr(rewriting, "_sync", meet)
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"), jobs=2, progress=counting(told))
    assert min(before) >= (model / "config.json").stat().st_size + shards[0].stat().st_size


def test_one_file_that_cannot_be_read(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named; nothing half done is left, nothing is at work, and started again all is there."""
    name, read = "model-00003-of-00008.safetensors", rewriting._read

    def fail(stream: Any, start: int, stop: int, room: memoryview, path: Path) -> memoryview:
        if path.name == name:
            raise OSError(errno.EIO, "Input/output error")
        return read(stream, start, stop, room, path)

    before = all_bytes(model)
    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "_read", fail)
        with pytest.raises(InputError, match=f"{name}: cannot be copied.*Input/output error.*goes on from there"):
            permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"), jobs=3)
        assert not any(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate())
    assert before == all_bytes(model)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("*.part"))
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "out"), jobs=3)
    permute_weights(str(model), target=NORMAL, out=str(tmp_path / "other"), jobs=1)
    assert all_bytes(tmp_path / "other") == all_bytes(tmp_path / "out")


@pytest.mark.skipif(os.name == "nt", reason="signals of one process to itself")
def test_an_interruption_stops_all_threads(model: Path, tmp_path: Path) -> None:
    """Exit code 3, nothing at work any more, nothing half done, and no folder that looks whole."""
    before = all_bytes(model)
    arguments = ["weights", "permute", str(model), "--to", NORMAL, "--out", str(tmp_path / "out"), "--jobs", "2"]
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, *arguments], capture_output=True, text=True)
    assert (3, "0\n") == (done.returncode, done.stdout)
    assert "interrupted: the same command goes on from what is finished; other files start anew\n" == (
        done.stderr)
    assert before == all_bytes(model)
    assert not (tmp_path / "out").exists()
    assert not list(unfinished(tmp_path / "out").rglob("*.part"))


def test_what_is_told_from_elsewhere() -> None:
    """A copy, as another process gets one, is silent; what is stopped says so to those who go on."""
    told: list[int] = []
    here = Told(told.append)
    pickle.loads(pickle.dumps(here))(5)
    here(7)
    assert [7] == told
    here.stop()
    with pytest.raises(Stopped):
        here(1)
    with pytest.raises(Stopped), here.work():
        told.append(2)
    assert [7] == told
