"""Numbers over positions for a picture: how far apart the two sides' traces, or their angles, are. In float64.

Between two tokens that are n apart on every coordinate, a pair with magnitude s turns by w * n. The trace of a side is
the sum of 2 * s**2 * cos(w * n) over its pairs and 1 for each lane that passes.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from prover.errors import InputError
from prover.kernels.kernel import to_float
from prover.reports.text import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from prover.claims.claim import Claim
    from prover.exact.angle import Angle
    from prover.layouts.layout import Layout

Gap = Literal["trace", "angle"]
MOST_POINTS = 2048
LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True, slots=True)
class Curve:
    """The gap of one feed at each of `positions`; both have as many entries."""

    feed: str
    positions: tuple[int, ...]
    gaps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """What is drawn over positions. `notes`: what is left out."""

    titles: tuple[str, str]
    what: Gap
    curves: tuple[Curve, ...]
    notes: tuple[str, ...]


def curves_of(claim: Claim, titles: tuple[str, str], what: Gap, most: int) -> Curves:
    """The gap of every feed, at distances from 0 to `most`. Raises InputError where a pair is no rotation."""
    step = -(-(most + 1) // MOST_POINTS)
    places = np.arange(0, most + 1, step, dtype=np.float64)
    curves, notes = [], ["In float64: a picture, not a proof. Both tokens' coordinates differ by the distance."]
    if len({name for feed in claim.feeds for _, place in (*feed.source, *feed.target)
            for name, _ in place.frequencies}) > 1:
        notes.append("All coordinates step together. Where they do not, as from one image token to the next, the gap "
                     "is another: one of 0 here does not show that the two are alike.")
    if step > 1:
        notes.append(f"One distance in {step} is drawn.")
    if what == "angle":
        notes.append("Pairs of the same number are held against one another, whatever lanes they are on.")
    for feed in claim.feeds:
        sides = [_turns(layout, dict(places_of)) for layout, places_of in
                 ((claim.source, feed.source), (claim.target, feed.target))]
        if what == "trace":
            traces = [_trace(turns, layout, places)
                      for turns, layout in zip(sides, (claim.source, claim.target), strict=True)]
            gaps = traces[0] - traces[1]
        else:
            if len(sides[0]) != len(sides[1]):
                raise InputError("the two have not as many pairs", where="--over angle", advice="Use --over trace")
            gaps = np.abs(sides[0] - sides[1]).max(initial=0.0) * places
        curves.append(Curve(plain(feed.name, 40), tuple(map(int, places)), tuple(map(float, gaps))))
    return Curves((plain(titles[0], 100), plain(titles[1], 100)), what, tuple(curves), tuple(notes))


def _turns(layout: Layout, places: dict[str, Angle]) -> npt.NDArray[np.float64]:
    """Radians of each pair per step of all coordinates together."""
    found = []
    for index, pair in enumerate(layout.pairs):
        if len(pair.distinct_angles) > 1:
            raise InputError(f"pair {index} has several angles", where="--over", advice="Draw it without --over")
        found.append(sum(
            (to_float(frequency) * sum(to_float(factor) for _, factor in places[axis].frequencies)
             for axis, frequency in pair.angle.frequencies), start=0.0,
        ))
    return np.array(found, dtype=np.float64)


def _trace(turns: npt.NDArray[np.float64], layout: Layout, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = np.full(len(places), float(len(layout.passes)))
    for turn, pair in zip(turns, layout.pairs, strict=True):
        total += 2 * to_float(pair.magnitude) ** 2 * np.cos(turn * places)
    return total


def curves_figure(found: Curves) -> Figure:
    """The gap over the distance of two tokens, a line for each feed."""
    from matplotlib.figure import Figure

    from prover.reports.pictures.figure import COLOURS

    figure = Figure(figsize=(8.0, 4.2))
    axes = figure.add_subplot()
    for index, curve in enumerate(found.curves):
        axes.plot(curve.positions, curve.gaps, color=COLOURS[index % 8], linestyle=LINES[index % 4], linewidth=1.0,
                  label=curve.feed, gid=f"gap-{index}")
    axes.set_xlabel("distance of two tokens")
    axes.set_ylabel("source's trace less the target's" if found.what == "trace" else "largest gap of an angle, rad")
    axes.grid(color="#DDDDDD", linewidth=0.5)
    if len(found.curves) > 1:
        axes.legend(frameon=False)
    figure.text(0.02, 0.93, f"source  {found.titles[0]}\ntarget  {found.titles[1]}", va="bottom", fontsize=11)
    figure.text(0.02, -0.01, "\n".join(line for note in found.notes for line in textwrap.wrap(note, 100)), va="top",
                fontsize=8)
    return figure


def curves_text(found: Curves, columns: int, ascii_only: bool = False) -> str:
    """The size of the gap as a row of bars for each feed: the largest in each column."""
    from prover.reports.pictures.terminal import ASCII, LEAST_COLUMNS, MOST_COLUMNS, UNICODE

    columns = max(LEAST_COLUMNS, min(MOST_COLUMNS, columns))
    bars = (ASCII if ascii_only else UNICODE).bars
    heads = [f"{side}  {title}" for side, title in zip(("source", "target"), found.titles, strict=True)]
    lines = [line for head in heads for line in textwrap.wrap(head, columns)]
    for curve in found.curves:
        parts = np.array_split(np.abs(np.array(curve.gaps)), min(columns, len(curve.gaps)))
        tops = [float(part.max()) for part in parts]
        high = max(tops)
        row = "".join(bars[min(len(bars) - 1, int(top / high * len(bars)))] if high and top else " " for top in tops)
        about = f"feed {curve.feed}: size of the {found.what}'s gap, distance 0 to {curve.positions[-1]}, " \
                f"largest drawn {high:.4g}"
        lines += ["", *textwrap.wrap(about, columns), row]
    lines += ["", *(line for note in found.notes for line in textwrap.wrap(note, columns))]
    text = "\n".join(lines) + "\n"
    return text.encode("ascii", "replace").decode("ascii") if ascii_only else text
