"""One theorem for all sizes, beside the claims of a single size proved one by one.

Run with

    python -m pytest tests/benchmarks/test_theorem_speed.py -o addopts= --benchmark-only --benchmark-disable-gc
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.layouts.loading import load
from prover.theorems.for_all import state_theorem
from prover.verdicts.verdict import prove

WIDTH = 16
GROUP = "IMROPE and NEOX on text: for which sections"


def equal_points() -> list[tuple[int, ...]]:
    """The sections of one width at which the two are equal, each proved by itself."""
    target = load(f"ggml/neox:head_dim={WIDTH}:n_rot={WIDTH}")
    found = []
    for point in product(range(WIDTH // 2 + 1), repeat=4):
        if sum(point) == WIDTH // 2 and any(point[:3]):
            source = load(f"ggml/imrope:head_dim={WIDTH}:n_rot={WIDTH}:sections={','.join(map(str, point))}")
            if prove(make_claim(source, target, ["text"]), Relation.LINEAR).outcome is Outcome.EQUIVALENT:
                found.append(point)
    return found


@pytest.mark.benchmark(group=GROUP)
def test_for_all_sizes(benchmark: Any) -> None:
    """Every even width, every base, every sections that sum to half of it."""
    found = benchmark.pedantic(
        lambda: state_theorem(
            "ggml/imrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,base,sections",
            ["sum(sections) == n_rot//2"], ["text"], Relation.LINEAR, Solver(),
        ),
        rounds=3,
    )
    assert "sometimes" == found.answer.scope.value


@pytest.mark.benchmark(group=GROUP)
def test_point_by_point(benchmark: Any) -> None:
    """The 164 sections that sum to half of 16, one claim each."""
    assert benchmark.pedantic(equal_points, rounds=3)
