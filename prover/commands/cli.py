"""The command line. Only it and the command modules print, read arguments and exit."""

from __future__ import annotations

import contextlib
import gc
import os
import sys

import click

from prover import __version__
from prover.commands import catalogue as catalogue_commands
from prover.commands import certificates as certificate_commands
from prover.commands import classes as classes_command
from prover.commands import completion as completion_command
from prover.commands import conform as conform_command
from prover.commands import doctor as doctor_command
from prover.commands import draw as draw_command
from prover.commands import identify as identify_command
from prover.commands import measure as measure_command
from prover.commands import models as model_commands
from prover.commands import names as names_command
from prover.commands import permutation as permutation_command
from prover.commands import precision as precision_command
from prover.commands import proofs as proof_commands
from prover.commands import repair as repair_command
from prover.commands import run as run_command_module
from prover.commands import schema as schema_command
from prover.commands import theorems as theorem_commands
from prover.commands import weights as weights_commands
from prover.commands.console import EXIT_HELP, safe
from prover.commands.surroundings import require_memory, require_output
from prover.errors import EXIT_INTERNAL, EXIT_OK, EXIT_UNDECIDED, EXIT_USAGE, ProverError

EXIT_PIPE = 128 + 13
LIGHT = ("list", "names", "check", "completion", "doctor", "schema")


def run_command(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    # A command makes millions of small values without cycles; collecting them costs a quarter more.
    gc.disable()
    try:
        require_output()
        code = cli.main(arguments, prog_name="rope-prover", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_OK
    except SystemExit as stop:  # how click leaves where a shell was told completions, or the reader of a pipe is gone
        return EXIT_OK if stop.code == EXIT_OK else _abandoned()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as fault:
        click.echo(fault.format_message(), err=True)
        return EXIT_USAGE
    except click.ClickException as fault:
        hint = fault.ctx.get_usage() + "\n" if isinstance(fault, click.UsageError) and fault.ctx else ""
        told = fault.format_message()
        if "extra argument" in told and "=" in told:
            told += ". Parameters stand behind colons, such as ggml/neox:n_rot=64:base=1e6"
        click.echo(f"{hint}error: {safe(told)}", err=True)
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: nothing was decided", err=True)
        return EXIT_UNDECIDED
    except ProverError as fault:
        click.echo(f"error: {safe(str(fault))}", err=True)
        return fault.exit_code
    except BrokenPipeError:
        return _abandoned()
    except OSError as fault:
        if fault.filename is None:
            _leave_output()
        what = safe(str(fault.filename)) if fault.filename else "the output"
        click.echo(f"error: {what}: {fault.strerror or fault}. Nothing may be concluded", err=True)
        return EXIT_USAGE
    except MemoryError:
        click.echo("error: out of memory: nothing was decided. Raise the limit, or ask about smaller sizes", err=True)
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


def _abandoned() -> int:
    """Nobody reads on: the code of a process that a closed pipe ends, as other programs give it."""
    _leave_output()
    return EXIT_PIPE


def _leave_output() -> None:
    """Let what is still unwritten go nowhere, so that no second fault follows when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from prover import api

    click.echo(f"rope-prover, version {__version__}\n{api.version_line()}")
    context.exit()


@click.group(epilog=EXIT_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version,
              help="Show the version, and those of Python and the solvers.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Decide whether two RoPE layouts are the same, and what makes up for it if not.

    A layout is named by a SPEC: a name from 'rope-prover list' or the path of a .toml file, with
    parameters after colons, such as ggml/imrope:n_rot=64:sections=11,11,10,0. 'rope-prover list gemma 3'
    finds the layouts of a model, and 'rope-prover show SPEC' lists its parameters. A part of a model is a SPEC too:
    config.json#text, or the folder of one; 'rope-prover show config.json' lists the parts.

    For sizes that may be anything: 'rope-prover prove SOURCE TARGET --for-all head_dim' asks of all head widths at
    once, and 'rope-prover solve SOURCE TARGET --over head_dim' for which of them the two are equal.
    """
    if context.invoked_subcommand not in LIGHT:
        require_memory()


for command in (
    catalogue_commands.list_layouts,
    catalogue_commands.show,
    classes_command.classes,
    completion_command.completion,
    conform_command.conform,
    doctor_command.doctor,
    draw_command.draw,
    identify_command.identify,
    model_commands.diff,
    model_commands.audit,
    measure_command.measure,
    names_command.names,
    permutation_command.check_permutation,
    precision_command.precision,
    proof_commands.prove,
    repair_command.repair,
    theorem_commands.solve,
    theorem_commands.rewrite,
    certificate_commands.check,
    certificate_commands.explain,
    run_command_module.run,
    schema_command.schema,
    weights_commands.weights,
):
    cli.add_command(command)
