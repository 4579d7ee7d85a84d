"""Proofs of linear questions for the checker of theorems: multipliers of inequalities, behind splits and cuts.

A question is a list of formulas that cannot all hold. A core of it comes from Z3; then alternatives are taken one by
one and whole numbers are cut, and the simplex method says why nothing is left on a branch, in exact numbers. A split of
which a branch does without its alternative is left out. What takes too much work has no proof. The checker goes through
each, so nothing here is trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

from prover.claims.solver import Question, ask_z3
from prover.theorem_checker import Formula, Linear, Monomial, Poly
from prover.theorems.simplex import Multipliers, Number, Simplex, WorkSpentError
from prover.theorems.whole_cuts import find_cuts

MAX_WORK, MAX_CUTS, MAX_TRIED, MAX_PROOF = 100_000, 24, 12, 20_000
WHOLE_WORK = 5 * MAX_WORK
CORE_BUDGET = 10_000_000

Labels = tuple[int, ...]


@dataclass(frozen=True)
class Ended:
    """Multipliers that come to a contradiction, by the label of what they multiply."""

    factors: Multipliers


@dataclass(frozen=True)
class Branched:
    """A split of what has the label, or a cut between `below` and the next number; each branch with what it adds."""

    label: int | None
    term: dict[Monomial, int]
    below: int
    branches: tuple[tuple[Labels, Tree], ...]


Tree = Ended | Branched
Refuted = tuple[Tree, frozenset[int]]


class _OpenError(Exception):
    """Some numbers are not excluded, or it takes too many cuts to see what excludes them."""


def linear_proofs(questions: Mapping[str, Linear]) -> dict[str, list[Any]]:
    """Proofs as the checker reads them, of the questions of which one was found, until all work is spent."""
    found, left = {}, WHOLE_WORK
    for key, question in questions.items():
        simplex = Simplex(min(left, MAX_WORK))
        if (tree := linear_proof(question, simplex)) is not None:
            found[key] = tree
        left -= min(left, MAX_WORK) - max(simplex.left, 0)
    return found


def linear_proof(question: Linear, simplex: Simplex | None = None) -> list[Any] | None:
    """The proof; None where none was found, or it is too long."""
    core = _core(question)
    if core is None:
        return None
    try:
        tree, _ = _Search(question, simplex or Simplex(MAX_WORK), list(question.known)).refuted(core, 0)
    except (WorkSpentError, _OpenError, RecursionError):
        return None
    written = _written(question, tree)
    return written if len(json.dumps(written, separators=(",", ":"))) <= MAX_PROOF else None


@dataclass(frozen=True)
class _Choice:
    """Alternatives, each with its labels, and what excludes it where that is seen at once."""

    label: int | None
    term: dict[Monomial, int]
    below: int
    members: tuple[tuple[Labels, Refuted | None], ...]

    @property
    def left(self) -> int:
        return sum(found is None for _, found in self.members)


@dataclass
class _Search:
    """What is known, by label, which of it are alternatives on this branch, and how often it was cut."""

    question: Linear
    simplex: Simplex
    known: list[Formula]
    clauses: list[int] = field(default_factory=list)

    def refuted(self, labels: Labels, cuts: int) -> Refuted:
        """Why what is known and these cannot be; and the labels that it takes."""
        mark, clauses = len(self.simplex.trail), self.clauses
        found = self._taken(labels) or self._branched(cuts)
        self.simplex.undo(mark)
        self.clauses = clauses
        return found

    def _taken(self, labels: Labels) -> Refuted | None:
        """Bounds for these; what they contradict."""
        for label in labels:
            formula = self.known[label]
            if formula is False or formula[0] in ("or", "!="):
                self.clauses = [*self.clauses, label]
            elif (failed := self._bound(label, *formula)) is not None:
                return Ended(failed), frozenset(failed)
        failed = self.simplex.check()
        return None if failed is None else (Ended(failed), frozenset(failed))

    def _bound(self, label: int, word: str, body: Poly) -> Multipliers | None:
        constant = sum((c for m, c in body if not m), Fraction(0))
        terms = [(m, c) for m, c in body if m]
        lead = terms[0][1]
        form = tuple((m, c / lead) for m, c in terms)
        end, less = -constant / lead, -abs(1 / lead) if word == "<" else Fraction(0)
        for side in (1, -1):
            if word == "=" or (lead > 0) == (side > 0):
                failed = self.simplex.bound(form, side, (end, side * less), label, side / lead)
                if failed is not None:
                    return failed
        return None

    def _branched(self, cuts: int) -> Refuted:
        best: _Choice | None = None
        for choice in self._choices(cuts):
            best = choice if best is None or choice.left < best.left else best
            if best.left <= 1:
                break
        if best is None:
            raise _OpenError
        self.clauses = [label for label in self.clauses if label != best.label]
        done = [(labels, found) for labels, found in best.members if found is not None]
        for labels, found in best.members:
            if found is None:
                own = self.refuted(labels, cuts + (best.label is None))
                if own[1].isdisjoint(labels):
                    return own
                done.append((labels, own))
        return _joined(best, done)

    def _choices(self, cuts: int) -> Iterator[_Choice]:
        """What may be split, alternatives first of which the present values meet none; then cuts."""
        false = [label for label in self.clauses if not self._holds(self.known[label])]
        members = {label: self.question.members(self.known[label]) for label in false}
        for label in sorted(false, key=lambda each: (len(members[each]), each))[:MAX_TRIED]:
            yield self._tried(label, members[label], True)
        for term, below in find_cuts(self.simplex, self.question.whole) if cuts < MAX_CUTS else ():
            ends = [(m, Fraction(c)) for m, c in term.items()]
            most = ("<=1", (((), Fraction(-below)), *ends))
            least = ("<=1", (((), Fraction(below + 1)), *((m, -c) for m, c in ends)))
            yield self._tried(None, (most, least), False, term, below)

    def _tried(
        self, label: int | None, members: Sequence[Formula], ahead: bool, term: dict[Monomial, int] | None = None,
        below: int = 0,
    ) -> _Choice:
        """What excludes alternatives; `ahead`: also if it takes one more split of what they bring."""
        found = list[tuple[Labels, Refuted | None]]()
        mark, clauses = len(self.simplex.trail), self.clauses
        for member in members:
            parts = member[1] if member[0] == "and" else (member,)
            labels = tuple(range(len(self.known), len(self.known) + len(parts)))
            self.known += parts
            refuted = self._taken(labels)
            for new in self.clauses[len(clauses) :] if refuted is None and ahead else ():
                inner = self.question.members(self.known[new])
                if len(inner) > 3 or self._holds(self.known[new]):
                    continue
                choice = self._tried(new, inner, False)
                if not choice.left:
                    refuted = _joined(choice, [(own, what) for own, what in choice.members if what is not None])
                    break
            self.simplex.undo(mark)
            self.clauses = clauses
            found.append((labels, refuted))
        return _Choice(label, term or {}, below, tuple(found))

    def _holds(self, formula: Formula) -> bool:
        """Whether the present values meet it."""
        if isinstance(formula, bool):
            return formula
        word, body = formula
        if word in ("and", "or"):
            return (all if word == "and" else any)(map(self._holds, body))
        value, nothing = self._value(body), (Fraction(0), Fraction(0))
        if word in ("=", "!="):
            return bool((value == nothing) == (word == "="))
        return value < nothing if word == "<" else value <= nothing

    def _value(self, body: Poly) -> Number:
        constant = sum((c for m, c in body if not m), Fraction(0))
        value, more = self.simplex.value({m: c for m, c in body if m})
        return value + constant, more


def _joined(choice: _Choice, done: Sequence[tuple[Labels, Refuted]]) -> Refuted:
    """All alternatives are excluded; where one is without what it says, that is enough."""
    for labels, found in done:
        if found[1].isdisjoint(labels):
            return found
    used = frozenset(label for labels, (_, own) in done for label in own - set(labels))
    branches = tuple(sorted(((labels, tree) for labels, (tree, _) in done), key=lambda each: each[0]))
    used |= set() if choice.label is None else {choice.label}
    return Branched(choice.label, choice.term, choice.below, branches), used


def _written(question: Linear, tree: Tree) -> list[Any]:
    """The tree with numbers in place of labels: where each thing stands in the list of what is known."""
    variables = {monomial: number for number, monomial in enumerate(question.monomials)}

    def write(at: Tree, places: dict[int, int], size: int) -> list[Any]:
        if isinstance(at, Ended):
            scale = lcm(*(factor.denominator for factor in at.factors.values()))
            return ["farkas", [[places[label], int(scale * factor)] for label, factor in sorted(at.factors.items())]]
        branches = [
            write(branch, places | {label: size + k for k, label in enumerate(labels)}, size + len(labels))
            for labels, branch in at.branches
        ]
        if at.label is not None:
            return ["split", places[at.label], *branches]
        return ["cut", [[variables[m], c] for m, c in at.term.items()], at.below, *branches]

    return write(tree, {label: label for label in range(len(question.known))}, len(question.known))


def _core(question: Linear) -> Labels | None:
    """Some of what is known that cannot be, as Z3 has it; None where Z3 does not say so."""
    names = {monomial: f"v{number}" for number, monomial in enumerate(question.monomials)}
    lines = [f"(declare-const {name} {'Int' if question.whole(m) else 'Real'})" for m, name in names.items()]
    lines += [f"(assert (! {_smtlib(formula, names)} :named |known {k}|))" for k, formula in enumerate(question.known)]
    answer = ask_z3(Question(
        "core", "Which of these formulas cannot all hold?", "unsat: the core is enough.",
        "\n".join([*lines, "(check-sat)", ""]), budget=CORE_BUDGET, logic="QF_LIRA",
    ))
    return answer.core("known") if answer.word == "unsat" else None


def _smtlib(formula: Formula, names: dict[Monomial, str]) -> str:
    if isinstance(formula, bool):
        return str(formula).lower()
    word, body = formula
    if word in ("and", "or"):
        return f"({word} {' '.join(_smtlib(each, names) for each in body)})"
    scale = lcm(*(c.denominator for _, c in body))
    terms = [f"(* {_number(int(c * scale))} {names[m]})" if m else _number(int(c * scale)) for m, c in body]
    total = f"(+ {' '.join(terms)} 0)"
    return f"(not (= {total} 0))" if word == "!=" else f"({word.rstrip('1')} {total} 0)"


def _number(n: int) -> str:
    return str(n) if n >= 0 else f"(- {-n})"
