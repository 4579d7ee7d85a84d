"""Rational numbers rounded by the definition: against the processor's arithmetic, and mpmath's functions."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from prover.bits.exactly import Exactly, Value
from prover.errors import UndecidedError

EXACT = Exactly({}, [])
ARITHMETIC = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative, "abs": np.absolute,
    "sqrt": np.sqrt, "floor": np.floor, "ceil": np.ceil, "min": np.minimum, "max": np.maximum,
}
FUNCTIONS = {"cos": mpmath.cos, "sin": mpmath.sin, "log": mpmath.log, "pow": mpmath.power}


def value(number: np.floating) -> Value:
    """A floating-point number, with its sign."""
    return Value(Fraction(float(number)), bool(np.signbit(number)))


@pytest.mark.parametrize("precision", ["float16", "float32", "float64"])
@pytest.mark.parametrize("operation", ARITHMETIC)
def test_arithmetic_is_the_processor_s(operation: str, precision: str) -> None:
    """Every bit, zeros of both signs and numbers below the normal ones among them."""
    kind = np.dtype(precision).type
    generator = np.random.default_rng(4)
    count = 1 if operation in ("neg", "abs", "sqrt", "floor", "ceil") else 2
    sides = [(generator.normal(size=300) * 10.0 ** generator.integers(-4, 3, 300)).astype(kind) for _ in range(count)]
    for place, side in enumerate(sides):
        side[:8] = np.array([0.0, -0.0, 1, -1, 0.0, -0.0, 3, -3], dtype=kind)
        side[8:40] *= np.finfo(kind).tiny
        side[:8] = np.roll(side[:8], 4 * place)
        side[60:70] = -sides[0][60:70]
    with np.errstate(all="ignore"):
        wanted = ARITHMETIC[operation](*sides)
    checked = 0
    for *arguments, result in zip(*sides, wanted, strict=True):
        if operation in ("min", "max") and arguments[0] == arguments[1]:
            continue   # which zero is the least nobody says
        if np.isfinite(result):
            assert value(result) == EXACT.apply(operation, precision, *map(value, arguments)), arguments
            checked += 1
        else:
            with pytest.raises(UndecidedError):
                EXACT.apply(operation, precision, *map(value, arguments))
    assert checked > 100


@pytest.mark.parametrize("precision", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("operation", FUNCTIONS)
def test_functions_are_the_nearest(operation: str, precision: str) -> None:
    """None of the format is more than half a step off what mpmath has with 300 bits."""
    generator = np.random.default_rng(5)
    numbers = np.abs(generator.normal(size=(40, 2))).astype(np.float16) + np.float16(0.25)
    bits = {"bfloat16": 8, "float16": 11, "float32": 24}[precision]
    with mpmath.workprec(300):
        for a, b in numbers.tolist():
            arguments = (a, b) if operation == "pow" else (a,)
            found = EXACT.apply(operation, precision, *(value(np.float64(each)) for each in arguments)).number
            exact = FUNCTIONS[operation](*arguments)
            half = mpmath.ldexp(1, int(mpmath.frexp(exact)[1]) - bits - 1)
            assert abs(mpmath.mpf(found.numerator) / found.denominator - exact) <= half


def test_no_number() -> None:
    """Infinity, no number and a tie that cannot be told are no values."""
    cases = (("div", (1, 0)), ("log", (0,)), ("sqrt", (-1,)), ("pow", (-2, 0.5)), ("mul", (3e38, 2)))
    for operation, arguments in cases:
        with pytest.raises(UndecidedError):
            EXACT.apply(operation, "float32", *(value(np.float64(each)) for each in arguments))


@pytest.mark.parametrize("operation", ["min", "max"])
def test_which_zero_is_the_least_is_not_guessed(operation: str) -> None:
    """Machines differ; two zeros of one sign are that zero."""
    zero, minus = Value(Fraction(0), False), Value(Fraction(0), True)
    for pair in ((zero, minus), (minus, zero)):
        with pytest.raises(UndecidedError):
            EXACT.apply(operation, "float32", *pair)
    assert minus == EXACT.apply(operation, "float32", minus, minus)
