"""Frequencies of which some are divided: by a factor at one end, or each by a number of few digits."""

from __future__ import annotations

import math
from fractions import Fraction

from prover.recognition.chain import Chain, Interval, Point, rate_and_first, rate_of_plain
from prover.recognition.human import BASES, is_written, near
from prover.recognition.hypothesis import TURN, Hypothesis, base_of, usual_length
from prover.recognition.ramps import Blend, yarn

ENDS = ((1, 4), (1, 1), (1, 8), (1, 2), (2, 8), (1, 16), (1, 32), (2, 4))  # of Llama 3's band
RARE_ENDS = (("1", "1.5"), ("1", "3"), ("1", "1.25"), ("1", "2.5"), ("1", "6"), ("1", "1.1"))
GRIDS = (1, 2, 4, 8, 16, 32, 10, 100, 1000, 64, 128)
MOST_DIVIDED = 1e30
CHANCE = -20.0  # the logarithm to 10 of a chance that is none
MAX_CHAIN = 512      # pairs of which scalings are sought
LEAST_FACTOR = Fraction(1, 8)
SLACK_OF_BASE = 1e-12


def bands(chain: Chain, counts: tuple[int, ...]) -> tuple[Hypothesis, ...]:
    """Powers of a base of which some are divided: by a factor at one end, or each by a number of few digits."""
    if not 3 <= len(chain) <= MAX_CHAIN:
        return ()
    found = [each for count in counts for base in _bases(chain, count) for each in _banded(chain, count, base)]
    return tuple(found or _longrope(chain, counts[0]))


def _bases(chain: Chain, count: int) -> list[Fraction]:
    """Bases that the fast pairs have, or the slow ones among themselves; else those that people write."""
    found = []
    size = 3
    for size in range(len(chain), 2, -1):
        rates = rate_of_plain(chain[:size])
        if not rates.is_empty and rates.high > 0:
            found.append(base_of(rates, count))
            break
    tails = [chain[start:] for start in range(len(chain) - 2)]
    for tail in tails:
        rates, _ = rate_and_first(tail)
        if not rates.is_empty and rates.high > 0:
            found.append(base_of(rates, count))
            break
    good = [base for base in found if base is not None and base > 1 and is_written(base)]
    return list(dict.fromkeys([*good, *(Fraction(base) for base in BASES)]))


def _banded(chain: Chain, count: int, base: Fraction) -> list[Hypothesis]:
    """Frequencies that are kept at one end, divided by one factor at the other, and blended between the two."""
    log = math.log(base)
    kept = [Point(p.place, p.size * math.exp(2 * p.place / count * log), p.error + SLACK_OF_BASE) for p in chain]
    ratios = [point.size for point in kept]
    is_first_kept = abs(ratios[0] - 1) <= 2 * kept[0].error
    is_last_kept = abs(ratios[-1] - 1) <= 2 * kept[-1].error
    if is_first_kept == is_last_kept:
        return []
    end = kept[-1] if is_first_kept else kept[0]
    factor = near(1 / end.size, end.error)
    if factor is None or not is_written(factor) or factor == 1 or factor < LEAST_FACTOR:
        return []
    blends = [_blend(point, float(factor)) for point in kept]
    if any(high < 0 or low > 1 for low, high in blends):
        return []
    numbers = {"base": base, "factor": factor}
    if not is_first_kept:
        flipped = [(1 - high, 1 - low) for low, high in blends]
        return yarn(kept, flipped, count, numbers, "inverted yarn")
    return [*_llama3(kept, blends, count, numbers), *yarn(kept, blends, count, numbers, "yarn")]


def _blend(point: Point, factor: float) -> Blend:
    """From how much to how much of the kept frequency there may be: 1 where it is kept, 0 where it is divided."""
    error = 1.5 * point.error * max(point.size, 1 / factor) / abs(1 - 1 / factor)
    share = (point.size - 1 / factor) / (1 - 1 / factor)
    return share - error, share + error


def _llama3(kept: Chain, blends: list[Blend], count: int, numbers: dict[str, Fraction]) -> list[Hypothesis]:
    """Ends of the band for which one original length makes every blend what it is."""
    ramp = [blend for blend in blends if blend[0] > 0 and blend[1] < 1]
    log = math.log(numbers["base"])
    turns = [math.exp(-2 * point.place / count * log) / TURN for point in kept]
    found = []
    if numbers["factor"] < 1 and not ramp:
        return []  # frequencies that start again from the first are no scaling
    usual = [(Fraction(low), Fraction(high)) for low, high in ENDS]
    rare = [(Fraction(low), Fraction(high)) for low, high in RARE_ENDS]
    for least_turns, most_turns in (*usual, *_ends(ramp, turns, blends), *rare):
        low, high = float(least_turns), float(most_turns)
        fits = Interval(0, math.inf)
        for turn, (least, most) in zip(turns, blends, strict=True):
            # A kept pair may turn any number of times above the high end, a divided one any below the low end.
            above = math.inf if most >= 1 else ((high - low) * most + low) / turn
            below = 0.0 if least <= 0 else ((high - low) * least + low) / turn
            fits = fits.meet(Interval(below, above))
        if fits.is_empty or (low == high and ramp):
            continue
        original = usual_length(fits)
        if original is not None:
            more = {"low_freq_factor": least_turns, "high_freq_factor": most_turns}
            found.append(Hypothesis(
                "llama3", count, {**numbers, **more, "original_max_position_embeddings": original},
                untold=_llama3_untold(len(ramp), fits, original),
            ))
        if found and (len(ramp) > 1 or (least_turns, most_turns) in rare):
            break
    return found[:2]


def _ends(ramp: list[Blend], turns: list[float], blends: list[Blend]) -> list[tuple[Fraction, Fraction]]:
    """The high end that two blended pairs give if the low one is 1."""
    if len(ramp) < 2:
        return []
    places = [place for place, blend in enumerate(blends) if blend[0] > 0 and blend[1] < 1]
    first, last = places[0], places[-1]
    one, other = (sum(blends[place]) / 2 for place in (first, last))
    slope = (one - other) / (turns[first] - turns[last])
    start = slope * turns[first] - one      # low/(high - low)
    if start <= 0:
        return []
    error = (blends[first][1] - blends[first][0] + blends[last][1] - blends[last][0]) / abs(one - other)
    high = near(1 + 1 / start, min(0.01, 4 * error * (1 + 1 / start)))
    return [] if high is None or high <= 1 else [(Fraction(1), high)]


def _llama3_untold(ramp: int, fits: Interval, original: Fraction) -> tuple[str, ...]:
    if ramp > 1:
        return ("low_freq_factor, high_freq_factor and the original length can be told but for a common factor",)
    return (
        f"{'one pair is' if ramp else 'no pair is'} blended, so the ends of the band cannot be told; with these "
        f"the original length may be from {fits.low:.6g} to {fits.high:.6g}",
    )


def _longrope(chain: Chain, count: int) -> list[Hypothesis]:
    """Divisors that are all written in few digits, of a base that people write; anything else is just a table."""
    found = []
    for base in BASES[:8]:
        divisors = [(base ** (-2 * point.place / count) / point.size, point.error) for point in chain]
        if not all(value < MOST_DIVIDED for value, _ in divisors):
            continue
        for grid in GRIDS:
            whole = [Fraction(round(value * grid), grid) for value, _ in divisors]
            if not all(w > 0 and abs(float(w) - value) <= value * error
                       for w, (value, error) in zip(whole, divisors, strict=True)):
                continue
            chance = sum(math.log10(min(1, 2 * value * error * grid)) for value, error in divisors)
            if chance < CHANCE or (chance < CHANCE / 4 and base == BASES[0]):
                found.append(Hypothesis("longrope", count, {"base": Fraction(base)}, tuple(whole)))
                break
        if found:
            break
    return found
