"""Both sides turn no faster from pair to pair: then nothing linear helps where two pairs of one index differ.

Two sequences in order are the same multiset only if they are the same sequence. So no partner of another index has to
be ruled out. And frequencies on either side of 0 that are closer to it than half a turn hide nothing at whole
positions: two of them neither differ nor come together by a whole turn but 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import sympy

from prover.language.logic import Condition
from prover.theorems.blend import is_surely_no_less
from prover.theorems.comparison import Comparison
from prover.theorems.signs import Signs
from prover.theorems.study import Study
from prover.theorems.symbolic import Case

BELOW_PI = sympy.Integer(3)


def are_ordered(study: Study, comparisons: Sequence[Comparison], assumed: Sequence[Condition]) -> bool:
    """Whether on both sides, for all parameters, no pair is slower than the next; each comparison is of one pair alone.

    All pairs have to turn with one and the same coordinate, or with none.
    """
    sides = [[getattr(each, side) for each in comparisons] for side in ("source", "target")]
    cases = [case for side in sides for pair in side for case in pair]
    if any(len(case.vector) > 1 for case in cases) or len({key for case in cases for key, _ in case.vector}) > 1:
        return False
    signs = Signs(study, sympy.true)
    return all(
        is_surely_no_less(_speed(a), _speed(b), signs, *a.guards, *b.guards, *assumed)
        for side in sides for one, next_one in pairwise(side) for a, b in product(one, next_one)
    )


def _speed(case: Case) -> sympy.Basic:
    return next((entry for _, entry in case.vector), sympy.Integer(0))


def are_below_half_a_turn(study: Study, comparisons: Sequence[Comparison]) -> bool:
    """Whether for all parameters every pair of both sides turns by less than half a turn, on each coordinate."""
    signs = Signs(study, sympy.true)
    return all(
        is_surely_no_less(BELOW_PI, entry, signs, *case.guards)
        for each in comparisons for side in (each.source, each.target) for case in side for _, entry in case.vector
    )
