"""The command `classes` and its output."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.commands.console import exit_help, print_json, safe
from prover.commands.proofs import RELATIONS
from prover.errors import EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.verdicts.classes import Classes, Member


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
@click.option("--certificates", metavar="DIR", help="Write each member's certificate into this folder.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def classes(
    likes: tuple[str, ...], relation: str, feeds: tuple[str, ...], axes: str | None, width: int | None,
    rotary: int | None, base: str | None, sections: str | None, certificates: str | None, as_json: bool,
) -> int:
    """Sort the catalogue into classes of layouts that are equal under one relation.

    Every member of a class comes with a checked certificate against the class's first layout.
    Layouts in different classes have different exact signatures; 'prove' gives the refutation.
    """
    from prover.claims.relation import Relation
    from prover.commands.progress import track
    from prover.layouts.loading import load
    from prover.verdicts.classes import catalogue_specs, roles_of, sort_classes

    if certificates is not None and not Path(certificates).is_dir():
        raise InputError("is no folder", where=certificates, advice="Create it first")
    loaded = [load(like) for like in likes]
    roles = roles_of(loaded[0]) if loaded else {}
    given = {"width": width, "rotary": rotary, "base": base, "sections": sections}
    roles |= {role: str(value) for role, value in given.items() if value is not None}
    lanes = int(roles["width"]) if "width" in roles else None
    specs = list(dict.fromkeys([*likes, *catalogue_specs(roles)]))
    found = sort_classes(specs, Relation(relation), feeds, lanes, track, axes or "", likes)
    if certificates is not None:
        _write_certificates(found, Path(certificates))
    if as_json:
        print_json(_json(found))
    else:
        click.echo(_text(found), nl=False)
    return EXIT_OK


def _write_certificates(found: Classes, folder: Path) -> None:
    from prover.files import write_text

    for index, members in enumerate(found.classes, 1):
        for number, member in enumerate(members):
            if member.verdict and member.verdict.certificate:
                write_text(folder / f"class-{index}-member-{number}.json", member.verdict.certificate)


def _json(found: Classes) -> dict[str, Any]:
    return {
        "schema": "rope-prover/classes/1",
        "relation": found.relation.value,
        "feeds": list(found.feeds) or ["free"],
        "axes": found.axes or None,
        "classes": [
            {
                "representative": members[0].spec,
                "width": members[0].loaded.layout.width,
                "axes": list(members[0].loaded.layout.axes),
                "members": [
                    {
                        "spec": m.spec, "relation": _relation(m), "axes": m.axes or None, "certificate": _digest(m)
                    }
                    for m in members[1:]
                ],
            }
            for members in found.classes
        ],
        "left_out": [{"spec": left.spec, "reason": left.reason} for left in found.left_out],
    }


def _relation(member: Member) -> str | None:
    holds = member.verdict and member.verdict.holds
    return holds.value if holds else None


def _digest(member: Member) -> str | None:
    import json

    certificate = member.verdict and member.verdict.certificate
    return json.loads(certificate)["digest"] if certificate else None


def _text(found: Classes) -> str:
    from prover.reports.text import columns

    several = [members for members in found.classes if len(members) > 1]
    alone = [members[0] for members in found.classes if len(members) == 1]
    total = sum(map(len, found.classes))
    feeds = ", ".join(map(safe, found.feeds)) or "free"
    feeds += f", axes {safe(found.axes)}" if found.axes else ""
    lines = textwrap.wrap(
        f"{total} layouts in {len(found.classes)} classes under '{found.relation.value}', feeds {feeds}. "
        "Members are proved equal to the first of their class; each certificate was accepted by the checker.",
        columns(), break_long_words=False, break_on_hyphens=False,
    )
    for members in several:
        layout = members[0].loaded.layout
        lines += ["", f"{safe(members[0].spec)}  (axes {', '.join(layout.axes)}; {layout.width} lanes)"]
        width = max(len(member.spec) for member in members[1:])
        lines += [
            f"  {safe(m.spec):<{min(width, 80)}}  {_relation(m):<12}  {(_digest(m) or '')[:19]}"
            f"{f'  with {m.axes}' if m.axes else ''}"
            for m in members[1:]
        ]
    lines += ["", f"Alone in their class: {len(alone)}", *(f"  {safe(member.spec)}" for member in alone)]
    if found.left_out:
        lines += ["", f"Left out: {len(found.left_out)}"]
        lines += [f"  {safe(left.spec)}: {safe(left.reason, 200)}" for left in found.left_out]
    return "\n".join(line.rstrip() for line in lines) + "\n"
