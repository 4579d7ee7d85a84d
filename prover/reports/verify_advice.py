"""What to do about a checkpoint that is wrong: a sentence for each kind of fault, and a command where there is one."""

from __future__ import annotations

from collections.abc import Iterator

from prover.repair.check_permutation import State
from prover.reports.verify_words import what
from prover.weights.audited.mending import Mend
from prover.weights.audited.verified import OPEN, Fault, Group, Item
from prover.weights.audited.verifying import Compared
from prover.weights.moved.manifest import NAME
from prover.weights.packed.slots import Kind, Role

AGAIN = "make it anew from the source's, moved once as is needed"
OTHER_MODEL = ("give as SOURCE the very checkpoint that TARGET was made from: one of another training, or of the model "
               "before it was tuned, has other numbers")
ADVICE = {
    Fault.MISSING: "move its rows as is needed, and with them all that has an entry for each row",
    Fault.TWICE: "undo one of the two moves: a converter was run on weights that had been moved already, or a loader "
                 "moves them once more",
    Fault.INVERSE: "gather where it was scattered, or the other way: row i of the result is row rows[i] of the source",
    Fault.NOT_NEEDED: "leave its rows as the source has them: both sides pair lanes alike",
    Fault.BETWEEN_HEADS: f"keep each row in its head: {AGAIN}",
    Fault.HEADS_EXCHANGED: "keep the heads in their order, or exchange those of q, k, v and o alike",
    Fault.UNLIKE: "move k as q is moved: heads that meet have to have the same rows",
    Fault.OTHER_MOVE: f"it is no slip that has a name: {AGAIN}",
    Fault.LOST_ROWS: f"rows of the source are gone, and no move brings them back: {AGAIN}",
    Fault.APPLIED_TO_V: "take it from the source as it is: v does not turn",
    Fault.APPLIED_TO_O: "take it from the source as it is: o reads what v gives, which does not turn",
    Fault.OTHER_VALUES: "take it from the source, with its entries where the rows that they belong to are",
    Fault.INPUTS_MOVED: "take A from the source as it is: only rows of B stand for rows of the weight",
    Fault.NEEDS_FACTORS: "it moved rightly, and its rows have to be multiplied too: no softmax makes up for that",
    Fault.MULTIPLIED_TWICE: f"multiply its rows once: {AGAIN}",
    Fault.DIVIDED: f"multiply its rows where they were divided: {AGAIN}",
    Fault.VALUES_MULTIPLIED: "take it from the source as it is: only q and k are multiplied",
    Fault.MULTIPLIED: f"rows are multiplied, and nothing makes up for it: {AGAIN}",
}


def advice_of(found: Compared) -> Iterator[str]:
    """One sentence for each kind of fault, the first layer's first, then what the command does that mends them all.

    Where nothing is wrong and q or k are unrelated to the source's: what to compare with.
    """
    if found.verified.state is State.UNDECIDED and any(
            Fault.UNRELATED in item.faults and item.role in (Role.Q, Role.K) and item.kind is Kind.WEIGHT
            for group in found.verified.groups for item in group.items):
        yield OTHER_MODEL
    if found.verified.state is not State.WRONG:
        return
    told: dict[str, list[str]] = {}
    wrong = [(group, item) for group in found.verified.groups for item in group.items if item.state is State.WRONG]
    for group, item in sorted(wrong, key=lambda each: each[1].layer):
        for fault in item.faults:
            if fault not in OPEN or fault is Fault.MULTIPLIED:
                names = told.setdefault(f"{fault.value}: {_sentence(fault, item, group)}", [])
                names += [what(item)] if what(item) not in names else []
    for sentence, names in told.items():
        yield f"{', '.join(names)}, {sentence}"
    if found.mend is not None:
        yield _mended(found.mend)


def _mended(mend: Mend) -> str:
    """What the command does."""
    if mend.is_back:
        return (f"the command undoes one of the two moves in the target's own rows. Remove {NAME} that it writes: that "
                "speaks of a move back, and the rows are for the target")
    of = "the target's own rows" if mend.moved == "target" else "the source, with its numbers"
    return f"the command writes a right checkpoint from {of}"


def _sentence(fault: Fault, item: Item, group: Group) -> str:
    count = f"{item.heads} head{'s' * (item.heads != 1)}"
    width = len(item.rows) // item.heads if item.rows else 0
    slip = next((slip for slip in item.slips if slip.lanes != slip.needed or slip.heads), None)
    meeting = group.need.meeting
    if fault in (Fault.HEAD_COUNT, Fault.HEAD_WIDTH):
        is_grouped = item.role is Role.K and fault is Fault.HEAD_COUNT
        other = " (with grouped queries k has fewer than q)" if is_grouped else ""
        return f"move {what(item)} as {count} of {width} lanes{other}"
    if fault in (Fault.WHOLE_HEAD, Fault.OTHER_LANES) and slip is not None:
        start, stop = slip.needed
        return f"move lanes {start} to {stop - 1} of each head of {width}, and leave the others"
    if fault is Fault.FORGOTTEN:
        return f"move its entries as the rows of {item.role.value}: {_entries(item)}"
    if fault is Fault.NO_MOVE_HELPS:
        return ("rows alone cannot mend it; what can is told by: rope-prover repair "
                f"'{meeting.source.spec}' '{meeting.target.spec}'")
    if fault is Fault.OTHER_MOVE and item.role not in (Role.Q, Role.K):
        return "take it from the source as it is: only rows of q and k may move"
    return ADVICE[fault]


def _entries(item: Item) -> str:
    if item.kind is Kind.LORA_B:
        return "rows of B are rows of the weight"
    if item.kind is Kind.GAIN:
        return "one for each lane of a head"
    return "one for each row"
