"""The one translator from SymPy to SMT-LIB 2: linear arithmetic over whole and real numbers.

Divisions and remainders by a number are exact, and so is a number over an unknown compared with a number. A
remainder by an expression gets a fresh constant that is only known to lie below the divisor and, where the dividend is
small, to be the dividend; so what is proved holds, and a model need not be one. Anything else that is not linear is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import lcm

import sympy

from prover.errors import UndecidedError
from prover.language.formula import formula
from prover.language.symbolic import CHOICE, LARGEST, SMALLEST, AllOf, AnyOf
from prover.language.symbols import constant_names, remainder_name

INT, REAL = "Int", "Real"


@dataclass(frozen=True, slots=True)
class Term:
    """SMT-LIB text and its sort."""

    text: str
    sort: str

    @property
    def as_real(self) -> str:
        return self.text if self.sort == REAL else f"(to_real {self.text})"


@dataclass(slots=True)
class Translator:
    """Translates expressions over some symbols. `names`: the SMT-LIB constant and sort of each.

    `facts` gathers what is known of the constants that stand for remainders. `known`, `terms`: conditions and numbers
    without such constants, which are the same in every question; `own`: numbers with them.
    """

    names: Mapping[sympy.Symbol, Term]
    facts: list[str] = field(default_factory=list)
    fresh: dict[tuple[sympy.Basic, sympy.Basic], Term] = field(default_factory=dict)
    known: dict[sympy.Basic, str] = field(default_factory=dict)
    terms: dict[sympy.Basic, Term] = field(default_factory=dict)
    own: dict[sympy.Basic, Term] = field(default_factory=dict)
    remainders: int = 0

    @staticmethod
    def of(symbols: Mapping[sympy.Symbol, str]) -> Translator:
        """A translator for symbols of these sorts."""
        names, known, terms = _words(tuple(symbols.items()))
        return Translator(names, known=known, terms=terms)

    def declarations(self) -> list[str]:
        """Every constant that may occur, then what is known of those for remainders."""
        known = dict.fromkeys([*self.names.values(), *self.fresh.values()])
        return [f"(declare-const {t.text} {t.sort})" for t in known] + [f"(assert {fact})" for fact in self.facts]

    def condition(self, e: sympy.Basic) -> str:
        """The condition as SMT-LIB. Raises UndecidedError with the part that cannot be expressed."""
        text = self.known.get(e)
        if text is None:
            before = self.remainders
            text = self._condition(e)
            if self.remainders == before:
                self.known[e] = text
        return text

    def _condition(self, e: sympy.Basic) -> str:
        if e in (sympy.true, sympy.false):
            return "true" if e == sympy.true else "false"
        if isinstance(e, AllOf):
            return joined("or" if isinstance(e, AnyOf) else "and", [self.condition(part) for part in e.args])
        if isinstance(e, sympy.Not):
            return f"(not {self.condition(e.args[0])})"
        if not isinstance(e, sympy.core.relational.Relational):
            raise _refused(e, "it is no condition")
        if (cleared := _without_divisor(e)) is not None:
            return self.condition(cleared)
        left, right = (self.term(side) for side in e.args)
        a, b = (left.text, right.text) if left.sort == right.sort else (left.as_real, right.as_real)
        if isinstance(e, sympy.Ne):
            return f"(not (= {a} {b}))"
        return f"({_RELATIONS[type(e)]} {a} {b})"

    def term(self, e: sympy.Basic) -> Term:
        """The number as SMT-LIB. Raises UndecidedError with the part that cannot be expressed."""
        if (found := self.terms.get(e)) is not None:
            return found
        if e in self.own:
            self.remainders += 1
            return self.own[e]
        before = self.remainders
        found = self._term(e)
        (self.terms if self.remainders == before else self.own)[e] = found
        return found

    def _term(self, e: sympy.Basic) -> Term:
        if e.is_Integer:
            return Term(_whole(int(e)), INT)
        if e.is_Rational:
            return Term(f"(/ {_whole(int(e.p))}.0 {int(e.q)}.0)".replace(").0", ".0)"), REAL)
        if isinstance(e, sympy.Symbol):
            if e not in self.names:
                raise _refused(e, "it is no variable here")
            return self.names[e]
        if isinstance(e, sympy.Add):
            return self._joined("+", e.args)
        if isinstance(e, sympy.Mul):
            return self._product(e)
        if isinstance(e, sympy.floor | sympy.ceiling):
            return self._floor(e)
        if isinstance(e, sympy.Mod):
            return self._remainder(e)
        if isinstance(e, sympy.Abs):
            inner = self.term(e.args[0])
            zero = "0" if inner.sort == INT else "0.0"
            return Term(f"(ite (>= {inner.text} {zero}) {inner.text} (- {inner.text}))", inner.sort)
        if e.func in (SMALLEST, LARGEST):
            return self._extreme(e)
        if e.func == CHOICE:
            test = self.condition(e.args[0])
            body, other = _same_sort([self.term(part) for part in e.args[1:]])
            return Term(f"(ite {test} {body.text} {other.text})", body.sort)
        raise _refused(e, "it is neither linear nor a division by a number")

    def _joined(self, operator: str, parts: Sequence[sympy.Basic]) -> Term:
        terms = _same_sort([self.term(part) for part in parts])
        return Term(f"({operator} {' '.join(t.text for t in terms)})", terms[0].sort)

    def _product(self, e: sympy.Basic) -> Term:
        factor, rest = e.as_coeff_Mul()
        if rest.is_Mul or rest.is_Pow:
            raise _refused(e, "it multiplies or divides two unknowns")
        inner = self.term(rest)
        if factor.is_Integer:
            return Term(f"(* {_whole(int(factor))} {inner.text})", inner.sort)
        return Term(f"(* {self.term(factor).text} {inner.as_real})", REAL)

    def _floor(self, e: sympy.Basic) -> Term:
        """Whole numbers over a number become div, so that nothing is rounded through reals."""
        sign = 1 if isinstance(e, sympy.floor) else -1
        argument = sympy.expand_mul(sign * e.args[0])
        terms = sympy.Add.make_args(argument)
        below = lcm(*(int(term.as_coeff_Mul()[0].q) for term in terms))
        above = self.term(sympy.Add(*(term * below for term in terms)))
        text = f"(div {above.text} {below})" if above.sort == INT else f"(to_int (/ {above.text} {below}.0))"
        return Term(text if sign == 1 else f"(- {text})", INT)

    def _remainder(self, e: sympy.Basic) -> Term:
        value, divisor = e.args
        above, below = self.term(value), self.term(divisor)
        if INT != above.sort or INT != below.sort:
            raise _refused(e, "remainders are of whole numbers")
        if divisor.is_Integer and divisor > 0:
            return Term(f"(mod {above.text} {below.text})", INT)
        self.remainders += 1
        key = (value, divisor)
        if key not in self.fresh:
            found = Term(remainder_name(len(self.fresh)), INT)
            self.fresh[key] = found
            a, b, r = above.text, below.text, found.text
            self._beside(value, divisor)
            self.facts += [
                f"(=> (> {b} 0) (and (<= 0 {r}) (< {r} {b})))",
                f"(=> (and (<= 0 {a}) (< {a} {b})) (= {r} {a}))",
                f"(=> (and (<= 0 {a}) (> {b} 0)) (<= {r} {a}))",
                f"(=> (and (<= {b} {a}) (< {a} (* 2 {b}))) (= {r} (- {a} {b})))",
                f"(=> (and (<= (- {b}) {a}) (< {a} 0)) (= {r} (+ {a} {b})))",
            ]
        return self.fresh[key]

    def _beside(self, value: sympy.Basic, divisor: sympy.Basic) -> None:
        """A remainder and that of the next number: one more, or 0."""
        for (other, same), term in self.fresh.items():
            if same != divisor or (apart := sympy.expand(value - other)) not in (1, -1):
                continue
            lower, upper = (term, self.fresh[value, divisor]) if apart == 1 else (self.fresh[value, divisor], term)
            below = self.term(divisor).text
            wraps = f"(ite (< (+ {lower.text} 1) {below}) (= {upper.text} (+ {lower.text} 1)) (= {upper.text} 0))"
            self.facts.append(f"(=> (> {below} 0) {wraps})")

    def _extreme(self, e: sympy.Basic) -> Term:
        best, *others = _same_sort([self.term(part) for part in e.args])
        relation = "<=" if e.func == SMALLEST else ">="
        for other in others:
            best = Term(f"(ite ({relation} {best.text} {other.text}) {best.text} {other.text})", best.sort)
        return best


@lru_cache(maxsize=16)
def _words(
    symbols: tuple[tuple[sympy.Symbol, str], ...]
) -> tuple[Mapping[sympy.Symbol, Term], dict[sympy.Basic, str], dict[sympy.Basic, Term]]:
    """The constants of these symbols, and what is written in them; questions come in hundreds with the same ones."""
    names = constant_names(dict(symbols))
    return {s: Term(names[s], sort) for s, sort in symbols}, {}, {}


def _without_divisor(e: sympy.Basic) -> sympy.Basic | None:
    """A comparison of a number over an unknown with a number, multiplied by the unknown; false where that is 0."""
    for left, right, kind in ((e.lhs, e.rhs, e.func), (e.rhs, e.lhs, e.reversed.func)):
        number, below = left.as_coeff_Mul()
        if right.is_Rational and isinstance(below, sympy.Pow) and below.exp == -1 and below.base.free_symbols:
            sides = (number, right * below.base)
            return AnyOf(
                AllOf(sympy.StrictGreaterThan(below.base, 0, evaluate=False), kind(*sides, evaluate=False)),
                AllOf(sympy.StrictLessThan(below.base, 0, evaluate=False), kind(*reversed(sides), evaluate=False)),
            )
    return None


_RELATIONS = {
    sympy.Eq: "=",
    sympy.StrictLessThan: "<",
    sympy.LessThan: "<=",
    sympy.StrictGreaterThan: ">",
    sympy.GreaterThan: ">=",
}


def joined(operator: str, parts: Sequence[str]) -> str:
    """A conjunction or disjunction of any number of parts."""
    if not parts:
        return "true" if operator == "and" else "false"
    return parts[0] if len(parts) == 1 else f"({operator} {' '.join(parts)})"


def _same_sort(terms: list[Term]) -> list[Term]:
    if all(t.sort == INT for t in terms):
        return terms
    return [Term(t.as_real, REAL) for t in terms]


def _whole(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"


def _refused(e: sympy.Basic, why: str) -> UndecidedError:
    return UndecidedError(
        f"'{formula(e)[:120]}' cannot be put to the solver: {why}",
        advice="Theorems need linear arithmetic; give numbers to the parameters in it",
    )
