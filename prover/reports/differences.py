"""Which pairs differ: lane by lane, with what about them differs, and after the best regrouping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.claims.claim import Claim
from prover.claims.decide import Decision
from prover.claims.turned import Turned, reduce_turns
from prover.exact.angle import Angle
from prover.exact.display import show_pairs
from prover.layouts.layout import Layout, Pair

Sides = tuple[tuple[int, ...], tuple[int, ...]]

PAIR_KINDS = {
    "axis": "turn with other axes",
    "frequency": "turn by another frequency",
    "direction": "turn the other way",
    "phase": "start at another angle",
    "angles": "have other angles for sine and cosine",
    "turns_in_source": "turn in the source alone",
    "turns_in_target": "turn in the target alone",
    "magnitude": "have another magnitude",
    "lanes": "lie on other lanes",
    "written": "are written to other lanes",
    "only_source": "are in the source alone",
    "only_target": "are in the target alone",
}
LANE_KINDS = {
    "start_to_turn": "pass in the source and turn in the target",
    "stop_turning": "turn in the source and pass in the target",
    "moved": "pass to other lanes",
}
_SINGULAR = {
    "turn": "turns", "start": "starts", "have": "has", "lie": "lies", "are": "is", "pass": "passes",
}


@dataclass(frozen=True, slots=True)
class LaneByLane:
    """Pair indices of each side whose kernel entries differ, and what differs: indices or lanes by kind.

    `turned`: the pairs whose turn differs, whatever their lanes.
    """

    pairs: Sides
    kinds: tuple[tuple[str, tuple[int, ...]], ...]
    turned: tuple[int, ...]

    def sentence(self) -> str:
        """All of it, kind by kind."""
        parts = [_part("pair", PAIR_KINDS[kind], found) for kind, found in self.kinds if kind in PAIR_KINDS]
        parts += [_part("lane", LANE_KINDS[kind], found) for kind, found in self.kinds if kind in LANE_KINDS]
        return "; ".join(parts)


def _part(one: str, words: str, found: Sequence[int]) -> str:
    if len(found) > 1:
        return f"{len(found)} {one}s {words}: {show_pairs(found)}"
    return f"{one} {found[0]} {of_one(words)}"


def of_one(words: str) -> str:
    """What differs about pairs or lanes, said of one of them."""
    return " ".join(_SINGULAR.get(word, word) for word in words.split(" "))


def lane_by_lane(claim: Claim, decision: Decision) -> LaneByLane:
    """What differs between the two kernels as they are, under the claim's feeds."""
    source, target, (ours, theirs) = claim.source, claim.target, decision.turned
    found: dict[str, list[int]] = {kind: [] for kind in (*PAIR_KINDS, *LANE_KINDS)}
    both = sorted({*decision.differing[0], *decision.differing[1]})
    turned = []
    for index in both:
        if index >= len(source.pairs) or index >= len(target.pairs):
            found["only_target" if index >= len(source.pairs) else "only_source"].append(index)
            turned.append(index)
            continue
        kinds = list(_kinds(claim, (source.pairs[index], ours[index]), (target.pairs[index], theirs[index])))
        for kind in kinds:
            found[kind].append(index)
        if ours[index] != theirs[index] and _turn(ours[index]) != _turn(theirs[index]):
            turned.append(index)
    turning = _turning(source, ours), _turning(target, theirs)
    still = {
        lane for index in (*found["turns_in_source"], *found["turns_in_target"])
        for lane in (*source.pairs[index].read, *target.pairs[index].read)
    }
    found["start_to_turn"] = sorted(turning[1] - turning[0] - still)
    found["stop_turning"] = sorted(turning[0] - turning[1] - still)
    places = dict(source.passes), dict(target.passes)
    found["moved"] = [lane for lane, to in source.passes if places[1].get(lane, to) != to]
    return LaneByLane(
        decision.differing, tuple((kind, tuple(rows)) for kind, rows in found.items() if rows), tuple(turned)
    )


def _turning(layout: Layout, turned: Sequence[Turned]) -> set[int]:
    """The lanes of pairs that turn with some coordinate."""
    return {
        lane for pair, turn in zip(layout.pairs, turned, strict=True) if _turns(turn) for lane in pair.read
    }


def _turns(turn: Turned) -> bool:
    return any(angle.frequencies for four in turn.angles for angle in four)


def _turn(turn: Turned) -> object:
    """What makes two turns the same: the rotation, however its four angles are written, else the four."""
    return turn.rotation if turn.is_rotation else turn.angles


def _lead(turn: Turned) -> tuple[Angle, ...]:
    """For each feed the angle of the rotation, or that of the first cosine where there is none."""
    return turn.rotation if turn.is_rotation else tuple(four[0] for four in turn.angles)


def _kinds(claim: Claim, source: tuple[Pair, Turned], target: tuple[Pair, Turned]) -> Iterator[str]:
    (ours, mine), (theirs, other) = source, target
    if mine == other:
        pass
    elif _turns(mine) and _turns(other):
        yield from _turn_kinds(_lead(mine), _lead(other), claim.whole_positions)
        others = [[four[1:] for four in turn.angles] for turn in (mine, other)]
        if mine.is_rotation != other.is_rotation or (not mine.is_rotation and others[0] != others[1]):
            yield "angles"
    elif _turns(mine) or _turns(other):
        yield "turns_in_source" if _turns(mine) else "turns_in_target"
    if ours.magnitude != theirs.magnitude:
        yield "magnitude"
    if ours.read != theirs.read:
        yield "lanes"
    elif ours.write != theirs.write:
        yield "written"


def _turn_kinds(ours: Sequence[Angle], theirs: Sequence[Angle], whole: bool) -> Iterator[str]:
    """How the turn of one written lane differs, over all feeds."""
    mine, other = ([angle.frequencies for angle in side] for side in (ours, theirs))
    back = [tuple((c, reduce_turns(-f) if whole else -f) for c, f in angle) for angle in other]
    if mine == other:
        if [angle.phase for angle in ours] != [angle.phase for angle in theirs]:
            yield "phase"
    elif mine == back:
        yield "direction"
    elif [[c for c, _ in angle] for angle in mine] != [[c for c, _ in angle] for angle in other]:
        yield "axis"
    else:
        yield "frequency"


def unmatched_pairs(decision: Decision) -> Sides | None:
    """The pairs of each side that have no partner however lanes are regrouped.

    Where a regrouping and a scale are enough, those whose magnitude has none. None where regrouping was not
    looked for: a side is no rotation.
    """
    if decision.mismatch is None:
        return None if any(decision.not_rotations) and decision.holds is None else ((), ())
    found = []
    for index, units in enumerate(decision.units):
        left = {
            units[i].pair
            for part in decision.mismatch.all
            for i in (part.source_left, part.target_left)[index]
        }
        found.append(tuple(sorted(pair for pair in left if pair is not None)))
    return found[0], found[1]
