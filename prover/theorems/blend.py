"""Two sums of positive terms: which is larger, as a question that a linear solver can answer.

A blend such as (1 - s)*u/f + s*u, with numbers s and u that need not be rational, is no product of powers. Where all
terms of two such sums are positive, so are the sums; the two are equal up to sign only where they are equal. That is
linear where the numbers left in their difference are rational multiples of one of them: (1 - s)*u*(1/f - 1). Where they
are not, rational bounds of the numbers bound the difference from below.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sympy

from prover.errors import ProverError, UndecidedError
from prover.language.logic import Condition
from prover.theorems.factors import factors, is_expressible, shared_divisor
from prover.theorems.numbers import between, is_true_of_numbers
from prover.theorems.signs import Signs

MAX_TERMS = 16
MAX_DENOMINATOR = 10**6
ZERO = sympy.Integer(0)


def difference(ours: sympy.Basic, theirs: sympy.Basic, signs: Signs) -> sympy.Basic | None:
    """What is above 0, 0 or below 0 exactly where ours - theirs is, both being positive; None where that is not known.

    A solver can be asked about it.
    """
    try:
        mine, other = (_terms(e, signs) for e in (ours, theirs))
        if mine is None or other is None:
            return None
        left = {m: mine.get(m, ZERO) - other.get(m, ZERO) for m in dict.fromkeys((*mine, *other))}
        left = {m: number for m, number in left.items() if not is_true_of_numbers(sympy.Eq, number, ZERO)}
        rational = _over_one_of_them(list(left.values()))
    except (ProverError, UndecidedError):
        return None
    if rational is None:
        return None
    if len(left) < 2:
        return sympy.Add(*rational)
    return _asked(dict(zip(left, rational, strict=True)))


def is_surely_no_less(ours: sympy.Basic, theirs: sympy.Basic, signs: Signs, *assumed: Condition) -> bool:
    """Whether it is proved that ours >= theirs, both being 0 or sums of positive terms."""
    try:
        mine, other = (_terms(e, signs) for e in (ours, theirs))
        if mine is None or other is None:
            return False
        left = {m: mine.get(m, ZERO) - other.get(m, ZERO) for m in dict.fromkeys((*mine, *other))}
        least = {m: sympy.Rational(low.numerator, low.denominator) for m, number in left.items()
                 if (low := between(number)[0])}
    except ProverError:
        return False
    if all(number > 0 for number in least.values()):
        return True
    total = _asked(least)
    return total is not None and signs.study.follows(
        "no-less", "Is a pair slower than another one by its least estimate?",
        sympy.GreaterThan(total, 0, evaluate=False), signs.inside, *assumed,
    )


def _asked(numbers: dict[sympy.Basic, sympy.Rational]) -> sympy.Basic | None:
    """A sum with the sign of that of rational numbers times positive monomials; None where no solver can be asked."""
    total = sympy.Add(*(number * monomial for monomial, number in numbers.items()))
    # What the terms are divided by is a product of what was shown to be positive.
    total = sympy.expand(total * shared_divisor(total)) if isinstance(total, sympy.Add) else total
    return total if is_expressible(total) else None


def _terms(e: sympy.Basic, signs: Signs) -> dict[sympy.Basic, sympy.Basic] | None:
    """Numbers by what they stand beside; None where a number, or what it stands beside, is not known to be positive.

    Numbers that are 0 are left out.
    """
    split = _split(e)
    if split is None:
        return None
    found = {m: number for m, number in split.items() if not is_true_of_numbers(sympy.Eq, number, ZERO)}
    for monomial, number in found.items():
        if not is_true_of_numbers(sympy.StrictGreaterThan, number, ZERO):
            return None
        turns, powers = factors(monomial)
        if turns != 0 or not all(is_expressible(base) and signs.is_positive(base) for base, _ in powers):
            return None
    return found


@lru_cache(maxsize=4096)
def _split(e: sympy.Basic) -> Mapping[sympy.Basic, sympy.Basic] | None:
    """Numbers by what they stand beside; None where there are too many."""
    found: dict[sympy.Basic, sympy.Basic] = {}
    terms = sympy.Add.make_args(sympy.expand(e))
    if len(terms) > MAX_TERMS:
        return None
    for term in terms:
        number, monomial = term.as_independent(*term.free_symbols, as_Add=False)
        found[monomial] = found.get(monomial, ZERO) + number
    return found


def _over_one_of_them(numbers: list[sympy.Basic]) -> list[sympy.Rational] | None:
    """The numbers, none of which is 0, over the size of the first, if all are rational then."""
    if not numbers:
        return []
    size = numbers[0] if is_true_of_numbers(sympy.StrictGreaterThan, numbers[0], ZERO) else -numbers[0]
    found = []
    for number in numbers:
        # A guess, which is then held against the exact numbers.
        low, high = between(number / size)
        near = ((low + high) / 2).limit_denominator(MAX_DENOMINATOR)
        ratio = sympy.Rational(near.numerator, near.denominator)
        if not is_true_of_numbers(sympy.Eq, number, ratio * size):
            return None
        found.append(ratio)
    return found
