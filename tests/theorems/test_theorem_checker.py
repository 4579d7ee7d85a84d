"""The checker of theorems: certificates written by hand, and what it must not accept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import small_sizes
import written_certificates as written
from false_statements import FALSE
from theorem_statements import FAILS, LOGARITHMS, NEVER, TRUE, changed, claim, refuted, small, solve
from written_certificates import JSON, WRITTEN, parameter, sealed

from prover import theorem_checker
from prover.resources import PROOFS
from prover.theorem_checker import NotShown, Rejected, check
from sampling import few


@pytest.mark.parametrize("name", WRITTEN)
def test_accepted(name: str) -> None:
    """Each theorem written by hand is shown, every obligation by evaluation or by a solver."""
    accepted = check(sealed(WRITTEN[name]()), solve)
    assert {"evaluated", "z3: unsat"} == {each.discharged for each in accepted.obligations}
    assert all((each.question == "") == (each.discharged == "evaluated") for each in accepted.obligations)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_written_theorems_are_true(name: str) -> None:
    """The same statements hold at small parameters, by arithmetic that has nothing of the checker."""
    assert None is small_sizes.false_at(WRITTEN[name](), 25)


def test_statement() -> None:
    """What is accepted is said in words: variables, what they have to meet, the relation, the condition."""
    said = "\n".join(check(sealed(written.imrope_neox_text()), solve).statement)
    for part in (
        "for all whole head_dim, whole n_rot, rational base, whole sections (4 of them)",
        "with sum(sections) >= n_rot//2",
        'source, called "ggml/imrope": width = head_dim, ',
        'target, called "ggml/neox"',
        "y[write_first] = magnitude*(x[first]*cos(angle) - x[second]*sin(angle))",
        'fed "text"',
        "identical holds where 3*sections[0] >= n_rot//2 and 3*sections[1] + 1 >= n_rot//2",
        "linear fails elsewhere: it is not so that some fixed linear maps",
    ):
        assert part in said


def test_the_rows_of_a_permutation_are_told() -> None:
    """Which permutation it is belongs to what is stated, and a side without names of its own has no empty line."""
    said = check(sealed(TRUE["permutation"]()), solve).statement
    row = TRUE["permutation"]()["evidence"]["permutation"]
    assert f"row lane of the target's weights is row {row} of the source's" in said
    assert not any(line.rstrip().endswith(("where", "with", "allowed if")) for line in said)


def test_a_loop_and_its_feed_are_told() -> None:
    """What is carried from pair to pair, where it begins, and what every axis gets belongs to what is stated."""
    said = "\n".join(check((PROOFS / "theorems" / "rewrite-1-counter.json").read_text(), solve).statement)
    assert "turn begins as 0 and goes on as 0 if " in said
    assert "source's h gets 1 h; " in said
    assert "whole offset = 0" in said


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    """Each of these is shown, and is true at small sizes."""
    assert check(sealed(TRUE[name]()), solve).obligations
    assert None is small_sizes.false_at(TRUE[name](), 25)


@pytest.mark.parametrize("name", LOGARITHMS)
def test_logarithms_and_pi(name: str) -> None:
    """What is known of them is enough for each of these."""
    assert check(sealed(LOGARITHMS[name]()), solve).obligations


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    """None of these is shown."""
    with pytest.raises((Rejected, NotShown)):
        check(sealed(FALSE[name]()), solve)


NUMBERS = (Fraction(1), Fraction(1, 2), Fraction(4), Fraction(3), Fraction(-2))
EXPONENTS = ("j", "j + 1", "j - 2", "-j", "1 - j", "j % 3", "2 + j % 3")


@pytest.mark.parametrize(
    ("c", "e", "d", "f"), few(list(product(NUMBERS, EXPONENTS, NUMBERS, EXPONENTS)), 40)
)
def test_numbers_beside_powers(c: Fraction, e: str, d: Fraction, f: str) -> None:
    """c*2**e and d*2**f: identical exactly where plain Python has them so at the first pairs; never alike likewise."""
    ours, theirs = ([n * Fraction(2) ** eval(text, {"j": j}) for j in range(9)] for n, text in ((c, e), (d, f)))
    both = small(f"p*({c})*2**({e})"), small(f"p*({d})*2**({f})")
    if ours == theirs:
        assert check(sealed(claim(*both)), solve).obligations
    else:
        with pytest.raises((Rejected, NotShown)):
            check(sealed(claim(*both)), solve)
    never = claim(*both, NEVER, FAILS, refutation=refuted("own-index", ("0 == 1", "0")))
    if abs(ours[0]) == abs(theirs[0]):
        with pytest.raises((Rejected, NotShown)):
            check(sealed(never), solve)


MALFORMED: dict[str, Callable[[], str]] = {
    "no JSON": lambda: "{",
    "truncated": lambda: sealed(TRUE["the same"]())[:-40],
    "no object": lambda: "[]\n",
    "another schema": lambda: changed(TRUE["the same"](), "schema", "rope-prover/certificate/1"),
    "a float": lambda: changed(TRUE["the same"](), "evidence.sign", 1.0),
    "a flag for a number": lambda: changed(TRUE["the same"](), "evidence.sign", True),
    "a number for a flag": lambda: changed(TRUE["the same"](), "variables.0.whole", 1),
    "a field more": lambda: sealed({**TRUE["the same"](), "note": ""}),
    "a field twice": lambda: sealed(TRUE["the same"]()).replace('"schema":', '"schema":"x","schema":', 1),
    "another order of fields": lambda: json.dumps(json.loads(sealed(TRUE["the same"]()))) + "\n",
    "a wrong digest": lambda: sealed(TRUE["the same"]()).replace("small", "large"),
    "a variable twice": lambda: changed(TRUE["the same"](), "variables.1.name", "n"),
    "a variable called j": lambda: changed(TRUE["the same"](), "variables.1.name", "j"),
    "a variable of another kind": lambda: changed(TRUE["the same"](), "variables.0.whole", False),
    "an axis called like a parameter": lambda: changed(TRUE["the same"](), "source.axes.0", "n"),
    "an unknown axis in a feed": lambda: changed(TRUE["the same"](), "feeds.0.source", {"q": {"p": "1"}}),
    "an unknown coordinate": lambda: changed(TRUE["the same"](), "feeds.0.source.p", {"q": "1"}),
    "a rational not in lowest terms": lambda: changed(TRUE["the same"](), "feeds.0.source.p.p", "2/2"),
    "no feed": lambda: changed(TRUE["the same"](), "feeds", []),
    "a condition with always": lambda: changed(TRUE["the same"](), "answer.condition", ["n > 1"]),
    "an unknown relation": lambda: changed(TRUE["the same"](), "answer.relation", "similar"),
    "linear is no witness": lambda: changed(TRUE["the same"](), "answer.relation", "linear"),
    "no relation": lambda: changed(TRUE["the same"](), "answer.relation", None),
    "a permutation that is not wanted": lambda: changed(TRUE["the same"](), "evidence.permutation", "lane"),
    "no permutation": lambda: changed(TRUE["permutation"](), "evidence.permutation", None),
    "no refutation": lambda: changed(TRUE["edge"](), "evidence.refutation", None),
    "a refutation that is not wanted": lambda: changed(TRUE["the same"](), "evidence.refutation", refuted("edge")),
    "an unknown rule": lambda: changed(TRUE["edge"](), "evidence.refutation.rule", "trace"),
    "a witness for another clause": lambda: changed(TRUE["own index"](), "evidence.refutation.witness.0.0", "n <= 3"),
    "no witness": lambda: changed(TRUE["own index"](), "evidence.refutation.witness", []),
    "no point": lambda: changed(TRUE["the same"](), "evidence.points.holds", None),
    "a point too many": lambda: changed(TRUE["the same"](), "evidence.points.fails", {"n": "1", "base": "2"}),
    "a point without a variable": lambda: changed(TRUE["the same"](), "evidence.points.holds", {"n": "1"}),
    "a point that is not whole": lambda: changed(TRUE["the same"](), "evidence.points.holds.n", "3/2"),
    "an invariant of no state": lambda: changed(TRUE["a loop"](), "evidence.invariant.0.state", "n"),
    "unlike positions": lambda: changed(TRUE["the same"](), "source.positions", "real"),
    "no layout": lambda: changed(TRUE["the same"](), "source", None),
    "no text": lambda: changed(TRUE["the same"](), "source.pairs.angle", 3),
    "a parameter without a value": lambda: changed(
        TRUE["the same"](), "source.parameters", lambda own: [*own, parameter("c", "c > 0")]
    ),
    "not as many entries": lambda: changed(
        TRUE["the same"](), "source.parameters", lambda own: [*own, parameter("c", None, ["1"], entries=2)]
    ),
    "two meanings of a name": lambda: changed(
        changed_root(TRUE["the same"](), "source.parameters", lambda own: [*own, parameter("c", None, "1")]),
        "target.parameters",
        lambda own: [*own, parameter("c", None, "2")],
    ).replace("", ""),
}


def changed_root(root: JSON, path: str, new: Any) -> JSON:
    return json.loads(changed(root, path, new))


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(name: str) -> None:
    """Each is rejected with a reason, and never with an error of another kind."""
    if name == "two meanings of a name":
        text = changed(json.loads(MALFORMED[name]()), "where", ["c > 0"])
    else:
        text = MALFORMED[name]()
    with pytest.raises(Rejected):
        check(text, solve)


PLACES: dict[str, tuple[str, Any, str]] = {
    "another's certificate": ("schema", "rope-prover/certificate/1", "schema: expected .*, got 'rope-prover/cert"),
    "no kind": ("variables.0.whole", 1, "variables n: whole: expected true or false, got 1"),
    "no number of entries": ("variables.0.entries", -1, "variables n: entries: expected null or a number"),
    "no positions": ("source.positions", "real numbers", "source.positions: expected integer or real"),
    "a name alone": ("source.let", [["speed"]], r"source.let.0: expected \[name, value\]"),
    "a list for a name": ("source.let", [[["speed"], "1"]], r"source.let.0: \['speed'\] is no name"),
    "no axis": ("feeds.0.source", {}, r"feeds.0.source: expected a position for each of \['p'\]"),
    "no coordinate": ("feeds.0.source.p", {"q": "1"}, r"feeds.0.source: expected factors of \['1', 'p'\]"),
    "no scope": ("answer.scope", "often", "answer.scope: expected always or .* or not-always, got 'often'"),
    "no relation": ("answer.relation", "linear", "answer.relation: expected identical or .*, got 'linear'"),
    "an empty point": ("evidence.points.holds", {}, "evidence.points.holds: .*; n is missing"),
    "a list for a point": ("evidence.points.holds", [], "evidence.points.holds: expected an object"),
    "a point of one": ("evidence.points.holds", {"n": "1"}, "evidence.points.holds: .*; base is missing"),
    "a part of a pair": ("evidence.points.holds.n", "3/2", "evidence.points.holds.n: expected a whole number"),
    "a missing field": ("source", {}, "source: expected exactly the fields .*; name is missing"),
    "a parameter of no value": ("source.parameters.0.name", "other", "source.parameters other: it has no value"),
    "instances of nothing": ("evidence.instances", [{}], "evidence.instances.0: its digest does not match"),
}


@pytest.mark.parametrize("name", PLACES)
def test_rejected_at_its_place(name: str) -> None:
    """Where a certificate is malformed, what was expected there and what was found."""
    path, new, message = PLACES[name]
    with pytest.raises(Rejected, match=message):
        check(changed(TRUE["the same"](), path, new), solve)


@pytest.mark.parametrize(
    ("path", "new", "message"),
    [
        ("evidence.refutation.rule", "trace", "evidence.refutation.rule: expected counts or .*, got 'trace'"),
        ("evidence.refutation.rule", ["edge"], r"evidence.refutation.rule: expected .*, got \['edge'\]"),
        ("evidence.refutation.witness.0.0", {}, r"evidence.refutation.witness.0: expected \[clause"),
        ("evidence.refutation.witness", [], "evidence.refutation.witness: expected some with the rule own-index"),
        ("evidence.refutation", None, "evidence.refutation: expected a rule, as the answer is sometimes"),
    ],
)
def test_a_refutation_rejected_at_its_place(path: str, new: Any, message: str) -> None:
    """The same of why something fails."""
    with pytest.raises(Rejected, match=message):
        check(changed(TRUE["own index"](), path, new), solve)


def test_nested_without_end() -> None:
    """A text of brackets alone is malformed, whatever Python calls that."""
    with pytest.raises(Rejected, match="certificate: nested deeper"):
        check("[" * 200_000, solve)


# ---- solvers


@pytest.mark.parametrize(
    "answers", [{}, {"z3": "unknown"}, {"z3": "unsat", "cvc5": "sat"}, {"z3": "sat", "cvc5": "unsat"}]
)
def test_solvers_that_do_not_settle_it(answers: dict[str, str]) -> None:
    """No answer, and answers that contradict each other, show nothing."""
    with pytest.raises(NotShown):
        check(sealed(TRUE["permutation"]()), lambda text: answers)


def test_a_text_is_no_command() -> None:
    """A clause with line breaks stays in the comment of its question."""
    root = TRUE["lanes"]()
    root["answer"]["condition"] = root["evidence"]["refutation"]["witness"][0][:1] = ["n ==\n(1)\n"]
    asked: list[str] = []
    check(sealed(root), lambda text: asked.append(text) or solve(text))  # type: ignore[func-returns-value]
    assert any("(1) fails" in text for text in asked)
    assert all(text.split("\n")[1].startswith("(set-logic ") for text in asked)


@pytest.mark.parametrize("exponent", ["sqrt(2)", "min(sqrt(2), n)", "(sqrt(2) if j > 0 else 1)", "(-sqrt(2))**n"])
def test_exponents_that_may_be_irrational(exponent: str) -> None:
    """2**sqrt(2) is no algebraic number, so that whole turns might hide what differs: nothing is shown."""
    with pytest.raises(NotShown, match="not seen to be rational"):
        check(sealed(claim(small(f"p*2**{exponent}"), small("p*7"), NEVER, FAILS, refutation=refuted("edge"))), solve)


def test_without_a_solver(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the certificate states is told all the same, and what is wanting."""
    file = tmp_path / "permutation.json"
    file.write_text(sealed(TRUE["permutation"]()))
    monkeypatch.setattr(theorem_checker, "solvers", lambda: lambda text: {})
    assert 4 == theorem_checker.main([str(file)])
    said = capsys.readouterr().out
    assert "NOT SHOWN: source: " in said
    assert "no solver settles it (there is none: put z3 or cvc5 on the PATH)" in said
    assert "permutation holds: one permutation of the rows" in said


@pytest.mark.skipif(sys.platform == "win32", reason="programs are scripts of a shell")
def test_solvers_are_bounded_by_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both get a bound in their own count and none in time; one that does not count is ended after its second."""
    told = {name: f'echo "$@" > {tmp_path}/{name}.said' for name in ("z3", "cvc5")}
    programs = {"z3": f"{told['z3']}; echo unsat", "cvc5": f"{told['cvc5']}; while :; do :; done"}
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(theorem_checker, "SECONDS", 1)
    assert {"z3": "unsat", "cvc5": "unknown"} == theorem_checker.solvers()("(check-sat)")
    assert "-in rlimit=100000000\n" == (tmp_path / "z3.said").read_text()
    assert "--lang=smt2 --rlimit=2000000 -\n" == (tmp_path / "cvc5.said").read_text()
    monkeypatch.setattr(theorem_checker, "ALL_SECONDS", 0)
    assert {} == theorem_checker.solvers()("(check-sat)")


def test_two_solvers() -> None:
    """All who say that nothing gainsays it are named; one that does not know is no objection."""
    shown = check(sealed(TRUE["permutation"]()), lambda text: {**solve(text), "cvc5": "unsat", "yices": "unknown"})
    assert {"evaluated", "cvc5 and z3: unsat"} == {each.discharged for each in shown.obligations}


def test_what_is_false_is_rejected() -> None:
    """Where nothing was left out of a question, an answer to it is a reason to reject."""
    with pytest.raises(Rejected, match="not so: pair by pair, identical holds"):
        check(sealed(FALSE["magnitudes differ"]()), solve)


@pytest.mark.parametrize("name", ["a lane outside", "a magnitude that is 0"])
def test_what_is_no_layout_everywhere_is_not_shown(name: str) -> None:
    """Nothing is stated of parameters that make no layout: the theorem may be true of the others."""
    with pytest.raises(NotShown, match=r"source: (lanes are whole and inside the head|magnitudes are not 0)"):
        check(sealed(FALSE[name]()), solve)


# ---- as a program


def test_copied_out(tmp_path: Path) -> None:
    """The file alone, run by a Python that sees nothing else, says what each certificate states."""
    program = tmp_path / "checker.py"
    program.write_bytes(Path(theorem_checker.__file__).read_bytes())
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(sealed(TRUE["the same"]()))
    bad.write_text(sealed(FALSE["a point that is not allowed"]()))

    def run(*names: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-I", program, *names], capture_output=True, text=True, check=False)

    if not any(theorem_checker.solvers()("(declare-const x Int)\n(assert (< x x))\n(check-sat)\n").values()):
        pytest.skip("there is no solver as a program")
    assert (0, True) == (
        (found := run(good)).returncode,
        '"\n  accepted\n  for all whole n, rational base' in found.stdout,
    )
    assert (4, True) == (
        (found := run(good, bad)).returncode,
        "REJECTED: not so: evidence.points.holds" in found.stdout,
    )
    assert 4 == run().returncode
    assert 4 == run(tmp_path / "none.json").returncode


def test_stands_alone() -> None:
    """It imports nothing but the standard library."""
    text = Path(theorem_checker.__file__).read_text()
    modules = {found[1] for found in re.finditer(r"^(?:from|import) ([a-z_]+)", text, re.MULTILINE)}
    assert modules <= sys.stdlib_module_names
