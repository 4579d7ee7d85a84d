"""`rope-prover show`: a family's formula, its table of pairs and its properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as fields_of
from typing import Any

from prover.claims.properties import Properties, properties
from prover.exact.display import show_angle, show_number, show_pairs
from prover.language.formula import formula
from prover.layouts.expand import parameter_values, show_value, used_lets
from prover.layouts.family import MORE_ANGLES, Family
from prover.layouts.layout import Pair
from prover.layouts.loading import Loaded
from prover.reports.explain import axis_strip
from prover.reports.text import plain, turns_text
from prover.verdicts.certificate import layout_json

MAX_ROWS = 72


def show_json(loaded: Loaded, feeds: Sequence[str] = ()) -> dict[str, Any]:
    """Everything `show` knows, as JSON types."""
    family, layout = loaded.family, loaded.layout
    found = properties(family, layout, feeds)
    values = parameter_values(family, dict(loaded.given))
    return {
        "schema": "rope-prover/layout/1",
        "name": layout.name,
        "title": family.title,
        "note": family.note.strip(),
        "sources": [str(source) for source in family.sources],
        "parameters": {
            p.name: {
                "value": show_value(values[p.name]),
                "require": p.requirement_text,
                "meaning": p.meaning,
            }
            for p in family.parameters
        },
        "formula": {
            "blocks": [
                {
                    name: formula(getattr(block, name))
                    for name in ("count", "first", "second", "write_first", "write_second",
                                 "angle", *MORE_ANGLES, "magnitude")
                    if getattr(block, name) is not None
                }
                for block in family.blocks
            ],
            "where": _where(family),
        },
        "feeds": {name: dict(table) for name, table in family.feeds},
        "warnings": list(loaded.about.warnings),
        "properties": _properties_json(found),
        "layout": layout_json(layout),
    }


def _where(family: Family) -> dict[str, str]:
    fields = [getattr(block, f.name) for block in family.blocks for f in fields_of(block)]
    used = used_lets(family, [e for e in fields if e is not None])
    return {name: ", then ".join(formula(part) for part in parts) for name, parts in used.items()}


def _properties_json(found: Properties) -> dict[str, Any]:
    return {
        "is_rotation": found.is_rotation,
        "not_rotations": list(found.not_rotations),
        "feeds": list(found.feeds) or ["free"],
        "depends_only_on_differences": found.relative,
        "fed_differently": list(found.mixed),
        "can_be_shifted_in_a_cache": found.shiftable,
        "why_not": found.why_not_shiftable,
        "magnitudes": [show_number(value) for value in found.magnitudes],
    }


def show_text(loaded: Loaded, every_row: bool, feeds: Sequence[str] = ()) -> str:
    """The same for a terminal."""
    found, layout = show_json(loaded, feeds), loaded.layout
    lines = [f"{plain(found['name'])}  ({plain(found['title'])})"]
    if found["note"]:
        lines += [plain(found["note"])]
    lines += [f"  {plain(source)}" for source in found["sources"]]
    lines += ["", "Formula, for pair j:"]
    for number, block in enumerate(found["formula"]["blocks"]):
        head = f"  block {number}: " if len(found["formula"]["blocks"]) > 1 else "  "
        lines.append(f"{head}{block['count']} pairs; lanes ({block['first']}, {block['second']})")
        if (block["write_first"], block["write_second"]) != (block["first"], block["second"]):
            lines.append(f"  written to ({block['write_first']}, {block['write_second']})")
        lines.append(f"  angle = {block['angle']}")
        lines += [f"  {name.replace('_', ' ')} = {block[name]}" for name in MORE_ANGLES if name in block]
        if block["magnitude"] not in ("1", "magnitude"):  # the let name follows below
            lines.append(f"  magnitude = {block['magnitude']}")
    lines += [f"  {name} = {text}" for name, text in found["formula"]["where"].items()]
    lines += ["", "Parameters:"]
    for name, parameter in found["parameters"].items():
        meaning = f"  {plain(parameter['meaning'])}" if parameter["meaning"] else ""
        lines.append(f"  {name} = {parameter['value'] or '(empty)'}{meaning}")
    if found["warnings"]:
        lines += ["", "Warnings:", *(f"  {plain(text)}" for text in found["warnings"])]
    under = "" if found["properties"]["feeds"] == ["free"] else f", fed {', '.join(map(plain, feeds))}"
    lines += ["", f"Properties{under}:", *_property_lines(found["properties"])]
    if found["feeds"]:
        lines += ["", "Feeds:"]
        lines += [
            f"  {plain(name)}: {', '.join(f'{axis}={plain(text)}' for axis, text in table.items())}"
            for name, table in found["feeds"].items()
        ]
    lines += ["", f"Axes by pair: {axis_strip(layout) or 'no pairs'}", "", *_table(layout.pairs, every_row)]
    passes = [read for read, _ in layout.passes]
    lines += [f"Lanes that pass: {show_pairs(passes)}"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _property_lines(found: dict[str, Any]) -> list[str]:
    def yes(value: bool) -> str:
        return "yes" if value else "no"

    twisted = found["not_rotations"]
    which = f" (several angles in pairs {show_pairs(twisted)})" if twisted else ""
    mixed = found["fed_differently"]
    apart = f" (the feeds turn pairs {show_pairs(mixed)} differently)" if mixed else ""
    why = f" ({found['why_not']})" if found["why_not"] else ""
    return [
        f"  is a rotation: {yes(found['is_rotation'])}{which}",
        f"  depends only on position differences: {yes(found['depends_only_on_differences'])}{apart}",
        f"  can be shifted in a cache: {yes(found['can_be_shifted_in_a_cache'])}{why}",
        f"  magnitude: {', '.join(found['magnitudes'][:6]) or '1'}",
    ]


def _table(pairs: tuple[Pair, ...], every_row: bool) -> list[str]:
    rows: list[tuple[str, ...]] = [("pair", "read", "write", "angle", "magnitude")]
    shown = range(len(pairs))
    skipped = 0
    if len(pairs) > MAX_ROWS and not every_row:
        skipped = len(pairs) - MAX_ROWS
        shown = range(MAX_ROWS)
    for index in shown:
        pair = pairs[index]
        lanes = [f"{a}, {b}" for a, b in (pair.read, pair.write)]
        turns = [show_angle(angle) for angle in pair.distinct_angles]
        rows.append((str(index), *lanes, turns_text(turns), show_number(pair.magnitude)))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [*lines, f"... {skipped} more pairs; --all shows them"] if skipped else lines
