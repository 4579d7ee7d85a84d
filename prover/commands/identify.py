"""The command `identify`."""

from __future__ import annotations

from typing import Any

import click

from prover.commands.console import exit_help, only_feed, output_style, tell
from prover.commands.function_options import function_options


@click.command(epilog=exit_help("a layout of the catalogue conforms", "none does"))
@click.argument("measured", metavar="MEASURED.json|FUNCTION")
@click.option("--entry", metavar="NAME", help="Which entry of the file; not needed if it has only one.")
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="What the measured kernel put on each axis, as for conform: the table's axes are the token's coordinates.",
)
@click.option("--out", metavar="FILE.toml", help="Write the table as a layout file of its own; nothing is overwritten.")
@function_options
@click.option("--all", "every", is_flag=True, help="Show every layout and every pair, however many.")
@output_style
def identify(
    measured: str, entry: str | None, feeds: tuple[str, ...], out: str | None, every: bool, style: str, **called: Any
) -> int:
    """Find the layouts of the catalogue, and their parameters, that a measured kernel or your own function shows.

    Pairing, rotated width, axes, base and scaling are read off the table and rounded to what people write; what is
    named was then held against the table as 'conform' does it. Layouts that the measurement cannot tell apart stand
    side by side, and what is recognised only in part is said in part. All of it is numeric, never a proof. The file is
    one that 'measure' writes.

    A FUNCTION is named as rope.py::apply_rope or package.module::function. It is run, in a process of its own
    and under limits ('rope-prover measure function --help' says which), and measured at once.
    """
    from prover import api

    feed = only_feed(feeds, "identify")
    return tell(api.identify(measured, entry, feed=feed, out=out, everything=every, **called), style)
