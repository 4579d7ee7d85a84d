"""Floating-point formats as NumPy keeps them. It has no bfloat16, so numbers of that format are kept in float32."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from prover.errors import InputError
from prover.exact.storing import format_of

Array = npt.NDArray[np.floating]
CARRIERS: dict[str, type[np.floating]] = {
    "float16": np.float16, "bfloat16": np.float32, "float32": np.float32, "float64": np.float64,
}
PRECISIONS = tuple(CARRIERS)
_CUT = 45  # bits of a float64's significand that bfloat16 does not have
_LEAST_NORMAL, _STEP = 2.0**-126, 2.0**-133


def round_to(values: npt.NDArray[np.floating | np.integer], precision: str) -> Array:
    """Each number rounded to the nearest of a format, ties to even; whole numbers are below 2**53."""
    return _bfloat16(values.astype(np.float64)) if precision == "bfloat16" else values.astype(CARRIERS[precision])


def _bfloat16(values: npt.NDArray[np.float64]) -> Array:
    """Rounded once. Numbers below the normal ones have one step; of others the bits say which neighbour is near."""
    bits = values.view(np.uint64)
    odd = bits >> np.uint64(_CUT) & np.uint64(1)
    kept = bits + (odd + np.uint64((1 << _CUT - 1) - 1)) & ~np.uint64((1 << _CUT) - 1)
    found = np.where(np.isnan(values), values, kept.view(np.float64))
    small = np.abs(values) < _LEAST_NORMAL
    found[small] = np.rint(values[small] / _STEP) * _STEP
    with np.errstate(over="ignore"):  # the next one after the largest is 2**128, infinity in float32 as well
        return found.astype(np.float32)


def bits_of(values: Array, precision: str = "") -> npt.NDArray[np.unsignedinteger]:
    """The bits of floating-point numbers, as whole numbers. `precision`: their format, if it is not NumPy's own."""
    bits: npt.NDArray[np.unsignedinteger] = values.view(f"u{values.dtype.itemsize}")
    return bits >> np.uint32(16) if precision == "bfloat16" else bits


@lru_cache(maxsize=1 << 14)
def rounded(value: Fraction, precision: str) -> np.floating:
    """The nearest floating-point number, to even in a tie. Raises InputError if it would be infinite."""
    near = format_of(precision).rounded(value)
    if near is None:
        raise InputError(f"{float(value) if abs(value) < 10**300 else 'a number'} does not fit into {precision}")
    return CARRIERS[precision](float(near))
