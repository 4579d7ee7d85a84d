"""The README's commands and shown output are real, and CI runs the test command it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from shown_commands import missing_lines, shown_commands

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
SHELL = re.findall(r"```sh\n(.*)\n```", README)
TOML = re.findall(r"```toml\n((?:.*\n)*?)```", README)


def _shown(command: str, shown: str) -> object:
    """A command shown and its output; `run` without a name proves everything, and takes its time."""
    return pytest.param(command, shown, id=command[:40], marks=[pytest.mark.slow] if command == "run" else [])


@pytest.mark.parametrize(("command", "shown"), [_shown(*both) for both in shown_commands(README)])
def test_shown_output(command: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every shown line is printed, in this order; '...' stands for lines left out."""
    assert missing_lines(command, shown, capsys) == []


def test_two_commands_and_ci() -> None:
    """There are two commands, and CI runs the second to the letter."""
    assert 2 == len(SHELL)
    assert f"\n{SHELL[1]}\n" in (ROOT / ".ci" / "run").read_text()


def test_layout_of_the_readme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The layout file shown can be used as it stands, and on text it is plain half pairing."""
    path = tmp_path / "mine.toml"
    path.write_text(TOML[0])
    code = run_command(["prove", str(path), "transformers/half:head_dim=64", "--feed", "t=p,h=p"])
    assert (0, True) == (code, "identical is the lowest that holds" in capsys.readouterr().out)
