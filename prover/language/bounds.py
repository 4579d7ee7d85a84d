"""Bounds on what SymPy works out by itself when an expression is put together again.

SymPy evaluates a power of numbers as soon as it stands in a rebuilt sum, product or power, however
long the result is. So each is measured before it is built, in bits, and refused if it is too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sympy
from sympy.core.evalf import PrecisionExhausted

from prover.errors import LimitError, UndecidedError
from prover.exact.number import MAX_BITS

MAX_TERMS = 4096


def bounded(e: sympy.Basic) -> sympy.Basic:
    """The expression, if the number that stands in front of it is short. Raises LimitError if not."""
    for number in (e.as_coeff_Mul()[0], e.as_coeff_Add()[0]):
        if number.is_Rational and _bits(number) > MAX_BITS:
            raise LimitError(f"a number has more than {MAX_BITS} bits", advice="Write it with fewer digits")
    return e


def bound_power(base: sympy.Basic, exponent: sympy.Basic) -> None:
    """Raises LimitError if SymPy could make a number of more than MAX_BITS bits of this power."""
    step = exponent.as_coeff_Add()[0]
    if not step.is_Rational:
        return
    constants = [factor for factor in sympy.Mul.make_args(base) if not factor.free_symbols]
    numbers = [number for constant in constants for number in constant.atoms(sympy.Rational)]
    size = max((_bits(number) for number in numbers if abs(number) != 1), default=0)
    if size * abs(step) > MAX_BITS and not (size <= MAX_BITS and abs(step) <= 1):
        shown = "**".join(_short(part) for part in (base, step))
        raise LimitError(f"the power {shown} has more than {MAX_BITS} bits", advice="Write it with a smaller exponent")


def bound_product(e: sympy.Basic) -> None:
    """Raises LimitError if multiplying out the sums in the expression would give more than MAX_TERMS terms."""
    if _terms(e) > MAX_TERMS:
        raise LimitError(f"a product of sums with more than {MAX_TERMS} terms once it is multiplied out")


@contextmanager
def within_precision() -> Iterator[None]:
    """SymPy's own evaluation of constants gives up at some precision: then nothing is decided."""
    try:
        yield
    except PrecisionExhausted:
        raise UndecidedError("a constant cannot be evaluated closely enough to take its floor") from None


def _terms(e: sympy.Basic) -> int:
    if isinstance(e, sympy.Add):
        return sum(map(_terms, e.args))
    if isinstance(e, sympy.Mul):
        total = 1
        for part in e.args:
            total = min(total * _terms(part), MAX_TERMS + 1)
        return total
    if isinstance(e, sympy.Pow) and e.exp.is_Integer and e.exp > 0:
        below = _terms(e.base)
        return 1 if below == 1 else min(below ** min(int(e.exp), 16), MAX_TERMS + 1)
    return 1


def _bits(number: sympy.Rational) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())


def _short(e: sympy.Basic) -> str:
    numbers = e.atoms(sympy.Rational)
    text = "..." if any(_bits(number) > 400 for number in numbers) else str(e)
    return text if e.is_Atom and len(text) <= 40 else f"({text[:40]})"
