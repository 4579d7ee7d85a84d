"""Two models side by side: which parts and layers meet, and what is decided of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prover.claims.claim import make_claim
from prover.claims.relation import Relation
from prover.errors import ProverError
from prover.layouts.loading import Loaded, load
from prover.sources.model import Model, Part
from prover.verdicts.verdict import Verdict, prove

PASSING = "generic/nope"


@dataclass(frozen=True, slots=True)
class Meeting:
    """Layers that one part of the source and one of the target are both about; None for layers that are not counted."""

    source: Part
    target: Part
    layers: tuple[int, ...] | None

    def __str__(self) -> str:
        return self.source.address


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one meeting under one feed ("" where both have one axis).

    `verdict` is None where neither side rotates, and where `fault` says why nothing was decided. A side without RoPE
    stands for a head whose lanes all pass.
    """

    meeting: Meeting
    feed: str
    verdict: Verdict | None
    sides: tuple[Loaded, Loaded] | None = None
    fault: str = ""

    @property
    def is_same_without(self) -> bool:
        """Whether neither side rotates these layers."""
        return self.meeting.source.spec is None and self.meeting.target.spec is None


def meetings(source: Model, target: Model) -> Iterator[Meeting]:
    """Parts of one name, layer by layer; layers that meet alike together."""
    for name in dict.fromkeys(part.name for part in source.parts):
        ours = [part for part in source.parts if part.name == name]
        theirs = [part for part in target.parts if part.name == name]
        for a in ours:
            for b in theirs:
                if a.layers is None or b.layers is None:
                    yield Meeting(a, b, a.layers if b.layers is None else b.layers)
                elif common := tuple(sorted(set(a.layers) & set(b.layers))):
                    yield Meeting(a, b, common)


def unmet(source: Model, target: Model) -> tuple[tuple[str, str], ...]:
    """Parts, and layers of parts, that only one side has: which side, and what."""
    found = []
    for side, one, other in (("source", source, target), ("target", target, source)):
        for name in dict.fromkeys(part.name for part in one.parts):
            mine, others = _layers(one, name), _layers(other, name)
            if others is None and name not in {part.name for part in other.parts}:
                found.append((side, name))
            elif mine is not None and others is not None and (left := sorted(mine - others)):
                found.append((side, f"{name}, layers from {left[0]} on" if left == list(range(left[0], left[-1] + 1))
                              else f"{name}, {len(left)} layers"))
    return tuple(found)


def _layers(model: Model, name: str) -> set[int] | None:
    parts = [part for part in model.parts if part.name == name]
    if not parts or any(part.layers is None for part in parts):
        return None
    return {layer for part in parts for layer in part.layers or ()}


def compare(
    source: Model, target: Model, limit: Relation | None,
    track: Callable[[Sequence[Meeting]], Iterator[Meeting]] = iter,
) -> Iterator[Compared]:
    """Decide every meeting, under each modality that both kernels have a feed for; equal questions once."""
    known: dict[tuple[str, str, str], Compared] = {}
    for meeting in track(list(meetings(source, target))):
        first, second = meeting.source.spec, meeting.target.spec
        if first is None and second is None:
            yield Compared(meeting, "", None)
            continue
        first, second = first or _passing(second), second or _passing(first)
        sides = load(first), load(second)
        for feed in _feeds(*sides):
            key = (first, second, feed)
            if key not in known:
                known[key] = _decided(meeting, feed, sides, limit)
            one = known[key]
            yield Compared(meeting, feed, one.verdict, one.sides, one.fault)


def _passing(spec: str | None) -> str:
    """A head as wide as this layout's whose lanes all pass."""
    return f"{PASSING}:head_dim={load(str(spec)).layout.width}"


def _decided(meeting: Meeting, feed: str, sides: tuple[Loaded, Loaded], limit: Relation | None) -> Compared:
    try:
        verdict = prove(make_claim(*sides, [feed] if feed else []), limit)
    except ProverError as fault:
        return Compared(meeting, feed, None, sides, str(fault))
    return Compared(meeting, feed, verdict, sides)


def _feeds(source: Loaded, target: Loaded) -> tuple[str, ...]:
    """The modalities that both have a feed for; none where the two have the same single axis."""
    if len(source.layout.axes) == 1 and source.layout.axes == target.layout.axes:
        return ("",)
    theirs = dict(target.family.feeds)
    return tuple(name for name, _ in source.family.feeds if name in theirs) or ("",)
