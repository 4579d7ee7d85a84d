"""What came of many files of proofs, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from prover.proof_files.result import ProofResult
from prover.reports.text import code_markdown, escape_markdown, plain


def render_run(results: Sequence[ProofResult], markdown: bool) -> str:
    """All claims in one table, and what was not as expected below it."""
    bad = [result for result in results if result.problems]
    summary = f"{len(results) - len(bad)} of {len(results)} claims are as expected."
    lines = []
    if markdown:
        lines += ["| claim | verdict | relation | what |", "|---|---|---|---|"]
        lines += [
            f"| {code_markdown(r.name)} | {r.word.replace(', ', ' | ')} | {escape_markdown(r.title)} |"
            for r in results
        ]
        lines += ["", summary]
        lines += [f"- {code_markdown(r.name)}: {escape_markdown(p)}" for r in bad for p in r.problems]
    else:
        width = max((len(r.name) for r in results), default=0)
        for r in results:
            mark = "ok  " if not r.problems else "BAD "
            lines.append(f"{mark}{plain(r.name):<{width}}  {r.word:<26}  {plain(r.title)}")
            lines += [f"      {plain(problem)}" for problem in r.problems]
        lines += ["", summary]
    return "\n".join(lines) + "\n"
