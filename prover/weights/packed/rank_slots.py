"""The slots of tensor-parallel ranks: that all ranks are cut alike, and a whole checkpoint's slots cut as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.packed.attention import merged
from prover.weights.packed.cut import shared_equally
from prover.weights.packed.slots import Barrier, Block, Kind, Role, Slot, Slots
from prover.weights.stored.ranks import unranked, without_ranks

KEYS = (Role.K, Role.V)
ALIKE = "Are these the ranks of one checkpoint?"


def of_ranks(found: Sequence[Slots]) -> Slots:
    """The slots of all ranks, each with its rank. Raises InputError where a rank has others than the first."""
    first = {_place(slot): slot for slot in found[0].slots}
    for rank, slots in enumerate(found):
        own = {_place(slot): slot for slot in slots.slots}
        for place in (*first, *own):
            a, b = first.get(place), own.get(place)
            if a is None or b is None or _shape(a) != _shape(b):
                here, there = ((0, rank) if b is None else (rank, 0))
                slot = a if b is None else b
                assert slot is not None
                what = (f"rank {here} has it and rank {there} does not" if a is None or b is None else
                        f"rank {rank} has {b.tensor.dtype} {list(b.tensor.shape)}, rank 0 {a.tensor.dtype} "
                        f"{list(a.tensor.shape)}")
                raise InputError(what, where=f"{shown_path(slot.tensor.file)}, {unranked(slot.tensor.name)[:120]}",
                                 advice=ALIKE)
    every = [replace(slot, rank=rank) for rank, slots in enumerate(found) for slot in slots.slots]
    every.sort(key=lambda slot: (slot.part, slot.layer, unranked(slot.tensor.name), slot.rank))
    barriers = [_of_all(barrier) for slots in found for barrier in slots.barriers]
    unscaled = [_of_all(barrier) for slots in found for barrier in slots.unscaled]
    return Slots(found[0].architecture, tuple(every), merged(barriers), merged(unscaled))


def _place(slot: Slot) -> tuple[str, int, Kind, str]:
    return slot.part, slot.layer, slot.kind, unranked(slot.tensor.name)


def _shape(slot: Slot) -> tuple[object, ...]:
    return slot.tensor.dtype, slot.tensor.shape, slot.rows, slot.blocks, slot.rows_per_entry


def _of_all(barrier: Barrier) -> Barrier:
    """What keeps rows still, in words that are the same for every rank that has it."""
    return replace(barrier, why=without_ranks(barrier.why), source=without_ranks(barrier.source),
                   unplaced=tuple(unranked(name) for name in barrier.unplaced))


def cut_slots(slots: Slots, ranks: int) -> Slots:
    """The slots of a whole checkpoint as so many ranks have them: each with the heads of one rank, counted from 0.

    The rows stay where they are. Raises InputError for heads that cannot be shared equally.
    """
    counts: dict[tuple[str, int, Role], int] = {}
    for slot in slots.slots:
        for block in slot.blocks:
            place = slot.part, slot.layer, block.role
            counts[place] = max(counts.get(place, 0), -1 if block.head is None else block.head + 1)
    found = []
    for slot in slots.slots:
        cuts = [_of_rank(block, counts[slot.part, slot.layer, block.role], ranks) for block in slot.blocks]
        for rank in range(ranks):
            blocks = tuple(replace(block, head=head) for block, own in zip(slot.blocks, cuts, strict=True)
                           for at, head in own if at == rank)
            if blocks:
                found.append(replace(slot, blocks=blocks, rank=rank))
    return replace(slots, slots=tuple(found))


def _of_rank(block: Block, count: int, ranks: int) -> list[tuple[int, int | None]]:
    """The ranks that have a head, and its number there."""
    if block.head is None:
        return [(rank, None) for rank in range(ranks)]
    if block.role in KEYS and count < ranks:
        copies = shared_equally(ranks, count, "ranks")
        return [(block.head * copies + copy, 0) for copy in range(copies)]
    own = shared_equally(count, ranks, f"heads of {block.role.value}")
    return [(block.head // own, block.head % own)]


def check_copies(slots: Slots) -> None:
    """Raise InputError where copies of a KV head, or of what all heads share, are not the same bytes in all ranks."""
    known: dict[tuple[object, ...], tuple[bytes, Slot]] = {}
    for slot in slots.slots:
        if slot.rank is None or slot.kind in (Kind.BLOCK_SCALE, Kind.SHARED):
            continue
        for place, start, stop in _copied(slot, slot.rank):
            data = _digest(slot, start, stop)
            before, other = known.setdefault(place, (data, slot))
            if before != data:
                raise InputError(
                    f"rows {start} to {stop - 1} are not those of rank {other.rank}, and both are copies of "
                    f"{'one KV head' if place[-1] is not None else 'what all heads share'}",
                    where=f"{shown_path(slot.tensor.file)}, {unranked(slot.tensor.name)[:120]}",
                    advice="All copies have to be the same: was one rank changed alone?")


def _copied(slot: Slot, rank: int) -> Iterator[tuple[tuple[object, ...], int, int]]:
    """The rows that other ranks have too: what tells them apart from others, their start and stop."""
    for block in slot.blocks:
        place = *_place(slot), block.role, block.start
        if block.head is None:
            yield (*place, None), block.start, block.start + block.width
        elif slot.copies > 1 and block.role in KEYS:
            yield (*place, rank // slot.copies), block.start, block.start + block.width


def _digest(slot: Slot, start: int, stop: int) -> bytes:
    tensor = slot.tensor
    each = tensor.row_bytes(slot.rows)
    with tensor.file.open("rb") as stream:
        stream.seek(tensor.offset + start * each)
        return hashlib.sha256(stream.read((stop - start) * each)).digest()
