"""Certificates about bits from the command line: written, checked, told, stored by `run`, rejected when they lie."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy, copytree

import pytest

import prover
from prover import bits_checker
from prover.bits.certificate import difference, is_same
from prover.checker import canonical, digest
from prover.commands.cli import run_command
from prover.resources import PROOFS, shipped_bitwise
from schema_walk import faults

Capture = pytest.CaptureFixture[str]
SPECS = ("ggml/neox:head_dim=8:n_rot=8", "ggml/mrope:head_dim=8:n_rot=8:sections=2,1,1,0")
TEXT = ("--feed", "text")
FOLDER = PROOFS / "bitwise"


def signed(root: dict[str, object]) -> str:
    """The canonical text with the digest that fits it."""
    return canonical({**root, "digest": digest(root)})


@pytest.fixture(scope="module")
def equal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate that `prove --relation bitwise` writes of equal bits."""
    path = tmp_path_factory.mktemp("written") / "equal.json"
    assert 0 == run_command(["prove", *SPECS, *TEXT, "--relation", "bitwise", "--certificate", str(path)])
    return path


@pytest.fixture(scope="module")
def different(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of other bits."""
    path = tmp_path_factory.mktemp("written") / "different.json"
    assert 1 == run_command(["prove", SPECS[0], "transformers/half:head_dim=8", "--relation", "bitwise",
                             "--certificate", str(path)])
    return path


def test_a_certificate_is_written_checked_and_told(equal: Path, capsys: Capture) -> None:
    """The same digest in the report and in the file; `check` and `explain` say what is stated, in words."""
    found = json.loads(equal.read_text())
    assert [] == faults("bitwise-certificate-1", found)
    arguments = ["prove", *SPECS, *TEXT, "--relation", "bitwise"]
    assert 0 == run_command([*arguments, "--json", "--certificate", str(equal)])
    report = json.loads(capsys.readouterr().out)
    assert ("checked", None, found["digest"]) == (report["strength"], report["strength_reason"], report["certificate"])
    assert 0 == run_command([*arguments, "--certificate", str(equal)])
    told = " ".join(capsys.readouterr().out.split())
    assert f"{found['digest']}, accepted by the checker of bits, written to {equal}" in told
    assert 0 == run_command(["check", str(equal)])
    line = capsys.readouterr().out
    same = "the bits of all 8 lanes are the same at every position at which all numbers are finite"
    assert f"accepted {equal}: {same}; the certificate calls" in line
    assert f"names that are not checked ({found['digest']})" in line
    assert 0 == run_command(["check", "--json", str(equal)])
    (row,) = json.loads(capsys.readouterr().out)["certificates"]
    assert (True, "bitwise", None, "equal", "checked") == (
        row["accepted"], row["holds"], row["fails"], row["bits"], row["strength"])
    assert 0 == run_command(["explain", str(equal)])
    told = capsys.readouterr().out
    assert "theta_scale = base**(-2/n_rot)" in told
    assert "equal: the two give the same bits in every lane" in told
    assert found["digest"] in told
    assert 0 == run_command(["explain", str(equal), "--json"])
    assert "rope-prover/explain/1" == json.loads(capsys.readouterr().out)["schema"]


def test_a_difference_is_written_checked_and_told(different: Path, capsys: Capture) -> None:
    """Position, lane and both bit patterns."""
    answer = json.loads(different.read_text())["answer"]
    assert [] == faults("bitwise-certificate-1", json.loads(different.read_text()))
    assert 0 == run_command(["check", str(different)])
    line = capsys.readouterr().out
    assert f"the bits differ at p={answer['position']['p']}, lane {answer['lane']}: " in line
    assert 0 == run_command(["explain", str(different)])
    told = capsys.readouterr().out
    assert f"lane {answer['lane']} comes out as {answer['outputs'][0]} from the source" in told
    checked = prover.check(different.read_text())
    assert (None, "bitwise") == (checked.holds, checked.fails)
    assert "the bits differ" in checked.to_text()
    assert "the bits differ" in repr(checked)


def test_names_are_held_against_kernels(equal: Path, different: Path, capsys: Capture) -> None:
    """`--against` demands that both recipes and the feeds are those of specs."""
    assert 0 == run_command(["check", str(equal), "--against", *SPECS, *TEXT])
    assert "the recipes and feeds are those of ggml/neox" in capsys.readouterr().out
    assert 4 == run_command(["check", str(equal), "--against", f"{SPECS[0]}:base=500000", SPECS[1], *TEXT])
    assert "its source has other parameters than --against" in capsys.readouterr().err
    assert 4 == run_command(["check", str(equal), "--against", "ggml/neox:head_dim=10:n_rot=8", SPECS[1], *TEXT])
    assert 4 == run_command(["check", str(equal), "--against", *SPECS, "--feed", "t=p,h=p,w=p,e=p,p=2*p"])
    assert "its feeds are not those of --against" in capsys.readouterr().err
    recipe = str(PROOFS / "recipes" / "half-contracted.toml:head_dim=8")
    assert 0 == run_command(["check", str(different), "--against", SPECS[0], "transformers/half:head_dim=8"])
    assert 4 == run_command(["check", str(different), "--against", SPECS[0], recipe])
    assert "its target has other recipe than --against" in capsys.readouterr().err


def test_a_certificate_that_lies_is_rejected(equal: Path, different: Path, tmp_path: Path, capsys: Capture) -> None:
    """With a digest that fits, so that it is the statement that is found to be wrong: exit code 4."""
    path = tmp_path / "lie.json"
    root = json.loads(different.read_text())
    path.write_text(signed({**root, "answer": {"bits": "equal", "points": [{"p": 1}]}}))
    assert 4 == run_command(["check", str(path)])
    assert f"REJECTED {path}: the operations for lane" in capsys.readouterr().err
    root["answer"]["outputs"].reverse()
    path.write_text(signed(root))
    assert 4 == run_command(["check", str(path), str(equal)])
    assert "not as stated" in capsys.readouterr().err
    assert 4 == run_command(["explain", str(path)])


def test_what_is_beyond_the_checker_is_not_shown(
    equal: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    """Exit code 3: not shown, and not known to be wrong; the answer rests on the solver then, and says why."""
    def nothing(text: str) -> object:
        raise bits_checker.NotShown("a head of this width is more than this checker takes")

    monkeypatch.setattr(bits_checker, "check", nothing)
    assert 3 == run_command(["check", str(equal)])
    assert f"NOT SHOWN {equal}: the checker could not show it: a head of this width" in capsys.readouterr().err
    path = tmp_path / "none.json"
    arguments = ["prove", *SPECS, *TEXT, "--relation", "bitwise", "--certificate", str(path)]
    assert 0 == run_command(arguments)
    assert "solver only: the checker could not show it" in capsys.readouterr().out
    assert not path.exists()
    assert 0 == run_command([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("solver only", None) == (found["strength"], found["certificate"])
    assert "the checker could not show it" in found["strength_reason"]


def test_what_the_checker_rejects_is_not_said(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Search and checker disagree: an internal failure, exit code 4, and no verdict."""
    def nothing(text: str) -> object:
        raise bits_checker.Rejected("the operations for lane 0 are not the same")

    monkeypatch.setattr(bits_checker, "check", nothing)
    assert 4 == run_command(["prove", *SPECS, *TEXT, "--relation", "bitwise"])
    assert "the checker rejects the evidence: the operations for lane 0 are not the same" in capsys.readouterr().err


def test_another_file_is_not_replaced(tmp_path: Path) -> None:
    """A certificate is, another file is not."""
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert 2 == run_command(["prove", *SPECS, *TEXT, "--relation", "bitwise", "--certificate", str(other)])
    assert "{}" == other.read_text()


def test_run_keeps_certificates_beside_questions(tmp_path: Path, capsys: Capture) -> None:
    """Missing: a problem until --update writes it; changed or of something else: rejected."""
    name = "bitwise-4-rotate-half"
    (tmp_path / "bitwise").mkdir()
    copytree(PROOFS / "recipes", tmp_path / "recipes")
    claim, stored = (tmp_path / "bitwise" / f"{name}.{ending}" for ending in ("toml", "json"))
    copy(FOLDER / claim.name, claim)
    run = ["run", str(claim), "--jobs", "1"]
    assert 1 == run_command(run)
    assert f"{name}.json is missing; 'rope-prover run --update CLAIM' writes it" in capsys.readouterr().out
    assert 0 == run_command([*run, "--update"])
    assert (FOLDER / stored.name).read_bytes() == stored.read_bytes()
    assert 0 == run_command(run)
    stored.write_text(stored.read_text().replace('"width":128', '"width":129', 1))
    capsys.readouterr()
    assert 4 == run_command(run)
    assert "the checker rejects the evidence: the digest does not match the content" in capsys.readouterr().out
    copy(FOLDER / "bitwise-6-vision.json", stored)
    assert 4 == run_command(run)
    assert "it is a certificate of something else" in capsys.readouterr().out


def test_another_position_is_the_same_statement(different: Path) -> None:
    """Which position NumPy finds first does not count; which kernels, and whether their bits are equal, does."""
    root = json.loads(different.read_text())
    moved = json.loads(different.read_text())
    moved["answer"]["position"]["p"] += 1
    assert is_same(signed(root), signed(moved))
    for other in (
        {**root, "answer": {"bits": "equal", "points": [{"p": 1}]}},
        {**root, "source": {**root["source"], "parameters": [["base", "7"]]}},
    ):
        assert not is_same(signed(root), signed(other))
        assert not is_same(signed(other), signed(root))


def test_shipped_certificates_are_those_of_their_questions(capsys: Capture) -> None:
    """Each beside its file, checked by name in one go, and about the kernels that the file names."""
    files = [path.with_suffix(".json") for path in shipped_bitwise()]
    assert files == sorted(FOLDER.glob("*.json"), key=lambda path: path.stem)
    assert 0 == run_command(["check", *map(str, files)])
    assert len(files) == capsys.readouterr().out.count("accepted ")
    root = json.loads((FOLDER / "bitwise-4-fused.json").read_text())
    specs = [str(PROOFS / "recipes" / f"half-fused-{name}.toml") for name in ("cos", "sin")]
    assert None is difference(root, (specs[0], specs[1]), [])
    assert "its source has other recipe than --against" == difference(root, (specs[1], specs[0]), [])
