"""Which layouts of the catalogue, under which of their words, can be what was measured at all, before any is read.

A word is left out if its rule turns other lanes, or is a scaling that the frequencies cannot be. Of words with one rule
the first stands for all.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prover.errors import ProverError
from prover.layouts.family import Family
from prover.layouts.family_file import load_family
from prover.layouts.layout_tables import RawLayout, choice_rules, raw_layout
from prover.layouts.spec import catalogue
from prover.recognition.facts import Facts
from prover.recognition.hypothesis import Kind

PAIRINGS = {"pairing/half": "half", "pairing/adjacent": "adjacent", "pairing/adjacent-to-half": "halves"}
MAX_WORDS = 64  # combinations of one layout
# Words in the names of rules, by the kind of scaling; those of plain rules are in every search.
KINDS: tuple[tuple[str, Kind], ...] = (
    ("yarn-inverted", "inverted yarn"), ("yarn", "yarn"), ("llama3", "llama3"), ("llama31", "llama3"),
    ("longrope", "longrope"), ("su", "longrope"), ("dynamic", "ntk"), ("ntk", "ntk"), ("linear", "linear"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A layout with words for its choices, those that are not the default in `words`. `kind`: of its scaling's rule."""

    name: str
    path: Path
    words: tuple[tuple[str, str], ...]
    kind: Kind | None

    def family(self) -> Family:
        """The family in its file. Raises ProverError."""
        return _family(self)


@cache
def _family(offer: Offer) -> Family:
    return load_family(offer.path, offer.name, dict(offer.words))


@cache
def _raw(path: Path) -> RawLayout:
    return raw_layout(path)


def offers(facts: Facts, kinds: Collection[Kind]) -> Iterator[Offer]:
    """The layouts that have the axes and the pairing, and a scaling of one of these kinds or none."""
    axes = set(facts.axes)
    for name, path in catalogue().items():
        raw = _raw(path)
        # Under a feed a layout has other axes than the table; whether it has such a feed its family says.
        if not (facts.feed or axes <= set(raw.axes)) or not all(_turns_so(rule, facts) for rule in raw.rules):
            continue
        if not all(_kind(rule) in (None, *kinds) for rule in raw.rules):
            continue
        yield from _offers(name, path, raw, facts, kinds)


def _offers(name: str, path: Path, raw: RawLayout, facts: Facts, kinds: Collection[Kind]) -> Iterator[Offer]:
    choices: list[list[tuple[tuple[str, str] | None, Kind | None]]] = []
    for choice, table in raw.choose.items():
        rules = choice_rules(table)
        words = sorted(rules, key=lambda word, default=table.default: word != default)  # type: ignore[misc]
        first: dict[str, str] = {}
        for word in words:
            first.setdefault(rules[word], word)
        choices.append([
            (None if word == table.default else (choice, word), _kind(rule)) for rule, word in first.items()
            if _turns_so(rule, facts) and _kind(rule) in (None, *kinds)
        ])
    for picked in itertools.islice(itertools.product(*choices), MAX_WORDS):
        kind = next((kind for _, kind in picked if kind), None)
        kind = kind or next((kind for rule in raw.rules if (kind := _kind(rule))), None)
        yield Offer(name, path, tuple(word for word, _ in picked if word), kind)


def _turns_so(rule: str, facts: Facts) -> bool:
    pairing = PAIRINGS.get(rule)
    if pairing is None or facts.pairing not in ("half", "adjacent"):
        return True
    found = "halves" if facts.writes == "halves" else facts.pairing
    return pairing == found


def _kind(rule: str) -> Kind | None:
    stem = rule.partition("/")[2]
    words = stem.split("-")
    return next((kind for word, kind in KINDS if word == stem or word in words), None)


def families(found: Iterator[Offer]) -> Iterator[tuple[Offer, Family]]:
    """Offers with their families; a file that cannot be read has none."""
    for offer in found:
        try:
            yield offer, offer.family()
        except ProverError:
            continue
