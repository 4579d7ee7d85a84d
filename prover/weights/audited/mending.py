"""The command that mends a wrong checkpoint, where there is one: from its source, or by moving its own rows once more.

Nothing is written. A command is told only where nothing of it is refused, and where what it moves is what is needed.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import ProverError
from prover.repair.check_permutation import State
from prover.weights.audited.recover import Rows
from prover.weights.audited.verified import Fault, Group, Item, Verified
from prover.weights.moved.permuting import Asked, prepare
from prover.weights.moved.witness import Need
from prover.weights.packed.slots import Role
from prover.weights.stored.tensors import Checkpoint

OUT = "mended"
TURNED = (Role.Q, Role.K)


@dataclass(frozen=True, slots=True)
class Named:
    """One side as a command names it. `said`: what a person says that its weights are for, if not its own config."""

    checkpoint: Checkpoint
    said: tuple[str, ...]
    base: str = ""

    @property
    def layouts(self) -> tuple[str, ...]:
        """What --from and --to are to be told: what was said, or else the file that says it."""
        config = self.checkpoint.config or (Path(self.base) if self.base else None)
        return self.said or (() if config is None else (str(config),))


@dataclass(frozen=True, slots=True)
class Mend:
    """One command. `moved`: which side's rows it moves; `is_back`: from the target's layout to that of the source."""

    command: str
    moved: str
    is_back: bool = False


def find_mend(found: Verified, source: Named, target: Named) -> Mend | None:
    """The first command that makes a right checkpoint; None where none is known to."""
    is_alike = source.checkpoint.format is target.checkpoint.format
    if _is_untouched(found):
        mend = _tried(found, target, source.layouts, target.layouts, "target")
        if mend is not None:
            return mend
    if is_alike:
        return _tried(found, source, source.said, target.layouts, "source")
    return _tried(found, target, target.layouts, source.layouts, "target", True) if _is_twice(found) else None


def _tried(
    found: Verified, model: Named, made_for: Sequence[str], to: Sequence[str], moved: str,
    is_back: bool = False,
) -> Mend | None:
    """The command, if nothing of it is refused and each part's rows end as they have to."""
    asked = Asked(model.checkpoint.root, tuple(made_for), tuple(to), base=model.base)
    try:
        prepared = prepare(asked)
    except ProverError:
        return None
    if prepared.plan.refusals or not prepared.plan.moves:
        return None
    rows = {_names(need, is_back): need.rows for need in prepared.plan.needs}
    if len(rows) != len(prepared.plan.needs):
        return None
    for group in found.groups:
        if group.items and not _ends_well(group, rows.get(_names(group.need, False)), is_back):
            return None
    options = [*(("--from", each) for each in made_for), *(("--to", each) for each in to)]
    options += [("--base", model.base)] if model.base else []
    words = ["rope-prover", "weights", "permute", str(model.checkpoint.root),
             *(word for option in options for word in option), "--out", OUT]
    if not all(word.isprintable() for word in words):  # shown without what a terminal obeys it would name another file
        return None
    return Mend(shlex.join(words), moved, is_back)


def _names(need: Need, is_back: bool) -> tuple[str, str, tuple[int, ...] | None]:
    """What a need is about, the source's part first."""
    meeting = need.meeting
    ours, theirs = meeting.source.address, meeting.target.address
    return (theirs, ours, meeting.layers) if is_back else (ours, theirs, meeting.layers)


def _ends_well(group: Group, rows: Rows | None, is_back: bool) -> bool:
    """Whether heads whose rows move so end as the group needs; moved back, those that were moved twice."""
    needed = group.need.rows
    if needed is None or rows is None:
        return False
    if not is_back:
        return rows == needed
    twice = tuple(needed[row] for row in needed)
    return tuple(twice[row] for row in rows) == needed


def _is_untouched(found: Verified) -> bool:
    """Whether all that has to move stands as in the source, and all else is right."""
    return found.is_whole and all(_stands(item) if group.need.moves else item.state is State.RIGHT
                                  for group in found.groups for item in group.items)


def _stands(item: Item) -> bool:
    if item.role not in TURNED:
        return item.state is State.RIGHT
    return item.state is State.WRONG and not item.factors and item.faults in ((Fault.MISSING,), (Fault.FORGOTTEN,))


def _is_twice(found: Verified) -> bool:
    """Whether q and k of all layers that have to move were moved twice, and nothing else goes with them."""
    return found.is_whole and all(_was_twice(item, group.need.rows) if group.need.moves else item.state is State.RIGHT
                                  for group in found.groups for item in group.items)


def _was_twice(item: Item, needed: Rows | None) -> bool:
    if item.role not in TURNED:
        return item.state is State.RIGHT
    if needed is None or item.rows is None or item.factors or Fault.TWICE not in item.faults:
        return False
    twice = [needed[row] for row in needed]
    return item.rows == tuple(start + row for start in range(0, len(item.rows), len(needed)) for row in twice)
