"""Calls that a function may mean by the names of its parameters, likely ones first; which is right is tried."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

from prover.functions.calls import PLACES, TABLES, VECTORS, Argument, Axes, Call

MAX_CALLS = 24
MAX_READINGS = 1200

_NAMES: dict[str, tuple[str, ...]] = {
    "x": (
        "x", "t", "tensor", "inp", "input", "inputs", "hidden", "hidden_states", "states", "vec", "v", "vector",
        "vectors", "a", "qk", "x_in", "xs", "u", "data", "head", "heads", "query_or_key", "tokens", "h",
    ),
    "q": ("q", "xq", "query", "query_states", "queries", "q_states", "query_layer", "q_embed"),
    "k": ("k", "xk", "key", "key_states", "keys", "k_states", "key_layer", "k_embed"),
    "p": (
        "positions", "position_ids", "position", "pos", "p", "pos_ids", "input_pos", "offset", "m", "pids", "n",
        "position_id", "token_positions", "start_pos", "step", "index", "indices", "segment_pos", "posns", "i", "ids",
        "img_ids", "txt_ids",
    ),
    "cos": ("cos", "cos_cached", "cosine", "rope_cos", "cos_table", "freqs_cos", "cos_emb", "c", "cosines"),
    "sin": ("sin", "sin_cached", "sine", "rope_sin", "sin_table", "freqs_sin", "sin_emb", "s", "sines"),
    "freqs_cis": ("freqs_cis", "freq_cis", "cis", "freqs_complex", "rotary_emb", "pe", "rope_cache", "freqs_cis_q"),
    "freqs": ("freqs", "freq", "rotary_pos_emb", "frequencies", "pos_emb", "emb", "rope", "angles"),
    "theta": ("theta", "thetas"),
    "inv_freq": ("inv_freq", "inv_freqs", "inverse_frequencies", "omega", "omegas", "timescale"),
    "seq_len": ("seq_len", "seqlen", "length", "seq_length", "max_seq_len", "num_tokens"),
    "head_dim": ("head_dim", "dim", "d", "head_size", "rotary_dim", "dim_head", "width", "d_head", "rot_dim", "n_rot"),
    "base": ("base", "rope_theta", "theta_base", "freq_base", "rope_base"),
}
_MEANS = {name: thing for thing, names in _NAMES.items() for name in names}
# What a parameter may be where its name leaves several.
_CHOICES: dict[str, tuple[str, ...]] = {
    "freqs": ("freqs_cis", "angles_full", "inv_freq", "freqs_pairs"),
    "freqs_cis": ("freqs_cis", "freqs_pairs", "angles_full"),
    "p": ("p", "position"),
    # Beside positions it is a base as often as inverse frequencies, and each works where the other is meant.
    "theta": ("freqs_cis", "angles_full"),
}
_VECTOR_AXES: tuple[Axes, ...] = (
    ("t", "h", "d"), ("h", "t", "d"), ("b", "t", "h", "d"), ("b", "h", "t", "d"), ("t", "b", "h", "d"), ("t", "d"),
    ("b", "t", "d"), ("t", "hd"), ("b", "t", "hd"), ("h", "d"), ("d",),
)
_POSITION_AXES: tuple[Axes, ...] = (("t",), ("b", "t"), ("t", "1"), ("b", "t", "1"))
_ROWS: tuple[Axes, ...] = (("t",), ("1", "t"), ("t", "1"), ("1", "t", "1"), ("1", "1", "t"), ("t", "1", "1"))
# The same of positions and of tables whose several position axes, * here, lie in one array.
_TOGETHER: tuple[Axes, ...] = (("t", "*"), ("*", "t"), ("b", "t", "*"), ("*", "b", "t"), ("b", "*", "t"))
_ROWS_TOGETHER: tuple[Axes, ...] = (
    ("*", "t"), ("*", "1", "t"), ("t", "*"), ("1", "t", "*"), ("1", "*", "t"), ("*", "t", "1"), ("*", "1", "1", "t"),
)
# Names of positions on several axes, and the sets that occur together.
_PLACES = {
    "t": "t", "time": "t", "temporal": "t", "h": "h", "w": "w", "height": "h", "width": "w", "y": "y", "x": "x",
    "row": "row", "rows": "row", "col": "col", "cols": "col", "column": "col", "columns": "col", "frame": "frame",
}
_SETS = ({"h", "w"}, {"y", "x"}, {"row", "col"}, *({t, *pair} for t in ("t", "frame") for pair in ("hw", "yx")))
_AFFIX = re.compile(r"^(positions?|pos|coords?|idx|index)_|_(positions?|pos|ids?|coords?|idx|index|indices)$")
_ALIKE = {  # tables of all lanes whose halves are alike: those whose neighbours are, and those of half the lanes
    "cos": ("cos", "cos_adjacent", "cos_half"), "sin": ("sin", "sin_adjacent", "sin_half"),
    "angles_full": ("angles_full", "angles_adjacent", "angles"),
}


def guess_calls(parameters: Sequence[Mapping[str, Any]] | None) -> list[Call]:
    """Calls to try, by the names of the parameters; none if nothing says which are the vectors."""
    if not any("VAR" not in str(parameter.get("kind")) for parameter in parameters or ()):
        return [Call((Argument("x"), Argument("p"))), Call((Argument("x"), Argument("position")))]
    assert parameters is not None
    if apart := _apart(parameters):
        return apart
    slots: list[list[Argument | None]] = []
    places = any(_meaning(str(parameter.get("name")).strip("_").lower()) == "p" for parameter in parameters)
    for number, parameter in enumerate(parameters):
        kind = str(parameter.get("kind"))
        if "VAR" in kind:
            continue
        keyword = str(parameter.get("name")) if kind == "KEYWORD_ONLY" else ""
        name = str(parameter.get("name")).strip("_").lower()
        meant = _meaning(name) or ("x" if number == 0 else "")
        things = _CHOICES.get(meant, (meant,)) if meant and not (meant == "theta" and places) else ()
        choices: list[Argument | None] = [Argument(thing, None, keyword) for thing in things]
        if not parameter.get("required"):
            # A default is kept, but where only this can be the position.
            choices = [None, *(c for c in choices if c is not None and c.thing in ("p", "position", "k"))]
        slots.append(choices)
    calls = []
    for chosen in islice(product(*slots), 256):
        if call := _call(chosen, parameters):
            calls.append(call)
    # Those that say where the tokens are come before those that leave it to the function.
    calls.sort(key=lambda call: (_is_blind(call), "k" in call.things and "q" not in call.things))
    return list(dict.fromkeys(calls))[:MAX_CALLS]


def unsaid(parameters: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The parameters without a default whose names say nothing."""
    named = [p for p in parameters or () if "VAR" not in str(p.get("kind"))]
    return [str(p.get("name")) for n, p in enumerate(named)
            if n and p.get("required") and not _meaning(str(p.get("name")).strip("_").lower())]


def _meaning(name: str) -> str:
    """What a parameter of this name is, or of one that holds a longer word; empty if nothing says."""
    if "section" in name:
        return ""
    return _MEANS.get(name) or next((thing for word, thing in _MEANS.items() if len(word) > 2 and word in name), "")


def _call(chosen: Sequence[Argument | None], parameters: Sequence[Mapping[str, Any]]) -> Call | None:
    """A call with these; keywords for what stands behind a default that was kept."""
    made: list[Argument] = []
    skipped = False
    named = [p for p in parameters if "VAR" not in str(p.get("kind"))]
    for argument, parameter in zip(chosen, named, strict=True):
        if argument is None:
            skipped = True
        elif skipped or argument.keyword:
            made.append(replace(argument, keyword=str(parameter.get("name"))))
        else:
            made.append(argument)
    call = Call(tuple(made))
    return call if set(call.things) & set(VECTORS) else None


def _apart(parameters: Sequence[Mapping[str, Any]]) -> list[Call]:
    """Calls of a function with a parameter for the position on each of several axes; none if it has none such."""
    named = [parameter for parameter in parameters if "VAR" not in str(parameter.get("kind"))]
    names = [str(parameter.get("name")).strip("_").lower() for parameter in named]
    for first in (1, 0):  # what stands first is vectors, whatever it is called, if any can be
        found = {n: place for n, name in enumerate(names) if n >= first and (place := _place(name, first))}
        if set(found.values()) not in _SETS or len({*found.values()}) != len(found):
            continue
        for thing in ("p", "position"):
            slots: list[Argument | None] = []
            for n, (name, parameter) in enumerate(zip(names, named, strict=True)):
                keyword = str(parameter.get("name")) if parameter.get("kind") == "KEYWORD_ONLY" else ""
                meant = "" if n in found else _meaning(name) or ("x" if n == 0 else "")
                if n in found:
                    slots.append(Argument(thing, None, keyword, None, (found[n],)))
                elif parameter.get("required"):
                    slots.append(Argument(meant, None, keyword) if meant else Argument("?"))
                else:
                    slots.append(None)
            call = None if Argument("?") in slots else _call(slots, parameters)
            if call is not None and thing == "p":
                calls = [call]
            elif call is not None:
                return [*calls, call]
    return []


def _place(name: str, first: int) -> str:
    """The position axis that a parameter of this name is on; of one letter alone where vectors stand before it."""
    bare = _AFFIX.sub("", name)
    is_said = bare != name or (first and name not in ("height", "width"))
    return _PLACES.get(bare, "") if is_said else ""


def together(calls: Sequence[Call]) -> list[Call]:
    """The same calls with positions, or tables at positions, on 2, 3 and 4 axes, where nothing is said of axes."""
    found = []
    for places in PLACES.values():
        for call in calls:
            # Two position axes beside the 2 of such a table would be one length for two things.
            if "freqs_pairs" in call.things and len(places) == 2:
                continue
            if call.places != ("p",) or any(a.axes is not None and a.thing not in VECTORS for a in call.arguments):
                continue
            has_positions = "p" in call.things
            made = tuple(
                replace(a, places=places) if a.thing == "p" or (a.thing in TABLES and not has_positions) else a
                for a in call.arguments
            )
            if made != call.arguments:
                found.append(Call(made))
    return found


def _is_blind(call: Call) -> bool:
    return not any(thing in TABLES or thing in ("p", "position") for thing in call.things)


def readings(call: Call) -> Iterator[Call]:
    """The call with axes for every argument, and every kind of table, in the order in which they are tried."""
    return islice(dict.fromkeys(_readings(call)), MAX_READINGS)


def _readings(call: Call) -> Iterator[Call]:
    rows = "p" in call.things and any(thing in TABLES for thing in call.things)
    lies_together = any(argument.count for argument in call.arguments)
    prefixes, places = (_ROWS_TOGETHER, _TOGETHER) if lies_together else (_ROWS, _POSITION_AXES)
    if rows:
        prefixes = _ROWS
    for alike in range(3 if any(_ALIKE.get(a.thing) and a.axes is None for a in call.arguments) else 1):
        for vector_axes, prefix, place in product(_VECTOR_AXES, prefixes, places):
            made = [_read(argument, vector_axes, prefix, place, alike, rows) for argument in call.arguments]
            if all(argument is not None for argument in made):
                yield Call(tuple(argument for argument in made if argument is not None))


def _read(argument: Argument, vectors: Axes, prefix: Axes, place: Axes, alike: int, rows: bool) -> Argument | None:
    """One argument with axes, or None where this reading is one that another has said already."""
    thing, axes = argument.thing, argument.axes
    if thing in _ALIKE and axes is None:
        kinds = _ALIKE[thing]
        if alike >= len(kinds):
            return None
        thing = kinds[alike]
    if axes is None:
        if thing in VECTORS:
            axes = vectors
        elif thing == "p":
            axes = tuple(argument.count if axis == "*" else axis for axis in place if axis != "*" or argument.count)
        elif thing in TABLES:
            own = tuple(argument.count if axis == "*" else axis for axis in prefix if axis != "*" or argument.count)
            axes = (*(("n" if rows and axis == "t" else axis) for axis in own), *TABLES[thing])
        elif thing == "inv_freq":
            axes = ("f",)
    return replace(argument, thing=thing, axes=axes)
