"""The command `names` and its output."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from prover.commands.console import exit_help, print_json, safe
from prover.errors import EXIT_OK

if TYPE_CHECKING:
    from prover.layouts.names import Answer


@click.command(epilog=exit_help("found"))
@click.argument("words", nargs=-1, metavar="[PROJECT]... [FLAG=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def names(words: tuple[str, ...], as_json: bool) -> int:
    """What a project's flags mean: pairing half, pairing adjacent, or an order of axes.

    PROJECT shows its flags and the contradictions it takes part in; FLAG=VALUE, or FLAG, shows who uses it
    and for what. Several projects show what they disagree about. A '*' marks a default.
    """
    from prover.layouts.names import look_up

    found = look_up(words)
    if as_json:
        print_json(_json(found))
    else:
        click.echo(_text(found), nl=False)
    return EXIT_OK


def _json(found: Answer) -> dict[str, Any]:
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


def _text(found: Answer) -> str:
    from prover.layouts.names import EVIDENCE, MEANINGS
    from prover.reports.text import columns

    means = {use.means for _, uses in found.projects for use in uses}
    lines = [f"{name:<17} {told}" for name, told in MEANINGS.items() if name in means]
    rows = [
        (project.title, use.written + ("*" if use.default else ""), use.means, use.spec, use.api if use.flag else "")
        for project, uses in found.projects for use in uses
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
    lines.append("")
    for row in rows:
        cells = (f"{safe(cell):<{width}}" for cell, width in zip(row, [*widths, 0], strict=True))
        lines.append("  ".join(cells).rstrip())
    told = {p.evidence for p, _ in found.projects if p.evidence != "source"}
    for kind in sorted(told):
        who = ", ".join(p.title for p, _ in found.projects if p.evidence == kind)
        lines.append(f"({EVIDENCE[kind]}: {safe(who)})")
    if found.contradictions:
        lines += ["", "Contradictions:"]
        for contradiction in found.contradictions:
            where = f" [{contradiction.where}]" if contradiction.where else ""
            lines += textwrap.wrap(
                safe(contradiction.text + where), columns(100), initial_indent="- ", subsequent_indent="  ",
                break_long_words=False, break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"
