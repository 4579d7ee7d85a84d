"""What the script shows of layouts: pairs, axes, frequencies and magnitudes, as exact text and as floats."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from prover.claims.claim import Claim
from prover.claims.turned import Turned, turned_pairs
from prover.exact.angle import Angle
from prover.exact.display import nearest, show_angle, show_number
from prover.exact.number import Exact
from prover.exact.text import number_text
from prover.layouts.layout import Layout, Pair
from prover.reports.explain import axis_strip

JSON = dict[str, Any]

MAX_DATA = 5 << 19  # bytes
MAX_EXACT = 400
SIDES = ("source", "target")

_HIDDEN = re.compile(r"(?<!\()about")  # a number too long to be shown: its decimal stands alone, not in parentheses


def layout_data(claim: Claim, sides: Sequence[str] = SIDES, most: int = MAX_DATA) -> JSON:
    """The layouts of a claim as JSON types of at most about `most` bytes.

    Of layouts that are too large the first pairs are kept; `left_out` says which are not there. An angle is [text,
    exact text if the text has none, axes]; a turn, the angle as a function of a feed's coordinates, is [float by
    coordinate, phase]; a pair is [lane, lane, angle or angles, magnitude, turn of each feed, written lanes if they are
    others], the numbers of angles, magnitudes and turns being places in their tables.
    """
    count = max(len(_layout(claim, side).pairs) for side in sides)
    shown = count
    found = _data(claim, sides, shown)
    while shown > 1 and (size := len(json.dumps(found))) > most:
        shown = max(1, min(shown - 1, shown * most // size))
        found = _data(claim, sides, shown)
    if shown < count:
        found["left_out"] = (
            f"The pairs from {shown} to {count - 1} are left out of this page, which would be too large; "
            "traces are not shown without them. --json has all pairs."
        )
    return found


def _layout(claim: Claim, side: str) -> Layout:
    return claim.source if side == "source" else claim.target


def _data(claim: Claim, sides: Sequence[str], shown: int) -> JSON:
    tables = _Tables()
    made = {side: _side(claim, side, shown, tables) for side in sides}
    return {
        "width": claim.source.width,
        "whole": claim.whole_positions,
        "feeds": [{"name": feed.name[:200], "coordinates": list(feed.coordinates)} for feed in claim.feeds],
        "angles": tables.angles,
        "turns": tables.turns,
        "sizes": tables.sizes,
        "sides": made,
        "left_out": "",
    }


def _side(claim: Claim, side: str, shown: int, tables: _Tables) -> JSON:
    layout = _layout(claim, side)
    turned = turned_pairs(claim, layout, side)
    return {
        "name": layout.name[:400],
        "count": len(layout.pairs),
        "letters": axis_strip(layout)[:shown],
        "pairs": [_pair(pair, turn, tables) for pair, turn in zip(layout.pairs[:shown], turned, strict=False)],
        "moved": [list(move) for move in layout.passes if move[0] != move[1]],
    }


def _pair(pair: Pair, turned: Turned, tables: _Tables) -> list[Any]:
    angles = [tables.angle(angle) for angle in pair.distinct_angles]
    turns = [
        [tables.turn(angle) for angle in four] if turn is None else tables.turn(turn)
        for turn, four in zip(turned.turns, turned.angles, strict=True)
    ]
    written = [] if pair.read == pair.write else list(pair.write)
    return [*pair.read, angles[0] if len(angles) == 1 else angles, tables.size(pair.magnitude), turns, *written]


class _Tables:
    """Each angle, turn and magnitude once, in the order of its first use."""

    def __init__(self) -> None:
        self.angles, self.turns, self.sizes = list[Any](), list[Any](), list[Any]()
        self._places: dict[tuple[str, Angle | Exact], int] = {}

    def angle(self, angle: Angle) -> int:
        return self._place("angle", angle, self.angles)

    def turn(self, turn: Angle) -> int:
        return self._place("turn", turn, self.turns)

    def size(self, value: Exact) -> int:
        return self._place("size", value, self.sizes)

    def _place(self, kind: str, value: Angle | Exact, table: list[Any]) -> int:
        if (kind, value) not in self._places:
            self._places[kind, value] = len(table)
            table.append(_row(kind, value))
        return self._places[kind, value]


def _row(kind: str, value: Angle | Exact) -> list[Any]:
    if isinstance(value, Exact):
        return [show_number(value), nearest(value)]
    if kind == "turn":
        return [{name: nearest(number) for name, number in value.frequencies}, nearest(value.phase)]
    shown = show_angle(value)
    return [shown, _exact(value) if _HIDDEN.search(shown) else "", [axis for axis, _ in value.frequencies]]


def _exact(angle: Angle) -> str:
    parts = [f"{axis} * {number_text(number)}" for axis, number in angle.frequencies]
    parts += [number_text(angle.phase)] if angle.phase else []
    return cut(" + ".join(parts), MAX_EXACT)


def cut(text: str, most: int) -> str:
    """A text, its end left out where it is longer than `most`."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"
