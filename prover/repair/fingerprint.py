"""What differs, pair by pair of one index: where no cause is found, this is what there is to go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.claims.claim import Claim
from prover.claims.turned import Turned, turned_pairs
from prover.errors import ProverError
from prover.exact.display import sharp
from prover.exact.number import Exact

SAME = "same"


@dataclass(frozen=True, slots=True)
class Mark:
    """One kind of difference, or "same": the pairs that have it, and the least and the most by how much.

    "slower" and "faster": the target turns so many times slower or faster. "back": the other way. "axes": with others.
    "angles": with other angles for sine and cosine. "source", "target": it turns there alone. "magnitude": the target's
    over the source's. "lanes": on other ones.
    """

    kind: str
    pairs: tuple[int, ...]
    times: tuple[float, float] | None = None


def fingerprint(claim: Claim) -> tuple[Mark, ...]:
    """What differs between the pairs of each index, under the claim's feeds; floats, for people."""
    ours, theirs = turned_pairs(claim, claim.source, "source"), turned_pairs(claim, claim.target, "target")
    found: dict[str, list[int]] = {}
    times: dict[str, list[float]] = {}
    for j in range(max(len(ours), len(theirs))):
        kinds: dict[str, float | None] = {}
        mine, other = (_vector(claim, side[j]) if j < len(side) else () for side in (ours, theirs))
        if mine is None or other is None:
            if j >= len(ours) or j >= len(theirs) or ours[j].angles != theirs[j].angles:
                kinds["angles"] = None
        elif mine != other:
            kinds |= _turn_kinds(mine, other)
        if j < len(ours) and j < len(theirs):
            a, b = claim.source.pairs[j], claim.target.pairs[j]
            if a.magnitude != b.magnitude:
                kinds["magnitude"] = _quotient(b.magnitude, a.magnitude)
            if (a.read, a.write) != (b.read, b.write):
                kinds["lanes"] = None
        for kind, size in (kinds or {SAME: None}).items():
            found.setdefault(kind, []).append(j)
            if size is not None:
                times.setdefault(kind, []).append(size)
    order = ("slower", "faster", "back", "axes", "angles", "source", "target", "magnitude", "lanes", SAME)
    return tuple(
        Mark(kind, tuple(found[kind]), (min(times[kind]), max(times[kind])) if times.get(kind) else None)
        for kind in order if kind in found
    )


def _vector(claim: Claim, turn: Turned) -> tuple[Exact, ...] | None:
    """The frequencies under all feeds, none where it does not turn; None if it is no rotation."""
    if not turn.is_rotation:
        return None
    numbers = tuple(angle[c] for feed, angle in zip(claim.feeds, turn.rotation, strict=True) for c in feed.coordinates)
    return numbers if any(numbers) else ()


def _turn_kinds(mine: Sequence[Exact], other: Sequence[Exact]) -> dict[str, float | None]:
    if not mine or not other:
        return {"source" if mine else "target": None}
    if [bool(value) for value in mine] != [bool(value) for value in other]:
        return {"axes": None}
    first = next(place for place, value in enumerate(mine) if value)
    try:
        alike = all(a * other[first] == b * mine[first] for a, b in zip(mine, other, strict=True))
    except ProverError:
        alike = False
    ratio = _quotient(mine[first], other[first]) if alike else None
    if ratio is None:
        return {"axes": None}
    found: dict[str, float | None] = {"back": None} if ratio < 0 else {}
    if abs(ratio) > 1:
        found["slower"] = abs(ratio)
    elif not ratio < 0 or list(mine) != [-value for value in other]:
        found["faster"] = 1 / abs(ratio)
    return found


def _quotient(above: Exact, below: Exact) -> float | None:
    try:
        value = float((sharp(above) / sharp(below)).mid())
    except (ProverError, OverflowError, ValueError):
        return None
    return value if value and abs(value) < float("inf") else None
