"""What may be given for a layout's magnitude to be the measured one: lengths, YaRN's two weights, or all of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from prover.layouts.family import Family
from prover.recognition.facts import Facts
from prover.recognition.filling import Values
from prover.recognition.human import digits_of, is_written, near
from prover.recognition.hypothesis import LENGTHS
from prover.recognition.matching import Match, match
from prover.recognition.things import things

MSCALES = ((1, 1), ("0.707", "0.707"), ("0.707", 1), (1, "0.707"), (1, 0), ("0.707", 0))
WEIGHTS = tuple(map(Fraction, ("1", "0.707", "0.5", "0.8", "0")))  # of which one stands and the other is solved
# Exponents of 2 of a context length before LongRoPE, the likeliest first, and of what it grows by.
ORIGINALS = (*(length.bit_length() - 1 for length in LENGTHS), 8, 7, 6, 5)
GROWTHS = range(1, 11)


def magnitudes(family: Family, given: Values, facts: Facts, found: Match) -> Iterator[Values]:
    """What may be given besides, the plainest first; nothing if the magnitude is the measured one as it is."""
    allowed = facts.measured.magnitude_tolerance
    if found.off <= allowed:
        yield {}
        return
    size = facts.magnitude
    if size is None or size <= 0:
        return
    named = things()
    names = {named.get(p.name, ""): p.name for p in family.parameters if not p.is_list}
    for more in (*_weights(family, given, facts, names), *_lengths(family, given, facts, size)):
        come = match(family, given | more, facts)
        if come is not None and come.fits and come.off <= allowed:
            yield more
            return
    alone = [*filter(None, (names.get("mscale"), names.get("mscale_all_dim")))]
    for name in (*alone, *(p.name for p in family.parameters if named.get(p.name) == "attention_factor")):
        value = _linear(family, given, facts, name, size, allowed)
        if value is not None:
            yield {name: value}


def _weights(family: Family, given: Values, facts: Facts, names: dict[str, str]) -> Iterator[Values]:
    """YaRN's two weights: those of known models, else one that people write and the other solved."""
    one, other = names.get("mscale"), names.get("mscale_all_dim")
    if not one or not other or facts.magnitude is None:
        return
    for first, second in MSCALES:
        yield {one: Fraction(first), other: Fraction(second)}
    solved: list[tuple[int, Values]] = []
    for weight in WEIGHTS:
        value = _linear(
            family, given | {other: weight}, facts, one, facts.magnitude, facts.measured.magnitude_tolerance
        )
        if value is not None and is_written(value):
            solved.append((digits_of(value) + digits_of(weight), {one: value, other: weight}))
    yield from (more for _, more in sorted(solved, key=lambda each: each[0]))


def _lengths(family: Family, given: Values, facts: Facts, size: float) -> Iterator[Values]:
    """LongRoPE's root of 1 + log(growth)/log(length): powers of two that make it what was measured."""
    named = things()
    original = next((p.name for p in family.parameters if named.get(p.name) == "original_max_position_embeddings"), "")
    grown = [p.name for p in family.parameters if named.get(p.name) == "max_position_embeddings" and p.name != original]
    if not original or size <= 1:
        return
    by_factor = [p.name for p in family.parameters if named.get(p.name) == "factor" and p.name not in given]
    error = 2 * facts.measured.magnitude_tolerance * size
    for log in ORIGINALS:
        for growth in GROWTHS:
            if abs(1 + growth / log - size**2) > error:
                continue
            length = Fraction(2**log)
            for name in grown:
                yield {original: length, name: length * 2**growth}
            for name in by_factor:
                yield {original: length, name: Fraction(2**growth)}


def _linear(
    family: Family, given: Values, facts: Facts, name: str, size: float, allowed: float
) -> Fraction | None:
    """The parameter with which the magnitude is the measured one, if it is linear in it."""
    one, two = (match(family, given | {name: Fraction(value)}, facts) for value in (1, 2))
    if one is None or two is None or not one.magnitude or not two.magnitude or two.magnitude == one.magnitude:
        return None
    slope = two.magnitude - one.magnitude
    value = 1 + (size - one.magnitude) / slope
    return near(value, allowed / abs(slope) / value) if value > 0 and math.isfinite(value) else None
