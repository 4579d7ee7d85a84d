"""The shipped layouts against what real kernels were measured to do.

`measured/*.json` hold pairs, axes, signs, frequencies, magnitudes and pass-through lanes that were
read off running kernels: ggml's C API and transformers' attention modules. Every entry has a row
here that names the spec it must equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from measured_specs import GGML, MEASURED, TRANSFORMERS
from prover.exact.angle import Angle
from prover.exact.number import exact, power
from prover.layouts.layout import Layout, Pair
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import Measured, read_measured


@cache
def measured(engine: str) -> dict[str, Measured]:
    """All measured entries of one engine, by name."""
    return read_measured(MEASURED / f"{engine}.json")


@cache
def layout_of(spec: str) -> Layout:
    """The layout of a spec, expanded once."""
    return load(spec).layout


@pytest.mark.parametrize("name", GGML)
def test_ggml(name: str) -> None:
    """The shipped layout is what ggml's CPU kernel was measured to do."""
    assert () == conform(layout_of(GGML[name]), measured("ggml")[name]).differences


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers(name: str) -> None:
    """The shipped layout is what the attention module of transformers was measured to do."""
    assert () == conform(layout_of(TRANSFORMERS[name]), measured("transformers")[name]).differences


def test_every_ggml_entry_has_a_row() -> None:
    """No measured ggml kernel is left out."""
    assert sorted(measured("ggml")) == sorted(GGML)


def test_every_transformers_entry_has_a_row() -> None:
    """No measured kernel of transformers is left out."""
    assert sorted(measured("transformers")) == sorted(TRANSFORMERS)


def running_exponents(sections: tuple[int, int, int, int], count: int) -> list[tuple[str, int]]:
    """Axis and exponent per pair of ggml's VISION loop, which keeps one counter for each axis.

    The resets stand in one chain of else-ifs (ggml_mrope_cache_init), so an empty section keeps
    the counter of a later one from being reset.
    """
    starts = [0, sections[0], sum(sections[:2]), sum(sections[:3])]
    counters = [0, 0, 0, 0]
    found = []
    for index in range(count):
        sector = index % sum(sections)
        if sector in starts:
            counters[starts.index(sector)] = 0
        axis = max(i for i in range(4) if sector >= starts[i])
        found.append(("thwe"[axis], counters[axis]))
        counters = [counter + 1 for counter in counters]
    return found


@pytest.mark.parametrize(
    "sections",
    [(0, 16, 0, 0), (5, 0, 3, 0), (0, 0, 3, 2), (2, 0, 0, 3), (3, 2, 0, 1), (0, 2, 1, 3)],
)
def test_vision_exponents_restart_as_in_the_kernel(sections: tuple[int, int, int, int]) -> None:
    """ggml/vision has the exponents of the kernel's loop, where a section is empty too."""
    spec = f"ggml/vision:head_dim=128:sections={','.join(map(str, sections))}"
    expected = [
        ((axis, power(exact(10000), Fraction(-exponent, 32))),)
        for axis, exponent in running_exponents(sections, 64)
    ]
    assert expected == [pair.angle.frequencies for pair in layout_of(spec).pairs]


def _last_turning(layout: Layout) -> int:
    return max(i for i, pair in enumerate(layout.pairs) if pair.angle != Angle())


def _other_axis(pair: Pair, layout: Layout) -> Pair:
    (_, frequency), *more = pair.angle.frequencies
    other = next((name for name in layout.axes if name not in dict(pair.angle.frequencies)), "elsewhere")
    return replace(pair, angle=Angle.of({other: frequency, **dict(more)}))


PERTURBATIONS: dict[str, Callable[[Pair, Layout], Pair]] = {
    "axis": _other_axis,
    "frequency": lambda pair, _: replace(
        pair, angle=pair.angle.scaled(exact(Fraction(1001, 1000)))
    ),
    "direction": lambda pair, _: replace(pair, angle=-pair.angle),
    "lanes read": lambda pair, _: replace(pair, read=pair.read[::-1]),
    "lanes written": lambda pair, _: replace(pair, write=pair.write[::-1]),
    "magnitude": lambda pair, _: replace(
        pair, magnitude=pair.magnitude * exact(Fraction(10001, 10000))
    ),
}

KERNELS = [
    *(pytest.param("ggml", name, spec, id=name) for name, spec in GGML.items()),
    *(
        pytest.param("transformers", name, spec, id=name)
        for name, spec in TRANSFORMERS.items()
        if spec != "generic/nope"
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("change", PERTURBATIONS)
@pytest.mark.parametrize(("engine", "name", "spec"), KERNELS)
def test_one_changed_pair_is_noticed(engine: str, name: str, spec: str, change: str) -> None:
    """Negative control: the comparison fails when a single pair differs."""
    layout = layout_of(spec)
    index = _last_turning(layout)
    pairs = list(layout.pairs)
    pairs[index] = PERTURBATIONS[change](pairs[index], layout)
    changed = conform(replace(layout, pairs=tuple(pairs)), measured(engine)[name])
    assert not changed.conforms
