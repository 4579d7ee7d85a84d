"""The command `classes`."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from prover.commands.console import exit_help, output_style, tell
from prover.commands.proofs import RELATIONS
from prover.commands.written import check_folder


@click.command(epilog=exit_help("sorted, whatever the classes are"))
@click.option(
    "--like", "likes", multiple=True, metavar="SPEC",
    help="Sort this layout in too, and give the catalogue its width, rotary width, base and sections. "
    "With several, the first gives them.",
)
@click.option(
    "--relation", type=click.Choice(RELATIONS), default="permutation", metavar="R",
    help=f"What makes two layouts one class: {', '.join(RELATIONS)}; permutation unless said otherwise.",
)
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="What each axis gets, as for prove; without it, positions are free and only layouts with "
    "the same axes can be one class.",
)
@click.option(
    "--axes", metavar="A=B,...",
    help="Take an axis called A for the one that others call B, in every layout: row=h,col=w. The pairing of axes "
    "with those of --like is found without it, and told.",
)
@click.option("--width", type=click.IntRange(1), metavar="N", help="Lanes of a head, for all layouts.")
@click.option("--rotary", type=click.IntRange(1), metavar="N", help="Rotated lanes, for all layouts.")
@click.option("--base", metavar="B", help="Base of the frequencies, for all layouts.")
@click.option("--sections", metavar="A,B,C", help="Sections, for all layouts that have them.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N",
    help="How many processes; as many as there are cores if not said.",
)
@click.option("--certificates", metavar="DIR", help="Write each member's certificate into this folder.")
@output_style
def classes(
    likes: tuple[str, ...], relation: str, feeds: tuple[str, ...], axes: str | None, width: int | None,
    rotary: int | None, base: str | None, sections: str | None, jobs: int | None,
    certificates: str | None, style: str,
) -> int:
    """Sort the catalogue into classes of layouts that are equal under one relation.

    Every member of a class comes with a checked certificate against the class's first layout.
    Layouts in different classes have different exact signatures; 'prove' gives the refutation.
    """
    from prover import api
    from prover.commands.progress import track
    from prover.files import write_text

    check_folder(certificates)
    found = api.classes(
        likes, relation=cast("api.RelationName", relation), feeds=feeds, axes=axes, width=width, rotary=rotary,
        base=base, sections=sections, track=track, jobs=jobs,
    )
    if certificates is not None:
        for name, text in found.certificates:
            write_text(Path(certificates) / name, text)
    return tell(found, style)
