"""Questions in which numbers that no linear solver knows stand as constants, of which a little is said.

What holds for all values of such a constant holds for the number, so only that a question has no solution is taken
from it; a model says nothing. Numbers of one form are one constant. `log` below is of what has a value and a positive
argument, since that is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from prover.errors import UndecidedError
from prover.language.logic import Condition, all_of, any_of, negation
from prover.language.smt import REAL, Term, Translator, joined
from prover.language.symbolic import CLAMPED
from prover.language.symbols import Made, constant_names

ZERO, ONE = sympy.Integer(0), sympy.Integer(1)
PI_BELOW, PI_ABOVE = sympy.Rational(223, 71), sympy.Rational(22, 7)  # Archimedes
MAX_CONSTANTS = 64


@dataclass(slots=True)
class OpaqueTranslator(Translator):
    """A translator that has a constant for each number it cannot express. `constants`: by the form of the number."""

    constants: dict[sympy.Basic, sympy.Symbol] = field(default_factory=dict)

    @staticmethod
    def of(symbols: Mapping[sympy.Symbol, str]) -> OpaqueTranslator:
        """A translator for symbols of these sorts; it shares nothing with others."""
        names = constant_names(symbols)
        return OpaqueTranslator({s: Term(names[s], sort) for s, sort in symbols.items()})

    def _term(self, e: sympy.Basic) -> Term:
        try:
            return Translator._term(self, e)
        except UndecidedError:
            if isinstance(e, sympy.Symbol):
                raise
        number, rest = e.as_coeff_Mul()
        return self.term(number * self._constant(_in_one_form(rest)))

    def _constant(self, e: sympy.Basic) -> sympy.Symbol:
        if e not in self.constants:
            if len(self.constants) >= MAX_CONSTANTS:
                raise UndecidedError(f"a question about more than {MAX_CONSTANTS} numbers that no solver knows")
            symbol = Made(f"number {len(self.constants)}", real=True)
            (text,) = constant_names([symbol]).values()
            self.names = {**self.names, symbol: Term(text, REAL)}
            others = list(self.constants.items())
            self.constants[e] = symbol
            known = _clamped(e, symbol, others) if e.func == CLAMPED else _product(e, symbol, others)
            self.facts += [joined("or", [self.condition(negation(when)), self.condition(then)]) for when, then in known]
        return self.constants[e]


Fact = tuple[Condition, Condition]
Others = Sequence[tuple[sympy.Basic, sympy.Symbol]]


def _in_one_form(e: sympy.Basic) -> sympy.Basic:
    """A product with its exponents in one form."""
    parts = [part.as_base_exp() for part in sympy.Mul.make_args(e)]
    return sympy.Mul(*(base ** sympy.together(sympy.expand(exponent)) for base, exponent in parts))


def _clamped(e: sympy.Basic, m: sympy.Symbol, others: Others) -> list[Fact]:
    """Of m = min(1, max(0, x/y))."""
    x, y = e.args
    found = [(sympy.true, all_of([_is("<=", ZERO, m), _is("<=", m, ONE)]))]
    for side, left, right in ((_is("<", ZERO, y), x, y), (_is("<", y, ZERO), -x, -y)):
        found += [
            (all_of([side, _is("<=", left, ZERO)]), _is("==", m, ZERO)),
            (all_of([side, _is("<=", right, left)]), _is("==", m, ONE)),
            (all_of([side, _is("<", ZERO, left), _is("<", left, right)]),
             all_of([_is("<", ZERO, m), _is("<", m, ONE)])),
        ]
    found += [
        (all_of([_is("==", x, other.args[0]), _is("==", y, other.args[1])]), _is("==", m, own))
        for other, own in others if other.func == CLAMPED
    ]
    return found


def _product(e: sympy.Basic, value: sympy.Symbol, others: Others) -> list[Fact]:
    """Of a product of powers: its sign, and how it compares where it is one power, or has a logarithm or 1/pi in it."""
    parts = sympy.Mul.make_args(e)
    found = [(all_of(map(_is_positive, parts)), _is("<", ZERO, value))]
    if 1 / sympy.pi in parts:
        rest = e * sympy.pi
        found += [
            (_is("<=", ZERO, rest), all_of([_is("<=", rest, PI_ABOVE * value), _is("<=", PI_BELOW * value, rest)])),
            (_is("<=", rest, ZERO), all_of([_is("<=", PI_ABOVE * value, rest), _is("<=", rest, PI_BELOW * value)])),
        ]
    if isinstance(e, sympy.Pow):
        found += _power(e.base, e.exp, value, ONE)
        found += [fact for other, own in others if isinstance(other, sympy.Pow) and other.base == e.base
                  for fact in _power(e.base, e.exp - other.exp, value, own)]
    for log in (part for part in parts if isinstance(part, sympy.log)):
        found += _logarithm(e / log, log.args[0], value, others)
    return found


def _power(base: sympy.Basic, exponent: sympy.Basic, value: sympy.Symbol, other: sympy.Basic) -> list[Fact]:
    """Of value = base**exponent * other, which is positive, and the base too: which of the two is larger."""
    over, under = sympy.fraction(sympy.together(exponent))
    large, small = _is("<", ONE, base), all_of([_is("<", ZERO, base), _is("<", base, ONE)])
    sides = [(large, "<", ">"), (small, ">", "<")]
    return [(_is("==", base, ONE), _is("==", value, other))] + [
        (all_of([side, _is("<", ZERO, under), _is(sign, over, ZERO)]), _is(way, value, other))
        for side, down, up in sides for sign, way in (("<", down), ("==", "=="), (">", up))
    ]


def _logarithm(rest: sympy.Basic, argument: sympy.Basic, value: sympy.Symbol, others: Others) -> list[Fact]:
    """Of value = rest * log(argument), by what is known of other arguments beside the same rest: 1, and the base."""
    above = all_of(map(_is_positive, sympy.Mul.make_args(rest)))
    known = [(ONE, ZERO)]
    known += [(part.base.args[0], rest * part.base) for part in sympy.Mul.make_args(rest)
              if isinstance(part, sympy.Pow) and part.exp == -1 and isinstance(part.base, sympy.log)]
    known += [(log.args[0], own) for other, own in others for log in sympy.Mul.make_args(other)
              if isinstance(log, sympy.log) and other / log == rest]
    return [
        (all_of([above, _is(sign, argument, other)]), _is(sign, value, own))
        for other, own in known for sign in ("<", "==", ">")
    ]


def _is_positive(e: sympy.Basic) -> Condition:
    """A condition under which a factor that has a value is above 0."""
    base, exponent = e.as_base_exp()
    if base == sympy.pi:
        return sympy.true
    if exponent.is_Integer and exponent % 2 == 0:
        return any_of([_is("<", ZERO, base), _is("<", base, ZERO)])
    return _is("<", ONE, base.args[0]) if isinstance(base, sympy.log) else _is("<", ZERO, base)


def _is(sign: str, left: sympy.Basic, right: sympy.Basic) -> Condition:
    """A comparison, worked out where it is of rational numbers."""
    kind = {"<": sympy.StrictLessThan, "<=": sympy.LessThan, "==": sympy.Eq, ">": sympy.StrictGreaterThan}[sign]
    if left.is_Rational and right.is_Rational:
        return sympy.true if bool(kind(left, right)) else sympy.false
    return kind(left, right, evaluate=False)
