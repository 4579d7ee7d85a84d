"""Tensors that a person names: which hold rows of q, k, v and o, in the place of the packings that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from prover.errors import InputError
from prover.language.tokens import tokens
from prover.weights.packed.packing import read_rows
from prover.weights.packed.packings import LAYER, Holding, Stop

USUAL = {"q": "heads*q", "k": "kv_heads*k", "v": "kv_heads*v"}
GAINS = {"q_norm": ["q", "heads*q"], "k_norm": ["k", "kv_heads*k"]}
WHERE = "--tensors"
WHAT_TO_WRITE = (
    "Say which tensors they are: --tensors q=model.layers.{layer}.attn.q.weight,k=model.layers.{layer}.attn.k.weight; "
    "where one tensor holds several, its rows in place of a role: 'heads*q + kv_heads*k + kv_heads*v=NAME'; "
    "beside q, k and v there are o, q_norm and k_norm, and a part of several in front: vision/q=NAME"
)


def read_given(text: str) -> dict[str, str]:
    """What --tensors says: tensors by what they hold. Raises InputError."""
    found: dict[str, str] = {}
    for each in _split(text):
        rows, equals, name = (word.strip() for word in each.partition("="))
        if not equals or not rows or not name:
            raise InputError(f"'{each[:60]}' is not ROWS=NAME", where=WHERE, advice=WHAT_TO_WRITE)
        if rows in found:
            raise InputError(f"'{rows[:60]}' stands twice", where=WHERE)
        found[rows] = name
    return found


def holdings(given: Mapping[str, str]) -> dict[str, Holding]:
    """What is said of each part, of "" where none is named, as names with {layer} in them. Raises InputError."""
    rows: dict[str, dict[str, str]] = {}
    output: dict[str, dict[str, str]] = {}
    gains: dict[str, dict[str, list[str]]] = {}
    for said, name in given.items():
        part, slash, what = said.rpartition("/")
        part = part if slash else ""
        if LAYER not in name:
            raise InputError(f"'{name[:80]}' has no {LAYER}, in the place of a layer's number", where=WHERE,
                             advice=WHAT_TO_WRITE)
        module = name.removesuffix(".weight")
        rows.setdefault(part, {})
        if what == "o":
            output.setdefault(part, {})[module] = "heads*o"
        elif what in GAINS:
            gains.setdefault(part, {})[module] = GAINS[what]
        else:
            text = USUAL.get(what, what)
            read_rows(text)
            rows[part][module] = text
    return {
        part: Holding(rows=each, output=output.get(part, {}), gains=gains.get(part, {}),
                      norm=f"a norm that {WHERE} names") for part, each in rows.items()
    }


def is_about(given: Mapping[str, str], tensors: Iterable[str]) -> bool:
    """Whether some of these tensors are among those that are said. Raises InputError for what is not ROWS=NAME."""
    modules = {name for held in holdings(given).values() for name in (*held.rows, *held.output, *held.gains)}
    patterns = [re.compile(re.escape(name).replace(re.escape(LAYER), r"\d{1,5}") + r"\.") for name in modules]
    return any(pattern.match(name) for name in tensors for pattern in patterns)


def with_stops(said: Holding, stops: Sequence[Stop]) -> Holding:
    """What is said, with what keeps the rows of a known model still; what is so where v has no tensor of its own is
    asked of the tensor that is said to hold v."""
    values = next((name for name, text in said.rows.items() if any(word == "v" for _, word in tokens(text))), "")
    return replace(said, stops=[
        replace(stop, when=f"!{values}" if values else "") if stop.when.startswith("!") else stop for stop in stops])


def _split(text: str) -> Iterator[str]:
    """The pieces between commas outside of brackets."""
    depth, start = 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "[(") - (sign in "])")
        if sign == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]
