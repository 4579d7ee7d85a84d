"""Numbers as people read them: every text is an expression of the language for the same number, with its value."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from prover.errors import ProverError
from prover.exact.angle import Angle
from prover.exact.display import angle_json, nearest, number_json, ratio_json, show_angle, show_number, told
from prover.exact.enclosure import equal, positive_log, positive_power, sign
from prover.exact.number import ONE, PI, ZERO, Exact, exact, log, power
from prover.exact.text import angle_text, factor_text, number_text
from prover.language.evaluation import Scope, compiled, number
from prover.language.expression import parse
from prover.layouts.feed_text import axis_angle

laws = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(text: str) -> Exact:
    """The number that a text is in the expression language."""
    return number(compiled(parse(text, [], [], index=False)).compute(Scope({}, {})))


def same(left: Exact, right: Exact) -> bool:
    """Whether two numbers are equal, exactly; a root of a sum and what it came from may differ in form."""
    return left == right or equal(left, right) is True


def guarded(build: Callable[[], Exact]) -> Exact:
    """A number, if it has a value within the bounds."""
    try:
        return build()
    except ProverError:
        assume(False)
        raise AssertionError from None


rationals = st.one_of(
    st.fractions(max_denominator=50, min_value=-50, max_value=50),
    st.fractions(),
    st.builds(lambda e, s: Fraction(10) ** e * s, st.integers(-300, 300), st.sampled_from([1, -1, 7])),
    st.builds(Fraction, st.integers(-(10**120), 10**120), st.integers(1, 10**90)),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=9).map(Fraction),
)
exponents = st.one_of(st.fractions(min_value=-3, max_value=3, max_denominator=8), st.sampled_from(
    [Fraction(1, 2), Fraction(-1, 2), Fraction(-1), Fraction(-2), Fraction(3, 2), Fraction(-5, 8)]
))
leaves = st.one_of(
    rationals.map(exact),
    st.builds(lambda p, e: power(exact(p), e), st.sampled_from([2, 3, 5, 6, 10000, 999983, 10**15 + 37]), exponents),
    st.builds(lambda e: power(PI, e), exponents),
    st.sampled_from([2, 3, 10, 30]).map(lambda p: log(exact(p))),
    st.just(log(PI)),
)


def powers(inner: st.SearchStrategy[Exact]) -> st.SearchStrategy[Exact]:
    """Sums, differences, products, quotients, powers and logarithms of numbers."""
    return st.one_of(
        st.builds(lambda a, b: guarded(lambda: a + b), inner, inner),
        st.builds(lambda a, b: guarded(lambda: a - b), inner, inner),
        st.builds(lambda a, b: guarded(lambda: a * b), inner, inner),
        st.builds(lambda a, b: guarded(lambda: a / b), inner, inner),
        st.builds(lambda a, e: guarded(lambda: positive_power(a, exact(e))), inner, exponents),
        st.builds(lambda a: guarded(lambda: positive_log(a)), inner),
    )


numbers = st.recursive(leaves, powers, max_leaves=5)


def small(value: Exact) -> bool:
    """Whether the text fits into the bounds of one expression."""
    return len(value.terms) <= 12 and len(number_text(value)) < 400


@laws
@given(numbers)
def test_text_reads_back(value: Exact) -> None:
    """The text is an expression for exactly this number, no ^ in it, and so it is as a factor, negated and inverted."""
    assume(small(value))
    text, factor = number_text(value), factor_text(value)
    assert "^" not in text
    assert same(value, read(text))
    assert same(value * exact(3), read(f"3*{factor}"))
    assert same(-value, read(f"-({text})"))
    assert same(exact(5) - value, read(f"5 - {factor}"))


@laws
@given(numbers, numbers)
def test_angle_reads_back(first: Exact, second: Exact) -> None:
    """The text of an angle is an expression over its axes for the same frequencies and the same phase."""
    assume(small(first) and small(second))
    angle = Angle.of({"t": first, "h": second}, first)
    scope = Scope({axis: axis_angle(axis) for axis in ("t", "h")}, {})
    found = compiled(parse(angle_text(angle), ["t", "h"], [], index=False)).compute(scope)
    back = found if isinstance(found, Angle) else Angle((), found)  # type: ignore[arg-type]
    assert all(same(angle[axis], back[axis]) for axis in ("t", "h"))
    assert same(angle.phase, back.phase)


@laws
@given(numbers)
def test_about_is_the_number_s(value: Exact) -> None:
    """What stands behind 'about' is the value of the text before it, rounded to six digits, sign and all."""
    assume(small(value))
    shown = show_number(value)
    near = nearest(read(number_text(value)))
    if "about " not in shown or near is None:
        return
    about = float(shown.rpartition("about ")[2].rstrip(")"))
    assert math.isclose(about, near, rel_tol=6e-6)
    assert math.copysign(1, about) == (sign(value) or 1)


@laws
@given(numbers)
def test_json_has_text_and_value(value: Exact) -> None:
    """JSON has the same exact text, and the nearest float to within two units in the last place."""
    assume(small(value))
    found = number_json(value)
    assert same(value, read(found["exact"]))
    if found["value"] is not None:
        gap = guarded(lambda: value - exact(Fraction(found["value"])))
        assert abs(nearest(gap) or 0.0) <= 2 * math.ulp(found["value"])


TEXTS: dict[str, tuple[Exact, str]] = {
    "nothing": (ZERO, "0"),
    "whole": (exact(-7), "-7"),
    "decimal": (exact(Fraction(-1, 8)), "-0.125"),
    "fraction": (exact(Fraction(2, 3)), "2/3"),
    "more than forty digits": (exact(10**45 + 1), "100000*1e40 + 1"),
    "huge": (exact(10**300), "1e300"),
    "tiny": (exact(Fraction(-3, 10**90)), "-3/1e90"),
    "root": (power(exact(2), Fraction(1, 2)), "sqrt(2)"),
    "power of a base": (power(exact(500000), Fraction(-1, 64)), "500000**(-1/64)"),
    "two roots": (power(exact(10), Fraction(5, 8)) * exact(Fraction(37, 4000)), "37/4000*10**(5/8)"),
    "one over a sum": (ONE / (ONE + log(exact(2)) * exact(Fraction(3, 5))), "1/(1 + 3/5*log(2))"),
    "a third of it": (ONE / (exact(3) + log(exact(2)) * exact(3)), "1/3/(1 + log(2))"),
    "below a bar": (exact(Fraction(3, 5)) / PI, "3/(5*pi)"),
    "a negative first": (power(exact(2), Fraction(1, 2)) - ONE, "sqrt(2) - 1"),
    "all negative": (-PI - ONE, "-1 - pi"),
    "root of a sum": (power(ONE + PI, Fraction(-1, 2)), "1/sqrt(1 + pi)"),
    "square in a denominator": (power(ONE + PI, Fraction(-2)), "(1 + pi)**(-2)"),
    "logarithms": (log(exact(2)) / log(exact(3)), "log(2)/log(3)"),
}


@pytest.mark.parametrize(("value", "text"), TEXTS.values(), ids=TEXTS)
def test_texts(value: Exact, text: str) -> None:
    """Each number has the text that a person would write."""
    assert text == number_text(value)
    assert value == read(text)


def test_the_factor_of_a_magnitude() -> None:
    """1/(1 + 0.6 log 2) is 0.70627, and 1/(1 + log 2) is 0.5906161; the magnitude itself is 1.41589."""
    size = ONE + log(exact(2)) * exact(Fraction(3, 5))
    found = ratio_json(ONE, size)
    assert {"exact": "1/(1 + 3/5*log(2))", "value": pytest.approx(0.7062703, rel=1e-6)} == found
    assert "1/(1 + 3/5*log(2)) (about 0.70627)" == told(found)
    assert pytest.approx(0.5906161, rel=1e-7) == ratio_json(ONE, ONE + log(exact(2)))["value"]


def test_a_sum_is_a_factor_in_parentheses() -> None:
    """An angle with a sum for its frequency keeps the sum together."""
    angle = Angle.of({"p": power(exact(2), Fraction(1, 2)) - ONE, "q": exact(Fraction(1, 2))}, PI)
    assert "p * (sqrt(2) - 1) (about 0.414214) + q * 0.5 + pi (about 3.14159)" == show_angle(angle)
    assert "p*(sqrt(2) - 1) + q*0.5 + pi" == angle_text(angle)
    assert {"exact": "pi", "value": math.pi} == angle_json(angle)["phase"]


def test_cancellation_leaves_right_digits() -> None:
    """Eighty digits of the square root of 2 and the root itself cancel: what is left is shown right."""
    with localcontext() as context:
        context.prec = 100
        root = Decimal(2).sqrt()
        cut = root.quantize(Decimal(1).scaleb(-80))
        left = float(root - cut)
    value = power(exact(2), Fraction(1, 2)) - exact(Fraction(cut))
    assert math.isclose(left, nearest(value) or 0.0, rel_tol=1e-15)
    assert show_number(value).endswith(f"about {left:.6g}")


def test_out_of_the_range_of_floats() -> None:
    """A number that no float comes near has no float, and JSON stays JSON."""
    assert [None, None] == [number_json(exact(Fraction(10) ** e))["value"] for e in (400, -400)]
