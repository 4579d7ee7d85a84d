"""Theorems for all sizes, beside single sizes proved one by one.

Run with

    python -m pytest tests/benchmarks/test_theorem_speed.py -o addopts= --benchmark-only --benchmark-disable-gc
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from prover.claims.claim import make_claim
from prover.claims.relation import Outcome, Relation
from prover.claims.solver import Answer, Question, Solver, ask_cvc5, ask_z3
from prover.layouts.loading import load
from prover.theorems.for_all import state_theorem
from prover.verdicts.verdict import prove

WIDTH = 16
GROUP = "for which sections are IMROPE and NEOX equal on text?"
QUESTIONS = "the questions of that theorem"


def equal_points() -> list[tuple[int, ...]]:
    """The sections of one width at which the two are equal, each proved by itself."""
    target = load(f"ggml/neox:head_dim={WIDTH}:n_rot={WIDTH}")
    found = []
    for point in product(range(WIDTH // 2 + 1), repeat=4):
        if sum(point) == WIDTH // 2 and any(point[:3]):
            source = load(f"ggml/imrope:head_dim={WIDTH}:n_rot={WIDTH}:sections={','.join(map(str, point))}")
            if prove(make_claim(source, target, ["text"]), Relation.LINEAR).outcome is Outcome.EQUIVALENT:
                found.append(point)
    return found


@dataclass(slots=True)
class Listening(Solver):
    """A solver that keeps its questions."""

    questions: list[Question] = field(default_factory=list)

    def ask(self, question: Question) -> Answer:
        """As before."""
        self.questions.append(question)
        return super(Listening, self).ask(question)


def stated(solver: Solver) -> str:
    """Every even width, every base, every sections that sum to half of it."""
    found = state_theorem(
        "ggml/imrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "n_rot,base,sections",
        ["sum(sections) == n_rot//2"], ["text"], Relation.LINEAR, solver,
    )
    return found.answer.scope.value


def questions() -> list[Question]:
    """All that the theorem asks."""
    solver = Listening()
    stated(solver)
    return solver.questions


@pytest.mark.benchmark(group=GROUP)
def test_for_all_sizes(benchmark: Any) -> None:
    """A theorem for all widths, bases and sections, tried at every corner."""
    assert "sometimes" == benchmark.pedantic(lambda: stated(Solver()), rounds=3)


@pytest.mark.alternative
@pytest.mark.benchmark(group=GROUP)
def test_point_by_point(benchmark: Any) -> None:
    """The 164 sections of width 16 alone, one claim each."""
    assert benchmark.pedantic(equal_points, rounds=3)


@pytest.mark.benchmark(group=QUESTIONS)
def test_z3(benchmark: Any) -> None:
    """Z3, by which they are decided."""
    asked = questions()
    words = benchmark.pedantic(lambda: [ask_z3(each).word for each in asked], rounds=3, warmup_rounds=1)
    benchmark.extra_info["questions"] = len(asked)
    assert asked
    assert set(words) <= {"sat", "unsat"}


@pytest.mark.alternative
@pytest.mark.benchmark(group=QUESTIONS)
def test_cvc5(benchmark: Any) -> None:
    """cvc5 on the same texts, a second opinion."""
    pytest.importorskip("cvc5")
    asked = questions()
    words = benchmark.pedantic(lambda: [ask_cvc5(each) for each in asked], rounds=3, warmup_rounds=1)
    benchmark.extra_info["same words"] = f"{sum(map(str.__eq__, words, (ask_z3(each).word for each in asked)))}"
    assert len(asked) == len(words)
