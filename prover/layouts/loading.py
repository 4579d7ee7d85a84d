"""From a spec to its family and its layout."""

from __future__ import annotations

from dataclasses import dataclass

from prover.errors import ProverError
from prover.layouts.expand import expand, feed_texts, warnings_of
from prover.layouts.family import Family, Given
from prover.layouts.family_file import load_family
from prover.layouts.layout import Layout
from prover.layouts.layout_file import choice_names
from prover.layouts.spec import parse_spec, parse_value


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a layout beside its numbers; `warnings`: what its kernel silently does."""

    title: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A family and its layout at the parameters of one spec."""

    family: Family
    layout: Layout
    given: tuple[tuple[str, Given], ...]
    about: About


def load(text: str) -> Loaded:
    """Parse a spec, read its file and expand it. Every fault names the spec."""
    spec = parse_spec(text)
    try:
        offered = choice_names(spec.path)
        choices = {k: _word(v) for k, v in spec.values if k in offered}
        family = load_family(spec.path, spec.name, choices)
        given = {
            key: _value(key, value) for key, value in spec.values if key not in choices
        }
        layout = expand(family, given, text)
        about = About(family.title, warnings_of(family, given, layout))
        return Loaded(feed_texts(family, given), layout, tuple(given.items()), about)
    except ProverError as fault:
        raise fault.inside(f"spec '{text[:80]}'") from None


def _word(text: str) -> str:
    """A choice as layout files spell it; Python writes True and False."""
    return text.lower() if text in ("True", "False") else text


def _value(key: str, text: str) -> Given:
    try:
        return parse_value(text)
    except ProverError as fault:
        raise fault.inside(f"parameter {key}") from None
