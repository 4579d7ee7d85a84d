"""A verdict as a comment on a pull request: what is in it for every shipped proof, how long it is, and that it runs."""

from __future__ import annotations

import contextlib
import io
import re
from functools import cache
from typing import Any

import pytest

import prover
from conftest import prove_specs
from markdown_reader import fenced, raw_html, tables, tokens
from prover.layouts.loading import About
from prover.proof_files.claim_file import run_claim
from prover.proof_files.runtime_file import run_runtime
from prover.reports.document_markdown import markdown
from prover.reports.documents.repair import repair_document
from prover.reports.documents.verdict import verdict_document
from prover.reports.report import report
from prover.reports.row_code import row_code, style_of
from prover.resources import PROOFS
from rows_moved import MOVED, moved
from sampling import few

JSON = dict[str, Any]
MOST_LINES = 60
CLAIMS = sorted(path.stem for path in PROOFS.glob("*.toml"))


@cache
def shipped(name: str) -> JSON:
    """What a shipped claim's answer is as JSON types."""
    return run_claim(PROOFS / f"{name}.toml", False).report


def comment(found: JSON) -> str:
    """The comment on an answer."""
    return markdown(verdict_document(found, None))


def run_counterexample(text: str) -> tuple[float, float]:
    """Both numbers that the counterexample prints; its own assertion holds."""
    (code,) = [each for each in fenced(text) if "def kernel(" in each]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, {})
    first, second = map(float, out.getvalue().split())
    return first, second


@pytest.mark.parametrize("name", few(CLAIMS, 3))
def test_shipped_proof_as_a_comment(name: str) -> None:
    """Short, headline first, the answer in bold, every run of pairs that fits, the digest; its code runs."""
    found = shipped(name)
    text = comment(found)
    assert text.count("\n") < MOST_LINES
    first, _, question = text.split("\n")[:3]
    assert first.startswith(f"### {found['verdict'].capitalize()}")
    opening = {"equivalent": "**Yes", "convertible": "**Not as they are, but once", "different": "**No",
               "undecided": "**That is not known"}
    assert opening[found["verdict"]] in question
    assert question.startswith("Do weights made for `")
    assert " Relation: " in question
    assert [] == raw_html(text)
    assert f"`{found['certificate']}`" in text
    assert "`rope-prover check FILE`" in text
    assert all(len(rows[0]) <= 3 and len({*map(len, rows)}) == 1 for rows in tables(text))
    shown = found["numeric"]["counterexample"]
    if shown:
        values = run_counterexample(text)
        assert [shown[side]["value"] for side in ("source", "target")] == pytest.approx(values, rel=1e-5, abs=1e-6)
    told = [item for item in re.findall(r"^- \*\*(.*?)\*\*", text, re.M) if item.lower().startswith("pair")]
    assert min(len(found["runs"]), 2) <= len(told)


@pytest.mark.parametrize("name", MOVED)
def test_code_is_in_the_comment(name: str) -> None:
    """The rows are code in the manner of the target's project, not folded, above what else moves."""
    found = moved(name)
    text = comment(found)
    code = row_code(found["witness"], style_of(found["target"]))
    assert code is not None
    assert text.index(f"```python\n{code}```") < text.index("What else moves")


WIDE: dict[str, tuple[str, ...]] = {
    "different": ("ggml/neox:head_dim=8192", "ggml/neox:head_dim=8192:base=20000"),
    "moved": ("ggml/normal:head_dim=8192", "ggml/neox:head_dim=8192"),
    "axes in turns": ("ggml/imrope:head_dim=8192:sections=1368,1364,1364,0",
                      "ggml/mrope:head_dim=8192:sections=1368,1364,1364,0"),
}


@pytest.mark.parametrize("name", few(list(WIDE)))
def test_a_head_of_4096_pairs_is_as_short(name: str) -> None:
    """The comment does not grow with the head; what is left out is in --json, and the text says so."""
    found = report(prove_specs(*WIDE[name]), About("s"), About("t"))
    text = comment(found)
    assert text.count("\n") < MOST_LINES
    assert name == "moved" or "more in --json" in text
    assert 3000 > max(map(len, text.splitlines()))


def test_hostile_titles_and_names_are_inert() -> None:
    """A title with a tag, a pipe, backticks, lines, an escape sequence and a right-to-left mark is text."""
    evil = "<img src=x onerror=alert(1)> | `a` \n# b \x1b[31m \u202e @all http://evil.example"
    found = report(prove_specs("ggml/imrope", "ggml/mrope"), About(evil, (evil,)), About(evil))
    found |= {"source": f"{evil}/x.toml", "feeds": [evil]}
    usual = comment(report(prove_specs("ggml/imrope", "ggml/mrope"), About("t", ("w",)), About("t")))
    text = comment(found)
    kinds = [token.type for token in tokens(text) if token.block and token.type != "inline"]
    assert [token.type for token in tokens(usual) if token.block and token.type != "inline"] == kinds
    assert ([], True) == (raw_html(text), all(c.isprintable() or c == "\n" for c in text))
    assert not {"link_open", "image", "em_open"} & {token.type for token in tokens(text)}


def test_a_cause_is_told_with_its_edit() -> None:
    """Where one parameter of the target is the cause, what to write is told as code."""
    text = prover.prove("transformers/half:rope_theta=500000", "transformers/half:rope_theta=10000").to_markdown()
    assert "Cause: the base of the frequencies" in text
    assert "Edit at the target: `rope_theta=500000` in place of `rope_theta=10000`." in text


def test_what_weakens_a_word_weakens_the_answer() -> None:
    """A verdict as stored says so in the heading and in the answer."""
    stored = shipped("18-hunyuan-base-as-stored")
    assert ["as stored in float32" in line for line in comment(stored).split("\n")[:3:2]] == [True, True]


def test_a_relation_that_was_allowed() -> None:
    """With a permutation allowed the answer is yes, once the rows are changed; with less it is no, not within that."""
    specs = ("ggml/normal:head_dim=8", "ggml/neox:head_dim=8")
    assert "**Yes, once rows are changed as below.**" in prover.prove(*specs, relation="permutation").to_markdown()
    assert "**No, not within --relation equal-scores.**" in prover.prove(*specs, relation="equal-scores").to_markdown()


RUNTIME = sorted(path.stem for path in PROOFS.glob("runtime/*.toml"))


@pytest.mark.parametrize("name", RUNTIME)
def test_shipped_repair_as_a_comment(name: str) -> None:
    """A proof about a repair fits too: what has to change, and the digest of its evidence."""
    found = run_runtime(PROOFS / "runtime" / f"{name}.toml", False).report
    text = markdown(repair_document(found, None))
    assert text.count("\n") < MOST_LINES
    repair = found["repair"]
    assert f"`{repair['certificate'] if repair else found['as_it_is']['certificate']}`" in text
    assert len(repair["parameters"] if repair else []) <= text.count("**Change:**")
