"""Kernels that nobody measured: made at random in float32, and identified without being told what they are."""

from __future__ import annotations

import pytest

from identify_kernels import Made, made
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.recognition.facts import facts_of
from prover.recognition.identified import identify
from prover.recognition.suppositions import suppositions

MANY, FEW = 100, 3


def numbers(kernel: Made) -> tuple[str, float, float | None] | None:
    """The kind, base and factor that are read off."""
    found = suppositions(facts_of(kernel.measured))
    if not found:
        return None
    factor = found[0].numbers.get("factor")
    return found[0].kind, float(found[0].base), None if factor is None else float(factor)


@pytest.mark.parametrize(
    "seed", [*range(MANY), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(MANY, 10 * MANY))]
)
def test_kind_base_and_factor_are_read_off(seed: int) -> None:
    """What the frequencies were made of is what they are said to be, or nothing is said.

    Nothing is said only where no pair is divided by the whole factor, so that no frequency shows it.
    """
    kernel = made(seed)
    facts = facts_of(kernel.measured)
    assert (kernel.pairing, kernel.rotary, 1) == (facts.pairing, facts.span, facts.direction)
    told = numbers(kernel)
    if told is None:
        last = kernel.base ** (2 / kernel.rotary - 1) / facts.turning[-1].size
        assert kernel.factor is not None
        assert last < kernel.factor * 0.999
    elif told == ("plain", kernel.base, None) and kernel.kind != "plain":
        powers = [kernel.base ** (-2 * place / kernel.rotary) for place in range(len(facts.turning))]
        assert [pair.size for pair in facts.turning] == pytest.approx(powers, rel=1e-6)  # no pair is scaled
    else:
        assert (kernel.kind, kernel.base, kernel.factor) == told


@pytest.mark.parametrize("seed", range(FEW))
def test_a_layout_of_the_catalogue_is_found(seed: int) -> None:
    """It conforms to the table, and so does the one that the kernel was made as."""
    kernel = made(seed)
    found = identify(kernel.measured)
    assert conform(load(kernel.spec).layout, kernel.measured).conforms
    assert kernel.base == found.base
    for group in found.groups:
        assert conform(load(group[0].spec).layout, kernel.measured).conforms
    assert found.groups
