"""Which rows of which tensors move or are multiplied, and what may not: from slots and needs, before writing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from prover.claims.relation import Outcome, Relation
from prover.exact.number import ONE, Exact
from prover.sources.beside import hold
from prover.sources.model import Part
from prover.weights.moved.scales import keeps_still, takes_factors, unfit
from prover.weights.moved.witness import Need, Rows
from prover.weights.packed.slots import Barrier, Block, Kind, Role, Slot, Slots
from prover.weights.stored.tensors import Tensor

if TYPE_CHECKING:
    import numpy as np

TURNED = (Role.Q, Role.K)
OUTPUT = "attention output"
WIDEST = 240


class Reason(Enum):
    """Why something is refused."""

    DIFFERENT = "different"        # no change of rows makes up for it
    UNDECIDED = "undecided"
    SCALE = "scale"                # numbers would have to change in a way that is not made
    BARRIER = "barrier"            # theorem T8: the rows may not move, or not be multiplied
    NO_TENSORS = "no tensors"      # what has to move was not found
    MISFIT = "misfit"              # tensors are not cut as the layout's heads are


BESIDE = {Outcome.DIFFERENT: Reason.DIFFERENT, Outcome.CONVERTIBLE: Reason.SCALE}


@dataclass(frozen=True, slots=True)
class Move:
    """One tensor whose rows move: within each of `blocks`, where lane i of the head stands, lane `head[i]` will.

    `entries`: of a scale for several rows, where each entry comes from; then `blocks` are about the weight's rows.
    `factors`: what each lane of the head is multiplied by once it stands there; empty where numbers stay as they are.
    """

    slot: Slot
    blocks: tuple[Block, ...]
    head: Rows
    entries: tuple[int, ...] | None = None
    factors: tuple[Exact, ...] = ()

    @property
    def tensor(self) -> Tensor:
        """The tensor whose rows move."""
        return self.slot.tensor

    @property
    def rows(self) -> int:
        """How many rows the tensor is cut into."""
        return self.slot.rows if self.entries is None else len(self.entries)

    def gather(self) -> np.ndarray:
        """For each row the one that it was before."""
        import numpy as np

        if self.entries is not None:
            return np.asarray(self.entries, dtype=np.int64)
        return gathered(self.rows, self.blocks, self.head)

    def multiplied(self) -> dict[Exact, np.ndarray]:
        """The rows that are multiplied, where they stand afterwards, by factor; those of one factor in order."""
        import numpy as np

        rows: dict[Exact, set[int]] = {}
        for block in self.blocks:
            for lane, factor in enumerate(self.factors[block.lane : block.lane + block.width]):
                if factor != ONE:
                    rows.setdefault(factor, set()).add((block.start + lane) // self.slot.rows_per_entry)
        return {factor: np.asarray(sorted(own), dtype=np.int64) for factor, own in rows.items()}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What may not be done: of layers of a part (None: all), and why. `source`: what says so, if not the proof."""

    part: str
    layers: tuple[int, ...] | None
    reason: Reason
    why: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: nothing at all where something is refused.

    `needs`: those of the parts that meet. `stays`: what is left as it is though it might not be expected, in words.
    """

    needs: tuple[Need, ...]
    moves: tuple[Move, ...]
    refusals: tuple[Refusal, ...]
    stays: tuple[str, ...]


def gathered(rows: int, blocks: Sequence[Block], head: Rows) -> np.ndarray:
    """For each of so many rows the one that it was before: inside of blocks as the head's lanes move, itself elsewhere.

    Lanes of a block come from the same block.
    """
    import numpy as np

    found = np.arange(rows, dtype=np.int64)
    lanes = np.asarray(head, dtype=np.int64)
    for block in blocks:
        found[block.start : block.start + block.width] = (
            lanes[block.lane : block.lane + block.width] + (block.start - block.lane))
    return found


def plan(slots: Slots, needs: Sequence[Need], left: Sequence[str] = (), is_adapter: bool = False) -> Plan:
    """Moves and refusals. `left`: what nothing was said of, which stays.

    `is_adapter`: not every layer has every tensor. A part whose rows stay needs no tensors.
    """
    refusals: list[Refusal] = []
    moves: dict[str, Move] = {}
    stays = [f"{each}: the target says nothing about it, it stays" for each in left]
    found_by_need = [tuple(_slots_of(slots.slots, need)) for need in needs]
    met = {id(slot) for own in found_by_need for slot in own}
    still = {slot.tensor.name: slot for slot in slots.slots if id(slot) not in met and _turned(slot)}
    for need, own in zip(needs, found_by_need, strict=True):
        factors = need.factors
        if not (factors or (need.moves and need.outcome is Outcome.CONVERTIBLE and
                            need.relation is Relation.PERMUTATION)):
            refusals += _unmovable(need)
            still.update((slot.tensor.name, slot) for slot in own if _turned(slot))
            continue
        refusals += _kept_out(slots.barriers, need)
        refusals += _not_multiplied(slots, own, need, factors) if factors else ()
        refusals += _lacking(own, need, is_adapter)
        for slot in own:
            own_factors = factors if takes_factors(slot, own) else ()
            found = _move(slot, need, own_factors, is_adapter)
            if isinstance(found, Refusal):
                refusals.append(found)
            elif found is None and slot.kind is Kind.BLOCK_SCALE and _turned(slot):
                stays.append(f"{slot.tensor.name}: every row stays among the {slot.rows_per_entry} rows of its scale")
            elif found is not None:
                before = moves.setdefault(slot.tensor.name, found)
                if (before.blocks, before.head, before.factors) != (found.blocks, found.head, found.factors):
                    refusals.append(_conflict(slot, before.slot))
    refusals += [_conflict(move.slot, still[name]) for name, move in moves.items() if name in still]
    ordered = sorted(moves.values(), key=lambda move: (move.slot.part, move.slot.layer, move.tensor.name))
    return Plan(tuple(needs), tuple(ordered), tuple(dict.fromkeys(refusals)), tuple(dict.fromkeys(stays)))


def _slots_of(slots: Sequence[Slot], need: Need) -> Iterator[Slot]:
    part, layers = need.meeting.source, need.meeting.layers
    for slot in slots:
        if slot.part in (part.name, part.address) and (layers is None or slot.layer in layers):
            yield slot


def _turned(slot: Slot) -> tuple[Block, ...]:
    return tuple(block for block in slot.blocks if block.role in TURNED)


def _unmovable(need: Need) -> Iterator[Refusal]:
    """Why no rows are moved, where they cannot stay either."""
    part, layers = need.meeting.source.address, need.meeting.layers
    if need.outcome is Outcome.DIFFERENT:
        yield Refusal(part, layers, Reason.DIFFERENT, _headline(need))
    elif need.outcome is Outcome.UNDECIDED:
        yield Refusal(part, layers, Reason.UNDECIDED, need.fault or "it is not decided what these rows need")
    elif need.outcome is Outcome.CONVERTIBLE:
        yield Refusal(part, layers, Reason.SCALE, _headline(need))
    yield from _beside(need)


def _beside(need: Need) -> Iterator[Refusal]:
    """What beside the layouts differs, so that the rows' order is not all."""
    meeting = need.meeting
    for held in hold(meeting.source.beside, meeting.target.beside, None, 0):
        if held.outcome in BESIDE:
            yield Refusal(meeting.source.address, meeting.layers, BESIDE[held.outcome], f"{held.name}: {held.text}")


def shown(part: Part) -> str:
    """A part's layout in words, long lists of numbers cut off."""
    spec = part.spec or "no RoPE"
    return spec if len(spec) <= WIDEST else f"{spec[: WIDEST - 3]}..."


def _headline(need: Need) -> str:
    source, target = shown(need.meeting.source), shown(need.meeting.target)
    if need.outcome is Outcome.DIFFERENT:
        return f"no change of rows makes weights made for {source} right where {target} is computed"
    return (f"from {source} to {target} numbers would have to change beside the rows' order (relation "
            f"{need.relation.value if need.relation else 'unknown'}), not by a factor a row, which is not done")


def _kept_out(barriers: Sequence[Barrier], need: Need) -> Iterator[Refusal]:
    """What stands in the way of a move: barriers, and what no move makes up for."""
    meeting = need.meeting
    if meeting.source.name == OUTPUT:
        yield Refusal(meeting.source.address, meeting.layers, Reason.BARRIER,
                      "the output of attention is rotated too: rows of v and columns of o would have to move with it")
    yield from _beside(need)
    yield from _standing([each for each in barriers if each.relation != Relation.PAIR_MAP.value], need)


def _standing(barriers: Sequence[Barrier], need: Need) -> Iterator[Refusal]:
    """The barriers that are about layers of a need."""
    meeting = need.meeting
    for barrier in barriers:
        if barrier.part not in (meeting.source.name, meeting.source.address):
            continue
        layers = barrier.layers or meeting.layers
        if layers is not None and meeting.layers is not None:
            layers = tuple(layer for layer in layers if layer in meeting.layers)
        if layers is None or layers:
            yield Refusal(meeting.source.address, layers, Reason.BARRIER, barrier.why, barrier.source)


def _not_multiplied(
    slots: Slots, own: Sequence[Slot], need: Need, factors: Sequence[Exact]
) -> Iterator[Refusal]:
    """Why rows may not be multiplied, though moving alone may be right."""
    address, layers = need.meeting.source.address, need.meeting.layers
    for word, why in unfit(need, factors):
        if word is Outcome.UNDECIDED:  # what is certain to be in the way is told wherever rows change
            yield Refusal(address, layers, Reason.UNDECIDED, why)
    yield from _standing(slots.unscaled, need)
    yield from _standing([each for each in slots.barriers if each.relation == Relation.PAIR_MAP.value], need)
    for slot in own:
        lanes = (factors[block.lane : block.lane + block.width] for block in _turned(slot))
        if any(factor != ONE for each in lanes for factor in each) and (why := keeps_still(slot, own)):
            yield Refusal(address, (slot.layer,), Reason.SCALE, f"{slot.tensor.name} {why}", slot.source)


def _lacking(own: Sequence[Slot], need: Need, is_adapter: bool) -> Iterator[Refusal]:
    """Layers without all lanes of q and of k: to move one of the two alone is worse than nothing."""
    if is_adapter:
        return
    address, layers = need.meeting.source.address, need.meeting.layers
    assert need.rows is not None
    lanes = set(range(len(need.rows)))
    have: dict[Role, dict[int, set[int]]] = {role: {} for role in TURNED}
    for slot in own:
        for block in _turned(slot) if slot.kind is Kind.WEIGHT else ():
            have[block.role].setdefault(slot.layer, set()).update(range(block.lane, block.lane + block.width))
    expected = set(layers) if layers is not None else set(have[Role.Q]) | set(have[Role.K])
    if not expected:
        yield Refusal(address, layers, Reason.NO_TENSORS, "no tensors of q and k were found for it")
    for role in TURNED:
        missing = tuple(sorted(layer for layer in expected if layer not in have[role]))
        partly = tuple(sorted(layer for layer in expected if have[role].get(layer, lanes) != lanes))
        if role is Role.K and have[role]:  # layers that take k of an earlier one of their kind, which moves alike
            missing = tuple(layer for layer in missing if layer < min(have[role]))
        if missing:
            yield Refusal(address, missing, Reason.NO_TENSORS, f"no weight with rows of {role.value} was found")
        if partly:
            found = len(have[role][partly[0]])
            yield Refusal(address, partly, Reason.MISFIT, f"a head of {role.value} has {found} rows, one of the "
                          f"layout {len(lanes)} lanes")


def _move(slot: Slot, need: Need, factors: tuple[Exact, ...], is_adapter: bool) -> Move | Refusal | None:
    """How the rows of one slot move and what they are multiplied by; None if they stay as they are."""
    blocks = _turned(slot)
    if not blocks:
        return None
    head = need.rows
    assert head is not None
    moving = set()
    for start, width in sorted({(block.lane, block.width) for block in blocks}):
        lanes = range(start, start + width)
        is_still = all(head[lane] == lane and (not factors or factors[lane] == ONE)
                       for lane in lanes if lane < len(head))
        if lanes.stop > len(head) or (start == 0 and lanes.stop < len(head) and is_adapter and not is_still):
            return _misfit(slot, f"its heads have {width} rows, those of the layout {len(head)} lanes")
        if any(head[lane] not in lanes for lane in lanes):
            return _misfit(slot, f"it has lanes {start} to {lanes.stop - 1} of a head, some of which would have to "
                           "change places with others. Does the target turn the same lanes of a head as the model?")
        if not is_still:
            moving.add((start, width))
    moved = tuple(block for block in blocks if (block.lane, block.width) in moving)
    if slot.kind is Kind.BLOCK_SCALE:
        return _block_scale(slot, moved, head, factors)
    if max(block.start + block.width for block in blocks) > slot.rows or slot.tensor.size % slot.rows:
        return _misfit(slot, f"has {slot.rows} rows in {slot.tensor.size} bytes, and heads that do not fit into them")
    places = sorted({(block.start, block.width, block.lane) for block in blocks})
    if any(after[0] < before[0] + before[1] for before, after in pairwise(places)):
        return _misfit(slot, "heads overlap in it")
    return Move(slot, moved, head, None, factors) if moved else None


def _block_scale(
    slot: Slot, blocks: Sequence[Block], head: Rows, factors: tuple[Exact, ...]
) -> Move | Refusal | None:
    """Scales of several rows each: they stay if rows stay among those of one scale, or move if these move together."""
    import numpy as np

    each, count = slot.rows_per_entry, slot.tensor.shape[0] if slot.tensor.shape else 0
    last = max((block.start + block.width for block in blocks), default=0)
    if -(-slot.rows // each) != count or last > slot.rows:
        return _misfit(slot, f"{count} scales of {each} rows each, for {slot.rows} rows and heads up to row {last}")
    # Rows that the last scale has beyond the weight's own stay.
    entries = (gathered(count * each, blocks, head) // each).reshape(count, each)
    mixed = (entries != entries[:, :1]).any(axis=1)
    if mixed.any():
        at = int(np.argmax(mixed)) * each
        return Refusal(
            slot.part, (slot.layer,), Reason.BARRIER, f"{slot.tensor.name} has one scale for {each} rows, and what "
            f"would be rows {at} to {min(at + each, slot.rows) - 1} has several now", slot.source,
        )
    moved = tuple(int(entry) for entry in entries[:, 0])
    found = Move(slot, tuple(blocks), head, moved, factors)
    multiplied = found.multiplied() if factors else {}
    rows = {(block.start + lane): factors[block.lane + lane] for block in blocks for lane in range(block.width)
            } if factors else {}
    for entry in sorted({int(entry) for own in multiplied.values() for entry in own}):
        shared = range(entry * each, min((entry + 1) * each, slot.rows))
        if len({rows.get(row, ONE) for row in shared}) > 1:
            return Refusal(
                slot.part, (slot.layer,), Reason.BARRIER, f"{slot.tensor.name} has one scale for {each} rows, and rows "
                f"{shared[0]} to {shared[-1]} would have to be multiplied by several factors. Dequantise first",
                slot.source,
            )
    return found if multiplied or moved != tuple(range(count)) else None


def _misfit(slot: Slot, why: str) -> Refusal:
    return Refusal(slot.part, (slot.layer,), Reason.MISFIT, f"{slot.tensor.name}: {why}", slot.source)


def _conflict(slot: Slot, other: Slot) -> Refusal:
    return Refusal(slot.part, tuple(sorted({slot.layer, other.layer})), Reason.BARRIER,
                   f"{slot.tensor.name} is used twice, and its rows would have to change in two ways", slot.source)
