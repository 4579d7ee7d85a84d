"""Numbers that are known already, and at which of them conditions hold: a question that they answer needs no solver.

Numbers come from models, which need not be right; what holds at them is worked out exactly, so that they only ever
show that there are parameters, never that there are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from prover.language.logic import Condition
from prover.theorems.simulation import Row, holds

MAX_ROWS = 512


@dataclass(slots=True)
class Seen:
    """Rows of numbers for symbols. `known`: for each condition how many rows were looked at, and at which it holds."""

    rows: list[Row] = field(default_factory=list)
    known: dict[Condition, tuple[int, int]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Keep the numbers, as long as there are not too many."""
        if len(self.rows) < MAX_ROWS:
            self.rows.append(row)

    def meets(self, conditions: Iterable[Condition]) -> bool:
        """Whether all conditions are known to hold at one of the rows."""
        left = (1 << len(self.rows)) - 1
        for condition in conditions:
            left &= self._where(condition)
            if not left:
                return False
        return bool(left)

    def _where(self, condition: Condition) -> int:
        """The rows at which it holds, one bit for each."""
        number, found = self.known.get(condition, (0, 0))
        if number < len(self.rows):
            for place in range(number, len(self.rows)):
                found |= (holds(condition, self.rows[place]) is True) << place
            self.known[condition] = len(self.rows), found
        return found
