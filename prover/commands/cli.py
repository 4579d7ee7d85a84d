"""The command line. Only it and the command modules print, read arguments and exit."""

from __future__ import annotations

import gc
import os
import sys

import click

from prover import __version__
from prover.commands import catalogue as catalogue_commands
from prover.commands import certificates as certificate_commands
from prover.commands import classes as classes_command
from prover.commands import conform as conform_command
from prover.commands import measure as measure_command
from prover.commands import names as names_command
from prover.commands import proofs as proof_commands
from prover.commands import theorems as theorem_commands
from prover.commands.console import EXIT_HELP, safe
from prover.errors import EXIT_INTERNAL, EXIT_OK, EXIT_UNDECIDED, EXIT_USAGE, ProverError


def main() -> None:
    """Run the command and exit with one of the codes above, whatever happens."""
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    # A command makes millions of small values without cycles; collecting them costs a quarter more.
    gc.disable()
    try:
        code = cli.main(arguments, prog_name="rope-prover", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as fault:
        hint = fault.ctx.get_usage() + "\n" if isinstance(fault, click.UsageError) and fault.ctx else ""
        click.echo(f"{hint}error: {safe(fault.format_message())}", err=True)
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: nothing was decided", err=True)
        return EXIT_UNDECIDED
    except ProverError as fault:
        click.echo(f"error: {safe(str(fault))}", err=True)
        return fault.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERNAL
    except Exception as fault:
        click.echo(
            f"internal failure: {type(fault).__name__}: {safe(str(fault))[:400]}. Nothing was "
            "decided. Please report the command line; ROPE_PROVER_DEBUG=1 shows where",
            err=True,
        )
        if os.environ.get("ROPE_PROVER_DEBUG"):
            raise
        return EXIT_INTERNAL


@click.group(epilog=EXIT_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rope-prover")
def cli() -> None:
    """Decide whether two RoPE layouts are the same, and what makes up for it if not.

    A layout is named by a SPEC: a name from 'rope-prover list' or the path of a .toml file, with
    parameters after colons, such as ggml/imrope:n_rot=64:sections=11,11,10,0.
    """


for command in (
    catalogue_commands.list_layouts,
    catalogue_commands.show,
    classes_command.classes,
    conform_command.conform,
    measure_command.measure,
    names_command.names,
    proof_commands.prove,
    theorem_commands.solve,
    theorem_commands.rewrite,
    certificate_commands.check,
    certificate_commands.explain,
    proof_commands.run,
):
    cli.add_command(command)


if __name__ == "__main__":
    main()
