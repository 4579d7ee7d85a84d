"""The expression language: accepted texts with values worked out by hand, rejected texts with the message."""

from __future__ import annotations

import random
from fractions import Fraction
from math import ceil, floor

import pytest

from prover.errors import ExpressionError, InputError
from prover.exact.number import Exact, exact, power
from prover.language.evaluation import Compiled, CompiledCondition, Scope, number
from prover.language.expression import number as read_number
from prover.language.expression import parse, parse_condition
from prover.language.tokens import MAX_LENGTH

N, B, K = Fraction(8), Fraction(-3, 2), (Fraction(3), Fraction(1), Fraction(1, 2), Fraction(-2))
NAMES = ("n", "b")
LISTS = ("k", "empty")


def scope_at(index: int) -> Scope:
    """n = 8, b = -3/2, k = [3, 1, 1/2, -2], an empty list, and the pair index."""
    values = {"n": exact(N), "b": exact(B), "k": tuple(exact(entry) for entry in K), "empty": ()}
    return Scope(values, {}).at(index)


def evaluate(text: str, index: int = 0) -> Exact:
    """The exact value of an expression."""
    return number(Compiled(parse(text, NAMES, LISTS), frozenset()).compute(scope_at(index)))


RATIONALS = {
    "0": 0,
    "007.50": Fraction(15, 2),
    "1e6": 10**6,
    "25e-2": Fraction(1, 4),
    ".5": Fraction(1, 2),
    "0.1 + 0.2": Fraction(3, 10),
    "1/3 + 1/6": Fraction(1, 2),
    "2 + 3*4": 14,
    "(2 + 3)*4": 20,
    "7 - 2 - 1": 4,
    "8/4/2": 1,
    "2**3**2": 512,
    "-2**2": -4,
    "(-2)**2": 4,
    "(-2)**3": -8,
    "2**-1": Fraction(1, 2),
    "0**0": 1,
    "0**3": 0,
    "+n": 8,
    "- -n": 8,
    "7//2": 3,
    "-7//2": -4,
    "(-7)//2": -4,
    "7//-2": -4,
    "7 % 3": 1,
    "(-7) % 3": 2,
    "7 % -3": -2,
    "7.5 % 2": Fraction(3, 2),
    "b // 1": -2,
    "floor(b)": -2,
    "ceil(b)": -1,
    "floor(-0.5)": -1,
    "ceil(0.2)": 1,
    "abs(b)": Fraction(3, 2),
    "abs(-n)": 8,
    "sqrt(16)": 4,
    "sqrt(1/4)": Fraction(1, 2),
    "sqrt(2)*sqrt(8)": 4,
    "sqrt(2)**2": 2,
    "8**(1/3)": 2,
    "8**(-2/3)": Fraction(1, 4),
    "2**0.5 * 2**0.5": 2,
    "10000**(-2/n)": Fraction(1, 10),
    "10000**(-2*j/16)*10000**(2*j/16)": 1,
    "log(1)": 0,
    "log(8)/log(2)": 3,
    "log(n)/log(1/2)": -3,
    "pi/pi": 1,
    "pi - pi": 0,
    "floor(pi)": 3,
    "ceil(pi*10)": 32,
    "floor(100*sqrt(2))": 141,
    "floor(10**30*pi)": 3141592653589793238462643383279,
    "floor(-sqrt(2))": -2,
    "ceil(log(10))": 3,
    "sqrt(2) % 1 + 1 - sqrt(2)": 0,
    "min(3, 1, 2)": 1,
    "max(3, n, 2)": 8,
    "min(sqrt(2), 1.4142)": Fraction(7071, 5000),
    "max(pi, 22/7)": Fraction(22, 7),
    "min(k)": -2,
    "max(k)": 3,
    "sum(k)": Fraction(5, 2),
    "len(k)": 4,
    "len(empty)": 0,
    "sum(empty)": 0,
    "k[0]": 3,
    "k[1 + 1]": Fraction(1, 2),
    "k[n % 3 + 1]": -2,
    "k[4/2]": Fraction(1, 2),
    "1 if n > 3 else 2": 1,
    "1 if n > 8 else 2": 2,
    "1 if n >= 8 else 2": 1,
    "1 if n == 8.0 else 2": 1,
    "1 if n != 8 else 2": 2,
    "1 if 3 < n < 9 else 2": 1,
    "1 if 3 < n < 8 else 2": 2,
    "1 if 1 < 2 > 1 == 1 else 2": 1,
    "1 if not n > 3 else 2": 2,
    "1 if not not n > 3 else 2": 1,
    "1 if n > 3 and b > 0 else 2": 2,
    "1 if n > 3 or b > 0 else 2": 1,
    "1 if n < 3 and n > 1 or n == 8 else 2": 1,
    "1 if n == 8 or n < 3 and n > 9 else 2": 1,
    "1 if True else 2": 1,
    "1 if False else 2": 2,
    "1 if n else 2": 1,
    "True + True": 2,
    "1 if n < 3 else 2 if n < 9 else 3": 2,
    "(1 if n < 3 else 2) * 5": 10,
    "1 if pi < 22/7 else 2": 1,
    "1 if sqrt(2)*sqrt(3) == sqrt(6) else 2": 1,
    "1 if log(6) == log(2) + log(3) else 2": 1,
    "1 if 2**0.5 > 1.41421356237309504880168872420969807 else 2": 1,
    # A guard protects what it guards, as in Python.
    "2 if n > 3 or 1/(n - 8) > 1 else 3": 2,
    "2 if n < 3 and k[9] > 1 else 3": 3,
    "1/(0 if n < 3 else 2)": Fraction(1, 2),
    "k[9] if n < 3 else k[0]": 3,
    # A condition may hold conditionals.
    "1 if (1 if n > 3 else 2) > 1 else 3": 3,
    "1 if (5 if n > 3 else 2)*b < (1 if b < 0 else 2) else 3": 1,
    "1 if 1 <= (2 if b < 0 else 5) % 2 else 3": 3,
    "1 if (2 if b < 0 and n > 1 else 5) != 2 or (k[0] if n > 1 else 0) == 3 else 4": 1,
    "floor(7/(3/(2 if n > 3 else 5)))": 4,
    "7//(3/(2 if n > 3 else 5))": 4,
    "min(7, 3/(2 if n > 3 else 5))": Fraction(3, 2),
    "\n 1 if n < 3 else\n 2\n": 2,
    "n\n+\t1": 9,
    "n - 1\n- 2": 5,
    "min(n, 2,)": 2,
    "1.e2 + 1.": 101,
    "-7 // 2 * -1": 4,
    "-7 % 3": 2,
    "-n ** 2": -64,
    "2 ** -n * 256": 1,
    "1 if not n == 8 else 2": 2,
    "1 if not n > 3 and b > 0 else 2": 2,
    "1 if not (n > 3 and b > 0) else 2": 1,
    "1 if n > 3 else 2 if n > 9 else 3": 1,
    "1 if n > 9 else 2 if n > 3 else 3": 2,
}


@pytest.mark.parametrize(("text", "expected"), RATIONALS.items(), ids=RATIONALS)
def test_rational_values(text: str, expected: int | Fraction) -> None:
    """Each text has exactly this rational value."""
    assert expected == evaluate(text).rational


INDEXED = {
    "j": (0, 1, 2, 3, 4, 5),
    "2*j + 1": (1, 3, 5, 7, 9, 11),
    "j % 3": (0, 1, 2, 0, 1, 2),
    "j // 2": (0, 0, 1, 1, 2, 2),
    "10000**(-2*j/4)": (1, Fraction(1, 100), Fraction(1, 10**4), Fraction(1, 10**6), Fraction(1, 10**8),
                        Fraction(1, 10**10)),
    "1 if j % 3 == 1 and j < 3*k[1] else 0": (0, 1, 0, 0, 0, 0),
    "k[j] if j < len(k) else -1": (3, 1, Fraction(1, 2), -2, -1, -1),
    "1 if j else 0": (0, 1, 1, 1, 1, 1),
    "min(1, max(0, (j - 1)/(3 - 1)))": (0, 0, Fraction(1, 2), 1, 1, 1),
}


@pytest.mark.parametrize(("text", "expected"), INDEXED.items(), ids=INDEXED)
def test_values_by_pair_index(text: str, expected: tuple[int | Fraction, ...]) -> None:
    """Each text has exactly these values for j = 0 to 5."""
    assert expected == tuple(evaluate(text, index).rational for index in range(6))


ROOTS = {
    "sqrt(2)": (2, Fraction(2)),
    "sqrt(n)": (2, Fraction(8)),
    "2**(1/3)": (3, Fraction(2)),
    "(2/3)**(-3/4)": (4, Fraction(27, 8)),
    "10000**(-2/64)": (32, Fraction(1, 10**4)),
    "500000**(-14/128)": (64, Fraction(1, 500000**7)),
    "sqrt(2)*sqrt(3)/sqrt(5)": (2, Fraction(6, 5)),
    "sqrt(sqrt(2))": (4, Fraction(2)),
}


@pytest.mark.parametrize(("text", "expected"), ROOTS.items(), ids=ROOTS)
def test_roots(text: str, expected: tuple[int, Fraction]) -> None:
    """Each text is irrational, and its power of this degree is exactly this rational."""
    value = evaluate(text)
    assert (None, expected[1]) == (value.rational, power(value, Fraction(expected[0])).rational)


DECIMALS = {
    "pi": "3.141592653589793238462643383279502",
    "2*pi": "6.283185307179586476925286766559005",
    "log(2)": "0.693147180559945309417232121458176",
    "log(10)": "2.302585092994045684017991454684364",
    "1/log(2)": "1.442695040888963407359924681001892",
    "sqrt(2) + sqrt(3)": "3.146264369941972342329135065715570",
    "pi**2": "9.869604401089358618834490999876151",
    "log(pi)": "1.144729885849400174143427351353058",
}


@pytest.mark.parametrize(("text", "digits"), DECIMALS.items(), ids=DECIMALS)
def test_known_digits(text: str, digits: str) -> None:
    """Each text agrees with 33 published decimals of the constant."""
    assert int(digits.replace(".", "")) == evaluate(f"floor(10**33*({text}))").rational


class _Writer:
    """Random expressions in rationals, each written down together with its value."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def number(self, depth: int) -> tuple[str, Fraction]:
        """A text and its value; ZeroDivisionError where it has none."""
        kind = self.random.randrange(12 if depth else 3)
        if kind < 3:
            leaves = [("n", N), ("b", B), ("2", Fraction(2)), ("0.5", Fraction(1, 2)), ("0", Fraction(0)),
                      ("k[0]", K[0]), ("k[3]", K[3]), ("sum(k)", sum(K)), ("len(k)", Fraction(4))]
            return self.random.choice(leaves)
        (a, x), (c, y) = self.number(depth - 1), self.number(depth - 1)
        if kind == 3:
            return f"({a} + {c})", x + y
        if kind == 4:
            return f"({a} - {c})", x - y
        if kind == 5:
            return f"({a})*({c})", x * y
        if kind == 6:
            return f"({a})/({c})", x / y
        if kind == 7:
            return f"({a})//({c})", Fraction(x // y)
        if kind == 8:
            return f"({a}) % ({c})", x % y
        if kind == 9:
            name, function = self.random.choice([("floor", floor), ("ceil", ceil), ("abs", abs)])
            return f"{name}({a})", Fraction(function(x))
        if kind == 10:
            name, choose = self.random.choice([("min", min), ("max", max)])
            return f"{name}({a}, {c})", choose(x, y)
        test, holds = self.condition(depth - 1)
        return f"({a} if {test} else {c})", x if holds else y

    def condition(self, depth: int) -> tuple[str, bool]:
        """A condition and whether it holds."""
        kind = self.random.randrange(9 if depth else 6)
        if kind < 6:
            (a, x), (c, y) = self.number(max(depth - 1, 0)), self.number(max(depth - 1, 0))
            sign, holds = [("<", x < y), ("<=", x <= y), (">", x > y), (">=", x >= y), ("==", x == y),
                           ("!=", x != y)][kind]
            return f"{a} {sign} {c}", holds
        (a, left), (c, right) = self.condition(depth - 1), self.condition(depth - 1)
        joined = [(f"not ({a})", not left), (f"({a} and {c})", left and right), (f"({a} or {c})", left or right)]
        return joined[kind - 6]


@pytest.mark.parametrize("seed", range(12))
def test_random_expressions(seed: int) -> None:
    """Random expressions have the value that Python's fractions give them."""
    writer = _Writer(seed)
    wrong = []
    for _ in range(80):
        try:
            text, expected = writer.number(4)
        except ZeroDivisionError:
            continue
        try:
            found: object = evaluate(text).rational
        except Exception as fault:
            found = f"{type(fault).__name__}: {fault}"[:80]
        if expected != found:
            wrong.append((text, expected, found))
    assert [] == sorted(wrong, key=lambda row: len(row[0]))[:3]


REJECTED = {
    # code
    "__import__('os').system('x')": ("column 12: \"'\" is no character of the language",),
    "eval(n)": ("call of 'eval' is not allowed", "Functions: abs ceil floor"),
    "n.real": ("column 2: '.' is no character of the language",),
    "n.__class__.__mro__": ("column 2: '.' is no character of the language",),
    "(lambda: 1)()": ("column 8: ':' is no character of the language",),
    "lambda: 1": ("column 7: ':' is no character of the language",),
    "[n for n in k]": ("is not allowed",),
    "{n: 1}": ("column 1: '{' is no character of the language",),
    "{n}": ("column 1: '{' is no character of the language",),
    "[1, 2]": ("'[1, 2]' is not allowed",),
    "(1, 2)": ("'(1, 2)' is not allowed",),
    "f'{n}'": ("column 2: \"'\" is no character of the language",),
    "'text'": ("column 1: \"'\" is no character of the language",),
    "b'text'": ("column 2: \"'\" is no character of the language",),
    "(m := n)": ("column 4: ':' is no character of the language",),
    "max(*k)": ("is not allowed", "column 5"),
    "*n": ("not an expression",),
    "max(n, key=n)": ("column 11: '=' is no character of the language",),
    "await n": ("'await n' is not allowed",),
    "(yield n)": ("is not allowed",),
    "None": ("is not allowed",),
    "...": ("column 1: '.' is no character of the language",),
    "import os": ("not an expression", "column"),
    "n = 1": ("column 3: '=' is no character of the language",),
    "n; b": ("column 2: ';' is no character of the language",),
    "n\0": ("column 2: U+0000 is no character of the language",),
    # what is written otherwise
    "b^n": ("column 2: '^' is no character of the language", "A power is written **. Allowed: "),
    "1 if n = 2 else 0": ("column 8: '=' is no character of the language", "Equality is written ==. Allowed: "),
    "pow(b, n)": ("call of 'pow' is not allowed", "pow(a, b) is written a**b. Functions: "),
    "exp(n)": ("call of 'exp' is not allowed", "exp(x*log(b)) is written b**x. Functions: "),
    "int(b/2)": ("call of 'int' is not allowed", "Rounding down is written floor(x), or a//b. Functions: "),
    # a character that the language does not have
    "n # + b": ("column 3: '#' is no character of the language", "An expression has no comments"),
    "n # a\n+ b": ("line 1, column 3: '#' is no character of the language",),
    "n\n+ b # a": ("line 2, column 5: '#' is no character of the language",),
    "n \\\n + b": ("line 1, column 3: '\\\\' is no character of the language",),
    "n\r+ b": ("column 2: U+000D is no character of the language",),
    "n\f+ b": ("column 2: U+000C is no character of the language",),
    "n\v+ b": ("column 2: U+000B is no character of the language",),
    "n\x1a+ b": ("column 2: U+001A is no character of the language",),
    "n\u00a0+ b": ("column 2: U+00A0 is no character of the language",),
    "n\u2028+ b": ("column 2: U+2028 is no character of the language",),
    "\ufeffn": ("column 1: U+FEFF is no character of the language",),
    "\N{MATHEMATICAL ITALIC SMALL N}": ("column 1: U+1D45B",),
    "\N{FULLWIDTH LATIN SMALL LETTER N}": ("column 1: U+FF4E",),
    "b\N{COMBINING ACUTE ACCENT}": ("column 2: U+0301",),
    "\N{ARABIC-INDIC DIGIT THREE}": ("column 1: U+0663",),
    "n\N{MINUS SIGN}1": ("column 2: U+2212",),
    "n\N{SUPERSCRIPT TWO}": ("column 2: U+00B2",),
    "n! = 1": ("column 2: '!' is no character of the language",),
    "n ^ 2": ("column 3: '^' is no character of the language",),
    "n | 1": ("column 3: '|' is no character of the language",),
    "n $ 1": ("column 3: '$' is no character of the language",),
    "`n`": ("column 1: '`' is no character of the language",),
    "1if n > 1 else 2": ("column 2: 'if' follows a number",),
    "1e5e5": ("column 4: 'e5' follows a number",),
    "1 if n > 1else 2": ("column 11: 'else' follows a number",),
    # what is left over
    "n n": ("column", "not an expression"),
    "n\nb": ("not an expression",),
    "n) + (b": ("column 2: not an expression",),
    "n,": ("'n,' is not allowed",),
    "1..2": ("not an expression",),
    "1 2": ("not an expression",),
    "007": ("not an expression",),
    "n < = 1": ("column 5: '='",),
    "n * * 2": ("not an expression",),
    "n <> 1": ("not an expression",),
    # names and functions
    "": ("not an expression",),
    "   ": ("not an expression",),
    "m + 1": ("column 1: unknown name 'm'", "Known names: j, pi, b, empty, k, n"),
    "1 + mm": ("column 5: unknown name 'mm'",),
    "nan": ("unknown name 'nan'",),
    "inf": ("unknown name 'inf'",),
    "e": ("unknown name 'e'",),
    "sin(n)": ("call of 'sin' is not allowed",),
    "exp(1)": ("call of 'exp' is not allowed",),
    "floor(n, 2)": ("floor() takes one number, got 2",),
    "floor()": ("floor() takes one number, got 0",),
    "sqrt()": ("sqrt() takes one number, got 0",),
    "min(n)": ("min() takes two or more numbers, or one list",),
    "max()": ("max() takes two or more numbers, or one list",),
    "sum(n)": ("sum() takes one list parameter", "Lists: empty, k"),
    "len(n)": ("len() takes one list parameter",),
    # lists and conditions
    "k": ("'k' is a list, expected a number", "Use k[index], sum(k) or len(k)"),
    "k + 1": ("'k' is a list, expected a number",),
    "sqrt(k)": ("'k' is a list, expected a number",),
    "k[k]": ("'k' is a list, expected a number",),
    "n[0]": ("'n[0]' is not allowed",),
    "k[0][0]": ("is not allowed",),
    "k[0:1]": ("column 4: ':' is no character of the language",),
    "k[0, 1]": ("is not allowed",),
    "n > 1": ("'n > 1' is a condition, expected a number", "Write 'a if condition else b'"),
    "not n": ("'not n' is a condition, expected a number",),
    "n and b": ("'n and b' is a condition, expected a number",),
    "1 + (n > 1)": ("'n > 1' is a condition, expected a number", "column 6"),
    "1 if n + 1 else 2": ("'n + 1' is not a condition",),
    "1 if 5 else 2": ("'5' is not a condition",),
    "1 if n is 3 else 2": ("comparison in 'n is 3' is not allowed", "Use < <= > >= == !="),
    "1 if n in k else 2": ("'k' is a list, expected a number",),
    "1 if n > 1": ("not an expression",),
    # operators and numbers
    "n & 1": ("column 3: '&' is no character of the language",),
    "n << 99999999": ("operator in 'n << 99999999' is not allowed",),
    "n @ n": ("column 3: '@' is no character of the language",),
    "~n": ("column 1: '~' is no character of the language",),
    "n +": ("not an expression", "column"),
    "(n": ("not an expression", "column"),
    "2n": ("column 2: 'n' follows a number",),
    "0x10": ("column 2: 'x10' follows a number",),
    "1_000": ("column 2: '_000' follows a number",),
    "3j": ("column 2: 'j' follows a number",),
    "1e401": ("'1e401' is not a number", "exponents up to 400"),
    "1e99999999999": ("is not a number", "exponents up to 400"),
    "1" * 41: ("is not a number", "at most 40 digits"),
    # size
    "n + " * MAX_LENGTH + "n": ("characters; at most 4000",),
    "(" * 150 + "n" + ")" * 150 + "+": ("not an expression",),
    "(" * 1900 + "n" + ")" * 1900: ("nested",),
    "-" * 3900 + "n": ("nested",),
    "-" * 100 + "n": ("nested 60 deep",),
    "1 if " + "not " * 900 + "n > 1 else 2": ("nested 60 deep",),
    "n" + "+n" * 1900: ("at most 1000 nodes",),
    "min(" + "n," * 1900 + "n)": ("at most 1000 nodes",),
    "k[" * 1000 + "0" + "]" * 1000: ("nested",),
    "abs(" * 190 + "n" + ")" * 190: ("nested 60 deep",),
}


@pytest.mark.parametrize(("text", "parts"), REJECTED.items(), ids=[text[:40] for text in REJECTED])
def test_rejected_when_parsed(text: str, parts: tuple[str, ...]) -> None:
    """Each text is refused before anything is computed, with a message that says what is wrong."""
    with pytest.raises(ExpressionError) as caught:
        parse(text, NAMES, LISTS)
    assert [] == [part for part in parts if part not in str(caught.value)]


WITHOUT_VALUE = {
    "1/0": "zero",
    "0/0": "zero",
    "1 // 0": "zero",
    "1 % 0": "zero",
    "n/(n - 8)": "zero",
    "n//(n - 8)": "zero",
    "n % (n - 8)": "zero",
    "0**-1": "division by zero",
    "2**2000000": "more than",
    "(n - 8)**-2": "zero to a negative power",
    "k[4]": "k[4] does not exist: k has 4 entries",
    "k[-1]": "k[-1] does not exist",
    "k[1/2]": "k[1/2] does not exist",
    "empty[0]": "empty has 0 entries",
    "min(empty)": "min(empty) of an empty list",
    "max(empty)": "max(empty) of an empty list",
    "sqrt(-1)": "negative",
    "sqrt(b)": "negative",
    "b**0.5": "negative",
    "2*(-1)**(1/2)": "negative",
    "1 + (-8)**(1/3)*2": "negative",
    "log(0)": "not positive",
    "log(b)": "not positive",
    "2*log(-1)": "not positive",
    "2**sqrt(2)": "the exponent sqrt(2) is not a rational number",
    "2**pi": "the exponent pi is not a rational number",
    "n**n**n**n": "more than",
    "10**5000*10**5000": "bits",
}


@pytest.mark.parametrize(("text", "part"), WITHOUT_VALUE.items(), ids=WITHOUT_VALUE)
def test_rejected_for_want_of_a_value(text: str, part: str) -> None:
    """Each text is refused, when parsed or evaluated, with a message that says why it has no value."""
    with pytest.raises(InputError) as caught:
        evaluate(text)
    assert part in str(caught.value)


CONDITIONS = {
    "n > 3": True,
    "n % 2 == 0 and n <= 8": True,
    "n % 3 == 0 or b > 0": False,
    "len(k) == 4 and min(k) < 0 and sum(k) == 5/2": True,
    "not (n > 3)": False,
    "n": True,
    "True": True,
    "False": False,
    "(n > 3)": True,
    "(1 if n > 3 else 2) == 1": True,
}


@pytest.mark.parametrize(("text", "expected"), CONDITIONS.items(), ids=CONDITIONS)
def test_conditions(text: str, expected: bool) -> None:
    """Each requirement holds or fails as stated."""
    found = CompiledCondition(parse_condition(text, NAMES, LISTS), frozenset()).test(scope_at(0))
    assert expected is found


BAD_CONDITIONS = {
    "n": ("n + 1", "'n + 1' is not a condition"),
    "number": ("5", "'5' is not a condition"),
    "two": ("n > 3, b > 2", "not a condition"),
    "unbalanced": ("n > 3) else 0 if (1 > 0", "not an expression"),
    "unbalanced closing": ("n > 3) + (1", "not"),
    "conditional": ("n > 3 if b > 0 else n > 4", "is not a condition"),
    "column": ("n > 3 and bogus > 1", "column 11: unknown name 'bogus'"),
    "column of the first name": ("bogus", "column 1: unknown name 'bogus'"),
    "code": ("__import__('os')", "is no character of the language"),
}


@pytest.mark.parametrize(("text", "part"), BAD_CONDITIONS.values(), ids=BAD_CONDITIONS)
def test_rejected_conditions(text: str, part: str) -> None:
    """Each text is refused as a requirement, at its own column."""
    with pytest.raises(ExpressionError) as caught:
        parse_condition(text, NAMES, LISTS)
    assert part in str(caught.value)


NUMBERS = {
    "10000": Fraction(10000),
    "1e6": Fraction(10**6),
    "1E6": Fraction(10**6),
    "0.25": Fraction(1, 4),
    ".5": Fraction(1, 2),
    "5.": Fraction(5),
    "-3": Fraction(-3),
    "+3": Fraction(3),
    "1/3": Fraction(1, 3),
    "-1/3": Fraction(-1, 3),
    "0.1/0.3": Fraction(1, 3),
    " 7 ": Fraction(7),
    "1e400": Fraction(10**400),
    "1e-400": Fraction(1, 10**400),
    "0.1": Fraction(1, 10),
    "3.0000000000000000000000000000000000001": Fraction(3 * 10**37 + 1, 10**37),
}


@pytest.mark.parametrize(("text", "expected"), NUMBERS.items(), ids=NUMBERS)
def test_numbers_in_specs(text: str, expected: Fraction) -> None:
    """A number is taken exactly as it is written."""
    assert expected == read_number(text)


BAD_NUMBERS = ["", " ", "-", "+-3", "--3", "1e", "e5", "1e401", "1e-401", "1e1e1", "0x10", "1_000", "nan", "inf",
               "-inf", "1/0", "1/2/3", "/2", "1/", "1,5", "1 2", "٣", "½", "1\u00a0", "\u20031", "\uff11", "1\r", "1\f",
               "1#2", "1\\", "1" * 41, "1e99999999999999999999",
               "__import__('os')", "1\x00", "1/nan"]


@pytest.mark.parametrize("text", BAD_NUMBERS, ids=[ascii(text[:24]) for text in BAD_NUMBERS])
def test_rejected_numbers(text: str) -> None:
    """What is not a plain decimal or fraction is refused with an example of what is."""
    with pytest.raises(ExpressionError) as caught:
        read_number(text)
    assert "is not a number. Write a decimal or a fraction such as 1e6, 0.25 or 1/3" in str(caught.value)
