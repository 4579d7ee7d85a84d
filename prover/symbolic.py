"""A layout whose parameters stay symbols: what theorems for all sizes are about.

Names are replaced by what they stand for until only the variables, the pair index j and the axes are
left; choices that the given values settle are settled. What remains is a list of cases: under these
conditions on j and the variables the pair turns with this vector of frequencies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TypeAlias

import sympy

from prover.errors import ExpressionError, InputError, LimitError, ProverError, UndecidedError
from prover.expression import (
    AXES,
    CHOICE,
    HIGHEST,
    INDEX,
    ITEM,
    LARGEST,
    LENGTH,
    LOWEST,
    SMALLEST,
    TOTAL,
    AllOf,
    AnyOf,
    parse,
    parse_condition,
)
from prover.family import Family, Parameter
from prover.family_file import load_family
from prover.layout_file import choice_names
from prover.spec import parse_spec, parse_value

MAX_CASES = 256
MAX_POWER = 64
MAX_ENTRIES = 16

Condition: TypeAlias = "sympy.Basic"
Symbolic: TypeAlias = "sympy.Basic | tuple[sympy.Basic, ...]"


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


@dataclass(frozen=True, slots=True)
class Case:
    """Under all of `guards` the pair's angle is the sum of coefficient * position over `vector`."""

    guards: tuple[Condition, ...]
    vector: tuple[tuple[str, sympy.Basic], ...]


@dataclass(frozen=True, slots=True)
class SymbolicLayout:
    """A family at symbolic parameters: one block of `count` pairs, each a rotation without a phase.

    `requirements`: what the layout file asks of its parameters, with the words it uses. `states`: values
    carried from pair to pair, as symbols, each with its value at pair 0 and its step to the next.
    `inner`: whole-number expressions that the file works with, under the conditions that choose them.
    `parameters`: the values of those that the layout uses.
    """

    spec: str
    family: Family
    width: sympy.Basic
    count: sympy.Basic
    first: sympy.Basic
    second: sympy.Basic
    write_first: sympy.Basic
    write_second: sympy.Basic
    magnitude: tuple[tuple[tuple[Condition, ...], sympy.Basic], ...]
    cases: tuple[Case, ...]
    requirements: tuple[tuple[Condition, str], ...]
    states: tuple[tuple[sympy.Symbol, sympy.Basic, sympy.Basic], ...]
    inner: tuple[sympy.Basic, ...]
    parameters: tuple[tuple[str, Symbolic], ...]


def find_variables(names: Sequence[str], specs: Sequence[str]) -> tuple[Variable, ...]:
    """The variables of these names, typed by the layouts that have parameters of these names.

    Raises InputError for a name that no layout has.
    """
    families = [_family(spec)[0] for spec in specs]
    known = {p.name: p for family in reversed(families) for p in family.parameters}
    found = []
    for name in names:
        if name not in known:
            raise InputError(
                f"no layout has a parameter '{name[:40]}'",
                advice=f"Parameters: {', '.join(sorted(known))}",
            )
        found.append(_variable(known[name]))
    if len({v.name for v in found}) < len(found):
        raise InputError("a variable is named twice")
    return tuple(found)


def _variable(parameter: Parameter) -> Variable:
    whole = parameter.is_whole or _asks_for_whole(parameter)
    if not parameter.is_list:
        return Variable(parameter.name, whole, False, (sympy.Symbol(parameter.name, real=True, integer=whole or None),))
    entries = len(parameter.default) if isinstance(parameter.default, tuple) else 0
    if not 0 < entries <= MAX_ENTRIES:
        raise UndecidedError(
            f"the list '{parameter.name}' has no fixed number of entries",
            advice=f"A list can be a variable if its default has 1 to {MAX_ENTRIES} entries",
        )
    symbols = tuple(sympy.Symbol(f"{parameter.name}[{i}]", real=True, integer=whole or None) for i in range(entries))
    return Variable(parameter.name, whole, True, symbols)


def _asks_for_whole(parameter: Parameter) -> bool:
    """Whether the requirement has a remainder of the parameter itself, which only whole numbers meet."""
    requirement = parameter.requirement
    if requirement is None:
        return False
    parts = requirement.args if requirement.func is AllOf else (requirement,)
    return any(
        isinstance(part, sympy.Eq) and isinstance(part.lhs, sympy.Mod) and part.lhs.args[0].is_Symbol
        and part.lhs.args[0].name == parameter.name and part.lhs.args[1].is_Integer and part.rhs.is_Integer
        for part in parts
    )


def read_hypotheses(
    texts: Sequence[str], variables: Sequence[Variable], layouts: Sequence[SymbolicLayout]
) -> tuple[tuple[Condition, str], ...]:
    """Conditions over the variables, and over parameters to which no two layouts give different values.

    Raises InputError for any other name.
    """
    values = _values(variables)
    apart: dict[str, tuple[Symbolic, Symbolic]] = {}
    for name, value in (parameter for layout in layouts for parameter in layout.parameters):
        if name not in _values(variables) and values.setdefault(name, value) != value:
            apart[name] = (values[name], value)
    return tuple((_hypothesis(text, values, apart), text) for text in texts)


def _hypothesis(
    text: str, values: Mapping[str, Symbolic], apart: Mapping[str, tuple[Symbolic, Symbolic]]
) -> Condition:
    lists = [name for name, value in values.items() if isinstance(value, tuple)]
    try:
        condition = parse_condition(text, [name for name in values if name not in lists], lists)
        for name in sorted(apart.keys() & {symbol.name for symbol in condition.free_symbols}):
            raise InputError(
                f"'{name}' is {apart[name][0]} in one layout and {apart[name][1]} in the other",
                advice="Give it one value in both specs, or leave it symbolic",
            )
        return Inliner(values, {}).condition(condition)
    except ProverError as fault:
        raise fault.inside(f"--where '{text[:80]}'") from None


def symbolic_layout(text: str, variables: Sequence[Variable], loop: str = "") -> SymbolicLayout:
    """The layout of a spec with `variables` left as symbols.

    A parameter of a variable's name is that variable unless the spec gives it a value; a value may
    be an expression in the variables. `loop`: values carried from pair to pair stay symbols too, with
    this in front of their names. Raises UndecidedError for what theorems cannot be about.
    """
    family, given = _family(text)
    values: dict[str, Symbolic] = dict(_values(variables))
    known = {p.name: p for p in family.parameters}
    for name, value in given.items():
        if name not in known:
            raise InputError(f"unknown parameter '{name[:40]}'", where=f"spec '{text[:80]}'")
        values[name] = parameter_value(value, known[name], variables)
    texts: dict[str, sympy.Basic] = dict(family.lets)
    for parameter in family.parameters:
        if parameter.name in values:
            continue
        if parameter.default is None:
            raise InputError(f"parameter '{parameter.name}' must be given ({parameter.meaning})")
        if isinstance(parameter.default, tuple):
            values[parameter.name] = tuple(_rational(entry) for entry in parameter.default)
        else:
            texts[parameter.name] = parameter.default
    if family.states and not loop:
        raise UndecidedError(
            "a layout with values carried from pair to pair is no closed form",
            advice="rope-prover rewrite compares such loops with a closed form",
        )
    if len(family.blocks) != 1:
        raise UndecidedError(f"a layout of {len(family.blocks)} blocks of pairs is outside theorems for all sizes")
    (block,) = family.blocks
    if block.second_angle is not None:
        raise UndecidedError("a layout with two angles for a pair is no rotation, and outside theorems for all sizes")
    carried = {name: _state(name, loop, step, values, texts) for name, _, step in family.states}
    values |= carried
    inliner = Inliner({**values, AXES: tuple(map(sympy.Symbol, family.axes))}, texts, family.axes)
    requirements = [
        (inliner.condition(p.requirement), p.requirement_text) for p in family.parameters if p.requirement is not None
    ]
    requirements += [(inliner.condition(r.condition), "") for r in family.requirements]
    return SymbolicLayout(
        text,
        family,
        width=inliner.value(family.width),
        count=inliner.value(block.count),
        first=inliner.value(block.first),
        second=inliner.value(block.second),
        write_first=inliner.value(block.write_first),
        write_second=inliner.value(block.write_second),
        magnitude=pieces(inliner.value(block.magnitude)),
        cases=_cases(inliner.value(block.angle), family.axes),
        requirements=tuple((c, words) for c, words in requirements if c is not sympy.true),
        states=tuple(
            (carried[name], inliner.value(initial), inliner.value(step)) for name, initial, step in family.states
        ),
        inner=_inner([
            *(inliner.value(e) for _, e in family.lets if not e.has(*map(sympy.Symbol, family.axes))),
            inliner.value(block.angle),
        ]) if loop else (),
        parameters=tuple((name, value) for name, value in inliner.values.items() if name in known),
    )


def _state(
    name: str, loop: str, step: sympy.Basic, values: Mapping[str, Symbolic], texts: Mapping[str, sympy.Basic]
) -> sympy.Symbol:
    """The symbol of a carried value: whole if its step takes whole numbers to whole numbers."""
    trial = sympy.Symbol(f"{loop}_{name}", real=True, integer=True)
    stepped = Inliner({**values, name: trial}, texts).value(step)
    return trial if is_whole(stepped) else sympy.Symbol(f"{loop}_{name}", real=True)


def is_whole(e: sympy.Basic) -> bool:
    """Whether an expression has only whole values, by its form."""
    if e.func == CHOICE:
        return all(map(is_whole, e.args[1:]))
    if isinstance(e, sympy.Add | sympy.Mul) or e.func in (SMALLEST, LARGEST):
        return all(map(is_whole, e.args))
    if isinstance(e, sympy.Mod):
        return all(map(is_whole, e.args))
    return bool(e.is_integer)


def _inner(expressions: Sequence[sympy.Basic]) -> tuple[sympy.Basic, ...]:
    """Every part that may be what a loop carries: whole numbers that move with j, and powers."""
    found: dict[sympy.Basic, None] = {}
    for expression in expressions:
        for part in sympy.preorder_traversal(expression):
            if part.has(INDEX) and (part.is_Pow or (isinstance(part, sympy.Expr) and is_whole(part))):
                found.setdefault(part)
    return tuple(found)


def _family(text: str) -> tuple[Family, dict[str, str]]:
    spec = parse_spec(text)
    offered = choice_names(spec.path)
    choices = {k: v.lower() if v in ("True", "False") else v for k, v in spec.values if k in offered}
    return load_family(spec.path, spec.name, choices), {k: v for k, v in spec.values if k not in choices}


def _names(variables: Sequence[Variable]) -> tuple[list[str], list[str]]:
    return [v.name for v in variables if not v.is_list], [v.name for v in variables if v.is_list]


def _values(variables: Sequence[Variable]) -> dict[str, Symbolic]:
    return {v.name: v.value for v in variables}


def parameter_value(text: str, parameter: Parameter, variables: Sequence[Variable]) -> Symbolic:
    """The value of a parameter in a spec: a number, a list, or expressions in the variables."""
    numbers, lists = _names(variables)
    used = Inliner(_values(variables), {})
    try:
        value = parse_value(text)
    except InputError:
        parts = _split(text)
        if text in lists:
            return used.entries(text)
        found = tuple(used.value(parse(part, numbers, lists, index=False)) for part in parts)
        return found if parameter.is_list else _only(found, parameter)
    if isinstance(value, tuple):
        return tuple(_rational(entry) for entry in value)
    return (_rational(value),) if parameter.is_list else _rational(value)


def _only(found: tuple[sympy.Basic, ...], parameter: Parameter) -> sympy.Basic:
    if len(found) != 1:
        raise InputError(f"parameter '{parameter.name}' takes one number, got a list of {len(found)}")
    return found[0]


def _split(text: str) -> list[str]:
    """Parts at commas that stand outside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


class Inliner:
    """Replaces names by what they stand for, and settles what is settled."""

    def __init__(
        self, values: Mapping[str, Symbolic], texts: Mapping[str, sympy.Basic], axes: Collection[str] = ()
    ) -> None:
        self.values = dict(values)
        self.texts = texts
        self.axes = axes
        self.pending: list[str] = []

    def entries(self, name: str) -> tuple[sympy.Basic, ...]:
        value = self.values.get(name)
        if not isinstance(value, tuple):
            raise ExpressionError(f"'{name}' is no list here")
        return value

    def value(self, e: sympy.Basic) -> sympy.Basic:
        """The expression with every name replaced."""
        if e == INDEX or not e.args:
            return self.name(e) if isinstance(e, sympy.Symbol) and e != INDEX else e
        if e.func == CHOICE:
            return self.choice(e)
        if e.func in (ITEM, TOTAL, LENGTH, LOWEST, HIGHEST):
            return self.of_list(e)
        parts = [self.value(part) for part in e.args]
        return _rebuilt(e, parts)

    def name(self, symbol: sympy.Symbol) -> sympy.Basic:
        name = symbol.name
        if name in self.axes:
            return sympy.Symbol(name)
        if name not in self.values:
            if name not in self.texts:
                return symbol
            if name in self.pending:
                raise InputError(f"'{name}' is defined by itself")
            self.pending.append(name)
            self.values[name] = self.value(self.texts[name])
            self.pending.pop()
        value = self.values[name]
        if isinstance(value, tuple):
            raise ExpressionError(f"'{name}' is a list, expected a number")
        return value

    def choice(self, e: sympy.Basic) -> sympy.Basic:
        condition = self.condition(e.args[0])
        if condition in (sympy.true, sympy.false):
            return self.value(e.args[1] if condition == sympy.true else e.args[2])
        body, other = self.value(e.args[1]), self.value(e.args[2])
        return body if body == other else CHOICE(condition, body, other, evaluate=False)

    def of_list(self, e: sympy.Basic) -> sympy.Basic:
        entries = self.entries(e.args[0].name)
        if e.func == TOTAL:
            return sympy.Add(*entries)
        if e.func == LENGTH:
            return sympy.Integer(len(entries))
        if e.func in (LOWEST, HIGHEST):
            if not entries:
                raise ExpressionError(f"min or max of the empty list '{e.args[0].name}'")
            head = SMALLEST if e.func == LOWEST else LARGEST
            return _rebuilt(head(*entries), list(entries)) if len(entries) > 1 else entries[0]
        return _item(e.args[0].name, entries, self.value(e.args[1]))

    def condition(self, e: sympy.Basic) -> Condition:
        """The condition with every name replaced; true or false if that settles it."""
        if e in (sympy.true, sympy.false):
            return e
        if isinstance(e, AllOf):
            kind, stop, skip = type(e), sympy.false, sympy.true
            if isinstance(e, AnyOf):
                stop, skip = skip, stop
            parts: list[Condition] = []
            for part in e.args:
                found = self.condition(part)
                if found == stop:
                    # What follows a settled guard need not have a value.
                    return stop if not parts else kind(*parts, stop)
                if found != skip:
                    parts.append(found)
            return skip if not parts else parts[0] if len(parts) == 1 else kind(*parts)
        if isinstance(e, sympy.Not):
            return negation(self.condition(e.args[0]))
        left, right = (self.value(side) for side in e.args)
        difference = sympy.expand(left - right) if _is_plain(left) and _is_plain(right) else left - right
        if difference.is_Rational:
            return sympy.true if bool(e.func(difference, 0)) else sympy.false
        return e.func(left, right, evaluate=False)


def substituted(e: sympy.Basic, values: Mapping[sympy.Basic, sympy.Basic]) -> sympy.Basic:
    """The expression or condition with parts replaced and nothing else touched."""
    if e in values:
        return values[e]
    if not e.args or not e.has(*values):
        return e
    parts = [substituted(part, values) for part in e.args]
    if isinstance(e, AllOf | sympy.Not):
        return e.func(*parts)
    if isinstance(e, sympy.core.relational.Relational):
        return e.func(*parts, evaluate=False)
    return _rebuilt(e, parts)


def _is_plain(e: sympy.Basic) -> bool:
    plain = sympy.Symbol | sympy.Rational | sympy.Add | sympy.Mul
    return all(isinstance(node, plain) for node in sympy.preorder_traversal(e))


def negation(condition: Condition) -> Condition:
    """Not the condition, with nothing left under a Not but what has no opposite."""
    if condition in (sympy.true, sympy.false):
        return sympy.false if condition == sympy.true else sympy.true
    if isinstance(condition, AnyOf):
        return AllOf(*map(negation, condition.args))
    if isinstance(condition, AllOf):
        return AnyOf(*map(negation, condition.args))
    if isinstance(condition, sympy.Not):
        return condition.args[0]
    left, right = condition.args
    return _OPPOSITE[type(condition)](left, right, evaluate=False)


_OPPOSITE: dict[type, Callable[..., sympy.Basic]] = {
    sympy.Eq: sympy.Ne,
    sympy.Ne: sympy.Eq,
    sympy.StrictLessThan: sympy.GreaterThan,
    sympy.LessThan: sympy.StrictGreaterThan,
    sympy.StrictGreaterThan: sympy.LessThan,
    sympy.GreaterThan: sympy.StrictLessThan,
}


def _rebuilt(e: sympy.Basic, parts: list[sympy.Basic]) -> sympy.Basic:
    """The operation on new operands, worked out where they are numbers and that is quick."""
    known = all(part.is_Rational for part in parts)
    if isinstance(e, sympy.Pow):
        base, exponent = parts
        if base.is_Rational and exponent.is_Rational and (not exponent.is_Integer or abs(exponent) > MAX_POWER):
            return sympy.Pow(base, exponent, evaluate=False)
        if not base and exponent.is_negative:
            raise ExpressionError("division by zero")
        return sympy.Pow(base, exponent)
    if isinstance(e, sympy.Add | sympy.Mul):
        return e.func(*parts)
    if isinstance(e, sympy.Mod):
        if known and parts[1] == 0:
            raise ExpressionError("remainder of a division by zero")
        return sympy.Mod(*parts) if known else sympy.Mod(*parts, evaluate=False)
    if isinstance(e, sympy.floor | sympy.ceiling):
        return parts[0] if parts[0].is_integer else e.func(parts[0]) if known else e.func(parts[0], evaluate=False)
    if e.func in (SMALLEST, LARGEST) and known:
        return min(parts) if e.func == SMALLEST else max(parts)
    if isinstance(e, sympy.Abs) and known:
        return abs(parts[0])
    return e.func(*parts, evaluate=False)


def _item(name: str, entries: tuple[sympy.Basic, ...], index: sympy.Basic) -> sympy.Basic:
    if index.func == CHOICE:
        condition, body, other = index.args
        return CHOICE(condition, _item(name, entries, body), _item(name, entries, other), evaluate=False)
    if index.is_Integer:
        if not 0 <= index < len(entries):
            raise ExpressionError(f"{name}[{index}] does not exist: {name} has {len(entries)} entries")
        return entries[int(index)]
    if not entries or len(entries) > MAX_ENTRIES:
        raise UndecidedError(f"{name}[{index}]: a list of {len(entries)} entries at an index that is no number")
    found = entries[-1]
    for place in range(len(entries) - 2, -1, -1):
        found = CHOICE(sympy.Eq(index, place, evaluate=False), entries[place], found, evaluate=False)
    return found


def pieces(e: sympy.Basic) -> tuple[tuple[tuple[Condition, ...], sympy.Basic], ...]:
    """The expression without choices, under each way that its choices can go."""
    if not e.has(CHOICE):
        return (((), e),)
    if e.func == CHOICE:
        condition, body, other = e.args
        return tuple(
            ((way, *guards), found)
            for way, part in ((condition, body), (negation(condition), other))
            for guards, found in pieces(part)
        )
    ways = list(product(*(pieces(part) for part in e.args)))
    _bound(len(ways))
    return tuple(
        (tuple(guard for guards, _ in way for guard in guards), _rebuilt(e, [found for _, found in way]))
        for way in ways
    )


def _bound(count: int) -> None:
    if count > MAX_CASES:
        raise LimitError(f"an expression with {count} cases; at most {MAX_CASES}")


def _cases(angle: sympy.Basic, axes: Sequence[str]) -> tuple[Case, ...]:
    """The ways that the angle's choices can go, and the coefficient of each axis in each."""
    symbols = {axis: sympy.Symbol(axis) for axis in axes}
    found = []
    for guards, e in pieces(angle):
        expanded = sympy.expand_mul(e) if isinstance(e, sympy.Mul | sympy.Add) else e
        vector, rest = [], expanded
        for axis, symbol in symbols.items():
            part = expanded.coeff(symbol, 1)
            if part.has(*symbols.values()):
                raise ExpressionError("positions are multiplied; an angle must be linear in them")
            if part != 0:
                vector.append((axis, part))
                rest = rest - part * symbol
        rest = sympy.expand_mul(rest)
        if rest.has(*symbols.values()):
            raise ExpressionError(f"an angle that is not linear in the positions: {str(rest)[:80]}")
        if rest != 0:
            raise UndecidedError(f"an angle with a phase ({str(rest)[:80]}) is outside theorems for all sizes")
        found.append(Case(guards, tuple(vector)))
    _bound(len(found))
    return tuple(found)
