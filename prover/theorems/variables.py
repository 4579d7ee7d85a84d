"""Parameters that stay symbols, and the values that specs give to the others in terms of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from prover.errors import InputError, ProverError, UndecidedError
from prover.language.expression import parse
from prover.language.logic import Condition
from prover.language.substitution import MAX_ENTRIES, Inliner, Symbolic
from prover.language.symbolic import as_sympy
from prover.language.symbols import entry_symbol, parameter_symbol
from prover.language.term import Term, constant, named
from prover.layouts.family import Family, Parameter
from prover.layouts.loading import family_of, in_spec
from prover.layouts.spec import parse_spec, parse_value
from prover.theorems.defined import needs

_WITH_ENTRIES = re.compile(r"(\w+)\[(\d{1,4})\]\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter that stays a symbol; a list has one symbol for each entry."""

    name: str
    is_whole: bool
    is_list: bool
    symbols: tuple[sympy.Symbol, ...]

    @property
    def value(self) -> Symbolic:
        return self.symbols if self.is_list else self.symbols[0]


def find_variables(names: Sequence[str], specs: Sequence[str]) -> tuple[Variable, ...]:
    """The variables of these names, typed by the layouts that have parameters of these names.

    NAME[N] is a list of N entries. Raises InputError for a name that no layout has.
    """
    families = [spec_family(spec)[0] for spec in specs]
    known = {p.name: p for family in reversed(families) for p in family.parameters}
    found = []
    for written in names:
        name, entries = _written(written)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            lacks = f"no layout has a parameter '{name[:40]}'" if name else "a name of a parameter is empty"
            raise InputError(lacks, advice=f"{hint}Parameters: {', '.join(sorted(known))}")
        found.append(_variable(known[name], entries))
    if len({v.name for v in found}) < len(found):
        raise InputError("a variable is named twice")
    return tuple(found)


def _written(text: str) -> tuple[str, int | None]:
    """A name, and the number of entries behind it if there is one."""
    match = _WITH_ENTRIES.match(text)
    return (match[1], int(match[2])) if match else (text, None)


def _variable(parameter: Parameter, written: int | None) -> Variable:
    whole = parameter.asks_for_whole
    if not parameter.is_list:
        if written is not None:
            raise InputError(f"'{parameter.name}' is a number, not a list of {written}")
        return Variable(parameter.name, whole, False, (parameter_symbol(parameter.name, whole),))
    default = len(parameter.default) if isinstance(parameter.default, tuple) else 0
    entries = default if written is None else written
    if not 0 < entries <= MAX_ENTRIES:
        raise UndecidedError(
            f"the list '{parameter.name}' has no fixed number of entries from 1 to {MAX_ENTRIES}",
            advice=f"Write how many it has: {parameter.name}[4]",
        )
    symbols = tuple(entry_symbol(parameter.name, place, whole) for place in range(entries))
    return Variable(parameter.name, whole, True, symbols)


def parameter_value(text: str, parameter: Parameter, variables: Sequence[Variable]) -> Symbolic:
    """The value of a parameter in a spec: a number, a list, or expressions in the variables."""
    used = Inliner(values_of(variables), {})
    found = parameter_terms(text, parameter, variables)
    if isinstance(found, tuple):
        return tuple(used.value(as_sympy(entry)) for entry in found)
    return used.value(as_sympy(found))


def parameter_terms(text: str, parameter: Parameter, variables: Sequence[Variable]) -> Term | tuple[Term, ...]:
    """The same as it is written, with the variables by their names."""
    numbers, lists = _kinds(variables)
    try:
        value = parse_value(text)
    except InputError:
        listed = next((v for v in variables if v.is_list and v.name == text), None)
        if listed is not None:
            return tuple(Term("item", (named(text), constant(place))) for place in range(len(listed.symbols)))
        found = tuple(parse(part, numbers, lists, index=False) for part in _split(text))
        return found if parameter.is_list else _only(found, parameter)
    if isinstance(value, tuple):
        return tuple(map(constant, value))
    return (constant(value),) if parameter.is_list else constant(value)


def needs_of_text(text: str, variables: Sequence[Variable]) -> tuple[Condition, ...]:
    """What the expressions in a spec's value need."""
    numbers, lists = _kinds(variables)
    if text in lists or not any(name in text for name in (*numbers, *lists)):
        return ()
    parts = [as_sympy(parse(part, numbers, lists, index=False)) for part in _split(text)]
    return needs(Inliner(values_of(variables), {}), parts)


def _only(found: tuple[Term, ...], parameter: Parameter) -> Term:
    if len(found) != 1:
        raise InputError(f"parameter '{parameter.name}' takes one number, got a list of {len(found)}")
    return found[0]


def _split(text: str) -> list[str]:
    """Parts at commas that stand outside brackets; those around all of it are a list's own."""
    parts, depth = [""], 0
    for character in text[1:-1] if text.startswith("[") and text.endswith("]") else text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def spec_family(text: str) -> tuple[Family, dict[str, str]]:
    """The family of a spec and the parameters it gives, as text. Every fault names the spec."""
    spec = parse_spec(text)
    try:
        return family_of(spec)
    except ProverError as fault:
        raise in_spec(fault, spec) from None


def _kinds(variables: Sequence[Variable]) -> tuple[list[str], list[str]]:
    return [v.name for v in variables if not v.is_list], [v.name for v in variables if v.is_list]


def values_of(variables: Sequence[Variable]) -> dict[str, Symbolic]:
    """What the name of each variable stands for."""
    return {v.name: v.value for v in variables}


def rational(value: Fraction) -> sympy.Rational:
    """The same number as SymPy has it."""
    return sympy.Rational(value.numerator, value.denominator)
