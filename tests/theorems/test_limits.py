"""Questions for all sizes about layouts with huge numbers: refused or answered by count of bits, never worked out."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy

from prover.commands.cli import run_command
from prover.errors import InputError, LimitError
from prover.language.bounds import bound_power, bound_product
from prover.language.expression import parse
from prover.language.formula import formula
from prover.language.substitution import Inliner
from prover.language.symbolic import as_sympy

LAYOUT = """
title = "huge"
axes = ["t"]
width = "2*n"
[parameters]
n = {{ default = 2, whole = true, require = "n >= 1" }}
[pairs]
count = "n"
first = "2*j"
second = "2*j + 1"
angle = "{}"
"""
REFUSED = {
    "t*9**9**9": "the power 9**387420489 has more than 1600 bits",
    "t*2**100000": "the power 2**100000 has more than 1600 bits",
    "t*2**-100000": "the power 2**-100000 has more than 1600 bits",
    "t*(1/3)**100000": "the power 1/3**100000 has more than 1600 bits",
    "t*2**(100000 + 1/2)": "has more than 1600 bits",
    "t*(2*n)**100000": "the power (2*n)**100000 has more than 1600 bits",
    "t*sqrt(2)**(10**9)": "has more than 1600 bits",
    "t*2**(n + 10**9)": "the power 2**1000000000 has more than 1600 bits",
    "t*10**400*10**400": "a number has more than 1600 bits",
    "t if n > 3 else t*9**9**9": "the power 9**387420489",
    "t*n**(9**9**9)": "the power 9**387420489",
    "t*(9**9**9 % n)": "the power 9**387420489",
    "t*floor(9**9**9/n)": "the power 9**387420489",
}


def sides(tmp_path: Path, angle: str) -> list[str]:
    """A layout file with this angle, and a plain one."""
    found = []
    for name, text in (("huge", angle), ("plain", "t")):
        path = tmp_path / f"{name}.toml"
        path.write_text(LAYOUT.format(text))
        found.append(str(path))
    return found


@pytest.mark.parametrize(("angle", "message"), REFUSED.items(), ids=REFUSED)
def test_huge_numbers_are_refused(
    angle: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 with the power at fault; it is never worked out."""
    assert InputError.exit_code == run_command(["prove", *sides(tmp_path, angle), "--for-all", "n"])
    assert message in capsys.readouterr().err


def inlined(text: str) -> sympy.Basic:
    """An expression in n as theorems have it."""
    n = sympy.Symbol("n", real=True, integer=True)
    return Inliner({"n": n}, {}).value(as_sympy(parse(text, ["n"], [], index=False)))


FLOORS = {
    "floor(3*sqrt(2))": 4,
    "ceil(3*sqrt(2))": 5,
    "-7*sqrt(2)//2": -5,
    "floor(10**30*pi)": 3141592653589793238462643383279,
    "floor(log(8)/log(2))": 3,
    "floor(sqrt(2)*sqrt(2))": 2,
    "abs(1 - sqrt(2)) + 1 - sqrt(2)": 0,
    "(5*sqrt(2)) % 1 + 7 - 5*sqrt(2)": 0,
    "0**0": 1,
    "floor(n)/n*0 + 2**64": 2**64,
}


@pytest.mark.parametrize(("text", "value"), FLOORS.items(), ids=FLOORS)
def test_constants_are_exact(text: str, value: int) -> None:
    """Floors and remainders of constants are those of the exact number, not of a decimal of it."""
    assert 0 == sympy.expand(inlined(text) - value)


def test_a_floor_of_four_hundred_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole part of 10**400 * sqrt(2) is a number like any other: turned by it, no layout is the plain one."""
    code = run_command(["prove", *sides(tmp_path, "t*floor(10**400*sqrt(2))"), "--for-all", "n"])
    assert (1, "") == (code, capsys.readouterr().err)
    # isqrt: floor(10**400 * sqrt(2)) is the whole root of 2 * 10**800.
    from math import isqrt

    assert isqrt(2 * 10**800) == int(inlined("floor(10**400*sqrt(2))"))


def test_a_case_that_is_not_taken_does_not_matter(tmp_path: Path) -> None:
    """A huge power behind a settled condition is never looked at."""
    assert 0 == run_command(["prove", *sides(tmp_path, "t*9**9**9 if 1 > 2 else t"), "--for-all", "n"])


def test_the_formula_of_a_huge_power_is_its_text() -> None:
    """Printing a floor multiplies nothing out that holds a power of numbers."""
    assert "9**(9**9)" in formula(as_sympy(parse("floor(9**9**9*n/2)", ["n"], [])))


def test_bounds_count_bits_and_terms() -> None:
    """At the bound is allowed, above it is not."""
    n = sympy.Symbol("n")
    bound_power(sympy.Integer(2), sympy.Integer(800))
    bound_power(n, sympy.Integer(10**9))
    with pytest.raises(LimitError):
        bound_power(sympy.Integer(2), sympy.Integer(801))
    sums = [n + sympy.Symbol(f"x{i}") for i in range(13)]
    bound_product(sympy.Mul(*sums[:12], evaluate=False))
    with pytest.raises(LimitError):
        bound_product(sympy.Mul(*sums, evaluate=False))
