"""The codes of findings: each that is told has a meaning, and each meaning a code that is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.resources import READINGS
from prover.sources.findings import explain, explanations

SOURCES = Path(__file__).parents[2] / "prover" / "sources"


def test_each_code_is_explained_and_used() -> None:
    """The codes in the readers and in the tables of readings are those of the table of findings."""
    texts = [path.read_text() for path in (*SOURCES.rglob("*.py"), *READINGS.glob("*.toml"))
             if path.name != "findings.toml"]
    used = {code for text in texts for code in re.findall(r"RP\d{3}", text)}
    assert used == {row.code for row in explanations()}


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    """A code is told whole, RP lists all, and an unknown one is refused with the nearest."""
    assert 0 == run_command(["explain", "rp005"])
    assert f"RP005  {explain('RP005').title}\n\n" in capsys.readouterr().out
    assert 0 == run_command(["explain", "RP"])
    assert len(explanations()) == capsys.readouterr().out.count("\n")
    assert 2 == run_command(["explain", "RP999"])
    assert "'RP999' is no code of a finding" in capsys.readouterr().err
