"""Pair j of one family beside pair j of another: where they turn alike, and where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from prover.language.expression import INDEX
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.substitution import substituted
from prover.layouts.feed import Feed
from prover.theorems.ratio import quotient
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import Case, SymbolicLayout


def pulled(layout: SymbolicLayout, feeds: Sequence[Feed], side: str) -> tuple[Case, ...]:
    """The cases with their vectors over the coordinates of all feeds, each named feed:coordinate."""
    found = []
    for case in layout.cases:
        vector: dict[str, sympy.Basic] = {}
        for number, feed in enumerate(feeds):
            places = dict(getattr(feed, side))
            for axis, coefficient in case.vector:
                for coordinate, weight in places[axis].frequencies:
                    assert weight.rational is not None
                    share = sympy.Rational(weight.rational.numerator, weight.rational.denominator)
                    key = f"{number}:{coordinate}"
                    vector[key] = vector.get(key, sympy.Integer(0)) + share * coefficient
        found.append(Case(case.guards, tuple(sorted((k, v) for k, v in vector.items() if v != 0))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Agreement:
    """When the vectors of two cases agree up to sign. `exactly` is None where it is not known."""

    exactly: Condition | None
    possibly: Condition
    sign: int | None
    positive: tuple[sympy.Basic, ...] = ()


def agreement(source: Case, target: Case) -> Agreement:
    """Compare two vectors entry by entry; entries are products of positive powers and a sign."""
    ours, theirs = dict(source.vector), dict(target.vector)
    if ours.keys() != theirs.keys():
        # An entry that one side lacks must not be 0 on the other.
        alone = [(ours | theirs)[key] for key in ours.keys() ^ theirs.keys()]
        positive = tuple(p for entry in alone for p in quotient(entry, sympy.Integer(1)).positive)
        return Agreement(sympy.false, sympy.false, None, positive)
    if not ours:
        return Agreement(sympy.true, sympy.true, None)
    quotients = [quotient(ours[key], theirs[key]) for key in ours]
    positive = tuple(p for q in quotients for p in q.positive)
    if len({q.sign for q in quotients}) > 1:
        return Agreement(sympy.false, sympy.false, None, positive)
    exact = [q.exactly for q in quotients]
    return Agreement(
        None if None in exact else all_of(exact), all_of(q.possibly for q in quotients), quotients[0].sign, positive
    )


class Comparison:
    """Pair j of the source beside pair j of the target: where they agree, and where not."""

    def __init__(self, statement: Statement) -> None:
        self.source = pulled(statement.source, statement.feeds, "source")
        self.target = pulled(statement.target, statement.feeds, "target")
        self.count = statement.source.count
        # Cases of which one begins where the other ends meet at no index, but may at two.
        self.at_two_indices = [(a, b, agreement(a, b)) for a in self.source for b in self.target]
        self.at_one_index = [
            (a, b, found) for a, b, found in self.at_two_indices
            if not {negation(guard) for guard in a.guards} & set(b.guards)
        ]

    def positive(self) -> tuple[sympy.Basic, ...]:
        """What has to be positive for a frequency to be a product of positive powers."""
        return tuple(dict.fromkeys(p for *_, found in self.at_two_indices for p in found.positive))

    def mismatch(self) -> Condition:
        """True at a pair index where the vectors are not known to agree."""
        return any_of(
            all_of([*a.guards, *b.guards, negation(sympy.false if found.exactly is None else found.exactly)])
            for a, b, found in self.at_one_index
        )

    @property
    def is_exact(self) -> bool:
        """Whether a mismatch is known to be one."""
        return all(found.exactly is not None for *_, found in self.at_one_index)

    def signs(self, study: Study) -> set[int]:
        """The signs, +1 and -1, with which vectors agree anywhere."""
        possible = {found.sign for *_, found in self.at_one_index if found.sign is not None}
        if len(possible) <= 1:
            return possible
        return {
            found.sign
            for a, b, found in self.at_one_index
            if found.sign is not None and found.possibly != sympy.false
            and study.ask(
                "sign", "Is there a pair index at which these two cases meet?",
                in_range(INDEX, self.count), *a.guards, *b.guards, found.possibly,
            ) != "unsat"
        }

    def meets(self, ours: sympy.Basic, theirs: sympy.Basic) -> Condition:
        """May pair `ours` of the source and pair `theirs` of the target turn alike, and at all?"""
        found = []
        for a, b, _ in self.at_two_indices:
            if not a.vector or not b.vector:
                continue
            here, there = _at(a, ours), _at(b, theirs)
            found.append(all_of([*here.guards, *there.guards, agreement(here, there).possibly]))
        return any_of(found)


def _at(case: Case, index: sympy.Basic) -> Case:
    return Case(
        tuple(substituted(g, {INDEX: index}) for g in case.guards),
        tuple((key, substituted(value, {INDEX: index})) for key, value in case.vector),
    )


def same_magnitudes(study: Study) -> bool:
    """Whether pair j has the same magnitude on both sides, for all j."""
    statement = study.statement
    differ = []
    for guards, ours in statement.source.magnitude:
        for others, theirs in statement.target.magnitude:
            found = quotient(ours, theirs)
            if found.exactly is None or found.sign < 0:
                return False
            differ.append(all_of([*guards, *others, negation(found.exactly)]))
    return study.ask(
        "magnitudes", "Is there a pair whose magnitudes differ?",
        in_range(INDEX, statement.source.count), any_of(differ),
    ) == "unsat"


def differing(study: Study, mismatch: Condition) -> str:
    """Which pairs differ, in words, if it is all, or all but pair 0, whatever the parameters."""
    inside = in_range(INDEX, study.statement.source.count)
    agrees = negation(mismatch)
    first = sympy.Eq(INDEX, 0, evaluate=False)
    if study.ask("all-differ", "Is there a pair at which the two agree?", inside, agrees) == "unsat":
        return "every pair differs"
    if (
        study.ask("rest-differ", "Is there a pair after pair 0 at which the two agree?", inside, agrees,
                  negation(first)) == "unsat"
        and study.ask("first-agrees", "Can pair 0 differ?", inside, mismatch, first) == "unsat"
    ):
        return "every pair but pair 0 differs"
    return ""
