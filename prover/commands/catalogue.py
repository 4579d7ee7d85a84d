"""Commands about the catalogue: what is there and what it says."""

from __future__ import annotations

import click

from prover.commands.console import print_json, safe
from prover.errors import EXIT_OK, InputError


@click.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("--unsupported", is_flag=True, help="What the catalogue cannot hold, and why.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def list_layouts(patterns: tuple[str, ...], unsupported: bool, as_json: bool) -> int:
    """List the shipped layouts and proofs, or find those of a model, an engine or a word.

    PATTERN is searched in names, titles, notes, sources and the names of models, the nearest first:
    'gemma 3', gpt-oss, qwen35, 'phi-3 longrope'.
    """
    from prover.layouts.spec import catalogue, read_title
    from prover.resources import shipped_proofs

    if unsupported:
        return _list_unsupported(as_json)
    if patterns:
        return _list_found(patterns, as_json)
    layouts = {name: read_title(path) for name, path in catalogue().items()}
    proofs = {path.stem: read_title(path) for path in shipped_proofs()}
    if as_json:
        print_json({"schema": "rope-prover/list/1", "layouts": layouts, "proofs": proofs})
        return EXIT_OK
    width = max(map(len, [*layouts, *proofs]), default=0)
    for head, table in (("Layouts", layouts), ("Proofs", proofs)):
        click.echo(f"{head}:")
        for name, title in table.items():
            click.echo(f"  {name:<{width}}  {safe(title)}")
    return EXIT_OK


def _list_found(patterns: tuple[str, ...], as_json: bool) -> int:
    from prover.layouts.search import search

    found = search(patterns)
    if as_json:
        rows = [
            {"kind": row.kind, "spec": row.spec or None, "what": row.what, "lacks_a_word": row.lacking} for row in found
        ]
        print_json({"schema": "rope-prover/found/1", "patterns": list(patterns), "found": rows})
        return EXIT_OK
    if not found:
        raise InputError(
            f"nothing has the words '{' '.join(patterns)[:80]}'", where="list",
            advice="Try fewer of them, or the project's name; 'rope-prover list' without words names all",
        )
    if found[0].lacking:
        click.echo(f"Nothing has all the words '{safe(' '.join(patterns)[:80])}'. All but one of them:")
    width = min(max(len(row.spec) for row in found), 60)
    for row in found:
        click.echo(f"  {safe(row.spec) or '-':<{width}}  {safe(row.what)}")
    return EXIT_OK


def _list_unsupported(as_json: bool) -> int:
    import textwrap

    from prover.layouts.unsupported import read_unsupported
    from prover.reports.text import columns

    rows = read_unsupported()
    if as_json:
        print_json({"schema": "rope-prover/unsupported/1", "unsupported": [row.as_json() for row in rows]})
        return EXIT_OK
    for row in rows:
        click.echo(textwrap.fill(safe(f"{row.name}: {row.what}"), columns(100), subsequent_indent="    "))
        for text in (row.reason, row.source):
            click.echo(textwrap.fill(safe(text), columns(100), initial_indent="    ", subsequent_indent="    "))
    return EXIT_OK


@click.command()
@click.argument("spec")
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="Tell the properties under this feed, as for prove; several make one sequence of several modalities.",
)
@click.option("--all", "every_row", is_flag=True, help="Show every pair, however many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def show(spec: str, feeds: tuple[str, ...], every_row: bool, as_json: bool) -> int:
    """Show a layout: its formula, its parameters, its pairs and its properties.

    Parameters that must be given need not be: then pairs and properties are left out.
    """
    from prover import api

    if as_json:
        print_json(api.show_data(spec, feeds))
    else:
        click.echo(api.show(spec, feeds, every_row), nl=False)
    return EXIT_OK
