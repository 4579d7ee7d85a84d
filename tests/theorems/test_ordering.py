"""Pairs in order, and less than half a turn: YaRN's ends rounded or not, against numbers worked out apart."""

from __future__ import annotations

import operator
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import pytest
import sympy
import z3
from mpmath import mp, mpf

from prover.claims.solver import Solver
from prover.language.smt import Translator
from prover.theorems.blend import is_surely_no_less
from prover.theorems.numbers import between
from prover.theorems.points import Truth
from prover.theorems.signs import Signs
from prover.theorems.study import Study, make_statement
from prover.theorems.theorem import Answer, Scope
from prover.theorems.unrolled import decide_unrolled
from prover.theorems.variables import find_variables

PI, ROOT = sympy.pi, sympy.sqrt(2)
FILE = """
title = "two pairs"
axes = ["t"]
positions = "{positions}"
width = "4"
[parameters]
f = {{ default = 1, require = "f >= 1" }}
[pairs]
count = "2"
first = "j"
second = "j + 2"
angle = "{angle}"
"""


def study_of(folder: Path, source: str, target: str, *where: str, positions: str = "integer") -> Study:
    """A study of two layouts of two pairs over f >= 1, by their angles."""
    specs = []
    for name, angle in (("old", source), ("new", target)):
        path = folder / f"{name}.toml"
        path.write_text(FILE.format(angle=angle, positions=positions))
        specs.append(str(path))
    variables = find_variables(["f"], specs)
    return Study(make_statement(*specs, [], variables, where), Solver())


def decided(folder: Path, source: str, target: str, *where: str, positions: str = "integer") -> Answer:
    """Where the two are equal, pair by pair."""
    return decide_unrolled(study_of(folder, source, target, *where, positions=positions), identity=False)


def frequencies(factor: mpf, truncate: bool, pairs: int = 32, base: int = 150000, length: int = 4096) -> list[mpf]:
    """YaRN's, from its formula: betas 32 and 1."""
    low, high = (pairs * mp.log(length / (beta * 2 * mp.pi)) / mp.log(base) for beta in (32, 1))
    if truncate:
        low, high = mp.floor(low), mp.ceil(high)
    low, high = max(low, mpf(0)), min(high, mpf(2 * pairs - 1))
    ramps = [min(mpf(1), max(mpf(0), (j - low) / (high - low))) for j in range(pairs)]
    return [mpf(base) ** (mpf(-j) / pairs) * (r / factor + 1 - r) for j, r in enumerate(ramps)]


@pytest.mark.parametrize("factor", ["1", "1.000001", "1.5", "2", "32", "40", "1e6"])
def test_gpt_oss_numbers(factor: str) -> None:
    """Where the factor is 1 nothing differs, else pairs 9 to 17; all turn in order, by 1 at most."""
    with mp.workdps(60):
        ours, theirs = (frequencies(mpf(factor), truncate) for truncate in (False, True))
        apart = [j for j, (a, b) in enumerate(zip(ours, theirs, strict=True)) if abs(a - b) > mpf(10) ** -50]
        assert apart == ([] if factor == "1" else list(range(9, 18)))
        for side in (ours, theirs):
            assert max(side) <= 1
            assert all(a > b for a, b in pairwise(side))


# Angles of two pairs, a hypothesis, and whether "equal exactly where f is 1" is found.
CASES = {
    "in order, with logarithms": ("f*log(2)", "1/2", "log(2)", "1/2", "f <= 4", True),
    "more than half a turn": ("f*log(2)", "1/2", "log(2)", "1/2", "f <= 5", False),
    "one up and one down": ("4 + f", "4 - f", "6 - f", "2 + f", "f <= 3/2", True),
    "up at one pair, down at the other": ("4 + f", "3 - f", "5", "2", "f <= 2", True),
    "the same twice": ("f", "f", "1", "1/f", "f <= 2", True),
    "one side not in order": ("1/f", "f", "f", "1/f", "f <= 4", False),
    "the other side not in order": ("2 + f", "2 - f", "2 - f", "2 + f", "f <= 3/2", False),
    "out of order at some parameters": ("2", "f", "f", "2", "f <= 3", False),
    "negative": ("-f", "-2*f", "-1", "-2*f", "f <= 3", True),
}


@pytest.mark.parametrize(("a", "b", "c", "d", "where", "is_found"), CASES.values(), ids=CASES)
def test_two_pairs(tmp_path: Path, a: str, b: str, c: str, d: str, where: str, is_found: bool) -> None:
    """By hand: f*log(2) is below 3 up to f = 4.3; of sides out of order, which may be one multiset, nothing is said."""
    found = decided(tmp_path, *(f"t*({one} if j == 0 else {two})" for one, two in ((a, b), (c, d))), where)
    assert (found.scope is Scope.SOMETIMES) == is_found
    if is_found:
        (condition,) = found.condition
        (f,) = condition.free_symbols
        for value in (1, Fraction(5, 4), Fraction(3, 2), 2):
            assert (value == 1) == Truth().holds(condition, {f: sympy.Rational(str(value))})


def test_two_multisets_that_are_one_are_not_called_different(tmp_path: Path) -> None:
    """f and 2 in either order are one multiset at every f."""
    found = decided(tmp_path, "t*(f if j == 0 else 2)", "t*(2 if j == 0 else f)", positions="real")
    assert found.scope is Scope.OPEN


def test_estimates_by_hand(tmp_path: Path) -> None:
    """With f >= 1: pi + sqrt(2)/f is no less than 3, than pi, than pi + 1/f; not than pi + sqrt(2), nor pi*f."""
    study = study_of(tmp_path, "t*f", "t")
    signs, (f,) = Signs(study, sympy.true), study.statement.variables[0].symbols
    ours = PI + ROOT / f
    three, zero = sympy.Integer(3), sympy.Integer(0)
    assert all(is_surely_no_less(ours, theirs, signs) for theirs in (three, PI, PI + 1 / f, zero))
    assert not any(is_surely_no_less(ours, theirs, signs) for theirs in (PI + ROOT, PI * f, PI + 3 / (2 * f), -PI))
    assert is_surely_no_less(ours, PI + ROOT, signs, sympy.Le(f, sympy.Rational(9, 10), evaluate=False))
    assert is_surely_no_less(zero, zero, signs)


@pytest.mark.parametrize("constant", [PI, ROOT, sympy.log(2) / PI, sympy.Rational(-1, 3), sympy.Integer(0)])
def test_bounds_of_constants(constant: sympy.Expr) -> None:
    """Closely around it."""
    ends = between(constant)
    low, high = (sympy.Rational(end.numerator, end.denominator) for end in ends)
    assert low <= constant <= high
    assert high - low < sympy.Rational(1, 10**40)


@pytest.mark.parametrize("kind", [sympy.Lt, sympy.Le, sympy.Gt, sympy.Ge, sympy.Eq, sympy.Ne])
@pytest.mark.parametrize("turned", [False, True])
def test_a_number_over_an_unknown_is_compared(kind: type, turned: bool) -> None:
    """At every value by plain arithmetic; where the unknown is 0 there is no number, and nothing holds."""
    x, compared = sympy.Symbol("x", real=True), {
        sympy.Lt: operator.lt, sympy.Le: operator.le, sympy.Gt: operator.gt, sympy.Ge: operator.ge,
        sympy.Eq: operator.eq, sympy.Ne: operator.ne,
    }[kind]
    for above, other in product((1, -2, Fraction(3, 2)), (0, 1, -1, Fraction(1, 2))):
        sides = (sympy.Rational(str(above)) / x, sympy.Rational(str(other)))
        condition = kind(*(reversed(sides) if turned else sides), evaluate=False)
        translator = Translator.of({x: "Real"})
        text = f"(assert {translator.condition(condition)})"
        for value in (0, 1, -1, 2, -2, Fraction(3, 2), Fraction(-1, 3), 3):
            solver = z3.Solver()
            solver.add(z3.parse_smt2_string("\n".join([*translator.declarations(), text])))
            solver.add(z3.Real(translator.names[x].text.strip("|")) == z3.RealVal(str(value)))
            ends = () if value == 0 else (Fraction(above) / value, other)
            expected = bool(ends) and compared(*(reversed(ends) if turned else ends))
            assert expected == (solver.check() == z3.sat), (condition, value)
