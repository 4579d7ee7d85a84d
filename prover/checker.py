"""The checker: decides whether a certificate proves what it states. Nothing else has to be right.

`python3 checker.py CERTIFICATE...` says what each proves and exits with 0, or with 4 if one proves nothing. Standard
library only, no code shared with the search. A pair reads lanes (a, b) and writes lanes (c, d), with a magnitude s and
four angles, which are one in a rotation: y[c] = s (x[a] cos alpha - x[b] sin beta), y[d] = s (x[a] sin gamma + x[b]
cos delta). Equal number texts are equal numbers, all that a witness needs; a refutation is two disjoint intervals,
computed here.

In a certificate of the second schema {FORMAT:VALUE:N:NAME} is a number of which only a rounded one is stored: any real
that rounds to VALUE, or to one of its N neighbours on either side, in FORMAT (to nearest, ties to even). What holds
there holds for some choice of such reals, which the witness puts in; what fails fails for all. See proofs/README.md.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache, partial
from itertools import pairwise
from math import isqrt, lcm
from pathlib import Path
from typing import Any

SCHEMA, STORED_SCHEMA, AS_STORED = "rope-prover/certificate/1", "rope-prover/certificate/2", " as stored"
MEANINGS = {
    "identical": "the two kernels are equal, lane by lane, at every position",
    "equal-scores": "the attention scores are equal with the weights as they are",
    "permutation": "one permutation of the rows of W_q and W_k makes the scores equal",
    "pair-map": "one permutation and one factor per row of W_q and W_k make the scores equal",
    "linear": "some fixed linear maps of W_q and W_k make the scores equal"}
RUNGS = tuple(MEANINGS)
MEANINGS |= {name + AS_STORED: f"for some reals that round to what is stored, {MEANINGS[name]}" for name in RUNGS}
MAX_BYTES, MAX_WIDTH, MAX_TEXT, MAX_NAMES, MAX_POWER, MAX_DIGITS = 1 << 26, 1 << 17, 1 << 12, 8, 8, 600
# Bits of the significand, exponent of the least positive number, values that a finite number's exponent field has.
FORMATS = {"float16": (11, -24, 31), "bfloat16": (8, -133, 255), "float32": (24, -149, 255),
           "float64": (53, -1074, 2047)}
MAX_WORK, PRECISIONS = 40_000_000, (40, 160, 640)  # units of about a microsecond; decimal digits
_WHOLE = re.compile(r"[1-9][0-9]{0,499}")
_RATIONAL = re.compile(r"0|-?[1-9][0-9]{0,499}(/[1-9][0-9]{0,499})?")
_STORED = re.compile(r"\{([a-z0-9]+):([0-9/]+):(0|[1-9][0-9]{0,3}):([\w.]{1,200})\}", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,499})(\.[0-9]{0,499}[1-9])?")
Number = dict[str, Fraction]  # a sum: a product of factors, as text, to its rational coefficient
Interval = tuple[int, int]  # in whole units of 10**-digits
Turn = dict[tuple[int, str], Number]  # an angle: (feed, coordinate) to frequency; coordinate "1" is the constant
Point = dict[tuple[int, str], Fraction]
Entry = tuple[tuple[int, int], tuple[Number, Turn]]
Lanes = tuple[int, ...]
Pair = tuple[Lanes, Lanes, list[Turn], Number]
ONE, PI, QUARTER = {"": Fraction(1)}, {"pi": Fraction(1)}, {"pi": Fraction(1, 2)}
class Rejected(ValueError):
    """The certificate does not prove what it states."""
def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"
def digest(root: dict[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(canonical({k: v for k, v in root.items() if k != "digest"}).encode()).hexdigest()

def check(text: str) -> tuple[str | None, str | None]:
    """The lowest rung proved to hold and the highest proved to fail (None: not stated); else raises Rejected."""
    try:
        _require(len(text) <= MAX_BYTES, f"larger than {MAX_BYTES} bytes")
        root = json.loads(text, parse_float=str, parse_constant=str)
        sha, fails, feeds, holds, kind, source, target = _fields(root, "digest fails feeds holds schema source target")
        _require(kind in (SCHEMA, STORED_SCHEMA), f"its schema is not {SCHEMA} or {STORED_SCHEMA}")
        _require(text == canonical(root), "not in canonical form: another order, a key twice, or an inexact number")
        rest = "{" + text.partition(",")[2]  # the digest is the first field
        _require(sha == "sha256:" + hashlib.sha256(rest.encode()).hexdigest(), "the digest does not match the content")
        _require(source["width"] == target["width"] and source["positions"] == target["positions"], "unlike heads")
        numbers = _Numbers(stored := kind == STORED_SCHEMA)
        s, t = _Side(source, feeds, "source", numbers), _Side(target, feeds, "target", numbers)
        high = len(RUNGS)
        if holds is not None:
            permutation, relation, *choice = _fields(holds, "permutation relation" + " choice numbers" * stored)
            put = numbers.chosen(*choice) if stored else {}
            ours = _Side(source, feeds, "source", numbers, put) if stored else s
            theirs = _Side(target, feeds, "target", numbers, put) if stored else t
            high = _witness(ours, theirs, permutation, relation)
        low = -1 if fails is None else _refutation(s, t, fails, [feed["coordinates"] for feed in feeds])
        _require((low, high) != (-1, len(RUNGS)) and low < high, "nothing is stated, or a thing and its opposite")
        return holds and holds["relation"] + AS_STORED * stored, fails and fails["relation"] + AS_STORED * stored
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as fault:
        raise Rejected("not JSON: " * isinstance(fault, json.JSONDecodeError) + (str(fault) or repr(fault))) from None

def _witness(s: _Side, t: _Side, permutation: list[int], relation: str) -> int:
    """W_target_rows = W_source_rows[permutation] makes the relation hold."""
    rung, _ = RUNGS.index(relation), _lanes(permutation, s.width, s.width, distinct=True)
    _require(rung > 1 or permutation == sorted(permutation), f"{relation} allows no permutation")
    for m in range(0 if rung else s.feeds):
        alike = {i for i, (a, b) in enumerate(zip(s.pairs, t.pairs, strict=False)) if a == b and _is_free(a, m)}
        s.numbers.spend(8 * len(alike))  # what it takes to see the same of their entries, one by one
        ours, theirs = (dict(side.entries(m, without=alike)) for side in (s, t))
        for place in ours.keys() | theirs.keys():
            (a, x), (b, y) = ours.get(place, ({}, {})), theirs.get(place, ({}, {}))
            _require(a == b != {} and s.same_cosine(x, y), "the kernels differ at row, column {}", place)
    sources = {own: (turn, size) for own, turn, size in (s.units() if rung else ())}
    for own, turn, size in t.units() if rung else ():
        image = tuple([permutation[lane] for lane in own])
        key = image if image in sources else image[::-1]
        _require(key in sources, "target lanes {} are not fed by one pair of the source", own)
        fed, its = sources[key] if key is image else (s.minus(sources[key][0]), sources[key][1])
        _require(s.same(turn, fed), "target lanes {} turn unlike source lanes {}", own, image)
        _require(size == its or rung > 2, "magnitudes differ at target lanes {}", own)
    return rung

def _refutation(s: _Side, t: _Side, fails: dict[str, Any], coordinates: list[list[str]]) -> int:
    """Two numbers that the relation makes equal lie in the two stated intervals, which are disjoint."""
    kind, rung = fails["kind"], RUNGS.index(fails["relation"])
    lanes = _lanes(fails.get("lanes", [0, 0]), 2, s.width)
    at = [_token(each, coordinates, s.whole) for each in fails.get("tokens", [])]
    if kind in ("entry", "score"):
        *stated, _, _, _, _ = _fields(fails, "source target tokens lanes kind relation")
        _require(rung < len(at) == (1 if kind == "entry" else 2), f"that {kind} does not refute this relation")
        values = [partial(side.probe, lanes, at) for side in (s, t)]
    elif kind == "trace":  # of G**(power + 1) D: no permutation changes it, and with power -1 no linear map
        position, power, *stated, _, _ = _fields(fails, "position power source target kind relation")
        _require(type(power) is int and -1 <= power <= MAX_POWER, "the power is no small whole number")
        _require(power == -1 or rung < 3, "a weighted trace does not refute pair maps")
        where: Point = {}
        for m, (part, names) in enumerate(zip(position, coordinates, strict=True)):
            where |= _point(m, part, names + ["1"] * (m > 0), s.whole)
        values = [partial(side.trace, power, where) for side in (s, t)]
    else:  # a score of one side that changes between token pairs of equal difference; no rotation has that
        *stated, which, _, _, _, _ = _fields(fails, "first second side tokens lanes kind relation")
        twisted, plain = {"source": (s, t), "target": (t, s)}[which]
        (m, q1), (_, k1), (_, q2), (_, k2) = at
        _require(kind == "not-relative" and {feed for feed, _ in at} == {m}, "unknown kind, or mixed feeds")
        _require(all(plain.rotation(pair) is not None for pair in plain.pairs), "the other side is no rotation either")
        _require(all(k1[key] - q1[key] == k2[key] - q2[key] for key in q1), "unequal steps")
        values = [partial(twisted.probe, lanes, two) for two in (at[:2], at[2:])]
    _require(all(type(interval) is list for interval in stated), "an interval is no list")
    (a, b), (c, d) = ((_decimal(low), _decimal(high)) for low, high in stated)
    _require(a <= b < c <= d or c <= d < a <= b, "the two intervals are not disjoint")
    for digits in PRECISIONS:
        (x, y), (z, w) = ([Fraction(end, 10**digits) for end in value(digits)] for value in values)
        if a <= x and y <= b and c <= z and w <= d:
            return rung
        _require(a <= y and x <= b and c <= w and z <= d, "a stated interval does not contain the value")
    raise Rejected("a stated interval is too narrow to be sure of")

class _Side:
    """One layout under its feeds; a pair is (read lanes, written lanes, the four turns, magnitude)."""
    def __init__(self, layout: Any, feeds: Any, which: str, numbers: _Numbers, put: Any = None) -> None:
        axes, name, pairs, passes, positions, self.width = _fields(layout, "axes name pairs passes positions width")
        proper = type(self.width) is int and 0 < self.width <= MAX_WIDTH and positions in ("integer", "real")
        _require(proper and 0 < len(feeds) <= MAX_NAMES and [type(name), type(passes)] == [str, list], "malformed head")
        self.numbers, self.whole, self.feeds, self.put = numbers, positions == "integer", len(feeds), put or {}
        self.passes, self.maps, self.above = [(r, w) for r, w in passes], [], dict[str, bool]()
        for feed in feeds:
            coordinates, name, *_ = _fields(feed, "coordinates name source target")
            known, _ = _names(coordinates) | {"1"}, _names([name])
            _require(_names(axes) == set(feed[which]), "a feed must give every axis its position, and no other")
            _require(all(known >= set(x) for x in feed[which].values()), "unknown coordinate")
            places = {axis: {c: _rational(v) for c, v in x.items()} for axis, x in feed[which].items()}
            self.maps.append((known, {**places, "1": {"1": Fraction(1)}}))
        self.pairs = [self._pair(pair) for pair in pairs]
        moves = self.passes + [move for pair in self.pairs for move in zip(pair[0], pair[1], strict=True)]
        for end in (0, 1):
            _lanes([move[end] for move in moves], self.width, self.width, distinct=True)
    def _pair(self, pair: Any) -> Pair:
        """`angle` is alpha and beta, `second_angle` gamma and delta, unless the sines have angles of their own."""
        fields = "angle magnitude read second_angle write" + " sine_angle second_sine_angle" * ("sine_angle" in pair)
        angle, size, (a, b), second, (c, d), *sines = _fields(pair, fields)
        _require(sines != [angle, second], "four angles where two say the same")
        alpha, number, own = self._pulled(angle), self.numbers.read(self.put.get(size, size)), self.numbers
        delta = alpha if second is None and not sines else self._pulled(second)
        beta, gamma = map(self._pulled, sines) if sines else (alpha, delta)
        above = self.above[size] = self.above.get(size) or any(own.evaluate(number, n)[0] > 0 for n in PRECISIONS[:2])
        _require(above, "a magnitude is not positive")
        return (a, b), (c, d), [alpha, beta, gamma, delta], number
    def _pulled(self, angle: dict[str, str]) -> Turn:
        parts = {axis: self.numbers.read(self.put.get(text, text)) for axis, text in angle.items()}
        return {(m, c): self.numbers.sum((number, feed[axis].get(c, 0)) for axis, number in parts.items())
                for m, (known, feed) in enumerate(self.maps) for c in known}
    def minus(self, turn: Turn) -> Turn:
        return {key: self.numbers.sum([(value, -1)]) for key, value in turn.items()}
    def _shifted(self, turn: Turn, by: Number, times: int) -> Turn:
        return turn | {key: self.numbers.sum([(v, 1), (by, times)]) for key, v in turn.items() if by and key[1] == "1"}
    def same(self, a: Turn, b: Turn) -> bool:
        """Equal angles; whole turns do not count where positions are whole, nor in a constant."""
        for key in a.keys() | b.keys() if a != b else ():
            rest = self.numbers.sum([(a.get(key, {}), 1), (b.get(key, {}), -1)])
            turns = (self.whole or key[1] == "1") and rest.keys() == {"pi"} and (rest["pi"] / 2).denominator == 1
            if rest and not turns:
                return False
        return True
    def _vanishes(self, turn: Turn) -> bool:  # cos(turn) is 0 everywhere: the angle is half a turn less itself
        return _is_of_pi(turn) and self.same(turn, self._shifted(self.minus(turn), PI, 1))
    def same_cosine(self, a: Turn, b: Turn) -> bool:
        return self.same(a, b) or self.same(a, self.minus(b)) or (self._vanishes(a) and self._vanishes(b))
    def rotation(self, pair: Pair) -> Turn | None:
        """The angle that has the cosines and the sines of all four, feed by feed; None if there is none."""
        if all(turn is pair[2][0] for turn in pair[2]):
            return pair[2][0]
        found: Turn = {}
        for feed in range(self.feeds):
            alpha, beta, gamma, delta = _of_feed(pair, feed)
            for turn in (alpha, self.minus(alpha), beta, self._shifted(self.minus(beta), PI, 1)):
                sine, *sines = (self._shifted(angle, QUARTER, -1) for angle in (turn, beta, gamma))
                same = [self.same_cosine(turn, own) for own in (alpha, delta)]
                if all(same) and all(self.same_cosine(sine, own) for own in sines):
                    found |= turn
                    break
            else:
                return None
        return found
    def units(self) -> Iterator[tuple[Lanes, Turn, Number]]:
        """Lanes, turn and magnitude of what moves as one: single lanes where swapping a pair changes nothing."""
        yield from (((lane,), {}, ONE) for lane, _ in self.passes)
        for pair in self.pairs:
            first = self.rotation(pair)
            _require(first is not None, "lanes {} are no rotation; only 'identical' can hold", pair[0])
            turn = self._shifted(first or {}, (first or {})[0, "1"], -1)
            del turn[0, "1"]  # what all constants share cancels in scores
            alone = _is_of_pi(turn) and self.same(turn, self.minus(turn))
            yield from ((own, turn, pair[3]) for own in ([(lane,) for lane in pair[0]] if alone else [pair[0]]))
    def entries(self, feed: int, lane: int | None = None, without: Container[int] = ()) -> Iterator[Entry]:
        """The kernel's (row, column) to (s, turn), meaning s * cos(turn), of the pair that reads a lane, or of all."""
        yield from (((write, read), (ONE, Turn({(feed, "1"): {}}))) for read, write in self.passes)
        for pair in (pair for i, pair in enumerate(self.pairs) if i not in without and lane in (None, *pair[0])):
            ((a, b), (c, d)), (alpha, beta, gamma, delta) = pair[:2], _of_feed(pair, feed)
            minus_sine, sine = self._shifted(beta, QUARTER, 1), self._shifted(gamma, QUARTER, -1)
            four = (((c, a), alpha), ((c, b), minus_sine), ((d, a), sine), ((d, b), delta))
            yield from ((place, (pair[3], turn)) for place, turn in four if not self._vanishes(turn))
    def probe(self, lanes: list[int], at: list[tuple[int, Point]], digits: int) -> Interval:
        """One token: the kernel's entry at (row, column). Two: the score of one-hot q and k at those lanes."""
        columns = [
            {row: (*entry, point) for (row, column), entry in self.entries(feed, lane) if column == lane}
            for (feed, point), lane in zip(at, lanes[-len(at) :], strict=True)]
        rows = (row for row in columns[0] if row in columns[-1] and (len(at) == 2 or row == lanes[0]))
        return _total(self._value([column[row] for column in columns], 1, digits) for row in rows)
    def trace(self, power: int, where: Point, digits: int) -> Interval:
        """The trace of G**(power + 1) * D(where), with G the squared magnitudes."""
        units = [(own, self._value([(size, turn, where)], 2 * power + 2, digits)) for own, turn, size in self.units()]
        return _total(value for own, value in units for _ in own)
    def _value(self, factors: list[tuple[Number, Turn, Point]], times: int, digits: int) -> Interval:
        """The product of size**times * cos(turn) at the points."""
        own, parts = self.numbers, list[Interval]()
        for size, turn, point in factors:
            angle = own.evaluate(own.sum((frequency, point[key]) for key, frequency in turn.items()), digits)
            parts += [own.cos(angle, digits), *[own.evaluate(size, digits)] * times]
        return own.product(parts, digits)
def _is_of_pi(turn: Turn) -> bool:  # no other angle is half a turn, or a whole one, when it is taken twice
    return all(value.keys() <= PI.keys() for value in turn.values())
def _is_free(pair: Pair, feed: int) -> bool:  # of one angle, not of pi alone: none of its entries vanishes
    turn = _of_feed(pair, feed)[0]
    return all(each is pair[2][0] for each in pair[2]) and not turn[feed, "1"] and not _is_of_pi(turn)
def _of_feed(pair: Pair, feed: int) -> list[Turn]:
    return [{key: value for key, value in turn.items() if key[0] == feed} for turn in pair[2]]

class _Numbers:
    """Numbers as the search writes them and no other way, and their enclosures, within a budget of work: `0`, or terms
    joined by ` + `: a rational times factors joined by `*`, each a whole number, `pi`, `log(NUMBER)`, `(NUMBER)` or a
    stored number, perhaps with `^` and an exponent; terms and factors rise in length, then in the alphabet."""
    def __init__(self, stored: bool = False) -> None:
        self.left, self.texts, self.stored = MAX_WORK, dict[str, Number](), stored
        self.instead: dict[str, str] = {}  # numbers that take the place of stored ones for the moment
        self.known: dict[tuple[Any, ...], Interval] = {}
    def spend(self, units: int) -> None:
        self.left -= units
        _require(self.left >= 0, "checking it takes more work than any certificate needs")
    def read(self, text: Any) -> Number:
        """The number of a text; what might not exist is worked out, so that it does."""
        _require(type(text) is str and len(text) <= MAX_TEXT, "a number is no text, or too long")
        if text not in self.texts:
            _require(self.stored or "{" not in text, f"only {STORED_SCHEMA} has stored numbers")
            self.spend(4 + len(text) // 4)
            terms = [_split(term, "*") for term in _split(text, " + ")] if text != "0" else []
            found = {"*".join(factors): _rational(first) for first, *factors in terms}
            for _, *factors in terms:
                _require(_rise([_powers(factor)[0] for factor in factors]), "factors are out of order")
                for factor in (factor for factor in factors if "(" in factor):
                    self.power(factor, PRECISIONS[0])  # or there is no such number
            rising = len(found) == len(terms) and _rise([*found])
            _require(rising and all(found.values()), "terms are out of order, or one is 0")
            self.texts[text] = found
        return self.texts[text]
    def sum(self, parts: Iterable[tuple[Number, Fraction | int]]) -> Number:
        total: Number = {}
        for number, factor in parts:
            if factor == 1 and not total:
                total |= number  # all there is to do where one axis is one coordinate, as in most angles
                self.spend(2 * len(number))
                continue
            for monomial, coefficient in number.items() if factor else ():
                amount = coefficient if factor == 1 else factor * coefficient
                own = total[monomial] = total[monomial] + amount if monomial in total else amount
                size = own.numerator.bit_length() + own.denominator.bit_length()
                self.spend(2 + (size * size >> 16))
        return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}
    def evaluate(self, number: Number, digits: int) -> Interval:
        terms = [[_ratio(c, digits), *(self.power(f, digits) for f in _split(m, "*") if m)] for m, c in number.items()]
        return _total(self.product(factors, digits) for factors in terms)
    def power(self, text: str, digits: int) -> Interval:  # one factor: the enclosure of its base, raised
        if (text, digits) not in self.known or "{" in text:
            base, exponent = _powers(text)
            if base in self.instead:
                value = self.evaluate(self.read(self.instead[base]), digits)
            elif base[0] == "{":
                value = _ratio(_stored(base)[0], digits)[0], _ratio(_stored(base)[1], digits)[1]
            elif base.endswith(")"):
                value = self.evaluate(self.read(base[base.index("(") + 1 : -1]), digits)
                value = value if base[0] == "(" else self.monotone(Context.ln, value, digits)
            else:
                value = (_pi(digits) - 9, _pi(digits) + 9) if base == "pi" else _ratio(Fraction(base), digits)
            if exponent.denominator > 1:
                logarithm = self.product([self.monotone(Context.ln, value, digits), _ratio(exponent, digits)], digits)
                value = self.monotone(Context.exp, logarithm, digits)
            elif exponent != 1:
                _require(abs(exponent) <= 64 and (exponent > 0 or value[0] > 0 or value[1] < 0), "no such power")
                one = 10 ** (2 * digits)
                part = value if exponent > 0 else (one // value[1], -(-one // value[0]))
                value = self.product([part] * abs(int(exponent)), digits)
            self.known[text, digits] = value
        return self.known[text, digits]
    def chosen(self, choice: dict[str, str], new: dict[str, str]) -> dict[str, str]:
        """`new`, if some choice of the stored numbers makes each number in it equal to the one that it is put for.

        `choice` names reals, which must round as they should. A stored number that it leaves out stands in one of the
        numbers only, which is below the new one with one end put in and above it with the other: it is equal between.
        """
        _require("{" not in "".join([*choice.values(), *new.values()]), "what is put in is open itself")
        for base, text in choice.items():
            (low, high, ends), number = _stored(base), self.read(text)
            tie = ends and bool(_RATIONAL.fullmatch(text)) and Fraction(text) in (low, high)
            inside = (low * 10**n < x and y < high * 10**n for n in PRECISIONS for x, y in [self.evaluate(number, n)])
            _require(tie or any(inside), f"{text} does not round to {base}")
        left: set[str] = set()
        for old, text in new.items():
            number, wanted = self.read(old), self.read(text)
            free = sorted({found[0] for found in _STORED.finditer(old)} - choice.keys())
            _require(len(free) < 2 and left.isdisjoint(free), "a number without a choice stands with another, or twice")
            left.update(free)
            equal = (self._between(number, wanted, choice, free[0], n) for n in PRECISIONS)
            _require(any(equal) if free else self._same(old, text, choice), f"no choice makes {old} equal to {text}")
        return new
    def _between(self, number: Number, wanted: Number, choice: dict[str, str], free: str, digits: int) -> bool:
        ends = []
        for end in _stored(free)[:2]:
            self.instead = {**choice, free: str(end)}
            ends.append(self.evaluate(number, digits))
        self.instead, (low, high), (x, y) = {}, sorted(ends), self.evaluate(wanted, digits)
        return low[1] < x and y < high[0]
    def _same(self, old: str, new: str, choice: dict[str, str]) -> bool:
        """Two products of powers, a choice put in, are equal: so they are once raised until no root is left."""
        exponents: dict[str, Fraction] = {}
        def multiply(text: str, times: Fraction) -> bool:
            ((monomial, coefficient),) = self.read(text).items()
            for base, own in [(str(abs(coefficient)), Fraction(1)), *map(_powers, filter(None, _split(monomial, "*")))]:
                if base in choice:
                    _require("(" not in choice[base], "a choice under a power has a sum or a logarithm in it")
                    multiply(choice[base], times * own)
                else:
                    exponents[base] = exponents.get(base, Fraction(0)) + times * own
            return coefficient > 0
        signs, above, below = [multiply(old, Fraction(1)), multiply(new, Fraction(-1))], 1, 1
        whole = lcm(*(exponent.denominator for exponent in exponents.values()))
        for base, exponent in exponents.items():
            self.spend(4 + (len(base) * abs(int(exponent * whole))) ** 2 // (1 << 20))
            raised = Fraction(base) ** int(exponent * whole) if exponent else Fraction(1)
            above, below = above * raised.numerator, below * raised.denominator
        return above == below and signs[0] == signs[1]
    def product(self, parts: Iterable[Interval], digits: int) -> Interval:
        low = high = 10**digits
        for x in parts:
            ends = (low * x[0], low * x[1], high * x[0], high * x[1])
            low, high = min(ends) // 10**digits, -(-max(ends) // 10**digits)
            _require(max(-low, high) < 10 ** (digits + MAX_DIGITS), "a number is too large")
            self.spend(4 + digits // 16)
        return low, high
    def monotone(self, function: Callable[[Context, Decimal], Decimal], x: Interval, digits: int) -> Interval:
        """ln or exp of both ends, to within two units."""
        if (key := (function, x, digits)) in self.known:
            return self.known[key]
        _require(x[0] > 0 if function is Context.ln else x[1] < 440 * 10**digits, "a root or logarithm out of bounds")
        self.spend(30 + digits * digits // 40)
        extra = max(0, x[1] // 10**digits) if function is Context.exp else 0
        context = Context(prec=digits + 12 + extra, Emin=-99999, Emax=99999)
        low, high = (function(context, Decimal(end).scaleb(-digits, context)).scaleb(digits, context) for end in x)
        return self.known.setdefault(key, (int(low) - 2, int(high) + 2))
    def cos(self, x: Interval, digits: int) -> Interval:
        """cos of the middle by Taylor's series after whole turns are taken off; wider by |sin| * radius and errors."""
        middle, radius = (x[0] + x[1]) // 2, (x[1] - x[0]) // 2 + 1
        guard = 12 + max(0, len(str(abs(middle))) - digits + 63) // 64 * 64
        unit = 10 ** (digits + guard)
        rest, total, term, k = middle * 10**guard % (2 * _pi(digits + guard)), 0, unit, 0
        while term:
            total, term, k = total + term, -(term * rest // unit * rest // unit // ((k + 1) * (k + 2))), k + 2
        self.spend(k * (1 + (digits + guard) // 160))
        total, one = total // 10**guard, 10**digits
        sine = isqrt(max(0, one**2 - max(0, abs(total) - 2) ** 2)) + 1
        radius = min(radius, (radius * sine + radius**2) // one + 1) + 2
        return max(total - radius, -one), min(total + radius, one)
@lru_cache(maxsize=4096)
def _stored(text: str) -> tuple[Fraction, Fraction, bool]:
    """The ends of the reals that a stored number stands for, and whether the ends are among them.

    The positive numbers of a format have places from 1, the least, on; those at even places have even significands.
    """
    found = _STORED.fullmatch(text)
    if found is None or found[1] not in FORMATS:
        raise Rejected("a stored number is malformed")
    (bits, lowest, count), value = FORMATS[found[1]], _rational(found[2])
    units = value / Fraction(2) ** lowest
    shift = max(0, units.numerator.bit_length() - bits)
    place = (shift << bits - 1) + (units.numerator >> shift)
    def number(place: int) -> Fraction:
        shift = max(0, (place >> bits - 1) - 1)
        return Fraction(place - (shift << bits - 1) << shift) * Fraction(2) ** lowest
    first, last = place - int(found[3]), place + int(found[3])
    _require(number(place) == value and 0 < first and last < count << bits - 1, "no such stored number, or neighbour")
    return (number(first - 1) + number(first)) / 2, (number(last) + number(last + 1)) / 2, last % 2 == 0
@lru_cache(maxsize=64)
def _pi(digits: int) -> int:
    """Machin: 16 atan(1/5) - 4 atan(1/239), to within 9 units of 10**-digits."""
    unit, odds = 10 ** (digits + 9), range(1, 4 * digits + 41, 2)
    terms: list[int] = [(2 - k % 4) * f * unit // (k * x**k) for k in odds for f, x in ((16, 5), (-4, 239))]
    return sum(terms) // 10**9
def _split(text: str, separator: str) -> list[str]:  # the parts between separators that stand outside parentheses
    parts, depth = [""], 0
    for piece in text.split(separator):
        parts[-1:] = [parts[-1] + separator + piece] if depth else [parts[-1], piece]
        depth += piece.count("(") - piece.count(")")
    return parts[1:]
def _powers(text: str) -> tuple[str, Fraction]:
    base, hat, exponent = (text, "", "") if text.endswith(")") or "^" not in text else text.rpartition("^")
    _require(exponent not in ("0", "1"), "an exponent that says nothing")
    power = _rational(exponent) if hat else Fraction(1)
    whole = bool(_WHOLE.fullmatch(base)) and base != "1" and (not hat or 0 < power.numerator < power.denominator)
    inner = base.endswith(")") and (base.startswith("log(") or (base[0] == "(" and power < 1))
    _require(whole or inner or base == "pi" or (base[:1] == "{" and bool(_stored(base))), "a factor is malformed")
    return base, power
def _rise(texts: list[str]) -> bool:
    return all((len(one), one) < (len(two), two) for one, two in pairwise(texts))
def _total(parts: Iterable[Interval]) -> Interval:
    ends = list(zip(*parts, strict=True)) or [(0,), (0,)]
    return sum(ends[0]), sum(ends[1])
def _ratio(value: Fraction, digits: int) -> Interval:
    return value.numerator * 10**digits // value.denominator, -(-value.numerator * 10**digits // value.denominator)
def _require(condition: bool, reason: str, *parts: object) -> None:
    if not condition:
        raise Rejected(reason.format(*parts) if parts else reason)
def _fields(value: Any, names: str) -> list[Any]:
    _require(isinstance(value, dict) and value.keys() == {*names.split()}, "expected exactly the fields " + names)
    return [value[name] for name in names.split()]
def _lanes(values: Any, count: int, below: int, distinct: bool = False) -> list[int]:
    proper = type(values) is list and [*map(type, values)] == [int] * count and all(0 <= v < below for v in values)
    _require(proper and len({*values}) >= count * distinct, "not each lane occurs once, or a lane is out of bounds")
    return list(values)
def _names(values: Any) -> set[str]:
    proper = type(values) is list and len(values) <= MAX_NAMES and all(type(v) is str for v in values)
    _require(proper and len({*values, "1"}) == len(values) + 1, "axes or coordinates are not a few distinct names")
    return set(values)
@lru_cache(maxsize=64)
def _rational(text: Any) -> Fraction:
    _require(type(text) is str and bool(_RATIONAL.fullmatch(text)), "a rational is malformed")
    value = Fraction(*map(int, text.split("/")))
    _require(str(value) == text, "a rational is not in lowest terms")
    return value
def _decimal(text: Any) -> Fraction:
    _require(type(text) is str and bool(_DECIMAL.fullmatch(text)) and text != "-0", "a bound is malformed")
    return Fraction(text)
def _token(value: Any, coordinates: list[list[str]], whole: bool) -> tuple[int, Point]:
    feed, position = _fields(value, "feed position")
    return feed, _point(_lanes([feed], 1, len(coordinates))[0], position, coordinates[feed], whole)
def _point(feed: int, position: dict[str, Any], names: list[str], whole: bool) -> Point:
    """The coordinates of one token; its constant counts once unless it is named."""
    given = map(_rational, _fields(position, " ".join(names)))
    found = {"1": Fraction(1), **dict(zip(names, given, strict=True))}
    for name, value in found.items():
        _require(abs(value) < 1 << 63 and (value.denominator == 1 or not (whole or name == "1")), "not a position")
    return {(feed, name): value for name, value in found.items()}
def words(text: str) -> list[str]:  # what an accepted certificate proves, in sentences
    (holds, fails), root = check(text), json.loads(text)
    source, target = root["source"], root["target"]
    kinds = {m.group(1, 3) for side in (source, target) for m in _STORED.finditer(json.dumps(side["pairs"]))}
    names = [json.dumps(each["name"][:200]) for each in (source, target, *root["feeds"])]
    pairs = f"{len(source['pairs'])} and {len(target['pairs'])} pairs"
    return [f"of two layouts of {source['width']} lanes, {pairs}, at {source['positions']} positions:",
            *(f"with numbers stored in {kind}, give or take {n} places of it" for kind, n in sorted(kinds)),
            *([f"'{holds}' holds: {MEANINGS[holds]}"] if holds else []),
            *([f"'{fails}' fails: it is not so that {MEANINGS[fails]}"] if fails else []),
            f"called {names[0]} and {names[1]}, fed {', '.join(names[2:])}; names are not checked, only tables are"]
def main(names: list[str]) -> int:
    """Say of each file what it proves, or why it proves nothing."""
    fine = bool(names)
    print(end="" if names and "--help" not in names else "usage: python3 checker.py CERTIFICATE...\n")
    for name in names:
        try:
            _require(Path(name).is_file() and Path(name).stat().st_size <= MAX_BYTES, "no such file, or too large")
            lines = ["accepted", *words(Path(name).read_bytes().decode())]
        except (OSError, ValueError) as fault:
            fine, lines = False, [f"REJECTED: {fault}"[:400]]
        print(json.dumps(name), *lines, sep="\n  ")
    return 0 if fine else 4
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
