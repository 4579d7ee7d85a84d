"""A condition on parameters made shorter, under hypotheses, with a solver's help.

What comes out is equivalent to what went in wherever the hypotheses hold; that is proved again by
whoever uses it, so nothing rests on this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Protocol

import sympy

from prover.language.logic import Condition, negation
from prover.language.symbolic import AllOf, AnyOf
from prover.theorems import spare

MAX_CLAUSES = 400
ASKS = "Can a condition be made shorter?"


class Asked(spare.Asked, Protocol):
    """Whoever knows the hypotheses."""

    def follows_from(
        self, name: str, asks: str, condition: Condition, held: Sequence[Condition]
    ) -> tuple[bool, tuple[int, ...]]:
        """Whether the condition holds where the hypotheses and `held` do; and which of `held` it needs."""

    def sorts(self) -> dict[sympy.Symbol, str]:
        """The symbols."""


def simplified(clauses: Sequence[Condition], study: Asked) -> tuple[Condition, ...]:
    """The conjunction with as few and as short clauses as is found in a bounded search."""
    if len(clauses) > MAX_CLAUSES:
        return tuple(clauses)
    kept = [_shortened(tidied(clause), study) for clause in clauses]
    kept = [clause for clause in dict.fromkeys(kept) if clause != sympy.true]
    if sympy.false in kept:
        return (sympy.false,)
    kept = _irredundant(sorted(kept, key=_size), study)
    if any(isinstance(clause, AnyOf) for clause in kept) or len(kept) > 4:
        plain = _of_atoms(kept, study)
        if plain is not None and sum(map(_size, plain)) < sum(map(_size, kept)):
            kept = plain
    return tuple(_met([_joined([_exact(part, study) for part in _parts(clause)]) for clause in kept]))


def tidied(condition: Condition) -> Condition:
    """The same condition with common terms cancelled and every term on the side where it is positive."""
    if isinstance(condition, AllOf):
        return type(condition)(*map(tidied, condition.args))
    if condition in (sympy.true, sympy.false):
        return condition
    difference = sympy.expand(condition.args[0] - condition.args[1])
    if difference.is_Rational:
        return sympy.true if bool(condition.func(difference, 0)) else sympy.false
    terms = sympy.Add.make_args(difference)
    left = sympy.Add(*(t for t in terms if t.as_coeff_Mul()[0] > 0))
    right = sympy.Add(*(-t for t in terms if t.as_coeff_Mul()[0] < 0))
    if not left.free_symbols and right.free_symbols:
        return condition.func(left, right, evaluate=False).reversed
    return condition.func(left, right, evaluate=False)


def _exact(part: Condition, study: Asked) -> Condition:
    """x == y for x <= y where the hypotheses give x >= y."""
    if isinstance(part, sympy.LessThan | sympy.GreaterThan):
        back = (sympy.GreaterThan if isinstance(part, sympy.LessThan) else sympy.LessThan)(*part.args, evaluate=False)
        if study.ask("shorter", ASKS, negation(back)) == "unsat":
            return sympy.Eq(*part.args, evaluate=False)
    return part


def _met(clauses: Sequence[Condition]) -> list[Condition]:
    """x == y in place of the two clauses x <= y and x >= y, and so where both have the same other parts beside it."""
    found = list(clauses)
    for at, clause in enumerate(clauses):
        for other in clauses[at + 1:]:
            joined = _one_clause(clause, other) if clause in found and other in found else None
            if joined is not None:
                found[found.index(clause)] = joined
                found.remove(other)
    return found


def _one_clause(one: Condition, other: Condition) -> Condition | None:
    """x == y or r, for the clauses x <= y or r and x >= y or r."""
    mine = [p for p in _parts(one) if p not in _parts(other)]
    theirs = [p for p in _parts(other) if p not in _parts(one)]
    if len(mine) != 1 or len(theirs) != 1:
        return None
    above, below = _above(mine[0]), _above(theirs[0])
    if above is None or below is None or above != -below:
        return None
    exact = sympy.Eq(*mine[0].args, evaluate=False)
    return _joined([exact if part == mine[0] else part for part in _parts(one)])


def _above(clause: Condition) -> sympy.Basic | None:
    """What the clause says is not below 0; None if it is no such clause."""
    if not isinstance(clause, sympy.LessThan | sympy.GreaterThan):
        return None
    left, right = clause.args
    above = sympy.expand(left - right if isinstance(clause, sympy.GreaterThan) else right - left)
    return above.as_content_primitive()[1]


def _size(condition: Condition) -> int:
    return sum(1 for _ in sympy.preorder_traversal(condition))


def _parts(clause: Condition) -> tuple[Condition, ...]:
    return clause.args if isinstance(clause, AnyOf) else (clause,)


def _joined(parts: Sequence[Condition]) -> Condition:
    return sympy.false if not parts else parts[0] if len(parts) == 1 else AnyOf(*parts)


def _shortened(clause: Condition, study: Asked) -> Condition:
    """The clause without the parts that cannot hold, or that imply another; true if it must hold."""
    if study.ask("shorter", ASKS, negation(clause)) == "unsat":
        return sympy.true
    parts = [p for p in _parts(clause) if study.ask("shorter", ASKS, p) != "unsat"]
    for part in sorted(parts, key=_size, reverse=True):
        others = [p for p in parts if p != part]
        if others and study.ask("shorter", ASKS, part, negation(_joined(others))) == "unsat":
            parts = others
    return _joined(parts)


def _irredundant(clauses: list[Condition], study: Asked) -> list[Condition]:
    kept = list(clauses)
    for clause in reversed(clauses):
        others = [c for c in kept if c != clause]
        if study.ask("shorter", ASKS, *others, negation(clause)) == "unsat":
            kept = others
            continue
        parts = list(_parts(clause))
        for part in list(parts):
            rest = [p for p in parts if p != part]
            if rest and study.ask("shorter", ASKS, *others, part, negation(_joined(rest))) == "unsat":
                parts = rest
        kept = [*others, _joined(parts)]
    return kept


def _of_atoms(clauses: Sequence[Condition], study: Asked) -> list[Condition] | None:
    """The same as a conjunction of plain comparisons, if there is one among the usual ones."""
    used = {s for clause in clauses for s in clause.free_symbols}
    symbols = [s for s in study.sorts() if s in used and s.is_integer]
    pool = [part for clause in clauses for part in _parts(clause)]
    pool += list(_usual(symbols))
    implied = spare.implied(study, "shorter", ASKS, clauses, dict.fromkeys(pool))
    whole = AllOf(*clauses, sympy.true)

    def are_enough(kept: Sequence[Condition]) -> bool:
        return study.ask("shorter", ASKS, *kept, negation(whole)) == "unsat"

    def core(kept: Sequence[Condition]) -> list[Condition]:
        follows, found = study.follows_from("shorter", ASKS, whole, kept)
        return [kept[n] for n in found] if follows else list(kept)

    if not are_enough(implied):
        return None
    return spare.without_spare(implied, sorted(implied, key=_size, reverse=True), are_enough, core)


def _usual(symbols: Sequence[sympy.Symbol]) -> Iterable[Condition]:
    """Comparisons of symbols with small numbers and with each other."""
    for symbol, number in product(symbols, (0, 1, 2)):
        yield sympy.Eq(symbol, number, evaluate=False)
        yield sympy.LessThan(symbol, number, evaluate=False)
    for one, other in product(symbols, symbols):
        if one != other:
            yield sympy.LessThan(one, other, evaluate=False)
            yield sympy.LessThan(one, other + 1, evaluate=False)
            yield sympy.Eq(one, other, evaluate=False)
