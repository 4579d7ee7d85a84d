"""Which stored number a printed one stands for: against every float32 near it, printed by Python's %f."""

from __future__ import annotations

import random
import struct
from fractions import Fraction

import pytest

from prover.errors import InputError
from prover.sources.metadata import Stored
from prover.sources.printed import nearest, read_fixed, read_shortest


def float32(bits: int) -> float:
    """The float32 of these bits."""
    return float(struct.unpack("<f", struct.pack("<I", bits))[0])


def bits_of(value: float) -> int:
    """The bits of the float32 that is nearest."""
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


# What the loader prints, and the number: exact where one float32 alone prints so. From real logs, and the ends.
FIXED = {
    "10000.000000": Stored("f32", Fraction(10000)),
    "500000.000000": Stored("f32", Fraction(500000)),
    "10000,000000": Stored("f32", Fraction(10000)),
    "999999.437500": Stored("f32", Fraction(15999991, 16)),
    "11158840.000000": Stored("f32", Fraction(11158840)),
    "40.000000": Stored("f32", Fraction(40)),
    "32.000000": Stored("f32", Fraction(32)),
    "16.000000": Stored("f32", Fraction(16)),
    "8.000000": Stored("f32", Fraction(8), is_rounded=True),   # the float32 below prints so too
    "1.000000": Stored("f32", Fraction(1), is_rounded=True),
    "0,100000": Stored("f32", Fraction(1, 10), is_rounded=True),
    "0.000000": Stored("f32", Fraction(0), is_rounded=True),
    "-0.000001": Stored("f32", Fraction(-1, 10**6), is_rounded=True),
    "0.007812": Stored("f32", Fraction(7812, 10**6), is_rounded=True),   # of 1/128 by glibc
    "-10000.000000": Stored("f32", Fraction(-10000)),
    "nan": Stored("f32", "nan"), "-nan": Stored("f32", "nan"), "inf": Stored("f32", "inf"),
    "-inf": Stored("f32", "-inf"),
}


@pytest.mark.parametrize(("text", "stored"), FIXED.items())
def test_six_decimals_stand_for_the_numbers_that_print_so(text: str, stored: Stored) -> None:
    """The float32 itself where it is the only one, else the decimal as rounded."""
    assert read_fixed(text, "f32") == stored


def test_a_double_is_told_by_more_digits() -> None:
    """Six decimals tell a double only from 2^33 on: 1e10 alone prints as it does, 10000 does not."""
    assert read_fixed("10000000000.000000", "f64") == Stored("f64", Fraction(10**10))
    assert read_fixed("10000.000000", "f64") == Stored("f64", Fraction(10000), is_rounded=True)


def test_six_decimals_against_all_neighbours() -> None:
    """For random float32s: exact only if no float32 of the 40 on either side can print so, and then the right one."""
    chance = random.Random(3)
    exact = rounded = 0
    for _ in range(500):
        middle = bits_of(chance.uniform(0.5, 2) * 10.0 ** chance.uniform(-6, 8))
        text = f"{float32(middle):.6f}"
        near = [Fraction(float32(bits)) for bits in range(middle - 40, middle + 41)]
        same = [each for each in near if abs(each - Fraction(text)) <= Fraction(1, 2 * 10**6)]
        found = read_fixed(text, "f32")
        if len(same) == 1:
            assert found == Stored("f32", Fraction(float32(middle)))
            exact += 1
        else:
            assert found == Stored("f32", Fraction(text), is_rounded=True)
            rounded += 1
    assert min(exact, rounded) > 100


def test_all_digits_stand_for_one_number() -> None:
    """What Python prints of a float32, as a double or as short as it can be, gives the float32 back."""
    chance = random.Random(5)
    for _ in range(500):
        value = float32(chance.randrange(1, 0x7F800000))
        expected = Stored("f32", Fraction(value))
        assert read_shortest(repr(value), "f32") == expected
        assert read_shortest(f"{value:.9g}", "f32") == expected   # nine digits tell every float32
        assert read_shortest(f"-{value!r}", "f32") == Stored("f32", -Fraction(value))


def test_nearest_is_that_of_ieee_754() -> None:
    """Against the conversion of the machine, from doubles to float32, halves to the even one."""
    chance = random.Random(11)
    values = [chance.uniform(-2, 2) * 2.0 ** chance.randrange(-150, 127) for _ in range(1000)]
    values += [(float32(bits) + float32(bits + 1)) / 2 for bits in (1, 0x3F800000, 0x3F800001, 0x7F7FFFFD)]
    for value in values:
        assert nearest(Fraction(value), "f32") == Fraction(float32(bits_of(value)))
        assert nearest(Fraction(value), "f64") == Fraction(value)


@pytest.mark.parametrize(("text", "message"), [
    ("500000.010000", "no f32 is printed as 500000.010000"), ("500000", "expected a number with decimals"),
    ("5e5", "expected a number with decimals"), ("", "expected a number with decimals"),
    ("1.000.000,0", "expected a number"), ("0x10.0", "expected a number"), ("1" * 61 + ".0", "expected a number"),
    ("9" * 40 + ".000000", "no f32 is printed as"), ("\u0661.\u0660", "expected a number"),
])
def test_what_no_number_prints_is_refused(text: str, message: str) -> None:
    """An edited value, another format, or none at all."""
    with pytest.raises(InputError, match=message):
        read_fixed(text, "f32")


@pytest.mark.parametrize("text", ["1e9999", "1e-9999", "1e39", "x", "1_000", "1/3", "", "0x1", "1" * 61])
def test_what_is_no_number_or_none_of_the_format_is_refused(text: str) -> None:
    """Also what is larger than any float32."""
    with pytest.raises(InputError):
        read_shortest(text, "f32")
