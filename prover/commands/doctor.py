"""The command `doctor`."""

from __future__ import annotations

import click

from prover.commands.console import exit_help, tell_report


@click.command(epilog=exit_help("all that is needed is there", "something that is needed is missing or too old",
                                "it is not known what is needed, or interrupted"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def doctor(as_json: bool) -> int:
    """Say what is installed, what is missing, what that costs and what it would enable."""
    from prover import api

    return tell_report(api.doctor(), as_json)
