"""Rows that have to be multiplied, held against what known ways of doing it make of the source, number by number.

A number is right if it is the source's times the factor, rounded once to the type that both have, to nearest and even,
and nothing else is taken for it. What a way makes is worked out, so that nothing is guessed from how near numbers are.
A rotation at one token joins lane a of q with lane a of k alone, so that the factors of the two make the square of the
needed one, or scores are not those of the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum
from functools import partial

import numpy as np

from prover.errors import UndecidedError
from prover.exact.number import ONE, Exact
from prover.repair.check_permutation import State
from prover.weights.audited.followers import KNOWN, follow
from prover.weights.audited.lanes import Key, Layer, Places, head_count, names_of, of_one_head, primary
from prover.weights.audited.question import Question
from prover.weights.audited.recover import Closeness, Rows, gathered
from prover.weights.audited.verified import Fault, Item
from prover.weights.moved.rounding import FORMATS, Product
from prover.weights.moved.scales import NORMS, SCALES, takes_factors
from prover.weights.packed.slots import Kind, Role
from prover.weights.stored.lines import picked

ROUNDED = "each number times its factor, rounded once"


class Way(Enum):
    """What was done to the numbers of a tensor; by what power of the needed factor that multiplies them."""

    RIGHT = 1
    NOTHING = 0
    TWICE = 2
    INVERSE = -1


FAULTS = {Way.NOTHING: Fault.NEEDS_FACTORS, Way.TWICE: Fault.MULTIPLIED_TWICE, Way.INVERSE: Fault.DIVIDED}


def in_known_ways(question: Question, ours: Layer, theirs: Layer, layer: int) -> list[Item] | None:
    """What is known of q and k and all that goes with them, where each was multiplied in a known way; None if not.

    The rows have to have moved as they need to. Both moved and not multiplied is left to others, as are factors of q
    and of k that differ and yet make up for each other.
    """
    factors, needed = question.factors, question.needed
    if not factors or needed is None:
        return None
    ways: dict[Role, frozenset[Way]] = {}
    items: list[Item] = []
    for role in (Role.Q, Role.K):
        shown = primary(ours, theirs, role)
        kinds = list(dict.fromkeys((*ours.kinds(role), *theirs.kinds(role))))
        if shown is None or any(kind in NORMS for kind, _ in kinds):
            return None
        found = _ways_of_role(question, ours, theirs, role, layer)
        carriers = [(kind, ways) for kind, ways, _ in found if kind in SCALES] or [
            (kind, ways) for kind, ways, _ in found if kind is shown[0]]
        moved = all(each for kind, each, _ in found if kind is shown[0])
        own = frozenset.intersection(*(each for _, each in carriers)) if carriers and moved else frozenset()
        if not own:
            return None
        ways[role] = own
        items += (item for _, _, item in found)
    q, k = ways[Role.Q], ways[Role.K]
    if Way.RIGHT in q and Way.RIGHT in k:
        return items
    if len(q) != 1 or len(k) != 1:
        return None
    (a,), (b,) = q, k
    return None if a is b is Way.NOTHING or a.value + b.value == 2 else items


def _ways_of_role(
    question: Question, ours: Layer, theirs: Layer, role: Role, layer: int
) -> list[tuple[Kind, frozenset[Way], Item]]:
    """Each kind of tensor of a role with the ways that make the target of it, and what is to be said."""
    assert question.needed is not None
    shown = primary(ours, theirs, role)
    found = []
    for kind, ending in dict.fromkeys((*ours.kinds(role), *theirs.kinds(role))):
        a, b = ours.places(role, kind, ending), theirs.places(role, kind, ending)
        made = partial(Item, layer, role, kind, (names_of(a), names_of(b)))
        if not (a and b) or set(a) != set(b):
            found.append((kind, frozenset[Way](), made(State.UNDECIDED, (Fault.ONE_SIDE,))))
            continue
        heads = head_count(a)
        rows = tuple(head * question.width + row for head in range(heads) for row in question.needed)
        takes = {takes_factors(slot, layer.slots) for layer, places in ((ours, a), (theirs, b))
                 for slot, _ in places.values()}
        item = made(State.UNDECIDED, (Fault.NOT_DECIDED,), heads)
        if (kind, ending) == shown:
            item = replace(item, rows=rows)
        if takes == {False}:  # it only moves, or stays where all rows share it
            is_even = all(len(_widths(layer, places)) == 1 for layer, places in ((ours, a), (theirs, b)))
            close = follow(ours, theirs, a, b, rows, question.width) if is_even else None
            ways = frozenset({Way.RIGHT}) if close in KNOWN else frozenset[Way]()
            found.append((kind, ways, replace(item, state=State.RIGHT, faults=(), closeness=close) if ways else item))
            continue
        ways = frozenset(way for way in Way if takes == {True} and _is_made(
            ours, theirs, a, b, rows, question.width, question.factors, way))
        found.append((kind, ways, _told(item, ways, ours, theirs, a, b, question)))
    return found


def _told(
    item: Item, ways: frozenset[Way], ours: Layer, theirs: Layer, a: Places, b: Places, question: Question
) -> Item:
    if Way.RIGHT in ways:
        return replace(item, state=State.RIGHT, faults=(), closeness=Closeness.EQUAL, why=ROUNDED)
    if len(ways) == 1:
        return replace(item, state=State.WRONG, faults=(FAULTS[next(iter(ways))],), closeness=Closeness.EQUAL)
    stay = tuple(range(item.heads * question.width))
    if not ways and item.rows is None and follow(ours, theirs, a, b, stay, question.width) in KNOWN:
        return replace(item, state=State.WRONG, faults=(Fault.FORGOTTEN,))
    return item


def _is_made(
    ours: Layer, theirs: Layer, a: Places, b: Places, rows: Rows, width: int, factors: Sequence[Exact], way: Way
) -> bool:
    """Whether the target is the source with its rows moved and multiplied so, in every number."""
    if len(_widths(ours, a)) > 1:  # latent attention has lanes of k in two tensors
        parts = [[{key: places[key] for key in places if key in own} for places in (a, b)]
                 for own in _widths(ours, a).values()]
        return all(_is_made(ours, theirs, first, second, rows, width, factors, way) for first, second in parts)
    order = {key: number for number, key in enumerate(a)}
    source = picked([ours.at(place) for place in a.values()])
    target = picked([theirs.at(place) for place in b.values()])
    if source.dtype != target.dtype or source.dtype not in FORMATS or source.columns != target.columns:
        return False
    numbers, lanes = [], []
    for head, lane in b:
        was, fed = divmod(rows[(head or 0) * width + lane], width)
        place = order.get((None if head is None else was, fed))
        if place is None:
            return False
        numbers.append(place)
        lanes.append(lane)
    try:
        for start, stop in target.blocks():
            expected = gathered(source.read, numbers[start:stop]).astype(np.float64)
            found = target.read(start, stop)
            if not (np.isfinite(expected).all() and np.isfinite(found).all()):
                return False
            for at, products in _products(source.dtype, [factors[lane] for lane in lanes[start:stop]], way):
                for product in products:
                    expected[at] = product.numbers(expected[at])
            if not np.array_equal(expected, found):
                return False
    except UndecidedError:
        return False
    return True


def _widths(layer: Layer, places: Places) -> dict[int, set[Key]]:
    """The lanes by how many columns their rows have."""
    found: dict[int, set[Key]] = {}
    for key, (slot, _) in places.items():
        found.setdefault(layer.lines(slot).columns, set()).add(key)
    return found


def _products(dtype: str, factors: Sequence[Exact], way: Way) -> Iterator[tuple[list[int], list[Product]]]:
    """Rows of one factor, and by what they are multiplied one after the other."""
    rows: dict[Exact, list[int]] = {}
    for row, factor in enumerate(factors):
        if factor != ONE:
            rows.setdefault(factor, []).append(row)
    for factor, own in rows.items():
        yield own, [Product(dtype, factor if way.value > 0 else ONE / factor)] * abs(way.value)


def with_multiplied_values(question: Question, ours: Layer, theirs: Layer, items: Sequence[Item]) -> Iterator[Item]:
    """The items; v is wrong where its rows were multiplied as those of q and k have to be, and o stayed as it was."""
    output = next((item for item in items if item.role is Role.O), None)
    for item in items:
        is_open = item.role is Role.V and item.state is State.UNDECIDED and Fault.MULTIPLIED in item.faults
        if is_open and question.factors and output is not None and output.state is State.RIGHT:
            shown = primary(ours, theirs, Role.V)
            assert shown is not None
            a, b = of_one_head(ours.places(Role.V, *shown), theirs.places(Role.V, *shown))
            lanes = 1 + max(lane for _, lane in a)
            if lanes == question.width and set(a) == set(b):
                for move in dict.fromkeys((tuple(range(lanes)), question.needed or tuple(range(lanes)))):
                    rows = tuple(head * lanes + row for head in range(head_count(a)) for row in move)
                    if _is_made(ours, theirs, a, b, rows, lanes, question.factors, Way.RIGHT):
                        item = replace(item, state=State.WRONG, faults=(Fault.VALUES_MULTIPLIED,))
        yield item
