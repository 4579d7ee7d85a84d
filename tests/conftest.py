"""Shared helpers for the tests: small layouts, specs of test layout files, proving in one call."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prover.bits.floating import outputs
from prover.bits.machine import Machine
from prover.bits.recipe import read_recipe
from prover.claims.claim import Claim, make_claim
from prover.claims.relation import Relation
from prover.exact.angle import Angle, axis_angle
from prover.exact.number import Exact, exact
from prover.layouts.feed import Feed
from prover.layouts.layout import Layout, Pair, build_layout
from prover.layouts.loading import load
from prover.verdicts.verdict import Verdict, prove

os.environ.pop("COLUMNS", None)   # outputs are compared as they are laid out by themselves

TESTS = Path(__file__).parent
LAYOUTS = TESTS / "small_layouts"

_SYMBOLIC = """
title = "two axes"
axes  = ["t", "h"]
width = "n_rot"

[parameters]
n_rot    = {{ default = 8, require = "n_rot % 4 == 0 and n_rot > 0" }}
base     = {{ default = 10000, require = "base > 1" }}
sections = {{ default = [1, 1], whole = true, require = "min(sections) >= 0 and sum(sections) <= n_rot" }}

[pairs]
count  = "n_rot//2"
first  = "{first}"
second = "{second}"
angle  = "{angle}"
"""


def symbolic_file(path: Path, angle: str, first: str, second: str) -> str:
    """A layout file on the axes t and h with parameters n_rot, base and two sections."""
    path.write_text(_SYMBOLIC.format(angle=angle, first=first, second=second))
    return str(path)


def prove_specs(
    source: str, target: str, feeds: Sequence[str] = (), limit: str | None = None
) -> Verdict:
    """The verdict on two specs; 'tests/NAME' stands for a layout file of the tests."""
    claim = make_claim(load(spec_of(source)), load(spec_of(target)), feeds)
    return prove(claim, Relation(limit) if limit else None)


def spec_of(text: str) -> str:
    """A spec with 'tests/NAME' replaced by the path of tests/small_layouts/NAME.toml."""
    if not text.startswith("tests/"):
        return text
    name, colon, rest = text.removeprefix("tests/").partition(":")
    return f"{LAYOUTS / name}.toml{colon}{rest}"


def small_layout(
    width: int,
    pairs: Sequence[tuple[tuple[int, int], Exact | int | Fraction, Exact | int | Fraction]],
    axis: str = "p",
) -> Layout:
    """A layout on one axis from (lanes, frequency, magnitude) rows."""
    made = tuple(
        Pair(lanes, lanes, Angle.of({axis: _exact(frequency)}), None, _exact(size))
        for lanes, frequency, size in pairs
    )
    return build_layout("small", width, (axis,), "integer", made)


def _exact(value: Exact | int | Fraction) -> Exact:
    return value if isinstance(value, Exact) else exact(value)


def free_claim(source: Layout, target: Layout) -> Claim:
    """A claim about two layouts on the same axes at free positions."""
    axes = tuple(sorted(source.axes))
    places = tuple((axis, Angle.of({axis: exact(1)})) for axis in axes)
    return Claim(source, target, (Feed("free", axes, places, places),))


def by_recipe(spec: str, heads: npt.NDArray[np.float32], positions: Sequence[int]) -> npt.NDArray[np.float32]:
    """(positions, heads, head_dim): heads at text positions, e at 0, by the operations of the layout's recipe."""
    loaded = load(spec)
    places = {axis: axis_angle(axis) for axis in loaded.layout.axes}
    at = np.repeat(np.array(positions, dtype=np.int64), len(heads))
    rows = np.tile(heads.astype(np.float64), (len(positions), 1))
    machine = Machine({axis: 0 * at if axis == "e" else at for axis in places}, rows)
    lanes, _ = outputs(loaded, read_recipe(loaded), places, machine)
    return np.stack(lanes, axis=1).astype(np.float32).reshape(len(positions), *heads.shape)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """What a benchmark is, kept beside its times, for the page of figures (tests/figures.py).

    Topic: the module's docstring; what: the test's; whether it is the alternative of its group: its mark.
    """
    if isinstance(item, pytest.Function) and "benchmark" in item.funcargs:
        item.funcargs["benchmark"].extra_info.update(
            topic=_first_paragraph(item.module.__doc__),
            what=_first_paragraph(item.function.__doc__),
            is_alternative=item.get_closest_marker("alternative") is not None,
        )


def _first_paragraph(documentation: str | None) -> str:
    """The first paragraph of a docstring in one line, without the stop at its end."""
    return " ".join(inspect.cleandoc(documentation or "").partition("\n\n")[0].split()).removesuffix(".")


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
