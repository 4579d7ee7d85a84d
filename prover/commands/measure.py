"""The command `measure`: tables read out of live kernels, in the formats that `conform` reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.commands.completion import SPEC
from prover.commands.console import exit_help, tell_report
from prover.commands.function_options import function_options
from prover.commands.written import check_table_path
from prover.errors import EXIT_OK

if TYPE_CHECKING:
    from prover.api import Measured

_OUT = click.option("--out", metavar="FILE", help="Write the table to FILE instead of standard output.")
_CONFORM = click.option(
    "--conform", "compare", is_flag=True,
    help="Compare each kernel with its layout of the catalogue, a line each, instead of printing the table.",
)


class _Group(click.Group):
    """Its own commands, and one for each software that is measured at SPECs."""

    def list_commands(self, context: click.Context) -> list[str]:
        from prover import api

        return [*super().list_commands(context), *api.software_names()]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        from prover import api

        own = super().get_command(context, name)
        return own or (_command(name) if name in api.software_names() else None)


@click.group(cls=_Group, invoke_without_command=True,
             epilog=exit_help("measured", "measured, and what was measured does not conform (--conform)"))
@click.option("--list", "list_software", is_flag=True, help="Say what can be measured here, with its version, and what "
              "is missing.")
@click.option("--json", "as_json", is_flag=True, help="--list as one JSON object.")
@click.pass_context
def measure(context: click.Context, list_software: bool, as_json: bool) -> int:
    """Read a layout out of a live kernel by running it on basis vectors.

    The table has the format that 'conform' reads. A kernel that is no rotation is written down as that
    (non_rotation_pairs); one that is not linear, or mixes lanes in no pairs, ends with exit code 1 and
    says what it does.
    """
    from prover import api

    if list_software and context.invoked_subcommand is None:
        return tell_report(api.software(), as_json)
    if list_software or as_json:
        raise click.UsageError("--list stands alone, --json with it")
    if context.invoked_subcommand is None:
        raise click.UsageError(f"say what to measure: {', '.join(measure.list_commands(context))}")
    return EXIT_OK


def _command(name: str) -> click.Command:
    """The command of one software."""
    @click.command(name, epilog=exit_help("measured", "does not conform (--conform)"),
                   help=f"Measure the kernels of an installed {name} at the parameters of SPECs; without SPEC, of a "
                   "list of its own.", short_help=f"Measure the kernels of an installed {name}.")
    @click.argument("specs", nargs=-1, metavar="[SPEC]...", type=SPEC)
    @_OUT
    @_CONFORM
    def command(specs: tuple[str, ...], out: str | None, compare: bool) -> int:
        from prover import api
        from prover.commands.progress import track

        check_table_path(out)
        return _tell(api.measure_software(name, specs, track=track), out, compare)

    return command


@measure.command("ggml", epilog=exit_help("measured", "does not conform (--conform)"))
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", type=SPEC)
@click.option("--library", metavar="PATH", help="libggml-cpu.so or .dylib, with libggml-base beside it. Loading it "
              "runs its code. Without it: ROPE_PROVER_GGML, or an installed llama-cpp-python or xllamacpp.")
@_OUT
@_CONFORM
def ggml(specs: tuple[str, ...], library: str | None, out: str | None, compare: bool) -> int:
    """Measure ggml's CPU kernel at the parameters of SPECs such as ggml/imrope:n_rot=64:sections=11,11,10,0."""
    from prover import api
    from prover.commands.progress import track

    check_table_path(out)
    return _tell(api.measure_ggml(specs, library, track=track), out, compare)


@measure.command("transformers", epilog=exit_help("measured, and as it should be", "does not conform (--conform)"))
@click.argument("cases", nargs=-1, metavar="[CASE]...")
@click.option("--list", "list_cases", is_flag=True, help="Name the cases and the layouts they are held against.")
@_OUT
@_CONFORM
def transformers(cases: tuple[str, ...], list_cases: bool, out: str | None, compare: bool) -> int:
    """Measure attention modules of an installed transformers; without CASE, all of --list."""
    from prover import api
    from prover.commands.progress import track

    if list_cases:
        return tell_report(api.transformers_cases(), False)
    check_table_path(out)
    return _tell(api.measure_transformers(cases, track=track), out, compare)


@measure.command("function", epilog=exit_help("measured", "no layout, or does not conform (--conform)"))
@click.argument("function", metavar="FUNCTION")
@_OUT
@click.option("--conform", "spec", metavar="SPEC", help="Compare it with this layout instead of printing the table.")
@function_options
def function(function: str, out: str | None, spec: str | None, **asked: Any) -> int:
    """Measure your own rotary function: FUNCTION is rope.py::apply_rope, package.module::function or ...::Class.method.

    \b
      rope-prover measure function rope.py::apply_rope --out rope.json
      rope-prover measure function rope.py::apply_rope --conform transformers/half:head_dim=64
      rope-prover measure function rope.py::Rotary.rotate --init "Rotary(64)" --call "f(x[b,t,h,d], p[t])"
      rope-prover measure function model.py::apply_rotary_emb --call "f(q, k, freqs_cis)"
      rope-prover measure function vision.py::rope_2d --call "f(x, p(h, w)[t, 2])"

    It is RUN, with the modules that it imports, in a process of its own: for --seconds, with 16 GB of address space,
    without new processes or network, and without writing outside a temporary folder. That bounds accidents and is no
    sandbox: run only what you would run anyway.

    What it is called with is found from the names of its parameters and by trying, in NumPy and then torch, until it
    returns vectors of the same shape, linear in them, each token and head by itself; or say it with --call. In CALL
    stand x, q, k (vectors), p (a position for each token), position (one number), and tables where it builds none:
    cos, sin (of all lanes, halves alike), cos_adjacent (neighbours alike), cos_half (half the lanes), freqs_cis
    (complex), freqs_pairs (cosines beside sines), angles, inv_freq; seq_len, head_dim, numbers. Axes in brackets are
    t (tokens), h (heads), d (lanes), b (batch), hd (heads and lanes in one), f (half the lanes), n (all rows of a
    table), 1. With positions on several axes stand h, w, t, e, y, row, col (a position on one), or p(t, h, w) with
    their number among the axes of its array, p(t, h, w)[3, t], and so cos(t, h, w)[3, b, t, d]. Tables are of base
    10000, or of SPEC: such frequencies are given, not measured, and the table says so.

    A function that rounds to bfloat16 or float16 is no layout and not none: exit code 3. What it does at negative
    positions and in a batch of 2 is told where it is something else; up to which position it was measured, always.
    """
    from prover import api

    check_table_path(out)
    measured = api.measure_function(function, spec, **asked)
    return _tell(measured, out, spec is not None)


def _tell(measured: Measured, out: str | None, compare: bool) -> int:
    from prover.files import write_text

    if out is not None:
        write_text(Path(out), measured.to_text())
    if compare:
        return tell_report(measured.compare(), False)
    return EXIT_OK if out is not None else tell_report(measured, False)
