"""What every command prints with: text made safe for a terminal, and an answer in the style that was asked for."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.errors import InputError

if TYPE_CHECKING:
    from prover.api import Report

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


def only_feed(feeds: tuple[str, ...], command: str) -> str:
    """The one feed that a table is measured under; empty if none is given. Raises InputError for several."""
    if len(feeds) > 1:
        raise InputError(f"{len(feeds)} feeds; a table is measured under one", where=command,
                         advice="Give --feed once, and hold each table under its own")
    return feeds[0] if feeds else ""


def safe(text: str, most: int = 1400) -> str:
    """One line without control characters, cut in the middle where it is very long."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on standard output, plain ASCII."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False))


STYLES = ("text", "json", "markdown", "html")
_MEANT = {"sarif": "tells what is wrong at the lines of files", "junit": "is a test report in XML"}
_REPORT = "prover.report"  # where a command's context holds the path of --report


def output_style(command: Callable[..., int]) -> Callable[..., int]:
    """The options --format and --json, one argument of the command: `style`; and --report, which `tell` sees to."""
    return output_styles()(command)


def output_styles(*more: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The same with more words for --format, such as sarif, which the command prints itself."""
    return lambda command: _styled(command, (*STYLES, *more))


def _styled(command: Callable[..., int], styles: tuple[str, ...]) -> Callable[..., int]:
    @functools.wraps(command)
    def styled(*given: Any, style: str, as_json: bool, report: str | None, **named: Any) -> int:
        if report is not None:
            _ask_report(report, named.get("certificate"))
        return command(*given, style="json" if as_json else style, **named)

    for option in (
        click.option("--report", metavar="FILE", help="Write the answer to FILE too, as a page."),
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        click.option(
            "--format", "style", type=click.Choice(styles), default="text",
            help="How to print the answer; markdown fits a comment on a pull request, html is a page"
            + "".join(f", {word} {_MEANT[word]}" for word in styles if word in _MEANT) + ".",
        ),
    ):
        styled = option(styled)
    return styled


def tell(answer: Report, style: str, certificate: str | None = None) -> int:
    """Print an answer in one of `STYLES`, write its certificate where one is wanted, give its exit code."""
    evidence = getattr(answer, "certificate", None) if certificate else None
    if certificate and evidence:
        from prover.files import write_text

        write_text(Path(certificate), evidence)
    if style == "json":
        print_json(answer.to_json())
    else:
        written = certificate if evidence else None
        told = {"markdown": answer.to_markdown, "html": answer.to_html}.get(style, answer.to_text)
        click.echo(told(written), nl=False)
    write_report(lambda: answer.to_html(certificate if evidence else None))
    return answer.exit_code


def _ask_report(path: str, certificate: str | None) -> None:
    from prover.commands.written import check_report_path

    check_report_path(path)
    if certificate is not None and Path(path).absolute() == Path(certificate).absolute():
        raise InputError("--report and --certificate name the same file", where=path, advice="Name two files")
    click.get_current_context().meta[_REPORT] = path


def wants_page(style: str) -> bool:
    """Whether a page is made, printed or written to the file of --report."""
    context = click.get_current_context(silent=True)
    return style == "html" or (context is not None and context.meta.get(_REPORT) is not None)


def write_report(page: Callable[[], str]) -> None:
    """Write the page to the file of --report, whole or not at all; nothing where none was asked for."""
    context = click.get_current_context(silent=True)
    path = context.meta.get(_REPORT) if context else None
    if path is not None:
        from prover.files import write_text

        write_text(Path(path), page())


def tell_report(report: Report, as_json: bool) -> int:
    """Print a report as text or JSON, give its exit code."""
    return tell(report, "json" if as_json else "text")
