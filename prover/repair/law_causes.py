"""Causes that take a law: alone, with facts of a side, or two together. Each is proved before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice

from prover.claims.relation import Relation
from prover.errors import ProverError
from prover.layouts.loading import Loaded, load
from prover.repair.applying import apply_laws
from prover.repair.asked import MAX_FACTS, MAX_TOLD, Asked, Cause, Proved
from prover.repair.facts import Described, Fact, compatible, spec_with, unique_facts
from prover.repair.law_question import Question, without_still_pairs
from prover.repair.laws import Applied, Side

MAX_PARAMETERS, MAX_CHOICES = 6, 4  # that are tried with a law
MAX_LANES = 1 << 13  # of a head, times the facts that are looked at
MAX_SETS, MAX_WITH_TWO = 6, 3  # pairs of parameters that are tried with a law, and facts with two laws


@dataclass(frozen=True, slots=True)
class Given:
    """What is changed already: facts of one side, whether of the source, and laws."""

    facts: tuple[Fact, ...] = ()
    is_lost: bool = False
    laws: tuple[Applied, ...] = ()

    def cause(self, law: Applied, proof: Proved) -> Cause:
        """With one law more."""
        laws = (*self.laws, law)
        is_lost = self.is_lost if self.facts else all(each.law.on == "source" for each in laws)
        return Cause(self.facts, None, is_lost, proof, laws)


NOTHING = Given()


def causes_by_law(asked: Asked, given: Given = NOTHING) -> tuple[Cause, ...]:
    """Each law under which one side is what the other needs. `given`: with which the sides are changed already."""
    asked = _counted(asked)
    fields = frozenset[str]().union(*(applied.law.fields for applied in given.laws))
    found: list[tuple[Applied, Asked, Relation]] = []
    for question in _questions(asked):
        for applied, changed in apply_laws(question, fields):
            then = _placed(asked, changed, question.own)
            if (shown := then.shown()) is not None:
                found.append((applied, then, shown))
    best = min((shown.rung for *_, shown in found), default=0)
    fitting = [(applied, then) for applied, then, shown in found if shown.rung == best]
    others = [applied for applied, _ in fitting]
    told: list[Cause] = []
    for applied, then in fitting:
        if len(told) == MAX_TOLD or applied.yields(others) or applied.fault in {c.laws[-1].fault for c in told}:
            continue
        if (proved := then.proved()) is not None:
            told.append(given.cause(applied, proved))
    return tuple(told)


def causes_by_two_laws(asked: Asked, given: Given = NOTHING) -> tuple[Cause, ...]:
    """The first two laws that are a cause together, the first of them a change of the target."""
    asked = _counted(asked)
    for question in _questions(asked)[:1]:
        for applied, changed in apply_laws(question, is_last=False):
            if _is_no_matter(question, applied):
                continue
            then = _placed(asked, changed, "target")
            if found := causes_by_law(then, replace(given, laws=(applied,))):
                return found
    return ()


def _is_no_matter(question: Question, applied: Applied) -> bool:
    """Direction and lanes of rotations are of no account where rows may be moved."""
    return (
        question.wanted.rung >= Relation.PERMUTATION.rung and "magnitude" not in applied.law.fields
        and question.classes is not None
    )


def causes_with_laws(asked: Asked, ours: Described, theirs: Described) -> tuple[Cause, ...]:
    """Facts of one side and laws, three things at most and as few as can be; or two laws. The target's facts first."""
    sides = [_Side(ours, theirs, is_lost=False), _Side(theirs, ours, is_lost=True)]
    for side in sides:
        for fact in side.single:
            if found := side.causes(asked, (fact,)):
                return found
    if found := causes_by_two_laws(asked):
        return found
    for side in sides:
        for facts in side.several:
            if found := side.causes(asked, facts):
                return side.reduced(asked, facts, found)
        for fact in side.single[:MAX_WITH_TWO]:
            if found := side.causes(asked, (fact,), causes_by_two_laws):
                return found
    return ()


class _Side:
    """One side, with what it may have otherwise."""

    def __init__(self, like: Described, side: Described, *, is_lost: bool) -> None:
        self.side, self.is_lost = side, is_lost
        facts = unique_facts(like, side)[:MAX_LANES // side.loaded.layout.width]
        self.parameters = [fact for fact in facts if not fact.is_choice][:MAX_PARAMETERS]
        self.choices = [fact for fact in facts if fact.is_choice][:MAX_CHOICES]

    @property
    def single(self) -> list[Fact]:
        return [*self.parameters, *self.choices]

    @property
    def several(self) -> Iterator[tuple[Fact, ...]]:
        """All parameters, alone or with another word, and then any two."""
        sets = (compatible(choice, self.parameters) for choice in (*((each,) for each in self.choices), ()))
        yield from (facts for facts in sets if len(facts) > 1)
        yield from islice(combinations(self.parameters, 2), MAX_SETS)

    def causes(
        self, asked: Asked, facts: tuple[Fact, ...], search: Callable[[Asked, Given], tuple[Cause, ...]] = causes_by_law
    ) -> tuple[Cause, ...]:
        """What laws make of the side once it has these facts."""
        try:
            changed = load(spec_with(self.side, facts))
        except ProverError:
            return ()
        if self.side.loaded.rows is not None:
            changed = changed.moved(self.side.loaded.rows)
        return search(_placed(asked, changed, "source" if self.is_lost else "target"), Given(facts, self.is_lost))

    def reduced(self, asked: Asked, facts: tuple[Fact, ...], found: tuple[Cause, ...]) -> tuple[Cause, ...]:
        """The same without facts that are not needed; nothing if too many are."""
        for fact in reversed(facts):
            fewer = tuple(each for each in facts if each != fact)
            if fewer and (left := self.causes(asked, fewer)):
                facts, found = fewer, left
        return tuple(cause for cause in found if len(cause.facts) + len(cause.laws) <= MAX_FACTS)


def _counted(asked: Asked) -> Asked:
    """The same with pairs that never turn as lanes that pass."""
    return replace(asked, source=without_still_pairs(asked.source), target=without_still_pairs(asked.target))


def _questions(asked: Asked) -> list[Question]:
    """What is asked of laws about the target, and about the source; nothing if the two cannot be compared."""
    try:
        claim = asked.claim
    except ProverError:
        return []
    return [Question(claim, "target", asked.target, asked.wanted, others=asked.source.family),
            Question(claim, "source", asked.source, asked.wanted, others=asked.target.family)]


def _placed(asked: Asked, changed: Loaded, side: Side) -> Asked:
    return replace(asked, source=changed) if side == "source" else replace(asked, target=changed)
