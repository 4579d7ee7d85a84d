"""Claim files about stored numbers: the choice is expected, and the certificate beside each is the same to the byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from prover import checker
from prover.commands.cli import run_command
from prover.proof_files.claim_file import run_claim
from prover.resources import PROOFS

CLAIMS = PROOFS
WORDS = {
    "18-hunyuan-base-as-stored": "equivalent, identical as stored in float32",
    "14-llama-3.1-with-factors": "equivalent, identical as stored in float32, up to 3 ulps off",
}


@pytest.mark.parametrize("name", WORDS)
def test_claim(name: str, tmp_path: Path) -> None:
    """The claim comes to what is expected, as stored, and writes the same certificate anew."""
    found = run_claim(CLAIMS / f"{name}.toml", update=False)
    assert ((), WORDS[name]) == (found.problems, found.word)
    path = Path(shutil.copy(CLAIMS / f"{name}.toml", tmp_path))
    assert () == run_claim(path, update=True).problems
    text = (CLAIMS / f"{name}.json").read_text()
    assert text == path.with_suffix(".json").read_text()
    assert ("identical as stored", None) == checker.check(text)


@pytest.mark.parametrize(("old", "new", "told"), [
    ('stored   = "choice"', 'stored   = "none-exists"', "as stored: expected none-exists, got choice"),
    ("f32(11158840)", "f32(11158841)", "verdict: expected equivalent, got different"),
    ("f32(11158840)", "11158840", "as stored: expected choice, got None"),
    ("[expect]", "ulps = 10000\n[expect]", "<= 9999"),
])
def test_what_is_not_as_expected(
    old: str, new: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another expectation, another stored number, one that is not stored, and too many ulps are told."""
    path = Path(shutil.copy(CLAIMS / "18-hunyuan-base-as-stored.toml", tmp_path))
    path.write_text(path.read_text().replace(old, new))
    code = run_command(["run", str(path)])
    told_at_all = capsys.readouterr()
    assert code != 0
    assert told in told_at_all.out + told_at_all.err
