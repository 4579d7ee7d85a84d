"""A family at concrete parameter values: the exact layout, and what its kernel warns of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from prover.errors import ExpressionError, InputError, LimitError, ProverError
from prover.exact.angle import Angle, as_angle, axis_angle
from prover.exact.number import MAX_TEXT, Exact, exact
from prover.exact.text import angle_text, number_text
from prover.language.evaluation import (
    Compiled,
    Expression,
    Scope,
    Value,
    compiled,
    compiled_condition,
    names_in,
    node_count,
    number,
)
from prover.language.expression import AXES
from prover.language.tokens import with_words
from prover.layouts.family import PAIRS_PER_AXIS, Block, Family, Given, KernelWarning, Parameter
from prover.layouts.layout import MAX_WIDTH, Layout, Pair, build_layout

_PLACE = re.compile(r"\{(.*?)\}")
MAX_LIST = 1 << 15
MAX_WORK = 4_000_000
_READ_AND_WRITTEN = (("first", "write_first"), ("second", "write_second"))
_LANES = ("first", "second", "write_first", "write_second")


def expand(
    family: Family, given: Mapping[str, Given], name: str, instead: Mapping[str, Value] = MappingProxyType({})
) -> Layout:
    """The exact layout of `family` at the given parameter values.

    `instead`: values that are no rational numbers, for parameters among the given, which alone have to meet the
    requirements. Raises InputError for an unknown or violating parameter and ExpressionError where an expression has no
    value.
    """
    width, pairs = _expanded(family, given, instead, None)
    return build_layout(name, width, family.axes, family.positions, tuple(pair for _, pair in pairs))


def expand_some(family: Family, given: Mapping[str, Given], count: int) -> tuple[int, dict[int, Pair]]:
    """The width, and about `count` pairs of every block by their places, the first and the last among them.

    Raises as `expand` does, but for what the other pairs would raise.
    """
    width, pairs = _expanded(family, given, MappingProxyType({}), count)
    return width, dict(pairs)


def _expanded(
    family: Family, given: Mapping[str, Given], instead: Mapping[str, Value], some: int | None
) -> tuple[int, list[tuple[int, Pair]]]:
    """The width and the pairs with their places; of every block only `some`, if that is said."""
    scope = scope_of(family, given)
    _check_requirements(family, scope)
    if instead:
        scope = scope_of(family, given, instead)
    width = _whole(scope, family.width, "width", 1, MAX_WIDTH)
    pairs: list[tuple[int, Pair]] = []
    start = 0
    for position, block in enumerate(family.blocks):
        label = "pairs" if len(family.blocks) == 1 else f"pairs[{position}]"
        try:
            count, found = _expand_block(block, scope, family, width // 2 - start, some)
        except ProverError as fault:
            raise fault.inside(label) from None
        pairs += [(start + place, pair) for place, pair in found]
        start += count
    return width, pairs


def head_width(family: Family, given: Mapping[str, Given]) -> int:
    """The lanes of a head at the given parameter values, before any pair is worked out. Raises as `expand` does."""
    scope = scope_of(family, given)
    _check_requirements(family, scope)
    return _whole(scope, family.width, "width", 1, MAX_WIDTH)


def used_lets(family: Family, fields: Iterable[Expression]) -> dict[str, tuple[Expression, ...]]:
    """The let names and states that the expressions use, directly or through one another, in file order.

    A let name has one expression, a state two: its value at pair 0 and its step.
    """
    lets: dict[str, tuple[Expression, ...]] = {name: (e,) for name, e in family.lets}
    lets |= {name: (initial, step) for name, initial, step in family.states}
    pending, used = list(fields), set[str]()
    while pending:
        names = names_in(pending.pop()) & lets.keys() - used
        used |= names
        pending += [part for name in names for part in lets[name]]
    return {name: parts for name, parts in lets.items() if name in used}


def warnings_of(family: Family, given: Mapping[str, Given], layout: Layout) -> tuple[str, ...]:
    """What the real kernel silently does at these values, one sentence each."""
    scope = scope_of(family, given)
    due = [each for each in family.warnings if compiled_condition(each.condition, scope.moving_names).test(scope)]
    words = {PAIRS_PER_AXIS: _pairs_per_axis(layout, family.axes)} if due else {}
    return tuple(_told(warning, scope, words) for warning in due)


def _pairs_per_axis(layout: Layout, axes: Iterable[str]) -> str:
    used = [{axis for angle in pair.distinct_angles for axis, _ in angle.frequencies} for pair in layout.pairs]
    return "/".join(str(sum(axis in each for each in used)) for axis in axes)


def places(text: str) -> list[str]:
    """The names in braces of a warning's or requirement's text. Raises InputError for a brace on its own."""
    rest = _PLACE.sub("", text)
    if "{" in rest or "}" in rest:
        raise InputError("a brace on its own in the text", advice="Write {NAME} for the value of a name")
    return _PLACE.findall(text)


def _told(warning: KernelWarning, scope: Scope, words: Mapping[str, str]) -> str:
    def word(found: re.Match[str]) -> str:
        return words[found[1]] if found[1] in words else show_value(scope.lookup(found[1]))

    return _PLACE.sub(word, warning.text)


def parameter_values(family: Family, given: Mapping[str, Given]) -> dict[str, Value]:
    """Every parameter's value, defaults worked out."""
    scope = scope_of(family, given)
    return {p.name: scope.lookup(p.name) for p in family.parameters}


def scope_of(
    family: Family, given: Mapping[str, Given], instead: Mapping[str, Value] = MappingProxyType({})
) -> Scope:
    """What expressions of `family` can see at the given parameter values, some of which are taken from `instead`."""
    known = {parameter.name: parameter for parameter in family.parameters}
    values: dict[str, Value] = {axis: axis_angle(axis) for axis in family.axes}
    values[AXES] = tuple(axis_angle(axis) for axis in family.axes)
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
                raise InputError(
                    f"parameter '{name}' takes one number, got a list of {len(value)}"  # type: ignore[arg-type]
                )
        values[name] = instead.get(name, _exact_value(value))
    texts: dict[str, Expression] = dict(family.lets)
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
    states = {name: (initial, step) for name, initial, step in family.states}
    moving = moving_names(texts, states)
    for parameter in family.parameters:
        if parameter.name in moving:
            raise InputError(f"the default of '{parameter.name}' depends on the pair index j")
    return Scope(
        values,
        {name: compiled(e, moving) for name, e in texts.items()},
        moving,
        {n: (compiled(first, moving), compiled(step, moving)) for n, (first, step) in states.items()},
    )


def _exact_value(value: Given) -> Value:
    if isinstance(value, tuple):
        if len(value) > MAX_LIST:
            raise LimitError(f"a list of {len(value)} entries; at most {MAX_LIST}")
        return tuple(exact(entry) for entry in value)
    return exact(value)


def moving_names(texts: Mapping[str, Expression], states: Collection[str]) -> frozenset[str]:
    """Names whose value depends on the pair index j. Raises InputError on a circle."""
    return _moving(tuple((name, names_in(e)) for name, e in texts.items()), tuple(states))


@lru_cache(maxsize=1024)
def _moving(names: tuple[tuple[str, frozenset[str]], ...], states: tuple[str, ...]) -> frozenset[str]:
    """The same by the names that each name's text has in it: families ask it for each of their layouts."""
    uses = dict(names)
    pending: list[str] = []
    done: dict[str, bool] = {}

    def visit(name: str) -> bool:
        if name == "j" or name in states:
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

    return frozenset([*states, *(name for name in sorted(uses) if visit(name))])


def _check_requirements(family: Family, scope: Scope) -> None:
    for parameter in family.parameters:
        try:
            value = scope.lookup(parameter.name)
        except ProverError as fault:
            raise fault.inside(f"default of {parameter.name}") from None
        if parameter.is_whole:
            _check_whole(parameter, value)
        if parameter.requirement is None:
            continue
        try:
            holds = compiled_condition(parameter.requirement, scope.moving_names).test(scope)
        except ExpressionError as fault:
            raise fault.inside(f"requirement of {parameter.name}") from None
        if not holds:
            raise InputError(
                f"{parameter.name}={show_value(value)} does not meet its requirement "
                f"'{parameter.requirement_text}'",
                advice=_values_used(parameter, scope),
            )
    for requirement in family.requirements:
        if not compiled_condition(requirement.condition, scope.moving_names).test(scope):
            raise InputError(_told(requirement, scope, {}))


def _check_whole(parameter: Parameter, value: Value) -> None:
    for entry in value if isinstance(value, tuple) else (value,):
        rational = number(entry, parameter.name).rational
        if rational is None or rational.denominator != 1:
            raise InputError(
                f"{parameter.name}={show_value(value)}: expected whole numbers, got {show_value(entry)}"
            )


def _values_used(parameter: Parameter, scope: Scope) -> str:
    assert parameter.requirement is not None
    names = sorted(names_in(parameter.requirement))
    used = ", ".join(f"{n}={show_value(scope.lookup(n))}" for n in names if n != parameter.name)
    parts = [f"{parameter.name} is: {parameter.meaning}"] if parameter.meaning else []
    return "; ".join([*parts, f"here {used}"] if used else parts)


def show_value(value: Value) -> str:
    """A parameter value as it is written in a spec, shortened if it is long."""
    text = (",".join(map(_value_text, value)) or "[]") if isinstance(value, tuple) else _value_text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _value_text(value: Exact | Angle) -> str:
    return number_text(value) if isinstance(value, Exact) else angle_text(value)


def feed_texts(family: Family, given: Mapping[str, Given]) -> Family:
    """The family with parameters in its feeds' texts replaced by their values."""
    scope = scope_of(family, given)
    names = {p.name for p in family.parameters if not p.is_list}

    def value(name: str) -> str:
        if name not in names:
            return name
        text = number_text(number(scope.lookup(name), name))
        return text if text.isdigit() else f"({text})"

    return replace(family, feeds=tuple(
        (feed, tuple((axis, with_words(text, value)) for axis, text in table)) for feed, table in family.feeds
    ))


def _whole(scope: Scope, expression: Expression, what: str, low: int, high: int) -> int:
    try:
        found = number(fixed_value(scope, expression, what), what)
    except ProverError as fault:
        raise fault.inside(what) from None
    value = found.rational
    if value is None or value.denominator != 1:
        raise InputError(f"{what} is {show_value(found)}, expected a whole number")
    if not low <= value <= high:
        raise InputError(f"{what} is {show_value(found)}, expected {low} to {high}")
    return int(value)


def fixed_value(scope: Scope, expression: Expression, what: str) -> Value:
    """The value of an expression that must be the same for all pairs."""
    ready = compiled(expression, scope.moving_names)
    if ready.moves:
        raise InputError(f"{what} depends on the pair index j", advice="It must not")
    return ready.compute(scope)


def _expand_block(
    block: Block, scope: Scope, family: Family, room: int, some: int | None
) -> tuple[int, list[tuple[int, Pair]]]:
    """How many pairs the block has, and the pairs with their places in it; about `some` of them, if that is said."""
    count = _whole(scope, block.count, "count", 0, room)
    fields = {
        "first": block.first,
        "second": block.second,
        "write_first": block.write_first,
        "write_second": block.write_second,
        "angle": block.angle,
        "magnitude": block.magnitude,
    }
    more = tuple(block.more_angles)
    fields |= block.more_angles
    used = used_lets(family, fields.values())
    expressions = (*fields.values(), *(e for parts in used.values() for e in parts))
    nodes = sum(node_count(e, scope.moving_names) for e in expressions)
    if nodes * count > MAX_WORK:
        raise LimitError(f"{count} pairs of {nodes} operations each are more than {MAX_WORK}")
    same = {name: read for read, name in _READ_AND_WRITTEN if fields[read] == fields[name]}
    ready = {name: compiled(e, scope.moving_names) for name, e in fields.items() if name not in same}
    written = [same.get(name, name) for _, name in _READ_AND_WRITTEN]
    if some is None and not scope.states:
        with suppress(ProverError, RecursionError):  # told below, at the pair and in the order of the fields
            return count, list(enumerate(_by_columns(ready, written, scope, count)))
    pairs: list[tuple[int, Pair]] = []
    still: dict[str, Value] = {}
    wanted = None if some is None else {(count - 1) * part // max(1, some - 1) for part in range(some)}
    for index in range(count):
        if wanted is not None and index not in wanted and not scope.states:
            continue
        scope.at(index)
        if wanted is not None and index not in wanted:
            continue
        values = dict(still)
        lanes: dict[str, int] = {}
        for name, expression in ready.items():
            try:
                if name in values:
                    continue
                if name in _LANES and (lane := expression.whole(scope)) is not None:
                    lanes[name] = lane
                    continue
                values[name] = expression.compute(scope)
                if not expression.moves:
                    still[name] = values[name]
            except ProverError as fault:
                raise fault.inside(f"{name} at j={index}") from None
            except RecursionError:
                raise LimitError("is nested too deeply", where=f"{name} at j={index}") from None
        lanes |= {name: _lane(values[name], name, index) for name in _LANES if name in values}
        read = (lanes["first"], lanes["second"])
        pair = Pair(
            read=read,
            write=read if len(same) == 2 else (lanes[written[0]], lanes[written[1]]),
            angle=_angle(values["angle"]),
            magnitude=number(values["magnitude"], "magnitude"),
            **{name: _angle(values[name]) for name in more},
        )
        _bound_text(pair, index)
        pairs.append((index, pair))
    return count, pairs


def _by_columns(fields: Mapping[str, Compiled], written: list[str], scope: Scope, count: int) -> list[Pair]:
    """All pairs, field by field. `written`: the fields of the lanes that are written, in order. Raises ProverError."""
    lanes = {name: _lanes(field, name, scope, count) for name, field in fields.items() if name in _LANES}
    values = {name: _values(field, scope, count) for name, field in fields.items() if name not in _LANES}
    read, write = (list(zip(*(lanes[name] for name in names), strict=True)) for names in (("first", "second"), written))
    sizes = [number(value, "magnitude") for value in values.pop("magnitude")]
    alpha = [_angle(value) for value in values.pop("angle")]
    others = [dict(zip(values, map(_angle, each), strict=True)) for each in zip(*values.values(), strict=True)]
    pairs = [
        Pair(read=lanes, write=lanes if lanes == moved else moved, angle=angle, magnitude=size, **more)
        for lanes, moved, angle, size, more in zip(read, write, alpha, sizes, others or [{}] * count, strict=True)
    ]
    for index, pair in enumerate(pairs):
        _bound_text(pair, index)
    return pairs


def _lanes(field: Compiled, name: str, scope: Scope, count: int) -> Sequence[int]:
    """The lanes of a field at every pair."""
    if (line := field.line(scope)) is not None:
        first, step = line
        return range(first, first + step * count, step) if step else [first] * count
    found = []
    for index in range(count):
        lane = field.whole(scope.at(index))
        found.append(_lane(field.compute(scope), name, index) if lane is None else lane)
    return found


def _values(field: Compiled, scope: Scope, count: int) -> Sequence[Value]:
    """The values of a field at every pair."""
    if not field.moves:
        return [field.compute(scope)] * count if count else []
    values, lets = scope.seen_by(field.expression)
    return _column(field.expression, values, lets, scope.moving_names.intersection(let for let, _ in lets), count)


@lru_cache(maxsize=8)
def _column(
    expression: Expression, values: tuple[tuple[str, Value], ...], lets: tuple[tuple[str, Expression], ...],
    moving: frozenset[str], count: int,
) -> tuple[Value, ...]:
    """One expression at every pair, worked out once for layouts that have it in common, as those of two pairings do."""
    scope = Scope(dict(values), {name: compiled(let, moving) for name, let in lets}, moving)
    field = compiled(expression, moving)
    return tuple([field.compute(scope.at(index)) for index in range(count)])


def _bound_text(pair: Pair, index: int) -> None:
    """The checker reads numbers of at most MAX_TEXT characters; a longer one has no proof."""
    numbers = [pair.magnitude]
    for angle in pair.distinct_angles:
        numbers += [angle.phase, *[frequency for _, frequency in angle.frequencies]]
    for value in numbers:
        if len(value.terms) > 8 and len(str(value)) > MAX_TEXT:
            raise LimitError(f"an exact number at j={index} is longer than {MAX_TEXT} characters")


def _lane(found: Value, name: str, index: int) -> int:
    value = number(found, name).rational
    if value is None or value.denominator != 1:
        raise InputError(f"{name} at j={index} is {show_value(found)}, expected a lane number")
    return int(value)


def _angle(value: Value) -> Angle:
    if isinstance(value, tuple):
        raise InputError("the angle is a list, expected axis * frequency")
    return as_angle(value)
