"""The report as text for a terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from prover.exact.display import show_pairs, told
from prover.reports.cause_report import uncaused_text
from prover.reports.text import columns, counted, far_words, plain, written_words

JSON = dict[str, Any]
MAX_FACTORS = 4
MAX_RANGES = 4


def render_text(found: JSON, certificate_path: str | None) -> str:
    """Plain text, a label a line."""
    lines = [first_line(found, found["verdict"].upper()), ""]
    lines += [
        _row("source", _named(found, "source")),
        _row("target", _named(found, "target")),
        _row("feeds", ", ".join(map(plain, found["feeds"]))),
        _row("relation", relation_words(found)),
    ]
    lines += _axes(found)
    lines += [_wrapped("differ", text) for text in _differ(found)]
    lines += [_wrapped("cause", text) for text in causes_of(found)]
    if found["explanation"]:
        lines.append(_wrapped("why", found["explanation"]))
    lines += [_wrapped("size", text) for text in sizes_of(found)]
    lines += [_wrapped("stored", text) for text in stored_of(found)]
    lines += [_wrapped("warning", text) for text in _warnings(found)]
    lines += [_wrapped("weights", line) for line in _weights(found)]
    lines.append(_row("proof", _proof(found, certificate_path)))
    lines += [_row("second", found["second_opinion"])] if found.get("second_opinion") else []
    lines += [_wrapped("numeric", line) for line in numeric_lines(found)]
    snippet = _snippet(found)
    if snippet:
        lines += ["", "# Counterexample, as Python to paste:", "", *snippet.splitlines()]
    code = found["witness"] and found["witness"]["code"]
    if code:
        lines += ["", "# Weights of all heads, as Python to paste:", "", *code["numpy"].splitlines()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def first_line(found: JSON, word: str) -> str:
    """The word and the headline; what weakens the word stands right behind it."""
    stored, headline = found.get("as_stored"), found["headline"]
    word += far_words(found.get("as_far_as") or {})
    if stored and stored["found"] == "choice":
        return f"{word} {headline[0].lower()}{headline[1:]}"
    return f"{word}: {headline}"


def stored_of(found: JSON) -> list[str]:
    """What is told of stored numbers, if there are any."""
    return [plain(found["as_stored"]["text"], 2000)] if found.get("as_stored") else []


def causes_of(found: JSON) -> list[str]:
    """Each cause, or that none was found."""
    if found.get("causes") or not found.get("fingerprint"):
        return [plain(cause["text"], 600) for cause in found.get("causes", [])]
    return [plain(uncaused_text(found["fingerprint"]), 600)]


def sizes_of(found: JSON) -> list[str]:
    """By how much the two differ, in a few lines; none where it is not asked."""
    return [plain(text, 1000) for text in found["size"]["text"]] if found.get("size") else []


def _row(label: str, text: str) -> str:
    return f"{label:<9} {text}"


def _wrapped(label: str, text: str) -> str:
    """A row of prose, broken at spaces only."""
    head = f"{label:<9} "
    return textwrap.fill(
        text, columns(100), initial_indent=head, subsequent_indent=" " * len(head),
        break_long_words=False, break_on_hyphens=False,
    )


def _named(found: JSON, side: str) -> str:
    return f"{plain(found[side])}  ({plain(found['titles'][side])})"


def _warnings(found: JSON) -> list[str]:
    return [f"{side}: {plain(text, 400)}" for side in ("source", "target") for text in found["warnings"][side]]


def relation_words(found: JSON) -> str:
    """The lowest relation that holds, the highest that is refuted, and what was allowed."""
    holds, fails, limit = found["relation"], found["refuted"], found["limit"]
    parts = [f"{holds} is the lowest that holds" if holds not in (None, "none") else
             "none holds" if holds == "none" else "none is known to hold"]
    if fails and holds != "none":
        parts.append(f"{fails} is refuted")
    if limit:
        parts.append(f"--relation {limit} was allowed")
    return "; ".join(parts)


def _axes(found: JSON) -> list[str]:
    source, target = found["axes"]["source"], found["axes"]["target"]
    if len({*source, *target} - {"."}) < 2 or max(len(source), len(target)) > 128:
        return []
    turned = set(found["lane_by_lane"]["turned_otherwise"])
    marks = "".join("^" if i in turned else " " for i in range(max(len(source), len(target))))
    rows = [_row("axes", f"{source}  source, one letter per pair")]
    rows.append(_row("", f"{target}  target"))
    return [*rows, _row("", marks)] if marks.strip() else rows


def _differ(found: JSON) -> list[str]:
    """What differs lane by lane, and what is left over after the best regrouping: two counts, each with its name."""
    if not found["lane_by_lane"]["text"]:
        return []
    lines = [f"lane by lane: {found['lane_by_lane']['text']}"]
    left = found["unmatched_pairs"]
    if left and found["relation"] not in ("identical", "equal-scores"):
        source, target = left["source"], left["target"]
        same = source == target
        what = (
            "none" if not source and not target else
            "the same pairs" if same and found["differing_pairs"] == left else
            f"{counted(len(source), 'pair')}: {show_pairs(source)}" if same else
            f"source pairs {show_pairs(source)}; target pairs {show_pairs(target)}"
        )
        why = ", by their magnitude alone" if found["relation"] == "pair-map" else ""
        lines.append(f"after the best regrouping: {what}{why}")
    return lines


def _weights(found: JSON) -> list[str]:
    witness = found["witness"]
    if not witness:
        return []
    lines = []
    if witness["code"]:
        lines.append(f"W_target_rows = W_source_rows[{_listed(witness['permutation'])}] in each head")
    if witness["factors"]:
        lines.append(f"factors: {factor_words(witness['factors'])}")
    return [*lines, *(f"{advice['part']}: {advice['text']}" for advice in witness["advice"])]


def factor_words(factors: list[JSON]) -> str:
    """Rows of a head and what they are multiplied by."""
    parts = []
    for entry in factors[:MAX_FACTORS]:
        rows = " and ".join(f"{a} to {b}" if a < b else str(a) for a, b in entry["rows"][:MAX_RANGES])
        if len(entry["rows"]) > MAX_RANGES:
            rows += f" and {counted(len(entry['rows']) - MAX_RANGES, 'more range')}"
        one = entry["rows"][0][0] == entry["rows"][-1][1]
        if entry["exact"] == "1":
            parts.append(f"row{'' if one else 's'} {rows} stay{'s' if one else ''}")
        else:
            parts.append(f"row{'' if one else 's'} {rows}: multiply by {told(entry)}")
    more = len(factors) - MAX_FACTORS
    return "; ".join(parts) + (f"; {counted(more, 'more factor')}, all of them in --json" if more > 0 else "")


def _listed(values: list[int]) -> str:
    if len(values) <= 16:
        return ", ".join(map(str, values))
    return f"{', '.join(map(str, values[:8]))}, ..., {', '.join(map(str, values[-2:]))}"


def _proof(found: JSON, path: str | None) -> str:
    if not found["certificate"]:
        return "no evidence was found either way"
    return f"{found['certificate']}, accepted by the checker{plain(written_words(path), 4000)}"


def numeric_lines(found: JSON) -> list[str]:
    """What the kernels that were run gave, a line each, and the counterexample."""
    lines = []
    for c in found["numeric"]["comparisons"]:
        state = "as proved" if c["passed"] else "NOT as proved"
        if c["what"].startswith("kernels were not run"):
            lines.append(c["what"])
            continue
        if c["what"].startswith("negative control"):
            state = "exceeds the tolerance, as it must" if c["passed"] else "DOES NOT exceed the tolerance"
        lines.append(
            f"{c['precision']} {c['what']}: error {c['error']:.2g}, tolerance {c['tolerance']:.2g}, {state}"
        )
    shown = found["numeric"]["counterexample"]
    if shown:
        lanes = shown["lanes"]
        what = (
            f"score of q one-hot at lane {lanes[0]}, k one-hot at lane {lanes[1]}"
            if shown["kind"] == "score"
            else f"output lane {lanes[0]} of x one-hot at lane {lanes[1]}"
        )
        sides = "; ".join(
            f"{side} {shown[side]['value']}"
            + (f" (angle {shown[side]['angle']})" if shown[side]["angle"] is not None else
               " (passes)" if shown[side]["pair"] is None else " (several angles)")
            for side in ("source", "target")
        )
        at = " to ".join(_place(token) for token in shown["tokens"])
        lines.append(f"counterexample, {at}: {what}: {sides}")
    return lines


def _place(token: JSON) -> str:
    return ", ".join(f"{k}={v}" for k, v in token["position"].items()) or "0"


def _snippet(found: JSON) -> str | None:
    shown = found["numeric"]["counterexample"]
    return shown["snippet"] if shown else None
