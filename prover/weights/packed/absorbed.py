"""The leading lanes of latent attention's keys in llama.cpp's files, where they are no rows.

llama.cpp's converter splits kv_b in two and transposes the half of k, so that q is multiplied by it (ggml-org/llama.cpp
0c1e57098, conversion/deepseek.py `DeepseekV2Model.modify_tensors`, src/models/deepseek2.cpp `wk_b`): attn_k_b has for
each head a row for each number of the latent, and a column for each lane. They cannot be moved as rows are, and they
can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy.typing as npt

from prover.weights.packed.slots import Block, Kind, Role, Slot, Slots
from prover.weights.stored.lines import Doubles, Floats, Lines
from prover.weights.stored.tensors import Checkpoint, Format
from prover.weights.stored.values import row_values, value_bounds

BESIDE, ABSORBED = "attn_kv_a_mqa.weight", "attn_k_b.weight"
_Any = TypeVar("_Any", bound=npt.NDArray[Any])


def with_absorbed(slots: Slots, checkpoint: Checkpoint) -> Slots:
    """The slots of a checkpoint with those of keys that only comparing may take as rows."""
    if checkpoint.format is not Format.GGUF:
        return slots
    found = sorted((*slots.slots, *_absorbed(slots, checkpoint)), key=lambda s: (s.part, s.layer, s.tensor.name))
    return replace(slots, slots=tuple(found))


def _absorbed(slots: Slots, checkpoint: Checkpoint) -> Iterator[Slot]:
    for slot in slots.slots:
        if not slot.tensor.name.endswith(f".{BESIDE}"):
            continue
        tensor = checkpoint.tensors.get(slot.tensor.name.removesuffix(BESIDE) + ABSORBED)
        (shared,) = (block for block in slot.blocks if block.role is Role.K)
        if tensor is None or len(tensor.shape) != 3 or tensor.shape[2] != shared.lane:
            continue  # on one side only, as is told
        heads, _, lanes = tensor.shape
        blocks = tuple(Block(Role.K, head, head * lanes, lanes) for head in range(heads))
        yield Slot(slot.part, slot.layer, Kind.WEIGHT, tensor, heads * lanes, blocks, 1, slot.source, True)


def of_absorbed(slot: Slot) -> Lines:
    """The lanes of each head, one after another, each as many numbers as the latent has."""
    tensor = slot.tensor
    heads, latent, lanes = tensor.shape

    def turned(values: _Any, start: int, stop: int) -> _Any:
        whole: _Any = values.reshape(-1, latent, lanes).transpose(0, 2, 1).reshape(-1, latent)  # type: ignore[assignment]
        skipped = start // lanes * lanes
        return whole[start - skipped : stop - skipped]  # type: ignore[return-value]

    def rows(start: int, stop: int) -> tuple[int, int]:
        return start // lanes * latent, -(-stop // lanes) * latent

    def read(start: int, stop: int) -> Floats:
        return turned(row_values(tensor, heads * latent, *rows(start, stop)), start, stop)

    def bounds(start: int, stop: int) -> tuple[Doubles, Doubles]:
        low, high = value_bounds(tensor, heads * latent, *rows(start, stop))
        return turned(low, start, stop), turned(high, start, stop)

    return Lines(heads * lanes, latent, tensor.dtype, read, bounds)
