"""Numbers and angles of an answer to six digits, for a narrow column."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


def digits(number: JSON) -> str:
    """A number to six digits; its exact text where it has no value."""
    return str(number["exact"]) if number["value"] is None else f"{number['value']:.6g}"


def turn_text(angle: JSON) -> str:
    """An angle as a sum over axes."""
    parts = [f"{digits(number)} {axis}" for axis, number in angle["frequencies"].items()]
    return " + ".join([*parts, *([digits(angle["phase"])] if "phase" in angle else [])]) or "0"
