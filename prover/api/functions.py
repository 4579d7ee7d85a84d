"""A person's own rotary function beside a layout, and as a table. It is run, in a process of its own, under limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.api.answers import JSON, Report
from prover.api.answers import Measured as Tables
from prover.api.arguments import spec_of
from prover.errors import EXIT_DIFFERENT, EXIT_OK, InputError

if TYPE_CHECKING:
    from prover.layouts.layout import Layout as Expanded
    from prover.layouts.loading import Loaded
    from prover.measure.measured import Measured
    from prover.sources.model import Finding


def measure_function(
    function: str, spec: str | None = None, *, call: str | None = None, init: str | None = None,
    head_dim: int | None = None, seconds: float | None = None,
) -> Tables:
    """The table of a function such as "rope.py::apply_rope", which is run; `compare` holds it against `spec`.

    `call`: what it is called with, such as "f(x, cos(p), sin(p))", where its parameters do not say. `init`: of a class,
    "Class(head_dim=64)". `seconds`: for the whole run; 120 without it. Raises ProverError.
    """
    from prover.measure.measured import written

    asked = None if spec is None else _comparable(spec)
    table = _table(function, asked, call, init, head_dim, seconds)

    def compare() -> Report:
        if asked is None:
            raise InputError("there is no layout to compare with", where=function[:200], advice="Give a spec")
        return compared(asked, table, every_difference=False)

    return Tables(EXIT_OK, lambda: table, lambda _: written(table), compare)


def conform_function(
    spec: str, function: str, *, feed: str = "", call: str | None = None, init: str | None = None,
    head_dim: int | None = None, seconds: float | None = None, every_difference: bool = False,
) -> Report:
    """Compare a layout with a function, which is run. Exit code 0: it conforms, 1: not."""
    asked = _comparable(spec, feed)
    return compared(asked, _table(function, asked, call, init, head_dim, seconds), every_difference)


@dataclass(frozen=True, slots=True)
class Called:
    """How a function is run, where it does not tell by itself; as for `measure_function`."""

    call: str | None = None
    init: str | None = None
    head_dim: int | None = None
    seconds: float | None = None

    @property
    def is_said(self) -> bool:
        """Whether anything of it is."""
        return any(value is not None for value in (self.call, self.init, self.head_dim, self.seconds))


@dataclass(frozen=True, slots=True)
class Ran:
    """A function's table. `given`: whose frequencies it was given; "" if it has its own. `notes`: told besides."""

    table: Measured
    given: str
    notes: tuple[str, ...]


def ran(function: str, called: Called) -> Ran:
    """Run and measure a function. Raises ProverError."""
    from prover.measure.measured import decode

    entry = _table(function, None, called.call, called.init, called.head_dim, called.seconds)["cases"][0]
    table = decode(entry["id"], entry, entry["id"])
    return Ran(table, entry["frequencies_given"], (f"it was called as {entry['called']}", *entry["notes"]))


def recognised(function: str, called: Called) -> tuple[str, Finding]:
    """The SPEC of the one layout that a function conforms to, and that it was measured. Raises UndecidedError."""
    from prover.errors import UndecidedError
    from prover.recognition.identified import identify
    from prover.reports.identify_report import headline
    from prover.sources.model import Finding

    found = ran(function, called)
    if found.given:
        raise UndecidedError(
            "its frequencies are given to it, so that no layout is told by it alone", where=function[:200],
            advice="'rope-prover conform SPEC FUNCTION' gives it those of SPEC and compares the rest; a base that "
            "is an argument is said as in --call \"f(x, p, 500000)\"",
        )
    known = identify(found.table)
    if not known.groups:
        raise UndecidedError(f"is no layout that was recognised: {headline(known)}", where=function[:200],
                             advice="'rope-prover identify FUNCTION --out mine.toml' writes its numbers as a layout")
    if len(known.named) > 1:
        specs = ", ".join(group[0].spec for group in known.named[:3])
        raise UndecidedError(f"is one of {len(known.named)} layouts that a measurement cannot tell apart: {specs}",
                             where=function[:200], advice="Name the one that is meant in its place")
    spec = known.groups[0][0].spec
    listed = len(known.groups) > 1
    more = ("other numbers, listed one by one, fit as well",) if listed else ()
    text = f"{function[:200]} was run and measured, and recognised as {spec} (numeric only); "
    text += "; ".join((*found.notes, *more))
    return spec, Finding("RP301", text)


@dataclass(frozen=True, slots=True)
class _Comparable:
    """A layout on one axis, alone or under a feed."""

    loaded: Loaded
    layout: Expanded
    feed: str


def compared(asked: _Comparable, table: JSON, every_difference: bool) -> Report:
    """A layout beside the table of a function."""
    from prover.measure.conform import conform
    from prover.measure.measured import decode
    from prover.repair.measured_cause import measured_causes
    from prover.reports.conform_report import conform_json, conform_text
    from prover.reports.documents.conform import conform_document

    entry = table["cases"][0]
    measured = decode(entry["id"], {**entry, "axes": list(asked.layout.axes)}, entry["id"])
    found = conform(asked.layout, measured)
    causes = measured_causes(asked.loaded, measured, asked.feed)
    notes = (f"it was called as {entry['called']}", *entry["notes"])
    return Report(
        EXIT_OK if found.conforms else EXIT_DIFFERENT, lambda: conform_json(found, causes, asked.feed, notes),
        lambda _: conform_text(found, "", every_difference, causes, asked.feed, notes),
        _document=lambda _: conform_document(conform_json(found, causes, asked.feed, notes)),
    )


def _comparable(spec: str, feed: str = "") -> _Comparable:
    """A layout with one axis, as a function has one position. Raises InputError for one with several."""
    from prover.layouts.feed import layout_under
    from prover.layouts.loading import load

    loaded = load(spec_of(spec))
    layout = layout_under(feed, loaded.family, loaded.layout) if feed else loaded.layout
    if len(layout.axes) != 1:
        raise InputError(
            f"has the axes {', '.join(layout.axes)}, and functions are measured with one position for a token",
            where=loaded.layout.name, advice="'conform' takes --feed text, or --feed t=p,h=p and so on for every axis",
        )
    return _Comparable(loaded, layout, feed)


def _table(
    function: str, asked: _Comparable | None, call: str | None, init: str | None, head_dim: int | None,
    seconds: float | None,
) -> JSON:
    from prover.functions.limits import make_limits
    from prover.functions.measuring import measure_function
    from prover.functions.plan import given_by
    from prover.functions.reference import parse_reference

    given = None if asked is None else given_by(asked.layout)
    width = head_dim if head_dim is not None or asked is None else asked.layout.width
    return measure_function(parse_reference(function, init), make_limits(seconds), call, width, given)
