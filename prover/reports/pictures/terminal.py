"""A scene for a terminal: rows of letters, bars for frequencies, arcs where they fit. Colour adds, it never says."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from prover.reports.pictures.scene import WORDS, Arc, Scene, Strip
from prover.reports.text import counted

LEAST_COLUMNS, MOST_COLUMNS = 20, 140
LABEL = 7
MOST_ARC_ROWS = 10
MOST_ROWS = 8            # lines of lanes; of wider heads the first lanes are shown
MOST_RUNS = 12
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
FORTH, BACK, BOTH = "+", "-", "*"   # which way a pair turns
BACKWARDS = (BACK, BOTH)
CODES = (34, 33, 32, 35, 36, 31, 94, 93)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of one kind of terminal; bars from low to high. `arc`: left, right, across, down, crossing."""

    bars: str
    arc: tuple[str, str, str, str, str]
    arrow: str


UNICODE = Glyphs("▁▂▃▄▅▆▇█", ("╭", "╮", "─", "│", "┼"), "←")
ASCII = Glyphs(".:-=+*#@", ("+", "+", "-", "|", "+"), "<-")


def scene_text(scene: Scene, columns: int, ascii_only: bool = False, colour: bool = False) -> str:
    """The picture in lines of at most `columns` columns (20 to 140), in ASCII or Unicode, with or without colour."""
    columns = max(LEAST_COLUMNS, min(MOST_COLUMNS, columns))
    glyphs, lines = ASCII if ascii_only else UNICODE, []
    if scene.headline:
        lines += [*_wrapped(scene.headline, columns), ""]
    values = [abs(f) for strip in scene.strips for arc in strip.arcs for _, f in arc.frequencies if f]
    span = (min(values), max(values)) if values else (1.0, 1.0)
    sides = ("source", "target") if len(scene.strips) > 1 else ("",)
    for side, strip in zip(sides, scene.strips, strict=True):
        lines += [*_wrapped(f"{side}  {strip.title}".strip(), columns)]
        lines += [*_strip_lines(strip, columns, glyphs, span, colour), ""]
    if scene.permutation is not None:
        lines += [*_rows_lines(scene.permutation, columns, glyphs), ""]
    letters = "".join(strip.letters for strip in scene.strips)
    names = {letter: "an axis" if letter == name else name for letter, name in scene.strips[0].axes} | WORDS
    key = [f"{letter} = {name}" for letter, name in names.items() if letter in letters]
    key.append(f"pair: number modulo {len(DIGITS)}")
    if values:
        key.append(f"freq: {span[0]:.3g} ({glyphs.bars[0]}) to {span[1]:.3g} ({glyphs.bars[-1]}) radians per step, log")
    arcs = [arc for strip in scene.strips for arc in strip.arcs]
    if any(arc.read != arc.write for arc in arcs):
        key.append("writes: the pair that writes the lane")
    if any(_sign(arc) in BACKWARDS for arc in arcs):
        key.append(f"turns: {FORTH} from a pair's first lane to its second, {BACK} backwards, {BOTH} some of each")
    if any(arc.marked for arc in arcs):
        key.append("x: differs lane by lane")
    for text in key:
        lines += _wrapped(text, columns)
    for note in _notes(scene, columns):
        lines += _wrapped(note, columns)
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text.encode("ascii", "replace").decode("ascii") if ascii_only else text


def _strip_lines(strip: Strip, columns: int, glyphs: Glyphs, span: tuple[float, float], colour: bool) -> list[str]:
    room = columns - LABEL
    owner = {lane: arc for arc in strip.arcs for lane in arc.read}
    writer = {lane: arc for arc in strip.arcs for lane in arc.write}
    lines = _arc_lines(strip.arcs, strip.width, glyphs) if strip.width <= room else []
    shown = min(strip.width, room * MOST_ROWS)
    for start in range(0, shown, room):
        lanes = range(start, min(start + room, shown))
        arcs = [owner.get(lane) for lane in lanes]
        lines.append(_row("lane", _ruler(lanes)))
        lines.append(_row("axis", _coloured([strip.letters[lane] for lane in lanes], strip, colour)))
        writing = [writer.get(lane) for lane in lanes]
        below = {
            "pair": "".join(map(_digit, arcs)),
            "writes": "".join(map(_digit, writing)) * any(arc.read != arc.write for arc in strip.arcs),
            "turns": "".join(map(_sign, arcs)) * any(_sign(arc) in BACKWARDS for arc in strip.arcs),
            "freq": "".join(_bar(arc, glyphs.bars, span) for arc in arcs),
            "differ": "".join("x" if arc is not None and arc.marked else " " for arc in arcs),
        }
        lines += [_row(label, text) for label, text in below.items() if text.strip()]
    return lines


def _row(label: str, text: str) -> str:
    return f"{label:<{LABEL}}{text}"


def _ruler(lanes: Sequence[int]) -> str:
    """Lane numbers, each beginning above its lane, as many as have room."""
    found = ""
    for place, lane in enumerate(lanes):
        text = str(lane)
        if (place == 0 or lane % 8 == 0) and (not found or len(found) < place) and place + len(text) <= len(lanes):
            found = found.ljust(place) + text
    return found


def _coloured(letters: Sequence[str], strip: Strip, colour: bool) -> str:
    if not colour:
        return "".join(letters)
    codes = {letter: CODES[i % len(CODES)] for i, (letter, _) in enumerate(strip.axes)}
    return "".join(f"\x1b[{codes[c]}m{c}\x1b[0m" if c in codes else c for c in letters)


def _digit(arc: Arc | None) -> str:
    return " " if arc is None else DIGITS[arc.pair % len(DIGITS)]


def _sign(arc: Arc | None) -> str:
    """Which way a pair turns, by the signs of its frequencies; a space where it does not turn with any axis."""
    ways = {value > 0 for _, value in arc.frequencies if value} if arc is not None else set()
    return BOTH if len(ways) > 1 else FORTH if True in ways else BACK if ways else " "


def _bar(arc: Arc | None, bars: str, span: tuple[float, float]) -> str:
    value = max((abs(f) for _, f in arc.frequencies), default=0.0) if arc is not None else 0.0
    if not value:
        return " "
    low, high = map(math.log, span)
    part = (math.log(value) - low) / (high - low) if high > low else 1.0
    return bars[min(len(bars) - 1, int(part * len(bars)))]


def _arc_lines(arcs: Sequence[Arc], width: int, glyphs: Glyphs) -> list[str]:
    """Arcs above their lanes, none over another in one line; nothing where that takes too many lines."""
    rows: list[list[tuple[int, int]]] = []
    for a, b in sorted((tuple(sorted(arc.read)) for arc in arcs), key=lambda ends: (ends[1] - ends[0], ends)):
        row = next((row for row in rows if all(b < c or d < a for c, d in row)), None)
        if row is None:
            rows.append(row := [])
        row.append((a, b))
    if len(rows) > MOST_ARC_ROWS:
        return []
    left, right, across, down, crossing = glyphs.arc
    hanging: set[int] = set()
    lines = []
    for row in reversed(rows):
        cells = [down if lane in hanging else " " for lane in range(width)]
        for a, b in row:
            cells[a], cells[b] = left, right
            for lane in range(a + 1, b):
                cells[lane] = crossing if lane in hanging else across
            hanging |= {a, b}
        lines.append(_row("", "".join(cells)))
    return lines


def runs(rows: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """A permutation as runs (first row, how many, first source row, step), each as long as it gets from the left."""
    found: list[tuple[int, int, int, int]] = []
    start = 0
    while start < len(rows):
        step = rows[start + 1] - rows[start] if start + 1 < len(rows) else 0
        end = start + 1
        while end < len(rows) and rows[end] - rows[end - 1] == step:
            end += 1
        found.append((start, end - start, rows[start], step if end - start > 1 else 0))
        start = end
    return found


def _rows_lines(rows: Sequence[int], columns: int, glyphs: Glyphs) -> list[str]:
    if all(row == index for index, row in enumerate(rows)):
        return _wrapped("rows: all stay where they are", columns)
    found, lines = runs(rows), ["rows of the target, and of the source"]
    for start, count, first, step in found[:MOST_RUNS]:
        last, by = first + step * (count - 1), f" by {step}" if abs(step) > 1 else ""
        lines.append(
            f"  {start} {glyphs.arrow} {first}" if count == 1 else
            f"  {start}-{start + count - 1} {glyphs.arrow} {first} to {last}{by}"
        )
    more = len(found) - MOST_RUNS
    lines += [f"  and {counted(more, 'more run')} of rows, not shown"] if more > 0 else []
    return [line for text in lines for line in _wrapped(text, columns)]


def _notes(scene: Scene, columns: int) -> list[str]:
    found = [f"{side}: {fact}" if len(scene.strips) > 1 else fact
             for side, strip in zip(("source", "target"), scene.strips, strict=False) for fact in strip.facts]
    for strip in scene.strips:
        shown = (columns - LABEL) * MOST_ROWS
        if strip.width > shown:
            differ = sum(arc.marked for arc in strip.arcs if min(arc.read) >= shown)
            also = f", and with them {counted(differ, 'pair')} that differ{'s' * (differ == 1)}" if differ else ""
            found.append(f"Lanes from {shown} to {strip.width - 1} are left out{also}.")
    return list(dict.fromkeys(found))


def _wrapped(text: str, columns: int) -> list[str]:
    return textwrap.wrap(text, columns, subsequent_indent="  ") or [""]
