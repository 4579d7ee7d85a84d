"""What came of files of proofs: a line each, and what was not as expected."""

from __future__ import annotations

from collections.abc import Sequence

from prover.proof_files.result import ProofResult
from prover.reports.text import code_markdown, escape_markdown, plain


def result_lines(result: ProofResult, width: int) -> list[str]:
    """A result for a terminal, its name filled up to `width`, what was not as expected below it."""
    mark = "BAD " if result.problems else "ok  "
    line = f"{mark}{plain(result.name):<{width}}  {result.word:<26}  {plain(result.title)}".rstrip()
    return [line, *(f"      {plain(problem)}" for problem in result.problems)]


def count_line(results: Sequence[ProofResult]) -> str:
    """How many are as expected."""
    good = sum(not result.problems for result in results)
    return f"{good} of {len(results)} claims are as expected."


def results_markdown(results: Sequence[ProofResult]) -> str:
    """All results in one table, and what was not as expected below it."""
    lines = ["| claim | verdict | relation | what |", "|---|---|---|---|"]
    for r in results:
        word, _, relation = r.word.partition(", ")
        lines.append(f"| {code_markdown(r.name)} | {word} | {relation} | {escape_markdown(r.title)} |")
    lines += ["", count_line(results)]
    lines += [f"- {code_markdown(r.name)}: {escape_markdown(p)}" for r in results for p in r.problems]
    return "\n".join(lines) + "\n"
