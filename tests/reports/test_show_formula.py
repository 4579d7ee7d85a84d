"""Formulas as `show` prints them: no parentheses directly inside parentheses, and the value of the file's text."""

from __future__ import annotations

import pytest
import sympy

from prover.language.expression import parse
from prover.language.formula import shown_formula
from prover.language.symbolic import as_sympy

NAMES = ("a", "b", "n")
VALUES = {"a": sympy.Rational(7, 3), "b": sympy.Rational(5, 2), "n": sympy.Integer(11)}
TEXTS = {
    "a/(2*log(b))": "a/(2*log(b))",
    "floor(a*log(n/(b*2*pi))/(2*log(b)))": "floor((a*log(n/(pi*(b*2))))/(2*log(b)))",
    "log((a + b))": "log(a + b)",
    "(a + 1)*(b + 2)": "(a + 1)*(b + 2)",
    "max((a + 1), (b + 2))": "max(a + 1, b + 2)",
    "1/((a + 1)*(b + 2))": "1/((a + 1)*(b + 2))",
}


def value(text: str) -> sympy.Basic:
    """The text's value at numbers that make nothing 0."""
    expression = as_sympy(parse(text, NAMES, []))
    return sympy.N(expression.subs({each: VALUES[each.name] for each in expression.free_symbols}).doit(), 30)


@pytest.mark.parametrize(("text", "wanted"), TEXTS.items(), ids=TEXTS)
def test_parentheses_are_not_doubled(text: str, wanted: str) -> None:
    """Two pairs around one thing are one, and two things side by side keep theirs; read again it is the same."""
    assert wanted == shown_formula(as_sympy(parse(text, NAMES, [])))
    assert value(text) == value(wanted)
