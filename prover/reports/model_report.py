"""What an engine makes of a model, part by part, as JSON types and text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from prover.exact.display import show_pairs
from prover.reports.text import columns, plain
from prover.sources.beside import told
from prover.sources.findings import Explanation
from prover.sources.model import Model, Part

WIDEST_SPEC = 1 << 20
MOST_FINDING = 2000


def model_json(model: Model) -> dict[str, Any]:
    """Parts with their layouts in full and where each value comes from; and layers without RoPE."""
    return {
        "schema": "rope-prover/model/1",
        "file": model.file,
        "model_type": model.kind,
        "engine": model.engine,
        "source": model.source,
        "parts": [
            {
                "part": part.name, "layer_type": part.layer_type or None, "layers": _layers(part), "spec": part.spec,
                "values": [{"name": v.name, "value": v.text, "from": v.origin} for v in part.values],
                "beside": list(told(part.beside)),
            }
            for part in model.parts if part.spec
        ],
        "no_rope": [
            {"part": part.name, "layer_type": part.layer_type or None, "layers": _layers(part),
             "instead": part.instead, "beside": list(told(part.beside))}
            for part in model.parts if not part.spec
        ],
        "findings": [{"code": f.code, "part": f.part or None, "text": f.text} for f in model.findings],
    }


def _layers(part: Part) -> list[int] | None:
    return None if part.layers is None else list(part.layers)


def model_text(model: Model) -> str:
    """The same for a terminal; each layout stands whole in a line of its own, to be copied."""
    lines = [f"{plain(model.file)}  ({plain(model.kind, 60)}, as {model.engine} reads it)"]
    for part in model.parts:
        lines += ["", f"{plain(part.address, 120)}  {layers_text(part.layers)}"]
        if part.spec is None:
            lines.append(f"  no RoPE: {plain(part.instead)}")
            lines += [f"  beside: {plain(text, 400)}" for text in told(part.beside)]
            continue
        lines.append(f"  {plain(part.spec, WIDEST_SPEC)}")
        wide = max((len(value.name) for value in part.values), default=0)
        lines += [f"    {v.name:<{wide}}  {plain(v.text, 60)}  from {plain(v.origin, 200)}" for v in part.values]
        lines += [f"  beside: {plain(text, 400)}" for text in told(part.beside)]
    if model.findings:
        lines.append("")
    lines += [
        _filled(f"{f.code} {f'{f.part}: ' if f.part else ''}{plain(f.text, MOST_FINDING)}", 6)
        for f in model.findings
    ]
    if model.findings:
        lines.append(f"'rope-prover explain {model.findings[0].code}' tells what a code means")
    lines += ["", _filled(f"source {model.source}", 7)]
    return "\n".join(lines) + "\n"


def layers_text(layers: Sequence[int] | None) -> str:
    """How many layers, and which; None: all."""
    if layers is None:
        return "all layers"
    count = f"{len(layers)} layer{'s' if len(layers) != 1 else ''}"
    step = layers[1] - layers[0] if len(layers) > 3 else 1
    if step > 1 and list(layers) == list(range(layers[0], layers[-1] + 1, step)):
        return f"{count}: each {step}th from {layers[0]} to {layers[-1]}"
    return f"{count}: {show_pairs(layers)}"


def _filled(text: str, indent: int) -> str:
    return textwrap.fill(text, columns(), subsequent_indent=" " * indent, break_long_words=False,
                         break_on_hyphens=False)


def explanation_json(row: Explanation) -> dict[str, Any]:
    """What a code means."""
    return {"code": row.code, "title": row.title, "meaning": row.meaning, "advice": row.advice}


def explanation_text(rows: tuple[Explanation, ...]) -> str:
    """One code whole, or all in a line each."""
    if len(rows) > 1:
        return "\n".join(f"{row.code}  {row.title}" for row in rows) + "\n"
    (row,) = rows
    return "\n".join([f"{row.code}  {row.title}", "", _filled(row.meaning, 0), "", _filled(row.advice, 0)]) + "\n"
