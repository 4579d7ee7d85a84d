"""Tables of kernels that nobody measured: made at random in float32, apart from the package, with what they must show.

Every formula stands here as the papers and transformers have it, with NumPy's float32 at each step and the rounding of
a printed table on top.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from prover.measure.measured import Measured, decode

BASES = (10000, 500000, 1000000, 10000000, 150000, 5000000, 160000, 8000000, 50000)
LONG = (4096, 8192, 32768, 2048, 16384, 131072)


@dataclass(frozen=True)
class Made:
    """A table, and what it was made of. `spec`: the catalogue's layout of the same parameters."""

    table: dict[str, Any]
    kind: str
    base: int
    factor: float | None
    pairing: str
    rotary: int
    spec: str

    @property
    def measured(self) -> Measured:
        """As it is read from a file."""
        return decode("made", self.table, "made")


def powers(base: float, count: int, pairs: int) -> np.ndarray:
    """base**(-2j/count), in float32."""
    exponents = np.arange(0, 2 * pairs, 2, dtype=np.float32) / np.float32(count)
    return (np.float32(1) / np.power(np.float32(base), exponents)).astype(np.float32)


def llama3(plain: np.ndarray, factor: float, low: float, high: float, original: float) -> np.ndarray:
    """Llama 3.1's band, by wave lengths."""
    wave = np.float32(2 * math.pi) / plain
    smooth = (np.float32(original) / wave - np.float32(low)) / np.float32(high - low)
    blended = (1 - smooth) * plain / np.float32(factor) + smooth * plain
    divided = np.where(wave > original / low, plain / np.float32(factor), blended)
    return np.where(wave < original / high, plain, divided).astype(np.float32)


def yarn(plain: np.ndarray, base: float, count: int, factor: float, original: float, truncate: bool) -> np.ndarray:
    """YaRN's ramp with betas 32 and 1."""
    def place(turns: float) -> float:
        return count * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = place(32), place(1)
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, count - 1)
    places = np.arange(len(plain), dtype=np.float32)
    ramp = np.clip((places - np.float32(low)) / np.float32(max(high - low, 1e-3)), 0, 1)
    return (plain / np.float32(factor) * ramp + plain * (1 - ramp)).astype(np.float32)


def entry(
    width: int, rotary: int, pairing: str, frequencies: np.ndarray, size: float = 1.0, sign: int = 1
) -> dict[str, Any]:
    """A table in the second format, its numbers printed to nine digits and magnitudes to six decimals."""
    half = rotary // 2
    lanes = [(2 * j, 2 * j + 1) if pairing == "adjacent" else (j, j + half) for j in range(half)]
    return {
        "head_dim": width, "axes": ["p"],
        "pairs": [[a, b, 0, sign, float(f"{f:.9g}")] for (a, b), f in zip(lanes, frequencies, strict=True)],
        "passthrough": list(range(rotary, width)), "scale": {f"{size:.6f}": "all"},
    }


def made(seed: int) -> Made:
    """A kernel by its number."""
    draw = random.Random(seed)
    width = draw.choice((64, 96, 128, 256))
    rotary = draw.choice((width, width, width // 2))
    pairing = draw.choice(("half", "adjacent"))
    base, factor, original = draw.choice(BASES), draw.choice((2, 4, 8, 16, 32, 40)), draw.choice(LONG)
    kind = draw.choice(("plain", "linear", "llama3", "yarn", "yarn untruncated"))
    plain = powers(base, rotary, rotary // 2)
    spec = f"transformers/{pairing}:head_dim={width}:rope_theta={base}:partial_rotary_factor={rotary}/{width}"
    size = 1.0
    if kind == "plain":
        found = plain
    elif kind == "linear":
        found, spec = plain / np.float32(factor), f"{spec}:rope_type=linear:factor={factor}"
    elif kind == "llama3":
        low, high = draw.choice(((1, 4), (1, 8), (1, 2)))
        found = llama3(plain, factor, low, high, original)
        spec += (f":rope_type=llama3:factor={factor}:low_freq_factor={low}:high_freq_factor={high}"
                 f":original_max_position_embeddings={original}")
    else:
        found = yarn(plain, base, rotary, factor, original, kind == "yarn")
        size = 0.1 * math.log(factor) + 1
        spec += f":rope_type=yarn:factor={factor}:original_max_position_embeddings={original}"
        spec += "" if kind == "yarn" else ":truncate=false"
    told = None if kind == "plain" else factor
    return Made(entry(width, rotary, pairing, found, size), kind.partition(" ")[0], base, told, pairing, rotary, spec)
