"""A layout, or the layouts of a model, as a document: what `show` tells, with the pairs folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prover.exact.display import show_pairs, told
from prover.layouts.evidence import Kind
from prover.layouts.family import MORE_ANGLES
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
    Strong,
    Table,
    Text,
)
from prover.reports.documents.fitting import Room, cut, fitted
from prover.reports.documents.numbers import turn_text
from prover.reports.model_report import layers_text
from prover.reports.text import counted, plain

JSON = dict[str, Any]
LONGEST = 1000


def show_document(found: JSON, everything: bool = False) -> Document:
    """A layout, without pairs and properties where parameters must be given. `everything`: nothing is cut."""
    return fitted(lambda room: tuple(_blocks(found, room)), everything)


def _blocks(found: JSON, room: Room) -> Iterator[Block]:
    layout = found["layout"]
    yield Heading((Mono(plain(found["name"], LONGEST)), f": {plain(found['title'])}"))
    about = [plain(found["note"], LONGEST)] if found["note"] else []
    if layout:
        axes = ", ".join(map(plain, layout["axes"]))
        about.append(f"{counted(layout['width'], 'lane')}, {counted(len(layout['pairs']), 'pair')}, axes {axes}.")
    if found["must_be_given"]:
        about.append(f"Pairs are worked out once these are given: {', '.join(map(plain, found['must_be_given']))}.")
    if about:
        yield Paragraph(" ".join(about))
    yield from (Caution(plain(text, LONGEST)) for text in found["warnings"][: room.items])
    formula = list(_formula(found))
    if len(formula) > 4 * room.rows:
        formula[4 * room.rows:] = [f"… {counted(len(formula) - 4 * room.rows, 'more line')} in --json"]
    yield Code("\n".join(formula), "text")
    if found["properties"]:
        yield Items(tuple(_properties(found["properties"])))
    if layout and layout["pairs"]:
        yield Folded(f"Pairs: {len(layout['pairs'])}, in rad per step to six digits", (_pairs(layout, room),))
    if found["parameters"]:
        yield Folded(f"Parameters: {len(found['parameters'])}", (_parameters(found, room),))
    limits: list[Text] = [
        f"Limit, {plain(each['of'])}: {plain(each['text'], LONGEST)} ({plain(each['source'])})"
        for each in found["limits"]
    ]
    sources: list[Text] = [f"Source: {plain(each)}" for each in found["sources"]]
    if facts := [*_evidence(found["evidence"]), *limits, *sources]:
        yield Folded("Where it is from, and what limits the kernel", (cut(facts, room.items + 1, "fact"),))


def _formula(found: JSON) -> Iterator[str]:
    """For pair j: how many, lanes, angle, magnitude, and the names in them."""
    blocks = found["formula"]["blocks"]
    for number, block in enumerate(blocks):
        head = f"block {number}: " if len(blocks) > 1 else ""
        yield f"{head}{counted(block['count'], 'pair')}; lanes ({block['first']}, {block['second']})"
        if (block["write_first"], block["write_second"]) != (block["first"], block["second"]):
            yield f"written to ({block['write_first']}, {block['write_second']})"
        yield f"angle = {block['angle']}"
        yield from (f"{name.replace('_', ' ')} = {block[name]}" for name in MORE_ANGLES if name in block)
        if block["magnitude"] not in ("1", "magnitude"):
            yield f"magnitude = {block['magnitude']}"
    yield from (f"{name} = {text}" for name, text in found["formula"]["where"].items())


def _properties(found: JSON) -> Iterator[Text]:
    def yes(value: bool | None) -> str:
        return "not known" if value is None else "yes" if value else "no"

    twisted, mixed = found["not_rotations"], found["fed_differently"]
    which = f" (several angles in pairs {show_pairs(twisted)})" if twisted else ""
    apart = f" (the feeds turn pairs {show_pairs(mixed)} differently)" if mixed else ""
    under = "" if found["feeds"] == ["free"] else f", fed {', '.join(map(plain, found['feeds']))}"
    yield (f"Is a rotation{under}: ", Strong(yes(found["is_rotation"])), which)
    yield ("Depends only on position differences: ", Strong(yes(found["depends_only_on_differences"])), apart)
    yield f"Cache shift: {plain(found['cache_shift']['text'], 2000)}"
    yield f"Magnitude: {', '.join(map(told, found['magnitudes'][:6])) or '1'}"


def _pairs(layout: JSON, room: Room) -> Table:
    rows, pairs = [], layout["pairs"]
    for index, pair in enumerate(pairs[: room.rows]):
        lanes = ", ".join(map(str, pair["read"]))
        lanes += "" if pair["write"] == pair["read"] else f" to {', '.join(map(str, pair['write']))}"
        more = [pair[name] for name in MORE_ANGLES if pair[name] is not None]
        turn = turn_text(pair["angle"]) + (" and other angles" if more else "")
        size = "" if pair["magnitude"]["exact"] == "1" else f", magnitude {told(pair['magnitude'])}"
        rows.append((str(index), lanes, f"{turn}{size}"))
    left = len(pairs) - room.rows
    return Table(("pair", "lanes", "turn"), tuple(rows), f"… {left} more in --json" if left > 0 else "")


def _parameters(found: JSON, room: Room) -> Table:
    rows: list[tuple[Text, ...]] = []
    for name, each in found["parameters"].items():
        value = each["value"] if each["value"] is not None else each["default"]
        must = name in found["must_be_given"]
        rows.append(((Mono(name),), "must be given" if must else (Mono(plain(value or "(empty)", 60)),),
                     plain(each["meaning"])))
    left = len(rows) - room.rows
    return Table(("name", "value", "meaning"), tuple(rows[: room.rows]),
                 f"… {left} more in --json" if left > 0 else "")


def _evidence(found: JSON | None) -> list[Text]:
    if found is None:
        return []
    held = [
        f"{row['software']}, at {row['entries']} {'setting' if row['entries'] == 1 else 'settings'} "
        f"(tests/measured/{row['table']})" for row in found["tables"]
    ]
    return [f"Rests on: {found['kind']}: {'; '.join(held) or Kind(found['kind']).meaning}"]


def model_document(found: JSON) -> Document:
    """A model's document: the layout of each part to copy, and where its values come from."""
    return fitted(lambda room: tuple(_model_blocks(found, room)))


def _model_blocks(found: JSON, room: Room) -> Iterator[Block]:
    parts = found["parts"]
    yield Heading((Mono(plain(found["file"])), f": {plain(found['model_type'], 60)}, as {found['engine']} reads it"))
    for part in parts[: room.items]:
        yield Paragraph((Strong(_address(part)), f", {layers_text(part['layers'])}:"))
        yield Code(part["spec"], "text")
        if part["beside"]:
            yield Items(tuple(f"Beside: {plain(text)}" for text in part["beside"]))
        if part["values"] and room.spare:
            left = len(part["values"]) - room.rows
            yield Folded("Where the values are from", (Table(("name", "value", "from"), tuple(
                ((Mono(each["name"]),), plain(each["value"], 60), plain(each["from"], 200))
                for each in part["values"][: room.rows]
            ), f"… {left} more in --json" if left > 0 else ""),))
    if len(parts) > room.items:
        yield Paragraph(f"… {counted(len(parts) - room.items, 'more part')} in --json")
    without: list[Text] = [
        (Strong(_address(each)), f", {layers_text(each['layers'])}: no RoPE: {plain(each['instead'])}",
         *(f"; beside: {plain(text)}" for text in each["beside"])) for each in found["no_rope"]
    ]
    if without:
        yield cut(without, room.items, "part")
    findings: list[Text] = [
        (Strong(each["code"]), f" {each['part'] + ': ' if each['part'] else ''}{plain(each['text'], 2000)}")
        for each in found["findings"]
    ]
    if findings:
        yield cut(findings, room.items, "finding")
    yield Paragraph(f"Source: {plain(found['source'], LONGEST)}")


def _address(part: JSON) -> str:
    return plain(f"{part['part']}/{part['layer_type']}" if part["layer_type"] else part["part"])
