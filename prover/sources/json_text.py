"""JSON from strangers: read whole and strictly, decimals exactly."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from typing import Any

from prover.errors import InputError

MAX_BYTES = 1 << 22
MAX_DEPTH = 32
MAX_DIGITS = 60
MAX_EXPONENT = 60
# Numbers that JSON does not have and Python writes; they are read as texts.
CONSTANTS = ("NaN", "Infinity", "-Infinity")

Json = None | bool | int | Fraction | str | list[Any] | dict[str, Any]


def parse_json_object(text: str, where: str) -> dict[str, Any]:
    """The object that a text from `where` is; whole numbers are int, decimals Fraction. Raises InputError.

    NaN and Infinity, which Python writes into configs, come as texts, so that no number is made of them. A key that
    stands twice, numbers of more than 60 digits and nesting deeper than 32 are refused.
    """
    try:
        found = json.loads(
            text, parse_float=_decimal, parse_int=_whole, parse_constant=str, object_pairs_hook=_object
        )
    except json.JSONDecodeError as fault:
        if not text.strip():
            raise InputError("is empty", where=where) from None
        if text.startswith("version https://git-lfs"):
            raise InputError("is a Git LFS pointer, not the file", where=where, advice="Run git lfs pull") from None
        place = f"{where}, line {fault.lineno}, column {fault.colno}"
        raise InputError(f"is not JSON: {fault.msg}", where=place) from None
    except RecursionError:
        raise InputError(f"is nested deeper than {MAX_DEPTH}", where=where) from None
    except InputError as fault:
        raise fault.inside(where) from None
    if not isinstance(found, dict):
        raise InputError(f"holds {kind_of(found)} at the top, expected an object", where=where,
                         advice="Give the config.json of a model")
    if _depth(found) > MAX_DEPTH:
        raise InputError(f"is nested deeper than {MAX_DEPTH}", where=where)
    return found


def kind_of(value: Json) -> str:
    """What a value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Fraction):
        return "a number"
    return {str: "a text", list: "a list", dict: "an object"}[type(value)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise InputError(f"key '{twice[:60]}' stands twice in one object", advice="Which of the two is meant?")
    return found


def _whole(text: str) -> int:
    _bound(text)
    return int(text)


def _decimal(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    _bound(mantissa)
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > MAX_EXPONENT):
        raise InputError(f"number {text[:40]} is out of bounds")
    return Fraction(text)


def _bound(text: str) -> None:
    if len(text) > MAX_DIGITS:
        raise InputError(f"a number has more than {MAX_DIGITS} digits: {text[:20]}...")


def _depth(value: Json) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner for each in level if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return deepest
