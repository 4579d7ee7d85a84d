"""Calls that a function may mean by the names of its parameters, likely ones first; which is right is tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from prover.functions.calls import TABLES, VECTORS, Argument, Axes, Call

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
        "position_id", "token_positions", "start_pos", "step", "index", "indices", "segment_pos", "posns", "i",
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
_ALIKE = {  # tables of all lanes whose halves are alike: those whose neighbours are, and those of half the lanes
    "cos": ("cos", "cos_adjacent", "cos_half"), "sin": ("sin", "sin_adjacent", "sin_half"),
    "angles_full": ("angles_full", "angles_adjacent", "angles"),
}


def guess_calls(parameters: Sequence[Mapping[str, Any]] | None) -> list[Call]:
    """Calls to try, by the names of the parameters; none if nothing says which are the vectors."""
    if not any("VAR" not in str(parameter.get("kind")) for parameter in parameters or ()):
        return [Call((Argument("x"), Argument("p"))), Call((Argument("x"), Argument("position")))]
    assert parameters is not None
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


def _meaning(name: str) -> str:
    """What a parameter of this name is, or of one that holds a longer word; empty if nothing says."""
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
            made.append(Argument(argument.thing, argument.axes, str(parameter.get("name"))))
        else:
            made.append(argument)
    call = Call(tuple(made))
    return call if set(call.things) & set(VECTORS) else None


def _is_blind(call: Call) -> bool:
    return not any(thing in TABLES or thing in ("p", "position") for thing in call.things)


def readings(call: Call) -> Iterator[Call]:
    """The call with axes for every argument, and every kind of table, in the order in which they are tried."""
    return islice(dict.fromkeys(_readings(call)), MAX_READINGS)


def _readings(call: Call) -> Iterator[Call]:
    rows = "p" in call.things and any(thing in TABLES for thing in call.things)
    for alike in range(3 if any(_ALIKE.get(a.thing) and a.axes is None for a in call.arguments) else 1):
        for vector_axes, prefix, place in product(_VECTOR_AXES, _ROWS, _POSITION_AXES):
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
            axes = place
        elif thing in TABLES:
            axes = (*(("n" if rows and axis == "t" else axis) for axis in prefix), *TABLES[thing])
        elif thing == "inv_freq":
            axes = ("f",)
    return Argument(thing, axes, argument.keyword, argument.value)
