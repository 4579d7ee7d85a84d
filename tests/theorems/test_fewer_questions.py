"""What saves questions: numbers of models, many candidates at once, cores, and points at which a hypothesis is needed.

What is right comes from trying all small numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import sympy

from prover.claims.relation import Relation
from prover.claims.solver import Solver
from prover.language.logic import Condition
from prover.theorems import for_all
from prover.theorems.for_all import Theorem, state_theorem
from prover.theorems.seen import Seen
from prover.theorems.spare import implied, without_spare

A, B = sympy.symbols("a b", integer=True)
POINTS = [{A: a, B: b} for a, b in itertools.product(range(6), repeat=2)]
PLAIN = [kind(left, n) for kind in (sympy.Le, sympy.Ge) for left in (A, B) for n in range(1, 5)]
SECTIONS = ("ggml/imrope", "ggml/mrope", "head_dim,n_rot,base,sections", ["sum(sections) == n_rot//2"])


def _holds(condition: Condition, point: dict[sympy.Symbol, int]) -> bool:
    return bool(condition.subs(point))


@dataclass
class _Tried:
    """Answers from all small numbers. `gives_up`: the word for more than one condition at once is unknown."""

    seen: Seen = field(default_factory=Seen)
    gives_up: bool = False
    asked: int = 0

    def ask(self, name: str, asks: str, *conditions: Condition) -> str:
        self.asked += 1
        if self.gives_up and any(isinstance(c, sympy.Basic) and c.func.__name__ == "AnyOf" for c in conditions):
            return "unknown"
        for point in POINTS:
            if all(_met(c, point) for c in conditions):
                self.seen.add(dict(point))
                return "sat"
        return "unsat"

    def is_met(self, *conditions: Condition) -> bool:
        return self.seen.meets(conditions)


def _met(condition: Condition, point: dict[sympy.Symbol, int]) -> bool:
    name = condition.func.__name__
    if name in ("AllOf", "AnyOf"):
        return (all if name == "AllOf" else any)(_met(part, point) for part in condition.args)
    return _holds(condition, point)


@pytest.mark.parametrize("gives_up", [False, True])
@pytest.mark.parametrize("known", [[A <= 2, B >= 3], [sympy.Le(A, 0), sympy.Le(B, 1)], [A >= 4]])
def test_what_is_implied(known: list[Condition], gives_up: bool) -> None:
    """The candidates that hold at all small numbers at which what is known does, with few questions."""
    study = _Tried(gives_up=gives_up)
    wanted = [c for c in PLAIN if all(_holds(c, p) for p in POINTS if all(_holds(k, p) for k in known))]
    assert wanted == implied(study, "", "", known, PLAIN)
    assert gives_up or study.asked < len(PLAIN) / 2


@pytest.mark.parametrize("enough", [{1}, {2, 5}, {0, 3, 6}, set()])
def test_what_is_spare(enough: set[int]) -> None:
    """Of seven, those are left without which the rest is not enough, whatever core is named."""
    for extra in itertools.chain([set()], ({n} for n in range(7))):
        def core(kept: Sequence[int], extra: set[int] = extra) -> list[int]:
            return [n for n in kept if n in enough | extra]

        left = without_spare(range(7), range(7), lambda kept: enough <= set(kept), core)
        assert sorted(enough) == left


def test_seen_numbers_are_worked_out_exactly() -> None:
    """A condition counts as met only where all of it holds at one and the same row, rows that come later too."""
    seen = Seen()
    assert not seen.meets([])
    seen.add({A: 1, B: 5})
    seen.add({A: 5, B: 1})
    assert seen.meets([A >= 5, B <= 1])
    assert not seen.meets([A >= 5, B >= 5])
    assert not seen.meets([sympy.Eq(sympy.Symbol("c", integer=True), 1)])
    seen.add({A: 5, B: 5})
    assert seen.meets([A >= 5, B >= 5])


def _said(found: Theorem) -> tuple[object, ...]:
    return (found.answer.scope, found.answer.condition, found.relation, found.unneeded, found.outcome,
            found.smallest and found.smallest.text)


def test_recorded_questions_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all is asked and nothing is seen at a point, the theorem is the same, with more questions."""
    source, target, names, where = SECTIONS
    found = state_theorem(source, target, names, where, [], None, Solver())
    monkeypatch.setattr(Solver, "is_recorded", True)
    monkeypatch.setattr(for_all, "is_needed", lambda *_: False)
    whole = state_theorem(source, target, names, where, [], None, Solver())
    assert _said(whole) == _said(found)
    assert found.questions < whole.questions / 2


def test_a_point_shows_that_a_hypothesis_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it one pair is equal whatever sections are left over: nothing more is decided for all sizes."""
    source, target, names, where = SECTIONS
    decided = []
    decide = for_all.decide
    monkeypatch.setattr(for_all, "decide", lambda study: decided.append(study) or decide(study))
    found = state_theorem(source, target, names, where, [], Relation.IDENTICAL, Solver())
    assert found.unneeded == ()
    assert len(decided) == 1
