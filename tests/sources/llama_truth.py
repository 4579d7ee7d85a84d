"""What llama.cpp was seen to compute, as numbers to hold layouts against: ggml's formula, worked out from a node's own
parameters and by nothing of the package."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from prover.kernels.kernel import Kernel, make_kernel
from prover.layouts.layout import Layout
from prover.layouts.loading import load
from prover.sources.metadata import Metadata, Stored, Tensor
from prover.sources.model import Model, Part

# A node's parameters are float32, printed with six digits or more; llama.cpp works attn_factor out in float32.
TOLERANCE = 2e-6
FACTORS = ("rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight")


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of GGML_OP_ROPE node of a graph; `layers`: in which it occurs."""

    name: str
    op: str
    mode: str
    n_dims: int
    width: int
    elem_offset: int
    n_offs: int
    freq_base: float
    freq_scale: float
    ext_factor: float
    attn_factor: float
    beta_fast: float
    beta_slow: float
    n_ctx_orig: int
    sections: tuple[int, ...]
    factors: str | None
    positions: str
    layers: frozenset[int]

    @property
    def part(self) -> str:
        """Which part of a model it belongs to; "" for compressed keys, which have positions of their own."""
        if self.positions != "inp_pos":
            return ""
        if self.op == "ROPE_BACK":
            return "attention output"
        return "indexer" if self.name.startswith(("indexer", "lid_")) else "text"


def node_of(fields: list[str], row: list[Any]) -> Node:
    """A node from its row."""
    found = dict(zip(fields, row, strict=True))
    found["layers"] = layers_of(found["layers"])
    found["sections"] = tuple(found["sections"])
    return Node(**found)


def layers_of(text: str) -> frozenset[int]:
    """The layers that ranges such as 0-2,4 stand for."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


def stored(value: Any) -> Stored:
    """A value of JSON as a GGUF file stores it: whole numbers u32, others f32, lists of whole numbers i32."""
    if isinstance(value, list):
        kind = "bool" if isinstance(value[0], bool) else "str" if isinstance(value[0], str) else "i32"
        return Stored(kind, tuple(value))
    if isinstance(value, bool | str):
        return Stored("bool" if isinstance(value, bool) else "str", value)
    return Stored("u32", value) if isinstance(value, int) else Stored("f32", float32(value))


def float32(value: float) -> Fraction:
    """The nearest float32, exactly."""
    return Fraction(struct.unpack("<f", struct.pack("<f", value))[0])


def some_factors(name: str, count: int) -> tuple[Fraction, ...]:
    """Factors that tell the three tensors apart."""
    step = FACTORS.index(name) + 1
    return tuple(1 + Fraction(step * (pair % 7), 16) for pair in range(count))


def metadata_of(architecture: str, keys: Mapping[str, Any], factors: Mapping[str, int] | None) -> Metadata:
    """Metadata with these keys, and tensors of factors that have so many numbers; None: no tensors are listed."""
    found = {"general.architecture": Stored("str", architecture)} | {key: stored(value) for key, value in keys.items()}
    tensors = None
    if factors is not None:
        tensors = {name: Tensor((count,), "F32", some_factors(name, count)) for name, count in factors.items()}
    return Metadata("model.gguf", found, tensors)


def compare(model: Model, nodes: list[Node], context: int, layers: int) -> list[str]:
    """What differs between the parts of a model and the nodes of a graph; nothing if they agree."""
    wrong = []
    for part in model.parts:
        mine = [node for node in nodes if node.part == part.name and node.layers & set(part.layers or ())]
        if part.layers is None:
            wrong.append(f"{part.name}: no layers")
        elif part.spec is None:
            wrong += [f"{part.name} {part.layers} do not turn, but {node.name} does" for node in mine]
        else:
            turned = frozenset().union(*(node.layers for node in mine))
            if not set(part.layers) <= turned:
                wrong.append(f"{part.name} {part.layers} turn, but only {sorted(turned)} do")
            found = [_differs(part, node, context) for node in mine]
            wrong += [f"{part.spec[:120]}: {each}" for each in found if each]
            if not any(_start(part, node) is not None for node in mine):
                wrong.append(f"{part.name}: no node has the whole head")
    for node in nodes:
        covered = {layer for part in model.parts if part.name == node.part for layer in part.layers or ()}
        if node.part and not node.layers <= covered:
            wrong.append(f"{node.name} {sorted(node.layers)} is in no part")
    text = sorted(layer for part in model.parts if part.name == "text" for layer in part.layers or ())
    if text != list(range(layers)):
        wrong.append(f"layers {text}")
    return wrong


def _spec(part: Part, context: int) -> str:
    assert part.spec is not None
    return f"{part.spec}:n_ctx={context}" if part.spec.startswith("llama-cpp/longrope") else part.spec


def _start(part: Part, node: Node) -> int | None:
    """Where the window starts in the head; None for a node that is given the rotated lanes alone."""
    head = int(next(value.text for value in part.values if value.name == "head_dim"))
    if node.width == head:
        return node.n_offs
    return node.elem_offset + node.n_offs if node.elem_offset + node.width == head else None


@cache
def _made(spec: str) -> tuple[Layout, Kernel]:
    layout = load(spec).layout
    return layout, make_kernel(layout)


def _differs(part: Part, node: Node, context: int) -> str:
    layout, kernel = _made(_spec(part, context))
    pairs = node.n_dims // 2
    if len(layout.pairs) != pairs:
        return f"{len(layout.pairs)} pairs, expected {pairs}"
    start = _start(part, node)
    lanes = [(2 * j, 2 * j + 1) if node.mode == "NORM" else (j, j + pairs) for j in range(pairs)]
    first = layout.pairs[0].read[0] if start is None else start
    if [pair.read for pair in layout.pairs] != [(first + a, first + b) for a, b in lanes]:
        return f"lanes {[pair.read for pair in layout.pairs][:3]}, expected {node.mode} from {start}"
    for j in range(pairs):
        axis = _axis(node, j)
        if (axis and axis not in layout.axes) or (not axis and len(layout.axes) != 1):
            return f"axes {layout.axes}, expected {axis or 'one'}"
        place = layout.axes.index(axis) if axis else 0
        row = kernel.frequencies[j]
        expected = _frequency(node, j) * (-1 if node.op == "ROPE_BACK" else 1)
        if not math.isclose(row[place], expected, rel_tol=TOLERANCE) or any(
                row[other] for other in range(len(row)) if other != place):
            return f"pair {j} turns by {list(row)}, expected {expected} on {axis or 'p'}"
    magnitude = node.attn_factor
    if node.ext_factor:
        magnitude *= 1 + 0.1 * math.log(1 / node.freq_scale)
    if not all(math.isclose(each, magnitude, rel_tol=TOLERANCE) for each in kernel.magnitudes):
        return f"magnitude {kernel.magnitudes[0]}, expected {magnitude}"
    return ""


def _frequency(node: Node, j: int) -> float:
    """How far pair j turns from a position to the next, by rope_yarn of ggml-cpu/ops.cpp."""
    base: float = node.freq_base ** (-2 * j / node.n_dims)
    if node.factors:
        base /= float(some_factors(node.factors, j + 1)[j])
    turned = node.freq_scale * base
    if not node.ext_factor:
        return turned

    def bound(beta: float) -> float:
        return node.n_dims * math.log(node.n_ctx_orig / (beta * 2 * math.pi)) / (2 * math.log(node.freq_base))

    low, high = max(0, math.floor(bound(node.beta_fast))), min(node.n_dims - 1, math.ceil(bound(node.beta_slow)))
    ramp = 1 - min(1, max(0, (j - low) / max(0.001, high - low)))
    mix = ramp * node.ext_factor
    return turned * (1 - mix) + base * mix


def _axis(node: Node, j: int) -> str:
    """The position that pair j takes, by ggml_mrope_cache_init; "" for the types with one position."""
    if node.mode not in ("MROPE", "IMROPE"):
        return ""
    t, h, w, e = node.sections
    sector = j % (t + h + w + e)
    if node.mode == "MROPE":
        return "t" if sector < t else "h" if sector < t + h else "w" if sector < t + h + w else "e"
    if sector % 3 == 1 and sector < 3 * h:
        return "h"
    if sector % 3 == 2 and sector < 3 * w:
        return "w"
    return "t" if sector % 3 == 0 and sector < 3 * t else "e"
