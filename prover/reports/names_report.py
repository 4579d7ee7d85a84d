"""What flags mean, project by project, and the contradictions between projects, as JSON types and text."""

from __future__ import annotations

import textwrap
from typing import Any

from prover.layouts.names import EVIDENCE, MEANINGS, Answer
from prover.reports.text import columns, plain


def names_json(found: Answer) -> dict[str, Any]:
    """Projects with their flags, and contradictions."""
    return {
        "schema": "rope-prover/names/1",
        "projects": [
            {
                "project": project.key, "title": project.title, "evidence": project.evidence,
                "flags": [
                    {"api": use.api, "flag": use.flag, "value": use.value, "means": use.means,
                     "default": use.default, "spec": use.spec}
                    for use in uses
                ],
            }
            for project, uses in found.projects
        ],
        "contradictions": [
            {"words": list(c.words), "projects": list(c.projects), "text": c.text, "where": c.where}
            for c in found.contradictions
        ],
    }


def names_text(found: Answer) -> str:
    """A flag a line, with its meaning and a spec; a '*' marks a default."""
    means = {use.means for _, uses in found.projects for use in uses}
    lines = [f"{name:<17} {told}" for name, told in MEANINGS.items() if name in means]
    rows = [
        (project.title, use.written + ("*" if use.default else ""), use.means, use.spec, use.api if use.flag else "")
        for project, uses in found.projects for use in uses
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
    lines.append("")
    for row in rows:
        cells = (f"{plain(cell):<{width}}" for cell, width in zip(row, [*widths, 0], strict=True))
        lines.append("  ".join(cells).rstrip())
    told = {p.evidence for p, _ in found.projects if p.evidence != "source"}
    for kind in sorted(told):
        who = ", ".join(p.title for p, _ in found.projects if p.evidence == kind)
        lines.append(f"({EVIDENCE[kind]}: {plain(who)})")
    if found.contradictions:
        lines += ["", "Contradictions:"]
        for contradiction in found.contradictions:
            where = f" [{contradiction.where}]" if contradiction.where else ""
            lines += textwrap.wrap(
                plain(contradiction.text + where, 4000), columns(100), initial_indent="- ", subsequent_indent="  ",
                break_long_words=False, break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"
