"""Two checkpoints of one model held against each other: do the rows of q and k stand where the target needs them?

Which layers meet, what is said of each of them, and what is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prover.claims.relation import Relation
from prover.errors import InputError
from prover.exact.display import runs_of
from prover.repair.check_permutation import State
from prover.weights.audited.lanes import Layer, Read
from prover.weights.audited.question import Question
from prover.weights.audited.recover import Rows
from prover.weights.audited.verified import Fault, Group, Item, Verified
from prover.weights.audited.verify_layer import verify_layer
from prover.weights.moved.witness import Need
from prover.weights.packed.slots import Barrier, Kind, Role, Slots


@dataclass(frozen=True, slots=True)
class Side:
    """One checkpoint: its slots, how the rows of one are read, and what is added to its gains, see `Layer`."""

    slots: Slots
    read: Read
    added: float = 0.0

    def layer(self, part: str, layer: int, rank: int | None = None) -> Layer:
        """What one layer has, in one rank if there are several."""
        place = part, layer, rank
        return Layer(tuple(s for s in self.slots.slots if (s.part, s.layer, s.rank) == place), self.read, self.added)

    def layers(self, part: str) -> tuple[int, ...]:
        """The layers of a part that have slots."""
        return tuple(sorted({slot.layer for slot in self.slots.slots if slot.part == part}))

    def ranks(self) -> tuple[int | None, ...]:
        """The ranks that have slots; of a whole checkpoint None."""
        return tuple(dict.fromkeys(slot.rank for slot in self.slots.slots))


@dataclass(frozen=True, slots=True)
class Job:
    """One layer that both sides have, or what a rank has of it, with the number of its need.

    Its text is what a progress bar shows.
    """

    number: int
    part: str
    layer: int
    rank: int | None = None

    def __str__(self) -> str:
        return f"{self.part} layer {self.layer}" + ("" if self.rank is None else f", rank {self.rank}")


def verify(
    source: Side, target: Side, needs: Sequence[Need], left: Sequence[str] = (),
    track: Callable[[Sequence[Job]], Iterable[Job]] = iter, workers: int = 1,
) -> Verified:
    """Hold every layer that meets. `left`: what is known not to be compared. `workers`: how many hold layers at once.

    Raises InputError for unlike shapes, of the first layer that has some.
    """
    jobs, untold, is_whole = _jobs(source, target, needs)
    known: dict[Rows, Rows] = {}  # layers have the same rows, and there may be many
    items: dict[int, list[Item]] = {number: [] for number in range(len(needs))}
    held = _spread(source, target, needs, jobs, workers)
    for job, found in zip(track(jobs), held, strict=False):
        if isinstance(found, InputError):
            raise found
        found = [replace(item, rows=item.rows and known.setdefault(item.rows, item.rows), rank=job.rank)
                 for item in found]
        barriers = _barriers(source, target, job)
        items[job.number] += [*_kept_out(found, barriers), *_not_read(found, barriers, job)]
    untold, is_whole = [*untold, *(closed := _closed(source, target, jobs))], is_whole and not closed
    groups = tuple(Group(need, tuple(items[number])) for number, need in enumerate(needs))
    return Verified(groups, (*left, *untold), is_whole)


def _spread(
    source: Side, target: Side, needs: Sequence[Need], jobs: Sequence[Job], workers: int
) -> Iterator[list[Item] | InputError]:
    """What is known of each layer, or why it cannot be held, in the order of the jobs however they are spread."""
    widths: dict[int, int] = {}
    for job in jobs:
        if job.number not in widths:
            sides = (side.layer(job.part, job.layer, job.rank) for side in (source, target))
            widths[job.number] = _width(needs[job.number], *sides)
    if workers == 1 or len(jobs) < 2:
        yield from _held(source, target, needs, widths, jobs)
        return
    import joblib

    size = -(-len(jobs) // workers)  # layers of one worker follow one another: what is proved of one holds for the next
    runs = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    # No backend is named here, so that it is that of joblib.parallel_config around the call.
    parallel = joblib.Parallel(n_jobs=workers)
    for found in parallel(joblib.delayed(_all_held)(source, target, needs, widths, run) for run in runs):
        yield from found


def _all_held(
    source: Side, target: Side, needs: Sequence[Need], widths: Mapping[int, int], jobs: Sequence[Job]
) -> list[list[Item] | InputError]:
    return list(_held(source, target, needs, widths, jobs))


def _held(
    source: Side, target: Side, needs: Sequence[Need], widths: Mapping[int, int], jobs: Sequence[Job]
) -> Iterator[list[Item] | InputError]:
    """What is known of each layer in turn, to the first that cannot be held."""
    questions: dict[int, Question] = {}
    for job in jobs:
        if job.number not in questions:
            questions[job.number] = Question(needs[job.number], widths[job.number])
        ours, theirs = (side.layer(job.part, job.layer, job.rank) for side in (source, target))
        try:
            yield verify_layer(questions[job.number], ours, theirs, job.layer, not _barriers(source, target, job),
                               not _barriers(source, target, job, unscaled=True))
        except InputError as fault:
            yield fault
            return


def _barriers(source: Side, target: Side, job: Job, unscaled: bool = False) -> list[Barrier]:
    """What keeps the rows of one layer from being changed; with `unscaled` what keeps them from being multiplied."""
    slots = (source.slots, target.slots)
    found = [each for side in slots for each in (*side.barriers, *(side.unscaled if unscaled else ()))]
    return [each for each in found if each.part == job.part and (not each.layers or job.layer in each.layers)]


def _jobs(source: Side, target: Side, needs: Sequence[Need]) -> tuple[list[Job], list[str], bool]:
    """The layers of each need, in words what has slots and is not compared, and whether parts are compared whole."""
    jobs: list[Job] = []
    left: list[str] = []
    for number, need in enumerate(needs):
        part = need.meeting.source.name
        both = set(source.layers(part)) & set(target.layers(part))
        others = [each for each in needs if each is not need and each.meeting.source.name == part]
        if need.meeting.layers is None and others:
            left.append(f"{need.meeting}: which layers these are is not told")
            continue
        wanted = both if need.meeting.layers is None else both & set(need.meeting.layers)
        jobs += [Job(number, part, layer, rank) for layer in sorted(wanted) for rank in source.ranks()]
    is_whole = not left
    met = {(job.part, job.layer) for job in jobs}
    parts = {job.part for job in jobs}
    for side, name in ((source, "source"), (target, "target")):
        alone: dict[str, list[int]] = {}
        for slot in side.slots.slots:
            if (slot.part, slot.layer) not in met:
                alone.setdefault(slot.part, []).append(slot.layer)
        left += [f"{part}, layers {ranges(layers)}: not compared, tensors of the {name}"
                 for part, layers in alone.items()]
        is_whole = is_whole and not parts & set(alone)
        for barrier in side.slots.barriers:
            if barrier.unplaced and barrier.part in parts:
                what = ", ".join(barrier.unplaced[:3]) + (", ..." if len(barrier.unplaced) > 3 else "")
                left.append(f"{barrier.part}, by their names with rows of q or k: not compared, {what} of the {name}")
                is_whole = False
    return sorted(jobs, key=lambda job: (job.part, job.layer, job.rank or 0)), left, is_whole


def _kept_out(items: Sequence[Item], barriers: Sequence[Barrier]) -> Iterator[Item]:
    """The items; rows of q and k that moved where they may not are not right, whatever they are by themselves."""
    why = next((each.why for each in barriers if each.relation == Relation.PERMUTATION.value), "")
    for item in items:
        has_moved = item.rows is not None and item.rows != tuple(range(len(item.rows)))
        if why and has_moved and item.state is State.RIGHT and item.role in (Role.Q, Role.K):
            yield replace(item, state=State.UNDECIDED, faults=(Fault.BARRIER,), why=why)
        else:
            yield item


def _not_read(items: Sequence[Item], barriers: Sequence[Barrier], job: Job) -> Iterator[Item]:
    """Where something keeps rows from being read, each role of which nothing was compared; so it may have moved."""
    why = next((each.why for each in barriers if each.relation == Relation.PERMUTATION.value), "")
    for role in (Role.Q, Role.K, Role.V) if why else ():
        if not any(item.role is role for item in items):
            yield Item(job.layer, role, Kind.WEIGHT, ((), ()), State.UNDECIDED, (Fault.NOT_READ,), why=why,
                       rank=job.rank)


def _closed(source: Side, target: Side, jobs: Sequence[Job]) -> list[str]:
    """In words the layers of parts that are compared, of which no tensor has rows that can be read."""
    met = {(job.part, job.layer) for job in jobs}
    found: dict[tuple[str, str], set[int]] = {}
    for barrier in (*source.slots.barriers, *target.slots.barriers):
        layers = {layer for layer in barrier.layers if (barrier.part, layer) not in met}
        if layers and barrier.relation == Relation.PERMUTATION.value and barrier.part in {part for part, _ in met}:
            found.setdefault((barrier.part, barrier.why), set()).update(layers)
    return [f"{part}, layers {ranges(sorted(layers))}: not compared, {why}" for (part, why), layers in found.items()]


def ranges(layers: Sequence[int]) -> str:
    """Layers in words: 0-3, 5."""
    return ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in runs_of(sorted(set(layers))))


def _width(need: Need, *layers: Layer) -> int:
    """Lanes of a head of q and k: the layout's, or those that there are."""
    if need.sides is not None:
        return need.sides[0].layout.width
    ends = [block.lane + block.width for layer in layers for slot in layer.slots for block in slot.blocks
            if block.role in (Role.Q, Role.K)]
    return max(ends, default=1)
