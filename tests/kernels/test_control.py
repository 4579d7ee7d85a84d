"""The negative control of the numeric confirmation: a damaged witness is always heard."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from conftest import free_claim, small_layout
from prover.claims.relation import Relation
from prover.verdicts.verdict import prove

SIZES = (1, 10**4, 9 * 10**8)


@pytest.mark.parametrize("frequency", [0, 1, 10**8])
@pytest.mark.parametrize(("mine", "theirs"), list(product(SIZES, repeat=2)))
def test_one_loud_pair_among_quiet_ones(mine: int, theirs: int, frequency: int) -> None:
    """What is damaged is heard above the rounding of the loudest pair, wherever that pair stands."""
    quiet = [((0, 1), frequency, 1), ((2, 3), frequency, 1)]
    source, target = (small_layout(6, [*quiet, ((4, 5), frequency, size)]) for size in (mine, theirs))
    verdict = prove(free_claim(source, target))
    assert verdict.holds is (Relation.IDENTICAL if mine == theirs else Relation.PAIR_MAP)
    control = verdict.confirmation.comparisons[-1]
    assert control.what.startswith("negative control")
    assert control.error > control.tolerance


@pytest.mark.parametrize("size", [Fraction(1, 9 * 10**8), Fraction(1, 10**4), 10**4, 9 * 10**8])
@pytest.mark.parametrize("relation", [Relation.IDENTICAL, Relation.PERMUTATION])
def test_no_lane_of_magnitude_one(size: Fraction | int, relation: Relation) -> None:
    """What may be rounded follows from the magnitudes, however small all of them are."""
    lanes = ((0, 1), (2, 3)) if relation is Relation.IDENTICAL else ((2, 3), (0, 1))
    source = small_layout(4, [((0, 1), 1, size), ((2, 3), Fraction(1, 3), size)])
    target = small_layout(4, [(lanes[0], 1, size), (lanes[1], Fraction(1, 3), size)])
    verdict = prove(free_claim(source, target))
    assert verdict.holds is relation
    witness, *_, control = verdict.confirmation.comparisons
    assert witness.error <= witness.tolerance < control.error
    assert control.error > control.tolerance
