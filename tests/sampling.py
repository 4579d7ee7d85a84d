"""Cases of one kind: a few in every run of the tests, the rest with `-m slow`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from _pytest.mark import ParameterSet


def few(cases: Mapping[str, Any] | Iterable[Any], step: int = 2) -> list[ParameterSet]:
    """Parameters for pytest: the first of every `step` cases as it is, the others marked slow. A mapping gives ids."""
    named = cases.items() if isinstance(cases, Mapping) else ((None, case) for case in cases)
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), id=name,
                     marks=[pytest.mark.slow] if index % step else [])
        for index, (name, case) in enumerate(named)
    ]
