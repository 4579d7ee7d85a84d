"""The command `conform` and its output."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.commands.console import exit_help, print_json, safe
from prover.errors import EXIT_DIFFERENT, EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.measure.conform import Conformance

MAX_SHOWN = 40


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
    from prover.layouts.loading import load
    from prover.measure.conform import conform as compare
    from prover.measure.conform import conform_json
    from prover.measure.measured import decode, read_entries

    layout = load(spec).layout
    path = Path(measured)
    entries = read_entries(path)
    if entry is None and len(entries) == 1:
        entry = next(iter(entries))
    if entry not in entries:
        names = textwrap.shorten(", ".join(entries), 1000, placeholder=" ...")
        raise InputError(
            f"there is no entry '{entry[:60]}'" if entry else f"has {len(entries)} entries", where=measured,
            advice=f"Name one with --entry: {names}",
        )
    found = compare(layout, decode(entry, entries[entry], f"{measured}, entry {entry[:60]}"))
    if as_json:
        print_json(conform_json(found))
    else:
        click.echo(text_of(found, measured, every_row), nl=False)
    return EXIT_OK if found.conforms else EXIT_DIFFERENT


def text_of(found: Conformance, file: str, every_row: bool) -> str:
    """The comparison for a terminal."""
    from prover.measure.conform import WHY
    from prover.reports.text import columns

    real = found.measured
    head = "CONFORMS: the layout is what was measured" if found.conforms else (
        f"DIFFERS from what was measured in {len(found.differences)} places"
    )
    at = f", at lanes {found.largest_at[0]}, {found.largest_at[1]}" if found.largest_at else ""
    rows = [
        ("layout", safe(found.spec)),
        ("measured", f"{safe(file)}, entry {safe(real.name)}: {real.width} lanes, {len(real.pairs)} pairs, "
         f"axes {', '.join(map(safe, real.axes))}"),
        ("frequency", f"largest relative error {found.largest_error:.3g}{at}; allowed there "
         f"{found.allowed_there:.3g}: {WHY[real.kind]}"),
        ("magnitude", f"allowed error {real.magnitude_tolerance:.3g}: the decimals printed, and four roundings"),
    ]
    shown = found.differences if every_row else found.differences[:MAX_SHOWN]
    rows += [("differs", safe(str(difference))) for difference in shown]
    if len(shown) < len(found.differences):
        rows.append(("differs", f"... {len(found.differences) - len(shown)} more; --all shows them"))
    lines = [f"{head} (numeric only: floats within a tolerance, no proof).", ""]
    lines += [
        textwrap.fill(text, columns(100), initial_indent=f"{label:<10} ", subsequent_indent=" " * 11,
                      break_long_words=False, break_on_hyphens=False)
        for label, text in rows
    ]
    return "\n".join(lines) + "\n"
