"""Progress on standard error: a bar on a terminal, lines elsewhere, with how many are done and what time is left."""

from __future__ import annotations

import io
import re
import sys
import threading

import pytest

from prover.commands import progress
from prover.commands.progress import count_bytes, track


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, width: int = 200) -> Terminal:
    """A terminal in place of standard error."""
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    return found


def shown(terminal: Terminal) -> str:
    """What was written there, without what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done of all, a time, and the end of a long name."""
    terminal = on_terminal(monkeypatch)
    names = [f"{'x' * 70}{number}.json" for number in range(3)]
    assert names == list(track(names))
    assert re.search(r"\d/3 (-:--:--|\d:\d\d:\d\d) \.\.\.x+\d\.json", shown(terminal))
    assert "x" * 58 not in shown(terminal)


def test_bytes_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done of all, the speed, a time, and what is done."""
    terminal = on_terminal(monkeypatch)
    with count_bytes(4_000_000, "writing out") as advance:
        advance(1_000_000)
        advance(3_000_000)
    assert re.search(r"4\.0/4\.0 MB .*\d:\d\d:\d\d writing out", shown(terminal))


@pytest.mark.parametrize(("width", "told"), [(20, "100% 0:00:00"), (45, "4.0/4.0 MB"), (80, "4.0/4.0 MB")])
def test_narrow_terminals(monkeypatch: pytest.MonkeyPatch, width: int, told: str) -> None:
    """All is in one line, whatever the width; less is told where there is less room."""
    terminal = on_terminal(monkeypatch, width)
    with count_bytes(4_000_000, "writing " + "x" * 200) as advance:
        advance(4_000_000)
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", shown(terminal))]
    assert any(told in line for line in lines)
    assert max(map(len, lines)) <= width


def test_nothing_elsewhere_of_what_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written to what is no terminal."""
    plain = io.StringIO()
    monkeypatch.setattr(sys, "stderr", plain)
    assert [1, 2] == list(track([1, 2]))
    with count_bytes(4) as advance:
        advance(4)
    assert not plain.getvalue()


class Lines(io.StringIO):
    """A stream that is no terminal and says when a line has come."""

    def __init__(self) -> None:
        super().__init__()
        self.come = threading.Event()

    def flush(self) -> None:
        self.come.set()


def test_lines_elsewhere_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line while one step goes on: what is done, how far, how fast."""
    plain = Lines()
    monkeypatch.setattr(progress, "LINE_EACH", 0.01)
    monkeypatch.setattr(sys, "stderr", plain)
    with count_bytes(4_000_000, "writing out") as advance:
        advance(1_000_000)
        plain.come.clear()
        assert plain.come.wait(30)
    assert re.search(r"writing out: 1\.0 MB of 4\.0 MB, 25 %, .*/s, \d:\d\d:\d\d left\n", plain.getvalue())
    assert not any(thread.name == "progress" for thread in threading.enumerate())


def test_lines_elsewhere_of_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one under way, and how many are done."""
    plain = Lines()
    monkeypatch.setattr(progress, "LINE_EACH", 0.01)
    monkeypatch.setattr(sys, "stderr", plain)
    for item in track(["first", "second"]):
        plain.come.clear()
        assert item == "first" or plain.come.wait(30)
    assert re.search(r"second: 1 of 2, 50 %, \d:\d\d:\d\d left\n", plain.getvalue())
    assert not any(thread.name == "progress" for thread in threading.enumerate())
