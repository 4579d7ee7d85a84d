"""What a picture of one or two layouts shows: lanes, pairs, frequencies, and where rows go. Data alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from prover.exact.display import nearest
from prover.exact.number import ONE
from prover.layouts.layout import Layout, Pair
from prover.reports.text import counted, plain

NO_AXIS, SEVERAL, PASSES, MOVES = ".", "+", "-", ">"
WORDS = {NO_AXIS: "no axis", SEVERAL: "several axes", PASSES: "passes unchanged", MOVES: "passes to another lane"}
MOST_PAIRS = 64
MOST_RIBBONS = 128
MOST_TITLE = 100
MOST_MOVES = 8


@dataclass(frozen=True, slots=True)
class Arc:
    """A pair: the lanes it reads and writes, the letter of its axis, its frequencies in radians per step by letter.

    `marked`: whether it differs from the other layout, by the verdict.
    """

    pair: int
    read: tuple[int, int]
    write: tuple[int, int]
    letter: str
    frequencies: tuple[tuple[str, float], ...]
    marked: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """One layout. `arcs`: every pair; `drawn`: those of a picture.

    `axes`: letter and name of the axes of the whole scene. `letters`: for each lane the axis that turns it, or how it
    passes. `notes`: what a picture leaves out; `facts`: what the kernel does besides, and no letter tells.
    """

    title: str
    width: int
    axes: tuple[tuple[str, str], ...]
    letters: str
    arcs: tuple[Arc, ...]
    drawn: tuple[Arc, ...]
    notes: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One strip, or two one above the other. `ribbons`: row `permutation[i]` of the source becomes row i of the target.

    `permutation` is None where there is one layout, or where no permutation is known; `headline`: the verdict.
    """

    strips: tuple[Strip, ...]
    permutation: tuple[int, ...] | None = None
    headline: str = ""

    @property
    def ribbons(self) -> tuple[tuple[int, int], ...]:
        """Lane of the source, lane of the target; at most as many as a picture has room for."""
        rows = self.permutation or ()
        return tuple((rows[i], i) for i in spread(range(len(rows)), MOST_RIBBONS))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the picture leaves out or does not show."""
        named = [(f"{side}: " if len(self.strips) > 1 else "", strip)
                 for side, strip in zip(("source", "target"), self.strips, strict=False)]
        found = [f"{side}{note}" for side, strip in named for note in (*strip.notes, *strip.facts)]
        if self.permutation is not None and len(self.ribbons) < len(self.permutation):
            found.append(f"Of {len(self.permutation)} rows {len(self.ribbons)} have a ribbon, spread evenly.")
        if len(self.strips) > 1 and self.permutation is None:
            found.append("No ribbons: no permutation of rows makes them equal, or none is known.")
        return tuple(found)


def spread(things: Sequence[int], most: int) -> tuple[int, ...]:
    """At most `most` of them, spread evenly, the first and the last among them."""
    if len(things) <= most:
        return tuple(things)
    return tuple(things[index * (len(things) - 1) // (most - 1)] for index in range(most))


def axis_letters(axes: Iterable[str]) -> dict[str, str]:
    """A letter of its own for each axis: its first where that is free."""
    found: dict[str, str] = {}
    for axis in axes:
        wanted = [*axis.lower(), *axis.upper(), *ascii_lowercase, *ascii_uppercase, *"0123456789"]
        free = (c for c in wanted if c.isascii() and c.isalnum() and c not in found.values())
        found[axis] = next(free, SEVERAL)
    return found


def make_strip(title: str, layout: Layout, letters: dict[str, str], marked: Iterable[int] = ()) -> Strip:
    """The strip of a layout. `marked`: indices of the pairs that differ."""
    differing = frozenset(marked)
    arcs = tuple(_arc(i, pair, letters, i in differing) for i, pair in enumerate(layout.pairs))
    lanes = [PASSES] * layout.width
    for arc in arcs:
        for lane in arc.read:
            lanes[lane] = arc.letter
    moved = [(read, write) for read, write in layout.passes if read != write]
    for read, _ in moved:
        lanes[read] = MOVES
    drawn = _drawn(arcs)
    return Strip(
        plain(title, MOST_TITLE), layout.width, tuple((letter, plain(axis, 40)) for axis, letter in letters.items()),
        "".join(lanes), arcs, drawn, tuple(_notes(arcs, drawn)), tuple(_facts(layout, moved)),
    )


def _arc(index: int, pair: Pair, letters: dict[str, str], marked: bool) -> Arc:
    turns = dict.fromkeys(
        (letters[axis], frequency) for angle in pair.distinct_angles for axis, frequency in angle.frequencies
    )
    axes = dict.fromkeys(letter for letter, _ in turns)
    letter = SEVERAL if len(axes) > 1 else next(iter(axes), NO_AXIS)
    floats = [(axis, nearest(frequency)) for axis, frequency in turns]
    return Arc(index, pair.read, pair.write, letter, tuple((a, f) for a, f in floats if f is not None), marked)


def _drawn(arcs: tuple[Arc, ...]) -> tuple[Arc, ...]:
    if len(arcs) <= MOST_PAIRS:
        return arcs
    half = MOST_PAIRS // 2
    marked = spread([arc.pair for arc in arcs if arc.marked], half)
    kept = {*marked, *spread([arc.pair for arc in arcs if arc.pair not in marked], MOST_PAIRS - len(marked))}
    return tuple(arc for arc in arcs if arc.pair in kept)


def _notes(arcs: tuple[Arc, ...], drawn: tuple[Arc, ...]) -> list[str]:
    found = []
    if len(drawn) < len(arcs):
        marked, shown = sum(arc.marked for arc in arcs), sum(arc.marked for arc in drawn)
        differ = f"; of {marked} that differ, {shown}" if marked else ""
        found.append(f"Of {len(arcs)} pairs {len(drawn)} are drawn, spread evenly{differ}.")
    still = sum(not arc.frequencies for arc in arcs)
    if still:
        found.append(f"{still} {'pairs have' if still > 1 else 'pair has'} no frequency to be drawn.")
    if any(value < 0 for arc in arcs for _, value in arc.frequencies):
        found.append("Hollow: the pair turns backwards.")
    return found


def _facts(layout: Layout, moved: Sequence[tuple[int, int]]) -> list[str]:
    """What the kernel does to lanes besides turning them where they are."""
    found = []
    elsewhere = sum(pair.write != pair.read for pair in layout.pairs)
    if elsewhere:
        found.append(f"{counted(elsewhere, 'pair')} {'write' if elsewhere > 1 else 'writes'} other lanes than read; "
                     "drawn as read.")
    back = sum(pair.read[0] > pair.read[1] for pair in layout.pairs)
    if back:
        found.append(f"{counted(back, 'pair')} {'have' if back > 1 else 'has'} the higher lane first, and "
                     f"{'turn' if back > 1 else 'turns'} from it to the lower.")
    scaled = sum(pair.magnitude != ONE for pair in layout.pairs)
    if scaled:
        found.append(f"{counted(scaled, 'pair')} {'are' if scaled > 1 else 'is'} scaled too, which is not drawn.")
    if moved:
        shown = ", ".join(f"{read} to {write}" for read, write in moved[:MOST_MOVES])
        more = f", and {len(moved) - MOST_MOVES} more" if len(moved) > MOST_MOVES else ""
        found.append(f"Without a turn lanes pass to others: {shown}{more}.")
    return found
