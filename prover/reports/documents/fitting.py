"""Documents that are read on a phone: what is left out where a comment would become too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from prover.reports.document import Document, Items, Text
from prover.reports.document_markdown import markdown
from prover.reports.text import counted

MOST_LINES = 59


class Room(Enum):
    """How much of a long list is told: of rows, of items, and whether what is only convenient is there."""

    MUCH = (12, 6, True)
    SOME = (6, 4, False)
    LITTLE = (3, 2, False)
    ALL = (10**9, 10**9, True)  # not tried for a comment

    @property
    def rows(self) -> int:
        """Rows of a table."""
        return self.value[0]

    @property
    def items(self) -> int:
        """Items of a list."""
        return self.value[1]

    @property
    def spare(self) -> bool:
        """Whether there is room for what is only convenient."""
        return self.value[2]


def fitted(make: Callable[[Room], Document], everything: bool = False) -> Document:
    """The longest document that is short enough as a comment; the shortest if none is. `everything`: nothing is cut."""
    if everything:
        return make(Room.ALL)
    for room in (Room.MUCH, Room.SOME, Room.LITTLE):
        found = make(room)
        if markdown(found).count("\n") <= MOST_LINES:
            break
    return found


def cut(items: Sequence[Text], most: int, what: str) -> Items:
    """The first of them, and how many there are more; `what`: one of them, in a word."""
    left = len(items) - most
    more = (f"… {counted(left, f'more {what}')} in --json",) if left > 0 else ()
    return Items((*items[:most], *more))
