"""One module of transformers that is measured: its class, its config, how it is called, the layout it must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "vision", "patches", "grid", "video", "indexer", "output", "timed"]


@dataclass(frozen=True, slots=True)
class Case:
    """One attention module.

    `kind` says how it is called: text takes (batch, sequence, hidden) and position_ids; vision takes a packed
    (sequence, hidden) and (sequence, axes) positions; patches takes (batch, sequence, hidden) and
    (sequence, axes) positions; grid takes coordinates in [-1, 1]; video takes numbers of patches. The others turn
    something else than an attention's q and k: indexer, those of a sparse attention's choice of tokens; output, what
    attention returns; timed, hidden states at timestamps, `attention` being a function.
    """

    model: str
    config: str
    attention: str
    rotary: str
    values: dict[str, Any]
    spec: str
    axes: tuple[str, ...] = ("pos",)
    kind: Kind = "text"
    layer_type: str | None = None
    units: tuple[float, ...] | None = None
    attention_values: dict[str, Any] = field(default_factory=dict)


def rope(kind: str = "default", theta: float = 10000.0, **more: Any) -> dict[str, Any]:
    """Keys of a config: its rope_parameters."""
    return {"rope_parameters": {"rope_type": kind, "rope_theta": theta, **more}}


def head(width: int, **more: Any) -> dict[str, Any]:
    """Keys of a config of one layer with one head of `width` lanes."""
    return {
        "hidden_size": width, "head_dim": width, "num_attention_heads": 1, "num_key_value_heads": 1,
        "num_hidden_layers": 1, "max_position_embeddings": 131072, **more,
    }
