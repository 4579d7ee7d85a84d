"""`rope-prover show`: a family's formula, its parameters, its table of pairs and its properties."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from prover.claims.properties import Properties, properties
from prover.exact.display import angle_json, number_json, show_angle, show_number, show_pairs, told
from prover.exact.number import exact
from prover.language.formula import shown_formula
from prover.language.symbolic import as_sympy
from prover.layouts.evidence import Kind, evidence
from prover.layouts.expand import parameter_values, show_value, used_lets
from prover.layouts.family import MORE_ANGLES, Family, Parameter
from prover.layouts.layout import Layout, Pair
from prover.layouts.loading import Loaded, Outline, outline
from prover.reports.explain import axis_strip
from prover.reports.shift_report import shift_json
from prover.reports.text import columns, counted, plain, turns_text

MAX_ROWS = 72
EMPTY = "(empty)"


def show_json(loaded: Loaded, feeds: Sequence[str] = ()) -> dict[str, Any]:
    """Everything `show` knows, as JSON types."""
    family, layout = loaded.family, loaded.layout
    found = properties(family, layout, feeds)
    values = parameter_values(family, dict(loaded.given))
    about = outline_json(outline(layout.name), {name: show_value(value) for name, value in values.items()})
    return about | {
        "feeds": {name: dict(table) for name, table in family.feeds},
        "warnings": list(loaded.about.warnings),
        "properties": _properties_json(found),
        "layout": _layout_json(layout),
    }


def outline_json(about: Outline, worked_out: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What `show` knows of a layout before it is worked out; `worked_out`: values of its parameters, if they are."""
    family = about.family
    values = dict(about.given) if worked_out is None else worked_out
    return {
        "schema": "rope-prover/layout/2",
        "name": about.spec.text,
        "title": family.title,
        "note": family.note.strip(),
        "sources": [str(source) for source in family.sources],
        "evidence": found.as_json() if (found := evidence().get(about.spec.name)) else None,
        "parameters": {
            **_choices_json(about), **{p.name: _parameter_json(p, values.get(p.name)) for p in family.parameters}
        },
        "must_be_given": list(about.missing),
        "formula": {
            "blocks": [
                {
                    name: shown_formula(as_sympy(getattr(block, name)))
                    for name in ("count", "first", "second", "write_first", "write_second",
                                 "angle", *MORE_ANGLES, "magnitude")
                    if getattr(block, name) is not None
                }
                for block in family.blocks
            ],
            "where": _where(family),
        },
        "feeds": {name: dict(table) for name, table in family.feeds},
        "factors": family.factors,
        "limits": [
            {"of": limit.of, "refuses": limit.refuses, "text": limit.text, "source": str(limit.source)}
            for limit in family.limits
        ],
        "warnings": [],
        "properties": None,
        "layout": None,
    }


def _choices_json(about: Outline) -> dict[str, Any]:
    words = dict(about.words)
    return {
        choice.name: {
            "kind": "choice",
            "value": words[choice.name],
            "default": choice.default,
            "require": "",
            "meaning": choice.meaning,
            "words": {
                word.name: {"means": word.title, "parameters": list(word.parameters)} for word in choice.words
            },
        }
        for choice in about.choices
    }


def _parameter_json(parameter: Parameter, value: str | None) -> dict[str, Any]:
    default = parameter.default
    return {
        "kind": parameter.kind,
        "value": value,
        "default": default if default is None else
        show_value(tuple(map(exact, default))) if isinstance(default, tuple) else shown_formula(as_sympy(default)),
        "require": parameter.requirement_text,
        "meaning": parameter.meaning,
    }


def _layout_json(layout: Layout) -> dict[str, Any]:
    """Every pair, with each number as exact text and as a float."""
    return {
        "width": layout.width,
        "axes": list(layout.axes),
        "positions": layout.positions,
        "pairs": [
            {
                "read": list(pair.read),
                "write": list(pair.write),
                "angle": angle_json(pair.angle),
                **{
                    name: None if (more := getattr(pair, name)) is None else angle_json(more) for name in MORE_ANGLES
                },
                "magnitude": number_json(pair.magnitude),
            }
            for pair in layout.pairs
        ],
        "passes": [list(move) for move in layout.passes],
    }


def _where(family: Family) -> dict[str, str]:
    fields = [getattr(block, f.name) for block in family.blocks for f in fields_of(block)]
    used = used_lets(family, [e for e in fields if e is not None])
    return {name: ", then ".join(shown_formula(as_sympy(part)) for part in parts) for name, parts in used.items()}


def _properties_json(found: Properties) -> dict[str, Any]:
    return {
        "is_rotation": found.is_rotation,
        "not_rotations": list(found.not_rotations),
        "feeds": list(found.feeds) or ["free"],
        "depends_only_on_differences": found.relative,
        "fed_differently": list(found.mixed),
        "can_be_shifted_in_a_cache": found.shiftable,
        "why_not": found.why_not_shiftable,
        "cache_shift": shift_json(found),
        "magnitudes": [number_json(value) for value in found.magnitudes],
    }


def show_text(loaded: Loaded, every_row: bool, feeds: Sequence[str] = ()) -> str:
    """The same for a terminal."""
    found, layout = show_json(loaded, feeds), loaded.layout
    lines = _about_lines(found)
    if found["limits"]:
        limits = [f"{limit['of']}: {limit['text']} ({limit['source']})" for limit in found["limits"]]
        lines += ["", "Limits of the kernel:", *(line for text in limits for line in _filled(plain(text, 800), 2))]
    if found["warnings"]:
        lines += ["", "Warnings:", *(line for text in found["warnings"] for line in _filled(plain(text), 2))]
    under = "" if found["properties"]["feeds"] == ["free"] else f", fed {', '.join(map(plain, feeds))}"
    lines += ["", f"Properties{under}:", *_property_lines(found["properties"]), *_feed_lines(found)]
    lines += ["", f"Axes by pair: {axis_strip(layout) or 'no pairs'}", "", *_table(layout.pairs, every_row)]
    passes = [read for read, _ in layout.passes]
    lines += [f"Lanes that pass: {show_pairs(passes)}"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def outline_text(about: Outline) -> str:
    """What is known without the parameters that must be given, for a terminal."""
    found = outline_json(about)
    lists = {p.name for p in about.family.parameters if p.is_list}
    given = "".join(f":{name}={'A,B,...' if name in lists else 'NUMBER'}" for name in about.missing)
    lines = [*_about_lines(found), *_feed_lines(found), ""]
    lines += ["Pairs and properties are worked out once these are given:"]
    lines += [f"  rope-prover show {plain(about.spec.text)}{given}"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _about_lines(found: dict[str, Any]) -> list[str]:
    """Name, note, sources, formula and parameters."""
    lines = [f"{plain(found['name'])}  ({plain(found['title'])})"]
    if found["note"]:
        lines += _filled(plain(found["note"]), 0)
    lines += [line for source in found["sources"] for line in _filled(plain(source), 2)]
    lines += _evidence_lines(found["evidence"])
    lines += ["", "Formula, for pair j:"]
    for number, block in enumerate(found["formula"]["blocks"]):
        head = f"block {number}: " if len(found["formula"]["blocks"]) > 1 else ""
        parts = [f"{head}{counted(block['count'], 'pair')}; lanes ({block['first']}, {block['second']})"]
        if (block["write_first"], block["write_second"]) != (block["first"], block["second"]):
            parts.append(f"written to ({block['write_first']}, {block['write_second']})")
        parts.append(f"angle = {block['angle']}")
        parts += [f"{name.replace('_', ' ')} = {block[name]}" for name in MORE_ANGLES if name in block]
        if block["magnitude"] not in ("1", "magnitude"):  # the let name follows below
            parts.append(f"magnitude = {block['magnitude']}")
        lines += [line for part in parts for line in _filled(part, 2)]
    lines += [line for name, text in found["formula"]["where"].items() for line in _filled(f"{name} = {text}", 2)]
    lines += ["", "Parameters:"]
    for name, parameter in found["parameters"].items():
        if "words" in parameter:
            lines += _choice_lines(name, parameter, found["parameters"].keys())
        else:
            lines += _parameter_lines(name, parameter, name in found["must_be_given"])
    return lines


def _evidence_lines(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    held = [
        f"{row['software']}, at {row['entries']} {'setting' if row['entries'] == 1 else 'settings'} "
        f"(tests/measured/{row['table']})" for row in found["tables"]
    ]
    return _filled(f"rests on: {found['kind']}: {'; '.join(held) or Kind(found['kind']).meaning}", 2)


def _feed_lines(found: dict[str, Any]) -> list[str]:
    tables = [
        f"  {plain(name)}: {', '.join(f'{axis}={plain(text)}' for axis, text in table.items())}"
        for name, table in found["feeds"].items()
    ]
    return ["", "Feeds:", *tables] if tables else []


def _parameter_lines(name: str, parameter: dict[str, Any], must_be_given: bool) -> list[str]:
    """Name, value and meaning; below, the kind, the default and the requirement."""
    value = parameter["value"] if parameter["value"] is not None else parameter["default"]
    head = f"{name} must be given" if must_be_given else f"{name} = {plain(value) or EMPTY}"
    parts = [parameter["kind"]]
    if parameter["default"] is not None:
        parts.append(f"{plain(parameter['default']) or EMPTY} unless given")
    if parameter["require"]:
        parts.append(f"with {plain(parameter['require'])}")
    return [*_filled(f"{head}{_meaning(parameter)}", 2), *_filled("; ".join(parts), 6)]


def _choice_lines(name: str, choice: dict[str, Any], known: Collection[str]) -> list[str]:
    """Name, word and meaning; below, the words, with the title of each one's rule and the parameters it adds."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for word, row in choice["words"].items():
        groups.setdefault((row["means"], tuple(p for p in row["parameters"] if p not in known)), []).append(word)
    lines = _filled(f"{name} = {choice['value']}{_meaning(choice)}", 2)
    lines += _filled(f"choice, {choice['default']} unless given, of", 6)
    for (means, adds), words in groups.items():
        told = "" if means == f"rope_type {words[0]}" else f": {plain(means)}"
        lines += _filled(f"{', '.join(words)}{told}{'; adds ' + ', '.join(adds) if adds else ''}", 8)
    return lines


def _meaning(parameter: dict[str, Any]) -> str:
    return f"  {plain(parameter['meaning'])}" if parameter["meaning"] else ""


def _filled(text: str, margin: int) -> list[str]:
    return textwrap.wrap(
        text, columns(), initial_indent=" " * margin, subsequent_indent=" " * (margin + 2), break_long_words=False,
        break_on_hyphens=False,
    )


def _property_lines(found: dict[str, Any]) -> list[str]:
    def yes(value: bool | None) -> str:
        return "not known" if value is None else "yes" if value else "no"

    twisted = found["not_rotations"]
    which = f" (several angles in pairs {show_pairs(twisted)})" if twisted else ""
    mixed = found["fed_differently"]
    apart = f" (the feeds turn pairs {show_pairs(mixed)} differently)" if mixed else ""
    return [
        f"  is a rotation: {yes(found['is_rotation'])}{which}",
        f"  depends only on position differences: {yes(found['depends_only_on_differences'])}{apart}",
        *_filled(f"cache shift: {plain(found['cache_shift']['text'], 2000)}", 2),
        f"  magnitude: {', '.join(map(told, found['magnitudes'][:6])) or '1'}",
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
    return [*lines, f"... {counted(skipped, 'more pair')}; --all shows all"] if skipped else lines
