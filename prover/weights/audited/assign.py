"""From the partners that rows can have to one permutation: the one that is asked about wherever it fits.

Rows that are equal may be exchanged without anything changing, so of several permutations that make the same tensor
any may be taken. That a permutation does not fit is certain: a row has another partner, and not this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product
from math import factorial, prod

from prover.weights.audited.recover import Related, Rows

MAX_ASSIGNMENTS = 64


def fits(related: Related, rows: Sequence[int]) -> bool:
    """Whether each row can be the one that this permutation says."""
    return len(rows) == len(related.partners) and all(
        row in partners for row, partners in zip(rows, related.partners, strict=True)
    )


def assign(related: Related, wanted: Sequence[int], width: int = 0) -> Rows | None:
    """A permutation that fits, with as many of the rows that are wanted as there can be where rows are equal.

    `width`: of heads; rows of a head come from one head where they may, and from its own before another. None if no
    permutation fits: rows without a partner, or a row of the source that stands more often or less often than it did.
    """
    if any(not partners for partners in related.partners):
        return None
    if fits(related, wanted):
        return tuple(wanted)
    if related.overlapping:
        return _matched(related.partners)
    origins = _origins(head_sources(related, width)) if width else ()
    wanted = [row + (origins[place // width] - place // width) * width for place, row in enumerate(wanted)
              ] if origins else wanted
    found: dict[int, int] = {}
    for members, places in _classes(related).items():
        if len(members) != len(places):
            return None
        kept = {place: wanted[place] for place in places if wanted[place] in members}
        taken = set(kept.values())
        left = [row for row in members if row not in taken]
        free = [place for place in places if place not in kept]
        found |= kept
        for own in (True, False) if width else (False,):
            for place in list(free):
                head = place // width if width else 0
                row = next((row for row in left if not own or row // width == (origins[head] if origins else head)),
                           None)
                if row is not None:
                    found[place] = row
                    left.remove(row)
                    free.remove(place)
    return tuple(found[place] for place in range(len(related.partners)))


def head_sources(related: Related, width: int) -> list[set[int]]:
    """For each head the heads of the source of which all of its rows may be."""
    partners = related.partners
    return [set.intersection(*({row // width for row in partners[place]} for place in range(start, start + width)))
            for start in range(0, len(partners), width)]


def _origins(sources: Sequence[set[int]]) -> Rows:
    """Which head each was, no two the same: itself where it may be, if the others allow that. Empty if none fits."""
    own = [(head,) if head in heads else tuple(sorted(heads)) for head, heads in enumerate(sources)]
    return _matched(own) or _matched([tuple(sorted(heads)) for heads in sources]) or ()


def assignments(related: Related, places: Sequence[int]) -> list[Rows] | None:
    """All that these places can have, as permutations of the same rows; None if there are too many to try."""
    classes = _classes(related)
    chosen: dict[Rows, list[int]] = {}
    for place in places:
        chosen.setdefault(related.partners[place], []).append(place)
    if related.overlapping or any(len(classes[members]) != len(members) for members in chosen):
        return None
    if any(len(held) != len(members) for members, held in chosen.items()):
        return None  # equal rows in several heads
    if prod(factorial(min(len(members), 9)) for members in chosen) > MAX_ASSIGNMENTS:
        return None
    found = []
    for orders in product(*(permutations(members) for members in chosen)):
        rows = {p: row for held, order in zip(chosen.values(), orders, strict=True)
                for p, row in zip(held, order, strict=True)}
        found.append(tuple(rows[place] for place in places))
    return found


def _classes(related: Related) -> dict[Rows, list[int]]:
    """Equal rows of the source, and the places in the target that can have them."""
    found: dict[Rows, list[int]] = {}
    for place, partners in enumerate(related.partners):
        found.setdefault(partners, []).append(place)
    return found


def _matched(partners: Sequence[Rows]) -> Rows | None:
    """A permutation that fits, by augmenting paths."""
    owner: dict[int, int] = {}
    for start in sorted(range(len(partners)), key=lambda place: len(partners[place])):
        if not _augment(start, partners, owner):
            return None
    found = {place: row for row, place in owner.items()}
    return tuple(found[place] for place in range(len(partners)))


def _augment(start: int, partners: Sequence[Rows], owner: dict[int, int]) -> bool:
    came: dict[int, int] = {}
    waiting = [start]
    while waiting:
        place = waiting.pop()
        for row in partners[place]:
            if row in came:
                continue
            came[row] = place
            if row not in owner:
                while True:
                    holder = came[row]
                    before = next((r for r, p in owner.items() if p == holder), None)
                    owner[row] = holder
                    if holder == start or before is None:
                        return True
                    row = before
            waiting.append(owner[row])
    return False
