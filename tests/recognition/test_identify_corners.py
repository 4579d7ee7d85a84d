"""Corners of identifying a table: what cannot be told is not told, and nothing is claimed that is not so."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from identify_kernels import entry, llama3, powers
from measured_rows import rows
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import Measured, decode
from prover.recognition.facts import facts_of
from prover.recognition.identified import Identified, identify
from prover.recognition.suppositions import suppositions


def read(table: dict[str, Any]) -> Measured:
    """A table as it is read from a file."""
    return decode("made", table, "made")


def specs(found: Identified) -> list[str]:
    """All specs that are named."""
    return [fit.spec for fit in found.fits]


def test_one_pair_tells_no_base() -> None:
    """Its frequency is 1 whatever the base is: no base is named, and none is in a spec."""
    found = identify(read(entry(2, 2, "half", powers(10000, 2, 1))))
    assert (None, (), "either") == (found.base, found.supposed, found.facts.pairing)
    assert found.groups
    assert not [spec for spec in specs(found) if "theta" in spec or "base" in spec]


def test_equal_frequencies_tell_no_base() -> None:
    """All frequencies are 1: no base near 1 is made up."""
    assert () == suppositions(facts_of(read(entry(16, 16, "half", np.ones(8, np.float32)))))


def test_no_turn() -> None:
    """A table in which every lane passes has no pairing and no base, and is the layout without pairs."""
    found = identify(read({"head_dim": 8, "axes": ["p"], "pairs": [], "passthrough": list(range(8)),
                           "scale": {"1.0": "all"}}))
    assert ("none", None, ["generic/nope:head_dim=8"]) == (found.facts.pairing, found.base, specs(found))


def test_reversed_direction_is_told_and_found() -> None:
    """Only layouts that turn the other way are named; transformers' nanochat is one."""
    table = entry(64, 64, "half", powers(10000, 64, 32), sign=-1)
    found = identify(read(table))
    assert -1 == found.facts.direction
    assert "transformers/nanochat:head_dim=64" in specs(found)
    assert "transformers/half:head_dim=64" not in specs(found)


@pytest.mark.parametrize("noise", range(5))
def test_noise_is_no_formula(noise: int) -> None:
    """Frequencies at random are no base, no scaling, and no divisors of few digits."""
    draw = random.Random(noise)
    frequencies = np.array(sorted((draw.uniform(1e-4, 1) for _ in range(32)), reverse=True), np.float32)
    assert () == suppositions(facts_of(read(entry(64, 64, "half", frequencies))))


@pytest.mark.parametrize("place", [0, 1, 20, 31])
def test_one_pair_that_is_off_is_named(place: int) -> None:
    """All pairs but one are powers of 500000; the one and by what it is off are said, and no layout is."""
    frequencies = powers(500000, 64, 32)
    frequencies[place] *= np.float32(1.003)
    found = identify(read(entry(64, 64, "half", frequencies)))
    assert ((), ()) == (found.groups, found.supposed)
    assert found.part is not None
    assert 500000 == found.part.hypothesis.base
    assert [place] == [pair for pair, _ in found.part.off]
    assert 0.003 == pytest.approx(found.part.off[0][1], rel=1e-3)


def test_a_scaling_but_for_one_pair() -> None:
    """Llama 3's band is recognised around a divided pair that is off."""
    frequencies = llama3(powers(500000, 128, 64), 8, 1, 4, 8192)
    frequencies[50] *= np.float32(0.99)
    part = identify(read(entry(128, 128, "half", frequencies))).part
    assert part is not None
    assert ("llama3", 8, 500000) == (part.hypothesis.kind, part.hypothesis.numbers["factor"], part.hypothesis.base)
    assert [50] == [pair for pair, _ in part.off]


def test_fast_pairs_alone_have_a_base() -> None:
    """Where the slow half is noise the fast half is named, and where it ends."""
    frequencies = powers(10000, 64, 32)
    draw = random.Random(1)
    frequencies[16:] *= np.array([draw.uniform(0.2, 0.9) for _ in range(16)], np.float32)
    part = identify(read(entry(64, 64, "half", frequencies))).part
    assert part is not None
    assert (10000, 0, 15) == (part.hypothesis.base, part.first, part.last)
    assert list(range(16, 32)) == [pair for pair, _ in part.off]


def test_frequencies_above_one() -> None:
    """A factor below 1 makes frequencies larger than 1; it is told as it is."""
    found = suppositions(facts_of(read(entry(64, 64, "half", powers(10000, 64, 32) * np.float32(4)))))
    assert ("linear", 10000, 0.25) == (found[0].kind, found[0].base, found[0].numbers["factor"])


def test_the_table_of_the_whole_head_on_a_part() -> None:
    """The exponents run over the whole head though half of it turns: both readings of the same numbers are told."""
    found = suppositions(facts_of(read(entry(128, 64, "half", powers(10000, 128, 32)))))
    assert {(64, 100), (128, 10000)} == {(each.count, each.base) for each in found}


def test_axes_that_count_for_themselves_are_no_scaling() -> None:
    """Frequencies that start again from 1 on the second axis are one base on two axes, no frequencies divided."""
    own = powers(10000, 32, 16)
    pairs = [[j, j + 32, 0 if j < 16 else 1, 1, float(own[j % 16])] for j in range(32)]
    found = suppositions(facts_of(read({
        "head_dim": 64, "axes": ["h", "w"], "pairs": pairs, "passthrough": [], "scale": {"1.0": "all"},
    })))
    assert [("plain", 10000)] == [(each.kind, each.base) for each in found]


def test_a_pair_of_two_angles_is_no_rotation() -> None:
    """ERNIE-Image's pairs turn their lanes by different angles, and the layout that does so is found."""
    row = next(row for row in rows() if row.entry == "ernie_image_8,12,12")
    found = identify(row.measured)
    assert (False, [row.spec]) == (found.facts.is_rotation, specs(found))


def test_what_is_not_told_is_named() -> None:
    """With the ends of Llama 3's band there are but quotients, and betas of a whole ramp leave a range."""
    frequencies = llama3(powers(500000, 128, 64), 8, 1, 4, 8192)
    found = suppositions(facts_of(read(entry(128, 128, "half", frequencies))))
    assert "but for a common factor" in found[0].untold[0]
    same = suppositions(facts_of(read(entry(128, 128, "half", llama3(powers(500000, 128, 64), 8, 2, 8, 16384)))))
    assert found[0].numbers == same[0].numbers


@pytest.mark.parametrize("width", [4096, 16384])
def test_wide_heads_are_bounded(width: int) -> None:
    """A head far wider than any is read within bounded work, and its base told."""
    found = suppositions(facts_of(read(entry(width, width, "half", powers(10000, width, width // 2)))))
    assert 10000 == found[0].base


def test_named_layouts_conform() -> None:
    """Each spec that is named conforms when it is read again as a person would give it."""
    measured = read(entry(64, 32, "adjacent", powers(150000, 32, 16)))
    found = identify(measured)
    assert len(found.fits) > 10
    for spec in specs(found):
        assert conform(load(spec).layout, measured).conforms, spec
