"""The catalogue in classes of equal layouts as a document: how many there are, then each class in a line."""

from __future__ import annotations

from typing import Any

from prover.reports.document import Block, Document, Folded, Heading, Items, Mono, Paragraph, Piece, Text, joined
from prover.reports.documents.fitting import cut
from prover.reports.text import counted, plain

JSON = dict[str, Any]
FEW, MOST, MOST_MEMBERS = 12, 400, 60
LONGEST = 200


def classes_document(found: JSON) -> Document:
    """A comment on a pull request; the classes with several members are folded where they are many."""
    classes = found["classes"]
    total = sum(1 + len(each["members"]) for each in classes)
    fed = [feed for feed in found["feeds"] if feed != "free"]
    feeds: tuple[Piece, ...] = (", fed ", *joined([(Mono(plain(feed)),) for feed in fed], ", ")) if fed else ()
    axes: tuple[Piece, ...] = (", axes ", Mono(plain(found["axes"]))) if found["axes"] else ()
    several = [_line(each) for each in classes if each["members"]]
    alone: list[Text] = [(Mono(plain(each["representative"], LONGEST)),) for each in classes if not each["members"]]
    left: list[Text] = [
        (Mono(plain(each["spec"], LONGEST)), f": {plain(each['reason'], LONGEST)}") for each in found["left_out"]
    ]
    blocks: list[Block] = [
        Heading(f"{counted(total, 'layout')} in {counted(len(classes), 'class')} under '{found['relation']}'"),
        Paragraph(("Members are proved equal to the first of their class, and each certificate was accepted by the "
                   "checker", *feeds, *axes, ".")),
    ]
    members = Items(tuple(several[:MOST])) if several else None
    if members:
        blocks.append(members if len(several) <= FEW else Folded(f"Classes of several: {len(several)}", (members,)))
    blocks += [Folded(f"Alone in their class: {len(alone)}", (cut(alone, MOST, "layout"),))] if alone else []
    return (*blocks, *([Folded(f"Left out: {len(left)}", (cut(left, MOST, "layout"),))] if left else []))


def _line(found: JSON) -> Text:
    """The first of a class, and each member with what it takes."""
    members: list[Text] = [
        (Mono(plain(each["spec"], LONGEST)), f" {each['relation']}", *((" with ", Mono(plain(each["axes"])))
                                                                       if each["axes"] else ()))
        for each in found["members"]
    ]
    left = len(members) - MOST_MEMBERS
    more = (f", … {left} more in --json",) if left > 0 else ()
    about = f" ({', '.join(map(plain, found['axes']))}; {counted(found['width'], 'lane')}): "
    return (Mono(plain(found["representative"], LONGEST)), about, *joined(members[:MOST_MEMBERS], ", "), *more)
