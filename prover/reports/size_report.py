"""By how much two layouts differ, as JSON types and in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from prover.claims.claim import Claim
from prover.repair.interval import decimal_text
from prover.repair.size import AngleSize, Place, Ratio, ScoreSize, Size

JSON = dict[str, Any]
NEAR = Fraction(999, 1000)
NEAR_ONE = Fraction(1, 10**5)


def size_json(claim: Claim, found: Size | None) -> JSON | None:
    """Bounds as two decimals, places with pairs and distances, and the lines that people read."""
    if found is None:
        return None
    return {
        "positions": found.positions,
        "held": found.held and found.held.value,
        "pairs": found.pairs,
        "angle": found.angle and {
            "radians": list(found.angle.radians.texts()),
            "degrees": list(found.angle.degrees.texts()),
            "passes_half_turn": found.angle.half_turn,
            "exceeds": [{"radians": decimal_text(each), "from": least} for each, least in found.angle.exceeds],
            "below_float32_step": found.angle.below_float32,
            **_place_json(claim, found.angle.place),
        },
        "score": found.score and {
            "bounds": list(found.score.bounds.texts()), **_place_json(claim, found.score.place)
        },
        "frequency_ratios": [_ratio_json(claim, ratio) for ratio in found.frequency_ratios],
        "score_ratios": [_ratio_json(claim, ratio) for ratio in found.score_ratios],
        "reason": found.reason or None,
        "text": size_lines(claim, found),
    }


def _place_json(claim: Claim, place: Place) -> JSON:
    return {
        "source_pair": place.source_pair, "target_pair": place.target_pair, "feed": claim.feeds[place.feed].name,
        "distance": dict(place.distance) or None,
    }


def _ratio_json(claim: Claim, ratio: Ratio) -> JSON:
    found = _place_json(claim, ratio.place)
    del found["distance"]
    return {"bounds": list(ratio.bounds.texts()), **found}


def size_lines(claim: Claim, found: Size) -> list[str]:
    """What a person wants of it: angles, scores, frequencies; or why it is not known."""
    if found.reason or found.held is None:
        return [f"by how much they differ up to distance {found.positions} is not told: {found.reason}"]
    head = f"up to distance {found.positions}, {found.held.value}: "
    lines = [_angle(claim, found.angle)] if found.angle else []
    lines += [_score(claim, found.score, found.score_ratios)] if found.score else []
    lines += [_frequencies(found.frequency_ratios, found.angle)] if found.angle else []
    return [f"{head}{lines[0]}", *lines[1:]]


def _angle(claim: Claim, angle: AngleSize) -> str:
    radians, degrees = angle.radians.texts()[1], angle.degrees.texts()[1]
    text = f"an angle differs by at most {radians} rad ({degrees} degrees), in {_where(claim, angle.place)}"
    if angle.half_turn:
        text += "; that is past pi, where turns come round again"
    if angle.below_float32:
        text += "; in every pair less than one float32 step of its angle there"
    return text


def _score(claim: Claim, score: ScoreSize, ratios: Sequence[Ratio]) -> str:
    low, high = score.bounds.lower, score.bounds.upper
    text = f"one score of q and k of length 1 differs by at most {score.bounds.texts()[1]}"
    text += f", and by {score.bounds.texts()[0]}" if low < high * NEAR else ""
    text += f", in {_where(claim, score.place)}"
    if ratios:
        told = [f"{_short(ratio)} in {_pairs(ratio.place)}" for ratio in ratios]
        times = " to ".join(told) if len(told) > 1 else _short(ratios[0])
        text += f"; scores of the target over the source where magnitudes differ: {times}"
    return text


def _frequencies(ratios: Sequence[Ratio], angle: AngleSize) -> str:
    parts = []
    if ratios:
        names = ("the slowest pair", "the fastest") if len(ratios) > 1 else ("the only one",)
        told = [f"{_short(ratio)} in {_pairs(ratio.place)}, {name} that differs"
                for ratio, name in zip(ratios, names, strict=True)]
        parts.append(f"frequency of the source over the target: {'; '.join(told)}")
    above = [f"{decimal_text(each)} rad from {least} on" for each, least in angle.exceeds if least is not None]
    never = [
        f"never up to that distance by more than {decimal_text(each)} rad" for each, least in angle.exceeds
        if least is None
    ]
    above = [f"by more than {', '.join(above)}", *never[:1]] if above else never[:1]
    return "; ".join([*parts, f"an angle differs {', '.join(above)}"])


def _short(ratio: Ratio) -> str:
    """A ratio in a few digits; one that is nearly 1 by what it lacks."""
    middle = (ratio.bounds.lower + ratio.bounds.upper) / 2
    off = middle - 1
    if off and abs(off) < NEAR_ONE:
        return f"1 {'-' if off < 0 else '+'} {decimal_text(abs(off), 2)}"
    return decimal_text(middle, 8)


def _where(claim: Claim, place: Place) -> str:
    """The pair, and where two tokens are so far apart."""
    if not place.distance:
        return f"{_pairs(place)} where its angles differ by pi"
    apart = [each for each in place.distance if each[1]] or place.distance[:1]
    at = ", ".join(f"{name}={n}" for name, n in apart)
    feed = f" fed as {claim.feeds[place.feed].name}" if len(claim.feeds) > 1 else ""
    return f"{_pairs(place)} at distance {at}{feed}"


def _pairs(place: Place) -> str:
    source, target = place.source_pair, place.target_pair
    if source == target and source is not None:
        return f"pair {source}"
    if source is None or target is None:
        side, pair = ("source", source) if target is None else ("target", target)
        return "lanes without a pair" if pair is None else f"pair {pair} of the {side} against lanes that pass"
    return f"pair {source} of the source against {target} of the target"
