"""Rotations written apart from the package: pairing, width, base, scaling and factor are told, and a layout found."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fresh_kernels import KINDS, fresh, lanes, powers, ramp, table
from identify_kernels import entry, llama3
from prover.kernels.kernel import to_float
from prover.layouts.loading import load
from prover.measure.conform import conform
from prover.measure.measured import decode
from prover.recognition.facts import facts_of
from prover.recognition.identified import identify
from prover.recognition.suppositions import suppositions
from prover.reports.identify_report import headline

MANY = 60
# Halves of blocks on two axes: no layout of the catalogue is so, and what is recognised is said all the same.
NO_LAYOUT = ("own axes halved",)
FEW = (5, 8, 23, 25)


@pytest.mark.parametrize("seed", range(MANY))
def test_what_the_frequencies_tell(seed: int) -> None:
    """Pairing, rotated width, base, kind and factor are those that the table was made of."""
    made = fresh(seed)
    facts = facts_of(made.measured)
    assert (made.pairing, made.rotary, 1) == (facts.pairing, facts.span, facts.direction)
    told = [
        (each.kind, each.base, each.numbers.get("alpha" if each.kind == "ntk" else "factor"))
        for each in suppositions(facts)
    ]
    factor = made.factor
    if made.kind == "ntk":  # a base that nobody writes may be told as what it grew to
        assert factor is not None
        grown = made.base * factor ** (made.rotary / (made.rotary - 2))
        assert ("ntk", made.base, factor) in told or float(told[0][1]) == pytest.approx(grown, rel=1e-4)
    else:
        assert (made.scaling, made.base, factor) == told[0]


@pytest.mark.parametrize("seed", [
    *FEW, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(MANY) if seed not in FEW)
])
def test_a_layout_is_found(seed: int) -> None:
    """The layouts that are named conform when they are read again, and tell the base."""
    made = fresh(seed)
    found = identify(made.measured)
    if made.kind in NO_LAYOUT:
        assert found.base == made.base
        return
    assert found.is_complete
    assert found.groups
    assert conform(load(found.groups[0][0].spec).layout, made.measured).conforms
    if made.kind != "ntk":
        assert made.base == found.base


def test_all_kinds_are_among_them() -> None:
    """No kind is left out by the numbers that are drawn."""
    assert set(KINDS) == {fresh(seed).kind for seed in range(MANY)}


@pytest.mark.parametrize(("betas", "original"), [((3.7, 1.3), 16384), ((20, 3), 131072), ((24, 6), 32768)])
def test_ramps_of_any_betas(betas: tuple[float, float], original: float) -> None:
    """Betas and the length are told but for a common factor, and the numbers are ones that people write."""
    frequencies = ramp(powers(50000, 64, 32), 50000, 64, 4, original, betas, truncate=False)
    numbers = suppositions(facts_of(decode("made", entry(64, 64, "half", frequencies), "made")))[0].numbers
    assert betas[0] / betas[1] == pytest.approx(float(numbers["beta_fast"] / numbers["beta_slow"]), rel=1e-4)
    length = numbers["original_max_position_embeddings"]
    assert original / betas[1] == pytest.approx(float(length / numbers["beta_slow"]), rel=1e-4)
    assert 4 == numbers["factor"]


def test_a_base_is_told_of_each_block() -> None:
    """Two blocks of halves whose frequencies begin again have one base over a block, not one over the head."""
    own = [(0, float(frequency)) for frequency in powers(10000, 32, 16)] * 2
    for pairs in ([*lanes("half", 32), *lanes("half", 32, 32)], lanes("adjacent", 64)):
        found = identify(decode("made", table(64, pairs, own, ["p"]), "made"))
        assert ("block", 32, 10000) == (found.supposed[0].each, found.supposed[0].count, found.base)
        assert "base 10000 over the 32 lanes of each block" in headline(found)


def test_frequencies_that_go_on_from_block_to_block() -> None:
    """One base over the whole head, said to go on."""
    turns = [(0, float(frequency)) for frequency in powers(10000, 64, 32)]
    pairs = [*lanes("half", 32), *lanes("half", 32, 32)]
    found = identify(decode("made", table(64, pairs, turns, ["p"]), "made"))
    assert ("", 64) == (found.supposed[0].each, found.supposed[0].count)
    assert "which goes on from block to block, over 64" in headline(found)


def rounded_to_bfloat16(values: np.ndarray) -> np.ndarray:
    """To the nearest, of two equally near the even one."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_frequencies_in_a_narrow_format(name: str) -> None:
    """The base is told with the format that they were rounded to, and no layout is named."""
    plain = powers(10000, 64, 32)
    narrow = rounded_to_bfloat16(plain) if name == "bfloat16" else plain.astype(np.float16).astype(np.float32)
    found = identify(decode("made", entry(64, 64, "half", narrow), "made"))
    assert ((), ()) == (found.groups, found.supposed)
    assert found.part is not None
    assert (name, 10000) == (found.part.rounded, found.part.hypothesis.base)
    off = dict(found.part.off)
    assert off == {j: pytest.approx(float(narrow[j]) / 10000 ** (-j / 32) - 1, abs=1e-6) for j in range(32)}


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
@pytest.mark.parametrize(
    ("kind", "base", "factor"), [("llama3", 500000, 8), ("yarn", 1000000, 4), ("linear", 10000, 4)]
)
def test_scaled_frequencies_in_a_narrow_format(name: str, kind: str, base: int, factor: int) -> None:
    """Kind, base and factor are told with the format that the frequencies were rounded to."""
    plain = powers(base, 128, 64)
    whole = {
        "llama3": llama3(plain, factor, 1, 4, 8192), "linear": plain / np.float32(factor),
        "yarn": ramp(plain, base, 128, factor, 32768, (32, 1), truncate=True),
    }[kind]
    narrow = rounded_to_bfloat16(whole) if name == "bfloat16" else whole.astype(np.float16).astype(np.float32)
    found = identify(decode("made", entry(128, 128, "half", narrow), "made"))
    assert found.part is not None
    told = found.part.hypothesis
    assert (name, kind, base, factor) == (found.part.rounded, told.kind, told.base, told.numbers["factor"])
    assert ((), ()) == (found.groups, found.supposed)


@pytest.mark.parametrize(("betas", "original"), [((3.7, 1.3), 8192), ((20, 3), 131072), ((24, 6), 32768)])
def test_whole_ramps_of_any_betas(betas: tuple[float, float], original: float) -> None:
    """Ends rounded to whole pairs leave many betas: those that are told make the same ends, and layouts conform."""
    measured = decode("made", entry(256, 256, "half", ramp(
        powers(500000, 256, 128), 500000, 256, 40, original, betas, truncate=True)), "made")
    numbers = suppositions(facts_of(measured))[0].numbers
    ends = []
    for length, fast, slow in ((original, *betas), tuple(float(numbers[name]) for name in (
            "original_max_position_embeddings", "beta_fast", "beta_slow"))):
        low, high = (128 * math.log(length / (2 * math.pi * beta)) / math.log(500000) for beta in (fast, slow))
        ends.append((math.floor(low), math.ceil(high)))
    assert ends[0] == ends[1]
    assert identify(measured).groups


def test_nearly_the_usual_base_is_another() -> None:
    """9999 is told as 9999, and nothing of 10000 conforms."""
    measured = decode("made", entry(64, 64, "half", powers(9999, 64, 32)), "made")
    assert 9999 == suppositions(facts_of(measured))[0].base
    assert not conform(load("transformers/half:head_dim=64").layout, measured).conforms


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it ends before all is tried, what was found is told and that it is not all."""
    monkeypatch.setattr("prover.recognition.fitting.MAX_WORK", 40)
    found = identify(decode("made", entry(64, 64, "half", powers(10000, 64, 32)), "made"))
    assert found.fits
    assert not found.is_complete


@pytest.mark.parametrize(("frequency", "pair"), [(1e-320, 3), (1e99, 3)])
def test_extreme_frequencies(frequency: float, pair: int) -> None:
    """All the other pairs are told, and the one that is off."""
    made = entry(64, 64, "half", powers(10000, 64, 32))
    made["pairs"][pair][4] = frequency
    part = identify(decode("made", made, "made")).part
    assert part is not None
    assert (10000, [pair]) == (part.hypothesis.base, [place for place, _ in part.off])


def test_all_frequencies_zero() -> None:
    """Pairs that turn nowhere are lanes that pass: the layout without pairs conforms."""
    found = identify(decode("made", entry(8, 8, "half", np.zeros(4, np.float32)), "made"))
    assert ["generic/nope:head_dim=8"] == [fit.spec for fit in found.fits]


@pytest.mark.parametrize("size", [0.0, -1.0])
def test_magnitudes_that_no_layout_has(size: float) -> None:
    """The base is told, the magnitude said, and no layout named."""
    found = identify(decode("made", entry(64, 64, "half", powers(10000, 64, 32), size), "made"))
    assert (10000, ()) == (found.base, found.groups)
    assert f"magnitude {size:g}" in headline(found).replace("-0", "0")


def test_a_length_makes_the_magnitude() -> None:
    """LongRoPE's root of 1 + log(8)/log(128) of six decimals is told as these lengths' ratio, not as a decimal."""
    divisors = np.array([1 + j / 32 for j in range(16)], np.float32)
    size = math.sqrt(1 + math.log(8) / math.log(128))
    found = identify(decode("made", entry(32, 32, "half", powers(10000, 32, 16) / divisors, size), "made"))
    first = found.groups[0][0]
    assert not any(name in first.given for name in ("attention_factor", "attn_factor"))
    assert size == pytest.approx(to_float(first.layout.pairs[0].magnitude), rel=1e-12)
