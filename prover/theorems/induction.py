"""What loops carry, proved by induction over the pair index.

Candidates are equations between a carried value and expressions of either file, under the conditions that
choose them there. From those that small sizes do not refute, as few are taken as the goals need: each holds at
pair 0, and is kept by a step that starts where those taken hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from prover.errors import UndecidedError
from prover.language.logic import Condition, in_range, negation
from prover.language.substitution import pieces, substituted
from prover.language.symbolic import INDEX, AnyOf
from prover.language.symbols import Carried, carried_symbol
from prover.theorems.simulation import Row, State, holds
from prover.theorems.study import Study
from prover.theorems.symbolic import SymbolicLayout, is_whole

MAX_CANDIDATES = 2000
MAX_ASSUMED = 200
NEXT = INDEX + 1


@dataclass(frozen=True, slots=True)
class Invariant:
    """Wherever `guards` hold, the carried value `state` is `value`."""

    state: sympy.Symbol
    guards: tuple[Condition, ...]
    value: sympy.Basic

    @property
    def condition(self) -> Condition:
        """The invariant as a condition."""
        equal = sympy.Eq(self.state, self.value, evaluate=False)
        return AnyOf(*map(negation, self.guards), equal) if self.guards else equal


@dataclass(frozen=True, slots=True)
class Goal:
    """What shall hold at every pair."""

    name: str
    asks: str
    condition: Condition


@dataclass(slots=True)
class Induction:
    """The search for invariants. `needs`: what each thing that was proved rests on."""

    study: Study
    states: Sequence[State]
    needs: dict[Goal | Invariant, frozenset[Invariant]] = field(default_factory=dict)
    starts: set[Invariant] = field(default_factory=set)

    def invariants(self, goals: Sequence[Goal], possible: Sequence[Invariant]) -> tuple[Invariant, ...] | None:
        """As few of the candidates as are found to keep each other and to give the goals, or None."""
        found = self._sufficient(goals, list(possible))
        if found is None:
            return None
        for one in sorted(found, key=lambda c: (-len(c.guards), -possible.index(c))):
            if one in found:
                less = self._sufficient(goals, [c for c in found if c != one])
                found = found if less is None else less
        return tuple(found)

    def proved(self, possible: Sequence[Invariant]) -> list[Invariant]:
        """Those that keep each other, whatever the goals."""
        kept = list(possible)
        while True:
            still = [c for c in kept if self._is_proved(c, kept)]
            if len(still) == len(kept):
                return kept
            kept = still

    def behind(self, proved: Sequence[Invariant]) -> list[Invariant]:
        """Invariants that were proved, and those that they rest on."""
        found = dict.fromkeys(proved)
        pending = list(proved)
        while pending:
            more = [c for c in self.needs[pending.pop()] if c not in found]
            found |= dict.fromkeys(more)
            pending += more
        return list(found)

    def _sufficient(self, goals: Sequence[Goal], kept: list[Invariant]) -> list[Invariant] | None:
        """Those of `kept` that the goals rest on, directly or through steps of each other."""
        while True:
            failed: Invariant | None = None
            pending: list[Goal | Invariant] = list(goals)
            used: set[Invariant] = set()
            while pending and failed is None:
                one = pending.pop()
                if not self._is_proved(one, kept):
                    if isinstance(one, Goal):
                        return None
                    failed = one
                    continue
                pending += [c for c in kept if c in self.needs[one] and c not in used]
                used |= self.needs[one]
            if failed is None:
                return [c for c in kept if c in used]
            kept = [c for c in kept if c != failed]

    def _is_proved(self, one: Goal | Invariant, kept: Sequence[Invariant]) -> bool:
        known = self.needs.get(one)
        if known is not None and known <= set(kept):
            return True
        put_in: frozenset[Invariant] = frozenset()
        if isinstance(one, Goal):
            word, core = self.study.follows_from(
                one.name, one.asks, one.condition, [c.condition for c in kept], in_range(INDEX, self.count)
            )
        else:
            if not self._starts(one):
                return False
            steps = {s: step for s, _, step in self.states}
            later, put_in = _plain_remainders(after(one.condition, steps), [one, *kept])
            word, core = self.study.follows_from(
                "step", f"Can a step take {one.state} somewhere else?", later,
                [_plain_remainders(c.condition, ())[0] for c in kept], in_range(INDEX, self.count - 1),
            )
        if word:
            self.needs[one] = frozenset(kept[n] for n in core) | put_in
        return word

    @property
    def count(self) -> sympy.Basic:
        return self.study.statement.source.count

    def _starts(self, one: Invariant) -> bool:
        if one not in self.starts:
            begin = {INDEX: sympy.Integer(0), **{s: initial for s, initial, _ in self.states}}
            if self.study.follows(
                "base", f"Can {one.state} be something else at pair 0?", substituted(one.condition, begin),
                sympy.StrictGreaterThan(self.count, 0, evaluate=False),
            ):
                self.starts.add(one)
        return one in self.starts


def after(e: sympy.Basic, steps: Mapping[sympy.Symbol, sympy.Basic]) -> sympy.Basic:
    """An expression or condition one pair later: all carried values have stepped at once, and j is one more."""
    marks = {s: carried_symbol(f"next {s.name}", "a step", bool(s.is_integer)) for s in steps}
    moved = substituted(substituted(e, marks), {INDEX: NEXT})
    return substituted(moved, {marks[s]: step for s, step in steps.items()})


def _plain_remainders(e: sympy.Basic, held: Sequence[Invariant]) -> tuple[sympy.Basic, frozenset[Invariant]]:
    """The same with (a % m + b) % m written as (a + b) % m, and the invariants that made a carried value a % m."""
    known: dict[sympy.Basic, Invariant] = {}
    for c in held:
        if not c.guards and isinstance(c.value, sympy.Mod):
            known.setdefault(c.state, c)
    used: set[Invariant] = set()

    def plain(mod: sympy.Basic) -> sympy.Basic:
        value, divisor = mod.args
        terms = []
        for term in sympy.Add.make_args(sympy.expand(value)):
            factor, rest = term.as_coeff_Mul()
            if rest in known and known[rest].value.args[1] == divisor and factor.is_Integer:
                used.add(known[rest])
                rest = known[rest].value
            is_inner = isinstance(rest, sympy.Mod) and rest.args[1] == divisor and factor.is_Integer
            terms.append(factor * (rest.args[0] if is_inner else term / factor))
        return sympy.Mod(sympy.expand(sympy.Add(*terms)), divisor, evaluate=False)

    found = {m: plain(m) for m in e.atoms(sympy.Mod) if is_whole(m)}
    return substituted(e, {m: p for m, p in found.items() if m != p}), frozenset(used)


def candidates(
    source: SymbolicLayout, target: SymbolicLayout, wanted: Sequence[Sequence[Condition]], seen: Sequence[Row]
) -> list[Invariant]:
    """Equations that may be what the loops carry, without those that a row refutes.

    `wanted`: guards, then an equation that is to follow from what is carried.
    """
    found: dict[Invariant, None] = {}
    for mine, other in ((source, target), (target, source)):
        for state, initial, step in mine.states:
            values = (*(s for s, *_ in other.states), *other.inner, *mine.inner, *_grown(mine, state, initial, step))
            for raw in (*values, *_behind(mine, state, other.inner)):
                value, _ = _plain_remainders(raw, ())
                if value == state or value.has(state) or (state.is_integer and not is_whole(value)):
                    continue
                for guards, part in pieces(value):
                    found.setdefault(Invariant(state, guards, part))
                    fixed = tuple(g for g in guards if not g.has(INDEX))
                    if fixed != guards:
                        found.setdefault(Invariant(state, fixed, part))
    for *ways, equation in wanted:
        for state in (s for side in (source, target) for s, *_ in side.states):
            solved = _solved(equation, state)
            if solved is not None and (is_whole(solved) or not state.is_integer):
                found.setdefault(Invariant(state, (), solved))
                found.setdefault(Invariant(state, tuple(dict.fromkeys(ways)), solved))
    if len(found) > MAX_CANDIDATES:
        raise UndecidedError(f"{len(found)} candidates for an invariant; at most {MAX_CANDIDATES}")
    left = [c for c in found if not any(holds(c.condition, row) is False for row in seen)]
    return list(_strongest(left))[:MAX_ASSUMED]


def _solved(equation: Condition, state: sympy.Symbol) -> sympy.Basic | None:
    """What the state is by an equation that is linear in it."""
    apart = sympy.expand(equation.args[0] - equation.args[1])
    weight = apart.coeff(state, 1)
    rest = sympy.expand(apart - weight * state)
    if not weight.is_Rational or weight == 0 or rest.has(state):
        return None
    return sympy.expand(-rest / weight)


def _grown(
    layout: SymbolicLayout, state: sympy.Symbol, initial: sympy.Basic, step: sympy.Basic
) -> Iterator[sympy.Basic]:
    """What a loop's own step suggests: a count, a count modulo something, another carried value, where it began."""
    for _, part in pieces(step):
        inner = part.args[0] if isinstance(part, sympy.Mod) else part
        if not (apart := sympy.expand(inner - state)).has(state):
            counted = sympy.expand(initial + apart * INDEX)
            yield counted if inner is part else sympy.Mod(counted, part.args[1], evaluate=False)
    for remainder in sorted(step.atoms(sympy.Mod), key=sympy.default_sort_key):
        if remainder.has(INDEX):
            yield sympy.Mod(sympy.expand(substituted(remainder.args[0], {INDEX: INDEX - 1})), remainder.args[1],
                            evaluate=False)
    for other, begin, _ in layout.states:
        yield sympy.expand(other + initial - begin)
    yield initial


def _behind(
    layout: SymbolicLayout, state: sympy.Symbol, values: Sequence[sympy.Basic]
) -> Iterator[sympy.Basic]:
    """What another value will be one pair later, where its step is this one and a number."""
    for _, _, step in layout.states:
        apart = sympy.expand(step - state)
        if not apart.has(Carried) and not apart.has(INDEX):
            for value in values:
                yield substituted(value, {INDEX: NEXT}) - apart


def _strongest(kept: Sequence[Invariant]) -> Iterator[Invariant]:
    """Without those that another one says under fewer conditions."""
    for one in kept:
        if not any(
            other != one and (other.state, other.value) == (one.state, one.value)
            and set(other.guards) < set(one.guards) for other in kept
        ):
            yield one
