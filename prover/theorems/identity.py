"""For which parameters two kernels are identical, lane by lane: pair j of one beside pair j of the other.

With the same lanes read and written by pair j on both sides, two kernels are the same matrix exactly where, at every
pair, magnitudes are equal and so are the cosines of alpha and of delta and the sines of beta and of gamma (see
`prover.layouts.layout`). So a layout with several angles for a pair is as good as any other here, and no partner of
another index is to be ruled out. Past its last pair a side has lanes that pass: angles 0, magnitude 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import sympy

from prover.errors import UndecidedError
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.substitution import pieces
from prover.language.symbolic import CHOICE, INDEX, AllOf
from prover.theorems.closed_form import extra_in_place, same_lanes
from prover.theorems.comparison import Agreement, Comparison, in_either
from prover.theorems.factors import factors, is_expressible, is_opaque
from prover.theorems.points import Truth
from prover.theorems.ratio import quotient
from prover.theorems.restated import in_order
from prover.theorems.study import Study
from prover.theorems.symbolic import Case, SymbolicLayout
from prover.theorems.theorem import (
    Answer,
    Rule,
    Scope,
    about,
    clauses_of,
    have_values,
    possible,
    proved_both_ways,
    same_counts,
    settled,
)

ODD = (False, True, True, False)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where `guards` hold at a pair, the two agree where `surely` holds, and nowhere but where `possibly` does."""

    guards: tuple[Condition, ...]
    surely: Condition
    possibly: Condition

    @property
    def mismatch(self) -> Condition:
        return all_of([*self.guards, negation(self.surely)])


def decide_identity(study: Study) -> Answer:
    """For which parameters the kernels are identical. Raises InputError if no parameters are allowed."""
    return settled(study, _decide)


def _decide(study: Study) -> Answer:
    statement = study.statement
    if (unknown := about(study)) is not None:
        return unknown
    for layout in (statement.source, statement.target):
        if layout.outside and not layout.angles:
            return Answer(Scope.OPEN, reason=layout.outside)
    if (unknown := have_values(study)) is not None:
        return unknown
    require_same_lanes(study)
    same = same_counts(study)
    counts = (statement.source.count, statement.target.count)
    inside = in_either(counts, same)
    found = meetings(study, inside, same)
    mismatch = any_of(met.mismatch for met in found)
    if study.ask("differ", "Is there a pair at which the two kernels differ?", inside, mismatch) == "unsat":
        return Answer(Scope.ALWAYS)
    if any(met.surely != met.possibly for met in found):
        raise UndecidedError("of some pairs it is not known whether they agree")
    clauses = clauses_of(study, inside, lifted(mismatch), [counts[0]] if same else [])
    proved = proved_both_ways(study, inside, mismatch, clauses, Answer(Scope.OPEN))
    proved = replace(proved, condition=in_order(proved.condition), rule=Rule.LANES)
    return possible(study, proved) if proved.condition else proved


def require_same_lanes(study: Study) -> None:
    """Raise UndecidedError unless pairs of the same index have the same lanes, and others write what they read."""
    if not (same_lanes(study, True) and same_lanes(study, False) and extra_in_place(study)):
        raise UndecidedError("pairs of the same index do not have the same lanes for all parameters, so identity is "
                             "not asked of them one by one")


def meetings(study: Study, inside: Condition, same: bool) -> list[Meeting]:
    """Every way in which two cases meet at a pair and may not agree. `same`: both sides have as many pairs."""
    return [
        met for met in (*_angles(study, same), *_magnitudes(study, same))
        if met.surely != sympy.true and _meet(study, inside, met)
    ]


def _meet(study: Study, inside: Condition, met: Meeting) -> bool:
    return not all(map(is_expressible, met.guards)) or study.ask(
        "meet", "Is there a pair at which these two cases meet?", inside, *met.guards
    ) != "unsat"


def _angles(study: Study, same: bool) -> Iterator[Meeting]:
    """Every way in which cases of an angle meet, each angle once."""
    statement = study.statement
    seen: dict[tuple[tuple[Case, ...], tuple[Case, ...]], bool] = {}
    for ours, theirs, odd in zip(statement.source.four_angles, statement.target.four_angles, ODD, strict=True):
        seen[ours, theirs] = seen.get((ours, theirs), False) or odd
    # Cosines of opposite angles are equal, and under one feed they may be opposite that are not under another.
    for ((ours, theirs), odd), feed in product(seen.items(), statement.feeds):
        sides = (replace(statement.source, cases=ours), replace(statement.target, cases=theirs))
        comparison = Comparison(replace(statement, source=sides[0], target=sides[1], feeds=(feed,)), study, same)
        if comparison.doubtful_divisor(study) is not None:
            raise UndecidedError("a divisor in an exponent is not known to be positive")
        for a, b, found in comparison.at_one_index:
            yield Meeting((*a.guards, *b.guards), *(_as_sines(a, b, found) if odd else (found.surely, found.possibly)))


def _as_sines(a: Case, b: Case, found: Agreement) -> tuple[Condition, Condition]:
    """Where the sines are equal: those of opposite angles are where both are 0."""
    if found.sign in (1, None) or found.possibly == sympy.false:
        return found.surely, found.possibly
    entries = [e for case in (a, b) for _, e in case.vector]
    is_zero_nowhere = found.sign == -1 and not any(is_opaque(base) for e in entries for base, _ in factors(e)[1])
    return sympy.false, sympy.false if is_zero_nowhere else found.possibly


def _magnitudes(study: Study, same: bool) -> Iterator[Meeting]:
    """Every way in which magnitudes meet; lanes that pass have 1."""
    source, target = study.statement.source, study.statement.target
    sides = [_and_passing(layout, same) for layout in (source, target)]
    for ours, mine in sides[0]:
        for theirs, other in sides[1]:
            found = quotient(mine, other)
            exactly = sympy.false if found.exactly is None else found.exactly
            guards = (*ours, *theirs)
            if found.sign == 1 and not found.powers:
                continue
            same_number = Truth().holds(sympy.Eq(mine, other, evaluate=False), {}) if _is_number(mine, other) else None
            if same_number is not None:
                truth = sympy.true if same_number else sympy.false
                yield Meeting(guards, truth, truth)
                continue
            is_known = found.sign == 1 and found.exactly is not None and is_expressible(exactly) and all(
                is_expressible(base) and study.follows(
                    "positive", "Is there a pair at which a factor of a magnitude is not positive?",
                    sympy.StrictGreaterThan(base, 0, evaluate=False), *guards,
                    *([in_range(INDEX, source.count)] if same else []),
                )
                for base in found.positive
            )
            yield Meeting(guards, exactly if is_known else sympy.false, exactly if is_known else sympy.true)


def _is_number(*values: sympy.Basic) -> bool:
    return not any(value.free_symbols for value in values)


def _and_passing(layout: SymbolicLayout, same: bool) -> list[tuple[tuple[Condition, ...], sympy.Basic]]:
    if same:
        return list(layout.magnitude)
    below = sympy.StrictLessThan(INDEX, layout.count, evaluate=False)
    return [((below, *guards), e) for guards, e in layout.magnitude] + [((negation(below),), sympy.Integer(1))]


def lifted(condition: Condition) -> Condition:
    """The condition with the choices inside its comparisons brought outside them."""
    if not condition.has(CHOICE):
        return condition
    if isinstance(condition, AllOf):
        return condition.func(*map(lifted, condition.args))
    if isinstance(condition, sympy.Not):
        return negation(lifted(condition.args[0]))
    kind = type(condition)
    return any_of(
        all_of([*map(lifted, guards), kind(e, sympy.Integer(0), evaluate=False)])
        for guards, e in pieces(condition.args[0] - condition.args[1])
    )
