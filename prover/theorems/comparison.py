"""Pair j of one family beside pair j of another: where they turn alike, and where not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from prover.errors import ExpressionError, UndecidedError
from prover.language.logic import Condition, all_of, any_of, in_range, negation
from prover.language.substitution import substituted
from prover.language.symbolic import INDEX, AllOf, AnyOf
from prover.layouts.feed import Feed
from prover.theorems.blend import difference
from prover.theorems.factors import common_factor, factors, is_expressible, is_opaque, product
from prover.theorems.mixture import Sides, sides
from prover.theorems.numbers import sign_of_equal
from prover.theorems.ratio import Quotient, quotient
from prover.theorems.signs import Signs, divided, opposite
from prover.theorems.study import Statement, Study
from prover.theorems.symbolic import Case, SymbolicLayout

MAX_MEETINGS = 2500


def pulled(layout: SymbolicLayout, feeds: Sequence[Feed], side: str) -> tuple[Case, ...]:
    """The cases with their vectors over the coordinates of all feeds, each named feed:coordinate."""
    found = []
    for case in layout.cases:
        vector: dict[str, sympy.Basic] = {}
        for number, feed in enumerate(feeds):
            places = dict(getattr(feed, side))
            for axis, coefficient in case.vector:
                for coordinate, weight in places[axis].frequencies:
                    assert weight.rational is not None
                    share = sympy.Rational(weight.rational.numerator, weight.rational.denominator)
                    key = f"{number}:{coordinate}"
                    vector[key] = vector.get(key, sympy.Integer(0)) + share * coefficient
        vector = {key: common_factor(sympy.Add.make_args(value)) for key, value in vector.items()}
        found.append(Case(case.guards, tuple(sorted((k, v) for k, v in vector.items() if v != 0))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Agreement:
    """When the vectors of two cases agree up to sign: where `surely` holds they do, else where `possibly` does.

    `sign`: 1 or -1 if it is known, 0 if it depends on parameters, None if there is nothing that turns. `sides`: exactly
    where the source's pair is slower, as fast and faster, if that is known.
    """

    surely: Condition
    possibly: Condition
    sign: int | None
    bases: tuple[sympy.Basic, ...] = ()
    divisors: tuple[sympy.Basic, ...] = ()
    sides: Sides | None = None


def agreement(source: Case, target: Case) -> Agreement:
    """Compare two vectors entry by entry; entries are products of positive powers and a sign."""
    ours, theirs = dict(source.vector), dict(target.vector)
    if len(ours) == 1 and ours.keys() == theirs.keys():
        (key,) = ours
        sign = sign_of_equal(ours[key], theirs[key])
        if sign is not None:
            return Agreement(*((sympy.true, sympy.true, sign) if sign else (sympy.false, sympy.false, None)))
    single = [quotient((ours | theirs)[key], sympy.Integer(1)) for key in ours.keys() ^ theirs.keys()]
    both = [quotient(ours[key], theirs[key]) for key in ours if key in theirs]
    bases = tuple(p for q in (*single, *both) for p in q.bases)
    divisors = tuple(p for q in both for p in q.divisors)
    never = Agreement(sympy.false, sympy.false, None, bases, divisors)
    if not all(q.opaque for q in single):
        # An entry that one side lacks is not 0 on the other.
        return never
    possibly = all_of(_possibly(q) for q in both)
    signs = {q.sign for q in both}
    if signs >= {1, -1} and not any(q.opaque for q in both):
        return never
    surely = all_of(_surely(q) for q in both)
    if single or len(signs) > 1 or (0 in signs and len(both) > 1):
        surely = sympy.false
    sign = None if not both and not single else next(iter(signs)) if len(signs) == 1 and not single else 0
    return Agreement(surely, possibly, sign, bases, divisors)


def _by_terms(source: Case, target: Case, found: Agreement, signs: Signs | None) -> Agreement:
    """The agreement; where quotients leave it open, as a difference of sums of positive terms."""
    if signs is None or found.surely == found.possibly or len(source.vector) != 1 or len(target.vector) != 1:
        return found
    ((key, ours),), ((other, theirs),) = source.vector, target.vector
    if key != other:
        return found
    apart, guards = difference(ours, theirs, signs), (*source.guards, *target.guards)
    compared = _sides(apart) if apart is not None else sides(ours, theirs, lambda c: signs.holds(c, guards))
    if compared is None:
        # Where the two cases never meet nothing is to be known of them.
        return Agreement(sympy.true, sympy.true, None) if signs.holds(sympy.false, guards) else found
    return Agreement(compared.equal, compared.equal, 1, found.bases, found.divisors, compared)


def _sides(apart: sympy.Basic) -> Sides:
    """The sides of two numbers that are apart by something of this sign."""
    kinds = (sympy.StrictLessThan, sympy.Eq, sympy.StrictGreaterThan)
    return Sides(*(kind(apart, 0, evaluate=False) if apart.free_symbols else kind(apart, 0) for kind in kinds))


def _surely(found: Quotient) -> Condition:
    return sympy.false if found.exactly is None or not is_expressible(found.exactly) else found.exactly


def _possibly(found: Quotient) -> Condition:
    """What is opaque may be 0 on both sides, or whatever makes the two alike; so may what no solver can be asked."""
    if not found.powers:
        return sympy.true
    return sympy.true if found.opaque or not is_expressible(found.possibly) else found.possibly


def in_either(counts: tuple[sympy.Basic, sympy.Basic], same_counts: bool) -> Condition:
    """The index is that of a pair of one side at least."""
    if same_counts:
        return in_range(INDEX, counts[0])
    return AllOf(in_range(INDEX, counts[0]).args[0], AnyOf(*(in_range(INDEX, c).args[1] for c in counts)))


class Comparison:
    """Pair j of the source beside pair j of the target: where they agree, and where not.

    `signs`: with it cases are divided until all factors are positive; without it, `positive` says what has
    to be. Past its last pair a side has lanes that pass, which turn as a pair that never turns does.
    """

    def __init__(self, statement: Statement, study: Study | None = None, same_counts: bool = True) -> None:
        counts = (statement.source.count, statement.target.count)
        self.counts = counts
        self.inside = in_either(counts, same_counts)
        sides = []
        for layout, side in ((statement.source, "source"), (statement.target, "target")):
            cases = pulled(layout, statement.feeds, side)
            if study is not None:
                cases = divided(cases, Signs(study, in_range(INDEX, layout.count)))
            if not same_counts:
                below = sympy.StrictLessThan(INDEX, layout.count, evaluate=False)
                cases = (*(Case((below, *c.guards), c.vector) for c in cases), Case((negation(below),), ()))
            sides.append(cases)
        self.source, self.target = sides
        if len(self.source) * len(self.target) > MAX_MEETINGS:
            raise UndecidedError(f"{len(self.source)} cases beside {len(self.target)} are too many to compare")
        self.same_counts = same_counts
        # Cases of which one begins where the other ends meet at no index, but may at two.
        self.at_two_indices = [(a, b, agreement(a, b)) for a in self.source for b in self.target]
        signs = None if study is None else Signs(study, self.inside)
        self.at_one_index = [
            (a, b, _by_terms(a, b, found, signs)) for a, b, found in self.at_two_indices
            if not {negation(guard) for guard in a.guards} & set(b.guards)
        ]

    @property
    def count(self) -> sympy.Basic:
        """The number of pairs, where it is the same on both sides."""
        return self.counts[0]

    def positive(self) -> tuple[sympy.Basic, ...]:
        """What has to be positive for a frequency to be a product of positive powers, where cases are not divided."""
        return tuple(dict.fromkeys(
            p for *_, found in self.at_two_indices for p in (*found.bases, *found.divisors)
        ))

    def doubtful_divisor(self, study: Study, at_two_indices: bool = False) -> sympy.Basic | None:
        """A divisor in an exponent that is not proved to be positive wherever it matters.

        It matters where two exponents are compared; at two indices none cancels for being the same on both sides.
        """
        found: dict[sympy.Basic, list[tuple[Condition, ...]]] = {}
        if at_two_indices:
            rows = [(case.guards, quotient(e, sympy.Integer(1)).divisors)
                    for case in (*self.source, *self.target) for _, e in case.vector]
        else:
            rows = [((*a.guards, *b.guards), agreed.divisors) for a, b, agreed in self.at_one_index]
        for guards, divisors in rows:
            for divisor in divisors:
                found.setdefault(divisor, []).append(guards)
        asks = "Are there parameters for which a divisor is not positive?"
        for divisor, ways in found.items():
            above = sympy.StrictGreaterThan(divisor, 0, evaluate=False)
            inside = [self.inside] if divisor.has(INDEX) else []
            if not study.follows("positive", asks, above, *inside) and not all(
                study.follows("positive", asks, above, self.inside, *guards) for guards in ways
            ):
                return divisor
        return None

    def mismatch(self) -> Condition:
        """True at a pair index where the vectors are not known to agree."""
        return any_of(all_of([*a.guards, *b.guards, negation(found.surely)]) for a, b, found in self.at_one_index)

    @property
    def is_exact(self) -> bool:
        """Whether a mismatch is known to be one."""
        return all(found.surely == found.possibly for *_, found in self.at_one_index)

    def still(self, side: Sequence[Case]) -> Condition:
        """True at a pair index at which a pair may not turn, or there is none."""
        return any_of(all_of(case.guards) for case in side if not _turns(case))

    def sign(self, study: Study) -> int:
        """The sign with which vectors agree, wherever they do; 0 if that is not one sign."""
        possible = {found.sign for *_, found in self.at_one_index if found.sign is not None}
        if len(possible) > 1:
            possible = {
                found.sign
                for a, b, found in self.at_one_index
                if found.sign is not None and found.possibly != sympy.false
                and study.ask(
                    "sign", "Is there a pair index at which these two cases meet?",
                    self.inside, *a.guards, *b.guards, found.possibly,
                ) != "unsat"
            }
        return next(iter(possible), 1) if len(possible) <= 1 else 0

    def meets(self, ours: sympy.Basic, theirs: sympy.Basic) -> Condition:
        """May pair `ours` of the source and pair `theirs` of the target turn alike, and at all?"""
        found = []
        for a, b, _ in self.at_two_indices:
            if not a.vector or not b.vector:
                continue
            try:
                here, there = _at(a, ours), _at(b, theirs)
            except ExpressionError:
                # It has a value wherever its guards hold, so they fail at this pair.
                continue
            found.append(all_of([*here.guards, *there.guards, agreement(here, there).possibly]))
        return any_of(found)


def _turns(case: Case) -> bool:
    """Whether some entry of a divided case is surely not 0."""
    return any(not quotient(entry, sympy.Integer(1)).opaque for _, entry in case.vector)


def _at(case: Case, index: sympy.Basic) -> Case:
    """A divided case at another index: where its guards hold there, its factors are positive there."""
    put = {INDEX: index}
    return Case(
        tuple(substituted(g, put) for g in case.guards),
        tuple((key, _factors_at(value, put)) for key, value in case.vector),
    )


def _factors_at(e: sympy.Basic, put: Mapping[sympy.Basic, sympy.Basic]) -> sympy.Basic:
    """A product of positive factors with something put in each: the sign is not judged anew by their form."""
    turns, powers = factors(e)
    found = []
    for base, exponent in powers:
        here = substituted(base, put)
        if here != base and not is_opaque(base) and factors(here)[0] != 0:
            here = opposite(-here)
        found.append((here, substituted(exponent, put)))
    return product(substituted(turns, put), tuple(found))


def same_magnitudes(study: Study) -> bool:
    """Whether it is proved that pair j has the same magnitude on both sides, for all j; lanes that pass have 1."""
    try:
        return _same_magnitudes(study)
    except (ExpressionError, UndecidedError):
        return False


def _same_magnitudes(study: Study) -> bool:
    source, target = study.statement.source, study.statement.target
    known = {e.args[0]: e.args[1] for e in study.assumed
             if isinstance(e, sympy.Eq) and e.args[0].is_Symbol and e.args[1].is_Rational}
    differ = []
    for mine, other in ((source, target), (target, source)):
        inside = in_range(INDEX, mine.count)
        beyond = sympy.GreaterThan(INDEX, other.count, evaluate=False)
        both = [] if mine is target else [
            ((*guards, *others, negation(beyond)),
             _same_magnitude(substituted(ours, known), substituted(theirs, known)))
            for guards, ours in mine.magnitude for others, theirs in other.magnitude
        ]
        alone = [((*guards, beyond), _same_magnitude(substituted(ours, known), sympy.Integer(1)))
                 for guards, ours in mine.magnitude]
        for guards, same in (*both, *(alone if source.count != target.count else [])):
            differ.append(all_of([inside, *guards, negation(same)]))
    return study.ask("magnitudes", "Is there a pair whose magnitudes differ?", any_of(differ)) == "unsat"


def _same_magnitude(ours: sympy.Basic, theirs: sympy.Basic) -> Condition:
    """A condition under which the two are surely the same."""
    if sign_of_equal(ours, theirs) == 1:
        return sympy.true
    found = quotient(ours, theirs)
    alike = sympy.Eq(ours, theirs, evaluate=False)
    return any_of([_surely(found), alike]) if found.sign == 1 else alike


def differing(study: Study, comparison: Comparison, mismatch: Condition) -> str:
    """Which pairs differ, in words, if it is all, or all but pair 0, whatever the parameters."""
    inside = comparison.inside
    agrees = negation(mismatch)
    first = sympy.Eq(INDEX, 0, evaluate=False)
    if study.ask("all-differ", "Is there a pair at which the two agree?", inside, agrees) == "unsat":
        return "every pair differs"
    if (
        study.ask("rest-differ", "Is there a pair after pair 0 at which the two agree?", inside, agrees,
                  negation(first)) == "unsat"
        and study.ask("first-agrees", "Can pair 0 differ?", inside, mismatch, first) == "unsat"
    ):
        return "every pair but pair 0 differs"
    return ""
