"""The probe on kernels written in NumPy: what it reads is what was put in, and what is no layout is said to be none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from catalogue.kernels import Array, rotate_adjacent, rotate_halves
from prover.commands.cli import run_command
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode
from prover.measure.probe import NotALayout, probe

FREQUENCIES = np.array([1.0, 0.1, 0.01])


def on_each(function: Callable[[Array, tuple[float, ...]], Array]) -> Any:
    """A kernel for many vectors from one for a single vector, in float32 as real kernels are."""

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        rows = [function(row.astype(np.float32), position) for row in vectors]
        return np.array(rows, dtype=np.float32).astype(np.float64)

    return kernel


def case_of(function: Callable[[Array, tuple[float, ...]], Array], axes: tuple[str, ...] = ("pos",)) -> dict[str, Any]:
    """The table of a kernel on 6 lanes."""
    return probe(on_each(function), 6, axes).case


def test_halves() -> None:
    """Half pairing is read as pairs (0, 3), (1, 4), (2, 5)."""
    case = case_of(lambda x, p: rotate_halves(x, p[0] * FREQUENCIES))
    assert [[0, 3, 0, 1], [1, 4, 0, 1], [2, 5, 0, 1]] == [pair[:4] for pair in case["pairs"]]
    assert FREQUENCIES.tolist() == pytest.approx([pair[4] for pair in case["pairs"]], rel=2e-7)
    assert ([], {"1.000000": "all"}, None) == (case["passthrough"], case["scale"], case["output_permutation"])


def test_adjacent_backwards_with_magnitude_and_pass_through() -> None:
    """Adjacent pairing of the first four lanes, turned by -theta and stretched by 1.5."""
    case = case_of(lambda x, p: np.concatenate([1.5 * rotate_adjacent(x[:4], -p[0] * FREQUENCIES[:2]), x[4:]]))
    assert [[0, 1, 0, -1], [2, 3, 0, -1]] == [pair[:4] for pair in case["pairs"]]
    assert ([4, 5], {"1.500000": "all"}) == (case["passthrough"], case["scale"])


def test_write_order() -> None:
    """Read adjacent and written by halves: lane r of the output holds rotated lane p[r]."""
    case = case_of(lambda x, p: rotate_halves(np.concatenate([x[0::2], x[1::2]]), p[0] * FREQUENCIES))
    assert [[0, 1], [2, 3], [4, 5]] == [pair[:2] for pair in case["pairs"]]
    assert [0, 2, 4, 1, 3, 5] == case["output_permutation"]


def test_axes_alone_and_together() -> None:
    """One pair on h, one on w, one on both with a sign each."""
    vectors = np.array([[1.0, 0.0], [0.0, 0.1], [0.02, -0.01]])
    case = case_of(lambda x, p: rotate_halves(x, vectors @ np.array(p)), ("h", "w"))
    assert [[0, 3, 0, 1], [1, 4, 1, 1], [2, 5, [0, 1], None]] == [pair[:4] for pair in case["pairs"]]
    assert [0.02, -0.01] == pytest.approx(case["pairs"][2][4], rel=1e-6)


def test_two_angles_are_no_rotation() -> None:
    """A half rotation with a table for adjacent pairs: each lane has an angle of its own."""

    def mixed(x: Array, p: tuple[float, ...]) -> Array:
        angles = np.repeat(p[0] * FREQUENCIES, 2)
        turned = np.concatenate([-x[3:], x[:3]])
        return x * np.cos(angles) + turned * np.sin(angles)

    case = case_of(mixed)
    assert not case["is_rotation"]
    assert [[0, 3], [1, 4], [2, 5]] == [pair[:2] for pair in case["non_rotation_pairs"]]
    assert [1.0, 0.1] == pytest.approx([case["non_rotation_pairs"][0][i][0] for i in (2, 3)], rel=2e-7)


def crossed(x: Array, p: tuple[float, ...]) -> Array:
    """Wan's 10 lanes cut at thirds: pair 3 has its cosine from h and its sine from w."""
    table = np.repeat(np.concatenate([10000.0 ** (-np.arange(3) / 3), [1.0, 1.0]]), 2)
    columns = table * np.array(p)[np.repeat([0, 1, 2], [4, 3, 3])]
    cos, sin = np.cos(columns)[0::2], np.sin(columns)[1::2]
    return np.stack([x[0::2] * cos - x[1::2] * sin, x[0::2] * sin + x[1::2] * cos], axis=-1).reshape(-1)


def test_a_cosine_of_one_axis_and_a_sine_of_another() -> None:
    """A pair of four angles is read entry by entry, and its table is that of the layout."""
    case = probe(on_each(crossed), 10, ("t", "h", "w")).case
    assert not case["is_rotation"]
    ((a, b, *four),) = case["general_pairs"]
    assert ((6, 7), [[0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]]) == (
        (a, b), [[round(abs(f), 6) for f in vector] for vector in four]
    )
    layout = load("diffusers/chronoedit:head_dim=10").layout
    assert () == conform(layout, decode("x", case, "x")).differences
    assert not conform(load("diffusers/wan:head_dim=10").layout, decode("x", case, "x")).conforms


def test_small_frequencies_of_four_angles() -> None:
    """A cosine that hardly moves in one step is read further out; its signs are those that fit."""
    alpha, beta = np.array([0.001, -0.0005]), np.array([0.0, 0.02])

    def function(x: Array, p: tuple[float, ...]) -> Array:
        a, b = alpha @ np.array(p), beta @ np.array(p)
        own = np.array([x[0] * np.cos(a) - x[3] * np.sin(b), x[0] * np.sin(b) + x[3] * np.cos(a)])
        return np.concatenate([own[:1], x[1:3], own[1:], x[4:]])

    ((_, _, *four),) = case_of(function, ("h", "w"))["general_pairs"]
    assert alpha.tolist() == pytest.approx((np.array(four[0]) * np.sign(four[0][0])).tolist(), rel=1e-6)
    assert beta.tolist() == pytest.approx(four[1], rel=1e-6, abs=1e-9)


def test_frequencies_are_read_again_further_out() -> None:
    """Angles rounded to 2^-19 hide the digits of a frequency near 0 and show them further out."""
    vectors = np.array([[1.0, 0.0], [0.0, 0.1], [0.02, -0.01]])

    def coarse(x: Array, p: tuple[float, ...]) -> Array:
        angles = np.round(vectors @ np.array(p) * 2**19) / 2**19
        return rotate_halves(x, angles)

    def error(doublings: int) -> float:
        found = probe(on_each(coarse), 6, ("h", "w"), (8.0, 8.0), doublings)
        assert (doublings > 0) == (0 < found.errors.get((2, 5), 0.0) < 1e-9)
        return float(abs(found.case["pairs"][2][4][0] - 0.02))

    # 0.16 * 2^19 is 83886.08, so the first reading is 0.08 * 2^-19 / 8 off.
    assert 0.08 * 2**-19 / 8 == pytest.approx(error(0), rel=0.1)
    assert error(12) <= 5e-11


def test_a_change_far_out_is_noticed() -> None:
    """A frequency that grows by half beyond position 2048 is none, if it is read there."""
    def bent(x: Array, p: tuple[float, ...]) -> Array:
        return rotate_halves(x, (p[0] if p[0] <= 2048 else 1.5 * p[0]) * FREQUENCIES)

    assert probe(on_each(bent), 6, ("pos",), None, 11).errors
    with pytest.raises(NotALayout, match=r"at position 4096 it is .* from where the positions before say"):
        probe(on_each(bent), 6, ("pos",), None, 12)


def test_lanes_that_turn_with_two_magnitudes() -> None:
    """Where magnitudes are listed, every lane is, those that pass among them, and the table can be read."""
    case = case_of(lambda x, p: np.concatenate([
        rotate_adjacent(x[:2], p[0] * FREQUENCIES[:1]), 2 * rotate_adjacent(x[2:4], p[0] * FREQUENCIES[1:2]), x[4:],
    ]))
    assert {"1.000000": [0, 1, 4, 5], "2.000000": [2, 3]} == case["scale"]
    assert (1.0, 1.0) == tuple(decode("x", case, "x").scales.values())


def test_the_table_conforms_to_the_layout_it_was_made_from() -> None:
    """Probe, decode and compare fit together."""
    case = case_of(lambda x, p: rotate_adjacent(x, p[0] * 100.0 ** (-np.arange(3) / 3)))
    layout = load("transformers/adjacent:head_dim=6:rope_theta=100").layout
    assert () == conform(layout, decode("x", case, "x")).differences
    assert not conform(load("transformers/half:head_dim=6:rope_theta=100").layout, decode("x", case, "x")).conforms


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, p: np.tanh(x), "not linear"),
        (lambda x, p: x + 1, "not linear"),
        (lambda x, p: rotate_halves(x, (1 + p[0]) * FREQUENCIES), "at position 0"),
        (lambda x, p: rotate_halves(x, p[0] ** 2 * FREQUENCIES), "not a fixed frequency"),
        (lambda x, p: x * (1 + p[0]), "not a fixed frequency"),
        (lambda x, p: rotate_halves(rotate_adjacent(x, p[0] * FREQUENCIES), p[0] * FREQUENCIES), "no pairs of lanes"),
        (lambda x, p: 2 * x, "never turns and is multiplied by 2"),
        (lambda x, p: x / 0 if p[0] else x, "no numbers"),
    ],
    ids=["tanh", "shift", "phase", "square", "growing", "two kernels", "scaled", "infinite"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_no_layout_is_said_to_be_none(
    function: Callable[[Array, tuple[float, ...]], Array], message: str
) -> None:
    """A kernel that is no layout is refused with what it does instead."""
    with pytest.raises(NotALayout, match=message):
        case_of(function)


def test_without_the_extra_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch is imported only when a module is measured, and its absence is explained."""
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    assert 2 == run_command(["measure", "transformers", "llama2_default"])
    assert "pip install 'rope-prover[live]'" in capsys.readouterr().err
    assert 0 == run_command(["measure", "transformers", "--list"])
    assert "llama: LlamaAttention, transformers/half" in capsys.readouterr().out


@pytest.mark.parametrize("library", ["nowhere.so", __file__])
def test_a_library_that_is_none_is_an_error(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong path or a file of another kind is told with exit code 2."""
    assert 2 == run_command(["measure", "ggml", "ggml/neox", "--library", library])
    assert library in capsys.readouterr().err
