"""What lies beside the weights whose rows move: scales of blocks of rows, and tensors of which nothing is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod

from prover.errors import InputError
from prover.sources.keys import Keys
from prover.sources.metadata import Metadata
from prover.weights.modules import BESIDE
from prover.weights.plan import Move, Reason, Refusal
from prover.weights.slots import Kind, Slots
from prover.weights.tensors import Checkpoint

QUANTIZATION, BLOCK = "quantization_config", "weight_block_size"
# Of an adapter: what the rows of B are columns for.
ROWLESS = ("lora_A", "lora_embedding_A")


def with_block_rows(slots: Slots, config: Keys | Metadata) -> Slots:
    """Slots whose scales of blocks have as many rows each as the config says. Raises InputError where it is needed."""
    scales = [slot for slot in slots.slots if slot.kind is Kind.BLOCK_SCALE]
    if not scales or isinstance(config, Metadata):
        return slots
    rows = _block_rows(config)
    found = []
    for slot in slots.slots:
        if slot.kind is not Kind.BLOCK_SCALE:
            found.append(slot)
            continue
        count = slot.tensor.shape[0] if slot.tensor.shape else 1
        each = rows or (slot.rows // count if slot.rows % count == 0 else 0)
        if not each or -(-slot.rows // each) != count:
            raise InputError(
                f"{count} scales for {slot.rows} rows" + (f", of which {rows} share one" if rows else
                                                          ", and how many share one is not said"),
                where=f"{slot.tensor.file}, {slot.tensor.name}", advice=f"Does {QUANTIZATION}.{BLOCK} belong to it?",
            )
        found.append(replace(slot, rows_per_entry=each))
    return replace(slots, slots=tuple(found))


def _block_rows(config: Keys) -> int:
    """How many rows share a scale; 0 if the config does not say."""
    own = config.table.get(QUANTIZATION)
    block = own.get(BLOCK) if isinstance(own, dict) else None
    if block is None:
        return 0
    first = block[0] if isinstance(block, list) and block else None
    if isinstance(first, bool) or not isinstance(first, int) or first < 1:
        raise InputError("expected two whole numbers from 1 on", where=f"{config.where}, {QUANTIZATION}.{BLOCK}")
    return first


def unaccounted(checkpoint: Checkpoint, slots: Slots, moves: Sequence[Move]) -> Iterator[Refusal]:
    """Tensors of a module whose weight moves, of which it is not known whether they have rows."""
    known = {slot.tensor.name for slot in slots.slots}
    modules = {move.tensor.name.rpartition(".")[0]: move for move in moves if move.slot.kind is Kind.WEIGHT}
    for name, tensor in checkpoint.tensors.items():
        module, _, last = name.rpartition(".")
        inner, _, middle = module.rpartition(".")
        move = modules.get(module) or modules.get(inner)
        if move is None or name in known or last in BESIDE or middle in ROWLESS or prod(tensor.shape) <= 1:
            continue
        yield Refusal(move.slot.part, (move.slot.layer,), Reason.BARRIER,
                      f"{name} lies beside {move.tensor.name}, and it is not known what its rows are")
