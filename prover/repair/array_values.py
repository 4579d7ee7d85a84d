"""An expression about a weight matrix, worked out over the numbers of its entries by a walk over its tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from prover.errors import ExpressionError, InputError
from prover.repair import array_operations as ops
from prover.repair.array_calls import call_function, call_method, kind_of, list_array
from prover.repair.array_expression import KNOWN, MODULES, ArrayExpression
from prover.repair.array_operations import Array

MAX_NUMBER = 1 << 31
MAX_LISTED = 1 << 20  # numbers of all lists that are made
MAX_COPIED = 3 << 24  # entries of all arrays that are made
BUILT_IN = ("range", "list", "tuple", "len", "int", "min", "max", "rearrange")


def work_out(expression: ArrayExpression, array: Array | None, sizes: Mapping[str, int]) -> Array:
    """The value of an expression over an array of entry numbers. Raises ExpressionError with the column."""
    found = _Walk(expression, array, sizes).value(expression.tree)
    if isinstance(found, tuple):
        found = _Walk(expression, array, sizes).listed(expression.tree, found)
    if not isinstance(found, np.ndarray):
        raise expression.fail(expression.tree, f"is {kind_of(found)}, expected the matrix with its rows moved")
    return found


class _Walk:
    """One walk over one tree: what each part of it is."""

    def __init__(self, expression: ArrayExpression, array: Array | None, sizes: Mapping[str, int]) -> None:
        self.expression = expression
        self.array = array
        self.sizes = sizes
        self.copied = 0
        self.items = 0

    def fail(self, node: ast.AST, message: str, advice: str = "") -> ExpressionError:
        return self.expression.fail(node, message, advice)

    def value(self, node: ast.expr) -> Any:
        """A whole number, a tuple, a text, None or an array."""
        match node:
            case ast.Constant(value=None | str()):
                return node.value
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return self.whole(node, number)
            case ast.Constant(value=float()):
                raise self.fail(node, f"'{self.expression.source(node)}' is no whole number", "Sizes are whole numbers")
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return self.elements(elements)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.number(operand)
            case ast.BinOp():
                return self.operation(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.condition(test) else orelse)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Call():
                return self.call(node)
        raise self.fail(node, f"'{self.expression.source(node)}' is not allowed", f"Known: {KNOWN}")

    def name(self, node: ast.AST, name: str) -> Any:
        if name == self.expression.array:
            return self.array
        if name in self.sizes:
            return self.sizes[name]
        known = ", ".join(sorted(self.sizes))
        raise self.fail(
            node, f"unknown name '{name[:40]}'", f"Say --let {name[:40]}=NUMBER. Known names: {known[:300]}"
        )

    def whole(self, node: ast.AST, value: int) -> int:
        if abs(value) > MAX_NUMBER:
            raise self.fail(node, "a number is too large", f"Sizes go up to {MAX_NUMBER}")
        return value

    def number(self, node: ast.expr) -> int:
        value = self.value(node)
        if type(value) is not int:
            raise self.fail(node, f"'{self.expression.source(node)}' is {kind_of(value)}, expected a whole number")
        return value

    def elements(self, nodes: Sequence[ast.expr]) -> tuple[Any, ...]:
        found: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                inner = self.value(node.value)
                if not isinstance(inner, tuple):
                    raise self.fail(node, f"* stands before {kind_of(inner)}, expected a shape or a list")
                self.require_items(node, len(inner))
                found += inner
            else:
                self.require_items(node, 1)
                found.append(self.value(node))
        return tuple(found)

    def require_items(self, node: ast.AST, count: int) -> None:
        """Raise ExpressionError where lists with so many more entries would be too much."""
        self.items += count
        if self.items > MAX_LISTED:
            raise self.fail(node, f"lists of more than {MAX_LISTED} numbers in all")

    def operation(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add) and isinstance(left, tuple) and isinstance(right, tuple):
            self.require_items(node, len(left) + len(right))
            return left + right
        for value, side in ((left, node.left), (right, node.right)):
            if type(value) is not int:
                raise self.fail(
                    side, f"'{self.expression.source(side)}' is {kind_of(value)}, expected a whole number",
                    "Entries are only moved, nothing is computed with them",
                )
        match node.op:
            case ast.Add():
                return self.whole(node, left + right)
            case ast.Sub():
                return self.whole(node, left - right)
            case ast.Mult():
                return self.whole(node, left * right)
            case ast.FloorDiv() | ast.Mod():
                if not right:
                    raise self.fail(node, f"'{self.expression.source(node)}' divides by zero")
                return left // right if isinstance(node.op, ast.FloorDiv) else left % right
            case ast.Div():
                raise self.fail(node, f"'{self.expression.source(node)}' is no whole number", "Write // for /")
        raise self.fail(node, f"operator in '{self.expression.source(node)}' is not allowed", "Known: + - * // %")

    def condition(self, node: ast.expr) -> bool:
        match node:
            case ast.BoolOp(op=op, values=values):
                return (all if isinstance(op, ast.And) else any)(self.condition(value) for value in values)
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]):
                same = self.value(left) is None and self.value(right) is None
                return same is isinstance(op, ast.Is)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                a, b = self.number(left), self.number(right)
                holds = {ast.Eq: a == b, ast.NotEq: a != b, ast.Lt: a < b, ast.LtE: a <= b, ast.Gt: a > b,
                         ast.GtE: a >= b}
                if type(op) in holds:
                    return holds[type(op)]
        raise self.fail(node, f"'{self.expression.source(node)}' is no comparison of two whole numbers")

    def array_of(self, node: ast.expr) -> Array:
        value = self.value(node)
        if isinstance(value, tuple):
            return self.listed(node, value)
        if not isinstance(value, np.ndarray):
            advice = "It is known as a size; call the matrix W" if isinstance(value, int) else ""
            raise self.fail(node, f"'{self.expression.source(node)}' is {kind_of(value)}, expected an array", advice)
        return value

    def listed(self, node: ast.expr, value: tuple[Any, ...]) -> Array:
        """A list of whole numbers as an array."""
        found: Array = self.placed(node, lambda: list_array(value))
        return found

    def subscript(self, node: ast.Subscript) -> Any:
        base = self.value(node.value)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(base, tuple):
            if len(items) != 1:
                raise self.fail(node, f"'{self.expression.source(node)}' has more than one index")
            item = self.item(items[0])
            if not isinstance(item, (int, slice)) or (isinstance(item, int) and not -len(base) <= item < len(base)):
                raise self.fail(items[0], f"no entry of {len(base)} has this index")
            return base[item]
        if not isinstance(base, np.ndarray):
            raise self.fail(node, f"'{self.expression.source(node.value)}' is {kind_of(base)} and has no entries")
        return self.kept(node, base, lambda: ops.index(base, [self.item(item) for item in items]))

    def item(self, node: ast.expr) -> Any:
        match node:
            case ast.Slice(lower=lower, upper=upper, step=step):
                ends = [None if end is None else self.number(end) for end in (lower, upper, step)]
                if ends[2] is not None and ends[2] < 1:
                    raise self.fail(node, f"step {ends[2]} of a slice", "Steps are 1 or more; to turn round write flip")
                return slice(*ends)
            case ast.Constant(value=value) if value is Ellipsis:
                return Ellipsis
            case ast.Starred():
                raise self.fail(node, "* is not allowed in an index")
        found = self.value(node)
        if isinstance(found, str):
            raise self.fail(node, "a text is no index")
        return found

    def attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id in MODULES:
            if node.attr == "newaxis":
                return None
            raise self.fail(node, f"'{self.expression.source(node)}' is not allowed", f"Known: {KNOWN}")
        base = self.array_of(node.value)
        match node.attr:
            case "shape":
                return tuple(base.shape)
            case "ndim":
                return base.ndim
            case "T":
                return base.T
            case "mT":
                return self.kept(node, base, lambda: ops.swap(base, -1, -2))
        raise self.fail(node, f"'.{node.attr[:40]}' is not known", f"Known: {KNOWN}")

    def placed(self, node: ast.AST, make: Callable[[], Any]) -> Any:
        """What an operation makes, with its column where it refuses."""
        try:
            return make()
        except ExpressionError:
            raise
        except InputError as fault:
            raise self.fail(node, fault.message, fault.advice) from None

    def kept(self, node: ast.AST, old: Any, make: Callable[[], Any]) -> Any:
        """The same, within what may be copied in one expression."""
        found = self.placed(node, make)
        for each in found if isinstance(found, tuple) else (found,):
            if isinstance(each, np.ndarray) and not (isinstance(old, np.ndarray) and np.may_share_memory(each, old)):
                self.copied += each.size
        if self.copied > MAX_COPIED:
            raise self.fail(node, f"more than {MAX_COPIED} entries are copied", "Ask about fewer heads")
        return found

    def call(self, node: ast.Call) -> Any:
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.fail(keyword.value, "** is not allowed")
            options[keyword.arg] = self.value(keyword.value)
        match node.func:
            case ast.Name(id=name) if name in BUILT_IN:
                return self.built_in(node, name, options)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES:
                return self.function(node, name, MODULES[module], options)
            case ast.Attribute(value=base, attr=name):
                array = self.array_of(base)
                values = list(self.elements(node.args))
                hint = self.expression.library
                return self.kept(node, array, lambda: call_method(name, array, values, options, None, hint))
        raise self.fail(node, f"call of '{self.expression.source(node.func)}' is not allowed", f"Known: {KNOWN}")

    def function(self, node: ast.Call, name: str, library: str, options: dict[str, Any]) -> Any:
        """np.NAME, torch.NAME, einops.NAME."""
        values = list(self.elements(node.args))
        if name == "arange" and library != "einops":
            return self.listed(node, self.range_of(node, values))
        return self.kept(node, values[0] if values else None, lambda: call_function(name, library, values, options))

    def built_in(self, node: ast.Call, name: str, options: dict[str, Any]) -> Any:
        if name == "rearrange":
            return self.function(node, name, "einops", options)
        values = self.elements(node.args)
        if options:
            raise self.fail(node, f"{name}() takes no '{next(iter(options))[:40]}'")
        if name == "range":
            return self.range_of(node, values)
        if name in ("list", "tuple", "len") and len(values) == 1 and isinstance(values[0], tuple):
            return len(values[0]) if name == "len" else values[0]
        if values and all(type(value) is int for value in values):
            if name == "int" and len(values) == 1:
                return values[0]
            if name in ("min", "max") and len(values) > 1:
                return min(values) if name == "min" else max(values)
        raise self.fail(node, f"'{self.expression.source(node)}' is not allowed", f"Known: {KNOWN}")

    def range_of(self, node: ast.AST, values: Sequence[Any]) -> tuple[int, ...]:
        if not 1 <= len(values) <= 3 or any(type(value) is not int for value in values) or 0 in values[2:]:
            raise self.fail(node, "a range takes one to three whole numbers, its step not zero")
        found = range(*values)
        self.require_items(node, len(found))
        return tuple(found)
