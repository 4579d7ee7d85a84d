"""Commands that a text shows with their output, and what of the output they do not print."""

from __future__ import annotations

import re
import shlex

import pytest

from prover.commands.cli import run_command

CONSOLE = re.compile(r"```console\n\$ rope-prover (.*)\n((?:.*\n)*?)```")


def shown_commands(text: str) -> list[tuple[str, str]]:
    """Each command of a Markdown text, without `rope-prover`, and the lines shown under it."""
    return CONSOLE.findall(text)


def session_commands(text: str) -> list[tuple[str, str]]:
    """The same of `sh-session` blocks, which need more than the package, and may have several commands each."""
    blocks = re.findall(r"```sh-session\n((?:.*\n)*?)```", text)
    each = re.compile(r"^\$ rope-prover (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
    return [found for block in blocks for found in each.findall(block)]


def missing_lines(command: str, shown: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Shown lines that the command does not print, in this order; '...' stands for lines left out."""
    run_command(shlex.split(command))
    lines = iter(capsys.readouterr().out.splitlines())
    wanted = [line for line in shown.splitlines() if line != "..."]
    assert wanted
    return [line for line in wanted if line not in lines]
