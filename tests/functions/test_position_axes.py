"""Functions with positions on several axes: the axis of each pair is the one of its formula."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.functions.calls import parse_call
from prover.functions.limits import Limits
from prover.functions.measuring import measure_function
from prover.functions.reference import parse_reference
from prover.measure.probe import NotALayout

PLENTY = Limits(seconds=120, memory=4 << 30)
WIDTH = 16
ROPES = """
    import numpy as np

    def half(x, angles):
        c, s = np.cos(angles), np.sin(angles)
        d = x.shape[-1] // 2
        a, b = x[..., :d], x[..., d:]
        return np.concatenate([a * c - b * s, a * s + b * c], -1)

    def turn(x):
        d = x.shape[-1] // 2
        return np.concatenate([-x[..., d:], x[..., :d]], -1)

    def powers(count):
        return 100.0 ** (-np.arange(count) / count)

    def blocks(first, second, d):
        # A quarter of the lanes each: first axis, then second, as vision towers have it.
        w = powers(d // 4)
        return np.concatenate([np.asarray(first)[..., None] * w, np.asarray(second)[..., None] * w], -1)

    def sections(p, d):
        # p: [3, tokens]; pairs 0 1 2 by t, 3 4 by h, the rest by w: one row of frequencies for all, as in mrope.
        axis = np.array([0, 0, 0, 1, 1, 2, 2, 2])
        return p[axis].T * powers(d // 2)
"""
TWO = [(j, j + 8, j // 4, 100.0 ** (-(j % 4) / 4)) for j in range(8)]
THREE = [(j, j + 8, (0, 0, 0, 1, 1, 2, 2, 2)[j], 100.0 ** (-j / 8)) for j in range(8)]
# Of tables that are made for a function, of base 10000, in the sections 3, 2, 3.
GIVEN = [(j, j + 8, (0, 0, 0, 1, 1, 2, 2, 2)[j], 10000.0 ** (-j / 8)) for j in range(8)]
# Source, what is said of the call, the call that is found, axes, expected pairs.
FOUND: dict[str, tuple[str, str | None, str, list[str], list[Any]]] = {
    "rows": (
        "def f(x, pos_ids): return half(x, blocks(pos_ids[:, 0], pos_ids[:, 1], x.shape[-1])[:, None])",
        None, "f(x[t, h, d], p[t, 2])", ["h", "w"], TWO,
    ),
    "columns": (
        "def f(x, positions):\n    h, w = positions\n    return half(x, blocks(h, w, x.shape[-1])[:, None])",
        None, "f(x[t, h, d], p[2, t])", ["h", "w"], TWO,
    ),
    "second axis first": (
        "def f(x, positions):\n    h, w = positions\n    return half(x, blocks(w, h, x.shape[-1])[:, None])",
        None, "f(x[t, h, d], p[2, t])", ["h", "w"], [(a, b, 1 - axis, f) for a, b, axis, f in TWO],
    ),
    "three, a batch between": (
        "def f(q, k, position_ids):\n    assert position_ids.ndim == 3 and q.ndim == 4\n"
        "    a = sections(position_ids[:, 0], q.shape[-1])\n    return half(q, a), half(k, a)",
        None, "f(q[b, h, t, d], k[b, h, t, d], p[3, b, t])", ["t", "h", "w"], THREE,
    ),
    "two arguments": (
        "def f(x, h, w): return half(x, blocks(h, w, x.shape[-1])[:, None])",
        None, "f(x[t, h, d], h[t], w[t])", ["h", "w"], TWO,
    ),
    "three arguments": (
        "def f(x, t, h, w): return half(x, sections(np.stack([t, h, w]), x.shape[-1])[:, None])",
        None, "f(x[t, h, d], t[t], h[t], w[t])", ["t", "h", "w"], THREE,
    ),
    "arguments in front, and q and k": (
        "def f(row_ids, col_ids, q, k):\n    a = blocks(row_ids, col_ids, q.shape[-1])[:, None]\n"
        "    return half(q, a), half(k, a)",
        None, "f(row[t], col[t], q[t, h, d], k[t, h, d])", ["row", "col"], TWO,
    ),
    "by keyword, one called like a vector": (
        "def f(x, y, *, x_pos): return half(x, blocks(y, x_pos, x.shape[-1])[:, None])",
        None, "f(x[t, h, d], y[t], x_pos=p(x)[t])", ["y", "x"], TWO,
    ),
    "numbers": (
        "def f(v, h, w): return half(v, blocks(float(h), float(w), len(v)))",
        None, "f(x[d], position(h), position(w))", ["h", "w"], TWO,
    ),
    "names that are said": (
        "def f(x, p): return half(x, blocks(p[:, 0], p[:, 1], x.shape[-1])[:, None])",
        "f(x, p(w, h)[t, 2])", "f(x[t, h, d], p(w, h)[t, 2])", ["w", "h"], TWO,
    ),
    "tables as Qwen2-VL takes them": (
        "def f(q, k, cos, sin, mrope_section, unsqueeze_dim=1):\n    ends = np.cumsum(mrope_section * 2)[:-1]\n"
        "    cos, sin = (np.concatenate([part[i % 3] for i, part in enumerate(np.split(table, ends, axis=-1))], -1)\n"
        "                for table in (cos, sin))\n    assert cos.ndim == 3\n"
        "    cos, sin = np.expand_dims(cos, unsqueeze_dim), np.expand_dims(sin, unsqueeze_dim)\n"
        "    return q * cos + turn(q) * sin, k * cos + turn(k) * sin",
        "f(q, k, cos[3, b, t, d], sin[3, b, t, d], mrope_section=[3, 2, 3])",
        "f(q[b, h, t, d], k[b, h, t, d], cos[3, b, t, d], sin[3, b, t, d], mrope_section=[3, 2, 3])",
        ["t", "h", "w"], GIVEN,
    ),
    "a table for each axis": (
        "def f(x, cos_h, sin_h, cos_w, sin_w):\n    c = np.concatenate([cos_h, cos_w], -1)[:, None]\n"
        "    s = np.concatenate([sin_h, sin_w], -1)[:, None]\n    a, b = x[..., :8], x[..., 8:]\n"
        "    c, s = c[..., [0, 1, 2, 3, 12, 13, 14, 15]], s[..., [0, 1, 2, 3, 12, 13, 14, 15]]\n"
        "    return np.concatenate([a * c - b * s, a * s + b * c], -1)",
        "f(x[t, h, d], cos_half(h)[t, f], sin_half(h)[t, f], cos_half(w)[t, f], sin_half(w)[t, f])",
        "f(x[t, h, d], cos_half(h)[t, f], sin_half(h)[t, f], cos_half(w)[t, f], sin_half(w)[t, f])", ["h", "w"],
        [(j, j + 8, j // 4, 10000.0 ** (-j / 8)) for j in range(8)],
    ),
}


def file_of(folder: Path, source: str) -> str:
    """A file with this source, as a person names its function f."""
    path = folder / "rope.py"
    path.write_text(textwrap.dedent(ROPES) + source)
    return f"{path}::f"


def measured(folder: Path, source: str, call: str | None = None) -> dict[str, Any]:
    """The entry of the function in this source."""
    entry: dict[str, Any] = measure_function(parse_reference(file_of(folder, source)), PLENTY, call, WIDTH)["cases"][0]
    return entry


@pytest.mark.parametrize("name", FOUND)
def test_the_axis_of_each_pair(name: str, tmp_path: Path) -> None:
    """How it is called, what its axes are, and which turns a pair by which frequency."""
    source, said, called, axes, expected = FOUND[name]
    case = measured(tmp_path, source, said)
    assert (called, axes) == (case["called"], case["axes"])
    assert [[a, b, axis, 1, pytest.approx(f, rel=1e-8)] for a, b, axis, f in expected] == case["pairs"]
    assert called == measured(tmp_path, source, called)["called"]


def test_pairs_of_several_axes(tmp_path: Path) -> None:
    """A pair that turns by h and by w has a frequency for each, the second against the first."""
    case = measured(tmp_path, "def f(x, h, w): return half(x, (h[:, None] * powers(8) - 0.5 * w[:, None])[:, None])")
    assert [[j, j + 8, [0, 1], None, [pytest.approx(100 ** (-j / 8)), pytest.approx(-0.5)]] for j in range(8)] \
        == case["pairs"]


def test_which_part_is_which_axis_is_told(tmp_path: Path) -> None:
    """Of positions in one array by their index; arguments of their own have the name in the call."""
    assert "axis h is p[0, :], axis w is p[1, :]" in measured(tmp_path, FOUND["columns"][0])["notes"]
    assert not any("axis" in note for note in measured(tmp_path, FOUND["two arguments"][0])["notes"])


@pytest.mark.parametrize(("line", "message"), [
    ("h = np.where(w > 20, 2 * h, h)", r"at \(3.0, 5.0\), \(40.0, 9.0\)|from its own table"),
    ("h = h * (1 + (w == 65536 // 3))", "from its own table"),
    ("h = h * np.where(w == 65536, 1, 1 + (w > 0))", "fixed frequency times the position"),
])
def test_axes_that_depend_on_each_other(line: str, message: str, tmp_path: Path) -> None:
    """What turns by the product of two positions, or changes with the other one, is no layout."""
    with pytest.raises(NotALayout, match=message):
        measured(tmp_path, f"def f(x, h, w):\n    {line}\n    return half(x, blocks(h, w, x.shape[-1])[:, None])")


def test_one_axis_stays_one(tmp_path: Path) -> None:
    """A function that takes a position for each token is not taken for one with several."""
    case = measured(tmp_path, "def f(x, positions): return half(x, positions[:, None, None] * powers(8))")
    assert ("f(x[t, h, d], p[t])", ["p"]) == (case["called"], case["axes"])


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`identify` tells the axes, `conform` compares them and finds them exchanged, `prove` proves about the layout."""
    columns = FOUND["columns"][0].replace("blocks(", "base_blocks(")
    named = file_of(tmp_path, "def base_blocks(h, w, d):\n    w0 = 10000.0 ** (-np.arange(d // 4) / (d // 4))\n"
                    "    return np.concatenate([h[:, None] * w0, w[:, None] * w0], -1)\n" + columns)
    spec = "transformers/vision-chunked:head_dim=16"
    assert 0 == run_command(["conform", spec, named])
    out = capsys.readouterr().out
    assert (True, True) == (out.startswith("CONFORMS: "), "axis h is p[0, :], axis w is p[1, :]" in out)
    assert 1 == run_command(["conform", spec, named, "--call", "f(x, p(w, h)[2, t])"])
    assert "with its axes w, h taken for h, w it would conform" in capsys.readouterr().out
    assert 0 == run_command(["conform", spec, named, "--call", "f(x, p(rows, columns)[2, t])"])
    assert "its axes rows, columns were taken for h, w in this order" in capsys.readouterr().out
    assert 2 == run_command(["conform", "transformers/half:head_dim=16", named])
    assert "has the axes p, and the function, called as f(x[t, h, d], p[2, t]), has h, w" in capsys.readouterr().err
    assert 0 == run_command(["identify", named, "--head-dim", "16", "--json"])
    facts = json.loads(capsys.readouterr().out)["facts"]
    assert (["h", "w"], [*"hhhhwwww"]) == (facts["axes"], facts["axis_of_pairs"])
    assert 0 == run_command(["prove", spec, named, "--json"])
    assert "identical" == json.loads(capsys.readouterr().out)["relation"]
    assert 1 == run_command(["prove", "transformers/vision-chunked:head_dim=16:rope_theta=500", named, "--json"])


def test_positions_on_one_axis_or_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A function that takes one position for all axes too, as Qwen2-VL's for text: what is asked for decides."""
    named = file_of(tmp_path, "def f(x, p):\n    p = np.stack([p, p, p]) if p.ndim == 1 else p\n"
                    "    assert p.shape[0] == 3\n"
                    "    return half(x, (10000.0 ** (-np.arange(8) / 8) * p[[0, 0, 0, 1, 1, 2, 2, 2]].T)[:, None])")
    assert 0 == run_command(["conform", "transformers/mrope-chunked:head_dim=16:mrope_section=3,2,3", named])
    assert "it was called as f(x[t, h, d], p[3, t])" in capsys.readouterr().out
    assert 0 == run_command(["conform", "transformers/half:head_dim=16", named])
    assert "it was called as f(x[t, h, d], p[t])" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "read"), [
    ("f(x, h, w)", "f(x, h, w)"), ("f(x, h[t], w[t])", "f(x, h[t], w[t])"), ("f(x, p[t, 2])", "f(x, p[t, 2])"),
    ("f(x, p(h, w)[2, t])", "f(x, p[2, t])"), ("f(x, p(w, h)[2, b, t])", "f(x, p(w, h)[2, b, t])"),
    ("f(v=x, a=p(x)[t], b=p(y)[t])", "f(v=x, a=p(x)[t], b=y[t])"),
    ("f(x, cos(t, h, w)[3, t, d])", "f(x, cos[3, t, d])"),
    ("f(x, freqs_pairs[3, t, f, 2])", "f(x, freqs_pairs[3, t, f, 2])"), ("f(x, p, [1, 2.5])", "f(x, p, [1, 2.5])"),
    ("f(x, position(h), position(w))", "f(x, position(h), position(w))"),
])
def test_calls(text: str, read: str) -> None:
    """As they are read, and read again."""
    assert read == str(parse_call(text)) == str(parse_call(read))


@pytest.mark.parametrize(("text", "message"), [
    ("f(x, p(h, h)[t, 2])", "no table at the positions"), ("f(x, p(h, w)[t, 3])", "other axes than p"),
    ("f(x, p(h, w)[t])", "other axes than p"), ("f(x, p[2, 3])", "other axes than p"), ("f(x, h, w, p)", "of none"),
    ("f(x, h)", "the only position"), ("f(x, position(h, w))", "no table at the positions"),
    ("f(x, p(1, 2))", "no table at the positions"), ("f(x, h, w, cos)", "of none of them"),
    ("f(x, cos[2, 3, t, d])", "other axes than cos"), ("f(x, freqs_pairs[2, t, f, 2])", "are no axes"),
    ("f(x, p(a, b, c, d, e)[t, 4])", "no table at the positions"), ("f(x, p, [])", "nothing that can be made"),
    ("f(x, p, [True])", "nothing that can be made"), (f"f(x, p, {list(range(65))})", "nothing that can be made"),
])
def test_what_is_no_call(text: str, message: str) -> None:
    """Refused, and what was expected."""
    with pytest.raises(InputError, match=message):
        parse_call(text)
