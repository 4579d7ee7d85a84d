"""Powers of one base, all multiplied alike: what base, what factor, and from what base it may have grown."""

from __future__ import annotations

import math
from fractions import Fraction

from prover.recognition.chain import Chain, Interval, rate_and_first, rate_of_plain
from prover.recognition.human import BASES, is_written, plainest
from prover.recognition.hypothesis import Hypothesis, base_of

TEXT_BASES = tuple(base for base in BASES if base > 100)
GROWN_FROM = (10000, 500000, 1000000, *(base for base in TEXT_BASES if base not in (10000, 500000, 1000000)))


def powers(chain: Chain, counts: tuple[int, ...]) -> tuple[Hypothesis, ...]:
    """Powers of one base, all multiplied alike; the plainest first.

    `counts`: what exponents 2*place may be divided by, the likeliest first. None for fewer than two pairs, and for
    frequencies that are all equal: no base can be told from them.
    """
    if len(chain) < 2:
        return ()
    rates = rate_of_plain(chain)
    if not rates.is_empty:
        return _plain(rates, counts) if rates.low > 0 else ()
    rates, first = rate_and_first(chain)
    return () if rates.is_empty or rates.low <= 0 else _linear(rates, first, counts)


def _plain(rates: Interval, counts: tuple[int, ...]) -> tuple[Hypothesis, ...]:
    fits = [(count, base) for count in counts if (base := base_of(rates, count)) is not None and base > 1]
    found = [Hypothesis("plain", count, {"base": base}) for count, base in fits]
    found.sort(key=lambda each: (each.base not in TEXT_BASES, not is_written(each.base)))
    if found and not is_written(found[0].base):
        # A number that nobody writes is told over what turns, not raised to a power of it as well.
        found = found[:1]
    if found and not is_written(found[0].base):
        found = [*_grown(rates, counts[0]), *found]
    return tuple(found)


def _grown(rates: Interval, count: int) -> list[Hypothesis]:
    """A base that people write which grew, as NTK lets it: base * alpha**(n/(n - 2))."""
    found = []
    for base in GROWN_FROM if count > 2 else ():
        low, high = (math.exp(((rate * count / 2) - math.log(base)) * (count - 2) / count) for rate in (
            rates.low, rates.high))
        alpha = plainest(low, high)
        if alpha is not None and alpha > 1 and len(str(alpha.numerator).rstrip("0")) <= 2 and alpha.denominator <= 2:
            found.append(Hypothesis("ntk", count, {"base": Fraction(base), "alpha": alpha}))
    return found


def _linear(rates: Interval, first: Interval, counts: tuple[int, ...]) -> tuple[Hypothesis, ...]:
    factor = plainest(math.exp(-first.high), math.exp(-first.low))
    scale = plainest(math.exp(first.low), math.exp(first.high))
    if factor is None or scale is None:
        return ()
    if len(str(scale)) < len(str(factor)) or not is_written(factor):
        factor = 1 / scale
    if not is_written(factor) and not is_written(1 / factor):
        return ()
    found = [
        Hypothesis("linear", count, {"base": base, "factor": factor})
        for count in counts if (base := base_of(rates, count)) is not None and base > 1
    ]
    found.sort(key=lambda each: not is_written(each.base))
    return tuple(found)
