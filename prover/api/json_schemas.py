"""The JSON Schemas of what is printed, written and read."""

from __future__ import annotations

from prover.api.answers import Report
from prover.errors import EXIT_OK, InputError


def schema(name: str) -> Report:
    """One schema, as text and as JSON types: "verdict-2", or "verdict" for the newest. Raises InputError.

    >>> schema("verdict").to_json()["$id"]
    'urn:rope-prover:verdict:2'
    """
    from prover.reports.schemas import read_schema, schema_text

    if not isinstance(name, str):
        raise InputError("expected the name of a schema", where="schema")
    found = read_schema(name)
    return Report(EXIT_OK, lambda: dict(found), lambda _: schema_text(found))


def schemas() -> Report:
    """The names of all, with what each is of.

    >>> [row["name"] for row in schemas().to_json()["schemas"] if row["name"].startswith("certificate")]
    ['certificate-1', 'certificate-2']
    """
    from prover.reports.schemas import schemas_json, schemas_text

    return Report(EXIT_OK, schemas_json, lambda _: schemas_text())
