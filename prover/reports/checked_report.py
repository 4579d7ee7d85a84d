"""What an accepted certificate is about, in a few words. Light: a certificate is checked without what decides."""

from __future__ import annotations

import json
from typing import Any

from prover.checker import _STORED, STORED_SCHEMA

JSON = dict[str, Any]


def tables_text(root: JSON) -> str:
    """Both tables in a few words."""
    counts = [len(root[side]["pairs"]) for side in ("source", "target")]
    width = root["source"]["width"]
    stored = f" with numbers {text}" if (text := stored_text(root)) else ""
    return f"two tables of {width} lanes, {counts[0]} pairs in the source and {counts[1]} in the target{stored}"


def stored_text(root: JSON) -> str:
    """Formats that numbers of the tables are stored in, and how far they may be off; empty where none is stored."""
    text = json.dumps([root["source"]["pairs"], root["target"]["pairs"]]) if root["schema"] == STORED_SCHEMA else ""
    kinds = sorted({found.group(1, 3) for found in _STORED.finditer(text)})
    off = [f"{kind}, up to {n} ulps off" if n != "0" else kind for kind, n in kinds]
    return f"stored in {' and '.join(off)}" if off else ""


def checked_json(root: JSON) -> JSON:
    """Its digest, tables, and what it calls its layouts and feeds."""
    return {
        "digest": root["digest"], "tables": tables_text(root), "source": root["source"]["name"],
        "target": root["target"]["name"], "feeds": [feed["name"] for feed in root["feeds"]],
    }
