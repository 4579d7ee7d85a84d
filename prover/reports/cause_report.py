"""What is told of the cause of a difference, as JSON types and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prover.claims.relation import Relation
from prover.repair.cause import Cause, Fact

JSON = dict[str, Any]
WIDEST = 60
_THEN = {
    Relation.IDENTICAL: "the two are identical",
    Relation.EQUAL_SCORES: "the scores are equal with the weights as they are",
    Relation.PERMUTATION: "a permutation of rows is all that is left",
}


def cause_json(cause: Cause) -> JSON:
    """The facts with their values as they are and as they would have to be, and what is proved of the changed side."""
    return {
        "side": "source" if cause.is_lost else "target",
        "facts": [
            {"what": fact.thing, "is": dict(fact.was), "would_be": dict(fact.needed)} for fact in cause.facts
        ],
        "then": cause.relation.value,
        "spec": cause.spec,
        "text": cause_text(cause),
    }


def cause_text(cause: Cause, origins: Mapping[str, str] | None = None) -> str:
    """A sentence. `origins`: from which key each value of the changed side comes, if that is known."""
    then = _THEN.get(cause.relation, f"'{cause.relation.value}' holds")
    side = "source" if cause.is_lost else "target"
    facts = " and ".join(
        f"{fact.thing}: the {side} has {_named(fact, origins or {})}" for fact in cause.facts
    )
    needed = " and ".join(_needed(fact) for fact in cause.facts)
    if cause.is_lost:
        return f"{facts}; the target computes what the source would with {needed}: {then} (proved)"
    return f"{facts}; with {needed} {then} (proved)"


def causes_text(causes: Sequence[Cause], origins: Sequence[Mapping[str, str]] = ({}, {})) -> list[str]:
    """Each cause in a sentence. `origins`: of the source's and of the target's values."""
    return [cause_text(cause, origins[0] if cause.is_lost else origins[1]) for cause in causes]


def _needed(fact: Fact) -> str:
    (name, first), *more = fact.needed
    also = f" ({', '.join(f'{key}={_short(value)}' for key, value in more)})" if more else ""
    return f"{name}={_short(first)}{also}"


def _named(fact: Fact, origins: Mapping[str, str]) -> str:
    """The thing as it is: under which name, with which value, and from which key."""
    (name, value), *_ = fact.was
    key = "by default" if fact.is_default else origins.get(name, "")
    return f"{name}={_short(value or 'none')}" + (f" ({key})" if key and key != name else "")


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST - 1]}…"
