"""A layout beside a measured kernel as a document: does it conform, and where it does not, why."""

from __future__ import annotations

from collections import Counter
from typing import Any

from prover.reports.document import Block, Caution, Document, Folded, Heading, Items, Mono, Paragraph, Table, Text
from prover.reports.documents.fitting import Room, fitted
from prover.reports.text import counted, plain

JSON = dict[str, Any]
NUMERIC = "numeric only: floats within a tolerance, no proof"


def conform_document(found: JSON, everything: bool = False) -> Document:
    """A comment on a pull request; `everything`: with every difference, however many."""
    return fitted(lambda room: _blocks(found, room), everything)


def _blocks(found: JSON, room: Room) -> Document:
    differences = found["differences"]
    given = found["frequencies_given"]
    head = f"Differs from what was measured in {counted(len(differences), 'place')}"
    if found["conforms"]:
        head = f"Conforms{' in all but the frequencies' if given else ''}: the layout is what was measured"
    at, allowed = found["largest_at_lanes"], found["tolerance"]
    error = (f"The largest relative error of a frequency is {found['largest_relative_error']:.3g}, at lanes {at[0]} "
             f"and {at[1]}; allowed there is {allowed['frequency_there']:.3g}: {allowed['why']}.") if at else ""
    fed = (", fed ", Mono(plain(found["feed"]))) if found["feed"] else ()
    blocks: list[Block] = [
        Heading(f"{head} ({NUMERIC})."),
        Paragraph(("Layout ", Mono(plain(found["spec"])), *fed, " beside ", Mono(plain(found["entry"])), f". {error}")),
    ]
    if given:
        blocks.append(Caution(f"The kernel was given its frequencies ({plain(given)}): they were not measured, and "
                              "say nothing about it."))
    blocks += [Paragraph(f"Note: {plain(note, 600)}") for note in found.get("notes", ())[: room.items]]
    if not found["conforms"]:
        causes: tuple[Text, ...] = tuple(f"Cause: {plain(each['text'], 600)}" for each in found["causes"])
        blocks.append(Items(causes or (_uncaused(found),)))
        left = len(differences) - room.rows
        table = Table(("lanes", "layout", "measured"), tuple(
            (", ".join(map(str, each["lanes"])) + f": {each['kind']}", plain(str(each["layout"]), 100),
             plain(str(each["measured"]), 100)) for each in differences[: room.rows]
        ), f"… {left} more in --json" if left > 0 else "")
        blocks.append(Folded(f"Differences: {len(differences)}", (table,)))
    return tuple(blocks)


def _uncaused(found: JSON) -> str:
    kinds = Counter(each["kind"] for each in found["differences"])
    counts = ", ".join(f"{kind} {number} times" if number > 1 else f"{kind} once" for kind, number in kinds.items())
    return f"No single cause found, which does not prove that there is none: {counts}"
