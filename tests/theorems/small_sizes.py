"""What a theorem states, tried at small parameters with exact numbers; nothing of the package is used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, total_ordering
from itertools import product
from math import ceil, floor
from types import CodeType
from typing import Any

JSON = Any


class Unjudged(Exception):
    """It needs a sum of roots, or a logarithm that is not 0."""


@total_ordering
@dataclass(frozen=True)
class Number:
    """A rational times powers of primes with exponents between 0 and 1."""

    rational: Fraction
    roots: tuple[tuple[int, Fraction], ...] = ()

    def _plain(self) -> Fraction:
        if self.roots:
            raise Unjudged("a sum of roots")
        return self.rational

    def __add__(self, other: Number) -> Number:
        if not self.rational or not other.rational:
            return other if not self.rational else self
        return Number(self._plain() + other._plain())

    def __sub__(self, other: Number) -> Number:
        return self + -other

    def __neg__(self) -> Number:
        return Number(-self.rational, self.roots)

    def __pos__(self) -> Number:
        return self

    def __mul__(self, other: Number) -> Number:
        if not self.rational or not other.rational:
            return Number(Fraction(0))
        powers = Counter(dict(self.roots))
        for prime, exponent in other.roots:
            powers[prime] += exponent  # type: ignore[assignment]
        return _normal(self.rational * other.rational, dict(powers))

    def __truediv__(self, other: Number) -> Number:
        return self * _normal(1 / other.rational, {p: -e for p, e in other.roots})

    def __floordiv__(self, other: Number) -> Number:
        return Number(Fraction(self._plain() // other._plain()))

    def __mod__(self, other: Number) -> Number:
        return Number(self._plain() % other._plain())

    def __pow__(self, other: Number) -> Number:
        exponent = other._plain()
        if exponent.denominator == 1 and not self.roots:
            return Number(self.rational**exponent.numerator)
        if self.rational <= 0:
            raise ArithmeticError("a root of what is not positive")
        powers = {p: e * exponent for p, e in self.roots}
        for whole, sign in ((self.rational.numerator, 1), (self.rational.denominator, -1)):
            for prime in _primes(whole):
                powers[prime] = powers.get(prime, Fraction(0)) + sign * exponent
        return _normal(Fraction(1), powers)

    def __lt__(self, other: Number) -> bool:
        return self._plain() < other._plain()

    def __bool__(self) -> bool:
        return bool(self.rational)

    def __floor__(self) -> Number:
        return Number(Fraction(floor(self._plain())))

    def __ceil__(self) -> Number:
        return Number(Fraction(ceil(self._plain())))

    def __abs__(self) -> Number:
        return Number(abs(self.rational), self.roots)

    def __index__(self) -> int:
        if self._plain().denominator != 1 or self.rational < 0:
            raise IndexError("no whole index")
        return int(self.rational)


def _primes(whole: int) -> Iterator[int]:
    p = 2
    while whole > 1:
        while whole % p == 0:
            yield p
            whole //= p
        p += 1


def _normal(rational: Fraction, powers: dict[int, Fraction]) -> Number:
    for prime, exponent in powers.items():
        rational *= Fraction(prime) ** floor(exponent)
    return Number(rational, tuple(sorted((p, e % 1) for p, e in powers.items() if e % 1)))


def log(x: Number) -> Number:
    if x != ONE:
        raise Unjudged
    return ZERO


ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
MOST_PAIRS = 100
_LITERAL = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
FUNCTIONS = {
    "floor": lambda x: x.__floor__(),
    "ceil": lambda x: x.__ceil__(),
    "abs": abs,
    "min": min,
    "max": max,
    "sum": lambda xs: sum(xs, ZERO),
    "len": lambda xs: Number(Fraction(len(xs))),
    "log": log,
    "sqrt": lambda x: x ** Number(Fraction(1, 2)),
    "N": lambda x: Number(Fraction(x)),
}


class Names(dict[str, Any]):
    """Names whose values are worked out when they are asked for."""

    def __missing__(self, name: str) -> Any:
        return self["?"](name)


def value(text: str, names: Callable[[str], Any]) -> Any:
    return eval(_code(text), {"__builtins__": {}}, Names({"?": names, **FUNCTIONS}))


@cache
def _code(text: str) -> CodeType:
    return compile(_LITERAL.sub(r'N("\1")', re.sub(r"\s", " ", text).strip()), "expression", "eval")


class Side:
    """One layout at given parameters."""

    def __init__(self, layout: JSON, variables: dict[str, Any]) -> None:
        self.layout, self.variables = layout, variables
        self.own = {each["name"]: each for each in layout["parameters"]}
        self.let = dict(layout["let"])
        self.carried: list[dict[str, Number]] = []

    def parameter(self, name: str) -> Any:
        own = self.own[name]
        if own["value"] is None:
            return self.variables[name]

        def inner(other: str) -> Any:
            return self.parameter(other) if other in self.own and other != name else self.variables[other]

        if own["entries"] is None:
            return value(own["value"], inner)
        return [value(text, inner) for text in own["value"]]

    def names(self, j: int | None, axes: dict[str, Number]) -> Callable[[str], Any]:
        def name(own: str) -> Any:
            if own == "j" and j is not None:
                return Number(Fraction(j))
            if own == "axes":
                return [axes[axis] for axis in self.layout["axes"]]
            if own in axes:
                return axes[own]
            if own in self.let:
                return value(self.let[own], name)
            if own in (state[0] for state in self.layout["states"]):
                return self.state(j or 0)[own]
            return self.parameter(own)

        return name

    def state(self, j: int) -> dict[str, Number]:
        while len(self.carried) <= j:
            k = len(self.carried)
            names = self.names(k - 1 if k else 0, {})
            self.carried.append({n: value(step if k else first, names) for n, first, step in self.layout["states"]})
        return self.carried[j]

    def allowed(self) -> bool:
        names = self.names(None, {})
        for own in self.own.values():
            found = self.parameter(own["name"])
            each = found if own["entries"] is not None else [found]
            if own["whole"] and any(x.roots or x.rational.denominator != 1 for x in each):
                return False
        texts = [own["require"] for own in self.own.values() if own["require"]] + self.layout["require"]
        return all(value(text, names) for text in texts)

    def pairs(self, feeds: JSON) -> list[tuple[tuple[int, ...], dict[Any, Number], dict[Any, Number], Number]]:
        """Lanes, what the cosine and the sine turn with, magnitude."""
        plain, texts = self.names(None, {}), self.layout["pairs"]
        found = []
        count = value(texts["count"], plain).__index__()
        if count > MOST_PAIRS:
            raise Unjudged
        for j in range(count):
            lanes = tuple(
                value(texts[key], self.names(j, {})).__index__()
                for key in ("first", "second", "write_first", "write_second")
            )
            turns = [self.turn(text, j, feeds) for text in (texts["angle"], texts.get("sine_angle", texts["angle"]))]
            found.append((lanes, turns[0], turns[1], value(texts["magnitude"], self.names(j, {}))))
        for k in (0, 2):
            flat = [lane for lanes, *_ in found for lane in lanes[k : k + 2]]
            assert len(set(flat)) == len(flat)
            assert set(flat) <= set(range(value(self.layout["width"], plain).__index__()))
        return found

    def turn(self, text: str, j: int, feeds: JSON) -> dict[Any, Number]:
        axes = self.layout["axes"]
        none = dict.fromkeys(axes, ZERO)
        constant = value(text, self.names(j, none))
        turn = {}
        for m, feed in enumerate(feeds):
            for c in [*feed["coordinates"], "1"]:
                total = constant if c == "1" else ZERO
                for axis in axes:
                    own = value(text, self.names(j, {**none, axis: ONE})) - constant
                    total = total + own * Number(Fraction(feed[self.side][axis].get(c, "0")))
                if total:
                    turn[m, c] = total
        return turn

    @property
    def side(self) -> str:
        return str(self.layout["side"])


def opposite(turn: dict[Any, Number]) -> dict[Any, Number]:
    return {key: -own for key, own in turn.items()}


def shown(turn: dict[Any, Number]) -> str:
    return repr(sorted((key, str(x.rational), x.roots) for key, x in turn.items()))


def kernel(side: Side, width: int, feeds: JSON) -> list[dict[Any, Any]]:
    """Feed by feed, the entries of the kernel, each in a form that equal entries share."""
    found = []
    for m in range(len(feeds)):
        pairs = [
            (lanes, *({k: v for k, v in t.items() if k[0] == m} for t in (turn, sine)), size)
            for lanes, turn, sine, size in side.pairs(feeds)
        ]
        read = {lane for lanes, *_ in pairs for lane in lanes[:2]}
        entries: dict[Any, Any] = {(lane, lane): ("cos", ONE, shown({})) for lane in range(width) if lane not in read}
        for (a, b, c, d), turn, sine, size in pairs:
            cosine = ("cos", size, min(shown(turn), shown(opposite(turn))))
            entries[c, a] = entries[d, b] = cosine
            if sine:
                entries[c, b] = ("sin", size, shown(opposite(sine)))
                entries[d, a] = ("sin", size, shown(sine))
        found.append(entries)
    return found


def classes(side: Side, feeds: JSON) -> Counter[str]:
    """How many pairs turn with each vector, up to its sign; constants aside."""
    found: Counter[str] = Counter()
    for _, turn, sine, _ in side.pairs(feeds):
        assert turn == sine
        own = {key: x for key, x in turn.items() if key[1] != "1"}
        if own:
            found[min(shown(own), shown(opposite(own)))] += 1
    return found


def related(relation: str, root: JSON, sides: list[Side], width: int, outer: Callable[[str], Any]) -> bool:
    """The relation holds, a permutation being the one of the evidence."""
    feeds = root["feeds"]
    if relation == "identical":
        return kernel(sides[0], width, feeds) == kernel(sides[1], width, feeds)
    if relation == "linear" or relation == "pair-map":
        return classes(sides[0], feeds) == classes(sides[1], feeds)
    rows = list(range(width))
    if relation == "permutation":

        def row(lane: int) -> Any:
            names = lambda name: Number(Fraction(lane)) if name == "lane" else outer(name)  # noqa: E731
            return value(root["evidence"]["permutation"], names)

        rows = [row(lane).__index__() for lane in range(width)]
        if sorted(rows) != list(range(width)):
            return False
    found = []
    for k, side in enumerate(sides):
        own = {}
        for (a, b, *_), turn, _, size in side.pairs(feeds):
            ends = (rows[a], rows[b]) if k else (a, b)
            plain = {key: x for key, x in turn.items() if key[1] != "1" or len(feeds) > 1}
            if plain or size != ONE:
                turned = plain if ends[0] < ends[1] else opposite(plain)
                own[tuple(sorted(ends))] = (shown(turned), size)
        found.append(own)
    return found[0] == found[1]


CHOICES = {True: ["1", "2", "3", "4", "6", "8", "10", "0", "-1"], False: ["2", "3", "4", "1/2", "1", "0", "-2"]}


def false_at(root: JSON, most: int = 400, choices: JSON = CHOICES) -> dict[str, Any] | None:
    """Parameters at which the statement fails, among the first `most` that are allowed; None if there are none."""
    names = [each["name"] for each in root["variables"]]
    there = root["evidence"]["points"]["fails"] if root["answer"]["scope"] == "not-always" else None
    ranges: list[Any] = []
    for each in root["variables"]:
        if there is not None:
            ranges.append([there[each["name"]]])  # nothing is stated of others
            continue
        own = choices[each["whole"]]
        ranges.append(own if each["entries"] is None else list(product(["0", "1", "2", "3"], repeat=each["entries"])))
    tried = 0
    for point in product(*sorted(ranges, key=len)):
        order = sorted(range(len(ranges)), key=lambda k: len(ranges[k]))
        at = {names[k]: x for k, x in zip(order, point, strict=True)}
        variables = {
            name: Number(Fraction(x)) if isinstance(x, str) else [Number(Fraction(y)) for y in x]
            for name, x in at.items()
        }
        sides = [Side({**root[side], "side": side}, variables) for side in ("source", "target")]

        def outer(name: str, sides: list[Side] = sides, variables: dict[str, Any] = variables) -> Any:
            if name in variables:
                return variables[name]
            return next(side.parameter(name) for side in sides if name in side.own)

        try:
            if not all(side.allowed() for side in sides) or not all(value(text, outer) for text in root["where"]):
                continue
        except (ArithmeticError, IndexError):
            continue  # a requirement without a value is not met
        tried += 1
        widths = {value(side.layout["width"], side.names(None, {})).__index__() for side in sides}
        if len(widths) > 1:
            return at
        answer, (width,) = root["answer"], widths
        holds = answer["relation"] is not None and all(value(text, outer) for text in answer["condition"])
        wanted = answer["relation"] if holds else answer["elsewhere"]
        if holds is not related(wanted, root, sides, width, outer):
            return at
        if tried >= most:
            break
    assert tried
    return None
