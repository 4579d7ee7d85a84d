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


def stated_layouts(specs: Sequence[str], variables: Sequence[Variable], names: Sequence[str]) -> JSON:
    """Source and target, called by `names`. Raises UndecidedError for one that certificates have no fields for."""
    families = [spec_family(spec) for spec in specs]
    # Where one has whole positions alone, both have them.
    positions = min(family.positions for family, _ in families)
    return {
        side: _layout(family, given, variables) | {"name": name, "positions": positions}
        for side, name, (family, given) in zip(("source", "target"), names, families, strict=True)
    }


def _layout(family: Family, given: dict[str, str], variables: Sequence[Variable]) -> JSON:
    if len(family.blocks) != 1:
        raise UndecidedError(f"a certificate has no fields for {len(family.blocks)} blocks of pairs")
    (block,) = family.blocks
    if block.second_angle is not None or block.second_sine_angle is not None:
        raise UndecidedError("a certificate has no fields for a second lane that turns by an angle of its own")
    names = {*family.axes, *(p.name for p in family.parameters), *(name for name, *_ in (*family.lets, *family.states))}
    if "lane" in names:
        raise UndecidedError("a certificate calls lanes 'lane', and so is something of a layout called")
    sine = {} if block.sine_angle is None else {"sine_angle": term_text(block.sine_angle)}
    return {
        "axes": list(family.axes),
        "width": term_text(family.width),
        "parameters": [_parameter(each, given, variables) for each in family.parameters],
        "require": [term_text(each.condition) for each in family.requirements],
        "let": [[let, term_text(e)] for let, e in family.lets],
        "states": [[state, term_text(initial), term_text(step)] for state, initial, step in family.states],
        "pairs": {
            "count": term_text(block.count), "first": term_text(block.first), "second": term_text(block.second),
            "write_first": term_text(block.write_first), "write_second": term_text(block.write_second),
            "angle": term_text(block.angle), "magnitude": term_text(block.magnitude), **sine,
        },
    }


def stated_variables(variables: Sequence[Variable]) -> list[JSON]:
    """What stays symbolic."""
    return [
        {"name": v.name, "whole": v.is_whole, "entries": len(v.symbols) if v.is_list else None} for v in variables
    ]


def _parameter(parameter: Parameter, given: dict[str, str], variables: Sequence[Variable]) -> JSON:
    own = next((v for v in variables if v.name == parameter.name), None)
    terms: Term | tuple[Term, ...] | None = None
    if parameter.name in given:
        terms = parameter_terms(given[parameter.name], parameter, variables)
    elif own is None:
        default = parameter.default
        terms = tuple(map(constant, default)) if isinstance(default, tuple) else default
    each = terms if isinstance(terms, tuple) else () if terms is None else (terms,)
    both = {v.name for v in variables} & given.keys() & {name for term in each for name in term.names}
    if both - {parameter.name}:
        raise UndecidedError(f"'{min(both)}' is a parameter of a layout, whose value is given, and another one that "
                             "stays symbolic: a certificate cannot tell them apart")
    entries = len(own.symbols) if terms is None and own is not None and own.is_list else None
    return {
        "name": parameter.name, "whole": parameter.asks_for_whole, "value": None if terms is None else _texts(terms),
        "entries": len(terms) if isinstance(terms, tuple) else entries,
        "require": None if parameter.requirement is None else term_text(parameter.requirement),
    }


def _texts(value: Term | tuple[Term, ...]) -> str | list[str]:
    return [term_text(entry) for entry in value] if isinstance(value, tuple) else term_text(value)


def stated_point(variables: Sequence[Variable], values: Sequence[tuple[Fraction, ...]]) -> JSON:
    """Values of the variables as texts."""
    return {
        v.name: list(map(str, numbers)) if v.is_list else str(numbers[0])
        for v, numbers in zip(variables, values, strict=True)
    }
