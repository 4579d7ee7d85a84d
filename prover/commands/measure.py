"""The command `measure`: tables read out of live kernels, in the formats that `conform` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from prover.commands.console import exit_help, safe
from prover.errors import EXIT_DIFFERENT, EXIT_OK, InputError

_OUT = click.option("--out", metavar="FILE", help="Write the table to FILE instead of standard output.")
_CONFORM = click.option(
    "--conform", "compare", is_flag=True,
    help="Compare each kernel with its layout of the catalogue, a line each, instead of printing the table.",
)


@click.group(epilog=exit_help("measured", "measured, and what was measured does not conform (--conform)"))
def measure() -> None:
    """Read a layout out of a live kernel by running it on basis vectors.

    The table has the format that 'conform' reads. A kernel that is no rotation is written down as that
    (non_rotation_pairs); one that is not linear, or mixes lanes in no pairs, ends with exit code 1 and
    says what it does.
    """


@measure.command("ggml", epilog=exit_help("measured", "does not conform (--conform)"))
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--library", metavar="PATH", help="libggml-cpu.so or .dylib, with libggml-base beside it. Loading it "
              "runs its code. Without it: ROPE_PROVER_GGML, or an installed llama-cpp-python.")
@_OUT
@_CONFORM
def ggml(specs: tuple[str, ...], library: str | None, out: str | None, compare: bool) -> int:
    """Measure ggml's CPU kernel at the parameters of SPECs such as ggml/imrope:n_rot=64:sections=11,11,10,0."""
    from prover.measure.ggml import find_library, measure_ggml

    path = find_library(library)
    return _measure(specs, lambda spec: measure_ggml(spec, path), dict(zip(specs, specs, strict=True)), out, compare)


@measure.command("transformers", epilog=exit_help("measured, and as it should be", "does not conform (--conform)"))
@click.argument("cases", nargs=-1, metavar="[CASE]...")
@click.option("--list", "list_cases", is_flag=True, help="Name the cases and the layouts they are held against.")
@_OUT
@_CONFORM
def transformers(cases: tuple[str, ...], list_cases: bool, out: str | None, compare: bool) -> int:
    """Measure attention modules of an installed transformers; without CASE, all of --list."""
    from prover.measure.transformers import measure_transformers
    from prover.measure.transformers_cases import CASES

    if list_cases:
        width = max(map(len, CASES))
        for name, case in CASES.items():
            click.echo(f"{name:<{width}}  {case.model}: {case.attention}, {case.spec}")
        return EXIT_OK
    specs = {name: case.spec for name, case in CASES.items()}
    return _measure(cases or tuple(CASES), measure_transformers, specs, out, compare)


def _measure(
    names: Sequence[str], run: Callable[[str], dict[str, Any]], specs: dict[str, str], out: str | None, compare: bool
) -> int:
    from prover.commands.progress import track
    from prover.files import write_text

    if out is not None and Path(out).exists() and '"software"' not in Path(out).read_text("utf-8", "replace")[:400]:
        raise InputError("exists and is no measured table", where=out, advice="Remove it first or name another file")
    tables = {name: run(name) for name in track(names)}
    merged = _merged(list(tables.values()))
    if out is not None:
        write_text(Path(out), json.dumps(merged, indent=1, allow_nan=False) + "\n")
    if compare:
        return _compare(tables, specs)
    if out is None:
        click.echo(json.dumps(merged, indent=1, allow_nan=False))
    return EXIT_OK


def _merged(tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = dict(tables[0])
    for table in tables[1:]:
        for key in ("configs", "cases"):
            if key in first:
                first[key] = first[key] | table[key] if isinstance(first[key], dict) else first[key] + table[key]
    return first


def _compare(tables: dict[str, dict[str, Any]], specs: dict[str, str]) -> int:
    from prover.layouts.loading import load
    from prover.measure.conform import conform
    from prover.measure.measured import decode

    code = EXIT_OK
    width = min(max(map(len, tables)), 60)
    for name, table in tables.items():
        entry = table["configs"][name] if "configs" in table else table["cases"][0]
        found = conform(load(specs[name]).layout, decode(name, entry, name[:60]))
        kind = "a rotation" if entry.get("is_rotation", True) else "no rotation"
        if found.conforms:
            told = f"conforms to {specs[name]}; {kind}; largest relative error {found.largest_error:.2g}"
        else:
            told = f"has no layout in the catalogue: {specs[name]} differs, {found.differences[0]}"
            code = EXIT_DIFFERENT
        click.echo(f"{safe(name):<{width}}  {safe(told)}")
    return code
