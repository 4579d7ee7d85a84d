"""The arguments of a call, as a person writes them: `f(x, cos(p), sin(p))`, and what can be made for each.

    call     = [name] "(" argument, ... ")"
    argument = [keyword "="] (thing ["(p)"] ["[" axes "]"] | number | True | False | None | text)
    axes     = b (batch, of 1), t (tokens), h (heads), d (lanes), f (half the lanes), hd (heads and lanes in one),
               n (rows of a table, one per position), 1, 2

An argument without axes is tried with all that are known of. Nothing is evaluated.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from prover.errors import InputError

MAX_CALL = 500
MAX_ARGUMENTS = 16
AXES = ("b", "t", "h", "d", "f", "hd", "n", "1", "2")
Axes = tuple[str, ...]

VECTORS = ("x", "q", "k")
POSITIONS = ("p", "position")
NUMBERS = ("seq_len", "head_dim", "base")
# Tables that a function does not build itself: what the last axes are, and whether a row belongs to a token.
TABLES: dict[str, Axes] = {
    "cos": ("d",), "sin": ("d",), "cos_adjacent": ("d",), "sin_adjacent": ("d",), "cos_half": ("f",),
    "sin_half": ("f",), "angles": ("f",), "angles_full": ("d",), "angles_adjacent": ("d",), "freqs_cis": ("f",),
    "freqs_pairs": ("f", "2"),
}
THINGS = (*VECTORS, *POSITIONS, "inv_freq", *TABLES, *NUMBERS)
_VECTORS = (["d"], ["d", "h"], ["d", "t"], ["d", "h", "t"], ["hd"], ["hd", "t"])
ALIASES = {"positions": "p", "pos": "p", "position_ids": "p", "freqs": "inv_freq"}
MEANING = (
    "x, q, k: the vectors. p: a position for each token; position: one for all. cos, sin: tables of all lanes, halves "
    "alike (cos_adjacent: neighbours alike; cos_half: of half the lanes). freqs_cis: complex numbers; freqs_pairs: "
    "cosines beside sines. angles, inv_freq, seq_len, head_dim, base, and numbers"
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: a thing that can be made, or with `thing` empty the value itself."""

    thing: str
    axes: Axes | None = None
    keyword: str = ""
    value: Any = None

    def __str__(self) -> str:
        name = repr(self.value) if not self.thing else self.thing
        axes = f"[{', '.join(self.axes)}]" if self.axes else ""
        return (f"{self.keyword}=" if self.keyword else "") + name + axes


@dataclass(frozen=True, slots=True)
class Call:
    """What a function is called with; positional arguments first."""

    arguments: tuple[Argument, ...]

    def __str__(self) -> str:
        return f"f({', '.join(map(str, self.arguments))})"

    @property
    def things(self) -> tuple[str, ...]:
        return tuple(argument.thing for argument in self.arguments if argument.thing)

    @property
    def gives_tables(self) -> bool:
        """Whether the frequencies are among what the function is given, in tables or as they are."""
        return any(thing in TABLES or thing == "inv_freq" for thing in self.things)

    @property
    def gives_frequencies(self) -> bool:
        """Whether the frequencies, or the base that they come from, are given to the function by us."""
        return self.gives_tables or "base" in self.things


def parse_call(text: str) -> Call:
    """Read --call. Raises InputError with what was expected."""
    where = f"--call '{text[:200]}'"
    if len(text) > MAX_CALL:
        raise InputError(f"is {len(text)} characters long; at most {MAX_CALL}", where="--call")
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("cannot be read", where=where, advice='Write --call "f(x, cos(p), sin(p))"') from None
    if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
        raise InputError("is no call", where=where, advice='Write --call "f(x, cos(p), sin(p))"')
    try:
        made = [_argument(each, "") for each in node.args]
        made += [_argument(word.value, word.arg or "") for word in node.keywords]
    except InputError as fault:
        raise fault.inside(where) from None
    call = Call(tuple(made))
    if len(made) > MAX_ARGUMENTS or not set(call.things) & set(VECTORS):
        raise InputError("has no vectors" if len(made) <= MAX_ARGUMENTS else f"has {len(made)} arguments", where=where,
                         advice="One argument, or two, are x, q or k")
    return call


def _argument(node: ast.expr, keyword: str) -> Argument:
    axes = None
    written = ast.unparse(node)[:60]
    if isinstance(node, ast.Subscript):
        axes, node = _axes(node.slice), node.value
    if isinstance(node, ast.Call):
        ends = len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.Name)
        if not ends or node.args[0].id not in ("p", "positions", "pos"):  # type: ignore[attr-defined]
            raise InputError(f"'{written}' is no table at the positions", advice="Write cos(p), or cos")
        node = node.func
        if isinstance(node, ast.Name) and node.id not in TABLES:
            raise InputError(f"'{node.id[:40]}' is no table", advice=f"Tables: {', '.join(TABLES)}")
    if isinstance(node, ast.Name):
        thing = ALIASES.get(node.id, node.id)
        if thing not in THINGS:
            raise InputError(f"'{node.id[:40]}' is nothing that can be made", advice=MEANING)
        if axes is not None:
            _require_fitting(written, thing, axes)
        return Argument(thing, axes, keyword)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise InputError(f"'{written}' is nothing that can be made", advice=MEANING) from None
    if axes is not None or not (value is None or isinstance(value, bool | int | float | str)):
        raise InputError(f"'{written}' is nothing that can be made", advice=MEANING)
    return Argument("", None, keyword, value)


def _require_fitting(written: str, thing: str, axes: Axes) -> None:
    """Refuse axes that a thing does not have. Raises InputError."""
    own = tuple(axis for axis in axes if axis not in ("b", "1"))
    if thing in VECTORS:
        fits, expected = sorted(own) in _VECTORS, "d (or hd), and of b, t and h those there are, as in x[t, h, d]"
    elif thing in TABLES:
        rows = [axis for axis in own if axis in ("t", "n")]
        fits = len(rows) == 1 and tuple(axis for axis in own if axis not in rows) == TABLES[thing]
        expected = f"t or n, and {', '.join(TABLES[thing])}"
    else:
        wanted = {"p": ("t",), "inv_freq": ("f",)}.get(thing)
        fits, expected = own == wanted, ", ".join(wanted) if wanted else "no axes, as it is a number"
    if not fits:
        raise InputError(f"'{written}' has other axes than {thing} can have", advice=f"Expected {expected}")


def _axes(node: ast.expr) -> Axes:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    names = [
        part.id if isinstance(part, ast.Name) else str(part.value) if isinstance(part, ast.Constant) else ""
        for part in parts
    ]
    wrong = next((name for name in names if name not in AXES), None)
    if wrong is not None or len(set(names) - {"1"}) != len([name for name in names if name != "1"]):
        raise InputError(f"'[{ast.unparse(node)[:60]}]' are no axes", advice=f"Each once: {', '.join(AXES)}")
    return tuple(names)
