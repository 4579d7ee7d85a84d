"""What an accepted certificate is about, in a few words. Light: a certificate is checked without what decides."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


def tables_text(root: JSON) -> str:
    """Both tables in a few words."""
    counts = [len(root[side]["pairs"]) for side in ("source", "target")]
    width = root["source"]["width"]
    return f"two tables of {width} lanes, {counts[0]} pairs in the source and {counts[1]} in the target"


def checked_json(root: JSON) -> JSON:
    """Its digest, tables, and what it calls its layouts and feeds."""
    return {
        "digest": root["digest"], "tables": tables_text(root), "source": root["source"]["name"],
        "target": root["target"]["name"], "feeds": [feed["name"] for feed in root["feeds"]],
    }
