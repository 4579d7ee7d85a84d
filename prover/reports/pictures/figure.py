"""A scene as a figure: strips of lanes, arcs for pairs, ribbons for rows, frequencies on a log scale.

Parts have identifiers: SIDE-pair-J-A-B (with -differs) for the arc of pair J on lanes A and B, ribbon-A-B for row A of
the source that becomes row B of the target.
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from prover.reports.pictures.scene import SEVERAL, WORDS, Arc, Scene, Strip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CELLS = 128
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C7A00", "#444444")
MARKERS, HATCHES, LINES = "os^Dv<>p", ("", "//", "\\\\", "..", "xx", "--", "||", "++"), ("-", "--", "-.", ":")
PLAIN, DIFFERS = "#BBBBBB", "#B00020"
MIXED = "*"
SIDES = ("source", "target")
NAMES = WORDS | {MIXED: "lanes of several kinds"}


def scene_figure(scene: Scene) -> Figure:
    """The figure of one or two layouts."""
    from matplotlib.figure import Figure

    two, lanes = len(scene.strips) > 1, max(strip.width for strip in scene.strips)
    notes = [line for note in (*scene.notes, *_cell_notes(scene)) for line in textwrap.wrap(note, 120)]
    figure = Figure(figsize=(min(15.0, max(7.5, 0.115 * min(lanes, MOST_CELLS))), 7.6 if two else 5.2))
    grid = figure.add_gridspec(2, len(scene.strips), height_ratios=(1.35 if two else 1.0, 0.8), hspace=0.3, wspace=0.06,
                                top=0.9 if scene.headline else 0.97)
    _draw_lanes(figure.add_subplot(grid[0, :]), scene, lanes)
    first: Any = None
    for number, strip in enumerate(scene.strips):
        panel = figure.add_subplot(grid[1, number], sharey=first)
        first = _draw_frequencies(panel, strip, number, two, _decades(scene))
    head = [strip.title for strip in scene.strips]
    title = f"source  {head[0]}\ntarget  {head[1]}" if two else head[0]
    figure.text(0.02, 1.0, title, ha="left", va="bottom", fontsize=11, linespacing=1.5)
    if scene.headline:
        figure.text(0.02, 0.985, "\n".join(textwrap.wrap(scene.headline, 110)), ha="left", va="top", fontsize=9)
    if notes:
        figure.text(0.02, 0.02, "\n".join(notes), ha="left", va="top", fontsize=8)
    return figure


def _cell_notes(scene: Scene) -> list[str]:
    """What cells stand for where lanes have none of their own."""
    each = {-(-strip.width // MOST_CELLS) for strip in scene.strips} - {1}
    return [f"Of {max(each)} lanes each there is one cell."] if each else []


def _decades(scene: Scene) -> tuple[float, float]:
    """Whole powers of ten around all frequencies, and a little room."""
    values = [abs(value) for strip in scene.strips for arc in strip.drawn for _, value in arc.frequencies if value]
    low, high = (math.log10(end) for end in (min(values), max(values))) if values else (0.0, 0.0)
    low, high = math.floor(low), math.ceil(high)
    return 10.0 ** (low - 0.1), 10.0 ** (max(high, low + 1) + 0.1)


def style(letter: str, strip: Strip) -> tuple[str, str, str, str]:
    """Colour, marker, hatching and line of a letter: no two axes share all of them."""
    known = [known for known, _ in strip.axes]
    if letter not in known:
        hatch = {SEVERAL: "+++", MIXED: "ooo"}.get(letter, "")
        return (PLAIN if letter != SEVERAL else "#777777", "P", hatch, "-")
    index = known.index(letter)
    eight = index % 8
    return COLOURS[eight], MARKERS[eight], HATCHES[eight], LINES[(index + index // 8) % 4]


def _draw_lanes(axes: Any, scene: Scene, lanes: int) -> None:
    two = len(scene.strips) > 1
    above, below = (max((_height(arc, lanes) for arc in strip.drawn), default=0) for strip in
                    (scene.strips[0], scene.strips[-1]))
    gap = lanes * (0.24 if scene.permutation else 0.12)
    thick = lanes * 0.035
    tops = [gap + thick, 0.0] if two else [thick]
    for number, (strip, top) in enumerate(zip(scene.strips, tops, strict=True)):
        upward = number == 0
        _draw_cells(axes, strip, top, thick, number == 1)
        base = top if upward else top - thick
        for arc in strip.drawn:
            _draw_arc(axes, strip, arc, SIDES[number], base, _height(arc, lanes) * (1 if upward else -1))
        axes.text(-lanes * 0.012, top - thick / 2, SIDES[number] if two else "lanes", ha="right", va="center")
    if two:
        _draw_ribbons(axes, scene, tops[0] - thick, tops[1])
    axes.set_xlim(-lanes * 0.005, lanes * 1.005)
    axes.set_ylim(tops[-1] - thick - (below * 1.06 if two else lanes * 0.03), tops[0] + above * 1.06)
    axes.axis("off")
    _legend(axes, scene)


def _height(arc: Arc, lanes: int) -> float:
    """How high an arc is: wide ones are higher, yet narrow ones are to be seen."""
    return lanes * 0.2 * math.sqrt(abs(arc.read[1] - arc.read[0]) / lanes)


def _draw_cells(axes: Any, strip: Strip, top: float, thick: float, numbers_above: bool) -> None:
    """The lanes, several in a cell where there are too many for letters; numbers where the arcs are not."""
    from matplotlib.patches import Rectangle

    each = -(-strip.width // MOST_CELLS)
    for start in range(0, strip.width, each):
        inside = strip.letters[start : start + each]
        letter = inside[0] if len(set(inside)) == 1 else MIXED
        colour, _, hatch, _ = style(letter, strip)
        axes.add_patch(Rectangle(
            (start, top - thick), len(inside), thick, facecolor=colour + "66", edgecolor="white", linewidth=0.4,
            hatch=hatch,
        ))
        axes.text(start + len(inside) / 2, top - thick / 2, letter, ha="center", va="center", fontsize=6)
    step = max(1, 2 ** (strip.width // 17).bit_length())
    for lane in sorted({*range(0, strip.width, step), strip.width - 1}):
        if lane == strip.width - 1 or strip.width - 1 - lane >= step / 2:
            axes.text(lane + 0.5, top + thick * 0.12 if numbers_above else top - thick * 1.12, str(lane), ha="center",
                      va="bottom" if numbers_above else "top", fontsize=6, color="#333333")


def _draw_arc(axes: Any, strip: Strip, arc: Arc, side: str, base: float, height: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    a, b = (lane + 0.5 for lane in arc.read)
    control = base + height * 4 / 3
    colour, _, _, line = style(arc.letter, strip)
    patch = PathPatch(
        Path([(a, base), (a, control), (b, control), (b, base)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]),
        facecolor="none", edgecolor=colour, linestyle=line, linewidth=1.4 if arc.marked else 0.9,
    )
    patch.set_gid(f"{side}-pair-{arc.pair}-{arc.read[0]}-{arc.read[1]}{'-differs' if arc.marked else ''}")
    axes.add_patch(patch)
    if arc.marked:
        axes.plot([(a + b) / 2], [base + height], marker="x", markersize=4, color=DIFFERS, linestyle="none")


def _draw_ribbons(axes: Any, scene: Scene, top: float, bottom: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    strip, middle = scene.strips[0], (top + bottom) / 2
    low, high = (end + (middle - end) * 0.3 for end in (bottom, top))    # between the lane numbers
    for source, target in scene.ribbons:
        a, b = source + 0.5, target + 0.5
        colour, _, _, line = style(strip.letters[source], strip)
        patch = PathPatch(
            Path([(a, high), (a, middle), (b, middle), (b, low)],
                 [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]),
            facecolor="none", edgecolor=colour, alpha=0.75, linestyle=line, linewidth=0.8,
        )
        patch.set_gid(f"ribbon-{source}-{target}")
        axes.add_patch(patch)


def _draw_frequencies(axes: Any, strip: Strip, number: int, two: bool, decades: tuple[float, float]) -> Any:
    from matplotlib.ticker import MaxNLocator

    for index, (letter, _) in enumerate(strip.axes):
        colour, marker, _, _ = style(letter, strip)
        points = [(arc.pair, value) for arc in strip.drawn for axis, value in arc.frequencies if axis == letter]
        for hollow in (False, True):
            some = [(pair, abs(value)) for pair, value in points if value and (value < 0) is hollow]
            if some:
                axes.plot(*zip(*some, strict=True), linestyle="none", marker=marker, color=colour,
                          markersize=8 - 2 * min(index, 2),   # so that one shows behind another
                          markerfacecolor="none" if hollow else colour)
    marked = [(arc.pair, abs(value)) for arc in strip.drawn if arc.marked for _, value in arc.frequencies if value]
    if marked:
        axes.plot(*zip(*marked, strict=True), linestyle="none", marker="x", markersize=12, color=DIFFERS,
                  zorder=1)   # below and wider, so that what differs keeps its own mark
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(*decades)
    axes.tick_params(labelleft=number == 0)
    axes.set_xlabel(f"pair of the {SIDES[number]}" if two else "pair")
    if number == 0:
        axes.set_ylabel("radians per step")
    axes.margins(x=0.02)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.5)
    return axes


def _legend(axes: Any, scene: Scene) -> None:
    from matplotlib.lines import Line2D

    strip, letters = scene.strips[0], "".join(strip.letters for strip in scene.strips)
    axis_of = dict(strip.axes)
    names = axis_of | {letter: NAMES[letter] for letter in NAMES if letter in letters}
    handles = []
    for letter, name in names.items():
        colour, marker, _, line = style(letter, strip)
        handles.append(Line2D([], [], color=colour, marker=marker if letter in axis_of else None, markersize=4,
                              linestyle=line, label=f"{letter}  {name}" if letter != name else name))
    if any(arc.marked for strip in scene.strips for arc in strip.arcs):
        handles.append(Line2D([], [], color=DIFFERS, marker="x", linestyle="none", label="differs lane by lane"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=min(6, len(handles)),
                frameon=False, fontsize=8, handlelength=3)
