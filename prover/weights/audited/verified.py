"""What came of two checkpoints held against each other: layer by layer, for each tensor a word and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from prover.repair.check_permutation import Held, State
from prover.repair.slips import Slip
from prover.weights.audited.recover import Closeness, Rows
from prover.weights.moved.witness import Need
from prover.weights.packed.slots import Kind, Role


class Fault(Enum):
    """What is wrong with the rows of one kind of tensor; each is told only where it is so."""

    MISSING = "missing"
    TWICE = "applied twice"
    INVERSE = "inverse"
    NOT_NEEDED = "not needed"
    HEAD_COUNT = "wrong head count"
    HEAD_WIDTH = "wrong head width"
    WHOLE_HEAD = "whole head"
    OTHER_LANES = "other lanes"
    BETWEEN_HEADS = "between heads"
    HEADS_EXCHANGED = "heads exchanged"
    UNLIKE = "q and k unlike"
    OTHER_MOVE = "another move"
    NO_MOVE_HELPS = "no move helps"
    NEEDS_FACTORS = "needs factors"
    LOST_ROWS = "lost rows"
    APPLIED_TO_V = "applied to v"
    APPLIED_TO_O = "applied to o"
    FORGOTTEN = "forgotten"
    OTHER_VALUES = "other values"
    INPUTS_MOVED = "inputs moved"
    MULTIPLIED = "multiplied"
    MULTIPLIED_TWICE = "multiplied twice"
    DIVIDED = "divided"
    VALUES_MULTIPLIED = "v multiplied"
    # What leaves the answer open.
    UNRELATED = "unrelated"
    OVERLAPPING = "too near"
    EQUAL_ROWS = "equal rows"
    ONE_SIDE = "on one side only"
    NOT_DECIDED = "not decided"
    BARRIER = "may not move"
    OTHER_SCALE = "other scale"
    NOT_FINITE = "not finite"
    NOT_READ = "not read"


OPEN = frozenset({Fault.UNRELATED, Fault.OVERLAPPING, Fault.EQUAL_ROWS, Fault.ONE_SIDE, Fault.NOT_DECIDED,
                  Fault.MULTIPLIED, Fault.BARRIER, Fault.OTHER_SCALE, Fault.NOT_FINITE, Fault.NOT_READ})


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of tensor of one role in one layer.

    `names`: tensors of the source and of the target. `faults`: what is wrong or open, the most telling first. `rows`:
    of a weight, row i of the target is row rows[i] of the source; of other tensors None. `count`: of the rows that are
    meant: those without partner, too near to others. `slips`: of the permutation. `closeness`: None where nothing
    agrees. `exchanged`: heads that changed places in q, k, v and o alike, or lanes in v and o. `added`: to
    a gain. `why`: in words, where it is no fault of rows. `rank`: whose part of the layer it is, if of several.
    """

    layer: int
    role: Role
    kind: Kind
    names: tuple[tuple[str, ...], tuple[str, ...]]
    state: State
    faults: tuple[Fault, ...] = ()
    heads: int = 1
    rows: Rows | None = None
    closeness: Closeness | None = None
    slips: tuple[Slip, ...] = ()
    count: int = 0
    held: Held | None = None
    factors: tuple[tuple[int, float], ...] = ()
    exchanged: bool = False
    added: float = 0.0
    why: str = ""
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The layers of one meeting of parts: what they need, and what came of each tensor."""

    need: Need
    items: tuple[Item, ...]

    @property
    def layers(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(item.layer for item in self.items))


@dataclass(frozen=True, slots=True)
class Verified:
    """The whole answer. `left`: parts, layers and tensors that were not compared, and why.

    `is_whole`: whether of each part that was compared all layers were.
    """

    groups: tuple[Group, ...]
    left: tuple[str, ...]
    is_whole: bool = True

    @property
    def state(self) -> State:
        """The worst word of all; undecided where nothing was compared."""
        states = [item.state for group in self.groups for item in group.items]
        word = next((word for word in (State.WRONG, State.UNDECIDED, State.RIGHT) if word in states), State.UNDECIDED)
        return word if self.is_whole or word is not State.RIGHT else State.UNDECIDED

    @property
    def first(self) -> tuple[Group, Item] | None:
        """The first item with the worst word, by layer; None where all is right."""
        if self.state is State.RIGHT:
            return None
        found = [(group, item) for group in self.groups for item in group.items if item.state is self.state]
        return min(found, key=lambda each: each[1].layer, default=None)
