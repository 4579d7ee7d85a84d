"""Floating-point formats as NumPy keeps them. It has no bfloat16, so numbers of that format are kept in float32."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
CARRIERS: dict[str, type[np.floating]] = {
    "float16": np.float16, "bfloat16": np.float32, "float32": np.float32, "float64": np.float64,
}
PRECISIONS = tuple(CARRIERS)


def round_to(values: npt.NDArray[np.floating | np.integer], precision: str) -> Array:
    """Each number rounded to the nearest of a format, ties to even; whole numbers are below 2**53."""
    return _bfloat16(values.astype(np.float64)) if precision == "bfloat16" else values.astype(CARRIERS[precision])


def _bfloat16(values: npt.NDArray[np.float64]) -> Array:
    """Rounded once: to a multiple of the step of the number's binade, which is 2**-133 below the normal numbers."""
    _, exponents = np.frexp(values)
    steps = np.maximum(exponents, -125) - 8
    finite = np.isfinite(values)
    whole = np.rint(np.ldexp(np.where(finite, values, 0), -steps))
    with np.errstate(over="ignore"):  # the next one after the largest is 2**128, infinity in float32 as well
        return np.where(finite, np.ldexp(whole, steps), values).astype(np.float32)


def bits_of(values: Array, precision: str = "") -> npt.NDArray[np.unsignedinteger]:
    """The bits of floating-point numbers, as whole numbers. `precision`: their format, if it is not NumPy's own."""
    bits: npt.NDArray[np.unsignedinteger] = values.view(f"u{values.dtype.itemsize}")
    return bits >> np.uint32(16) if precision == "bfloat16" else bits
