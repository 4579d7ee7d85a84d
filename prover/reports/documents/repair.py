"""A repair as a document: what has to change, as something to copy, then what was ruled out, and the proof."""

from __future__ import annotations

from typing import Any

from prover.claims.relation import Relation
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
    Text,
    check_command,
    joined,
)
from prover.reports.documents.fitting import Room, cut, fitted
from prover.reports.repair_report import THEN, change_rows, ran_text
from prover.reports.text import plain

JSON = dict[str, Any]
LONGEST = 1000
SPEC = 200
_ANSWERS = {"convertible": "This has to change", "different": "No change that is allowed does it",
            "undecided": "None was found", "equivalent": "Nothing has to change"}


def repair_document(found: JSON, certificate_path: str | None) -> Document:
    """A comment on a pull request. `certificate_path`: where a certificate was written, if one was."""
    return fitted(lambda room: _blocks(found, certificate_path, room))


def _blocks(found: JSON, path: str | None, room: Room) -> Document:
    repair = found["repair"]
    answer = "Yes, with this change" if repair and found["verdict"] == "equivalent" else _ANSWERS[found["verdict"]]
    fed = [feed for feed in found["feeds"] if feed != "free"]
    feeds: tuple[Piece, ...] = (", fed ", *joined([(Mono(plain(feed)),) for feed in fed], ", ")) if fed else ()
    asked = "Can " if answer.startswith("Yes") else "What must change so that "
    does = " be made to compute " if answer.startswith("Yes") else " computes "
    as_it_is = found["as_it_is"]
    blocks: list[Block] = [
        Heading(found["headline"]),
        Paragraph((asked, Mono(plain(found["target"], SPEC)), does, Mono(plain(found["source"], SPEC)), *feeds, "? ",
                   Strong(f"{answer}."), f" As it is: {as_it_is['verdict']}, relation "
                   f"{as_it_is['relation'] or 'unknown'}.")),
    ]
    items: list[Text] = [(Strong(f"{label.capitalize()}:"), f" {plain(text, LONGEST)}")
                         for label, text in (change_rows(repair) if repair else [])]
    items += [(Strong("Change:" if each["verdict"] == "convertible" else "Beside:"),
               f" {each['name']}: {plain(each['text'], LONGEST)}") for each in found["beside"]]
    blocks += [Items(tuple(items))] if items else []
    if repair and repair["code"]:
        blocks.append(Folded("The rows in NumPy", (Code(repair["code"]["numpy"]),)))
    ruled_out: list[Text] = [f"{each['what']}: {plain(each['why'], LONGEST)}{' (proved)' * each['proved']}"
                             for each in found["not_possible"]]
    if ruled_out:
        blocks.append(Folded("What does not do it", (cut(ruled_out, room.items, "change"),)))
    if repair and repair["limits"]:
        limits: list[Text] = [f"{plain(each['text'], LONGEST)} ({plain(each['source'])})" for each in repair["limits"]]
        blocks.append(Folded("Limits of the kernel", (cut(limits, room.items, "limit"),)))
    ran = ran_text(found)
    real = found["real_kernel"]
    blocks += [Caution(f"ggml: {text}") if real and not real["passed"] else Paragraph(f"ggml's kernel: {plain(text)}")
               for text in ran]
    return (*blocks, *_proof(found, path))


def _proof(found: JSON, path: str | None) -> list[Block]:
    repair = found["repair"]
    if not repair:
        kept = found["as_it_is"]["certificate"]
        return [Paragraph(("Proof of how it is: ", Mono(kept), ", accepted by the checker; check it with ",
                           *check_command(path), "."))] if kept else []
    failed: list[Block] = [Caution(f"{c['precision']} {c['what']}: NOT as proved")
                           for c in repair["numeric"] if not c["passed"]]
    then = THEN[Relation(repair["relation"])]
    if len(repair["spec"]) <= SPEC:
        failed.append(Paragraph(("The target as it has to be: ", Mono(repair["spec"]))))
    return [*failed, Paragraph((f"Proof that {then}: ", Mono(repair["certificate"]),
                                ", accepted by the checker; check it with ", *check_command(path), "."))]
