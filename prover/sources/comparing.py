"""Two models side by side: which parts and layers meet, and what is decided of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prover.claims.relation import Outcome, Relation
from prover.errors import InputError, UndecidedError
from prover.layouts.loading import Loaded, load
from prover.sources.beside import Held, hold, together
from prover.sources.model import Model, Part
from prover.verdicts.as_stored import prove_loaded
from prover.verdicts.verdict import Verdict

PASSING = "generic/nope"
Decided = tuple[Verdict | None, str]  # or why nothing was decided


@dataclass(frozen=True, slots=True)
class Question:
    """Two layouts of the catalogue, each with the rows that its weights are moved by, and how they are compared.

    Equal questions have equal answers: everything that is decided on stands here. `ulps`: by how many neighbours stored
    numbers may be off; None takes them exactly. `undecidable`: why nothing can be decided.
    """

    source: str
    target: str
    source_rows: tuple[int, ...] | None
    target_rows: tuple[int, ...] | None
    feed: str
    limit: Relation | None
    ulps: int | None
    undecidable: str = ""

    def sides(self) -> tuple[Loaded, Loaded]:
        """The layouts as the weights see them before they are moved."""
        return _loaded(self.source, self.source_rows), _loaded(self.target, self.target_rows)

    def decide(self) -> Decided:
        """The verdict, or why there is none. Raises EvidenceError where the checker rejects what was found."""
        if self.undecidable:
            return None, self.undecidable
        try:
            return prove_loaded(*self.sides(), [self.feed] if self.feed else [], self.limit, ulps=self.ulps), ""
        except (InputError, UndecidedError) as fault:
            return None, str(fault)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Layers that one part of the source and one of the target are both about; None for layers that are not counted."""

    source: Part
    target: Part
    layers: tuple[int, ...] | None

    def __str__(self) -> str:
        a, b = self.source.address, self.target.address
        return a if a == b else f"{a} against {b}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one meeting under one feed ("" where both have one axis).

    `verdict` is None where neither side rotates, and where `fault` says why nothing was decided. A side without RoPE
    stands for a head whose lanes all pass. `beside`: what else acts on the scores, held against each other.
    """

    meeting: Meeting
    feed: str
    verdict: Verdict | None
    sides: tuple[Loaded, Loaded] | None = None
    fault: str = ""
    beside: tuple[Held, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The verdict word: the worse of that of the layouts and of what is beside them."""
        sides = self.sides
        return together(self.alone, self.verdict.holds if self.verdict else None, self.beside,
                        None if sides is None else lambda: sides)

    @property
    def alone(self) -> Outcome:
        """The verdict word of the layouts alone; layers that neither side rotates are equivalent."""
        if self.verdict is not None:
            return self.verdict.outcome
        return Outcome.EQUIVALENT if self.is_same_without else Outcome.UNDECIDED

    @property
    def is_same_without(self) -> bool:
        """Whether neither side rotates these layers."""
        return self.meeting.source.spec is None and self.meeting.target.spec is None


def meetings(source: Model, target: Model) -> Iterator[Meeting]:
    """Parts of one name, layer by layer, layers that meet alike together; by layer type where layers are not told."""
    for name in dict.fromkeys(part.name for part in source.parts):
        ours = [part for part in source.parts if part.name == name]
        theirs = [part for part in target.parts if part.name == name]
        if all(part.layers is not None for part in (*ours, *theirs)):
            for a in ours:
                for b in theirs:
                    if common := tuple(sorted(set(a.layers or ()) & set(b.layers or ()))):
                        yield Meeting(a, b, common)
        else:
            yield from _by_kind(ours, theirs)


def _by_kind(ours: list[Part], theirs: list[Part]) -> Iterator[Meeting]:
    """Where one side does not tell which layers are which: the same layer type, or what alone turns or passes."""
    for a in ours:
        alike = [b for b in theirs if (b.spec is None) == (a.spec is None)]
        typed = [b for b in alike if b.layer_type == a.layer_type]
        ours_alike = [part for part in ours if (part.spec is None) == (a.spec is None)]
        fitting = typed if len(typed) == 1 else alike if len(alike) == len(ours_alike) == 1 else []
        if not fitting and len(ours) == len(theirs) == 1:
            fitting = theirs
        yield from (Meeting(a, b, a.layers if b.layers is None else b.layers) for b in fitting)


def unmet(source: Model, target: Model) -> tuple[tuple[str, str], ...]:
    """Parts, kinds of layers, and layers that nothing on the other side meets: which side, and what."""
    met = tuple(meetings(source, target))
    found = []
    for side, one, other in (("source", source, target), ("target", target, source)):
        for part in one.parts:
            mine = [meeting for meeting in met if part in (meeting.source, meeting.target)]
            if part.name not in {each.name for each in other.parts}:
                found.append((side, part.name))
            elif not mine:
                found.append((side, f"{part.address}: no layers that meet"))
        for name in dict.fromkeys(part.name for part in one.parts):
            own, others = _layers(one, name), _layers(other, name)
            if own is not None and others is not None and (left := sorted(own - others)):
                found.append((side, f"{name}, layers from {left[0]} on" if left == list(range(left[0], left[-1] + 1))
                              else f"{name}, {len(left)} layers"))
    return tuple(dict.fromkeys(found))


def _layers(model: Model, name: str) -> set[int] | None:
    parts = [part for part in model.parts if part.name == name]
    if not parts or any(part.layers is None for part in parts):
        return None
    return {layer for part in parts for layer in part.layers or ()}


def questions(meeting: Meeting, limit: Relation | None, ulps: int | None) -> tuple[Question, ...]:
    """What is asked of a meeting: one question for each modality of the source, none where neither side rotates."""
    a, b = meeting.source, meeting.target
    if a.spec is None and b.spec is None:
        return ()
    first, second = a.spec or _passing(b.spec), b.spec or _passing(a.spec)
    rows = a.rows if a.spec else None, b.rows if b.spec else None
    sides = load(first), load(second)
    unseen = "; ".join(f"{side}: {part.unseen}. Give the GGUF file itself"
                       for side, part in (("source", a), ("target", b)) if part.unseen)
    feeds = _feeds(*sides)
    lost = _only(*sides) if feeds != ("",) and a.spec and b.spec else ()
    asked = [(feed, unseen) for feed in feeds]
    asked += [(feed, f"the target's kernel has no feed for {feed}") for feed in lost]
    return tuple(Question(first, second, *rows, feed, limit, ulps, why) for feed, why in asked)


def compare(
    source: Model, target: Model, limit: Relation | None, ulps: int | None = 0,
    track: Callable[[Sequence[Meeting]], Iterator[Meeting]] = iter,
) -> Iterator[Compared]:
    """Decide every meeting, under each modality that both kernels have a feed for; equal questions once.

    `ulps`: by how many neighbours stored numbers may be off; None takes them exactly.
    """
    known: dict[Question, Decided] = {}
    for meeting in track(list(meetings(source, target))):
        asked = questions(meeting, limit, ulps)
        beside = hold(meeting.source.beside, meeting.target.beside, limit, ulps)
        if not asked:
            yield Compared(meeting, "", None, beside=beside)
        for question in asked:
            if question not in known:
                known[question] = question.decide()
            yield Compared(meeting, question.feed, known[question][0], question.sides(), known[question][1], beside)


def _loaded(spec: str, rows: tuple[int, ...] | None) -> Loaded:
    loaded = load(spec)
    return loaded if rows is None else loaded.moved(rows)


def _passing(spec: str | None) -> str:
    """A head as wide as this layout's whose lanes all pass."""
    return f"{PASSING}:head_dim={load(str(spec)).layout.width}"


def _feeds(source: Loaded, target: Loaded) -> tuple[str, ...]:
    """The modalities that both have a feed for; none where the two have the same single axis."""
    if len(source.layout.axes) == 1 and source.layout.axes == target.layout.axes:
        return ("",)
    theirs = dict(target.family.feeds)
    return tuple(name for name, _ in source.family.feeds if name in theirs) or ("",)


def _only(source: Loaded, target: Loaded) -> tuple[str, ...]:
    """Modalities that the source has a feed for and the target has none."""
    theirs = dict(target.family.feeds)
    return tuple(name for name, _ in source.family.feeds if name not in theirs)
