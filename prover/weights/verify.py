"""Two checkpoints of one model held against each other: do the rows of q and k stand where the target needs them?

What is right is proved: the move that the rows show makes the target's layout compute what the source's does. It need
not be the one that a converter would have made. What is wrong is told by name where undoing that is proved right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prover.claims.relation import Relation
from prover.errors import InputError
from prover.repair.check_permutation import Held, Part, State
from prover.repair.slips import Kind as SlipKind
from prover.weights.assign import assign, assignments, fits
from prover.weights.followers import Exchange, carried, goes_with_values, has_values, output_items
from prover.weights.lanes import Layer, Matrix, Read, names_of, primary, relate_matrix
from prover.weights.multiplied import with_factors
from prover.weights.question import Question
from prover.weights.recover import Related, Rows
from prover.weights.slots import Barrier, Kind, Role, Slots
from prover.weights.verified import Fault, Group, Item, Verified
from prover.weights.witness import Need

FOLLOWING = (Kind.BIAS, Kind.SCALE, Kind.LORA_B, Kind.MAGNITUDE)
NOT_THERE = "v and o, which have to do so too, are not there to be compared"
OTHERWISE = "v or o, which have to do so too, is not seen to be as it was, nor to have moved with these heads alone"
SLIPS = {
    SlipKind.NOTHING: Fault.MISSING, SlipKind.TWICE: Fault.TWICE, SlipKind.INVERSE: Fault.INVERSE,
    SlipKind.NOT_NEEDED: Fault.NOT_NEEDED,
}


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
            yield verify_layer(questions[job.number], ours, theirs, job.layer, not _barriers(source, target, job))
        except InputError as fault:
            yield fault
            return


def _barriers(source: Side, target: Side, job: Job) -> list[Barrier]:
    """What keeps the rows of one layer from being changed."""
    return [each for each in (*source.slots.barriers, *target.slots.barriers)
            if each.part == job.part and (not each.layers or job.layer in each.layers)]


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
    found: list[list[int]] = []
    for layer in sorted(set(layers)):
        if found and found[-1][1] == layer - 1:
            found[-1][1] = layer
        else:
            found.append([layer, layer])
    return ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in found)


def _width(need: Need, *layers: Layer) -> int:
    """Lanes of a head of q and k: the layout's, or those that there are."""
    if need.sides is not None:
        return need.sides[0].layout.width
    ends = [block.lane + block.width for layer in layers for slot in layer.slots for block in slot.blocks
            if block.role in (Role.Q, Role.K)]
    return max(ends, default=1)


def verify_layer(
    question: Question, ours: Layer, theirs: Layer, layer: int, may_scale: bool = True
) -> list[Item]:
    """What is known of each tensor of one layer. `may_scale`: nothing stands between the weights and the rotation."""
    matrices: dict[Role, Matrix] = {}
    items: list[Item] = []
    kinds = {role: primary(ours, theirs, role) for role in (Role.Q, Role.K)}
    for role, found in kinds.items():
        if found is None:
            continue
        if not (ours.places(role, *found) and theirs.places(role, *found)):
            items.append(_one_sided(ours, theirs, role, found, layer))
            continue
        matrix = relate_matrix(ours, theirs, role, *found, question.width)
        if matrix is not None:
            matrices[role] = _narrowed(matrix, ours, theirs, found[0])
    heads = {role: matrix.heads for role, matrix in matrices.items()}
    counts = heads.get(Role.Q, heads.get(Role.K, 1)), heads.get(Role.K, heads.get(Role.Q, 1))
    chosen = {role: _chosen(question, matrix, *counts) for role, matrix in matrices.items()}
    exchange = _exchange(ours, theirs, chosen, matrices)
    turned = _turned(question, matrices, chosen, counts, exchange, layer, kinds)
    if may_scale and exchange is None and not any(matrix.unseen for matrix in matrices.values()):
        turned = with_factors(question, turned, ours, theirs)
    for role, item in turned.items():
        items.append(item)
        items += carried(ours, theirs, item, matrices[role], question.needed)
    rows = {role: item.rows for role, item in turned.items()}
    return [*items, *output_items(ours, theirs, layer, question, rows, exchange)]


def _one_sided(ours: Layer, theirs: Layer, role: Role, found: tuple[Kind, str], layer: int) -> Item:
    names = names_of(ours.places(role, *found)), names_of(theirs.places(role, *found))
    return Item(layer, role, found[0], names, State.UNDECIDED, (Fault.ONE_SIDE,))


def _narrowed(matrix: Matrix, ours: Layer, theirs: Layer, primary: Kind) -> Matrix:
    """Equal rows of a weight told apart by their biases and scales, where these fit."""
    related = matrix.related
    if not related.doubled:
        return matrix
    for kind, ending in ours.kinds(matrix.role):
        if kind not in FOLLOWING or kind is primary:
            continue
        both = ours.places(matrix.role, kind, ending), theirs.places(matrix.role, kind, ending)
        if not (both[0] and both[1]) or set(both[0]) != set(both[1]):
            continue
        found = relate_matrix(ours, theirs, matrix.role, kind, ending, matrix.width)
        if found is None:
            continue
        common = tuple(tuple(row for row in a if row in set(b))
                       for a, b in zip(related.partners, found.related.partners, strict=True))
        narrowed = Related(common, related.overlapping, related.factors, related.closeness)
        if assign(narrowed, matrix.identity) is not None:
            related = narrowed
    return replace(matrix, related=related)


def _chosen(question: Question, matrix: Matrix, q_heads: int, kv_heads: int) -> Rows | None:
    """The permutation that relates the rows; of several that do, the one that is needed, or a known slip."""
    for guess in question.guesses(matrix.heads, q_heads, kv_heads):
        if fits(matrix.related, guess):
            return guess
    if matrix.related.not_finite:
        return None
    wanted = matrix.whole(question.needed) if question.needed else matrix.identity
    return assign(matrix.related, wanted, matrix.width)


def heads_moved(rows: Rows | None, width: int) -> Rows | None:
    """Which head each head was, where each comes whole from one and they are all there; None if not."""
    if rows is None:
        return None
    found: list[int] = []
    for start in range(0, len(rows), width):
        heads = {row // width for row in rows[start : start + width]}
        if len(heads) != 1:
            return None
        found += heads
    return tuple(found) if sorted(found) == list(range(len(found))) else None


def _exchange(
    ours: Layer, theirs: Layer, chosen: dict[Role, Rows | None], matrices: dict[Role, Matrix]
) -> Exchange | None:
    """Which heads q and kv heads were, where they may have changed places in q, k, v and o alike."""
    if set(chosen) != {Role.Q, Role.K}:
        return None
    q, k = (heads_moved(chosen[role], matrices[role].width) for role in (Role.Q, Role.K))
    if q is None or k is None or (q == tuple(range(len(q))) and k == tuple(range(len(k)))) or len(q) % len(k):
        return None
    group = len(q) // len(k)
    if any(was // group != k[head // group] for head, was in enumerate(q)):
        return None
    found = goes_with_values(ours, theirs, q, k)
    return None if found is False else Exchange(q, k, found is True, has_values(ours, theirs))


def _turned(
    question: Question, matrices: dict[Role, Matrix], chosen: dict[Role, Rows | None], counts: tuple[int, int],
    exchange: Exchange | None, layer: int, kinds: dict[Role, tuple[Kind, str] | None],
) -> dict[Role, Item]:
    """What is known of q and k."""
    items: dict[Role, Item] = {}
    moves: dict[Role, Rows] = {}
    for role, matrix in matrices.items():
        kind = kinds[role]
        assert kind is not None
        item = Item(layer, role, kind[0], matrix.names, State.UNDECIDED, heads=matrix.heads, rows=chosen[role],
                    closeness=matrix.related.closeness, factors=matrix.related.factors, exchanged=exchange is not None)
        rows = chosen[role]
        if matrix.related.not_finite:
            items[role] = replace(item, faults=(Fault.NOT_FINITE,), count=len(matrix.related.not_finite), rows=None)
        elif matrix.related.alone:
            items[role] = replace(item, faults=(Fault.UNRELATED,), count=len(matrix.related.alone), rows=None)
        elif rows is None and matrix.related.overlapping:
            items[role] = replace(item, faults=(Fault.OVERLAPPING,), count=len(matrix.related.overlapping))
        elif rows is None:
            items[role] = replace(item, state=State.WRONG, faults=(Fault.LOST_ROWS,))
        elif question.sides is None:
            items[role] = replace(item, faults=(Fault.NOT_DECIDED,))
        else:
            items[role] = item
            moves[role] = _without(rows, exchange, role, matrix.width)
    if not moves:
        return items
    ordered = [(role.value, moves[role]) for role in (Role.Q, Role.K) if role in moves]
    held = question.check(ordered, *counts)
    for role, part in zip((role for role in (Role.Q, Role.K) if role in moves), held.parts, strict=True):
        items[role] = _judged(question, matrices[role], items[role], held, part, counts, exchange)
    if held.unlike is not None and all(items[role].state is State.RIGHT for role in moves):
        word = State.WRONG if held.state is State.WRONG else State.UNDECIDED
        sure = not any(matrices[role].related.overlapping or matrices[role].related.doubled for role in moves)
        items[Role.K] = replace(items[Role.K], state=word if sure else State.UNDECIDED, faults=(Fault.UNLIKE,))
    return items


def _without(rows: Rows, exchange: Exchange | None, role: Role, width: int) -> Rows:
    """The rows as if no head had changed its place."""
    if exchange is None:
        return rows
    was = exchange.q if role is Role.Q else exchange.k
    return tuple(row + (place // width - was[place // width]) * width for place, row in enumerate(rows))


def _judged(
    question: Question, matrix: Matrix, item: Item, held: Held, part: Part, counts: tuple[int, int],
    exchange: Exchange | None,
) -> Item:
    """The word and the faults of one matrix."""
    related, rows = matrix.related, part.move.rows
    item = replace(item, held=held, slips=part.slips, state=part.state)
    if part.state is State.UNDECIDED:
        return replace(item, faults=(Fault.NOT_DECIDED,))
    if part.state is State.RIGHT:
        if related.overlapping:
            return replace(item, state=State.UNDECIDED, faults=(Fault.OVERLAPPING,), count=len(related.overlapping))
        if related.factors:
            return replace(item, state=State.UNDECIDED, faults=(Fault.MULTIPLIED,), count=len(related.factors))
        if exchange is not None and not exchange.is_known:
            return replace(item, state=State.UNDECIDED, faults=(Fault.HEADS_EXCHANGED,),
                           why=OTHERWISE if exchange.is_there else NOT_THERE)
        if matrix.unseen:
            return replace(item, state=State.UNDECIDED, faults=(Fault.ONE_SIDE,), count=len(matrix.unseen))
        return item
    if held.hopeless:
        return replace(item, faults=(Fault.NO_MOVE_HELPS,))
    if (related.overlapping or related.doubled) and not _is_surely_wrong(question, matrix, part, item.exchanged):
        fault = Fault.OVERLAPPING if related.overlapping else Fault.EQUAL_ROWS
        return replace(item, state=State.UNDECIDED, faults=(fault,), count=len(related.overlapping), slips=())
    if part.moves_well:
        fault = Fault.MULTIPLIED if related.factors else Fault.NEEDS_FACTORS
        return replace(item, state=State.UNDECIDED if related.factors else State.WRONG, faults=(fault,))
    if related.factors and not _is_surely_wrong(question, matrix, part, item.exchanged):
        return replace(item, state=State.UNDECIDED, faults=(Fault.MULTIPLIED,), count=len(related.factors))
    return replace(item, faults=tuple(_faults(part, matrix, rows, counts)) or (Fault.OTHER_MOVE,))


def _is_surely_wrong(question: Question, matrix: Matrix, part: Part, exchanged: bool) -> bool:
    """Whether no permutation that fits is right, where there are several: equal rows, or rows that are too near."""
    width, related, needed = matrix.width, matrix.related, question.needed
    for place, partners in enumerate(related.partners):
        head, lane = divmod(place, width)
        if exchanged or not partners:
            continue
        crossing = [row for row in partners if row // width != head]
        if len(crossing) == len(partners):
            return True
        if needed is not None and all(
            row // width != head or question.must_differ(row % width, needed[lane]) for row in partners
        ):
            return True
    start = part.head * width
    alternatives = assignments(related, range(start, start + width))
    if not alternatives:
        return False
    moves = [tuple(row - start for row in rows) for rows in alternatives]
    return all(min(rows) >= 0 and max(rows) < width and not question.is_right(rows) for rows in moves)


def _faults(part: Part, matrix: Matrix, rows: Rows, counts: tuple[int, int]) -> Iterator[Fault]:
    """The names of what went wrong, the number and width of heads first: they explain rows between heads."""
    cut = [slip for slip in part.slips if slip.kind is SlipKind.HEADS]
    for slip in cut:
        yield Fault.HEAD_COUNT if slip.heads in counts else Fault.HEAD_WIDTH
    for slip in part.slips:
        if slip.kind is SlipKind.EXTENT:
            yield Fault.WHOLE_HEAD if slip.lanes == (0, matrix.width) else Fault.OTHER_LANES
        elif slip.kind is SlipKind.CROSSING:
            if not cut:
                exchanged = heads_moved(rows, matrix.width) is not None
                yield Fault.HEADS_EXCHANGED if exchanged else Fault.BETWEEN_HEADS
        elif slip.kind in SLIPS:
            yield SLIPS[slip.kind]
