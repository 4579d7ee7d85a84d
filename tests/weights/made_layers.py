"""One attention layer made by hand: its contents head by head, and the same laid out in the packings that there are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from prover.weights.audited.lanes import Layer
from prover.weights.packed.slots import Block, Kind, Role, Slot
from prover.weights.stored.lines import of_array
from prover.weights.stored.tensors import Tensor

COLUMNS = 48


@dataclass
class Made:
    """q (heads, lanes, columns), k and v alike, o (columns, heads * lanes). `gains`: by role, of one head or of all.

    `rest`: rows of no head that stand in front of k, as a latent does.
    """

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    o: np.ndarray
    biases: dict = field(default_factory=dict)
    gains: dict = field(default_factory=dict)
    scales: dict = field(default_factory=dict)
    lora: dict = field(default_factory=dict)

    def with_(self, **changes):
        return replace(self, **changes)


def made(heads=8, kv_heads=2, width=8, seed=0, bias=False, gains="", scales=False, lora=False, v_width=None):
    """Random contents. `gains`: "head" for those that heads share, "all" for one for each lane of each head."""
    g = np.random.default_rng(seed)

    def normal(*shape):
        return g.normal(size=shape).astype(np.float32)

    counts = {"q": heads, "k": kv_heads, "v": kv_heads}
    v_width = v_width or width
    return Made(
        normal(heads, width, COLUMNS), normal(kv_heads, width, COLUMNS), normal(kv_heads, v_width, COLUMNS),
        normal(COLUMNS, heads * v_width),
        {r: normal(n, width if r != "v" else v_width) for r, n in counts.items()} if bias else {},
        {r: normal(width) if gains == "head" else normal(counts[r], width) for r in "qk"} if gains else {},
        {r: np.abs(normal(n, width if r != "v" else v_width)) for r, n in counts.items()} if scales else {},
        {r: normal(n, width if r != "v" else v_width, 4) for r, n in counts.items()} if lora else {},
    )


def moved(heads, rows):
    """Each head's lanes moved: lane i is lane rows[i] of before."""
    return heads[:, list(rows)]


def right(m, rows):
    """Everything of q and k moved as it should be."""
    turned = {r: moved(getattr(m, r), rows) for r in "qk"}

    def both(table):
        return {r: (x if r == "v" else x[list(rows)] if x.ndim == 1 else moved(x, rows)) for r, x in table.items()}

    return m.with_(**turned, biases=both(m.biases), gains=both(m.gains), scales=both(m.scales), lora=both(m.lora))


def flat(heads):
    """The rows of all heads one after another."""
    return heads.reshape(heads.shape[0] * heads.shape[1], *heads.shape[2:])


def unflat(rows, like):
    return rows.reshape(like.shape)


PACKINGS = ("separate", "fused", "per head", "grouped")


def lay(m, packing="separate", dtype="F32", layer=0, error=None, added=0.0):
    """The layer laid out. `error(rows)`: what a format makes of rows, and by how much each may be off."""
    slots, arrays = [], {}

    def put(name, kind, array, blocks, is_weight=False):
        tensor = Tensor(name, dtype if is_weight else "F32", array.shape, Path("x"), 0, array.size * 4)
        slots.append(Slot("text", layer, kind, tensor, len(array), tuple(blocks)))
        arrays[name] = (*error(array), dtype) if error and is_weight else (array, None, tensor.dtype)

    roles = {"q": Role.Q, "k": Role.K, "v": Role.V}
    order = _order(m, packing)
    for kind, table, ending in (
        (Kind.WEIGHT, {"q": m.q, "k": m.k, "v": m.v}, "weight"), (Kind.BIAS, m.biases, "bias"),
        (Kind.SCALE, m.scales, "weight_scale"), (Kind.LORA_B, m.lora, "lora_B.weight"),
    ):
        for name, heads in order.items() if table else ():
            rows, blocks = [], []
            for role, head in heads:
                start = sum(len(each) for each in rows)
                rows.append(table[role][head])
                blocks.append(Block(roles[role], head, start, len(table[role][head])))
            put(f"{layer}.{name}.{ending}", kind, np.concatenate(rows), blocks, kind is Kind.WEIGHT)
    width = m.o.shape[1] // len(m.q)
    put(f"{layer}.o.weight", Kind.WEIGHT, m.o,
        [Block(Role.O, head, head * width, width) for head in range(len(m.q))], True)
    for role, gain in m.gains.items():
        lanes = gain.shape[-1]
        blocks = [Block(roles[role], None, 0, lanes)] if gain.ndim == 1 else [
            Block(roles[role], head, head * lanes, lanes) for head in range(len(gain))]
        put(f"{layer}.{role}_norm.weight", Kind.GAIN, gain.reshape(-1), blocks)
    return Layer(tuple(slots), lambda slot: of_array(
        arrays[slot.tensor.name][0], arrays[slot.tensor.name][2], arrays[slot.tensor.name][1]), added)


def _order(m, packing):
    """Which heads stand in which tensor, in order."""
    q, k = [("q", h) for h in range(len(m.q))], [("k", h) for h in range(len(m.k))]
    v = [("v", h) for h in range(len(m.v))]
    if packing == "separate":
        return {"q": q, "k": k, "v": v}
    if packing == "fused":
        return {"qkv": [*q, *k, *v]}
    group = len(q) // len(k)
    if packing == "per head" and group == 1:
        return {"qkv": [each for h in range(len(q)) for each in (("q", h), ("k", h), ("v", h))]}
    return {"qkv": [each for h in range(len(k)) for each in (*q[h * group : (h + 1) * group], k[h], v[h])]}
