"""A person's function in a process of its own: started, asked, watched, and ended with all it started.

What comes back is believed in nothing but being bytes: every frame is measured before it is read.
"""

from __future__ import annotations

import os
import selectors
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.errors import InputError
from prover.functions.frames import START, Array, FrameError, lengths, pack, unpack
from prover.functions.limits import CLOSED, Limits
from prover.functions.reference import Reference
from prover.functions.removal import remove_tree
from prover.interrupts import interrupts_held_back

_START = """
import sys
sys.path.insert(0, {root!r})
from prover.functions import worker
if {root!r} not in {paths!r}:
    sys.path.remove({root!r})
worker.main()
"""
KEPT = 2000  # characters of what was printed
GRACE = 1.0  # seconds in which a process that closed its pipes may end by itself


class FunctionFault(InputError):
    """The function's process did what it must not do, or ended: nothing can be said about the function."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from one call: numbers, or how it failed.

    `failure` is empty where the function returned arrays; `whatever`: it would fail so with any arguments. `changed`:
    it changed what it was given. `nothing`: it returned None, and `outputs` are its vectors after the call.
    """

    outputs: tuple[Array, ...]
    failure: str
    whatever: bool
    changed: bool
    nothing: bool


class Child:
    """The other process. Made by `running`, which ends it."""

    def __init__(self, reference: Reference, limits: Limits, folder: str) -> None:
        self.reference, self.limits = reference, limits
        self.parameters: list[dict[str, Any]] | None = None
        self.libraries: dict[str, str] = {}
        self.printed = 0
        self.refused: tuple[str, ...] = ()
        self._deadline = time.monotonic() + limits.seconds
        self._number = 0
        self._kept = b""
        ours, theirs = os.pipe(), os.pipe()
        with interrupts_held_back():
            self._process = subprocess.Popen(
                _command(theirs[0], ours[1]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=(theirs[0], ours[1]), start_new_session=True,
                env=_environment(folder),
            )
        os.close(theirs[0])
        os.close(ours[1])
        self._receive, self._send = ours[0], theirs[1]
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        for handle in (self._receive, self._send, self._output):
            os.set_blocking(handle, False)

    def start(self, folder: str) -> None:
        """Load the function. Raises FunctionFault."""
        r = self.reference
        header, _ = self._ask(pack({
            "limits": self.limits.to_json(), "folder": folder, "path": str(r.path) if r.path else None,
            "module": r.module, "names": list(r.names), "values": None if r.values is None else list(r.values),
            "named": [list(each) for each in r.named],
        }))
        if failure := _failure(header):
            told = failure if "refusal" in header else f"cannot be loaded: it {failure}"
            raise FunctionFault(told + self._besides(), where=r.text)
        listed = header.get("parameters")
        self.parameters = [p for p in listed[:64] if isinstance(p, dict)] if isinstance(listed, list) else None
        self._remember(header)

    def call(self, arguments: Sequence[dict[str, Any]], arrays: Sequence[Array], library: str, bits: int) -> Reply:
        """Call the function on arrays, in NumPy or torch, of 32 or 64 bits. Raises FunctionFault."""
        self._number += 1
        header, outputs = self._ask(pack(
            {"id": self._number, "arguments": list(arguments), "library": library, "bits": bits}, arrays
        ))
        self._remember(header)
        raised = header.get("raised")
        whatever = any(isinstance(told, dict) and told.get("whatever") is True for told in (header, raised))
        changed, nothing = header.get("changed") is True, header.get("nothing") is True
        return Reply(tuple(outputs), _failure(header), whatever, changed, nothing)

    def close(self) -> None:
        """End the process and all that it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        os.close(self._receive)
        os.close(self._send)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _remember(self, header: dict[str, Any]) -> None:
        libraries, refused = header.get("libraries"), header.get("refused")
        if isinstance(libraries, dict):
            self.libraries = {str(key)[:40]: str(value)[:40] for key, value in list(libraries.items())[:16]}
        if isinstance(refused, list):
            self.refused = tuple(printable(str(what)[:200]) for what in refused[:16])

    def _ask(self, frame: bytes) -> tuple[dict[str, Any], list[Array]]:
        """Send a frame and read the one that answers it, while all that is printed is read and bounded."""
        where = self.reference.text
        waiting, found = memoryview(frame), bytearray()
        sizes: tuple[int, int] | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._receive, selectors.EVENT_READ)
            selector.register(self._send, selectors.EVENT_WRITE)
            if self._output >= 0:
                selector.register(self._output, selectors.EVENT_READ)
            while sizes is None or len(found) < START.size + sum(sizes):
                left = self._deadline - time.monotonic()
                if left <= 0:
                    raise FunctionFault(
                        f"did not end within {self.limits.seconds:g} seconds{self._besides()}", where=where,
                        advice="Give it more with --seconds, if it is only slow",
                    )
                for key, _ in selector.select(left):
                    if key.fd == self._output:
                        if not self._listen():
                            selector.unregister(self._output)
                            self._output = -1
                    elif key.fd == self._send:
                        try:
                            waiting = waiting[os.write(self._send, waiting[: 1 << 20]):]
                        except BrokenPipeError:
                            raise self._ended() from None
                        if not waiting:
                            selector.unregister(self._send)
                    else:
                        part = os.read(self._receive, 1 << 20)
                        if not part:
                            raise self._ended()
                        found += part
                        if sizes is None and len(found) >= START.size:
                            sizes = self._sizes(bytes(found[: START.size]))
        header, arrays = self._unpacked(bytes(found), sizes)
        if header.get("id") != self._number:
            raise FunctionFault("sends answers that nothing was asked for", where=where)
        return header, arrays

    def _sizes(self, start: bytes) -> tuple[int, int]:
        try:
            return lengths(start, self.limits.reply)
        except FrameError as fault:
            raise self._garbage(fault) from None

    def _unpacked(self, found: bytes, sizes: tuple[int, int]) -> tuple[dict[str, Any], list[Array]]:
        middle = START.size + sizes[0]
        try:
            if len(found) != middle + sizes[1]:
                raise FrameError(f"is followed by {len(found) - middle - sizes[1]} bytes more")
            return unpack(found[START.size : middle], found[middle:])
        except FrameError as fault:
            raise self._garbage(fault) from None

    def _garbage(self, fault: FrameError) -> FunctionFault:
        return FunctionFault(
            f"writes to the pipe of its answers: what came {fault}{self._besides()}", where=self.reference.text
        )

    def _listen(self) -> bool:
        """Take in what was printed; False once nothing more can come."""
        try:
            part = os.read(self._output, 1 << 16)
        except BlockingIOError:
            return True
        self.printed += len(part)
        self._kept = (self._kept + part)[-KEPT:]
        if self.printed > self.limits.printed:
            raise FunctionFault(
                f"was cut off: it printed more than {self.limits.printed} bytes{self._besides()}",
                where=self.reference.text,
            )
        return bool(part)

    def _ended(self) -> FunctionFault:
        """The process is gone, or has closed its pipes: how."""
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            told = "closed the pipe of its answers"
        else:
            if self._output >= 0:
                self._listen()
            if code == CLOSED:
                told = "closed the pipe of its answers"
            elif code >= 0:
                told = f"ended the process it runs in, with exit status {code}"
            elif -code == signal.SIGXCPU or (-code == signal.SIGKILL and time.monotonic() > self._deadline):
                told = f"used more than {self.limits.seconds:g} seconds of a processor"
            else:
                told = f"was ended by the signal {_signal(-code)}"
                told += ", as where memory runs out" if -code == signal.SIGKILL else ""
        return FunctionFault(told + self._besides(), where=self.reference.text)

    def _besides(self) -> str:
        """The end of what was printed, and what was refused, where there is any."""
        text = printable(" ".join(self._kept.decode("utf-8", "replace").split())[-200:])
        told = f". It was refused: {'; '.join(self.refused)}" if self.refused else ""
        return told + (f". The last it printed: {text}" if text else "")


def printable(text: str) -> str:
    """A text in which what a terminal would obey, or would write from right to left, is a question mark."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _failure(header: dict[str, Any]) -> str:
    """What went wrong in a reply, in words; empty where nothing did."""
    if isinstance(refusal := header.get("refusal"), str):
        return printable(refusal[:1000])
    raised = header.get("raised")
    if not isinstance(raised, dict):
        return ""
    kind, text, at = (printable(str(raised.get(key, ""))[:300]) for key in ("type", "text", "at"))
    return f"raises {kind}{': ' + text if text else ''}{f' ({at})' if at else ''}"


def _command(receive: int, send: int) -> list[str]:
    # -P: nothing of the current folder is imported before the function asks for it.
    root = str(Path(__file__).resolve().parents[2])
    code = _START.format(root=root, paths=[p for p in sys.path if p])
    return [sys.executable, "-P", "-B", "-c", code, str(receive), str(send)]


def _environment(folder: str) -> dict[str, str]:
    """This process's, with one thread, no graphics card, nothing compiled, and all homes in the folder of its own."""
    once = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    homes = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TORCH_HOME", "HF_HOME")
    return {
        **os.environ, "PYTHONUSERBASE": site.getuserbase(), **dict.fromkeys(once, "1"), **dict.fromkeys(homes, folder),
        "CUDA_VISIBLE_DEVICES": "", "TORCHDYNAMO_DISABLE": "1", "JAX_PLATFORMS": "cpu", "HF_HUB_OFFLINE": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }


@contextmanager
def running(reference: Reference, limits: Limits) -> Iterator[Child]:
    """The process of a function, loaded; ended when this is left. Raises FunctionFault."""
    if os.name != "posix":
        raise InputError("functions are only run where processes can be limited: on Linux, macOS and the like",
                         where=reference.text)
    folder = tempfile.mkdtemp(prefix="rope-prover-")
    try:
        child = Child(reference, limits, folder)
        try:
            child.start(folder)
            yield child
        finally:
            child.close()
    finally:
        remove_tree(folder)
