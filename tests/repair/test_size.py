"""By how much two layouts differ: golden cases, brute force with mpmath and NumPy, and what is refused.

The golden numbers come from formulas worked out here with mpmath at 50 digits (DeepSeek's YaRN, a base raised by alpha,
YaRN's mscale), not from the package.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import ceil, floor, log, mp, mpf, pi

from conftest import free_claim, prove_specs
from prover.api.arguments import DEFAULT_POSITIONS as API_POSITIONS
from prover.claims.claim import Claim
from prover.claims.relation import Outcome
from prover.errors import InputError
from prover.exact.angle import Angle
from prover.exact.number import PI, Exact, exact, power
from prover.layouts.layout import Layout, Pair, build_layout
from prover.layouts.loading import load
from prover.repair.held import Held
from prover.repair.interval import Interval, float32_step, rounded
from prover.repair.size import DEFAULT_POSITIONS, Size, size_of
from prover.reports.size_report import size_json
from prover.verdicts.as_stored import prove_loaded

mp.dps = 50
DEEPSEEK = "vllm/deepseek-v4:head_size=512:rotary_dim=64:base=10000"
YARN = f"{DEEPSEEK}:rope_type=deepseek_yarn:factor=16:original_max_position_embeddings=65536"
HALF = "transformers/half:head_dim=128"
ALPHA = f"{HALF}:rope_type=ntk_alpha:alpha=1000:rope_theta=10000"
SETTINGS = settings(max_examples=60, derandomize=True, deadline=None)


def _size(source: str, target: str, positions: int = DEFAULT_POSITIONS, *feeds: str) -> Size:
    found = size_of(prove_specs(source, target, feeds), positions)
    assert found is not None
    return found


def _encloses(bounds: Interval, value: object) -> bool:
    """Whether short bounds lie around a number of mpmath, and near it."""
    low, high = (mpf(end.numerator) / end.denominator for end in (bounds.lower, bounds.upper))
    return bool(low <= value <= high and high - low <= abs(value) * mpf(10) ** -5)


def _yarn_differences() -> list[object]:
    """omega_j minus omega_j as YaRN has it: factor 16, beta_fast 32, beta_slow 1, 65536 trained, 64 lanes."""

    def place(turns: int) -> object:
        return 64 * log(mpf(65536) / (turns * 2 * pi)) / (2 * log(mpf(10000)))

    low, high = floor(place(32)), ceil(place(1))
    found = []
    for j in range(32):
        ramp = min(max((mpf(j) - low) / (high - low), mpf(0)), mpf(1))
        omega = mpf(10000) ** (-mpf(2 * j) / 64)
        found.append(omega - (omega / 16 * ramp + omega * (1 - ramp)))
    return found


def test_deepseek_yarn_within_a_window() -> None:
    """Compressed layers with YaRN against layers without: 2.116 degrees within a window of 128, in pair 23."""
    steps = _yarn_differences()
    most = max(steps)
    found = _size(DEEPSEEK, YARN, 128)
    assert found.angle is not None
    place = found.angle.place
    assert (Held.LANES, 11, steps.index(most), (("p", 128),)) == (
        found.held, found.pairs, place.source_pair, place.distance)
    assert (True, True, "2.116") == (
        _encloses(found.angle.radians, 128 * most), _encloses(found.angle.degrees, 128 * most * 180 / pi),
        f"{float(found.angle.degrees.upper):.3f}",
    )
    least = [int(floor(each / most)) + 1 for each in (mpf(1) / 1000, mpf(1) / 10, mpf(1))]
    assert [least[0], None, None] == [each for _, each in found.angle.exceeds]
    assert least == [each for _, each in _size(DEEPSEEK, YARN, 10**6).angle.exceeds]  # type: ignore[union-attr]


@pytest.mark.parametrize("source", [ALPHA, "vllm/rope:head_size=128:rope_type=dynamic_alpha:alpha=1000:base=10000"])
def test_base_written_with_fewer_digits(source: str) -> None:
    """Alpha 1000 raises base 10000 to 11158839.9: against the base 11158840 at most 4e-5 rad up to 262144."""
    base = mpf(10000) * mpf(1000) ** (mpf(128) / 126)
    steps = [abs(base ** (-mpf(2 * j) / 128) - mpf(11158840) ** (-mpf(2 * j) / 128)) for j in range(64)]
    found = _size(f"{HALF}:rope_theta=11158840", source, 262144)
    assert found.angle is not None
    assert (True, 4, True, False) == (
        _encloses(found.angle.radians, 262144 * max(steps)), found.angle.place.source_pair,
        found.angle.below_float32, found.angle.half_turn,
    )
    assert found.angle.radians.upper <= Fraction(4, 10**5)
    assert [None, None, None] == [least for _, least in found.angle.exceeds]


def test_only_the_magnitude_differs() -> None:
    """YaRN's mscale divided by itself against plain YaRN: scores differ by (1 + log(16) / 10)**2 = 1.6313902."""
    yarn = "rope_type=yarn:factor=16:original_max_position_embeddings=16384"
    found = _size(f"transformers/half:{yarn}:rope_theta=1e6:mscale=1:mscale_all_dim=1", f"vllm/rope:base=1e6:{yarn}")
    ratio = (1 + log(mpf(16)) / 10) ** 2
    assert (None, 1, 64) == (found.angle, len(found.score_ratios), found.pairs)
    assert found.score is not None
    assert (True, True, "1.6313902") == (
        _encloses(found.score_ratios[0].bounds, ratio), _encloses(found.score.bounds, ratio - 1),
        f"{float(found.score_ratios[0].bounds.upper):.7f}",
    )


def test_ratios_of_frequencies() -> None:
    """Linear scaling by 4 leaves the ratio 4 at both ends; pair 0 turns by 1 and pair 3 by 1/1000."""
    found = _size("transformers/half:head_dim=8", "transformers/half:head_dim=8:rope_type=linear:factor=4", 3)
    assert [(3, True), (0, True)] == [
        (ratio.place.source_pair, _encloses(ratio.bounds, mpf(4))) for ratio in found.frequency_ratios
    ]


def _layout(*pairs: tuple[int, int, dict[str, Exact], Exact], width: int = 8, axes: tuple[str, ...] = ("t",)) -> Layout:
    made = tuple(Pair((a, b), (a, b), Angle.of(turn), None, size) for a, b, turn, size in pairs)
    return build_layout("made", width, axes, "integer", made)


def _rational(*steps: Fraction | int) -> Layout:
    return _layout(*((2 * i, 2 * i + 1, {"t": exact(Fraction(step))}, exact(1)) for i, step in enumerate(steps)))


def test_thresholds_are_exceeded_not_reached() -> None:
    """A difference of 1/1000 per step is more than 1/1000 from 2 on, more than 1/10 from 101, more than 1 from 1001."""
    claim = free_claim(_rational(1, 2), _rational(1, Fraction(2001, 1000)))
    cases = {1: [None] * 3, 2: [2, None, None], 101: [2, 101, None], 1000: [2, 101, None], 1001: [2, 101, 1001]}
    for positions, wanted in cases.items():
        found = size_of(claim, positions)
        assert found is not None
        assert found.angle is not None
        assert wanted == [least for _, least in found.angle.exceeds]


def test_whole_turns_do_not_count() -> None:
    """At whole positions 9/10 pi and -9/10 pi per step differ by a fifth of pi, not by 9/5 pi."""
    source, target = (_layout((0, 1, {"t": PI * exact(Fraction(step, 10))}, exact(1)), (
        2, 3, {"t": exact(Fraction(abs(step), 9))}, exact(1))) for step in (9, -9))
    target = replace(target, pairs=(target.pairs[0], replace(target.pairs[1], angle=Angle.of({"t": exact(2)}))))
    source = replace(source, pairs=(source.pairs[0], replace(source.pairs[1], angle=Angle.of({"t": exact(
        Fraction(19, 10))}))))
    found = size_of(free_claim(source, target), 1)
    assert found is not None
    assert found.angle is not None
    assert (0, True) == (found.angle.place.source_pair, _encloses(found.angle.radians, pi / 5))


def test_pairs_that_turn_on_one_side() -> None:
    """A pair that the other side passes is held against frequency 0."""
    found = size_of(free_claim(_rational(1, Fraction(1, 4)), _rational(1)), 2)
    assert found is not None
    assert found.angle is not None
    assert (Held.LANES, 1, None, Fraction(1, 2)) == (
        found.held, found.angle.place.source_pair, found.angle.place.target_pair, found.angle.radians.upper)


def test_regrouped_pairs() -> None:
    """Where lanes do not agree pairs of equal frequency meet first, the rest by index, either way round."""
    source = _layout(*((2 * i, 2 * i + 1, {"t": exact(step)}, exact(1)) for i, step in enumerate((1, 2, 3))))
    target = _layout(*((i, i + 4, {"t": exact(step)}, exact(1)) for i, step in enumerate((3, -1, Fraction(-9, 4)))))
    found = size_of(free_claim(source, target), 1)
    assert found is not None
    assert found.angle is not None
    assert (Held.REGROUPED, 1, 1, 2, Fraction(1, 4)) == (
        found.held, found.pairs, found.angle.place.source_pair, found.angle.place.target_pair,
        found.angle.radians.upper,
    )


def test_corner_of_several_coordinates() -> None:
    """IMROPE against MROPE: pair 1 turns with h and with t, so it is farthest where these go apart."""
    found = _size("ggml/imrope:n_rot=64:sections=11,11,10,0", "ggml/mrope:n_rot=64:sections=11,11,10,0", 100)
    assert found.angle is not None
    assert ((("t", 100), ("h", -100), ("w", 0), ("e", 0)), True) == (
        found.angle.place.distance, _encloses(found.angle.radians, 200 * mpf(10000) ** (-mpf(1) / 32)))


@st.composite
def _sides(draw: st.DrawFn, axes: tuple[str, ...]) -> tuple[Layout, Layout]:
    """Two layouts of up to three pairs on lanes that agree; turns, magnitudes and directions differ."""
    count = draw(st.integers(1, 3))
    sides = []
    for _ in range(2):
        pairs = []
        for index in range(count):
            if draw(st.integers(0, 5)) == 0:
                continue  # passes
            turn = {}
            for axis in axes:
                if draw(st.booleans()):
                    step = power(exact(draw(st.sampled_from((10, 500, 10000)))), Fraction(-draw(st.integers(0, 9)), 8))
                else:
                    step = exact(Fraction(draw(st.integers(-60, 60)), draw(st.integers(1, 40))))
                turn[axis] = step
            lanes = (2 * index, 2 * index + 1)[:: draw(st.sampled_from((1, -1)))]
            size = exact(Fraction(draw(st.sampled_from((1, 1, 1, 2))), draw(st.sampled_from((1, 1, 3)))))
            pairs.append((*lanes, turn, size))
        sides.append(_layout(*pairs, width=2 * count, axes=axes))
    return sides[0], sides[1]


def _scores(layout: Layout, distance: dict[str, int]) -> np.ndarray:
    """K(0).T @ K(n) in float64."""
    found = np.eye(layout.width)
    for pair in layout.pairs:
        (a, b), size = pair.read, float(_number(pair.magnitude)) ** 2
        angle = float(sum((_number(pair.angle[axis]) * n for axis, n in distance.items()), mpf(0)))
        found[np.ix_((a, b), (a, b))] = size * np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return found


def _number(value: Exact) -> object:
    """A sum of rationals times roots of whole numbers, with mpmath."""
    total = mpf(0)
    for monomial, coefficient in value.terms:
        term = mpf(coefficient.numerator) / coefficient.denominator
        for atom, exponent in monomial:
            term *= mpf(atom.argument) ** (mpf(exponent.numerator) / exponent.denominator)
        total += term
    return total


def _measured(claim: Claim, positions: int) -> float:
    """The largest norm of the difference of scores over all distances."""
    axes = claim.source.axes
    steps = product(range(-positions, positions + 1), repeat=len(axes))
    places = [dict(zip(axes, step, strict=True)) for step in steps]
    rows = [_scores(claim.source, at) - _scores(claim.target, at) for at in places]
    return max(float(np.linalg.norm(row, 2)) for row in rows)


@SETTINGS
@given(_sides(("t",)), st.integers(1, 40))
def test_scores_by_brute_force(sides: tuple[Layout, Layout], positions: int) -> None:
    """No score that NumPy finds is above the upper bound, and the largest of them is the lower bound."""
    claim = free_claim(*sides)
    found = size_of(claim, positions)
    if found is None or found.score is None or found.held is not Held.LANES:
        return
    most = _measured(claim, positions)
    low, high = float(found.score.bounds.lower), float(found.score.bounds.upper)
    assert (True, True) == (most <= high + 1e-9, abs(most - low) <= 2e-5 * most + 1e-9)


@SETTINGS
@given(_sides(("t", "h")), st.integers(1, 4))
def test_scores_of_two_coordinates_by_brute_force(sides: tuple[Layout, Layout], positions: int) -> None:
    """The bounds lie around what NumPy finds; at the place that is told the score differs by the lower bound."""
    claim = free_claim(*sides)
    found = size_of(claim, positions)
    if found is None or found.score is None or found.held is not Held.LANES:
        return
    most = _measured(claim, positions)
    at = dict(found.score.place.distance)
    there = float(np.linalg.norm(_scores(claim.source, at) - _scores(claim.target, at), 2))
    low, high = float(found.score.bounds.lower), float(found.score.bounds.upper)
    assert (True, True, True) == (most <= high + 1e-9, low <= there + 1e-9, low >= most / 3)


def test_no_rotation() -> None:
    """A pair with two angles has no one angle to compare: said in words, not guessed."""
    twisted = build_layout("twisted", 8, ("t",), "integer", (
        Pair((0, 1), (0, 1), Angle.of({"t": exact(1)}), Angle.of({"t": exact(2)})),))
    found = size_of(free_claim(twisted, _rational(1)), 10)
    assert found is not None
    assert (None, None, "the source is no rotation (pair 0), so one angle does not tell it") == (
        found.angle, found.score, found.reason)


@pytest.mark.parametrize("target", ["ggml/neox:head_dim=8", "ggml/normal:head_dim=8"])
def test_nothing_to_tell(target: str) -> None:
    """What is equal, or equal once rows are moved, differs by nothing."""
    assert size_of(prove_specs("ggml/neox:head_dim=8", target)) is None


@pytest.mark.parametrize("positions", [0, -1, 10**12 + 1, 10**30, True, 1.5, "10"])
def test_positions_refused(positions: object) -> None:
    """A distance is a whole number from 1 to 10**12."""
    with pytest.raises(InputError, match="expected a whole number from 1 to 1000000000000, got"):
        size_of(free_claim(_rational(1), _rational(2)), positions)  # type: ignore[arg-type]


def test_largest_positions() -> None:
    """At distance 10**12 the bounds are as short: base 10000 against 10001 in 8 lanes."""
    found = _size("ggml/neox:head_dim=8", "ggml/neox:head_dim=8:base=10001", 10**12)
    assert found.angle is not None
    steps = [mpf(10000) ** (-mpf(j) / 4) - mpf(10001) ** (-mpf(j) / 4) for j in range(4)]
    assert _encloses(found.angle.radians, 10**12 * max(steps))


def test_one_default() -> None:
    """The default of the API is that of the room that answers."""
    assert DEFAULT_POSITIONS == API_POSITIONS


@settings(max_examples=300, derandomize=True)
@given(st.floats(2**-149, 2.0**100, width=32))
def test_float32_step(value: float) -> None:
    """The step at a number is NumPy's spacing, and the same just above it."""
    wanted = Fraction(float(np.spacing(np.float32(value))))
    above = Fraction(value) + wanted / 3
    assert (wanted, wanted) == (float32_step(Fraction(value)), float32_step(above))


@settings(max_examples=200, derandomize=True)
@given(st.fractions(), st.fractions(0, 1))
def test_rounded_outward(value: Fraction, width: Fraction) -> None:
    """Short ends lie around the long ones, within five digits of them."""
    found = rounded((value, value + width))
    assert found.lower <= value <= value + width <= found.upper
    assert value - found.lower <= abs(value) / 10**5
    assert found.upper - value - width <= abs(value + width) / 10**5


ODD = ["1e400", "1e-400", "1e300", "1e-300", "2e-300", "1e39", "1", "1/3", "f32(16777216)"]


@pytest.mark.parametrize("magnitude", ["1", "2"])
def test_numbers_that_no_float_holds(magnitude: str) -> None:
    """Frequencies far beyond floats have a size and a text like others, or the reason why there is none."""
    for one, other in permutations(ODD, 2):
        specs = f"frequencies={one},1", f"frequencies={other},1:magnitude={magnitude}"
        source, target = (load(f"generic/table:{spec}") for spec in specs)
        verdict = prove_loaded(source, target)
        for positions in (1, 10**12):
            size = size_of(verdict, positions)
            if size is None:
                assert verdict.outcome is Outcome.UNDECIDED
                continue
            told = size.score is not None and size.score.bounds.lower <= size.score.bounds.upper <= 5
            assert told or size.reason == "it was not worked out: an exact number has more than 1600 bits"
            assert size_json(verdict.claim, size)
