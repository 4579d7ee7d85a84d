"""The command `names`."""

from __future__ import annotations

import click

from prover.commands.console import exit_help, tell_report


@click.command(epilog=exit_help("found"))
@click.argument("words", nargs=-1, metavar="[PROJECT]... [FLAG=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def names(words: tuple[str, ...], as_json: bool) -> int:
    """What a project's flags mean: pairing half, pairing adjacent, or an order of axes.

    PROJECT shows its flags and the contradictions it takes part in; FLAG=VALUE, or FLAG, shows who uses it
    and for what. Several projects show what they disagree about. A '*' marks a default.
    """
    from prover import api

    return tell_report(api.names(words), as_json)
