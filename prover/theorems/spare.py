"""Which of many conditions follow, and which are spare, with few questions: the answers are those of one by one.

A model that refutes one candidate refutes others, and what is no part of an unsatisfiable core is spare as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from prover.language.logic import Condition, any_of, negation

_Item = TypeVar("_Item")


class Asked(Protocol):
    """Whoever knows the hypotheses."""

    def ask(self, name: str, asks: str, *conditions: Condition) -> str:
        """sat, unsat or unknown for the hypotheses and the conditions together."""

    def is_met(self, *conditions: Condition) -> bool:
        """Whether numbers are known that meet the hypotheses and the conditions together."""


def implied(
    study: Asked, name: str, asks: str, known: Sequence[Condition], candidates: Iterable[Condition]
) -> list[Condition]:
    """The candidates that hold wherever the hypotheses and all that is known do, as far as a solver says so."""
    left = [one for one in candidates if not study.is_met(*known, negation(one))]
    while left:
        if study.ask(name, asks, *known, any_of(map(negation, left))) == "unsat":
            return left
        open_ones = [one for one in left if not study.is_met(*known, negation(one))]
        if len(open_ones) == len(left):
            return [one for one in left if study.ask(name, asks, *known, negation(one)) == "unsat"]
        left = open_ones
    return left


def without_spare(
    kept: Sequence[_Item], order: Iterable[_Item], are_enough: Callable[[Sequence[_Item]], bool],
    core: Callable[[Sequence[_Item]], Sequence[_Item]],
) -> list[_Item]:
    """What is left once each, in this order, is left out if the others are enough without it.

    `core`: of some that are enough, ones that are so already; no others than these need a question.
    """
    found, needed = list(kept), None
    for one in order:
        others = [other for other in found if other != one]
        if needed is not None and one not in needed:
            found = others
        elif are_enough(others):
            found, needed = others, core(others)
    return found
