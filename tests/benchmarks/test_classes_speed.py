"""Classes of the catalogue by signature, beside a proof for each pair.

Run with

    python -m pytest tests/benchmarks/test_classes_speed.py -o addopts= --benchmark-only --benchmark-disable-gc
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import pytest

from fresh_processes import LIBRARIES, command, python
from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation
from prover.errors import InputError
from prover.layouts.loading import load
from prover.verdicts.classes import catalogue_specs, sort_classes
from prover.verdicts.verdict import prove

SAMPLE = 40


@cache
def sample() -> list[str]:
    """Layouts of 64 lanes that have a text feed."""
    found = sort_classes(catalogue_specs({"width": "64"}), Relation.PERMUTATION, ("text",), 64)
    return sorted(member.spec for members in found.classes for member in members)[:SAMPLE]


def partition_by_pairs(specs: list[str]) -> list[set[str]]:
    """Each layout proved against each other one; what cannot be compared (pi, whole and real positions) is apart."""
    loaded = {spec: load(spec) for spec in specs}
    groups = [{spec} for spec in specs]
    for a, b in combinations(specs, 2):
        try:
            claim = make_claim(loaded[a], loaded[b], ("text",))
        except InputError:
            continue
        verdict = prove(claim, Relation.PERMUTATION)
        if verdict.outcome is Outcome.EQUIVALENT:
            first, second = (next(g for g in groups if spec in g) for spec in (a, b))
            if first is not second:
                first |= second
                groups.remove(second)
    return groups


@pytest.mark.benchmark(group="sort the whole catalogue, in a fresh process")
def test_cold_classes(benchmark: Any) -> None:
    """`rope-prover classes`."""
    assert 0 == benchmark.pedantic(command, args=("classes",), rounds=3)


@pytest.mark.alternative
@pytest.mark.benchmark(group="sort the whole catalogue, in a fresh process")
def test_cold_libraries_before_classes(benchmark: Any) -> None:
    """Python that imports sympy, z3 and numpy."""
    assert 0 == benchmark.pedantic(python, args=("-c", LIBRARIES), rounds=3)


@pytest.mark.benchmark(group="sort 40 layouts of 64 lanes on text")
def test_by_signature(benchmark: Any) -> None:
    """By signature, with one proof for each member."""
    specs = sample()
    found = benchmark.pedantic(sort_classes, args=(specs, Relation.PERMUTATION, ("text",), 64), rounds=3)
    assert len(specs) == sum(map(len, found.classes))


@pytest.mark.alternative
@pytest.mark.benchmark(group="sort 40 layouts of 64 lanes on text")
def test_by_pairs(benchmark: Any) -> None:
    """Each of the 780 pairs proved; the classes are the same."""
    specs = sample()
    groups = benchmark.pedantic(partition_by_pairs, args=(specs,), rounds=1)
    found = sort_classes(specs, Relation.PERMUTATION, ("text",), 64)
    assert sorted(map(sorted, groups)) == sorted(sorted(m.spec for m in members) for members in found.classes)
