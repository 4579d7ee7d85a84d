"""Names and shapes of tensors that transformers and llama.cpp were seen to have, as checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prover.weights.stored.tensors import Checkpoint, Format, Tensor

HERE = Path(__file__).parent


def table(name: str) -> dict[str, dict[str, Any]]:
    """The rows of a table."""
    found = json.loads((HERE / name).read_text())
    return {key: row for key, row in found.items() if key != "_about"}


def layers_of(text: str) -> list[int]:
    """The layers that ranges such as 0-2,4 stand for."""
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def shapes_of(rows: list[Any], before: str = "") -> dict[str, list[int]]:
    """The shapes by full name."""
    return {
        (f"{before}{layer}.{name}" if before else name.replace("#", str(layer), 1)): shape
        for name, shape, layers in rows for layer in layers_of(layers)
    }


def checkpoint_of(shapes: dict[str, list[int]], kind: Format = Format.SAFETENSORS) -> Checkpoint:
    """A checkpoint with tensors of these shapes."""
    file = Path("model.gguf" if kind is Format.GGUF else "model.safetensors")
    tensors = {name: Tensor(name, "F32", tuple(shape), file, 0, 4) for name, shape in shapes.items()}
    return Checkpoint(Path("model"), kind, (file,), tensors, None)
