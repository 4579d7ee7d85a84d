"""The symbols of statements and questions, and the constants that stand for them: made here, never taken over.

A file calls its parameters what it likes. An axis, a value carried by a loop and whatever a question
adds are symbols of classes of their own, so they are equal to no parameter, whatever its name. In SMT-LIB
every symbol becomes a quoted constant that begins with what kind of thing it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from prover.language.symbolic import INDEX


class Made(sympy.Symbol):  # type: ignore[misc]
    """A symbol of a question that no file can name."""

    __slots__ = ()


class Carried(Made):
    """A value that a loop carries from pair to pair, such as 'turn of old'."""

    __slots__ = ()


class Axis(Made):
    """The position on an axis."""

    __slots__ = ()


def parameter_symbol(name: str, is_whole: bool) -> sympy.Symbol:
    """A parameter; the same for every layout that has one of this name."""
    return sympy.Symbol(name, real=True, integer=is_whole or None)


def entry_symbol(name: str, place: int, is_whole: bool) -> sympy.Symbol:
    """One entry of a list."""
    return parameter_symbol(f"{name}[{place}]", is_whole)


def axis_symbol(name: str) -> Axis:
    return Axis(name)


def carried_symbol(name: str, side: str, is_whole: bool) -> Carried:
    """The value `name` that the loop of `side` carries, or what it is one step later."""
    return Carried(f"{name} of {side}", real=True, integer=is_whole or None)


def index_symbol(name: str) -> Made:
    """A further index of a pair or lane."""
    return Made(name, integer=True)


def shown_name(symbol: sympy.Symbol, beside: Iterable[sympy.Symbol]) -> str:
    """A symbol's name for a reader; with primes where a parameter beside it is called the same."""
    name = str(symbol.name)
    if isinstance(symbol, Made):
        taken = {s.name for s in beside if not isinstance(s, Made)}
        while name in taken:
            name += "'"
    return name


_KINDS = {Carried: "carried", Axis: "axis", Made: "index"}


def constant_names(symbols: Iterable[sympy.Symbol]) -> dict[sympy.Symbol, str]:
    """The SMT-LIB constant of each symbol, no two the same: n becomes |parameter n|.

    With the blank in it no constant is a word of SMT-LIB.
    """
    found: dict[sympy.Symbol, str] = {}
    for symbol in symbols:
        kind = "pair" if symbol == INDEX else _KINDS.get(type(symbol), "parameter")
        text = f"|{kind} {symbol.name}|"
        while text in found.values():
            text = f"{text[:-1]}'|"
        found[symbol] = text
    return found


def remainder_name(number: int) -> str:
    """The constant that stands for a remainder."""
    return f"|remainder {number}|"
