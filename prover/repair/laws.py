"""Causes that no parameter says, as data: laws that make of one side's pairs what the other's would be.

A law is one entry of models/causes.toml, in the expression language of layout files. Here it is read and applied, and
by a quick look at a few pairs it is seen whether it comes into question; nothing here proves anything.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Literal

import msgspec
import sympy

from prover.claims.claim import Claim
from prover.claims.compare import oriented
from prover.claims.relation import Relation
from prover.claims.turned import turned_pairs
from prover.claims.unit import canonical_vector, make_units, stack_keys
from prover.errors import InputError, ProverError
from prover.exact.angle import Angle
from prover.exact.display import approximate
from prover.exact.enclosure import sign
from prover.exact.number import Exact, exact
from prover.exact.text import number_text
from prover.files import typed_toml
from prover.language.evaluation import Scope, Value, compiled, compiled_condition, names_in, number
from prover.language.expression import parse, parse_condition
from prover.layouts.layout import Layout, Pair, build_layout, move_rows
from prover.layouts.loading import Loaded
from prover.repair.axis_laws import axis_changes, pair_axes
from prover.resources import MODELS

CAUSES = MODELS / "causes.toml"
LONGEST = 40  # of a number that is told; a longer one is a decimal
CHANGED = ("frequency", "phase", "magnitude", "first", "turns", "rule")
FIXED = ("count", "width", "rotated", "low", "needed", "step", "c")
MOVING = frozenset({
    "frequency", "phase", "magnitude", "first", "second", "k", "per",
    "needed_frequency", "needed_phase", "needed_magnitude",
})
Side = Literal["source", "target"]


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the file, whose head says what its fields are."""

    name: str
    fault: str
    change: str
    unread: str = ""
    on: Side = "target"
    frequency: str = ""
    phase: str = ""
    magnitude: str = ""
    first: str = ""
    second: str = ""
    turns: str = ""
    rule: Literal["", "exchanged", "pattern"] = ""
    c: str = ""
    require: str = ""
    is_rational: bool = False
    joins: bool = False
    tells: tuple[tuple[str, str], ...] = ()
    yields_to: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """What of a pair it changes."""
        return frozenset(name for name in CHANGED if getattr(self, name))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    cause: list[Law]


@dataclass(frozen=True, slots=True)
class Applied:
    """A law with its values put in: `name`, and in words the fault and the change; `values`: numbers, as texts."""

    law: Law
    fault: str
    change: str
    values: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.law.name

    def yields(self, others: Collection[Applied]) -> bool:
        """Whether another one says the same better."""
        return any(each is not self and each.name in self.law.yields_to for each in others)


@cache
def laws() -> tuple[Law, ...]:
    """All of them, in the order of the file. Raises InputError for an expression that is none."""
    found = tuple(typed_toml(CAUSES, _File).cause)
    for law in found:
        try:
            _expressions(law)
        except ProverError as fault:
            raise fault.inside(f"{CAUSES.name}, cause '{law.name}'") from None
    return found


@dataclass(frozen=True)
class _Expressions:
    frequency: sympy.Basic | None
    phase: sympy.Basic | None
    magnitude: sympy.Basic | None
    lanes: tuple[sympy.Basic, ...]
    turns: sympy.Basic | None
    c: sympy.Basic | None
    require: sympy.Basic | None
    tells: tuple[tuple[str, sympy.Basic], ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """All that they use."""
        single = (self.frequency, self.phase, self.magnitude, self.turns, self.c, self.require)
        return frozenset().union(*(names_in(each) for each in (*single, *self.lanes) if each is not None))


@cache
def _expressions(law: Law) -> _Expressions:
    names = {*FIXED, *MOVING}

    def read(text: str) -> sympy.Basic | None:
        return parse(text, names, ()) if text else None

    return _Expressions(
        read(law.frequency), read(law.phase), read(law.magnitude),
        tuple(parse(text, names, ()) for text in (law.first, law.second) if text),
        parse_condition(law.turns, names, (), index=True) if law.turns else None, read(law.c),
        parse_condition(law.require, names, (), index=True) if law.require else None,
        tuple((name, parse(text, names, ())) for name, text in law.tells),
    )


class Shape:
    """What laws may say of a layout, as it is before its rows are moved."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.places = _places(layout)

    @cached_property
    def fixed(self) -> dict[str, Value]:
        """Numbers that are the same for all pairs; `step` is left out where it is not."""
        pairs, width = self.layout.pairs, self.layout.width
        found: dict[str, int] = {
            "count": len(pairs), "width": width, "rotated": 2 * len(pairs),
            "low": min((lane for pair in pairs for lane in pair.read), default=0),
        }
        step = _step(pairs)
        values: dict[str, Value] = {name: exact(value) for name, value in found.items()}
        return values | ({"step": step} if step is not None else {})


def _places(layout: Layout) -> list[tuple[int, int]]:
    """Of each pair its index among those of its axis, and how many these are."""
    axes = pair_axes(layout) or ["" for _ in layout.pairs]
    counts = {axis: axes.count(axis) for axis in set(axes)}
    seen: dict[str, int] = {}
    found = []
    for axis in axes:
        found.append((seen.get(axis, 0), counts[axis]))
        seen[axis] = seen.get(axis, 0) + 1
    return found


def _step(pairs: Sequence[Pair]) -> Exact | None:
    """The quotient of each frequency and the one before, if it is the same for all."""
    numbers = [_single(pair.angle) for pair in pairs]
    if len(numbers) < 2 or not numbers[0] or not numbers[1]:
        return None
    try:
        step = numbers[1] / numbers[0]
        same = all(a is not None and a * step == b for a, b in pairwise(numbers))
    except ProverError:
        return None
    return step if same else None


def _single(angle: Angle) -> Exact | None:
    return angle.frequencies[0][1] if len(angle.frequencies) == 1 else None


@dataclass(frozen=True)
class Question:
    """One side of a claim that laws may change, and what the other needs of it.

    `wanted`: the relation; `loaded`: the side, whose layout may have its rows moved.
    """

    claim: Claim
    own: Side
    loaded: Loaded
    wanted: Relation

    @cached_property
    def shape(self) -> Shape:
        """The side's own, rows not yet moved."""
        layout = self.loaded.layout
        if (rows := self.loaded.rows) is not None:
            back = {row: lane for lane, row in enumerate(rows)}
            layout = move_rows(layout, tuple(back[lane] for lane in range(layout.width)))
        return Shape(layout)

    @property
    def other(self) -> Layout:
        return self.claim.source if self.own == "target" else self.claim.target

    @cached_property
    def classes(self) -> Collection[Hashable] | None:
        """What the other side's pairs are like; None if it is no rotation."""
        found = _classes(self.claim, self.other, "source" if self.own == "target" else "target", self.wanted)
        return None if found is None else frozenset(found)

    @cached_property
    def sample(self) -> tuple[int, ...]:
        """A few pairs that both sides have; the last first, for which numbers are shortest."""
        count = min(len(self.other.pairs), len(self.loaded.layout.pairs))
        return tuple(dict.fromkeys(j for j in (count - 1, count // 2, 1, 0) if 0 <= j < count))

    @cached_property
    def vectors(self) -> dict[int, tuple[tuple[Exact, ...], tuple[Exact, ...]]]:
        """Of pairs of the sample, this side's and the other's turn under all feeds, and after it its phase."""
        both = [_vectors(self.claim, layout, side, self.sample) for layout, side in (
            (self.claim.target if self.own == "target" else self.claim.source, self.own),
            (self.other, "source" if self.own == "target" else "target"),
        )]
        return {j: (mine, theirs) for j, mine, theirs in zip(self.sample, *both, strict=True) if mine and theirs}

    def moved(self, pairs: tuple[Pair, ...], is_whole: bool) -> Layout:
        """The side's layout with other pairs, its rows moved again; of a few pairs alone, without lanes that pass."""
        old = self.shape.layout
        if is_whole:
            layout = build_layout(old.name, old.width, old.axes, old.positions, pairs)
        else:
            layout = replace(old, pairs=pairs, passes=())
        return layout if self.loaded.rows is None else move_rows(layout, self.loaded.rows)

    def is_like(self, pairs: tuple[Pair, ...]) -> bool:
        """Whether each of a few changed pairs is like one of the other side."""
        if self.classes is None:
            return True
        layout = replace(self.moved(pairs, is_whole=False), positions=self.other.positions)
        found = _classes(self.claim, layout, self.own, self.wanted)
        return found is not None and all(each in self.classes for each in found)


def _classes(claim: Claim, layout: Layout, side: Side, relation: Relation) -> list[Hashable] | None:
    turned = turned_pairs(claim, layout, side)
    if not all(turn.is_rotation for turn in turned):
        return None
    keys, whole = stack_keys(claim), claim.whole_positions
    units = make_units(claim, layout, turned)
    if relation.rung <= Relation.EQUAL_SCORES.rung:
        return [oriented(unit, keys, whole) for unit in units]
    is_sized = relation is Relation.PERMUTATION
    return [
        (len(unit.lanes), canonical_vector(unit.vector, keys, whole)[0], unit.magnitude if is_sized else None)
        for unit in units
    ]


def _vectors(claim: Claim, layout: Layout, side: Side, indices: Sequence[int]) -> list[tuple[Exact, ...]]:
    part = replace(layout, pairs=tuple(layout.pairs[j] for j in indices), passes=())
    return [
        tuple(number for feed, angle in zip(claim.feeds, turn.rotation, strict=True)
              for number in (*(angle[c] for c in feed.coordinates), angle.phase)) if turn.is_rotation else ()
        for turn in turned_pairs(claim, part, side)
    ]


def apply_laws(
    question: Question, fields: Collection[str] = (), is_last: bool = True
) -> Iterator[tuple[Applied, Loaded]]:
    """The side as each law makes it, if a few of its pairs then look like the other's; no layout twice under one name.

    `fields`: laws that change one of these are left out. `is_last`: else another law is to follow, so that only those
    that join others are taken, and no look is.
    """
    seen: set[tuple[str, tuple[Pair, ...]]] = set()
    for law in laws():
        if law.on != question.own or law.fields & set(fields) or not (is_last or law.joins):
            continue
        for applied, pairs in _applications(law, question, is_last):
            try:
                if pairs == question.shape.layout.pairs or (law.name, pairs) in seen:
                    continue
                if law.first and _partners(pairs) == _partners(question.shape.layout.pairs):
                    continue  # lanes exchanged are a direction, and no other lanes
                seen.add((law.name, pairs))
                layout = question.moved(pairs, is_whole=True)
            except ProverError:
                continue
            named = replace(layout, name=f"{question.loaded.layout.name}, with another {law.name}")
            yield applied, replace(question.loaded, layout=named, stored=())


def _partners(pairs: Sequence[Pair]) -> set[frozenset[int]]:
    """Which lanes are turned together."""
    return {frozenset(pair.read) for pair in pairs}


def _applications(law: Law, question: Question, is_last: bool) -> Iterator[tuple[Applied, tuple[Pair, ...]]]:
    shape = question.shape
    if law.rule:
        for told, pairs in axis_changes(law.rule, shape.layout, question.claim, question.own):
            if not is_last or question.is_like(tuple(pairs[j] for j in question.sample)):
                yield _applied(law, told), pairs
        return
    expressions = _expressions(law)
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
        if not _meets(expressions.require, question, fixed):
            return
        few = _changed(law, question, fixed, question.sample)
        if is_last and not question.is_like(few):
            return
        pairs = _changed(law, question, fixed, range(len(shape.layout.pairs)))
        told = _told(law, question, fixed)
    except (ProverError, KeyError):  # KeyError: a name has no value here, as a frequency where a pair has several axes
        return
    yield _applied(law, told), pairs


def _solved(law: Law, question: Question, fixed: Mapping[str, Value]) -> Exact | None:
    """The law's free number, from the first pair of the sample that gives it."""
    expression = _expressions(law).c
    if expression is None:
        return None
    for j in question.sample:
        needed = _needed(question, j)
        if needed is None:
            continue
        try:
            c = number(compiled(expression, MOVING).compute(_scope(question, {**fixed, **needed}, j)))
        except (ProverError, KeyError):
            continue
        return None if law.is_rational and c.rational is None else c
    return None


def _needed(question: Question, j: int) -> dict[str, Value] | None:
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


def _meets(condition: sympy.Basic | None, question: Question, fixed: Mapping[str, Value]) -> bool:
    """Whether what is required of the numbers holds at every pair."""
    if condition is None:
        return True
    test = compiled_condition(condition, MOVING)
    indices = range(len(question.shape.layout.pairs)) if names_in(condition) & {*MOVING, "j"} else [0]
    return all(test.test(_scope(question, fixed, j)) for j in indices)


def _scope(question: Question, fixed: Mapping[str, Value], j: int) -> Scope:
    pair = question.shape.layout.pairs[j]
    k, per = question.shape.places[j]
    own: dict[str, Value] = {
        "magnitude": pair.magnitude, "phase": pair.angle.phase, "k": exact(k), "per": exact(per),
        "first": exact(pair.read[0]), "second": exact(pair.read[1]),
    }
    frequency = _single(pair.angle)
    return Scope(own | ({} if frequency is None else {"frequency": frequency}) | dict(fixed), {}, MOVING).at(j)


def _changed(law: Law, question: Question, fixed: Mapping[str, Value], indices: Sequence[int]) -> tuple[Pair, ...]:
    """Pairs as the law makes them; those that no longer turn are left out."""
    read = _expressions(law)
    ready = [None if each is None else compiled(each, MOVING) for each in (read.frequency, read.phase, read.magnitude)]
    lanes = [compiled(each, MOVING) for each in read.lanes]
    turns = None if read.turns is None else compiled_condition(read.turns, MOVING)
    found = []
    for j in indices:
        pair, scope = question.shape.layout.pairs[j], _scope(question, fixed, j)
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
                    own = _single(angle)
                    phase = new(1, values | {"phase": phase} | ({} if own is None else {"frequency": own}), j)
                return Angle.of(numbers, phase)

            pair = pair.with_angles(turned)
        if ready[2] is not None:
            pair = replace(pair, magnitude=new(2, values, j))
        if lanes:
            first, second = (_lane(each.compute(scope)) for each in lanes)
            write = (first, second) if pair.write == pair.read else pair.write
            pair = replace(pair, read=(first, second), write=write)
        found.append(pair)
    return tuple(found)


def _lane(value: Value) -> int:
    found = number(value).rational
    if found is None or found.denominator != 1:
        raise InputError("no lane number")
    return int(found)


def _told(law: Law, question: Question, fixed: Mapping[str, Value]) -> dict[str, str]:
    """Values for the words of a law; those that are not the same for all pairs, or cannot be read off, are left out."""
    found = {name: value for name, value in fixed.items() if isinstance(value, Exact)}
    for prefix, layout in (("", question.shape.layout), ("needed_", question.other)):
        sizes = {pair.magnitude for pair in layout.pairs}
        if len(sizes) == 1:
            found[f"{prefix}magnitude"] = sizes.pop()
        shape = question.shape if not prefix else Shape(layout)
        for name, expression in _expressions(law).tells:
            if names_in(expression) <= shape.fixed.keys():
                value = number(compiled(expression, MOVING).compute(Scope(shape.fixed, {}, MOVING)))
                if value.rational is not None:
                    found[f"{prefix}{name}"] = value
    return {name: _number_words(value) for name, value in found.items()}


def _number_words(value: Exact) -> str:
    text = number_text(value)
    if len(text) <= LONGEST and value.rational is not None:
        return text
    return f"{text} ({approximate(value)})" if len(text) <= LONGEST else approximate(value)


def _applied(law: Law, values: Mapping[str, str]) -> Applied:
    """The law in words: of its fault those that can be told, and in general where none can."""
    def words(text: str) -> str | None:
        try:
            return text.format_map(dict(values))
        except KeyError:
            return None

    fault = words(law.fault) or words(law.unread) or law.name
    used = {name for name in values if any(f"{{{name}}}" in text for text in (law.fault, law.unread, law.change))}
    return Applied(law, fault, words(law.change) or "", tuple(sorted((n, values[n]) for n in used)))
