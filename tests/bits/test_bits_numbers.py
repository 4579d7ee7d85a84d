"""The checker's own arithmetic: every format against NumPy, every function against mpmath and the C library."""

from __future__ import annotations

import ctypes
import ctypes.util
import random
from fractions import Fraction

import bits_oracle
import numpy as np
import pytest

from prover.bits_checker import FORMATS, Float, NotShown, Numbers, Rejected, Work, number, pattern, rounded

KINDS = tuple(FORMATS)
LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
LIBM.fmaf.argtypes, LIBM.fmaf.restype = [ctypes.c_float] * 3, ctypes.c_float
LIBM.fma.argtypes, LIBM.fma.restype = [ctypes.c_double] * 3, ctypes.c_double


def hexadecimal(bits: int, kind: str) -> str:
    return f"0x{bits:0{ {'float32': 8, 'float64': 16}.get(kind, 4) }x}"


def of(value: object, kind: str) -> Float:
    """A NumPy scalar as the checker has it."""
    return number(bits_oracle.hexadecimal(value, kind), kind)


def numbers() -> Numbers:
    return Numbers(Work(), {}, lambda lane: Float(Fraction(0), False), Fraction(0))


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_every_number_of_a_narrow_format(kind: str) -> None:
    """All 65536 patterns: the finite ones are NumPy's numbers and come back as themselves, the others are refused."""
    refused = 0
    for bits in range(1 << 16):
        value = float(bits_oracle.from_bits(bits, kind))
        if not np.isfinite(value):
            refused += 1
            with pytest.raises(Rejected, match="no finite number"):
                number(hexadecimal(bits, kind), kind)
            continue
        found = number(hexadecimal(bits, kind), kind)
        assert (Fraction(value), bool(np.signbit(value))) == (found.number, found.negative)
        assert pattern(found, kind) == hexadecimal(bits, kind)
        assert found == rounded(found.number, kind, found.negative)
    assert {"float16": 2 * 1024, "bfloat16": 2 * 128}[kind] == refused


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_numbers_of_a_wide_format(kind: str) -> None:
    """Random patterns, and those at the ends of the subnormal, normal and finite ones."""
    draw = random.Random(1)
    width = {"float32": 32, "float64": 64}[kind]
    bits, _, fields = FORMATS[kind]
    ends = [0, 1, (1 << bits - 1) - 1, 1 << bits - 1, (1 << bits - 1) + 1, (fields << bits - 1) - 1]
    for each in [*ends, *(end | 1 << width - 1 for end in ends), *(draw.getrandbits(width) for _ in range(3000))]:
        value = float(bits_oracle.from_bits(each, kind))
        if np.isfinite(value):
            found = number(hexadecimal(each, kind), kind)
            assert (Fraction(value), bool(np.signbit(value))) == (found.number, found.negative)
            assert pattern(found, kind) == hexadecimal(each, kind)
    for each in (fields << bits - 1, (1 << width) - 1):
        with pytest.raises(Rejected, match="no finite number"):
            number(hexadecimal(each, kind), kind)


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_rounding_is_that_of_numpy(kind: str) -> None:
    """From float64, over all sizes: middles of two neighbours, beside them, subnormals; what overflows is refused."""
    generator, kept = np.random.default_rng(2), 0
    least = {"float16": -26, "float32": -152}[kind]
    for _ in range(4000):
        value = float(generator.normal() * 2.0 ** generator.integers(least, -least))
        with np.errstate(all="ignore"):
            near = bits_oracle.TYPES[kind][0](value)
            middle = (float(near) + float(np.nextafter(near, np.inf, dtype=type(near)))) / 2 if np.isfinite(near) else 0
        for each in (value, middle, float(np.nextafter(middle, 1e300))):
            with np.errstate(all="ignore"):
                wanted = bits_oracle.TYPES[kind][0](each)
            if not np.isfinite(wanted):
                with pytest.raises(Rejected, match="too large"):
                    rounded(Fraction(each), kind)
            else:
                kept += 1
                assert bits_oracle.hexadecimal(wanted, kind) == pattern(
                    rounded(Fraction(each), kind, bool(np.signbit(each))), kind)
    assert kept > 4000


ONCE = [
    (1 + Fraction(1, 1 << 24) + Fraction(1, 1 << 90), "float32", "0x3f800001"),  # by way of float64 it would go down
    (1 + Fraction(1, 1 << 24), "float32", "0x3f800000"),
    (1 + Fraction(3, 1 << 24), "float32", "0x3f800002"),
    (Fraction(1, 1 << 1075), "float64", "0x0000000000000000"),
    (Fraction(-3, 1 << 1076), "float64", "0x8000000000000001"),
    (-Fraction(1, 1 << 2000), "float64", "0x8000000000000000"),
    (Fraction(1, 1 << 134), "bfloat16", "0x0000"),
    (Fraction(3, 1 << 134), "bfloat16", "0x0002"),
    (1 + Fraction(1, 1 << 8), "bfloat16", "0x3f80"),
    (Fraction(65519), "float16", "0x7bff"),
    (Fraction(2**128) - Fraction(2**103) - 1, "float32", "0x7f7fffff"),
]


@pytest.mark.parametrize(("value", "kind", "bits"), ONCE)
def test_rounding_once(value: Fraction, kind: str, bits: str) -> None:
    """Ties to even, by hand."""
    assert bits == pattern(rounded(value, kind), kind)


@pytest.mark.parametrize(("value", "kind"), [
    (Fraction(65520), "float16"), (Fraction(2**128) - Fraction(2**103), "float32"),
    (Fraction(2**128) - Fraction(2**119), "bfloat16"), (Fraction(2**1024) - Fraction(2**970), "float64"),
])
def test_the_least_number_that_is_infinite(value: Fraction, kind: str) -> None:
    """Half a step above the largest number; a little below it is that number."""
    with pytest.raises(Rejected, match="too large"):
        rounded(-value, kind)
    assert rounded(value - Fraction(1, 1 << 2000), kind)


def draws(kind: str, count: int, seed: int) -> list[object]:
    """Numbers of all sizes, small whole ones, zeros, and pairs that cancel."""
    draw, found = random.Random(seed), list[object]()
    span = {"float16": 4, "bfloat16": 30, "float32": 30, "float64": 200}[kind]
    while len(found) < count:
        size = draw.choice([0.0, 1.0, draw.gauss(0, 1), draw.gauss(0, 1) * 10.0 ** draw.uniform(-span, span / 2)])
        value = draw.choice([1, -1]) * size
        found.append(bits_oracle.nearest(Fraction(value), kind, value, bool(np.signbit(value))))
        if draw.random() < 0.2:
            found.append(-found[-1])  # type: ignore[operator]
    return found[:count]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["add", "mul", "div", "sqrt", "floor", "ceil", "abs"])
def test_plain_operations_are_those_of_numpy(name: str, kind: str) -> None:
    """Every bit, signs of zeros among them; what is infinite or no number is refused."""
    checked = 0
    left, right = draws(kind, 300, 3), draws(kind, 300, 4)
    right[:60] = [-each for each in left[:60]]  # type: ignore[operator]
    for pair in zip(left, right, strict=True):
        values = pair if name in ("add", "mul", "div") else pair[:1]
        if kind == "bfloat16":
            with np.errstate(all="ignore"):
                wide = {"add": np.add, "mul": np.multiply, "div": np.divide}.get(name, getattr(np, name, None))
                size = wide(*(np.float64(v) for v in values)) if wide else np.nan
            wanted = bits_oracle.operation(name, kind, *values) if abs(size) < 3e38 else np.float32(np.inf)
        else:
            wanted = bits_oracle.operation(name, kind, *values)
        if not np.isfinite(wanted):
            with pytest.raises(Rejected):
                numbers().apply(name, kind, *(of(v, kind) for v in values))
            continue
        checked += 1
        found = numbers().apply(name, kind, *(of(v, kind) for v in values))
        assert bits_oracle.hexadecimal(wanted, kind) == pattern(found, kind), (name, values)
    assert checked > 100


@pytest.mark.parametrize(("kind", "library"), [("float32", LIBM.fmaf), ("float64", LIBM.fma)])
def test_fma_is_that_of_the_c_library(kind: str, library: ctypes._CFuncPtr) -> None:
    """Every bit, where much cancels and where the sum is exactly 0 too."""
    a, b, c = draws(kind, 600, 5), draws(kind, 600, 6), draws(kind, 600, 7)
    with np.errstate(all="ignore"):
        c[:200] = [-(x * y) for x, y in zip(a[:200], b[:200], strict=True)]  # type: ignore[operator]
    checked = 0
    for values in zip(a, b, c, strict=True):
        if all(np.isfinite(v) for v in values) and np.isfinite(wanted := library(*map(float, values))):  # type: ignore[call-overload]
            checked += 1
            found = numbers().apply("fma", kind, *(of(v, kind) for v in values))
            assert bits_oracle.hexadecimal(bits_oracle.TYPES[kind][0](wanted), kind) == pattern(found, kind)
    assert checked > 300


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["cos", "sin", "log", "pow"])
def test_functions_are_the_nearest_numbers(name: str, kind: str) -> None:
    """Against 200 bits of mpmath, of which the nearest number is picked among neighbours."""
    draw = random.Random(8)
    for _ in range(60):
        a = draw.choice([
            draw.gauss(0, 1), draw.gauss(0, 1) * 1000, draw.uniform(0, 60000), 10.0 ** draw.uniform(-4, 4)])
        b = draw.choice([draw.gauss(0, 1), -draw.random(), 0.5, float(draw.randrange(-3, 4))])
        if name in ("log", "pow"):
            a = abs(a) + 1e-3
            b = b if abs(b) < 2 or a < 30 else b / 8
        values = [bits_oracle.nearest(Fraction(v), kind, v) for v in ((a, b) if name == "pow" else (a,))]
        if name == "pow" and float(values[0]) ** float(values[1]) > 60000:
            continue  # float16 has no such number
        wanted = bits_oracle.operation(name, kind, *values)
        found = numbers().apply(name, kind, *(of(v, kind) for v in values))
        assert bits_oracle.hexadecimal(wanted, kind) == pattern(found, kind), (name, values)


CORNERS = [
    ("sin", "float32", ["0x80000000"], "0x80000000"), ("sin", "float32", ["0x00000001"], "0x00000001"),
    ("cos", "float32", ["0x80000000"], "0x3f800000"), ("cos", "float64", ["0x0000000000000001"], "0x3ff0000000000000"),
    ("sqrt", "float32", ["0x80000000"], "0x80000000"), ("log", "float32", ["0x3f800000"], "0x00000000"),
    ("sqrt", "float64", ["0x0000000000000001"], "0x1e60000000000000"),  # 2**-537
    ("pow", "float32", ["0x80000000", "0x40400000"], "0x80000000"),  # (-0)**3
    ("pow", "float32", ["0x80000000", "0x40000000"], "0x00000000"),
    ("pow", "float32", ["0x00000000", "0x00000000"], "0x3f800000"),
    ("pow", "float32", ["0xc0000000", "0x40400000"], "0xc1000000"),
    ("pow", "float32", ["0x40800000", "0x3f000000"], "0x40000000"),  # 4**0.5
    ("pow", "float32", ["0x40000000", "0xc3150000"], "0x00000001"),  # 2**-149
    ("pow", "float32", ["0x40000000", "0xc3161000"], "0x00000000"),  # 2**-150.0625 is nearer to 0
    ("add", "float32", ["0x3f800000", "0xbf800000"], "0x00000000"),
    ("add", "float32", ["0x80000000", "0x80000000"], "0x80000000"),
    ("add", "float32", ["0x80000000", "0x00000000"], "0x00000000"),
    ("mul", "float32", ["0x80000001", "0x3e800000"], "0x80000000"),  # a subnormal by a quarter
    ("fma", "float32", ["0x3f800000", "0x80000000", "0x80000000"], "0x80000000"),
    ("fma", "float32", ["0x3f800000", "0xbf800000", "0x3f800000"], "0x00000000"),
    ("neg", "float32", ["0x00000000"], "0x80000000"), ("abs", "float32", ["0x80000000"], "0x00000000"),
    ("floor", "float32", ["0x80000000"], "0x80000000"), ("ceil", "float32", ["0xbf000000"], "0x80000000"),
    ("min", "float32", ["0x3f800000", "0xbf800000"], "0xbf800000"),
    ("max", "float32", ["0x3f800000", "0xbf800000"], "0x3f800000"),
    # sin of 2**100, and of the largest float64: pi has to be known to more than a thousand bits.
    ("sin", "float32", ["0x71800000"], None), ("sin", "float64", ["0x7fefffffffffffff"], "0x3f7452fc98b34e97"),
]


@pytest.mark.parametrize(("name", "kind", "values", "wanted"), CORNERS)
def test_corners(name: str, kind: str, values: list[str], wanted: str | None) -> None:
    """Zeros with signs, the least numbers, exact results, and large arguments, by hand or by mpmath."""
    found = pattern(numbers().apply(name, kind, *(number(v, kind) for v in values)), kind)
    if wanted is None:
        (value,) = (bits_oracle.from_bits(int(v, 16), kind) for v in values)
        wanted = bits_oracle.hexadecimal(bits_oracle.operation(name, kind, value), kind)
    assert wanted == found


@pytest.mark.parametrize(("name", "values"), [
    ("div", ["0x3f800000", "0x80000000"]), ("div", ["0x00000000", "0x00000000"]), ("sqrt", ["0xbf800000"]),
    ("log", ["0x00000000"]), ("log", ["0x80000000"]), ("log", ["0xbf800000"]), ("pow", ["0x00000000", "0xbf800000"]),
    ("pow", ["0xc1000000", "0x3eaaaaab"]), ("pow", ["0x41200000", "0x42200000"]), ("add", ["0x7f7fffff", "0x7f7fffff"]),
    ("pow", ["0x3fc00000", "0x7b800000"]),  # 1.5 to the 2**120
    ("mul", ["0x7f7fffff", "0x40000000"]), ("pow", ["0x00000000", "0x3f000000"]),
])
def test_what_is_no_finite_number_is_refused(name: str, values: list[str]) -> None:
    """Divisions by 0, logarithms and roots of what has none, overflow."""
    with pytest.raises((Rejected, NotShown)):
        numbers().apply(name, "float32", *(number(v, "float32") for v in values))


def test_the_middle_of_two_numbers_is_not_guessed() -> None:
    """169**1.5 is 2197 exactly, and float16 has 2196 and 2198; an exact sum of that size goes to the even one."""
    with pytest.raises(NotShown, match="which float16 is nearest"):
        numbers().apply("pow", "float16", rounded(Fraction(169), "float16"), rounded(Fraction(3, 2), "float16"))
    assert 2196 == rounded(Fraction(2197), "float16").number
