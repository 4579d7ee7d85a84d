"""The table of what Coq proves names theorems that are there, and leaves none out."""

from __future__ import annotations

import re
from pathlib import Path

PROOFS = Path(__file__).parent.parent.parent / "proofs"
STATED = {
    f"{path.stem}.{name}"
    for path in (PROOFS / "coq").glob("*.v")
    for name in re.findall(r"^Theorem (\w+)", path.read_text(), re.MULTILINE)
}


def test_table_names_the_theorems() -> None:
    """Names in the table are theorems; every theorem but two about a single plane is in it."""
    files = "|".join(path.stem for path in (PROOFS / "coq").glob("*.v"))
    named = set(re.findall(rf"`((?:{files})\.\w+)`", (PROOFS / "README.md").read_text()))
    assert named - STATED == set()
    assert STATED - named == {"Plane.rot_zero", "Plane.rot_plus"}


def test_nothing_is_left_unproved() -> None:
    """No file has an axiom or an unfinished proof; coqchk says so of the compiled files as well."""
    for path in (PROOFS / "coq").glob("*.v"):
        assert not re.search(r"\b(Admitted|admit|Axiom|Parameter|Conjecture|Hypothesis)\b", path.read_text()), path.name
