"""A claim: two layouts under the same feeds, frozen. What is to be decided, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prover.errors import InputError
from prover.layouts.feed import Feed, resolve_feeds
from prover.layouts.layout import Layout, at_integers
from prover.layouts.loading import Loaded


@dataclass(frozen=True, slots=True)
class Claim:
    """Source: what the weights were made for. Target: what the kernel computes."""

    source: Layout
    target: Layout
    feeds: tuple[Feed, ...]

    @property
    def whole_positions(self) -> bool:
        """True if coordinates are whole numbers, so that whole turns cannot be seen."""
        return self.source.positions == "integer"

    @property
    def is_of_one_table(self) -> bool:
        """Whether the two layouts are the same in all but their names, and are fed alike: they are one kernel then."""
        unnamed = (replace(side, name="") for side in (self.source, self.target))
        return all(feed.source == feed.target for feed in self.feeds) and next(unnamed) == next(unnamed)


def make_claim(source: Loaded, target: Loaded, feeds: Sequence[str]) -> Claim:
    """The claim about two loaded layouts. Raises InputError if they cannot be compared.

    A layout for integer and one for real positions are compared at integer positions, where these
    decide the same.
    """
    a, b = source.layout, target.layout
    if a.width != b.width:
        raise InputError(
            f"the heads have different widths: source {a.width}, target {b.width} lanes",
            advice="Give both the same head width (head_dim or its equivalent)",
        )
    if a.positions != b.positions:
        a, b = at_integers(a), at_integers(b)
    if a.positions != b.positions:
        raise InputError(
            f"the source takes {a.positions} positions, the target {b.positions} positions",
            advice="Where pi is in a frequency, both must take the same kind of positions",
        )
    return Claim(a, b, resolve_feeds(feeds, source.family, target.family))
