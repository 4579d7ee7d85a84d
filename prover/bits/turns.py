"""What turns in a layout, for the question how precisely: pairs with one axis and one frequency each.

Kernels that work out a frequency as a power of the base, or from the pair before, need more: that the frequencies
are powers of one base at even steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from prover.errors import InputError, LimitError
from prover.exact import enclosure
from prover.exact.display import approximate
from prover.exact.number import ONE, Exact, exact, power
from prover.layouts.expand import parameter_values
from prover.layouts.loading import Loaded
from prover.layouts.roles import role_names

MAX_TURNS = 4096
MOST_FREQUENCY = 10**30
ENCLOSED_BITS = 256
MAX_STEPS_PER_BASE = 1 << 20


@dataclass(frozen=True, slots=True)
class Turn:
    """A pair that turns: by |frequency| radians per step of its axis. `low`, `high`: rationals around it."""

    pair: int
    axis: str
    frequency: Exact
    low: Fraction
    high: Fraction
    magnitude: Exact


@dataclass(frozen=True, slots=True)
class Series:
    """Frequencies base**(-exponent * step), a step for each turn; every run of them starts at step 0."""

    base: Fraction
    exponent: Fraction
    steps: tuple[int, ...]


def turns_of(loaded: Loaded) -> tuple[Turn, ...]:
    """The pairs that turn. Raises InputError for a layout of which it is not said how a kernel computes its angles."""
    layout = loaded.layout
    where = layout.name[:80]
    if layout.positions != "integer":
        raise InputError("has positions that are no whole numbers", where=where,
                         advice="Precision is told for positions 0, 1, 2 and so on")
    found = []
    for index, pair in enumerate(layout.pairs):
        if len(pair.distinct_angles) > 1:
            raise InputError(f"pair {index} is no rotation: it has several angles", where=where,
                             advice="Precision is told for layouts whose pairs have one angle each")
        if pair.angle.phase or len(pair.angle.frequencies) > 1:
            what = "a phase" if pair.angle.phase else "several axes at once"
            raise InputError(f"pair {index} turns with {what}, and it is not said in which order a kernel adds them up",
                             where=where, advice="Precision is told for pairs that turn with one axis each")
        for axis, frequency in pair.angle.frequencies:
            size = frequency if enclosure.sign(frequency) > 0 else -frequency
            rational = size.rational
            low, high = (rational, rational) if rational is not None else enclosure.bounds(
                enclosure.enclose(size, ENCLOSED_BITS)
            )
            if high > MOST_FREQUENCY:
                raise LimitError(f"pair {index} turns by {approximate(size)} radians a step; at most 1e30", where=where)
            found.append(Turn(index, axis, size, low, high, pair.magnitude))
    if not found:
        raise InputError("has no pair that turns", where=where, advice="There is nothing to round")
    if len(found) > MAX_TURNS:
        raise LimitError(f"has {len(found)} pairs that turn; at most {MAX_TURNS}", where=where)
    return tuple(found)


def series_of(loaded: Loaded, turns: tuple[Turn, ...]) -> Series:
    """The series that the frequencies are. Raises InputError if they are none."""
    where = loaded.layout.name[:80]
    advice = "Ask about the table kernel, or about this layout without scaling"
    if turns[0].frequency != ONE:
        raise InputError(
            f"the first frequency is {approximate(turns[0].frequency)}, not 1, and it is not said where a kernel "
            "multiplies by it", where=where, advice=advice,
        )
    ratio = next((turn.frequency for turn in turns if turn.frequency != ONE), ONE)
    steps = [0]
    for turn, last in zip(turns[1:], turns, strict=False):
        if turn.frequency == last.frequency * ratio and ratio != ONE:
            steps.append(steps[-1] + 1)
        elif turn.frequency == ONE:
            steps.append(0)
        else:
            raise InputError(
                f"the frequency of pair {turn.pair} is neither that of the pair before times "
                f"{approximate(ratio)} nor 1: they are no powers of one base", where=where, advice=advice,
            )
    for base in _bases(loaded, ratio, max(steps) + 1):
        exponent = _exponent(base, ratio)
        if exponent is not None:
            return Series(base, exponent, tuple(steps))
    raise InputError("it is not said which base the frequencies are powers of", where=where, advice=advice)


def _bases(loaded: Loaded, ratio: Exact, count: int) -> list[Fraction]:
    """The base that the layout names; else the one whose powers -j/count the frequencies are."""
    names = role_names()["base"]
    values = [value for name, value in parameter_values(loaded.family, dict(loaded.given)).items() if name in names]
    values.append(power(ratio, Fraction(-count)))
    found = [value.rational for value in values if isinstance(value, Exact)]
    return [base for base in found if base is not None and base > 1]


def _exponent(base: Fraction, ratio: Exact) -> Fraction | None:
    """The e with base**-e = ratio, if it is a rational of small size."""
    if ratio == ONE:
        return Fraction(1)
    logarithms = [enclosure.enclose(value, ENCLOSED_BITS).log() for value in (ratio, exact(base))]
    low, high = enclosure.bounds(-logarithms[0] / logarithms[1])
    # A guess, which the powers then prove or refute.
    guess = ((low + high) / 2).limit_denominator(MAX_STEPS_PER_BASE)
    return guess if guess > 0 and power(exact(base), -guess) == ratio else None
