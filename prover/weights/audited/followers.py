"""What has to go with the rows of q and k, and what may not move at all: biases, gains, scales; v and o."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from prover.repair.check_permutation import State
from prover.weights.audited.assign import assign
from prover.weights.audited.lanes import (
    Key,
    Layer,
    Matrix,
    Places,
    head_count,
    names_of,
    of_one_head,
    primary,
    relate_matrix,
)
from prover.weights.audited.question import Question
from prover.weights.audited.recover import Closeness, Rows, agree, agree_columns
from prover.weights.audited.verified import Fault, Item
from prover.weights.packed.slots import Kind, Role
from prover.weights.stored.lines import Floats, picked, rounded

Change = Callable[[Floats], Floats]
KNOWN = (Closeness.EQUAL, Closeness.ROUNDED, Closeness.WITHIN)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Heads of q and KV heads that changed places: which each was. `is_known`: v and o are there and went with them.

    `is_there`: v and o are there; not known, they are neither as they were nor did their heads go along.
    """

    q: Rows
    k: Rows
    is_known: bool
    is_there: bool


def carried(ours: Layer, theirs: Layer, weight: Item, matrix: Matrix, needed: Rows | None) -> Iterator[Item]:
    """Whatever has an entry for each row of q or k, held against how the rows have moved, or have to move."""
    role = weight.role
    rows = weight.rows if weight.state is State.RIGHT else None
    if rows is None and needed is not None:
        rows = matrix.whole(needed)
    is_open = matrix.related.doubled and weight.rows != rows_of(matrix, needed)
    shown_by = primary(ours, theirs, role)
    for kind, ending in dict.fromkeys((*ours.kinds(role), *theirs.kinds(role))):
        a, b = ours.places(role, kind, ending), theirs.places(role, kind, ending)
        if (kind, ending) == shown_by:
            continue
        names = names_of(a), names_of(b)
        if not (a and b):
            yield Item(weight.layer, role, kind, names, State.UNDECIDED, (Fault.ONE_SIDE,))
            continue
        added = theirs.added - ours.added if kind is Kind.GAIN else 0.0
        stayed = _best(ours, theirs, a, b, matrix.identity, matrix.width, added)
        found = None if rows is None else _best(ours, theirs, a, b, rows, matrix.width, added)
        made = partial(Item, weight.layer, role, kind, names)
        if rows is None:
            yield made(State.UNDECIDED, (Fault.NOT_DECIDED,))
        elif found is Closeness.UNKNOWN or (
                found is Closeness.WITHIN and stayed is not None and rows != matrix.identity):
            yield made(State.UNDECIDED, (Fault.OVERLAPPING,))
        elif found is not None:
            yield made(State.RIGHT, closeness=found, added=added)
        elif kind is Kind.SHARED:
            yield made(State.UNDECIDED, (Fault.OTHER_SCALE,))
        elif weight.state is State.UNDECIDED or weight.factors or is_open:
            yield made(State.UNDECIDED, (Fault.NOT_DECIDED,))
        elif not stayed and weight.rows is not None and (
                went := _best(ours, theirs, a, b, weight.rows, matrix.width, added)) is not None:
            yield made(State.RIGHT, closeness=went, added=added)  # with rows that are wrong, and told so
        else:
            yield made(State.WRONG, (Fault.FORGOTTEN if stayed else Fault.OTHER_VALUES,))


def rows_of(matrix: Matrix, needed: Rows | None) -> Rows | None:
    """The move of a head in all of them."""
    return None if needed is None else matrix.whole(needed)


def _best(
    ours: Layer, theirs: Layer, a: Places, b: Places, rows: Rows, width: int, added: float
) -> Closeness | None:
    """How close the target is to the source with so much added, in float32 or in the source's type."""
    if not added:
        return follow(ours, theirs, a, b, rows, width)
    stored = ours.lines(next(iter(a.values()))[0]).dtype

    def change(values: Floats, dtype: str = "") -> Floats:
        return rounded(values + values.dtype.type(added), dtype)

    found = (follow(ours, theirs, a, b, rows, width, each) for each in (change, partial(change, dtype=stored)))
    return min((word for word in found if word is not None), key=lambda word: word.rank, default=None)


def follow(
    ours: Layer, theirs: Layer, a: Places, b: Places, rows: Sequence[int], width: int,
    change: Change | None = None,
) -> Closeness | None:
    """How close the target is to the source with its rows moved so; None if it is not, or lanes are not alike.

    `rows`: of the whole matrix. What all heads share has to fit each of them. Lanes whose rows are not as long, as in
    latent attention, are held by themselves: they are not each other's.
    """
    lengths = {side.lines(slot).columns for side, places in ((ours, a), (theirs, b))
               for slot, _ in places.values()}
    if len(lengths) > 1:
        pieces = [(_as_long(ours, a, length), _as_long(theirs, b, length)) for length in sorted(lengths)]
        words = [follow(ours, theirs, *piece, rows, width, change) if all(piece) else None for piece in pieces]
        known = [word for word in words if word is not None]
        return max(known, key=lambda close: close.rank) if len(known) == len(words) else None
    order = list(a)
    index = {key: number for number, key in enumerate(order)}
    source = picked([ours.at(a[key]) for key in order])
    target = picked([theirs.at(place) for place in b.values()])
    heads = len(rows) // width if any(head is None for head, _ in b) else 1
    wanted = set[tuple[int, ...]]()
    for each in range(heads):
        found = [_index(key, each, rows, width, index) for key in b]
        if None in found:
            return None
        wanted.add(tuple(number for number in found if number is not None))
    worst = Closeness.EQUAL
    for numbers in sorted(wanted):
        word = agree(source, target, numbers, change)
        if word is None:
            return None
        worst = max(worst, word, key=lambda close: close.rank)
    return worst


def _as_long(layer: Layer, places: Places, columns: int) -> Places:
    return {key: place for key, place in places.items() if layer.lines(place[0]).columns == columns}


def _index(key: Key, head: int, rows: Sequence[int], width: int, index: dict[Key, int]) -> int | None:
    """Which row of the source a lane of the target was; of a shared lane, as this head has it."""
    own = head if key[0] is None else key[0]
    if own * width + key[1] >= len(rows):
        return None
    was, lane = divmod(rows[own * width + key[1]], width)
    return index.get((was, lane), index.get((None, lane)))


def goes_with_values(ours: Layer, theirs: Layer, q: Rows, k: Rows) -> bool | None:
    """Whether the heads of v and o have the same new places; None if v or o is not there, or not as it was either."""
    places = [layer.places(role, Kind.WEIGHT) for role in (Role.V, Role.O) for layer in (ours, theirs)]
    if not all(places):
        return None
    v, their_v, o, their_o = places
    width, columns = (1 + max(lane for _, lane in each) for each in (v, o))
    heads = tuple(head * width + lane for head in k for lane in range(width))
    outputs = tuple(head * columns + lane for head in q for lane in range(columns))
    fits = True
    for held, a, b, moved, size in ((follow, v, their_v, heads, width), (columns_follow, o, their_o, outputs, columns)):
        if held(ours, theirs, a, b, moved, size) in KNOWN:
            continue
        if held(ours, theirs, a, b, tuple(range(len(moved))), size) not in KNOWN:
            return None
        fits = False
    return fits


def has_values(ours: Layer, theirs: Layer) -> bool:
    """Whether both sides have weights of v and o."""
    return all(layer.places(role, Kind.WEIGHT) for role in (Role.V, Role.O) for layer in (ours, theirs))


def columns_follow(
    ours: Layer, theirs: Layer, a: Places, b: Places, columns: Sequence[int], width: int
) -> Closeness | None:
    """How close the columns of the target's output are to those of the source, moved so; None if they are not."""
    slots = {id(slot): slot for places in (a, b) for slot, _ in places.values()}
    if len(slots) > 2 or set(a) != set(b):
        return None
    (first, _), (second, _) = next(iter(a.values())), next(iter(b.values()))
    keys = list(b)
    was = [divmod(columns[(head or 0) * width + lane], width) for head, lane in keys]
    at = [a[key][1] for key in was], [b[key][1] for key in keys]
    return agree_columns(ours.lines(first), theirs.lines(second), *at)


def output_items(
    ours: Layer, theirs: Layer, layer: int, question: Question, rows: dict[Role, Rows | None],
    exchange: Exchange | None,
) -> Iterator[Item]:
    """What is known of v and o: where they are, or moved alike, so that what comes out is the same."""
    kinds = {role: primary(ours, theirs, role) for role in (Role.V, Role.O)}
    sides = {role: of_one_head(ours.places(role, *kind), theirs.places(role, *kind))
             for role, kind in kinds.items() if kind}
    heads = {Role.V: exchange.k if exchange else None, Role.O: exchange.q if exchange else None}
    found: dict[Role, Item] = {}
    for role, (a, b) in sides.items():
        names, kind = (names_of(a), names_of(b)), kinds[role] or (Kind.WEIGHT, "")
        if not (a and b) or set(a) != set(b):
            found[role] = Item(layer, role, kind[0], names, State.UNDECIDED, (Fault.ONE_SIDE,))
            continue
        width, count = 1 + max(lane for _, lane in a), head_count(a)
        stay = tuple(head * width + lane for head in heads[role] or range(count) for lane in range(width))
        close = (follow if role is Role.V else columns_follow)(ours, theirs, a, b, stay, width)
        if close in KNOWN:
            found[role] = Item(layer, role, kind[0], names, State.RIGHT, rows=stay, heads=count, closeness=close)
        elif close is not None:
            found[role] = Item(layer, role, kind[0], names, State.UNDECIDED, (Fault.OVERLAPPING,), count)
        else:
            found[role] = _moved(ours, theirs, layer, role, kind, question, rows, width, count)
    for item in _alike(ours, theirs, found, sides):
        yield item
        if item.role is Role.V and item.rows is not None:
            width = len(item.rows) // item.heads
            yield from _carried_by_v(ours, theirs, item, [*_suspects(question, rows, width, item.heads), item.rows])


def _moved(
    ours: Layer, theirs: Layer, layer: int, role: Role, kind: tuple[Kind, str], question: Question,
    rows: dict[Role, Rows | None], width: int, count: int,
) -> Item:
    """v or o whose lanes are not where they were: moved as q and k are, or otherwise, or not the same at all."""
    fault = Fault.APPLIED_TO_V if role is Role.V else Fault.APPLIED_TO_O
    a, b = ours.places(role, *kind), theirs.places(role, *kind)
    made = partial(Item, layer, role, kind[0], (names_of(a), names_of(b)))
    for move in _suspects(question, rows, width, count):
        close = (follow if role is Role.V else columns_follow)(ours, theirs, a, b, move, width)
        if close in KNOWN:
            return made(State.WRONG, (fault,), count, move, close)
    if role is Role.O:
        return made(State.UNDECIDED, (Fault.UNRELATED,), count)
    matrix = relate_matrix(ours, theirs, role, *kind, width)
    assert matrix is not None
    related = matrix.related
    if related.not_finite:
        return made(State.UNDECIDED, (Fault.NOT_FINITE,), count, count=len(related.not_finite))
    if related.alone:
        return made(State.UNDECIDED, (Fault.UNRELATED,), count, count=len(related.alone))
    found = assign(related, matrix.identity, width)
    if found is None or related.overlapping:
        return made(State.UNDECIDED, (Fault.OVERLAPPING,), count, count=len(related.overlapping))
    if related.factors:
        return made(State.UNDECIDED, (Fault.MULTIPLIED,), count, found, related.closeness, count=len(related.factors))
    open_ = (Fault.EQUAL_ROWS,) if related.doubled else ()
    return made(State.WRONG, (Fault.OTHER_MOVE, *open_), count, found, related.closeness)


def _suspects(question: Question, rows: dict[Role, Rows | None], width: int, count: int) -> Iterator[Rows]:
    """Moves that v and o may have been given by mistake: the one that is needed, and those that q and k were given."""
    seen = set[Rows]()
    for moved in (*([question.needed] if question.needed else []), *filter(None, rows.values())):
        for size in (question.width, len(moved)):
            move = tuple(moved[:size])
            if count * width % size or sorted(move) != list(range(size)) or move == tuple(range(size)):
                continue
            whole = tuple(start + row for start in range(0, count * width, size) for row in move)
            if whole not in seen:
                seen.add(whole)
                yield whole


def _alike(
    ours: Layer, theirs: Layer, found: dict[Role, Item], sides: dict[Role, tuple[Places, Places]]
) -> Iterator[Item]:
    """v and o; where v moved within its heads and o's columns with it, both are right."""
    v, o = found.get(Role.V), found.get(Role.O)
    if v is None or o is None or v.rows is None or o.heads % v.heads or State.WRONG not in (v.state, o.state):
        yield from found.values()
        return
    width, group = len(v.rows) // v.heads, o.heads // v.heads
    for within in _within_heads(v, o, width, group):
        rows = tuple(head * width + row for head, move in enumerate(within) for row in move)
        columns = tuple(head * width + row for head in range(o.heads) for row in within[head // group])
        close = follow(ours, theirs, *sides[Role.V], rows, width)
        other = columns_follow(ours, theirs, *sides[Role.O], columns, width)
        if close in KNOWN and other in KNOWN:
            yield replace(v, state=State.RIGHT, faults=(), rows=rows, closeness=close, exchanged=True)
            yield replace(o, state=State.RIGHT, faults=(), rows=columns, closeness=other, exchanged=True)
            return
    is_open = Fault.EQUAL_ROWS in v.faults and o.state is not State.RIGHT
    for item, other_item in ((v, o), (o, v)):
        faults = tuple(fault for fault in item.faults if fault is not Fault.EQUAL_ROWS)
        if item.state is State.WRONG and (is_open or other_item.state is State.UNDECIDED):
            # The other one could have moved alike.
            yield replace(item, state=State.UNDECIDED, faults=(Fault.EQUAL_ROWS if is_open else Fault.NOT_DECIDED,))
        else:
            yield replace(item, faults=faults)


def _within_heads(v: Item, o: Item, width: int, group: int) -> Iterator[list[Rows]]:
    """How lanes may have moved within the heads of v, by what is known of v and of o."""
    for item, step in ((v, 1), (o, group)):
        if item.rows is None or len(item.rows) != item.heads * width:
            continue
        moves = [tuple(row - head * width for row in item.rows[head * width : (head + 1) * width])
                 for head in range(0, item.heads, step)]
        if all(min(rows) >= 0 and max(rows) < width for rows in moves):
            yield moves


def _carried_by_v(ours: Layer, theirs: Layer, v: Item, suspects: Sequence[Rows]) -> Iterator[Item]:
    """Biases, scales and adapters of v, which stay or go with its rows. `suspects`: moves given by mistake."""
    assert v.rows is not None
    width = len(v.rows) // v.heads
    for kind, ending in dict.fromkeys((*ours.kinds(Role.V), *theirs.kinds(Role.V))):
        if kind is v.kind:
            continue
        a, b = ours.places(Role.V, kind, ending), theirs.places(Role.V, kind, ending)
        names = names_of(a), names_of(b)
        if not (a and b):
            yield Item(v.layer, Role.V, kind, names, State.UNDECIDED, (Fault.ONE_SIDE,))
            continue
        stay = tuple(range(len(v.rows)))
        close = follow(ours, theirs, a, b, v.rows if v.state is State.RIGHT else stay, width)
        if close in KNOWN:
            yield Item(v.layer, Role.V, kind, names, State.RIGHT, closeness=close)
        elif kind is Kind.SHARED:
            yield Item(v.layer, Role.V, kind, names, State.UNDECIDED, (Fault.OTHER_SCALE,))
        elif v.state is State.UNDECIDED or close is not None:
            yield Item(v.layer, Role.V, kind, names, State.UNDECIDED, (Fault.NOT_DECIDED,))
        else:
            is_moved = any(follow(ours, theirs, a, b, move, width) in KNOWN for move in suspects)
            fault = Fault.APPLIED_TO_V if is_moved else Fault.OTHER_VALUES
            if v.state is State.RIGHT and follow(ours, theirs, a, b, stay, width) in KNOWN:
                fault = Fault.FORGOTTEN
            yield Item(v.layer, Role.V, kind, names, State.WRONG, (fault,))
