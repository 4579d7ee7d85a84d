"""The faults of public threads: each gets the cause that its thread names."""

from __future__ import annotations

import pytest
from report_causes import ROWS, Reported

from conftest import spec_of
from prover import prove


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_report_gets_its_cause(row: Reported) -> None:
    """What was wrong in the thread is the first cause that is told."""
    causes = prove(spec_of(row.source), spec_of(row.target), relation=row.limit, feeds=row.feeds).to_json()["causes"]
    first = str(causes[0]["text"]) if causes else ""
    assert [] == [words for words in row.words if words not in first]
