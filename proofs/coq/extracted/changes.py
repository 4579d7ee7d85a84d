"""What a certificate becomes when one of its fields is changed: a little, so that it is still read, or wildly."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from prover import checker

Json = Any
Path = tuple[Any, ...]
ANGLES = ("angle", "second_angle", "sine_angle", "second_sine_angle")
LANES = ("read", "write", "passes", "lanes", "permutation")
ENDS = ("source", "target", "first", "second")
NUMBERS = ["0", "1", "-1", "2", "1/2", "1*pi", "2*pi", "1*2^1/2"]


def finish(body: Json) -> str:
    """The certificate's text, with its digest."""
    body = {key: value for key, value in body.items() if key != "digest"}
    return checker.canonical(body | {"digest": checker.digest(body)})


def places(value: Json, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in children:
        yield from places(each, (*path, key))


def at(root: Json, path: Path) -> Json:
    for step in path:
        root = root[step]
    return root


def put(root: Json, path: Path, value: Json) -> Json:
    found = copy.deepcopy(root)
    at(found, path[:-1])[path[-1]] = value
    return found


def plus(text: str, amount: Fraction, factor: str = "") -> str:
    """A number's text with a rational added to it, or a rational times a factor that it can be the last of."""
    parts = [term.partition("*") for term in checker._split(text, " + ")] if text != "0" else []
    terms = {monomial: Fraction(coefficient) for coefficient, _, monomial in parts}
    terms[factor] = terms.get(factor, Fraction(0)) + amount
    order = sorted((len(monomial), monomial) for monomial, coefficient in terms.items() if coefficient)
    return " + ".join(f"{terms[m]}{'*' * bool(m)}{m}" for _, m in order) or "0"


def near_numbers(text: str, others: list[str]) -> list[str]:
    """By a millionth, by whole turns, with the other sign, and numbers that occur beside it."""
    moved = [plus(text, Fraction(1, 10**6)), plus(text, Fraction(1)),
             *(plus(text, Fraction(half, 2), "pi") for half in (4, -4, 2, 1))]
    terms = checker._split(text, " + ")
    return [*moved, " + ".join(term[1:] if term[0] == "-" else "-" + term for term in terms), *others, *NUMBERS]


def near_rationals(text: str) -> list[str]:
    value, bound = Fraction(text), 1 << 63
    beside = (value + 1, value - 1, -value, value + Fraction(1, 2), value + Fraction(1, 10**6), 2 * value)
    return [str(x) for x in (*beside, 0, 1, bound - 1, bound, -bound)]


def near_decimals(text: str) -> list[str]:
    """One more and one less in each of the first places and the last one, and without the last."""
    value = Fraction(text)
    digits = len(text.partition(".")[2])
    found = []
    for place in {0, 1, 2, digits}:
        for step in (1, -1, 2, -2):
            whole = (value + Fraction(step, 10**place)) * 10 ** max(digits, place)
            found.append(decimal(int(whole), max(digits, place)))
    return [*found, text[1:] if text[0] == "-" else "-" + text]


def decimal(value: int, places_: int) -> str:
    """A whole number of units of 10**-places_, as checker.py reads it."""
    digits = f"{abs(value):0{places_ + 1}}"
    whole, rest = digits[: len(digits) - places_], digits[len(digits) - places_:].rstrip("0")
    return "-" * (value < 0) + whole + ("." + rest) * bool(rest)


def swapped(values: list[Json]) -> list[Json]:
    """With two neighbours exchanged, each two of them."""
    return [[*values[:i], values[i + 1], values[i], *values[i + 2:]] for i in range(len(values) - 1)]


def near(root: Json, path: Path) -> list[Json]:
    """Other values of a field that checker.py can read, by what the field is."""
    value, key, last = at(root, path), path[-1], [step for step in path if isinstance(step, str)][-1]
    width = root["source"]["width"]
    if isinstance(value, list):
        return [*swapped(value), value[::-1], value[:-1], value[1:], [*value, *value[-1:]]]
    if isinstance(value, dict):
        keys = list(value)
        pairs = zip(keys, keys[1:] + keys[:1], strict=True)
        exchanged = [value | {a: value[b], b: value[a]} for a, b in pairs if type(value[a]) is type(value[b])]
        without = [{k: v for k, v in value.items() if k != gone} for gone in keys]
        return [*exchanged, *(without if "angle" in path or "feeds" in path else [])]
    if key == "relation":
        return list(checker.RUNGS)
    if key in ("positions", "side"):
        return ["integer", "real"] if key == "positions" else ["source", "target"]
    if type(value) is int:
        powers = [-2, -1, 0, 1, 8, 9] if key == "power" else [len(root["feeds"])]
        return [value + 1, value - 1, *([0, width - 1, width] if last in LANES else powers)]
    if value is None:
        own = at(root, path[:-1])
        identity = [{"relation": rung, "permutation": list(range(width))} for rung in checker.RUNGS]
        if key == "second_angle":
            return [own["angle"]]
        return identity if key == "holds" and root["schema"] == checker.SCHEMA else []
    if not isinstance(value, str) or "{" in value:
        return []
    if key == "magnitude" or any(name in path for name in ANGLES):
        side = root[path[0]]["pairs"]
        others = [text for pair in side[:3] for text in [pair["magnitude"], *pair["angle"].values()] if "{" not in text]
        return list(near_numbers(value, others))
    if path[0] == "fails" and path[1] in ENDS:
        return list(near_decimals(value))
    if (path[0] == "feeds" and len(path) == 5) or "position" in path:
        return list(near_rationals(value))
    return []


def wild(value: Json) -> list[Json]:
    """Other values of a field, whatever it is: most of them cannot be read."""
    if value is None:
        return [{}, [], "0"]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, bool(value), str(value), None, 10**9]
    if isinstance(value, str):
        last = re.sub(r"\d(?=\D*\Z)", lambda digit: str((int(digit[0]) + 1) % 10), value)
        longer = ["-" + value, value + "0", "1" + value, value + " + 1/7", value + " + 2*pi"]
        return [*longer, last, value[1:], "", "0", "1", "2*pi", "linear", None, [value], 1]
    if isinstance(value, list):
        return [value[:-1], value[1:], value[::-1], [*value, *value[-1:]], [], {}, None]
    without = [{k: v for k, v in value.items() if k != key} for key in value]
    return [*without, value | {"zz": "1"}, value | {"1": "1"}, {}, [], None]


def chosen(rand: random.Random, values: list[Json], own: Json, count: int) -> list[Json]:
    """So many different ones, none of them the field's own."""
    texts = {json.dumps(value, sort_keys=True): value for value in values}
    texts.pop(json.dumps(own, sort_keys=True), None)
    return rand.sample(list(texts.values()), min(count, len(texts)))


def changes(rand: random.Random, root: Json, few: int, far: int) -> Iterator[str]:
    """Every field, so many near values and so many wild ones; then what is not in canonical form."""
    for path in places(root):
        if path != ("digest",):
            own = at(root, path)
            others = chosen(rand, wild(own), own, 1 if path[-1] == "name" else far)
            yield from (finish(put(root, path, value)) for value in chosen(rand, near(root, path), own, few) + others)
    yield from (finish(root | {"zz": None}), json.dumps(root), checker.canonical(root | {"digest": "sha256:0"}))


def some_changes(rand: random.Random, root: Json, count: int) -> Iterator[str]:
    """So many near changes, each of a field drawn at random among those that have one."""
    paths = [path for path in places(root) if path != ("digest",)]
    for path in rand.sample(paths, min(len(paths), 3 * count)):
        for value in chosen(rand, near(root, path), at(root, path), 1):
            if count:
                count -= 1
                yield finish(put(root, path, value))
