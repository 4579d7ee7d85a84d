"""Theorems: for which parameters two families are equal, for all sizes at once.

Pair j of one family is compared with pair j of the other. Where their frequency vectors agree, up to
sign, for every j, the families are equal. Where they differ at some j and no other pair can have that
frequency, the multisets of frequency vectors differ, and no fixed linear map makes up for it. The
pair index is eliminated, so the condition is one on parameters; it is proved both ways by a solver,
and then held against the concrete engine at parameters on either side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import sympy

from prover.condition import simplified
from prover.elimination import Clause, empty_clauses
from prover.errors import InputError, UndecidedError
from prover.expression import INDEX, AllOf, AnyOf
from prover.feed import Feed, resolve_feeds
from prover.feed_text import coordinate_names
from prover.ratio import quotient
from prover.show import formula
from prover.smt import INT, REAL, Translator
from prover.solver import Question, Solver
from prover.symbolic import (
    Case,
    Condition,
    SymbolicLayout,
    Variable,
    negation,
    read_hypotheses,
    substituted,
    symbolic_layout,
)

OTHER = sympy.Symbol("i", integer=True)
LANE = sympy.Symbol("lane", integer=True)
OTHER_LANE = sympy.Symbol("other_lane", integer=True)

Key = tuple[int, str]


class Scope(Enum):
    """For which of the parameters that the hypotheses allow the families are equal."""

    ALWAYS = "always"
    NEVER = "never"
    SOMETIMES = "sometimes"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is studied: two families under feeds, what stays symbolic, and what is assumed."""

    source: SymbolicLayout
    target: SymbolicLayout
    feeds: tuple[Feed, ...]
    variables: tuple[Variable, ...]
    where: tuple[tuple[Condition, str], ...]

    @property
    def hypotheses(self) -> tuple[Condition, ...]:
        """Everything that may be assumed of the variables."""
        required = [c for layout in (self.source, self.target) for c, _ in layout.requirements]
        return tuple(dict.fromkeys([*(c for c, _ in self.where), *required]))


@dataclass(frozen=True, slots=True)
class Answer:
    """The families are equal exactly under `condition`, a conjunction; `sign` -1: with turns reversed.

    `differ`: in words, which pairs differ for all sizes where that is one of the usual answers.
    `reason`: why the scope is open.
    """

    scope: Scope
    condition: tuple[Condition, ...] = ()
    sign: int = 1
    same_magnitude: bool = True
    differ: str = ""
    reason: str = ""


def make_statement(
    source: str, target: str, feeds: Sequence[str], variables: tuple[Variable, ...], where: Sequence[str]
) -> Statement:
    """The statement about two specs. Raises InputError or UndecidedError for what it cannot be about."""
    first, second = (symbolic_layout(spec, variables) for spec in (source, target))
    named = [replace(layout.family, feeds=_plain_feeds(layout)) for layout in (first, second)]
    resolved = resolve_feeds(feeds, *named)
    for feed in resolved:
        for _, position in (*feed.source, *feed.target):
            if position.phase:
                raise UndecidedError(f"feed '{feed.name}' has an offset, which theorems for all sizes leave out")
    return Statement(first, second, resolved, variables, read_hypotheses(where, variables, (first, second)))


def _plain_feeds(layout: SymbolicLayout) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The named feeds whose text has no parameter in it."""
    names = {p.name for p in layout.family.parameters}
    return tuple(
        (name, table) for name, table in layout.family.feeds
        if not any(names & set(coordinate_names(text)) for _, text in table)
    )


@dataclass(slots=True)
class Study:
    """A statement under study: its questions go to one solver, under the same hypotheses.

    `assumed`: further conditions. `more`: further symbols. `unknown`: questions left open.
    """

    statement: Statement
    solver: Solver
    assumed: tuple[Condition, ...] = ()
    more: tuple[sympy.Symbol, ...] = ()
    unknown: list[Question] = field(default_factory=list)

    def assuming(self, *conditions: Condition, more: Sequence[sympy.Symbol] = ()) -> Study:
        """The same study under further conditions, with further symbols."""
        return replace(self, assumed=(*self.assumed, *conditions), more=(*self.more, *more))

    def ask(self, name: str, asks: str, *conditions: Condition, values: Iterable[sympy.Symbol] = ()) -> str:
        """sat, unsat or unknown for the hypotheses and these conditions together."""
        return self.answer(name, asks, *conditions, values=values)[0]

    def answer(
        self, name: str, asks: str, *conditions: Condition, values: Iterable[sympy.Symbol] = ()
    ) -> tuple[str, dict[str, int]]:
        """The word, and the values of a model for whole-number symbols."""
        translator = Translator.of(self.sorts())
        facts = [translator.condition(c) for c in (*self.statement.hypotheses, *self.assumed, *conditions)]
        body = [*translator.declarations(), *(f"(assert {fact})" for fact in facts), "(check-sat)"]
        wanted = tuple(translator.names[symbol].text for symbol in values)
        question = Question(
            name, asks, "unsat: there is none, and what is asked about holds for all sizes. sat: the model is a "
            "candidate, to be tried with numbers.", "\n".join(body), wanted,
        )
        found = self.solver.ask(question)
        if found.word == "unknown":
            self.unknown.append(question)
        return found.word, found.values() if found.word == "sat" and wanted else {}

    def is_about_something(self) -> bool:
        """Whether some parameters meet the hypotheses; False if that is not known. Raises InputError if none do."""
        word = self.ask("vacuity", "Are there parameters that meet all hypotheses?")
        if word == "unsat":
            raise InputError(
                "no parameters meet the hypotheses, so anything would follow from them",
                advice="Loosen --where, or leave out a value in a spec",
            )
        return word == "sat"

    def sorts(self) -> dict[sympy.Symbol, str]:
        """Every symbol that may occur, with its sort."""
        whole = {s: INT if v.is_whole else REAL for v in self.statement.variables for s in v.symbols}
        indices = dict.fromkeys((INDEX, OTHER, LANE, OTHER_LANE), INT)
        return whole | indices | {s: INT if s.is_integer else REAL for s in self.more}

    def follows(self, name: str, asks: str, condition: Condition, *assumed: Condition) -> bool:
        """Whether the condition holds wherever the hypotheses and `assumed` do."""
        return self.ask(name, asks, *assumed, negation(condition)) == "unsat"


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


def all_of(conditions: Iterable[Condition]) -> Condition:
    kept = list(dict.fromkeys(c for c in conditions if c != sympy.true))
    if sympy.false in kept:
        return sympy.false
    return sympy.true if not kept else kept[0] if len(kept) == 1 else AllOf(*kept)


def any_of(conditions: Iterable[Condition]) -> Condition:
    kept = list(dict.fromkeys(c for c in conditions if c != sympy.false))
    if sympy.true in kept:
        return sympy.true
    return sympy.false if not kept else kept[0] if len(kept) == 1 else AnyOf(*kept)


def in_range(index: sympy.Symbol, count: sympy.Basic) -> Condition:
    """0 <= index < count."""
    return AllOf(sympy.GreaterThan(index, 0, evaluate=False), sympy.StrictLessThan(index, count, evaluate=False))


class Comparison:
    """Pair j of the source beside pair j of the target: where they agree, and where not."""

    def __init__(self, statement: Statement) -> None:
        self.source = pulled(statement.source, statement.feeds, "source")
        self.target = pulled(statement.target, statement.feeds, "target")
        self.count = statement.source.count
        # Cases of which one begins where the other ends meet at no index, but may at two.
        self.anywhere = [(a, b, agreement(a, b)) for a in self.source for b in self.target]
        self.table = [
            (a, b, found) for a, b, found in self.anywhere
            if not {negation(guard) for guard in a.guards} & set(b.guards)
        ]

    def positive(self) -> tuple[sympy.Basic, ...]:
        """What has to be positive for a frequency to be a product of positive powers."""
        return tuple(dict.fromkeys(p for *_, found in self.anywhere for p in found.positive))

    def mismatch(self) -> Condition:
        """True at a pair index where the vectors are not known to agree."""
        return any_of(
            all_of([*a.guards, *b.guards, negation(sympy.false if found.exactly is None else found.exactly)])
            for a, b, found in self.table
        )

    @property
    def is_exact(self) -> bool:
        """Whether a mismatch is known to be one."""
        return all(found.exactly is not None for *_, found in self.table)

    def signs(self, study: Study) -> set[int]:
        """The signs, +1 and -1, with which vectors agree anywhere."""
        possible = {found.sign for *_, found in self.table if found.sign is not None}
        if len(possible) <= 1:
            return possible
        return {
            found.sign
            for a, b, found in self.table
            if found.sign is not None and found.possibly != sympy.false
            and study.ask(
                "sign", "Is there a pair index at which these two cases meet?",
                in_range(INDEX, self.count), *a.guards, *b.guards, found.possibly,
            ) != "unsat"
        }

    def meets(self, ours: sympy.Basic, theirs: sympy.Basic) -> Condition:
        """May pair `ours` of the source and pair `theirs` of the target turn alike, and at all?"""
        found = []
        for a, b, _ in self.anywhere:
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


def decide(study: Study) -> Answer:
    """For which parameters the families are equal. Raises InputError if no parameters are allowed."""
    try:
        found = _decide(study)
    except UndecidedError as fault:
        return Answer(Scope.OPEN, reason=fault.message)
    if found.scope in (Scope.NEVER, Scope.SOMETIMES) and _sees_whole_turns(study.statement):
        return Answer(Scope.OPEN, reason="pi is in a frequency, so whole turns may hide a difference")
    return found


def _sees_whole_turns(statement: Statement) -> bool:
    """Whether a frequency has pi in it while positions are whole; by T5 no other frequencies alias."""
    return any(
        layout.family.positions == "integer" and any(v.has(sympy.pi) for case in layout.cases for _, v in case.vector)
        for layout in (statement.source, statement.target)
    )


def _decide(study: Study) -> Answer:
    statement = study.statement
    if not study.is_about_something():
        return Answer(Scope.OPEN, reason="it is not known whether any parameters meet the hypotheses")
    widths = study.ask(
        "width", "Are there parameters for which the heads have different widths?",
        sympy.Ne(statement.source.width, statement.target.width, evaluate=False),
    )
    if widths == "sat":
        raise InputError(
            "the heads do not have the same width for all parameters",
            advice="Give one width in terms of the other, such as head_dim=n_rot",
        )
    if widths == "unknown":
        return Answer(Scope.OPEN, reason="it is not known whether the heads always have the same width")
    comparison = Comparison(statement)
    for value in comparison.positive():
        if not study.follows(
            "positive", "Are there parameters for which a base or a divisor is not positive?",
            sympy.StrictGreaterThan(value, 0, evaluate=False),
        ):
            return Answer(Scope.OPEN, reason=f"{_text(value)} is not known to be positive")
    if not study.follows(
        "counts", "Are there parameters for which the numbers of pairs differ?",
        sympy.Eq(statement.source.count, statement.target.count, evaluate=False),
    ):
        return _unequal_counts(study, comparison)
    return _equal_counts(study, comparison)


def _text(e: sympy.Basic) -> str:
    return f"'{formula(e)}'"


def _unequal_counts(study: Study, comparison: Comparison) -> Answer:
    """Different numbers of pairs that all turn leave different numbers of lanes that stand still."""
    source, target = study.statement.source, study.statement.target
    still = []
    for cases, layout in ((comparison.source, source), (comparison.target, target)):
        empty = any_of(all_of(case.guards) for case in cases if not case.vector)
        still.append(study.ask(
            "still", "Is there a pair that does not turn?", in_range(INDEX, layout.count), empty
        ) == "unsat")
    always = study.follows(
        "counts-differ", "Are there parameters for which the numbers of pairs are the same?",
        sympy.Ne(source.count, target.count, evaluate=False),
    )
    if all(still) and always:
        return Answer(Scope.NEVER, differ="the numbers of lanes that stand still differ")
    return Answer(Scope.OPEN, reason="the two rotate different numbers of lanes for some parameters")


def _equal_counts(study: Study, comparison: Comparison) -> Answer:
    inside = in_range(INDEX, comparison.count)
    mismatch = comparison.mismatch()
    signs = comparison.signs(study)
    if len(signs) > 1:
        return Answer(Scope.OPEN, reason="some pairs turn the same way and some the other way")
    sign = next(iter(signs), 1)
    magnitudes = same_magnitudes(study)
    if study.ask("differ", "Is there a pair at which the two turn differently?", inside, mismatch) == "unsat":
        return Answer(Scope.ALWAYS, (), sign, magnitudes)
    differ = differing(study, mismatch) if comparison.is_exact else ""
    try:
        clauses = _clauses(study, comparison, mismatch)
    except UndecidedError as fault:
        if _no_partner(study, comparison, ()):
            return Answer(Scope.NEVER, differ=differ)
        return Answer(Scope.OPEN, sign=sign, same_magnitude=magnitudes, reason=fault.message, differ=differ)
    return _by_condition(study, comparison, mismatch, clauses, Answer(Scope.OPEN, (), sign, magnitudes, differ))


def _by_condition(
    study: Study, comparison: Comparison, mismatch: Condition, clauses: tuple[Clause, ...], so_far: Answer
) -> Answer:
    """Prove the condition both ways: equal where it holds, different where it does not."""
    inside = in_range(INDEX, comparison.count)
    for clause in clauses:
        at = clause.witness
        here = substituted(AllOf(inside, mismatch), {INDEX: at})
        if not study.follows(
            "necessary", f"Where this clause fails, do the two agree at pair {at}, or is there no such pair?",
            here, *map(negation, clause.any_of),
        ):
            return replace(so_far, reason=f"no proof that they differ at pair {at}")
    condition = simplified([any_of(clause.any_of) for clause in clauses], study)
    fails = any_of(map(negation, condition))
    if not study.follows(
        "condition", "Do all clauses hold although the simplified condition fails?",
        all_of(condition), *(any_of(clause.any_of) for clause in clauses),
    ):
        return replace(so_far, reason="the simplified condition is not proved to follow")
    if study.ask(
        "sufficient", "Is there a pair at which the two turn differently although the condition holds?",
        inside, mismatch, *condition,
    ) != "unsat":
        return replace(so_far, reason="no proof that they are equal where the condition holds")
    if not (_only_at_own_index(study, comparison, fails) or _no_partner(study, comparison, (fails,))):
        return replace(so_far, condition=condition, reason="another pair may have the frequency of a differing one")
    possible = study.ask("possible", "Are there parameters for which the condition holds?", *condition)
    if possible == "unsat":
        return replace(so_far, scope=Scope.NEVER)
    if possible == "unknown":
        return replace(so_far, condition=condition, reason="it is not known whether the condition can hold")
    return replace(so_far, scope=Scope.SOMETIMES, condition=condition)


def _clauses(study: Study, comparison: Comparison, mismatch: Condition) -> tuple[Clause, ...]:
    if not comparison.is_exact:
        raise UndecidedError("the quotient of two frequencies has several powers in it")
    index, below, region = INDEX, [comparison.count], mismatch
    divisors = {e.args[1] for e in sympy.preorder_traversal(mismatch) if isinstance(e, sympy.Mod)
                and e.args[0] == INDEX and not e.args[1].is_Integer}
    for divisor in divisors:
        remainder = sympy.Mod(INDEX, divisor, evaluate=False)
        if study.follows(
            "remainder", "Is there a pair index as large as the divisor of a remainder?",
            sympy.StrictLessThan(INDEX, divisor, evaluate=False), in_range(INDEX, comparison.count),
        ):
            region = substituted(region, {remainder: INDEX})
            continue
        turned = substituted(region, {remainder: OTHER})
        if turned.has(INDEX) or not study.follows(
            "divisor", "Is the divisor of a remainder not positive?",
            sympy.StrictGreaterThan(divisor, 0, evaluate=False),
        ):
            raise UndecidedError(f"the pair index stands beside its remainder by {_text(divisor)}")
        index, region, below = OTHER, turned, [*below, divisor]
    return empty_clauses(region, index, below)


def _only_at_own_index(study: Study, comparison: Comparison, fails: Condition) -> bool:
    """Whether a pair of one side can only turn like the pair of the same index of the other."""
    return study.ask(
        "elsewhere", "Can pair i of the source turn like another pair j of the target?",
        fails, in_range(OTHER, comparison.count), in_range(INDEX, comparison.count),
        sympy.Ne(OTHER, INDEX, evaluate=False), comparison.meets(OTHER, INDEX),
    ) == "unsat"


def _no_partner(study: Study, comparison: Comparison, assumed: Sequence[Condition]) -> bool:
    """Whether the first or the last pair of a side always lacks a partner on the other.

    Only where every pair turns: then a pair without a partner leaves the multisets unequal.
    """
    still = any_of(all_of(case.guards) for case in (*comparison.source, *comparison.target) if not case.vector)
    if study.ask("still", "Is there a pair that does not turn?", in_range(INDEX, comparison.count), still) != "unsat":
        return False
    last = comparison.count - 1
    partners = [sympy.Symbol(f"partner_{n}", integer=True) for n in range(4)]
    meetings = [
        comparison.meets(sympy.Integer(0), partners[0]), comparison.meets(last, partners[1]),
        comparison.meets(partners[2], sympy.Integer(0)), comparison.meets(partners[3], last),
    ]
    return study.assuming(*assumed, more=partners).ask(
        "partners", "Do the first and the last pair of both sides all have a partner on the other side?",
        sympy.StrictGreaterThan(comparison.count, 0, evaluate=False),
        *(in_range(p, comparison.count) for p in partners), *meetings,
    ) == "unsat"


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
