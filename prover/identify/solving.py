"""Parameters solved from the frequencies themselves: how each changes them, and so what it has to be.

Every scaling that is a power of its parameter is linear in logarithms, so that one step solves it; what is not takes a
few. What comes out is rounded to what people write, and holds only if it fits as rounded.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from prover.errors import ProverError
from prover.exact.number import Exact
from prover.identify.facts import Facts
from prover.identify.filling import STRUCTURE, Values
from prover.identify.human import near
from prover.identify.matching import Match, match
from prover.identify.things import things
from prover.layouts.expand import parameter_values
from prover.layouts.family import Family, Given

STEP = math.log(1.25)
ROUNDS = 6
MAX_UNKNOWN = 6
FARTHEST = 30.0  # of a logarithm
UNSOLVED = (*STRUCTURE, "truncate", "ext_factor", "attention_factor", "mscale", "mscale_all_dim", "seq_len")


def solved(family: Family, given: Values, facts: Facts, start: Match) -> Values | None:
    """The parameters with one or two of them solved so that the frequencies fit; None if there is no such."""
    values = _numbers(family, given)
    slopes = {}
    for name, value in values.items():
        moved = match(family, given | {name: _short(value * math.exp(STEP))}, facts)
        if moved is None or moved.places != start.places:
            continue
        slope = (np.array(start.logs) - np.array(moved.logs)) / STEP
        if np.abs(slope).max() > 1e-6:
            slopes[name] = slope
        if len(slopes) == MAX_UNKNOWN:
            break
    named = things()
    order = sorted(slopes, key=lambda name: named.get(name) != "base")
    for count in (1, 2):
        for names in itertools.combinations(order, count):
            found = _solve(family, given, facts, start, names, {n: values[n] for n in names}, slopes)
            if found is not None:
                return found
    return None


def _numbers(family: Family, given: Mapping[str, Given]) -> dict[str, float]:
    """Single numbers that may be solved, at their values now; the base first."""
    named, values = things(), {}
    try:
        known = parameter_values(family, given)
    except ProverError:
        return {}
    for parameter in sorted(family.parameters, key=lambda p: named.get(p.name) != "base"):
        value = known[parameter.name]
        if named.get(parameter.name) in UNSOLVED or parameter.name in UNSOLVED or not isinstance(value, Exact):
            continue
        if parameter.asks_for_whole or value.rational is None or value.rational <= 0:
            continue
        values[parameter.name] = float(value.rational)
    return values


def _solve(
    family: Family, given: Values, facts: Facts, start: Match, names: Sequence[str], values: dict[str, float],
    slopes: Mapping[str, np.ndarray],
) -> Values | None:
    table = np.column_stack([slopes[name] for name in names])
    if len(names) > 1 and np.linalg.matrix_rank(table, tol=1e-3 * float(np.abs(table).max())) < len(names):
        return None
    now, values = start, dict(values)
    for _ in range(ROUNDS):
        step, *_ = np.linalg.lstsq(table, np.array(now.logs), rcond=None)
        if float(np.abs(step).max()) > FARTHEST:
            return None
        values = {name: values[name] * math.exp(by) for name, by in zip(names, step, strict=True)}
        if not all(math.isfinite(value) and 1e-30 < value < 1e30 for value in values.values()):
            return None
        found = match(family, given | {name: _short(value) for name, value in values.items()}, facts)
        if found is None or found.places != start.places:
            return None
        rest = max(map(abs, found.logs))
        if found.fits or rest > max(map(abs, now.logs)) / 2:
            now = found
            break
        now = found
    if not now.fits:
        return None
    rounded = dict(given)
    for column, name in enumerate(names):
        certain = max(abs(table[:, column]) / np.array(start.errors))
        near_by = near(values[name], min(0.2, 1 / certain))
        if near_by is None:
            return None
        rounded[name] = near_by
    last = match(family, rounded, facts)
    return rounded if last is not None and last.fits else None


def _short(value: float) -> Fraction:
    return Fraction(f"{value:.9g}")
