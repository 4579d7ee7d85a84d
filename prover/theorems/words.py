"""Conditions and expressions of theorems in the words of the layout language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from prover.errors import ProverError, UndecidedError
from prover.language.expression import parse, parse_condition
from prover.language.formula import formula
from prover.language.substitution import Inliner, Symbolic, substituted
from prover.language.symbolic import SMALLEST, AllOf, as_sympy, as_term
from prover.language.symbols import Made
from prover.language.unparse import term_text
from prover.theorems.variables import Variable, values_of


def shown(e: sympy.Basic, variables: Sequence[Variable]) -> str:
    """An expression as text, with the sum and the least entry of a list written as such."""
    for variable in variables:
        if variable.is_list and len(variable.symbols) > 1:
            e = _of_list(e, variable)
    text = formula(e)
    return text[1:-1] if isinstance(e, sympy.Mod | sympy.floor) and text.startswith("(") else text


def _of_list(e: sympy.Basic, variable: Variable) -> sympy.Basic:
    """The expression with a symbol in place of the sum of all entries, and of the least of them."""
    entries = variable.symbols
    if not e.args:
        return e
    if isinstance(e, sympy.floor) and not e.free_symbols:
        return sympy.floor(e.args[0].doit())  # a hypothesis has put a number in
    if e.func == SMALLEST and e.args == entries:
        return sympy.Symbol(f"min({variable.name})")
    parts = [_of_list(part, variable) for part in e.args]
    if isinstance(e, sympy.Add) and set(entries) <= set(parts):
        parts = [part for part in parts if part not in entries]
        return sympy.Add(sympy.Symbol(f"sum({variable.name})"), *parts)
    if parts == list(e.args):
        return e
    is_plain = isinstance(e, AllOf | sympy.Not | sympy.Add | sympy.Mul | sympy.Pow)
    return e.func(*parts) if is_plain else e.func(*parts, evaluate=False)


def written(
    e: sympy.Basic, variables: Sequence[Variable], names: Mapping[sympy.Symbol, str] | None = None
) -> str:
    """An expression or condition as text that is read back as the same: in a reader's words where that is so.

    `names`: what symbols that no file can name are called, such as lanes. Raises UndecidedError for a name that means
    two things.
    """
    called = dict(names or {})
    known = {v.name for v in variables}
    used = [name for symbol, name in called.items() if e.has(symbol)]
    strange = any(isinstance(symbol, Made) for symbol in e.free_symbols - set(called))
    if strange or known & set(used) or len(set(used)) < len(used):
        raise UndecidedError("a parameter, a lane or a carried value are called the same")
    plain = substituted(e, {symbol: sympy.Symbol(name, real=True) for symbol, name in called.items()})
    values: dict[str, Symbolic] = {**values_of(variables), **{name: s for s, name in called.items()}}
    text = shown(plain, variables)
    return text if _read(text, e, values) == e else term_text(as_term(plain))


def _read(text: str, e: sympy.Basic, values: Mapping[str, Symbolic]) -> sympy.Basic | None:
    """What a text is, if it can be read."""
    lists = [name for name, value in values.items() if isinstance(value, tuple)]
    numbers = [name for name in values if name not in lists]
    is_condition = isinstance(e, AllOf | sympy.Not | sympy.core.relational.Relational)
    try:
        term = (parse_condition if is_condition else parse)(text, numbers, lists, True)
        inliner = Inliner(values, {})
        return inliner.condition(as_sympy(term)) if is_condition else inliner.value(as_sympy(term))
    except ProverError:
        return None
