"""The checker: decides whether a certificate proves what it states. Nothing else has to be right.

Standard library only, no code shared with the search. A number is {monomial text: rational}: equal texts are equal
numbers, all that a witness needs. A refutation is two disjoint intervals; they are computed here, rounded outwards,
in integers that count units of 10**-digits. The mathematics is in proofs/README.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

SCHEMA = "rope-prover/certificate/1"
RUNGS = ("identical", "equal-scores", "permutation", "pair-map", "linear")
MAX_BYTES, MAX_WIDTH, MAX_TEXT = 1 << 26, 1 << 17, 1 << 14
_RATIONAL = re.compile(r"-?\d{1,4000}(/\d{1,4000}|\.\d{1,4000})?\Z", re.ASCII)
Number = dict[str, Fraction]
Interval = tuple[int, int]
Turn = dict[tuple[int, str], Number]  # an angle: (feed, coordinate) to frequency; coordinate "1" is the constant
Point = dict[tuple[int, str], Fraction]
ONE: Number = {"": Fraction(1)}

class Rejected(ValueError):
    """The certificate does not prove what it states."""

def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"

def digest(certificate: dict[str, Any]) -> str:
    """SHA-256 over the canonical text of everything but the digest itself."""
    text = canonical({key: value for key, value in certificate.items() if key != "digest"})
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

def check(text: str) -> tuple[str | None, str | None]:
    """The lowest rung proved to hold and the highest proved to fail (None: not stated); else raises Rejected."""
    try:
        _require(len(text) <= MAX_BYTES, f"larger than {MAX_BYTES} bytes")
        root = json.loads(text, parse_float=str, parse_constant=str)
        sha, fails, feeds, holds, kind, source, target = _fields(root, "digest fails feeds holds schema source target")
        _require(kind == SCHEMA, f"its schema is not {SCHEMA}")
        _require(text == canonical(root), "not in canonical form: another order, a key twice, or an inexact number")
        _require(sha == digest(root), "the digest does not match the content")
        alike = [source[name] == target[name] for name in ("width", "positions")] == [True, True]
        _require(alike and 0 < len(feeds) < 17, "widths or kinds of position differ, or there is no feed, or too many")
        s, t = _Side(source, feeds, "source"), _Side(target, feeds, "target")
        if holds is not None:
            _witness(s, t, *_fields(holds, "permutation relation"))
        if fails is not None:
            _refutation(s, t, fails, [list(feed["coordinates"]) for feed in feeds])
        rungs = [RUNGS.index(x["relation"]) for x in (fails, holds) if x is not None]
        _require(rungs != [] and rungs == sorted({*rungs}), "nothing is stated, or a thing and its opposite")
        return holds and holds["relation"], fails and fails["relation"]
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as fault:
        raise Rejected(str(fault) or type(fault).__name__) from None

def _witness(s: _Side, t: _Side, permutation: list[int], relation: str) -> None:
    rung = RUNGS.index(relation)
    _lanes(permutation, s.width)
    _require(rung > 1 or permutation == sorted(permutation), f"{relation} allows no permutation")
    for feed in range(s.feeds if rung == 0 else 0):
        ours, theirs = s.entries(feed), t.entries(feed)
        for place in ours.keys() | theirs.keys():
            (a, x), (b, y) = ours.get(place, (ONE, {})), theirs.get(place, ({}, {}))
            _require(a == b and (s.same(x, y) or s.same(x, _minus(y))), f"the kernels differ at row, column {place}")
    both = [((own[::-1], _minus(turn), size), (own, turn, size)) for own, turn, size in (s.units() if rung else [])]
    sources = {own: (turn, size) for pair in both for own, turn, size in pair}
    for own, turn, size in t.units() if rung else []:
        image = tuple(permutation[lane] for lane in own)
        _require(image in sources, f"target lanes {own} are not fed by one pair of the source")
        _require(s.same(turn, sources[image][0]), f"target lanes {own} turn unlike source lanes {image}")
        _require(size == sources[image][1] or rung > 2, f"magnitudes differ at target lanes {own}")

def _refutation(s: _Side, t: _Side, fails: dict[str, Any], coordinates: list[list[str]]) -> None:
    def token(value: Any) -> tuple[int, Point]:
        feed, position = _fields(value, "feed position")
        return feed, _point(feed, position, coordinates[feed], s.whole)
    kind, rung = fails["kind"], RUNGS.index(fails["relation"])
    calls: list[tuple[Any, Any, Any]]
    if kind in ("entry", "score"):
        lanes, *stated, tokens, _, _ = _fields(fails, "lanes source target tokens kind relation")
        _require(rung < len(tokens) == (1 if kind == "entry" else 2), f"that {kind} does not refute this relation")
        calls = [(x.probe, lanes, [token(each) for each in tokens]) for x in (s, t)]
    elif kind == "trace":
        position, power, *stated, _, _ = _fields(fails, "position power source target kind relation")
        _require(type(power) is int and -1 <= power <= 64, "the power is no small whole number")
        _require(power == -1 or rung < 3, "a weighted trace does not refute pair maps")
        parts = enumerate(zip(position, coordinates, strict=True))
        points = [_point(m, part, names + ["1"] * (m > 0), s.whole) for m, (part, names) in parts]
        where = {key: value for point in points for key, value in point.items()}
        calls = [(x.trace, power, where) for x in (s, t)]
    else:
        *stated, lanes, side, tokens, _, _ = _fields(fails, "first second lanes side tokens kind relation")
        twisted, plain = {"source": (s, t), "target": (t, s)}[side]
        q1, k1, q2, k2 = [token(each) for each in tokens]
        _require(kind == "not-relative" and len({m for m, _ in (q1, k1, q2, k2)}) == 1, "unknown kind, or mixed feeds")
        _require(all(plain.same(p[2], p[3]) for p in plain.pairs), "the other side is no rotation either")
        _require(all(k1[1][c] - value == k2[1][c] - q2[1][c] for c, value in q1[1].items()), "unequal steps")
        calls = [(twisted.probe, lanes, at) for at in ([q1, k1], [q2, k2])]
    (a, b), (c, d) = ((_rational(low), _rational(high)) for low, high in stated)
    _require(a <= b < c <= d or c <= d < a <= b, "the two intervals are not disjoint")
    for digits in (40, 160, 640):
        found = [[Fraction(end, 10**digits) for end in compute(x, y, digits)] for compute, x, y in calls]
        if a <= found[0][0] and found[0][1] <= b and c <= found[1][0] and found[1][1] <= d:
            return
    raise Rejected("a stated interval does not contain the value")

class _Side:
    """One layout under its feeds; a pair is (read lanes, written lanes, turn, second turn, magnitude)."""
    def __init__(self, layout: Any, feeds: Any, which: str) -> None:
        _, _, pairs, self.passes, positions, self.width = _fields(layout, "axes name pairs passes positions width")
        _require(type(self.width) is int and 0 < self.width <= MAX_WIDTH, "the width is out of bounds")
        _require(positions in ("integer", "real"), "positions are neither integer nor real")
        self.whole, self.feeds, maps, ends = positions == "integer", len(feeds), [], list(self.passes)
        for feed in feeds:
            known = {*_fields(feed, "coordinates name source target")[0], "1"}
            _require(len(known) == len(feed["coordinates"]) + 1, "coordinates repeat")
            _require(all(known >= set(x) for x in feed[which].values()), "unknown coordinate")
            maps.append((known, {**feed[which], "1": {"1": "1"}}))

        def pulled(angle: dict[str, str]) -> Turn:
            parts = {axis: _number(text) for axis, text in angle.items() if _evaluate(_number(text), 40)}  # or fails
            return {(m, c): _sum((number, _rational(feed[axis].get(c, "0"))) for axis, number in parts.items())
                    for m, (known, feed) in enumerate(maps) for c in known}
        self.pairs: list[tuple[tuple[int, ...], tuple[int, ...], Turn, Turn, Number]] = []
        for pair in pairs:
            angle, size, read, second, write = _fields(pair, "angle magnitude read second_angle write")
            ends += zip(read, write, strict=True)
            _require(_evaluate(_number(size), 40)[0] > 0, "a magnitude is not positive")
            turns = (pulled(angle),) * 2 if second is None else (pulled(angle), pulled(second))
            self.pairs.append((tuple(read), tuple(write), *turns, _number(size)))
        for used in zip(*ends, strict=True):
            _lanes(used, self.width)

    def same(self, a: Turn, b: Turn) -> bool:
        """Equal angles; whole turns do not count where positions are whole, nor in a constant."""
        for key in a.keys() | b.keys() if a != b else ():
            rest = {} if a.get(key) == b.get(key) else _sum([(a.get(key, {}), 1), (b.get(key, {}), -1)])
            turns = (self.whole or key[1] == "1") and rest.keys() == {"pi"} and (rest["pi"] / 2).denominator == 1
            if rest and not turns:
                return False
        return True

    def units(self) -> list[tuple[tuple[int, ...], Turn, Number]]:
        """Lanes, turn and magnitude of what moves as one: single lanes where swapping a pair changes nothing."""
        found: list[tuple[tuple[int, ...], Turn, Number]] = [((lane,), {}, ONE) for lane, _ in self.passes]
        for read, _, first, second, size in self.pairs:
            _require(self.same(first, second), f"lanes {read} have two angles; only 'identical' can hold")
            # A phase cancels in scores; what stays is the offset of each feed from the first.
            offset = {key: _sum([(v, 1), (first[0, "1"], -1)]) for key, v in first.items() if key[1] == "1"}
            turn = {key: v for key, v in (first | offset).items() if key != (0, "1")}
            alone = self.same(turn, _minus(turn))
            found += [((lane,), turn, size) for lane in read] if alone else [(read, turn, size)]
        return found

    def entries(self, feed: int, lanes: list[int] | None = None) -> dict[tuple[int, int], tuple[Number, Turn]]:
        """The kernel matrix of one feed: (row, column) to (s, turn), meaning s * cos(turn); zeros left out."""
        found: dict[tuple[int, int], tuple[Number, Turn]] = {(w, r): (ONE, {(feed, "1"): {}}) for r, w in self.passes}
        for (a, b), (c, d), first, second, size in (p for p in self.pairs if not lanes or {*lanes} & {*p[0]}):
            for row, column, other, both, quarter in ((c, a, b, first, 1), (d, b, a, second, -1)):
                turn = {key: v for key, v in both.items() if key[0] == feed}
                found[row, column] = (size, turn)
                constant = _sum([(turn[feed, "1"], 1), ({"pi": Fraction(1, 2)}, quarter)])
                found[row, other] = (size, turn | {(feed, "1"): constant})
        zero: Turn = {(feed, "1"): {"pi": Fraction(1)}}
        doubled = {place: {key: _sum([(v, 2)]) for key, v in turn.items()} for place, (_, turn) in found.items()}
        return {place: entry for place, entry in found.items() if not self.same(doubled[place], zero)}

    def probe(self, lanes: list[int], at: list[tuple[int, Point]], digits: int) -> Interval:
        """One token: the kernel's entry at (row, column). Two: the score of one-hot q and k at those lanes."""
        columns = []
        for (feed, point), lane in zip(at, lanes[-len(at) :], strict=True):
            found = {row: entry for (row, column), entry in self.entries(feed, [lane]).items() if column == lane}
            columns.append({row: ([size], turn, point) for row, (size, turn) in found.items()})
        rows = [row for row in columns[0] if row in columns[-1] and (len(at) == 2 or row == lanes[0])]
        return _total(_product([_value(*column[row], digits) for column in columns], digits) for row in rows)

    def trace(self, power: int, where: Point, digits: int) -> Interval:
        """The trace of G**(power + 1) * D(where), with G the squared magnitudes."""
        sizes = [(own, turn, [size] * (2 * power + 2)) for own, turn, size in self.units()]
        units = [(len(own), _value(weights, turn, where, digits)) for own, turn, weights in sizes]
        return _total((count * low, count * high) for count, (low, high) in units)

def _value(sizes: list[Number], turn: Turn, point: Point, digits: int) -> Interval:
    angle = _evaluate(_sum((frequency, point[key]) for key, frequency in turn.items()), digits)
    return _product([_cos(angle, digits), *(_evaluate(size, digits) for size in sizes)], digits)

@lru_cache(maxsize=1 << 16)
def _number(text: str) -> Number:
    _require(len(text) <= MAX_TEXT, "a number is too long")
    terms = [_split(term, "*") for term in _split(text, " + ") if text != "0"]
    return _sum(({"*".join(factors): Fraction(1)}, _rational(first)) for first, *factors in terms)

def _split(text: str, separator: str) -> list[str]:
    parts = [""] if "(" in text else text.split(separator)  # what stands in parentheses stays whole
    for part in text.split(separator) if "(" in text else []:
        parts[-1] += part
        parts += [""] if parts[-1].count("(") == parts[-1].count(")") else []
        parts[-1] += separator if parts[-1] else ""
    return [part for part in parts if part]

def _sum(parts: Iterable[tuple[Number, Fraction | int]]) -> Number:
    total: Number = {}
    for number, factor in parts:
        for monomial, coefficient in number.items() if factor else ():
            amount = coefficient if factor == 1 else factor * coefficient
            total[monomial] = total[monomial] + amount if monomial in total else amount
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}

def _minus(turn: Turn) -> Turn:
    return {key: _sum([(value, -1)]) for key, value in turn.items()}

def _evaluate(number: Number, digits: int) -> Interval:
    return _total(
        _product([_ratio(coefficient, digits), *(_factor(f, digits) for f in _split(monomial, "*"))], digits)
        for monomial, coefficient in number.items())

@lru_cache(maxsize=1 << 16)
def _factor(text: str, digits: int) -> Interval:
    base, _, power = (text, "", "1") if text[-1] == ")" or "^" not in text else text.rpartition("^")
    exponent = _rational(power)
    if base[-1] == ")":
        value = _evaluate(_number(base[base.index("(") + 1 : -1]), digits)
        _require(base[0] == "(" or base.startswith("log("), "no such function")
        value = value if base[0] == "(" else _monotone(Context.ln, value, digits)
    else:
        value = (_pi(digits) - 9, _pi(digits) + 9) if base == "pi" else _ratio(_rational(base), digits)
    if exponent.denominator > 1:
        logarithm = _product((_monotone(Context.ln, value, digits), _ratio(exponent, digits)), digits)
        return _monotone(Context.exp, logarithm, digits)
    _require(abs(exponent) <= 64 and (exponent > 0 or value[0] > 0 or value[1] < 0), "no such power")
    part = value if exponent > 0 else (10 ** (2 * digits) // value[1], -(-(10 ** (2 * digits)) // value[0]))
    return _product([part] * abs(int(exponent)), digits)

def _total(parts: Iterable[Interval]) -> Interval:
    ends = list(zip(*parts, strict=True)) or [(0,), (0,)]
    return sum(ends[0]), sum(ends[1])

def _product(parts: Iterable[Interval], digits: int) -> Interval:
    low = high = 10**digits
    for x in parts:
        ends = (low * x[0], low * x[1], high * x[0], high * x[1])
        low, high = min(ends) // 10**digits, -(-max(ends) // 10**digits)
    return low, high

def _ratio(value: Fraction, digits: int) -> Interval:
    return value.numerator * 10**digits // value.denominator, -(-value.numerator * 10**digits // value.denominator)

@lru_cache(maxsize=1 << 16)
def _monotone(function: Callable[[Context, Decimal], Decimal], x: Interval, digits: int) -> Interval:
    extra = max(0, x[1] // 10**digits) if function is Context.exp else 0
    _require((x[0] > 0 or function is Context.exp) and extra < 440, "a root or logarithm is out of bounds")
    context = Context(prec=digits + 12 + extra, Emin=-99999, Emax=99999)
    low, high = (function(context, Decimal(end).scaleb(-digits, context)).scaleb(digits, context) for end in x)
    return int(low) - 2, int(high) + 2

@lru_cache(maxsize=64)
def _pi(digits: int) -> int:
    """Machin: 16 atan(1/5) - 4 atan(1/239), to within 9 units of 10**-digits."""
    unit, terms = 10 ** (digits + 9), [(k, f, x) for k in range(2 * digits + 20) for f, x in ((16, 5), (-4, 239))]
    return int(sum((1, -1)[k % 2] * f * unit // ((2 * k + 1) * x ** (2 * k + 1)) for k, f, x in terms)) // 10**9

def _cos(x: Interval, digits: int) -> Interval:
    """cos of the middle by Taylor's series after whole turns are taken off, widened by the radius and all errors."""
    middle, radius = (x[0] + x[1]) // 2, (x[1] - x[0]) // 2 + 1
    guard = 12 + max(0, len(str(abs(middle))) - digits)
    unit = 10 ** (digits + guard)
    rest, total, term, k = middle * 10**guard % (2 * _pi(digits + guard)), 0, unit, 0
    while term:
        total, term, k = total + term, -(term * rest // unit * rest // unit // ((k + 1) * (k + 2))), k + 2
    total //= 10**guard
    return max(total - radius - 2, -(10**digits)), min(total + radius + 2, 10**digits)

def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Rejected(reason)

def _fields(value: Any, names: str) -> list[Any]:
    _require(isinstance(value, dict) and set(value) == set(names.split()), f"expected exactly the fields {names}")
    return [value[name] for name in names.split()]

def _lanes(values: Any, width: int) -> None:
    _require([*map(type, values)] == [int] * width and sorted(values) == [*range(width)], "not each lane occurs once")

def _rational(text: Any) -> Fraction:
    _require(isinstance(text, str) and bool(_RATIONAL.match(text)), "a rational is malformed")
    return Fraction(text)

def _point(feed: int, position: dict[str, Any], names: list[str], whole: bool) -> Point:
    """The coordinates of one token; its constant counts once unless it is named."""
    values = [_rational(value) for value in _fields(position, " ".join(names))]
    found = {"1": Fraction(1), **dict(zip(names, values, strict=True))}
    for name, value in found.items():
        _require(abs(value) < 1 << 63 and (value.denominator == 1 or not (whole or name == "1")), "not a position")
    return {(feed, name): value for name, value in found.items()}
