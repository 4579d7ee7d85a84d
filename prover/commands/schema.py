"""The command `schema`."""

from __future__ import annotations

import click

from prover.commands.console import exit_help, tell_report


@click.command(epilog=exit_help("printed"))
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def schema(name: str | None, as_json: bool) -> int:
    """Print the JSON Schema of what is printed, written or read; without NAME, which there are.

    NAME is one of them, such as verdict-2, or without its version the newest.
    """
    from prover import api

    return tell_report(api.schemas() if name is None else api.schema(name), as_json)
