"""The shipped converter files: what they state of each function, their certificates, and spoiled ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from prover import checker
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.proof_files.converter_file import read_converter_file, run_converter_file, smaller_sizes
from prover.repair.converters import converters, find_converter
from prover.resources import PROOFS, shipped_converters

FOLDER = PROOFS / "converters"
# What each case has to come to, so that it cannot be bent to fit a verdict.
WRONG: dict[str, set[str]] = {
    "converters-engines": {"vllm-llama-4-adjacent", "torchtitan-cos-sin"},
    "converters-llama-cpp": {"half-of-a-head", "mistral-consolidated", "reverse-smallest", "glm-4-without-sections",
                             "minimax-vision-of-films"},
    "converters-megatron": {"bridge-without-interleaved"},
    "converters-transformers": {"llama-2-70b-taken-for-half", "permute-for-rope-smallest", "permute-for-rope-8-lanes",
                                "permute-for-rope-llama-3-8b", "inverse-smallest"},
}
WITHOUT_GQA = {
    "llama.cpp/chameleon-norm": "one head",
    "transformers/chameleon-norm": "one head",
    "llama.cpp/kimi-vision": "a tower has as many heads of k",
    "llama.cpp/minimax-vision": "a tower has as many heads of k",
    "transformers/PermuteForRope": "proved wrong",
    "transformers/PermuteForRope.inverse": "proved wrong",
}


def copied(name: str, folder: Path, case: str = "") -> Path:
    """A shipped file, its layouts and its certificates in a folder of the test; of its cases the one that is named."""
    shutil.copytree(FOLDER, folder / "converters")
    path = folder / "converters" / f"{name}.toml"
    head, *cases = path.read_text().split("[[case]]")
    path.write_text("[[case]]".join([head, *(each for each in cases if f'"{case}"' in each or not case)]))
    return path


def spoil(path: Path, old: str, new: str) -> None:
    """Change a file once."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_every_case_is_expected() -> None:
    """The table above names the shipped files, and of each the cases that are wrong."""
    assert sorted(WRONG) == [path.stem for path in shipped_converters()]
    for path in shipped_converters():
        cases = read_converter_file(path).case
        assert WRONG[path.stem] == {case.name for case in cases if case.verdict != "right"}


@pytest.mark.parametrize("name", WRONG)
def test_converter_file(name: str, tmp_path: Path) -> None:
    """All comes out as expected, and the certificates written anew elsewhere are the same to the byte."""
    assert () == run_converter_file(FOLDER / f"{name}.toml", update=False).problems
    path = copied(name, tmp_path)
    for stored in path.parent.glob("*.json"):
        stored.unlink()
    assert () == run_converter_file(path, update=True).problems
    stored = sorted(FOLDER.glob(f"{name}-*.json"))
    assert [each.name for each in stored] == sorted(each.name for each in path.parent.glob("*.json"))
    for each in stored:
        assert each.read_text() == (path.parent / each.name).read_text()
        checker.check(each.read_text())


def test_every_converter_has_a_right_case() -> None:
    """Each is proved right somewhere, with fewer heads of k than of q where the function can."""
    cases = [case for path in shipped_converters() for case in read_converter_file(path).case]
    right = [case for case in cases if case.verdict == "right"]
    found = {each.name for case in right if (each := find_converter(case.converter))}
    assert {each.name for each in converters()} == found
    grouped = {case.converter for case in right if case.heads and case.kv_heads and case.kv_heads < case.heads}
    assert {each.name for each in converters()} - grouped == set(WITHOUT_GQA)


def test_the_smallest_case_of_permute_for_rope() -> None:
    """2 heads of q, 1 of k, 4 lanes: q's move is right, k's is refuted; two certificates say so."""
    path = FOLDER / "converters-transformers.toml"
    case = next(case for case in read_converter_file(path).case if case.name == "permute-for-rope-smallest")
    assert (2, 1, 4) == (case.heads, case.kv_heads, case.smallest)
    q, k = (json.loads((FOLDER / f"{path.stem}-{case.name}-{matrix}.json").read_text()) for matrix in "qk")
    assert ("identical", "equal-scores") == (q["holds"]["relation"], k["fails"]["relation"])


def test_smaller_sizes() -> None:
    """Below 2 heads, 1 of k, 4 lanes: all with fewer rows of q, and one head of 8."""
    assert [(1, 1, 2), (1, 1, 4), (2, 1, 2), (2, 2, 2), (1, 1, 6), (3, 1, 2), (3, 3, 2), (1, 1, 8)] == list(
        smaller_sizes(2, 1, 4))


@pytest.mark.parametrize(("case", "old", "new", "told", "code"), [
    ("bridge-without-interleaved", '["nothing moved"]', '["inverse"]',
     "bridge-without-interleaved: slips: expected ['inverse'], got ['nothing moved']", 1),
    ("megatron-llm-back", 'verdict   = "right"', 'verdict   = "wrong"',
     "megatron-llm-back: verdict: expected wrong, got right", 1),
    ("permute-for-rope-smallest", "heads     = 2\nkv_heads  = 1\n", "heads     = 4\nkv_heads  = 2\n",
     "it is wrong at heads=2, kv_heads=1, head_dim=4 already", 1),
    ("permute-for-rope-8-lanes", 'k         = "wrong"', 'k         = "right"', "k: expected right, got wrong", 1),
    ("bridge-without-interleaved", "kv_channels=8:", "kv_channels=8:rotary_base=7:",
     "bridge-without-interleaved.json: it is a certificate of something else", 4),
    ("megatron-llm-back", '"megatron-llm-back"', '"back"',
     "back: converters-megatron-back.json is missing; 'rope-prover run --update CLAIM' writes it", 1),
])
def test_what_is_not_as_expected(case: str, old: str, new: str, told: str, code: int, tmp_path: Path) -> None:
    """Another expectation, sizes that are not the smallest, another layout, a missing certificate: each is told."""
    path = copied("converters-transformers" if "for-rope" in case else "converters-megatron", tmp_path, case)
    spoil(path, old, new)
    result = run_converter_file(path, update=False)
    assert any(told in problem for problem in result.problems), result.problems
    assert code == result.exit_code


def test_a_spoiled_certificate_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A permutation that the certificate's tables do not bear out ends with exit code 4, and the case is named."""
    path = copied("converters-megatron", tmp_path, "megatron-llm-back")
    stored = path.with_name("converters-megatron-megatron-llm-back.json")
    found = json.loads(stored.read_text())
    found["holds"]["permutation"] = found["holds"]["permutation"][::-1]
    stored.write_text(json.dumps(found))
    assert 4 == run_command(["run", str(path)])
    assert f"megatron-llm-back: {stored.name}" in capsys.readouterr().out


@pytest.mark.parametrize(("old", "new", "told"), [
    ('"megatron-bridge/qkv"', '"megatron-bridge/kvq"', r"bridge-llama-3-8b.*Did you mean megatron-bridge/qkv"),
    ('"megatron-bridge/qkv"', '"W.reshape(W.shape)"', r"there is no converter"),
    ('"bridge-half-of-a-head"', '"bridge-llama-3-8b"', r"two cases are called 'bridge-llama-3-8b'"),
    ('"bridge-half-of-a-head"', '"../part"', r"matching regex"),
    ("kv_heads  = 8", "kv_heads  = 7", r"64 heads of q cannot share 7 heads of k"),
    ("heads     = 64", "smallest  = 4\nheads     = 64", r"'smallest' needs heads, kv_heads, and \{head_dim\}"),
    ('title = "', 'titel = "', r"titel"),
])
def test_a_file_that_cannot_be_run(old: str, new: str, told: str, tmp_path: Path) -> None:
    """What is wrong with a file is said with the case."""
    path = copied("converters-megatron", tmp_path)
    spoil(path, old, new)
    with pytest.raises(InputError, match=told):
        run_converter_file(path, update=False)


@pytest.mark.parametrize("style", ["text", "markdown"])
def test_run_says_what_each_case_is(style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each case: its answer, the function, its sizes and the two specs; in text and in Markdown."""
    path = copied("converters-transformers", tmp_path, "permute-for-rope-smallest")
    assert 0 == run_command(["run", str(path), "--format", style])
    out = capsys.readouterr().out.replace("`", "")
    assert "1 wrong" in out
    assert ("permute-for-rope-smallest wrong (q right, k wrong): transformers/PermuteForRope, 2 heads of q and 1 of k, "
            "transformers/adjacent:head_dim=4 -> transformers/half:head_dim=4") in out
