"""An assignment of pairs that is forced is the one that Z3 finds, and Z3 is asked where there is more to find."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from prover.claims.claim import make_claim
from prover.claims.decide import decide, make_side
from prover.claims.matching import Match, Mismatch, match_units
from prover.claims.solver import Answer, Question, Solver
from prover.claims.unit import stack_keys
from prover.layouts.loading import load


@dataclass(slots=True)
class _Counting(Solver):
    """A solver that says how often it was asked."""

    times: list[str] = field(default_factory=list)

    def ask(self, question: Question) -> Answer:
        self.times.append(question.name)
        return Solver.ask(self, question)


def found(source: str, target: str, solver: Solver) -> Match | Mismatch:
    """The assignment of two layouts' pairs at free positions."""
    claim = make_claim(load(source), load(target), ())
    sides = (make_side(claim, claim.source, "source"), make_side(claim, claim.target, "target"))
    return match_units(sides[0].units, sides[1].units, stack_keys(claim), claim.whole_positions, True, solver)


FORCED = [
    ("ggml/normal:head_dim=16", "ggml/neox:head_dim=16"),
    ("ggml/normal:head_dim=16:n_rot=8", "ggml/neox:head_dim=16:n_rot=8"),  # lanes that pass are one class
    ("ggml/imrope:n_rot=16:sections=3,3,2,0", "ggml/imrope:n_rot=16:sections=3,3,2,0"),
    ("transformers/nanochat:head_dim=16", "transformers/half:head_dim=16"),  # every pair swaps its lanes
    ("ggml/normal:head_dim=2", "ggml/neox:head_dim=2"),
]


@pytest.mark.parametrize(("source", "target"), FORCED)
def test_forced(source: str, target: str, tmp_path: Path) -> None:
    """The same assignment without Z3 as with it."""
    alone = _Counting()
    match = found(source, target, alone)
    assert [] == alone.times
    assert isinstance(match, Match)
    assert match == found(source, target, Solver(tmp_path))
    assert [each.name for each in tmp_path.iterdir()] == ["0000-assignment.smt2"]


ASKED = [
    ("ggml/neox:head_dim=16", "ggml/neox:head_dim=16:base=500"),           # no partners
    ("ggml/imrope:n_rot=16:sections=3,3,2,0", "ggml/mrope:n_rot=16:sections=3,3,2,0"),
]


@pytest.mark.parametrize(("source", "target"), ASKED)
def test_asked(source: str, target: str) -> None:
    """Where pairs are left over, Z3 names the classes at fault."""
    counting = _Counting()
    mismatch = found(source, target, counting)
    assert ["assignment"] == counting.times
    assert isinstance(mismatch, Mismatch)
    assert mismatch.core


def test_both_directions_in_a_class() -> None:
    """A class whose pairs turn both ways on one side leaves a choice, which is Z3's."""
    counting = _Counting()
    claim = make_claim(load("ggml/neox:head_dim=4"), load("ggml/normal:head_dim=4"), ())
    side = make_side(claim, claim.source, "source")
    (first, _), keys = side.units, stack_keys(claim)
    turned = replace(first, lanes=first.lanes[::-1], vector=tuple(-value for value in first.vector))
    both = (first, replace(turned, lanes=(5, 4)))
    match = match_units(both, both[::-1], keys, claim.whole_positions, True, counting)
    assert ["assignment"] == counting.times
    assert isinstance(match, Match)
    assert {0, 1} == {source for source, _ in match.source_of}


def test_a_decision_needs_no_solver() -> None:
    """A permutation that is forced is found by a solver that refuses every question."""
    claim = make_claim(load("ggml/normal:head_dim=8"), load("ggml/neox:head_dim=8"), ())
    decision = decide(claim, Solver(work=10**12))
    assert decision.holds is not None
    assert (0, 2, 4, 6, 1, 3, 5, 7) == decision.holds.permutation
