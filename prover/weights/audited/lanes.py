"""Where each lane of each head lies in a checkpoint, and the rows of one checkpoint related to those of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prover.errors import InputError
from prover.weights.audited.recover import Closeness, Related, Rows, relate
from prover.weights.packed.slots import Kind, Role, Slot
from prover.weights.stored.lines import Lines, picked

Key = tuple[int | None, int]  # head, None where all heads share the lane; lane
Places = Mapping[Key, tuple[Slot, int]]
Read = Callable[[Slot], Lines]
UNLIKE = "Two checkpoints of one model are compared; is this the same model?"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of one checkpoint. `read`: all rows of a slot's tensor; for a scale of several rows its entries.

    `added`: what the gains of its norms have in them that a kernel of another kind adds by itself.
    """

    slots: tuple[Slot, ...]
    read: Read
    added: float = 0.0
    known: dict[int, Lines] = field(default_factory=dict)

    def kinds(self, role: Role) -> tuple[tuple[Kind, str], ...]:
        """What there is of a role: kinds, those of which there may be several each with the end of their names."""
        found = (label(slot) for slot in self.slots if any(block.role is role for block in slot.blocks))
        return tuple(dict.fromkeys(found))

    def places(self, role: Role, kind: Kind, ending: str = "") -> Places:
        """Each lane and where it lies: slot and row, or column for o. Raises InputError for one that lies in two."""
        found: dict[Key, tuple[Slot, int]] = {}
        for slot in self.slots:
            if label(slot) != (kind, ending):
                continue
            for block in slot.blocks:
                if block.role is not role:
                    continue
                for step in range(block.width):
                    key = block.head, block.lane + step
                    if key in found:
                        raise InputError(
                            f"lane {key[1]} of {'every head' if key[0] is None else f'head {key[0]}'} of {role.value} "
                            f"is in {found[key][0].tensor.name[:100]} too", where=slot.tensor.name[:120],
                            advice="Give one checkpoint, without a second copy of its weights",
                        )
                    found[key] = slot, block.start + step
        return found

    def lines(self, slot: Slot) -> Lines:
        """The rows of a slot's tensor."""
        if id(slot) not in self.known:
            self.known[id(slot)] = self.read(slot)
        return self.known[id(slot)]

    def at(self, place: tuple[Slot, int]) -> tuple[Lines, int]:
        """The row, or the entry that several rows share."""
        slot, row = place
        return self.lines(slot), row // slot.rows_per_entry


@dataclass(frozen=True, slots=True)
class Matrix:
    """All heads of one role of both sides, row head * width + lane. `unseen`: lanes of heads that only one side has.

    `related`: where a lane is shared by all heads, it stands for each of them.
    """

    role: Role
    heads: int
    width: int
    related: Related
    unseen: Rows
    names: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def identity(self) -> Rows:
        return tuple(range(self.heads * self.width))

    def whole(self, rows: Sequence[int]) -> Rows:
        """The move of one head in each head."""
        return tuple(head * self.width + row for head in range(self.heads) for row in rows)


def label(slot: Slot) -> tuple[Kind, str]:
    """A slot's kind, and what its tensor's name ends with where a module may have several of this kind."""
    if slot.kind is Kind.LORA_B:
        return slot.kind, slot.tensor.name.partition("lora_B")[2]
    several = slot.kind in (Kind.SCALE, Kind.SHARED)
    return slot.kind, slot.tensor.name.rpartition(".")[2] if several else ""


def head_count(places: Iterable[Key]) -> int:
    """How many heads the lanes are of; one where all are shared."""
    return 1 + max((head for head, _ in places if head is not None), default=0)


def names_of(places: Places) -> tuple[str, ...]:
    """The tensors that lanes lie in, each once."""
    return tuple(dict.fromkeys(slot.tensor.name for slot, _ in places.values()))


def primary(ours: Layer, theirs: Layer, role: Role) -> tuple[Kind, str] | None:
    """The tensor whose rows show the move: the weight, or an adapter's B."""
    found = (*ours.kinds(role), *theirs.kinds(role))
    for kind in (Kind.WEIGHT, Kind.LORA_B):
        for each in found:
            if each[0] is kind:
                return each
    return None


def relate_matrix(source: Layer, target: Layer, role: Role, kind: Kind, ending: str, width: int) -> Matrix | None:
    """All rows of a role related; None if neither side has any. Raises InputError for what is of another shape."""
    ours, theirs = source.places(role, kind, ending), target.places(role, kind, ending)
    if not ours and not theirs:
        return None
    ours, theirs = of_one_head(ours, theirs)
    heads = max(head_count(ours), head_count(theirs))
    if _numbered(ours) and _numbered(theirs) and head_count(ours) != head_count(theirs):
        raise InputError(
            f"{role.value} has {head_count(ours)} heads in the source and {head_count(theirs)} in the target",
            where=names_of(theirs)[0][:120], advice=UNLIKE,
        )
    lanes = {lane for _, lane in (*ours, *theirs)}
    if max(lanes) >= width:
        raise InputError(f"a head of {role.value} has {max(lanes) + 1} lanes, expected {width} as the layout has",
                         where=(names_of(theirs) or names_of(ours))[0][:120],
                         advice="Does the config belong to these weights?")
    partners: list[Rows] = [(row,) for row in range(heads * width)]
    common = [key for key in ours if key in theirs]
    overlapping, factors, closeness = set[int](), dict[int, float](), Closeness.EQUAL
    strange = set[int]()
    agrees = False
    for keys in _pieces(source, ours, common):
        found = _related(source, target, ours, theirs, keys)
        agrees = agrees or found.closeness is not None
        closeness = max(closeness, found.closeness or Closeness.EQUAL, key=lambda each: each.rank)
        apart, multiplied, not_finite = set(found.overlapping), dict(found.factors), set(found.not_finite)
        for place, (head, lane) in enumerate(keys):
            for each in range(heads) if head is None else (head,):
                row = each * width + lane
                strange |= {row} if place in not_finite else set()
                partners[row] = tuple(
                    (each if keys[partner][0] is None else keys[partner][0] or 0) * width + keys[partner][1]
                    for partner in found.partners[place]
                )
                overlapping |= {row} if place in apart else set()
                factors |= {row: multiplied[place]} if place in multiplied else {}
    seen = set(_rows(common, heads, width))
    if kind is Kind.LORA_B:  # an adapter adds nothing to lanes that it does not have, so that these are alike
        absent = set(range(heads * width)) - set(_rows((*ours, *theirs), heads, width))
        for row in absent:
            partners[row] = tuple(each for each in sorted(absent) if each // width == row // width)
        seen |= absent
    unseen = tuple(row for row in range(heads * width) if row not in seen)
    related = Related(tuple(partners), tuple(sorted(overlapping)), tuple(sorted(factors.items())),
                      closeness if agrees else None, tuple(sorted(strange)))
    return Matrix(role, heads, width, related, unseen, (names_of(ours), names_of(theirs)))


def _rows(keys: Iterable[Key], heads: int, width: int) -> Iterator[int]:
    """The rows of a matrix that lanes are; one that all heads share is one of each."""
    for head, lane in keys:
        yield from (each * width + lane for each in (range(heads) if head is None else (head,)))


def _numbered(places: Places) -> bool:
    """Whether some lanes are of single heads."""
    return any(head is not None for head, _ in places)


def of_one_head(ours: Places, theirs: Places) -> tuple[Places, Places]:
    """Lanes that all heads share are those of head 0 where there is no other on either side."""
    if max(head_count(ours), head_count(theirs)) > 1:
        return ours, theirs
    first: dict[Key, tuple[Slot, int]] = {(0, lane): at for (_, lane), at in ours.items()}
    second: dict[Key, tuple[Slot, int]] = {(0, lane): at for (_, lane), at in theirs.items()}
    return first, second


def _pieces(source: Layer, ours: Places, common: Sequence[Key]) -> list[list[Key]]:
    """Lanes whose rows may be each other's: as long, and of single heads or of all."""
    found: dict[tuple[int, bool], list[Key]] = {}
    for key in sorted(common, key=lambda each: (-1 if each[0] is None else each[0], each[1])):
        columns = source.lines(ours[key][0]).columns
        found.setdefault((columns, key[0] is None), []).append(key)
    return list(found.values())


def _related(source: Layer, target: Layer, ours: Places, theirs: Places, keys: Sequence[Key]) -> Related:
    first, second = (
        picked([layer.at(places[key]) for key in keys]) for layer, places in ((source, ours), (target, theirs))
    )
    both = ((source, ours), (target, theirs))
    if len({layer.lines(places[key][0]).columns for layer, places in both for key in keys}) != 1:
        raise InputError(f"rows have {first.columns} columns in the source and {second.columns} in the target",
                         where=theirs[keys[0]][0].tensor.name[:120], advice=UNLIKE)
    return relate(first, second)
