"""What came of one tensor of two checkpoints, in words."""

from __future__ import annotations

from collections.abc import Sequence

from prover.repair.check_permutation import State
from prover.reports.idiom import find_idiom
from prover.weights.audited.recover import Closeness, Rows
from prover.weights.audited.verified import Fault, Item
from prover.weights.packed.slots import Kind, Role

ONE_MODEL = "are these weights of one model and, if quantised, without an importance matrix?"
CLOSE = {
    Closeness.EQUAL: "equal numbers",
    Closeness.ROUNDED: "equal numbers once rounded to the other's type",
    Closeness.UNKNOWN: "numbers of which nothing is known",
    Closeness.WITHIN: "numbers within the bounds of what was quantised or rounded to them",
}
NORMS = {Role.Q: "q_norm", Role.K: "k_norm"}
# Of one row, of several, and where no number is known.
COUNTED = {
    Fault.MULTIPLIED: ("is one of the source times a factor", "are those of the source times factors", ""),
    Fault.UNRELATED: (f"has no partner in the source; {ONE_MODEL}", f"have no partner in the source; {ONE_MODEL}",
                      f"it is not that of the source; {ONE_MODEL}"),
    Fault.OVERLAPPING: ("could be one of several that are nearer to one another than the error",
                        "could each be one of several that are nearer to one another than the error",
                        "its numbers are nearer to one another than the error, or not finite"),
    Fault.NOT_FINITE: ("has infinite numbers or NaN, so that it cannot be told from others",
                       "have infinite numbers or NaN, so that they cannot be told apart", ""),
    Fault.ONE_SIDE: ("of the heads is not in both checkpoints", "of the heads are not in both checkpoints",
                     "it is not in both checkpoints"),
}
MEANINGS = {
    Fault.MISSING: "no row has moved, and rows have to move",
    Fault.TWICE: "a right move, done twice",
    Fault.INVERSE: "the opposite of a right move",
    Fault.NOT_NEEDED: "rows have moved, and no row has to",
    Fault.BETWEEN_HEADS: "rows come from other heads",
    Fault.HEADS_EXCHANGED: "heads have changed places, and q, k, v and o have not done so alike",
    Fault.UNLIKE: "heads that meet have moved differently",
    Fault.OTHER_MOVE: "rows have moved, and not as they have to",
    Fault.NO_MOVE_HELPS: "nothing that is done to rows makes the target compute what the source does",
    Fault.NEEDS_FACTORS: "rows have moved as they have to, and have to be multiplied too",
    Fault.MULTIPLIED_TWICE: "rows have moved as they have to, and were multiplied twice by what they need",
    Fault.DIVIDED: "rows have moved as they have to, and were divided by what they have to be multiplied by",
    Fault.VALUES_MULTIPLIED: "its rows were multiplied, and only those of q and k may be",
    Fault.LOST_ROWS: "some of the source's rows are gone, and others stand there twice",
    Fault.APPLIED_TO_V: "its rows have moved, and only those of q and k may",
    Fault.APPLIED_TO_O: "its columns have moved, and only rows of q and k may",
    Fault.INPUTS_MOVED: "the columns of A have changed places, and of an adapter only rows of B may move",
    Fault.EQUAL_ROWS: "which of them is which cannot be told, and it matters",
    Fault.OTHER_SCALE: "it is not that of the source, so that the weight's numbers mean others; what that does is not "
                       "decided",
    Fault.NOT_DECIDED: "what the rows need, or how the weight has moved, is not known",
}
TELLS_ROWS = frozenset({Fault.OTHER_MOVE, Fault.NO_MOVE_HELPS, Fault.BETWEEN_HEADS, Fault.NOT_DECIDED, Fault.UNLIKE,
                        Fault.OTHER_LANES, Fault.EQUAL_ROWS, Fault.BARRIER})


def what(item: Item) -> str:
    """What a tensor is, as people call it."""
    if item.kind is Kind.GAIN:
        return NORMS.get(item.role, f"{item.role.value} norm")
    if item.kind is Kind.WEIGHT:
        return item.role.value
    return f"{item.role.value}'s {item.kind.value}"


def item_text(item: Item) -> str:
    """What is known of one tensor in words, without its layer."""
    if item.state is State.RIGHT:
        return f"right: {_stands(item)}"
    return "; ".join(_fault_text(fault, item) for fault in item.faults) + _move_text(item)


def _stands(item: Item) -> str:
    close = f", {CLOSE[item.closeness]}" if item.closeness else ""
    added = f", with {item.added:+g} added" if item.added else ""
    added += f", {item.why}" if item.why else ""
    alike = " (heads or lanes changed places in q, k, v and o alike)" if item.exchanged else ""
    if item.rows is None and (item.kind is Kind.LORA_A or (item.kind is Kind.LORA_B and item.role is Role.O)):
        return f"stays{close}"
    if item.rows is None:
        return f"goes with its rows{added}{close}"
    if item.factors:
        alike += f" ({len(item.factors)} of them times factors that fall out of the scores)"
    alike += f", {item.why}" if item.why else ""
    if item.rows == tuple(range(len(item.rows))):
        return f"rows stay{alike}{close}" if item.role is not Role.O else f"columns stay{close}"
    move = head_move(item)
    shown = f"{listed(move)} in each of {item.heads} heads" if move and item.heads > 1 else listed(move or item.rows)
    return f"{shown}{alike}{close}"


def _move_text(item: Item) -> str:
    """The rows where no name says it all."""
    if item.rows is None or not TELLS_ROWS & set(item.faults):
        return ""
    move = head_move(item)
    code = expression(move) if move else None
    each = f" in each of {item.heads} heads" if move else ""
    return f": {listed(move or item.rows)}{each}{f', {code}' if code else ''}"


def listed(rows: Sequence[int]) -> str:
    """Row numbers, the first and the last of many."""
    shown = map(str, rows) if len(rows) <= 16 else [*map(str, rows[:8]), "...", *map(str, rows[-2:])]
    return f"rows {', '.join(shown)}"


def _fault_text(fault: Fault, item: Item) -> str:
    """A fault's name and what it means here."""
    if fault in (Fault.HEAD_COUNT, Fault.HEAD_WIDTH, Fault.WHOLE_HEAD, Fault.OTHER_LANES):
        return f"{fault.value}: {_cut_text(fault, item)}"
    rows = "columns" if item.role is Role.O else "rows"
    if fault is Fault.UNRELATED and item.why:
        return f"unrelated: {item.count} rows have no partner in this layer of the source: {item.why}"
    if fault in COUNTED:
        one, counted, without = COUNTED[fault]
        told = f"{item.count} {rows if item.count != 1 else rows[:-1]} {counted if item.count != 1 else one}"
        if fault is Fault.MULTIPLIED:
            told += (", and those of q and k that meet do not make up for each other" if item.state is State.WRONG else
                     "; what that does is not decided")
        return f"{fault.value}: {told if item.count else without}"
    if fault is Fault.BARRIER:
        return f"its rows may not move: {item.why}"
    if fault is Fault.NOT_READ:
        return f"not read: which rows it has is not seen: {item.why}"
    if fault is Fault.FORGOTTEN:
        have = "have moved" if item.role is Role.V else "have to move"
        return f"forgotten: it stayed, and the rows of {item.role.value} {have}"
    if fault is Fault.OTHER_VALUES and (item.kind is Kind.LORA_A or item.role is Role.O):
        return f"other values: {item.kind.value} has to stay as it is, and has other numbers"
    if fault is Fault.OTHER_VALUES:
        return f"other values: neither as before nor as the rows of {item.role.value} have moved"
    if fault is Fault.OTHER_MOVE and item.role not in (Role.Q, Role.K):
        return "another move: its rows have moved, and may not"
    if fault is Fault.HEADS_EXCHANGED and item.state is not State.WRONG:
        return f"heads exchanged: heads have changed places, and {item.why}"
    return f"{fault.value}: {MEANINGS[fault]}"


def _cut_text(fault: Fault, item: Item) -> str:
    """What a move is right for, where it is right for other heads or other lanes."""
    slip = next(slip for slip in item.slips if slip.heads or slip.lanes != slip.needed)
    is_told = slip.heads and fault is Fault.WHOLE_HEAD
    turned = "the inverse of a right move, and " if slip.is_inverse and not is_told else ""
    if fault is Fault.WHOLE_HEAD:
        return f"{turned}all lanes of a head have moved in place of lanes {slip.needed[0]} to {slip.needed[1] - 1}"
    if fault is Fault.OTHER_LANES:
        (first, end), (start, stop) = slip.lanes, slip.needed
        return f"{turned}lanes {first} to {end - 1} have moved in place of lanes {start} to {stop - 1}"
    first, end = slip.lanes
    part = "" if (first, end) == (0, slip.width) else f", lanes {first} to {end - 1} of each"
    return f"{turned}moved as {slip.heads} head{'s' * (slip.heads != 1)} of {slip.width}{part}; there are {item.heads}"


def head_move(item: Item) -> Rows | None:
    """How the rows of every head move, where they move alike and within it."""
    if item.rows is None:
        return None
    width = len(item.rows) // item.heads
    first = item.rows[:width]
    if all(row == first[place % width] + place // width * width for place, row in enumerate(item.rows)):
        return first if max(first) < width else None
    return None


def expression(rows: Rows) -> str | None:
    """The reshape and transpose over the rows of one head, if there is one."""
    if len(rows) > 512:
        return None
    idiom = find_idiom(rows)
    return idiom.code("numpy", len(rows)) if idiom else None
