"""Where an expression has a value: no division by 0, no root of a negative number, no entry past a list's end.

The expressions are those that were written, before anything cancels: (m - 17)/(m - 17) has no value at 17.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from prover.language.logic import Condition, all_of, any_of, negation
from prover.language.substitution import Inliner
from prover.language.symbolic import CHOICE, INDEX, ITEM, LARGEST, SMALLEST, AllOf, AnyOf
from prover.theorems.factors import multiplied, shared_divisor
from prover.theorems.ratio import linear_fraction


class Needs:
    """Gathers what expressions need, under the choices that lead to them; `found` has each condition once."""

    def __init__(self, inliner: Inliner) -> None:
        self.inliner = inliner
        self.found: dict[Condition, None] = {}
        self.seen: set[tuple[sympy.Basic, tuple[Condition, ...]]] = set()

    def of(self, e: sympy.Basic, path: tuple[Condition, ...] = ()) -> None:
        """Go through a number-valued expression or a condition that is worked out where all of `path` holds."""
        if (e, path) in self.seen:
            return
        self.seen.add((e, path))
        if isinstance(e, sympy.Symbol):
            if e != INDEX and e.name in self.inliner.texts and e.name not in self.inliner.axes:
                self.of(self.inliner.texts[e.name], path)
        elif e.func == CHOICE:
            self.choice(e, path)
        elif isinstance(e, AllOf):
            self.in_order(e, path)
        else:
            for part in e.args:
                self.of(part, path)
            self.own(e, path)

    def choice(self, e: sympy.Basic, path: tuple[Condition, ...]) -> None:
        self.of(e.args[0], path)
        condition = self.inliner.condition(e.args[0])
        for way, part in ((condition, e.args[1]), (negation(condition), e.args[2])):
            if way != sympy.false:
                self.of(part, path if way == sympy.true else (*path, way))

    def in_order(self, e: sympy.Basic, path: tuple[Condition, ...]) -> None:
        """What follows in an `and` or `or` is worked out only if what stands before does not settle it."""
        for part in e.args:
            self.of(part, path)
            condition = self.inliner.condition(part)
            goes_on = negation(condition) if isinstance(e, AnyOf) else condition
            if goes_on == sympy.false:
                return
            if goes_on != sympy.true:
                path = (*path, goes_on)

    def own(self, e: sympy.Basic, path: tuple[Condition, ...]) -> None:
        """What the operation itself needs of its operands."""
        if isinstance(e, sympy.Pow):
            base, exponent = (self.inliner.value(part) for part in e.args)
            need = _power(base, exponent)
        elif isinstance(e, sympy.Mod):
            need = not_zero(self.inliner.value(e.args[1]))
        elif isinstance(e, sympy.log):
            need = above_zero(self.inliner.value(e.args[0]))
        elif e.func == ITEM:
            entries, index = self.inliner.entries(e.args[0].name), self.inliner.value(e.args[1])
            need = all_of([
                _settled(sympy.GreaterThan, index, sympy.Integer(0)),
                _settled(sympy.StrictLessThan, index, sympy.Integer(len(entries))),
            ])
        else:
            return
        if need != sympy.true and need not in self.found:
            self.found.setdefault(any_of([*map(negation, path), need]))


def needs(
    inliner: Inliner, expressions: Iterable[sympy.Basic], of_pairs: Iterable[sympy.Basic] = (),
    any_pairs: Condition = sympy.true,
) -> tuple[Condition, ...]:
    """Conditions that hold wherever all the expressions have a value, and, nearly, nowhere else.

    `of_pairs`: those that are worked out for each pair, so only where `any_pairs` holds.
    """
    gathered = Needs(inliner)
    for e in expressions:
        gathered.of(e)
    if any_pairs != sympy.false:
        for e in of_pairs:
            gathered.of(e, () if any_pairs == sympy.true else (any_pairs,))
    return tuple(gathered.found)


def _power(base: sympy.Basic, exponent: sympy.Basic) -> Condition:
    zero = sympy.Integer(0)
    if exponent.is_Integer and exponent >= 0:
        return sympy.true
    if exponent.is_Integer:
        return not_zero(base)
    over, under = linear_fraction(exponent)
    rising = any_of(
        all_of([_settled(side, under, zero), _settled(way, over, zero)])
        for side, way in ((sympy.StrictGreaterThan, sympy.GreaterThan), (sympy.StrictLessThan, sympy.LessThan))
    )
    if exponent.is_integer:
        return any_of([not_zero(base), rising])
    return any_of([above_zero(base), all_of([_zero(base), rising])])


def _zero(e: sympy.Basic) -> Condition:
    """A condition under which a number that has a value is 0; false for a product of powers, which is asked elsewhere.

    It stands beside "or above 0" alone, so that false asks for more than is needed.
    """
    return sympy.false if e.has(sympy.Pow, sympy.log) else _settled(sympy.Eq, e, sympy.Integer(0))


def _settled(kind: type, left: sympy.Basic, right: sympy.Basic) -> Condition:
    if left.is_Rational and right.is_Rational:
        return sympy.true if bool(kind(left, right)) else sympy.false
    return kind(left, right, evaluate=False)


def not_zero(e: sympy.Basic) -> Condition:
    """A condition under which a number that has a value is not 0."""
    if e == sympy.pi:
        return sympy.true
    if isinstance(e, sympy.Mul):
        return all_of(map(not_zero, e.args))
    if isinstance(e, sympy.Pow):
        return not_zero(e.base)
    if isinstance(e, sympy.log):
        return _settled(sympy.Ne, e.args[0], sympy.Integer(1))
    if e.func in (LARGEST, SMALLEST) or (isinstance(e, sympy.Add) and e.has(sympy.Pow, sympy.log)):
        return above_zero(e)
    return _settled(sympy.Ne, e, sympy.Integer(0))


def above_zero(e: sympy.Basic) -> Condition:
    """A condition under which a number that has a value is above 0."""
    if e == sympy.pi:
        return sympy.true
    if isinstance(e, sympy.Mul) and not any(part.is_Rational and part < 0 for part in e.args):
        return all_of(map(above_zero, e.args))
    if isinstance(e, sympy.Pow):
        return above_zero(e.base)
    if isinstance(e, sympy.log):
        return _settled(sympy.StrictGreaterThan, e.args[0], sympy.Integer(1))
    if isinstance(e, sympy.Add) and (divisor := shared_divisor(e)) != 1:
        return all_of([above_zero(multiplied(e, divisor)), above_zero(divisor)])
    if e.func == LARGEST:
        return any_of(map(above_zero, e.args))
    if e.func == SMALLEST or (isinstance(e, sympy.Add) and e.has(sympy.Pow, sympy.log)):
        return all_of(map(above_zero, e.args))
    return _settled(sympy.StrictGreaterThan, e, sympy.Integer(0))
