"""The command `draw`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import click

from prover.commands.completion import SPEC
from prover.commands.console import Whole, exit_help, print_json, safe
from prover.commands.written import check_place
from prover.errors import InputError

if TYPE_CHECKING:
    from prover.api import RelationName


@click.command(epilog=exit_help("drawn"))
@click.argument("source", type=SPEC, metavar="SPEC")
@click.argument("target", type=SPEC, metavar="[SPEC]", required=False)
@click.option("--out", metavar="FILE", help="Write FILE, .svg or .png, instead of printing; needs rope-prover[draw].")
@click.option("--feed", "feeds", multiple=True, metavar="F", help="What each axis gets, as for prove.")
@click.option("--axes", metavar="A=B,...", help="Which axis of one is which of the other, as for prove.")
@click.option(
    "--relation", type=click.Choice(["identical", "equal-scores", "permutation", "pair-map", "linear"]),
    help="What may be done to the weights, as for prove.",
)
@click.option(
    "--over", type=click.Choice(["trace", "angle"]),
    help="Draw how far apart the two are, in trace or in angle, over the distance of two tokens.",
)
@click.option("--positions", type=Whole(1, 10**9), default=4096, metavar="N", help="Up to which distance: 4096.")
@click.option("--columns", type=Whole(20, 140), metavar="N", help="How wide the text is; the terminal's width.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Plain ASCII, as where the locale is C.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto",
              help="Colour beside letters: on a terminal without NO_COLOR.")
@click.option("--json", "as_json", is_flag=True, help="What is drawn, as one JSON object on standard output.")
def draw(
    source: str, target: str | None, out: str | None, feeds: tuple[str, ...], axes: str | None,
    relation: RelationName | None, over: Literal["trace", "angle"] | None, positions: int, columns: int | None,
    ascii_only: bool, color: str, as_json: bool,
) -> int:
    """Draw a layout: lanes by axis, pairs as arcs, frequencies on a log scale; or two layouts, one above the other.

    Of two it shows which pairs differ and where rows go, as prove finds them.
    """
    from prover import api

    if out is not None:
        require_picture(out)
    picture = api.draw(source, target, feeds=feeds, axes=axes, relation=relation, over=over, positions=positions)
    if out is not None:
        write_picture(picture, out)
    if as_json:
        print_json(picture.to_json())
    elif out is not None:
        click.echo(f"{safe(picture.headline)}\nwritten: {safe(out)}")
    else:
        has_colour = color == "always" or (color == "auto" and _takes_colour())
        width = columns or shutil.get_terminal_size((100, 24)).columns
        text = picture.to_text(width, ascii_only or not _takes_unicode(), has_colour)
        click.echo(text, nl=False, color=has_colour)
    return picture.exit_code


class Drawn(Protocol):
    """What can be written as a picture."""

    def to_svg(self) -> str: ...

    def to_png(self) -> bytes: ...


def require_picture(path: str) -> None:
    """Raise InputError unless a picture can be written under this name, by its ending and by what is installed."""
    from importlib.util import find_spec

    if Path(path).suffix.lower() not in (".svg", ".png"):
        raise InputError("expected a name that ends in .svg or .png", where=f"picture {safe(path, 80)}")
    if find_spec("matplotlib") is None:
        raise InputError("matplotlib is not installed", where="picture", advice="pip install 'rope-prover[draw]'")
    check_place(Path(path))


def write_picture(picture: Drawn, path: str) -> None:
    """Write a picture as SVG or PNG, by the ending of the name."""
    from prover.files import write_bytes

    is_png = Path(path).suffix.lower() == ".png"
    write_bytes(Path(path), picture.to_png() if is_png else picture.to_svg().encode("utf-8"))


def _takes_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _takes_unicode() -> bool:
    if os.environ.get("LC_ALL") in ("C", "POSIX"):   # Python writes UTF-8 there, but the terminal may not
        return False
    try:
        "▁╭←".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
