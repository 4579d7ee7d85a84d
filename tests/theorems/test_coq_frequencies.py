"""What Coq files say of frequencies, worked out as floats and held against upstream's formulas written by hand.

YaRN's is ggml's (ggml-cpu/ops.cpp, rope_yarn, rope_yarn_ramp and ggml_rope_yarn_corr_dims); Llama 3's is
transformers' (modeling_rope_utils.py, _compute_llama3_parameters).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

import pytest

from prover.resources import PROOFS

FUNCTIONS: dict[str, tuple[int, Callable[..., float]]] = {
    "Rpower": (2, pow), "ln": (1, math.log), "Int_part": (1, math.floor), "IZR": (1, float), "Z.max": (2, max),
    "Z.min": (2, min), "Rmax": (2, max), "Rmin": (2, min), "Rabs": (1, abs), "negb": (1, operator.not_),
    "is_less": (2, operator.lt),
}
BINDING = {"=?": 1, "+": 2, "-": 2, "*": 3, "/": 3, "mod": 3}
POINTS = [   # freq_scale, base, n_rot, n_ctx_orig
    (1 / 32, 150000.0, 64, 4096.0), (0.25, 10000.0, 128, 32768.0), (3.0, 500.0, 16, 100.0), (0.5, 1.5, 8, 2.0),
    (40.0, 1e6, 128, 8192.0), (0.9, 2.0, 2, 1.0),
]


class Numbers:
    """The definitions of a shipped file as numbers, at values of its variables. Whole quotients stand in Z alone."""

    def __init__(self, name: str, **values: float) -> None:
        text = (PROOFS / "coq" / "theorems" / f"{name}.v").read_text()
        self.values = values
        self.bodies = {
            found: (re.findall(r"\((\w+) : [ZR]\)", arguments), kind == "Z", re.sub("%[RZ]", "", body))
            for found, arguments, kind, body in re.findall(
                r"^Definition ([\w']+)((?: \(\w+ : [ZR]\))*) : ([ZR]) :=\s(.*?)\.$", text, re.MULTILINE | re.DOTALL)
        }

    def __call__(self, name: str, *given: float) -> float:
        arguments, is_whole, body = self.bodies[name]
        words = re.findall(r"[A-Za-z_][\w.']*|\d+|=\?|[-+*/()]", body)
        value, rest = self._sum(words, {**self.values, **dict(zip(arguments, given, strict=True))}, is_whole, 0)
        assert not rest, rest
        return value

    def _sum(self, words: list[str], known: dict[str, float], is_whole: bool, least: int) -> tuple[float, list[str]]:
        """Terms whose signs bind more than `least`."""
        value, words = self._atom(words, known, is_whole)
        while words and BINDING.get(words[0], 0) > least:
            sign, *words = words
            right, words = self._sum(words, known, is_whole, BINDING[sign])
            value = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
                     "/": lambda a, b: a // b if is_whole else a / b, "mod": lambda a, b: a % b,
                     "=?": operator.eq}[sign](value, right)
        return value, words

    def _atom(self, words: list[str], known: dict[str, float], is_whole: bool) -> tuple[float, list[str]]:
        word, *words = words
        if word == "(":
            value, (_, *words) = self._sum(words, known, is_whole, 0)
            return value, words
        if word == "if":
            test, (_, *words) = self._sum(words, known, is_whole, 0)
            first, (_, *words) = self._sum(words, known, is_whole, 0)
            second, words = self._sum(words, known, is_whole, 0)
            return first if test else second, words
        if word in ("-", "/"):
            value, words = self._atom(words, known, is_whole)
            return (-value if word == "-" else 1 / value), words
        if word == "if":
            test, (_, *words) = self._sum(words, known, True, 0)
            value, (_, *words) = self._sum(words, known, is_whole, 0)
            other, words = self._sum(words, known, is_whole, 0)
            return (value if test else other), words
        if word.isdecimal():
            return int(word), words
        if word in known or word == "PI":
            return known.get(word, math.pi), words
        if word in FUNCTIONS:
            count, function = FUNCTIONS[word]
            whole = word in ("IZR", "Z.max", "Z.min", "negb")
        else:
            count, function, whole = len(self.bodies[word][0]), lambda *given: self(word, *given), False
        values: list[Any] = []
        for _ in range(count):
            value, words = self._atom(words, known, whole)
            values.append(value)
        return function(*values), words


def of_ggml(j: int, scale: float, base: float, n_rot: int, length: float) -> tuple[float, float]:
    """The frequency and the magnitude with ext_factor and attn_factor 1, beta_fast 32 and beta_slow 1."""
    ends = [n_rot * math.log(length / (beta * 2 * math.pi)) / (2 * math.log(base)) for beta in (32, 1)]
    start, end = max(0, math.floor(ends[0])), min(n_rot - 1, math.ceil(ends[1]))
    mixed = 1 - min(1, max(0, (j - start) / max(0.001, end - start)))
    plain = base ** (-2 * j / n_rot)
    return scale * plain * (1 - mixed) + plain * mixed, 1 + 0.1 * math.log(1 / scale)


@pytest.mark.parametrize(("scale", "base", "n_rot", "length"), POINTS)
def test_yarn_at_any_size(scale: float, base: float, n_rot: int, length: float) -> None:
    """Both sides at every pair; and no pair of the one that scales all is further from 1 than of YaRN, pair 0 is."""
    text = Numbers("theorem_17_yarn_as_linear", head_dim=n_rot, n_rot=n_rot, base=base, n_ctx_orig=length,
                   freq_scale=scale)
    assert n_rot // 2 == text("source_pairs") == text("target_pairs")
    for j in range(n_rot // 2):
        frequency, magnitude = of_ggml(j, scale, base, n_rot, length)
        assert [text("source_angle", j, 1), text("source_magnitude"), text("target_angle", j, 1)] == pytest.approx(
            [frequency, magnitude, scale * base ** (-2 * j / n_rot)], rel=1e-12)
    slow, fast = (("target", "source") if scale < 1 else ("source", "target"))
    angles = [(text(f"{slow}_angle", j, 1), text(f"{fast}_angle", j, 1)) for j in range(n_rot // 2)]
    assert all(a <= b * (1 + 1e-12) for a, b in angles)
    assert angles[0][0] < angles[0][1] * (1 - 1e-3)


@pytest.mark.parametrize("scale", [1 / 32, 1.0, 2.0])
def test_yarn_of_gpt_oss(scale: float) -> None:
    """The same with numbers that are given."""
    text = Numbers("theorem_12_yarn_ramp_lost", freq_scale=scale)
    assert text("source_pairs") == 32
    for j in range(32):
        own = [text("source_angle", j, 1), text("source_magnitude")]
        assert own == pytest.approx(of_ggml(j, scale, 150000, 64, 4096), rel=1e-12)


def of_llama3(j: int, factor: float, base: float, width: int, length: float) -> float:
    """The frequency with low_freq_factor 1 and high_freq_factor 4, by wavelengths as upstream has it."""
    plain = base ** (-2 * j / width)
    wavelength = 2 * math.pi / plain
    if wavelength > length:
        return plain / factor
    if wavelength < length / 4:
        return plain
    smooth = (length / wavelength - 1) / 3
    return (1 - smooth) * plain / factor + smooth * plain


@pytest.mark.parametrize(("factor", "base", "width", "length", "blended"), [
    (32.0, 500000.0, 64, 8192.0, 3), (4.0, 500000.0, 128, 8192.0, 6), (8.0, 500000.0, 128, 8192.0, 6),
    (0.5, 2.0, 2, 10.0, 1), (9.0, 1.5, 8, 20.0, 4), (3.0, 10000.0, 16, 1.0, 0),
])
def test_llama3_at_any_size(factor: float, base: float, width: int, length: float, blended: int) -> None:
    """Both sides at every pair; and no pair turns further with the larger factor, and the last one less."""
    text = Numbers("theorem_17_llama3_other_factor", head_dim=width, rope_theta=base, factor=factor,
                   original_max_position_embeddings=length)
    last = width // 2 - 1
    assert text("source_pairs") == text("target_pairs") == last + 1
    assert text("source_turns", last) < 4
    assert sum(1 < text("source_turns", j) < 4 for j in range(last + 1)) == blended
    angles = [(text("source_angle", j, 1), text("target_angle", j, 1)) for j in range(last + 1)]
    assert angles == [pytest.approx((of_llama3(j, 8, base, width, length), of_llama3(j, factor, base, width, length)),
                                    rel=1e-12) for j in range(last + 1)]
    away = 0 if factor == 8 else 1 if factor < 8 else -1
    assert all(away * (fast - slow) >= 0 for slow, fast in angles)
    assert (angles[last][1] > angles[last][0]) - (angles[last][1] < angles[last][0]) == away


@pytest.mark.parametrize(("scale", "base", "n_rot", "length"), [
    (1 / 32, 150000.0, 64, 4096.0), (0.25, 10000.0, 128, 8192.0), (1.0, 500.0, 16, 100.0), (0.5, 10.0, 2, 8.0),
    (0.9, 1e6, 4, 1e6), (0.5, 1e5, 6, 8.0), (0.5, 10.0, 4, 6.0),
])
def test_yarn_of_transformers_on_ggml(scale: float, base: float, n_rot: int, length: float) -> None:
    """Both sides are ggml's, also at the length of 6, where both ends are 0 and 1/1000 stands for their distance."""
    text = Numbers("theorem_18_yarn_on_ggml", n_rot=n_rot, base=base, n_ctx_orig=length, freq_scale=scale)
    assert n_rot // 2 == text("source_pairs") == text("target_pairs")
    for j in range(n_rot // 2):
        for side in ("source", "target"):
            own = [text(f"{side}_angle", j, 1), text(f"{side}_magnitude")]
            assert own == pytest.approx(of_ggml(j, scale, base, n_rot, length), rel=1e-12)


def test_yarn_of_transformers_with_ends_in_the_wrong_order() -> None:
    """Below a length of 8 the ends may be in the other order: ends 0 and -10, and pair 1 is scaled by ggml alone."""
    text = Numbers("theorem_18_yarn_on_ggml", n_rot=8, base=2.0, n_ctx_orig=1.0, freq_scale=0.5)
    assert (text("source_low"), text("source_high")) == (text("target_low"), text("target_high")) == (0, -10)
    assert text("source_angle", 1, 1) == pytest.approx(2 ** (-1 / 4))
    assert text("target_angle", 1, 1) == pytest.approx(2 ** (-1 / 4) / 2)
