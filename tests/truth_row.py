"""One row of the truth table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One claim and its answer; `relation` is the lowest that holds, or 'none'."""

    name: str
    source: str
    target: str
    relation: str
    origin: str
    feeds: tuple[str, ...] = ()
    limit: str | None = None
    pairs: tuple[int, ...] | None = None

    @property
    def verdict(self) -> str:
        ladder = ("identical", "equal-scores", "permutation", "pair-map", "linear", "none")
        rung = ladder.index(self.relation)
        if rung <= ladder.index(self.limit or "equal-scores"):
            return "equivalent"
        return "convertible" if self.limit is None and self.relation != "none" else "different"
