"""Ramps as numbers of their own: min(1, max(0, x/y)) is one number between 0 and 1, the same for the same x and y.

Written out, YaRN's ramp with rounded and clipped ends is a hundred cases, and what it has logarithms in is no linear
expression. What is needed of it mostly is that it is one number on both sides, or 0, or 1, or between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy

from prover.errors import ExpressionError, LimitError, UndecidedError
from prover.language.logic import negation
from prover.language.substitution import substituted
from prover.language.symbolic import CHOICE, CLAMPED, INDEX, LARGEST, SMALLEST
from prover.theorems.study import Study
from prover.theorems.symbolic import SymbolicLayout, with_angle

ZERO, ONE = sympy.Integer(0), sympy.Integer(1)


def with_ramps(study: Study) -> Iterator[Study]:
    """The study with the ramps of both angles as one number each; nothing where there are none."""
    statement = study.statement
    if statement.outside or statement.source.order != INDEX:
        return
    try:
        ramps = Ramps(study)
        source, target = (ramps.of(layout) for layout in (statement.source, statement.target))
    except (ExpressionError, LimitError, UndecidedError):
        return
    if source is not statement.source or target is not statement.target:
        yield replace(study, statement=replace(statement, source=source, target=target))


@dataclass(slots=True)
class Ramps:
    """Finds ramps; `study` settles choices within them."""

    study: Study

    def of(self, layout: SymbolicLayout) -> SymbolicLayout:
        angle = self.named(layout.angle)
        return layout if angle == layout.angle else with_angle(layout, angle)

    def named(self, e: sympy.Basic) -> sympy.Basic:
        """The expression with its ramps as numbers; one that is a constant stays."""
        if not e.has(SMALLEST) or not e.free_symbols:
            return e
        found = _ramp(e)
        if found is None:
            return substituted(e, {part: self.named(part) for part in e.args})
        over, under = sympy.Integer(1), sympy.Integer(1)
        for part in sympy.Mul.make_args(self.settled(found)):
            if isinstance(part, sympy.Pow) and part.exp == -1:
                under *= part.base
            else:
                over *= part
        return CLAMPED(over, under)

    def settled(self, e: sympy.Basic) -> sympy.Basic:
        """The expression with choices that the hypotheses settle settled."""
        known = {}
        for choice in e.atoms(CHOICE):
            condition, body, other = choice.args
            for way, part in ((condition, body), (negation(condition), other)):
                if self.study.follows("choice", "Can this choice go the other way?", way):
                    known[choice] = part
                    break
        return substituted(e, known) if known else e


def _ramp(e: sympy.Basic) -> sympy.Basic | None:
    """q where the expression is min(1, max(0, q))."""
    if e.func != SMALLEST or len(e.args) != 2 or ONE not in e.args:
        return None
    inner = next((part for part in e.args if part != ONE), ONE)
    if inner.func != LARGEST or len(inner.args) != 2 or ZERO not in inner.args:
        return None
    return next((part for part in inner.args if part != ZERO), None)
