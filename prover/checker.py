"""The checker: decides whether a certificate proves what it states. Nothing else has to be right.

Standard library only, no code shared with the search. Equal number texts are equal numbers, all that a witness needs;
a refutation is two disjoint intervals, computed here in whole units of 10**-digits. See proofs/README.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache, partial
from typing import Any

SCHEMA = "rope-prover/certificate/1"
RUNGS = ("identical", "equal-scores", "permutation", "pair-map", "linear")
MAX_BYTES, MAX_WIDTH, MAX_TEXT, MAX_NAMES, MAX_POWER, MAX_DIGITS = 1 << 26, 1 << 17, 1 << 12, 8, 8, 600
_RATIONAL = re.compile(r"-?\d{1,500}(/\d{1,500}|\.\d{1,500})?\Z", re.ASCII)
Number = dict[str, Fraction]
Interval = tuple[int, int]
Turn = dict[tuple[int, str], Number]  # an angle: (feed, coordinate) to frequency; coordinate "1" is the constant
Point = dict[tuple[int, str], Fraction]
ONE: Number = {"": Fraction(1)}

class Rejected(ValueError):
    """The certificate does not prove what it states."""

def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"

def digest(root: dict[str, Any]) -> str:
    """SHA-256 over the canonical text of everything but the digest itself."""
    return "sha256:" + hashlib.sha256(canonical({k: v for k, v in root.items() if k != "digest"}).encode()).hexdigest()

def check(text: str) -> tuple[str | None, str | None]:
    """The lowest rung proved to hold and the highest proved to fail (None: not stated); else raises Rejected."""
    try:
        _require(len(text) <= MAX_BYTES, f"larger than {MAX_BYTES} bytes")
        root = json.loads(text, parse_float=str, parse_constant=str)
        sha, fails, feeds, holds, kind, source, target = _fields(root, "digest fails feeds holds schema source target")
        _require(kind == SCHEMA, f"its schema is not {SCHEMA}")
        _require(text == canonical(root), "not in canonical form: another order, a key twice, or an inexact number")
        _require(sha == digest(root), "the digest does not match the content")
        _require(source["width"] == target["width"] and source["positions"] == target["positions"], "unlike heads")
        s, t = _Side(source, feeds, "source"), _Side(target, feeds, "target")
        high = len(RUNGS) if holds is None else _witness(s, t, *_fields(holds, "permutation relation"))
        low = -1 if fails is None else _refutation(s, t, fails, [feed["coordinates"] for feed in feeds])
        _require((low, high) != (-1, len(RUNGS)) and low < high, "nothing is stated, or a thing and its opposite")
        return holds and holds["relation"], fails and fails["relation"]
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as fault:
        raise Rejected(str(fault) or type(fault).__name__) from None

def _witness(s: _Side, t: _Side, permutation: list[int], relation: str) -> int:
    rung = RUNGS.index(relation)
    _lanes(permutation, s.width, s.width, distinct=True)
    _require(rung > 1 or permutation == sorted(permutation), f"{relation} allows no permutation")
    for feed in range(s.feeds if rung == 0 else 0):
        ours, theirs = s.entries(feed), t.entries(feed)
        for place in ours.keys() | theirs.keys():
            (a, x), (b, y) = ours.get(place, ({}, {})), theirs.get(place, ({}, {}))
            same = a == b != {} and (s.same(x, y) or s.same(x, _minus(y)))
            _require(same, f"the kernels differ at row, column {place}")
    both = [((own[::-1], _minus(turn), size), (own, turn, size)) for own, turn, size in (s.units() if rung else [])]
    sources = {own: (turn, size) for pair in both for own, turn, size in pair}
    for own, turn, size in t.units() if rung else []:
        image = tuple(permutation[lane] for lane in own)
        _require(image in sources, f"target lanes {own} are not fed by one pair of the source")
        _require(s.same(turn, sources[image][0]), f"target lanes {own} turn unlike source lanes {image}")
        _require(size == sources[image][1] or rung > 2, f"magnitudes differ at target lanes {own}")
    return rung

def _refutation(s: _Side, t: _Side, fails: dict[str, Any], coordinates: list[list[str]]) -> int:
    def token(value: Any) -> tuple[int, Point]:
        feed, position = _fields(value, "feed position")
        return feed, _point(_lanes([feed], 1, len(coordinates))[0], position, coordinates[feed], s.whole)
    kind, rung = fails["kind"], RUNGS.index(fails["relation"])
    lanes = _lanes(fails.get("lanes", [0, 0]), 2, s.width)
    if kind in ("entry", "score"):
        *stated, tokens, _, _, _ = _fields(fails, "source target tokens lanes kind relation")
        _require(rung < len(tokens) == (1 if kind == "entry" else 2), f"that {kind} does not refute this relation")
        calls = [partial(x.probe, lanes, [token(each) for each in tokens]) for x in (s, t)]
    elif kind == "trace":
        position, power, *stated, _, _ = _fields(fails, "position power source target kind relation")
        _require(type(power) is int and -1 <= power <= MAX_POWER, "the power is no small whole number")
        _require(power == -1 or rung < 3, "a weighted trace does not refute pair maps")
        parts = enumerate(zip(position, coordinates, strict=True))
        points = [_point(m, part, names + ["1"] * (m > 0), s.whole).items() for m, (part, names) in parts]
        calls = [partial(x.trace, power, dict(item for point in points for item in point)) for x in (s, t)]
    else:
        *stated, side, tokens, _, _, _ = _fields(fails, "first second side tokens lanes kind relation")
        twisted, plain = {"source": (s, t), "target": (t, s)}[side]
        q1, k1, q2, k2 = [token(each) for each in tokens]
        _require(kind == "not-relative" and len({m for m, _ in (q1, k1, q2, k2)}) == 1, "unknown kind, or mixed feeds")
        _require(all(plain.same(p[2], p[3]) for p in plain.pairs), "the other side is no rotation either")
        _require(all(k1[1][c] - value == k2[1][c] - q2[1][c] for c, value in q1[1].items()), "unequal steps")
        calls = [partial(twisted.probe, lanes, at) for at in ([q1, k1], [q2, k2])]
    _require(all(type(interval) is list for interval in stated), "an interval is no list")
    (a, b), (c, d) = ((_rational(low), _rational(high)) for low, high in stated)
    _require(a <= b < c <= d or c <= d < a <= b, "the two intervals are not disjoint")
    for digits in (40, 160, 640):
        (x, y), (z, w) = ([Fraction(end, 10**digits) for end in call(digits)] for call in calls)
        if a <= x and y <= b and c <= z and w <= d:
            return rung
        _require(a <= y and x <= b and c <= w and z <= d, "a stated interval does not contain the value")
    raise Rejected("a stated interval is too narrow to be sure of")

class _Side:
    """One layout under its feeds; a pair is (read lanes, written lanes, turn, second turn, magnitude)."""
    def __init__(self, layout: Any, feeds: Any, which: str) -> None:
        axes, name, pairs, passes, positions, self.width = _fields(layout, "axes name pairs passes positions width")
        proper = type(self.width) is int and 0 < self.width <= MAX_WIDTH and positions in ("integer", "real")
        _require(proper and 0 < len(feeds) <= MAX_NAMES and [type(name), type(passes)] == [str, list], "malformed head")
        self.passes, self.whole, self.feeds, maps = [(r, w) for r, w in passes], positions == "integer", len(feeds), []
        for feed in feeds:
            coordinates, name, *_ = _fields(feed, "coordinates name source target")
            known, _ = _names(coordinates) | {"1"}, _names([name])
            _require(_names(axes) == set(feed[which]), "a feed must give every axis its position, and no other")
            _require(all(known >= set(x) for x in feed[which].values()), "unknown coordinate")
            places = {axis: {c: _rational(v) for c, v in x.items()} for axis, x in feed[which].items()}
            maps.append((known, {**places, "1": {"1": Fraction(1)}}))
        def pulled(angle: dict[str, str]) -> Turn:
            parts = {axis: _number(text) for axis, text in angle.items() if _evaluate(_number(text), 40)}  # or fails
            return {(m, c): _sum((number, feed[axis].get(c, 0)) for axis, number in parts.items())
                    for m, (known, feed) in enumerate(maps) for c in known}
        self.pairs: list[tuple[tuple[int, ...], tuple[int, ...], Turn, Turn, Number]] = []
        for pair in pairs:
            angle, size, (a, b), second, (c, d) = _fields(pair, "angle magnitude read second_angle write")
            turns = (pulled(angle),) * 2 if second is None else (pulled(angle), pulled(second))
            _require(any(_evaluate(_number(size), n)[0] > 0 for n in (40, 160)), "a magnitude is not positive")
            self.pairs.append(((a, b), (c, d), *turns, _number(size)))
        moves = self.passes + [move for pair in self.pairs for move in zip(pair[0], pair[1], strict=True)]
        for end in (0, 1):
            _lanes([move[end] for move in moves], self.width, self.width, distinct=True)

    def same(self, a: Turn, b: Turn) -> bool:
        """Equal angles; whole turns do not count where positions are whole, nor in a constant."""
        rests = {key: _sum([(a.get(key, {}), 1), (b.get(key, {}), -1)]) for key in a.keys() | b.keys() if a != b}
        turns = {key for key, rest in rests.items() if rest.keys() == {"pi"} and (rest["pi"] / 2).denominator == 1}
        return all(not rest or (key in turns and (self.whole or key[1] == "1")) for key, rest in rests.items())

    def units(self) -> list[tuple[tuple[int, ...], Turn, Number]]:
        """Lanes, turn and magnitude of what moves as one: single lanes where swapping a pair changes nothing."""
        found: list[tuple[tuple[int, ...], Turn, Number]] = [((lane,), {}, ONE) for lane, _ in self.passes]
        for read, _, first, second, size in self.pairs:
            _require(self.same(first, second), f"lanes {read} have two angles; only 'identical' can hold")
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
        columns = [
            {row: ([size], turn, point) for (row, c), (size, turn) in self.entries(feed, [lane]).items() if c == lane}
            for (feed, point), lane in zip(at, lanes[-len(at) :], strict=True)]
        rows = [row for row in columns[0] if row in columns[-1] and (len(at) == 2 or row == lanes[0])]
        return _total(_product([_value(*column[row], digits) for column in columns], digits) for row in rows)

    def trace(self, power: int, where: Point, digits: int) -> Interval:
        """The trace of G**(power + 1) * D(where), with G the squared magnitudes."""
        units = [(len(own), _value([size] * (2 * power + 2), turn, where, digits)) for own, turn, size in self.units()]
        return _total((count * low, count * high) for count, (low, high) in units)

def _value(sizes: list[Number], turn: Turn, point: Point, digits: int) -> Interval:
    angle = _evaluate(_sum((frequency, point[key]) for key, frequency in turn.items()), digits)
    return _product([_cos(angle, digits), *(_evaluate(size, digits) for size in sizes)], digits)

@lru_cache(maxsize=1 << 16)
def _number(text: str) -> Number:
    _require(0 < len(text) <= MAX_TEXT, "a number is empty or too long")
    terms = [_split(term, "*") for term in _split(text, " + ")] if text != "0" else []
    return _sum(({"*".join(factors): Fraction(1)}, _rational(first)) for first, *factors in terms)

def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside parentheses."""
    parts, depth = [""], 0
    for piece in text.split(separator):
        depth += piece.count("(") - piece.count(")")
        parts[-1] += piece if depth == 0 else piece + separator
        parts += [""] if depth == 0 else []
    return (parts if parts[-1] else parts[:-1]) if text else []  # what stays open is no factor

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
    terms = [(coefficient, _split(monomial, "*")) for monomial, coefficient in number.items()]
    return _total(_product([_ratio(c, digits), *(_factor(f, digits) for f in factors)], digits) for c, factors in terms)

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
        _require(max(-low, high) < 10 ** (digits + MAX_DIGITS), "a number is too large")
    return low, high

def _ratio(value: Fraction, digits: int) -> Interval:
    return value.numerator * 10**digits // value.denominator, -(-value.numerator * 10**digits // value.denominator)

@lru_cache(maxsize=1 << 16)
def _monotone(function: Callable[[Context, Decimal], Decimal], x: Interval, digits: int) -> Interval:
    _require(x[0] > 0 if function is Context.ln else x[1] < 440 * 10**digits, "a root or logarithm is out of bounds")
    extra = (function is Context.exp) * max(0, x[1] // 10**digits)
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
    guard = 12 + max(0, len(str(abs(middle))) - digits + 63) // 64 * 64
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

def _lanes(values: Any, count: int, below: int, distinct: bool = False) -> list[int]:
    proper = type(values) is list and [*map(type, values)] == [int] * count and all(0 <= v < below for v in values)
    _require(proper and len({*values}) >= count * distinct, "not each lane occurs once, or a lane is out of bounds")
    return list(values)

def _names(values: Any) -> set[str]:
    proper = type(values) is list and len(values) <= MAX_NAMES and all(type(v) is str for v in values)
    _require(proper and len({*values, "1"}) == len(values) + 1, "axes or coordinates are not a few distinct names")
    return set(values)

def _rational(text: Any) -> Fraction:
    _require(isinstance(text, str) and bool(_RATIONAL.match(text)), "a rational is malformed")
    return Fraction(text)

def _point(feed: int, position: dict[str, Any], names: list[str], whole: bool) -> Point:
    """The coordinates of one token; its constant counts once unless it is named."""
    given = map(_rational, _fields(position, " ".join(names)))
    found = {"1": Fraction(1), **dict(zip(names, given, strict=True))}
    for name, value in found.items():
        _require(abs(value) < 1 << 63 and (value.denominator == 1 or not (whole or name == "1")), "not a position")
    return {(feed, name): value for name, value in found.items()}
