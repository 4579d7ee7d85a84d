"""`proofs/coq/Yarn.v`: where its conditions say that rounded ends change nothing, against ramps worked out apart.

The conditions are written out here from that file; the ramps are those of transformers' formula, in rational numbers
for ends that are given, in 60 digits for ends with logarithms, and the verdicts are those of the concrete engine.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from mpmath import mp, mpf

from prover.claims.claim import make_claim
from prover.layouts.loading import load
from prover.verdicts.verdict import prove

Number = Fraction | mpf
TINY = mpf(10) ** -40


def clamped(value: Number) -> Number:
    return min(type(value)(1), max(type(value)(0), value))


def ramp(low: Number, high: Number, j: int) -> Number:
    """As transformers has it, with a thousandth where both ends are one."""
    length = high - low if low != high else type(low)(1) / 1000
    return clamped((j - low) / length)


def between(low: int, high: int, pairs: int) -> bool:
    """`no_pair_between`, the other way round."""
    return pairs > low + 1 and high > low + 1


def agree(low: Fraction, high: Fraction, pairs: int) -> bool:
    """`ramps_agree_exactly`, and `ramps_agree_in_one_place` where both ends are one."""
    first, last = math.floor(low), math.ceil(high)
    if low == high:
        return low == first or pairs <= first + 1 or first + 1 - low >= Fraction(1, 1000)
    return (
        (low, high) == (first, last) or not between(first, last, pairs)
        or (first + 2 in (pairs, last) and (first + 1 - low) * (last - first) == high - low)
    )


ENDS = sorted({
    *(Fraction(n, d) for d in (1, 2, 3, 4) for n in range(4 * d + 1)),
    *(Fraction(n) - Fraction(1, k) for n in (1, 2, 3) for k in (999, 1000, 1001)),
})


def test_ramps_agree_exactly_where_coq_says() -> None:
    """Every two ends of a grid in order, in one place among them, and every number of pairs from none on."""
    seen = set()
    for low, high in product(ENDS, ENDS):
        if low <= high:
            for pairs in range(7):
                found = all(
                    ramp(low, high, j) == ramp(Fraction(math.floor(low)), Fraction(math.ceil(high)), j)
                    for j in range(pairs)
                )
                assert found == agree(low, high, pairs), (low, high, pairs)
                seen.add((found, low == high, pairs))
    assert {(True, True, 6), (False, True, 6), (True, False, 6), (False, False, 6), (True, False, 0)} <= seen


def test_ends_may_move_and_change_nothing() -> None:
    """From 1/2 to 3/2, rounded 0 to 2: at pair 1 both ramps are half way up."""
    assert [0, Fraction(1, 2), 1] == [ramp(Fraction(1, 2), Fraction(3, 2), j) for j in range(3)]
    assert [0, Fraction(1, 2), 1] == [ramp(Fraction(0), Fraction(2), j) for j in range(3)]


def ends(n: int, base: int, length: Fraction, fast: Fraction, slow: Fraction) -> tuple[mpf, mpf]:
    """`turns_at` of both betas."""
    turns = [mpf((length / beta).numerator) / (length / beta).denominator / (2 * mp.pi) for beta in (fast, slow)]
    found = [n * mp.log(each) / (2 * mp.log(base)) for each in turns]
    return found[0], found[1]


def unchanged(n: int, fast_end: mpf, slow_end: mpf) -> bool:
    """`truncate_exactly_of_rationals`, but for the factor."""
    low, high = max(int(mp.floor(fast_end)), 0), min(int(mp.ceil(slow_end)), n - 1)
    return (fast_end <= 0 and slow_end >= n - 1) or not between(low, high, n // 2)


GRID = list(product(
    (2, 4, 6, 8, 16, 32), (2, 3, 100, 10000), map(Fraction, (1, 7, 40, 500, 10**5)),
    [tuple(map(Fraction, betas)) for betas in ((32, 1), (2, 1), ("1/2", "1/4"), (1, "9/10"))],
))


def test_ends_with_logarithms() -> None:
    """Where the clipped ends are in order, rounding changes no pair exactly where Coq says."""
    seen = {True: 0, False: 0}
    with mp.workdps(60):
        for n, base, length, (fast, slow) in GRID:
            fast_end, slow_end = ends(n, base, length, fast, slow)
            low, high = max(fast_end, mpf(0)), min(slow_end, mpf(n - 1))
            if low >= high:
                continue
            rounded = mpf(max(mp.floor(fast_end), 0)), mpf(min(mp.ceil(slow_end), n - 1))
            apart = [abs(ramp(low, high, j) - ramp(*rounded, j)) for j in range(n // 2)]
            assert all(each == 0 or each > TINY for each in apart)
            same = not any(apart)
            assert same == unchanged(n, fast_end, slow_end), (n, base, length, fast, slow)
            seen[same] += 1
    assert min(seen.values()) > 30


@pytest.mark.parametrize(("n", "base", "length", "betas"), [
    (2, 10000, 4096, (32, 1)), (4, 10000, 4096, (32, 1)), (8, 10000, 4096, (32, 1)), (8, 10000, 40, (32, 1)),
    (8, 3, 500, (32, 1)), (8, 10000, 7, (2, 1)), (16, 100, 500, (32, 1)),
])
@pytest.mark.parametrize("factor", [1, 2, Fraction(9, 8)])
def test_the_engine_says_the_same(n: int, base: int, length: int, betas: tuple[int, int], factor: Fraction) -> None:
    """Identical where the factor is 1 or nothing changes; elsewhere nothing linear helps."""
    spec = (f"transformers/half:rope_type=yarn:head_dim={n}:rope_theta={base}:factor={factor}:beta_fast={betas[0]}:"
            f"beta_slow={betas[1]}:original_max_position_embeddings={length}")
    verdict = prove(make_claim(load(f"{spec}:truncate=false"), load(f"{spec}:truncate=true"), []))
    with mp.workdps(60):
        fast_end, slow_end = ends(n, base, Fraction(length), *map(Fraction, betas))
        assert max(fast_end, mpf(0)) < min(slow_end, mpf(n - 1))
        expected = factor == 1 or unchanged(n, fast_end, slow_end)
    assert ("identical" if expected else None) == (verdict.holds and verdict.holds.value)
    assert expected or (verdict.fails is not None and verdict.fails.value == "linear")
