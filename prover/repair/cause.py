"""The cause of a difference: the one fact about the target, or up to three, with which it would be as the source.

Facts are parameters and choices that the target has otherwise (`prover.repair.facts`). One is a cause only if the
target with it is what the source needs, which is proved as any other verdict; so nothing here has to be right.
Where no facts are a cause, laws are tried (`prover.repair.applying`), alone, with one fact, or two together. That no
cause is found means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from prover.claims.claim import make_claim
from prover.claims.opened import layout_numbers, shown_relation
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.exact.enclosure import enclose
from prover.exact.number import Exact
from prover.layouts.loading import Loaded, load
from prover.repair.applying import apply_laws
from prover.repair.facts import Described, Fact, brought_by, described, exchanged_lists, facts_of, spec_with
from prover.repair.law_question import Question, without_still_pairs
from prover.repair.laws import Applied
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Verdict

MAX_FACTS, MAX_TRIED, MAX_TOLD = 3, 40, 3
MAX_WITH_LAW = 4  # facts that are tried together with a law
MAX_LANES = 1 << 15  # of all layouts that are tried in one search
NEAR = 1e-4


@dataclass(frozen=True, slots=True)
class Cause:
    """Facts with which the target would be as the source needs it, and the relation that is proved of it then.

    `is_lost`: the facts are the source's, and the target is what the source would be with them. `spec`: the side that
    is changed, with them, None where a law changes it too; `certificate`: of the proof. `laws`: what no parameter says.
    """

    facts: tuple[Fact, ...]
    spec: str | None
    is_lost: bool
    relation: Relation
    certificate: str | None
    laws: tuple[Applied, ...] = ()


def causes(
    source: Loaded, target: Loaded, verdict: Verdict, feeds: Sequence[str] = (), ulps: int | None = 0,
) -> tuple[Cause, ...]:
    """What a verdict that is not equivalent comes from: each single fact that is a cause, or two or three that are one.

    At most three causes; `feeds`, `ulps`: as for the verdict.
    """
    if verdict.outcome not in (Outcome.DIFFERENT, Outcome.CONVERTIBLE):
        return ()
    wanted = _wanted(verdict)
    asked = source, target, wanted, feeds, ulps
    sides = _sides(source, target)
    if sides is None:
        return _by_laws(*asked) or _by_two_laws(*asked)
    ours, theirs = sides
    return target_causes(source, target, verdict, feeds, ulps) or _search(
        theirs, ours, lambda spec, facts: _tried(target, ours, spec, facts, wanted, feeds, ulps, is_lost=True)
    ) or _by_laws(*asked) or _with_law(ours, theirs, wanted, feeds, ulps) or _by_two_laws(*asked)


def target_causes(
    source: Loaded, target: Loaded, verdict: Verdict, feeds: Sequence[str] = (), ulps: int | None = 0,
) -> tuple[Cause, ...]:
    """The same of parameters and choices of the target alone: what could be given to its kernel."""
    if verdict.outcome not in (Outcome.DIFFERENT, Outcome.CONVERTIBLE) or (sides := _sides(source, target)) is None:
        return ()
    ours, theirs = sides
    wanted = _wanted(verdict)
    return _search(ours, theirs, lambda spec, facts: _tried(source, theirs, spec, facts, wanted, feeds, ulps))


def _wanted(verdict: Verdict) -> Relation:
    return verdict.limit or (
        Relation.EQUAL_SCORES if verdict.holds is Relation.PERMUTATION else Relation.PERMUTATION
    )


def _sides(source: Loaded, target: Loaded) -> tuple[Described, Described] | None:
    try:
        return described(source), described(target)
    except ProverError:
        return None  # a layout without a spec, such as one that was measured


def _by_laws(
    source: Loaded, target: Loaded, wanted: Relation, feeds: Sequence[str], ulps: int | None,
    facts: tuple[Fact, ...] = (), first: tuple[Applied, ...] = (),
) -> tuple[Cause, ...]:
    """Each law under which one side is what the other needs.

    `facts`, `first`: with which the target is changed already.
    """
    source, target = without_still_pairs(source), without_still_pairs(target)
    try:
        claim = make_claim(source, target, feeds)
    except ProverError:
        return ()
    fields = frozenset[str]().union(*(applied.law.fields for applied in first))
    found: list[tuple[Applied, Loaded, Relation]] = []
    asked = [Question(claim, "target", target, wanted, others=source.family)]
    asked += [] if facts or first else [Question(claim, "source", source, wanted, others=target.family)]
    for question in asked:
        for applied, changed in apply_laws(question, fields):
            try:
                shown = shown_relation(make_claim(*_placed(source, target, changed, applied), feeds))
            except ProverError:
                continue
            if shown is not None and shown.rung <= wanted.rung:
                found.append((applied, changed, shown))
    best = min((shown.rung for *_, shown in found), default=0)
    fitting = [(applied, changed) for applied, changed, shown in found if shown.rung == best]
    others = [applied for applied, _ in fitting]
    told: list[Cause] = []
    for applied, changed in fitting:
        if len(told) < MAX_TOLD and not applied.yields(others):
            try:
                proved = prove_loaded(*_placed(source, target, changed, applied), feeds, None, Solver(), ulps)
            except ProverError:
                continue
            if proved.holds is not None and proved.holds.rung <= wanted.rung:
                lost = applied.law.on == "source"
                told.append(Cause(facts, None, lost, proved.holds, proved.certificate, (*first, applied)))
    return tuple(told)


def _placed(source: Loaded, target: Loaded, changed: Loaded, applied: Applied) -> tuple[Loaded, Loaded]:
    return (changed, target) if applied.law.on == "source" else (source, changed)


def _with_law(
    ours: Described, theirs: Described, wanted: Relation, feeds: Sequence[str], ulps: int | None
) -> tuple[Cause, ...]:
    """The first fact of the target that is a cause together with a law."""
    for fact in islice(facts_of(ours, theirs), MAX_WITH_LAW):
        try:
            changed = load(spec_with(theirs, [fact]))
        except ProverError:
            continue
        if theirs.loaded.rows is not None:
            changed = changed.moved(theirs.loaded.rows)
        if found := _by_laws(ours.loaded, changed, wanted, feeds, ulps, (fact,)):
            return found
    return ()


def _by_two_laws(
    source: Loaded, target: Loaded, wanted: Relation, feeds: Sequence[str], ulps: int | None
) -> tuple[Cause, ...]:
    """The first two laws that are a cause together."""
    source, target = without_still_pairs(source), without_still_pairs(target)
    try:
        question = Question(make_claim(source, target, feeds), "target", target, wanted)
    except ProverError:
        return ()
    for applied, changed in apply_laws(question, is_last=False):
        if wanted.rung >= Relation.PERMUTATION.rung and "magnitude" not in applied.law.fields:
            continue  # direction and lanes are of no account
        if found := _by_laws(source, changed, wanted, feeds, ulps, (), (applied,)):
            return found
    return ()


def _search(
    like: Described, changed: Described, prove: Callable[[str, Sequence[Fact]], Cause | None]
) -> tuple[Cause, ...]:
    """Facts that make one side like the other, each single one, or the first few that do together."""
    written = {name for name, _ in changed.outline.spec.values}
    facts = tuple({
        fact.needed: replace(fact, is_default=fact.was[0][0] not in written)
        for fact in reversed(list(facts_of(like, changed)))
    }.values())[::-1]

    def ask(chosen: Sequence[Fact]) -> Cause | None:
        return prove(spec_with(changed, chosen), chosen)

    most = max(1, min(MAX_TRIED, MAX_LANES // changed.loaded.layout.width))
    found = [cause for fact in facts[:most] if (cause := ask([fact])) is not None]
    found = found or [cause for fact in exchanged_lists(changed) if (cause := ask([fact])) is not None]
    if found:
        best = min(cause.relation.rung for cause in found)
        choices = {name for cause in found if cause.facts[0].is_choice for name in brought_by(changed, cause.facts[0])}
        return tuple(
            cause for cause in found
            if cause.relation.rung == best
            and (cause.facts[0].is_choice or choices.isdisjoint(name for name, _ in cause.facts[0].needed))
        )[:MAX_TOLD]
    several = _minimal(facts, most, ask)
    return (several,) if several is not None and len(several.facts) <= MAX_FACTS else ()


def _minimal(facts: Sequence[Fact], most: int, ask: Callable[[Sequence[Fact]], Cause | None]) -> Cause | None:
    """Facts that are a cause together and not without any of them: parameters alone, or with one other word.

    `most`: how many are looked at, and how many pairs of them.
    """
    parameters = [fact for fact in facts if not fact.is_choice]
    for choice in (*((fact,) for fact in facts if fact.is_choice), ()):
        taken = {name for fact in choice for name, _ in fact.needed}
        chosen = [*choice]
        for fact in parameters:
            if not taken & {name for name, _ in fact.needed}:
                chosen.append(fact)
                taken |= {name for name, _ in fact.needed}
        if len(chosen) < 2 or len(chosen) > most or (cause := ask(chosen)) is None:
            continue
        for fact in reversed(tuple(chosen)):  # a choice last: what it brings is a detail of it
            fewer = [each for each in chosen if each != fact]
            if fewer and (left := ask(fewer)) is not None:
                cause, chosen = left, fewer
        return cause
    pairs = islice(combinations(parameters, 2), most)
    return next((cause for both in pairs if (cause := ask(both)) is not None), None)


def _tried(
    fixed: Loaded, side: Described, spec: str, facts: Sequence[Fact], wanted: Relation, feeds: Sequence[str],
    ulps: int | None, is_lost: bool = False,
) -> Cause | None:
    """The cause that these facts of one side are, if they are one: first by a quick look, and then proved."""
    try:
        changed = load(spec)
        if side.loaded.rows is not None:
            changed = changed.moved(side.loaded.rows)
        source, target = (changed, fixed) if is_lost else (fixed, changed)
        shown = shown_relation(make_claim(source, target, feeds))
        if (shown is None or shown.rung > wanted.rung) and not _is_near(source, target):
            return None
        proved = prove_loaded(source, target, feeds, None, Solver(), ulps)
    except ProverError:
        return None
    if proved.holds is None or proved.holds.rung > wanted.rung:
        return None
    return Cause(tuple(facts), spec, is_lost, proved.holds, proved.certificate)


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
