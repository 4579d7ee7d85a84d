"""A number times its inverse is 1, whatever it is made of, and an exact zero is seen as one."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from prover.errors import ExpressionError, LimitError
from prover.exact.enclosure import compare, floor, sign
from prover.exact.number import ONE, PI, ZERO, Exact, exact, log, power, vanishes
from prover.language.evaluation import Scope, compiled, number
from prover.language.expression import parse
from prover.layouts.loading import load

small = st.integers(-9, 9).map(exact)
logs = st.sampled_from([2, 3, 5, 7]).map(lambda p: log(exact(p)))
roots = st.sampled_from([2, 3]).map(lambda p: power(exact(p), exact(1).rational / 2))  # type: ignore[operator]
irrationals = st.one_of(logs, roots, st.just(PI))
sums = st.builds(lambda a, b, c, d: a * b + c * d, small, logs, small, irrationals)
quotients = st.builds(
    lambda a, b, c: a / b + c if b else a, sums, st.builds(lambda a, b: a + b, small, irrationals), small
)


@settings(max_examples=60, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(quotients, st.one_of(roots, logs, small))
def test_a_number_times_its_inverse_is_one(value: Exact, factor: Exact) -> None:
    """x * x**-1 is 1 in the normal form, with another factor that factor, and less the same product nothing."""
    assume(value)
    try:
        inverse = power(value, exact(-1).rational)  # type: ignore[arg-type]
        assert ONE == value * inverse
        assert factor == factor * value * inverse
        assert ZERO == value * inverse - ONE
        assert (ONE, ONE) == (value / value, inverse * value)
    except LimitError:
        assume(False)


def evaluated(text: str) -> Exact:
    """The exact value of an expression without names."""
    return number(compiled(parse(text, [], [], index=False)).compute(Scope({}, {})))


def test_an_atom_occurs_once_in_a_term() -> None:
    """A sum of roots of one sum is a power of that sum: log 6 to the -3/2, by whichever way."""
    whole = log(exact(6))
    root = power(whole, exact(1).rational / 2)  # type: ignore[operator]
    mixed = log(exact(2)) * root + log(exact(3)) * root
    expected = power(whole, exact(-3).rational / 2)  # type: ignore[operator]
    assert expected == power(mixed, exact(-1).rational)  # type: ignore[arg-type]


LOW = "(log(2)/log(3) + log(131072/(64*pi))/(2*log(10000))*64)"
ONES = {
    "min": f"min(1, (31 - {LOW})*(31 - {LOW})**(-1))",
    "max": f"max((31 - {LOW})*(31 - {LOW})**(-1), 1)",
    "floor": f"floor((31 - {LOW})*(31 - {LOW})**(-1))",
    "ceil": f"ceil((31 - {LOW})/(31 - {LOW}))",
    "comparison": f"1 if (31 - {LOW})*(31 - {LOW})**(-1) == 1 else 2",
    "at most": f"1 if (31 - {LOW})*(31 - {LOW})**(-1) <= 1 else 2",
    "remainder": f"1 + (31 - {LOW})*(31 - {LOW})**(-1) % 1",
    "partial fractions": "1 + min(0, 1/(log(2)*(log(2) + 1)) - 1/log(2) + 1/(log(2) + 1))",
    "two sums": "floor(2 + 1/((1 + log(2))*(2 + log(2))) - 1/(1 + log(2)) + 1/(2 + log(2))) - 1",
    "roots": "1/(sqrt(3) - sqrt(2))*(sqrt(3) - sqrt(2))",
    "equal numbers": f"min({LOW}, {LOW})/{LOW}",
}


@pytest.mark.parametrize("text", ONES.values(), ids=ONES)
def test_exact_ones(text: str) -> None:
    """Each text is exactly 1, and no precision is asked for what no precision can show."""
    assert ONE == evaluated(text)


def test_what_is_nearly_zero_is_not_zero() -> None:
    """Negative control: a part in 10**300 is neither taken for nothing nor for its whole part."""
    near = evaluated(f"(31 - {LOW})*(31 - {LOW} + 1e-300)**(-1)")
    assert (-1, -1) == (compare(near, ONE), sign(near - ONE))
    assert (ZERO, False) == (floor(near), vanishes(near - ONE))
    with pytest.raises(ExpressionError):
        evaluated(f"1/((31 - {LOW})*(31 - {LOW})**(-1) - 1)")


def litgpt(head: int, original: int, j: int) -> float:
    """LitGPT's YaRN without truncation, base 10000, factor 8, beta_fast 32, beta_slow 1, in floats."""
    ends = [head * math.log(original / (beta * 2 * math.pi)) / (2 * math.log(10000)) for beta in (32, 1)]
    low, high = max(ends[0], 0), min(ends[1], head // 2 - 1)
    ramp = min(1.0, max(0.0, (j - low) / (high - low)))
    plain = 10000 ** (-2 * j / head)
    return ramp * plain + (1 - ramp) * plain / 8


@pytest.mark.parametrize("original", [65536, 131072, 262144])
@pytest.mark.parametrize("head", [64, 128])
def test_the_last_pair_of_a_ramp_that_ends_there(head: int, original: int) -> None:
    """A ramp cut at the last pair is (31 - low)/(31 - low) there: the layout expands, with the formula's values."""
    spec = f"litgpt/rope:head_size={head}:rotary_percentage=1:rope_adjustments=yarn:factor=8"
    layout = load(f"{spec}:original_max_seq_len={original}:truncate=0").layout
    assert exact(1) == layout.pairs[0].angle["p"] * exact(8)
    assert power(exact(10000), exact(-(head - 2)).rational / head) == layout.pairs[-1].angle["p"]  # type: ignore[operator]
    for j in (head // 4, head // 2 - 2, head // 2 - 1):
        from prover.exact.display import nearest

        assert nearest(layout.pairs[j].angle["p"]) == pytest.approx(litgpt(head, original, j), rel=1e-12)
