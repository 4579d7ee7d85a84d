"""Layouts in full as a theorem certificate restates them: every expression as text, nothing left to a file."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from prover.errors import UndecidedError
from prover.language.term import Term, constant
from prover.language.unparse import term_text
from prover.layouts.family import Family, Parameter
from prover.theorems.variables import Variable, parameter_terms, spec_family

JSON = dict[str, Any]


def stated_layout(spec: str, variables: Sequence[Variable], name: str) -> JSON:
    """The layout of a spec, called `name`. Raises UndecidedError for one that certificates have no fields for."""
    family, given = spec_family(spec)
    if len(family.blocks) != 1:
        raise UndecidedError(f"a certificate has no fields for {len(family.blocks)} blocks of pairs")
    (block,) = family.blocks
    if block.more_angles:
        raise UndecidedError("a certificate has no fields for several angles of a pair")
    return {
        "name": name,
        "axes": list(family.axes),
        "positions": family.positions,
        "width": term_text(family.width),
        "parameters": [_parameter(each, given, variables) for each in family.parameters],
        "require": [term_text(each.condition) for each in family.requirements],
        "let": [[let, term_text(e)] for let, e in family.lets],
        "states": [[state, term_text(initial), term_text(step)] for state, initial, step in family.states],
        "pairs": {
            "count": term_text(block.count), "first": term_text(block.first), "second": term_text(block.second),
            "write_first": term_text(block.write_first), "write_second": term_text(block.write_second),
            "angle": term_text(block.angle), "magnitude": term_text(block.magnitude),
        },
    }


def stated_variables(variables: Sequence[Variable]) -> list[JSON]:
    """What stays symbolic."""
    return [
        {"name": v.name, "whole": v.is_whole, "entries": len(v.symbols) if v.is_list else None} for v in variables
    ]


def _parameter(parameter: Parameter, given: dict[str, str], variables: Sequence[Variable]) -> JSON:
    own = next((v for v in variables if v.name == parameter.name), None)
    value: str | list[str] | None = None
    entries = None
    if parameter.name in given:
        value = _texts(parameter_terms(given[parameter.name], parameter, variables))
    elif own is not None:
        entries = len(own.symbols) if own.is_list else None
    elif isinstance(parameter.default, tuple):
        value = _texts(tuple(map(constant, parameter.default)))
    elif parameter.default is not None:
        value = _texts(parameter.default)
    return {
        "name": parameter.name, "whole": parameter.asks_for_whole, "value": value,
        "entries": len(value) if isinstance(value, list) else entries,
        "require": None if parameter.requirement is None else term_text(parameter.requirement),
    }


def _texts(value: Term | tuple[Term, ...]) -> str | list[str]:
    return [term_text(entry) for entry in value] if isinstance(value, tuple) else term_text(value)


def names_of(family: Family) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What expressions of a family may name: numbers, and lists."""
    lists = tuple(p.name for p in family.parameters if p.is_list)
    numbers = [p.name for p in family.parameters if not p.is_list] + [let for let, _ in family.lets]
    return (*numbers, *(state for state, *_ in family.states), *family.axes), lists


def stated_point(variables: Sequence[Variable], values: Sequence[tuple[Fraction, ...]]) -> JSON:
    """Values of the variables as texts."""
    return {
        v.name: list(map(str, numbers)) if v.is_list else str(numbers[0])
        for v, numbers in zip(variables, values, strict=True)
    }
