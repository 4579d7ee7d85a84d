"""What a measured table looks like, where its angles are those of a known mistake; nothing is decided by it.

Frequencies are compared by the lanes that they turn: a table of all lanes is either two halves alike (concatenated) or
neighbours alike (repeated), and lanes that turn together are halves or neighbours; each goes with one of the other.
"""

from __future__ import annotations

import math

from prover.measure.measured import Measured

NEAR = 1e-6  # relative: frequencies of float32 functions that are meant to be the same


def likeness(table: Measured) -> str:
    """A sentence on the mistake that a table with one axis looks like; empty if it is like none of those known."""
    own = _frequencies(table)
    turned = sorted(own)
    count = len(turned)
    if count < 4 or turned != list(range(count)):
        return ""
    pairs = {pair.read for pair in table.pairs}
    halves = pairs == {(j, j + count // 2) for j in range(count // 2)}
    adjacent = pairs == {(j, j + 1) for j in range(0, count, 2)}
    if all(_near(f, own[0]) for f in own.values()):
        return "every pair turns by the same angle, as where an exponent is divided to a whole number (//)"
    if halves and _alike(own, [(j, j + 1) for j in range(0, count, 2)]):
        return ("lanes half a head apart turn together, by angles of which neighbours are alike, as where a table is "
                "repeated for each lane instead of concatenated")
    if adjacent and _alike(own, [(j, j + count // 2) for j in range(count // 2)]):
        return ("neighbours turn together, by angles of which those half a head apart are alike, as where a table is "
                "concatenated instead of repeated for each lane")
    if halves and count < table.width and _is_cut(own, count, table.width // 2):
        return (f"the {count} lanes turn by the first {count} angles of a table for all {table.width}, as where it is "
                "built for the whole head and cut to a part")
    return ""


def _frequencies(table: Measured) -> dict[int, float]:
    """The frequency by which each lane turns, of pairs where a lane has one."""
    found: dict[int, float] = {}
    for pair in table.pairs:
        alpha, beta, gamma, delta = ([f for _, f in turn] for turn in pair.turns)
        if alpha == beta and gamma == delta and len(alpha) == len(delta) == 1:
            found |= {pair.read[0]: alpha[0], pair.read[1]: delta[0]}
    return found


def _near(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=NEAR)


def _alike(own: dict[int, float], pairs: list[tuple[int, int]]) -> bool:
    return all(_near(own[a], own[b]) for a, b in pairs)


def _is_cut(own: dict[int, float], count: int, half: int) -> bool:
    """Whether lanes turn by a falling sequence of equal ratios, begun again after half of the whole head."""
    first = min(count, half)
    ratio = own[1] / own[0]
    falls = 0 < ratio < 1 and all(_near(own[j + 1], own[j] * ratio) for j in range(first - 1))
    return falls and all(_near(own[j], own[j - half]) for j in range(half, count))
