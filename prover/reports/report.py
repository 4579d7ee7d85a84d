"""A verdict as one JSON object. Text and Markdown are rendered from it, so all three agree."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from prover.claims.claim import Claim
from prover.claims.evidence import (
    EntryRefutation,
    NotRelativeRefutation,
    Refutation,
    ScoreRefutation,
    Token,
    TraceRefutation,
    Witness,
)
from prover.claims.relation import UNTOUCHED, Relation, Strength
from prover.exact.display import angle_json, number_json, show_angle
from prover.kernels.kernel import axis_positions, to_float
from prover.layouts.loading import About
from prover.repair.size import DEFAULT_POSITIONS, size_of
from prover.reports.advice import advice_for
from prover.reports.differences import LANE_KINDS, PAIR_KINDS, LaneByLane, lane_by_lane, unmatched_pairs
from prover.reports.explain import axis_strip, explanation, headline
from prover.reports.idiom import find_idiom
from prover.reports.runs import runs_json
from prover.reports.size_report import size_json
from prover.reports.snippet import brief_snippet, write_snippet
from prover.reports.stored_report import stored_json
from prover.reports.weight_code import row_factors, weight_code
from prover.sources.findings import MEASURED, incomplete
from prover.sources.model import Finding
from prover.verdicts.certificate import bounds_json, digest_of
from prover.verdicts.verdict import Verdict

SCHEMA = "rope-prover/verdict/2"
JSON = dict[str, Any]


def report(
    verdict: Verdict, source: About, target: About, positions: int = DEFAULT_POSITIONS,
    told: tuple[Sequence[Finding], Sequence[Finding]] = ((), ()),
) -> JSON:
    """Everything a reader or a program needs; only JSON types; a float stands in `numeric` or beside its exact text.

    As of `outline`.
    """
    return outline(verdict, source, target, positions, told) | {"differences": differences(verdict)}


def outline(
    verdict: Verdict, source: About, target: About, positions: int = DEFAULT_POSITIONS,
    told: tuple[Sequence[Finding], Sequence[Finding]] = ((), ()),
) -> JSON:
    """The report without the rows of `differences`, one for each pair that differs, which no text tells.

    `positions`: up to which distance it is told by how much the two differ. `told`: of each side that is a part of a
    model, what was found of it.
    """
    warnings = [
        [*about.warnings, *(f"{each.code} {each.text}" for each in found)]
        for about, found in zip((source, target), told, strict=True)
    ]
    claim, decision = verdict.claim, verdict.decision
    measured = [any(each.code == MEASURED for each in found) for found in told]
    differing, unmatched = lane_by_lane(claim, decision), unmatched_pairs(decision)
    return {
        "schema": SCHEMA,
        "verdict": verdict.outcome.value,
        "relation": relation_word(verdict),
        "refuted": verdict.fails and verdict.fails.value,
        "limit": verdict.limit and verdict.limit.value,
        "strength": _strength(verdict, measured),
        "proof_strength": verdict.strength.value,
        "sides": {side: {"strength": Strength.NUMERIC.value if is_measured else "exact"}
                  for side, is_measured in zip(("source", "target"), measured, strict=True)},
        "as_stored": verdict.as_stored and stored_json(verdict.as_stored),
        "source": claim.source.name,
        "target": claim.target.name,
        "titles": {"source": source.title, "target": target.title},
        "warnings": {"source": warnings[0], "target": warnings[1]},
        "as_far_as": {side: codes for side, found in zip(("source", "target"), told, strict=True)
                      if (codes := incomplete(found))},
        "feeds": [feed.name for feed in claim.feeds],
        "width": claim.source.width,
        "differing_pairs": {"source": list(differing.pairs[0]), "target": list(differing.pairs[1])},
        "lane_by_lane": _lane_by_lane(differing),
        "runs": runs_json(claim, differing),
        "unmatched_pairs": unmatched and {"source": list(unmatched[0]), "target": list(unmatched[1])},
        "axes": {"source": axis_strip(claim.source), "target": axis_strip(claim.target)},
        "not_rotations": {
            "source": list(decision.not_rotations[0]),
            "target": list(decision.not_rotations[1]),
        },
        "differences": [],
        "size": size_json(claim, size_of(verdict, positions)),
        "witness": decision.holds and _witness(claim, decision.holds),
        "refutation": decision.fails and _refutation(decision.fails),
        "numeric": _numeric(verdict),
        "headline": headline(verdict),
        "explanation": explanation(verdict),
        "certificate": verdict.certificate and digest_of(verdict.certificate),
        "exit_code": verdict.exit_code,
    }


def _strength(verdict: Verdict, measured: Sequence[bool]) -> str:
    """That of the weakest link: a proof about what a side was recognised as is numeric only about that side."""
    return Strength.NUMERIC.value if any(measured) and verdict.strength is not Strength.NONE else verdict.strength.value


def relation_word(verdict: Verdict) -> str | None:
    """The lowest relation that holds, 'none' if none does, None if that is not known."""
    if verdict.holds is not None:
        return verdict.holds.value
    return "none" if verdict.fails is Relation.LINEAR else None


def _lane_by_lane(differing: LaneByLane) -> JSON:
    """Pair indices and lanes by what differs about them, and the same as a sentence."""
    kinds = dict(differing.kinds)
    return {
        **{kind: list(kinds.get(kind, ())) for kind in (*PAIR_KINDS, *LANE_KINDS)},
        "turned_otherwise": list(differing.turned),
        "text": differing.sentence(),
    }


def differences(verdict: Verdict) -> list[JSON]:
    """One row per pair that differs lane by lane: what it is on either side, and whether it is a rotation as fed."""
    claim, differing, not_rotations = verdict.claim, verdict.decision.differing, verdict.decision.not_rotations
    twisted = tuple(map(frozenset, not_rotations))
    rows, angle_text, of_angle, size_json = [], cache(show_angle), cache(angle_json), cache(number_json)
    for index in sorted({*differing[0], *differing[1]}):
        row: JSON = {"pair": index}
        for name, layout, no_rotations in zip(
            ("source", "target"), (claim.source, claim.target), twisted, strict=True
        ):
            row[name] = None
            if index < len(layout.pairs):
                pair = layout.pairs[index]
                row[name] = {
                    "lanes": list(pair.read),
                    "turn": [angle_text(angle) for angle in pair.distinct_angles],
                    "angles": [of_angle(angle) for angle in pair.distinct_angles],
                    "is_rotation": index not in no_rotations,
                    "magnitude": size_json(pair.magnitude),
                }
        rows.append(row)
    return rows


def _witness(claim: Claim, holds: Witness) -> JSON:
    idiom, factors = find_idiom(holds.permutation), row_factors(claim, holds)
    width = claim.source.width
    return {
        "relation": holds.relation.value,
        "permutation": list(holds.permutation),
        "pairs": _pair_moves(claim, holds),
        "factors": [
            {"rows": [list(span) for span in f.rows], **number_json(f.value)} for f in factors
        ] or None,
        "advice": [{"part": advice.part, "text": advice.text} for advice in advice_for(holds.relation)],
        "code": None if holds.relation.rung <= UNTOUCHED.rung else {
            "numpy": weight_code("numpy", holds.permutation, idiom, factors),
            "torch": weight_code("torch", holds.permutation, idiom, factors),
        },
        "idiom": idiom
        and {
            "rows": [idiom.start, idiom.stop],
            "reshape": list(idiom.shape),
            "transpose": list(idiom.order),
            "flip": list(idiom.flipped),
            "numpy": idiom.code("numpy", width),
            "torch": idiom.code("torch", width),
        },
    }


def _pair_moves(claim: Claim, holds: Witness) -> list[JSON]:
    """For each target pair the source pair that feeds it, and the 2x2 map: lanes kept or swapped.

    Lanes that do not turn may be fed from two pairs; they are left out.
    """
    owner = {
        lane: (index, place)
        for index, pair in enumerate(claim.source.pairs)
        for place, lane in enumerate(pair.read)
    }
    moves = []
    for index, pair in enumerate(claim.target.pairs):
        fed = [owner.get(holds.permutation[lane]) for lane in pair.read]
        if fed[0] and fed[1] and fed[0][0] == fed[1][0]:
            word = "keep" if fed[0][1] < fed[1][1] else "swap"
            moves.append({"target": index, "source": fed[0][0], "map": word})
    return moves


def _refutation(fails: Refutation) -> JSON:
    found: JSON = {"relation": fails.relation.value}
    match fails:
        case TraceRefutation():
            parts = [{name: _plain(value) for name, value in part} for part in fails.position]
            return found | {
                "kind": "trace",
                "power": fails.power,
                "position": parts[0] if len(parts) == 1 else parts,
                "trace_source": bounds_json(fails.source),
                "trace_target": bounds_json(fails.target),
            }
        case NotRelativeRefutation():
            return found | {
                "kind": "not-relative",
                "side": fails.side,
                "lanes": [fails.query_lane, fails.key_lane],
                "position": [_token(token) for token in fails.tokens],
                "first": bounds_json(fails.first),
                "second": bounds_json(fails.second),
            }
        case ScoreRefutation():
            lanes, tokens, kind = [fails.query_lane, fails.key_lane], [fails.query, fails.key], "score"
        case EntryRefutation():
            lanes, tokens, kind = [fails.row, fails.column], [fails.token], "entry"
    return found | {
        "kind": kind,
        "lanes": lanes,
        "position": [_token(token) for token in tokens],
        "source": bounds_json(fails.source),
        "target": bounds_json(fails.target),
    }


def _token(token: Token) -> JSON:
    return {"feed": token.feed, "position": {name: _plain(value) for name, value in token.position}}


def _plain(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else str(value)


def _numeric(verdict: Verdict) -> JSON:
    shown, values = verdict.decision.counterexample, verdict.confirmation.values
    return {
        "passed": verdict.confirmation.passed,
        "comparisons": [
            {
                "what": c.what,
                "precision": c.precision,
                "error": float(f"{c.error:.3g}"),
                "tolerance": float(f"{c.tolerance:.3g}"),
                "passed": c.passed,
            }
            for c in verdict.confirmation.comparisons
        ],
        "counterexample": _counterexample(verdict.claim, shown, values) if shown and values else None,
    }


def _counterexample(
    claim: Claim, shown: ScoreRefutation | EntryRefutation, values: tuple[float, float]
) -> JSON:
    """The kernels as they are, weights untouched: lanes, tokens, each side's angle and value."""
    tokens = [shown.query, shown.key] if isinstance(shown, ScoreRefutation) else [shown.token]
    lanes = (
        [shown.query_lane, shown.key_lane]
        if isinstance(shown, ScoreRefutation)
        else [shown.row, shown.column]
    )
    found: JSON = {
        "kind": "score" if isinstance(shown, ScoreRefutation) else "output",
        "lanes": lanes,
        "tokens": [_token(token) for token in tokens],
        "snippet": write_snippet(claim, shown),
        "brief": brief_snippet(claim, shown),
    }
    for side, layout, value in (
        ("source", claim.source, values[0]),
        ("target", claim.target, values[1]),
    ):
        found[side] = {
            "angle": _angle(claim, side, lanes[-1], tokens),
            "value": float(f"{value:.7g}"),
            "pair": next((i for i, p in enumerate(layout.pairs) if lanes[-1] in p.read), None),
        }
    return found


def _angle(claim: Claim, side: str, lane: int, tokens: list[Token]) -> float | None:
    """The angle in radians by which `lane`'s pair turns from the first token to the last, if it is one."""
    layout = claim.source if side == "source" else claim.target
    pair = next((pair for pair in layout.pairs if lane in pair.read), None)
    if pair is None or len(pair.distinct_angles) > 1:
        return None
    places = [axis_positions(claim, token, side, layout.axes) for token in tokens]
    start = places[0] if len(places) == 2 else [Fraction(0)] * len(layout.axes)
    steps = zip(layout.axes, start, places[-1], strict=True)
    total = sum(to_float(pair.angle[axis]) * float(end - begin) for axis, begin, end in steps)
    if len(places) == 1:
        total += to_float(pair.angle.phase)
    return float(f"{total:.7g}")
