"""bfloat16, which NumPy does not have: rounded as IEEE 754 rounds, at every binade and beyond both ends."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np

from prover.bits.formats import bits_of, round_to
from prover.bits.machine import Machine

LARGEST = Fraction(255, 128) * Fraction(2) ** 127


def number(bits: int) -> float:
    """The number whose upper half as a float32 these bits are."""
    return float(struct.unpack(">f", struct.pack(">HH", bits, 0))[0])


FINITE = [number(bits) for bits in range(0x7F80)]  # from 0 to the largest, in their order


def nearest(value: Fraction) -> float:
    """The nearest bfloat16, found among all of them."""
    size = abs(value)
    if size >= LARGEST + Fraction(2) ** 119:
        return float("-inf") if value < 0 else float("inf")
    low, high = 0, len(FINITE)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if Fraction(FINITE[middle]) <= size else (low, middle)
    near = [(abs(size - Fraction(FINITE[bits])), bits % 2, bits) for bits in (low, low + 1) if bits < len(FINITE)]
    return FINITE[min(near)[2]] * (-1 if value < 0 else 1)


def test_every_number_and_what_lies_between() -> None:
    """Each of the 32640 numbers is itself; half way to the next goes to even bits, a little off it to the nearer."""
    grid = np.array(FINITE)
    middle = (grid[:-1] + grid[1:]) / 2
    bits = np.arange(len(FINITE))
    wanted = {
        "itself": (grid, bits),
        "half way": (middle, (bits[:-1] + 1) // 2 * 2),
        "below": (np.nextafter(middle, 0), bits[:-1]),
        "above": (np.nextafter(middle, np.inf), bits[1:]),
    }
    for name, (values, expected) in wanted.items():
        for sign in (1, -1):
            found = round_to(sign * values, "bfloat16")
            assert (expected == (bits_of(found, "bfloat16") & 0x7FFF)).all(), name
            assert (np.signbit(found) == (sign < 0)).all(), name


def test_beyond_the_ends() -> None:
    """Half way from the largest number to the next is infinity; infinities, NaN and the sign of zero stay."""
    edge = float(LARGEST + Fraction(2) ** 119)
    values = np.array([np.nextafter(edge, 0), edge, 1e300, np.inf, -np.inf, -edge, np.nan, -0.0, 5e-324, -1e-300])
    found = round_to(values, "bfloat16")
    expected = ["0x7f7f", *["0x7f80"] * 3, "0xff80", "0xff80", "nan", "0x8000", "0x0", "0x8000"]
    shown = [hex(int(b)) if v == v else "nan" for b, v in zip(bits_of(found, "bfloat16"), found, strict=True)]
    assert expected == shown


def test_operations_round_once() -> None:
    """Sums, products and quotients are the nearest to the exact result, subnormal and infinite ones included."""
    generator = np.random.default_rng(3)
    a, b = (round_to(np.ldexp(generator.uniform(-2, 2, 3000), generator.integers(low, 127, 3000)), "bfloat16")
            for low in (-140, -70))
    machine = Machine({}, np.zeros((a.size, 1)))
    for operation, exact in (
        ("add", lambda x, y: x + y), ("sub", lambda x, y: x - y), ("mul", lambda x, y: x * y),
        ("div", lambda x, y: x / y),
    ):
        found = machine.apply(operation, "bfloat16", a, b)
        expected = [nearest(exact(Fraction(float(x)), Fraction(float(y)))) for x, y in zip(a, b, strict=True)]
        assert expected == found.tolist(), operation


def test_positions_are_rounded_from_whole_numbers() -> None:
    """Whole numbers up to 256 are themselves; from there on ties go to even, as float32 rounded to 8 bits would."""
    values = np.array([0, 1, 255, 256, 257, 258, 259, 513, 2047, 1 << 40])
    assert [0, 1, 255, 256, 256, 258, 260, 512, 2048, 1 << 40] == round_to(values, "bfloat16").tolist()
