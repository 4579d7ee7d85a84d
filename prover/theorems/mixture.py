"""Two frequencies with one power in common, and beside it what is no power: where which is larger, factor by factor.

YaRN and Llama 3 mix a frequency u with u/f: u*((1 - m)/f + m), where m is no number and no linear expression. Beside
the common u stand rational expressions in the parameters and in such m; the difference of two is taken apart into
factors, (1 - m)*(1 - f)/f against u alone, and it is 0 where one of them is, and its sign is the product of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

import sympy

from prover.errors import UndecidedError
from prover.language.logic import Condition, all_of, any_of
from prover.language.symbolic import CLAMPED
from prover.theorems.factors import factors, is_positive_number, parity

MAX_FACTORS = 4
MAX_SIZE = 200
ZERO = sympy.Integer(0)
Holds = Callable[[Condition], bool]


@dataclass(frozen=True, slots=True)
class Sides:
    """Where a number is below, equal to and above another one."""

    below: Condition
    equal: Condition
    above: Condition


def sides(ours: sympy.Basic, theirs: sympy.Basic, holds: Holds) -> Sides | None:
    """Where ours is below, equal to and above theirs, neither being negative; None where that is not known."""
    try:
        (powers, mine), (others, other) = _split(ours), _split(theirs)
    except UndecidedError:
        return None
    if powers != others or not all(is_positive_number(base) or holds(_above(base)) for base in powers):
        return None
    if max(e.count_ops() for e in (mine, other)) > MAX_SIZE:
        return None
    names = _Names()
    mine, other = names.named(mine), names.named(other)
    if not all(_is_never_negative(e, names, holds) for e in (mine, other)):
        return None
    over, under = sympy.fraction(sympy.together(mine - other))
    number, parts = sympy.factor_list(over)
    sign, below = sympy.factor_list(under)
    if len(parts) > MAX_FACTORS or not all(holds(_above(names.back(part))) for part, _ in below):
        return None
    if number == 0:
        return Sides(sympy.false, sympy.true, sympy.false)
    return _by_signs([(names.back(part), power) for part, power in parts], bool(number * sign > 0))


def _by_signs(parts: Sequence[tuple[sympy.Basic, int]], is_positive: bool) -> Sides:
    """Where a product is below 0, 0 and above 0; `is_positive`: the number in front of it is."""
    ways: dict[bool, list[Condition]] = {True: [], False: []}
    for negative in product((False, True), repeat=len(parts)):
        above = is_positive
        for (_, power), is_negative in zip(parts, negative, strict=True):
            above ^= is_negative and power % 2 == 1
        ways[above].append(all_of(
            sympy.StrictLessThan(part, 0, evaluate=False) if is_negative else _above(part)
            for (part, _), is_negative in zip(parts, negative, strict=True)
        ))
    equal = any_of(sympy.Eq(part, 0, evaluate=False) for part, _ in parts)
    return Sides(any_of(ways[False]), equal, any_of(ways[True]))


def _split(e: sympy.Basic) -> tuple[dict[sympy.Basic, sympy.Basic], sympy.Basic]:
    """The bases with exponents that are no whole numbers, and the product of all else."""
    turns, found = factors(e)
    if (sign := parity(turns)) == 0:
        raise UndecidedError("a sign that depends on parameters")
    powers: dict[sympy.Basic, sympy.Basic] = {}
    for base, exponent in found:
        if not exponent.is_Integer:
            powers[base] = powers.get(base, ZERO) + exponent
    powers = {base: sympy.together(sympy.expand(exponent)) for base, exponent in powers.items()}
    rest = sympy.Mul(sign, *(base ** exponent for base, exponent in found if exponent.is_Integer))
    return {base: exponent for base, exponent in powers.items() if exponent != 0}, rest


@dataclass(slots=True)
class _Names:
    """A symbol for each number that is neither a parameter nor made by +, -, *, / and whole powers."""

    known: dict[sympy.Basic, sympy.Symbol] = field(default_factory=dict)

    def named(self, e: sympy.Basic) -> sympy.Basic:
        if e.is_Rational or isinstance(e, sympy.Symbol):
            return e
        if isinstance(e, sympy.Mul):
            # What is no rational expression in a product is one number together: a power over pi.
            odd = [part for part in e.args if not _is_plain(part)]
            return sympy.Mul(*(self.named(part) for part in e.args if part not in odd), self.own(sympy.Mul(*odd)))
        if isinstance(e, sympy.Add):
            return e.func(*map(self.named, e.args))
        if _is_plain(e) and isinstance(e, sympy.Pow):
            return self.named(e.base) ** e.exp
        return self.own(e)

    def own(self, e: sympy.Basic) -> sympy.Basic:
        return e if e == 1 else self.known.setdefault(e, sympy.Dummy(f"number {len(self.known)}", real=True))

    def back(self, e: sympy.Basic) -> sympy.Basic:
        return e.xreplace({symbol: number for number, symbol in self.known.items()})


def _is_plain(e: sympy.Basic) -> bool:
    """Whether it is a factor to be taken apart by itself."""
    if isinstance(e, sympy.Pow):
        return e.exp.is_Integer and _is_plain(e.base)
    return e.is_Rational or isinstance(e, sympy.Symbol | sympy.Add) or e.func == CLAMPED


def _is_never_negative(e: sympy.Basic, names: _Names, holds: Holds, depth: int = 2) -> bool:
    """Whether a quotient that has a value is never negative, by the signs of its factors."""
    over, under = sympy.fraction(sympy.together(e))
    if over == 0:
        return True
    (number, above), (sign, below) = map(sympy.factor_list, (over, under))
    is_above = bool(number * sign > 0)
    for part, power in (*below, *above):
        if power % 2 and not _is_part(part, names, holds, depth):
            if not _is_part(-part, names, holds, depth):
                return False
            is_above = not is_above
    return is_above


def _is_part(e: sympy.Basic, names: _Names, holds: Holds, depth: int) -> bool:
    """Whether a polynomial is never negative: asked of the whole, else one of its numbers is taken out of it.

    It is if all its coefficients by what is never negative are; what is linear in a number between 0 and 1 is if it is
    at 0 and at 1.
    """
    numbers = sorted(e.free_symbols, key=str)
    if holds(sympy.GreaterThan(names.back(e), 0, evaluate=False)):
        return True
    ramps = {s for number, s in names.known.items() if number.func == CLAMPED}
    for s in numbers if depth else ():
        found = sympy.Poly(e, s)
        if s in ramps and found.degree() == 1:
            parts = [found.eval(0), found.eval(1)]
        elif holds(sympy.GreaterThan(names.back(s), 0, evaluate=False)):
            parts = found.all_coeffs()
        else:
            continue
        if all(_is_never_negative(part, names, holds, depth - 1) for part in parts):
            return True
    return False


def _above(e: sympy.Basic) -> Condition:
    return sympy.StrictGreaterThan(e, 0, evaluate=False)
