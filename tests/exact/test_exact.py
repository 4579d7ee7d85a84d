"""Exact numbers: normal forms, the laws of arithmetic, enclosures, and what they decide."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import ceil

import mpmath
import pytest
from flint import arb, ctx, fmpz
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prover.errors import ExpressionError, LimitError, UndecidedError
from prover.exact.enclosure import (
    bounds,
    compare,
    enclose,
    floor,
    is_surely_below,
    positive_log,
    positive_power,
    sign,
)
from prover.exact.number import MAX_BITS, MAX_TERMS, ONE, PI, ZERO, Exact, exact, log, power

BITS = 600
PLACES = 200

laws = settings(derandomize=True, deadline=None, max_examples=80)


def number(top: int, bottom: int = 1) -> Exact:
    return exact(Fraction(top, bottom))


def root(base: int | Fraction, top: int, bottom: int) -> Exact:
    return power(exact(base), Fraction(top, bottom))


SQRT_2, SQRT_3, SQRT_6 = root(2, 1, 2), root(3, 1, 2), root(6, 1, 2)
LOG_2, LOG_3 = log(number(2)), log(number(3))

EQUAL: dict[str, tuple[Exact, Exact]] = {
    "a fraction not in lowest terms": (number(6, 4), number(3, 2)),
    "a whole number as a fraction": (exact(Fraction(4, 2)), exact(2)),
    "4 to the power of 1/2": (root(4, 1, 2), exact(2)),
    "8 to the power of 2/3": (root(8, 2, 3), exact(4)),
    "the root of 12": (root(12, 1, 2), exact(2) * SQRT_3),
    "the root of 1/2": (root(Fraction(1, 2), 1, 2), SQRT_2 / exact(2)),
    "a negative exponent": (root(2, -1, 2), SQRT_2 / exact(2)),
    "a root of a root": (power(SQRT_2, Fraction(1, 3)), root(2, 1, 6)),
    "a product of roots": (SQRT_2 * SQRT_3, SQRT_6),
    "a quotient of roots": (SQRT_6 / SQRT_3, SQRT_2),
    "a power of a power": (power(root(10000, -2, 128), Fraction(64)), number(1, 10000)),
    "150000 from its factors": (root(150000, 3, 64), root(2**4 * 3, 3, 64) * root(5**5, 3, 64)),
    "150000 from its inverse": (root(150000, -5, 32), root(Fraction(1, 150000), 5, 32)),
    "11158840 in two steps": (root(11158840, 2, 64) * root(11158840, 3, 64), root(11158840, 5, 64)),
    "11158840 as a product": (root(11158840, 1, 64), root(11158840 // 40, 1, 64) * root(40, 1, 64)),
    "500000 down to its inverse": (power(root(500000, 1, 64), Fraction(-64)), number(1, 500000)),
    "the conjugate": ((SQRT_3 - SQRT_2) * (SQRT_3 + SQRT_2), ONE),
    "a sum in another order": (SQRT_2 + SQRT_3 + PI, PI + SQRT_3 + SQRT_2),
    "a sum that cancels": (SQRT_2 + PI - SQRT_2, PI),
    "the square of a sum": ((ONE + SQRT_2) * (ONE + SQRT_2), exact(3) + exact(2) * SQRT_2),
    "a sum to the power of 2": (power(ONE + PI, Fraction(2)), ONE + exact(2) * PI + PI * PI),
    "a sum over itself": ((LOG_2 + LOG_3) / (LOG_2 + LOG_3), ONE),
    "a multiple of a sum over it": ((exact(6) + exact(2) * PI) / (exact(3) + PI), exact(2)),
    "pi over pi": (PI / PI, ONE),
    # Pell's numbers
    "a sum to the power of 9": (power(ONE + SQRT_2, Fraction(9)), number(1393) + number(985) * SQRT_2),
    "a sum to the power of 21/2": (
        power(ONE + SQRT_2, Fraction(21, 2)),
        power(ONE + SQRT_2, Fraction(1, 2)) * (number(3363) + number(2378) * SQRT_2),
    ),
    "the root of pi squared": (power(PI * PI, Fraction(1, 2)), PI),
    "the logarithm of a product": (log(number(6)), LOG_2 + LOG_3),
    "the logarithm of a quotient": (log(number(2, 3)), LOG_2 - LOG_3),
    "the logarithm of a power": (log(number(1024)), exact(10) * LOG_2),
    "the logarithm of a root": (log(SQRT_2), LOG_2 / exact(2)),
    "the logarithm of 1": (log(ONE), ZERO),
    "a quotient of logarithms": (log(number(8)) / log(number(2)), exact(3)),
    "the power 0": (power(PI + SQRT_2, Fraction(0)), ONE),
    "the power 1": (power(PI + SQRT_2, Fraction(1)), PI + SQRT_2),
    "zero times a number": (ZERO * PI, ZERO),
    "a number less itself": (PI - PI, ZERO),
    "zero to a positive power": (power(ZERO, Fraction(1, 2)), ZERO),
}


@pytest.mark.parametrize(("left", "right"), EQUAL.values(), ids=EQUAL.keys())
def test_equal_numbers_have_one_form(left: Exact, right: Exact) -> None:
    """Two ways to write a number give the same normal form, text and hash."""
    assert right == left
    assert (str(right), hash(right)) == (str(left), hash(left))


TEXTS: dict[str, Exact] = {
    "0": ZERO,
    "1": ONE,
    "-3/2": number(-3, 2),
    "1*pi": PI,
    "1/2*pi": PI / exact(2),
    "1*2^1/2": SQRT_2,
    "1*2^1/2*3^1/2": SQRT_6,
    "1/2*2^1/2": ONE / SQRT_2,
    "1 + 1*pi": PI + ONE,
    "1*log(2)": LOG_2,
    "1*pi^2": PI * PI,
    "1*pi^1/2": power(PI, Fraction(1, 2)),
}


@pytest.mark.parametrize("text", TEXTS)
def test_text(text: str) -> None:
    """The text of a number is what a certificate carries."""
    assert text == str(TEXTS[text])


@pytest.mark.parametrize("base", [10000, 150000, 500000, 1000003, 11158840, Fraction(3, 2)])
@pytest.mark.parametrize("pairs", [3, 48, 64, 256])
def test_no_radicand_grows(base: int | Fraction, pairs: int) -> None:
    """Prime exponents stay in [0, 1) and primes stay those of the base, for every pair of a head."""
    top, bottom = exact(base).terms[0][1].as_integer_ratio()
    primes = {str(prime) for part in (top, bottom) for prime, _ in fmpz(part).factor()}
    for j in range(pairs):
        for found in (root(base, -j, pairs), power(root(base, -1, pairs), Fraction(j))):
            ((monomial, coefficient),) = found.terms
            assert all(atom.kind == "prime" and 0 < exponent < 1 for atom, exponent in monomial)
            assert primes >= {atom.text for atom, _ in monomial}
            assert max(coefficient.numerator, coefficient.denominator) <= top * bottom


@pytest.mark.parametrize("base", [10000, 150000, 11158840])
def test_a_ladder_of_frequencies_is_distinct_and_falls(base: int) -> None:
    """The frequencies of a head are pairwise different, and each is below the one before."""
    ladder = [root(base, -j, 64) for j in range(64)]
    assert 64 == len(set(ladder))
    assert [1] * 63 == [compare(one, two) for one, two in pairwise(ladder)]


def ball(value: Exact) -> arb:
    return enclose(value, BITS)


small = st.fractions(-20, 20, max_denominator=12)
atoms = st.one_of(
    small.map(exact),
    st.builds(root, st.integers(2, 40), st.integers(-5, 5), st.integers(2, 6)),
    st.just(PI),
    st.integers(2, 30).map(lambda value: log(exact(value))),
)
numbers = st.lists(st.tuples(small, atoms), min_size=0, max_size=3).map(
    lambda terms: sum((exact(c) * a for c, a in terms), ZERO)
)


@laws
@given(numbers, numbers, numbers)
def test_laws_of_a_ring(a: Exact, b: Exact, c: Exact) -> None:
    """Commutative, associative and distributive laws hold between normal forms."""
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert ZERO == a - a
    opposite = -a
    assert a == -opposite


@laws
@given(numbers, numbers)
def test_arithmetic_agrees_with_arb(a: Exact, b: Exact) -> None:
    """Sums, differences and products enclose what arithmetic on balls encloses."""
    with ctx.workprec(BITS):
        for found, wanted in ((a + b, ball(a) + ball(b)), (a - b, ball(a) - ball(b)), (a * b, ball(a) * ball(b))):
            assert ball(found).overlaps(wanted)
            assert ball(found).rad() < arb(2) ** -400


@laws
@given(numbers, numbers)
def test_quotients_agree_with_arb(a: Exact, b: Exact) -> None:
    """A quotient encloses the quotient of the balls, and times the divisor gives the dividend's value."""
    assume(bool(ball(b) != 0))
    with ctx.workprec(BITS):
        assert ball(a / b).overlaps(ball(a) / ball(b))
        assert ball(a / b * b).overlaps(ball(a))


@laws
@given(st.fractions(Fraction(1, 1000), 1000, max_denominator=1000), st.fractions(-4, 4, max_denominator=64))
def test_powers_agree_with_mpmath(base: Fraction, exponent: Fraction) -> None:
    """A rational power lies where mpmath puts it."""
    with ctx.workprec(BITS):
        low, high = bounds(ball(power(exact(base), exponent)))
    with mpmath.workdps(PLACES):
        value = (mpmath.mpf(base.numerator) / base.denominator) ** (
            mpmath.mpf(exponent.numerator) / exponent.denominator
        )
        slack = abs(value) * mpmath.mpf(10) ** -150
        assert mpmath.mpf(low.numerator) / low.denominator <= value + slack
        assert mpmath.mpf(high.numerator) / high.denominator >= value - slack
    assert high - low <= Fraction(1, 10**100) * max(1, ceil(high))


@laws
@given(
    st.fractions(Fraction(1, 50), 50, max_denominator=50),
    st.fractions(-3, 3, max_denominator=12),
    st.fractions(-3, 3, max_denominator=12),
)
def test_laws_of_powers(base: Fraction, one: Fraction, two: Fraction) -> None:
    """Powers of one base multiply by adding exponents, and powers of powers by multiplying them."""
    value = exact(base)
    assert power(value, one + two) == power(value, one) * power(value, two)
    assert power(value, one * two) == power(power(value, one), two)
    assert ONE == power(value, one) * power(value, -one)


@laws
@given(st.fractions(Fraction(1, 99), 99, max_denominator=99), st.fractions(Fraction(1, 99), 99, max_denominator=99))
def test_laws_of_logarithms(a: Fraction, b: Fraction) -> None:
    """The logarithm of a product is the sum of the logarithms, in normal form and in value."""
    assert log(exact(a * b)) == log(exact(a)) + log(exact(b))
    with ctx.workprec(BITS):
        assert ball(log(exact(a))).overlaps(ball(exact(a)).log())


@laws
@given(numbers)
def test_different_forms_differ(a: Exact) -> None:
    """A number of primes and pi that is not the zero form is not zero."""
    if a.terms and a.is_algebraic_in_pi:
        assert ball(a) != 0


@laws
@given(numbers, numbers)
def test_compare_agrees_with_arb(a: Exact, b: Exact) -> None:
    """Comparison has the sign of the difference and changes sign when swapped."""
    if a == b:
        assert 0 == compare(a, b)
        return
    found = compare(a, b)
    assert -found == compare(b, a)
    assert bool(ball(a) > ball(b)) == (found == 1)
    assert found == sign(a - b)


def near(distance: int) -> Exact:
    """sqrt(2) less its decimal with that many digits: positive, and below 10**-distance."""
    with mpmath.workdps(distance + 30):
        return SQRT_2 - number(int(mpmath.floor(mpmath.sqrt(2) * 10**distance)), 10**distance)


SIGNS: dict[str, tuple[Exact, int]] = {
    "zero": (ZERO, 0),
    "a fraction": (number(-1, 3), -1),
    "pi": (PI, 1),
    "a negative root": (-SQRT_2, -1),
    "the logarithm of a half": (log(number(1, 2)), -1),
    "22/7 against pi": (PI - number(22, 7), -1),
    "355/113 against pi": (PI - number(355, 113), -1),
    "e^(pi sqrt 163) is out of reach, its logarithm is not": (
        PI * root(163, 1, 2) - log(number(640320**3 + 744)),
        -1,
    ),
    "ten digits": (near(10), 1),
    "a hundred digits": (near(100), 1),
    "four hundred digits": (near(400), 1),
    "four hundred digits below": (-near(400), -1),
    "roots that nearly cancel": (root(2, 1, 2) + root(5, 1, 2) - root(3, 1, 2) - number(1918, 1000), 1),
}


@pytest.mark.parametrize(("value", "expected"), SIGNS.values(), ids=SIGNS.keys())
def test_sign(value: Exact, expected: int) -> None:
    """The sign is found however near zero the number lies, within the precision."""
    assert expected == sign(value)


HIDDEN_ZERO = power(exact(3) + exact(2) * SQRT_2, Fraction(1, 2)) - SQRT_2 - ONE


@pytest.mark.parametrize(
    "value",
    [HIDDEN_ZERO],
    ids=["a root whose form is not reduced"],
)
def test_sign_that_no_precision_shows_is_undecided(value: Exact) -> None:
    """Where no enclosure separates a number from zero there is no sign, rather than a guess."""
    with pytest.raises(UndecidedError, match="cannot decide the sign"):
        sign(value)


FLOORS: dict[str, tuple[Exact, int]] = {
    "zero": (ZERO, 0),
    "a whole number": (number(7), 7),
    "below a whole number": (number(-1, 2), -1),
    "pi": (PI, 3),
    "minus pi": (-PI, -4),
    "a whole number of roots": (SQRT_2 * SQRT_2, 2),
    "just above 5": (exact(5) + near(100), 5),
    "just below 5": (exact(5) - near(100), 4),
    "just above 5 by 400 digits": (exact(5) + near(400), 5),
    "just below 5 by 400 digits": (exact(5) - near(400), 4),
    "a quotient of logarithms that is whole": (log(number(243)) / log(number(3)), 5),
    "Ramanujan's number": (PI * root(163, 1, 2), 40),
}


@pytest.mark.parametrize(("value", "expected"), FLOORS.values(), ids=FLOORS.keys())
def test_floor(value: Exact, expected: int) -> None:
    """The whole part is right on both sides of a whole number."""
    assert exact(expected) == floor(value)


def test_floor_of_a_hidden_whole_number_is_undecided() -> None:
    """Where the enclosure keeps straddling a whole number there is no whole part."""
    with pytest.raises(UndecidedError, match="whole part"):
        floor(HIDDEN_ZERO + exact(3))


@laws
@given(numbers)
def test_floor_agrees_with_arb(value: Exact) -> None:
    """floor(x) <= x < floor(x) + 1."""
    whole = floor(value)
    assert compare(whole, value) <= 0
    assert compare(value, whole + ONE) < 0


@laws
@given(numbers, st.sampled_from((64, 192, 768)))
def test_enclosures_nest_and_bound(value: Exact, precision: int) -> None:
    """The rational bounds of a ball are in order and contain the value at a higher precision."""
    low, high = bounds(enclose(value, precision))
    inner_low, inner_high = bounds(enclose(value, 2000))
    assert low <= inner_low <= inner_high <= high


LIMITS: dict[str, Callable[[], object]] = {
    "a huge whole number": lambda: exact(1 << (MAX_BITS + 1)),
    "a huge denominator": lambda: exact(Fraction(1, 1 << (MAX_BITS + 1))),
    "a product that grows": lambda: exact(1 << (MAX_BITS - 8)) * exact(1 << 16),
    "a product with pi that grows": lambda: (exact(1 << (MAX_BITS - 8)) * PI) * exact(1 << 16),
    "a huge power": lambda: power(exact(10), Fraction(10**9)),
    "a huge negative power": lambda: power(exact(10), Fraction(-(10**9))),
    "a huge power of a root": lambda: power(SQRT_2, Fraction(10**9)),
    "a huge root that is mostly whole": lambda: power(exact(2), Fraction(10**9 + 1, 2)),
    "a huge power of a sum": lambda: power(ONE + SQRT_2, Fraction(10**30)),
    "a power of a sum with too many terms": lambda: power(ONE + PI, Fraction(MAX_TERMS)),
    "a root of a number too long to factor": lambda: power(exact((1 << 400) + 1), Fraction(1, 2)),
    "a logarithm of a number too long to factor": lambda: log(exact((1 << 400) + 1)),
    "too many terms": lambda: sum((root(p, 1, 997) for p in range(2, MAX_TERMS + 4)), ZERO),
    "a product of too many terms": lambda: _many(20) * _many(20, 1009),
}


def _many(count: int, bottom: int = 997) -> Exact:
    return sum((root(2, top, bottom) for top in range(1, count + 1)), ZERO)


@pytest.mark.parametrize("build", LIMITS.values(), ids=LIMITS.keys())
def test_limits(build: Callable[[], object]) -> None:
    """A number beyond the bounds is refused, quickly and by its own error."""
    with pytest.raises(LimitError):
        build()


NO_VALUE: dict[str, Callable[[], object]] = {
    "division by zero": lambda: ONE / ZERO,
    "division by a sum that cancels": lambda: PI / (SQRT_2 - SQRT_2),
    "zero to a negative power": lambda: power(ZERO, Fraction(-1)),
    "zero to a negative power, by way of an exponent": lambda: positive_power(ZERO, number(-1, 2)),
    "a root of a negative number": lambda: positive_power(exact(-2), number(1, 2)),
    "a root of a negative sum": lambda: positive_power(exact(3) - PI, number(1, 2)),
    "a root of two negative factors": lambda: positive_power(
        log(number(1, 2)) * power(exact(3) - PI, Fraction(-1)), number(1, 2)
    ),
    "a logarithm of zero": lambda: positive_log(ZERO),
    "a logarithm of a negative number": lambda: positive_log(exact(3) - PI),
    "an exponent that is not rational": lambda: positive_power(exact(2), SQRT_2),
}


@pytest.mark.parametrize("build", NO_VALUE.values(), ids=NO_VALUE.keys())
def test_no_value(build: Callable[[], object]) -> None:
    """What has no real value, or none in the language, is refused."""
    with pytest.raises(ExpressionError):
        build()


@pytest.mark.parametrize("limit", [1, 2, 100, 1 << 15, 10**9])
@pytest.mark.parametrize("coefficient", ["1/10000", "-1/3", "99", "-100", "32767", "123456789"])
@pytest.mark.parametrize(("base", "exponent"), [(2, "1/2"), (10000, "-5/64"), (6, "1/3"), (7919, "63/64"), (5, "-7/2")])
def test_what_is_surely_below_a_limit_is_below_it(base: int, exponent: str, coefficient: str, limit: int) -> None:
    """It is as mpmath has it; a number far below a limit is seen to be, and zero is below each."""
    value = exact(Fraction(coefficient)) * power(exact(base), Fraction(exponent))
    size = abs(mpmath.mpf(Fraction(coefficient).numerator) / Fraction(coefficient).denominator
               * mpmath.mpf(base) ** (mpmath.mpf(Fraction(exponent).numerator) / Fraction(exponent).denominator))
    assert not is_surely_below(value, limit) or size < limit
    assert is_surely_below(value, limit) or size * base > limit
    assert is_surely_below(ZERO, limit)


@pytest.mark.parametrize("value", [PI, log(exact(2)), exact(1) + power(exact(2), Fraction(1, 2))])
def test_of_other_numbers_nothing_is_seen(value: Exact) -> None:
    """Pi, logarithms and sums are left to enclosures."""
    assert not is_surely_below(value, 10**9)
