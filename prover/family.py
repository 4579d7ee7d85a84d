"""A family: a layout that is symbolic in its parameters, held as SymPy expressions.

`expand` puts concrete values in and gives the exact layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy

from prover.angle import Angle, as_angle, axis_angle
from prover.errors import ExpressionError, InputError, LimitError, ProverError
from prover.evaluation import Compiled, CompiledCondition, Scope, Value, number
from prover.exact import exact
from prover.layout import MAX_WIDTH, Layout, Pair, Positions, build_layout

MAX_LIST = 1 << 16
MAX_WORK = 8_000_000

Given = Fraction | tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named input of a family, with its default, its requirement and what it means.

    Without a default it must be given. `is_whole`: the number, or every entry, is a whole number.
    """

    name: str
    is_list: bool
    is_whole: bool
    default: sympy.Basic | tuple[Fraction, ...] | None
    requirement: sympy.Basic | None
    requirement_text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Block:
    """A run of `count` pairs; every field is an expression in j and the parameters."""

    count: sympy.Basic
    first: sympy.Basic
    second: sympy.Basic
    write_first: sympy.Basic
    write_second: sympy.Basic
    angle: sympy.Basic
    second_angle: sympy.Basic | None
    magnitude: sympy.Basic


@dataclass(frozen=True, slots=True)
class Source:
    """Where a layout is implemented upstream."""

    repo: str
    version: str
    path: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.repo}@{self.version} {self.path} {self.symbol}"


@dataclass(frozen=True, slots=True)
class Family:
    """A layout family as read from one file and the rules it names."""

    name: str
    title: str
    note: str
    sources: tuple[Source, ...]
    axes: tuple[str, ...]
    positions: Positions
    width: sympy.Basic
    parameters: tuple[Parameter, ...]
    lets: tuple[tuple[str, sympy.Basic], ...]
    blocks: tuple[Block, ...]
    feeds: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def expand(family: Family, given: Mapping[str, Given], name: str) -> Layout:
    """The exact layout of `family` at the given parameter values.

    Raises InputError for an unknown or violating parameter and ExpressionError where an
    expression has no value.
    """
    scope = _scope(family, given)
    _check_requirements(family, scope)
    width = _whole(scope, family.width, "width", 1, MAX_WIDTH)
    pairs: list[Pair] = []
    for position, block in enumerate(family.blocks):
        label = "pairs" if len(family.blocks) == 1 else f"pairs[{position}]"
        try:
            pairs.extend(_expand_block(block, scope, family, width // 2 - len(pairs)))
        except ProverError as fault:
            raise fault.inside(label) from None
    return build_layout(name, width, family.axes, family.positions, tuple(pairs))


def parameter_values(family: Family, given: Mapping[str, Given]) -> dict[str, Value]:
    """Every parameter's value, defaults worked out."""
    scope = _scope(family, given)
    return {p.name: scope.lookup(p.name) for p in family.parameters}


def _scope(family: Family, given: Mapping[str, Given]) -> Scope:
    known = {parameter.name: parameter for parameter in family.parameters}
    values: dict[str, Value] = {axis: axis_angle(axis) for axis in family.axes}
    for name, value in given.items():
        if name not in known:
            raise InputError(
                f"unknown parameter '{name[:40]}'",
                advice=f"This layout has {', '.join(sorted(known)) or 'no parameters'}",
            )
        if isinstance(value, tuple) != known[name].is_list:
            # One number is a list of one entry.
            if known[name].is_list and isinstance(value, Fraction):
                value = (value,)
            else:
                raise InputError(f"parameter '{name}' is a list, expected one number")
        values[name] = _exact_value(value)
    texts: dict[str, sympy.Basic] = dict(family.lets)
    for parameter in family.parameters:
        if parameter.name in given:
            continue
        if parameter.default is None:
            raise InputError(
                f"parameter '{parameter.name}' must be given ({parameter.meaning})",
                advice=f"Add :{parameter.name}={'A,B,…' if parameter.is_list else 'NUMBER'} to the spec",
            )
        if isinstance(parameter.default, tuple):
            values[parameter.name] = _exact_value(parameter.default)
        else:
            texts[parameter.name] = parameter.default
    moving = _moving_names(texts)
    return Scope(values, {name: Compiled(e, moving) for name, e in texts.items()})


def _exact_value(value: Given) -> Value:
    if isinstance(value, tuple):
        if len(value) > MAX_LIST:
            raise LimitError(f"a list of {len(value)} entries; at most {MAX_LIST}")
        return tuple(exact(entry) for entry in value)
    return exact(value)


def _moving_names(texts: Mapping[str, sympy.Basic]) -> frozenset[str]:
    """Names whose value depends on the pair index j. Raises InputError on a circle."""
    uses = {name: {s.name for s in e.free_symbols} for name, e in texts.items()}
    pending: list[str] = []
    done: dict[str, bool] = {}

    def visit(name: str) -> bool:
        if name == "j":
            return True
        if name not in uses or name in done:
            return done.get(name, False)
        if name in pending:
            raise InputError(f"'{name}' is defined by itself: {' -> '.join([*pending, name])}")
        pending.append(name)
        found = [visit(used) for used in sorted(uses[name])]
        pending.pop()
        done[name] = any(found)
        return done[name]

    return frozenset(name for name in sorted(uses) if visit(name))


def _check_requirements(family: Family, scope: Scope) -> None:
    for parameter in family.parameters:
        value = scope.lookup(parameter.name)
        if parameter.is_whole:
            _check_whole(parameter, value)
        if parameter.requirement is None:
            continue
        try:
            holds = CompiledCondition(parameter.requirement).test(scope)
        except ExpressionError as fault:
            raise fault.inside(f"requirement of {parameter.name}") from None
        if not holds:
            raise InputError(
                f"{parameter.name}={show_value(value)} does not meet its requirement "
                f"'{parameter.requirement_text}'",
                advice=_values_used(parameter, scope),
            )


def _check_whole(parameter: Parameter, value: Value) -> None:
    for entry in value if isinstance(value, tuple) else (number(value, parameter.name),):
        rational = entry.rational
        if rational is None or rational.denominator != 1:
            raise InputError(
                f"{parameter.name}={show_value(value)}: expected whole numbers, got {entry}"
            )


def _values_used(parameter: Parameter, scope: Scope) -> str:
    assert parameter.requirement is not None
    names = sorted(s.name for s in parameter.requirement.free_symbols)
    used = ", ".join(f"{n}={show_value(scope.lookup(n))}" for n in names if n != parameter.name)
    parts = [f"{parameter.name} is: {parameter.meaning}"] if parameter.meaning else []
    return "; ".join([*parts, f"here {used}"] if used else parts)


def show_value(value: Value) -> str:
    """A parameter value as it is written in a spec, shortened if it is long."""
    text = (",".join(map(str, value)) or "[]") if isinstance(value, tuple) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _whole(scope: Scope, expression: sympy.Basic, what: str, low: int, high: int) -> int:
    value = number(Compiled(expression, frozenset()).compute(scope), what).rational
    if value is None or value.denominator != 1:
        raise InputError(f"{what} is {value}, expected a whole number")
    if not low <= value <= high:
        raise InputError(f"{what} is {value}, expected {low} to {high}")
    return int(value)


def _expand_block(block: Block, scope: Scope, family: Family, room: int) -> list[Pair]:
    count = _whole(scope, block.count, "count", 0, room)
    moving = _moving_names(
        {name: let.expression for name, let in scope.lets.items()}
    )
    fields = {
        "first": block.first,
        "second": block.second,
        "write_first": block.write_first,
        "write_second": block.write_second,
        "angle": block.angle,
        "magnitude": block.magnitude,
    }
    if block.second_angle is not None:
        fields["second_angle"] = block.second_angle
    nodes = sum(1 for e in fields.values() for _ in sympy.preorder_traversal(e))
    nodes += sum(1 for _, e in family.lets for _ in sympy.preorder_traversal(e))
    if nodes * count > MAX_WORK:
        raise LimitError(f"{count} pairs of {nodes} operations each are more than {MAX_WORK}")
    compiled = {name: Compiled(e, moving) for name, e in fields.items()}
    pairs: list[Pair] = []
    for index in range(count):
        scope.at(index)
        values: dict[str, Value] = {}
        for name, expression in compiled.items():
            try:
                values[name] = expression.compute(scope)
            except ProverError as fault:
                raise fault.inside(f"{name} at j={index}") from None
        pairs.append(
            Pair(
                read=(_lane(values, "first", index), _lane(values, "second", index)),
                write=(_lane(values, "write_first", index), _lane(values, "write_second", index)),
                angle=_angle(values["angle"]),
                second_angle=_angle(values["second_angle"]) if block.second_angle else None,
                magnitude=number(values["magnitude"], "magnitude"),
            )
        )
    return pairs


def _lane(values: Mapping[str, Value], name: str, index: int) -> int:
    value = number(values[name], name).rational
    if value is None or value.denominator != 1:
        raise InputError(f"{name} at j={index} is {values[name]}, expected a lane number")
    return int(value)


def _angle(value: Value) -> Angle:
    if isinstance(value, tuple):
        raise InputError("the angle is a list, expected axis * frequency")
    return as_angle(value)


