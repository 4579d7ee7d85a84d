"""Which axis of one layout is which of another: pairs of axes that hold the same position.

A feed may start with them, "axes row=h,col=w", and say after a semicolon what the axes hold. Alone, each pair holds
a position of its own, so that no two axes are taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, permutations

from prover.errors import InputError
from prover.exact.angle import Angle
from prover.layouts.layout import Layout
from prover.layouts.loading import Loaded

START = "axes "
MAX_TRIED = 24
# Names that usually say the same; where they do not, a pair says so.
_USUALLY = (("row", "y", "h", "height"), ("col", "x", "w", "width"), ("t", "p", "frame"))


def axes_feeds(axes: str | None, feeds: Sequence[str]) -> tuple[str, ...]:
    """The feeds, each under these pairs of axes."""
    if not axes:
        return tuple(feeds)
    return tuple(f"{START}{axes}; {feed}" for feed in feeds) or (f"{START}{axes}",)


def read_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The two names of every pair as written. Raises InputError for what is no list of pairs."""
    found = []
    for part in text.split(","):
        first, equals, second = (piece.strip() for piece in part.partition("="))
        if not equals or not first or not second:
            raise InputError(f"'{part[:40]}' is not AXIS=AXIS", advice="Write row=h,col=w")
        found.append((first, second))
    return tuple(found)


def match_axes(text: str, source: Sequence[str], target: Sequence[str]) -> dict[str, str]:
    """Source axis to the target axis that is the same; axes of one name are, unless the text says otherwise.

    Raises InputError for an axis that there is not, or one that would be two.
    """
    found: dict[str, str] = {}
    for first, second in read_pairs(text):
        if first in source and second in target:
            pair = first, second
        elif second in source and first in target:
            pair = second, first
        else:
            raise InputError(
                f"'{first[:40]}={second[:40]}' is no axis of one layout and one of the other",
                advice=f"Axes: {', '.join(source)} of the source; {', '.join(target)} of the target",
            )
        if pair[0] in found or pair[1] in found.values():
            twice = pair[0] if pair[0] in found else pair[1]
            raise InputError(f"axis '{twice}' is given twice", advice="Each axis is one of the other layout")
        found[pair[0]] = pair[1]
    for axis in source:
        if axis in target and axis not in found and axis not in found.values():
            found[axis] = axis
    return found


def axis_maps(source: Sequence[str], target: Sequence[str]) -> Iterator[str]:
    """Pairs of axes, as text, that leave none out on the side that has fewer; what names usually mean comes first.

    Axes of one name are the same. Nothing is given where no name differs.
    """
    shared = set(source) & set(target)
    left, right = ([axis for axis in axes if axis not in shared] for axes in (source, target))
    size = min(len(left), len(right))
    if not size:
        return
    maps = [
        tuple(zip(some, others, strict=True))
        for some in combinations(left, size) for others in permutations(right, size)
    ]
    for pairs in sorted(maps, key=lambda pairs: -sum(_usual(a, b) for a, b in pairs)):
        yield ",".join(f"{a}={b}" for a, b in pairs)


def _usual(first: str, second: str) -> bool:
    return any(first in names and second in names for names in _USUALLY)


def with_axes(loaded: Loaded, names: Mapping[str, str]) -> Loaded:
    """The same layout with axes of other names, without its feeds. Raises InputError if two would be one."""
    family = loaded.family
    axes = tuple(names.get(axis, axis) for axis in family.axes)
    if len(set(axes)) < len(axes):
        raise InputError(f"two axes would have one name: {', '.join(axes)}")
    if axes == family.axes:
        return loaded
    return replace(loaded, family=replace(family, axes=axes, feeds=()), layout=_renamed(loaded.layout, axes))


def _renamed(layout: Layout, axes: tuple[str, ...]) -> Layout:
    names = dict(zip(layout.axes, axes, strict=True))

    def angle(old: Angle) -> Angle:
        return Angle.of({names[axis]: frequency for axis, frequency in old.frequencies}, old.phase)

    return replace(layout, axes=axes, pairs=tuple(pair.with_angles(angle) for pair in layout.pairs))
