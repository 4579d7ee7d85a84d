"""Random layouts against NumPy: what is built equal is found equal, what is changed is found out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import free_claim
from prover.claims.relation import Outcome, Relation
from prover.exact.angle import Angle
from prover.exact.number import Exact, exact, power
from prover.kernels.kernel import make_kernel
from prover.layouts.layout import Layout, Pair, build_layout
from prover.verdicts.verdict import prove

SETTINGS = settings(max_examples=60, derandomize=True, deadline=None)
AXES = ("t", "h")


@st.composite
def frequencies(draw: st.DrawFn) -> Exact:
    """base ** (-2j/n) for bases that real configs use, or a plain rational."""
    if draw(st.booleans()):
        base = draw(st.sampled_from((10000, 500000, 1000000, 150000, 11158840)))
        return power(exact(base), Fraction(-2 * draw(st.integers(0, 31)), 64))
    return exact(Fraction(draw(st.integers(1, 40)), draw(st.integers(1, 40))))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Up to six pairs over up to sixteen lanes, on one or both of two axes."""
    count = draw(st.integers(1, 6))
    width = 2 * count + draw(st.integers(0, 4))
    read = draw(st.permutations(range(width)))
    pairs = []
    for index in range(count):
        axes = draw(st.sampled_from((("t",), ("h",), ("t", "h"))))
        angle = Angle.of({axis: draw(frequencies()) for axis in axes})
        lanes = (read[2 * index], read[2 * index + 1])
        pairs.append(Pair(lanes, lanes, angle, None, exact(draw(st.sampled_from((1, 1, 2))))))
    return build_layout("random", width, AXES, "integer", tuple(pairs))


@SETTINGS
@given(layouts(), st.randoms(use_true_random=False))
def test_shuffled_lanes_are_a_permutation(layout: Layout, generator: object) -> None:
    """Any renaming of the lanes is found, and its witness holds on NumPy kernels."""
    order = list(range(layout.width))
    generator.shuffle(order)  # type: ignore[attr-defined]
    pairs = tuple(
        replace(p, read=(order[p.read[0]], order[p.read[1]]), write=(order[p.write[0]], order[p.write[1]]))
        for p in layout.pairs
    )
    moved = build_layout("moved", layout.width, AXES, "integer", pairs)
    verdict = prove(free_claim(layout, moved))
    assert verdict.outcome in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE)
    assert verdict.holds is not None
    assert verdict.holds.rung <= Relation.PERMUTATION.rung
    witness = verdict.decision.holds
    assert witness is not None
    x = np.random.default_rng(1).standard_normal((2, layout.width))
    at = np.array([[3.0, 5.0], [8.0, 2.0]])
    ours = make_kernel(layout).apply(x[0], at[0]) @ make_kernel(layout).apply(x[1], at[1])
    fed = x[:, list(witness.permutation)]
    theirs = make_kernel(moved).apply(fed[0], at[0]) @ make_kernel(moved).apply(fed[1], at[1])
    assert abs(ours - theirs) < 1e-9


@SETTINGS
@given(layouts(), st.data())
def test_a_changed_frequency_is_different(layout: Layout, data: st.DataObject) -> None:
    """One frequency changed to a number no pair has: no linear map can make up for it."""
    index = data.draw(st.integers(0, len(layout.pairs) - 1))
    axis = layout.pairs[index].angle.frequencies[0][0]
    new = exact(Fraction(data.draw(st.integers(1, 10**6)), 1000003))
    frequencies = dict(layout.pairs[index].angle.frequencies) | {axis: new}
    pairs = list(layout.pairs)
    pairs[index] = replace(pairs[index], angle=Angle.of(frequencies))
    changed = replace(layout, pairs=tuple(pairs))
    verdict = prove(free_claim(layout, changed))
    assert (Outcome.DIFFERENT, Relation.LINEAR) == (verdict.outcome, verdict.fails)


@SETTINGS
@given(layouts())
def test_two_runs_give_the_same_bytes(layout: Layout) -> None:
    """The certificate of one claim is the same text each time."""
    turned = replace(layout, pairs=layout.pairs[::-1])
    claim = free_claim(layout, turned)
    assert prove(claim).certificate == prove(claim).certificate
