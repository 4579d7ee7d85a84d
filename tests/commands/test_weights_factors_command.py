"""The command weights factors: exit codes, what its first line says, and input that it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import prover
from prover.commands.cli import run_command
from sources.gguf_writer import floats
from weights.converted import factors, write_config, write_gguf

Capture = pytest.CaptureFixture[str]
LLAMA, FREQS = "meta-llama-3.1-8b", "rope_freqs.weight"
SIDES = ("ggml/neox:head_dim=8:n_rot=8:base=160000", "ggml/neox:head_dim=8:n_rot=8:base=10000")
MOVED = ("ggml/normal:head_dim=8:n_rot=8:base=160000", SIDES[1])
OUT = ["--out", "f.safetensors"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the config of Llama 3.1, a file with its factors, one without, and one with inverted ones."""
    write_config(tmp_path, LLAMA)
    write_gguf(tmp_path / "right.gguf", LLAMA)
    write_gguf(tmp_path / "bare.gguf", LLAMA, {})
    own = prover.check_factors(str(tmp_path / "config.json"), str(tmp_path / "right.gguf")).to_json()
    numbers = [each["exact"]["value"] for each in own["tensors"][0]["numbers"]]
    write_gguf(tmp_path / "inverted.gguf", LLAMA, {FREQS: floats(*(1 / number for number in numbers))})
    (tmp_path / "cut.gguf").write_bytes((tmp_path / "right.gguf").read_bytes()[:-200])
    (tmp_path / "short.gguf").write_bytes((tmp_path / "right.gguf").read_bytes()[:40])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("arguments", "code", "starts"), [
    ([*SIDES], 5, "ENOUGH ALONE: with these 4 factors the target computes the source.\n"),
    ([*SIDES, *OUT], 0, "ENOUGH ALONE: with these 4 factors the target computes the source.\n"),
    ([*MOVED], 5, "NOT ENOUGH ALONE: the target must also have rows of W_q and W_k moved; then these 4 factors make it "
                  "compute the source.\n"),
    ([*MOVED, *OUT], 5, "NOT ENOUGH ALONE: the target must also have rows of W_q and W_k moved; "),
    ([*MOVED, "--allow", "factors"], 3, "NO FACTORS: none were found with which the target computes the source (which"),
    (["ggml/neox", "ggml/neox"], 0, "NO FACTORS NEEDED: the target computes the source as it is.\n"),
    (["ggml/normal", "ggml/neox"], 5, "NO FACTORS NEEDED: the target computes the source with rows of W_q and W_k mov"),
    ([SIDES[0], "ggml/neox:head_dim=8:n_rot=4", "--allow", "permutation,factors"], 1,
     "NO FACTORS: none were found with which the target computes the source (proved).\n"),
    (["config.json", "bare.gguf", "--into", "bare.gguf", "--out", "copy.gguf"], 0,
     "ENOUGH ALONE: with these 64 factors the target computes the source, but for their rounding to float32.\n"),
    (["config.json", "right.gguf", "--check"], 0, "AS ASKED FOR: the factors in the file are those of the config"),
    (["config.json", "bare.gguf", "--check"], 1, "WRONG FACTORS: rope_freqs.weight is missing.\n"),
    (["config.json", "inverted.gguf", "--check"], 1, "WRONG FACTORS: rope_freqs.weight is wrong in 35 of 64 numbers, "
                                                     "from pair 29 on: inverted: each number is 1 over the factor, "),
    (["config.json", "cut.gguf", "--check"], 3, "NOT DECIDED: rope_freqs.weight is not seen, so that it is not kno"),
    (["config.json", "short.gguf", "--check"], 2, ""),
    (["config.json", "nothing.gguf", "--check"], 2, ""),
    (["right.gguf", "config.json", "--check"], 2, ""),
    (["right.gguf", "right.gguf", "--check"], 2, ""),
    (["config.json", "right.gguf", "--check", "--out", "f.safetensors"], 2, ""),
    ([*SIDES, "--as", "llama"], 2, ""),
    ([*SIDES, "--out", "f.bin"], 2, ""),
    ([*SIDES, "--into", "bare.gguf", "--out", "copy.gguf"], 2, ""),
    (["config.json", "cut.gguf", "--into", "cut.gguf", "--out", "copy.gguf"], 2, ""),
    ([*SIDES, *OUT, "--certificate", "no/such/folder.json"], 2, ""),
    ([*SIDES, "--positions", "0"], 2, ""),
    ([SIDES[0]], 2, ""),
])
def test_exit_codes(files: Path, capsys: Capture, arguments: list[str], code: int, starts: str) -> None:
    """0 enough or as asked for, 1 no factors help or wrong, 2 what cannot be used, 3 unknown, 5 not all is done."""
    before = {path.name for path in files.iterdir()}
    assert code == run_command(["weights", "factors", *arguments])
    told = capsys.readouterr()
    assert told.out.startswith(starts)
    assert (code == 2) is bool(told.err)
    made = {path.name for path in files.iterdir()} - before
    expected = {arguments[arguments.index("--out") + 1]} if "--out" in arguments and code != 2 else set()
    assert expected == made


def test_the_command_prints_what_the_api_gives(files: Path, capsys: Capture) -> None:
    """The same JSON, for both questions."""
    run_command(["weights", "factors", *SIDES, "--json"])
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(prover.make_factors(*SIDES).to_json()))
    run_command(["weights", "factors", "config.json", "right.gguf", "--check", "--json"])
    answer = prover.check_factors("config.json", "right.gguf")
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(answer.to_json()))


def test_the_first_wrong_numbers_are_printed(files: Path, capsys: Capture) -> None:
    """With the stored, the expected and the exact number, and how far off in float32 steps."""
    run_command(["weights", "factors", "config.json", "inverted.gguf", "--check"])
    told = " ".join(capsys.readouterr().out.split())
    assert "pair 29: 0.828168392, expected 1.20748389" in told
    assert "float32 steps below" in told
    assert "and 32 more (all in --json)" in told


def test_the_certificate_is_written(files: Path, capsys: Capture) -> None:
    """And accepted by the command check."""
    assert 0 == run_command(["weights", "factors", *SIDES, *OUT, "--certificate", "c.json"])
    capsys.readouterr()
    assert 0 == run_command(["check", "c.json"])


def test_the_copy_is_shown_as_what_it_computes(files: Path, capsys: Capture) -> None:
    """The command show finds the factors in the copy."""
    run_command(["weights", "factors", "config.json", "bare.gguf", "--into", "bare.gguf", "--out", "copy.gguf"])
    capsys.readouterr()
    assert 0 == run_command(["show", "copy.gguf"])
    assert "from rope_freqs.weight" in capsys.readouterr().out
    assert FREQS in factors(LLAMA)


def test_weights_alone_lists_its_commands(capsys: Capture) -> None:
    """As every group does."""
    assert 2 == run_command(["weights"])
    assert "factors" in capsys.readouterr().err
