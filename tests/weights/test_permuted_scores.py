"""Scores of moved weights, from NumPy models of each packing written apart: the same as before to float64 rounding.

Each model takes its q and k out of the projections by reshaping, as the upstream code does, and turns them by loops
over pairs. Only the text of the packing and the two layouts are given to the package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from generated import Arrays, random_arrays, read_arrays, write_model

from prover.sources.reading import read_side
from prover.weights.moved.apply import Work, carry_out, task_of
from prover.weights.moved.plan import plan
from prover.weights.moved.witness import needs
from prover.weights.packed.packing import pack
from prover.weights.packed.slots import Kind, Slot, Slots
from prover.weights.stored.checkpoint import open_checkpoint

HIDDEN, BASE, TOKENS = 12, 10000.0, 5
Heads = tuple[np.ndarray, np.ndarray]   # q and k as (tokens, heads, lanes), before the rotation


def turn_half(x: np.ndarray, position: int, lanes: int, first: int = 0) -> np.ndarray:
    """Lanes j and j + lanes/2 are a pair."""
    y = x.copy()
    for j in range(lanes // 2):
        angle = position * BASE ** (-2 * j / lanes)
        a, b = first + j, first + j + lanes // 2
        y[..., a] = x[..., a] * np.cos(angle) - x[..., b] * np.sin(angle)
        y[..., b] = x[..., a] * np.sin(angle) + x[..., b] * np.cos(angle)
    return y


def turn_adjacent(x: np.ndarray, position: int, lanes: int, first: int = 0) -> np.ndarray:
    """Lanes 2j and 2j + 1 are a pair."""
    y = x.copy()
    for j in range(lanes // 2):
        angle = position * BASE ** (-2 * j / lanes)
        a, b = first + 2 * j, first + 2 * j + 1
        y[..., a] = x[..., a] * np.cos(angle) - x[..., b] * np.sin(angle)
        y[..., b] = x[..., a] * np.sin(angle) + x[..., b] * np.cos(angle)
    return y


Turn = Callable[[np.ndarray, int, int, int], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A packing: tensors with their rows as text, widths of the text's names, and how q and k come out of them."""

    rows: dict[str, tuple[Kind, str]]
    widths: dict[str, int]
    heads: Callable[[Arrays, np.ndarray], Heads]
    lanes: int = 8
    first: int = 0
    source: str = "transformers/half:head_dim=8"
    target: str = "ggml/normal:head_dim=8"


def rms(x: np.ndarray) -> np.ndarray:
    """RMSNorm without its gain."""
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)


def separate(a: Arrays, x: np.ndarray) -> Heads:
    """Own projections with biases, and norms of one head's width with a gain, 4 heads and 2."""
    q = (x @ a["q.weight"].T + a["q.bias"]).reshape(len(x), 4, 8)
    k = (x @ a["k.weight"].T + a["k.bias"]).reshape(len(x), 2, 8)
    return rms(q) * a["q_norm.weight"], rms(k) * (1 + a["k_norm.weight"])


def whole_norm(a: Arrays, x: np.ndarray) -> Heads:
    """OLMo 2: the norm is over all heads together."""
    q, k = rms(x @ a["q.weight"].T) * a["q_norm.weight"], rms(x @ a["k.weight"].T) * a["k_norm.weight"]
    return q.reshape(len(x), 4, 8), k.reshape(len(x), 2, 8)


def per_head(a: Arrays, x: np.ndarray) -> Heads:
    """GPT-NeoX: for each head its q, k and v."""
    qkv = (x @ a["qkv.weight"].T + a["qkv.bias"]).reshape(len(x), 3, 3, 8)
    return qkv[:, :, 0], qkv[:, :, 1]


def one_after_another(a: Arrays, x: np.ndarray) -> Heads:
    """Phi-3: all q, all k, all v."""
    y = x @ a["qkv.weight"].T
    return y[:, :32].reshape(len(x), 4, 8), y[:, 32:48].reshape(len(x), 2, 8)


def grouped(a: Arrays, x: np.ndarray) -> Heads:
    """Falcon's new decoder: for each KV head its group of q, then k and v."""
    y = (x @ a["qkv.weight"].T).reshape(len(x), 2, 4, 8)
    return y[:, :, :-2].reshape(len(x), 4, 8), y[:, :, -2]


def gated(a: Arrays, x: np.ndarray) -> Heads:
    """Qwen3-Next: for each head its q and then a gate; one KV head."""
    q = (x @ a["q.weight"].T).reshape(len(x), 3, 16)[..., :8]
    return q, (x @ a["k.weight"].T).reshape(len(x), 1, 8)


def three(a: Arrays, x: np.ndarray) -> Heads:
    """Qwen2-VL's tower: 3 x heads x lanes."""
    y = (x @ a["qkv.weight"].T + a["qkv.bias"]).reshape(len(x), 3, 3, 8)
    return y[:, 0], y[:, 1]


def parallel(a: Arrays, x: np.ndarray) -> Heads:
    """Two tensor-parallel shards, each with all q, all k and all v of its heads."""
    y = (x @ a["qkv.weight"].T).reshape(len(x), 2, 32)
    return y[:, :, :16].reshape(len(x), 4, 8), y[:, :, 16:24].reshape(len(x), 2, 8)


def latent(a: Arrays, x: np.ndarray) -> Heads:
    """DeepSeek-V3: 4 lanes pass and 8 turn; those of k that turn are one for all heads, beside the latent."""
    q = (x @ a["q_b.weight"].T).reshape(len(x), 3, 12)
    compressed = x @ a["kv_a.weight"].T
    kv = (compressed[:, :6] @ a["kv_b.weight"].T).reshape(len(x), 3, 9)
    k = np.concatenate([kv[..., :4], np.repeat(compressed[:, None, 6:], 3, 1)], -1)
    return q, k


def lora(a: Arrays, x: np.ndarray) -> Heads:
    """A projection with an adapter; what both give is added."""
    q = (x @ a["q.weight"].T + x @ a["q.lora_A"].T @ a["q.lora_B"].T).reshape(len(x), 4, 8)
    return q, (x @ a["k.weight"].T).reshape(len(x), 2, 8)


def scaled(a: Arrays, x: np.ndarray) -> Heads:
    """Rows quantised with a scale each."""
    q = x @ (a["q.weight"] * a["q.scale"]).T
    return q.reshape(len(x), 4, 8), (x @ a["k.weight"].T).reshape(len(x), 2, 8)


W, B, G = Kind.WEIGHT, Kind.BIAS, Kind.GAIN
WIDE = {"q": 8, "k": 8, "v": 8, "heads": 4, "kv_heads": 2, "group": 2}
CASES = {
    "separate": Case(
        {"q.weight": (W, "heads*q"), "q.bias": (B, "heads*q"), "k.weight": (W, "kv_heads*k"),
         "k.bias": (B, "kv_heads*k"), "q_norm.weight": (G, "q"), "k_norm.weight": (G, "k")}, WIDE, separate),
    "norm of all lanes": Case(
        {"q.weight": (W, "heads*q"), "k.weight": (W, "kv_heads*k"), "q_norm.weight": (G, "heads*q"),
         "k_norm.weight": (G, "kv_heads*k")}, WIDE, whole_norm),
    "per head": Case({"qkv.weight": (W, "heads*(q + k + v)"), "qkv.bias": (B, "heads*(q + k + v)")},
                     WIDE | {"heads": 3}, per_head),
    "one after another": Case({"qkv.weight": (W, "heads*q + kv_heads*k + kv_heads*v")}, WIDE, one_after_another),
    "grouped": Case({"qkv.weight": (W, "kv_heads*(group*q + k + v)")}, WIDE, grouped),
    "gated": Case({"q.weight": (W, "heads*(q + q_gate)"), "k.weight": (W, "kv_heads*k")},
                  WIDE | {"heads": 3, "kv_heads": 1, "q_gate": 8}, gated),
    "three": Case({"qkv.weight": (W, "heads*q + heads*k + heads*v"), "qkv.bias": (B, "heads*q + heads*k + heads*v")},
                  WIDE | {"heads": 3}, three),
    "parallel": Case({"qkv.weight": (W, "2*(group*q + k + v)")}, WIDE, parallel),
    "adapter": Case({"q.weight": (W, "heads*q"), "q.lora_B": (Kind.LORA_B, "heads*q"), "k.weight": (W, "kv_heads*k")},
                    WIDE, lora),
    "scales of rows": Case({"q.weight": (W, "heads*q"), "q.scale": (Kind.SCALE, "heads*q"),
                            "k.weight": (W, "kv_heads*k")}, WIDE, scaled),
    "partial": Case({"qkv.weight": (W, "heads*q + kv_heads*k + kv_heads*v")}, WIDE, one_after_another, 4, 0,
                    "transformers/half:head_dim=8:partial_rotary_factor=0.5", "ggml/normal:head_dim=8:n_rot=4"),
    "latent": Case({"q_b.weight": (W, "heads*q"), "kv_a.weight": (W, "lora + k[4, k]"),
                    "kv_b.weight": (W, "heads*(k[0, 4] + v)")},
                   WIDE | {"heads": 3, "q": 12, "k": 12, "v": 5, "lora": 6}, latent, 8, 4,
                   "transformers/latent:qk_nope_head_dim=4:qk_rope_head_dim=8",
                   "transformers/adjacent-to-half:qk_nope_head_dim=4:qk_rope_head_dim=8"),
}
INNER = {"q.lora_B": 3, "kv_b.weight": 6, "q.scale": 1}


def scores(heads: Heads, turn: Turn, case: Case) -> np.ndarray:
    """Scores of every token with every other, head by head; heads of q in equal groups for those of k."""
    def turned(x: np.ndarray) -> np.ndarray:
        return np.stack([turn(x[p], 3 * p + 1, case.lanes, case.first) for p in range(len(x))])

    q, k = map(turned, heads)
    k = np.repeat(k, q.shape[1] // k.shape[1], axis=1)
    return np.einsum("phd,rhd->hpr", q, k)


def moved(case: Case, arrays: Arrays, folder: Path) -> Arrays:
    """The tensors as they are after rows were moved, from disk to disk."""
    checkpoint = open_checkpoint(write_model(folder / "model", {"model_type": "llama"}, arrays))
    slots = []
    for name, (kind, text) in case.rows.items():
        packed = pack(text, case.widths.__getitem__)
        slots.append(Slot("text", 0, kind, checkpoint.tensors[name], packed.rows, packed.blocks))
    found = plan(Slots("by hand", tuple(slots), ()), tuple(needs(read_side(case.source), read_side(case.target))))
    assert () == found.refusals
    task = task_of("model.safetensors", checkpoint.files[0], found.moves)
    carry_out(Work(checkpoint, (task,), {}, {}), folder / "out")
    return read_arrays(folder / "out")


def case_arrays(case: Case) -> Arrays:
    """Random tensors of a packing's shapes."""
    shapes: dict[str, Sequence[int]] = {}
    for name, (kind, text) in case.rows.items():
        rows = pack(text, case.widths.__getitem__).rows
        one = kind in (B, G)
        shapes[name] = (rows,) if one else (rows, INNER.get(name, HIDDEN))
    shapes |= {"q.lora_A": (3, HIDDEN)} if "q.lora_B" in shapes else {}
    return random_arrays({name: tuple(shape) for name, shape in shapes.items()}, 7)


@pytest.mark.parametrize("name", CASES)
def test_scores_are_those_of_before(name: str, tmp_path: Path) -> None:
    """Moved weights under the other rotation score alike; and not where either alone is changed."""
    case = CASES[name]
    arrays = case_arrays(case)
    x = np.random.default_rng(11).standard_normal((TOKENS, HIDDEN))
    after = arrays | moved(case, arrays, tmp_path)
    before = scores(case.heads(arrays, x), turn_half, case)
    largest = np.abs(before).max()
    assert np.abs(scores(case.heads(after, x), turn_adjacent, case) - before).max() < 1e-13 * largest * HIDDEN
    assert np.abs(scores(case.heads(arrays, x), turn_adjacent, case) - before).max() > 1e-3 * largest
    assert np.abs(scores(case.heads(after, x), turn_half, case) - before).max() > 1e-3 * largest
