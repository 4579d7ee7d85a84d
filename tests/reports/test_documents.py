"""Answers of other commands as comments: the headline first, what is in it, its length, and that it is inert."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import prover
from markdown_reader import fenced, raw_html, shown_text, tables, tokens
from prover.reports.document import Document
from prover.reports.document_html import body
from prover.reports.document_markdown import markdown
from prover.reports.documents.audit import audit_document
from prover.reports.documents.classes import classes_document
from prover.reports.documents.conform import conform_document
from prover.reports.documents.diff import diff_document
from prover.reports.documents.identify import identify_document
from prover.reports.documents.repair import repair_document
from prover.reports.documents.run import run_document
from prover.reports.documents.show import model_document, show_document
from prover.reports.documents.verdict import verdict_document
from prover.resources import MODELS

JSON = dict[str, Any]
TESTS = Path(__file__).parent.parent
SOURCES, MEASURED = TESTS / "sources", TESTS / "measured"
GPT_OSS = str(SOURCES / "gpt-oss.json")
MOST_LINES = 60
NO_NUMBERS = "ctranslate2/rotary:rotary_scaling_type=su"


def _run() -> JSON:
    found = prover.run(["01-normal-to-neox", "02-imrope-to-mrope"])
    return found.to_json(list(found))


ANSWERS: dict[str, tuple[Callable[[], JSON], Callable[[JSON], Document]]] = {
    "verdict": (lambda: prover.prove("ggml/imrope", "ggml/mrope").to_json(), lambda f: verdict_document(f, None)),
    "diff": (lambda: prover.diff(GPT_OSS, engine="mlx-lm").to_json(), diff_document),
    "audit": (lambda: prover.audit(GPT_OSS, engines=("vllm", "mlx-lm"), jobs=1).to_json(), audit_document),
    "run": (_run, lambda found: run_document(found, True)),
    "repair": (lambda: prover.find_repair("ggml/imrope", "ggml/mrope", library=None).to_json(),
               lambda f: repair_document(f, None)),
    "no repair": (lambda: prover.find_repair("ggml/imrope", "ggml/neox", feeds=["t=t,h=h,w=w,e=e,p=t"]).to_json(),
                  lambda f: repair_document(f, None)),
    "conform": (lambda: prover.conform("ggml/neox:head_dim=64:base=500000", str(MEASURED / "ggml.json"),
                                       "neox_d64").to_json(), conform_document),
    "identify": (lambda: prover.identify(str(MEASURED / "ggml.json"), "neox_d64").to_json(), identify_document),
    "show": (lambda: prover.show("ggml/imrope").to_json(), show_document),
    "show without numbers": (lambda: prover.show(NO_NUMBERS).to_json(), show_document),
    "model": (lambda: prover.show(GPT_OSS).to_json(), model_document),
}
FIRST = {
    "verdict": "Different: No fixed change", "diff": "Different: ", "audit": "Different: 1 model, under 2 engines: ",
    "run": "2 of 2 claims are as expected.", "repair": "The target computes the source with rows of W_q and W_k moved",
    "no repair": "No repair was found: ", "conform": "Differs from what was measured in 31 places (numeric only",
    "identify": "half pairing, all 64 lanes, base 10000", "show": "ggml/imrope: ggml IMROPE",
    "show without numbers": f"{NO_NUMBERS}: ", "model": GPT_OSS,
}


@cache
def answer(name: str) -> JSON:
    """The answer as JSON types, asked once."""
    return ANSWERS[name][0]()


@pytest.mark.parametrize("name", ANSWERS)
def test_a_comment_has_its_headline_first_and_is_short(name: str) -> None:
    """One heading, which says the answer; few lines; tables of at most three columns; no HTML but folds."""
    text = markdown(ANSWERS[name][1](answer(name)))
    found = tokens(text)
    assert "heading_open" == found[0].type
    assert ["heading_open"] == [token.type for token in found if token.type == "heading_open"]
    assert shown_text(text).startswith(FIRST[name])
    assert text.count("\n") < MOST_LINES
    assert all(len(rows[0]) <= 3 and len({*map(len, rows)}) == 1 for rows in tables(text))
    assert ([], True) == (raw_html(text), all(c.isprintable() or c == "\n" for c in text))
    assert not {"link_open", "image", "em_open", "s_open"} & {token.type for token in found}


EVIL = "<img src=x onerror=alert(1)>|`a`\n# b\x1b[31m\u202e @all *k* [l](http://x) </details> ```"
KEPT = {"verdict", "kind", "relation", "refuted", "limit", "word", "schema", "found", "side", "map", "exact", "format",
        "code", "library"}


def poisoned(value: Any, name: str = "") -> Any:
    """JSON whose every text that is not one of our own words is a stranger's."""
    if isinstance(value, dict):
        return {key: poisoned(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, name) for each in value]
    return f"{value} {EVIL}" if isinstance(value, str) and name not in KEPT else value


@pytest.mark.parametrize("name", ANSWERS)
def test_nothing_in_an_answer_is_live(name: str) -> None:
    """Markup, control characters and marks in any text of the JSON: neither Markdown nor HTML lets one through."""
    clean = ANSWERS[name][1](answer(name))
    document = ANSWERS[name][1](poisoned(copy.deepcopy(answer(name))))
    text = markdown(document)
    assert ([], True) == (raw_html(text), all(c.isprintable() or c == "\n" for c in text))
    assert not {"link_open", "image", "em_open", "s_open"} & {token.type for token in tokens(text)}
    assert all(len({*map(len, rows)}) == 1 for rows in tables(text))
    page = body(document)
    assert ("<img" not in page, "\x1b" in page, "\u202e" in page) == (True, False, False)
    assert page.count("<details>") == page.count("</details>") == text.count("</summary>")
    assert clean


def test_diff_says_why_a_part_does_not_go() -> None:
    """Each part in a table, its runs of pairs, its cause, and the layouts to copy."""
    text = markdown(diff_document(answer("diff")))
    (first, *_) = tables(text)
    assert [["part", "layers", "verdict"], ["text", "24 layers: 0-23", "different"]] == first
    for part in ("**Pairs 10 to 17**: turn faster in the target", "Cause: truncate", "RP003"):
        assert part in text


def test_audit_has_the_worst_cells_first() -> None:
    """Only cells that are not fine are in the table, with the numbers of their reasons; the others are folded."""
    cells = {
        "a": {"verdict": "equivalent", "reasons": []}, "b": {"verdict": "convertible", "reasons": ["rows move"]},
        "c": {"verdict": "different", "reasons": ["no map"]}, "d": {"verdict": None, "reasons": ["not known"]},
    }
    models = [
        {"file": "m/one.json", "model_type": "x", "fault": None, "cells": cells},
        {"file": "m/two.json", "model_type": None, "fault": "is no config", "cells": {}},
        {"file": "m/three.json", "model_type": "x", "fault": None, "cells": cells},
    ]
    text = markdown(audit_document({"engines": list("abcd"), "models": models}))
    (rows,) = tables(text)
    assert [
        ["model", "engine", "came out"],
        ["one.json", "c", "different [1]"], ["three.json", "c", "different [1]"],
        ["one.json", "b", "convertible [2]"], ["three.json", "b", "convertible [2]"],
        ["one.json", "d", "not known [3]"], ["three.json", "d", "not known [3]"], ["two.json", "all", "not read [4]"],
    ] == rows
    assert shown_text(text).startswith(
        "Different: 3 models, 1 of them not read, under 4 engines: 2 equivalent, 2 convertible, 2 different, 2 not "
        "known")
    assert "Equivalent: 2 cells of 2 models" in text


def test_run_says_what_is_not_as_expected() -> None:
    """What went wrong stands above the table, and an interruption in the headline."""
    found = copy.deepcopy(answer("run"))
    found["claims"][1]["problems"] = ["verdict: expected equivalent, got different"]
    found["interrupted"] = True
    text = markdown(run_document(found, False))
    assert text.startswith("### 1 of 2 claims are as expected. Interrupted: ")
    assert text.index("expected equivalent, got different") < text.index("| claim")
    nothing = found | {"claims": [], "interrupted": False}
    assert "### No file could be run: nothing was decided.\n" == markdown(run_document(nothing, False))
    assert "### Interrupted before any file was finished: nothing was decided.\n" == markdown(
        run_document(nothing | {"interrupted": True}, False)
    )


def test_repair_is_to_be_copied() -> None:
    """Each change in an item, the code folded, and the command that checks the certificate."""
    text = markdown(repair_document(answer("repair"), "mine.json"))
    assert "**Change:** sections: 22,20,20,2, instead of 24,20,20,0" in text
    assert "`rope-prover check mine.json`" in text
    (code,) = fenced(text)
    assert "def convert(W, heads):" in code


def test_conform_and_identify_say_that_they_are_numeric() -> None:
    """Neither is a proof, and the headline says so; a kernel that was given its frequencies is told."""
    for name in ("conform", "identify"):
        assert "numeric only: floats within a tolerance, no proof" in markdown(ANSWERS[name][1](answer(name)))
    found = answer("conform") | {"frequencies_given": "those of a spec", "conforms": True}
    text = markdown(conform_document(found))
    assert text.startswith("### Conforms in all but the frequencies")
    assert "> Warning: The kernel was given its frequencies" in text


def test_classes_are_counted_first() -> None:
    """How many layouts in how many classes, each class in a line, those alone and those left out folded."""
    members = [{"spec": f"b/{n}", "relation": "identical", "axes": None, "certificate": None} for n in range(3)]
    found = {
        "relation": "permutation", "feeds": ["free"], "axes": None,
        "classes": [{"representative": "a/x", "width": 8, "axes": ["p"], "members": members},
                    {"representative": "c/y", "width": 8, "axes": ["t", "h"], "members": []}],
        "left_out": [{"spec": "d/z", "reason": "16 lanes, not 8"}],
    }
    text = markdown(classes_document(found))
    assert text.startswith("### 5 layouts in 2 classes under 'permutation'")
    assert "`a/x` (p; 8 lanes): `b/0` identical, `b/1` identical, `b/2` identical" in text
    assert "Alone in their class: 1" in text
    assert "`d/z`: 16 lanes, not 8" in text


def test_a_layout_in_its_own_words() -> None:
    """The formula as code, the properties, and the pairs folded, as few as fit."""
    text = markdown(show_document(answer("show")))
    assert "sector = (j % sum(sections))" in fenced(text)[0]
    assert "Is a rotation: **yes**" in text
    assert "Pairs: 64" in text
    assert "must be given" in markdown(show_document(answer("show without numbers")))


def test_every_layout_fits() -> None:
    """Every tenth layout of the catalogue, whatever its formula and its notes, in few lines."""
    for path in sorted(MODELS.glob("*/*.toml"))[::10]:
        spec = f"{path.parent.name}/{path.stem}"
        if path.parent.name not in ("rules", "readings", "packings"):
            text = markdown(prover.show(spec).document())
            assert (text.count("\n") < MOST_LINES, raw_html(text)) == (True, []), spec
