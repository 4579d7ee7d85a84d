"""Questions whose answer moves or scales rows, and what every row of all heads has to be, worked out row by row."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

import prover

JSON = dict[str, Any]
HEADS = 3
MOVED: dict[str, tuple[str, str]] = {
    "whole head": ("ggml/normal:head_dim=16", "ggml/neox:head_dim=16"),
    "the other way": ("ggml/neox:head_dim=16", "ggml/normal:head_dim=16"),
    "a part of the head": ("ggml/normal:head_dim=16:n_rot=8", "ggml/neox:head_dim=16:n_rot=8"),
    "swapped lanes": ("transformers/nanochat:head_dim=8", "transformers/half:head_dim=8"),
    "scaled": ("ggml/neox:head_dim=4:attn_factor=1.5", "ggml/neox:head_dim=4:attn_factor=0.5"),
    "scaled and moved": ("ggml/normal:head_dim=16:n_rot=8:attn_factor=1.5", "ggml/neox:head_dim=16:n_rot=8"),
    "for ONNX": (
        "ggml/normal:head_dim=16:n_rot=8", "onnx/rotary-embedding:head_size=16:rotary_embedding_dim=8",
    ),
}


@cache
def moved(name: str) -> JSON:
    """The answer as JSON types."""
    return prover.prove(*MOVED[name]).to_json()


def matrix(found: JSON) -> npt.NDArray[np.float64]:
    """Rows of all heads, every number another one."""
    rows = HEADS * found["width"]
    return np.arange(2.0 * rows).reshape(rows, 2) + 1


def wanted(found: JSON, scaled: bool = True) -> npt.NDArray[np.float64]:
    """Every row where the witness says, times the factor it says."""
    witness, width, before = found["witness"], found["width"], matrix(found)
    factors = {row: each["value"] for each in witness["factors"] or [] for first, last in each["rows"]
               for row in range(first, last + 1)} if scaled else {}
    return np.array([
        before[head * width + row] * factors.get(place, 1.0)
        for head in range(HEADS) for place, row in enumerate(witness["permutation"])
    ])
