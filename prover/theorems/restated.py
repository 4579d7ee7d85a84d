"""A condition with floors, remainders or extremes in it said in the usual words: remainders and plain bounds.

2*floor(d/6) == floor(d/3), for even d, is d % 6 == 0 or d % 6 == 2. Candidates are made from the numbers in the
condition, tried at small numbers, and taken only where a solver proves them the same under the hypotheses; whoever
uses what comes out proves it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product

import sympy

from prover.language.logic import Condition, all_of, any_of, negation
from prover.language.symbolic import LARGEST, SMALLEST
from prover.theorems.instance import Point
from prover.theorems.points import Truth
from prover.theorems.simplification import ASKS, Asked

DIVISORS = range(2, 25)
SMALL = range(48, 240)
TRIED = range(-2, 160)
MAX_TURNS = 6
CLEAREST = 2
MAX_BOUNDS = 80
MAX_POINTS = 100
_KINDS = (sympy.LessThan, sympy.GreaterThan, sympy.Eq, sympy.StrictLessThan, sympy.StrictGreaterThan, sympy.Ne)


def restated(clauses: Sequence[Condition], study: Asked) -> tuple[Condition, ...]:
    """The same conjunction, in remainders or plain bounds where that is found."""
    found = [_bound(clause, study) if _is_involved(clause) else clause for clause in clauses]
    whole = all_of(found)
    if not _is_involved(whole) or len(whole.free_symbols) != 1:
        return tuple(found)
    (symbol,) = whole.free_symbols
    if not symbol.is_integer:
        return tuple(found)
    short = next((c for c in _plain(whole, symbol, study) if _same(whole, c, study)), None)
    short = _remainders(whole, symbol, study) if short is None else short
    return tuple(found) if short is None else (short,)


def _plain(whole: Condition, symbol: sympy.Symbol, study: Asked) -> Iterator[Condition]:
    """Bounds at which the condition turns among small numbers, and the few numbers at which it holds."""
    truth = Truth()
    known = [(n, truth.holds(whole, {symbol: sympy.Integer(n)})) for n in TRIED]
    holds = [sympy.Eq(symbol, n, evaluate=False) for n, one in known if one]
    few = [at for at in holds if study.ask("restated", ASKS, at) != "unsat"] if len(holds) <= MAX_TURNS else []
    if 0 < len(few) <= CLEAREST:
        yield any_of(few)
    turns = [n for (n, one), (_, other) in pairwise(known) if one is not other]
    for n in turns if len(turns) <= MAX_TURNS else ():
        yield sympy.LessThan(symbol, n, evaluate=False)
        yield sympy.GreaterThan(symbol, n + 1, evaluate=False)
    if len(few) > CLEAREST:
        yield any_of(few)


def in_order(clauses: Sequence[Condition]) -> tuple[Condition, ...]:
    """The clauses by the parameters that they are about, entries of a list in its order."""
    def parameters(clause: Condition) -> list[tuple[int, str]]:
        return sorted((len(s.name), s.name) for s in clause.free_symbols)

    return tuple(sorted(clauses, key=parameters))


def _is_involved(condition: Condition) -> bool:
    return bool(condition.has(sympy.floor, sympy.ceiling, sympy.Mod, LARGEST, SMALLEST))


def _same(one: Condition, other: Condition, study: Asked) -> bool:
    return all(
        study.ask("restated", ASKS, left, negation(right)) == "unsat" for left, right in ((one, other), (other, one))
    )


def _bound(clause: Condition, study: Asked) -> Condition:
    """A parameter beside a number, or another parameter, in place of a clause about two at most."""
    if len(clause.free_symbols) > 2:
        return clause
    truth, points = Truth(), _points(clause)
    told = [truth.holds(clause, point) for point in points]
    for candidate in _bounds(clause):
        if told == [truth.holds(candidate, point) for point in points] and _same(clause, candidate, study):
            return candidate
    return clause


def _points(clause: Condition) -> list[Point]:
    """Positive numbers for the parameters of a clause: small ones, and those about the numbers in it."""
    symbols = sorted(clause.free_symbols, key=lambda s: str(s.name))
    numbers = sorted({abs(n) for n in clause.atoms(sympy.Integer)}, reverse=True)[:3]
    values = list(dict.fromkeys(v for n in (*numbers, 7) for v in (n, n + 1, n - 1) if v > 0))
    points = list(islice(product(values, repeat=len(symbols)), MAX_POINTS))
    return [dict(zip(symbols, map(sympy.Integer, point), strict=True)) for point in points]


def _bounds(clause: Condition) -> Iterator[Condition]:
    symbols = sorted(clause.free_symbols, key=lambda s: str(s.name))
    numbers = sorted(clause.atoms(sympy.Rational), key=lambda n: (-abs(n), n))
    values = [*(s for s in symbols), *numbers]
    candidates = [
        kind(symbol, value, evaluate=False)
        for symbol, value in product(symbols, values) if symbol != value for kind in _KINDS
    ]
    yield from candidates[:MAX_BOUNDS]


def _remainders(whole: Condition, symbol: sympy.Symbol, study: Asked) -> Condition | None:
    """The remainders, by the least divisor that tells, of the one whole number that the condition is about."""
    truth = Truth()
    known = {n: truth.holds(whole, {symbol: sympy.Integer(n)}) for n in SMALL}
    step = next((n for n in reversed(DIVISORS) if _comes_in_steps(symbol, n, study)), 1)
    for divisor in range(max(step, 2), DIVISORS[-1] + 1, step):
        kept = []
        for rest in range(divisor):
            at = sympy.Eq(sympy.Mod(symbol, divisor, evaluate=False), rest, evaluate=False)
            if not _may_be_told(known, divisor, rest):
                break
            if study.ask("restated", ASKS, at) == "unsat":
                continue
            holds = study.ask("restated", ASKS, at, negation(whole)) == "unsat"
            if holds:
                kept.append(at)
            elif study.ask("restated", ASKS, at, whole) != "unsat":
                break
        else:
            found = any_of(kept)
            if found not in (sympy.true, sympy.false) and _same(whole, found, study):
                return found
    return None


def _comes_in_steps(symbol: sympy.Symbol, step: int, study: Asked) -> bool:
    """Whether the hypotheses say that it is a multiple of the step."""
    remainder = sympy.Mod(symbol, step, evaluate=False)
    return study.ask("restated", ASKS, sympy.Ne(remainder, 0, evaluate=False)) == "unsat"


def _may_be_told(known: Mapping[int, bool | None], divisor: int, rest: int) -> bool:
    """Whether the condition is all true or all false at the small numbers that leave this rest."""
    return len({holds for n, holds in known.items() if n % divisor == rest}) == 1
