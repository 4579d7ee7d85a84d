"""The arguments of a call, as a person writes them: `f(x, cos(p), sin(p))`, and what can be made for each.

    call     = [name] "(" argument, ... ")"
    argument = [keyword "="] (thing ["(" places ")"] ["[" axes "]"] | place ["[" axes "]"] | value)
    places   = p, or the names of several position axes: p(h, w)[t, 2], cos(t, h, w)[3, b, t, d]
    axes     = b (batch, of 1), t (tokens), h (heads), d (lanes), f (half the lanes), hd (heads and lanes in one),
               n (rows of a table, one per position), 1; 2, 3, 4: so many position axes, or the 2 of freqs_pairs
    value    = number | True | False | None | text | list of numbers

A place by itself (h, w, t, e, y, row, col) is a position of each token on that axis; one that is called like something
else is written p(x). An argument without axes is tried with all that are known of. Nothing is evaluated.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from prover.errors import InputError

MAX_CALL = 500
MAX_ARGUMENTS = 16
MAX_LIST, MAX_PLACES = 64, 4
AXES = ("b", "t", "h", "d", "f", "hd", "n", "1", "2", "3", "4")
Axes = tuple[str, ...]
PLACES: dict[str, Axes] = {"2": ("h", "w"), "3": ("t", "h", "w"), "4": ("t", "h", "w", "e")}
"""What so many position axes are called, in their order, where nothing says more."""
BARE = ("t", "h", "w", "e", "y", "row", "col", "frame")
"""Position axes that stand for a position by themselves."""

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
    "cosines beside sines. h, w, or p(h, w)[t, 2]: positions on several axes. angles, inv_freq, seq_len, head_dim, "
    "base, numbers, and lists of numbers"
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: a thing that can be made, or with `thing` empty the value itself.

    `places`: the position axes that a position, or a table at positions, is of; empty where there is but one.
    """

    thing: str
    axes: Axes | None = None
    keyword: str = ""
    value: Any = None
    places: Axes = ()

    @property
    def count(self) -> str:
        """The axis of its array along which the position axes lie; empty where it has none."""
        return str(len(self.places)) if len(self.places) > 1 else ""

    def __str__(self) -> str:
        name = self.thing or repr(list(self.value) if isinstance(self.value, tuple) else self.value)
        if self.places and self.thing == "p" and self.places[0] in BARE and not self.count:
            name = self.places[0]
        elif self.places and self.places != PLACES.get(self.count):
            name += f"({', '.join(self.places)})"
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
    def places(self) -> Axes:
        """The position axes, in the order of the arguments: p, where there is but one."""
        return tuple(dict.fromkeys(place for argument in self.arguments for place in argument.places)) or ("p",)

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
    if call.places != ("p",) and len(call.places) == 1:
        raise InputError(f"'{call.places[0][:40]}' is nothing that can be made where it is the only position",
                         where=where, advice="Write p")
    of_none = [a for a in made if a.thing in (*POSITIONS, *TABLES) and not a.places and "n" not in (a.axes or ())]
    if call.places != ("p",) and of_none:
        raise InputError(f"has the positions {', '.join(call.places)}, and '{of_none[0]}' of none of them",
                         where=where, advice="Write p(h, w)[t, 2], cos(h, w)[2, t, d], or a position for each axis")
    return call


def _argument(node: ast.expr, keyword: str) -> Argument:
    axes = None
    places: Axes = ()
    written = ast.unparse(node)[:60]
    if isinstance(node, ast.Subscript):
        axes, node = _axes(node.slice), node.value
    if isinstance(node, ast.Call):
        places, node = _places(node, written), node.func
    if isinstance(node, ast.Name):
        thing = ALIASES.get(node.id, node.id)
        if thing in BARE and not places:
            thing, places = "p", (thing,)
        if thing not in THINGS:
            raise InputError(f"'{node.id[:40]}' is nothing that can be made", advice=MEANING)
        if axes is not None:
            counts = [axis for axis in _own(thing, axes) if axis in PLACES]
            places = places or (PLACES[counts[0]] if len(counts) == 1 and thing in (*POSITIONS, *TABLES) else ())
            _require_fitting(written, thing, axes, places)
        return Argument(thing, axes, keyword, None, places)
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise InputError(f"'{written}' is nothing that can be made", advice=MEANING) from None
    if isinstance(value, list | tuple) and 0 < len(value) <= MAX_LIST and all(type(n) in (int, float) for n in value):
        value = tuple(value)
    elif axes is not None or not (value is None or isinstance(value, bool | int | float | str)):
        raise InputError(f"'{written}' is nothing that can be made", advice=MEANING)
    return Argument("", None, keyword, value)


def _places(node: ast.Call, written: str) -> Axes:
    """The position axes in `cos(h, w)` or `p(h, w)`; none of `cos(p)`. Raises InputError."""
    named = [each.id for each in node.args if isinstance(each, ast.Name)]
    thing = ALIASES.get(node.func.id, node.func.id) if isinstance(node.func, ast.Name) else ""
    alone = [ALIASES.get(name, name) for name in named] == ["p"]
    good = 0 < len(named) == len(node.args) == len({*named}) <= (1 if thing == "position" else MAX_PLACES)
    if not good or node.keywords or (alone and thing in POSITIONS) or {"q", "k", *TABLES} & {*named}:
        raise InputError(f"'{written}' is no table at the positions", advice="Write cos(p), or cos; p(h, w)[t, 2]")
    if thing not in (*TABLES, *POSITIONS):
        raise InputError(f"'{thing[:40]}' is no table", advice=f"Tables: {', '.join(TABLES)}")
    return () if alone else tuple(named)


def _own(thing: str, axes: Axes) -> Axes:
    """The axes of an array that are neither of length 1 nor what each entry of a table has by itself."""
    ending = TABLES.get(thing, ())[1:]
    return tuple(axis for axis in axes if axis not in ("b", "1", *ending))


def _require_fitting(written: str, thing: str, axes: Axes, places: Axes) -> None:
    """Refuse axes that a thing does not have. Raises InputError."""
    own = tuple(axis for axis in axes if axis not in ("b", "1"))
    count = str(len(places)) if len(places) > 1 else ""
    if thing in VECTORS:
        fits, expected = sorted(own) in _VECTORS, "d (or hd), and of b, t and h those there are, as in x[t, h, d]"
    elif thing in TABLES:
        rows = [axis for axis in _own(thing, axes) if axis in ("t", "n", count)]
        others = tuple(axis for axis in own if axis not in rows)
        fits = sorted(rows) in (sorted([count, "t"] if count else ["t"]), ["n"]) and others == TABLES[thing]
        expected = f"t or n, and {', '.join(TABLES[thing])}; with several position axes their number, 2, 3 or 4, too"
    elif thing == "p":
        fits = sorted(own) == sorted(["t", count] if count else ["t"])
        expected = f"t and {count}" if count else "t, and with several position axes their number, 2, 3 or 4"
    else:
        wanted = {"inv_freq": ("f",)}.get(thing)
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
