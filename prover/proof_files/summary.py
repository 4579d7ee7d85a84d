"""What came of many files of proofs, in one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from prover.proof_files.result import ProofResult
from prover.reports.text import code_markdown, escape_markdown, plain
from prover.resources import PROOFS


def render_run(results: Sequence[ProofResult], markdown: bool, specs: bool = False) -> str:
    """All claims in one table, and what was not as expected below it; with `specs` what each is about."""
    bad = [result for result in results if result.problems]
    summary = f"{len(results) - len(bad)} of {len(results)} claims are as expected."
    lines = []
    if markdown:
        lines += ["| claim | verdict | relation | what |", "|---|---|---|---|"]
        lines += [
            f"| {code_markdown(r.name)} | {r.word.replace(', ', ' | ')} | {escape_markdown(r.title)} |"
            for r in results
        ]
        lines += ["", *(f"- {code_markdown(r.name)}: {_about(r, code_markdown)}" for r in results)] if specs else []
        lines += ["", summary]
        lines += [f"- {code_markdown(r.name)}: {escape_markdown(p)}" for r in bad for p in r.problems]
    else:
        width = max((len(r.name) for r in results), default=0)
        for r in results:
            mark = "ok  " if not r.problems else "BAD "
            lines.append(f"{mark}{plain(r.name):<{width}}  {r.word:<26}  {plain(r.title)}")
            lines += [f"      {_about(r, plain)}"] if specs else []
            lines += [f"      {plain(problem)}" for problem in r.problems]
        lines += ["", summary]
    return "\n".join(lines) + "\n"


def _about(result: ProofResult, shown: Callable[[str], str]) -> str:
    """The two specs and the feeds."""
    found = result.report
    first, second = (_near(found[key]) for key in (("old", "new") if "old" in found else ("source", "target")))
    feeds = [feed for feed in found.get("feeds", []) if feed != "free"]
    return f"{shown(first)} -> {shown(second)}" + (f", feeds {', '.join(map(shown, feeds))}" if feeds else "")


def _near(spec: str) -> str:
    """A spec whose path lies in the package's folder of proofs, as a path from there."""
    if not os.path.isabs(spec):
        return spec
    return os.path.normpath(spec).replace(f"{os.path.normpath(PROOFS)}{os.sep}", f"proofs{os.sep}")
