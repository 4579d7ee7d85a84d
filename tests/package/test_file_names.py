"""Tests are found by the names of their files alone, without packages, so that no two may have one name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent.parent


def test_no_two_test_files_have_one_name() -> None:
    names = Counter(path.name for path in TESTS.rglob("*.py") if path.name not in ("conftest.py", "__init__.py"))
    assert Path(__file__).name in names
    assert [] == [name for name, count in names.items() if count > 1]
