"""What is told of the cause of a difference, as JSON types and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prover.claims.relation import Outcome, Relation
from prover.exact.display import show_pairs
from prover.repair.asked import Cause
from prover.repair.facts import Fact
from prover.repair.fingerprint import Mark, fingerprint
from prover.repair.laws import Applied
from prover.verdicts.certificate import digest_of
from prover.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from prover.repair.measured_cause import MeasuredCause

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    """Of a side that is a model, by the names of parameters: where each is from, and where a person would write it."""

    origins: Mapping[str, str]
    written: Mapping[str, str]


NO_KEYS = Keys({}, {})
WIDEST = 60
_LANES_KEYS = ("dimension_count", "partial_rotary_factor")  # which say how many lanes are rotated, and the share
_THEN = {
    Relation.IDENTICAL: "the two are identical",
    Relation.EQUAL_SCORES: "the scores are equal with the weights as they are",
    Relation.PERMUTATION: "a permutation of rows is all that is left",
}
_MARKS = {  # of several pairs, and of one
    "slower": ("turn slower in the target,", "turns slower in the target,"),
    "faster": ("turn faster in the target,", "turns faster in the target,"),
    "back": ("turn the other way", "turns the other way"),
    "axes": ("turn with other axes", "turns with other axes"),
    "angles": ("have other angles for sine and cosine", "has other angles for sine and cosine"),
    "source": ("turn in the source alone", "turns in the source alone"),
    "target": ("turn in the target alone", "turns in the target alone"),
    "magnitude": ("have another magnitude in the target,", "has another magnitude in the target,"),
    "lanes": ("lie on other lanes", "lies on other lanes"),
    "same": ("are the same", "is the same"),
}


def causes_json(
    causes: Sequence[Cause], sides: Sequence[Keys] = (NO_KEYS, NO_KEYS), is_whole: bool = True
) -> list[JSON]:
    """All of them; where there are several, each alone would do, and their texts say so. `is_whole`: with digests."""
    texts = causes_text(causes, sides)
    return [cause_json(cause, is_whole) | {"text": text} for cause, text in zip(causes, texts, strict=True)]


def cause_json(cause: Cause, is_whole: bool = True) -> JSON:
    """What is otherwise, its values as they are and as they would have to be, and what is proved of the changed side.

    Of laws there are the words, and the numbers in them; a layout that a law changes has no spec.
    """
    return {
        "side": "source" if cause.is_lost else "target",
        "facts": _facts_json(cause.facts),
        "laws": _laws_json(cause.laws),
        "then": cause.relation.value,
        "spec": cause.spec,
        "certificate": digest_of(cause.certificate) if is_whole and cause.certificate else None,
        "text": cause_text(cause),
    }


def _facts_json(facts: Sequence[Fact]) -> list[JSON]:
    return [{"what": fact.thing, "is": dict(fact.was), "would_be": dict(fact.needed)} for fact in facts]


def _laws_json(laws: Sequence[Applied]) -> list[JSON]:
    return [
        {"what": law.name, "fault": law.fault, "change": law.change, "values": dict(law.values)} for law in laws
    ]


def cause_text(cause: Cause, keys: Keys = NO_KEYS) -> str:
    """A sentence. `keys`: of the changed side, if they are known."""
    then = _THEN.get(cause.relation, f"'{cause.relation.value}' holds")
    then = f"of the layouts alone, {then}" if cause.is_alone else then
    side = "source" if cause.is_lost else "target"
    faults = [f"{fact.thing}: the {side} has {_named(fact, keys.origins)}" for fact in cause.facts]
    faults += [f"{law.name}: {law.fault}" for law in cause.laws]
    needed = " and ".join(_needed(fact, {} if cause.is_lost else keys.written) for fact in cause.facts)
    kernel = f"to be changed in the target's kernel: {', and '.join(law.change for law in cause.laws)}"
    if cause.is_lost and not cause.laws:
        return f"{' and '.join(faults)}; the target computes what the source would with {needed}: {then} (proved)"
    if not cause.laws:
        return f"{' and '.join(faults)}; with {needed} {then} (proved)"
    if cause.is_lost and cause.facts:
        would = f"the target computes what the source would with {needed} once its kernel is changed"
        change = ", and ".join(law.change for law in cause.laws)
        return f"{'; and '.join(faults)}; {would}: {change}; then {then} (proved)"
    return f"{'; and '.join(faults)}; {f'with {needed}, and ' if needed else ''}{kernel}; then {then} (proved)"


def causes_text(causes: Sequence[Cause], sides: Sequence[Keys] = (NO_KEYS, NO_KEYS)) -> list[str]:
    """Each cause in a sentence. `sides`: keys of the source and of the target."""
    return _alternatives([cause_text(cause, sides[0] if cause.is_lost else sides[1]) for cause in causes])


def _alternatives(texts: list[str]) -> list[str]:
    return texts if len(texts) == 1 else [f"{'or' if place else 'either'} {text}" for place, text in enumerate(texts)]


def measured_json(causes: Sequence[MeasuredCause]) -> list[JSON]:
    """With what a layout would conform to a measured table."""
    return [
        {"facts": _facts_json(cause.facts), "laws": _laws_json(cause.laws), "spec": cause.spec, "text": text,
         "strength": "numeric only", "largest_relative_error": cause.found.largest_error}
        for cause, text in zip(causes, measured_texts(causes), strict=True)
    ]


def measured_texts(causes: Sequence[MeasuredCause]) -> list[str]:
    """The same, each in a sentence."""
    texts = []
    for cause in causes:
        faults = [f"{fact.thing}: the layout has {_named(fact, {})}" for fact in cause.facts]
        faults += [f"{law.name}: {law.fault}" for law in cause.laws]
        changes = [_needed(fact, {}) for fact in cause.facts] + [f"this change: {law.change}" for law in cause.laws]
        texts.append(f"{'; and '.join(faults)}; with {', and '.join(changes)}, the layout conforms (numeric only)")
    return _alternatives(texts)


def fingerprint_json(verdict: Verdict) -> JSON | None:
    """What differs, pair by pair of one index, of what is not the same as it is; None where that is not so."""
    if verdict.outcome not in (Outcome.DIFFERENT, Outcome.CONVERTIBLE):
        return None
    marks = fingerprint(verdict.claim)
    return {
        "marks": [{"kind": m.kind, "pairs": list(m.pairs), "times": m.times and list(m.times)} for m in marks],
        "text": "; ".join(_mark_text(mark) for mark in marks),
    }


def uncaused_text(found: JSON) -> str:
    """What is told where no cause was found."""
    return f"no single cause found, which does not prove that there is none: {found['text']}"


def _mark_text(mark: Mark) -> str:
    one = len(mark.pairs) == 1
    words = _MARKS[mark.kind][one]
    text = f"pair{'' if one else 's'} {show_pairs(mark.pairs)} {words}"
    if mark.times is None:
        return text
    low, high = (f"{size:.4g}" for size in mark.times)
    return f"{text} {low if low == high else f'{low} to {high}'} times"


def _needed(fact: Fact, written: Mapping[str, str]) -> str:
    (name, first), *more = fact.needed
    value = dict(zip(_LANES_KEYS, fact.lanes or (), strict=False)).get(written.get(name, name).rpartition(".")[2])
    key = f" (write {written[name]}{f': {value}' if value else ''})" if written.get(name, name) != name else ""
    also = f" ({', '.join(f'{key}={_short(value)}' for key, value in more)})" if more else ""
    return f"{name}={_short(first)}{also}{key}" if first else f"{name} left out"


def _named(fact: Fact, origins: Mapping[str, str]) -> str:
    """The thing as it is: under which name, with which value, and from which key."""
    (name, value), *_ = fact.was
    key = "by default" if fact.is_default else origins.get(name, "")
    if value == "":
        return f"{name} not given"
    return f"{name}={_short(value or 'none')}" + (f" ({key})" if key and key != name else "")


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST - 1]}…"
