"""Frequencies that mix a power of the base with what is no power: YaRN and Llama 3, against numbers worked out apart.

The frequencies are written out here from the formulas, in 60 digits; two multisets are the same where all their numbers
are, to 40 digits, and different where some differ by more than that, which is seen to be much more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sympy
from mpmath import mp, mpf

from prover.checker import canonical, digest
from prover.claims.solver import Solver
from prover.errors import UndecidedError
from prover.language.logic import Condition, negation
from prover.language.symbolic import CLAMPED, INDEX
from prover.theorems.evidence import checked, evidence_of
from prover.theorems.for_all import Theorem, state_theorem
from prover.theorems.mixture import sides
from prover.theorems.points import Truth
from prover.theorems.ramps import Ramps
from prover.theorems.study import Study, make_statement
from prover.theorems.symbolic import read_hypotheses
from prover.theorems.variables import find_variables

LENGTH = "original_max_position_embeddings"
YARN = "transformers/half:rope_type=yarn:beta_fast=32:beta_slow=1"
LLAMA3 = "transformers/half:rope_type=llama3"
PLAIN = "transformers/half"
LINEAR = "transformers/half:rope_type=linear"
GGML = "ggml/neox:head_dim=n_rot:ext_factor=1"
AS_GGML = f"{YARN}:head_dim=n_rot:rope_theta=base:factor=1/freq_scale:{LENGTH}=n_ctx_orig"
LAST = f"{LENGTH}*rope_theta**(-2*(head_dim//2 - 1)/head_dim)/(2*pi) < high_freq_factor"
BEGINS = f"floor(head_dim*log({LENGTH}/(64*pi))/(2*log(rope_theta))) < head_dim//2 - 1"

Rule = Callable[[int, mpf, mpf, mpf], list[mpf]]


def proved(source: str, target: str, names: str, *where: str) -> Theorem:
    return state_theorem(source, target, names, where, [], None, Solver())


def clamped(value: mpf) -> mpf:
    return min(mpf(1), max(mpf(0), value))


def powers(n: int, base: mpf) -> list[mpf]:
    return [mp.power(base, -mpf(2 * j) / n) for j in range(n // 2)]


def yarn(n: int, base: mpf, length: mpf, factor: mpf) -> list[mpf]:
    """As transformers has it, betas 32 and 1, ends rounded."""
    low, high = (n * mp.log(length / (beta * 2 * mp.pi)) / (2 * mp.log(base)) for beta in (32, 1))
    low, high = max(mp.floor(low), mpf(0)), min(mp.ceil(high), mpf(n - 1))
    ramps = [clamped((j - low) / (high - low if high != low else mpf(1) / 1000)) for j in range(n // 2)]
    return [u / factor * m + u * (1 - m) for u, m in zip(powers(n, base), ramps, strict=True)]


def llama3(n: int, base: mpf, length: mpf, factor: mpf, low: int = 1, high: int = 4) -> list[mpf]:
    found = []
    for u in powers(n, base):
        turns = length * u / (2 * mp.pi)
        s = (turns - low) / (high - low)
        found.append(u / factor if turns < low else u if turns > high else (1 - s) * u / factor + s * u)
    return found


def plain(n: int, base: mpf, length: mpf, factor: mpf) -> list[mpf]:
    return powers(n, base)


def linear(n: int, base: mpf, length: mpf, factor: mpf) -> list[mpf]:
    return [u / factor for u in powers(n, base)]


def other(rule: Rule, factor: Callable[[mpf], mpf]) -> Rule:
    """The rule with another factor."""
    return lambda n, base, length, f: rule(n, base, length, factor(f))


def are_same(one: Sequence[mpf], two: Sequence[mpf]) -> bool:
    """Whether two multisets are one; what is neither 40 digits the same nor apart by 10**-20 fails."""
    gaps = [abs(a - b) for a, b in zip(sorted(one), sorted(two), strict=True)]
    assert all(gap < mpf(10) ** -40 or gap > mpf(10) ** -20 for gap in gaps)
    return all(gap < mpf(10) ** -40 for gap in gaps)


def last_turns(n: int, base: mpf, length: mpf) -> bool:
    return bool(length * powers(n, base)[-1] / (2 * mp.pi) < 4)


def ramp_begins(n: int, base: mpf, length: mpf) -> bool:
    return bool(mp.floor(n * mp.log(length / (64 * mp.pi)) / (2 * mp.log(base))) < n // 2 - 1)


GRID = list(product((2, 4, 6, 12), (2, 3, 100, 10000), (1, 5, 8, 40, 2000, 10**6, 10**12),
                    (Fraction(1), Fraction(2), Fraction(8), Fraction(1, 3))))
NAMES = f"head_dim,rope_theta,factor,{LENGTH}"

# Two specs, hypotheses with the same in numbers, the rules, the factor at which alone they are equal.
SOMETIMES: dict[str, Any] = {
    "YaRN for linear scaling": (
        YARN, LINEAR, [f"{LENGTH} <= rope_theta"], lambda n, b, k: k <= b, yarn, linear, 1),
    "YaRN for none": (
        YARN, PLAIN, ["head_dim >= 4", f"{LENGTH} >= 8", BEGINS],
        lambda n, b, k: n >= 4 and k >= 8 and ramp_begins(n, b, k), yarn, plain, 1),
    "Llama 3 for none": (LLAMA3, PLAIN, [LAST], last_turns, llama3, plain, 1),
    "Llama 3's factor 8 for another": (
        f"{LLAMA3}:factor=8", LLAMA3, [LAST], last_turns, other(llama3, lambda f: mpf(8)), llama3, 8),
    "Llama 3 for linear scaling": (LLAMA3, LINEAR, [f"{LENGTH} >= 30"], lambda n, b, k: k >= 30, llama3, linear, 1),
    "Llama 3, the ends in the wrong order": (
        f"{LLAMA3}:low_freq_factor=4:high_freq_factor=1", PLAIN, [LAST.replace("high_freq_factor", "4")], last_turns,
        lambda *at: llama3(*at, low=4, high=1), plain, 1),
}


@pytest.mark.parametrize(("source", "target", "where", "allowed", "ours", "theirs", "only"), [
    pytest.param(*row, id=name, marks=[pytest.mark.slow] if BEGINS in row[2] else []) for name, row in SOMETIMES.items()
])
def test_equal_for_one_factor_alone(
    source: str, target: str, where: list[str], allowed: Callable[[int, mpf, mpf], bool], ours: Rule, theirs: Rule,
    only: int,
) -> None:
    """What is proved is so at every point of a grid that the hypotheses allow."""
    found = proved(source, target, NAMES, *where)
    assert ("sometimes", "identical") == (found.answer.scope.value, found.relation and found.relation.value)
    (condition,) = found.answer.condition
    assert condition == sympy.Eq(sympy.Symbol("factor", real=True), only)
    seen = {True: 0, False: 0}
    with mp.workdps(60):
        for n, base, length, factor in GRID:
            at = n, mpf(base), mpf(length), mpf(factor.numerator) / factor.denominator
            if allowed(*at[:3]):
                same = are_same(ours(*at), theirs(*at))
                assert same == (factor == only), (n, base, length, factor)
                seen[same] += 1
    assert min(seen.values()) > 10


@pytest.mark.slow
def test_two_factors_are_never_the_same() -> None:
    """YaRN of a factor is not YaRN of twice the factor where the ramp begins before the last pair."""
    found = proved(YARN, f"{YARN}:factor=2*factor", NAMES, "head_dim >= 4", f"{LENGTH} >= 8", BEGINS)
    assert "never" == found.answer.scope.value
    with mp.workdps(60):
        for n, base, length, factor in GRID:
            at = n, mpf(base), mpf(length)
            if n >= 4 and length >= 8 and ramp_begins(*at):
                f = mpf(factor.numerator) / factor.denominator
                assert not are_same(yarn(*at, f), yarn(*at, 2 * f))


EXCEPTIONS: dict[str, Any] = {
    # The context is so long that the ramp lies past the last pair: all pairs are divided, as by linear scaling.
    "a ramp past the last pair": (YARN, LINEAR, [], yarn, linear, (4, 2, 10**12, 2)),
    "a head of one pair": (YARN, PLAIN, [f"{LENGTH} >= 8", BEGINS], yarn, plain, (2, 10000, 8, 2)),
    # The ramp ends before pair 0, with its ends in the wrong order: no pair is divided.
    "a ramp before pair 0": (YARN, PLAIN, ["head_dim >= 4", BEGINS], yarn, plain, (12, 2, 1, 2)),
    "no pair slow enough": (LLAMA3, PLAIN, [], llama3, plain, (4, 2, 2000, 2)),
    "no pair fast enough": (LLAMA3, LINEAR, [], llama3, linear, (4, 2, 5, 2)),
}


@pytest.mark.parametrize(("source", "target", "where", "ours", "theirs", "at"), [
    pytest.param(*row, id=name, marks=[pytest.mark.slow] if BEGINS in row[2] else [])
    for name, row in EXCEPTIONS.items()
])
def test_an_exception_keeps_it_from_being_said(
    source: str, target: str, where: list[str], ours: Rule, theirs: Rule, at: tuple[int, int, int, int]
) -> None:
    """At a point that the hypotheses allow the two are equal though the factor is 2: no condition on it is found."""
    with mp.workdps(60):
        assert are_same(ours(at[0], *map(mpf, at[1:])), theirs(at[0], *map(mpf, at[1:])))
    found = proved(source, target, NAMES, *where)
    assert ("open", ()) == (found.answer.scope.value, found.answer.condition)


SUMS = """
title = "two powers"
axes = ["t"]
width = "2*n"
[parameters]
n = {{ default = 4, whole = true, require = "n >= 2" }}
base = {{ default = 100, require = "base > 1" }}
a = {{ default = 1, require = "a > 0" }}
b = {{ default = 1, require = "b > 0" }}
[pairs]
count = "n"
first = "j"
second = "j + n"
angle = "t*({angle})"
"""
TWO_POWERS = "a*base**(-j/n) + b*base**(-2*j/n)"


@pytest.mark.parametrize(("angle", "scope", "is_same"), [
    ("b*base**(-2*j/n) + a*base**(-j/n)", "always", lambda a, b: True),
    ("base**(-j/n)*(a + b*base**(-j/n))", "always", lambda a, b: True),
    ("a*base**(-j/n) + 2*b*base**(-2*j/n)", "never", lambda a, b: False),
    ("a*base**(-j/n)", "never", lambda a, b: False),
    ("b*base**(-j/n) + a*base**(-2*j/n)", "sometimes", lambda a, b: a == b),
])
def test_sums_of_two_powers(angle: str, scope: str, is_same: Callable[[int, int], bool], tmp_path: Path) -> None:
    """Term by term in whichever order; else against the numbers at small sizes."""
    specs = []
    for name, text in (("old", TWO_POWERS), ("new", angle)):
        path = tmp_path / f"{name}.toml"
        path.write_text(SUMS.format(angle=text))
        specs.append(str(path))
    found = proved(*specs, "n,base,a,b")
    assert scope == found.answer.scope.value
    with mp.workdps(60):
        for n, base, a, b in product((2, 3, 5), (2, 10), (1, 2, 3), (1, 2)):
            sides = [
                [eval(text, {"a": a, "b": b, "n": n, "base": mpf(base), "j": mpf(j)}) for j in range(n)]
                for text in (TWO_POWERS, angle)
            ]
            assert are_same(*sides) == is_same(a, b)
            if scope == "sometimes":
                (condition,) = found.answer.condition
                values = {sympy.Symbol(name, real=True): sympy.Integer(e) for name, e in (("a", a), ("b", b))}
                assert is_same(a, b) == _is_true(condition.xreplace(values))


def ggml(n: int, base: mpf, length: mpf, scale: mpf) -> list[mpf]:
    low, high = (n * mp.log(length / (beta * 2 * mp.pi)) / (2 * mp.log(base)) for beta in (32, 1))
    low, high = max(mpf(0), mp.floor(low)), min(mpf(n - 1), mp.ceil(high))
    mixes = [1 - clamped((j - low) / max(mpf(1) / 1000, high - low)) for j in range(n // 2)]
    return [u * (scale * (1 - mix) + mix) for u, mix in zip(powers(n, base), mixes, strict=True)]


@pytest.mark.slow
def test_transformers_on_ggml() -> None:
    """The same where the ends of the ramp are in order, and not where they are not: then nothing is said."""
    where = ["freq_scale <= 1", "n_ctx_orig >= 8"]
    found = proved(AS_GGML, GGML, "n_rot,base,freq_scale,n_ctx_orig", *where, "n_ctx_orig <= base")
    assert ("always", "identical") == (found.answer.scope.value, found.relation and found.relation.value)
    with mp.workdps(60):
        for n, base, length, factor in GRID:
            if 8 <= length <= base and factor >= 1:
                f = mpf(factor.numerator)
                assert are_same(yarn(n, mpf(base), mpf(length), f), ggml(n, mpf(base), mpf(length), 1 / f))
        assert not are_same(yarn(4, mpf(2), mpf(10**12), mpf(2)), ggml(4, mpf(2), mpf(10**12), mpf(1) / 2))


@pytest.mark.parametrize(("scaling", "names", "where"), [
    ("yarn", "", []), ("llama3", ",low_freq_factor,high_freq_factor", ["low_freq_factor < high_freq_factor"]),
])
def test_the_other_pairing_is_a_permutation(scaling: str, names: str, where: list[str]) -> None:
    """One kernel in two pairings has the same frequencies, whatever they are; the checker sees it too."""
    solver = Solver()
    specs = [f"transformers/{pairing}:rope_type={scaling}" for pairing in ("half", "adjacent")]
    found = state_theorem(*specs, NAMES + names, where, [], None, solver)
    assert ("always", "permutation") == (found.answer.scope.value, found.relation and found.relation.value)
    assert evidence_of(found, solver).strength.startswith("checked")


def test_a_hypothesis_with_irrational_numbers_is_needed() -> None:
    """With pi and powers in it the checker shows that another factor turns slower; without it nothing is shown, and as
    frequencies are no numbers, nothing called false.
    """
    solver = Solver()
    found = state_theorem(f"{LLAMA3}:factor=8", LLAMA3, NAMES, [LAST], [], None, solver)
    evidence = evidence_of(found, solver)
    assert evidence.strength.startswith("checked")
    assert evidence.certificate is not None
    without = {**json.loads(evidence.certificate), "where": []}
    with pytest.raises(UndecidedError, match="could not show a part: one side turns slower than the other"):
        checked(canonical({**without, "digest": digest(without)}), solver)


def positive(condition: Condition) -> bool:
    """Whether a solver has it of positive b, f and g."""
    statement = make_statement(PLAIN, PLAIN, [], find_variables(["head_dim"], [PLAIN]), [])
    study = Study(statement, Solver(), more=tuple(sympy.Symbol(name, real=True) for name in "bfg"))
    known = [sympy.Gt(s, 0, evaluate=False) for s in study.more]
    return study.follows("factor", "Has a factor another sign?", condition, *known)


M, F, G = CLAMPED(INDEX - 3, 7), *(sympy.Symbol(name, real=True) for name in ("f", "g"))
U = sympy.Symbol("b", real=True) ** (-INDEX / 5)


@pytest.mark.parametrize(("ours", "theirs"), [
    (U * ((1 - M) / F + M), U), (U * ((1 - M) / F + M), U * ((1 - M) / G + M)), (U * (F * M - M + 1), U * F),
    (U * (1 - M + M / F), U / F), (U * (1 - M) ** 2 / F, U * (1 - M) ** 2),
])
def test_sides_are_those_of_the_numbers(ours: sympy.Basic, theirs: sympy.Basic) -> None:
    """Below, equal or above exactly where the numbers are, for ramps of 0, 1 and between."""
    found = sides(ours, theirs, positive)
    assert found is not None
    for f, g, m in product(map(sympy.Rational, ("1/2", "1", "2", "3")), (1, 2), map(sympy.Rational, ("0", "1/3", "1"))):
        def at(e: sympy.Basic, f: sympy.Basic = f, g: int = g, m: sympy.Basic = m) -> sympy.Basic:
            return e.xreplace({U: sympy.Integer(1), M: m, F: f, G: sympy.Integer(g)})

        apart = at(ours) - at(theirs)
        said = [_is_true(at(each)) for each in (found.below, found.equal, found.above)]
        assert [apart < 0, apart == 0, apart > 0] == said, (f, g, m)


def _is_true(condition: Condition) -> bool:
    return Truth().holds(condition, {}) is True


@pytest.mark.parametrize(("ours", "theirs"), [
    (U * (M / F - 2), U), (U, U * (1 - 2 * M)), (U ** 2 * (1 - M), U), (U * M * F, U / (M - 2)),
])
def test_sides_need_the_signs(ours: sympy.Basic, theirs: sympy.Basic) -> None:
    """Nothing is said of what may be negative, by the solver's word, or of different powers."""
    assert sides(ours, theirs, positive) is None


FILE = """
title = "three parameters"
axes = ["t"]
width = "2"
[parameters]
n = { default = 2, whole = true, require = "n >= 2" }
x = { default = 2, require = "x > 0" }
y = { default = 2, require = "y > 1" }
[pairs]
count = "1"
first = "0"
second = "1"
angle = "t*(n + x + y)"
"""
CONDITIONS = [
    "log(x) < log(y)", "log(x)/log(y) < 1", "n*log(x)/log(y) <= n", "x*y > 1", "x/pi < 1", "x**(1/2) > y",
    "x*y**(-n/3) < 2", "floor(n*log(x/(2*pi))/(2*log(y))) < n - 1", "log(x/(64*pi)) < 0", "log(x)*log(y) > 0",
    "log(x)/log(y) == 1", "x**(-1/n) < 1", "x**(y - 2) > 1", "x**(-1/n) < x**(-y/3)",
    "x/pi == y/pi", "log(x/(2*pi)) < log(x)", "x**2*y < 3", "min(1, max(0, x/y)) == 1",
    "min(1, max(0, (n - x)/(2*y - x))) == min(1, max(0, (n - x)/y))", "min(1, max(0, (n - x)/y)) > 0",
    "log(x/y) <= log(y/x)", "n*x/pi >= 3*x", "y**x > 1", "(x - 2)**2*y > 0", "log(1/x)/log(y) == -n*log(x)/log(y)",
]


def test_what_holds_somewhere_is_never_refuted(tmp_path: Path) -> None:
    """At numbers at which a condition, or its opposite, holds by exact arithmetic, no question says that it cannot.

    That refutes a wrong fact about a number that no solver knows: at some numbers it would be contradicted.
    """
    path = tmp_path / "three.toml"
    path.write_text(FILE)
    spec = str(path)
    variables = find_variables(["n", "x", "y"], [spec])
    statement = make_statement(spec, spec, [], variables, [])
    symbols = [v.symbols[0] for v in variables]
    study, truth, seen = Study(statement, Solver()), Truth(), dict.fromkeys(CONDITIONS, 0)
    rows = read_hypotheses(CONDITIONS, variables, [])
    numbers = [sympy.Rational(t) for t in ("1/2", "1", "2", "7", "300")]
    for n, x, y in product(map(sympy.Integer, (2, 5)), numbers, numbers[2:]):
        point = dict(zip(symbols, (n, x, y), strict=True))
        at = [sympy.Eq(s, v, evaluate=False) for s, v in point.items()]
        for condition, text in rows:
            for each in (condition, negation(condition)):
                if truth.holds(each, point):
                    assert "unsat" != study.ask("at", "Can it hold?", Ramps(study).named(each), *at), (text, point)
                    seen[text] += 1
    assert min(seen.values()) >= 20


KNOWN = {
    "x > 1": "x**(-1/n) < 1", "x < 1": "x**(n/3) < 1", "x == 1": "x**(y/3) == 1", "x > 1 ": "x**(-2/n) < x**(-1/n)",
    "x < y": "log(x) < log(y)", "x <= 1": "log(x) <= 0", "x < 3": "x/pi < 1", "x > 6": "log(x/pi) > 0",
    "n > 4": "n*y**(-n) > 0", "x >= y": "n*log(x)/log(y) >= n", "x < 200*y": "n*log(x/(64*pi))/log(y) < n",
    "x > n": "min(1, max(0, (n - x)/y)) == 0", "n > 2*y": "min(1, max(0, n/(2*y))) == 1",
}


@pytest.mark.parametrize(("known", "wanted"), KNOWN.items(), ids=KNOWN.values())
def test_what_is_known_of_such_numbers(known: str, wanted: str, tmp_path: Path) -> None:
    """What follows by hand is proved, and not without what it follows from."""
    path = tmp_path / "three.toml"
    path.write_text(FILE)
    variables = find_variables(["n", "x", "y"], [str(path)])
    study = Study(make_statement(str(path), str(path), [], variables, []), Solver())
    given, asked = (Ramps(study).named(c) for c, _ in read_hypotheses([known, wanted], variables, []))
    assert study.follows("known", "Is it so?", asked, given)
    assert study.follows("known", "Is it so?", asked) == (known == "n > 4")
