"""What came of files of proofs: a line each, and what was not as expected."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from prover.claims.solver import agreement_text
from prover.proof_files.result import ProofResult
from prover.reports.text import code_markdown, escape_markdown, plain
from prover.resources import PROOFS


def result_text(result: ProofResult, width: int, specs: bool) -> str:
    """A result for a terminal: its name filled up to `width`, with `specs` what it is about, what was unexpected."""
    mark = "BAD " if result.problems else "ok  "
    line = f"{mark}{plain(result.name):<{width}}  {result.word:<26}  {plain(result.title)}".rstrip()
    about = [f"      {each}" for each in _abouts(result, plain)] if specs and result.report else []
    return "\n".join([line, *about, *(f"      {plain(problem)}" for problem in result.problems)])


def count_line(results: Sequence[ProofResult]) -> str:
    """How many are as expected."""
    good = sum(not result.problems for result in results)
    return f"{good} of {len(results)} claims are as expected."


def results_json(results: Sequence[ProofResult], interrupted: bool) -> dict[str, Any]:
    """What came of the files that could be run, and whether there are others."""
    done = _run_of(results)
    return {
        "schema": "rope-prover/run/1", "second_opinion": _opinion(done) or None, "interrupted": interrupted,
        "claims": [r.report | {"name": r.name, "title": r.title, "problems": list(r.problems)} for r in done],
    }


def results_text(results: Sequence[ProofResult]) -> str:
    """How many are as expected, and what a second solver said; nothing if none could be run."""
    done = _run_of(results)
    return f"{count_line(done)}\n{_sentence(done)}" if done else ""


def results_markdown(results: Sequence[ProofResult], specs: bool) -> str:
    """All results in one table, what was not as expected below it; with `specs` what each is about."""
    done = _run_of(results)
    if not done:
        return ""
    lines = ["| claim | verdict | relation | what |", "|---|---|---|---|"]
    for r in done:
        word, _, relation = r.word.partition(", ")
        lines.append(f"| {code_markdown(r.name)} | {word} | {relation} | {escape_markdown(r.title)} |")
    if specs:
        lines += ["", *(f"- {code_markdown(r.name)}: {about}" for r in done if r.report
                        for about in _abouts(r, code_markdown))]
    lines += ["", count_line(done)]
    lines += [f"- {code_markdown(r.name)}: {escape_markdown(p)}" for r in done for p in r.problems]
    return "\n".join(lines) + f"\n{_sentence(done)}"


def _run_of(results: Sequence[ProofResult]) -> list[ProofResult]:
    return [result for result in results if not result.fault]


def _opinion(results: Sequence[ProofResult]) -> str:
    same, questions = (sum(result.opinions[i] for result in results) for i in (0, 1))
    return agreement_text(same, questions)


def _sentence(results: Sequence[ProofResult]) -> str:
    opinion = _opinion(results)
    return f"{opinion}.\n" if opinion else ""


def _abouts(result: ProofResult, shown: Callable[[str], str]) -> list[str]:
    """The two specs and the feeds; of converters, each case with its sizes and its answer."""
    found = result.report
    return [_case(each, shown) for each in found["cases"]] if "cases" in found else [_sides(found, shown)]


def _case(case: dict[str, Any], shown: Callable[[str], str]) -> str:
    parts = case["matrices"]
    heads = "" if len(parts) == 1 else f", {parts[0]['heads']} heads of q and {parts[1]['heads']} of k"
    words = case["verdict"]
    if len({part["verdict"] for part in parts}) > 1:
        words += " (" + ", ".join(f"{part['matrix']} {part['verdict']}" for part in parts) + ")"
    return f"{shown(case['name'])} {words}: {shown(case['given']['text'])}{heads}, {_sides(case, shown)}"


def _sides(found: dict[str, Any], shown: Callable[[str], str]) -> str:
    first, second = (_near(found[key]) for key in (("old", "new") if "old" in found else ("source", "target")))
    feeds = [feed for feed in found.get("feeds", []) if feed != "free"]
    return f"{shown(first)} -> {shown(second)}" + (f", feeds {', '.join(map(shown, feeds))}" if feeds else "")


def _near(spec: str) -> str:
    """A spec whose path lies in the package's folder of proofs, as a path from there."""
    if not os.path.isabs(spec):
        return spec
    return os.path.normpath(spec).replace(f"{os.path.normpath(PROOFS)}{os.sep}", f"proofs{os.sep}")
