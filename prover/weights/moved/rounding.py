"""Numbers of a tensor times an exact factor, each rounded once to the tensor's own type, to nearest and even.

A float64 product is within 2**-52 of the real one, relative to it: half a unit from the factor, half from the product.
Rounding never turns two numbers round, so where the ends of that span round to one number of the type, the real product
does too. Of float64 numbers the product is taken as a sum of two float64 numbers, which is within 2**-100 of the real
one, and the same holds. What is left lies at or beside the middle of two numbers and is settled in rationals; it is
little, but for middles that short factors hit often, of which it is seen in whole numbers below 2**53 that they are
hit. Types of 16 bits have so few numbers that they are all worked out, once for each factor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import UndecidedError
from prover.exact.enclosure import PRECISIONS, bounds, enclose, sign
from prover.exact.number import Exact
from prover.exact.storing import Format, format_of

Bytes = npt.NDArray[np.uint8]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.uint8]
FORMATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
UNSIGNED = {"F64": "<u8", "F32": "<u4", "F16": "<u2", "BF16": "<u2"}
AT_ONCE = 1 << 21
SPAN = 2.0**-51
LEAST = 2.0**-500   # no product with a factor from here to its inverse leaves float64's full precision
NARROW = Fraction(1, 2**128)
SHORT = 1 << 28     # a number of 25 bits times one below this is a float64


class Loss(IntEnum):
    """What may become of a number that makes it no longer what it was."""

    NONE = 0
    INFINITE = 1   # it was finite
    SMALL = 2      # it was of full precision, and is below the least number that is, and not exact
    ZERO = 3       # it was not 0


@dataclass(frozen=True, slots=True)
class Product:
    """One tensor type and one positive factor. Raises UndecidedError where no precision tells what it rounds to."""

    dtype: str
    factor: Exact

    @property
    def format(self) -> Format:
        """The type as a binary format."""
        return format_of(FORMATS[self.dtype])

    @property
    def is_power(self) -> bool:
        """Whether the factor is a power of two, so that nothing is rounded but what would be too small."""
        value = self.factor.rational
        return value is not None and value > 0 and _is_power(value.numerator) and _is_power(value.denominator)

    def times(self, data: Bytes) -> Bytes:
        """Numbers as bytes in the tensor's order, each times the factor. What is infinite or none stays as it is."""
        return self._worked(data)[0]

    def numbers(self, values: Doubles) -> Doubles:
        """The same of numbers that the type has."""
        bits = _bits(np.ascontiguousarray(values), self.dtype)
        made = self.times(np.ascontiguousarray(bits).reshape(-1).view(np.uint8))
        return _values(made.view(UNSIGNED[self.dtype]), self.dtype).reshape(values.shape)

    def first_loss(self, data: Bytes) -> tuple[int, Loss] | None:
        """The place of the first number that would be lost, and how; None if none would."""
        lost = self._worked(data)[1]
        at = int(np.argmax(lost != 0)) if lost.size else 0
        return (at, Loss(int(lost[at]))) if lost.size and lost[at] else None

    def value(self, data: Bytes) -> float:
        """One number from its bytes."""
        return float(_values(np.ascontiguousarray(data).view(UNSIGNED[self.dtype]), self.dtype)[0])

    def _worked(self, data: Bytes) -> tuple[Bytes, Flags]:
        bits = np.ascontiguousarray(data).reshape(-1).view(UNSIGNED[self.dtype])
        if self.dtype in ("F16", "BF16"):
            table, lost = _table(self)
            return table[bits].view(np.uint8).reshape(data.shape), lost[bits]
        parts = [_products(self, bits[at : at + AT_ONCE]) for at in range(0, len(bits), AT_ONCE)]
        if not parts:
            return data, np.zeros(0, np.uint8)
        return (np.concatenate([part for part, _ in parts]).view(np.uint8).reshape(data.shape),
                np.concatenate([lost for _, lost in parts]))


def is_positive(factor: Exact) -> bool:
    """Whether a factor is known to be above 0, and stands for one number alone."""
    if any(atom.kind == "stored" for monomial, _ in factor.terms for atom, _ in monomial):
        return False
    try:
        return sign(factor) > 0
    except UndecidedError:
        return False


def _is_power(number: int) -> bool:
    return number & (number - 1) == 0


@lru_cache(maxsize=64)
def _table(product: Product) -> tuple[npt.NDArray[np.uint16], Flags]:
    """What becomes of each number of 16 bits, by its bits."""
    return _products(product, np.arange(1 << 16, dtype="<u2"))


def _products(product: Product, bits: npt.NDArray[np.unsignedinteger]) -> tuple[npt.NDArray[np.unsignedinteger], Flags]:
    """Bits of the products, and what is lost."""
    kind, values = product.format, _values(bits, product.dtype)
    finite = np.isfinite(values)
    sizes = np.where(finite, np.abs(values), 0.0)
    found = (_wide if product.dtype == "F64" else _narrow)(product, sizes)
    least = float(kind.number(1 << kind.bits - 1))
    lost = np.zeros(len(bits), np.uint8)
    small = (sizes >= least) & (found < least) & (found > 0)
    for at in np.flatnonzero(small):
        lost[at] = Loss.NONE if _is_exact(product, sizes[at], found[at]) else Loss.SMALL
    lost[(sizes > 0) & (found == 0)] = Loss.ZERO
    lost[np.isinf(found)] = Loss.INFINITE
    made = _bits(np.copysign(found, values), product.dtype)
    return np.where(finite, made, bits).astype(bits.dtype, copy=False), lost


def _narrow(product: Product, sizes: Doubles) -> Doubles:
    """Products of numbers of at most 24 bits, rounded to such; not below 0, infinite where they are too large."""
    kind, (near, _) = product.format, _doubles(product.factor)
    if not LEAST < near < 1 / LEAST:
        return _all_settled(product, sizes)
    raw = sizes * near
    found, above = _rounded(raw * (1 - SPAN), kind), _rounded(raw * (1 + SPAN), kind)
    open_ = np.flatnonzero(found != above)
    if len(open_):
        hit, middles = _middles_hit(product, sizes[open_], raw[open_])
        found[open_[hit]] = _rounded(middles[hit], kind)
        found[open_[~hit]] = _all_settled(product, sizes[open_[~hit]])
    return found


def _wide(product: Product, sizes: Doubles) -> Doubles:
    """Products of float64 numbers, as a sum of two: the rounded one, and what Dekker's product says is left."""
    near, rest = _doubles(product.factor)
    if not LEAST < near < 1 / LEAST:
        return _all_settled(product, sizes)
    of_factor, shift = math.frexp(near)
    mantissa, exponent = np.frexp(sizes)
    first = mantissa * of_factor
    (a, b), (c, d) = _halves(mantissa), _halves(np.float64(of_factor))
    left = ((a * c - first) + a * d + b * c) + b * d + mantissa * math.ldexp(rest, -shift)
    below, above = first + (left - 2.0**-100), first + (left + 2.0**-100)
    with np.errstate(over="ignore", under="ignore"):
        found: Doubles = np.ldexp(below, exponent + shift)
    open_ = (below != above) | (found < 2.0**-1021) | (found >= 2.0**1023)
    found[open_] = _all_settled(product, sizes[open_])
    return found


def _halves(values: Any) -> tuple[Any, Any]:
    """Two numbers of at most 26 bits that make one of 53, up to sign (Veltkamp)."""
    turned = values * 134217729.0
    high = turned - (turned - values)
    return high, values - high


def _all_settled(product: Product, sizes: Doubles) -> Doubles:
    each, place = np.unique(sizes, return_inverse=True)
    return np.array([_settled(product, size) for size in each.tolist()], np.float64)[place]


def _middles_hit(product: Product, sizes: Doubles, raw: Doubles) -> tuple[npt.NDArray[np.bool_], Doubles]:
    """Where the product is a number of 25 bits, and that number, seen in whole numbers that float64 holds."""
    value = product.factor.rational
    if value is None or max(value.numerator, value.denominator) >= SHORT:
        return np.zeros(len(sizes), bool), raw
    mantissa, exponent = np.frexp(raw)
    whole = np.rint(np.ldexp(mantissa, 25))
    hit = np.ldexp(sizes, 25 - exponent) * value.numerator == whole * value.denominator
    return np.asarray(hit), np.ldexp(whole, exponent - 25)


def _rounded(values: Doubles, kind: Format) -> Doubles:
    """Non-negative float64 numbers to nearest and even in a format of fewer bits."""
    _, exponent = np.frexp(values)
    step = np.maximum(exponent - kind.bits, kind.lowest)
    found: Doubles = np.ldexp(np.rint(np.ldexp(values, -step)), step)
    found[found > float(kind.number(kind.last))] = np.inf
    return found


@lru_cache(maxsize=64)
def _doubles(factor: Exact) -> tuple[float, float]:
    """The float64 nearest to a factor, and that nearest to what is left. Raises UndecidedError."""
    nearest = format_of("float64").nearest
    for low, high in _spans(factor):
        if high - low <= low * NARROW:
            return float(nearest(low)), float(nearest(low - nearest(low)))
    raise UndecidedError(f"cannot decide what {factor} is as a number")


def _spans(factor: Exact) -> Iterator[tuple[Fraction, Fraction]]:
    """Rationals between which the factor lies, nearer and nearer; once the factor itself, if it is one."""
    if factor.rational is not None:
        yield factor.rational, factor.rational
        return
    yield from (_enclosed(factor, precision) for precision in PRECISIONS[1:])


@lru_cache(maxsize=256)
def _enclosed(factor: Exact, precision: int) -> tuple[Fraction, Fraction]:
    return bounds(enclose(factor, precision))


def _settled(product: Product, size: float) -> float:
    """One product, from rationals."""
    number = Fraction(size)
    for low, high in _spans(product.factor):
        found = product.format.rounded(number * low)
        if found == product.format.rounded(number * high):
            return float("inf") if found is None else float(found)
    raise UndecidedError(f"cannot decide what {size!r} times {product.factor} rounds to in {product.dtype}")


def _is_exact(product: Product, size: float, found: float) -> bool:
    value = product.factor.rational
    return value is not None and Fraction(size) * value == Fraction(found)


def _values(bits: npt.NDArray[np.unsignedinteger], dtype: str) -> Doubles:
    """The numbers that bits are, as float64."""
    if dtype == "BF16":
        found = (bits.astype(np.uint32) << 16).view(np.float32)
    else:
        found = bits.view({"F64": "<f8", "F32": "<f4", "F16": "<f2"}[dtype])
    with np.errstate(invalid="ignore"):
        return found.astype(np.float64)


def _bits(values: Doubles, dtype: str) -> npt.NDArray[np.unsignedinteger]:
    """Bits of numbers that the type has."""
    if dtype == "F64":
        return values.view("<u8")
    if dtype == "F16":
        return values.astype("<f2").view("<u2")
    whole = values.astype("<f4")
    assert np.array_equal(whole, values), "numbers of 24 bits are float32 numbers"
    return whole.view("<u4") if dtype == "F32" else (whole.view("<u4") >> 16).astype("<u2")
