"""Many models under many engines: a table of verdict words and the reasons below it, as JSON types and text."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from prover.claims.relation import EXIT_CODES, Outcome, worst_of
from prover.errors import EXIT_INTERNAL, EXIT_OK, EXIT_USAGE
from prover.reports.sarif import LEVELS, Result, sarif
from prover.reports.text import columns, counted, plain
from prover.sources.auditing import Audited
from prover.sources.places import config_place

JSON = dict[str, Any]
UNKNOWN, UNREAD, UNKNOWN_TOLD = "-", "not read", "not known to the engine"
WIDEST_NAME, WIDEST_REASON, MAX_NAMED = 60, 600, 8
Note = tuple[str, tuple[str, ...]]  # an engine, "" for all, and what is said under it


def audit_code(rows: Sequence[Audited]) -> int:
    """The exit code of the worst cell; what an engine does not know counts for nothing, nor does what is not read.

    Where none of the models could be read it is that of unreadable input.
    """
    if any(row.is_broken or any(cell.is_broken for cell in row.cells) for row in rows):
        return EXIT_INTERNAL
    if rows and all(row.fault for row in rows):
        return EXIT_USAGE
    outcomes = [Outcome(cell.verdict) for row in rows for cell in row.cells if cell.verdict]
    return EXIT_CODES[worst_of(outcomes)] if outcomes else EXIT_OK


def audit_json(rows: Sequence[Audited], engines: Sequence[str]) -> JSON:
    """A row for each model, in each a cell for every engine."""
    return {
        "schema": "rope-prover/audit/1",
        "engines": list(engines),
        "models": [
            {
                "file": row.file, "model_type": row.kind or None, "fault": row.fault or None,
                "cells": {cell.engine: {"verdict": cell.verdict or None, "reasons": list(cell.reasons)}
                          for cell in row.cells},
            }
            for row in rows
        ],
        "exit_code": audit_code(rows),
    }


def audit_sarif(rows: Sequence[Audited], version: str) -> JSON:
    """Each cell that is not equivalent, and each config that cannot be read, at the line of the key behind it."""
    found = []
    for row in rows:
        if row.fault:
            found.append(Result("config-unreadable", "error", row.fault, *config_place(row.file, ())))
        for cell in row.cells:
            if cell.verdict in LEVELS:
                rule = "layout-undecided" if cell.verdict == Outcome.UNDECIDED.value else "layout-differs"
                text = f"{cell.engine}: {' '.join(cell.reasons)}"
                found.append(Result(rule, LEVELS[cell.verdict], text, *config_place(row.file, cell.keys)))
    return sarif(found, version)


def audit_text(rows: Sequence[Audited], engines: Sequence[str]) -> str:
    """The table, then why a cell is not equivalent or is empty, equal reasons once, by the numbers in the table."""
    folder = common_folder([row.file for row in rows])
    names = [_name(row.file, folder) for row in rows]
    notes: dict[Note, list[str]] = {}
    for name, row in zip(names, rows, strict=True):
        for note in _notes(row):
            notes.setdefault(note, []).append(name)
    numbers = {note: number for number, note in enumerate(notes, 1)}
    table = [("model", *engines)] + [
        (name, *_words(row, engines, numbers)) for name, row in zip(names, rows, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [f"models below {plain(folder)}", ""] if folder else []
    lines += ["  ".join(f"{word:<{wide}}" for word, wide in zip(line, widths, strict=True)).rstrip() for line in table]
    for note, named in notes.items():
        lines += ["", *_told(numbers[note], note, named if len(rows) > 1 else [])]
    if notes:
        lines += ["", "'rope-prover diff MODEL --engine ENGINE' tells more of a cell"]
    return "\n".join([*lines, "", f"{_summary(rows)}"]) + "\n"


def common_folder(files: Sequence[str]) -> str:
    """The folder that all files are below, if there are several."""
    try:
        return os.path.commonpath(files) if len(files) > 1 else ""
    except ValueError:  # some from here, some from the root
        return ""


def _name(file: str, folder: str) -> str:
    name = plain(os.path.relpath(file, folder) if folder else file, 4000)
    return name if len(name) <= WIDEST_NAME else f"…{name[1 - WIDEST_NAME :]}"


def _notes(row: Audited) -> Iterator[Note]:
    if row.fault:
        yield "", (row.fault,)
    yield from ((cell.engine, cell.reasons) for cell in row.cells if cell.reasons)


def _words(row: Audited, engines: Sequence[str], numbers: dict[Note, int]) -> Iterator[str]:
    """The row's cells in the order of the engines, each with the number of its note."""
    if row.fault:
        yield from (f"{UNREAD} [{numbers['', (row.fault,)]}]" for _ in engines)
        return
    cells = {cell.engine: cell for cell in row.cells}
    for engine in engines:
        number = numbers.get((engine, cells[engine].reasons))
        yield (cells[engine].verdict or UNKNOWN) + (f" [{number}]" if number else "")


def _told(number: int, note: Note, names: Sequence[str]) -> Iterator[str]:
    engine, reasons = note
    for place, text in enumerate(reasons):
        start = f"[{number}] {f'{engine}: ' if engine else ''}" if not place else "    "
        yield _wrapped(start, plain(text, WIDEST_REASON))
    if names:
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        yield _wrapped("    in ", f"{', '.join(names[:MAX_NAMED])}{more}")


def _wrapped(start: str, text: str) -> str:
    return textwrap.fill(
        text, columns(), initial_indent=start, subsequent_indent=" " * 4, break_long_words=False,
        break_on_hyphens=False,
    ).rstrip()


def _summary(rows: Sequence[Audited]) -> str:
    """How many models there are, and what became of the cells of those that were read."""
    unread = sum(bool(row.fault) for row in rows)
    words = [cell.verdict or UNKNOWN_TOLD for row in rows for cell in row.cells]
    counts = [(words.count(word), word) for word in (*(outcome.value for outcome in Outcome), UNKNOWN_TOLD)]
    models = counted(len(rows), "model") + (f", {unread} not read" if unread else "")
    return f"{models}. Cells: {', '.join(f'{n} {word}' for n, word in counts if n) or 'none'}."
