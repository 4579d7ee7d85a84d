"""Points one by one where no condition is found: which there are, and what tells equal from different among them."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from prover.theorems.instance import Point, small_points
from prover.theorems.study import Statement

MAX_LISTED = 400
MAX_DIVISOR = 16


def points_up_to(statement: Statement, bound: int) -> tuple[list[Point], int]:
    """Every point with whole numbers from 0 to a bound that the hypotheses allow, and that bound.

    The bound is the largest one asked for with at most MAX_LISTED points; 0 if there is none, or if a
    variable is no whole number.
    """
    if any(not v.is_whole for v in statement.variables):
        return [], 0
    found: list[Point] = []
    for point in small_points(statement, bound, {}):
        found.append(point)
        if len(found) > MAX_LISTED:
            reached = max(point.values())
            return [p for p in found if max(p.values()) < reached], int(reached) - 1
    return found, bound


def pattern_of(statement: Statement, taken: Sequence[tuple[Point, bool]]) -> str:
    """The remainders of the one parameter by the least divisor that tells equal from different; empty if there is none.

    Each remainder that occurs has to do so twice, so that none is told from a single number. Numbers that come in steps
    are divided by multiples of the step.
    """
    symbols = [symbol for variable in statement.variables for symbol in variable.symbols]
    if len(symbols) != 1 or len({is_equal for _, is_equal in taken}) < 2:
        return ""
    name = statement.variables[0].name
    numbers = [(int(point[symbols[0]]), is_equal) for point, is_equal in taken]
    step = gcd(*(number - numbers[0][0] for number, _ in numbers))
    for divisor in range(step, MAX_DIVISOR + 1, step):
        kinds: dict[int, list[bool]] = {}
        for number, is_equal in numbers:
            kinds.setdefault(number % divisor, []).append(is_equal)
        if all(len(found) > 1 and len(set(found)) == 1 for found in kinds.values()):
            return " or ".join(f"{name} % {divisor} == {rest}" for rest, found in sorted(kinds.items()) if found[0])
    return ""
