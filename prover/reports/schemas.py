"""The shipped JSON Schemas: of each thing that is written or read, in each of its versions."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

from prover.errors import InputError
from prover.files import read_text
from prover.reports.text import columns
from prover.resources import SCHEMAS

JSON = dict[str, Any]
MAX_BYTES = 1 << 20


def schema_paths() -> dict[str, Path]:
    """The file of each schema by its name, such as verdict-2, in the order of names."""
    return {path.stem: path for path in sorted(SCHEMAS.glob("*.json"))}


def read_schema(name: str) -> JSON:
    """A schema by its name; without a version the newest. Raises InputError with the nearest names."""
    paths = schema_paths()
    versions = {int(stem.rpartition("-")[2]): stem for stem in paths if stem.rpartition("-")[0] == name}
    found = versions[max(versions)] if versions else name
    if found not in paths:
        near = difflib.get_close_matches(name, paths, n=3, cutoff=0.5)
        raise InputError(f"there is no schema '{name[:60]}'",
                         advice=f"Did you mean {' or '.join(near)}?" if near else f"Schemas: {', '.join(paths)}")
    schema: JSON = json.loads(read_text(paths[found], MAX_BYTES))
    return schema


def schema_text(schema: JSON) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schemas_json() -> JSON:
    """Name, $id, title and description of each."""
    return {"schemas": [
        {"name": name, "id": schema["$id"], "title": schema["title"], "description": schema["description"]}
        for name in schema_paths() for schema in [read_schema(name)]
    ]}


def schemas_text() -> str:
    """A line for each."""
    rows = schemas_json()["schemas"]
    wide = max(len(row["name"]) for row in rows)
    return "".join(f"{row['name']:<{wide}}  {row['title']}"[: columns()] + "\n" for row in rows)
