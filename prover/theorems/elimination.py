"""For which parameters is there no pair index in a region? The index is eliminated exactly.

A region is a conjunction of linear bounds on the index, congruences modulo a number, and conditions
on parameters alone. For each residue the least index that meets every lower bound is closed form, so
"the region is empty" is a disjunction of comparisons between a lower and an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lcm

import sympy

from prover.errors import UndecidedError
from prover.language.logic import Condition, negation
from prover.language.symbolic import LARGEST, AllOf, AnyOf

MAX_MODULUS = 24
MAX_REGIONS = 4096


@dataclass(frozen=True, slots=True)
class Clause:
    """One of `any_of` holds exactly if the region is empty; otherwise index `witness` lies in it."""

    any_of: tuple[Condition, ...]
    witness: sympy.Basic


def empty_clauses(
    region: Condition, index: sympy.Symbol, below: Sequence[sympy.Basic]
) -> tuple[Clause, ...]:
    """Clauses that hold together exactly if no whole index from 0 to all of `below` is in the region.

    Raises UndecidedError if the index does not stand in bounds and remainders alone.
    """
    modulus = _modulus(region, index)
    found: dict[tuple[Condition, ...], Clause] = {}
    for residue in range(modulus):
        for atoms in _regions(_settled(region, index, residue)):
            clause = _empty(atoms, index, below, residue, modulus)
            if clause is not None:
                found.setdefault(clause.any_of, clause)
    return tuple(found.values())


def _modulus(region: Condition, index: sympy.Symbol) -> int:
    divisors = [1]
    for e in sympy.preorder_traversal(region):
        if isinstance(e, sympy.Mod) and e.has(index):
            if not e.args[1].is_Integer or not (e.args[0] - index).is_Integer:
                raise UndecidedError(f"the remainder '{e}' of the pair index has no closed form here")
            divisors.append(int(e.args[1]))
        elif isinstance(e, sympy.floor | sympy.ceiling) and e.has(index):
            raise UndecidedError(f"'{e}' of the pair index has no closed form here")
    modulus = lcm(*divisors)
    if modulus > MAX_MODULUS:
        raise UndecidedError(f"remainders of the pair index by {modulus} together; at most {MAX_MODULUS}")
    return modulus


def _settled(condition: Condition, index: sympy.Symbol, residue: int) -> Condition:
    """The condition with remainders of the index worked out for one residue."""
    if condition in (sympy.true, sympy.false):
        return condition
    if isinstance(condition, AllOf):
        is_any = isinstance(condition, AnyOf)
        stop, skip = (sympy.true, sympy.false) if is_any else (sympy.false, sympy.true)
        parts = [_settled(part, index, residue) for part in condition.args]
        if stop in parts:
            return stop
        kept = list(dict.fromkeys(part for part in parts if part != skip))
        return skip if not kept else kept[0] if len(kept) == 1 else type(condition)(*kept)
    sides = [
        side.replace(
            lambda e: isinstance(e, sympy.Mod) and e.has(index),
            lambda e: (residue + e.args[0] - index) % e.args[1],
        )
        for side in condition.args
    ]
    difference = sympy.expand(sides[0] - sides[1])
    if difference.is_Rational:
        return sympy.true if bool(condition.func(difference, 0)) else sympy.false
    return condition.func(difference, 0, evaluate=False)


def _regions(condition: Condition) -> list[tuple[Condition, ...]]:
    """Disjunctive normal form; every atom compares with 0 and is no inequation."""
    if condition == sympy.true:
        return [()]
    if condition == sympy.false:
        return []
    if isinstance(condition, AnyOf):
        return _bounded(region for part in condition.args for region in _regions(part))
    if isinstance(condition, AllOf):
        regions: list[tuple[Condition, ...]] = [()]
        for part in condition.args:
            regions = _bounded(tuple(dict.fromkeys((*a, *b))) for a in regions for b in _regions(part))
        return regions
    if isinstance(condition, sympy.Ne):
        left, right = condition.args
        return [(kind(left, right, evaluate=False),) for kind in (sympy.StrictLessThan, sympy.StrictGreaterThan)]
    if isinstance(condition, sympy.Eq):
        left, right = condition.args
        return [(sympy.LessThan(left, right, evaluate=False), sympy.GreaterThan(left, right, evaluate=False))]
    return [(condition,)]


def _bounded(regions: Iterable[tuple[Condition, ...]]) -> list[tuple[Condition, ...]]:
    found = list(dict.fromkeys(regions))
    if len(found) > MAX_REGIONS:
        raise UndecidedError(f"more than {MAX_REGIONS} ways to differ; no closed condition is looked for")
    return found


def _empty(
    atoms: tuple[Condition, ...], index: sympy.Symbol, below: Sequence[sympy.Basic], residue: int, modulus: int
) -> Clause | None:
    lower, upper = [sympy.Integer(0)], list(below)
    others: list[Condition] = []
    for atom in atoms:
        value, strict = atom.args[0], isinstance(atom, sympy.StrictLessThan | sympy.StrictGreaterThan)
        if isinstance(atom, sympy.StrictGreaterThan | sympy.GreaterThan):
            value = -value
        weight = value.coeff(index, 1)
        rest = sympy.expand(value - weight * index)
        if rest.has(index) or not weight.is_Rational:
            raise UndecidedError(f"'{atom}' is no bound on the pair index")
        if weight == 0:
            others.append(atom)
        elif weight > 0:
            bound = sympy.expand(-rest / weight)
            upper.append(_up(bound) if strict else _down(bound) + 1)
        else:
            bound = sympy.expand(rest / -weight)
            lower.append(_down(bound) + 1 if strict else _up(bound))
    starts = list(dict.fromkeys(_next(start, residue, modulus) for start in lower))
    conditions = [negation(other) for other in others]
    for start in starts:
        for end in dict.fromkeys(upper):
            difference = sympy.expand(start - end)
            if difference.is_Rational:
                if difference >= 0:
                    return None
                continue
            conditions.append(sympy.GreaterThan(start, end, evaluate=False))
    largest = starts[0]
    if len(starts) > 1:
        largest = LARGEST(*starts)
    return Clause(tuple(dict.fromkeys(conditions)), largest)


def _down(value: sympy.Basic) -> sympy.Basic:
    return value if value.is_integer else sympy.floor(value, evaluate=value.is_Rational)


def _up(value: sympy.Basic) -> sympy.Basic:
    return value if value.is_integer else sympy.ceiling(value, evaluate=value.is_Rational)


def _next(start: sympy.Basic, residue: int, modulus: int) -> sympy.Basic:
    """The least whole number from `start` on that leaves `residue` modulo `modulus`."""
    if modulus == 1:
        return start
    number, rest = sympy.expand(start).as_coeff_Add()
    if all((term.as_coeff_Mul()[0] / modulus).is_Integer and term.is_integer for term in sympy.Add.make_args(rest)):
        return start + (residue - number) % modulus
    return start + sympy.Mod(residue - start, modulus, evaluate=False)
