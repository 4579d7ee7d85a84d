"""A statement about two families for all sizes, and the questions put to a solver about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy

from prover.claims.solver import WORK_BUDGET, Answer, Question, Solver
from prover.errors import InputError, UndecidedError
from prover.language.logic import Condition, negation
from prover.language.opaque import OpaqueTranslator
from prover.language.smt import INT, REAL, Translator
from prover.language.symbolic import INDEX
from prover.language.symbols import index_symbol
from prover.layouts.feed import Feed, resolve_feeds
from prover.layouts.feed_text import coordinate_names
from prover.theorems.seen import Seen
from prover.theorems.symbolic import SymbolicLayout, read_hypotheses, symbolic_layout
from prover.theorems.variables import Variable

OTHER = index_symbol("i")
LANE = index_symbol("lane")
OTHER_LANE = index_symbol("other lane")
HELD = "held"


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

    @property
    def outside(self) -> str:
        """Why nothing is proved of the statement for all sizes; empty where it may be."""
        return self.source.outside or self.target.outside


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

    `assumed`: further conditions. `more`: further symbols. `unknown`: questions left open. `budget`: the work for one.
    `seen`: numbers of models; where they answer a question of the word alone, and questions are not recorded, no solver
    is asked. `refused`: why questions were not linear that are still open.
    """

    statement: Statement
    solver: Solver
    assumed: tuple[Condition, ...] = ()
    more: tuple[sympy.Symbol, ...] = ()
    unknown: list[Question] = field(default_factory=list)
    budget: int = WORK_BUDGET
    seen: Seen = field(default_factory=Seen)
    refused: list[UndecidedError] = field(default_factory=list)

    def assuming(self, *conditions: Condition, more: Sequence[sympy.Symbol] = ()) -> Study:
        """The same study under further conditions, with further symbols."""
        return replace(self, assumed=(*self.assumed, *conditions), more=(*self.more, *more))

    def ask(self, name: str, asks: str, *conditions: Condition) -> str:
        """sat, unsat or unknown for the hypotheses and these conditions together.

        With a number that no solver can be asked about it is unsat or unknown, and `refused` keeps why.
        """
        try:
            return self.answer(name, asks, *conditions)[0]
        except UndecidedError as fault:
            found = self._put(OpaqueTranslator.of(self.sorts()), name, asks, conditions, (), ())
            if found.word != "unsat":
                self.refused.append(fault)
            return "unsat" if found.word == "unsat" else "unknown"

    def answer(
        self, name: str, asks: str, *conditions: Condition, values: Iterable[sympy.Symbol] = ()
    ) -> tuple[str, dict[str, int]]:
        """The word, and the values of a model for whole-number symbols. Raises UndecidedError if it is not linear."""
        wanted = tuple(values)
        found = self._asked(name, asks, conditions, (), wanted)
        return found.word, found.values() if found.word == "sat" and wanted else {}

    def some_value(self, name: str, asks: str, *conditions: Condition, of: sympy.Symbol) -> tuple[str, int]:
        """The word, and a value of a whole-number symbol with which all conditions hold: another one in another run."""
        found = self._asked(name, asks, conditions, (), (of,), any_model=True)
        text = Translator.of(self.sorts()).names[of].text
        return found.word, found.values()[text] if found.word == "sat" else 0

    def model(self, name: str, asks: str, *conditions: Condition, values: Sequence[sympy.Symbol]) -> list[Fraction]:
        """Values for the symbols with which all conditions hold; empty if none are found."""
        found = self._asked(name, asks, conditions, (), values)
        numbers = list(found.numbers().values()) if found.word == "sat" and values else []
        return numbers if len(numbers) == len(values) else []

    def follows_from(
        self, name: str, asks: str, condition: Condition, held: Sequence[Condition], *assumed: Condition
    ) -> tuple[bool, tuple[int, ...]]:
        """Whether the condition holds where the hypotheses, `assumed` and `held` do; and which of `held` it needs."""
        found = self._asked(name, asks, (*assumed, negation(condition)), held, ())
        return found.word == "unsat", found.core(HELD) if found.word == "unsat" else ()

    def is_met(self, *conditions: Condition) -> bool:
        """Whether numbers are known that meet the hypotheses and these; never where questions are recorded."""
        return not self.solver.is_recorded and self.seen.meets(
            (*self.statement.hypotheses, *self.assumed, *conditions)
        )

    @property
    def is_linear(self) -> bool:
        """Whether the hypotheses can be put to the solver as they are, so that it may have a model of them."""
        return all(map(self.is_expressible, (*self.statement.hypotheses, *self.assumed)))

    def is_expressible(self, condition: Condition) -> bool:
        """Whether the condition can be put to the solver."""
        try:
            Translator.of(self.sorts()).condition(condition)
        except UndecidedError:
            return False
        return True

    def _asked(
        self, name: str, asks: str, conditions: Sequence[Condition], held: Sequence[Condition],
        wanted: Sequence[sympy.Symbol], any_model: bool = False,
    ) -> Answer:
        """The answer to a question that is linear. Raises UndecidedError for another one."""
        translator = Translator.of(self.sorts())
        found = self._put(translator, name, asks, conditions, held, wanted, any_model)
        numbers = found.numbers() if found.word == "sat" else {}
        if not held and len(numbers) == len(translator.names):
            self.seen.add({s: numbers[term.text] for s, term in translator.names.items()})
        return found

    def _put(
        self, translator: Translator, name: str, asks: str, conditions: Sequence[Condition],
        held: Sequence[Condition], wanted: Sequence[sympy.Symbol], any_model: bool = False,
    ) -> Answer:
        facts = [translator.condition(c) for c in (*self.statement.hypotheses, *self.assumed, *conditions)]
        is_exact = not isinstance(translator, OpaqueTranslator)
        if is_exact and not held and not wanted and self.is_met(*conditions):
            return Answer("sat", "")
        named = [f"(! {translator.condition(c)} :named |{HELD} {n}|)" for n, c in enumerate(held)]
        body = [*translator.declarations(), *(f"(assert {fact})" for fact in (*facts, *named)), "(check-sat)"]
        question = Question(
            name, asks, "unsat: there is none, and what is asked about holds for all sizes. sat: the model is a "
            "candidate, to be tried with numbers.", "\n".join(body),
            tuple(translator.names[symbol].text for symbol in wanted), self.budget, of_word=not held,
            hints=tuple(term.text for term in translator.names.values()), any_model=any_model,
        )
        found = self.solver.ask(question)
        if found.word == "unknown" and is_exact:
            self.unknown.append(question)
        return found

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
