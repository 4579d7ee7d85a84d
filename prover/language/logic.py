"""Conditions on parameters and the pair index, put together: and, or, not, in range."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

import sympy

from prover.language.symbolic import AllOf, AnyOf

Condition: TypeAlias = "sympy.Basic"
_OPPOSITE: dict[type, Callable[..., sympy.Basic]] = {
    sympy.Eq: sympy.Ne,
    sympy.Ne: sympy.Eq,
    sympy.StrictLessThan: sympy.GreaterThan,
    sympy.LessThan: sympy.StrictGreaterThan,
    sympy.StrictGreaterThan: sympy.LessThan,
    sympy.GreaterThan: sympy.StrictLessThan,
}


@lru_cache(maxsize=1 << 14)
def negation(condition: Condition) -> Condition:
    """Not the condition, with nothing left under a Not but what has no opposite."""
    if condition in (sympy.true, sympy.false):
        return sympy.false if condition == sympy.true else sympy.true
    if isinstance(condition, AnyOf):
        return AllOf(*map(negation, condition.args))
    if isinstance(condition, AllOf):
        return AnyOf(*map(negation, condition.args))
    if isinstance(condition, sympy.Not):
        return condition.args[0]
    left, right = condition.args
    return _OPPOSITE[type(condition)](left, right, evaluate=False)


def all_of(conditions: Iterable[Condition]) -> Condition:
    kept = list(dict.fromkeys(c for c in conditions if c != sympy.true))
    if sympy.false in kept:
        return sympy.false
    return sympy.true if not kept else kept[0] if len(kept) == 1 else AllOf(*kept)


def any_of(conditions: Iterable[Condition]) -> Condition:
    kept = list(dict.fromkeys(c for c in conditions if c != sympy.false))
    if sympy.true in kept:
        return sympy.true
    return sympy.false if not kept else kept[0] if len(kept) == 1 else AnyOf(*kept)


def in_range(index: sympy.Symbol, count: sympy.Basic) -> Condition:
    """0 <= index < count."""
    return AllOf(sympy.GreaterThan(index, 0, evaluate=False), sympy.StrictLessThan(index, count, evaluate=False))
