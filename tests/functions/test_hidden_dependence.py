"""Functions that depend on more than a vector and its position: nothing is said of them that holds in part alone."""

from __future__ import annotations

import json
import os
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.functions.frames import FrameError, unpack
from prover.functions.limits import Limits
from prover.functions.measuring import measure_function
from prover.functions.plan import Given
from prover.functions.reference import parse_reference
from prover.functions.removal import remove_tree
from prover.measure.probe import NotALayout

PLENTY = Limits(seconds=120, memory=4 << 30)
WIDTH = 16
HALF = """
    import numpy as np
    def freqs(d, base=10000):
        return base ** (-np.arange(0, d, 2) / d)
    def half(x, positions, w):
        angles = np.asarray(positions)[..., None, None] * w
        c, s = np.cos(angles), np.sin(angles)
        d = x.shape[-1] // 2
        a, b = x[..., :d], x[..., d:]
        return np.concatenate([a * c - b * s, a * s + b * c], -1)
    def plain(x, positions):
        return half(x, positions, freqs(x.shape[-1]))
"""


def file_of(folder: Path, source: str) -> str:
    """A file with this source, as a person names its function f."""
    path = folder / "rope.py"
    path.write_text(textwrap.dedent(HALF) + textwrap.dedent(source))
    return f"{path}::f"


def measured(folder: Path, source: str, call: str | None = None, given: Given | None = None) -> dict[str, Any]:
    """The entry of the function in this source."""
    found = measure_function(parse_reference(file_of(folder, source)), PLENTY, call, WIDTH, given)
    entry: dict[str, Any] = found["cases"][0]
    return entry


HIDDEN = {
    "how often it was called, while a call was looked for": (
        """
        calls = 0
        def f(x, positions):
            global calls
            calls += 1
            return half(x, positions, freqs(x.shape[-1], 10000 if calls < 12 else 500000))
        """, "remembers its calls: at position [123] it was",
    ),
    "the longest call so far": (
        """
        longest = 0
        def f(x, positions):
            global longest
            longest = max(longest, int(np.max(positions)) + 1)
            base = 10000 * max(1, 4 * longest / 2048 - 3) ** (x.shape[-1] / (x.shape[-1] - 2))
            return half(x, positions, freqs(x.shape[-1], base))
        """, "remembers its calls: at position [123] it was",
    ),
    "the length of the call": (
        "def f(x, positions): return plain(x, positions * (1 if len(x) <= 4096 else 0.25))",
        "depends on how many tokens a call has: of 8193, that at position 1 is",
    ),
    "the length of a call from one position on": (
        "def f(x, offset): return plain(x, np.arange(offset, offset + len(x)) * (1 if len(x) <= 4096 else 0.25))",
        "depends on how many tokens a call has: of 8193, that at position 1 is",
    ),
    "q in k": (
        """
        def turned(x):
            return np.concatenate([-x[..., x.shape[-1] // 2 :], x[..., : x.shape[-1] // 2]], -1)
        def f(q, k, cos, sin):
            return q * cos + turned(k) * sin, k * cos + turned(q) * sin
        """, "of one of its vectors what depends on the other",
    ),
    "the place in the call": (
        """
        def f(x, offset):
            out = plain(x, int(offset))
            out[..., 1:, :] = plain(x, -int(offset))[..., 1:, :]
            return out
        """, "neither alike nor as positions that count on|one head otherwise",
    ),
    "the length that it is told": (
        "def f(x, positions, seq_len): return plain(x, positions * (1 if seq_len <= 2048 else 0.25))",
        "no fixed frequency times the position",
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_depends_on_more_is_no_layout(name: str, tmp_path: Path) -> None:
    """Exit code 1, and what it depends on."""
    source, message = HIDDEN[name]
    with pytest.raises(NotALayout, match=message):
        measured(tmp_path, source)


@pytest.mark.parametrize("source", [
    "def f(x, offset): return plain(x, np.arange(offset, offset + x.shape[0]))",
    "def f(x, offset): return plain(x, np.full(x.shape[0], int(offset)))",
    "def f(q, k, positions): return plain(k, positions), plain(q, positions)",
    "cache = []\ndef f(x, positions):\n    global cache\n    if len(cache) <= max(positions): cache = "
    "np.arange(max(positions) + 1)\n    return plain(x, cache[positions])",
], ids=["counts on", "one for all", "k before q", "a cache that grows"])
def test_what_does_not_is_measured(source: str, tmp_path: Path) -> None:
    """The same formula, 10000 to the power of -2j/16, in each of them."""
    case = measured(tmp_path, source)
    expected = [[j, j + 8, 0, 1, pytest.approx(10000 ** (-2 * j / 16), rel=1e-8)] for j in range(8)]
    assert expected == case["pairs"]


BASED = "def f(x, positions, base): return half(x, positions, freqs(x.shape[-1], base))"


def test_a_base_that_is_an_argument_is_no_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The base is the one that was given, unless the call says it; no layout is proved of it and none compared."""
    function = file_of(tmp_path, BASED)
    assert 0 == run_command(["identify", function, "--head-dim", "16", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("base 10000", None, []) == (found["frequencies_given"], found["base"], found["hypotheses"])
    assert "it was given base 10000 as an argument" in found["notes"]
    assert 3 == run_command(["prove", "ggml/neox:head_dim=16", function, "--head-dim", "16"])
    assert 2 == run_command(["conform", "ggml/neox:head_dim=16:base=500", function])
    assert "takes its base as an argument" in capsys.readouterr().err
    said = ["--call", "f(x, p, 500)"]
    assert 0 == run_command(["conform", "ggml/neox:head_dim=16:base=500", function, *said])
    assert 1 == run_command(["conform", "ggml/neox:head_dim=16:base=10000", function, *said])
    capsys.readouterr()
    assert 0 == run_command(["identify", function, "--head-dim", "16", "--json", *said])
    found = json.loads(capsys.readouterr().out)
    assert ("500", None) == (found["base"], found["frequencies_given"])


def test_a_width_that_is_an_argument_is_told(tmp_path: Path) -> None:
    """How many lanes turn is then what was given."""
    case = measured(tmp_path, "def f(x, positions, rotary_dim): return half(x, positions, freqs(rotary_dim))")
    assert "it was given head_dim 16 as an argument" in case["notes"]


def test_theta_beside_positions_is_asked_for(tmp_path: Path) -> None:
    """A base and a row of frequencies both work where the other is meant, so neither is tried."""
    source = "def f(x, positions, theta): return half(x, positions, freqs(x.shape[-1], theta))"
    with pytest.raises(InputError, match="do not say what to call it with"):
        measured(tmp_path, source)
    case = measured(tmp_path, source, "f(x, p, 100)")
    assert [pytest.approx(100 ** (-2 * j / 16), rel=1e-8) for j in range(8)] == [row[-1] for row in case["pairs"]]
    assert "" == case["frequencies_given"]


def test_deep_and_closed_folders_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders deeper than Python recurs, or that nobody may write to, with names in use; no link is followed."""
    kept, folder = tmp_path / "kept", tmp_path / "own"
    kept.mkdir()
    (kept / "file").touch()
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    for name in ("0", "1"):
        (folder / name / "1" / "0").mkdir(parents=True)
        (folder / name / "1" / "0" / "file").touch()
        (folder / name / "1").chmod(0)
    monkeypatch.chdir(folder)
    for _ in range(1500):
        os.mkdir("deep")
        os.chdir("deep")
    os.chdir(tmp_path)
    remove_tree(str(folder))
    remove_tree(str(folder))
    assert (["kept"], ["file"]) == (os.listdir(tmp_path), os.listdir(kept))


def test_a_deep_folder_of_a_function_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is measured, and its folder is gone."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    case = measured(tmp_path, """
        import os, tempfile
        os.chdir(tempfile.gettempdir())
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        os.chdir("/")
        def f(x, positions): return plain(x, positions)
    """)
    assert (8, []) == (len(case["pairs"]), os.listdir(place))


@pytest.mark.parametrize("shape", [[1 << 40, 1 << 40, 0], [0, *[1 << 40] * 7]])
def test_empty_shapes_that_are_too_large(shape: list[int]) -> None:
    """No numbers at all, and lengths that NumPy refuses: no frame."""
    header = re.sub(rb"\[\[0\]\]", json.dumps([shape]).encode(), json.dumps({"shapes": [[0]]}).encode())
    with pytest.raises(FrameError, match="a shape that is none"):
        unpack(header, b"")


@pytest.mark.parametrize(("line", "message"), [
    ("positions = np.where(positions == 5000, 4999, positions)", "at position 5000 it is .* from its own table|"
     "depends on how many tokens a call has: of 8193, that at position 5000"),
    ("positions = np.where(positions == 30011, 30010, positions)", "at position 30011 it is .* from its own table"),
    ("positions = np.where((positions >= 300) & (positions < 310), np.nan, positions)",
     "returns NaN or infinity at position 300, and works further out"),
    ("if 5000 in np.asarray(positions): raise ValueError('no 5000')",
     "raises ValueError: no 5000 .* at position 5000, and works further out"),
])
def test_one_position_among_all(line: str, message: str, tmp_path: Path) -> None:
    """A function that fails, or is something else, at one position only is refused with that position."""
    with pytest.raises(NotALayout, match=message):
        measured(tmp_path, f"def f(x, positions):\n    {line}\n    return plain(x, positions)\n")


@pytest.mark.parametrize(("source", "note"), [
    ("def f(q, k, positions): return plain(k, positions), plain(q, positions)",
     "it returns what becomes of its last vectors before what becomes of its first ones"),
    ("def f(x, p):\n    p = np.broadcast_to(p, (3, *p.shape[-1:]))[[0, 0, 0, 1, 1, 2, 2, 2]]\n"
     "    a = (p.T * freqs(x.shape[-1]))[:, None]\n    c, s = np.cos(a), np.sin(a)\n    u, v = x[..., :8], x[..., 8:]\n"
     "    return np.concatenate([u * c - v * s, u * s + v * c], -1)", "it takes positions on 3 axes as well"),
])
def test_what_else_a_function_takes_is_told(source: str, note: str, tmp_path: Path) -> None:
    """Outputs in another order, and positions on several axes, are told; a plain function has no such note."""
    assert any(note in each for each in measured(tmp_path, source)["notes"])
    plain = measured(tmp_path, "def f(q, k, positions): return plain(q, positions), plain(k, positions)")
    assert not any(note in each for each in plain["notes"])


def test_what_makes_tables_is_no_rotation(tmp_path: Path) -> None:
    """A module's forward that takes vectors for their type alone, and returns cosines and sines, is told as such."""
    with pytest.raises(NotALayout, match="returns the same whatever its vectors are"):
        measured(tmp_path, "def f(x, positions):\n    a = np.tile(positions[:, None] * freqs(x.shape[-1]), 2)\n"
                           "    return np.broadcast_to(np.cos(a)[:, None], x.shape)")


def test_a_parameter_that_says_nothing_is_named(tmp_path: Path) -> None:
    """Where no call can be guessed, the parameters whose names say nothing are."""
    with pytest.raises(InputError, match=r"what is 'mrope_section'\?"):
        measured(tmp_path, "def f(q, k, cos, sin, mrope_section, unsqueeze_dim=1): return q, k")
