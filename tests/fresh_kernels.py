"""Rotations written apart from the package, of every kind that people have, and what each was made of.

A table is made of a random pairing, widths, axes, base, scaling and magnitude, with the formulas of the papers in
float32. Only the words for kinds are the package's.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from identify_kernels import llama3, powers
from prover.measure.measured import Measured, decode

BASES = (10000, 500000, 1000000, 10000000, 150000, 5000000, 25000, 160000, 8000000, 50000, 1500000, 75000)
LONG = (4096, 8192, 32768, 2048, 16384, 65536, 131072)
KINDS = (
    "plain", "plain", "linear", "llama3", "yarn", "yarn untruncated", "yarn betas", "yarn untruncated betas",
    "longrope", "ntk", "chunked axes", "turning axes", "own axes", "own axes halved", "latent", "proportional",
)


@dataclass(frozen=True)
class Fresh:
    """A table and what it must be told as; None: the kind has no such number."""

    seed: int
    kind: str
    table: dict[str, Any]
    pairing: str
    rotary: int
    base: int
    scaling: str
    factor: float | None
    numbers: dict[str, float] = field(default_factory=dict)

    @property
    def measured(self) -> Measured:
        """As it is read from a file."""
        return decode(f"fresh {self.seed}", self.table, "fresh")


def ramp(plain: np.ndarray, base: float, count: int, factor: float, original: float, betas: tuple[float, float],
         truncate: bool) -> np.ndarray:
    """YaRN's ramp between the places that turn beta times in the original length."""
    def place(turns: float) -> float:
        return count * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = place(betas[0]), place(betas[1])
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, count - 1)
    places = np.arange(len(plain), dtype=np.float32)
    share = np.clip((places - np.float32(low)) / np.float32(max(high - low, 1e-3)), 0, 1)
    return (plain / np.float32(factor) * share + plain * (1 - share)).astype(np.float32)


def table(
    width: int, pairs: list[tuple[int, int]], turns: list[tuple[int, float]], axes: list[str], size: float = 1.0,
) -> dict[str, Any]:
    """The second format: numbers to nine digits, magnitudes to six decimals. `turns`: axis and frequency of a pair."""
    turned = {lane for pair in pairs for lane in pair}
    return {
        "head_dim": width, "axes": axes,
        "pairs": [[a, b, axis, 1, float(f"{f:.9g}")] for (a, b), (axis, f) in zip(pairs, turns, strict=True)],
        "passthrough": [lane for lane in range(width) if lane not in turned], "scale": {f"{size:.6f}": "all"},
    }


def lanes(pairing: str, rotary: int, start: int = 0) -> list[tuple[int, int]]:
    """The pairs of a rotated part."""
    half = rotary // 2
    if pairing == "adjacent":
        return [(start + 2 * j, start + 2 * j + 1) for j in range(half)]
    return [(start + j, start + j + half) for j in range(half)]


def fresh(seed: int) -> Fresh:
    """A table by its number."""
    draw = random.Random(f"fresh {seed}")
    kind = KINDS[seed % len(KINDS)]
    if "axes" in kind:
        return _several(seed, kind, draw)
    width = draw.choice((64, 80, 96, 128, 192, 256))
    rotary = draw.choice((width, width, width // 2, width // 4))
    pairing = draw.choice(("half", "adjacent"))
    base, factor, original = draw.choice(BASES), draw.choice((2, 4, 8, 16, 32, 40, 2.5, 10)), draw.choice(LONG)
    numbers: dict[str, float] = {}
    start, size, scaling = 0, 1.0, kind.partition(" ")[0]
    told: float | None = factor
    if kind == "latent":
        width, rotary, start = 192, 64, 128
        scaling = "plain"
    plain = powers(base, rotary, rotary // 2)
    frequencies = plain
    pairs = lanes(pairing, rotary, start)
    if kind in ("plain", "latent"):
        told = None
    elif kind == "linear":
        frequencies = plain / np.float32(factor)
    elif kind == "llama3":
        low, high = draw.choice(((1, 4), (1, 8), (1, 2)))
        frequencies = llama3(plain, factor, low, high, original)
    elif kind.startswith("yarn"):
        betas = draw.choice(((64, 1), (16, 1), (32, 2), (16, 2), (8, 1), (128, 2))) if "betas" in kind else (32, 1)
        size = draw.choice((0.1 * math.log(factor) + 1, 0.1 * math.log(factor) + 1, 1.0, 1.25))
        frequencies = ramp(plain, base, rotary, factor, original, betas, "untruncated" not in kind)
    elif kind == "longrope":
        base, told, pairing = 10000, None, "half"
        pairs, plain = lanes(pairing, rotary, start), powers(base, rotary, rotary // 2)
        divisors, now = [], 1.0
        for _ in range(rotary // 2):
            divisors.append(round(now, 2))
            now += draw.choice((0.0, 0.05, 0.3, 1.25))
        frequencies = plain / np.array(divisors, np.float32)
        size = math.sqrt(1 + math.log(draw.choice((4, 8, 32))) / math.log(4096))
    elif kind == "ntk":
        frequencies = powers(base * factor ** (rotary / (rotary - 2)), rotary, rotary // 2)
    elif kind == "proportional":
        told, pairing, scaling, rotary = None, "half", "plain", width
        turning = width // 8
        pairs = [(j, j + width // 2) for j in range(turning)]
        frequencies = powers(base, width, turning)
    turns = [(0, float(f)) for f in frequencies]
    return Fresh(seed, kind, table(width, pairs, turns, ["p"], size), pairing, rotary, base, scaling, told, numbers)


def _several(seed: int, kind: str, draw: random.Random) -> Fresh:
    width = draw.choice((64, 96, 128))
    base = draw.choice((10000, 1000000, 5000000, 500000))
    pairing = draw.choice(("half", "adjacent"))
    half = width // 2
    if kind.startswith("own axes"):
        base = draw.choice((10000, 100))
        own = powers(base, width // 2, width // 4)
        turns = [(axis, float(f)) for axis in (0, 1) for f in own]
        pairs = lanes(pairing, width)
        if kind == "own axes halved":
            pairing = "halves in blocks"
            pairs = [*lanes("half", width // 2), *lanes("half", width // 2, width // 2)]
        return Fresh(seed, kind, table(width, pairs, turns, ["h", "w"]), pairing, width, base, "plain", None)
    plain = powers(base, width, half)
    side = half // 3
    sections = [half - 2 * side, side, side]
    axes = [0] * sections[0] + [1] * side + [2] * side
    if kind == "turning axes":
        axes = [j % 3 if j % 3 == 0 or j < 3 * side else 0 for j in range(half)]
    turns = [(axis, float(f)) for axis, f in zip(axes, plain, strict=True)]
    return Fresh(seed, kind, table(width, lanes(pairing, width), turns, ["t", "h", "w"]), pairing, width, base, "plain",
                 None)
