"""The operations of a recipe as NumPy does them, on many positions at once."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from prover.bits.formats import CARRIERS, Array, round_to, rounded
from prover.exact.angle import Angle
from prover.exact.storing import format_of


class Machine:
    """NumPy's operations, on many positions at once. `coordinates`: whole numbers, one array per name.

    pow, cos, sin and log are worked out in float64 and then rounded.
    """

    def __init__(self, coordinates: Mapping[str, npt.NDArray[np.int64]], head: npt.NDArray[np.float64]) -> None:
        self.coordinates, self.head = coordinates, head
        self.count = head.shape[0]

    def constant(self, value: Fraction, precision: str) -> Array:
        return np.full(self.count, rounded(value, precision))

    def position(self, place: Angle, precision: str) -> Array:
        total = np.full(self.count, int(place.phase.rational or 0), dtype=np.int64)
        for name, frequency in place.frequencies:
            total += int(frequency.rational or 0) * self.coordinates[name]
        return round_to(total, precision)

    def lane(self, index: int, precision: str) -> Array:
        return round_to(self.head[:, index], precision)

    def convert(self, value: Array, precision: str) -> Array:
        return round_to(value, precision)

    def apply(self, operation: str, precision: str, *values: Array) -> Array:
        with np.errstate(all="ignore"):
            # NumPy's float32 versions miss the nearest number more often than those of C libraries and torch; and it
            # has no bfloat16, whose operations come out right by way of float64, which has more than twice its bits.
            wide = operation in _LIBRARY or precision == "bfloat16"
            if wide:
                values = tuple(value.astype(np.float64) for value in values)
            if operation == "fma":
                return _fused(precision, *values)
            result: Array = _FUNCTIONS[operation](*values)
            if wide:
                result = round_to(result, precision)
        if result.dtype != CARRIERS[precision]:
            raise TypeError(f"{operation} gave {result.dtype}, expected {precision}")
        return result


def _fused(precision: str, a: Array, b: Array, c: Array) -> Array:
    """a*b + c, rounded once.

    In float64 a product of two of the narrower numbers is exact. What its sum with c leaves over is worked out too
    (Knuth's two-sum), and where there is something the sum is made odd: rounding that again is rounding once, since
    float64 has two bits more, and more (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved
    algorithms using rounding to odd", IEEE Transactions on Computers 57, 2008).
    """
    if precision == "float64":
        return np.array([_fused_exactly(*each) for each in zip(a, b, c, strict=True)], dtype=np.float64)
    product, more = a.astype(np.float64) * b, c.astype(np.float64)
    total = product + more
    back = total - product
    left = (product - (total - back)) + (more - back)
    is_even = total.view(np.uint64) & np.uint64(1) == 0
    odd = np.where(is_even & (left != 0) & np.isfinite(left), np.nextafter(total, np.copysign(np.inf, left)), total)
    return round_to(odd, precision)


def _fused_exactly(a: float, b: float, c: float) -> float:
    if not np.isfinite([a, b, c]).all():
        return float(a * b + c)
    near = format_of("float64").rounded(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))
    return float(near) if near else float(a * b + c)


_LIBRARY = ("pow", "cos", "sin", "log")
_FUNCTIONS: dict[str, np.ufunc] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power, "neg": np.negative,
    "cos": np.cos, "sin": np.sin, "sqrt": np.sqrt, "log": np.log, "floor": np.floor, "ceil": np.ceil,
    "min": np.minimum, "max": np.maximum, "abs": np.absolute,
}
