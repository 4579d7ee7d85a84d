"""Published configs read as transformers 5.24.0 reads them: frequencies, axes, magnitude, lanes, layers, part by part.

transformers_truth.json holds configs as published, and what the attention of a model that transformers makes of each
was seen to do: the buffer inv_freq in the order of the lanes, the factor on rotated queries, which lanes turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prover.kernels.kernel import make_kernel
from prover.layouts.loading import load
from prover.sources.model import Part
from prover.sources.reading import read_model
from prover.sources.readings import defaults, table

TRUTH: dict[str, Any] = json.loads((Path(__file__).parent / "transformers_truth.json").read_text())
# A frequency is made in float32 by some sixty roundings: a power, its reciprocal, a ramp.
TOLERANCE = 64 * 2.0**-24
# The letters of the axes that were measured, where the layout's own are others. Towers name columns by what they hold.
LETTERS = {"x": "h", "y": "w"}


def span(text: str) -> set[int]:
    """The layers of a text such as 0-2,5."""
    found: set[int] = set()
    for each in text.split(","):
        first, _, last = each.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def turns_as(part: Part, truth: dict[str, Any]) -> None:
    """Assert that a part's layout turns the lanes that the model turns, as fast and as large."""
    assert part.spec is not None
    layout = load(part.spec).layout
    kernel = make_kernel(layout)
    expected = np.array(truth["inv_freq"])
    mine = np.abs(kernel.frequencies).max(axis=1)
    assert np.all(expected[len(mine):] == 0)
    expected = expected[:len(mine)]
    if layout.positions == "real":
        mine = mine / (2 * np.pi)
        expected = np.concatenate([expected, expected])
    assert np.all(np.abs(mine - expected) <= TOLERANCE * expected)
    assert np.allclose(kernel.magnitudes, truth["scale"], rtol=1e-6, atol=0)
    first = layout.pairs[0].read
    assert truth["head_dim"] == layout.width
    assert truth["pair_offset"] in (first[1] - first[0], None)
    assert truth.get("first_lane", first[0]) == first[0]
    if "axes" in truth:
        names = [layout.axes[int(np.argmax(np.abs(row)))] for row in kernel.frequencies]
        assert truth["axes"].lower() == "".join(LETTERS.get(name, name) for name in names)


@pytest.mark.parametrize("name", TRUTH)
def test_a_published_config(name: str, tmp_path: Path) -> None:
    """Every part that the model has is read, each layer by the layout that turns it so, and no part more."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TRUTH[name]["config"]))
    parts = read_model(str(path)).parts
    seen: dict[int, set[int]] = {index: set() for index in range(len(parts))}
    for truth in TRUTH[name]["parts"]:
        layers = span(truth["layers"]) if truth["layers"] else set()
        index, part = next(
            (index, part) for index, part in enumerate(parts)
            if part.name == truth["part"] and (part.layers is None or layers <= set(part.layers))
        )
        seen[index] |= layers
        if truth["rope"]:
            turns_as(part, truth)
        else:
            assert part.spec is None
    for index, part in enumerate(parts):
        if part.spec is not None and part.name != "vision":
            assert seen[index] == set(part.layers or ())


def known() -> Iterator[str]:
    """The types of all entries."""
    found = table()
    for entry in (*found.reading, *found.composite, *found.without, *found.refused):
        yield from entry.types


def test_each_model_type_is_of_one_entry_and_has_defaults() -> None:
    """No type stands in two entries, and each that rotates has the numbers of its config class."""
    names = list(known())
    assert sorted(set(names)) == sorted(names)
    assert sorted(defaults()) == sorted(name for entry in table().reading for name in entry.types)


def test_the_parts_of_a_model_are_known_where_it_names_them() -> None:
    """The type that a composite fixes or falls back on for a part is one that is read or refused."""
    names = set(known())
    for entry in table().composite:
        for inner in entry.parts:
            assert {inner.type or inner.absent} - {""} <= names
