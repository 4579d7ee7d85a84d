"""The command `precision`."""

from __future__ import annotations

import click

from prover.commands.completion import SPEC
from prover.commands.console import exit_help, tell_report


@click.command(epilog=exit_help("told, however large the errors are"))
@click.argument("spec", type=SPEC)
@click.option(
    "--positions", type=click.IntRange(1, 2**31 - 1), default=131072, show_default=True, metavar="N",
    help="The largest position on each axis; all from 0 on are meant.",
)
@click.option(
    "--radian", default="0.1", show_default=True, metavar="R",
    help="Tell the first position at which an angle is off by more than this.",
)
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(("float32", "bfloat16", "float16")),
    help="A working precision; may be given several times, all three without it.",
)
@click.option(
    "--kernel", "kernels", multiple=True, type=click.Choice(("table", "power", "recurrence")), default=("table",),
    help="How the kernel comes to a pair's frequency: from a table of inverse frequencies (unless said otherwise), as "
    "a power of the base for each pair, or by one factor from pair to pair, as ggml does. May be given several times.",
)
@click.option("--pairs", is_flag=True, help="Show every pair, not only the worst.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, with every pair.")
def precision(
    spec: str, positions: int, radian: str, formats: tuple[str, ...], kernels: tuple[str, ...], pairs: bool,
    as_json: bool,
) -> int:
    """Tell how far angles and scores are off in a working precision.

    For positions, inverse frequencies, or tables of cos and sin stored in float32, bfloat16 or float16, and for kernels
    that work the angle out in it: a proved bound, the error of a run beside it, and the position from which an angle is
    off by more than --radian.
    """
    from prover import api

    return tell_report(
        api.precision(spec, positions, radian=radian, formats=formats, kernels=kernels, every_pair=pairs), as_json
    )
