"""The picture of a layout on its page: what `draw` draws, as an SVG of its own.

The figure of `rope-prover draw --out` takes matplotlib a second, and has one set of colours. This takes milliseconds,
and its colours follow the reader's light or dark scheme, as those of the site do.
"""

from __future__ import annotations

import math
from html import escape
from typing import Any

from prover.reports.pictures.figure import MIXED, MOST_CELLS, WORDS
from prover.reports.pictures.scene import NO_AXIS, PASSES, SEVERAL

LIGHT = ("#0072B2", "#A85F00", "#00795A", "#A84F88", "#6A51A3", "#C04A00", "#6E6000", "#4D4D4D")
DARK = ("#5AB4F0", "#F0B040", "#3CCBA0", "#E59CC8", "#B9A6F0", "#FF8A4C", "#D0C040", "#C8C8C8")
LIGHT_TEXT, LIGHT_GROUND, DARK_TEXT, DARK_GROUND = "#333333", "#FFFFFF", "#D5D7E0", "#1E2129"
DASHES = ("none", "6 2", "6 2 1 2", "1 2", "3 2", "9 2", "9 2 2 2", "2 4")    # beside the colour, for who sees none
WIDE, LEFT, RIGHT = 960, 70, 24
LANES = WIDE - LEFT - RIGHT
CELL_HIGH, PLOT_HIGH, LEAST_HIGH, MOST_HIGH = 18, 130, 12, 150


def lane_picture(scene: dict[str, Any]) -> str:
    """The SVG of a scene with one layout: lanes by axis, pairs as arcs, frequencies on a log scale."""
    strip = scene["strips"][0]
    high = max((_height(arc, strip["width"]) for arc in strip["drawn"]), default=0)
    top = 12 + high
    plot = top + CELL_HIGH + 46
    parts = [*_arcs(strip, top), *_cells(strip, top), *_plot(strip, plot), *_legend(strip, plot + PLOT_HIGH + 52)]
    tall = plot + PLOT_HIGH + 64
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {tall:.0f}" width="{WIDE}" height="{tall:.0f}">',
        f"<style>{_style()}</style>", f'<rect class="ground" width="{WIDE}" height="{tall:.0f}"/>', *parts,
        "</svg>", "",
    ])


def in_words(scene: dict[str, Any]) -> str:
    """What the picture shows, for those who do not see it."""
    strip = scene["strips"][0]
    arcs, letters = strip["arcs"], strip["letters"]
    ends = [f"pair {arc['pair']} on lanes {arc['read'][0]} and {arc['read'][1]}" for arc in (*arcs[:1], *arcs[1:][-1:])]
    turned = [(letter, f"turned by axis {name}") for letter, name in strip["axes"]]
    turned += [(SEVERAL, "turned by several axes"), (NO_AXIS, "in pairs with no axis"), (PASSES, "passing unchanged")]
    told = [_counted(strip["width"], "lane"), _counted(len(arcs), "pair"), *ends]
    told += [f"{_counted(letters.count(letter), 'lane')} {how}" for letter, how in turned if letter in letters]
    rates = [abs(rate) for arc in arcs for _, rate in arc["frequencies"] if rate]
    if rates:
        told.append(f"frequencies from {max(rates):.3g} to {min(rates):.3g} radians per step")
    told += [f"{each} lanes to a cell"] if (each := _each(strip)) > 1 else []
    return "; ".join([*told, *(note.rstrip(".") for note in strip["notes"])]) + "."


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def _style() -> str:
    def coloured(colours: tuple[str, ...], text: str, ground: str) -> str:
        found = [f".ground{{fill:{ground}}}text{{fill:{text}}}.rule{{stroke:{text};opacity:.25}}.plain{{color:{text}}}"]
        return "".join([*found, *(f".a{i}{{color:{colour}}}" for i, colour in enumerate(colours))])

    return ("text{font:11px system-ui,sans-serif}.small{font-size:8px;text-anchor:middle}.mid{text-anchor:middle}"
            ".end{text-anchor:end}.arc{fill:none;stroke:currentColor;stroke-width:1.3}"
            ".cell{fill:currentColor;fill-opacity:.22}.dot{fill:currentColor;stroke:currentColor;stroke-width:1.2}"
            f".hollow{{fill:none}}{coloured(LIGHT, LIGHT_TEXT, LIGHT_GROUND)}"
            f"@media(prefers-color-scheme:dark){{{coloured(DARK, DARK_TEXT, DARK_GROUND)}}}")


def _kind(strip: dict[str, Any], letter: str) -> tuple[str, int]:
    """Class and number of a letter's axis; what is no axis has the colour of text."""
    known = [known for known, _ in strip["axes"]]
    return (f"a{known.index(letter) % 8}", known.index(letter)) if letter in known else ("plain", 0)


def _x(lane: float, width: int) -> float:
    return LEFT + LANES * lane / width


def _height(arc: dict[str, Any], width: int) -> float:
    """How high an arc is: wide ones are higher, yet narrow ones are to be seen."""
    return max(LEAST_HIGH, MOST_HIGH * math.sqrt(abs(arc["read"][1] - arc["read"][0]) / width))


def _arcs(strip: dict[str, Any], base: float) -> list[str]:
    found = []
    for arc in strip["drawn"]:
        kind, index = _kind(strip, arc["letter"])
        a, b = (_x(lane + 0.5, strip["width"]) for lane in arc["read"])
        control = base - _height(arc, strip["width"]) * 4 / 3
        found.append(f'<path class="arc {kind}" stroke-dasharray="{DASHES[index % 8]}" '
                     f'd="M{a:.1f} {base:.1f}C{a:.1f} {control:.1f} {b:.1f} {control:.1f} {b:.1f} {base:.1f}"/>')
    return found


def _cells(strip: dict[str, Any], top: float) -> list[str]:
    """Lanes with letters, several in a cell where there are too many."""
    width, each = strip["width"], _each(strip)
    found = [f'<text class="end" x="{LEFT - 8}" y="{top + 13:.1f}">lanes</text>']
    for start, letter in zip(range(0, width, each), _cell_letters(strip), strict=True):
        left, wide = _x(start, width), LANES * min(each, width - start) / width
        found.append(f'<rect class="cell {_kind(strip, letter)[0]}" x="{left + 0.3:.1f}" y="{top:.1f}" '
                     f'width="{wide - 0.6:.1f}" height="{CELL_HIGH}"/>')
        found.append(f'<text class="small" x="{left + wide / 2:.1f}" y="{top + 12:.1f}">{escape(letter)}</text>')
    for lane in _numbered(width):
        x = _x(lane + 0.5, width)
        found.append(f'<text class="mid" x="{x:.1f}" y="{top + CELL_HIGH + 13:.1f}">{lane}</text>')
    return found


def _each(strip: dict[str, Any]) -> int:
    """How many lanes a cell stands for."""
    return -(-strip["width"] // MOST_CELLS)


def _cell_letters(strip: dict[str, Any]) -> list[str]:
    """The letter of each cell, or that its lanes are of several kinds."""
    letters, each = strip["letters"], _each(strip)
    inside = [set(letters[start : start + each]) for start in range(0, len(letters), each)]
    return [next(iter(kinds)) if len(kinds) == 1 else MIXED for kinds in inside]


def _numbered(count: int) -> list[int]:
    """Which of so many things get a number: every 2**n-th and the last, which has to have room."""
    step = 2 ** (count // 17).bit_length()
    return [*(number for number in range(0, count - 1, step) if count - 1 - number >= step / 2), count - 1]


def _plot(strip: dict[str, Any], top: float) -> list[str]:
    """Frequencies of the pairs over their numbers; hollow where a pair turns backwards."""
    points = [(arc["pair"], letter, rate) for arc in strip["drawn"] for letter, rate in arc["frequencies"] if rate]
    if not points:
        return [f'<text x="{LEFT}" y="{top + 14:.1f}">No frequency to be drawn.</text>']
    decades = [math.log10(abs(rate)) for _, _, rate in points]
    low, high = math.floor(min(decades) + 1e-9), math.ceil(max(decades) - 1e-9)
    high = max(high, low + 1)
    pairs = max(len(strip["arcs"]), 2)
    step = -(-(high - low) // 6)

    def at(rate: float) -> float:
        return top + 6 + (PLOT_HIGH - 12) * (high - math.log10(abs(rate))) / (high - low)

    middle = f"translate(12 {top + PLOT_HIGH / 2:.1f}) rotate(-90)"
    found = [f'<text class="mid" transform="{middle}">radians per step</text>']
    for decade in range(low, high + 1, step):
        found.append(f'<line class="rule" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{at(10.0**decade):.1f}" '
                     f'y2="{at(10.0**decade):.1f}"/>')
        found.append(f'<text class="end" x="{LEFT - 8}" y="{at(10.0**decade) + 4:.1f}">{10.0**decade:g}</text>')
    for pair in _numbered(pairs):
        found.append(f'<text class="mid" x="{_pair_at(pair, pairs):.1f}" y="{top + PLOT_HIGH + 14:.1f}">{pair}</text>')
    found.append(f'<text class="mid" x="{LEFT + LANES / 2}" y="{top + PLOT_HIGH + 30:.1f}">pair</text>')
    for pair, letter, rate in points:
        found.append(_mark(strip, letter, _pair_at(pair, pairs), at(rate), rate < 0))
    return found


def _pair_at(pair: int, pairs: int) -> float:
    return LEFT + 10 + (LANES - 20) * pair / (pairs - 1)


def _mark(strip: dict[str, Any], letter: str, x: float, y: float, is_hollow: bool) -> str:
    """A point with the colour and the shape of its axis."""
    kind, index = _kind(strip, letter)
    attributes = f'class="dot {kind}{" hollow" if is_hollow else ""}"'
    size = max(4.6 - 0.5 * index, 3.1)   # so that one shows behind another
    if index % 4 == 0:
        return f'<circle {attributes} cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'
    corners = {1: ((-1, -1), (1, -1), (1, 1), (-1, 1)), 2: ((0, -1), (1, 1), (-1, 1)),
               3: ((0, -1), (1, 0), (0, 1), (-1, 0))}[index % 4]
    return f'<polygon {attributes} points="{" ".join(f"{x + size * a:.1f},{y + size * b:.1f}" for a, b in corners)}"/>'


def _legend(strip: dict[str, Any], y: float) -> list[str]:
    shown = {*strip["letters"], *_cell_letters(strip)}
    names = [*strip["axes"], *((letter, words) for letter, words in WORDS.items() if letter in shown)]
    found, x = [], float(LEFT)
    for letter, name in names:
        is_axis = letter in [known for known, _ in strip["axes"]]
        if is_axis:
            kind, index = _kind(strip, letter)
            found.append(f'<path class="arc {kind}" stroke-dasharray="{DASHES[index % 8]}" d="M{x} {y - 4}h28"/>')
            found.append(_mark(strip, letter, x + 14, y - 4, False))
        words = f"axis {name}" if letter == name else f"{letter}: {'axis ' if is_axis else ''}{name}"
        found.append(f'<text x="{x + (36 if is_axis else 0):.0f}" y="{y:.0f}">{escape(words)}</text>')
        x += 60 + 6.5 * len(words)
    return found
