"""What stands beside a weight and says what its numbers mean, for no row alone: one scale, zero points, an order.

No row moves it, so that `weights permute` leaves it alone; two checkpoints of one model have it alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from prover.weights.packed.modules import PREFIX, Modules
from prover.weights.packed.slots import Kind, Role, Slot, Slots
from prover.weights.stored.lines import Lines, of_array
from prover.weights.stored.tensors import Checkpoint, Tensor
from prover.weights.stored.values import row_values

# What says how the numbers of a weight are meant, unless it has an entry for each row, or for some rows.
MEANS = frozenset({
    "weight_scale", "SCB", "weight.SCB", "weight_scale_inv", "weight_scale_2", "weight_global_scale", "scale",
    "output_scale", "weight_zero_point", "weight_g_idx",
})
WEIGHTS = ("base_layer.weight", "weight_packed", "weight")
ROLES = frozenset({Role.Q, Role.K, Role.V})
MOST = 16  # numbers that are compared as such; of more it is only seen whether all are the same


def with_shared(slots: Slots, checkpoint: Checkpoint) -> Slots:
    """The slots of a checkpoint with those of numbers that all rows of a weight share."""
    modules = Modules.of(checkpoint.tensors)
    known = {slot.tensor.name for slot in slots.slots}
    more = [each for slot in slots.slots for each in _shared(slot, modules) if each.tensor.name not in known]
    found = sorted((*slots.slots, *more), key=lambda s: (s.part, s.layer, s.tensor.name))
    return replace(slots, slots=tuple(found))


def _shared(slot: Slot, modules: Modules) -> Iterator[Slot]:
    blocks = tuple(block for block in slot.blocks if block.role in ROLES)
    ending = next((each for each in WEIGHTS if slot.tensor.name.endswith(f".{each}")), None)
    if slot.kind is not Kind.WEIGHT or slot.is_turned or ending is None or not blocks:
        return
    module = slot.tensor.name.removeprefix(PREFIX).removesuffix(f".{ending}")
    behind = modules.tensors.get(module, {})
    for last in sorted(behind.keys() & MEANS):
        for tensor in behind[last]:
            yield replace(slot, kind=Kind.SHARED, tensor=tensor, blocks=blocks, rows_per_entry=max(slot.rows, 1))


def of_shared(tensor: Tensor) -> Lines:
    """One row: the numbers of the tensor, or of many what is the same only where type, shape and bytes are."""
    if np.prod(tensor.shape, dtype=object) <= MOST:
        values = row_values(replace(tensor, shape=(1, *tensor.shape)), 1, 0, 1)
        return of_array(values.reshape(1, -1), tensor.dtype)
    digest = hashlib.blake2b(f"{tensor.dtype} {tensor.shape} ".encode(), digest_size=32)
    with tensor.file.open("rb") as stream:
        stream.seek(tensor.offset)
        left = tensor.size
        while left > 0 and (data := stream.read(min(left, 1 << 20))):
            digest.update(data)
            left -= len(data)
    words = np.frombuffer(digest.digest(), dtype="<u2").astype(np.float32)
    return of_array(words.reshape(1, -1))
