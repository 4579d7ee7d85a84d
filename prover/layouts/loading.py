"""From a spec to its family and its layout."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from prover.errors import InputError, ProverError
from prover.exact.storing import Format
from prover.language.tokens import words
from prover.layouts.aliases import unknown_parameter
from prover.layouts.choices import Choice, choices_of, elsewhere
from prover.layouts.expand import expand, feed_texts, head_width, warnings_of
from prover.layouts.family import Family, Given
from prover.layouts.family_file import load_family
from prover.layouts.layout import Layout, move_rows
from prover.layouts.layout_file import choice_names
from prover.layouts.spec import Spec, catalogue, parse_spec, parse_stored
from prover.resources import shown_path

# Layouts of the catalogue, which does not change, are worked out once as long as there are few.
MAX_KNOWN_LANES = 1 << 15
_KNOWN: dict[str, Loaded] = {}


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a layout beside its numbers; `warnings`: what its kernel silently does."""

    title: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A parameter with stored numbers. `formats`: of the number, or of each entry of the list; None: it is exact.

    `is_fed`: a feed depends on it.
    """

    parameter: str
    formats: tuple[Format | None, ...]
    is_fed: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """A family and its layout at the parameters of one spec; stored numbers are in `given` as the numbers they are."""

    family: Family
    layout: Layout
    given: tuple[tuple[str, Given], ...]
    about: About
    stored: tuple[Stored, ...] = ()
    rows: tuple[int, ...] | None = None

    def moved(self, rows: tuple[int, ...]) -> Loaded:
        """The layout as weights see it whose rows are moved before they reach it: row i was row `rows[i]`."""
        return replace(self, layout=move_rows(self.layout, rows), rows=rows)


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a spec before anything is worked out.

    `words`: what is chosen, for every choice. `given`: parameters of the spec, as written. `missing`: parameters
    without a default that were not given.
    """

    spec: Spec
    family: Family
    choices: tuple[Choice, ...]
    words: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def load(text: str) -> Loaded:
    """Parse a spec, read its file and expand it. Every fault names the spec."""
    known = _KNOWN.get(text)
    if known is not None:
        return known
    spec = parse_spec(text)
    found = _load(spec)
    if spec.name in catalogue() and found.layout.width <= MAX_KNOWN_LANES:
        if sum(each.layout.width for each in tuple(_KNOWN.values())) + found.layout.width > MAX_KNOWN_LANES:
            _KNOWN.clear()
        _KNOWN[text] = found
    return found


def width_of(text: str) -> int:
    """The lanes of a head of a spec's layout, before any pair is worked out. Every fault names the spec."""
    known = _KNOWN.get(text)
    if known is not None:
        return known.layout.width
    spec = parse_spec(text)
    try:
        family, values = family_of(spec)
        return head_width(family, {key: _stored_value(key, value)[0] for key, value in values.items()})
    except ProverError as fault:
        raise in_spec(fault, spec) from None


def _load(spec: Spec) -> Loaded:
    try:
        family, values = family_of(spec)
        parsed = {key: _stored_value(key, value) for key, value in values.items()}
        given = {key: value for key, (value, _) in parsed.items()}
        layout = expand(family, given, spec.text)
        about = About(family.title, warnings_of(family, given, layout))
        fed = {word for _, table in family.feeds for _, place in table for word in words(place)}
        stored = tuple(Stored(key, formats, key in fed) for key, (_, formats) in parsed.items() if any(formats))
        return Loaded(feed_texts(family, given), layout, tuple(given.items()), about, stored)
    except ProverError as fault:
        raise in_spec(fault, spec) from None


def outline(text: str) -> Outline:
    """What a spec is about, though parameters that must be given are not."""
    spec = parse_spec(text)
    try:
        family, values = family_of(spec)
        for key, value in values.items():
            _value(key, value)
        choices = choices_of(spec.path)
    except ProverError as fault:
        raise in_spec(fault, spec) from None
    written = dict(spec.values)
    words = tuple((c.name, _word(written.get(c.name, c.default))) for c in choices)
    missing = tuple(p.name for p in family.parameters if p.default is None and p.name not in values)
    return Outline(spec, family, choices, words, tuple(values.items()), missing)


def family_of(spec: Spec) -> tuple[Family, dict[str, str]]:
    """The family that a spec's words choose, and the parameters it gives, still as text.

    Raises InputError for a word or a parameter that the layout does not have.
    """
    offered = choice_names(spec.path)
    chosen = {k: _word(v) for k, v in spec.values if k in offered}
    for name, word in chosen.items():
        if word not in offered[name]:
            raise _unknown_word(spec, name, word, offered[name])
    family = load_family(spec.path, spec.name, chosen)
    values = {k: v for k, v in spec.values if k not in offered}
    known = {p.name for p in family.parameters}
    for name in values:
        if name not in known:
            raise unknown_parameter(name, family, choices_of(spec.path), spec)
    return family, values


def in_spec(fault: ProverError, spec: Spec) -> ProverError:
    """The fault with its spec; the file that the spec names is not named a second time."""
    shown, name = spec.text[:160], shown_path(spec.path)
    if name in shown and (fault.where == name or fault.where.startswith(f"{name}, ")):
        fault.where = fault.where[len(name) :].removeprefix(", ")
    return fault.inside(f"spec '{shown}'")


def _unknown_word(spec: Spec, name: str, word: str, known: tuple[str, ...]) -> InputError:
    others = elsewhere(spec.path, name, word)
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    hint = f"It is in {' and '.join(others[:3])}. " if others else f"Did you mean {' or '.join(near)}? " if near else ""
    return InputError(f"{name}={word[:40]} is not known", advice=f"{hint}Choose one of {', '.join(known)}")


def _word(text: str) -> str:
    """A choice as layout files spell it; Python writes True and False."""
    return text.lower() if text in ("True", "False") else text


def _value(key: str, text: str) -> Given:
    return _stored_value(key, text)[0]


def _stored_value(key: str, text: str) -> tuple[Given, tuple[Format | None, ...]]:
    try:
        return parse_stored(text)
    except ProverError as fault:
        raise fault.inside(f"parameter {key}") from None
