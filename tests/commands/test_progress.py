"""Progress on standard error: on a terminal alone, with how many are done and what time is left."""

from __future__ import annotations

import io
import re
import sys

import pytest

from prover.commands.progress import count_bytes, track


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done of all, a time, and the end of a long name."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    names = [f"{'x' * 70}{number}.json" for number in range(3)]
    assert names == list(track(names))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert re.search(r"\d/3 (-:--:--|\d:\d\d:\d\d) x+\d\.json", shown)
    assert "x" * 61 not in shown


def test_no_progress_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written to what is no terminal."""
    plain = io.StringIO()
    monkeypatch.setattr(sys, "stderr", plain)
    assert [1, 2] == list(track([1, 2]))
    assert not plain.getvalue()


def test_bytes_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done of all, the speed, and a time; nothing elsewhere."""
    terminal, plain = Terminal(), io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    for stream in (terminal, plain):
        monkeypatch.setattr(sys, "stderr", stream)
        with count_bytes(4_000_000) as advance:
            advance(1_000_000)
            advance(3_000_000)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert re.search(r"4\.0/4\.0 MB", shown)
    assert not plain.getvalue()
