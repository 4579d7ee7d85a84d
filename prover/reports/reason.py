"""Why a verdict is not that all is well, in a sentence or two: what differs first, or which rows move."""

from __future__ import annotations

from prover.claims.relation import Outcome
from prover.reports.differences import lane_by_lane
from prover.reports.explain import class_at_fault, headline
from prover.reports.idiom import find_idiom
from prover.verdicts.verdict import Found, Verdict


def said(verdict: Verdict | None, fault: str) -> str:
    """The answer in one sentence, or why there is none."""
    return headline(verdict) if verdict is not None else f"Nothing was decided: {fault}"


def reason(verdict: Verdict | None, fault: str) -> tuple[str, str]:
    """What came out and all that differs; and the first that differs, or what has to be done. Empty where all is well.

    Answers about one part under several modalities often have the first alike.
    """
    if verdict is None:
        return said(verdict, fault), ""
    if verdict.outcome is Outcome.EQUIVALENT:
        return "", ""
    differs = lane_by_lane(verdict.claim, verdict.decision).sentence()
    first = f"{headline(verdict)} {differs[0].upper()}{differs[1:]}." if differs else headline(verdict)
    return first, " ".join([*class_at_fault(verdict), *_rows(verdict), *_stored(verdict)])


def _rows(verdict: Verdict) -> list[str]:
    """How the rows of a head move, where moving them is enough and has a short name."""
    holds = verdict.decision.holds
    if holds is None or verdict.outcome is not Outcome.CONVERTIBLE:
        return []
    idiom = find_idiom(holds.permutation)
    return [f"In each head of W_q and W_k: {idiom.code('numpy', len(holds.permutation))}."] if idiom else []


def _stored(verdict: Verdict) -> list[str]:
    """Numbers that a converter computed in its own way may be off by more than their last rounding."""
    stored = verdict.as_stored
    if stored is None or stored.farther or stored.found is not Found.NONE_FOUND or (
        verdict.outcome is not Outcome.DIFFERENT
    ):
        return []
    formats = " and ".join(stored.formats)
    off = f" and {stored.ulps} ulp{'s' * (stored.ulps > 1)} more" if stored.ulps else ""
    return [f"Numbers stored in {formats} may be off by their rounding{off}; --ulps N allows more."] if formats else []
