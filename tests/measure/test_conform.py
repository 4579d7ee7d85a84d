"""`conform`: each kind of difference is named, hostile files are refused, and the exit codes are kept."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prover.commands.cli import run_command
from prover.errors import InputError
from prover.exact.number import exact
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode, read_measured

SPEC = "transformers/half:head_dim=6:partial_rotary_factor=2/3:rope_theta=100"
TABLE: dict[str, Any] = {
    "id": "small", "head_dim": 6, "axes": ["pos"], "pairs": [[0, 2, 0, 1, 1.0], [1, 3, 0, 1, 0.1]],
    "passthrough": [4, 5], "scale": {"1.0": "all"}, "output_permutation": None,
}
GGML: dict[str, Any] = {
    "head_dim": 6, "pairs": [[0, 2], [1, 3]], "axis": "pp", "sign": 1, "freq": [1.0, 0.1], "scale": 1.0,
    "passthrough": [4, 5],
}


def differences(table: dict[str, Any], spec: str = SPEC) -> list[tuple[str, tuple[int, ...]]]:
    """Kind and lanes of every difference."""
    return [(d.kind, d.lanes) for d in conform(load(spec).layout, decode("x", table, "x")).differences]


@pytest.mark.parametrize("table", [TABLE, GGML], ids=["transformers", "ggml"])
def test_agreement(table: dict[str, Any]) -> None:
    """A table of what the layout does conforms in both formats."""
    assert [] == differences(table)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"pairs": [[0, 2, 0, 1, 1.0], [1, 3, 0, 1, 0.1001]]}, [("frequency", (1, 3))]),
        ({"pairs": [[0, 2, 0, 1, 1.0], [1, 3, 0, -1, 0.1]]}, [("sign", (1, 3))]),
        ({"pairs": [[0, 2, 0, 1, 1.0], [3, 1, 0, 1, 0.1]]}, [("sign", (1, 3))]),
        ({"pairs": [[0, 2, 0, 1, 1.0], [3, 1, 0, -1, 0.1]]}, []),
        ({"axes": ["t", "pos"], "pairs": [[0, 2, 1, 1, 1.0], [1, 3, 0, 1, 0.1]]}, [("axis", (1, 3))]),
        ({"axes": ["t", "pos"], "pairs": [[0, 2, 1, 1, 1.0], [1, 3, [0, 1], None, [0.5, 0.1]]]}, [("axis", (1, 3))]),
        ({"pairs": [[0, 3, 0, 1, 1.0], [1, 2, 0, 1, 0.1]]},
         [("pair", (0, 2)), ("pair", (0, 3)), ("pair", (1, 2)), ("pair", (1, 3))]),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "passthrough": [1, 3, 4, 5]},
         [("pass-through", (1,)), ("pass-through", (3,)), ("pair", (1, 3))]),
        ({"scale": {"1.1": "all"}}, [("magnitude", (0, 2)), ("magnitude", (1, 3))]),
        ({"scale": {"1.0": "all", "1.1": [3]}}, [("magnitude", (1, 3))]),
        ({"output_permutation": [0, 2, 1, 3, 4, 5]}, [("write", (0, 2)), ("write", (1, 3))]),
        ({"output_permutation": [0, 1, 2, 3, 5, 4]}, [("pass-through", (4,)), ("pass-through", (5,))]),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "non_rotation_pairs": [[1, 3, [0.1], [0.2]]]}, [("frequency", (1, 3))]),
        ({"head_dim": 7, "passthrough": [4, 5, 6]}, [("width", ()), ("pass-through", (6,))]),
        ({"scale": {"1.0": "all", "7": [4]}}, [("magnitude", (4,))]),
        ({"scale": {"1.0": "all", "0": [4, 5]}}, [("magnitude", (4,)), ("magnitude", (5,))]),
        ({"scale": {"1.0": [0, 1, 2, 3, 4], "-1": [5]}}, [("magnitude", (5,))]),
        ({"scale": {"1.0": [0, 1, 2, 3, 4, 5]}}, []),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "general_pairs": [[1, 3, [0.1], [0.1], [0.1], [0.1]]]}, []),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "general_pairs": [[1, 3, [-0.1], [0.1], [0.1], [0.1]]]}, []),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "general_pairs": [[3, 1, [0.1], [-0.1], [-0.1], [0.1]]]}, []),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "general_pairs": [[1, 3, [0.1], [-0.1], [0.1], [0.1]]]}, [("sign", (1, 3))]),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "general_pairs": [[1, 3, [0.1], [0.1], [0.2], [0.1]]]},
         [("frequency", (1, 3))]),
        ({"pairs": [[0, 2, 0, 1, 1.0]], "general_pairs": [[1, 3, [0.1], [0.1], [0.1], [0]]]}, [("axis", (1, 3))]),
    ],
)
def test_each_kind_of_difference_is_named(change: dict[str, Any], expected: list[tuple[str, tuple[int, ...]]]) -> None:
    """What differs is told by its kind and its lanes, and nothing else is."""
    assert expected == differences(TABLE | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"head_dim": "6"}, "Expected 'int', got 'str'"),
        ({"head_dim": True}, "Expected 'int', got 'bool'"),
        ({"head_dim": 0}, "is 0, expected 1 to 65536"),
        ({"head_dim": 10**12}, "is 1000000000000, expected 1 to 65536"),
        ({"is_rotation": False}, "is false, but 0 pairs are listed that have several angles"),
        ({"pairs": [[0, 2, 0, 1, 1e300], [1, 3, 0, 1, 0.1]]}, "not a number that a kernel can have"),
        ({"pairs": [[0, 2, 0, 1, 1.0], [1, 2, 0, 1, 0.1]]}, "lane 2 is read twice"),
        ({"pairs": [[0, 9, 0, 1, 1.0]]}, "lane 9 does not exist"),
        ({"pairs": [[0, -1, 0, 1, 1.0]]}, "lane -1 does not exist"),
        ({"pairs": [[0, 2, 5, 1, 1.0], [1, 3, 0, 1, 0.1]]}, "do not fit 1 axes"),
        ({"passthrough": [4]}, "lane 5 is not read"),
        ({"scale": {"much": "all"}}, "'much' is no number"),
        ({"scale": {"1.0": [0, 1, 2, 3]}}, "lane 4 has no scale"),
        ({"scale": {}}, "lane 0 has no scale"),
        ({"scale": {"1.0": "all", "2.0": "all"}}, "nor the only 'all'"),
        ({"scale": {"1.0": "all", "2.0": [9]}}, "lane 9 does not exist"),
        ({"scale": {"1.0": [0, 1, 2, 3, 4, 5], "2.0": [5]}}, "lane 5 has two scales"),
        ({"general_pairs": [[4, 5, [0.1], [0.1], [0.1, 1], [0.1]]]}, "one frequency for each"),
        ({"scale": {"nan": "all"}}, "nan is not a number that a kernel can have"),
        ({"output_permutation": [0, 0, 1, 2, 3, 4]}, "is no permutation of the 6 lanes"),
        ({"axes": [str(i) for i in range(9)]}, "9 axes; at most 8"),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    change: dict[str, Any], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, with file, entry and what is wrong."""
    path = tmp_path / "measured.json"
    path.write_text(json.dumps({"cases": [TABLE | change]}))
    assert InputError.exit_code == run_command(["conform", SPEC, str(path)])
    told = capsys.readouterr().err
    assert message in told
    assert "entry small" in told


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"cases": 3}', '{"cases": [{}]}', '{"cases": []}', "[" * 100_000, '{"configs": {"a": NaN}}',
     '{"cases": [{"id": "a"}, {"id": "a"}]}', '{"entries": {"a": 1}}'],
    ids=lambda text: text[:30],
)
def test_a_file_that_is_no_table_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the file holds, it is told in one line with exit code 2."""
    path = tmp_path / "measured.json"
    path.write_text(text)
    assert 2 == run_command(["conform", SPEC, str(path)])
    assert "error:" in capsys.readouterr().err


def test_output_and_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 and 1 as everywhere; text and JSON say the same; several entries ask for a name."""
    path = tmp_path / "measured.json"
    wrong = TABLE | {"id": "wrong", "scale": {"2.0": "all"}}
    path.write_text(json.dumps({"cases": [TABLE, wrong]}))
    assert 2 == run_command(["conform", SPEC, str(path)])
    assert "Name one with --entry: small, wrong" in capsys.readouterr().err
    assert 0 == run_command(["conform", SPEC, str(path), "--entry", "small"])
    assert "CONFORMS" in capsys.readouterr().out
    assert 1 == run_command(["conform", SPEC, str(path), "--entry", "wrong"])
    assert "magnitude: lanes 0, 2: 1; measured 2" in capsys.readouterr().out
    assert 1 == run_command(["conform", SPEC, str(path), "--entry", "wrong", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("rope-prover/conform/1", False, "numeric only") == (found["schema"], found["conforms"], found["strength"])
    assert [{"kind": "magnitude", "lanes": [0, 2], "layout": "1", "measured": "2"}] == found["differences"][:1]


def test_the_largest_error_is_told() -> None:
    """One frequency a hair off: within the tolerance, and named as the largest."""
    table = TABLE | {"pairs": [[0, 2, 0, 1, 1.0], [1, 3, 0, 1, 0.1 * (1 + 2e-7)]]}
    found = conform(load(SPEC).layout, decode("x", table, "x"))
    assert found.conforms
    assert (1, 3) == found.largest_at
    assert 1.9e-7 < found.largest_error < 2.1e-7 < found.allowed_there


def test_both_formats_of_a_file_are_read() -> None:
    """The stored tables decode whole."""
    folder = Path(__file__).parent.parent / "measured"
    assert 43 == len(read_measured(folder / "ggml.json"))
    assert 70 == len(read_measured(folder / "transformers.json"))


@pytest.mark.parametrize("factor", [1, 8, 2048, 1e5])
@pytest.mark.parametrize("kind", ["yarn", "llama3"])
def test_a_file_cannot_widen_what_is_allowed(kind: str, factor: float) -> None:
    """What the file says of its model changes nothing: a pair off by a ten-thousandth differs, by a hundredth too."""
    config = {"rope_type": kind, "factor": factor, "rope_parameters": {"rope_type": kind, "factor": factor}}
    for off in (1e-4, 4e-4, 1e-2):
        pairs = [[0, 2, 0, 1, 1.0], [1, 3, 0, 1, 0.1 * (1 + off)]]
        assert [("frequency", (1, 3))] == differences(TABLE | {"pairs": pairs, "config": config})
    wrong = GGML | {"freq": [1.0, 0.10004], "freq_scale": 1 / factor, "ext_factor": 1.0}
    assert [("frequency", (1, 3))] == differences(wrong)


def test_what_is_allowed_follows_from_the_layouts_pair() -> None:
    """12 roundings, and 3 for each e-fold of the layout's frequency; a grid of real positions adds 64."""
    table = TABLE | {"pairs": [[0, 2, 0, 1, 1.0], [1, 3, 0, 1, 0.1 * (1 + 9e-7)]]}
    found = conform(load(SPEC).layout, decode("x", table, "x"))
    assert found.allowed_there == pytest.approx((12 + 3 * math.log(10)) * 2**-24)
    assert found.conforms
    assert not conform(load(SPEC).layout, decode("x", GGML | {"freq": [1.0, 0.1 * (1 + 9e-7)]}, "x")).conforms


def test_a_pair_that_does_not_turn_is_compared_in_its_magnitude() -> None:
    """transformers' proportional rule scales lanes that never turn too; a table that has 1 for them differs."""
    layout = load("transformers/proportional:head_dim=4:partial_rotary_factor=0.5").layout
    louder = replace(layout, pairs=tuple(replace(pair, magnitude=exact(2)) for pair in layout.pairs))
    table = TABLE | {"head_dim": 4, "pairs": [[0, 2, 0, 1, 1.0]], "passthrough": [1, 3]}
    for scale, expected in (
        ({"2.0": "all"}, [("magnitude", (1,)), ("magnitude", (3,))]),
        ({"2.0": [0, 1, 2, 3]}, []),
    ):
        found = conform(louder, decode("x", table | {"scale": scale}, "x"))
        assert expected == [(d.kind, d.lanes) for d in found.differences]
