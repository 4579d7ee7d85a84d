"""Lists of a layout with one number a pair, read off the table entry by entry.

Any table is such a list, so that it is one only if people write every number of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from prover.layouts.family import Family
from prover.recognition.facts import Facts, Turning
from prover.recognition.filling import STRUCTURE, Values, numbers, structures
from prover.recognition.floating import CannotTell, FloatPair, Unmet, float_pairs
from prover.recognition.human import is_written, near
from prover.recognition.hypothesis import Kind
from prover.recognition.things import things

MAX_TRIED = 16
FEWEST = 4  # pairs of which a list says something


def listed(family: Family, kind: Kind | None, facts: Facts) -> Iterator[Values]:
    """The parameters with every such list filled, where each entry multiplies or divides a frequency of its pair."""
    named = things()
    names = [p.name for p in family.parameters if p.is_list and named.get(p.name) not in STRUCTURE]
    count = len(facts.turning)
    if not names or count < FEWEST:
        return
    tried = 0
    for structure in structures(family, facts):
        for more in numbers(family, kind, None, facts):
            tried += 1
            if tried > MAX_TRIED:
                return
            ones: Values = {name: (Fraction(1),) * count for name in names}
            for wanted in (names, *([name] for name in names[1:])):
                start: Values = structure | more | {name: ones[name] for name in wanted}
                filled = _filled(family, start, wanted, facts)
                if filled is not None:
                    yield filled


def _filled(family: Family, start: Values, names: list[str], facts: Facts) -> Values | None:
    pairs = _all_pairs(family, start)
    if pairs is None:
        return None
    twos = {name: _all_pairs(family, start | {name: (Fraction(2),) * len(facts.turning)}) for name in names}
    found: dict[str, list[Fraction | None]] = {name: [None] * len(facts.turning) for name in names}
    for place, pair in pairs.items():
        real = facts.by_lanes.get(pair.read)
        if real is None or place >= len(facts.turning):
            return None
        for name, changed in twos.items():
            if changed is None or place not in changed:
                continue
            value = _entry(pair, changed[place], real)
            if value is not None:
                found[name][place] = value
    filled: Values = dict(start)
    for name, entries in found.items():
        kept = [entry for entry in entries if entry is not None]
        if kept and len(kept) < len(entries):
            return None
        if kept:
            filled[name] = tuple(kept)
        else:
            del filled[name]
    return filled if len(filled) > len(start) - len(names) else None


def _entry(pair: FloatPair, doubled: FloatPair, real: Turning) -> Fraction | None:
    """The entry that makes the one frequency that depends on it what was measured."""
    turn = dict(real.turn)
    for axis, number in pair.sines[0].items():
        more, theirs = doubled.sines[0].get(axis, 0.0), turn.get(axis)
        if theirs is None or not number:
            continue
        if math.isclose(more, 2 * number, rel_tol=1e-9):
            return _plain(theirs / number, real.tolerance)
        if math.isclose(more, number / 2, rel_tol=1e-9):
            return _plain(number / theirs, real.tolerance)
    return None


def _plain(value: float, tolerance: float) -> Fraction | None:
    size = near(abs(value), tolerance / 2)
    if size is None or not is_written(size):
        return None
    return size if value > 0 else -size


def _all_pairs(family: Family, given: Values) -> Mapping[int, FloatPair] | None:
    try:
        return float_pairs(family, given, 1 << 15)[1]
    except (CannotTell, Unmet):
        return None
