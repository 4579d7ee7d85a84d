"""The part of a page that shows lanes and pairs: a table for every reader, and places that the script fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.reports.html.shell import text
from prover.reports.text import turns_text

JSON = dict[str, Any]

MAX_ROWS = 256  # of the table that needs no script
NO_PAIR = "no such pair"


def layout_view(data: JSON, marked: Sequence[int] = ()) -> str:
    """The section of lanes and pairs of `layout_data`. `marked`: the pairs that differ, which a cut table has first."""
    sides = data["sides"]
    parts = ['<section id="view" aria-labelledby="view-title">', '<h2 id="view-title">Lanes and pairs</h2>']
    if data["left_out"]:
        parts.append(f'<p class="warning" role="note">{text(data["left_out"])}</p>')
    parts += ['<div id="interactive" hidden>', _position(data), _filter(sides), *_maps(data), _DETAIL, _pairs(sides),
              "</div>", _table(data, marked), "</section>"]
    return "\n".join(parts)


def _filter(sides: JSON) -> str:
    """What is shown; the script adds what differs. One layout has nothing to be filtered."""
    if len(sides) < 2:
        return ""
    return '<p class="controls"><label for="filter">Show</label> <select id="filter"></select></p>'


_LEGEND = (
    '<p class="hint" id="map-hint">A cell is a lane, with its number and its axis by its first letter; “&ndash;” '
    "passes unchanged, “+” has several axes, “.” does not turn.{differs} Point at a lane, or move to one with Tab and "
    "the arrow keys: it is outlined, and its partner by dashes.{rows}</p>"
)
_DIFFERS = " A red corner marks what differs between the two."
_ROWS = " A double outline is where its row of the weights goes to, or comes from."


def _maps(data: JSON) -> list[str]:
    sides = data["sides"]
    legend = _LEGEND.format(differs=_DIFFERS if len(sides) > 1 else "", rows=_ROWS if data.get("permutation") else "")
    parts = [legend, '<div class="maps">']
    for side, about in sides.items():
        parts += [
            f'<section aria-labelledby="map-{side}-title">',
            f'<h3 id="map-{side}-title">{_named(side, about, sides)}</h3>',
            f'<div class="map" id="map-{side}" role="group" aria-labelledby="map-{side}-title" '
            'aria-describedby="map-hint"></div>',
            "</section>",
        ]
    return [*parts, '</div>', '<p class="controls pager" id="lanes-pager" hidden></p>']


def _named(side: str, about: JSON, sides: JSON) -> str:
    name = f"<code>{text(about['name'])}</code>"
    return f"{side.capitalize()} {name}" if len(sides) > 1 else name


_DETAIL = (
    '<section id="detail" aria-labelledby="detail-title"><h3 id="detail-title">Chosen lane or pair</h3>'
    '<div id="chosen" aria-live="polite"><p>None yet.</p></div></section>'
)


def _position(data: JSON) -> str:
    """The choice of a feed and a slider for each of its coordinates; the script fills them in."""
    traces = '<p id="trace" role="status"></p>' if len(data["sides"]) > 1 else ""
    feeds = "" if len(data["feeds"]) < 2 else (
        '<p class="controls"><label for="feed">Feed</label> <select id="feed">'
        + "".join(f'<option value="{i}">{text(feed["name"], 80)}</option>' for i, feed in enumerate(data["feeds"]))
        + "</select></p>"
    )
    return (
        f'<fieldset id="position"><legend>Position</legend>{feeds}<div id="sliders"></div>'
        f'<p class="controls"><button type="button" id="proof-position" hidden></button></p>{traces}'
        '<p class="hint">Angles and traces here are computed in floating point, for showing alone. Nothing is decided '
        "by them.</p></fieldset>"
    )


def _pairs(sides: JSON) -> str:
    heads = "".join(f'<th scope="col">{side.capitalize() if len(sides) > 1 else "Lanes, angle"}</th>' for side in sides)
    return (
        '<table id="pairs"><caption>Pairs, and by how much they turn at the position</caption>'
        f'<thead><tr><th scope="col">Pair</th>{heads}</tr></thead><tbody></tbody></table>'
        '<p class="controls pager" id="pairs-pager" hidden></p>'
    )


def _table(data: JSON, marked: Sequence[int]) -> str:
    """The same pairs for who has no script; it is closed by the script, which shows all of them."""
    sides = list(data["sides"].items())
    count = max(len(about["pairs"]) for _, about in sides)
    shown: Sequence[int] = range(count)
    if count > MAX_ROWS:
        first = [index for index in marked if index < count][:MAX_ROWS]
        shown = sorted({*first, *list(range(count))[: MAX_ROWS - len(first)]})
    heads = "".join(f'<th scope="col">{side.capitalize() if len(sides) > 1 else "Lanes, angle"}</th>'
                    for side, _ in sides)
    differ = set(marked)
    rows = [
        f'<tr><th scope="row">{index}{" ≠" if index in differ else ""}</th>'
        + "".join(f"<td>{_cell(data, about, index)}</td>" for _, about in sides) + "</tr>"
        for index in shown
    ]
    if count > len(shown):
        rows.append(f'<tr><td colspan="{1 + len(sides)}">{count - len(shown)} more pairs are left out of this table'
                    f'{", those that differ last" if marked else ""}; --json has all.</td></tr>')
    mark = " ≠ marks what differs between the two, lane by lane." if len(sides) > 1 else ""
    return "\n".join([
        '<details id="static" open><summary>All pairs as a table</summary>',
        f"<table><caption>Lanes and angle of each pair.{mark}</caption>",
        f'<thead><tr><th scope="col">Pair</th>{heads}</tr></thead>', "<tbody>", *rows, "</tbody>", "</table>",
        "</details>",
    ])


def _cell(data: JSON, about: JSON, index: int) -> str:
    if index >= len(about["pairs"]):
        return NO_PAIR
    first, second, angle, size, _, *written = about["pairs"][index]
    magnitude = data["sizes"][size][0]
    parts = [f"lanes {first}, {second}"]
    parts += [f"written to {written[0]}, {written[1]}"] if written else []
    parts += [f"angle {text(turn_text(data, angle))}"]
    parts += [] if magnitude == "1" else [f"magnitude {text(magnitude)}"]
    return "<br>".join(parts)


def turn_text(data: JSON, angle: int | list[int]) -> str:
    """The angle or angles of a pair in words."""
    places = [angle] if isinstance(angle, int) else angle
    return turns_text([data["angles"][place][0] for place in places])
