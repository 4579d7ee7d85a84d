"""Properties of one layout, decided exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.claims.claim import Claim
from prover.claims.refute import Side, refute_relative
from prover.claims.shift import Change, Shift, cache_shift
from prover.claims.turned import Turned, turned_pairs
from prover.exact.display import show_pairs
from prover.exact.number import Exact
from prover.layouts.family import Family
from prover.layouts.feed import Feed, resolve_feeds
from prover.layouts.layout import Layout
from prover.layouts.loading import About, Loaded

_WHY_NOT = {
    Change.LANES: "it writes other lanes than it reads",
    Change.MAGNITUDE: "the magnitude would be applied once more",
    Change.PHASE: "the phase would be added once more",
}


@dataclass(frozen=True, slots=True)
class Properties:
    """What can be said of a layout under feeds; without any, at free positions.

    `relative`: scores depend only on position differences. So they do in rotations whose pairs all feeds over the
    same coordinates turn alike; `mixed` are the pairs where they do not. Of what is no rotation it is told where two
    scores show it; None: it is not known, as of a reflection.
    `shiftable`: rotating a cached key again by d gives the key at p + d. That needs
    K(d) K(p) = K(p + d), hence K(0) = 1: same lanes read and written, magnitude 1, no phase. `shift`: by which steps,
    and what another kernel than this one would have to do otherwise.
    """

    feeds: tuple[str, ...]
    not_rotations: tuple[int, ...]
    mixed: tuple[int, ...]
    relative: bool | None
    shiftable: bool
    why_not_shiftable: str
    shift: Shift
    magnitudes: tuple[Exact, ...]

    @property
    def is_rotation(self) -> bool:
        return not self.not_rotations


def properties(family: Family, layout: Layout, feeds: Sequence[str] = ()) -> Properties:
    """Properties of a family's layout under feeds. Raises InputError if it lacks one."""
    claim = Claim(layout, layout, resolve_feeds(feeds, family, family))
    turned = turned_pairs(claim, layout, "source")
    twisted = tuple(i for i, turn in enumerate(turned) if not turn.is_rotation)
    mixed = tuple(i for i, turn in enumerate(turned) if _is_mixed(turn, claim.feeds))
    shift = cache_shift(layout, claim.feeds, turned)
    reasons = ["it is not a rotation"] if twisted else []
    reasons += ["the feeds turn the same pair differently"] if mixed else []
    reasons += [_WHY_NOT[change] for change in shift.changes]
    sizes = tuple(dict.fromkeys(pair.magnitude for pair in layout.pairs))
    relative = _is_relative(claim, Side(layout, turned, (), twisted, claim.whole_positions), bool(mixed))
    return Properties(tuple(feeds), twisted, mixed, relative, not reasons, "; ".join(reasons), shift, sizes)


def _is_relative(claim: Claim, side: Side, is_mixed: bool) -> bool | None:
    if not side.twisted:
        return not is_mixed
    return None if refute_relative(claim, side, "source") is None else False


def _is_mixed(turn: Turned, feeds: tuple[Feed, ...]) -> bool:
    """Two feeds over the same coordinates turn the pair by different frequencies.

    A token fed one way against a token fed the other then scores by where both stand.
    """
    seen: dict[tuple[str, ...], tuple[object, ...]] = {}
    for feed, angles in zip(feeds, turn.angles, strict=True):
        frequencies = tuple(angle.frequencies for angle in angles)
        if seen.setdefault(tuple(sorted(feed.coordinates)), frequencies) != frequencies:
            return True
    return False


def about_under(loaded: Loaded, claim: Claim, side: str) -> About:
    """What is told of one side of a claim: its warnings, and what several feeds in one sequence do to it."""
    if len(claim.feeds) < 2:
        return loaded.about
    turned = turned_pairs(claim, loaded.layout, side)
    mixed = [i for i, turn in enumerate(turned) if _is_mixed(turn, claim.feeds)]
    if not mixed:
        return loaded.about
    text = (
        f"with feeds {', '.join(feed.name for feed in claim.feeds)} in one sequence, pairs {show_pairs(mixed)} turn "
        "differently by modality: scores between modalities depend on where both tokens stand, not only on the "
        "difference"
    )
    return About(loaded.about.title, (*loaded.about.warnings, text))
