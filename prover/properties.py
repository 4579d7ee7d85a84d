"""Properties of one layout, decided exactly."""

from __future__ import annotations

from dataclasses import dataclass

from prover.claim import Claim
from prover.exact import ONE, Exact
from prover.family import Family
from prover.feed import resolve_feeds
from prover.layout import Layout
from prover.unit import turned_pairs


@dataclass(frozen=True, slots=True)
class Properties:
    """What can be said of a layout at free positions.

    `relative`: scores depend only on position differences, which is so exactly for rotations.
    `shiftable`: rotating a cached key again by d gives the key at p + d. That needs
    K(d) K(p) = K(p + d), hence K(0) = 1: same lanes read and written, magnitude 1, no phase.
    """

    not_rotations: tuple[int, ...]
    shiftable: bool
    why_not_shiftable: str
    magnitudes: tuple[Exact, ...]

    @property
    def is_rotation(self) -> bool:
        return not self.not_rotations

    @property
    def relative(self) -> bool:
        return self.is_rotation


def properties(family: Family, layout: Layout) -> Properties:
    """Properties of a family's layout with all axes free."""
    claim = Claim(layout, layout, resolve_feeds((), family, family))
    turned = turned_pairs(claim, layout, "source")
    twisted = tuple(i for i, turn in enumerate(turned) if not turn.is_rotation)
    reasons = []
    if twisted:
        reasons.append("it is not a rotation")
    if any(pair.read != pair.write for pair in layout.pairs):
        reasons.append("it writes other lanes than it reads")
    if any(pair.magnitude != ONE for pair in layout.pairs):
        reasons.append("the magnitude would be applied once more")
    if any(turn.first[0].phase for turn in turned):
        reasons.append("the phase would be added once more")
    sizes = tuple(dict.fromkeys(pair.magnitude for pair in layout.pairs))
    return Properties(twisted, not reasons, "; ".join(reasons), sizes)
