"""What somebody new meets: a folder where a file is expected, a claim with a slip, names with spaces in them."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import prover
from prover.commands.cli import run_command
from prover.proof_files.claim_file import read_claim
from prover.reports.text import check_line, plain
from prover.sources.places import fault_line

GPT_OSS = Path(__file__).parent.parent / "sources" / "gpt-oss.json"
GOOD = """title = "t"
source = "ggml/neox:head_dim=8"
target = "ggml/neox:head_dim=8"

[expect]
verdict = "equivalent"
relation = "identical"
"""
SLIPS = {
    "a word for a table": (GOOD.replace("[expect]", 'expect = "x"').split("verdict")[0], 5, "verdict, relation, pairs"),
    "no verdict": (GOOD.replace('verdict = "equivalent"\n', ""), 5, "verdict, relation, pairs"),
    "no such verdict": (GOOD.replace('"equivalent"', '"yes"'), 6, "verdict, relation, pairs"),
    "no pairs": (GOOD + 'pairs = ["a"]\n', 8, "verdict, relation, pairs"),
    "a number for a title": (GOOD.replace('"t"', "1"), 1, "title, source, target"),
    "a number for a target": (GOOD.replace('target = "ggml/neox:head_dim=8"', "target = 1"), 3, "title, source"),
}


def claims(folder: Path, **texts: str) -> list[str]:
    """Claim files of these texts, the stored certificates of good ones beside them."""
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        if text == GOOD:
            assert 0 == run_command(["run", "--update", str(folder / f"{name}.toml")])
    return [str(folder / f"{name}.toml") for name in texts]


@pytest.mark.parametrize("style", ["text", "markdown", "html"])
def test_a_file_that_could_not_be_run_is_told(style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside one that is as expected, in the answer itself and not on standard error alone; with its reason."""
    both = claims(tmp_path, good=GOOD, slip=GOOD.replace('"equivalent"', '"yes"'))
    capsys.readouterr()
    assert 2 == run_command(["run", *both, "--format", style])
    told = capsys.readouterr().out
    assert "1 of 1 claim is as expected; 1 more file could not be run." in told
    assert style == "text" or "Invalid enum value" in told


def test_json_has_each_file_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that were run and those that were not."""
    both = claims(tmp_path, good=GOOD, slip=GOOD.replace('"equivalent"', '"yes"'))
    capsys.readouterr()
    assert 2 == run_command(["run", *both, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ["good"] == [each["name"] for each in found["claims"]]
    assert ["slip"] == [each["name"] for each in found["not_run"]]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_its_line_and_its_table(
    slip: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line in SARIF is the one with the slip; the fields that are named are those of the table it is in."""
    text, line, fields = SLIPS[slip]
    (file,) = claims(tmp_path, slip=text)
    assert 2 == run_command(["run", file, "--format", "sarif"])
    printed = capsys.readouterr()
    (result,) = json.loads(printed.out)["runs"][0]["results"]
    assert line == result["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert f"Fields: {fields}" in result["message"]["text"]
    assert 2 == run_command(["run", file, "--format", "junit"])
    (error,) = ElementTree.fromstring(capsys.readouterr().out).iter("error")
    assert (error.text or "").startswith("not run\n")


def test_a_field_that_is_not_there_has_the_first_line() -> None:
    """Nor is a key of another table, or a word in a text, its line."""
    assert [1, 1, 1] == [fault_line(GOOD, field) for field in ("top level", "relation", "")]


@pytest.mark.parametrize(("name", "told"), [
    ("folder", "is a folder"), ("claim.json", "does not end in .toml"), ("01-normal", "Did you mean 01-normal-to-neox"),
    ("no such thing", "there is no proof 'no such thing'"),
])
def test_what_is_no_claim(
    name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there is not said to be missing, and the shipped proofs are not all listed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "claim.json").write_text("{}", encoding="utf-8")
    assert 2 == run_command(["run", name])
    error = capsys.readouterr().err
    assert told in error
    assert len(error) < 300


@pytest.mark.parametrize("style", ["text", "markdown", "html"])
def test_the_command_that_checks_can_be_pasted(
    style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the certificate's name has spaces: a shell's words of it are the command that accepts the file."""
    monkeypatch.chdir(tmp_path)
    name = "my proofs of today.json"
    assert 5 == run_command(["prove", "ggml/normal:head_dim=8", "ggml/neox:head_dim=8", "--certificate", name,
                             "--format", style])
    told = capsys.readouterr().out.replace("&#x27;", "'").replace("&#39;", "'")
    command = f"rope-prover check '{name}'"
    assert command in told
    assert 0 == run_command(shlex.split(command)[1:])


@pytest.mark.parametrize("question", [["--for-all", "head_dim,n_rot", "--relation", "permutation"],
                                      ["--relation", "bitwise"]])
def test_every_comment_says_how_to_check(
    question: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of all sizes and of bits too: the digest, and the command with the file where there is one."""
    file = tmp_path / "a b.json"
    for more, command in ([], "rope-prover check FILE"), (["--certificate", str(file)], f"check '{file}'"):
        run_command(["prove", "ggml/normal", "ggml/neox", *question, "--format", "markdown", *more])
        told = capsys.readouterr().out.replace("\\_", "_").replace("\\'", "'")
        assert command in told
    assert json.loads(file.read_text(encoding="utf-8"))["digest"] in told


@pytest.mark.parametrize("path", ["a.json", "a b.json", "-a.json", "$(x).json", "it's.json"])
def test_words_of_a_shell(path: str) -> None:
    """Two for the command and one for the path, which is no option."""
    words = shlex.split(check_line(path))
    assert ["rope-prover", "check"] == words[:2]
    assert path == words[2].removeprefix("./")
    assert not words[2].startswith("-")


def test_diff_has_its_certificates_in_a_comment() -> None:
    """The digest in Markdown and in JSON is that of the certificate that is written."""
    found = prover.diff(str(GPT_OSS), engine="mlx-lm")
    (_, certificate), = found.certificates
    digest = json.loads(certificate)["digest"]
    assert [digest] == [row["certificate"] for row in found.to_json()["rows"]]
    assert f"`{digest}`" in found.to_markdown()


def test_certificates_of_an_audit_name_the_model(tmp_path: Path) -> None:
    """Each by the name of its file, or of its folder."""
    text = GPT_OSS.read_text(encoding="utf-8")
    (tmp_path / "my model").mkdir()
    for name in ("my model/config.json", "other.json"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = prover.audit(str(tmp_path), engines=("vllm",), certificates=True, jobs=1)
    names = [name for name, _ in found.certificates]
    assert ["0-other-vllm-0-text.json", "1-my-model-vllm-0-text.json"] == sorted(names)


def test_a_flat_line_is_not_called_equal() -> None:
    """IMROPE and MROPE turn alike where t, h and w step together, and differ all the same: the picture says so."""
    flat, other = (prover.draw(*pair, over="trace", positions=64).to_json() for pair in (
        ("ggml/imrope", "ggml/mrope"), ("ggml/normal", "ggml/neox:base=5e5")))
    assert {0.0} == set(flat["curves"][0]["gaps"])
    assert any("does not show that the two are alike" in note for note in flat["notes"])
    assert not any("step together" in note for note in other["notes"])


def test_a_long_name_is_not_cut_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` shows the beginning and the end of a SPEC in a certificate, with what is left out between them."""
    spec = "ggml/neox:head_dim=64:freq_factors=" + ",".join(["1.25"] * 31 + ["3.75"])
    file = tmp_path / "long.json"
    assert 0 == run_command(["prove", spec, spec, "--certificate", str(file)])
    capsys.readouterr()
    assert 0 == run_command(["check", str(file)])
    told = capsys.readouterr().out
    assert "'ggml/neox:head_dim=64" in told
    assert " ... " in told or spec in told
    assert "3.75'" in told


def test_a_model_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said to be missing, and not to be of another kind."""
    assert 2 == run_command(["audit", str(tmp_path / "nothing")])
    assert "is no model: there is no such file or folder." in capsys.readouterr().err


@pytest.mark.parametrize("style", ["markdown", "html"])
def test_all_is_all_in_every_format(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With --all nothing is left to --json: all 64 pairs of a layout are there, and all of 31 differences."""
    measured = str(Path(__file__).parent.parent / "measured" / "ggml.json")
    other = ["conform", "ggml/neox:head_dim=64:base=500000", measured, "--entry", "neox_d64"]
    for command, code in (["show", "ggml/neox:head_dim=128"], 0), (other, 1):
        for more, left in ([], True), (["--all"], False):
            assert code == run_command([*command, *more, "--format", style])
            told = capsys.readouterr().out
            assert left is (" in --json" in told)
    rows = [f"{lane}, {lane + 32}: frequency" for lane in range(1, 32)]
    assert [] == [row for row in rows if row not in told]


def test_bytes_of_a_name_that_are_no_text() -> None:
    """They are seen, as they are in errors; what would move the cursor is not."""
    assert "?? a b" == plain("\udcc3\udcbc a\u202eb")


def test_a_claim_reads_with_any_line_ends(tmp_path: Path) -> None:
    """Windows' too."""
    file = tmp_path / "a.toml"
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert "ggml/neox:head_dim=8" == read_claim(file).target
