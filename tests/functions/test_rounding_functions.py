"""Functions that round, that change far out, that are asked below 0 or in batches: each is told as what it is."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.commands.cli import run_command
from prover.errors import InputError, UndecidedError
from prover.functions.limits import Limits
from prover.functions.measuring import measure_function
from prover.functions.reference import parse_reference
from prover.functions.rounding import narrow_format, rounded
from prover.measure.probe import NotALayout

PLENTY = Limits(seconds=200, memory=4 << 30)
WIDTH = 32
ROPES = """
    import numpy as np

    def bfloat16(x):
        # By whole numbers, apart from how it is done in what is tested: 8 bits, ties to even.
        x = np.asarray(x, float)
        fraction, exponent = np.frexp(x)
        return np.ldexp(np.rint(fraction * 256) / 256, exponent)

    def powers(x, base=100.0):
        return base ** (-np.arange(0, x.shape[-1], 2) / x.shape[-1])

    def turned(x, c, s):
        d = x.shape[-1] // 2
        a, b = x[..., :d], x[..., d:]
        return np.concatenate([a * c - b * s, a * s + b * c], -1)

    def half(x, angles):
        return turned(x, np.cos(angles), np.sin(angles))

    def plain(x, positions):
        return half(x, np.asarray(positions)[:, None, None] * powers(x))
"""


def measured(folder: Path, source: str, longest: int | None = None) -> dict[str, Any]:
    """The entry of the function f in this source."""
    path = folder / "rope.py"
    path.write_text(textwrap.dedent(ROPES) + textwrap.dedent(source))
    found = measure_function(parse_reference(f"{path}::f"), PLENTY, None, WIDTH, None, longest)
    entry: dict[str, Any] = found["cases"][0]
    return entry


@pytest.mark.parametrize(("body", "message"), [
    ("return bfloat16(plain(x, positions))", "returns numbers that are all bfloat16 numbers, of 8 significant bits"),
    ("return plain(x, positions).astype(np.float16)", "returns numbers that are all float16 numbers, of 11 sign"),
    ("a = positions[:, None, None] * powers(x)\n    return turned(x, bfloat16(np.cos(a)), bfloat16(np.sin(a)))",
     "turns by cosines and sines that are all bfloat16 numbers"),
    ("a = positions[:, None, None] * powers(x)\n    return turned(x, *(f(a).astype(np.float16).astype(float) for f in "
     "(np.cos, np.sin)))", "turns by cosines and sines that are all float16 numbers"),
])
def test_a_function_that_rounds_is_undecided(body: str, message: str, tmp_path: Path) -> None:
    """Neither a layout nor none: exit code 3, the precision, and what to do."""
    with pytest.raises(UndecidedError, match=message) as fault:
        measured(tmp_path, f"def f(x, positions):\n    {body}")
    assert (3, True) == (fault.value.exit_code, "Measure it in float64 or float32" in str(fault.value))


@pytest.mark.parametrize(("angles", "message"), [
    ("bfloat16(positions)[:, None, None] * powers(x)", "takes position 257 as 256, as where positions are in bfloat16"),
    ("positions.astype(np.float16).astype(float)[:, None, None] * powers(x)", "takes position 2049 as 2048, as where"),
    ("bfloat16(positions[:, None, None] * powers(x))", "its angles are bfloat16 numbers"),
    ("(positions[:, None, None] * powers(x)).astype(np.float16).astype(float)", "its angles are float16 numbers"),
])
def test_rounded_angles_are_no_layout_and_told(angles: str, message: str, tmp_path: Path) -> None:
    """What such a function computes is wrong at large positions: 257 has no 8 bits, 2049 no 11."""
    with pytest.raises(NotALayout, match=message):
        measured(tmp_path, f"def f(x, positions): return half(x, {angles})")


def test_a_rounded_frequency_is_measured(tmp_path: Path) -> None:
    """It is fixed all the same: 100 ** (-2 / 32) is 0.7498942093 and 192/256 in 8 bits, 100 ** (-4 / 32) 144/256."""
    case = measured(tmp_path, "def f(x, positions): return half(x, positions[:, None, None] * bfloat16(powers(x)))")
    assert [1.0, 0.75, 0.5625] == [row[-1] for row in case["pairs"][:3]]


def test_formats() -> None:
    """Written by hand: 257 and 1 + 2**-8 + 2**-9 in 8 bits, 2049 in 11, with ties to even."""
    assert [256, 258, 1.0078125] == rounded(np.array([257.0, 258, 1 + 2**-8 + 2**-9]), "bfloat16").tolist()
    assert [2048, 2052, 1.0009765625] == rounded(np.array([2049.0, 2051, 1 + 2**-10]), "float16").tolist()
    eighths = np.arange(9, 40) / 8
    assert ("bfloat16", "float16", "") == tuple(map(narrow_format, (eighths, eighths + 64 + 2**-4, eighths + 1 / 3)))
    assert "" == narrow_format(np.array([0, 1, -1, 0.5, 2, 4, 8, 16, 32, 64]))


# Dynamic NTK as transformers has it: the base grows with the longest position of a call, past 131072 alone.
DYNAMIC = """
    def f(x, positions):
        d, length = x.shape[-1], max(np.max(positions) + 1, 131072)
        base = 100.0 * (4.0 * length / 131072 - 3.0) ** (d / (d - 2))
        return half(x, np.asarray(positions)[:, None, None] * powers(x, base))
"""
BY_LENGTH = "def f(x, positions): return plain(x, positions * (1 if len(x) <= 100000 else 0.5))"


@pytest.mark.parametrize(("source", "longest", "message"), [
    (DYNAMIC, 262144, "up to position 131071 it is what it is at small ones, and at 131072 it is not"),
    (DYNAMIC, 132000, "up to position 131071 it is what it is at small ones, and at 131072 it is not"),
    (BY_LENGTH, 131072, "depends on how many tokens a call has: of 131073"),
])
def test_what_changes_far_out(source: str, longest: int, message: str, tmp_path: Path) -> None:
    """Not seen up to 65536, which is said; seen where it is asked for."""
    case = measured(tmp_path, source)
    assert "measured at positions -8 to 65536, in calls of up to 8193 tokens" == case["tried"]
    assert 16 == len(case["pairs"])
    with pytest.raises(NotALayout, match=message):
        measured(tmp_path, source, longest)


def test_a_longest_position(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Told in the table and in text; 64 to 2^20."""
    case = measured(tmp_path, "def f(x, positions): return plain(x, positions)", 1 << 20)
    assert case["tried"].startswith("measured at positions -8 to 1048576, in calls of up to ")
    assert [pytest.approx(100 ** (-j / 16), rel=1e-8) for j in range(16)] == [row[-1] for row in case["pairs"]]
    for wrong in (63, (1 << 20) + 1):
        with pytest.raises(InputError, match="--longest: expected 64 to 1048576"):
            measured(tmp_path, "", wrong)
    named = f"{tmp_path / 'rope.py'}::plain"
    assert 1 == run_command(["conform", "transformers/half:head_dim=32", named, "--longest", "100"])
    out = " ".join(capsys.readouterr().out.split())
    assert "measured at positions -8 to 100, in calls of up to 101 tokens" in out
    assert 2 == run_command(["prove", "ggml/neox", "ggml/normal", "--longest", "100"])


@pytest.mark.parametrize(("positions", "message"), [
    ("abs(positions)", "at negative positions it does what the positive ones do, as by abs: at -1 it is"),
    ("np.maximum(positions, 0)", "at negative positions it does what position 0 does: at -1 it is"),
    ("positions % 70000", "at negative positions it does something else: at -1 it is"),
    ("np.arange(70000)[positions]", "at negative positions it does something else: at -1 it is"),
])
def test_negative_positions(positions: str, message: str, tmp_path: Path) -> None:
    """What is done otherwise there is told, and positions from 0 on are said to be what was measured."""
    case = measured(tmp_path, f"def f(x, positions): return plain(x, {positions})")
    assert 1 == sum(message in note for note in case["notes"])
    assert case["tried"].startswith("measured at positions 0 to 65536, ")


def test_negative_positions_that_raise(tmp_path: Path) -> None:
    """As where an unsigned table is looked into."""
    case = measured(tmp_path, "def f(x, positions):\n    assert np.min(positions) >= 0\n    return plain(x, positions)")
    assert any(note.startswith("at negative positions it raises AssertionError") for note in case["notes"])


BATCHED = """def f(x, position_ids):
    b, h, t, d = x.shape
    p, w = position_ids, powers(x)
    assert (b, t) == p.shape
    """


@pytest.mark.parametrize(("body", "note"), [
    ("return half(x, p[:, None, :, None] * w)", ""),
    ("return half(x, p[0][None, None, :, None] * w)",
     "in a batch of 2 it takes the positions of the first entry for all"),
    ("assert b == 1\n    return half(x, p[:, None, :, None] * w)", "with a batch of 2 it raises AssertionError"),
    ("return half(x, p[:, None, :, None] * w)[:1]", "with a batch of 2 it returns .1, 3, 5, 32. for vectors"),
])
def test_batches(body: str, note: str, tmp_path: Path) -> None:
    """Two entries with vectors and positions of their own."""
    case = measured(tmp_path, BATCHED + body)
    assert "f(x[b, h, t, d], p[b, t])" == case["called"]
    told = [each for each in case["notes"] if "batch" in each]
    assert (1 if note else 0) == len(told)
    assert not note or re.search(note, told[0])


@pytest.mark.parametrize("body", [
    "return half(x - (b > 1) * x.mean(0, keepdims=True), p[:, None, :, None] * w)",
    "return half(x[::-1] if b > 1 else x, p[:, None, :, None] * w)",
    "return half(x, p[::-1, None, :, None] * w)",
])
def test_entries_of_a_batch_that_are_mixed_are_no_layout(body: str, tmp_path: Path) -> None:
    """A mean over the batch; entries, or their positions, exchanged."""
    with pytest.raises(NotALayout, match="treats the entries of a batch of 2 otherwise than each by itself"):
        measured(tmp_path, BATCHED + body)
