"""Carried products as powers: what a loop multiplies from pair to pair, and where it sets it back.

A product is replaced by the power that it is at every pair, an expression of either file where one is kept by each
step. One that is set back has no such expression in one piece. It is its value at pair 0 times its factor to a whole
exponent, which is carried in its place: set back where the product is, one more where the product is multiplied. Each
is proved by induction; what the exponent is stays to be found as for any whole number that a loop carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy

from prover.language.logic import Condition, all_of, in_range, negation
from prover.language.substitution import pieces, substituted
from prover.language.symbolic import CHOICE, INDEX
from prover.language.symbols import Carried
from prover.theorems.induction import Invariant, after
from prover.theorems.ratio import quotient
from prover.theorems.simulation import State
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import SymbolicLayout, is_whole

SMALL = range(-64, 65)


@dataclass(frozen=True, slots=True)
class Counted:
    """A carried product: `state` is `unit` * `factor`**`exponent` at every pair, the exponent carried and whole."""

    state: sympy.Symbol
    unit: sympy.Basic
    factor: sympy.Basic
    exponent: Carried

    @property
    def invariant(self) -> Invariant:
        return Invariant(self.state, (), self.at(self.exponent))

    def at(self, exponent: sympy.Basic) -> sympy.Basic:
        """The product with this exponent."""
        return self.unit * _raised(self.factor, exponent)


def _raised(factor: sympy.Basic, exponent: sympy.Basic) -> sympy.Basic:
    """A product of powers of what is positive to a whole exponent."""
    if isinstance(factor, sympy.Mul):
        return sympy.Mul(*(_raised(part, exponent) for part in factor.args))
    base, power = (factor.base, factor.exp) if isinstance(factor, sympy.Pow) else (factor, sympy.Integer(1))
    if base.is_Rational and base.p == 1:
        base, power = 1 / base, -power  # a half is 2**-1, as it is written elsewhere
    return sympy.Pow(base, power * exponent)


def with_powers(study: Study) -> tuple[Study, list[Invariant]]:
    """The study with carried products replaced by the power that they are at every pair, where there is one."""
    kept: list[Invariant] = []
    for side, other in (("source", "target"), ("target", "source")):
        for state, initial, step in getattr(study.statement, side).states:
            if state.is_integer:
                continue
            statement = study.statement
            theirs = getattr(statement, other)
            grown = [initial * (e / state) ** INDEX for e in [step] if not (e / state).has(INDEX, Carried)]
            possible = [e for e in theirs.inner if e.is_Pow] + [s for s, *_ in theirs.states if not s.is_integer]
            states = (*statement.source.states, *statement.target.states)
            value = next((e for e in possible + grown if _is_carried(study, state, initial, step, e, states)), None)
            if value is None:
                # It may still cancel against itself, be set back, or be a sum.
                continue
            kept.append(Invariant(state, (), value))
            study = replace(study, statement=in_both(statement, state, value))
    return study, kept


def with_exponents(study: Study) -> tuple[Study, list[Counted]]:
    """The study with the exponents of products in their place, where a product is set back or not always multiplied."""
    kept: list[Counted] = []
    for side in ("source", "target"):
        for state, initial, step in getattr(study.statement, side).states:
            found = None if state.is_integer else _counted(study, state, initial, step)
            if found is None:
                continue
            counted, start, following = found
            kept.append(counted)
            statement = in_both(study.statement, state, counted.at(counted.exponent))
            layout = getattr(statement, side)
            own = (counted.exponent, start, substituted(following, {state: counted.at(counted.exponent)}))
            statement = replace(statement, **{side: replace(layout, states=(*layout.states, own))})
            study = replace(study, statement=statement, more=(*study.more, counted.exponent))
    return study, kept


def _counted(
    study: Study, state: sympy.Symbol, initial: sympy.Basic, step: sympy.Basic
) -> tuple[Counted, sympy.Basic, sympy.Basic] | None:
    """The product, its exponent at pair 0 and the exponent's step; None where they are not proved to go together."""
    multiplied = [e / state for _, e in pieces(step) if e.has(state)]
    factor = next((e for e in multiplied if e != 1), None)
    if factor is None or factor.has(INDEX, Carried) or initial.has(CHOICE):
        return None
    form = quotient(factor, sympy.Integer(1))
    if form.sign <= 0 or form.opaque or not _are_positive(study, form.positive):
        return None
    unit, start = sympy.Integer(1), _whole_exponent(initial, sympy.Integer(1), factor)
    if start is None or not _is_one(study, "base", f"Can {state} be another power at pair 0?", initial,
                                    _raised(factor, start)):
        unit, start = initial, sympy.Integer(0)
    counted = Counted(state, unit, factor, Carried(f"exponent of {state.name}", real=True, integer=True))
    following = _followed(step, counted)
    if following is None:
        return None
    here, inside = {state: counted.at(counted.exponent)}, in_range(INDEX, study.statement.source.count - 1)
    asking = replace(study, more=(*study.more, counted.exponent))
    for guards, e, exponent in _leaves(step, following):
        known = [substituted(guard, here) for guard in guards]
        asks = f"Can a step take {state} to another power?"
        if not _is_one(asking, "step", asks, substituted(e, here), counted.at(exponent), inside, *known):
            return None
    return counted, start, following


def _followed(step: sympy.Basic, counted: Counted) -> sympy.Basic | None:
    """The exponent one pair later, choice by choice as the product's step has them; None where it is not seen."""
    if step.func == CHOICE:
        condition, *parts = step.args
        body, other = (_followed(part, counted) for part in parts)
        return None if body is None or other is None else CHOICE(condition, body, other, evaluate=False)
    if step.has(CHOICE):
        *ways, (_, last) = pieces(step)
        for guards, e in reversed(ways):
            last = CHOICE(all_of(guards), e, last, evaluate=False)
        return _followed(last, counted)
    is_multiplied = step.has(counted.state)
    more = _whole_exponent(step, counted.state if is_multiplied else counted.unit, counted.factor)
    return None if more is None else counted.exponent + more if is_multiplied else more


def _whole_exponent(e: sympy.Basic, unit: sympy.Basic, factor: sympy.Basic) -> sympy.Basic | None:
    """The whole k for which e may be unit * factor**k, by their form."""
    if e == unit:
        return sympy.Integer(0)
    if factor.is_Rational and (e / unit).is_Rational:
        return next((k for k in map(sympy.Integer, SMALL) if e / unit == factor ** k), None)
    found, own = quotient(e, unit), quotient(factor, sympy.Integer(1))
    if not found.powers or not own.powers:
        return None if found.powers else sympy.Integer(0)
    one, other = found.powers[0], own.powers[0]
    turned = {(other.above, other.below): 1, (other.below, other.above): -1}.get((one.above, one.below))
    if turned is None:
        return None
    exponent = sympy.expand(turned * sympy.cancel(one.over * other.under / (one.under * other.over)))
    return exponent if is_whole(exponent) else None


def _leaves(
    step: sympy.Basic, other: sympy.Basic
) -> Iterator[tuple[tuple[Condition, ...], sympy.Basic, sympy.Basic]]:
    """Both expressions under each way that their choices can go; a choice within the other one stays."""
    for guards, e in pieces(step):
        for more, found in pieces(other) if other.func == CHOICE else [((), other)]:
            if not {negation(guard) for guard in guards} & set(more):
                yield (*guards, *more), e, found


def told(counted: Sequence[Counted], found: Sequence[Invariant]) -> list[Invariant]:
    """Invariants with products in the place of their exponents; if one has no such form, with what exponents are."""
    products = {each.exponent: each for each in counted}
    plain, strange = list[Invariant](), False
    for one in found:
        own = products.get(one.state)
        value = one.value if own is None else _told(own, one.value, products)
        if value is None or any(e.has(*products) for e in (value, *one.guards)):
            strange = True
        plain.append(one if own is None or value is None else Invariant(own.state, one.guards, value))
    return [*(each.invariant for each in counted), *found] if strange else plain


def _told(own: Counted, exponent: sympy.Basic, products: Mapping[sympy.Symbol, Counted]) -> sympy.Basic | None:
    """The product with this exponent, in which another one's exponent stands as that product."""
    others = [products[s] for s in exponent.free_symbols if s in products]
    if not others:
        return own.at(exponent)
    rest = sympy.expand(exponent - others[0].exponent)
    if len(others) > 1 or rest.has(others[0].exponent) or (own.unit, own.factor) != (
        others[0].unit, others[0].factor
    ):
        return None
    return others[0].state * _raised(own.factor, rest)


def _is_carried(
    study: Study, state: sympy.Symbol, initial: sympy.Basic, step: sympy.Basic, value: sympy.Basic,
    states: Sequence[State],
) -> bool:
    """Whether state = value at pair 0, and one step on if it holds before."""
    if value.has(state):
        return False
    start = substituted(value, {INDEX: sympy.Integer(0), **{s: first for s, first, _ in states}})
    if not _is_one(study, "base", f"Can {state} be something else at pair 0?", initial, start):
        return False
    # What the value is made of may step by the state itself, whose value is put in there too.
    later = substituted(after(value, {s: following for s, _, following in states}), {state: value})
    inside = in_range(INDEX, study.statement.source.count - 1)
    return all(
        _is_one(study, "step", f"Can a step take {state} somewhere else?", found, wanted, inside, *guards)
        for guards, found, wanted in _leaves(substituted(step, {state: value}), later)
    )


def _is_one(
    study: Study, name: str, asks: str, one: sympy.Basic, other: sympy.Basic, *assumed: Condition
) -> bool:
    """Whether two products of positive powers are equal wherever `assumed` holds."""
    found, assumed = quotient(one, other), tuple(filter(study.is_expressible, assumed))
    if found.exactly is None or not study.is_expressible(found.exactly):
        return False
    return found.sign > 0 and study.follows(name, asks, found.exactly, *assumed) and _are_positive(
        study, found.positive, *assumed
    )


def _are_positive(study: Study, values: Sequence[sympy.Basic], *assumed: Condition) -> bool:
    return all(
        study.follows("positive", "May a base or a divisor not be positive?",
                      sympy.StrictGreaterThan(value, 0, evaluate=False), *assumed)
        for value in values
    )


def in_both(statement: Statement, state: sympy.Symbol, value: sympy.Basic) -> Statement:
    """The statement with a value put in for what is carried."""
    source, target = (_put_in(layout, state, value) for layout in (statement.source, statement.target))
    return replace(statement, source=source, target=target)


def _put_in(layout: SymbolicLayout, state: sympy.Symbol, value: sympy.Basic) -> SymbolicLayout:
    new = {state: value}
    return replace(
        layout,
        cases=tuple(
            replace(
                case, guards=tuple(substituted(g, new) for g in case.guards),
                vector=tuple((axis, substituted(e, new)) for axis, e in case.vector),
            )
            for case in layout.cases
        ),
        magnitude=tuple(
            (tuple(substituted(g, new) for g in guards), substituted(e, new)) for guards, e in layout.magnitude
        ),
        first=substituted(layout.first, new),
        second=substituted(layout.second, new),
        write_first=substituted(layout.write_first, new),
        write_second=substituted(layout.write_second, new),
        states=tuple(
            (s, initial, substituted(step, new)) for s, initial, step in layout.states if s != state
        ),
    )
