"""One layer of two checkpoints: what is known of each of its tensors, and the names of what is wrong.

What is right is proved: the move that the rows show makes the target's layout compute what the source's does. It need
not be the one that a converter would have made. What is wrong is told by name where undoing that is proved right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.repair.check_permutation import Held, Part, State
from prover.repair.slips import Kind as SlipKind
from prover.repair.slips import Slip
from prover.weights.audited.assign import assign, assignments, fits, head_sources
from prover.weights.audited.followers import Exchange, carried, goes_with_values, has_values, output_items
from prover.weights.audited.lanes import Layer, Matrix, names_of, primary, relate_matrix
from prover.weights.audited.multiplied import with_factors
from prover.weights.audited.question import Question
from prover.weights.audited.recover import Related, Rows
from prover.weights.audited.verified import Fault, Item
from prover.weights.audited.ways import in_known_ways, with_multiplied_values
from prover.weights.packed.slots import Kind, Role

FOLLOWING = (Kind.BIAS, Kind.SCALE, Kind.LORA_B, Kind.MAGNITUDE)
NOT_THERE = "v and o, which have to do so too, are not there to be compared"
OTHERWISE = "v or o, which have to do so too, is not seen to be as it was, nor to have moved with these heads alone"
SLIPS = {
    SlipKind.NOTHING: Fault.MISSING, SlipKind.TWICE: Fault.TWICE, SlipKind.INVERSE: Fault.INVERSE,
    SlipKind.NOT_NEEDED: Fault.NOT_NEEDED,
}


def verify_layer(
    question: Question, ours: Layer, theirs: Layer, layer: int, may_scale: bool = True, is_linear: bool = True
) -> list[Item]:
    """What is known of each tensor of one layer. `may_scale`: nothing stands between the weights and the rotation.

    `is_linear`: that is known of the model, up to the scores.
    """
    if is_linear and (known := in_known_ways(question, ours, theirs, layer)) is not None:
        moved = {item.role: item.rows for item in known if item.rows is not None}
        others = list(output_items(ours, theirs, layer, question, {**moved}, None))
        return [*known, *with_multiplied_values(question, ours, theirs, others)]
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
    sources = {role: head_sources(matrix.related, matrix.width) for role, matrix in matrices.items()}
    if exchange is not None or all(len(heads) < 2 for each in sources.values() for heads in each):
        sources = {}
    turned = _turned(question, matrices, chosen, counts, exchange, layer, kinds, sources)
    if may_scale and exchange is None and not any(matrix.unseen for matrix in matrices.values()):
        turned = with_factors(question, turned, ours, theirs)
    for role, item in turned.items():
        items.append(item)
        items += carried(ours, theirs, item, matrices[role], question.needed)
    rows = {role: item.rows for role, item in turned.items()}
    outputs = list(output_items(ours, theirs, layer, question, rows, exchange))
    return [*items, *(_may_be_alike(outputs) if sources else outputs)]


def _may_be_alike(items: Sequence[Item]) -> Iterator[Item]:
    """v and o; where their heads changed places, those of q and k may have done so too, which equal rows hide."""
    hidden: set[Role] = set()
    for item in items:
        origins = item.rows and heads_moved(item.rows, len(item.rows) // item.heads)
        if item.state is State.WRONG and origins and origins != tuple(range(item.heads)):
            hidden.add(item.role)
    for item in items:
        is_open = item.state is State.WRONG and item.role in hidden
        yield replace(item, state=State.UNDECIDED, faults=(Fault.EQUAL_ROWS,)) if is_open else item


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
    sources: dict[Role, list[set[int]]],
) -> dict[Role, Item]:
    """What is known of q and k. `sources`: heads that each may be, if some may be one of several; else empty."""
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
        items[role] = _judged(question, matrices[role], items[role], held, part, counts, exchange, sources.get(role))
    if any(item.state is State.UNDECIDED for item in items.values()):  # and may have the factors of both
        items = {role: replace(item, state=State.UNDECIDED) if item.faults == (Fault.NEEDS_FACTORS,) else item
                 for role, item in items.items()}
    if held.unlike is not None and all(items[role].state is State.RIGHT for role in moves):
        word = State.WRONG if held.state is State.WRONG else State.UNDECIDED
        sure = not any(matrices[role].related.overlapping or matrices[role].related.doubled for role in moves)
        cut = [role for role in moves if sure and items[role].slips] if word is State.WRONG else []
        for role in cut or (Role.K,):
            found = _cut_faults(items[role].slips, matrices[role], counts) if role in cut else ()
            items[role] = replace(items[role], state=word if sure else State.UNDECIDED, faults=(*found, Fault.UNLIKE))
    return items


def _without(rows: Rows, exchange: Exchange | None, role: Role, width: int) -> Rows:
    """The rows as if no head had changed its place."""
    if exchange is None:
        return rows
    was = exchange.q if role is Role.Q else exchange.k
    return tuple(row + (place // width - was[place // width]) * width for place, row in enumerate(rows))


def _judged(
    question: Question, matrix: Matrix, item: Item, held: Held, part: Part, counts: tuple[int, int],
    exchange: Exchange | None, sources: Sequence[set[int]] | None,
) -> Item:
    """The word and the faults of one matrix. `sources`: heads that each may be, where some may be one of several."""
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
    is_open = bool(related.overlapping or related.doubled or sources)
    if is_open and not _is_surely_wrong(question, matrix, part, item.exchanged, sources):
        fault = Fault.OVERLAPPING if related.overlapping else Fault.EQUAL_ROWS
        return replace(item, state=State.UNDECIDED, faults=(fault,), count=len(related.overlapping), slips=())
    if part.moves_well:
        fault = Fault.MULTIPLIED if related.factors else Fault.NEEDS_FACTORS
        is_open = bool(related.factors) or question.may_cancel
        return replace(item, state=State.UNDECIDED if is_open else State.WRONG, faults=(fault,),
                       count=len(related.factors))
    if related.factors and not _is_surely_wrong(question, matrix, part, item.exchanged, sources):
        return replace(item, state=State.UNDECIDED, faults=(Fault.MULTIPLIED,), count=len(related.factors))
    return replace(item, faults=tuple(_faults(part, matrix, rows, counts)) or (Fault.OTHER_MOVE,))


def _is_surely_wrong(
    question: Question, matrix: Matrix, part: Part, exchanged: bool, sources: Sequence[set[int]] | None
) -> bool:
    """Whether no permutation that fits is right, where there are several: equal rows, or rows that are too near.

    `sources`: heads that each may be, where heads may have changed places alike; None where they have not.
    """
    width, related, needed = matrix.width, matrix.related, question.needed
    for place, partners in enumerate(related.partners):
        head, lane = divmod(place, width)
        heads = {head} if sources is None else sources[head]
        if exchanged or not partners:
            continue
        if all(row // width not in heads or (
                needed is not None and question.must_differ(row % width, needed[lane])) for row in partners):
            return True
    start = part.head * width
    alternatives = assignments(related, range(start, start + width))
    if not alternatives:
        return False
    moves = [tuple(row - start for row in rows) for rows in alternatives]
    return all(min(rows) >= 0 and max(rows) < width and not question.is_right(rows) for rows in moves)


def _faults(part: Part, matrix: Matrix, rows: Rows, counts: tuple[int, int]) -> Iterator[Fault]:
    """The names of what went wrong, the number and width of heads first: they explain rows between heads."""
    cut = tuple(_cut_faults(part.slips, matrix, counts))
    yield from cut
    for slip in part.slips:
        if slip.kind is SlipKind.EXTENT:
            yield Fault.WHOLE_HEAD if slip.lanes == (0, matrix.width) else Fault.OTHER_LANES
        elif slip.kind is SlipKind.CROSSING:
            if not cut:
                exchanged = heads_moved(rows, matrix.width) is not None
                yield Fault.HEADS_EXCHANGED if exchanged else Fault.BETWEEN_HEADS
        elif slip.kind in SLIPS and not cut:  # of the lanes that turn it may be so too
            yield SLIPS[slip.kind]


def _cut_faults(slips: Sequence[Slip], matrix: Matrix, counts: tuple[int, int]) -> Iterator[Fault]:
    """What rows were moved for: other heads than there are."""
    for slip in slips:
        if slip.kind is SlipKind.HEADS:
            yield Fault.HEAD_COUNT if slip.heads in counts else Fault.HEAD_WIDTH
            if slip.is_whole(matrix.width):
                yield Fault.WHOLE_HEAD
