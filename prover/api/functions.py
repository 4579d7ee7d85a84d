"""A person's own rotary function beside a layout, and as a table. It is run, in a process of its own, under limits."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from itertools import permutations
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
    head_dim: int | None = None, seconds: float | None = None, longest: int | None = None,
) -> Tables:
    """The table of a function such as "rope.py::apply_rope", which is run; `compare` holds it against `spec`.

    `call`: what it is called with, such as "f(x, cos(p), sin(p))", where its parameters do not say. `init`: of a class,
    "Class(head_dim=64)". `seconds`: for the whole run; 120 without it. `longest`: up to which position, and
    which number of tokens in a call, it is measured; 65536 and 8193 without it. Raises ProverError.
    """
    from prover.measure.measured import written

    asked = None if spec is None else _comparable(spec)
    table = _table(function, asked, Called(call, init, head_dim, seconds, longest))

    def compare() -> Report:
        if asked is None:
            raise InputError("there is no layout to compare with", where=function[:200], advice="Give a spec")
        return compared(asked, table, every_difference=False)

    return Tables(EXIT_OK, lambda: table, lambda _: written(table), compare)


def conform_function(
    spec: str, function: str, *, feed: str = "", call: str | None = None, init: str | None = None,
    head_dim: int | None = None, seconds: float | None = None, longest: int | None = None,
    every_difference: bool = False,
) -> Report:
    """Compare a layout with a function, which is run. Exit code 0: it conforms, 1: not."""
    asked = _comparable(spec, feed)
    return compared(asked, _table(function, asked, Called(call, init, head_dim, seconds, longest)), every_difference)


@dataclass(frozen=True, slots=True)
class Called:
    """How a function is run, where it does not tell by itself; as for `measure_function`."""

    call: str | None = None
    init: str | None = None
    head_dim: int | None = None
    seconds: float | None = None
    longest: int | None = None

    @property
    def is_said(self) -> bool:
        """Whether anything of it is."""
        return any(value is not None for value in astuple(self))


@dataclass(frozen=True, slots=True)
class Ran:
    """A function's table. `given`: whose frequencies it was given; "" if it has its own. `notes`: told besides."""

    table: Measured
    given: str
    notes: tuple[str, ...]


def ran(function: str, called: Called) -> Ran:
    """Run and measure a function. Raises ProverError."""
    from prover.measure.measured import decode

    entry = _table(function, None, called)["cases"][0]
    table = decode(entry["id"], entry, entry["id"])
    return Ran(table, entry["frequencies_given"], (_told(entry), *entry["notes"]))


def _told(entry: JSON) -> str:
    return f"it was called as {entry['called']}, {entry['tried']}"


def recognised(function: str, called: Called) -> tuple[str, Finding]:
    """The SPEC of the one layout that a function conforms to, and that it was measured. Raises UndecidedError."""
    from prover.errors import UndecidedError
    from prover.recognition.identified import identify
    from prover.reports.identify_report import headline
    from prover.sources.findings import MEASURED
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
    return spec, Finding(MEASURED, text)


@dataclass(frozen=True, slots=True)
class _Comparable:
    """A layout, alone or under a feed."""

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
    axes, told = _axes(asked, entry)
    measured = decode(entry["id"], {**entry, "axes": axes}, entry["id"])
    found = conform(asked.layout, measured)
    causes = measured_causes(asked.loaded, measured, asked.feed)
    if not found.conforms and len(axes) > 1:
        told += [
            f"with its axes {', '.join(axes)} taken for {', '.join(other)} it would conform"
            for other in permutations(axes)
            if conform(asked.layout, decode(entry["id"], {**entry, "axes": list(other)}, entry["id"])).conforms
        ]
    notes = (_told(entry), *told, *entry["notes"])
    return Report(
        EXIT_OK if found.conforms else EXIT_DIFFERENT, lambda: conform_json(found, causes, asked.feed, notes),
        lambda _: conform_text(found, "", every_difference, causes, asked.feed, notes),
        _document=lambda _: conform_document(conform_json(found, causes, asked.feed, notes), every_difference),
    )


def _axes(asked: _Comparable, entry: JSON) -> tuple[list[str], list[str]]:
    """What a function's position axes are called in a layout, and what is told of that. Raises InputError.

    By their names, or else in their order.
    """
    own, theirs = list(entry["axes"]), list(asked.layout.axes)
    if len(own) == len(theirs) == 1:
        return theirs, []
    if len(own) > 1 and {*own} <= {*theirs}:
        return own, []
    if len(own) == len(theirs):
        return theirs, [f"its axes {', '.join(own)} were taken for {', '.join(theirs)} in this order"]
    if len(own) == 1:
        raise InputError(
            f"has the axes {', '.join(theirs)}, and the function was measured with one position for a token, as "
            f"{entry['called']}", where=asked.layout.name,
            advice="'conform' takes --feed text, or --feed t=p,h=p and so on for every axis; if the function takes a "
            'position on each, say so, as in --call "f(x, p(h, w)[t, 2])"',
        )
    raise InputError(
        f"has the axes {', '.join(theirs)}, and the function, called as {entry['called']}, has {', '.join(own)}",
        where=asked.layout.name, advice='--call "f(x, p(h, w)[t, 2])" names the axes of positions',
    )


def _comparable(spec: str, feed: str = "") -> _Comparable:
    """A layout, alone or under a feed. Raises InputError."""
    from prover.layouts.feed import layout_under
    from prover.layouts.loading import load

    loaded = load(spec_of(spec))
    return _Comparable(loaded, layout_under(feed, loaded.family, loaded.layout) if feed else loaded.layout, feed)


def _table(function: str, asked: _Comparable | None, called: Called) -> JSON:
    from prover.functions.limits import make_limits
    from prover.functions.measuring import measure_function
    from prover.functions.plan import given_by
    from prover.functions.reference import parse_reference

    given = None if asked is None else given_by(asked.layout)
    width = called.head_dim if called.head_dim is not None or asked is None else asked.layout.width
    limits, reference = make_limits(called.seconds), parse_reference(function, called.init)
    several = asked is not None and len(asked.layout.axes) > 1
    return measure_function(reference, limits, called.call, width, given, called.longest, several)
