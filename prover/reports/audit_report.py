"""Many models under many engines: a table of verdict words and the reasons below it, as JSON types and text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.claims.relation import EXIT_CODES, Outcome, worst_of
from prover.errors import EXIT_OK
from prover.reports.text import plain
from prover.sources.auditing import Audited

JSON = dict[str, Any]
UNKNOWN, UNREAD = "-", "not read"


def audit_code(rows: Sequence[Audited]) -> int:
    """The exit code of the worst cell; what an engine does not know, or nothing can read, counts for nothing."""
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
                "cells": {cell.engine: {"verdict": cell.verdict or None, "reason": cell.reason or None}
                          for cell in row.cells},
            }
            for row in rows
        ],
        "exit_code": audit_code(rows),
    }


def audit_text(rows: Sequence[Audited], engines: Sequence[str]) -> str:
    """The table, then why a cell is not equivalent or is empty."""
    names = [plain(row.file, 60) if len(row.file) <= 60 else f"…{plain(row.file[-59:], 60)}" for row in rows]
    wide = max(map(len, [*names, "model"]))
    widths = [max(len(engine), len(Outcome.CONVERTIBLE.value)) for engine in engines]
    lines = ["  ".join([f"{'model':<{wide}}", *(f"{e:<{w}}" for e, w in zip(engines, widths, strict=True))]).rstrip()]
    for name, row in zip(names, rows, strict=True):
        words = {cell.engine: cell.verdict or UNKNOWN for cell in row.cells}
        cells = (f"{UNREAD if row.fault else words[engine]:<{w}}" for engine, w in zip(engines, widths, strict=True))
        lines.append("  ".join([f"{name:<{wide}}", *cells]).rstrip())
    told = [f"{name}: {plain(row.fault, 1000)}" for name, row in zip(names, rows, strict=True) if row.fault]
    told += [
        f"{name}, {cell.engine}: {plain(cell.reason, 1000)}"
        for name, row in zip(names, rows, strict=True) for cell in row.cells if cell.reason
    ]
    counts = {word: sum(cell.verdict == word for row in rows for cell in row.cells)
              for word in [outcome.value for outcome in Outcome]}
    summary = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing was compared"
    more = ["", "'rope-prover diff MODEL --engine ENGINE' tells more of a cell"] if told else []
    return "\n".join([*lines, *([""] if told else []), *told, *more, "", f"{len(rows)} models: {summary}"]) + "\n"
