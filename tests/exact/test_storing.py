"""Formats of stored numbers against NumPy's rounding, and against the checker's own rule."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover import checker
from prover.exact.storing import FORMATS, Format, StoredNumber
from prover.layouts.spec import parse_stored

BY_NAME = {form.name: form for form in FORMATS}
NUMPY = {"float16": np.float16, "float32": np.float32, "float64": np.float64}
many = settings(derandomize=True, deadline=None, max_examples=200)


@many
@given(st.floats(2.0**-30, 2.0**14), st.sampled_from(sorted(NUMPY)))
def test_nearest_is_what_numpy_rounds_to(value: float, name: str) -> None:
    """The nearest number of a format is the one that NumPy rounds a float64 to."""
    assert Fraction(float(NUMPY[name](value))) == BY_NAME[name].nearest(Fraction(value))
    assert -Fraction(float(NUMPY[name](value))) == BY_NAME[name].nearest(-Fraction(value))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_places_count_the_numbers(form: Format) -> None:
    """A number's place gives the number back, also at the ends of binades, the least and the largest."""
    edges = [1, 2, (1 << form.bits - 1) - 1, 1 << form.bits - 1, (1 << form.bits) - 1, 1 << form.bits, form.last]
    assert edges == [form.place(form.number(place)) for place in edges]
    assert form.place(form.number(form.last + 1)) is None
    assert form.place((form.number(1 << form.bits) + form.number((1 << form.bits) + 1)) / 2) is None
    assert form.place(Fraction(1, 3)) is None


def test_the_largest_numbers_are_those_of_numpy() -> None:
    """The last place and the first are the largest and the least number that NumPy has."""
    for name, kind in NUMPY.items():
        form, info = BY_NAME[name], np.finfo(kind)
        assert Fraction(float(info.max)) == form.number(form.last)
        assert Fraction(float(info.smallest_subnormal)) == form.number(1)


@many
@given(st.floats(2.0**-30, 2.0**30, width=32))
def test_a_spec_reads_what_is_written(value: float) -> None:
    """A float32 written for a spec is read as the same number in the same format."""
    form = BY_NAME["float32"]
    assert (Fraction(value), (form,)) == parse_stored(form.written(Fraction(value)))


@many
@given(st.sampled_from(FORMATS), st.integers(1, 10**12), st.integers(0, 3))
def test_the_checker_has_the_same_rule(form: Format, seed: int, ulps: int) -> None:
    """The search and the checker, each with arithmetic of its own, give a stored number the same ends."""
    number = StoredNumber("source.base", form, form.number(seed % form.last + 1), ulps)
    if number.is_open:
        assert (*number.ends, number.has_ends) == checker._stored(number.text)
    else:
        with pytest.raises(checker.Rejected):
            checker._stored(number.text)
