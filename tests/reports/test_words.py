"""Words of reports: counts that agree with their nouns, causes that blame no side, output that takes no Unicode."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

import prover
from prover.api.arguments import loaded_of
from prover.reports.document_markdown import markdown
from prover.reports.documents.audit import audit_document
from prover.reports.documents.fitting import cut
from prover.reports.pictures.scene import Scene, make_strip
from prover.reports.pictures.terminal import scene_text
from prover.reports.sarif import Result, sarif
from prover.reports.text import counted
from prover.resources import MODELS

CLAIM = """title = "é … \U0001d11e"
source = "ggml/normal:head_dim=8"
target = "ggml/neox:head_dim=8"
relation = "permutation"
expect = {verdict = "equivalent", relation = "permutation"}
"""


def test_one_is_no_plural() -> None:
    """None and two are."""
    assert ["0 models", "1 model", "2 models", "1 class", "3 classes"] == [
        counted(0, "model"), counted(1, "model"), counted(2, "model"), counted(1, "class"), counted(3, "class")]
    assert "… 1 more run in --json" == cut(["a", "b"], 1, "run").items[-1]
    assert "… 2 more runs in --json" == cut(["a", "b", "c"], 1, "run").items[-1]


def test_an_audit_of_one_model() -> None:
    """The heading and the fold."""
    cell = {"verdict": "equivalent", "reasons": []}
    one = {"file": "m/a.json", "model_type": "x", "fault": None, "cells": {"e": cell}}
    for count, words in ((1, "Equivalent: 1 cell of 1 model<"), (2, "Equivalent: 2 cells of 2 models<")):
        assert words in markdown(audit_document({"engines": ["e"], "models": [one] * count}))


def test_causes_blame_no_side() -> None:
    """What is proved is that two layouts differ, and that one of them is no rotation; not which was meant."""
    laws = tomllib.loads((MODELS / "causes.toml").read_text(encoding="utf-8"))["cause"]
    told = [law.get(key, "") for law in laws for key in ("fault", "change", "unread")]
    assert [] == [text for text in told if "at fault" in text or "should" in text or "wrong" in text.split()]
    assert 5 == sum("for a rotation {source} would have to" in text for text in told)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("style", ["text", "markdown", "html", "sarif", "junit"])
def test_output_that_takes_no_unicode(encoding: str, style: str, tmp_path: Path) -> None:
    """As where Windows has a pipe: the same exit code and answer; XML is well-formed whatever it is written in."""
    (tmp_path / "claim.toml").write_bytes(CLAIM.replace("\n", "\r\n").encode())
    done = subprocess.run(
        [sys.executable, "-m", "prover", "run", str(tmp_path / "claim.toml"), "--format", style], capture_output=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )
    assert 1 == done.returncode    # it has no stored certificate
    assert all(line.startswith(b"claim: ") for line in done.stderr.splitlines())    # progress, on a slow machine
    assert b"is missing" in done.stdout
    if style == "junit":
        (failure,) = ET.fromstring(done.stdout).iter("failure")
        assert (failure.text or "").startswith("é … \U0001d11e: equivalent")
    if encoding == "cp1252" and style == "text":
        assert "é … \\U0001d11e" in done.stdout.decode("cp1252")


def test_a_title_makes_no_link_in_sarif() -> None:
    """SARIF's plain texts take [words](target) for a link (3.11.6)."""
    found = sarif([Result("claim-unexpected", "error", "[x](http://e)\x1b[31m\u202e", "a.toml")], "1")
    text = found["runs"][0]["results"][0]["message"]["text"]
    assert ("](" in text, "\x1b" in text, "\u202e" in text) == (False, False, False)


def test_drawings_tell_directions_and_lanes_written() -> None:
    """By hand: mlx-lm's reversed layout turns every pair backwards; another reads adjacent lanes and writes halves."""
    lines = prover.draw("mlx-lm/reversed:head_dim=8").to_text(60).splitlines()
    assert "turns  --------" in lines
    assert any(line.startswith("turns: + ") for line in lines)
    lines = prover.draw("transformers/adjacent-to-half:qk_rope_head_dim=8:qk_nope_head_dim=0").to_text(60).splitlines()
    assert lines[lines.index("pair   00112233") + 1] == "writes 01230123"
    assert "4 pairs write other lanes than read; drawn as read." in lines
    plain = prover.draw("ggml/neox:head_dim=8").to_text(60)
    assert ("turns" in plain, "writes" in plain) == (False, False)


def test_drawings_tell_of_scaled_pairs_and_moved_lanes() -> None:
    """A magnitude, and lanes that pass elsewhere, which no letter of an axis tells."""
    assert "2 pairs are scaled too, which is not drawn." in prover.draw(
        "ggml/neox:head_dim=8:n_rot=4:attn_factor=1.25").to_text(90)
    layout = loaded_of("ggml/neox:head_dim=4:n_rot=2").layout
    crossed = replace(layout, passes=((2, 3), (3, 2)))
    text = scene_text(Scene((make_strip("x", crossed, {"p": "p"}),)), 60)
    assert "axis   pp>>" in text
    assert "> = passes to another lane" in text
    assert "Without a turn lanes pass to others: 2 to 3, 3 to 2." in text
