"""The cause of a difference: the one fact about the target, or up to three, with which it would be as the source.

Parameters and choices of the two sides are set beside one another by what they are called in each project. A fact is
one such thing that the target has otherwise. It is a cause only if the target with this fact changed is what the source
needs, which is proved as any other verdict; so nothing here has to be right. Where no facts are a cause, laws are tried
(`prover.repair.applying`), alone, with one fact, or two together. That no cause is found means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, islice

from prover.claims.claim import make_claim
from prover.claims.opened import layout_numbers, shown_relation
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Solver
from prover.errors import ProverError
from prover.exact.angle import Angle
from prover.exact.enclosure import enclose
from prover.exact.number import Exact
from prover.exact.text import rational_text
from prover.language.evaluation import Value
from prover.layouts.aliases import Alias, aliases
from prover.layouts.choices import Choice, Word
from prover.layouts.expand import parameter_values
from prover.layouts.loading import Loaded, Outline, load, outline
from prover.repair.applying import apply_laws
from prover.repair.law_question import Question, without_still_pairs
from prover.repair.laws import Applied
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Verdict

MAX_FACTS, MAX_TRIED, MAX_TOLD = 3, 40, 3
MAX_WITH_LAW = 4  # facts that are tried together with a law
MAX_LANES = 1 << 15  # of all layouts that are tried in one search
NEAR = 1e-4
RECIPROCALS = (("factor", "freq_scale"), ("freq_scale", "factor"), ("factor", "scale"), ("scale", "factor"))


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a side has otherwise: what it is, its names and values there as they are, and as needed.

    Values are texts as a spec has them. `is_default`: as it is, nobody gave it.
    """

    thing: str
    was: tuple[tuple[str, str | None], ...]
    needed: tuple[tuple[str, str], ...]
    is_choice: bool = False
    is_default: bool = False


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


@dataclass(frozen=True, slots=True)
class Described:
    """A layout with what its spec says: every parameter's value, and the word of every choice."""

    loaded: Loaded
    outline: Outline
    values: dict[str, Value]
    words: dict[str, str]

    def text(self, name: str) -> str | None:
        """A parameter's value as a spec has it, if it is written in one."""
        if name in dict(self.outline.given):
            return dict(self.outline.given)[name]
        return _text(self.values[name]) if name in self.values else None


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
    asked = [Question(claim, "target", target, wanted)]
    asked += [] if facts or first else [Question(claim, "source", source, wanted)]
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
    for fact in islice(_facts(ours, theirs), MAX_WITH_LAW):
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
        for fact in reversed(list(_facts(like, changed)))
    }.values())[::-1]

    def ask(chosen: Sequence[Fact]) -> Cause | None:
        return prove(spec_with(changed, chosen), chosen)

    most = max(1, min(MAX_TRIED, MAX_LANES // changed.loaded.layout.width))
    found = [cause for fact in facts[:most] if (cause := ask([fact])) is not None]
    found = found or [cause for fact in _exchanged_lists(changed) if (cause := ask([fact])) is not None]
    if found:
        best = min(cause.relation.rung for cause in found)
        choices = {name for cause in found if cause.facts[0].is_choice for name in _brought(changed, cause.facts[0])}
        return tuple(
            cause for cause in found
            if cause.relation.rung == best
            and (cause.facts[0].is_choice or choices.isdisjoint(name for name, _ in cause.facts[0].needed))
        )[:MAX_TOLD]
    several = _minimal(facts, most, ask)
    return (several,) if several is not None and len(several.facts) <= MAX_FACTS else ()


def _brought(side: Described, fact: Fact) -> set[str]:
    """Parameters that come with the word that a choice has, or would have: they are details of the choice.

    What every word brings, such as the base, is none.
    """
    return {
        parameter for choice in side.outline.choices for word in choice.words for parameter in word.parameters
        if (choice.name, word.name) in (*fact.was, *fact.needed)
        and not all(parameter in each.parameters for each in choice.words)
    }


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


def described(loaded: Loaded) -> Described:
    """The layout with what its spec says. Raises InputError if it has none."""
    told = outline(loaded.layout.name.removesuffix(" (rows moved)"))
    return Described(loaded, told, parameter_values(told.family, dict(loaded.given)), dict(told.words))


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


def spec_with(target: Described, facts: Sequence[Fact]) -> str:
    """The side's spec with these facts; what a choice brought that is not chosen now is left out, and what is empty."""
    changed = {name: value for fact in facts for name, value in fact.needed}
    written = dict(target.outline.spec.values) | changed
    known = {choice.name: choice for choice in target.outline.choices}
    for name in set(changed) & set(known):
        was, now = (next((w for w in known[name].words if w.name == word), None)
                    for word in (target.words.get(name, ""), changed[name]))
        gone = set(was.parameters if was else ()) - set(now.parameters if now else ()) - set(changed)
        written = {key: value for key, value in written.items() if key not in gone}
    return ":".join([target.outline.spec.name, *(f"{name}={value}" for name, value in written.items() if value)])


def _facts(source: Described, target: Described) -> Iterator[Fact]:
    yield from _rotary_facts(source, target)
    yield from _parameter_facts(source, target)
    yield from _unknown_facts(source, target)
    for choice in target.outline.choices:
        yield from _choice_facts(source, target, choice)


def _parameter_facts(source: Described, target: Described) -> Iterator[Fact]:
    """Parameters of one thing whose values are not the same."""
    for name in target.values:
        thing = _thing(name)
        names = (name, *(thing.names if thing else ()))
        for other in dict.fromkeys(names):
            if other in source.values and source.values[other] != target.values[name]:
                text = source.text(other)
                if text is not None and text != target.text(name):
                    yield Fact(thing.thing if thing else name, ((name, target.text(name)),), ((name, text),))
        for mine, other in RECIPROCALS:
            value = source.values.get(other)
            if name == mine and isinstance(value, Exact) and value.rational and other not in target.values:
                text = rational_text(1 / value.rational)
                if text != target.text(name):
                    yield Fact(_thing_words(name), ((name, target.text(name)),), ((name, text),))


def _unknown_facts(source: Described, target: Described) -> Iterator[Fact]:
    """Parameters that are given on the one side and have no name on the other: they may be as if they were not."""
    for name, text in target.outline.given:
        thing = _thing(name)
        if name in target.values and not {name, *(thing.names if thing else ())} & set(source.values):
            try:
                left = {key: value for key, value in target.loaded.given if key != name}
                default = _text(parameter_values(target.outline.family, left)[name])
            except ProverError:
                continue
            if default is not None and default != text:
                yield Fact(_thing_words(name), ((name, text),), ((name, default),))


def _exchanged_lists(target: Described) -> Iterator[Fact]:
    """Each of two lists in the place of the other, where one is for long contexts and one for short."""
    for name in target.values:
        other = name.replace("long", "short") if "long" in name else name.replace("short", "long")
        text = target.text(other) if other != name and other in target.values else None
        if text is not None and text not in (target.text(name), "[]"):
            thing = f"long against short factors, as if {other} stood for {name}"
            yield Fact(thing, ((name, target.text(name)),), ((name, text),))


def _rotary_facts(source: Described, target: Described) -> Iterator[Fact]:
    """How many lanes are rotated, under whichever name the target has for it."""
    width, lanes = source.loaded.layout.width, 2 * len(source.loaded.layout.pairs)
    for alias in aliases():
        share = alias.thing == "the share of the head that is rotated"
        if not share and alias.role != "rotary":
            continue
        for name in alias.names:
            if name in target.values:
                text = rational_text(Fraction(lanes, width)) if share else str(lanes)
                if text != target.text(name):
                    yield Fact("the number of rotated lanes", ((name, target.text(name)),), ((name, text),))


def _choice_facts(source: Described, target: Described, choice: Choice) -> Iterator[Fact]:
    """Another word of a choice, with what it brings taken from the source."""
    was = target.words[choice.name]
    found = _thing(choice.name)
    thing = found.thing if found else choice.meaning or choice.name
    for word in choice.words:
        if word.name == was or not _comes_into_question(source, choice, word):
            continue
        brought = tuple(
            (name, text) for name in word.parameters
            if name not in target.values and (text := _same(source, name)) is not None
        )
        written = tuple((name, text) for name, text in brought if _is_written(source, name))
        for details in dict.fromkeys((written, brought)):  # a default may stand for something else on the other side
            yield Fact(thing, ((choice.name, was),), ((choice.name, word.name), *details), is_choice=True)


def _comes_into_question(source: Described, choice: Choice, word: Word) -> bool:
    """Pairings and axes are few; of scalings the source's own, or none, and of models' names none."""
    if choice.kind in ("pairing", "axes", "heads") or {each.name for each in choice.words} <= {"true", "false"}:
        return True
    return word.name in source.words.values() or word.name in ("default", "none")


def _same(source: Described, name: str) -> str | None:
    """The source's value of what the target calls by this name."""
    thing = _thing(name)
    texts = map(source.text, (name, *(thing.names if thing else ())))
    return next((text for text in texts if text is not None), None)


def _is_written(side: Described, name: str) -> bool:
    thing = _thing(name)
    return not {name, *(thing.names if thing else ())}.isdisjoint(dict(side.outline.given))


def _thing(name: str) -> Alias | None:
    return next((alias for alias in aliases() if name in alias.names), None)


def _thing_words(name: str) -> str:
    found = _thing(name)
    return found.thing if found else name


def _text(value: Value) -> str | None:
    if isinstance(value, Angle):
        return None
    entries = value if isinstance(value, tuple) else (value,)
    numbers = [each.rational for each in entries if isinstance(each, Exact)]
    if len(numbers) != len(entries) or any(number is None for number in numbers):
        return None
    text = ",".join(rational_text(number) for number in numbers if number is not None)
    return f"[{text}]" if isinstance(value, tuple) else text
