"""Rows that were multiplied by signs and powers of two, exactly: what that does to scores where rows stand right."""

from __future__ import annotations

import math
from dataclasses import replace

from prover.repair.check_permutation import State
from prover.weights.lanes import Layer
from prover.weights.question import Question
from prover.weights.slots import Role
from prover.weights.verified import Fault, Item


def with_factors(question: Question, items: dict[Role, Item], ours: Layer, theirs: Layer) -> dict[Role, Item]:
    """The items of q and k, decided where their factors are exact and nothing but the weights goes with the rows.

    A rotation at one token joins lane a of q with lane a of k alone, so there the two factors of each lane that meet
    have to make 1. Where they do and both lanes of each pair have the same factor, the factors fall out of all scores.
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

    def factor(head: int, lane: int) -> tuple[float, float]:
        return of_q.get(head * width + lane, 1.0), of_k.get(head // group * width + lane, 1.0)

    if any(math.prod(factor(head, lane)) != 1 for head in range(q.heads) for lane in range(width)):
        return {role: replace(item, state=State.WRONG) if item.factors else item for role, item in items.items()}
    pairs = question.sides[1].layout.pairs
    if any(factor(head, pair.read[0]) != factor(head, pair.read[1]) for head in range(q.heads) for pair in pairs):
        return items
    return {role: replace(item, state=State.RIGHT, faults=(), count=0) for role, item in items.items()}
