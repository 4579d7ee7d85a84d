"""What every command prints with: text made safe for a terminal, and an answer in the style that was asked for."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from prover.errors import InputError

if TYPE_CHECKING:
    from prover.api import Report


class Drawn(Protocol):
    """What can be written as a picture."""

    def to_svg(self) -> str: ...

    def to_png(self) -> bytes: ...


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


STYLES = ("text", "json", "markdown", "html")


def output_style(command: Callable[..., int]) -> Callable[..., int]:
    """The options --format and --json, one argument of the command: `style`."""

    @functools.wraps(command)
    def styled(*given: Any, style: str, as_json: bool, **named: Any) -> int:
        if style == "html" and not as_json:
            raise InputError("is not there yet", where="--format html", advice="Use --format markdown")
        return command(*given, style="json" if as_json else style, **named)

    for option in (
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        click.option(
            "--format", "style", type=click.Choice(STYLES), default="text",
            help="How to print the answer; markdown fits a comment on a pull request, html is a page.",
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
        click.echo(answer.to_markdown(written) if style == "markdown" else answer.to_text(written), nl=False)
    return answer.exit_code


def require_picture(path: str) -> None:
    """Raise InputError unless a picture can be written under this name, by its ending and by what is installed."""
    from importlib.util import find_spec

    if Path(path).suffix.lower() not in (".svg", ".png"):
        raise InputError("expected a name that ends in .svg or .png", where=f"picture {safe(path, 80)}")
    if find_spec("matplotlib") is None:
        raise InputError("matplotlib is not installed", where="picture", advice="pip install 'rope-prover[draw]'")


def write_picture(picture: Drawn, path: str) -> None:
    """Write a picture as SVG or PNG, by the ending of the name."""
    from prover.files import write_bytes

    is_png = Path(path).suffix.lower() == ".png"
    write_bytes(Path(path), picture.to_png() if is_png else picture.to_svg().encode("utf-8"))


def tell_report(report: Report, as_json: bool) -> int:
    """Print a report as text or JSON, give its exit code."""
    return tell(report, "json" if as_json else "text")
