"""Factors by rule: held against the formula in high precision, the catalogue's layouts, and the converter's numbers."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp

from prover.layouts.loading import load
from prover.sources.reading import read_model
from prover.weights.factors.factor_rules import Llama3, listed, llama3_factors, rules_of
from weights.converted import factors, write_config

LLAMA31 = Llama3(Fraction(500000), Fraction(8), Fraction(1), Fraction(4), Fraction(8192), 128)
RULES = {
    "Llama 3.1": LLAMA31,
    "Llama 3.2": Llama3(Fraction(500000), Fraction(32), Fraction(1), Fraction(4), Fraction(8192), 128),
    "Llama 4, one end": Llama3(Fraction(500000), Fraction(16), Fraction(1), Fraction(1), Fraction(8192), 128),
    "Apertus": Llama3(Fraction(12000000), Fraction(8), Fraction(1), Fraction(4), Fraction(8192), 128),
    "96 lanes, odd numbers": Llama3(Fraction("12345.678901"), Fraction("2.7"), Fraction("0.7"), Fraction("3.3"),
                                    Fraction(1000), 96),
}


def _by_hand(rule: Llama3, pair: int) -> Fraction:
    """transformers' _compute_llama3_parameters in 60 digits: what it divides a frequency by, as the nearest float32."""
    with mp.workdps(60):
        plain = 1 / mp.mpf(str(float(rule.base))) ** (mp.mpf(2 * pair) / rule.lanes)
        wave, original = 2 * mp.pi / plain, mp.mpf(rule.original.numerator) / rule.original.denominator
        factor, low, high = (mp.mpf(each.numerator) / each.denominator for each in (rule.factor, rule.low, rule.high))
        if wave > original / low:
            scaled = plain / factor
        elif wave < original / high:
            scaled = plain
        else:
            smooth = (original / wave - low) / (high - low)
            scaled = (1 - smooth) * plain / factor + smooth * plain
        found = plain / scaled
        whole = int(mp.floor(found * 2**80))
    exact = Fraction(whole, 2**80)
    near = struct.unpack("<f", struct.pack("<f", float(exact)))[0]
    beside = [near, *(struct.unpack("<f", struct.pack("<I", struct.unpack("<I", struct.pack("<f", near))[0] + step))[0]
                      for step in (-1, 1))]
    return min(map(Fraction, beside), key=lambda each: abs(each - exact))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_llama3_is_the_formula(rule: Llama3) -> None:
    """The nearest float32 to what transformers' formula gives in 60 digits."""
    assert [_by_hand(rule, pair) for pair in range(rule.lanes // 2)] == [each.nearest for each in llama3_factors(rule)]


def test_llama3_is_the_layout_of_the_catalogue() -> None:
    """A frequency of the catalogue's layout is that of the one without scaling over the factor, exactly."""
    plain = load("transformers/half:head_dim=32:rope_theta=500000").layout.pairs
    scaled = load("transformers/half:head_dim=32:rope_theta=500000:rope_type=llama3:factor=8:"
                  "original_max_position_embeddings=8192:low_freq_factor=1:high_freq_factor=4").layout.pairs
    rule = Llama3(Fraction(500000), Fraction(8), Fraction(1), Fraction(4), Fraction(8192), 32)
    assert [pair.angle for pair in plain] == [
        pair.angle.scaled(want.value) for pair, want in zip(scaled, llama3_factors(rule), strict=True)]


# Published configs, and how many float32 numbers the converter's factors are off the nearest ones.
CONVERTED = {
    "meta-llama-3.1-8b": {"rope_freqs.weight": {-1, 0, 1, 3}},
    "sophgo-llama3": {"rope_freqs.weight": {0, 2, 3}},
    "exaone-4.5-33b": {"rope_freqs.weight": {-3, -1, 0, 1, 2}},
    "isim-llama-4-scout-17b-16e-instruct-fp8-dynamic": {"rope_freqs.weight": {0}},
    "neuron-llama3.2-1b-chunked": {"rope_freqs.weight": {0, 3}},
    "gemma-4-31b-it-nvfp4": {"rope_freqs.weight": {0}},
    "phi-3.5-vision-instruct-ttmetal": {"rope_factors_short.weight": {0}, "rope_factors_long.weight": {0}},
}


def _place(number: Fraction) -> int:
    found: int = struct.unpack("<I", struct.pack("<f", float(number)))[0]
    return found


@pytest.mark.parametrize("name", CONVERTED)
def test_what_the_converter_wrote_is_within_what_float32_gives(name: str, tmp_path: Path) -> None:
    """torch's own numbers, from the converter's run: none outside, and as many steps off as they are."""
    (rule,) = (each for each in rules_of(read_model(str(write_config(tmp_path, name)))) if each.tensors)
    steps: dict[str, set[int]] = {}
    for tensor, data in factors(name).items():
        stored = list(map(Fraction, struct.unpack(f"<{len(data) // 4}f", data)))
        assert len(stored) == len(rule.tensors[tensor])
        pairs = list(zip(rule.tensors[tensor], stored, strict=True))
        assert all(want.fits(number) for want, number in pairs)
        steps[tensor] = {_place(number) - _place(want.nearest) for want, number in pairs}
    assert CONVERTED[name] == steps


def test_the_span_is_narrow() -> None:
    """Nowhere wider than the last 7 of 24 bits, and a single number where nothing is blended."""
    found = llama3_factors(LLAMA31)
    spans = [want.spans for want in found]
    assert all(_place(high) - _place(low) < 128 for ((low, high),) in spans)
    assert list(range(29, 35)) == [number for number, want in enumerate(found) if want.nearest not in (1, 8)]
    assert all(low == high for ((low, high),) in (*spans[:29], *spans[35:]))


def test_ends_in_the_wrong_order() -> None:
    """As transformers asks first whether a pair turns less than the low end, nothing is blended; and no number between
    the two that come of it fits.
    """
    found = llama3_factors(Llama3(Fraction(500000), Fraction(8), Fraction(4), Fraction(1), Fraction(8192), 128))
    assert [1] * 29 + [8] * 35 == [want.nearest for want in found]
    assert not any(want.fits(Fraction(2)) for want in found)


def test_a_listed_number_passes_through_float64() -> None:
    """Half way between two float32 numbers in float64, and above it as a decimal: both neighbours may come of it."""
    middle = Fraction(2**24 + 1, 2**24)               # between 1 and 1 + 2**-23, which a tie sends to 1
    (above,) = listed([middle + Fraction(1, 2**60)])
    assert [True, True, False] == [above.fits(1 + Fraction(step, 2**23)) for step in (0, 1, 2)]
    assert 1 + Fraction(1, 2**23) == above.nearest
    (plain,) = listed([Fraction("1.0299999713897705")])
    assert {(plain.nearest, plain.nearest)} == set(plain.spans)
