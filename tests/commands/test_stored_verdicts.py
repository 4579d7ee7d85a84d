"""`prove` on stored numbers, as a person uses it: words, exit codes, options, and certificates checked again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover import checker
from prover.commands.cli import run_command

# NEXT has the float32 next to 1/10, STORED one that is five places off.
STORED = "generic/table:frequencies=[1,f32(1677721/16777216)]"
NEXT = "generic/table:frequencies=[1,f32(13421773/134217728)]"
TENTH = "generic/table:frequencies=1,1/10"


@pytest.mark.parametrize(("arguments", "code", "first"), [
    ([NEXT, TENTH], 0, "EQUIVALENT as stored in float32: The two kernels are identical"),
    ([NEXT, TENTH, "--exact"], 1, "DIFFERENT: "),
    ([STORED, TENTH], 1, "DIFFERENT: "),
    ([STORED, TENTH, "--ulps", "9999"], 0, "EQUIVALENT as stored in float32, up to 9999 ulps off: "),
    ([TENTH, TENTH, "--ulps", "3"], 0, "EQUIVALENT: The two kernels are identical"),
    (["generic/table:frequencies=1,f64(3602879701896397/36028797018963968)", NEXT], 0,
     "EQUIVALENT as stored in float64 and float32: "),
])
def test_words_and_codes(
    arguments: list[str], code: int, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first line says how numbers were taken, and the exit code is that of the word."""
    found = run_command(["prove", *arguments])
    assert (code, True) == (found, capsys.readouterr().out.startswith(first))


@pytest.mark.parametrize(("arguments", "told"), [
    (["--exact", "--ulps", "1"], "two answers to one question"),
    (["--ulps", "1", "--relation", "bitwise"], "--ulps goes with neither"),
    (["--ulps", "1", "--for-all", "head_dim"], "--ulps goes with neither"),
    (["--ulps", "-1"], "0<=x<=9999"),
    (["--ulps", "some"], "not a valid integer"),
])
def test_bad_usage(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Options that contradict one another, or a number that is none, are bad usage."""
    assert 2 == run_command(["prove", NEXT, TENTH, *arguments])
    assert told in capsys.readouterr().err


def test_a_certificate_is_checked_against_its_specs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A written certificate is accepted for its own SPECs, and not for a number that is stored otherwise."""
    path = tmp_path / "tenth.json"
    assert 0 == run_command(["prove", NEXT, TENTH, "--certificate", str(path), "--json"])
    found = json.loads(capsys.readouterr().out)["as_stored"]
    assert ("choice", [{"parameter": "frequencies[1]", "side": "source", "format": "float32",
                        "stored": "13421773/134217728", "chosen": "0.1"}]) == (found["found"], found["numbers"])
    assert ("identical as stored", None) == checker.check(path.read_text())
    assert 0 == run_command(["check", str(path), "--against", NEXT, TENTH])
    assert "'identical as stored' holds" in capsys.readouterr().out
    assert 4 == run_command(["check", str(path), "--against", STORED, TENTH])
    assert 0 == run_command(["explain", str(path)])
    assert "stands for any real that rounds to the number in it: stored in float32" in " ".join(
        capsys.readouterr().out.split()
    )
    assert checker.main([str(path)]) == 0
