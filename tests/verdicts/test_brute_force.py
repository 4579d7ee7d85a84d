"""The engine against brute force: every permutation of the lanes of small heads."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from conftest import free_claim, small_layout
from prover.claims.decide import decide
from prover.claims.evidence import TraceRefutation
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.exact.number import PI, Exact, exact, power
from prover.kernels.kernel import make_kernel
from prover.layouts.layout import Layout

FREQUENCIES: tuple[Exact, ...] = (
    exact(0),
    exact(1),
    exact(Fraction(-1)),
    exact(Fraction(1, 2)),
    power(exact(10), Fraction(-1, 2)),
    PI,
    PI * exact(Fraction(1, 2)),
    PI * exact(Fraction(3, 2)),
)
POSITIONS = range(7)
CASES = 240


def random_layout(generator: random.Random, width: int) -> Layout:
    """Random lanes, frequencies from a small set (so that classes meet), magnitudes 1 or 2."""
    lanes = list(range(width))
    generator.shuffle(lanes)
    count = generator.randint(0, width // 2)
    rows = [
        ((lanes[2 * i], lanes[2 * i + 1]), generator.choice(FREQUENCIES), generator.choice((1, 1, 2)))
        for i in range(count)
    ]
    return small_layout(width, rows)


def related_layout(generator: random.Random, layout: Layout) -> Layout:
    """The same pairs on shuffled lanes, sometimes with one thing changed."""
    lanes = list(range(layout.width))
    generator.shuffle(lanes)
    rows = [
        ((lanes[pair.read[0]], lanes[pair.read[1]]), pair.angle["p"], pair.magnitude) for pair in layout.pairs
    ]
    if rows and generator.random() < 0.5:
        place, frequency, size = rows.pop()
        if generator.random() < 0.5:
            frequency = generator.choice(FREQUENCIES)
        else:
            size = generator.choice((exact(1), exact(2)))
        rows.append((place, frequency, size))
    return small_layout(layout.width, rows)


def scores(layout: Layout) -> npt.NDArray[np.floating]:
    """M(0, p) for all positions tried, shape (positions, width, width), in float64."""
    kernel = make_kernel(layout)
    basis = np.eye(layout.width)
    start = kernel.apply(basis, np.array([0.0]))
    return np.stack([start @ kernel.apply(basis, np.array([float(p)])).T for p in POSITIONS])


def permutation_exists(source: Layout, target: Layout) -> bool:
    """Try all permutations of the lanes."""
    ours, theirs = scores(source), scores(target)
    return any(
        np.allclose(ours[:, order][:, :, order], theirs, atol=1e-9)
        for order in map(list, itertools.permutations(range(source.width)))
    )


def traces_agree(source: Layout, target: Layout) -> bool:
    """Equal traces of D(p) at many positions, which similarity needs and (T2) suffices."""
    found = []
    for layout in (source, target):
        kernel, basis = make_kernel(layout), np.eye(layout.width)
        start = kernel.apply(basis, np.array([0.0]))
        sizes = 1 / np.diag(start @ start.T)
        found.append(
            [
                float((sizes * np.diag(start @ kernel.apply(basis, np.array([float(p)])).T)).sum())
                for p in range(60)
            ]
        )
    return bool(np.allclose(found[0], found[1], atol=1e-9))


@pytest.mark.parametrize("seed", range(CASES))
def test_every_permutation(seed: int) -> None:
    """A permutation is found exactly when one of all permutations works; so for linear maps and traces."""
    generator = random.Random(seed)
    width = generator.choice((2, 3, 4, 4, 5, 6))
    source = random_layout(generator, width)
    target = related_layout(generator, source) if seed % 3 else random_layout(generator, width)
    decision = decide(free_claim(source, target), Solver())
    holds = decision.holds.relation.rung if decision.holds else len(Relation)
    assert permutation_exists(source, target) == (holds <= Relation.PERMUTATION.rung)
    assert traces_agree(source, target) == (holds <= Relation.PAIR_MAP.rung)


@pytest.mark.parametrize("seed", range(0, CASES, 3))
def test_refutation_is_next_below(seed: int) -> None:
    """The refuted rung stands directly below the rung that holds, so nothing is left open."""
    generator = random.Random(seed)
    source = random_layout(generator, 6)
    target = related_layout(generator, source)
    decision = decide(free_claim(source, target), Solver())
    holds = decision.holds.relation.rung if decision.holds else len(Relation)
    fails = decision.fails.relation.rung if decision.fails else -1
    expected = holds - 1 if holds <= Relation.PAIR_MAP.rung else Relation.LINEAR.rung
    assert expected == fails
    if isinstance(decision.fails, TraceRefutation) and decision.fails.relation is Relation.LINEAR:
        assert decision.fails.power == -1
