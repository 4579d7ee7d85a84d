"""How a kernel turns a pair once it has cos and sin: two sums of products, written out with x, y, cos and sin.

The order of products and summands, and which product is fused with the sum, is what bits hang on; read as exact
arithmetic it is x*cos - y*sin and x*sin + y*cos whatever the order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar

from prover.errors import InputError, LimitError
from prover.language.expression import Written, number, parse_written

V = TypeVar("V")
Polynomial = dict[tuple[str, ...], Fraction]   # coefficients of products of names, each sorted

MAX_PRODUCTS = 64
NAMES = ("x", "y", "cos", "sin")
FIRST, SECOND = "x*cos - y*sin", "x*sin + y*cos"
_OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}
_TURNED: tuple[Polynomial, Polynomial] = (
    {("cos", "x"): Fraction(1), ("sin", "y"): Fraction(-1)}, {("sin", "x"): Fraction(1), ("cos", "y"): Fraction(1)}
)


def read_rotation(first: str | None, second: str | None, where: str) -> tuple[Written, Written]:
    """What is written to the first and the second lane; x and y are what is read.

    Raises InputError for anything but + - * and fma, and for what is no rotation.
    """
    fields = (("rotated_first", first or FIRST), ("rotated_second", second or SECOND))
    found = []
    symbols: dict[str, Polynomial] = {name: {(name,): Fraction(1)} for name in NAMES}
    for (field, text), wanted in zip(fields, _TURNED, strict=True):
        written = parse_written(text, NAMES, [])
        meant: Polynomial = evaluated(written, symbols, _of_polynomials, _constant)
        if {key: value for key, value in meant.items() if value} != wanted:
            raise InputError(
                f"{field}: '{text[:60]}' is not {FIRST if field == 'rotated_first' else SECOND} in exact arithmetic",
                where=where, advice="Products and summands may stand in any order, fma(a, b, c) is a*b + c",
            )
        found.append(written)
    return found[0], found[1]


def evaluated(
    written: Written, known: Mapping[str, V], apply: Callable[..., V], constant: Callable[[Fraction], V]
) -> V:
    """The operations of a rotation, one after the other; `apply` gets the name of one, and its arguments."""

    def value(node: ast.expr) -> V:
        match node:
            case ast.Name(id=name) if name in known:
                return known[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return apply("neg", value(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return value(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return apply(_OPERATORS[type(op)], value(left), value(right))
            case ast.Call(func=ast.Name(id="fma"), args=arguments):
                return apply("fma", *map(value, arguments))
            case ast.Constant():
                return constant(number(written.source(node)))
        raise InputError(f"'{written.source(node)}' is no part of a rotation", where="recipe",
                         advice=f"Use + - * and fma of {', '.join(NAMES)}")

    return value(written.tree)


def _constant(value: Fraction) -> Polynomial:
    return {(): value}


def _of_polynomials(operation: str, *values: Polynomial) -> Polynomial:
    """One operation in exact arithmetic."""
    match operation, values:
        case "neg", (a,):
            return {key: -value for key, value in a.items()}
        case "add", (a, b):
            return {key: a.get(key, Fraction(0)) + b.get(key, Fraction(0)) for key in {*a, *b}}
        case "sub", (a, b):
            return _of_polynomials("add", a, _of_polynomials("neg", b))
        case "fma", (a, b, c):
            return _of_polynomials("add", _of_polynomials("mul", a, b), c)
        case _, (a, b):
            found: Polynomial = {}
            for one, left in a.items():
                for other, right in b.items():
                    key = tuple(sorted(one + other))
                    found[key] = found.get(key, Fraction(0)) + left * right
            if len(found) > MAX_PRODUCTS:
                raise LimitError(f"more than {MAX_PRODUCTS} products of names", where="recipe")
            return found
    raise ValueError(operation)
