"""A certificate as a line for the extracted checker, and what it asks for.

`Outside` is what the Coq definition does not speak of: JSON, the names of fields, axes and coordinates, the syntax of
numbers, limits of size, the digest, and the choice of stored numbers. Numbers come from the Python checker's reader,
enclosures of factors and cosines from its arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from prover import checker

Json = Any
MAX_LANES = 1 << 17
KINDS = ("entry", "score", "trace", "not-relative")


class Outside(Exception):
    """The certificate cannot be put to the extracted checker; says which of its parts is none of the model's."""


def binary(value: int) -> str:
    return f"-{-value:b}" if value < 0 else f"{value:b}"


def rational(value: Fraction) -> str:
    return f"{binary(value.numerator)} {binary(value.denominator)}"


def whole(value: Json) -> str:
    if type(value) is not int or not 0 <= value <= MAX_LANES:
        raise Outside("a lane, width or feed is no whole number within the limit")
    return str(value)


def many(parts: list[str]) -> str:
    return " ".join([str(len(parts)), *parts])


class Lines:
    """One certificate on its way to a line; keeps the names of factors."""

    def __init__(self, root: Json) -> None:
        self.root = root
        self.numbers = checker._Numbers(root["schema"] == checker.STORED_SCHEMA)
        self.factors = {"pi": 1}

    def number(self, text: Json) -> str:
        terms = []
        for monomial, coefficient in self.numbers.read(text).items():
            names = checker._split(monomial, "*") if monomial else []
            ids = [self.factors.setdefault(name, len(self.factors) + 1) for name in names]
            terms.append(f"{many([binary(i) for i in ids])} {rational(coefficient)}")
        return many(terms)

    def table(self, side: str, put: dict[str, str]) -> str:
        names = "axes name pairs passes positions width"
        axes, name, pairs, passes, positions, width = checker._fields(self.root[side], names)
        known = checker._names(axes)
        if positions not in ("integer", "real") or type(name) is not str or type(passes) is not list or width == 0:
            raise Outside("a head is malformed")
        forms = []
        for feed in self.root["feeds"]:
            form = feed[side]
            if set(form) != known or any(set(x) - set(feed["coordinates"]) - {"1"} for x in form.values()):
                raise Outside("names of axes or coordinates do not fit")
            if "1" in known:
                raise Outside("an axis is named as the constant is")
            forms.append(many([
                many([rational(checker._rational(form[axis].get(c, "0"))) for c in ["1", *feed["coordinates"]]])
                for axis in axes]))

        def written(angle: Json) -> str:
            places = {"1": 0} | {axis: i + 1 for i, axis in enumerate(axes)}
            return many([f"{places.get(axis, len(places))} {self.number(put.get(text, text))}" for axis, text in angle.items()])

        def pair(value: Json) -> str:
            fields = "angle magnitude read second_angle write" + " sine_angle second_sine_angle" * ("sine_angle" in value)
            angle, size, (a, b), second, (c, d), *sines = checker._fields(value, fields)
            if sines == [angle, second]:
                raise Outside("four angles where two say the same")
            delta = angle if second is None and not sines else second
            beta, gamma = sines or (angle, delta)
            angles = [written(each) for each in (angle, beta, gamma, delta)]
            return " ".join([*map(whole, (a, b, c, d)), *angles, self.number(put.get(size, size))])

        moves = many([f"{whole(read)} {whole(write)}" for read, write in passes])
        return " ".join([whole(width), str(int(positions == "integer")), moves, many([pair(p) for p in pairs]), many(forms)])

    def spot(self, value: Json) -> str:
        feed, position = checker._fields(value, "feed position")
        number = whole(feed)
        feeds = self.root["feeds"]
        names = feeds[feed]["coordinates"] if feed < len(feeds) else list(position)
        return f"{number} {many([self.coordinate(x) for x in checker._fields(position, ' '.join(names))])}"

    def coordinate(self, text: Json) -> str:
        value = checker._rational(text)
        if abs(value) >= 1 << 63:
            raise Outside("a position is past the limit")
        return rational(value)

    def evidence(self, fails: Json) -> str:
        kind = fails["kind"]
        if kind not in KINDS:
            raise Outside("unknown kind of evidence")

        def bounds(pair: Json) -> str:
            if type(pair) is not list or len(pair) != 2:
                raise Outside("an interval is no list of two")
            return " ".join(rational(checker._decimal(end)) for end in pair)

        def lanes(value: Json) -> str:
            if type(value) is not list or len(value) != 2:
                raise Outside("not two lanes")
            return " ".join(map(whole, value))

        if kind == "trace":
            position, power, one, two, _, _ = checker._fields(fails, "position power source target kind relation")
            if type(power) is not int:
                raise Outside("a power is no whole number")
            element = []
            if len(position) > len(self.root["feeds"]):
                raise Outside("more parts of an element than feeds")
            for m, part in enumerate(position):
                names = self.root["feeds"][m]["coordinates"]
                values = checker._fields(part, " ".join([*names, *["1"] * (m > 0)]))
                count = self.coordinate(values.pop() if m else "1")
                element.append(f"{count} {many([self.coordinate(x) for x in values])}")
            return " ".join([kind, binary(power), many(element), bounds(one), bounds(two)])
        if kind == "not-relative":
            one, two, which, tokens, at, _, _ = checker._fields(fails, "first second side tokens lanes kind relation")
            if which not in ("source", "target"):
                raise Outside("no such side")
            start = [kind, str(int(which == "source"))]
        else:
            one, two, tokens, at, _, _ = checker._fields(fails, "source target tokens lanes kind relation")
            start = [kind]
        return " ".join([*start, lanes(at), many([self.spot(x) for x in tokens]), bounds(one), bounds(two)])

    def line(self) -> str:
        root, stored = self.root, self.numbers.stored
        _, fails, feeds, holds, _, _, _ = checker._fields(root, "digest fails feeds holds schema source target")
        for feed in feeds:
            coordinates, name, _, _ = checker._fields(feed, "coordinates name source target")
            checker._names(coordinates), checker._names([name])
        if not 0 < len(feeds) <= checker.MAX_NAMES:
            raise Outside("no feeds, or more than the limit")
        plain = [self.table(side, {}) for side in ("source", "target")]
        witness, chosen = "0", plain
        if holds is not None:
            permutation, relation, *choice = checker._fields(holds, "permutation relation" + " choice numbers" * stored)
            if type(permutation) is not list:
                raise Outside("a permutation is no list")
            put = self.numbers.chosen(*choice) if stored else {}
            chosen = [self.table(side, put) for side in ("source", "target")]
            witness = f"1 {checker.RUNGS.index(relation)} {many([whole(lane) for lane in permutation])}"
        refutation = "0" if fails is None else f"1 {checker.RUNGS.index(fails['relation'])} {self.evidence(fails)}"
        coordinates = many([str(len(feed["coordinates"])) for feed in feeds])
        return " ".join([coordinates, *plain, *chosen, witness, refutation])


def line_of(text: str) -> tuple[str, Callable[[str], str]]:
    """The line of a certificate, and what answers its questions; raises Outside."""
    try:
        root = json.loads(text, parse_float=str, parse_constant=str)
        if text != checker.canonical(root) or root["digest"] != checker.digest(root):
            raise Outside("not in canonical form, or another digest")
        if root["schema"] not in (checker.SCHEMA, checker.STORED_SCHEMA):
            raise Outside("another schema")
        own = Lines(root)
        line = own.line()
    except checker.Rejected as fault:
        raise Outside(f"read as: {fault}") from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as fault:
        raise Outside(f"another form: {type(fault).__name__}") from None
    names = {number: name for name, number in own.factors.items()}

    def answer(question: str) -> str:
        kind, digits, *rest = question.split(" ")
        try:
            if kind == "factor":
                low, high = own.numbers.power(names[int(rest[0], 2)], int(digits, 2))
            else:
                low, high = own.numbers.cos((int(rest[0], 2), int(rest[1], 2)), int(digits, 2))
        except (checker.Rejected, ArithmeticError):
            return "none"
        return f"{binary(low)} {binary(high)}"

    return line, answer
