"""The shipped layouts against tables measured from the kernels of some thirty other projects.

`measured/kernels/*.json` hold what the real code was seen to do to every lane, and `measured/kernel-specs.json`
the spec of the project's own layout that each entry must equal. Some entries have a second spec, of another
project's layout, that is the same.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from measured_specs import KERNELS, MEASURED, SAME, TABLES, projects
from prover.exact.number import exact
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import Measured, read_measured

ROWS = [
    pytest.param(table, entry, spec, id=f"{table}-{entry}-{kind}")
    for kind, tables in (("own", KERNELS), ("same", SAME))
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


@pytest.mark.parametrize("table", KERNELS)
def test_every_entry_has_a_spec_of_the_projects_own(table: str) -> None:
    """No measured entry is left out, and none is held against another project's layout alone."""
    assert sorted(measured(table)) == sorted(KERNELS[table])
    assert projects(table) >= {spec.partition("/")[0] for spec in KERNELS[table].values()}


def test_every_table_has_specs() -> None:
    """No measured file is left out."""
    assert {path.stem for path in TABLES.glob("*.json")} == set(KERNELS)
