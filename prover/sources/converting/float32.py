"""Arithmetic of float32 as tensors do it: every operation is rounded to the nearest float32, ties to even."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from fractions import Fraction


def float32(value: float) -> float:
    """The nearest float32. Raises OverflowError beyond its range."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def exact(value: float) -> Fraction:
    """The nearest float32 as the number that it is."""
    return Fraction(float32(value))


def llama3_factors(
    base: float, width: int, factor: float, low: float, high: float, original: float
) -> Iterator[float]:
    """The factors of llama3's rule as LlamaModel.generate_extra_tensors of llama.cpp computes them.

    A number divided by a tensor is the number times the tensor's reciprocal, as in torch. The power is the nearest
    float32; torch's own is the one beside it once in eighty times, which moves a factor by up to 8 steps.
    """
    longest, shortest = original / low, original / high
    for lane in range(0, width, 2):
        frequency = float32(1 / float32(math.pow(float32(base), float32(lane / width))))
        wave = float32(float32(1 / frequency) * float32(2 * math.pi))
        if wave < float32(shortest):
            yield 1.0
        elif wave > float32(longest):
            yield float32(factor)
        else:
            part = float32(float32(1 / wave) * float32(original))
            smooth = float32(float32(part - float32(low)) / float32(high - low))
            rest = float32(float32(1 - smooth) / float32(factor))
            yield float32(1 / float32(rest + smooth))
