"""Many models under many engines as a document: how many cells came out how, those that are not fine, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from prover.claims.relation import Outcome, worst_of
from prover.reports.audit_report import common_folder
from prover.reports.document import Block, Document, Folded, Heading, Mono, Paragraph, Table, Text
from prover.reports.documents.fitting import cut
from prover.reports.text import counted, plain

JSON = dict[str, Any]
UNKNOWN, UNREAD = "not known", "not read"
MOST_ROWS, MOST_NOTES, LONGEST = 100, 40, 600
_Row = tuple[str, str, str, tuple[str, ...]]  # model, engine, word, and the engine with the reasons
_ORDER = ("different", "undecided", "convertible", UNKNOWN, UNREAD)


def audit_document(found: JSON) -> Document:
    """A comment on a pull request: the worst cells first, then the reasons by their numbers."""
    models, folder = found["models"], common_folder([model["file"] for model in found["models"]])
    rows = sorted(_rows(models, folder), key=lambda row: _ORDER.index(row[2]))
    notes = {note: number for number, note in enumerate(dict.fromkeys(row[3] for row in rows if len(row[3]) > 1), 1)}
    blocks: list[Block] = [Heading(_first(models, found["engines"]))]
    if folder:
        blocks.append(Paragraph(("Models below ", Mono(plain(folder)), ".")))
    if rows:
        left = len(rows) - MOST_ROWS
        blocks.append(Table(("model", "engine", "came out"), tuple(
            ((Mono(name),), engine, word + (f" [{notes[note]}]" if note in notes else ""))
            for name, engine, word, note in rows[:MOST_ROWS]
        ), f"… {left} more in --json" if left > 0 else ""))
    told: list[Text] = [
        f"[{number}] {engine + ': ' if engine else ''}{'; '.join(plain(each, LONGEST) for each in reasons)}"
        for (engine, *reasons), number in notes.items()
    ]
    if told:
        blocks += [cut(told, MOST_NOTES, "reason"), Paragraph((
            Mono("rope-prover diff MODEL --engine ENGINE"), " tells more of a cell."))]
    fine = [(model, engines) for model in models if (engines := _fine(model))]
    if fine:
        cells = counted(sum(len(engines) for _, engines in fine), "cell")
        told = [(Mono(_name(model["file"], folder)), f": {', '.join(engines)}") for model, engines in fine]
        blocks.append(Folded(f"Equivalent: {cells} of {counted(len(fine), 'model')}", (cut(told, MOST_ROWS, "model"),)))
    return tuple(blocks)


def _first(models: Sequence[JSON], engines: Sequence[str]) -> str:
    """The worst word, then how often each came out."""
    words = [cell["verdict"] or UNKNOWN for model in models for cell in model["cells"].values()]
    outcomes = [Outcome(word) for word in words if word != UNKNOWN]
    worst = f"{worst_of(outcomes).value.capitalize()}: " if outcomes else ""
    counts = [(words.count(word), word) for word in (*(each.value for each in Outcome), UNKNOWN)]
    told = ", ".join(f"{count} {word}" for count, word in counts if count) or "no cell"
    unread = sum(bool(model["fault"]) for model in models)
    some = f", {unread} of them not read" if unread else ""
    return (f"{worst}{counted(len(models), 'model')}{some}, under {counted(len(engines), 'engine')}: {told}")


def _rows(models: Sequence[JSON], folder: str) -> Iterator[_Row]:
    """Model, engine, word and reasons of each cell that is not equivalent."""
    for model in models:
        name = _name(model["file"], folder)
        if model["fault"]:
            yield name, "all", UNREAD, ("", model["fault"])
        for engine, cell in model["cells"].items():
            if cell["verdict"] != Outcome.EQUIVALENT.value:
                yield name, engine, cell["verdict"] or UNKNOWN, (engine, *cell["reasons"])


def _fine(model: JSON) -> list[str]:
    """The engines under which it is equivalent."""
    return [engine for engine, cell in model["cells"].items() if cell["verdict"] == Outcome.EQUIVALENT.value]


def _name(file: str, folder: str) -> str:
    return plain(os.path.relpath(file, folder) if folder else file)
