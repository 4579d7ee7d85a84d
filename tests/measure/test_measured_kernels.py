"""The shipped layouts against tables measured from the kernels of some thirty other projects.

`measured/kernels/*.json` hold what the real code was seen to do to every lane, and `measured/kernel-specs.json`
the spec that each entry must equal. Some entries have a second spec, of the project itself, that is the same.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from prover.exact.number import exact
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import Measured, read_measured

MEASURED = Path(__file__).parent.parent / "measured"
SPECS = json.loads((MEASURED / "kernel-specs.json").read_text())
ROWS = [
    pytest.param(table, entry, spec, id=f"{table}-{entry}-{kind[:1]}")
    for kind, tables in SPECS.items()
    for table, entries in tables.items()
    for entry, spec in entries.items()
]


@cache
def measured(table: str) -> dict[str, Measured]:
    """All measured entries of one file, by name."""
    return read_measured(MEASURED / "kernels" / f"{table}.json")


@cache
def layout_of(spec: str) -> Layout:
    """The layout of a spec, expanded once."""
    return load(spec).layout


@pytest.mark.parametrize(("table", "entry", "spec"), ROWS)
def test_the_layout_is_what_was_measured(table: str, entry: str, spec: str) -> None:
    """Pairs, axes, directions, frequencies, magnitudes and lanes that pass are those of the real kernel."""
    assert () == conform(layout_of(spec), measured(table)[entry]).differences


@pytest.mark.slow
@pytest.mark.parametrize(("table", "entry", "spec"), ROWS)
def test_one_changed_pair_is_noticed(table: str, entry: str, spec: str) -> None:
    """Negative control: a single frequency off by a thousandth does not conform."""
    layout = layout_of(spec)
    pairs = list(layout.pairs)
    index = max(i for i, pair in enumerate(pairs) if pair.angle.frequencies)
    pairs[index] = replace(pairs[index], angle=pairs[index].angle.scaled(exact(Fraction(1001, 1000))))
    assert not conform(replace(layout, pairs=tuple(pairs)), measured(table)[entry]).conforms


@pytest.mark.parametrize("table", SPECS["table to entry to spec"])
def test_every_entry_has_a_spec(table: str) -> None:
    """No measured entry is left out."""
    assert sorted(measured(table)) == sorted(SPECS["table to entry to spec"][table])


def test_every_table_has_specs() -> None:
    """No measured file of these projects is left out; those of vLLM and SGLang have rows of their own."""
    engines = ("vllm", "sglang")
    files = {path.stem for path in (MEASURED / "kernels").glob("*.json")}
    assert {name for name in files if not name.startswith(engines)} == set(SPECS["table to entry to spec"])
