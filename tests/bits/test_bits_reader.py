"""The checker's reader of expressions against Python's own."""

from __future__ import annotations

import ast
import random
from fractions import Fraction
from typing import Any

import pytest

from prover.bits_checker import NotShown, Rejected, read

SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}


def python(text: str) -> Any:
    """The tree that Python makes of a text, in the checker's form."""
    return _tree(ast.parse(text.strip(), mode="eval").body)


def _tree(node: Any) -> Any:
    match node:
        case ast.Constant(value=value):
            return ("number", Fraction(str(value)))
        case ast.Name(id=name):
            return ("name", name)
        case ast.BinOp(left=left, op=op, right=right):
            return (SIGNS[type(op)], _tree(left), _tree(right))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ("not", _tree(operand))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ("minus", _tree(operand))
        case ast.UnaryOp(operand=operand):
            return _tree(operand)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return ("if", *map(_tree, (test, body, orelse)))
        case ast.BoolOp(op=op, values=values):
            return ("and" if isinstance(op, ast.And) else "or", *map(_tree, values))
        case ast.Compare(left=left, ops=ops, comparators=rest):
            parts = [part for op, side in zip(ops, rest, strict=True) for part in ((SIGNS[type(op)],), _tree(side))]
            return ("compare", _tree(left), *parts)
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            return ("entry", name, _tree(index))
        case ast.Call(func=ast.Name(id=name), args=args):
            return ("call", name, *map(_tree, args))
    raise AssertionError(node)


def random_text(draw: random.Random, depth: int) -> str:
    """A text with few parentheses, so that what binds stronger shows."""
    if depth == 0:
        return draw.choice(["p", "j", "a", "2", "0.5", "1e3", ".25", "3.", "list[j]", "list[-1 + 2]"])
    inner = lambda: random_text(draw, depth - 1)  # noqa: E731
    match draw.randrange(9):
        case 0:
            return f"({inner()})"
        case 1:
            return f"{draw.choice(['-', '+', '- -'])}{inner()}"
        case 2:
            return f"({inner()} if {inner()} {draw.choice(['<', '<=', '==', '!='])} {inner()} else {inner()})"
        case 3:
            return f"{draw.choice(['max', 'min'])}({inner()}, {inner()}{draw.choice(['', ','])})"
        case 4:
            return f"{draw.choice(['floor', 'sqrt', 'abs', 'log'])}({inner()})"
        case 5:
            return f"fma({inner()}, {inner()},  {inner()})"
        case _:
            return inner() + draw.choice(["+", "-", "*", "/", "//", "%", "**", " - ", "  *  "]) + inner()


def test_random_texts_are_read_as_python_reads_them() -> None:
    """Precedence, the side to which each sign binds, signs before powers, choices in choices."""
    draw, read_ones = random.Random(4), 0
    for _ in range(3000):
        text = random_text(draw, draw.randrange(1, 6))
        try:
            found = read(text)
        except NotShown:
            continue
        read_ones += 1
        assert python(text) == found, text
    assert read_ones > 2500


FIXED = [
    "-a**2", "a**-b", "2**-j**2", "a - b - c", "a/b*c", "a//b%c", "x if p < 1 else y if p < 2 else z",
    "x if not a and b or c else y", "x if not not a else y", "x if a < b < c else y", "(x if a else y) if b else z",
    "x if (a < b) else y", "-x*cos + -y*sin", "max(a, b, c,)", "list[a if b else c]", " p ", "x if a == b != c else y",
    "x if (a or b) and c else y", "sum(list)", "a if b else - c", "+a", "--a", "a*(b+c)", "x if not a < b else y",
]


@pytest.mark.parametrize("text", FIXED)
def test_texts_are_read_as_python_reads_them(text: str) -> None:
    """One by one."""
    assert python(text) == read(text)


REFUSED = [
    "a b", "a +", "* a", "a if b", "a if b else", "(a", "a)", "f(a)", "max()", "max(,)", "floor(a, b)", "fma(a, b)",
    "a[b", "a[]", "a[b:c]", "a[b, c]", "a.b", "a = b", "a := b", "a <> b", "a is b", "a in b", "not", "lambda: a",
    "[a]", "{a}", "'a'", "a;b", "a\\\nb", "a # b", "a\rb", "a\fb", "a\x00b", "a\u00a0b", "\u0661", "\uff11", "1_0",
    "0x1", "1e", "1e1000", "1.2.3", "1j", "1a", "a@b", "a^b", "a|b", "a&b", "~a", "a<<b", "!a", "a!b", "if", "else",
    "and", "a and", "axes[0", "axes", "max", "1 if 2 else", "a if b else c d", "a\n", "a\t+ b", "None",
    "a < ", "a not b", "2(3)", "9" * 90,
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_language_has_not_is_refused(text: str) -> None:
    """Nothing is left over, and nothing is skipped."""
    with pytest.raises((Rejected, NotShown)):
        read(text)


@pytest.mark.parametrize("text", [
    "(" * 100 + "a" + ")" * 100, "-" * 100 + "a", "a" + "**a" * 2000, "a" + "+a" * 3000, "a if b else " * 300 + "a",
    "not " * 500 + "a", "list[" * 100 + "0" + "]" * 100, "max(a, " * 100 + "a" + ")" * 100, "a" * 4001,
    "a" + "*a" * 1000, "+" * 3999,
])
def test_deep_and_long_texts_are_limits(text: str) -> None:
    """They end at once, without a crash, as what is more than this checker takes or as no expression."""
    with pytest.raises((NotShown, Rejected)):
        read(text)


def test_a_power_of_powers_is_a_limit() -> None:
    """Also where each is a level deeper without a parenthesis."""
    with pytest.raises(NotShown):
        read("a" + "**a" * 1000)
