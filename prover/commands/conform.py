"""The command `conform`."""

from __future__ import annotations

import click

from prover.commands.console import exit_help, tell_report


@click.command(epilog=exit_help("conforms", "does not conform"))
@click.argument("spec")
@click.argument("measured", metavar="MEASURED.json")
@click.option("--entry", metavar="NAME", help="Which entry of the file; not needed if it has only one.")
@click.option("--all", "every_row", is_flag=True, help="Show every difference, however many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def conform(spec: str, measured: str, entry: str | None, every_row: bool, as_json: bool) -> int:
    """Compare a layout with a table measured from a real kernel.

    The file holds entries under 'configs' (ggml: pairs, axis, sign, freq, scale, passthrough) or
    'cases' (transformers: axes, pairs [a, b, axis, sign, frequency], scale, passthrough,
    output_permutation, non_rotation_pairs), as 'measure' writes them. Exit code 0: conforms; 1: not.
    """
    from prover import api

    return tell_report(api.conform(spec, measured, entry, every_difference=every_row), as_json)
