"""Definitions out of a package that cannot be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.measure.upstream.taken import taken

SOURCE = '''
import math, missing_from_everywhere
from another_missing import something
from .sibling import other
from functools import cache
BASE = 10
raise RuntimeError("the module is never run")

def angle(j: something) -> missing_from_everywhere.Tensor:
    return math.pi / BASE**j

@cache
def doubled(j):
    return 2 * angle(j)

def broken(j):
    return other(j)

class Rope(Module):
    def turn(self, j):
        return doubled(j) + self.start
'''


@pytest.fixture
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose own start fails."""
    folder = tmp_path / "cannot_be_imported" / "deep"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise RuntimeError('the package is never run')")
    (folder / "rope.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)


FILE = "cannot_be_imported/deep/rope.py"


@pytest.mark.usefixtures("_package")
def test_definitions_run_as_they_stand() -> None:
    """Functions see what was taken with them, what they import of the standard library, and what is given."""
    class Module:
        start = 1.0

    found = taken(FILE, "BASE", "angle", "doubled", "Rope", Module=Module)
    assert 3.141592653589793 / 100 == found.angle(2)
    assert 1 + 2 * 3.141592653589793 / 10 == found.Rope().turn(1)


@pytest.mark.usefixtures("_package")
def test_what_is_not_there_is_told() -> None:
    """A file or a name that another version lacks."""
    with pytest.raises(ImportError, match="defines no gone, moved"):
        taken(FILE, "angle", "moved", "gone")
    with pytest.raises(ImportError, match=r"there is no cannot_be_imported/rope\.py"):
        taken("cannot_be_imported/rope.py", "angle")
    with pytest.raises(ImportError, match=r"there is no not_installed/rope\.py"):
        taken("not_installed/rope.py", "angle")


@pytest.mark.usefixtures("_package")
def test_what_was_left_out_fails_when_used() -> None:
    """Nothing is made up for an import that was not carried out."""
    found = taken(FILE, "angle", "broken")
    with pytest.raises(NameError, match="'other' is not defined"):
        found.broken(1)
    with pytest.raises(NameError, match="'BASE' is not defined"):
        found.angle(1)
