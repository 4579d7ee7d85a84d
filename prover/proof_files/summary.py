"""What came of files of proofs: a line each, and what was not as expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.claims.solver import agreement_text
from prover.proof_files.result import ProofResult
from prover.reports.document import Text, pieces
from prover.reports.documents.run import abouts, count_line
from prover.reports.text import plain


def result_text(result: ProofResult, width: int, specs: bool) -> str:
    """A result for a terminal: its name filled up to `width`, with `specs` what it is about, what was unexpected."""
    mark = "BAD " if result.problems else "ok  "
    line = f"{mark}{plain(result.name):<{width}}  {result.word:<26}  {plain(result.title)}".rstrip()
    about = [f"      {_text_of(each)}" for each in abouts(result.report)] if specs and result.report else []
    return "\n".join([line, *about, *(f"      {plain(problem)}" for problem in result.problems)])


def results_json(results: Sequence[ProofResult], interrupted: bool) -> dict[str, Any]:
    """What came of the files that could be run, why others could not, and whether there are more."""
    done = _run_of(results)
    return {
        "schema": "rope-prover/run/1", "second_opinion": _opinion(done) or None, "interrupted": interrupted,
        "claims": [
            r.report | {"name": r.name, "title": r.title, "problems": list(r.problems), "answer": r.word} for r in done
        ],
        "not_run": [{"name": r.name, "problem": "; ".join(r.problems)} for r in results if r.fault],
    }


def results_text(results: Sequence[ProofResult]) -> str:
    """How many are as expected, and what a second solver said; nothing if none could be run."""
    done = _run_of(results)
    return f"{count_line(results_json(results, False))}\n{_sentence(done)}" if done else ""


def _run_of(results: Sequence[ProofResult]) -> list[ProofResult]:
    return [result for result in results if not result.fault]


def _opinion(results: Sequence[ProofResult]) -> str:
    same, questions = (sum(result.opinions[i] for result in results) for i in (0, 1))
    return agreement_text(same, questions)


def _sentence(results: Sequence[ProofResult]) -> str:
    opinion = _opinion(results)
    return f"{opinion}.\n" if opinion else ""


def _text_of(text: Text) -> str:
    return "".join(plain(piece if isinstance(piece, str) else piece.text) for piece in pieces(text))
