"""Laws put to a question: the side as each of them makes it. Nothing here proves anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from prover.claims.relation import Relation
from prover.errors import InputError, ProverError
from prover.exact.angle import Angle
from prover.exact.display import approximate
from prover.exact.enclosure import sign
from prover.exact.number import Exact, exact
from prover.exact.text import number_text
from prover.language.evaluation import Compiled, Scope, Value, compiled, compiled_condition, names_in, number
from prover.language.term import Term
from prover.layouts.layout import Layout, Pair
from prover.layouts.loading import Loaded
from prover.repair.axis_laws import RuleChange, axis_changes
from prover.repair.law_question import Question, single
from prover.repair.laws import MOVING, Applied, Law, expressions_of, laws
from prover.repair.rounding_law import rounded_changes
from prover.repair.section_laws import SECTION_RULES, section_changes

SIGNIFICANT, DENOMINATORS, NEAR = 8, (1, 10, 100), Fraction(2, 10**6)  # of a number that was measured
LONGEST = 40  # of a number that is told; a longer one is a decimal


def apply_laws(
    question: Question, fields: Collection[str] = (), is_last: bool = True
) -> Iterator[tuple[Applied, Loaded]]:
    """The side as each law makes it, if a few of its pairs then look like the other's; no layout twice under one name.

    `fields`: laws that change one of these are left out. `is_last`: else another law is to follow, so that only those
    that join others are taken, and no look is.
    """
    seen: dict[str, list[tuple[Pair, ...]]] = {}
    for law in laws():
        if law.on != question.own or law.fields & set(fields) or not (is_last or law.joins):
            continue
        for applied, pairs, is_other in _applications(law, question, is_last):
            try:
                if pairs == question.shape.layout.pairs or pairs in seen.get(law.name, ()):
                    continue
                if law.first and _partners(pairs) == _partners(question.shape.layout.pairs):
                    continue  # lanes exchanged are a direction, and no other lanes
                seen.setdefault(law.name, []).append(pairs)
                layout = question.moved(pairs, is_whole=True)
            except ProverError:
                continue
            yield applied, _loaded(question, replace(
                layout, name=f"{question.loaded.layout.name}, with another {law.name}"), is_other)


def _loaded(question: Question, layout: Layout, is_other: bool) -> Loaded:
    """The side with this layout. `is_other`: it has the other side's axes too, and feeds put the same on them."""
    if not is_other or question.others is None:
        return replace(question.loaded, layout=layout, stored=())
    mine, theirs = question.loaded.family, question.others
    axes, own = tuple(dict.fromkeys((*mine.axes, *theirs.axes))), dict(mine.feeds)
    feeds = tuple(
        (name, tuple((dict(table) | dict(own[name])).items())) for name, table in theirs.feeds if name in own
    )
    family = replace(mine, axes=axes, feeds=feeds)
    return replace(question.loaded, family=family, layout=replace(layout, axes=axes), stored=())


def _partners(pairs: Sequence[Pair]) -> set[frozenset[int]]:
    """Which lanes are turned together."""
    return {frozenset(pair.read) for pair in pairs}


def _applications(law: Law, question: Question, is_last: bool) -> Iterator[tuple[Applied, tuple[Pair, ...], bool]]:
    """The law in words, the pairs as it makes them, and whether they have the other side's axes."""
    shape = question.shape
    if law.rule:
        for change in _rule_changes(law, question):
            if change.is_other and question.others is None:
                continue
            if change.is_other or not is_last or question.is_like(tuple(change.pairs[j] for j in question.sample)):
                yield _applied(law, change.told, question.called), change.pairs, change.is_other
        return
    expressions = expressions_of(law)
    fixed = shape.fixed | {"needed": exact(len(question.other.pairs))}
    if expressions.names - {*fixed, *MOVING, "c", "j"} or (
        law.turns and len(question.other.pairs) >= len(shape.layout.pairs)
    ):
        return
    try:
        c = _solved(law, question, fixed)
        if expressions.c is not None and c is None:
            return
        fixed |= {"c": c} if c is not None else {}
        if is_last and not all(question.is_like(_changed(law, question, fixed, (j,))) for j in question.sample):
            return  # one by one, as most laws fail at the first
        if not _meets(expressions.require, question, fixed):
            return
        if _says_step(law) and not shape.is_even:
            if "step" in expressions.names:
                return
            fixed.pop("step", None)
        pairs = _changed(law, question, fixed, range(len(shape.layout.pairs)))
        told = _told(law, question, fixed)
    except (ProverError, KeyError):  # KeyError: a name has no value here, as a frequency where a pair has several axes
        return
    yield _applied(law, told, question.called), pairs, False


def _rule_changes(law: Law, question: Question) -> Iterator[RuleChange]:
    if law.rule == "rounded":
        return rounded_changes(question.shape.layout, question.other)
    if len(question.shape.layout.axes) == len(question.other.axes) == 1:
        return iter(())  # the other rules are about which pairs have which of several axes
    changes = section_changes if law.rule in SECTION_RULES else axis_changes
    return changes(law.rule, question.shape.layout, question.claim, question.own)


def _solved(law: Law, question: Question, fixed: Mapping[str, Value]) -> Exact | None:
    """The law's free number, from the first pair of the sample that gives it."""
    expression = expressions_of(law).c
    if expression is None:
        return None
    for j in question.sample:
        try:
            scope = _scope(question, {**fixed, **_needed(question, j)}, j)
            c = number(compiled(expression, MOVING).compute(scope))
        except (ProverError, KeyError):
            continue
        if not law.is_rational:
            return c
        return _simple(c) if not question.is_exact else c if c.rational is not None else None
    return None


def _simple(value: Exact) -> Exact | None:
    """The short number, or one over a short one, that this may be as it was measured; None if there is none."""
    measured = Fraction(approximate(value, SIGNIFICANT))
    if not measured:
        return None
    near = (found for most in DENOMINATORS
            for found in (measured.limit_denominator(most), 1 / ((1 / measured).limit_denominator(most) or measured)))
    return next((exact(each) for each in near if abs(each - measured) <= abs(measured) * NEAR), None)


def _needed(question: Question, j: int) -> dict[str, Value]:
    """Numbers of the other side's pair, and those of this side's as the feeds make them."""
    other = question.other.pairs[j]
    found: dict[str, Value] = {"needed_magnitude": other.magnitude, "needed_phase": other.angle.phase}
    if j not in question.vectors:
        return found
    mine, theirs = question.vectors[j]
    place = next((i for i, value in enumerate(mine) if value and theirs[i]), None)
    if place is None:
        return found
    own, wanted = mine[place], theirs[place]
    if question.wanted.rung >= Relation.PERMUTATION.rung and sign(own) != sign(wanted):
        wanted = -wanted  # the direction is of no account
    return found | {"frequency": own, "needed_frequency": wanted}


def _meets(condition: Term | None, question: Question, fixed: Mapping[str, Value]) -> bool:
    """Whether what is required of the numbers holds at every pair."""
    if condition is None:
        return True
    test = compiled_condition(condition, MOVING)
    if not names_in(condition) & {*MOVING, "j"}:
        return test.test(Scope(fixed, {}, MOVING).at(0))  # a side may have no pairs
    return all(test.test(_scope(question, fixed, j)) for j in range(len(question.shape.layout.pairs)))


def _scope(question: Question, fixed: Mapping[str, Value], j: int) -> Scope:
    pair = question.shape.layout.pairs[j]
    k, per, before = question.shape.places[j]
    own: dict[str, Value] = {
        "magnitude": pair.magnitude, "phase": pair.angle.phase, "k": exact(k), "per": exact(per),
        "before": exact(before),
        "first": exact(pair.read[0]), "second": exact(pair.read[1]),
    }
    frequency = single(pair.angle)
    return Scope(own | ({} if frequency is None else {"frequency": frequency}) | dict(fixed), {}, MOVING).at(j)


def _scopes(
    question: Question, law: Law, fixed: Mapping[str, Value], indices: Iterable[int]
) -> Iterator[tuple[int, Scope]]:
    """Each pair with what a law can see at it: one scope for all where it sees nothing that is the pair's own."""
    if expressions_of(law).names & MOVING - fixed.keys():
        yield from ((j, _scope(question, fixed, j)) for j in indices)
        return
    scope = Scope(fixed, {}, MOVING)
    yield from ((j, scope.at(j)) for j in indices)


def _changed(law: Law, question: Question, fixed: Mapping[str, Value], indices: Sequence[int]) -> tuple[Pair, ...]:
    """Pairs as the law makes them; those that no longer turn are left out."""
    read = expressions_of(law)
    ready = [None if each is None else compiled(each, MOVING) for each in (read.frequency, read.phase, read.magnitude)]
    pairs = question.shape.layout.pairs
    lanes, takes = ([compiled(each, MOVING) for each in part] for part in (read.lanes, read.takes))
    if takes and not question.shape.is_of_one_angle:
        raise InputError("the pairs have several angles")
    turns = None if read.turns is None else compiled_condition(read.turns, MOVING)
    found = []
    for j, scope in _scopes(question, law, fixed, indices):
        pair = pairs[j]
        if turns is not None and not turns.test(scope):
            continue
        values = dict(scope.values)

        def new(which: int, values: dict[str, Value], j: int) -> Exact:
            expression = ready[which]
            assert expression is not None
            return number(expression.compute(Scope(values, {}, MOVING).at(j)))

        if ready[0] is not None or ready[1] is not None:
            def turned(angle: Angle, values: dict[str, Value] = values, j: int = j) -> Angle:
                phase = angle.phase
                numbers = dict(angle.frequencies)
                if ready[0] is not None:
                    numbers = {a: new(0, values | {"frequency": f}, j) for a, f in numbers.items()}
                if ready[1] is not None:
                    own = single(angle)
                    phase = new(1, values | {"phase": phase} | ({} if own is None else {"frequency": own}), j)
                return Angle.of(numbers, phase)

            pair = pair.with_angles(turned)
        if ready[2] is not None:
            pair = replace(pair, magnitude=new(2, values, j))
        if takes:
            taken = [pairs[_whole(each.compute(scope))].angle for each in takes]
            pair = replace(pair, angle=taken[0], second_angle=taken[1] if len(taken) > 1 else None)
        if lanes:
            first, second = (_lane(each, scope) for each in lanes)
            write = (first, second) if pair.write == pair.read else pair.write
            pair = replace(pair, read=(first, second), write=write)
        found.append(pair)
    return tuple(found)


def _says_step(law: Law) -> bool:
    """Whether the quotient of each frequency and the one before stands in a law's expressions or words."""
    read = expressions_of(law)
    names = read.names.union(*(names_in(expression) for _, expression in read.tells))
    return "step" in names or any("{step}" in text for text in (law.fault, law.unread, law.change))


def _lane(expression: Compiled, scope: Scope) -> int:
    found = expression.whole(scope)
    return _whole(expression.compute(scope)) if found is None or found < 0 else found


def _whole(value: Value) -> int:
    found = number(value).rational
    if found is None or found.denominator != 1 or found < 0:
        raise InputError("no number of a lane or a pair")
    return int(found)


def _told(law: Law, question: Question, fixed: Mapping[str, Value]) -> dict[str, str]:
    """Values for the words of a law; those that are not the same for all pairs, or cannot be read off, are left out."""
    found = {name: value for name, value in fixed.items() if isinstance(value, Exact)}
    for name, layout in (("magnitude", question.shape.layout), ("needed_magnitude", question.other)):
        sizes = {pair.magnitude for pair in layout.pairs}
        found |= {name: sizes.pop()} if len(sizes) == 1 else {}
    for name, expression in expressions_of(law).tells:
        if names_in(expression) <= fixed.keys():
            value = number(compiled(expression, MOVING).compute(Scope(fixed, {}, MOVING)))
            found |= {name: value} if value.rational is not None else {}
    return {name: _number_words(value) for name, value in found.items()}


def _number_words(value: Exact) -> str:
    text = number_text(value)
    if len(text) <= LONGEST and value.rational is not None:
        return text
    return f"{text} ({approximate(value)})" if len(text) <= LONGEST else approximate(value)


def _applied(law: Law, values: Mapping[str, str], called: tuple[str, str]) -> Applied:
    """The law in words: of its fault those that can be told, and in general where none can."""
    def words(text: str) -> str | None:
        try:
            return text.format_map({"source": called[0], "target": called[1], **values})
        except KeyError:
            return None

    fault = words(law.fault) or words(law.unread) or law.name
    used = {name for name in values if any(f"{{{name}}}" in text for text in (law.fault, law.unread, law.change))}
    return Applied(law, fault, words(law.change) or "", tuple(sorted((n, values[n]) for n in used)))
