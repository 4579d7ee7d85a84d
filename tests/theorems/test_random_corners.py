"""Random statements with zero factors, empty heads, odd counts and bases that may be 0 or 1, against brute force."""

from __future__ import annotations

from pathlib import Path

import pytest

from random_statements import prove_case, random_case, wrong
from sampling import few


@pytest.mark.parametrize("seed", few(range(60), 6))
def test_what_is_said_is_so_at_every_small_point(seed: int, tmp_path: Path) -> None:
    """Scope, condition, relation and counterexample are those of Python's own arithmetic and of matrices."""
    case = random_case(seed)
    found = prove_case(case, tmp_path)
    assert "" == ("" if found is None else wrong(case, found)), case
