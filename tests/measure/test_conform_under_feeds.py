"""`conform --feed`: kernels measured under a feed, held against layouts with more axes than the table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from measured_specs import FED, MEASURED, projects
from prover import api
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.measure.measured import read_measured

ROWS = [
    pytest.param(table, entry, *row, id=f"{table}-{entry}")
    for table, entries in FED.items() for entry, row in entries.items()
]


def file(table: str) -> str:
    """The path of a table measured under feeds."""
    return str(MEASURED / "fed" / f"{table}.json")


@pytest.mark.parametrize(("table", "entry", "spec", "feed"), ROWS)
def test_the_layout_under_the_feed_is_what_was_measured(table: str, entry: str, spec: str, feed: str) -> None:
    """A kernel that was given one number for all axes, or every third row of its table, is its layout so fed."""
    found = api.conform(spec, file(table), entry, feed=feed)
    assert (0, [], feed) == (found.exit_code, found.to_json()["differences"], found.to_json()["feed"])


@pytest.mark.parametrize(("table", "entry", "spec", "feed"), ROWS)
def test_without_the_feed_it_is_not(table: str, entry: str, spec: str, feed: str) -> None:
    """Negative control: the layout's own axes are not the token's coordinates, or not by the same numbers."""
    kinds = {row["kind"] for row in api.conform(spec, file(table), entry).to_json()["differences"]}
    assert {"frequency"} == kinds if feed == "reference" else "axis" in kinds


def test_every_entry_has_a_row() -> None:
    """No table measured under a feed is left out, nor held against another project's layout."""
    for table in (path.stem for path in (MEASURED / "fed").glob("*.json")):
        assert sorted(read_measured(Path(file(table)))) == sorted(FED[table])
        assert projects(table) >= {spec.partition("/")[0] for spec, _ in FED[table].values()}


def small(tmp_path: Path, **changes: object) -> str:
    """A table of two adjacent pairs over p, for prx: h turns the first by 1, w the second by 1."""
    entry = {"id": "a", "head_dim": 4, "axes": ["p"], "pairs": [[0, 1, 0, 1, 1.0], [2, 3, 0, 1, 1.0]],
             "passthrough": [], "scale": {"1.0": "all"}} | changes
    path = tmp_path / "small.json"
    path.write_text(json.dumps({"cases": [entry]}))
    return str(path)


@pytest.mark.parametrize(
    ("feed", "second", "expected"),
    [
        ("h=p,w=p", 1.0, set()),
        ("h=p,w=2*p", 2.0, set()),
        ("h=p,w=2*p", 1.0, {"frequency"}),
        ("h=p,w=-p", -1.0, set()),
        ("h=p,w=-p", 1.0, {"sign"}),
        ("h=p,w=p/3 + q", 1.0, {"axis"}),
        ("h=p,w=p + 1", 1.0, {"phase"}),
    ],
)
def test_angles_are_pulled_back(tmp_path: Path, feed: str, second: float, expected: set[str]) -> None:
    """A multiple of a coordinate multiplies the frequency, by hand: w is 2*p, so the second pair turns by 2."""
    table = small(tmp_path, pairs=[[0, 1, 0, 1, 1.0], [2, 3, 0, 1, second]])
    found = api.conform("diffusers/prx:axes_dim=2,2", table, feed=feed).to_json()
    assert expected == {row["kind"] for row in found["differences"]}


def test_an_axis_fed_0_passes(tmp_path: Path) -> None:
    """Lanes of an axis that gets nothing do not turn."""
    table = small(tmp_path, pairs=[[0, 1, 0, 1, 1.0]], passthrough=[2, 3])
    assert 0 == api.conform("diffusers/prx:axes_dim=2,2", table, feed="h=p,w=0").exit_code


def test_the_cause_is_one_under_the_feed(tmp_path: Path) -> None:
    """Another pairing is told as the cause where it makes the layout conform under the same feed."""
    table = small(tmp_path, pairs=[[0, 2, 0, 1, 1.0], [1, 3, 0, 1, 0.01]])
    spec = "sglang/mrope:head_size=4:mrope_section=1,1,0"
    assert 0 == api.conform(spec, table, feed="text").exit_code
    causes = api.conform(f"{spec}:is_neox_style=false", table, feed="text").to_json()["causes"]
    assert "is_neox_style" in json.dumps(causes)


@pytest.mark.parametrize(
    ("feed", "message", "advice"),
    [
        ("images", "the source diffusers/prx has no feed 'images'", "It has image, text"),
        ("h=p", "axis 'w' of diffusers/prx gets no position", "Add w="),
        ("h=p,w=p,e=0", "neither layout has an axis 'e'", "Axes: h, w"),
        ("h=p,w=p**2", "feed 'h=p,w=p**2', axis w", ""),
    ],
)
def test_a_feed_that_does_not_fit_is_an_error(tmp_path: Path, feed: str, message: str, advice: str) -> None:
    """The words are those of the other commands that take feeds."""
    with pytest.raises(InputError) as caught:
        api.conform("diffusers/prx:axes_dim=2,2", small(tmp_path), feed=feed)
    assert message in str(caught.value)
    assert advice in str(caught.value)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The feed is told; two feeds are refused."""
    asked = ["conform", "diffusers/prx:axes_dim=2,2", small(tmp_path), "--feed"]
    assert 0 == run_command([*asked, "h=p,w=p"])
    assert "feed       h=p,w=p\n" in capsys.readouterr().out
    assert 2 == run_command([*asked, "h=p,w=p", "--feed", "image"])
    assert "2 feeds; a table is measured under one" in capsys.readouterr().err
