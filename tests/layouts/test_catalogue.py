"""Every layout of the catalogue against a kernel written by hand from the upstream source it cites."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import catalogue
from catalogue import llama_cpp, transformers
from catalogue.kernels import Array, Row
from measured_specs import GGML, KERNELS, TRANSFORMERS
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.kernels.kernel import make_kernel
from prover.layouts import spec
from prover.layouts.layout import Layout
from prover.layouts.loading import Loaded, load
from prover.layouts.unsupported import read_unsupported

AREAS = sorted(module.name for module in pkgutil.iter_modules(catalogue.__path__) if module.name != "kernels")
ROWS: list[Row] = [row for area in AREAS for row in importlib.import_module(f"catalogue.{area}").ROWS]
IDS = [row.spec if len(row.spec) < 100 else f"{row.spec[:90]}... ({index})" for index, row in enumerate(ROWS)]
# Two places per axis, all different, so that a wrong axis cannot hide. Real positions are parts of
# them: kernels with pi in their frequencies do not turn at whole ones.
PLACES = ((3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0), (29.0, 2.0, 31.0, 4.0, 37.0, 8.0, 41.0, 16.0))


@cache
def loaded(text: str) -> Loaded:
    """A spec, expanded once."""
    return load(text)


def error(layout: Layout, row: Row) -> tuple[float, float]:
    """Largest entry of the difference of the two kernels, and the tolerance.

    A frequency is off by up to a few dozen roundings (an exponential of a logarithm of the base),
    which count as often as the angle is large.
    """
    kernel = make_kernel(layout)
    x = np.eye(layout.width)
    worst = tolerance = 0.0
    step = 1.0 if layout.positions == "integer" else 1 / 7.3
    for place in PLACES:
        at = dict(zip(layout.axes, (step * number for number in place), strict=False))
        position: Array = np.array(list(at.values()))
        theirs = np.array([row.kernel(lane, at) for lane in x])
        worst = max(worst, float(np.abs(kernel.apply(x, position) - theirs).max()))
        size = float(np.abs(theirs).max())
        tolerance = max(tolerance, 256 * np.finfo(float).eps * (1 + kernel.largest_turn(position)) * size)
    return worst, tolerance


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_layout_is_the_kernel(row: Row) -> None:
    """The layout moves every basis vector as the kernel does, on all axes at once."""
    worst, tolerance = error(loaded(row.spec).layout, row)
    assert worst <= tolerance


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_one_reversed_pair_is_noticed(row: Row) -> None:
    """Negative control: the comparison fails when the slowest turning pair goes the other way."""
    layout = loaded(row.spec).layout
    if not layout.pairs:
        pytest.skip("nothing turns")
    turning = [i for i, pair in enumerate(layout.pairs) if pair.angle.frequencies]
    pairs = list(layout.pairs)
    pair = pairs[turning[-1]]
    alpha, beta, gamma, delta = (-angle for angle in pair.angles)
    pairs[turning[-1]] = replace(pair, angle=alpha, sine_angle=beta, second_sine_angle=gamma, second_angle=delta)
    worst, tolerance = error(replace(layout, pairs=tuple(pairs)), row)
    assert worst > tolerance


def test_every_layout_has_a_row() -> None:
    """No layout is in the catalogue without a kernel it is held against, written or measured."""
    measured = [spec for table in (GGML, TRANSFORMERS, *KERNELS.values()) for spec in table.values()]
    specs = [*(row.spec for row in ROWS), *measured]
    assert set(spec.catalogue()) == {text.partition(":")[0] for text in specs}


@pytest.mark.parametrize("name", spec.catalogue())
def test_every_layout_says_where_it_comes_from(name: str) -> None:
    """A layout has a peculiarity and names repository, version, path and symbol of its kernel."""
    row = next((r.spec for r in ROWS if r.spec.partition(":")[0] == name), name)
    try:
        family = loaded(row).family
    except InputError:
        family = loaded(next(t for t in (*GGML.values(), *TRANSFORMERS.values()) if t.startswith(name))).family
    assert family.note.endswith((".", ")"))
    assert all(s.repo and s.version and s.path and s.symbol for s in family.sources)
    assert family.sources or name.startswith("generic/")


def test_every_family_of_transformers_has_a_layout() -> None:
    """The 45 families of the census: each has a spec that loads, or stands among the unsupported."""
    counts = {"T": 7, "L": 4, "I": 4, "M": 9, "V": 12}
    numbered = [f"{letter}{number}" for letter, count in counts.items() for number in range(1, count + 1)]
    odd = [f for f in transformers.FAMILIES if f.startswith("X ")]
    assert 9 == len(odd)
    assert 45 == len(numbered) + len(odd)
    assert {*numbered, *odd} == set(transformers.FAMILIES)
    for text in transformers.FAMILIES.values():
        assert loaded(text).layout.pairs


def test_architectures_of_llama_cpp_pair_as_its_table_says() -> None:
    """NORM architectures turn lanes 0 and 1 together, NEOX ones 0 and 64, the rest nothing."""
    first = {
        arch: [pair.read for pair in loaded(f"llama-cpp/text:arch={arch}").layout.pairs][:1]
        for arch in (*llama_cpp.NORM, *llama_cpp.NEOX, *llama_cpp.NONE)
    }
    assert {arch: [(0, 1)] for arch in llama_cpp.NORM} == {arch: first[arch] for arch in llama_cpp.NORM}
    assert {arch: [(0, 64)] for arch in llama_cpp.NEOX} == {arch: first[arch] for arch in llama_cpp.NEOX}
    assert {arch: [] for arch in llama_cpp.NONE} == {arch: first[arch] for arch in llama_cpp.NONE}


def test_unsupported_rows_have_a_reason_and_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    """`list --unsupported` names each with why and where."""
    assert 0 == run_command(["list", "--unsupported"])
    told = " ".join(capsys.readouterr().out.split())
    for row in read_unsupported():
        assert row.reason.endswith(".")
        assert row.source in told
        assert row.commit or row.version
    assert {"LieRE", "FoPE", "PoPE", "xPos"} <= {row.name for row in read_unsupported()}
