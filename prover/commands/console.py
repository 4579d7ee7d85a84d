"""What every command prints with: text made safe for a terminal, and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from prover.api import Answer, Report

_COMMON = """  2  bad usage or unreadable input
  3  {undecided}
  4  internal failure, rejected evidence included
"""


def exit_help(zero: str, one: str = "", undecided: str = "interrupted", five: str = "") -> str:
    """The exit codes of one command, for its help."""
    rows = [f"  0  {zero}\n", f"  1  {one}\n" if one else "", _COMMON.format(undecided=undecided)]
    return "\b\nExit codes:\n" + "".join(rows) + (f"  5  {five}\n" if five else "")


class Whole(click.IntRange):
    """A whole number in a range, called so where something else is given."""

    name = "whole number"


POSITIONS = click.option(
    "--positions", type=Whole(1, 10**12), metavar="N",
    help="Tell by how much the two differ between tokens up to N apart, from 1 to 10**12; 131072 without it.",
)

EXIT_HELP = exit_help(
    "equivalent: to be exchanged as they are, or --relation R holds (or: all as expected)",
    "different (or: not as expected)", "undecided, or interrupted",
    "convertible: only after the weights are changed as printed",
)


def safe(text: str, most: int = 1400) -> str:
    """One line without control characters, cut in the middle where it is very long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on standard output, plain ASCII."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False))


def tell(answer: Answer, style: str, certificate: str | None = None) -> int:
    """Print an answer as text, markdown or json, write its certificate where one is wanted, give its exit code."""
    if certificate and answer.certificate:
        from prover.files import write_text

        write_text(Path(certificate), answer.certificate)
    if style == "json":
        print_json(answer.to_json())
    else:
        written = certificate if answer.certificate else None
        click.echo(answer.to_markdown(written) if style == "markdown" else answer.to_text(written), nl=False)
    return answer.exit_code


def tell_report(report: Report, as_json: bool) -> int:
    """Print a report, give its exit code."""
    if as_json:
        print_json(report.to_json())
    else:
        click.echo(report.to_text(), nl=False)
    return report.exit_code
