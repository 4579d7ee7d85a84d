"""What an engine makes of a model, part by part, as JSON types and text."""

from __future__ import annotations

from typing import Any

from prover.exact.display import show_pairs
from prover.reports.text import labelled_text, plain
from prover.sources.model import Model, Part

WIDEST_SPEC = 1 << 20


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
            }
            for part in model.parts if part.spec
        ],
        "no_rope": [
            {"part": part.name, "layer_type": part.layer_type or None, "layers": _layers(part), "instead": part.instead}
            for part in model.parts if not part.spec
        ],
        "findings": list(model.findings),
    }


def _layers(part: Part) -> list[int] | None:
    return None if part.layers is None else list(part.layers)


def model_text(model: Model) -> str:
    """The same for a terminal; each layout stands whole in a line of its own, to be copied."""
    rows: list[tuple[str, str]] = []
    specs = []
    for part in model.parts:
        where = "all layers" if part.layers is None else f"{len(part.layers)} layers, {show_pairs(part.layers)}"
        if part.spec is None:
            rows.append((part.name, f"no RoPE, but {part.instead}"))
            continue
        rows.append((part.name, where))
        specs.append(plain(part.spec, WIDEST_SPEC))
        rows += [("value", f"{v.name} = {plain(v.text, 60)}, from {v.origin}") for v in part.values]
    rows += [("finding", text) for text in model.findings]
    rows.append(("source", model.source))
    head = f"{plain(model.file)}  ({plain(model.kind, 60)}, as {model.engine} reads it)"
    return labelled_text("\n".join([head, *(f"  {spec}" for spec in specs)]), rows)
