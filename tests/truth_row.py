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
    limit: str = "linear"
    pairs: tuple[int, ...] | None = None

    @property
    def verdict(self) -> str:
        ladder = ("identical", "equal-scores", "permutation", "pair-map", "linear", "none")
        return "equivalent" if ladder.index(self.relation) <= ladder.index(self.limit) else "different"
