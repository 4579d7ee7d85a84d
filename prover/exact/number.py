"""Exact real numbers in normal form.

A number is a sum of terms; a term is a rational coefficient times a monomial; a monomial is a
product of atoms with rational exponents. Atoms are primes, pi, logarithms, sums that stand
under a root or in a denominator, and stored numbers left open. Exponents of primes are kept in
[0, 1); what is whole goes into the coefficient, so radicands never grow.

Equal normal forms mean equal numbers. While only primes and pi occur (`is_algebraic_in_pi`),
different normal forms mean different numbers too: radical monomials with different fractional
exponents are linearly independent over the rationals, and pi is transcendental.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Literal

from flint import fmpz

from prover.errors import ExpressionError, LimitError

MAX_TERMS = 64
MAX_BITS = 1600
MAX_STEP_BITS = 1 << 16
MAX_TEXT = 4000
MAX_FACTOR_BITS = 192
MAX_DIVISORS = 4
MAX_SETTLED = 24

NOTHING = Fraction(0)

AtomKind = Literal["prime", "pi", "log", "sum", "stored"]


@dataclass(frozen=True, slots=True)
class Atom:
    """An indivisible positive factor (a logarithm may have any sign). Compared by its text.

    One of kind "stored" is any number between two ends, its argument; what holds of it holds of all of them.
    """

    text: str
    kind: AtomKind = field(compare=False)
    argument: int | Exact | tuple[Fraction, Fraction] | None = field(compare=False, default=None)


Monomial = tuple[tuple[Atom, Fraction], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """A real number as sorted (monomial, coefficient) terms; zero has none."""

    terms: tuple[tuple[Monomial, Fraction], ...] = ()
    _hash: int | None = field(default=None, init=False, repr=False)

    def __eq__(self, other: object) -> bool:
        # Numbers that are unlike are mostly so in the number of terms, or of factors of the first.
        return self is other or (
            isinstance(other, Exact) and len(self.terms) == len(other.terms)
            and (not self.terms or len(self.terms[0][0]) == len(other.terms[0][0])) and self.terms == other.terms
        )

    def __hash__(self) -> int:
        # Numbers are keys of many tables, and hashing fractions is slow: worked out once.
        if self._hash is None:
            object.__setattr__(self, "_hash", hash(self.terms))
        assert self._hash is not None
        return self._hash

    def __add__(self, other: Exact) -> Exact:
        if not self.terms:
            return other
        if not other.terms:
            return self
        left, right = self.rational, other.rational
        if left is not None and right is not None:
            return exact(left + right)
        return _settled(_collect([*self.terms, *other.terms]))

    def __neg__(self) -> Exact:
        return Exact(tuple((monomial, -coefficient) for monomial, coefficient in self.terms))

    def __sub__(self, other: Exact) -> Exact:
        return self + -other

    def __mul__(self, other: Exact) -> Exact:
        if (factor := self.rational) is not None:
            return other._scaled(factor)
        if (factor := other.rational) is not None:
            return self._scaled(factor)
        return _settled(_times(self, other))

    def _scaled(self, factor: Fraction) -> Exact:
        if factor == 1:
            return self
        if not factor:
            return ZERO
        terms = tuple((monomial, coefficient * factor) for monomial, coefficient in self.terms)
        for _, coefficient in terms:
            _bound(coefficient)
        return Exact(terms)

    def __truediv__(self, other: Exact) -> Exact:
        if not other.terms:
            raise ExpressionError("division by zero")
        divisor = other.rational
        if divisor is not None:
            return self._scaled(1 / divisor)
        ratio = _rational_ratio(self, other)
        return exact(ratio) if ratio is not None else self * power(other, Fraction(-1))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return " + ".join(_term_text(*term) for term in self.terms) or "0"

    @property
    def rational(self) -> Fraction | None:
        """The value if it is a rational number by its normal form, else None."""
        if not self.terms:
            return NOTHING
        monomial, coefficient = self.terms[0]
        return coefficient if not monomial and len(self.terms) == 1 else None

    @property
    def is_algebraic_in_pi(self) -> bool:
        """True if only primes and pi occur, so that the normal form decides equality."""
        return all(
            atom.kind in ("prime", "pi") for monomial, _ in self.terms for atom, _ in monomial
        )


def exact(value: int | Fraction) -> Exact:
    """The rational number `value`; 0 and 1, which most numbers are held against, are one object each."""
    if not value:
        return ZERO
    if value == 1:
        return ONE
    if not isinstance(value, Fraction):
        value = Fraction(value)
    _bound(value)
    return Exact((((), value),))


@lru_cache(maxsize=4096)
def _prime(value: int) -> Atom:
    return Atom(str(value), "prime", value)


def log(value: Exact) -> Exact:
    """Natural logarithm of a positive number; the caller has made sure that it is positive."""
    if len(value.terms) != 1:
        return of_atom(Atom(f"log({value})", "log", value))
    ((monomial, coefficient),) = value.terms
    primes = [(_prime(prime), Fraction(count)) for prime, count in _factor(coefficient)]
    total = ZERO
    for atom, exponent in [*primes, *monomial]:
        inner = exact(atom.argument) if isinstance(atom.argument, int) else of_atom(atom)
        if atom.kind == "sum" and isinstance(atom.argument, Exact):
            inner = atom.argument
        total = total + of_atom(Atom(f"log({inner})", "log", inner)) * exact(exponent)
    return total


@lru_cache(maxsize=1 << 18)
def power(base: Exact, exponent: Fraction) -> Exact:
    """base ** exponent for a rational exponent.

    The caller has made sure that `base` is positive, unless the exponent is a whole number.
    """
    if exponent == 1:
        return base
    if not exponent:
        return ONE
    if not base.terms:
        if exponent > 0:
            return ZERO
        raise ExpressionError("zero to a negative power")
    whole = exponent.denominator == 1
    if len(base.terms) == 1:
        ((monomial, coefficient),) = base.terms
        if not monomial and not whole:
            return _rational_power(coefficient, exponent)
        raised = tuple((atom, e * exponent) for atom, e in monomial)
        if whole:
            # What grows here is mostly taken back when whole prime powers are worked out.
            _bound_power(coefficient, int(exponent), MAX_STEP_BITS)
            return _collect(_reduced(raised, coefficient ** int(exponent)))
        return _rational_power(coefficient, exponent) * _collect(_reduced(raised, Fraction(1)))
    if whole and exponent > 0:
        half = power(base, Fraction(int(exponent) // 2))
        return half * half * (base if int(exponent) % 2 else ONE)
    common = _common_factor(base, whole)
    rest = _raised(base, tuple((a, -e) for a, e in common))
    outer = tuple((atom, e * exponent) for atom, e in common)
    if not rest.terms:
        return power(ZERO, exponent)
    if len(rest.terms) == 1:
        return power(rest, exponent) * _collect(_reduced(outer, Fraction(1)))
    lead = rest.terms[0][1]
    content = lead if whole else abs(lead)
    monic = Exact(tuple((m, c / content) for m, c in rest.terms))
    # What is left of the sum may be one that is taken out already.
    whole_sum = Atom(f"({monic})", "sum", monic)
    return _rational_power(content, exponent) * _raised(Exact(((((whole_sum, exponent),), Fraction(1)),)), outer)


def _common_factor(value: Exact, whole: bool) -> Monomial:
    """The atom powers that all terms share; dividing by them leaves no negative exponents.

    Under a fractional power only atoms that are surely positive may be taken out.
    """
    atoms = {a for m, _ in value.terms for a, _ in m if a.kind != "prime"}
    lowest = {a: min(dict(m).get(a, Fraction(0)) for m, _ in value.terms) for a in atoms}
    return tuple(
        (a, e)
        for a, e in sorted(lowest.items(), key=_atom_order)
        if e and (whole or a.text in ("pi", "log(1*pi)") or a.text[4:-1].isdigit())
    )


def _rational_power(value: Fraction, exponent: Fraction) -> Exact:
    """value ** exponent, value > 0 unless the exponent is whole."""
    if exponent.denominator == 1:
        _bound_power(value, int(exponent), MAX_BITS)
        return exact(value ** int(exponent))
    if value < 0:
        raise ExpressionError(f"a negative number ({value}) under the root {exponent}")
    times, parts = exponent.numerator, exponent.denominator
    taken = list[tuple[int, int]]()
    kept, known = list[tuple[Atom, Fraction]](), dict[int, Fraction]()
    for prime, count in _factor(value):
        whole, rest = divmod(count * times, parts)
        if whole:
            taken.append((prime, whole))
        if rest:
            if count not in known:
                known[count] = Fraction(rest, parts)
            kept.append((_prime(prime), known[count]))
    return Exact(((tuple(kept), _whole_product(tuple(taken))),))


@lru_cache(maxsize=1024)
def _whole_product(powers: tuple[tuple[int, int], ...]) -> Fraction:
    """The product of whole powers of primes, a coefficient."""
    found = prod((_whole_power(prime, whole) for prime, whole in powers), start=Fraction(1))
    _bound(found)
    return found


@lru_cache(maxsize=1024)
def _whole_power(prime: int, exponent: int) -> Fraction:
    _bound_power(Fraction(prime), exponent, MAX_STEP_BITS)
    return Fraction(prime) ** exponent


@lru_cache(maxsize=1024)
def _factor(value: Fraction) -> tuple[tuple[int, int], ...]:
    """Prime factors of a positive rational with their whole exponents, sorted."""
    if value <= 0:
        raise ExpressionError(f"{value} has no logarithm or root: it is not positive")
    found: list[tuple[int, int]] = []
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        odd = part >> ((part & -part).bit_length() - 1)
        if odd.bit_length() > MAX_FACTOR_BITS:
            raise LimitError(
                f"a number of {odd.bit_length()} bits stands under a root or a logarithm; "
                f"at most {MAX_FACTOR_BITS} bits are factored",
                advice="Write it with fewer digits",
            )
        found.extend((int(p), sign * int(n)) for p, n in fmpz(part).factor() if int(p) > 1)
    return tuple(sorted(found))


def _product(
    left: tuple[Monomial, Fraction], right: tuple[Monomial, Fraction]
) -> Iterator[tuple[Monomial, Fraction]]:
    coefficient = left[1] * right[1]
    if not left[0]:
        yield right[0], coefficient
        return
    if not right[0]:
        yield left[0], coefficient
        return
    exponents: dict[Atom, Fraction] = dict(left[0])
    for atom, exponent in right[0]:
        exponents[atom] = exponents[atom] + exponent if atom in exponents else exponent
    yield from _reduced(tuple(exponents.items()), coefficient)


def _reduced(
    factors: tuple[tuple[Atom, Fraction], ...], coefficient: Fraction
) -> Iterator[tuple[Monomial, Fraction]]:
    """Terms of coefficient * product, with whole prime powers and positive sum powers worked out."""
    kept: list[tuple[Atom, Fraction]] = []
    expand = ONE
    for atom, exponent in factors:
        if not exponent:
            continue
        if atom.kind == "prime":
            whole = exponent.numerator // exponent.denominator
            assert isinstance(atom.argument, int)
            if whole:
                coefficient *= _whole_power(atom.argument, whole)
                exponent -= whole
        elif atom.kind == "sum" and exponent >= 1:
            whole = exponent.numerator // exponent.denominator
            assert isinstance(atom.argument, Exact)
            expand = _times(expand, power(atom.argument, Fraction(whole)))
            exponent -= whole
        if exponent:
            kept.append((atom, exponent))
    kept.sort(key=_atom_order)
    _bound(coefficient)
    own: tuple[Monomial, Fraction] = (tuple(kept), coefficient)
    if expand is not ONE:
        yield from _times(Exact((own,)), expand).terms
    else:
        yield from _cancelled(own)


def _cancelled(term: tuple[Monomial, Fraction]) -> Iterator[tuple[Monomial, Fraction]]:
    """Rewrite lead(S) * S**-k as S**-(k-1) - (the other terms of S) * S**-k.

    Without it (log(2) + log(3)) / (log(2) + log(3)) would not meet 1.
    """
    if all(atom.kind != "sum" for atom, _ in term[0]):
        yield term
        return
    exponents = dict(term[0])
    for atom, exponent in term[0]:
        if atom.kind != "sum" or exponent > -1 or not isinstance(atom.argument, Exact):
            continue
        lead = _lead(atom.argument)
        if lead is None or any(exponents.get(a, Fraction(0)) < e for a, e in lead[0]):
            continue
        left = dict(exponents)
        for factor, e in lead[0]:
            left[factor] -= e
        remainder = Exact(tuple(t for t in atom.argument.terms if t != lead))
        scale = term[1] / lead[1]
        raised = {**left, atom: exponent + 1}
        yield from _reduced(tuple(raised.items()), scale)
        for monomial, coefficient in remainder.terms:
            product = dict(left)
            for factor, e in monomial:
                product[factor] = product.get(factor, Fraction(0)) + e
            yield from _reduced(tuple(product.items()), -scale * coefficient)
        return
    yield term


def _lead(value: Exact) -> tuple[Monomial, Fraction] | None:
    """The term of the highest degree whose factors are no primes and have positive exponents."""
    whole = [
        term
        for term in value.terms
        if term[0] and all(a.kind != "prime" and e > 0 for a, e in term[0])
    ]
    return max(
        whole, key=lambda t: (sum(e for _, e in t[0]), _monomial_text(t[0])), default=None
    )


def _atom_order(factor: tuple[Atom, Fraction]) -> tuple[int, str]:
    return len(factor[0].text), factor[0].text


def _term_order(term: tuple[Monomial, Fraction]) -> tuple[int, str]:
    text = _monomial_text(term[0])
    return len(text), text


def _collect(terms: Iterable[tuple[Monomial, Fraction]]) -> Exact:
    terms = tuple(terms)
    if len(terms) == 1:
        return Exact(terms) if terms[0][1] else ZERO
    totals: dict[Monomial, Fraction] = {}
    for monomial, coefficient in terms:
        totals[monomial] = totals.get(monomial, Fraction(0)) + coefficient
        if len(totals) > MAX_TERMS:
            raise LimitError(f"an exact number has more than {MAX_TERMS} terms")
    found = [(monomial, coefficient) for monomial, coefficient in totals.items() if coefficient]
    if len(found) > 1:
        found.sort(key=_term_order)
    return Exact(tuple(found))


def _rational_ratio(left: Exact, right: Exact) -> Fraction | None:
    """left / right if the two are rational multiples of one another by their normal forms."""
    if len(left.terms) != len(right.terms) or not left.terms:
        return Fraction(0) if not left.terms else None
    ratio = left.terms[0][1] / right.terms[0][1]
    same = all(
        a[0] == b[0] and a[1] == ratio * b[1] for a, b in zip(left.terms, right.terms, strict=True)
    )
    return ratio if same else None


def vanishes(value: Exact) -> bool:
    """Whether the number is 0 by its normal form with all denominators multiplied out; False if that is not known."""
    try:
        return not value.terms or (bool(_divisors(value)) and not _cleared(value)[0].terms)
    except LimitError:
        return False


def _settled(value: Exact) -> Exact:
    """The same number, as one term if it is one once the sums that it is divided by are multiplied out.

    Quotients by one sum with a logarithm or pi in it are settled term by term; by several sums, as in x * x**-1
    for a quotient x, or by a sum of roots they are not.
    """
    if not 2 <= len(value.terms) <= MAX_SETTLED:
        return value
    divisors = _divisors(value)
    sums = [atom.argument for atom in divisors if isinstance(atom.argument, Exact) and atom.kind == "sum"]
    if not sums or (len(divisors) == 1 and _lead(sums[0]) is not None):
        return value
    try:
        above, below = _cleared(value)
        return value if (found := _monomial_ratio(above, below)) is None else found
    except LimitError:
        return value


def _divisors(value: Exact) -> dict[Atom, Fraction]:
    """What stands in denominators, primes left out, with its lowest exponents."""
    found: dict[Atom, Fraction] = {}
    for monomial, _ in value.terms:
        for atom, exponent in monomial:
            if exponent < 0 and atom.kind != "prime":
                found[atom] = min(exponent, found.get(atom, exponent))
    return found


def _cleared(value: Exact) -> tuple[Exact, Exact]:
    """The number as a quotient of two without denominators but of primes. Raises LimitError if that is long."""
    below = ONE
    for _ in range(MAX_DIVISORS):
        divisors = _divisors(value)
        if not divisors:
            return value, below
        atom, exponent = min(divisors.items(), key=_atom_order)
        value = _raised(value, ((atom, -exponent),))
        below = _times(below, _collect(_reduced(((atom, -exponent),), Fraction(1))))
    raise LimitError(f"an exact number is divided by more than {MAX_DIVISORS} numbers")


def _raised(value: Exact, factors: Monomial) -> Exact:
    """The number times powers of atoms, which meet the terms' own powers before either is worked out."""
    found: list[tuple[Monomial, Fraction]] = []
    for monomial, coefficient in value.terms:
        exponents = dict(monomial)
        for atom, exponent in factors:
            exponents[atom] = exponents.get(atom, Fraction(0)) + exponent
        found.extend(_reduced(tuple(exponents.items()), coefficient))
    return _collect(found)


def _times(left: Exact, right: Exact) -> Exact:
    return _collect(term for one in left.terms for other in right.terms for term in _product(one, other))


def _monomial_ratio(above: Exact, below: Exact) -> Exact | None:
    """above / below if that is one term."""
    if not above.terms:
        return ZERO
    if len(above.terms) != len(below.terms):
        return None
    inverse = power(Exact(below.terms[:1]), Fraction(-1))
    for term in above.terms:
        ratio = _times(Exact((term,)), inverse)
        if len(ratio.terms) == 1 and _times(ratio, below) == above:
            return ratio
    return None


def of_atom(atom: Atom) -> Exact:
    """The number that is the atom itself."""
    return Exact(((((atom, Fraction(1)),), Fraction(1)),))


def _bound(value: Fraction) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise LimitError(f"an exact number has more than {MAX_BITS} bits")


def _bound_power(base: Fraction, exponent: int, most: int) -> None:
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size > 1 and size * abs(exponent) > most:
        shown = "**".join(str(part) if len(str(part)) < 40 else "(...)" for part in (base, exponent))
        raise LimitError(f"the power {shown} has more than {most} bits")


def _monomial_text(monomial: Monomial) -> str:
    return "*".join(a.text if e == 1 else f"{a.text}^{e}" for a, e in monomial)


def _term_text(monomial: Monomial, coefficient: Fraction) -> str:
    return f"{coefficient}*{_monomial_text(monomial)}" if monomial else str(coefficient)


ZERO = Exact()
ONE = Exact((((), Fraction(1)),))
PI = of_atom(Atom("pi", "pi"))
