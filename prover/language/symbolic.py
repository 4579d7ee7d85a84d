"""Terms as SymPy expressions and back: for questions about all values, and for formulas that are shown.

SymPy evaluates nothing of an expression made here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, partial

import sympy
from sympy.logic.boolalg import BooleanFunction

from prover.errors import ExpressionError
from prover.language import term
from prover.language.term import Kind, Term

INDEX = sympy.Symbol("j", integer=True, nonnegative=True)
ITEM = sympy.Function("item")
TOTAL = sympy.Function("total")
LENGTH = sympy.Function("length")
LOWEST = sympy.Function("lowest")
HIGHEST = sympy.Function("highest")
SMALLEST = sympy.Function("smallest")
LARGEST = sympy.Function("largest")
CHOICE = sympy.Function("choice", commutative=True)  # its condition has no such property
CLAMPED = sympy.Function("clamped")  # of x and y: min(1, max(0, x/y)), in questions alone


class AllOf(BooleanFunction):  # type: ignore[misc]
    """`and` with its operands in the order written, so that a guard comes before what it guards."""

    @classmethod
    def eval(cls, *arguments: sympy.Basic) -> None:
        """Leave the operands as they are."""


class AnyOf(AllOf):
    """`or` in the order written."""


_LEAVES: dict[Kind, sympy.Basic] = {"pi": sympy.pi, "index": INDEX, "true": sympy.true, "false": sympy.false}
_HEADS: dict[Kind, type] = {
    "add": sympy.Add, "mul": sympy.Mul, "pow": sympy.Pow, "mod": sympy.Mod, "floor": sympy.floor,
    "ceil": sympy.ceiling, "abs": sympy.Abs, "log": sympy.log, "smallest": SMALLEST, "largest": LARGEST,
    "choice": CHOICE, "lt": sympy.StrictLessThan, "le": sympy.LessThan, "gt": sympy.StrictGreaterThan,
    "ge": sympy.GreaterThan, "eq": sympy.Eq, "ne": sympy.Ne, "not": sympy.Not,
    "item": ITEM, "total": TOTAL, "length": LENGTH, "lowest": LOWEST, "highest": HIGHEST, "and": AllOf, "or": AnyOf,
}
_EVALUATES_NOTHING = frozenset({"item", "total", "length", "lowest", "highest", "and", "or"})
_KINDS: dict[type, Kind] = {head: kind for kind, head in _HEADS.items()}


@lru_cache(maxsize=4096)
def as_sympy(expression: Term) -> sympy.Basic:
    """The SymPy expression of a term, part by part."""
    if expression.kind in _LEAVES:
        return _LEAVES[expression.kind]
    if expression.kind == "name":
        return sympy.Symbol(expression.value, real=True)
    if (number := expression.number) is not None:
        return sympy.Rational(number.numerator, number.denominator)
    head: Callable[..., sympy.Basic] = _HEADS[expression.kind]
    if expression.kind not in _EVALUATES_NOTHING:
        head = partial(head, evaluate=False)
    return head(*map(as_sympy, expression.args))


@lru_cache(maxsize=4096)
def as_term(expression: sympy.Basic) -> Term:
    """The term of a SymPy expression, part by part. Raises ExpressionError for one that the language does not have."""
    if isinstance(expression, sympy.Rational):
        return term.constant(Fraction(int(expression.p), int(expression.q)))
    for kind, leaf in _LEAVES.items():
        if expression == leaf:
            return Term(kind)
    if isinstance(expression, sympy.Symbol):
        return Term("name", (), expression.name)
    head = expression.func
    if head == CLAMPED:
        over, under = expression.args
        return as_term(SMALLEST(1, LARGEST(0, over / under)))
    if head not in _KINDS:
        raise ExpressionError(f"'{type(expression).__name__}' cannot be evaluated")
    return Term(_KINDS[head], tuple(map(as_term, expression.args)))
