"""What the rows of weights are multiplied by under a pair map: how much louder the source is than the target."""

from __future__ import annotations

from collections.abc import Sequence

from prover.claims.claim import Claim
from prover.exact.number import ONE, Exact

Ranges = tuple[tuple[int, int], ...]


def lane_factors(claim: Claim, permutation: Sequence[int]) -> tuple[Exact, ...]:
    """For each lane of the target the source's magnitude over its own; lane i is fed from lane permutation[i].

    Queries and keys both take it, so that scores get its square. Lanes that pass have the magnitude 1.
    """
    sides = []
    for layout in (claim.source, claim.target):
        sizes = {lane: pair.magnitude for pair in layout.pairs for lane in pair.read}
        sides.append([sizes.get(lane, ONE) for lane in range(layout.width)])
    quotients: dict[tuple[Exact, Exact], Exact] = {}
    found = []
    for lane, fed in enumerate(permutation):
        sizes_of = sides[0][fed], sides[1][lane]
        if sizes_of not in quotients:
            quotients[sizes_of] = sizes_of[0] / sizes_of[1]
        found.append(quotients[sizes_of])
    return tuple(found)


def lanes_by_factor(factors: Sequence[Exact]) -> dict[Exact, Ranges]:
    """Each factor with its lanes, as runs with both ends, in order of the first lane."""
    found: dict[Exact, list[tuple[int, int]]] = {}
    for lane, factor in enumerate(factors):
        runs = found.setdefault(factor, [])
        if runs and lane == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], lane)
        else:
            runs.append((lane, lane))
    return {factor: tuple(runs) for factor, runs in found.items()}
