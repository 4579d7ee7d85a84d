"""One side turns no slower than the other at every pair, and faster at one: then nothing linear makes them equal.

The sum of the absolute frequencies of all pairs on one coordinate is the same for equal multisets of frequencies,
each taken up to sign. Where no pair of the source is faster than the target's of the same index, or none slower, and
some pair is not as fast, the sums differ. So no partner of another index has to be ruled out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import sympy

from prover.errors import ProverError
from prover.language.logic import Condition, all_of, any_of
from prover.language.substitution import substituted
from prover.language.symbolic import INDEX
from prover.theorems.comparison import Agreement, Comparison
from prover.theorems.factors import is_expressible
from prover.theorems.numbers import is_true_of_numbers
from prover.theorems.ratio import Power, quotient
from prover.theorems.study import OTHER, Study
from prover.theorems.symbolic import Case


def is_dominated(study: Study, comparison: Comparison, assumed: Sequence[Condition]) -> bool:
    """Whether for all parameters, on each coordinate, no pair of the source is faster or none is slower."""
    inside, there = comparison.inside, {INDEX: OTHER}
    return _dominated(study, [comparison], [*assumed, inside, substituted(inside, there)], there)


def are_dominated(study: Study, comparisons: Sequence[Comparison], assumed: Sequence[Condition]) -> bool:
    """The same where each comparison is of one pair alone, without an index."""
    return _dominated(study, comparisons, assumed, {})


def _dominated(
    study: Study, comparisons: Sequence[Comparison], assumed: Sequence[Condition],
    there: Mapping[sympy.Basic, sympy.Basic],
) -> bool:
    """Each pair turns with one coordinate at most, and every factor that a solver can be asked about is positive: so a
    pair at which the two differ is faster on one side on some coordinate.
    """
    cases = [case for comparison in comparisons for case in (*comparison.source, *comparison.target)]
    if any(len(case.vector) > 1 for case in cases):
        return False
    for coordinate in sorted({key for case in cases for key, _ in case.vector}):
        faster, slower = (
            any_of(_side(comparison, coordinate, which) for comparison in comparisons) for which in (_above, _below)
        )
        if study.ask(
            "dominated", "Is one pair of the source faster than the target's of its index, and another one slower?",
            *assumed, faster, substituted(slower, there),
        ) != "unsat":
            return False
    return True


def _side(
    comparison: Comparison, coordinate: str, which: Callable[[Power], Condition]
) -> Condition:
    """Where a pair of the source may be faster, or slower, on a coordinate than the target's of the same index."""
    return any_of(
        all_of([*a.guards, *b.guards, _may_be(a, b, found, coordinate, which)])
        for a, b, found in comparison.at_one_index
    )


def _may_be(
    a: Case, b: Case, agreed: Agreement, coordinate: str, which: Callable[[Power], Condition]
) -> Condition:
    ours, theirs = dict(a.vector).get(coordinate), dict(b.vector).get(coordinate)
    if ours is None or theirs is None:
        # What stands still is slower than what may turn.
        moves = ours if which is _above else theirs
        return sympy.false if moves is None else sympy.true
    if agreed.sides is not None:
        return agreed.sides.above if which is _above else agreed.sides.below
    kind = sympy.StrictGreaterThan if which is _above else sympy.StrictLessThan
    if not ours.free_symbols and not theirs.free_symbols:
        with suppress(ProverError):
            is_so = is_true_of_numbers(kind, *(sympy.Abs(e, evaluate=False) for e in (ours, theirs)))
            return sympy.true if is_so else sympy.false
    found = quotient(ours, theirs)
    if not found.powers:
        return sympy.false
    conditions = [which(power) for power in found.powers]
    # What no solver can be asked about may be anything; of a product above 1 some factor is.
    return sympy.true if found.opaque or not all(map(is_expressible, conditions)) else any_of(conditions)


def _above(power: Power) -> Condition:
    return power.sides()[2]


def _below(power: Power) -> Condition:
    return power.sides()[0]
