"""Proofs of linear questions for the checker of theorems: multipliers of inequalities, behind splits and cuts.

A question is a list of formulas that cannot all hold. A core of it comes from Z3; then alternatives are taken one by one
and whole numbers are cut, and the simplex method says why nothing is left on a branch, in exact numbers. A split of
which a branch does without its alternative is left out. What takes too much work has no proof. The checker goes through
each, so nothing here is trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

from prover.claims.solver import Question, ask_z3
from prover.theorem_checker import Formula, Linear, Monomial, Poly
from prover.theorems.simplex import Form, Multipliers, Number, Simplex, WorkSpentError, is_form

MAX_WORK, MAX_CUTS, MAX_TRIED, MAX_PROOF = 100_000, 24, 12, 20_000
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


def linear_proof(question: Linear) -> list[Any] | None:
    """The proof as the checker reads it; None where none was found, or it is too long."""
    core = _core(question)
    if core is None:
        return None
    try:
        tree, _ = _Search(question, Simplex(MAX_WORK), list(question.known)).refuted(core, 0)
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
        constant = dict(body).get((), Fraction(0))
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
        for term, below in self._cuts() if cuts < MAX_CUTS else ():
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
        value = self._value(body)
        return {"<": value < (0, 0), "<=": value <= (0, 0), "<=1": value <= (0, 0), "=": value == (0, 0),
                "!=": value != (0, 0)}[word]

    def _value(self, body: Poly) -> Number:
        nothing = Fraction(0), Fraction(0)
        own = [(c, self.simplex.values.get(m, nothing) if m else (Fraction(1), Fraction(0))) for m, c in body]
        return sum((c * v for c, (v, _) in own), Fraction(0)), sum((c * e for c, (_, e) in own), Fraction(0))

    def _cuts(self) -> list[tuple[dict[Monomial, int], int]]:
        """Sums of whole numbers whose value is none, and the whole number below it: first what bounds that are met
        make such (Dillig, Dillig and Aiken, CAV 2009), then what a row of the tableau keeps above its value (Gomory),
        then what is whole by itself."""
        self.simplex.check()  # what was tried may have left values beyond bounds
        simplex, found = self.simplex, self._unsolved()
        forms: list[Any] = [name for name in simplex.order if (own := self._whole(name)) and not _is_whole(self._at(own))]
        for name in forms[:MAX_TRIED]:
            for sign in (1, -1) if name in simplex.rows else ():
                term = dict(self._whole(name) or {})
                unit = _scale(name)
                for other, c in simplex.rows[name].items():
                    own = self._whole(other)
                    if own is None:
                        term = {}
                        break
                    factor = c * unit / _scale(other)
                    up = simplex.bounds.get((other, 1))
                    at_top = up is not None and up[0] == simplex.values[other]
                    n = -((-factor) // 1) if at_top == (sign > 0) else factor // 1
                    for m, d in own.items():
                        term[m] = term.get(m, 0) - n * d
                term = {m: c for m, c in term.items() if c}
                if term and not _is_whole(self._at(term)):
                    found.append(term)
        found += [self._whole(name) or {} for name in forms[:MAX_TRIED]]
        return [(term, _below(self._at(term))) for term in found[:2 * MAX_TRIED]]

    def _unsolved(self) -> list[dict[Monomial, int]]:
        """Where no whole numbers meet all bounds that are met at present: a sum that is no whole number if they are."""
        rows = list[tuple[bool, dict[Monomial, int], Fraction]]()
        for (name, side), (end, *_) in self.simplex.bounds.items():
            own = self._whole(name)
            if own is not None and end == self.simplex.values[name] and end[1] == 0:
                other = self.simplex.bounds.get((name, -side))
                rows.append((other is None or other[0] != end, own, end[0] * _scale(name)))
        rows.sort(key=lambda row: row[0])
        names = list(dict.fromkeys(m for _, own, _ in rows for m in own))
        matrix = [[own.get(m, 0) for m in names] for _, own, _ in rows]
        sums = [{m: 1} for m in names]  # what the columns stand for
        solved = list[Fraction]()
        for k, (_, _, end) in enumerate(rows):
            row, first = matrix[k], len(solved)
            while len(left := [n for n in range(first, len(names)) if row[n]]) > 1:
                least = min(left, key=lambda n: abs(row[n]))
                for n in left:
                    times = row[n] // row[least] if n != least else 0
                    if times:  # a column less `times` another: what the other stands for is that much more
                        for each in matrix[k:]:
                            each[n] -= times * each[least]
                        for m, c in sums[n].items():
                            sums[least][m] = sums[least].get(m, 0) + times * c
                self.simplex.spend(len(left))
            if not left:
                continue
            for each in matrix[k:]:
                each[first], each[left[0]] = each[left[0]], each[first]
            sums[first], sums[left[0]] = sums[left[0]], sums[first]
            value = (end - sum(c * z for c, z in zip(row, solved, strict=False))) / row[first]
            if value.denominator > 1:
                return [{m: c for m, c in sums[first].items() if c}]
            solved.append(value)
        return []

    def _whole(self, name: Any) -> dict[Monomial, int] | None:
        """A variable of the simplex as whole multiples of whole numbers, where it is."""
        form: Form = name if is_form(name) else ((name, Fraction(1)),)
        if not all(self.question.whole(m) for m, _ in form):
            return None
        return {m: int(c * _scale(name)) for m, c in form}

    def _at(self, term: dict[Monomial, int]) -> Number:
        return self._value(tuple((m, Fraction(c)) for m, c in term.items()))


def _joined(choice: _Choice, done: Sequence[tuple[Labels, Refuted]]) -> Refuted:
    """All alternatives are excluded; where one is without what it says, that is enough."""
    for labels, found in done:
        if found[1].isdisjoint(labels):
            return found
    used = frozenset(label for labels, (_, own) in done for label in own - set(labels))
    branches = tuple(sorted(((labels, tree) for labels, (tree, _) in done), key=lambda each: each[0]))
    return Branched(choice.label, choice.term, choice.below, branches), used | ({choice.label} - {None})


def _scale(name: Any) -> int:
    """What makes all coefficients of a form whole; 1 for a monomial."""
    return lcm(*(c.denominator for _, c in name)) if is_form(name) else 1


def _is_whole(value: Number) -> bool:
    return value[0].denominator == 1 and value[1] == 0


def _below(value: Number) -> int:
    whole = value[0] // 1
    return whole - 1 if value[0] == whole and value[1] < 0 else whole


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
