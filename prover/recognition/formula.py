"""The frequencies that a hypothesis has, in floating point: the formulas of the papers, with its numbers."""

from __future__ import annotations

import math
from fractions import Fraction

from prover.recognition.chain import Chain
from prover.recognition.hypothesis import TURN, Hypothesis


def sizes(hypothesis: Hypothesis, chain: Chain) -> tuple[float, ...]:
    """One for each pair of a chain, by its place. A chain with divisors has one for every pair."""
    kept = [share_kept(hypothesis, point.place) for point in chain]
    factor = float(hypothesis.numbers.get("factor", Fraction(1)))
    divisors = hypothesis.divisors or (1,) * len(chain)
    return tuple(
        _plain(hypothesis, point.place) * (share + (1 - share) / factor) / float(divisor)
        for point, share, divisor in zip(chain, kept, divisors, strict=True)
    )


def share_kept(hypothesis: Hypothesis, place: int) -> float:
    """How much of the plain frequency is kept, from 1 to 0; the rest of it is divided by the factor."""
    match hypothesis.kind:
        case "linear":
            return 0.0
        case "llama3":
            return _of_llama3(hypothesis, place)
        case "yarn":
            return 1 - _divided(hypothesis, place)
        case "inverted yarn":
            return _divided(hypothesis, place)
        case _:
            return 1.0


def _plain(hypothesis: Hypothesis, place: int) -> float:
    return math.exp(-2 * place / hypothesis.count * math.log(hypothesis.base))


def _of_llama3(hypothesis: Hypothesis, place: int) -> float:
    low, high, original = (
        float(hypothesis.numbers[name])
        for name in ("low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    )
    turns = original * _plain(hypothesis, place) / TURN
    return float(turns >= low) if low == high else min(1.0, max(0.0, (turns - low) / (high - low)))


def _divided(hypothesis: Hypothesis, place: int) -> float:
    numbers, count = hypothesis.numbers, hypothesis.count
    original = float(numbers["original_max_position_embeddings"])
    low, high = (
        count * math.log(original / (TURN * float(numbers[beta]))) / (2 * math.log(hypothesis.base))
        for beta in ("beta_fast", "beta_slow")
    )
    if numbers.get("truncate", 1):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, count - 1)
    return min(1.0, max(0.0, (place - low) / max(high - low, 0.001)))
