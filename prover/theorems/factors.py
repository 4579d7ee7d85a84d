"""A product taken apart: the exponent of -1, and every other base with its exponent.

What may be 0 or negative is a base like any other here; whoever cancels a base has to know its sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sympy

from prover.errors import UndecidedError
from prover.language.smt import INT, REAL, Translator

Factor = tuple[sympy.Basic, sympy.Basic]


def factors(e: sympy.Basic) -> tuple[sympy.Basic, tuple[Factor, ...]]:
    """The exponent of -1 (only whether it is even matters), and (base, exponent) of all other factors.

    A sum is taken without the number and the sign that its terms share, so m - 17 is the base of 34 - 2*m
    too. Raises UndecidedError for a root of a negative number.
    """
    turns, found = sympy.Integer(0), list[Factor]()
    for base, exponent in _flat(e, sympy.Integer(1)):
        if base.is_Rational and base < 0:
            if not exponent.is_integer:
                raise UndecidedError(f"a power of {base} with an exponent that need not be whole")
            turns += exponent
            base = -base
        if base != 1:
            found.append((base, exponent))
    return sympy.expand(turns), tuple(found)


def parity(turns: sympy.Basic) -> int:
    """The sign of (-1)**turns: 1, -1, or 0 where it depends on parameters."""
    if sympy.expand(turns / 2).is_integer:
        return 1
    return -1 if sympy.expand((turns - 1) / 2).is_integer else 0


def _flat(e: sympy.Basic, exponent: sympy.Basic) -> Iterator[Factor]:
    """The factors of e**exponent, which has a value."""
    whole = exponent.is_integer
    if isinstance(e, sympy.Mul):
        for part in e.args:
            if not whole and not (part.is_Rational and part > 0) and len(e.args) > 1:
                # Two negative factors have a root together, and none alone.
                yield from _flat_magnitude(part, exponent)
            else:
                yield from _flat(part, exponent)
    elif isinstance(e, sympy.Pow):
        if whole:
            yield from _flat(e.base, e.exp * exponent)
        else:
            # What stands under a root is not negative: (b**2)**(1/2) is |b|.
            yield from _flat_magnitude(e.base, e.exp * exponent)
    elif isinstance(e, sympy.Add) and (divisor := shared_divisor(e)) != 1:
        # 1/2 + 1/(2*f), which has a value, is (f + 1)/(2*f).
        yield from _flat(sympy.Mul(multiplied(e, divisor), 1 / divisor), exponent)
    elif isinstance(e, sympy.Add):
        number, rest = e.primitive()
        if whole and rest.could_extract_minus_sign():
            number, rest = -number, -rest
        if number != 1:
            yield number, exponent
        yield rest, exponent
    else:
        yield e, exponent


def _flat_magnitude(e: sympy.Basic, exponent: sympy.Basic) -> Iterator[Factor]:
    """The factors of |e|**exponent: bars go around each factor of a product, and around the base of a power."""
    if isinstance(e, sympy.Mul):
        for part in e.args:
            yield from _flat_magnitude(part, exponent)
    elif isinstance(e, sympy.Pow):
        yield from _flat_magnitude(e.base, e.exp * exponent)
    elif isinstance(e, sympy.Add) and (divisor := shared_divisor(e)) != 1:
        yield from _flat_magnitude(multiplied(e, divisor), exponent)
        yield from _flat_magnitude(divisor, -exponent)
    else:
        yield _magnitude(e), exponent


def shared_divisor(e: sympy.Basic) -> sympy.Basic:
    """The product of what the terms of a sum are divided by, each as often as in the term that has it most."""
    most: dict[sympy.Basic, sympy.Basic] = {}
    for part in (part for term in e.args for part in sympy.Mul.make_args(term)):
        if isinstance(part, sympy.Pow) and part.exp.is_Integer and part.exp < 0 and part.base.free_symbols:
            most[part.base] = max(most.get(part.base, 0), -part.exp)
    return sympy.Mul(*(base ** power for base, power in most.items()))


def multiplied(e: sympy.Basic, divisor: sympy.Basic) -> sympy.Basic:
    """The sum times a divisor of its terms, term by term."""
    return sympy.Add(*(term * divisor for term in e.args))


def _magnitude(e: sympy.Basic) -> sympy.Basic:
    if e.is_Rational:
        return abs(e)
    return e if e.is_positive else sympy.Abs(e, evaluate=False)


def product(turns: sympy.Basic, powers: Iterator[Factor] | tuple[Factor, ...]) -> sympy.Basic:
    """The product of (-1)**turns and the powers."""
    return sympy.Mul(sympy.Pow(-1, turns), *(sympy.Pow(base, exponent) for base, exponent in powers))


@lru_cache(maxsize=4096)
def is_expressible(e: sympy.Basic) -> bool:
    """Whether a solver can be asked about the number or condition."""
    translator = Translator.of({s: INT if s.is_integer else REAL for s in e.free_symbols})
    try:
        (translator.term if isinstance(e, sympy.Expr) else translator.condition)(e)
    except UndecidedError:
        return False
    return True


@lru_cache(maxsize=4096)
def is_opaque(base: sympy.Basic) -> bool:
    """Whether nothing is known of a base, not even whether it is 0."""
    return not is_positive_number(base) and not is_expressible(base)


def is_positive_number(base: sympy.Basic) -> bool:
    """Whether a base is a positive constant by its form: a rational, pi, or the logarithm of more than 1."""
    if base.is_Rational:
        return bool(base > 0)
    if isinstance(base, sympy.log):
        return bool(base.args[0].is_Rational and base.args[0] > 1)
    return bool(base == sympy.pi)


def common_factor(terms: tuple[sympy.Basic, ...]) -> sympy.Basic:
    """The sum of the terms, with the powers that all of them share in front."""
    split = [dict[sympy.Basic, sympy.Basic]() for _ in terms]
    for row, term in zip(split, terms, strict=True):
        for part in sympy.Mul.make_args(term):
            base, exponent = (part.base, part.exp) if isinstance(part, sympy.Pow) else (part, sympy.Integer(1))
            if not base.is_Rational or part.is_Pow:
                row[base] = exponent
    shared = {b: e for b, e in split[0].items() if all(row.get(b) == e for row in split[1:])}
    if len(terms) < 2 or not shared:
        return sympy.Add(*terms)
    outside = [sympy.Pow(b, e) for b, e in shared.items()]
    rests = []
    for term in terms:
        left = [part for part in sympy.Mul.make_args(term) if part not in outside]
        rests.append(sympy.Mul(*left))
    return sympy.Mul(*outside, sympy.Add(*rests))
