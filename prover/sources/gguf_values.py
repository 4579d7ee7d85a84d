"""Values of GGUF keys as texts print them: the loader's log, and the dumps of gguf-py."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from prover.errors import InputError
from prover.sources.gguf_types import whole_range
from prover.sources.metadata import UNTOLD, Scalar, Stored
from prover.sources.printed import DECIMAL, MAX_DIGITS, NO_NUMBERS, nearest, read_decimal, read_shortest

ELLIPSIS = "..."
LONG_TEXT = 30
MAX_ELEMENTS = 1 << 13
MAX_COUNT = 1 << 40
MAX_SHOWN = 1 << 8

ReadFloat = Callable[[str, str], Stored]


def read_scalar(kind: str, text: str, read_float: ReadFloat) -> Stored:
    """One value. Raises InputError for what is not of the kind."""
    if kind == "str":
        is_cut = text.endswith(ELLIPSIS) and len(text.encode()) >= LONG_TEXT
        return Stored(kind, text, UNTOLD if is_cut else 0)
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise InputError(f"expected true or false, got {text[:40]!r}")
        return Stored(kind, text.lower() == "true")
    if kind in ("f32", "f64"):
        return read_float(text, kind)
    least, most = whole_range(kind)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20 and least <= int(text) <= most):
        raise InputError(f"expected a whole number of type {kind}, got {text[:40]!r}")
    return Stored(kind, int(text))


def read_array(kind: str, count: int, text: str | None, read_float: ReadFloat) -> Stored:
    """An array of `count` elements as far as a text lists it; texts are not kept. Raises InputError.

    The last element before a cut may be half of it, and is left out.
    """
    if count > MAX_COUNT:
        raise InputError(f"is said to have {count} elements")
    if kind == "str" or text is None:
        return Stored(kind, (), count)
    if not text.startswith("[") or len(text) > MAX_SHOWN:
        raise InputError(f"expected a short list in brackets, got {text[:40]!r}")
    is_cut = not text.endswith("]") or text.endswith((f"{ELLIPSIS} ]", f"{ELLIPSIS}]"))
    inside = text[1:].removesuffix("]").strip().removesuffix(ELLIPSIS)
    items = [item.strip() for item in inside.split(", ")]
    if is_cut or items == [""]:
        items.pop()
    if len(items) > min(count, MAX_ELEMENTS) or (not is_cut and len(items) != count):
        raise InputError(f"lists {len(items)} elements, and is said to have {count}")
    found = [read_scalar(kind, item, read_float) for item in items]
    values: list[Scalar] = [each.value for each in found if not isinstance(each.value, tuple)]
    return Stored(kind, tuple(values), count - len(values), any(each.is_rounded for each in found))


def read_json_value(kind: str, value: object) -> Stored:
    """A value of a dump in JSON, whose decimals are Fractions and whose NaN is text. Raises InputError.

    A number without a type, also as text, is the decimal that is printed, and as rounded as this may be.
    """
    if isinstance(value, list):
        if kind == "str" or all(isinstance(each, str) for each in value) or len(value) > MAX_ELEMENTS:
            return Stored(kind, (), len(value))
        found = [read_json_value(kind, each) for each in value]
        if any(isinstance(each.value, tuple) for each in found):
            raise InputError("is a list of lists, expected numbers")
        values: list[Scalar] = [each.value for each in found if not isinstance(each.value, tuple)]
        return Stored(kind, tuple(values), 0, any(each.is_rounded for each in found))
    if not isinstance(value, bool | int | Fraction | str):
        raise InputError("expected a text, a number, true, false or a list")
    if kind == "":
        if isinstance(value, str) and DECIMAL.fullmatch(value) and len(value) <= MAX_DIGITS:
            value = int(value) if value.removeprefix("-").isdigit() else read_decimal(value)
        return Stored(kind, value, 0, isinstance(value, Fraction) and value.denominator != 1)
    if (kind == "bool") != isinstance(value, bool) or (kind == "str" and not isinstance(value, str)):
        raise InputError(f"expected a value of type {kind}, got {str(value)[:40]!r}")
    if kind in ("f32", "f64") and not isinstance(value, str):
        return Stored(kind, nearest(Fraction(value), kind))
    is_no_number = kind in ("f32", "f64") and str(value).lower() in NO_NUMBERS
    if isinstance(value, str) and kind != "str" and not is_no_number:
        raise InputError(f"expected a value of type {kind}, got the text {value[:40]!r}")
    return read_scalar(kind, str(value), read_shortest)
