"""SymPy expressions as text in the words of the layout language."""

from __future__ import annotations

from collections.abc import Collection
from math import lcm
from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from prover.language.symbols import shown_name


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy text in the words of the layout language."""

    def __init__(self, symbols: Collection[sympy.Symbol]) -> None:
        super().__init__()
        self.symbols = symbols

    def _print_Symbol(self, expression: Any) -> str:
        return shown_name(expression, self.symbols)

    def _print_Function(self, expression: Any) -> str:
        name, arguments = expression.func.__name__, [self._print(a) for a in expression.args]
        if name == "choice":
            return f"({arguments[1]} if {arguments[0]} else {arguments[2]})"
        if name == "item":
            return f"{arguments[0]}[{arguments[1]}]"
        words = {"total": "sum", "length": "len", "ceiling": "ceil", "Abs": "abs"}
        words |= dict.fromkeys(("lowest", "smallest"), "min") | dict.fromkeys(("highest", "largest"), "max")
        return f"{words.get(name, name)}({', '.join(arguments)})"

    def _print_Mod(self, expression: Any) -> str:
        value, divisor = (
            f"({self._print(part)})" if isinstance(part, sympy.Add | sympy.Mul) else self._print(part)
            for part in expression.args
        )
        return f"({value} % {divisor})"

    def _print_floor(self, expression: Any) -> str:
        terms = sympy.Add.make_args(expression.args[0])
        below = lcm(*(int(term.as_coeff_Mul()[0].q) for term in terms))
        # Multiplied, a power of numbers would be worked out, however long it is.
        powers = any(p.base.is_number and p.exp.is_number and p.exp != -1 for p in expression.atoms(sympy.Pow))
        if below == 1 or powers or expression.args[0].is_Rational:
            return f"floor({self._print(expression.args[0])})"
        above = sympy.Add(*(below * term for term in terms))
        text = self._print(above)
        return f"({text if above.is_Symbol else f'({text})'}//{below})"

    def _print_AllOf(self, expression: Any) -> str:
        return " and ".join(self._print(a) for a in expression.args)

    def _print_AnyOf(self, expression: Any) -> str:
        return f"({' or '.join(self._print(a) for a in expression.args)})"

    def _print_Not(self, expression: Any) -> str:
        return f"not ({self._print(expression.args[0])})"

    def _print_Relational(self, expression: Any) -> str:
        return f"{self._side(expression.lhs)} {expression.rel_op} {self._side(expression.rhs)}"

    def _side(self, e: sympy.Basic) -> str:
        text = str(self._print(e))
        return text[1:-1] if isinstance(e, sympy.floor | sympy.Mod) and text.startswith("(") else text


def formula(expression: sympy.Basic) -> str:
    """A SymPy expression as text."""
    return str(_Printer(expression.free_symbols).doprint(expression))


def shown_formula(expression: sympy.Basic) -> str:
    """The text for a reader: no parentheses directly inside parentheses, which SymPy writes under a line."""
    text = formula(expression)
    opened: list[int] = []
    closed: dict[int, int] = {}
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")":
            closed[opened.pop()] = place
    doubled = {start for start, end in closed.items() if closed.get(start + 1) == end - 1}
    left_out = doubled | {closed[start] for start in doubled}
    return "".join(character for place, character in enumerate(text) if place not in left_out)
