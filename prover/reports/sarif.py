"""Results at lines of files, as SARIF 2.1.0, which GitHub and editors show where they belong.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0, sections 3.14, 3.27 and 3.49.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from prover.reports.text import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"different": "error", "convertible": "warning", "undecided": "note"}
MOST = 5000   # GitHub takes that many results of one run


@dataclass(frozen=True, slots=True)
class Result:
    """Something to be told at a line. `rule`: what kind of thing it is; `level`: error, warning or note."""

    rule: str
    level: str
    text: str
    file: str
    line: int = 1


RULES = {
    "layout-differs": "An engine reads the config as another layout than the one that the model was trained with.",
    "layout-undecided": "Whether an engine reads the config as it was trained with could not be decided.",
    "config-unreadable": "The config cannot be read.",
    "claim-unexpected": "A claim did not come out as its file expects.",
    "claim-unreadable": "A file of claims could not be run.",
}


def sarif(results: Sequence[Result], version: str) -> dict[str, Any]:
    """One run of this program with all results, MOST at the most; files below the current folder are told from it."""
    names = sorted({result.rule for result in results})
    driver = {
        "name": "rope-prover", "version": version,
        "rules": [{"id": name, "shortDescription": {"text": RULES[name]}} for name in names],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{
        "tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
        "results": [{
            "ruleId": each.rule, "ruleIndex": names.index(each.rule), "level": each.level,
            "message": {"text": plain(each.text, 4000).replace("](", "] (")},   # which would be a link
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": _uri(each.file)}, "region": {"startLine": each.line},
            }}],
        } for each in results[:MOST]],
    }]}


def _uri(file: str) -> str:
    relative = os.path.relpath(file)
    inside = relative.split(os.sep)[0] != os.pardir
    path = relative if inside else os.path.abspath(file)
    return ("" if inside else "file://") + quote(os.fsencode(path.replace(os.sep, "/")))
