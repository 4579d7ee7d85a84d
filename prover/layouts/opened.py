"""A layout whose stored numbers are left open: what holds of it holds of every choice of reals that round to them.

Every comparison on the way to the layout's numbers is made for all reals that a stored number stands for at once, by
their enclosure. A parameter for which one does not come out alike for all of them (a ramp whose end moves, a branch
that is taken or not) is taken exactly as it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prover.errors import InputError, ProverError
from prover.exact.number import Exact, exact
from prover.exact.storing import MAX_ULPS, StoredNumber
from prover.language.evaluation import Value
from prover.layouts.expand import expand
from prover.layouts.family import Given
from prover.layouts.layout import Layout, move_rows
from prover.layouts.loading import Loaded, Stored


@dataclass(frozen=True, slots=True)
class Opened:
    """The layout with its open numbers as atoms, and these. `exactly`: parameters with stored numbers not left open.

    `scalars`: names of the numbers that are no entry of a list.
    """

    layout: Layout
    numbers: tuple[StoredNumber, ...]
    exactly: tuple[str, ...]
    scalars: frozenset[str]


def open_layout(loaded: Loaded, side: str, ulps: int) -> Opened:
    """Leave open all stored numbers that can be. `side`: source or target, the first part of their names."""
    given = dict(loaded.given)
    able = [stored for stored in loaded.stored if not stored.is_fed]
    found = {s.parameter: tuple(_numbers(s, given[s.parameter], side, ulps)) for s in able}
    names = [name for name, numbers in found.items() if numbers]
    layout = _opened(loaded, found, names) if names else loaded.layout
    if layout is None:
        # One of them is in the way: those that come first are left open as far as they go together.
        kept: list[str] = []
        layout = loaded.layout
        for name in names:
            wider = _opened(loaded, found, [*kept, name])
            if wider is not None:
                layout, kept = wider, [*kept, name]
        names = kept
    numbers = tuple(number for name in names for number in found[name])
    exactly = tuple(stored.parameter for stored in loaded.stored if stored.parameter not in names)
    scalars = frozenset(n.name for name in names for n in found[name] if not isinstance(given[name], tuple))
    return Opened(layout, numbers, exactly, scalars)


def choose(loaded: Loaded, opened: Opened, choice: Mapping[str, Exact]) -> Layout:
    """The layout at a choice of reals, by the names of the open numbers; others stay as they are stored."""
    values = {number.name: choice.get(number.name, exact(number.value)) for number in opened.numbers}
    return _expanded(loaded, values) if values else loaded.layout


def _expanded(loaded: Loaded, values: Mapping[str, Exact]) -> Layout:
    layout = expand(loaded.family, dict(loaded.given), loaded.layout.name, _instead(loaded, values))
    return layout if loaded.rows is None else move_rows(layout, loaded.rows)


def _numbers(stored: Stored, given: Given, side: str, ulps: int) -> list[StoredNumber]:
    entries = given if isinstance(given, tuple) else (given,)
    suffixes = [f".{index}" for index in range(len(entries))] if isinstance(given, tuple) else [""]
    found = [
        StoredNumber(f"{side}.{stored.parameter}{suffix}", form, value, ulps)
        for suffix, value, form in zip(suffixes, entries, stored.formats, strict=True)
        if form is not None
    ]
    return [number for number in found if number.is_open]


def _opened(loaded: Loaded, found: Mapping[str, Sequence[StoredNumber]], names: Sequence[str]) -> Layout | None:
    values = {number.name: number.open for name in names for number in found[name]}
    try:
        return _expanded(loaded, values)
    except ProverError:
        return None


def _instead(loaded: Loaded, values: Mapping[str, Exact]) -> dict[str, Value]:
    """Values by the names of numbers, whatever the side, made values of parameters."""
    own = {name.partition(".")[2]: value for name, value in values.items()}
    is_list = {parameter.name: parameter.is_list for parameter in loaded.family.parameters}
    instead: dict[str, Value] = {}
    for parameter, given in loaded.given:
        if isinstance(given, tuple):
            entries = tuple(own.get(f"{parameter}.{i}", exact(value)) for i, value in enumerate(given))
        elif parameter in own:
            entries = (own[parameter],)
        else:
            continue
        instead[parameter] = entries if is_list[parameter] else entries[0]
    return instead


def require_ulps(value: int) -> None:
    """Refuse what is no number of neighbours."""
    if type(value) is not int or not 0 <= value <= MAX_ULPS:
        raise InputError(f"expected a whole number from 0 to {MAX_ULPS}, got {str(value)[:40]}", where="ulps")
