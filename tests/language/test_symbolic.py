"""Terms and SymPy expressions: the same tree both ways, with nothing worked out."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
import sympy

from prover.errors import ExpressionError
from prover.language.expression import parse, parse_condition
from prover.language.symbolic import CHOICE, INDEX, AllOf, AnyOf, as_sympy, as_term
from prover.language.term import PI, Term, constant, named
from prover.layouts.family_file import load_family
from prover.layouts.spec import catalogue

N, M = sympy.Symbol("n", real=True), sympy.Symbol("m", real=True)


def plain(head: type, *parts: sympy.Basic) -> sympy.Basic:
    """The expression with this head, nothing worked out."""
    return head(*parts, evaluate=False)


VALUES = [
    ("2 + 3", sympy.Integer(5)),
    ("2*3", sympy.Integer(6)),
    ("2/3", sympy.Rational(2, 3)),
    ("-2", sympy.Integer(-2)),
    ("-n", plain(sympy.Mul, sympy.Integer(-1), N)),
    ("n - m", plain(sympy.Add, N, plain(sympy.Mul, sympy.Integer(-1), M))),
    ("n/m", plain(sympy.Mul, N, plain(sympy.Pow, M, sympy.Integer(-1)))),
    ("n/0", plain(sympy.Mul, N, plain(sympy.Pow, sympy.Integer(0), sympy.Integer(-1)))),
    ("1/0", plain(sympy.Mul, sympy.Integer(1), plain(sympy.Pow, sympy.Integer(0), sympy.Integer(-1)))),
    ("n//2", plain(sympy.floor, plain(sympy.Mul, N, plain(sympy.Pow, sympy.Integer(2), sympy.Integer(-1))))),
    ("7//2", plain(sympy.floor, sympy.Rational(7, 2))),
    ("j % 3", plain(sympy.Mod, INDEX, sympy.Integer(3))),
    ("2**3", plain(sympy.Pow, sympy.Integer(2), sympy.Integer(3))),
    ("sqrt(n)", plain(sympy.Pow, N, sympy.Rational(1, 2))),
    ("log(pi)", plain(sympy.log, sympy.pi)),
    ("abs(ceil(n))", plain(sympy.Abs, plain(sympy.ceiling, N))),
    ("n if n < m else 0", plain(CHOICE, plain(sympy.StrictLessThan, N, M), N, sympy.Integer(0))),
]
CONDITIONS = [
    ("n", plain(sympy.Ne, N, sympy.Integer(0))),
    ("1 < n <= m", AllOf(plain(sympy.StrictLessThan, sympy.Integer(1), N), plain(sympy.LessThan, N, M))),
    ("n == 1 or not n > m", AnyOf(plain(sympy.Eq, N, sympy.Integer(1)),
                                  plain(sympy.Not, plain(sympy.StrictGreaterThan, N, M)))),
]


@pytest.mark.parametrize(("text", "wanted"), VALUES)
def test_value(text: str, wanted: sympy.Basic) -> None:
    """An expression is the one that SymPy has of it unevaluated, and comes back as it was."""
    found = parse(text, ["n", "m"], [])
    assert wanted == as_sympy(found)
    assert found == as_term(wanted)


@pytest.mark.parametrize(("text", "wanted"), CONDITIONS)
def test_condition(text: str, wanted: sympy.Basic) -> None:
    """So is a condition."""
    found = parse_condition(text, ["n", "m"], [])
    assert wanted == as_sympy(found)
    assert found == as_term(wanted)


def test_unknown_head() -> None:
    """What the language does not have is no term."""
    with pytest.raises(ExpressionError, match="'sin' cannot be evaluated"):
        as_term(sympy.sin(N))


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_catalogue(name: str) -> None:
    """Every expression of the catalogue comes back from SymPy as it was, part for part."""
    family = load_family(catalogue()[name], name, {})
    found = [family.width, *(e for _, e in family.lets), *(e for _, *both in family.states for e in both)]
    found += [each.condition for each in (*family.requirements, *family.warnings)]
    for block in family.blocks:
        found += [block.count, block.first, block.second, block.write_first, block.write_second, block.angle]
        found += [block.magnitude, *block.more_angles.values()]
    for parameter in family.parameters:
        found += [e for e in (parameter.default, parameter.requirement) if isinstance(e, Term)]
    for e in found:
        there = as_sympy(e)
        assert e == as_term(there)
        assert sum(1 for _ in e.whole_tree) == sum(1 for _ in sympy.preorder_traversal(there))
        assert e.names == {symbol.name for symbol in there.free_symbols}


def test_terms_are_values() -> None:
    """Equal trees are equal keys, other trees are not, and nobody changes one."""
    half, same = (Term("mul", (named("n"), Term("pow", (constant(2), constant(-1))))) for _ in range(2))
    assert half == same
    assert {half: 1} == {same: 1}
    assert half != Term("add", half.args)
    assert named("pi") != PI
    assert constant(1) != named("1")
    assert "mul(name(n), pow(number(2), number(-1)))" == repr(half)
    with pytest.raises(AttributeError, match="frozen"):
        half.kind = "add"  # type: ignore[misc]


def test_sent_to_another_process() -> None:
    """A term is found again in a process whose texts have other hashes."""
    program = (
        "import pickle, sys; from prover.language.expression import parse\n"
        "sent = pickle.load(sys.stdin.buffer); assert {parse('n + 1', ['n'], []): 2}[sent] == 2"
    )
    sent = pickle.dumps(parse("n + 1", ["n"], []))
    surroundings = {"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)}
    assert 0 == subprocess.run([sys.executable, "-c", program], input=sent, env=surroundings).returncode
