"""Constants of layouts compared exactly, whatever roots, powers of pi and logarithms are in them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import sympy

from prover.errors import ProverError, UndecidedError
from prover.exact.enclosure import bounds, enclose
from prover.language.evaluation import Scope, compiled, compiled_condition, number

PRECISION = 192


def sign_of_equal(one: sympy.Basic, other: sympy.Basic) -> int | None:
    """1 for the same number, -1 for opposite ones, 0 for others; None for what is no plain number, 0, or not known."""
    if one.free_symbols or other.free_symbols:
        return None
    zero = sympy.Integer(0)
    try:
        if is_true_of_numbers(sympy.Eq, one, zero) or is_true_of_numbers(sympy.Eq, other, zero):
            return None
        return 1 if is_true_of_numbers(sympy.Eq, one, other) else -int(is_true_of_numbers(sympy.Eq, one, -other))
    except ProverError:
        return None


@lru_cache(maxsize=1 << 14)
def is_true_of_numbers(kind: type, left: sympy.Basic, right: sympy.Basic) -> bool:
    """Whether a comparison of two constants holds, worked out exactly. Raises ProverError where that is not known."""
    return compiled_condition(kind(left, right, evaluate=False)).test(Scope({}, {}))


@lru_cache(maxsize=1 << 14)
def between(constant: sympy.Basic) -> tuple[Fraction, Fraction]:
    """Rational numbers between which a constant lies. Raises ProverError where none are found."""
    ball = enclose(number(compiled(constant).compute(Scope({}, {}))), PRECISION)
    if not ball.is_finite():
        raise UndecidedError("no bounds of a number are known")
    return bounds(ball)
