"""Random stored numbers: a verdict as stored is found exactly where NumPy rounds what is meant to what is stored."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prover import checker
from prover.claims.relation import Relation
from prover.layouts.loading import load
from prover.verdicts.as_stored import prove_loaded

many = settings(derandomize=True, deadline=None, max_examples=60)
LEAST, MOST = 16 * 1024, 28 * 1024  # places of float16 from 2 to 8192


def number(place: int) -> Fraction:
    return Fraction(float(np.uint16(place).view(np.float16)))


def rounded(value: Fraction) -> int:
    """The place of the float16 that NumPy rounds a number to, which a float64 has."""
    assert Fraction(float(value)) == value
    return int(np.float16(float(value)).view(np.uint16))


def near(place: int, steps: Fraction) -> Fraction:
    """The number some steps from a float16 on; steps are those above it."""
    return number(place) + steps * (number(place + 1) - number(place))


steps = st.integers(-16, 16).map(lambda n: Fraction(n, 8))


@many
@given(st.integers(LEAST, MOST), steps, st.integers(0, 2), st.sampled_from(["neox", "normal"]))
def test_a_base(place: int, away: Fraction, ulps: int, pairing: str) -> None:
    """A base makes two layouts equal as stored exactly if it rounds to the stored one, or at most N places off it."""
    meant = near(place, away)
    source = f"ggml/{pairing}:head_dim=6:base=f16({number(place)})"
    found = prove_loaded(load(source), load(f"ggml/neox:head_dim=6:base={meant}"), (), Relation.PERMUTATION, None, ulps)
    expected = abs(rounded(meant) - place) <= ulps
    assert ("equivalent" if expected else "different") == found.outcome.value
    assert found.certificate is not None
    holds, fails = checker.check(found.certificate)
    assert (expected, not expected) == (holds is not None, holds is None and fails is not None)


@many
@given(
    st.integers(LEAST, LEAST + 2048), st.integers(LEAST + 4096, MOST), steps, steps, st.integers(0, 1),
    st.sampled_from(["neox", "normal"]), st.booleans(),
)
def test_factors(
    one: int, other: int, away: Fraction, off: Fraction, ulps: int, pairing: str, is_target: bool
) -> None:
    """Two factors make two layouts equal as stored exactly if each rounds as it should, whichever side they are on."""
    meant = near(one, away), near(other, off)
    stored = f"ggml/{pairing}:head_dim=4:base=4:freq_factors=f16([{number(one)},{number(other)}])"
    exact = f"ggml/neox:head_dim=4:base=4:freq_factors=[{meant[0]},{meant[1]}]"
    pair = (exact, stored) if is_target else (stored, exact)
    found = prove_loaded(*map(load, pair), (), Relation.PERMUTATION, None, ulps)
    expected = abs(rounded(meant[0]) - one) <= ulps and abs(rounded(meant[1]) - other) <= ulps
    assert ("equivalent" if expected else "different") == found.outcome.value


@many
@given(st.integers(LEAST, MOST), st.integers(-4, 4), st.integers(0, 1))
def test_both_sides(place: int, apart: int, ulps: int) -> None:
    """A base that both sides store, in two formats, is one number where what rounds to the two overlaps.

    The float32 is some quarters of a float16's step off the float16.
    """
    wide = near(place, Fraction(apart, 4))
    source, target = f"ggml/neox:head_dim=4:base=f16({number(place)})", f"ggml/neox:head_dim=4:base=f32({wide})"
    found = prove_loaded(load(source), load(target), (), Relation.IDENTICAL, None, ulps)
    inside = abs(rounded(wide) - place) <= ulps
    low, high, _ = checker._stored(f"{{float16:{number(place)}:{ulps}:x}}")
    if inside:
        assert "equivalent" == found.outcome.value
    elif wide not in (low, high):  # at an end the two overlap, but in no number that either stores
        assert "different" == found.outcome.value
