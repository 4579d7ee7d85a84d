"""The checker of theorems: decides whether a certificate proves what it states, for all sizes at once.

`python3 theorem_checker.py CERTIFICATE...` says what each states, and exits with 0, or with 4 if one is not shown.
Standard library only, no code shared with the search. It reads the two layouts with a reader of its own, makes from
the statement alone what has to be shown, goes through the certificate's linear proofs that nothing gainsays it, and
asks SMT solvers (`z3` and `cvc5`, where there are such programs) where there is none. Every number is a quotient of
polynomials. Rounding and remainders are constants with their defining inequalities; a product of powers is compared
factor by factor, so that no solver meets a power. Numbers, that is pi, their logarithms and their powers, are known
by rational bounds: what these settle is settled, and where they do not, a solver is told the bounds. Where `order` is
null, pairs are taken one by one, and what depends on j is a number. Of what does not hold for all sizes one point can
be shown, where all is a number and loops are run step by step.

A pair reads lanes (a, b) and writes lanes (c, d): y[c] = s (x[a] cos u - x[b] sin v), y[d] = s (x[a] sin v + x[b]
cos u), where v = u but in a layout with a `sine_angle`. A pair that one side lacks is two lanes that pass.
"""

from __future__ import annotations

import ast
import hashlib
import json
import keyword
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, lru_cache, partial, reduce
from itertools import combinations, pairwise, product
from math import gcd, lcm
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows has none: there a solver's own count is the only bound
    resource = None  # type: ignore[assignment]

SCHEMA = "rope-prover/theorem-certificate/1"
MEANINGS = {"identical": "the two kernels are equal, lane by lane, at every position",
            "equal-scores": "the attention scores are equal with the weights as they are",
            "permutation": "one permutation of the rows of W_q and W_k makes the scores equal",
            "pair-map": "one permutation and one factor per row of W_q and W_k make the scores equal",
            "linear": "some fixed linear maps of W_q and W_k make the scores equal",}
SIDES = ("source", "target")
RULES = ("counts", "own-index", "edge", "dominated", "ordered", "lanes", "point")
FAILING = ("never", "not-always")  # scopes that say where nothing holds
MAX_BYTES, MAX_TEXT, MAX_NODES, MAX_DEPTH, MAX_LIST, MAX_NAMES = 1 << 24, 4000, 1000, 60, 64, 200
MAX_TERMS, MAX_BITS, MAX_CASES, MAX_WORK, MAX_QUESTION = 200, 4000, 256, 400_000, 1 << 20
MAX_QUESTIONS, WRITTEN, MAX_PAIRS = 120, 16, 128
MAX_STEPS = 100_000  # of all linear proofs together
# What a solver may do for a question, by its own count: Z3 takes 15 million for one of theorem 4 and at most 0.4 for
# the others that ship, cvc5 1.1 and 0.1. Seconds of the processor for a question, should it not count, and for all.
WORK, SECONDS, ALL_SECONDS = {"z3": 100_000_000, "cvc5": 2_000_000}, 60, 300
UNITS, MAX_ROOT, MAX_RAISED = 1 << 160, 128, 1 << 13  # bounds of a number lie that close together, or a few times that
PI = 314159265358979323846264338327950288419716939937510  # its digits to 50 places
_NAME, _CHARACTERS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}"), re.compile(r"[A-Za-z0-9_ .+\-*/%<>=!()\[\],\n\t]*")
_NUMBER = re.compile(r"(?=.{1,60}$)(\d{0,40})\.?(\d{0,40})([eE][+-]?\d{1,3})?")
_KEY = re.compile(r"[0-9a-f]{16}")
_RATIONAL = re.compile(r"0|-?[1-9][0-9]{0,99}(/[1-9][0-9]{0,99})?")
Monomial = tuple[tuple[str, Any], ...]  # atoms in order, each with its exponent: whole, or a Quotient for b^(...)
Poly = tuple[tuple[Monomial, Fraction], ...]
Quotient = tuple[Poly, Poly]
# True, False, ("and" | "or", (Formula, ...)), or (sign, Poly) against 0: < <= = !=, and <=1 for <= of whole numbers
Formula = Any
Known = tuple[Formula, ...]  # what was found to hold on the way to a value
Cases = list[tuple[Known, Quotient]]
Turn = dict[tuple[int, str], Quotient]  # feed and coordinate to frequency; coordinate "1" is the constant
Solve = Callable[[str], dict[str, str]]
Bounds = tuple[Fraction, Fraction]
UNIT: Poly = (((), Fraction(1)),)
ZERO: Quotient = ((), UNIT)
ONE: Quotient = (UNIT, UNIT)

class Rejected(ValueError):
    """The certificate is malformed, or does not prove what it states."""

class NotShown(ValueError):
    """Nothing gainsays the certificate, but no solver settled one of its obligations."""
    statement: tuple[str, ...] = ()  # what was not shown, where that was read

@dataclass(frozen=True)
class Obligation:
    """What had to be shown, the question that had to have no answer, and who says that it has none. `linear`: what the
    question says, products and powers taken for numbers of which no more is known, where that was enough."""
    sentence: str
    question: str
    discharged: str
    linear: Linear | None = None

@dataclass(frozen=True)
class Accepted:
    """What the theorem says, and how each part of it was shown."""
    statement: tuple[str, ...]
    obligations: tuple[Obligation, ...]

# ---- formulas
def every(*parts: Formula) -> Formula:
    """All of them; False where two are seen to exclude each other."""
    return _joined("and", parts, True)
def some(*parts: Formula) -> Formula:
    """At least one of them."""
    return _joined("or", parts, False)
def _joined(word: str, parts: Iterable[Formula], neutral: bool) -> Formula:
    found: dict[Formula, None] = {}
    for part in parts:
        for each in part[1] if isinstance(part, tuple) and part[0] == word else (part,):
            if each is (not neutral):
                return not neutral
            if each is not neutral:
                found[each] = None
    if any(no(each) in found for each in found if each[0] not in ("and", "or")):
        return not neutral
    return (word, tuple(found)) if len(found) > 1 else next(iter(found), neutral)
@lru_cache(maxsize=1 << 14)
def no(formula: Formula) -> Formula:
    """What holds where it does not."""
    if isinstance(formula, bool):
        return not formula
    word, body = formula
    if word in ("and", "or"):
        return (some if word == "and" else every)(*map(no, body))
    if word in ("=", "!="):
        return ("!=" if word == "=" else "="), body
    minus = {monomial: -c for monomial, c in body}
    if word == "<=1":  # between whole numbers: not p <= 0 is 1 - p <= 0
        minus[()] = minus.get((), Fraction(0)) + 1
    ordered = tuple(sorted(((m, c) for m, c in minus.items() if c), key=_order))
    return {"<": "<=", "<=": "<", "<=1": "<=1"}[word], ordered
def _order(term: tuple[Monomial, Fraction]) -> tuple[int, Monomial]:
    return len(term[0]), term[0]
def _size(formula: Formula) -> int:
    """How many comparisons are written in it."""
    if isinstance(formula, bool) or formula[0] not in ("and", "or"):
        return 1
    return 1 + sum(map(_size, formula[1]))
def extended(path: Known, formula: Formula) -> Known | None:
    """The path with one more thing known; None where it contradicts what is known."""
    for each in formula[1] if isinstance(formula, tuple) and formula[0] == "and" else (formula,):
        if isinstance(each, tuple) and each[0] == "or":
            if any(one in path for one in each[1]):
                continue
            each = some(*(one for one in each[1] if no(one) not in path))
        if each is False or (each is not True and no(each) in path):
            return None
        if each is not True and each not in path:
            path = (*path, each)
    return path

# ---- terms

class Terms:
    """Exact arithmetic on quotients of polynomials, and what is known of the constants in them."""
    def __init__(self) -> None:
        self.left = MAX_WORK
        self.whole: dict[str, bool] = {}
        self.facts: dict[str, list[Formula]] = {}
        self.opaque: dict[str, bool] = {}  # of these less is known than is true; whether they may not be algebraic
        self.irrational = set[str]()  # those that are not seen to be rational
        self.bases: dict[str, Poly] = {}
        self.near: dict[str, Bounds] = {}  # constants that are numbers
        self.transcendental: dict[str, Formula] = {}  # but where this holds, where it is 0
        self.rests: dict[Poly, dict[Poly, tuple[Quotient, Quotient]]] = {}  # divisor, dividend: quotient, remainder
        self.made: dict[Any, Quotient] = {}
        self.logarithms: dict[str, tuple[Formula, Quotient, Quotient]] = {}  # where it has a value, of what, itself
        for name in ("compare", "ratio", "add", "multiply", "bounds", "number", "shift", "bounded"):  # nothing twice
            setattr(self, name, cache(getattr(self, name)))
    def spend(self, units: int) -> None:
        """Count work."""
        self.left -= units
        if self.left < 0:
            raise NotShown("checking it takes more work than any certificate needs")
    def atom(self, name: str, whole: bool, opaque: bool | None = None) -> Quotient:
        """A constant of this name."""
        self.whole.setdefault(name, whole)
        self.facts.setdefault(name, [])
        self.opaque |= {name: opaque} if opaque is not None else {}
        self.irrational |= {name} if opaque else set()
        return ((((name, 1),), Fraction(1)),), UNIT
    def fresh(self, key: Any, kind: str, whole: bool, opaque: bool | None = None) -> tuple[str, Quotient, bool]:
        """The constant that stands for `key`: its name, itself, and whether it is new."""
        if key in self.made:
            return self.made[key][0][0][0][0][0], self.made[key], False
        name = f"{kind} {len(self.made)}"
        self.made[key] = self.atom(name, whole, opaque)
        return name, self.made[key], True
    def poly(self, terms: dict[Monomial, Fraction]) -> Poly:
        self.spend(1 + len(terms))
        found = tuple(sorted(((m, c) for m, c in terms.items() if c), key=_order))
        large = any(max(c.numerator.bit_length(), c.denominator.bit_length()) > MAX_BITS for _, c in found)
        if len(found) > MAX_TERMS or large:
            raise NotShown("a polynomial is too large")
        return found
    def plus(self, p: Poly, q: Poly, factor: Fraction | int = 1) -> Poly:
        terms = dict(p)
        for monomial, c in q:
            terms[monomial] = terms.get(monomial, Fraction(0)) + factor * c
        return self.poly(terms)
    def times(self, p: Poly, q: Poly) -> Poly:
        if p == UNIT or q == UNIT:
            return q if p == UNIT else p
        terms: dict[Monomial, Fraction] = {}
        self.spend(len(p) * len(q))
        for one, c in p:
            for two, d in q:
                monomial = self.product(one, two)
                terms[monomial] = terms.get(monomial, Fraction(0)) + c * d
        return self.poly(terms)
    def product(self, one: Monomial, two: Monomial, sign: int = 1) -> Monomial:
        found = dict(one)
        for atom, exponent in two:
            if isinstance(exponent, tuple):
                found[atom] = self.add(found.get(atom, ZERO), exponent, sign)
            else:
                found[atom] = found.get(atom, 0) + sign * exponent
        if sum(abs(e) for e in found.values() if isinstance(e, int)) > 64:
            raise NotShown("a power is too large")
        return tuple(sorted((a, e) for a, e in found.items() if e not in (0, ZERO)))
    def over(self, p: Poly, q: Poly) -> Quotient:
        """p/q in normal form: no factor in common that is seen, the denominator's first coefficient 1."""
        if not p:
            return ZERO
        if not q:
            return ONE if p == UNIT else (p, UNIT)  # never reached where it has a value
        if q == UNIT:
            return p, UNIT
        powers = [tuple(f for f in m if isinstance(f[1], tuple)) for m, _ in q]
        common = powers[0] if all(each == powers[0] for each in powers) else ()
        for atom, exponent in q[0][0]:
            if isinstance(exponent, int):
                least = min(dict(m).get(atom, 0) for m, _ in (*p, *q))
                common = (*common, (atom, least)) if least else common
        p, q = (self.poly({self.product(m, common, -1): c for m, c in each}) for each in (p, q))
        p, q = (self.plus((), each, 1 / q[0][1]) for each in (p, q))
        if len(p) == len(q) and all(m == n and c == p[0][1] * d for (m, c), (n, d) in zip(p, q, strict=True)):
            return self.constant(p[0][1] / q[0][1])
        return p, q
    def constant(self, value: Fraction | int) -> Quotient:
        return self.poly({(): Fraction(value)}), UNIT
    def known(self, value: Quotient) -> Fraction | None:
        """The number, if it is one."""
        if value[1] == UNIT and (not value[0] or (len(value[0]) == 1 and value[0][0][0] == ())):
            return value[0][0][1] if value[0] else Fraction(0)
        return None
    def add(self, x: Quotient, y: Quotient, sign: int = 1) -> Quotient:
        if x[1] == y[1]:
            return self.over(self.plus(x[0], y[0], sign), x[1])
        return self.over(self.plus(self.times(x[0], y[1]), self.times(y[0], x[1]), sign), self.times(x[1], y[1]))
    def minus(self, x: Quotient, y: Quotient) -> Quotient:
        return self.add(x, y, -1)
    def multiply(self, x: Quotient, y: Quotient) -> Quotient:
        return self.over(self.times(x[0], y[0]), self.times(x[1], y[1]))
    def divide(self, x: Quotient, y: Quotient) -> Quotient:
        return self.over(self.times(x[0], y[1]), self.times(x[1], y[0]))
    def is_whole(self, p: Poly) -> bool:
        """Seen to be a whole number."""
        return all(c.denominator == 1 and all(isinstance(e, int) and self.whole[a] for a, e in m) for m, c in p)
    # -- comparisons
    def equal(self, x: Quotient, y: Quotient) -> Formula:
        return self.compare("==", x, y)
    def less(self, x: Quotient, y: Quotient) -> Formula:
        return self.compare("<", x, y)
    def at_most(self, x: Quotient, y: Quotient) -> Formula:
        return self.compare("<=", x, y)
    def compare(self, sign: str, x: Quotient, y: Quotient) -> Formula:
        """x < y and so on, for denominators that are not 0."""
        if sign in (">", ">="):
            return self.compare("<" + sign[1:], y, x)
        number, below = self.minus(x, y)
        if sign in ("==", "!=") or below == UNIT:
            return self.against(sign, number)
        minus = self.plus((), number, -1)
        return some(every(self.against("<", self.plus((), below, -1)), self.against(sign, number)),
                            every(self.against("<", below), self.against(sign, minus)))
    def as_ordered(self, x: Quotient, y: Quotient, a: Quotient, b: Quotient) -> Formula:
        """x is below y, equal to it, or above it as a is to b."""
        return some(*(every(self.compare(sign, x, y), self.compare(sign, a, b)) for sign in ("<", "==", ">")))
    def against(self, sign: str, p: Poly) -> Formula:
        """p < 0 and so on; what all terms have in common is taken out."""
        self.spend(WRITTEN)
        if not p or (len(p) == 1 and p[0][0] == ()):
            value = p[0][1] if p else Fraction(0)
            return {"<": value < 0, "<=": value <= 0, "==": value == 0, "!=": value != 0}[sign]
        if (near := self.bounds(p)) is not None and near[0] * near[1] > 0:
            return {"==": False, "!=": True}.get(sign, near[0] < 0)
        if any(atom.startswith("axis ") for m, _ in p for atom, _ in m):  # or a position would choose between angles
            raise Rejected("an axis is more than added and multiplied")
        if sign in ("<=", "!="):  # by the strict one, so that opposites are each other's negations
            return no(self.against("<", self.plus((), p, -1)) if sign == "<=" else self.against("==", p))
        powers = [dict(_powers(m)) for m, _ in p]
        for atom in powers[0]:  # the least power that divides all terms is above 0
            for e in dict.fromkeys(exponents := [each.get(atom, ZERO) for each in powers]):
                if e != ZERO and all((self.known(self.divide(each, e)) or 0) >= 1 for each in exponents):
                    return self.against(sign, self.poly({self.product(m, ((atom, e),), -1): c for m, c in p}))
        if sign == "==" and (found := self.vanishes(p)) is not None:
            return found
        if (plain := self.without_numbers(p)) is not p:
            return self.against(sign, plain)
        for atom, exponent in p[0][0]:
            least = min(dict(m).get(atom, 0) for m, _ in p) if isinstance(exponent, int) else 0
            if least > 0 and p[0][0] != ((atom, 1),):
                rest = self.poly({self.product(m, ((atom, least),), -1): c for m, c in p})
                own = ((((atom, 1),), Fraction(1)),)
                if sign == "==":
                    return some(self.against(sign, own), self.against(sign, rest))
                if least % 2 == 0:
                    return every(self.against("!=", own), self.against(sign, rest))
                minus_own, minus = self.plus((), own, -1), self.plus((), rest, -1)
                return some(every(self.against("<", minus_own), self.against("<", rest)),
                                    every(self.against("<", own), self.against("<", minus)))
        scale = Fraction(lcm(*(c.denominator for _, c in p)), gcd(*(c.numerator for m, c in p if m)))
        if sign == "==":
            scale = -scale if next(c for m, c in p if m) < 0 else scale
        p = self.plus((), p, scale)
        if self.is_whole(tuple(term for term in p if term[0])):
            base = dict(p).get((), Fraction(0))
            if sign == "==":
                return ("=", p) if base.denominator == 1 else False
            rounded = -((-base) // 1) if base.denominator > 1 else base + 1  # p < 0 is p + 1 <= 0
            return ("<=1", self.plus(self.plus(p, (((), base),), -1), (((), Fraction(rounded)),)))
        return ("=" if sign == "==" else sign, p)
    # -- numbers
    def number(self, atom: str, exponent: Any) -> Bounds | None:
        """Bounds of pi, of a logarithm of a number, or of a rational power of a rational number; None of all else."""
        if not isinstance(exponent, tuple):
            return self.near.get(atom)
        base, e = self.known((self.bases[atom], UNIT)), self.known(exponent)
        if base is None or e is None:
            return None
        self.spend(8 * min(MAX_ROOT, e.denominator))
        return _raised(base, e)
    def bounds(self, p: Poly) -> Bounds | None:
        """Bounds of a polynomial in numbers; None where there is something else in it."""
        least = most = Fraction(0)
        for monomial, c in p:
            low = high = c
            for atom, exponent in monomial:
                near = self.number(atom, exponent)
                if near is None:
                    return None
                for _ in range(1 if isinstance(exponent, tuple) else exponent):
                    ends = [x * y for x in (low, high) for y in near]
                    low, high = min(ends), max(ends)
            least, most = least + low, most + high
        self.spend(WRITTEN * len(p))
        return Fraction(least * UNITS // 1, UNITS), Fraction(-(-most * UNITS // 1), UNITS)
    def between(self, x: Quotient) -> Bounds | None:
        """Bounds of a quotient of polynomials in numbers."""
        top, below = map(self.bounds, x)
        if top is None or below is None or below[0] * below[1] <= 0:
            return None
        ends = [a / b for a in top for b in below]
        return min(ends), max(ends)
    def without_numbers(self, p: Poly) -> Poly:
        """What is below 0, 0 or above 0 as p is: a number in all terms that is not 0 is left out; else each number,
        with what it is a factor of, becomes a constant between multiples of that."""
        parts: dict[Monomial, dict[Monomial, Fraction]] = {}
        self.spend(len(p))
        for m, c in p:
            own = tuple(f for f in m if self.number(*f) is not None)
            parts.setdefault(tuple(f for f in m if f not in own), {})[own] = c
        if all(set(number) == {()} for number in parts.values()):
            return p
        numbers = [self.poly(number) for number in parts.values()]
        scales = [number[0][1] / numbers[0][0][1] for number in numbers]
        low, high = self.bounds(numbers[0]) or (Fraction(0), Fraction(0))
        if low * high > 0 and all(self.plus((), numbers[0], c) == n for c, n in zip(scales, numbers, strict=True)):
            return self.poly({rest: -c if low < 0 else c for rest, c in zip(parts, scales, strict=True)})
        found: Poly = ()
        for rest, number in zip(parts, numbers, strict=True):
            lead, number = number[0][1], self.plus((), number, 1 / number[0][1])
            found = self.plus(found, self.beside(number, rest), lead)
        return found
    def beside(self, number: Poly, rest: Monomial) -> Poly:
        """A number times a monomial: a constant between multiples of it, and that multiple which the number is."""
        own: Poly = ((rest, Fraction(1)),)
        if number == UNIT:
            return own
        name, (found, _), new = self.fresh(("number", number, rest), "number", False, True)
        ends = [((rest, c),) for c in self.bounds(number) or ()] if new else []
        for sign, (least, most) in ((1, ends), (-1, ends[::-1])) if new else ():
            away = self.against("<", ((rest, Fraction(sign)),))
            inside = self.plus(least, found, -1), self.plus(found, most, -1)
            self.facts[name] += [some(away, self.against("<=", each)) for each in inside]
        if new and rest:
            self.facts[name] += [self.against("==", self.plus(found, self.times(self.beside(number, ()), own), -1))]
        return found
    def vanishes(self, p: Poly) -> Formula | None:
        """A polynomial in one transcendental number with algebraic coefficients is 0 where all of these are."""
        name, *more = {a for m, _ in p for a, _ in m if a in self.transcendental} or [""]
        rows: dict[int, dict[Monomial, Fraction]] = {}
        for m, c in p:
            rows.setdefault(dict(m).get(name, 0), {})[tuple(f for f in m if f[0] != name)] = c
        if more or not name or any(self.unsure((tuple(row.items()), UNIT)) for row in rows.values()):
            return None
        zeros = {degree: self.against("==", self.poly(row)) for degree, row in rows.items()}
        return some(every(*zeros.values()), every(self.transcendental[name], zeros.get(0, True)))
    # -- what is not a polynomial
    def floor(self, x: Quotient) -> Quotient:
        """The greatest whole number that is not above x."""
        number, below = x
        if (near := self.between(x)) is not None and near[0] // 1 == near[1] // 1:
            return self.constant(near[0] // 1)
        if below != UNIT:
            return self.rest(number, below)[0]
        plain = {m: c for m, c in number if all(isinstance(e, int) and self.whole[a] for a, e in m)}
        outside = self.poly({m: Fraction(c // 1) for m, c in plain.items()})
        inside = self.plus(number, outside, -1)
        if not inside or (len(inside) == 1 and inside[0][0] == ()):
            return outside, UNIT
        name, own, new = self.fresh(("floor", inside), "floor", True)
        if new:
            over = self.minus((inside, UNIT), own)
            self.facts[name] += [self.at_most(ZERO, over), self.less(over, ONE)]
        return self.plus(outside, own[0]), UNIT
    def rest(self, number: Poly, below: Poly) -> tuple[Quotient, Quotient]:
        """Rounded quotient and remainder by a divisor that varies."""
        name, q, new = self.fresh(("quotient", number, below), "quotient", True)
        whole, unsure = self.is_whole(number) and self.is_whole(below), self.unsure((number, below)) or None
        other, r, _ = self.fresh(("rest", number, below), "rest", whole, unsure)
        self.irrational |= set() if self.rational((number, below)) else {other}
        if new:
            divisor, zero = (below, UNIT), ZERO
            positive, negative = (self.compare(sign, divisor, zero) for sign in (">", "<"))
            up = [self.at_most(zero, r), self.less(r, divisor)]
            down = [self.at_most(r, zero), self.less(divisor, r)]
            equal = self.equal(self.add(self.multiply(divisor, q), r), (number, UNIT))
            facts = [some(no(positive), each) for each in up]
            facts += [some(no(negative), each) for each in down]
            facts += [some(self.equal(divisor, zero), equal)]
            self.facts[name] += facts
            self.facts[r[0][0][0][0][0]] += facts
            self.rests.setdefault(below, {})[number] = (q, r)
        return q, r
    def remainder(self, x: Quotient, y: Quotient) -> Quotient:
        number, below = self.divide(x, y)
        if x[1] == y[1] == UNIT and below != UNIT and len(below) == len(y[0]):
            lead = y[0][0][1] / below[0][1]
            if self.plus((), below, lead) == y[0]:
                return self.multiply(self.constant(lead), self.rest(number, below)[1])
        return self.minus(x, self.multiply(y, self.floor((number, below))))
    def shifts(self, names: set[str]) -> Iterator[Formula]:
        """Remainders by one divisor D: if 0 <= r + d - k D < D, it is the remainder of what is greater by d; and
        logarithms, which grow with their numbers."""
        for below, all_of_it in self.rests.items():
            used = [(n, q, r) for n, (q, r) in all_of_it.items() if {q[0][0][0][0][0], r[0][0][0][0][0]} & names]
            for one, other in combinations([((), ZERO, ZERO), *used], 2):
                yield from self.shift((below, UNIT), *one, *other)
            yield from (self.bounded((below, UNIT), *each) for each in used)
        for (has_x, x, a), (has_y, y, b) in combinations([v for n, v in self.logarithms.items() if n in names], 2):
            yield some(no(every(has_x, has_y)), self.as_ordered(x, y, a, b))
    def shift(self, divisor: Quotient, n: Poly, q: Quotient, r: Quotient, m: Poly, p: Quotient,
              s: Quotient) -> tuple[Formula, ...]:
        positive, gap, found = self.less(ZERO, divisor), self.minus((m, UNIT), (n, UNIT)), list[Formula]()
        for k in (-1, 0, 1):
            new = self.minus(self.add(r, gap), self.multiply(self.constant(k), divisor))
            inside = [positive, self.at_most(ZERO, new), self.less(new, divisor)]
            equal = [self.equal(s, new), self.equal(p, self.add(q, self.constant(k)))]
            found.append(some(no(every(*inside)), every(*equal)))
        return tuple(found)
    def bounded(self, divisor: Quotient, n: Poly, q: Quotient, r: Quotient) -> Formula:
        condition = every(self.less(ZERO, divisor), self.at_most(ZERO, (n, UNIT)))
        return some(no(condition), every(self.at_most(ZERO, q), self.at_most(r, (n, UNIT))))
    def extreme(self, values: list[Quotient], least: bool) -> Quotient:
        """The least or the greatest of some numbers."""
        numbers = [self.known(value) for value in values]
        fixed = [n for n in numbers if n is not None]
        values = sorted({v for v, n in zip(values, numbers, strict=True) if n is None}, key=repr)
        values += [self.constant(min(fixed) if least else max(fixed))] if fixed else []
        near = {value: self.between(value) or () for value in values}  # what is surely beyond another is left out
        edge = [max(each) if least else min(each) for each in near.values() if each]
        values = [v for v in values if not near[v]
                  or not any(min(near[v]) > e if least else max(near[v]) < e for e in edge)]
        if len(values) == 1:
            return values[0]
        name, own, new = self.stand_in(("extreme", least), "least" if least else "greatest", values)
        if new:
            zeros = [self.equal((value[1], UNIT), ZERO) for value in values]
            facts = [self.compare("<=" if least else ">=", own, value) for value in values]
            facts += [some(*(self.equal(own, value) for value in values))]
            self.facts[name] += [some(*zeros, fact) for fact in facts]
        return own
    def stand_in(self, key: tuple[Any, ...], kind: str, values: list[Quotient]) -> tuple[str, Quotient, bool]:
        """A constant that is always one of these values."""
        whole = all(v[1] == UNIT and self.is_whole(v[0]) for v in values)
        found = self.fresh((*key, *values), kind, whole, any(self.unsure(v) for v in values) or None)
        self.irrational |= set() if all(map(self.rational, values)) else {found[0]}
        return found
    def rational(self, value: Quotient) -> bool:
        """Seen to be a rational number."""
        return not any(isinstance(e, tuple) or a in self.irrational for part in value for m, _ in part for a, e in m)
    def unsure(self, value: Quotient) -> bool:
        """Not seen to be an algebraic number."""
        return any(self.opaque.get(a) or (isinstance(e, tuple) and self.unsure((self.bases[a], UNIT)))
                   for part in value for m, _ in part for a, e in m)
    def over_pi(self, value: Quotient) -> bool:
        """A sum of algebraic numbers over whole powers of pi, from 0 on: two such that differ by 2 pi k, or come to it
        together, make an equation for pi with 2 k in front of its highest power, so that k = 0."""
        top, below = ([dict(m).get("pi", 0) for m, _ in part] for part in value)
        rest = tuple((tuple(f for f in m if f[0] != "pi"), c) for part in value for m, c in part)
        return len({*below}) == 1 and max(top, default=0) <= below[0] and not self.unsure((rest, UNIT))
    def chosen(self, cases: Cases) -> Quotient:
        """One constant for a value that has cases."""
        if len(cases) == 1 and not cases[0][0]:
            return cases[0][1]
        name, own, new = self.stand_in(tuple(path for path, _ in cases), "case", [value for _, value in cases])
        for path, value in cases if new else ():
            zero = self.equal((value[1], UNIT), ZERO)
            self.facts[name] += [some(no(every(*path)), zero, self.equal(own, value))]
        return own
    def power(self, base: Quotient, exponent: Quotient, need: Callable[[Formula], None]) -> Quotient:
        """base**exponent; bases of exponents that are not whole have to be positive."""
        number, own = self.known(exponent), self.known(base)
        if number is not None and number.denominator == 1:
            if abs(number) > (400 if own is not None else 16):
                raise NotShown("an exponent is too large")
            if number < 0:
                need(no(self.equal(base, ZERO)))
                base = self.divide(ONE, base)
            return reduce(self.multiply, [base] * abs(int(number)), ONE)
        if not self.rational(exponent):
            raise NotShown("an exponent is not seen to be rational")
        for each in base:
            need(self.against("<", self.plus((), each, -1)))
        if own is not None and own <= 0:
            return ONE  # never reached where it has a value
        if own is not None and number is not None and (root := _root(own, number)) is not None:
            return self.constant(root)
        found = ONE
        for part, sign in zip(base, (1, -1), strict=True):
            e = exponent if sign == 1 else self.minus(ZERO, exponent)
            if len(part) == 1 and part[0][1] == 1 and all(isinstance(each, tuple) for _, each in part[0][0]):
                raised = tuple((atom, self.multiply(own_e, e)) for atom, own_e in part[0][0])
            else:
                self.bases[key := f"^{_shown(part)}"] = part
                raised = ((key, e),)
            found = self.multiply(found, ((((raised, Fraction(1)),) if part != UNIT else UNIT), UNIT))
        return found
    def factors(self, value: Quotient) -> tuple[Quotient, dict[str, Quotient]] | None:
        """A quotient without powers times powers; None where terms have unlike powers."""
        plain, powers = [], list[dict[str, Quotient]]()
        for part in value:
            kinds = {tuple(f for f in m if isinstance(f[1], tuple)) for m, _ in part} or {()}
            if len(kinds) > 1:
                return None
            powers.append(dict(kinds.pop()))
            plain.append(self.poly({tuple(f for f in m if isinstance(f[1], int)): c for m, c in part}))
        for key, exponent in powers[1].items():
            powers[0][key] = self.minus(powers[0].get(key, ZERO), exponent)
        return self.over(*plain), powers[0]
    def ratio(self, x: Quotient, y: Quotient) -> Ratio:
        """How two numbers compare, each a quotient without powers times powers of positive bases."""
        equal, opposite = (self.add(x, y, sign)[0] == () for sign in (-1, 1))
        if equal or opposite:
            zero = self.equal(x, ZERO)
            return Ratio(equal or zero, opposite or zero, False, True)
        one, two = self.factors(x), self.factors(y)
        if one is None or two is None:
            equal, opposite = self.equal(x, y), self.equal(x, self.minus(ZERO, y))
            return Ratio(equal, opposite, every(no(equal), no(opposite)), False)
        (c, powers), (d, others) = one, two
        for key in sorted(powers.keys() | others.keys()):  # a number that is a power of a base is one more factor
            base, number = self.known((self.bases[key], UNIT)), self.known(self.divide(c, d)) if d != ZERO else None
            k = next((k for k in range(-16, 17) if base and number and base**k == number), 0)
            if k:
                c, powers = d, powers | {key: self.add(powers.get(key, ZERO), self.constant(k))}
        groups: dict[Quotient, tuple[Poly, Poly]] = {}  # the exponent: what is raised to it
        for key in sorted(powers.keys() | others.keys()):
            e = self.minus(powers.get(key, ZERO), others.get(key, ZERO))
            if (minus := self.minus(ZERO, e)) in groups:
                groups[minus] = groups[minus][0], self.times(groups[minus][1], self.bases[key])
            elif e != ZERO:
                up, down = groups.get(e, (UNIT, UNIT))
                groups[e] = self.times(up, self.bases[key]), down
        parts = [(e, self.equal((up, UNIT), (down, UNIT)), self.at_most((down, UNIT), (up, UNIT)),
                  self.at_most((up, UNIT), (down, UNIT))) for e, (up, down) in groups.items()]
        units = [some(self.equal(e, ZERO), same) for e, same, _, _ in parts]
        plus, minus_ = self.equal(c, d), self.equal(c, self.minus(ZERO, d))
        zeros = [self.equal(each, ZERO) for each in (c, d)]
        both = every(*zeros)
        unlike = [every(*units, no(plus), no(minus_)), every(zeros[0], no(zeros[1])), every(zeros[1], no(zeros[0]))]
        for k, unit in enumerate(units):
            rest = units[:k] + units[k + 1 :]
            unlike.append(every(some(plus, minus_), no(zeros[0]), no(unit), *rest))
        for high, low, s in ((c, d, 1), (d, c, -1)):  # the one is surely the larger
            grown = [some(every(self.compare(">=" if s > 0 else "<=", e, ZERO), above),
                                  every(self.compare("<=" if s > 0 else ">=", e, ZERO), below))
                     for e, _, above, below in parts]
            size = [self.less(ZERO, low), self.at_most(low, high)]
            strict = some(self.less(low, high), *map(no, units))
            unlike.append(every(*size, *grown, strict))
            if len(groups) == 2 and all(down == UNIT for _, down in groups.values()):
                (e, (a, _)), (f, (b, _)) = groups.items()
                unlike += [every(*size, self._outgrows((a, UNIT), e, (b, UNIT), f, s)),
                           every(*size, self._outgrows((b, UNIT), f, (a, UNIT), e, s))]
        return Ratio(some(both, every(*units, plus)), some(both, every(*units, minus_)),
                     some(*unlike), len(units) + (c != d) < 2)
    def _outgrows(self, a: Quotient, e: Quotient, b: Quotient, f: Quotient, sign: int) -> Formula:
        """a^(s e) b^(s f) > 1, since b >= a >= 1: it is at least a^(s (e + f)) where s f >= 0."""
        more, both = ("<" if sign > 0 else ">"), self.add(e, f)
        return every(self.at_most(a, b), self.at_most(ONE, a), self.compare(more + "=", ZERO, f),
            self.compare(more + "=", ZERO, both),
            some(every(self.less(a, b), self.compare(more, ZERO, f)),
                         every(self.less(ONE, a), self.compare(more, ZERO, both))))

@dataclass(frozen=True)
class Ratio:
    """Formulas that make two numbers equal, opposite, and unlike in size; whether the first two are all there is."""
    equal: Formula
    opposite: Formula
    unlike: Formula
    exact: bool
def _root(base: Fraction, exponent: Fraction) -> Fraction | None:
    """A power that is rational after all."""
    parts = []
    for whole in (base.numerator, base.denominator):
        near = round(whole ** (1 / exponent.denominator)) if whole < 1 << 50 and exponent.denominator < 50 else -1
        if near < 0 or near**exponent.denominator != whole or abs(exponent.numerator) > 64:
            return None
        parts.append(near)
    return Fraction(*parts) ** exponent.numerator if parts[0] else None
def _raised(base: Fraction, exponent: Fraction) -> Bounds | None:
    """Bounds of a power of a positive number: the greatest r with (r/UNITS)^q <= base^p, found by halving."""
    p, q = exponent.numerator, exponent.denominator
    bits = abs(p) * max(map(int.bit_length, base.as_integer_ratio()))
    if base <= 0 or q > MAX_ROOT or bits > MAX_RAISED:
        return None
    power, low, high = base**p * UNITS**q // 1, 0, UNITS << (bits // q + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**q <= power else (low, middle)
    return Fraction(low, UNITS), Fraction(high, UNITS)
def _log(x: Fraction) -> Bounds:
    """Bounds of ln x = ln m + k ln 2, x = 2^k m, m from 1/2 to 2: ln m = 2 artanh t for t = (m - 1)/(m + 1), at most
    1/3 in size. 60 terms of t + t^3/3 + ..., in units and none too large, are each less than 3 too small, and what is
    left after them is less than 1."""
    k, least, most = x.numerator.bit_length() - x.denominator.bit_length(), 0, 0
    for m, times in ((x / Fraction(2) ** k, 1), (Fraction(2), k)):
        unit = term = int(abs(m - 1) / (m + 1) * UNITS)
        total, times = 0, 2 * times * (-1 if m < 1 else 1)
        for n in range(1, 120, 2):
            total, term = total + term // n, term * unit * unit // UNITS**2
        ends = times * total, times * (total + 200)
        least, most = least + min(ends), most + max(ends)
    return Fraction(least, UNITS), Fraction(most, UNITS)
def _shown(p: Poly) -> str:
    """A text for a polynomial, another one for another."""
    return hashlib.sha256(repr(p).encode()).hexdigest()[:40] if len(p) > 1 or len(p[0][0]) > 1 else repr(p)

# ---- the expression language
def read(text: Any, where: str, condition: bool = False) -> ast.expr:
    """The tree of an expression: numbers, names, arithmetic, comparisons, choices, and a few functions; no more."""
    proper = type(text) is str and _CHARACTERS.fullmatch(text)
    _require(proper, where, f"no text of the expression language: {text!r:.80}")
    _limit(len(text) <= MAX_TEXT, f"a text of this length ({where})")
    flat = re.sub(r"[\n\t]", " ", text).strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(flat, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Rejected(f"{where}: not an expression: {text[:80]!r}") from None
    todo, count = list[tuple[ast.AST, bool, int]]([(tree, condition, 0)]), 0
    while todo:
        node, logical, depth = todo.pop()
        count += 1
        _limit(count <= MAX_NODES and depth <= MAX_DEPTH, f"an expression of this size ({where})")
        parts = _parts(node, logical, flat)
        if parts is None:
            raise Rejected(f"{where}: {ast.unparse(node)[:80]!r} is not allowed")
        todo += [(part, is_condition, depth + 1) for part, is_condition in parts]
    return tree
def _parts(node: ast.AST, condition: bool, text: str) -> list[tuple[ast.AST, bool]] | None:
    """The parts of a node, and whether each is a condition; None if it does not belong to the language."""
    match node:
        case ast.Constant(value=bool()):
            return []
        case ast.Name(id=name):
            return [] if _NAME.fullmatch(name) else None
        case ast.Compare(left=left, ops=ops, comparators=rest) if condition and all(type(op) in _SIGNS for op in ops):
            return [(each, False) for each in (left, *rest)]
        case ast.BoolOp(values=values) if condition:
            return [(each, True) for each in values]
        case ast.UnaryOp(op=ast.Not(), operand=operand) if condition:
            return [(operand, True)]
    if condition:
        return None
    match node:
        case ast.Constant(value=int() | float()):
            source = text.encode()[node.col_offset : node.end_col_offset].decode()
            found = _NUMBER.fullmatch(source)
            proper = found and (found[1] or found[2]) and abs(int((found[3] or "e0")[1:])) <= 400
            if not proper:
                return None
            node.value = Fraction(source)  # type: ignore[assignment]
            return []
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return [(left, False), (right, False)]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return [(operand, False)]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return [(test, True), (body, False), (orelse, False)]
        case ast.Subscript(value=ast.Name(), slice=index):
            return [(node.value, False), (index, False)]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            one = len(args) == 1 and (name in _ONE or (name in _LISTS and isinstance(args[0], ast.Name)))
            return [(each, False) for each in args] if one or (len(args) > 1 and name in ("min", "max")) else None
    return None
_SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_ONE, _LISTS = ("floor", "ceil", "abs", "sqrt", "log"), ("min", "max", "sum", "len")
_FUNCTIONS = {*_ONE, *_LISTS}
def _limit(condition: Any, what: str) -> None:
    if not condition:
        raise NotShown(f"more than this checker reads: {what}")
def _require(condition: Any, where: str, reason: str) -> None:
    if not condition:
        raise Rejected(f"{where}: {reason}")
def _fields(value: Any, names: str, where: str, more: str = "") -> list[Any]:
    _require(isinstance(value, dict), where, f"expected an object with the fields {names}")
    found = [f"{name} is missing" for name in names.split() if name not in value]
    found += [f"{name!r:.60} is none of them" for name in sorted({*value} - {*names.split(), *more.split()})]
    _require(not found, where, f"expected exactly the fields {names}; {', '.join(found[:3])}")
    return [value[name] for name in names.split()]
def _items(value: Any, where: str, most: int = MAX_LIST) -> list[Any]:
    _require(isinstance(value, list), where, f"expected a list, got {value!r:.60}")
    _limit(len(value) <= most, f"a list of more than {most} ({where})")
    return list(value)
def _name(value: Any, where: str) -> str:
    proper = type(value) is str and _NAME.fullmatch(value) and not keyword.iskeyword(value)
    _require(proper and value not in _FUNCTIONS | {"j", "pi", "lane"}, where, f"{value!r:.60} is no name")
    return str(value)
def _rational(value: Any, where: str) -> Fraction:
    _require(type(value) is str and _RATIONAL.fullmatch(value), where, f"expected a rational number, got {value!r:.60}")
    found = Fraction(value) if not value.endswith("/0") else None
    _require(found is not None and str(found) == value, where, f"{value[:60]} is not in lowest terms")
    return found or Fraction(0)

# ---- the statement

@dataclass(frozen=True)
class Parameter:
    """A variable, or a parameter of a layout: whole or not, entries if a list, its value unless it is a variable's."""
    name: str
    whole: bool
    entries: int | None
    value: tuple[ast.expr, ...] | None = None
    require: ast.expr | None = None

@dataclass(frozen=True)
class Layout:
    """One of the two kernels, unevaluated."""
    side: str
    name: str
    axes: tuple[str, ...]
    parameters: dict[str, Parameter]
    require: tuple[ast.expr, ...]
    let: dict[str, ast.expr]
    states: dict[str, tuple[ast.expr, ast.expr]]
    width: ast.expr
    pairs: dict[str, ast.expr]
    places: tuple[dict[str, dict[str, Fraction]], ...]  # feed by feed: axis, coordinate
    invariant: dict[str, list[tuple[ast.expr, ast.expr]]] = field(default_factory=dict)
_PAIRS = "count first second write_first write_second angle magnitude"
def _parameter(value: Any, where: str, variable: bool) -> Parameter:
    name, whole, entries = _fields(value, "name whole entries" + " value require" * (not variable), where)[:3]
    where = f"{where} {_name(name, where)}"
    _require(type(whole) is bool, where, f"whole: expected true or false, got {whole!r:.60}")
    proper = entries is None or (type(entries) is int and entries >= 0)
    _require(proper, where, f"entries: expected null or a number of entries, got {entries!r:.60}")
    _limit((entries or 0) <= MAX_LIST, f"a list of more than {MAX_LIST} ({where})")
    given, require = value.get("value"), value.get("require")
    if given is not None:
        texts = [given] if entries is None else _items(given, where)
        _require(entries is None or len(texts) == entries, where, "not as many values as entries")
        given = tuple(read(text, where) for text in texts)
    return Parameter(name, whole, entries, given, None if require is None else read(require, where, True))
def _layout(value: Any, side: str, feeds: list[Any]) -> Layout:
    fields = "name axes positions width parameters require let states pairs"
    name, axes, positions, width, parameters, require, let, states, pairs = _fields(value, fields, side)
    _require(type(name) is str, f"{side}.name", f"expected a text, got {name!r:.60}")
    _require(positions in ("integer", "real"), f"{side}.positions", f"expected integer or real, got {positions!r:.60}")
    axes = [_name(axis, f"{side}.axes") for axis in _items(axes, f"{side}.axes", 8)]
    found = [_parameter(each, f"{side}.parameters", False) for each in _items(parameters, f"{side}.parameters")]
    lets, loops = _items(let, f"{side}.let", MAX_NAMES), _items(states, f"{side}.states")
    for key, many, wanted in (("let", lets, ["name", "value"]), ("states", loops, ["name", "first", "step"])):
        for n, each in enumerate(many):
            at = f"{side}.{key}.{n}"
            _require(len(_items(each, at)) == len(wanted), at, f"expected [{', '.join(wanted)}]")
            _name(each[0], at)
    names = [*axes, *(p.name for p in found), *(each[0] for each in (*lets, *loops)), "axes"]
    twice = sorted({name for name in names if names.count(name) > 1})
    _require(not twice, side, f"the name {twice[:1]} stands for two things")
    _fields(pairs, _PAIRS, f"{side}.pairs", "sine_angle")
    places = []
    for m, feed in enumerate(feeds):
        own, coordinates = feed[side], {*feed["coordinates"], "1"}
        at = f"feeds.{m}.{side}"
        _require(isinstance(own, dict) and set(own) == set(axes), at, f"expected a position for each of {axes}")
        proper = all(isinstance(v, dict) and set(v) <= coordinates for v in own.values())
        _require(proper, at, f"expected factors of {sorted(coordinates)}")
        place = {axis: {c: _rational(v, at) for c, v in own[axis].items()} for axis in axes}
        places.append(place | {"": {"1": Fraction(1)}})
    return Layout(side, name, tuple(axes), {p.name: p for p in found},
                  tuple(read(text, f"{side}.require", True) for text in _items(require, side)),
                  {each[0]: read(each[1], f"{side}.let.{each[0]}") for each in lets},
                  {n: (read(a, f"{side}.states.{n}"), read(b, f"{side}.states.{n}")) for n, a, b in loops},
                  read(width, f"{side}.width"),
                  {key: read(text, f"{side}.pairs.{key}") for key, text in pairs.items()}, tuple(places))

@dataclass(frozen=True)
class Theorem:
    """A certificate as it was read."""
    variables: dict[str, Parameter]
    where: tuple[ast.expr, ...]
    feeds: tuple[dict[str, Any], ...]
    layouts: tuple[Layout, Layout]
    integer: bool
    scope: str
    condition: tuple[tuple[str, ast.expr], ...]
    relation: str | None
    elsewhere: str
    order: ast.expr | None  # none: pairs one by one, each beside that of its index
    sign: int
    permutation: ast.expr | None
    rule: str | None
    witness: tuple[tuple[str, ast.expr], ...]
    points: dict[str, dict[str, tuple[Fraction, ...]] | None]
    instances: int
    pair: int  # at a point: the pair that differs
    proofs: dict[str, Any]
def statement(text: str) -> Theorem:
    """The certificate, read and found to be well formed."""
    _limit(len(text) <= MAX_BYTES, f"a certificate of more than {MAX_BYTES} bytes")
    try:
        root = json.loads(text, parse_float=str, parse_constant=str)
    except RecursionError:
        raise Rejected("certificate: nested deeper than any is") from None
    if isinstance(root, dict) and "schema" in root:  # another's certificate, before its other fields are missed
        _require(root["schema"] == SCHEMA, "schema", f"expected {SCHEMA}, got {root['schema']!r:.60}")
    fields = "digest schema variables where feeds source target answer evidence"
    sha, _, variables, where, feeds, source, target, answer, evidence = _fields(root, fields, "certificate")
    _require(text == _canonical(root), "certificate",
             "not in canonical form: other spaces or line ends, another order, a key twice, or no number")
    _require(sha == _digest(root), "digest", "does not match the content")
    read_variables = [_parameter(each, "variables", True) for each in _items(variables, "variables")]
    known = {each.name: each for each in read_variables}
    _require(len(known) == len(read_variables), "variables", "a name stands for two things")
    for m, feed in enumerate(_items(feeds, "feeds", 8)):
        name, coordinates, *_ = _fields(feed, "name coordinates source target", f"feeds.{m}")
        coordinates = [_name(c, f"feeds.{m}") for c in _items(coordinates, f"feeds.{m}", 8)]
        _require(type(name) is str, f"feeds.{m}.name", f"expected a text, got {name!r:.60}")
        _require(len({*coordinates}) == len(coordinates), f"feeds.{m}.coordinates", "one is named twice")
    _require(feeds, "feeds", "there are none")
    scope, condition, relation, elsewhere = _fields(answer, "scope condition relation elsewhere", "answer")
    condition = [(each, read(each, "answer.condition", True)) for each in _items(condition, "answer.condition")]
    scopes, rungs, nothing = ("always", "sometimes", "never", "not-always"), list(MEANINGS)[:4], ["linear", "identical"]
    _require(scope in scopes, "answer.scope", f"expected {' or '.join(scopes)}, got {scope!r:.60}")
    _require(bool(condition) == (scope == "sometimes"), "answer.condition",
             "expected clauses where scope is sometimes, and none elsewhere")
    _require(relation is None if scope in FAILING else relation in rungs, "answer.relation",
             f"expected {'null' if scope in FAILING else ' or '.join(rungs)}, got {relation!r:.60}")
    nothing = nothing[scope == "not-always":]
    _require(elsewhere in nothing, "answer.elsewhere", f"expected {' or '.join(nothing)}, got {elsewhere!r:.60}")
    fields = "order sign permutation refutation invariant points instances"
    own = _fields(evidence, fields, "evidence", "proofs")
    order, sign, permutation, refutation, invariant, points, instances = own
    proofs = evidence.get("proofs", {})
    _require(isinstance(proofs, dict) and all(map(_KEY.fullmatch, proofs)), "evidence.proofs", "malformed")
    _require(type(sign) is int and sign in (-1, 0, 1), "evidence.sign", "expected 1, -1 or 0")
    _require((permutation is not None) == (relation == "permutation"), "evidence.permutation",
             f"expected {'a row' if relation == 'permutation' else 'null'}, as the relation is {relation}")
    _require((refutation is None) == (scope == "always"), "evidence.refutation",
             f"expected {'null' if scope == 'always' else 'a rule'}, as the answer is {scope}")
    rule, witness = None, list[Any]()
    if refutation is not None:
        rule, witness = _fields(refutation, "rule witness", "evidence.refutation")
        witness = [_items(row, "evidence.refutation") for row in _items(witness, "evidence.refutation")]
        clauses = [clause for clause, _ in condition] or ["0 == 1"]
        free = order is None
        proper = [each for each in RULES[:-1] if each in ("dominated", "lanes") or (each == "ordered") == free]
        proper = ["point"] if scope == "not-always" else proper
        _require(rule in proper, "evidence.refutation.rule", f"expected {' or '.join(proper)}, got {rule!r:.60}")
        for n, row in enumerate(witness):
            _require(len(row) == 2 and row[0] in clauses, f"evidence.refutation.witness.{n}",
                     "expected [clause of the condition, or 0 == 1 where there is none; index]")
        _require(bool(witness) == (rule in ("own-index", "ordered", "lanes", "point")), "evidence.refutation.witness",
                 f"expected {'none' if witness else 'some'} with the rule {rule}")
        _require(rule != "point" or (free and len(witness) == 1 and sign == 1 and not invariant), "evidence",
                 "expected one index, the order null, the sign 1 and no invariant with the rule point")
    apart = _rational(witness[0][1], "evidence.refutation.witness.0") if rule == "point" else Fraction(0)
    _require(apart.denominator == 1 and apart >= 0, "evidence.refutation.witness.0", "no index of a pair")
    layouts = [_layout(source, "source", feeds), _layout(target, "target", feeds)]
    for row in _items(invariant, "evidence.invariant"):
        side, state, when, value = _fields(row, "side state when value", "evidence.invariant")
        own = [each for each in layouts if each.side == side and state in [*each.states]]
        _require(own, "evidence.invariant", f"{state!r:.60} is carried by no loop of {side!r:.60}")
        pair = read(when, "evidence.invariant", True), read(value, "evidence.invariant")
        own[0].invariant.setdefault(state, []).append(pair)
    _require(source["positions"] == target["positions"], "positions", "those of source and target are unlike")
    at = dict(zip(("holds", "fails"), _fields(points, "holds fails", "evidence.points"), strict=True))
    for key, point in at.items():
        wanted = scope == "sometimes" or (key == "fails") == (scope in FAILING)
        _require((point is not None) == wanted, f"evidence.points.{key}",
                 f"expected {'parameters' if wanted else 'null'}, as the answer is {scope}")
        at[key] = None if point is None else _point(point, known, f"evidence.points.{key}")
    for n, each in enumerate(_items(instances, "evidence.instances")):
        sealed = isinstance(each, dict) and each.get("digest") == _digest(each)
        _require(sealed, f"evidence.instances.{n}", "its digest does not match the content")
    return Theorem(known, tuple(read(each, "where", True) for each in _items(where, "where")), tuple(feeds),
                   (layouts[0], layouts[1]), source["positions"] == "integer", scope, tuple(condition), relation,
                   elsewhere, None if order is None else read(order, "evidence.order"), sign,
                   None if permutation is None else read(permutation, "evidence.permutation"), rule,
                   tuple((clause, read(index, "evidence.refutation")) for clause, index in witness), at, len(instances),
                   int(apart), proofs)
def _point(value: Any, known: dict[str, Parameter], where: str) -> dict[str, tuple[Fraction, ...]]:
    """A value for each variable, lists as tuples."""
    _fields(value, " ".join(known), where)
    found = {}
    for name, variable in known.items():
        texts = [value[name]] if variable.entries is None else _items(value[name], f"{where}.{name}")
        found[name] = tuple(_rational(each, f"{where}.{name}") for each in texts)
        proper = variable.entries in (None, len(texts)) and not (variable.whole and any(v % 1 for v in found[name]))
        kind = ("whole " if variable.whole else "") + "number" + "s" * (variable.entries is not None)
        wanted = f"a {kind}" if variable.entries is None else f"{variable.entries} {kind}"
        _require(proper, f"{where}.{name}", f"expected {wanted}, got {texts!r:.60}")
    return found
def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"
def _digest(root: dict[str, Any]) -> str:
    rest = {key: value for key, value in root.items() if key != "digest"}
    return "sha256:" + hashlib.sha256(_canonical(rest).encode()).hexdigest()

# ---- evaluation

@dataclass(frozen=True)
class Scope:
    """What names mean: those of a layout, or the outer ones of conditions; the pair index and the lane, where known."""
    layout: Layout | None = None
    index: Quotient | None = None
    lane: Quotient | None = None
    defining: str = ""  # a parameter whose value is worked out: its other names are parameters and variables
    started: bool = True  # what a loop carries has a value

@dataclass(frozen=True)
class Pair:
    """One pair: lanes read and written, what the cosine and the sine turn with, magnitude."""
    lanes: tuple[Quotient, ...]
    turn: Turn
    sine: Turn
    magnitude: Quotient

class Reading:
    """The values of expressions, as cases: what was found to hold on the way, and a quotient of polynomials."""
    def __init__(self, theorem: Theorem, terms: Terms, point: dict[str, tuple[Fraction, ...]] | None = None) -> None:
        self.theorem, self.terms, self.depth = theorem, terms, 0
        self.needs: list[tuple[Known, Formula]] = []
        self.known: dict[Any, Cases] = {}
        self.ran: dict[Any, Quotient] = {}  # what a loop carries at an index, by its side and name, where it was run
        self.values = {name: self._variable(each, point) for name, each in theorem.variables.items()}
    def _variable(self, own: Parameter, point: dict[str, tuple[Fraction, ...]] | None) -> tuple[Quotient, ...]:
        if point is not None:
            return tuple(self.terms.constant(value) for value in point[own.name])
        names = [own.name] if own.entries is None else [f"{own.name}[{k}]" for k in range(own.entries)]
        return tuple(self.terms.atom(name, own.whole) for name in names)
    def need(self, path: Known, condition: Formula) -> None:
        if condition is not True:
            self.needs.append((path, condition))
    def value(self, node: ast.AST, scope: Scope, path: Known = ()) -> Cases:
        self.depth, terms = self.depth + 1, self.terms
        terms.spend(4 + len(path))
        _limit(self.depth <= 4 * MAX_DEPTH, "expressions nested so deep, or a name that is defined by itself")
        found: Cases = []
        match node:
            case ast.Constant(value=number):
                found = [(path, terms.constant(Fraction(number)))]  # type: ignore[arg-type]
            case ast.Name(id=name):
                found = self.named(name, scope, path)
            case ast.UnaryOp(op=op, operand=operand):
                sign = -1 if isinstance(op, ast.USub) else 1
                found = [(p, terms.add(ZERO, x, sign)) for p, x in self.value(operand, scope, path)]
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                found = [case for p, x in self.value(left, scope, path) for q, y in self.value(right, scope, p)
                         for case in self.power(x, y, q)]
            case ast.BinOp(left=left, op=op, right=right):
                found = [(q, self.operation(op, x, y, q)) for p, x in self.value(left, scope, path)
                         for q, y in self.value(right, scope, p)]
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds = self.condition(test, scope, path)
                for formula, branch in ((holds, body), (no(holds), orelse)):
                    if (taken := extended(path, formula)) is not None:
                        found += self.value(branch, scope, taken)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                found = self.entry(name, index, scope, path)
            case ast.Call(func=ast.Name(id=name), args=args):
                found = self.call(name, args, scope, path)
        _limit(len(found) <= MAX_CASES, "so many cases")
        self.depth -= 1
        return found
    def operation(self, op: ast.operator, x: Quotient, y: Quotient, path: Known) -> Quotient:
        terms = self.terms
        match op:
            case ast.Add():
                return terms.add(x, y)
            case ast.Sub():
                return terms.minus(x, y)
            case ast.Mult():
                return terms.multiply(x, y)
        self.need(path, no(terms.equal(y, ZERO)))
        if isinstance(op, ast.Mod):
            return terms.remainder(x, y)
        return terms.divide(x, y) if isinstance(op, ast.Div) else terms.floor(terms.divide(x, y))
    def power(self, base: Quotient, exponent: Quotient, path: Known) -> Cases:
        """A whole exponent that varies needs no positive base; of such a power nothing else is known."""
        terms, found = self.terms, list[tuple[Known, Quotient]]()
        positive = terms.less(ZERO, base)
        varies = exponent[1] == UNIT and terms.is_whole(exponent[0]) and terms.known(exponent) is None
        for formula, above in ((positive, True), (no(positive), False)) if varies else ((True, True),):
            if (taken := extended(path, formula)) is not None:
                if above:
                    found.append((taken, terms.power(base, exponent, partial(self.need, taken))))
                else:
                    self.need(taken, some(no(terms.equal(base, ZERO)), terms.at_most(ZERO, exponent)))
                    own = terms.fresh(("power", base, exponent), "power", False, terms.unsure(base))
                    terms.irrational |= set() if terms.rational(base) else {own[0]}
                    found.append((taken, own[1]))
        return found
    def entry(self, name: str, index: ast.AST, scope: Scope, path: Known) -> Cases:
        """One of a list; the index has to be whole and inside."""
        found: Cases = []
        for p, k in self.value(index, scope, path):
            size = self.size(name, scope)
            hits = [(i, self.terms.equal(k, self.terms.constant(i))) for i in range(size)]
            hits = [(i, hit) for i, hit in hits if hit is not False]
            self.terms.spend(len(hits) * (1 + len(p)))
            self.need(p, some(*(hit for _, hit in hits)))
            for i, hit in hits:
                if (taken := extended(p, hit)) is not None:
                    found += self.item(name, i, scope, taken)
        return found
    def call(self, name: str, args: list[ast.expr], scope: Scope, path: Known) -> Cases:
        terms = self.terms
        if name in _LISTS and len(args) == 1:
            own = args[0].id if isinstance(args[0], ast.Name) else ""
            size = self.size(own, scope)
            if name == "len":
                return [(path, terms.constant(size))]
            if name != "sum":
                self.need(path, size > 0)
            lists = [(path, list[Quotient]())]
            for i in range(size):
                lists = [(q, [*xs, x]) for p, xs in lists for q, x in self.item(own, i, scope, p)]
        else:
            lists = [(path, [])]
            for arg in args:
                lists = [(q, [*xs, x]) for p, xs in lists for q, x in self.value(arg, scope, p)]
        _limit(len(lists) <= MAX_CASES, "so many cases")
        return [(p, self.function(name, xs, p)) for p, xs in lists if xs or name == "sum"]
    def function(self, name: str, xs: list[Quotient], path: Known) -> Quotient:
        terms = self.terms
        match name:
            case "sum":
                return reduce(terms.add, xs, ZERO)
            case "min" | "max":
                return terms.extreme(xs, name == "min")
            case "floor":
                return terms.floor(xs[0])
            case "ceil":
                return terms.minus(ZERO, terms.floor(terms.minus(ZERO, xs[0])))
            case "abs":
                return terms.extreme([xs[0], terms.minus(ZERO, xs[0])], False)
            case "sqrt":
                return terms.power(xs[0], terms.constant(Fraction(1, 2)), partial(self.need, path))
        self.need(path, terms.less(ZERO, xs[0]))
        if xs[0] == ONE:
            return ZERO
        own, found, new = terms.fresh(("log", xs[0]), "logarithm", False, True)
        near = terms.between(xs[0]) if new else None
        if near is not None and near[0] > 0:
            terms.near[own] = _log(near[0])[0], _log(near[1])[1]
        has_log = every(terms.less(ZERO, xs[0]), no(terms.equal((xs[0][1], UNIT), ZERO)))
        terms.facts[own] = [some(no(has_log), terms.as_ordered(xs[0], ONE, found, ZERO))]
        terms.logarithms[own] = has_log, xs[0], found
        if not terms.unsure(xs[0]):  # Lindemann: of algebraic numbers but 1 no logarithm is algebraic
            terms.transcendental[own] = terms.equal(xs[0], ONE)
        return found
    # -- conditions
    def condition(self, node: ast.AST, scope: Scope, path: Known = ()) -> Formula:
        """A formula; what stands behind `and`, `or` and in a chain has a value only where it is reached."""
        found = self._condition(node, scope, path)
        self.terms.spend(2 * WRITTEN * _size(found))  # a choice within a choice writes a formula twice
        return found
    def _condition(self, node: ast.AST, scope: Scope, path: Known) -> Formula:
        match node:
            case ast.Constant(value=flag):
                return bool(flag)
            case ast.UnaryOp(operand=operand):
                return no(self.condition(operand, scope, path))
            case ast.BoolOp(op=op, values=values):
                both, parts, reached = isinstance(op, ast.And), list[Formula](), path
                for each in values:
                    parts.append(self.condition(each, scope, reached))
                    taken = extended(reached, parts[-1] if both else no(parts[-1]))
                    if taken is None:
                        break
                    reached = taken
                return (every if both else some)(*parts)
            case ast.Compare(left=left, ops=ops, comparators=rest):
                cases = self.value(left, scope, path)
                return some(*(self._chain(p, x, ops, rest, scope, len(path)) for p, x in cases))
        return some(*(every(*p[len(path) :], no(self.terms.equal(x, ZERO))) for p, x in self.value(node, scope, path)))
    def _chain(self, path: Known, x: Quotient, ops: Any, rest: Any, scope: Scope, start: int) -> Formula:
        found = []
        for p, y in self.value(rest[0], scope, path):
            self.terms.spend(WRITTEN * (1 + len(p) - start))
            formula = self.terms.compare(_SIGNS[type(ops[0])], x, y)
            taken = extended(p, formula)
            more = taken is not None and (len(ops) == 1 or self._chain(taken, y, ops[1:], rest[1:], scope, len(taken)))
            found.append(every(*p[start:], formula, more))
        return some(*found)
    # -- names
    def named(self, name: str, scope: Scope, path: Known) -> Cases:
        layout, terms = scope.layout, self.terms
        if name == "pi":
            pi = terms.atom("pi", False, True)
            terms.near[name], terms.transcendental[name] = (Fraction(PI, 10**50), Fraction(PI + 1, 10**50)), False
            return [(path, pi)]
        if name in ("j", "lane"):
            own = scope.index if name == "j" else scope.lane
            _require(own is not None and not scope.defining, name, "has no meaning here")
            return [(path, own or ZERO)]
        if layout is not None and not scope.defining:
            if name in layout.axes:
                return [(path, terms.atom(f"axis {name}", False, True))]
            if name in layout.let:
                key = (layout.side, name, scope.index, scope.started, path)
                if key not in self.known:  # what it needs is shown, or taken for granted, once
                    self.known[key] = self.value(layout.let[name], scope, path)
                return self.known[key]
            if name in layout.states:
                _require(scope.started, name, "has no value before the loop")
                return self.state(name, scope, path)
        owner, own_scope = self.owner(name, scope)
        _require(owner.entries is None, name, "a list where a number is wanted")
        return self.parameter(owner, own_scope, 0, path)
    def owner(self, name: str, scope: Scope) -> tuple[Parameter, Scope]:
        """The variable or the parameter of a layout that a name means, and where its value is to be read."""
        variable, layout = self.theorem.variables.get(name), scope.layout
        if layout is None:
            owners = [(p.parameters[name], Scope(p)) for p in self.theorem.layouts if name in p.parameters]
            if variable is not None or not owners:
                _require(variable is not None, name, "an unknown name")
                return variable, scope  # type: ignore[return-value]
            values = [[self.parameter(p, s, i, ()) for i in range(1 if p.entries is None else p.entries)]
                      for p, s in owners]
            _require(values[0] == values[-1], name, "source and target give it different values")
            return owners[0]
        own = layout.parameters.get(name) if name != scope.defining else None
        if scope.defining and own is not None and variable is not None:
            _require(own.value is None, name, "a variable as well as another parameter, of another value")
        found = own or (variable if scope.defining else None)
        _require(found is not None, f"{layout.side} {name}", "an unknown name")
        return found, scope  # type: ignore[return-value]
    def parameter(self, own: Parameter, scope: Scope, entry: int, path: Known) -> Cases:
        if scope.layout is None or own.value is None or own is self.theorem.variables.get(own.name):
            variable = self.theorem.variables.get(own.name)
            place = own.name if scope.layout is None else f"{scope.layout.side}.parameters {own.name}"
            _require(variable is not None, place, "it has no value, and no variable has its name")
            alike = variable is not None and (own.whole, own.entries) == (variable.whole, variable.entries)
            _require(alike, place, "it has no value, and the variable of its name is of another kind")
            return [(path, self.values[own.name][entry])]
        return self.value(own.value[entry], Scope(scope.layout, defining=own.name), path)
    def size(self, name: str, scope: Scope) -> int:
        if name == "axes" and scope.layout is not None and not scope.defining:
            return len(scope.layout.axes)
        owner, _ = self.owner(name, scope)
        _require(owner.entries is not None, name, "a number where a list is wanted")
        return owner.entries or 0
    def item(self, name: str, entry: int, scope: Scope, path: Known) -> Cases:
        if name == "axes" and scope.layout is not None and not scope.defining:
            return self.named(scope.layout.axes[entry], scope, path)
        owner, own_scope = self.owner(name, scope)
        return self.parameter(owner, own_scope, entry, path)
    def state(self, name: str, scope: Scope, path: Known) -> Cases:
        """A carried value as the loop was run, or by its invariants; where there is none, it is not known."""
        side = scope.layout.side if scope.layout else ""
        if (ran := self.ran.get((side, name, scope.index))) is not None:
            return [(path, ran)]
        found: Cases = []
        left: Known | None = path
        outer = replace(scope, layout=None)
        for when, value in scope.layout.invariant.get(name, []) if scope.layout else []:
            holds = self.condition(when, outer, left or ())
            if (taken := extended(left or (), holds)) is not None:
                found += self.value(value, outer, taken)
            if (left := extended(left or (), no(holds))) is None:
                return found
        return [*found, (left or (), self.terms.fresh(("state", side, name, scope.index), "state", False, True)[1])]
    # -- layouts
    def requirements(self, layout: Layout) -> Iterator[ast.expr]:
        yield from (each.require for each in layout.parameters.values() if each.require is not None)
        yield from layout.require
    def hypotheses(self) -> Formula:
        """All requirements, each with a value; whole parameters are whole."""
        before, self.needs, terms = self.needs, [], self.terms
        found: list[Formula] = []
        for layout in self.theorem.layouts:
            for own in layout.parameters.values():
                for k in range(own.entries or (own.entries is None)):
                    cases = self.parameter(own, Scope(layout), k, ())
                    if own.whole:
                        found += [some(no(every(*p)), self.whole(x)) for p, x in cases]
            found += [self.condition(each, Scope(layout)) for each in self.requirements(layout)]
        found += [self.condition(each, Scope()) for each in self.theorem.where]
        found += [some(no(every(*path)), each) for path, each in self.needs]
        self.needs = before
        terms.spend(1)
        return every(*found)
    def whole(self, x: Quotient) -> Formula:
        return self.terms.equal(x, self.terms.floor(x))
    def count(self, layout: Layout) -> Quotient:
        return self.terms.chosen(self.value(layout.pairs["count"], Scope(layout)))
    def inside(self, layout: Layout, index: Quotient) -> Formula:
        terms = self.terms
        return every(terms.at_most(ZERO, index), terms.less(index, self.count(layout)))
    def pulled(self, layout: Layout, angle: Quotient) -> Turn:
        """Frequencies by feed and coordinate, of an angle that is linear in the axes."""
        parts: dict[str, dict[Monomial, Fraction]] = {}
        axis_of = {f"axis {axis}": axis for axis in layout.axes}
        for monomial, c in angle[0]:
            axes = [(a, e) for a, e in monomial if a in axis_of]
            if len(axes) > 1 or any(e != 1 for _, e in axes):
                raise Rejected(f"{layout.side}.pairs.angle: not linear in the axes")
            rest = tuple(f for f in monomial if f not in axes)
            parts.setdefault(axis_of[axes[0][0]] if axes else "", {})[rest] = c
        if set(axis_of) & {a for m, _ in angle[1] for a, _ in m}:
            raise Rejected(f"{layout.side}.pairs.angle: an axis in a denominator")
        turn: Turn = {}
        for m, place in enumerate(layout.places):
            for axis, terms in parts.items():
                own = self.terms.over(self.terms.poly(terms), angle[1])
                for name, factor in place[axis].items():
                    more = self.terms.multiply(own, self.terms.constant(factor))
                    turn[m, name] = self.terms.add(turn.get((m, name), ZERO), more)
        return {key: value for key, value in turn.items() if value != ZERO}
    def lanes(self, layout: Layout, index: Quotient) -> tuple[Quotient, ...]:
        scope = Scope(layout, index)
        keys = ("first", "second", "write_first", "write_second")
        return tuple(self.terms.chosen(self.value(layout.pairs[key], scope)) for key in keys)
    def pair(self, layout: Layout, index: Quotient) -> list[tuple[Known, Pair]]:
        """The pair at an index, case by case."""
        scope, lanes = Scope(layout, index), self.lanes(layout, index)
        angles = [(p, x, self.pulled(layout, x)) for p, x in self.value(layout.pairs["angle"], scope)]
        sine = layout.pairs.get("sine_angle")
        both = [(q, turn, turn if sine is None or y == x else self.pulled(layout, y)) for p, x, turn in angles
                for q, y in (self.value(sine, scope, p) if sine is not None else [(p, x)])]
        found = [(q, Pair(lanes, turn, own, size)) for p, turn, own in both
                 for q, size in self.value(layout.pairs["magnitude"], scope, p)]
        _limit(len(found) <= MAX_CASES, "so many cases")
        return found

# ---- questions

class Writer:
    """SMT-LIB text of some formulas and of all that is known of the constants in them."""
    def __init__(self, terms: Terms, linear: bool) -> None:
        self.terms, self.linear = terms, linear
        self.products: dict[Monomial, str] = {}
        self.nonlinear = self.abstract = False
        self.asserted: tuple[Formula, ...] = ()
    def text(self, sentence: str, parts: list[tuple[str, Formula]]) -> str:
        names, todo, facts = set[str](), [formula for _, formula in parts], dict[Formula, None]()
        for _ in range(3):
            while todo:
                formula = todo.pop()
                for name in sorted(_names(formula) - names):
                    names.add(name)
                    for fact in self.terms.facts.get(name, []):
                        todo += [] if fact in facts else [fact]
                        facts[fact] = None
            todo = [fact for fact in self.terms.shifts(names) if fact not in facts]
            facts |= dict.fromkeys(todo)
        lines = [f"; {comment}\n(assert {self.formula(formula)})" for comment, formula in parts]
        lines += [f"(assert {self.formula(fact)})" for fact in facts if fact is not True]
        self.asserted = (*(formula for _, formula in parts), *facts)
        late = {name for fact in facts for name in _names(fact)} - names
        self.abstract, names = self.abstract or bool(late), names | late
        self.abstract = self.abstract or not names.isdisjoint(self.terms.opaque)
        known = [f"(declare-const {_symbol(n)} {'Int' if self.terms.whole[n] else 'Real'})" for n in sorted(names)]
        known += [f"(declare-const |{n}| {'Int' if self.whole(m) else 'Real'})" for m, n in self.products.items()]
        known += [f"(assert (< 0.0 |{n}|))" for m, n in self.products.items() if _powers(m) == m]
        logic = "ALL" if self.nonlinear and not self.linear else "QF_LIRA"
        text = "\n".join(["; " + " ".join(sentence.split()), f"(set-logic {logic})", *known, *lines, "(check-sat)", ""])
        if len(text) > MAX_QUESTION:
            raise NotShown("a question is too large")
        return text
    def whole(self, monomial: Monomial) -> bool:
        return all(isinstance(e, int) and self.terms.whole[a] for a, e in monomial)
    def formula(self, formula: Formula) -> str:
        if isinstance(formula, bool):
            return str(formula).lower()
        word, body = formula
        if word in ("and", "or"):
            return f"({word} {' '.join(map(self.formula, body))})"
        whole = all(self.whole(m) for m, _ in body)
        scale, dot = lcm(*(c.denominator for _, c in body)), "" if whole else ".0"
        terms = []
        for monomial, c in body:
            factors = self.factors(monomial, whole)
            n = c.numerator * (scale // c.denominator)
            number = f"{n}{dot}" if n > 0 else f"(- {-n}{dot})"
            terms.append(number if not factors else f"(* {' '.join([number, *factors])})" if n != 1 or
                         len(factors) > 1 else factors[0])
        total, sign = terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})", word[:1] if word == "!=" else word
        found = f"({'=' if word in ('=', '!=') else sign.rstrip('1')} {total} 0{dot})"
        return f"(not {found})" if word == "!=" else found
    def factors(self, monomial: Monomial, whole: bool) -> list[str]:
        """The factors of a monomial; a constant in place of powers, and in a linear question of products."""
        powers = _powers(monomial)
        rest = tuple(f for f in monomial if f not in powers)
        degree = sum(e for _, e in rest)
        self.abstract = self.abstract or bool(powers)
        self.nonlinear = self.nonlinear or degree + bool(powers) > 1
        if self.linear and degree + bool(powers) > 1:
            powers, rest = monomial, ()
        names = [(a, self.terms.whole[a]) for a, e in rest for _ in range(e)]
        if powers:
            name = self.products.setdefault(powers, f"product {len(self.products)}")
            names.append((name, self.whole(powers)))
        return [_symbol(name) if whole or not own else f"(to_real {_symbol(name)})" for name, own in names]
def _symbol(name: str) -> str:
    """A constant for solvers; none is one word, which might be a word of theirs: true, xor."""
    return f"|{name}|" if " " in name else f"|{name} |"
def _powers(monomial: Monomial) -> Monomial:
    return tuple(f for f in monomial if isinstance(f[1], tuple))
def _names(formula: Formula) -> set[str]:
    if isinstance(formula, bool):
        return set()
    if formula[0] in ("and", "or"):
        return set().union(*map(_names, formula[1]))
    return {a for m, _ in formula[1] for a, e in m if isinstance(e, int)}

# ---- questions without a solver

CHECKED = "checked: Farkas"
def proof_key(question: str) -> str:
    """What the proof of a question is filed under."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]

class Linear:
    """Formulas of which not all can hold, each monomial taken for a number of its own, and how that is seen: a tree.

    It grows a list of what is known, at first the parts of the formulas, and above 0 each product of powers, all bases
    being positive. ["split", n, TREE, ...] takes the n-th of the list, alternatives or !=, and adds in each tree one of
    them. ["cut", [[v, c], ...], k, TREE, TREE], for the sum of c times the v-th monomial, all of them whole: it is at
    most k, or at least k + 1. ["farkas", [[n, c], ...]] ends it: c times the n-th of the list, summed up, says 0 < 0 or
    that a number above 0 is at most 0. No c of an inequality is below 1.
    """
    def __init__(self, asserted: Iterable[Formula], terms: Terms) -> None:
        self.terms = terms
        known = [part for formula in asserted for part in _conjuncts(formula)]
        self.monomials: tuple[Monomial, ...] = tuple(dict.fromkeys(m for each in known for m in _monomials(each)))
        powers = (m for m in self.monomials if m == _powers(m))
        self.known: tuple[Formula, ...] = (*known, *(("<", ((m, Fraction(-1)),)) for m in powers))
    def whole(self, monomial: Monomial) -> bool:
        return all(type(e) is int and e > 0 and self.terms.whole[a] for a, e in monomial)
    def members(self, formula: Formula) -> tuple[Formula, ...]:
        """The ways in which it can hold; of whole numbers less than 0 is at most -1."""
        word, body = formula or ("or", ())
        _tree(word in ("or", "!="), "a split of what has no alternatives")
        if word == "or":
            return tuple(body)
        sides = (body, tuple((m, -c) for m, c in body))
        whole = all(c.denominator == 1 and self.whole(m) for m, c in body)
        return tuple(("<=1", (*side, ((), Fraction(1)))) if whole else ("<", side) for side in sides)
    def refute(self, tree: Any, steps: int) -> int:
        """Rejected unless the tree shows that not all of it holds; how many steps are left."""
        known = list(self.known)
        todo: list[tuple[Any, int, Formula]] = [(tree, len(known), True)]
        while todo:  # a branch begins with what was known where it left
            node, size, more = todo.pop()
            known[size:] = _conjuncts(more)
            size, steps = len(known), steps - 1 - len(known) + size
            word, *rest = _tree(isinstance(node, list) and len(node) > 1 and node, "no tree")
            if word == "split":
                members = self.members(_at(rest[0], known))
                _tree(len(rest) == len(members) + 1, "not a branch for each alternative")
                todo += [(each, size, member) for each, member in zip(rest[1:], members, strict=True)]
            elif word == "cut":
                _tree(len(rest) == 4, "no tree")
                todo += [(each, size, side) for each, side in zip(rest[2:], self.cut(*rest[:2]), strict=True)]
            else:
                _tree(word == "farkas" and len(rest) == 1, "no tree")
                steps = self.contradicted(known, _pairs(rest[0]), steps)
            _limit(steps >= 0 and len(todo) <= MAX_STEPS, "so long a proof (evidence.proofs)")
        return steps
    def cut(self, term: Any, k: Any) -> tuple[Formula, Formula]:
        """At most k, and at least k + 1."""
        found = {_at(v, self.monomials): Fraction(c) for v, c in _pairs(term)}
        _tree(type(k) is int and len(found) == len(term) and all(map(self.whole, found)), "a cut of what is not whole")
        minus = ((m, -c) for m, c in found.items())
        return ("<=1", (((), Fraction(-k)), *found.items())), ("<=1", (((), Fraction(k + 1)), *minus))
    def contradicted(self, known: list[Formula], rows: list[tuple[int, int]], steps: int) -> int:
        """The sum of multiples of what is known has no answer."""
        total, strict = dict[Monomial, Fraction | int](), False
        for number, factor in rows:
            word, p = _at(number, known) or ("or", ())
            _tree(word == "=" or (word in ("<", "<=", "<=1") and factor > 0), "no multiple of a comparison")
            strict, steps = strict or word == "<", steps - 1 - len(p)
            _limit(steps >= 0, "so long a proof (evidence.proofs)")
            for monomial, c in p:
                own = c if c.denominator > 1 else c.numerator  # whole numbers are added sooner
                new = total[monomial] = total.get(monomial, 0) + factor * own
                large = new.denominator.bit_length() + new.numerator.bit_length() > MAX_BITS
                _limit(not large, "so large a number (evidence.proofs)")
        constant = total.pop((), 0)
        _tree(not any(total.values()) and (constant > 0 or (strict and constant == 0)), "no contradiction")
        return steps
def _tree(proper: Any, reason: str) -> Any:
    _require(proper, "evidence.proofs", reason)
    return proper
def _at(number: Any, rows: Any) -> Any:
    _tree(type(number) is int and 0 <= number < len(rows), "no such number")
    return rows[number]
def _pairs(value: Any) -> list[tuple[int, int]]:
    """Pairs of whole numbers, the second not 0."""
    proper = isinstance(value, list) and all(isinstance(each, list) and len(each) == 2 for each in value)
    proper = proper and all(type(n) is int and type(c) is int and c for n, c in value)
    _tree(proper and value, "no pairs of whole numbers")
    return [(n, c) for n, c in value]
def _conjuncts(formula: Formula) -> list[Formula]:
    """Its parts, of which all have to hold."""
    parts = formula[1] if isinstance(formula, tuple) and formula[0] == "and" else (formula,)
    return [part for part in parts if part is not True]
def _monomials(formula: Formula) -> Iterator[Monomial]:
    """Those in it, as often as they are."""
    if isinstance(formula, tuple):
        for each in formula[1]:
            if formula[0] in ("and", "or"):
                yield from _monomials(each)
            elif each[0]:
                yield each[0]

class Proof:
    """All that has to be shown of a theorem, in order."""
    def __init__(self, theorem: Theorem, solve: Solve) -> None:
        self.theorem, self.solve, self.done = theorem, solve, list[Obligation]()
        self.terms, self.steps = Terms(), MAX_STEPS
        self.alone = theorem.scope == "not-always"  # all is at one point, and nothing is asked
        self.reading = Reading(theorem, self.terms, theorem.points["fails"] if self.alone else None)
        self.source, self.target = theorem.layouts
        self.hypotheses = self.reading.hypotheses()
        self.j, self.other = (self.terms.atom(name, True) for name in ("j", "j'"))
        self.scope = Scope()
    # -- asking
    def show(self, sentence: str, against: Formula, *known: Formula, exact: bool = True) -> None:
        """Nothing that is known allows what gainsays the sentence."""
        parts = [("what is required", self.hypotheses), ("known here", every(*known)), ("gainsaid", against)]
        self.terms.spend(sum(_size(formula) for _, formula in parts))
        told = every(*(formula for _, formula in parts))
        if told is False:
            self.done.append(Obligation(sentence, "", "evaluated"))
            return
        if self.alone:
            raise Rejected(f"not so: {sentence}") if told is True and exact else NotShown(
                f"{sentence}: not seen at the point")
        said: dict[str, str] = {}
        for linear in (True, False):
            writer = Writer(self.terms, linear)
            text = writer.text(sentence, parts)
            if not linear and not writer.nonlinear:
                break
            _limit(len(self.done) < MAX_QUESTIONS, "so many questions")
            question = Linear(writer.asserted, self.terms) if linear else None
            if question is not None and (tree := self.theorem.proofs.get(proof_key(text))) is not None:
                self.steps = question.refute(tree, self.steps)
                self.done.append(Obligation(sentence, text, CHECKED, question))
                return
            said = dict(self.solve(text))
            answers = set(said.values())
            if {"sat", "unsat"} <= answers:
                raise NotShown(f"{sentence}: solvers contradict each other ({_said(said)})")
            if "unsat" in answers:
                by = " and ".join(sorted(name for name, answer in said.items() if answer == "unsat"))
                self.done.append(Obligation(sentence, text, f"{by}: unsat", question))
                return
            if "sat" in answers and exact and not writer.nonlinear and not writer.abstract:
                raise Rejected(f"not so: {sentence} ({_said(said)})")
        raise NotShown(f"{sentence}: no solver settles it ({_said(said)})")
    def defined(self, sentence: str, *known: Formula, exact: bool = True) -> None:
        """All that was evaluated since has a value."""
        needs, self.reading.needs = self.reading.needs, []
        self.show(sentence, some(*(every(*p, no(each)) for p, each in needs)), *known, exact=exact)
    def outer(self, node: ast.expr, what: str, *known: Formula, scope: Scope | None = None) -> Quotient:
        """The value of an expression of the evidence."""
        self.reading.needs = []
        found = self.terms.chosen(self.reading.value(node, scope or Scope(index=self.j)))
        self.defined(f"{what} has a value", *known)
        return found
    def pair(self, layout: Layout, index: Quotient) -> list[tuple[Known, Pair]]:
        found = self.reading.pair(layout, index)
        self.reading.needs = []  # shown once for every pair
        return found
    def indices(self, layout: Layout) -> list[tuple[Quotient, Formula]]:
        """The index that stands for any, and where it is inside; where pairs are taken one by one each number."""
        if self.theorem.order is not None:
            return [(self.j, self.reading.inside(layout, self.j))]
        count = self.terms.known(self.reading.count(layout))
        few = count is not None and count <= MAX_PAIRS
        _limit(few, f"pairs one by one, whose number is not known or above {MAX_PAIRS} ({layout.side})")
        return [(self.terms.constant(k), True) for k in range(int(count or 0))]
    # -- what has to be shown
    def run(self) -> tuple[Obligation, ...]:
        theorem = self.theorem
        self.points()
        self.reading.needs = []
        if self.alone:
            self.at_point()
            return tuple(self.done)
        self.clauses = [self.reading.condition(each, self.scope) for _, each in theorem.condition]
        self.defined("the condition has a value")
        self.layouts()
        for layout in theorem.layouts:
            self.loops(layout)
        if theorem.scope != "never":
            self.relation(theorem.relation or "", every(*self.clauses))
        if theorem.rule is not None:
            self.refutation(theorem.rule)
        return tuple(self.done)
    def points(self) -> None:
        """Some parameters are allowed, on either side of the condition where there is one."""
        for key, point in self.theorem.points.items():
            if point is None:
                continue
            there = Reading(self.theorem, self.terms, point)
            allowed = there.hypotheses()
            holds = every(*(there.condition(each, Scope()) for _, each in self.theorem.condition))
            wanted = key == "holds" or self.theorem.scope in FAILING
            sentence = f"evidence.points.{key}: allowed, and the condition {key} there"
            told = every(allowed, holds if wanted else no(holds))
            if told is False:
                raise Rejected(f"not so: {sentence}")
            if told is not True:  # an irrational number, of which a formula is left
                raise NotShown(f"{sentence}: not worked out exactly")
            self.done.append(Obligation(sentence, "", "evaluated"))
    def layouts(self) -> None:
        """Both are layouts: what they say has a value, and lanes are as they have to be."""
        reading, terms, j, other = self.reading, self.terms, self.j, self.other
        widths = list[Quotient]()
        for layout in self.theorem.layouts:
            side = layout.side
            width = terms.chosen(reading.value(layout.width, Scope(layout)))
            count = reading.count(layout)
            self.defined(f"{side}: width and number of pairs have a value", exact=False)
            widths.append(width)
            proper = [reading.whole(width), reading.whole(count), terms.at_most(ZERO, count)]
            # Where one is no layout nothing is stated, so that these may fail and the theorem be true.
            show = partial(self.show, exact=False)
            show(f"{side}: width and number of pairs are whole, and not negative", no(every(*proper)))
            inside = reading.inside(layout, j)
            pairs = [case for index, _ in self.indices(layout) for case in reading.pair(layout, index)]
            known = inside if self.theorem.order else True
            self.defined(f"{side}: every expression has a value", known, exact=False)
            against = [every(*p, terms.equal(pair.magnitude, ZERO)) for p, pair in pairs]
            show(f"{side}: magnitudes are not 0", some(*against), inside)
            lanes, others = reading.lanes(layout, j), reading.lanes(layout, other)
            proper = [every(reading.whole(x), terms.at_most(ZERO, x), terms.less(x, width)) for x in lanes]
            show(f"{side}: lanes are whole and inside the head", no(every(*proper)), inside)
            for k, what in ((0, "read"), (2, "written")):
                (a, b), (c, d) = lanes[k : k + 2], others[k : k + 2]
                same = some(*(terms.equal(x, y) for x, y in ((a, c), (b, d), (a, d))))
                twice = some(terms.equal(a, b), every(no(terms.equal(j, other)), same))
                show(f"{side}: no lane is {what} twice", twice, inside, reading.inside(layout, other))
            if {*lanes[:2]} != {*lanes[2:]}:
                end = terms.multiply(terms.constant(2), count)
                start = terms.chosen(reading.value(layout.pairs["first"], Scope(layout, ZERO)))
                outside = [some(terms.less(x, start), terms.at_most(terms.add(start, end), x)) for x in lanes]
                show(f"{side}: lanes read and lanes written are the same run of lanes", some(*outside), inside)
            reading.needs = []
        self.show("both heads have the same width", no(terms.equal(*widths)))
    def at_point(self) -> None:
        """At the point, each loop run step by step: both are layouts, and the kernels differ at the pair's lanes."""
        reading, terms, widths, sides = self.reading, self.terms, list[Quotient](), list[list[Pair]]()
        for layout in self.theorem.layouts:
            side, pairs = layout.side, list[Pair]()
            widths.append(self.settled(reading.value(layout.width, Scope(layout))))
            for index, _ in self.indices(layout):
                last = Scope(layout, ZERO, started=False) if index == ZERO else Scope(layout, terms.minus(index, ONE))
                reading.ran |= {(side, name, index): self.settled(reading.value(nodes[last.started], last))
                                for name, nodes in layout.states.items()}
                pairs.append(self.settled(reading.pair(layout, index)))
            self.defined(f"{side}: every expression has a value")
            found = [terms.known(x) for x in (widths[-1], reading.count(layout), *(x for p in pairs for x in p.lanes))]
            width, count, *lanes = numbers = [x for x in found if x is not None]
            _limit(len(numbers) == len(found), f"lanes that are no rational numbers ({side})")
            proper = all(x.denominator == 1 and x >= 0 for x in numbers) and all(x < width for x in lanes)
            self.show(f"{side}: width, number of pairs and lanes are whole, lanes inside the head", not proper)
            read, written = lanes[::4] + lanes[1::4], lanes[2::4] + lanes[3::4]
            once = len({*read}) == len(read) == 2 * count and sorted(read) == sorted(written)
            self.show(f"{side}: no lane is read or written twice, and those that are read are written", not once)
            still = some(*(terms.equal(pair.magnitude, ZERO) for pair in pairs))
            self.show(f"{side}: magnitudes are not 0", still)
            sides.append(pairs)
        self.show("both heads have the same width", no(terms.equal(*widths)))
        self.whole_turns(True)
        k, (less, more) = self.theorem.pair, sorted(sides, key=len)
        _require(k < len(more), "evidence.refutation", "no pair of this index")
        if k < len(less):
            s, t = (pairs[k] for pairs in sides)
            _require(self.same(s, t, "identical", None)[0] is not True, f"pair {k}", "the same on both sides")
            differs = self.displaced(s, t)
        else:  # a lane that it turns passes on the other side
            passes = more[k].lanes[0] not in {x for pair in less for x in pair.lanes[:2]}
            differs = every(passes, self.turns(more[k].sine))
        self.show(f"pair {k} differs", no(differs), exact=False)
    def settled(self, cases: list[tuple[Known, Any]]) -> Any:
        """The one value, where no formula is left on the way to it."""
        _limit(len(cases) == 1 and not cases[0][0], "a value at a point that is not worked out exactly")
        return cases[0][1]
    def loops(self, layout: Layout) -> None:
        """What a loop carries is what its invariant says, at pair 0 and from each pair to the next; and has a value."""
        reading, terms, j = self.reading, self.terms, self.j
        following = terms.add(j, ONE)
        inside = [reading.inside(layout, j), reading.inside(layout, following)]
        none: list[tuple[ast.expr, ast.expr]] = []
        unknown = {name: none for name in layout.states if name not in layout.invariant}
        for name, rows in (layout.invariant | unknown).items():
            first, step = layout.states[name]
            start = (ZERO, first, "at pair 0", [reading.inside(layout, ZERO)])
            for index, node, where, known in (start, (following, step, "from a pair to the next", inside)):
                before: Formula = True  # a row holds where those before it do not apply
                before_it = Scope(layout, j) if index is following else Scope(layout, ZERO, started=False)
                if not rows:  # it has a value, whichever
                    reading.needs = []
                    reading.value(node, before_it)
                    self.defined(f"{layout.side}.{name} has a value {where}", *known, exact=False)
                for when, value in rows:
                    reading.needs = []
                    applies = reading.condition(when, Scope(index=index))
                    path = extended((), every(before, applies))
                    before = every(before, no(applies))
                    wanted = reading.value(value, Scope(index=index), path) if path is not None else []
                    found = reading.value(node, before_it)
                    self.defined(f"{layout.side}.{name} and its invariant have a value {where}", *known)
                    ratios = [(p, q, terms.ratio(x, y)) for p, x in wanted for q, y in found]
                    against = [every(*p, *q, no(r.equal)) for p, q, r in ratios]
                    self.show(f"{layout.side}.{name} is as its invariant says {where}", some(*against), *known,
                              exact=all(r.exact for *_, r in ratios))
    def relation(self, relation: str, condition: Formula) -> None:
        """The relation holds where the condition does."""
        theorem, reading, terms, j = self.theorem, self.reading, self.terms, self.j
        counts = [reading.count(each) for each in theorem.layouts]
        if relation != "identical":
            _require(not any("sine_angle" in each.pairs for each in theorem.layouts), "pairs", "no rotation")
        inside, order = reading.inside(self.target, j), j
        if theorem.order is None:
            own, other = ([index for index, _ in self.indices(each)] for each in theorem.layouts)
            for layout, more in ((self.source, own[len(other):]), (self.target, other[len(own):])):
                for index in more:
                    self.still(layout, index, relation, condition)
            beside = list(zip(own, other, strict=False))
        elif ast.unparse(theorem.order) == "j":
            for layout, less in ((self.source, self.target), (self.target, self.source)):
                self.still(layout, j, relation, condition, reading.inside(layout, j), no(reading.inside(less, j)))
            inside, beside = every(inside, reading.inside(self.source, j)), [(j, j)]
        else:
            self.show("both have the same number of pairs", no(terms.equal(*counts)), condition)
            order = self.outer(theorem.order, "the order of the pairs", condition, inside)
            also = terms.chosen(reading.value(theorem.order, Scope(index=self.other)))
            proper = every(reading.whole(order), reading.inside(self.source, order))
            self.show("the order names a pair of the source for every one of the target", no(proper), condition, inside)
            twice = every(terms.equal(order, also), no(terms.equal(j, self.other)))
            both = [reading.inside(self.target, index) for index in (j, self.other)]
            self.show("the order names no pair twice", twice, condition, *both)
            beside = [(order, j)]
        if theorem.permutation is not None:
            self.permutes(theorem.permutation, condition)
        against, exact = [], True
        for order, index in beside:
            moved = None if theorem.permutation is None else self.moved(theorem.permutation, index)
            for p, ours in self.pair(self.source, order):
                for q, theirs in self.pair(self.target, index):
                    good, sure = self.same(ours, theirs, relation, moved)
                    against.append(every(*p, *q, no(good)))
                    exact = exact and sure
        known = [] if theorem.order is None else [inside]
        self.show(f"pair by pair, {relation} holds", some(*against), condition, *known, exact=exact)
    def still(self, layout: Layout, index: Quotient, relation: str, *known: Formula) -> None:
        """Pairs that the other side lacks do what lanes do that pass."""
        terms, against = self.terms, []
        for p, pair in self.pair(layout, index):
            good = [terms.equal(*pair.lanes[::2]), terms.equal(*pair.lanes[1::2])]
            good = good if relation == "identical" else []
            good += [terms.equal(pair.magnitude, ONE)] if relation != "pair-map" else []
            good += [terms.equal(x, ZERO) for turn in (pair.turn, pair.sine) for key, x in sorted(turn.items())
                     if not self.cancels(key, relation)]
            against.append(every(*p, no(every(*good))))
        self.show(f"a pair that only the {layout.side} has stands still", some(*against), *known)
    def cancels(self, key: tuple[int, str], relation: str) -> bool:
        """A constant cancels in scores, where all tokens have the same."""
        return key[1] == "1" and relation != "identical" and len(self.theorem.feeds) == 1
    def permutes(self, node: ast.expr, condition: Formula) -> None:
        """It is a permutation of the lanes of the head."""
        terms, reading = self.terms, self.reading
        width = terms.chosen(reading.value(self.target.width, Scope(self.target)))
        lanes = [terms.atom(name, True) for name in ("lane", "lane'")]
        head = [every(terms.at_most(ZERO, x), terms.less(x, width)) for x in lanes]
        row = self.outer(node, "the permutation", condition, head[0], scope=Scope(lane=lanes[0]))
        also = terms.chosen(reading.value(node, Scope(lane=lanes[1])))
        proper = [reading.whole(row), terms.at_most(ZERO, row), terms.less(row, width)]
        self.show("the permutation stays inside the head", no(every(*proper)), condition, head[0])
        twice = every(terms.equal(row, also), no(terms.equal(*lanes)))
        self.show("the permutation names no row twice", twice, condition, *head)
    def moved(self, node: ast.expr, index: Quotient) -> tuple[Quotient, ...]:
        """The rows that the permutation gives the lanes of a target pair."""
        lanes = self.reading.lanes(self.target, index)[:2]
        return tuple(self.terms.chosen(self.reading.value(node, Scope(lane=lane))) for lane in lanes)
    def same(self, s: Pair, t: Pair, relation: str, moved: Any) -> tuple[Formula, bool]:
        """The two pairs turn alike, or oppositely with their lanes swapped; whether that is all that could be."""
        terms, sure = self.terms, True
        lanes = {"identical": t.lanes, "equal-scores": t.lanes[:2], "permutation": moved}.get(relation) or ()
        both = []
        for sign in (1, -1):
            if self.theorem.sign == -sign or (sign == -1 and (s.sine != s.turn or t.sine != t.turn)):
                continue
            own = s.lanes if sign == 1 else (*s.lanes[1::-1], *s.lanes[:1:-1])
            good = [terms.equal(x, y) for x, y in zip(own, lanes, strict=False)]
            for ours, theirs in ((s.turn, t.turn), (s.sine, t.sine)):
                for key in sorted(ours.keys() | theirs.keys()):
                    if self.cancels(key, relation):
                        continue
                    ratio = terms.ratio(ours.get(key, ZERO), theirs.get(key, ZERO))
                    good.append(ratio.equal if sign == 1 else ratio.opposite)
                    sure = sure and ratio.exact
            sizes = terms.ratio(s.magnitude, t.magnitude)
            good += [sizes.equal] if relation != "pair-map" else []
            both.append(every(*good))
        return some(*both), sure
    # -- why it fails elsewhere
    def refutation(self, rule: str) -> None:
        """What was said to fail fails, where the condition does."""
        theorem = self.theorem
        fails = no(every(*self.clauses)) if self.clauses else True
        rotations = not any("sine_angle" in each.pairs for each in theorem.layouts)
        _require(rotations or rule == "lanes", "evidence.refutation", "no rotation")
        _require(rule != "lanes" or theorem.elsewhere == "identical", "evidence.refutation", "no linear map is refuted")
        self.whole_turns(fails)
        if rule == "counts":
            counts = [self.reading.count(each) for each in theorem.layouts]
            self.show("the numbers of pairs differ", self.terms.equal(*counts), fails)
            for layout in theorem.layouts:
                still = [every(*p, no(self.turns(pair.turn))) for p, pair in self.pair(layout, self.j)]
                self.show(f"every pair of the {layout.side} turns", some(*still), fails,
                          self.reading.inside(layout, self.j), exact=False)
        elif rule in ("edge", "dominated"):
            (self.edge if rule == "edge" else self.dominated)(fails)
        else:
            if rule != "lanes":
                (self.ordered if rule == "ordered" else self.own_index)(fails)
            self.witnesses(rule)
    def whole_turns(self, fails: Formula) -> None:
        """Whole positions take no two unlike frequencies for one: all are over powers of pi, or within half a turn, so
        that two of them differ, and come together, by less than a turn."""
        found = [(every(inside, *p), x) for layout in self.theorem.layouts for index, inside in self.indices(layout)
                 for p, pair in self.pair(layout, index) for turn in (pair.turn, pair.sine) for x in turn.values()]
        if self.theorem.integer and not all(self.terms.over_pi(x) for _, x in found):
            low, high = map(self.terms.constant, (-3, 3))
            fast = [every(p, some(self.terms.less(x, low), self.terms.less(high, x))) for p, x in found]
            self.show("frequencies are algebraic, or all within half a turn", some(*fast), fails, exact=False)
    def coordinates(self) -> list[tuple[int, str]]:
        """Those that any pair turns with."""
        return sorted({key for layout in self.theorem.layouts for index, _ in self.indices(layout)
                       for _, pair in self.pair(layout, index) for key in pair.turn if key[1] != "1"})
    def speed(self, layout: Layout, index: Quotient, key: tuple[int, str]) -> Cases:
        """How fast the pair of an index turns on a coordinate; 0 where there is none."""
        inside = self.reading.inside(layout, index)
        pairs = self.pair(layout, index) if inside is not False else []
        return [((no(inside),), ZERO), *(((inside, *p), pair.turn.get(key, ZERO)) for p, pair in pairs)]
    def surely(self, sign: str, xs: Cases, ys: Cases) -> Formula:
        """It is so in all cases."""
        return no(some(*(every(*p, *q, no(self.terms.compare(sign, x, y))) for p, x in xs for q, y in ys)))
    def dominated(self, fails: Formula) -> None:
        """On some coordinate the sum of all frequencies, less their signs, is less on one side: none there is above
        that of its index on the other, and one, the first or the last if not all are numbers, is below it."""
        ways, zero = list[Formula](), [((), ZERO)]
        for key, (one, other) in product(self.coordinates(), (self.theorem.layouts, self.theorem.layouts[::-1])):
            own = ends = [index for index, _ in max(map(self.indices, self.theorem.layouts), key=len)]
            if self.theorem.order is not None:  # an index of its own for each way, since each may fail at another
                own = [self.terms.atom(f"i {len(ways)}", True)]
                ends = [ZERO, self.terms.minus(self.reading.count(other), ONE)]
            slow, fast = ({i: self.speed(each, i, key) for i in (*own, *ends)} for each in (one, other))
            least = [every(self.surely("<=", zero, slow[i]), self.surely("<=", slow[i], fast[i])) for i in own]
            ways.append(every(*least, some(*(self.surely("<", slow[i], fast[i]) for i in ends))))
        self.show("one side turns slower than the other", no(some(*ways)), fails, exact=False)
    def ordered(self, fails: Formula) -> None:
        """Frequencies that fall from pair to pair, and are none below 0: the same of both sides only in this order."""
        keys, zero = self.coordinates(), [((), ZERO)]
        _limit(len(keys) < 2, "pairs in order that turn with several coordinates")
        falls = [self.surely("<=", slow, fast) for key in keys for each in self.theorem.layouts for fast, slow in
                 pairwise([*(self.speed(each, index, key) for index, _ in self.indices(each)), zero])]
        self.show("no pair of a side is slower than the next", no(every(*falls)), fails, exact=False)
    def turns(self, turn: Turn) -> Formula:
        """It does not stand still."""
        return some(*(no(self.terms.equal(x, ZERO)) for (_, c), x in turn.items() if c != "1"))
    def unlike(self, ours: Turn, theirs: Turn) -> Formula:
        """The vectors are neither equal nor opposite."""
        keys = sorted(key for key in ours.keys() | theirs.keys() if key[1] != "1")
        return some(*(self.terms.ratio(ours.get(k, ZERO), theirs.get(k, ZERO)).unlike for k in keys))
    def own_index(self, fails: Formula) -> None:
        against = []
        for p, ours in self.pair(self.source, self.other):
            for q, theirs in self.pair(self.target, self.j):
                moves = some(self.turns(ours.turn), self.turns(theirs.turn))
                against.append(every(*p, *q, moves, no(self.unlike(ours.turn, theirs.turn))))
        self.show("a pair turns like none of another index", some(*against), fails,
                  self.reading.inside(self.source, self.other), self.reading.inside(self.target, self.j),
                  no(self.terms.equal(self.j, self.other)), exact=False)
    def witnesses(self, rule: str) -> None:
        """Where a clause fails, and those before hold, a pair at one of its indices is inside and differs."""
        texts = [text for text, _ in self.theorem.condition]
        clauses = list(zip(texts, self.clauses, strict=True)) or [("0 == 1", False)]
        for k, (text, clause) in enumerate(clauses):
            known = [*(formula for _, formula in clauses[:k]), no(clause)]
            good = []
            indices = [index for own, index in self.theorem.witness if own == text]
            for n, index in enumerate(indices, 1):
                name = "the index" if len(indices) == 1 else f"index {n} of {len(indices)}"
                w = self.outer(index, f"{name} for {text}", *known, scope=Scope())
                inside = [self.reading.inside(each, w) for each in self.theorem.layouts]
                pairs = [self.pair(each, w) for each in self.theorem.layouts]
                whole = self.reading.whole(w)
                for p, s in pairs[0]:
                    for q, t in pairs[1]:
                        differ = self.displaced(s, t) if rule == "lanes" else self.unlike(s.turn, t.turn)
                        good.append(every(whole, *inside, *p, *q, differ))
                alone = ((*inside, pairs[0]), (*inside[::-1], pairs[1])) if rule == "own-index" else ()
                for own, other, cases in alone:
                    good += [every(whole, own, no(other), *p, self.turns(pair.turn)) for p, pair in cases]
            self.show(f"where {text} fails, a pair at its index differs", no(some(*good)), *known, exact=False)
    def displaced(self, s: Pair, t: Pair) -> Formula:
        """An entry of the kernels differs: it turns unlike, or at position 0, where nothing is constant, is another."""
        terms = self.terms
        a, b, c, d = (terms.equal(x, y) for x, y in zip(s.lanes, t.lanes, strict=True))
        found = [every(a, c, self.unlike(s.turn, t.turn)), every(b, c, self.unlike(s.sine, t.sine)),
                 every(a, c, some(*map(no, (b, d))), self.turns(s.sine), self.turns(t.sine))]
        if not any(key[1] == "1" for turn in (s.turn, s.sine, t.turn, t.sine) for key in turn):
            found += [every(a, self.terms.ratio(s.magnitude, t.magnitude).unlike),
                      every(a, b, c, self.turned(s.sine, t.sine))]
            found += [every(x, no(y)) for x, y in ((a, c), (c, a), (b, d), (d, b))]
        return some(*found)
    def turned(self, ours: Turn, theirs: Turn) -> Formula:
        """On some coordinate the one is the other's opposite, and not 0: with cosines alike at 0, the sines differ."""
        keys = sorted(key for key in ours.keys() & theirs.keys() if key[1] != "1")
        return some(*(every(self.terms.ratio(ours[k], theirs[k]).opposite, no(self.terms.equal(ours[k], ZERO)))
                      for k in keys))
    def edge(self, fails: Formula) -> None:
        """The first or the last pair of one side turns, and like none of the other side."""
        one, against = ONE, []
        for k, (layout, other) in enumerate([(self.source, self.target), (self.target, self.source)] * 2):
            last = self.terms.minus(self.reading.count(layout), one)
            index, i = ZERO if k < 2 else last, self.terms.atom(f"i {k}", True)
            alike = []
            for p, pair in self.pair(layout, index):
                near = [every(*q, no(self.unlike(pair.turn, each.turn))) for q, each in self.pair(other, i)]
                met = every(self.reading.inside(other, i), some(*near))
                alike.append(every(*p, some(no(self.turns(pair.turn)), met)))
            against.append(some(no(self.reading.inside(layout, index)), *alike))
        self.show("the first or the last pair of a side turns like none of the other", every(*against), fails,
                  exact=False)
def _said(answers: dict[str, str]) -> str:
    said = [f"{name}: {answer}" for name, answer in sorted(answers.items())]
    return ", ".join(said) or "there is none: put z3 or cvc5 on the PATH"

# ---- the whole
def check(text: str, solve: Solve) -> Accepted:
    """What a certificate states and how it was shown; raises Rejected or NotShown."""
    told: tuple[str, ...] = ()
    try:
        theorem = statement(text)
        told = tuple(words(text))
        return Accepted(told, Proof(theorem, solve).run())
    except NotShown as fault:
        fault.statement = told
        raise
    except Rejected:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as fault:
        raise Rejected("not JSON: " * isinstance(fault, json.JSONDecodeError) + (str(fault) or repr(fault))) from None
def words(text: str) -> Iterator[str]:
    """The theorem in sentences."""
    root = json.loads(text)
    answer, kinds = root["answer"], []
    for each in root["variables"]:
        kind = "whole" if each["whole"] else "rational"
        kinds.append(f"{kind} {each['name']}" + f" ({each['entries']} of them)" * (each["entries"] is not None))
    denied = "not " * (answer["scope"] == "not-always")
    asked = f" with {' and '.join(root['where'])}" * bool(root["where"])
    yield f"{denied}for all {', '.join(kinds)}{asked} that both sides allow"
    for side in SIDES:
        own = root[side]
        needs = [p["require"] for p in own["parameters"] if p["require"]] + own["require"]
        values = [f"{'whole ' * p['whole']}{p['name']} = {p['value']}" for p in own["parameters"]
                  if p["value"] is not None]
        parts = {"width": own["width"]} | own["pairs"]
        yield f"{side}, called {json.dumps(own['name'][:200])}: {', '.join(f'{k} = {v}' for k, v in parts.items())}"
        lets = [f"{name} = {text}" for name, text in own["let"]]
        yield from [f"  where {'; '.join(lets)}"] if lets else []
        carried = [f"{name} begins as {first} and goes on as {step}" for name, first, step in own["states"]]
        yield from [f"  carried from pair to pair: {'; '.join(carried)}"] if carried else []
        yield from [f"  with {'; '.join(values)}"] if values else []
        yield f"  allowed if {'; '.join(needs) or 'it is a layout'}"
    for feed in root["feeds"]:
        fed = "; ".join(f"{side}'s {axis} gets " + (" + ".join(f"{c} {name}" for name, c in place.items()) or "0")
                        for side in SIDES for axis, place in feed[side].items())
        yield f"fed {json.dumps(feed['name'][:200])}: {fed}"
    odd = any("sine_angle" in root[side]["pairs"] for side in SIDES)
    yield ("pair j, from 0 to count - 1, writes y[write_first] = magnitude*(x[first]*cos(angle) - x[second]*sin(angle))"
           ", y[write_second] = magnitude*(x[first]*sin(angle) + x[second]*cos(angle))"
           f"{', sines of sine_angle where there is one' * odd}; the other lanes of a head, of width, pass")
    yield f"at {root['source']['positions']} positions:"
    fails = f"it is not so that {MEANINGS[answer['elsewhere']]}"
    condition = " and ".join(answer["condition"])
    if denied:
        point = root["evidence"]["points"]["fails"]
        at = ", ".join(f"{k} = {v if isinstance(v, str) else '[' + ', '.join(v) + ']'}" for k, v in point.items())
        pair = root["evidence"]["refutation"]["witness"][0][1]
        yield f"{answer['elsewhere']} fails at {at}, where pair {pair} differs: {fails}"
    elif answer["scope"] != "never":
        yield f"{answer['relation']} holds{f' where {condition}' if condition else ''}: {MEANINGS[answer['relation']]}"
    if root["evidence"]["permutation"] is not None:
        yield f"row lane of the target's weights is row {root['evidence']['permutation']} of the source's"
    if answer["scope"] in ("sometimes", "never"):
        yield f"{answer['elsewhere']} fails {'elsewhere' if condition else 'everywhere'}: {fails}"
    if root["evidence"]["instances"]:
        yield ("certificates of single sizes in it, which the theorem does not rest on and checker.py checks: "
               f"{len(root['evidence']['instances'])}")
def solvers() -> Solve:
    """The solvers that there are as programs, each asked in a process of its own. How long one is given is counted in
    its own work, so that a busy machine answers as an idle one does."""
    commands = {"z3": ["-in", f"rlimit={WORK['z3']}"], "cvc5": ["--lang=smt2", f"--rlimit={WORK['cvc5']}", "-"]}
    beside = str(Path(sys.executable).parent)
    found = {name: shutil.which(name) or shutil.which(name, path=beside) for name in commands}
    before = os.times().children_user
    def solve(text: str) -> dict[str, str]:
        answers = {}
        for name, program in found.items():
            left = min(SECONDS, int(ALL_SECONDS + before - os.times().children_user))
            if program is not None and left > 0:
                run = subprocess.run([program, *commands[name]], input=text, capture_output=True, text=True,
                                     check=False, preexec_fn=partial(_allowed, left) if resource else None)
                answers[name] = said if (said := run.stdout.strip()) in ("sat", "unsat") else "unknown"
        return answers
    return solve
def _allowed(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
def main(names: list[str]) -> int:
    """Say of each file what it states and whether that is shown."""
    fine = bool(names) and "--help" not in names
    print(end="" if fine else "usage: python3 theorem_checker.py CERTIFICATE...\n")
    for name in names if fine else []:
        try:
            proper = Path(name).is_file() and Path(name).stat().st_size <= MAX_BYTES
            _require(proper, "file", f"there is none, or it has more than {MAX_BYTES} bytes")
            accepted = check(Path(name).read_bytes().decode(), solvers())
            shown = [f"{each.discharged}: {each.sentence}" for each in accepted.obligations]
            lines = ["accepted", *accepted.statement, "shown", *shown]
        except NotShown as fault:
            fine, lines = False, [f"NOT SHOWN: {str(fault)[:400]}", *fault.statement]
        except (OSError, ValueError) as fault:
            fine, lines = False, [f"REJECTED: {str(fault)[:400]}"]
        print(json.dumps(name), *lines, sep="\n  ")
    return 0 if fine else 4

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
