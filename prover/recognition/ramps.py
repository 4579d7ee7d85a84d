"""YaRN's ramp: its ends over the pair's place, and the betas and original lengths that people write for them."""

from __future__ import annotations

import math
from fractions import Fraction

from prover.recognition.chain import Chain, Interval
from prover.recognition.human import digits_of, near, plainest
from prover.recognition.hypothesis import LENGTHS, TURN, Hypothesis, Kind, usual_length

BETAS = ((32, 1), (64, 1), (64, 2), (16, 1), (32, 2), (16, 2), (8, 1), (32, 4), (128, 1))

# From how much to how much of the kept frequency there may be: 1 where it is kept, 0 where it is divided.
Blend = tuple[float, float]


def yarn(
    kept: Chain, blends: list[Blend], count: int, numbers: dict[str, Fraction], kind: Kind
) -> list[Hypothesis]:
    """Ends of the ramp over the pair's place, and the betas and original lengths that make them."""
    ramp = [place for place, blend in enumerate(blends) if blend[0] > 0 and blend[1] < 1]
    base = float(numbers["base"])
    if not ramp:
        return []
    low, high = kept[ramp[0]].place - 1, kept[ramp[-1]].place + 1
    if ramp[0] and all(_on(blend, point.place, low, high) for blend, point in zip(blends, kept, strict=True)):
        return _truncated(low, high, count, numbers, kind, base)
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
    told = _betas(TURN * base ** (2 * start / count), TURN * base ** (2 * stop / count), max(error, 1e-7))
    if told is None:
        return []
    original, fast, slow = told
    return [Hypothesis(kind, count, {
        **numbers, "original_max_position_embeddings": original, "beta_fast": fast, "beta_slow": slow,
        "truncate": Fraction(0),
    }, untold=("the betas and the original length can be told but for a common factor",))]


def _betas(fast_at: float, slow_at: float, error: float) -> tuple[Fraction, Fraction, Fraction] | None:
    """The original length and the betas of the fewest digits for which their quotients are these.

    The length is one that people train with, or what is plainest if the slow beta is 1.
    """
    found = []
    for place, length in enumerate((*LENGTHS, near(slow_at, error))):
        fast, slow = (near(float(length) / at, error) if length else None for at in (fast_at, slow_at))
        if length and fast and slow:
            found.append((digits_of(fast) + digits_of(slow), place, Fraction(length), fast, slow))
    return min(found)[2:] if found else None


def _on(blend: Blend, place: int, low: float, high: float, widen: float = 1) -> bool:
    """Whether a blend is what a ramp from low to high has at that place."""
    share = 1 - min(1, max(0, (place - low) / (high - low)))
    middle, error = (blend[0] + blend[1]) / 2, widen * (blend[1] - blend[0]) / 2
    return abs(share - middle) <= error


def _truncated(
    low: int, high: int, count: int, numbers: dict[str, Fraction], kind: Kind, base: float
) -> list[Hypothesis]:
    found = []
    for fast, slow in BETAS:
        step = 2 * math.log(base) / count
        least = 0 if low == 0 else TURN * fast * math.exp(low * step)
        fast_end = Interval(least, TURN * fast * math.exp((low + 1) * step))
        slow_end = Interval(TURN * slow * math.exp((high - 1) * step), TURN * slow * math.exp(high * step))
        fits = fast_end.meet(slow_end)
        original = usual_length(Interval(fits.low * (1 + 1e-9), fits.high * (1 - 1e-9)))
        if original is not None:
            found.append(Hypothesis(kind, count, {
                **numbers, "original_max_position_embeddings": original, "beta_fast": Fraction(fast),
                "beta_slow": Fraction(slow),
            }, untold=(
                f"the ends of the ramp are whole, {low} and {high}: with these betas every original length from "
                f"{fits.low:.6g} to {fits.high:.6g} makes them, and other betas others",
            )))
            break
    return found or _other_betas(low, high, count, numbers, kind, base)


def _other_betas(
    low: int, high: int, count: int, numbers: dict[str, Fraction], kind: Kind, base: float
) -> list[Hypothesis]:
    """The betas of the fewest digits, and a length that people train with, that make whole ends of a ramp."""
    def turns(place: int) -> float:
        return TURN * math.exp(2 * place / count * math.log(base))

    within, found = 1e-9, []
    for place, length in enumerate(LENGTHS):
        # The fast end was rounded down and the slow one up, each by less than a whole pair.
        fast = plainest(length / turns(low + 1) * (1 + within), length / turns(low) * (1 - within))
        slow = plainest(length / turns(high) * (1 + within), length / turns(high - 1) * (1 - within))
        if fast is not None and slow is not None and slow < fast:
            found.append((digits_of(fast) + digits_of(slow), place, Fraction(length), fast, slow))
    if not found:
        return []
    *_, original, fast, slow = min(found)
    return [Hypothesis(kind, count, {
        **numbers, "original_max_position_embeddings": original, "beta_fast": fast, "beta_slow": slow,
    }, untold=(f"the ends of the ramp are whole, {low} and {high}: other betas and original lengths make them as well",
               ))]


