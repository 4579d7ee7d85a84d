"""What a chain of frequencies may be: kinds of scaling, each with the numbers that people write for it.

Nothing here is a claim: a hypothesis says what to try, and `conform` says whether it is so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from prover.recognition.chain import Chain, Interval, Point, rate_and_first, rate_of_plain
from prover.recognition.human import BASES, is_written, near, plainest

Kind = Literal["plain", "linear", "ntk", "yarn", "inverted yarn", "llama3", "longrope"]
TURN = 2 * math.pi
ENDS = ((1, 4), (1, 1), (1, 8), (1, 2), (2, 8), (1, 16), (1, 32), (2, 4))  # of Llama 3's band
RARE_ENDS = (("1", "1.5"), ("1", "3"), ("1", "1.25"), ("1", "2.5"), ("1", "6"), ("1", "1.1"))
BETAS = ((32, 1), (64, 1), (64, 2), (16, 1), (32, 2), (16, 2), (8, 1), (32, 4), (128, 1))  # of YaRN's
TEXT_BASES = tuple(base for base in BASES if base > 100)
GROWN_FROM = (10000, 500000, 1000000)
GRIDS = (1, 2, 4, 8, 16, 32, 10, 100, 1000, 64, 128)
CHANCE = -20.0  # the logarithm to 10 of a chance that is none
MAX_CHAIN = 512      # pairs of which scalings are sought
LEAST_FACTOR = Fraction(1, 8)
SLACK_OF_BASE = 1e-12


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A kind and its numbers, by the name that most projects have. `count`: what the exponents are divided by.

    `divisors`: one a pair, of longrope. `untold`: what the frequencies do not tell, in words.
    """

    kind: Kind
    count: int
    numbers: dict[str, Fraction]
    divisors: tuple[Fraction, ...] = ()
    untold: tuple[str, ...] = field(default=())

    @property
    def base(self) -> Fraction:
        return self.numbers["base"]


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


def bands(chain: Chain, counts: tuple[int, ...]) -> tuple[Hypothesis, ...]:
    """Powers of a base of which some are divided: by a factor at one end, or each by a number of few digits."""
    if not 3 <= len(chain) <= MAX_CHAIN:
        return ()
    found = [each for count in counts for base in _bases(chain, count) for each in _banded(chain, count, base)]
    return tuple(found or _longrope(chain, counts[0]))


def _base(rates: Interval, count: int) -> Fraction | None:
    if not 0 < rates.high * count / 2 < 200:
        return None
    return plainest(math.exp(max(rates.low, 0) * count / 2), math.exp(rates.high * count / 2))


def _plain(rates: Interval, counts: tuple[int, ...]) -> tuple[Hypothesis, ...]:
    fits = [(count, base) for count in counts if (base := _base(rates, count)) is not None and base > 1]
    found = [Hypothesis("plain", count, {"base": base}) for count, base in fits]
    found.sort(key=lambda each: (each.base not in TEXT_BASES, not is_written(each.base)))
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
        for count in counts if (base := _base(rates, count)) is not None and base > 1
    ]
    found.sort(key=lambda each: not is_written(each.base))
    return tuple(found)


def _bases(chain: Chain, count: int) -> list[Fraction]:
    """Bases that the fast pairs have, or the slow ones among themselves; else those that people write."""
    found = []
    size = 3
    for size in range(len(chain), 2, -1):
        rates = rate_of_plain(chain[:size])
        if not rates.is_empty and rates.high > 0:
            found.append(_base(rates, count))
            break
    tails = [chain[start:] for start in range(len(chain) - 2)]
    for tail in tails:
        rates, _ = rate_and_first(tail)
        if not rates.is_empty and rates.high > 0:
            found.append(_base(rates, count))
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
        return _yarn(kept, flipped, count, numbers, "inverted yarn")
    return [*_llama3(kept, blends, count, numbers), *_yarn(kept, blends, count, numbers, "yarn")]


Blend = tuple[float, float]


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
        original = _length(fits)
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


def _length(fits: Interval) -> Fraction | None:
    """The context length that people would write: a power of two, else what is plainest."""
    if fits.is_empty or fits.high <= 0:
        return None
    high = min(fits.high, 1e9)
    power = 2.0 ** math.floor(math.log2(high))
    while power >= max(fits.low, 256):
        if power in (8192, 4096, 32768, 2048, 131072, 16384, 65536, 262144, 1024, 512):
            return Fraction(power)
        power /= 2
    return plainest(max(fits.low, 1e-9), high)


def _yarn(
    kept: Chain, blends: list[Blend], count: int, numbers: dict[str, Fraction], kind: Kind
) -> list[Hypothesis]:
    """Ends of the ramp over the pair's place, and the betas and original lengths that make them."""
    ramp = [place for place, blend in enumerate(blends) if blend[0] > 0 and blend[1] < 1]
    base = float(numbers["base"])
    if not ramp:
        return []
    low, high = kept[ramp[0]].place - 1, kept[ramp[-1]].place + 1
    wholes = [(low, high)] if ramp[0] else []
    if all(_on(blend, point.place, low, high) for low, high in wholes for blend, point in zip(
            blends, kept, strict=True)) and wholes:
        return _truncated(low, high, count, numbers, kind, base, len(kept))
    if len(ramp) < 2:
        return []
    first, last = ramp[0], ramp[-1]
    one, other = (sum(blends[place]) / 2 for place in (first, last))
    slope = (one - other) / (kept[last].place - kept[first].place)
    if slope <= 0:
        return []
    start = kept[first].place - (1 - one) / slope
    stop = kept[last].place + other / slope
    if not all(_on(blend, point.place, start, stop, 3) for blend, point in zip(blends, kept, strict=True)):
        return []
    error = max(blends[place][1] - blends[place][0] for place in ramp) / slope * 2 * math.log(base) / count * 4
    at_one = TURN * base ** (2 * stop / count)
    original = near(at_one, max(error, 1e-7))
    if original is None:
        return []
    fast = near(float(original) / (TURN * base ** (2 * start / count)), max(error, 1e-7))
    if fast is None:
        return []
    return [Hypothesis(kind, count, {
        **numbers, "original_max_position_embeddings": original, "beta_fast": fast, "beta_slow": Fraction(1),
        "truncate": Fraction(0),
    }, untold=("the betas and the original length can be told but for a common factor",))]


def _on(blend: Blend, place: int, low: float, high: float, widen: float = 1) -> bool:
    """Whether a blend is what a ramp from low to high has at that place."""
    share = 1 - min(1, max(0, (place - low) / (high - low)))
    middle, error = (blend[0] + blend[1]) / 2, widen * (blend[1] - blend[0]) / 2
    return abs(share - middle) <= error


def _truncated(
    low: int, high: int, count: int, numbers: dict[str, Fraction], kind: Kind, base: float, pairs: int
) -> list[Hypothesis]:
    found = []
    for fast, slow in BETAS:
        step = 2 * math.log(base) / count
        least = 0 if low == 0 else TURN * fast * math.exp(low * step)
        fast_end = Interval(least, TURN * fast * math.exp((low + 1) * step))
        slow_end = Interval(TURN * slow * math.exp((high - 1) * step), TURN * slow * math.exp(high * step))
        fits = fast_end.meet(slow_end)
        original = _length(Interval(fits.low * (1 + 1e-9), fits.high * (1 - 1e-9)))
        if original is not None:
            found.append(Hypothesis(kind, count, {
                **numbers, "original_max_position_embeddings": original, "beta_fast": Fraction(fast),
                "beta_slow": Fraction(slow),
            }, untold=(
                f"the ends of the ramp are whole, {low} and {high}: with these betas every original length from "
                f"{fits.low:.6g} to {fits.high:.6g} makes them, and other betas others",
            )))
            break
    return found


def _longrope(chain: Chain, count: int) -> list[Hypothesis]:
    """Divisors that are all written in few digits, of a base that people write; anything else is just a table."""
    found = []
    for base in BASES[:8]:
        divisors = [(base ** (-2 * point.place / count) / point.size, point.error) for point in chain]
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
