"""Which rows of which tensors are the lanes of which head: what a packing says of one checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from prover.weights.stored.tensors import Tensor


class Role(Enum):
    """What the rows of a block are."""

    Q = "q"
    K = "k"
    V = "v"
    O = "o"  # noqa: E741 - the field's name of the output projection


class Kind(Enum):
    """What of a projection a tensor is; all but the last three have one entry or row for each row of the weight."""

    WEIGHT = "weight"
    BIAS = "bias"
    SCALE = "scale"              # of quantised rows, one for each row
    LORA_A = "lora_A"            # in no slot: its rows are of no head
    LORA_B = "lora_B"
    MAGNITUDE = "magnitude"      # DoRA's
    GAIN = "norm gain"           # of a q/k norm before the rotation: of one head, of every head, or of all lanes
    NORM_BIAS = "norm bias"
    BLOCK_SCALE = "block scale"  # one for `rows_per_entry` rows
    SHARED = "shared scale"      # what all rows share: one scale, and zero points; only for comparing


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows that are the lanes of one head. `head` is None where all heads share them (a norm's gain).

    `start`, `width`: in rows of the tensor. `head` counts the heads of this role; k and v have the KV heads. `lane`: of
    the head that the first row is; latent attention has the leading and the rotated lanes of k in two tensors.
    """

    role: Role
    head: int | None
    start: int
    width: int
    lane: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """One tensor that holds rows of q, k, v or o. `rows`: into how many its leading dimensions fall.

    `part`, `layer`: as the parts of a `Model` have them. `blocks`: those of q, k, v and o; other rows have none. For o
    the blocks are columns. `rows_per_entry`: for BLOCK_SCALE, how many rows of the weight share an entry. `source`:
    what says so: repository, version, path and symbol. `is_turned`: the tensor has lanes as columns, see `absorbed.py`;
    no slot that moves is so. `rank`: of a tensor-parallel checkpoint, whose heads are counted from 0 in each; None of
    any other. `copies`: how many ranks that follow one another have the same KV head.
    """

    part: str
    layer: int
    kind: Kind
    tensor: Tensor
    rows: int
    blocks: tuple[Block, ...]
    rows_per_entry: int = 1
    source: str = ""
    is_turned: bool = False
    rank: int | None = None
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Barrier:
    """What keeps a change of rows from being made (theorem T8), of layers of one part; all of them if empty.

    `relation`: the lowest rung that it keeps out: PERMUTATION where nothing may move, PAIR_MAP where rows may move and
    not be scaled (a norm in front of the rotation). `unplaced`: tensors in no slot that it is about.
    """

    part: str
    layers: tuple[int, ...]
    relation: str
    why: str
    source: str
    unplaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slots:
    """What was found in a checkpoint: slots in order of part, layer and tensor's name, and what stands in the way.

    `architecture`: the entry of the packings that was taken. `unscaled`: what besides keeps rows from being multiplied
    by factors, or may do so as far as is known; barriers of norms are not among these.
    """

    architecture: str
    slots: tuple[Slot, ...]
    barriers: tuple[Barrier, ...]
    unscaled: tuple[Barrier, ...] = ()
