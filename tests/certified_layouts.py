"""Theorem certificates worked out without the package: their texts are Python expressions, which Python evaluates.

Whole numbers and fractions stay exact until a power needs floats. The pairs of a layout come out as lanes, what each
turns by for a step on every axis, and magnitude.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import CodeType
from typing import Any

JSON = dict[str, Any]
CLOSE = 1e-9
_FUNCTIONS = {"floor": math.floor, "ceil": math.ceil, "min": min, "max": max, "abs": abs, "sqrt": math.sqrt,
              "log": math.log, "sum": sum, "len": len, "pi": math.pi}


@dataclass(frozen=True)
class Turned:
    """A pair: lanes read and written, angle and sine's angle by axis, magnitude."""

    lanes: tuple[int, int, int, int]
    angle: Mapping[str, float]
    sine: Mapping[str, float]
    magnitude: float


class Entries(list[Any]):
    """A list whose indices may be fractions that are whole."""

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(int(index))


@cache
def _code(text: str) -> CodeType:
    return compile(re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"Q(\1)", text), "certificate", "eval")


def value(text: str, names: Mapping[str, Any]) -> Any:
    """What Python makes of a text; `names` may work out what they stand for."""
    return eval(_code(text), {"__builtins__": {}, "Q": Fraction, **_FUNCTIONS}, names)


def point_of(stated: JSON) -> dict[str, Any]:
    """Numbers of a point as texts."""
    return {name: Entries(map(Fraction, v)) if isinstance(v, list) else Fraction(v) for name, v in stated.items()}


class Names(Mapping[str, Any]):
    """What names mean in a layout at a point, each worked out when it is asked for."""

    def __init__(self, layout: JSON, point: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self.known = dict(known)
        self.point = point
        self.parameters = {each["name"]: each for each in layout["parameters"]}
        self.lets = dict(layout["let"])

    def __getitem__(self, name: str) -> Any:
        if name in self.known:
            return self.known[name]
        if name in self.lets:
            return value(self.lets[name], self)
        if name not in self.parameters:
            raise KeyError(name)
        text = self.parameters[name]["value"]
        if text is None:
            return self.point[name]
        # In a value the variables come first.
        outer = _Both(self.point, self)
        return Entries(value(each, outer) for each in text) if isinstance(text, list) else value(text, outer)

    def __iter__(self) -> Iterator[str]:
        return iter({*self.known, *self.lets, *self.parameters})

    def __len__(self) -> int:
        return len(list(iter(self)))


class _Both(Names):
    def __init__(self, first: Mapping[str, Any], second: Names) -> None:
        self.first, self.second = first, second

    def __getitem__(self, name: str) -> Any:
        return self.first[name] if name in self.first else self.second[name]


def worked_out(layout: JSON, point: Mapping[str, Any]) -> tuple[int, list[Turned], list[dict[str, Any]]]:
    """Width, pairs, and what is carried at every pair."""
    names = Names(layout, point, {})
    pairs, carried, found = [], list[dict[str, Any]](), layout["pairs"]
    for j in range(int(value(found["count"], names))):
        before = carried[-1] if carried else {}
        # The step to a pair is worked out with what was carried at the pair before, and its index.
        here = Names(layout, point, {**before, "j": Fraction(j - 1 if j else 0)})
        carried.append({state: value(step if j else first, here) for state, first, step in layout["states"]})
        lanes = [int(value(found[key], Names(layout, point, {**carried[-1], "j": Fraction(j)})))
                 for key in ("first", "second", "write_first", "write_second")]
        turns = []
        for key in ("angle", "sine_angle"):
            turn = {}
            for axis in layout["axes"]:
                at = {each: Fraction(each == axis) for each in layout["axes"]}
                own = {**carried[-1], **at, "axes": Entries(at.values()), "j": Fraction(j)}
                turn[axis] = float(value(found.get(key, found["angle"]), Names(layout, point, own)))
            turns.append(turn)
        size = value(found["magnitude"], Names(layout, point, {**carried[-1], "j": Fraction(j)}))
        pairs.append(Turned((lanes[0], lanes[1], lanes[2], lanes[3]), turns[0], turns[1], float(size)))
    return int(value(layout["width"], names)), pairs, carried


def pulled(turn: Mapping[str, float], feed: JSON, side: str) -> dict[str, float]:
    """What a turn is by the coordinates of a feed."""
    found = dict.fromkeys(feed["coordinates"], 0.0)
    for axis, size in turn.items():
        for coordinate, factor in feed[side][axis].items():
            found[coordinate] = found.get(coordinate, 0.0) + float(Fraction(factor)) * size
    return found


def alike(one: Mapping[str, float], other: Mapping[str, float], sign: int = 1) -> bool:
    """Whether two turns are the same, within rounding."""
    return all(math.isclose(one.get(c, 0), sign * other.get(c, 0), rel_tol=CLOSE, abs_tol=1e-300)
               for c in one.keys() | other.keys())
