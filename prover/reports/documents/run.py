"""What came of files of proofs as a document: how many are as expected, what is not, then all of them."""

from __future__ import annotations

import os
from typing import Any

from prover.reports.document import (
    Block,
    Document,
    Folded,
    Heading,
    Items,
    Mono,
    Paragraph,
    Piece,
    Strong,
    Table,
    Text,
    joined,
)
from prover.reports.documents.fitting import cut
from prover.reports.text import counted
from prover.resources import PROOFS

JSON = dict[str, Any]
FEW = 8  # that are not folded


def run_document(found: JSON, specs: bool) -> Document:
    """How many are as expected, or that nothing was decided. `specs`: also what each is about."""
    claims, left = found["claims"], found["not_run"]
    unread: tuple[Text, ...] = tuple((Strong("Not run: "), Mono(each["name"]), f": {each['problem']}") for each in left)
    if not claims:
        why = "Interrupted before any file was finished" if found["interrupted"] else "No file could be run"
        return (Heading(f"{why}: nothing was decided."), *([cut(unread, FEW, "file")] if left else []))
    stopped = " Interrupted: of the others nothing was decided." if found["interrupted"] else ""
    blocks: list[Block] = [Heading(f"{count_line(found)}{stopped}")]
    blocks += [cut(unread, FEW, "file")] if left else []
    problems: tuple[Text, ...] = tuple(
        (Strong("Not as expected: "), Mono(each["name"]), f": {problem}")
        for each in claims for problem in each["problems"]
    )
    blocks += [Items(problems)] if problems else []
    table = Table(("claim", "answer", "what"), tuple(
        ((Mono(each["name"]),), each["answer"], each["title"]) for each in claims
    ))
    blocks.append(table if len(claims) <= FEW else Folded(f"All {len(claims)}", (table,)))
    about: list[Text] = [(Mono(each["name"]), ": ", *text) for each in claims for text in abouts(each)] if specs else []
    if about:
        items = Items(tuple(about))
        blocks.append(items if len(about) <= FEW else Folded("What each is about", (items,)))
    if found["second_opinion"]:
        blocks.append(Paragraph(f"{found['second_opinion']}."))
    return tuple(blocks)


def count_line(found: JSON) -> str:
    """How many are as expected, and how many files could not be run."""
    claims, left = found["claims"], len(found["not_run"])
    good = sum(not each["problems"] for each in claims)
    told = f"{good} of {counted(len(claims), 'claim')} {'is' if len(claims) == 1 else 'are'} as expected"
    return told + (f"; {counted(left, 'more file')} could not be run." if left else ".")


def abouts(found: JSON) -> list[tuple[Piece, ...]]:
    """The two specs and the feeds; of converters, each case with its sizes and its answer."""
    return [_case(each) for each in found["cases"]] if "cases" in found else [_sides(found)]


def _case(case: JSON) -> tuple[Piece, ...]:
    parts = case["matrices"]
    heads = "" if len(parts) == 1 else f", {counted(parts[0]['heads'], 'head')} of q and {parts[1]['heads']} of k"
    words = case["verdict"]
    if len({part["verdict"] for part in parts}) > 1:
        words += " (" + ", ".join(f"{part['matrix']} {part['verdict']}" for part in parts) + ")"
    return (Mono(case["name"]), f" {words}: ", Mono(case["given"]["text"]), f"{heads}, ", *_sides(case))


def _sides(found: JSON) -> tuple[Piece, ...]:
    first, second = (_near(found[key]) for key in (("old", "new") if "old" in found else ("source", "target")))
    feeds = [feed for feed in found.get("feeds", []) if feed != "free"]
    fed = (", feeds ", *joined([(Mono(feed),) for feed in feeds], ", ")) if feeds else ()
    return (Mono(first), " -> ", Mono(second), *fed)


def _near(spec: str) -> str:
    """A spec whose path lies in the package's folder of proofs, as a path from there."""
    if not os.path.isabs(spec):
        return spec
    return os.path.normpath(spec).replace(f"{os.path.normpath(PROOFS)}{os.sep}", f"proofs{os.sep}")
