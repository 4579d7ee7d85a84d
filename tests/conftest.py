"""Shared helpers for the tests: small layouts, specs of test layout files, proving in one call."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from prover.angle import Angle
from prover.claim import Claim, make_claim
from prover.exact import Exact, exact
from prover.feed import Feed
from prover.layout import Layout, Pair, build_layout
from prover.loading import load
from prover.relation import Relation
from prover.verdict import Verdict, prove

TESTS = Path(__file__).parent
LAYOUTS = TESTS / "layouts"


def prove_specs(
    source: str, target: str, feeds: Sequence[str] = (), limit: str = "linear"
) -> Verdict:
    """The verdict on two specs; 'tests/NAME' stands for a layout file of the tests."""
    claim = make_claim(load(spec_of(source)), load(spec_of(target)), feeds)
    return prove(claim, Relation(limit))


def spec_of(text: str) -> str:
    """A spec with 'tests/NAME' replaced by the path of tests/layouts/NAME.toml."""
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


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
