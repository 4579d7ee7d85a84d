"""How a person names a function: `package.module::function`, `file.py::function`, or a class or its method.

Nothing named here is imported or run in this process; a file is only looked at for being one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.errors import InputError
from prover.files import open_regular

MAX_TEXT = 1000
MAX_SOURCE = 4 << 20
FORMS = "Write file.py::function, package.module::function, or file.py::Class.method with --init 'Class(head_dim=64)'"


@dataclass(frozen=True, slots=True)
class Reference:
    """What is to be run: a file or a dotted module, and the names inside it from outside in.

    `values` and `named` are the arguments of the class, where it is one; None where none were given.
    """

    text: str
    path: Path | None
    module: str
    names: tuple[str, ...]
    values: tuple[Any, ...] | None = None
    named: tuple[tuple[str, Any], ...] = ()


def is_reference(text: str) -> bool:
    """Whether a text names a function rather than a file of tables."""
    return "::" in text


def parse_reference(text: str, init: str | None = None) -> Reference:
    """Read FUNCTION and --init. Raises InputError for what is none, or for a file that cannot be one of Python."""
    where = f"function '{text[:200]}'"
    if len(text) > MAX_TEXT:
        raise InputError(f"a name of {len(text)} characters; at most {MAX_TEXT}", where="function")
    place, _, inside = text.rpartition("::")
    names = tuple(inside.split("."))
    if not place or not all(name.isidentifier() for name in names):
        raise InputError("names no function", where=where, advice=FORMS)
    values, named = (None, ()) if init is None else _arguments(init, names)
    if not (place.endswith(".py") or "/" in place):
        if not all(part.isidentifier() for part in place.split(".")):
            raise InputError(f"'{place[:80]}' is neither a .py file nor a module", where=where, advice=FORMS)
        return Reference(text, None, place, names, values, named)
    path = Path(place)
    with open_regular(path) as stream:
        size = stream.seek(0, 2)
    if size > MAX_SOURCE:
        raise InputError(f"is larger than {MAX_SOURCE >> 20} MB, which no Python source is", where=place)
    return Reference(text, path.resolve(), path.stem, names, values, named)


def _arguments(init: str, names: tuple[str, ...]) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    """The values in `Class(head_dim=64)`: literals alone. Raises InputError."""
    where, advice = f"--init '{init[:200]}'", f"Write '{names[0]}(head_dim=64)', with numbers, texts, lists or tables"
    if len(init) > MAX_TEXT:
        raise InputError(f"is {len(init)} characters long; at most {MAX_TEXT}", where="--init")
    try:
        node = ast.parse(init.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("cannot be read", where=where, advice=advice) from None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in names:
        raise InputError(f"is no call of {names[0]}", where=where, advice=advice)
    try:
        named = tuple((word.arg, ast.literal_eval(word.value)) for word in node.keywords if word.arg)
        values = tuple(ast.literal_eval(value) for value in node.args)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise InputError("has a value that is no literal", where=where, advice=advice) from None
    if len(named) != len(node.keywords) or not all(_is_plain(value) for value in [*values, *dict(named).values()]):
        raise InputError("has a value that cannot be passed on", where=where, advice=advice)
    return values, named


def _is_plain(value: Any) -> bool:
    """Whether a literal is the same after JSON, tuples taken as lists."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(entry) for key, entry in value.items())
    return value is None or isinstance(value, bool | int | float | str)
