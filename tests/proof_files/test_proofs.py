"""The shipped proofs: what they state, their certificates, and what `run` makes of spoiled ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from prover import checker
from prover.commands.cli import run_command
from prover.proof_files.claim_file import read_claim, run_claim
from prover.resources import PROOFS, shipped_claims

# What each proof has to come to: verdict, lowest relation, pairs that differ (None: not stated).
EXPECTED: dict[str, tuple[str, str, list[int] | None]] = {
    "01-normal-to-neox": ("convertible", "permutation", None),
    "01-normal-to-neox-partial": ("convertible", "permutation", None),
    "02-imrope-to-mrope": (
        "different",
        "none",
        [1, 2, 4, 5, 7, 8, 10, 11, 12, 14, 15, 17, 18, 20, 21, 22, 24, 25, 27, 28, 30, 31],
    ),
    "03-imrope-to-mrope-text": ("equivalent", "identical", None),
    "03-imrope-to-mrope-text-all-axes": ("equivalent", "identical", None),
    "04-imrope-to-neox-all-axes": ("equivalent", "identical", None),
    "04-imrope-to-neox-text": ("different", "none", [61, 62]),
    "05-imrope-to-stride3-image-11-11-10": ("equivalent", "identical", None),
    "05-imrope-to-stride3-image-24-20-20": ("different", "none", [61, 62]),
    "05-imrope-to-stride3-text-11-11-10": ("equivalent", "identical", None),
    "05-imrope-to-stride3-text-24-20-20": ("different", "none", [61, 62]),
    "06-gpt-oss-yarn": ("different", "none", [9, 10, 11, 12, 13, 14, 15, 16, 17]),
    "06-gpt-oss-yarn-truncated": ("equivalent", "identical", None),
    "07-reversed-direction": ("convertible", "permutation", None),
    "08-adjacent-to-half-write": ("equivalent", "equal-scores", None),
    "09-hunyuan-vl-to-chunked": ("different", "none", list(range(64))),
    "09-hunyuan-vl-to-chunked-text": ("equivalent", "identical", None),
    "10-partial-to-proportional": ("different", "none", None),
    "11-gpt-oss-config-to-gguf": ("different", "none", [9, 10, 11, 12, 13, 14, 15, 16, 17]),
    "12-kimi-k2-config-to-gguf": ("different", "none", None),
    "13-gemma-3-full-attention": ("equivalent", "identical", None),
    "13-gemma-3-sliding-attention": ("equivalent", "identical", None),
    "14-llama-3.1-with-factors": ("equivalent", "identical", None),
    "14-llama-3.1-without-factors": ("different", "none", None),
    "15-qwen3.5-config-to-gguf": ("equivalent", "identical", None),
    "16-qwen3-vl-on-llama-cpp": ("different", "none", [61, 62]),
    "17-deepseek-v3-to-v3.2-indexer": ("convertible", "permutation", None),
    "18-hunyuan-base-as-stored": ("equivalent", "identical", None),
    "19-tinyllama-config-to-gguf": ("convertible", "permutation", None),
    "20-llama-2-70b-config-to-gguf": ("convertible", "permutation", None),
}


def copied(name: str, folder: Path) -> Path:
    """A shipped claim and its certificate in a folder of the test."""
    for ending in (".toml", ".json"):
        shutil.copy(PROOFS / f"{name}{ending}", folder)
    shutil.copytree(PROOFS / "models", folder / "models")
    return folder / f"{name}.toml"


def test_every_proof_is_expected() -> None:
    """The table above names exactly the shipped claim files."""
    assert sorted(EXPECTED) == [path.stem for path in shipped_claims()]


@pytest.mark.parametrize("name", EXPECTED)
def test_claim_file_states_the_table(name: str) -> None:
    """A claim file expects what the table says, so that it cannot be bent to fit a verdict."""
    expect = read_claim(PROOFS / f"{name}.toml").expect
    assert EXPECTED[name] == (expect.verdict, expect.relation, expect.pairs)


@pytest.mark.parametrize("name", EXPECTED)
def test_proof(name: str, tmp_path: Path) -> None:
    """The proof comes to what is expected and its stored certificate is the same to the byte."""
    assert () == run_claim(PROOFS / f"{name}.toml", update=False).problems
    path = copied(name, tmp_path)
    path.with_suffix(".json").unlink()
    assert () == run_claim(path, update=True).problems
    assert path.with_suffix(".json").read_text() == (PROOFS / f"{name}.json").read_text()


@pytest.mark.parametrize(
    ("name", "heads", "kv_heads", "width"),
    [("19-tinyllama-config-to-gguf", 32, 4, 64), ("20-llama-2-70b-config-to-gguf", 64, 8, 128)],
)
def test_proof_moves_rows_as_the_converter_does(name: str, heads: int, kv_heads: int, width: int) -> None:
    """The certificate's move, done in every head of q and of k, is that of llama.cpp's LlamaModel.permute."""
    moved = np.array(json.loads((PROOFS / f"{name}.json").read_text())["holds"]["permutation"])
    for count in (heads, kv_heads):
        rows = np.arange(count * width)
        expected = rows.reshape(count, 2, width // 2).swapaxes(1, 2).reshape(-1)
        assert expected.tolist() == rows.reshape(count, width)[:, moved].reshape(-1).tolist()


def test_wrong_expectation_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A claim that expects another verdict gives exit code 1 and says what it got."""
    path = copied("02-imrope-to-mrope", tmp_path)
    path.write_text(path.read_text().replace('"different"', '"equivalent"'))
    code = run_command(["run", str(path)])
    assert (1, True) == (code, "verdict: expected equivalent, got different" in capsys.readouterr().out)


def test_foreign_certificate_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A valid certificate of another claim is rejected as evidence for this one, with exit code 4."""
    path = copied("04-imrope-to-neox-text", tmp_path)
    shutil.copy(PROOFS / "02-imrope-to-mrope.json", path.with_suffix(".json"))
    code = run_command(["run", str(path)])
    assert (4, True) == (code, "a certificate of something else" in capsys.readouterr().out)


def test_rejected_certificate_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stored certificate that the checker rejects gives exit code 4."""
    path = copied("01-normal-to-neox", tmp_path)
    body = json.loads(path.with_suffix(".json").read_text())
    body["holds"]["permutation"][:2] = body["holds"]["permutation"][1::-1]
    body["digest"] = checker.digest(body)
    path.with_suffix(".json").write_text(checker.canonical(body))
    code = run_command(["run", str(path)])
    assert (4, True) == (code, "the checker rejects" in capsys.readouterr().out)


def test_update_writes_the_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing certificate is a fault until --update writes it, the shipped bytes again."""
    path = copied("07-reversed-direction", tmp_path)
    shipped = path.with_suffix(".json").read_text()
    path.with_suffix(".json").unlink()
    codes = [run_command(["run", *option, str(path)]) for option in ([], ["--update"], [])]
    capsys.readouterr()
    assert ([1, 0, 0], shipped) == (codes, path.with_suffix(".json").read_text())


def test_update_never_stores_what_was_not_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--update leaves the file alone where the verdict is not the expected one."""
    path = copied("07-reversed-direction", tmp_path)
    path.write_text(path.read_text().replace('"permutation"', '"identical"'))
    path.with_suffix(".json").write_text("kept")
    code = run_command(["run", "--update", str(path)])
    capsys.readouterr()
    assert (4, "kept") == (code, path.with_suffix(".json").read_text())


def test_markdown_sums_up_all_claims(capsys: pytest.CaptureFixture[str]) -> None:
    """`run --format markdown` says first how many are as expected, then a table row for each."""
    code = run_command(["run", "--format", "markdown", "01-normal-to-neox", "02-imrope-to-mrope"])
    lines = capsys.readouterr().out.splitlines()
    assert (0, 2, True) == (
        code,
        sum(line.startswith("| `0") for line in lines),
        lines[0] == "### 2 of 2 claims are as expected.",
    )
