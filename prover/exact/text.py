"""Exact numbers and angles as people read them: the expression language's own text, with its precedence.

Every text reads back as the same number. The text of certificates is another matter: `str(Exact)`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from prover.exact.angle import Angle
from prover.exact.number import Atom, Exact, Monomial

MAX_RADICAND = 10**15
MAX_LITERAL = 40
MAX_ZEROS = 400
HALF = Fraction(1, 2)


@lru_cache(maxsize=1 << 14)
def number_text(value: Exact) -> str:
    """The number exactly, such as 1/(1 + 3/5*log(2)), -37/4000*10**(5/8), sqrt(2) - 1."""
    parts = [_term_text(monomial, coefficient, len(value.terms) == 1) for monomial, coefficient in value.terms]
    first = next((i for i, part in enumerate(parts) if not part.startswith("-")), 0)
    ordered = [*parts[first : first + 1], *parts[:first], *parts[first + 1 :]]
    return "".join(
        part if not place else f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        for place, part in enumerate(ordered)
    ) or "0"


def factor_text(value: Exact) -> str:
    """The number as the right factor of a product: a sum stands in parentheses."""
    text = number_text(value)
    return f"({text})" if len(value.terms) > 1 or _is_sum(text) else text


def angle_text(angle: Angle) -> str:
    """The angle exactly, as a sum over axes."""
    parts = [axis if f.rational == 1 else f"{axis}*{factor_text(f)}" for axis, f in angle.frequencies]
    return " + ".join([*parts, *([number_text(angle.phase)] if angle.phase else [])]) or "0"


def rational_text(value: Fraction) -> str:
    """A rational as a decimal where that is short and exact, else as a quotient."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    short = rest == 1 and 1 < value.denominator <= 10**6 and abs(value) < 10**15
    if short and Fraction(text := f"{float(value):.15g}") == value:
        return text
    return _quotient_text(value)


def _quotient_text(value: Fraction) -> str:
    above = _whole_text(value.numerator)
    return above if value.denominator == 1 else f"{_grouped(above)}/{_grouped(_whole_text(value.denominator))}"


def _whole_text(value: int) -> str:
    """A whole number in literals of at most 40 digits: 12, 1e300, 5*1e40 + 7."""
    if value < 0:
        text = _whole_text(-value)
        return f"-({text})" if _is_sum(text) else f"-{text}"
    digits = _digits(value)
    if len(digits) <= MAX_LITERAL:
        return digits
    figures = digits.rstrip("0")
    if len(figures) <= MAX_LITERAL and len(digits) - len(figures) <= MAX_ZEROS:
        return f"{figures}e{len(digits) - len(figures)}"
    parts = []
    for end in range(len(digits), 0, -MAX_LITERAL):
        part = digits[max(0, end - MAX_LITERAL) : end].lstrip("0")
        place = len(digits) - end
        powers = [MAX_ZEROS] * (place // MAX_ZEROS) + [place % MAX_ZEROS] * (place % MAX_ZEROS > 0)
        if part:
            parts.append("*".join([part, *(f"1e{power}" for power in powers)]))
    return " + ".join(reversed(parts))


def _digits(value: int) -> str:
    """Decimal digits of any length: Python's own conversion stops at some thousand of them."""
    step = 10**1000
    parts = []
    while value >= step:
        value, low = divmod(value, step)
        parts.append(f"{low:01000d}")
    return "".join([str(value), *reversed(parts)])


def _grouped(text: str) -> str:
    return f"({text})" if _is_sum(text) else text


def _is_sum(text: str) -> bool:
    """Whether a text is a sum or a product at its top, so that it needs parentheses beside other operators."""
    return " + " in text or " - " in text or "*1e" in text


def _term_text(monomial: Monomial, coefficient: Fraction, alone: bool) -> str:
    if not monomial:
        return rational_text(coefficient) if alone else _sign(coefficient) + _grouped(_quotient_text(abs(coefficient)))
    power = _one_power(monomial, abs(coefficient))
    if power is not None:
        return _sign(coefficient) + power
    above, below, sums = _factors(monomial)
    size = abs(coefficient)
    if size.denominator > 1 and (below or sums) and not above:
        below = [_grouped(_whole_text(size.denominator)), *below]
        size = Fraction(size.numerator)
    number = _quotient_text(size)
    head = "*".join([*([_grouped_quotient(number)] if size != 1 or not above else []), *above])
    if below:
        head += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
    return _sign(coefficient) + head + "".join(f"/({part})" for part in sums)


def _grouped_quotient(text: str) -> str:
    """A quotient as the first factor: only a sum without a bar needs parentheses."""
    return text if "/" in text else _grouped(text)


def _sign(value: Fraction) -> str:
    return "-" if value < 0 else ""


def _factors(monomial: Monomial) -> tuple[list[str], list[str], list[str]]:
    """Factors above the bar, plain factors below it, and sums below it, which are each divided by on their own."""
    above, below, sums = _roots(monomial), list[str](), list[str]()
    for atom, exponent in monomial:
        if atom.kind == "prime":
            continue
        if exponent == -1 and atom.kind == "sum":
            sums.append(_inside(atom))
        elif exponent in (-1, -HALF):
            below.append(_atom_power(atom, -exponent))
        else:
            above.append(_atom_power(atom, exponent))
    return above, below, sums


def _roots(monomial: Monomial) -> list[str]:
    """The roots of primes; those of equal exponents together, such as sqrt(6)."""
    together: dict[Fraction, list[int]] = {}
    for atom, exponent in monomial:
        if isinstance(atom.argument, int):
            group = together.setdefault(exponent, [1])
            if group[-1] * atom.argument <= MAX_RADICAND:
                group[-1] *= atom.argument
            else:
                group.append(atom.argument)
    return [
        _power(_grouped(_whole_text(radicand)), exponent)
        for exponent, radicands in together.items() for radicand in radicands if radicand != 1
    ]


def _atom_power(atom: Atom, exponent: Fraction) -> str:
    if exponent == HALF and atom.kind == "sum":
        return f"sqrt({_inside(atom)})"
    return _power(_atom(atom), exponent)


def _power(base: str, exponent: Fraction) -> str:
    if exponent == 1:
        return base
    if exponent == HALF:
        return f"sqrt({base})"
    whole = exponent.denominator == 1 and exponent > 0
    return f"{base}**{exponent}" if whole else f"{base}**({_quotient_text(exponent)})"


def _atom(atom: Atom) -> str:
    if atom.kind in ("pi", "stored"):
        return atom.text
    return f"log({_inside(atom)})" if atom.kind == "log" else f"({_inside(atom)})"


def _inside(atom: Atom) -> str:
    assert isinstance(atom.argument, Exact)
    return number_text(atom.argument)


def _one_power(monomial: Monomial, coefficient: Fraction) -> str | None:
    """c * r**(a/b) as one power of one base, e.g. 10**(-1/8), if it is such a number."""
    exponents: dict[int, Fraction] = {}
    for atom, exponent in monomial:
        if not isinstance(atom.argument, int):
            return None
        exponents[atom.argument] = exponent
    rest = coefficient
    for prime in list(exponents):
        while rest.denominator % prime == 0:
            rest *= prime
            exponents[prime] -= 1
    if rest != 1 or max(exponents.values()) > 0:
        return None
    below = lcm(*(e.denominator for e in exponents.values()))
    whole = {p: int(-e * below) for p, e in exponents.items()}
    common = gcd(*whole.values())
    radicand = 1
    for prime, count in whole.items():
        if count // common * prime.bit_length() > MAX_RADICAND.bit_length() + prime.bit_length():
            return None
        radicand *= prime ** (count // common)
        if radicand > MAX_RADICAND:
            return None
    return f"{radicand}**({Fraction(-common, below)})"

