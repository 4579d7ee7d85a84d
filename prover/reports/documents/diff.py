"""Two models as a document: the worst word, a row for each part, then why a part does not go as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from prover.reports.cause_report import uncaused_text
from prover.reports.document import (
    Block,
    Document,
    Facts,
    Folded,
    Heading,
    Items,
    Mono,
    Paragraph,
    Piece,
    Strong,
    Table,
    Text,
)
from prover.reports.documents.fitting import Room, cut, fitted
from prover.reports.documents.verdict import run_items
from prover.reports.model_report import layers_text
from prover.reports.stored_report import stored_told
from prover.reports.text import counted, far_words, plain

JSON = dict[str, Any]
LONGEST, MOST_RUNS = 400, 4
FINE = "equivalent"


def diff_document(found: JSON) -> Document:
    """A comment on a pull request; where there are many parts, the first of them."""
    return fitted(lambda room: _blocks(found, room))


def _blocks(found: JSON, room: Room) -> Document:
    rows = found["rows"]
    blocks: list[Block] = [Heading(_first(found)), _table(rows, room)]
    groups = [tuple(group) for _, group in groupby(rows, _alike)]
    told = [group for group in groups if group[0]["verdict"] != FINE]
    for group in told[: room.items]:
        blocks += _part(group)
    if len(told) > room.items:
        blocks.append(Paragraph(f"… {counted(len(told) - room.items, 'more part')} not equivalent, in --json"))
    blocks += [Items(tuple(
        f"Only in the {each['side']}: {plain(each['what'])}, not compared" for each in found["only_on_one_side"]
    ))] if found["only_on_one_side"] else []
    findings: list[Text] = [
        (Strong(each["code"]), f" {side}: {each['part'] + ': ' if each['part'] else ''}{plain(each['text'], LONGEST)}")
        for side in ("source", "target") for each in found[side]["findings"]
    ]
    blocks += [Folded(f"Findings: {len(findings)}", (cut(findings, room.rows, "finding"),))] if findings else []
    specs = [Facts(tuple(_specs(group[0]))) for group in groups[: room.items] if room.spare]
    blocks += [Folded("Layouts", tuple(specs))] if specs else []
    return (*blocks, *_proofs(groups, room))


def _proofs(groups: Sequence[tuple[JSON, ...]], room: Room) -> Iterator[Block]:
    """The digests of the certificates, folded, with what writes and checks them."""
    told: list[Text] = [(f"{_name([row])}: ", Mono(row["certificate"]))
                        for group in groups for row in group if row["certificate"]]
    if told:
        how = Paragraph(("Each was accepted by the checker; check one with ", Mono("rope-prover check FILE"),
                         " (write them with ", Mono("--certificate DIR"), ")."))
        yield Folded(counted(len(told), "certificate").capitalize(), (cut(told, room.rows, "certificate"), how))


def _first(found: JSON) -> Text:
    """The worst word with all that weakens it, then the two sides."""
    stored = "".join(dict.fromkeys(stored_told(row["as_stored"]) for row in found["rows"]))
    only = ", of what both have" if found["only_on_one_side"] and found["verdict"] != "different" else ""
    sides = [(Mono(plain(found[side]["file"])), f" ({found[side]['engine']})") for side in ("source", "target")]
    word = f"{found['verdict'].capitalize()}{stored}{only}{far_words(found['as_far_as'])}: "
    return (word, *sides[0], " against ", *sides[1])


def _alike(row: JSON) -> tuple[object, ...]:
    """Rows of one part that came out alike under several modalities are told once."""
    return row["source"], row["target"], row["layers"], row["verdict"], row["headline"], row["differing_pairs"]


def _table(rows: Sequence[JSON], room: Room) -> Table:
    left = len(rows) - room.rows
    return Table(("part", "layers", "verdict"), tuple(
        ((Mono(_name([row])),), layers_text(row["layers"]), row["verdict"]) for row in rows[: room.rows]
    ), f"… {left} more in --json" if left > 0 else "")


def _name(rows: Sequence[JSON]) -> str:
    source, target = rows[0]["source"]["part"], rows[0]["target"]["part"]
    parts = source if source == target else f"{source} against {target}"
    feeds = [row["feed"] for row in rows if row["feed"]]
    return plain(parts + (f", {' and '.join(feeds)}" if feeds else ""), LONGEST)


def _part(rows: Sequence[JSON]) -> Iterator[Block]:
    """Why it does not go as it is."""
    row = rows[0]
    yield Paragraph((Strong(_name(rows)), f": {plain(row['headline'], 2000)}"))
    items = run_items(row["runs"])
    items = [*cut(items, MOST_RUNS, "run").items] if items else []
    items += [f"Beside: {each['what']}: {plain(each['text'], 1000)}" for each in row["beside"]]
    items += [f"Cause: {plain(each['text'], 600)}" for each in row["causes"]]
    if not row["causes"] and row["fingerprint"]:
        items.append(f"Cause: {plain(uncaused_text(row['fingerprint']), 600)}")
    for each in rows:
        lines = [plain(text, 1000) for text in each["size"]["text"]] if each["size"] else []
        fed = f", fed as {each['feed']}" if each["feed"] and len(rows) > 1 else ""
        items += [f"Size{fed}: {'; '.join(lines)}"] if lines else []
    yield Items(tuple(items)) if items else Paragraph("There is no more to tell of it.")


def _specs(row: JSON) -> Iterator[tuple[str, tuple[Piece, ...]]]:
    for side in ("source", "target"):
        spec = row[side]["spec"]
        yield side, (Mono(spec),) if spec else (f"no RoPE: {row['instead'][side]}",)
