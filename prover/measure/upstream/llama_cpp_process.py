"""llama.cpp's graph in a process of its own, since llama.cpp ends its process where it finds something amiss."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, Any

import numpy as np

from prover.measure.probe import Array
from prover.measure.upstream.llama_cpp_run import ROPE

COMMAND = (sys.executable, "-P", "-m", "prover.measure.upstream.llama_cpp_child")
LIMIT = 600.0  # seconds for one answer, which takes a hundredth of one
GRACE = 10.0   # seconds in which a process that is not asked any more may end by itself


class GraphProcess:
    """A `Graph` of llama_cpp_run that another process has. `limit`: seconds for an answer.

    Raises ValueError for what llama.cpp refuses, and where the process ends or gives no answer in time.
    """

    def __init__(self, path: Path, width: int, heads: int, hidden: int, operation: str = ROPE, *,
                 limit: float = LIMIT, **settings: float) -> None:
        self._limit, self._told = limit, tempfile.TemporaryFile()  # noqa: SIM115 - closed as the process ends
        self._process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._told, text=True, encoding="utf-8",
            env=_environment(),
        )
        self._end = weakref.finalize(self, _end, self._process, self._told)
        self._ask({"path": str(path), "width": width, "heads": heads, "hidden": hidden, "operation": operation,
                   **settings})

    def rotated(self, vectors: Array, position: tuple[float, ...]) -> Array:
        """(n, width) vectors at one position on each axis."""
        return np.array(self._ask({"vectors": vectors.tolist(), "position": position})["rotated"], np.float64)

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer of the process; one that is late ends it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Event()
        timer = threading.Timer(self._limit, _kill, (self._process, late))
        timer.start()
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:   # it reads no more
            line = ""
        finally:
            timer.cancel()
        if not line.endswith("\n"):
            raise ValueError(f"llama.cpp gave no answer in {self._limit:g} seconds" if late.is_set() else self._ended())
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise ValueError(answer["refused"])
        return answer

    def _ended(self) -> str:
        """How the process ended, with the last that it said."""
        code = self._process.wait()
        how = f"by the signal {_signal_name(-code)}" if code < 0 else f"with exit code {code}"
        self._told.seek(0)
        said = [line.strip() for line in self._told.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return f"llama.cpp ended its process {how}" + (f": {said[-1][:300]}" if said else "")


def _kill(process: subprocess.Popen[str], late: threading.Event) -> None:
    late.set()
    process.kill()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _environment() -> dict[str, str]:
    """This process's, with what it imports from; a trace of calls, for which ggml starts a debugger, is left out."""
    root = str(Path(__file__).resolve().parents[3])
    paths = [path for path in sys.path if path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths if root in paths else [*paths, root]),
            "GGML_NO_BACKTRACE": "1"}


def _end(process: subprocess.Popen[str], told: IO[bytes]) -> None:
    """Let the process end, or end it, and close what leads to it."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    told.close()
