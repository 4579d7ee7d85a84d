"""What is told of stored numbers: the choice that a verdict as stored rests on, or that there is none."""

from __future__ import annotations

from typing import Any

from prover.claims.relation import Outcome
from prover.exact.display import show_number
from prover.exact.number import Exact, exact
from prover.exact.storing import StoredNumber
from prover.exact.text import number_text
from prover.verdicts.verdict import AsStored, Found

JSON = dict[str, Any]
MAX_LISTED = 4
_WORDS = {Found.CHOICE: "choice", Found.NONE_EXISTS: "none-exists", Found.NONE_FOUND: "none-found"}


def stored_words(found: AsStored) -> str:
    """The weakening in a headline's words, such as: as stored in float32, up to 3 ulps off."""
    off = f", up to {found.ulps} ulp{'s' * (found.ulps > 1)} off" if found.ulps else ""
    return f"as stored in {' and '.join(found.formats)}{off}"


def stored_told(found: JSON | None) -> str:
    """The same words from `stored_json`, behind a comma; nothing unless a choice was made."""
    if not found or found["found"] != _WORDS[Found.CHOICE]:
        return ""
    ulps = found["ulps"]
    return f", as stored in {found['format']}" + (f", up to {ulps} ulp{'s' * (ulps > 1)} off" if ulps else "")


def farther_words(ulps: int, better: Outcome) -> str:
    """What a little more than the last rounding would make of a difference, as a sentence."""
    return (f"What differs is the last digits of stored numbers: {better.value.upper()} if they may be up to {ulps} "
            f"ulp{'s' * (ulps > 1)} off (--ulps {ulps}).")


def stored_json(found: AsStored) -> JSON:
    """All open numbers with what is stored and what was chosen, and a sentence."""
    return {
        "found": _WORDS[found.found],
        "format": " and ".join(found.formats),
        "ulps": found.ulps,
        "farther": found.farther and {"ulps": found.farther[0], "verdict": found.farther[1].value},
        "numbers": [
            {
                "parameter": _parameter(number),
                "side": number.name.partition(".")[0],
                "format": number.format.name,
                "stored": number.shown,
                "chosen": None if chosen is None else number_text(chosen),
            }
            for number, chosen in found.numbers
        ],
        "taken_exactly": list(found.exactly),
        "text": _sentence(found),
    }


def _parameter(number: StoredNumber) -> str:
    """As a layout calls it: base, freq_factors[3]."""
    name, _, entry = number.name.partition(".")[2].partition(".")
    return f"{name}[{entry}]" if entry else name


def _sentence(found: AsStored) -> str:
    stands = "a stored number stands for every real that rounds to it"
    if found.ulps:
        stands += f" or to one of the {found.ulps} next ones on either side"
    if found.found is Found.CHOICE:
        text = f"{stands}; chosen here: {_chosen(found)}. --exact takes stored numbers as they are."
    elif found.found is Found.NONE_EXISTS:
        text = f"{stands}; no choice makes up for the difference, and the intervals above hold for all of them."
    elif found.farther:
        text = f"{stands}; the answer takes them exactly."
    elif found.numbers:
        text = (f"{stands}; the answer takes them exactly. No choice was found that leads to more; there may be one. "
                "Numbers that were worked out in few digits before they were stored are farther off: --ulps N.")
    else:
        text = "the answer takes stored numbers exactly."
    if found.farther:
        text += f" {farther_words(*found.farther)}"
    if found.exactly:
        text += f" Taken exactly as stored: {', '.join(name.replace('.', ' ', 1) for name in found.exactly)}."
    return text[0].upper() + text[1:]


def _chosen(found: AsStored) -> str:
    moved = [(n, c) for n, c in found.numbers if c is not None and c != exact(n.value)]
    parts = [_pair(number, chosen) for number, chosen in moved[:MAX_LISTED]]
    if len(moved) > MAX_LISTED:
        parts.append(f"{len(moved) - MAX_LISTED} more, all of them in --json")
    if len(moved) < len(found.numbers):
        parts.append(f"of {len(found.numbers) - len(moved)} others what is stored")
    return "; ".join(parts)


def _pair(number: StoredNumber, chosen: Exact) -> str:
    side = number.name.partition(".")[0]
    return f"{side} {_parameter(number)} = {show_number(chosen)} for {number.shown}"
