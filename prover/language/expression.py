"""Text to terms: the one expression language of layout files.

Python's expression syntax cut down to a white list, parsed with `ast` and never evaluated as
Python. The result is a tree (`prover.language.term`) of which nothing is worked out: what a stranger wrote must
not be able to start a long computation, and a case that is not taken must not matter.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from prover.errors import ExpressionError
from prover.language.term import (
    PI,
    Kind,
    Term,
    constant,
    named,
    opposite_of,
    product_of,
    quotient_of,
    sum_of,
)
from prover.language.tokens import LANGUAGE, flattened, place

MAX_NODES = 1000
MAX_DEPTH = 60
MAX_DIGITS = 40
MAX_EXPONENT = 400

_SPACE = " \t\n"
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?\Z", re.ASCII)
FUNCTIONS = frozenset({"floor", "ceil", "min", "max", "abs", "sqrt", "log", "sum", "len"})
_ON_LISTS: dict[str, Kind] = {"sum": "total", "len": "length", "min": "lowest", "max": "highest"}
AXES = "axes"
RESERVED = FUNCTIONS | {"pi", "j", AXES} | set(keyword.kwlist)

_COMPARISONS: dict[type[ast.cmpop], Kind] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
}
_FUNCTIONS: dict[str, Kind] = {"floor": "floor", "ceil": "ceil", "abs": "abs", "log": "log"}

_INSTEAD = {
    "pow": "pow(a, b) is written a**b.",
    "exp": "exp(x*log(b)) is written b**x.",
    "int": "Rounding down is written floor(x), or a//b.",
}


def number(text: str) -> Fraction:
    """A decimal or fraction exactly as written: '10000', '1e6', '0.25', '-3', '1/3'."""
    parts = text.strip(_SPACE).split("/")
    try:
        if len(parts) > 2:
            raise ValueError(text)
        values = [_decimal(part) for part in parts]
        return values[0] / values[1] if len(values) == 2 else values[0]
    except (ValueError, ZeroDivisionError):
        raise ExpressionError(
            f"'{text[:40]}' is not a number",
            advice=f"Write a decimal or a fraction such as 1e6, 0.25 or 1/3, with at most "
            f"{MAX_DIGITS} digits and exponents up to {MAX_EXPONENT}",
        ) from None


def _decimal(text: str) -> Fraction:
    written = text.strip(_SPACE)
    body = written.lstrip("+-")
    match = _NUMBER.match(body)
    exponent = match.group(2) if match else None
    if not match or sum(c.isdigit() for c in match.group(1)) > MAX_DIGITS:
        raise ValueError(text)
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > MAX_EXPONENT):
        raise ValueError(text)
    if len(written) - len(body) > 1:
        raise ValueError(text)
    return Fraction(written)


def parse(
    text: str, numbers: Collection[str], lists: Collection[str], index: bool = True
) -> Term:
    """The term of `text`; names must be in `numbers` or `lists`, or be pi, or j if `index`."""
    tree, translator = _prepare(text, numbers, lists, index)
    return translator.value(tree.body)


@dataclass(frozen=True, slots=True)
class Written:
    """An expression for those to whom the order of its operations matters: its value, and its syntax tree."""

    value: Term
    tree: ast.expr
    translator: _Translator

    def condition(self, node: ast.expr) -> Term:
        """The condition that a part of the tree states."""
        return self.translator.condition(node)

    def source(self, node: ast.AST) -> str:
        """A part of the tree as written, cut if it is long."""
        return self.translator.source(node)


def parse_written(text: str, numbers: Collection[str], lists: Collection[str]) -> Written:
    """As `parse`, with the syntax tree, and with fma(a, b, c): a*b + c, for those who ask how that is rounded."""
    tree, translator = _prepare(text, numbers, lists, True, has_fma=True)
    return Written(translator.value(tree.body), tree.body, translator)


def parse_condition(
    text: str, numbers: Collection[str], lists: Collection[str], index: bool = False
) -> Term:
    """The condition of `text`, such as a requirement on parameters."""
    tree, translator = _prepare(text, numbers, lists, index)
    return translator.condition(tree.body)


def _prepare(
    text: str, numbers: Collection[str], lists: Collection[str], index: bool, has_fma: bool = False
) -> tuple[ast.Expression, _Translator]:
    tree, flat, lead = _syntax(text)
    return tree, _Translator(text, flat, lead, frozenset(numbers), frozenset(lists), index, has_fma)


@lru_cache(maxsize=4096)
def _syntax(text: str) -> tuple[ast.Expression, str, int]:
    """The syntax tree of a text, the text on one line, and how many blanks were before it: many files say the same."""
    flat = flattened(text)
    lead = len(flat) - len(flat.lstrip())
    try:
        tree = ast.parse(flat.strip(), mode="eval")
        depth = _depth(tree)
    except SyntaxError as fault:
        raise ExpressionError(
            f"{place(text, lead + (fault.offset or 1) - 1)}: not an expression: {fault.msg}",
            advice=f"Allowed: {LANGUAGE}",
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError("the expression is nested too deeply or malformed") from None
    if depth > MAX_DEPTH or sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise ExpressionError(
            f"the expression is too large: at most {MAX_NODES} nodes, nested {MAX_DEPTH} deep"
        )
    return tree, flat.strip(), lead


def _depth(node: ast.AST) -> int:
    level, depth = [node], 0
    while level:
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        depth += 1
    return depth


class _Translator:
    """One walk over one syntax tree."""

    def __init__(
        self, text: str, flat: str, lead: int, numbers: frozenset[str], lists: frozenset[str], index: bool,
        has_fma: bool,
    ) -> None:
        self.text = text
        self.flat = flat
        self.lead = lead
        self.index = index
        self.has_fma = has_fma
        self.numbers = numbers
        self.lists = lists

    def fail(self, node: ast.AST, message: str, advice: str = "") -> ExpressionError:
        where = place(self.text, self.lead + getattr(node, "col_offset", 0))
        return ExpressionError(f"{where}: {message}", advice=advice)

    def source(self, node: ast.AST) -> str:
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", 0)  # counted in bytes, of one line
        return self.flat.encode()[start:end].decode()[:60]

    def value(self, node: ast.expr) -> Term:
        """A term that is a number."""
        match node:
            case ast.Constant(value=bool()):
                return constant(int(node.value is True))
            case ast.Constant(value=int() | float()):
                try:
                    value = number(self.source(node))
                except ExpressionError as fault:
                    raise self.fail(node, fault.message, fault.advice) from None
                return constant(value)
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return opposite_of(self.value(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.BinOp():
                return self.operation(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return Term("choice", (self.condition(test), self.value(body), self.value(orelse)))
            case ast.Subscript(value=ast.Name(id=name), slice=index) if name in self.lists:
                return Term("item", (named(name), self.value(index)))
            case ast.Call():
                return self.call(node)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                raise self.fail(node, f"'{self.source(node)}' is a condition, expected a number",
                                "Write 'a if condition else b'")
        raise self.fail(node, f"'{self.source(node)}' is not allowed", f"Allowed: {LANGUAGE}")

    def name(self, node: ast.AST, name: str) -> Term:
        if name == "pi":
            return PI
        if name == "j" and not self.index:
            raise self.fail(node, "the pair index j has no value here",
                            "j stands in the fields of [pairs] and in [let] only")
        if name == "j" or name in self.numbers:
            return named(name)
        if name in self.lists:
            raise self.fail(node, f"'{name}' is a list, expected a number",
                            f"Use {name}[index], sum({name}) or len({name})")
        known = ", ".join(["j"] * self.index + ["pi", *sorted(self.numbers | self.lists)])
        raise self.fail(node, f"unknown name '{name[:40]}'", f"Known names: {known[:400]}")

    def operation(self, node: ast.BinOp) -> Term:
        left, right = self.value(node.left), self.value(node.right)
        match node.op:
            case ast.Add():
                return sum_of(left, right)
            case ast.Sub():
                return sum_of(left, opposite_of(right))
            case ast.Mult():
                return product_of(left, right)
            case ast.Div():
                return quotient_of(left, right)
            case ast.FloorDiv():
                return Term("floor", (quotient_of(left, right),))
            case ast.Mod():
                return Term("mod", (left, right))
            case ast.Pow():
                return Term("pow", (left, right))
        raise self.fail(node, f"operator in '{self.source(node)}' is not allowed",
                        f"Allowed: {LANGUAGE}")

    def condition(self, node: ast.expr) -> Term:
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = tuple(self.condition(value) for value in values)
                return Term("and" if isinstance(op, ast.And) else "or", parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Term("not", (self.condition(operand),))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                sides = [self.value(side) for side in (left, *comparators)]
                compared = tuple(
                    Term(self.comparison(node, op), (a, b)) for op, a, b in zip(ops, sides, sides[1:], strict=False)
                )
                return Term("and", compared) if len(compared) > 1 else compared[0]
            case ast.Name() | ast.Constant(value=bool()):
                return Term("ne", (self.value(node), constant(0)))
        raise self.fail(node, f"'{self.source(node)}' is not a condition",
                        "Expected a comparison, and, or, not, or the name of a true/false value")

    def comparison(self, node: ast.AST, op: ast.cmpop) -> Kind:
        if type(op) not in _COMPARISONS:
            raise self.fail(node, f"comparison in '{self.source(node)}' is not allowed",
                            "Use < <= > >= == !=")
        return _COMPARISONS[type(op)]

    def call(self, node: ast.Call) -> Term:
        name = node.func.id if isinstance(node.func, ast.Name) else self.source(node.func)
        if name == "fma" and self.has_fma and len(node.args) == 3 and not node.keywords:
            a, b, c = map(self.value, node.args)
            return sum_of(product_of(a, b), c)
        if name not in FUNCTIONS or node.keywords:
            raise self.fail(node, f"call of '{name}' is not allowed",
                            f"{_INSTEAD.get(name, '')} Functions: {' '.join(sorted(FUNCTIONS))}".lstrip())
        match node.args:
            case [ast.Name(id=argument)] if name in _ON_LISTS and argument in self.lists:
                return Term(_ON_LISTS[name], (named(argument),))
        if name in ("sum", "len"):
            raise self.fail(node, f"{name}() takes one list parameter",
                            f"Lists: {', '.join(sorted(self.lists)) or 'none'}")
        arguments = tuple(self.value(argument) for argument in node.args)
        if name in ("min", "max"):
            if len(arguments) < 2:
                raise self.fail(node, f"{name}() takes two or more numbers, or one list")
            return Term("smallest" if name == "min" else "largest", arguments)
        if len(arguments) != 1:
            raise self.fail(node, f"{name}() takes one number, got {len(arguments)}")
        if name == "sqrt":
            return Term("pow", (*arguments, constant(Fraction(1, 2))))
        return Term(_FUNCTIONS[name], arguments)
