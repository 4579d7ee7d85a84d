"""The commands of the page about measuring, in their order, with ONNX."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from shown_commands import missing_lines, session_commands

pytestmark = pytest.mark.live
PAGE = Path(__file__).parent.parent.parent / "docs/how-to/measure.md"


def test_shown_sessions(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shown line is printed; a command without output writes the file that those after it read."""
    pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    shown = session_commands(PAGE.read_text())
    assert 5 == len(shown)
    for command, lines in shown:
        if lines:
            assert missing_lines(command, lines, capsys) == []
        else:
            assert 0 == run_command(shlex.split(command))
