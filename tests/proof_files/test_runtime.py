"""Files that ask for a repair at run time: what the shipped ones come to, and what spoiled ones do."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from prover import checker
from prover.claims.relation import LADDER
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.files import typed_toml
from prover.proof_files.runtime_file import RuntimeFile, run_runtime
from prover.resources import PROOFS, shipped_repairs

# Verdict, and what changes. Of sections 24, 20, 20, 0 ggml's loop (tests/plain_loops) gives t, h, w and e 22, 20, 20
# and 2 pairs under IMROPE. That Qwen3-VL needs t on e is what its kernel computes, measured (tests/measured).
EXPECTED = {
    "runtime-1-imrope-on-mrope": ("equivalent", ["permutation", "parameter", "factors"]),
    "runtime-2-qwen3-vl-on-imrope": ("equivalent", ["feed"]),
    "runtime-3-imrope-on-neox": ("undecided", []),
}


def copied(name: str, folder: Path) -> Path:
    """A shipped file and its certificate in a folder of the test."""
    for ending in (".toml", ".json"):
        shutil.copy(PROOFS / "runtime" / f"{name}{ending}", folder)
    return folder / f"{name}.toml"


def test_every_file_is_expected() -> None:
    """The table names exactly the shipped files."""
    assert sorted(EXPECTED) == [path.stem for path in shipped_repairs()]


@pytest.mark.parametrize("name", EXPECTED)
def test_shipped_file(name: str, tmp_path: Path) -> None:
    """It states what the table says, comes to that, and its stored certificate is the same to the byte."""
    path = PROOFS / "runtime" / f"{name}.toml"
    expect = typed_toml(path, RuntimeFile).expect
    assert EXPECTED[name] == (expect.verdict, expect.changes)
    assert () == run_runtime(path, update=False).problems
    again = copied(name, tmp_path)
    again.with_suffix(".json").unlink()
    assert () == run_runtime(again, update=True).problems
    assert again.with_suffix(".json").read_text() == path.with_suffix(".json").read_text()


def test_the_certificate_is_of_the_changed_target() -> None:
    """To the checker it is a claim like any other; the pairs of its target have the factors in them."""
    text = (PROOFS / "runtime" / "runtime-1-imrope-on-mrope.json").read_text()
    assert ("permutation", "equal-scores") == checker.check(text)
    root = json.loads(text)
    turns = [Counter(json.dumps(pair["angle"], sort_keys=True) for pair in root[side]["pairs"])
             for side in ("source", "target")]
    assert turns[0] == turns[1]
    assert root["target"]["name"] == "ggml/mrope:sections=24,20,20,0 (changed)"


def test_the_ladder_has_no_such_rung() -> None:
    """Neither the search for the lowest relation nor the checker knows of it."""
    assert ["identical", "equal-scores", "permutation", "pair-map", "linear"] == [each.value for each in LADDER]
    root = json.loads((PROOFS / "runtime" / "runtime-1-imrope-on-mrope.json").read_text())
    root["holds"]["relation"] = "runtime"
    root["digest"] = checker.digest(root)
    with pytest.raises(checker.Rejected):
        checker.check(checker.canonical(root))


@pytest.mark.parametrize(("old", "new", "said"), [
    ('"22,20,20,2"', '"24,20,20,0"', "parameters: expected"),
    ("factors    = 64", "factors    = 63", "factors: expected 63, got 64"),
    ('"factors"]', ']', "changes: expected"),
    ('relation   = "permutation"', 'relation   = "identical"', "relation: expected identical, got permutation"),
    ('"equivalent"', '"different"', "verdict: expected different, got equivalent"),
    ("factors    = 64", 'feed = { e = "t" }', "feed: expected"),
])
def test_another_expectation_is_reported(
    old: str, new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """Each thing that a file may expect is compared, and nothing is stored with --update then."""
    path = copied("runtime-1-imrope-on-mrope", tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    path.with_suffix(".json").write_text("kept")
    code = run_command(["run", "--update", str(path)])
    assert (4, True, "kept") == (code, said in capsys.readouterr().out, path.with_suffix(".json").read_text())


def test_a_certificate_of_something_else_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that the checker accepts and that is about the kernels as they are is not that of the repair."""
    path = copied("runtime-1-imrope-on-mrope", tmp_path)
    shutil.copy(PROOFS / "02-imrope-to-mrope.json", path.with_suffix(".json"))
    code = run_command(["run", str(path)])
    assert (4, True) == (code, "a certificate of something else" in capsys.readouterr().out)


def test_what_no_file_may_expect(tmp_path: Path) -> None:
    """A magnitude folded into rows is not done at run time; words and keys that are none are refused."""
    path = copied("runtime-1-imrope-on-mrope", tmp_path)
    text = path.read_text()
    for old, new in (('"factors"]', '"magnitude"]'), ('"equivalent"', '"convertible"'), ("factors ", "ulps ")):
        path.write_text(text.replace(old, new))
        with pytest.raises(InputError):
            run_runtime(path, update=False)


@pytest.mark.parametrize(("words", "said"), [
    (["diff", "ggml/imrope", "ggml/mrope", "--relation", "runtime"], "rope-prover repair"),
    (["audit", "nowhere", "--relation", "runtime"], "rope-prover repair"),
    (["prove", "ggml/imrope", "ggml/mrope", "--relation", "runtime", "--for-all", "base"], "repair --for-all"),
])
def test_where_it_is_not_asked_for(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Models are compared with rungs only: the message names the command that looks for repairs."""
    assert (2, True) == (run_command(words), said in capsys.readouterr().err)
