"""Products rounded once, against rounding written apart: a bisection over all numbers of a format, in rationals."""

from __future__ import annotations

import bisect
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from prover.errors import UndecidedError
from prover.exact.number import ONE, Atom, Exact, exact, log, of_atom, power
from prover.weights.moved.rounding import Loss, Product, is_positive

# Bits of the whole number, of its mantissa, and its exponent's bias.
SHAPES = {"F16": (16, 10, 15), "BF16": (16, 7, 127), "F32": (32, 23, 127), "F64": (64, 52, 1023)}
STORED = {"F16": "<u2", "BF16": "<u2", "F32": "<u4", "F64": "<u8"}
YARN = ONE + exact(Fraction(1, 10)) * log(exact(4))
# 1 + ln(4)/10 to 60 digits, so that the product is known beyond any doubt of these sizes.
YARN_DIGITS = Fraction("1.138629436111989061883446424291635313615100026872051050824136")
ROOT_DIGITS = Fraction("1.41421356237309504880168872420969807856967187537694807317667973799")


def value_of(bits: int, dtype: str) -> Fraction:
    """A finite number, not below 0, from its bits."""
    _, mantissa, bias = SHAPES[dtype]
    exponent, rest = bits >> mantissa, bits & ((1 << mantissa) - 1)
    if exponent == 0:
        return Fraction(rest) * Fraction(2) ** (1 - bias - mantissa)
    return Fraction((1 << mantissa) + rest) * Fraction(2) ** (exponent - bias - mantissa)


@cache
def infinite(dtype: str) -> int:
    """The bits of infinity, which are those of the number after the last."""
    width, mantissa, _ = SHAPES[dtype]
    return ((1 << width - 1 - mantissa) - 1) << mantissa


def rounded(value: Fraction, dtype: str) -> int:
    """The bits of the number nearest to a rational from 0 on, the even one of two; of infinity from there on."""
    low, high = 0, infinite(dtype)
    if value >= value_of(high, dtype):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if value_of(middle, dtype) <= value else (low, middle)
    below, above = value - value_of(low, dtype), value_of(high, dtype) - value
    return low if below < above or (below == above and low % 2 == 0) else high


def times(dtype: str, factor: Exact, bits: np.ndarray) -> np.ndarray:
    """The bits of the products."""
    return Product(dtype, factor).times(bits.view(np.uint8)).view(STORED[dtype])


def sample(dtype: str, count: int, seed: int = 0) -> np.ndarray:
    """Random bits of finite numbers of both signs, with the ends of the format among them."""
    width, mantissa, _ = SHAPES[dtype]
    random = np.random.default_rng(seed)
    bits = random.integers(0, infinite(dtype), count, dtype=np.uint64)
    normal = 1 << mantissa
    ends = [0, 1, 2, 3, normal - 1, normal, normal + 1, infinite(dtype) - 1, infinite(dtype) - 2]
    bits[: len(ends)] = ends
    signs = random.integers(0, 2, count, dtype=np.uint64) << np.uint64(width - 1)
    return (bits | signs).astype(STORED[dtype])


RATIONAL = [Fraction(1, 2), Fraction(4), Fraction(3, 2), Fraction(5, 6), Fraction(11, 10), Fraction(1, 3),
            Fraction(500000, 595119), Fraction(123456789, 987654321), 1 + Fraction(1, 2**60)]


@pytest.mark.parametrize("dtype", SHAPES)
@pytest.mark.parametrize("factor", RATIONAL, ids=lambda each: str(each)[:20])
def test_rational_factors(dtype: str, factor: Fraction) -> None:
    """Signs, subnormals, the largest numbers and middles: each is the bisection's."""
    bits = sample(dtype, 120)
    sign = 1 << SHAPES[dtype][0] - 1
    expected = [rounded(value_of(int(b) & (sign - 1), dtype) * factor, dtype) | (int(b) & sign) for b in bits]
    assert expected == times(dtype, exact(factor), bits).tolist()


@pytest.mark.parametrize("dtype", SHAPES)
@pytest.mark.parametrize(("factor", "digits"), [
    (YARN, YARN_DIGITS), (ONE / YARN, 1 / YARN_DIGITS), (power(exact(2), Fraction(1, 2)), ROOT_DIGITS),
], ids=["yarn", "inverse", "root"])
def test_irrational_factors(dtype: str, factor: Exact, digits: Fraction) -> None:
    """Logarithms and roots, against 60 of their digits."""
    bits = sample(dtype, 120, 1)
    sign = 1 << SHAPES[dtype][0] - 1
    expected = [rounded(value_of(int(b) & (sign - 1), dtype) * digits, dtype) | (int(b) & sign) for b in bits]
    assert expected == times(dtype, factor, bits).tolist()


@pytest.mark.parametrize("factor", [Fraction(11, 10), Fraction(5, 6), Fraction(7, 5)], ids=str)
def test_middles_of_float32(factor: Fraction) -> None:
    """Whole numbers times a short factor, of which many are middles: to even, each of them."""
    random = np.random.default_rng(2)
    whole = random.integers(1 << 23, 1 << 24, 1500) // factor.denominator * factor.denominator
    whole += random.integers(0, factor.denominator, 1500)
    values = whole.astype("<f4")
    expected = [rounded(Fraction(int(n)) * factor, "F32") for n in whole]
    units = [Fraction(int(n)) * factor / (2 if n * factor >= 1 << 24 else 1) for n in whole]
    middles = sum(unit % 1 == Fraction(1, 2) for unit in units)
    assert middles > 50
    assert expected == times("F32", exact(factor), values.view("<u4")).tolist()


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_every_number_of_sixteen_bits(dtype: str) -> None:
    """All of them times 5/6, and those that are infinite or none stay bit for bit."""
    bits, end = np.arange(1 << 16, dtype="<u2"), infinite(dtype)
    found = times(dtype, exact(Fraction(5, 6)), bits).tolist()
    unit = 1 / value_of(1, dtype)
    all_of_them = [int(value_of(size, dtype) * 6 * unit) for size in range(end + 1)]
    for size in range(end):
        five = all_of_them[size] // 6 * 5
        high = bisect.bisect_right(all_of_them, five)
        off = [abs(all_of_them[at] - five) for at in (high - 1, high)]
        nearest = high - (off[0] < off[1] or (off[0] == off[1] and high % 2))
        assert (nearest, nearest | 0x8000) == (found[size], found[size | 0x8000])
    assert list(range(end, 0x8000)) == found[end:0x8000]


@pytest.mark.parametrize("dtype", SHAPES)
def test_what_is_no_number_stays(dtype: str) -> None:
    """Infinities and every kind of NaN keep their bits, and are no loss; nor are zeros; nor is nothing at all."""
    sign, end = 1 << SHAPES[dtype][0] - 1, infinite(dtype)
    bits = np.array([end, end | sign, end + 1, sign - 1, (sign - 1) | sign, 0, sign], STORED[dtype])
    assert bits.tolist() == times(dtype, YARN, bits).tolist()
    assert Product(dtype, YARN).first_loss(bits.view(np.uint8)) is None
    empty = np.zeros((3, 0), np.uint8)
    assert (3, 0) == Product(dtype, YARN).times(empty).shape
    assert Product(dtype, YARN).first_loss(empty) is None


@pytest.mark.parametrize("dtype", SHAPES)
def test_losses(dtype: str) -> None:
    """What becomes infinite, 0, or too small for its precision is told with its place; what stays exact is not."""
    _, mantissa, _ = SHAPES[dtype]
    normal, last = 1 << mantissa, infinite(dtype) - 1
    one = rounded(Fraction(1), dtype)

    def lost(factor: Fraction, *bits: int) -> tuple[int, Loss] | None:
        return Product(dtype, exact(factor)).first_loss(np.array(bits, STORED[dtype]).view(np.uint8))

    assert lost(Fraction(2), one, last) == (1, Loss.INFINITE)
    assert lost(Fraction(1, 2), one, one, 1) == (2, Loss.ZERO)
    assert lost(Fraction(1, 2), normal) is None
    assert lost(Fraction(1, 2), normal + 1) == (0, Loss.SMALL)
    assert lost(Fraction(1, 3), normal) == (0, Loss.SMALL)
    assert lost(Fraction(3, 2), 1, normal, normal - 1, one) is None
    assert lost(Fraction(3, 4), 3) is None   # it was below full precision before


def test_powers_of_two() -> None:
    """Only these leave every number what it was."""
    for factor, expected in ((exact(8), True), (exact(Fraction(1, 4)), True), (exact(3), False), (YARN, False),
                             (exact(Fraction(2, 3)), False), (exact(-2), False)):
        assert Product("F32", factor).is_power is expected


def test_what_is_a_factor() -> None:
    """One positive number; not a stored one that stands for many."""
    assert is_positive(YARN)
    assert not is_positive(-YARN)
    assert not is_positive(exact(0))
    assert not is_positive(of_atom(Atom("{float32:1:0:source.x}", "stored", (Fraction(1, 2), Fraction(3, 2)))))


def test_what_no_precision_tells_is_not_guessed() -> None:
    """A factor that may be anything between two ends rounds to nothing in particular."""
    factor = of_atom(Atom("{float32:1:0:source.x}", "stored", (Fraction(1, 2), Fraction(3, 2))))
    with pytest.raises(UndecidedError):
        times("F32", factor, np.array([1.0], "<f4").view("<u4"))


@pytest.mark.parametrize("dtype", SHAPES)
def test_factors_beyond_all_bounds(dtype: str) -> None:
    """A very small and a very large factor: all is lost, and told."""
    bits = sample(dtype, 12)[3:].astype(STORED[dtype])
    for factor in (Fraction(2) ** -600, Fraction(2) ** 600):
        sign = 1 << SHAPES[dtype][0] - 1
        expected = [rounded(value_of(int(b) & (sign - 1), dtype) * factor, dtype) | (int(b) & sign) for b in bits]
        assert expected == times(dtype, exact(factor), bits).tolist()
        assert Product(dtype, exact(factor)).first_loss(bits.view(np.uint8)) is not None
