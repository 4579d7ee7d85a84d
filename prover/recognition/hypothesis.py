"""A hypothesis of what a chain of frequencies is. Nothing of it is a claim: `conform` says whether it is so."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from prover.recognition.chain import Interval
from prover.recognition.human import plainest

Kind = Literal["plain", "linear", "ntk", "yarn", "inverted yarn", "llama3", "longrope"]
Each = Literal["", "axis", "axis by its lanes", "block"]
TURN = 2 * math.pi
# Context lengths that people train with, the likeliest first.
LENGTHS = (8192, 4096, 32768, 2048, 131072, 16384, 65536, 262144, 1024, 512)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A kind and its numbers, by the name that most projects have. `count`: what the exponents are divided by.

    `divisors`: one a pair, of longrope. `untold`: what the frequencies do not tell, in words. `each`: of what it holds
    where the pairs are no one chain: each axis, each axis over as many lanes as it has, or each block of lanes.
    """

    kind: Kind
    count: int
    numbers: dict[str, Fraction]
    divisors: tuple[Fraction, ...] = ()
    untold: tuple[str, ...] = field(default=())
    each: Each = ""

    @property
    def base(self) -> Fraction:
        return self.numbers["base"]


def base_of(rates: Interval, count: int) -> Fraction | None:
    """The base that people write for these rates, if exponents are divided by `count`."""
    if not 0 < rates.high * count / 2 < 200:
        return None
    return plainest(math.exp(max(rates.low, 0) * count / 2), math.exp(rates.high * count / 2))


def usual_length(fits: Interval) -> Fraction | None:
    """The context length that people would write: a power of two, else what is plainest."""
    if fits.is_empty or fits.high <= 0:
        return None
    high = min(fits.high, 1e9)
    power = 2.0 ** math.floor(math.log2(high))
    while power >= max(fits.low, 256):
        if power in LENGTHS:
            return Fraction(power)
        power /= 2
    return plainest(max(fits.low, 1e-9), high)
