"""The catalogue in classes of equal layouts, as JSON types and text."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from prover.reports.text import columns, counted, plain
from prover.verdicts.classes import Classes, Member


def classes_json(found: Classes) -> dict[str, Any]:
    """Classes, their members and certificates, and what was left out."""
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
    certificate = member.verdict and member.verdict.certificate
    return json.loads(certificate)["digest"] if certificate else None


def classes_text(found: Classes) -> str:
    """A class after the other, each with its members, then layouts that are alone in theirs."""
    several = [members for members in found.classes if len(members) > 1]
    alone = [members[0] for members in found.classes if len(members) == 1]
    total = sum(map(len, found.classes))
    feeds = ", ".join(map(plain, found.feeds)) or "free"
    feeds += f", axes {plain(found.axes)}" if found.axes else ""
    lines = textwrap.wrap(
        f"{counted(total, 'layout')} in {counted(len(found.classes), 'class')} under '{found.relation.value}', "
        f"feeds {feeds}. "
        "Members are proved equal to the first of their class; each certificate was accepted by the checker.",
        columns(), break_long_words=False, break_on_hyphens=False,
    )
    for members in several:
        layout = members[0].loaded.layout
        lines += ["", f"{plain(members[0].spec)}  (axes {', '.join(layout.axes)}; {counted(layout.width, 'lane')})"]
        width = max(len(member.spec) for member in members[1:])
        lines += [
            f"  {plain(m.spec):<{min(width, 80)}}  {_relation(m):<12}  {(_digest(m) or '')[:19]}"
            f"{f'  with {m.axes}' if m.axes else ''}"
            for m in members[1:]
        ]
    lines += ["", f"Alone in their class: {len(alone)}", *(f"  {plain(member.spec)}" for member in alone)]
    if found.left_out:
        lines += ["", f"Left out: {len(found.left_out)}"]
        lines += [f"  {plain(left.spec)}: {plain(left.reason, 200)}" for left in found.left_out]
    return "\n".join(line.rstrip() for line in lines) + "\n"
