"""Pairs of one family beside pairs of another in an order that depends on where the pair is, for all sizes.

A pair of the target turns by one coordinate with some exponent. The pair of the source that turns by the same is where
its exponent is that: an index for each case of the target, together one expression with choices. That it is inside and
names no pair twice is asked of the solver; whether the two turn alike in it is left to whoever compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

import sympy

from prover.errors import ExpressionError, LimitError, UndecidedError
from prover.language.logic import Condition, all_of, in_range, negation
from prover.language.substitution import substituted
from prover.language.symbolic import CHOICE, INDEX
from prover.theorems.comparison import pulled
from prover.theorems.ratio import quotient
from prover.theorems.study import OTHER, Study
from prover.theorems.symbolic import Case, SymbolicLayout, is_whole

MAX_ORDERS = 8
MAX_WAYS = 8


@dataclass(frozen=True, slots=True)
class Way:
    """Under all of `guards` the pair is the one at `index`. `told`: the guards that no failed way before it implies."""

    guards: tuple[Condition, ...]
    told: tuple[Condition, ...]
    index: sympy.Basic


def reordered(layout: SymbolicLayout, ways: Sequence[Way]) -> SymbolicLayout:
    """The layout whose pair j is its pair at the index of the way that holds of j, of which there is one."""
    index = ways[-1].index
    for way in reversed(ways[:-1]):
        index = index if way.index == index else CHOICE(all_of(way.told), way.index, index, evaluate=False)
    new = {INDEX: index}
    return replace(
        layout, order=substituted(layout.order, new),
        begin=substituted(layout.first, {INDEX: sympy.Integer(0)}) if layout.begin is None else layout.begin,
        first=substituted(layout.first, new),
        second=substituted(layout.second, new),
        write_first=substituted(layout.write_first, new), write_second=substituted(layout.write_second, new),
        magnitude=tuple(
            ((*way.guards, *_at(guards, way.index)), substituted(e, {INDEX: way.index}))
            for way in ways for guards, e in layout.magnitude
        ),
        cases=tuple(
            Case(
                (*way.guards, *_at(case.guards, way.index)),
                tuple((axis, substituted(e, {INDEX: way.index})) for axis, e in case.vector),
            )
            for way in ways for case in layout.cases
        ),
    )


def _at(guards: Sequence[Condition], index: sympy.Basic) -> tuple[Condition, ...]:
    return tuple(substituted(guard, {INDEX: index}) for guard in guards)


def along_frequencies(study: Study) -> Iterator[Study]:
    """The study with the source's pairs in an order in which their exponents may be those of the target's pairs.

    Nothing for the order that they have, and nothing where it is not proved to be one.
    """
    statement = study.statement
    source, target = statement.source, statement.target
    if source.order != INDEX or source.count != target.count:
        return
    try:
        ours, theirs = pulled(source, statement.feeds, "source"), pulled(target, statement.feeds, "target")
        plain = list(_needed(study, theirs))
        if len(plain) > MAX_WAYS:
            return
        possible = [dict.fromkeys(_indices(ours, case)) for case, _ in plain]
        for indices in islice(product(*possible), MAX_ORDERS):
            ways = [Way(case.guards, told, index) for (case, told), index in zip(plain, indices, strict=True)]
            if any(index != INDEX for index in indices) and _is_order(study, ways):
                yield replace(study, statement=replace(statement, source=reordered(source, ways)))
    except (ExpressionError, LimitError, UndecidedError):
        return


def _needed(study: Study, cases: Sequence[Case]) -> Iterator[tuple[Case, tuple[Condition, ...]]]:
    """The cases that some pair is in, each with those of its guards that do not follow where no earlier case holds."""
    inside, before = in_range(INDEX, study.statement.target.count), list[Condition]()
    for case in cases:
        if study.ask("case", "Is there a pair in this case?", inside, *case.guards) == "unsat":
            continue
        told = case.guards
        for guard in case.guards:
            rest = tuple(other for other in told if other != guard)
            if study.follows("case", "Does this guard alone keep a pair out?", guard, inside, *before, *rest):
                told = rest
        yield case, told
        if not told:
            return
        before.append(negation(all_of(case.guards)))


def _indices(ours: Sequence[Case], theirs: Case) -> Iterator[sympy.Basic]:
    """The indices at which a case of the source has the exponent that this case of the target has at its own."""
    for case in ours:
        if not case.vector or [key for key, _ in case.vector] != [key for key, _ in theirs.vector]:
            continue
        found = quotient(substituted(case.vector[0][1], {INDEX: OTHER}), theirs.vector[0][1])
        if len(found.powers) != 1:
            continue
        over = sympy.expand(found.powers[0].over)
        weight = over.coeff(OTHER, 1)
        index = sympy.expand(sympy.cancel((weight * OTHER - over) / weight)) if weight != 0 else OTHER
        if not index.has(OTHER) and is_whole(index):
            yield index


def _is_order(study: Study, ways: Sequence[Way]) -> bool:
    """Whether every pair of the target has a pair of the source, and no two have the same one."""
    count = study.statement.target.count
    inside, other = in_range(INDEX, count), in_range(OTHER, count)
    return all(
        study.follows(
            "order", "Is there a pair of the target whose pair the source does not have?",
            in_range(way.index, count), inside, *way.guards,
        )
        for way in ways
    ) and all(
        study.follows(
            "order", "Have two pairs of the target the same pair of the source?",
            sympy.Ne(way.index, substituted(again.index, {INDEX: OTHER}), evaluate=False),
            inside, other, *way.guards, *(substituted(guard, {INDEX: OTHER}) for guard in again.guards),
            sympy.Ne(INDEX, OTHER, evaluate=False),
        )
        for way in ways for again in ways
    )
