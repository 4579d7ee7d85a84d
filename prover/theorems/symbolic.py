"""A layout whose parameters stay symbols: what theorems for all sizes are about.

Names are replaced by what they stand for until only the variables, the pair index j and the axes are
left; choices that the given values settle are settled. What remains is a list of cases: under these
conditions on j and the variables the pair turns with this vector of frequencies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from prover.errors import ExpressionError, InputError, LimitError, ProverError, UndecidedError
from prover.language.bounds import bound_product, within_precision
from prover.language.expression import AXES, parse_condition
from prover.language.logic import Condition
from prover.language.substitution import Inliner, Symbolic, bound_cases, pieces, substituted
from prover.language.symbolic import CHOICE, INDEX, LARGEST, SMALLEST, as_sympy
from prover.language.symbols import Axis, Carried, axis_symbol, carried_symbol
from prover.layouts.family import MORE_ANGLES, Block, Family
from prover.theorems.defined import needs
from prover.theorems.factors import common_factor
from prover.theorems.variables import Variable, needs_of_text, parameter_value, rational, spec_family, values_of

OF_PAIRS = ("first", "second", "write_first", "write_second", "angle", "magnitude", *MORE_ANGLES)


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
    `parameters`: the values of those that the layout uses. `needs`: what its expressions need to have values.
    `outside`: why nothing but identity is proved of it for all sizes; it has no cases then. `angles`: the cases of
    alpha, beta, gamma and delta (see `prover.layouts.layout`) where it has several for a pair. `order`: which pair of
    the family pair j is, where they are counted otherwise; `begin`: the first lane of the family's pair 0 then.
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
    angle: sympy.Basic
    cases: tuple[Case, ...]
    requirements: tuple[tuple[Condition, str], ...]
    states: tuple[tuple[sympy.Symbol, sympy.Basic, sympy.Basic], ...]
    inner: tuple[sympy.Basic, ...]
    parameters: tuple[tuple[str, Symbolic], ...]
    needs: tuple[Condition, ...]
    outside: str = ""
    angles: tuple[tuple[Case, ...], ...] = ()
    order: sympy.Basic = INDEX
    begin: sympy.Basic | None = None

    @property
    def four_angles(self) -> tuple[tuple[Case, ...], ...]:
        """The cases of alpha, beta, gamma and delta; all the same where the layout has one angle for a pair."""
        return self.angles or (self.cases,) * 4

    @property
    def all_cases(self) -> tuple[Case, ...]:
        """The cases of all angles, each once."""
        return tuple(dict.fromkeys(case for cases in self.four_angles for case in cases))


def read_hypotheses(
    texts: Sequence[str], variables: Sequence[Variable], layouts: Sequence[SymbolicLayout]
) -> tuple[tuple[Condition, str], ...]:
    """Conditions over the variables, and over parameters to which no two layouts give different values.

    Raises InputError for any other name.
    """
    values = values_of(variables)
    apart: dict[str, tuple[Symbolic, Symbolic]] = {}
    for name, value in (parameter for layout in layouts for parameter in layout.parameters):
        if name not in values_of(variables) and values.setdefault(name, value) != value:
            apart[name] = (values[name], value)
    return tuple((_hypothesis(text, values, apart), text) for text in texts)


def _hypothesis(
    text: str, values: Mapping[str, Symbolic], apart: Mapping[str, tuple[Symbolic, Symbolic]]
) -> Condition:
    lists = [name for name, value in values.items() if isinstance(value, tuple)]
    try:
        condition = as_sympy(parse_condition(text, [name for name in values if name not in lists], lists))
        for name in sorted(apart.keys() & {symbol.name for symbol in condition.free_symbols}):
            raise InputError(
                f"'{name}' is {apart[name][0]} in one layout and {apart[name][1]} in the other",
                advice="Give it one value in both specs, or leave it symbolic",
            )
        return Inliner(values, {}).condition(condition)
    except ProverError as fault:
        raise fault.inside(f"--where '{text[:80]}'") from None


def symbolic_layout(
    text: str, variables: Sequence[Variable], loop: str = "", at: int | None = None
) -> SymbolicLayout:
    """The layout of a spec with `variables` left as symbols.

    A parameter of a variable's name is that variable unless the spec gives it a value; a value may
    be an expression in the variables. `loop`: values carried from pair to pair stay symbols too, with
    this in front of their names. `at`: what is said of every pair is that of this one. Raises UndecidedError for what
    theorems cannot be about.
    """
    with within_precision():
        return _symbolic_layout(text, variables, loop, at)


def _symbolic_layout(text: str, variables: Sequence[Variable], loop: str, at: int | None) -> SymbolicLayout:
    family, given = spec_family(text)
    family = _in_sympy(family)
    if at is not None:
        family = _family_at(family, at)
    known = {p.name: p for p in family.parameters}
    # A let name or a state is this layout's own, though a variable be called the same.
    values: dict[str, Symbolic] = {name: value for name, value in values_of(variables).items() if name in known}
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
            values[parameter.name] = tuple(rational(entry) for entry in parameter.default)
        else:
            texts[parameter.name] = as_sympy(parameter.default)
    if family.states and not loop:
        raise UndecidedError(
            "a layout with values carried from pair to pair is no closed form",
            advice="rope-prover rewrite compares such loops with a closed form",
        )
    if len(family.blocks) != 1:
        raise UndecidedError(f"a layout of {len(family.blocks)} blocks of pairs is outside theorems for all sizes")
    (block,) = family.blocks
    outside = "" if not block.more_angles else (
        f"a layout with {', '.join(block.more_angles)} has several angles for a pair: it need be no rotation, and is "
        "outside theorems for all sizes"
    )
    if outside and loop:
        raise UndecidedError(outside)
    carried = _carried(family, loop, values, texts)
    values |= carried
    values[AXES] = tuple(map(axis_symbol, family.axes))
    inliner = Inliner(values, texts, family.axes)
    angle = None
    try:
        angle = inliner.value(block.angle)
    except UndecidedError as fault:
        if loop or at is not None:
            raise
        # A long list has one entry at each pair: where the number of pairs is known they are looked at one by one.
        outside, inliner = outside or fault.message, Inliner(values, texts, family.axes)
    requirements = [
        (inliner.condition(as_sympy(p.requirement)), p.requirement_text)
        for p in family.parameters if p.requirement is not None
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
        angle=sympy.Integer(0) if angle is None else angle,
        cases=() if outside or angle is None else _cases(angle, family.axes),
        requirements=tuple((c, words) for c, words in requirements if c is not sympy.true),
        states=tuple(
            (carried[name], _initial(name, inliner.value(initial)), inliner.value(step))
            for name, initial, step in family.states
        ),
        inner=_inner([
            *(inliner.value(e) for _, e in family.lets),
            inliner.value(block.angle),
        ]) if loop else (),
        parameters=tuple((name, value) for name, value in inliner.values.items() if name in known),
        needs=_needs_of(family, block, inliner, bool(outside))
        + tuple(need for text in given.values() for need in needs_of_text(text, variables)),
        outside=outside,
        angles=_four_angles(block, inliner, family.axes) if outside else (),
    )


def with_angle(layout: SymbolicLayout, angle: sympy.Basic) -> SymbolicLayout:
    """The layout with another expression for the same angle."""
    return replace(layout, angle=angle, cases=_cases(angle, layout.family.axes))


def _needs_of(family: Family, block: Block, inliner: Inliner, is_outside: bool) -> tuple[Condition, ...]:
    """What the expressions need; false where that is not known of a layout that is outside theorems."""
    try:
        fresh = Inliner(inliner.values, inliner.texts, family.axes)
        return needs(
            fresh, (family.width, block.count),
            (block.first, block.second, block.write_first, block.write_second, block.magnitude, block.angle,
             *block.more_angles.values()),
            fresh.condition(sympy.StrictGreaterThan(block.count, 0, evaluate=False)),
        )
    except (ExpressionError, LimitError, UndecidedError):
        if not is_outside:
            raise
        return (sympy.false,)


def _in_sympy(family: Family) -> Family:
    """The family with SymPy expressions in the place of terms, but in its parameters."""
    return replace(
        family,
        width=as_sympy(family.width),
        lets=tuple((name, as_sympy(e)) for name, e in family.lets),
        states=tuple((name, as_sympy(initial), as_sympy(step)) for name, initial, step in family.states),
        blocks=tuple(_each(block, as_sympy, ("count", *OF_PAIRS)) for block in family.blocks),
        requirements=tuple(replace(each, condition=as_sympy(each.condition)) for each in family.requirements),
        warnings=tuple(replace(each, condition=as_sympy(each.condition)) for each in family.warnings),
    )


def _each(block: Block, change: Callable[[Any], sympy.Basic], names: Sequence[str]) -> Block:
    """The block with the fields of these names changed, where they are given."""
    return replace(block, **{name: change(e) for name in names if (e := getattr(block, name)) is not None})


def _family_at(family: Family, at: int) -> Family:
    """The family with one pair's number in place of the index."""
    here = {INDEX: sympy.Integer(at)}
    blocks = tuple(_each(block, lambda e: substituted(e, here), OF_PAIRS) for block in family.blocks)
    return replace(family, blocks=blocks, lets=tuple((name, substituted(e, here)) for name, e in family.lets))


def _four_angles(block: Block, inliner: Inliner, axes: Sequence[str]) -> tuple[tuple[Case, ...], ...]:
    """The cases of alpha, beta, gamma and delta, as `prover.layouts.layout.Pair.angles` has them; none if one has none.

    Such a layout is decided at points all the same.
    """
    alpha, beta, delta = block.angle, block.sine_angle, block.second_angle
    gamma = block.second_sine_angle or (beta if delta is None else delta)
    fresh = Inliner(inliner.values, inliner.texts, axes)
    try:
        return tuple(_cases(fresh.value(alpha if e is None else e), axes) for e in (alpha, beta, gamma, delta))
    except (ExpressionError, LimitError, UndecidedError):
        return ()


def _carried(
    family: Family, loop: str, values: Mapping[str, Symbolic], texts: Mapping[str, sympy.Basic]
) -> dict[str, sympy.Symbol]:
    """The symbols of the carried values: whole where all begin whole and steps of whole ones are whole, by induction.

    What is not known to be whole by its form is a real number, and with it whatever steps by it.
    """
    whole = {name for name, *_ in family.states}
    while True:
        symbols = {name: carried_symbol(name, loop, name in whole) for name, *_ in family.states}
        trial = Inliner({**values, **symbols}, texts)
        kept = {
            name for name, initial, step in family.states
            if name in whole and is_whole(trial.value(initial)) and is_whole(trial.value(step))
        }
        if kept == whole:
            return symbols
        whole = kept


def _initial(name: str, value: sympy.Basic) -> sympy.Basic:
    """A carried value at pair 0, where nothing has been carried yet."""
    if value.has(Carried):
        raise InputError(f"'{name}' at pair 0 is made of a value that is carried from pair to pair")
    return substituted(value, {INDEX: sympy.Integer(0)})


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
    """Every part that may be what a loop carries: what moves with j and has no position in it."""
    found: dict[sympy.Basic, None] = {}
    for expression in expressions:
        for part in sympy.preorder_traversal(expression):
            if part.has(INDEX) and isinstance(part, sympy.Expr) and not part.has(Axis):
                found.setdefault(part)
    return tuple(found)


def _cases(angle: sympy.Basic, axes: Sequence[str]) -> tuple[Case, ...]:
    """The ways that the angle's choices can go, and the coefficient of each axis in each."""
    symbols = {axis: axis_symbol(axis) for axis in axes}
    found = []
    for guards, e in pieces(angle):
        bound_product(e)
        parts = _coefficients(e, {symbol: axis for axis, symbol in symbols.items()})
        rest = parts.pop("", sympy.Integer(0))
        if rest != 0:
            raise UndecidedError(f"an angle with a phase ({str(rest)[:80]}) is outside theorems for all sizes")
        found.append(Case(guards, tuple((axis, parts[axis]) for axis in axes if parts.get(axis, 0) != 0)))
    bound_cases(len(found))
    return tuple(found)


def _coefficients(e: sympy.Basic, axes: Mapping[sympy.Symbol, str]) -> dict[str, sympy.Basic]:
    """The factor of each axis, and of "" what no axis stands beside; factors stay as they are written."""
    if e in axes:
        return {axes[e]: sympy.Integer(1)}
    if not e.has(*axes):
        return {"": e}
    if isinstance(e, sympy.Add):
        terms: dict[str, list[sympy.Basic]] = {}
        for part in e.args:
            for axis, factor in _coefficients(part, axes).items():
                terms.setdefault(axis, []).append(factor)
        return {axis: common_factor(sympy.Add.make_args(sympy.Add(*found))) for axis, found in terms.items()}
    moving = [part for part in sympy.Mul.make_args(e) if part.has(*axes)]
    if len(moving) > 1:
        raise ExpressionError("positions are multiplied; an angle must be linear in them")
    if moving == [e]:
        raise ExpressionError(f"an angle that is not linear in the positions: {str(e)[:80]}")
    fixed = sympy.Mul(*(part for part in sympy.Mul.make_args(e) if part not in moving))
    return {axis: fixed * factor for axis, factor in _coefficients(moving[0], axes).items()}
