"""Solver hygiene: seeds do not matter, a spent budget is undecided, and two solvers may not contradict each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
import z3

from conftest import free_claim
from prover.claims import solver as module
from prover.claims.decide import decide
from prover.claims.solver import Answer, EasySolver, Question, Solver, ask_z3
from prover.commands.cli import run_command
from prover.errors import EvidenceError
from prover.layouts.loading import load
from prover.proof_files.rewrite_file import run_rewrite
from prover.proof_files.theorem_file import run_theorem
from prover.resources import PROOFS
from sampling import few

Capture = pytest.CaptureFixture[str]
SEEDS = (1, 7, 12345)
QUESTION = Question("odd", "Is there an odd number below 2?", "sat: there is.",
                    "(declare-const n Int)\n(assert (and (< 0 n 2) (= 1 (mod n 2))))\n(check-sat)", ("n",))


class _Recorder(Solver):
    """A solver that keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[Question, str]] = []

    @property
    def is_recorded(self) -> bool:
        return True

    def ask(self, question: Question) -> Answer:
        answer = super().ask(question)
        self.kept.append((question, answer.word))
        return answer


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "theorem-1-normal-to-neox", "theorem-2-mrope-neox-text", "theorem-6-partial-full", "theorem-7-wrong-base",
    "rewrite-1-counter", "rewrite-2-running-product",
])
def test_seeds_do_not_matter(name: str) -> None:
    """Every question of a shipped theorem or rewrite has the same answer with every seed."""
    recorder = _Recorder()
    run = run_rewrite if name.startswith("rewrite") else run_theorem
    assert () == run(PROOFS / "theorems" / f"{name}.toml", False, recorder).problems
    assert recorder.kept
    _ask_again(recorder)


def test_seeds_do_not_matter_for_claims() -> None:
    """So it is with the assignment of pairs."""
    recorder = _Recorder()
    decide(free_claim(load("ggml/normal").layout, load("ggml/neox").layout), recorder)
    assert recorder.kept
    _ask_again(recorder)


def _ask_again(recorder: _Recorder) -> None:
    easy = EasySolver()
    for question, word in recorder.kept:
        assert word == easy.ask(question).word, question.name
        for seed in SEEDS:
            assert word == ask_z3(question, seed).word, question.name


def test_a_seed_is_for_one_question() -> None:
    """What one question asks with another seed is asked the same way by the next."""
    text = "(declare-const x Int)\n(assert (and (< 0 x) (< x 1000)))\n(check-sat)"
    question = Question("number", "", "", text, ("x",))
    first = ask_z3(question)
    ask_z3(question, 7)
    assert first == ask_z3(question)
    assert "0" == z3.get_param("smt.random_seed")


def _pigeons(holes: int) -> Question:
    """One more pigeon than there are holes: they do not fit, and that takes more work with each hole."""
    names = [[f"p{pigeon}_{hole}" for hole in range(holes)] for pigeon in range(holes + 1)]
    body = [f"(declare-const {name} Bool)" for row in names for name in row]
    body += [f"(assert (or {' '.join(row)}))" for row in names]
    body += [f"(assert (not (and {a} {b})))" for hole in zip(*names, strict=True) for a, b in combinations(hole, 2)]
    return Question("pigeons", "", "", "\n".join([*body, "(check-sat)"]), (), 3_000_000, of_word=True)


def test_what_is_not_easy_is_asked_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that the plain solver gives up gets the whole budget, and the next ones are as if it had not been."""
    monkeypatch.setattr(module, "EASY_BUDGET", 1000)
    number = "(declare-const x Int)\n(assert (< {} x {}))\n(check-sat)"
    some, none = (Question("number", "", "", number.format(0, most), of_word=True) for most in (2, 1))
    solver, pigeons = Solver(), _pigeons(5)
    assert "unknown" == EasySolver().ask(pigeons).word
    words = [solver.ask(question).word for question in (some, pigeons, none, some, pigeons, some)]
    assert ["sat", "unsat", "unsat", "sat", "unsat", "sat"] == words
    assert solver.work > 2 * 1000


def test_values_are_those_of_a_context_of_its_own() -> None:
    """A model does not depend on what was asked before."""
    text = "(declare-const x Int)\n(assert (and (< 0 x) (< x 1000)))\n(check-sat)"
    question = Question("number", "", "", text, ("x",), of_word=True)
    solver = Solver()
    for other in (QUESTION, _pigeons(3)):
        solver.ask(replace(other, of_word=True))
        assert ask_z3(question).values() == solver.ask(question).values() != {}


@pytest.mark.parametrize(("folder", "times"), [(False, 3), (True, 5)], ids=["kept", "recorded"])
def test_a_question_is_put_to_z3_once(
    folder: bool, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again, by another name too, it has the same answer; with other values or another body it is another."""
    put: list[Question] = []
    monkeypatch.setattr(module, "ask_z3", lambda question: put.append(question) or ask_z3(question))
    solver = Solver(tmp_path if folder else None)
    none = replace(QUESTION, values=(), body=QUESTION.body.replace("(< 0 n 2)", "(< 1 n 2)"))
    same = replace(QUESTION, name="again", asks="Once more?")
    found = [solver.ask(each) for each in (QUESTION, replace(QUESTION, values=()), same, none, QUESTION)]
    assert times == len(put)
    assert ["sat", "sat", "sat", "unsat", "sat"] == [answer.word for answer in found]
    assert {"n": 1} == found[0].values() == found[2].values() == found[4].values()
    assert ["odd", "odd", "again", "odd", "odd"] == [name for name, *_ in solver.asked]


def test_no_question_is_no_easy_one() -> None:
    """Text that is no SMT-LIB is told as it is for every question, and hides nothing from the next."""
    solver = Solver()
    with pytest.raises(z3.Z3Exception, match="error"):
        solver.ask(Question("odd", "", "", "(assert (bla", of_word=True))
    assert ask_z3(QUESTION).word == solver.ask(replace(QUESTION, of_word=True)).word


SPENT = [
    ["prove", "ggml/imrope", "ggml/neox", "--for-all", "sections", "--feed", "text"],
    ["prove", "ggml/normal", "ggml/neox", "--for-all", "n_rot"],
    ["prove", "ggml/neox:n_rot=64", "ggml/neox", "--for-all", "base"],
    ["solve", "ggml/imrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--over", "n_rot,sections", "--feed", "text"],
    ["prove", "ggml/neox", "ggml/neox:base=500"],
    ["prove", "ggml/neox", "ggml/neox", "--relation", "bitwise"],
    ["rewrite", str(PROOFS / "rewrites" / "running-product.toml"), "ggml/neox"],
]


@pytest.mark.parametrize("arguments", few({" ".join(row[:4])[-60:]: row for row in SPENT}, 3))
def test_a_spent_budget_is_undecided(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Without an answer nothing is claimed: exit code 3, and the question is saved where the output says."""
    monkeypatch.setattr(module, "ask_z3", lambda question: Answer("unknown", "budget"))
    monkeypatch.setattr(EasySolver, "ask", lambda self, question: Answer("unknown", "budget"))
    code = run_command(arguments)
    captured = capsys.readouterr()
    text = " ".join((captured.out + captured.err).split())
    assert 3 == code, text
    (saved,) = [word.strip(".,;") for word in text.split() if ".smt2" in word]
    assert "(check-sat" in Path(saved).read_text()


@pytest.mark.parametrize("arguments", [
    ["solve", "ggml/imrope:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--over", "n_rot,sections", "--feed", "text"],
    ["rewrite", str(PROOFS / "rewrites" / "running-product.toml"), "ggml/neox"],
    ["run", "theorem-4-imrope-mrope-free"],
], ids=lambda arguments: arguments[0])
@pytest.mark.parametrize("limit", ["WHOLE_BUDGET", "MAX_QUESTIONS"])
def test_many_questions_are_bounded_together(
    arguments: list[str], limit: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """When all questions together have taken what is allowed, nothing is claimed."""
    monkeypatch.setattr(module, limit, {"WHOLE_BUDGET": 100, "MAX_QUESTIONS": 5}[limit])
    assert 3 == run_command(arguments)
    captured = capsys.readouterr()
    assert "all the work that is allowed" in captured.out + captured.err
    assert "exactly where" not in captured.out


def test_the_budget_is_obeyed() -> None:
    """Z3 stops when the work that its text allows is done, and says so."""
    text = "(declare-const a Int)\n(declare-const b Int)\n(declare-const c Int)\n" \
        "(assert (and (> a 2) (> b 2) (> c 2) (= (+ (* a a a) (* b b b)) (* c c c))))\n(check-sat)"
    assert "unknown" == ask_z3(Question("cubes", "", "", text, budget=20_000)).word


def test_disagreement_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """If one solver says sat and the other unsat, one of them is wrong and nothing is concluded."""
    monkeypatch.setattr(module, "ask_cvc5", lambda question: "unsat")
    with pytest.raises(EvidenceError, match="Z3 says sat and cvc5 says unsat"):
        Solver(None, True).ask(QUESTION)


def test_disagreement_on_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """That is exit code 4."""
    pytest.importorskip("cvc5")
    real = module.ask_cvc5
    turned = {"sat": "unsat", "unsat": "sat", "unknown": "unknown"}
    monkeypatch.setattr(module, "ask_cvc5", lambda question: turned[real(question)])
    assert 4 == run_command(["prove", "ggml/normal", "ggml/neox", "--for-all", "n_rot", "--cvc5"])
    assert "cvc5" in capsys.readouterr().err


def test_agreement_is_reported(capsys: Capture) -> None:
    """What cvc5 said stands in the report; a silence is counted, not hidden."""
    pytest.importorskip("cvc5")
    assert 5 == run_command(["prove", "ggml/normal", "ggml/neox", "--cvc5", "--json"])
    assert "cvc5 agrees with Z3 on" in capsys.readouterr().out
    solver = Solver(None, True)
    assert "sat" == solver.ask(QUESTION).word
    assert "cvc5 agrees with Z3 on 1 of 1 questions" == solver.agreement
    solver.asked.append(("other", "unsat", "unknown"))
    assert "cvc5 agrees with Z3 on 1 of 2 questions; it left 1 open" == solver.agreement
