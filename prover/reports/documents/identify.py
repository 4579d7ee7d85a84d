"""What a measured table was identified as, as a document: the answer, the specs to copy, what could not be told."""

from __future__ import annotations

from typing import Any

from prover.reports.document import Block, Document, Folded, Heading, Items, Mono, Paragraph, Table, Text
from prover.reports.documents.conform import NUMERIC
from prover.reports.documents.fitting import Room, fitted
from prover.reports.text import counted, plain

JSON = dict[str, Any]
LONGEST = 1000


def identify_document(found: JSON, everything: bool = False) -> Document:
    """A comment on a pull request; `everything`: with every layout and every pair, however many."""
    return fitted(lambda room: _blocks(found, room), everything)


def _blocks(found: JSON, room: Room) -> Document:
    facts, name = found["facts"], plain(found["file"])
    entry = () if found["entry"] == found["file"] else (", entry ", Mono(plain(found["entry"])))
    axes = ", ".join(map(plain, facts["axes"])) or "none"
    blocks: list[Block] = [
        Heading(f"{found['answer']} ({NUMERIC})."),
        Paragraph(("Measured: ", Mono(name), *entry, f": {counted(facts['width'], 'lane')}, "
                   f"{facts['turning_lanes']} of them turn; axes {axes}.")),
    ]
    rest: list[Text] = [*_layouts(found, room)]
    rest += [f"Not told: {plain(text)}: other values do the same to every lane here"
                        for text in found["not_told"] if found["layouts"]]
    rest += [f"Not told: {plain(text)}" for each in found["hypotheses"][:1] for text in each["not_told"]]
    if found["angle_error_per_position"] is not None:
        rest.append(f"Held: all lanes, each frequency within the rounding that its kernel may have, at most "
                    f"{found['angle_error_per_position']:.2g} rad for each unit of position")
    if not found["is_complete"]:
        rest.append("Not all layouts and scalings were tried: the search ends after a fixed amount of work, and a "
                    "layout that is not named may conform as well")
    rest += [f"Note: {plain(note, 600)}" for note in found["notes"]]
    if found["written"]:
        told = "conforms" if found["written"]["conforms"] else "does not conform"
        rest.append(("Written: ", Mono(plain(found["written"]["file"])), f": the numbers as a table; it {told}"))
    blocks += [Items(tuple(rest))] if rest else []
    if not found["layouts"] and found["frequencies"]:
        blocks.append(Folded(f"Pairs that turn: {len(found['frequencies'])}", (_table(found, room),)))
    return tuple(blocks)


def _layouts(found: JSON, room: Room) -> tuple[Text, ...]:
    """The first spec of each layout that the measurement allows, and how many others are the same."""
    rows: list[Text] = []
    for place, group in enumerate(found["layouts"][: room.items]):
        same = f", and {counted(len(group) - 1, 'more spec')} of the same layout" if len(group) > 1 else ""
        rows.append(("Or another layout: " if place else "Layout: ", Mono(plain(group[0]["spec"], LONGEST)),
                     f"{same}; largest relative error {group[0]['largest_relative_error']:.2g}"))
    left = len(found["layouts"]) - room.items
    if left > 0:
        rows.append(f"… {counted(left, 'more layout')} that the measurement cannot tell apart, in --json")
    return tuple(rows)


def _table(found: JSON, room: Room) -> Table:
    rows = found["frequencies"]
    left = len(rows) - room.rows
    return Table(("lanes", "turn"), tuple(
        (", ".join(map(str, each["lanes"])),
         " + ".join(f"{number:.9g} {plain(axis)}" for axis, number in each["turn"].items()))
        for each in rows[: room.rows]
    ), f"… {left} more in --json" if left > 0 else "")
