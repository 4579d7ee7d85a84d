"""What of an adapter does not move: A of the projections of q, k and v, and both factors of o.

What LoRA adds is B*A. Where B's rows are those of before, moved or not, A' adds the same only if B*(A' - A) is nought:
one entry that is not, computed in exact numbers, shows that it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from prover.repair.check_permutation import State
from prover.weights.audited.lanes import label
from prover.weights.audited.recover import Closeness, agree
from prover.weights.audited.verified import Fault, Group, Item, Verified
from prover.weights.packed.slots import Kind, Role, Slot, Slots
from prover.weights.stored.lines import Doubles, Lines, of_tensor
from prover.weights.stored.tensors import Checkpoint, Tensor

TO_A = (("lora_B", "lora_A"), ("lora_b", "lora_a"))
_UNKNOWN = (None, Closeness.UNKNOWN)


def with_inputs(found: Verified, slots: tuple[Slots, Slots], checkpoints: tuple[Checkpoint, Checkpoint]) -> Verified:
    """The answer, with what is known of the tensors of adapters that have no rows of heads."""
    if not any(slot.kind is Kind.LORA_B for side in slots for slot in side.slots):
        return found
    return replace(found, groups=tuple(
        replace(group, items=(*group.items, *_of_group(group, slots, checkpoints))) for group in found.groups))


def _of_group(
    group: Group, slots: tuple[Slots, Slots], checkpoints: tuple[Checkpoint, Checkpoint]
) -> Iterator[Item]:
    part = group.need.meeting.source.name
    for layer in group.layers:
        place = part, layer, Kind.LORA_B
        ours, theirs = ([slot for slot in side.slots if (slot.part, slot.layer, slot.kind) == place] for side in slots)
        words = {item.role: item.state for item in group.items
                 if item.layer == layer and item.kind is Kind.LORA_B}
        for role in (Role.Q, Role.K, Role.V):
            for a in _of_role(ours, role):
                for b in _counterparts(a, _of_role(theirs, role)):
                    yield from _input(layer, role, a.tensor, b.tensor, checkpoints, words.get(role))
        yield from _outputs(layer, ours, theirs, checkpoints)


def _counterparts(slot: Slot, theirs: list[Slot]) -> list[Slot]:
    """The other side's B of the same projection: of the same adapter, and of a module so called if there is one."""
    alike = [each for each in theirs if label(each) == label(slot)]
    return [each for each in alike if _module(each) == _module(slot)] or alike


def _module(slot: Slot) -> str:
    return _split(slot.tensor.name)[0].rpartition(".")[2]


def _of_role(slots: list[Slot], role: Role) -> list[Slot]:
    return [slot for slot in slots if any(block.role is role for block in slot.blocks)]


def _input(
    layer: int, role: Role, b: Tensor, their_b: Tensor, checkpoints: tuple[Checkpoint, Checkpoint], word: State | None
) -> Iterator[Item]:
    """A of one projection, whose B has this word."""
    a, their_a = (checkpoint.tensors.get(name_of_a(each.name))
                  for checkpoint, each in zip(checkpoints, (b, their_b), strict=True))
    if a is None and their_a is None:
        return
    names = tuple((each.name,) if each else () for each in (a, their_a))
    made = Item(layer, role, Kind.LORA_A, (names[0], names[1]), State.UNDECIDED)
    if a is None or their_a is None:
        yield replace(made, faults=(Fault.ONE_SIDE,))
        return
    close = _agreement(a, their_a)
    if close not in _UNKNOWN:
        yield replace(made, state=State.RIGHT, closeness=close)
    elif close is Closeness.UNKNOWN or word in (None, State.UNDECIDED) or a.shape != their_a.shape:
        yield replace(made, faults=(Fault.NOT_DECIDED if a.shape == their_a.shape else Fault.UNRELATED,))
    else:
        before, after = _values(a), _values(their_a)
        fault = Fault.INPUTS_MOVED if _columns_moved(before, after) else Fault.OTHER_VALUES
        is_wrong = _differ(_values(their_b), before, after)
        yield replace(made, state=State.WRONG, faults=(fault,)) if is_wrong else replace(made, faults=(
            Fault.NOT_DECIDED,))


def _outputs(
    layer: int, ours: list[Slot], theirs: list[Slot], checkpoints: tuple[Checkpoint, Checkpoint]
) -> Iterator[Item]:
    """Both factors of the other projections of the same attention, such as o, which stay.

    Without v in the adapter its lanes may have moved in the model, and o's columns with them.
    """
    has_v = bool(_of_role(theirs, Role.V))
    first, second = (_others(slots, checkpoint) for slots, checkpoint in zip((ours, theirs), checkpoints, strict=True))
    for module in dict.fromkeys((*first, *second)):
        if module not in first or module not in second:
            names = tuple((held[module].name,) if module in held else () for held in (first, second))
            yield Item(layer, Role.O, Kind.LORA_B, (names[0], names[1]), State.UNDECIDED, (Fault.ONE_SIDE,))
            continue
        b, their_b = first[module], second[module]
        made = Item(layer, Role.O, Kind.LORA_B, ((b.name,), (their_b.name,)), State.UNDECIDED)
        close = _agreement(b, their_b)
        a, their_a = (side.tensors.get(name_of_a(each.name))
                      for side, each in zip(checkpoints, (b, their_b), strict=True))
        if close not in _UNKNOWN:
            yield replace(made, state=State.RIGHT, closeness=close)
            for item in _input(layer, Role.O, b, their_b, checkpoints, State.RIGHT):
                is_open = item.faults == (Fault.INPUTS_MOVED,) and not has_v
                yield replace(item, state=State.UNDECIDED, faults=(Fault.NOT_DECIDED,)) if is_open else item
        elif a is None or their_a is None or b.shape != their_b.shape or _agreement(a, their_a) in _UNKNOWN:
            yield replace(made, faults=(Fault.UNRELATED,))
        elif close is None and _differ(_values(their_a).T, _values(b).T, _values(their_b).T):
            yield replace(made, state=State.WRONG, faults=(Fault.OTHER_VALUES,))
        else:
            yield replace(made, faults=(Fault.NOT_DECIDED,))


def _others(slots: list[Slot], checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    """B of the modules beside those that have rows of heads, by the module's name from the attention on."""
    known = {slot.tensor.name for slot in slots}
    fronts = {_split(name)[0].rpartition(".")[0] for name in known}
    found: dict[str, Tensor] = {}
    for name, tensor in checkpoint.tensors.items():
        module, _ = _split(name)
        front, _, last = module.rpartition(".")
        if name not in known and module and front in fronts and len(tensor.shape) == 2:
            found[last] = tensor
    return found


def _split(name: str) -> tuple[str, str]:
    """The module and what stands behind it of the name of a B; two empty texts of other names."""
    for b, _ in TO_A:
        front, word, rest = name.partition(f".{b}")
        if word:
            return front, rest
    return "", ""


def name_of_a(name: str) -> str:
    """The tensor that a B is multiplied by."""
    for b, a in TO_A:
        name = name.replace(b, a)
    return name


def _lines(tensor: Tensor) -> Lines:
    return of_tensor(tensor, tensor.shape[0])


def _agreement(ours: Tensor, theirs: Tensor) -> Closeness | None:
    if ours.shape != theirs.shape or not ours.shape:
        return None
    return agree(_lines(ours), _lines(theirs), range(ours.shape[0]))


def _values(tensor: Tensor) -> Doubles:
    return _lines(tensor).read(0, tensor.shape[0]).astype(np.float64)


def _columns_moved(before: Doubles, after: Doubles) -> bool:
    """Whether the columns are those of before in another order."""
    return sorted(map(tuple, before.T.tolist())) == sorted(map(tuple, after.T.tolist()))


def _differ(b: Doubles, before: Doubles, after: Doubles) -> bool:
    """Whether b*before and b*after differ for certain, in the entry where that is most to be expected."""
    if b.shape[1] != before.shape[0] or not all(np.isfinite(each).all() for each in (b, before, after)):
        return False
    product = np.abs(b @ (after - before))
    row, column = np.unravel_index(int(np.argmax(product)), product.shape)
    exact = sum((Fraction(x) * (Fraction(y) - Fraction(z)) for x, y, z in zip(
        b[row].tolist(), after[:, column].tolist(), before[:, column].tolist(), strict=True)), Fraction(0))
    return exact != 0
