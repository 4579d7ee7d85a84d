"""Fused multiply-adds and the order of products: against the C library's fma, and what a compiler may choose."""

from __future__ import annotations

import ctypes
import ctypes.util
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from prover.bits.bitwise import Bits, compare_bits
from prover.bits.contraction import FIRST_FUSED
from prover.bits.formats import bits_of, round_to
from prover.bits.machine import Machine
from prover.bits.terms import Terms, span_of
from prover.claims.solver import Solver
from prover.errors import InputError
from prover.exact.storing import format_of
from prover.proof_files.bitwise_file import run_bitwise
from prover.resources import PROOFS

RECIPES = PROOFS / "recipes"
LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
LIBM.fmaf.argtypes, LIBM.fmaf.restype = [ctypes.c_float] * 3, ctypes.c_float
LIBM.fma.argtypes, LIBM.fma.restype = [ctypes.c_double] * 3, ctypes.c_double

LAYOUT = """
title = "test"
axes  = ["p"]
width = "4"
[parameters]
base = { default = 10000 }
[pairs]
count  = "2"
first  = "j"
second = "j + 2"
angle  = "p*base**(-j/2)"
[recipe]
angle = "p*base**(-j/2)"
"""


def compared(tmp_path: Path, first: str, second: str) -> Bits:
    """Two recipes of one layout, which say more than the angle."""
    for name, more in (("a", first), ("b", second)):
        (tmp_path / f"{name}.toml").write_text(LAYOUT + more)
    return compare_bits(str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), [], Solver())


def triples(precision: str) -> list[np.ndarray]:
    """Numbers for a*b + c: of all sizes, c near -a*b so that much cancels, c half a step beside a*b, and zeros."""
    generator = np.random.default_rng(3)
    span = {"float16": 3, "bfloat16": 30, "float32": 18, "float64": 150}[precision]
    a, b, c = (generator.normal(size=3000) * 10.0 ** generator.integers(-span, span // 2, 3000) for _ in range(3))
    a, b = round_to(a, precision), round_to(b, precision)
    c[:1000] = -(a[:1000].astype(np.float64) * b[:1000]) * (1 + 2.0 ** -generator.integers(5, 60, 1000))
    tiny = float(format_of(precision).number(1))
    c[1000:1500] = tiny * generator.integers(-3, 4, 500)
    a[1500:1600], c[1550:1650] = 0, 0
    return [a, b, round_to(c, precision)]


@pytest.mark.parametrize(("precision", "library"), [("float32", LIBM.fmaf), ("float64", LIBM.fma)])
def test_fma_is_that_of_the_c_library(precision: str, library: ctypes._CFuncPtr) -> None:
    """Every bit, signs of zeros among them."""
    a, b, c = triples(precision)
    with np.errstate(all="ignore"):
        found = Machine({}, np.zeros((a.size, 1))).apply("fma", precision, a, b, c)
    wanted = np.array([library(*map(float, each)) for each in zip(a, b, c, strict=True)], dtype=found.dtype)
    assert (bits_of(wanted) == bits_of(found)).all()
    with np.errstate(all="ignore"):
        assert (bits_of(a * b + c) != bits_of(found)).any()


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_fma_of_narrow_formats(precision: str) -> None:
    """Its result is nearest to a*b + c among the neighbours, by rational numbers; an even one in a tie."""
    kind = format_of(precision)
    a, b, c = triples(precision)
    found = Machine({}, np.zeros((a.size, 1))).apply("fma", precision, a, b, c)
    checked = 0
    for x, y, z, result in zip(a, b, c, found, strict=True):
        exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        if np.isinf(result):
            assert abs(exact) >= kind.number(kind.last)
            continue
        place = kind.place(abs(Fraction(float(result)))) or 0
        off = abs(abs(exact) - kind.number(place))
        beside = min(abs(abs(exact) - kind.number(max(place + by, 0))) for by in (-1, 1))
        assert off < beside or (off == beside and place % 2 == 0)
        assert not exact or np.signbit(result) == (exact < 0)
        checked += 1
    assert checked > 2000


EXACT = [
    ("float16", "float32", Fraction(0), True),
    ("float32", "float64", Fraction(0), True),
    ("bfloat16", "float64", Fraction(0), True),
    ("bfloat16", "float32", Fraction(0), False),      # 2**-133 * 2**-17 is none of float32
    ("bfloat16", "float32", Fraction(1, 1 << 60), True),
    ("bfloat16", "float32", Fraction(1, 1 << 68), False),
    ("float32", "float32", Fraction(1, 4), False),
    ("float16", "bfloat16", Fraction(1, 4), False),
    ("bfloat16", "float16", Fraction(1, 4), False),   # overflow
]


@pytest.mark.parametrize(("factors", "precision", "least", "wanted"), EXACT)
def test_which_products_are_exact(factors: str, precision: str, least: Fraction, wanted: bool) -> None:
    """Of a number of a head and a cosine; where it is so, a fused sum is a plain one, else a term of its own."""
    terms = Terms(least)
    x = terms.convert(terms.lane(0, factors), precision)
    cos = terms.convert(terms.convert(terms.apply("cos", "float64", terms.lane(1, "float64")), factors), precision)
    y = terms.lane(2, precision)
    plain = terms.apply("add", precision, terms.apply("mul", precision, x, cos), y)
    assert wanted is (plain == terms.apply("fma", precision, x, cos, y))


def test_what_is_called_exact_is() -> None:
    """The least and the largest factors with the most bits that a format has: their products stay what they are."""
    for factors, precision, least, wanted in EXACT:
        kind, wide = format_of(factors), format_of(precision)
        if not wanted:
            continue
        odd = 2**kind.bits - 1
        low = least / 2 ** (kind.bits - 1) * odd if least else kind.number(1)
        for x in (low, kind.number(kind.last), Fraction(odd, 2**kind.bits)):
            for cos in (low, Fraction(odd, 2**kind.bits)):
                assert wide.rounded(x * cos) == x * cos
    assert span_of("float16").times(span_of("float16")).fits("float32")


def test_products_of_bfloat16_may_be_too_small() -> None:
    """Why nothing may be too small there: two bfloat16 numbers and a float32 one that C's fma and a sum tell apart."""
    a, b, c = 3 * 2.0**-133, 2.0**-17, 2.0**-149
    assert (a, b) == tuple(round_to(np.array([a, b]), "bfloat16").tolist())
    rounded = float(np.float32(a) * np.float32(b) + np.float32(c))
    assert (3 * 2.0**-149, 2 * 2.0**-149) == (rounded, LIBM.fmaf(a, b, c))


WIDE = 'rotation = "float32"\ntable = "{0}"\nhead = "{0}"\n'
OUTCOMES = {
    "float16 contracted": (WIDE.format("float16"), 'contract = "allowed"\n', "equivalent"),
    "bfloat16 contracted, of any size": (WIDE.format("bfloat16"), 'contract = "allowed"\n', "undecided"),
    "bfloat16 contracted, not too small": (
        WIDE.format("bfloat16"), 'contract = "allowed"\nleast = "2**-60"\n', "equivalent"
    ),
    "float32 contracted": ("", 'contract = "allowed"\n', "different"),
    "exchanged": ("", 'rotated_first = "-(sin*y) + cos*x"\nrotated_second = "cos*y + x*sin"\n', "equivalent"),
    "a sign inside": ("", 'rotated_first = "x*cos + y*-sin"\n', "equivalent"),
    "fused with cos": ("", 'rotated_first = "fma(x, cos, -y*sin)"\n', "different"),
    "fused with cos in float16": (WIDE.format("float16"), 'rotated_first = "fma(cos, x, -(y*sin))"\n', "equivalent"),
    "doubled and halved": ("", 'rotated_first = "x*cos*2*0.5 - y*sin"\n', "undecided"),
    "a negated sum": ("", 'rotated_first = "-(y*sin - x*cos)"\n', "different"),   # 0 - 0 and -(0 - 0)
}


@pytest.mark.parametrize(("formats", "more", "wanted"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcomes(tmp_path: Path, formats: str, more: str, wanted: str) -> None:
    """What is proved, refuted or left open, each against the plain rotation in the same formats."""
    assert wanted == compared(tmp_path, formats, formats + more).outcome.value


def test_a_compiler_may_not_choose_as_another_does(tmp_path: Path) -> None:
    """One recipe on both sides is compiled twice, and nothing says that it is compiled alike."""
    found = compared(tmp_path, 'contract = "allowed"\n', 'contract = "allowed"\n')
    assert found.difference is not None
    assert found.difference.choices[0] != found.difference.choices[1]


def test_angles_are_contracted_too(tmp_path: Path) -> None:
    """p*f + p*f*0 is a sum of products as well."""
    more = 'contract = "allowed"\nleast = "2**-60"\n'
    text = LAYOUT + more + WIDE.format("float16")
    (tmp_path / "a.toml").write_text(text)
    (tmp_path / "b.toml").write_text(text.replace('[recipe]\nangle = "p*base**(-j/2)"',
                                                  '[recipe]\nangle = "p*base**(-j/2)*0.75 + p*base**(-j/2)*0.25"'))
    assert "equivalent" == compare_bits(*[str(tmp_path / "a.toml")] * 2, [], Solver()).outcome.value
    found = compare_bits(*[str(tmp_path / "b.toml")] * 2, [], Solver())
    assert found.open_pairs == (0, 1)


def test_the_position_that_is_told_is_one(tmp_path: Path) -> None:
    """C's fmaf of the reported numbers gives the reported bits: cos and sin are NumPy's of the reported angle."""
    report = run_bitwise(PROOFS / "bitwise" / "bitwise-4-contracted.toml", False, Solver()).report
    told = report["first_difference"]
    assert [FIRST_FUSED] == told["compiled"][1:]
    (x, y), pair = (_float(told["inputs"][str(lane)]) for lane in (told["pair"], told["pair"] + 64)), told["pair"]
    angle = _float(told["angle"][0])
    cos, sin = np.float32(np.cos(np.float64(angle))), np.float32(np.sin(np.float64(angle)))
    assert pair == told["lane"]
    plain, fused = x * cos - y * sin, np.float32(LIBM.fmaf(x, cos, -(y * sin)))
    assert [_bits(plain), _bits(fused)] == [text.split()[-1].strip("()") for text in told["output"]]


def _float(text: str) -> np.float32:
    return np.array([int(text.split("(0x")[1].rstrip(")"), 16)], dtype=np.uint32).view(np.float32)[0]


def _bits(value: np.float32) -> str:
    return f"0x{int(np.array([value]).view(np.uint32)[0]):08x}"


REFUSED = {
    "the other direction": ('rotated_first = "x*cos + y*sin"', "is not x\\*cos - y\\*sin in exact arithmetic"),
    "a quotient": ('rotated_first = "x/cos"', "is no part of a rotation"),
    "another name": ('rotated_second = "x*sin + z*cos"', "unknown name 'z'"),
    "fma of two": ('rotated_first = "fma(x, cos)"', "call of 'fma' is not allowed"),
    "a large power": ('rotated_first = "' + "*".join(["(x + y + cos + sin)"] * 9) + '"', "products of names"),
    "an unknown contract": ('contract = "fast"', "contract"),
    "an unknown head": ('head = "bf16"', "head"),
    "no power of two": ('least = "0.3"', "a power of two"),
    "no number": ('least = "2**-n"', "a power of two"),
    "a huge power": ('least = "2**-99999999999"', "a power of two"),
}


@pytest.mark.parametrize(("more", "part"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, more: str, part: str) -> None:
    """What is no rotation, or does not say how it is worked out."""
    with pytest.raises(InputError, match=part):
        compared(tmp_path, more, "")


def test_fma_is_for_recipes_alone(tmp_path: Path) -> None:
    """What is exact does not ask how a sum is rounded."""
    (tmp_path / "a.toml").write_text(LAYOUT.replace('angle  = "p*base**(-j/2)"', 'angle  = "fma(p, base**(-j/2), 0)"'))
    with pytest.raises(InputError, match="call of 'fma' is not allowed"):
        compare_bits(str(tmp_path / "a.toml"), "ggml/neox", [], Solver())


def test_a_difference_is_told_only_where_the_premise_holds(tmp_path: Path) -> None:
    """With `least` a position counts whose cosine and sine are 0 or no smaller; pair 0 turns by p itself."""
    least, fused = '\nleast = "2**-1"', '\nrotated_first = "fma(x, cos, -y*sin)"'
    found = compared(tmp_path, least, least + fused)
    assert found.difference is not None
    (_, at), lane = found.difference.position[0], found.difference.lane
    angle = at * 10000.0 ** (-(lane % 2) / 2)
    assert all(abs(turned) >= 0.5 - 1e-6 for turned in (np.cos(angle), np.sin(angle)))
    heads = [abs(float(text.split()[0])) for _, text in found.difference.inputs]
    assert all(size == 0 or size >= 0.5 for size in heads)
    assert at > 0
