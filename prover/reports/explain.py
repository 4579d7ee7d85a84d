"""Verdicts in plain sentences: what holds, what fails, which class is at fault and why."""

from __future__ import annotations

from fractions import Fraction

from prover.claims.claim import Claim
from prover.claims.decide import Decision
from prover.claims.evidence import (
    EntryRefutation,
    NotRelativeRefutation,
    ScoreRefutation,
    Token,
    TraceRefutation,
)
from prover.claims.matching import Imbalance
from prover.claims.relation import Outcome, Relation
from prover.claims.unit import OFFSET, Unit, Vector, canonical_vector, opposite, stack_keys
from prover.exact.angle import axis_angle
from prover.exact.display import show_angle, show_number, show_pairs
from prover.layouts.layout import Layout
from prover.reports.stored_report import farther_words, stored_words
from prover.reports.text import turns_text
from prover.verdicts.verdict import Found, Verdict

_UNTOUCHED = {
    Relation.IDENTICAL: "The two kernels are identical, lane by lane, at every position.",
    Relation.EQUAL_SCORES: "The attention scores are equal without touching the weights; the rotated "
    "vectors differ, so a key cache cannot be handed from one kernel to the other.",
}


def headline(verdict: Verdict) -> str:
    """The answer in one sentence, with its weakening in front if there is one."""
    text, stored = _headline(verdict), verdict.as_stored
    if stored is None or not stored.numbers:
        return text
    if stored.farther:
        return f"{farther_words(*stored.farther)} Taken exactly: {text}"
    if stored.found is Found.NONE_EXISTS:
        return text
    words = stored_words(stored) if stored.found is Found.CHOICE else "with stored numbers taken exactly"
    return f"{words[0].upper()}{words[1:]}: {text}"


def _headline(verdict: Verdict) -> str:
    holds, fails = verdict.holds, verdict.fails
    if verdict.outcome is Outcome.UNDECIDED:
        return _undecided(verdict)
    if verdict.outcome in (Outcome.EQUIVALENT, Outcome.CONVERTIBLE):
        assert holds is not None
        text = _UNTOUCHED.get(holds) or (
            f"The attention scores are equal, only after the rows of W_q and W_k are {change_words(verdict.decision)}"
            + (f", which --relation {verdict.limit.value} allows." if verdict.limit else ".")
        )
        gap = holds.rung - (fails.rung if fails else -1)
        return text if gap == 1 else f"{text} Whether less would do is undecided."
    if holds is not None and verdict.limit is not None:
        return (
            f"The two are not {_words(verdict.limit)}; the lowest relation that holds is "
            f"'{holds.value}'."
        )
    if verdict.limit is None or fails is Relation.LINEAR:
        return (
            "No fixed change of W_q and W_k makes them equal: no permutation, no 2x2 per pair, "
            "no linear map."
        )
    return f"The two are not {_words(verdict.limit)}."


def _undecided(verdict: Verdict) -> str:
    if verdict.limit is None and verdict.holds is not None:
        return (
            f"'{verdict.holds.value}' holds, so a change of the weights is enough; whether they could stay as they "
            f"are was neither shown nor refuted{_known(verdict)}."
        )
    about = f" for '{verdict.limit.value}'" if verdict.limit else ""
    return f"Neither a witness nor a refutation was found{about}{_known(verdict)}."


def change_words(decision: Decision) -> str:
    """What a witness does to the rows."""
    assert decision.holds is not None
    moves = any(i != row for i, row in enumerate(decision.holds.permutation))
    words = ["permuted"] if moves else []
    words += ["scaled"] if decision.holds.relation is Relation.PAIR_MAP else []
    return " and ".join(words)


def _words(relation: Relation) -> str:
    return {
        Relation.IDENTICAL: "identical",
        Relation.EQUAL_SCORES: "equal in their scores",
        Relation.PERMUTATION: "equal under any permutation",
        Relation.PAIR_MAP: "equal under any 2x2 per pair",
        Relation.LINEAR: "equal under any linear map",
    }[relation]


def _known(verdict: Verdict) -> str:
    parts = []
    if verdict.holds:
        parts.append(f"'{verdict.holds.value}' holds")
    if verdict.fails:
        parts.append(f"'{verdict.fails.value}' fails")
    return f" ({' and '.join(parts)})" if parts else ""


def explanation(verdict: Verdict) -> str:
    """Why: the classes at fault, the pairs without a partner, the number that refutes."""
    claim, decision = verdict.claim, verdict.decision
    sentences = [*class_at_fault(verdict), *_first_pair(claim, decision), *_refutation(claim, decision)]
    return " ".join(sentences)


def class_at_fault(verdict: Verdict) -> list[str]:
    """Which pairs are no rotation, and the first class of pairs that the two sides do not have alike."""
    claim, decision = verdict.claim, verdict.decision
    sentences = _two_angles(claim, decision)
    if decision.mismatch is not None:
        core = decision.mismatch.core or decision.mismatch.all
        turning = [part for part in core if part.unit_class.lanes == 2]
        turning = turning or [part for part in decision.mismatch.all if part.unit_class.lanes == 2]
        sentences.append(_imbalance(claim, decision, (turning or list(core))[0]))
    return sentences


def _first_pair(claim: Claim, decision: Decision) -> list[str]:
    """The first pair index that differs on both sides, axis by axis, and what the feed puts there."""
    shared = sorted({*decision.differing[0]} & {*decision.differing[1]})
    if not shared or decision.mismatch is None:
        return []
    turns = []
    for layout in (claim.source, claim.target):
        pair = layout.pairs[shared[0]]
        by = turns_text([show_angle(angle) for angle in pair.distinct_angles])
        turns.append(f"lanes {pair.read[0]} and {pair.read[1]} by {by}")
    if turns[0] == turns[1]:
        return []
    pairs = [layout.pairs[shared[0]] for layout in (claim.source, claim.target)]
    angles = [angle for pair in pairs for angle in pair.distinct_angles]
    note = _feed_note(claim, {axis for angle in angles for axis, _ in angle.frequencies})
    if not note:
        return []
    return [f"Pair {shared[0]} turns {turns[0]} in the source and {turns[1]} in the target; {note}."]


def _feed_note(claim: Claim, axes: set[str]) -> str:
    """What each feed puts on the axes, unless an axis just gets its own coordinate."""
    notes = []
    for index, feed in enumerate(claim.feeds):
        places = dict(feed.target) | dict(feed.source)
        given = [
            f"{axis} = {show_angle(places[axis], '0')}"
            for axis in sorted(axes)
            if axis in places and places[axis] != axis_angle(axis)
        ]
        if given:
            notes.append(f"{_feed_label(claim, index)} puts {', '.join(given)}")
    return "; ".join(notes)


def _two_angles(claim: Claim, decision: Decision) -> list[str]:
    found, fails = [], decision.fails
    for name, pairs in zip(("source", "target"), decision.not_rotations, strict=True):
        if pairs:
            # A reflection is no rotation either, and its scores depend on differences alone.
            shown = isinstance(fails, NotRelativeRefutation) and fails.side == name
            found.append(
                f"The {name} is not a rotation: pair{'s' * (len(pairs) > 1)} {show_pairs(pairs)} "
                f"turn{'s' * (len(pairs) == 1)} {_unlike(claim, name, pairs)}"
                f"{', so scores depend on absolute positions' if shown else ''}."
            )
    return found


def _unlike(claim: Claim, side: str, pairs: tuple[int, ...]) -> str:
    """What the pairs do that no rotation does."""
    layout = claim.source if side == "source" else claim.target
    if any(len(layout.pairs[index].distinct_angles) > 2 for index in pairs):
        return "its cosine and its sine by different angles" if len(pairs) == 1 else (
            "their cosines and sines by different angles"
        )
    return "the two lanes by different angles"


def _imbalance(claim: Claim, decision: Decision, part: Imbalance) -> str:
    vector = _named_vector(decision, part)
    one = "pairs" if part.unit_class.lanes == 2 else "lanes"
    kind = f"{one} that {_turns(claim, vector)}"
    back = opposite(vector, stack_keys(claim), claim.whole_positions)
    if vector != back and {vector, back} <= {unit.vector for units in decision.units for unit in units}:
        kind += ", one way or the other,"
    sizes = {unit.magnitude for units in decision.units for unit in units}
    if part.unit_class.magnitude is not None and len(sizes) > 1:
        kind += f" with magnitude {show_number(part.unit_class.magnitude)}"
    counts = " and ".join(
        f"the {name} has {count or 'none'}{_which(units, own, count)}"
        for name, count, units, own in (
            ("source", part.source_count, decision.units[0], part.source_left),
            ("target", part.target_count, decision.units[1], part.target_left),
        )
    )
    return f"Of {kind}, {counts}.{_partner(claim, decision, part)}"


def _named_vector(decision: Decision, part: Imbalance) -> Vector:
    """A class is one up to sign: its vector as the first unit that is named has it."""
    for units, left in ((decision.units[0], part.source_left), (decision.units[1], part.target_left)):
        if left:
            return units[min(left)].vector
    return part.unit_class.vector


def _which(units: tuple[Unit, ...], left: tuple[int, ...], count: int) -> str:
    pairs = sorted({units[i].pair for i in left} - {None})  # type: ignore[type-var]
    lanes = sorted(lane for i in left if units[i].pair is None for lane in units[i].lanes)
    parts = []
    if pairs:
        parts.append(f"pair{'s' * (len(pairs) > 1)} {show_pairs(pairs, 4)}")  # type: ignore[arg-type]
    if lanes:
        parts.append(f"lane{'s' * (len(lanes) > 1)} {show_pairs(lanes, 4)}")
    label = "" if len(left) == count else "without a partner: "
    return f" ({label}{' and '.join(parts)})" if parts else ""


def _turns(claim: Claim, vector: Vector) -> str:
    keys = stack_keys(claim)
    parts = [
        f"{show_number(value)} per step of {_coordinate(claim, key)}"
        for key, value in zip(keys, vector, strict=True)
        if value
    ]
    return f"turn by {' and '.join(parts)}" if parts else "do not turn"


def _coordinate(claim: Claim, key: tuple[int, str]) -> str:
    if key[1] == OFFSET:
        return f"change from {_feed_label(claim, 0)} to {_feed_label(claim, key[0])}"
    return f"{key[1]} in {_feed_label(claim, key[0])}" if len(claim.feeds) > 1 else key[1]


def _feed_label(claim: Claim, index: int) -> str:
    """A feed by its name, or by its number where it was written out."""
    name = claim.feeds[index].name
    return f"feed {index + 1}" if "=" in name else f"feed {name}"


def _partner(claim: Claim, decision: Decision, part: Imbalance) -> str:
    """Which unit of the other side would have been the partner, and what keeps it from being one."""
    source_units, target_units = decision.units
    mine, name, left = (
        (source_units, "target", part.source_left)
        if part.source_left
        else (target_units, "source", part.target_left)
    )
    other = target_units if part.source_left else source_units
    unit = mine[left[0]]
    near = next((u for u in other if set(u.lanes) & set(unit.lanes)), None)
    if near is None:
        return ""
    where = f"pair {near.pair}" if near.pair is not None else f"lane {near.lanes[0]}"
    return f" In its place the {name} has {where}: {_difference(claim, unit, near)}."


def _difference(claim: Claim, unit: Unit, near: Unit) -> str:
    keys, whole = stack_keys(claim), claim.whole_positions
    if canonical_vector(unit.vector, keys, whole)[0] == canonical_vector(near.vector, keys, whole)[0]:
        if unit.magnitude != near.magnitude:
            return f"the same turn, but magnitude {show_number(near.magnitude)}"
        backwards = near.vector == opposite(unit.vector, keys, whole)
        return "the same turn" + (" in the other direction" if backwards else " on other lanes")
    used = [key for key, value in zip(keys, unit.vector, strict=True) if value]
    theirs = [key for key, value in zip(keys, near.vector, strict=True) if value]
    if not theirs:
        return "it does not turn"
    if used != theirs and used:
        axes = ", ".join(_coordinate(claim, key) for key in theirs)
        return f"it turns with {axes} instead of {', '.join(_coordinate(claim, k) for k in used)}"
    return f"it would {_turns(claim, near.vector)}"


def _refutation(claim: Claim, decision: Decision) -> list[str]:
    fails = decision.fails
    match fails:
        case None:
            return []
        case TraceRefutation():
            where = position_text(claim, fails)
            what = "trace" if fails.power < 0 else f"trace weighted by magnitude**{2 * fails.power + 2}"
            reach = "no linear map" if fails.power < 0 else "no permutation"
            return [
                f"At {where} the {what} of the source lies in {_interval(fails.source)} and that of "
                f"the target in {_interval(fails.target)}; {reach} changes it."
            ]
        case NotRelativeRefutation():
            q1, k1, q2, k2 = (token_text(claim, token) for token in fails.tokens)
            return [
                f"With q one-hot at lane {fails.query_lane} and k at lane {fails.key_lane}, the "
                f"{fails.side}'s score is in {_interval(fails.first)} at q({q1}), k({k1}) and in "
                f"{_interval(fails.second)} at q({q2}), k({k2}), although the differences are equal; "
                "no fixed linear map turns that into a rotation."
            ]
        case ScoreRefutation():
            return [
                f"With q one-hot at lane {fails.query_lane} ({token_text(claim, fails.query)}) and k "
                f"at lane {fails.key_lane} ({token_text(claim, fails.key)}), the source scores in "
                f"{_interval(fails.source)} and the target in {_interval(fails.target)}."
            ]
        case EntryRefutation():
            return [
                f"With x one-hot at lane {fails.column} ({token_text(claim, fails.token)}), lane "
                f"{fails.row} of the output is in {_interval(fails.source)} for the source and in "
                f"{_interval(fails.target)} for the target."
            ]


def _interval(bounds: tuple[Fraction, Fraction]) -> str:
    from prover.verdicts.certificate import decimal

    return f"[{decimal(bounds[0])}, {decimal(bounds[1])}]"


def token_text(claim: Claim, token: Token) -> str:
    """A token's coordinates, with its feed if there are several."""
    text = ", ".join(f"{name}={value}" for name, value in token.position) or "no coordinate"
    return f"{_feed_label(claim, token.feed)}: {text}" if len(claim.feeds) > 1 else text


def position_text(claim: Claim, fails: TraceRefutation) -> str:
    """A stacked position as coordinates per feed."""
    parts = []
    for index, part in enumerate(fails.position):
        label = f"{_feed_label(claim, index)} " if len(claim.feeds) > 1 else ""
        parts += [
            f"{value} change{'s' * (value != 1)} to {_feed_label(claim, index)}" if name == OFFSET else
            f"{label}{name}={value}"
            for name, value in part
            if value or len(claim.feeds) == 1
        ]
    return ", ".join(parts) or "position 0"


def axis_strip(layout: Layout) -> str:
    """One letter per pair: the axis that drives it, '.' for none, '+' for several."""
    letters = []
    for pair in layout.pairs:
        used = {tuple(axis for axis, _ in angle.frequencies) for angle in pair.distinct_angles} - {()}
        axes = used.pop() if len(used) == 1 else ()
        letters.append("+" if used or len(axes) > 1 else axes[0][0] if axes else ".")
    return "".join(letters)
