"""Pairs of general form: their verdicts beside NumPy matrices written apart, and the kernel that started it.

y_c = s (x_a cos alpha - x_b sin beta), y_d = s (x_a sin gamma + x_b cos delta).
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from conftest import free_claim
from prover.claims.claim import make_claim
from prover.claims.decide import decide
from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.errors import InputError
from prover.exact.angle import Angle
from prover.exact.number import PI, Exact, exact
from prover.kernels.kernel import to_float
from prover.layouts.layout import Layout, Pair, build_layout
from prover.layouts.loading import load
from prover.reports.snippet import write_snippet
from prover.verdicts.verdict import prove
from sampling import few

Matrix = npt.NDArray[np.float64]
HALF = exact(Fraction(1, 2))
FREQUENCIES: tuple[Exact, ...] = (exact(0), exact(1), exact(-1), HALF, PI)
PHASES: tuple[Exact, ...] = (exact(0), exact(0), exact(0), PI, PI * HALF, -PI * HALF)
POSITIONS = range(7)
BELOW = {"identical": None, "equal-scores": "identical", "permutation": "equal-scores"}


def matrix(layout: Layout, position: int) -> Matrix:
    """K(p), from the formula above and the pair's fields."""
    found = np.zeros((layout.width, layout.width))
    for read, write in layout.passes:
        found[write, read] = 1
    for pair in layout.pairs:
        delta = pair.angle if pair.second_angle is None else pair.second_angle
        beta = pair.angle if pair.sine_angle is None else pair.sine_angle
        gamma = pair.second_sine_angle
        if gamma is None:
            gamma = delta if pair.sine_angle is None else beta
        a, b, c, d = (to_float(x["p"]) * position + to_float(x.phase) for x in (pair.angle, beta, gamma, delta))
        size = to_float(pair.magnitude)
        (i, j), (m, n) = pair.read, pair.write
        found[m, i], found[m, j] = size * np.cos(a), -size * np.sin(b)
        found[n, i], found[n, j] = size * np.sin(c), size * np.cos(d)
    return found


def scores(layout: Layout) -> Matrix:
    """K(p)^T K(q) for all small p and q."""
    kernels = [matrix(layout, p) for p in POSITIONS]
    return np.array([one.T @ two for one, two in itertools.product(kernels, kernels)])


def is_relative(layout: Layout) -> bool:
    """Whether scores depend on the difference of positions alone."""
    found = scores(layout).reshape(len(POSITIONS), len(POSITIONS), layout.width, layout.width)
    return bool(np.allclose(found[1:, 1:], found[:-1, :-1], atol=1e-9))


def angle(generator: random.Random) -> Angle:
    return Angle.of({"p": generator.choice(FREQUENCIES)}, generator.choice(PHASES))


def head(width: int, *pairs: Pair) -> Layout:
    return build_layout("by hand", width, ("p",), "integer", pairs)


def general(generator: random.Random, lanes: tuple[int, int]) -> Pair:
    """A pair whose four angles are drawn from few, so that they meet."""
    few = [angle(generator) for _ in range(2)]
    few += [-few[0], Angle(few[0].frequencies, few[0].phase + PI)]
    alpha, beta, gamma, delta = (generator.choice(few) for _ in range(4))
    return Pair(lanes, lanes, alpha, delta, generator.choice((exact(1), exact(2))), beta, gamma)


def supplement(turn: Angle) -> Angle:
    return Angle((-turn).frequencies, PI - turn.phase)


DISGUISES = {
    "both cosines the other way": lambda t: (-t, t, t, -t),
    "one cosine the other way": lambda t: (t, t, t, -t),
    "sines of the supplement": lambda t: (t, supplement(t), supplement(t), t),
    "one sine of the supplement": lambda t: (-t, t, supplement(t), t),
    "four of one": lambda t: (t, t, t, t),
}


@pytest.mark.parametrize("seed", few(range(60), 3))
def test_general_pairs_against_matrices(seed: int) -> None:
    """Identical exactly where the matrices are; refuted as linear only where one side is relative and one is not."""
    generator = random.Random(seed)
    source = head(4, general(generator, (0, 1)), general(generator, (2, 3)))
    if generator.random() < 0.5:
        first, second = source.pairs
        target = head(4, replace(first, angle=-first.angle), second)
    else:
        target = head(4, Pair((0, 1), (0, 1), angle(generator)), generator.choice(source.pairs[1:]))
    same = all(np.allclose(matrix(source, p), matrix(target, p), atol=1e-9) for p in POSITIONS)
    for one, two in ((source, target), (target, source)):
        found = prove(free_claim(one, two))
        assert same == (found.holds is Relation.IDENTICAL)
        if not same:
            assert found.fails is not None
        if found.fails is Relation.LINEAR:
            relative = is_relative(one), is_relative(two)
            assert relative[0] != relative[1] or not _similar(one, two)
        if found.fails is Relation.EQUAL_SCORES or found.holds is not None:
            equal = np.allclose(scores(one), scores(two), atol=1e-9)
            assert equal == (found.holds in (Relation.IDENTICAL, Relation.EQUAL_SCORES))


def _similar(one: Layout, two: Layout) -> bool:
    """Whether the traces of D agree at all small positions, as they do for similar D."""
    found = []
    for layout in (one, two):
        start = matrix(layout, 0)
        base = np.linalg.inv(start.T @ start)
        found.append([np.trace(base @ start.T @ matrix(layout, p)) for p in POSITIONS])
    return bool(np.allclose(*found, atol=1e-9))


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("seed", few(range(12), 6))
def test_a_rotation_in_disguise_is_that_rotation(seed: int, disguise: str) -> None:
    """Four angles with the cosine and sine of one get that rotation's verdicts, on every rung and on both sides."""
    generator = random.Random(seed)
    turns = [angle(generator), angle(generator)]
    size = generator.choice((exact(1), exact(2)))
    plain = head(4, *(Pair(x, x, turn, None, size) for x, turn in zip(((0, 1), (2, 3)), turns, strict=True)))
    hidden = head(4, *(
        Pair(pair.read, pair.write, alpha, delta, size, beta, gamma)
        for pair in plain.pairs
        for alpha, beta, gamma, delta in [DISGUISES[disguise](pair.angle)]
    ))
    other = head(4, Pair((0, 2), (0, 2), turns[0], None, exact(1)), Pair((3, 1), (3, 1), turns[1], None, size))
    assert all(np.allclose(matrix(plain, p), matrix(hidden, p)) for p in POSITIONS)
    both = prove(free_claim(plain, hidden))
    assert (Relation.IDENTICAL, None) == (both.holds, both.fails)
    for one, two in ((plain, hidden), (hidden, plain)):
        expected, found = prove(free_claim(one, other)), prove(free_claim(two, other))
        assert (expected.holds, expected.fails) == (found.holds, found.fails)
        expected, found = prove(free_claim(other, one)), prove(free_claim(other, two))
        assert (expected.holds, expected.fails) == (found.holds, found.fails)


@pytest.mark.parametrize("width", [*range(6, 74, 2), 80, 96, 112, 128])
def test_wans_slices_for_every_head_width(width: int) -> None:
    """Tables for sixths of the head, cut at thirds: harmless exactly where head_dim % 6 is 0 or 2."""
    target = load(f"diffusers/wan:head_dim={width}")
    for name in ("diffusers/wan:slices=thirds", "diffusers/chronoedit"):
        claim = make_claim(load(f"{name}:head_dim={width}"), target, [])
        found = decide(claim, Solver())
        expected = Relation.IDENTICAL if width % 6 in (0, 2) else None
        assert expected == (found.holds and found.holds.relation)
        assert (found.fails is None) == (width % 6 in (0, 2))


def test_wan_of_64_lanes() -> None:
    """Pairs 11 and 21 differ: 11 turns with h by t's frequency, 21 has its cosine from h and its sine from w."""
    source, target = load("diffusers/wan:head_dim=64:slices=thirds"), load("diffusers/wan:head_dim=64")
    verdict = prove(make_claim(source, target, ["image"]))
    assert ((11, 21), (11, 21)) == verdict.decision.differing
    assert ((21,), ()) == verdict.decision.not_rotations
    assert (None, Relation.LINEAR) == (verdict.holds, verdict.fails)
    pairs = source.layout.pairs
    assert [["h"], ["w"], ["w"], ["h"]] == [[axis for axis, _ in a.frequencies] for a in pairs[21].angles]
    assert {("h", target.layout.pairs[11].angle["t"])} == set(pairs[11].angle.frequencies)


def test_the_kernels_own_number() -> None:
    """Lane 42 of x one-hot at lane 43, at h=1 and w=0, is 0 in the real kernel: its sine is the column's."""
    from prover.kernels.kernel import make_kernel

    kernel = make_kernel(load("diffusers/wan:head_dim=64:slices=thirds").layout)
    x = np.eye(64)[43]
    assert 0 == kernel.apply(x, np.array([0.0, 1.0, 0.0]))[42]
    assert kernel.apply(x, np.array([0.0, 0.0, 1.0]))[42] < 0


@pytest.mark.parametrize("swap", [False, True])
def test_the_counterexample_runs(swap: bool) -> None:
    """The snippet of a verdict about pairs of four angles runs by itself and shows the difference."""
    source, target = load("diffusers/chronoedit:head_dim=10"), load("diffusers/wan:head_dim=10")
    claim = make_claim(target, source, []) if swap else make_claim(source, target, [])
    shown = decide(claim, Solver()).counterexample
    assert shown is not None
    values: dict[str, float] = {}
    exec(write_snippet(claim, shown), values)
    assert abs(values["source"] - values["target"]) > 1e-6


FILE = """title = "four angles"
axes  = ["h", "w"]
width = 2

[pairs]
count  = 1
first  = "2*j"
second = "2*j + 1"
angle  = "h"
"""
SHORT_FORMS = {
    "": ("h", "h", "h", "h"),
    'second_angle = "w"': ("h", "h", "w", "w"),
    'sine_angle = "w"': ("h", "w", "w", "h"),
    'second_sine_angle = "w"': ("h", "h", "w", "h"),
    'sine_angle = "w"\nsecond_sine_angle = "h"': ("h", "w", "h", "h"),
    'second_angle = "w"\nsecond_sine_angle = "h"': ("h", "h", "h", "w"),
    'sine_angle = "w"\nsecond_angle = "w"\nsecond_sine_angle = "h"': ("h", "w", "h", "w"),
}


@pytest.mark.parametrize("fields", SHORT_FORMS)
def test_what_a_layout_file_leaves_out(tmp_path: Path, fields: str) -> None:
    """An angle left out is that of its lane where the lane has one, else that of the other sine, else `angle`."""
    path = tmp_path / "four.toml"
    path.write_text(FILE + fields + "\n")
    (pair,) = load(str(path)).layout.pairs
    assert SHORT_FORMS[fields] == tuple(angle.frequencies[0][0] for angle in pair.angles)


def test_a_fourth_angle_is_not_guessed(tmp_path: Path) -> None:
    """With a second angle and a sine angle the second lane's sine could be either, and has to be said."""
    path = tmp_path / "four.toml"
    path.write_text(FILE + 'second_angle = "w"\nsine_angle = "w"\n')
    with pytest.raises(InputError, match="second_sine_angle: is missing"):
        load(str(path))
