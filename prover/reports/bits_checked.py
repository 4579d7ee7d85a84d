"""What an accepted certificate about bits says, from the certificate and its checker alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from prover.bits_checker import Accepted
from prover.reports.text import labelled_text, plain

JSON = dict[str, Any]
_SIDES = ("source", "target")


def bits_proved_text(root: JSON) -> str:
    """The answer in a sentence."""
    answer, width = root["answer"], root["source"]["width"]
    if answer["bits"] == "equal":
        same = f"the bits of all {width} lanes are the same at every position at which all numbers are finite"
        return f"{same}{_premise(root)}"
    at = ", ".join(f"{name}={value}" for name, value in answer["position"].items())
    ours, theirs = answer["outputs"]
    compiled = " and ".join(answer["compiled"])
    fused = f", compiled with {compiled}" if any(root[side]["recipe"]["contract"] for side in _SIDES) else ""
    return f"the bits differ at {at or 'every position'}, lane {answer['lane']}: {ours} and {theirs}{fused}"


def _premise(root: JSON) -> str:
    """What an equality holds for, and what it is said of."""
    recipes = [root[side]["recipe"] for side in _SIDES]
    fused = ", whichever products a compiler fuses with sums" if any(own["contract"] for own in recipes) else ""
    least = max(Fraction(own["least"]) for own in recipes)
    small = f", of heads, cosines and sines that are 0 or not below 2**-{least.denominator.bit_length() - 1}"
    return fused + small * bool(least)


def bits_checked_json(root: JSON) -> JSON:
    """Its digest, strength and statement, and what it calls its kernels and feeds."""
    return {
        "digest": root["digest"], "proved": bits_proved_text(root), "strength": "checked",
        "bits": root["answer"]["bits"], "source": root["source"]["name"], "target": root["target"]["name"],
        "feeds": [feed["name"] for feed in root["feeds"]],
    }


def bits_story_json(root: JSON, found: Accepted, file: str) -> JSON:
    """The story as JSON types. `file`: where the certificate stands."""
    told = [{"about": label, "text": text} for label, text in _story(root, found)]
    return {"schema": "rope-prover/explain/1", "file": file or None, "names_checked": False, "story": told}


def bits_story_text(root: JSON, found: Accepted, file: str) -> str:
    """The story for a terminal."""
    return labelled_text(f"accepted {plain(file, 1400)}".strip(), _story(root, found))


def _story(root: JSON, found: Accepted) -> list[tuple[str, str]]:
    """Label and text, line by line: the statement in the checker's words."""
    rows = [("states", plain(sentence, 4000)) for sentence in found.statement]
    return [*rows, ("strength", "checked"), ("digest", root["digest"])]
