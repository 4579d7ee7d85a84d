"""The command `conform`."""

from __future__ import annotations

from typing import Any

import click

from prover.commands.completion import SPEC
from prover.commands.console import exit_help, only_feed, output_style, tell
from prover.commands.function_options import function_options


@click.command(epilog=exit_help("conforms", "does not conform"))
@click.argument("spec", type=SPEC)
@click.argument("measured", metavar="MEASURED.json|FUNCTION")
@click.option("--entry", metavar="NAME", help="Which entry of the file; not needed if it has only one.")
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="What the measured kernel put on each axis, as for prove: the table's axes are the token's coordinates.",
)
@function_options
@click.option("--all", "every_row", is_flag=True, help="Show every difference, however many.")
@output_style
def conform(
    spec: str, measured: str, entry: str | None, feeds: tuple[str, ...], every_row: bool, style: str, **asked: Any
) -> int:
    """Compare a layout with a table measured from a real kernel, or with your own function.

    The file holds entries under 'configs' (ggml: pairs, axis, sign, freq, scale, passthrough) or
    'cases' (transformers: axes, pairs [a, b, axis, sign, frequency], scale, passthrough,
    output_permutation, non_rotation_pairs), as 'measure' writes them. Exit code 0: conforms; 1: not.

    A FUNCTION is named as rope.py::apply_rope or package.module::function. It is run, in a process of its own
    and under limits ('rope-prover measure function --help' says which), and measured at once:

    \b
      rope-prover conform transformers/half:head_dim=64 rope.py::apply_rope
      rope-prover conform ggml/neox:head_dim=64 rope.py::rotate --call "f(x, cos(p), sin(p))"
    """
    from prover import api

    feed = only_feed(feeds, "conform")
    return tell(api.conform(spec, measured, entry, feed=feed, every_difference=every_row, **asked), style)
