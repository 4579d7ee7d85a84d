"""llama.cpp in a process of its own: what it answers, refuses, and how its end is told; without llama.cpp."""

from __future__ import annotations

import gc
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.measure.upstream import llama_cpp_process
from prover.measure.upstream.llama_cpp_child import serve
from prover.measure.upstream.llama_cpp_process import GraphProcess

DOUBLES = """
import sys, json
print(json.dumps({"made": True}), flush=True)
sys.stdin.readline()
for line in sys.stdin:
    print(json.dumps({"rotated": [[2 * x for x in row] for row in json.loads(line)["vectors"]]}), flush=True)
"""


def started(monkeypatch: pytest.MonkeyPatch, code: str, limit: float = 60) -> GraphProcess:
    """A graph whose process runs this code."""
    monkeypatch.setattr(llama_cpp_process, "COMMAND", (sys.executable, "-c", code))
    return GraphProcess(Path("model.gguf"), 2, 8, 16, limit=limit)


def test_numbers_come_back_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bit of a double; and the process is gone with its graph."""
    graph = started(monkeypatch, DOUBLES)
    vectors = np.array([[1 / 3, -0.0], [5e-324, 1e308 / 3]])
    for _ in range(2):
        assert (2 * vectors).tobytes() == graph.rotated(vectors, (0.0,)).tobytes()
    process = graph._process
    assert process.poll() is None
    del graph
    gc.collect()
    assert 0 == process.returncode


@pytest.mark.parametrize(("code", "told"), [
    ("import os, sys; print('file.cpp:7: GGML_ASSERT(n > 0) failed', file=sys.stderr, flush=True); os.abort()",
     "llama.cpp ended its process by the signal SIGABRT: file.cpp:7: GGML_ASSERT(n > 0) failed"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "llama.cpp ended its process by the signal SIGSEGV"),
    ("import sys; sys.exit(3)", "llama.cpp ended its process with exit code 3"),
    ("print('{\"made\"', end='', flush=True)", "llama.cpp ended its process with exit code 0"),
])
def test_how_the_process_ended_is_told(code: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal by its name, and the last that was said."""
    with pytest.raises(ValueError) as fault:  # noqa: PT011 - the whole message is compared
        started(monkeypatch, code)
    assert told == str(fault.value)


def test_an_end_between_two_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends when it is asked the second time is told of then, and every time after."""
    graph = started(monkeypatch, f"{DOUBLES.partition('for')[0]}sys.stdin.readline(); import os; os.abort()")
    for _ in range(2):
        with pytest.raises(ValueError, match="ended its process by the signal SIGABRT"):
            graph.rotated(np.eye(2), (1.0,))


def test_a_late_answer_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never answers is ended, and does not stay behind."""
    graph = started(monkeypatch, "import time; print('{\"made\": true}', flush=True); time.sleep(10**6)")
    graph._limit = 0.1
    with pytest.raises(ValueError, match=r"llama\.cpp gave no answer in 0\.1 seconds"):
        graph.rotated(np.eye(2), (1.0,))
    assert 0 != graph._process.wait(60)


class _Fake:
    """A graph that turns lanes round, and refuses position 7."""

    def __init__(self, **asked: Any) -> None:
        if asked["width"] % 2:
            raise ValueError("an odd width")
        assert {"path", "width", "yarn_ext_factor"} == set(asked)

    def rotated(self, vectors: Any, position: tuple[float, ...]) -> Any:
        if position == (7.0,):
            raise ValueError("cannot decode")
        return vectors[:, ::-1]


def test_the_child_answers_line_by_line() -> None:
    """What cannot be made or computed is refused, and what comes after is answered."""
    asked = [{"path": "m", "width": 3, "yarn_ext_factor": 1.0}, {"path": "m", "width": 2, "yarn_ext_factor": 1.0},
             {"vectors": [[1.5, 2]], "position": [0]}, {"vectors": [[1, 2]], "position": [7.0]},
             {"vectors": [[3, 4]], "position": [0]}]
    told = io.StringIO()
    serve(io.StringIO("".join(json.dumps(each) + "\n" for each in asked)), told, _Fake)
    assert [{"refused": "an odd width"}, {"made": True}, {"rotated": [[2.0, 1.5]]}, {"refused": "cannot decode"},
            {"rotated": [[4.0, 3.0]]}] == [json.loads(line) for line in told.getvalue().splitlines()]


def test_the_real_child_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From any folder, and says what is wrong with a model that is none, or that there is no llama.cpp."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    with pytest.raises(ValueError, match=r"^(xllamacpp has no library|llama\.cpp cannot load the model)"):
        GraphProcess(tmp_path / "none.gguf", 64, 8, 512)
