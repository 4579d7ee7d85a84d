"""Parameters solved from the frequencies themselves: how each changes them, and so what it has to be.

Every scaling that is a power of its parameter is linear in logarithms, so that one step solves it; what is not takes a
few. What comes out is rounded to what people write, and holds only if it fits as rounded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from prover.errors import ProverError
from prover.exact.number import Exact
from prover.layouts.expand import parameter_values
from prover.layouts.family import Family, Given
from prover.recognition.facts import Facts
from prover.recognition.filling import STRUCTURE, Values
from prover.recognition.human import is_written, near
from prover.recognition.matching import Match, match
from prover.recognition.things import things

STEP = math.log(1.25)
ROUNDS = 6
MAX_UNKNOWN = 6
MAX_ENTRIES = 4    # of a list that is solved
FARTHEST = 30.0    # of a logarithm
LEFT = 0.3         # of what is off, after one step as if every parameter were a power
UNSOLVED = (
    *STRUCTURE, "truncate", "ext_factor", "attention_factor", "mscale", "mscale_all_dim", "seq_len",
    "num_attention_heads",
)

Unknown = tuple[str, int | None]  # a parameter, or an entry of one
Slopes = npt.NDArray[Any]


def solved(
    family: Family, given: Values, facts: Facts, start: Match, only_written: bool
) -> Iterator[Values]:
    """The parameters with one or two of them, or all entries of a list, solved so that the frequencies fit.

    Those whose numbers people write come first, or are all.
    """
    values = _numbers(family, given)
    slopes: dict[Unknown, Slopes] = {}
    for unknown, value in values.items():
        moved = match(family, _with(family, given, {unknown: value * math.exp(STEP)}, values), facts)
        if moved is None or moved.places != start.places:
            continue
        slope = (np.array(start.logs) - np.array(moved.logs)) / STEP
        if np.abs(slope).max() > 1e-6:
            slopes[unknown] = slope
        if len(slopes) == MAX_UNKNOWN:
            break
    single = [unknown for unknown in slopes if unknown[1] is None]
    lists = {name: [each for each in slopes if each[0] == name and each[1] is not None] for name, _ in slopes}
    tried = [*((each,) for each in single), *(tuple(entries) for entries in lists.values() if entries),
             *itertools.combinations(single, 2)]
    later = []
    for unknowns in tried:
        found = _solve(family, given, facts, start, unknowns, values, slopes)
        if found is None:
            continue
        if all(map(is_written, found[1])):
            yield found[0]
        elif not only_written:
            later.append(found[0])
    yield from later


def _numbers(family: Family, given: Mapping[str, Given]) -> dict[Unknown, float]:
    """Single numbers, and entries of short lists, that may be solved, at their values now; the base first."""
    named = things()
    values: dict[Unknown, float] = {}
    try:
        known = parameter_values(family, given)
    except ProverError:
        return {}
    for parameter in sorted(family.parameters, key=lambda p: named.get(p.name) != "base"):
        value = known[parameter.name]
        if named.get(parameter.name) in UNSOLVED or parameter.name in UNSOLVED or parameter.asks_for_whole:
            continue
        if parameter.name in family.factors:
            continue
        entries = list(enumerate(value)) if isinstance(value, tuple) else [(None, value)]
        if len(entries) > MAX_ENTRIES:
            continue
        for place, entry in entries:
            if isinstance(entry, Exact) and entry.rational is not None and entry.rational > 0:
                values[parameter.name, place] = float(entry.rational)
    return values


def _with(family: Family, given: Values, changed: Mapping[Unknown, float | Fraction], values: Mapping[Unknown, float]
          ) -> Values:
    """The parameters with these changed; other entries of a list stay what they are."""
    more = dict(given)
    for (name, place), value in changed.items():
        number = value if isinstance(value, Fraction) else Fraction(f"{value:.9g}")
        if place is None:
            more[name] = number
            continue
        entries = [each for each in values if each[0] == name]
        now = more.get(name)
        base = now if isinstance(now, tuple) else tuple(Fraction(f"{values[each]:.9g}") for each in entries)
        more[name] = (*base[:place], number, *base[place + 1:])
    return more


def _solve(
    family: Family, given: Values, facts: Facts, start: Match, unknowns: Sequence[Unknown],
    values: Mapping[Unknown, float], slopes: Mapping[Unknown, Slopes],
) -> tuple[Values, list[Fraction]] | None:
    table = np.column_stack([slopes[each] for each in unknowns])
    if len(unknowns) > 1 and np.linalg.matrix_rank(table, tol=1e-3 * float(np.abs(table).max())) < len(unknowns):
        return None
    logs = np.array(start.logs)
    first, *_ = np.linalg.lstsq(table, logs, rcond=None)
    if float(np.abs(logs - table @ first).max()) > LEFT * float(np.abs(logs).max()):
        return None
    now, found = start, {each: values[each] for each in unknowns}
    for _ in range(ROUNDS):
        step, *_ = np.linalg.lstsq(table, np.array(now.logs), rcond=None)
        if float(np.abs(step).max()) > FARTHEST:
            return None
        found = {each: found[each] * math.exp(by) for each, by in zip(unknowns, step, strict=True)}
        if not all(math.isfinite(value) and 1e-30 < value < 1e30 for value in found.values()):
            return None
        come = match(family, _with(family, given, found, values), facts)
        if come is None or come.places != start.places:
            return None
        is_stuck = max(map(abs, come.logs)) > max(map(abs, now.logs)) / 2
        now = come
        if now.fits or is_stuck:
            break
    if not now.fits:
        return None
    # What each may be off by at most, if the frequencies are off by their tolerances; less where that is too much.
    errors = np.abs(np.linalg.pinv(table)) @ np.array(start.errors)
    for shrunk in range(ROUNDS):
        rounded = {
            each: near(found[each], min(0.2, float(error) / 4**shrunk))
            for each, error in zip(unknowns, errors, strict=True)
        }
        kept = {each: value for each, value in rounded.items() if value is not None}
        if len(kept) < len(rounded):
            return None
        whole = _with(family, given, kept, values)
        last = match(family, whole, facts)
        if last is not None and last.fits:
            return whole, list(kept.values())
    return None
