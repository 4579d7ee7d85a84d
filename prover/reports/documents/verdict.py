"""A verdict as a document: the answer in plain words, what differs in runs, the edit as code, and how to check it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prover.exact.display import show_pairs
from prover.reports.document import (
    Block,
    Caution,
    Code,
    Document,
    Folded,
    Heading,
    Items,
    Mono,
    Paragraph,
    Piece,
    Strong,
    Table,
    Text,
    check_command,
    joined,
)
from prover.reports.documents.fitting import Room, cut, fitted
from prover.reports.documents.numbers import digits, turn_text
from prover.reports.render import (
    causes_of,
    factor_words,
    first_line,
    numeric_lines,
    relation_words,
    sizes_of,
    stored_of,
)
from prover.reports.row_code import Style, is_plain, row_code, style_of
from prover.reports.stored_report import stored_told
from prover.reports.text import far_words, plain, turns_text

JSON = dict[str, Any]
LONGEST_SPEC = 200
_TOUCHED = ("permutation", "pair-map", "linear")


def verdict_document(found: JSON, certificate_path: str | None) -> Document:
    """A comment on a pull request. `certificate_path`: where a certificate was written, if one was."""
    return fitted(lambda room: _blocks(found, certificate_path, room))


def _blocks(found: JSON, path: str | None, room: Room) -> Document:
    blocks: list[Block] = [
        Heading(first_line(found, found["verdict"].capitalize())),
        Paragraph((*_question(found), " ", Strong(_answer(found)), f" Relation: {relation_words(found)}.",
                   *_cause(found), *_edit(found))),
    ]
    blocks += _warnings(found, room)
    blocks += _differ(found, room)
    blocks += _weights(found, room)
    if found["verdict"] in ("different", "undecided") and found["differences"]:
        summary = f"Pairs that differ: {len(found['differences'])}, in rad per step to six digits"
        blocks.append(Folded(summary, (_table(found, room),)))
    blocks += _why(found)
    return (*blocks, *_proof(found, path))


def _question(found: JSON) -> tuple[Piece, ...]:
    fed = [feed for feed in found["feeds"] if feed != "free"]
    feeds = (", fed ", *joined([(Mono(feed),) for feed in fed], ", ")) if fed else ()
    return ("Do weights made for ", *_named(found, "source"), " work in a kernel that computes ",
            *_named(found, "target"), *feeds, "?")


def _named(found: JSON, side: str) -> tuple[Piece, ...]:
    title = found["titles"][side]
    return (Mono(plain(found[side], LONGEST_SPEC)), *((f" ({plain(title, LONGEST_SPEC)})",) if title else ()))


def _answer(found: JSON) -> str:
    """The verdict in a few plain words, with what weakens it."""
    weak = stored_told(found.get("as_stored")) + far_words(found.get("as_far_as") or {})
    touched = found["relation"] in _TOUCHED
    match found["verdict"]:
        case "equivalent":
            return f"Yes{weak}, {'once rows are changed as below' if touched else 'as they are'}."
        case "convertible":
            return f"Not as they are, but once rows are changed as below{weak}."
        case "different" if found["relation"] == "none":
            return f"No, and no fixed linear map of W_q and W_k makes up for it{weak}."
        case "different":
            return f"No, not within --relation {found['limit']}{weak}."
    return f"That is not known{weak}."


def _cause(found: JSON) -> tuple[Piece, ...]:
    causes = causes_of(found)
    return (f" Cause: {'; '.join(causes)}.",) if causes else ()


def _edit(found: JSON) -> tuple[Piece, ...]:
    """What to write at the target, where one cause is of parameters alone; or that the rows are in the code."""
    causes = found.get("causes") or []
    if len(causes) == 1 and causes[0]["side"] == "target" and causes[0]["facts"] and not causes[0]["laws"]:
        edits: list[Text] = []
        for fact in causes[0]["facts"]:
            for name, value in fact["would_be"].items():
                was = fact["is"].get(name)
                instead = (" in place of ", Mono(plain(f"{name}={was}", LONGEST_SPEC))) if was else ()
                now = (Mono(plain(f"{name}={value}", LONGEST_SPEC)),) if value else ("no ", Mono(name))
                edits.append((*now, *instead))
        return (" Edit at the target: ", *joined(edits, ", "), ".")
    if found["witness"] and found["witness"]["code"]:
        return (" Edit of the weights: the code below, for W_q and W_k alike.",)
    return ()


def _warnings(found: JSON, room: Room) -> list[Block]:
    texts = [f"{side}: {text}" for side in ("source", "target") for text in found["warnings"][side]]
    left = len(texts) - room.items
    more = [f"{left} more in --json"] if left > 0 else []
    return [Caution(text) for text in (*texts[: room.items], *more)]


def _differ(found: JSON, room: Room) -> list[Block]:
    """The runs of pairs, the lanes, and what no regrouping makes up for."""
    items = run_items(found["runs"])
    items += [(Strong(_upper(f"lanes {show_pairs(found['lane_by_lane'][kind])}")), f": {words}")
              for kind, words in _LANE_WORDS if found["lane_by_lane"][kind]]
    left = found["unmatched_pairs"]
    if left and found["relation"] == "none" and left != found["differing_pairs"]:
        source, target = left["source"], left["target"]
        which = f"pairs {show_pairs(source)}" if source == target else (
            f"source pairs {show_pairs(source)}; target pairs {show_pairs(target)}")
        items.append((Strong("Left over after the best regrouping"), f": {which}"))
    return [cut(items, room.items, "run")] if items else []


def run_items(runs: Sequence[JSON]) -> list[Text]:
    """A sentence for each run of pairs."""
    return [(Strong(_upper(run["subject"])), f": {run['text']}") for run in runs]


_LANE_WORDS = (
    ("start_to_turn", "pass in the source and turn in the target"),
    ("stop_turning", "turn in the source and pass in the target"),
    ("moved", "pass to other lanes"),
)


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _weights(found: JSON, room: Room) -> list[Block]:
    """The rows as code, then what else hangs on them."""
    witness = found["witness"]
    if not witness:
        return []
    advice = [(Strong(f"{_upper(each['part'])}:"), f" {each['text']}.") for each in witness["advice"]]
    if not witness["code"]:
        return [Items(tuple(advice))] if found["relation"] != "identical" else []
    style = style_of(found["target"])
    own = row_code(witness, style)
    blocks: list[Block] = [] if own is None else [Code(own)]
    if witness["factors"]:
        blocks.append(Paragraph(f"Factors: {factor_words(witness['factors'])}."))
    others = [] if is_plain(witness) or not room.spare else [
        Code(code) for each in (Style.TORCH, Style.NUMPY) if each is not style and (code := row_code(witness, each))
    ][:1]
    note = "The code runs in NumPy, PyTorch and MLX alike. " if is_plain(witness) else ""
    if own is not None and "scaled=True" in own:
        note = "move(W, heads) is convert(W, heads, scaled=False). "
    what: Text = (note, *joined(advice, " "))
    summary = "What else moves: biases, norm gains, LoRA, quantised rows" + ("; other code" if others else "")
    return [*blocks, Folded(summary, (Paragraph(what), *others))]


def _table(found: JSON, room: Room) -> Table:
    rows = found["differences"]
    left = len(rows) - room.rows
    return Table(
        ("pair", "source", "target"),
        tuple((str(row["pair"]), _cell(row, "source"), _cell(row, "target")) for row in rows[: room.rows]),
        f"… {left} more in --json" if left > 0 else "",
    )


def _cell(row: JSON, side: str) -> str:
    pair, other = row[side], row["target" if side == "source" else "source"]
    if pair is None:
        return "no such pair"
    text = turns_text([turn_text(angle) for angle in pair["angles"]])
    text += "" if pair["is_rotation"] else " (no rotation)"
    if pair["magnitude"]["exact"] != "1":
        text += f", magnitude {digits(pair['magnitude'])}"
    if other is None or other["lanes"] != pair["lanes"]:
        return f"lanes {pair['lanes'][0]}, {pair['lanes'][1]}: {text}"
    return text


def _why(found: JSON) -> list[Block]:
    """By how much, why, and a counterexample that runs."""
    blocks: list[Block] = [Paragraph(text) for text in (
        " ".join(f"{_upper(text)}." for text in sizes_of(found)), found["explanation"],
    ) if text]
    shown = found["numeric"]["counterexample"]
    if shown:
        blocks.append(Code(shown["brief"]))
    if not blocks:
        return []
    parts = ["by how much"] if sizes_of(found) else []
    parts += ["a counterexample to run"] if shown else []
    return [Folded(", ".join(["Why", *parts]), tuple(blocks))]


def _proof(found: JSON, path: str | None) -> list[Block]:
    """The digest and the command that checks it; what the kernels that were run gave."""
    stored = [Paragraph(text) for text in stored_of(found)]
    numeric = found["numeric"]
    failed = [Caution(line) for line in numeric_lines(found) if "NOT" in line]
    ran = [c for c in numeric["comparisons"] if not c["what"].startswith("kernels were not run")]
    precisions = " and ".join(dict.fromkeys(c["precision"] for c in ran))
    run = f" NumPy kernels show it in {precisions}." if ran and numeric["passed"] else ""
    run += "".join(f" {_upper(c['what'])}." for c in numeric["comparisons"] if c not in ran)
    measured = [side for side, about in found["sides"].items() if about["strength"] != "exact"]
    if measured:
        run += (f" The proof is about the layout that the {' and the '.join(measured)} was recognised as; that it is "
                "this layout is numeric only.")
    run += f" {_upper(found['second_opinion'])}." if found.get("second_opinion") else ""
    if not found["certificate"]:
        return [*stored, *failed, Paragraph(f"No evidence was found either way.{run}")]
    return [*stored, *failed, Paragraph((
        "Proof: ", Mono(found["certificate"]), ", accepted by the checker; check it with ", *check_command(path),
        f".{run}",
    ))]
