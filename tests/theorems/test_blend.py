"""Blends with numbers that are not rational: their differences by hand, and what is solved with them."""

from __future__ import annotations

import pytest
import sympy

from prover.claims.claim import make_claim
from prover.claims.solver import Solver
from prover.language.symbolic import INDEX
from prover.layouts.loading import load
from prover.theorems.blend import difference
from prover.theorems.for_all import Theorem, solve_for
from prover.theorems.numbers import is_true_of_numbers, sign_of_equal
from prover.theorems.signs import Signs
from prover.theorems.study import Study, make_statement
from prover.theorems.theorem import is_over_pi
from prover.theorems.variables import find_variables
from prover.verdicts.verdict import prove

LLAMA3 = "transformers/half:rope_type=llama3:head_dim=8:rope_theta=500000"
PLAIN = "transformers/half:head_dim=8:rope_theta=500000"
PI, ROOT, BASE = sympy.pi, sympy.sqrt(2), sympy.Symbol("base", positive=True)


def solved(source: str, target: str, names: str = "factor") -> Theorem:
    """The theorem that `solve` states."""
    return solve_for(source, target, names, [], [], Solver(), 0)


def signs_of(spec: str = LLAMA3) -> tuple[Signs, sympy.Symbol]:
    """Signs under the hypothesis factor > 0, and that symbol."""
    variables = find_variables(["factor"], [spec, PLAIN])
    study = Study(make_statement(spec, PLAIN, [], variables, []), Solver())
    return Signs(study, sympy.Ge(INDEX, 0, evaluate=False)), variables[0].symbols[0]


def test_differences_worked_out_by_hand() -> None:
    """(1 - s)/f + s less 1 is (1 - s)*(1/f - 1), so above 0 where 1 - f is; s is 1/pi, or 1/sqrt(2)."""
    signs, f = signs_of()
    for s in (1 / PI, 1 / ROOT):
        blend = (1 - s) / f + s
        assert 1 - f == difference(blend, sympy.Integer(1), signs)
        assert f - 1 == difference(sympy.Integer(1), blend, signs)
        assert 2 - f == difference(ROOT * blend, ROOT * ((1 - s) / 2 + s), signs)
        assert 0 == difference(blend, blend, signs)
        assert 1 == difference(blend + PI, blend, signs)


@pytest.mark.parametrize("other", [
    "a negative term", "two irrational numbers", "a product of unknowns", "a number of unknown sign",
])
def test_what_is_no_difference(other: str) -> None:
    """Nothing is said where a term may be negative, or what is left cannot be asked about."""
    signs, f = signs_of()
    ours, theirs = {
        "a negative term": (PI - 1 / f, sympy.Integer(1)),
        "two irrational numbers": (PI / f + ROOT, sympy.Integer(1)),
        "a product of unknowns": (PI / f + PI * f + PI, 3 * PI * f ** 3),
        "a number of unknown sign": (1 / f + (f - 1) ** 2 * PI, sympy.Integer(1)),
    }[other]
    assert difference(ours, theirs, signs) is None


# Two layouts, and the condition on the factor.
CASES = {
    "scaling lost": (LLAMA3, PLAIN, ["factor == 1"]),
    "another factor": (LLAMA3, f"{LLAMA3}:factor=3/2", ["factor == 3/2"]),
    "another end": (LLAMA3, f"{LLAMA3}:high_freq_factor=8", ["factor == 1"]),
}


@pytest.mark.parametrize(("source", "target", "expected"), CASES.values(), ids=CASES)
def test_llama3_over_its_factor(source: str, target: str, expected: list[str]) -> None:
    """Pair 2 of 4 is blended, by a number with pi in it; at factors beside the condition the concrete engine agrees."""
    found = solved(source, target)
    right = sympy.Rational(expected[0].rpartition(" ")[2])
    assert "sometimes" == found.answer.scope.value
    assert (sympy.Eq(found.statement.variables[0].symbols[0], right, evaluate=False),) == found.answer.condition
    for factor in (sympy.Rational(1, 2), 1, sympy.Rational(3, 2), 2, 8):
        target_at = target if "factor=3/2" in target or target == PLAIN else f"{target}:factor={factor}"
        verdict = prove(make_claim(load(f"{source}:factor={factor}"), load(target_at), []))
        assert (factor == right) == (verdict.holds is not None)


@pytest.mark.parametrize(("number", "is_so"), [
    (ROOT, True), (1 / PI, True), (ROOT / PI**2 + 3, True), ((1 + 1 / PI) ** 2, True), (PI, False), (1 + PI, False),
    (1 / (1 + PI), False), (PI ** sympy.Rational(-1, 2), False), (sympy.log(2), False), (1 / sympy.log(2), False),
    (2 ** (1 / PI), False), (PI ** -sympy.Symbol("m", integer=True), False),
    (BASE ** (1 - sympy.Symbol("j", integer=True) / 3), True), (2**ROOT, False), (BASE ** (2**ROOT), False),
    (BASE ** sympy.floor(ROOT * BASE), True), ((1 + BASE**ROOT) ** 2, False),
])
def test_sums_over_powers_of_pi(number: sympy.Expr, is_so: bool) -> None:
    """By its form alone."""
    assert is_so == is_over_pi(number)


def test_pi_above_the_line_stays_open(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """t*(1 + (m - 1)*2*pi) turns as t does at whole positions for every whole m, so nothing is said to differ."""
    for name, angle in (("old", "t*(1 + (m - 1)*2*pi)"), ("new", "t")):
        (tmp_path / f"{name}.toml").write_text(
            'title = "turns"\naxes = ["t"]\npositions = "integer"\nwidth = "2"\n[parameters]\n'
            'm = { default = 1, whole = true, require = "m >= 1" }\n[pairs]\ncount = "1"\nfirst = "0"\nsecond = "1"\n'
            f'angle = "{angle}"\n')
    found = solved(*(str(tmp_path / f"{name}.toml") for name in ("old", "new")), "m")
    assert found.answer.scope.value in ("open", "always")


def test_numbers_are_compared_exactly() -> None:
    """Roots and pi are; a number and its opposite are told."""
    assert is_true_of_numbers(sympy.Eq, ROOT * sympy.sqrt(3), sympy.sqrt(6))
    assert (1, -1, 0, None) == (
        sign_of_equal(PI, PI), sign_of_equal(ROOT, -ROOT), sign_of_equal(PI, ROOT), sign_of_equal(PI, PI - PI),
    )


def test_a_magnitude_that_is_a_plain_number() -> None:
    """1 + log(1)/10 is 1: YaRN's ramp left out is harmless where nothing is scaled, magnitude included."""
    size = "ggml/neox:head_dim=8:n_rot=8:n_ctx_orig=4096:base=150000"
    found = solved(f"{size}:ext_factor=1", f"{size}:ext_factor=0", "freq_scale")
    assert found.relation is not None
    assert ("sometimes", "identical") == (found.answer.scope.value, found.relation.value)
    assert (sympy.Eq(found.statement.variables[0].symbols[0], 1, evaluate=False),) == found.answer.condition
