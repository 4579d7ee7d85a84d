"""Functions that loop, fill the memory, write, fork or lie: one clear message, exit code 2, and nothing is harmed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from functools import cache
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.errors import ProverError
from prover.functions.child import running
from prover.functions.limits import Limits
from prover.functions.measuring import measure_function
from prover.functions.reference import parse_reference

ROPE = """
import numpy as np

def half(x, positions):
    d = x.shape[-1]
    angles = np.asarray(positions)[:, None] * 100.0 ** (-np.arange(0, d, 2) / d)
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    a, b = x[..., : d // 2], x[..., d // 2 :]
    return np.concatenate([a * c - b * s, a * s + b * c], -1)

def f(x, positions):
"""
PLENTY = Limits(seconds=120, memory=3 << 29, printed=1 << 16, file=1 << 20, reply=1 << 20)


def written(folder: Path, body: str, inside: bool = True) -> str:
    """FUNCTION of a file with this body, of f(x, positions) or of the module."""
    path = folder / "rope.py"
    path.write_text(ROPE + textwrap.indent(textwrap.dedent(body), "    ") if inside else textwrap.dedent(body))
    return f"{path}::f"


def told(function: str, limits: Limits = PLENTY) -> tuple[int, str]:
    """Exit code and message of measuring it on heads of 8 lanes."""
    try:
        measure_function(parse_reference(function), limits, "f(x[t, h, d], p[t])", 8)
    except ProverError as fault:
        return fault.exit_code, str(fault)
    return 0, ""


FAULTS = {
    "numpy allocation": ("np.ones(100 * 10**9 // 8)", "raises MemoryError"),
    "list allocation": ("[0] * (10**11 // 8)", "raises MemoryError"),
    "growing": ("a = []\nwhile True: a.append(bytearray(10**8))", "raises MemoryError"),
    "print storm": ("while True: print('x' * 1000)", "printed more than 65536 bytes"),
    "error storm": ("import sys\nwhile True: sys.stderr.write('y' * 1000)", "printed more than 65536 bytes"),
    "fork bomb": ("import os\nwhile True: os.fork()", r"PermissionError: .*starting or ending a process \(os.fork\)"),
    "shell": ("import os\nos.system('ls')", r"os\.system"),
    "subprocess": ("import subprocess\nsubprocess.run(['ls'])", r"subprocess\.Popen"),
    "exec": ("import os\nos.execv('/bin/ls', ['ls'])", r"os\.exec"),
    "multiprocessing": (
        "import multiprocessing\nmultiprocessing.get_context('spawn').Process(target=print).start()",
        "PermissionError: .*starting a process",
    ),
    "killing": ("import os\nos.kill(os.getppid(), 9)", r"os\.kill"),
    "network": ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "the network"),
    "listening": ("import socket\nsocket.socket().bind(('127.0.0.1', 0))", "PermissionError"),
    "standard input": ("input()", "raises EOFError"),
    "stdout closed": ("import os\nos.close(1)\nos.close(1)", "raises OSError"),
    "all closed": ("import os\nos.closerange(3, 4096)", "closed the pipe of its answers"),
    "all closed, and waiting": (
        "import os, time\nos.closerange(3, 4096)\ntime.sleep(600)", "closed the pipe of its answers"
    ),
    "large file of its own": (
        "import tempfile\nopen(tempfile.mkstemp()[1], 'wb').write(b'x' * (1 << 22))", "File too large"
    ),
    "exit": ("import sys\nsys.exit(0)", "raises SystemExit: 0"),
    "hard exit": ("import os\nos._exit(0)", "ended the process it runs in, with exit status 0"),
    "interrupt": ("raise KeyboardInterrupt", "raises KeyboardInterrupt"),
    "recursion": ("return f(x, positions)", "raises RecursionError"),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)", "ended by the signal SIGSEGV"),
    "abort": ("import os\nos.abort()", "ended by the signal SIGABRT"),
    "garbage": (
        "import os\nfor n in range(3, 4096):\n    try: os.write(n, b'garbage' * 9)\n    except OSError: pass",
        "writes to the pipe of its answers: what came is none of our frames",
    ),
    "a lie about sizes": (
        "import os, struct\nfor n in range(3, 4096):\n    try: os.write(n, struct.pack('<4sIQ', b'RPF1', 9, 1 << 60))\n"
        "    except OSError: pass", "announces 9 and 1152921504606846976 bytes",
    ),
    "no JSON": (
        "import os, struct\nfor n in range(3, 4096):\n"
        "    try: os.write(n, struct.pack('<4sIQ', b'RPF1', 3, 0) + b'abc')\n    except OSError: pass",
        "no JSON|bytes more",
    ),
    "a forged answer": (
        "import os, struct\nh = b'{\"id\": 99, \"shapes\": []}'\nfor n in range(3, 4096):\n"
        "    try: os.write(n, struct.pack('<4sIQ', b'RPF1', len(h), 0) + h)\n    except OSError: pass",
        "nothing was asked for|bytes more",
    ),
    "shapes that do not fit": (
        "import os, struct\nh = b'{\"id\": 1, \"shapes\": [[9]]}'\nfor n in range(3, 4096):\n"
        "    try: os.write(n, struct.pack('<4sIQ', b'RPF1', len(h), 0) + h)\n    except OSError: pass",
        "fewer numbers than its shape|bytes more",
    ),
    "an exception without text": (
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd", "raises Odd: with a text"
    ),
    "a class that lies": (
        "class E(Exception):\n    @property\n    def __class__(self): raise KeyError\nraise E",
        "raises an exception: of a class that cannot be read",
    ),
    "an exception that shows nothing": (
        "class E(Exception):\n    def __getattribute__(self, name): raise KeyError(name)\nraise E",
        "raises an exception: of a class that cannot be read",
    ),
    "a name that is no text": (
        "class M(type):\n    @property\n    def __name__(self): return 7\n"
        "class E(Exception, metaclass=M): pass\nraise E",
        "raises an exception: of a class that cannot be read",
    ),
    "what a terminal obeys": (
        "print('\\x1b[2J\\x9b31m\\u202eabc', flush=True)\nimport os\nos._exit(1)",
        r"The last it printed: .\[2J.31m.abc",
    ),
    "what a terminal obeys, raised": ("raise ValueError('\\x1b]8;;http://x\\x07')", r"ValueError: .\]8;;http://x. "),
    "a handler at the end": (
        "import atexit, sys, time\natexit.register(time.sleep, 600)\nsys.exit(3)", "SystemExit: 3",
    ),
    "the measuring itself": (
        "import sys\nsys.modules['prover.functions.worker']._numbers = lambda value: x\nreturn half(x, positions)",
        "replaces parts of the program that measures it",
    ),
    "limits of the parent": (
        "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))",
        "limits of another process",
    ),
    "keys": ("open('/nowhere/.ssh/id_rsa').read()", "reading /nowhere/.ssh/id_rsa"),
    "keys, from beside": (
        "import os, tempfile\nos.chdir(tempfile.gettempdir())\nos.mkdir('.ssh')\nos.chdir('.ssh')\nopen('id_rsa')",
        "reading id_rsa",
    ),
    "no array": ("return 'text'", "returns a str"),
    "an object": ("return object()", "returns a object"),
    "nothing": ("pass", "returns nothing, and leaves its vectors as they are"),
    "complex numbers": ("return x * 1j", "complex128, expected real numbers"),
    "a huge result": ("return np.ones((1000, 1000))", "returns more than 1 MB"),
    "wrong shape": ("return x[..., :-1]", r"returns \[5, 3, 7\] for vectors of shape \[5, 3, 8\]"),
    "paths and environment": (
        "import os, sys\nsys.path.clear()\nos.environ.clear()\nimport rope_prover_nowhere", "ModuleNotFoundError"
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_exit_code_2(name: str, tmp_path: Path) -> None:
    """What a function must not do, or cannot, is one message of one paragraph."""
    body, message = FAULTS[name]
    code, text = told(written(tmp_path, body))
    assert 2 == code
    assert re.search(message, text)
    assert (True, True) == (len(text) < 1200, text.isprintable())


@pytest.mark.parametrize("body", [
    "while True: pass", "import time\ntime.sleep(600)",
    pytest.param("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\ntime.sleep(600)",
                 marks=pytest.mark.slow),
    pytest.param("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
                 marks=pytest.mark.slow),
    pytest.param("open('{fifo}').read()", marks=pytest.mark.slow),
], ids=["loop", "sleep", "thread", "signals", "a pipe that nobody fills"])
def test_what_does_not_end_is_ended(body: str, tmp_path: Path) -> None:
    """With the time that was given, in the message and by the clock, give or take a busy machine."""
    os.mkfifo(tmp_path / "fifo")
    start = time.monotonic()
    code, text = told(written(tmp_path, body.format(fifo=tmp_path / "fifo")), Limits(seconds=2))
    assert (2, True) == (code, "did not end within 2 seconds" in text)
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(("body", "message"), [
    ("while True: pass", "did not end within 2 seconds"),
    ("raise SystemExit(0)", "cannot be loaded: it raises SystemExit: 0 .rope.py, line 1."),
    ("import os\nos._exit(3)", "with exit status 3"),
    ("def f(x:", "cannot be loaded: it raises SyntaxError: .* .rope.py, line 1."),
    ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all' .rope.py, line 1."),
    ("def g(x, p): return x", "has no 'f'; what can be called in it: g"),
    ("f = 3", "is a int and cannot be called"),
    ("open('made', 'w')", "PermissionError: .*writing to made"),
    ("\0", "cannot be loaded"),
], ids=["loop", "exit", "hard exit", "syntax", "import", "no such name", "a number", "writing", "zero byte"])
def test_modules(body: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens while the file is loaded is told as that."""
    monkeypatch.chdir(tmp_path)
    code, text = told(written(tmp_path, body, inside=False), Limits(seconds=2 if "while" in body else 120))
    assert 2 == code
    assert re.search(message, text)
    assert not Path("made").exists()


@pytest.mark.parametrize(("make", "message"), [
    (lambda path: path.mkdir(), "is a directory"), (lambda path: os.mkfifo(path), "is not a regular file"),
    (lambda path: path.touch() or os.truncate(path, 1 << 33), "is larger than 4 MB"),
    (lambda path: None, "no such file"),
], ids=["folder", "FIFO", "8 GB", "nothing"])
def test_what_is_no_file_is_not_run(make, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """It is looked at before anything is started."""
    path = tmp_path / "rope.py"
    make(path)
    code, text = told(f"{path}::f")
    assert (2, True) == (code, message in text)


HARM = {
    "write": "open('{kept}', 'w').write('x')",
    "append": "open('{kept}', 'a').write('x')",
    "remove": "import os\nos.remove('{kept}')",
    "rename": "import os\nos.rename('{kept}', '{kept}2')",
    "truncate": "import os\nos.truncate('{kept}', 0)",
    "mode": "import os\nos.chmod('{kept}', 0)",
    "link": "import os\nos.symlink('{kept}', '{kept}2')",
    "folder": "import os\nos.mkdir('{kept}2')",
    "tree": "import shutil\nshutil.rmtree('{folder}')",
    "out of its own folder": "import os, tempfile\nopen(tempfile.gettempdir() + '/..{kept}', 'w')",
    "by numpy": "np.save('{kept}', x)",
    "by a link": "import os, tempfile\np = tempfile.gettempdir() + '/l'\nos.symlink('{kept}', p)\nopen(p, 'w')",
    "database": "import sqlite3\nsqlite3.connect('{kept}2').execute('create table a (b)')",
}


@pytest.mark.parametrize("name", [
    name if name in ("write", "remove", "tree", "by a link") else pytest.param(name, marks=pytest.mark.slow)
    for name in HARM
])
def test_files_of_others_stay(name: str, tmp_path: Path) -> None:
    """A change outside the temporary folder is refused, and told with the table where the function goes on."""
    folder = tmp_path / "data"
    folder.mkdir()
    kept = folder / "kept"
    kept.write_text("kept")
    before = kept.stat()
    body = HARM[name].format(kept=kept, folder=folder)
    code, text = told(written(tmp_path, body))
    assert (2, True) == (code, "does not let a function do this" in text or "PermissionError" in text)
    caught = f"try:\n{textwrap.indent(body, '    ')}\nexcept Exception: pass\nreturn half(x, positions)"
    found = measure_function(parse_reference(written(tmp_path, caught)), PLENTY, "f(x[t, h, d], p[t])", 8)
    assert name == "by a link" or any("it was refused: " in note for note in found["cases"][0]["notes"])
    assert (["kept"], "kept", before.st_mode) == (os.listdir(folder), kept.read_text(), kept.stat().st_mode)


@cache
def held_by_the_kernel() -> str:
    """What this machine's kernel can refuse, tried in a process of its own."""
    program = "from prover.functions.kernel import restrict; print(restrict('/'))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("call", [
    "fork()", "vfork()", "socket(2, 1, 0)", "socket(10, 2, 0)", "kill({parent}, 0)", "open(b'{kept}', 65, 438)",
    "unlink(b'{kept}')", "execv(b'/bin/true', None)", "prlimit({parent}, 4, b'\\0' * 16, None)",
    "setpriority(0, {parent}, 19)", "sched_setaffinity({parent}, 8, b'\\1' + b'\\0' * 7)", "pidfd_open({parent}, 0)",
    "process_vm_writev({parent}, None, 0, None, 0, 0)", "tgkill({parent}, {parent}, 0)", "fcntl(0, 8, {parent})",
])
def test_compiled_code_is_refused_by_the_kernel(call: str, tmp_path: Path) -> None:
    """What no audit event tells of: calls of the C library, which return -1."""
    wanted = "Landlock" if "kept" in call else "seccomp"
    if wanted not in held_by_the_kernel():
        pytest.skip(f"no {wanted} here")
    kept = tmp_path / "kept"
    kept.write_text("kept")
    body = f"import ctypes\nr = ctypes.CDLL(None).{call.format(parent=os.getpid(), kept=kept)}\n" \
        "assert r == -1, r\nreturn half(x, positions)"
    assert (0, "") == told(written(tmp_path, body))
    assert "kept" == kept.read_text()


@pytest.mark.parametrize("body", [
    "import threading, time\nif threading.active_count() < 5: threading.Thread(target=time.sleep, args=(600,)).start()",
    "import os\nos.closerange(1, 3)",
    "import numpy as n\nn.array_equal = lambda *a, **k: True\n"
    "n.ascontiguousarray = lambda a, *b, **k: n.zeros(a.shape)\n"
    "n.asarray = lambda a, *b, **k: n.array(a, *b, **k) * (2 if getattr(a, 'ndim', 0) == 3 else 1)",
    "import signal, threading\nsignal.pthread_kill(threading.get_ident(), 0)",
    "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "import atexit, time\natexit.register(time.sleep, 600)",
    "print('hello')", "import os, sys\nsys.path.clear()\nos.environ.clear()", "import sys\nsys.stdin.read()",
    "import tempfile\nopen(tempfile.mkstemp()[1], 'w').write('x')",
], ids=["threads", "no output", "NumPy replaced", "a signal to itself", "its own limits", "a handler at the end",
        "prints", "paths", "empty input", "a file of its own"])
def test_what_does_no_harm_is_measured(body: str, tmp_path: Path) -> None:
    """Threads that never end, closed output, prints, its own environment and limits, files in its own folder."""
    assert (0, "") == told(written(tmp_path, f"{body}\nreturn half(x, positions)"))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the folder is read from Linux's /proc")
def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The process is gone, with its threads, and so is its folder."""
    function = written(tmp_path, "import tempfile\nopen(tempfile.gettempdir() + '/a', 'w')\nreturn x")
    with running(parse_reference(function), PLENTY) as child:
        number = child._process.pid
        (folder,) = {Path(line.split("=", 1)[1]) for line in
                     Path(f"/proc/{number}/environ").read_text().split("\0") if line.startswith("TMPDIR=")}
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on standard error, exit code 2, nothing on standard output."""
    assert 2 == run_command(["measure", "function", written(tmp_path, "import os\nos._exit(0)")])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, err.count("\n"))
    assert "ended the process it runs in" in err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_times_that_are_none(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad usage."""
    assert 2 == run_command(["measure", "function", "math::sin", "--seconds", seconds])
    assert "--seconds: expected more than 0" in capsys.readouterr().err
