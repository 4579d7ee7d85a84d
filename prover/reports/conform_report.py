"""Layouts beside measured kernels, as JSON types and text."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from prover.measure.conform import WHY, Conformance
from prover.measure.found import Found
from prover.measure.transformers_case import Case
from prover.repair.measured_cause import MeasuredCause
from prover.reports.cause_report import measured_json, measured_texts
from prover.reports.text import columns, counted, plain

MAX_SHOWN = 40
Compared = Mapping[str, tuple[str, bool, Conformance]]  # name: its spec, whether it is a rotation, what came of it


def conform_json(
    found: Conformance, causes: Sequence[MeasuredCause] = (), feed: str = "", notes: Sequence[str] = ()
) -> dict[str, Any]:
    """The comparison as JSON types.

    `causes`: with what the layout would conform. `feed`: what it was held under. `notes`: on how it was measured.
    """
    return {
        "schema": "rope-prover/conform/1",
        "spec": found.spec,
        "entry": found.measured.name,
        "feed": feed or None,
        "conforms": found.conforms,
        "strength": "numeric only",
        "largest_relative_error": found.largest_error,
        "largest_at_lanes": list(found.largest_at or ()),
        "tolerance": {
            "frequency_there": found.allowed_there,
            "magnitude": found.measured.magnitude_tolerance,
            "why": WHY[found.measured.kind],
        },
        "frequencies_given": found.measured.given,
        "differences": [
            {"kind": d.kind, "lanes": list(d.lanes), "layout": d.layout, "measured": d.measured}
            for d in found.differences
        ],
        "causes": measured_json(causes),
        **({"notes": list(notes)} if notes else {}),
    }


def conform_text(
    found: Conformance, file: str, every_row: bool, causes: Sequence[MeasuredCause] = (), feed: str = "",
    notes: Sequence[str] = (),
) -> str:
    """The comparison for a terminal. `file`: of the table; empty where it was measured just now."""
    real = found.measured
    head = f"DIFFERS from what was measured in {counted(len(found.differences), 'place')}"
    if found.conforms:
        head = f"CONFORMS{' in all but the frequencies' if real.given else ''}: the layout is what was measured"
    at = f", at lanes {found.largest_at[0]}, {found.largest_at[1]}" if found.largest_at else ""
    rows = [
        ("layout", plain(found.spec)),
        *([("feed", plain(feed))] if feed else []),
        ("measured", f"{plain(file) + ', entry ' if file else ''}{plain(real.name)}: {counted(real.width, 'lane')}, "
         f"{counted(len(real.pairs), 'pair')}, axes {', '.join(map(plain, real.axes))}"),
        ("frequency", f"largest relative error {found.largest_error:.3g}{at}; allowed there "
         f"{found.allowed_there:.3g}: {WHY[real.kind]}"),
        ("magnitude", f"allowed error {real.magnitude_tolerance:.3g}: the decimals printed, and four roundings"),
    ]
    rows += [("note", plain(note, 600)) for note in notes]
    if real.given:
        rows.append(("given", f"the kernel was given its frequencies ({plain(real.given)}): they were not measured, "
                     "and say nothing about it"))
    if not found.conforms:
        rows += [("cause", plain(text, 600)) for text in measured_texts(causes) or [_uncaused(found)]]
    shown = found.differences if every_row else found.differences[:MAX_SHOWN]
    rows += [("differs", plain(str(difference))) for difference in shown]
    if len(shown) < len(found.differences):
        left = len(found.differences) - len(shown)
        rows.append(("differs", f"... {left} more; `rope-prover conform --all` shows them"))
    lines = [f"{head} (numeric only: floats within a tolerance, no proof).", ""]
    lines += [
        textwrap.fill(text, columns(100), initial_indent=f"{label:<10} ", subsequent_indent=" " * 11,
                      break_long_words=False, break_on_hyphens=False)
        for label, text in rows
    ]
    return "\n".join(lines) + "\n"


def _uncaused(found: Conformance) -> str:
    """What is told where no cause was found: how many differences there are of each kind."""
    kinds = Counter(difference.kind for difference in found.differences)
    counts = ", ".join(f"{kind} {number} times" if number > 1 else f"{kind} once" for kind, number in kinds.items())
    return f"no single cause found, which does not prove that there is none: {counts}"


def compared_json(found: Compared) -> dict[str, Any]:
    """Kernels beside their layouts of the catalogue."""
    rows = {
        name: conform_json(conformance) | {"spec": spec, "is_rotation": turns}
        for name, (spec, turns, conformance) in found.items()
    }
    return {"schema": "rope-prover/compared/1", "compared": rows}


def compared_text(found: Compared) -> str:
    """The same, a line each."""
    width = min(max(map(len, found)), 60)
    lines = []
    for name, (spec, turns, conformance) in found.items():
        if conformance.conforms:
            told = (f"conforms to {spec}; {'a' if turns else 'no'} rotation; largest relative error "
                    f"{conformance.largest_error:.2g}")
        else:
            told = f"has no layout in the catalogue: {spec} differs, {conformance.differences[0]}"
        lines.append(f"{plain(name):<{width}}  {plain(told, 1400)}")
    return "\n".join(lines) + "\n"


def cases_json(cases: Mapping[str, Case]) -> dict[str, Any]:
    """Cases that can be measured, and the layouts they are held against."""
    rows = {name: {"model": c.model, "attention": c.attention, "spec": c.spec} for name, c in cases.items()}
    return {"schema": "rope-prover/cases/1", "cases": rows}


def cases_text(cases: Mapping[str, Case]) -> str:
    """The same, a line each."""
    width = max(map(len, cases))
    return "\n".join(f"{name:<{width}}  {c.model}: {c.attention}, {c.spec}" for name, c in cases.items()) + "\n"


def software_json(found: Sequence[Found]) -> dict[str, Any]:
    """Software that can be measured, and whether it is here."""
    rows = {each.name: {"version": each.version or None, "missing": each.missing or None, "kernels": each.kernels,
                        "state": each.state.value} for each in found}
    return {"schema": "rope-prover/software/1", "software": rows}


def software_text(found: Sequence[Found]) -> str:
    """The same, a line each."""
    width = max(len(each.name) for each in found)
    lines = [f"{each.name:<{width}}  {each.kernels:>3} kernels  "
             + plain(each.told) for each in found]
    return "\n".join(lines) + "\n"
