"""Functions written in NumPy, measured: what comes out is what was put in, by the formula of each.

Every function is a file of its own, run by the command's own way. Expected pairs are written down from the formulas.
"""

from __future__ import annotations

import json
import math
import textwrap
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.functions.limits import Limits
from prover.functions.measuring import measure_function
from prover.functions.reference import parse_reference
from prover.measure.probe import NotALayout

PLENTY = Limits(seconds=120, memory=4 << 30)
WIDTH = 16
BASE = [100 ** (-2 * j / WIDTH) for j in range(WIDTH // 2)]  # of the functions that build a table
PLAIN = [10000 ** (-2 * j / WIDTH) for j in range(WIDTH // 2)]  # of the tables that are given

HALF = """
    import numpy as np
    def half(x, angles):
        c, s = np.cos(angles), np.sin(angles)
        d = x.shape[-1] // 2
        a, b = x[..., :d], x[..., d:]
        return np.concatenate([a * c - b * s, a * s + b * c], -1)
    def turn(x):
        d = x.shape[-1] // 2
        return np.concatenate([-x[..., d:], x[..., :d]], -1)
    def turn_adjacent(x):
        return np.stack([-x[..., 1::2], x[..., 0::2]], -1).reshape(x.shape)
    def freqs(d, base=100):
        return base ** (-np.arange(0, d, 2) / d)
"""


def measured(
    folder: Path, source: str, call: str | None = None, init: str | None = None, name: str = "f",
    head_dim: int | None = WIDTH,
) -> dict[str, Any]:
    """The entry of the function in this source."""
    path = folder / "rope.py"
    path.write_text(textwrap.dedent(HALF) + textwrap.dedent(source))
    table = measure_function(parse_reference(f"{path}::{name}", init), PLENTY, call, head_dim)
    found: dict[str, Any] = table["cases"][0]
    return found


def rows(pairs: list[tuple[int, int]], frequencies: list[float], sign: int = 1) -> list[list[float]]:
    """Rows of a table as they are expected: lanes, axis, direction, frequency."""
    return [[a, b, 0, sign, pytest.approx(f, rel=1e-8)] for (a, b), f in zip(pairs, frequencies, strict=True)]


HALVES = [(j, j + WIDTH // 2) for j in range(WIDTH // 2)]
ADJACENT = [(2 * j, 2 * j + 1) for j in range(WIDTH // 2)]
# Source; how it is called as the table says it; the expected rows.
FOUND: dict[str, tuple[str, str, list[list[float]]]] = {
    "tokens first": (
        "def f(x, positions): return half(x, np.asarray(positions)[:, None, None] * freqs(x.shape[-1]))",
        "f(x[t, h, d], p[t])", rows(HALVES, BASE),
    ),
    "heads first": (
        "def f(x, pos):\n    assert x.ndim == 3\n    return half(x, pos[None, :, None] * freqs(x.shape[-1]))",
        "f(x[h, t, d], p[t])", rows(HALVES, BASE),
    ),
    "batch first": (
        "def f(x, position_ids):\n    b, h, t, d = x.shape\n    assert position_ids.shape == (b, t)\n"
        "    return half(x, position_ids[:, None, :, None] * freqs(d))",
        "f(x[b, h, t, d], p[b, t])", rows(HALVES, BASE),
    ),
    "batch and tokens first": (
        "def f(hidden_states, positions):\n    b, t, h, d = hidden_states.shape\n"
        "    return half(hidden_states, positions[None, :, None, None] * freqs(d))",
        "f(x[b, t, h, d], p[t])", rows(HALVES, BASE),
    ),
    "batch in the middle": (
        "def f(x, positions):\n    t, b, h, d = x.shape\n    assert b == 1\n"
        "    return half(x, positions.reshape(t, 1, 1, 1) * freqs(d))",
        "f(x[t, b, h, d], p[t])", rows(HALVES, BASE),
    ),
    "heads and lanes in one": (
        f"def f(positions, query, key):\n    assert key.shape[-1] > {WIDTH}\n    out = []\n    for x in (query, key):\n"
        f"        y = x.reshape(len(positions), -1, {WIDTH})\n"
        f"        out.append(half(y, positions[:, None, None] * freqs({WIDTH})).reshape(x.shape))\n    return out",
        "f(p[t], q[t, hd], k[t, hd])", rows(HALVES, BASE),
    ),
    "one vector, one position": (
        "def f(v, m):\n    assert v.ndim == 1 and np.ndim(m) == 0\n    return half(v, m * freqs(len(v)))",
        "f(x[d], position)", rows(HALVES, BASE),
    ),
    "counted by itself": (
        "def f(x):\n    t, h, d = x.shape\n    return half(x, np.arange(t)[:, None, None] * freqs(d))",
        "f(x[t, h, d])", rows(HALVES, BASE),
    ),
    "counted by itself, by a length": (
        "def f(x, seq_len):\n    t, h, d = x.shape\n    return half(x, np.arange(seq_len)[:, None, None] * freqs(d))",
        "f(x[t, h, d], seq_len)", rows(HALVES, BASE),
    ),
    "the other direction": (
        "def f(x, positions): return half(x, -positions[:, None, None] * freqs(x.shape[-1]))",
        "f(x[t, h, d], p[t])", rows(HALVES, BASE, -1),
    ),
    "q, k, cos, sin as transformers has them": (
        "def f(q, k, cos, sin, position_ids=None, unsqueeze_dim=1):\n"
        "    assert q.ndim == 4 and cos.ndim == 3\n"
        "    cos, sin = np.expand_dims(cos, unsqueeze_dim), np.expand_dims(sin, unsqueeze_dim)\n"
        "    return q * cos + turn(q) * sin, k * cos + turn(k) * sin",
        "f(q[b, h, t, d], k[b, h, t, d], cos[1, t, d], sin[1, t, d])", rows(HALVES, PLAIN),
    ),
    "rows of a table": (
        "def f(q, k, cos, sin, position_ids):\n    cos, sin = cos[position_ids][:, None], sin[position_ids][:, None]\n"
        "    return q * cos + turn(q) * sin, k * cos + turn(k) * sin",
        "f(q[t, h, d], k[t, h, d], cos[n, d], sin[n, d], p[t])", rows(HALVES, PLAIN),
    ),
    "tables of half the lanes": (
        "def f(x, cos, sin):\n    assert cos.shape == (len(cos), x.shape[-1] // 2)\n"
        "    a, b = x[..., 0::2], x[..., 1::2]\n"
        "    return np.stack([a * cos - b * sin, a * sin + b * cos], -1).reshape(x.shape)",
        "f(x[h, t, d], cos_half[t, f], sin_half[t, f])", rows(ADJACENT, PLAIN),
    ),
    "tables whose neighbours are alike": (
        "def f(x, cos, sin):\n    assert cos.ndim == 2\n    return x * cos + turn_adjacent(x) * sin",
        "f(x[h, t, d], cos_adjacent[t, d], sin_adjacent[t, d])", rows(ADJACENT, PLAIN),
    ),
    "complex numbers": (
        "def f(xq, xk, freqs_cis):\n    out = []\n    for x in (xq, xk):\n"
        "        z = np.ascontiguousarray(x).view(complex) * freqs_cis[:, None, :]\n        out.append(z.view(float))\n"
        "    return tuple(out)",
        "f(q[t, h, d], k[t, h, d], freqs_cis[t, f])", rows(ADJACENT, PLAIN),
    ),
    "cosines beside sines": (
        "def f(x, freqs_cis):\n    c, s = freqs_cis[:, None, :, 0], freqs_cis[:, None, :, 1]\n"
        "    assert c.dtype.kind == 'f' and freqs_cis.ndim == 3\n    a, b = x[..., 0::2], x[..., 1::2]\n"
        "    return np.stack([a * c - b * s, a * s + b * c], -1).reshape(x.shape)",
        "f(x[t, h, d], freqs_pairs[t, f, 2])", rows(ADJACENT, PLAIN),
    ),
    "angles": (
        "def f(t, freqs):\n    assert freqs.ndim == 2\n    return t * np.cos(freqs) + turn(t) * np.sin(freqs)",
        "f(x[h, t, d], angles_full[t, d])", rows(HALVES, PLAIN),
    ),
    "inverse frequencies": (
        "def f(x, inv_freq, positions): return half(x, positions[:, None, None] * inv_freq)",
        "f(x[t, h, d], inv_freq[f], p[t])", rows(HALVES, PLAIN),
    ),
    "names that say nothing": (
        "def f(*arguments):\n    x, p = arguments\n    return half(x, p[:, None, None] * freqs(x.shape[-1]))",
        "f(x[t, h, d], p[t])", rows(HALVES, BASE),
    ),
    "float32 alone": (
        "def f(x, positions):\n    if x.dtype != np.float32: raise TypeError('float32')\n"
        "    return half(x, positions[:, None, None] * freqs(x.shape[-1]))",
        "f(x[t, h, d], p[t])",
        [[a, b, 0, 1, pytest.approx(f, rel=2e-7)] for (a, b), f in zip(HALVES, BASE, strict=True)],
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_calls_are_found(name: str, tmp_path: Path) -> None:
    """By the names of the parameters and by trying; the table says which, and whether frequencies were given."""
    source, called, pairs = FOUND[name]
    case = measured(tmp_path, source)
    assert (called, pairs) == (case["called"], case["pairs"])
    gives = any(word in called for word in ("cos", "freq", "angles"))
    assert ("base 10000" if gives else "") == case["frequencies_given"]
    assert ([], None, True) == (case["passthrough"], case["output_permutation"], case["is_rotation"])
    assert not any("as where" in note for note in case["notes"])
    assert all(0 < error <= 1e-7 for error in case["frequency_errors"])


@pytest.mark.parametrize("name", ["heads first", "rows of a table", "tables of half the lanes", "counted by itself"])
def test_what_was_found_can_be_said(name: str, tmp_path: Path) -> None:
    """The call that a table names gives the same table when it is written as --call."""
    source, called, _ = FOUND[name]
    found, said = measured(tmp_path, source), measured(tmp_path, source, called)
    assert found["pairs"] == said["pairs"]
    assert called == said["called"]


# Two lanes of one pair, and what each turns by, from the formula of the mistake.
def _repeat(j: int) -> tuple[float, float]:
    """Halves turned by a table whose neighbours are alike: lane j by entry j // 2."""
    return BASE[j // 2], BASE[(j + WIDTH // 2) // 2]


MISTAKES = {
    "repeat for concatenate": (
        "def f(x, positions):\n    a = np.repeat(positions[:, None, None] * freqs(x.shape[-1]), 2, -1)\n"
        "    return x * np.cos(a) + turn(x) * np.sin(a)",
        [(j, j + 8, *_repeat(j)) for j in range(8)], "repeated for each lane instead of concatenated",
    ),
    "concatenate for repeat": (
        "def f(x, positions):\n    a = positions[:, None, None] * freqs(x.shape[-1])\n"
        "    a = np.concatenate([a, a], -1)\n    return x * np.cos(a) + turn_adjacent(x) * np.sin(a)",
        [(2 * j, 2 * j + 1, BASE[2 * j % 8], BASE[(2 * j + 1) % 8]) for j in range(8)],
        "concatenated instead of repeated for each lane",
    ),
    "a table of the whole head on a part": (
        "def f(x, positions):\n    a = positions[:, None, None] * freqs(x.shape[-1])\n"
        "    a = np.concatenate([a, a], -1)[..., :8]\n    r, rest = x[..., :8], x[..., 8:]\n"
        "    return np.concatenate([r * np.cos(a) + turn(r) * np.sin(a), rest], -1)",
        [(j, j + 4, BASE[j], BASE[j + 4]) for j in range(4)], "built for the whole head and cut to a part",
    ),
    "a table of the whole head on more than half of it": (
        "def f(x, positions):\n    a = positions[:, None, None] * freqs(x.shape[-1])\n"
        "    a = np.concatenate([a, a], -1)[..., :12]\n    r, rest = x[..., :12], x[..., 12:]\n"
        "    return np.concatenate([r * np.cos(a) + turn(r) * np.sin(a), rest], -1)",
        [(j, j + 6, BASE[j], BASE[(j + 6) % 8]) for j in range(6)], "built for the whole head and cut to a part",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_come_out_as_what_they_are(name: str, tmp_path: Path) -> None:
    """Two lanes of a pair that turn by different angles are no rotation: each with its own frequency."""
    source, expected, likeness = MISTAKES[name]
    case = measured(tmp_path, source)
    assert not case["is_rotation"]
    found = [(a, b, up, down) for a, b, (up,), (down,) in case["non_rotation_pairs"]]
    assert [(a, b) for a, b, *_ in expected] == [(a, b) for a, b, *_ in found]
    assert [up for *_, up, _ in expected] == pytest.approx([up for *_, up, _ in found], rel=1e-8)
    assert [down for *_, down in expected] == pytest.approx([down for *_, down in found], rel=1e-8)
    assert 1 == sum(likeness in note for note in case["notes"])


def test_an_exponent_divided_to_whole_numbers(tmp_path: Path) -> None:
    """arange(0, d, 2) // d is 0 throughout, so that every pair turns by the position itself."""
    case = measured(tmp_path, "def f(x, positions):\n    d = x.shape[-1]\n"
                    "    return half(x, positions[:, None, None] * 100.0 ** -(np.arange(0, d, 2) // d))")
    assert rows(HALVES, [1.0] * 8) == case["pairs"]
    assert any("as where an exponent is divided to a whole number" in note for note in case["notes"])


def test_cosines_of_one_table_and_sines_of_another(tmp_path: Path) -> None:
    """A cosine by base 100 and a sine by base 1000: four angles for each pair, pair 0 alone is a rotation."""
    case = measured(tmp_path, "def f(x, positions):\n    p = positions[:, None, None]\n"
                    "    a, b = x[..., :8], x[..., 8:]\n    d = x.shape[-1]\n"
                    "    c, s = np.cos(p * freqs(d)), np.sin(p * freqs(d, 1000))\n"
                    "    return np.concatenate([a * c - b * s, a * s + b * c], -1)")
    assert [[0, 8, 0, 1, 1.0]] == case["pairs"]
    others = [1000 ** (-2 * j / WIDTH) for j in range(8)]
    for a, b, *four in case["general_pairs"]:
        assert a + 8 == b
        assert [BASE[a], others[a], others[a], BASE[a]] == pytest.approx([abs(f) for (f,) in four], rel=1e-6)
    assert 7 == len(case["general_pairs"])


def test_parts_magnitudes_and_write_order(tmp_path: Path) -> None:
    """8 of 16 lanes turn, read as neighbours, written as halves and stretched by 1.25; the others pass."""
    case = measured(tmp_path, "def f(x, positions):\n    p = positions[:, None, None] * freqs(8)\n    r = x[..., :8]\n"
                    "    r = np.concatenate([r[..., 0::2], r[..., 1::2]], -1)\n"
                    "    return np.concatenate([1.25 * half(r, p), x[..., 8:]], -1)")
    assert rows([(0, 1), (2, 3), (4, 5), (6, 7)], [100 ** (-2 * j / 8) for j in range(4)]) == case["pairs"]
    assert (list(range(8, 16)), {"1.250000": "all"}) == (case["passthrough"], case["scale"])
    assert [0, 2, 4, 6, 1, 3, 5, 7, *range(8, 16)] == case["output_permutation"]
    assert [] == case["notes"]


def test_fast_pairs_are_not_misread(tmp_path: Path) -> None:
    """Above pi per position a frequency is read between whole positions, where the function takes such."""
    source = "def f(x, positions): return half(x, positions[:, None, None] * 4 * freqs(x.shape[-1]))"
    case = measured(tmp_path, source)
    assert rows(HALVES, [4 * f for f in BASE]) == case["pairs"]
    assert any("turns by pi or more" in note for note in case["notes"])
    # At whole positions 4 is 4 - 2 pi, the other way round: no table can tell, and the note says so.
    case = measured(tmp_path, source.replace("positions[", "np.array([int(n) for n in positions])["))
    assert [0, 8, 0, -1, pytest.approx(2 * math.pi - 4, rel=1e-8)] == case["pairs"][0]
    assert any("2 pi more per position cannot be seen" in note for note in case["notes"])


def test_positions_that_must_be_floats(tmp_path: Path) -> None:
    """A function that takes no whole numbers gets the same positions as floats."""
    case = measured(tmp_path, "def f(x, positions):\n    assert positions.dtype.kind == 'f'\n"
                    "    return half(x, positions[:, None, None] * freqs(x.shape[-1]))")
    assert rows(HALVES, BASE) == case["pairs"]


def test_small_frequencies_are_read_well(tmp_path: Path) -> None:
    """Of a function in float32, a frequency of 1e-7 to one part in 10^6."""
    case = measured(tmp_path, "def f(x, positions):\n    w = 10.0 ** -np.arange(8)\n"
                    "    a = (positions[:, None, None] * w).astype(np.float32)\n"
                    "    return half(x.astype(np.float32), a)")
    assert [10.0**-j for j in range(8)] == pytest.approx([row[4] for row in case["pairs"]], rel=3e-7)


def test_an_end_of_the_positions_is_told(tmp_path: Path) -> None:
    """A table of 100 rows: from position 100 on it raises, and the table stands for those before."""
    case = measured(tmp_path, "T = np.arange(100)\ndef f(x, positions):\n"
                    "    return half(x, T[positions][:, None, None] * freqs(x.shape[-1]))")
    assert any("from position 100 on it raises IndexError: index 100 is out of bounds" in n for n in case["notes"])
    assert 100 == case["checks"]["reach"]
    assert rows(HALVES, BASE) == case["pairs"]


REFUSED = {
    "raises at one": (
        "    if 7 in positions: raise ValueError('seven')", "raises ValueError: seven .* at position 7, of",
    ),
    "NaN at two": (
        "    x = np.where(np.isin(positions, (11, 12))[:, None, None], np.nan, x)", "NaN .* position 11, 12, of",
    ),
    "wrong at one": (
        "    positions = np.where(positions == 9, 10, positions)", "at position 9 it is .* from its own table",
    ),
    "another base further out": (
        "    positions = np.where(positions > 1000, positions * 1.5, positions)", "no fixed frequency times the pos",
    ),
    "random": ("    x = x * np.random.default_rng().random()", "other numbers when it is called again"),
    "NaN": ("    x = x * np.nan", "returns NaN"),
    "not linear": ("    x = np.tanh(x)", "is not linear"),
    "a constant": ("    x = x + 1", "is not linear"),
    "another token": ("    x = x + x.sum(0, keepdims=True)", "depends on the others"),
    "another head": ("    x = x + x.sum(1, keepdims=True)", "depends on the others"),
    "one head alone": ("    x = x * np.arange(1, x.shape[1] + 1)[None, :, None]", "one head otherwise"),
    "no positions": ("    positions = 0 * positions", "the same at every position"),
    "a phase": ("    positions = positions + 1", "the angle has a phase"),
    "three lanes": ("    x = x + 0.5 * np.roll(x, 1, -1)", "is not written to one place|no pairs of lanes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_layout_is_said_to_be_none(name: str, tmp_path: Path) -> None:
    """Exit code 1, with what it does instead, and the position where it does so at some alone."""
    line, message = REFUSED[name]
    source = f"def f(x, positions):\n{line}\n    return half(x, positions[:, None, None] * freqs(x.shape[-1]))"
    with pytest.raises(NotALayout, match=message):
        measured(tmp_path, source, "f(x[t, h, d], p[t])")


def test_two_kernels_for_q_and_k(tmp_path: Path) -> None:
    """A key that turns the other way is no table of one kernel."""
    with pytest.raises(NotALayout, match="turns q and k differently"):
        measured(tmp_path, "def f(q, k, positions):\n    a = positions[:, None, None] * freqs(q.shape[-1])\n"
                 "    return half(q, a), half(k, -a)")


@pytest.mark.parametrize("last", ["return x", "return None"])
def test_changes_in_place_are_told(last: str, tmp_path: Path) -> None:
    """Measured on copies, also where nothing is returned."""
    case = measured(tmp_path, "def f(x, positions):\n"
                    f"    x[...] = half(x, positions[:, None, None] * freqs(x.shape[-1]))\n    {last}")
    assert rows(HALVES, BASE) == case["pairs"]
    assert "it changes its vectors in place; copies were measured" in case["notes"]


def test_ways_that_differ_are_refused(tmp_path: Path) -> None:
    """Heads first it has another base than tokens first: which is meant has to be said, and then is measured."""
    source = "def f(x, p):\n    first = x.shape[0] == len(p)\n" \
        "    a = p[:, None, None] if first else p[None, :, None]\n" \
        "    return half(x, a * freqs(x.shape[-1], 100 if first else 1000))"
    with pytest.raises(InputError, match=r"differ in what comes out: .*; tokens and heads cannot be told apart"):
        measured(tmp_path, source)
    assert rows(HALVES, BASE) == measured(tmp_path, source, "f(x[t, h, d], p)")["pairs"]
    other = [1000 ** (-2 * j / WIDTH) for j in range(8)]
    assert rows(HALVES, other) == measured(tmp_path, source, "f(x[h, t, d], p)")["pairs"]


@pytest.mark.parametrize(("init", "name"), [
    ("Rotary(16, base=100)", "Rotary"), ("Rotary(dim=16, base=100)", "Rotary.rotate"),
])
def test_classes(init: str, name: str, tmp_path: Path) -> None:
    """An object is made as --init says, and called itself or by a method."""
    case = measured(tmp_path, "class Rotary:\n    def __init__(self, dim, base): self.w = freqs(dim, base)\n"
                    "    def rotate(self, x, positions): return half(x, positions[:, None, None] * self.w)\n"
                    "    def __call__(self, x, *, offset): return self.rotate(x, np.atleast_1d(offset))",
                    None, init, name, None)
    assert (16, rows(HALVES, BASE)) == (case["head_dim"], case["pairs"])


def test_a_width_of_its_own_is_found_or_told(tmp_path: Path) -> None:
    """A table of 48 pairs fits 96 lanes; of 7 pairs it fits none that is tried, and the message has them."""
    source = "W = freqs({0})\ndef f(x, positions): return half(x, positions[:, None, None] * W)"
    assert 96 == measured(tmp_path, source.format(96), head_dim=None)["head_dim"]
    with pytest.raises(InputError, match=r"heads of 64, 128, .* lanes: .* it raises ValueError: operands .* --head"):
        measured(tmp_path, source.format(14), head_dim=None)
    assert 14 == measured(tmp_path, source.format(14), head_dim=14)["head_dim"]


def test_relative_imports_and_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file inside a package is imported as part of it; a module is looked for from the current folder."""
    package = tmp_path / "own_ropes"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "basis.py").write_text(textwrap.dedent(HALF))
    (package / "rope.py").write_text(
        "from .basis import freqs, half\ndef f(x, p): return half(x, p[:, None, None] * freqs(x.shape[-1]))"
    )
    monkeypatch.chdir(tmp_path)
    for name in ("own_ropes.rope::f", "own_ropes/rope.py::f", str(package / "rope.py") + "::f"):
        table = measure_function(parse_reference(name), PLENTY, None, WIDTH)
        assert rows(HALVES, BASE) == table["cases"][0]["pairs"]


def test_the_file_is_not_imported_here(tmp_path: Path) -> None:
    """What the module does to its own process does not reach this one."""
    import os
    import sys

    measured(tmp_path, "import os, sys\nos.environ['ROPE_PROVER_TRIED'] = '1'\nsys.path.append('/nowhere')\n"
             + FOUND["tokens first"][0])
    assert ("ROPE_PROVER_TRIED" in os.environ, "/nowhere" in sys.path, "rope" in sys.modules) == (False, False, False)


ROPE = HALF + """
    def apply_rope(x, positions): return half(x, positions[:, None, None] * freqs(x.shape[-1], 10000))
    def apply_table(q, k, cos, sin): return q * cos + turn(q) * sin, k * cos + turn(k) * sin
"""


def test_commands(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`conform` and `measure function --conform` say the same; a table that was written conforms like the function."""
    Path("rope.py").write_text(textwrap.dedent(ROPE))
    spec = "transformers/half:head_dim=16"
    assert 0 == run_command(["conform", spec, "rope.py::apply_rope"])
    text = capsys.readouterr().out
    assert "CONFORMS: the layout is what was measured" in text
    assert "note       it was called as f(x[t, h, d], p[t])" in text
    assert 0 == run_command(["measure", "function", "rope.py::apply_rope", "--conform", spec, "--out", "rope.json"])
    assert text == capsys.readouterr().out
    assert 0 == run_command(["conform", spec, "rope.json"])
    assert "CONFORMS" in capsys.readouterr().out
    assert 1 == run_command(["conform", "transformers/adjacent:head_dim=16", "rope.py::apply_rope", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (False, "") == (answer["conforms"], answer["frequencies_given"])
    assert 0 == run_command(["measure", "function", "rope.py::apply_rope", "--head-dim", "16"])
    assert json.loads(capsys.readouterr().out) == json.loads(Path("rope.json").read_text())


def test_a_layout_of_several_axes_is_compared_under_a_feed(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """IMROPE with one position on t, h and w, whose sections leave no pair to e, turns halves by base 10000."""
    Path("rope.py").write_text(textwrap.dedent(ROPE))
    spec = "ggml/imrope:head_dim=16:n_rot=16:sections=3,3,2,0"
    assert 2 == run_command(["conform", spec, "rope.py::apply_rope"])
    assert "has the axes t, h, w, e, and the function was measured with one position" in capsys.readouterr().err
    for function, head in (("apply_rope", "CONFORMS: "), ("apply_table", "CONFORMS in all but the frequencies: ")):
        assert 0 == run_command(["conform", spec, f"rope.py::{function}", "--feed", "text"])
        assert capsys.readouterr().out.startswith(head)


def test_given_frequencies_are_not_said_to_conform(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A function without frequencies conforms in all but these, at any base, and a written table remembers it."""
    Path("rope.py").write_text(textwrap.dedent(ROPE))
    for base in ("10000", "500000"):
        assert 0 == run_command(["conform", f"transformers/half:head_dim=16:rope_theta={base}", "rope.py::apply_table"])
        out = capsys.readouterr().out
        assert out.startswith("CONFORMS in all but the frequencies: ")
        assert f"given its frequencies (those of transformers/half:head_dim=16:rope_theta={base}, in" in out.replace(
            "\n           ", " "
        )
    assert 0 == run_command(["measure", "function", "rope.py::apply_table", "--head-dim", "16", "--out", "t.json"])
    assert 0 == run_command(["conform", "transformers/half:head_dim=16", "t.json"])
    assert capsys.readouterr().out.startswith("CONFORMS in all but the frequencies: ")
    assert 1 == run_command(["conform", "transformers/adjacent:head_dim=16", "rope.py::apply_table"])


@pytest.mark.parametrize(("arguments", "message"), [
    (["conform", "transformers/half", "table.json", "--call", "f(x)"], "nothing is called"),
    (["measure", "function", "rope.py"], "names no function"),
    (["measure", "function", "rope::f g"], "names no function"),
    (["measure", "function", "a-b::f"], "neither a .py file nor a module"),
    (["measure", "function", "math::sin", "--call", "x"], "is no call"),
    (["measure", "function", "math::sin", "--head-dim", "5"], "expected an even number"),
    (["measure", "function", "math::sin", "--init", "sin(3)"], "is no class"),
    (["measure", "function", "math::pi"], "is a float and cannot be called"),
])
def test_bad_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, in a line that names what is wrong."""
    assert 2 == run_command(arguments)
    assert message in capsys.readouterr().err
