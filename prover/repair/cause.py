"""The cause of a difference: the one fact about the target, or up to three, with which it would be as the source.

Facts are parameters and choices that the target has otherwise (`prover.repair.facts`). One is a cause only if the
target with it is what the source needs, which is proved as any other verdict; so nothing here has to be right.
Where no facts are a cause, laws are tried (`prover.repair.law_causes`). That no cause is found means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, islice

from prover.claims.opened import layout_numbers
from prover.claims.relation import Outcome, Relation
from prover.errors import ProverError
from prover.exact.enclosure import enclose
from prover.exact.number import Exact
from prover.layouts.loading import Loaded, load
from prover.repair.asked import MAX_FACTS, MAX_TOLD, Asked, Cause
from prover.repair.facts import (
    SCALING,
    Described,
    Fact,
    brought_by,
    compatible,
    described,
    exchanged_kinds,
    exchanged_lists,
    is_asked_for,
    named_by_lanes,
    named_by_lists,
    other_orders,
    spec_with,
    unique_facts,
)
from prover.repair.law_causes import causes_by_law, causes_by_two_laws, causes_with_laws
from prover.verdicts.verdict import Verdict

MAX_TRIED = 40
MAX_LANES = 1 << 15  # of all layouts that are tried in one search
NEAR = 1e-4


def causes(
    source: Loaded, target: Loaded, verdict: Verdict, feeds: Sequence[str] = (), ulps: int | None = 0,
) -> tuple[Cause, ...]:
    """What a verdict that is not equivalent comes from: each single fact that is a cause, or two or three that are one.

    At most three causes; `feeds`, `ulps`: as for the verdict.
    """
    if verdict.outcome not in (Outcome.DIFFERENT, Outcome.CONVERTIBLE):
        return ()
    asked = Asked(source, target, _wanted(verdict), feeds, ulps)
    both = _sides(source, target)
    if both is None:
        return causes_by_law(asked) or causes_by_two_laws(asked)
    ours, theirs = both
    sides = (ours, theirs, False), (theirs, ours, True)
    if found := _first(_search(asked, *each) for each in sides):
        return found
    by_law = causes_by_law(asked)
    if by_law and any(cause.laws[0].name != SCALING for cause in by_law):
        return by_law
    # A kind of scaling is told as a law only of a side that has no word for it.
    return _first(_by_kinds(asked, *each) for each in sides) or by_law or tuple(
        cause for cause in causes_with_laws(asked, ours, theirs) if not _scales_twice(cause)
    )


def _scales_twice(cause: Cause) -> bool:
    """Whether a law that is a scaling is told of numbers that another scaling would first have to be given."""
    return any(law.name == SCALING for law in cause.laws) and any(
        is_asked_for(name) for fact in cause.facts for name, _ in fact.needed
    )


def _first(found: Iterable[tuple[Cause, ...]]) -> tuple[Cause, ...]:
    return next((each for each in found if each), ())


def target_causes(
    source: Loaded, target: Loaded, verdict: Verdict, feeds: Sequence[str] = (), ulps: int | None = 0,
) -> tuple[Cause, ...]:
    """The same of parameters and choices of the target alone: what could be given to its kernel."""
    if verdict.outcome not in (Outcome.DIFFERENT, Outcome.CONVERTIBLE) or (sides := _sides(source, target)) is None:
        return ()
    asked = Asked(source, target, _wanted(verdict), feeds, ulps)
    return _search(asked, *sides) or _by_kinds(asked, *sides)


def _wanted(verdict: Verdict) -> Relation:
    return verdict.limit or (
        Relation.EQUAL_SCORES if verdict.holds is Relation.PERMUTATION else Relation.PERMUTATION
    )


def _sides(source: Loaded, target: Loaded) -> tuple[Described, Described] | None:
    try:
        return described(source), described(target)
    except ProverError:
        return None  # a layout without a spec, such as one that was measured


def _search(asked: Asked, like: Described, changed: Described, is_lost: bool = False) -> tuple[Cause, ...]:
    """Facts that make one side like the other, each single one, or the first few that do together."""
    facts = unique_facts(like, changed)

    def ask(chosen: Sequence[Fact]) -> Cause | None:
        return _tried(asked, changed, chosen, is_lost)

    most = _most(changed)
    found = [cause for fact in facts[:most] if (cause := ask([fact])) is not None]
    exchanged = (*exchanged_lists(changed), *other_orders(like, changed))
    found = found or [cause for fact in exchanged[:most] if (cause := ask([fact])) is not None]
    if found:
        best = min(cause.relation.rung for cause in found)
        choices = {name for cause in found if cause.facts[0].is_choice for name in brought_by(changed, cause.facts[0])}
        told = {
            cause.facts[0].needed[0]: cause for cause in reversed(found)
            if cause.relation.rung == best
            and (cause.facts[0].is_choice or choices.isdisjoint(name for name, _ in cause.facts[0].needed))
        }  # a word once
        return tuple(told.values())[::-1][:MAX_TOLD]
    several = _minimal(facts, most, ask)
    return (several,) if several is not None and len(several.facts) <= MAX_FACTS else ()


def _most(side: Described) -> int:
    """How many facts of a side are tried."""
    return max(1, min(MAX_TRIED, MAX_LANES // side.loaded.layout.width))


def _by_kinds(asked: Asked, like: Described, changed: Described, is_lost: bool = False) -> tuple[Cause, ...]:
    """Kinds of scaling that one side has in the place of its own, each once: alone, or with parameters."""
    def ask(chosen: Sequence[Fact]) -> Cause | None:
        return _tried(asked, changed, chosen, is_lost)

    told: dict[tuple[str, str], Cause] = {}
    parameters = [fact for fact in unique_facts(like, changed) if not fact.is_choice]
    kinds = tuple(exchanged_kinds(like, changed))[:_most(changed)]
    for fact in kinds:
        if fact.needed[0] not in told and (cause := ask([fact])) is not None:
            told[fact.needed[0]] = cause
    if not told:
        for fact in kinds:
            for chosen in _sets((fact,), parameters):
                if fact.needed[0] not in told and (cause := ask(chosen)) is not None:
                    told[fact.needed[0]] = _reduced(chosen, cause, ask)
    return tuple(cause for cause in told.values() if len(cause.facts) <= MAX_FACTS)[:MAX_TOLD]


def _minimal(facts: Sequence[Fact], most: int, ask: Callable[[Sequence[Fact]], Cause | None]) -> Cause | None:
    """Facts that are a cause together and not without any of them: parameters alone, or with one other word.

    `most`: how many are looked at, and how many pairs of them.
    """
    parameters = [fact for fact in facts if not fact.is_choice]
    for choice in (*((fact,) for fact in facts if fact.is_choice), ()):
        for chosen in _sets(choice, parameters):
            if len(chosen) <= most and (cause := ask(chosen)) is not None:
                return _reduced(chosen, cause, ask)
    pairs = islice(combinations(parameters, 2), most)
    return next((cause for both in pairs if (cause := ask(both)) is not None), None)


def _sets(first: Sequence[Fact], parameters: Sequence[Fact]) -> list[tuple[Fact, ...]]:
    """These facts with all parameters: those of the other side first, and then those that are back at a default."""
    orders = (parameters, sorted(parameters, key=lambda fact: not fact.is_back))
    found = {frozenset(chosen): chosen for order in reversed(orders) if len(chosen := compatible(first, order)) > 1}
    return list(found.values())[::-1]


def _reduced(chosen: Sequence[Fact], cause: Cause, ask: Callable[[Sequence[Fact]], Cause | None]) -> Cause:
    """The cause without facts that are not needed."""
    for fact in reversed(tuple(chosen)):  # a choice last: what it brings is a detail of it
        fewer = tuple(each for each in chosen if each != fact)
        if fewer and (left := ask(fewer)) is not None:
            cause, chosen = left, fewer
    return cause


def _tried(asked: Asked, side: Described, facts: Sequence[Fact], is_lost: bool) -> Cause | None:
    """The cause that these facts of one side are, if they are one: first by a quick look, and then proved."""
    spec = spec_with(side, facts)
    try:
        changed = load(spec)
    except ProverError:
        return None
    if side.loaded.rows is not None:
        changed = changed.moved(side.loaded.rows)
    then = replace(asked, source=changed) if is_lost else replace(asked, target=changed)
    if then.shown() is None and not _is_near(then.source, then.target):
        return None
    proved = then.proved()
    if proved is None:
        return None
    facts = named_by_lists(named_by_lanes(facts, side.loaded.layout, changed.layout), side, changed)
    return Cause(facts, spec, is_lost, proved)


def _is_near(source: Loaded, target: Loaded) -> bool:
    """Whether stored numbers are all that may differ, to see which questions are worth asking."""
    if not source.stored and not target.stored:
        return False
    sizes = [sorted(_size(number) for number in layout_numbers(each.layout)) for each in (source, target)]
    return len(sizes[0]) == len(sizes[1]) and all(
        abs(a - b) <= NEAR * max(a, b) for a, b in zip(*sizes, strict=True)
    )


def _size(number: Exact) -> float:
    return abs(float(enclose(number, 64).mid()))
