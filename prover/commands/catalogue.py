"""Commands about the catalogue: what is there and what it says."""

from __future__ import annotations

import click

from prover.commands.console import print_json, safe
from prover.errors import EXIT_OK


@click.command("list")
@click.option("--unsupported", is_flag=True, help="What the catalogue cannot hold, and why.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def list_layouts(unsupported: bool, as_json: bool) -> int:
    """List the shipped layouts and proofs."""
    from prover.layouts.spec import catalogue, read_title
    from prover.resources import shipped_proofs

    if unsupported:
        return _list_unsupported(as_json)
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


def _list_unsupported(as_json: bool) -> int:
    import textwrap

    from prover.layouts.unsupported import read_unsupported

    rows = read_unsupported()
    if as_json:
        print_json({"schema": "rope-prover/unsupported/1", "unsupported": [row.as_json() for row in rows]})
        return EXIT_OK
    for row in rows:
        click.echo(f"{safe(row.name)}: {safe(row.what)}")
        click.echo(textwrap.indent(textwrap.fill(safe(row.reason), 96), "    "))
        click.echo(f"    {safe(row.source)}")
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
    """Show a layout: its formula, its pairs and its properties."""
    from prover.layouts.loading import load
    from prover.reports.show import show_json, show_text

    loaded = load(spec)
    if as_json:
        print_json(show_json(loaded, feeds))
    else:
        click.echo(show_text(loaded, every_row, feeds), nl=False)
    return EXIT_OK
