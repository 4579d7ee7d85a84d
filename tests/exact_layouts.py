"""Layouts worked out exactly and apart from the package: texts by Python's parser, numbers as sums of roots and pi.

A number is a sum of rational multiples of roots of primes times whole powers of pi. Those are linearly independent, so
two numbers are equal exactly where their sums have the same terms.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

Monomial = tuple[int, tuple[tuple[int, Fraction], ...]]  # the power of pi, and primes with exponents from 0 to 1
ONLY: Monomial = (0, ())
PLAIN, NONE = {ONLY}, Fraction(0)
CLOSE = 1e-7


class NoValue(Exception):
    """There is no such layout."""


class Unjudged(Exception):
    """It is not worked out here."""


@cache
def primes(n: int) -> tuple[tuple[int, int], ...]:
    """The primes of n > 0 and how often each is in it."""
    found, p = Counter[int](), 2
    while p * p <= n:
        while n % p == 0:
            found[p] += 1
            n //= p
        p += 1
    if n > 1:
        found[n] += 1
    return tuple(found.items())


class Number:
    """A sum of monomials, each with a rational number."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, Fraction]) -> None:
        self.terms = {m: c for m, c in terms.items() if c}

    @staticmethod
    def of(value: int | Fraction) -> Number:
        return Number({ONLY: Fraction(value)})

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(sorted(self.terms.items()))

    def rational(self) -> Fraction | None:
        return self.terms.get(ONLY, NONE) if self.terms.keys() <= PLAIN else None

    def about(self) -> float:
        return sum(
            float(c) * math.pi**pi * math.prod(float(p) ** float(e) for p, e in roots)
            for (pi, roots), c in self.terms.items()
        )

    def sign(self) -> int:
        """-1, 0 or 1."""
        value = self.rational()
        if value is None:
            value = self.about()
            if abs(value) < CLOSE:
                raise Unjudged
        return (value > 0) - (value < 0)

    def plus(self, other: Number, factor: int = 1) -> Number:
        found = dict(self.terms)
        for m, c in other.terms.items():
            found[m] = found.get(m, Fraction(0)) + factor * c
        return Number(found)

    def times(self, other: Number) -> Number:
        if self.terms.keys() <= PLAIN and other.terms.keys() <= PLAIN:
            return Number({ONLY: self.terms.get(ONLY, NONE) * other.terms.get(ONLY, NONE)})
        found: dict[Monomial, Fraction] = {}
        for (pi, roots), c in self.terms.items():
            for (more, others), d in other.terms.items():
                total, factor = dict(roots), c * d
                for p, e in others:
                    e += total.get(p, Fraction(0))
                    factor *= Fraction(p) ** math.floor(e)
                    total[p] = e - math.floor(e)
                m = (pi + more, tuple(sorted((p, e) for p, e in total.items() if e)))
                found[m] = found.get(m, Fraction(0)) + factor
        return Number(found)

    def power(self, exponent: Fraction) -> Number:
        if exponent.denominator == 1:
            if exponent == 0:
                return Number.of(1)
            if not self.terms and exponent < 0:
                raise NoValue("a division by 0")
            if not self.terms or exponent > 0:
                if abs(exponent) > 400:
                    raise Unjudged
                if self.terms.keys() <= PLAIN:
                    return Number({ONLY: self.terms.get(ONLY, NONE) ** int(exponent)})
                found = Number.of(1)
                for _ in range(int(exponent)):
                    found = found.times(self)
                return found
        if not self.terms:
            if exponent < 0:
                raise NoValue("a division by 0")
            return self
        if len(self.terms) > 1:
            raise Unjudged
        (((pi, roots), c),) = self.terms.items()
        if (pi * exponent).denominator != 1:
            raise Unjudged
        if c < 0 and exponent.denominator != 1:
            raise NoValue("a root of a negative number")
        if max(c.numerator.bit_length(), c.denominator.bit_length()) * abs(exponent) > 4000:
            raise Unjudged
        total = {p: e * exponent for p, e in roots}
        for number, side in ((abs(c.numerator), 1), (c.denominator, -1)):
            for p, n in primes(number):
                total[p] = total.get(p, Fraction(0)) + side * n * exponent
        factor = Fraction(-1 if c < 0 and exponent.numerator % 2 else 1)
        for p, e in total.items():
            factor *= Fraction(p) ** math.floor(e)
        rest = tuple(sorted((p, e - math.floor(e)) for p, e in total.items() if e.denominator != 1))
        return Number({(int(pi * exponent), rest): factor})

    def floor(self) -> Number:
        value = self.rational()
        if value is not None:
            return Number.of(math.floor(value))
        near = self.about()
        if abs(near - round(near)) < CLOSE:
            raise Unjudged
        return Number.of(math.floor(near))


ZERO, ONE, PI = Number.of(0), Number.of(1), Number({(1, ()): Fraction(1)})
Value = Number | list[Number]
Names = Callable[[str], Value]


@cache
def parsed(text: str) -> ast.expr:
    return ast.parse(text.strip().replace("\n", " "), mode="eval").body


def _compare(op: ast.cmpop, x: Number, y: Number) -> bool:
    if isinstance(op, ast.Eq | ast.NotEq):
        return (x.key == y.key) is isinstance(op, ast.Eq)
    sign = x.plus(y, -1).sign()
    return {ast.Lt: sign < 0, ast.LtE: sign <= 0, ast.Gt: sign > 0, ast.GtE: sign >= 0}[type(op)]


def holds(node: ast.expr, names: Names) -> bool:
    """A condition, as far as it is read from the left."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=rest):
            x = number(left, names)
            for op, other in zip(ops, rest, strict=True):
                y = number(other, names)
                if not _compare(op, x, y):
                    return False
                x = y
            return True
        case ast.BoolOp(op=op, values=values):
            return (all if isinstance(op, ast.And) else any)(holds(each, names) for each in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not holds(operand, names)
    raise Unjudged


@cache
def _constant(text: str) -> Number:
    return Number.of(Fraction(text))


def number(node: ast.expr, names: Names) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value):
            return _constant(str(value))
        case ast.Name(id="pi"):
            return PI
        case ast.Name(id=name):
            found = names(name)
            assert isinstance(found, Number), name
            return found
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return number(body if holds(test, names) else orelse, names)
        case ast.UnaryOp(op=op, operand=operand):
            return ZERO.plus(number(operand, names), -1 if isinstance(op, ast.USub) else 1)
        case ast.BinOp(left=left, op=op, right=right):
            return _operation(op, number(left, names), number(right, names))
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            entries, at = names(name), number(index, names).rational()
            assert isinstance(entries, list)
            if at is None or at.denominator != 1 or not 0 <= at < len(entries):
                raise NoValue("no such entry")
            return entries[int(at)]
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, args, names)
    raise Unjudged(ast.dump(node))


def _operation(op: ast.operator, x: Number, y: Number) -> Number:
    match op:
        case ast.Add() | ast.Sub():
            return x.plus(y, 1 if isinstance(op, ast.Add) else -1)
        case ast.Mult():
            return x.times(y)
        case ast.Pow():
            exponent = y.rational()
            if exponent is None:
                raise Unjudged
            return x.power(exponent)
    if not y.terms:
        raise NoValue("a division by 0")
    over = x.times(y.power(Fraction(-1)))
    if isinstance(op, ast.Div):
        return over
    return over.floor() if isinstance(op, ast.FloorDiv) else x.plus(y.times(over.floor()), -1)


def _call(name: str, args: Sequence[ast.expr], names: Names) -> Number:
    found = names(args[0].id) if isinstance(args[0], ast.Name) else None
    values = found if isinstance(found, list) else [number(each, names) for each in args]
    match name:
        case "sum":
            total = ZERO
            for each in values:
                total = total.plus(each)
            return total
        case "len":
            return Number.of(len(values))
        case "min" | "max":
            best = values[0]
            for each in values[1:]:
                sign = each.plus(best, -1).sign()
                best = each if sign == (-1 if name == "min" else 1) else best
            return best
        case "floor":
            return values[0].floor()
        case "ceil":
            return ZERO.plus(ZERO.plus(values[0], -1).floor(), -1)
        case "abs":
            return values[0] if values[0].sign() >= 0 else ZERO.plus(values[0], -1)
        case "sqrt":
            return values[0].power(Fraction(1, 2))
    raise Unjudged(name)


@dataclass(frozen=True)
class File:
    """The texts of a layout file. `parameters`: name to (default, whole, list, requirement)."""

    parameters: Mapping[str, tuple[str, bool, bool, str]]
    width: str
    count: str
    angle: str
    first: str = "2*j"
    second: str = "2*j + 1"
    write_first: str = ""
    write_second: str = ""
    magnitude: str = "1"
    let: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    axes: tuple[str, ...] = ("t", "h")
    positions: str = "integer"

    def toml(self) -> str:
        """The file."""
        lines = ['title = "random"', f"axes = [{', '.join(f'{axis!r}' for axis in self.axes)}]",
                 f'width = "{self.width}"', f'positions = "{self.positions}"', "", "[parameters]"]
        for name, (default, whole, is_list, require) in self.parameters.items():
            more = ", whole = true" * whole + ", list = true" * is_list + f', require = "{require}"' * bool(require)
            lines.append(f"{name} = {{ default = {default}{more} }}")
        lines += ["", "[let]", *(f'{name} = "{text}"' for name, text in self.let.items())] if self.let else []
        for name, (initial, step) in self.states.items():
            lines += ["", f"[state.{name}]", f'initial = "{initial}"', f'step = "{step}"']
        lines += ["", "[pairs]"]
        for key in ("count", "first", "second", "write_first", "write_second", "angle", "magnitude"):
            lines += [f'{key} = "{getattr(self, key)}"'] if getattr(self, key) else []
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Pair:
    """Lanes read and written, a frequency for each feed and coordinate, magnitude."""

    read: tuple[int, int]
    write: tuple[int, int]
    turn: tuple[tuple[Number, ...], ...]
    size: Number


@dataclass(frozen=True)
class Head:
    """A layout with numbers: whole turns are left out of frequencies where positions are whole."""

    width: int
    pairs: tuple[Pair, ...]
    integer: bool

    def plain(self, x: Number) -> Number:
        """The frequency without whole turns."""
        own = x.terms.get((1, ()), Fraction(0))
        return Number({**x.terms, (1, ()): own % 2}) if self.integer else x

    def key(self, turn: Sequence[Number], sign: int = 1) -> tuple[Any, ...]:
        return tuple(self.plain(ZERO.plus(x, sign)).key for x in turn)

    def up_to_sign(self, turn: Sequence[Number]) -> tuple[Any, ...]:
        return min(self.key(turn), self.key(turn, -1))


def _whole(x: Number) -> int:
    value = x.rational()
    if value is None or value.denominator != 1:
        raise NoValue("no whole number")
    return int(value)


def head(file: File, values: Mapping[str, Value], feeds: Sequence[Sequence[Mapping[str, Fraction]]]) -> Head:
    """The layout at these values. `feeds`: for each feed and coordinate, what is on each axis. Raises NoValue."""
    width, count = _whole(_at(file, values, file.width)), _whole(_at(file, values, file.count))
    if width < 1 or not 0 <= 2 * count <= width:
        raise NoValue("no head")
    carried: dict[str, Number] = {}
    pairs = []
    for j in range(count):
        here = {name: _at(file, values, step if j else initial, max(j - 1, 0), carried)
                for name, (initial, step) in file.states.items()}
        carried = here
        lanes = [_whole(_at(file, values, text, j, carried)) for text in (
            file.first, file.second, file.write_first or file.first, file.write_second or file.second)]
        none = dict.fromkeys(file.axes, ZERO)
        rest = _at(file, values, file.angle, j, carried, none)
        own = {axis: _at(file, values, file.angle, j, carried, {**none, axis: ONE}).plus(rest, -1)
               for axis in file.axes}
        if rest.terms:
            raise Unjudged
        turn = []
        for feed in feeds:
            coordinates = []
            for places in feed:
                total = ZERO
                for axis, weight in places.items():
                    total = total.plus(own[axis].times(Number.of(weight)))
                coordinates.append(total)
            turn.append(tuple(coordinates))
        size = _at(file, values, file.magnitude, j, carried)
        if size.sign() <= 0:
            raise NoValue("a magnitude that is not positive")
        pairs.append(Pair((lanes[0], lanes[1]), (lanes[2], lanes[3]), tuple(turn), size))
    for key in ("read", "write"):
        flat = [lane for pair in pairs for lane in getattr(pair, key)]
        if len(set(flat)) < len(flat) or not set(flat) <= set(range(width)):
            raise NoValue("lanes clash")
    if {lane for p in pairs for lane in p.read} != {lane for p in pairs for lane in p.write}:
        raise NoValue("other lanes are written")
    return Head(width, tuple(pairs), file.positions == "integer")


def allowed(file: File, values: Mapping[str, Value]) -> bool:
    """Whether the requirements of the file are met."""
    try:
        for name, (_, whole, _, require) in file.parameters.items():
            own = values[name]
            for each in own if isinstance(own, list) else [own]:
                if whole:
                    _whole(each)
            if require and not holds(parsed(require), _names(file, values, None, {}, {})):
                return False
    except NoValue:
        return False
    return True


def is_met(text: str, values: Mapping[str, Value]) -> bool:
    """A condition on parameters. Raises NoValue where it has none."""
    return holds(parsed(text), lambda name: values[name])


def _at(
    file: File, values: Mapping[str, Value], text: str, j: int | None = None,
    carried: Mapping[str, Number] | None = None, axes: Mapping[str, Number] | None = None,
) -> Number:
    return number(parsed(text), _names(file, values, j, carried or {}, axes or {}))


def _names(
    file: File, values: Mapping[str, Value], j: int | None, carried: Mapping[str, Number], axes: Mapping[str, Number]
) -> Names:
    def name(own: str) -> Value:
        if own == "j" and j is not None:
            return Number.of(j)
        if own == "axes":
            return [axes[axis] for axis in file.axes]
        for table in (axes, carried, values):
            if own in table:
                return table[own]
        return number(parsed(file.let[own]), name)

    return name


def _kernels(side: Head) -> list[dict[tuple[int, int], Any]]:
    """For each feed the entries of the kernel that are not 0, each written so that equal ones are the same."""
    found = []
    passing = set(range(side.width)) - {lane for pair in side.pairs for lane in pair.read}
    for k in range(len(side.pairs[0].turn) if side.pairs else 0):
        entries: dict[tuple[int, int], Any] = {(lane, lane): ("cos", ONE.key, None) for lane in passing}
        for pair in side.pairs:
            (a, b), (c, d), turn = pair.read, pair.write, pair.turn[k]
            stands = not any(any(each) for each in side.key(turn))
            entries[c, a] = entries[d, b] = ("cos", pair.size.key, None if stands else side.up_to_sign(turn))
            if side.key(turn) != side.key(turn, -1):
                entries[c, b] = ("sin", pair.size.key, side.key(turn, -1))
                entries[d, a] = ("sin", pair.size.key, side.key(turn))
        found.append(entries)
    return found


def _flat(pair: Pair) -> tuple[Number, ...]:
    return tuple(x for feed in pair.turn for x in feed)


def _scores(side: Head) -> dict[tuple[int, int], Any]:
    """The entries of K(p)^T K(p') that are not those of lanes that pass."""
    found: dict[tuple[int, int], Any] = {}
    for pair in side.pairs:
        (a, b), turn = pair.read, _flat(pair)
        own = pair.size.key, side.up_to_sign(turn)
        if own != (ONE.key, side.up_to_sign((ZERO,) * len(turn))):
            found[a, a] = found[b, b] = ("cos", own)
            if side.key(turn) != side.key(turn, -1):
                found[a, b], found[b, a] = (("sin", pair.size.key, side.key(turn, s)) for s in (-1, 1))
    return found


def _classes(side: Head, by_size: bool) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for pair in side.pairs:
        turn = _flat(pair)
        key = side.up_to_sign(turn), pair.size.key if by_size else None
        if key != (side.up_to_sign((ZERO,) * len(turn)), ONE.key if by_size else None):
            found[key] += 1
    return found


RUNGS = ("identical", "equal-scores", "permutation", "pair-map", "linear")


def lowest(source: Head, target: Head) -> str | None:
    """The lowest rung that holds, or None."""
    if source.width != target.width:
        raise Unjudged("heads of different widths")
    if source.integer != target.integer:
        source, target = (Head(each.width, each.pairs, True) for each in (source, target))
    if not source.pairs and not target.pairs:
        return "identical"
    ours, theirs = (_kernels(side) for side in (source, target))
    passing = {(lane, lane): ("cos", ONE.key, None) for lane in range(source.width)}
    feeds = max(len(ours), len(theirs))
    if (ours or [passing] * feeds) == (theirs or [passing] * feeds):
        return "identical"
    if _scores(source) == _scores(target):
        return "equal-scores"
    if _classes(source, True) == _classes(target, True):
        return "permutation"
    return "pair-map" if _classes(source, False) == _classes(target, False) else None
