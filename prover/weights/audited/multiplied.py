"""Rows that were multiplied by signs and powers of two, exactly: what that does to scores where rows stand right."""

from __future__ import annotations

import math
from dataclasses import replace

from prover.repair.check_permutation import State
from prover.weights.audited.lanes import Layer, head_count
from prover.weights.audited.question import Question
from prover.weights.audited.verified import Fault, Item
from prover.weights.packed.slots import Role
from prover.weights.stored.lines import picked


def with_factors(question: Question, items: dict[Role, Item], ours: Layer, theirs: Layer) -> dict[Role, Item]:
    """The items of q and k, decided where their factors are exact and nothing but the weights goes with the rows.

    A rotation at one token joins lane a of q with lane a of k alone, so there the two factors of each lane that meet
    have to make 1. Where they do for any two lanes of a pair too, the factors fall out of all scores. A row of zeros
    has any factor.
    """
    if set(items) != {Role.Q, Role.K} or question.sides is None:
        return items
    faults = {item.faults for item in items.values()}
    if (Fault.MULTIPLIED,) not in faults or not faults <= {(), (Fault.MULTIPLIED,)}:
        return items
    if any(len(layer.kinds(role)) != 1 for layer in (ours, theirs) for role in items):
        return items
    q, k = items[Role.Q], items[Role.K]
    if not all(math.frexp(abs(factor))[0] == 0.5 for item in (q, k) for _, factor in item.factors):
        return items
    held = q.held
    if held is None or held.unlike is not None or any(held.bare.decision.not_rotations) or q.heads % k.heads:
        return items
    width, group = question.width, q.heads // k.heads
    of_q, of_k = dict(q.factors), dict(k.factors)
    no_q, no_k = (_zeros(theirs, role, width) for role in (Role.Q, Role.K))

    def falls_out(head: int, lane: int, other: int) -> bool:
        a, b = head * width + lane, head // group * width + other
        return a in no_q or b in no_k or of_q.get(a, 1.0) * of_k.get(b, 1.0) == 1

    if not all(falls_out(head, lane, lane) for head in range(q.heads) for lane in range(width)):
        return {role: replace(item, state=State.WRONG) if item.factors else item for role, item in items.items()}
    pairs = [pair.read for pair in question.sides[1].layout.pairs]
    if not all(falls_out(head, *lanes) for head in range(q.heads) for a, b in pairs for lanes in ((a, b), (b, a))):
        return items
    return {role: replace(item, state=State.RIGHT, faults=(), count=0) for role, item in items.items()}


def _zeros(layer: Layer, role: Role, width: int) -> set[int]:
    """The rows of all heads that are zeros."""
    (kind,) = layer.kinds(role)
    places = layer.places(role, *kind)
    lines = picked([layer.at(place) for place in places.values()])
    empty = [not row.any() for start, stop in lines.blocks() for row in lines.read(start, stop)]
    own = [key for key, is_empty in zip(places, empty, strict=True) if is_empty]
    return {each * width + lane for head, lane in own
            for each in (range(head_count(places)) if head is None else (head,))}
