"""What the codes of findings mean: one table, whose codes stay."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

import msgspec

from prover.errors import InputError
from prover.files import read_toml
from prover.resources import READINGS
from prover.sources.model import Finding

# That keys or tensors may be there which were not seen, and that a function was measured.
MEASURED = "RP301"  # a side was run and measured, and is known as far as that tells
INCOMPLETE = {"RP101", "RP104", "RP105", MEASURED}
TABLE = READINGS / "findings.toml"


class Explanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is so, why it may matter, and what to do."""

    code: str
    title: str
    meaning: str
    advice: str


@cache
def explanations() -> tuple[Explanation, ...]:
    """All of them, by code."""
    rows = read_toml(TABLE)
    return tuple(msgspec.convert({"code": code, **rows[code]}, Explanation) for code in sorted(rows))


def explain(code: str) -> Explanation:
    """What a code means. Raises InputError with the nearest codes."""
    found = [row for row in explanations() if row.code == code.upper()]
    if not found:
        codes = [row.code for row in explanations()]
        near = difflib.get_close_matches(code.upper(), codes, n=3, cutoff=0.6)
        raise InputError(f"'{code[:40]}' is no code of a finding",
                         advice=f"Near it: {', '.join(near)}" if near else f"Codes: {codes[0]} to {codes[-1]}")
    return found[0]


def incomplete(findings: Iterable[Finding]) -> list[str]:
    """The codes that say that a verdict may rest on what was not seen."""
    return sorted({each.code for each in findings} & INCOMPLETE)
