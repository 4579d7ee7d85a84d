"""The report as text for a terminal and as Markdown for a review."""

from __future__ import annotations

import textwrap
from typing import Any

from prover.exact.display import show_pairs, told
from prover.reports.cause_report import uncaused_text
from prover.reports.text import code_markdown, columns, escape_markdown, far_words, markdown_prose, plain, turns_text

JSON = dict[str, Any]
MAX_ROWS = 24
MAX_FACTORS = 4
MAX_RANGES = 4


def render_text(found: JSON, certificate_path: str | None) -> str:
    """Plain text, a label a line."""
    lines = [_first_line(found, found["verdict"].upper()), ""]
    lines += [
        _row("source", _named(found, "source")),
        _row("target", _named(found, "target")),
        _row("feeds", ", ".join(map(plain, found["feeds"]))),
        _row("relation", _relation(found)),
    ]
    lines += _axes(found)
    lines += [_wrapped("differ", text) for text in _differ(found)]
    lines += [_wrapped("cause", text) for text in _causes(found)]
    if found["explanation"]:
        lines.append(_wrapped("why", found["explanation"]))
    lines += [_wrapped("size", text) for text in _size(found)]
    lines += [_wrapped("stored", text) for text in _stored(found)]
    lines += [_wrapped("warning", text) for text in _warnings(found)]
    lines += [_wrapped("weights", line) for line in _weights(found)]
    lines.append(_row("proof", _proof(found, certificate_path)))
    lines += [_row("second", found["second_opinion"])] if found.get("second_opinion") else []
    lines += [_wrapped("numeric", line) for line in _numeric(found)]
    snippet = _snippet(found)
    if snippet:
        lines += ["", "# Counterexample, as Python to paste:", "", *snippet.splitlines()]
    code = found["witness"] and found["witness"]["code"]
    if code:
        lines += ["", "# Weights of all heads, as Python to paste:", "", *code["numpy"].splitlines()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_markdown(found: JSON, certificate_path: str | None) -> str:
    """A pull-request comment."""
    lines = [
        f"### {markdown_prose(_first_line(found, found['verdict'].capitalize()))}",
        "",
        "| | |",
        "|---|---|",
        f"| source | {code_markdown(found['source'])} {escape_markdown(found['titles']['source'])} |",
        f"| target | {code_markdown(found['target'])} {escape_markdown(found['titles']['target'])} |",
        f"| feeds | {', '.join(code_markdown(feed) for feed in found['feeds'])} |",
        f"| relation | {markdown_prose(_relation(found))} |",
        "",
    ]
    lines += [f"Cause: {markdown_prose(text)}.\n" for text in _causes(found)]
    if found["explanation"]:
        lines += [markdown_prose(found["explanation"]), ""]
    lines += [f"- {markdown_prose(f'size {text}')}" for text in _size(found)] + [""] * bool(_size(found))
    lines += [f"{markdown_prose(text)}\n" for text in _stored(found)]
    lines += [f"> Warning: {markdown_prose(text)}\n" for text in _warnings(found)]
    lines += [f"- {markdown_prose(f'differ {text}')}" for text in _differ(found)] + [""]
    lines += _difference_table(found) if found["verdict"] in ("different", "undecided") else []
    lines += _weight_code(found)
    snippet = _snippet(found)
    if snippet:
        lines += ["<details><summary>Counterexample in NumPy</summary>", "", "```python"]
        lines += [snippet.rstrip(), "```", "", "</details>", ""]
    lines += [f"Proof: {markdown_prose(_proof(found, None))}."]
    if found["certificate"]:
        where = certificate_path or "FILE"
        again = "" if certificate_path else " (write it with `--certificate FILE`)"
        lines += [f"Check it with {code_markdown('rope-prover check ' + where)}{again}."]
    second = [found["second_opinion"]] if found.get("second_opinion") else []
    lines += ["", *(f"- {markdown_prose(line)}" for line in (*second, *_numeric(found)))]
    return "\n".join(lines).rstrip() + "\n"


def _first_line(found: JSON, word: str) -> str:
    """The word and the headline; what weakens the word stands right behind it."""
    stored, headline = found.get("as_stored"), found["headline"]
    word += far_words(found.get("as_far_as") or {})
    if stored and stored["found"] == "choice":
        return f"{word} {headline[0].lower()}{headline[1:]}"
    return f"{word}: {headline}"


def _stored(found: JSON) -> list[str]:
    return [plain(found["as_stored"]["text"], 2000)] if found.get("as_stored") else []


def _causes(found: JSON) -> list[str]:
    """Each cause, or that none was found."""
    if found.get("causes") or not found.get("fingerprint"):
        return [plain(cause["text"], 600) for cause in found.get("causes", [])]
    return [plain(uncaused_text(found["fingerprint"]), 600)]


def _size(found: JSON) -> list[str]:
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


def _relation(found: JSON) -> str:
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
            f"{len(source)} pairs: {show_pairs(source)}" if same else
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
        lines.append(f"factors: {_factors(witness['factors'])}")
    return [*lines, *(f"{advice['part']}: {advice['text']}" for advice in witness["advice"])]


def _factors(factors: list[JSON]) -> str:
    """Rows of a head and what they are multiplied by."""
    parts = []
    for entry in factors[:MAX_FACTORS]:
        rows = " and ".join(f"{a} to {b}" if a < b else str(a) for a, b in entry["rows"][:MAX_RANGES])
        if len(entry["rows"]) > MAX_RANGES:
            rows += f" and {len(entry['rows']) - MAX_RANGES} more ranges"
        one = entry["rows"][0][0] == entry["rows"][-1][1]
        if entry["exact"] == "1":
            parts.append(f"row{'' if one else 's'} {rows} stay{'s' if one else ''}")
        else:
            parts.append(f"row{'' if one else 's'} {rows}: multiply by {told(entry)}")
    more = len(factors) - MAX_FACTORS
    return "; ".join(parts) + (f"; {more} more factors, all of them in --json" if more > 0 else "")


def _listed(values: list[int]) -> str:
    if len(values) <= 16:
        return ", ".join(map(str, values))
    return f"{', '.join(map(str, values[:8]))}, ..., {', '.join(map(str, values[-2:]))}"


def _proof(found: JSON, path: str | None) -> str:
    if not found["certificate"]:
        return "no evidence was found either way"
    where = f", written to {plain(path)}; check it with: rope-prover check {plain(path)}" if path else ""
    return f"{found['certificate']}, accepted by the checker{where}"


def _numeric(found: JSON) -> list[str]:
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


def _difference_table(found: JSON) -> list[str]:
    rows = found["differences"]
    if not rows:
        return []
    lines = ["| pair | source | target |", "|---:|---|---|"]
    for row in rows[:MAX_ROWS]:
        cells = [_cell(row[side]) for side in ("source", "target")]
        lines.append(f"| {row['pair']} | {cells[0]} | {cells[1]} |")
    if len(rows) > MAX_ROWS:
        lines.append(f"| ... | {len(rows) - MAX_ROWS} more pairs | |")
    return [*lines, ""]


def _cell(pair: JSON | None) -> str:
    if pair is None:
        return "no such pair"
    turns = turns_text(pair["turn"]) + ("" if pair["is_rotation"] else " (no rotation)")
    size = "" if pair["magnitude"]["exact"] == "1" else f", magnitude {told(pair['magnitude'])}"
    return markdown_prose(f"lanes {pair['lanes'][0]}, {pair['lanes'][1]}: {turns}{size}")


def _weight_code(found: JSON) -> list[str]:
    witness = found["witness"]
    if not witness:
        return []
    lines = [f"- {markdown_prose(line)}" for line in _weights(found) if witness["code"] or "=" not in line]
    if not witness["code"]:
        return [*lines, ""]
    lines += ["", "```python", witness["code"]["numpy"].rstrip(), "```", ""]
    lines += ["<details><summary>The same in torch</summary>", "", "```python"]
    return [*lines, witness["code"]["torch"].rstrip(), "```", "", "</details>", ""]
