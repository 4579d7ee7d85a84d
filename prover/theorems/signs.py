"""Cases of a layout divided by the signs of their factors, so that what is left may be cancelled.

t*(m - 17)*base**(-j/n) is t times a product of positive powers where m > 17, turns the other way where
m < 17, and is no turn at all where m = 17: each is a case of its own, unless the hypotheses rule it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sympy

from prover.errors import UndecidedError
from prover.language.formula import formula
from prover.language.logic import Condition
from prover.language.substitution import bound_cases
from prover.language.symbolic import LARGEST, AllOf
from prover.theorems.factors import Factor, factors, is_opaque, is_positive_number, product
from prover.theorems.ratio import linear_fraction
from prover.theorems.study import Study
from prover.theorems.symbolic import Case

_OPEN = "Is there a pair at which a factor is not positive?"
_OF_FACTOR = "Is there a pair at which a factor has another sign?"
_POSSIBLE = "Can this factor be 0, or negative?"


@dataclass(slots=True)
class Signs:
    """What is known of the signs of factors at pairs for which `inside` holds."""

    study: Study
    inside: Condition
    known: dict[sympy.Basic, bool] = field(default_factory=dict)

    def is_positive(self, e: sympy.Basic) -> bool:
        if e not in self.known:
            self.known[e] = bool(is_positive_number(e) or (e.free_symbols and e.is_positive)) or self.study.follows(
                "positive", _OPEN, sympy.StrictGreaterThan(e, 0, evaluate=False), self.inside
            )
        return self.known[e]

    def holds(self, condition: Condition, guards: Sequence[Condition]) -> bool:
        """Whether the condition holds of all pairs at which the guards do."""
        key = AllOf(condition, *guards)
        if key not in self.known:
            self.known[key] = self.study.follows("factor", _OF_FACTOR, condition, self.inside, *guards)
        return self.known[key]

    def may_be(self, condition: Condition) -> bool:
        return self.study.ask("sign", _POSSIBLE, condition, self.inside) != "unsat"


def divided(cases: tuple[Case, ...], signs: Signs) -> tuple[Case, ...]:
    """The cases, divided until every factor that a solver can be asked about is positive in each."""
    found = tuple(part for case in cases for part in _divided(case, signs, frozenset()))
    bound_cases(len(found))
    return found


def _divided(case: Case, signs: Signs, settled: frozenset[sympy.Basic]) -> Iterator[Case]:
    case = _plain(case, signs)
    base = next(
        (base for _, entry in case.vector for base, _ in factors(entry)[1]
         if base not in settled and not is_opaque(base) and not signs.is_positive(base)),
        None,
    )
    if base is None:
        yield case
        return
    above, below, zero = (
        kind(base, 0, evaluate=False) for kind in (sympy.StrictGreaterThan, sympy.StrictLessThan, sympy.Eq)
    )
    if signs.may_be(above):
        yield from _divided(Case((*case.guards, above), case.vector), signs, settled | {base})
    if signs.may_be(below):
        turned = tuple((key, _with_opposite(entry, base)) for key, entry in case.vector)
        yield from _divided(Case((*case.guards, below), turned), signs, settled | {opposite(base)})
    if signs.may_be(zero):
        for guards, vector in _at_zero(case.vector, base, signs):
            yield from _divided(Case((*case.guards, zero, *guards), vector), signs, settled)


def _plain(case: Case, signs: Signs) -> Case:
    """Without the bars around what is positive."""
    def plain(base: sympy.Basic) -> sympy.Basic:
        is_bare = isinstance(base, sympy.Abs) and not is_opaque(base.args[0]) and signs.is_positive(base.args[0])
        return base.args[0] if is_bare else base

    vector = []
    for key, entry in case.vector:
        turns, powers = factors(entry)
        vector.append((key, product(turns, tuple((plain(base), exponent) for base, exponent in powers))))
    return Case(case.guards, tuple(vector))


def opposite(base: sympy.Basic) -> sympy.Basic:
    """-base where that is positive, in a form that SymPy leaves as it is."""
    return LARGEST(base, -base, evaluate=False)


def _with_opposite(entry: sympy.Basic, base: sympy.Basic) -> sympy.Basic:
    """The same number with -base, which is positive, in place of base."""
    turns, powers = factors(entry)
    found: list[Factor] = []
    for other, exponent in powers:
        if other != base:
            found.append((other, exponent))
            continue
        if not exponent.is_integer:
            raise UndecidedError(f"'{formula(base)}' may be negative, and stands under a power that need not be whole")
        turns += exponent
        found.append((opposite(base), exponent))
    return product(turns, tuple(found))


def _at_zero(
    vector: tuple[tuple[str, sympy.Basic], ...], base: sympy.Basic, signs: Signs
) -> Iterator[tuple[tuple[Condition, ...], tuple[tuple[str, sympy.Basic], ...]]]:
    """The vector where base is 0: 0 to a positive power is 0, to the power 0 it is 1, and else has no value."""
    if not vector:
        yield (), ()
        return
    (key, entry), rest = vector[0], vector[1:]
    turns, powers = factors(entry)
    exponent = sympy.Add(*(e for b, e in powers if b == base))
    others = product(turns, tuple((b, e) for b, e in powers if b != base))
    over, under = linear_fraction(exponent)
    if not over.is_Integer and not signs.is_positive(under):
        raise UndecidedError(f"'{formula(under)}' is not known to be positive")
    for guards, found in _at_zero(rest, base, signs):
        if over.is_Integer and over > 0:
            yield guards, found
        elif over == 0:
            yield guards, ((key, others), *found)
        elif not over.is_Integer:
            yield (*guards, sympy.StrictGreaterThan(over, 0, evaluate=False)), found
            yield (*guards, sympy.Eq(over, 0, evaluate=False)), ((key, others), *found)
