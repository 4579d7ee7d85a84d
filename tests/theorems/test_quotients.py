"""Quotients of products of powers, against plain fractions."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
import sympy

from prover.claims.solver import Solver
from prover.language.symbols import parameter_symbol
from prover.theorems.for_all import solve_for
from prover.theorems.points import Truth
from prover.theorems.ratio import quotient
from prover.theorems.theorem import Scope
from prover.theorems.words import shown
from sampling import few

M, K, B = parameter_symbol("m", True), parameter_symbol("k", True), parameter_symbol("b", False)
NUMBERS = tuple(map(Fraction, ("2", "3", "6", "1/2", "1/6", "4", "9", "2/3")))
EXPONENTS = (M, -M, K, M - K, 1 - M, 2*K, K - 2)
Factor = tuple[Fraction | sympy.Symbol, sympy.Basic]


def a_product(choose: random.Random) -> list[Factor]:
    """Numbers, numbers to the power of what varies, and a base that varies."""
    found: list[Factor] = [(choose.choice(NUMBERS), sympy.Integer(choose.choice((1, -1, 2)))) for _ in range(2)]
    found += [(choose.choice(NUMBERS[:4]), choose.choice(EXPONENTS)) for _ in range(choose.choice((0, 1, 1, 2)))]
    return [*found, (B, choose.choice(EXPONENTS))] if choose.random() < 0.3 else found


def worked_out(factors: list[Factor], m: int, k: int, b: Fraction) -> Fraction:
    found = Fraction(1)
    for base, exponent in factors:
        found *= (b if base is B else Fraction(base)) ** int(exponent.subs({M: m, K: k}))
    return found


def in_sympy(factors: list[Factor]) -> sympy.Basic:
    return sympy.Mul(*(
        (base if base is B else sympy.Rational(base.numerator, base.denominator)) ** exponent
        for base, exponent in factors
    ))


@pytest.mark.parametrize("seed", few(range(1, 61), 4))
def test_quotients_are_1_where_fractions_are(seed: int) -> None:
    """Exactly there where it says so; and nowhere but where it may be."""
    choose = random.Random(seed)
    ours, theirs = a_product(choose), a_product(choose)
    if seed % 2:
        theirs = [*ours[1:], (ours[0][0], ours[0][1] + choose.choice((0, 1, M, -K)))]
    found, truth = quotient(in_sympy(ours), in_sympy(theirs)), Truth()
    for m, k, b in product(range(-2, 4), range(3), (Fraction(1), Fraction(2), Fraction(3), Fraction(1, 2))):
        point = {M: sympy.Integer(m), K: sympy.Integer(k), B: sympy.Rational(b.numerator, b.denominator)}
        alike = worked_out(ours, m, k, b) == worked_out(theirs, m, k, b)
        if found.exactly is not None:
            assert alike is truth.holds(found.exactly, point), point
        if alike:
            assert truth.holds(found.possibly, point), point


def test_a_number_that_is_a_base_as_well(tmp_path: Path) -> None:
    """6*2**e is 3 exactly where e = -1: the quotient of 6 and 3 is one more factor 2, not the only one."""
    specs = []
    for name, speed in (("source", "6*2**(3*m - 41*k - 62)"), ("target", "3")):
        path = tmp_path / f"{name}.toml"
        path.write_text(
            f'title = "{name}"\naxes = ["t"]\nwidth = "2"\n[parameters]\n'
            'm = { default = 5, whole = true, require = "m >= 0" }\n'
            'k = { default = 1, whole = true, require = "k >= 0" }\n'
            f'[pairs]\ncount = "1"\nfirst = "2*j"\nsecond = "2*j + 1"\nangle = "t*{speed}"\n'
        )
        specs.append(str(path))
    assert Fraction(6) * Fraction(2) ** (3*34 - 41*1 - 62) == 3
    found = solve_for(specs[0], specs[1], "m,k", [], [], Solver(), 0)
    assert (Scope.SOMETIMES, ["3*m == 41*k + 61"]) == (
        found.answer.scope, [shown(c, found.statement.variables) for c in found.answer.condition])
