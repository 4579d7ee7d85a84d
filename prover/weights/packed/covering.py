"""Whether the slots of a layer hold every lane of every head of q and k, once."""

from __future__ import annotations

from collections.abc import Sequence

from prover.errors import InputError
from prover.resources import shown_path
from prover.weights.packed.slots import Kind, Role, Slot
from prover.weights.stored.tensors import Checkpoint


def check_covered(
    slots: Sequence[Slot], checkpoint: Checkpoint, part: str, layer: int, first: int, width: int, roles: Sequence[Role]
) -> None:
    """Raises InputError unless each lane of each head of these roles is in one weight.

    `width`: lanes of a head. `first`: of k, the lanes before this one may be in no rows.
    """
    for role in roles:
        pieces: dict[int | None, list[tuple[int, int]]] = {}
        for slot in slots:
            for block in slot.blocks if slot.kind is Kind.WEIGHT else ():
                if block.role is role:
                    pieces.setdefault(block.head, []).append((block.lane, block.width))
        if not pieces:
            raise InputError(f"has no weight with rows of {role.value} in layer {layer} of {part}",
                             where=shown_path(checkpoint.root),
                             advice="Is a shard missing, does the config belong to other weights, or is a name of "
                             "--tensors wrong?")
        shared = pieces.pop(None, [])
        if not pieces:
            pieces = {0: []}
        for head in range(len(pieces)):
            reached = first if role is Role.K and shared else 0
            for lane, lanes in sorted(pieces.get(head, []) + shared):
                if lane != reached:
                    break
                reached += lanes
            else:
                if reached == width:
                    continue
            raise InputError(
                f"lanes from {reached} on of head {head} of {role.value}, of {width}, are in no tensor or in two "
                f"(layer {layer} of {part})", where=shown_path(checkpoint.root), advice="Is a shard missing?",
            )
