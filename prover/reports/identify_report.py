"""What a measured table was identified as: as JSON types and text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prover.exact.text import rational_text
from prover.measure.conform import WHY
from prover.recognition.facts import Facts, period, runs
from prover.recognition.fitting import Fit
from prover.recognition.hypothesis import Hypothesis
from prover.recognition.identified import Identified
from prover.recognition.partly import Partly
from prover.reports.text import columns, counted, plain

ANGLE = 0.001   # radians
MAX_SPECS = 3
MAX_GROUPS = 3
MAX_ROWS = 16
SPEC = 160       # characters of a spec that is named in passing
STRENGTH = "numeric only: floats within a tolerance, no proof"
PAIRINGS = {
    "adjacent": "adjacent pairing", "half": "half pairing", "either": "one pair, adjacent or half",
    "halves in blocks": "half pairing in blocks", "other": "pairs of no known pairing", "none": "no pair turns",
}
GIVEN = "its frequencies are given to it"
WRITES = {"halves": "adjacent lanes are read, halves are written", "elsewhere": "pairs are written to other lanes"}
SCALINGS = {
    "linear": "linear", "ntk": "a base that grew (NTK)", "yarn": "YaRN",
    "inverted yarn": "YaRN the wrong way round", "llama3": "llama3", "longrope": "LongRoPE's divisors",
}


Written = tuple[str, bool] | None  # the layout file that was made of the table, and whether it conforms


@dataclass(frozen=True, slots=True)
class Origin:
    """What was measured: a file of tables, or a function. `given`: whose frequencies a function was given.

    `notes`: told of the measurement. `software`: what a file says it was measured from; `project`: whose that is.
    """

    name: str
    given: str = ""
    notes: tuple[str, ...] = ()
    software: str = ""
    project: str = ""


def identify_json(found: Identified, origin: Origin, written: Written = None) -> dict[str, Any]:
    """All of it as JSON types."""
    facts = found.facts
    return {
        "schema": "rope-prover/identify/1",
        "file": origin.name,
        "entry": facts.measured.name,
        "answer": headline(found, origin),
        "frequencies_given": origin.given or None,
        "feed": facts.feed or None,
        "notes": list(origin.notes),
        "software": origin.software or None,
        "told_first": origin.project or None,
        "strength": "numeric only",
        "facts": {
            "width": facts.measured.width, "turning_lanes": facts.lanes, "pairing": facts.pairing,
            "first_lane": facts.start, "rotated_width": facts.span, "axes": list(facts.axes),
            "axis_of_pairs": list(facts.axis_of_pairs), "direction": facts.direction, "written": facts.writes,
            "magnitude": facts.magnitude, "is_rotation": facts.is_rotation,
        },
        "base": None if found.base is None or origin.given else rational_text(found.base),
        "hypotheses": [] if origin.given else [_hypothesis_json(each) for each in found.supposed],
        "in_part": None if found.part is None else {
            "hypothesis": _hypothesis_json(found.part.hypothesis), "first_pair": found.part.first,
            "last_pair": found.part.last,
            "rounded_to": found.part.rounded or None, "off": [list(each) for each in found.part.off],
        },
        "layouts": [[_fit_json(fit) for fit in group] for group in found.groups],
        "not_told": list(found.untold),
        "is_complete": found.is_complete,
        "angle_error_per_position": facts.angle_error if facts.turning else None,
        "written": None if written is None else {"file": written[0], "conforms": written[1]},
        "frequencies": [
            {"lanes": list(pair.read), "turn": dict(pair.turn), "magnitude": pair.magnitude} for pair in facts.turning
        ],
    }


def _fit_json(fit: Fit) -> dict[str, Any]:
    return {"spec": fit.spec, "largest_relative_error": fit.found.largest_error}


def _hypothesis_json(hypothesis: Hypothesis) -> dict[str, Any]:
    return {
        "kind": hypothesis.kind, "exponents_over": hypothesis.count,
        "of_each": hypothesis.each or None,
        "numbers": {name: rational_text(value) for name, value in hypothesis.numbers.items()},
        "divisors": [rational_text(value) for value in hypothesis.divisors], "not_told": list(hypothesis.untold),
    }


def headline(found: Identified, origin: Origin | None = None) -> str:
    """The answer in one sentence."""
    is_given = origin is not None and bool(origin.given)
    facts = found.facts
    parts = [PAIRINGS[facts.pairing]]
    if facts.turning:
        width = facts.measured.width
        parts.append(f"all {width} lanes" if facts.lanes == width else f"{facts.lanes} of {width} lanes")
        if facts.direction != 1:
            parts.append("the other direction" if facts.direction == -1 else "both directions")
        if facts.writes in WRITES:
            parts.append(WRITES[facts.writes])
        if len(facts.axes) > 1 or facts.is_mixed:
            parts.append(_axes(facts))
        if not facts.is_rotation:
            parts.append("no rotation")
        parts += [GIVEN] if is_given else _numbers(found)
    if not found.groups and facts.turning and facts.magnitude not in (None, 1.0):
        parts.append(f"magnitude {facts.magnitude:.9g}")
    told = ", ".join(parts)
    if not facts.turning:
        told = f"{told}, all {facts.measured.width} lanes pass" + (", some to other lanes" if facts.moves else "")
    if facts.feed:
        told = f"under feed {plain(facts.feed)}: {told}"
    if found.groups:
        return f"{told}: {'such as ' if is_given else ''}{_names(found)}"
    tried = "" if found.is_complete else " among those that were tried"
    return f"{told}; no layout of the catalogue conforms{tried}"


def _axes(facts: Facts) -> str:
    letters = facts.axis_of_pairs
    size = period(letters)
    counts = "/".join(str(sum(axis in letter.split("+") for letter in letters)) for axis in facts.axes)
    if facts.is_mixed:
        return f"axes {', '.join(facts.axes)}, several in one pair"
    if len(runs(letters)) == len(facts.axes):
        return f"axes {', '.join(axis for axis, _ in runs(letters))} in blocks of " + "/".join(
            str(count) for _, count in runs(letters))
    turns = "in turns" if size < len(letters) or len(runs(letters)) > 2 * len(facts.axes) else "in several blocks"
    return f"axes {', '.join(facts.axes)} {turns}, {counts} pairs"


def _numbers(found: Identified) -> Iterator[str]:
    """The base and the scaling, as far as they are told."""
    supposed = found.supposed
    if not supposed:
        if found.part is not None:
            yield _partly(found.part)
        elif found.base is not None:
            yield f"base {rational_text(found.base)}"
        elif len(found.facts.turning) == 1:
            yield "one pair, so no base can be told"
        elif not found.groups:
            yield f"frequencies of no {'known formula' if found.is_complete else 'formula that was tried'}"
        return
    first = supposed[0]
    yield kind_text(first, found.facts)
    others = [each for each in supposed[1:] if each.kind != "plain" or each.base != first.base]
    if others and (first.kind == "ntk" or first.count != found.facts.span):
        yield f"or {kind_text(others[0], found.facts)}, which are the same numbers"


def kind_text(hypothesis: Hypothesis, facts: Facts) -> str:
    """A hypothesis in words, such as: base 500000, llama3 with factor 8."""
    base = f"base {rational_text(hypothesis.base)}"
    if hypothesis.each == "block":
        base += f" over the {hypothesis.count} lanes of each block"
    elif hypothesis.each:
        base += " on each axis" + (f", over {hypothesis.count}" if hypothesis.each == "axis" else " over its own lanes")
    elif facts.pairing == "halves in blocks":
        base += f", which goes on from block to block, over {hypothesis.count}"
    elif hypothesis.count != facts.span and len(facts.axes) < 2:
        base += f" over {hypothesis.count}"
    if hypothesis.kind == "plain":
        return base
    rest = {name: value for name, value in hypothesis.numbers.items() if name != "base"}
    factor = rest.pop("factor", None)
    told = f"{base}, {SCALINGS[hypothesis.kind]}"
    if factor is not None:
        told += f" with factor {rational_text(factor)}"
    more = ", ".join(f"{name} {rational_text(value)}" for name, value in rest.items())
    return f"{told} ({more})" if more else told


def _partly(part: Partly) -> str:
    hypothesis = part.hypothesis
    what = f"base {rational_text(hypothesis.base)}"
    if hypothesis.kind != "plain":
        what += f", {SCALINGS[hypothesis.kind]}"
        if "factor" in hypothesis.numbers:
            what += f" with factor {rational_text(hypothesis.numbers['factor'])}"
    if part.rounded:
        most = max(abs(off) for _, off in part.off)
        return f"pairs {part.first} to {part.last} as {what} rounded to {part.rounded}, off by up to {most:.1g} by that"
    if len(part.off) == 1:
        place, off = part.off[0]
        return f"pairs {part.first} to {part.last} as {what}, but pair {place} is off by {abs(off):.1g}"
    return f"pairs {part.first} to {part.last} as {what}, from pair {part.off[0][0]} on not"


def _names(found: Identified) -> str:
    group = found.groups[0]
    named = [plain(fit.spec, SPEC) for fit in group[:2]]
    more, others = len(group) - len(named), len(found.groups) - 1
    told = ", ".join(named) + (f" and {more} more" if more else "")
    return told + (f"; {others} other {'layout fits' if others == 1 else 'layouts fit'} as well" if others else "")


def identify_text(found: Identified, origin: Origin, every: bool, written: Written = None) -> str:
    """All of it for a terminal."""
    facts, measured = found.facts, found.facts.measured
    entry = "" if origin.name == measured.name else f", entry {plain(measured.name)}"
    rows = [("measured", f"{plain(origin.name)}{entry}: {counted(measured.width, 'lane')}, {facts.lanes} of them "
             f"turn, axes {', '.join(map(plain, facts.axes)) or 'none'}")]
    rows += list(_layout_rows(found, every))
    rows += list(_feed_rows(found))
    rows += [("not told", plain(text)) for text in _untold(found)]
    if facts.turning:
        rows.append(("held", _held(facts, origin)))
    if found.groups and any(fit.project == origin.project for fit in found.fits):
        rows.append(("note", f"the file says that it was measured from {plain(origin.software)}: among layouts that "
                     f"fit equally well those of {origin.project} are told first, and nothing is decided by it"))
    if facts.magnitude not in (None, 1.0):
        rows.append(("magnitude", f"{facts.magnitude:.9g} on cos and sin"))
    elif facts.magnitude is None and facts.turning:
        rows.append(("magnitude", "pairs have several; --json lists them"))
    if found.groups:
        best = found.groups[0][0].found
        rows.append(("error", f"largest relative error of a frequency {best.largest_error:.3g}, allowed there "
                     f"{best.allowed_there:.3g}: {WHY[measured.kind]}"))
    else:
        rows += list(_table_rows(found, every, written is None))
    if written is not None:
        told = "conforms" if written[1] else "does not conform: 'conform' says where"
        rows.append(("written", f"{plain(written[0])}: the numbers as a table, no formula; it {told}"))
    rows += [("note", plain(note, 600)) for note in origin.notes]
    lines = [f"{headline(found, origin)} ({STRENGTH}).", ""]
    lines += [
        textwrap.fill(text, columns(100), initial_indent=f"{label:<10} ", subsequent_indent=" " * 11,
                      break_long_words=False, break_on_hyphens=False)
        for label, text in rows
    ]
    return "\n".join(lines) + "\n"


def _held(facts: Facts, origin: Origin) -> str:
    """What the layouts were held against, and how far that tells an angle."""
    off, turning = facts.angle_error, facts.turning
    axes = ", ".join(plain(axis) for axis in facts.axes)
    last = "" if len(turning) == 1 else f" to {turning[-1].index}"
    told = (
        f"all {facts.measured.width} lanes, and pairs {turning[0].index}{last} on {axes}: each frequency within the "
        f"rounding that its kernel may have, which is {off:.2g} rad for each unit of position at most, so that an "
        f"angle is told to {ANGLE:g} up to position {int(ANGLE / off)}"
    )
    return told if origin.notes else f"{told}; the positions at which the kernel was run are not in the table"


def _feed_rows(found: Identified) -> Iterator[tuple[str, str]]:
    """What is tried of layouts on axes that one coordinate may have been put on, and what is not."""
    facts = found.facts
    if not facts.turning:
        return
    if not facts.feed:
        yield "feed", (
            "none is said: each layout was held with its own axes. Where one position was put on several axes, as "
            "text is in a vision model, other layouts may be meant: --feed text, or --feed t=p,h=p,w=p"
        )
    elif any(fit.joins_axes for group in found.groups for fit in group):
        yield "not told", (
            "which of the axes that get one position turns which pair: of lists of sections those that are told "
            "conform, and others do as well"
        )


def _layout_rows(found: Identified, every: bool) -> Iterator[tuple[str, str]]:
    groups = found.groups if every else found.groups[:MAX_GROUPS]
    for place, group in enumerate(groups):
        shown = group if every else group[:MAX_SPECS]
        for number, fit in enumerate(shown):
            label = "" if number else "layout" if place == 0 else "or"
            yield label, fit.spec if every else plain(fit.spec, SPEC)
        if len(group) > len(shown):
            yield "", f"and {counted(len(group) - len(shown), 'more spec')} of the same layout: --all"
    if len(found.groups) > len(groups):
        yield "or", f"{len(found.groups) - len(groups)} other layouts that the measurement cannot tell apart: --all"
    elif len(found.groups) > 1:
        yield "", "What stands behind 'or' is another layout; the measurement cannot tell them apart"
    if not found.is_complete:
        yield "bound", (
            "not all layouts and scalings were tried: the search ends after a fixed amount of work, and a layout "
            "that is not named may conform as well"
        )


def _untold(found: Identified) -> Iterator[str]:
    if found.untold and found.groups:
        yield f"{', '.join(found.untold)}: other values do the same to every lane here"
    for hypothesis in found.supposed[:1]:
        yield from hypothesis.untold


def _table_rows(found: Identified, every: bool, hint: bool) -> Iterator[tuple[str, str]]:
    turning = found.facts.turning
    shown = turning if every else turning[:MAX_ROWS]
    off = dict(found.part.off) if found.part else {}
    for pair in shown:
        turn = " + ".join(f"{number:.9g}*{plain(axis)}" for axis, number in pair.turn)
        more = f", off by {off[pair.index]:.2g}" if pair.index in off else ""
        yield f"pair {pair.index}", f"lanes {pair.read[0]}, {pair.read[1]}: {turn}{more}"
    if len(shown) < len(turning):
        yield "", f"and {counted(len(turning) - len(shown), 'more pair')}: --all"
    if turning and hint:
        yield "then", "--out mine.toml writes the numbers as a layout file, which conforms but says no formula"
