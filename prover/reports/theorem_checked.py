"""What an accepted theorem certificate says, from the certificate and its checker alone."""

from __future__ import annotations

from typing import Any

from prover.reports.text import labelled_text, plain
from prover.theorem_checker import Accepted
from prover.theorems.certificate import NOT_ALWAYS
from prover.theorems.evidence import strength_of

JSON = dict[str, Any]


def proved_text(root: JSON) -> str:
    """The answer in a sentence."""
    answer = root["answer"]
    where = " and ".join(answer["condition"])
    if answer["scope"] == "always":
        return f"'{answer['relation']}' holds"
    if answer["scope"] == "never":
        return f"'{answer['elsewhere']}' fails"
    if answer["scope"] == NOT_ALWAYS:
        ((_, pair),) = root["evidence"]["refutation"]["witness"]
        at = "; ".join(f"{name}={v if isinstance(v, str) else ','.join(v)}"
                       for name, v in root["evidence"]["points"]["fails"].items())
        return f"'{answer['elsewhere']}' fails at {at}, where pair {pair} differs"
    return f"'{answer['relation']}' holds where {where}, and '{answer['elsewhere']}' fails elsewhere"


def theorem_checked_json(root: JSON, found: Accepted) -> JSON:
    """Its digest, strength and statement, and what it calls its layouts and feeds."""
    return {
        "digest": root["digest"], "proved": proved_text(root), "strength": strength_of(found),
        "scope": root["answer"]["scope"], "for_all": [each["name"] for each in root["variables"]],
        "source": root["source"]["name"], "target": root["target"]["name"],
        "feeds": [feed["name"] for feed in root["feeds"]],
    }


def theorem_story(root: JSON, found: Accepted) -> list[tuple[str, str]]:
    """Label and text, line by line: the statement in the checker's words, and how each part of it was shown."""
    rows = [("states", plain(sentence, 4000)) for sentence in found.statement]
    rows += [(_by(each.discharged), plain(each.sentence, 1000)) for each in found.obligations]
    rows += [("instance", plain(_instance(each), 4000)) for each in root["evidence"]["instances"]]
    return [*rows, ("strength", strength_of(found)), ("digest", root["digest"])]


def theorem_story_json(root: JSON, found: Accepted, file: str) -> JSON:
    """The story as JSON types. `file`: where the certificate stands."""
    told = [{"about": label, "text": text} for label, text in theorem_story(root, found)]
    return {"schema": "rope-prover/explain/1", "file": file or None, "names_checked": False, "story": told}


def theorem_story_text(root: JSON, found: Accepted, file: str) -> str:
    """The story for a terminal."""
    return labelled_text(f"accepted {plain(file, 1400)}".strip(), theorem_story(root, found))


def _instance(root: JSON) -> str:
    """What a certificate of a single size in it says: the checker of verdicts has accepted it, too."""
    holds, fails = (root[key] and root[key]["relation"] for key in ("holds", "fails"))
    said = " and ".join([f"'{holds}' holds"] * bool(holds) + [f"'{fails}' fails"] * bool(fails))
    names = " -> ".join(root[side]["name"] for side in ("source", "target"))
    return f"{said} for what it calls {names}, accepted by the checker of single sizes"


def _by(discharged: str) -> str:
    return discharged.partition(":")[0]
