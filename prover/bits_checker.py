"""The checker of bits: decides whether a certificate proves that two kernels give the same bits, or other ones.

`python3 bits_checker.py CERTIFICATE...` says what each states, and exits with 0, or with 4 if one is not shown.
Standard library only, no code shared with the search. It reads the two recipes with a reader of its own and runs them
twice over: with symbols, where equal operations on equal arguments are equal, and with rational numbers, each operation
rounded to the nearest by the definition (ties to even), pow, cos, sin, log and sqrt by way of enclosures.

`equal`: at every position and head every lane comes out alike, as long as all numbers are finite; at one position of
each feed they are seen to be. `different`: at one position two bit patterns of a lane are unlike. Where a compiler may
contract, a*b + c may be rounded once or twice at every sum: equal is for all its choices, different for those stated.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import isqrt
from pathlib import Path
from typing import Any

SCHEMA = "rope-prover/bitwise-certificate/1"
# Bits of the significand, exponent of the least positive number, values that a finite number's exponent field has.
FORMATS = {"float16": (11, -24, 31), "bfloat16": (8, -133, 255), "float32": (24, -149, 255),
           "float64": (53, -1074, 2047)}
AS_WRITTEN = "each operation rounded"
WAYS = {AS_WRITTEN: 0, "first products fused": 1, "last products fused": -1}
MAX_BYTES, MAX_WIDTH, MAX_TEXT, MAX_TEXTS = 1 << 23, 1 << 14, 4000, 1 << 16
MAX_DEPTH, MAX_NAMES, MAX_FEEDS, MAX_FACTOR = 80, 200, 16, 1 << 20
MAX_WORK, MAX_BITS, MAX_POWER, MAX_LIST, MAX_POSITION = 300_000, 400, 64, 1 << 14, 1 << 62  # work: microseconds
PRECISIONS, FAR = (128, 320, 800, 2200), 4000  # bits of an enclosure; e**FAR is no number of any format
FUNCTIONS = {"floor": 1, "ceil": 1, "abs": 1, "sqrt": 1, "log": 1, "fma": 3, "sum": 1, "len": 1, "min": 0, "max": 0}
RESERVED = {*FUNCTIONS, "j", "pi", "axes", "if", "else", "and", "or", "not", "in", "is", "True", "False", "None",
            "lambda", "for"}
_NAME, _RATIONAL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), re.compile(r"0|-?[1-9]\d*(/[1-9]\d*)?", re.A)
_TOKEN = re.compile(r" *(?:(?P<number>(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,3})?)(?![A-Za-z_.\d])"
                    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|//|[<>=!]=|[-+*/%<>(),\[\]])|(?P<end>\Z))", re.A)
Tree = tuple[Any, ...]  # what it is, and its parts: ("+", left, right), ("name", "base"), ("number", 1/2)
Form = tuple[tuple[str, int], ...]  # coordinates with their factors, "1" for the constant
class Rejected(ValueError):
    """The certificate is malformed, or does not prove what it states."""
class NotShown(ValueError):
    """Nothing gainsays the certificate, but it is beyond what this checker works out."""
@dataclass(frozen=True)
class Accepted:
    """What is stated, in sentences, and which of `equal` and `different` it is."""
    statement: tuple[str, ...]
    bits: str
def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"
def digest(root: dict[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(canonical({k: v for k, v in root.items() if k != "digest"}).encode()).hexdigest()
def _require(condition: Any, message: str) -> None:
    if not condition:
        raise Rejected(message)
def _limit(condition: bool, what: str) -> None:
    if not condition:
        raise NotShown(f"{what} is more than this checker takes")
@contextmanager
def _at(place: str) -> Iterator[None]:
    """What is wrong in here is wrong at this place of the certificate."""
    try:
        yield
    except (Rejected, NotShown) as fault:
        raise type(fault)(f"{place}: {fault}") from None
    except TypeError:
        raise Rejected(f"{place}: a list or an object where a text is expected") from None
def _fields(value: Any, names: str) -> list[Any]:
    _require(type(value) is dict, f"expected an object with the fields {names}")
    found = [f"{name} is missing" for name in names.split() if name not in value]
    found += [f"{name!r:.60} is none of them" for name in sorted({*value} - {*names.split()})]
    _require(not found, f"expected exactly the fields {names}; {', '.join(found[:3])}")
    return [value[name] for name in names.split()]
def _text(value: Any) -> str:
    _require(type(value) is str, f"expected a text, got {value!r:.60}")
    _limit(len(value) <= MAX_TEXT, "a text of this length")
    return str(value)
def _list(value: Any, length: int | None = None) -> list[Any]:
    wanted = "expected a list" + f" of {length}" * bool(length)
    _require(type(value) is list and length in (None, len(value)), f"{wanted}, got {value!r:.60}")
    return list(value)
def _whole(value: Any, low: int, high: int) -> int:
    proper = type(value) is int and low <= value <= high
    _require(proper, f"expected a whole number from {low} to {high}, got {value!r:.60}")
    return int(value)
def _size(value: Fraction) -> None:
    _limit(max(value.numerator.bit_length(), value.denominator.bit_length()) <= MAX_BITS, "a number of this size")
def _rational(value: Any) -> Fraction:
    _limit(len(_text(value)) <= 1001, "a number of this length")
    _require(_RATIONAL.fullmatch(value), f"{value[:40]!r} is no rational number in lowest terms")
    found = Fraction(value)
    _require(str(found) == value, f"{value[:40]!r} is no rational number in lowest terms")
    return found

# ---- the expression language
def read(text: Any) -> Tree:
    """The tree of an expression: numbers, names, arithmetic, comparisons, choices, a few functions; no more."""
    return _Reader(_text(text)).whole()
class _Reader:
    """One walk over one text; every character belongs to a token or is refused."""
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at, self.depth, start = text, list[tuple[str, str]](), 0, 0, 0
        while not self.tokens or self.tokens[-1][0] != "end":
            found = _TOKEN.match(text, start)
            if found is None or found.lastgroup is None:
                raise Rejected(f"{text[:80]!r} is no expression")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            start = found.end()
    def whole(self) -> Tree:
        tree = self.choice()
        _require(self.tokens[self.at][0] == "end", f"{self.text[:80]!r} is no expression")
        return tree
    def take(self, *wanted: str) -> str:
        """The next token if it is one of these, else nothing."""
        kind, token = self.tokens[self.at]
        if kind == "number" or token not in wanted:
            return ""
        self.at += 1
        return token
    def need(self, wanted: str) -> None:
        _require(self.take(wanted), f"{self.text[:80]!r} is no expression: {wanted!r} is missing")
    def choice(self) -> Tree:
        self.depth += 1
        _limit(self.depth <= MAX_DEPTH, "an expression nested so deeply")
        tree = self.either()
        if self.take("if"):
            test = self.either()
            self.need("else")
            tree = ("if", test, tree, self.choice())
        self.depth -= 1
        return tree
    def either(self) -> Tree:
        return self.chain(self.both, "or")
    def both(self) -> Tree:
        return self.chain(self.negation, "and")
    def chain(self, part: Callable[[], Tree], word: str) -> Tree:
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return (word, *parts) if len(parts) > 1 else parts[0]
    def negation(self) -> Tree:
        if self.take("not"):
            self.depth += 1
            _limit(self.depth <= MAX_DEPTH, "an expression nested so deeply")
            tree = ("not", self.negation())
            self.depth -= 1
            return tree
        parts = [self.sum()]
        while sign := self.take("<", "<=", ">", ">=", "==", "!="):
            parts += [(sign,), self.sum()]
        return ("compare", *parts) if len(parts) > 1 else parts[0]
    def sum(self) -> Tree:
        return self.row(self.product, "+", "-")
    def product(self) -> Tree:
        return self.row(self.factor, "*", "/", "//", "%")
    def row(self, part: Callable[[], Tree], *signs: str) -> Tree:
        tree, count = part(), 0
        while sign := self.take(*signs):
            tree, count = (sign, tree, part()), count + 1
            _limit(count <= MAX_DEPTH, "an expression nested so deeply")
        return tree
    def factor(self) -> Tree:
        self.depth += 1
        _limit(self.depth <= MAX_DEPTH, "an expression nested so deeply")
        if sign := self.take("+", "-"):
            tree = self.factor()
            tree = ("minus", tree) if sign == "-" else tree
        else:
            tree = self.atom()
            tree = ("**", tree, self.factor()) if self.take("**") else tree
        self.depth -= 1
        return tree
    def atom(self) -> Tree:
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return ("number", Fraction(token))
        if token == "(":
            tree = self.choice()
            self.need(")")
            return tree
        _require(kind == "name", f"{self.text[:80]!r} is no expression")
        if token in ("True", "False"):
            return ("number", Fraction(token == "True"))
        if self.take("("):
            arguments = [self.choice()]
            while self.take(",") and self.tokens[self.at][1] != ")":
                arguments.append(self.choice())
            self.need(")")
            count = FUNCTIONS.get(token, -1)
            _require(count == len(arguments) or count == 0, f"{self.text[:80]!r}: no function {token}, or not so")
            return ("call", token, *arguments)
        if self.take("["):
            index = self.choice()
            self.need("]")
            return ("entry", token, index)
        _limit(token != "axes", "a use of the axes as a list")
        _require(token not in RESERVED - {"j", "pi"}, f"{self.text[:80]!r}: {token} is no name")
        return ("name", token)
def _names(tree: Tree) -> Iterator[str]:
    """All names in a tree."""
    if tree[0] in ("name", "entry"):
        yield tree[1]
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from _names(part)

# ---- numbers of a format
@dataclass(frozen=True)
class Float:
    """A finite number of a format; zeros have a sign."""
    number: Fraction
    negative: bool
def rounded(value: Fraction, kind: str, negative: bool = False) -> Float:
    """The nearest number, to even in a tie. `negative`: the sign of an exact zero."""
    bits, lowest, fields = FORMATS[kind]
    top, bottom = abs(value.numerator), value.denominator
    place = top.bit_length() - bottom.bit_length()  # 2**(place - 1) < |value| < 2**(place + 1)
    place -= top << max(-place, 0) < bottom << max(place, 0)  # now 2**place <= |value|
    unit = max(place - bits + 1, lowest)
    top, bottom = top << max(-unit, 0), bottom << max(unit, 0)
    count, rest = divmod(top, bottom)
    count += 2 * rest > bottom or (2 * rest == bottom and count % 2 == 1)
    _require(count.bit_length() + unit <= bits + lowest + fields - 2, f"a number is too large for {kind}")
    number = Fraction(count << max(unit, 0), 1 << max(-unit, 0))
    return Float(-number if value < 0 else number, value < 0 if value else negative)
def pattern(value: Float, kind: str) -> str:
    """The bits of a number, in hexadecimal."""
    bits, lowest, fields = FORMATS[kind]
    count = abs(value.number) / Fraction(2) ** lowest
    shift = max(int(count).bit_length() - bits, 0)
    place = (shift << bits - 1) + (int(count) >> shift)
    size = {24: 8, 53: 16}.get(bits, 4)
    return f"0x{place + ((fields + 1) << bits - 1) * value.negative:0{size}x}"
def number(text: Any, kind: str) -> Float:
    """The number that has these bits."""
    bits, lowest, fields = FORMATS[kind]
    _require(re.fullmatch(r"0x[0-9a-f]{4,16}", _text(text), re.A), "expected bits in hexadecimal")
    negative, place = divmod(int(text, 16), (fields + 1) << bits - 1)
    field, count = divmod(place, 1 << bits - 1)
    _require(negative < 2 and field < fields, f"{text} is no finite number of {kind}")
    size = Fraction(count + ((field > 0) << bits - 1)) * Fraction(2) ** (lowest + max(field - 1, 0))
    found = Float(-size if negative else size, negative == 1)
    _require(pattern(found, kind) == text, f"{text} are not the bits of a number of {kind}")
    return found

# ---- enclosures: whole numbers (v, e), the real lies within e of v, in units of 2**-p
@lru_cache(maxsize=64)
def _pi(p: int) -> int:
    """pi, off by less than 4 units: Machin's 16 atan(1/5) - 4 atan(1/239), with 20 bits to spare."""
    return (16 * _arctangent(5, p + 20) - 4 * _arctangent(239, p + 20)) >> 20
def _arctangent(x: int, p: int) -> int:
    term, total, n = (1 << p) // x, 0, 1
    while term:
        total += term // n if n % 4 == 1 else -(term // n)
        term, n = term // (x * x), n + 2
    return total
def _log_series(top: int, p: int) -> int:
    """2 atanh(z) for z = top/2**p, 0 <= z <= 1/3: every term is off by less than 3, so all by less than 2p + 32."""
    square, term, total, n = top * top >> p, top, 0, 1
    while term:
        total += term // n
        term, n = term * square >> p, n + 2
    return 2 * total
@lru_cache(maxsize=64)
def _log_two(p: int) -> int:
    return _log_series((1 << p) // 3, p)
def _log(x: Fraction, p: int) -> tuple[int, int]:
    """log x = k log 2 + 2 atanh((m - 1)/(m + 1)) for x = m 2**k, 1/2 < m < 2."""
    k = x.numerator.bit_length() - x.denominator.bit_length()
    m = x / Fraction(2) ** k
    top, bottom = m.numerator - m.denominator, m.numerator + m.denominator
    near = _log_series((abs(top) << p) // bottom, p)
    return k * _log_two(p) + (near if top >= 0 else -near), (abs(k) + 1) * (2 * p + 40)
def _exp(y: int, off: int, p: int) -> tuple[int, int, int]:
    """e**y = 2**k e**r for y = k log 2 + r, 0 <= r < log 2: value, error, and k."""
    two = _log_two(p)
    k, r = divmod(y, two)
    off += abs(k) * (2 * p + 40)
    term, total, n = 1 << p, 0, 1
    while term:
        total += term
        term, n = (term * r >> p) // n, n + 1
    return total, 3 * p + 40 + 3 * off, k
def _turn(x: Fraction, p: int) -> tuple[int, int, int]:
    """cos and sin of x >= 0, and their error: x = k pi/2 + r, 0 <= r < pi/2, of which r is off by less than 8."""
    more = max(x.numerator.bit_length() - x.denominator.bit_length(), 0) + 2
    half = _pi(p + more) >> 1
    k, rest = divmod((x.numerator << p + more) // x.denominator, half)
    r = rest >> more
    square, parts = r * r >> p, []
    for term, n in ((1 << p, 1), (r, 2)):
        total, sign = 0, 1
        while term:
            total += sign * term
            term, n, sign = (term * square >> p) // (n * (n + 1)), n + 2, -sign
        parts.append(total)
    cosine, sine = parts
    for _ in range(k % 4):
        cosine, sine = -sine, cosine
    return cosine, sine, 3 * p + 60

class Numbers:
    """Operations on numbers, each rounded to the nearest of its format, at one position and for one head."""
    def __init__(self, work: Work, point: dict[str, int], head: Callable[[int], Float], least: Fraction) -> None:
        self.work, self.point, self.head, self.least = work, point, head, least
    def constant(self, value: Fraction, kind: str) -> Float:
        return rounded(value, kind, False)
    def place(self, form: Form, kind: str) -> Float:
        return rounded(Fraction(sum(factor * self.point[name] for name, factor in form)), kind)
    def lane(self, index: int, kind: str) -> Float:
        return self.head(index)
    def convert(self, value: Float, kind: str, before: str) -> Float:
        return rounded(value.number, kind, value.negative)
    def factored(self, operation: str, kind: str, found: Float, traced: list[Traced]) -> Traced:
        """A result and what it is the product of, as it is written."""
        return found, (traced[0][0], traced[1][0]) if operation == "mul" else None
    def apply(self, operation: str, kind: str, *values: Float) -> Float:
        self.work.spend(4)
        (a, s), *rest = [(value.number, value.negative) for value in values]
        b, t = rest[0] if rest else (a, s)
        if operation == "neg":
            return Float(-a, not s)
        if operation in ("add", "mul", "fma"):
            c, u = (Fraction(0), t) if operation == "mul" else rest[-1]
            value, sign = (a + b, s and t) if operation == "add" else (a * b + c, s is not t)
            return rounded(value, kind, sign and u if operation == "fma" else sign)
        if operation == "div":
            _require(b, "something is divided by 0")
            return rounded(a / b, kind, s is not t)
        if operation in ("floor", "ceil"):
            return rounded(Fraction(a // 1 if operation == "floor" else -(-a // 1)), kind, s)
        if operation == "abs":
            return Float(abs(a), False)
        if operation in ("min", "max"):
            if a == b and s is not t:
                raise NotShown("which of 0 and -0 is the least is not said")
            return values[0] if a == b or (a < b) is (operation == "min") else values[1]
        if operation == "pow" and b.denominator == 1 and abs(b) <= MAX_POWER and (a or b >= 0):
            return rounded(a ** int(b), kind, s and b % 2 == 1)
        if (operation == "log" and a == 1) or (operation in ("sqrt", "sin", "cos") and not a):
            return rounded(Fraction(operation == "cos"), kind, s and operation in ("sqrt", "sin"))
        _limit(operation != "pow" or b.denominator != 1 or a > 0 or not a, "a power of this size")
        _require(a > 0 or operation in ("cos", "sin"), f"{operation} gives no number")
        found = self.nearest(lambda p: self.enclosed(operation, a, b, p), kind)
        too_small = operation in ("cos", "sin") and 0 < abs(found.number) < self.least
        _require(not too_small, "a cosine or a sine is smaller than numbers are said to be")
        return found
    def enclosed(self, operation: str, a: Fraction, b: Fraction, p: int) -> tuple[int, int, int] | None:
        """Value and error in units of 2**(k - p), and k; None where the precision is not enough."""
        if operation == "sqrt":
            root = isqrt((a.numerator << 2 * p + 4096) // a.denominator)  # 4096: of the least numbers too
            return 2 * root + 1, 1, -2049  # the root lies between it and the next whole number
        if operation in ("cos", "sin"):
            cosine, sine, off = _turn(abs(a), p)
            return cosine if operation == "cos" else sine if a > 0 else -sine, off, 0
        value, off = _log(a, p)
        if operation == "log":
            return value, off, 0
        value, off = value * b.numerator // b.denominator, off * (abs(b.numerator) // b.denominator + 1) + 1
        if off >> p - 8:
            return None
        _limit(abs(value) < FAR << p, "a power of this size")
        return _exp(value, off, p)
    def nearest(self, enclose: Callable[[int], tuple[int, int, int] | None], kind: str) -> Float:
        """The number nearest to a real that is not 0."""
        for p in PRECISIONS:
            self.work.spend(p * p // 150)
            value, off, k = enclose(p) or (0, 1, 0)
            if abs(value) > off:
                low, high = (rounded(end * Fraction(2) ** (k - p), kind) for end in (value - off, value + off))
                if low == high:
                    return low
        raise NotShown(f"it is not known which {kind} is nearest to a number")

# ---- symbols
Symbol = tuple[bool, int]  # whether a minus stands before it, and the term
# Bits of a number at most, a power of two that it is a multiple of, its largest size, its least if it is not 0.
Known = tuple[int, Fraction, Fraction, Fraction]
@lru_cache(maxsize=256)
def _known(kind: str, least: Fraction, most: Fraction | None) -> Known:
    """What is known of a number of a format that is 0 or of sizes from `least`, a power of two, to `most`."""
    bits, lowest, fields = FORMATS[kind]
    top = (2**bits - 1) * Fraction(2) ** (lowest + fields - 2)
    return bits, max(Fraction(2) ** lowest, least / 2 ** (bits - 1)), min(top, most or top), least
class Symbols:
    """Operations as terms: equal operations on equal terms are one term.

    Of rounding only this is used: sums and products commute, a minus can be taken out of a product or quotient,
    a - b is a + (-b), times 1 and divided by 1 change nothing, a*b + c is a sum where the format has the product.
    """
    def __init__(self, work: Work, least: Fraction) -> None:
        self.work, self.least = work, least
        self.terms, self.known, self.ones = dict[Any, int](), list[Known](), dict[str, int]()
    def term(self, what: Any, kind: str, least: Fraction = Fraction(0), most: Fraction | None = None) -> Symbol:
        """The term `what`; unless it is 0 its size is from `least` to `most`."""
        if what not in self.terms:
            self.terms[what] = len(self.known)
            self.known.append(_known(kind, least, most))
        return False, self.terms[what]
    def fits(self, bits: int, grid: Fraction, most: Fraction, kind: str) -> bool:
        """Whether a format has all such numbers."""
        own, lowest, fields = FORMATS[kind]
        return bits <= own and grid >= Fraction(2) ** lowest and most < Fraction(2) ** (own + lowest + fields - 2)
    def constant(self, value: Fraction, kind: str) -> Symbol:
        return value < 0, self.term(("number", kind, rounded(abs(value), kind).number), kind)[1]
    def one(self, kind: str) -> int:
        if kind not in self.ones:
            self.ones[kind] = self.constant(Fraction(1), kind)[1]
        return self.ones[kind]
    def place(self, form: Form, kind: str) -> Symbol:
        if all(name == "1" for name, _ in form):
            return self.constant(Fraction(sum(factor for _, factor in form)), kind)
        return self.term(("place", kind, form), kind)
    def lane(self, index: int, kind: str) -> Symbol:
        return self.term(("lane", kind, index), kind, self.least)
    def convert(self, value: Symbol, kind: str, before: str) -> Symbol:
        if kind == before:
            return value
        bits, grid, most, least = self.known[value[1]]
        # What is not below a power of two that the format has is not rounded below it.
        least = least if least >= Fraction(2) ** FORMATS[kind][1] else Fraction(0)
        found = self.term(("to", kind, before, value), kind, least, Fraction(1) if most <= 1 else None)
        if self.fits(bits, grid, most, kind):
            self.known[found[1]] = self.known[value[1]]
        return found
    def apply(self, operation: str, kind: str, *values: Symbol) -> Symbol:
        self.work.spend(2)
        (s, a), *rest = values
        if operation == "neg":
            return not s, a
        if operation == "add":
            return self.term(("add", kind, *sorted(values)), kind)
        if operation in ("mul", "div", "fma"):
            (t, b), one = rest[0], self.one(kind)
            first, second = (a, b) if operation == "div" else sorted((a, b))
            minus = s is not t
            if operation == "fma" and one not in (a, b):
                (bits, grid, most, _), (more, other, largest, _) = self.known[a], self.known[b]
                if not self.fits(bits + more, grid * other, most * largest, kind):
                    return self.term(("fma", kind, minus, first, second, rest[1]), kind)
            if b == one or (a == one and operation != "div"):
                product = minus, a if b == one else b
            else:
                product = minus, self.term(("div" if operation == "div" else "mul", kind, first, second), kind)[1]
            return self.apply("add", kind, product, rest[1]) if operation == "fma" else product
        turned = operation in ("cos", "sin")
        return self.term((operation, kind, *values), kind, self.least if turned else Fraction(0),
                         Fraction(1) if turned else None)
    def factored(self, operation: str, kind: str, found: Symbol, traced: list[Traced]) -> Traced:
        """A result and what a compiler may take it for the product of.

        It leaves out 1, so that fma(1, a, b) may be another fused sum; and what may come to a product is open.
        """
        for ((minus, value), _), (_, inner) in (traced, traced[::-1]) if operation == "mul" else ():
            if inner and value == self.one(kind):
                (s, a), b = inner
                return found, ((s is not minus, a), b)
        if operation == "mul":
            return found, (traced[0][0], traced[1][0])
        unknown = self.term(("open", len(self.known)), "float64")
        folds = operation == "fma" and self.one(kind) in (traced[0][0][1], traced[1][0][1])
        return (unknown if folds else found), (found, unknown)
    def any_of(self, ways: list[Symbol]) -> Symbol:
        """The term that all ways are; else one like no other."""
        return ways[0] if len(set(ways)) == 1 else self.term(("open", len(self.known)), "float64")

# ---- kernels
class Work:
    """What may still be done."""
    def __init__(self) -> None:
        self.left = MAX_WORK
    def spend(self, units: int) -> None:
        self.left -= units
        _limit(self.left >= 0, "the work that it takes")

class Kernel:
    """One side as the certificate states it."""
    def __init__(self, root: Any, side: str) -> None:
        with _at(side):
            name, axes, width, lanes, parameters, let, states, recipe = _fields(
                root, "name axes width lanes parameters let states recipe")
        with _at(f"{side}.name"):
            self.side, self.name = side, _text(name)
        with _at(f"{side}.width"):
            self.width = _whole(width, 1, 1 << 20)
            _limit(self.width <= MAX_WIDTH, "a head of this width")
        with _at(f"{side}.lanes"):
            _limit(2 * len(_list(lanes)) <= self.width, "more pairs than fit into the head")
            self.lanes = [[_whole(lane, 0, self.width - 1) for lane in _list(row, 4)] for row in _list(lanes)]
        for read_or_written in ([row[:2] for row in self.lanes], [row[2:] for row in self.lanes]):
            flat = [lane for pair in read_or_written for lane in pair]
            _require(len(set(flat)) == len(flat), f"{side}: a lane belongs to two pairs")
        with _at(f"{side}.axes"):
            self.axes = [_text(axis) for axis in _list(axes)]
        with _at(f"{side}.parameters"):
            rows = self.rows(parameters, 2)
            _limit(sum(len(value) for _, value in rows if type(value) is list) <= MAX_LIST, "a list of this length")
            self.parameters = {name: tuple(map(_rational, value)) if type(value) is list else _rational(value)
                               for name, value in rows}
        self.left = MAX_TEXTS
        with _at(f"{side}.let"):
            self.let = {name: self.tree(text) for name, text in self.rows(let, 2)}
        with _at(f"{side}.states"):
            self.states = {name: (self.tree(first), self.tree(step)) for name, first, step in self.rows(states, 3)}
        with _at(f"{side}.recipe"):
            self._read_recipe(*_fields(
                recipe, "precision table rotation head contract least let states angle magnitude rotated"))
        exact = [*self.parameters, *self.let, *self.states]
        names = [*self.axes, *exact, *self.own_let, *self.own_states]
        _limit(len(names) <= MAX_NAMES, f"{side}: {len(names)} names")
        _require(len(set(names)) == len(names) and not RESERVED & set(names) and all(map(_NAME.fullmatch, names)),
                 f"{side}: two things of one name, or no name")
        for trees, known in (
            ([*self.let.values(), *(t for both in self.states.values() for t in both)], [*exact, *self.axes]),
            ([*self.own_let.values(), *(t for both in self.own_states.values() for t in both), self.angle,
              self.magnitude], names), (self.rotated, ["x", "y", "cos", "sin"]),
        ):
            unknown = {name for tree in trees for name in _names(tree)} - {*known, "j", "pi", "axes"}
            _require(not unknown, f"{side}: unknown name {min(unknown, default='')[:40]!r}")
    def _read_recipe(self, precision: str, table: str, rotation: str, head: str, contract: bool, least: Any, own: Any,
                     carried: Any, angle: Any, magnitude: Any, rotated: Any) -> None:
        unknown = [each for each in (precision, table, rotation, head) if each not in [*FORMATS]]
        _require(not unknown, f"unknown format {unknown[:1]}; known are {', '.join(FORMATS)}")
        self.precision, self.table, self.rotation, self.head = precision, table, rotation, head
        _require(type(contract) is bool, f"contract is true or false, got {contract!r:.60}")
        self.contract = contract
        self.least = _rational(least)
        _require(not self.least or (0 < self.least <= 1 and self.least.numerator == 1
                                    and self.least.denominator.bit_count() == 1), "least is no power of two")
        self.own_let = {name: self.tree(text) for name, text in self.rows(own, 2)}
        self.own_states = {name: (self.tree(first), self.tree(step)) for name, first, step in self.rows(carried, 3)}
        self.angle, self.magnitude = self.tree(angle), self.tree(magnitude)
        self.rotated = [self.tree(text) for text in _list(rotated, 2)]
    def tree(self, text: Any) -> Tree:
        self.left -= len(_text(text))
        _limit(self.left >= 0, "so much text")
        return read(text)
    def rows(self, value: Any, length: int) -> list[list[Any]]:
        """Rows of a table whose first column are names, each once."""
        rows = [_list(row, length) for row in _list(value)]
        _limit(len(rows) <= MAX_NAMES, f"a number of names like {len(rows)}")
        _require(len({_text(row[0]) for row in rows}) == len(rows), "a name twice")
        return rows

Traced = tuple[Any, tuple[Any, Any] | None]  # a number, and the two it is the product of
class Run:
    """One run of a kernel over its pairs. What no float has touched stays an exact rational.

    `choose`: which of the ways a compiler takes where it may fuse a product with a sum; the first is as written.
    """
    def __init__(self, kernel: Kernel, places: dict[str, Form], domain: Any,
                 choose: Callable[[list[Any]], Any]) -> None:
        self.kernel, self.places, self.domain, self.choose = kernel, places, domain, choose
        self.j, self.exactly, self.known = 0, dict[str, Any](), dict[str, Any]()
    def outputs(self, wanted: int | None = None) -> dict[int, Any]:
        """What is written to each lane, or to the one that is wanted."""
        own, domain = self.kernel, self.domain
        written = {lane for row in own.lanes for lane in row[2:]}
        found = {lane: domain.lane(lane, own.head) for lane in range(own.width)
                 if lane not in written and wanted in (None, lane)}
        for index, (a, b, c, d) in enumerate(own.lanes):
            self.step(index)
            if wanted not in (None, c, d):
                continue
            turned = dict[str, Traced]()
            angle, magnitude = self.value(own.angle), self.value(own.magnitude)
            for name in ("cos", "sin"):
                kept, _ = self.apply("mul", own.precision, self.apply(name, own.precision, angle), magnitude)
                kept = domain.convert(domain.convert(kept, own.table, own.precision), own.rotation, own.table)
                turned[name] = kept, None
            for name, lane in (("x", a), ("y", b)):
                turned[name] = domain.convert(domain.lane(lane, own.head), own.rotation, own.head), None
            for lane, tree in ((c, own.rotated[0]), (d, own.rotated[1])):
                if wanted in (None, lane):
                    found[lane] = domain.convert(self.rotation(tree, turned)[0], own.head, own.rotation)
        return found
    def step(self, index: int) -> None:
        """Go on to a pair; what is carried to it is worked out at the pair before."""
        own, later = self.kernel, index > 0
        carried = {name: self.value(both[1]) for name, both in own.own_states.items() if later}
        self.exactly = {name: self.exact(both[later]) for name, both in own.states.items()}
        self.j, self.known = index, carried
        if not later:
            carried = {name: self.value(both[0]) for name, both in own.own_states.items()}
            self.known = carried
    def rotation(self, tree: Tree, turned: dict[str, Traced]) -> Traced:
        """A sum of products of x, y, cos and sin."""
        kind = self.kernel.rotation
        if tree[0] == "name" and tree[1] in turned:
            return turned[tree[1]]
        if tree[0] == "number":
            return self.domain.constant(tree[1], kind), None
        word = "fma" if tree[:2] == ("call", "fma") else _OPERATIONS.get(tree[0], "")
        _require(word in ("fma", "neg", "add", "sub", "mul"), "a rotation has only + - * and fma of x, y, cos, sin")
        return self.apply(word, kind, *(self.rotation(part, turned) for part in tree[2 if word == "fma" else 1:]))
    def apply(self, operation: str, kind: str, *values: Any) -> Traced:
        """One operation, its result rounded; exact numbers are rounded before."""
        domain = self.domain
        traced = [(domain.constant(v, kind), None) if isinstance(v, Fraction) else v for v in values]
        if operation == "sub":
            operation, traced[1] = "add", self.apply("neg", kind, traced[1])
        plain = [value for value, _ in traced]
        found = domain.apply(operation, kind, *plain)
        if self.kernel.contract and operation in _PRODUCTS:
            result: Traced = domain.factored(operation, kind, found, traced)
            return result
        if operation == "neg" and traced[0][1]:
            x, y = traced[0][1]
            return found, (domain.apply("neg", kind, x), y)
        if operation == "add" and self.kernel.contract:
            fused = [domain.apply("fma", kind, *factors, other)
                     for (_, factors), other in zip(traced, plain[::-1], strict=True) if factors]
            return self.choose([found, *fused]), None
        return found, None
    def value(self, tree: Tree) -> Any:
        """An exact rational, or a traced number."""
        self.domain.work.spend(1)
        word, kind = tree[0], self.kernel.precision
        if word == "name":
            return self.named(tree[1])
        if word == "if":
            return self.value(tree[2] if self.test(tree[1]) else tree[3])
        if word == "minus":
            value = self.value(tree[1])
            return -value if isinstance(value, Fraction) else self.apply("neg", kind, value)
        if word in _OPERATIONS:
            a, b = self.value(tree[1]), self.value(tree[2])
            if isinstance(a, Fraction) and isinstance(b, Fraction) and a.denominator == b.denominator == 1 and (
                word not in ("/", "**")  # index arithmetic, which no kernel rounds
            ):
                return self.arithmetic(word, a, b)
            _require(_OPERATIONS[word], f"{word} is not of whole numbers")
            return self.apply(_OPERATIONS[word], kind, a, b)
        if word == "call" and tree[1] not in ("sum", "len") and (tree[1] not in ("min", "max") or len(tree) > 3):
            values, name = [self.value(part) for part in tree[2:]], tree[1]
            if all(isinstance(value, Fraction) for value in values) and name in ("min", "max", "abs"):
                return abs(values[0]) if name == "abs" else min(values) if name == "min" else max(values)
            if name not in ("min", "max"):
                return self.apply(name, kind, *values)
            found = values[0]
            for value in values[1:]:
                found = self.apply(name, kind, found, value)
            return found
        return self.number(tree)
    def named(self, name: str) -> Any:
        if name not in self.known and name in self.kernel.own_let:
            self.known[name] = self.value(self.kernel.own_let[name])
        if name in self.known:
            return self.known[name]
        if name in self.places:
            return self.domain.place(self.places[name], self.kernel.precision), None
        return self.number(("name", name))
    # -- what no kernel rounds
    def exact(self, tree: Tree) -> Any:
        """A rational number, or a list of them."""
        self.domain.work.spend(1)
        word, own = tree[0], self.kernel
        if word == "number":
            return tree[1]
        if word == "name":
            return self.looked_up(tree[1])
        if word == "minus":
            return -self.number(tree[1])
        if word == "if":
            return self.exact(tree[2] if self.test(tree[1]) else tree[3])
        if word in _OPERATIONS:
            return self.arithmetic(word, self.number(tree[1]), self.number(tree[2]))
        if word == "entry":
            listed, at = own.parameters.get(tree[1]), self.number(tree[2])
            if not isinstance(listed, tuple) or at.denominator != 1 or not 0 <= at < len(listed):
                raise Rejected(f"{tree[1]} has no such entry")
            return listed[int(at)]
        _require(word == "call" and tree[1] != "fma", "a condition, where a number is expected; or the other way round")
        values = [self.exact(part) for part in tree[2:]]
        if tree[1] in ("sum", "len", "min", "max") and len(values) == 1:
            _require(isinstance(values[0], tuple), f"{tree[1]} takes a list")
            self.domain.work.spend(len(values[0]))
            _require(values[0] or tree[1] in ("sum", "len"), f"{tree[1]} of nothing")
            entries = list(values[0])
            if tree[1] in ("sum", "len"):
                total = Fraction(len(entries) if tree[1] == "len" else 0)
                for entry in entries if tree[1] == "sum" else []:
                    total += entry
                    _size(total)  # unlike denominators multiply
                return total
            return min(entries) if tree[1] == "min" else max(entries)
        _require(all(isinstance(value, Fraction) for value in values), f"{tree[1]} takes numbers")
        if tree[1] in ("sqrt", "log"):
            raise NotShown(f"{tree[1]} in exact arithmetic is more than this checker takes")
        if tree[1] in ("min", "max"):
            return min(values) if tree[1] == "min" else max(values)
        first: Fraction = values[0]
        return abs(first) if tree[1] == "abs" else Fraction(first // 1 if tree[1] == "floor" else -(-first // 1))
    def number(self, tree: Tree) -> Fraction:
        """An exact number."""
        value = self.exact(tree)
        _require(isinstance(value, Fraction), "a list, where a number is expected")
        _size(value)
        return Fraction(value)
    def looked_up(self, name: str) -> Any:
        """A parameter, the pair index, or what the layout says of it."""
        if name == "j":
            return Fraction(self.j)
        if name == "pi":
            raise NotShown("pi in exact arithmetic is more than this checker takes")
        if name in self.kernel.parameters:
            return self.kernel.parameters[name]
        if name not in self.exactly:
            _require(name in self.kernel.let, f"{name[:40]} has no value here without rounding")
            self.exactly[name] = self.number(self.kernel.let[name])
        return self.exactly[name]
    def arithmetic(self, sign: str, a: Fraction, b: Fraction) -> Fraction:
        _require(b or sign not in ("/", "//", "%"), "something is divided by 0")
        if sign == "**":
            _limit(b.denominator == 1 and abs(b) <= MAX_BITS, "a power in exact arithmetic")
            _require(a or b >= 0, "something is divided by 0")
            size = max(a.numerator.bit_length(), a.denominator.bit_length())
            _limit(abs(a) in (0, 1) or size * abs(b) <= 4 * MAX_BITS, "a number of this size")
            return Fraction(a ** int(b))
        return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
                "//": lambda: Fraction(a // b), "%": lambda: a % b}[sign]()
    def test(self, tree: Tree) -> bool:
        """Whether a condition holds; it takes no part in it what has been rounded."""
        word = tree[0]
        if word in ("and", "or"):
            return (all if word == "and" else any)(self.test(part) for part in tree[1:])
        if word == "not":
            return not self.test(tree[1])
        if word == "name":
            return self.number(tree) != 0
        if word == "number":
            return bool(tree[1] != 0)
        _require(word == "compare", "a number, where a condition is expected")
        left = self.number(tree[1])
        for (sign,), part in zip(tree[2::2], tree[3::2], strict=True):
            right = self.number(part)
            if not {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
                    "==": left == right, "!=": left != right}[sign]:
                return False
            left = right
        return True
# Compilers make x*2 of x/0.5, x*x of x**2, x of max(x, x).
_PRODUCTS = ("mul", "div", "pow", "abs", "min", "max", "fma")
_OPERATIONS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "//": "", "%": "", "minus": "neg"}

# ---- the whole
def check(text: str) -> Accepted:
    """What a certificate states; raises Rejected or NotShown."""
    try:
        _require(len(text) <= MAX_BYTES, f"larger than {MAX_BYTES} bytes")
        root = _parsed(text)
        kind = root.get("schema", SCHEMA) if type(root) is dict else SCHEMA  # before another's fields are missed
        _require(kind == SCHEMA, f"its schema is not {SCHEMA}, but {kind!r:.60}")
        sha, _, feeds, source, target, answer = _fields(root, "digest schema feeds source target answer")
        _require(text == canonical(root), "not in canonical form: other spaces or line ends, another order, a key "
                 "twice, or an inexact number")
        _require(sha == digest(root), "the digest does not match the content")
        kernels = Kernel(source, "source"), Kernel(target, "target")
        _require(kernels[0].width == kernels[1].width, "heads of unlike width")
        _require(kernels[0].head == kernels[1].head, "heads of unlike formats, whose bits are not compared")
        fed = list[Feed]()
        with _at("feeds"):
            _require(_list(feeds), "expected some")
        for m, feed in enumerate(feeds[: MAX_FEEDS + 1]):
            with _at(f"feeds.{m}"):
                fed.append(_feed(feed, kernels))
        _limit(len(fed) <= MAX_FEEDS, "a number of feeds like this")
        _require(len({feed["name"][:200] for feed in feeds}) == len(fed), "two feeds of one name")
        work, least = Work(), max(kernel.least for kernel in kernels)
        with _at("answer"):
            _require(type(answer) is dict, "expected an object")
            bits = answer.get("bits")
            _require(bits in ("equal", "different"), f"bits: expected equal or different, got {bits!r:.60}")
            _fields(answer, "bits points" if bits == "equal" else "bits feed position head lane compiled outputs")
        (_equal if bits == "equal" else _different)(answer, kernels, fed, work, least)
        return Accepted(tuple(words(root)), bits)
    except (Rejected, NotShown):
        raise
    except RecursionError:
        raise NotShown("something nested so deeply is more than this checker takes") from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as fault:
        raise Rejected("not JSON: " * isinstance(fault, json.JSONDecodeError) + (str(fault) or repr(fault))) from None
def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_constant=str)
    except RecursionError:
        raise Rejected("not JSON: nested too deeply") from None
Sides = tuple[Kernel, Kernel]
Feed = tuple[list[str], tuple[dict[str, Form], ...]]
def _feed(feed: Any, kernels: Sides) -> Feed:
    """The coordinates of a token, and what each axis of either side gets of them."""
    _, coordinates, *sides = _fields(feed, "name coordinates source target")
    names = [_text(name) for name in _list(coordinates)]
    _text(feed["name"])
    are_names = len(set(names)) == len(names) <= MAX_FEEDS and all(map(_NAME.fullmatch, names))
    _require(are_names, "coordinates are not names")
    found = []
    for kernel, places in zip(kernels, sides, strict=True):
        _require(type(places) is dict and sorted(places) == sorted(kernel.axes), "a feed is of other axes")
        for form in places.values():
            _require(type(form) is dict and form.keys() <= {*names, "1"}, "a feed has unknown coordinates")
            for factor in form.values():
                value = _rational(factor)
                _require(value.denominator == 1 and 0 < abs(value) <= MAX_FACTOR, "a factor is 0, large or not whole")
        found.append({axis: tuple((name, int(form[name])) for name in sorted(form)) for axis, form in places.items()})
    return names, tuple(found)
def _point(value: Any, names: list[str]) -> dict[str, int]:
    _require(type(value) is dict and sorted(value) == sorted(names), "a position has other coordinates than its feed")
    return {name: _whole(each, 0, MAX_POSITION) for name, each in value.items()} | {"1": 1}

def _equal(answer: Any, kernels: Sides, feeds: list[Feed], work: Work, least: Fraction) -> None:
    """Every lane is the same term on both sides; and at a position of each feed all numbers are finite."""
    _, points = _fields(answer, "bits points")
    symbols = Symbols(work, least)
    with _at("answer.points"):
        at = [_point(point, names) for (names, _), point in zip(feeds, _list(points, len(feeds)), strict=True)]
    for (_, places), point in zip(feeds, at, strict=True):
        ours, theirs = (Run(kernel, own, symbols, symbols.any_of).outputs()
                        for kernel, own in zip(kernels, places, strict=True))
        for lane in range(kernels[0].width):
            _require(ours[lane] == theirs[lane], f"the operations for lane {lane} are not the same")
        numbers = Numbers(work, point, lambda lane: Float(Fraction(1), False), least)
        try:
            ones, others = (Run(kernel, own, numbers, lambda ways: ways[0]).outputs()
                            for kernel, own in zip(kernels, places, strict=True))
        except Rejected as fault:
            shown = json.dumps({name: value for name, value in point.items() if name != "1"})
            raise NotShown(f"that it is about finite numbers is not shown by {shown}: {fault}") from None
        _require(ones == others, "the bits differ at a position although the operations are the same")

def _way(at: int, ways: list[Any]) -> Any:
    """The sum as written, or with the product at a place fused, if there is one."""
    return ways[at if len(ways) > 1 else 0]
def _different(answer: Any, kernels: Sides, feeds: list[Feed], work: Work, least: Fraction) -> None:
    """At the position both sides come to the stated bits, which are unlike."""
    _, feed, position, head, lane, compiled, outputs = _fields(
        answer, "bits feed position head lane compiled outputs")
    with _at("answer.feed"):
        names, places = feeds[_whole(feed, 0, len(feeds) - 1)]
    with _at("answer.position"):
        point = _point(position, names)
    with _at("answer.lane"):
        own = _whole(lane, 0, kernels[0].width - 1)
    lanes = {read_lane for kernel in kernels for row in kernel.lanes if own in row[2:] for read_lane in row[:2]}
    lanes |= {own for kernel in kernels if all(own not in row[2:] for row in kernel.lanes)}
    with _at("answer.head"):
        rows = [_list(row, 2) for row in _list(head)]
        proper = [row[0] for row in rows] == sorted(lanes)
        _require(proper, f"the head is not of the lanes that are read, in order: {sorted(lanes)}")
        values = {row[0]: number(row[1], kernels[0].head) for row in rows}
        proper = all(not v.number or abs(v.number) >= least for v in values.values())
        _require(proper, "a number of the head is too small")
    numbers = Numbers(work, point, values.__getitem__, least)
    with _at("answer.compiled"):
        for kernel, way in zip(kernels, _list(compiled, 2), strict=True):
            proper = way in [*WAYS] and (kernel.contract or way == AS_WRITTEN)
            _require(proper, f"the {kernel.side} is not compiled so: {way!r:.60}")
    with _at("answer.outputs"):
        _list(outputs, 2)
    for kernel, fed, way, wanted in zip(kernels, places, compiled, outputs, strict=True):
        at = WAYS[way]
        found = Run(kernel, fed, numbers, partial(_way, at)).outputs(own)[own]
        shown = pattern(found, kernel.head)
        _require(shown == wanted, f"lane {lane} of the {kernel.side} comes out as {shown}, not as stated")
    _require(outputs[0] != outputs[1], "the two bit patterns are the same")

def _lanes(rows: list[list[int]]) -> Iterator[str]:
    """The lanes that pairs read and write; of pairs in even steps the first and the last."""
    at = 0
    while at < len(rows):
        end, step = at + 1, [b - a for a, b in zip(rows[at], (rows[at + 1 :] or [rows[at]])[0], strict=True)]
        while end < len(rows) and [b - a for a, b in zip(rows[end - 1], rows[end], strict=True)] == step:
            end += 1
        ends = [f"({a}, {b}) to ({c}, {d})" for a, b, c, d in (rows[at], rows[end - 1])[: min(end - at, 2)]]
        yield " ... ".join(ends)
        at = end
def words(root: dict[str, Any]) -> Iterator[str]:
    """What is stated, in sentences."""
    for side in ("source", "target"):
        own, recipe = root[side], root[side]["recipe"]
        yield (f"{side} {json.dumps(own['name'][:200])}: {len(own['lanes'])} pairs of {own['width']} lanes; angle = "
               f"{recipe['angle']}, magnitude = {recipe['magnitude']} in {recipe['precision']}; cos and sin kept in "
               f"{recipe['table']}; {recipe['rotated'][0]} and {recipe['rotated'][1]} in {recipe['rotation']}; "
               f"heads in {recipe['head']}")
        given = "; ".join(f"{name} = {', '.join(v) if type(v) is list else v}" for name, v in own["parameters"])
        exact = "; ".join(f"{name} = {text}" for name, text in own["let"])
        rounded_ones = "; ".join(f"{name} = {text}" for name, text in recipe["let"])
        carried, carried_rounded = ("; ".join(f"{name} begins as {first} and goes on as {then}" for name, first, then
                                              in each["states"]) for each in (own, recipe))
        for what, said in (("lanes", ", ".join(_lanes(own["lanes"]))), ("given", given), ("exactly", exact),
                           ("exactly, from pair to pair", carried), ("rounded", rounded_ones),
                           ("rounded, from pair to pair", carried_rounded)):
            yield from [f"  {what}: {said}"] if said else []
        yield from ["  its compiler may fuse a product with a sum, or not, at every sum"] if recipe["contract"] else []
    for feed in root["feeds"]:
        fed = "; ".join(f"{side}'s {axis} gets " + (" + ".join(f"{c} {name}" for name, c in place.items()) or "0")
                        for side in ("source", "target") for axis, place in feed[side].items())
        yield f"fed {json.dumps(feed['name'][:200])}: {fed}"
    least = max(_rational(root[side]["recipe"]["least"]) for side in ("source", "target"))
    if least:
        yield f"numbers of the head, cosines and sines are 0 or not below 2**-{least.denominator.bit_length() - 1}"
    answer = root["answer"]
    if answer["bits"] == "equal":
        chosen = " and every choice of the compilers" if any(root[s]["recipe"]["contract"] for s in _SIDES) else ""
        yield (f"equal: the two give the same bits in every lane, at every whole position and for every head{chosen}, "
               "as long as all numbers are finite; operations are rounded alike on both sides")
    else:
        at = ", ".join(f"{name} = {value}" for name, value in answer["position"].items())
        head = ", ".join(f"lane {lane} = {value}" for lane, value in answer["head"])
        fed = json.dumps(root["feeds"][answer["feed"]]["name"][:200])
        (ours, theirs), (one, other) = answer["outputs"], answer["compiled"]
        yield (f"different: fed as in {fed}, at {at or 'any position'}, with {head}, every operation rounded to the "
               f"nearest, lane {answer['lane']} comes out as {ours} from the source ({one}) and as {theirs} from the "
               f"target ({other})")
_SIDES = ("source", "target")
def main(names: list[str]) -> int:
    """Say of each file what it states and whether that is shown."""
    fine = bool(names) and "--help" not in names
    print(end="" if fine else "usage: python3 bits_checker.py CERTIFICATE...\n")
    for name in names if fine else []:
        try:
            proper = Path(name).is_file() and Path(name).stat().st_size <= MAX_BYTES
            _require(proper, "there is no such file, or it is too large")
            lines = ["accepted", *check(Path(name).read_bytes().decode()).statement]
        except (OSError, ValueError) as fault:
            fine, lines = False, [("NOT SHOWN: " if isinstance(fault, NotShown) else "REJECTED: ") + str(fault)[:400]]
        print(json.dumps(name), *lines, sep="\n  ")
    return 0 if fine else 4

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
