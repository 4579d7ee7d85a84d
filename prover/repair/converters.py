"""What known converters do to the rows of W_q and W_k: a table, by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache

import msgspec

from prover.errors import InputError
from prover.files import typed_toml
from prover.resources import MODELS

TABLE = MODELS / "converters.toml"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a function stands upstream."""

    repo: str
    path: str
    symbol: str
    version: str = ""
    commit: str = ""

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit or self.version} {self.path} {self.symbol}"


class Converter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One function. `q`, `k`: what it does to each matrix; `head`: the only head width that it takes.

    `one_head`: it takes one head's numbers, which are those of all heads.
    """

    name: str
    what: str
    source: tuple[Source, ...]
    q: str
    k: str = ""
    also: tuple[str, ...] = ()
    head: int | None = None
    one_head: bool = False

    def text(self, matrix: str) -> str:
        """The expression for "q" or "k"."""
        return self.k or self.q if matrix == "k" else self.q


class _File(msgspec.Struct, forbid_unknown_fields=True):
    converter: list[Converter]


@cache
def converters() -> tuple[Converter, ...]:
    """All of them, by name."""
    return tuple(sorted(typed_toml(TABLE, _File).converter, key=lambda each: each.name))


def find_converter(name: str) -> Converter | None:
    """The converter of this name, or of another name that it has."""
    return next((each for each in converters() if name in (each.name, *each.also)), None)


def search_converters(patterns: Sequence[str]) -> tuple[Converter, ...]:
    """Those that have all words in their names, in what is told of them or in their sources; all without a word."""
    words = [word for pattern in patterns for word in pattern.lower().split()]
    return tuple(each for each in converters() if all(word in _text(each) for word in words))


def unknown_converter(name: str) -> InputError:
    """The fault for a name that none has, with the nearest."""
    spoken = {also: each.name for each in converters() for also in (*each.also, each.name)}
    inside = [each for also, each in spoken.items() if len(name) > 2 and name.lower() in also.lower()]
    close = [spoken[also] for also in difflib.get_close_matches(name, spoken, n=3, cutoff=0.5)]
    near = list(dict.fromkeys((*close, *inside)))[:3]
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return InputError(f"there is no converter '{name[:60]}'",
                      advice=f"{hint}'rope-prover list --converters' names all")


def _text(converter: Converter) -> str:
    return " ".join((converter.name, *converter.also, converter.what, *map(str, converter.source))).lower()
